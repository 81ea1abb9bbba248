"""`clearance observe`: what was fetched from the owner of a source, read for what it reserves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import click

from service.cli.command import Cli, declare

if TYPE_CHECKING:
    from service.client import Client

WELL_KNOWN: Final = {"robots.txt": "/robots.txt", "tdmrep.json": "/.well-known/tdmrep.json"}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@declare(name="observe")
@click.argument("source")
@click.argument("files", nargs=-1, type=_FILE)
@click.option("--url", required=True, help="Where it was fetched from; for robots.txt and tdmrep.json any address of the site does.")
@click.option("--at", metavar="TIME", help="When it was fetched, as 2026-08-10T09:00:00Z (else when the file was last written).")
@click.option("--about", metavar="URL", help="The address of the work (else that of the source, else --url).")
@click.option("--status", type=click.IntRange(100, 599), help="What the server answered, where there is no file: 404.")
@click.option("--by", metavar="ID", help="Who looked (pty_…).")
def command(cli: Cli, source: str, files: tuple[Path, ...], url: str, **told: Any) -> int:
    """Read FILES that somebody fetched, and add what they say to SOURCE (src_…): which uses are reserved, allowed, or allowed on terms.

    robots.txt, tdmrep.json, an RSL document, a page or an answer with its head (curl -i), a picture, a film, a PDF, an XMP sidecar. The same
    file again changes nothing. Nothing is fetched from here.
    """
    from service.cli.local import service_url
    from service.client import Client

    if not files and told["status"] is None:
        raise click.UsageError("Name what was fetched, or with --status what the server answered.")
    with service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "", timeout=600) as client:
        answers = [_sent(client, source, file, url, told) for file in files or (None,)]
    cli.answer(answers, "\n".join(line for answer in answers for line in lines(answer)))
    return 0


def place(file: Path | None, url: str) -> str:
    """Where a file was fetched from: what has a place of its own on a site lies there."""
    own = WELL_KNOWN.get(file.name) if file else None
    return urljoin(url, own) if own and urlsplit(url).path != own else url


def _sent(client: Client, source: str, file: Path | None, url: str, told: Mapping[str, Any]) -> dict[str, Any]:
    at = told["at"] or _written(file)
    options = {"url": place(file, url), "fetched_at": at} | {
        name: told[name] for name in ("about", "status", "by") if told[name] is not None
    }
    if file is not None and "about" not in options and options["url"] != url:
        options["about"] = _work(client, source) or url
    path = f"/v1/sources/{source}/observations"
    if file is None:
        return dict(client.post(path, options))
    with file.open("rb") as content:
        parts = {"options": (None, json.dumps(options)), "file": (file.name, content)}
        return dict(client.request("POST", path, files=parts, retry=False).json())


def _work(client: Client, source: str) -> str | None:
    """The address that the source has of its own."""
    found = client.get(f"/v1/sources/{source}")["body"].get("url")
    return str(found) if found else None


def _written(file: Path | None) -> str:
    when = datetime.fromtimestamp(file.stat().st_mtime, UTC) if file else datetime.now(UTC)
    return when.isoformat()


def lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """What was observed, for people."""
    for one in answer["observations"]:
        uses = ", ".join(one.get("permissions", ())) or "every use"
        words = f" ({one['found']})" if "found" in one else ""
        yield f"{one['signal']} at {one['place']}: {one['answer'].replace('_', ' ')}, {uses}{words}"
    yield f"{answer['id']} knew all of it." if answer["found"] else f"{answer['id']} is now version {answer['version']}."
