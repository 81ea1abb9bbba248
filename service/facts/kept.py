"""Libraries kept at hand: who asks about the same records again reads only whether any of them has changed.

A library holds what one question looked at, before anything secret in it is opened. It serves any later instant at which the same
versions are in effect, so a question about now finds what one of a second ago has read.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from service.facts.library import Library
from service.facts.reader import Reader
from service.facts.since import changed

KEPT: Final = 40_000
"""Libraries are kept until they hold so many records, the longest unused going first."""
LARGE: Final = 5_000
"""A library of more records than this is not kept."""

_Key = tuple[str, tuple[str, ...], str | None]


@dataclass(frozen=True, slots=True)
class _Kept:
    size: int
    at: str
    turns: tuple[str, ...]
    """Instants at which another version of a record takes effect."""
    ids: frozenset[str]
    library: Library


_KEPT: Final[OrderedDict[_Key, _Kept]] = OrderedDict()
_LOCK: Final = Lock()


def library(reader: Reader, roots: Sequence[str], production: str | None, make: Callable[[], Library]) -> Library:
    """Return a library about the roots that the caller may change: a kept one that still holds, else what `make` reads."""
    key = (reader.context.studio_id, tuple(roots), production)
    with _LOCK:
        found = _KEPT.get(key)
    if found is None or not _holds(reader, found):
        made = make()
        ids = made.ids().union(root.partition("@")[0] for root in roots)
        found = _Kept(reader.known_at, reader.at, tuple(reader.turns), ids, made)
    elif found.size < reader.known_at:
        found = _Kept(reader.known_at, found.at, found.turns, found.ids, found.library)
    with _LOCK:
        _keep(key, found)
    return found.library.copy()


def _holds(reader: Reader, found: _Kept) -> bool:
    same = all((turn <= found.at) == (turn <= reader.at) for turn in found.turns)
    return same and found.size <= reader.known_at and not changed(reader.context, found.ids, found.size, reader.known_at)


def _keep(key: _Key, found: _Kept) -> None:
    if len(found.ids) > LARGE:
        return
    _KEPT[key] = found
    _KEPT.move_to_end(key)
    held = sum(len(one.ids) for one in _KEPT.values())
    while held > KEPT:
        held -= len(_KEPT.popitem(last=False)[1].ids)
