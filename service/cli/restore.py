"""`clearance restore`: a backup into an empty database, with a report on everything that is there then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import presence
from service.cli.command import Cli, declare
from service.config import Settings
from service.embedded import lease
from service.errors import StartError

if TYPE_CHECKING:
    from service.backup.load import Report, Restored


def checkpoints(says: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The option that names checkpoints which are kept elsewhere, for the commands that hold a log against them."""
    file = click.Path(exists=True, path_type=Path, dir_okay=False)
    return click.option("--checkpoint", "kept", metavar="FILE", type=file, multiple=True, help=says)


@declare()
@click.argument("source", metavar="FROM", type=click.Path(exists=True, path_type=Path, file_okay=False))
@click.option("--database-url", metavar="URL", help="The empty database to fill (else DATABASE_URL, else the embedded one of --data).")
@checkpoints("A checkpoint that somebody keeps elsewhere: what is restored must have everything it covers.")
def command(cli: Cli, source: Path, database_url: str | None, kept: tuple[Path, ...]) -> int:
    """Restore the backup in FROM into an empty database and the data directory, check every byte of it, and report.

    Everything in the backup is verified before anything is touched. Keys that are in the data directory stay; if the old ones survive,
    put them there first. Exit status 1 if anything is not as it was backed up.
    """
    settings = replace(cli.settings, database_url=database_url or cli.settings.database_url)
    with presence.claim(settings.data) as ours:
        if not ours:
            raise StartError(f"A service runs on {settings.data}; stop it first, or restore into another data directory.")
        return show(cli, restored(source, settings, kept))


def restored(source: Path, settings: Settings, kept: Iterable[Path] = ()) -> Report:
    """Verify and restore a backup, and hold it against checkpoints that are kept elsewhere."""
    from service.backup import load

    wanted = load.verified(source)
    with lease.hold(settings.data, settings.database_url) as held:
        return load.load(source, wanted, held.url, settings, kept)


def show(cli: Cli, report: Report, *, drill: bool = False) -> int:
    """Print the report and return the exit status."""
    document = {"holds": report.holds, "drill": drill, **asdict(report)}
    cli.answer(document, "\n".join(_lines(report, drill=drill)))
    return 0 if report.holds else 1


def _lines(report: Report, *, drill: bool) -> Iterator[str]:
    yield f"Backup of {report.made_at}, Clearance {report.clearance}: {report.rows:,} rows, {report.contents:,} contents, {report.bytes:,} bytes"
    yield "Seconds: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in report.seconds.items())
    if report.migrated:
        yield f"Brought up to date by {', '.join(report.migrated)}"
    for each in report.logs:
        yield from _log(each)
    for digest in report.damaged:
        yield f"DAMAGED when it was backed up: content {digest}"
    if report.keys and not drill:
        yield report.keys
    what = "The drill" if drill else "The restore"
    yield f"{what} found everything as it was." if report.holds else f"{what} found faults; they stand above."


def _log(each: Restored) -> Iterator[str]:
    tree = "the tree of the backup" if each.same_tree else "NOT the tree of the backup"
    signed = "signed" if each.signed else "whose signature could not be had when it was backed up"
    yield f"{each.studio_id}: {each.entries:,} entries, {tree}, {signed}; {len(each.faults) or 'no'} faults"
    for fault in each.faults:
        yield f"  {fault.code}: {fault.place}: {fault.says}"
    for difference in each.differences:
        yield f"  {difference.table} lacks {difference.missing} rows and has {difference.surplus} too many"
    yield from (f"  {says}" for _, says in each.outside)
    if each.signer:
        yield f"  {each.signer}"
