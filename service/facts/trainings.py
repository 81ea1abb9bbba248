"""Trainings as facts: what a model was or is to be trained on, under which grants; and licences out for training."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.facts import consents, papers, people, times, titles, unions
from service.facts.library import View
from service.facts.licensing import in_dataset, lineage_of, live_at, title_allowed, whole_window
from service.facts.world import Fact, World, bare, bares, compact, part, ref

_KINDS: Final = {
    "fine_tune": "fine_tune",
    "adapter": "adapter",
    "lora": "adapter",
    "embedding": "adapter",
    "base": "foundation",
    "checkpoint": "foundation",
}


def trainings(world: World) -> list[Fact]:
    """Return each training: of a model on a dataset, as made or as asked for, and each licence out for training."""
    found = []
    jobs = [view for view in lineage_of(world, "evidence") if view.type == "training_job"]
    told = {
        (bare(job.details.get("model")), bare(one))
        for job in jobs
        if job.details.get("state") != "stopped"
        for one in job.details.get("datasets") or ()
    }
    for model in lineage_of(world, "model"):
        for one in model.body.get("datasets") or ():
            if "training" not in model.body and (model.id, bare(one)) in told:
                continue  # the job is the account of that very training
            dataset = world.library.get(one)
            found.append(_training(world, f"{model.id}/{bare(one)}", model, dataset, part(model.body, "training")))
    for job in jobs:
        named = job.details.get("datasets") or ()
        found += [_training(world, f"{job.id}/{bare(one)}", job, world.library.get(one), job.details) for one in named]
    found += [_licence_out(world, view) for view in lineage_of(world, "evidence") if view.type == "training_licence"]
    trained = {one["dataset"]["$ref"] for one in found if one.get("dataset")}
    if world.act == "train":
        found += [
            _training(world, f"{view.id}/training", view, view, {}) for view in lineage_of(world, "dataset") if view.id not in trained
        ]
    return found


def _training(world: World, name: str, model: View, dataset: View | None, run: Mapping[str, Any]) -> Fact:
    at = times.text(run.get("finished_at")) or times.text(run.get("started_at")) or times.text(run.get("planned_at"))
    ahead = model.kind != "model" and run.get("state") in (None, "asked") if at is None else times.not_after(at, world.at) is False
    when = at or (world.at if ahead or world.act == "train" else None)
    kind = (
        run.get("kind")
        or _KINDS.get(model.type)
        or ({"fine_tuning": "fine_tune"}.get(str(dataset.body.get("purpose"))) if dataset else None)
    )
    production = _title(world, model)
    seen = [training_licence(world, licence, part_, kind, model, production, when) for part_, licence in _licences(world, dataset)]
    people = in_dataset(world, dataset, production, when)
    return compact(
        {
            "id": name,
            "record": model.id,
            "type": "job",
            "model": ref(model) if model.kind == "model" else ref(bare(run.get("model"))),
            "dataset": ref(dataset),
            "ahead": ahead or world.act == "train",
            "licences": seen,
            "kind": kind,
            "production": ref(production),
            "people": people,
            "not_granted": _ids(seen, "granted"),
            "not_live": _ids(seen, "live_at_training"),
            "ended": _ids(seen, "live_now"),
            "mismatch": sorted({field for one in seen for field in one["mismatch"]}),
            "unstated": sorted({field for one in seen for field in one["unstated"]}),
            "nobody": people == [],
            **interim(world, (production, *_origins(world, dataset)), (name, model.id, dataset.id if dataset else None), run, when, people),
            "dates": compact({"licence": when, "creation": when, "use": when}),
            "path": world.path(dataset or model),
        }
    )


def _ids(seen: Iterable[Fact], field: str) -> list[str]:
    return sorted(one["id"] for one in seen if one.get(field) is not True)


def _title(world: World, model: View) -> str | None:
    """The one title a model is made for, else the one asked about."""
    scope = bares(model.body.get("scope_productions"))
    return (
        scope[0]
        if scope and len(scope) == 1 and scope != ["*"]
        else (world.production or (model.productions[0] if len(model.productions) == 1 else None))
    )


def _licences(world: World, dataset: View | None) -> list[tuple[Mapping[str, Any], View]]:
    """The licences of a dataset's parts; a part without one is a matter of the dataset."""
    parts = dataset.body.get("parts") or () if dataset else ()
    found = {licence.id: (one, licence) for one in parts if (licence := world.library.get(one.get("licence")))}
    return [found[key] for key in sorted(found)]


def training_licence(
    world: World, licence: View, part_: Mapping[str, Any], kind: str | None, model: View, production: str | None, when: str | None
) -> Fact:
    """Return a licence as it stands towards one training."""
    grant = part(licence.body, "training")
    wanted = {"kinds": kind, "productions": production, "models": model.id}
    checks = [
        ("kinds", _allows(grant.get("kinds"), wanted["kinds"], limit=True)),
        ("productions", title_allowed(world, grant.get("productions", licence.body.get("productions_allowed")), production)),
        (
            "models",
            _allows(
                bares(grant.get("models", licence.body.get("models_allowed"))), model.id if model.kind == "model" else None, limit=False
            ),
        ),
        ("window", times.within(when, part(grant, "window") or part(licence.body, "window") or None)),
    ]
    granted = grant.get("granted")
    return compact(
        {
            "id": licence.id,
            "granted": granted,
            "mismatch": sorted(name for name, fits in checks if fits is False),
            "unstated": sorted(name for name, fits in checks if fits is None),
            "live_at_training": live_at(world, licence, when, part(grant, "window")),
            "live_now": live_at(world, licence, world.at),
            "on_end_weights": part(licence.body, "on_end").get("weights"),
            "ends": times.end_of(whole_window(licence)),
            "source": bare(part_.get("source")),
        }
    )


def _allows(granted: list[Any] | None, wanted: str | None, *, limit: bool) -> times.Tri:
    """A list that names what is allowed; an unstated one is open only where that is no limit."""
    if granted is None:
        return None if limit else True
    if "*" in granted:
        return True
    return None if wanted is None else wanted in granted


def _origins(world: World, dataset: View | None) -> list[str | None]:
    parts = dataset.body.get("parts") or () if dataset else ()
    return [bare(view.body.get("origin_production")) for one in parts if (view := world.library.get(one.get("source")))]


def _agreed(notice: View, when: str) -> bool:
    """Tell whether a union has agreed to what it was told, by the time of the training."""
    answered = times.text(notice.details.get("responded_at")) or times.text(notice.details.get("delivered_at"))
    return notice.details.get("response") in ("agreed", "approved") and times.not_after(answered, when) is True


def interim(
    world: World,
    titles: Iterable[str | None],
    about: Iterable[str | None],
    run: Mapping[str, Any],
    when: str | None = None,
    shown: Iterable[Fact] | None = None,
) -> Fact:
    """Return whether an interim agreement binds one of the titles, and what the union has agreed to: in its answer, an approval or a consent."""
    bound = any(binding.body.get("basis") == "interim" for title in titles if title for binding in people.bindings(world, title))
    told = papers.notices(world, (*about, *titles), ("training_licence", "other"), ("subject", "production"))
    ours = [one for one in told if unions.to_sagaftra(world, one, None)]
    agreed = [view for one in ours if (view := world.library.get(one["id"])) and _agreed(view, when or world.at)]
    agreed += _union_papers(world, (*about, *titles), {str(one["id"]) for one in shown or ()}, when or world.at)
    return {
        "interim_bound": bound,
        "union_consents": [{"id": view.id, "granted": True} for view in agreed],
        "outputs_described": bool(run.get("intended_outputs") or run.get("purpose")),
    }


def _union_papers(world: World, about: Iterable[str | None], people: set[str], when: str) -> list[View]:
    """Approvals of the union about what is trained, and its consents to training: one for the title, or one for each of the people."""
    near = {one for one in about if one}
    approved = [
        view
        for view in world.library.of("evidence", "approval")
        if view.details.get("of") == "union"
        and view.details.get("outcome") == "approved"
        and times.not_after(times.text(view.details.get("written_at")), when) is True
        and not near.isdisjoint({str(bare(one)) for one in view.body.get("subjects") or ()})
    ]
    given = [view for view in world.library.of("consent") if _union_consents(world, view, near, when)]
    named = {bare(view.body.get("person")) for view in given}
    return approved + (given if None in named or (people and people <= named) else [])


def _union_consents(world: World, view: View, near: set[str], when: str) -> bool:
    """Tell whether a consent is the union's, to training, for one of the titles, and ran at the time."""
    if view.body.get("capacity") != "union" or "training" not in (consents.purposes(view.body) or ()):
        return False
    titled = any(consents.for_title(world, view, one) for one in near if one.startswith("prd_"))
    return titled and consents.state_at(world, view, when)[0] == "live"


def _licence_out(world: World, view: View) -> Fact:
    details = view.details
    titles = [str(bare(one)) for one in details.get("works") or () if str(one).startswith("prd_")]
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "type": "licence",
            "ahead": world.past(times.text(details.get("signed_at"))) is not True,
            "licences": [],
            "people": None,
            "nobody": False,
            "mismatch": [],
            "unstated": [],
            **interim(world, (world.production, *titles), (view.id,), {}),
            "dates": compact({"licence": times.text(details.get("signed_at")) or world.at}),
            "path": world.path(view),
        }
    )


def training_licences(world: World) -> list[Fact]:
    """Return each licence of covered material for training that is asked about, and in-house training of covered material."""
    return [training_grant(world, view) for view in lineage_of(world, "evidence") if view.type == "training_licence"]


def training_grant(world: World, view: View) -> Fact:
    """Return a licence for training: the four conditions of the clause, the notices, the meeting."""
    details = view.details
    works = [str(one) for one in details.get("works") or () if str(one).startswith("prd_")]
    told = papers.notices(world, (view.id, bare(details.get("licence"))), ("training_licence",))
    asked = times.text(details.get("meeting_requested_at"))
    responses = [paper.details.get("response") for one in told if (paper := world.library.get(one["id"]))]
    crafts = details.get("crafts")
    met = [one for one in world.library.about(view.id, "evidence", "meeting") if world.past(times.text(one.details.get("held_at")))]
    return compact(
        {
            "id": view.id,
            "licensee_affiliated": _affiliated(details),
            "compensated": details.get("compensated"),
            "system_public_facing": details.get("system_public_facing"),
            "system_commercial": details.get("system_commercial"),
            "in_house": _in_house(details),
            "covered": _covered(world, details),
            "notices": [{**one, "to_sagaftra": unions.to_sagaftra(world, one, None)} for one in told],
            "meeting_requested": bool(asked) or "meeting_requested" in responses,
            "meeting_held": bool(met),
            "productions": works,
            "production": ref(world.production),
            "dates": compact({"licence": times.text(details.get("signed_at")) or world.at}),
            "path": world.path(view),
            "crafts": crafts,
        }
    )


def _covered(world: World, details: Mapping[str, Any]) -> times.Tri:
    """Tell whether performers' work is in it: as stated, else by the agreements that it names or its titles are bound to."""
    crafts = details.get("crafts")
    if crafts is not None:
        return "*" in crafts or not titles.PERFORMERS.isdisjoint(crafts)
    works = [str(bare(one)) for one in details.get("works") or ()]
    named = [view for one in details.get("agreements") or () if (view := world.library.get(one))]
    lines = {titles.line(view.body.get("pack")) for view in named}.union(*(unions.bound_lines(world, one) for one in works))
    return None if unions.SAGAFTRA.isdisjoint(lines) else True


def _in_house(details: Mapping[str, Any]) -> times.Tri:
    """Tell whether the studio trains a model of its own: as stated; a licensee that is somebody else says no."""
    stated = details.get("in_house")
    if isinstance(stated, bool):
        return stated
    return False if details.get("licensee") and details.get("licensee") != details.get("licensor") else None


def _affiliated(details: Mapping[str, Any]) -> times.Tri:
    if isinstance(details.get("licensee_affiliated"), bool):
        return bool(details["licensee_affiliated"])
    return False if details.get("in_house") else None
