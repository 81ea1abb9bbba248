"""The first page: what is blocked, what waits for a person, what is owed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from service import docket
from service.ledger import anchors
from service.records import read
from service.records.model import Recorded
from service.web import causes, decisions, obligations, present
from service.web.page import Shown, Visit, page

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One standing decision on the home page."""

    id: str
    outcome: str
    question: str
    reason: str
    causes: int
    production: str | None
    at: str
    recorded_at: str


@page("/", permission="decisions.read")
def home(visit: Visit) -> Shown:
    """Show what needs somebody today."""
    context = visit.context
    standing = docket.standing_decisions(context)
    blocked = [each for each in standing if each.body["outcome"] == "blocked"]
    review = [each for each in standing if each.body["outcome"] == "review"]
    reviews = docket.open_reviews(context)
    owed = docket.open_obligations(context)
    listed = [*blocked[:SHOWN], *review[:SHOWN], *reviews[:SHOWN], *owed[:SHOWN]]
    risks = docket.releases_at_risk(context)
    asked = decisions.questions(context, reviews[:SHOWN])
    worst = {each.id: decisions.first_cause(context, each) for each in (*blocked[:SHOWN], *review[:SHOWN])}
    names = docket.names(context, {*ids_of(listed), *_ids_at_risk(risks[:SHOWN]), *present.ids_in([*worst.values(), *asked.values()])})
    naming = {key: name.label for key, name in names.items()}
    values = {
        "title": "Home", "shown": SHOWN, "here": "home", "names": names,
        "figures": _figures(len(risks), len(blocked), len(review), len(reviews), len(owed)), "risks": risks[:SHOWN],
        "blocked": [row(each, names, causes.reason(worst[each.id], naming)) for each in blocked[:SHOWN]],
        "review": [row(each, names, causes.reason(worst[each.id], naming)) for each in review[:SHOWN]],
        "reviews": [(each, causes.reason(asked[each.id], naming)) for each in reviews[:SHOWN]],
        "obligations": [obligations.line(context, each) for each in read.disclose(context, owed[:SHOWN])],
        "head": context.ledger.head(context.conn, context.studio_id),
        "forks": [each.says for each in anchors.states(context.conn, context.studio_id).values() if each.outcome == "forked"],
    }  # fmt: skip
    return Shown("home.html", values)


def _ids_at_risk(risks: Sequence[docket.Risk]) -> set[str]:
    return ids_of(risk.release for risk in risks) | {key for risk in risks for key in (risk.event, risk.target) if key}


def _figures(risks: int, blocked: int, review: int, reviews: int, owed: int) -> list[tuple[str, int, str, str]]:
    return [
        ("at_risk", risks, "/#risk", "released and at risk"),
        ("blocked", blocked, "/records?kind=decision&state=blocked", "blocked"),
        ("review", review, "/records?kind=decision&state=review", "wait for a person"),
        ("open", reviews, "/reviews", "open reviews"),
        ("obligation", owed, "/obligations", "owed"),
    ]


def ids_of(records: Iterable[Recorded]) -> set[str]:
    """Return every id that the bodies of these records name, and their own."""
    found: set[str] = set()
    for each in records:
        found.add(each.id)
        found.update(present.ids_in(each.body))
    return found


def row(decision: Recorded, names: dict[str, docket.Name], reason: str) -> Row:
    """Return a decision as lists show it."""
    body = decision.body
    return Row(
        decision.id, body["outcome"], question(body, names), reason, body.get("cause_count", 0),
        body.get("production"), body["at"], decision.recorded_at,
    )  # fmt: skip


def question(body: Any, names: dict[str, docket.Name]) -> str:
    """Return what was asked in a few words: `Release of Shot 41`."""
    subjects = [names[key].label for subject in body.get("subjects", ()) if (key := present.bare(subject)) in names]
    what = present.listed(subjects, 2) if subjects else "a planned subject" if body.get("planned") else "many subjects"
    profile = f", {body['profile']}" if body.get("profile") else ""
    return f"{_ACTS.get(body['act'], present.words(body['act']))} {what}{profile}"


_ACTS = {
    "capture": "Capture of", "generate": "Generation of", "train": "Training on", "hand_over": "Handing over", "license_out": "Licensing out",
    "transfer": "Transfer of", "publish": "Publication of", "release": "Release of", "exhibit": "Exhibition of",
}  # fmt: skip
