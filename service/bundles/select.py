"""Which entries a bundle holds: the whole log, or what is recorded about some assets, productions or records and what that rests on.

A selection holds every version of: what was asked for; of an asset or a production also what refers to it (who appears, how it was
made, what was decided); whatever all of these refer to, as far as it goes; the events that take something of it back; and what the
decisions among them have read. So each decision in it can be followed to its papers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import orjson

from service import errors
from service.context import Context
from service.records import read

LIMIT: Final = 200_000
"""A selection of more records than this is not made; the whole log is smaller to check."""
ANSWERED: Final = ("app", "dec", "dlv", "gen", "obl", "rel", "rev")
"""Kinds that are looked at once more for what refers to them: reviews of a decision, releases, papers about an appearance."""
_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a bundle is asked for; nothing named is the whole log. `disclose` are the protections whose values are shown."""

    assets: tuple[str, ...] = ()
    productions: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    disclose: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the whole log is asked for."""
        return not (self.assets or self.productions or self.records)

    def document(self) -> dict[str, Any]:
        """Return it as the bundle says it."""
        named = {"assets": self.assets, "productions": self.productions, "records": self.records}
        return {name: list(ids) for name, ids in named.items() if ids}


@dataclass(frozen=True, slots=True)
class Selection:
    """What goes into a bundle: the tree it is proved in, and for a part of the log the indices of its entries, in order."""

    wanted: Wanted
    size: int
    indices: tuple[int, ...] | None = None
    hidden: int = 0
    ids: frozenset[str] = field(default_factory=frozenset)


def select(context: Context, wanted: Wanted) -> Selection:
    """Return the entries to hand out as of now; raises `NotFound`, `Forbidden`, `TooLarge`."""
    head = context.ledger.head(context.conn, context.studio_id)
    if head is None:
        raise errors.NotFound("Nothing has been recorded in this studio yet, so there is nothing to hand out.", "empty_log")
    if wanted.whole:
        if context.actor.productions is not None:
            raise errors.Forbidden(
                "The whole log holds every production, and your key is limited to some; name assets, a production or records.",
                "outside_productions",
            )
        return Selection(wanted, head.size)
    ids = _closure(context, wanted, head.size)
    indices, hidden = _visible(context, ids, head.size)
    return Selection(wanted, head.size, indices, hidden, frozenset(ids))


def _closure(context: Context, wanted: Wanted, size: int) -> set[str]:
    for kind, names in (("asset", wanted.assets), ("production", wanted.productions), (None, wanted.records)):
        for name in names:
            read.get(context, kind, name)
    about = {*wanted.assets, *wanted.productions, *_of_productions(context, wanted.productions)}
    about |= _referring(context, about - set(wanted.productions), size)
    about |= _referring(context, {name for name in about if name.startswith(ANSWERED)}, size)
    return _resting_on(context, about | set(wanted.records), size)


def _resting_on(context: Context, ids: set[str], size: int) -> set[str]:
    """Everything that these refer to, what events affect it, and what decisions among it have read, until nothing new comes."""
    found: set[str] = set()
    new = ids
    while new:
        found |= new
        if len(found) > LIMIT:
            raise errors.TooLarge(f"That rests on more than {LIMIT:,} records; ask for the whole log.", "selection_too_large")
        decisions = {name for name in new if name.startswith("dec_")}
        new = (_named(context, new, size) | _affecting(context, new, size) | _read(context, decisions, size)) - found
    return found


def _of_productions(context: Context, productions: Iterable[str]) -> set[str]:
    rows = context.conn.execute(
        "SELECT id FROM head_production WHERE studio_id = %s AND production = ANY(%s)", (context.studio_id, list(productions))
    )
    return {name for (name,) in rows}


def _referring(context: Context, ids: set[str], size: int) -> set[str]:
    return _query(
        context,
        "SELECT DISTINCT source FROM reference WHERE studio_id = %(studio)s AND target = ANY(%(ids)s) AND index < %(size)s",
        ids,
        size,
    )


def _affecting(context: Context, ids: set[str], size: int) -> set[str]:
    return _query(
        context,
        "SELECT DISTINCT source FROM reference WHERE studio_id = %(studio)s AND target = ANY(%(ids)s) AND index < %(size)s AND affects",
        ids,
        size,
    )


def _named(context: Context, ids: set[str], size: int) -> set[str]:
    return _query(
        context,
        "SELECT DISTINCT reference.target FROM entry JOIN reference ON reference.studio_id = entry.studio_id AND reference.index = entry.index"
        " WHERE entry.studio_id = %(studio)s AND entry.id = ANY(%(ids)s) AND entry.index < %(size)s",
        ids,
        size,
    )


def _read(context: Context, decisions: set[str], size: int) -> set[str]:
    """The records that decisions have read, from the lists that they name."""
    found: set[str] = set()
    for _, raw in _rows(context, decisions, size):
        named = orjson.loads(raw)["body"].get("read")
        if named and context.blobs.stat(named["sha256"]) is not None:
            found.update(name for name, _ in orjson.loads(context.blobs.read(named["sha256"])))
    return found


def _query(context: Context, statement: Any, ids: set[str], size: int) -> set[str]:
    found: set[str] = set()
    for part in chunks(sorted(ids), _CHUNK):
        rows = context.conn.execute(statement, {"studio": context.studio_id, "ids": part, "size": size})
        found.update(name for (name,) in rows)
    return found


def _visible(context: Context, ids: set[str], size: int) -> tuple[tuple[int, ...], int]:
    """The indices of every version of these records that the actor may see, in order, and how many it may not."""
    shown, hidden = [], 0
    for index, raw in _rows(context, ids, size):
        if context.actor.productions is None or read.visible(context.actor, read.decode(index, raw)):
            shown.append(index)
        else:
            hidden += 1
    return tuple(sorted(shown)), hidden


def _rows(context: Context, ids: set[str], size: int) -> Iterator[tuple[int, bytes]]:
    for part in chunks(sorted(ids), _CHUNK):
        yield from context.conn.execute(
            "SELECT index, bytes FROM entry WHERE studio_id = %s AND id = ANY(%s) AND index < %s", (context.studio_id, part, size)
        ).fetchall()


def chunks(values: Iterable[Any], count: int) -> Iterator[list[Any]]:
    """Yield the values in lists of at most `count`."""
    left = iter(values)
    while part := list(islice(left, count)):
        yield part
