"""What the rooms of decisions take and answer: questions, verdicts of people, adoptions, waivers, releases, rule packs."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from schemas import vocabulary
from schemas.collections import AnyObject, record_answer
from schemas.fields import Body, Choice, Flag, Nested, OpenList, PartialDate, Plain, Several, Territory, Text, Timestamp, Whole
from schemas.parts import Window
from schemas.records.decision import RULE, RULE_FORM, SUBJECTS, Decision
from schemas.records.production import Intent
from schemas.references import Reference

SUBJECT_FORM = (
    "Name a record by its id, several as a list of ids, or describe what is planned as an object of one or more records by kind:"
    ' {"appearance": {…}}, {"generation": {…}}.'
)


class Subject(Plain):
    """One record's id, a list of ids, or a planned subject given inline."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, str) or (isinstance(value, dict) and value):
            return value
        if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
            return value
        raise ValidationError(SUBJECT_FORM)


class DecisionRequest(Body):
    """May this be done, there, then, and why? `at` is when the act is done, `known_at` a size of the log (default: all of it)."""

    subject = Subject(required=True, about=SUBJECT_FORM)
    act = Choice(*vocabulary.ACTS, required=True)
    at = Timestamp()
    known_at = Whole()
    production = Reference("production")
    intent = Nested(Intent)
    profile = Text(100, about="the name of an intent profile of the production; its default one where neither is given")
    ahead = Flag(about="false asks about something that was done already")
    dry_run = Flag(about="answer and record nothing")
    packs: Any = Several(
        Nested(AnyObject), most=50, about="rule packs of your own, whole, or editions as {pack, digest}; the answer can back nothing"
    )
    overlay: Any = Several(
        Nested(AnyObject),
        most=500,
        about="hypothetical records: {kind, key?, body}, {id, body}, {id, patch} or {id, gone: true}; the answer can back nothing",
    )


class CausePart(Body):
    """What one rule asks in a cause, in its own words. It is waived, exempted and settled by itself."""

    id = Text(300, about="its stable name, the same in every decision")
    rule = Text(200)
    requirement = Text(200)
    code = Text(200)
    pack = Text(100)
    clause = Text(500)
    confidence = Text(10)
    sentence = Text(4000)
    says = Text(4000)
    fix = Text(4000)
    form = Text(100)
    values: Any = Nested(AnyObject)
    fields_: Any = Several(Text(300), most=10**4, data_key="fields")
    count = Whole()


class Cause(Body):
    """Findings that ask the same of the same role: what holds, whose task it is, and for how many items. `parts` lists every rule that
    asks; rule, clause, pack and texts beside it are those of the first.
    """

    id = Text(300, about="the same tomorrow, whatever rules ask then")
    rule = Text(200)
    requirement = Text(200)
    code = Text(200)
    result = Choice("block", "review", "obligation", "warn")
    would_be = Text(20)
    mode = Choice("advisory", "blocking")
    pack = Text(100)
    clause = Text(500)
    confidence = Text(10)
    sentence = Text(4000)
    says = Text(4000)
    fix = Text(4000)
    owner = Text(60)
    form = Text(100)
    count = Whole()
    items = Several(Text(200), most=10**6)
    assets = Several(Text(200), most=10**6)
    persons = Several(Text(200), most=10**6)
    fields_: Any = Several(Text(300), most=10**4, data_key="fields")
    values: Any = Nested(AnyObject)
    absolute = Flag()
    past = Flag()
    holds = Flag()
    parts = Several(Nested(CausePart), most=10**4, about="a missing paper or fact that several rules ask for is one cause")


class DecisionAnswer(record_answer(Decision)):  # type: ignore[misc]  # the envelope of a record is made from its schema
    """A decision with its explanation. A dry run has no id, because nothing is recorded of it."""

    dry_run = Flag()
    outcome = Choice(*vocabulary.OUTCOMES, required=True)
    valid_until = Plain(about="until when it stands; null when nothing that it rests on ends", allow_none=True)
    rests_on = Plain(allow_none=True, about="the rule and subject whose paper ends first")
    causes = Several(Nested(Cause), most=10**4)
    clearing: Any = Several(
        Nested(AnyObject), most=10**5, about="what its rules miss, each record once; GET …/clearing tries what clears it and drafts it"
    )
    findings: Any = Several(Nested(AnyObject), most=1000)
    findings_total = Whole()
    passed: Any = Several(Nested(AnyObject), most=10**4)
    coverage: Any = Nested(AnyObject)
    evaluator = Whole()
    reviews = Several(Text(60), most=1000)
    obligations = Several(Text(60), most=1000)


class ReplayAnswer(Body):
    """Whether the stored facts and packs give the stored findings again, to the byte."""

    decision = Text(60)
    identical = Flag()
    outcome = Choice(*vocabulary.OUTCOMES)
    findings: Any = Nested(AnyObject)
    evaluator: Any = Nested(AnyObject)


class ReleaseRequest(Body):
    """Let go what a decision cleared: all of it, or the named assets; within its intent, or a narrower one."""

    decision = Reference("decision", required=True)
    assets = Several(Reference("asset"), most=1000)
    delivery = Reference("delivery")
    intent = Nested(Intent)
    recipients = Several(Reference("party"), most=100)


class ReviewVerdict(Body):
    """A person's answer to a review, in a role, on grounds that are said or attested."""

    verdict = Choice("confirmed", "rejected", required=True)
    role = Choice(*vocabulary.OWNERS, required=True)
    statement = Text(4000, about="what was looked at and found; no personal data")
    attestation = Reference("evidence")
    reason = Text(8000, about="counsel's reasons; kept privileged")
    expires_at = PartialDate()
    rules = Several(
        Text(200, pattern=RULE, form=RULE_FORM),
        most=500,
        about="only these of the rules that it asks about; the next decision asks about the rest",
    )


class WaiverRequest(Body):
    """Set rules aside for a scope and a time; somebody else has to approve it."""

    rules = Several(Text(200, pattern=RULE, form=RULE_FORM), most=100, required=True)
    requirement = Text(200)
    subjects = Several(Reference(*SUBJECTS), most=1000)
    scope_productions = Several(Reference("production"), most=100)
    territories = OpenList(Territory(), most=500)
    acts = Several(Choice(*vocabulary.ACTS), most=10)
    reason = Text(8000, required=True)
    expires_at = PartialDate(required=True)
    documents = Several(Reference("document"), most=50)
    productions = Several(Reference("production"), most=100)


class WaiverVerdict(Body):
    """The second person's word on a waiver, or its end."""

    verdict = Choice("approved", "refused", "revoked", required=True)
    role = Choice(*vocabulary.SIGNING_ROLES)


class AdoptionRequest(Body):
    """A production should take a pack as its rules; `digest` says which reading of it was meant."""

    production = Reference("production", required=True)
    pack = Text(100, required=True)
    digest = Text(64, pattern=r"[0-9a-f]{64}", form="Write the SHA-256 of the pack as 64 hexadecimal digits.")
    mode = Choice("advisory", "blocking")
    effective = Nested(Window)
    reason = Text(4000)


class SignOffRequest(Body):
    """A reader's signature under a pack: as what, and what was compared."""

    role = Choice(*vocabulary.SIGNING_ROLES, required=True)
    statement = Text(2000)


class ObligationProof(Body):
    """How an obligation was met."""

    proof = Several(Reference("evidence", "document"), most=50, required=True)
    done_at = PartialDate()


class ObligationDue(Body):
    """The day on which an obligation is due, where its rule cannot say it, or another day than the one on record; and why."""

    due_at = PartialDate(required=True, about="a payday, the day of the payroll run, what the parties agreed")
    reason = Text(2000, required=True, about="how the day is known; no personal data")


class DueQuery(Body):
    """Which obligations: those due by a day, of a production, to a party."""

    before = PartialDate()
    production = Text(60)
    party = Text(60)


class RuleAnswer(Body):
    """One rule of a pack, as it is evaluated."""

    id = Text(200)
    pack = Text(100)
    clause = Text(500)
    mode = Choice("advisory", "blocking")
    confidence = Text(10)
    summary = Text(4000)
    source = Text(2000)
    absolute = Flag()
    note = Text(4000, about="other names it goes by, and what is asked elsewhere")
    carried_from = Text(100)
    status = Choice(
        "in_force",
        "grace",
        "enacted",
        "superseded",
        "proposed",
        about="today: enacted is not in force yet, grace in force without its sanction",
    )
    effective_from = Text(30)
    effective_to = Text(30)
    grace_until = Text(30)
    last_verified = Text(30, about="when somebody last looked at the source")
    family = Text(100, about="rules that one act of a higher order would displace together")
