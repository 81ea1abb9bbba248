"""Value expressions: numbers, amounts and dates that a rule works out from facts.

Numbers are exact (integers and fractions, never floats) and travel as `Amount`, an interval with a unit, so
that a count with unknown members compares as "at least 2, at most 5". Dates travel as moments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from service.rules.moments import DAY, HOUR, NEVER, Calendar, Moment, day_of, iso, micros, moment
from service.rules.paths import Gap, Getter, PackError, Path, Scope, compile_path, name_of, walk

if TYPE_CHECKING:
    from service.rules.operators import Compiler

_DECIMAL = re.compile(r"-?\d{1,18}(\.\d{1,9})?\Z")
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}(T.+)?)?\Z")


class Amount(NamedTuple):
    """A number known to lie between `low` and `high`, in `unit` (a currency, or None for a bare number)."""

    low: Fraction | int
    high: Fraction | int
    unit: str | None = None


class Term(Protocol):
    """Anything with a value in a scope: a path, a literal, an expression."""

    @property
    def get(self) -> Getter:
        """The value in a scope; None when unknown."""

    def gaps(self, scope: Scope, /) -> list[Gap]:
        """What keeps the value unknown."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the pack."""

    value: Any
    get: Getter

    def gaps(self, _: Scope) -> list[Gap]:
        """Return nothing: what is written down is known."""
        return []


@dataclass(frozen=True, slots=True)
class Expression:
    """A value worked out from others."""

    get: Getter
    parts: tuple[Any, ...]

    def gaps(self, scope: Scope) -> list[Gap]:
        """The gaps of the parts."""
        return [gap for part in self.parts for gap in part.gaps(scope)]


def literal(value: Any) -> Literal:
    """A term for `value`."""
    return Literal(value, lambda _: value)


@lru_cache(maxsize=16_384)
def _number(text: str) -> Fraction | None:
    return Fraction(text) if _DECIMAL.match(text) else None


def amount(value: Any) -> Amount | None:
    """The amount a fact stands for: an integer, a decimal string, money, or an amount; else None."""
    if value.__class__ is int:
        return Amount(value, value)
    if isinstance(value, Amount):
        return value
    if value.__class__ is str:
        number = _number(value)
        return None if number is None else Amount(number, number)
    if isinstance(value, Mapping) and "currency" in value:
        inner = amount(value.get("amount"))
        return inner and Amount(inner.low, inner.high, value["currency"])
    return None


def plain(value: Any) -> Any:
    """A worked-out value as JSON: dates as RFC 3339, exact numbers as decimal strings, objects as their id."""
    if isinstance(value, Amount):
        return _decimal(value.low) if value.low == value.high else None
    if value.__class__ is tuple:
        return iso(value[0])
    if value.__class__ is dict:
        return value if "currency" in value else value.get("id")
    if value.__class__ is list:
        return [plain(member) for member in value]
    return value


def _decimal(number: Fraction | int) -> str:
    """At most six decimals, exact up to there, without trailing zeros."""
    millionths = round(Fraction(number) * 1_000_000)
    whole, rest = divmod(abs(millionths), 1_000_000)
    text = f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
    return f"-{text}" if millionths < 0 else text


def compile_value(compiler: Compiler, spec: Any, depth: int) -> Term:
    """A number, a date, a path or an expression (position V of the packs)."""
    if isinstance(spec, bool) or spec is None:
        raise PackError(f"a number, a date or a path is expected, not {spec!r}")
    if isinstance(spec, int):
        return literal(spec)
    if isinstance(spec, str) and (spec == "*" or _DATE.match(spec)):
        if moment(spec) is None:
            raise PackError(f"{spec!r} is no date")
        return literal(spec)
    return compile_term(compiler, spec, depth)


def compile_term(compiler: Compiler, spec: Any, depth: int) -> Term:
    """A path or an expression (position P)."""
    if isinstance(spec, str):
        return compile_path(spec, depth, compiler.alias)
    if isinstance(spec, Mapping) and len(spec) == 1:
        ((name, argument),) = spec.items()
        if name == "get":
            return compile_path(argument, depth, compiler.alias)
        if name in EXPRESSIONS:
            return EXPRESSIONS[name](compiler, argument, depth)
        raise PackError(f"{name!r} is no value expression; known are {', '.join(sorted(EXPRESSIONS))}")
    raise PackError(f"a path or a value expression is expected, not {spec!r}")


def compile_literal(compiler: Compiler, spec: Any, depth: int) -> Term:
    """A literal, or with a leading `^` or `/`, or as `{get: …}`, a path (position L)."""
    if isinstance(spec, Mapping):
        return compile_term(compiler, spec, depth)
    if isinstance(spec, str) and spec[:1] in ("^", "/"):
        return compile_path(spec, depth, compiler.alias)
    if isinstance(spec, list):
        return _list_of([compile_literal(compiler, member, depth) for member in spec])
    return literal(spec)


def _list_of(members: list[Term]) -> Term:
    if all(isinstance(member, Literal) for member in members):
        return literal([member.value for member in members if isinstance(member, Literal)])
    getters = [member.get for member in members]
    return Expression(lambda scope: [get(scope) for get in getters], tuple(members))


def arguments(spec: Any, *, count: int) -> list[Any]:
    """The `count` arguments of an operator; raises `PackError` when there are more or fewer."""
    if not isinstance(spec, list) or len(spec) != count:
        raise PackError(f"a list of {count} arguments is expected, not {spec!r}")
    return spec


def _count(compiler: Compiler, spec: Any, depth: int) -> Term:
    selection = compiler.selection(spec, depth, keys=())

    def get(scope: Scope) -> Amount | None:
        found = selection.members(scope)
        if found is None:
            return None
        sure = sum(verdict is True for _, verdict in found)
        return Amount(sure, sure + sum(verdict is None for _, verdict in found))

    return Expression(get, (selection,))


def _sum(compiler: Compiler, spec: Any, depth: int) -> Term:
    selection = compiler.selection(spec, depth, keys=("value",))
    value = compile_value(compiler, spec["value"], depth + 1)

    def get(scope: Scope) -> Amount | None:
        found = selection.members(scope)
        if found is None or any(verdict is None for _, verdict in found):
            return None
        return _total([amount(value.get((member, scope))) for member, verdict in found if verdict])

    return Expression(get, (selection,))


def _total(amounts: list[Amount | None]) -> Amount | None:
    low: Fraction | int = 0
    high: Fraction | int = 0
    units = {part.unit for part in amounts if part is not None}
    if None in amounts or len(units) > 1:
        return None
    for part in amounts:
        if part is not None:
            low, high = low + part.low, high + part.high
    return Amount(low, high, units.pop() if units else None)


def _ceil_div(compiler: Compiler, spec: Any, depth: int) -> Term:
    left, right = (compile_value(compiler, part, depth) for part in arguments(spec, count=2))

    def get(scope: Scope) -> Amount | None:
        over, under = amount(left.get(scope)), amount(right.get(scope))
        if over is None or under is None or under.low <= 0:
            return None
        return Amount(-(-over.low // under.high), -(-over.high // under.low))

    return Expression(get, (left, right))


def _times(compiler: Compiler, spec: Any, depth: int) -> Term:
    left, right = (compile_value(compiler, part, depth) for part in arguments(spec, count=2))

    def get(scope: Scope) -> Amount | None:
        one, other = amount(left.get(scope)), amount(right.get(scope))
        if one is None or other is None or (one.unit and other.unit):
            return None
        products = [a * b for a in one[:2] for b in other[:2]]
        return Amount(min(products), max(products), one.unit or other.unit)

    return Expression(get, (left, right))


def _between(unit: int) -> Callable[[Compiler, Any, int], Term]:
    """Build `hours_between` and `days_between`: from the first moment to the second, exact."""

    def build(compiler: Compiler, spec: Any, depth: int) -> Term:
        left, right = (compile_value(compiler, part, depth) for part in arguments(spec, count=2))

        def get(scope: Scope) -> Amount | None:
            start, end = moment(left.get(scope)), moment(right.get(scope))
            if start is None or end is None or NEVER in start + end:
                return None
            return Amount(Fraction(end[0] - start[1], unit), Fraction(end[1] - start[0], unit))

        return Expression(get, (left, right))

    return build


def _business_days(compiler: Compiler, spec: Any, depth: int) -> Term:
    left, right, name = arguments(spec, count=3)
    start, end = compile_value(compiler, left, depth), compile_value(compiler, right, depth)
    chosen = _calendar(compiler, name, depth)

    def get(scope: Scope) -> Amount | None:
        first, last, calendar = moment(start.get(scope)), moment(end.get(scope)), chosen.get(scope)
        if first is None or last is None or calendar is None or NEVER in first + last or not _covers(calendar, *first, *last):
            return None
        low = calendar.between(day_of(first[1]), day_of(last[0]))
        return Amount(low, calendar.between(day_of(first[0]), day_of(last[1])))

    return Expression(get, (start, end, chosen))


def _business_day(compiler: Compiler, spec: Any, depth: int) -> Term:
    left, days, name = arguments(spec, count=3)
    start, chosen = compile_value(compiler, left, depth), _calendar(compiler, name, depth)
    if not isinstance(days, int) or days < 0:
        raise PackError(f"a number of business days is expected, not {days!r}")

    def get(scope: Scope) -> Moment | None:
        first, calendar = moment(start.get(scope)), chosen.get(scope)
        if first is None or calendar is None or NEVER in first or not _covers(calendar, *first):
            return None
        ends = [calendar.after(day_of(instant), days) for instant in first]
        midnights = [micros(datetime.combine(day, time(), UTC)) for day in ends]
        return (midnights[0], midnights[1] + DAY - 1) if _covers(calendar, *midnights) else None

    return Expression(get, (start, chosen))


def _covers(calendar: Calendar, *instants: int) -> bool:
    return calendar.covers(day_of(min(instants)), day_of(max(instants)))


@dataclass(frozen=True, slots=True)
class _CalendarTerm(Expression):
    """The calendar to count on: a named one, or the one a fact names, which the pack must bring."""

    named: Path

    def gaps(self, scope: Scope) -> list[Gap]:
        """The fact, where it names a calendar that the pack does not bring."""
        if self.get(scope) is not None:
            return []
        value: Any = scope
        for _ in range(self.named.hops):
            value = value[1]
        return [(name_of(walk(value[0], self.named.keys[:-1])) or "decision", self.named.keys[-1])]


def _calendar(compiler: Compiler, spec: Any, depth: int) -> Expression:
    """Compile a calendar's name, or `{of: path, else: name}`: the one that a fact names, and another where it says nothing."""
    if not isinstance(spec, Mapping):
        calendar = compiler.calendar(spec)
        return Expression(lambda _: calendar, ())
    if set(spec) != {"of", "else"}:
        raise PackError(f"a calendar is a name, or {{of: path, else: name}}, not {spec!r}")
    named, usual, known = compile_path(spec["of"], depth, compiler.alias), compiler.calendar(spec["else"]), compiler.calendars

    def get(scope: Scope) -> Calendar | None:
        name = named.get(scope)
        return usual if name is None else known.get(name) or known.get(re.sub(r"[\s_]+", "-", str(name).strip().casefold()))

    return _CalendarTerm(get, (), named)


def _plus_days(compiler: Compiler, spec: Any, depth: int) -> Term:
    left, days = arguments(spec, count=2)
    start = compile_value(compiler, left, depth)
    if not isinstance(days, int):
        raise PackError(f"a number of days is expected, not {days!r}")

    def get(scope: Scope) -> Moment | None:
        first = moment(start.get(scope))
        return None if first is None or NEVER in first else (first[0] + days * DAY, first[1] + days * DAY)

    return Expression(get, (start,))


def _rate(compiler: Compiler, spec: Any, depth: int) -> Term:
    key, when = arguments(spec, count=2)
    date, rates = compile_value(compiler, when, depth), compile_path("/rates", depth, compiler.alias)

    def get(scope: Scope) -> Any:
        instant, table = moment(date.get(scope)), rates.get(scope)
        if instant is None or table is None:
            return None
        fits = [row["amount"] for row in table if row.get("key") == key and _in_force(instant, row)]
        return fits[0] if len(fits) == 1 else None

    return _RateTerm(get, (date,), key)


@dataclass(frozen=True, slots=True)
class _RateTerm(Expression):
    """A rate names itself when its table lacks it."""

    key: str

    def gaps(self, scope: Scope) -> list[Gap]:
        """The gaps of the date, and the rate table's missing row."""
        gaps = Expression.gaps(self, scope)
        return gaps or ([("rates", self.key)] if self.get(scope) is None else [])


def _in_force(instant: Moment, row: Mapping[str, Any]) -> bool:
    first, last = moment(row.get("from")), moment(row.get("to") or "*")
    return bool(first and last and first[0] <= instant[0] and instant[1] <= last[1])


def _extreme(pick: Callable[..., Moment]) -> Callable[[Compiler, Any, int], Term]:
    """Build `latest` and `earliest`: one date out of a list of them."""

    def build(compiler: Compiler, spec: Any, depth: int) -> Term:
        dates = compile_term(compiler, spec, depth)

        def get(scope: Scope) -> Moment | None:
            found = dates.get(scope)
            moments = [moment(member) for member in found] if found.__class__ is list else [moment(found)]
            known = [member for member in moments if member is not None]
            return pick(known) if known and len(known) == len(moments) else None

        return Expression(get, (dates,))

    return build


EXPRESSIONS: dict[str, Callable[[Compiler, Any, int], Term]] = {
    "business_day": _business_day,
    "business_days": _business_days,
    "ceil_div": _ceil_div,
    "count": _count,
    "days_between": _between(DAY),
    "earliest": _extreme(min),
    "hours_between": _between(HOUR),
    "latest": _extreme(max),
    "plus_days": _plus_days,
    "rate": _rate,
    "sum": _sum,
    "times": _times,
}

__all__ = [
    "EXPRESSIONS", "Amount", "Expression", "Literal", "Path", "Term", "amount", "arguments",
    "compile_literal", "compile_term", "compile_value", "literal", "plain",
]  # fmt: skip
