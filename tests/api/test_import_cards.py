"""Cards through the API: a model with its base and data, once, and what is named is found again."""

from __future__ import annotations

from typing import Any

Caller = Any
README = b"---\nlicense: mit\nbase_model: studio/base-xl\ndatasets: [studio/paintings]\nbase_model_relation: finetune\n---\n"


def send(caller: Caller, content: bytes, name: str, status: int) -> Any:
    answer = caller.send("POST", f"/v1/cards/import?name={name}", data=content, content_type="application/octet-stream")
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_card_becomes_a_model_with_its_base_and_data_once(admin: Caller) -> None:
    told = send(admin, README, "studio/look", 201)
    body = told["record"]["body"]
    assert (body["name"], body["type"], body["terms"], body["grade"]) == ("studio/look", "fine_tune", {"contract": "mit"}, "imported")
    base = admin.send("GET", f"/v1/models/{body['base_models'][0].partition('@')[0]}").get_json()["body"]
    assert (base["name"], "training_disclosure" in base, "datasets" in base) == ("studio/base-xl", False, False)
    assert len(told["made"]) == 3
    again = send(admin, README, "studio/look", 200)
    assert (again["found"], again["id"], again["made"]) == (True, told["id"], [])
    other = send(admin, README, "studio/look-2", 201)
    assert (len(other["made"]), other["record"]["body"]["base_models"]) == (1, body["base_models"])
    data = send(admin, b"---\nsource_datasets: [studio/paintings]\npretty_name: x\n---\n", "studio/newer", 201)
    assert data["record"]["body"]["derived_from"] == body["datasets"]
    assert [each["code"] for each in data["contradictions"]] == ["licence_unknown"]
    assert [each["code"] for each in data["record"]["body"]["contradictions"]] == ["licence_unknown"]
    assert "contradictions" not in body
    refused = admin.send("POST", "/v1/cards/import", data=b"no card", content_type="application/octet-stream")
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/content")
