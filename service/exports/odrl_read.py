"""An ODRL 2.2 policy as a licence draft, never wider than the policy.

What cannot be read for certain is no grant: an unknown action, operator, value or duty makes its whole permission unread, a prohibition that
a licence cannot say makes every permission unread that it may cut into, and a policy that nobody has agreed to grants nothing. Each is named
with its place, for a person to read; the policy itself is kept whole by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from service import errors
from service.exports import odrl_limits
from service.exports.names import TERMS
from service.exports.odrl_limits import Unread
from service.exports.odrl_plain import plain, several, word
from service.exports.odrl_words import (
    ACTION,
    AFFECTED_BY,
    DAYS,
    DUE,
    DUTIES,
    ENDED_BY,
    EXCLUDED,
    GRANTED,
    KEPT,
    LEFT_OUT,
    NONE,
    OWED,
    OWED_TO,
    PERMISSION,
    PROFILE,
    REST,
    SIDES,
    TRAINING,
    WINDOW,
)  # fmt: skip
from service.ingest.reservations import crosswalk

_MOST_RULES: Final = 1_000
MOST: Final = 400
_AGREED: Final = frozenset({"Agreement"})
_CLASSES: Final = frozenset({"Offer", "Set", "Policy", "Request", "Ticket", "Assertion", "Privacy"})
_NOTES: Final = frozenset({"uid", "type", "name", "title", "description", "rdfs:label", "rdfs:comment", "skos:note"})
_RULE: Final = frozenset({"action", "constraint", "duty", "target", "assigner", "assignee", "clearance:exclusive"})
_POLICY: Final = frozenset({
    "permission", "prohibition", "obligation", "target", "assigner", "assignee", "profile", "conflict", "inheritFrom", "inheritAllowed",
    REST, LEFT_OUT, ENDED_BY, AFFECTED_BY,
})  # fmt: skip
_WORKS: Final[Mapping[str, dict[str, Any]]] = {NONE: {"sources": []}, "clearance:any": {"sources": ["*"]}}
_ASSET: Final = _NOTES | {"dcterms:title", "clearance:count", "clearance:works"}
_PARTY: Final = _NOTES | {"vcard:fn"}
_ALL_USE: Final = frozenset({"use"})
_LEARNING: Final = frozenset({
    "mine", "dataMining", "text-and-data-mining", "textAndDataMining", "aiTrain", "aiTraining", "train", "genAi", "generative-ai-training",
    "machineLearning", "ai-train", "train-ai",
})  # fmt: skip
"""Actions of other profiles about machine learning, beside those of the crosswalk: enough to refuse by, not to permit by."""
_TYPES: Final = {action: type_ for type_, action in DUTIES.items()}
_ACTIONS: Final = {action: permission for permission, action in TRAINING.items()}
_DUE: Final = frozenset({"before_use", "before_release", "on_release", "monthly", "quarterly", "yearly", "on_end", "on_request"})


@dataclass(frozen=True, slots=True)
class Named:
    """A party or a work that the policy names by its address, with the name it gives it."""

    uid: str
    name: str | None = None
    person: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that was not taken over, where it stands, and why."""

    pointer: str
    says: str

    def document(self) -> dict[str, str]:
        """The remark as the API answers it."""
        return {"pointer": self.pointer, "says": self.says}


@dataclass(slots=True)
class Reading:
    """What a policy says in the words of a licence; `body` lacks grantor, grantee and sources, which are still to be found."""

    uid: str | None
    type: str
    agreed: bool
    assigner: Named | None = None
    assignee: Named | None = None
    targets: tuple[Named, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)
    unread: list[Remark] = field(default_factory=list)

    def remark(self, pointer: str, says: str) -> None:
        """Note what a person has to read."""
        self.unread.append(Remark(pointer, says))


def read(document: Any, *, agreed: bool = False) -> Reading:
    """Read one policy; `agreed` is a person's statement that what is no Agreement by its type has been agreed to."""
    policy = plain(document)
    _bounded(policy)
    types = [str(each).rpartition("/")[2] for each in several(policy.get("type")) or ["Set"]]
    kind = next((each for known in (_AGREED, _CLASSES) for each in types if each in known), types[0])
    found = Reading(word(policy.get("uid")), kind, agreed or kind in _AGREED)
    found.assigner, found.assignee = _named(policy.get("assigner")), _named(policy.get("assignee"))
    ours = [word(each) for each in several(policy.get("profile"))] == [PROFILE]
    blocked = [*_targets(policy, found), *_blocked(policy, found, ours=ours, agreed=agreed)]
    blocked += _prohibitions(several(policy.get("prohibition")), found)
    _permissions(several(policy.get("permission")), policy, found, blocked, ours=ours)
    _duties(several(policy.get("obligation")), found)
    _rest(policy, found, ours=ours)
    return found


def _bounded(policy: Mapping[str, Any]) -> None:
    for name in ("permission", "prohibition", "obligation"):
        if len(several(policy.get(name))) > _MOST_RULES:
            says = f"It has more than {_MOST_RULES} rules of this kind; a licence is one agreement: send it as several policies."
            raise errors.invalid(f"/content/{name}", says, "too_many_rules")


def _named(value: Any) -> Named | None:
    entries = several(value)
    uid = word(entries[0]) if len(entries) == 1 else None
    given = entries[0] if entries and isinstance(entries[0], Mapping) else {}
    if uid is None or given.keys() - _PARTY - _ASSET:
        return None
    name = next((given[key] for key in ("vcard:fn", "dcterms:title", "name", "title") if isinstance(given.get(key), str)), None)
    person = any(str(each).endswith(("Individual", "Person")) for each in several(given.get("type")))
    return Named(uid[:500], name[:300] if name else None, person=person)


def _targets(policy: Mapping[str, Any], found: Reading) -> Iterator[str]:
    """Take over the works of the policy, those of its permissions where it names none itself; yield why that cannot be done."""
    given = several(policy.get("target"))
    if not given:
        given = [each for rule in several(policy.get("permission")) if isinstance(rule, Mapping) for each in several(rule.get("target"))]
    named: dict[str, Named] = {}
    for each in given:
        one = _named(each)
        if one is None or (isinstance(each, Mapping) and each.keys() - _ASSET):
            yield "the works that it is about are described in a form that is not known here"
        elif isinstance(each, Mapping) and each.get("clearance:works"):
            found.body |= _WORKS.get(str(each["clearance:works"]), {})
        elif one.uid.startswith("urn:sha256:"):
            found.remark("/target", f"The works are an item list with the SHA-256 {one.uid[11:75]}; stage the list and name it in items.")
        else:
            named[one.uid] = one
    found.targets = tuple(named.values())
    if not given:
        yield "the policy does not say which works it is about"
    if len(named) > MOST:
        yield f"it names more than {MOST} works"


def _blocked(policy: Mapping[str, Any], found: Reading, *, ours: bool, agreed: bool) -> Iterator[str]:
    """Why no permission of this policy may be taken over."""
    if not found.agreed:
        yield f"the policy is of the type {found.type[:40]}, which grants nothing until it is agreed to"
    if policy.get("profile") is not None and not ours:
        yield "the policy follows a profile that is not known here"
    if policy.get("inheritFrom") is not None:
        yield "the policy inherits from another one"
    if found.assigner is None:
        yield "the policy does not say who grants"
    if found.assignee is None and ("assignee" in policy or not agreed):
        yield "the policy does not say to whom it grants"
    for name, says in (
        (ENDED_BY, "the licence was taken back or suspended"),
        (AFFECTED_BY, "an event has changed what the licence grants"),
    ):
        if name in policy:
            found.remark(
                f"/{name}", f"{says[0].upper()}{says[1:]}: {', '.join(word(each) or '?' for each in several(policy[name]))[:500]}."
            )
            yield says
    for name in sorted(policy.keys() - _POLICY - _NOTES):
        if not name.startswith(("dcterms:", "clearance:version")):
            found.remark(f"/{name}", "This word of the policy is not known here.")
            yield f"the policy has a word that is not known here, or not at this place: {name[:60]}"


def _prohibitions(rules: list[Any], found: Reading) -> list[str]:
    """Take over what is refused; a refusal that a licence cannot say stands in `excluded`, and blocks what it may cut into."""
    reasons = []
    for place, rule in enumerate(rules):
        given = rule if isinstance(rule, Mapping) else {"action": rule}
        actions = {word(each) or "?" for each in several(given.get("action"))}
        text = given.get("dcterms:description")
        if actions == {EXCLUDED} and isinstance(text, str) and not given.keys() - _NOTES - {"action", "dcterms:description"}:
            _exclude(found, text)
            continue
        whole = not given.keys() - _NOTES - {"action", "target", "assigner", "assignee", "dcterms:description"}
        refused = {side: {each for each in actions if whole and _refuses(each, side)} for side in SIDES}
        found.body |= {side: {"granted": False} for side, by in refused.items() if by}
        if rest := actions.difference(*refused.values()) or set() if actions else {"?"}:
            says = ", ".join(sorted(rest))
            _exclude(found, f"{says}: {text}" if isinstance(text, str) else f"ODRL prohibition {place + 1}: {says}")
            found.remark(f"/prohibition/{place}", "A licence has no field for this refusal; a person has to read it.")
            reasons.append(f"prohibition {place + 1} may cut into it")
    return reasons


def _refuses(action: str, side: str) -> bool:
    """Tell whether refusing the action refuses all that the grant could allow, or at least the whole of machine learning."""
    name = re.split("[:/#]", action)[-1]
    learning = name in _LEARNING or any(each in crosswalk.TRAINING for each in crosswalk.permissions("odrl_ai", name))
    return action == ACTION[side] or action in _ALL_USE or (side == "training" and learning)


def _exclude(found: Reading, text: str) -> None:
    listed = found.body.setdefault("excluded", [])
    if text[:500] not in listed and len(listed) < 100:
        listed.append(text[:500])


def _permissions(rules: list[Any], policy: Mapping[str, Any], found: Reading, blocked: list[str], *, ours: bool) -> None:
    open_ends: set[str] = set()
    for place, rule in enumerate(rules):
        pointer = f"/permission/{place}"
        if blocked:
            found.remark(pointer, f"Not taken over: {'; '.join(blocked)[:400]}.")
            continue
        try:
            side, grant = _permission(rule, policy, found, ours=ours)
        except Unread as reason:
            found.remark(pointer, f"Not taken over: {reason}.")
            continue
        opened = grant.pop(WINDOW, None) and "end" in grant.get("window", {})
        if "granted" not in grant:
            odrl_limits.generalise(found.body, grant)
        elif side in found.body:
            found.remark(pointer, "Not taken over: the policy refuses this, or says it in another rule too; a licence says it once.")
        else:
            found.body[side] = grant
            open_ends |= {side} if opened else set()
            if not ours:
                found.remark(pointer, "Taken over with the limits that it states; what it does not limit is left as not stated.")
    odrl_limits.open_ends(found.body, open_ends)


def _permission(rule: Any, policy: Mapping[str, Any], found: Reading, *, ours: bool) -> tuple[str, dict[str, Any]]:
    """One permission as a grant; `Unread` where anything in it is not understood."""
    if not isinstance(rule, Mapping):
        raise Unread("it is no object")
    strange = sorted(rule.keys() - _RULE - _NOTES - {"dcterms:description"})
    if strange:
        raise Unread(f"{strange[0][:60]} is not known here")
    if {word(each) for each in several(rule.get("target", policy.get("target")))} != _uids(policy, found):
        raise Unread("it is about other works than the policy")
    for name in ("assigner", "assignee"):
        if name in rule and word(rule[name]) != word(policy.get(name)):
            raise Unread(f"its {name} is another than the policy's")
    side, permissions = _side([_action(each) for each in several(rule.get("action"))])
    duties = [_duty(each) for each in several(rule.get("duty"))]
    limits = odrl_limits.read(several(rule.get("constraint")), side, ours=ours)
    if limits.pop(PERMISSION, None) is None and permissions is not None and (ours or permissions != ["*"]):
        limits["permissions"] = permissions
    if isinstance(rule.get("clearance:exclusive"), bool) and side == "output":
        limits["exclusive"] = rule["clearance:exclusive"]
    for duty in duties:
        _owe(found, {"due": "before_use", **duty})
    return side, ({} if limits.pop(GRANTED, None) else {"granted": True}) | limits


def _uids(policy: Mapping[str, Any], found: Reading) -> set[str | None]:
    """What a permission has to be about, to say it of all that the licence would cover."""
    return {word(each) for each in several(policy["target"])} if "target" in policy else {one.uid for one in found.targets}


def _action(action: Any) -> str:
    if isinstance(action, Mapping) and action.keys() - _NOTES:
        raise Unread("an action in it is refined")
    return word(action) or "?"


def _side(actions: list[str]) -> tuple[str, list[str] | None]:
    """Which grant the actions mean, and for training which kinds of machine use they name."""
    if actions and set(actions) <= {ACTION["output"], *_ALL_USE}:
        return "output", None
    if actions == [ACTION["training"]]:
        return "training", ["*"]
    if actions and set(actions) <= _ACTIONS.keys():
        return "training", [_ACTIONS[each] for each in dict.fromkeys(actions)]
    raise Unread(f"what it allows ({', '.join(actions)[:100] or 'nothing'}) is not known here")


def _duties(rules: list[Any], found: Reading) -> None:
    for place, rule in enumerate(rules):
        try:
            _owe(found, _duty(rule))
        except Unread as reason:
            _owe(found, {"type": "other", "text": f"ODRL obligation {place + 1}: a person has to read it."})
            found.remark(f"/obligation/{place}", f"Recorded as another duty: {reason}.")


def _owe(found: Reading, duty: dict[str, Any]) -> None:
    found.body.setdefault("duties", []).append(duty)


def _duty(rule: Any) -> dict[str, Any]:
    given = rule if isinstance(rule, Mapping) else {"action": rule}
    actions = [_action(each) for each in several(given.get("action"))]
    owed = {"clearance:owedTo", *OWED.values()}
    if len(actions) != 1 or actions[0] not in _TYPES or given.keys() - _NOTES - owed - {"action", "constraint", "dcterms:description"}:
        raise Unread(f"the duty ({', '.join(actions)[:100] or 'nothing'}) is not wholly known here")
    told: dict[str, Any] = {"type": _TYPES[actions[0]]}
    for limit in several(given.get("constraint")):
        told |= _term(limit)
    if isinstance(given.get("dcterms:description"), str):
        told["text"] = given["dcterms:description"][:2000]
    if party := word(given.get(OWED.get(actions[0], OWED_TO))):
        told["owed_to"] = odrl_limits.record(party)
    return told


def _term(limit: Any) -> dict[str, Any]:
    """When a duty is due."""
    left, value = (word(limit.get(name)) for name in ("leftOperand", "rightOperand")) if isinstance(limit, Mapping) else (None, None)
    due = (value or "").removeprefix("clearance:").removeprefix(TERMS)
    if left == DUE and due in _DUE:
        return {"due": due}
    if left == DAYS and value and value.isdecimal() and len(value) < 7:
        return {"days": int(value)}
    raise Unread("when the duty is due is not known here")


def _rest(policy: Mapping[str, Any], found: Reading, *, ours: bool) -> None:
    """What a policy of ours carries beside the rules, and what it says that it left out."""
    rest = policy.get(REST)
    if ours and isinstance(rest, Mapping):
        found.body |= {name: rest[name] for name in (*KEPT, "open_licence") if name in rest}
    for name in several(policy.get(LEFT_OUT)):
        found.remark(f"/{LEFT_OUT}", f"The policy leaves out {str(name)[:100]} of the licence.")
