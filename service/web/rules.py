"""Every pack and rule for people; the editions of a pack with who signed them; and what one edition changes in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas import vocabulary
from schemas.packs import EditionSignOff
from service import docket, errors
from service.api.operation import load
from service.context import Context
from service.decisions import adoptions, packs
from service.decisions.governance import every
from service.decisions.packs import Edition
from service.records import search
from service.rules import compare, coverage
from service.rules.pack import Pack
from service.web import forms, present, rule_text
from service.web.page import Moved, Shown, Visit, page

KINDS = (
    ("agreement", "Agreements"),
    ("law", "Laws"),
    ("platform", "Platforms, awards and buyers"),
    ("house", "House rules"),
    ("gate", "Part of every decision"),
)
_STATUS = {"in_force": "In force", "proposed": "Proposed, only warns", "ended": "Ended", "draft": "Draft"}
ADOPTED = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A pack on the page of all rules: the edition to adopt now, and those of its rules that were looked for."""

    edition: Edition
    state: str
    status: str
    rules: list[dict[str, Any]]
    carried: int
    editions: int


@page("/rules", permission="rules.read")
def lists(visit: Visit) -> Shown:
    """List every rule of every pack; `q` is a part of an id, a clause or what a rule asks."""
    context = visit.context
    q, kind = visit.query.get("q", "").strip()[:200], visit.query.get("kind", "")
    listed = [_listed(found, context, q.lower()) for found in packs.editions(context).values()]
    shown = [one for one in listed if (one.rules or (not q)) and kind in ("", one.edition.pack.kind)]
    engine = [one for one in _engine() if _matches(one, q.lower(), "engine")] if kind in ("", "gate") else []
    values = {
        "title": "Rules", "here": "rules", "names": {}, "q": q, "kind": kind, "kinds": KINDS, "engine": engine,
        "groups": [(title, [one for one in shown if one.edition.pack.kind == name]) for name, title in KINDS],
        "packs_count": len(shown), "rules_count": sum(len(one.rules) for one in shown) + len(engine), "may": context.actor.may("waivers.write"),
    }  # fmt: skip
    return Shown("rules.html", values)


def _listed(found: Sequence[Edition], context: Context, q: str) -> Listed:
    edition = packs.current(found, context)
    pack = edition.pack
    rules = [told for rule in pack.rules if _matches(told := _told(rule), q, f"{pack.id} {pack.title}")]
    return Listed(edition, packs.state(edition, found, context), status(pack), rules, len(list(pack.carried)), len(found))


def _matches(rule: Mapping[str, Any], q: str, pack: str) -> bool:
    told = " ".join(str(rule.get(name) or "") for name in ("id", "clause", "summary", "note"))
    return q in f"{told} {pack}".lower()


def _told(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule as its table shows it."""
    source = str(rule.get("source") or "")
    return {
        "id": rule["id"], "clause": rule.get("clause"), "summary": rule.get("summary"), "mode": rule.get("mode", "blocking"),
        "confidence": rule_text.confidence(rule.get("confidence")), "source": source if source.startswith("https://") else "",
        "source_text": "" if source.startswith("https://") else source, "absolute": bool(rule.get("absolute")), "note": str(rule.get("note") or "").replace("`", ""),
    }  # fmt: skip


def status(pack: Pack) -> str:
    """Return whether what a pack says is in force, in words."""
    word = str(pack.document.get("status", "in_force"))
    return _STATUS.get(word, present.words(word))


def _engine() -> list[dict[str, Any]]:
    """The rules that the engine itself applies to every decision."""
    known = {name: coverage.statics(name) for name in coverage.TEXTS}
    return [_told({"id": name, **told, "summary": _first(told["texts"])}) for name, told in known.items()]


def _first(texts: Mapping[str, Mapping[str, str]]) -> str:
    return rule_text.spoken(next(iter(texts.values()))["says"])


@page("/rules/<id>", permission="rules.read")
def show(visit: Visit) -> Shown:
    """Show one pack: what it is, its editions with their signatures, who has adopted it, and its rules whole."""
    return _shown(visit, forms.blank(visit), visit.query.get("digest"))


@page("/rules/<id>/sign-off", method="POST", permission="adoptions.write")
def sign_off(visit: Visit) -> Shown | Moved:
    """Sign that the edition on the page says what its sources say, as the API does; the second person's signature makes it count."""
    digest = visit.request.form.get("digest", "")
    edition, _ = packs.find(visit.context, visit.path["id"], digest)

    def act() -> str:
        body = load(EditionSignOff(), forms.body(visit, one=("role", "statement", "digest")))
        said = (body["role"], body.get("statement"), edition.pack.digest)
        forms.once(visit, lambda key: adoptions.sign_off(visit.context, edition.pack.id, *said, key=key))
        return f"/rules/{edition.pack.id}?digest={edition.pack.digest}#editions"

    return forms.sent(visit, act, lambda form: _shown(visit, form, digest))


def _shown(visit: Visit, form: forms.Form, digest: str | None) -> Shown:
    context = visit.context
    edition, found = packs.find(context, visit.path["id"], digest)
    pack = edition.pack
    signed = _readers(context)
    line = _line(context, pack)
    adopted = _adopted(context, pack.id)
    accounts = {one["account"] for readers in signed.values() for one in readers} | {
        each.details[name] for each in found for name in ("drafted_by", "published_by") if name in each.details
    }
    own = context.actor.account_id in {one["account"] for one in signed.get(pack.digest, ())}
    values = {
        "form": form, "own": own, "signs": context.actor.may("adoptions.write") and pack.kind != "gate" and not edition.signed,
        "roles": [(each, present.words(each)) for each in vocabulary.SIGNING_ROLES],
        "title": pack.title, "here": "rules", "pack": pack, "edition": edition, "status": status(pack), "document": pack.document,
        "state_now": packs.state(edition, found, context), "current": packs.current(found, context).pack.digest,
        "editions": [(each, packs.state(each, found, context), signed.get(each.pack.digest, [])) for each in reversed(found)],
        "line": [(each.pack.digest, _called(each, several=several)) for each, several in line], "others": [name for name in dict.fromkeys(each.pack.id for each, _ in line) if name != pack.id],
        "rules": [_whole(rule, carried=False) for rule in pack.rules] + [_whole(rule, carried=True) for rule in pack.carried],
        "adopted": [(each.body, each.id) for each in adopted], "accounts": docket.account_names(context, accounts),
        "names": docket.names(context, {present.bare(each.body["production"]) for each in adopted}), "may": context.actor.may("waivers.write"),
    }  # fmt: skip
    return Shown("rule_pack.html", values)


def _whole(rule: Mapping[str, Any], *, carried: bool) -> dict[str, Any]:
    """A rule with what it demands, and the text that is evaluated."""
    return {**_told(rule), "carried": carried, "requirements": rule_text.requirements(rule), "yaml": rule_text.yaml(dict(rule))}


def _readers(context: Context) -> dict[str, list[dict[str, Any]]]:
    """Who has signed which edition, by its digest."""
    wanted = search.Filter({"type": "pack_sign_off"}, label="pack_sign_off")
    signed: dict[str, list[dict[str, Any]]] = {}
    for each in every(context, "evidence", wanted):
        signed.setdefault(each.body["details"]["digest"], []).extend(each.body["details"]["readers"])
    return signed


def _adopted(context: Context, pack: str) -> list[Any]:
    found = search.find(context, "adoption", search.Filter({"state": "adopted"}, label=pack), limit=ADOPTED)
    return list(found.records)


def _line(context: Context, pack: Pack) -> list[tuple[Edition, bool]]:
    """Every edition of the pack's line, the oldest term first, and whether its pack has several."""
    known = [(each, len(found) > 1) for found in packs.editions(context).values() for each in found if each.pack.line == pack.line]
    return sorted(known, key=lambda one: (one[0].pack.term, one[0].starts))


def _called(edition: Edition, *, several: bool) -> str:
    """An edition as it is chosen from a list."""
    told = f"{edition.pack.title} ({edition.pack.id})"
    return f"{told}, {edition.details.get('state', 'comes with the service')}, {edition.pack.digest[:8]}" if several else told


@page("/rules/<id>/diff", permission="rules.read")
def diff(visit: Visit) -> Shown:
    """Show what one edition changes in another of the same line: rules that come, go and change, in words."""
    context = visit.context
    pack = packs.find(context, visit.path["id"])[0].pack
    line = _line(context, pack)
    older, newer = _chosen(line, visit.query.get("from"), 0), _chosen(line, visit.query.get("to"), len(line) - 1)
    found = compare.differences(older.pack, newer.pack)
    before, after = _rules(older.pack), _rules(newer.pack)
    values = {
        "title": f"What differs: {pack.title}", "here": "rules", "names": {}, "pack": pack, "older": older, "newer": newer,
        "line": [(each.pack.digest, _called(each, several=several)) for each, several in line],
        "head": [rule_text.change(each) for each in found["pack"]], "added": [_told(after[name]) for name in found["added"]],
        "removed": [(_told(before[name]), found["overridden"].get(name)) for name in found["removed"]],
        "changed": [(_told(after[name]), [rule_text.change(each) for each in given]) for name, given in found["changed"].items()],
        "carried": [_told(after[name]) for name in found["carried"] if name not in found["changed"]], "same": older.pack.digest == newer.pack.digest,
    }  # fmt: skip
    return Shown("rule_diff.html", values)


def _chosen(line: Sequence[tuple[Edition, bool]], digest: str | None, otherwise: int) -> Edition:
    """The edition with a digest, or the first or last of the line; raises `NotFound` for one that is not of the line."""
    if digest is None:
        return line[otherwise][0]
    found = next((each for each, _ in line if each.pack.digest == digest), None)
    if found is None:
        raise errors.NotFound("No edition of this line has that digest; its page lists them.", "not_found")
    return found


def _rules(pack: Pack) -> dict[str, Mapping[str, Any]]:
    return {str(rule["id"]): rule for rule in (*pack.rules, *pack.carried)}
