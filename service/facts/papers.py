"""Papers as facts: attestations, notices, deals, pay, flags, approvals, claims; ids and derived values only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from service.facts import times
from service.facts.library import View
from service.facts.world import Fact, World, bare, bares, compact

#: What an attestation may stand behind without an expiry of its own, in days; security is to be looked at yearly.
YEARLY = frozenset({"security"})

_PRODUCER = frozenset({"producer", "business_affairs", "production_counsel", "legal"})
_COUNSEL = frozenset({"production_counsel", "labour_counsel", "legal"})
#: The rate that is the minimum where nothing else is said: the day performer's.
DAY_RATE = "day_performer"
#: What only some may attest: the producer's own estimates and reasons, counsel's word on a minor's paper.
SIGNERS = {
    "good_faith_day_estimate": _PRODUCER | {"labour_relations"},
    "significant_additional_value": _PRODUCER,
    "minor_counsel": _COUNSEL,
}


def attestations(world: World, targets: Iterable[str | None], kinds: Iterable[str] | None = None) -> list[Fact]:
    """Return the attestations about any of the targets, without those that a later one replaces."""
    wanted = frozenset(kinds) if kinds is not None else None
    found = {
        view.key: view
        for target in targets
        if target
        for view in world.library.about(
            target, "evidence", "attestation", ("subject", "classification", "day_estimate", "conspicuousness", "description_specific")
        )
        if wanted is None or view.details.get("kind") in wanted
    }
    if not found:
        return []
    gone = world.once(
        "superseded", None, lambda: {bare(one.details.get("supersedes")) for one in world.library.of("evidence", "attestation")}
    )
    return [attestation(world, view) for key, view in sorted(found.items()) if view.id not in gone]


def attestation(world: World, view: View) -> Fact:
    """Return one attestation; `accepted` once it is signed and confirmed by somebody who may say it, `live` until it expires."""
    details = view.details
    signed = world.past(times.text(details.get("signed_at")))
    confirmed = details.get("outcome") == "confirmed" and _may_sign(world, details)
    ends = _attestation_end(details)
    return compact(
        {
            "id": view.id,
            "kind": details.get("kind"),
            "role": details.get("role"),
            "signed_at": times.text(details.get("signed_at")),
            "accepted": confirmed and signed if signed is not False else False,
            "live": None if ends is None else not _over(world, ends),
            "ends": times.text(details.get("expires_at")) or "*",
            "days": details.get("days"),
            "classified_as": details.get("classified_as"),
            "compared_with": details.get("compared_with"),
            "rejected": details.get("outcome") == "rejected",
            "countersigned_by": _countersigned(world, details),
        }
    )


def _countersigned(world: World, details: Mapping[str, Any]) -> list[str]:
    return [
        one["role"]
        for one in details.get("countersignatures") or ()
        if one.get("outcome", "confirmed") == "confirmed" and world.past(times.text(one["at"]))
    ]


def _may_sign(world: World, details: Mapping[str, Any]) -> bool:
    """Tell whether somebody entitled to it signed or countersigned; most kinds anybody may sign who is named in a role."""
    entitled = SIGNERS.get(str(details.get("kind")))
    return entitled is None or not entitled.isdisjoint({details.get("role"), *_countersigned(world, details)})


def _attestation_end(details: Mapping[str, Any]) -> str | None:
    expires = times.text(details.get("expires_at"))
    if expires or details.get("kind") not in YEARLY:
        return expires or "*"
    signed = times.text(details.get("signed_at"))
    return f"{int(signed[:4]) + 1}{signed[4:]}" if signed and signed[5:10] != "02-29" else None


def _over(world: World, end: str) -> bool:
    return times.before(end, world.at) is not False


def confirmed(found: Iterable[Fact], kind: str) -> times.Tri:
    """Tell what accepted attestations of a kind say: confirmed, rejected, or nothing yet."""
    of_kind = [one for one in found if one.get("kind") == kind]
    if any(one.get("accepted") is True and one.get("live") is not False for one in of_kind):
        return True
    return False if any(one.get("rejected") for one in of_kind) else None


def notices(
    world: World, targets: Iterable[str | None], kinds: Iterable[str], roles: Iterable[str] = ("subject", "announced_session", "notice")
) -> list[Fact]:
    """Return the notices of some kinds about any of the targets."""
    wanted, held = frozenset(kinds), frozenset(roles)
    found = {
        view.key: view
        for target in targets
        if target
        for view in world.library.about(target, "evidence", "notice", held)
        if view.details.get("kind") in wanted
    }
    return [notice(world, view) for _, view in sorted(found.items())]


def notice(world: World, view: View) -> Fact:
    """Return one notice: when it was delivered and to which unions."""
    details = view.details
    recipients = bares(details.get("recipients"))
    unions = [name for party in recipients or () if (name := union_name(world, party))]
    return compact(
        {
            "id": view.id,
            "kind": details.get("kind"),
            "delivered_at": times.text(details.get("delivered_at")),
            "written": _written(details),
            "recipients": recipients,
            "unions": sorted(set(unions)),
            "recipient_kind": details.get("recipient_kind"),
        }
    )


def _written(details: Mapping[str, Any]) -> times.Tri:
    """Tell whether a notice is in writing: as stated, else by the way it was delivered."""
    stated = details.get("written")
    if isinstance(stated, bool):
        return stated
    way = details.get("delivery")
    return None if way is None else way != "verbal"


#: Unions by what the letters of their names begin with, where that is not the short name itself.
_UNIONS = {
    "iatselocal839": "tag", "animationguild": "tag", "theanimationguild": "tag", "tagiatse": "tag", "iatse": "iatse",
    "internationalallianceoftheatrical": "iatse", "americanfederationofmusicians": "afm", "afm": "afm",
    "sagaftra": "sagaftra", "screenactorsguild": "sagaftra", "writersguildofamerica": "wga", "wgaeast": "wga", "wgawest": "wga",
    "wgae": "wga", "wgaw": "wga", "writersguildofcanada": "wgc", "directorsguildofamerica": "dga",
}  # fmt: skip
SHORT_NAMES = frozenset(_UNIONS.values())


def union_name(world: World, party: str | None) -> str | None:
    """Return the short name of a union that is a party: letters and digits of its name, `sagaftra`, `wga`, `dga`."""
    view = world.library.get(party)
    name = view.body.get("name") if view else None
    if not isinstance(name, str):
        return None
    return short_name(name)


def short_name(name: str) -> str:
    """Return the short name of a union from any of its names."""
    letters = "".join(letter for letter in name.lower() if letter.isalnum())
    return next((short for beginning, short in _UNIONS.items() if letters.startswith(beginning)), letters)


def payments(
    world: World, person: str | None, production: str | None, targets: Iterable[str | None], bases: Iterable[str] | None = None
) -> list[Fact]:
    """Return what was paid or is owed to a person for a title, or for one of the targets."""
    wanted = frozenset(bases) if bases is not None else None
    about = {name for name in targets if name}
    found: dict[str, View] = {}
    for target in sorted({*about, *([person] if person else [])}):
        for view in world.library.about(target, "evidence", "compensation"):
            if (wanted is None or view.details.get("basis") in wanted) and _concerns(world, view, person, production, about):
                found[view.key] = view
    return [payment(world, view) for _, view in sorted(found.items())]


def _concerns(world: World, view: View, person: str | None, production: str | None, about: set[str]) -> bool:
    """A paper that names its subjects is about these; otherwise about the person, for the titles that it names."""
    details = view.details
    named = bare(details.get("person"))
    if named is not None and person is not None and named != person:
        return False
    subjects = {str(bare(one)) for one in (*(view.body.get("subjects") or ()), details.get("session")) if one}
    narrow = {one for one in subjects if not one.startswith(("pty_", "prd_"))}
    if narrow:
        return bool(narrow & about)
    return not view.productions or production is None or bool(world.titles(production) & set(view.productions))


def payment(world: World, view: View) -> Fact:
    """Return one payment: on what basis, how many units, paid or overdue, and whether it reaches the minimum."""
    details = view.details
    paid_at, due_at = times.text(details.get("paid_at")), times.text(details.get("due_at"))
    paid = world.past(paid_at) if paid_at else False
    floor = meets_floor(world, details, details.get("rate") or details.get("amount"), times.text(details.get("agreed_at")) or paid_at)
    return compact(
        {
            "id": view.id,
            "basis": details.get("basis"),
            "units": details.get("units"),
            "hours": details.get("hours"),
            "paid": paid,
            "paid_at": paid_at,
            "due_at": due_at,
            "payee": details.get("payee") or _payee(world, details),
            "contributed": details.get("pension_health") if paid else False,
            "overdue": bool(not paid and due_at and times.before(due_at, world.at)),
            "meets_floor": floor,
            "short": floor is False,
        }
    )


def _payee(world: World, details: Mapping[str, Any]) -> str | None:
    """What kind of payee a party is, where only the party is named: a benefit plan, or a person."""
    party = world.library.get(details.get("payee_party"))
    if party is None:
        return None
    return "benefit_funds" if "benefit_plan" in (party.body.get("occupations") or ()) else "person" if party.type == "person" else None


def paid_units(found: Iterable[Fact], *bases: str) -> str:
    """Return the units paid on some bases, as a decimal string."""
    total = sum((Decimal(str(one.get("units", "0"))) for one in found if one.get("basis") in bases and one.get("paid") is True), Decimal(0))
    return format(total.normalize(), "f")


def deals(
    world: World, person: str | None, production: str | None, targets: Iterable[str | None], used_at: str | None, floor: str = DAY_RATE
) -> list[Fact]:
    """Return deals with a person for a title: bargaining records, and fees that were agreed without one; `floor` is the rate they must reach."""
    about = {name for name in targets if name}
    found: dict[str, View] = {}
    for target in sorted({*about, *([person] if person else [])}):
        for type_ in ("bargaining", "compensation"):
            for view in world.library.about(target, "evidence", type_):
                if _concerns(world, view, person, production, about) and _is_deal(view):
                    found[view.key] = view
    return [_deal(world, view, production, used_at, floor) for _, view in sorted(found.items())]


def _is_deal(view: View) -> bool:
    return view.type == "bargaining" or (view.details.get("basis") not in ("creation", "use_days") and "agreed_at" in view.details)


def _deal(world: World, view: View, production: str | None, used_at: str | None, floor: str) -> Fact:
    details = view.details
    agreed_at = times.text(details.get("closed_at") if view.type == "bargaining" else details.get("agreed_at"))
    agreed: times.Tri = details.get("outcome") == "agreed" if view.type == "bargaining" else True
    if not view.productions and view.type == "bargaining" and production is not None and not view.body.get("subjects"):
        agreed = None if agreed else False
    amount = details.get("agreed_amount") or details.get("amount") or details.get("rate")
    return compact(
        {
            "id": view.id,
            "agreed": agreed,
            "outcome": details.get("outcome"),
            "agreed_at": agreed_at,
            "opened_at": times.text(details.get("opened_at")),
            "before_use": times.not_after(agreed_at, used_at),
            "meets_floor": meets_floor(world, details, amount, agreed_at, floor),
        }
    )


def meets_floor(world: World, details: Mapping[str, Any], amount: Any, when: str | None, floor: str = DAY_RATE) -> times.Tri:
    """Tell whether an amount reaches the minimum of its day: the day performer's, unless the paper or the caller names another.

    The amounts are compared where both are on record; else the stated multiple of the rate counts, else what business
    affairs has stated. The amount itself never becomes a fact.
    """
    rate = rate_on(world, str(details.get("rate_key") or floor), when)
    if isinstance(amount, Mapping) and rate and amount.get("currency") == rate["currency"]:
        try:
            return Decimal(str(amount["amount"])) >= Decimal(str(rate["amount"]))
        except (InvalidOperation, KeyError):
            return None
    if floor != DAY_RATE and rate is None and meets_floor(world, details, amount, when) is True:
        return True
    share = details.get("share_of_rate")
    if isinstance(share, str):
        return Decimal(share) >= 1
    stated = details.get("at_least_minimum")
    return stated if isinstance(stated, bool) else None


def share_of_rate(world: World, details: Mapping[str, Any], key: str) -> Decimal | None:
    """Return what one unit was paid, as a multiple of the published rate: of the amounts on record, else as stated.

    A rate beside an amount that is not so many units of it is what the amount is measured by, where no table says more.
    The amounts themselves never become facts.
    """
    when = times.text(details.get("agreed_at")) or times.text(details.get("paid_at"))
    price, base = _priced(details)
    base = rate_on(world, str(details.get("rate_key") or key), when) or base
    if price and base and price[1] == base.get("currency"):
        try:
            return price[0] / Decimal(str(base["amount"]))
        except (InvalidOperation, ZeroDivisionError, KeyError):
            return None
    stated = details.get("share_of_rate")
    return Decimal(stated) if isinstance(stated, str) else None


def _priced(details: Mapping[str, Any]) -> tuple[tuple[Decimal, Any] | None, Mapping[str, Any] | None]:
    """The price of one unit with its currency, and the rate that it is measured by."""
    rate, amount = _money(details.get("rate")), _money(details.get("amount")) or _money(details.get("agreed_amount"))
    units = Decimal(str(details.get("units") or 1)) or Decimal(1)
    if amount is None or (rate and rate[1] == amount[1] and rate[0] * units == amount[0]):
        return rate, None
    return (amount[0] / units, amount[1]), details.get("rate") if rate else None


def _money(value: Any) -> tuple[Decimal, Any] | None:
    if not isinstance(value, Mapping):
        return None
    try:
        return Decimal(str(value["amount"])), value.get("currency")
    except (InvalidOperation, KeyError):
        return None


def rate_on(world: World, key: str, when: str | None) -> Mapping[str, Any] | None:
    """Return the published rate of a key on a day; today's where the day is not known."""
    for rate in rates(world):
        if (
            rate["key"] == key
            and times.within(when or world.at, {"start": rate["from"], "end": rate["to"], "perpetual": rate["to"] == "*"}) is True
        ):
            found = rate["amount"]
            return found if isinstance(found, Mapping) else None
    return None


def rates(world: World) -> list[Fact]:
    """Return every published rate, with its window."""
    return world.once("rates", None, lambda: _rates(world))


def _rates(world: World) -> list[Fact]:
    found = []
    for view in world.library.of("evidence", "rate_table"):
        for rate in view.details.get("rates") or ():
            window = rate.get("window") or {}
            found.append(
                {
                    "key": rate["key"],
                    "amount": dict(rate["amount"]),
                    "from": times.text(window.get("start")) or "*",
                    "to": times.end_of(window) or "*",
                    "table": view.id,
                }
            )
    return found


def flags(world: World, person: str | None, production: str | None) -> list[Fact]:
    """Return the words to payroll that a person is to earn residuals for a title."""
    found = []
    for view in world.library.about(person, "evidence", "residual_flag") if person else ():
        named = bare(view.details.get("production"))
        if named is None or production is None or world.same_title(named, production):
            found.append(
                {
                    "id": view.id,
                    "basis": view.details.get("basis"),
                    "sent": bool(world.past(times.text(view.details.get("sent_to_payroll_at")))),
                }
            )
    return found


def approvals(world: World, targets: Iterable[str | None], production: str | None) -> list[Fact]:
    """Return written approvals of a buyer about any of the targets, or about the whole title."""
    about = {name for name in targets if name}
    found = []
    for view in world.library.of("evidence", "approval"):
        subjects = {str(bare(one)) for one in view.body.get("subjects") or ()}
        narrow = {one for one in subjects if not one.startswith("prd_")}
        titled = (
            set(view.productions) | {one for one in subjects if one.startswith("prd_")} | set(bares(view.details.get("productions")) or ())
        )
        if narrow & about or (not narrow and production in titled):
            details = view.details
            found.append(
                compact(
                    {
                        "id": view.id,
                        "of": details.get("of"),
                        "subject": details.get("subject"),
                        "approved": details.get("outcome") == "approved" and world.past(times.text(details.get("written_at"))),
                    }
                )
            )
    return found
