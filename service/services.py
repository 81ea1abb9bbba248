"""What one server process holds for all requests: pools, stores, keys, and how many of the heavy kind may run at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from service import errors, jobs
from service.config import Settings
from service.content.store import Store
from service.content.vault import Vault
from service.credentials import trust
from service.credentials.keys import Authority
from service.credentials.sign import Credentials
from service.db import Database
from service.durable import make_directory
from service.ledger.courier import Courier
from service.ledger.log import Ledger
from service.ledger.signer_socket import connect
from service.sandbox.pool import Pool

LANES: Mapping[str, int] = {"upload": 6, "media": 2, "bulk": 2, "decision": 8}
"""How many requests of a heavy kind one process works on at once, so that slow clients never starve the others."""

WAIT_SECONDS: Mapping[str, float] = {"upload": 0.5}
"""How long a request waits for its lane; an upload hardly at all, since it would sit on a thread that answers others."""

USUAL_WAIT_SECONDS = 20.0
MEDIA_PROCESSES = 2
MEDIA_JOBS = ("service.content.examine", "service.credentials.child")


@dataclass(eq=False)
class Services:
    """Built once per process; nothing connects or forks before its first use."""

    settings: Settings
    _lanes: dict[str, threading.BoundedSemaphore] = field(
        default_factory=lambda: {name: threading.BoundedSemaphore(size) for name, size in LANES.items()}
    )
    courier: Courier | None = None

    @classmethod
    def from_settings(cls, settings: Settings) -> Services:
        """Return the services of these settings."""
        return cls(settings)

    def assemble(self) -> Services:
        """Build what every request needs, before there are several threads that might build it twice."""
        for name in ("database", "ledger", "blobs", "vault", "sandbox", "credentials"):
            getattr(self, name)
        return self

    @cached_property
    def database(self) -> Database:
        """The pools; made in the process that uses them."""
        if self.settings.database_url is None:
            raise errors.StartError("DATABASE_URL is not set and no embedded server was started; run `clearance up`.")
        return Database(self.settings.database_url, size=self.settings.threads + 4)

    @cached_property
    def ledger(self) -> Ledger:
        """The log with its sequencer and signer; what is appended goes on to the witnesses."""
        ledger = Ledger(self.database, connect(self.settings.data / "keys" / "log", self.settings.signer))
        self.courier = jobs.courier(self.database, ledger)
        ledger.appended = self.courier.leave_word
        return ledger

    @cached_property
    def blobs(self) -> Store:
        """Content by its SHA-256."""
        return Store(self.settings.data / "content", limit=self.settings.upload_limit)

    @cached_property
    def vault(self) -> Vault:
        """The data keys of studios and subjects."""
        return Vault(self.settings.data / "keys" / "vault")

    @cached_property
    def sandbox(self) -> Pool:
        """The child processes that read media; they start with the first job."""
        spill = self.settings.data / "spill"
        make_directory(spill)
        return Pool(MEDIA_PROCESSES, MEDIA_JOBS, spill)

    @cached_property
    def credentials(self) -> Credentials:
        """Signing and judging media."""
        keys = self.settings.data / "keys"
        return Credentials(self.sandbox, Authority(keys / "credentials", "Clearance"), trust.installed(keys / "trust"))

    @contextmanager
    def lane(self, name: str | None) -> Iterator[None]:
        """Hold a place of a heavy lane while the block runs; 503 with `Retry-After` when none comes free in time."""
        if name is None:
            yield
            return
        if not self._lanes[name].acquire(timeout=WAIT_SECONDS.get(name, USUAL_WAIT_SECONDS)):
            raise errors.Unavailable("Too much of this kind of work is under way; try again.", "busy", headers={"Retry-After": "5"})
        try:
            yield
        finally:
            self._lanes[name].release()

    def close(self) -> None:
        """Let go of what was opened; for tests and commands that end before their process."""
        if self.courier is not None:
            self.courier.close()
        for name in ("sandbox", "ledger", "database"):
            held = self.__dict__.pop(name, None)
            if held is not None:
                held.close()
