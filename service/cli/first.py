"""What the first `up` makes so that a person can begin: a studio, an account to sign in with, a key for the command line.

They are kept in DATA/cli.json, readable by its owner only. If that file is lost, the next `up` writes a new one with a
new key and a new account; studios are never made twice.
"""

from __future__ import annotations

import json
import secrets
from contextlib import closing
from datetime import datetime
from pathlib import Path

from service import auth, durable, errors, roles
from service.db import Database

STUDIO = "My studio"
EMAIL = "admin@localhost"


def prepare(url: str, data: Path, now: datetime) -> str | None:
    """Make sure that the command line has a key that is valid; returns the file it is in if it was just written."""
    file = data / "cli.json"
    with closing(Database(url)) as database:
        if _is_valid(database, file, now):
            return None
        durable.replace(file, json.dumps(_make(database, now), indent=2).encode() + b"\n")
    return str(file)


def studio(database: Database) -> str | None:
    """Return the oldest studio."""
    with database.ledger() as conn:
        row = conn.execute("SELECT studio_id FROM studio ORDER BY created_at, studio_id LIMIT 1").fetchone()
    return row[0] if row else None


def _is_valid(database: Database, file: Path, now: datetime) -> bool:
    try:
        auth.authenticate(database, f"Bearer {json.loads(file.read_text())['api_key']}", None, now)
    except (FileNotFoundError, ValueError, KeyError, errors.Unauthenticated):
        return False
    return True


def _make(database: Database, now: datetime) -> dict[str, str]:
    studio_id = studio(database) or auth.create_studio(database, STUDIO, now)
    password = secrets.token_urlsafe(12)
    with database.app(studio_id) as conn:
        taken = conn.execute(
            "SELECT count(*) FROM account WHERE studio_id = %s AND lower(email) LIKE 'admin%%@localhost'", [studio_id]
        ).fetchone()
        email = EMAIL if taken is None or taken[0] == 0 else EMAIL.replace("@", f"-{taken[0] + 1}@")
        account_id = auth.create_account(conn, studio_id, "Admin", roles.ROLES, now, email=email, password=password)
        key_id, secret = auth.create_key(conn, studio_id, account_id, "command line", roles.ROLES, now)
    return {"api_key": secret, "key_id": key_id, "studio_id": studio_id, "account_id": account_id, "email": email, "password": password}
