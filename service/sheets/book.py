"""Opening a spreadsheet: what a file is, its bytes say and not its name."""

from __future__ import annotations

from pathlib import PurePath
from typing import BinaryIO

from service.sheets import text, workbook
from service.sheets.cells import Book, refused

_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def open_book(file: BinaryIO, name: str) -> Book:
    """Read what a file is and return its sheets; raises `Invalid` or `TooLarge` with what to do."""
    suffix, head = PurePath(name).suffix.lower(), file.read(8)
    file.seek(0)
    if not head:
        raise refused(f"{name} is empty.")
    if head == _COMPOUND:
        raise refused(f"{name} is an old workbook (.xls) or is protected by a password; save it as .xlsx without a password.")
    is_workbook = head.startswith(_ZIP)
    if is_workbook and suffix not in (".xlsx", ".xlsm", ""):
        raise refused(f"{name} is a workbook or an archive by its content, not what its name says; save it as .xlsx or as .csv.")
    if not is_workbook and suffix in (".xlsx", ".xlsm", ".xls", ".ods"):
        raise refused(
            f"{name} is no workbook by its content, whatever its name says; save it again as .xlsx, or name it .csv if it is text."
        )
    return workbook.read(file, name) if is_workbook else text.read(file, name)
