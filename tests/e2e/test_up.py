"""`clearance up` and `serve`: one command, in the foreground, that finds its way and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.cli.local import service_url
from service.config import Settings
from tests import processes
from tests.processes import clearance, wait_until


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory; afterwards nothing of it may run."""
    directory = tmp_path / "data"
    yield directory
    if directory.exists():
        wait_until(lambda: not processes.of_data(directory))


@pytest.fixture
def made(data: Path, copy_cluster: Callable[[Path], None]) -> Path:
    """A data directory whose server has been there before, and no service."""
    copy_cluster(data)
    return data


@pytest.fixture
def port() -> int:
    return processes.free_port()


class Up:
    """A running `clearance up`."""

    def __init__(self, data: Path, port: int, command: str = "up") -> None:
        self.data = data
        self.process = clearance(command, "--data", str(data), "--port", str(port), "--json")
        first = self.process.stdout.readline()
        assert first == "{\n", self.process.communicate()[1]
        rest = iter(self.process.stdout.readline, "}\n")
        self.answer = json.loads(first + "".join(rest) + "}")
        self.url = self.answer["url"]

    def get(self, path: str, key: str | None = None) -> int:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {key}"} if key else {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code

    def is_ready(self) -> bool:
        try:
            return self.get("/readyz") == 200
        except OSError:
            return False

    def key(self) -> str:
        return json.loads((self.data / "cli.json").read_text())["api_key"]

    def stop(self, number: int = signal.SIGTERM) -> str:
        self.process.send_signal(number)
        err = self.process.communicate(timeout=60)[1]
        assert self.process.returncode == 0, err
        return err


@pytest.fixture
def up(made: Path, port: int) -> Iterator[Up]:
    running = Up(made, port)
    yield running
    if running.process.poll() is None:
        running.stop()


def test_runs_until_told_and_leaves_nothing(data: Path, port: int) -> None:
    running = Up(data, port)
    assert running.answer == {"url": f"http://127.0.0.1:{port}", "data": str(data), "joined": False}
    assert running.is_ready()
    announced = json.loads((data / "service.json").read_text())
    assert (announced["url"], announced["pid"]) == (running.url, running.process.pid)
    assert (data / "cli.json").stat().st_mode & 0o777 == 0o600
    numbers = processes.children(running.process.pid)
    err = running.stop(signal.SIGINT)
    assert "a key for the command line are in" in err
    assert err.endswith("Stopped.\n")
    assert not (data / "service.json").exists()
    assert not any(map(processes.is_alive, numbers))


def test_a_second_one_joins_the_first(up: Up, data: Path, port: int) -> None:
    second = Up(data, port)
    assert second.answer == {"url": up.url, "data": str(data), "joined": True}
    up.stop()
    out, err = second.process.communicate(timeout=60)
    assert (out, err, second.process.returncode) == ("", "It has ended.\n", 0)


def test_a_taken_port_moves_to_the_next_and_says_so(made: Path, port: int) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        running = Up(made, port)
        assert running.url != f"http://127.0.0.1:{port}"
        assert running.is_ready()
        assert f"Port {port} is taken; using " in running.stop()


def test_serve_takes_the_port_it_is_told_or_none(made: Path, port: int) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        process = clearance("serve", "--data", str(made), "--port", str(port))
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert f"Port {port} on 127.0.0.1 is taken. Choose another" in err

    running = Up(made, port, "serve")
    assert running.is_ready()
    assert not (made / "cli.json").exists()
    running.stop()


def test_a_killed_server_process_is_put_back(up: Up) -> None:
    for _ in range(2):
        for number in processes.children(up.process.pid):
            processes.kill(number)
        wait_until(up.is_ready)


def test_a_killed_database_is_put_back(up: Up, data: Path) -> None:
    for number in processes.of_data(data):
        processes.kill(number)
    wait_until(lambda: processes.of_data(data))
    wait_until(up.is_ready)
    assert up.get("/v1/parties", up.key()) == 200


def test_a_killed_supervisor_takes_everything_along_and_starts_again(made: Path, port: int) -> None:
    first = Up(made, port)
    key = first.key()
    numbers = processes.children(first.process.pid)
    processes.kill(first.process.pid)
    first.process.communicate()
    second = Up(made, port)
    assert second.url == first.url, "the port is free again"
    assert not any(map(processes.is_alive, numbers))
    assert second.key() == key
    assert second.get("/v1/parties", key) == 200
    second.stop()


def test_a_client_command_finds_the_running_service(up: Up, data: Path) -> None:
    with service_url(Settings(data=data)) as reached:
        assert reached == (up.url, up.key())


def test_a_client_command_brings_its_own_service_up_for_a_while(made: Path) -> None:
    with service_url(Settings(data=made)) as reached:
        request = urllib.request.Request(reached.url + "/v1/parties", headers={"Authorization": f"Bearer {reached.api_key}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(reached.url, timeout=1)


def test_what_is_named_is_what_is_talked_to(data: Path) -> None:
    with service_url(Settings(data=data, url="https://clearance.example", api_key="clr_x")) as reached:
        assert reached == ("https://clearance.example", "clr_x")
    assert not data.exists()


def test_keys_live_and_die(up: Up, data: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        process = clearance("keys", *words, "--data", str(data), "--json")
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    made = json.loads(run("create", "Conform room", "--role", "auditor").stdout)
    assert up.get("/v1/parties", made["api_key"]) == 200
    listed = {key["key_id"]: key for key in json.loads(run("list").stdout)}
    assert listed[made["key_id"]]["state"] == "valid"
    assert run("revoke", made["key_id"]).returncode == 0
    assert up.get("/v1/parties", made["api_key"]) == 401
    again = run("revoke", made["key_id"])
    assert (again.returncode, again.stderr) == (1, "Error: There is no living key with this id; `clearance keys list` shows them.\n")


@pytest.mark.parametrize(
    ("words", "environment", "says"),
    [
        (("gait",), {}, "No such command 'gait'"),
        (("up", "--port", "http"), {}, "not a valid integer range"),
        (("up",), {"CLEARANCE_WORKERS": "many"}, "CLEARANCE_WORKERS is 'many'"),
        (("up",), {"CLEARANCE_DATA": "/dev/null/x"}, "The data directory"),
        (("up",), {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}, "DATABASE_URL"),
    ],
)
def test_what_cannot_work_is_a_sentence_and_status_1(
    tmp_path: Path, words: tuple[str, ...], environment: dict[str, str], says: str
) -> None:
    process = clearance(*words, **{"CLEARANCE_DATA": str(tmp_path / "data"), **environment})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert says in err
    assert "Traceback" not in err


def test_doctor_says_what_is_there(tmp_path: Path) -> None:
    process = clearance("doctor", "--json", "--data", str(tmp_path / "data"))
    findings = {each["name"]: each for each in json.loads(process.communicate(timeout=60)[0])}
    assert process.returncode == 0
    assert "PostgreSQL" in findings["database"]["says"]
    assert ("root" in findings["user"]["says"]) == (os.geteuid() == 0)
