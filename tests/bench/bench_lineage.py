"""Lineage at the size of a show: an asset that rests on 50,000 records, and the impact of a licence on a million assets.

    python -m pytest tests/bench/bench_lineage.py -s            # 50,000 and 100,000
    LINEAGE_ASSETS=1000000 python -m pytest tests/bench/bench_lineage.py -s

Rows are copied into the tables as the ledger writes them, so that only reading is measured.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import pytest

from service import ids
from service.api import lineage as api
from service.context import Actor, Context
from service.db import Database
from service.lineage import graph, impact

NOW = datetime(2026, 9, 20, tzinfo=UTC)
STUDIO = "std_bench"
ASSETS = int(os.environ.get("LINEAGE_ASSETS", "100000"))
Row = tuple[str, str, dict[str, Any], list[tuple[str, str]]]


def fill(url: str, rows: Iterable[Row]) -> None:
    """Copy records (id, kind, body, [(role, target)]) into entry, head and reference."""
    numbered = list(enumerate(rows))
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        with conn.cursor().copy("COPY entry (studio_id, index, kind, id, version, recorded_at, leaf, bytes) FROM STDIN") as copy:
            for index, (key, kind, body, _) in numbered:
                document = {
                    "id": key,
                    "kind": kind,
                    "version": 1,
                    "recorded_at": "x",
                    "recorded_by": "x",
                    "change": {},
                    "body": body,
                    "refs": [],
                }
                copy.write_row((STUDIO, index, kind, key, 1, NOW, bytes(32), orjson.dumps(document)))
        with conn.cursor().copy(
            "COPY head (studio_id, id, kind, version, index, first_index, recorded_at, productions) FROM STDIN"
        ) as copy:
            for index, (key, kind, _, _) in numbered:
                copy.write_row((STUDIO, key, kind, 1, index, index, NOW, []))
        with conn.cursor().copy("COPY reference (studio_id, index, position, source, role, target, affects) FROM STDIN") as copy:
            for index, (key, _, _, edges) in numbered:
                for position, (role, target) in enumerate(edges):
                    copy.write_row((STUDIO, index, position, key, role, target, False))
        conn.execute("ANALYZE")


def show(assets: int) -> tuple[Iterator[Row], str]:
    """A licence, its source, dataset and model, and pairs of run and asset made with the model."""
    licence, source, dataset, model = (ids.new_id(prefix, NOW) for prefix in ("lic", "src", "dst", "mdl"))

    def rows() -> Iterator[Row]:
        yield licence, "licence", {"grantor": "x"}, [("source", source)]
        yield source, "source", {}, []
        yield dataset, "dataset", {"parts": [{"source": source, "licence": licence}]}, [("source", source), ("licence", licence)]
        yield model, "model", {"datasets": [dataset]}, [("dataset", dataset)]
        for _ in range(assets):
            run, made = ids.new_id("gen", NOW), ids.new_id("ast", NOW)
            yield run, "generation", {}, [("model", model), ("output", made)]
            yield made, "asset", {}, []

    return rows(), licence


def cut(assets: int) -> tuple[list[Row], str]:
    """A cut of `assets` shots, each licensed on its own."""
    whole = ids.new_id("ast", NOW)
    shots = [ids.new_id("ast", NOW) for _ in range(assets)]
    papers = [ids.new_id("lic", NOW) for _ in range(assets)]
    grant = {"granted": True, "territories": ["US", "GB"], "media": ["*"]}
    rows: list[Row] = [(whole, "asset", {}, [("cut_item", shot) for shot in shots])]
    rows += [(shot, "asset", {}, [("licence", paper)]) for shot, paper in zip(shots, papers, strict=True)]
    rows += [(paper, "licence", {"output": grant, "window": {"start": "2026", "end": "2031"}}, []) for paper in papers]
    return rows, whole


def timed(what: str, work: Callable[[], Any]) -> tuple[float, Any]:
    """The best of three, printed."""
    best, result = 1e9, None
    for _ in range(3):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    print(f"  {what}: {best * 1000:,.0f} ms")
    return best, result


@pytest.fixture
def reading(database: Database) -> Iterator[Callable[[Iterable[Row]], Context]]:
    with database.app(STUDIO) as conn:

        def ready(rows: Iterable[Row]) -> Context:
            fill(database.url, rows)
            actor = Actor(STUDIO, "acc", "x", frozenset(), frozenset())
            return Context(actor, NOW, conn, None, None, None)  # type: ignore[arg-type]  # reading needs neither ledger nor stores

        yield ready


def test_an_asset_with_50000_ancestors(reading: Callable[[Iterable[Row]], Context]) -> None:
    rows, whole = cut(25_000)
    context = reading(rows)
    taken, found = timed("lineage of 50,000 ancestors, summary", lambda: graph.ancestors(context, whole, limit=50_001))
    assert found.summary()["nodes"] == 49_999 or found.summary()["nodes"] == 50_000
    assert taken <= 1.5


def test_rights_of_an_asset_with_5000_ancestors(reading: Callable[[Iterable[Row]], Context]) -> None:
    rows, whole = cut(2_500)
    context = reading(rows)
    taken, (found, truncated) = timed(
        "effective rights over 5,000 ancestors", lambda: api.along(context, whole, "2026-09-20T00:00:00.000000Z")
    )
    assert (len(found.steps), truncated, found.grant.granted) == (2_500, False, True)
    assert taken <= 0.5


def test_the_impact_of_a_licence(reading: Callable[[Iterable[Row]], Context]) -> None:
    rows, licence = show(ASSETS)
    context = reading(rows)
    taken, found = timed(f"impact over {ASSETS:,} assets", lambda: impact.of(context, licence))
    assert found.counts["asset", False] == ASSETS
    assert taken <= 3 * max(1, ASSETS / 100_000)
