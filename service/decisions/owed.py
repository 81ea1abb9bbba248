"""What a decision leaves owed: recorded once, amended when there is more or less of it, cancelled when it is owed no longer.

A debt that is owed under a paper (an estimate of days) is named by the paper, so that it is one debt whichever of its shots somebody asks
about. What is counted use by use is owed for its uses; everything else once for the title.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from schemas import dates
from schemas.kinds import BY_PREFIX
from schemas.records.decision import OBLIGATIONS, SUBJECTS
from schemas.vocabulary import OWNERS
from service import ids
from service.context import Context
from service.decisions import governance
from service.decisions.governance import every
from service.decisions.question import Asked
from service.decisions.replay import content
from service.facts import paydays
from service.records import read, search
from service.records.model import Change, Draft, Recorded, instant
from service.records.patch import merge
from service.rules.compile import PAYDAY
from service.rules.findings import Evaluation, Finding
from service.rules.moments import Calendar
from service.rules.values import Amount, amount, plain

NAMED = 200
"""So many subjects stand in a review or obligation itself; what is counted for more of them is several obligations."""

NO_LONGER = "A later decision about the same uses no longer finds this owed: what it was owed for has changed, or papers on record meet it."


@dataclass(frozen=True, slots=True)
class Seen:
    """What a decision looked at: the records that its rules were asked about, and those that a paper says a quantity for."""

    records: frozenset[str]
    under: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Seen:
        """Read it off the facts."""
        elements = [one for found in facts.values() if isinstance(found, list) for one in found if isinstance(one, Mapping) and "id" in one]
        under: dict[str, list[str]] = {}
        for one in elements:
            if one.get("estimate"):
                under.setdefault(str(one["estimate"]), []).append(str(one["id"]))
        return cls(frozenset(name for one in elements for name in (_record(str(one["id"])), str(one.get("record")))), under)


def of_title(asked: Asked) -> dict[str, Any]:
    """The title that a record belongs to, as a record says it."""
    return {"productions": [asked.production]} if asked.production else {}


def records_among(subjects: Iterable[str]) -> list[str]:
    """The records among the subjects of findings, each once; a part of a record counts as the record."""
    names = dict.fromkeys(_record(subject) for subject in subjects)
    return [
        name for name in names if ids.is_id(name) and ids.prefix_of(name) in BY_PREFIX and BY_PREFIX[ids.prefix_of(name)].name in SUBJECTS
    ][:NAMED]


def _record(subject: str) -> str:
    return subject.partition("/")[0]


def obligations(context: Context, asked: Asked, evaluation: Evaluation, facts: Mapping[str, Any]) -> list[Draft]:
    """One obligation for each thing owed to one party under one requirement, and the end of those that are owed no longer."""
    if evaluation.outcome == "blocked":
        return []
    owed: dict[str, list[Finding]] = {}
    for finding in evaluation.findings:
        if finding.obligation and finding.mode == "blocking" and finding.result in ("obligation", "review"):
            owed.setdefault(finding.debt, []).append(finding)
    standing = _recorded(context, asked, "open") if owed or asked.production else []
    known: dict[str, list[Recorded]] = {}
    for one in [*(_recorded(context, asked, "done") if owed else ()), *standing]:  # so that an open one counts where there are both
        known.setdefault(str(one.body.get("basis")), []).append(one)
    seen = Seen.of(facts)
    drafts = [draft for about, found in sorted(owed.items()) for draft in _of_debt(asked, evaluation, found, known.get(about, ()), seen)]
    return drafts + _moot(context, asked, evaluation, standing, seen)


def _recorded(context: Context, asked: Asked, state: str) -> list[Recorded]:
    return list(every(context, "obligation", search.Filter({"state": state}, production=asked.production)))


def _of_debt(asked: Asked, evaluation: Evaluation, findings: list[Finding], known: Sequence[Recorded], seen: Seen) -> Iterator[Draft]:
    """What is to be recorded of one debt; of one that is counted use by use only what this decision has looked at as a whole."""
    if not _by_use(findings[0].obligation or {}):
        draft = _again(known[-1] if known else None, _body(asked, evaluation, findings, seen))
        yield from [draft] if draft else []
        return
    parts: dict[str, list[Finding]] = {}
    for finding in findings:
        parts.setdefault(_holder(known, _record(finding.subject)), []).append(finding)
    for name, part in parts.items():
        before = next((one for one in known if one.id == name), None)
        if before is None:
            yield from (_draft(_body(asked, evaluation, part[place : place + NAMED], seen)) for place in range(0, len(part), NAMED))
        elif all(use in seen.records for use in before.body.get("subjects") or ()):
            draft = _again(before, _body(asked, evaluation, part, seen))
            yield from [draft] if draft else []


def _by_use(owes: Mapping[str, Any]) -> bool:
    """Whether a debt is counted, and no paper says how much it is for all of its uses together."""
    return owes.get("quantity") is not None and owes.get("under") is None


def _holder(known: Sequence[Recorded], use: str) -> str:
    """The obligation on record that a use is owed under, the open one where there are both; empty for none."""
    return next((one.id for one in reversed(known) if use in (one.body.get("subjects") or ())), "")


def _body(asked: Asked, evaluation: Evaluation, findings: list[Finding], seen: Seen) -> dict[str, Any]:
    first, owes = findings[0], findings[0].obligation or {}
    statics = evaluation.tallies[first.rule].statics
    text = statics["texts"].get(first.text or "", {})
    body: dict[str, Any] = {
        "type": owes["kind"] if owes["kind"] in OBLIGATIONS else "other",
        "rule": first.rule,
        "requirement": first.requirement,
        "decision": "$decision",
        "subjects": records_among([*(finding.subject for finding in findings), *seen.under.get(str(owes.get("under")), ())]),
        "text": f"{statics['clause']}: {text.get('fix') or text.get('says') or statics.get('summary', '')}"[:2000],
        "basis": first.debt,
        "state": "open",
        "before_release": first.holds,
    } | of_title(asked) | _terms(owes, findings) | _due(owes)  # fmt: skip
    if asked.production:
        body["production"] = asked.production
    if text.get("owner") in OWNERS:
        body["owner"] = text["owner"]
    return body


def _draft(body: dict[str, Any]) -> Draft:
    return Draft("obligation", body)


def _again(known: Recorded | None, body: dict[str, Any]) -> Draft | None:
    """What was owed before and is owed now: the same, more or less of it, or again because the lineage has changed.

    One that was proved stays done while it is about the same uses and the same quantity; one that is owed under a paper, whatever
    its uses. A day that somebody stated, or that followed from a release, stays.
    """
    if known is None:
        return _draft(body)
    before, now = known.body, set(body["subjects"])
    held = set(before.get("subjects") or ())
    dated = before.get("due_basis") == "date" and before.get("due_at") != body.get("due_at")
    counted = before.get("quantity") != body.get("quantity")
    named = "under" in body
    wider = not now <= held and (before["state"] == "done") is not named
    if not (dated or counted or wider):
        return None
    if named:
        body["subjects"] = [*before.get("subjects", ()), *(name for name in body["subjects"] if name not in held)][:NAMED]
    change = Change("correction") if before["state"] == "open" else Change("amendment")
    return Draft("obligation", body | _still_due(before, body), known.id, known.version + 1, change)


def _still_due(before: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The day that an open obligation has for another reason than its rule's."""
    if before["state"] != "open" or before.get("due_at") is None:
        return {}
    if before["due_basis"] == "stated":
        return {name: before[name] for name in ("due_at", "due_basis", "reason") if name in before}
    return {"due_at": before["due_at"]} if before.get("due_basis") == body.get("due_basis") != "date" else {}


def _moot(context: Context, asked: Asked, evaluation: Evaluation, standing: Sequence[Recorded], seen: Seen) -> list[Draft]:
    """Open obligations of earlier decisions that this one no longer finds, though it looked at what they were owed for."""
    if asked.question.planned is not None or asked.question.known_at is not None:
        return []
    named: dict[str, set[str]] = {}
    for finding in evaluation.findings:
        if finding.obligation:
            named.setdefault(finding.debt, set()).add(_record(finding.subject))
    doubtful = {(one.rule, _record(one.subject)) for one in evaluation.findings if one.result in ("block", "review")}
    found = [
        one
        for one in standing
        if one.body.get("decision") and one.body.get("rule") in evaluation.tallies and not _named(one.body, named)
        and not any((one.body["rule"], use) in doubtful for use in one.body.get("subjects") or ())
    ]  # fmt: skip
    decisions = read.current(context.conn, context.studio_id, {_bare(one.body["decision"]) for one in found})
    ended = ((one, _left(context, asked, one.body, decisions[_bare(one.body["decision"])], seen)) for one in found)
    drafts = [_ended(context, one, left) for one, left in ended if left is not None]
    return [draft for draft in drafts if draft is not None]


def _named(body: Mapping[str, Any], named: Mapping[str, set[str]]) -> bool:
    """Whether a decision still finds a debt: for one of its uses where it is counted use by use."""
    uses = named.get(str(body.get("basis")))
    return uses is not None and (not _by_use(body) or not uses.isdisjoint(body.get("subjects") or ()))


def _left(context: Context, asked: Asked, body: Mapping[str, Any], decision: Recorded, seen: Seen) -> list[str] | None:
    """The uses that an obligation still stands for, as far as this decision can tell; None where it cannot.

    It can where it asks for the same act and intent as the decision that left the obligation, and no earlier: for the uses that it looked
    at, and of the same question for those that it would have looked at were they still there.
    """
    asked_then = decision.body
    alike = asked_then["act"] == asked.question.act and (asked_then.get("intent") or {}) == dict(asked.intent)
    if not alike or dates.interval(asked_then["at"])[0] > dates.interval(asked.at)[0]:
        return None
    same = [_bare(name) for name in asked_then.get("subjects", ())] == list(asked.subjects)
    uses = [use for use in body.get("subjects") or () if not use.startswith(("prd_", "pty_"))]
    if not uses or (not _by_use(body) and "under" not in body and _elsewhere(context, body, seen)):
        return None
    then = _owed_then(context, decision, body) if same else frozenset[str]()
    return [use for use in uses if use not in seen.records and use not in then]


def _elsewhere(context: Context, body: Mapping[str, Any], seen: Seen) -> bool:
    """Whether what is owed once for the title may be owed for another use of the person than this decision has looked at."""
    if "owed_to" not in body:
        return True
    page = search.find(context, "appearance", search.Filter({"party": body["owed_to"]}), limit=100)
    titles = (None, body.get("production"))
    return page.cursor is not None or any(one.body.get("production") in titles and one.id not in seen.records for one in page.records)


def _owed_then(context: Context, decision: Recorded, body: Mapping[str, Any]) -> frozenset[str]:
    """The uses that a decision found something owed for."""
    found = content(context, decision, "findings")["findings"]
    debt = (body["rule"], body.get("requirement"))
    return frozenset(_record(one["subject"]) for one in found if one.get("obligation") and (one["rule"], one.get("requirement")) == debt)


def _ended(context: Context, known: Recorded, left: Sequence[str]) -> Draft | None:
    """The end of an obligation, or what is left of it; of one that is counted use by use nobody can tell how much is left."""
    change = Change("amendment", instant(context.now))
    if not left:
        ended = {"state": "cancelled", "reason": NO_LONGER, "cancelled_by": "$decision"}
        return Draft("obligation", merge(known.body, ended), known.id, known.version + 1, change)
    uses = [use for use in known.body["subjects"] if use.startswith(("prd_", "pty_")) or use in left]
    if _by_use(known.body) or len(uses) == len(known.body["subjects"]):
        return None
    return Draft("obligation", merge(known.body, {"subjects": uses}), known.id, known.version + 1, change)


def _bare(name: str) -> str:
    return name.partition("@")[0]


def _terms(owes: Mapping[str, Any], findings: list[Finding]) -> dict[str, Any]:
    terms: dict[str, Any] = {"unit": owes["unit"]} if owes.get("unit") else {}
    quantities = [amount((finding.obligation or {}).get("quantity")) for finding in findings]
    known = [quantity.low for quantity in quantities if quantity is not None]
    if known and len(known) == len(quantities):
        terms["quantity"] = plain(Amount(Fraction(sum(known)), Fraction(sum(known))))
    for name, prefix in (("to", "pty_"), ("under", "evd_")):
        if str(owes.get(name)).startswith(prefix):
            terms["owed_to" if name == "to" else name] = _bare(owes[name])
    return terms


def _due(owes: Mapping[str, Any]) -> dict[str, Any]:
    due = owes.get("due")
    if due in ("after_release", "before_release"):
        return {"due_basis": due} | {f"due_{name}" if name == "days" else name: owes[name] for name in ("days", "calendar") if name in owes}
    return {"due_at": due, "due_basis": "date"} if due else {}


def due_after(context: Context, decision: Recorded, released: datetime, read_for_it: Container[str] = ()) -> list[Draft]:
    """What is owed so many days after the release, or on the payday after it, dated now that there is one: what this decision left, and
    what an earlier one did about the same uses.
    """
    found = every(context, "obligation", search.Filter({"state": "open"}, production=decision.body.get("production")))
    counting = [
        one
        for one in found
        if (one.body.get("due_days") or one.body.get("calendar") == PAYDAY)
        and not one.body.get("due_at")
        and _left_by(one.body, decision.id, read_for_it)
    ]
    if not counting:
        return []
    packs = [governance.pack_by_digest(context, used["digest"]) for used in decision.body["packs"]]
    calendars = {name: Calendar(spec) for pack in packs for name, spec in (pack.document.get("calendars") or {}).items()}
    change, day = Change("amendment", instant(context.now)), released.date()
    dated = [(one, _counted(context, one.body, calendars, day)) for one in counting]
    return [
        Draft("obligation", merge(one.body, {"due_at": due.isoformat()}), one.id, one.version + 1, change)
        for one, due in dated
        if due is not None
    ]


def _left_by(body: Mapping[str, Any], decision: str, read_for_it: Container[str]) -> bool:
    """Whether a debt is of this decision, or about a use that it weighed too; a party or title alone is too wide to say so."""
    uses = (name for name in body.get("subjects") or () if not str(name).startswith(("prd_", "pty_")))
    return body.get("decision") == decision or any(name in read_for_it for name in uses)


def _counted(context: Context, body: Mapping[str, Any], calendars: Mapping[str, Calendar], released: date) -> date | None:
    """The day: business days on the calendar that the rule names, plain days where it names none, the payday where one is stated."""
    if body.get("calendar") == PAYDAY:
        return paydays.after(_paying(context, body), released)
    calendar = calendars.get(str(body.get("calendar")))
    return calendar.after(released, body["due_days"]) if calendar else released + timedelta(days=body["due_days"])


def _paying(context: Context, body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Whose paydays count for a debt: those of the engagement, of the title, of what that is part of."""
    title, passed = _bare(body.get("production") or ""), set[str]()
    if body.get("owed_to") and title:
        engaged = every(context, "engagement", search.Filter({"party": body["owed_to"]}))
        yield from (one.body for one in engaged if one.body["production"] == title)
    while title and title not in passed:
        passed.add(title)
        found = read.current(context.conn, context.studio_id, [title]).get(title)
        title = _bare(found.body.get("parent") or "") if found else ""
        yield from [found.body] if found else []
