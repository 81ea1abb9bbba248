"""From a row to what it states of a record: values at their paths, and every fault with its cell. Pure; names are resolved later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.records.party import PERSONAL_ONLY
from service.sheets import values
from service.sheets.cells import Cell, Row, Unusable
from service.sheets.fields import IDENTIFIERS, TYPE_OF, Target, target
from service.sheets.mapping import Mapped
from service.sheets.spelling import is_organisation, spelled, words
from service.sheets.values import Manner, Named

_END = ".end"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell (or with a whole row), in a sentence with the remedy."""

    sheet: str
    row: int
    cell: str
    message: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One field of a record with what a cell says of it."""

    target: Target
    cell: str
    value: Any


@dataclass(slots=True)
class Stated:
    """What one row says, and what is wrong with it."""

    mapped: Mapped
    row: int
    statements: list[Statement] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, message: str, cell: str | None = None) -> None:
        """Add a fault, once."""
        fault = Fault(self.mapped.sheet.name, self.row, cell or f"{self.mapped.sheet.name}!{self.row}", message)
        if fault not in self.faults:
            self.faults.append(fault)

    def names(self) -> Iterator[tuple[Statement, Named]]:
        """Every record that the row names, with where."""
        for statement in self.statements:
            for each in statement.value if isinstance(statement.value, list) else [statement.value]:
                if isinstance(each, Named):
                    yield statement, each

    def of(self, name: str) -> Any:
        """What the row says of a field."""
        return next((each.value for each in self.statements if each.target.name == name), None)

    def types(self) -> Mapping[str, str]:
        """Field → whether a new party there is a person or an organisation, where the row says so."""
        return {each.target.name.removesuffix(TYPE_OF): each.value for each in self.statements if each.target.name.endswith(TYPE_OF)}

    def cell_of(self, pointer: str) -> str | None:
        """The cell that stated what a JSON pointer of the body leads to: the longest path that fits."""
        found = [(len(each.target.path), each.cell) for each in self.statements if each.target.path and _leads(each.target.path, pointer)]
        return max(found, default=(0, None), key=lambda one: one[0])[1]


def _leads(path: Sequence[str | None], pointer: str) -> bool:
    parts = pointer.split("/")[1:]
    return len(parts) >= len(path) and all(word is None or word == part for word, part in zip(path, parts, strict=False))


def read_row(mapped: Mapped, row: Row) -> Stated:
    """Return what a row states."""
    stated = Stated(mapped, row.number)
    for column in mapped.columns:
        cell = row.cells[column.position] if column.position < len(row.cells) else None
        _state(stated, column.target, cell, mapped.cell(column.position, row.number), mapped.manners.get(column.position, Manner()))
    given = {each.target.name for each in stated.statements}
    for said, text in mapped.constants:
        if said.name not in given:
            _state(stated, said, text, f"--set {said.name}", Manner())
    _sums(stated)
    derive = {"consent": _self, "party": _party}.get(mapped.kind)
    if derive and stated.statements:
        derive(stated)
    return stated


def _state(stated: Stated, target: Target, cell: Cell, where: str, manner: Manner) -> None:
    if isinstance(cell, str) and target.name.endswith(_END) and spelled(cell) in words()["perpetual"]:
        _add(stated, target.name.removesuffix(_END) + ".perpetual", True, where)
        return
    try:
        found = _identifier(target, cell) if target.name.startswith(IDENTIFIERS) else values.value(stated.mapped.kind, target, cell, manner)
    except values.Unread as fault:
        stated.refuse(str(fault), where)
        return
    if found is not None:
        stated.statements.append(Statement(target, where, found))


def _identifier(target: Target, cell: Cell) -> Any:
    if isinstance(cell, Unusable):
        raise values.Unread(cell.remedy)
    if cell is None:
        return None
    text = str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()
    if len(text) > 500:
        raise values.Unread("An outside id has up to 500 characters; shorten it.")
    return {"scope": target.name.removeprefix(IDENTIFIERS), "value": text}


def _sums(stated: Stated) -> None:
    """An amount without a currency is no sum."""
    for each in stated.statements:
        name = f"{each.target.name}.currency"
        if each.target.money and "currency" not in each.value and stated.of(name) is None:
            stated.refuse(
                f"The currency is missing; write USD {each.value['amount']}, add a column Currency, or give --set {name}=USD.", each.cell
            )


def _self(stated: Stated) -> None:
    """Whoever consents for themselves is grantor and person: the sheet need not say it twice."""
    if stated.of("capacity") != "self":
        return
    for there, missing in (("person", "grantor"), ("grantor", "person")):
        found = next((each for each in stated.statements if each.target.name == there), None)
        if found is not None and stated.of(missing) is None:
            _add(stated, missing, found.value, found.cell)


def _party(stated: Stated) -> None:
    """Say whether a party is a person or an organisation, where its name or its other fields do; a person's name is personal."""
    kind, called = stated.of("type"), next((each for each in stated.statements if each.target.name == "name"), None)
    personal = any(each.target.name in PERSONAL_ONLY for each in stated.statements)
    if kind is None and (called is None or personal or is_organisation(called.value)):
        kind = "person" if personal else "organisation"
        _add(stated, "type", kind, called.cell if called else None)
    if kind is None and called is not None:
        stated.refuse(f"Nothing says whether {called.value} is a person or an organisation; add a column Type.", called.cell)
    if kind == "person" and called is not None:
        stated.statements.remove(called)
        if stated.of("professional_name") is None:
            _add(stated, "professional_name", called.value, called.cell)


def _add(stated: Stated, name: str, value: Any, cell: str | None) -> None:
    found = target(stated.mapped.kind, name)
    if found is not None:
        stated.statements.append(Statement(found, cell or "", value))


def body_of(statements: Sequence[tuple[Target, Any]]) -> dict[str, Any]:
    """The body that statements make: each value at its path, amounts and currencies of one sum together, outside ids in their list."""
    body: dict[str, Any] = {}
    for said, value in statements:
        if not said.path:
            continue
        place: Any = body
        for word, after in zip(said.path, (*said.path[1:], ""), strict=True):
            if word is None:  # the one element of a list
                place[:] = place or [{}]
                place = place[0]
            elif after == "":
                _put(place, word, value)
            else:
                place = place.setdefault(word, [] if after is None else {})
    return body


def _put(place: dict[str, Any], word: str, value: Any) -> None:
    if word == "identifiers":
        place.setdefault(word, []).append(value)
    elif isinstance(value, dict) and isinstance(place.get(word), dict):
        place[word] = {**value, **place[word]}
    else:
        place[word] = value
