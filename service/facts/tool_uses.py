"""Who used which AI tool for whose work: the runs of the lineage, taken together where they differ in their date only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from service.facts import consents, crafts, papers, people, times, titles
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, part, ref

#: What shows that somebody had a policy: it was delivered to them, or they acknowledged it.
_HAD: Final = ("delivered", "acknowledged")


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody's use of a tool: the earliest of its runs stands for all; `first` is None where one of them has no date."""

    run: View
    runs: tuple[str, ...]
    operator: str | None
    crafts: list[str] | None
    generative: times.Tri
    first: str | None
    production: str | None


def uses(world: World) -> list[Use]:
    """Return the uses of AI tools in the lineage, as far as they are somebody's work."""
    return world.once("tool_uses", None, lambda: _uses(world))


def _uses(world: World) -> list[Use]:
    found: dict[tuple[Any, ...], list[View]] = {}
    for run in crafts.at_work(world):
        found.setdefault(_key(world, run), []).append(run)
    return sorted((_use(world, runs) for runs in found.values()), key=lambda use: use.run.key)


def _key(world: World, run: View) -> tuple[Any, ...]:
    """What makes two runs one use: all that a rule asks for but the date; those of nobody's recorded craft are one."""
    body, tool = run.body, part(run.body, "tool")
    named = crafts.of_run(world, run)
    if named is None:
        return (None, tool.get("tool_class") == "generative", bare(body.get("operator")))
    signed = tuple(one["id"] for one in papers.attestations(world, (run.id, *crafts.files_of([run])), ("no_avoidance",)))
    fields = ("operator", "employer", "operator_union", "operator_engagement")
    dated = _made(world, run) is not None
    return (
        *(bare(body.get(name)) for name in fields), *(tool.get(name) for name in ("name", "owner", "tool_class")), *named, signed, dated,
        world.production_of(run),
    )  # fmt: skip


def _use(world: World, runs: list[View]) -> Use:
    """One use of all the runs that are alike, by the earliest of them."""
    first, _, run = min((_made(world, run) or "", run.key, run) for run in runs)
    kind = part(run.body, "tool").get("tool_class")
    return Use(
        run=run,
        runs=tuple(sorted(one.id for one in runs)),
        operator=bare(run.body.get("operator")),
        crafts=crafts.of_run(world, run),
        generative=None if kind is None else kind == "generative",
        first=first or None,
        production=world.production_of(run),
    )


def _made(world: World, run: View) -> str | None:
    """When a tool was first at work in a run; one that is still planned would be now."""
    made = times.text(run.body.get("started_at")) or times.text(run.body.get("generated_at"))
    return made or (world.at if run.id.startswith("planned") else None)


def tool_uses(world: World) -> list[Fact]:
    """Return the uses of AI tools as elements, and each duty that a system carries out."""
    return [_element(world, use) for use in uses(world)] + [_task(world, view) for view in crafts.tasks(world)]


def _element(world: World, use: Use) -> Fact:
    run, body, tool = use.run, use.run.body, part(use.run.body, "tool")
    held = crafts.held_by(world, run)
    named = use.crafts or []
    employer = bare(body.get("employer")) or next((bare(one.body["employer"]) for one in held if one.body.get("employer")), None)
    files = crafts.files_of(view for one in use.runs if (view := world.library.get(one)))
    about = (*use.runs, *files, *(one.id for one in held))
    fees = papers.payments(world, use.operator, use.production, about, ("kit_rental",)) if use.operator else []
    return compact(
        {
            "id": run.id,
            "record": run.id,
            "type": "run",
            "runs": len(use.runs),
            "production": ref(use.production),
            "person": ref(use.operator),
            "crafts": use.crafts,
            "tool": tool.get("name"),
            "tool_owner": tool.get("owner"),
            "generative": use.generative,
            "first_used_at": use.first,
            "covered_staff": _staff(world, use, held),
            "outside": crafts.outside(world, employer, use.production),
            **avoidance(world, (run.id, *crafts.files_of([run]), *(one.id for one in held), use.operator, employer, use.production)),
            "permissions": permissions(world, use, tool.get("name")),
            "policies": policies(world, use.operator, use.production),
            "fees": fees,
            "fee_due": times.earliest([one.get("due_at") for one in fees if one.get("paid") is not True]),
            "lines": titles.lines(world, held) if named else None,
            "dates": compact({"generation": use.first, "use": use.first}),
            "path": world.path(run),
            "because": {"crafts": "craft", "tool_owner": "tool.owner", "generative": "tool.tool_class", "covered_staff": "operator_union",
                        "outside": "employer", "first_used_at": "generated_at"},
        }
    )  # fmt: skip


def _staff(world: World, use: Use, held: Iterable[View]) -> times.Tri:
    """Whether the operator is covered: as the run says of the union, else by engagement or membership."""
    unions = crafts.unions_of(world, use.production, use.crafts or [])
    named = papers.union_name(world, bare(use.run.body.get("operator_union")))
    if named is not None and unions:
        return named in unions
    return crafts.covered(world, use.operator, held, unions, use.first)


def _task(world: World, view: View) -> Fact:
    """A duty that a system carries out, as the work of its craft."""
    details = view.details
    person, production = bare(details.get("person")), world.production_of(view)
    named = crafts.stated([str(details.get("craft", "other"))])
    held = people.engagements(world, person, production)
    employer = bare(details.get("employer"))
    unions = crafts.unions_of(world, production, named or [])
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "type": "task",
            "production": ref(production),
            "person": ref(person),
            "crafts": named,
            "tool": details.get("system"),
            "jurisdiction": details.get("covered"),
            "covered_staff": crafts.covered(world, person, held, unions, None) if person else False,
            "outside": crafts.outside(world, employer, production),
            **avoidance(world, (view.id, person, employer, production)),
            "dates": {"generation": world.at, "use": world.at},
            "because": {"crafts": "craft", "jurisdiction": "covered", "covered_staff": "person", "outside": "employer"},
        }
    )


def avoidance(world: World, targets: Iterable[str | None]) -> Fact:
    """Return what labour relations found about outsourcing that avoids coverage: adverse, so false where nobody found it."""
    found = papers.confirmed(crafts.attested(world, targets, ("no_avoidance",)), "no_avoidance")
    return {"avoidance_found": found is False, "avoidance_denied": found is True}


def permissions(world: World, use: Use, tool: Any) -> list[Fact]:
    """Return the employer's permissions to use a tool, and consents by which a company lets a person use tools."""
    person = use.operator
    given = [
        {"id": view.id, "at": times.text(view.details.get("at")), "until": times.text(view.details.get("withdrawn_at")) or "*",
         "covers": _both(_names(view.details.get("to"), person), _has_tool(view.details.get("tools"), tool))}
        for view in world.library.of("evidence", "tool_permission")
        if crafts.concerns(world, view, use.production)
    ]  # fmt: skip
    given += [
        {
            "id": view.id,
            "at": consents.signed_at(view),
            "until": "*",
            "covers": consents.state_at(world, view, use.first)[0] in ("live", "late"),
        }
        for view in (world.library.about(person, "consent", roles=("given_to",)) if person else ())
        if "tool_use" in (part(view.body, "scope").get("purposes") or ())
    ]
    return [compact(one) for one in given]


def _names(listed: Any, person: str | None) -> times.Tri:
    found = bares(listed)
    return None if found is None else "*" in found or person in found


def _has_tool(listed: Any, tool: Any) -> times.Tri:
    """Whether a tool is among those listed, by its name in whatever case."""
    if listed is None or tool is None:
        return None if listed is None or "*" not in listed else True
    return "*" in listed or str(tool).casefold() in {str(one).casefold() for one in listed}


def _both(first: times.Tri, second: times.Tri) -> times.Tri:
    return False if False in (first, second) else None if None in (first, second) else True


def policies(world: World, person: str | None, production: str | None) -> list[Fact]:
    """Return the policies on generative tools, each with when the person had it and acknowledged it."""
    found = [
        view
        for view in world.library.of("evidence", "policy_delivery")
        if crafts.concerns(world, view, production) and not crafts.of_others(world, view, production)
    ]
    return [
        compact(
            {
                "id": view.id,
                "delivered_at": times.earliest([*(_day(view.details.get(name), person) for name in _HAD), _to_all(view)]),
                "acknowledged_at": _day(view.details.get("acknowledged"), person),
                "reached": True
                if _to_all(view) or _reached(view.details.get("acknowledged"), person)
                else _reached(view.details.get("delivered"), person),
                "permission_required": view.details.get("permission_required") is True,
            }
        )
        for view in found
    ]


def _day(listed: Any, person: str | None) -> str | None:
    return times.earliest([times.text(one.get("at")) for one in listed or () if bare(one.get("to")) == person])


def _to_all(view: View) -> str | None:
    return times.text(view.details.get("delivered_to_all_at"))


def _reached(listed: Any, person: str | None) -> times.Tri:
    return None if listed is None else any(bare(one.get("to")) == person for one in listed)
