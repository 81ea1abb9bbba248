"""`clearance ledger disclose`: prove one field of a paper and show no other; and checking such a file without a service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from service.cli.command import Cli, declare
from service.durable import replace
from service.errors import StartError


@declare(name="disclose")
@click.argument("record")
@click.argument("pointers", nargs=-1, required=True, metavar="POINTER...")
@click.option("--version", type=click.IntRange(1), metavar="N", help="This version (else the current one).")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Where it goes.")
def disclose(cli: Cli, record: str, pointers: tuple[str, ...], version: int | None, out: Path) -> None:
    """Write a file that proves secret fields of RECORD: the entry, its place in the signed log, and only these values.

    POINTER names a field as in /description or /memberships/0/number. Every other secret field stays a commitment.
    """
    from service.cli import local
    from service.client import Client

    asked: dict[str, Any] = {"record": record, "pointers": [f"/{each.lstrip('/')}" for each in pointers]}
    with local.service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "") as client:
        told = client.post("/v1/ledger/disclosure", asked | ({"version": version} if version else {}))
    replace(out.absolute(), json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n")
    shown = [each["pointer"] for each in told["disclosed"]]
    answer = {"out": str(out), "record": record, "version": told["version"], "disclosed": shown, "keys": told["keys"]}
    how = f"Check it with: clearance ledger verify --disclosure {out} --key {told['keys'][0]}"
    cli.answer(answer, f"{out}: {', '.join(shown)} of {record}, version {told['version']}, and no other secret field.\n{how}")


def check_disclosure(cli: Cli, file: Path, key: str | None, rules: Path | None) -> int:
    """Check a disclosure with the functions of the offline verifier; exit status 1 if it does not hold."""
    from service.ledger.offline.signed import Trusted, parse_keys
    from service.ledger.offline.single import verify_disclosure

    try:
        trusted = Trusted(parse_keys(key) if key else (), rules.read_bytes() if rules else None)
        report = verify_disclosure(file.read_bytes(), trusted)
    except ValueError as fault:
        raise StartError(f"{file} cannot be checked: {fault}.") from fault
    cli.answer(report.document(), report.text())
    return 0 if report.good else 1
