"""Games: who was recreated and by what means, what was reused from other titles, and the title with its papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from service.facts import appearances, classify, consents, papers, times
from service.facts.areas import games_basics as games
from service.facts.consents import Use
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, part, ref

#: The budgets that the tiered agreement is for, in US dollars.
TIERED: Final = (Decimal(250_000), Decimal(30_000_000))

_NO_GENERATOR: Final = frozenset({"traditional", "processing", "analysis"})


# --- recreations ------------------------------------------------------------------------------------------------


def recreations(world: World, shown: Sequence[View]) -> list[Fact]:
    """Return who was recreated by name, by character, by another cue, or from material of other agreements."""
    found = [one for run in _runs(world, shown) for one in _prompted(world, run, shown)]
    told = {(one.get("appearance"), (one.get("person") or {}).get("$ref")) for one in found}
    return found + [one for view in shown if (one := _from_outside(world, view)) and (view.id, one["person"]["$ref"]) not in told]


def _runs(world: World, shown: Sequence[View]) -> list[View]:
    made = {run.key: run for view in shown if (run := appearances.generation_of(world, view))}
    lone = [
        run for run in world.library.of("generation") if run.key in world.library.lineage and games.is_game(world, world.production_of(run))
    ]
    return [run for _, run in sorted({**made, **{run.key: run for run in lone}}.items())]


def _prompted(world: World, run: View, shown: Sequence[View]) -> list[Fact]:
    """Each person or character that a prompt aims at, seen from each result; one element where nobody has said whom it aims at."""
    if part(run.body, "tool").get("tool_class") in _NO_GENERATOR:
        return []
    seen = [view for view in shown if _made_by(world, view, run)]
    entities = run.body.get("prompt_entities")
    if entities is None and not seen:
        return [_element(world, f"{run.id}/prompt", run, None, None, {})] if _may_show(world, run) else []
    if entities is None:
        open_ = [view for view in seen if _inside(world, view, appearances.person_of(world, view)) is not True]
        return [_element(world, f"{run.id}/prompt", run, view, None, {}) for view in open_[:1] if _digital(world, view)]
    found = []
    for number, entity in enumerate(entities):
        for person in _aimed_at(world, entity):
            cues, name = _cues(entity), f"{run.id}/{number}"
            several = len(seen) > 1
            others = [view for view in seen if _inside(world, view, person) is not True]
            found += [_element(world, f"{name}/{view.id}" if several else name, run, view, person, cues) for view in others]
            found += [] if seen else [_element(world, name, run, None, person, cues)]
    return found


def _may_show(world: World, run: View) -> bool:
    """Tell whether what a run puts out may show or sound somebody: nobody has stated of all of it that nobody is there."""
    assets = [world.library.get(one.get("asset")) for one in run.body.get("outputs") or ()]
    return not assets or any(asset is None or not _empty(world, asset) for asset in assets)


def _empty(world: World, asset: View) -> bool:
    attested = papers.attestations(world, (asset.id,), ("nobody_appears",))
    return part(asset.body, "people").get("people") == [] or papers.confirmed(attested, "nobody_appears") is True


def _made_by(world: World, view: View, run: View) -> bool:
    made = appearances.generation_of(world, view)
    return made is not None and made.key == run.key


def _digital(world: World, view: View) -> bool:
    return classify.digital(world, view) is not False and view.body["type"] not in ("score", "text")


def _aimed_at(world: World, entity: Mapping[str, Any]) -> list[str]:
    """The person an entity names, else those who play or voice its character; nobody for a manner of working."""
    if entity.get("style_only") is True:
        return []
    if entity.get("person"):
        return [str(bare(entity["person"]))]
    role = world.library.get(entity.get("character"))
    if role is None:
        return []
    known = [
        *(role.body.get("voiced_by") or ()),
        *(role.body.get("played_by") or ()),
        *(part(role.body, "character").get("voiced_by") or ()),
    ]
    return sorted({str(bare(one)) for one in known})


def _cues(entity: Mapping[str, Any]) -> Fact:
    """By what means a prompt aims at somebody."""
    by_character = entity.get("character_name_used") is True or (bool(entity.get("character")) and not entity.get("person"))
    other = ("nickname_used", "facial_features", "other_features", "reference_media")
    by_cue = any(entity.get(name) for name in other)
    told = entity.get("name_used") is not None or by_character or by_cue
    return compact(
        {"by_name": entity.get("name_used", False if told else None), "by_character": by_character, "by_cue": by_cue, "outside": False}
    )


def _from_outside(world: World, view: View) -> Fact | None:
    """A person shown by a replica that was made, or may have been made, from material of other agreements."""
    person = appearances.person_of(world, view)
    if person is None or appearances.replicates(world, view, person) is False or games.processed(world, view):
        return None
    inside = _inside(world, view, person)
    if inside is True:
        return None
    cues = compact({"by_name": False, "by_character": False, "by_cue": False, "outside": None if inside is None else True})
    return _element(world, view.id, view, view, person, cues)


def _inside(world: World, view: View, person: str | None) -> times.Tri:
    """Tell whether the replica shown of a person was made under the agreement for games; a paper whose rules nobody has named says neither."""
    replica = games.replica_of(world, view, person) if person else None
    if replica is None:
        return None
    kind, origin = replica.body.get("kind"), bare(replica.body.get("origin_production"))
    bound = games.performers_papers(world, origin) if origin else []
    covered = any(line in games.LINES for line in bound)
    unnamed = any(line.startswith("agr_") for line in bound)
    if kind == "independently_created" or (bound and not covered and not unnamed):
        return False
    if classify.participated(replica) is False:
        return covered and _own_material(world, replica)
    here = unnamed and games.is_game(world, origin) is True and world.same_title(origin, world.production_of(view)) is True
    engaged = bool(replica.body.get("engagement")) or covered or here or kind == "employment_based"
    return True if classify.participated(replica) is True or engaged else None


def _own_material(world: World, replica: View) -> bool:
    """Tell whether everything that a replica was built from comes from titles under the agreement for games."""
    named = [bare(one.get("production")) for one in replica.body.get("materials") or ()]
    return bool(named) and all(any(line in games.LINES for line in games.performers_papers(world, one)) for one in named)


def _element(world: World, name: str, record: View, view: View | None, person: str | None, cues: Fact) -> Fact:
    production = world.production_of(view or record)
    made = appearances.generated_at(world, view) if view else times.text(record.body.get("generated_at")) or world.at
    used = Use(view.id if view else record.id, person, production, made, ("use", "synthetic_feature"))
    identifiable = games.identifiable(world, view, person) if view and person else None
    return compact(
        {
            "id": name,
            "record": record.id,
            "game": games.is_game(world, production),
            "appearance": view.id if view else None,
            "asset": ref(bare(view.body.get("asset"))) if view else None,
            "person": ref(person),
            "production": ref(production),
            **cues,
            "identifiable": identifiable,
            "consents": consents.seen_from(world, used),
            "deals": papers.deals(world, person, production, (view.id if view else None, record.id), made) if person else [],
            "use_ahead": appearances.ahead(world, view) if view else record.id.startswith("planned"),
            "dates": compact({"use": made, "generation": made}),
            "path": world.path(record),
            "because": {
                **dict.fromkeys(("by_name", "by_character", "by_cue"), "prompt_entities"),
                "outside": "replicas" if record.kind == "generation" else "replica",
                "identifiable": f"{'appearance.' if record.kind == 'generation' else ''}recognisable_people",
            },
        }
    )


# --- reuse ------------------------------------------------------------------------------------------------------


def reuse(world: World, view: View) -> Fact | None:
    """Return an appearance that may be the reuse of a performance or replica from another title; None where nothing points to that."""
    person = appearances.person_of(world, view)
    if person is None or games.processed(world, view):
        return None
    replicated = appearances.replicates(world, view, person)
    elsewhere = _new_title(world, view, person)
    recorded = replicated is False and elsewhere is None and view.body["type"] != "archive"
    if elsewhere is False or recorded:
        return None
    production, made = world.production_of(view), appearances.generated_at(world, view)
    replica = games.replica_of(world, view, person)
    targets = (view.id, replica.id if replica else None, bare(view.body.get("asset")))
    return compact(
        {
            "id": view.id,
            "game": games.is_game(world, production),
            "person": ref(person),
            "asset": ref(bare(view.body.get("asset"))),
            "production": ref(production),
            "new_title": elsewhere,
            "replica": replicated,
            "consents": consents.seen_from(world, appearances.use_of(world, view, person, production)),
            "payments": papers.payments(world, person, production, targets, ("secondary",)),
            "use_ahead": appearances.ahead(world, view),
            "dates": compact({"use": made or world.at, "generation": made}),
            "because": {"new_title": "origin_production"} if elsewhere is None else None,
        }
    )


def _new_title(world: World, view: View, person: str) -> times.Tri:
    """Tell whether what appears was first made for another title."""
    if "reuse_elsewhere" in (view.body.get("alteration_kinds") or ()):
        return True
    production = world.production_of(view)
    origins = _origins(world, view, person)
    same = [world.same_title(one, production) for one in origins]
    if not same:
        return False if _from_words_alone(world, view, person) else None
    return None if None in same else False in same


def _from_words_alone(world: World, view: View, person: str) -> bool:
    """Tell whether a run made it from its prompt and nothing else, as somebody has stated: then nothing is used again."""
    run = appearances.generation_of(world, view)
    fed = run is None or run.body.get("inputs") != [] or bool(run.body.get("replicas"))
    return not fed and games.replica_of(world, view, person) is None and not view.body.get("takes")


def _origins(world: World, view: View, person: str) -> list[str]:
    """The titles that an appearance, its replica or its takes were first made for, the nearest statement first."""
    stated = bare(view.body.get("origin_production"))
    if stated:
        return [stated]
    replica = games.replica_of(world, view, person)
    if replica is not None:
        engagement = world.library.get(replica.body.get("engagement"))
        named = [
            bare(replica.body.get("origin_production")),
            bare(engagement.body.get("production")) if engagement else None,
            *_titles_of(world, replica.body.get("sessions")),
            *replica.productions,
        ]
        return next(([one] for one in named if one), [])
    return _titles_of(world, view.body.get("takes"))


def _titles_of(world: World, references: Any) -> list[str]:
    found = [view for one in references or () if (view := world.library.get(one))]
    return sorted({title for view in found for title in (bare(view.details.get("production")), *view.productions) if title})


# --- the title and its papers -----------------------------------------------------------------------------------


def titles_in_question(world: World, shown: Sequence[View]) -> list[Fact]:
    """Return the games that are asked about, with what binds them and what their budgets and languages point to."""
    names = {world.production, *(world.production_of(view) for view in shown)} - {None}
    found = [view for name in sorted(map(str, names)) if (view := world.library.get(name)) and games.is_game(world, name)]
    return [_game(world, view) for view in found]


def _game(world: World, view: View) -> Fact:
    body = view.body
    language = body.get("original_language") or (body["languages"][0] if len(body.get("languages") or ()) == 1 else None)
    country = body.get("owner_country")
    return compact(
        {
            "id": view.id,
            "production": ref(view),
            "bound": _papers(world, view.id),
            "band": _band(body),
            "foreign_script": None if language in (None, "*") else str(language).partition("-")[0] != "en",
            "owner_abroad": None if country is None else not str(country).startswith("US"),
            "dates": {"use": world.at},
            "because": {"band": "budget", "foreign_script": "original_language", "owner_abroad": "owner_country"},
        }
    )


def _papers(world: World, production: str) -> list[str]:
    """Return which papers of the family bind a game: the main one, that of tiered budgets, that of localisation."""
    found = set()
    for title in world.titles(production):
        for view in world.library.about(title, "binding", roles=("production",)):
            agreement = world.library.get(view.body.get("agreement"))
            if agreement is not None and (paper := _variant(view, agreement)):
                found.add(paper)
    return sorted(found)


def _variant(binding: View, agreement: View) -> str | None:
    """Which paper an agreement is: as stated, by the basis of its binding, else by its pack or name."""
    name = str(agreement.body.get("name", "")).lower()
    if agreement.body.get("variant"):
        return str(agreement.body["variant"])
    if binding.body.get("basis") == "localisation" or "locali" in name:
        return "localisation"
    if "tiered" in name:
        return "tiered_budget"
    return "main" if str(agreement.body.get("pack", "")).startswith("sagaftra-ima") or "interactive" in name else None


def _band(body: Mapping[str, Any]) -> str | None:
    """The band of a budget: of the amount where it is in US dollars, else as stated. The amount stays behind."""
    budget = body.get("budget")
    if isinstance(budget, Mapping) and budget.get("currency") == "USD":
        try:
            amount = Decimal(str(budget["amount"]))
        except (InvalidOperation, KeyError):
            return None
        low, high = TIERED
        return "under_250k" if amount < low else "over_30m" if amount > high else "from_250k_to_30m"
    stated = body.get("budget_band")
    return str(stated) if stated else None
