"""The database that tests get: migrated, empty, theirs."""

from __future__ import annotations

import psycopg
import pytest

from service.db import Database


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_with_an_empty_database(database: Database, database_url: str, turn: int) -> None:
    del turn
    with psycopg.connect(database_url) as conn:
        assert conn.execute("SELECT count(*) FROM studio").fetchone() == (0,)
        conn.execute("INSERT INTO studio (studio_id, name, created_at) VALUES ('std_1', 'One', now())")
    assert database.url == database_url


def test_a_fresh_database_is_migrated_and_another(database_url: str, fresh_database_url: str) -> None:
    assert fresh_database_url != database_url
    with psycopg.connect(fresh_database_url) as conn:
        assert conn.execute("SELECT count(*) FROM entry").fetchone() == (0,)
