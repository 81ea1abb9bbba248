"""Who is asking: API keys and browser sessions, resolved to an `Actor`; making and revoking them beside it.

Keys are 256 random bits with the prefix `clr_`, shown once and stored as SHA-256: there is nothing to guess, so a slow
hash would only slow the service. Passwords are argon2id. Roles of a key never exceed those of its account.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from psycopg import Connection
from psycopg.rows import class_row

from service import errors, ids, roles
from service.context import Actor
from service.db import Database, transaction

if TYPE_CHECKING:
    from flask import Request

COOKIE = "clearance_session"
SESSION_LIFE = timedelta(hours=12)
KEY_PREFIX = "clr_"
NOBODY = Actor("", "", "nobody", frozenset(), frozenset())

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="clearance"'}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PASSWORDS = PasswordHasher()


@dataclass(frozen=True, slots=True)
class _Key:
    studio_id: str
    key_id: str
    roles: list[str]
    scopes: list[str]
    productions: list[str] | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    account_id: str
    account_name: str
    account_roles: list[str]
    account_productions: list[str] | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Session:
    studio_id: str
    expires_at: datetime
    ended_at: datetime | None
    account_id: str
    account_name: str
    account_roles: list[str]
    account_productions: list[str] | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Account:
    studio_id: str
    studio_name: str
    account_id: str
    account_name: str
    password_hash: str | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is listed: never its secret."""

    key_id: str
    account_id: str
    name: str
    shown: str
    roles: list[str]
    productions: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def authenticate(database: Database, authorization: str | None, cookie: str | None, now: datetime) -> Actor:
    """Return who the header (first) or the session cookie speaks for; `Unauthenticated` with the reason otherwise."""
    if authorization:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.startswith(KEY_PREFIX):
            raise _refused("Send an API key as Authorization: Bearer clr_….", "malformed_key")
        return _of_key(database, token, now)
    if cookie:
        return _of_session(database, cookie, now)
    raise _refused("Send an API key as Authorization: Bearer clr_…, or sign in.", "no_key")


def require(actor: Actor, permission: str) -> None:
    """Raise `Forbidden` unless a role of the actor carries the permission."""
    if not actor.may(permission):
        raise errors.Forbidden(f"This needs the permission {permission}; ask a studio admin for a role that has it.", "missing_permission")


def same_origin(request: Request) -> None:
    """Refuse a changing request that a browser sent from another site with somebody's cookie."""
    if request.method in _SAFE or request.headers.get("Authorization"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site not in (None, "same-origin", "none") or (origin and urlsplit(origin).netloc != request.host):
        raise errors.Forbidden("This request came from another site.", "cross_site")


def create_studio(database: Database, name: str, now: datetime) -> str:
    """Make a tenant and return its id."""
    studio_id = ids.new_id("std", now)
    with database.app(studio_id) as conn, transaction(conn):
        conn.execute("INSERT INTO studio (studio_id, name, created_at) VALUES (%s, %s, %s)", (studio_id, name, now))
    return studio_id


def create_account(
    conn: Connection[Any],
    studio_id: str,
    name: str,
    granted: Iterable[str],
    now: datetime,
    *,
    email: str | None = None,
    password: str | None = None,
) -> str:
    """Make an account of a studio and return its id; an e-mail address belongs to one account only."""
    account_id = ids.new_id("acc", now)
    hashed = _PASSWORDS.hash(password) if password else None
    with transaction(conn):
        conn.execute(
            "INSERT INTO account (studio_id, account_id, name, email, password_hash, roles, created_at)"
            " VALUES (%(studio_id)s, %(account_id)s, %(name)s, %(email)s, %(password_hash)s, %(roles)s, %(now)s)",
            {
                "studio_id": studio_id, "account_id": account_id, "name": name, "email": email.lower() if email else None,
                "password_hash": hashed, "roles": _known(granted), "now": now,
            },
        )  # fmt: skip
    return account_id


def create_key(
    conn: Connection[Any],
    studio_id: str,
    account_id: str,
    name: str,
    granted: Iterable[str],
    now: datetime,
    *,
    productions: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[str, str]:
    """Make a key and return its id and its secret, which is shown this once and kept nowhere."""
    key_id, secret = ids.new_id("key", now), KEY_PREFIX + secrets.token_urlsafe(32)
    with transaction(conn):
        conn.execute(
            "INSERT INTO api_key (studio_id, key_id, account_id, name, sha256, shown, roles, productions, created_at, expires_at)"
            " VALUES (%(studio_id)s, %(key_id)s, %(account_id)s, %(name)s, %(sha256)s, %(shown)s, %(roles)s, %(productions)s,"
            " %(now)s, %(expires_at)s)",
            {
                "studio_id": studio_id, "key_id": key_id, "account_id": account_id, "name": name, "sha256": _digest(secret),
                "shown": secret[:10], "roles": _known(granted), "productions": list(productions) if productions is not None else None,
                "now": now, "expires_at": expires_at,
            },
        )  # fmt: skip
    return key_id, secret


def revoke_key(conn: Connection[Any], studio_id: str, key_id: str, now: datetime) -> None:
    """End a key at once; `NotFound` if there is no such living key."""
    with transaction(conn):
        done = conn.execute(
            "UPDATE api_key SET revoked_at = %s WHERE studio_id = %s AND key_id = %s AND revoked_at IS NULL", (now, studio_id, key_id)
        ).rowcount
    if not done:
        raise errors.NotFound("There is no living key with this id; `clearance keys list` shows them.", "not_found")


def keys(conn: Connection[Any], studio_id: str) -> list[Key]:
    """Return every key of a studio, newest first."""
    with conn.cursor(row_factory=class_row(Key)) as cursor:
        cursor.execute(
            "SELECT key_id, account_id, name, shown, roles, productions, created_at, expires_at, revoked_at FROM api_key"
            " WHERE studio_id = %s ORDER BY created_at DESC, key_id DESC",
            (studio_id,),
        )
        return cursor.fetchall()


def sign_in(database: Database, email: str, password: str, now: datetime) -> str:
    """Return the token of a new session; `Unauthenticated` alike for an unknown address and a wrong password.

    An address with accounts in several studios enters the first whose password it is.
    """
    with database.anyone() as conn, conn.cursor(row_factory=class_row(_Account)) as cursor:
        accounts = cursor.execute("SELECT * FROM accounts_by_email(%s)", (email,)).fetchall()
    verified = [_verified(account.password_hash, password) and not account.disabled_at for account in accounts] or [
        _verified(None, password)
    ]
    if not any(verified):
        raise errors.Unauthenticated("That address and password do not match an account.", "bad_credentials")
    account = accounts[verified.index(True)]
    token = secrets.token_urlsafe(32)
    with database.app(account.studio_id) as conn, transaction(conn):
        conn.execute(
            "INSERT INTO session (studio_id, sha256, account_id, created_at, expires_at) VALUES (%s, %s, %s, %s, %s)",
            (account.studio_id, _digest(token), account.account_id, now, now + SESSION_LIFE),
        )
    return token


def sign_out(conn: Connection[Any], studio_id: str, token: str, now: datetime) -> None:
    """End the session of a token; one that is no session changes nothing."""
    with transaction(conn):
        conn.execute(
            "UPDATE session SET ended_at = %s WHERE studio_id = %s AND sha256 = %s AND ended_at IS NULL", (now, studio_id, _digest(token))
        )


def _verified(hashed: str | None, password: str) -> bool:
    try:
        _PASSWORDS.verify(hashed or _unknown(), password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return hashed is not None


@functools.cache
def _unknown() -> str:
    """The hash of a password that nobody has, so that an unknown address costs the same time as a known one."""
    return _PASSWORDS.hash(secrets.token_urlsafe(16))


def _of_key(database: Database, token: str, now: datetime) -> Actor:
    with database.anyone() as conn, conn.cursor(row_factory=class_row(_Key)) as cursor:
        key = cursor.execute("SELECT * FROM key_by_sha256(%s)", (_digest(token),)).fetchone()
    if key is None:
        raise _refused(
            "This key is not known here. Check that it is one of this service; `clearance keys create` makes a new one.", "unknown_key"
        )
    _alive("key", key.revoked_at, key.expires_at, key.disabled_at, now)
    held = frozenset(key.roles) if "studio_admin" in key.account_roles else frozenset(key.roles) & frozenset(key.account_roles)
    allowed = roles.permissions_of(held) & frozenset(key.scopes) if key.scopes else roles.permissions_of(held)
    return Actor(key.studio_id, key.account_id, key.account_name, held, allowed, _both(key.productions, key.account_productions))


def _of_session(database: Database, token: str, now: datetime) -> Actor:
    with database.anyone() as conn, conn.cursor(row_factory=class_row(_Session)) as cursor:
        session = cursor.execute("SELECT * FROM session_by_sha256(%s)", (_digest(token),)).fetchone()
    if session is None:
        raise _refused("This session is not known here; sign in again.", "unknown_session")
    _alive("session", session.ended_at, session.expires_at, session.disabled_at, now)
    held = frozenset(session.account_roles)
    return Actor(
        session.studio_id,
        session.account_id,
        session.account_name,
        held,
        roles.permissions_of(held),
        _both(None, session.account_productions),
    )


def _alive(what: str, ended: datetime | None, expires: datetime | None, disabled: datetime | None, now: datetime) -> None:
    if ended and ended <= now:
        raise _refused(f"This {what} was revoked; ask a studio admin for a new one, or sign in again.", f"revoked_{what}")
    if expires and expires <= now:
        raise _refused(f"This {what} has expired; ask for a new one, or sign in again.", f"expired_{what}")
    if disabled and disabled <= now:
        raise _refused("This account is disabled; ask a studio admin.", "disabled_account")


def _both(one: Sequence[str] | None, other: Sequence[str] | None) -> frozenset[str] | None:
    """Return the productions that both limits leave, `None` where neither limits."""
    if one is None or other is None:
        left = one if other is None else other
        return None if left is None else frozenset(left)
    return frozenset(one) & frozenset(other)


def _refused(detail: str, code: str) -> errors.Unauthenticated:
    return errors.Unauthenticated(detail, code, headers=dict(_CHALLENGE))


def _known(granted: Iterable[str]) -> list[str]:
    chosen = sorted(set(granted))
    unknown = [role for role in chosen if role not in roles.ROLES]
    if unknown:
        raise errors.invalid("/roles", f"There is no role {unknown[0]!r}; choose from {', '.join(roles.ROLES)}.")
    return chosen


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
