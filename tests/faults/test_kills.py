"""Random `kill -9` of every kind of process while records are written: nothing acknowledged is lost, forked or doubled.

Fifty kills in the test command; `KILLS=1000` with the same test by hand.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
import uuid
from pathlib import Path

import httpx
import pytest

from service.client import Client, Refused, Unreachable
from tests import processes
from tests.processes import clearance, wait_until

KILLS = int(os.environ.get("KILLS", "50"))
WRITERS = 4


class Service:
    """A `clearance up` that may be killed and started again on the same data directory."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, processes.free_port()
        self.start()

    def start(self) -> None:
        self.process = clearance("up", "--data", str(self.data), "--port", str(self.port))
        wait_until(lambda: self.process.poll() is not None or self.announced()["pid"] == self.process.pid, 120)
        assert self.process.poll() is None, self.process.communicate()[1]
        self.url = self.announced()["url"]

    def announced(self) -> dict[str, object]:
        try:
            return json.loads((self.data / "service.json").read_text())
        except FileNotFoundError:
            return {"pid": None}

    def kill_something(self, dice: random.Random) -> str:
        """Kill a server process, a part of the database, the keeper, the supervisor, or all that there is."""
        own, database = processes.children(self.process.pid), processes.of_data(self.data)
        chosen = dice.choice(["server", "database", "database", "supervisor", "everything"])
        numbers = {
            "server": dice.sample(own, min(len(own), 1)),
            "database": dice.sample(database, min(len(database), 1)),
            "supervisor": [self.process.pid],
            "everything": [self.process.pid, *own, *database],
        }[chosen]
        for number in numbers:
            if processes.is_alive(number):
                processes.kill(number)
        if self.process.pid in numbers:
            self.process.communicate()
            self.start()
        return chosen

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=60)


class Writer(threading.Thread):
    """Records one party after the other and keeps what was acknowledged; repeats with the same key until it is."""

    def __init__(self, service: Service, stopping: threading.Event) -> None:
        super().__init__(daemon=True)
        self.service, self.stopping = service, stopping
        self.acknowledged: dict[str, tuple[str, int]] = {}
        self.wrong: list[Exception] = []
        self.key = json.loads((service.data / "cli.json").read_text())["api_key"]

    def run(self) -> None:
        while not self.stopping.is_set():
            name, key = f"Studio {uuid.uuid4()}", str(uuid.uuid4())
            done = False
            while not done:
                done = self.write(name, key)

    def write(self, name: str, key: str) -> bool:
        try:
            with Client(self.service.url, self.key, timeout=30) as client:
                answer = client.post("/v1/parties", {"type": "organisation", "name": name}, key=key)
        except (Unreachable, httpx.HTTPError):
            time.sleep(0.1)
            return False
        except Refused as refusal:
            if refusal.status < 500:
                self.wrong.append(refusal)
                return True
            time.sleep(0.1)
            return False
        self.acknowledged[answer["id"]] = (name, answer["index"])
        return True


@pytest.mark.slow
def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    dice = random.Random(20261121)
    service, stopping = Service(tmp_path / "data"), threading.Event()
    writers = [Writer(service, stopping) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.0, 0.8))
        service.kill_something(dice)
    wait_until(lambda: len(writers[0].acknowledged) > 3, 60)
    stopping.set()
    for writer in writers:
        writer.join(120)
        assert not writer.is_alive()
        assert writer.wrong == []

    acknowledged = {key: value for writer in writers for key, value in writer.acknowledged.items()}
    with Client(service.url, writers[0].key) as client:
        listed = {record["id"]: record for record in client.listed("/v1/parties")}
    lost = [key for key, (name, _) in acknowledged.items() if listed.get(key, {}).get("body", {}).get("name") != name]
    assert lost == []
    indices = sorted(record["index"] for record in listed.values())
    assert indices == list(range(len(indices))), "no gap, no fork"
    names = [record["body"]["name"] for record in listed.values()]
    assert len(set(names)) == len(names), "a repeated request wrote twice"
    service.stop()
    wait_until(lambda: not processes.of_data(service.data))
