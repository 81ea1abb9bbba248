"""`clearance export`: a record in the form of another standard, to a file or to standard output."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Final

import click

from schemas.prefixes import KIND_OF, NAMES
from service.cli.command import Cli, declare

_LINEAGES: Final = (
    "asset", "generation", "model", "dataset", "replica", "source", "licence", "consent", "appearance", "delivery", "release",
)  # fmt: skip
FORMS: Final = {
    "ml-bom": ("model", "asset"),
    "prov": _LINEAGES,
    "croissant": ("dataset",),
    "odrl": ("licence",),
    "dps": ("dataset",),
}
"""Form → the kinds that there are in it."""
_LIMITED: Final = frozenset({"ml-bom", "prov"})


@declare(name="export")
@click.argument("record")
@click.option("--as", "form", type=click.Choice(tuple(FORMS)), required=True,
              help="CycloneDX bill, W3C PROV, Croissant 1.1, ODRL 2.2, or Data Provenance Standards record.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Where it goes (else standard output).")
@click.option("--names", is_flag=True, help="Name persons too, where your key may read their names.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many records of the lineage (ml-bom, prov).")
def command(cli: Cli, record: str, form: str, out: Path | None, *, names: bool, limit: int | None) -> None:
    """Write RECORD (its id) as a document that other tools read.

    \b
    ml-bom     a model or an asset        croissant, dps   a dataset
    prov       anything with a lineage    odrl             a licence
    """  # noqa: D301  # the mark is click's, to keep the lines as they are
    from service.cli.local import service_url
    from service.client import Client

    path = f"/v1/{_collection(record, form)}/{record}/{form}"
    if limit and form not in _LIMITED:
        raise click.ClickException(f"--limit is for {' and '.join(sorted(_LIMITED))}; a {form} document is not cut.")
    query = {name: value for name, value in (("names", "true" if names else None), ("limit", limit)) if value is not None}
    with service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "", timeout=600) as client:
        answer = client.request("GET", path, params=query)
    truncated = answer.headers.get("Clearance-Truncated") == "true"
    if truncated:
        click.echo("The lineage is longer than the document, which says so; a higher --limit shows more.", err=True)
    if out is None:
        click.echo(answer.content, nl=sys.stdout.isatty())  # byte for byte, as its digest says
        return
    _write(out, answer.content)
    told = {"out": str(out), "record": record, "as": form, "bytes": len(answer.content), "truncated": truncated}
    cli.answer(told | {"sha256": hashlib.sha256(answer.content).hexdigest()}, f"{out}: {record} as {form}, {len(answer.content)} bytes.")


def _collection(record: str, form: str) -> str:
    """The collection of a record, by its id; a form that its kind does not have is refused with those that it has."""
    kind = KIND_OF.get(record[:3]) if record[3:4] == "_" else None
    if kind is None:
        raise click.ClickException(f"{record[:60]!r} is no id of a record; an id looks like ast_… or dst_….")
    if kind not in FORMS[form]:
        others = ", ".join(name for name, kinds in FORMS.items() if kind in kinds)
        raise click.ClickException(
            f"There is no {form} of a {kind}" + (f"; there is: {others}." if others else ", nor any other document.")
        )
    return NAMES[kind][1]


def _write(out: Path, content: bytes) -> None:
    from service.durable import replace

    if not out.absolute().parent.is_dir():
        raise click.ClickException(f"There is no directory {out.absolute().parent}; make it first.")
    replace(out.absolute(), content)
