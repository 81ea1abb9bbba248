"""What the service does over HTTP, beside its yardstick in the same run: appends single and batched, and decisions.

Run by hand: `python -m tests.bench.bench_http [seconds]`. The server is the real one (granian, two workers) on a data
directory of its own with a database that syncs to disk; the yardstick is the same application with the same key, parsing
and schema and then one plain INSERT. Clients are processes with plain sockets and share the cores with the server.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from service.cli import first
from service.client import Client
from service.config import Settings
from service.db import Database
from service.demo.story import Player
from service.embedded import lease
from service.migrate import migrate
from tests.bench import clients

#: What the yardstick writes to; it stands here because whoever imports that application adds an operation to every other one.
TABLE = """
    CREATE TABLE IF NOT EXISTS bench_plain (
        studio_id text NOT NULL, id text NOT NULL, kind text NOT NULL, version integer NOT NULL, recorded_at timestamptz NOT NULL,
        bytes bytea NOT NULL, PRIMARY KEY (studio_id, id)
    )
"""
PORT = 8497
CLIENTS = 8
PARTY = json.dumps({"type": "organisation", "name": "Northlight Pictures", "occupations": ["studio"], "website": "https://example.org/"})
LINE = json.dumps({"kind": "party", "body": json.loads(PARTY)}) + "\n"


def load(key: str, path: str, body: str, content_type: str, seconds: float) -> tuple[float, list[float]]:
    """Send one request over and over from CLIENTS processes."""
    return clients.load(clients.Post(PORT, key, path, body, content_type), CLIENTS, seconds)


@contextmanager
def served(data: Path) -> Iterator[tuple[str, str]]:
    """Run the server over a fresh data directory and yield its address and a key."""
    settings = Settings(data=data, port=PORT)
    with lease.hold(data, None) as held:
        migrate(held.url)
        with psycopg.connect(held.url, autocommit=True) as conn:
            conn.execute(TABLE)
            conn.execute("GRANT SELECT, INSERT ON bench_plain TO clearance_app")
        first.prepare(held.url, data, datetime.now(UTC))
        key = json.loads((data / "cli.json").read_text())["api_key"]
        environment = replace(settings, database_url=held.url, log_level="warning").environment()
        words = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "tests.bench.plain_app:create_app", "--port", str(PORT),
                 "--workers", "2", "--blocking-threads", "16", "--log-level", "error"]  # fmt: skip
        server = subprocess.Popen(words, env=environment)
        try:
            _await()
            yield f"http://127.0.0.1:{PORT}", key
        finally:
            server.terminate()
            server.wait(30)


def _await() -> None:
    for _ in range(200):
        try:
            conn = http.client.HTTPConnection("127.0.0.1", PORT, timeout=2)
            conn.request("GET", "/readyz")
            if conn.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _print(name: str, rate: float, latencies: list[float], yardstick: float, promise: float | None, each: int = 1) -> None:
    p50, p99 = latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100]
    ratio = rate * each / yardstick
    promised = f"  (promised ≥ {promise} ×)" if promise else ""
    print(f"{name:<28}{rate * each:>9.0f}/s   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   {ratio:6.2f} ×{promised}", flush=True)


def main(seconds: float) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory, served(Path(directory) / "data") as (url, key):
        load(key, "/v1/parties", PARTY, "application/json", 1)
        plain, latencies = load(key, "/bench/parties", PARTY, "application/json", seconds)
        _print("plain INSERT (yardstick)", plain, latencies, plain, None)
        single, latencies = load(key, "/v1/parties", PARTY, "application/json", seconds)
        _print("append, single", single, latencies, plain, 0.5)
        batch, latencies = load(key, "/v1/batch", LINE * 100, "application/x-ndjson", seconds)
        _print("append, batch of 100", batch, latencies, single, 4.0, each=100)
        question = _story(Path(directory), url, key)
        decision, latencies = load(key, "/v1/decisions", question, "application/json", seconds)
        _print("decision, recorded", decision, latencies, single, 0.15)
        asked = {**json.loads(question), "dry_run": True}
        dry, latencies = load(key, "/v1/decisions", json.dumps(asked), "application/json", seconds)
        _print("decision, dry run", dry, latencies, single, None)


def _story(directory: Path, url: str, key: str) -> str:
    """Play the story with two keys and return the question about its finished shot."""
    people = _people(directory / "data")
    with Client(url, people[0]) as one, Client(url, people[1]) as two:
        player = Player(one, two, directory / "out", lambda _line: None, lambda *_: "Trusted")
        player.play()
    question: dict[str, Any] = {
        "subject": player.keys["$shot_png"], "act": "release", "at": "2026-09-21T12:00:00Z", "production": player.keys["$production"],
        "profile": "theatrical-us",
    }  # fmt: skip
    return json.dumps(question)


def _people(data: Path) -> tuple[str, str]:
    from service.cli.demo import _person

    with lease.hold(data, None) as held, closing(Database(held.url)) as database:
        return _person(database, "One"), _person(database, "Two")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 6.0)
