"""A rule that two people set aside: for a scope and a time, honoured and over by the same evaluator wherever it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Caller
from tests.api.test_decisions import INTENT, adopt

NOW = datetime.now(UTC)
HOUSE = {
    "pack": "harbour-house", "kind": "house", "title": "House",
    "rules": [{"id": "harbour.hand", "clause": "1", "summary": "Made by hand.", "confidence": "H", "each": "assets",
               "require": [{"id": "made", "test": {"equals": ["asset.origin", "hand_made"]}, "otherwise": "block",
                            "says": "{asset} was not made by hand.", "fix": "Paint it.", "owner": "vfx"}]},
              {"id": "harbour.bar", "clause": "2", "summary": "No audio.", "confidence": "H", "each": "assets", "absolute": True,
               "require": [{"id": "silent", "test": {"not": {"equals": ["asset.type", "audio"]}}, "otherwise": "block",
                            "says": "{asset} is audio.", "fix": "Take it out.", "owner": "legal"}]}],
}  # fmt: skip


def day(days: int) -> str:
    return (NOW + timedelta(days=days)).isoformat().replace("+00:00", "Z")


@pytest.fixture
def second(caller: Callable[..., Caller], admin: Caller) -> Caller:
    return caller("legal_reviewer", studio_id=admin.studio_id)


@pytest.fixture
def shot(admin: Caller, second: Caller) -> dict[str, str]:
    """A plate on a title whose house wants everything made by hand."""
    production = admin.create("productions", {"title": "Tidewater", "format": "feature", "intent_profiles": [INTENT], "countries": ["US"]})[
        "id"
    ]
    draft = admin.send("POST", "/v1/rule-packs", json={"document": HOUSE})
    assert draft.status_code < 300, draft.get_json()
    digest = draft.get_json()["digest"]
    for who in (admin, second):
        assert who.send("POST", "/v1/rule-packs/harbour-house/sign-off", json={"role": "legal"}).status_code == 200
    published = admin.send(
        "POST", "/v1/rule-packs/harbour-house/publish", json={"digest": digest, "effective": {"start": "2020-01-01", "perpetual": True}}
    )
    assert published.status_code < 300, published.get_json()
    for pack in ("harbour-house", "law-us"):
        proposed = admin.send("POST", "/v1/adoptions", json={"production": production, "pack": pack}).get_json()
        if pack == "law-us":
            adopt(admin, second, production, "law-us")
        else:
            assert second.send("POST", f"/v1/adoptions/{proposed['id']}/confirm").status_code == 200
    asset = admin.create("assets", {"productions": [production], "name": "sh010", "type": "image", "origin": "camera"})["id"]
    return {"production": production, "asset": asset}


def decide(who: Caller, shot: dict[str, str], at: str, **more: Any) -> dict[str, Any]:
    answer = who.send("POST", "/v1/decisions", json={"subject": shot["asset"], "act": "release", "at": at, **more})
    assert answer.status_code < 300, answer.get_json()
    return dict(answer.get_json())


def waive(admin: Caller, second: Caller, **body: Any) -> str:
    asked = admin.send(
        "POST", "/v1/waivers", json={"rules": ["harbour.hand"], "reason": "Agreed with the house.", "expires_at": day(30), **body}
    )
    assert asked.status_code == 201, asked.get_json()
    name = asked.get_json()["id"]
    assert admin.send("POST", f"/v1/waivers/{name}/decide", json={"verdict": "approved"}).status_code == 403
    assert second.send("POST", f"/v1/waivers/{name}/decide", json={"verdict": "approved"}).status_code == 200
    return str(name)


def test_it_is_honoured_and_over_in_one_way_everywhere(admin: Caller, second: Caller, shot: dict[str, str]) -> None:
    assert decide(admin, shot, day(1))["outcome"] == "blocked"
    name = waive(admin, second, subjects=[shot["asset"]])
    cleared = decide(admin, shot, day(1))
    assert cleared["outcome"] == "cleared", cleared["causes"]
    assert cleared["valid_until"][:10] <= day(31)[:10]
    assert decide(admin, shot, day(40))["outcome"] == "blocked"
    for at, outcome in ((day(1), "cleared"), (day(40), "blocked")):
        delivery = admin.create("deliveries", {"name": f"Reel {at}", "production": shot["production"], "assets": [shot["asset"]]})  # fmt: skip
        gated = admin.send("POST", f"/v1/deliveries/{delivery['id']}/gate", json={"act": "release", "at": at})
        assert gated.status_code < 300, gated.get_json()
        assert gated.get_json()["outcome"] == outcome
        simulated = admin.send(
            "POST", "/v1/simulations", json={"production": shot["production"], "act": "release", "at": at, "overlay": [{"id": shot["asset"], "patch": {"name": "b"}}]}
        ).get_json()  # fmt: skip
        assert [(one["before"], one["after"]) for one in simulated["outcomes"]] == [(outcome, outcome)]
    assert second.send("POST", f"/v1/waivers/{name}/decide", json={"verdict": "revoked"}).status_code == 200
    assert admin.send("POST", f"/v1/decisions/{cleared['id']}/replay").get_json()["identical"] is True
    released = admin.send("POST", "/v1/releases", json={"decision": cleared["id"]})
    assert (released.status_code, released.get_json()["code"]) == (409, "changed_since_decision")
    assert decide(admin, shot, day(1))["outcome"] == "blocked"


def test_one_for_the_whole_title_may_name_it_as_its_subject(admin: Caller, second: Caller, shot: dict[str, str]) -> None:
    other = admin.create("productions", {"title": "Elsewhere", "format": "feature"})["id"]
    waive(admin, second, subjects=[other])
    assert decide(admin, shot, day(1))["outcome"] == "blocked"
    waive(admin, second, subjects=[shot["production"]])
    assert decide(admin, shot, day(1))["outcome"] == "cleared"


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"rules": ["harbour.hnad"]}, "/rules/0"),
        ({"rules": ["harbour.bar"]}, "/rules/0"),
        ({"requirement": "painted"}, "/requirement"),
        ({"expires_at": "2020-01-01"}, "/expires_at"),
        ({"subjects": []}, "/subjects"),
    ],
)
def test_one_that_could_never_count_is_refused(admin: Caller, shot: dict[str, str], more: dict[str, Any], pointer: str) -> None:
    body = {"rules": ["harbour.hand"], "reason": "Agreed.", "expires_at": day(30), "subjects": [shot["asset"]], **more}
    answer = admin.send("POST", "/v1/waivers", json=body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.get_json()["errors"]] == [pointer]


def test_nobody_states_an_approved_one_by_hand(admin: Caller, shot: dict[str, str]) -> None:
    body = {"rules": ["harbour.hand"], "reason": "Agreed.", "expires_at": day(30), "subjects": [shot["asset"]], "state": "approved",
            "requested_by": "a", "approved_by": "b"}  # fmt: skip
    assert admin.send("POST", "/v1/waivers", json=body).status_code == 422
    line = json.dumps({"kind": "waiver", "body": body})
    assert admin.send("POST", "/v1/batch", data=line, headers={"Content-Type": "application/x-ndjson"}).status_code in (403, 422)
    assert decide(admin, shot, day(1))["outcome"] == "blocked"
