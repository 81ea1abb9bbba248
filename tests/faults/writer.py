"""A process that appends, stores and seals until it is killed, and says what it was told; the next one is there at once.

One process has everything imported and forks: so a round costs no start of Python, and a thousand of them are done in minutes.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from service.content.store import Store
from service.content.vault import Vault
from tests import processes
from tests.db.ledger.made import STUDIO
from tests.faults.table import Row
from tests.faults.verifier import Acknowledged

THREADS = 4
_SCRIPT = """
import base64, os, signal, sys, threading
from pathlib import Path
from service.content.store import Store
from service.content.vault import Vault
from service.db import Database
from service.errors import Unavailable
from service.ledger.log import Ledger
from service.ledger.signer import Signer
from tests.db.ledger.made import STUDIO
from tests.faults.stage import acknowledged, fresh
{patch}
def work(ledger, store, vault, said):
    while True:
        written = fresh()
        try:
            kept = store.keep(written[0].encode() * 50)
            sealed = vault.seal(STUDIO, written[0], b"secret")
            told = acknowledged(ledger, *written)
        except Unavailable as refusal:
            line = f"refused {{refusal.code}}"
        except BaseException as fault:
            line = f"broken {{type(fault).__name__}}:{{getattr(fault, 'errno', '')}}"
        else:
            line = f"{{told.token}} {{told.index}} {{base64.b64encode(told.checkpoint).decode()}} {{kept}} {{sealed.hex()}}"
        os.write(said, line.encode() + bytes([10]))
def write(url, data, said):
    ledger = Ledger(Database(url), Signer(data / "keys" / "log"))
    tools = ledger, Store(data / "content"), Vault(data / "keys"), os.open(said, os.O_WRONLY | os.O_APPEND)
    for _ in range({threads}):
        threading.Thread(target=work, args=tools).start()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    url, data, said = line.rstrip().split(chr(9))
    number = os.fork()
    if not number:
        write(url, Path(data), said)
        break
    print(number, flush=True)
"""


@dataclass
class Writer:
    """Such a process, and what all that it has forked were told. `patch` is Python that is run in it first."""

    said: Path
    patch: str = ""
    told: list[Acknowledged] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    sealed: dict[str, bytes] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT.format(patch=self.patch, threads=THREADS)],
            cwd=processes.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def start(self, url: str, data: Path) -> int:
        """Let one begin, and return its number."""
        self.said.write_bytes(b"")
        self._process.stdin.write(f"{url}\t{data}\t{self.said}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def answers(self, first: bytes = b"") -> int:
        """How many answers the one that writes now has had, or those that begin so."""
        return sum(line.startswith(first) for line in self.said.read_bytes().splitlines())

    def take(self, row: Row, text: str) -> None:
        """Remember what was said; a last line without its end was not."""
        for line in text[: text.rfind("\n") + 1].splitlines():
            first, *rest = line.split()
            if first in {"refused", "broken"}:
                self.refused += rest
                row.expect(first == "refused", f"somebody was answered {rest[0]}")
            else:
                self.told.append(Acknowledged(first, int(rest[0]), base64.b64decode(rest[1])))
                self.kept[first], self.sealed[first] = rest[2], bytes.fromhex(rest[3])

    def judge_files(self, row: Row, data: Path) -> None:
        """Every file that was stored is there, and the key of everything that was sealed."""
        store, vault = Store(data / "content"), Vault(data / "keys")
        row.expect(all(_is_whole(store.read, each) for each in self.kept.values()), "a stored file is gone or damaged")
        opened = all(_is_whole(vault.open, STUDIO, token, each) for token, each in self.sealed.items())
        row.expect(opened, "a key that something was sealed with is gone")
        left = list((data / "content" / "incoming").iterdir())
        row.expect(len(left) <= THREADS * max(row.times, 1), f"{len(left)} half files are left")

    def close(self) -> None:
        """End the process that forks; whoever was forked is the caller's."""
        self._process.kill()
        self._process.communicate()


def _is_whole(read: Callable[..., bytes], *words: object) -> bool:
    try:
        return bool(read(*words))
    except Exception:  # noqa: BLE001 - gone, damaged: it is not whole
        return False


def stopped(numbers: list[int], said: Path) -> str:
    """Stop every process at one moment, kill them, and return what was said until then: that is what the world knows."""
    for number in numbers:
        processes.stop(number)
    text = said.read_text() if said.exists() else ""
    for number in numbers:
        processes.kill(number)
    processes.wait_until(lambda: not any(map(processes.is_alive, numbers)), 30)
    return text
