"""Synthetic performers, and the people whose names or features were prompted for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from schemas import vocabulary
from service.facts import classify, consents, papers, times, unions
from service.facts.appearances import ahead, common, dates, generated_at, generation_of, named_people, of_asset, person_of, synthetic_facts
from service.facts.consents import Use
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, part, ref

_CONVENTIONAL: Final = frozenset({"traditional", "processing", "analysis"})


def synthetic(world: World, view: View) -> Fact | None:
    """Return a synthetic performer as an element; None where a person is shown or voices it."""
    found = synthetic_facts(world, view)
    made = classify.digital(world, view)
    if (
        view.body["type"] in ("score", "text", "alteration", "dub", "performance")
        or found["nobody_plays"] is False
        or found["nobody_voices"] is False
        or made is False
    ):
        return None
    body, base = view.body, common(world, view)
    about = (view.id, bare(body.get("asset")), bare(body.get("role")))
    first = times.text(body.get("first_use_at")) or base["generated_at"] or world.at
    wide = title_wide(world, world.production_of(view))
    sent = papers.notices(world, (*about, world.production_of(view)), ("synthetic",))
    sent += [papers.notice(world, one) for one in wide if one.type == "notice" and one.id not in {known["id"] for known in sent}]
    told = [one for one in sent if unions.to_sagaftra(world, one, world.production_of(view))]
    bargained = [one for target in about if target for one in world.library.about(target, "evidence", "bargaining")]
    bargained += [one for one in wide if one.type == "bargaining"]
    bargained += [one for notice in told for one in world.library.about(notice["id"], "evidence", "bargaining")]
    bargaining = [negotiation(world, one) for _, one in sorted({one.key: one for one in bargained}.items())]
    run = generation_of(world, view)
    tool = run.body.get("tool", {}).get("tool_class") if run else body.get("tool_class")
    people_seen = [classify.whole(view, one) for one in classify.in_question(view, named_people(world, view))]
    return compact(
        {
            "id": view.id,
            **base,
            **found,
            "generative": None if tool is None else tool in ("generative", "live"),
            "conventional": tool in _CONVENTIONAL,
            "looks_human": body.get("looks_human", body.get("meant_to_look_human")),
            "nobody_recognisable": not body["recognisable_people"]
            if body.get("recognisable_people") is not None
            else (False if True in people_seen else None),
            "notices": told,
            "notified_at": times.earliest([one.get("delivered_at") for one in told]),
            "bargaining": bargaining,
            "remuneration_fixed": any(one.get("remunerated") for one in bargaining),
            "payments": papers.payments(world, None, world.production_of(view), about, ("synthetic",)),
            "attestations": papers.attestations(world, about),
            "used_at": first,
            "dates": dates(world, view, None, None),
        }
    )


def title_wide(world: World, production: str | None) -> list[View]:
    """Return notices and talks about the synthetic performers of a title that single none of them out."""
    titles = sorted(world.titles(production))
    found = [
        one
        for title in titles
        for kind in ("notice", "bargaining")
        for one in world.library.about(title, "evidence", kind, ("production",))
    ]
    return [
        one
        for one in found
        if one.details.get("kind") == "synthetic"
        and all(str(about).startswith(("prd_", "pty_")) for about in one.body.get("subjects") or ())
    ]


def negotiation(world: World, view: View) -> Fact:
    """Return talks about consideration: when they opened and closed, and their outcome as of the instant asked for."""
    details = view.details
    return compact(
        {
            "id": view.id,
            "opened_at": times.text(details.get("opened_at")),
            "dated": "opened_at" in details,
            "closed_at": times.text(details.get("closed_at")),
            "outcome": _outcome(world, details),
            "amount": "agreed_amount" in details or None,
            "remunerated": _remunerated(world, details),
        }
    )


def _remunerated(world: World, details: Mapping[str, Any]) -> bool:
    """Tell whether something is to be paid: what was agreed, unless that is nothing, and what was awarded."""
    outcome, amount = _outcome(world, details), details.get("agreed_amount")
    try:
        nothing = isinstance(amount, Mapping) and Decimal(str(amount.get("amount"))) == 0
    except InvalidOperation:
        nothing = False
    return not nothing and (outcome == "agreed" or (outcome == "arbitration" and amount is not None))


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
    found = [
        _prompt(world, generation, entity, number, view)
        for number, entity in enumerate(entities)
        if entity.get("person")
        for view in targets
    ]
    return [one for one in found if one is not None]


def _unsaid(world: World, generation: View, shown: list[View]) -> Fact:
    synthetic_ = _maybe_synthetic(world, shown)
    production = world.production_of(shown[0] if shown else generation)
    return compact(
        {
            "id": f"{generation.id}/prompt",
            "record": generation.id,
            "production": ref(production),
            "synthetic": synthetic_,
            "because": {"name_used": "prompt_entities", "replaces_name": "prompt_entities"},
        }
    )


def _maybe_synthetic(world: World, shown: list[View]) -> times.Tri:
    if not shown:
        return None
    found = [synthetic(world, view) for view in shown]
    return bool(any(found))


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
            "id": f"{generation.id}/{number}" + (f"/{view.id}" if view and len(generation.body.get("outputs") or ()) > 1 else ""),
            "record": generation.id,
            "asset": ref(bare(view.body.get("asset"))) if view else None,
            "production": ref(production),
            "person": ref(person),
            "synthetic": None if view is None else synthetic(world, view) is not None,
            "name_used": entity.get("name_used"),
            "features": features,
            "replaces_name": _replaces_name(entity),
            "recognised": classify.recognised(view, person, features or vocabulary.FACIAL_FEATURES) if view else None,
            "consents": [{**one, "covers_features": _covers_features(world, one, features)} for one in consents.seen_from(world, used)],
            "deals": papers.deals(world, person, production, (view.id if view else None, generation.id), made),
            "use_ahead": ahead(world, view) if view else generation.id.startswith("planned"),
            "dates": {"use": made, "generation": made},
            "path": world.path(generation),
        }
    )


def _covers_features(world: World, seen: Fact, features: list[str] | None) -> bool:
    """Tell whether a consent reaches the features asked for; one that names none is not limited to some."""
    view = world.library.get(seen["id"])
    named = part(view.body, "scope").get("features") if view else None
    return named is None or not {"*", "face", "whole"}.isdisjoint(named) or (features is not None and set(features) <= set(named))


def _replaces_name(entity: Mapping[str, Any]) -> times.Tri:
    """Tell whether a nickname or a reference stands in place of the name."""
    if entity.get("name_used") is True and entity.get("facial_features"):
        return False
    stands = bool(entity.get("nickname_used")) or bool(entity.get("reference_media"))
    if stands:
        return True
    return False if entity.get("name_used") is not None else None
