"""What the owner of a source has reserved, as far as it bears on learning from it, and what of it nobody could read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

#: Uses that are learning, or of which learning is a part.
_TRAINING: Final = frozenset({"mine", "train_other", "train_generative", "replica_train"})
_RESERVED: Final = ("reserved", "constrained")


def reserves_training(one: Mapping[str, Any]) -> bool:
    """Tell whether an observation reserves training; one that does not say for which use reserves every use."""
    return one["answer"] in _RESERVED and (not one.get("permissions") or not _TRAINING.isdisjoint(one["permissions"]))


def named(one: Mapping[str, Any]) -> str:
    """Where it was found, and on which terms the use may be had, where some are stated."""
    terms = ", ".join(str(one[name]) for name in ("terms", "payment") if one.get(name))
    return f"{one['signal']} at {one['place']}" + (f" (terms: {terms})" if terms else "")


def unread(looked: Sequence[Mapping[str, Any]]) -> list[str]:
    """Signals that were looked for and could not be read, and were never read at the same place."""
    read = {(one["signal"], one["place"]) for one in looked if one["answer"] != "unreadable"}
    return sorted({f"{one['signal']} at {one['place']}" for one in looked if (one["signal"], one["place"]) not in read})
