"""Facts for the directors' guild: duties in the hands of a system, consultation before a use, the director's word, meetings, training."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.facts import appearances, crafts, papers, people, times, titles
from service.facts.areas import written
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.world import Fact, World, bare, bares, compact, part, ref
from service.rules.moments import DAY, moment

#: Duties of the agreement by their names, and directors of other things.
_DUTY: Final = re.compile(
    r"\b(director|directed by|unit production manager|upm|stage manager|(1st|2nd|3rd|first|second|third) ad|ad)\b", re.IGNORECASE
)
_OTHER_DIRECTOR: Final = re.compile(
    r"\b(art|casting|music|musical|creative|technical|lighting|photography|voice|dubbing|animation|fight|intimacy) director\b"
    r"|director of (photography|audiography|development|marketing)",
    re.IGNORECASE,
)
#: Assets that are no part of what a picture shows or sounds like.
_NO_ELEMENT: Final = frozenset({"lut", "caption", "package", "data"})
_ELEMENTS: Final = frozenset(
    {
        "image", "image_sequence", "video", "audio", "music", "text", "script", "storyboard", "model_3d", "motion", "texture", "cut",
        "timeline", "mix", "scan",
    }
)  # fmt: skip
_UNFINISHED: Final = frozenset({"ideation", "previs", "temp"})
_DIRECTOR: Final = frozenset({"director"})
#: Outcomes of a consultation that are an answer to what was advised.
_ANSWERED: Final = frozenset({"agreed", "advice_taken", "advice_declined"})


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return what the directors' rules look at."""
    return {
        "directed_duties": _duties(world),
        "creative_uses": [
            one for view in (*lineage_of(world, "asset"), *_bare_runs(world)) if (one := _creative_use(world, view)) is not None
        ],
        "guild_meetings": _meetings(world),
        "training_programmes": _programmes(world),
    }


# --- duties ------------------------------------------------------------------------------------------------------------


def _duties(world: World) -> list[Fact]:
    """Duties and credits of directors and those who work with them, each with whether a system stands in a person's place."""
    assigned = [_duty(world, view, str(view.details.get("duty", ""))) for view in _of_title(world, "duty_assignment")]
    credited = [_duty(world, view, str(view.details.get("role", ""))) for view in _of_title(world, "credit")]
    return assigned + [one for one in credited if one.get("directing") is not False]


def _duty(world: World, view: View, name: str) -> Fact:
    details = view.details
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "directing": False if details.get("covered") is False else is_directing(details.get("craft"), name),
            "by_system": True if details.get("system") else (False if people.human(world, bare(details.get("person"))) else None),
            "person": ref(bare(details.get("person"))),
            "production": ref(world.production_of(view)),
            "path": world.path(view),
            "because": {"by_system": "details.person"},
        }
    )


def is_directing(craft: str | None, name: str) -> bool:
    """Tell whether a duty or credit is one the directors' agreement gives to a person: by its craft, else by its name."""
    if craft is not None:
        return titles.craft(craft) == "director"
    return bool(_DUTY.search(name)) and not _OTHER_DIRECTOR.search(name)


def _of_title(world: World, type_: str) -> list[View]:
    """Papers of a type that are asked about, or are of the title asked about."""
    return [view for view in world.library.of("evidence", type_) if world.production is None or crafts.concerns(world, view)]


# --- the use of generated material --------------------------------------------------------------------------------------


def _bare_runs(world: World) -> list[View]:
    """The runs that are asked about themselves and have put out nothing that is registered, or not yet."""
    asked = [run for run in lineage_of(world, "generation") if len(world.path(run) or ()) == 1]
    return [run for run in asked if not any(world.library.get(one.get("asset")) for one in run.body.get("outputs") or ())]


def _creative_use(world: World, view: View) -> Fact | None:
    """A generated asset, or a run that has put out none yet, as a use in a picture; None where nothing was generated."""
    runs = [view] if view.kind == "generation" else _runs(world, view)
    made = _generative(view, runs)
    if made is False:
        return None
    shown = appearances.of_asset(world, view.id)
    used_at = _used_at(world, view, runs, shown)
    production = world.production_of(view)
    path = world.path(view)
    about = {view.id, *(run.id for run in runs), *(one.id for one in shown), *(path or ())}
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "asset": ref(view) if view.kind == "asset" else None,
            "generative": made,
            "affects_creative": _affects(view, runs),
            "used_at": used_at,
            "ahead": _ahead(world, view, runs, used_at),
            "in_picture": _in_picture(world, view),
            "consultations": [_consultation(one, used_at) for one in _talks(world, production) if not one.narrow or one.narrow & about],
            "sign_offs": [
                *(found for name in sorted(about & _signed(world).keys()) for found in _signed(world)[name]),
                *(one for one in _signed(world).get(str(production), ()) if times.not_after(used_at, one.get("signed_at"))),
            ],
            "production": ref(production),
            "dates": {} if used_at is None else {"use": used_at, "generation": used_at},
            "path": path,
            "because": None
            if made and used_at
            else {"generative": "origin", "used_at": "generated_at", "affects_creative": "creative_elements"},
        }
    )


def _runs(world: World, view: View) -> list[View]:
    named = [
        found for one in view.body.get("parents") or () if (found := world.library.get(one.get("record"))) and found.kind == "generation"
    ]
    made = world.library.about(view.id, "generation", roles=("output",))
    return [run for _, run in sorted({run.key: run for run in (*named, *made)}.items())]


def _generative(view: View, runs: Sequence[View]) -> times.Tri:
    if any(part(run.body, "tool").get("tool_class") not in written.NOT_GENERATIVE for run in runs):
        return True
    if runs or view.body.get("ai") == "none":
        return False
    origin = view.body.get("origin")
    if origin is not None or view.body.get("ai"):
        whole = view.type in ("cut", "timeline", "mix") and origin != "generated"
        return (origin in ("generated", "mixed") or view.body.get("ai") == "generative") and not whole
    return False if view.body.get("ranges") or any(one.get("record") for one in view.body.get("parents") or ()) else None


def _used_at(world: World, view: View, runs: Sequence[View], shown: Sequence[View]) -> str | None:
    """When the material was first used: as stated of its appearances, else when it was generated."""
    stated = times.earliest([times.text(one.body.get("first_use_at")) for one in shown])
    made = [times.text(run.body.get("started_at")) or times.text(run.body.get("generated_at")) for run in runs]
    return stated or times.earliest(made) or (world.at if _planned(view, runs) else times.text(view.body.get("created_at")))


def _planned(view: View, runs: Sequence[View]) -> bool:
    return view.id.startswith("planned") or any(run.id.startswith("planned") for run in runs)


def _ahead(world: World, view: View, runs: Sequence[View], used_at: str | None) -> bool:
    """Tell whether the use is still to come; what is recorded without a day has been made, whenever that was."""
    return _planned(view, runs) or (used_at is not None and times.not_after(used_at, world.at) is False)


def _affects(view: View, runs: Sequence[View]) -> times.Tri:
    """Tell whether the output has a part in a creative element: as stated of its runs, else by what it is."""
    stated = [run.body["creative_elements"] for run in runs if run.body.get("creative_elements") is not None]
    if stated:
        return any(stated) or (None if len(stated) < len(runs) else False)
    if view.kind == "generation":
        return bool({*view.body["modalities"]} - {"code"}) if view.body.get("modalities") else None
    if view.body.get("element") or view.body.get("department") or view.type in _ELEMENTS:
        return True
    return False if view.type in _NO_ELEMENT else None


def _in_picture(world: World, view: View) -> bool:
    """Tell whether the asset is meant for the picture itself, and not only for finding it."""
    return world.intent.get("purpose") != "temp" and view.body.get("stage") not in _UNFINISHED and view.body.get("version_state") != "temp"


@dataclass(frozen=True, slots=True)
class Talk:
    """A consultation under the directors' agreement, whatever use it is set against; `narrow` are the records it is only about."""

    narrow: frozenset[str]
    held_at: str | None
    fact: Fact


def _talks(world: World, production: str | None) -> list[Talk]:
    """Return the consultations about a title; one that names another guild is under another agreement."""
    return world.once(
        "director's consultations", production, lambda: [_talk(world, view, production) for view in _of_guild(world, production)]
    )


def _of_guild(world: World, production: str | None) -> list[View]:
    return [
        view
        for view in world.library.of("evidence", "consultation")
        if papers.short_name(str(view.details.get("guild", "dga"))) == "dga"
        and (production is None or crafts.concerns(world, view, production))
    ]


def _talk(world: World, view: View, production: str | None) -> Talk:
    """A consultation: was it held, with the director, and was it an exchange."""
    details = view.details
    subjects = {str(bare(one)) for one in view.body.get("subjects") or ()}
    proposed, held = times.text(details.get("proposed_at")), times.text(details.get("held_at"))
    meant = papers.confirmed(papers.attestations(world, (view.id,), ("meaningful_consultation",)), "meaningful_consultation")
    fact = compact(
        {
            "id": view.id,
            "held": world.past(held) if held else False,
            "held_at": held,
            "with_director": _with_director(world, bares(details.get("people")), production),
            "proposed": written.by(proposed, held) if proposed else False,
            "advice": bool(details.get("advice")) or meant is True,
            "response": bool(details.get("response")) or details.get("outcome") in _ANSWERED or meant is True,
            "hollow": meant is False,
            "because": {"with_director": "details.people"},
        }
    )
    return Talk(frozenset(one for one in subjects if not one.startswith(("prd_", "pty_"))), held, fact)


def _consultation(talk: Talk, used_at: str | None) -> Fact:
    """A consultation set against a use: was it held before."""
    before = times.before(talk.held_at, used_at) if talk.held_at else False
    return talk.fact if before is None else {**talk.fact, "before_use": before}


def _with_director(world: World, persons: list[str] | None, production: str | None) -> times.Tri:
    """Tell whether one of these people directs the title; nobody who is engaged as something else does."""
    if persons is None:
        return None
    verdicts = [directs(world, one, production) for one in persons]
    return True if True in verdicts else (None if None in verdicts else False)


def directs(world: World, person: str | None, production: str | None) -> times.Tri:
    """Tell whether a person is the director of a title."""
    held = [
        view
        for view in world.library.about(person, "engagement", roles=("person",))
        if world.same_title(bare(view.body.get("production")), production) is not False
    ] if person else []  # fmt: skip
    categories = {view.body.get("category") for view in held}
    if categories & _DIRECTOR:
        return True
    if categories:
        return False
    view = world.library.get(person)
    return True if view and "director" in (view.body.get("occupations") or ()) else None


def _signed(world: World) -> dict[str, list[Fact]]:
    """The director's attestations that the material has stayed under the director's control, by what they are about."""
    return world.once("director's word", None, lambda: _sign_offs(world))


def _sign_offs(world: World) -> dict[str, list[Fact]]:
    views = [view for view in world.library.of("evidence", "attestation") if view.details.get("kind") == "director_control"]
    targets = sorted({str(bare(one)) for view in views for one in view.body.get("subjects") or ()})
    return {one: [_sign_off(world, found) for found in papers.attestations(world, (one,), ("director_control",))] for one in targets}


def _sign_off(world: World, attestation: Fact) -> Fact:
    view = world.library.get(attestation["id"])
    signatory = bare(view.details.get("signatory")) if view else None
    production = world.production_of(view)
    verdict = directs(world, signatory, production) if signatory else None
    return {**attestation, "by_director": attestation.get("role") == "director" and verdict is not False}


# --- meetings and the programme ----------------------------------------------------------------------------------------


def _meetings(world: World) -> list[Fact]:
    """When the guild was last met; owed to it whether it asks or not."""
    if world.production is None:
        return []
    held = [
        date
        for view in world.library.of("evidence", "meeting")
        if papers.union_name(world, bare(view.details.get("union"))) == "dga"
        and (date := times.text(view.details.get("held_at")))
        and world.past(date)
    ]
    last = times.latest(list(held))
    first, now = moment(last), moment(world.at)
    since = (now[0] - first[0]) // DAY if first and now else 9_999
    return [
        {
            "id": f"{world.production}/meetings",
            "record": world.production,
            "union": "dga",
            "days_since_last": since,
            "production": ref(world.production),
            "dates": {"request": world.at},
        }
    ]


def _programmes(world: World) -> list[Fact]:
    """The employer's training programme, of each title that the directors' agreement binds."""
    title = world.library.get(world.production)
    bound: list[Any] = [one for one in titles.bindings(world, title.id) if one.get("agreement") == "dga-ba"] if title else []
    if title is None or not bound:
        return []
    opened = [
        view.id
        for view in world.library.of("evidence", "employment_programme")
        if view.details.get("kind") == "training_programme"
        and world.past(times.text(view.details.get("starts_at")))
        and not crafts.of_others(world, view, title.id)
    ]
    return [
        {
            "id": f"{title.id}/training-programme",
            "record": title.id,
            "opened": sorted(opened),
            "production": ref(title),
            "dates": {"request": world.at},
        }
    ]
