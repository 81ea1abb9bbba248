"""File handles: the limit is raised as far as it may be, and connections leave room for what answering them opens."""

from __future__ import annotations

import fcntl
import resource
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from socket import socket, socketpair

import pytest

from service.cli import doctor, handles
from service.config import Settings
from service.ledger.signer_socket import Line


@pytest.mark.parametrize(
    ("limit", "workers", "threads", "let_in"),
    [
        (65_536, 2, 16, 512),
        (65_536, 1, 16, 1_024),
        (1_024, 1, 16, 832),
        (256, 4, 16, 64),
        (200, 4, 16, 0),
        (65_536, 256, 64, 64),
        (10, 1, 1, 0),
    ],
)
def test_connections_leave_room_for_answering(limit: int, workers: int, threads: int, let_in: int) -> None:
    assert handles.connections(limit, workers, threads) == let_in
    assert handles.connections(handles.wanted(workers, threads), workers, threads) == max(threads, 1_024 // workers)


def test_the_limit_is_raised_as_far_as_the_machine_allows() -> None:
    words = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (100, 300)); from service.cli import handles;"
        " print(handles.raise_limit(), handles.raise_limit(), resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout == "300 300 (300, 300)\n"


@pytest.mark.parametrize(
    ("limit", "ok", "says"),
    [
        (4_096, True, "4096 may be open in each process"),
        (256, True, "each lets in 64 connections; for more, allow 704"),
        (150, False, "only 150"),
    ],
)
def test_the_doctor_says_what_the_limit_means(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: int, *, ok: bool, says: str) -> None:
    monkeypatch.setattr(handles, "raise_limit", lambda: limit)
    found = next(each for each in doctor.examine(Settings(data=tmp_path)) if each.name == "open files")
    assert (found.ok, says in found.says) == (ok, True), found.says


def test_a_line_to_the_signer_is_looked_at_whatever_its_number() -> None:
    """Above 1,023 the oldest way of asking the kernel knows no numbers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 1_100:
        pytest.skip("this machine allows no such number")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1_100), hard))
    low, other = socketpair()
    with low, other, closing(socket(fileno=fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 1_050))) as high:
        line = object.__new__(Line)
        line._socket = high
        assert line.is_open()
        other.close()
        assert not line.is_open()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
