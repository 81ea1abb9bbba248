"""`clearance serve`: the service as a server machine runs it."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime

import click

from service.cli import presence, supervise
from service.cli.command import Cli, declare
from service.cli.presence import Presence
from service.errors import StartError


@declare(port=True)
def command(cli: Cli) -> None:
    """Run the service in the foreground with its log on standard error, on exactly the port that is set.

    Migrations are applied first. No studio, account or key is made; `clearance keys` does that.
    """
    settings = cli.settings
    with supervise.until_stopped(), presence.claim(settings.data) as ours:
        if not ours:
            raise StartError(f"A service already runs on {settings.data}; give this one a data directory of its own.")
        with supervise.port(settings, exact=True) as number, supervise.run(replace(settings, port=number)) as running:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            presence.announce(settings.data, Presence(running.url, number, os.getpid(), now))
            cli.answer({"url": running.url}, f"Clearance serves at {running.url}.")
            running.watch()
    click.echo("Stopped.", err=True)
