"""`clearance backup`: one moment of the database and its contents, while the service runs; and the drill that restores it."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import restore
from service.cli.command import Cli, declare
from service.embedded import lease
from service.errors import StartError

if TYPE_CHECKING:
    from service.backup.folder import Manifest

_KEYS = {
    True: "With the keys, without the signer's marks: keep it as you keep the keys themselves, and note that what is erased later can still be"
    " read with it.",
    False: "Without the keys: what is secret in it cannot be read, and nothing signed, without a copy of keys/ of the data directory. Copy that"
    " apart from this, to another place.",
}


@declare()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where the backup goes; new or empty.")
@click.option("--with-keys", is_flag=True, help="Copy the keys too (never the signer's marks). Without it the backup holds no key.")
@click.option("--drill", is_flag=True, help="Restore the backup into a server that is thrown away, check everything, and report.")
@restore.checkpoints("With --drill: a checkpoint that somebody keeps elsewhere; the restored log must have everything it covers.")
def command(cli: Cli, out: Path | None, kept: tuple[Path, ...], *, with_keys: bool, drill: bool) -> int:
    """Back up the database and every content that the log names, also while the service runs.

    Keys are NOT in the backup unless --with-keys is said; the marks that keep a restored log from forking never are. Exit status 1 if a
    content is damaged, or the drill finds anything that is not as it was.
    """
    if out is None and not drill:
        raise StartError("Say where the backup goes with --out DIR, or try one out with --drill.")
    with ExitStack() as held:
        place = (out or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="clearance-drill-"))) / "backup").absolute()
        made = _make(cli, place, with_keys=with_keys)
        if drill:
            return _drill(cli, place, kept)
    sizes = f"{sum(table['rows'] for table in made.tables.values()):,} rows, {made.contents:,} contents, {made.bytes:,} bytes"
    logs = [f"  {each.studio_id}: {each.size:,} entries, root {each.root}{f'. {each.says}' if each.says else ''}" for each in made.logs]
    lost = [f"  DAMAGED: content {digest} is not what its name says; bring it back from an older backup." for digest in made.damaged]
    cli.answer({"out": str(place), **asdict(made)}, "\n".join([f"{place}: {sizes}", *logs, *lost, _KEYS[with_keys]]))
    return 1 if made.damaged else 0


def _make(cli: Cli, place: Path, *, with_keys: bool) -> Manifest:
    from service.backup.make import make

    with lease.hold(cli.settings.data, cli.settings.database_url) as held:
        return make(place, held.url, cli.settings, datetime.now(UTC), with_keys=with_keys)


def _drill(cli: Cli, place: Path, kept: tuple[Path, ...]) -> int:
    """Restore into an embedded server of its own, which is gone afterwards; neither keys nor marks of the service are touched."""
    with tempfile.TemporaryDirectory(prefix="clearance-drill-") as scratch:
        settings = replace(cli.settings, data=Path(scratch), database_url=None, signer=None)
        try:
            report = restore.restored(place, settings, kept)
        finally:
            lease.wait_until_stopped(settings.data)
    return restore.show(cli, report, drill=True)
