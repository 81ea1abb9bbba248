"""Many at once: every index given once, twins written once, races decided, the guilty alone refused."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from contextlib import closing

import pytest

from service.db import Database
from service.errors import Conflict, Invalid, Problem, StaleVersion
from service.ledger.log import Edge, Ledger, Unchanged
from service.ledger.signer import Signer
from tests.db.ledger.made import STUDIO, item, proves, write


def at_once(works):
    """Run functions in threads of their own, started together; return results and problems in order."""
    gate, answers = threading.Barrier(len(works)), [None] * len(works)

    def run(number, work):
        gate.wait()
        try:
            answers[number] = work()
        except Problem as problem:
            answers[number] = problem

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_writers_of_several_studios(ledger, faults):
    writes = [write(*(item(studio=f"std_{n % 3}") for _ in range(n % 4 + 1)), studio=f"std_{n % 3}") for n in range(90)]
    receipts = at_once([lambda each=each: ledger.append(each) for each in writes])
    assert all(proves(ledger, each, receipt) for each, receipt in zip(writes, receipts, strict=True))
    for studio in ("std_0", "std_1", "std_2"):
        own = [receipt for each, receipt in zip(writes, receipts, strict=True) if each.studio_id == studio]
        indices = [receipt.first_index + offset for receipt in own for offset in range(receipt.count)]
        assert sorted(indices) == list(range(len(indices)))
        assert faults(studio) == []


def test_a_hundred_twins_write_once(database, ledger):
    twin = write(item(), item(), key_hash=b"k" * 32, request_hmac=b"h" * 32)
    strangers = [write(key_hash=b"k" * 32, request_hmac=bytes([n]) * 32) for n in range(5)]
    answers = at_once([lambda each=each: ledger.append(each) for each in [*[twin] * 60, *strangers]])
    receipts = [answer for answer in answers if not isinstance(answer, Problem)]
    refusals = [answer for answer in answers if isinstance(answer, Problem)]
    assert all(isinstance(refusal, Invalid) for refusal in refusals)
    assert len({(receipt.first_index, receipt.count) for receipt in receipts}) == 1
    assert Counter(receipt.replayed for receipt in receipts)[False] == 1
    with database.app(STUDIO) as conn:
        assert conn.execute("SELECT count(*) FROM write").fetchone() == (1,)


def test_of_many_changes_to_one_version_one_wins(ledger, faults):
    ledger.append(write(item("ast_a")))
    answers = at_once([lambda: ledger.append(write(item("ast_a", 2))) for _ in range(40)])
    assert Counter(type(answer).__name__ for answer in answers) == {"Receipt": 1, "StaleVersion": 39}
    assert faults() == []


def test_of_many_takers_of_one_identifier_one_wins(ledger, faults):
    answers = at_once([lambda: ledger.append(write(item(identifiers=[("eidr", "1")]))) for _ in range(40)])
    assert Counter(type(answer).__name__ for answer in answers) == {"Receipt": 1, "Conflict": 39}
    assert faults() == []


def test_a_constraint_refuses_the_guilty_write_alone(ledger, faults):
    ledger.append(write(item("ast_a")))
    good = [write() for _ in range(30)]
    bad = [write(item("ast_a")) for _ in range(2)]  # a first version that exists: nothing but the table's key knows
    answers = at_once([lambda each=each: ledger.append(each) for each in [*good[:15], *bad, *good[15:]]])
    refused = [number for number, answer in enumerate(answers) if isinstance(answer, StaleVersion)]
    assert refused == [15, 16]
    assert faults() == []


def test_text_that_the_server_cannot_store_is_refused_alone(ledger):
    from dataclasses import replace

    from service.ledger.log import HeadColumns

    bad = write(replace(item(), head=HeadColumns("nul \x00")))
    answers = at_once([lambda each=each: ledger.append(each) for each in [write(), bad, write()]])
    assert [type(answer).__name__ for answer in answers] == ["Receipt", "Invalid", "Receipt"]


@pytest.mark.parametrize("_round", range(5))
def test_a_withdrawal_that_slips_in_wins(ledger, _round):
    ledger.append(write(item("con_a")))
    since = Unchanged(1, frozenset({"con_a"}))
    withdrawal = write(item("evt_1", edges=[Edge("target", "con_a", affects=True)]))
    releases = [write(item(f"rel_{n}"), unchanged=since) for n in range(10)]
    answers = at_once([lambda each=each: ledger.append(each) for each in [*releases[:5], withdrawal, *releases[5:]]])
    withdrawn_at = answers.pop(5).first_index
    for answer in answers:
        assert answer.first_index < withdrawn_at if not isinstance(answer, Problem) else isinstance(answer, Conflict)
    with pytest.raises(Conflict):
        ledger.append(write(unchanged=since))


def _process(url, keys, number, queue):
    with closing(Database(url)) as database, closing(Ledger(database, Signer(keys))) as ledger:
        own = [write(item("ast_race", 2))] + [write(item(f"ast_{number:022}{n:04}")) for n in range(60)]
        answers = at_once([lambda each=each: ledger.append(each) for each in own])
        proved = all(isinstance(answer, Problem) or proves(ledger, each, answer) for each, answer in zip(own, answers, strict=True))
        queue.put((proved, [answer.first_index for answer in answers if not isinstance(answer, Problem)]))


def test_several_processes_sequence_one_log(database, ledger, keys, faults):
    ledger.append(write(item("ast_race")))
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    processes = [context.Process(target=_process, args=(database.url, keys, number, queue)) for number in range(3)]
    for process in processes:
        process.start()
    found = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert all(proved for proved, _ in found)
    assert sorted(index for _, indices in found for index in indices) == list(range(1, 182))
    assert faults() == []
