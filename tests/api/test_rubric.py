"""What we sign ourselves passes the asset rubric as a pack, read from the evidence that the signing leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Caller
from tests.rules import test_scenarios_api as api
from tests.unit.media_files import picture

PACK = "c2pa-asset-rubric"
#: A development certificate authority gives no time stamps.
WARNED = {f"{PACK}.time-stamp"}
ORIGINS = {"generated": "fully_generated", "camera": "not_generated"}


def signed(admin: Caller, film: str, origin: str) -> dict[str, Any]:
    """An asset with bytes, signed; the details of the evidence."""
    asset = admin.create("assets", {"type": "image", "productions": [film], "origin": origin})
    assert admin.send("PUT", f"/v1/assets/{asset['id']}/content", data=picture("PNG")).status_code == 200
    answer = admin.send("POST", f"/v1/assets/{asset['id']}/sign", json={})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return dict(answer.get_json()["body"]["details"])


@pytest.mark.parametrize("origin", sorted(ORIGINS))
def test_our_own_signing_passes_the_rubric(admin: Caller, caller: Callable[..., Caller], origin: str) -> None:
    second = caller("legal_reviewer", studio_id=admin.studio_id)
    person = api.Caller(admin.client, admin.key, second.key)
    film = admin.create("productions", {"title": "Salt Road", "format": "feature"})["id"]
    details = signed(admin, film, origin)
    reading = details["reading"]
    assert (reading["specification"], reading["hard_binding"], reading["signature"]) == ("2.4.0", "match", "trusted")
    assert (reading["actions"][0]["action"], reading["actions"][0]["created"]) == ("c2pa.created", True)
    assert (reading["ai_disclosure"], reading["failures"]) == (origin == "generated", [])
    person.adopt(PACK, film)
    answer = person.ask(
        {"subject": details["asset"], "act": "release", "at": "2026-12-01", "production": film, "intent": {"purpose": "final"}}
    )
    found = {one["rule"]: one["result"] for one in answer["findings"] if one["rule"].startswith(PACK)}
    passed = {one["rule"] for one in answer["passed"] if one["rule"].startswith(PACK)}
    assert found == dict.fromkeys(WARNED, "warn")
    assert len(passed) == 18
