"""`clearance import`: a spreadsheet in, and the rows that need mending back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schemas.sheets import FILE_KINDS
from service.cli.command import Cli, declare
from service.errors import Invalid

if TYPE_CHECKING:
    from service.client import Client

REFUSED = 2
_LISTED = 50
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@declare(name="import")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Print the plan; write nothing.")
@click.option("--kind", type=click.Choice(FILE_KINDS), help="What the rows are, where neither sheet nor columns say.")
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="COLUMN=FIELD",
    help='Where a column goes, as "Deal ref=identifiers.deal"; "-" leaves it out.',
)
@click.option("--set", "values", multiple=True, metavar="FIELD=VALUE", help="What holds for every row that does not say otherwise.")
@click.option("--mapping", type=_FILE, help="The same in a YAML or JSON file: {kind, map: {…}, set: {…}, dates}.")
@click.option("--dates", type=click.Choice(("dmy", "mdy")), help="Which stands first in 03/04/2026.")
@click.option("--out", type=click.Path(path_type=Path), help="Where the rows to mend go (else beside FILE).")
def command(
    cli: Cli, file: Path, columns: tuple[str, ...], values: tuple[str, ...], mapping: Path | None, out: Path | None, **asked: Any
) -> int:
    """Import licences, consents, engagements, sources, parties, titles and declared tool work from FILE (XLSX or CSV; tool work also JSON).

    Good rows go in; rows with a fault go to FILE.corrected with a column "What to mend", to be imported again. The same file
    again changes nothing. Exit status: 0 all rows are in, 2 some are to be mended, 1 nothing could be done.
    """
    from service.cli.local import service_url
    from service.client import Client

    options = _options(mapping, columns, values, asked)
    if out is not None and out.exists():
        raise click.ClickException(f"{out} is there already; move it away or choose another place with --out.")
    with service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "", timeout=3600) as client:
        answer = _sent(client, file, options)
    if answer["faults"] and not answer["dry_run"] and answer["form"] != "JSON":
        answer["corrected"] = str(_corrected(file, answer, out))
    cli.answer(answer, "\n".join(lines(answer)))
    return REFUSED if answer["refused"] else 0


def _options(mapping: Path | None, columns: tuple[str, ...], values: tuple[str, ...], asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the mapping file says, and the options on top."""
    told = _yaml(mapping) if mapping else {}
    told |= {name: value for name, value in asked.items() if value}
    for name, pairs in (("map", columns), ("set", values)):
        if pairs:
            told[name] = {**told.get(name, {}), **dict(_pair(pair, name) for pair in pairs)}
    return told


def _pair(text: str, option: str) -> tuple[str, str]:
    left, mark, right = text.rpartition("=") if option == "map" else text.partition("=")
    if not (mark and left.strip() and right.strip()):
        raise click.ClickException(f"--{option} takes a pair with = between, not {text!r}.")
    return left.strip(), right.strip()


def _yaml(path: Path) -> dict[str, Any]:
    from service.rules.paths import PackError
    from service.rules.yaml12 import parse

    try:
        found = parse(path.read_text(encoding="utf-8"))
    except PackError as fault:
        raise click.ClickException(f"{path.name}: {fault}") from None
    if not isinstance(found, dict):
        raise click.ClickException(f"{path.name}: write an object with kind, map, set or dates.")
    return found


def _sent(client: Client, file: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    with file.open("rb") as content:
        parts = {"options": (None, json.dumps(options)), "file": (file.name, content)}
        answer: dict[str, Any] = client.request("POST", "/v1/imports", files=parts, retry=False).json()
    return answer


def _corrected(file: Path, answer: Mapping[str, Any], out: Path | None) -> Path:
    from service.sheets import corrected
    from service.sheets.book import open_book

    with file.open("rb") as content:
        try:
            book = open_book(content, file.name)
        except Invalid as fault:  # it was readable a moment ago
            raise click.ClickException(str(fault)) from None
        to = out or corrected.place(file, book)
        corrected.write(book, answer["sheets"], answer["faults"], to)
    return to


def lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """The answer for people: how each sheet is read, what is done, and what is to be mended."""
    for sheet in answer["sheets"]:
        yield f"{sheet['sheet']}: {sheet['kind']}, one a row ({answer['form']}, header in row {sheet['header_row']})"
        yield from (f"  {each['column']:>3}  {each['header']} -> {each['field']}" for each in sheet["columns"])
    yield from (f"Warning: {warning}" for warning in answer["warnings"])
    if answer["dry_run"]:
        yield from _rows(answer["rows"])
    for fault in answer["faults"][:_LISTED]:
        yield f"{fault['cell']}: {fault['message']}"
    if len(answer["faults"]) > _LISTED:
        yield f"… and {len(answer['faults']) - _LISTED} more."
    would = "would be " if answer["dry_run"] else ""
    yield f"{answer['created']} {would}created, {answer['changed']} {would}changed, {answer['unchanged']} unchanged, {answer['refused']} {would}refused."
    if "corrected" in answer:
        yield f"The rows to mend are in {answer['corrected']}; mend and import it."


def _rows(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows[:_LISTED]:
        new = ", ".join(f"{one['kind']} {one['name']}" for one in row.get("new", ()))
        yield f"  {row['sheet']}!{row['row']}: {row['kind']} {row['does']}" + (f" with new {new}" if new else "")
    if len(rows) > _LISTED:
        yield f"  … and {len(rows) - _LISTED} more rows."
