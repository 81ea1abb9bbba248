"""`clearance demo`: the whole story on real media, over HTTP, with the public client; then the pages to look at."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from service import auth, durable, errors, roles
from service.cli import bundle, first, local, presence, supervise
from service.cli.command import Cli, declare
from service.client import Client
from service.config import Settings
from service.db import Database
from service.demo.story import Player, Told
from service.embedded import lease
from service.errors import StartError

PEOPLE = ("June Adeyemi", "Petra Lind")


@declare(port=True)
@click.option("--exit", "leave", is_flag=True, help="Stop after the story; status 0 only if every step came out as told.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Leave the signed files, ca.pem, bundle/ and story.json here.",
)
def command(cli: Cli, *, leave: bool, out: Path | None) -> int:
    """Play the story of the design on this machine and leave the service running until Ctrl-C.

    Playing it again in the same data directory answers the same and writes nothing twice.
    """
    stopped = 1 if leave else 0  # by Ctrl-C: before the end of the story, or after it
    with supervise.until_stopped(), ExitStack() as stack:
        directory = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clearance-demo-")))
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(f"{directory} cannot be made ({error.strerror}). Name another directory with --out.") from error
        running = _service(cli, stack)
        url = running.url if running else _found(cli).url
        with running.watched(_complain) if running else nullcontext():
            told = _play(cli, url, directory)
        if leave:
            return 0 if all(line.ok for line in told) else 1
        _pages(cli, url)
        if running:
            running.watch()
    return stopped


def _complain(text: str) -> None:
    click.echo(text, err=True)


def _service(cli: Cli, stack: ExitStack) -> supervise.Running | None:
    """Run the service, or return `None` where one runs already, which the story then joins."""
    if stack.enter_context(presence.claim(cli.settings.data)):
        return stack.enter_context(local.host(cli.settings, say=_complain))
    return None


def _found(cli: Cli) -> presence.Presence:
    found = presence.find(cli.settings.data)
    if found is None:
        raise StartError(f"The service on {cli.settings.data} is just ending; try again.")
    return found


def _play(cli: Cli, url: str, out: Path) -> list[Told]:
    keys = _people(cli.settings)
    with Client(url, keys[0]) as one, Client(url, keys[1]) as two:
        told = Player(one, two, out, _say(cli), _judged_outside, _checked_elsewhere).play()
    (out / "story.json").write_text(json.dumps([line.document() for line in told], indent=2, ensure_ascii=False) + "\n")
    if cli.json:
        click.echo(json.dumps([line.document() for line in told], indent=2, ensure_ascii=False))
    return told


def _say(cli: Cli) -> Callable[[Told], None]:
    def say(line: Told) -> None:
        if not cli.json:
            mark = click.style("✓", fg="green") if line.ok else click.style("✗", fg="red")
            click.echo(f"{mark} {line.step:>3}  {line.asked}\n       → {line.answered}")

    return say


def _judged_outside(file: Path, sidecar: Path | None, anchor: Path) -> str:
    media_type = {".png": "image/png", ".mp4": "video/mp4"}.get(file.suffix, "application/octet-stream")
    words = [sys.executable, "-m", "service.credentials.outside", str(file), media_type, str(anchor), *([str(sidecar)] if sidecar else [])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]


def _checked_elsewhere(client: Client, out: Path, key: str) -> dict[str, Any]:
    """Bring the log into a directory and check it by the program in it, in a process that finds nothing of this project."""
    bundle.fetch(client, out)
    (out.parent / "log.vkey").write_text(key + "\n")
    words = [sys.executable, "-I", str(out / "verify.py"), str(out), "--key", str(out.parent / "log.vkey"), "--json"]
    done = subprocess.run(words, cwd=out.parent, env={}, capture_output=True, text=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {"good": False, "holds": [], "not_established": []}
    if done.stderr or done.returncode not in {0, 1}:
        found = {**found, "good": False, "faults": [done.stderr.strip().rpartition("\n")[2]]}
    return {"numbers": dict.fromkeys(("entries", "size", "files", "decisions", "decided_again"), 0), **found}


def _people(settings: Settings) -> tuple[str, str]:
    """Return the keys of the two people who play, made once and kept in DATA/demo.json (0600)."""
    file = settings.data / "demo.json"
    with _database(settings) as database:
        try:
            kept: list[str] = json.loads(file.read_text())
            for key in kept:
                auth.authenticate(database, f"Bearer {key}", None, datetime.now(UTC))
        except (FileNotFoundError, ValueError, errors.Unauthenticated):
            kept = [_person(database, name) for name in PEOPLE]
            durable.replace(file, json.dumps(kept).encode())
    return kept[0], kept[1]


def _person(database: Database, name: str) -> str:
    now = datetime.now(UTC)
    studio_id = first.studio(database)
    if studio_id is None:
        raise StartError("There is no studio yet; `clearance up` makes the first one.")
    with database.app(studio_id) as conn:
        account_id = auth.create_account(conn, studio_id, name, roles.ROLES, now)
        return auth.create_key(conn, studio_id, account_id, "the demo", roles.ROLES, now)[1]


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    with lease.hold(settings.data, settings.database_url) as held, closing(Database(held.url)) as database:
        yield database


def _pages(cli: Cli, url: str) -> None:
    told = json.loads((cli.settings.data / "cli.json").read_text())
    click.echo(f"\nLook at {url}/ and sign in as {told['email']} with the password {told['password']}.")
    click.echo("The newest decisions, the assets with their lineage and the log are linked from there. Ctrl-C stops the service.")
