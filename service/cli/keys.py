"""`clearance keys`: API keys, made and ended by whoever runs the service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from psycopg import Connection

from service import auth, roles
from service.cli import first
from service.cli.command import OPTIONS, Cli, declare
from service.db import Database
from service.embedded import lease
from service.errors import StartError
from service.migrate import migrate

_STUDIO = click.option("--studio", metavar="ID", help="The studio (else the first one).")


@click.group(params=[*OPTIONS])
def command() -> None:
    """Make, list and revoke API keys. A key is shown once, when it is made."""


@declare(name="create")
@click.argument("name")
@click.option("--role", "granted", multiple=True, required=True, type=click.Choice(roles.ROLES), help="What it may do (repeatable).")
@click.option("--production", "productions", multiple=True, metavar="ID", help="Limit it to productions (repeatable).")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True, help="How long it lives.")
@click.option("--new-studio", "fresh", metavar="NAME", help="Make a studio of this name, and the key in it.")
@_STUDIO
def create(cli: Cli, name: str, granted: tuple[str, ...], productions: tuple[str, ...], days: int, **where: str | None) -> None:
    """Make a key with an account of its own, and print it."""
    now = datetime.now(UTC)
    with _studio(cli, where["studio"], where["fresh"]) as (conn, studio_id):
        _must_exist(conn, studio_id, productions)
        account_id = auth.create_account(conn, studio_id, name, granted, now)
        limit = productions or None
        expires_at = now + timedelta(days=days)
        key_id, secret = auth.create_key(conn, studio_id, account_id, name, granted, now, productions=limit, expires_at=expires_at)
    answer = {"key_id": key_id, "api_key": secret, "studio_id": studio_id, "account_id": account_id, "expires_at": _stamp(expires_at)}
    cli.answer(answer, secret)


@declare(name="list")
@_STUDIO
def show(cli: Cli, studio: str | None) -> None:
    """List the keys of a studio, newest first."""
    now = datetime.now(UTC)
    with _studio(cli, studio) as (conn, studio_id):
        found = [_described(key, now) for key in auth.keys(conn, studio_id)]
    lines = [f"{key['key_id']}  {key['state']:<8}{key['shown']}…  {key['name']}  ({', '.join(key['roles'])})" for key in found]
    cli.answer(found, "\n".join(lines) or "There are no keys.")


@declare(name="revoke")
@click.argument("key_id")
@_STUDIO
def revoke(cli: Cli, key_id: str, studio: str | None) -> None:
    """End a key at once."""
    with _studio(cli, studio) as (conn, studio_id):
        auth.revoke_key(conn, studio_id, key_id, datetime.now(UTC))
    cli.answer({"key_id": key_id, "state": "revoked"}, f"{key_id} is revoked.")


for each in (create, show, revoke):
    command.add_command(each)


@contextmanager
def _studio(cli: Cli, wanted: str | None, fresh: str | None = None) -> Iterator[tuple[Connection[Any], str]]:
    with lease.hold(cli.settings.data, cli.settings.database_url) as held:
        migrate(held.url)
        with closing(Database(held.url)) as database:
            studio_id = auth.create_studio(database, fresh, datetime.now(UTC)) if fresh else wanted or first.studio(database)
            if studio_id is None:
                raise StartError("There is no studio yet; `clearance keys create --new-studio NAME` makes one.")
            with database.app(studio_id) as conn:
                if conn.execute("SELECT 1 FROM studio WHERE studio_id = %s", [studio_id]).fetchone() is None:
                    raise StartError(f"There is no studio {studio_id!r} here.")
                yield conn, studio_id


def _must_exist(conn: Connection[Any], studio_id: str, productions: tuple[str, ...]) -> None:
    there = conn.execute(
        "SELECT id FROM head WHERE studio_id = %s AND kind = 'production' AND id = ANY(%s)", [studio_id, list(productions)]
    ).fetchall()
    missing = set(productions).difference(production for (production,) in there)
    if missing:
        raise StartError(f"There is no production {', '.join(sorted(missing))} in this studio; record it first.")


def _described(key: auth.Key, now: datetime) -> dict[str, Any]:
    state = "revoked" if key.revoked_at else "expired" if key.expires_at and key.expires_at <= now else "valid"
    return {
        "key_id": key.key_id,
        "state": state,
        "name": key.name,
        "shown": key.shown,
        "roles": key.roles,
        "productions": key.productions,
        "created_at": _stamp(key.created_at),
        "expires_at": _stamp(key.expires_at) if key.expires_at else None,
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
