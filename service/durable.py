"""Small files that must survive a power cut: written beside their place, synced, then put there in one step.

A file is only safe when its bytes *and* its directory entry are on disk, so every function here syncs both. A name that another thread
or process has made a moment ago is perhaps not on disk yet: whoever relies on it waits for that too.
"""

from __future__ import annotations

import functools
import os
import tempfile
import time
from pathlib import Path

_YOUNG_SECONDS = 5.0


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_directory(directory: Path) -> None:
    """Make a directory and its missing parents (0700), each durable in its own parent."""
    if directory.is_dir():
        _settle_directory(directory)
        return
    make_directory(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)  # also where another came first
    sync_directory(directory.parent)


@functools.lru_cache(4096)
def _settle_directory(directory: Path) -> None:
    """Sync the parent of a directory that this process sees for the first time: nothing tells how old its name is."""
    try:
        sync_directory(directory.parent)
    except PermissionError:  # a parent that we may not even read was not made by us
        return


def settle(path: Path) -> None:
    """Make the name of a file durable that somebody else may have made just now; one that is older is so already."""
    if abs(time.time() - path.stat().st_ctime) < _YOUNG_SECONDS:
        sync_directory(path.parent)


def place_new(path: Path, content: bytes) -> bool:
    """Write `content` (0600) to `path` unless something is there already; says whether it was written."""
    temporary = _write_beside(path, content)
    try:
        os.link(temporary, path)
    except FileExistsError:
        settle(path)
        return False
    finally:
        os.unlink(temporary)
    sync_directory(path.parent)
    return True


def replace(path: Path, content: bytes) -> None:
    """Put `content` (0600) at `path`, over what was there; a reader sees the old bytes or the new, never a mixture."""
    os.replace(_write_beside(path, content), path)
    sync_directory(path.parent)


def _write_beside(path: Path, content: bytes) -> str:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary
