"""Effective rights as rows of a table: what is left, whether that is sure, and which paper left it so."""

from __future__ import annotations

from dataclasses import dataclass

from service import rights
from service.api.lineage import along
from service.context import Context
from service.records.model import instant
from service.web import present

_MOST = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One right: what is left of it in words, as a state or as parts, whether that is sure, and the records that narrowed it."""

    name: str
    text: str
    pill: str | None
    left: present.Part | None
    sure: bool
    limits: tuple[str, ...]


def of_asset(context: Context, asset: str) -> list[Row]:
    """Return the rows for an asset as of now, none where no licence lies along its lineage."""
    found, _ = along(context, asset, instant(context.now))
    if not found.steps:
        return []
    return [_row(name, getattr(found.grant, name), found.limited_by.get(name, ())) for name in rights.DIMENSIONS]


def _row(name: str, left: object, limits: tuple[str, ...]) -> Row:
    limits = tuple(dict.fromkeys(limits))[:_MOST]
    if isinstance(left, rights.Scope):
        values = None if left.values is None else present.readable([_word(value) for value in sorted(left.values)])
        return Row(name, "no limit", None, values, left.sure, limits)
    if isinstance(left, rights.Window):
        return Row(name, _days(left), None, None, left.sure, limits)
    return Row(name, "", "unknown" if left is None else str(left).lower(), None, sure=True, limits=limits)


def _word(value: str) -> str:
    return value if present.is_id(value) else value.replace("_", " ")


def _days(window: rights.Window) -> str:
    parts = [f"from {present.when(window.start)}" if window.start else "", f"until {present.when(window.end)}" if window.end else ""]
    return " ".join(part for part in parts if part) or "no limit"
