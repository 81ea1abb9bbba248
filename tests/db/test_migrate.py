"""Migrations: each once, in order, by any number at once; what is not the same past is refused."""

from __future__ import annotations

import shutil
import threading

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.errors import StartError
from service.migrate import DIRECTORY, files, migrate, missing


@pytest.fixture
def empty_url(server_url, request):
    """Databases without anything in them."""
    names = [f"clearance_migrate_{abs(hash(request.node.nodeid)) % 10**9}_{number}" for number in range(3)]
    with psycopg.connect(server_url, autocommit=True) as conn:
        for name in names:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield [make_conninfo(server_url, dbname=name) for name in names]
        for name in names:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def directory(tmp_path):
    shutil.copytree(DIRECTORY, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "migrations"


def test_from_empty_and_then_nothing(empty_url):
    names = [migration.name for migration in files()]
    assert missing(empty_url[0]) == names
    assert migrate(empty_url[0]) == names
    assert migrate(empty_url[0]) == missing(empty_url[0]) == []


def test_many_runners_of_several_databases_at_once(empty_url):
    done, faults = [], []

    def run(url):
        try:
            done.append(migrate(url))
        except (psycopg.Error, StartError) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(url,)) for url in [*empty_url, *empty_url]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(map(len, done)) == [0, 0, 0, *[len(files())] * 3]


def test_a_changed_file_is_refused(empty_url, directory):
    migrate(empty_url[0], directory)
    with sorted(directory.glob("*.sql"))[1].open("a") as file:
        file.write("-- later\n")
    with pytest.raises(StartError, match="changed after it was applied"):
        migrate(empty_url[0], directory)


def test_an_older_number_is_refused(empty_url, directory):
    migrate(empty_url[0], directory)
    (directory / "0001_zz_late.sql").write_text("SELECT 1")
    with pytest.raises(StartError, match="next number"):
        migrate(empty_url[0], directory)


def test_a_newer_database_is_refused(empty_url, directory):
    (directory / "9999_future.sql").write_text("CREATE TABLE future (a int)")
    migrate(empty_url[0], directory)
    with pytest.raises(StartError, match="newer version"):
        migrate(empty_url[0])


def test_a_failing_file_leaves_nothing_and_can_be_repaired(empty_url, directory):
    broken = directory / "9998_broken.sql"
    broken.write_text("CREATE TABLE half (a int); SELECT 1 / 0;")
    with pytest.raises(psycopg.Error):
        migrate(empty_url[0], directory)
    broken.write_text("CREATE TABLE half (a int);")
    assert migrate(empty_url[0], directory) == ["9998_broken.sql"]


def test_a_file_may_run_outside_a_transaction(empty_url, directory):
    (directory / "9998_index.sql").write_text("-- no-transaction\nCREATE INDEX CONCURRENTLY later ON entry (studio_id, kind)")
    assert "9998_index.sql" in migrate(empty_url[0], directory)
    with psycopg.connect(empty_url[0]) as conn:
        assert conn.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'entry'").fetchone() == ("clearance_owner",)


def test_a_plain_owner_who_may_create_roles_can_migrate_and_run(server_url, empty_url):
    name = conninfo_to_dict(empty_url[0])["dbname"]
    role = f"owner_{name}"
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD 'x'").format(sql.Identifier(role)))
        conn.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(role)))
        # The roles are the cluster's and may have been made by others: an administrator then grants them.
        for each in ("clearance_owner", "clearance_app", "clearance_ledger"):
            if conn.execute("SELECT FROM pg_roles WHERE rolname = %s", [each]).rowcount:
                conn.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(each), sql.Identifier(role)))
    url = make_conninfo(empty_url[0], user=role, password="x")
    try:
        assert migrate(url) == [migration.name for migration in files()]
        from service.db import Database

        database = Database(url)
        with database.app("std_1") as conn:
            conn.execute("INSERT INTO studio (studio_id, name, created_at) VALUES ('std_1', 'One', now())")
            assert conn.execute("SELECT current_user, session_user").fetchone() == ("clearance_app", role)
        database.close()
    finally:
        with psycopg.connect(empty_url[0], autocommit=True) as conn:
            conn.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(sql.Identifier(role)))
            conn.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
            conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_a_login_without_the_right_is_told_what_to_do(server_url, empty_url):
    role = f"poor_{conninfo_to_dict(empty_url[0])['dbname']}"
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(sql.Identifier(role)))
    try:
        with pytest.raises(StartError, match="CREATEROLE"):
            migrate(make_conninfo(empty_url[0], user=role, password="x"))
    finally:
        with psycopg.connect(server_url, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_migrations_are_found_beside_the_package():
    assert [migration.name[:4] for migration in files()] == sorted({migration.name[:4] for migration in files()})
    with pytest.raises(StartError, match="not complete"):
        files(DIRECTORY / "nothing")
