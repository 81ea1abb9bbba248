"""A spreadsheet brought in by people: how it would be read, what is wrong with which cell, the import itself, and the rows that are to be mended.

Nothing is kept between the steps: the page carries the file it was given, so a plan that nobody goes through with leaves nothing behind.
"""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from schemas.sheets import FILE_KINDS
from service import docket, errors
from service.api.imports import imported
from service.api.records import WRITE_PERMISSION
from service.ingest import declared, declared_sheet
from service.sheets import corrected, importing, spelling
from service.sheets.book import open_book
from service.sheets.cells import Book, Unusable, column_name
from service.sheets.mapping import IGNORED, MEND, Options
from service.web import forms, present
from service.web.page import Download, Moved, Shown, Visit, page

FILE_LIMIT = 4 << 20
_WHOLE = FILE_LIMIT * 3
SHOWN = 200
DATES = (("dmy", "Day first: 10/08/2026 is 10 August"), ("mdy", "Month first: 08/10/2026 is 10 August"))
_FORMS = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}
_SPOKEN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r'(?:with |as in )?--map "[^"]*"(?:, or (?:--map "[^"]*"|=-))?( to leave it out)?'), "in the table of columns"),
    (re.compile(r"(?:give )?--dates dmy or --dates mdy|the other of --dates dmy and mdy"), "choose the order under “Dates in numbers”"),
    (re.compile(r"--set ([\w.:]+=[^\s,;.)]+)"), r"“\1” under “For every row”"),
    (re.compile(r"--kind"), "“What the rows are”"),
    (re.compile(r"--map\b"), "the table of columns"),
)
"""How the command line calls what the page has another place for."""


@dataclass(frozen=True, slots=True)
class Given:
    """The spreadsheet, and how it is to be read."""

    name: str
    content: bytes
    options: Options

    def book(self) -> Book:
        """The sheets; raises `Invalid` for what is none."""
        return open_book(BytesIO(self.content), self.name)

    def packed(self) -> str:
        """The file as the page carries it to the next step."""
        return base64.b64encode(self.content).decode()


@page("/imports", permission="records.read")
def ask(visit: Visit) -> Shown:
    """Show the form that takes a spreadsheet."""
    return _asked(visit, forms.blank(visit))


@page("/imports", method="POST", permission="records.read", limit=_WHOLE)
def answer(visit: Visit) -> Shown | Moved | Download:
    """Show what an import would do, do it, or hand back the rows to be mended."""
    try:
        return forms.answered(visit, lambda: _answered(visit), lambda form: _asked(visit, form))
    finally:
        for upload in visit.request.files.values():
            upload.close()


def _answered(visit: Visit) -> Shown | Download:
    given, does = _given(visit), visit.request.form.get("do")
    if does == "mend":
        return _mended(visit, replace(given, options=replace(given.options, dry_run=True)))
    return _reviewed(visit, replace(given, options=replace(given.options, dry_run=does != "import")))


def _given(visit: Visit) -> Given:
    """What the form says: a file chosen now, else the one that the page carries."""
    form, upload = visit.request.form, visit.request.files.get("file")
    name, content = (upload.filename or "", upload.stream.read(FILE_LIMIT + 1)) if upload else ("", b"")
    if not name:
        name, content = form.get("name", "sheet.csv")[:300], _unpacked(form.get("kept", ""))
    if not content:
        raise errors.invalid("/file", "Choose the spreadsheet: a workbook (.xlsx) or text (.csv).", "nothing_sent")
    if len(content) > FILE_LIMIT:
        says = f"This page takes up to {FILE_LIMIT >> 20} MB; split the file, or import it with `clearance import {PurePath(name).name}`."
        raise errors.invalid("/file", says, "sheet_too_large")
    kind = form.get("kind") if form.get("kind") in FILE_KINDS else None
    fields = dict(zip(form.getlist("column"), form.getlist("field"), strict=False)) if form.get("kind", "") == form.get("was", "") else {}
    columns = {column: field.strip() or IGNORED for column, field in islice(fields.items(), 500)}
    dates = form.get("dates") if form.get("dates") in {"dmy", "mdy"} else None
    return Given(PurePath(name).name, content, Options(kind, columns, _constants(form.get("set", "")), dates, dry_run=True))


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _constants(text: str) -> dict[str, str]:
    """`field = value`, one a line."""
    found = {}
    for line in text.splitlines()[:100]:
        if line.strip():
            field, mark, value = line.partition("=")
            if not (mark and field.strip() and value.strip()):
                raise errors.invalid("/set", f"Write a field, = and its value, not {present.clip(line, 60)!r}.")
            found[field.strip()] = value.strip()
    return found


def may(visit: Visit) -> list[str]:
    """The kinds that this person may import."""
    return [kind for kind in FILE_KINDS if visit.context.actor.may(WRITE_PERMISSION[kind])]


def _asked(visit: Visit, form: forms.Form) -> Shown:
    spoken = {name: tuple(said(each) for each in told) for name, told in form.faults.items()}
    values = {
        "title": "Import a spreadsheet", "here": "records", "form": replace(form, faults=spoken, problem=said(form.problem)),
        "kinds": [(kind, present.words(kind)) for kind in may(visit)], "dates": DATES, "most": FILE_LIMIT >> 20,
        "kept": form.value("kept") or _upload(visit), "name": form.value("name") or _named(visit), "names": {},
    }  # fmt: skip
    return Shown("import_ask.html", values)


def _upload(visit: Visit) -> str:
    """A file that came with a refused form, so that nobody has to look for it twice."""
    upload = visit.request.files.get("file")
    if upload is None or not upload.filename:
        return ""
    upload.stream.seek(0)
    content = upload.stream.read(FILE_LIMIT + 1)
    return base64.b64encode(content).decode() if len(content) <= FILE_LIMIT else ""


def _named(visit: Visit) -> str:
    upload = visit.request.files.get("file")
    return PurePath(upload.filename or "").name if upload else ""


def _reviewed(visit: Visit, given: Given) -> Shown:
    """The page of a plan, or of what was done."""
    book = given.book()
    report = _run(visit, given)
    made = [row["id"] for row in report.rows[:SHOWN] if "id" in row]
    values = {
        "title": f"Import {given.name}", "here": "records", "form": forms.blank(visit), "given": given, "report": report,
        "sheets": [_sheet(book, plan, report.faults) for plan in report.sheets], "warnings": [said(each) for each in _other(report.warnings)],
        "faults": [{**each, "message": said(each["message"])} for each in report.faults[:SHOWN]], "shown": SHOWN,
        "set": "\n".join(f"{field} = {value}" for field, value in given.options.values.items()), "dates": DATES,
        "kinds": [(kind, present.words(kind)) for kind in may(visit)],
        "fields": {kind: _fields(kind) for kind in {plan["kind"] for plan in report.sheets}},
        "names": docket.names(visit.context, made) if not given.options.dry_run else {},
    }  # fmt: skip
    return Shown("import_review.html", values)


def _run(visit: Visit, given: Given) -> importing.Report:
    """Import it, or say what that would do: sheets of records and sheets of declared work, as the API does."""
    options = given.options
    asked = {"kind": options.kind, "map": options.columns, "set": options.values, "dates": options.dates, "dry_run": options.dry_run}
    told = imported(visit.context, BytesIO(given.content), given.name, {name: value for name, value in asked.items() if value is not None})
    return importing.Report(**told)


def _fields(kind: str) -> list[str]:
    """What a column may be read as."""
    return sorted(declared.KNOWN if kind == declared_sheet.KIND else spelling.kinds()[kind]["columns"])


def _other(warnings: list[str]) -> Iterator[str]:
    """Warnings without those about columns, which the table of columns shows itself."""
    return (each for each in warnings if "is not read; map it" not in each)


def _sheet(book: Book, plan: Mapping[str, Any], faults: list[dict[str, Any]]) -> dict[str, Any]:
    """A sheet with its columns in their order, each with what stands in it first and how many of its cells are at fault."""
    sheet = next(each for each in book.sheets if each.name == plan["sheet"])
    first: dict[str, str] = {}
    for row in islice((row for row in sheet.rows() if row.number > plan["header_row"]), 50):
        for position, cell in enumerate(row.cells):
            if cell not in {None, ""} and not isinstance(cell, Unusable):
                first.setdefault(column_name(position), present.clip(str(cell), 60))
    header = next(row for row in sheet.rows() if row.number == plan["header_row"])
    known = {each["column"] for each in (*plan["columns"], *plan["unread"])}
    left = [{"column": column_name(n), "header": cell} for n, cell in enumerate(header.cells) if isinstance(cell, str) and cell != MEND]
    wrong = [re.sub(r"\d+\Z", "", each["cell"].rpartition("!")[2]) for each in faults if each["sheet"] == plan["sheet"]]
    columns = [
        {**each, "field": each.get("field", ""), "first": first.get(each["column"], ""), "wrong": wrong.count(each["column"])}
        for each in (*plan["columns"], *plan["unread"], *(one for one in left if one["column"] not in known))
    ]
    return {**plan, "columns": sorted(columns, key=lambda each: (len(each["column"]), each["column"]))}


def said(text: str) -> str:
    """A sentence of the importer, in the words of this page."""
    for pattern, words in _SPOKEN:
        text = pattern.sub(words, text)
    return text


def _mended(visit: Visit, given: Given) -> Download:
    """The refused rows alone, each with what to mend."""
    book = given.book()
    report = _run(visit, given)
    with tempfile.TemporaryDirectory() as place:
        to = corrected.place(Path(place) / given.name, book)
        corrected.write(given.book(), report.sheets, [{**each, "message": said(each["message"])} for each in report.faults], to)
        suffix = to.suffix.removeprefix(".")
        stem = re.sub(r"[^\w.-]+", "_", to.stem, flags=re.ASCII)[:100] or "sheet"
        return Download(to.read_bytes(), _FORMS[suffix], f"{stem}.{suffix}")
