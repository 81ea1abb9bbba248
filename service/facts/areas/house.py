"""What the house asks of every delivery: borrowed material, models down to their base, commercials, recordings, gates passed in spite."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from service.facts import appearances, papers, times
from service.facts.areas import platforms
from service.facts.library import View
from service.facts.licensing import OWN
from service.facts.world import Fact, World, bare, compact, part, ref

AREAS: Final = ("vocals", "instrumentation", "composition", "post_production", "lyrics")
_DEPTH: Final = 12
#: Words of a licence that shut commerce out, and the addresses that say which licence it is.
_SHUT: Final = re.compile(r"\bNON[ -]?COMMERCIAL\b|\b(RESEARCH|ACADEMIC|EDUCATIONAL)[ -](USE[ -])?ONLY\b")
_ADDRESS: Final = re.compile(r"creativecommons\.org/(?:licenses|publicdomain)/([a-z0-9-]+)", re.IGNORECASE)
#: How a licence is named that is none of the SPDX list: other, NOASSERTION, LicenseRef-…, or by nothing.
_NO_SPDX: Final = frozenset({"", "other", "none", "noassertion", "licenseref", "unknown"})
_MUSIC: Final = frozenset({"music"})


def collections(world: World, _shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `borrowings`, `licence_terms`, `model_chains`, `commercials`, `recordings` and `overrides`."""
    return {
        "borrowings": list(borrowings(world)),
        "model_chains": [chain(world, view) for view in world.library.of("model") if view.key in world.library.lineage],
        "commercials": commercials(world),
        "recordings": list(recordings(world)),
        "licence_terms": licences(world),
        "overrides": [override(world, view) for view in world.library.of("evidence", "override")],
    }


def of_use(world: World, view: View, person: str, _held: Sequence[View]) -> Fact:
    """Return what the house asks about one use of a person: a checked identity, agreed pay, image and voice each consented to."""
    asked = set(view.body.get("modalities") or ()) & {"voice", "face", "body", "likeness"}
    party = world.library.get(person)
    papers_held = [
        one for one in world.library.about(person, "consent", roles=("person", "grantor")) if one.body.get("answer") == "granted"
    ]
    granted = {word for one in papers_held for word in part(one.body, "scope").get("modalities") or ()}
    unsaid = any("modalities" not in part(one.body, "scope") for one in papers_held)
    return {
        "identity_checked": _identified(world, party, [one.id for one in papers_held]),
        "pay_agreed": any(one.body.get("compensation") for one in papers_held) or _deal(world, person),
        "modalities": sorted(asked) if "modalities" in view.body else None,
        "separate": "*" in granted or asked <= granted or (None if unsaid else False),
    }


def _identified(world: World, party: View | None, consents: Sequence[str]) -> times.Tri:
    """Whether somebody has checked who the person is: as the party states, or attested about the person or a consent."""
    if party is None:
        return None
    attested = papers.attestations(world, (party.id, *consents), ("identity",))
    return bool(party.body.get("identifications")) or papers.confirmed(attested, "identity") is True


def _deal(world: World, person: str) -> bool:
    return any(
        one.type in ("bargaining", "compensation")
        for one in world.library.about(person, "evidence", roles=("person", "paid_person", "bargained_with"))
    )


def borrowings(world: World) -> Iterator[Fact]:
    """Yield the material of others that stands in the lineage by itself: stock, and sources that went into a run or a work."""
    for view in world.library.of("asset"):
        if view.key in world.library.lineage and view.body.get("origin") == "licensed_stock":
            yield _borrowing(world, view, [found for one in view.body.get("licences") or () if (found := world.library.get(one))])
    for view in world.library.of("source"):
        used = world.library.about(view.id, "generation", roles=("input_source",)) or world.library.about(
            view.id, "asset", roles=("parent",)
        )
        if view.key in world.library.lineage and used:
            yield _borrowing(world, view, world.library.about(view.id, "licence", roles=("source",)))


def _borrowing(world: World, view: View, licences: Sequence[View]) -> Fact:
    own = view.kind == "source" and view.body.get("acquired_how") in OWN
    return {
        "id": view.id,
        "record": view.id,
        "own": own,
        "licences": [one.id for one in licences],
        "production": ref(world.production_of(view)),
        "path": world.path(view) or [view.id],
    }


def licences(world: World) -> list[Fact]:
    """Return the public duties of every licence in the lineage: who is to be named, whether commerce is shut out."""
    found = [view for view in world.library.of("licence") if view.key in world.library.lineage or _borrowed(world, view)]
    return [_terms(world, view) for view in found]


def _borrowed(world: World, view: View) -> bool:
    return any(
        role == "source" and (found := world.library.get(target)) and found.key in world.library.lineage for role, target in view.links
    )


def _terms(world: World, view: View) -> Fact:
    open_ = part(view.body, "open_licence")
    owed = [one for one in view.body.get("duties") or () if one["type"] == "credit"]
    name = " ".join(str(open_.get(name, "")) for name in ("spdx", "name")) + _of_address(str(open_.get("url", "")))
    words = set(re.findall(r"[A-Z0-9.]+", _SHUT.sub("NC", name.upper())))
    closed = open_.get("non_commercial", True if "NC" in words else (None if open_ and not name.strip() else False))
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "attribution": bool(owed)
            or open_.get("attribution", bool(words & {"BY", "ATTRIBUTION"}) if name.strip() else (None if open_ else False)),
            "credited": _credited(world, view),
            "non_commercial": closed,
            "commercial": _commercial(world),
            "production": ref(world.production),
            "path": world.path(view),
            "because": {"attribution": "open_licence.attribution", "non_commercial": "open_licence.non_commercial"},
        }
    )


def _of_address(url: str) -> str:
    """The short name that the address of a well-known public licence holds, as in /licenses/by-nc/4.0."""
    found = _ADDRESS.search(url)
    return f" {found[1]}" if found else ""


def _commercial(world: World) -> times.Tri:
    """Whether anybody is to earn with it, as intent or title say; where neither does, only research is known not to be for that."""
    title = world.library.get(world.production)
    body = title.body if title else {}
    told = [one for one in (world.intent.get("commercial"), body.get("commercial")) if isinstance(one, bool)]
    return any(told) if told else (body["format"] != "research" if "format" in body else None)


def _credited(world: World, view: View) -> bool:
    """Whether a credit, or a text that goes with the asset, carries the attribution the licence asks for."""
    sources = {str(bare(one)) for one in view.body.get("sources") or ()}
    named = [
        one
        for target in sorted({view.id, *sources})
        for kind in ("credit", "disclosure_overlay")
        for one in world.library.about(target, "evidence", kind, ("subject",))
    ]
    under = {one.id for one in world.library.about(view.id, "asset", roles=("licence",))}
    owner = bare(view.body.get("grantor"))
    thanked = [one for one in world.library.about(owner, "evidence", "credit", ("credited",)) if _subjects(one) & under] if owner else []
    return any("before" not in one.details or one.details.get("after") for one in (*named, *thanked))


def _subjects(view: View) -> set[str]:
    return {str(bare(one)) for one in view.body.get("subjects") or ()}


def chain(world: World, view: View) -> Fact:
    """Return a model with everything it was built from: what is not told, and what is used without a licence."""
    seen: dict[str, View] = {}
    missing = sorted(set(_climb(world, view, seen, 0)))
    bare_ones = sorted(one.id for one in seen.values() if not one.body.get("licences") and not _has_terms(world, one))
    other = [found for one in seen.values() for name in one.body.get("licences") or () if (found := world.library.get(name))]
    unread = sorted(one.id for one in other if _of_no_known_kind(one) and not _explained(one))
    return {
        "id": view.id,
        "record": view.id,
        "not_told": missing,
        "unlicensed": bare_ones,
        "unexplained": unread,
        "production": ref(world.production),
        "path": world.path(view),
    }


def _has_terms(world: World, view: View) -> bool:
    """Whether a model that a vendor hosts stands under terms that were read."""
    own = part(view.body, "terms")
    read = any(bare(one.details.get("model")) == view.id for one in world.library.of("evidence", "tool_terms"))
    return read or bool(own and (own.get("read_at") or own.get("contract") or own.get("snapshot")))


def _climb(world: World, view: View, seen: dict[str, View], depth: int) -> Iterator[str]:
    if view.key in seen:
        return
    seen[view.key] = view
    bases = view.body.get("base_models")
    if bases is None and view.body.get("type") not in ("base", "hosted") and view.body.get("training_disclosure") != "disclosed":
        yield f"{view.id}.base_models"
    for name in bases or ():
        base = world.library.get(name)
        if base is None or depth > _DEPTH:
            yield str(name)
        else:
            yield from _climb(world, base, seen, depth + 1)


def _of_no_known_kind(licence: View) -> bool:
    """A licence whose type is other, or an open licence that is none of the SPDX list."""
    open_ = licence.body.get("open_licence")
    known = open_ is None or str(open_.get("spdx", "other")).lower().partition("-")[0] not in _NO_SPDX
    return licence.body.get("type") == "other" or not known


def _explained(licence: View) -> bool:
    """A licence of no known type needs its text and the name of somebody who read it."""
    open_ = part(licence.body, "open_licence")
    return bool((open_.get("url") or licence.body.get("documents")) and open_.get("reviewed_by"))


def commercials(world: World) -> list[Fact]:
    """Return the commercial that is asked about: its Ad-ID, when talent was engaged, and where disclosure was looked at."""
    view = world.library.get(world.production)
    if view is None or view.body.get("format") not in ("commercial", "campaign"):
        return []
    spots = [one for one in world.library.of("asset") if one.key in platforms.items_of(world)]
    known = [one for holder in (view, *spots) for one in holder.body.get("identifiers") or () if _word(one.get("scope")) == "adid"]
    hired = [
        times.text(one.body.get("engaged_at")) for one in world.library.of("engagement") if bare(one.body.get("production")) == view.id
    ]
    engaged = times.text(view.body.get("talent_engaged_at")) or times.earliest(hired)
    since = times.text(view.body.get("ad_id_at"))
    return [
        compact(
            {
                "id": view.id,
                "record": view.id,
                "production": ref(view),
                "ad_id": bool(known),
                "ad_id_in_time": times.not_after(since, engaged) if since and engaged else None,
                "ad_id_dated": bool(since and engaged),
                "talent_engaged": bool(engaged),
                "nobody_engaged": engaged is None and _nobody_engaged(world, view, spots),
                "looked_at": _looked_at(world),
                "undisclosed": _undisclosed(world),
                "dates": compact({"release": world.at if world.outward else None, "contract": engaged}),
                "because": {"ad_id_in_time": "ad_id_at", "looked_at": "ai_use.disclosure"},
            }
        )
    ]


def _nobody_engaged(world: World, view: View, spots: Sequence[View]) -> bool:
    """Whether it is told that no talent was engaged: a complete cast list without anybody, or spots without real people."""
    if view.body.get("cast_list_complete_as_of") and not world.library.of("engagement"):
        return True
    items = [one for one in spots if one.key in platforms.items_of(world)]
    return bool(items) and all(_without_people(world, one) for one in items)


def _without_people(world: World, view: View) -> bool:
    stated, shown = part(view.body, "people"), appearances.of_asset(world, view.id)
    if stated:
        return not stated.get("people") and stated.get("complete") is not False
    return bool(shown) and not any(appearances.person_of(world, one) or one.body.get("recognisable_people") for one in shown)


def _word(scope: Any) -> str:
    return "".join(letter for letter in str(scope).lower() if letter.isalnum())


def _disclosures(world: World) -> list[Mapping[str, Any]]:
    return [found for one in world.library.of("evidence", "ai_use") if (found := part(one.details, "disclosure"))]


def _looked_at(world: World) -> list[str] | None:
    """The places for which somebody has decided whether disclosure is due."""
    decided = [one for one in _disclosures(world) if one.get("required") in ("yes", "no")]
    listed = [place for one in decided for place in one.get("jurisdictions") or ()]
    return sorted(set(listed)) if listed else []


def _undisclosed(world: World) -> bool:
    """Whether disclosure is due somewhere and no words and place for it are on record."""
    return any(one.get("required") == "yes" and not (one.get("text") and one.get("placement")) for one in _disclosures(world))


def recordings(world: World) -> Iterator[Fact]:
    """Yield each recording of music that is handed out, with what is said of the five areas of the disclosure."""
    items = platforms.items_of(world)
    title = world.library.get(world.production)
    sound = title is not None and title.body.get("format") in ("sound_recording", "music_video")
    for view in world.library.of("asset"):
        if view.key not in items or not (view.type in _MUSIC or (sound and view.type in ("audio", "mix"))):
            continue
        stated = part(view.body, "music_areas")
        yield {
            "id": view.id,
            "record": view.id,
            "production": ref(world.production_of(view)),
            "areas": {name: stated[name] for name in AREAS if name in stated},
            "unanswered": [name for name in AREAS if name not in stated],
            "contradicted": bool(stated)
            and set(stated.values()) == {"none"}
            and len(stated) == len(AREAS)
            and view.body.get("ai") == "generative",
            "path": world.path(view),
        }


def override(world: World, view: View) -> Fact:
    """Return a gate that was passed in spite of its answer: by two people, with a reason, until when, and looked at again."""
    details = view.details
    ends, again = times.text(details.get("expires_at")), times.text(details.get("rechecked_at"))
    asked, allowed = bare(details.get("requested_by")), bare(details.get("approved_by"))
    over = None if ends is None else times.before(ends, world.at) is not False
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "two_people": asked != allowed if asked and allowed else None,
            "reasoned": bool(details.get("reason")),
            "expires": ends is not None,
            "over": over,
            "rechecked": bool(again) and world.past(again) is True and (times.not_after(ends, again) is not False if ends else True),
            "ends": ends if over is False else None,
            "production": ref(world.production_of(view)),
            "dates": compact({"use": times.text(details.get("at"))}),
            "because": {"two_people": "approved_by"},
        }
    )
