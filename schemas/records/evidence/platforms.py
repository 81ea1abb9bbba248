"""How generative tools were used, as every buyer, award and platform asks it, and what was let through in spite of a rule."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, validates_schema

from schemas import vocabulary
from schemas.fields import Body, Choice, Flag, Nested, OpenList, PartialDate, Privileged, Several, Territory, Text
from schemas.parts import Digest, needs, ordered
from schemas.records.asset import DEPARTMENTS, ELEMENTS, SENSITIVITIES
from schemas.references import Reference

_ANSWER: Final = ("yes", "no", "unsure")


class Principles(Body):
    """The five questions a buyer asks about each use of a generative tool; yes is the answer that lets it go on."""

    no_substantial_recreation = Choice(*_ANSWER, about="the output recreates nothing recognisable that is protected and not owned")
    tool_no_store_reuse_train = Choice(*_ANSWER, about="the tool neither stores nor reuses nor trains on what goes in or comes out")
    enterprise_environment = Choice(*_ANSWER, about="it was used in an environment secured for the company, where that is possible")
    temporary_only = Choice(*_ANSWER, about="the material is temporary and not in what is delivered")
    no_talent_or_union_replacement = Choice(*_ANSWER, about="no performance and no union-covered work is made or replaced without consent")
    by = Reference("party", role="answered_by")
    at = PartialDate()


class UsedInput(Body):
    """Something that went into the tool, and by what right."""

    asset = Reference("asset", role="ai_input")
    source = Reference("source", role="ai_input")
    licence = Reference("licence", role="ai_input_licence")
    rights = Choice("owned", "licensed", "buyer", "public_domain", "unlicensed", "unknown")


class WorkflowStep(Body):
    """One tool of a workflow that a vendor has put together; each has terms of its own."""

    name = Text(200)
    tool = Text(200, required=True)
    model = Reference("model", role="step_model", pins=True)
    terms = Reference("evidence", role="tool_terms")


class DisclosureDuty(Body):
    """Whether, for which places, the public or a buyer must be told, and with which words."""

    required = Choice(*_ANSWER)
    jurisdictions = OpenList(Territory(), most=500, about="the places that were looked at; a country stands for its states")
    text = Text(2000)
    placement = Text(500)
    by = Reference("party", role="disclosure_decided_by")
    at = PartialDate()


class AiUse(Body):
    """One answer to everybody who asks how AI was used in some assets: stage, kind, tool and terms, human author, people shown,
    risks, approvals, disclosure. What is left out was not answered; `[]` says that there is none.
    """

    assets = OpenList(Reference("asset", role="ai_use_of"), most=400, about='["*"] everything of the title that `production` names')
    generations = Several(Reference("generation", role="ai_use_of"), most=400)
    production = Reference("production", role="ai_use_title", about="for an answer about a title as a whole, or all of its assets")
    stage = Choice(*vocabulary.STAGES)
    kind = Choice("none", "assistive", "generative", required=True)
    in_final = Flag(about="as stated; a release works it out from what is in it")
    modality = Choice("text", "image", "video", "voice", "music", "model_3d", "code")
    department = Choice(*DEPARTMENTS)
    element = Choice(*ELEMENTS)
    story_relevant = Flag(about="whether the story turns on it, for things in the background")
    tool = Text(200)
    tool_version = Text(200)
    tool_vendor = Reference("party")
    model = Reference("model", role="ai_use_model", pins=True)
    environment = Choice(*vocabulary.ENVIRONMENTS)
    single_sign_on = Flag()
    terms = Several(Reference("evidence", role="tool_terms"), most=50)
    operator = Reference("party")
    operator_role = Text(200)
    operator_union = Reference("party", role="operator_union")
    prompt = Nested(Digest, about="the digest of the prompt; its text stands in the generation, encrypted")
    inputs = Several(Nested(UsedInput), most=400, about="[] says that nothing went in but the prompt")
    sensitivity = Several(Choice(*SENSITIVITIES), most=5, about="what kinds of confidential material went in; [] none")
    trained_on_third_party = Flag(about="whether a model was trained or tuned for this on material of others")
    references = Several(
        Choice("protected_work", "public_figure", "deceased_person"), most=3, about="what the result or its prompt refers to; [] none of these"
    )  # fmt: skip
    human_authorship = Text(4000, about="what people contributed, in words")
    authors = Several(Reference("party", role="author"), most=200)
    authorship_evidence = Several(Reference("asset", "document", "evidence", role="authorship_evidence"), most=100)
    likeness_subjects = Several(Reference("party", role="likeness_subject"), most=200, about="people shown or heard; [] nobody")
    overseer = Reference("party", role="human_overseer")
    real_event_risk = Flag(about="could be mistaken for real events or statements")
    substantial_recreation = Flag()
    similarity_report = Reference("evidence", "document", role="similarity_report")
    temporary_only = Flag()
    replaces_covered_work = Flag(about="whether it stands in for work that a union covers")
    custom_workflow = Flag(about="whether a vendor chains several tools of its own choice")
    vendor = Reference("party", role="workflow_vendor")
    workflow = Several(Nested(WorkflowStep), most=100)
    principles = Nested(Principles)
    approvals = Several(Reference("evidence", role="approval"), most=50)
    disclosure = Nested(DisclosureDuty)
    factual_research = Flag(about="whether it was used to research facts")
    referral = Text(200, about="the id under which a broadcaster's own advisers were asked")
    first_used_at = PartialDate()
    stated_by = Reference("party", role="stated_by")
    stated_at = PartialDate()


class Override(Body):
    """A gate that people passed in spite of its answer, outside this service: who asked, who allowed it, why, until when."""

    rules = Several(Text(200), most=100, about="ids of the rules that were set aside")
    stage = Choice("publish", "farm", "conform", "delivery", "release", "other")
    requested_by = Reference("party", role="override_requested_by")
    approved_by = Reference("party", role="override_approved_by")
    reason = Privileged(Text(8000))
    at = PartialDate(required=True)
    expires_at = PartialDate()
    rechecked_at = PartialDate(about="when it was looked at again at its end")
    outcome = Choice("settled", "renewed", "withdrawn", about="what the second look found")

    @validates_schema
    def order(self, data: dict[str, Any], **_: Any) -> None:
        """It ends after it begins; a second look says what it found."""
        ordered(data, "at", "expires_at")
        if "rechecked_at" in data:
            needs(data, "outcome", "for a second look")
        if "requested_by" in data and data.get("approved_by") == data["requested_by"]:
            raise ValidationError({"approved_by": ["Whoever asked for it may not allow it; name the second person."]})


TYPES: Final[dict[str, type[Body]]] = {"ai_use": AiUse, "override": Override}
