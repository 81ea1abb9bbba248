"""The keeper: a process that runs one embedded server as long as anybody uses it.

Started by the first user as `python -m service.embedded.keeper DATA`, it outlives that one. It starts the server
again when it dies, stops it when the last user's lock is gone, and should the keeper itself be killed, the kernel
tells the server to shut down. So at any moment any of the processes may be killed: what was committed is there
after the next start, and no server is left behind.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from service.embedded import place
from service.embedded.cluster import Cluster
from service.embedded.place import Place
from service.errors import StartError

_POLL = 0.2
_QUICK_DEATHS = 5  # a server that ends this often within a minute is broken, not unlucky
_LOG_BYTES = 10 * 2**20


@dataclass(slots=True)
class Keeper:
    """Watches one server and the lock file of its users."""

    where: Place
    cluster: Cluster
    users: int
    stopping: bool = False
    deaths: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Run the server until nobody uses it or somebody stops the keeper."""
        try:
            self.cluster.start()
            while not self.stopping and not self._deserted():
                if self.cluster.has_ended():
                    self._restart()
                else:
                    self.cluster.watch()
                time.sleep(_POLL)
        finally:
            self.cluster.stop()

    def _deserted(self) -> bool:
        """Say whether no user is left; if so the lock stays taken, and new users wait until the server has stopped."""
        return os.fstat(self.users).st_nlink == 0 or place.try_lock(self.users)

    def _restart(self) -> None:
        now = time.monotonic()
        self.deaths = [death for death in self.deaths if now - death < 60] + [now]
        if len(self.deaths) >= _QUICK_DEATHS:
            message = f"PostgreSQL ended {_QUICK_DEATHS} times within a minute. {place.MEND}"
            raise StartError(message)
        self.cluster.start()


def main() -> None:
    """Keep the server of the data directory named on the command line; a second keeper leaves at once."""
    parser = argparse.ArgumentParser(description="Runs the embedded database of a data directory while anyone uses it.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--not-durable", action="store_true")
    arguments = parser.parse_args()
    where = place.of(arguments.data)
    if not _become_keeper(where):
        return
    if os.fork():  # whoever started us goes on; the lock goes with the child, which init will bury
        os._exit(0)
    _turn_log(where)
    keeper = Keeper(where, Cluster(where, durable=not arguments.not_durable), place.open_lock(where.users))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: setattr(keeper, "stopping", True))
    try:
        keeper.run()
    except (StartError, OSError) as error:
        sys.exit(str(error))


def _become_keeper(where: Place) -> bool:
    """Take the keeper's lock for life. Tried for a moment, since a user that looks whether we live holds it briefly."""
    handle = place.open_lock(where.keeper)
    for _ in range(25):
        if place.try_lock(handle):
            return True
        time.sleep(0.02)
    return False


def _turn_log(where: Place) -> None:
    """Start a new log when the old one is long; one old log is kept."""
    if where.log.exists() and where.log.stat().st_size > _LOG_BYTES:
        shutil.move(where.log, where.log.with_suffix(".log.1"))
        handle = os.open(where.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        os.close(handle)


if __name__ == "__main__":
    main()
