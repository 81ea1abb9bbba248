"""Uses of people: of the person an appearance shows, and of everyone who is recognised in it or disputed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from schemas import vocabulary
from service.facts import areas, classify, consents, exemptions, papers, people, strikes, times, titles
from service.facts.appearances import common, dates, generation_of, person_of, replicates, use_of
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact, ref

_OF_AGE: Final = 18
#: What days are paid as: for the days a performer would have worked, also where a background replica plays a principal part.
_DAY_PAY: Final = ("use_days", "principal_upgrade")
#: The rate that is the minimum for a background actor.
_CROWD_RATE: Final = "background_day"
#: How many days a rate is paid for, where it tells what a day is worth.
_DAYS_PAID: Final = {"day": 1, "week": 5}


def uses(world: World, view: View) -> list[Fact]:
    """Return the uses of people in an appearance: of the person shown, and of everyone recognised or disputed."""
    shown = person_of(world, view)
    found = {shown: replicates(world, view, shown)} if shown else {}
    for person in classify.in_question(view, ()):
        if person != shown and (verdict := _recognised(view, person)) is not False:
            found[person] = verdict
    relevant = {person: verdict for person, verdict in found.items() if verdict is not False or view.body["type"] in ("alteration", "dub")}
    many = len(relevant) > 1
    return [
        use(world, view, person, verdict, f"{view.id}/{person}" if many and person != shown else view.id)
        for person, verdict in sorted(relevant.items())
    ]


def _recognised(view: View, person: str) -> times.Tri:
    """A person nobody was to be: as a whole, or disputed once one feature is recognised."""
    verdict = classify.whole(view, person)
    if verdict is None and classify.recognised(view, person, vocabulary.FEATURES) is False:
        return False
    return verdict


def use(world: World, view: View, person: str, verdict: times.Tri, name: str) -> Fact:
    """Return one use of one person: family, consents as they stand, estimates, pay, deals, strikes, exemptions."""
    body, base, production = view.body, common(world, view), world.production_of(view)
    replica = world.library.get(body.get("replica")) if person == person_of(world, view) else None
    found = _family(world, view, person, production, verdict)
    held = people.engagements(world, person, production)
    made = base["generated_at"]
    about = (view.id, replica.id if replica else None, bare(body.get("asset")), *(one.id for one in held))
    needed = verdict is not False or _altered(body, base)
    used = use_of(world, view, person, production)
    element = {
        "id": name,
        **base,
        "person": ref(person),
        "replica": ref(replica),
        "origin": ref(bare(replica.body.get("origin_production"))) if replica else None,
        "replicates": verdict,
        "ebdr": found["ebdr"],
        "icdr": found["icdr"],
        "badr": found["badr"],
        "no_scan": found["no_scan"],
        "other_project": found["other_project"],
        "principal_role": _principal(world, view),
        "deceased": people.dead_at(world, person, made or world.at),
        "deceased_now": people.dead_at(world, person, world.at),
        "minor_at_capture": _minor(world, person, replica, made),
        "engaged_here": people.engaged(world, person, production, made or world.at),
        "engagement": ref(held[0]) if held else None,
        "consents": consents.seen_from(world, used),
        "consent_needed": needed,
        "asked_about": _asked_about(world, view) if world.act == "generate" else None,
        "struck_at_use": strikes.struck(world, production, _employers(held), made or world.at),
        "struck_now": strikes.struck(world, production, _employers(held), world.at),
        "exemptions": exemptions.of_appearance(world, view),
        "attestations": _estate(world, person, view),
        "dates": dates(world, view, replica, held[0] if held else None),
        **_money(world, person, production, about, made, _floor(world, view, found)),
        **_backing(world, person, production, replica),
        **_platform(world, view, person, production),
        **areas.of_use(world, view, person, held),
        "lines": titles.lines(world, held),
    }
    element["known_minor"] = element["minor_at_capture"] is True or element["depicts_minor"] is True
    return compact({**element, **_summed(element["consents"])})


def _altered(body: Mapping[str, Any], base: Fact) -> bool:
    """Tell whether an alteration is more than finishing, or fitting to a human dubbing voice."""
    fitted = base["dub_or_double"] and body.get("voice_source") in ("human_performer", "own_recording")
    return body["type"] == "alteration" and base["ordinary_finishing"] is not True and not fitted


def _asked_about(world: World, view: View) -> bool:
    """Tell whether a use is in what is asked about itself, not in what that was made of."""
    named = (view, world.library.get(view.body.get("asset")), generation_of(world, view))
    return any(len(world.path(one) or ()) == 1 for one in named if one)


def _family(world: World, view: View, person: str, production: str | None, verdict: times.Tri) -> Fact:
    """The family of the person shown; somebody who can be recognised without being meant is recreated independently."""
    if person != person_of(world, view):
        employed = people.engaged(world, person, production, classify.people_date(world, view))
        independent = False if employed is True else (verdict if employed is False else None)
        return {"ebdr": False, "icdr": independent, "badr": False, "no_scan": False, "other_project": None}
    found = classify.family(world, view, person, production)
    if verdict is False or (found.kind == "icdr" and classify.unrecognised(view, person)):
        return {"ebdr": False, "icdr": False, "badr": False, "no_scan": False, "other_project": found.other_project}
    return {
        "ebdr": found.is_("ebdr"),
        "icdr": found.is_("icdr"),
        "badr": found.is_("badr"),
        "no_scan": False if found.kind and not found.no_scan else found.no_scan,
        "other_project": found.other_project,
    }


def _summed(seen: Iterable[Fact]) -> Fact:
    """The nearest consent and the fields in which it differs, for the sentence that says so; another paper is another sentence."""
    granted = [one for one in seen if one.get("granted")]
    nearest = min(granted, key=lambda one: (len(one["mismatch"]), len(one["unstated"]), one["id"])) if granted else None
    if nearest is None:
        return {"nearest": "no paper", "mismatch": [], "unstated": []}
    return {"nearest": nearest["id"], "mismatch": nearest["mismatch"], "unstated": nearest["unstated"]}


def _employers(held: Iterable[View]) -> list[str | None]:
    return [bare(one.body.get("employer")) for one in held]


def _principal(world: World, view: View) -> times.Tri:
    role = world.library.get(view.body.get("role"))
    category = view.body.get("role_category") or (role.body.get("category") if role else None)
    if category is None and view.body["type"] == "background_fill":
        return False
    return None if category is None else category not in ("background", "stand_in")


def _minor(world: World, person: str, replica: View | None, made: str | None) -> times.Tri:
    said = _said_minor(replica)
    if said is not None:
        return said
    captured = times.text(replica.body.get("created_at")) if replica else None
    sessions = (
        [times.text(found.details.get("starts_at")) for one in (replica.body.get("sessions") or ()) if (found := world.library.get(one))]
        if replica
        else []
    )
    return people.minor_at(world, person, times.earliest(sessions) or captured or made)


def _said_minor(replica: View | None) -> times.Tri:
    """Whether a replica's record says that its person was a minor: outright, or by the age at capture; either one counts."""
    body = replica.body if replica else {}
    flag, age = body.get("minor_at_capture"), body.get("subject_age_at_capture")
    told = [one for one in (flag, age < _OF_AGE if isinstance(age, int) else None) if isinstance(one, bool)]
    return any(told) if told else None


def _estate(world: World, person: str, view: View) -> list[Fact]:
    """Attestations about the person or the use; one that speaks of this use, or of the person after death, clears the estate's side."""
    found = papers.attestations(world, (person, view.id, bare(view.body.get("asset"))))
    return [
        {**one, "estate_clearance": one.get("kind") == "representative_authority" and one.get("role") in ("production_counsel", "legal")}
        for one in found
    ]


def _floor(world: World, view: View, family: Fact) -> str:
    """Which rate is the least for a use: a background actor's, where the replica of one plays no principal part."""
    return _CROWD_RATE if family["badr"] is True and _principal(world, view) is not True else papers.DAY_RATE


def _money(world: World, person: str, production: str | None, about: Iterable[str | None], made: str | None, floor: str) -> Fact:
    targets = tuple(about)
    estimates = [one for one in papers.attestations(world, targets, ("good_faith_day_estimate",)) if "days" in one]
    estimates += [one for one in _personal_estimates(world, person, production) if one not in estimates]
    chosen = times.latest([one.get("signed_at") for one in estimates if one.get("accepted") is True])
    latest = next((one for one in estimates if one.get("accepted") is True and one.get("signed_at") == chosen), {})
    paid = papers.payments(world, person, production, targets)
    by_days = [one for one in paid if one.get("basis") in _DAY_PAY]
    usual = _daily_rates(people.engagements(world, person, production))
    return {
        "estimates": estimates,
        "days": latest.get("days"),
        "estimate": latest.get("id"),
        "payments": paid,
        "paid_days": papers.paid_units([one for one in paid if not _under_rate(world, one, usual)], *_DAY_PAY),
        "contributions_refused": any(one.get("contributed") is False for one in by_days if one.get("paid") is True),
        "days_overdue": any(one["overdue"] for one in by_days),
        "deals": papers.deals(world, person, production, targets, made, floor),
        "flags": papers.flags(world, person, production),
    }


def _under_rate(world: World, payment: Fact, usual: Mapping[str, Decimal]) -> bool:
    """Tell whether a day was paid below the minimum of its day, or below what the person earns in a day, so that it is still owed."""
    view = world.library.get(payment["id"])
    if view is None or payment.get("basis") not in _DAY_PAY:
        return False
    money, units = view.details.get("rate"), Decimal(1)
    if money and payment.get("meets_floor") is False:
        return True
    if money is None:
        money, units = view.details.get("amount"), Decimal(str(view.details.get("units") or 0))
    if not isinstance(money, Mapping):
        return False
    least, amount = usual.get(str(money.get("currency"))), _decimal(money.get("amount"))
    return amount is not None and least is not None and amount < least * units


def _daily_rates(held: Iterable[View]) -> dict[str, Decimal]:
    """What somebody is paid for a day, by currency: the day's rate of an engagement, or a fifth of the week's."""
    found: dict[str, Decimal] = {}
    for view in held:
        money, days = view.body.get("rate"), _DAYS_PAID.get(str(view.body.get("rate_period")))
        if not isinstance(money, Mapping) or not days:
            continue
        amount = _decimal(money.get("amount"))
        if amount is not None:
            found.setdefault(str(money.get("currency")), amount / days)
    return found


def _decimal(value: Any) -> Decimal | None:
    """An amount as a number; None for one that is sealed or erased."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


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
    union = advised is not None and "union_cba" in advised
    return {"counsel": None if advised is None else "counsel" in advised, "covering_agreement": covering, "union_stands_behind": union}


def covers_replicas(world: World, agreement: str) -> times.Tri:
    """Tell whether an agreement addresses digital replicas: as stated, and known of the packs that come with the service."""
    view = next((one for one in world.library.of("agreement") if one.id == agreement), None)
    stated = view.body.get("covers_digital_replicas") if view else None
    if isinstance(stated, bool):
        return stated
    return True if view and str(view.body.get("pack", "")).startswith(("sagaftra-tvt-", "sagaftra-ima-")) else None


def _platform(world: World, view: View, person: str, production: str | None) -> Fact:
    """What a distributor asks of talent models: their titles."""
    run = generation_of(world, view)
    models = [found for one in (run.body.get("models") or ()) if (found := world.library.get(one.get("model")))] if run else []
    talent = [model for model in models if person in (bares(model.body.get("people")) or ()) or model.body.get("replicas")]
    beyond = [
        model
        for model in talent
        if model.body.get("scope_productions") not in (None, ["*"]) and production not in (bares(model.body["scope_productions"]) or ())
    ]
    open_ = any(model.body.get("scope_productions") is None for model in talent)
    return {
        "talent_model": bool(talent),
        "model_out_of_scope": True if beyond else (None if open_ else False),
        "model_of_title": bool(talent) and not beyond and not open_ and not view.body.get("replica"),
    }
