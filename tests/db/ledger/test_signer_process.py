"""The signer behind a socket: the log works as with one of its own, and whoever asks over the socket cannot make it fork."""

from __future__ import annotations

import os
import socket
import stat
import threading
from contextlib import closing, contextmanager

import pytest

from service import errors
from service.errors import StartError
from service.ledger import note
from service.ledger.log import Ledger
from service.ledger.note import Checkpoint
from service.ledger.signer import Forked, Mark, Signer, Step
from service.ledger.signer_server import Server
from service.ledger.signer_socket import Line, RemoteSigner, step, text
from tests.db.ledger.made import STUDIO, item, proves, write

ORIGIN = f"clearance.local/{STUDIO}"


@contextmanager
def serving(path, keys):
    with Server(path, keys) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "signer"


@pytest.fixture
def server(path, keys):
    with serving(path, keys) as server:
        yield server


@pytest.fixture
def remote(database, server, path):
    with closing(Ledger(database, RemoteSigner(path))) as ledger:
        yield ledger


@pytest.fixture
def line(server, path):
    with closing(Line(path)) as line:
        yield line


def test_a_log_is_written_as_with_a_signer_of_its_own(database, remote, keys, faults):
    for count in (1, 3, 20):
        made = write(*[item() for _ in range(count)])
        assert proves(remote, made, remote.append(made))
    with database.app(STUDIO) as conn:
        newest, old = remote.checkpoint(conn, STUDIO), remote.checkpoint(conn, STUDIO, 4)
        with closing(Ledger(database, Signer(keys))) as local:
            assert (local.checkpoint(conn, STUDIO), local.checkpoint(conn, STUDIO, 4)) == (newest, old)
            assert local.verifiers(STUDIO) == remote.verifiers(STUDIO)
            local.replace_key()
            assert remote.verifiers(STUDIO) == local.verifiers(STUDIO)
            assert remote.successions(STUDIO) == local.successions(STUDIO) != []
        assert len(note.parse(remote.checkpoint(conn, STUDIO)).signatures) == 2
    assert faults() == []
    with pytest.raises(errors.Conflict, match="replace it there"):
        remote.replace_key()


def test_several_ledgers_and_many_threads(database, path, server, faults):
    receipts = []
    with closing(Ledger(database, RemoteSigner(path))) as one, closing(Ledger(database, RemoteSigner(path))) as two:

        def append(ledger):
            for _ in range(8):
                made = write()
                receipts.append(proves(ledger, made, ledger.append(made)))

        threads = [threading.Thread(target=append, args=(ledger,)) for ledger in (one, two) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert receipts == [True] * 64
    assert faults() == []


def test_without_the_signer_nothing_is_written_and_with_it_again_everything(database, path, keys, faults):
    with closing(Ledger(database, RemoteSigner(path))) as ledger:
        with serving(path, keys):
            ledger.append(write())
        with pytest.raises(errors.Unavailable, match="does not answer") as refusal:
            ledger.append(write())
        assert refusal.value.code == "signer_unavailable"
        with serving(path, keys):
            ledger.append(write())
        with database.app(STUDIO) as conn:
            assert ledger.head(conn, STUDIO).size == 2
    assert faults() == []


def test_a_signer_lost_between_commit_and_signature_is_caught_up(database, path, keys, monkeypatch, faults):
    """What `kill -9` of the signer at the worst moment leaves: a committed tree that nobody has signed."""
    with closing(Ledger(database, RemoteSigner(path))) as ledger, serving(path, keys):
        ledger.append(write())
        ask = Line.ask

        def dying(line, what, **values):
            if what == "sign":
                line.close()
                raise ConnectionResetError("gone")
            return ask(line, what, **values)

        monkeypatch.setattr(Line, "ask", dying)
        with pytest.raises(errors.Unavailable, match="recorded, but its proof"):
            ledger.append(write())
        monkeypatch.undo()
        made = write()
        assert proves(ledger, made, ledger.append(made))
        with database.app(STUDIO) as conn:
            assert ledger.head(conn, STUDIO).size == 3
    assert faults() == []


def test_whoever_hangs_up_within_a_turn_holds_up_nobody(remote, path):
    remote.append(write())
    for _ in range(3):
        line = Line(path)
        line.ask("turn")
        line.close()
    remote.append(write())


def test_readers_do_not_wait_for_a_turn(remote, line):
    remote.append(write())
    line.ask("turn")
    assert remote.mark(STUDIO).checkpoint.size == 1
    line.ask("end")


def test_nobody_can_make_it_sign_what_it_has_not_seen_proved(database, remote, line, keys):
    for _ in range(3):
        remote.append(write())
    mark = remote.mark(STUDIO)
    false = Checkpoint(ORIGIN, 2, bytes(32))
    bigger = Checkpoint(ORIGIN, 9, bytes(32))
    for asked in (
        {"what": "note", "mark": text(Mark(bigger, mark.signature))},
        {"what": "note", "mark": text(Mark(bigger, bytes(64)))},
        {"what": "again", "mark": text(Mark(bigger, mark.signature)), "step": step(Step(bigger, ()))},
        {"what": "again", "mark": text(mark), "step": step(Step(false, ()))},
    ):
        with pytest.raises(Forked):
            line.ask(asked.pop("what"), **asked)
    line.ask("turn")
    for what, values in (("trust", {"step": step(Step(bigger, ()))}), ("prepare", {"steps": [step(Step(bigger, ()))]})):
        with pytest.raises(Forked):
            line.ask(what, **values)
    line.ask("begin", origins=[ORIGIN])
    assert [line.ask("sign"), line.ask("marks", origins=[ORIGIN, "clearance.local/std_9"])] == [[], [text(mark)]]
    line.ask("end")
    assert remote.mark(STUDIO) == mark, "to begin a log that is there changes nothing"


def test_nonsense_is_answered_and_the_line_goes_on(line):
    for values in ({}, {"mark": "x"}, {"origin": 5}, {"step": 7, "mark": "a 1 AAAA AAAA"}):
        for what in ("note", "again", "mark", "nothing"):
            if what != "mark" or "origin" not in values:
                with pytest.raises(errors.Problem):
                    line.ask(what, **values)
    assert line.ask("mark", origin="clearance.local/std_none") is None


def test_trust_begins_a_log_without_a_mark(database, keys, path):
    with closing(Ledger(database, Signer(keys))) as local:
        local.append(write())
    for name in ("key.pem", "marks"):
        (keys / name).unlink()
    with serving(path, keys), closing(Ledger(database, RemoteSigner(path))) as remote, database.app(STUDIO) as conn:
        with pytest.raises(Forked, match="never signed"):
            remote.checkpoint(conn, STUDIO)
        remote.trust(conn, STUDIO)
        assert note.verify(remote.checkpoint(conn, STUDIO), [remote.verifier(STUDIO)]).size == 1
        with pytest.raises(Forked, match="signed clearance"):
            remote.trust(conn, STUDIO)


def test_the_socket_is_for_its_owner_and_group_and_is_not_left_behind(path, keys):
    with serving(path, keys):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o660
        with pytest.raises(StartError, match="already"):
            Server(path, keys)
    assert not path.exists()
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    with serving(path, keys), closing(Line(path)) as line:
        assert line.ask("mark", origin=ORIGIN) is None
