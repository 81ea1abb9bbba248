"""What people's pages ask across records: names for ids, who refers to a record, where an asset stands, what is open or due.

Everything here reads `head`, `reference` and the entries; bodies pass through the same fences as in `records.read`
(studio, productions, protected fields).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from psycopg.rows import class_row

from schemas.kinds import KINDS
from service import errors, watch
from service.context import Context
from service.ledger.entry import leaf_hash
from service.records import read, search
from service.records.model import Recorded

REFERRERS = 500
ADVERSE = (
    "narrowed", "suspended", "withdrawn", "refused", "revoked", "terminated", "items_withdrawn", "certificate_distrusted", "opted_out",
    "tainted", "recalled", "barred", "quarantined",
)  # fmt: skip
"""The types of events that take something back."""

STANDING_LOOKBACK = 400
"""So many of the newest decisions are looked through for those that still stand."""


@dataclass(frozen=True, slots=True)
class Name:
    """What a record is called where its id is linked; `after` are other records whose names it uses, `opened` the people among all these
    (id and version) whose name was taken out of its seal.
    """

    id: str
    kind: str
    label: str
    version: int
    state: str | None = None
    after: frozenset[str] = frozenset()
    opened: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Referrer:
    """A record that refers to another one: the newest entry that did, and whether its current version still does."""

    source: str
    kind: str
    role: str
    index: int
    target_version: int | None
    affects: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Risk:
    """A release that rests on something which was taken back since (the newest event that did, and what it hit), or has just ended."""

    release: Recorded
    event: str = ""
    target: str = ""
    ended: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an asset stands: its newest decision, its newest release, and whether something hit it or the decision since."""

    decision: str | None = None
    outcome: str | None = None
    act: str | None = None
    release: str | None = None
    risk: Risk | None = None

    @property
    def state(self) -> str:
        """Return the one word that lists show."""
        if self.risk:
            return "at_risk"
        return "released" if self.release else self.outcome or "undecided"


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry as the ledger page lists it."""

    index: int
    kind: str
    id: str
    version: int
    recorded_at: datetime
    leaf: bytes


def studio_name(context: Context) -> str:
    """Return what the studio is called."""
    row = context.conn.execute("SELECT name FROM studio WHERE studio_id = %s", (context.studio_id,)).fetchone()
    return str(row[0]) if row else context.studio_id


def account_names(context: Context, accounts: Iterable[str]) -> dict[str, str]:
    """Return the names of accounts of this studio; unknown ones are absent."""
    wanted = sorted(set(accounts))
    rows = context.conn.execute(
        "SELECT account_id, name FROM account WHERE studio_id = %s AND account_id = ANY(%s)", (context.studio_id, wanted)
    ).fetchall()
    return dict(rows)


def names(context: Context, record_ids: Iterable[str], hops: int = 2) -> dict[str, Name]:
    """Return what to call each record that exists and that this actor may see; a person by name only to who may read that.

    What has no name of its own is called by what it is about (a consent by its person), at most `hops` records away.
    """
    current = read.current(context.conn, context.studio_id, record_ids)
    found = [recorded for recorded in current.values() if read.visible(context.actor, recorded)]
    sealed = [recorded for recorded in found if recorded.body.keys() & _SEALED_NAMES.get(recorded.kind, frozenset())]
    opened = {recorded.id: recorded for recorded in read.disclose(context, sealed, _NAMES)}
    abouts = {recorded.id: about for recorded in found if (about := _about(recorded))}
    others = names(context, set(abouts.values()) - current.keys(), hops - 1) if hops and abouts else {}
    named = {recorded.id: _name(opened.get(recorded.id, recorded)) for recorded in found}
    known = named | others

    def called(key: str, left: int) -> Name | None:
        name, about = known.get(key), abouts.get(key)
        return name if name is None or about is None or left == 0 else _called(name, called(about, left - 1))

    return {key: called(key, 2) or name for key, name in named.items()}


_SEALED_NAMES = {
    "party": frozenset({"professional_name"}), "document": frozenset({"title"}), "replica": frozenset({"name"}),
}  # fmt: skip
"""By kind: of what a record keeps secret, only this is needed to call it by it."""
_NAMES = frozenset(f"/{name}" for names in _SEALED_NAMES.values() for name in names)


def told_again(context: Context, opened: Iterable[tuple[str, int]]) -> None:
    """Write to the audit log that names of people, taken out of their seal a moment ago, are shown once more."""
    for record_id, version in opened:
        read.shown_to(context, record_id, version, _NAMES)


_ABOUT = {
    "appearance": ("asset", "{own} in {other}"),
    "consent": ("person", "{own} of {other}"),
    "licence": ("grantor", "{own} from {other}"),
    "event": ("targets", "{own}: {other}"),
    "decision": ("subjects", "{own} of {other}, decided"),
    "release": ("delivery assets", "Release of {other}"),
    "engagement": ("person", "{other}, {own}"),
}
"""By kind that has no name: the fields of which the first that is there says what it is about, and how the two make a name."""

_CODE = re.compile(r"[a-z]+(?:_[a-z]+)*(?:: [a-z]+(?:_[a-z]+)*)?")


def _about(recorded: Recorded) -> str | None:
    fields = _ABOUT.get(recorded.kind, ("",))[0].split()
    value = next((recorded.body[field] for field in fields if recorded.body.get(field)), None)
    first = value[0] if isinstance(value, list) and value else value
    return first.partition("@")[0] if isinstance(first, str) else None


def _called(name: Name, other: Name | None) -> Name:
    if other is None or name.kind not in _ABOUT:
        return name
    own = name.kind.capitalize() if name.label == _unnamed(name.kind, name.id) else name.label
    label = _ABOUT[name.kind][1].format(own=own, other=other.label)
    return replace(name, label=label, after=name.after | other.after | {other.id}, opened=name.opened | other.opened)


def _unnamed(kind: str, record_id: str) -> str:
    return f"{kind} {record_id[-6:]}"


def _name(recorded: Recorded) -> Name:
    kind, body = KINDS[recorded.kind], dict(recorded.body)
    label = kind.label(body)
    if label is not None and _CODE.fullmatch(label) and label not in (body.get("name"), body.get("title")):
        label = label.replace("_", " ").capitalize()
    if recorded.kind == "licence" and label:
        label = f"{label} licence"
    if recorded.kind == "review":
        label = f"Review: {_code(str(label)).replace('-', ' ').replace('_', ' ')}"
    known_as = body.get("professional_name")
    opened: frozenset[tuple[str, int]] = frozenset()
    if recorded.kind == "party" and isinstance(known_as, str):
        label, opened = known_as, frozenset({(recorded.id, recorded.version)})
    return Name(
        recorded.id, recorded.kind, label or _unnamed(recorded.kind, recorded.id), recorded.version, kind.state(body), opened=opened
    )


def _code(cause: str) -> str:
    """What is wrong, out of the key of a cause: `code@owner:paper`, or `rule#requirement:code`."""
    return cause.partition("@")[0] if "@" in cause else cause.rpartition(":")[2]


def referrers(context: Context, record_id: str) -> list[Referrer]:
    """Return who refers to a record, newest first, each source and role once; at most `REFERRERS` entries are looked at."""
    with context.conn.cursor(row_factory=class_row(Referrer)) as cursor:
        cursor.execute(
            "SELECT reference.source, head.kind, reference.role, reference.index, reference.target_version, reference.affects,"
            " reference.index = head.index AS current"
            " FROM reference JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source"
            " WHERE reference.studio_id = %(studio_id)s AND reference.target = %(target)s"
            " ORDER BY reference.index DESC, reference.position LIMIT %(limit)s",
            {"studio_id": context.studio_id, "target": record_id, "limit": REFERRERS},
        )
        newest: dict[tuple[str, str], Referrer] = {}
        for row in cursor:
            newest.setdefault((row.source, row.role), row)
    return list(newest.values())


def standing(context: Context, assets: Sequence[str]) -> dict[str, Standing]:
    """Return where each asset stands; one without a decision is absent."""
    decisions = _newest(context, assets, "subject", "decision")
    releases = _releases_of(context, assets)
    hit = {
        risk.release.id: risk for risk in at_risk(context, read.current(context.conn, context.studio_id, set(releases.values())).values())
    }
    found = {}
    for asset in decisions.keys() | releases.keys():
        decision, outcome, act, _ = decisions.get(asset, (None, None, None, 0))
        found[asset] = Standing(decision, outcome, act, releases.get(asset), hit.get(releases.get(asset, "")))
    return found


def _newest(context: Context, targets: Sequence[str], role: str, kind: str) -> dict[str, tuple[str, str | None, str | None, int]]:
    """Return by target the newest record of a kind that refers to it: id, state, type, index."""
    rows = context.conn.execute(
        "SELECT DISTINCT ON (reference.target) reference.target, head.id, head.state, head.type, reference.index"
        " FROM reference JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source"
        " WHERE reference.studio_id = %(studio_id)s AND reference.target = ANY(%(targets)s)"
        " AND reference.role = %(role)s AND head.kind = %(kind)s"
        " ORDER BY reference.target, reference.index DESC",
        {"studio_id": context.studio_id, "targets": list(targets), "role": role, "kind": kind},
    ).fetchall()
    return {target: (source, state, type_, index) for target, source, state, type_, index in rows}


def _releases_of(context: Context, assets: Sequence[str]) -> dict[str, str]:
    """Return the newest release of each asset, by itself or within a delivery. What was let go once stays out, whatever is decided later."""
    found = _newest(context, assets, "released", "release")
    deliveries = _newest(context, assets, "delivered", "delivery")
    whole = _newest(context, [each[0] for each in deliveries.values()], "released_delivery", "release")
    within = {asset: whole[delivery[0]] for asset, delivery in deliveries.items() if delivery[0] in whole}
    return {
        asset: max((each for each in (found.get(asset), within.get(asset)) if each), key=lambda each: each[3])[0]
        for asset in found | within
    }


def at_risk(context: Context, releases: Iterable[Recorded]) -> list[Risk]:
    """Return those of the releases whose decision read something that has ended, or that an event has taken back since the release."""
    let_go = {each.id: each for each in releases}
    decisions = read.current(context.conn, context.studio_id, [each.body["decision"].partition("@")[0] for each in let_go.values()])
    under = {each.id: decisions.get(each.body["decision"].partition("@")[0]) for each in let_go.values()}
    rests = {key: read_by(context, decision) for key, decision in under.items()}
    over = {
        key: decision.body["valid_until"] for key, decision in under.items() if decision and watch.ended(let_go[key], decision, context.now)
    }
    rows = context.conn.execute(
        "SELECT reference.target, reference.source, reference.index FROM reference"
        " JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.source"
        " WHERE reference.studio_id = %(studio_id)s AND reference.target = ANY(%(targets)s) AND reference.affects"
        " AND reference.index > %(since)s AND head.kind = 'event' AND head.type = ANY(%(types)s) ORDER BY reference.index",
        {
            "studio_id": context.studio_id, "targets": sorted(set().union(*rests.values())), "types": list(ADVERSE),
            "since": min((each.index for each in let_go.values()), default=0),
        },
    ).fetchall()  # fmt: skip
    found = {key: Risk(let_go[key], ended=until) for key, until in over.items()} | {
        key: Risk(let_go[key], event, target)
        for target, event, index in rows
        for key in let_go
        if index > let_go[key].index and target in rests[key]
    }
    return sorted(found.values(), key=lambda risk: -risk.release.index)


def read_by(context: Context, decision: Recorded | None) -> set[str]:
    """Return the records that a decision read; none where the list is not at hand."""
    listed = decision.body.get("read") if decision else None
    if not listed:
        return set()
    try:
        versions: list[tuple[str, int]] = orjson.loads(context.blobs.read(listed["sha256"]))
    except (errors.NotFound, errors.TooLarge, errors.Unavailable):
        return set()
    return {name for name, _ in versions}


def standing_decisions(context: Context) -> list[Recorded]:
    """Return the decisions that no newer one on the same subjects, act and profile has replaced, newest first."""
    page = search.find(context, "decision", search.Filter(), limit=STANDING_LOOKBACK)
    newest: dict[tuple[Any, ...], Recorded] = {}
    for decision in page.records:
        body = decision.body
        if not body.get("dry_run") and not body.get("hypothetical"):
            newest.setdefault(question(decision.id, body), decision)
    return list(newest.values())


def question(decision_id: str, body: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what makes two decisions answers to one question: subjects, act, profile and production."""
    subjects = tuple(sorted(subject.partition("@")[0] for subject in body.get("subjects", ())))
    return (subjects or decision_id, body.get("act"), body.get("profile"), body.get("production"))


def changed_since(context: Context, record_ids: Sequence[str], size: int) -> set[str]:
    """Return those of the records that got a new version, or an event that affects them, at or after a log size."""
    values = {"studio_id": context.studio_id, "ids": list(record_ids), "size": size}
    versions = context.conn.execute(
        "SELECT id FROM head WHERE studio_id = %(studio_id)s AND id = ANY(%(ids)s) AND index >= %(size)s", values
    ).fetchall()
    events = context.conn.execute(
        "SELECT DISTINCT target FROM reference WHERE studio_id = %(studio_id)s AND target = ANY(%(ids)s) AND index >= %(size)s AND affects",
        values,
    ).fetchall()
    return {record_id for (record_id,) in (*versions, *events)}


def releases_at_risk(context: Context, limit: int = 100) -> list[Risk]:
    """Return which of the newest releases rest on something that was taken back since."""
    return at_risk(context, search.find(context, "release", search.Filter(), limit=limit).records)


def open_obligations(context: Context, limit: int = 200) -> list[Recorded]:
    """Return what is owed, the earliest due first, without a date last; of at most `limit` open ones."""
    page = search.find(context, "obligation", search.Filter(columns={"state": "open"}), limit=limit)
    return sorted(page.records, key=lambda record: str(record.body.get("due_at", "~")))


def open_reviews(context: Context, limit: int = 50) -> list[Recorded]:
    """Return the questions that wait for a person, newest first."""
    return list(search.find(context, "review", search.Filter(columns={"state": "open"}), limit=limit).records)


def leaf_hashes(context: Context, indices: Sequence[int]) -> dict[int, bytes]:
    """Return the leaf hashes of entries, computed from their bytes and not taken from a column."""
    rows = context.conn.execute(
        "SELECT index, bytes FROM entry WHERE studio_id = %s AND index = ANY(%s)", (context.studio_id, list(indices))
    ).fetchall()
    return {index: leaf_hash(raw) for index, raw in rows}


def entries(context: Context, before: int | None, limit: int) -> list[EntryLine]:
    """Return the newest entries of the log below an index, newest first."""
    with context.conn.cursor(row_factory=class_row(EntryLine)) as cursor:
        cursor.execute(
            "SELECT index, kind, id, version, recorded_at, leaf FROM entry WHERE studio_id = %(studio_id)s"
            " AND (%(before)s::bigint IS NULL OR index < %(before)s) ORDER BY index DESC LIMIT %(limit)s",
            {"studio_id": context.studio_id, "before": before, "limit": limit},
        )
        return cursor.fetchall()
