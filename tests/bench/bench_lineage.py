"""Lineage at the size of a studio, each line beside what was aimed at, and the cost of each question as the store grows.

    python -m tests.bench.bench_lineage                          # all parts
    python -m tests.bench.bench_lineage impact growth            # some of: impact, rights, lineage, decision, growth
    python -m tests.bench.bench_lineage impact --assets 100000   # smaller than 1,000,000; so `growth --records 100000`

impact     the end of a licence that 1,000,000 assets rest on, a tenth of them released, beside one bare pass that counts the same records
rights     effective rights of an asset that rests on 5,000 records, beside reading the same bodies in one statement
lineage    50,000 records below one asset: counted by kind, the first page, the last page, beside their ids by primary key
decision   the release of an asset that rests on 50,000 records, with every pack adopted, beside reading the same bodies
growth     what an append, lineage, rights, impact and a decision cost in stores of 10,000, 100,000 and 1,000,000 records

Records are copied into the tables as the ledger writes them (`lineage_store`), so that only the question is measured. In `growth` every
second run of the whole store names the model that the asset in question was made with.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg
from flask.testing import FlaskClient

from service import projections
from service.api import lineage as api
from service.app import create_app
from service.cli import first
from service.config import Settings
from service.context import Actor, Context
from service.db import Database
from service.embedded import lease
from service.ledger.log import Write
from service.lineage import graph, impact
from service.migrate import migrate
from service.services import Services
from tests.bench import bench_append, bench_decision, bench_http
from tests.bench.bench_append import say
from tests.bench.bench_ledger import Promise, server
from tests.bench.lineage_store import FIFTY_THOUSAND, NOW, Store, cluster, cut, new, others, show

PARTS = ("impact", "rights", "lineage", "decision", "growth")
STUDIO = bench_append.STUDIO
AT = "2026-09-20T00:00:00.000000Z"
SIZES = (10_000, 100_000, 1_000_000)
FLAT = 2.0
"""How much more a question may cost among a hundred times as many records; the logarithm alone is 1.5."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of some rounds: the one in the middle, the quickest, and what the last one found."""

    median: float
    best: float
    found: Any


def timed(what: str, work: Callable[[], Any], rounds: int = 5) -> Taken:
    """Do it once, then some rounds, and print how long those took."""
    found = work()
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        found = work()
        taken.append(time.perf_counter() - begun)
    middle = statistics.median(taken)
    say(f"{what:60} {middle * 1000:10,.1f} ms   quickest {min(taken) * 1000:9,.1f} ms   slowest {max(taken) * 1000:9,.1f} ms")
    return Taken(middle, min(taken), found)


@contextmanager
def reading(url: str, studio: str = STUDIO) -> Iterator[Context]:
    """What a request reads with, of somebody who may see everything."""
    with closing(Database(url)) as database, database.app(studio) as conn:
        actor = Actor(studio, "acc", "x", frozenset(), frozenset())
        yield Context(actor, NOW, conn, None, None, None)  # type: ignore[arg-type]  # reading needs neither ledger nor stores


def bare(url: str, what: str, statement: str, *values: Any) -> float:
    """The yardstick: a statement past row-level security, its rows and their JSON read."""
    with psycopg.connect(url, autocommit=True) as conn:
        return timed(
            f"  yardstick: {what}",
            lambda: [orjson.loads(row[0]) if isinstance(row[0], bytes) else row for row in conn.execute(statement, values)],
        ).median


def impact_(asked: argparse.Namespace) -> list[Promise]:
    """Ask what the end of a licence reaches that everything rests on."""
    with server() as (url, _):
        store, begun = Store(url, STUDIO), time.perf_counter()
        rows, licence = show(asked.assets)
        store.add(rows)
        say(f"{store.size:,} records copied in {time.perf_counter() - begun:.0f} s")
        with reading(url) as context:
            begun = time.perf_counter()
            projections.catch_up(context.conn, STUDIO, "edge")
            say(f"their edges written at {store.size / (time.perf_counter() - begun):,.0f} records/s")
            reached = timed(f"impact over {asked.assets:,} assets", lambda: impact.of(context, licence))
            taken, found = reached.median, reached.found
        counted = "SELECT kind, productions, count(*) FROM head WHERE studio_id = %s GROUP BY kind, productions"
        yardstick = bare(url, "one pass that counts them by kind and title", counted, STUDIO)
        sets = asked.assets // 10_000
        assert found.counts["asset", True] == sets * 1_000
        assert found.total == 2 * asked.assets + 2 * sets + 2
        assert found.by_territory == ({"US": sets, "GB": sets} if sets else {})
    say(f"{taken / yardstick:.1f} x of the yardstick")
    return [Promise(f"impact over {asked.assets:,} assets, in s", taken, 3, at_most=True)]


def rights_(_: argparse.Namespace) -> list[Promise]:
    """Ask for the effective rights of an asset that rests on 5,000 records."""
    with server() as (url, _):
        rows, whole = cut(2_496)
        Store(url, STUDIO).add(rows)
        with reading(url) as context:
            walked = timed(f"effective rights over {len(rows) - 1:,} ancestors", lambda: api.along(context, whole, AT), 9)
        taken, (found, truncated) = walked.median, walked.found
        assert (len(found.steps), truncated, found.grant.granted) == (2_496, False, True)
        yardstick = bare(url, "their bodies in one statement", "SELECT bytes FROM entry WHERE studio_id = %s", STUDIO)
    say(f"{taken / yardstick:.1f} x of the yardstick")
    return [Promise("effective rights over 5,000 ancestors, in ms", taken * 1000, 200, at_most=True)]


def lineage(_: argparse.Namespace) -> list[Promise]:
    """Look at 50,000 records below one asset."""
    with server() as (url, _):
        rows, whole = cut(FIFTY_THOUSAND)
        Store(url, STUDIO).add(rows)
        with reading(url) as context:
            most = graph.MOST_NODES
            counted = timed(
                f"lineage of {most:,} records, by kind", lambda: graph.ancestors(context, whole, limit=most, edges=False).summary()
            )
            taken, found = counted.median, counted.found
            assert found["nodes"] == len(rows) - 1 == most - 1
            assert found["by_kind"]["licence"] == FIFTY_THOUSAND
            timed("its first page of 500, with grades", lambda: graph.graded(context, graph.ancestors(context, whole, limit=500).after(0)))
            last = most - 500
            page = timed(
                "its last page of 500", lambda: graph.graded(context, graph.ancestors(context, whole, limit=most).after(last))
            ).median
        named = "SELECT id, kind, version, label FROM head WHERE studio_id = %s AND id = ANY(%s)"
        yardstick = bare(url, "their heads by id, in one statement", named, STUDIO, [row.id for row in rows])
    say(f"{taken / yardstick:.1f} x of the yardstick")
    return [
        Promise(f"lineage of {most:,} records summarised, in s", taken, 1, at_most=True),
        Promise("the last page of it, in s", page, 1.5, at_most=True),
    ]


@dataclass(frozen=True, slots=True)
class House:
    """The service in this process over a studio with a large decision's records, and every pack adopted."""

    services: Services
    client: FlaskClient
    key: str
    store: Store
    question: dict[str, Any]

    def post(self, path: str, body: dict[str, Any] | None, key: str | None = None) -> dict[str, Any]:
        """Send a request, which must succeed."""
        answer = self.client.post(path, json=body, headers={"Authorization": f"Bearer {key or self.key}"})
        assert answer.status_code < 300, answer.get_data(as_text=True)[:2000]
        return dict(answer.get_json())

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask for a decision."""
        return self.post("/v1/decisions", question)

    def sign(self) -> None:
        """Sign what was copied past the mark, and derive what background jobs would have derived."""
        with self.services.database.app(self.store.studio) as conn:
            self.services.ledger.checkpoint(conn, self.store.studio)
            for name in projections.PROJECTIONS:
                projections.catch_up(conn, self.store.studio, name)


@contextmanager
def house() -> Iterator[House]:
    """Hold the service in this process, record the scene of `bench_decision`, and adopt every pack by two people."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        with lease.hold(data, None) as held:
            migrate(held.url)
            first.prepare(held.url, data, datetime.now(UTC))
            services = Services.from_settings(Settings(data=data, database_url=held.url))
            client = create_app(services=services).test_client()
            one, two = bench_http._people(data)
            with psycopg.connect(held.url) as conn:
                (studio,) = conn.execute("SELECT studio_id FROM studio").fetchone()
            made = House(services, client, one, Store(held.url, studio), {})
            made.question.update(_scene(made, two))
            made.store.find()
            yield made
            services.close()


def _scene(at: House, second: str) -> dict[str, Any]:
    """Record the scene, adopt every pack, and return the question."""
    lines = "\n".join(json.dumps(record) for record in bench_decision.records())
    headers = {"Authorization": f"Bearer {at.key}"}
    answer = at.client.post("/v1/batch", data=lines, content_type="application/x-ndjson", headers=headers)
    keys = {made["key"]: made["id"] for made in map(json.loads, answer.get_data(as_text=True).splitlines())}
    packs = at.client.get("/v1/rule-packs", headers=headers).get_json()["items"]
    for pack in (pack["id"] for pack in packs if pack["kind"] != "gate"):
        for key, role in ((at.key, "labour_relations"), (second, "production_counsel")):
            at.post(f"/v1/rule-packs/{pack}/sign-off", {"role": role}, key)
        proposed = at.post("/v1/adoptions", {"production": keys["film"], "pack": pack, "mode": "blocking"})
        at.post(f"/v1/adoptions/{proposed['id']}/confirm", None, second)
    when = "2026-11-20T12:00:00Z"
    return {"subject": keys["cut"], "act": "release", "at": when, "production": keys["film"], "intent": bench_decision.INTENT}


def decision(_: argparse.Namespace) -> list[Promise]:
    """Ask for the release of an asset that rests on 50,000 records."""
    with house() as at:
        rows, whole = cut(FIFTY_THOUSAND, at.question["production"])
        at.store.add(rows)
        at.sign()
        question = {**at.question, "subject": whole, "dry_run": True}
        decided = timed(f"decision over {len(rows) - 1:,} ancestors, every pack", lambda: at.ask(question), 3)
        taken, found = decided.median, decided.found
        say(f"{found['outcome']}, {len(found['causes'])} causes")
        listed = "SELECT bytes FROM entry WHERE studio_id = %s AND id = ANY(%s)"
        yardstick = bare(at.store.url, "their bodies in one statement", listed, at.store.studio, [row.id for row in rows])
    say(f"{taken / yardstick:.1f} x of the yardstick")
    return [Promise(f"decision over {len(rows) - 1:,} ancestors, in s", taken, 1, at_most=True)]


def growth(asked: argparse.Namespace) -> list[Promise]:
    """Ask the same questions in ever larger stores; the quickest of 15 counts, which other work on the machine disturbs least."""
    found: dict[str, list[float]] = {}
    sizes = [size for size in SIZES if size <= asked.records]
    with house() as at:
        titles = [at.question["production"], *(new("prd") for _ in range(19))]
        model = _model(at)
        rows, whole, licence = cluster(100, model)
        at.store.add(rows)
        for size in sizes:
            begun = time.perf_counter()
            at.store.add(others(size - at.store.size, model, titles))
            at.sign()
            say(f"— {at.store.size:,} records, in {time.perf_counter() - begun:.0f} s")
            with reading(at.store.url, at.store.studio) as context:
                for name, work in _questions(at, context, whole, licence).items():
                    found.setdefault(name, []).append(timed(f"{name}, {size:,} records", work, 15).best)
            at.store.find()  # what was appended meanwhile
    say("— " + "".join(f"{name:>18}" for name in ["records", *found]))
    for size, *line in zip(sizes, *found.values(), strict=True):
        say(f"  {size:>18,}" + "".join(f"{value * 1000:>15.1f} ms" for value in line))
    return [
        Promise(f"{name}: {sizes[-1]:,} records beside {sizes[0]:,}", line[-1] / line[0], FLAT, at_most=True)
        for name, line in found.items()
    ]


def _model(at: House) -> str:
    """The model that the people of the scene were generated with."""
    with psycopg.connect(at.store.url) as conn:
        return str(conn.execute("SELECT id FROM head WHERE studio_id = %s AND kind = 'model'", [at.store.studio]).fetchone()[0])


def _questions(at: House, context: Context, whole: str, licence: str) -> dict[str, Callable[[], Any]]:
    minutes = itertools.count()

    def another() -> dict[str, Any]:
        """The large decision at an instant that nobody has asked about."""
        return at.ask({**at.question, "at": f"2026-11-20T{(number := next(minutes)) // 60 % 24:02}:{number % 60:02}:00Z"})

    return {
        "append": lambda: at.services.ledger.append(Write(at.store.studio, (bench_append.item(at.store.studio),))),
        "lineage": lambda: graph.ancestors(context, whole),
        "rights": lambda: api.along(context, whole, AT),
        "impact": lambda: impact.of(context, licence),
        "decision": another,
    }


def main() -> int:
    """Print the table; the status says whether everything was reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=[], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--assets", type=int, default=1_000_000, help="how many assets `impact` reaches")
    parser.add_argument("--records", type=int, default=SIZES[-1], help="how large `growth` lets the store become")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    work = {"impact": impact_, "rights": rights_, "lineage": lineage, "decision": decision, "growth": growth}
    promises: list[Promise] = []
    for part in asked.parts or PARTS:
        say(f"— {part}")
        promises += work[part](asked)
    say("— beside what was aimed at")
    for promise in promises:
        say(promise.line())
    return 0 if all(promise.holds for promise in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
