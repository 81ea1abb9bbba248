"""What a disk that is full, or that fails, means for whoever wants something stored."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from service import errors

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def disk() -> Iterator[None]:
    """Name a full disk, and one that fails, as what it is: raises Unavailable."""
    try:
        yield
    except OSError as fault:
        if fault.errno in _FULL:
            raise full() from fault
        if fault.errno == errno.EIO:
            raise errors.Unavailable(
                "The disk failed; nothing was stored. Have the disk looked at before you go on.", "storage_failed"
            ) from fault
        raise


def full() -> errors.Unavailable:
    """Return the refusal of what does not fit."""
    return errors.Unavailable("The disk is full; nothing was stored. Make room and send it again.", "storage_full")
