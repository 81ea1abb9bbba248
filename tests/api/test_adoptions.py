"""Packs are read, signed off and adopted by two people; rules are waived by two, and never a bar."""

from __future__ import annotations

import pytest

PRODUCTION = {"title": "Tidewater", "format": "feature"}
PACK = "sagaftra-tvt-2026"


@pytest.fixture
def second(caller, admin):
    return caller("legal_reviewer", studio_id=admin.studio_id)


@pytest.fixture
def production(admin):
    return admin.create("productions", PRODUCTION)["id"]


def test_every_pack_is_readable(admin):
    answer = admin.send("GET", "/v1/rule-packs").get_json()
    packs = {pack["id"]: pack for pack in answer["items"]}
    assert packs[PACK]["signed_off"] is False
    assert {"id", "pack", "clause", "mode", "confidence"} <= packs[PACK]["rules"][0].keys()
    assert any(rule.get("carried_from") == "sagaftra-tvt-2023" for rule in packs[PACK]["rules"])
    whole = admin.send("GET", f"/v1/rule-packs/{PACK}").get_json()
    assert whole["document"]["pack"] == PACK
    assert admin.send("GET", "/v1/rule-packs/none").status_code == 404


def test_two_people_sign_a_pack_off(admin, second):
    path = f"/v1/rule-packs/{PACK}/sign-off"
    assert admin.send("POST", path, json={"role": "legal"}).status_code == 200
    assert admin.send("POST", path, json={"role": "legal"}).get_json()["code"] == "signed_already"
    assert admin.send("GET", f"/v1/rule-packs/{PACK}").get_json()["signed_off"] is False
    assert second.send("POST", path, json={"role": "labour_counsel", "statement": "Read against the memorandum."}).status_code == 200
    assert admin.send("GET", f"/v1/rule-packs/{PACK}").get_json()["signed_off"] is True


def test_nobody_signs_for_another(admin, second):
    digest = admin.send("GET", f"/v1/rule-packs/{PACK}").get_json()["digest"]
    readers = [{"account": admin.account_id}, {"account": second.account_id}]
    stated = {"type": "pack_sign_off", "details": {"pack": PACK, "digest": digest, "readers": readers}}
    assert admin.send("POST", "/v1/evidence", json=stated).get_json()["code"] == "made_by_the_service"
    assert admin.send("GET", f"/v1/rule-packs/{PACK}").get_json()["signed_off"] is False


def test_a_production_adopts_by_two_people(admin, second, production):
    proposed = admin.send("POST", "/v1/adoptions", json={"production": production, "pack": PACK})
    assert proposed.status_code == 201
    path = f"/v1/adoptions/{proposed.get_json()['id']}"
    assert admin.send("POST", f"{path}/confirm").get_json()["code"] == "four_eyes"
    adopted = second.send("POST", f"{path}/confirm")
    assert (adopted.status_code, adopted.get_json()["body"]["state"]) == (200, "adopted")
    assert second.send("POST", f"{path}/confirm").get_json()["code"] == "wrong_state"
    assert admin.send("POST", f"{path}/end").get_json()["body"]["state"] == "ended"


def test_an_adoption_names_a_pack_in_the_version_that_was_read(admin, production):
    for body, status in (({"pack": "nothing"}, 404), ({"pack": PACK, "digest": "0" * 64}, 422), ({"pack": "x"}, 422)):
        answer = admin.send("POST", "/v1/adoptions", json={"production": production, **body})
        assert answer.status_code == status, answer.get_json()


def test_a_waiver_takes_two_people_and_never_reaches_a_bar(admin, second, production):
    body = {
        "rules": ["sagaftra-tvt-2023.ebdr.notice-48h"],
        "scope_productions": [production],
        "reason": "Agreed.",
        "expires_at": "2027-01-01",
    }
    asked = admin.send("POST", "/v1/waivers", json=body)
    assert asked.status_code == 201, asked.get_json()
    path = f"/v1/waivers/{asked.get_json()['id']}/decide"
    assert admin.send("POST", path, json={"verdict": "approved"}).get_json()["code"] == "four_eyes"
    approved = second.send("POST", path, json={"verdict": "approved", "role": "labour_counsel"})
    assert (approved.status_code, approved.get_json()["body"]["state"]) == (200, "approved")
    assert second.send("POST", path, json={"verdict": "refused"}).get_json()["code"] == "wrong_state"
    assert admin.send("POST", path, json={"verdict": "revoked"}).get_json()["body"]["state"] == "revoked"
    for rules in (["sagaftra-tvt-2026.minor.intimate-ban"], ["x.consent.live"]):
        assert admin.send("POST", "/v1/waivers", json={**body, "rules": rules}).status_code == 422
    unscoped = {key: value for key, value in body.items() if key != "scope_productions"}
    assert admin.send("POST", "/v1/waivers", json=unscoped).status_code == 422
