"""`clearance up`: the whole service on this machine, in the foreground."""

from __future__ import annotations

import time

import click

from service.cli import local, presence, supervise
from service.cli.command import Cli, declare
from service.errors import StartError


@declare(port=True)
def command(cli: Cli) -> None:
    """Run database and service on this machine until Ctrl-C; a second call joins the first.

    Everything lies in the data directory. The first start makes a studio, an account and a key for the command line.
    """
    with supervise.until_stopped(), presence.claim(cli.settings.data) as ours:
        if not ours:
            _join(cli)
            return
        with local.host(cli.settings, say=lambda text: click.echo(text, err=True)) as running:
            answer = {"url": running.url, "data": str(cli.settings.data), "joined": False}
            cli.answer(answer, f"Clearance runs at {running.url} (Ctrl-C stops it).")
            running.watch()
    click.echo("Stopped.", err=True)


def _join(cli: Cli) -> None:
    """Tell where the running service is and stay as long as it does, so that both behave alike in a terminal."""
    data = cli.settings.data
    found = presence.find(data)
    if found is None:
        raise StartError(f"The service on {data} is just ending; try again.")
    cli.answer(
        {"url": found.url, "data": str(data), "joined": True},
        f"Clearance already runs at {found.url} (process {found.pid}) on {data}; joined it. Ctrl-C leaves it running.",
    )
    while presence.find(data) == found:
        time.sleep(0.5)
    click.echo("It has ended.", err=True)
