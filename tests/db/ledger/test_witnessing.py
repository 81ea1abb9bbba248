"""Cosignatures for a real log: carried at once, by the clock, never lost, never waited for; and a fork is told from a race."""

from __future__ import annotations

import contextlib
import threading
from contextlib import closing
from datetime import UTC, datetime

import httpx
import psycopg
import pytest

from service import jobs
from service.ledger import anchors, note, policy, witnessing
from service.ledger.anchors import Anchor
from service.ledger.log import Ledger
from service.ledger.signer import Signer
from service.ledger.witness import Witness
from service.ledger.witness_server import Server
from tests.db.ledger.made import STUDIO, item, write
from tests.processes import free_port, wait_until

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Outside:
    """A witness with its server, which may come and go."""

    def __init__(self, directory, name, log):
        self.directory, self.name, self.log, self.port = directory, name, log, free_port()
        with closing(Witness(directory, f"{name}.example", [log])) as witness:
            self.key = witness.cosigner.text()

    @property
    def anchor(self):
        return Anchor(self.name, "witness", None, self.key, f"http://127.0.0.1:{self.port}")

    @contextlib.contextmanager
    def running(self):
        with closing(Witness(self.directory)) as witness, Server(("127.0.0.1", self.port), witness) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield witness
            finally:
                server.shutdown()
                thread.join()


@pytest.fixture
def outside(tmp_path, ledger, database):
    """Return a function that sets up a witness of the log and tells the service of it."""

    def make(name):
        made = Outside(tmp_path / name, name, ledger.verifier(STUDIO).text())
        with database.ledger() as conn:
            anchors.add(conn, made.anchor, NOW)
        return made

    return make


@pytest.fixture
def submit(database, ledger):
    def ask(other=None):
        return {name: each.result for name, each in witnessing.submit(database, other or ledger, STUDIO, lambda: NOW).items()}

    return ask


def newest(database, ledger, least=0):
    with database.app(STUDIO) as conn:
        return witnessing.checkpoint(ledger, conn, STUDIO, least)


def says(database):
    with database.app(STUDIO) as conn:
        return witnessing.sentences(conn, STUDIO)


def test_a_cosigned_checkpoint_satisfies_a_policy(database, ledger, outside, submit):
    legal, insurer = outside("legal"), outside("insurer")
    rules = policy.parse(
        f"log {ledger.verifier(STUDIO).text()}\nwitness legal {legal.key}\nwitness insurer {insurer.key}\n"
        "group both all legal insurer\nquorum both".encode()
    )
    ledger.append(write(item(), item()))
    with legal.running(), insurer.running():
        assert submit() == {"insurer": "ok", "legal": "ok"}
        assert submit() == {}, "what is cosigned is not asked for again"
    content = newest(database, ledger, 2)
    judged = policy.judge(rules, content)
    assert (judged.holds, judged.checkpoint.size, set(judged.seen)) == (True, 2, {"legal", "insurer"})
    assert newest(database, ledger) == content
    ledger.append(write())
    assert note.parse_checkpoint(newest(database, ledger)).size == 3
    assert not policy.judge(rules, newest(database, ledger)).holds
    assert newest(database, ledger, 2) == content, "the newest one that is witnessed"
    assert newest(database, ledger, 3) is None


def test_a_witness_that_is_away_is_told_later(database, ledger, outside, submit):
    legal = outside("legal")
    for _ in range(3):
        ledger.append(write())
        assert submit() == {"legal": "away"}
    assert says(database)[0].startswith("The witness legal does not answer")
    with legal.running():
        assert submit() == {"legal": "ok"}
    assert says(database) == []
    with database.ledger() as conn:
        assert anchors.last_cosigned(conn, STUDIO, "legal") == 3


def test_growth_is_proved_step_by_step(database, ledger, outside, submit):
    legal = outside("legal")
    with legal.running() as witness:
        for count in (1, 1, 2, 5, 9):
            ledger.append(write(*[item() for _ in range(count)]))
            assert submit() == {"legal": "ok"}
        assert next(iter(witness.state.logs.values())).size == 18


def test_what_the_service_forgot_the_witness_tells(database, ledger, outside, submit):
    """The cosignatures are lost (a crash between answer and COMMIT, a purge): the size comes back with 409, and a line again."""
    legal = outside("legal")
    with legal.running():
        ledger.append(write())
        submit()
        with psycopg.connect(database.url) as conn:
            conn.execute("DELETE FROM cosignature")
        assert submit() == {"legal": "ok"}
        ledger.append(write())
        with psycopg.connect(database.url) as conn:
            conn.execute("DELETE FROM cosignature")
        assert submit() == {"legal": "ok"}
    with database.ledger() as conn:
        assert [each.size for each in anchors.cosignatures(conn, STUDIO, 2)] == [2]


def test_a_fork_is_refused_and_told(database, ledger, outside, submit, tmp_path, faults):
    """Whoever holds the database and the log's key writes another history; only the witness knows."""
    legal = outside("legal")
    with legal.running():
        ledger.append(write())
        ledger.append(write())
        assert submit() == {"legal": "ok"}
        forge(database, ledger)
        with closing(Ledger(database, Signer(ledger._signer.directory))) as forged:
            assert newest(database, forged) is not None, "the forger's own signer finds nothing"
            assert submit(forged) == {"legal": "forked"}
            (sentence,) = says(database)
            assert sentence.startswith("FORK: the witness legal refuses clearance.local/std_1 at 2 entries")
            assert "Stop writing here" in sentence
            assert "witness_forked" in faults()
            forged.append(write())
            assert submit(forged) == {"legal": "forked"}
        assert len((legal.directory / "evidence.jsonl").read_text().splitlines()) == 2
    assert submit() == {"legal": "away"}
    assert says(database)[0].startswith("FORK"), "being away afterwards does not make it forgotten"


def forge(database, ledger):
    """Change the newest entry with everything that hangs on it, and have the log's key sign it, as an operator could."""
    from service.ledger import merkle
    from service.ledger.entry import leaf_hash

    with psycopg.connect(database.url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute("UPDATE entry SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'acc_1', 'acc_2'), 'UTF8') WHERE index = 1")
        leaves = [leaf_hash(content) for (content,) in conn.execute("SELECT bytes FROM entry ORDER BY index")]
        grown = merkle.Growth(0, (), leaves)
        conn.execute("UPDATE entry SET leaf = %s WHERE index = 1", [leaves[1]])
        conn.execute("UPDATE tree_head SET root = %s, frontier = %s WHERE size = 2", [grown.root, merkle.pack(grown.frontier)])
        conn.execute("DELETE FROM cosignature")
    ledger.close()
    (ledger._signer.directory / "marks").unlink()
    with closing(Ledger(database, Signer(ledger._signer.directory))) as forged, database.app(STUDIO) as conn:
        forged.trust(conn, STUDIO)


def test_a_log_that_was_set_back_is_told_from_one_that_was_overtaken(database, ledger, outside, submit):
    legal = outside("legal")
    ledger.append(write())
    with legal.running():
        old = newest(database, ledger)
        ledger.append(write())
        submit()
        late = witnessing.ask(legal.anchor, old, 0, lambda _: ())
        assert (late.result, late.ahead, late.size) == ("forked", True, 2)
        assert submit() == {}, "the database holds what the witness has seen: only overtaken"
        set_back(database, ledger)
        with closing(Ledger(database, Signer(ledger._signer.directory))) as restored:
            assert submit(restored) == {"legal": "forked"}
    (sentence,) = says(database)
    assert "has cosigned 2 entries" in sentence
    assert "this database holds 1" in sentence
    assert "bring back the newer one" in sentence


def set_back(database, ledger):
    """Leave what a backup from before the second entry would hold: database and marks alike."""
    with psycopg.connect(database.url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute("DELETE FROM entry WHERE index = 1; DELETE FROM tree_head WHERE size = 2; DELETE FROM cosignature WHERE size = 2")
    ledger.close()
    marks = ledger._signer.directory / "marks"
    marks.write_bytes(b"".join(line for line in marks.read_bytes().splitlines(keepends=True) if b" 2 " not in line))


def test_refusals_say_what_to_do(database, ledger, outside):
    legal = outside("legal")
    ledger.append(write())
    content = newest(database, ledger)

    def answering(status, text="", media_type="text/plain"):
        return lambda *_: httpx.Response(status, text=text, headers={"Content-Type": media_type})

    def raising(*_):
        raise httpx.ReadTimeout("it took too long")

    for send, result, part in [
        (answering(404), "refused", "for --log"),
        (answering(403), "refused", "adds the new one with --log"),
        (answering(500), "away", "answered 500"),
        (answering(301), "away", "answered 301"),
        (answering(200, "nonsense"), "refused", "without a cosignature"),
        (answering(200, "— other.example AAAAAAAAAAAA\n"), "refused", "without a cosignature"),
        (answering(409, "0\n", "text/x.tlog.size"), "away", "answered 409"),
        (answering(409, "many", "text/x.tlog.size"), "away", "answered 409"),
        (answering(422), "forked", "FORK"),
        (raising, "away", "took too long"),
    ]:
        outcome = witnessing.ask(legal.anchor, content, 0, lambda _: (), send)
        assert outcome.result == result
        assert part in outcome.says, outcome.says


def test_an_append_never_waits_for_a_witness(database, ledger, outside):
    """A witness that takes the connection and never answers: appends go on, the courier is stuck alone."""
    import socket

    legal = outside("legal")
    with socket.create_server(("127.0.0.1", legal.port)) as listening, closing(jobs.courier(database, ledger)) as courier:
        ledger.appended = courier.leave_word
        before = datetime.now(UTC)
        for _ in range(20):
            ledger.append(write())
        assert (datetime.now(UTC) - before).total_seconds() < 60, "each would have waited ten seconds"
        listening.close()  # hangs up on the courier, so that it ends below
    assert says(database)[0].startswith("The witness legal does not answer")


def test_the_courier_carries_at_once(database, ledger, outside):
    legal = outside("legal")
    with legal.running(), closing(jobs.courier(database, ledger)) as courier:
        ledger.appended = courier.leave_word
        ledger.append(write())
        wait_until(lambda: newest(database, ledger, 1), 20)
        ledger.append(write())
        wait_until(lambda: note.parse_checkpoint(newest(database, ledger, 1)).size == 2, 20)


def test_another_studios_rows_are_not_seen(database, ledger, outside, submit):
    legal = outside("legal")
    ledger.append(write())
    with legal.running():
        submit()
    with database.app("std_2") as conn:
        assert anchors.cosignatures(conn, STUDIO, 1) == []
        assert anchors.states(conn, STUDIO) == {}
        assert [each.name for each in anchors.anchors(conn, "witness")] == ["legal"]
    with database.ledger() as conn:
        anchors.add(conn, Anchor("own", "witness", STUDIO, legal.key, "http://own.example"), NOW)
    with database.app("std_2") as conn:
        assert [each.name for each in anchors.anchors(conn)] == ["legal"]
    with database.ledger() as conn:
        assert anchors.remove(conn, "own", NOW)
        assert not anchors.remove(conn, "own", NOW)
        assert [each.name for each in anchors.anchors(conn)] == ["legal"]


def test_fsck_finds_a_changed_cosignature(database, ledger, outside, submit, faults):
    legal = outside("legal")
    ledger.append(write())
    with legal.running():
        submit()
    assert faults() == []
    with psycopg.connect(database.url, autocommit=True) as conn:
        conn.execute("UPDATE cosignature SET root = sha256('another')")
    assert set(faults()) == {"cosignature"}
    with pytest.raises(Exception, match="of another tree"):
        newest(database, ledger, 1)
