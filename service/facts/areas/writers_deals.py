"""Papers about what writers get: deals, notices and changes of credit, determinations of separated rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from service.facts import people, times, titles
from service.facts.areas import writers_given, written
from service.facts.library import View
from service.facts.world import Fact, World, bare, compact, ref


def writer_papers(world: World) -> list[Fact]:
    """Return the writers' deals, notices of credit and changes of credit in question."""
    deals = [_deal(world, view) for view in world.library.of("evidence", "writer_deal") if written.in_question(world, view)]
    notices = [_notice(world, view) for view in world.library.of("evidence", "credit_notice") if written.in_question(world, view)]
    changes = [
        _change(world, view)
        for view in world.library.of("evidence", "credit")
        if written.in_question(world, view) and written.writing_credit(view.details)
    ]
    return deals + notices + changes


def _deal(world: World, view: View) -> Fact:
    details = view.details
    writer, production = bare(details.get("writer")), world.production_of(view)
    listed = _listed(world, details.get("assigned_materials"))
    mine = writers_given.given_to(world, writer)
    supplied = _supplied(listed, mine)
    because = _because(details.get("fee_reduced_because"))
    reduced = False if because is False else _reduced(details)
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "sort": "deal",
            "step": details.get("step"),
            "listed": listed,
            "unpublished_supplied": _unpublished(listed, mine),
            "supplied": supplied,
            "reduced": reduced,
            "reduction_asked": _asked(world, production, supplied=supplied, reduced=reduced, because=because),
            "because_of_generated": because,
            **written.owner_facts(world, writer, production, titles.lines(world, people.engagements(world, writer, production))),
            "dates": {"deal": times.text(details.get("signed_at")) or world.at},
            "because": {
                "listed": "details.assigned_materials",
                "reduced": "details.baseline_fee",
                "supplied": "details.assigned_materials",
                "unpublished_supplied": "details.assigned_materials",
                "reduction_asked": "details.assigned_materials",
            },
        }
    )


def _asked(world: World, production: str | None, *, supplied: times.Tri, reduced: times.Tri, because: times.Tri) -> times.Tri:
    """Tell whether a fee may have been cut for generated material: supplied, given as the reason, or on the title with no reason given."""
    if reduced is False:
        return False if supplied is None else supplied
    if because is True:
        return True
    return None if supplied is False and because is None and reduced and _on_title(world, production) else supplied


def _on_title(world: World, production: str | None) -> bool:
    papers = [view for view in world.library.of("evidence", "writing_material") if written.of_title(world, view, production)]
    found = [written.material_of(world, view.id) for view in papers]
    return any(written.generated(world, one) is True for one in found if one)


def _because(stated: Any) -> times.Tri:
    return None if stated is None else stated == "generated_material"


def _listed(world: World, named: Any) -> list[Fact] | None:
    """The material that a paper lists as assigned or as source: barred where no person wrote it and it was never exploited."""
    return None if named is None else [_cited(world, one) for one in named]


def _cited(world: World, reference: Any) -> Fact:
    material = written.material_of(world, reference)
    if material is None:
        return {"id": bare(reference), "doubtful": True, "barred": False}
    whole, used = written.wholly(world, material), written.exploited(material)
    touched = written.generated(world, material)
    open_ = whole is None or (touched is not False and whole is False and written.literary(material) is not True)
    return compact(
        {
            "id": material.id,
            "generated": touched,
            "wholly_generated": whole,
            "previously_exploited": used,
            "barred": whole is True and used is not True,
            "doubtful": bool(open_ and used is not True),
            "because": {"wholly_generated": "author_kind"},
        }
    )


def _supplied(listed: Sequence[Fact] | None, given: Sequence[Fact]) -> times.Tri:
    """Tell whether generated material was supplied to the writer, by hand-over or by the list of the deal."""
    stated = [one.get("generated") for one in (*(listed or ()), *given)]
    if True in stated:
        return True
    return None if listed is None or None in stated else False


def _unpublished(listed: Sequence[Fact] | None, given: Sequence[Fact]) -> times.Tri:
    return _supplied(
        None if listed is None else [{"generated": bool(one["barred"])} for one in listed],
        [one for one in given if one.get("previously_exploited") is not True],
    )


def _reduced(details: Mapping[str, Any]) -> times.Tri:
    """Tell whether the fee lies under the baseline: by the amounts where both are on record, else as stated."""
    fee, baseline = details.get("fee"), details.get("baseline_fee")
    stated = details.get("fee_reduced")
    if not isinstance(fee, Mapping) or not isinstance(baseline, Mapping) or "amount" not in fee or "amount" not in baseline:
        return stated if isinstance(stated, bool) else None
    if fee.get("currency") != baseline.get("currency"):
        return stated if isinstance(stated, bool) else None
    try:
        return Decimal(str(fee["amount"])) < Decimal(str(baseline["amount"]))
    except InvalidOperation:
        return None


def _notice(world: World, view: View) -> Fact:
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "sort": "notice",
            "listed": _listed(world, view.details.get("source_materials")),
            "unpublished_supplied": False,
            "reduction_asked": False,
            "production": ref(world.production_of(view)),
            "dates": {"deal": times.text(view.details.get("at")) or world.at},
            "because": {"listed": "details.source_materials"},
        }
    )


def _change(world: World, view: View) -> Fact:
    """A change of a writing credit; whether it is for the worse is stated, or open where before and after differ."""
    details = view.details
    writer = bare(details.get("person"))
    before, after = details.get("before"), details.get("after")
    lesser = details.get("reduced", False if before == after else (True if after is None else None))
    supplied = True in [one.get("generated") for one in writers_given.given_to(world, writer)]
    because = details.get("because_of_generated_material")
    if because is None and (supplied or written.speaks_of_generated(str(details.get("reason", "")))):
        because = True
    asked = False if lesser is False or because is False else (because if lesser else None)
    return compact(
        {
            "id": view.id,
            "record": view.id,
            "sort": "credit",
            "listed": [],
            "unpublished_supplied": False,
            "supplied": because,
            "reduced": lesser,
            "reduction_asked": asked,
            "because_of_generated": because,
            "person": ref(writer),
            "production": ref(world.production_of(view)),
            "dates": {"deal": times.text(details.get("at")) or world.at},
            "because": {"reduced": "details.reduced", "reduction_asked": "details.because_of_generated_material"},
        }
    )


def determinations(world: World) -> list[Fact]:
    """Determinations of separated rights, each with whether generated material is among its factors."""
    return [
        compact(
            {
                "id": view.id,
                "record": view.id,
                "considered": _considered(world, view.details),
                "outcome": view.details.get("outcome"),
                "person": ref(bare(view.details.get("writer"))),
                "production": ref(world.production_of(view)),
                "dates": {"deal": times.text(view.details.get("at")) or world.at},
                "because": {"considered": "details.factors", "outcome": "details.outcome"},
            }
        )
        for view in world.library.of("evidence", "separated_rights")
        if written.in_question(world, view)
    ]


def _considered(world: World, details: Mapping[str, Any]) -> times.Tri:
    stated, factors, named = (details.get(name) for name in ("generated_material_considered", "factors", "materials"))
    cited = [None if one is None else written.generated(world, one) for one in (written.material_of(world, name) for name in named or ())]
    if stated is True or True in cited or any(written.speaks_of_generated(one) for one in factors or ()):
        return True
    return None if None in cited or (stated is None and factors is None and named is None) else False
