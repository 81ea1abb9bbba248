"""One set of records, many askers: what is on record about a title, put in the order in which a buyer, award or platform asks it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from schemas.prefixes import KIND_OF
from service import errors
from service.context import Context
from service.decisions import askers
from service.facts import gather
from service.records import read, search
from service.records.model import Recorded, instant

#: So many assets of a title are looked at where no subject is named.
MOST: Final = 1_000
_PAGE: Final = 100
#: What an answer quotes from the papers themselves; the names of people stay references.
_QUOTED: Final = (
    "kind", "stage", "department", "human_authorship", "authors", "overseer", "referral", "disclosure", "stated_by", "stated_at",
)  # fmt: skip


def answers(context: Context, production_id: str, asker: str, *, subject: str | None = None, at: datetime | None = None) -> dict[str, Any]:
    """Return an asker's questions about a title with what the records answer, naming what they leave open.

    `subject` is the cut, delivery or asset that is asked about; without it every asset of the title is. Raises NotFound for a title,
    subject or asker that is not there.
    """
    if asker not in askers.ASKERS:
        known = ", ".join(sorted(askers.ASKERS))
        raise errors.NotFound(f"Nobody called {asker[:40]!r} asks here; choose one of: {known}.", "not_found")
    production = read.get(context, "production", production_id)
    subjects, whole = _subjects(context, production, subject)
    head = context.ledger.head(context.conn, context.studio_id)
    known_at, when = head.size if head else 0, at or context.now
    facts = gather(
        context,
        subjects=subjects,
        planned=None,
        act="release",
        at=when,
        known_at=known_at,
        intent=_intent(production),
        production=production.id,
    ).document
    answered, open_ = askers.put(asker, facts)
    return {
        "asker": asker,
        "production": production.id,
        "title": production.body.get("title"),
        "subjects": sorted(subjects),
        "at": instant(when),
        "known_at": known_at,
        "answers": answered,
        "not_answered": open_,
        "complete": whole and bool(subjects) and not open_,
        "truncated": not whole,
        "statements": _statements(context, facts),
        **({"computed_tier": askers.tier(facts)} if asker == "human-provenance" and askers.tier(facts) else {}),
    }


def _subjects(context: Context, production: Recorded, subject: str | None) -> tuple[list[str], bool]:
    """What is asked about, and whether that is all of the title."""
    if subject is not None:
        return [read.get(context, KIND_OF.get(subject[:3]), subject).id], True
    found: list[str] = []
    cursor: str | None = None
    while len(found) < MOST:
        page = search.find(context, "asset", search.Filter(production=production.id), cursor=cursor, limit=_PAGE)
        found += [one.id for one in page.records]
        cursor = page.cursor
        if cursor is None:
            return found, True
    return found, False


def _intent(production: Recorded) -> Mapping[str, Any]:
    """Where the title is meant to go: its default profile; as final work where that does not say."""
    profiles = production.body.get("intent_profiles") or ()
    chosen: Mapping[str, Any] = next((one for one in profiles if one.get("default")), {})
    return {"purpose": "final", **{name: value for name, value in chosen.items() if name not in ("name", "default")}}


def _statements(context: Context, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The papers in which people answered, as far as the actor may see them."""
    wanted = sorted({name for one in facts.get("ai_uses") or () for name in one.get("statements") or ()})
    found = read.current(context.conn, context.studio_id, wanted)
    shown = [found[name] for name in wanted if name in found and read.visible(context.actor, found[name])]
    return [{"id": one.id, **{name: one.body["details"][name] for name in _QUOTED if name in one.body["details"]}} for one in shown]
