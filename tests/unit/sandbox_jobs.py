"""Jobs for the tests of the sandbox: what a hostile or a broken file might make a child do."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import time
from pathlib import Path

from service.sandbox.job import Answer, Job, Refusal


def echo(job: Job) -> Answer:
    return Answer(dict(job.arguments), job.parts)


def who(_job: Job) -> Answer:
    return Answer({"pid": os.getpid(), "environment": sorted(os.environ)})


def copy(job: Job) -> Answer:
    source, destination = job.files
    destination.write(source.read())
    return Answer({})


def sleep(_job: Job) -> Answer:
    time.sleep(60)
    return Answer({})


def spin(_job: Job) -> Answer:
    while True:
        pass


def grow(_job: Job) -> Answer:
    return Answer({"size": len(b"x" * (8 << 30))})


def crash(_job: Job) -> Answer:
    ctypes.string_at(0)
    return Answer({})


def abort(_job: Job) -> Answer:
    os.abort()


def raise_unexpected(_job: Job) -> Answer:
    raise RuntimeError


def refuse(_job: Job) -> Answer:
    raise Refusal("bad_media", "the file ends in the middle of a picture")


def ask(job: Job) -> Answer:
    return Answer({"answer": job.ask(b"question").decode()})


def ask_forever(job: Job) -> Answer:
    while True:
        job.ask(b"again")


def escape(job: Job) -> Answer:
    """Try everything that should be out of reach; the answer says what worked."""
    worked = []
    for name, attempt in {
        "network": socket.socket,
        "program": lambda: subprocess.run(["/bin/true"], check=True),
        "fork": os.fork,
        "signal": lambda: os.kill(os.getppid(), 0),
        "read": lambda: Path(job.arguments["secret"]).read_text(),
        "write": lambda: open(job.arguments["target"], "w").close(),
        "memory": lambda: open(f"/proc/{os.getppid()}/mem", "rb").close(),
    }.items():
        try:
            attempt()
            worked.append(name)
        except OSError:
            continue
    Path(os.environ["TMPDIR"], "spill").write_text("allowed")
    return Answer({"worked": worked})
