"""`clearance ledger`, who stands outside: run a witness, name the witnesses and authorities, replace the log's key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from service.cli import supervise
from service.cli.command import OPTIONS, Cli, declare
from service.db import Database
from service.embedded import lease
from service.errors import StartError
from service.ledger import anchors, cosignature, fsck, policy, stamping, witness_file, witness_server, witnessing
from service.ledger.anchors import Anchor, Kind
from service.ledger.log import Ledger
from service.ledger.note import Malformed
from service.ledger.signer_socket import connect
from service.migrate import migrate

_STUDIO = click.option("--studio", metavar="ID", help="Only for the log of this studio (else for every log).")


@click.command(
    name="witness",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def run(words: tuple[str, ...]) -> int:
    """Run a witness: a small program of its own, for a machine that the service cannot reach (--help says how)."""
    return witness_server.main(list(words), "clearance ledger witness")


@declare(name="witness-program")
def witness_program(cli: Cli) -> None:
    """Print the witness as one file, for a machine where nothing of ours is installed. It needs Python and `cryptography` alone."""
    text = witness_file.program().decode()
    cli.answer({"program": text}, text.removesuffix("\n"))


@click.group(name="anchors", params=[*OPTIONS])
def group() -> None:
    """Name the witnesses that cosign our checkpoints and the authorities that time-stamp them."""


@declare(name="witness")
@click.argument("name")
@click.argument("key")
@click.argument("url")
@_STUDIO
def add_witness(cli: Cli, name: str, key: str, url: str, studio: str | None) -> None:
    """Send every new checkpoint to the witness at URL. NAME and KEY are what its --show prints after the word `witness`."""
    try:
        cosignature.parse_cosigner(key)
    except Malformed as fault:
        raise StartError(f"KEY is not the key of a witness ({fault}); `clearance ledger witness DIRECTORY --show` prints it.") from fault
    _add(cli, Anchor(name, "witness", studio, key, url))


@declare(name="authority")
@click.argument("name")
@click.argument("url")
@click.argument("certificates", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_STUDIO
def add_authority(cli: Cli, name: str, url: str, certificates: Path, studio: str | None) -> None:
    """Have checkpoints time-stamped (RFC 3161) by the authority at URL. CERTIFICATES is a PEM file with its root.

    Put its own certificate in too if it answers with a chain that cannot be read; then it is asked to send none.
    """
    try:
        pem = certificates.read_text()
        stamping.certificates(pem)
    except ValueError as fault:
        raise StartError(f"{certificates}: {fault}.") from fault
    _add(cli, Anchor(name, "time_stamp", studio, pem, url))


@declare(name="remove")
@click.argument("name")
def remove(cli: Cli, name: str) -> None:
    """Ask a witness or an authority no more; what it has answered is kept."""
    with _opened(cli) as (database, _), database.ledger() as conn:
        if not anchors.remove(conn, name, datetime.now(UTC)):
            raise StartError(f"There is no {name}; `clearance ledger anchors list` shows who there is.")
    cli.answer({"name": name, "removed": True}, f"{name} is asked no more.")


@declare(name="list")
def show(cli: Cli) -> int:
    """Say for each log how far each anchor has followed. Exit status 1 if a witness refuses because it has seen a fork."""
    with _opened(cli) as (database, _), database.ledger() as conn:
        found = list(_standing(conn))
    lines = [
        f"{each['studio_id']}  {each['kind']:<10}  {each['name']}  {each['outcome']} at {each['size']}  {each['says']}".rstrip()
        for each in found
    ]
    cli.answer(found, "\n".join(lines) or "Nobody outside vouches for the logs yet; `clearance ledger anchors witness` names somebody.")
    return 1 if any(each["outcome"] == "forked" for each in found) else 0


@declare(name="ask")
def ask(cli: Cli) -> int:
    """Ask everybody now, as the clock does each minute, and say what came of it. Exit status 1 if anything went wrong."""
    with _opened(cli) as (database, ledger):
        with database.ledger() as conn:
            studios = fsck.studios(conn)
        outcomes = [outcome for studio_id in studios for outcome in _asked(database, ledger, studio_id)]
    lines = [f"{each['studio_id']}  {each['name']}  {each['outcome']}  {each['says']}".rstrip() for each in outcomes]
    cli.answer(outcomes, "\n".join(lines) or "Everybody has seen the newest checkpoints.")
    return 0 if all(each["outcome"] == "ok" for each in outcomes) else 1


@declare(name="policy")
@click.argument("studio_id")
@click.option("--quorum", type=click.IntRange(0), help="How many witnesses must agree (else all).")
def draft(cli: Cli, studio_id: str, quorum: int | None) -> None:
    """Print a policy to begin with. Whoever verifies compares the keys with those who hold them, and keeps it where we cannot write."""
    with _opened(cli) as (database, ledger), database.ledger() as conn:
        known = {each.name: cosignature.parse_cosigner(each.key) for each in anchors.anchors(conn, "witness", studio_id)}
        try:
            text = policy.draft(ledger.verifiers(studio_id), known, len(known) if quorum is None else quorum)
        except policy.Unusable as fault:
            raise StartError(str(fault)) from fault
    cli.answer({"policy": text}, text.rstrip())


@declare(name="replace-key")
@click.option("--finish", is_flag=True, help="Let the old key sign no more.")
def replace_key(cli: Cli, *, finish: bool) -> None:
    """Begin to sign the logs with a new key beside the old one; once everybody knows it, run it again with --finish.

    Both sign until then, so no verifier and no witness is lost. Give the new key (GET /v1/ledger/key) to the witnesses and into
    policies meanwhile.
    """
    with _opened(cli) as (_, ledger):
        ledger.replace_key(finish=finish)
    text = (
        "The old key signs no more." if finish else "A new key signs beside the old one; tell the witnesses, then run this with --finish."
    )
    cli.answer({"finished": finish}, text)


@declare(name="signer")
def keep_key(cli: Cli) -> None:
    """Keep the log's key in a process of its own, until Ctrl-C: listens at CLEARANCE_SIGNER, and `serve` with that setting uses it.

    It may belong to another user than the service: then only this process reads DATA/keys/log, and the directory of the socket says
    who may ask.
    """
    from service.ledger.signer_server import Server

    path = cli.settings.signer
    if path is None:
        raise StartError("Set CLEARANCE_SIGNER to the path of a socket, here and where the service runs.")
    with supervise.until_stopped(), Server(path, cli.settings.data / "keys" / "log") as server:
        cli.answer({"socket": str(path)}, f"The signer listens at {path} (Ctrl-C stops it).")
        server.serve_forever(poll_interval=0.5)


for each in (add_witness, add_authority, remove, show, ask):
    group.add_command(each)
COMMANDS = (run, witness_program, group, draft, replace_key, keep_key)


@contextmanager
def _opened(cli: Cli) -> Iterator[tuple[Database, Ledger]]:
    with lease.hold(cli.settings.data, cli.settings.database_url) as held:
        migrate(held.url)
        signer = connect(cli.settings.data / "keys" / "log", cli.settings.signer)
        with closing(Database(held.url)) as database, closing(Ledger(database, signer)) as ledger:
            yield database, ledger


def _asked(database: Database, ledger: Ledger, studio_id: str) -> Iterator[dict[str, Any]]:
    for name, done in witnessing.submit(database, ledger, studio_id, lambda: datetime.now(UTC)).items():
        yield {"studio_id": studio_id, "name": name, "outcome": done.result, "size": done.size, "says": done.says}
    for state in stamping.submit(database, ledger, studio_id, datetime.now(UTC)):
        yield {"studio_id": studio_id, "name": state.name, "outcome": state.outcome, "size": state.size, "says": state.says}


def _add(cli: Cli, anchor: Anchor) -> None:
    if anchor.name in {policy.NONE, ""} or anchor.name.startswith("#") or any(letter.isspace() for letter in anchor.name):
        raise StartError("NAME is one word, as in a policy file, and not `none`.")
    if urlsplit(anchor.url).scheme not in {"http", "https"}:
        raise StartError("URL must begin with http:// or https://.")
    with _opened(cli) as (database, _), database.ledger() as conn:
        if anchor.studio_id is not None and anchor.studio_id not in fsck.studios(conn):
            raise StartError(f"There is no studio {anchor.studio_id}.")
        other = next((each for each in anchors.anchors(conn) if each.name == anchor.name and each.kind != anchor.kind), None)
        if other is not None:
            raise StartError(f"{anchor.name} is {_WORDS[other.kind]} already; choose another name.")
        anchors.add(conn, anchor, datetime.now(UTC))
    cli.answer({"name": anchor.name, "kind": anchor.kind, "studio_id": anchor.studio_id}, f"{anchor.name} is asked from now on.")


_WORDS: dict[Kind, str] = {"witness": "a witness", "time_stamp": "a time-stamp authority"}


def _standing(conn: Any) -> Iterator[dict[str, Any]]:
    for studio_id in fsck.studios(conn):
        states = anchors.states(conn, studio_id)
        for each in anchors.anchors(conn, None, studio_id):
            state = states.get(each.name)
            yield {
                "studio_id": studio_id, "kind": each.kind, "name": each.name, "url": each.url, "outcome": state.outcome if state else "waiting",
                "size": state.size if state else 0, "says": state.says if state else "",
            }  # fmt: skip
