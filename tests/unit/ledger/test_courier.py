"""The courier: word is left in no time, many words are one errand, and a failed errand ends nothing."""

from __future__ import annotations

import os
import threading
from contextlib import closing

import pytest

from service.errors import Unavailable
from service.ledger.courier import Courier
from tests.processes import wait_until


def test_many_words_are_one_errand():
    begun, go, errands = threading.Event(), threading.Event(), []

    def errand(studio):
        errands.append(studio)
        begun.set()
        go.wait(10)

    with closing(Courier(errand, pause=0)) as courier:
        courier.leave_word("std_1")
        assert begun.wait(10)
        for _ in range(1_000):
            courier.leave_word("std_1")
            courier.leave_word("std_2")
        go.set()
        wait_until(lambda: len(errands) == 3, 10)
    assert errands[0] == "std_1"
    assert sorted(errands[1:]) == ["std_1", "std_2"], "what came while it was away is carried once more"


def test_the_first_errand_is_at_once_and_the_next_after_a_pause():
    errands = []
    with closing(Courier(errands.append, pause=3600)) as courier:
        courier.leave_word("std_1")
        wait_until(lambda: errands, 10)
        courier.leave_word("std_1")
    assert errands == ["std_1"]


@pytest.mark.parametrize("fault", [Unavailable("away"), OSError("no route")])
def test_a_failed_errand_ends_nothing(fault):
    errands = []

    def errand(studio):
        errands.append(studio)
        if len(errands) == 1:
            raise fault

    with closing(Courier(errand, pause=0)) as courier:
        for count in (1, 2):
            courier.leave_word("std_1")
            wait_until(lambda count=count: len(errands) == count, 10)


def test_it_may_be_used_again_after_it_was_closed_and_in_a_child():
    errands = []
    courier = Courier(errands.append, pause=0)
    for count in (1, 2):
        courier.leave_word("std_1")
        wait_until(lambda count=count: len(errands) == count, 10)
        courier.close()
    courier.leave_word("std_1")
    wait_until(lambda: len(errands) == 3, 10)
    courier.close()  # so that no thread runs at the fork
    child = os.fork()
    if not child:
        courier.leave_word("std_2")
        try:
            wait_until(lambda: errands[-1] == "std_2", 10)
        finally:
            os._exit(0 if errands[-1] == "std_2" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
