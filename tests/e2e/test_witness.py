"""The witness as a process of its own beside a real service: killed and restarted it never goes back, and it finds a restored log."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.client import Client
from service.ledger import cosignature, note, policy, submission
from service.ledger.entry import leaf_hash
from service.ledger.merkle import Growth
from service.ledger.note import Checkpoint, Verifier
from service.ledger.submission import Submission
from service.ledger.witness import Witness
from tests import processes
from tests.processes import clearance, wait_until
from tests.unit.schemas.examples import MINIMAL

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "clearance.local/std_kill"
LOG = Verifier(ORIGIN, KEY.public_key().public_bytes_raw()).text()


@contextmanager
def witness(directory: Path, port: int, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A witness that listens, killed in the end."""
    process = clearance("ledger", "witness", str(directory), "--listen", f"127.0.0.1:{port}", *words)
    try:
        wait_until(lambda: process.poll() is not None or answers(port), 30)
        assert process.poll() is None, process.communicate()
        yield process
    finally:
        process.kill()
        process.communicate()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", timeout=1).is_success
    except httpx.TransportError:
        return False


def shown(*words: str) -> str:
    process = clearance(*words)
    said, complained = process.communicate(timeout=60)
    assert process.returncode == 0, complained
    return said


def submissions(sizes: list[int]) -> Iterator[tuple[int, Submission]]:
    leaves = [leaf_hash(str(number).encode()) for number in range(sizes[-1])]
    for old, size in zip([0, *sizes], sizes, strict=False):
        growth = Growth(old, Growth(0, (), leaves[:old]).frontier, leaves[old:size])
        signed = note.sign(Checkpoint(ORIGIN, size, growth.root), KEY, KEY.public_key().public_bytes_raw())
        yield size, Submission(old, growth.consistency(), signed.content())


def test_what_was_cosigned_survives_every_kill(tmp_path: Path) -> None:
    """Requests go on while the witness is killed again and again: every answer that came is in the state that is found."""
    port, ready = processes.free_port(), threading.Event()
    shown("ledger", "witness", str(tmp_path / "w"), "--name", "legal.example/w", "--log", LOG, "--show")
    acknowledged = 0
    requests = submissions(list(range(1, 400)))
    pending = next(requests)

    def killer(process: subprocess.Popen[str]) -> None:
        ready.wait(10)
        time.sleep(0.05)
        process.kill()

    for _ in range(6):
        ready.clear()
        with witness(tmp_path / "w", port) as process, httpx.Client(timeout=5) as client:
            thread = threading.Thread(target=killer, args=(process,))
            thread.start()
            try:
                while True:
                    answer = client.post(f"http://127.0.0.1:{port}{submission.PATH}", content=pending[1].body())
                    if answer.status_code == 409:  # it was written down, and killed before it could say so
                        assert int(answer.text) == pending[0]
                    else:
                        assert answer.status_code == 200, answer.text
                    acknowledged, pending = pending[0], next(requests)
                    ready.set()
            except httpx.TransportError:
                thread.join()
        with closing(Witness(tmp_path / "w")) as after:
            assert after.state.logs[ORIGIN].size in {acknowledged, pending[0]}, "it went back"
    assert acknowledged > 6


class Service:
    """`clearance up` on a data directory, to be stopped and started again."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, processes.free_port()

    @contextmanager
    def running(self) -> Iterator[Client]:
        process = clearance("up", "--data", str(self.data), "--port", str(self.port))
        try:
            wait_until(lambda: process.poll() is not None or (self.data / "service.json").exists(), 90)
            url = json.loads((self.data / "service.json").read_text())["url"]
            with Client(url, json.loads((self.data / "cli.json").read_text())["api_key"]) as client:
                yield client
        finally:
            process.terminate()
            process.communicate(timeout=90)
            wait_until(lambda: not processes.of_data(self.data), 60)


def checkpoint(client: Client, **query: Any) -> bytes:
    return client.request("GET", "/v1/ledger/checkpoint", params=query).content


def standing(client: Client) -> dict[str, Any]:
    [found] = client.get("/v1/ledger/witnesses")["items"]
    return dict(found)


def witnessed(client: Client, size: int) -> bool:
    return standing(client)["size"] >= size


@pytest.mark.slow
def test_a_restored_backup_is_refused_and_the_service_says_so(tmp_path: Path) -> None:
    service, port, own = Service(tmp_path / "data"), processes.free_port(), tmp_path / "legal"
    with service.running() as client:
        client.post("/v1/assets", MINIMAL["asset"])
        key = client.get("/v1/ledger/key")["key"]
        shown("ledger", "witness", str(own), "--name", "legal.example/w", "--log", key, "--show")
        line = shown("ledger", "witness", str(own), "--show").splitlines()[0]
        name, vkey = line.split()[1:]
        shown("ledger", "anchors", "witness", "legal", vkey, f"http://127.0.0.1:{port}", "--data", str(service.data))
        rules = policy.parse(f"log {key}\nwitness legal {vkey}\nquorum legal\n".encode())
        assert name == cosignature.parse_cosigner(vkey).name

        with witness(own, port):  # away until now; nothing waited for it
            client.post("/v1/assets", MINIMAL["asset"])
            before = note.parse_checkpoint(checkpoint(client)).size
            wait_until(lambda: witnessed(client, before), 90)
            assert policy.judge(rules, checkpoint(client, witnessed="true")).checkpoint.size >= before
    shutil.copytree(service.data, tmp_path / "backup", symlinks=True)

    with service.running() as client, witness(own, port):
        for _ in range(3):
            client.post("/v1/assets", MINIMAL["asset"])
        seen = note.parse_checkpoint(checkpoint(client)).size
        wait_until(lambda: witnessed(client, seen), 90)
    shutil.rmtree(service.data)
    shutil.copytree(tmp_path / "backup", service.data, symlinks=True)

    with service.running() as client, witness(own, port) as process:
        client.post("/v1/assets", MINIMAL["asset"])  # an honest fork: database and marks are both of yesterday
        wait_until(lambda: standing(client)["outcome"] == "forked", 90)
        says = standing(client)["says"]
        assert f"has cosigned {seen} entries" in says
        assert "Stop writing here" in says
        doctor = clearance("doctor", "--data", str(service.data))
        assert f"has cosigned {seen} entries" in doctor.communicate(timeout=60)[0]
        assert doctor.returncode == 1
        fsck = clearance("ledger", "fsck", "--data", str(service.data))
        assert "witness_forked" in fsck.communicate(timeout=60)[0]
        assert fsck.returncode == 1
        while note.parse_checkpoint(checkpoint(client)).size <= seen:  # and now it has outgrown what the witness saw
            client.post("/v1/assets", MINIMAL["asset"])
        wait_until(lambda: standing(client)["says"].startswith("FORK"), 90)
        assert (own / "evidence.jsonl").read_text().count("\n") >= 1
        process.terminate()
        assert "409" in process.communicate(timeout=30)[1]
