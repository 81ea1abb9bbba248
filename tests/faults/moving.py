"""A log that is moved or upgraded: F41 upgrade under load, F42 backup under load."""

from __future__ import annotations

import json
import shutil
import threading
import time
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from service import migrate
from service.backup import folder, outside
from service.backup.folder import Manifest
from service.db import Database
from service.embedded import lease
from service.ledger.log import Ledger
from service.ledger.note import Checkpoint
from service.ledger.signer import Signer
from tests.db.ledger.made import item, write
from tests.faults import verifier
from tests.faults.running import Service, served_again, writing
from tests.faults.stage import Log, Stage, at_once, code, execute
from tests.faults.table import Row
from tests.faults.verifier import Acknowledged, Signed
from tests.processes import clearance


def upgrade(stage: Stage) -> Row:
    """F41: the data of the version before, brought up to date while somebody writes."""
    row = Row("F41", "the previous version's database upgraded while four write")
    older = stage.directory() / "migrations"
    older.mkdir()
    for each in migrate.files(migrate.DIRECTORY)[:-1]:
        shutil.copy(migrate.DIRECTORY / each.name, older)
    for number in range(5 if stage.long else 1):
        name = f"upgraded{number}_{uuid.uuid4().hex[:8]}"
        execute(stage.server_url, "CREATE DATABASE {}", name)
        url = make_conninfo(stage.server_url, dbname=name)
        migrate.migrate(url, older)
        _upgrade(row, url, stage.directory() / "keys")
        execute(stage.server_url, "DROP DATABASE {} WITH (FORCE)", name)
        row.times += 1
    return row


def _upgrade(row: Row, url: str, keys: Path) -> None:
    told: list[Acknowledged] = []
    with closing(Database(url)) as database, closing(Ledger(database, Signer(keys))) as ledger:
        log, ending = Log(url, keys, database, ledger), threading.Event()
        told += log.append(20)

        def work() -> None:
            while not ending.is_set():
                told.extend(log.append())

        writers = [threading.Thread(target=work) for _ in range(4)]
        for writer in writers:
            writer.start()
        begun = time.monotonic()
        applied = migrate.migrate(url)
        row.notes[:] = [f"{', '.join(applied)} applied in {time.monotonic() - begun:.2f} s beside {len(told)} appends"]
        row.expect(applied, "there was nothing to upgrade")
        time.sleep(0.2)
        ending.set()
        for writer in writers:
            writer.join()
        told += log.append()
        log.judge(row, told)


def backup(stage: Stage) -> Row:
    """F42: a backup taken while four write, restored elsewhere: its root is that of the checkpoint kept outside, and its signer refuses."""
    row, service = Row("F42", "backup while four write, restored elsewhere, held against checkpoints kept outside"), stage.service()
    for _ in range(5 if stage.long else 1):
        where = stage.directory()
        with writing(service, row) as writers:
            served_again(writers)
            before = {each.token for writer in writers for each in writer.acknowledged}
            kept = _kept(service, where / "kept")
            row.expect(_run(row, "backup", "--out", where / "backup", "--data", service.data)[0] == 0, "the backup failed")
            served_again(writers)
        newest = _kept(service, where / "newest")
        shutil.copytree(service.data / "keys", where / "data" / "keys")  # with the marks, which are newer than the backup
        begun = time.monotonic()
        status, report = _run(row, "restore", where / "backup", "--checkpoint", where / "kept", "--data", where / "data")
        took = time.monotonic() - begun
        row.expect(status == 0 and report["holds"], f"the restore found faults: {report}")
        _restored(row, service, where / "data", before, kept, newest, folder.manifest(where / "backup"))
        row.times += 1
        size = sum(each.stat().st_size for each in (where / "backup").rglob("*") if each.is_file())
        row.notes[:] = [f"restored in {took:.1f} s, {size / 1e6:.1f} MB; checkpoints of {kept.size} and {newest.size} entries kept outside"]
    return row


def _kept(service: Service, place: Path) -> Signed:
    """Take the newest checkpoint out of the house."""
    content = service.again("GET", "/v1/ledger/checkpoint").content
    place.write_bytes(content)
    return verifier.opened(content, service.key())


def _restored(row: Row, service: Service, data: Path, before: set[str], kept: Signed, newest: Signed, made: Manifest) -> None:
    """Look at what was restored past the service, and as its signer; then rewrite it as a forger would, and see that it is noticed."""
    studio = kept.origin.rpartition("/")[2]
    [log] = [each for each in made.logs if each.studio_id == studio]
    stated = verifier.opened(log.checkpoint.encode(), service.key())
    with (
        lease.hold(data) as held,
        closing(Database(held.url)) as database,
        closing(Ledger(database, Signer(data / "keys" / "log"))) as ledger,
    ):
        found = verifier.read(held.url, studio)
        roots = found.roots()
        row.lost += len(before - {token for _, content in found.entries for token in verifier.tokens(content)})
        row.gaps += found.gaps
        row.forks += sum(roots[each.size - 1 : each.size] != [each.root] for each in (kept, stated))
        row.expect(len(roots) == stated.size >= kept.size, f"{len(roots)} entries, {stated.size} stated, {kept.size} kept outside")
        live = service.read().roots()
        row.forks += live[: len(roots)] != roots or live[newest.size - 1] != newest.root
        [refused] = at_once([lambda: ledger.append(write(item(studio=studio), studio=studio))])
        row.expect(code(refused) == "log_forked", f"the signer went on behind the newest checkpoint: {code(refused)}")
        _forge(held.url, studio, next(index for index, content in found.entries if verifier.tokens(content)))
        with database.ledger() as conn:
            for each, says in ((kept, "does NOT begin"), (newest, "are NOT in it")):
                same, said = outside.judge(conn, studio, len(roots), Checkpoint(each.origin, each.size, each.root))
                row.expect(not same and says in said, f"rewritten and rolled back, the restore says: {said}")


def _forge(url: str, studio: str, index: int) -> None:
    """Rewrite an entry with everything that hangs on it, as far as the operator can."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        text = "convert_to(replace(convert_from(bytes, 'UTF8'), 'token-', 'taken-'), 'UTF8')"
        conn.execute(f"UPDATE entry SET bytes = {text} WHERE studio_id = %s AND index = %s".encode(), [studio, index])
        conn.execute("UPDATE entry SET leaf = sha256('\\x00' || bytes) WHERE studio_id = %s AND index = %s", [studio, index])
        conn.execute("DELETE FROM subtree WHERE studio_id = %s", [studio])


def _run(row: Row, *words: object) -> tuple[int, dict[str, Any]]:
    process = clearance(*map(str, words), "--json")
    said, complained = process.communicate(timeout=240)
    if process.returncode:
        row.notes.append(f"{words[0]}: {(said + complained).strip()[-600:]}")
    return process.returncode, json.loads(said or "{}")
