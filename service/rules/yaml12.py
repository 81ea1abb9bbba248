"""YAML 1.2 as packs use it: text, whole numbers, true, false, null, lists and mappings. Nothing else is let in.

Built on the parser's events, so that no tag ever constructs anything and a key that stands twice is an error. `NO` is a word, and
a date stays the text that was written. An alias (`*name`) repeats what its anchor (`&name`) holds; what it unfolds to is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from service.rules.paths import PackError

try:
    from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
except ImportError:  # no C here: the same events, more slowly
    CParser = None

#: No rule that a person can read is nested deeper, and no pack holds more values with its aliases unfolded.
DEPTH: Final = 40
VALUES: Final = 250_000

_WORDS: Final[dict[str, Any]] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
}  # fmt: skip
_WHOLE: Final = re.compile(r"[-+]?\d{1,18}\Z")
_DECIMAL: Final = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_FRAME: Final = frozenset({StreamStartEvent, StreamEndEvent, DocumentStartEvent, DocumentEndEvent})


def parse(text: str) -> Any:
    """The value of one YAML document; raises `PackError` with the line of what is not let in."""
    try:
        events = iter(_events(text))
        first = next(events, None)
        value = None if first is None else _Reader(events).value(first, 0)
        if next(events, None) is not None:
            raise PackError("one document is expected, and there are several")
    except YAMLError as error:
        raise PackError(_said(error)) from None
    return value


def _said(error: YAMLError) -> str:
    """What the parser complains of, and where."""
    problem, mark = getattr(error, "problem", None), getattr(error, "problem_mark", None)
    if problem is None or mark is None:
        return " ".join(str(error).split())
    return f"this is not YAML at line {mark.line + 1}, column {mark.column + 1}: {problem}"


def _events(text: str) -> list[Any]:
    """What the parser says of a text; straight from the one in C where it is there, because packs are read at every start."""
    if CParser is None:
        return [event for event in YAML(typ="safe").parse(text) if event.__class__ not in _FRAME]
    parser, found = CParser(text), []
    try:
        while (event := parser.get_event()) is not None:
            if event.__class__ not in _FRAME:
                found.append(event)
    finally:
        parser.dispose()
    return found


class _Reader:
    """One document under way: its events, what its anchors hold, and how many values there are so far."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0

    def value(self, event: Any, depth: int) -> Any:
        """The value that begins with `event`."""
        kind = event.__class__
        if kind is AliasEvent:
            return self._alias(event)
        if depth > DEPTH:
            raise _refused(event, f"nested deeper than {DEPTH} levels")
        if event.tag is not None:
            raise _refused(event, f"the tag {event.tag} is not used in packs")
        before = self.count
        self.count = before + 1
        if before >= VALUES:
            raise _too_many(event)
        if kind is ScalarEvent:
            found = _scalar(event)
        elif kind is MappingStartEvent:
            found = self._mapping(depth)
        else:
            found = self._sequence(depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = (found, self.count - before)
        return found

    def _sequence(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while (event := next(self.events)).__class__ is not SequenceEndEvent:
            found.append(self.value(event, depth + 1))
        return found

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (event := next(self.events)).__class__ is not MappingEndEvent:
            key = event.value if event.__class__ is ScalarEvent else None
            if key is None:
                raise _refused(event, "a key is a word")
            if key in found:
                raise _refused(event, f"the key {key!r} stands here twice")
            found[key] = self.value(next(self.events), depth + 1)
        return found

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            raise _refused(event, f"nothing before this is called &{event.anchor}")
        found, size = self.anchors[event.anchor]
        self.count += size
        if self.count > VALUES:
            raise _too_many(event)
        return found


def _too_many(event: Any) -> PackError:
    return _refused(event, f"more than {VALUES} values, with aliases unfolded")


def _scalar(event: Any) -> Any:
    text: str = event.value
    if not event.implicit[0]:  # it was quoted, or a block: text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.match(text):
        return int(text)
    if _DECIMAL.match(text):
        raise _refused(event, f"{text}: write decimals in quotes; numbers are whole")
    return text


def _refused(event: Any, message: str) -> PackError:
    return PackError(f"line {event.start_mark.line + 1}: {message}")
