"""The sandbox: whatever happens in a child, the service answers and goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.sandbox.pool import Busy, Died, Limits, Pool, Refused

JOBS = "tests.unit.sandbox_jobs"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(2, [JOBS], tmp_path_factory.mktemp("spill"), Limits(memory=1 << 30, wait=20)) as pool:
        yield pool


def run(pool: Pool, name: str, seconds: int = 20, **arguments: object) -> dict:
    return dict(pool.run(f"{JOBS}:{name}", arguments, seconds=seconds).values)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_values_and_parts_come_back(pool: Pool) -> None:
    reply = pool.run(f"{JOBS}:echo", {"a": [1, "ü"]}, seconds=5, parts=[b"", os.urandom(3 << 20)])
    assert reply.values == {"a": [1, "ü"]}
    assert [len(part) for part in reply.parts] == [0, 3 << 20]


def test_a_child_is_warm_and_has_an_empty_environment(pool: Pool) -> None:
    first, second = run(pool, "who"), run(pool, "who")
    assert first["pid"] == second["pid"] != os.getpid()
    assert set(first["environment"]) <= {"LANG", "LC_CTYPE", "PATH", "PYTHONPATH", "TMPDIR"}


def test_files_are_handed_over_open(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"content")
    with (tmp_path / "in").open("rb") as source, (tmp_path / "out").open("w+b") as destination:
        pool.run(f"{JOBS}:copy", {}, seconds=5, files=[source.fileno(), destination.fileno()])
    assert (tmp_path / "out").read_bytes() == b"content"


@pytest.mark.parametrize(
    ("job", "reason"), [("sleep", "time"), ("spin", "time"), ("grow", "memory"), ("abort", "memory"), ("crash", "crash")]
)
def test_a_child_gone_wrong_is_replaced(pool: Pool, job: str, reason: str) -> None:
    start = time.monotonic()
    with pytest.raises(Died) as caught:
        run(pool, job, seconds=1)
    assert caught.value.reason == reason
    assert time.monotonic() - start < 5
    assert run(pool, "echo", fine=1) == {"fine": 1}


def test_an_unexpected_exception_ends_the_child_only(pool: Pool) -> None:
    with pytest.raises(Died, match="crash"):
        run(pool, "raise_unexpected")
    assert run(pool, "echo") == {}


def test_a_refusal_keeps_the_child(pool: Pool) -> None:
    before = run(pool, "who")["pid"]
    with pytest.raises(Refused) as caught:
        run(pool, "refuse")
    assert (caught.value.code, caught.value.detail) == ("bad_media", "the file ends in the middle of a picture")
    assert run(pool, "who")["pid"] == before


def test_a_question_is_answered_here(pool: Pool) -> None:
    reply = pool.run(f"{JOBS}:ask", {}, seconds=5, answer=lambda question: b"to " + question)
    assert reply.values == {"answer": "to question"}


def test_a_question_nobody_expects_ends_the_child(pool: Pool) -> None:
    with pytest.raises(Died):
        run(pool, "ask")


def test_a_child_cannot_ask_for_ever(pool: Pool) -> None:
    asked: list[bytes] = []
    with pytest.raises(Died):
        pool.run(f"{JOBS}:ask_forever", {}, seconds=5, answer=lambda question: asked.append(question) or b"x")
    assert len(asked) < 10


def test_the_answerer_failing_is_the_callers_error(pool: Pool) -> None:
    def broken(_question: bytes) -> bytes:
        raise OSError("the key service is away")

    with pytest.raises(OSError, match="key service"):
        pool.run(f"{JOBS}:ask", {}, seconds=5, answer=broken)
    assert run(pool, "echo") == {}


def test_a_child_is_out_of_reach_of_everything_else(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("key")
    fences = set(pool.fences())
    worked = set(run(pool, "escape", secret=str(tmp_path / "secret"), target=str(tmp_path / "new"))["worked"])
    if "calls" in fences:
        assert not worked & {"network", "program", "fork", "signal"}
    if "files" in fences:
        assert not worked & {"read", "write", "memory"}
    if not fences:
        pytest.skip("this kernel offers neither seccomp nor Landlock")


def test_more_callers_than_children_wait_their_turn(pool: Pool) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda n: run(pool, "echo", n=n), range(40))) == [{"n": n} for n in range(40)]


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    with Pool(1, [JOBS], tmp_path, Limits(wait=0.2)) as small, ThreadPoolExecutor(1) as thread:
        run(small, "echo")
        long = thread.submit(run, small, "sleep", 2)
        time.sleep(0.2)
        with pytest.raises(Busy):
            run(small, "echo")
        with pytest.raises(Died):
            long.result()


def test_children_are_recycled_and_leave_no_files(tmp_path: Path) -> None:
    with Pool(1, [JOBS], tmp_path, Limits(jobs=3)) as small:
        pids = [run(small, "who")["pid"] for _ in range(7)]
    assert [len(set(pids[n : n + 3])) for n in (0, 3)] == [1, 1]
    assert len(set(pids)) == 3
    assert list(tmp_path.iterdir()) == []
    assert not any(alive(pid) for pid in pids)


def test_children_die_with_a_killed_service(tmp_path: Path) -> None:
    program = f"""
        import sys, threading
        from pathlib import Path
        from service.sandbox.pool import Pool
        pool = Pool(2, ["{JOBS}"], Path({str(tmp_path)!r}))
        pool.warm()
        idle = pool.run("{JOBS}:who", {{}}, seconds=20).values["pid"]
        child = pool._take()
        pool._give_back(child)
        busy = [c for c in (pool._take(), pool._take())]
        for c in busy: pool._give_back(c)
        threading.Thread(target=lambda: pool.run("{JOBS}:sleep", {{}}, seconds=60)).start()
        print(*[c.process.pid for c in busy], flush=True)
        sys.stdin.read()
    """
    service = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert service.stdout
    pids = [int(word) for word in service.stdout.readline().split()]
    assert len(pids) == 2
    assert all(alive(pid) for pid in pids)
    time.sleep(0.3)
    service.send_signal(signal.SIGKILL)
    service.wait()
    deadline = time.monotonic() + 5
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(alive(pid) for pid in pids)
    service.stdout.close()
    assert service.stdin
    service.stdin.close()
