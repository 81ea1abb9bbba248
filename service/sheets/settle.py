"""What of a sheet's row is news to the record that is there. An empty cell says nothing, and takes nothing away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_SAME: Final = object()


def settled(said: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that differ, as a patch; a record keeps its pins, its outside ids and the sources of its dates."""
    news = {name: _news(value, stored.get(name)) for name, value in said.items()}
    return {name: value for name, value in news.items() if value is not _SAME}


def _news(said: Any, stored: Any) -> Any:
    if said == stored or _pinned(said, stored):
        return _SAME
    if isinstance(said, dict) and isinstance(stored, dict):
        return settled(said, stored) or _SAME
    if isinstance(stored, dict) and stored.get("value") == said:  # a date whose source is known
        return _SAME
    return _list(said, stored) if isinstance(said, list) and isinstance(stored, list) else said


def _pinned(said: Any, stored: Any) -> bool:
    return isinstance(said, str) and isinstance(stored, str) and stored.startswith(f"{said}@")


def _list(said: list[Any], stored: list[Any]) -> Any:
    """A list of words is what the cell says; to a list of objects (outside ids, memberships) a row adds what is not in it."""
    if said and all(isinstance(each, dict) for each in said):
        missing = [each for each in said if not any(isinstance(one, dict) and one.items() >= each.items() for one in stored)]
        return [*stored, *missing] if missing else _SAME
    kept = [next((one for one in stored if one == each or _pinned(each, one)), each) for each in said]
    return _SAME if len(kept) == len(stored) and all(one in stored for one in kept) else kept
