"""Changing fields of a record: RFC 7396 merge patch over the stored body, secrets carried over by their commitment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.fields import Carried
from service.records import pointers
from service.records.model import Body


def merge(stored: Body, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the new body; `null` in the patch removes a field, an untouched secret keeps its commitment."""
    target = pointers.copy(stored)
    for pointer, commitment in pointers.committed(stored):
        pointers.put(target, pointer, Carried({"commitment": commitment}))
    merged: dict[str, Any] = _merged(target, patch)
    return merged


def _merged(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), value)
    return result
