"""Stores of any size for the benches of lineage: records are copied in as the ledger writes them, under a real tree of hashes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson
import psycopg

from service import ids
from service.ledger import merkle
from service.ledger.entry import leaf_hash

NOW = datetime(2026, 9, 20, tzinfo=UTC)
TITLES = 20
_CHUNK, _TREE = 10_000, 1_000
_REEL = 400
FIFTY_THOUSAND = 24_968
"""So many shots make a cut that is 50,000 records with all it rests on."""

_INTO = {
    "entry": "studio_id, index, kind, id, version, recorded_at, leaf, bytes",
    "head": "studio_id, id, kind, version, index, first_index, recorded_at, label, productions",
    "head_production": "studio_id, production, kind, first_index, id",
    "reference": "studio_id, index, position, source, role, target, affects",
    "tree_head": "studio_id, size, root, frontier, committed_at",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A record: what it is, what it says, and its references as (role, target)."""

    id: str
    kind: str
    body: dict[str, Any]
    links: Sequence[tuple[str, str]] = ()
    productions: Sequence[str] = ()


@dataclass(slots=True)
class Store:
    """The log of one studio that is filled past the ledger; whoever appends to it afterwards has it signed first."""

    url: str
    studio: str
    size: int = 0
    frontier: tuple[bytes, ...] = ()

    def find(self) -> None:
        """Go on where the log stands."""
        with psycopg.connect(self.url) as conn:
            row = conn.execute(
                "SELECT size, frontier FROM tree_head WHERE studio_id = %s ORDER BY size DESC LIMIT 1", [self.studio]
            ).fetchone()
        if row:
            self.size, self.frontier = row[0], merkle.unpack(row[0], row[1])

    def add(self, rows: Iterable[Row]) -> None:
        """Copy records in, and let the planner know how many there are."""
        with psycopg.connect(self.url, autocommit=True) as conn:
            for chunk in chunks(rows):
                self._copy(conn, chunk)
            conn.execute("ANALYZE")

    def _copy(self, conn: psycopg.Connection[Any], rows: Sequence[Row]) -> None:
        tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _INTO}
        leaves = []
        for index, row in enumerate(rows, self.size):
            content = orjson.dumps(self._document(row))
            leaves.append(leaf_hash(content))
            tables["entry"].append((self.studio, index, row.kind, row.id, 1, NOW, leaves[-1], content))
            tables["head"].append((self.studio, row.id, row.kind, 1, index, index, NOW, f"{row.kind} {index}", list(row.productions)))
            tables["head_production"] += [(self.studio, title, row.kind, index, row.id) for title in row.productions]
            tables["reference"] += [(self.studio, index, at, row.id, role, target, False) for at, (role, target) in enumerate(row.links)]
        tables["tree_head"] = list(self._heads(leaves))
        with conn.transaction():
            for name, columns in _INTO.items():
                with conn.cursor().copy(f"COPY {name} ({columns}) FROM STDIN".encode()) as copy:
                    for values in tables[name]:
                        copy.write_row(values)

    def _heads(self, leaves: list[bytes]) -> Iterator[tuple[Any, ...]]:
        for begin in range(0, len(leaves), _TREE):
            grown = merkle.Growth(self.size, self.frontier, leaves[begin : begin + _TREE])
            self.size, self.frontier = grown.size, grown.frontier
            yield self.studio, grown.size, grown.root, merkle.pack(grown.frontier), datetime.now(UTC)

    def _document(self, row: Row) -> dict[str, Any]:
        return {
            "v": 1, "log": f"clearance.local/{self.studio}", "kind": row.kind, "id": row.id, "version": 1, "change": {"type": "new"},
            "recorded_at": "2026-09-20T00:00:00.000000Z", "recorded_by": "acc_bench",
            "refs": [{"role": role, "id": target} for role, target in row.links], "body": row.body,
        }  # fmt: skip


def chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """As many rows as are copied at once."""
    left = iter(rows)
    while chunk := list(islice(left, _CHUNK)):
        yield chunk


def new(kind_prefix: str) -> str:
    """A new id."""
    return ids.new_id(kind_prefix, NOW)


def show(assets: int) -> tuple[Iterator[Row], str]:
    """A licence, its source, dataset and model, pairs of run and asset made with the model in some titles; a tenth is delivered and released."""
    licence, source, dataset, model = (new(prefix) for prefix in ("lic", "src", "dst", "mdl"))
    titles = [new("prd") for _ in range(TITLES)]

    def rows() -> Iterator[Row]:
        yield from (Row(title, "production", {}) for title in titles)
        yield Row(licence, "licence", {"grantor": "x"}, [("source", source)])
        yield Row(source, "source", {})
        yield Row(dataset, "dataset", {"parts": [{"source": source, "licence": licence}]}, [("source", source), ("licence", licence)])
        yield Row(model, "model", {"datasets": [dataset]}, [("dataset", dataset)])
        delivered: list[str] = []
        for number in range(1, assets + 1):
            run, made, title = new("gen"), new("ast"), titles[number % TITLES]
            yield Row(run, "generation", {}, [("model", model), ("output", made), ("production", title)], [title])
            yield Row(made, "asset", {}, [("production", title)], [title])
            delivered += [made] if number % 10 == 0 else []
            if len(delivered) == 1_000:
                yield from released(delivered, title)
                delivered = []

    return rows(), licence


def released(assets: Sequence[str], title: str) -> Iterator[Row]:
    """A delivery of assets and its release."""
    delivery, release = new("dlv"), new("rel")
    yield Row(delivery, "delivery", {}, [("delivered", asset) for asset in assets], [title])
    yield Row(release, "release", {"intent": {"territories": ["US", "GB"]}}, [("released_delivery", delivery)], [title])


def cut(shots: int, title: str | None = None) -> tuple[list[Row], str]:
    """A cut of reels of shots, each shot licensed on its own; the cut itself is the first row."""
    titles = [title] if title else []
    named = [(new("ast"), new("lic")) for _ in range(shots)]
    grant = {"granted": True, "territories": ["US", "GB"], "media": ["*"]}
    reels = [_assembled([shot for shot, _ in named[at : at + _REEL]], titles) for at in range(0, shots, _REEL)]
    rows = [_assembled([reel.id for reel in reels], titles), *reels]
    for shot, paper in named:
        body = {"type": "video", "origin": "licensed_stock", "licences": [paper], "productions": titles}
        rows += [
            Row(shot, "asset", body, [("licence", paper)], titles),
            Row(paper, "licence", {"output": grant, "window": {"start": "2026", "end": "2031"}}),
        ]
    return rows, rows[0].id


def _assembled(parts: Sequence[str], titles: Sequence[str]) -> Row:
    return Row(
        new("ast"), "asset", {"type": "video", "origin": "mixed", "productions": titles}, [("cut_item", part) for part in parts], titles
    )


def cluster(shots: int, model: str) -> tuple[list[Row], str, str]:
    """A cut of shots that a model made which many use, and one of its own that a licence stands behind; returns rows, cut and licence."""
    licence, source, dataset, own, whole = (new(prefix) for prefix in ("lic", "src", "dst", "mdl", "ast"))
    pairs = [(new("gen"), new("ast")) for _ in range(shots)]
    grant = {"granted": True, "territories": ["US", "GB"], "media": ["*"]}
    rows = [
        Row(source, "source", {}),
        Row(licence, "licence", {"training": {"granted": True}, "output": grant, "sources": [source]}, [("source", source)]),
        Row(dataset, "dataset", {"parts": [{"source": source, "licence": licence}]}, [("source", source), ("licence", licence)]),
        Row(own, "model", {"datasets": [dataset], "base_models": [model]}, [("dataset", dataset), ("base_model", model)]),
    ]
    for run, made in pairs:
        rows += [
            Row(made, "asset", {"origin": "generated"}),
            Row(run, "generation", {}, [("model", own), ("model", model), ("output", made)]),
        ]
    return [*rows, Row(whole, "asset", {"origin": "mixed"}, [("cut_item", made) for _, made in pairs])], whole, licence


def others(count: int, model: str, titles: Sequence[str]) -> Iterator[Row]:
    """What else a studio has: pairs of run and asset, every second run with the model that the others use too."""
    own = new("mdl")
    yield Row(own, "model", {"datasets": []})
    for number in range((count - 1) // 2):
        run, made, title = new("gen"), new("ast"), titles[number % len(titles)]
        yield Row(
            run,
            "generation",
            {"productions": [title]},
            [("model", (own, model)[number % 2]), ("output", made), ("production", title)],
            [title],
        )
        yield Row(made, "asset", {"origin": "generated", "productions": [title]}, [("production", title)], [title])
