"""Projections follow the log, whoever asks first, and equal a rebuild."""

from __future__ import annotations

import threading

import psycopg
import pytest

from service import projections
from tests.db.ledger.conftest import keys, ledger  # noqa: F401 - fixtures
from tests.db.ledger.made import STUDIO, item, write


def asset(value, **more):
    return item(body={"digests": [{"algorithm": "sha256", "value": value}, {"algorithm": "md5", "value": "m"}]}, **more)


def digests(conn):
    return conn.execute("SELECT algorithm, value, id FROM digest ORDER BY algorithm, value, id").fetchall()


def test_a_reader_catches_up_with_what_was_written(database, ledger):  # noqa: F811
    with database.app(STUDIO) as conn:
        assert projections.catch_up(conn, STUDIO, "digest") == 0
        ledger.append(write(asset("a", record_id="ast_1"), item()))
        ledger.append(write(asset("b", record_id="ast_1", version=2)))
        assert projections.catch_up(conn, STUDIO, "digest") == 3
        assert digests(conn) == [("md5", "m", "ast_1"), ("sha256", "a", "ast_1"), ("sha256", "b", "ast_1")]


def test_many_readers_at_once_and_in_chunks(database, ledger, monkeypatch):  # noqa: F811
    monkeypatch.setattr(projections, "_CHUNK", 7)
    ledger.append(write(*(asset(str(number)) for number in range(60))))
    sizes = []

    def read():
        with database.app(STUDIO) as conn:
            sizes.append(projections.catch_up(conn, STUDIO, "digest"))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [60] * 8
    with database.app(STUDIO) as conn:
        assert len(digests(conn)) == 120


def test_a_check_finds_what_a_rebuild_would_change(database, ledger):  # noqa: F811
    ledger.append(write(asset("a"), asset("b")))
    with database.app(STUDIO) as conn:
        projections.catch_up(conn, STUDIO, "digest")
    ledger.append(write(asset("not caught up yet")))
    with database.ledger() as conn:
        assert projections.check(conn, STUDIO, "digest") == []
        with psycopg.connect(database.url, autocommit=True) as superuser:
            superuser.execute("DELETE FROM digest WHERE value = 'a'; UPDATE digest SET value = 'z' WHERE value = 'b'")
        assert projections.check(conn, STUDIO, "digest") == [projections.Difference("digest", 2, 1)]
        assert projections.rebuild(conn, STUDIO, "digest") == 3
        assert projections.check(conn, STUDIO, "digest") == [projections.Difference("digest", 0, 1)]


def test_a_projection_has_one_meaning():
    with pytest.raises(RuntimeError, match="digest"):
        projections.register(projections.Projection("digest", (), lambda *_: None))
