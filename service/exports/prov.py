"""A lineage as W3C PROV, in PROV-JSON: the form that PROV tools read without an RDF store, and that can be written piece by piece.

Assets, sources, datasets, models, replicas and papers are entities; runs, trainings, releases, deliveries and withdrawals are activities; people,
organisations and tools are agents. What rests on what is told by `used`, `wasGeneratedBy` and `wasDerivedFrom`; what only limits or appears,
as a licence, a consent or a person does, by `wasInfluencedBy`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from service.exports.names import TERMS, URN, date, instant, plain, sha256, stated
from service.lineage.graph import Edge, Node

Body = Mapping[str, Any]

MEDIA_TYPE: Final = "application/json"
PREFIXES: Final = {"clearance": URN, "term": TERMS}
ACTIVITIES: Final = frozenset({"generation", "release", "delivery"})
AGENTS: Final = frozenset({"party"})
_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "asset": ("created_by",), "model": ("vendor",), "source": ("authors", "owner"), "licence": ("grantor",), "replica": ("made_by",),
}  # fmt: skip
_MADE_FROM: Final = frozenset({
    "parent", "cut_item", "origin", "take", "item", "source", "derived_from", "base_model", "dataset", "source_media", "capture_session",
    "replica_file", "model", "replica",
})  # fmt: skip
"""Roles of edges between entities by which the younger was made out of the older; the others are limits and appearances."""
_MATERIAL: Final = frozenset({"asset", "source", "replica"})
_PAIRS: Final = 400
_ENDS: Final = frozenset({"withdrawn", "revoked", "terminated", "expired", "superseded", "deleted"})
_SECTIONS: Final = (
    "entity", "activity", "agent", "used", "wasGeneratedBy", "wasDerivedFrom", "hadMember", "wasInfluencedBy", "wasAttributedTo",
    "wasAssociatedWith", "actedOnBehalfOf", "wasInvalidatedBy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: the section it belongs to, its id (None for a relation, which gets a number), and what it says."""

    section: str
    says: Mapping[str, Any]
    id: str | None = None


@dataclass(slots=True)
class Document:
    """A document that grows; each statement is kept as the bytes it will be."""

    sections: dict[str, list[bytes]] = field(default_factory=lambda: {name: [] for name in _SECTIONS})
    known: set[tuple[str, str]] = field(default_factory=set)
    agents: dict[str, str] = field(default_factory=dict)
    number: int = 0

    def add(self, statements: Iterable[Statement]) -> None:
        """Add statements; what is declared twice stays as it was first."""
        for each in statements:
            if each.section == "agent" and each.id and (party := _party_of(each.id)):
                self.agents.setdefault(each.id, party)
                continue
            if each.id is None:
                self.number += 1
            elif (each.section, each.id) in self.known:
                continue
            else:
                self.known.add((each.section, each.id))
            self.sections[each.section].append(orjson.dumps(each.id or f"_:r{self.number}") + b":" + orjson.dumps(each.says))

    def parties(self) -> list[str]:
        """The parties that were named as agents."""
        return sorted(set(self.agents.values()))

    def close(self, kinds: Mapping[str, str], names: Mapping[str, str]) -> bytes:
        """Return the whole; `kinds` says of parties whether they are persons or organisations, `names` those that may be shown."""
        for qname, party in self.agents.items():
            self.sections["agent"].append(orjson.dumps(qname) + b":" + orjson.dumps(_agent(kinds.get(party), names.get(party))))
        parts = [b'"prefix":' + orjson.dumps(PREFIXES)]
        parts += [orjson.dumps(name) + b":{" + b",".join(found) + b"}" for name, found in self.sections.items() if found]
        return b"{" + b",".join(parts) + b"}"


def _party_of(qname: str) -> str | None:
    found = qname.removeprefix("clearance:")
    return found if found.startswith("pty_") else None


def _agent(kind: str | None, name: str | None) -> dict[str, Any]:
    types = {"person": "Person", "organisation": "Organization"}
    return stated(**{"prov:type": [_type(f"prov:{types[kind]}")] if kind in types else None, "prov:label": name})


def cover(root: str, direction: str, nodes: int, *, truncated: bool, at: str) -> Iterator[Statement]:
    """What this document is, and whether it is the whole lineage."""
    says = f"The lineage was cut after {nodes} records; more lies beyond." if truncated else "The whole lineage, as far as it is recorded."
    yield Statement("entity", {
        "prov:type": _type("term:Export"), "prov:label": says, "term:root": _type(f"clearance:{root}"), "term:direction": direction,
        "term:records": nodes, "term:truncated": truncated, "term:exportedAt": at,
    }, f"clearance:export.{root}")  # fmt: skip


def of_node(node: Node, body: Body | None) -> Iterator[Statement]:
    """What is said of one record; without its body (it lies outside what the reader may see) its kind alone."""
    name = _name(node.id)
    if node.kind in AGENTS:
        yield Statement("agent", {}, name)
    elif node.kind in ACTIVITIES:
        yield Statement("activity", _activity(node, body or {}), name)
        yield from _who(name, body or {})
    else:
        yield Statement("entity", _entity(node, body or {}), name)
        for role in _BY.get(node.kind, ()):
            yield from _attributed(name, role, body or {})
        if node.kind == "model" and body is not None and body.keys() & {"training", "base_models", "datasets"}:
            yield from _training(name, body.get("training") or {})


def _entity(node: Node, body: Body) -> dict[str, Any]:
    types = [_type(f"term:{node.kind}")]
    types += [_type("prov:Collection")] if node.kind == "dataset" else [_type("prov:Plan")] if node.kind in {"licence", "consent"} else []
    return _common(node, types) | stated(**{
        "term:sha256": sha256(body) or sha256(body, "weights"), "term:mediaType": body.get("media_type"), "term:origin": body.get("origin"),
        "term:digitalSourceType": body.get("digital_source_type"), "term:createdAt": date(body.get("created_at")), "term:grade": body.get("grade"),
        "term:trainingDisclosure": body.get("training_disclosure"), "term:items": body.get("item_count"),
    })  # fmt: skip


def _activity(node: Node, body: Body) -> dict[str, Any]:
    return _common(node, [_type(f"term:{node.kind}")]) | stated(**{
        "prov:startTime": instant(body.get("started_at")), "prov:endTime": instant(body.get("generated_at")),
        "term:startedAt": date(body.get("started_at")), "term:generatedAt": date(body.get("generated_at")), "term:adapter": body.get("adapter"),
        "term:provider": (body.get("provider") or {}).get("name"), "term:stage": body.get("stage"), "term:grade": body.get("grade"),
    })  # fmt: skip


def _common(node: Node, types: list[Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"prov:type": types[0] if len(types) == 1 else types}
    if node.hidden:
        return told | {"term:hidden": True}
    return told | stated(**{"prov:label": node.label, "term:version": node.version, "term:type": node.type, "term:state": node.state})


def _who(activity: str, body: Body) -> Iterator[Statement]:
    """Who ran it, for whom, and with which tool."""
    operator, employer = (plain(body.get(role)) for role in ("operator", "employer"))
    for role, party in (("operator", operator), ("employer", employer)):
        if party:
            yield Statement("agent", {}, _name(party))
            yield Statement("wasAssociatedWith", {"prov:activity": activity, "prov:agent": _name(party), "prov:role": role})
    if operator and employer:
        says = {"prov:delegate": _name(operator), "prov:responsible": _name(employer), "prov:activity": activity}
        yield Statement("actedOnBehalfOf", says)
    tool = body.get("tool") or {}
    if tool.get("name"):
        agent = f"clearance:tool.{hashlib.sha256(orjson.dumps([tool['name'], tool.get('version')])).hexdigest()[:16]}"
        says = {"prov:type": _type("prov:SoftwareAgent"), "prov:label": tool["name"]} | stated(**{"term:version": tool.get("version")})
        yield Statement("agent", says, agent)
        yield Statement("wasAssociatedWith", {"prov:activity": activity, "prov:agent": agent, "prov:role": "tool"})


def _attributed(entity: str, role: str, body: Body) -> Iterator[Statement]:
    given = body.get(role)
    for party in given if isinstance(given, list) else [given]:
        if found := plain(party):
            yield Statement("agent", {}, _name(found))
            yield Statement("wasAttributedTo", {"prov:entity": entity, "prov:agent": _name(found), "term:role": role})


def _training(model: str, training: Body) -> Iterator[Statement]:
    """The run that made a model, which stands in the model's own record."""
    activity = f"{model}.training"
    yield Statement("activity", {"prov:type": _type("term:training")} | stated(**{
        "prov:startTime": instant(training.get("started_at")), "prov:endTime": instant(training.get("finished_at")),
        "term:startedAt": date(training.get("started_at")), "term:finishedAt": date(training.get("finished_at")), "term:kind": training.get("kind"),
    }), activity)  # fmt: skip
    yield Statement("wasGeneratedBy", {"prov:entity": model, "prov:activity": activity})
    if party := plain(training.get("by")):
        yield Statement("agent", {}, _name(party))
        yield Statement("wasAssociatedWith", {"prov:activity": activity, "prov:agent": _name(party)})


def of_edge(edge: Edge, kinds: Mapping[str, str]) -> Iterator[Statement]:
    """What the younger record owes to the older."""
    younger, older = _name(edge.younger), _name(edge.older)
    first, second = kinds[edge.younger], kinds[edge.older]
    told = {"term:role": edge.role} | stated(**{"term:grade": edge.grade, "term:pinned": edge.version})
    if first not in ACTIVITIES and second == "generation":
        yield Statement("wasGeneratedBy", {"prov:entity": younger, "prov:activity": older, **told})
    elif first in ACTIVITIES and second not in ACTIVITIES | AGENTS:
        yield Statement("used", {"prov:activity": younger, "prov:entity": older, **told})
    elif first == "model" and edge.role in {"base_model", "dataset"}:
        activity = f"{younger}.training"
        yield Statement("used", {"prov:activity": activity, "prov:entity": older, **told})
        yield Statement("wasDerivedFrom", {"prov:generatedEntity": younger, "prov:usedEntity": older, "prov:activity": activity, **told})
    elif edge.role in _MADE_FROM and second not in ACTIVITIES | AGENTS:
        yield Statement("wasDerivedFrom", {"prov:generatedEntity": younger, "prov:usedEntity": older, **told})
        if edge.role == "item":
            yield Statement("hadMember", {"prov:collection": younger, "prov:entity": older})
    else:
        yield Statement("wasInfluencedBy", {"prov:influencee": younger, "prov:influencer": older, **told})


def of_runs(edges: Iterable[Edge], kinds: Mapping[str, str]) -> Iterator[Statement]:
    """What came out of a run was derived from what went into it: PROV does not conclude that from `used` and `wasGeneratedBy`.

    A run with more pairs than `_PAIRS` is left to those two.
    """
    made: dict[str, list[str]] = {}
    given: dict[str, list[str]] = {}
    for edge in edges:
        if kinds[edge.older] == "generation" and kinds[edge.younger] in _MATERIAL:
            made.setdefault(edge.older, []).append(edge.younger)
        elif kinds[edge.younger] == "generation" and kinds[edge.older] in _MATERIAL:
            given.setdefault(edge.younger, []).append(edge.older)
    for run, outputs in made.items():
        outs, ins = list(dict.fromkeys(outputs)), list(dict.fromkeys(given.get(run, ())))
        for out in outs if len(outs) * len(ins) <= _PAIRS else ():
            for each in ins:
                says = {"prov:generatedEntity": _name(out), "prov:usedEntity": _name(each), "prov:activity": _name(run)}
                yield Statement("wasDerivedFrom", says)


def of_event(event: str, body: Body, kinds: Mapping[str, str]) -> Iterator[Statement]:
    """A withdrawal or another event, and what it did to the records of this lineage."""
    name = _name(event)
    when = stated(**{"prov:startTime": instant(body["effective_at"]), "term:effectiveAt": date(body["effective_at"])})
    yield Statement("activity", {"prov:type": [_type("term:event"), _type(f"term:{body['type']}")], **when}, name)
    whole = not body.keys() & {"scope", "items", "item_identifiers"}
    for target in filter(kinds.__contains__, map(plain, body.get("targets") or ())):
        if body["type"] in _ENDS and whole and target:
            says = {"prov:entity": _name(target), "prov:activity": name} | stated(**{"prov:time": instant(body["effective_at"])})
            yield Statement("wasInvalidatedBy", says)
        elif target:
            yield Statement("wasInfluencedBy", {"prov:influencee": _name(target), "prov:influencer": name})


def _name(record: str) -> str:
    return f"clearance:{record}"


def _type(name: str) -> dict[str, str]:
    return {"$": name, "type": "xsd:QName"}
