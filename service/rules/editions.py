"""Which edition of an agreement governs: the one whose term holds the date that the rule counts from.

A rule names its date basis. Several names mean that the clause does not say which of them counts; if they
fall into different editions, or a date is not known well enough, every edition they may fall into is asked
and the difference is a review (`x.version.dual-evaluate`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.rules.moments import Moment, inside, moment
from service.rules.pack import Pack

#: Whether a rule applies to an element: not at all, for sure, or under one reading only.
NO: Final = 0
YES: Final = 1
PERHAPS: Final = 2


@dataclass(frozen=True, slots=True)
class Governing:
    """The editions that may govern one date, and whether the last of them had run out by then."""

    editions: frozenset[str]
    expired: bool = False
    before_first: bool = False


class Line:
    """All editions at hand of one agreement, in the order of their terms."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        """Order `packs`, which are of one line."""
        self.packs = sorted(packs, key=lambda pack: (pack.term, pack.id))
        self.all = frozenset(pack.id for pack in self.packs)
        self.incomplete = bool(self.packs[0].document.get("carries")) if self.packs else False
        self._known: dict[Moment | None, Governing] = {}

    def governing(self, date: Moment | None) -> Governing:
        """The editions in whose term `date` may lie; an unknown date may lie in any."""
        if date not in self._known:
            self._known[date] = Governing(self.all) if date is None else self._find(date)
        return self._known[date]

    def _find(self, date: Moment) -> Governing:
        hits = [pack.id for pack in self.packs if pack.term[0] <= date[1] and date[0] <= pack.term[1]]
        if hits:
            return Governing(frozenset(hits))
        past = [pack.id for pack in self.packs if pack.term[1] < date[0]]
        if past:  # an expired agreement keeps applying until a successor is recorded
            return Governing(frozenset(past[-1:]), expired=True)
        return Governing(frozenset(), before_first=True)


@dataclass(frozen=True, slots=True)
class Applies:
    """How a rule applies to an element, under which edition, and what is to be said about it."""

    how: int
    edition: str
    expired: bool = False
    before_first: bool = False


@dataclass(slots=True)
class Basis:
    """A rule's date basis within its line."""

    line: Line
    names: tuple[str, ...]
    editions: frozenset[str]
    home: str
    in_force: tuple[Moment | None, Moment | None] | None
    _known: dict[Any, Applies]

    def __init__(self, rule: Mapping[str, Any], line: Line, editions: Iterable[str], home: str, ends: Any = None) -> None:
        """Read `date_basis` and `in_force` of a rule that lies in `editions` and is written in `home`.

        `ends` is the last day of its family, where an act of a higher order displaces that.
        """
        names = rule.get("date_basis") or "always"
        self.names = tuple(names) if isinstance(names, list) else (str(names),)
        self.line, self.editions, self.home = line, frozenset(editions), home
        force = {**(rule.get("in_force") or {}), **({"to": ends} if ends else {})}
        self.in_force = (moment(force.get("from", "*")), moment(force.get("to", "*"))) if force else None
        self._known = {}

    def applies(self, element: Any, production: Any, pinned: str | None = None) -> Applies:
        """How the rule applies to `element`; a pinned edition replaces the dates."""
        if pinned:
            how = YES if pinned in self.editions else NO
            return Applies(how, pinned)
        dates = tuple([_date(element, production, name) for name in self.names])
        try:
            return self._known[dates]
        except KeyError:
            answer = self._known[dates] = self._judge([moment(date) for date in dates])
            return answer
        except TypeError:  # an interval is a dict, which no cache can hold
            return self._judge([moment(date) for date in dates])

    def _judge(self, dates: list[Moment | None]) -> Applies:
        if self.names == ("always",):
            return Applies(YES, self.home)
        found = [self.line.governing(date) for date in dates]
        verdicts = {self._verdict(date, governing) for date, governing in zip(dates, found, strict=True)}
        under = frozenset().union(*(governing.editions for governing in found)) & self.editions
        edition = next((pack.id for pack in reversed(self.line.packs) if pack.id in under), self.home)
        how = NO if verdicts == {NO} else YES if verdicts == {YES} else PERHAPS
        missing = self.line.incomplete and any(governing.before_first for governing in found)
        return Applies(how, edition, any(governing.expired for governing in found), missing)

    def _verdict(self, date: Moment | None, governing: Governing) -> int:
        """Whether the rule applies if this date is the one that counts."""
        if not governing.editions & self.editions:
            return NO
        sure = governing.editions <= self.editions
        if self.in_force is not None:
            force = inside(date, *self.in_force)
            if force is False:
                return NO
            sure = sure and force is True
        return YES if sure else PERHAPS


def _date(element: Any, production: Any, name: str) -> Any:
    if element.__class__ is dict:
        dates = element.get("dates")
        if dates and dates.get(name) is not None:
            return dates[name]
        production = element.get("production") or production
    if production.__class__ is dict:
        return (production.get("dates") or {}).get(name)
    return None


def pin(production: Any, line: str, rule: str) -> str | None:
    """The edition that counsel has ruled to govern `rule` of `line` on the production."""
    pins = production.get("pins") if production.__class__ is dict else None
    for entry in pins or ():
        if entry.get("line") == line and entry.get("rule") in (None, rule):
            return str(entry["edition"])
    return None
