"""The show of `tests/bench/million.py`, small: three licences of a dataset are revoked, and the worklist is what brute force finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.client import Client
from service.lineage import impact
from tests.bench import million


def test_the_worklist_of_three_revoked_licences_is_what_brute_force_finds(
    live: str, admin: Any, caller: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    second = caller("legal_reviewer", studio_id=admin.studio_id)
    show = million.Show(1_000, licences=40, others=8, models=12, runs=24)
    with Client(live, admin.key) as client, Client(live, second.key) as other:
        million.enter(client, other, show)
        reached = []
        for licence in show.revoked():
            told, _ = million.revoke(client, show, licence)
            reached.append(million.compare(client, show, licence, told))
        monkeypatch.setattr(impact, "_NEAR_MOST", 3)  # the other way of finding it, over all edges at once
        again = client.get(f"/v1/licences/{show.ids['licence'][licence]}/impact", limit=5_000)
        assert million.compare(client, show, licence, again) == reached[-1]
        million.overlapping(client, show, 10)
    assert [one["dataset"] > 1 for one in reached]
    assert {"dataset", "model", "generation", "asset", "delivery", "item"} <= set().union(*reached)
