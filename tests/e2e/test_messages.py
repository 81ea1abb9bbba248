"""What goes wrong on the command line is a sentence that names the remedy, with the exit status that scripts rely on."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests import processes
from tests.processes import clearance, wait_until

NOWHERE = {"CLEARANCE_URL": "http://127.0.0.1:1", "CLEARANCE_API_KEY": "clr_x"}


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    process = clearance(*words, **environment)
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(words, process.returncode, out, err)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A running service, as the environment of a client that has the command line's key to it."""
    data = tmp_path_factory.mktemp("messages") / "data"
    process = clearance("up", "--data", str(data), "--port", str(processes.free_port()))
    wait_until(lambda: process.poll() is not None or (data / "service.json").exists(), 60)
    told = {name: json.loads((data / f"{name}.json").read_text()) for name in ("service", "cli")}
    yield {"CLEARANCE_URL": told["service"]["url"], "CLEARANCE_API_KEY": told["cli"]["api_key"], "CLEARANCE_DATA": str(data)}
    process.terminate()
    process.communicate(timeout=60)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "shot.png"
    made.write_bytes(b"not a picture")
    return made


@pytest.fixture
def stranger() -> Iterator[str]:
    """The address of a server that is not ours."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("verify", "{file}"), 1, "is it running, and is the address right?"),
        (("gate", "{file}"), 4, "Could not decide"),
        (("gate", "{file}", "--stage", "publish"), 0, "Warning: not asked, the service is away"),
        (("ledger", "verify"), 1, "The log cannot be checked"),
    ],
)
def test_a_service_that_is_away(file: Path, words: tuple[str, ...], status: int, says: str) -> None:
    done = run(*(word.format(file=file) for word in words), **NOWHERE)
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr


@pytest.mark.parametrize(("command", "status"), [("verify", 1), ("gate", 4), ("sign", 1)])
def test_a_server_that_is_not_ours(file: Path, stranger: str, command: str, status: int) -> None:
    done = run(command, str(file), CLEARANCE_URL=stranger, CLEARANCE_API_KEY="clr_x")
    assert done.returncode == status
    assert "not as Clearance does; is the address right?" in done.stderr


@pytest.mark.parametrize(("command", "status"), [("verify", 1), ("gate", 4), ("sign", 1)])
def test_a_key_that_is_not_known(file: Path, service: dict[str, str], command: str, status: int) -> None:
    done = run(command, str(file), **{**service, "CLEARANCE_API_KEY": "clr_x"})
    assert done.returncode == status
    assert "This key is not known here. Check that it is one of this service" in done.stderr


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("gate",), 1, "Name a path, or a delivery with --delivery."),
        (("gate", "/does/not/exist"), 1, "does not exist"),
        (("gate", "{file}", "--stage", "someday"), 1, "is not one of 'publish', 'farm', 'conform', 'delivery'"),
        (("gate", "{file}", "--at", "31.12.2026"), 1, "Write an instant as 2026-08-10T09:00:00Z"),
        (("gate", "{file}", "--junit", "--sarif"), 1, "Choose one of --junit and --sarif."),
        (("gate", "{file}"), 2, "Register them"),
        (("gate", "--delivery", "dlv_none"), 4, "There is no delivery 'dlv_none' in this studio"),
        (("verify", "{file}"), 0, "shot.png: "),
        (("verify", "--strict", "{file}"), 2, "shot.png: "),
        (("verify", "/does/not/exist"), 1, "does not exist"),
        (("sign", "{file}"), 1, "say where it comes from with --origin"),
        (("rules", "show", "no.such.rule"), 1, "`clearance rules list` names them all"),
        (("rules", "list", "--pack", "none"), 1, ", law-us, "),
        (("rules", "diff", "none", "law-us"), 1, "There is no pack and no file 'none'; there are the packs "),
        (("rules", "test", "{file}"), 1, "shot.png"),
        (("ledger", "bundle", "--out", "/proc/none/bundle"), 1, "name another directory with --out"),
        (("record",), 1, "COMMAND"),
        (("ledger", "fsck", "--studio", "std_none"), 1, "There is no log of std_none"),
        (("ledger", "verify", "--state", "{file}"), 1, "is not a state that this command has written"),
        (("keys", "create", "A", "--role", "king"), 1, "is not one of 'studio_admin'"),
        (("keys", "create", "A", "--role", "auditor", "--studio", "std_none"), 1, "There is no studio 'std_none' here."),
        (("keys", "create", "A", "--role", "auditor", "--production", "prd_none"), 1, "record it first"),
        (("keys", "revoke", "key_none"), 1, "`clearance keys list` shows them"),
        (("demo", "--exit", "--out", "/proc/none"), 1, "Name another directory with --out."),
        (("up", "--port", "0"), 1, "is not in the range"),
    ],
)
def test_what_is_asked_wrongly(file: Path, service: dict[str, str], words: tuple[str, ...], status: int, says: str) -> None:
    done = run(*(word.format(file=file) for word in words), **service)
    assert done.returncode == status, done.stderr
    assert says in done.stdout + done.stderr


def test_a_command_that_brings_its_own_service_says_only_its_own_words(tmp_path: Path, file: Path) -> None:
    done = run("verify", str(file), "--data", str(tmp_path / "data"))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) <= 4


def test_a_studio_and_its_first_key_without_up(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    none = run("keys", "create", "Ops", "--role", "studio_admin", "--data", data)
    assert (none.returncode, none.stderr) == (1, "Error: There is no studio yet; `clearance keys create --new-studio NAME` makes one.\n")
    made = json.loads(run("keys", "create", "Ops", "--role", "studio_admin", "--new-studio", "Northlight", "--data", data, "--json").stdout)
    listed = json.loads(run("keys", "list", "--data", data, "--json").stdout)
    assert [(key["key_id"], key["state"]) for key in listed] == [(made["key_id"], "valid")]
