"""Registering a dataset, beside its yardsticks in the same run: hashing a directory, and staging a list of a million items.

    python -m tests.bench.bench_dataset            # 1 GB in 2,000 files, 100,000 small files, 1,000,000 lines
    DATASET_LINES=100000 DATASET_SCALE=0.2 python -m tests.bench.bench_dataset

The yardstick of hashing is one SHA-256 pass over the same warm files on as many threads, with nothing kept; that of a list is 20,000
items a second. Memory is the peak of the process above what it took before.
"""

from __future__ import annotations

import hashlib
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson

from service import item_lists
from service.cli import tree
from service.content.store import Store

THREADS = 2
SCALE = float(os.environ.get("DATASET_SCALE", "1"))
LINES = int(os.environ.get("DATASET_LINES", "1000000"))


def fill(root: Path, count: int, size: int) -> list[Path]:
    """Write files of random bytes, 1,000 to a directory."""
    files = [root / f"{number // 1000}" / f"{number:07}.bin" for number in range(count)]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(size))
    return files


def plain(files: list[Path]) -> None:
    """One SHA-256 pass over the files."""

    def one(file: Path) -> str:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(one, files, chunksize=64):
            pass


def peak() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall clock."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def hashing(where: Path, count: int, size: int) -> None:
    """Hash a directory cold (no state) and again, beside the plain pass; best of three in turns."""
    files, total = fill(where / "files", count, size), count * size
    plain(files)
    before, yardstick, ours, again = peak(), 1e9, 1e9, 1e9
    for turn in range(3):
        yardstick = min(yardstick, timed(lambda: plain(files)))
        with tree.opened(where / f"state{turn}") as state:
            ours = min(ours, timed(lambda state=state: tree.hash_tree(where / "files", state, lambda _: 0, threads=THREADS)))  # type: ignore[misc]
            assert state.counts() == {0: count}
        with tree.opened(where / f"state{turn}") as state:
            again = min(again, timed(lambda state=state: tree.hash_tree(where / "files", state, lambda _: 0, threads=THREADS)))  # type: ignore[misc]
    print(
        f"{count:,} files of {size:,} bytes: plain pass {total / yardstick / 1e6:,.0f} MB/s, registered {total / ours / 1e6:,.0f} MB/s,"
        f" ratio {yardstick / ours:.2f} (promised 0.60); a second run {count / again:,.0f} files/s; memory +{peak() - before:.0f} MB"
    )


def lines(count: int) -> Iterator[tuple[int, bytes]]:
    """Item lines as `clearance register dataset` sends them."""
    for number in range(count):
        digest = {"algorithm": "sha256", "value": hashlib.sha256(b"%d" % number).hexdigest()}
        item = {"name": f"scans/{number:07}.exr", "bytes": number + 1, "digests": [digest]}
        yield number, orjson.dumps(item | {"source": "src_01h0000000000000000000000a", "licence": "lic_01h0000000000000000000000a"})


def staging(where: Path) -> None:
    """Stage a list, less the time that making its lines takes."""
    store = Store(where / "blobs")
    item_lists.stage(lines(1_000), store)
    before, made = peak(), timed(lambda: sum(1 for _ in lines(LINES)))
    cpu = time.process_time()
    taken = timed(lambda: item_lists.stage(lines(LINES), store)) - made
    cpu = time.process_time() - cpu
    print(f"{LINES:,} items: {LINES / taken:,.0f} a second ({LINES / cpu:,.0f} a second of CPU, making them included; promised 20,000); memory +{peak() - before:.0f} MB")  # fmt: skip


if __name__ == "__main__":
    for number, size in ((int(2_000 * SCALE), 500_000), (int(100_000 * SCALE), 10_000)):
        with tempfile.TemporaryDirectory() as place:
            hashing(Path(place), number, size)
    with tempfile.TemporaryDirectory() as place:
        staging(Path(place))
