"""What stands behind the rules of a production: adopted packs, their sign-off, waivers, decided reviews.

All of it is read from records and becomes part of the facts, so that a replay sees what was seen then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from schemas import dates
from service import errors
from service.context import Context
from service.decisions import governing
from service.decisions.question import Asked
from service.records import read, search
from service.records.model import Recorded
from service.rules import load
from service.rules.causes import is_of_one_rule
from service.rules.pack import Pack
from service.rules.verdicts import covers

VERIFIED: Final = 10_000
_VERIFIED: Final[dict[tuple[str, str, int], bool]] = {}

PAGES = 50
"""So many pages of a hundred are looked through; a production with more adoptions or waivers than that is refused."""


@dataclass(frozen=True, slots=True)
class Governance:
    """The packs to evaluate, what the facts say about them, and the record versions that this was read from."""

    packs: tuple[Pack, ...]
    document: dict[str, Any]
    read: Mapping[str, int] = field(default_factory=dict)


STORED = 64
_STORED: dict[str, Pack] = {}
"""Packs of earlier days by their digest, which is what they are: reading and compiling one takes longer than a decision."""


def gather(context: Context, asked: Asked, own: Sequence[Pack] = ()) -> Governance:
    """Collect what governs the production of a question; packs of the caller's own replace those of the same id."""
    papers = _Papers.of(context, asked)
    adoptions = _adoptions(papers, asked)
    ours = load.load_packs()
    packs = {name: pack for name, pack in ours.items() if pack.kind == "gate"}
    packs |= {adopted["pack"]: _adopted(context, adopted, ours) for adopted in adoptions.values()}
    packs |= {pack.id: pack for pack in own}
    signoffs, signed = _sign_offs(context, papers, asked)
    waivers, waived = _waivers(papers, asked)
    reviews, reviewed = _reviews(context, papers, asked)
    debts, proved = _debts(papers, asked)
    document = {
        "adoptions": [{key: adopted[key] for key in ("id", "pack", "digest", "mode")} for adopted in adoptions.values()],
        "signoffs": [entry for entry in signoffs if entry["digest"] in {pack.digest for pack in packs.values()}],
        "waivers": waivers,
        "reviews": reviews,
        "debts": debts,
    }
    versions = {adopted["id"]: adopted["version"] for adopted in adoptions.values()}
    return Governance(tuple(packs[name] for name in sorted(packs)), document, {**versions, **signed, **waived, **reviewed, **proved})


def _adopted(context: Context, adopted: Mapping[str, Any], ours: Mapping[str, Pack]) -> Pack:
    """The pack that was adopted: the service's own while it reads as it did then."""
    pack = ours.get(adopted["pack"])
    return pack if pack and pack.digest == adopted["digest"] else pack_by_digest(context, adopted["digest"])


def pack_by_digest(context: Context, digest: str) -> Pack:
    """The pack with this digest: one of the service's, or the copy that was stored when it was adopted or used."""
    for pack in load.load_packs().values():
        if pack.digest == digest:
            return pack
    if digest not in _STORED:
        if len(_STORED) >= STORED:
            _STORED.clear()
        _STORED[digest] = load.stored(context.blobs.read(digest))
    return _STORED[digest]


def keep(context: Context, pack: Pack) -> None:
    """Store a pack under its digest, once, so that it can be replayed when the service has moved on."""
    if context.blobs.stat(pack.digest) is None:
        context.blobs.put(pack.bytes)


def every(context: Context, kind: str, wanted: search.Filter) -> Iterator[Recorded]:
    """All records of a listing, newest first."""
    cursor = None
    for _ in range(PAGES):
        page = search.find(context, kind, wanted, cursor=cursor, limit=100)
        yield from page.records
        cursor = page.cursor
        if cursor is None:
            return
    raise errors.TooLarge(
        f"There are more than {PAGES * 100} records of the kind {kind} here; that is more than this can weigh.", "too_many"
    )


@dataclass(frozen=True, slots=True)
class _Papers:
    """The records that govern one question: those at hand, or for an earlier size of the log those known then."""

    context: Context
    asked: Asked
    held: Mapping[str, Sequence[Recorded]] | None

    @classmethod
    def of(cls, context: Context, asked: Asked) -> _Papers:
        """Look once what is at hand."""
        now = asked.question.known_at is None
        return cls(context, asked, governing.of(context, asked.production, asked.known_at) if now else None)

    def listed(self, kind: str, wanted: search.Filter) -> Iterable[Recorded]:
        """The records of a kind, newest first."""
        if self.held is None:
            return every(self.context, kind, replace(wanted, known_at=self.asked.question.known_at))
        return self.held.get(kind, ())


def _adoptions(papers: _Papers, asked: Asked) -> dict[str, dict[str, Any]]:
    """The newest adoption of each pack that is in effect."""
    if asked.production is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    wanted = search.Filter({"state": "adopted"}, production=asked.production)
    for adoption in papers.listed("adoption", wanted):
        body = adoption.body
        if body["state"] == "adopted" and _in_effect(body.get("effective") or {}, asked.at):
            mode = body.get("mode", "blocking")
            entry = {"id": adoption.id, "version": adoption.version, "pack": body["pack"], "digest": body["digest"], "mode": mode}
            found.setdefault(body["pack"], entry)
    return {name: found[name] for name in sorted(found)}


def _in_effect(window: Mapping[str, Any], at: str) -> bool:
    now = dates.interval(at)[0]
    starts, ends = window.get("start"), window.get("end")
    return not (starts and dates.interval(starts)[0] > now) and not (ends and dates.interval(ends)[1] <= now)


def signed_off(context: Context) -> frozenset[str]:
    """The digests of all packs that two people have signed."""
    found = every(context, "evidence", search.Filter({"type": "pack_sign_off"}, label="pack_sign_off"))
    return frozenset(record.body["details"]["digest"] for record in _signed(context, found, None))


def _sign_offs(context: Context, papers: _Papers, asked: Asked) -> tuple[list[dict[str, Any]], dict[str, int]]:
    signed, versions = [], {}
    found = papers.listed("evidence", search.Filter({"type": "pack_sign_off"}, label="pack_sign_off"))
    for record in _signed(context, found, asked.at):
        details = record.body["details"]
        signed.append({"id": record.id, "pack": details["pack"], "digest": details["digest"]})
        versions[record.id] = record.version
    return sorted(signed, key=lambda entry: entry["id"]), versions


def _signed(context: Context, found: Iterable[Recorded], at: str | None) -> Iterator[Recorded]:
    """Sign-offs of two people, each signature in a version of the record that its reader wrote."""
    for record in found:
        details = record.body["details"]
        expires = details.get("expires_at")
        ended = at and expires and dates.interval(expires)[1] <= dates.interval(at)[0]
        if len(details["readers"]) >= 2 and not ended and _signed_themselves(context, record):
            yield record


def _signed_themselves(context: Context, record: Recorded) -> bool:
    """Whether every reader was added by the version that this reader recorded: nobody signs for another.

    A version never changes, so what was found about it is kept.
    """
    key = (context.studio_id, record.id, record.version)
    if key not in _VERIFIED:
        if len(_VERIFIED) > VERIFIED:
            _VERIFIED.clear()
        _VERIFIED[key] = _by_their_own_hand(read.versions(context, "evidence", record.id), record.version)
    return _VERIFIED[key]


def _by_their_own_hand(versions: Iterable[Recorded], last: int) -> bool:
    known: set[str] = set()
    for version in versions:
        readers = {reader["account"] for reader in version.body["details"]["readers"]}
        if version.version > last or not readers - known <= {version.recorded_by}:
            break
        known |= readers
        if version.version == last:
            return len(known) >= 2
    return False


def _waivers(papers: _Papers, asked: Asked) -> tuple[list[dict[str, Any]], dict[str, int]]:
    found, versions = [], {}
    for waiver in papers.listed("waiver", search.Filter({"state": "approved"})):
        if waiver.body["state"] == "approved" and _in_scope(waiver.body, asked):
            found += [_waiver_entry(waiver, rule, asked) for rule in waiver.body["rules"]]
            versions[waiver.id] = waiver.version
    return sorted(found, key=lambda entry: (entry["id"], entry["rule"])), versions


def _in_scope(body: Mapping[str, Any], asked: Asked) -> bool:
    productions, acts, places = body.get("scope_productions"), body.get("acts"), body.get("territories")
    if productions and asked.production not in productions:
        return False
    if acts and asked.question.act not in acts:
        return False
    return places is None or covers(places, asked.intent.get("territories")) is True


def _waiver_entry(waiver: Recorded, rule: str, asked: Asked) -> dict[str, Any]:
    body = waiver.body
    entry = {
        "id": waiver.id, "rule": rule, "subjects": _waived(body, asked), "from": body["approved_at"],
        "to": body["expires_at"],
    }  # fmt: skip
    return entry | ({"requirement": body["requirement"]} if body.get("requirement") else {})


def _waived(body: Mapping[str, Any], asked: Asked) -> list[str]:
    """What a waiver is for; one for the whole title, or for all that is asked about, is for everything in it."""
    named = [str(name).partition("@")[0] for name in body.get("subjects") or ()]
    whole = {asked.production, *asked.subjects} if len(asked.subjects) == 1 else {asked.production}
    return ["*"] if not named or not whole.isdisjoint(named) else named


def _reviews(context: Context, papers: _Papers, asked: Asked) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Reviews that people have settled, with what they looked at; a confirmed one of a past shortfall names its exception."""
    if asked.production is None:
        return [], {}
    exceptions = _exceptions(papers, asked)
    found: list[dict[str, Any]] = []
    versions: dict[str, int] = {}
    for state in ("confirmed", "rejected"):
        for review in papers.listed("review", search.Filter({"state": state}, production=asked.production)):
            if review.body["state"] == state:
                found += _review_entries(context, review, exceptions)
                versions[review.id] = review.version
    return sorted(found, key=lambda entry: (str(entry["id"]), entry["rule"], str(entry["requirement"]), entry["code"])), versions


def _review_entries(context: Context, review: Recorded, exceptions: Mapping[tuple[str, str], str]) -> Iterator[dict[str, Any]]:
    """What an answer settles: each rule that was asked about by itself, for what was looked at under it."""
    body = review.body
    for part, basis in looked_at(context, review).items():
        rule, requirement, code = parts_of(part)
        entry: dict[str, Any] = {
            "id": review.id, "rule": rule, "requirement": requirement, "code": code,
            "verdict": "approved" if body["state"] == "confirmed" else "rejected", "basis": basis,
        }  # fmt: skip
        if body.get("expires_at"):
            entry["to"] = body["expires_at"]
        noted = exceptions.get((body["decision"], part))
        yield entry | ({"exception": noted} if noted else {})


def looked_at(context: Context, review: Recorded) -> dict[str, dict[str, str]]:
    """What a review is about: by what each rule asks, the subjects with the digest of what there was to see.

    An answer may be given for some of the rules only; then it is about no others. A review of one rule's own cause, as all of them once
    were, lists the subjects alone.
    """
    body = review.body
    listed = orjson.loads(context.blobs.read(body["subject_list"]["sha256"]))
    parts = {body["cause"]: listed} if is_of_one_rule(body["cause"]) else listed
    return {part: basis for part, basis in parts.items() if parts_of(part)[0] in body.get("rules", [parts_of(part)[0]])}


def _debts(papers: _Papers, asked: Asked) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """What was owed on the title and is proved to be done."""
    if asked.production is None:
        return [], {}
    found, versions = [], {}
    for one in papers.listed("obligation", search.Filter({"state": "done"}, production=asked.production)):
        body = one.body
        if body["state"] == "done" and body.get("basis"):
            entry = {"id": one.id, "debt": body["basis"], "subjects": [str(name) for name in body.get("subjects") or ()]}
            found.append(entry | ({"quantity": body["quantity"]} if body.get("quantity") else {}))
            versions[one.id] = one.version
    return sorted(found, key=lambda entry: str(entry["id"])), versions


def _exceptions(papers: _Papers, asked: Asked) -> dict[tuple[str, str], str]:
    noted = papers.listed("exception", search.Filter(production=asked.production))
    return {(str(one.body.get("decision")), cause_of(one.body)): one.id for one in noted}


def cause_of(body: Mapping[str, Any]) -> str:
    """What was asked by the rule that an exception was noted for."""
    requirement, code = body.get("requirement"), body.get("code")
    return f"{body['rule']}#{requirement}:{code}" if requirement else f"{body['rule']}#{code}"


def parts_of(cause: str) -> tuple[str, str | None, str]:
    """Rule, requirement and code of what one rule asks, by its stable name."""
    rule, _, rest = cause.partition("#")
    requirement, colon, code = rest.partition(":")
    return (rule, requirement, code) if colon else (rule, None, requirement)


def union(*parts: Mapping[str, int]) -> dict[str, int]:
    """What was read, by id; the newest version where something was read twice."""
    together: dict[str, int] = {}
    for name, version in _pairs(parts):
        together[name] = max(version, together.get(name, 0))
    return dict(sorted(together.items()))


def _pairs(parts: Iterable[Mapping[str, int]]) -> Iterator[tuple[str, int]]:
    for part in parts:
        yield from part.items()
