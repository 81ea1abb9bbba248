"""What the television animation agreement asks about: names in prompts, whose voice it is, voices that nobody speaks, dubs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from service.facts import appearances, classify, consents, papers, people, synthetics, times, titles, unions
from service.facts.areas.voice_credits import LINES, regular_meetings, voice_credits
from service.facts.consents import Use
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.replications import stands
from service.facts.world import Fact, World, bare, bares, compact, part, ref

UNION: Final = ("sagaftra", "screenactorsguild")

_COLLECTIONS: Final = ("named_prompts", "voice_origins", "synthetic_voices", "foreign_versions", "voice_credits", "regular_meetings")
_PERFORMING: Final = frozenset({"performer", "background", "stunt", "voice", "singer", "dancer", "public_figure"})
_HUMAN: Final = frozenset({"human_performer", "own_recording"})
_VOICES: Final = frozenset({"voice", "singing_voice"})
_SILENT: Final = frozenset({"image", "text", "document", "model_3d", "font", "lut"})
_OF_VOICE: Final = frozenset({"voice_replacement", "new_dialogue", "changed_dialogue", "performance_transfer"})
_NOT_GENERATIVE: Final = frozenset({"traditional", "processing", "analysis"})


def collections(world: World, shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return what the agreement asks about, of titles that it may govern."""
    if not unions.touches(world, LINES):
        return {name: [] for name in _COLLECTIONS}
    mine = [view for view in shown if unions.may_govern(world, world.production_of(view), LINES, _held(world, view))]
    runs = [view for view in lineage_of(world, "generation") if unions.may_govern(world, _title_of(world, view), LINES)]
    return {
        "named_prompts": [one for run in runs for one in named_prompts(world, run)],
        "voice_origins": [one for view in mine for one in voice_origins(world, view)],
        "synthetic_voices": [one for view in mine if (one := synthetic_voice(world, view))],
        "foreign_versions": foreign_versions(world, mine),
        "voice_credits": voice_credits(world, shown),
        "regular_meetings": regular_meetings(world),
    }


def _held(world: World, view: View) -> list[str] | None:
    """The agreements that the engagements of the person shown name."""
    return _lines(world, appearances.person_of(world, view), world.production_of(view))


def _lines(world: World, person: str | None, production: str | None) -> list[str] | None:
    return titles.lines(world, people.engagements(world, person, production))


# --- names in prompts -------------------------------------------------------------------------------------------


def _shown_by(world: World, run: View) -> list[View]:
    assets = [bare(one.get("asset")) for one in run.body.get("outputs") or ()]
    found = [view for asset in assets if asset for view in appearances.of_asset(world, asset)]
    found += world.library.about(run.id, "appearance", roles=("generated_in",))
    return list({view.key: view for view in found}.values())


def _title_of(world: World, run: View) -> str | None:
    shown = _shown_by(world, run)
    return world.production_of(shown[0] if shown else run)


def named_prompts(world: World, run: View) -> list[Fact]:
    """Return each person whose name a prompt uses, also for a style and also for the person's own replica."""
    if part(run.body, "tool").get("tool_class") in _NOT_GENERATIVE:
        return []
    entities = run.body.get("prompt_entities")
    if entities is None:
        unsaid = {"id": f"{run.id}/names", "record": run.id, "because": {"named": "prompt_entities"}, "dates": _dates(_made(world, run))}
        return [compact({**unsaid, "production": ref(_title_of(world, run)), "path": world.path(run)})]
    return [_named(world, run, entity, number) for number, entity in enumerate(entities) if _aims(world, entity)]


def _made(world: World, run: View) -> str:
    return times.text(run.body.get("generated_at")) or times.text(run.body.get("started_at")) or world.at


def _dates(when: str | None) -> Fact:
    return compact({"use": when, "generation": when})


def _aims(world: World, entity: Mapping[str, Any]) -> bool:
    """Tell whether an entity is about a performer: anybody but a person who is stated to do something else."""
    person = world.library.get(entity.get("person"))
    if person is None:
        return "person" in entity or ("character" not in entity and entity.get("name_used") is True)
    occupations = person.body.get("occupations")
    other = occupations is not None and "*" not in occupations and _PERFORMING.isdisjoint(occupations)
    return person.type == "person" and not (other and not world.library.about(person.id, "engagement", roles=("person",)))


def _named(world: World, run: View, entity: Mapping[str, Any], number: int) -> Fact:
    person, production, made = bare(entity.get("person")), _title_of(world, run), _made(world, run)
    own = any(appearances.person_of(world, view) == person for view in _shown_by(world, run)) and person is not None
    seen = consents.seen_from(world, Use(run.id, person, production, made, ("synthetic_feature", "use") if own else ("synthetic_feature",)))
    by_name = entity.get("name_used", True if entity.get("style_only") else None)
    return compact(
        {
            "id": f"{run.id}/{number}",
            "record": run.id,
            "person": ref(person),
            "production": ref(production),
            "named": True if entity.get("nickname_used") else by_name,
            "by_name": by_name is True,
            "consents": [{**one, "to_prompting": _to_prompting(world, one), "stands": stands(one)} for one in seen],
            "use_ahead": run.id.startswith("planned") or times.not_after(made, world.at) is False,
            "dates": _dates(made),
            "path": world.path(run),
            "because": {"named": f"prompt_entities.{number}.name_used"},
        }
    )


def _to_prompting(world: World, seen: Fact) -> times.Tri:
    """Tell whether a consent speaks of prompts: of lending features, or of a use of the name."""
    if seen.get("for_purpose") is not False:
        return bool(seen["for_purpose"]) if "for_purpose" in seen else None
    view = world.library.get(seen["id"])
    scope = part(view.body, "scope") if view else {}
    named = {*(scope.get("modalities") or ()), *(scope.get("features") or ())}
    return "use" in (seen.get("purposes") or ()) and "name" in named


# --- whose voice it is ------------------------------------------------------------------------------------------


def voiced(world: World, view: View) -> times.Tri:
    """Tell whether a made voice is heard in an appearance."""
    body, replica = view.body, world.library.get(view.body.get("replica"))
    source, asset = body.get("voice_source"), world.library.get(bare(body.get("asset")))
    if source is not None:
        return source not in _HUMAN and source != "none"
    if body["type"] == "alteration":
        return not _OF_VOICE.isdisjoint(body.get("alteration_kinds") or ())
    named = body.get("modalities", replica.body.get("modalities") if replica else None)
    if named is not None:
        return "*" in named or not _VOICES.isdisjoint(named)
    if replica and replica.body.get("kind") in ("vocal", "visual"):
        return bool(replica.body["kind"] == "vocal")
    kind = asset.type if asset else None
    return True if kind == "audio" else False if kind in _SILENT else None


def voice_origins(world: World, view: View) -> list[Fact]:
    """Return each person whose voice may stand behind a made voice: by the records, or by what people hear."""
    heard = voiced(world, view)
    if heard is False or classify.digital(world, view) is False:
        return []
    by_records, by_ear = _recorded(world, view), _heard(world, view)
    found = [
        _origin(world, view, person, heard, recorded=person in by_records, alike=by_ear.get(person, False))
        for person in sorted({*by_records, *by_ear})
    ]
    if not by_records and _unsaid(world, view):
        found.append({**_origin(world, view, None, heard, recorded=None, alike=False), "because": {"by_records": _unsaid(world, view)}})
    elif not found and heard and _unheard(view):
        found.append({**_origin(world, view, None, heard, recorded=False, alike=None), "because": {"sounds_alike": "sounds_like"}})
    return found


def _unheard(view: View) -> bool:
    """Tell whether nobody has said if a voice that is nobody's recalls anybody: no character's, and no person's either."""
    return not view.body.keys() & {"sounds_like", "recognisable_people", "votes", "recognisable_features"}


def _recorded(world: World, view: View) -> set[str]:
    """The people whom contracts, sessions, inputs and models show to stand behind the voice."""
    run = appearances.generation_of(world, view)
    found = {appearances.person_of(world, view)} if view.body.get("voice_source") not in ("synthetic", "text_to_speech") else set()
    replica = world.library.get(view.body.get("replica"))
    found.add(bare(replica.body.get("person")) if replica else None)
    for one in (run.body.get("inputs") or ()) if run else ():
        if one.get("role") == "voice":
            built = world.library.get(one.get("replica"))
            found |= {*(bares(one.get("people")) or ()), bare(built.body.get("person")) if built else None}
    for model in _voice_models(world, run):
        replicas = [world.library.get(one) for one in model.body.get("replicas") or ()]
        found |= {*(bares(model.body.get("people")) or ()), *(bare(one.body.get("person")) for one in replicas if one)}
    return {one for one in found if one and one != "*"}


def _voice_models(world: World, run: View | None) -> list[View]:
    named = [world.library.get(one.get("model")) for one in run.body.get("models") or ()] if run else []
    return [model for model in named if model and (model.type == "voice" or "voice" in (model.body.get("modalities") or ()))]


def _unsaid(world: World, view: View) -> str | None:
    """The field that would tell whose voice was used, where nobody has said."""
    if view.body.get("voice_source") == "replica":
        return "replica"
    models = _voice_models(world, appearances.generation_of(world, view))
    return "models.people" if any(model.body.get("people") is None for model in models) else None


def _heard(world: World, view: View) -> dict[str, times.Tri]:
    """The people whom somebody has, or has not, heard in the voice, and those who voice a character that it recalls."""
    found: dict[str, times.Tri] = {}
    votes = [*(view.body.get("recognisable_features") or ()), *(view.body.get("votes") or ())]
    for person in sorted({str(bare(one["person"])) for one in votes if one.get("feature") == "voice" and one.get("person")}):
        found[person] = classify.recognised(view, person, ("voice",))
    for one in view.body.get("sounds_like") or ():
        role = world.library.get(one)
        found |= dict.fromkeys(_voices_of(role) if role else [], True)
    return found


def _voices_of(role: View) -> list[str]:
    return (bares(part(role.body, "character").get("voiced_by")) or []) + (bares(role.body.get("voiced_by")) or [])


def _origin(world: World, view: View, person: str | None, heard: times.Tri, *, recorded: times.Tri, alike: times.Tri) -> Fact:
    production, made = world.production_of(view), appearances.generated_at(world, view)
    used = appearances.use_of(world, view, person, production)
    return compact(
        {
            "id": f"{view.id}/{person or 'voice'}",
            **_of_view(world, view),
            "person": ref(person),
            "lines": _lines(world, person, production),
            "voiced": heard,
            "by_records": recorded,
            "sounds_alike": alike,
            "consents": [{**one, "stands": stands(one)} for one in consents.seen_from(world, used)],
            "payments": papers.payments(world, person, production, (view.id, bare(view.body.get("replica")), bare(view.body.get("asset")))),
            "dates": _dates(made),
            "because": {"voiced": "voice_source", "sounds_alike": "votes"},
        }
    )


def _of_view(world: World, view: View) -> Fact:
    asset = world.library.get(bare(view.body.get("asset")))
    return {
        "record": view.id,
        "asset": ref(asset),
        "production": ref(world.production_of(view)),
        "use_ahead": appearances.ahead(world, view),
        "path": (world.path(asset) or [asset.id]) + [view.id] if asset else None,
    }


# --- voices that nobody speaks ----------------------------------------------------------------------------------


def synthetic_voice(world: World, view: View) -> Fact | None:
    """Return a voice of human or other character that a generator may speak in a voice actor's place; None where it is none."""
    spoken = _generated_voice(world, view)
    if spoken is False:
        return None
    body, production = view.body, world.production_of(view)
    about = (view.id, bare(body.get("asset")), bare(body.get("role")))
    told = unions.told(world, (*about, production), ("synthetic",), production, LINES, UNION)
    talks = {one.key: one for name in (*about, *(one["id"] for one in told)) if name for one in _bargaining(world, name)}
    talks |= {one.key: one for one in synthetics.title_wide(world, production) if one.type == "bargaining"}
    made = times.text(body.get("first_use_at")) or appearances.generated_at(world, view) or world.at
    return compact(
        {
            "id": view.id,
            **_of_view(world, view),
            "generated": spoken,
            "notices": told,
            "bargaining": [_talks(world, one) for _, one in sorted(talks.items())],
            "used_at": made,
            "dates": _dates(made),
            "because": {"generated": "voice_source" if "voice_source" not in body else "tool_class"},
        }
    )


def _generated_voice(world: World, view: View) -> times.Tri:
    body, run = view.body, appearances.generation_of(world, view)
    source = body.get("voice_source")
    tool = body.get("tool_class") or (part(run.body, "tool").get("tool_class") if run else None)
    if source is not None:
        if source not in ("synthetic", "text_to_speech") or tool in _NOT_GENERATIVE:
            return False
        return True if source == "synthetic" or tool in ("generative", "live") else None
    spoken_for = appearances.person_of(world, view) or body.get("voiced_by")
    if spoken_for or body["type"] in ("score", "text", "alteration", "background_fill", "performance"):
        return False
    return None if classify.digital(world, view) is not False and voiced(world, view) is not False else False


def _bargaining(world: World, target: str) -> list[View]:
    return world.library.about(target, "evidence", "bargaining")


def _talks(world: World, view: View) -> Fact:
    """An outcome counts from the day the talks closed; where they ended without one, labour relations vouches for good faith."""
    details = view.details
    closed = times.text(details.get("closed_at"))
    attested = papers.attestations(world, (view.id,), ("good_faith_bargaining",))
    return compact(
        {
            "id": view.id,
            "outcome": details.get("outcome") if closed is None or world.past(closed) else "open",
            "good_faith": papers.confirmed(attested, "good_faith_bargaining") is True,
        }
    )


# --- other languages --------------------------------------------------------------------------------------------


def foreign_versions(world: World, shown: Sequence[View]) -> list[Fact]:
    """Return each performance that was turned into another language, once for each person, title and language."""
    found: dict[tuple[Any, ...], Fact] = {}
    for view in shown:
        spoken, turned = view.body.get("language"), _turned(view)
        if turned is not False and view.body.get("in_final_cut") is not False:
            person, production = appearances.person_of(world, view), world.production_of(view)
            found.setdefault((person or view.id, production, spoken, turned), _version(world, view, person, turned))
    return list(found.values())


def _turned(view: View) -> times.Tri:
    """Tell whether a performance was digitally turned into another language; a human dubbing voice is not."""
    body = view.body
    original, spoken = body.get("original_language"), body.get("language")
    if body["type"] != "dub" and not (original and spoken and original != spoken):
        return False
    source = body.get("voice_source")
    if source is None:
        return True if body.get("replica") else None
    return source not in _HUMAN and source != "none"


def _version(world: World, view: View, person: str | None, turned: times.Tri) -> Fact:
    language, made = view.body.get("language"), appearances.generated_at(world, view)
    return compact(
        {
            "id": view.id,
            **_of_view(world, view),
            "person": ref(person),
            "lines": _lines(world, person, world.production_of(view)),
            "language": language,
            "turned": turned,
            "flags": [_flag(world, one, language) for one in papers.flags(world, person, world.production_of(view))],
            "dates": compact({**_dates(made), "release": world.at if world.outward else None}),
            "because": {"turned": "voice_source"},
        }
    )


def _flag(world: World, flag: Fact, language: str | None) -> Fact:
    view = world.library.get(flag["id"])
    details = view.details if view else {}
    named = details.get("language")
    same = None if named is None or language is None else named.partition("-")[0] == language.partition("-")[0]
    return compact({**flag, "for_language": same, "territories": details.get("territories")})
