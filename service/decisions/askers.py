"""Who asks how a title was made, and what: the questions of each asker as data, answered from the same facts.

A question names a collection of the facts and a field of its elements. What the field does not hold is not answered, and the answer
says so; nothing is guessed, and a `no` is an answer. Pure: facts in, answers out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Fact = Mapping[str, Any]

#: What an answer says while nobody has given one.
_SILENT: Final = (None, "unanswered")


@dataclass(frozen=True, slots=True)
class Question:
    """One question about each element of a collection that has `only`; `blank` are values that answer nothing here."""

    words: str
    of: str
    name: str
    only: Mapping[str, Any] = field(default_factory=dict)
    blank: tuple[Any, ...] = ()


_MADE: Final = {"assisted": True}
_GENERATED: Final = {"generative": True}
_KIND: Final = Question("How far did AI take part?", "ai_uses", "kind", {"item": True})
_AUTHORED: Final = Question("Is it stated what people contributed?", "ai_uses", "authored", _MADE)
_PERFORMED: Final = (
    Question("Does a replica or synthetic give the performance?", "performances", "stands_in", {"billed": True}),
    Question("Is the role in the legal billing?", "performances", "billed"),
    Question("Has the performer consented to what was done digitally?", "performances", "consented", {"digital": True}, (False,)),
)
_WRITTEN: Final = (
    Question("Was any of the screenplay generated?", "screenplays", "generated"),
    Question("Have the authors of the screenplay stated their authorship?", "screenplays", "statement"),
)
_ACADEMY: Final = (_KIND, _AUTHORED, *_PERFORMED, *_WRITTEN)

ASKERS: Final[Mapping[str, tuple[Question, ...]]] = {
    "netflix": (
        Question("How far did AI take part?", "ai_uses", "kind", _MADE),
        Question("At which stage?", "ai_uses", "stage", _GENERATED),
        Question("For which element?", "ai_uses", "element", _GENERATED),
        Question("With which tools, under which terms?", "ai_uses", "tools", _GENERATED, ([],)),
        Question("Is it in the final work?", "ai_uses", "in_final", _GENERATED),
        Question("Nothing protected is recreated?", "ai_uses", "no_substantial_recreation", _GENERATED),
        Question("The tool neither stores nor reuses nor trains?", "ai_uses", "tool_no_store_reuse_train", _GENERATED),
        Question("In a secured environment?", "ai_uses", "enterprise_environment", _GENERATED),
        Question("Temporary only?", "ai_uses", "temporary_only", _GENERATED),
        Question("No talent or covered work replaced?", "ai_uses", "no_talent_or_union_replacement", _GENERATED),
        Question("Confidential, personal or unlicensed material as input?", "ai_uses", "sensitive", _GENERATED),
        Question("References to protected works, public figures, the dead?", "ai_uses", "refers", _GENERATED),
        Question("Could it be taken for real events?", "ai_uses", "real_event_risk", _GENERATED),
        Question("Which written approvals?", "ai_uses", "approvals", _GENERATED),
        Question("Was the contact told?", "ai_uses", "notified", _GENERATED, (False,)),
    ),
    "oscars": _ACADEMY,
    "emmys": _ACADEMY,
    "human-provenance": (_KIND, Question("Which tier is declared?", "award_entries", "declared_tier", {"award": "human_provenance"})),
    "grammys": (
        Question("Which category?", "award_entries", "category", {"award": "grammys"}),
        Question("Is the human contribution to its craft stated?", "award_entries", "statement", {"award": "grammys"}),
    ),
    "steam": (
        Question("Do players meet it?", "ai_uses", "player_facing", _GENERATED),
        Question("Made before or during play?", "ai_uses", "generation_time", _GENERATED),
        Question("Is it guarded?", "ai_uses", "guardrails", {"generative": True, "generation_time": "runtime"}, (False,)),
    ),
    "adcp": (
        _KIND,
        Question("With which tools?", "ai_uses", "tools", _GENERATED, ([],)),
        Question("Does a named person watch over it?", "ai_uses", "overseen", _GENERATED, (False,)),
        Question("Do the files say so themselves?", "ai_uses", "file_says_ai", {"item": True, "generative": True}),
        Question("For which places was disclosure decided?", "commercials", "looked_at", blank=([],)),
        Question("Is there an Ad-ID?", "commercials", "ad_id", blank=(False,)),
        Question("Is it said whom a generated person is or is not?", "performances", "flagged", {"human_generated": True}, (False,)),
    ),
    "ddex": tuple(
        Question(f"How far did AI make the {name.replace('_', ' ')}?", "recordings", f"areas.{name}")
        for name in ("vocals", "instrumentation", "composition", "post_production", "lyrics")
    ),
    "bbc": (
        Question("Is the title news or current affairs?", "ai_uses", "news", _GENERATED),
        Question("Was it used to research facts?", "ai_uses", "factual_research", _GENERATED),
        Question("Was it referred?", "ai_uses", "referral", _GENERATED),
        Question("Does a named person watch over it?", "ai_uses", "overseen", _GENERATED, (False,)),
    ),
    "festival": (_KIND, _AUTHORED, *_WRITTEN, *_PERFORMED[:1]),
    "insurer": (
        _KIND,
        Question("Does it show or sound a real person?", "ai_uses", "talent", _GENERATED),
        Question("Have they consented?", "ai_uses", "talent_consented", {"generative": True, "talent": True}),
        Question("Did unlicensed material go in?", "ai_uses", "unlicensed", _GENERATED),
        Question("Was a model trained on material of others?", "ai_uses", "trained_on_others", _GENERATED),
        Question("Was it compared with protected works?", "ai_uses", "similarity_report", _GENERATED, (False,)),
        Question("Could it be taken for real events?", "ai_uses", "real_event_risk", _GENERATED),
    ),
    "chain-of-title": (
        Question("What was it made from that is not told?", "ai_uses", "open"),
        Question("Under which licences?", "borrowings", "licences", {"own": False}, ([],)),
        Question("Is the output granted?", "licences", "output_granted"),
        Question("Until when?", "licences", "ends"),
        Question("Does it reach everywhere the intent does?", "licences", "output_mismatch"),
        Question("By which consents is the likeness used?", "uses", "consents", {"replicates": True}, ([],)),
        Question("What were the models built from that is not told?", "model_chains", "not_told"),
    ),
}


def put(asker: str, facts: Fact) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what the facts answer, and what they leave open, in the asker's order of questions."""
    answered: list[dict[str, Any]] = []
    open_: list[dict[str, Any]] = []
    for question in ASKERS[asker]:
        for element, value in _values(question, facts):
            about = {"about": str(element.get("record", element["id"])), "question": question.words, "field": question.name}
            if value in _SILENT or value in question.blank:
                open_.append(about)
            else:
                answered.append({**about, "answer": _plain(value)})
    return answered, open_


def _values(question: Question, facts: Fact) -> Iterator[tuple[Fact, Any]]:
    for element in facts.get(question.of) or ():
        if all(element.get(name, wanted) == wanted for name, wanted in question.only.items()):
            yield element, _walk(element, question.name)


def _walk(element: Fact, path: str) -> Any:
    value: Any = element
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _plain(value: Any) -> Any:
    """A value as an outsider may read it: papers by their ids, tools by name and the ids of their terms."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if "terms" in value:
        return {"tool": value.get("name") or value.get("tool"), "terms": _plain(value["terms"])}
    return value.get("id", dict(value))


def tier(facts: Fact) -> int | None:
    """Return the tier of the human provenance label that the facts give; None while something is undeclared."""
    uses = facts.get("ai_uses") or []
    if any(one.get("generative") for one in uses):
        return 3
    if not uses or any(one.get("kind") is None for one in uses if one.get("item")):
        return None
    return 2 if any(one.get("kind") == "assistive" for one in uses) else 1
