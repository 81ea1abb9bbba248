"""Signing in with a local account, and out again.

Guessing is slowed twice: argon2 makes each attempt cost the same whether the address exists or not, and each process lets an
address, and a caller, try only so often.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Hashable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from service import auth, errors
from service.api.operation import PUBLIC
from service.web.page import Moved, Shown, Visit, page

ATTEMPTS, WINDOW = 8, timedelta(minutes=5)
_KEPT = 10_000


class Limiter:
    """At most `attempts` in a sliding `window` for each key; forgets the oldest keys when there are too many."""

    def __init__(self, attempts: int, window: timedelta) -> None:
        self.attempts, self.window = attempts, window
        self._seen: dict[Hashable, deque[datetime]] = {}
        self._lock = threading.Lock()

    def admit(self, key: Hashable, now: datetime) -> None:
        """Count one attempt; raises `TooManyRequests` with the time to wait."""
        with self._lock:
            seen = self._seen.pop(key, None) or deque()
            while seen and seen[0] <= now - self.window:
                seen.popleft()
            self._seen[key] = seen
            if len(self._seen) > _KEPT:
                del self._seen[next(iter(self._seen))]
            if len(seen) >= self.attempts:
                wait = int((seen[0] + self.window - now).total_seconds()) + 1
                raise errors.TooManyRequests(
                    f"There were too many attempts to sign in. Try again in {-(-wait // 60)} minutes.",
                    "too_many_attempts",
                    headers={"Retry-After": str(wait)},
                )
            seen.append(now)

    def refund(self, key: Hashable) -> None:
        """Take the newest attempt of a key back, because it was none: only failures count."""
        with self._lock:
            if self._seen.get(key):
                self._seen[key].pop()


_BY_ADDRESS = Limiter(ATTEMPTS, WINDOW)
_BY_CALLER = Limiter(ATTEMPTS * 5, WINDOW)


@page("/sign-in", permission=PUBLIC)
def form(visit: Visit) -> Shown:
    """Show the form; `next` is where to go afterwards."""
    return _form(_local(visit.query.get("next", "/")))


@page("/sign-in", method="POST", permission=PUBLIC)
def enter(visit: Visit) -> Shown | Moved:
    """Check the password and start a session."""
    email, password = visit.request.form.get("email", "")[:320], visit.request.form.get("password", "")[:1000]
    target, now = _local(visit.request.form.get("next", "/")), visit.context.now
    caller = visit.request.remote_addr
    try:
        _BY_CALLER.admit(caller, now)
        _BY_ADDRESS.admit(email.strip().lower(), now)
        token = auth.sign_in(visit.services.database, email.strip(), password, now)
    except (errors.Unauthenticated, errors.TooManyRequests) as refusal:
        shown = _form(target, email, str(refusal.detail))
        return Shown(shown.template, shown.values, int(refusal.status), refusal.headers)
    _BY_CALLER.refund(caller)
    _BY_ADDRESS.refund(email.strip().lower())
    return Moved(target, cookie=token)


@page("/sign-out", method="POST", permission="records.read")
def leave(visit: Visit) -> Moved:
    """End the session, here and in the database."""
    auth.sign_out(visit.context.conn, visit.context.studio_id, visit.request.cookies.get(auth.COOKIE, ""), visit.context.now)
    return Moved("/sign-in", cookie="")


def _form(target: str, email: str = "", problem: str = "") -> Shown:
    return Shown("sign_in.html", {"title": "Sign in", "next": target, "email": email, "problem": problem})


def _local(target: str) -> str:
    """Return a path of this service, whatever was asked for; never another site."""
    parts = urlsplit(target.replace("\\", "/"))
    printable = target.isprintable() and target.startswith("/") and not target.startswith("//")
    return target if printable and not parts.scheme and not parts.netloc and "\\" not in target else "/"
