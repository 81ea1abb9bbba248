"""Forms that people send: from this session, with nothing lost of what was typed, and done once however often they are sent.

A form carries a token of the session it was opened in and a name of its own. The name is the idempotency key of what it writes, so
a second click, or the same form sent again from another tab, answers with what the first one wrote.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from schemas import dates
from schemas.prefixes import KIND_OF
from service import auth, errors
from service.context import Idempotency
from service.records import write
from service.records.model import Recorded
from service.web import present
from service.web.page import Moved, Shown, Visit

A = TypeVar("A")

TOKEN, ONCE = "form_token", "form_once"
MENDABLE = (
    errors.BadRequest,
    errors.Conflict,
    errors.Forbidden,
    errors.Invalid,
    errors.StaleVersion,
    errors.TooLarge,
    errors.TooManyRequests,
    errors.Unavailable,
)
"""What a person can mend and send again; the form comes back with it."""

REUSED = "idempotency_key_reused"
_CODE = re.compile(r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$|[a-z]{3}_[0-9a-z]{26}")
"""A territory, or something with the id of a record in it."""

_NAME = re.compile(r"[A-Za-z0-9_-]{16,64}")
_INPUT = "Something typed here cannot be recorded as it is; what to mend stands beside each field."
_AGAIN = "This form was sent before with something else in it, and that was recorded. Send it again only if you mean this as well."


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown: what is in it, and what is wrong with it, by field and as a whole."""

    token: str
    once: str
    typed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problem: str = ""
    status: int = 200

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        return next(iter(self.typed.get(name, ())), "")

    def values(self, name: str) -> tuple[str, ...]:
        """Return all that stands in a field that takes several."""
        return self.typed.get(name, ())


def blank(visit: Visit, **filled: str) -> Form:
    """Return a form that nobody has sent yet, filled with what is known already."""
    return Form(_token(visit), secrets.token_urlsafe(16), {name: (value,) for name, value in filled.items() if value})


def sent(visit: Visit, act: Callable[[], str], again: Callable[[Form], Shown]) -> Shown | Moved:
    """Do what a form asks for and go where `act` says; where it is refused, show the form again with everything that was typed."""
    return answered(visit, lambda: Moved(act()), again)


def answered(visit: Visit, act: Callable[[], A], again: Callable[[Form], Shown]) -> A | Shown:
    """Do what a form asks for and answer with it; where it is refused, show the form again with everything that was typed."""
    try:
        _from_this_session(visit)
        return act()
    except MENDABLE as problem:
        form = _refused(visit, problem)
        later = {name: value for name, value in problem.headers.items() if name == "Retry-After"}
        return replace(again(form), status=form.status, headers=later)


def once(visit: Visit, act: Callable[[Idempotency], Recorded], part: str = "") -> Recorded:
    """Write what a form asks for, or answer what it wrote before; `part` tells apart several writes of one form."""
    key = _key(visit, part)
    earlier = write.replayed(visit.context, key)
    if earlier:
        return earlier[0]
    try:
        return act(key)
    except (errors.Conflict, errors.StaleVersion):
        earlier = write.replayed(visit.context, key)  # its twin was quicker
        if earlier:
            return earlier[0]
        raise


def body(visit: Visit, *, one: Iterable[str] = (), many: Iterable[str] = ()) -> dict[str, str | list[str]]:
    """Return the fields of a form as a request has them: what is blank is left out, and a list is one entry a line or word."""
    given = visit.request.form
    found: dict[str, str | list[str]] = {name: given.get(name, "").strip() for name in one}
    found |= {name: _entries(given.getlist(name)) for name in many}
    return {name: value for name, value in found.items() if value}


def _entries(texts: Iterable[str]) -> list[str]:
    """What stands in a field that takes several, each once: one a line, or parted by commas; codes and ids also by spaces."""
    lines = [line.strip() for text in texts for line in re.split(r"[\n\r,;]+", text) if line.strip()]
    parted = [part for line in lines for part in (line.split() if all(map(_CODE.search, line.split())) else [line])]
    return list(dict.fromkeys(parted))


def records(given: dict[str, str | list[str]], name: str, called: str, *kinds: str) -> None:
    """Take the ids out of links that were pasted; raises `Invalid` for what names no record of these kinds, or of any."""
    found = given.get(name)
    if found is None:
        return
    plain = [each.rstrip("/").rpartition("/")[2] for each in ([found] if isinstance(found, str) else found)]
    wrong = tuple(
        errors.FieldError(
            f"/{name}" if isinstance(found, str) else f"/{name}/{place}", f"This is not {called}: paste its id, or the address of its page."
        )
        for place, each in enumerate(plain)
        if not present.is_id(each) or (kinds and KIND_OF[each[:3]] not in kinds)
    )
    if wrong:
        raise errors.Invalid(_INPUT, "invalid", wrong)
    given[name] = plain[0] if isinstance(found, str) else plain


def together(*checks: Callable[[], object]) -> None:
    """Make every check and refuse with all that they find, one fault a place, so that nobody mends a form fault by fault."""
    found: dict[str, errors.FieldError] = {}
    for check in checks:
        try:
            check()
        except errors.Invalid as problem:
            found = {each.pointer: each for each in problem.errors} | found
    if found:
        raise errors.Invalid(_INPUT, "invalid", tuple(found.values()))


def still_ahead(visit: Visit, given: Mapping[str, object], name: str, remedy: str) -> None:
    """Refuse a day that has passed already."""
    day = _day(given.get(name))
    if day and dates.interval(day)[1] <= visit.context.now:
        raise errors.invalid(f"/{name}", f"{present.when(day)} has passed. {remedy}")


def passed(visit: Visit, given: Mapping[str, object], name: str, remedy: str) -> None:
    """Refuse a day that has not come yet."""
    day = _day(given.get(name))
    if day and dates.interval(day)[0] > visit.context.now:
        raise errors.invalid(f"/{name}", f"{present.when(day)} has not come yet. {remedy}")


def _day(text: object) -> str | None:
    """What was typed where it is a date; its schema refuses what is none."""
    try:
        return dates.partial(text)
    except ValueError:
        return None


def typed(visit: Visit) -> dict[str, tuple[str, ...]]:
    """Return what was sent, without what the form itself put there."""
    return {name: tuple(values) for name, values in visit.request.form.lists() if name not in (TOKEN, ONCE)}


def _from_this_session(visit: Visit) -> None:
    given, name = visit.request.form.get(TOKEN, ""), visit.request.form.get(ONCE, "")
    if not hmac.compare_digest(given.encode(), _token(visit).encode()) or not _NAME.fullmatch(name):
        raise errors.Forbidden(
            "This form was opened in an earlier session, so nothing was recorded. What you typed is still here: look it over and send it again.",
            "stale_form",
        )


def _token(visit: Visit) -> str:
    """A value that only pages of this session show; the session's own secret cannot be got back from it."""
    return hashlib.sha256(b"form\0" + visit.request.cookies.get(auth.COOKIE, "").encode()).hexdigest()


def _key(visit: Visit, part: str) -> Idempotency:
    context = visit.context
    name = f"{context.studio_id}\0{context.actor.account_id}\0{visit.request.form[ONCE]}\0{part}"
    said = repr((visit.request.path, part, sorted(typed(visit).items())))
    return Idempotency(hashlib.sha256(name.encode()).digest(), context.vault.mac(context.studio_id, "idempotency", said.encode()))


def _refused(visit: Visit, problem: errors.Problem) -> Form:
    """The form as it was sent, with what is wrong where it is wrong."""
    given, name = typed(visit), visit.request.form.get(ONCE, "")
    if problem.code == REUSED or not _NAME.fullmatch(name):
        name = secrets.token_urlsafe(16)
    if problem.code == REUSED:
        return Form(_token(visit), name, given, {}, _AGAIN, int(problem.status))
    faults: dict[str, tuple[str, ...]] = {}
    for each in problem.errors:
        at = each.pointer.split("/")[1] if "/" in each.pointer else ""
        at = _FIELDS.get(at, at)
        faults[at] = (*faults.get(at, ()), _told(each, at, given))
    return Form(_token(visit), name, given, faults, _INPUT if faults else problem.detail, int(problem.status))


_FIELDS = {"notes": "statement", "decided_as": "role", "subject": "subjects"}
"""Fields of a record that have another name on its form."""


def _told(fault: errors.FieldError, at: str, given: Mapping[str, tuple[str, ...]]) -> str:
    """The sentence of a fault, with the entry that is meant where a field takes several."""
    place = fault.pointer.rpartition("/")[2]
    entries = _entries(given.get(at, ()))
    named = place.isdecimal() and fault.pointer.count("/") > 1 and int(place) < len(entries) and entries[int(place)] not in fault.message
    return f"{present.clip(entries[int(place)], 80)}: {fault.message}" if named else fault.message
