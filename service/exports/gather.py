"""What the exports are made of, read from the ledger: lineages, datasets with their papers, and the names that may be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from service.context import Context
from service.exports import ml_bom, prov
from service.exports.croissant import Dataset
from service.exports.names import plain
from service.lineage import graph
from service.records import read
from service.records.model import Recorded, instant
from service.records.standing import Standing

Body = Mapping[str, Any]

GRADED: Final = 5_000
"""Of a larger lineage the edges are told without their evidence grades, which stand in the records themselves."""
_CHUNK: Final = 1_000
_NAMES: Final = frozenset({"/professional_name", "/legal_name"})
_AFFECTED: Final = frozenset({"licence", "consent", "model", "dataset", "replica", "source", "asset", "release"})


@dataclass(frozen=True, slots=True)
class Parties:
    """What may be said of parties: which are persons or organisations, and the names that may be shown."""

    kinds: Mapping[str, str]
    names: Mapping[str, str]

    @property
    def people(self) -> frozenset[str]:
        """Those that are persons."""
        return frozenset(key for key, kind in self.kinds.items() if kind == "person")


def parties(context: Context, wanted: Iterable[str], *, named: bool) -> Parties:
    """Return what may be said of these parties; persons are named only where that is asked for and the actor may read their names."""
    kinds: dict[str, str] = {}
    names: dict[str, str] = {}
    for records in _current(context, sorted(set(wanted))):
        kinds |= {each.id: each.body["type"] for each in records}
        names |= {each.id: each.body["name"] for each in records if each.body["type"] == "organisation"}
        people = [each for each in records if each.body["type"] == "person"] if named else []
        for each in read.disclose(context, people, _NAMES):
            told = next((value for name in ("professional_name", "legal_name") if isinstance(value := each.body.get(name), str)), None)
            names |= {each.id: told} if told else {}
    return Parties(kinds, names)


def _current(context: Context, wanted: Sequence[str]) -> Iterator[list[Recorded]]:
    for some in _chunks(wanted):
        found = read.current(context.conn, context.studio_id, some)
        yield [each for each in found.values() if read.visible(context.actor, each)]


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


def lineage_prov(context: Context, root: str, *, direction: str, depth: int, limit: int, named: bool) -> tuple[bytes, bool]:
    """Return the lineage as PROV-JSON, and whether it was cut; bodies are read in pieces and only the finished statements are kept."""
    walk = graph.descendants if direction == "descendants" else graph.ancestors
    found = walk(context, root, depth=depth, limit=limit)
    found = graph.graded(context, found) if len(found.nodes) <= GRADED else found
    kinds = {node.id: node.kind for node in found.nodes}
    document = prov.Document()
    document.add(prov.cover(root, direction, len(found.nodes), truncated=found.truncated, at=_instant(context.now)))
    for some in _chunks(found.nodes):
        bodies = graph.bodies(context, some)
        for node in some:
            document.add(prov.of_node(node, bodies.get(node.id)))
    for edge in found.edges:
        document.add(prov.of_edge(edge, kinds))
    document.add(prov.of_runs(found.edges, kinds))
    for some in _chunks([node.id for node in found.nodes if node.kind in _AFFECTED and not node.hidden]):
        for event in graph.events(context, some):
            if read.visible(context.actor, event):
                document.add(prov.of_event(event.id, event.body, kinds))
    told = parties(context, document.parties(), named=named)
    return document.close(told.kinds, told.names), found.truncated


def lineage_bill(context: Context, root: str, *, limit: int, spec: str, named: bool) -> tuple[dict[str, Any], bool]:
    """Return the bill of materials of a lineage, and whether it was cut."""
    found = graph.ancestors(context, root, limit=limit)
    bodies: dict[str, Body] = {}
    for some in _chunks([node for node in found.nodes if node.kind in ml_bom.READ]):
        bodies |= graph.bodies(context, some)
    told = parties(context, ml_bom.parties(bodies), named=named)
    stands = standing(context, [key for key in bodies if key.startswith("lic_")])
    lineage = ml_bom.Lineage(found, bodies, told.names, told.people, stands)
    return ml_bom.bill(lineage, at=_instant(context.now), spec=spec), found.truncated


def dataset(context: Context, recorded: Recorded, *, named: bool) -> tuple[Dataset, list[str], list[str]]:
    """Return a dataset with its papers, the consents that it rests on, and where the owners of its sources are at home."""
    found = graph.ancestors(context, recorded.id, depth=2, limit=5_000)
    bodies = graph.bodies(context, [node for node in found.nodes if node.kind in {"source", "licence", "dataset"}])
    direct = {edge.older for edge in found.edges if edge.younger == recorded.id}
    licences, unlicensed = _papers(recorded.body, found)
    sources = {key: bodies[key] for key in sorted(direct) if key in bodies and key.startswith("src_")}
    owners = [party for source in sources.values() for party in (*(source.get("authors") or ()), source.get("owner")) if party]
    sides = [side for key in licences if key in bodies for name in ("grantor", "grantee") if (side := bodies[key].get(name))]
    told = parties(context, [party for each in (*owners, *sides) if (party := plain(each))], named=named)
    whole = Dataset(
        recorded.id,
        recorded.version,
        recorded.recorded_at,
        recorded.body,
        sources,
        {key: bodies[key] for key in sorted(licences) if key in bodies},
        {key: bodies[key] for key in sorted(direct) if key in bodies and key.startswith("dst_")},
        {**told.names, **{key: source["title"] for key, source in sources.items()}},
        told.people,
        _studio(context),
        unlicensed=unlicensed or any(key not in bodies for key in licences),
        standing=standing(context, sorted(licences)),
    )
    consents = [node.id for node in found.nodes if node.kind == "consent" and node.id in direct]
    return whole, consents, _domiciles(context, owners)


def _papers(body: Body, found: graph.Graph) -> tuple[set[str], bool]:
    """The licences of a dataset's parts, by the source where a part names none; and whether a part has none at all."""
    kinds = {node.id: node.kind for node in found.nodes}
    of_source: dict[str, set[str]] = {}
    for edge in found.edges:
        if kinds[edge.younger] == "source" and kinds[edge.older] == "licence":
            of_source.setdefault(edge.younger, set()).add(edge.older)
    licences: set[str] = set()
    parts = [part for name in ("parts", "members") for part in body.get(name) or ()]
    unlicensed = not parts or bool((body.get("list_reading") or {}).get("without_licence"))
    for part in parts:
        covering = {plain(part["licence"]) or ""} if "licence" in part else of_source.get(plain(part.get("source")) or "", set())
        licences |= covering
        unlicensed = unlicensed or not covering
    return licences, unlicensed


def _domiciles(context: Context, owners: Iterable[Any]) -> list[str]:
    """Where the owners are at home, of organisations alone: where a person lives stays inside."""
    wanted = sorted({found for each in owners if (found := plain(each))})
    records = [each for some in _current(context, wanted) for each in some]
    return [each.body["domicile"] for each in records if each.body["type"] == "organisation" and "domicile" in each.body]


def _studio(context: Context) -> str:
    row = context.conn.execute("SELECT name FROM studio WHERE studio_id = %(studio_id)s", {"studio_id": context.studio_id}).fetchone()
    return str(row[0]) if row else "unknown"


def standing(context: Context, licences: Sequence[str]) -> dict[str, Standing]:
    """How these licences stand now, by the events that name them."""
    return graph.standing(context, licences, instant(context.now))


def previous(context: Context, recorded: Recorded) -> str | None:
    """When the version before was recorded."""
    if recorded.version < 2:
        return None
    return read.get(context, recorded.kind, recorded.id, version=recorded.version - 1).recorded_at


def readable(context: Context, recorded: Recorded) -> Recorded:
    """A licence with the words of its duties, as the actor may see them; nothing else of it is opened."""
    texts = frozenset(f"/duties/{place}/text" for place, duty in enumerate(recorded.body.get("duties") or ()) if "text" in duty)
    return read.disclose(context, [recorded], texts)[0] if texts else recorded


def licence_names(context: Context, body: Body, *, named: bool) -> dict[str, str]:
    """The names of a licence's parties and the titles of its sources."""
    sources = [found for each in body.get("sources") or () if (found := plain(each)) and found.startswith("src_")]
    titles = {each.id: each.body["title"] for some in _current(context, sources) for each in some}
    sides = [found for name in ("grantor", "grantee") if (found := plain(body.get(name)))]
    return {**parties(context, sides, named=named).names, **titles}


def _instant(now: datetime) -> str:
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")
