"""Whose work an agreement governs: where a title or an engagement is bound to others only, its rules have nothing to say.

A pack that says `governs: bound` follows the bindings of its craft. What is not known never takes a rule away: only where every
binding of the craft leads to another agreement whose pack takes part in the same evaluation, or where somebody has recorded that
none binds it, does the rule fall silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from service.rules.editions import Line
from service.rules.pack import Pack


class Reach:
    """The agreements that take part in one evaluation, and which of them bind a title."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        """Note the lines of `packs`."""
        self.lines = frozenset(pack.line for pack in packs)
        self._known: dict[tuple[int, str], bool] = {}

    def elsewhere(self, line: Line, element: Any, production: Any) -> bool:
        """Whether the element falls under other agreements of the evaluation, and not under this one."""
        pack = line.packs[-1]
        if pack.document.get("governs") != "bound":
            return False
        if element.__class__ is dict:
            if "lines" in element:
                return self._others(pack.line, element["lines"])
            production = element.get("production") or production
        key = (id(production), pack.line)
        if key not in self._known:
            craft = pack.document.get("craft")
            bound = _bound(production, craft)
            self._known[key] = self._others(pack.line, bound) if bound else _non_union(production, craft)
        return self._known[key]

    def _others(self, line: str, bound: Any) -> bool:
        return bool(bound) and bound.__class__ is list and line not in bound and self.lines.issuperset(bound)


def _non_union(production: Any, craft: Any) -> bool:
    """Whether it is recorded for a craft by its name that no agreement governs it on a title, and no binding says otherwise."""
    bindings = production.get("bindings") if production.__class__ is dict else None
    found = {entry.get("determination") for entry in bindings or () if craft and entry.get("craft") in (craft, "*")}
    return found == {"non_union"}


def _bound(production: Any, craft: Any) -> list[Any]:
    """The lines that bind a craft on a title; one that names no pack stays as None, which no evaluation knows."""
    bindings = production.get("bindings") if production.__class__ is dict else None
    return [
        entry.get("agreement")
        for entry in bindings or ()
        if entry.get("craft") in (craft, "*") and entry.get("determination") == "bound" and entry.get("in_window") is not False
    ]
