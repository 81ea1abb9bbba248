"""`clearance migrate`: apply what the database does not have yet."""

from __future__ import annotations

from service.cli.command import Cli, declare
from service.embedded import lease


@declare()
def command(cli: Cli) -> None:
    """Bring the database up to date: apply every migration it does not have yet, in order."""
    from service.migrate import migrate

    with lease.hold(cli.settings.data, cli.settings.database_url) as held:
        applied = migrate(held.url)
    cli.answer({"applied": applied}, "\n".join(applied) or "Nothing to do: the database is up to date.")
