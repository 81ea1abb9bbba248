"""Whatever dies, and whenever: nothing acknowledged is lost, nothing forks, and the answer is honest."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.db import Database
from service.errors import Unavailable
from service.ledger import sequencer
from service.ledger.log import Ledger
from service.ledger.signer import Forked, Signer, Turn
from tests.db.ledger.made import STUDIO, item, proves, write

ROOT = Path(__file__).parents[3]
WRITER = """
import sys, threading
from pathlib import Path
from service.db import Database
from service.ledger.entry import leaf_hash
from service.ledger.log import Ledger
from service.ledger.signer import Signer
from tests.db.ledger.made import item, write
ledger = Ledger(Database(sys.argv[1]), Signer(Path(sys.argv[2])))
def work(studio):
    while True:
        written = write(item(studio=studio), studio=studio)
        receipt = ledger.append(written)
        sys.stdout.write(f"{studio} {receipt.first_index} {leaf_hash(written.items[0].bytes).hex()}\\n")
        sys.stdout.flush()
for number in range(int(sys.argv[3]) + 7):
    threading.Thread(target=work, args=[f"std_{number % int(sys.argv[3]) + 1}"]).start()
"""


def test_killed_processes_lose_nothing_that_they_acknowledged(database, ledger, keys, faults, tmp_path):
    acknowledged = {}
    for round_number in range(6):
        logs = (1, 2 * sequencer.GATHER_LOGS)[round_number % 2]  # with many, a batch waits for those who come back
        outputs = [tmp_path / f"{round_number}-{number}" for number in range(2)]
        with contextmanager(_running)(database.url, keys, outputs, logs) as processes:
            _wait(lambda outputs=outputs: all(output.stat().st_size > 1_000 for output in outputs))
            time.sleep(random.uniform(0, 0.15))
            for process in processes:
                process.send_signal(signal.SIGKILL)
                time.sleep(random.uniform(0, 0.05))
        for line in (line for output in outputs for line in output.read_text().splitlines()[:-1]):
            studio, index, leaf = line.split()
            assert acknowledged.setdefault((studio, int(index)), leaf) == leaf
        assert [faults(f"std_{number + 1}") for number in range(logs)] == [[]] * logs
    with database.ledger() as conn:
        stored = {(studio, index): leaf.hex() for studio, index, leaf in conn.execute("SELECT studio_id, index, leaf FROM entry")}
    assert acknowledged.items() <= stored.items()
    written = write()
    assert proves(ledger, written, ledger.append(written))


def _running(url, keys, outputs, logs):
    processes = []
    for output in outputs:
        with output.open("wb") as file:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", WRITER, url, str(keys), str(logs)], cwd=ROOT, stdout=file, stderr=subprocess.DEVNULL
                )
            )
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _wait(condition):
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "the writers do not get on"
        time.sleep(0.02)


def test_a_crash_between_commit_and_mark_is_healed_by_the_next_append(ledger, faults, monkeypatch):
    ledger.append(write())
    twin = write(key_hash=b"k" * 32, request_hmac=b"h")
    with monkeypatch.context() as patch:
        patch.setattr(Turn, "sign", _disk_full)
        with pytest.raises(Unavailable) as refusal:
            ledger.append(twin)
        assert refusal.value.code == "proof_delayed"
        assert faults() == []
    written = write()
    receipt = ledger.append(written)
    assert receipt.size == 3
    assert proves(ledger, written, receipt)
    again = ledger.append(twin)
    assert (again.first_index, again.replayed) == (1, True)
    assert proves(ledger, twin, again)
    assert faults() == []


def test_a_reader_heals_it_too(database, ledger, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Turn, "sign", _disk_full)
        for _ in range(3):
            with pytest.raises(Unavailable):
                ledger.append(write())
    with database.app(STUDIO) as conn:
        assert b"\n3\n" in ledger.checkpoint(conn, STUDIO)


def _disk_full(_turn):
    raise OSError(28, "No space left on device")


@pytest.fixture
def lost(monkeypatch):
    """The first connection that commits is lost after that."""
    real, lost = sequencer.transaction, []

    @contextmanager
    def losing(conn):
        with real(conn):
            yield
        if not lost:
            lost.append(True)
            raise psycopg.OperationalError("the connection is gone")

    monkeypatch.setattr(sequencer, "transaction", losing)
    return lost


def test_a_database_lost_again_before_the_proof_is_read_says_that_it_was_recorded(ledger, lost, monkeypatch):
    def gone(*_given):
        raise psycopg.OperationalError

    written = write()
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "_receipt", gone)
        with pytest.raises(Unavailable) as refusal:
            ledger.append(written)
    assert lost
    assert refusal.value.code == "proof_delayed"
    assert ledger.append(write()).first_index == 1


def test_a_connection_lost_after_commit_is_resolved_to_what_happened(ledger, faults, lost):
    written = write()
    receipt = ledger.append(written)
    assert lost
    assert receipt.first_index == 0
    assert proves(ledger, written, receipt)
    assert faults() == []


def test_a_server_process_that_dies_before_commit_has_written_nothing(database, ledger, faults, monkeypatch):
    ledger.append(write())
    real = Turn.prepare

    def killing(turn, steps):
        real(turn, steps)
        with psycopg.connect(database.url, autocommit=True) as conn:
            conn.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")

    with monkeypatch.context() as patch:
        patch.setattr(Turn, "prepare", killing)
        with pytest.raises(Unavailable) as refusal:
            ledger.append(write())
    assert refusal.value.code == "log_unavailable"
    assert ledger.append(write()).size == 2
    assert faults() == []


def test_without_a_database_whoever_waits_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("service.db.POOL_SECONDS", 0.5)
    with (
        closing(Database("postgresql://nobody@127.0.0.1:1/nothing")) as database,
        closing(Ledger(database, Signer(tmp_path))) as ledger,
        pytest.raises(Unavailable),
    ):
        ledger.append(write())


@pytest.fixture
def restored(fresh_database_url, server_url):
    """A database, and a function that makes a copy of it as it is now and answers the copy's address."""
    name = conninfo_to_dict(fresh_database_url)["dbname"]
    copy = f"{name}_copy"

    def make():
        _execute(server_url, "CREATE DATABASE {} TEMPLATE {}", copy, name)
        return make_conninfo(server_url, dbname=copy)

    yield fresh_database_url, make
    _execute(server_url, "DROP DATABASE IF EXISTS {} WITH (FORCE)", copy)


def _execute(url, statement, *names):
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def _ledger(url, keys):
    with closing(Database(url)) as database, closing(Ledger(database, Signer(keys))) as ledger:
        yield database, ledger


def test_a_restored_database_does_not_fork_the_log(restored, keys):
    url, copy = restored
    with _ledger(url, keys) as (_, ledger):
        for _ in range(3):
            ledger.append(write())
    older = copy()
    with _ledger(url, keys) as (_, ledger):
        ledger.append(write(item("ast_lost")))
        other = ledger.append(write(studio="std_2"))
    with _ledger(older, keys) as (database, ledger):
        for _ in range(2):
            with pytest.raises(Forked, match="restored from an older copy"):
                ledger.append(write())
        with database.app(STUDIO) as conn, pytest.raises(Forked):
            ledger.checkpoint(conn, STUDIO)
        with database.app(STUDIO) as conn:
            assert conn.execute("SELECT count(*) FROM entry").fetchone() == (3,)
        assert ledger.append(write(studio="std_3")).size == 1  # other studios go on
    with _ledger(url, keys) as (_, ledger):
        assert ledger.append(write()).size == 5
        assert ledger.append(write(studio="std_2")).size == other.size + 1


def test_a_database_without_its_marks_is_signed_only_on_an_operators_word(restored, keys, tmp_path):
    url, _ = restored
    with _ledger(url, keys) as (_, ledger):
        ledger.append(write())
    with _ledger(url, tmp_path / "new") as (database, ledger):
        with pytest.raises(Forked, match="never signed"):
            ledger.append(write())
        with database.app(STUDIO) as conn:
            ledger.trust(conn, STUDIO)
            with pytest.raises(Forked):
                ledger.trust(conn, STUDIO)
        assert ledger.append(write()).size == 2
