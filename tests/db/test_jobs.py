"""Jobs: every slot is done once, however many hosts tick; each job does its work on real records."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service import auth, jobs
from service.config import Settings
from service.db import Database
from service.jobs import Job, Tools
from service.services import Services

NOW = datetime(2026, 9, 20, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def tools(database: Database, tmp_path: Path) -> Iterator[Tools]:
    services = Services.from_settings(Settings(data=tmp_path, database_url=database.url))
    yield Tools(services.database, services.ledger, services.blobs, services.vault)
    services.close()


def test_a_slot_is_done_once_by_many_hosts(tools: Tools) -> None:
    done: list[int] = []
    job = Job("count", timedelta(minutes=1), lambda _services: done.append(1) or {})
    hosts = [threading.Thread(target=jobs.tick, args=(tools, job, NOW)) for _ in range(8)]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join()
    assert done == [1]
    assert not jobs.tick(tools, job, NOW + timedelta(seconds=20))
    assert jobs.tick(tools, job, NOW + timedelta(minutes=1))
    assert done == [1, 1]


def test_each_job_runs(tools: Tools) -> None:
    auth.create_studio(tools.database, "Northlight", NOW)
    for job in jobs.JOBS:
        assert jobs.tick(tools, job, NOW), job.name


def test_the_clock_ticks_and_stops(tools: Tools) -> None:
    ran = threading.Event()
    scheduler = jobs.start(tools, (Job("now", timedelta(seconds=1), lambda _services: ran.set() or {}),))
    assert ran.wait(10)
    scheduler.shutdown()


def test_a_database_that_is_away_is_tried_again(tmp_path: Path) -> None:
    away = Services.from_settings(Settings(data=tmp_path, database_url="postgresql://127.0.0.1:1/none"))
    assert not jobs.tick(Tools(away.database, away.ledger, away.blobs, away.vault), jobs.JOBS[0], NOW)
    away.close()
