"""The page of one asset: facts, lineage with the path that blocks, rights, credentials, decisions, history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from schemas.kinds import KINDS
from service import docket
from service.assets import digest_of
from service.context import Context
from service.lineage import graph as lineage
from service.records import read
from service.records.model import Recorded
from service.web import assets, causes, decisions, graph, ledger, present, rights
from service.web.page import Shown, Visit, page

LINEAGE = 1_500
"""So many records of a lineage are read; what is drawn one by one is fewer (`graph.CAP`)."""

TABLE = 600
FACTS = (
    "type", "origin", "ai", "digital_source_type", "stage", "version_state", "created_at", "created_by", "media_type", "bytes", "technical",
    "digests", "identifiers", "people", "scenes", "languages", "origin_evidence", "licences", "productions", "grade",
)  # fmt: skip
"""What the asset page shows of the body, in this order; the record page shows all of it."""


@page("/assets/<id>", permission="records.read")
def show(visit: Visit) -> Shown:
    """Show one asset."""
    context = visit.context
    record = read.disclose(context, [read.get(context, "asset", visit.path["id"])])[0]
    pointing = docket.referrers(context, record.id)
    asked = _referring(context, pointing, "decision", "subject")
    signed = _referring(context, pointing, "evidence", "signed_asset")
    standing = docket.standing(context, [record.id]).get(record.id, docket.Standing())
    decision = next((each for each in asked if each.id == standing.decision), None)
    cause = decisions.first_cause(context, decision) if decision and decision.body["outcome"] in ("blocked", "review") else None
    found = _lineage(context, record.id, decisions.blocking_path(context, decision))
    effective = rights.of_asset(context, record.id)
    ordered = present.in_order(KINDS["asset"].schema, record.body)
    body = {name: ordered[name] for name in FACTS if name in ordered}
    risk = [standing.risk.event, standing.risk.target] if standing.risk and standing.risk.event else []
    shown = [body, cause, risk, [(each.id, each.body) for each in signed], [each.limits for each in effective]]
    names = docket.names(context, {record.id, *found.kinds, *present.ids_in(shown)})
    label = names[record.id].label
    versions = read.versions(context, "asset", record.id)
    values = {
        "title": label, "here": "assets", "record": record, "label": label, "names": names, "standing": standing,
        "picture": assets.picture_of(context.blobs, record), "body": present.readable(body), "rights": effective,
        "reason": causes.reason(cause, {key: name.label for key, name in names.items()}) if cause else None,
        "credentials": _credentials(context, record, signed), "decisions": asked, "versions": ledger.proved(context, versions),
        "accounts": docket.account_names(context, (each.recorded_by for each in versions)),
        **_drawing(found, names, record.id),
    }  # fmt: skip
    return Shown("asset.html", values)


def _referring(context: Context, pointing: Iterable[docket.Referrer], kind: str, role: str) -> list[Recorded]:
    """Return the records of a kind that refer to the asset in a role, newest first, as this actor may see them."""
    sources = [each.source for each in pointing if each.kind == kind and each.role == role and each.current]
    found = read.current(context.conn, context.studio_id, sources)
    return read.disclose(context, [found[each] for each in sources if each in found and read.visible(context.actor, found[each])])


_SIGNED = ("signed_at", "signer", "label", "media_type", "digests", "decision")


def _credentials(context: Context, record: Recorded, signed: Iterable[Recorded]) -> list[dict[str, Any]]:
    """Return the signings and what the file brought along, each with its state, a title and its facts."""
    found = []
    for each in signed:
        details = each.body.get("details", {})
        facts = {"record": each.id, **{name: details[name] for name in _SIGNED if name in details}}
        if "lineage" in details:
            facts["ingredients"] = details["lineage"] or "nothing wrong with them"
        ours = _signed_here(context, record.id, details)
        title = f"Signed here, {details.get('form', '')}".rstrip(", ") if ours else "Stated in a record; not signed by this service"
        found.append({"state": details.get("state") if ours else "unknown", "title": title, "facts": present.readable(facts), "here": ours})
    found.sort(key=lambda each: not each["here"])
    incoming = record.body.get("credentials")
    if incoming:
        facts = {name: value for name, value in incoming.items() if name != "state"}
        found.append({"state": incoming.get("state"), "title": "As it arrived", "facts": present.readable(facts), "here": False})
    return found


def _signed_here(context: Context, asset: str, details: Mapping[str, Any]) -> bool:
    """Tell whether we hold what was signed: anybody may record such evidence, only a signing leaves its bytes with the asset."""
    kept = digest_of(details, "sha256"), (details.get("manifest") or {}).get("sha256")
    return all(digest is not None and context.blobs.granted(asset, digest) for digest in kept)


@dataclass(frozen=True, slots=True)
class _Lineage:
    """What an asset rests on and what rests on it; `way` is the blocking path, as far as it lies here."""

    kinds: Mapping[str, str]
    edges: Sequence[graph.Edge]
    way: Sequence[str]
    truncated: bool
    counts: Sequence[tuple[str, int, int]]
    """Of a lineage larger than what is read: kind, how many lie before the asset, how many behind it."""


def _lineage(context: Context, asset: str, path: Iterable[str]) -> _Lineage:
    older, younger = lineage.ancestors(context, asset, limit=LINEAGE), lineage.descendants(context, asset, limit=LINEAGE)
    kinds = {node.id: node.kind for node in (*older.nodes, *younger.nodes)}
    way = [each for each in path if each in kinds]
    steps = {frozenset(pair) for pair in pairwise(way)}
    edges = [
        graph.Edge(edge.older, edge.younger, edge.role, frozenset((edge.older, edge.younger)) in steps)
        for edge in (*older.edges, *younger.edges)
    ]
    truncated = older.truncated or younger.truncated
    counts = _counts(context, asset) if truncated else ()
    return _Lineage(kinds, list(dict.fromkeys(edges)), way if len(way) > 1 else (), truncated, counts)


def _counts(context: Context, asset: str) -> list[tuple[str, int, int]]:
    """How much lies on either side of the asset, by kind, as far as the API counts too."""
    before, behind = (
        walk(context, asset, limit=lineage.MOST_NODES, edges=False).summary()["by_kind"]
        for walk in (lineage.ancestors, lineage.descendants)
    )
    return [(kind, before.get(kind, 0), behind.get(kind, 0)) for kind in sorted({*before, *behind})]


def _drawing(found: _Lineage, names: Mapping[str, docket.Name], asset: str) -> dict[str, Any]:
    marked = set(found.way)
    nodes = [
        graph.Node(key, kind, names[key].label if key in names else "outside your productions", key in marked)
        for key, kind in found.kinds.items()
    ]
    edges = sorted(found.edges, key=lambda edge: not edge.marked)
    return {
        "drawing": graph.draw(nodes, edges, asset) if len(nodes) > 1 else None, "edges": edges[:TABLE],
        "edges_left": max(0, len(edges) - TABLE), "kinds": found.kinds, "marked": bool(marked), "truncated": found.truncated,
        "counts": found.counts,
    }  # fmt: skip
