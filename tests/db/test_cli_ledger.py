"""`clearance ledger …`: clean logs pass, tampering is found from inside and from outside, exit statuses are stable."""

from __future__ import annotations

import json
from contextlib import closing
from urllib.parse import urlencode

import click
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from service.cli import group
from service.config import Settings
from service.errors import StartError
from service.services import Services
from tests.db.ledger.made import item, write


@pytest.fixture
def run(database_url, tmp_path, monkeypatch, capsys):
    """Return a function that runs a command on the test's database and returns its status and its JSON."""
    monkeypatch.setenv("DATABASE_URL", "postgresql:///?" + urlencode(conninfo_to_dict(database_url)))

    def call(*words):
        try:
            status = group.main(["--data", str(tmp_path / "data"), "ledger", *words, "--json"], standalone_mode=False)
        except click.ClickException as refusal:
            return 1, str(refusal)
        return int(status or 0), json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def studio(run, tmp_path, database_url):
    """The studio that the command line's key belongs to, with a few entries in its log."""
    from datetime import UTC, datetime

    from service.cli import first

    (tmp_path / "data").mkdir()
    first.prepare(database_url, tmp_path / "data", datetime.now(UTC))
    studio_id = json.loads((tmp_path / "data" / "cli.json").read_text())["studio_id"]
    append(tmp_path, database_url, studio_id, 5)
    return studio_id


def append(tmp_path, url, studio_id, count):
    with closing(Services.from_settings(Settings(data=tmp_path / "data", database_url=url))) as services:
        for _ in range(count):
            services.ledger.append(write(item(studio=studio_id), studio=studio_id))


def tamper(url):
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("UPDATE entry SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'acc_1', 'acc_2'), 'UTF8') WHERE index = 1")
        conn.execute("UPDATE entry SET leaf = sha256('\\x00' || bytes) WHERE index = 1")


def test_fsck(run, studio, database_url):
    status, reports = run("fsck")
    assert status == 0
    assert [(report["studio_id"], report["entries"], report["faults"]) for report in reports] == [(studio, 5, [])]
    tamper(database_url)
    status, reports = run("fsck", "--studio", studio)
    assert status == 1
    assert {fault["code"] for fault in reports[0]["faults"]} == {"root", "forked"}


def test_verify_follows_the_log_from_outside(run, studio, database_url, tmp_path):
    state = str(tmp_path / "state.json")
    status, first = run("verify", "--state", state)
    assert (status, first["holds"], first["since"], first["size"]) == (0, True, 0, 5)
    append(tmp_path, database_url, studio, 3)
    status, second = run("verify", "--state", state)
    assert (status, second["since"], second["size"]) == (0, 5, 8)
    assert run("verify")[1]["root"] == second["root"]


def test_verify_finds_what_was_changed(run, studio, database_url, tmp_path):
    tamper(database_url)
    status, answer = run("verify")
    assert status == 1
    assert "do not give the signed root" in answer["says"]


def test_verify_finds_another_key(run, studio, tmp_path):
    state = tmp_path / "state.json"
    run("verify", "--state", str(state))
    kept = json.loads(state.read_text())
    for name in ("key.pem", "marks"):
        (tmp_path / "data" / "keys" / "log" / name).unlink()
    run("trust", studio)
    status, answer = run("verify", "--state", str(state))
    assert status == 1
    assert "not signed" in answer["says"]
    assert json.loads(state.read_text()) == kept


def test_rebuild(run, studio, database_url):
    status, answer = run("rebuild")
    assert status == 0
    assert {(done["projection"], done["entries"]) for done in answer} >= {("digest", 5)}
    assert run("rebuild", "--check")[0] == 0
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("INSERT INTO digest VALUES (%s, 'md5', 'x', 'asset', 'ast_1', 0)", [studio])
    status, answer = run("rebuild", "--check")
    assert status == 1
    assert answer[0]["differences"] == [{"table": "digest", "missing": 0, "surplus": 1}]


def test_a_bundle_and_its_verifier(run, studio, tmp_path, capsys):
    from service.ledger.offline.generate import program
    from tests.offline import alone

    status, made = run("bundle", "--out", str(tmp_path / "bundle"))
    assert (status, made["size"], made["whole"]) == (0, 5, True)
    status, printed = run("verifier")
    assert (status, printed["program"].encode()) == (0, program())
    own = tmp_path / "own.py"
    own.write_text(printed["program"])
    done = alone(own, tmp_path / "bundle", "--key", made["key"])
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert alone(own, tmp_path / "bundle", "--key", made["key"].replace(studio, studio[::-1])).returncode == 1
    with pytest.raises(StartError, match="is not empty"):
        run("bundle", "--out", str(tmp_path / "bundle"))
    with pytest.raises(StartError, match="There is no asset"):
        run("bundle", "--out", str(tmp_path / "part"), "--asset", "ast_00000000000000000000000000")
    assert not (tmp_path / "part").exists()
