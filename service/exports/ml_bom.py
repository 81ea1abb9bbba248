"""A model or an asset as a CycloneDX bill of materials: what it was made of, under which licences, and how complete that is.

Models and datasets are components with a model card and a description of their data; each run and training is a workflow of `formulation`;
what rests on what is the dependency graph. Nobody is named whose face or voice is in it: how many they are is said, and who they are is not.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from service.exports.names import date, day, instant, people, plain, stated, urn
from service.exports.spdx import KNOWN
from service.lineage.graph import Graph, Node
from service.records.standing import WHOLE, Standing
from service.version import VERSION

Body = Mapping[str, Any]

VERSIONS: Final = ("1.7", "1.6")
TYPES: Final = {"asset": "file", "model": "machine-learning-model", "dataset": "data", "source": "data", "replica": "data"}
READ: Final = frozenset({*TYPES, "generation", "licence"})
"""Kinds whose bodies a bill is made of."""
_HASHES: Final = {"sha256": "SHA-256", "sha512": "SHA-512", "sha1": "SHA-1", "md5": "MD5", "blake3": "BLAKE3"}
_ADAPTERS: Final = frozenset({"lora", "adapter", "fine_tune", "merge", "quantised"})
_SPACE: Final = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # the name space of URLs, RFC 9562


@dataclass(slots=True)
class Lineage:
    """What a bill is made of: the graph, the bodies in it that the reader may see, the names of parties that may be shown, and which are persons."""

    graph: Graph
    bodies: Mapping[str, Body]
    names: Mapping[str, str]
    people: frozenset[str] = frozenset()
    standing: Mapping[str, Standing] = field(default_factory=dict)
    younger: dict[str, list[str]] = field(default_factory=dict)
    older: dict[str, list[str]] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Know the nodes by id, and what each rests on."""
        self.nodes = {node.id: node for node in self.graph.nodes}
        for edge in self.graph.edges:
            self.older.setdefault(edge.younger, []).append(edge.older)
            self.younger.setdefault(edge.older, []).append(edge.younger)

    def resting(self, record: str, *kinds: str) -> list[str]:
        """What a record rests on directly, of these kinds, each once."""
        return [each for each in dict.fromkeys(self.older.get(record, ())) if self.nodes[each].kind in kinds]


def bill(lineage: Lineage, *, at: str, spec: str = VERSIONS[0]) -> dict[str, Any]:
    """Return the bill; the same lineage has the same serial number."""
    root = lineage.graph.root
    parts = [node for node in lineage.graph.nodes if node.kind in TYPES]
    told: dict[str, Any] = {
        "components": [_component(lineage, node) for node in parts if node.id != root],
        "dependencies": [_dependency(lineage, node.id) for node in parts],
        "compositions": list(_compositions(lineage, parts)),
        "properties": list(_properties(lineage)),
    } | stated(formulation=_formulation(lineage))  # fmt: skip
    subject = _component(lineage, lineage.nodes[root])
    content = orjson.dumps([spec, subject, told], option=orjson.OPT_SORT_KEYS)
    name = uuid.uuid5(_SPACE, f"{urn(root)}/{hashlib.sha256(content).hexdigest()}")
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{spec}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": spec,
        "serialNumber": f"urn:uuid:{name}",
        "version": 1,
        "metadata": {
            "timestamp": at,
            "tools": {"components": [{"type": "application", "name": "Clearance", "version": VERSION}]},
            "component": subject,
        },
    } | told  # fmt: skip


def _component(lineage: Lineage, node: Node) -> dict[str, Any]:
    body = lineage.bodies.get(node.id)
    told: dict[str, Any] = {
        "type": TYPES[node.kind],
        "bom-ref": urn(node.id),
        "name": node.label or node.kind,
        "version": str(node.version),
    }
    if body is None:
        return told | {"name": node.kind, "properties": [_property("hidden", "outside the productions you may see")]}
    own = [_property("kind", node.kind), *_own(body)]
    told |= stated(
        description=body.get("label"), hashes=_hashes(body.get("digests") or body.get("weights") or ()), licenses=list(_licences(lineage, node.id)),
    ) | _of_kind(lineage, node, body)  # fmt: skip
    return told | {"properties": own}


def _of_kind(lineage: Lineage, node: Node, body: Body) -> dict[str, Any]:
    if node.kind == "model":
        return _model(lineage, node, body)
    if node.kind == "asset":
        return stated(**{"mime-type": body.get("media_type")}) if "/" in str(body.get("media_type")) else {}
    data = {"type": "dataset" if node.kind == "dataset" else "other", "name": node.label or node.kind}
    return {"data": [data | _data(lineage, node, body)]}


def _model(lineage: Lineage, node: Node, body: Body) -> dict[str, Any]:
    vendor = lineage.names.get(plain(body.get("vendor")) or "")  # a person may be a vendor too; the name was asked for
    bases = [_ancestor(lineage, each) for each in lineage.resting(node.id, "model")]
    notes = f"A {body['type'].replace('_', ' ')} of the models named." if bases and body.get("type") in _ADAPTERS else None
    return stated(
        supplier={"name": vendor} if vendor else None,
        modelCard=_card(lineage, node, body),
        pedigree=stated(ancestors=bases, notes=notes) or None,
        externalReferences=[{"type": "website", "url": body["url"]}] if "url" in body else None,
    )


def _ancestor(lineage: Lineage, record: str) -> dict[str, Any]:
    node, body = lineage.nodes[record], lineage.bodies.get(record) or {}
    told = {"type": TYPES[node.kind], "name": node.label or node.kind, "version": str(node.version)}
    return told | stated(hashes=_hashes(body.get("weights") or ())) | {"properties": [_property("record", urn(record))]}


def _card(lineage: Lineage, node: Node, body: Body) -> dict[str, Any]:
    training = body.get("training") or {}
    modalities = [each for each in body.get("modalities") or () if each != "*"]
    parameters = stated(
        datasets=[{"ref": urn(each)} for each in lineage.resting(node.id, "dataset")],
        outputs=[{"format": each} for each in modalities],
    )
    shown = people(body)
    uses = stated(
        useCases=[training["purpose"]] if "purpose" in training else None,
        ethicalConsiderations=[{"name": f"It was trained on {shown}."}] if shown and shown != "none" else None,
    )
    told = [_property(f"training.{name}", value) for name in ("kind", "run") if isinstance(value := training.get(name), str)]
    told += [_property(f"training.{name}", value) for name in ("started_at", "finished_at") if (value := date(training.get(name)))]
    return {"bom-ref": f"{urn(node.id)}#card"} | stated(modelParameters=parameters or None, considerations=uses or None, properties=told)


def _data(lineage: Lineage, node: Node, body: Body) -> dict[str, Any]:
    """What a dataset or work holds, and how many people can be seen or heard in it."""
    found = people(body)
    owner = _party(lineage, body.get("owner"))
    items = body.get("items") or {}
    facts = [_property(f"items.{name}", str(items[name])) for name in ("sha256", "count", "root") if name in items]
    if "item_count" in body and not items:
        facts.append(_property("items.count", str(body["item_count"])))
    return stated(
        contents={"properties": facts} if facts else None,
        sensitiveData=[found] if found and found != "none" else None,
        governance={"owners": [{"contact" if name == "individual" else name: told} for name, told in owner.items()]} if owner else None,
    ) | {"description": _about(node, body)}  # fmt: skip


def _about(node: Node, body: Body) -> str:
    words = [node.kind, *(str(body[name]).replace("_", " ") for name in ("purpose", "type") if isinstance(body.get(name), str))]
    return ", ".join(words)


def _licences(lineage: Lineage, record: str) -> Iterator[dict[str, Any]]:
    for licence in lineage.resting(record, "licence"):
        body = lineage.bodies.get(licence)
        yield {"license": {"name": urn(licence)} if body is None else _licence(lineage, licence, body)}


def _licence(lineage: Lineage, licence: str, body: Body) -> dict[str, Any]:
    given = body.get("open_licence") or {}
    spdx = KNOWN.get(str(given.get("spdx")).lower())
    name = given.get("name") or given.get("spdx") or f"{(body.get('type') or 'licence').replace('_', ' ')} ({licence})"
    known: dict[str, Any] = ({"id": spdx} if spdx else {"name": name}) | stated(url=given.get("url"))
    parties = {role: told for role, side in (("licensor", "grantor"), ("licensee", "grantee")) if (told := _party(lineage, body.get(side)))}
    end = day((body.get("window") or {}).get("end"))
    perpetual = (body.get("window") or {}).get("perpetual") is True
    ends = {"expiration": f"{end}T23:59:59Z"} if end else {}
    kinds = {"licenseTypes": ["perpetual"]} if perpetual else {}
    stands = lineage.standing.get(licence, WHOLE)
    grants = [_property(f"{side}.granted", str(body[side]["granted"]).lower()) for side in ("training", "output") if side in body]
    grants += [_property("ended_by", urn(stands.ended_by))] if stands.ended_by else []
    grants += [_property("affected_by", urn(each)) for each in stands.affected_by]
    return (
        known
        | {"acknowledgement": "declared", "licensing": {"altIds": [urn(licence)]} | parties | kinds | ends}
        | stated(properties=grants)
    )


def _party(lineage: Lineage, reference: Any) -> dict[str, Any] | None:
    party = plain(reference) or ""
    name = lineage.names.get(party)
    return {"individual" if party in lineage.people else "organization": {"name": name}} if name else None


def _hashes(digests: Iterable[Body]) -> list[dict[str, str]]:
    return [{"alg": _HASHES[each["algorithm"]], "content": each["value"]} for each in digests if each["algorithm"] in _HASHES]


def _own(body: Body) -> Iterator[dict[str, str]]:
    """What CycloneDX has no field for and a reader of the bill asks for."""
    for name in ("type", "origin", "ai", "digital_source_type", "training_disclosure", "hosting", "plan_tier", "purpose", "kind", "grade"):
        if isinstance(body.get(name), str):
            yield _property(name, body[name])
    for name in ("trains_on_inputs", "contains_generated", "contains_recordings", "contains_commercials", "personal_data"):
        if isinstance(body.get(name), bool):
            yield _property(name, str(body[name]).lower())


def _dependency(lineage: Lineage, record: str) -> dict[str, Any]:
    """What a component rests on; a run in between stands for what went into it."""
    found = lineage.resting(record, *TYPES)
    for run in lineage.resting(record, "generation"):
        found += lineage.resting(run, *TYPES)
    return {"ref": urn(record)} | stated(dependsOn=[urn(each) for each in dict.fromkeys(found) if each != record])


def _compositions(lineage: Lineage, parts: list[Node]) -> Iterator[dict[str, Any]]:
    """How complete the bill is: cut off, with parts unknown, or as far as it is stated."""
    if lineage.graph.truncated:
        yield {"aggregate": "incomplete", "dependencies": [urn(lineage.graph.root)]}
    by_state: dict[str, list[str]] = {}
    for node in parts:
        if node.id != lineage.graph.root or not lineage.graph.truncated:
            by_state.setdefault(_complete(node, lineage.bodies.get(node.id)), []).append(urn(node.id))
    yield from ({"aggregate": state, "dependencies": refs} for state, refs in sorted(by_state.items()))


def _complete(node: Node, body: Body | None) -> str:
    """Whether a component says all that it was made of; what an asset or a work was made of is complete only where somebody says so."""
    if body is None or node.kind in {"source", "replica"}:
        return "unknown"
    if node.kind == "model":
        disclosed = body.get("training_disclosure") == "disclosed" and "datasets" in body and "base_models" in body
        return "complete" if disclosed else "unknown"
    if node.kind == "dataset":
        return "complete" if "parts" in body or "members" in body else "unknown"
    return "complete" if "parents" in body else "unknown"


def _formulation(lineage: Lineage) -> list[dict[str, Any]]:
    """How it was made: each run with what went in and what came out."""
    flows = [_workflow(lineage, node) for node in lineage.graph.nodes if node.kind == "generation"]
    return [{"bom-ref": f"{urn(lineage.graph.root)}#formulation", "workflows": flows}] if flows else []


def _workflow(lineage: Lineage, node: Node) -> dict[str, Any]:
    body = lineage.bodies.get(node.id) or {}
    tool = body.get("tool") or {}
    inputs = [{"resource": {"ref": urn(each)}} for each in lineage.resting(node.id, *TYPES)]
    made = [each for each in lineage.younger.get(node.id, ()) if lineage.nodes[each].kind in TYPES]
    name = " ".join(str(each) for each in (tool.get("name"), tool.get("version")) if each)
    return {"bom-ref": urn(node.id), "uid": node.id, "taskTypes": ["other"]} | stated(
        name=name or None,
        inputs=inputs,
        outputs=[{"resource": {"ref": urn(each)}} for each in dict.fromkeys(made)],
        timeStart=instant(body.get("started_at")),
        timeEnd=instant(body.get("generated_at")),
        properties=[_property("provider", body["provider"]["name"])] if "provider" in body else None,
    )


def _properties(lineage: Lineage) -> Iterator[dict[str, str]]:
    yield _property("record", urn(lineage.graph.root))
    yield _property("truncated", str(lineage.graph.truncated).lower())
    if lineage.graph.truncated:
        yield _property("says", f"The lineage was cut after {len(lineage.graph.nodes)} records; more lies beyond.")
    others: dict[str, int] = {}
    for node in lineage.graph.nodes:
        if node.kind not in {*TYPES, "generation", "licence"}:
            others[node.kind] = others.get(node.kind, 0) + 1
    yield from (_property(f"left_out.{kind}", str(count)) for kind, count in sorted(others.items()))


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"clearance:{name}", "value": value}


def parties(bodies: Mapping[str, Body]) -> set[str]:
    """Those whose names a bill may give: vendors, owners, and both sides of a licence."""
    roles = ("vendor", "owner", "grantor", "grantee")
    return {found for body in bodies.values() for role in roles if (found := plain(body.get(role)))}
