"""Inclusion and consistency proofs of a large log, out of the database and out of tiles that were read before.

    python -m pytest tests/bench/bench_proof.py -s                    # 1,000,000 entries
    PROOF_ENTRIES=200000 python -m pytest tests/bench/bench_proof.py -s

Rows are copied into the tables as the ledger writes them; only proving is measured. The yardstick is one question to the database by
primary key, which is the least that a proof out of it can cost.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import psycopg

from service.db import Database
from service.ledger import merkle, tree
from service.ledger.log import Ledger
from service.ledger.signer import Signer

STUDIO = "std_bench"
ENTRIES = int(os.environ.get("PROOF_ENTRIES", "1000000"))
NOW = datetime(2026, 9, 20, tzinfo=UTC)


def fill(url: str, leaves: list[bytes]) -> None:
    """Copy small entries into the log."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        with conn.cursor().copy("COPY entry (studio_id, index, kind, id, version, recorded_at, leaf, bytes) FROM STDIN") as copy:
            for index, leaf in enumerate(leaves):
                copy.write_row((STUDIO, index, "asset", f"ast_{index:026}", 1, NOW, leaf, b"%d" % index))
        conn.execute("ANALYZE entry")


def times(work: Callable[[int], object], indices: list[int]) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds."""
    taken = []
    for index in indices:
        began = time.perf_counter()
        work(index)
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[int(len(taken) * 0.99)]


def show(what: str, found: tuple[float, float], beside: str = "") -> None:
    """Print a line."""
    print(f"{what:58} p50 {found[0]:8.3f} ms   p99 {found[1]:8.3f} ms   {beside}".rstrip())


def test_proofs(database: Database, tmp_path: Path) -> None:
    leaves = [sha256(b"\0%d" % index).digest() for index in range(ENTRIES)]
    fill(database.url, leaves)
    draw = random.Random(1)
    some = [draw.randrange(ENTRIES) for _ in range(300)]
    with closing(Ledger(database, Signer(tmp_path / "keys"))) as ledger, database.app(STUDIO) as conn:
        began = time.perf_counter()
        tree.derive(conn, STUDIO, ENTRIES)
        print(f"\n{ENTRIES:,} entries; the hashes above the leaves derived in {time.perf_counter() - began:.1f} s")
        path = ledger.inclusion(conn, STUDIO, some[0], ENTRIES)
        root = merkle.Growth(0, (), leaves).root
        assert merkle.verify_inclusion(some[0], ENTRIES, leaves[some[0]], path, root)
        question = "SELECT leaf FROM entry WHERE studio_id = %s AND index = %s"
        show("one question by primary key", times(lambda index: conn.execute(question, (STUDIO, index)).fetchone(), some))
        show("inclusion, cold", times(lambda index: ledger.inclusion(conn, STUDIO, index, ENTRIES), some), "aim p99 3 ms")
        show("inclusion, warm", times(lambda index: ledger.inclusion(conn, STUDIO, index, ENTRIES), some), "aim p50 0.1 ms")
    with closing(Ledger(database, Signer(tmp_path / "keys"))) as ledger, database.app(STUDIO) as conn:
        show("consistency, cold", times(lambda index: ledger.consistency(conn, STUDIO, index + 1, ENTRIES), some[:100]))
        show("consistency, warm", times(lambda index: ledger.consistency(conn, STUDIO, index + 1, ENTRIES), some[:100]))
