"""Importing spreadsheets: rows of licences, consents, engagements, sources, parties and titles become records."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import Any

from schemas.sheets import SheetAnswer, SheetOptions
from service import errors
from service.api.operation import Answer, Call, load, operation, parse_json
from service.api.records import WRITE_PERMISSION
from service.sheets import importing
from service.sheets.book import open_book
from service.sheets.mapping import Options

FILE_LIMIT = 128 << 20
_OPTIONS_LIMIT = 1 << 20
_OPTIONS, _ANSWER = SheetOptions(), SheetAnswer()
_PARTS: dict[str, Any] = {"file": "the spreadsheet, XLSX or CSV; its name tells the sheet of a CSV", "options": _OPTIONS}


@operation("POST", "/v1/imports", permission="records.read", tag="imports", summary="Import a spreadsheet",
           stream="multipart/form-data", parts=_PARTS, answer=_ANSWER, lane="bulk")  # fmt: skip
def post(call: Call) -> Answer:
    """Read every sheet whose columns are known, write the good rows, and say of each bad one which cell is wrong and what to do.

    A row is written whole, with the parties, sources and roles that it names for the first time, or not at all. It finds its record by
    the outside ids of its columns, or by what makes such a record one, so that the same file again changes nothing; an empty cell
    leaves what is recorded. Each kind needs its own permission. With `dry_run` nothing is written.
    """
    given = load(_OPTIONS, parse_json(_options(call)))
    options = Options(given.get("kind"), given.get("map", {}), given.get("set", {}), given.get("dates"), given.get("dry_run", False))
    upload = call.request.files.get("file")
    if upload is None:
        raise errors.invalid("/file", "Send the spreadsheet as the part file of a form.", "nothing_sent")
    with closing(upload):
        if upload.stream.seek(0, 2) > FILE_LIMIT:
            raise errors.TooLarge(f"A spreadsheet may have up to {FILE_LIMIT} bytes; split it.", "sheet_too_large")
        upload.stream.seek(0)
        book = open_book(upload.stream, upload.filename or "sheet")  # type: ignore[arg-type]  # the stubs say only what it is at least
        return Answer(asdict(importing.run(call.context, book, options, WRITE_PERMISSION)))


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
