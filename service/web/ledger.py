"""The log for people: its newest checkpoint and its entries; and the proof of one entry, checked while it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service import docket, errors
from service.context import Context
from service.ledger import anchors, merkle
from service.ledger.anchors import State
from service.ledger.items import TreeHead
from service.records.model import Recorded
from service.web.page import Shown, Visit, page

SHOWN = 40
MOST_VERSIONS = 40


@dataclass(frozen=True, slots=True)
class Proof:
    """The way from an entry to the root of the newest tree, in hexadecimal; `holds` is our own check of it just now."""

    size: int
    leaf: str
    path: tuple[str, ...]
    root: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Proved:
    """A version with its proof, `None` while no signed tree holds it."""

    record: Recorded
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody outside who vouches for the log, and how it went last; no state before the first time."""

    name: str
    kind: str
    state: State | None


def proved(context: Context, versions: Sequence[Recorded]) -> list[Proved]:
    """Return the newest of these versions first, at most `MOST_VERSIONS`, each with its inclusion in the newest tree."""
    versions = versions[-MOST_VERSIONS:]
    head = context.ledger.head(context.conn, context.studio_id)
    leaves = docket.leaf_hashes(context, [each.index for each in versions])
    return [Proved(each, _proof(context, each.index, leaves[each.index], head)) for each in reversed(versions)]


def _proof(context: Context, index: int, leaf: bytes, head: TreeHead | None) -> Proof | None:
    if head is None or index >= head.size:
        return None
    try:
        path = context.ledger.inclusion(context.conn, context.studio_id, index, head.size)
    except errors.Unavailable:  # the stored tree contradicts itself: the page says so beside the entry
        return Proof(head.size, leaf.hex(), (), head.root.hex(), holds=False)
    holds = merkle.verify_inclusion(index, head.size, leaf, path, head.root)
    return Proof(head.size, leaf.hex(), tuple(node.hex() for node in path), head.root.hex(), holds)


@page("/ledger", permission="ledger.read")
def show(visit: Visit) -> Shown:
    """Show the checkpoint and the newest entries, or those below `before`."""
    context = visit.context
    checkpoint = context.ledger.checkpoint(context.conn, context.studio_id)
    values = {
        "title": "Ledger", "here": "ledger",
        "checkpoint": checkpoint.decode() if checkpoint else None,
        "head": context.ledger.head(context.conn, context.studio_id),
        "origin": context.ledger.origin(context.studio_id),
        "key": context.ledger.verifier(context.studio_id).text(),
        "whole": context.actor.productions is None,
        "anchors": _anchors(context),
    }  # fmt: skip
    return Shown("ledger.html", values | _rows(visit))


def _anchors(context: Context) -> list[Standing]:
    """Return how each witness and authority stands, those with a complaint first."""
    states = anchors.states(context.conn, context.studio_id)
    found = [Standing(each.name, each.kind, states.get(each.name)) for each in anchors.anchors(context.conn, None, context.studio_id)]
    return sorted(found, key=lambda each: (each.state is None or not each.state.says, each.kind, each.name))


@page("/ledger/rows", permission="ledger.read")
def rows(visit: Visit) -> Shown:
    """Answer more entries as a fragment."""
    return Shown("ledger_rows.html", _rows(visit))


def _rows(visit: Visit) -> dict[str, object]:
    given = visit.query.get("before", "")
    before = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None
    entries = docket.entries(visit.context, before, SHOWN)
    return {"entries": entries, "before": before, "names": docket.names(visit.context, [each.id for each in entries])}
