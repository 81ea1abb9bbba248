"""The settings: read once from the environment, at the edge, into one frozen object. Nothing else reads the environment.

A value that cannot be meant stops the start with a sentence that names the variable. Secrets may also be given as the
path of a file, in the variable with `_FILE` behind its name.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from service.errors import StartError

ROOT = Path(__file__).parents[1]  # the checkout, or the directory of installed packages
_SECRETS = ("DATABASE_URL", "CLEARANCE_API_KEY")
_NAMES = (
    "CLEARANCE_DATA",
    "CLEARANCE_HOST",
    "CLEARANCE_PORT",
    "CLEARANCE_WORKERS",
    "CLEARANCE_THREADS",
    "CLEARANCE_UPLOAD_LIMIT",
    "CLEARANCE_LOG_LEVEL",
    "CLEARANCE_URL",
    "CLEARANCE_SIGNER",
)
_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set from outside."""

    data: Path
    """The data directory: media, keys, and the embedded database if there is no `database_url`."""
    database_url: str | None = None
    """A PostgreSQL server of yours (15 or newer); without one an embedded server runs."""
    host: str = "127.0.0.1"
    port: int = 8420
    workers: int = 2
    """Server processes; by default one per core."""
    threads: int = 16
    """Requests that one server process answers at a time."""
    upload_limit: int = 8 * 2**30
    """The largest request body, in bytes."""
    log_level: str = "info"
    signer: Path | None = None
    """The socket of `clearance ledger signer`; without one the log's key is used in the server processes themselves."""
    url: str | None = None
    """The service that client commands talk to; by default the one of the data directory."""
    api_key: str | None = None
    """The key that client commands use with `url`."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings; raises `StartError` for a value that cannot be meant and for a misspelt name."""
        given = _Given(os.environ if environment is None else environment)
        given.refuse_unknown()
        return cls(
            data=Path(given.text("CLEARANCE_DATA") or _default_data(given.environment)).expanduser().absolute(),
            database_url=given.url("DATABASE_URL", "postgresql", "postgres"),
            host=given.text("CLEARANCE_HOST") or "127.0.0.1",
            port=given.number("CLEARANCE_PORT", 8420, 1, 65535),
            workers=given.number("CLEARANCE_WORKERS", len(os.sched_getaffinity(0)), 1, 256),
            threads=given.number("CLEARANCE_THREADS", 16, 1, 256),
            upload_limit=given.number("CLEARANCE_UPLOAD_LIMIT", 8 * 2**30, 1, 2**50),
            log_level=given.one_of("CLEARANCE_LOG_LEVEL", _LEVELS, "info"),
            signer=Path(path).expanduser().absolute() if (path := given.text("CLEARANCE_SIGNER")) else None,
            url=given.url("CLEARANCE_URL", "http", "https"),
            api_key=given.text("CLEARANCE_API_KEY"),
        )

    def with_options(self, *, data: Path | None = None, port: int | None = None) -> Self:
        """Return the settings with what the command line says on top."""
        return replace(self, data=data.expanduser().absolute() if data else self.data, port=port or self.port)

    def environment(self) -> dict[str, str]:
        """Return an environment for a process of ours in which `from_environment` gives these settings again."""
        own = {
            "CLEARANCE_DATA": str(self.data),
            "DATABASE_URL": self.database_url,
            "CLEARANCE_HOST": self.host,
            "CLEARANCE_PORT": str(self.port),
            "CLEARANCE_WORKERS": str(self.workers),
            "CLEARANCE_THREADS": str(self.threads),
            "CLEARANCE_UPLOAD_LIMIT": str(self.upload_limit),
            "CLEARANCE_LOG_LEVEL": self.log_level,
            "CLEARANCE_SIGNER": str(self.signer) if self.signer else None,
            "CLEARANCE_URL": self.url,
            "CLEARANCE_API_KEY": self.api_key,
        }
        others = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in own}
        return others | {name: value for name, value in own.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Given:
    """What the environment says, with a reader for each type of value."""

    environment: Mapping[str, str]

    def text(self, name: str) -> str | None:
        """Return a value, or for a secret the content of the file named beside it; empty counts as absent."""
        value = self.environment.get(name, "").strip()
        file = self.environment.get(f"{name}_FILE", "").strip() if name in _SECRETS else ""
        if value and file:
            message = f"{name} and {name}_FILE are both set; keep one of them."
            raise StartError(message)
        return value or (_content(f"{name}_FILE", file) if file else None)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        text = self.text(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            message = f"{name} is {text!r}; it must be a whole number from {least} to {most}."
            raise StartError(message)
        return int(text)

    def one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Return one of a few words."""
        text = self.text(name) or default
        if text not in allowed:
            message = f"{name} is {text!r}; it must be one of {', '.join(allowed)}."
            raise StartError(message)
        return text

    def url(self, name: str, *schemes: str) -> str | None:
        """Return an address without a slash behind it. It may hold a password, so a bad one is not repeated."""
        text = self.text(name)
        if text is not None and urlsplit(text).scheme not in schemes:
            message = f"{name} must be an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}."
            raise StartError(message)
        return text.rstrip("/") if text else None

    def refuse_unknown(self) -> None:
        """Refuse a name that looks like ours and is none, since a misspelt setting would silently not count."""
        known = {*_NAMES, *_SECRETS, *(f"{name}_FILE" for name in _SECRETS)}
        for name in self.environment:
            if name.startswith("CLEARANCE_") and name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; is {near[0]} meant?" if near else f". There are {', '.join(sorted(known))}."
                message = f"{name} is not a setting{hint}"
                raise StartError(message)


def _content(name: str, file: str) -> str:
    try:
        return Path(file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{name} names {file}, which cannot be read ({error})."
        raise StartError(message) from error


def _default_data(environment: Mapping[str, str]) -> Path:
    """Return `data/` in a checkout that is ours to write, and the user's data directory otherwise."""
    if (ROOT / "pyproject.toml").is_file() and os.access(ROOT, os.W_OK):
        return ROOT / "data"
    return Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "clearance"
