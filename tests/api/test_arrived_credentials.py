"""A file that says of itself who made it is believed over what was typed about it: the bytes are read as they come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Caller
from tests.rules import test_scenarios_api as api
from tests.unit.media_files import SAMPLES, picture


def uploaded(admin: Caller, content: bytes, **body: Any) -> dict[str, Any]:
    """An asset whose bytes came in."""
    asset = admin.create("assets", {"type": "image", **body})
    assert admin.send("PUT", f"/v1/assets/{asset['id']}/content", data=content).status_code == 200
    return dict(admin.send("GET", f"/v1/assets/{asset['id']}").get_json())


def generated_elsewhere(admin: Caller) -> bytes:
    """A picture that some other studio has signed as generated."""
    asset = uploaded(admin, picture("PNG"), origin="generated")
    assert admin.send("POST", f"/v1/assets/{asset['id']}/sign", json={}).status_code == 201
    return bytes(admin.send("GET", f"/v1/assets/{asset['id']}/content?variant=signed", buffered=True).data)


def test_the_bytes_speak_against_what_was_typed(admin: Caller, caller: Callable[..., Caller]) -> None:
    second = caller("legal_reviewer", studio_id=admin.studio_id)
    person = api.Caller(admin.client, admin.key, second.key)
    film = admin.create("productions", {"title": "Salt Road", "format": "feature"})["id"]
    asset = uploaded(
        admin, generated_elsewhere(admin), productions=[film], origin="hand_made", ai="none", parents=[], credentials={"state": "none"}
    )
    carried = asset["body"]["credentials"]
    assert carried["state"] == "trusted"
    assert carried["reading"]["actions"][0]["action"] == "c2pa.created"
    assert [term.rpartition("/")[2] for term in carried["digital_source_types"]] == ["trainedAlgorithmicMedia"]
    person.adopt("house-delivery", film)
    person.adopt("c2pa-asset-rubric", film)
    answer = person.ask({"subject": asset["id"], "act": "release", "at": "2026-12-01", "production": film, "intent": {"purpose": "final"}})
    found = {(one["rule"], one.get("code")) for one in answer["findings"] if one["result"] == "block"}
    assert ("house-delivery.gen-04", "credentials-contradict") in found
    assert "c2pa-asset-rubric.inception" in {one["rule"] for one in answer["passed"]}


def test_the_same_bytes_again_change_nothing(admin: Caller) -> None:
    content = generated_elsewhere(admin)
    asset = uploaded(admin, content)
    again = admin.send("PUT", f"/v1/assets/{asset['id']}/content", data=content).get_json()
    assert again["version"] == asset["version"]


def test_a_file_without_credentials_says_nothing(admin: Caller) -> None:
    assert "credentials" not in uploaded(admin, picture("PNG"))["body"]


def test_a_file_changed_after_it_was_signed_is_known_as_such(admin: Caller) -> None:
    path = SAMPLES / "credentials" / "XCA.jpg"
    if not path.exists():
        pytest.skip("the public samples are not beside this checkout")
    assert uploaded(admin, path.read_bytes())["body"]["credentials"]["state"] == "invalid"
