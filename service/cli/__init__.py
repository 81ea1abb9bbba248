"""`clearance …`: one file a command, loaded when it is called, so that help and short commands answer at once.

Exit status: 0 as asked, 1 it could not be done or was asked wrongly; what else a command answers stands in its help.
"""

from __future__ import annotations

import http
import importlib
import os
import sys

import click

from service.cli.command import OPTIONS, Cli
from service.errors import Problem, StartError

# In the order in which somebody new needs them; the sentence is what `clearance --help` shows.
COMMANDS = {
    "demo": "Play the whole story on real media, and leave it to look at.",
    "up": "Run everything here, for you alone, until Ctrl-C.",
    "serve": "Run the service for others: settings from the environment, log on standard error.",
    "work": "Run what is due by the clock.",
    "migrate": "Bring the database up to date.",
    "import": "Import a spreadsheet of licences, consents, engagements, sources or parties.",
    "register": "Register a directory of files as a dataset; only digests leave the machine.",
    "record": "Run a program, and register what it read and wrote.",
    "export": "Write a record in the form of another standard: CycloneDX, PROV, Croissant, ODRL, Data Provenance.",
    "observe": "Read what somebody fetched for what the owner of a source reserves.",
    "verify": "Judge the credentials of a file.",
    "sign": "Sign a file with a C2PA manifest.",
    "ledger": "Check the log, and rebuild what is derived from it.",
    "gate": "Decide about files or a delivery: may they go?",
    "rules": "List, show, compare and try rule packs; draft, sign and publish your own.",
    "simulate": "Say what would change under another pack, or if something were otherwise.",
    "erase": "Erase what is kept about a person; the log stays whole.",
    "backup": "Back up the database and its contents, and try a restore out.",
    "restore": "Restore a backup into an empty database, and check it.",
    "keys": "Make, list and revoke API keys.",
    "openapi": "Print the API as an OpenAPI document.",
    "doctor": "Say what this machine lacks.",
    "test": "Run every check and test, or those named.",
}

# What no module may be called.
_KEYWORDS = {"import": "import_sheet"}


class _Commands(click.Group):
    """The commands above, each from the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names for `--help`."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return the command in it."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = _KEYWORDS.get(cmd_name, cmd_name.replace("-", "_"))
        found: click.Command = importlib.import_module(f"service.cli.{module}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, params=[*OPTIONS], context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def group(ctx: click.Context) -> None:
    """May this cut ship, there, on that date, and why? A ledger of rights and provenance for AI-generated assets."""
    ctx.ensure_object(Cli)


def main(words: list[str] | None = None) -> None:
    """Run the command line and exit with its status; refusals are a sentence on standard error."""
    try:
        status = group.main(words, prog_name="clearance", standalone_mode=False)
    except click.exceptions.Abort:  # Ctrl-C where nobody waits for it
        sys.exit(130)
    except click.ClickException as refusal:
        refusal.show()
        sys.exit(1)
    except _refusals() as refusal:
        click.echo(f"Error: {_sentence(refusal)}", err=True)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _refusals() -> tuple[type[Exception], ...]:
    """Return what ends a command with a sentence; asked only when something was raised, so that help needs no HTTP client."""
    from service.client import Refused, Unreachable

    return (StartError, Problem, Refused, Unreachable, OSError)


def _sentence(refusal: Exception) -> str:
    if isinstance(refusal, OSError) and refusal.filename is not None:
        return f"{os.fsdecode(refusal.filename)}: {refusal.strerror}."
    if getattr(refusal, "status", None) == http.HTTPStatus.UNAUTHORIZED:
        return f"{refusal} The key comes from CLEARANCE_API_KEY, or else from cli.json in the data directory; `clearance keys create` makes one."
    return str(refusal)
