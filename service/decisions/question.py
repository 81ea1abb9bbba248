"""What is asked of a decision: subjects, an act, a time, an intent, on which production."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.kinds import KINDS, references
from schemas.prefixes import KIND_OF
from service import errors
from service.context import Context
from service.facts.library import LINEAGE
from service.records import read
from service.records.model import Recorded, instant

Body = Mapping[str, Any]

#: How a paper names what it is about, where it belongs to no title of its own.
_ABOUT: Final = frozenset(
    {
        "subject", "training_work", "covered_work", "training_dataset", "material", "furnished_material", "disclosed_material", "assigned_material",
        "written_work", "asset", "engagement", "role", "transferred", "announced_session", "reported_title", "approved_production", "origin_production",
    }
)  # fmt: skip
#: Kinds of records that show of which title a paper about them is.
_TITLED: Final = frozenset({"asset", "generation", "engagement", "evidence", "role", "dataset", "source", "replica"})
_NEAR: Final = 100

#: Kinds of records that a decision can be about; of any other no rule says anything, and what nobody weighs is not cleared.
WEIGHED: Final = LINEAGE | {"production"}
_USUALLY: Final = "No rule weighs a record of the kind {kind} by itself; ask about what is made, used or let out under it."
_INSTEAD: Final[Mapping[str, str]] = {
    "engagement": "No rule weighs an engagement by itself; ask about the assignment terms, the deal or the capture session, or about what was made under it.",
    "party": "No rule weighs a party by itself; describe what is planned with it, as a capture session or an asset, or ask about what it is in.",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is put; `at` is when the act is done, `known_at` a log size (None = everything recorded)."""

    subjects: Sequence[str] = ()
    act: str = "release"
    planned: Body | None = None
    at: datetime | None = None
    known_at: int | None = None
    production: str | None = None
    intent: Body | None = None
    profile: str | None = None
    ahead: bool = True
    dry_run: bool = False
    packs: Sequence[Body] = ()
    overlay: Sequence[Body] = field(default_factory=tuple)

    @property
    def hypothetical(self) -> bool:
        """Whether the caller brought packs or records of its own, so that the answer can back nothing."""
        return bool(self.packs or self.overlay)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with everything looked up that it leaves to the records."""

    question: Question
    subjects: tuple[str, ...]
    production: str | None
    intent: Body
    profile: str | None
    instant: datetime
    known_at: int

    @property
    def at(self) -> str:
        """The instant that is asked about, as records write it."""
        return instant(self.instant)


def ask(context: Context, question: Question) -> Asked:
    """Look up subjects, production and intent; raises `Invalid` for what is not there or not clear, `NotFound` for a foreign id."""
    if not question.subjects and question.planned is None:
        raise errors.invalid("/subject", "Name a subject, or describe a planned one.")
    head = context.ledger.head(context.conn, context.studio_id)
    size = head.size if head else 0
    known_at = size if question.known_at is None else question.known_at
    if known_at > size:
        raise errors.invalid("/known_at", f"The log holds {size} entries; name a size up to that.")
    subjects = _subjects(context, question)
    production = _production(context, question, subjects, known_at)
    intent, profile = _intent(question, production)
    return Asked(
        question, tuple(subject.id for subject in subjects), production.id if production else None, intent, profile,
        question.at or _present(context.now), known_at,
    )  # fmt: skip


def _present(now: datetime) -> datetime:
    """The second that ends with or after now, which whoever names no instant asks about: nothing stated up to now lies beyond it,
    and all who ask within it ask the same.
    """
    return now if now.microsecond == 0 else now.replace(microsecond=0) + timedelta(seconds=1)


def _subjects(context: Context, question: Question) -> list[Recorded]:
    """The subjects in one query, in the order in which they were named, each once."""
    names = list(dict.fromkeys(name.partition("@")[0] for name in question.subjects))
    there = read.current(context.conn, context.studio_id, names, question.known_at)
    for place, name in enumerate(names):
        at = f"/subject/{place}" if len(names) > 1 else "/subject"
        if name not in there or not read.visible(context.actor, there[name]):
            raise errors.NotFound(f"There is no record {name[:40]!r} in this studio ({at}).", "not_found")
        if there[name].kind not in WEIGHED:
            raise errors.invalid(at, _INSTEAD.get(there[name].kind, _USUALLY).format(kind=there[name].kind))
    return [there[name] for name in names]


def _production(context: Context, question: Question, subjects: Sequence[Recorded], known_at: int) -> Recorded | None:
    if question.production:
        return read.get(context, "production", question.production, known_at=known_at)
    named = {name for subject in subjects for name in _productions_of(subject)}
    if question.planned:
        body = question.planned.get("body")
        planned = body if isinstance(body, Mapping) else question.planned
        named |= {str(name).partition("@")[0] for name in (planned.get("production"), *(planned.get("productions") or ())) if name}
    elif not named:
        named = _only_one_spoken_of(context, subjects, known_at)
    if len(named) > 1:
        raise errors.invalid("/production", f"The subjects belong to {', '.join(sorted(named))}; say for which of them this is asked.")
    return read.get(context, "production", named.pop(), known_at=known_at) if named else None


def _productions_of(subject: Recorded) -> tuple[str, ...]:
    if subject.kind == "production":
        return (subject.id,)
    named = KINDS[subject.kind].productions(dict(subject.body))
    made_for = subject.body.get("origin_production") if subject.kind in ("source", "replica") else None
    return named or ((str(made_for).partition("@")[0],) if made_for else ())


def _only_one_spoken_of(context: Context, subjects: Sequence[Recorded], known_at: int) -> set[str]:
    """The title of papers that belong to none: the only one that they name, else the only one of what they name; a paper about several has none."""
    spoken = {link.id for one in subjects for link in references(KINDS[one.kind].schema, dict(one.body)) if link.id and link.role in _ABOUT}
    titles = {name for name in spoken if KIND_OF.get(name[:3]) == "production"}
    if not titles:
        near = read.current(context.conn, context.studio_id, sorted(spoken)[:_NEAR], known_at).values()
        titles = {name for one in near if one.kind in _TITLED for name in _productions_of(one)}
    return titles if len(titles) == 1 else set()


def _intent(question: Question, production: Recorded | None) -> tuple[Body, str | None]:
    """The intent given, or the named profile of the production, or its default one; empty where there is none."""
    if question.intent is not None:
        if question.profile:
            raise errors.invalid("/profile", "Give an intent or the name of a profile, not both.")
        return question.intent, None
    profiles = production.body.get("intent_profiles") or () if production else ()
    if question.profile:
        found = [profile for profile in profiles if profile["name"] == question.profile]
        if not found:
            known = ", ".join(profile["name"] for profile in profiles) or "none"
            raise errors.invalid("/profile", f"The production has no intent profile {question.profile!r}; it has {known}.")
    else:
        found = [profile for profile in profiles if profile.get("default")]
    if not found:
        return {}, None
    return {key: value for key, value in found[0].items() if key not in ("name", "default")}, found[0]["name"]


def intent_fact(asked: Asked) -> dict[str, Any]:
    """The intent as rules see it: the window with `from` and `to`, `"*"` where it has no end."""
    window = asked.intent.get("window")
    fact = {key: value for key, value in asked.intent.items() if key != "window"}
    if window is not None:
        fact["window"] = {"from": window.get("start"), "to": "*" if window.get("perpetual") else window.get("end")}
    return fact | ({"profile": asked.profile} if asked.profile else {})
