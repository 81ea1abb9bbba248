"""Sound recordings: voice replicas project by project, sessions, pay, voices of nobody, credits. A music video's sound counts as one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from service.facts import consents, custody, papers, people, synthetics, times, titles
from service.facts.appearances import common, generated_at, person_of, replicates, use_of
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.world import Fact, World, bare, compact, part, ref

_LINE: Final = "sagaftra-src"
_VOICE: Final = frozenset({"*", "voice", "singing_voice"})
_GENERATED: Final = frozenset({"synthetic", "text_to_speech"})

#: Credits that the code keeps for people.
_ARTISTS: Final = frozenset(
    {"artist", "recording artist", "royalty artist", "featured artist", "main artist", "lead artist", "guest artist"}
)
_LAST_WORDS: Final = frozenset({"singer", "singers", "vocalist", "vocalists"})

#: What somebody is in a recording, by the category of the engagement.
_KINDS: Final = {"royalty_artist": "royalty", "session_singer": "session"}


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `recording_uses`, `recording_sessions`, `recording_voices` and `recording_credits`."""
    return {
        "recording_uses": _uses(world, shown),
        "recording_sessions": _sessions(world),
        "recording_voices": [*(found for view in shown if (found := _nobody(world, view))), *_vocals(world, shown)],
        "recording_credits": _credits(world, shown),
    }


def recording(world: World, production: str | None) -> times.Tri:
    """Tell whether a title is, or holds, a sound recording; None where nobody has said what it is."""
    return world.once("is_recording", production, lambda: _recording(world, production))


def _recording(world: World, production: str | None) -> times.Tri:
    view = world.library.get(production)
    if view is None or view.kind != "production":
        return None
    if view.body.get("format") in ("sound_recording", "music_video"):
        return True
    agreements = [world.library.get(binding.body.get("agreement")) for binding in people.bindings(world, view.id)]
    return any(str(one.body.get("pack", "")).startswith(_LINE) for one in agreements if one)


def _video(world: World, production: str | None) -> bool:
    view = world.library.get(production)
    return bool(view and view.body.get("format") == "music_video")


def _reach(world: World, production: str | None, held: Iterable[View]) -> list[str] | None:
    """The sound of a music video falls under the code whatever binds the picture."""
    return [] if _video(world, production) else titles.lines(world, held)


def _heard(world: World, view: View, production: str | None) -> times.Tri:
    """Tell whether a voice is in it: as stated; a recording has nothing but sound, a music video may."""
    replica = world.library.get(view.body.get("replica"))
    modalities = view.body.get("modalities") or (replica.body.get("modalities") if replica else None)
    if modalities is not None:
        return not _VOICE.isdisjoint(modalities)
    if replica and replica.body.get("kind") in ("vocal", "sound_recording_voice"):
        return True
    return None if _video(world, production) else True


# --- replicas ---------------------------------------------------------------------------------------------------


def _uses(world: World, shown: Sequence[View]) -> list[Fact]:
    found, seen = [], set()
    for view in shown:
        person, production = person_of(world, view), world.production_of(view)
        covered = recording(world, production)
        if covered is False or person is None or view.body["type"] == "text":
            continue
        verdict = replicates(world, view, person)
        if verdict is not False:
            found.append(_use(world, view, person, production, covered, verdict) | {"first_of_person": (person, production) not in seen})
            seen.add((person, production))
    return found


def _use(world: World, view: View, person: str, production: str | None, covered: times.Tri, verdict: times.Tri) -> Fact:
    released = _released(world, view, production)
    held = people.engagements(world, person, production)
    about = (view.id, bare(view.body.get("asset")), *(one.id for one in held))
    paid = papers.payments(world, person, production, about, ("royalty_share", "side", "session", "session_multiple"))
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "person": ref(person),
            "asset": ref(bare(view.body.get("asset"))),
            "production": ref(production),
            "recording": covered,
            "replicates": verdict,
            "voice": _heard(world, view, production),
            "release_ahead": released is None,
            "consents": _papers(world, view, person, production, released or world.at),
            "engaged_as": _engaged_as(held),
            "royalties": [_royalty(world, one) for one in paid if one.get("basis") == "royalty_share"],
            "sides": _sides(world, paid),
            "sides_paid": papers.paid_units(paid, "side"),
            "pay_due": times.earliest([one.get("due_at") for one in paid if not one.get("paid")]),
            "dates": compact({"release": released or world.at, "use": generated_at(world, view)}),
            "lines": _reach(world, production, held),
            "path": common(world, view)["path"],
            "because": {"voice": "modalities", "engaged_as": "engagement.category", "replicates": "asset.origin"},
        }
    )


def _released(world: World, view: View, production: str | None) -> str | None:
    """Return when the recording first came out: as stated of this use, else of the title; None while it has not."""
    stated = times.text(view.body.get("first_use_at"))
    title = world.library.get(production)
    dates = (
        [times.text(one.get("date")) for one in (title.body.get("release_dates") or ()) if one.get("planned") is not True] if title else []
    )
    past = [date for date in (stated, times.earliest(dates)) if date and world.past(date)]
    return times.earliest(past)


def _papers(world: World, view: View, person: str, production: str | None, when: str) -> list[Fact]:
    """The consents about a person as they stand on the day of release."""
    seen = consents.seen_from(world, replace(use_of(world, view, person, production), at=when))
    return [{**one, "blanket": _blanket(paper)} for paper, one in zip(consents.of_person(world, person), seen, strict=True)]


def _blanket(paper: View) -> bool:
    """Tell whether a consent is for whatever may come, instead of for projects that it names."""
    scope = part(paper.body, "scope")
    return "*" in (scope.get("productions") or ()) or scope.get("unnamed_productions") is True


def _engaged_as(held: Sequence[View]) -> str | None:
    """Return whether somebody is a royalty artist or a session singer; None where the engagement leaves it open."""
    kinds = {_KINDS.get(str(one.body.get("category"))) or _by_deal(one.body) for one in held}
    return kinds.pop() if len(kinds) == 1 else None


def _by_deal(body: Mapping[str, Any]) -> str | None:
    sings = body.get("category") in ("singer", "voice") and body.get("deal_type") in ("session", "scale")
    return "session" if sings else None


def _royalty(world: World, one: Fact) -> Fact:
    view = world.library.get(one["id"])
    details = view.details if view else {}
    stated, share = details.get("equal_to_other_recordings"), details.get("share_of_rate")
    return compact({**one, "equal": stated if isinstance(stated, bool) else (None if share is None else Decimal(share) >= 1)})


def _sides(world: World, paid: Iterable[Fact]) -> str:
    """Return how many sides are on record for the project, paid or owed."""
    total = sum((Decimal(str(one.get("units", "0"))) for one in paid if one.get("basis") == "side"), Decimal(0))
    return format(total.normalize(), "f")


# --- sessions ---------------------------------------------------------------------------------------------------


def _sessions(world: World) -> list[Fact]:
    """The sessions in which voice replicas for recordings are made."""
    found = []
    for one in custody.sessions(world):
        production = part(one, "production").get("$ref")
        covered = recording(world, production)
        if covered is not False:
            person = part(one, "person").get("$ref")
            held = people.engagements(world, person, production)
            starts = one.get("starts_at")
            extra = {
                "recording": covered,
                "held": False if starts is None else bool(world.past(starts)),
                "lines": _reach(world, production, held),
            }
            found.append(compact({**one, **extra}))
    return found


# --- voices of nobody, credits ----------------------------------------------------------------------------------


def _nobody(world: World, view: View) -> Fact | None:
    """A generated voice in a recording, with whether anybody is behind it, and what the union was told."""
    production = world.production_of(view)
    covered, body = recording(world, production), view.body
    made = body.get("voice_source") in _GENERATED or body["type"] == "synthetic"
    made = made or (body["type"] == "new_performance" and body.get("voice_source") not in ("human_performer", "own_recording"))
    if covered is False or person_of(world, view) or not made:
        return None
    about = (view.id, bare(body.get("asset")), bare(body.get("generation")))
    voice = True if body.get("voice_source") in _GENERATED else _heard(world, view, production)
    made_at = {"use": generated_at(world, view), "release": world.at}
    facts = {"asset": ref(bare(body.get("asset"))), "voice": voice, "nobody": _no_person(view), "path": common(world, view)["path"]}
    return compact({**_voice(world, view.id, about, production, covered), **facts, "dates": compact(made_at)})


def _vocals(world: World, shown: Sequence[View]) -> list[Fact]:
    """Files of recordings whose vocals a generator made, by their own word, where nobody has recorded who is heard."""
    told = {bare(view.body.get("asset")) for view in shown if view.body["type"] not in ("score", "text")}
    found = []
    for asset in lineage_of(world, "asset"):
        production = world.production_of(asset)
        generated = part(asset.body, "music_areas").get("vocals") in ("partial", "full")
        if generated and asset.id not in told and (covered := recording(world, production)) is not False:
            stated = part(asset.body, "people")
            nobody = None if not stated or stated.get("complete") is False else not stated.get("people")
            facts = {"asset": ref(asset.id), "voice": True, "nobody": nobody, "path": world.path(asset), "dates": {"release": world.at}}
            facts["because"] = {"nobody": "people"}
            found.append(compact({**_voice(world, asset.id, (asset.id,), production, covered), **facts}))
    return found


def _voice(world: World, name: str, about: Sequence[str | None], production: str | None, covered: times.Tri) -> Fact:
    """What the union was told of a generated voice, and what came of it."""
    wide = synthetics.title_wide(world, production)
    named = papers.notices(world, (*about, production), ("synthetic", "other"))
    known = {one["id"] for one in named}
    named += [papers.notice(world, paper) for paper in wide if paper.type == "notice" and paper.id not in known]
    told = [one for one in named if _to_union(one)]
    reports = [paper for one in about if one for paper in world.library.about(one, "evidence", "usage_report") if _reported(world, paper)]
    talks = [paper for one in (*about, *(one["id"] for one in told)) if one for paper in world.library.about(one, "evidence", "bargaining")]
    talks += [paper for paper in wide if paper.type == "bargaining"]
    return {
        "id": name,
        "record": name,
        "production": ref(production),
        "recording": covered,
        "reports": sorted({*(one["id"] for one in told if world.past(one.get("delivered_at"))), *(paper.id for paper in reports)}),
        "bargaining": [synthetics.negotiation(world, paper) for _, paper in sorted({one.key: one for one in talks}.items())],
        "lines": _reach(world, production, ()),
        "because": {"nobody": "recognisable_people"},
    }


def _no_person(view: View) -> times.Tri:
    """Tell whether a voice is based on no identifiable person: nobody voices it, and somebody has listened for whom it resembles."""
    body = view.body
    if body.get("voiced_by") or body.get("recognisable_people"):
        return False
    return True if body.get("recognisable_people") == [] else None


def _to_union(notice: Fact) -> bool:
    return "sagaftra" in (notice.get("unions") or ()) or (notice.get("recipient_kind") in ("union", "guild") and not notice.get("unions"))


def _reported(world: World, paper: View) -> bool:
    """A report counts once it was delivered to the union."""
    to_union = papers.union_name(world, bare(paper.details.get("recipient"))) == "sagaftra"
    return to_union and bool(world.past(times.text(paper.details.get("delivered_at"))))


def _credits(world: World, shown: Sequence[View]) -> list[Fact]:
    """The credits of recordings that are kept for people."""
    assets = lineage_of(world, "asset")
    named = {world.production, *(world.production_of(view) for view in (*shown, *assets))} - {None}
    found: dict[str, Fact] = {}
    for target in sorted({*map(str, named), *(view.id for view in assets)}):
        for paper in world.library.about(target, "evidence", "credit"):
            production = target if target.startswith("prd_") else world.production_of(world.library.get(target))
            covered = recording(world, production)
            if covered is not False:
                found.setdefault(paper.id, _credit(world, paper, production, covered))
    return [one for _, one in sorted(found.items())]


def _credit(world: World, paper: View, production: str | None, covered: times.Tri) -> Fact:
    details = paper.details
    return compact(
        {
            "id": paper.id,
            "record": paper.id,
            "production": ref(production),
            "recording": covered,
            "role": details.get("role"),
            "kept_for_people": _kept(str(details.get("role", ""))),
            "human": _human(world, details),
            "dates": {"release": world.at},
            "lines": _reach(world, production, ()),
        }
    )


def _kept(role: str) -> bool:
    """Tell whether one of the parts of a credit, as in `Singer (verse 2)`, is kept for people."""
    parts = [re.findall(r"\w+", part_) for part_ in re.split(r"[^\w\s'’]", role.casefold())]
    return any(" ".join(words) in _ARTISTS or set(words[-1:]) & _LAST_WORDS for words in parts)


def _human(world: World, details: Mapping[str, Any]) -> bool:
    """Tell whether a credit names a person; a system, a company or nobody is none."""
    person = world.library.get(details.get("person"))
    return bool(person and person.type == "person" and not details.get("system"))
