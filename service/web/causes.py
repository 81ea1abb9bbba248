"""Findings in words: the verdict in a sentence, causes with what a person needs to act on them, what would clear them.

Pure: the stored findings document and the names of records in, text and small dictionaries out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from service.web import present

GROUPS = (
    ("block", "What blocks it"),
    ("review", "What a person must settle"),
    ("obligation", "What is owed"),
    ("warn", "What to know"),
)


SHOWN = 12
"""So many of the records that a cause concerns are named, and so many of its findings are told from."""

FEW = 4
"""So many clauses of one cause are shown without a click."""

_PAPERS = 4


_PLACE = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in a word, and the sentence behind it."""

    answer: str
    sentence: str


def values_of(cause: Mapping[str, Any], findings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what fills the places of a cause's sentences: all that its findings put there, each value once."""
    found: dict[str, list[Any]] = {}
    for each in findings:
        for name, value in (each.get("values") or {}).items():
            if value not in found.setdefault(name, []) and len(found[name]) < _PAPERS:
                found[name].append(value)
    return found or dict(cause.get("values") or {})


def reason(cause: Mapping[str, Any], naming: Mapping[str, str]) -> Markup:
    """Return what a cause says, filled in."""
    return present.sentence(cause["says"], cause.get("values") or {}, naming)


def remedy(cause: Mapping[str, Any], naming: Mapping[str, str]) -> Markup | None:
    """Return what a cause asks somebody to do, filled in; nothing where its rule does not say."""
    return present.sentence(cause["fix"], cause.get("values") or {}, naming) if cause.get("fix") else None


def verdict(body: Mapping[str, Any], document: Mapping[str, Any], naming: Mapping[str, str]) -> Verdict:
    """Return the answer to `may this go there, then`, in one sentence."""
    causes = Counter(each["result"] for each in document.get("causes", ()) if each.get("mode") != "advisory")
    what = f"{_subject(body, naming)} {_allowed(body)}"
    where = _where(body.get("intent") or {})
    day = present.when(body["at"][:10])
    if body["outcome"] == "blocked":
        blocks = present.count(causes["block"] or body.get("cause_count", 0), "cause")
        return Verdict(
            "No.",
            f"{what.replace(' may ', ' may not ', 1)}{where}, as of {day}: {blocks} {'blocks' if blocks.startswith('1 ') else 'block'} it.",
        )
    if body["outcome"] == "review":
        return Verdict(
            "Not yet.",
            f"Before {what.replace(' may ', ' may ', 1)}{where}, as of {day}, people must settle {present.count(causes['review'] or 1, 'question')}.",
        )
    until = f", until {present.when(body['valid_until'][:10])}" if body.get("valid_until") else ""
    if body["outcome"] == "cleared_with_obligations":
        return Verdict(
            "Yes, and something is owed.",
            f"{what}{where}, as of {day}{until}; {present.count(causes['obligation'] or 1, 'obligation')} follow{'s' if causes['obligation'] == 1 else ''}.",
        )
    return Verdict("Yes.", f"{what}{where}, as of {day}{until}.")


_ACTS = {
    "capture": "may be captured", "generate": "may be generated", "train": "may be trained on", "hand_over": "may be handed over",
    "license_out": "may be licensed out", "transfer": "may be transferred", "publish": "may be published", "release": "may be released",
    "exhibit": "may be exhibited",
}  # fmt: skip


def _allowed(body: Mapping[str, Any]) -> str:
    return _ACTS.get(body["act"], f"may {present.words(body['act']).lower()}")


def _subject(body: Mapping[str, Any], naming: Mapping[str, str]) -> str:
    subjects = [naming.get(present.bare(each), "a record") for each in body.get("subjects", ())]
    if len(subjects) > 2 or not subjects:
        many = body.get("subject_list", {}).get("count") or len(subjects)
        return f"{many:,} subjects" if many else "What is planned"
    return present.clip(present.listed(subjects), 120)


def _where(intent: Mapping[str, Any]) -> str:
    places = intent.get("territories")
    media = intent.get("media")
    parts = []
    if places:
        parts.append("anywhere" if list(places) == ["*"] else f"in {present.listed(places, 4)}")
    if media:
        parts.append(
            "in any medium" if list(media) == ["*"] else f"for {present.listed([str(each).replace('_', ' ') for each in media], 3)}"
        )
    return f" {' '.join(parts)}" if parts else ""


def step(given: Mapping[str, Any], causes: Sequence[Mapping[str, Any]], naming: Mapping[str, str]) -> dict[str, Any]:
    """Return one record to make, amend or decide, as a sentence."""
    action, about = given.get("action"), given.get("for") or given.get("record") or given.get("subject")
    named = present.sentence("{it}", {"it": about}, naming) if about else Markup()
    fields = given.get("fields")
    if action == "record":
        what = present.words(str(given.get("type") or given.get("kind") or "record")).lower()
        text = Markup("Record: {}").format(what) + (Markup(" for {}").format(named) if about else "")
    elif action == "amend":
        text = Markup("State in {}: {}").format(named, present.listed([_field(each) for each in fields or ()]))
        fields = None
    elif action == "remove":
        text = Markup("Take out {}: nothing lifts this bar").format(named)
    else:
        text = Markup("{}: {}").format(present.words(str(given.get("owner") or "legal")), _remedy(given.get("cause"), causes, naming))
    return {"text": text, "fields": _wanted(fields), "clears": len(given.get("clears", ()))}


def _remedy(cause_id: object, causes: Sequence[Mapping[str, Any]], naming: Mapping[str, str]) -> Markup:
    """Return what the cause asks somebody to do, or its name where the rule does not say."""
    cause: Mapping[str, Any] = next((each for each in causes if each["id"] == cause_id), {})
    return present.sentence(cause.get("fix") or cause.get("says") or cause_id, cause.get("values") or {}, naming)


def _field(name: object) -> str:
    return present.words(str(name).replace(".", " ")).lower()


def _wanted(fields: object) -> str:
    """Return what a record would have to say, in words; places that only the rule can fill are left out."""
    if not isinstance(fields, Mapping):
        return ""
    told = [f"{_field(name)} {words}".strip() for name, value in fields.items() if (words := _said(value)) is not None]
    return f"({'; '.join(told)})" if told else ""


def _said(value: object) -> str | None:
    if value is True:
        return ""
    if isinstance(value, list):
        plain = [said for each in value if (said := _said(each))]
        return present.listed(plain) if plain else None
    text = str(value)
    return None if _PLACE.fullmatch(text) else present.when(text.replace("_", " "))


def groups(document: Mapping[str, Any], statics: Mapping[str, Mapping[str, Any]], naming: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the causes by result, worst first, each with what a person needs to act on it."""
    findings = by_part(document)
    made = [_cause(each, statics, findings, naming) for each in document.get("causes", ())]
    grouped = [
        {"result": result, "title": title, "causes": [each for each in made if each["result"] == result]} for result, title in GROUPS
    ]
    return [{**group, "title": f"{group['title']} ({len(group['causes'])})"} for group in grouped if group["causes"]]


Parts = Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
"""Findings by what their rule asks and by their result."""


def by_part(document: Mapping[str, Any]) -> Parts:
    """Return the findings by the name of what their rule asks, and by their result."""
    grouped: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in document.get("findings", ()):
        name = f"{each['rule']}#{each['requirement']}:{each['code']}" if each.get("requirement") else f"{each['rule']}#{each['code']}"
        grouped.setdefault((name, each["result"]), []).append(each)
    return grouped


def parts_of(cause: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return what each rule of a cause asks; a cause of earlier days is of one rule, and says it itself."""
    return cause.get("parts") or [cause]


def worded(cause: Mapping[str, Any], findings: Parts) -> dict[str, Any]:
    """Return the values of a cause's own sentences, which are those of its first rule unless it speaks of several."""
    if "rules" in (cause.get("values") or {}):
        return dict(cause["values"])
    return values_of(cause, findings.get((parts_of(cause)[0]["id"], cause["result"]), ())[:SHOWN])


def _cause(cause: Mapping[str, Any], statics: Mapping[str, Mapping[str, Any]], grouped: Parts, naming: Mapping[str, str]) -> dict[str, Any]:
    parts, values = parts_of(cause), worded(cause, grouped)
    of_part = [grouped.get((part["id"], cause["result"]), ())[:SHOWN] for part in parts]
    findings = [each for found in of_part for each in found]
    paths = dict.fromkeys(tuple(each["path"]) for each in findings if len(each.get("path") or ()) > 1)
    return {
        **cause,
        "concerns": list(dict.fromkeys(each.partition("/")[0] for each in cause["items"])),
        "past": cause.get("past", False),
        "holds": cause.get("holds", False),
        "says": present.sentence(cause.get("says") or cause["code"], values, naming),
        "fix": present.sentence(cause["fix"], values, naming) if cause.get("fix") else None,
        "paper": _paper(cause, findings),
        "source": _source(statics.get(cause["rule"], {})),
        "parts": [_part(part, found, statics, naming) for part, found in zip(parts, of_part, strict=True)],
        "missing": _missing(each for part in parts for each in grouped.get((part["id"], cause["result"]), ())),
        "paths": list(paths)[:_PAPERS],
        "owed": _owed(findings),
    }  # fmt: skip


def _part(
    part: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], statics: Mapping[str, Mapping[str, Any]], naming: Mapping[str, str]
) -> dict[str, Any]:
    """Return what one rule of a cause says, with its clause and where that can be read."""
    says = present.sentence(part.get("says") or part["code"], values_of(part, findings), naming)
    return {**part, "says": says, "source": _source(statics.get(part["rule"], {}))}


def _source(rule: Mapping[str, Any]) -> str | None:
    source = str(rule.get("source"))
    return source if source.startswith("https://") else None


def _missing(findings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each missing field with the records that lack it."""
    lacking: dict[str, dict[str, None]] = {}
    for each in findings:
        for gap in each.get("missing") or ():
            lacking.setdefault(gap["field"], {})[gap["record"]] = None
    return [{"field": field, "records": list(records)} for field, records in sorted(lacking.items())]


def _paper(cause: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the paper that is missing: the form's name and the record that would state it."""
    needs = next((each["needs"] for each in findings if each.get("needs")), None) or {}
    kind = needs.get("type") or needs.get("kind")
    form = present.words(cause["form"].replace("-", " ")) if cause.get("form") else None
    record = f"{present.words(kind)} {_wanted(needs.get('fields'))}".strip() if kind else None
    return f"{form}, recorded as {record[:1].lower()}{record[1:]}" if form and record else form or record


def _owed(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    owed = [each["obligation"] for each in findings if each.get("obligation")]
    return [
        {name: each.get(name) for name in ("kind", "to", "due")} | {"quantity": present.quantity(each.get("quantity"), each.get("unit"))}
        for each in owed
    ]


def coverage(given: Mapping[str, Any] | None, naming: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what was looked at, with what was not in sentences."""
    if not given:
        return None
    holes = [_hole(each, naming) for each in given.get("not_evaluated", ())]
    evidence = sorted((given.get("evidence") or {}).items())
    return {"territories": given.get("territories", []), "crafts": given.get("crafts", []), "evidence": evidence, "not_evaluated": holes}


def _hole(hole: Mapping[str, Any], naming: Mapping[str, str]) -> Markup:
    values = hole.get("values") or {}
    told = {
        "territory_without_law": "No law pack covers {territory}.",
        "territory_unknown": "The intent names no territories.",
        "craft_without_pack": "Work of the craft {craft} falls under {agreement}, and no pack of it is adopted.",
        "nothing_adopted": "The production has adopted no rules at all.",
    }
    return present.sentence(told.get(str(hole.get("code"))) or present.words(str(hole.get("code"))), values, naming)


def totals(document: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return how often the rules came to each result, worst first."""
    totals: Counter[str] = Counter()
    for each in document.get("rules", ()):
        totals.update(each.get("counts") or {})
    return [(word, totals[word]) for word in ("block", "review", "obligation", "warn", "exempt", "pass") if totals[word]]
