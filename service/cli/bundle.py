"""`clearance ledger bundle` and `clearance ledger verifier`: what legal takes to a machine without network, and what checks it there."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.command import Cli, declare
from service.errors import StartError

if TYPE_CHECKING:
    from service.client import Client

HOUR = 3_600.0


def _ids(name: str, says: str, *more: str) -> Callable[[Any], Any]:
    return click.option(f"--{name}", *more, f"{name}s", multiple=True, metavar="ID", help=says)


@declare(name="bundle")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where it goes; new or empty.")
@_ids("asset", "Only what is recorded about this asset, and what that rests on (repeatable).")
@_ids("production", "Only what is recorded of this production, likewise (repeatable).")
@_ids("record", "Only this record or event, and what it rests on (repeatable).", "--event")
@click.option(
    "--disclose",
    "disclosed",
    multiple=True,
    type=click.Choice(["none", "personal", "encrypted", "privileged"]),
    help="Whose secret values lie beside their commitments (repeatable; else personal and encrypted ones that you may read).",
)
def bundle(cli: Cli, out: Path, **asked: tuple[str, ...]) -> None:
    """Write a bundle of the log: entries, proofs, checkpoint, rules, facts, findings, and the program that checks it all.

    Without --asset, --production or --record it holds the whole log, which alone can show that nothing is left out.
    `python3 DIR/verify.py DIR --key KEY` checks it on any machine; have the key from somewhere else than from DIR.
    """
    from service.cli import local
    from service.client import Client, Refused, Unreachable

    if out.exists() and any(out.iterdir()):
        raise StartError(f"{out} is not empty; name a new directory.")
    with local.service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "", timeout=HOUR) as client:
        try:
            told = fetch(client, out, **asked)
            key = client.get("/v1/ledger/key")["key"]
        except (Refused, Unreachable) as fault:
            raise StartError(f"The bundle cannot be made: {fault}") from fault
    files = sum(1 for path in out.rglob("*") if path.is_file())
    what = f"all {told['size']:,} entries" if told["whole"] else f"{told['entries']:,} of {told['size']:,} entries"
    cli.answer(
        {"out": str(out), "key": key, **told},
        f"{out}: {what} of {told['log']}, {files:,} files.\nCheck it with: python3 {out}/verify.py {out} --key {key}",
    )


def fetch(client: Client, out: Path, **asked: tuple[str, ...]) -> dict[str, Any]:
    """Bring a bundle into a directory, which gets its name only when all of it is there; answers what it says of itself."""
    body: dict[str, Any] = {name: list(ids) for name, ids in asked.items() if ids and name != "disclosed"}
    if asked.get("disclosed"):
        body["disclose"] = [name for name in asked["disclosed"] if name != "none"]
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
        beside = tempfile.TemporaryDirectory(prefix=".bundle-", dir=out.absolute().parent)
    except OSError as fault:
        raise StartError(f"Nothing can be written beside {out} ({fault.strerror}); name another directory with --out.") from fault
    with beside as kept:
        archive = client.download("/v1/ledger/bundle", Path(kept) / "bundle.zip", method="POST", body=body)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(kept)
        if out.exists():
            shutil.rmtree(out)
        (Path(kept) / "bundle").replace(out)
    told: dict[str, Any] = json.loads((out / "bundle.json").read_text())
    return told


@declare(name="verifier")
def verifier(cli: Cli) -> None:
    """Print the program that checks bundles: one file, to be kept apart from them. It needs Python and `cryptography` alone."""
    from service.ledger.offline.generate import program

    text = program().decode()
    cli.answer({"program": text}, text.removesuffix("\n"))
