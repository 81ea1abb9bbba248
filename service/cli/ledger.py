"""`clearance ledger`: check the log from inside (`fsck`) and from outside (`verify`), rebuild what is derived from it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from service.cli import ledger_anchors, local
from service.cli.bundle import bundle, verifier
from service.cli.command import OPTIONS, Cli, declare
from service.cli.disclose import check_disclosure, disclose
from service.client import Client, Refused, Unreachable
from service.db import Database
from service.durable import replace
from service.embedded import lease
from service.errors import StartError
from service.ledger import audit, fsck, policy
from service.ledger.audit import Broken, Followed
from service.ledger.log import Ledger
from service.ledger.note import Checkpoint
from service.ledger.signer_socket import connect
from service.migrate import migrate

_STUDIO = click.option("--studio", "studios", multiple=True, metavar="ID", help="Only this studio (repeatable; else all).")


@click.group(params=[*OPTIONS])
def command() -> None:
    """Check the log, and rebuild what is derived from it."""


@declare(name="fsck")
@_STUDIO
def check(cli: Cli, studios: tuple[str, ...]) -> int:
    """Check every byte of the log, and everything in the database beside it. Exit status 1 if anything is wrong."""
    with _opened(cli) as (database, ledger), database.ledger() as conn:
        reports = [fsck.check(conn, ledger, studio_id) for studio_id in _chosen(studios, fsck.studios(conn))]
    lines = [line for report in reports for line in _lines(report)]
    cli.answer([asdict(report) for report in reports], "\n".join(lines) or "There is no log yet.")
    return 1 if any(report.faults for report in reports) else 0


@declare(name="verify")
@click.option(
    "--state", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="What was checked last; begun if it is missing."
)
@click.option(
    "--policy", "rules", type=click.Path(exists=True, path_type=Path, dir_okay=False), metavar="FILE", help="Whose cosignatures are needed."
)
@click.option(
    "--disclosure", type=click.Path(exists=True, path_type=Path, dir_okay=False), metavar="FILE", help="Check this instead, offline."
)
@click.option("--key", metavar="KEY|FILE", help="With --disclosure: the log's public key as you know it.")
def verify(cli: Cli, state: Path | None, rules: Path | None, disclosure: Path | None, key: str | None) -> int:
    """Check the log as the service hands it out, against what this command saw before. Exit status 1 if it does not hold.

    With --state it remembers the key and the tree: an entry that was changed or taken away since then is found, whoever
    did it. Keep the file where those who run the service cannot write. With --policy the checkpoint must be cosigned by as many
    witnesses as the policy says (`clearance ledger policy` prints one to begin with). With --disclosure FILE it checks what
    `clearance ledger disclose` wrote, and asks no service.
    """
    if disclosure is not None:
        return check_disclosure(cli, disclosure, key, rules)
    asked = _policy(rules)
    with local.service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "") as client:
        try:
            keys = client.get("/v1/ledger/key")
            before = audit.succeeded(_known(state) or Followed(keys["key"]), keys["successions"])
            checkpoint = audit.signed(before, client.request("GET", "/v1/ledger/checkpoint").content)
            after = audit.advance(before, checkpoint, _entries(client, before.size, checkpoint.size))
            judged = _witnessed(client, before, checkpoint, asked) if asked else None
        except Broken as fault:
            cli.answer({"holds": False, "says": str(fault)}, f"The log does not hold. {fault}")
            return 1
        except (Refused, Unreachable) as fault:
            raise StartError(f"The log cannot be checked: {fault}") from fault
    if state is not None:
        replace(state.absolute(), json.dumps(after.document(), indent=2).encode() + b"\n")
    answer = {"holds": True, "since": before.size, **after.document(), "root": after.root.hex()}
    answer |= {"witnessed": judged.checkpoint.size, "witnesses": list(judged.seen)} if judged else {}
    said = [f"Up to entry {judged.checkpoint.size:,}: {judged.says}"] if judged else []
    cli.answer(answer, "\n".join([_verdict(before, checkpoint, state), *said]))
    return 0


@declare(name="rebuild")
@click.option("--check", "only_check", is_flag=True, help="Build beside the running ones and compare; change nothing.")
@_STUDIO
def rebuild(cli: Cli, studios: tuple[str, ...], *, only_check: bool) -> int:
    """Read the whole log once more into every projection. With --check, exit status 1 if one differs."""
    from service import projections

    answer = []
    with _opened(cli) as (database, _), database.ledger() as conn:
        for studio_id in _chosen(studios, fsck.studios(conn)):
            for name in projections.checked() if only_check else projections.PROJECTIONS:
                done: dict[str, Any] = {"studio_id": studio_id, "projection": name}
                if only_check:
                    done["differences"] = [asdict(each) for each in projections.check(conn, studio_id, name)]
                else:
                    done["entries"] = projections.rebuild(conn, studio_id, name)
                answer.append(done)
    cli.answer(answer, "\n".join(_rebuilt(done) for done in answer) or "There is no log yet.")
    return 1 if any(done.get("differences") for done in answer) else 0


@declare(name="trust")
@click.argument("studio_id")
def trust(cli: Cli, studio_id: str) -> None:
    """Begin to sign a log that this machine has never signed, because its database was moved here on purpose.

    Run it only if the marks of the old machine (DATA/keys/log) are lost: from then on nobody can tell whether the newest
    entries of the old database came along.
    """
    with _opened(cli) as (database, ledger), database.app(studio_id) as conn:
        signed = ledger.trust(conn, studio_id)
    cli.answer({"checkpoint": signed.content().decode()}, signed.content().decode())


for each in (check, verify, rebuild, trust, bundle, verifier, disclose, *ledger_anchors.COMMANDS):
    command.add_command(each)


@contextmanager
def _opened(cli: Cli) -> Iterator[tuple[Database, Ledger]]:
    with lease.hold(cli.settings.data, cli.settings.database_url) as held:
        migrate(held.url)
        with (
            closing(Database(held.url, statement_seconds=3600)) as database,
            closing(Ledger(database, connect(cli.settings.data / "keys" / "log", cli.settings.signer))) as ledger,
        ):
            yield database, ledger


def _chosen(wanted: tuple[str, ...], there: list[str]) -> list[str]:
    unknown = set(wanted).difference(there)
    if unknown:
        raise StartError(f"There is no log of {', '.join(sorted(unknown))}; there are {', '.join(there) or 'none'}.")
    return list(wanted) or there


def _lines(report: fsck.Report) -> Iterator[str]:
    yield f"{report.studio_id}: {report.entries:,} entries, {report.trees:,} trees, {len(report.faults) or 'no'} faults"
    for fault in report.faults:
        yield f"  {fault.code}: {fault.place}: {fault.says}"


def _rebuilt(done: dict[str, Any]) -> str:
    if "entries" in done:
        return f"{done['studio_id']}: {done['projection']} is rebuilt from {done['entries']:,} entries"
    found = [f"{each['table']} lacks {each['missing']} rows and has {each['surplus']} too many" for each in done["differences"]]
    return f"{done['studio_id']}: {done['projection']}: {'; '.join(found) or 'as a new one would be'}"


def _policy(file: Path | None) -> policy.Policy | None:
    try:
        return policy.parse(file.read_bytes()) if file else None
    except policy.Unusable as fault:
        raise StartError(f"{file}: {fault}") from fault


def _witnessed(client: Client, followed: Followed, newest: Checkpoint, rules: policy.Policy) -> policy.Judgement:
    """Return what the newest checkpoint with enough cosignatures is worth, proved to be a beginning of the newest one."""
    least = rules.least()
    try:
        content = client.request("GET", "/v1/ledger/checkpoint", params={"witnesses": least} if least else None).content
    except Refused as refusal:
        if refusal.code == "not_witnessed":
            raise Broken(str(refusal)) from refusal
        raise
    judged = audit.judged(followed, content, rules)
    path = client.get("/v1/ledger/consistency", first=judged.checkpoint.size, second=max(newest.size, judged.checkpoint.size))["path"]
    audit.continued(judged.checkpoint, newest, [bytes.fromhex(each) for each in path])
    return judged


def _known(state: Path | None) -> Followed | None:
    if state is None or not state.exists():
        return None
    try:
        return Followed.from_document(json.loads(state.read_text()))
    except (ValueError, Broken) as fault:
        raise StartError(f"{state} is not a state that this command has written.") from fault


def _entries(client: Client, begin: int, end: int) -> Iterator[bytes]:
    while begin < end:
        page = client.get("/v1/ledger/entries", start=begin, limit=min(1_000, end - begin))["items"]
        if not page or page[0]["index"] != begin:
            return
        for item in page:
            yield base64.b64decode(item["bytes"])
        begin += len(page)


def _verdict(before: Followed, checkpoint: Checkpoint, state: Path | None) -> str:
    since = f", of which {checkpoint.size - before.size:,} are new and {before.size:,} are those checked before" if before.size else ""
    pinned = "" if state else "\nNothing was remembered: with --state FILE the next run also finds what was changed since this one."
    return f"The log of {checkpoint.origin} holds: {checkpoint.size:,} entries{since}, root {checkpoint.root.hex()}{pinned}"
