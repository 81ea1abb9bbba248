"""Too little of something, or a clock that lies: F10 file handles, F11 memory, F12 clocks, F15 connections."""

from __future__ import annotations

import random
import resource
import threading
import time
from collections import Counter
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import httpx

from service import db
from service.db import Database
from service.errors import Unavailable
from service.ledger.log import Ledger
from service.ledger.sequencer import Sequencer
from service.ledger.signer import Signer
from tests.db.ledger.made import STUDIO
from tests.faults.running import Service, served_again, writing
from tests.faults.stage import Stage, acknowledged, at_once, code, fresh
from tests.faults.table import Row

MEMORY = 512 << 20


def handles(stage: Stage) -> Row:
    """F10: the server may open no more files while four write: refused or cut off, nobody dies, and afterwards all is well."""
    row, service, answers = Row("F10", "the server's file handles exhausted while four write"), stage.service(), Counter[str]()
    with writing(service, row) as writers:
        for spare in (0, 2, 5, 10, 20) * (10 if stage.long else 1):
            before = service.server()
            kept = [(number, resource.prlimit(number, resource.RLIMIT_NOFILE)) for number in before]
            for number, (_, most) in kept:
                resource.prlimit(number, resource.RLIMIT_NOFILE, (len(list(Path(f"/proc/{number}/fd").iterdir())) + spare, most))
            answers.update(map(str, at_once([lambda: _status(service)] * 60)))
            for number, limits in kept:
                resource.prlimit(number, resource.RLIMIT_NOFILE, limits)
            row.times += 1
            row.expect(service.server() == before, "a server process died of it")
            row.expect(served_again(writers), "nobody was served again")
    row.expect(
        answers.keys() <= {"200", "503", "ReadTimeout", "ConnectTimeout", "ReadError", "RemoteProtocolError"}, f"answers: {dict(answers)}"
    )
    row.notes.append(f"answers meanwhile: {dict(answers)}")
    return row


def _status(service: Service) -> object:
    try:
        return service.send("GET", "/v1/productions?limit=1", timeout=2).status_code
    except httpx.TransportError as fault:
        return type(fault).__name__


def memory(stage: Stage) -> Row:
    """F11: bodies far larger than are allowed, several at once: refused, and no server process grows over 512 MiB."""
    row, service = Row("F11", "JSON bodies of 48 MB at once"), stage.service()
    body = b'{"title": "' + b"x" * (48 << 20) + b'"}'
    with writing(service, row):
        for _ in range(10 if stage.long else 1):
            answers = at_once([lambda: _post(service, body)] * 4)
            row.times += len(answers)
            row.expect(
                set(map(str, answers)) <= {"413", "WriteError", "ReadError", "RemoteProtocolError"},
                f"answers: {Counter(map(str, answers))}",
            )
    peak = max((_peak(number) for number in service.server()), default=0)
    row.expect(peak < MEMORY, f"a server process took {peak >> 20} MiB")
    row.notes.append(f"peak {peak >> 20} MiB; answers {dict(Counter(map(str, answers)))}")
    return row


def _post(service: Service, body: bytes) -> object:
    try:
        return service.send("POST", "/v1/productions", content=body, headers={"Content-Type": "application/json"}).status_code
    except httpx.TransportError as fault:
        return type(fault).__name__


def _peak(number: int) -> int:
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


def clocks(stage: Stage) -> Row:
    """F12: clocks that jump an hour, ten years, stand still or run backwards: the order is the index, commit times never go back."""
    row, dice = Row("F12", "clocks −1 h, +1 h, +10 y, frozen, backwards"), random.Random(stage.seed)
    jumps = [timedelta(hours=-1), timedelta(hours=1), timedelta(days=3650), timedelta(), timedelta(days=-3650), timedelta(seconds=-1)]
    with stage.log() as log:
        told = log.append(3)
        for shift in [*jumps, *(timedelta(seconds=dice.uniform(-1e6, 1e6)) for _ in range(200 if stage.long else 20))]:
            with mock.patch.object(Sequencer, "_take_lock", _shifted(shift)):
                told.append(acknowledged(log.ledger, *fresh()))
            row.times += 1
        told += log.append(3)
        row.expect([each.index for each in told] == list(range(len(told))), "the order is not that of the appends")
        with log.superuser() as conn:
            moments = [moment for (moment,) in conn.execute("SELECT committed_at FROM tree_head ORDER BY size")]
        row.expect(moments == sorted(moments), "commit times go back")
        with log.database.app(STUDIO) as conn:
            sizes = [log.ledger.size_at(conn, STUDIO, moment) for moment in moments]
        row.expect(sizes == sorted(sizes) and sizes[-1] == len(told), "what was known at a time shrinks")
        log.judge(row, told)
    return row


def _shifted(shift: timedelta):
    real = Sequencer._take_lock

    def take(sequencer: Sequencer, conn: object) -> datetime:
        return real(sequencer, conn) + shift

    return take


def connections(stage: Stage) -> Row:
    """F15: five connections for a hundred clients that read, and one for a hundred that write: served or told when to come again."""
    row = Row("F15", "5 connections for 100 readers, 1 for 100 writers")
    with stage.log() as log, ExitStack() as held:
        small = held.enter_context(closing(Database(log.url, size=5, ledger_size=1)))
        ledger = held.enter_context(closing(Ledger(small, Signer(log.keys))))
        told = log.append()
        held.enter_context(mock.patch.object(db, "POOL_SECONDS", 1.0))
        for _ in range(20 if stage.long else 1):
            begun = time.monotonic()
            answers = at_once([lambda: _read(small)] * 100)
            written = at_once([lambda: acknowledged(ledger, *fresh())] * 100)
            row.times += 200
            row.expect(time.monotonic() - begun < 30, "somebody was stuck")
            row.expect({code(each) for each in answers} <= {"int", "database_unavailable"}, f"readers: {Counter(map(code, answers))}")
            late = [each for each in answers if isinstance(each, Unavailable)]
            row.expect(all("Retry-After" in each.headers for each in late), "a refusal does not say when to come again")
            row.expect({code(each) for each in written} == {"Acknowledged"}, f"writers: {Counter(map(code, written))}")
            told += [each for each in written if code(each) == "Acknowledged"]
        row.notes.append(f"readers: {dict(Counter(map(code, answers)))}; {threading.active_count()} threads left")
        log.judge(row, told)
    return row


def _read(database: Database) -> int:
    """Sit on a connection as a slow request does."""
    with database.app(STUDIO) as conn:
        return int(conn.execute("SELECT 1 FROM pg_sleep(0.1)").fetchone()[0])
