"""The signer as a process of its own beside a real service: the key is with it alone, and killing it loses nothing."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.client import Client, Refused, Unreachable
from service.ledger import note
from service.ledger.signer_socket import Line
from tests import processes
from tests.processes import clearance, wait_until
from tests.unit.schemas.examples import MINIMAL


@contextmanager
def signer(data: Path, path: Path) -> Iterator[subprocess.Popen[str]]:
    process = clearance("ledger", "signer", "--data", str(data), CLEARANCE_SIGNER=str(path))
    try:
        wait_until(lambda: process.poll() is not None or answers(path), 30)
        assert process.poll() is None, process.communicate()
        yield process
    finally:
        process.kill()
        process.communicate()


def answers(path: Path) -> bool:
    try:
        Line(path).close()
    except OSError:
        return False
    return True


@contextmanager
def service(data: Path, path: Path) -> Iterator[Client]:
    process = clearance("up", "--data", str(data), "--port", str(processes.free_port()), CLEARANCE_SIGNER=str(path))
    try:
        wait_until(lambda: process.poll() is not None or (data / "service.json").exists(), 90)
        url = json.loads((data / "service.json").read_text())["url"]
        with Client(url, json.loads((data / "cli.json").read_text())["api_key"]) as client:
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=90)
        wait_until(lambda: not (data / "service.json").exists() or not processes.of_data(data), 60)


def test_the_key_is_elsewhere_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    data, vault, path = tmp_path / "data", tmp_path / "vault", tmp_path / "signer"
    written: list[int] = []
    refusals: list[str] = []
    with service(data, path) as client:
        with signer(vault, path):
            written.append(client.post("/v1/assets", MINIMAL["asset"])["index"])
        assert not (data / "keys" / "log").exists(), "the service's own directory holds no key of the log"
        assert (vault / "keys" / "log" / "key.pem").exists()
        for _ in range(4):
            with signer(vault, path) as process:
                ending = threading.Timer(0.4, process.kill)
                ending.start()
                refusals.append(write_until_refused(client, written))
                ending.join()
        with signer(vault, path):
            written.append(client.post("/v1/assets", MINIMAL["asset"])["index"])
            newest = note.verify(
                client.request("GET", "/v1/ledger/checkpoint").content, [note.parse_verifier(client.get("/v1/ledger/key")["key"])]
            )
            fsck = clearance("ledger", "fsck", "--data", str(data), CLEARANCE_SIGNER=str(path))
            said = fsck.communicate(timeout=60)[0]
    assert fsck.returncode == 0, said
    with service(data, path) as client:
        assert len(client.get("/v1/assets")["items"]) > 5, "what is there is read without the signer"
    assert sorted(set(written)) == written
    assert newest.size > max(written)
    assert len(written) > 5
    assert set(refusals) <= {"signer_unavailable", "proof_delayed"}


def write_until_refused(client: Client, written: list[int]) -> str:
    """Write until the signer is gone, and return the code of the refusal; what is answered is written."""
    while True:
        try:
            answer = client.request("POST", "/v1/assets", json=MINIMAL["asset"], retry=False)
        except (Refused, Unreachable) as refusal:
            return getattr(refusal, "code", "unreachable")
        written.append(answer.json()["index"])
