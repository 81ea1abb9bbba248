"""Paths into a linked facts document, compiled to closures.

A *scope* is `(element, outer)`: at rule level the element and `(document, None)`, one pair deeper in every
`where`. What a path is not able to find is `None`, which is "unknown" everywhere; a path through a list
yields the list of what its members hold, unknown ones included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.rules.names import COLLECTIONS, VALUES

#: (element, outer scope).
Scope = tuple[Any, Any]
Getter = Callable[[Scope], Any]

#: The record and the field of it that would settle an unknown.
Gap = tuple[str, str]


class PackError(ValueError):
    """A pack that cannot be used; the message names file, rule and key."""


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path: `get(scope)` for its value, `gaps(scope)` for the field that keeps it unknown."""

    text: str
    hops: int
    keys: tuple[str, ...]
    get: Getter

    def gaps(self, scope: Scope) -> list[Gap]:
        """Where the walk met its first unknown; empty when the value is known throughout."""
        value: Any = scope
        for _ in range(self.hops):
            value = value[1]
        return _gaps(value[0], self.keys, "decision")


def link(document: Mapping[str, Any], ends: set[str] | None = None) -> dict[str, Any]:
    """A copy of `document` in which every `{"$ref": id}` is the object itself; a missing object is None.

    Every `ends` that is written anywhere goes into the set `ends`: no support lasts shorter than the earliest of them.
    """
    found: set[str] = set() if ends is None else ends
    source = document.get("objects", {})
    objects: dict[str, dict[str, Any]] = {key: {} for key in source}
    for key, fields in source.items():
        objects[key].update(_linked(fields, objects, found))
        objects[key].setdefault("id", key)
    return {key: objects if key == "objects" else _linked(value, objects, found) for key, value in document.items()}


_NESTED: Final = (dict, list)


def _linked(value: Any, objects: dict[str, dict[str, Any]], ends: set[str]) -> Any:
    if value.__class__ is dict:
        if "$ref" in value and len(value) == 1:
            return objects.get(value["$ref"])
        if "ends" in value and value["ends"].__class__ is str:
            ends.add(value["ends"])
        return {key: _linked(part, objects, ends) if part.__class__ in _NESTED else part for key, part in value.items()}
    if value.__class__ is list:
        return [_linked(part, objects, ends) if part.__class__ in _NESTED else part for part in value]
    return value


def walk(value: Any, keys: tuple[str, ...]) -> Any:
    """Follow `keys` from `value`, flattening lists; None where a field is not known."""
    for position, key in enumerate(keys):
        if value.__class__ is dict:
            value = value.get(key)
        elif value.__class__ is list:
            return _flat([walk(member, keys[position:]) for member in value])
        else:
            return None
    return value


def _flat(members: list[Any]) -> list[Any]:
    flat: list[Any] = []
    for member in members:
        if member.__class__ is list:
            flat.extend(member)
        else:
            flat.append(member)
    return flat


def _gaps(value: Any, keys: tuple[str, ...], record: str, start: int = 0, position: int = 0) -> list[Gap]:
    """The first unknown on the way: the last record that was met, and the field as seen from there."""
    while position < len(keys):
        if value.__class__ is list:
            return [gap for member in value for gap in _gaps(member, keys, record, start, position)]
        if name_of(value):
            record, start = name_of(value) or record, position
        holder, value = value, value.get(keys[position]) if value.__class__ is dict else None
        if value is None:
            return [(record, _field_name(holder, keys, start, position))]
        position += 1
    return []


def _field_name(holder: Any, keys: tuple[str, ...], start: int, position: int) -> str:
    """The field to record: a derived value says in `because` which field of the record it is derived from."""
    because = holder.get("because") if holder.__class__ is dict else None
    known = because.get(keys[position]) if because.__class__ is dict else None
    return ".".join(keys[start:]) if known is None else str(known)


def name_of(value: Any) -> str | None:
    """The record an object stands for: its `record`, else its `id`."""
    if value.__class__ is not dict:
        return None
    name = value.get("record") or value.get("id")
    return name if isinstance(name, str) else None


def compile_path(text: Any, depth: int, alias: str | None) -> Path:
    """Compile `text` as read `depth` scopes below rule level; raises `PackError` for a name that leads nowhere."""
    if not isinstance(text, str) or not text or text != text.strip():
        raise PackError(f"a path is expected, not {text!r}")
    if text.startswith("/"):
        return _top(text, text[1:], depth + 1)
    name = text.lstrip("^")
    hops = len(text) - len(name)
    if hops > depth:
        raise PackError(f"{text!r} looks {hops} scopes up, but only {depth} are open")
    keys = tuple(name.split("."))
    if not all(keys):
        raise PackError(f"{text!r} is not a path")
    if hops < depth:
        keys = keys[1:] if keys[0] == "it" else keys
        return Path(text, hops, keys, _getter(hops, keys))
    if keys[0] == alias:
        return Path(text, hops, keys[1:], _getter(hops, keys[1:]))
    if keys[0] in VALUES or keys[0] in COLLECTIONS:
        return _top(text, name, depth + 1)
    return Path(text, hops, keys, _getter(hops, keys))


def _top(text: str, name: str, hops: int) -> Path:
    keys = tuple(name.split("."))
    if keys[0] not in VALUES and keys[0] not in COLLECTIONS:
        raise PackError(f"{text!r}: {keys[0]!r} is no top-level name")
    return Path(text, hops, keys, _getter(hops, keys))


def _getter(hops: int, keys: tuple[str, ...]) -> Getter:
    """A closure for the walk, specialised for the short paths that packs are made of."""
    if hops == 0 and len(keys) == 1:
        return _field(keys[0])
    if hops == 0 and len(keys) == 2:
        return _field_of_field(*keys)
    if hops == 1 and keys:
        inner = _getter(0, keys)
        return lambda scope: inner(scope[1])

    def get(scope: Scope) -> Any:
        for _ in range(hops):
            scope = scope[1]
        return walk(scope[0], keys)

    return get


def _field(key: str) -> Getter:
    def get(scope: Scope) -> Any:
        value = scope[0]
        return value.get(key) if value.__class__ is dict else walk(value, (key,))

    return get


def _field_of_field(first: str, second: str) -> Getter:
    keys, rest = (first, second), (second,)

    def get(scope: Scope) -> Any:
        value = scope[0]
        if value.__class__ is not dict:
            return walk(value, keys)
        value = value.get(first)
        return value.get(second) if value.__class__ is dict else walk(value, rest)

    return get
