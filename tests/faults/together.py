"""Many at once: F16 conflicts and long locks, F17 concurrent appends, F18 one idempotency key a hundred times, F46 two servers."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import ExitStack

import psycopg

from service.errors import Problem
from service.ledger.items import Edge, Unchanged
from service.ledger.sequencer import LOCK_SPACE
from tests.db.ledger.made import item, write
from tests.faults.stage import Log, Stage, acknowledged, at_once, code, fresh, told
from tests.faults.table import Row
from tests.faults.verifier import Acknowledged

SEQUENCERS = 3
HELD = 0.5
"""So many seconds somebody sits on the lock."""


def conflicts(stage: Stage) -> Row:
    """F16: many change one version, a withdrawal runs against releases, and somebody sits on the lock."""
    row = Row("F16", "races for one version, a withdrawal against releases, a long lock")
    with stage.log() as log, ExitStack() as others:
        ledgers = [log.ledger, *(others.enter_context(log.beside()) for _ in range(SEQUENCERS - 1))]
        told_all = [acknowledged(log.ledger, *fresh("ast_a"))]
        for version in range(2, 60 if stage.long else 8):
            token_writes = [fresh("ast_a", version) for _ in range(12)]
            works = [lambda each=each, at=at: acknowledged(ledgers[at % SEQUENCERS], *each) for at, each in enumerate(token_writes)]
            told_all += _one_wins(row, at_once(works), "stale_version")
            row.times += 1
        for _ in range(40 if stage.long else 5):
            told_all += _withdrawal(row, log)
        told_all += _long_lock(row, log)
        log.judge(row, told_all)
    return row


def _one_wins(row: Row, answers: list[object], refusal: str) -> list[Acknowledged]:
    won = [answer for answer in answers if isinstance(answer, Acknowledged)]
    others = Counter(code(answer) for answer in answers if not isinstance(answer, Acknowledged))
    row.expect(len(won) == 1, f"{len(won)} of {len(answers)} rivals won")
    row.expect(set(others) <= {refusal}, f"the others were answered {dict(others)}")
    return won


def _withdrawal(row: Row, log: Log) -> list[Acknowledged]:
    """A release rests on a consent; a withdrawal at the same time must come after every release that went through."""
    consent = write(item(kind="consent"))
    first = log.ledger.append(consent)
    since = Unchanged(first.size, frozenset({consent.items[0].id}))
    releases = [fresh(unchanged=since) for _ in range(8)]
    gone = fresh(item={"edges": [Edge("target", consent.items[0].id, affects=True)]})
    works = [lambda each=each: acknowledged(log.ledger, *each) for each in [*releases[:4], gone, *releases[4:]]]
    answers = at_once(works)
    withdrawn = answers.pop(4)
    row.times += 1
    row.expect(isinstance(withdrawn, Acknowledged), f"the withdrawal was answered {code(withdrawn)}")
    passed = [answer for answer in answers if isinstance(answer, Acknowledged)]
    [late] = at_once([lambda: acknowledged(log.ledger, *fresh(unchanged=since))])
    row.expect(code(late) == "changed_since_decision", f"a release after the withdrawal: {code(late)}")
    row.expect(all(answer.index < withdrawn.index for answer in passed), "a release went through behind the withdrawal")
    row.expect(
        {code(answer) for answer in answers} <= {"Acknowledged", "changed_since_decision"}, f"releases: {Counter(map(code, answers))}"
    )
    return [withdrawn, *passed]


def _long_lock(row: Row, log: Log) -> list[Acknowledged]:
    """Whoever waits while somebody sits on the lock is served afterwards, all of them."""
    with psycopg.connect(log.url) as conn:
        conn.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK_SPACE])
        begun = time.monotonic()
        timer = threading.Timer(HELD, conn.rollback)
        timer.start()
        answers = at_once([lambda: acknowledged(log.ledger, *fresh())] * 30)
        waited = time.monotonic() - begun
        timer.join()
    row.expect(waited >= HELD, "somebody was served while another held the lock")
    row.expect(waited < 10, "they waited far longer than the lock was held")
    row.times += 1
    row.expect(all(isinstance(answer, Acknowledged) for answer in answers), f"behind a long lock: {Counter(map(code, answers))}")
    return [answer for answer in answers if isinstance(answer, Acknowledged)]


def appends(stage: Stage) -> Row:
    """F17: 200 appends at once, of three processes' sequencers on one log; and one ETag for many."""
    row = Row("F17", "200 appends at once through three sequencers")
    with stage.log() as log, ExitStack() as others:
        ledgers = [log.ledger, *(others.enter_context(log.beside()) for _ in range(SEQUENCERS - 1))]
        told_all = log.append()
        for _ in range(20 if stage.long else 2):
            works = [lambda at=at: acknowledged(ledgers[at % SEQUENCERS], *fresh()) for at in range(200)]
            answers = at_once(works)
            row.times += len(works)
            row.expect(all(isinstance(answer, Acknowledged) for answer in answers), f"answers: {Counter(map(code, answers))}")
            told_all += [answer for answer in answers if isinstance(answer, Acknowledged)]
        log.judge(row, told_all)
    return row


def one_key(stage: Stage) -> Row:
    """F18: one idempotency key 100 times at once, through three sequencers: one effect, one answer; another body is refused."""
    row = Row("F18", "one Idempotency-Key 100 times at once, among strangers with the same key")
    with stage.log() as log, ExitStack() as others:
        ledgers = [log.ledger, *(others.enter_context(log.beside()) for _ in range(SEQUENCERS - 1))]
        told_all: list[Acknowledged] = []
        for number in range(50 if stage.long else 3):
            told_all += _hundredfold(row, ledgers, bytes([number]) * 32)
        log.judge(row, told_all)
    return row


def _hundredfold(row: Row, ledgers: list[object], key: bytes) -> list[Acknowledged]:
    token, twin = fresh(key_hash=key, request_hmac=b"h" * 32)
    answers = at_once([lambda at=at: told(token, ledgers[at % SEQUENCERS].append(twin)) for at in range(100)])
    row.times += 100
    row.expect(all(isinstance(answer, Acknowledged) for answer in answers), f"twins: {Counter(map(code, answers))}")
    found = [answer for answer in answers if isinstance(answer, Acknowledged)]
    row.expect(len({answer.index for answer in found}) == 1, "twins were told different places")
    try:
        ledgers[0].append(write(key_hash=key, request_hmac=b"another"))
        row.expect(condition=False, says="another request under the same key went through")
    except Problem as refusal:
        row.expect(refusal.code == "idempotency_key_reused", f"another request under the same key: {refusal.code}")
    return found[:1]


def two_servers(stage: Stage) -> Row:
    """F46: two servers on one store are both safe; one with other keys is refused and writes nothing."""
    from contextlib import closing

    from service.db import Database
    from service.ledger.log import Ledger
    from service.ledger.signer import Signer

    row = Row("F46", "two servers on one store; one more with keys of its own")
    with stage.log() as log, log.beside() as second:
        told_all = log.append()
        for _ in range(20 if stage.long else 3):
            answers = at_once([lambda each=each: acknowledged(each, *fresh()) for each in [log.ledger, second] * 20])
            row.times += len(answers)
            row.expect(all(isinstance(answer, Acknowledged) for answer in answers), f"answers: {Counter(map(code, answers))}")
            told_all += [answer for answer in answers if isinstance(answer, Acknowledged)]
        with closing(Database(log.url)) as database, closing(Ledger(database, Signer(stage.directory()))) as stranger:
            refused = at_once([lambda: acknowledged(stranger, *fresh())] * 5)
        row.expect({code(each) for each in refused} == {"log_unknown"}, f"a server with other keys: {Counter(map(code, refused))}")
        log.judge(row, told_all)
        row.expect(len(told_all) == told_all[-1].index + 1 or row.acknowledged == len(told_all), "entries that nobody asked for")
    return row
