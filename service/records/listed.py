"""What an item list says, told in the dataset that names it: parts by source and licence, people, and what has no papers.

The lines of a list are no records, so nothing refers to them: what they say of sources, licences and people becomes parts of the
dataset, which rules, lineage and impact follow. The list is read once, line by line, whatever its length. What a client
says of parts beside it has to agree with the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import orjson

from service import errors
from service.content.store import Store
from service.context import Context
from service.records import read

MOST: Final = 400
_MOST_GROUPS: Final = 5 * MOST
"""Beyond this no stated parts can take up the pairs of a list (each stands for four at most): it is read no further."""
_SHOWN: Final = 10
_NAMES_ROOM: Final = 8_192
_ROOM: Final = 64_000
_REFERENCE: Final = 64
_FIELD: Final = "list_reading"

Key = tuple[str | None, str | None]
"""Source and licence of a line, as they are written there."""
Schedule = Callable[[str], Collection[str] | None]
"""The items that a licence lists, by their digests or else their names; None where it lists none."""


@dataclass(slots=True)
class Some:
    """How many items, and the names of the first."""

    items: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, line: Mapping[str, Any]) -> None:
        """Count a line."""
        self.items += 1
        if len(self.names) < _SHOWN:
            self.names.append(str(line.get("name") or next((one["value"] for one in line.get("digests") or ()), "unnamed")))


@dataclass(slots=True)
class Group:
    """The lines of one source under one licence: `unsaid` are those that do not say who is in them."""

    source: Any
    licence: Any
    lines: Some = field(default_factory=Some)
    unsaid: Some = field(default_factory=Some)
    beyond: Some = field(default_factory=Some)
    named: bool = False


@dataclass(slots=True)
class Found:
    """All that was found in a list: by source and licence; of people how often, `*` for somebody unnamed; consents that lines name."""

    groups: dict[Key, Group] = field(default_factory=dict)
    people: dict[str, list[Any]] = field(default_factory=dict)
    consents: dict[str, Any] = field(default_factory=dict)


def completed(
    context: Context, kind: str, body: dict[str, Any], before: Mapping[str, Any] | None = None, *, at: str = ""
) -> dict[str, Any]:
    """Return a dataset with what its item list says, where that is staged here; any other record as it is.

    `before` is the version before this one, whose reading stands as long as list and parts do. Raises `Invalid`, with pointers below `at`,
    where the list and what the record says beside it contradict one another.
    """
    if kind != "dataset":
        return body
    try:
        return _dataset(context, body, before)
    except errors.Invalid as fault:
        found = tuple(errors.FieldError(at + one.pointer, one.message) for one in fault.errors)
        raise errors.Invalid(fault.detail, fault.code, found) from None


def _dataset(context: Context, body: dict[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    body = {name: value for name, value in body.items() if name != _FIELD}
    named = body.get("items") or {}
    size = context.blobs.stat(named["sha256"]) if named else None
    if size is None:
        return body
    if before and _FIELD in before and all(before.get(name) == body.get(name) for name in ("items", "parts", "people")):
        return body | {_FIELD: before[_FIELD]}
    if size != named["bytes"]:
        raise errors.invalid("/items/bytes", f"The list takes {size} bytes; name it by what staging it answered.")
    found = examined(_lines(context.blobs, named["sha256"]), _schedules(context))
    return told(_anew(body, before, found), found)


def _anew(body: dict[str, Any], before: Mapping[str, Any] | None, found: Found) -> dict[str, Any]:
    """What an earlier list said, and was only carried over, is left out where the lines of the new one say it themselves."""
    if not before or _FIELD not in before or found.groups.keys() <= {(None, None)}:
        return body
    return {
        name: value for name, value in body.items() if not (name == "parts" or (name == "people" and value)) or value != before.get(name)
    }


def told(body: dict[str, Any], found: Found) -> dict[str, Any]:
    """Return the body with parts and reading; what it says itself of parts is met with the lines first."""
    count = sum(group.lines.items for group in found.groups.values())
    if body["items"].get("count", count) != count:
        raise errors.invalid("/items/count", f"The list holds {count} lines; name it by what staging it answered.")
    if body.get("people") == [] and found.people:
        raise errors.invalid("/people", _CONTRARY.format("the dataset"))
    left = {key: group.lines.items for key, group in found.groups.items()}
    spoken = {key: body.get("people") is not None for key in found.groups}
    parts = [_met(number, part, found.groups, left, spoken) for number, part in enumerate(body.get("parts") or ())]
    parts += [_part(found.groups[key], number) for key, number in left.items() if number and key != (None, None)]
    whole = body | ({"parts": parts} if parts else {}) | {_FIELD: _reading(body, found, left, spoken)}
    if "people" not in body and not any(group.unsaid.items for group in found.groups.values()):
        whole["people"] = ["*"] if "*" in found.people else [person for person, _ in found.people.values()]
    _fitting(whole, found)
    return whole


_CONTRARY: Final = "It says that nobody is in {}, and lines of the item list name people; correct one of the two."


def _fitting(body: Mapping[str, Any], found: Found) -> None:
    """Refuse what one record cannot hold, with what to do instead."""
    parts = body.get("parts") or ()
    named = {plain(part.get(name)) for part in parts for name in ("source", "licence")} | found.people.keys() | found.consents.keys()
    size = len(orjson.dumps(body)) + len(named) * _REFERENCE
    if len(parts) > MOST or max(len(found.people), len(found.consents)) > MOST or size > _ROOM:
        raise _too_many(f"{len(parts)} pairs of source and licence, {len(found.people)} people and {len(found.consents)} consents")


def _too_many(what: str) -> errors.Invalid:
    says = (
        f"The lines name {what}, more than one record holds (up to {MOST} of each, {_ROOM} bytes in all). Register it as several datasets,"
        " and one that names them in derived_from."
    )
    return errors.invalid("/items", says, "too_many_parts")


def examined(lines: Iterable[Mapping[str, Any]], schedule: Schedule) -> Found:
    """Count the lines by source and licence, and by person."""
    found = Found()
    lists: dict[Key, Collection[str] | None] = {}
    for line in lines:
        source, licence = line.get("source"), line.get("licence")
        key = (plain(source), plain(licence))
        group = found.groups.get(key)
        if group is None:
            group = found.groups[key] = Group(source, licence)
            if len(found.groups) > _MOST_GROUPS:
                raise _too_many(f"more than {_MOST_GROUPS} pairs of source and licence")
            lists[key] = schedule(key[1]) if key[1] else None
        group.lines.add(line)
        _people(line, group, found)
        listed = lists[key]
        if listed is not None and not any(one in listed for one in tokens(line)):
            group.beyond.add(line)
    return found


def _people(line: Mapping[str, Any], group: Group, found: Found) -> None:
    people = line.get("people")
    if people is None:
        group.unsaid.add(line)
        return
    for one in people:
        group.named = True
        found.people.setdefault(plain(one) or "", [one, 0])[1] += 1
    for one in line.get("consents") or ():
        found.consents.setdefault(plain(one) or "", one)
    if max(len(found.people), len(found.consents)) > _MOST_GROUPS:
        raise _too_many(f"more than {_MOST_GROUPS} people or consents")


def tokens(line: Mapping[str, Any]) -> list[str]:
    """What a line is known by: its digests, else its name."""
    return [f"{one['algorithm']}:{one['value']}" for one in line.get("digests") or ()] or [f"name:{line.get('name')}"]


def plain(reference: Any) -> str | None:
    """A reference as one word, whether it names an id or an outside id."""
    if reference is None or isinstance(reference, str):
        return reference and reference.partition("@")[0]
    return orjson.dumps(reference, option=orjson.OPT_SORT_KEYS).decode()


def _lines(blobs: Store, sha256: str) -> Iterator[Mapping[str, Any]]:
    with blobs.open(sha256) as file:
        for raw in file:
            try:
                line = orjson.loads(raw)
            except orjson.JSONDecodeError:
                line = None
            if not isinstance(line, dict):
                raise errors.invalid(
                    "/items/sha256", "This content is no item list; stage the list with POST /v1/item-lists.", "no_item_list"
                )
            yield line


def _schedules(context: Context) -> Schedule:
    """Read the item list of a licence, where it has one that is here; once, however many sources stand under it."""

    @cache
    def schedule(licence: str) -> Collection[str] | None:
        recorded = read.current(context.conn, context.studio_id, [licence]).get(licence)
        named = (recorded.body.get("items") or {}).get("sha256") if recorded else None
        if named is None or context.blobs.stat(named) is None:
            return None
        return {token for line in _lines(context.blobs, named) for token in tokens(line)}

    return schedule


def _met(
    number: int, part: Mapping[str, Any], groups: Mapping[Key, Group], left: dict[Key, int], spoken: dict[Key, bool]
) -> dict[str, Any]:
    """A part that the client states, with its count; the lines that it can stand for are taken from what is left."""
    source, licence = plain(part.get("source")), plain(part.get("licence"))
    keys = [key for key in dict.fromkeys([(source, licence), (source, None), (None, licence), (None, None)]) if left.get(key)]
    wanted = part.get("item_count", (part.get("items") or {}).get("count"))
    if wanted is None:
        wanted = left[keys[0]] if keys and keys[0] != (None, None) else 0
    met, rest = dict(part) | ({"item_count": wanted} if wanted else {}), wanted
    for key in keys:
        taken = min(left[key], rest)
        left[key], rest = left[key] - taken, rest - taken
        if taken:
            spoken[key] = spoken[key] or "people" in part
            if part.get("people") == [] and groups[key].named:
                raise errors.invalid(f"/parts/{number}/people", _CONTRARY.format("the part"))
    if rest:
        raise errors.invalid(
            f"/parts/{number}/item_count",
            f"The part counts {wanted} items, and {wanted - rest} lines of the item list can belong to it; correct the count or the list.",
        )
    return met


def _part(group: Group, items: int) -> dict[str, Any]:
    named = {name: value for name, value in (("source", group.source), ("licence", group.licence)) if value is not None}
    return named | {"item_count": items}


def _reading(body: Mapping[str, Any], found: Found, left: Mapping[Key, int], spoken: Mapping[Key, bool]) -> dict[str, Any]:
    room = [_NAMES_ROOM]
    groups = found.groups.values()
    reading: dict[str, Any] = {"sha256": body["items"]["sha256"]}
    reading["without_licence"] = [
        _some(Some(left[key], group.lines.names), room, source=group.source)
        for key, group in found.groups.items()
        if group.licence is None and left[key]
    ]
    reading["not_on_schedule"] = [_some(group.beyond, room, licence=group.licence) for group in groups if group.beyond.items]
    reading["people"] = [{"person": person, "items": items} for person, items in found.people.values() if person != "*"]
    reading["consents"] = list(found.consents.values())
    unsaid = [found.groups[key].unsaid for key in found.groups if found.groups[key].unsaid.items and not spoken[key]]
    if unsaid:
        names = [name for one in unsaid for name in one.names][:_SHOWN]
        reading["people_not_stated"] = _some(Some(sum(one.items for one in unsaid), names), room)
    return {name: value for name, value in reading.items() if value}


def _some(some: Some, room: list[int], **of: Any) -> dict[str, Any]:
    """A group as the record tells it; once there is no more room for names, it only counts."""
    told_: dict[str, Any] = {name: value for name, value in of.items() if value is not None} | {"items": some.items}
    names = []
    for name in some.names:
        if room[0] >= len(name.encode()):
            room[0] -= len(name.encode()) + 4
            names.append(name)
    return told_ | ({"names": names} if names else {})
