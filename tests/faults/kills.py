"""Processes that die: F1 the server, F2 the database, F14 a database that is restarted, F18 one key across a kill."""

from __future__ import annotations

import random
import signal
import threading
import time
import uuid
from collections import Counter
from contextlib import closing
from pathlib import Path

import httpx

from service.db import Database
from service.embedded import lease
from service.ledger.log import Ledger
from service.ledger.signer import Signer
from tests import processes
from tests.faults import running, together, verifier
from tests.faults.running import Service, recovery, served_again, writing
from tests.faults.stage import Log, Stage, at_once
from tests.faults.table import Row
from tests.faults.writer import Writer, stopped
from tests.processes import wait_until

SERVER = ("server",) * 7 + ("supervisor",)
DATABASE = ("backend",) * 40 + ("postmaster", "keeper")
"""Fifty kills; the long form deals them out so many times, and to a process that appends by itself so often that there are a thousand of each."""
LONG_SERVER, LONG_SEQUENCER, LONG_DATABASE, LONG_CLUSTER = 20, 840, 5, 24


def server(stage: Stage) -> Row:
    """F1: `kill -9` of the server at random moments while four write."""
    row = _kills(stage, Row("F1", "kill -9 of the server while four write"), SERVER * (LONG_SERVER if stage.long else 1))
    if stage.long:
        _sequencer(stage, row, LONG_SEQUENCER)
    return row


def database(stage: Stage) -> Row:
    """F2: `kill -9` of the database, its backends and its keeper, at random moments while four write."""
    row = _kills(stage, Row("F2", "kill -9 of the database while four write"), DATABASE * (LONG_DATABASE if stage.long else 1))
    if stage.long:
        _cluster(stage, row, DATABASE * LONG_CLUSTER)
    return row


def _sequencer(stage: Stage, row: Row, count: int) -> None:
    """Kill whoever appends, stores and seals, and nothing around it: so that many rounds are done in the time of one."""
    data, dice = stage.directory(), random.Random(stage.seed)
    with stage.log() as log, closing(Writer(data / "said")) as writer:
        for _ in range(count):
            number = writer.start(log.url, data)
            wait_until(writer.answers, 60)
            time.sleep(dice.uniform(0, 0.1))
            writer.take(row, stopped([number], writer.said))
            row.times += 1
        _judge(row, log.url, data, writer)
        row.expect(not writer.refused, f"refused: {Counter(writer.refused)}")


def _cluster(stage: Stage, row: Row, parts: tuple[str, ...]) -> None:
    """Kill parts of a server under a process that appends, also while it recovers; each time somebody must be served again."""
    data, dice, moments = stage.directory(), random.Random(stage.seed), []
    stage.copy_cluster(data)
    with (data / "postgres" / "postgresql.auto.conf").open("a") as file:
        file.write("fsync = off\n")  # the power stays on; what was committed must be written all the same, so it is durable otherwise
    with lease.hold(data) as held, closing(Writer(data / "said")) as writer:
        number = writer.start(held.url, data)
        wait_until(writer.answers, 60)
        for part in dice.sample(parts, len(parts)):
            if not row.holds:
                break
            time.sleep(dice.uniform(0, 0.1))
            for chosen in dice.sample(there := running.database(data, part), min(len(there), 1)):
                processes.kill(chosen)
                row.times += 1
            if dice.random() < 0.8:  # else the next one comes amid the recovery
                moments.append(_served_again(row, held, writer, part))
        writer.take(row, stopped([number], writer.said))
        held.ensure()
        _judge(row, held.url, data, writer)
    row.notes.append(
        f"of {len(moments)} times served again after p50 {sorted(moments)[len(moments) // 2]:.2f} s, at most {max(moments):.2f} s"
    )


def _served_again(row: Row, held: lease.Lease, writer: Writer, part: str) -> float:
    served, begun = writer.answers(b"token"), time.monotonic()
    while writer.answers(b"token") <= served:
        held.ensure()
        if time.monotonic() > begun + 90:
            row.expect(condition=False, says=f"nobody was served again after the {part} was killed")
            break
        time.sleep(0.02)
    return time.monotonic() - begun


def _judge(row: Row, url: str, data: Path, writer: Writer) -> None:
    keys = data / "keys" / "log"
    with closing(Database(url)) as opened, closing(Ledger(opened, Signer(keys))) as ledger:
        log = Log(url, keys, opened, ledger)
        log.judge(row, [*writer.told, *log.append()])
    writer.judge_files(row, data)


def _kills(stage: Stage, row: Row, parts: tuple[str, ...]) -> Row:
    dice, service, moments = random.Random(stage.seed), stage.service(), []
    with writing(service, row) as writers:
        for part in dice.sample(parts, len(parts)):
            time.sleep(dice.uniform(0, 0.2))
            service.hurt(part, dice)
            moments.append(time.monotonic())
            row.times += 1
            if part not in {"backend", "server"}:
                row.expect(served_again(writers), f"nobody was served again after the {part} was killed")
    row.notes.append(recovery(writers, moments))
    return row


def restarts(stage: Stage) -> Row:
    """F14: the database is shut down fast, then cut off, and all connections are ended, while four write."""
    row, service, dice, moments = (
        Row("F14", "database restarted (fast, immediate) while four write"),
        stage.service(),
        random.Random(stage.seed),
        [],
    )
    with writing(service, row) as writers:
        for number in (signal.SIGINT, signal.SIGQUIT) * (10 if stage.long else 1):
            time.sleep(0.5)
            service.hurt("postmaster", dice, number)
            moments.append(time.monotonic())
            row.expect(served_again(writers), "nobody was served again after a restart of the database")
            row.times += 1
    row.notes.append(recovery(writers, moments))
    return row


def one_key(stage: Stage) -> Row:
    """F18: one idempotency key 100 times at once, among strangers, and across a kill of the server: one effect, one answer."""
    row, service, dice = together.one_key(stage), stage.service(), random.Random(stage.seed)
    row.done = "one Idempotency-Key 100 times at once, and across kill -9"
    told, tokens = [], []
    for _ in range(20 if stage.long else 1):
        tokens.append(token := f"token-{uuid.uuid4()}")
        ending = threading.Timer(dice.uniform(0, 0.15), service.hurt, ("server", dice))
        ending.start()
        key = str(uuid.uuid4())
        found = at_once([lambda token=token, key=key: _until_answered(service, token, key)] * 100)
        ending.join()
        row.times += 100
        row.expect(len({str(each) for each in found}) == 1, f"the answers differ: {Counter(map(str, found)).most_common(3)}")
        told += [each for each in found[:1] if isinstance(each, verifier.Acknowledged)]
    verifier.judge(row, service.read(), told, tokens, service.key())
    return row


def _until_answered(service: Service, token: str, key: str) -> verifier.Acknowledged:
    """Repeat a request until it is answered, as a pipeline does; the checkpoint may differ from answer to answer, the place may not."""
    until = time.monotonic() + 60
    body = {"title": token, "format": "feature"}
    while True:
        try:
            answer = service.send("POST", "/v1/productions", json=body, headers={"Idempotency-Key": key})
            if answer.is_success:
                return verifier.Acknowledged(token, answer.json()["index"], b"")
            if answer.status_code not in {409, 503}:
                answer.raise_for_status()
        except httpx.TransportError:
            service.revive()
        if time.monotonic() > until:
            raise TimeoutError("no answer for a minute")
        time.sleep(0.05)
