"""Connections and transactions: lent for a role and a studio, given back clean, replaced when the server went away."""

from __future__ import annotations

import os
import threading
from contextlib import closing

import psycopg
import pytest
from psycopg import errors as pg

from service import db
from service.db import Database, retrying, transaction
from service.errors import Conflict, StaleVersion, Unavailable


def test_roles_and_studio(database):
    for lend, role in (
        (database.app("std_1"), "clearance_app"),
        (database.ledger(), "clearance_ledger"),
        (database.owner(), "clearance_owner"),
    ):
        with lend as conn:
            assert conn.execute("SELECT current_user").fetchone() == (role,)
            assert conn.execute("SHOW timezone").fetchone() == ("UTC",)
    for studio in ("std_1", "std_2", "std_1", ""):
        with database.app(studio) as conn:
            assert conn.execute("SELECT current_setting('clearance.studio')").fetchone() == (studio,)


def test_a_transaction_is_all_or_nothing(database):
    insert = "INSERT INTO studio (studio_id, name, created_at) VALUES ('std_1', 'One', now())"
    with database.app("std_1") as conn:
        with pytest.raises(pg.DivisionByZero), transaction(conn):
            conn.execute(insert + "; SELECT 1 / 0")
        assert conn.execute("SELECT count(*) FROM studio").fetchone() == (0,)
        with transaction(conn):
            conn.execute(insert)
        assert conn.execute("SELECT count(*) FROM studio").fetchone() == (1,)


def test_a_failed_block_does_not_poison_the_next(database):
    with pytest.raises(pg.UndefinedTable), database.app("std_1") as conn, transaction(conn):
        conn.execute("SELECT * FROM nothing_of_the_kind")
    with database.app("std_1") as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_connections_that_the_server_closed_are_replaced(database):
    with database.app("std_1") as conn:
        pid = conn.info.backend_pid
    with psycopg.connect(database.url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
        while other.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).rowcount:
            pass
    with database.app("std_1") as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
        assert conn.info.backend_pid != pid


def test_a_statement_that_takes_too_long_is_cancelled(database):
    with closing(Database(database.url, statement_seconds=0.05)) as hasty, hasty.app("std_1") as conn, pytest.raises(pg.QueryCanceled):
        conn.execute("SELECT pg_sleep(5)")


def test_no_connection_free_is_a_clear_answer(database, monkeypatch):
    monkeypatch.setattr(db, "POOL_SECONDS", 0.1)
    with closing(Database(database.url, size=1)) as small, small.app("std_1"):
        with pytest.raises(Unavailable) as refusal, small.app("std_1"):
            pass
        assert refusal.value.code == "database_unavailable"


def test_a_forked_process_makes_its_own_connections(database):
    with closing(Database(database.url, size=1)) as single:
        with single.app("std_1") as conn:
            pid = conn.info.backend_pid
        child = os.fork()
        if not child:
            status = 1
            try:
                with single.app("std_1") as conn:
                    status = 0 if conn.info.backend_pid != pid and conn.execute("SELECT 1").fetchone() == (1,) else 1
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        with single.app("std_1") as conn:
            assert conn.info.backend_pid == pid


def test_deadlocks_are_tried_again(database):
    with database.app("std_1") as conn:
        for number in (1, 2):
            conn.execute(
                "INSERT INTO account (studio_id, account_id, name, roles, created_at) VALUES ('std_1', %s, 'n', '{}', now())",
                [f"acc_{number}"],
            )
    gate, done = threading.Barrier(2), []

    def swap(first, second):
        waited = []

        def work():
            with database.app("std_1") as conn, transaction(conn):
                conn.execute("UPDATE account SET name = 'x' WHERE studio_id = 'std_1' AND account_id = %s", [first])
                if not waited:
                    waited.append(gate.wait())
                conn.execute("UPDATE account SET name = 'y' WHERE studio_id = 'std_1' AND account_id = %s", [second])

        retrying(work)
        done.append(first)

    threads = [threading.Thread(target=swap, args=each) for each in (("acc_1", "acc_2"), ("acc_2", "acc_1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["acc_1", "acc_2"]


def test_constraints_have_names_that_mean_something(database):
    statement = (
        "INSERT INTO account (studio_id, account_id, name, email, roles, created_at) VALUES ('std_1', %s, 'n', 'A@b.c', '{}', now())"
    )
    with database.app("std_1") as conn:
        conn.execute(statement, ["acc_1"])
        with pytest.raises(psycopg.IntegrityError) as fault:
            conn.execute(statement, ["acc_2"])
        problem = db.problem(fault.value)
        assert isinstance(problem, Conflict)
        assert problem.code == "email_taken"
    with database.ledger() as conn:
        row = "INSERT INTO entry VALUES ('std_1', %s, 'asset', 'ast_1', 1, now(), sha256(''), '')"
        conn.execute(row, [0])
        with pytest.raises(psycopg.IntegrityError) as fault:
            conn.execute(row, [1])
        assert isinstance(db.problem(fault.value), StaleVersion)
        with pytest.raises(psycopg.IntegrityError) as fault:
            conn.execute("INSERT INTO entry VALUES ('std_1', -1, 'asset', 'ast_2', 1, now(), sha256(''), '')")
        assert db.problem(fault.value) is None
