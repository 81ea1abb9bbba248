"""What the roles cannot do: change or delete the log, or see another studio."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest
from psycopg import errors as pg
from psycopg import sql

from service import auth
from service.db import Database
from service.ledger.log import Disclosure
from tests.db.ledger.made import NOW, STUDIO, item, write

LOG = ["entry", "reference", "tree_head", "write"]
SECRET = Disclosure("/body/fee", b"\x01" * 32, b"cipher", "pty_1", "encrypted")


@pytest.fixture(autouse=True)
def _something(ledger):
    for studio in (STUDIO, "std_2"):
        one = item(studio=studio, identifiers=[("eidr", "1")], body={"fee": (b"\x01" * 32).hex()}, disclosures=(SECRET,))
        ledger.append(write(one, studio=studio, key_hash=b"k" * 32, request_hmac=b"h"))


@pytest.mark.parametrize("table", LOG)
@pytest.mark.parametrize("change", ["UPDATE {} SET studio_id = studio_id", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("role", ["app", "ledger"])
def test_no_runtime_role_changes_the_log(database, role, change, table):
    with database.app(STUDIO) if role == "app" else database.ledger() as conn, pytest.raises(pg.InsufficientPrivilege):
        conn.execute(sql.SQL(change).format(sql.Identifier(table)))


def test_even_the_owner_does_not_change_the_log_without_altering_it(database):
    with database.owner() as conn:
        assert conn.execute("UPDATE entry SET bytes = '' WHERE studio_id = 'std_1'").rowcount == 0
        assert conn.execute("DELETE FROM entry").rowcount == 0
        assert conn.execute("DELETE FROM tree_head").rowcount == 0


def test_no_role_deletes_from_any_table_but_what_jobs_have_run(database):
    with psycopg.connect(database.url) as conn:
        held = conn.execute(
            "SELECT grantee, table_name FROM information_schema.role_table_grants"
            " WHERE privilege_type IN ('DELETE', 'TRUNCATE') AND grantee IN ('clearance_app', 'clearance_ledger', 'PUBLIC') AND table_schema = 'public'"
        ).fetchall()
    assert held == [("clearance_ledger", "tick")]


def test_a_request_writes_the_log_only_through_the_sequencer(database):
    with database.app(STUDIO) as conn, pytest.raises(pg.InsufficientPrivilege):
        conn.execute("INSERT INTO tree_head (studio_id, size, root, frontier, committed_at) VALUES ('std_1', 9, '', '', now())")


@pytest.mark.parametrize("table", [*LOG, "head", "head_production", "identifier", "disclosure"])
def test_a_request_sees_its_own_studio_only(database, table):
    counted = sql.SQL("SELECT count(*), count(*) FILTER (WHERE studio_id <> {}) FROM {}")
    for studio in (STUDIO, "std_2"):
        with database.app(studio) as conn:
            if table == "reference":
                continue
            own, foreign = conn.execute(counted.format(studio, sql.Identifier(table))).fetchone()
            assert own > 0
            assert foreign == 0
    with database.app("") as conn:
        assert conn.execute(counted.format("", sql.Identifier(table))).fetchone() == (0, 0)


def test_a_request_cannot_write_for_another_studio(database):
    with database.app(STUDIO) as conn, pytest.raises(pg.InsufficientPrivilege):
        conn.execute("INSERT INTO studio (studio_id, name, created_at) VALUES ('std_2', 'Other', now())")


def test_without_a_studio_nothing_is_seen_even_on_a_used_connection(database):
    with database.app(STUDIO) as conn:
        assert conn.execute("SELECT count(*) FROM entry").fetchone() == (1,)
        conn.execute("SELECT set_config('clearance.studio', '', false)")
        assert conn.execute("SELECT count(*) FROM entry").fetchone() == (0,)
        conn.execute("SELECT set_config('clearance.studio', %s, false)", [STUDIO])


def test_erasing_a_subject_takes_its_values_in_this_studio_and_leaves_the_log(database, faults):
    with database.app(STUDIO) as conn:
        assert conn.execute("SELECT erase_subject('pty_2')").fetchone() == (0,)
        assert conn.execute("SELECT erase_subject('pty_1')").fetchone() == (1,)
        assert conn.execute("SELECT count(*) FROM disclosure").fetchone() == (0,)
    with database.app("std_2") as conn:
        assert conn.execute("SELECT count(*) FROM disclosure").fetchone() == (1,)
    assert faults() == []


def test_values_that_are_named_one_by_one_go_in_this_studio_only(database, faults):
    with database.app(STUDIO) as conn:
        [(record, mark)] = conn.execute("SELECT id, commitment FROM disclosure").fetchall()
    with database.app("std_2") as conn:
        other = conn.execute("SELECT id, commitment FROM disclosure").fetchall()
        assert conn.execute("SELECT erase_values(%s, %s)", ([record], [bytes(32)])).fetchone() == (0,)
    with database.app(STUDIO) as conn:
        named = [(record, mark), *other]
        assert conn.execute("SELECT erase_values(%s, %s)", ([each for each, _ in named], [each for _, each in named])).fetchone() == (1,)
        assert conn.execute("SELECT count(*) FROM disclosure").fetchone() == (0,)
    with database.app("std_2") as conn:
        assert conn.execute("SELECT id, commitment FROM disclosure").fetchall() == other
    assert faults() == []


def test_a_key_is_found_before_its_studio_is_known(database):
    studio = auth.create_studio(database, "One", NOW)
    with database.app(studio) as conn:
        account = auth.create_account(conn, studio, "Ada", ["auditor"], NOW, email="Ada@Example.com")
        conn.execute(
            "INSERT INTO api_key (studio_id, key_id, account_id, name, sha256, shown, roles, created_at) VALUES (%s, 'key_1', %s, 'k', %s, 'clr_a', '{}', now())",
            (studio, account, b"\x05" * 32),
        )
    with database.app("") as conn:
        assert conn.execute("SELECT count(*) FROM api_key").fetchone() == (0,)
        assert conn.execute("SELECT studio_id, account_name FROM key_by_sha256(%s)", [b"\x05" * 32]).fetchall() == [(studio, "Ada")]
        assert conn.execute("SELECT studio_id FROM key_by_sha256(%s)", [b"\x06" * 32]).fetchall() == []
        assert conn.execute("SELECT studio_id, studio_name FROM accounts_by_email('ada@example.COM')").fetchall() == [(studio, "One")]


def test_filters_use_their_indexes_under_row_level_security(fresh_database_url):
    # With statistics that say "no rows" one index is as good as another; those of a table that was never filled say nothing.
    with psycopg.connect(fresh_database_url) as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("TRUNCATE entry, head, reference, identifier, digest, tree_head")
    plans = {
        "SELECT id FROM head WHERE studio_id = 'std_1' AND kind = 'asset' AND first_index < 5 ORDER BY first_index DESC LIMIT 9": "head_by_kind",
        "SELECT id FROM head WHERE studio_id = 'std_1' AND kind = 'asset' AND state = 'x' ORDER BY first_index DESC LIMIT 9": "head_by_state",
        "SELECT id FROM head WHERE studio_id = 'std_1' AND kind = 'asset' AND type = 'x' ORDER BY first_index DESC LIMIT 9": "head_by_type",
        "SELECT id FROM head WHERE studio_id = 'std_1' AND kind = 'asset' AND party = 'x' ORDER BY first_index DESC LIMIT 9": "head_by_party",
        "SELECT source FROM reference WHERE studio_id = 'std_1' AND target = 'x' AND index >= 3": "reference_by_target",
        "SELECT id FROM identifier WHERE studio_id = 'std_1' AND kind = 'asset' AND scope = 'a' AND value = 'b' AND dropped_at IS NULL": "identifier_taken",
        "SELECT id FROM digest WHERE studio_id = 'std_1' AND algorithm = 'sha256' AND value = 'x'": "digest_key",
        "SELECT size FROM tree_head WHERE studio_id = 'std_1' AND committed_at <= now() ORDER BY committed_at DESC, size DESC LIMIT 1": "tree_head_by_time",
        "SELECT bytes FROM entry WHERE studio_id = 'std_1' AND id = 'x' ORDER BY version DESC LIMIT 1": "entry_version",
    }
    with closing(Database(fresh_database_url)) as database, database.app(STUDIO) as conn, conn.transaction():
        conn.execute("SET LOCAL enable_seqscan = off")
        for statement, index in plans.items():
            plan = "\n".join(line for (line,) in conn.execute("EXPLAIN " + statement))
            assert index in plan, plan
            assert "Sort" not in plan, plan
