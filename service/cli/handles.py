"""File handles: as many as this process may have, and how many connections leave enough of them for answering.

A server that has none left can accept no connection, not even to refuse it: the kernel keeps whoever comes waiting. So it lets in no
more than it can serve, and the handles that answering takes (database, contents, media) stay free.
"""

from __future__ import annotations

import resource
from typing import Final

MOST: Final = 65_536
"""More than any of our processes can use; where no limit is set, some programs walk through all that there might be."""
CONNECTIONS: Final = 1_024
"""So many a service lets in at a time, its processes together; the others wait in the kernel's queue."""
_RESERVED: Final = 64
_OF_A_THREAD: Final = 8
"""A database connection, a staged upload, the pipes of a media process, and what they open."""


def raise_limit() -> int:
    """Allow this process and its children what the machine allows them at most; returns how many files that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return MOST if soft == resource.RLIM_INFINITY else soft


def connections(limit: int, workers: int, threads: int) -> int:
    """How many connections one server process lets in at a time, where it may open `limit` files; 0 if it cannot work at all."""
    left = limit - _RESERVED - _OF_A_THREAD * threads
    return min(max(threads, CONNECTIONS // workers), left) if left >= threads else 0


def wanted(workers: int, threads: int) -> int:
    """How many files a server process should be allowed, so that its connections are not cut down."""
    return max(threads, CONNECTIONS // workers) + _RESERVED + _OF_A_THREAD * threads
