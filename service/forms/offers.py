"""Which papers a decision asks for, each once for the person or the matter that it is about, and one of them filled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from service import errors
from service.context import Context
from service.decisions.replay import content
from service.forms import papers
from service.forms.values import Matter, tables, values
from service.records import read
from service.records.model import Recorded
from service.rules.causes import causes_of


@dataclass(slots=True)
class Offer:
    """One paper that would help: which form, for whom, about which records, for which causes and clauses."""

    form: str
    person: str | None
    subjects: dict[str, None] = field(default_factory=dict)
    causes: dict[str, None] = field(default_factory=dict)
    clauses: dict[str, None] = field(default_factory=dict)
    wanted: dict[str, list[str]] = field(default_factory=dict)

    def document(self, decision: str) -> dict[str, Any]:
        """The offer as the API lists it."""
        asked = f"?person={self.person}" if self.person else ""
        about = {"person": self.person} if self.person else {}
        return about | {
            "form": self.form,
            "title": papers.known()[self.form]["title"],
            "subjects": list(self.subjects),
            "causes": list(self.causes),
            "draft": f"/v1/decisions/{decision}/forms/{self.form}{asked}",
        }


def offers(context: Context, decision: Recorded) -> list[Offer]:
    """The papers that the fixes of a decision name, worst cause first."""
    document = content(context, decision, "findings")
    rules = {rule["id"]: rule for rule in document["rules"]}
    cause_of = causes_of(document)
    found: dict[tuple[str, str | None], Offer] = {}
    for finding, form in _asking(document["findings"], rules):
        person = (finding.get("about") or {}).get("person")
        offer = found.setdefault((form, person), Offer(form, person))
        offer.subjects[finding["subject"].partition("/")[0]] = None
        offer.causes[cause_of(finding)] = None
        offer.clauses[rules[finding["rule"]]["clause"]] = None
        for name, value in ((finding.get("needs") or {}).get("fields") or {}).items():
            listed = offer.wanted.setdefault(name, [])
            listed += [str(one) for one in (value if isinstance(value, list) else [value]) if str(one) not in listed]
    return list(found.values())


def _asking(findings: Iterable[Mapping[str, Any]], rules: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    for finding in findings:
        if finding["result"] in ("block", "review"):
            texts = rules[finding["rule"]]["texts"]
            form = texts.get(finding.get("text") or finding.get("requirement") or "", {}).get("form")
            if form in papers.known():
                yield finding, form


def draft(context: Context, decision_id: str, form: str, person: str | None) -> papers.Paper:
    """Fill one paper that the decision asks for. Raises `NotFound` when it asks for no such paper, `Invalid` when it is not said for whom."""
    decision = read.get(context, "decision", decision_id)
    offered = [one for one in offers(context, decision) if one.form == form]
    chosen = [one for one in offered if person is None or one.person == person]
    if not chosen:
        known = ", ".join(sorted({one.form for one in offers(context, decision)})) or "none"
        raise errors.NotFound(f"This decision asks for no such paper; it asks for: {known}.", "not_found")
    if len(chosen) > 1:
        people = ", ".join(str(one.person) for one in chosen)
        raise errors.invalid("/person", f"The decision asks for this paper for {people}; say for whom with ?person=.")
    offer = chosen[0]
    matter = Matter.of(context, decision, offer.person, list(offer.subjects))
    filled = values(matter) | _told(offer, matter)
    return papers.fill(form, filled, tables(matter), [decision.id, *matter.read])


def _told(offer: Offer, matter: Matter) -> dict[str, str]:
    """What the findings themselves say: the clauses that ask, and what the consent would have to cover."""
    purposes = [one.replace("_", " ") for one in offer.wanted.get("purposes", ())]
    languages = offer.wanted.get("languages", ())
    told = {"clauses": "; ".join(offer.clauses)}
    if purposes:
        told["purposes"] = ", ".join(purposes)
    if languages:
        told["languages"] = ", ".join(languages)
    titles = [matter.called(one) for one in offer.wanted.get("productions", ())]
    return told | ({"productions": ", ".join(titles)} if titles else {})
