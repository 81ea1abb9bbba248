"""Jobs: every slot is done once, however many hosts tick; each job does its work on real records."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service import auth, db, errors, jobs
from service.config import Settings
from service.db import Database
from service.jobs import Job, Tools
from service.ledger.items import Edge
from service.ledger.log import HeadColumns
from service.services import Services
from tests.db.ledger.made import item, write

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


def test_what_fails_is_tried_again_with_growing_pauses_and_once_done_is_done(tools: Tools, database: Database) -> None:
    tried: list[int] = []

    def run(_tools: Tools) -> dict[str, int]:
        tried.append(1)
        if len(tried) < 3:
            raise errors.Unavailable("Not now.", "busy")
        return {}

    night = Job("night", timedelta(days=1), run)
    begun = [jobs.tick(tools, night, NOW + timedelta(seconds=seconds)) for seconds in (0, 59, 60, 61, 179, 180, 7_200, 40_000)]
    assert begun == [False, False, False, False, False, True, False, False]
    assert len(tried) == 3
    for day in range(1, 5):
        assert jobs.tick(tools, night, NOW + timedelta(days=day))
    with database.ledger() as conn:
        assert conn.execute("SELECT count(*) FROM tick WHERE name = 'night'").fetchone() == (2,), "rows of slots that are over pile up"


def test_a_fault_nobody_foresaw_is_tried_again_too_and_a_host_that_goes_amid_a_job_is_replaced(tools: Tools) -> None:
    broken = Job("broken", timedelta(days=1), lambda _tools: {}["nothing"])
    with pytest.raises(KeyError):
        jobs.tick(tools, broken, NOW)
    assert jobs.claim(tools.database, broken, NOW + timedelta(minutes=1)).number == 2
    assert jobs.claim(tools.database, broken, NOW + timedelta(hours=2)) is None, "it may still be at work"
    assert jobs.claim(tools.database, broken, NOW + timedelta(hours=4)).number == 3


def test_each_job_runs(tools: Tools) -> None:
    auth.create_studio(tools.database, "Northlight", NOW)
    for job in jobs.JOBS:
        assert jobs.tick(tools, job, NOW), job.name


def test_the_nightly_check_names_everything_that_was_changed_beside_the_log(
    tools: Tools, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    studio_id = auth.create_studio(database, "Northlight", NOW)
    made = item(
        studio=studio_id,
        kind="party",
        record_id="pty_1",
        body={"type": "organisation", "name": "Acme"},
        head=HeadColumns("Acme", "organisation"),
    )
    tools.ledger.append(write(made, studio=studio_id))
    assert jobs.compare(tools) == {"faults": 0}
    with psycopg.connect(database.url, autocommit=True) as conn:
        conn.execute("UPDATE head SET label = 'Somebody else'")
        conn.execute("INSERT INTO subtree VALUES (%s, 8, 0, %s)", [studio_id, bytes(32)])
        conn.execute("INSERT INTO digest VALUES (%s, 'md5', 'x', 'asset', 'ast_1', 0)", [studio_id])
        conn.execute("UPDATE entry SET bytes = bytes || ' '")
    assert jobs.compare(tools)["faults"] >= 4
    said = [f"{getattr(record, 'difference', '')}{getattr(record, 'fault', '')}" for record in caplog.records]
    assert all(any(name in line for line in said) for name in ("'head'", "'digest'", "'subtree'", "'leaf'"))


def test_a_release_whose_ground_has_ended_is_told_of_once(tools: Tools, database: Database, caplog: pytest.LogCaptureFixture) -> None:
    """What is decided until a day and let go for longer; not what ends before, and not what was let go anew meanwhile."""
    studio_id = auth.create_studio(database, "Northlight", NOW)

    def recorded(kind: str, record_id: str, body: dict[str, Any], *edges: Edge) -> None:
        made = item(record_id, studio=studio_id, kind=kind, body=body, head=HeadColumns("x", kind), edges=list(edges))
        tools.ledger.append(write(made, studio=studio_id))

    ended, later = {"valid_until": "2026-09-19T00:00:00Z"}, {"valid_until": "2031-01-01T00:00:00Z"}
    cases = [("ast_0", ended, {}), ("ast_1", ended, {"end": "2026-09-18"}), ("ast_2", ended, {}), ("ast_2", later, {})]
    for number, (asset, decision, window) in enumerate(cases):
        recorded("decision", f"dec_{number}", decision)
        body = {"decision": f"dec_{number}@1", "intent": {"window": window}}
        recorded("release", f"rel_{number}", body, Edge("released", asset, target_version=1))
    told = [jobs.watch(tools)["raised"] for _ in range(2)]
    again = jobs.watch(Tools(tools.database, tools.ledger, tools.blobs, tools.vault))["raised"]
    assert [*told, again] == [1, 0, 0], "once, also by a host that has just started"
    assert [record.release for record in caplog.records if record.message == "release.at_risk"] == ["rel_0"]


def test_a_check_of_a_large_log_is_not_cut_short(database: Database) -> None:
    with database.unhurried() as conn:
        assert conn.execute("SHOW statement_timeout").fetchone() == ("0",)
    with database.ledger() as conn:
        assert conn.execute("SHOW statement_timeout").fetchone() == ("30s",)


def test_the_clock_ticks_and_stops(tools: Tools) -> None:
    ran = threading.Event()
    scheduler = jobs.start(tools, (Job("now", timedelta(seconds=1), lambda _services: ran.set() or {}),))
    assert ran.wait(10)
    scheduler.shutdown()


def test_a_database_that_is_away_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "POOL_SECONDS", 1.0)
    away = Services.from_settings(Settings(data=tmp_path, database_url="postgresql://127.0.0.1:1/none"))
    assert not jobs.tick(Tools(away.database, away.ledger, away.blobs, away.vault), jobs.JOBS[0], NOW)
    away.close()
