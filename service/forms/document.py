"""A filled paper as an Office Open XML document (ISO/IEC 29500), written with python-docx; the same paper gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt, RGBColor

from service.forms.papers import BLANK, CAUTION, DRAFT, Paper, Section, Table

if TYPE_CHECKING:
    from docx.document import Document as Written

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_RED: Final = RGBColor(0xB0, 0x1E, 0x1E)


def docx(paper: Paper, made_at: datetime) -> bytes:
    """Write a paper; `made_at` is the date that stands on it."""
    document = Document()
    _set_up(document, paper, made_at)
    for section in paper.sections:
        _section(document, section)
    _signatures(document, paper.signatures)
    _remainder(document, paper)
    held = io.BytesIO()
    document.save(held)
    return _same_every_time(held.getvalue())


def _set_up(document: Written, paper: Paper, made_at: datetime) -> None:
    """Fonts and margins, title, and the mark of a draft on every page."""
    document.styles["Normal"].font.name = "Liberation Sans"
    document.styles["Normal"].font.size = Pt(10.5)
    page = document.sections[0]
    page.left_margin = page.right_margin = Cm(2.3)
    marked = page.header.paragraphs[0].add_run(f"{DRAFT} · {made_at.astimezone(UTC):%Y-%m-%d}")
    marked.bold, marked.font.color.rgb = True, _RED
    page.header.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    page.footer.paragraphs[0].add_run(CAUTION).font.size = Pt(7.5)
    described = document.core_properties
    described.title, described.author, described.comments = paper.title, "Clearance", DRAFT
    described.created = described.modified = made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    document.add_heading(paper.title, level=0)
    document.add_paragraph(paper.purpose).runs[0].italic = True


def _section(document: Written, section: Section) -> None:
    document.add_heading(section.heading, level=2)
    if section.text:
        document.add_paragraph(section.text)
    if section.rows:
        _table(document, [(label, value or BLANK) for label, value in section.rows], head=False)
    if section.table:
        document.add_paragraph()
        _table(document, section.table, head=True)


def _table(document: Written, rows: Table, *, head: bool) -> None:
    """Rows with the label in bold; with `head` the first row is bold instead."""
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for number, row in enumerate(rows):
        cells = table.add_row().cells
        for place, text in enumerate(row):
            run = cells[place].paragraphs[0].add_run(text)
            run.bold = number == 0 if head else place == 0
    if not head:
        table.autofit = False
        for row_ in table.rows:
            row_.cells[0].width, row_.cells[1].width = Cm(5.2), Cm(11.2)


def _signatures(document: Written, names: Sequence[str]) -> None:
    document.add_heading("Signatures", level=2)
    _table(document, [("Who", "Name", "Signature", "Date, time and zone"), *[(name, " ", " ", " ") for name in names]], head=True)


def _remainder(document: Written, paper: Paper) -> None:
    """What is still blank, and which records the rest comes from."""
    document.add_heading("For counsel", level=2)
    blanks = paper.blanks
    document.add_paragraph(f"Not on record, to be completed: {', '.join(blanks)}." if blanks else "Nothing was left blank.")
    document.add_paragraph(f"Filled from: {', '.join(paper.sources)}.").runs[0].font.size = Pt(8)


def _same_every_time(content: bytes) -> bytes:
    """Rewrite the archive with fixed times, so that the digest of a paper says whether anything in it changed."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            new.writestr(zipfile.ZipInfo(name, _EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return held.getvalue()
