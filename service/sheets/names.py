"""Which record a name in a sheet means: those there are, those that the same sheets bring, and new ones where a name may make one.

A name that fits two records is refused with the candidates. Names of people are read only by who may read them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from schemas.kinds import KINDS
from service import errors, ids
from service.context import Context
from service.records import read, search
from service.records.model import Recorded
from service.sheets.rows import Stated, Statement
from service.sheets.spelling import folded, is_organisation, kinds
from service.sheets.values import Named

_ID: Final = re.compile(r"[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}(@\d+)?")
_OUTSIDE: Final = re.compile(r"([a-z][a-z0-9_.-]{0,99}):(\S.{0,499})")
_CALLED: Final = ("name", "professional_name", "legal_name", "title")
_ALSO: Final = ("other_names", "working_titles")
_PAGE: Final = 200
_LISTED: Final = 5
MADE: Final = frozenset({"party", "source", "role"})
"""Kinds of which a name that nobody knows makes a new record."""

Key = tuple[str, str]


class Unknown(ValueError):
    """A name that leads nowhere, or to several records; the message says what to do."""


@dataclass(frozen=True, slots=True)
class New:
    """A record that a name makes; it is written together with the first row that goes in and needs it."""

    id: str
    kind: str
    label: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class Names:
    """What is known under each name, as far as the sheets name it."""

    context: Context
    known: dict[Key, dict[str, str]] = field(default_factory=dict)
    pending: dict[str, New] = field(default_factory=dict)
    brought: dict[tuple[str, str, str], str] = field(default_factory=dict)
    outside: dict[tuple[str, str, str], str | None] = field(default_factory=dict)

    @property
    def blind(self) -> bool:
        """Whether names of people cannot be read here, so that nobody can be told apart by name."""
        return not self.context.actor.may("personal.read")

    def gather(self, wanted: Iterable[Key]) -> None:
        """Find every record that bears a wanted name; one walk for each kind, of which only what fits is kept."""
        names = set(wanted)
        for kind in sorted({kind for kind, _ in names}):
            for recorded in self._all(kind):
                for name in called(recorded.body):
                    if (kind, name) in names:
                        self._keep(kind, name, recorded.id, recorded.body)

    def _all(self, kind: str) -> Iterator[Recorded]:
        cursor: str | None = None
        while True:
            page = search.find(self.context, kind, search.Filter(), cursor=cursor, limit=_PAGE)
            yield from read.open_all(self.context, page.records) if kind != "party" or not self.blind else page.records
            cursor = page.cursor
            if cursor is None:
                return

    def _keep(self, kind: str, name: str, record_id: str, body: Mapping[str, Any]) -> None:
        self.known.setdefault((kind, _within(kind, name, body.get("production"))), {})[record_id] = _described(record_id, body)

    def bring(self, kind: str, record_id: str, body: Mapping[str, Any]) -> None:
        """Let later rows name a record that a row brings."""
        for name in called(body):
            self._keep(kind, name, record_id, body)
        for outside in body.get("identifiers", ()):
            self.brought[kind, outside["scope"], outside["value"]] = record_id

    def find(self, kind: str, text: str, production: str | None = None) -> dict[str, str]:
        """The records of a kind under a name, id → description."""
        return self.known.get((kind, _within(kind, folded(text), production)), {})

    def by_identifier(self, kind: str, scope: str, value: str) -> str | None:
        """The record of an outside id, among those that the sheets brought and those there are."""
        key = (kind, scope, value)
        if key in self.brought:
            return self.brought[key]
        if key not in self.outside:
            found = search.by_identifier(self.context, kind, scope, value)
            self.outside[key] = found.id if found else None
        return self.outside[key]

    def look_up(self, kind: str, outside: Iterable[tuple[str, str]]) -> None:
        """Find the records of many outside ids in one question a scope."""
        wanted = sorted(outside)
        self.outside.update({(kind, *each): None for each in wanted})
        for scope, members in groupby(wanted, key=lambda one: one[0]):
            rows = self.context.conn.execute(
                "SELECT value, id FROM identifier WHERE studio_id = %s AND kind = %s AND scope = %s AND value = ANY(%s) AND dropped_at IS NULL",
                (self.context.studio_id, kind, scope, [value for _, value in members]),
            ).fetchall()
            seen = read.current(self.context.conn, self.context.studio_id, [record_id for _, record_id in rows])
            for value, record_id in rows:
                if record_id in seen and read.visible(self.context.actor, seen[record_id]):
                    self.outside[kind, scope, value] = record_id

    def resolve(self, stated: Stated, statement: Statement, named: Named, production: str | None) -> str:
        """Return the id that a cell names, making a new record where its kind allows; raises `Unknown`."""
        if _ID.fullmatch(named.text):
            return named.text
        if match := _OUTSIDE.fullmatch(named.text):
            for kind in named.kinds:
                if found := self.by_identifier(kind, match[1], match[2]):
                    return found
        found_here = {one: text for kind in named.kinds for one, text in self.find(kind, named.text, production).items()}
        if len(found_here) > 1:
            listed = "; ".join(list(found_here.values())[:_LISTED])
            raise Unknown(f"“{named.text}” may be any of {len(found_here)}: {listed}. Write the id of the one that is meant.")
        return next(iter(found_here), None) or self._make(stated, statement, named, production)

    def _make(self, stated: Stated, statement: Statement, named: Named, production: str | None) -> str:
        kind = named.kinds[0]
        if kind not in MADE or len(named.kinds) > 1:
            raise Unknown(f"There is no {' or '.join(named.kinds[:3])} called “{named.text}”; record it first, or write its id.")
        if kind == "role" and production is None:
            raise Unknown("A role belongs to a production; add a column Production, or --set production=….")
        body = self._body(kind, stated, statement, named.text, production) | self._titles(stated, production)
        made = New(ids.new_id(KINDS[kind].prefix, self.context.now), kind, named.text, body)
        KINDS[kind].schema.load(made.body)
        self.pending[made.id] = made
        self._keep(kind, folded(named.text), made.id, {**body, "production": production})
        return made.id

    def _body(self, kind: str, stated: Stated, statement: Statement, text: str, production: str | None) -> dict[str, Any]:
        if kind == "source":
            return {"title": text, "grade": "imported"}
        if kind == "role":
            return {"name": text, "production": production, "grade": "imported"}
        person = self._type(stated, statement, text) == "person"
        if person and self.blind:
            raise Unknown(f"This key may not read names of people (personal.read), so “{text}” may be here already; write the person's id.")
        body = {"type": "person", "professional_name": text} if person else {"type": "organisation", "name": text}
        return body | {"grade": "imported"}

    def _titles(self, stated: Stated, production: str | None) -> dict[str, Any]:
        """The titles of a new record, where the key is limited to some: those of the row that brings it."""
        if self.context.actor.productions is None:
            return {}
        listed = [(each, named) for each, named in stated.names() if each.target.name == "productions"]
        titles = [production] if production else [self.resolve(stated, each, named, None) for each, named in listed]
        return {"productions": titles} if titles else {}

    def _type(self, stated: Stated, statement: Statement, text: str) -> str:
        name = statement.target.name
        if name in stated.types():
            return stated.types()[name]
        if name in kinds()[stated.mapped.kind]["people"]:
            return "person"
        if is_organisation(text):
            return "organisation"
        raise Unknown(
            f"“{text}” is new, and nothing says whether it is a person or an organisation; add a column mapped to {name}:type, "
            f"give --set {name}:type=person (or organisation), or list it in a sheet Parties."
        )


def called(body: Mapping[str, Any]) -> list[str]:
    """Every name that a body bears, as compared."""
    listed = [each for name in _ALSO if isinstance(found := body.get(name), list) for each in found]
    pack = [body["pack"]] if isinstance(body.get("pack"), str) else []
    edition = [f"{body['name']} {body['edition']}"] if "edition" in body and "name" in body else []
    names = [*(body.get(name) for name in _CALLED), *listed, *pack, *edition]
    return list(dict.fromkeys(folded(name) for name in names if isinstance(name, str)))


def missing(problem: errors.Problem) -> str:
    """The sentence of a problem with each of its fields."""
    return " ".join([problem.detail, *(f"{each.pointer}: {each.message}" for each in problem.errors)])


def _within(kind: str, name: str, production: Any) -> str:
    """Names of roles are told apart by their production."""
    return f"{production}\0{name}" if kind == "role" else name


def _described(record_id: str, body: Mapping[str, Any]) -> str:
    said = [body.get(name) for name in ("name", "professional_name", "legal_name", "title", "edition", "type", "domicile", "birth_date")]
    return f"{record_id} ({', '.join(str(each) for each in said if isinstance(each, str))})"
