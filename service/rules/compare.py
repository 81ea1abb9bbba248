"""What differs between two editions of a pack: rules added, removed and carried on, and every key of a rule that changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from service.rules.pack import Pack

#: Said of a side that does not have the key.
ABSENT: Final = None

_RULES: Final = frozenset({"rules", "carried_rules"})


def differences(older: Pack, newer: Pack) -> dict[str, Any]:
    """Rules added, removed, changed key by key, carried on and overridden, and what changed about the pack itself."""
    before = {rule["id"]: rule for rule in (*older.rules, *older.carried)}
    after = {rule["id"]: rule for rule in (*newer.rules, *newer.carried)}
    both = sorted(before.keys() & after.keys())
    overridden = {name: rule["id"] for rule in newer.rules for name in rule.get("overrides") or () if name in before}
    heads = tuple({key: value for key, value in pack.document.items() if key not in _RULES} for pack in (older, newer))
    return {
        "from": {"id": older.id, "digest": older.digest},
        "to": {"id": newer.id, "digest": newer.digest},
        "pack": list(changes(heads[0], heads[1])),
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "carried": sorted(rule["id"] for rule in newer.carried),
        "overridden": dict(sorted(overridden.items())),
        "changed": {name: list(changes(before[name], after[name])) for name in both if before[name] != after[name]},
    }


def changes(before: Any, after: Any, at: str = "") -> Iterator[dict[str, Any]]:
    """Each key whose value differs, with both values; members of a list that have ids are told apart by them."""
    if before == after:
        return
    left, right = _members(before), _members(after)
    if left is None or right is None:
        yield {"key": at, "before": before, "after": after}
        return
    for key in dict.fromkeys((*left, *right)):
        yield from changes(left.get(key, ABSENT), right.get(key, ABSENT), f"{at}.{key}" if at else str(key))


def _members(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping):
        return value
    named = isinstance(value, list) and value and all(isinstance(one, Mapping) and "id" in one for one in value)
    return {str(one["id"]): one for one in value} if named else None
