"""A million licensed items over HTTP, three licences revoked, the worklist beside brute force.

    python -m tests.bench.bench_million                  # 1,000,000 items, 200 licences, 300 sources
    python -m tests.bench.bench_million 100000

The server is the real one (two workers). The rate is that of the whole list over HTTP, made, sent, checked and stored; memory is the peak
of each process above what it had before.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from service.client import Client
from tests.bench.bench_http import _people, served
from tests.bench.million import Show, compare, enter, overlapping, revoke


def peaks() -> dict[int, float]:
    """The most memory that this process and each worker of the server have had, in MB, by process."""
    found = {}
    for place in [Path("/proc/self"), *(Path(f"/proc/{pid}") for pid in _below(os.getpid()))]:
        words = (place / "cmdline").read_bytes()
        if place.name == "self" or (b"granian" in words or b"spawn_main" in words):
            lines = (place / "status").read_text().splitlines()
            found[os.getpid() if place.name == "self" else int(place.name)] = next(
                int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")
            )
    return found


def _below(pid: int) -> list[int]:
    children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*children, *(deeper for child in children for deeper in _below(child))]


def main(size: int) -> None:
    """Enter, revoke, compare, and print."""
    with tempfile.TemporaryDirectory() as directory, served(Path(directory) / "data") as (url, _):
        keys = _people(Path(directory) / "data")
        with Client(url, keys[0], timeout=900) as client, Client(url, keys[1]) as second:
            warm = Show(1_000, licences=40, others=8, models=12, runs=24)
            enter(client, second, warm)
            before, show = peaks(), Show(size)
            times = enter(client, second, show)
            grown = {pid: round(now - before.get(pid, now)) for pid, now in peaks().items()}
            print(
                f"{size:,} items, {show.licences} licences, {show.sources} sources: staged in {times['staged']:.1f} s"
                f" ({size / times['staged']:,.0f} items/s, promised 20,000), recorded and read in {times['recorded']:.1f} s;"
                f" peak memory: client +{grown.pop(os.getpid())} MB, server +{max(grown.values(), default=0)} MB",
                flush=True,
            )
            for licence in show.revoked():
                told, seconds = revoke(client, show, licence)
                begun = time.perf_counter()
                counts = compare(client, show, licence, told)
                print(
                    f"licence {licence} revoked: impact in {seconds * 1000:.0f} ms, {told['total']} records and {counts.pop('item'):,} items, exactly as brute"
                    f" force has it ({', '.join(f'{number} {kind}' for kind, number in sorted(counts.items()))}; owners"
                    f" {told['owners']}); listed and compared in {time.perf_counter() - begun:.1f} s",
                    flush=True,
                )
            alone, met, again = overlapping(client, show, 10)
            print(
                f"overlaps: the large list read and met in {alone:.1f} s, another with {size // 10:,} files of it in {met:.1f} s, asked again {again:.1f} s"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
