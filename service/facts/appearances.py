"""Appearances, uses of people, synthetic performers and named prompts: what the agreements call a use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from schemas import vocabulary
from service.facts import classify, consents, papers, people, times
from service.facts.consents import Use
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, part, ref

NEEDED: Final = {"alteration": ("alteration",), "dub": ("dub",)}
PERFORMED: Final = frozenset({"new_performance", "background_fill", "trailer", "advertisement", "still", "stunt", "archive"})
_HUMAN_VOICES: Final = ("human_performer", "own_recording")


def of_asset(world: World, asset: str) -> list[View]:
    """Return the appearances in an asset."""
    return world.library.about(asset, "appearance", roles=("asset",))


def every(world: World) -> list[View]:
    """Return the appearances in the assets of the lineage."""
    return [view for view in world.library.of("appearance") if view.key in world.library.lineage or bare(view.body.get("asset")) in _assets(world)]


def _assets(world: World) -> set[str]:
    return {world.library.views[key].id for key in world.library.lineage if world.library.views[key].kind == "asset"}


def generation_of(world: World, view: View) -> View | None:
    """Return the run an appearance was made in: as it says, else the one that put out its asset."""
    named = world.library.get(view.body.get("generation"))
    if named:
        return named
    asset = bare(view.body.get("asset"))
    made = world.library.about(asset, "generation", roles=("output",)) if asset else []
    return made[-1] if made else None


def generated_at(world: World, view: View) -> str | None:
    """Return when an appearance was generated; the instant asked for while that is still planned."""
    run = generation_of(world, view)
    known = times.text(view.body.get("generated_at")) or (times.text(run.body.get("generated_at")) or times.text(run.body.get("started_at")) if run else None)
    if known is None and (view.id.startswith("planned") or (run and run.id.startswith("planned"))):
        return world.at
    return known


def ahead(world: World, view: View) -> times.Tri:
    """Tell whether the use is still to come: a planned one is, and one dated after the instant asked for."""
    run = generation_of(world, view)
    if view.id.startswith("planned") or (run and run.id.startswith("planned")):
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
    body, production = view.body, world.production_of(view)
    role = world.library.get(body.get("role"))
    made = generated_at(world, view)
    shift = part(body, "age_shift")
    age = shift.get("direction")
    return {
        "record": view.id, "asset": ref(bare(body.get("asset"))), "production": ref(production), "type": body["type"],
        "in_human_role": body.get("in_human_role", role.body.get("human") if role else None),
        "language": body.get("language"), "voice_source": body.get("voice_source"), "voiced_by": bares(body.get("voiced_by")),
        "alteration_kinds": body.get("alteration_kinds"), "alteration": body["type"] == "alteration",
        "ordinary_finishing": classify.finishing(body) if body["type"] == "alteration" else False,
        "dub_or_double": body["type"] == "dub" or not set(vocabulary.DUBBING).isdisjoint(body.get("alteration_kinds") or ()),
        "content_flags": body.get("content_flags"), "depicts_minor": shift.get("depicts_minor", False if age == "none" else None),
        "age_shifted": None if age is None else age != "none", "real_time": body.get("real_time"), "cut_out": body.get("in_final_cut") is False,
        "generated_at": made, "use_ahead": ahead(world, view), "script_version": bare(body.get("script_version")),
        "unscripted_lips": "dub_lip_adjustment" in (body.get("alteration_kinds") or ()) and "script_version" not in body,
        "path": _path(world, view),
    }  # fmt: skip


def _path(world: World, view: View) -> list[str] | None:
    asset = world.library.get(bare(view.body.get("asset")))
    return (world.path(asset) or [asset.id]) + [view.id] if asset else None


def dates(world: World, view: View, replica: View | None, engagement: View | None) -> Fact:
    """Return the dates that decide which edition governs."""
    made = generated_at(world, view)
    created = times.text(replica.body.get("created_at")) if replica else None
    return compact(
        {
            "use": made, "generation": made, "creation": created or made, "custody": created, "deal": made,
            "contract": times.text(engagement.body.get("contract_date")) if engagement else None,
            "release": world.at if world.outward else None,
        }
    )  # fmt: skip


def appearance(world: World, view: View) -> Fact:
    """Return an appearance as an element: its family, and whether people have settled it."""
    person = person_of(world, view)
    base = common(world, view)
    production = world.production_of(view)
    replica = world.library.get(view.body.get("replica"))
    found = classify.family(world, view, person, production)
    kind = _classification(world, view, found)
    held = people.engagements(world, person, production)
    named = named_people(world, view)
    return compact(
        {
            "id": view.id, **base, "person": ref(person), "replica": ref(replica), "digital": classify.digital(world, view),
            "classification": kind, "classification_conflict": found.conflict, "recognition_settled": classify.settled(world, view, kind, named),
            "references_person": _references_person(world, view, person), "dates": dates(world, view, replica, held[0] if held else None),
            "consents": consents.seen_from(world, _use(world, view, person, production)) if person else [],
            "attestations": papers.attestations(world, (view.id,)), "exemptions": [papers.claim(world, one) for one in papers.claims(world, view)],
        }
    )  # fmt: skip


def _classification(world: World, view: View, found: classify.Family) -> str | None:
    """The family in a word; a role that is not human, or nobody in particular, has families of its own."""
    if found.kind:
        return found.kind
    if view.body["type"] in ("alteration", "dub") and not view.body.get("replica"):
        return str(view.body["type"])
    if found.no_scan:
        return None
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


def uses(world: World, view: View) -> list[Fact]:
    """Return the uses of people in an appearance: of the person shown, and of everyone recognised or disputed."""
    shown = person_of(world, view)
    found = {shown: replicates(world, view, shown)} if shown else {}
    for person in classify.in_question(view, ()):
        if person != shown and (verdict := _recognised(view, person)) is not False:
            found[person] = verdict
    relevant = {person: verdict for person, verdict in found.items() if verdict is not False or view.body["type"] in ("alteration", "dub")}
    many = len(relevant) > 1
    return [use(world, view, person, verdict, f"{view.id}/{person}" if many and person != shown else view.id) for person, verdict in sorted(relevant.items())]


def _recognised(view: View, person: str) -> times.Tri:
    """A person nobody was to be: as a whole, or disputed once one feature is recognised."""
    verdict = classify.whole(view, person)
    if verdict is None and classify.recognised(view, person, vocabulary.FEATURES) is False:
        return False
    return verdict


def replicates(world: World, view: View, person: str) -> times.Tri:
    """Tell whether an appearance replicates the person it shows."""
    body = view.body
    if body.get("replica"):
        return True
    if body["type"] in ("performance", "score", "text", "synthetic"):
        return False
    if body["type"] == "alteration":
        return not set(body.get("alteration_kinds") or ()).isdisjoint({"voice_replacement", "face_replacement", "performance_transfer", "new_dialogue"})
    if body["type"] == "dub":
        voice = body.get("voice_source")
        return None if voice is None else voice == "replica"
    made = classify.digital(world, view)
    if body["type"] not in PERFORMED or made is False:
        return made
    return True if made and person else made


def _use(world: World, view: View, person: str | None, production: str | None) -> Use:
    body = view.body
    production_view = world.library.get(production)
    spoken = production_view.body.get("languages") if production_view else None
    original = body.get("original_language")
    language = body.get("language")
    foreign = body["type"] == "dub" or bool(original and language and original != language) or bool(spoken and language and language not in spoken)
    return Use(
        id=view.id, person=person, production=production, at=generated_at(world, view), purposes=NEEDED.get(body["type"], ("use",)), role=bare(body.get("role")),
        scenes=_tuple(body.get("scenes")), modalities=_tuple(body.get("modalities")), language=language, dubbed=foreign,
        alterations=_tuple(body.get("alteration_kinds")), real_time=body.get("real_time"), content_flags=_tuple(body.get("content_flags")),
        quantities={name: body[name] for name in ("seconds", "lines", "words") if name in body}, replica=bare(body.get("replica")),
        advertising=bool(body.get("advertising") or body["type"] == "advertisement"),
    )  # fmt: skip


def _tuple(values: Any) -> tuple[str, ...] | None:
    return tuple(values) if isinstance(values, list) else None


def use(world: World, view: View, person: str, verdict: times.Tri, name: str) -> Fact:
    """Return one use of one person: family, consents as they stand, estimates, pay, deals, strikes, exemptions."""
    body, base, production = view.body, common(world, view), world.production_of(view)
    replica = world.library.get(body.get("replica")) if person == person_of(world, view) else None
    found = _family(world, view, person, production, verdict)
    held = people.engagements(world, person, production)
    made = base["generated_at"]
    about = (view.id, replica.id if replica else None, bare(body.get("asset")), *(one.id for one in held))
    needed = verdict is not False or body["type"] == "alteration"
    used = _use(world, view, person, production)
    element = {
        "id": name, **base, "person": ref(person), "replica": ref(replica), "origin": ref(bare(replica.body.get("origin_production"))) if replica else None,
        "replicates": verdict, "ebdr": found["ebdr"], "icdr": found["icdr"], "badr": found["badr"], "no_scan": found["no_scan"], "other_project": found["other_project"],
        "principal_role": _principal(world, view), "deceased": people.dead_at(world, person, made or world.at), "deceased_now": people.dead_at(world, person, world.at),
        "minor_at_capture": _minor(world, person, replica, made), "engaged_here": people.engaged(world, person, production, made or world.at),
        "engagement": ref(held[0]) if held else None, "consents": consents.seen_from(world, used), "consent_needed": needed,
        "struck_at_use": people.struck(world, production, _employers(held), made or world.at), "struck_now": people.struck(world, production, _employers(held), world.at),
        "exemptions": [papers.claim(world, one) for one in papers.claims(world, view)], "attestations": _estate(world, person, view),
        "dates": dates(world, view, replica, held[0] if held else None), **_money(world, person, production, about, made), **_backing(world, person, production, replica),
        **_platform(world, view, replica, person, production),
    }  # fmt: skip
    element["known_minor"] = element["minor_at_capture"] is True or element["depicts_minor"] is True
    return compact({**element, **_summed(element["consents"])})


def _family(world: World, view: View, person: str, production: str | None, verdict: times.Tri) -> Fact:
    """The family of the person shown; somebody who can be recognised without being meant is recreated independently."""
    if person != person_of(world, view):
        employed = people.engaged(world, person, production, classify.people_date(world, view))
        independent = False if employed is True else (verdict if employed is False else None)
        return {"ebdr": False, "icdr": independent, "badr": False, "no_scan": False, "other_project": None}
    found = classify.family(world, view, person, production)
    if verdict is False:
        return {"ebdr": False, "icdr": False, "badr": False, "no_scan": False, "other_project": found.other_project}
    return {"ebdr": found.is_("ebdr"), "icdr": found.is_("icdr"), "badr": found.is_("badr"), "no_scan": False if found.kind and not found.no_scan else found.no_scan, "other_project": found.other_project}


def _summed(seen: Iterable[Fact]) -> Fact:
    """The fields in which the nearest consent differs, for the sentence that says so."""
    granted = [one for one in seen if one.get("granted")]
    nearest = min(granted, key=lambda one: (len(one["mismatch"]), len(one["unstated"]), one["id"])) if granted else None
    return {"mismatch": nearest["mismatch"] if nearest else [], "unstated": nearest["unstated"] if nearest else []}


def _employers(held: Iterable[View]) -> list[str | None]:
    return [bare(one.body.get("employer")) for one in held]


def _principal(world: World, view: View) -> times.Tri:
    role = world.library.get(view.body.get("role"))
    category = view.body.get("role_category") or (role.body.get("category") if role else None)
    if category is None and view.body["type"] == "background_fill":
        return False
    return None if category is None else category not in ("background", "stand_in")


def _minor(world: World, person: str, replica: View | None, made: str | None) -> times.Tri:
    if replica and isinstance(replica.body.get("minor_at_capture"), bool):
        return bool(replica.body["minor_at_capture"])
    captured = times.text(replica.body.get("created_at")) if replica else None
    sessions = [times.text(found.details.get("starts_at")) for one in (replica.body.get("sessions") or ()) if (found := world.library.get(one))] if replica else []
    return people.minor_at(world, person, times.earliest(sessions) or captured or made)


def _estate(world: World, person: str, view: View) -> list[Fact]:
    """Attestations about the person or the use; one that speaks of this use, or of the person after death, clears the estate's side."""
    found = papers.attestations(world, (person, view.id, bare(view.body.get("asset"))))
    return [{**one, "estate_clearance": one.get("kind") == "representative_authority" and one.get("role") in ("production_counsel", "legal")} for one in found]


def _money(world: World, person: str, production: str | None, about: Iterable[str | None], made: str | None) -> Fact:
    targets = tuple(about)
    estimates = [one for one in papers.attestations(world, targets, ("good_faith_day_estimate",)) if "days" in one]
    estimates += [one for one in _personal_estimates(world, person, production) if one not in estimates]
    chosen = times.latest([one.get("signed_at") for one in estimates if one.get("accepted") is True])
    latest = next((one for one in estimates if one.get("accepted") is True and one.get("signed_at") == chosen), {})
    paid = papers.payments(world, person, production, targets)
    by_days = [one for one in paid if one.get("basis") == "use_days"]
    return {
        "estimates": estimates, "days": latest.get("days"), "estimate": latest.get("id"), "payments": paid, "paid_days": papers.paid_units(paid, "use_days"), "days_overdue": any(one["overdue"] for one in by_days),
        "deals": papers.deals(world, person, production, targets, made), "flags": papers.flags(world, person, production),
    }  # fmt: skip


def _personal_estimates(world: World, person: str, production: str | None) -> list[Fact]:
    """Estimates about the person as a whole, for this title."""
    found = []
    for view in world.library.about(person, "evidence", "attestation", ("subject",)):
        narrow = [one for one in view.body.get("subjects") or () if not str(one).startswith(("pty_", "prd_"))]
        titled = not view.productions or production is None or not world.titles(production).isdisjoint(view.productions)
        if view.details.get("kind") == "good_faith_day_estimate" and titled and not narrow:
            found.append(papers.attestation(world, view))
    return found


def _backing(world: World, person: str, production: str | None, replica: View | None) -> Fact:
    """Who stood behind the contract: counsel, or an agreement that speaks of replicas (California Labor Code 927)."""
    held = people.engagements(world, person, production)
    origin = bare(replica.body.get("origin_production")) if replica else None
    held = held or people.engagements(world, person, origin)
    advised = people.representation(held)
    bound = {*people.agreements_of(world, production), *people.agreements_of(world, origin)}
    speaking = [covers_replicas(world, agreement) for agreement in sorted(bound)]
    covering = True if True in speaking else (None if None in speaking else False)
    return {"counsel": None if advised is None else "counsel" in advised, "covering_agreement": covering}


def covers_replicas(world: World, agreement: str) -> times.Tri:
    """Tell whether an agreement addresses digital replicas: as stated, and known of the packs that come with the service."""
    view = next((one for one in world.library.of("agreement") if one.id == agreement), None)
    stated = view.body.get("covers_digital_replicas") if view else None
    if isinstance(stated, bool):
        return stated
    return True if view and str(view.body.get("pack", "")).startswith("sagaftra-tvt-") else None


def _platform(world: World, view: View, replica: View | None, person: str, production: str | None) -> Fact:
    """What a distributor asks of talent models: their titles, and its own written approvals."""
    run = generation_of(world, view)
    models = [found for one in (run.body.get("models") or ()) if (found := world.library.get(one.get("model")))] if run else []
    talent = [model for model in models if person in (bares(model.body.get("people")) or ()) or model.body.get("replicas")]
    beyond = [model for model in talent if model.body.get("scope_productions") not in (None, ["*"]) and production not in (bares(model.body["scope_productions"]) or ())]
    approved = papers.approvals(world, (view.id, bare(view.body.get("asset")), replica.id if replica else None), production)
    granted = [one for one in approved if one.get("of") in ("distributor", "platform") and one.get("approved")]
    return {
        "talent_model": bool(talent), "model_out_of_scope": bool(beyond),
        "distributor_approved": any(one.get("subject") in ("talent_performance", "general", None) for one in granted),
        "reuse_approved": any(one.get("subject") in ("model_reuse", "talent_performance") for one in granted),
    }  # fmt: skip


def synthetic_facts(world: World, view: View) -> Fact:
    """Return the facts that make a synthetic performer: a human part, nobody hired for it, nobody's voice."""
    body = view.body
    role = world.library.get(body.get("role"))
    played = role.body.get("played_by") if role else None
    voiced = body.get("voiced_by", role.body.get("voiced_by") if role else None)
    silent: times.Tri = True if body.get("voice_source") in classify.VOICELESS else False if body.get("voice_source") in _HUMAN_VOICES else None
    human = body.get("in_human_role", role.body.get("human") if role else None)
    shown = person_of(world, view)
    nobody = False if shown else (None if played is None and body["type"] != "synthetic" else not played)
    covered = role.body.get("would_otherwise_be_covered") if role else None
    return {
        "in_human_role": human, "nobody_plays": nobody, "nobody_voices": silent if voiced is None else not voiced,
        "would_be_covered": covered if covered is not None else (True if human else None),
    }  # fmt: skip


def synthetic(world: World, view: View) -> Fact | None:
    """Return a synthetic performer as an element; None where a person is shown or voices it."""
    found = synthetic_facts(world, view)
    made = classify.digital(world, view)
    if view.body["type"] in ("score", "text", "alteration", "dub", "performance") or found["nobody_plays"] is False or found["nobody_voices"] is False or made is False:
        return None
    body, base = view.body, common(world, view)
    about = (view.id, bare(body.get("asset")), bare(body.get("role")))
    first = times.text(body.get("first_use_at")) or base["generated_at"] or world.at
    told = papers.notices(world, (*about, world.production_of(view)), ("synthetic",))
    bargained = [one for target in about if target for one in world.library.about(target, "evidence", "bargaining")]
    bargained += [one for notice in told for one in world.library.about(notice["id"], "evidence", "bargaining")]
    talks = [_talks(world, one) for _, one in sorted({one.key: one for one in bargained}.items())]
    run = generation_of(world, view)
    tool = run.body.get("tool", {}).get("tool_class") if run else body.get("tool_class")
    people_seen = [classify.whole(view, one) for one in classify.in_question(view, named_people(world, view))]
    return compact(
        {
            "id": view.id, **base, **found, "generative": None if tool is None else tool in ("generative", "live"),
            "looks_human": body.get("looks_human", body.get("meant_to_look_human")),
            "nobody_recognisable": not body["recognisable_people"] if body.get("recognisable_people") is not None else (False if True in people_seen else None),
            "notices": [one for one in told if not one.get("recipient_kind") or one["recipient_kind"] in ("union", "guild")], "notified_at": times.earliest([one.get("delivered_at") for one in told]),
            "bargaining": talks, "remuneration_fixed": any(one.get("outcome") in ("agreed", "arbitration") and one.get("amount") for one in talks),
            "payments": papers.payments(world, None, world.production_of(view), about, ("synthetic",)), "attestations": papers.attestations(world, about),
            "used_at": first, "dates": dates(world, view, None, None),
        }
    )  # fmt: skip


def _talks(world: World, view: View) -> Fact:
    details = view.details
    return compact({"id": view.id, "opened_at": times.text(details.get("opened_at")), "closed_at": times.text(details.get("closed_at")), "outcome": _outcome(world, details), "amount": "agreed_amount" in details or None})


def _outcome(world: World, details: Mapping[str, Any]) -> Any:
    """An outcome counts from the day the talks closed."""
    closed = times.text(details.get("closed_at"))
    return details.get("outcome") if closed is None or world.past(closed) else "open"


def prompts(world: World, generation: View) -> list[Fact]:
    """Return each person a prompt aims at, seen from each result; one element without person where nobody has said."""
    entities = generation.body.get("prompt_entities")
    shown = [view for one in generation.body.get("outputs") or () if (asset := bare(one.get("asset"))) for view in of_asset(world, asset)]
    shown += [view for view in world.library.about(generation.id, "appearance", roles=("generated_in",)) if view not in shown]
    if (part(generation.body, "tool")).get("tool_class") in ("traditional", "processing", "analysis"):
        return []
    if entities is None:
        return [_unsaid(world, generation, shown)]
    targets: list[View | None] = [*shown] or [None]
    found = [_prompt(world, generation, entity, number, view) for number, entity in enumerate(entities) if entity.get("person") for view in targets]
    return [one for one in found if one is not None]


def _unsaid(world: World, generation: View, shown: list[View]) -> Fact:
    synthetic_ = _maybe_synthetic(world, shown)
    production = world.production_of(shown[0] if shown else generation)
    return compact({"id": f"{generation.id}/prompt", "record": generation.id, "production": ref(production), "synthetic": synthetic_, "because": {"name_used": "prompt_entities", "replaces_name": "prompt_entities"}})


def _maybe_synthetic(world: World, shown: list[View]) -> times.Tri:
    if not shown:
        return None
    found = [synthetic(world, view) for view in shown]
    return True if any(found) else False


def _prompt(world: World, generation: View, entity: Mapping[str, Any], number: int, view: View | None) -> Fact | None:
    person = str(bare(entity["person"]))
    if entity.get("style_only") is True or (view is not None and person_of(world, view) == person):
        return None
    production = world.production_of(view or generation)
    made = (generated_at(world, view) if view else times.text(generation.body.get("generated_at"))) or world.at
    features = entity.get("facial_features")
    used = Use(generation.id, person, production, made, ("synthetic_feature",))
    return compact(
        {
            "id": f"{generation.id}/{number}" + (f"/{view.id}" if view and len(generation.body.get("outputs") or ()) > 1 else ""), "record": generation.id,
            "asset": ref(bare(view.body.get("asset"))) if view else None, "production": ref(production), "person": ref(person),
            "synthetic": None if view is None else synthetic(world, view) is not None, "name_used": entity.get("name_used"), "features": features,
            "replaces_name": _replaces_name(entity), "recognised": classify.recognised(view, person, features or vocabulary.FACIAL_FEATURES) if view else None,
            "consents": consents.seen_from(world, used), "deals": papers.deals(world, person, production, (view.id if view else None, generation.id), made),
            "use_ahead": ahead(world, view) if view else generation.id.startswith("planned"), "dates": {"use": made, "generation": made},
            "path": world.path(generation),
        }
    )  # fmt: skip


def _replaces_name(entity: Mapping[str, Any]) -> times.Tri:
    """Tell whether a nickname or a reference stands in place of the name."""
    if entity.get("name_used") is True and entity.get("facial_features"):
        return False
    stands = bool(entity.get("nickname_used")) or bool(entity.get("reference_media"))
    if stands:
        return True
    return False if entity.get("name_used") is not None else None
