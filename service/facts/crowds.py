"""Crowd days: how many people were required and engaged, and where replicas stand for them."""

from __future__ import annotations

from service.facts import appearances, custody, papers, times
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, part, ref


def background_days(world: World, shown: list[View]) -> list[Fact]:
    """Return the days of crowd work in question: as counted, with the replicas that appear on them."""
    titles = {world.production_of(view) for view in shown} | {world.production}
    found = []
    for view in world.library.of("evidence", "background_day"):
        details = view.details
        if bare(details.get("production")) not in titles and view.key not in world.library.lineage:
            continue
        used = [one for one in shown if _on_day(world, one, view)]
        counted = details.get("replica_count")
        if not used and shown and view.key not in world.library.lineage:
            continue
        crowd = bool(used) or (None if counted is None and details.get("replicas") is None else bool(counted or details.get("replicas")))
        day = times.text(details.get("date"))
        found.append(
            compact(
                {
                    "id": view.id,
                    "production": ref(bare(details.get("production"))),
                    "date": day,
                    "required": details.get("required_count"),
                    "engaged_live": details.get("engaged_live_count"),
                    "replicas_used": crowd,
                    "record": view.id,
                    "unrecorded": False,
                    "attestations": papers.attestations(world, (view.id,)),
                    "dates": compact({"session": day, "use": day}),
                }
            )
        )
    return found + _unrecorded_days(world, shown)


def _unrecorded_days(world: World, shown: list[View]) -> list[Fact]:
    """The crowds made of replicas on days of which nobody has recorded how many people were required and engaged."""
    days = world.library.of("evidence", "background_day")
    found = []
    for view in shown:
        if not _crowd(view) or _of_the_crew(world, view) or any(_on_day(world, view, day) for day in days):
            continue
        day = times.text(part(view.body, "shooting_day").get("date"))
        element = {
            "id": f"{view.id}/day",
            "record": view.id,
            "production": ref(world.production_of(view)),
            "date": day,
            "unrecorded": True,
            "replicas_used": True,
            "attestations": papers.attestations(world, (view.id,)),
            "dates": compact({"session": day, "use": appearances.generated_at(world, view)}),
        }
        found.append(compact(element))
    return found


def _of_the_crew(world: World, view: View) -> bool:
    """Tell whether an appearance shows the replica of somebody who is no performer."""
    replica = world.library.get(view.body.get("replica"))
    return replica is not None and custody.of_crew(world, replica)


def _crowd(view: View) -> bool:
    """Tell whether an appearance fills the background with replicas of people."""
    body = view.body
    if body["type"] == "background_fill":
        return bool(body.get("crowd") or body.get("replica"))
    return body.get("role_category") == "background" and bool(body.get("replica")) and body["type"] == "new_performance"


def _on_day(world: World, view: View, day: View) -> bool:
    body = view.body
    if body["type"] not in ("background_fill", "synthetic", "new_performance") or (
        body["type"] == "new_performance" and not appearances.replicates(world, view, appearances.person_of(world, view) or "")
    ):
        return False
    shot = times.text(part(body, "shooting_day").get("date"))
    if shot is not None:
        zone = part(body, "shooting_day").get("zone")
        return shot == times.text(day.details.get("date")) and (zone is None or day.details.get("zone") in (None, zone))
    return not set(body.get("scenes") or ()).isdisjoint(day.details.get("scenes") or ())
