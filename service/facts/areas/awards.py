"""What a title is entered for, who performs in it by themselves, and what it declares about human work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from service.facts import appearances, classify, consents, papers, people, times
from service.facts.areas import platform_papers, platforms
from service.facts.areas.platforms import Case
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, ref

#: Parts whose players stand in the legal billing.
_BILLED: Final = frozenset({"principal", "voice", "narrator", "singer", "puppeteer", "motion_capture"})
_UNBILLED: Final = frozenset({"background", "stunt", "stand_in", "double", "stunt_coordinator"})
_MADE_VOICES: Final = frozenset({"synthetic", "text_to_speech"})
_HUMAN_KINDS: Final = frozenset({"employment_based", "independently_created", "background", "synthetic"})


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `award_entries`, `performances` and `screenplays`."""
    found = platforms.cases(world, shown)
    return {
        "award_entries": entries(world, found),
        "performances": [performance(world, view) for view in shown],
        "screenplays": screenplays(world),
    }


def entries(world: World, found: Sequence[Case]) -> list[Fact]:
    """Return one element for each award and category that the title is entered for."""
    view = world.library.get(world.production)
    if view is None:
        return []
    listed = _with_meant(world, view.body.get("award_entries"))
    if listed is None and view.body.get("award_track") is not False:
        return [{"id": f"{view.id}/awards", "record": view.id, "production": ref(view), "because": {"award": "award_entries"}}]
    return [_entry(world, view, one, number, found) for number, one in enumerate(listed or ())]


def _with_meant(world: World, listed: Sequence[Mapping[str, Any]] | None) -> list[Mapping[str, Any]] | None:
    """The entries of a title, and the awards that the intent names besides them."""
    meant = world.intent.get("awards")
    if listed is None and meant is None:
        return None
    known = {one["award"] for one in listed or ()}
    return [*(listed or ()), *({"award": one} for one in meant or () if one not in known)]


def _entry(world: World, view: View, one: Mapping[str, Any], number: int, found: Sequence[Case]) -> Fact:
    return compact(
        {
            "id": f"{view.id}/{one['award']}/{number}",
            "record": view.id,
            "production": ref(view),
            "award": one["award"],
            "category": one.get("category", one.get("department", "the title")),
            "department": one.get("department"),
            "statement": _statement(world, view, one),
            "declared_tier": one.get("declared_tier"),
            "computed_tier": tier(found),
            "undeclared": sorted(case.view.id for case in found if case.item and platforms.kind_of(case)["kind"] is None),
            "unauthored": sorted(case.view.id for case in found if platforms.kind_of(case)["generative"] and not platforms.authored(case)),
            "dates": compact({"release": world.at if world.outward else None}),
            "because": {"computed_tier": "ai", "declared_tier": "award_entries", "statement": "award_entries"},
        }
    )


def _statement(world: World, view: View, one: Mapping[str, Any]) -> times.Tri:
    """Whether people's contribution in the craft of the category is stated: by the paper named, or by one about that department."""
    named = world.library.get(one.get("statement"))
    if named is not None and named.type == "attestation":
        return papers.confirmed([papers.attestation(world, named)], "human_authorship")
    if named is not None and named.type == "ai_use":
        return _contributes(named)
    wanted = one.get("department")
    told = [paper for paper in world.library.of("evidence", "ai_use") if wanted and paper.details.get("department") == wanted]
    return True if any(_contributes(paper) and _of_title(paper, view) for paper in told) else None


def _contributes(paper: View) -> times.Tri:
    return True if paper.details.get("human_authorship") and paper.details.get("authors") else None


def _of_title(paper: View, view: View) -> bool:
    about = {str(bare(one)) for one in paper.body.get("subjects") or ()}
    return view.id in {*paper.productions, bare(paper.details.get("production")), *about}


def tier(found: Sequence[Case]) -> int | None:
    """Return the tier of the human provenance label: 3 with generated material in the work, 2 with assistance, 1 without; None while
    something in it is undeclared.
    """
    kinds = [platforms.kind_of(case) for case in found]
    if any(one["generative"] for one in kinds):
        return 3
    if any(one["kind"] is None for one, case in zip(kinds, found, strict=True) if case.item or one["generative"] is None):
        return None
    return 2 if any(one["kind"] == "assistive" for one in kinds) else (1 if kinds else None)


def performance(world: World, view: View) -> Fact:
    """Return one performance: whether it is billed, whether a person gave it, whether a replica or a synthetic stands in for one."""
    body = view.body
    role = world.library.get(body.get("role"))
    person = appearances.person_of(world, view)
    production = world.production_of(view)
    category = body.get("role_category") or (role.body.get("category") if role else None) or _engaged_as(world, person, production)
    digital = classify.digital(world, view)
    flags = classify.family(world, view, person, production)
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "asset": ref(bare(body.get("asset"))),
            "person": ref(person),
            "production": ref(production),
            "type": body["type"],
            "billed": True if category in _BILLED else (False if category in _UNBILLED else None),
            "in_human_role": body.get("in_human_role", role.body.get("human") if role else None),
            "digital": digital,
            "stands_in": _stands_in(body, digital),
            "synthetic": body["type"] == "synthetic" or (person is None and body.get("voice_source") in _MADE_VOICES),
            "use_ahead": appearances.ahead(world, view) is True,
            **platforms.of_use(world, view, person or "", ()),
            "consented": _consented(world, view, person, production),
            "human_generated": _human(body, role, digital),
            "flagged": bool(body.get("replica") or flags.kind or body["type"] == "synthetic" or _classified(world, view)),
            "advertising": body.get("advertising", True if body["type"] == "advertisement" else None),
            "dates": appearances.dates(world, view, world.library.get(body.get("replica")), None),
            "path": (world.path(world.library.views[view.key]) or [view.id]),
            "because": {"billed": "role_category", "stands_in": "type"},
        }
    )


def _engaged_as(world: World, person: str | None, production: str | None) -> Any:
    held = people.engagements(world, person, production)
    return next((one.body["category"] for one in held if "category" in one.body), None)


def _stands_in(body: Mapping[str, Any], digital: times.Tri) -> times.Tri:
    """Whether a replica or synthetic is the performance itself, not a change of one that a person gave."""
    if body["type"] in ("performance", "alteration", "dub"):
        return body.get("voice_source") in ("replica", "synthetic", "text_to_speech") if body["type"] == "dub" else False
    if body["type"] == "synthetic" or body.get("replica"):
        return True
    return digital


def _consented(world: World, view: View, person: str | None, production: str | None) -> bool:
    seen = consents.seen_from(world, appearances.use_of(world, view, person, production)) if person else []
    return any(one.get("granted") and one.get("live_at_use") is True for one in seen)


def _human(body: Mapping[str, Any], role: View | None, digital: times.Tri) -> times.Tri:
    """Whether a human face or voice is generated."""
    if digital is False:
        return False
    looks = [body.get("looks_human"), body.get("meant_to_look_human"), body.get("in_human_role"), role.body.get("human") if role else None]
    spoken = body.get("voice_source") in ("replica", "synthetic", "text_to_speech")
    if body.get("replica") or body.get("person") or spoken or True in looks:
        return digital
    return False if False in looks else None


def _classified(world: World, view: View) -> bool:
    return any(
        one.get("accepted") is True and one.get("classified_as") in _HUMAN_KINDS
        for one in papers.attestations(world, (view.id,), ("classification",))
    )


def screenplays(world: World) -> list[Fact]:
    """Return the screenplay of the title: who wrote it, as the papers about script and title say."""
    view = world.library.get(world.production)
    if view is None:
        return []
    scripts = [one for one in world.library.of("asset") if one.type == "script" or one.body.get("department") == "script"]
    stated = [paper.details for paper in world.library.of("evidence", "ai_use") if paper.details.get("department") == "script"]
    kinds = {one.get("kind") for one in stated} | {one.body["ai"] for one in scripts if "ai" in one.body}
    written = {(one.body.get("authorship") or {}).get("kind") for one in scripts}
    signed = papers.attestations(world, (view.id, *(one.id for one in scripts)), ("human_authorship",))
    generated = "generative" in kinds or not {"generated", "mixed"}.isdisjoint(written)
    return [
        compact(
            {
                "id": f"{view.id}/screenplay",
                "record": view.id,
                "production": ref(view),
                "generated": True if generated else (False if kinds or "human" in written else None),
                "statement": platform_papers.confirmed_or(papers.confirmed(signed, "human_authorship"), stated, scripts),
                "dates": compact({"release": world.at if world.outward else None}),
                "because": {"generated": "ai_use.kind", "statement": "ai_use.human_authorship"},
            }
        )
    ]
