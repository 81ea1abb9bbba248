"""`clearance sign`: sign the bytes of a registered asset and bring the result home."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from schemas.credentials import OVERSIGHT
from schemas.records.asset import ORIGINS
from service.cli.command import Cli, declare
from service.content.sniff import kind_of_path
from service.errors import StartError

if TYPE_CHECKING:
    from service.client import Client

_TYPES = {"image": "image", "video": "video", "audio": "audio"}


@declare(name="sign")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Where the signed copy or the sidecar goes (else beside FILE).")
@click.option("--sidecar", is_flag=True, help="Leave the file alone and write the manifest beside it.")
@click.option("--origin", type=click.Choice(ORIGINS), help="Register FILE with this origin if it is not registered yet.")
@click.option("--oversight", type=click.Choice(OVERSIGHT), help="How far a human stood behind generated content.")
def command(cli: Cli, file: Path, out: Path | None, *, sidecar: bool, origin: str | None, oversight: str | None) -> None:
    """Sign FILE, which must be registered here, with a C2PA manifest.

    The copy goes to NAME.signed.EXT beside FILE, a sidecar to NAME.EXT.c2pa; neither overwrites anything. A file that
    cannot carry a manifest gets a sidecar.
    """
    from service.cli.local import service_url
    from service.client import Client

    with service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "", timeout=600) as client:
        asset_id = registered(client, file, origin)
        client.upload(f"/v1/assets/{asset_id}/content", file, "application/octet-stream")
        order = {**({"form": "sidecar"} if sidecar else {}), **({"oversight": oversight} if oversight else {})}
        evidence = client.post(f"/v1/assets/{asset_id}/sign", order)
        details = evidence["body"]["details"]
        variant = "sidecar" if details["form"] == "sidecar" else "signed"
        target = free(out or place(file, variant))
        client.download(f"/v1/assets/{asset_id}/content", target, variant=variant)
    answer = {"asset": asset_id, "evidence": evidence["id"], "label": details["label"], "form": details["form"], "file": str(target)}
    cli.answer(answer, f"{target}: {details['state'].capitalize()}, manifest {details['label']}")


def registered(client: Client, file: Path, origin: str | None) -> str:
    """The id of the asset that has these bytes; registers it when an origin is given, refuses otherwise."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    found = next(client.listed("/v1/assets", digest=f"sha256:{digest}"), None)
    if found is not None:
        return str(found["id"])
    if origin is None:
        raise StartError(f"{file.name} is not registered here; register it first, or say where it comes from with --origin.")
    body = {
        "type": _TYPES.get(kind_of_path(file).family, "other"),
        "name": file.name,
        "file_name": file.name,
        "origin": origin,
        "digests": [{"algorithm": "sha256", "value": digest}],
    }
    return str(client.post("/v1/assets", body)["id"])


def place(file: Path, variant: str) -> Path:
    """Where the result goes when nobody says."""
    return file.with_name(file.name + ".c2pa") if variant == "sidecar" else file.with_name(f"{file.stem}.signed{file.suffix}")


def free(path: Path) -> Path:
    """The path, if nothing is there."""
    if path.exists():
        raise StartError(f"{path} is there already; move it away or choose another place with --out.")
    return path
