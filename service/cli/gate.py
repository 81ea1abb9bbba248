"""`clearance gate`: may these files, or this delivery, go? Asked from publish hooks, farm jobs, conforms and deliveries."""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import click

from schemas import dates
from service.cli.command import Cli, declare

if TYPE_CHECKING:
    from service.client import Client

CLEARED, USAGE, BLOCKED, REVIEW, UNDECIDED = range(5)

#: What is about to be done at each stage.
ACTS: Final = {"publish": "publish", "farm": "generate", "conform": "publish", "delivery": "release"}

#: Stages that never stop the show by accident: there only an absolute bar stops, and an absent service does not.
LENIENT: Final = frozenset({"publish", "farm", "conform"})
MOST = 1_000


@dataclass(slots=True)
class Found:
    """The files that were named: those that are registered, with their assets, and those that are not."""

    assets: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


class _OrUndecided:
    """Whatever breaks inside, the answer is "could not decide", never "cleared" and never "blocked"."""

    def __init__(self, *, lenient: bool) -> None:
        self.lenient = lenient

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        from service.client import Refused, Unreachable
        from service.errors import StartError

        if kind is None or fault is None or issubclass(kind, click.exceptions.Exit | click.ClickException | KeyboardInterrupt):
            return
        if isinstance(fault, Refused) and fault.status == 422:
            raise click.ClickException(str(fault)) from None
        if isinstance(fault, Unreachable | StartError) and self.lenient:
            click.echo(f"Warning: not asked, the service is away: {fault}", err=True)
            raise click.exceptions.Exit(CLEARED) from None
        if isinstance(fault, Refused | Unreachable | StartError | OSError):
            click.echo(f"Could not decide: {fault}", err=True)
        else:
            traceback.print_exception(kind, fault, trace)
        raise click.exceptions.Exit(UNDECIDED) from None


def _instant(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        return text and dates.instant(text)
    except ValueError as fault:
        raise click.BadParameter(str(fault)) from fault


@declare(name="gate")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--delivery", metavar="ID", help="A registered delivery instead of a path.")
@click.option("--intent", metavar="NAME", help="The intent profile of the production (else its default one).")
@click.option("--stage", type=click.Choice(list(ACTS)), default="delivery", show_default=True, help="Where in the pipeline this is asked.")
@click.option("--at", metavar="TIME", callback=_instant, help="When it is to be done, as 2026-09-20T12:00:00Z (else now).")
@click.option("--strict", is_flag=True, help="Exit 3 for obligations too.")
@click.option("--junit", is_flag=True, help="Answer as JUnit XML.")
@click.option("--sarif", is_flag=True, help="Answer as SARIF 2.1.0.")
def command(cli: Cli, path: Path | None, **options: Any) -> int:
    """Decide about PATH (a file, a directory or an ASC MHL) or a delivery.

    Exit 0 cleared, 1 asked wrongly, 2 blocked, 3 people must decide, 4 could not decide. At publish, farm and conform only an
    absolute bar (a minor, a strike) stops, everything else warns.
    """
    from service.cli.local import service_url
    from service.client import Client

    if (path is None) == (options["delivery"] is None):
        raise click.UsageError("Name a path, or a delivery with --delivery.")
    if options["junit"] and options["sarif"]:
        raise click.UsageError("Choose one of --junit and --sarif.")
    with _OrUndecided(lenient=options["stage"] in LENIENT), service_url(cli.settings) as reached:
        with Client(reached.url, reached.api_key or "") as client:
            found = _found(client, path) if path is not None else Found({options["delivery"]: [options["delivery"]]})
            decision = _ask(client, found, options)
        _show(cli, decision, found, options)
        return status(decision, found, stage=options["stage"], strict=options["strict"])


def _found(client: Client, path: Path) -> Found:
    """Match files to assets by SHA-256; a hash list also by the digests it gives for files that are not here."""
    found = Found()
    names = list(_named(path))
    if len(names) > MOST:
        raise click.ClickException(f"{len(names)} files are too many here; register a delivery and gate that.")
    for name, digests in names:
        matches = {item["id"] for digest in digests for item in client.listed("/v1/assets", digest=digest)}
        if len(matches) >= 1:
            for asset in matches:
                found.assets.setdefault(asset, []).append(name)
        else:
            found.unknown.append(name)
    return found


def _named(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Every file with the digests to look it up by: names and `algorithm:value`."""
    if path.suffix == ".mhl":
        yield from _of_list(path)
        return
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
    with click.progressbar(files, file=sys.stderr, hidden=len(files) < 10 or not sys.stderr.isatty()) as shown:
        for file in shown:
            yield str(file), [_digest(file)]


def _of_list(path: Path) -> Iterator[tuple[str, list[str]]]:
    from service.manifests import mhl

    root = path.parent.parent if path.parent.name == "ascmhl" else path.parent
    with path.open("rb") as stream:
        for entry in mhl.read(stream).entries:
            file = root / entry.path
            strong = [f"{each.algorithm}:{each.value}" for each in entry.hashes if each.algorithm in ("c4", "sha256", "sha1")]
            yield entry.path, [_digest(file)] if file.is_file() else strong


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def _ask(client: Client, found: Found, options: dict[str, Any]) -> dict[str, Any] | None:
    """The decision about what is registered; None when nothing is."""
    if not found.assets:
        return None
    subjects = sorted(found.assets)
    if not options["intent"]:
        _needs_default(client, subjects[0])
    body: dict[str, Any] = {"act": ACTS[options["stage"]]}
    body |= {name: value for name, value in (("profile", options["intent"]), ("at", options["at"])) if value}
    if options["delivery"]:
        return dict(client.post(f"/v1/deliveries/{options['delivery']}/gate", body))
    return dict(client.post("/v1/decisions", {**body, "subject": subjects[0] if len(subjects) == 1 else subjects}))


def _needs_default(client: Client, subject: str) -> None:
    """Refuse to guess where it goes: without --intent the production needs a default profile."""
    collection = "deliveries" if subject.startswith("dlv_") else "assets"
    body = client.get(f"/v1/{collection}/{subject}")["body"]
    if "intent" in body or "profile" in body:  # a delivery may bring its own
        return
    for production in [body["production"]] if body.get("production") else body.get("productions", []):
        profiles = client.get(f"/v1/productions/{production}")["body"].get("intent_profiles", [])
        if any(profile.get("default") for profile in profiles):
            return
    raise click.ClickException("Say where it is meant to go with --intent; the production has no default intent profile.")


def status(decision: dict[str, Any] | None, found: Found, *, stage: str, strict: bool) -> int:
    """The exit status of a decision at a stage of the pipeline."""
    outcome = decision["outcome"] if decision else "cleared"
    if stage in LENIENT:
        barred = any(cause.get("absolute") and cause["result"] == "block" for cause in (decision or {}).get("causes", ()))
        unregistered = REVIEW if stage == "conform" and found.unknown else CLEARED
        return BLOCKED if barred else unregistered
    if outcome == "blocked" or found.unknown or decision is None:
        return BLOCKED
    if outcome == "review" or (strict and outcome == "cleared_with_obligations"):
        return REVIEW
    return CLEARED


def _show(cli: Cli, decision: dict[str, Any] | None, found: Found, options: dict[str, Any]) -> None:
    from service.cli import gate_formats

    if options["junit"] or options["sarif"]:
        click.echo((gate_formats.junit if options["junit"] else gate_formats.sarif)(decision, found.assets, found.unknown))
        return
    cli.answer(
        decision or {"outcome": "not_registered", "unknown": found.unknown}, gate_formats.text(decision, found.assets, found.unknown)
    )
