"""What is asked about performers in the United Kingdom, where no collective term on AI is known: scans, replicas, training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from service.facts import consents, papers, people, replications, times, titles, unions
from service.facts.consents import Use
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, ref

LINES: Final = frozenset({"equity-pact"})


def collections(world: World, _shown: Sequence[View]) -> dict[str, list[Fact]]:
    """Return the work with performers that Equity's agreements may govern, and the training on such titles."""
    return {"pact_work": pact_work(world), "training_claims": training_claims(world)}


# --- scans, replicas and training of performers -----------------------------------------------------------------


def pact_work(world: World) -> list[Fact]:
    """Return each scan, use of a replica and training on a person, where a British engagement is not ruled out."""
    if not _touches(world):
        return []
    found = [_work(world, one) for one in replications.everything(world) if one["step"] != "synthetic"]
    found += [one for training in world.gathered.get("trainings", ()) for one in _trained(world, training)]
    return [one for one in found if one.get("british") is not False]


def _touches(world: World) -> bool:
    """Tell whether a title or an engagement in question may be British at all."""
    held = world.library.of("engagement")
    return unions.touches(world, LINES) or any(str(view.body.get("country", "")).startswith("GB") for view in held)


def british(world: World, person: str | None, production: str | None) -> times.Tri:
    """Tell whether a person is engaged under Equity's agreements: by the engagement, the title, or the country of the work."""
    held = people.engagements(world, person, production)
    found = unions.governs(world, production, LINES, titles.lines(world, held))
    if found is True or titles.lines(world, held) is not None:
        return found
    places = [str(view.body["country"]) for view in held if view.body.get("country")]
    if any(place.partition("-")[0] == "GB" for place in places):
        return True
    return False if places and found is None else found


def _work(world: World, element: Fact) -> Fact:
    person, production = _id(element.get("person")), _id(element.get("production"))
    step = "scan" if element["step"] == "creation" else "replica"
    return _element(world, element, step, person, production)


def _element(world: World, element: Fact, step: str, person: str | None, production: str | None) -> Fact:
    return compact(
        {
            "id": element["id"],
            "record": element.get("record"),
            "asset": element.get("asset"),
            "step": step,
            "person": element.get("person"),
            "production": element.get("production"),
            "british": british(world, person, production),
            "consents": element.get("consents", []),
            "protection": [_protection(view) for view in world.library.about(person, "evidence", "data_protection")] if person else [],
            "status_watched": _watched(world, production),
            "dates": element.get("dates", {}),
            "path": element.get("path"),
            "because": {"british": "engagement.agreement"},
        }
    )


def _protection(view: View) -> Fact:
    details = view.details
    return compact(
        {
            "id": view.id,
            "lawful_basis": details.get("lawful_basis"),
            "assessed": "impact_assessment" in details,
            "ends": times.text(details.get("deletion_date")) or times.text(details.get("retention_end")),
        }
    )


def _watched(world: World, production: str | None) -> bool:
    """Tell whether somebody has looked, for now, whether the union has since concluded a term on AI."""
    bound = people.bindings(world, production)
    about = (production, *(view.id for view in bound), *(bare(view.body.get("agreement")) for view in bound))
    return papers.confirmed(papers.attestations(world, about, ("union_status",)), "union_status") is True


def _trained(world: World, training: Fact) -> list[Fact]:
    """The people that a training learns from."""
    production, when = _id(training.get("production")), (training.get("dates") or {}).get("use") or world.at
    found = []
    for one in training.get("people") or ():
        seen = consents.seen_from(world, Use(training["id"], one["id"], production, when, ("training",)))
        about = {**training, "id": f"{training['id']}/{one['id']}", "person": ref(one["id"])}
        about["consents"] = [replications.standing(world, paper) for paper in seen]
        found.append(_element(world, about, "training", one["id"], production))
    return found


def _id(reference: Any) -> str | None:
    return reference["$ref"] if isinstance(reference, dict) else None


# --- licences and jobs that train on British titles --------------------------------------------------------------


def training_claims(world: World) -> list[Fact]:
    """Return each licence for training, and each training job, with whether it takes in British titles."""
    found = []
    for view in sorted(world.library.of("evidence"), key=lambda one: one.id):
        if view.type in ("training_licence", "training_job") and view.key in world.library.lineage:
            british_titles = _british_titles(world, view)
            if british_titles is not False:
                found.append(_claim(world, view, british_titles))
    return found


def _claim(world: World, view: View, british_titles: times.Tri) -> Fact:
    when = times.text(view.details.get("signed_at")) or times.text(view.details.get("planned_at")) or world.at
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "production": ref(world.production),
            "british": british_titles,
            "dates": {"licence": when, "use": when},
            "path": world.path(view),
            "because": {"british": "works"},
        }
    )


def _british_titles(world: World, view: View) -> times.Tri:
    """Tell whether a British title is among the works; unknown where the works are not listed one by one."""
    works = view.details.get("works")
    listed = [str(bare(one)) for one in works or ()]
    listed += [str(bare(part.get("source"))) for one in view.details.get("datasets") or () for part in _parts(world, one)]
    verdicts = [_british_work(world, one) for one in listed if one != "*"]
    if True in verdicts:
        return True
    open_list = (works is None and not verdicts) or "*" in listed or bool(view.details.get("work_list"))
    return None if open_list or None in verdicts else False


def _parts(world: World, dataset: Any) -> Sequence[Any]:
    found = world.library.get(dataset)
    return (found.body.get("parts") or ()) if found else ()


def _british_work(world: World, name: str) -> times.Tri:
    """Tell whether a work is a British title, or comes from one: bound to Equity's agreements, or made there."""
    view = world.library.get(name)
    if view is None:
        return None
    named = [name] if view.kind == "production" else [bare(view.body.get("origin_production")), *view.productions]
    verdicts = [_british_title(world, one) for one in named if one]
    if True in verdicts:
        return True
    return False if verdicts and None not in verdicts else (None if view.kind == "production" or verdicts else False)


def _british_title(world: World, production: str) -> times.Tri:
    view = world.library.get(production)
    bound = unions.governs(world, production, LINES)
    places = view.body.get("countries") if view else None
    if bound is True or any(str(one).partition("-")[0] == "GB" for one in places or ()):
        return True
    return False if bound is False or places is not None else None
