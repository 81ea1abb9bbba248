"""What a process makes anew after a fork is made once, also when many of its threads come first at the same moment."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from service import forks
from service.ledger.signer import Signer


class Made:
    """Something of a process, slow to make, that counts how often it was made."""

    def __init__(self) -> None:
        self.process, self.times = 0, 0

    def make(self) -> None:
        time.sleep(0.02)
        self.times += 1
        self.process = os.getpid()


def test_many_threads_at_once_make_it_once():
    made, begun = Made(), threading.Barrier(8)

    def need(_: int) -> int:
        begun.wait()
        forks.anew(lambda: made.process, made.make)
        return made.process

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(need, range(8))) == {os.getpid()}
    assert made.times == 1


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_whose_parent_was_making_something_is_not_held_up():
    with forks._lock:
        child = os.fork()
        if not child:
            made = Made()
            threading.Thread(target=forks.anew, args=(lambda: made.process, made.make)).start()
            time.sleep(0.5)
            os._exit(0 if made.times == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_the_first_hundred_requests_of_a_forked_worker_read_one_journal(tmp_path):
    signer = Signer(tmp_path)
    assert signer.mark("log") is None
    for _ in range(5):
        child = os.fork()
        if not child:
            wrong = []

            def look(wrong: list[Exception] = wrong) -> None:
                try:
                    signer.mark("log")
                except OSError as fault:
                    wrong.append(fault)

            threads = [threading.Thread(target=look) for _ in range(100)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            os._exit(len(wrong))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    signer.close()
