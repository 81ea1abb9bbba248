"""Importing spreadsheets: rows of licences, consents, engagements, sources, parties, titles and declared tool work become records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, replace
from itertools import islice
from typing import Any, BinaryIO

from schemas.sheets import SheetAnswer, SheetOptions
from service import errors
from service.api.operation import Answer, Call, load, operation, parse_json
from service.api.records import WRITE_PERMISSION
from service.context import Context
from service.ingest import declared_rows, declared_sheet
from service.ingest.declared_sheet import Header, Table
from service.ingest.draft import Limits
from service.sheets import importing
from service.sheets.book import open_book
from service.sheets.cells import MOST_COLUMNS, Book, Sheet, Unusable, column_name
from service.sheets.mapping import IGNORED, MEND, Options

FILE_LIMIT = 128 << 20
_DECLARED_LIMIT = 32 << 20
_OPTIONS_LIMIT = 1 << 20
_LABELS = tuple(column_name(position) for position in range(MOST_COLUMNS))
_OPTIONS, _ANSWER = SheetOptions(), SheetAnswer()
_PARTS: dict[str, Any] = {
    "file": "the spreadsheet, XLSX or CSV, or JSON rows of declared tool work; its name tells the sheet of a CSV",
    "options": _OPTIONS,
}


@operation("POST", "/v1/imports", permission="records.read", tag="imports", summary="Import a spreadsheet",
           stream="multipart/form-data", parts=_PARTS, answer=_ANSWER, lane="bulk")  # fmt: skip
def post(call: Call) -> Answer:
    """Read every sheet whose columns are known, write the good rows, and say of each bad one which cell is wrong and what to do.

    A row is written whole, with the parties, sources and roles that it names for the first time, or not at all. It finds its record by
    the outside ids of its columns, or by what makes such a record one, so that the same file again changes nothing; an empty cell
    leaves what is recorded. Each kind needs its own permission. With `dry_run` nothing is written.

    A sheet with a column `tool` beside one of class, ai, output, output_sha256, job_id, prompt or model declares work in tools that leave
    no metadata: each row becomes a run and its output, found again by tool, job and the output's SHA-256.
    """
    given = load(_OPTIONS, parse_json(_options(call)))
    upload = call.request.files.get("file")
    if upload is None:
        raise errors.invalid("/file", "Send the spreadsheet as the part file of a form.", "nothing_sent")
    with closing(upload):
        if upload.stream.seek(0, 2) > FILE_LIMIT:
            raise errors.TooLarge(f"A spreadsheet may have up to {FILE_LIMIT} bytes; split it.", "sheet_too_large")
        upload.stream.seek(0)
        return Answer(imported(call.context, upload.stream, upload.filename or "sheet", given))  # type: ignore[arg-type]  # the stubs say only what it is at least


def imported(context: Context, file: BinaryIO, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Sheets of declared work by their own way, all others by the one for records; one answer about both."""
    declared = declared_sheet.Options(given.get("map", {}), given.get("set", {}), dry_run=given.get("dry_run", False))
    head = file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    file.seek(0)
    if head in (b"{", b"["):
        table = declared_sheet.of_json(declared_rows.rows(file.read(_DECLARED_LIMIT + 1), Limits()))
        return _answer("JSON", _declared(context, file, [table], declared, dry_run=declared.dry_run))
    book = open_book(file, name)
    wanted = given.get("kind") == declared_sheet.KIND
    found = {} if given.get("kind", declared_sheet.KIND) != declared_sheet.KIND else _tables(book, declared, wanted=wanted)
    left = replace(book, sheets=[sheet for sheet in book.sheets if sheet.name not in found])
    told = _answer(book.form, _declared(context, file, list(found.values()), declared, dry_run=declared.dry_run)) if found else None
    if told and not any(next(sheet.rows(), None) for sheet in left.sheets):
        return told
    if wanted:
        raise errors.Invalid(
            "No row names the columns of declared work: tool, and class, output, output_sha256 or job_id.", "unreadable_sheet"
        )
    options = Options(given.get("kind"), given.get("map", {}), given.get("set", {}), given.get("dates"), declared.dry_run)
    other = asdict(importing.run(context, left, options, WRITE_PERMISSION))
    return {key: value if key in {"dry_run", "form"} else value + told[key] for key, value in other.items()} if told else other


def _tables(book: Book, options: declared_sheet.Options, *, wanted: bool) -> dict[str, tuple[Table, Header]]:
    """The sheets that declare tool work, by their names."""
    found = {}
    for sheet in book.sheets:
        head = declared_sheet.header(_rows(sheet), _of_sheet(options, sheet.name), wanted=wanted)
        if head is None:
            continue
        if next(islice(sheet.rows(), declared_sheet.MOST_ROWS + 1, None), None) is not None:  # before anything is written
            raise errors.TooLarge(f"{sheet.name} has more than {declared_sheet.MOST_ROWS:,} rows; split the sheet.", "sheet_too_large")
        found[sheet.name] = (Table(sheet.name, _rows(sheet), _LABELS), head)
    return found


def _of_sheet(options: declared_sheet.Options, name: str) -> declared_sheet.Options:
    """The options with the columns that are said for this sheet (`Tools!Mood`) under their own names; what we told of an earlier try is left out."""
    return replace(options, columns={MEND: IGNORED} | {title.removeprefix(f"{name}!"): to for title, to in options.columns.items()})


def _rows(sheet: Sheet) -> Iterator[tuple[int, list[Any]]]:
    """The rows of a sheet as plain values, one at a time."""
    for row in sheet.rows():
        yield row.number, [declared_sheet.Unusable(cell.remedy) if isinstance(cell, Unusable) else cell for cell in row.cells]


def _declared(
    context: Context, file: BinaryIO, tables: list[tuple[Table, Header]], options: declared_sheet.Options, *, dry_run: bool
) -> dict[str, Any]:
    if not context.actor.may(WRITE_PERMISSION[declared_sheet.KIND]):
        raise errors.Forbidden("This key may not write a generation; it lacks generations.write.", "missing_permission")
    file.seek(0)
    content = file.read(_DECLARED_LIMIT + 1)
    if len(content) > _DECLARED_LIMIT:
        raise errors.TooLarge(f"A sheet of declared work may have up to {_DECLARED_LIMIT} bytes; split it.", "sheet_too_large")
    return {"dry_run": dry_run, **asdict(declared_sheet.run(context, tables, options, content))}


def _answer(form: str, report: dict[str, Any]) -> dict[str, Any]:
    return {"form": form, "changed": 0, **report}


def _options(call: Call) -> bytes:
    if call.request.mimetype != "multipart/form-data":
        raise errors.UnsupportedMedia("Send a form (multipart/form-data) with the parts file and options.", "unsupported_media_type")
    files, form = call.request.files, call.request.form
    strange = sorted((set(files) | set(form)) - {"file", "options"})
    if strange:
        raise errors.invalid(f"/{strange[0]}", "The form takes file and options.", "unknown_part")
    if "options" in files:
        return files["options"].stream.read(_OPTIONS_LIMIT)
    return form.get("options", "{}").encode()
