"""A log that is moved, upgraded, or has to forget: F41 upgrade under load, F42 backup under load, F44 erasure."""

from __future__ import annotations

import json
import shutil
import threading
import time
import uuid
from contextlib import closing
from pathlib import Path

from psycopg.conninfo import make_conninfo

from service import migrate
from service.db import Database
from service.ledger.log import Ledger
from service.ledger.signer import Signer
from tests.faults.running import writing
from tests.faults.stage import Log, Stage, execute
from tests.faults.table import Row
from tests.faults.verifier import Acknowledged
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
    """F42: a backup taken while four write, restored elsewhere: it verifies, and holds whatever was acknowledged before it began."""
    row, service = Row("F42", "backup while four write, restored elsewhere"), stage.service()
    for _ in range(5 if stage.long else 1):
        where = stage.directory()
        with writing(service, row) as writers:
            time.sleep(0.5)
            before = {each.token for writer in writers for each in writer.acknowledged}
            row.expect(_status(row, "backup", "--out", str(where / "backup"), "--data", str(service.data)) == 0, "the backup failed")
        begun = time.monotonic()
        row.expect(_status(row, "restore", str(where / "backup"), "--data", str(where / "data")) == 0, "the restore failed")
        took = time.monotonic() - begun
        tokens = _tokens(where / "data")
        row.lost += len(before - tokens)
        row.times += 1
        size = sum(each.stat().st_size for each in (where / "backup").rglob("*") if each.is_file())
        row.notes[:] = [f"restored in {took:.1f} s, {size / 1e6:.1f} MB, {len(tokens)} records of {len(before)} before it began"]
    return row


def _tokens(data: Path) -> set[str]:
    from service.embedded import lease
    from tests.faults import verifier

    with lease.hold(data) as held:
        with closing(Database(held.url)) as database, database.ledger() as conn:
            studios = [studio for (studio,) in conn.execute("SELECT studio_id FROM studio")]
        return {token for studio in studios for _, content in verifier.read(held.url, studio).entries for token in verifier.tokens(content)}


def _status(row: Row, *words: str) -> int:
    process = clearance(*words)
    said, complained = process.communicate(timeout=240)
    if process.returncode:
        row.notes.append(f"{words[0]}: {(said + complained).strip()[-600:]}")
    return process.returncode


def erasure(stage: Stage) -> Row:
    """F44: a person with many references is erased: not a trace of the name in any file, and the log verifies."""
    row, service = Row("F44", "a person with references erased; every file searched"), stage.service()
    count = 1_000 if stage.long else 40
    canary = f"canary{uuid.uuid4().hex}"
    with writing(service, row, 1):
        person = service.send("POST", "/v1/parties", json={"type": "person", "professional_name": canary}).raise_for_status().json()["id"]
        lines = [{"kind": "consent", "body": {"grantor": person, "capacity": "self", "answer": "granted"}} for _ in range(count)]
        content = "".join(json.dumps(line) + "\n" for line in lines)
        service.send("POST", "/v1/batch?mode=atomic", content=content, headers={"Content-Type": "application/x-ndjson"}).raise_for_status()
        row.expect(canary in service.send("GET", f"/v1/parties/{person}").text, "the name was not there to begin with")
        process = clearance("erase", person, "--yes", "--data", str(service.data))
        said, complained = process.communicate(timeout=120)
        row.expect(process.returncode == 0, f"erase: {(said + complained)[-300:]}")
        row.expect(canary not in service.send("GET", f"/v1/parties/{person}").text, "the name is still answered")
        row.times += count
    found = [str(each) for each in service.data.rglob("*") if each.is_file() and canary.encode() in each.read_bytes()]
    row.expect(not found, f"the name is left in {len(found)} files: {found[:3]}")
    return row
