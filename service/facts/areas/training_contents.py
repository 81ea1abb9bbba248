"""What trainings learn from: whether commercials or sound recordings made under a union agreement are in the material."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from service.facts import advertising, papers, people, times, trainings
from service.facts.library import View
from service.facts.licensing import in_dataset, lineage_of
from service.facts.world import Fact, World, bare, bares, compact, part, ref

#: Sources in which nobody performs.
_STILL: Final = frozenset({"image", "painting", "photograph", "text", "script", "code", "model_3d", "scan"})
_HEARD: Final = frozenset({"audio", "music", "sound_recording"})
_RECORDING_FORMATS: Final = frozenset({"sound_recording"})
_SINGING: Final = frozenset({"performer", "singer", "voice"})
#: Trainings whose result generates nothing.
_SORTING: Final = frozenset({"classifier", "evaluation", "retrieval"})

Judge = Callable[[World, View], times.Tri]


def collections(world: World, _: Sequence[View]) -> dict[str, list[Fact]]:
    """Return `commercial_trainings` and `recording_trainings`."""
    jobs = _jobs(world)
    return {
        "commercial_trainings": [found for job in jobs if (found := _training(world, job, "contains_commercials", _commercial))],
        "recording_trainings": [found for job in jobs if (found := _training(world, job, "contains_recordings", _recording))],
    }


def _jobs(world: World) -> list[tuple[Fact, View | None, View | None]]:
    """Each training with its dataset and the record that states it; also of works that stand in no dataset."""
    library = world.library
    datasets = {view.id: view for view in library.of("dataset")}  # pinned to a version or not
    found = [
        (one, datasets.get(part(one, "dataset").get("$ref", "")), library.get(one.get("record"))) for one in trainings.trainings(world)
    ]
    jobs = [view for view in lineage_of(world, "evidence") if view.type == "training_job" and not view.details.get("datasets")]
    return [*found, *((_of_works(world, job), None, job) for job in jobs)]


def _of_works(world: World, job: View) -> Fact:
    when = times.text(job.details.get("started_at")) or times.text(job.details.get("planned_at")) or world.at
    to_come = job.details.get("state") in (None, "asked") or times.not_after(when, world.at) is False
    return compact(
        {
            "id": job.id,
            "record": job.id,
            "ahead": to_come,
            "kind": job.details.get("kind"),
            "dates": {"licence": when},
            "path": world.path(job),
        }
    )


def _training(world: World, job: tuple[Fact, View | None, View | None], stated: str, judge: Judge) -> Fact | None:
    one, dataset, record = job
    told = (dataset.body.get(stated) if dataset else None, record.details.get(stated) if record and record.kind == "evidence" else None)
    shown = False if dataset and dataset.body.get("people") == [] else None
    contained = _contained((*told, shown), [judge(world, view) for view in _works(world, dataset, record)])
    if contained is False:
        return None
    when = part(one, "dates").get("licence") or world.at
    about = (one["id"], one.get("record"), dataset.id if dataset else None, *(view.id for view in _works(world, dataset, record)))
    return compact(
        {
            "id": one["id"],
            "record": one.get("record"),
            "dataset": ref(dataset),
            "contains": contained,
            "generative": one.get("kind") not in _SORTING,
            "ahead": one.get("ahead"),
            "permitted": _permitted(world, dataset, about, when),
            "lines": [],
            "dates": {"licence": when},
            "path": one.get("path"),
            "because": {"contains": stated},
        }
    )


def _contained(told: Iterable[Any], works: list[times.Tri]) -> times.Tri:
    """What somebody has stated, and what the works show; that there is something outweighs that there is nothing."""
    if True in told or True in works:
        return True
    if False in told:
        return False
    return False if works and None not in works else None


def _works(world: World, dataset: View | None, record: View | None) -> list[View]:
    """The works that are learnt from: sources and files of the dataset, works that the paper names."""
    body: Mapping[str, Any] = dataset.body if dataset else {}
    named = [one.get(name) for one in (*(body.get("parts") or ()), *(body.get("members") or ())) for name in ("source", "asset")]
    named += list(record.details.get("works") or ()) if record and record.kind == "evidence" else []
    found = {view.key: view for one in named if (view := world.library.get(one))}
    return [view for _, view in sorted(found.items())]


def _commercial(world: World, view: View) -> times.Tri:
    """Tell whether a work is a commercial made under an agreement."""
    if view.kind == "production":
        return _covered_title(world, view.id, advertising.commercial(world, view.id))
    if view.kind == "asset":
        return (
            True
            if view.body.get("advertiser")
            else _covered_title(world, view_title(world, view), advertising.commercial(world, view_title(world, view)))
        )
    stated = view.body.get("covered_commercial")
    if isinstance(stated, bool):
        return stated
    if view.body.get("type") in _STILL or view.body.get("people") == []:
        return False
    origin = bare(view.body.get("origin_production"))
    return _covered_title(world, origin, advertising.commercial(world, origin)) if origin else None


def view_title(world: World, view: View) -> str | None:
    """Return the title that an asset belongs to by its own word."""
    return bare(view.body.get("production")) or (view.productions[0] if len(view.productions) == 1 else None)


def _covered_title(world: World, production: str | None, of_kind: times.Tri) -> times.Tri:
    """A title of the kind is covered unless somebody has found that no agreement binds it."""
    if of_kind is not True or production is None:
        return of_kind
    bases = {binding.body.get("basis") for binding in people.bindings(world, production)}
    return bases != {"non_union_determination"}


def _recording(world: World, view: View) -> times.Tri:
    """Tell whether a work is a sound recording made under an agreement."""
    if view.kind == "production":
        return _covered_title(world, view.id, view.body.get("format") in _RECORDING_FORMATS)
    if view.kind == "asset":
        title = world.library.get(view_title(world, view))
        return _covered_title(world, title.id, title.body.get("format") in _RECORDING_FORMATS) if title else None
    if view.body.get("type") in _STILL or view.body.get("people") == []:
        return False
    title = world.library.get(view.body.get("origin_production"))
    if title:
        return _covered_title(world, title.id, title.body.get("format") in _RECORDING_FORMATS)
    covered, heard = view.body.get("covered_by"), view.body.get("type")
    if covered is not None and heard is not None:
        return heard in _HEARD and ("*" in covered or not _SINGING.isdisjoint(covered))
    return None


def _permitted(world: World, dataset: View | None, about: Iterable[str | None], when: str) -> bool:
    """Tell whether a permission of before the training is on record: of everybody in it, or in writing of the union or an owner."""
    held = in_dataset(world, dataset, world.production, when)
    if held and all(one["training_consented"] for one in held):
        return True
    targets = {one for one in about if one}
    for view in world.library.of("evidence", "approval"):
        named = {*(bares(view.body.get("subjects")) or ())}
        if (
            view.details.get("outcome") == "approved"
            and named & targets
            and times.not_after(times.text(view.details.get("written_at")), when)
        ):
            return True
    told = papers.notices(world, targets, ("training_licence", "other"), ("subject",))
    answered = [world.library.get(one["id"]) for one in told]
    return any(
        view.details.get("response") in ("agreed", "approved")
        and times.not_after(times.text(view.details.get("responded_at")), when) is True
        for view in answered
        if view
    )
