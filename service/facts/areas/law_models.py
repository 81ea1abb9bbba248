"""Models that are let out, and sources from the web, as laws on training data look at them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from schemas.records.evidence.law import BLOCKS, TOPICS
from service.facts import consents, reservations, times
from service.facts.areas import law_papers
from service.facts.areas.law_papers import any_of, said
from service.facts.consents import Use
from service.facts.library import View
from service.facts.licensing import lineage_of
from service.facts.world import Fact, World, bare, bares, compact, part, ref

_OWN_TYPES: Final = frozenset({"fine_tune", "lora", "adapter", "embedding", "merge", "voice", "face", "motion"})
_WEB: Final = frozenset({"web", "social"})


def offered(world: World) -> list[Fact]:
    """Return the models that are asked about themselves: what is let out or registered, not what only made something."""
    return [_offered(world, view) for view in lineage_of(world, "model") if len(world.path(view) or ()) == 1]


def _offered(world: World, view: View) -> Fact:
    body = view.body
    stated = law_papers.roles(world, (view.id,), (), None)
    documents = law_papers.counting(world, law_papers.about(world, "training_documentation", (view.id,)))
    public = said(stated, "public_facing")
    trained = sorted(law_papers.ids(body.get("datasets")))
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "model": ref(view),
            "production": ref(world.production_of(view)),
            "path": world.path(view),
            "generative": None if body.get("tool_class") is None else body["tool_class"] in ("generative", "live"),
            "ours": _ours(world, view, law_papers.role_of(world, stated, frozenset({"provider"}))),
            "public": public if public is not None else body.get("public_facing"),
            "general_purpose": said(stated, "general_purpose"),
            "provider": law_papers.role_of(world, stated, frozenset({"provider"})),
            "users_over_million": said(stated, "users_over_million"),
            "detector_offered": said(stated, "detector_offered"),
            "visible_option_offered": said(stated, "visible_option_offered"),
            "latent_disclosure_on": said(stated, "latent_disclosure_on"),
            "licensees_keep_disclosure": said(stated, "licensees_keep_disclosure"),
            "hosting_site": law_papers.role_of(world, stated, frozenset({"hosting_site"})) is True,
            "placed_on_market_at": times.earliest([times.text(one.details.get("placed_on_market_at")) for one in stated]),
            "documents": [_document(world, one, view) for one in documents],
            "uncovered_datasets": _uncovered(documents, trained),
            "copyright_policy": said(documents, "copyright_policy"),
            "person": ref(_only_person(body)),
            "one_person": _one_person(body),
            "creation_consents": _creation(world, view),
            "inquiries": [{"id": one.id, "days": one.details.get("answer_days")} for one in _inquiries(world, view)],
            "dates": {"release": world.at},
            "because": {
                "public": "public_facing",
                "generative": "tool_class",
                "ours": "training",
                "general_purpose": "system_role.general_purpose",
                "users_over_million": "system_role.users_over_million",
                "provider": "system_role.roles",
                "one_person": "people",
            },
        }
    )


def _ours(world: World, view: View, provider: times.Tri) -> times.Tri:
    """Tell whether we made or substantially changed it: as its provider, by what it learnt, or by its type."""
    body, title = view.body, world.library.get(world.production)
    own = {name for field in ("signatories", "producers") for name in (bares(title.body.get(field)) or ())} if title else set()
    if provider or bare(body.get("vendor")) in own or body.get("datasets") or body.get("training") or body.get("type") in _OWN_TYPES:
        return True
    return False if body.get("vendor") or body.get("datasets") == [] else None


def _document(world: World, paper: View, view: View) -> Fact:
    """One statement on training data: what it leaves out, and whether it speaks of this version."""
    details = paper.details
    version = str(details.get("model", "")).partition("@")[2]
    published = times.text(details.get("published_at"))
    changed = times.text(details.get("updated_at")) or published
    trained = times.text(part(view.body, "training").get("finished_at"))
    return compact(
        {
            "id": paper.id,
            "form": details.get("form"),
            "published": False if published is None else world.past(published),
            "topics_missing": [one for one in TOPICS if one not in (details.get("topics") or ())],
            "blocks_missing": [one for one in BLOCKS if one not in (details.get("blocks") or ())],
            "this_version": version in ("", str(view.version)) and times.before(changed, trained) is not True,
            "synthetic_unnamed": [
                str(bare(one.get("dataset")))
                for one in details.get("data") or ()
                if _synthetic(world, one) and not one.get("generating_model")
            ],
            "ends": law_papers.end_of(paper),
        }
    )


def _synthetic(world: World, told: Mapping[str, Any]) -> bool:
    """Whether a dataset holds generated material: as the summary classes it, or as its own record says."""
    dataset = world.library.get(told.get("dataset"))
    return told.get("source_class") == "synthetic" or bool(dataset and dataset.body.get("contains_generated") is True)


def _uncovered(documents: list[View], trained: list[str]) -> list[str]:
    """Datasets of which no EU summary gives source class, modality, size, period and basis."""
    told = {
        str(bare(one.get("dataset")))
        for paper in documents
        if paper.details.get("form") == "eu_summary"
        for one in paper.details.get("data") or ()
        if all(one.get(name) for name in ("source_class", "modality", "size", "collected", "basis"))
    }
    return [one for one in trained if one not in told]


def _only_person(body: Mapping[str, Any]) -> str | None:
    people = bares(body.get("people"))
    return people[0] if people and len(people) == 1 and people != ["*"] else None


def _one_person(body: Mapping[str, Any]) -> times.Tri:
    """Tell whether the model's purpose is to show or sound like one person."""
    if body.get("people") is not None:
        return _only_person(body) is not None
    return None if body.get("type") in ("voice", "face") or body.get("replicas") else False


def _creation(world: World, view: View) -> list[Fact]:
    """The consents of the one person to the making of a replica or a model."""
    person = _only_person(view.body)
    if person is None:
        return []
    made = times.text(part(view.body, "training").get("started_at"))
    used = Use(view.id, person, world.production_of(view), made or world.at, ("creation", "training"))
    return [one for one in consents.seen_from(world, used) if one.get("granted")]


def _inquiries(world: World, view: View) -> list[View]:
    return law_papers.counting(world, law_papers.about(world, "inquiry_channel", (view.id,), world.production_of(view)))


def web_sources(world: World) -> list[Fact]:
    """Return the sources that came from the web: who looked for a reservation, where, and what was found."""
    return [_web_source(world, view) for view in lineage_of(world, "source") if _from_web(view)]


def _from_web(view: View) -> bool:
    how = view.body.get("acquired_how")
    return how == "public_web" or (how is None and view.body.get("type") in _WEB)


def _web_source(world: World, view: View) -> Fact:
    looked = [one for one in view.body.get("opt_outs") or () if world.past(times.text(one.get("observed_at")))]
    acquired = times.text(view.body.get("acquired_at"))
    learnt = world.library.about(view.id, "dataset", roles=("source",))
    trained = world.act == "train" or any(world.library.about(one.id, "model", roles=("dataset",)) for one in learnt)
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "production": ref(world.production),
            "path": world.path(view),
            "trained_on": trained,
            "licensed": any_of([_licensed(one, view.id) for one in world.library.of("licence")] or [False]),
            "looked": bool(looked),
            "reserved": [reservations.named(one) for one in looked if reservations.reserves_training(one)],
            "late": bool(looked) and acquired is not None and not any(_in_time(one, acquired) for one in looked),
            "unread": reservations.unread(looked),
            "kept": all(one.get("raw") for one in looked),
            "dates": {"release": world.at},
        }
    )


def _licensed(licence: View, source: str) -> bool:
    return source in law_papers.ids(licence.body.get("sources")) and part(licence.body, "training").get("granted") is True


def _in_time(one: Mapping[str, Any], acquired: str) -> bool:
    return times.before(acquired, times.text(one.get("observed_at"))) is not True
