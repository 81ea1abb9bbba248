"""A whole service as processes, writers that never give up, and ways to hurt it from outside."""

from __future__ import annotations

import base64
import itertools
import json
import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from service.ledger import note
from tests import processes
from tests.faults import verifier
from tests.faults.table import Row
from tests.faults.verifier import Acknowledged, Found
from tests.processes import clearance, command, wait_until

PATIENCE = 30.0


class Service:
    """A `clearance up` that may be killed and started again on the same data directory."""

    def __init__(self, data: Path) -> None:
        self.data, self.port, self.log = data, processes.free_port(), data.with_name("service.log")
        self._starting = threading.Lock()
        self.client = httpx.Client(limits=httpx.Limits(max_connections=None, max_keepalive_connections=0))
        self.start()
        self.headers = {"Authorization": f"Bearer {json.loads((data / 'cli.json').read_text())['api_key']}"}

    def start(self) -> None:
        with self.log.open("ab") as log:  # not a pipe: nobody would empty it, and a full one holds the service up
            self.process = clearance("up", "--data", str(self.data), "--port", str(self.port), log=log.fileno())
        wait_until(lambda: self.process.poll() is not None or self._announced() == self.process.pid, 120)
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        self.url = f"http://127.0.0.1:{self.port}"

    def revive(self) -> None:
        """Start it anew where it has given up, as it does when its server ends five times in 50 seconds: whoever runs it would."""
        with self._starting:
            if self.process.poll() is not None:
                self.start()

    def _announced(self) -> int | None:
        try:
            return int(json.loads((self.data / "service.json").read_text())["pid"])
        except (FileNotFoundError, ValueError):
            return None

    def server(self) -> list[int]:
        """The processes of the HTTP server, its workers included."""
        return [number for number in processes.children(self.process.pid) if "service.cli.http_server" in command(number)]

    def hurt(self, part: str, dice: random.Random, number: int = signal.SIGKILL) -> None:
        """Send a signal to one process of a kind, if there is one at this moment; start anew what nobody else would."""
        if part == "supervisor":
            with self._starting:
                self.process.kill()
                self.process.communicate()
                self.start()
            return
        there = self.server() if part == "server" else database(self.data, part)
        for chosen in dice.sample(there, min(len(there), 1)):
            if number == signal.SIGKILL:
                processes.kill(chosen)
            elif processes.is_alive(chosen):
                os.kill(chosen, number)

    def send(self, method: str, path: str, **options: object) -> httpx.Response:
        headers = self.headers | dict(options.pop("headers", {}))
        return self.client.request(method, self.url + path, headers=headers, **{"timeout": PATIENCE, **options})

    def read(self) -> Found:
        """The log as it is handed out."""
        found, start = [], 0
        while items := self.again("GET", f"/v1/ledger/entries?start={start}&limit=1000").json()["items"]:
            found += [(item["index"], base64.b64decode(item["bytes"])) for item in items]
            start = found[-1][0] + 1
        return Found(found)

    def key(self) -> bytes:
        return note.parse_verifier(self.again("GET", "/v1/ledger/key").json()["key"]).key

    def again(self, method: str, path: str) -> httpx.Response:
        """Ask until it is answered."""
        until = time.monotonic() + 60
        while True:
            try:
                answer = self.send(method, path)
                if answer.is_success or time.monotonic() > until:
                    return answer.raise_for_status()
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.05)

    def judge(self, row: Row, writers: list[Writer]) -> None:
        """Count into the row; the log is also read by its own `fsck`."""
        told = [each for writer in writers for each in writer.acknowledged]
        verifier.judge(row, self.read(), told, [token for writer in writers for token in writer.sent], self.key())
        for writer in writers:
            row.wrong += [each for each in writer.wrong if each not in row.wrong]
        process = clearance("ledger", "fsck", "--json", "--data", str(self.data))
        said, _ = process.communicate(timeout=120)
        for fault in (fault for report in json.loads(said) for fault in report["faults"]):
            row.expect(condition=False, says=f"fsck: {fault['code']} at {fault['place']}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=60)
        wait_until(lambda: not processes.of_data(self.data))


def database(data: Path, part: str) -> list[int]:
    """The postmaster of a data directory, the backends, or the keeper."""
    there = processes.of_data(data)
    words = {number: command(number) for number in there}
    keeper = [number for number in there if "service.embedded.keeper" in words[number]]
    postmaster = [number for number in there if "/postgres " in words[number].partition("-D")[0] and number not in keeper]
    named = {"keeper": keeper, "postmaster": postmaster}
    return named[part] if part in named else [number for number in there if number not in {*keeper, *postmaster}]


class Writer(threading.Thread):
    """Records one production after the other, each until it is acknowledged, always under the key that it was begun with."""

    def __init__(self, service: Service) -> None:
        super().__init__(daemon=True)
        self.service, self.ending = service, threading.Event()
        self.acknowledged: list[Acknowledged] = []
        self.sent: list[str] = []
        self.times: list[float] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        with httpx.Client(timeout=PATIENCE, headers=self.service.headers) as client:
            while not self.ending.is_set():
                token, key = f"token-{uuid.uuid4()}", str(uuid.uuid4())
                self.sent.append(token)
                until = time.monotonic() + 120
                while not self.write(client, token, key):
                    if time.monotonic() > until:
                        self.wrong.append("a write was not answered for two minutes")
                        return

    def write(self, client: httpx.Client, token: str, key: str) -> bool:
        """Send it once; says whether that is the end of it."""
        begun = time.monotonic()
        try:
            answer = client.post(
                f"{self.service.url}/v1/productions", json={"title": token, "format": "feature"}, headers={"Idempotency-Key": key}
            )
        except httpx.TransportError as fault:
            self.service.revive()
            if isinstance(fault, httpx.ReadTimeout):
                self.wrong.append(f"a request hung for {time.monotonic() - begun:.0f} s")
            time.sleep(0.03)
            return False
        if answer.is_success:
            self._take(token, answer.json())
            return True
        return self._refused(answer)

    def _take(self, token: str, record: dict) -> None:
        self.times.append(time.monotonic())
        self.acknowledged.append(Acknowledged(token, record["index"], record["proof"]["checkpoint"].encode() if "proof" in record else b""))

    def _refused(self, answer: httpx.Response) -> bool:
        if answer.status_code == 503:
            if "Retry-After" not in answer.headers:
                self.wrong.append(f"503 without Retry-After: {answer.text[:200]}")
            time.sleep(0.03)
            return False
        self.wrong.append(f"{answer.status_code}: {answer.text[:200]}")
        time.sleep(0.03)
        return answer.status_code < 500


@contextmanager
def writing(service: Service, row: Row, count: int = 4) -> Iterator[list[Writer]]:
    """Writers at work during the block; afterwards everybody has been told something once more, and the log is judged."""
    writers = [Writer(service) for _ in range(count)]
    for writer in writers:
        writer.start()
    yield writers
    ended = time.monotonic()
    wait_until(lambda: all(writer.times and writer.times[-1] > ended for writer in writers if not writer.wrong), 90)
    for writer in writers:
        writer.ending.set()
    for writer in writers:
        writer.join(130)
        row.expect(not writer.is_alive(), "a writer hangs")
    service.judge(row, writers)


def served_again(writers: list[Writer], seconds: float = 90) -> bool:
    """Wait until several were told something that they were not told before; kills on top of one another prove nothing more."""
    served, until = sum(len(writer.times) for writer in writers), time.monotonic() + seconds
    while sum(len(writer.times) for writer in writers) < served + 8:
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def recovery(writers: list[Writer], moments: list[float]) -> str:
    """How long nobody was served after each of these moments."""
    times = sorted(itertools.chain.from_iterable(writer.times for writer in writers))
    waits = sorted(next((each - moment for each in times if each > moment), PATIENCE) for moment in moments)
    return f"served again after p50 {waits[len(waits) // 2]:.2f} s, at most {waits[-1]:.2f} s"
