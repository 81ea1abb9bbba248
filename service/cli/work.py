"""`clearance work`: the clock and its jobs, in a process of their own; any number of hosts may run one."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace

import click

from service.cli import supervise
from service.cli.command import Cli, declare
from service.embedded import lease
from service.migrate import migrate


@declare(name="work")
def command(cli: Cli) -> None:
    """Run what is due by the clock until Ctrl-C: projections, tidying, the nightly comparison with the log.

    `up` and `serve` do it themselves; more hosts may share the work, and each slot is done once.
    """
    from service import jobs
    from service.cli import logs
    from service.services import Services

    with supervise.until_stopped(), lease.hold(cli.settings.data, cli.settings.database_url) as held:
        migrate(held.url)
        with logs.of_jobs(), closing(Services.from_settings(replace(cli.settings, database_url=held.url))) as services:
            scheduler = jobs.start(jobs.Tools(services.database, services.ledger, services.blobs, services.vault))
            cli.answer({"jobs": [job.name for job in jobs.JOBS]}, f"Working: {', '.join(job.name for job in jobs.JOBS)}. Ctrl-C stops.")
            try:
                _watch(held)
            finally:
                scheduler.shutdown()
    click.echo("Stopped.", err=True)


def _watch(held: lease.Lease) -> None:
    """Keep the database running; returns only by an exception."""
    while True:
        time.sleep(1.0)
        held.ensure()
