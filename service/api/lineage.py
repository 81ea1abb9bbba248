"""What a record rests on, what rests on it, what its end would reach, and which rights are left along the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas import dates
from schemas.kinds import BY_COLLECTION
from schemas.lineage import CertificateQuery, ImpactAnswer, ImpactQuery, LineageAnswer, LineageQuery, RightsAnswer, RightsQuery
from service import dataset_items, errors, rights
from service.api.operation import Answer, Call, View, operation
from service.context import Context
from service.lineage import cut, graph, impact, signed
from service.records import read

GRAPHS = (
    "assets",
    "generations",
    "models",
    "datasets",
    "replicas",
    "sources",
    "licences",
    "consents",
    "appearances",
    "deliveries",
    "releases",
)
IMPACTS = ("consents", "licences", "models", "datasets", "replicas", "sources", "assets", "generations")
RIGHTS = ("assets", "generations", "models", "datasets", "replicas", "sources", "deliveries")
_SHOWN = 500


def _graph_of(kind: str) -> View:
    def view(call: Call) -> Answer:
        read.get(call.context, kind, call.path["id"])
        query = call.query
        summary = query.get("summary") == "true"
        begin, last = _begin(query.get("cursor"))
        limit = begin + query.get("limit", graph.MOST_NODES if summary else _SHOWN)
        walk = graph.descendants if query.get("direction") == "descendants" else graph.ancestors
        found = walk(call.context, call.path["id"], depth=query.get("depth", 64), limit=limit, edges=not summary)
        if begin and (len(found.nodes) < begin or found.nodes[begin - 1].id != last):
            raise errors.invalid("/cursor", "The lineage has changed since this cursor was given; begin again without it.")
        told = found.document(summary=True)
        if not summary:
            shown = graph.graded(call.context, found.after(begin)).document()
            told |= {"nodes": shown["nodes"], "edges": shown["edges"]}
            if found.more and len(found.nodes) < graph.MOST_NODES:
                told["next"] = f"{len(found.nodes)}.{found.nodes[-1].id}"
        return Answer(told)

    return view


def _begin(cursor: str | None) -> tuple[int, str]:
    """How many nodes the pages before have shown, and the last of them."""
    number, _, last = (cursor or "0.").partition(".")
    if not (number.isascii() and number.isdigit() and int(number[:6]) < graph.MOST_NODES):
        raise errors.invalid("/cursor", "This is no cursor of a lineage; send the `next` of the page before.")
    return int(number), last


def _impact_of(kind: str) -> View:
    def view(call: Call) -> Answer:
        read.get(call.context, kind, call.path["id"])
        return Answer(
            told(
                call.context,
                impact.of(call.context, call.path["id"], limit=call.query.get("limit", impact.WORKLIST), cursor=call.query.get("cursor")),
            )
        )

    return view


def told(context: Context, found: impact.Impact) -> dict[str, Any]:
    """The impact as it is answered: with how many items of the datasets of its worklist stand under what ends, and what would free the rest.

    Whoever sees some titles only is not told of papers and models that others share.
    """
    reached = dataset_items.reached(context, found.root, [item.id for item in found.items if item.kind == "dataset"])
    answer = found.document() | ({"dataset_items": reached} if reached else {})
    if context.actor.productions is None:
        answer["cut"] = cut.of(context.conn, context.studio_id, found.root, found.within).document()
    return answer


@operation("GET", "/v1/certificates/{serial}/impact", permission="impact.read", tag="lineage", query=CertificateQuery(), answer=ImpactAnswer(),
           summary="What a signing certificate that is no longer trusted would reach", name="get_certificate_impact")  # fmt: skip
def _certificate_impact(call: Call) -> Answer:
    """The assets signed with it, which have to be signed again, and what rests on them."""
    serial, query = call.path["serial"], call.query
    seeds = signed.assets(call.context, serial, issuer=query.get("issuer"), trusted_until=query.get("trusted_until"))
    limit = query.get("limit", impact.WORKLIST)
    return Answer(impact.of_all(call.context, serial, seeds, limit=limit, cursor=query.get("cursor")).document())


def _rights_of(kind: str) -> View:
    def view(call: Call) -> Answer:
        read.get(call.context, kind, call.path["id"])
        at = call.query.get("at", call.context.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        found, truncated = along(call.context, call.path["id"], at)
        use = _use(call.query)
        told: dict[str, Any] = {
            "root": call.path["id"],
            "effective": rights.document(found.grant),
            "limited_by": {name: list(limits) for name, limits in found.limited_by.items()},
            "steps": [_step(step) for step in found.steps],
            "truncated": truncated,
        }
        if use != rights.Use():
            answers = rights.permits(found.grant, use)
            told["permits"] = {name: "unknown" if answer is None else answer for name, answer in answers.items()}
        return Answer(told)

    return view


def along(context: Context, record_id: str, at: str) -> tuple[rights.Effective, bool]:
    """Effective rights over the whole lineage of a record as they stand at an instant; True when the lineage was too large to walk whole.

    A lineage that was cut off leaves the rights unknown: what was not seen may limit.
    """
    found = graph.ancestors(context, record_id, limit=graph.MOST_NODES)
    bodies = graph.bodies(context, [node for node in found.nodes if node.kind in _BEARING])
    licences = {key: body for key, body in bodies.items() if key.startswith("lic_")}
    led: dict[str, list[str]] = {}
    used: dict[str, set[str]] = {}
    kinds = {node.id: node.kind for node in found.nodes}
    for edge in found.edges:
        used.setdefault(edge.older, set()).add(kinds[edge.younger])
        if edge.older in licences:
            led.setdefault(edge.younger, []).append(edge.older)
    lineage = [
        rights.Record(node.id, node.kind, bodies[node.id], tuple(led.get(node.id, ())), frozenset(used.get(node.id, {"asset"})))
        for node in found.nodes
        if node.id in bodies and node.kind != "licence"
    ]
    hidden = [rights.Bearer(node.id, None, rights.UNKNOWN, "outside the productions you may see") for node in found.nodes if node.hidden]
    bearers = rights.bearers(lineage, licences, graph.standing(context, licences, at), _settled(context, found, at))
    cut = [rights.Bearer(record_id, None, rights.UNKNOWN, "lineage too large to be walked whole")] if found.truncated else []
    return rights.effective([*bearers, *hidden, *cut]), found.truncated


_BEARING = frozenset({"asset", "source", "dataset", "model", "replica", "licence"})


def _settled(context: Context, found: graph.Graph, at: str) -> set[str]:
    """Models whose undisclosed training legal has accepted for a time that includes the instant."""
    settled = set()
    for paper in graph.papers(context, [node.id for node in found.nodes if node.kind == "model"], "evidence", "vendor_determination"):
        told = paper.body["details"]
        live = not dates.surely_before(at, told["decided_at"]) and not dates.surely_before(told["expires_at"], at)
        if live and told["outcome"] in {"accepted", "accepted_with_conditions"}:
            settled.add(told["model"].partition("@")[0])
    return settled


def _use(query: Mapping[str, Any]) -> rights.Use:
    lists = {
        name: tuple(query[name].split(",")) for name in ("media", "territories", "purposes", "productions", "languages") if name in query
    }
    return rights.Use(**lists, days=tuple(query[name] for name in ("start", "end") if name in query))


def _step(step: rights.Step) -> dict[str, Any]:
    told = {"record": step.bearer.record, "why": step.bearer.why, "narrowed": list(step.narrowed), "left": rights.document(step.left)}
    return told | ({"licence": step.bearer.licence} if step.bearer.licence else {})


def _declare(collection: str, what: str, view: View, query: Any, answer: Any, summary: str) -> None:
    noun = BY_COLLECTION[collection].name
    operation(
        "GET", f"/v1/{collection}/{{id}}/{what}", permission="impact.read" if what == "impact" else "lineage.read", tag="lineage", summary=summary.format(noun), query=query,
        answer=answer, name=f"get_{noun}_{what}",
    )(view)  # fmt: skip


_LINEAGE, _IMPACT, _RIGHTS = LineageQuery(), ImpactQuery(), RightsQuery()
for _collection in GRAPHS:
    _declare(
        _collection,
        "lineage",
        _graph_of(BY_COLLECTION[_collection].name),
        _LINEAGE,
        LineageAnswer(),
        "What this {} rests on, or what rests on it",
    )
for _collection in IMPACTS:
    _declare(
        _collection, "impact", _impact_of(BY_COLLECTION[_collection].name), _IMPACT, ImpactAnswer(), "What the end of this {} would reach"
    )
for _collection in RIGHTS:
    _declare(
        _collection,
        "rights",
        _rights_of(BY_COLLECTION[_collection].name),
        _RIGHTS,
        RightsAnswer(),
        "The rights left to this {} along its lineage",
    )
