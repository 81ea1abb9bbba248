"""ODRL in JSON-LD as plain objects: every word in its short form (`permission`, `clearance:train`), whatever prefix it was written with.

A context may give any word another meaning. Nothing is fetched and nothing is guessed: a context that redefines a word of ODRL or of the
profile, or leaves the plain words undefined, is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from service import errors
from service.exports.odrl_words import DUTIES, LISTS, ODRL, ODRL_CONTEXT, OWED, PREFIXES, WINDOW

_KNOWN: Final = {"odrl": ODRL, **PREFIXES}
_OURS: Final = frozenset({
    "permission", "prohibition", "obligation", "duty", "action", "constraint", "refinement", "target", "assigner", "assignee",
    "leftOperand", "operator", "rightOperand", "rightOperandReference", "profile", "conflict", "inheritFrom", "uid", "and", "or", "xone", "andSequence",
    "remedy", "consequence", "failure", "output", "relation", "function", "partOf", "unit", "dataType", "status", "hasPolicy",
    "Agreement", "Set", "Offer", "Policy", "Permission", "Prohibition", "Duty", "Asset", "AssetCollection", "Party", "use", "eq", "gt", "gteq",
    "lt", "lteq", "isAnyOf", "isAllOf", "isPartOf", WINDOW, *LISTS.values(), *DUTIES.values(), *OWED.values(),
})  # fmt: skip
_SAME: Final = {"@id": "uid", "@type": "type", "type": "type"}
_DEEPEST: Final = 30


def plain(document: Any) -> dict[str, Any]:
    """Return the one policy of the document in short words."""
    if isinstance(document, list) or (isinstance(document, Mapping) and "@graph" in document):
        raise errors.invalid("/content", "Send one policy at a time, as one JSON object.", "policy_several")
    if not isinstance(document, Mapping):
        raise errors.invalid("/content", "This is no ODRL policy: send a JSON-LD object with permission or prohibition.", "policy_unknown")
    _check(document.get("@context"))
    found = _shortened({name: value for name, value in document.items() if name != "@context"}, 0)
    if not found.keys() & {"permission", "prohibition", "obligation"}:
        raise errors.invalid("/content", "This policy has no permission, prohibition or obligation of ODRL.", "policy_unknown")
    return dict(found)


def _check(context: Any) -> None:
    """Refuse a context under which the words would not mean what ODRL says."""
    entries = context if isinstance(context, list) else [context]
    defined = context is None
    for entry in entries:
        if isinstance(entry, Mapping):
            defined = entry.get("@vocab", ODRL if defined else None) == ODRL
            _check_terms(entry)
        elif context is not None:
            defined = isinstance(entry, str) and entry.replace("https:", "http:") == ODRL_CONTEXT
            if not defined:
                break
    if not defined:
        raise errors.invalid(
            "/content/@context", f"Name the ODRL context in @context, and no other address: {ODRL_CONTEXT}", "context_unknown"
        )


def _check_terms(entry: Mapping[str, Any]) -> None:
    """Prefixes may be added; a word that is read here must keep its meaning, and no word may get one that is not a prefix."""
    for name, meaning in entry.items():
        told = _expanded(meaning.get("@id") if isinstance(meaning, Mapping) else meaning)
        right = _KNOWN.get(name) or ODRL + name.removeprefix("odrl:")
        prefix = isinstance(told, str) and told.endswith(("/", "#", ":", "_")) and name not in _OURS | _KNOWN.keys()
        if told != right and not prefix and name not in {"@vocab", "@base", "@language", "@version"}:
            says = f"The context gives {name[:60]} a meaning of its own; use the ODRL context as it is, and prefixes."
            raise errors.invalid("/content/@context", says, "context_redefined")


def _expanded(word: Any) -> Any:
    """A word in full, by the prefixes that are fixed here."""
    prefix, _, rest = word.partition(":") if isinstance(word, str) else ("", "", "")
    return _KNOWN[prefix] + rest if prefix in _KNOWN else word


def short(word: str) -> str:
    """A name in its short form: plain for ODRL, `clearance:…` for the profile, anything else as it is."""
    if word.startswith("odrl:"):
        return word[5:]
    for prefix, address in _KNOWN.items():
        if word.startswith(address):
            return word[len(address) :] if prefix == "odrl" else f"{prefix}:{word[len(address) :]}"
    return word


def _shortened(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise errors.invalid("/content", "The policy is nested too deeply to be read.", "too_deep")
    if isinstance(value, list):
        return [_shortened(each, depth + 1) for each in value]
    if not isinstance(value, Mapping):
        return short(value) if isinstance(value, str) else value
    if value.get("@type") == "@json":
        return value.get("@value")
    names = [_SAME.get(str(name), short(str(name))) for name in value]
    if len(set(names)) < len(names) or "@context" in names:
        raise errors.invalid("/content", "A part of the policy gives one word twice, or a context of its own.", "policy_ambiguous")
    return {name: _shortened(each, depth + 1) for name, each in zip(names, value.values(), strict=True)}


def several(value: Any) -> list[Any]:
    """A list as it is, one value as a list, nothing as an empty one; `@list` and `@set` are looked into."""
    if isinstance(value, Mapping) and len(value) == 1 and value.keys() & {"@list", "@set"}:
        return several(next(iter(value.values())))
    return value if isinstance(value, list) else [] if value is None else [value]


def word(value: Any) -> str | None:
    """A text, the id of an object, or a typed value as text."""
    if isinstance(value, Mapping):
        found = value.get("uid", value.get("@value"))
        return word(found) if isinstance(found, str | bool | int) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None
