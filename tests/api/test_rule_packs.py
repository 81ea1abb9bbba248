"""The life of a pack over HTTP: drafted, signed off by two people, published, adopted by its digest, superseded, and decided again."""

from __future__ import annotations

import pytest

from service.decisions import packs
from service.rules.pack import canonical

YAML = """
pack: northlight-house
title: Northlight house rules
kind: house
calendars: [us-federal]
rules:
  - id: northlight.plates.camera
    clause: House policy 4
    summary: A plate is shot in camera.
    confidence: H
    each: assets
    when: {equals: [asset.type, image]}
    require:
      - id: shot
        test: {equals: [asset.origin, camera]}
        otherwise: block
        says: "{asset} was not shot in camera."
        fix: Shoot it, or have the supervisor decide.
        owner: vfx
scenarios:
  - title: Plates
    rule: northlight.plates.camera
    element: {type: image, origin: camera}
    expect: pass
    cases:
      - {change: {origin: generated}, expect: block}
"""
STRICTER = YAML.replace("when: {equals: [asset.type, image]}\n    ", "").replace("4\n", "5\n")
DIGEST = {"algorithm": "sha256", "value": "ab" * 32}
AT = "2026-12-20T12:00:00Z"
INTENT = {"territories": ["US"], "media": ["streaming"], "window": {"start": "2027", "end": "2030"}, "purpose": "final"}
PACK = "/v1/rule-packs/northlight-house"


@pytest.fixture
def second(caller, admin):
    return caller("legal_reviewer", studio_id=admin.studio_id)


def size(who):
    return who.send("GET", "/v1/ledger/checkpoint").get_data(as_text=True).splitlines()[1]


def drafted(who, text=YAML, status=201):
    answer = who.send("POST", "/v1/rule-packs", json={"yaml": text})
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def sign(who, digest, status=200):
    answer = who.send("POST", f"{PACK}/sign-off", json={"role": "legal", "digest": digest})
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def publish(who, digest, start="2026-10-01"):
    return who.send("POST", f"{PACK}/publish", json={"digest": digest, "effective": {"start": start}})


def published(admin, second, text=YAML, start="2026-10-01"):
    digest = drafted(admin, text)["digest"]
    for who in (admin, second):
        sign(who, digest)
    answer = publish(admin, digest, start)
    assert answer.status_code == 200, answer.get_json()
    return digest


def adopt(admin, second, production, pack="northlight-house", **more):
    proposed = admin.send("POST", "/v1/adoptions", json={"production": production, "pack": pack, **more})
    assert proposed.status_code == 201, proposed.get_json()
    assert second.send("POST", f"/v1/adoptions/{proposed.get_json()['id']}/confirm").status_code == 200
    return proposed.get_json()["body"]


@pytest.fixture
def production(admin):
    return admin.create("productions", {"title": "Tidewater", "format": "feature", "countries": ["US"]})["id"]


@pytest.fixture
def ask(admin, production):
    body = {"productions": [production], "name": "sh010", "type": "video", "origin": "hand_made", "digests": [DIGEST]}
    asset = admin.create("assets", body)["id"]

    def asked(**more):
        answer = admin.send("POST", "/v1/decisions", json={"subject": asset, "act": "release", "at": AT, "intent": INTENT, **more})
        assert answer.status_code in (200, 201), answer.get_json()
        return answer.get_json()

    return asked


def test_a_draft_is_a_record_in_the_log_and_content_under_its_digest(admin, services):
    before = size(admin) if admin.create("parties", {"type": "organisation", "name": "Ours"}) else None
    answer = drafted(admin)
    assert int(size(admin)) == int(before) + 1
    assert (answer["state"], answer["origin"], answer["signed_off"], answer["tried"], answer["untested"]) == (
        "draft",
        "studio",
        False,
        2,
        [],
    )
    record = admin.send("GET", f"/v1/evidence/{answer['record']}").get_json()
    assert record["body"]["details"]["drafted_by"] == admin.account_id
    blobs = services.blobs.of(admin.studio_id)
    whole = admin.send("GET", PACK).get_json()["document"]
    assert blobs.read(answer["digest"]) == canonical(whole)
    assert whole["calendars"]["us-federal"]["holidays"]["2026-09-07"] == "Labor Day", "the digest covers the days that it counts"
    assert "scenarios" not in whole
    assert blobs.read(record["body"]["details"]["source"]["sha256"]).decode() == YAML, "the text that the lawyer wrote"
    assert answer["proof"]["index"] == record["index"]


def test_a_draft_as_json_and_as_yaml_is_the_same_edition_and_recorded_once(admin):
    first = drafted(admin)
    document = admin.send("GET", PACK).get_json()["document"]
    before = size(admin)
    again = admin.send("POST", "/v1/rule-packs", json={"document": document})
    assert (again.status_code, again.get_json()["digest"], again.get_json()["record"]) == (200, first["digest"], first["record"])
    assert size(admin) == before


def test_the_same_key_answers_the_same_draft(admin):
    answers = [admin.send("POST", "/v1/rule-packs", json={"yaml": YAML}, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json()["record"] == answers[1].get_json()["record"]


@pytest.mark.parametrize(
    ("old", "new", "pointer", "told"),
    [
        ("each: assets", "each: asets", "/yaml", "northlight.plates.camera: each: 'asets' is not one of"),
        ("kind: house", "kind: gate", "/yaml/kind", "The gate is part of every decision"),
        ("pack: northlight-house", "pack: x", "/yaml/kind", "The gate is part of every decision"),
        ("pack: northlight-house", "pack: Our House", "/yaml", "write the id as lower-case words"),
        ("id: northlight.plates.camera", "id: licences.dataset.unlicensed-items", "/yaml", "is already in the pack licences"),
        ("id: northlight.plates.camera", "id: x.pack.adopted", "/yaml", "is already in the pack engine"),
        ("pack: northlight-house", "pack: engine", "/yaml/kind", "The gate is part of every decision"),
        ("us-federal", "us-lunar", "/yaml", "there is no calendar 'us-lunar'"),
        ("kind: house", "kind: house\ncarries: nothing", "/yaml", "there is no pack 'nothing'"),
        ("expect: block", "expect: pass", "/yaml/scenarios", "Plates: origin: generated: expected pass, found block"),
        ("expect: block", "expect: stop", "/yaml/scenarios", "scenarios/0: cases/0: expect: 'stop' is no result"),
        ("pack: northlight-house", "- a", "/yaml", "line"),
        ("origin: generated", "origins.0.x: 1", "/yaml/scenarios", "leads nowhere"),
    ],
)
def test_a_pack_that_cannot_be_used_names_rule_and_key_and_leaves_nothing(admin, old, new, pointer, told):
    changed = YAML.replace("northlight.plates.camera", new.removeprefix("id: ")) if old.startswith("id:") else YAML.replace(old, new, 1)
    answer = admin.send("POST", "/v1/rule-packs", json={"yaml": changed})
    assert answer.status_code == 422, answer.get_json()
    faults = answer.get_json()["errors"]
    assert pointer in {fault["pointer"] for fault in faults}, faults
    assert any(told in fault["message"] for fault in faults), faults
    assert admin.send("GET", "/v1/evidence?type=rule_pack").get_json()["items"] == []


@pytest.mark.parametrize("body", [{}, {"yaml": YAML, "document": {}}, {"document": []}, {"yaml": ""}, {"yaml": YAML, "colour": 1}])
def test_a_body_that_is_none(admin, body):
    assert admin.send("POST", "/v1/rule-packs", json=body).status_code == 422


def test_two_people_sign_an_edition_before_it_is_published(admin, second):
    digest = drafted(admin)["digest"]
    refused = publish(admin, digest)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "not_signed_off")
    sign(admin, digest)
    assert sign(admin, digest, 409)["code"] == "signed_already"
    assert publish(admin, digest).get_json()["code"] == "not_signed_off", "one person is not two"
    sign(second, digest)
    assert admin.send("GET", PACK).get_json()["state"] == "signed_off"
    assert publish(second, digest).get_json()["body"]["details"]["published_by"] == second.account_id
    assert admin.send("GET", PACK).get_json()["state"] == "published"
    assert publish(admin, digest).get_json()["code"] == "wrong_state"


@pytest.mark.parametrize("body", [{}, {"digest": "0" * 64}, {"effective": {"start": "2027"}}, {"digest": "0", "effective": {"start": "2027"}},
                                  {"digest": "0" * 64, "effective": {"start": "2027"}, "by": "me"}])  # fmt: skip
def test_a_publication_that_is_not_said_well(admin, body):
    drafted(admin)
    assert admin.send("POST", f"{PACK}/publish", json=body).status_code == 422


def test_a_publication_needs_its_day(admin, second):
    digest = drafted(admin)["digest"]
    for who in (admin, second):
        sign(who, digest)
    answer = admin.send("POST", f"{PACK}/publish", json={"digest": digest, "effective": {"end": "2030"}})
    assert answer.get_json()["errors"][0]["pointer"] == "/effective/start"


def test_editions_are_listed_by_digest_with_their_state(admin, second):
    first = published(admin, second)
    later = published(admin, second, STRICTER, "2026-11-01")
    draft = drafted(admin, STRICTER.replace("Shoot it", "Paint it"))["digest"]
    coming = YAML.replace("policy 4", "policy 6")
    third = published(admin, second, coming, "2099-01-01")
    item = next(one for one in admin.send("GET", "/v1/rule-packs?kind=house").get_json()["items"] if one["id"] == "northlight-house")
    assert item["digest"] == later, "the one that began last"
    states = {one["digest"]: one["state"] for one in item["editions"]}
    assert states == {first: "superseded", later: "published", draft: "draft", third: "published"}
    assert [one["digest"] for one in admin.send("GET", "/v1/rule-packs?state=superseded").get_json()["items"]] == [first]
    assert admin.send("GET", f"{PACK}?digest={first}").get_json()["state"] == "superseded"
    assert admin.send("GET", f"{PACK}?digest={'0' * 64}").status_code == 404
    assert admin.send("POST", f"{PACK}/sign-off", json={"role": "legal"}).get_json()["code"] == "which_edition"


def test_two_editions_are_compared_key_by_key(admin, second):
    first = published(admin, second)
    drafted(admin, STRICTER)
    found = admin.send("GET", f"{PACK}/diff").get_json()
    assert (found["from"]["digest"], found["added"], found["removed"]) == (first, [], [])
    assert {change["key"] for change in found["changed"]["northlight.plates.camera"]} == {"clause", "when"}
    assert {"key": "clause", "before": "House policy 4", "after": "House policy 5"} in found["changed"]["northlight.plates.camera"]
    assert admin.send("GET", f"{PACK}/diff?from={first}&to={first}").get_json()["changed"] == {}
    assert admin.send("GET", f"{PACK}/diff?from={'1' * 64}").status_code == 404
    assert admin.send("GET", "/v1/rule-packs/none/diff").status_code == 404


def test_a_draft_cannot_be_adopted_and_nothing_before_its_day(admin, second, production):
    digest = drafted(admin)["digest"]
    body = {"production": production, "pack": "northlight-house"}
    for more in ({}, {"digest": digest}):
        assert admin.send("POST", "/v1/adoptions", json={**body, **more}).get_json()["code"] == "not_published"
    for who in (admin, second):
        sign(who, digest)
    assert publish(admin, digest, "2027-01-01").status_code == 200
    early = admin.send("POST", "/v1/adoptions", json={**body, "digest": digest, "effective": {"start": "2026-12-01"}})
    assert early.get_json()["errors"][0]["pointer"] == "/effective/start"
    assert adopt(admin, second, production, digest=digest)["effective"] == {"start": "2027-01-01"}


def test_a_house_pack_decides_and_an_old_decision_is_replayed_under_the_old_edition(admin, second, production, ask):
    first = published(admin, second)
    adopt(admin, second, production, digest=first)
    old = ask()
    assert first in {used["digest"] for used in old["body"]["packs"]}
    assert "northlight.plates.camera" not in {cause["rule"] for cause in old["causes"]}
    later = published(admin, second, STRICTER, "2026-11-01")
    assert ask()["body"]["packs"] == old["body"]["packs"], "who adopted an edition keeps it"
    adopt(admin, second, production, digest=later)
    new = ask()
    assert {"result": "block", "pack": "northlight-house"}.items() <= next(
        cause for cause in new["causes"] if cause["rule"] == "northlight.plates.camera"
    ).items()
    for decision in (old, new):
        again = admin.send("POST", f"/v1/decisions/{decision['id']}/replay").get_json()
        assert again["identical"] is True
    assert admin.send("GET", f"/v1/decisions/{old['id']}").get_json()["causes"] == old["causes"]


def test_a_replay_gives_the_same_bytes_after_a_person_is_erased(admin, second, production, services):
    published(admin, second)
    adopt(admin, second, production)
    person = admin.create(
        "parties", {"type": "person", "professional_name": "Mara Quill", "birth_date": "1990-02-03", "legal_name": "M. Q."}
    )["id"]
    asset = admin.create("assets", {"productions": [production], "name": "sh020", "type": "video", "origin": "camera"})["id"]
    admin.create("appearances", {"asset": asset, "production": production, "type": "new_performance", "person": person})
    decision = admin.send("POST", "/v1/decisions", json={"subject": asset, "act": "release", "at": AT, "intent": INTENT}).get_json()
    findings = services.blobs.of(admin.studio_id).read(decision["body"]["findings"]["sha256"])
    with services.database.app(admin.studio_id) as conn:
        assert conn.execute("SELECT erase_subject(%s)", [person]).fetchone()[0] > 0
    services.vault.destroy(admin.studio_id, person)
    shown = admin.send("GET", f"/v1/parties/{person}").get_json()["body"]
    assert shown["legal_name"] == {"erased": True}
    again = admin.send("POST", f"/v1/decisions/{decision['id']}/replay").get_json()
    assert again["identical"] is True
    assert again["findings"]["replayed"] == decision["body"]["findings"]["sha256"]
    assert b"Mara" not in findings


def test_a_waiver_never_reaches_a_bar_of_a_house_pack(admin, production):
    drafted(admin, YAML.replace("    each: assets", "    absolute: true\n    each: assets"))
    body = {"rules": ["northlight.plates.camera"], "scope_productions": [production], "reason": "Agreed.", "expires_at": "2027-01-01"}
    assert admin.send("POST", "/v1/waivers", json=body).get_json()["code"] == "absolute_bar"


def test_an_edition_of_a_shipped_pack_stands_beside_it(admin, second, production):
    document = admin.send("GET", "/v1/rule-packs/law-us").get_json()["document"]
    answer = admin.send("POST", "/v1/rule-packs", json={"document": {**document, "title": "US law, as we read it"}})
    assert answer.status_code == 201, answer.get_json()
    assert [one["origin"] for one in answer.get_json()["editions"]] == ["service", "studio"]
    shipped = answer.get_json()["editions"][0]["digest"]
    assert adopt(admin, second, production, "law-us")["digest"] == shipped, "a draft does not take its place"
    digest = answer.get_json()["digest"]
    for who in (admin, second):
        assert who.send("POST", "/v1/rule-packs/law-us/sign-off", json={"role": "legal", "digest": digest}).status_code == 200
    body = {"digest": digest, "effective": {"start": "2026-10"}}
    assert admin.send("POST", "/v1/rule-packs/law-us/publish", json=body).status_code == 200
    assert adopt(admin, second, production, "law-us")["digest"] == digest, "the published one does"
    assert adopt(admin, second, production, "law-us", digest=shipped)["digest"] == shipped, "either can be named"
    states = {one["digest"]: one["state"] for one in admin.send("GET", "/v1/rule-packs/law-us").get_json()["editions"]}
    assert states == {shipped: "superseded", digest: "published"}


def test_a_house_pack_carries_and_overrides_the_rules_of_another(admin):
    newer = YAML.replace("pack: northlight-house", "pack: northlight-house-2\ncarries: law-us").replace("northlight.", "northlight-2.")
    pack = drafted(admin, newer)
    carried = [rule for rule in pack["rules"] if rule.get("carried_from")]
    assert {rule["carried_from"] for rule in carried} == {"law-us"}


def test_nobody_states_an_edition_by_hand(admin):
    details = {"pack": "northlight-house", "digest": "0" * 64, "pack_kind": "house", "state": "published", "drafted_by": "me",
               "content": {"sha256": "0" * 64, "bytes": 1}, "published_by": "me", "effective": {"start": "2026"}}  # fmt: skip
    answer = admin.send("POST", "/v1/evidence", json={"type": "rule_pack", "details": details})
    assert answer.get_json()["code"] == "made_by_the_service"
    record = drafted(admin)["record"]
    changed = admin.send("PATCH", f"/v1/evidence/{record}", json={"details": {"state": "published"}}, headers={"If-Match": '"1"'})
    assert changed.status_code == 422


def test_another_studio_sees_nothing_of_it(admin, stranger, second):
    digest = published(admin, second)
    for method, path, body in (
        ("GET", PACK, None), ("GET", f"{PACK}?digest={digest}", None), ("GET", f"{PACK}/diff", None),
        ("POST", f"{PACK}/sign-off", {"role": "legal"}), ("POST", f"{PACK}/publish", {"digest": digest, "effective": {"start": "2027"}}),
    ):  # fmt: skip
        assert stranger.send(method, path, **({"json": body} if body else {})).status_code == 404, path
    assert "northlight-house" not in {one["id"] for one in stranger.send("GET", "/v1/rule-packs").get_json()["items"]}


def test_permissions(app, admin, caller):
    reader = caller("auditor", studio_id=admin.studio_id)
    digest = drafted(admin)["digest"]
    assert reader.send("GET", PACK).status_code == 200
    for path, body in (("/v1/rule-packs", {"yaml": YAML}), (f"{PACK}/publish", {"digest": digest, "effective": {"start": "2027"}})):
        assert reader.send("POST", path, json=body).status_code == 403
        assert app.test_client().post(path, json=body).status_code == 401
    for path in (PACK, f"{PACK}/diff"):
        assert app.test_client().get(path).status_code == 401


def test_a_key_for_one_title_cannot_draft_for_the_studio(admin, caller, production):
    limited = caller("legal_reviewer", studio_id=admin.studio_id, productions=(production,))
    assert limited.send("POST", "/v1/rule-packs", json={"yaml": YAML}).get_json()["code"] == "outside_productions"


def test_a_write_that_fails_leaves_no_edition(admin, services, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(type(services.ledger), "append", refuse)
        assert admin.send("POST", "/v1/rule-packs", json={"yaml": YAML}).status_code == 500
    assert admin.send("GET", PACK).status_code == 404
    assert drafted(admin)["state"] == "draft"


def test_a_decision_takes_a_draft_by_its_digest_and_says_that_nobody_signed_it(admin, ask):
    digest = drafted(admin, STRICTER)["digest"]
    decision = ask(packs=[{"pack": "northlight-house", "digest": digest}], dry_run=True)
    cause = next(cause for cause in decision["causes"] if cause["rule"] == "northlight.plates.camera")
    assert (cause["result"], cause["would_be"]) == ("review", "block")
    asset = admin.create("assets", {"type": "image"})["id"]
    answer = admin.send("POST", "/v1/decisions", json={"subject": asset, "act": "release", "packs": [{"pack": "none"}]})
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/packs/0")


def test_who_publishes_what_has_changed_meanwhile_is_told_so(admin, second, monkeypatch):
    digest = drafted(admin)["digest"]
    for who in (admin, second):
        sign(who, digest)
    with monkeypatch.context() as late:
        real = packs.named

        def overtaken(context, name, wanted):
            edition = real(context, name, wanted)
            late.undo()
            assert publish(second, digest).status_code == 200
            return edition

        late.setattr(packs, "named", overtaken)
        answer = publish(admin, digest, "2028-01-01")
    assert (answer.status_code, answer.get_json()["code"]) == (412, "stale_version")
    assert admin.send("GET", PACK).get_json()["effective"] == {"start": "2026-10-01"}
