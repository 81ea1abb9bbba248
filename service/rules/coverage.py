"""What a decision looked at, and what nobody has looked at: coverage is part of the answer.

The engine's own findings are made here too; they need no pack, because they speak of what packs are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from service.rules.findings import Finding
from service.rules.pack import Pack
from service.rules.standing import Governance, engine_finding
from service.rules.verdicts import covers

#: Acts that let something out into places, so that a place without a law pack matters.
_OUTWARD: Final = frozenset({"exhibit", "hand_over", "license_out", "publish", "release"})

#: What an engine finding says, by rule and code: says, fix, owner.
TEXTS: Final[dict[str, dict[str, tuple[str, str, str]]]] = {
    "x.version.dual-evaluate": {
        "editions_differ": (
            "It is not settled which edition governs {rule} here, and the editions differ; the stricter result stands.",
            "Have counsel record which edition governs, and pin it to the production.",
            "legal",
        )
    },
    "x.agreement.expired": {
        "expired_agreement": (
            "The term of {edition} has run out and no successor is recorded; its rules keep applying.",
            "Record the successor or the extension, or have labour relations confirm that the terms go on.",
            "labour_relations",
        )
    },
    "x.agreement.edition": {
        "no_edition": (
            "A date lies before every adopted edition of {line}.",
            "Adopt the edition that was in force at that date.",
            "legal",
        )
    },
    "x.pack.adopted": {
        "not_adopted": (
            "The production has not adopted {pack} in this version.",
            "Have one person propose the adoption and a second approve it.",
            "legal",
        ),
        "nothing_adopted": (
            "The production has adopted no rules at all.",
            "Adopt the packs of the agreements and laws that bind it.",
            "legal",
        ),
    },
    "x.pack.signed-off": {
        "not_signed_off": (
            "Nobody has signed off {pack} against the signed text.",
            "Have two people read the pack against its sources and sign it off.",
            "legal",
        )
    },
    "x.coverage.craft": {
        "craft_without_pack": (
            "Work of the craft {craft} falls under {agreement}, and no pack of it is adopted.",
            "Adopt the pack of that agreement, or record that it does not bind this work.",
            "labour_relations",
        )
    },
    "x.coverage.territory": {
        "territory_without_law": (
            "No law pack covers {territory}.",
            "Adopt a law pack for that place, or narrow the intent.",
            "legal",
        ),
        "territory_unknown": (
            "The intent names no territories.",
            "Say where the result is meant to go.",
            "production",
        ),
    },
}


def statics(rule: str) -> dict[str, Any]:
    """The engine's own rule, in the form of a pack's."""
    texts = {code: dict(zip(("says", "fix", "owner"), text, strict=True)) for code, text in TEXTS[rule].items()}
    return {"pack": "engine", "mode": "blocking", "clause": "Design rule", "confidence": "M", "texts": texts}


def expired(found: Iterable[tuple[str, str]]) -> list[Finding]:
    """One review for each edition that applies beyond its term."""
    named = sorted({edition for edition, _ in found})
    return [engine_finding("x.agreement.expired", name, "expired_agreement", {"edition": name}, name) for name in named]


def without_edition(lines: Iterable[str]) -> list[Finding]:
    """One review for each agreement whose governing edition is not at hand."""
    return [engine_finding("x.agreement.edition", line, "no_edition", {"line": line}) for line in sorted(lines)]


def matrix(packs: Sequence[Pack], document: Mapping[str, Any], governance: Governance) -> tuple[dict[str, Any], list[Finding]]:
    """Crafts × agreements, territories × law packs, items × evidence grade; and a review for every hole."""
    crafts, craft_holes = _crafts(packs, document)
    places, place_holes = _territories(packs, document)
    holes = craft_holes + place_holes
    if not governance.all_signed and all(pack.kind == "gate" for pack in packs):
        holes.append(engine_finding("x.pack.adopted", "decision", "nothing_adopted"))
    coverage = {
        "crafts": crafts,
        "territories": places,
        "evidence": _grades(document),
        "packs": [{"id": pack.id, "digest": pack.digest, "kind": pack.kind} for pack in packs],
        "not_evaluated": [{"rule": hole.rule, "code": hole.code, "values": hole.values} for hole in holes],
    }
    return coverage, holes


def _crafts(packs: Sequence[Pack], document: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[Finding]]:
    production = document.get("production") or {}
    rows, holes = [], []
    for craft in sorted(production.get("crafts") or ()):
        bindings = [entry for entry in production.get("bindings") or () if entry.get("craft") == craft]
        lines = sorted({str(entry["agreement"]) for entry in bindings if entry.get("agreement")})
        covered = [pack.id for pack in packs if pack.line in lines]
        rows.append({"craft": craft, "agreements": lines, "packs": covered})
        for line in lines:
            if not any(pack.line == line for pack in packs):
                values = {"craft": craft, "agreement": line}
                holes.append(engine_finding("x.coverage.craft", craft, "craft_without_pack", values))
    return rows, holes


def _territories(packs: Sequence[Pack], document: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[Finding]]:
    wanted = (document.get("intent") or {}).get("territories")
    if not isinstance(wanted, list):
        outward = document.get("act") in _OUTWARD
        return [], [engine_finding("x.coverage.territory", "decision", "territory_unknown")] if outward else []
    rows, holes = [], []
    for place in sorted(str(territory) for territory in wanted):
        laws = [pack.id for pack in packs if pack.kind == "law" and _covered(pack, place)]
        rows.append({"territory": place, "packs": laws})
        if not laws:
            holes.append(engine_finding("x.coverage.territory", place, "territory_without_law", {"territory": place}))
    return rows, holes


def _covered(pack: Pack, place: str) -> bool:
    """Whether a law pack speaks for the whole of a place, as law: a part of it is not enough, and a bill is no law yet."""
    if pack.document.get("status") == "proposed":
        return False
    return covers(list(pack.document.get("territories") or ("*",)), [place]) is True


def _grades(document: Mapping[str, Any]) -> dict[str, int]:
    grades: dict[str, int] = {}
    for asset in document.get("assets") or ():
        grade = (asset or {}).get("evidence_grade") or "unknown"
        grades[grade] = grades.get(grade, 0) + 1
    return grades
