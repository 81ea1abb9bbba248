"""Constraints of an ODRL permission as the limits of a grant; whatever is not understood makes the permission unread."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from schemas import dates
from service.exports.names import TERMS, reference
from service.exports.odrl_plain import several, word
from service.exports.odrl_words import FLAGS, GRANTED, LISTS, NONE, NOT_STATED, PERMISSION, RECORDS, SECONDS, SIDES, WINDOW, WORDS
from service.rules.verdicts import holds

GENERAL: Final = {
    "territories": "territories",
    "media": "media",
    "window": "window",
    "productions": "productions_allowed",
    "models": "models_allowed",
}
"""Limits of a grant that a licence can also state for the whole paper."""

_TERRITORY: Final = re.compile(r"(?:.*(?:3166[:/]|3166-[12][:/]))?([A-Z]{2}(?:-[A-Z0-9]{1,3})?)")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?(-[a-z0-9]{5,8})*")
_AMONG: Final = frozenset({"eq", "isAnyOf", "isPartOf"})
_DAY: Final = timedelta(days=1)


class Unread(Exception):
    """Why a rule is not taken over."""


def read(constraints: list[Any], side: str, *, ours: bool) -> dict[str, Any]:
    """The limits of one permission, as fields of the grant; `GRANTED` and `PERMISSION` where they say so."""
    lists, flags = SIDES[side]
    found: dict[str, Any] = {}
    unstated: set[str] = set()
    names = {LISTS[name]: name for name in lists} | {FLAGS[name]: name for name in flags}
    for left, operator, right in _flat(constraints):
        if left == NOT_STATED:
            unstated |= {word(each) or "" for each in right}
        elif left == WINDOW:
            found["window"] = _window(found.get("window", {}), operator, right)
        elif left == PERMISSION and side == "training" and [word(each) for each in right] == [NONE]:
            found |= {PERMISSION: True, "permissions": []}
        elif left == SECONDS and side == "output" and operator == "lteq" and (most := word(right[0]) or "").isdecimal() and len(most) < 15:
            found["seconds"] = int(most)
        elif left in names:
            found[names[left]] = _narrowed(found.get(names[left]), _value(names[left], operator, right))
        else:
            raise Unread(f"its limit on {left[:60]} is not known here")
    _complete(found, unstated, side, ours=ours)
    return found


def _flat(constraints: list[Any]) -> list[tuple[str, str, list[Any]]]:
    """Each constraint as left, operator and right values; `and` means each of its parts."""
    flat: list[tuple[str, str, list[Any]]] = []
    for each in constraints:
        given = each if isinstance(each, Mapping) else {}
        left, operator = word(given.get("leftOperand")), word(given.get("operator"))
        right = several(given.get("rightOperand"))
        if given.keys() - {"uid", "type"} == {"and"}:
            flat += _flat(several(given["and"]))
        elif (
            left
            and operator
            and right
            and not given.keys() - {"uid", "type", "leftOperand", "operator", "rightOperand", "dataType", "name"}
        ):
            flat.append((left, operator, right))
        else:
            raise Unread("a limit in it has a form that is not known here")
    return flat


def _value(name: str, operator: str, right: list[Any]) -> Any:
    if name in FLAGS:
        if operator != "eq" or [word(each) for each in right] != ["false"]:
            raise Unread(f"its limit on {name} is not known here")
        return False
    values = [word(each) or "" for each in right]
    if operator not in _AMONG or (operator == "eq" and len(values) > 1):
        raise Unread(f"its limit on {name} ({operator[:40]}) is not known here")
    if values == [NONE]:
        return []
    known = [found for each in values if (found := _known(name, each)) is not None]
    if not known:
        raise Unread(f"its limit on {name} ({values[0][:100]}) is not known here")
    return list(dict.fromkeys(known))


def _known(name: str, value: str) -> Any:
    """A value in the words of a licence; None where it has none, which only makes the list shorter."""
    if name in WORDS:
        bare = value.removeprefix("clearance:").removeprefix(TERMS)
        return bare if bare in WORDS[name] else None
    if name in RECORDS:
        return record(value)
    match = (_TERRITORY if name == "territories" else _LANGUAGE).fullmatch(value)
    return None if match is None else match[1] if name == "territories" else value


def record(value: str) -> Any:
    """A record by its URN of ours, else by the address that the policy calls it by."""
    found = reference(value)
    return found.partition("@")[0] if found else {"scope": "uri", "value": value[:500]}


def _narrowed(first: Any, second: Any) -> Any:
    """Two limits on the same thing hold together."""
    if first is None or first is False or second is False:
        return second
    kept = [each for each in first if any(_inside(each, whole) for whole in second)]
    return kept + [each for each in second if each not in kept and any(_inside(each, whole) for whole in first)]


def _inside(value: Any, whole: Any) -> bool:
    return holds(whole, value) if isinstance(value, str) and isinstance(whole, str) else bool(value == whole)


def _window(window: Mapping[str, str], operator: str, right: list[Any]) -> dict[str, str]:
    text = word(right[0]) if len(right) == 1 else None
    bounds: Mapping[str, tuple[Callable[[str, int], str], str, int]] = {
        "gteq": (_first, "start", 0), "gt": (_first, "start", 1), "lteq": (_last, "end", 0), "lt": (_last, "end", 1),
    }  # fmt: skip
    if operator == "eq" and text:
        return _window(_window(window, "gteq", right), "lteq", right)
    if operator not in bounds or not text:
        raise Unread("its limit in time is not known here")
    turn, name, beyond = bounds[operator]
    try:
        found = turn(dates.partial(text), beyond)
    except (ValueError, OverflowError):
        raise Unread(f"its limit in time ({text[:40]}) is not known here") from None
    chosen = found if name not in window else max(found, window[name]) if name == "start" else min(found, window[name])
    told = {**window, name: chosen}
    if "start" in told and "end" in told and told["end"] < told["start"]:
        raise Unread("its window ends before it starts")
    return told


def _first(value: str, beyond: int) -> str:
    """The first whole day from a moment on, or after it."""
    start, end = dates.interval(value)
    if dates.precision(value) == "instant":
        return (start.date() if start.time() == datetime.min.time() else start.date() + _DAY).isoformat()
    return (end if beyond else start).date().isoformat()


def _last(value: str, beyond: int) -> str:
    """The last whole day up to a moment, or before it."""
    start, end = dates.interval(value)
    if dates.precision(value) == "instant":
        last = start + timedelta(seconds=0 if beyond else 1)  # 23:59:59 is how many write the end of a day
        return (datetime.combine(last.date(), datetime.min.time(), UTC) - _DAY).date().isoformat()
    return ((start if beyond else end).date() - _DAY).isoformat()


def _complete(found: dict[str, Any], unstated: set[str], side: str, *, ours: bool) -> None:
    """Say of each thing that is not limited whether it is allowed without limit; outside the profile nobody has said so."""
    lists, flags = SIDES[side]
    known = {GRANTED, PERMISSION, WINDOW, *(LISTS[name] for name in lists), *(FLAGS[name] for name in flags)}
    if strange := sorted(unstated - known):
        raise Unread(f"what it calls not stated ({strange[0][:60]}) is not known here")
    for name in (*lists, *flags):
        operand = LISTS.get(name) or FLAGS[name]
        if operand in unstated and name in found:
            raise Unread(f"it limits {name} and calls it not stated")
        if name not in found and operand not in unstated and ours:
            found[name] = ["*"] if name in lists else True
    if ours and WINDOW not in unstated and "end" not in found.get("window", {}):
        found["window"] = {**found.get("window", {}), "perpetual": True}
    found |= dict.fromkeys(unstated & {GRANTED, PERMISSION, WINDOW}, True)


def generalise(body: dict[str, Any], limits: Mapping[str, Any]) -> None:
    """Limits of a grant that is not stated hold for the whole paper."""
    for name, general in GENERAL.items():
        if name == "window":
            _general_window(body, limits.get(name))
        elif name in limits:
            body[general] = limits[name] if general not in body else _both(body[general], limits[name])


def _general_window(body: dict[str, Any], window: Mapping[str, Any] | None) -> None:
    """A window of the whole paper; one whose end is not known stays so, whatever else is said."""
    if window is not None:
        body["window"] = dict(window) if "window" not in body or known_end(body["window"]) else body["window"]


def open_ends(body: dict[str, Any], sides: set[str]) -> None:
    """Say of these grants that they may end before the last day they name: a window says that only together with the paper's own.

    Either the paper's window has no known end, or it names that day and the grant's window does not; whichever leaves the other grant as it is.
    """
    for side in sides:
        other = next(name for name in SIDES if name != side)
        beside = body[other].get("window") if body.get(other, {}).get("granted") else body.get("window")
        general, own = body.get("window", {}), body[side]["window"]
        if other not in sides and beside is not None and known_end(beside):
            body["window"] = {**general, "end": min(general.get("end", own["end"]), own["end"])}
            body["window"].pop("perpetual", None)
            own.pop("end")
        else:
            body["window"] = {name: day for name, day in general.items() if name == "start"}


def known_end(window: Mapping[str, Any]) -> bool:
    """Tell whether a window says when it ends, or that it does not."""
    return "end" in window or window.get("perpetual") is True


def _both(first: list[Any], second: list[Any]) -> list[Any]:
    if first == ["*"] or second == ["*"]:
        return second if first == ["*"] else first
    narrowed: list[Any] = _narrowed(first, second)
    return narrowed
