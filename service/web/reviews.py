"""Open reviews, grouped by what they ask, with who must sign; and the page on which somebody decides one, or several that are alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from schemas import vocabulary
from schemas.decisions import ReviewVerdict
from service import docket
from service.api.operation import load
from service.context import Context
from service.decisions import packs, reviews
from service.decisions.governance import every, parts_of
from service.records import read, search
from service.records.model import Recorded
from service.rules.causes import MISSING
from service.web import causes, decisions, forms, present
from service.web.page import Moved, Shown, Visit, page

GROUPS, MEMBERS, ALIKE, ATTESTED = 60, 12, 40, 30
"""How many causes a page shows, how many reviews of each, how many alike are offered, how many attestations."""

_FIELDS = ("verdict", "role", "statement", "attestation", "reason", "expires_at")


@dataclass(frozen=True, slots=True)
class Group:
    """Open reviews of one cause: what is asked, by which rules under which clauses, who must sign, about how many items, since when."""

    cause: str
    question: Markup
    role: str | None
    rules: tuple[tuple[str, str], ...]
    reviews: tuple[Recorded, ...]
    items: int
    since: str


@page("/reviews", permission="decisions.read")
def lists(visit: Visit) -> Shown:
    """List what waits for a person, one group a cause, the one with the most reviews first."""
    context = visit.context
    role = visit.query.get("role") if visit.query.get("role") in vocabulary.OWNERS else None
    production = visit.query.get("production") if present.is_id(visit.query.get("production")) else None
    open_ = list(every(context, "review", search.Filter({"state": "open"}, production=production)))
    roles = sorted({each.body["role"] for each in open_ if each.body.get("role")})
    wanted = [each for each in open_ if role is None or each.body.get("role") == role]
    titles = docket.names(context, [each.id for each in search.find(context, "production", search.Filter(), limit=200).records])
    found = groups(context, wanted)
    settled = _settled(context, visit.query.get("settled", ""))
    shown = {each.body["decision"] for group in found for each in group.reviews[:MEMBERS]} | {each.id for each in settled}
    values = {
        "title": "Reviews", "here": "reviews", "names": docket.names(context, {*map(present.bare, shown)}), "groups": found[:GROUPS],
        "groups_left": max(0, len(found) - GROUPS), "members": MEMBERS, "total": len(wanted), "roles": roles, "role": role,
        "production": production, "productions": sorted(titles.values(), key=lambda name: name.label.lower()),
        "settled": settled, "left": _left(visit.query.get("left", "")), "may": context.actor.may("reviews.decide"),
    }  # fmt: skip
    return Shown("reviews.html", values)


def groups(context: Context, open_: Sequence[Recorded]) -> list[Group]:
    """Return the reviews by cause and by who must sign; what is asked stands in the words of the newest of them."""
    by_cause: dict[tuple[str, str], list[Recorded]] = {}
    for each in open_:
        by_cause.setdefault((each.body["cause"], each.body.get("role") or ""), []).append(each)
    ordered = sorted(by_cause.values(), key=lambda members: (-len(members), members[-1].index))
    first = [members[0] for members in ordered]
    asked = decisions.questions(context, first[:GROUPS])
    naming = {key: name.label for key, name in docket.names(context, present.ids_in(list(asked.values()))).items()}
    clauses = {rule["id"]: str(rule.get("clause", "")) for rule in packs.rules(context)} if first else {}
    return [_group(members, asked.get(members[0].id), naming, clauses) for members in ordered]


def _group(members: Sequence[Recorded], asked: Mapping[str, Any] | None, naming: Mapping[str, str], clauses: Mapping[str, str]) -> Group:
    body = members[0].body
    rules = sorted({rule for each in members for rule in _rules(each.body)})
    question = causes.reason(asked, naming) if asked else Markup("{}").format(body.get("question") or body["cause"])
    items = sum(_items(each) for each in members)
    return Group(
        body["cause"], question, body.get("role"), tuple((rule, clauses.get(rule, "")) for rule in rules), tuple(members), items, members[-1].recorded_at
    )  # fmt: skip


def _rules(body: Mapping[str, Any]) -> list[str]:
    """The rules that ask; a review that does not list them is of the rule that its cause names."""
    return list(body.get("rules") or [parts_of(body["cause"])[0]])


def _items(review: Recorded) -> int:
    listed = review.body.get("subject_list") or {}
    return int(listed.get("count") or len(review.body.get("subjects") or ()) or 1)


def _settled(context: Context, given: str) -> list[Recorded]:
    """The reviews that were just settled, as they stand in the log."""
    ids = [each for each in given.split(",")[: ALIKE + 1] if present.is_id(each)]
    found = read.current(context.conn, context.studio_id, ids)
    return [each for each in found.values() if each.kind == "review" and each.body["state"] != "open" and read.visible(context.actor, each)]


def _left(given: str) -> list[str]:
    return [each for each in given.split(",")[:ALIKE] if present.is_id(each)]


@page("/reviews/<id>", permission="decisions.read")
def show(visit: Visit) -> Shown:
    """Show one review, with the form that decides it."""
    return _shown(visit, forms.blank(visit))


@page("/reviews/<id>/decide", method="POST", permission="reviews.decide")
def decide(visit: Visit) -> Shown | Moved:
    """Settle the review, and those that were chosen beside it, with one answer: each by itself, as the API does."""

    def act() -> str:
        given = forms.body(visit, one=("verdict", "role", "statement", "reason", "expires_at", "attestation"), many=("rules",))
        _attested(visit, given)
        forms.together(
            lambda: forms.records(given, "attestation", "an attestation", "evidence"),
            lambda: load(ReviewVerdict(), given),
            lambda: forms.still_ahead(
                visit, given, "expires_at", "An answer that has ended settles nothing; choose a later day, or leave it open."
            ),
        )
        verdict = reviews.Verdict(**load(ReviewVerdict(), given))
        chosen = _chosen(visit)
        done = [_settle(visit, visit.path["id"], verdict)]
        others, left = _others(visit, chosen, verdict)
        ids = ",".join(each.id for each in (*done, *others))
        return f"/reviews?settled={ids}{'&left=' + ','.join(left) if left else ''}"

    read.get(visit.context, "review", visit.path["id"])
    return forms.sent(visit, act, lambda form: _shown(visit, form))


def _attested(visit: Visit, given: dict[str, Any]) -> None:
    """An attestation that is named by its address counts before one that is chosen from the list."""
    other = visit.request.form.get("attestation_other", "").strip()
    if other:
        given["attestation"] = other


def _settle(visit: Visit, review: str, verdict: reviews.Verdict) -> Recorded:
    return forms.once(visit, lambda key: reviews.settle(visit.context, review, verdict, key=key)[0], review)


def _chosen(visit: Visit) -> list[str]:
    """The reviews that were ticked beside the first; raises `NotFound` for one that is not there."""
    ticked = forms.body(visit, many=("alike",)).get("alike", [])
    chosen = [each for each in ticked[:ALIKE] if each != visit.path["id"]]
    for review in chosen:
        read.get(visit.context, "review", review)
    return chosen


def _others(visit: Visit, chosen: Iterable[str], verdict: reviews.Verdict) -> tuple[list[Recorded], list[str]]:
    """Settle those beside the first; what refuses the answer is told and left as it is."""
    done, left = [], []
    for review in chosen:
        try:
            done.append(_settle(visit, review, verdict))
        except forms.MENDABLE:
            left.append(review)
    return done, left


def _shown(visit: Visit, form: forms.Form) -> Shown:
    context = visit.context
    record = read.disclose(context, [read.get(context, "review", visit.path["id"])])[0]
    body = record.body
    cause = decisions.cause_of(context, record)
    alike, attested = _alike(context, record), _attestations(context, record)
    shown = {*present.ids_in(body), *present.ids_in(cause), *(each.id for each in attested), *(each.body["decision"] for each in alike)}
    names = docket.names(context, {present.bare(each) for each in shown})
    naming = {key: name.label for key, name in names.items()}
    rules = _rules(body)
    known = {rule["id"]: rule for rule in packs.rules(context) if rule["id"] in rules}
    values = {
        "title": "Review", "here": "reviews", "record": record, "body": body, "form": form, "names": names, "rules": [(each, _source(known.get(each, {}))) for each in rules],
        "rule_choices": [(each, known.get(each, {}).get("clause") or each, each) for each in rules],
        "asks": _asks(cause.get("parts", ()), naming),
        "question": causes.reason(cause, naming), "fix": causes.remedy(cause, naming), "past": cause.get("past", False),
        "items": _items(record), "roles": [(each, present.words(each)) for each in vocabulary.OWNERS],
        "alike": [(each.id, names[each.body["decision"]].label, present.when(each.recorded_at[:10])) for each in alike if each.body["decision"] in names],
        "attested": [(each.id, names[each.id].label) for each in attested if each.id in names],
        "privileged": context.actor.may("privileged.read"), "may": context.actor.may("reviews.decide"),
        "accounts": docket.account_names(context, [str(body.get("decided_by"))]), "reason": present.readable(body.get("reason", "")),
    }  # fmt: skip
    return Shown("review.html", values)


def _asks(parts: Iterable[Mapping[str, Any]], naming: Mapping[str, str]) -> dict[str, list[Markup]]:
    """Return what each rule of a cause asks, in its own words, or which fields it misses."""
    asked: dict[str, list[Markup]] = {}
    for part in parts:
        says = "Missing: {fields}." if part["code"] == MISSING else part.get("says") or part["code"]
        asked.setdefault(part["rule"], []).append(present.sentence(says, part["values"], naming))
    return asked


def _alike(context: Context, review: Recorded) -> list[Recorded]:
    """Other open reviews of the same cause for the same role: one look may settle them all."""
    if review.body["state"] != "open":
        return []
    production = next(iter(review.body.get("productions") or ()), None)
    open_: Iterable[Recorded] = every(
        context, "review", search.Filter({"state": "open"}, production=production, label=review.body["cause"][:300])
    )
    same = [each for each in open_ if each.id != review.id and each.body.get("role") == review.body.get("role")]
    return same[:ALIKE]


def _attestations(context: Context, review: Recorded) -> list[Recorded]:
    """The newest attestations of the production, which may be the ground."""
    if review.body["state"] != "open":
        return []
    production = next(iter(review.body.get("productions") or ()), None)
    return list(search.find(context, "evidence", search.Filter({"type": "attestation"}, production=production), limit=ATTESTED).records)


def _source(found: Mapping[str, Any]) -> dict[str, str]:
    """The clause of a rule and where it can be read; empty where no pack holds the rule any more."""
    source = str(found.get("source", ""))
    return {
        "clause": str(found.get("clause", "")),
        "source": source if source.startswith("https://") else "",
        "summary": str(found.get("summary", "")),
    }
