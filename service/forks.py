"""What a process must make anew after a fork, made once, however many of its threads need it at the same moment.

A server forks its workers, and what a parent holds open (sockets, file locks, threads) is not the child's. The first request finds that
out, and there may be a hundred first requests: had two of them made it, one would go on with what the other has thrown away.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

_lock = threading.RLock()


def _renew() -> None:
    global _lock  # noqa: PLW0603 - a thread of the parent may have held it, and stayed behind
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_renew)


def anew(made_in: Callable[[], int], make: Callable[[], None]) -> None:
    """Call `make` if `made_in` gives another process than this one; afterwards, and not before, it must give this one."""
    if made_in() == os.getpid():
        return
    with _lock:
        if made_in() != os.getpid():
            make()
