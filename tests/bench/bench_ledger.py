"""The ledger's table, each line beside its yardstick from the same run.

    python -m tests.bench.bench_ledger                    # all parts
    python -m tests.bench.bench_ledger many growth        # some of: append, slow, many, proof, growth
    python -m tests.bench.bench_ledger growth --entries 10000000

append   the core at 1, 8, 32 and 128 writers and in batches of 100, beside the same rows by plain transactions (`bench_append`)
slow     the same with 2 ms added to every commit, beside a design that takes the log's lock once for every append
many     64 logs at once beside one
proof    inclusion proofs at 1,000,000 leaves, cold and warm, beside one question by primary key (`bench_proof`)
growth   what 100,000 and 1,000,000 entries take: bytes on disk, time, proofs, beside a log just begun (10,000,000 with --entries)

A commit is made 2 ms slower by a constraint trigger that sleeps as the last thing before it, in both contenders; the disk's own time
comes on top. Every append counts only with its proof, as in `bench_append`.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
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

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.db import Database, transaction
from service.embedded import lease
from service.ledger import merkle, note, tree
from service.ledger.entry import leaf_hash
from service.ledger.log import Ledger, Write
from service.ledger.note import Checkpoint
from service.ledger.signer import Signer
from service.migrate import migrate
from tests.bench import bench_append
from tests.bench.bench_append import STUDIO, appending, item, rate, say

PARTS = ("append", "slow", "many", "proof", "growth")
LOGS = 64
SLOW_MS = 2
PROOF_LEAVES = 1_000_000
_LOCK = 0x62656E
_SLOWLY = f"""
    CREATE FUNCTION commit_slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF coalesce(current_setting('bench.slept', true), '') = '' THEN  -- once a transaction, however many trees it leaves behind
            PERFORM set_config('bench.slept', 'yes', true), pg_sleep({SLOW_MS} / 1000.0);
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER commit_slowly AFTER INSERT ON tree_head DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION commit_slowly();
"""


@dataclass(slots=True)
class Promise:
    """A figure against what was aimed at."""

    name: str
    value: float
    aim: float
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether it was reached."""
        return self.value <= self.aim if self.at_most else self.value >= self.aim

    def line(self) -> str:
        """Return it for the table's end."""
        return f"{self.name:60} {self.value:9.3g}  aim {'≤' if self.at_most else '≥'} {self.aim:g}{'' if self.holds else '   MISSED'}"


@contextmanager
def server() -> Iterator[tuple[str, Path]]:
    """A durable embedded server of this part's own, migrated."""
    with tempfile.TemporaryDirectory() as name:
        with lease.hold(Path(name) / "data") as held:
            migrate(held.url)
            yield held.url, Path(name)
        lease.wait_until_stopped(Path(name) / "data")


@contextmanager
def ledgers(url: str, root: Path, *, size: int = 64) -> Iterator[tuple[Database, Ledger]]:
    """Pools and the log over a server."""
    with closing(Database(url, size=size, ledger_size=size)) as database, closing(Ledger(database, Signer(root / "keys"))) as ledger:
        yield database, ledger


def show(name: str, found: tuple[float, float, float]) -> float:
    """Print a line and return the rate."""
    say(f"{name:60} {found[0]:9,.0f}/s   p50 {found[1]:7.1f} ms   p99 {found[2]:7.1f} ms")
    return found[0]


def append(seconds: float) -> list[Promise]:
    """Run the append core beside plain transactions."""
    figures = bench_append.measure(seconds, show)
    return [
        Promise(f"{name} beside its yardstick", ratio, bench_append.PROMISES[name]) for name, ratio in bench_append.ratios(figures).items()
    ]


def slow(seconds: float) -> list[Promise]:
    """Make every commit 2 ms slower, and hold group commit against a lock for every append."""
    with server() as (url, root):
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(_SLOWLY.encode())
        with ledgers(url, root) as (database, ledger):
            rate(16, 1.0, appending(ledger, 1))
            ours = {
                count: show(f"+{SLOW_MS} ms a commit: append, {count} writers", rate(count, seconds, appending(ledger, 1)))
                for count in (1, 8, 32, 128)
            }
            show(f"+{SLOW_MS} ms a commit: append, batches of 100, 16 writers", rate(16, seconds, appending(ledger, 100)))
            theirs = show(f"+{SLOW_MS} ms a commit: lock per append, 128 writers", rate(128, seconds, locking(database, "std_lock")))
    return [Promise(f"+{SLOW_MS} ms a commit, 128 writers, beside a lock per append", ours[128] / theirs, 10)]


def locking(database: Database, studio: str) -> Callable[[], int]:
    """The design that one writes first: lock the log, read its head, insert, commit, sign; one append after the other.

    It keeps no mark outside the database, which makes it faster than it should be.
    """
    origin, key = f"clearance.local/{studio}", Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()

    def each() -> int:
        made = item(studio)
        with database.ledger() as conn:
            with transaction(conn):
                conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
                head = tree.head(conn, studio)
                size = head.size if head else 0
                grown = merkle.Growth(size, merkle.unpack(size, head.frontier) if head else (), [leaf_hash(made.bytes)])
                tables = bench_append.rows([(size, made)], studio)
                tables[4] = [(studio, grown.size, grown.root, merkle.pack(grown.frontier), datetime.now(UTC))]
                for statement, table in zip(bench_append.PLAIN, tables, strict=True):
                    conn.execute(statement, table[0])
            note.sign(Checkpoint(origin, grown.size, grown.root), key, public)
        return len([grown.inclusion(size)])

    return each


def many(seconds: float) -> list[Promise]:
    """Write to 64 logs at once, and to one."""
    with server() as (url, root), ledgers(url, root) as (_, ledger):
        rate(16, 1.0, appending(ledger, 1))
        rate(128, 1.0, scattering(ledger))  # every log has begun before anything is measured
        ones, spreads = [], []
        for _ in range(3):  # in turns, so that what else the machine does falls on both
            ones.append(show("one log, 128 writers", rate(128, seconds, appending(ledger, 1))))
            spreads.append(show(f"{LOGS} logs, 128 writers", rate(128, seconds, scattering(ledger))))
    return [Promise(f"{LOGS} logs beside one, medians of three", statistics.median(spreads) / statistics.median(ones), 0.7)]


def scattering(ledger: Ledger) -> Callable[[], int]:
    """Append to one log after the other."""
    numbers = itertools.count()

    def each() -> int:
        studio = f"std_bench_{next(numbers) % LOGS}"
        return len(ledger.append(Write(studio, (item(studio),))).proofs)

    return each


def fill(url: str, begin: int, end: int) -> float:
    """Copy entries of ordinary size with what stands beside them, as the ledger leaves it after appends of 100; return the seconds."""
    taken = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as conn:
        row = conn.execute("SELECT frontier FROM tree_head WHERE studio_id = %s AND size = %s", [STUDIO, begin]).fetchone()
        frontier = merkle.unpack(begin, row[0]) if row else ()
        for first in range(begin, end, 10_000):
            frontier = _fill_chunk(conn, first, min(10_000, end - first), frontier)
        conn.execute("ANALYZE")
    return time.perf_counter() - taken


def _fill_chunk(conn: psycopg.Connection[Any], first: int, count: int, frontier: tuple[bytes, ...]) -> tuple[bytes, ...]:
    items = [(first + offset, item()) for offset in range(count)]
    tables = bench_append.rows(items, STUDIO)
    leaves = [leaf_hash(made.bytes) for _, made in items]
    tables[0] = [(*row[:6], leaf, row[7]) for row, leaf in zip(tables[0], leaves, strict=True)]
    heads = []
    for at in range(0, count, 100):
        grown = merkle.Growth(first + at, frontier, leaves[at : at + 100])
        frontier = grown.frontier
        heads.append((STUDIO, grown.size, grown.root, merkle.pack(frontier), datetime.now(UTC)))
    tables[4] = heads
    with conn.transaction():
        for statement, table in zip(bench_append.PLAIN, tables, strict=True):
            into = statement.partition(" VALUES")[0].replace("INSERT INTO", "COPY")
            with conn.cursor().copy((into + " FROM STDIN").encode()) as copy:
                for row in table:
                    copy.write_row(row)
    return frontier


def proof(_: float) -> list[Promise]:
    """Prove inclusion at a million leaves, out of the database and again out of what was read."""
    with server() as (url, root):
        say(f"{PROOF_LEAVES:,} entries copied in {fill(url, 0, PROOF_LEAVES):.0f} s")
        return [
            Promise("inclusion proof at 10^6 leaves, cold, p50 in ms", _proofs(url, root, "cold"), 3, at_most=True),
            Promise("inclusion proof at 10^6 leaves, warm, p50 in ms", _proofs(url, root, "warm"), 0.1, at_most=True),
        ]


def _proofs(url: str, root: Path, name: str, size: int = PROOF_LEAVES) -> float:
    """Print how long proofs of some entries take and return the median in milliseconds: `alone` with nothing read before each, `cold` with
    what those before it have read, `warm` with everything.
    """
    draw = random.Random(1)
    some = [draw.randrange(size) for _ in range(300)]
    with ledgers(url, root, size=4) as (database, ledger), database.app(STUDIO) as conn:
        tree.derive(conn, STUDIO, size)
        bare = _times(
            lambda index: conn.execute("SELECT leaf FROM entry WHERE studio_id = %s AND index = %s", (STUDIO, index)).fetchone(), some
        )
        if name == "warm":
            _times(lambda index: ledger.inclusion(conn, STUDIO, index, size), some)
        if name == "alone":
            signer = Signer(root / "keys")
            found = _times(lambda index: Ledger(database, signer).inclusion(conn, STUDIO, index, size), some)
            signer.close()
        else:
            found = _times(lambda index: ledger.inclusion(conn, STUDIO, index, size), some)
    say(
        f"{f'inclusion at {size:,} leaves, {name}':60} p50 {found[0]:.3f} ms  p99 {found[1]:.3f} ms  (one question by primary key {bare[0]:.3f} ms)"
    )
    return found[0]


def _times(work: Callable[[int], object], indices: list[int]) -> tuple[float, float]:
    taken = []
    for index in indices:
        begun = time.perf_counter()
        work(index)
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[len(taken) * 99 // 100]


@dataclass(slots=True)
class Grown:
    """What was found at one size of a log: appends a second and processor time of one, the same of a log that has just begun, bytes on
    disk for an entry, and the median time of a proof.
    """

    rate: float
    cost: float
    fresh_rate: float
    fresh_cost: float
    weight: float
    proof_ms: float


def growth(seconds: float, sizes: tuple[int, ...] = (100_000, 1_000_000)) -> list[Promise]:
    """Print what a log takes as it grows, beside a log that has just begun in the same tables; nothing may grow faster than its logarithm."""
    size, found = 0, []
    with server() as (url, root):
        for wanted in sizes:
            filled = fill(url, size, wanted)
            say(f"{wanted:>11,} entries copied in {filled:.0f} s")
            size, grown = _grown(url, root, wanted, seconds)
            found.append(grown)
    first, last = found[0], found[-1]
    longer = sizes[-1].bit_length() / sizes[0].bit_length()
    name = f"at {sizes[-1]:,} entries beside {sizes[0]:,}"
    return [
        Promise(f"processor time of an append {name}", last.cost / first.cost, longer, at_most=True),
        Promise(f"bytes on disk for an entry {name}", last.weight / first.weight, longer, at_most=True),
        Promise(f"time of a proof {name}", last.proof_ms / first.proof_ms, longer, at_most=True),
        Promise(f"appends at {sizes[-1]:,} entries beside a log just begun", last.rate / last.fresh_rate, 1 / longer),
    ]


def _grown(url: str, root: Path, size: int, seconds: float) -> tuple[int, Grown]:
    """Measure a log of this size, whose entries were copied, and return its size after that."""
    with ledgers(url, root) as (database, ledger):
        begun = time.perf_counter()
        with database.app(STUDIO) as conn:
            tree.derive(conn, STUDIO, size)
            derived = time.perf_counter() - begun
            path = ledger.inclusion(conn, STUDIO, size // 3, size)
            if ledger.mark(STUDIO) is None:
                ledger.trust(conn, STUDIO)
            _newest(database, ledger)  # what was copied past the mark is signed before anything is measured
        rates: dict[str, list[tuple[float, float]]] = {
            STUDIO: [],
            f"std_n{size.bit_length():04}": [],
        }  # of one length, as all ids are: so that pages of indexes split well
        for _ in range(3):  # in turns, so that what else the machine does falls on both
            for studio, figures in rates.items():
                figures.append(_cost(url, seconds, ledger, studio))
        after = note.parse_checkpoint(_newest(database, ledger)).size
    (speed, cost), (fresh_speed, fresh_cost) = (map(statistics.median, zip(*each, strict=True)) for each in rates.values())
    entries = _entries(url)
    weight = _bytes(url) / entries
    say(
        f"{size:>11,} entries: {weight:6.0f} bytes an entry on disk with indexes ({_bytes(url, 'entry') / entries:.0f} in `entry`),"
        f" upper hashes in {derived:.1f} s, proof {len(path)} hashes = {32 * len(path)} bytes"
    )
    say(
        f"{'':11} {speed:,.0f} appends/s with 32 writers, {cost:.0f} µs of processor each; a log just begun: {fresh_speed:,.0f}/s, {fresh_cost:.0f} µs"
    )
    _proofs(url, root, "cold", size)
    return after, Grown(speed, cost, fresh_speed, fresh_cost, weight, _proofs(url, root, "alone", size))


def _cost(url: str, seconds: float, ledger: Ledger, studio: str) -> tuple[float, float]:
    """Append with 32 writers; return how many a second, and the microseconds of processor that one takes here and in the server."""

    def each() -> int:
        return len(ledger.append(Write(studio, (item(studio),))).proofs)

    rate(32, 0.2, each)  # a new log begins, and connections are made, before anything is measured
    begun, before = time.process_time(), _server_seconds(url)
    speed = rate(32, seconds, each)[0]
    return speed, (time.process_time() - begun + _server_seconds(url) - before) / (speed * seconds) * 1e6


def _server_seconds(url: str) -> float:
    """Return the processor time that the server's sessions have taken so far."""
    with psycopg.connect(url) as conn:
        sessions = conn.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchall()
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for (pid,) in sessions]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")


def _entries(url: str) -> int:
    with psycopg.connect(url) as conn:
        return conn.execute("SELECT count(*) FROM entry").fetchone()[0]


def _newest(database: Database, ledger: Ledger) -> bytes:
    with database.app(STUDIO) as conn:
        return ledger.checkpoint(conn, STUDIO) or b""


def _bytes(url: str, table: str | None = None) -> int:
    """Return the bytes on disk of a table, or of all that belong to the log, with their indexes."""
    tables = [table] if table else ["entry", "head", "head_production", "reference", "tree_head", "subtree", "write", "identifier"]
    with psycopg.connect(url) as conn:
        return sum(conn.execute("SELECT pg_total_relation_size(%s::regclass)", [each]).fetchone()[0] for each in tables)


def main() -> int:
    """Print the table; the status says whether everything was reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=[], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each line is measured")
    parser.add_argument("--entries", type=int, help="one more size for `growth`")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    promises: list[Promise] = []
    for part in asked.parts or PARTS:
        say(f"— {part}")
        if part == "growth" and asked.entries:
            promises += growth(asked.seconds, (100_000, 1_000_000, asked.entries))
        else:
            promises += globals()[part](asked.seconds)
    say("— beside what was aimed at")
    for promise in promises:
        say(promise.line())
    return 0 if all(promise.holds for promise in promises) else 1


if __name__ == "__main__":
    sys.exit(main())
