"""Forgetting a person: every secret value about them goes, with its salt and its key, and the log says that it went.

The fact is appended first, then the key is destroyed, then the rows are deleted. So a crash before the append leaves no trace, and
one behind it leaves a fact that is not true yet: `finish` makes it true, as a job, and so does whoever erases the person again.
What the log holds are commitments whose salts are gone; every proof, and every decision, stays what it was.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from service import errors
from service.content.vault import Vault
from service.context import Context, Idempotency
from service.ledger.log import Unchanged
from service.records import read, write
from service.records.model import Recorded, instant
from service.rules import moments

audit = logging.getLogger("clearance.audit")

LISTED: Final = 100
"""So many ids are named of what stays; the count says how many there are."""
_ATTEMPTS: Final = 4


@dataclass(frozen=True, slots=True)
class Value:
    """One secret value about the person: where it stands, and what the log holds of it."""

    id: str
    pointer: str
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold that stops the erasure, and what of it is held."""

    id: str
    type: str
    placed_at: str
    held: tuple[str, ...]

    def says(self) -> str:
        """The hold in words, with nothing of what it keeps secret."""
        what = f"holds {', '.join(self.held[:3])}" if self.held else "names nothing in particular, so it holds everything"
        return f"The {self.type} hold {self.id}, placed {self.placed_at[:10]}, {what}"


@dataclass(frozen=True, slots=True)
class Stays:
    """Something that an erasure does not reach: a stable code, a sentence, and the records to look at."""

    code: str
    says: str
    records: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {"code": self.code, "says": self.says, "count": len(self.records), "records": list(self.records[:LISTED])}


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased, or would be: the event that says so (none yet), and what could not be."""

    party: str
    values: tuple[Value, ...]
    stays: tuple[Stays, ...]
    holds: tuple[Hold, ...] = ()
    event: Recorded | None = None
    repeated: bool = False
    done: bool = False
    unchanged: Unchanged | None = None

    def document(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        counts = Counter(value.id for value in self.values)
        fields = {name: sorted({value.pointer for value in self.values if value.id == name}) for name in list(counts)[:LISTED]}
        told: dict[str, Any] = {
            "party": self.party, "erased": self.event is not None, "repeated": self.repeated, "values": len(self.values),
            "records": [{"id": name, "values": counts[name], "pointers": pointers} for name, pointers in fields.items()],
            "record_count": len(counts), "says": self.says(), "holds": [{"id": hold.id, "says": f"{hold.says()}."} for hold in self.holds],
            "not_erased": [each.document() for each in self.stays],
        }  # fmt: skip
        return told | ({"event": self.event.id, "erased_at": self.event.recorded_at} if self.event else {})

    def says(self) -> str:
        """What was done, in a sentence."""
        records = len({value.id for value in self.values})
        what = f"{len(self.values)} secret values of {records} records"
        if self.event is None:
            return f"{self.party} is on hold: nothing can be erased." if self.holds else f"{what} about {self.party} would be erased."
        if self.repeated:
            left = f"{what} were left behind{' and are gone now.' if self.done else '; erasing again finishes it.'}"
            rest = left if self.values else "Nothing is left to do."
            return f"{self.party} was erased on {self.event.recorded_at[:10]} (entry {self.event.index}). {rest}"
        return f"{what} about {self.party} are erased, with their salts and the key; entry {self.event.index} of the log says so."


def erase(context: Context, party_id: str, *, basis: str | None, document: str | None, key: Idempotency | None = None) -> Erased:
    """Erase a person and return what was done; twice is fine. Raises `Conflict` (`on_hold`), `NotFound`, `Forbidden`."""
    for attempt in range(_ATTEMPTS):
        found = foreseen(context, party_id)
        if found.event is None and found.holds:
            raise _on_hold(found)
        try:
            event = found.event or _append(context, found, basis, document, key)
        except errors.Conflict as refusal:
            if refusal.code == "changed_since_decision" and attempt + 1 < _ATTEMPTS:
                continue  # somebody wrote about them, or placed a hold, while we looked
            raise
        forget(context.conn, context.vault, context.studio_id, party_id)
        audit.info("erased", extra={"record": party_id, "event": event.id, "values": len(found.values), "actor": context.actor.account_id})
        return Erased(party_id, found.values, found.stays, (), event, repeated=found.repeated, done=True)
    raise AssertionError("the last attempt answers or raises")


def foreseen(context: Context, party_id: str) -> Erased:
    """Return what erasing would take away, what would stay, and which holds stop it; with its event if it was done before."""
    if context.actor.productions is not None:
        raise errors.Forbidden("A person is erased from every production, and your key is limited to some.", "outside_productions")
    head = context.ledger.head(context.conn, context.studio_id)
    party = read.get(context, "party", party_id)
    values = tuple(_values(context, party_id))
    event = _event(context, party_id)
    reach = _reach(context, party, values)
    holds = () if event else tuple(_holds(context, reach))
    unchanged = Unchanged(head.size if head else 0, frozenset(reach))
    return Erased(party_id, values, tuple(_stays(context, party, values)), holds, event, repeated=event is not None, unchanged=unchanged)


def forget(conn: Connection[Any], vault: Vault, studio_id: str, party_id: str) -> int:
    """Destroy the key, then delete what it had sealed; returns how many values went. Both may be done again and again."""
    vault.destroy(studio_id, party_id)
    row = conn.execute("SELECT erase_subject(%s)", (party_id,)).fetchone()
    return int(row[0]) if row else 0


def finish(conn: Connection[Any], vault: Vault, studio_id: str) -> int:
    """Do what the log says was done and a crash, or a restored backup, has left undone; returns how many values went."""
    rows = conn.execute(
        "SELECT DISTINCT reference.target FROM head JOIN reference USING (studio_id, index)"
        " WHERE head.studio_id = %s AND head.kind = 'event' AND head.type = 'erased' AND reference.role = 'target'"
        " AND EXISTS (SELECT FROM disclosure WHERE disclosure.studio_id = head.studio_id AND disclosure.subject = reference.target)",
        (studio_id,),
    ).fetchall()
    return sum(forget(conn, vault, studio_id, party_id) for (party_id,) in rows)


def _append(context: Context, found: Erased, basis: str | None, document: str | None, key: Idempotency | None) -> Recorded:
    """Append the fact, unless a hold or a new version of what it rests on slips in before it."""
    listed = "".join(f"{value.commitment.hex()}\n" for value in sorted(found.values, key=lambda value: value.commitment)).encode()
    erasure: dict[str, Any] = {"values": len(found.values), "records": len({value.id for value in found.values})}
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


def _values(context: Context, party_id: str) -> list[Value]:
    with context.conn.cursor(row_factory=class_row(Value)) as cursor:
        cursor.execute(
            "SELECT id, pointer, commitment FROM disclosure WHERE studio_id = %s AND subject = %s ORDER BY id, pointer, index",
            (context.studio_id, party_id),
        )
        return cursor.fetchall()


def _event(context: Context, party_id: str) -> Recorded | None:
    row = context.conn.execute(
        "SELECT head.id FROM reference JOIN head USING (studio_id, index)"
        " WHERE reference.studio_id = %s AND reference.target = %s AND reference.source_kind = 'evt' AND head.type = 'erased'"
        " ORDER BY reference.index LIMIT 1",
        (context.studio_id, party_id),
    ).fetchone()
    return read.get(context, "event", row[0]) if row else None


def _reach(context: Context, party: Recorded, values: Sequence[Value]) -> set[str]:
    """What a hold may name to stop it: the person under each of their ids, the records with values, the titles these belong to."""
    ids = {party.id, *(value.id for value in values), *map(str, party.body.get("same_as") or ())}
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


def _holds(context: Context, reach: set[str]) -> Iterable[Hold]:
    """The holds of the studio that stop an erasure now and name something within reach, or nothing in particular."""
    found = _rows(context, "SELECT id FROM head WHERE studio_id = %s AND kind = ANY(%s) ORDER BY first_index", ["hold"])
    for hold in read.current(context.conn, context.studio_id, [name for (name,) in found]).values():
        body = hold.body
        if "erasure" not in body.get("stops", ["erasure"]) or _is_over(body, moments.micros(context.now)):
            continue
        named = [*body.get("targets", ()), *body.get("productions", ())]
        held = tuple(name for name in map(str, named) if name in reach)
        if held or not {"targets", "productions"} & body.keys():
            yield Hold(hold.id, str(body["type"]), _day(body.get("placed_at")), held)


def _is_over(body: Any, now: int) -> bool:
    """Whether a hold was lifted, or has run out; a day that cannot be read does not end it."""
    lifted, until = moments.moment(body.get("lifted_at")), moments.moment(body.get("until"))
    return bool((lifted and lifted[0] <= now) or (until and until[1] < now))


def _day(value: Any) -> str:
    return str(value.get("value") if isinstance(value, dict) else value)


def _stays(context: Context, party: Recorded, values: Sequence[Value]) -> Iterable[Stays]:
    """What an erasure does not reach, so that somebody sees to it."""
    yield Stays("backups", "A backup of the database is unreadable without the key from now on, but a copy of the key directory made before"
                " still opens it: let those copies run out, and take no key of this person out of one.")  # fmt: skip
    yield Stays(
        "copies",
        "What was handed out before (bundles, packages, drafts of papers, answers, printed pages) is as it was: ask its receivers.",
    )
    yield Stays(
        "plain", "What is no secret field (ids, outside ids, dates of papers, scopes, an organisation's name) stands in the log for good."
    )
    for code, says, records in (
        ("same_person", "Other records of the same person have a key of their own: erase them too.", _same(context, party)),
        ("studio_values", "Values under the studio's own key that may speak of the person (fees, prompts, notes, counsel's reasons).",
         _beside(context, party, values)),
        ("papers", "Papers about the person keep their content, under the studio's key.", _about(context, party, values, "doc")),
        ("media", "What shows or sounds the person, and replicas of them, keep their content.", _media(context, party)),
    ):  # fmt: skip
        if records:
            yield Stays(code, says, tuple(records))


def _same(context: Context, party: Recorded) -> list[str]:
    rows = _rows(
        context, "SELECT DISTINCT source FROM reference WHERE studio_id = %s AND target = ANY(%s) AND role = 'same_as'", [party.id]
    )
    return sorted({*map(str, party.body.get("same_as") or ()), *(name for (name,) in rows)} - {party.id})


def _beside(context: Context, party: Recorded, values: Sequence[Value]) -> list[str]:
    """Records that name the person, or what is recorded about them, and hold secret values of another key."""
    rows = _rows(
        context,
        "SELECT DISTINCT disclosure.id FROM disclosure WHERE disclosure.studio_id = %s AND disclosure.subject IS NULL AND disclosure.id IN"
        " (SELECT source FROM reference WHERE reference.studio_id = disclosure.studio_id AND target = ANY(%s)) ORDER BY disclosure.id",
        [party.id, *{value.id for value in values}],
    )
    return [name for (name,) in rows]


def _about(context: Context, party: Recorded, values: Sequence[Value], kind: str) -> list[str]:
    """Records of a kind that the person's records name, or that name the person."""
    ids = [party.id, *{value.id for value in values}]
    named = _rows(context, "SELECT DISTINCT target FROM reference WHERE studio_id = %s AND source = ANY(%s)", ids)
    naming = _rows(context, "SELECT DISTINCT source FROM reference WHERE studio_id = %s AND target = ANY(%s)", [party.id])
    return sorted({name for (name,) in (*named, *naming) if name.startswith(f"{kind}_")})


def _media(context: Context, party: Recorded) -> list[str]:
    rows = _rows(
        context,
        "SELECT id FROM head WHERE studio_id = %s AND kind IN ('appearance', 'replica') AND party = ANY(%s) ORDER BY id",
        [party.id],
    )
    return [name for (name,) in rows]


def _rows(context: Context, statement: Any, names: Sequence[str]) -> list[tuple[Any, ...]]:
    return context.conn.execute(statement, (context.studio_id, list(names))).fetchall()
