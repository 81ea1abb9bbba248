"""What an erasure does not reach, each with its reason, so that somebody sees to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.context import Context
from service.erasure.traces import Traces
from service.records.model import Recorded

LISTED: Final = 100
"""So many ids are named of what stays; the count says how many there are."""


@dataclass(frozen=True, slots=True)
class Stays:
    """Something that an erasure does not reach: a stable code, a sentence, and the records to look at."""

    code: str
    says: str
    records: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as the API answers it."""
        return {"code": self.code, "says": self.says, "count": len(self.records), "records": list(self.records[:LISTED])}


_ALWAYS: Final = (
    Stays("backups", "A backup of the database is unreadable without the key from now on, but a copy of the key directory made before"
          " still opens it: let those copies run out, and take no key of this person out of one."),
    Stays("copies", "What was handed out before (bundles that somebody has downloaded, packages, drafts of papers, answers, printed pages)"
          " is as it was: ask its receivers."),
    Stays("plain", "What is no secret field (ids, outside ids, dates of papers, scopes, file names, an organisation's name) stands in the"
          " log for good."),
)  # fmt: skip

_EARLIER: Final = (
    "Values, contents of papers and sources, or plans that decisions kept, that lay under the studio's key until now, because nobody had"
    " said yet whom they are about, they speak of many, or an earlier edition kept them so (plans also in the clear). They are gone here; a"
    " backup made before still opens them with the studio's key."
)
_IN_CLEAR: Final = (
    "Words that an earlier edition of this service put into the log in the clear. An entry cannot be changed without breaking every proof"
    " behind it: weigh whether the log may go on."
)
_OTHERS: Final = (
    "Records that name the person and are about somebody else, or about several people: their secret values (fees, notes, counsel's"
    " reasons, words) lie under another key, and may speak of the person."
)


def stays(context: Context, party: Recorded, found: Traces) -> Iterable[Stays]:
    """Yield what stays: what always does, and what was found around this person."""
    yield from _ALWAYS
    same = _same(context, party)
    for code, says, records in (
        ("earlier_key", _EARLIER, [*(value.id for value in found.values if value.key_stays), *(plan.decision for plan in found.plans)]),
        ("in_clear", _IN_CLEAR, [value.id for value in found.in_clear]),
        ("same_person", "Other records of the same person have a key of their own: erase them too.", same),
        ("studio_values", _OTHERS, [name for name in found.others if name not in same]),
        ("held_papers", "Papers of the person that are on hold stay until it is lifted; then erase again.", found.held),
        ("papers", "Papers that records about others, or about nobody in particular, rest on too keep their content.", found.shared),
        ("request", "The paper that asks for the erasure stays as long as the fact that rests on it.", found.spared),
        ("media", "What shows or sounds the person, and replicas of them, keep their content.", _media(context, party)),
    ):  # fmt: skip
        if records:
            yield Stays(code, says, tuple(dict.fromkeys(records)))


def _same(context: Context, party: Recorded) -> list[str]:
    rows = _rows(
        context, "SELECT DISTINCT source FROM reference WHERE studio_id = %s AND target = ANY(%s) AND role = 'same_as'", [party.id]
    )
    return sorted({*map(str, party.body.get("same_as") or ()), *rows} - {party.id})


def _media(context: Context, party: Recorded) -> list[str]:
    statement = "SELECT id FROM head WHERE studio_id = %s AND kind IN ('appearance', 'replica') AND party = ANY(%s) ORDER BY id"
    return _rows(context, statement, [party.id])


def _rows(context: Context, statement: Any, names: Sequence[str]) -> list[str]:
    return [name for (name,) in context.conn.execute(statement, (context.studio_id, list(names))).fetchall()]
