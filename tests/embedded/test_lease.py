"""Kill anything at any moment: what was committed stays, and no server is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from service.embedded import lease, place
from tests.processes import command, kill, wait_until
from tests.processes import of_data as processes

ROOT = Path(__file__).parents[2]
USER = """
    import sys
    from pathlib import Path
    from service.embedded import lease
    with lease.hold(Path(sys.argv[1])) as held:
        print(held.url, flush=True)
        sys.stdin.readline()
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory; afterwards its server must have gone by itself."""
    directory = tmp_path / "data"
    yield directory
    if directory.exists():
        wait_until(lambda: not processes(directory))


@pytest.fixture
def made(data: Path, copy_cluster: Callable[[Path], None]) -> Path:
    """A data directory whose server has been there before."""
    copy_cluster(data)
    return data


def keeper(data: Path) -> int:
    return next(n for n in processes(data) if "keeper" in command(n))


def postmaster(data: Path) -> int | None:
    """The number of the server that runs; None while there is no file yet, or one that is just being written."""
    file = data / "postgres/postmaster.pid"
    said = file.read_text().split() if file.exists() else []
    return int(said[0]) if said else None


def start_user(data: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(USER), str(data)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def finish(user: subprocess.Popen[str]) -> None:
    user.communicate("\n", timeout=60)
    assert user.returncode == 0


def rows(url: str) -> int:
    with psycopg.connect(url) as conn:
        return conn.execute("SELECT count(*) FROM kept").fetchone()[0]


def fill(url: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")


def test_starts_a_server_and_leaves_none(data: Path) -> None:
    with lease.hold(data) as held:
        fill(held.url)
        with psycopg.connect(held.url) as conn:
            assert conn.execute("SHOW fsync").fetchone() == ("on",)
            assert conn.info.server_version >= 150000
    wait_until(lambda: not processes(data))
    with lease.hold(data) as held:
        assert rows(held.url) == 1000


def test_a_url_is_passed_on_and_starts_nothing(data: Path, tmp_path: Path) -> None:
    with lease.hold(tmp_path / "theirs") as theirs, lease.hold(data, theirs.url) as held:
        held.ensure()
        assert held.url == theirs.url
    assert not data.exists()


def test_a_url_that_does_not_answer_is_said_in_a_sentence(data: Path) -> None:
    with pytest.raises(lease.StartError, match="DATABASE_URL does not answer"), lease.hold(data, "postgresql://127.0.0.1:1/db"):
        pass


def test_four_at_once_on_an_empty_directory_share_one_server(data: Path) -> None:
    users = [start_user(data) for _ in range(4)]
    urls = {user.stdout.readline().strip() for user in users}
    assert len(urls) == 1
    fill(urls.pop())
    keepers = [n for n in processes(data) if "keeper" in command(n)]
    assert len(keepers) == 1
    for user in users[:3]:
        finish(user)
    time.sleep(0.6)
    assert processes(data), "the last user still needs it"
    finish(users[3])


def test_keeper_killed(made: Path) -> None:
    with lease.hold(made) as held:
        fill(held.url)
        kill(keeper(made))
        wait_until(lambda: held.ensure() or place.answers(held.url))  # its server goes a moment after it, so once is not enough
        held.ensure()
        assert rows(held.url) == 1000


def test_server_killed_with_all_its_children(made: Path) -> None:
    with lease.hold(made) as held:
        fill(held.url)
        for _ in range(3):
            old = postmaster(made)
            for number in processes(made):
                if number != keeper(made):
                    kill(number)
            wait_until(lambda old=old: held.ensure() or postmaster(made) not in (None, old))
            held.ensure()
            assert rows(held.url) == 1000


def test_everything_killed_at_once(made: Path) -> None:
    user = start_user(made)
    fill(user.stdout.readline().strip())
    for number in processes(made):
        kill(number)
    user.kill()
    user.communicate()
    with lease.hold(made) as held:
        assert rows(held.url) == 1000


def test_last_user_killed(made: Path) -> None:
    user = start_user(made)
    user.stdout.readline()
    user.kill()
    user.communicate()
    wait_until(lambda: not processes(made))


def test_starts_when_another_process_has_got_the_number_of_a_dead_server(made: Path) -> None:
    with lease.hold(made) as held:
        fill(held.url)
    wait_until(lambda: not processes(made))
    claim = made / "postgres/postmaster.pid"
    claim.write_text(f"{os.getpid()}\n{made}/postgres\n1\n5432\n/tmp\n\n\n")
    with lease.hold(made) as held:
        assert rows(held.url) == 1000


def test_initialisation_cut_short_is_done_again(data: Path) -> None:
    (data / "postgres.new").mkdir(parents=True)
    (data / "postgres.new/PG_VERSION").write_text("18")
    with lease.hold(data) as held:
        fill(held.url)


def test_data_directory_removed_ends_the_server(made: Path, tmp_path: Path) -> None:
    user = start_user(made)
    user.stdout.readline()
    numbers = processes(made)
    made.rename(tmp_path / "moved")
    for lock in (tmp_path / "moved").glob("postgres.users"):
        lock.unlink()
    wait_until(lambda: not any(Path(f"/proc/{n}/cwd").exists() for n in numbers))
    finish(user)


def test_a_broken_cluster_is_said_in_a_sentence(data: Path) -> None:
    (data / "postgres").mkdir(parents=True, mode=0o700)
    (data / "postgres/PG_VERSION").write_text("9\n")
    with pytest.raises(lease.StartError, match="No PostgreSQL 9 server is available"), lease.hold(data):
        pass


def test_a_data_path_that_is_a_file_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(lease.StartError, match="cannot be made"), lease.hold(tmp_path / "data"):
        pass


def test_runs_in_a_directory_that_only_its_owner_may_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with lease.hold(tmp_path / "data") as held:
        fill(held.url)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    wait_until(lambda: not processes(tmp_path / "data"))
