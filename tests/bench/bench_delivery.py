"""A whole cut at the gate: deliveries of 1,000 and 10,000 shots with every pack adopted, and how many causes they come down to.

Run by hand: `python -m tests.bench.bench_delivery [shots …]`; a first word `profile` prints where the time of the largest goes. The aims
are 1,000 items in at most a second, 10,000 within 12 times of that, and under 20 causes.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from service.app import create_app
from service.client import Client
from service.config import Settings
from service.embedded import lease
from service.services import Services
from tests.bench.bench_decision import INTENT, _adopt, _batch, _one, _person
from tests.bench.bench_decision import records as scene
from tests.bench.bench_http import _people, served

CHUNK = 300


def shots(count: int) -> Iterator[list[dict[str, Any]]]:
    """Shots with the replica of the first person, in batches that fit one append."""
    lines: list[dict[str, Any]] = []
    for number in range(count):
        lines += [
            _one("asset", f"s{number}", type="video", productions=["$film"], origin="generated"),
            _one("generation", f"g{number}", productions=["$film"], tool={"name": "Studio tool", "tool_class": "generative"}, models=[{"model": "$model"}],
                 generated_at="2026-09-14T10:00:00Z", prompts=[{"text": "a fall"}], prompt_entities=[], inputs=[{"replica": "$replica0"}],
                 outputs=[{"asset": f"$s{number}"}]),
            _one("appearance", f"u{number}", asset=f"$s{number}", production="$film", type="new_performance", person="$person0", replica="$replica0",
                 generation=f"$g{number}", in_human_role=True, content_flags=[], language="en"),
        ]  # fmt: skip
        if len(lines) >= CHUNK * 3 or number + 1 == count:
            yield lines
            lines = []


def prepare(url: str, data: Path, sizes: list[int]) -> tuple[list[str], str]:
    """Record everything, adopt every pack, take the deliveries in; returns them and the title."""
    first, second = _people(data)
    assert _person
    with Client(url, first) as one, Client(url, second) as two:
        keys = {entry["key"]: entry["id"] for entry in _batch(url, first, "\n".join(map(json.dumps, scene())))}
        assets = [made["id"] for lines in shots(max(sizes)) for made in _sent(url, first, lines, keys) if made["id"].startswith("ast_")]
        for pack in one.get("/v1/rule-packs")["items"]:
            if pack["kind"] != "gate":
                _adopt(one, two, pack["id"], keys["film"])
        body = {"name": "Cut", "production": keys["film"], "productions": [keys["film"]]}
        return [one.post("/v1/deliveries", {**body, "assets": assets[:size]})["id"] for size in sizes], keys["film"]


def _sent(url: str, key: str, lines: list[dict[str, Any]], keys: dict[str, str]) -> list[dict[str, Any]]:
    text = "\n".join(map(json.dumps, lines))
    for name in ("film", "model", "replica0", "person0"):
        text = text.replace(f'"${name}"', f'"{keys[name]}"')
    return _batch(url, key, text)


def main(sizes: list[int], *, profiled: bool) -> None:
    """Gate each delivery three times and print the slowest."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        with served(data) as (url, key):
            deliveries, _ = prepare(url, data, sizes)
        with lease.hold(data, None) as held:
            services = Services.from_settings(Settings(data=data, database_url=held.url))
            client = create_app(services=services).test_client()

            def gate(delivery: str) -> dict[str, Any]:
                answer = client.post(f"/v1/deliveries/{delivery}/gate", json={"intent": INTENT}, headers={"Authorization": f"Bearer {key}"})
                assert answer.status_code == 201, answer.get_data(as_text=True)[:2000]
                return dict(answer.get_json())

            rounds = {size: [_timed(lambda one=one: gate(one)) for _ in range(4)] for size, one in zip(sizes, deliveries, strict=True)}
            took = {size: max(times[1:]) for size, times in rounds.items()}
            causes = gate(deliveries[-1])["causes"]
            for size, seconds in took.items():
                cold = rounds[size][0]
                print(f"{size:>7,} shots {seconds:6.2f} s   {seconds / took[sizes[0]]:5.1f} × of the first   (first asked {cold:.2f} s)")
            print(f"{len(causes)} causes, {sum(cause['result'] == 'block' for cause in causes)} of them blocking")
            if profiled:
                watched = cProfile.Profile()
                watched.runcall(gate, deliveries[-1])
                stats = pstats.Stats(watched)
                stats.sort_stats("cumulative").print_stats(90)
                stats.sort_stats("tottime").print_stats(50)
            services.close()


def _timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    words = sys.argv[1:]
    numbers = [int(word) for word in words if word.isdigit()] or [1_000, 10_000]
    main(numbers, profiled="profile" in words)
