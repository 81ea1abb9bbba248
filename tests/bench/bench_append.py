"""The append core beside its yardstick: the same rows into the same tables by plain transactions.

Run by hand: `python -m tests.bench.bench_append [seconds]`. Every append counts only with its inclusion proof worked out;
afterwards the root of the whole log is computed again from the entries. The yardstick takes no lock, keeps no tree and
signs nothing. Bare INSERT and COPY into `entry` alone are printed as what the server can do at most.
"""

from __future__ import annotations

import itertools
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from service import ids
from service.db import Database, transaction
from service.embedded import lease
from service.ledger import merkle, note, tree
from service.ledger.entry import encode, leaf_hash
from service.ledger.log import Edge, HeadColumns, Item, Ledger, Write
from service.ledger.signer import Signer
from service.migrate import migrate

STUDIO = "std_bench"
PRODUCTION = "prd_bench"
PROMISES = {"single": 0.7, "batch": 0.7}
Figure = tuple[float, float, float]
"""Entries a second, median and 99th percentile of one call in milliseconds."""


def item(studio: str = STUDIO) -> Item:
    """A record of ordinary size: one reference, one production, about 650 bytes."""
    now = datetime.now(UTC)
    record_id = ids.new_id("ast", now)
    document = {
        "v": 1, "log": f"clearance.local/{studio}", "kind": "asset", "id": record_id, "version": 1, "change": {"type": "new"},
        "recorded_at": now.isoformat(), "recorded_by": "acc_bench", "refs": [{"role": "parent", "id": "ast_parent"}],
        "body": {"title": "shot 0040", "origin": "generated", "digests": [{"algorithm": "sha256", "value": secrets.token_hex(32)}], "note": "x" * 200},
    }  # fmt: skip
    head = HeadColumns("shot 0040", "image", "registered", None, (PRODUCTION,))
    return Item(record_id, "asset", 1, now, encode(document), (Edge("parent", "ast_parent"),), head)


def rate(writers: int, seconds: float, each: Callable[[], int]) -> Figure:
    """Return how many entries a second come through, and the median and 99th percentile of one call in milliseconds."""
    count, times, stop = itertools.count(), [], time.perf_counter() + seconds
    written = [0] * writers

    def work() -> None:
        me = next(count)
        while (begun := time.perf_counter()) < stop:
            written[me] += each()
            times.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=work) for _ in range(writers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return sum(written) / (time.perf_counter() - begun), times[len(times) // 2] * 1000, times[len(times) * 99 // 100] * 1000


def appending(ledger: Ledger, size: int) -> Callable[[], int]:
    """Append a write of `size` records and have its proofs."""

    def each() -> int:
        receipt = ledger.append(Write(STUDIO, tuple(item() for _ in range(size))))
        return len(receipt.proofs)

    return each


PLAIN = (
    "INSERT INTO entry (studio_id, index, kind, id, version, recorded_at, leaf, bytes) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
    """INSERT INTO head (studio_id, id, kind, version, index, first_index, recorded_at, label, type, state, party, productions)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
    "INSERT INTO head_production (studio_id, production, kind, first_index, id) VALUES (%s, %s, %s, %s, %s)",
    "INSERT INTO reference (studio_id, index, position, source, role, target, target_version, affects) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
    "INSERT INTO tree_head (studio_id, size, root, frontier, committed_at) VALUES (%s, %s, %s, %s, %s)",
)
PLAIN_TYPES = (
    "text[], bigint[], text[], text[], int[], timestamptz[], bytea[], bytea[]",
    "text[], text[], text[], int[], bigint[], bigint[], timestamptz[], text[], text[], text[], text[], text[]",
    "text[], text[], text[], bigint[], text[]",
    "text[], bigint[], smallint[], text[], text[], text[], int[], bool[]",
    "text[], bigint[], bytea[], bytea[], timestamptz[]",
)


def plain(database: Database, size: int, studio: str) -> Callable[[], int]:
    """Write the same rows in a transaction of one's own; what a straightforward service would do."""
    numbers = itertools.count()

    def each() -> int:
        tables = rows([(next(numbers), item()) for _ in range(size)], studio)
        with database.ledger() as conn, transaction(conn):
            for statement, table in zip(PLAIN, tables, strict=True):
                for row in table:
                    conn.execute(statement, row)
        return size

    return each


def plain_many(database: Database, size: int, studio: str) -> Callable[[], int]:
    """The same with one multi-row statement a table."""
    numbers = itertools.count()
    statements = [
        f"{into.partition('VALUES')[0]} SELECT {'*' if 'productions' not in into else 'a, b, c, d, e, f, g, h, i, j, k, array[l]'} FROM unnest("
        + ", ".join(f"%b::{each}" for each in types.split(", "))
        + (") AS new (a, b, c, d, e, f, g, h, i, j, k, l)" if "productions" in into else ")")
        for into, types in zip(PLAIN, PLAIN_TYPES, strict=True)
    ]

    def each() -> int:
        tables = rows([(next(numbers), item()) for _ in range(size)], studio, flat=True)
        with database.ledger() as conn, transaction(conn):
            for statement, table in zip(statements, tables, strict=True):
                conn.execute(statement, [list(column) for column in zip(*table, strict=True)])
        return size

    return each


def rows(items: list[tuple[int, Item]], studio: str, *, flat: bool = False) -> list[list[tuple]]:
    """Return the rows of five tables; the hashes are of the right length and mean nothing."""
    zero, now = bytes(32), datetime.now(UTC)
    last = items[-1][0]
    productions = PRODUCTION if flat else [PRODUCTION]
    return [
        [(studio, n, each.kind, each.id, 1, each.recorded_at, zero, each.bytes) for n, each in items],
        [
            (studio, each.id, each.kind, 1, n, n, each.recorded_at, each.head.label, each.head.type, each.head.state, None, productions)
            for n, each in items
        ],
        [(studio, PRODUCTION, each.kind, n, each.id) for n, each in items],
        [(studio, n, 0, each.id, "parent", "ast_parent", None, False) for n, each in items],
        [(studio, last + 1, zero, bytes(32 * 8), now)],
    ]


def bare(database: Database, studio: str) -> Callable[[], int]:
    """One INSERT into `entry`, nothing else."""
    numbers = itertools.count()

    def each() -> int:
        with database.ledger() as conn:
            conn.execute(PLAIN[0], rows([(next(numbers), item())], studio)[0][0])
        return 1

    return each


def copying(url: str, size: int, studio: str) -> Callable[[], int]:
    """COPY into `entry`."""
    numbers = itertools.count()

    def each() -> int:
        into = "COPY entry (studio_id, index, kind, id, version, recorded_at, leaf, bytes) FROM STDIN"
        with psycopg.connect(url, autocommit=True) as conn, conn.cursor().copy(into) as copy:  # past row-level security, which has no COPY
            for row in rows([(next(numbers), item()) for _ in range(size)], studio)[0]:
                copy.write_row(row)
        return size

    return each


def prove(database: Database, ledger: Ledger) -> int:
    """Recompute the root from the entries and compare it with the signed one; return the number of entries."""
    with database.app(STUDIO) as conn:
        content = ledger.checkpoint(conn, STUDIO)
        checkpoint = note.verify(content, [ledger.verifier(STUDIO)])
        found = conn.execute("SELECT index, bytes FROM entry WHERE studio_id = %s ORDER BY index", [STUDIO]).fetchall()
        assert [index for index, _ in found] == list(range(checkpoint.size)), "the indices are not dense"
        assert merkle.Growth(0, (), [leaf_hash(each) for _, each in found]).root == checkpoint.root, "the root is not that of the entries"
        assert tree.root(conn, STUDIO, checkpoint.size) == checkpoint.root, "the stored tree is another"
    return checkpoint.size


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def measure(seconds: float, show: Callable[[str, Figure], object]) -> dict[str, Figure]:
    """Measure every line on a server of its own, hand it to `show`, and prove the log in the end."""
    with ExitStack() as held:
        root = Path(held.enter_context(tempfile.TemporaryDirectory()))
        url = held.enter_context(lease.hold(root / "data")).url
        migrate(url)
        database = held.enter_context(closing(Database(url, size=64)))
        ledger = held.enter_context(closing(Ledger(database, Signer(root / "keys"))))
        many = held.enter_context(closing(Database(url, ledger_size=64)))
        rate(16, 1.0, appending(ledger, 1))
        figures = {}
        for name, writers, each in (
            ("append, 1 writer", 1, appending(ledger, 1)),
            ("append, 8 writers", 8, appending(ledger, 1)),
            ("append, 32 writers", 32, appending(ledger, 1)),
            ("append, 128 writers", 128, appending(ledger, 1)),
            ("plain transactions, 128 writers", 128, plain(many, 1, "std_plain")),
            ("bare INSERT into entry, 128 writers", 128, bare(many, "std_bare")),
            ("append, batches of 100, 16 writers", 16, appending(ledger, 100)),
            ("plain multi-row SQL, batches of 100", 16, plain_many(many, 100, "std_many")),
            ("COPY into entry, batches of 100", 16, copying(url, 100, "std_copy")),
        ):
            figures[name] = rate(writers, seconds, each)
            show(name, figures[name])
        say(f"{prove(database, ledger):,} entries; every index there, the root is that of the entries")
    return figures


def ratios(figures: dict[str, Figure]) -> dict[str, float]:
    """Return what was measured against its yardstick, by the names of PROMISES."""
    return {
        "single": figures["append, 128 writers"][0] / figures["plain transactions, 128 writers"][0],
        "batch": figures["append, batches of 100, 16 writers"][0] / figures["plain multi-row SQL, batches of 100"][0],
    }


def main() -> int:
    """Print the table; the status says whether the promises held."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    figures = measure(seconds, lambda name, found: say(f"{name:40} {found[0]:9,.0f}/s   p50 {found[1]:7.1f} ms   p99 {found[2]:7.1f} ms"))
    found = ratios(figures)
    say(f"single: {found['single']:.2f} x of plain transactions (promised {PROMISES['single']})")
    say(f"batch:  {found['batch']:.2f} x of plain multi-row SQL (promised {PROMISES['batch']})")
    return 0 if all(found[name] >= promised for name, promised in PROMISES.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
