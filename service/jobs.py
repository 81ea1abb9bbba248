"""What runs by the clock, once for all hosts: APScheduler ticks on each of them, and whoever inserts the slot does the work.

A job is work that may also be done later or again (one that fails is tried again within its slot, after a minute, two, four, up to an
hour, and so is one whose host has gone): projections that their readers would otherwise wait for, files that a
killed upload left behind, and the nightly comparison of what is derived with the log it is derived from.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from psycopg.errors import OperationalError

from service import erasure, errors, projections
from service.content.store import Store, sweep
from service.content.vault import Vault
from service.db import Database, transaction
from service.ledger import fsck, stamping, witnessing
from service.ledger.courier import Courier
from service.ledger.log import Ledger
from service.watch import Watch

log = logging.getLogger("clearance.jobs")

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
_HOST_LOST = timedelta(hours=3)
"""After so long whoever began a job and did not say how it ended is taken for gone."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What jobs work with."""

    database: Database
    ledger: Ledger
    blobs: Store
    vault: Vault
    watch: Watch = field(default_factory=Watch)


@dataclass(frozen=True, slots=True)
class Job:
    """Work every so often; `run` answers with the numbers that the log line shows."""

    name: str
    every: timedelta
    run: Callable[[Tools], Mapping[str, int]]

    def slot(self, now: datetime) -> datetime:
        """Return the beginning of the interval that `now` lies in, the same on every host."""
        return _EPOCH + (now - _EPOCH) // self.every * self.every


def catch_up(tools: Tools) -> Mapping[str, int]:
    """Bring every projection of every studio up to date."""
    done = 0
    for studio_id in _studios(tools.database):
        with tools.database.app(studio_id) as conn:
            for name in projections.PROJECTIONS:
                projections.catch_up(conn, studio_id, name)
                done += 1
    return {"projections": done}


def tidy(tools: Tools) -> Mapping[str, int]:
    """Remove what killed uploads have left behind."""
    return {"files": sweep(tools.blobs.incoming)}


def forget(tools: Tools) -> Mapping[str, int]:
    """Finish erasures that a crash has interrupted, or that a restored backup has undone."""
    done = 0
    for studio_id in _studios(tools.database):
        with tools.database.app(studio_id) as conn:
            done += erasure.finish(conn, tools.vault, tools.blobs.of(studio_id), studio_id, _now())
    return {"values": done}


def watch(tools: Tools) -> Mapping[str, int]:
    """Say of each release whose ground has ended that it is at risk: a warning line, once, whichever host sees it first."""
    raised = 0
    for studio_id in _studios(tools.database):
        with tools.database.app(studio_id) as conn:
            for each in tools.watch.ended(conn, studio_id, _now()):
                if _is_first(tools.database, f"release.at_risk {each.release}", each.end):
                    told = {"studio": studio_id, "release": each.release, "decision": each.decision, "ended_at": each.end.isoformat()}
                    log.warning("release.at_risk", extra=told)
                    raised += 1
    return {"raised": raised}


def compare(tools: Tools) -> Mapping[str, int]:
    """Check every log, and every projection against one built anew; a fault is an error line, and nothing is changed."""
    found = 0
    with tools.database.unhurried() as conn:
        for studio_id in _studios(tools.database):
            for name in projections.checked():
                for difference in projections.check(conn, studio_id, name):
                    log.error("projection differs", extra={"studio": studio_id, "projection": name, "difference": str(difference)})
                    found += 1
            for fault in fsck.check(conn, tools.ledger, studio_id).faults:
                log.error("the log is damaged", extra={"studio": studio_id, "fault": str(fault)})
                found += 1
    return {"faults": found}


def witness(tools: Tools) -> Mapping[str, int]:
    """Carry to the witnesses what the courier could not; one that is away for one log is not asked about the others."""
    away: frozenset[str] = frozenset()
    cosigned = 0
    for studio_id in _studios(tools.database):
        try:
            outcomes = witnessing.submit(tools.database, tools.ledger, studio_id, _now, away)
        except errors.Unavailable as fault:  # this log is refused by its own signer: the others go on
            log.error("not sent to the witnesses", extra={"studio": studio_id, "reason": str(fault)})  # noqa: TRY400 - it is no surprise
            continue
        away |= {name for name, outcome in outcomes.items() if outcome.result == "away"}
        cosigned += sum(outcome.result == "ok" for outcome in outcomes.values())
    return {"cosigned": cosigned, "away": len(away)}


def time_stamp(tools: Tools) -> Mapping[str, int]:
    """Have the logs that have grown stamped by those authorities that are due."""
    stamped = 0
    for studio_id in _studios(tools.database):
        try:
            states = stamping.submit(tools.database, tools.ledger, studio_id, _now())
        except errors.Unavailable as fault:
            log.error("not sent to the authorities", extra={"studio": studio_id, "reason": str(fault)})  # noqa: TRY400 - it is no surprise
            continue
        stamped += sum(state.outcome == "ok" for state in states)
    return {"stamped": stamped}


def courier(database: Database, ledger: Ledger) -> Courier:
    """Return what carries new checkpoints to the witnesses at once."""
    return Courier(lambda studio_id: witnessing.submit(database, ledger, studio_id, _now))


JOBS = (
    Job("catch_up", timedelta(minutes=1), catch_up),
    Job("witness", timedelta(minutes=1), witness),
    Job("time_stamp", timedelta(minutes=1), time_stamp),
    Job("watch", timedelta(seconds=30), watch),
    Job("forget", timedelta(minutes=1), forget),
    Job("tidy", timedelta(hours=1), tidy),
    Job("compare", timedelta(days=1), compare),
)


def start(tools: Tools, jobs: tuple[Job, ...] = JOBS) -> BackgroundScheduler:
    """Start the clock of this process and return it; the caller shuts it down."""
    scheduler = BackgroundScheduler(timezone=UTC)
    for job in jobs:
        trigger = IntervalTrigger(seconds=max(1, min(60, int(job.every.total_seconds()))))
        scheduler.add_job(tick, trigger, (tools, job), id=job.name, coalesce=True, max_instances=1, next_run_time=datetime.now(UTC))
    scheduler.start()
    return scheduler


def tick(tools: Tools, job: Job, now: datetime | None = None) -> bool:
    """Do the job if its slot is free or it is time to try again, and say whether it was done."""
    try:
        attempt = claim(tools.database, job, now or _now())
        if attempt is None:
            return False
        with ExitStack() as held:
            held.callback(lambda: _ended(tools.database, job, attempt, (now or _now()) + attempt.pause()))
            result = job.run(tools)
            held.pop_all()
        _finish(tools.database, job, attempt)
    except (errors.Unavailable, OperationalError) as fault:
        log.warning("job postponed", extra={"job": job.name, "reason": str(fault)})
        return False
    log.info("job done", extra={"job": job.name, "attempt": attempt.number, **result})
    return True


@dataclass(frozen=True, slots=True)
class Attempt:
    """A slot that this host has taken, and for the how manieth time it is tried."""

    slot: datetime
    number: int

    def pause(self) -> timedelta:
        """Return how long the next one waits."""
        return min(_PAUSE * (1 << min(self.number - 1, 6)), _LONGEST_PAUSE)


def claim(database: Database, job: Job, now: datetime) -> Attempt | None:
    """Take the slot of a job for this host; none if it is done, or another host, or an earlier tick, has it."""
    slot = job.slot(now)
    with database.ledger() as conn, transaction(conn):
        row = conn.execute(
            "INSERT INTO tick (name, slot, again_at) VALUES (%(name)s, %(slot)s, %(lost)s) ON CONFLICT (name, slot) DO UPDATE"
            " SET attempt = tick.attempt + 1, again_at = %(lost)s WHERE tick.again_at <= %(now)s RETURNING attempt",
            {"name": job.name, "slot": slot, "now": now, "lost": now + _HOST_LOST},
        ).fetchone()
    return Attempt(slot, row[0]) if row else None


def _finish(database: Database, job: Job, attempt: Attempt) -> None:
    """Note that it is done, and remove the rows that nobody asks for any more; one slot more is kept, for hosts whose clock is behind."""
    _ended(database, job, attempt, None)
    with database.ledger() as conn, transaction(conn):
        conn.execute("DELETE FROM tick WHERE name = %s AND slot < %s", (job.name, attempt.slot - job.every))


def _is_first(database: Database, name: str, moment: datetime) -> bool:
    """Whether nobody has said this before; from now on somebody has."""
    with database.ledger() as conn, transaction(conn):
        return conn.execute("INSERT INTO tick (name, slot) VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, moment)).rowcount == 1


def _ended(database: Database, job: Job, attempt: Attempt, again_at: datetime | None) -> None:
    """Note when to try again, or that it is done; unless it took so long that another host has begun anew."""
    with database.ledger() as conn, transaction(conn):
        conn.execute(
            "UPDATE tick SET again_at = %s WHERE name = %s AND slot = %s AND attempt = %s",
            (again_at, job.name, attempt.slot, attempt.number),
        )


def _now() -> datetime:
    return datetime.now(UTC)


def _studios(database: Database) -> list[str]:
    with database.ledger() as conn:
        return [studio_id for (studio_id,) in conn.execute("SELECT studio_id FROM studio ORDER BY studio_id")]
