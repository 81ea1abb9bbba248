"""Walks and impact beside a brute-force closure, on graphs drawn at random: circles, pins, old versions, other studios."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import orjson
import psycopg
import pytest

from schemas.prefixes import PREFIXES
from service import errors, ids, projections
from service.context import Actor, Context
from service.db import Database
from service.lineage import cut, graph, impact
from service.records import edges
from service.records.edges import CARRIES, RESTS_ON

NOW = datetime(2026, 9, 20, tzinfo=UTC)
STUDIO, OTHER = "std_one", "std_two"
KINDS = ("asset", "generation", "model", "dataset", "replica", "appearance", "source", "licence", "consent", "delivery", "release", "party")
LEAVES = {"licence", "consent", "evidence"}  # where a walk towards the ancestors ends
NOISE = {"asset": "created_by", "generation": "operator", "consent": "given_to"}


@dataclass
class World:
    """Records drawn at random, and the edges of lineage that their current versions make, as (younger, older)."""

    random: Random
    records: list[tuple[str, str, str, int, list[tuple[str, str, int | None]]]] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    edges: set[tuple[str, str]] = field(default_factory=set)
    productions: dict[str, list[str]] = field(default_factory=dict)

    def draw(self, count: int) -> None:
        names = [ids.new_id(PREFIXES[kind], NOW) for kind in self.random.choices(KINDS, k=count)]
        self.kinds = {name: next(kind for kind in KINDS if name.startswith(PREFIXES[kind])) for name in names}
        self.productions = {name: self.random.choice([[], ["prd_a"], ["prd_b"]]) for name in names}
        for name in names:
            self.records.append((STUDIO, name, self.kinds[name], 1, self._links(name, names)))
        for name in self.random.choices(names, k=count // 2):
            version = 1 + sum(each[1] == name for each in self.records)
            self.records.append((STUDIO, name, self.kinds[name], version, self._links(name, names)))
        self.edges = self.edges_at(len(self.records))

    def edges_at(self, size: int) -> set[tuple[str, str]]:
        """The edges as they stood when the log had this size, between the records that were in it."""
        current = {name: (kind, links) for _, name, kind, _, links in self.records[:size]}
        found: set[tuple[str, str]] = set()
        for name, (kind, links) in current.items():
            for role, target, _ in links:
                found |= {(name, target)} if role in RESTS_ON.get(kind, ()) else set()
                found |= {(target, name)} if role in CARRIES.get(kind, ()) else set()
        return {(younger, older) for younger, older in found if younger in current and older in current}

    def _links(self, name: str, names: list[str]) -> list[tuple[str, str, int | None]]:
        kind = self.kinds[name]
        roles = [*RESTS_ON.get(kind, ()), *CARRIES.get(kind, ()), *([NOISE[kind]] if kind in NOISE else [])]
        if not roles:
            return []
        drawn = [(self.random.choice(roles), self.random.choice(names)) for _ in range(self.random.randrange(4))]
        wanted = CARRIES.get(kind, {})
        return [(role, target, None) for role, target in drawn if self.kinds[target] == wanted.get(role, self.kinds[target])]

    def closure(self, start: str, *, younger: bool) -> set[str]:
        """Everything reachable, by following every edge over and over."""
        found = {start}
        while True:
            step = {
                a if younger else b for a, b in self.edges if (b if younger else a) in found and (younger or self.kinds[a] not in LEAVES)
            }
            if step <= found:
                return found
            found |= step


def fill(
    url: str,
    records: list[tuple[str, str, str, int, list[tuple[str, str, int | None]]]],
    productions: dict[str, list[str]],
    *,
    grown: bool = True,
) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        newest = {(studio, name): index for index, (studio, name, _, _, _) in enumerate(records)}
        first: dict[tuple[str, str], int] = {}
        for index, (studio, name, kind, version, links) in enumerate(records):
            body: dict[str, Any] = {"productions": productions.get(name, [])}
            if kind == "release":
                body["intent"] = {"territories": [territory(name)]}
            document = {
                "id": name,
                "kind": kind,
                "version": version,
                "recorded_at": "",
                "recorded_by": "",
                "change": {},
                "body": body,
                "refs": [],
            }
            conn.execute(
                "INSERT INTO entry (studio_id, index, kind, id, version, recorded_at, leaf, bytes) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (studio, index, kind, name, version, NOW, bytes(32), orjson.dumps(document)),
            )
            first.setdefault((studio, name), index)
            if newest[studio, name] == index:
                conn.execute(
                    "INSERT INTO head (studio_id, id, kind, version, index, first_index, recorded_at, productions)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                    (studio, name, kind, version, index, first[studio, name], NOW, productions.get(name, [])),
                )
            for position, (role, target, pinned) in enumerate(links):
                conn.execute(
                    "INSERT INTO reference (studio_id, index, position, source, role, target, target_version, affects)"
                    " VALUES (%s, %s, %s, %s, %s, %s, %s, false)",
                    (studio, index, position, name, role, target, pinned),
                )
    for studio in {record[0] for record in records} if grown else ():
        grow(url, studio, len(records))


def territory(release: str) -> str:
    """Where a release of these tests goes."""
    return ("US", "GB", "DE")[sum(map(ord, release)) % 3]


def grow(url: str, studio: str, size: int) -> None:
    """Let the log be known to have a size."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO tree_head (studio_id, size, root, frontier, committed_at) VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (studio, size, bytes(32), bytes(32), NOW),
        )


@contextmanager
def reading(database: Database, productions: frozenset[str] | None = None) -> Iterator[Context]:
    actor = Actor(STUDIO, "acc", "x", frozenset(), frozenset(), productions)
    with database.app(STUDIO) as conn:
        yield Context(actor, NOW, conn, None, None, None)  # type: ignore[arg-type]  # reading needs neither ledger nor stores


@pytest.mark.parametrize("seed", range(12))
def test_walks_find_what_brute_force_finds(database: Database, seed: int) -> None:
    world = World(Random(seed))
    world.draw(90)
    fill(database.url, world.records, world.productions)
    with reading(database) as context:
        for name in list(world.kinds)[:12]:
            up = graph.ancestors(context, name, depth=200, limit=10_000)
            assert {node.id for node in up.nodes} == world.closure(name, younger=False)
            down = graph.descendants(context, name, depth=200, limit=10_000)
            assert {node.id for node in down.nodes} == world.closure(name, younger=True)
            assert {(edge.younger, edge.older) for edge in down.edges} <= world.edges
            assert not up.truncated
            assert not down.truncated


@pytest.mark.parametrize("seed", range(4))
def test_the_fewest_edges_part_every_work_from_what_ends(database: Database, seed: int) -> None:
    world = World(Random(200 + seed))
    world.draw(90)
    fill(database.url, world.records, world.productions)
    works = {"asset", "generation", "appearance", "delivery", "release"}
    with reading(database) as context:
        for name in [name for name, kind in world.kinds.items() if kind not in works][:20]:
            told = cut.of(context.conn, STUDIO, name).document()["edges"]
            gone = {(edge["younger"], edge["older"]) for edge in told if "younger" in edge}
            freed = {edge["older"] for edge in told if "uses" in edge}
            found, waiting = {name}, [name]
            while waiting:
                at = waiting.pop()
                for younger in [younger for younger, older in world.edges - gone if older == at]:
                    assert world.kinds[younger] not in works or at in freed
                    if world.kinds[younger] not in works and younger not in found:
                        found.add(younger)
                        waiting.append(younger)


@pytest.mark.parametrize("seed", range(12))
def test_impact_reaches_what_brute_force_reaches(database: Database, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    if seed % 2:
        monkeypatch.setattr(impact, "_NEAR_MOST", 3)  # what reaches more is walked over all edges at once
    world = World(Random(100 + seed))
    world.draw(90)
    fill(database.url, world.records, world.productions)
    with reading(database) as context:
        for name in list(world.kinds)[:12]:
            reached = {each for each in world.closure(name, younger=True) if world.kinds[each] in impact._REACHED} - {name}
            found = impact.of(context, name, limit=1_000)
            assert {item.id for item in found.items} == reached
            assert found.total == len(reached)
            released = {item.id for item in found.items if item.released}
            assert released == _released(world, reached | {name}) - {name}
            few = impact.of(context, name, limit=1)
            assert (few.counts, few.document()["owners"], len(few.items)) == (
                found.counts,
                Counter(item.owner for item in found.items),
                min(1, len(reached)),
            )
            assert few.by_territory == Counter(territory(each) for each in reached if world.kinds[each] == "release")


@pytest.mark.parametrize("seed", range(6))
def test_all_edges_at_any_size_of_the_log(database: Database, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(projections, "_CHUNK", 17)
    world = World(Random(200 + seed))
    world.draw(40)
    fill(database.url, world.records, world.productions, grown=False)
    place = {record[1]: number for number, record in reversed(list(enumerate(world.records)))}
    with database.app(STUDIO) as conn:
        for size in sorted(world.random.sample(range(1, len(world.records) + 1), 5)):
            grow(database.url, STUDIO, size)
            assert projections.catch_up(conn, STUDIO, "edge") == size
            for earlier in (size, world.random.randint(1, size)):
                found, _ = edges.all_of(conn, STUDIO, earlier, ())
                told = {(place[younger], place[older]) for younger, older in world.edges_at(earlier)}
                assert set(zip(found.younger, found.older, strict=True)) == told
    with database.ledger() as conn:
        assert projections.check(conn, STUDIO, "edge") == []
        with psycopg.connect(database.url, autocommit=True) as superuser:
            superuser.execute("UPDATE edge SET ended = CASE WHEN ended IS NULL THEN 1 END")
        assert projections.check(conn, STUDIO, "edge") != []
        assert projections.rebuild(conn, STUDIO, "edge") == size
        assert projections.check(conn, STUDIO, "edge") == []


def test_other_roles_make_other_edges_so_the_log_is_read_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    older, younger = (ids.new_id("ast", NOW) for _ in range(2))
    fill(database.url, [(STUDIO, older, "asset", 1, []), (STUDIO, younger, "asset", 1, [("mood_board", older, None)])], {})
    with database.app(STUDIO) as conn:
        projections.catch_up(conn, STUDIO, "edge")
        assert list(edges.all_of(conn, STUDIO, 2, ())[0].older) == []
        monkeypatch.setattr(edges, "FORWARD", [*edges.FORWARD, "ast.mood_board"])
        monkeypatch.setitem(projections.PROJECTIONS, "edge", replace(projections.PROJECTIONS["edge"], edition="next"))
        projections.catch_up(conn, STUDIO, "edge")
        assert list(edges.all_of(conn, STUDIO, 2, ())[0].older) == [0]


@pytest.mark.parametrize("seed", range(20))
def test_marking_follows_every_edge_whatever_their_order(seed: int) -> None:
    random = Random(seed)
    count = 200
    chain = [(number, number + 1) for number in range(count - 1)]
    drawn = [(random.randrange(count), random.randrange(count)) for _ in range(random.choice([0, 100, 300]))]
    both = sorted(chain, reverse=True) if seed % 3 == 0 else random.sample(chain, len(chain) - random.randrange(9))
    both = [*both, *drawn]
    marked = bytearray(count)
    marked[random.randrange(20)] = 1
    told = {number for number in range(count) if marked[number]}
    edges.reach(marked, [begin for begin, _ in both], [end for _, end in both])
    while more := {end for begin, end in both if begin in told} - told:
        told |= more
    assert {number for number in range(count) if marked[number]} == told


def _released(world: World, reached: set[str]) -> set[str]:
    """What a reached release lets go: by the roles that do so, over and over."""
    current = {name: links for _, name, _, _, links in world.records}
    found = {name for name in reached if world.kinds[name] == "release"}
    while True:
        step = {t for name in found for role, t, _ in current[name] if role in {"released", "released_delivery", "delivered", "cut_item"}}
        if step <= found:
            return {name for name in found & reached if world.kinds[name] in impact._REACHED}
        found |= step


def test_a_pinned_version_is_walked_from_where_it_stood(database: Database) -> None:
    model, dataset, old, new = (ids.new_id(prefix, NOW) for prefix in ("mdl", "dst", "src", "src"))
    fill(
        database.url,
        [
            (STUDIO, old, "source", 1, []),
            (STUDIO, new, "source", 1, []),
            (STUDIO, dataset, "dataset", 1, [("source", old, None)]),
            (STUDIO, dataset, "dataset", 2, [("source", new, None)]),
            (STUDIO, model, "model", 1, [("dataset", dataset, 1)]),
        ],
        {},
    )
    with reading(database) as context:
        found = graph.ancestors(context, model)
        assert {node.id for node in found.nodes} == {model, dataset, old}
        assert next(node for node in found.nodes if node.id == dataset).version == 1
        assert {node.id for node in graph.ancestors(context, dataset).nodes} == {dataset, new}


def test_bounds_end_a_walk_and_say_so(database: Database) -> None:
    chain = [ids.new_id("ast", NOW) for _ in range(30)]
    records = [
        (STUDIO, name, "asset", 1, [("parent", chain[place + 1], None)] if place + 1 < len(chain) else [])
        for place, name in enumerate(chain)
    ]
    fill(database.url, records, {})
    with reading(database) as context:
        whole = graph.ancestors(context, chain[0])
        assert (len(whole.nodes), len(whole.edges), whole.truncated) == (30, 29, False)
        near = graph.ancestors(context, chain[0], depth=3)
        assert ([node.id for node in near.nodes], near.truncated) == (chain[:4], True)
        few = graph.ancestors(context, chain[0], limit=5)
        assert (len(few.nodes), few.truncated) == (5, True)
        assert graph.ancestors(context, chain[0], limit=30).truncated is False


@pytest.mark.parametrize("seed", range(6))
def test_pages_hold_each_node_and_each_edge_once(database: Database, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(graph, "_SOME_LINKS", seed % 3)  # so few are read that others must be read again
    world = World(Random(300 + seed))
    world.draw(90)
    fill(database.url, world.records, world.productions)
    with reading(database) as context:
        for name in list(world.kinds)[:6]:
            for walk in (graph.ancestors, graph.descendants):
                whole, nodes, edged, more = walk(context, name, limit=10_000), [], [], True
                while more:
                    found = walk(context, name, limit=len(nodes) + 7)
                    shown, more = found.after(len(nodes)), found.more
                    nodes += shown.nodes
                    edged += shown.edges
                assert nodes == list(whole.nodes)
                assert Counter(edged) == Counter(whole.edges)


def test_another_studio_and_other_productions_stay_out(database: Database) -> None:
    mine, theirs, hidden, behind, above = (ids.new_id("ast", NOW) for _ in range(5))
    fill(
        database.url,
        [
            (OTHER, theirs, "asset", 1, [("parent", mine, None)]),
            (STUDIO, behind, "asset", 1, []),
            (STUDIO, hidden, "asset", 1, [("parent", behind, None)]),
            (STUDIO, mine, "asset", 1, [("parent", hidden, None), ("parent", theirs, None)]),
            (STUDIO, above, "asset", 1, [("parent", mine, None)]),
        ],
        {mine: ["prd_a"], hidden: ["prd_b"], behind: ["prd_b"], above: ["prd_b"]},
    )
    with reading(database) as context:
        assert {node.id for node in graph.ancestors(context, mine).nodes} == {mine, hidden, behind}
        assert {node.id for node in graph.descendants(context, mine).nodes} == {mine, above}
        with pytest.raises(errors.NotFound):
            graph.ancestors(context, theirs)
    with reading(database, frozenset({"prd_a"})) as context:
        below = graph.descendants(context, mine)
        assert [(node.id, node.hidden) for node in below.nodes] == [(mine, False), (above, True)]
        assert [(edge.younger, edge.older) for edge in below.edges] == [(above, mine)]
        nodes = graph.ancestors(context, mine).nodes
        assert [(node.id, node.hidden) for node in nodes] == [(mine, False), (hidden, True)]
        assert nodes[1].productions == ()
        with pytest.raises(errors.NotFound):
            graph.ancestors(context, hidden)
