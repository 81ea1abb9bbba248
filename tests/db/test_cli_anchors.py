"""`clearance ledger …` about those outside: naming them, asking them, verifying by a policy, replacing the key."""

from __future__ import annotations

import contextlib
import threading
from contextlib import closing, contextmanager

import click
import pytest

from service.ledger.witness import Witness
from service.ledger.witness_server import Server
from tests.authority import Authority
from tests.db.test_cli_ledger import append, run, studio  # noqa: F401 - fixtures
from tests.processes import free_port


@contextmanager
def witnessing(directory, port, name="legal.example/w", logs=()):
    with closing(Witness(directory, name, logs)) as witness, Server(("127.0.0.1", port), witness) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield witness
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def key(run, studio, tmp_path):  # noqa: F811
    """The log's key, as the service shows it."""
    return run("policy", studio)[1]["policy"].split()[1]


def test_from_naming_a_witness_to_verifying_by_a_policy(run, studio, key, database_url, tmp_path):  # noqa: F811
    port, policy, state = free_port(), tmp_path / "policy", str(tmp_path / "state.json")
    with witnessing(tmp_path / "w", port, logs=[key]) as witness:
        named = witness.cosigner.text()
    assert run("anchors", "witness", "legal", named, f"http://127.0.0.1:{port}")[0] == 0
    policy.write_text(run("policy", studio)[1]["policy"])
    assert policy.read_text() == f"log {key}\nwitness legal {named}\ngroup witnesses 1 legal\nquorum witnesses\n"

    status, [away] = run("anchors", "ask")
    assert (status, away["outcome"]) == (1, "away")
    status, answer = run("verify", "--policy", str(policy), "--state", state)
    assert (status, answer["holds"]) == (1, False)
    assert "not_witnessed" in answer["says"] or "cosigned by 1 witnesses" in answer["says"]

    with witnessing(tmp_path / "w", port):
        status, [asked] = run("anchors", "ask")
        assert (status, asked["outcome"], asked["size"]) == (0, "ok", 5)
        assert run("anchors", "ask") == (0, [])
    status, answer = run("verify", "--policy", str(policy), "--state", state)
    assert (status, answer["witnessed"], answer["witnesses"]) == (0, 5, ["legal"])
    append(tmp_path, database_url, studio, 2)
    status, answer = run("verify", "--policy", str(policy), "--state", state)
    assert (status, answer["size"], answer["witnessed"]) == (0, 7, 5)
    assert run("anchors", "list")[1][0]["name"] == "legal"
    assert run("anchors", "remove", "legal")[0] == 0
    assert run("anchors", "list") == (0, [])
    policy.write_text(run("policy", studio)[1]["policy"])
    assert run("verify", "--policy", str(policy), "--state", state)[1]["witnesses"] == []


def test_a_fork_is_told_everywhere(run, studio, key, database_url, tmp_path):  # noqa: F811
    """The witness has seen more than this copy holds: `list` and `fsck` fail, and both say what to do."""
    from service.db import Database
    from service.ledger import anchors
    from service.ledger.anchors import State

    with witnessing(tmp_path / "w", free_port(), logs=[key]) as witness:
        run("anchors", "witness", "legal", witness.cosigner.text(), "http://127.0.0.1:1")
    with closing(Database(database_url)) as database, database.ledger() as conn:
        from datetime import UTC, datetime

        anchors.note_state(conn, studio, State("legal", "forked", "FORK: stop writing here.", 9, datetime.now(UTC)))
    assert run("anchors", "list") == (1, [{
        "studio_id": studio, "kind": "witness", "name": "legal", "url": "http://127.0.0.1:1", "outcome": "forked", "size": 9,
        "says": "FORK: stop writing here.",
    }])  # fmt: skip
    status, reports = run("fsck")
    assert status == 1
    assert [(fault["code"], fault["says"]) for fault in reports[0]["faults"]] == [("witness_forked", "FORK: stop writing here.")]


def test_an_authority(run, studio, tmp_path):  # noqa: F811
    authority = Authority(tmp_path / "tsa")
    with authority.serving() as url:
        assert run("anchors", "authority", "tsa", url, str(tmp_path / "tsa" / "root.pem"), "--studio", studio)[0] == 0
        status, [asked] = run("anchors", "ask")
    assert (status, asked["name"], asked["outcome"]) == (0, "tsa", "ok")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("anchors", "witness", "legal", "nonsense", "http://a"), "not the key of a witness"),
        (("anchors", "witness", "none", "{key}", "http://a"), "not `none`"),
        (("anchors", "witness", "legal", "{key}", "ftp://a"), "must begin with http"),
        (("anchors", "witness", "legal", "{key}", "http://a", "--studio", "std_9"), "no studio std_9"),
        (("anchors", "authority", "tsa", "http://a", "{own}"), "no root certificate"),
        (("anchors", "remove", "nobody"), "There is no nobody"),
        (("policy", "std_9", "--quorum", "1"), "0 witnesses, so 1"),
        (("replace-key", "--finish"), "only one signs"),
    ],
)
def test_what_cannot_be_meant_is_refused(run, studio, tmp_path, words, says):  # noqa: F811
    from service.errors import Problem, StartError
    from tests.unit.ledger.test_cosignature import PUBLIC_WITNESS

    own = tmp_path / "own.pem"
    own.write_text(Authority(tmp_path / "tsa").own if "{own}" in words else "")
    with pytest.raises((Problem, StartError), match=says):
        run(*(word.format(key=PUBLIC_WITNESS, own=own) for word in words))


def test_a_key_is_replaced_and_whoever_followed_the_log_follows_on(run, studio, key, database_url, tmp_path):  # noqa: F811
    state = str(tmp_path / "state.json")
    assert run("verify", "--state", state)[1]["key"] == key
    assert run("replace-key") == (0, {"finished": False})
    append(tmp_path, database_url, studio, 1)
    assert run("replace-key", "--finish") == (0, {"finished": True})
    append(tmp_path, database_url, studio, 1)
    status, answer = run("verify", "--state", state)
    assert (status, answer["size"]) == (0, 7)
    assert answer["key"] != key
    assert run("fsck")[0] == 0


def test_the_doctor_sees_a_restored_database_before_anybody_writes(run, studio, database_url, tmp_path, capsys):  # noqa: F811
    import json

    import psycopg

    from service.cli import group

    def findings():
        with contextlib.suppress(click.exceptions.Exit):
            group.main(["--data", str(tmp_path / "data"), "doctor", "--json"], standalone_mode=False)
        return {each["name"]: each for each in json.loads(capsys.readouterr().out)}

    assert findings()["log"]["says"] == "1 of 1 have entries; each continues what was signed"
    assert findings()["witnesses"]["ok"]
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute("DELETE FROM entry WHERE index = 4; DELETE FROM tree_head WHERE size = 5")
    found = findings()["log"]
    assert not found["ok"]
    assert "restored from an older copy" in found["says"]
    assert "Bring back the newer database" in found["says"]
