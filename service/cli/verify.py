"""`clearance verify`: what a file's credentials are worth, and whether we know it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from service.cli.command import Cli, declare

if TYPE_CHECKING:
    from service.client import Client

SHAPE = ("state", "tampered", "lineage", "signer", "known")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@declare(name="verify")
@click.argument("file", type=_FILE)
@click.option("--sidecar", type=_FILE, help="The manifest that lies beside the file (.c2pa).")
@click.option("--strict", is_flag=True, help="Exit 2 unless the file is Trusted, its lineage too, and nothing was tampered with.")
def command(cli: Cli, file: Path, sidecar: Path | None, *, strict: bool) -> int:
    """Judge the credentials of FILE: Trusted, Valid, Invalid, NoManifest or Unreadable.

    Valid is not Trusted: the file is as it was signed, but nobody on our lists vouches for who signed it. The service reads
    the file in a process of its own and keeps nothing. The status is 0 for every verdict, unless --strict is given.
    """
    from service.cli.local import service_url
    from service.client import Client

    with service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "") as client:
        verdict = judge(client, file, sidecar)
    cli.answer({name: verdict[name] for name in SHAPE}, text(file, verdict))
    return 2 if strict and (verdict["state"] != "Trusted" or verdict["tampered"] or verdict["lineage"]) else 0


def judge(client: Client, file: Path, sidecar: Path | None) -> dict[str, Any]:
    """The service's whole verdict on a file."""
    if sidecar is None:
        return dict(client.upload("/v1/verify", file, "application/octet-stream", method="POST"))
    with ExitStack() as stack:
        parts = {name: stack.enter_context(path.open("rb")) for name, path in (("file", file), ("sidecar", sidecar))}
        return dict(client.request("POST", "/v1/verify", files=parts, retry=False).json())


def text(file: Path, verdict: dict[str, Any]) -> str:
    """The verdict in a few lines, for people."""
    signer = verdict["signer"] or {}
    lines = [f"{file.name}: {verdict['state']}"]
    if verdict.get("reason"):
        lines.append(f"  {verdict['reason']}")
    if signer:
        lines.append(f"  signed by {signer.get('common_name', '?')} ({signer.get('issuer', '?')})")
    if verdict["tampered"]:
        lines.append("  changed since it was signed, or made from something that was")
    if verdict["lineage"]:
        lines.append(f"  lineage: {', '.join(verdict['lineage'])}")
    lines.append(f"  known here as {', '.join(verdict['known'])}" if verdict["known"] else "  not known here")
    return "\n".join(lines)
