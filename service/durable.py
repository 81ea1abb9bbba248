"""Small files that must survive a power cut: written beside their place, synced, then put there in one step.

A file is only safe when its bytes *and* its directory entry are on disk, so every function here syncs both.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


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
        return
    make_directory(directory.parent)
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:  # another process came first
        return
    sync_directory(directory.parent)


def place_new(path: Path, content: bytes) -> bool:
    """Write `content` (0600) to `path` unless something is there already; says whether it was written."""
    temporary = _write_beside(path, content)
    try:
        os.link(temporary, path)
    except FileExistsError:
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
