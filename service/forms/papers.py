"""The papers as data: which there are, what stands on each, and what one looks like once it is filled.

Pure: a paper and the values from the records in, lines and blanks out. `document` turns the result into a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

PAPERS: Final = Path(__file__).with_name("papers.yaml")
BLANK: Final = "______________________________"
DRAFT: Final = "DRAFT FOR COUNSEL"
CAUTION: Final = (
    "Filled in by Clearance from the records of the studio. It is no legal advice and nobody has agreed to it: counsel reviews it, "
    "puts the agreed wording in its place and completes the blanks before anybody signs."
)

Table = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a paper: what it says, the rows it fills, and the table it shows."""

    heading: str
    text: str | None
    rows: Sequence[tuple[str, str | None]]
    table: Table = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A filled paper: `None` in a row is a blank, named again in `blanks`."""

    form: str
    title: str
    purpose: str
    sections: Sequence[Section]
    signatures: Sequence[str]
    sources: Sequence[str]

    @property
    def blanks(self) -> list[str]:
        """What is not on record and must be completed by hand."""
        return [label for section in self.sections for label, value in section.rows if value is None]


@cache
def known() -> Mapping[str, Mapping[str, Any]]:
    """Every paper by the name that packs use for it."""
    return dict(YAML(typ="safe").load(PAPERS.read_text(encoding="utf-8")))


def fill(form: str, values: Mapping[str, str | None], tables: Mapping[str, Table], sources: Sequence[str]) -> Paper:
    """Put values into a paper. Raises `KeyError` for a form that there is not."""
    told = known()[form]
    sections = [_section(part, values, tables) for part in told["sections"]]
    return Paper(form, told["title"], told["purpose"], sections, list(told["signatures"]), list(sources))


def _section(part: Mapping[str, Any], values: Mapping[str, str | None], tables: Mapping[str, Table]) -> Section:
    rows = [(label, values.get(name)) for label, name in part.get("rows") or ()]
    return Section(part["heading"], part.get("text"), rows, tables.get(part.get("table", ""), ()))
