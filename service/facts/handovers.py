"""Deliveries as facts: how many of their files are what they are said to be, and what their hash list leaves open."""

from __future__ import annotations

from collections import Counter
from typing import Final

from service.facts.library import View
from service.facts.world import Fact, World, compact, ref

_PROVED: Final = ("matched", "weak", "unknown", "failed", "missing")
_OPEN: Final = frozenset({"mhl.hides", "mhl.nested", "mhl.no_size"})
"""Remarks on a hash list that leave something open even when every listed file matches; a list made without a root hash is common."""


def delivery(world: World, view: View) -> Fact:
    """Return one delivery or part of one; the files of its parts are counted with the parts."""
    states = Counter(str(item.get("state", "matched")) for item in view.body.get("items") or ())
    remarks = [str(remark.get("code")) for remark in view.body.get("remarks") or ()]
    return compact(
        {
            "id": view.id,
            "production": ref(world.production_of(view)),
            **{state: states.get(state, 0) for state in _PROVED},
            "doubts": sorted(_OPEN.intersection(remarks)),
            "dates": {"handover": world.at},
        }
    )
