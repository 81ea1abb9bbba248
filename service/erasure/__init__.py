"""Forgetting a person: every secret value about them goes, with its salt and its key, and the log says that it went.

The fact is appended first, then the keys are destroyed (the person's, those of their papers, those of untouched sources), then the
rows are deleted, the person's own last; what lies under no key of theirs is removed itself. So a crash before the append leaves no trace, and one behind it leaves a fact that is not
true yet: `finish` makes it true, as a job, and so does whoever erases the person again. What the log holds are commitments whose
salts are gone; every proof, and every decision, stays what it was.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from service import errors
from service.content.encrypted import Documents
from service.content.store import Store
from service.content.vault import Unreadable, Vault
from service.context import Context, Idempotency
from service.erasure import plans, remains, traces
from service.erasure.remains import LISTED, Stays
from service.erasure.traces import Traces, Value
from service.ledger.log import Unchanged
from service.records import read, write
from service.records.model import Recorded, instant
from service.rules import moments

audit = logging.getLogger("clearance.audit")

_ATTEMPTS: Final = 4
_PARTS: Final = (
    "SELECT DISTINCT source FROM reference WHERE studio_id = %s AND target = ANY(%s) AND role = 'parent' AND source_kind = 'prd'"
)
_RESTS: Final = """
SELECT true FROM entry WHERE studio_id = %(studio)s AND convert_from(bytes, 'UTF8') LIKE ANY(%(sources)s) AND id IN (
  SELECT id FROM head WHERE studio_id = %(studio)s AND kind = 'generation' AND id = ANY(%(named)s)
  UNION SELECT id FROM head_production WHERE studio_id = %(studio)s AND kind = 'generation' AND production = ANY(%(named)s))
LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold that stops the erasure, and what of it is held."""

    id: str
    type: str
    placed_at: str
    held: tuple[str, ...]
    everything: bool = False

    def says(self) -> str:
        """The hold in words, with nothing of what it keeps secret."""
        what = f"holds {', '.join(self.held[:3])}" if self.held else "names nothing in particular, so it holds everything"
        return f"The {self.type} hold {self.id}, placed {self.placed_at[:10]}, {what}"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased, or would be: the event that says so (none yet), and what could not be."""

    party: str
    traces: Traces
    stays: tuple[Stays, ...]
    holds: tuple[Hold, ...] = ()
    event: Recorded | None = None
    repeated: bool = False
    done: bool = False
    unchanged: Unchanged | None = None

    @property
    def values(self) -> tuple[Value, ...]:
        """The secret values that are gone, or would be."""
        return self.traces.values

    def document(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        counts = Counter(value.id for value in self.values)
        fields = {name: sorted({value.pointer for value in self.values if value.id == name}) for name in list(counts)[:LISTED]}
        told: dict[str, Any] = {
            "party": self.party, "erased": self.event is not None, "repeated": self.repeated, "values": len(self.values),
            "papers": list(self.traces.papers[:LISTED]), "paper_count": len(self.traces.papers), "sources": len(self.traces.sources),
            "plans": len(self.traces.plans),
            "records": [{"id": name, "values": counts[name], "pointers": pointers} for name, pointers in fields.items()],
            "record_count": len(counts), "says": self.says(), "holds": [{"id": hold.id, "says": f"{hold.says()}."} for hold in self.holds],
            "not_erased": [each.document() for each in self.stays],
        }  # fmt: skip
        return told | ({"event": self.event.id, "erased_at": self.event.recorded_at} if self.event else {})

    def says(self) -> str:
        """What was done, in a sentence."""
        records = len({value.id for value in self.values})
        what = f"{len(self.values)} secret values of {records} records"
        papers = len(self.traces.papers)
        what += f" and {papers} paper{'s' if papers != 1 else ''}" if papers else ""
        planned = len(self.traces.plans)
        what += f" and {planned} plan{'s' if planned != 1 else ''} kept by decisions" if planned else ""
        if self.event is None:
            return f"{self.party} is on hold: nothing can be erased." if self.holds else f"{what} about {self.party} would be erased."
        if self.repeated:
            left = f"{what} were left behind{' and are gone now.' if self.done else '; erasing again finishes it.'}"
            rest = left if self.values or self.traces.papers or self.traces.plans else "Nothing is left to do."
            return f"{self.party} was erased on {self.event.recorded_at[:10]} (entry {self.event.index}). {rest}"
        return f"{what} about {self.party} are erased, with their salts and the key; entry {self.event.index} of the log says so."


def erase(context: Context, party_id: str, *, basis: str | None, document: str | None, key: Idempotency | None = None) -> Erased:
    """Erase a person and return what was done; twice is fine. Raises `Conflict` (`on_hold`), `NotFound`, `Forbidden`."""
    for attempt in range(_ATTEMPTS):
        found = foreseen(context, party_id, document=document)
        if found.event is None and found.holds:
            raise _on_hold(found)
        try:
            event = found.event or _append(context, found, basis, document, key)
        except errors.Conflict as refusal:
            if refusal.code == "changed_since_decision" and attempt + 1 < _ATTEMPTS:
                continue  # somebody wrote about them, or placed a hold, while we looked
            raise
        forget(context.conn, context.vault, context.blobs, context.studio_id, party_id, found.traces)
        audit.info("erased", extra={"record": party_id, "event": event.id, "values": len(found.values), "actor": context.actor.account_id})
        return Erased(party_id, found.traces, found.stays, (), event, repeated=found.repeated, done=True)
    raise AssertionError("the last attempt answers or raises")


def foreseen(context: Context, party_id: str, *, document: str | None = None) -> Erased:
    """Return what erasing would take away, what would stay, and which holds stop it; with its event if it was done before.

    `document` is the request on record, which stays as long as the fact that rests on it.
    """
    if context.actor.productions is not None:
        raise errors.Forbidden("A person is erased from every production, and your key is limited to some.", "outside_productions")
    head = context.ledger.head(context.conn, context.studio_id)
    party = read.get(context, "party", party_id)
    event = _event(context, party_id)
    holds = _active(context.conn, context.studio_id, context.now)
    held = _held_papers(context.conn, context.studio_id, holds)
    spared = _requests(context.conn, context.studio_id, party_id) | ({document} if document else set())
    documents = Documents(context.blobs, context.vault)
    found = _left(context, traces.find(context.conn, documents, context.studio_id, party_id, held=held, spared=spared))
    reach = _reach(context, party, found) | _sharing(context, holds, found.sources)
    unchanged = Unchanged(head.size if head else 0, frozenset(reach | set(found.papers)))
    stops = () if event else tuple(_holds(holds, reach))
    stays = tuple(remains.stays(context, party, found))
    return Erased(party_id, found, stays, stops, event, repeated=event is not None, unchanged=unchanged)


def _left(context: Context, found: Traces) -> Traces:
    """What was found without the papers and sources that are gone already: their records stay."""
    vault, studio_id, documents = context.vault, context.studio_id, Documents(context.blobs, context.vault)

    def is_here(digest: str) -> bool:
        try:
            subject = documents.subject(digest)
        except (errors.NotFound, Unreadable):
            return False
        return subject is None or not vault.destroyed(studio_id, subject)

    papers = tuple(name for name in found.papers if not vault.destroyed(studio_id, name))
    return replace(found, papers=papers, sources=tuple(filter(is_here, found.sources)))


def forget(conn: Connection[Any], vault: Vault, blobs: Store, studio_id: str, party_id: str, found: Traces) -> int:
    """Destroy the keys, then delete what they had sealed; returns how many values went. All of it may be done again and again."""
    for subject in (*found.papers, *_unsealed(blobs, vault, found.sources), party_id):
        vault.destroy(studio_id, subject)
    plans.forget(blobs, found.plans)
    named = [value for value in found.values if value.commitment]
    row = conn.execute("SELECT erase_values(%s, %s)", ([value.id for value in named], [value.commitment for value in named])).fetchone()
    rest = conn.execute("SELECT erase_subject(%s)", (party_id,)).fetchone()
    return sum(int(found[0]) for found in (row, rest) if found)


def _unsealed(blobs: Store, vault: Vault, sources: Iterable[str]) -> Iterable[str]:
    """The keys of contents that have one of their own; what an old edition put under the studio's key is removed itself."""
    documents = Documents(blobs, vault)
    for digest in sources:
        try:
            subject = documents.subject(digest)
        except (errors.NotFound, Unreadable):
            continue
        if subject is None:
            blobs.path(digest).unlink(missing_ok=True)
        else:
            yield subject


def finish(conn: Connection[Any], vault: Vault, blobs: Store, studio_id: str, now: datetime) -> int:
    """Do what the log says was done and a crash, or a restored backup, has left undone; returns how many values went."""
    rows = conn.execute(
        "SELECT DISTINCT reference.target FROM head JOIN reference USING (studio_id, index)"
        " WHERE head.studio_id = %s AND head.kind = 'event' AND head.type = 'erased' AND reference.role = 'target'"
        " AND EXISTS (SELECT FROM disclosure WHERE disclosure.studio_id = head.studio_id AND disclosure.subject = reference.target)",
        (studio_id,),
    ).fetchall()
    held = _held_papers(conn, studio_id, _active(conn, studio_id, now)) if rows else ()
    done = 0
    for (party_id,) in rows:
        found = traces.find(conn, Documents(blobs, vault), studio_id, party_id, held=held, spared=_requests(conn, studio_id, party_id))
        done += forget(conn, vault, blobs, studio_id, party_id, found)
    return done


def _append(context: Context, found: Erased, basis: str | None, document: str | None, key: Idempotency | None) -> Recorded:
    """Append the fact, unless a hold or a new version of what it rests on slips in before it."""
    listed = "".join(f"{value.commitment.hex()}\n" for value in sorted(found.values, key=lambda value: value.commitment)).encode()
    erasure: dict[str, Any] = {"values": len(found.values), "records": len({value.id for value in found.values})}
    if found.traces.papers:
        erasure["papers"] = len(found.traces.papers)
    if found.traces.plans:
        erasure["plans"] = len(found.traces.plans)
    if found.values:
        digest = context.blobs.keep(listed)
        erasure["commitments"] = {"sha256": digest, "bytes": len(listed), "count": len(found.values), "media_type": "text/plain"}
    body: dict[str, Any] = {"type": "erased", "targets": [found.party], "effective_at": instant(context.now), "erasure": erasure}
    body |= {name: value for name, value in (("basis", basis), ("document", document)) if value is not None}
    return write.create(context, "event", body, key=key, unchanged=found.unchanged)


def _on_hold(found: Erased) -> errors.Conflict:
    told = ". ".join(hold.says() for hold in found.holds[:5])
    return errors.Conflict(
        f"{told}. Nothing was erased; lift the hold first (a new version with lifted_at), or wait for its end.", "on_hold"
    )


def _event(context: Context, party_id: str) -> Recorded | None:
    row = context.conn.execute(
        "SELECT head.id FROM reference JOIN head USING (studio_id, index)"
        " WHERE reference.studio_id = %s AND reference.target = %s AND reference.source_kind = 'evt' AND head.type = 'erased'"
        " ORDER BY reference.index LIMIT 1",
        (context.studio_id, party_id),
    ).fetchone()
    return read.get(context, "event", row[0]) if row else None


def _requests(conn: Connection[Any], studio_id: str, party_id: str) -> set[str]:
    """The papers on which the erasure of a person rests; they stay with it."""
    rows = conn.execute(
        "SELECT paper.target FROM reference JOIN head USING (studio_id, index)"
        " JOIN reference AS paper ON paper.studio_id = reference.studio_id AND paper.index = reference.index"
        " WHERE reference.studio_id = %s AND reference.target = %s AND head.type = 'erased' AND paper.role = 'document'",
        (studio_id, party_id),
    )
    return {name for (name,) in rows}


def _reach(context: Context, party: Recorded, found: Traces) -> set[str]:
    """What a hold may name to stop it: the person under each of their ids, the records with values, the titles these belong to.

    A paper is no such thing: one that is held is kept, and the rest goes.
    """
    values = [value.id for value in found.values if value.id not in found.papers]
    ids = {party.id, *values, *(plan.decision for plan in found.plans), *map(str, party.body.get("same_as") or ())}
    ids |= {
        name
        for (name,) in _rows(
            context, "SELECT source FROM reference WHERE studio_id = %s AND target = ANY(%s) AND role = 'same_as'", [party.id]
        )
    }
    rows = _rows(context, "SELECT DISTINCT production FROM head_production WHERE studio_id = %s AND id = ANY(%s)", sorted(ids))
    titles = {name for (name,) in rows}
    while titles - ids:
        ids |= titles
        above = read.current(context.conn, context.studio_id, titles).values()
        titles = {str(one.body["parent"]) for one in above if one.body.get("parent")}
    return ids


def _sharing(context: Context, holds: Iterable[Hold], sources: Sequence[str]) -> set[str]:
    """What holds name, themselves or as their titles, and what rests on one of these sources too: all runs of a sheet share its only copy."""
    held = {name for hold in holds for name in hold.held} if sources else set()
    found: set[str] = set()
    for name in sorted(held):
        under = titles = [name]
        while titles := [row[0] for row in _rows(context, _PARTS, titles) if row[0] not in under]:
            under = [*under, *titles]
        if context.conn.execute(
            _RESTS, {"studio": context.studio_id, "named": under, "sources": [f"%{each}%" for each in sources]}
        ).fetchone():
            found.add(name)
    return found


def _active(conn: Connection[Any], studio_id: str, now: datetime) -> tuple[Hold, ...]:
    """The holds of the studio that stop erasures now."""
    rows = conn.execute("SELECT id FROM head WHERE studio_id = %s AND kind = 'hold' ORDER BY first_index", (studio_id,)).fetchall()
    found = []
    for hold in read.current(conn, studio_id, [name for (name,) in rows]).values():
        body = hold.body
        if "erasure" in body.get("stops", ["erasure"]) and not _is_over(body, moments.micros(now)):
            named = [*body.get("targets", ()), *body.get("productions", ())]
            everything = not {"targets", "productions"} & body.keys()
            found.append(Hold(hold.id, str(body["type"]), _day(body.get("placed_at")), tuple(map(str, named)), everything=everything))
    return tuple(found)


def _holds(active: Iterable[Hold], reach: set[str]) -> Iterable[Hold]:
    """Those that name something within reach, each with what it holds of it, or nothing in particular."""
    for hold in active:
        held = tuple(name for name in hold.held if name in reach)
        if held or hold.everything:
            yield replace(hold, held=held)


def _held_papers(conn: Connection[Any], studio_id: str, active: Iterable[Hold]) -> tuple[str, ...]:
    """The papers that are on hold, by name or with their title."""
    named = sorted({name for hold in active for name in hold.held})
    rows = conn.execute(
        "SELECT id FROM head WHERE studio_id = %(studio)s AND kind = 'document' AND id = ANY(%(named)s)"
        " UNION SELECT id FROM head_production WHERE studio_id = %(studio)s AND kind = 'document' AND production = ANY(%(named)s)",
        {"studio": studio_id, "named": named},
    )
    return tuple(sorted(name for (name,) in rows))


def _is_over(body: Any, now: int) -> bool:
    """Whether a hold was lifted, or has run out; a day that cannot be read does not end it."""
    lifted, until = moments.moment(body.get("lifted_at")), moments.moment(body.get("until"))
    return bool((lifted and lifted[0] <= now) or (until and until[1] < now))


def _day(value: Any) -> str:
    return str(value.get("value") if isinstance(value, dict) else value)


def _rows(context: Context, statement: Any, names: Sequence[str]) -> list[tuple[Any, ...]]:
    return context.conn.execute(statement, (context.studio_id, list(names))).fetchall()
