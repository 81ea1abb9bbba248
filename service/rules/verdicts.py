"""What the tests of the vocabulary mean, on values: True, False, or None for "cannot be told".

A missing value, and a value of the wrong type, is unknown. `["*"]` stands for everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from service.rules.moments import inside, moment
from service.rules.values import Amount

Verdict = bool | None


def _key(value: Any) -> Any:
    """What equality compares: objects by their id, everything else by itself."""
    return value.get("id") if value.__class__ is dict else value


def same(left: Any, right: Any) -> Verdict:
    """Equality of scalars of one type, or of objects by id."""
    left, right = _key(left), _key(right)
    if left is None or right is None:
        return None
    return bool(left == right and left.__class__ is right.__class__)


def one_of(value: Any, options: Any) -> Verdict:
    """Whether a value is among the options."""
    value = _key(value)
    if value is None or options is None:
        return None
    return value in options or (None if None in options else False)


def contains(members: Any, value: Any) -> Verdict:
    """Whether a list holds a value; one that says `*` holds everything."""
    if members.__class__ is not list:
        return None
    if "*" in members:
        return True
    value, keys = _key(value), [_key(member) for member in members]
    if value is None:
        return None if keys else False
    return value in keys or (None if None in keys else False)


def subset(left: Any, right: Any) -> Verdict:
    """Whether everything of the first list is in the second."""
    if left.__class__ is not list or right.__class__ is not list:
        return None
    if "*" in right:
        return None if None in left else True
    if "*" in left:
        return False
    have, wanted = [_key(member) for member in right], [_key(member) for member in left]
    absent = [member for member in wanted if member not in have]
    if any(member is not None for member in absent) and None not in have:
        return False
    return None if absent or None in wanted else True


def overlaps(left: Any, right: Any) -> Verdict:
    """Whether two lists share a member."""
    if left.__class__ is not list or right.__class__ is not list:
        return None
    if not left or not right:
        return False
    have, wanted = [_key(member) for member in left], [_key(member) for member in right]
    if "*" in have or "*" in wanted or any(member in wanted for member in have if member is not None):
        return True
    return None if None in have or None in wanted else False


#: The member states of the European Union, each of which `EU` holds.
UNION: Final = frozenset(
    {
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT",
        "RO", "SK", "SI", "ES", "SE",
    }
)  # fmt: skip


def holds(whole: Any, part: Any) -> bool:
    """Whether a place is, or lies in, another: `US-CA` in `US`, `DE` in `EU`."""
    return bool(part == whole or str(part).startswith(f"{whole}-") or (whole == "EU" and str(part).partition("-")[0] in UNION))


def held(granted: Iterable[Any], part: Any) -> bool:
    """Whether one of several places holds another; all member states together hold `EU`."""
    places = [place for place in granted if place]
    return any(holds(place, part) for place in places) or (part == "EU" and UNION.issubset(map(str, places)))


def covers(granted: Any, wanted: Any) -> Verdict:
    """Whether the granted places hold all the wanted ones: `US` holds `US-CA`, `EU` its members, `*` everything."""
    if granted.__class__ is not list or wanted.__class__ is not list:
        return None
    if "*" in granted:
        return None if None in wanted else True
    verdict: Verdict = True
    for place in wanted:
        if place is None:
            verdict = None
        elif not held(granted, place):
            return None if None in granted else False
    return verdict


def present(value: Any) -> Verdict:
    """Whether something is recorded: a known value that is not blank."""
    return None if value is None else value not in ("", [], {})


def empty(value: Any) -> Verdict:
    """Whether the statement was made that there is none."""
    return None if value is None else value == []


def is_true(value: Any) -> Verdict:
    """A boolean fact, as it is."""
    return value if value.__class__ is bool else None


def is_false(value: Any) -> Verdict:
    """A boolean fact, denied."""
    return not value if value.__class__ is bool else None


def within(value: Any, window: Any) -> Verdict:
    """Whether a date, or a whole window, lies in a window; both bounds are included."""
    if window.__class__ is not dict:
        return None
    start, end = moment(window.get("from")), moment(window.get("to"))
    if value.__class__ is dict and "precision" not in value:
        first = inside(moment(value.get("from")), start, end)
        last = inside(moment(value.get("to")), start, end)
        return False if False in (first, last) else None if None in (first, last) else True
    return inside(moment(value), start, end)


def at_least(one: Amount, other: Amount) -> Verdict:
    """`one` ≥ `other`, as intervals."""
    return True if one.low >= other.high else False if one.high < other.low else None


def more_than(one: Amount, other: Amount) -> Verdict:
    """`one` > `other`, as intervals."""
    return True if one.low > other.high else False if one.high <= other.low else None
