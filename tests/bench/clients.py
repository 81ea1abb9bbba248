"""Load from processes of their own, started together; kept free of heavy imports, so that they start quickly."""

from __future__ import annotations

import http.client
import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from typing import Any


@dataclass(frozen=True, slots=True)
class Post:
    """One request that is sent over and over."""

    port: int
    key: str
    path: str
    body: str
    content_type: str = "application/json"


def load(post: Post, clients: int, seconds: float) -> tuple[float, list[float]]:
    """Send from `clients` processes; return requests a second and every latency in milliseconds, sorted."""
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(clients), spawn.SimpleQueue()
    processes = [spawn.Process(target=_client, args=(post, barrier, results, seconds)) for _ in range(clients)]
    for process in processes:
        process.start()
    parts = [results.get() for _ in processes]
    for process in processes:
        process.join()
    latencies = sorted(latency for part in parts for latency in part)
    return len(latencies) / seconds, latencies


def _client(post: Post, barrier: Barrier, results: Any, seconds: float) -> None:
    conn = http.client.HTTPConnection("127.0.0.1", post.port)
    headers = {"Authorization": f"Bearer {post.key}", "Content-Type": post.content_type}
    latencies: list[float] = []
    barrier.wait()
    stop = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < stop:
        conn.request("POST", post.path, post.body, headers)
        answer = conn.getresponse()
        content = answer.read()
        if answer.status not in {200, 201}:
            raise RuntimeError(f"{answer.status}: {content[:300]!r}")
        latencies.append((time.perf_counter() - begun) * 1000)
    results.put(latencies)
