"""`clearance erase`: what is kept about a person goes, with its salts and its keys; what stays is said, and why."""

from __future__ import annotations

import sys
from typing import Any

import click

from service.cli.command import Cli, declare


@declare(name="erase")
@click.argument("party_id")
@click.option("--dry-run", is_flag=True, help="Say what would go, what would stay and what stands in the way; erase nothing.")
@click.option("--basis", metavar="WORD", help="Why: law, contract_clause, court_order, policy …")
@click.option("--document", metavar="ID", help="The request or order, as a paper on record.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(cli: Cli, party_id: str, *, dry_run: bool, yes: bool, **why: str | None) -> int:
    """Erase what is kept about a person: names and dates, words, fees, prompts and reasons about them, their papers with their content.

    Salts and keys go with it. The log keeps commitments that say nothing any more, so proofs, bundles and decisions stay what they were. It cannot be undone, and a
    legal hold stops it. Exit status 1 if it was not done, also for a dry run that finds a hold.
    """
    from service.cli import local
    from service.client import Client

    with local.service_url(cli.settings) as reached, Client(reached.url, reached.api_key or "") as client:
        path = f"/v1/parties/{party_id}/erase"
        if not dry_run and _asks(cli, yes=yes):
            click.echo(_text(client.post(path, {}, dry_run=True)), err=True)
            click.confirm("Erase it? This cannot be undone", abort=True, err=True)
        body = {name: value for name, value in why.items() if value}
        found = client.post(path, body, dry_run=dry_run or None)
    cli.answer(found, _text(found))
    return 1 if found["holds"] else 0


def _asks(cli: Cli, *, yes: bool) -> bool:
    return sys.stdin.isatty() and not yes and not cli.json


def _text(found: dict[str, Any]) -> str:
    papers, lines = set(found["papers"]), [found["says"]]
    lines += [f"  {each['id']}: {', '.join(each['pointers'])}" for each in found["records"] if each["id"] not in papers]
    lines += [f"  {name}: the whole paper, with its content" for name in found["papers"]]
    lines += [f"  {_more(found)}"] if found["record_count"] > len(found["records"]) or found["paper_count"] > len(papers) else []
    lines += [f"  Held: {each['says']}" for each in found["holds"]]
    lines += ["What an erasure does not reach:"]
    lines += [f"  {each['says']}{_named(each)}" for each in found["not_erased"]]
    return "\n".join(lines)


def _more(found: dict[str, Any]) -> str:
    """What is too long to be listed."""
    return f"{found['record_count']} records and {found['paper_count']} papers in all; the first are listed."


def _named(stays: dict[str, Any]) -> str:
    shown = stays["records"][:5]
    more = stays["count"] - len(shown)
    return f" {', '.join(shown)}{f' and {more} more' if more else ''}" if shown else ""
