"""`clearance backup` and `restore` beside a real service: the drill, and what everybody is told after a restore to an older state."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.client import Client, Refused
from tests import processes
from tests.processes import clearance, wait_until
from tests.unit.schemas.examples import MINIMAL


@contextmanager
def up(data: Path) -> Iterator[tuple[Client, list[str]]]:
    """A running service, and once it has stopped what it said on standard error."""
    process = clearance("up", "--data", str(data), "--port", str(processes.free_port()))
    warned: list[str] = []
    try:
        wait_until(lambda: process.poll() is not None or (data / "service.json").exists(), 90)
        assert process.poll() is None, process.communicate()
        url = json.loads((data / "service.json").read_text())["url"]
        with Client(url, json.loads((data / "cli.json").read_text())["api_key"]) as client:
            yield client, warned
    finally:
        process.terminate()
        warned.append(process.communicate(timeout=90)[1])


def run(*words: str) -> tuple[int, str, str]:
    process = clearance(*words)
    out, err = process.communicate(timeout=180)
    return process.returncode, out, err


def test_a_restore_to_an_older_state_is_told_everywhere_and_can_be_read(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "backup"
    with up(data) as (client, _):
        kept = client.post("/v1/assets", MINIMAL["asset"])["id"]
        status, said, complained = run("backup", "--out", str(out), "--data", str(data))
        assert status == 0, complained
        assert "1 entries" in said
        assert "Without the keys" in said
        status, said, complained = run("backup", "--drill", "--json", "--data", str(data))
        assert status == 0, complained
        drilled = json.loads(said)
        assert (drilled["holds"], drilled["drill"]) == (True, True)
        assert [(each["entries"], each["same_tree"], each["signed"], each["faults"]) for each in drilled["logs"]] == [(1, True, True, [])]
        assert set(drilled["seconds"]) == {"database", "migrations", "contents", "check"}
        client.post("/v1/assets", MINIMAL["asset"])  # is lost by what follows
        status, _, complained = run("restore", str(out), "--data", str(data))
        assert status == 1
        assert "A service runs on" in complained
    wait_until(lambda: not processes.of_data(data))
    shutil.rmtree(data / "postgres")
    shutil.rmtree(data / "content")
    status, said, complained = run("restore", str(out), "--data", str(data))
    assert status == 0, complained
    remedy = "Bring back the newer database (replica or WAL archive)"
    assert remedy in said
    status, said, _ = run("doctor", "--data", str(data))
    assert status == 1
    assert remedy in said
    with up(data) as (client, warned):
        assert client.get(f"/v1/assets/{kept}")["id"] == kept
        with pytest.raises(Refused, match="do not continue") as refused:
            client.request("GET", "/readyz", retry=False)
        assert refused.value.code == "log_forked"
        with pytest.raises(Refused, match="do not continue"):
            client.request("POST", "/v1/assets", json=MINIMAL["asset"], retry=False)
    origin = f"clearance.local/{drilled['logs'][0]['studio_id']}"
    assert f"Warning: The database holds 1 entries of {origin}" in warned[0]
    assert remedy in warned[0]


def test_a_backup_needs_a_place(tmp_path: Path) -> None:
    status, _, complained = run("backup", "--data", str(tmp_path / "data"))
    assert status == 1
    assert "--out DIR" in complained
