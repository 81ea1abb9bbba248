"""What the sequencer waits for before it drains its queue: those who were just answered, while they keep coming, and nobody else."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from service.ledger import sequencer
from service.ledger.items import Item, Write
from service.ledger.sequencer import BATCH_ENTRIES, GATHER_LOGS, Sequencer, Ticket

LONG = 60.0


@pytest.fixture
def queue(monkeypatch):
    """A sequencer whose own thread does not run."""
    made = Sequencer(None, None, str)
    made._thread = threading.Thread()
    monkeypatch.setattr(sequencer, "GATHER_PAUSE", LONG)
    monkeypatch.setattr(sequencer, "GATHER_SECONDS", LONG)
    return made


def ticket(items=1, log=0):
    return Ticket(Write(f"std_{log}", (Item("ast_1", "asset", 1, datetime.now(UTC), b"{}"),) * items))


def gathering(queue, returning):
    """Gather in a thread, and return it once it waits."""
    waits = threading.Event()

    def run():
        with queue._arrived:
            waits.set()
            queue._gather(returning)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    waits.wait()
    with queue._arrived:  # free only once the thread waits, or has ended
        return thread


def test_a_batch_waits_until_all_are_there_who_were_there_before(queue):
    queue._enqueue(ticket())
    thread = gathering(queue, 3)
    queue._enqueue(ticket())
    thread.join(0.05)
    assert thread.is_alive()
    queue._enqueue(ticket())
    thread.join(LONG / 2)
    assert not thread.is_alive()
    assert len(queue._drain()) == 3


def test_it_goes_on_without_those_who_do_not_come(queue, monkeypatch):
    monkeypatch.setattr(sequencer, "GATHER_PAUSE", 0.001)
    queue._enqueue(ticket())
    thread = gathering(queue, 100)
    thread.join(LONG / 2)
    assert not thread.is_alive()
    assert len(queue._drain()) == 1


def test_it_goes_on_after_a_time_however_many_keep_coming(queue, monkeypatch):
    monkeypatch.setattr(sequencer, "GATHER_SECONDS", 0.0)
    queue._enqueue(ticket())
    with queue._arrived:
        queue._gather(100)


def test_a_full_queue_and_an_end_are_not_waited_for(queue):
    for _ in range(3):
        queue._enqueue(ticket())
    with queue._arrived:
        queue._gather(3)
    thread = gathering(queue, 100)
    queue._thread = None
    queue.close()
    thread.join(LONG / 2)
    assert not thread.is_alive()


def logs(count, items=1):
    return [ticket(items, log) for log in range(count)]


def test_no_more_are_waited_for_than_a_batch_holds(queue):
    assert queue._returning(logs(GATHER_LOGS)) == GATHER_LOGS
    for _ in range(90):
        queue._enqueue(ticket())
    assert queue._returning(logs(GATHER_LOGS)) == GATHER_LOGS + 90
    assert queue._returning(logs(GATHER_LOGS, 10)) == BATCH_ENTRIES // 10


def test_nobody_is_waited_for_after_a_batch_of_few_logs(queue):
    assert [queue._returning(each) for each in ([], logs(GATHER_LOGS - 1), logs(1) * 100)] == [0, 0, 0]
    queue._enqueue(ticket())
    with queue._arrived:
        queue._gather(0)
