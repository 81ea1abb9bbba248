"""Backup and restore: what comes back is what was there, a damaged or foreign backup is refused before anything is touched."""

from __future__ import annotations

import errno
import json
import shutil
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from service import auth
from service.backup import folder, load, outside
from service.backup.make import make
from service.config import Settings
from service.db import Database
from service.errors import StartError
from service.ledger import standing
from service.ledger.log import HeadColumns
from service.migrate import migrate
from service.services import Services
from tests.db.ledger.made import item, write

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
PICTURE = b"a picture" * 1000


@pytest.fixture
def settings(tmp_path, database_url) -> Settings:
    return Settings(data=tmp_path / "data", database_url=database_url)


@pytest.fixture
def studio(settings, database):
    """A studio whose log names a content, of which it has the bytes."""
    studio_id = auth.create_studio(database, "Northlight", NOW)
    append(settings, studio_id, 4)
    with closing(Services.from_settings(settings)) as services:
        store = services.blobs.of(studio_id)
        digest = store.keep(PICTURE)
        store.keep(b"staged and never named")
        made = item(studio=studio_id, body={"digests": [{"algorithm": "sha256", "value": digest}]}, head=HeadColumns())
        services.ledger.append(write(made, studio=studio_id))
        store.grant(made.id, digest)
        services.vault.seal(studio_id, None, b"secret")
    return studio_id


def append(settings: Settings, studio_id: str, count: int) -> None:
    with closing(Services.from_settings(settings)) as services:
        for _ in range(count):
            services.ledger.append(write(item(studio=studio_id), studio=studio_id))


@pytest.fixture
def empty_url(server_url, request):
    name = f"clearance_restore_{abs(hash(request.node.nodeid)) % 10**9}"
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield make_conninfo(server_url, dbname=name)
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def target(tmp_path, empty_url) -> Settings:
    return Settings(data=tmp_path / "new", database_url=empty_url)


def backup(settings: Settings, out: Path, **more: bool) -> folder.Manifest:
    return make(out, str(settings.database_url), settings, NOW, **more)


def restore(out: Path, settings: Settings) -> load.Report:
    return load.load(out, load.verified(out), str(settings.database_url), settings)


def rows(url: str | None) -> dict[str, list[tuple]]:
    with psycopg.connect(str(url)) as conn:
        names = [
            name for (name,) in conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration'")
        ]
        return {name: sorted(map(repr, conn.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))))) for name in names}


def test_what_comes_back_is_what_was_there(settings, studio, target, tmp_path):
    made = backup(settings, tmp_path / "backup")
    assert (made.contents, made.with_keys, made.damaged) == (1, False, ())
    report = restore(tmp_path / "backup", target)
    assert report.holds
    assert [(each.entries, each.same_tree, each.signed, each.faults) for each in report.logs] == [(5, True, True, [])]
    assert rows(target.database_url) == rows(settings.database_url)
    with closing(Services.from_settings(target)) as services:
        store = services.blobs.of(studio)
        digest = sha256(PICTURE).hexdigest()
        assert store.read(digest) == PICTURE
        record = next(path.name for path in store.root.glob("given/*/*"))
        assert store.granted(record, digest)
        assert [path for path in store.root.glob("??/*") if path.parent.name != "given"] == [store.path(digest)], "only what is named"


def test_a_backup_holds_no_key_unless_asked(settings, studio, target, tmp_path):
    backup(settings, tmp_path / "backup")
    keys = [path.read_bytes() for path in (settings.data / "keys").rglob("*.key")] + [(settings.data / "keys/log/key.pem").read_bytes()]
    everything = b"".join(path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file())
    assert len(keys) == 2
    assert not any(key in everything for key in keys)
    assert "The key of the logs is not here" in restore(tmp_path / "backup", target).keys
    assert not (target.data / "keys").exists(), "to restore makes no new key"


def test_keys_come_back_without_marks(settings, studio, target, tmp_path):
    backup(settings, tmp_path / "backup", with_keys=True)
    assert not list((tmp_path / "backup").rglob("marks"))
    report = restore(tmp_path / "backup", target)
    assert (target.data / "keys/log/key.pem").read_bytes() == (settings.data / "keys/log/key.pem").read_bytes()
    assert "never signed that log" in report.logs[0].signer
    assert report.holds


def test_it_holds_one_moment_while_others_write(settings, studio, target, tmp_path, monkeypatch):
    from service.backup import tables

    first, later = tables._out, []

    def slow(conn, table, writer):
        if not later:
            append(settings, studio, 3)
            later.append(table)
        return first(conn, table, writer)

    monkeypatch.setattr(tables, "_out", slow)
    made = backup(settings, tmp_path / "backup")
    assert [(each.size, each.checkpoint is not None) for each in made.logs] == [(5, True)], (
        "an earlier tree, signed as a beginning of the newest"
    )
    assert restore(tmp_path / "backup", target).holds


def test_the_signer_refuses_an_older_state_and_says_what_to_do(settings, studio, target, tmp_path):
    backup(settings, tmp_path / "backup")
    append(settings, studio, 2)
    shutil.copytree(settings.data / "keys", target.data / "keys")
    report = restore(tmp_path / "backup", target)
    assert report.holds
    assert "do not continue the 7 this machine has signed" in report.logs[0].signer
    assert "Bring back the newer database" in report.logs[0].signer
    with closing(Services.from_settings(target)) as services, services.database.ledger() as conn:
        assert [(studio_id, refusal.code) for studio_id, refusal in standing.refusals(conn, services.ledger)] == [(studio, "log_forked")]
    with closing(Services.from_settings(settings)) as services, services.database.ledger() as conn:
        assert list(standing.refusals(conn, services.ledger)) == []


def test_the_newest_state_goes_on(settings, studio, target, tmp_path):
    backup(settings, tmp_path / "backup")
    shutil.copytree(settings.data / "keys", target.data / "keys")
    assert restore(tmp_path / "backup", target).logs[0].signer == "The signer goes on with it."
    append(target, studio, 1)


def test_a_login_without_special_rights_backs_up_and_restores(settings, studio, target, tmp_path):
    with psycopg.connect(str(target.database_url), autocommit=True) as conn:
        conn.execute("DROP ROLE IF EXISTS plain_login")
        conn.execute("CREATE ROLE plain_login LOGIN")
        conn.execute("GRANT clearance_owner, clearance_app, clearance_ledger TO plain_login")
        conn.execute(sql.SQL("ALTER DATABASE {} OWNER TO plain_login").format(sql.Identifier(conn.info.dbname)))
        try:
            plain = Settings(data=settings.data, database_url=make_conninfo(str(settings.database_url), user="plain_login"))
            assert backup(plain, tmp_path / "backup").tables["entry"]["rows"] == 5
            restored = Settings(data=target.data, database_url=make_conninfo(str(target.database_url), user="plain_login"))
            assert restore(tmp_path / "backup", restored).holds
            forced = "SELECT count(*) FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity AND relname = 'entry'"
            assert conn.execute(forced).fetchone() == (0,), "the owner is bound again"
        finally:
            conn.execute("REASSIGN OWNED BY plain_login TO CURRENT_USER")
            conn.execute("DROP OWNED BY plain_login")
            conn.execute("DROP ROLE plain_login")


def test_a_database_that_is_not_empty_is_refused(settings, studio, tmp_path):
    backup(settings, tmp_path / "backup")
    before = rows(settings.database_url)
    with pytest.raises(StartError, match=r"not empty \(it has rows in .*entry.*\)\. Restore into a new one"):
        restore(tmp_path / "backup", settings)
    assert rows(settings.database_url) == before


def test_a_restore_that_was_interrupted_is_repeated(settings, studio, target, tmp_path, monkeypatch):
    backup(settings, tmp_path / "backup")
    with monkeypatch.context() as patched:
        patched.setattr(load.tables, "_in", full_disk)
        with pytest.raises(OSError, match="No space left"):
            restore(tmp_path / "backup", target)
    assert restore(tmp_path / "backup", target).holds


def full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_path_out_of_the_folder_is_refused(settings, studio, target, tmp_path):
    backup(settings, tmp_path / "backup")
    root = tmp_path / "backup"
    lines = (root / "files.ndjson").read_bytes().replace(b"database/entry.copy.gz", b"database/../../entry.gz")
    (root / "files.ndjson").write_bytes(lines)
    manifest = json.loads((root / "manifest.json").read_text()) | {"list_sha256": sha256(lines).hexdigest()}
    (root / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StartError, match="is no path within a backup"):
        restore(root, target)


def test_a_folder_that_is_not_empty_is_refused(settings, studio, tmp_path):
    backup(settings, tmp_path / "backup")
    with pytest.raises(StartError, match="is not empty; name a new directory"):
        backup(settings, tmp_path / "backup")


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda root: next(root.glob("database/entry*")).write_bytes(b"x"), r"database/entry.copy.gz was changed"),
        (lambda root: next(root.glob("content/*/*/*")).unlink(), r"content/.* is missing"),
        (lambda root: (root / "files.ndjson").write_bytes(b""), r"files.ndjson is not the one that the manifest names"),
        (lambda root: (root / "manifest.json").unlink(), r"has no manifest.json: it is no backup, or one that did not finish"),
        (lambda root: (root / "manifest.json").write_text("{"), r"manifest.json is damaged"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_touched(settings, studio, target, tmp_path, harm, says):
    backup(settings, tmp_path / "backup")
    for path in (tmp_path / "backup").rglob("*"):
        path.chmod(0o700)
    harm(tmp_path / "backup")
    with pytest.raises(StartError, match=says):
        restore(tmp_path / "backup", target)
    assert rows(target.database_url) == {}
    assert not target.data.exists()


def test_a_backup_of_a_newer_version_is_refused(settings, studio, target, tmp_path):
    backup(settings, tmp_path / "backup")
    manifest = tmp_path / "backup" / "manifest.json"
    found = json.loads(manifest.read_text())
    found["migrations"].append(["9999_later.sql", "00"])
    manifest.write_text(json.dumps(found))
    with pytest.raises(StartError, match=r"9999_later\.sql, which this version does not know"):
        restore(tmp_path / "backup", target)


def test_a_manifest_that_names_another_tree_is_refused(settings, studio, target, tmp_path):
    backup(settings, tmp_path / "backup")
    manifest = tmp_path / "backup" / "manifest.json"
    found = json.loads(manifest.read_text())
    found["logs"][0]["root"] = "00" * 32
    manifest.write_text(json.dumps(found))
    with pytest.raises(StartError, match="of another tree than the manifest says"):
        restore(tmp_path / "backup", target)


def test_a_content_that_has_rotted_is_named_and_left_out(settings, studio, target, tmp_path):
    digest = sha256(PICTURE).hexdigest()
    with closing(Services.from_settings(settings)) as services:
        path = services.blobs.of(studio).path(digest)
    path.chmod(0o600)
    path.write_bytes(b"rotten")
    made = backup(settings, tmp_path / "backup")
    assert made.damaged == (digest,)
    assert made.contents == 0
    report = restore(tmp_path / "backup", target)
    assert report.damaged == [digest]
    assert not report.holds


def test_tampering_before_the_backup_shows_after_the_restore(settings, studio, target, tmp_path):
    with psycopg.connect(str(settings.database_url), autocommit=True) as conn:
        conn.execute("UPDATE entry SET bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'acc_1', 'acc_2'), 'UTF8') WHERE index = 1")
    backup(settings, tmp_path / "backup")
    report = restore(tmp_path / "backup", target)
    assert not report.holds
    assert {"leaf", "root"} <= {fault.code for fault in report.logs[0].faults}


def test_a_checkpoint_that_is_kept_elsewhere_tells_a_true_backup_from_one_that_was_rewritten_or_is_too_old(
    settings, studio, target, tmp_path
):
    with closing(Services.from_settings(settings)) as services, services.database.app(studio) as conn:
        (tmp_path / "kept").write_bytes(services.ledger.checkpoint(conn, studio))
    backup(settings, tmp_path / "backup")
    append(settings, studio, 2)
    with closing(Services.from_settings(settings)) as services, services.database.app(studio) as conn:
        (tmp_path / "newest").write_bytes(services.ledger.checkpoint(conn, studio))
    wanted = load.verified(tmp_path / "backup")
    url, kept = str(target.database_url), [tmp_path / "kept", tmp_path / "newest"]
    report = load.load(tmp_path / "backup", wanted, url, target, kept)
    assert [same for same, _ in report.logs[0].outside] == [True, False]
    assert "The 2 newest entries" in report.logs[0].outside[1][1]
    assert not report.holds
    [checkpoint] = outside.read(kept[:1], wanted.logs)[studio]
    with closing(Database(url)) as database, database.owner() as conn, psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("UPDATE entry SET leaf = sha256('x') WHERE index = 1")
        assert outside.judge(conn, studio, 5, checkpoint)[0] is False
    (tmp_path / "none").write_text("nothing")
    with pytest.raises(StartError, match="is no checkpoint"):
        outside.read([tmp_path / "none"], wanted.logs)


def test_nothing_of_the_schema_escapes_a_backup(database):
    """A table that the owner cannot read would be copied empty, and a sequence would begin anew."""
    with psycopg.connect(database.url) as conn:
        assert conn.execute("SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace").fetchall() == []
        forced = {name for (name,) in conn.execute("SELECT relname FROM pg_class WHERE relforcerowsecurity")}
        readable = conn.execute(
            "SELECT tablename FROM pg_policies WHERE 'clearance_owner' = ANY(roles) AND cmd IN ('SELECT', 'ALL') AND qual = 'true'"
        )
        assert forced - {name for (name,) in readable} == set()


def test_an_older_version_migrates_on(settings, target, tmp_path):
    """Only some of the migrations: the tables are made as they were, filled, and then brought up to date."""
    url = str(target.database_url)
    names = ("0001_roles.sql", "0002_ledger.sql", "0003_access.sql", "0004_projections.sql", "0005_reference_kinds.sql")
    assert tuple(migrate(url, only=names)) == names
    with closing(Database(url)) as database:
        auth.create_studio(database, "Northlight", NOW)
    backup(target, tmp_path / "backup")
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC")
        conn.execute("ALTER SCHEMA public OWNER TO pg_database_owner")
    report = restore(tmp_path / "backup", target)
    assert report.migrated[0] == "0006_anchors.sql"
    assert report.rows == 1
