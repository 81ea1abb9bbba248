"""`kill -9` of any process at any moment of the demo, and a withdrawal that slips in between decision and release.

A handful of kills in the test command; `KILLS=200` with the same test by hand.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from service.cli import local
from service.cli.demo import _people
from service.client import Client, Refused
from service.config import Settings
from service.demo.story import Player
from service.ledger import merkle, note
from tests import processes
from tests.playing import entries, play
from tests.processes import clearance, command, wait_until

KILLS = int(os.environ.get("KILLS", "3"))
SEED = int(os.environ.get("SEED", "20261121"))
A_STUDIO = 5  # kills that one data directory has to bear before the story is played to its end
ROLES = ("demo", "server", "worker", "keeper", "postmaster", "backend")


class Onlooker(threading.Thread):
    """Keeps the newest checkpoint that the service has handed out; all that it covers has been acknowledged."""

    def __init__(self, data: Path) -> None:
        super().__init__(daemon=True)
        self.data, self.newest, self.ending = data, "", threading.Event()

    def run(self) -> None:
        while not self.ending.wait(0.03):
            try:
                url = json.loads((self.data / "service.json").read_text())["url"]
                key = json.loads((self.data / "cli.json").read_text())["api_key"]
                answer = httpx.get(f"{url}/v1/ledger/checkpoint", headers={"Authorization": f"Bearer {key}"}, timeout=5)
                if answer.is_success:
                    self.newest = answer.text
            except (FileNotFoundError, httpx.HTTPError):
                continue


def cast(process: subprocess.Popen[str], data: Path) -> dict[str, list[int]]:
    """Who plays which part at this moment: process numbers by role."""
    own, database = processes.children(process.pid), processes.of_data(data)
    words = {number: command(number) for number in [*own, *database]}
    server = [number for number in own if "service.cli.http_server" in words[number]][:1]
    keeper = [number for number in database if "service.embedded.keeper" in words[number]]
    postmaster = [number for number in database if "/postgres" in words[number].split(" ")[0]]
    return {
        "demo": [process.pid],
        "server": server,
        "worker": processes.children(server[0]) if server else [],
        "keeper": keeper,
        "postmaster": postmaster,
        "backend": [number for number in database if number not in {*keeper, *postmaster}],
    }


class Attempt(NamedTuple):
    """A demo that was interrupted: what was killed, what it had told by then, the newest checkpoint that was handed out."""

    killed: str
    told: list[str]
    seen: str


def interrupted(data: Path, out: Path, port: int, dice: random.Random) -> Attempt:
    """Play the demo and kill something of it at some moment."""
    process = clearance("demo", "--exit", "--out", str(out), "--data", str(data), "--port", str(port))
    onlooker = Onlooker(data)
    onlooker.start()
    if dice.random() < 0.8:  # mostly amid the story; else while everything is just starting
        wait_until(lambda: process.poll() is not None or (data / "service.json").exists(), 60)
    time.sleep(dice.uniform(0, 4))
    role = dice.choice(ROLES)
    there = [number for number in cast(process, data)[role] if processes.is_alive(number)]
    for number in dice.sample(there, min(len(there), 1)):
        processes.kill(number)
    said, complained = process.communicate(timeout=300)
    onlooker.ending.set()
    onlooker.join()
    assert "Traceback" not in complained, complained
    return Attempt(role, [line for line in said.split("✓")[1:] if "✗" not in line], onlooker.newest)


def test_whatever_is_killed_nothing_acknowledged_is_lost(tmp_path: Path, entries_of_the_story: int) -> None:
    dice = random.Random(SEED)
    for first in range(0, KILLS, A_STUDIO):
        data, port = tmp_path / f"data{first}", processes.free_port()
        attempts = [interrupted(data, tmp_path / f"out{first}", port, dice) for _ in range(min(A_STUDIO, KILLS - first))]
        again = play(data, tmp_path / f"out{first}", port)
        assert again.status == 0, (attempts, again.said, again.complained)
        assert again.left == []
        told = again.said.split("✓")[1:]
        assert all(told[: len(attempt.told)] == attempt.told for attempt in attempts), "what was told is told otherwise"
        assert entries(data) == entries_of_the_story, f"something was lost, or written twice: {attempts}"
        assert_grown_from(data, [attempt.seen for attempt in attempts if attempt.seen])


def assert_grown_from(data: Path, seen: list[str]) -> None:
    """Every checkpoint that was handed out is a beginning of the log that is there now."""
    with local.service_url(Settings(data=data)) as reached, Client(reached.url, reached.api_key) as client:
        now = note.parse_checkpoint(client.request("GET", "/v1/ledger/checkpoint").content)
        for text in seen:
            then = note.parse_checkpoint(text.encode())
            proof = client.get("/v1/ledger/consistency", first=then.size, second=now.size)
            path = [bytes.fromhex(node) for node in proof["path"]]
            assert merkle.verify_consistency(then.size, now.size, then.root, now.root, path), f"{text}\nis not what became of it"


@pytest.fixture
def cleared(tmp_path: Path) -> Iterator[Player]:
    """The story up to its decision of step 7, in a service that runs."""
    data = tmp_path / "data"
    process = clearance("up", "--data", str(data), "--port", str(processes.free_port()))
    wait_until(lambda: process.poll() is not None or (data / "service.json").exists(), 60)
    url = json.loads((data / "service.json").read_text())["url"]
    with ExitStack() as stack:
        one, two = (stack.enter_context(Client(url, key)) for key in _people(Settings(data=data)))
        player = Player(one, two, tmp_path / "out", lambda _: None, lambda *_: "")
        assert all(line.ok for line in player.play(until="7"))
        yield player
    process.terminate()
    process.communicate(timeout=60)


def test_a_withdrawal_between_decision_and_release_wins(cleared: Player) -> None:
    decision = {"decision": cleared.decisions["7"]["id"]}
    released: list[dict[str, Any]] = []
    refusals: list[Refused] = []

    def release() -> None:
        """Release under the one decision, again and again, until that is refused."""
        while not refusals:
            try:
                released.append(cleared.first.post("/v1/releases", decision))
            except Refused as refusal:
                refusals.append(refusal)

    releasing = threading.Thread(target=release)
    releasing.start()
    wait_until(lambda: len(released) > 2)
    event = cleared._named(cleared.steps["10"]["records"][0]["body"])
    consent = event.pop("targets")[0]
    withdrawn = cleared.second.post(f"/v1/consents/{consent}/events", event)
    releasing.join(30)
    [refusal] = refusals
    assert (refusal.status, refusal.code) == (409, "changed_since_decision")
    assert max(release["index"] for release in released) < withdrawn["index"], "no release behind the withdrawal"
    with pytest.raises(Refused, match="decide again"):
        cleared.second.post("/v1/releases", decision)
