"""What a disk that is full or fails, or too many open files, mean for whoever asked: come again, nothing was stored."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from service import errors

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_TOO_MANY = {errno.EMFILE, errno.ENFILE}


@contextmanager
def disk() -> Iterator[None]:
    """Name what the system refuses as what it is: raises Unavailable."""
    try:
        yield
    except OSError as fault:
        known = problem(fault)
        if known is None:
            raise
        raise known from fault


def problem(fault: OSError) -> errors.Unavailable | None:
    """Return the refusal that a fault of the system stands for, or None if it is none of those."""
    if fault.errno in _FULL:
        return full()
    if fault.errno in _TOO_MANY:
        return errors.Unavailable("Too many files are open here; try again.", "busy", headers={"Retry-After": "2"})
    if fault.errno == errno.EIO:
        return errors.Unavailable("The disk failed; nothing was stored. Have the disk looked at before you go on.", "storage_failed")
    return None


def full() -> errors.Unavailable:
    """Return the refusal of what does not fit."""
    return errors.Unavailable("The disk is full; nothing was stored. Make room and send it again.", "storage_full")
