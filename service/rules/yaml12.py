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
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from service.rules.paths import PackError

#: No rule that a person can read is nested deeper, and no pack holds more values with its aliases unfolded.
DEPTH: Final = 40
VALUES: Final = 250_000

_WORDS: Final[dict[str, Any]] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "null": None, "Null": None, "NULL": None, "~": None, "": None,
}  # fmt: skip
_WHOLE: Final = re.compile(r"[-+]?\d{1,18}\Z")
_DECIMAL: Final = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_FRAME: Final = (StreamStartEvent, StreamEndEvent, DocumentStartEvent, DocumentEndEvent)


def parse(text: str) -> Any:
    """The value of one YAML document; raises `PackError` with the line of what is not let in."""
    try:
        events = iter([event for event in YAML(typ="safe").parse(text) if not isinstance(event, _FRAME)])
        first = next(events, None)
        value = None if first is None else _Reader(events).value(first, 0)
        if next(events, None) is not None:
            raise PackError("one document is expected, and there are several")
    except YAMLError as error:
        raise PackError(" ".join(str(error).split())) from None
    return value


class _Reader:
    """One document under way: its events, what its anchors hold, and how many values there are so far."""

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0

    def value(self, event: Any, depth: int) -> Any:
        """The value that begins with `event`."""
        if isinstance(event, AliasEvent):
            return self._alias(event)
        if depth > DEPTH:
            raise _refused(event, f"nested deeper than {DEPTH} levels")
        if event.tag is not None:
            raise _refused(event, f"the tag {event.tag} is not used in packs")
        before = self.count
        self._counted(event, 1)
        found = self._bare(event, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = (found, self.count - before)
        return found

    def _bare(self, event: Any, depth: int) -> Any:
        if isinstance(event, ScalarEvent):
            return _scalar(event)
        if isinstance(event, MappingStartEvent):
            return self._mapping(depth)
        if isinstance(event, SequenceStartEvent):
            return [self.value(part, depth + 1) for part in _until(self.events, SequenceEndEvent)]
        raise _refused(event, "this is not understood")

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in _until(self.events, MappingEndEvent):
            key = event.value if isinstance(event, ScalarEvent) else None
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
        self._counted(event, size)
        return found

    def _counted(self, event: Any, size: int) -> None:
        self.count += size
        if self.count > VALUES:
            raise _refused(event, f"more than {VALUES} values, with aliases unfolded")


def _until(events: Iterator[Any], end: type) -> Iterator[Any]:
    for event in events:
        if isinstance(event, end):
            return
        yield event


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
