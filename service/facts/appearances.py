"""Appearances, uses of people, synthetic performers and named prompts: what the agreements call a use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from schemas import vocabulary
from service.facts import classify, consents, exemptions, papers, people, times, titles
from service.facts.consents import Use
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, part, ref

NEEDED: Final = {"alteration": ("alteration",), "dub": ("dub",)}
PERFORMED: Final = frozenset({"new_performance", "background_fill", "trailer", "advertisement", "still", "stunt", "archive"})
_HUMAN_VOICES: Final = ("human_performer", "own_recording")
_VOICES: Final = frozenset({"voice", "singing_voice"})
#: Alterations that leave the voice as it is.
_SILENT: Final = frozenset(
    {
        "appearance_fix", "costume_fix", "retiming", "continuity_repair", "effects", "filter", "dub_lip_adjustment", "dub_face_adjustment",
        "dub_body_adjustment", "age_change", "face_replacement", "body_replacement", "expression_change", "nudity", "removal",
    }
)  # fmt: skip


def of_asset(world: World, asset: str) -> list[View]:
    """Return the appearances in an asset."""
    return world.library.about(asset, "appearance", roles=("asset",))


def every(world: World) -> list[View]:
    """Return the appearances in the assets of the lineage."""
    assets = _assets(world)
    return [view for view in world.library.of("appearance") if view.key in world.library.lineage or bare(view.body.get("asset")) in assets]


def _assets(world: World) -> set[str]:
    return {world.library.views[key].id for key in world.library.lineage if world.library.views[key].kind == "asset"}


def generation_of(world: World, view: View) -> View | None:
    """Return the run an appearance was made in: as it says, else the one that put out its asset."""
    return world.once("generation_of", view.key, lambda: _generation_of(world, view))


def _generation_of(world: World, view: View) -> View | None:
    named = world.library.get(view.body.get("generation"))
    if named:
        return named
    asset = bare(view.body.get("asset"))
    made = world.library.about(asset, "generation", roles=("output",)) if asset else []
    return made[-1] if made else None


def generated_at(world: World, view: View) -> str | None:
    """Return when an appearance was generated; the instant asked for while that is still planned, or goes on in real time."""
    return world.once("generated_at", view.key, lambda: _generated_at(world, view))


def _generated_at(world: World, view: View) -> str | None:
    if view.body.get("real_time") is True:
        return world.at
    run = generation_of(world, view)
    known = times.text(view.body.get("generated_at")) or (
        times.text(run.body.get("generated_at")) or times.text(run.body.get("started_at")) if run else None
    )
    if known is None and (view.id.startswith("planned") or (run and run.id.startswith("planned"))):
        return world.at
    return known


def ahead(world: World, view: View) -> times.Tri:
    """Tell whether the use is still to come: a planned one is, and one dated after the instant asked for."""
    run = generation_of(world, view)
    if view.id.startswith("planned") or (run and run.id.startswith("planned")) or view.body.get("real_time") is True:
        return True
    made = generated_at(world, view)
    return None if made is None else times.not_after(made, world.at) is False


def named_people(world: World, view: View) -> list[str]:
    """Return the people at whom the prompts of an appearance aim by name, nickname or reference."""
    run = generation_of(world, view)
    entities = run.body.get("prompt_entities") or () if run else ()
    return sorted({str(bare(one["person"])) for one in entities if one.get("person") and one.get("style_only") is not True})


def common(world: World, view: View) -> Fact:
    """Return what every element about an appearance has: asset, title, dates, language, flags."""
    return world.once("common", view.key, lambda: _common(world, view))


def _common(world: World, view: View) -> Fact:
    body, production = view.body, world.production_of(view)
    role = world.library.get(body.get("role"))
    made = generated_at(world, view)
    shift = part(body, "age_shift")
    return {
        "record": view.id,
        "asset": ref(bare(body.get("asset"))),
        "production": ref(production),
        "type": body["type"],
        "in_human_role": body.get("in_human_role", role.body.get("human") if role else None),
        "language": body.get("language"),
        "voice_source": body.get("voice_source"),
        "voiced_by": bares(body.get("voiced_by")),
        "alteration_kinds": body.get("alteration_kinds"),
        "alteration": body["type"] == "alteration",
        "ordinary_finishing": classify.finishing(body) if body["type"] == "alteration" else False,
        "dub_or_double": body["type"] == "dub" or not set(vocabulary.DUBBING).isdisjoint(body.get("alteration_kinds") or ()),
        "content_flags": body.get("content_flags"),
        "depicts_minor": shift.get("depicts_minor", False if shift.get("direction") == "none" else None),
        "age_shifted": _age_shifted(body),
        "voice_touched": _voice_touched(body),
        "real_time": body.get("real_time"),
        "cut_out": body.get("in_final_cut") is False,
        "generated_at": made,
        "use_ahead": ahead(world, view),
        "script_version": bare(body.get("script_version")),
        "unscripted_lips": "dub_lip_adjustment" in (body.get("alteration_kinds") or ()) and "script_version" not in body,
        "path": _path(world, view),
    }


def _age_shifted(body: Mapping[str, Any]) -> times.Tri:
    """Tell whether somebody looks older or younger: as stated, else by the kinds of the alteration, where they are."""
    direction, kinds = part(body, "age_shift").get("direction"), body.get("alteration_kinds")
    if direction is not None or not kinds:
        return None if direction is None else direction != "none"
    return True if "age_change" in kinds else (None if "other" in kinds else False)


def _voice_touched(body: Mapping[str, Any]) -> bool:
    """Tell whether a voice may have been made or changed: not where what was replicated or altered is stated, and it is something else."""
    modalities, kinds = body.get("modalities"), body.get("alteration_kinds")
    silent = bool(modalities) and _VOICES.isdisjoint(modalities or ())
    return "voice_source" in body or not (silent or (kinds and _SILENT.issuperset(kinds)))


def _path(world: World, view: View) -> list[str] | None:
    asset = world.library.get(bare(view.body.get("asset")))
    return (world.path(asset) or [asset.id]) + [view.id] if asset else None


def dates(world: World, view: View, replica: View | None, engagement: View | None) -> Fact:
    """Return the dates that decide which edition governs."""
    made = generated_at(world, view)
    created = times.text(replica.body.get("created_at")) if replica else None
    return compact(
        {
            "use": made,
            "generation": made,
            "creation": created or made,
            "custody": created,
            "deal": made,
            "contract": times.text(engagement.body.get("contract_date")) if engagement else None,
            "release": world.at if world.outward else None,
        }
    )


def appearance(world: World, view: View) -> Fact:
    """Return an appearance as an element: its family, and whether people have settled it."""
    person = person_of(world, view)
    base = common(world, view)
    production = world.production_of(view)
    replica = world.library.get(view.body.get("replica"))
    found = classify.family(world, view, person, production)
    kind = None if classify.undecided(world, view, replica) else _classification(world, view, found)
    held = people.engagements(world, person, production)
    named = named_people(world, view)
    return compact(
        {
            "id": view.id,
            **base,
            "person": ref(person),
            "replica": ref(replica),
            "digital": classify.digital(world, view),
            "classification": kind,
            "no_scan": bool(found.no_scan),
            "classification_conflict": found.conflict,
            "recognition_settled": classify.settled(world, view, kind, named),
            "references_person": _references_person(world, view, person),
            "performer_in_open_role": base["in_human_role"] is None
            and person is not None,  # it shows a performer: no creature made without one
            "dates": dates(world, view, replica, held[0] if held else None),
            "consents": consents.seen_from(world, use_of(world, view, person, production)) if person and _changed(base) else [],
            "attestations": papers.attestations(world, (view.id,)),
            "exemptions": exemptions.of_appearance(world, view),
            "lines": titles.lines(world, held),
        }
    )


def _changed(base: Fact) -> bool:
    """Only of an alteration or a dub do rules ask what its consents say; of everything else they ask its uses."""
    return bool(base["alteration"] or base["dub_or_double"])


def _classification(world: World, view: View, found: classify.Family) -> str | None:
    """The family in a word; a role that is not human, or nobody in particular, has families of its own."""
    if found.kind:
        return found.kind
    if view.body["type"] in ("alteration", "dub") and not view.body.get("replica"):
        return str(view.body["type"])
    if found.no_scan:
        held = people.engagements(world, person_of(world, view), world.production_of(view))
        return "badr" if people.background(held) else "ebdr"
    base = synthetic_facts(world, view)
    if base["in_human_role"] is False and person_of(world, view) is None:
        return "non_human"
    if base["in_human_role"] and base["nobody_plays"] and base["nobody_voices"] is not False and person_of(world, view) is None:
        return "synthetic"
    return None


def _references_person(world: World, view: View, person: str | None) -> times.Tri:
    run = generation_of(world, view)
    if person or view.body.get("voiced_by"):
        return True
    if run is None or run.body.get("prompt_entities") is None:
        return None
    return bool(named_people(world, view))


def person_of(world: World, view: View) -> str | None:
    """Return the person an appearance shows: as stated, else the one its replica is of."""
    named = bare(view.body.get("person"))
    replica = world.library.get(view.body.get("replica"))
    return named or (bare(replica.body.get("person")) if replica else None)


def replicates(world: World, view: View, person: str) -> times.Tri:
    """Tell whether an appearance replicates the person it shows."""
    body = view.body
    if body.get("replica") or _given(world, view, person):
        return True
    if body["type"] in ("performance", "score", "text", "synthetic"):
        return False
    if body["type"] == "alteration":
        return not set(body.get("alteration_kinds") or ()).isdisjoint(
            {"voice_replacement", "face_replacement", "performance_transfer", "new_dialogue"}
        )
    if body["type"] == "dub":
        voice = body.get("voice_source")
        return None if voice is None else voice == "replica"
    made = classify.digital(world, view)
    if body["type"] not in PERFORMED or made is False:
        return made
    return True if made and person else made


def _given(world: World, view: View, person: str | None) -> bool:
    """Tell whether the run an appearance was made in was given a replica of the person, whatever the appearance says."""
    run = generation_of(world, view)
    named = [*(run.body.get("replicas") or ()), *(one.get("replica") for one in run.body.get("inputs") or ())] if run else []
    return any(bare(one.body.get("person")) == person for one in map(world.library.get, named) if one)


def use_of(world: World, view: View, person: str | None, production: str | None) -> Use:
    """Return what is done with a person in an appearance, in the words that a consent's scope has."""
    return world.once("use_of", (view.key, person, production), lambda: _use_of(world, view, person, production))


def _use_of(world: World, view: View, person: str | None, production: str | None) -> Use:
    body = view.body
    production_view = world.library.get(production)
    spoken = production_view.body.get("languages") if production_view else None
    original = body.get("original_language")
    language = body.get("language")
    foreign = (
        body["type"] == "dub"
        or bool(original and language and original != language)
        or bool(spoken and language and language not in spoken)
    )
    return Use(
        id=view.id,
        person=person,
        production=production,
        at=generated_at(world, view),
        purposes=NEEDED.get(body["type"], ("use",)),
        role=bare(body.get("role")),
        scenes=_tuple(body.get("scenes")),
        modalities=_modalities(world, body),
        language=language,
        dubbed=foreign,
        alterations=_tuple(body.get("alteration_kinds")),
        real_time=body.get("real_time"),
        content_flags=_tuple(body.get("content_flags")),
        replica=bare(body.get("replica")),
        advertising=bool(body.get("advertising") or body["type"] == "advertisement"),
    )


def _modalities(world: World, body: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What is shown or heard of the person: as stated, else everything that the replica replicates."""
    replica = world.library.get(body.get("replica"))
    known = body.get("modalities") or (replica.body.get("modalities") if replica else None)
    if known is None and replica is not None and replica.body.get("kind") == "vocal":
        return ("voice",)
    return _tuple(known)


def _tuple(values: Any) -> tuple[str, ...] | None:
    return tuple(values) if isinstance(values, list) else None


def synthetic_facts(world: World, view: View) -> Fact:
    """Return the facts that make a synthetic performer: a human part, nobody hired for it, nobody's voice."""
    body = view.body
    role = world.library.get(body.get("role"))
    played = role.body.get("played_by") if role else None
    voiced = body.get("voiced_by", role.body.get("voiced_by") if role else None)
    silent: times.Tri = (
        True if body.get("voice_source") in classify.VOICELESS else False if body.get("voice_source") in _HUMAN_VOICES else None
    )
    human = body.get("in_human_role", role.body.get("human") if role else None)
    shown = person_of(world, view)
    nobody = False if shown else (None if played is None and body["type"] != "synthetic" else not played)
    covered = role.body.get("would_otherwise_be_covered") if role else None
    return {
        "in_human_role": human,
        "nobody_plays": nobody,
        "nobody_voices": silent if voiced is None else not voiced,
        "would_be_covered": covered if covered is not None else (True if human else None),
    }
