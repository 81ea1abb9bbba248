"""What is kept about a person: secret values, papers, untouched sources; found from the references of every version.

A record may be linked to a person long after it was written (somebody says later whom a run shows, or whose paper it is), and old
editions kept under the studio's key, or in the clear, what is sealed for the person today. So it is asked here anew whom each
record is about, by all of its versions, and not only under which key a value lies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from psycopg import Connection

from schemas.fields import Personal, Sealed
from schemas.kinds import KINDS
from schemas.references import visit
from service.content.encrypted import Documents
from service.erasure.plans import Plan
from service.erasure.plans import find as find_plans
from service.ledger.items import Edge
from service.records.subjects import EVIDENCE_OF_ONE, OF_ONE_PERSON, People, Target, about

_CHUNK: Final = 2_000
_OWN: Final = frozenset({"received_from", "signatory"})


@dataclass(frozen=True, slots=True)
class Value:
    """One secret value about the person: where it stands, what the log holds of it, and whether it lies under a key that stays."""

    id: str
    pointer: str
    commitment: bytes
    key_stays: bool = False


@dataclass(frozen=True, slots=True)
class Traces:
    """What an erasure takes away, and what of the records around the person it cannot.

    `values` go; `papers` are documents that go whole, `sources` the contents of untouched sources, `plans` what decisions keep of
    planned subjects that name the person and lie under no key of theirs. `in_clear` are values of old
    entries that were not sealed then, `others` records with secret values that name the person and are about somebody else, or
    several people. Of the papers stay the `held`, the `spared` (the request), and the `shared`, on which others rest too.
    """

    values: tuple[Value, ...] = ()
    papers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    plans: tuple[Plan, ...] = ()
    in_clear: tuple[Value, ...] = ()
    others: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


@dataclass(slots=True)
class _Around:
    """The records around a person: of each version its edges, and whom it is about."""

    kinds: dict[str, str] = field(default_factory=dict)
    edges: dict[tuple[str, int], list[Edge]] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    people: dict[str, list[People]] = field(default_factory=dict)

    def is_about(self, record: str, party: str) -> bool:
        """Whether some version of a record is about this person and nobody else."""
        return any(people.main == (party,) for people in self.people.get(record, ()))

    def speaks_of(self, record: str, party: str) -> bool:
        """Whether some version of a record is about this person, alone or among others."""
        return any(party in people.all for people in self.people.get(record, ()))


def find(
    conn: Connection[Any], documents: Documents, studio_id: str, party_id: str, *, held: Iterable[str] = (), spared: Iterable[str] = ()
) -> Traces:
    """Return what is kept about a person. Papers on hold stay, and so do those that ask for the erasure."""
    found = _around(conn, studio_id, _candidates(conn, studio_id, party_id))
    asking, kept = tuple(sorted(spared)), frozenset(held)
    mine, shared = _papers(conn, studio_id, found, party_id, frozenset(asking))
    papers = tuple(name for name in mine if name not in kept)
    marks, in_clear, sources = _in_entries(conn, studio_id, found, party_id, papers)
    values: list[Value] = []
    others: dict[str, None] = {}
    for record, pointer, commitment, subject in _kept(conn, studio_id, party_id, (*found.kinds, *papers)):
        owners = (subject or "").split()
        if party_id in owners or record in papers:
            values.append(Value(record, pointer, commitment))
        elif subject is None and (record, commitment.hex()) in marks:
            values.append(Value(record, pointer, commitment, key_stays=True))
        elif not record.startswith("doc_"):
            others[record] = None
    stay = tuple(name for name in (*mine, *shared) if name in kept)
    shared = tuple(name for name in shared if name not in kept)
    plans = find_plans(conn, documents, studio_id, {party_id} | theirs(conn, studio_id, party_id))
    return Traces(tuple(values), papers, sources, plans, in_clear, tuple(sorted(others)), stay, asking, shared)


def _candidates(conn: Connection[Any], studio_id: str, party_id: str) -> set[str]:
    """The person, what names them, what is theirs, and what names that."""
    naming = _sources(conn, studio_id, [party_id])
    own = theirs(conn, studio_id, party_id)
    return {party_id} | naming | own | _sources(conn, studio_id, own)


def theirs(conn: Connection[Any], studio_id: str, party_id: str) -> set[str]:
    """The records that are about this person by their kind: their consents, engagements, replicas and the like."""
    rows = conn.execute(
        "SELECT id FROM head WHERE studio_id = %s AND party = %s AND (kind = ANY(%s) OR kind = 'evidence' AND type = ANY(%s))",
        (studio_id, party_id, sorted(OF_ONE_PERSON), sorted(EVIDENCE_OF_ONE)),
    )
    return {name for (name,) in rows}


def _sources(conn: Connection[Any], studio_id: str, targets: Iterable[str]) -> set[str]:
    rows = conn.execute("SELECT DISTINCT source FROM reference WHERE studio_id = %s AND target = ANY(%s)", (studio_id, sorted(targets)))
    return {name for (name,) in rows}


def _around(conn: Connection[Any], studio_id: str, records: set[str]) -> _Around:
    found = _Around()
    rows = conn.execute("SELECT id, kind FROM head WHERE studio_id = %s AND id = ANY(%s)", (studio_id, sorted(records)))
    found.kinds = dict(rows.fetchall())
    rows = conn.execute(
        "SELECT reference.source, reference.index, reference.role, reference.target, head.kind, head.version, head.type, head.party"
        " FROM reference JOIN head ON head.studio_id = reference.studio_id AND head.id = reference.target"
        " WHERE reference.studio_id = %s AND reference.source = ANY(%s)",
        (studio_id, sorted(records)),
    )
    for source, index, role, target, *columns in rows:
        found.edges.setdefault((source, index), []).append(Edge(role, target))
        found.targets[target] = Target(target, *columns)
    for (source, _), edges in found.edges.items():
        if source in found.kinds:
            found.people.setdefault(source, []).append(about(found.kinds[source], source, edges, found.targets))
    for name, kind in found.kinds.items():
        found.people.setdefault(name, [about(kind, name, (), {})])
    return found


def _papers(
    conn: Connection[Any], studio_id: str, found: _Around, party_id: str, spared: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The papers of the person alone, and those that somebody else rests on too."""
    named = {
        edge.target
        for (source, _), edges in found.edges.items()
        for edge in edges
        if edge.target.startswith("doc_") and found.is_about(source, party_id)
    }
    signed = {source for source, kind in found.kinds.items() if kind == "document" and _is_from(found, source, party_id)}
    papers = sorted((named | signed) - spared)
    resting: dict[str, set[str]] = {name: set() for name in papers}
    rows = conn.execute("SELECT DISTINCT target, source FROM reference WHERE studio_id = %s AND target = ANY(%s)", (studio_id, papers))
    for target, source in rows:
        if not source.startswith("hld_"):  # a hold rests on nothing; while it lives it is asked for by itself
            resting[target].add(source)
    users = set().union(*resting.values())
    wider = _around(conn, studio_id, users - found.kinds.keys()) if users - found.kinds.keys() else found
    alone = {
        name
        for name, sources in resting.items()
        if all(found.is_about(source, party_id) or wider.is_about(source, party_id) or source in resting for source in sources)
    }
    return tuple(name for name in papers if name in alone), tuple(name for name in papers if name not in alone)


def _is_from(found: _Around, document: str, party_id: str) -> bool:
    """Whether a paper that nothing else rests on came from the person, or was signed by nobody else."""
    edges = [edge for (source, _), several in found.edges.items() if source == document for edge in several if edge.role in _OWN]
    people = {person for edge in edges if (person := found.targets[edge.target].person())}
    return people == {party_id} or any(edge.role == "received_from" and edge.target == party_id for edge in edges)


def _in_entries(
    conn: Connection[Any], studio_id: str, found: _Around, party_id: str, papers: tuple[str, ...]
) -> tuple[set[tuple[str, str]], tuple[Value, ...], tuple[str, ...]]:
    """What the entries themselves say: the commitments about the person, what stands in the clear, and the contents of sources."""
    marks: set[tuple[str, str]] = set()
    clear: dict[tuple[str, str], Value] = {}
    sources: dict[str, None] = {}
    wanted = [name for name in found.kinds if found.speaks_of(name, party_id)]
    for record, kind, body in _bodies(conn, studio_id, sorted({*wanted, *papers})):
        whole = record in papers or found.is_about(record, party_id)
        for spot in visit(KINDS[kind].schema, body):
            if isinstance(spot.field, Sealed) and (spot.field.everyone or (whole and _default(spot.field, kind))):
                if isinstance(spot.value, Mapping) and spot.value.keys() == {"commitment"}:
                    marks.add((record, spot.value["commitment"]))
                else:
                    clear[record, spot.pointer] = Value(record, spot.pointer, b"")
        sources.update(dict.fromkeys(_contents(kind, body)) if kind == "generation" or record in papers else ())
    return marks, tuple(clear[name] for name in sorted(clear)), tuple(sources)


def _default(field: Sealed, kind: str) -> bool:
    """Whether a field goes with whom its record is about; one that names somebody else by a field of its own goes with them."""
    return field.subject in ((), ("self",)) or isinstance(field, Personal) or kind == "document"


def _contents(kind: str, body: Mapping[str, Any]) -> Iterator[str]:
    pieces = [piece["content"] for piece in body.get("raw") or ()] if kind == "generation" else [body.get("content")]
    yield from (piece["sha256"] for piece in pieces if piece)


def _bodies(conn: Connection[Any], studio_id: str, records: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for begin in range(0, len(records), _CHUNK):
        rows = conn.execute(
            "SELECT id, kind, bytes FROM entry WHERE studio_id = %s AND id = ANY(%s) ORDER BY index",
            (studio_id, records[begin : begin + _CHUNK]),
        )
        for record, kind, raw in rows:
            yield record, kind, orjson.loads(raw)["body"]


def _kept(conn: Connection[Any], studio_id: str, party_id: str, records: Iterable[str]) -> list[tuple[str, str, bytes, str | None]]:
    rows = conn.execute(
        "SELECT id, pointer, commitment, subject FROM disclosure WHERE studio_id = %(studio)s AND id = ANY(%(records)s)"
        " UNION SELECT id, pointer, commitment, subject FROM disclosure WHERE studio_id = %(studio)s AND subject = %(party)s"
        " ORDER BY id, pointer, commitment",
        {"studio": studio_id, "records": sorted(set(records)), "party": party_id},
    )
    return rows.fetchall()
