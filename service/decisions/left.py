"""What no draft clears, in plain words: why not, what to do instead, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from service.rules.causes import MISSING, MISSING_TEXT
from service.rules.findings import Evaluation, Finding
from service.rules.names import RANK

ABSOLUTE: Final = "It is barred, whoever consents: no paper, waiver or exemption lifts it. Take it out, or change what is shown."
PAST: Final = (
    "It had to be there before this was done; a paper dated today does not cure that. People decide on the exception, on the record."
)
DUE: Final = "It is a debt that is due: pay it, and attach the proof."
STATED: Final = "Only who knows it can state it; no draft can."
CHANGED: Final = "No further paper clears it: what is recorded says that it is so. Change the thing itself, and record that."
RECORDED: Final = "A paper of this kind was drafted and did not clear it: another on record says otherwise, or it could not be in time."

_SAID: Final = ("fix", "owner")


def explained(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    """The steps that are left, each with the reason that it is, and what the first rule that asks for it says of the fix."""
    held: dict[str, Finding] = {}
    for finding in evaluation.findings:
        if RANK[finding.weighs] <= RANK["review"]:
            held.setdefault(finding.cause, finding)
    for step in evaluation.clearing:
        found = next((held[cause] for cause in step["clears"] if cause in held), None)
        yield {**step, "why": _why(step, found), **(_said(evaluation, found) if found else {})}


def _why(step: Mapping[str, Any], found: Finding | None) -> str:
    if step["action"] == "remove":
        return ABSOLUTE
    if found is not None and found.holds:
        return DUE
    if found is not None and found.past and step["action"] != "amend":
        return PAST
    return {"amend": STATED, "record": RECORDED}.get(step["action"], CHANGED)


def _said(evaluation: Evaluation, found: Finding) -> dict[str, str]:
    texts = evaluation.tallies[found.rule].statics["texts"]
    text: Mapping[str, Any] = texts.get(found.text or found.requirement or "", {})
    if found.code == MISSING:
        text = {**MISSING_TEXT, **({"owner": text["owner"]} if "owner" in text else {})}
    return {name: str(text[name]) for name in _SAID if text.get(name)}
