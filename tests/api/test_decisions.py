"""Decisions over HTTP: asked, explained, replayed, settled, released, and refused when the world has moved on."""

from __future__ import annotations

import pytest

INTENT = {
    "name": "us",
    "default": True,
    "territories": ["US"],
    "media": ["streaming"],
    "window": {"start": "2027", "end": "2030"},
    "purpose": "final",
}
DIGEST = {"algorithm": "sha256", "value": "ab" * 32}


@pytest.fixture
def second(caller, admin):
    return caller("legal_reviewer", studio_id=admin.studio_id)


@pytest.fixture
def production(admin):
    return admin.create("productions", {"title": "Tidewater", "format": "feature", "intent_profiles": [INTENT], "countries": ["US"]})["id"]


@pytest.fixture
def asset(admin, production):
    body = {"productions": [production], "name": "sh010", "type": "image", "origin": "camera", "digests": [DIGEST]}
    return admin.create("assets", body)["id"]


@pytest.fixture
def ask(admin, asset):
    def asked(status=201, **more):
        answer = admin.send("POST", "/v1/decisions", json={"subject": asset, "act": "release", "at": "2026-09-20T12:00:00Z", **more})
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    return asked


def adopt(admin, second, production, pack):
    for who in (admin, second):
        assert who.send("POST", f"/v1/rule-packs/{pack}/sign-off", json={"role": "legal"}).status_code == 200
    proposed = admin.send("POST", "/v1/adoptions", json={"production": production, "pack": pack}).get_json()
    assert second.send("POST", f"/v1/adoptions/{proposed['id']}/confirm").status_code == 200


def test_nothing_adopted_is_a_review_and_says_so(ask):
    decision = ask()
    assert decision["outcome"] == "review"
    assert "x.pack.adopted#nothing_adopted" in [cause["id"] for cause in decision["causes"]]
    assert decision["proof"]["size"] >= decision["index"]


def test_a_paper_that_names_one_title_is_asked_about_under_that_title(admin, production, ask):
    details = {"works": [production], "kind": "fine_tune", "planned_at": "2026-11-20", "state": "asked"}
    job = admin.create("evidence", {"type": "training_job", "details": details})["id"]
    assert ask(subject=job, act="train")["body"]["production"] == production
    other = admin.create("productions", {"title": "Ebb", "format": "feature"})["id"]
    two = admin.create("evidence", {"type": "training_job", "details": {**details, "works": [production, other]}})["id"]
    assert "production" not in ask(subject=two, act="train")["body"]


def test_what_no_rule_weighs_by_itself_is_not_cleared_but_refused_with_what_to_ask_instead(admin, production, ask):
    person = admin.create("parties", {"type": "person", "professional_name": "Mia Stone"})["id"]
    held = admin.create("engagements", {"person": person, "production": production, "category": "writer"})["id"]
    assert "the assignment terms" in str(ask(subject=held, act="generate", status=422)["errors"])
    assert "describe what is planned" in str(ask(subject=person, act="capture", status=422)["errors"])


@pytest.fixture
def cleared(admin, second, production, ask):
    adopt(admin, second, production, "law-us")
    decision = ask()
    assert decision["outcome"] == "cleared", decision["causes"]
    return decision


def release(who, decision, **more):
    answer = who.send("POST", "/v1/releases", json={"decision": decision["id"], **more})
    return answer.status_code, answer.get_json()


def test_what_is_cleared_can_be_released_once_and_again(admin, cleared, asset):
    status, body = release(admin, cleared)
    assert (status, body["body"]["assets"]) == (201, [f"{asset}@1"])
    assert body["body"]["decision"] == f"{cleared['id']}@1"
    narrower = {"territories": ["US-CA"], "media": ["streaming"], "purpose": "final", "window": {"start": "2028-01", "end": "2029"}}
    assert release(admin, cleared, intent=narrower)[0] == 201


@pytest.mark.parametrize(
    "wider",
    [{"territories": ["FR"]}, {"media": ["theatrical"]}, {"window": {"start": "2026", "end": "2030"}}, {"window": {"start": "2028", "perpetual": True}},
     {"purpose": "marketing"}],
)  # fmt: skip
def test_a_release_stays_within_the_intent_that_was_decided(admin, cleared, wider):
    within = {"territories": ["US"], "media": ["streaming"], "purpose": "final", "window": {"start": "2028", "end": "2029"}}
    assert release(admin, cleared, intent={**within, **wider})[1]["code"] == "outside_decision"


def test_a_release_of_something_else_is_refused(admin, cleared, production):
    other = admin.create("assets", {"productions": [production], "name": "sh020", "type": "image", "origin": "camera"})["id"]
    assert release(admin, cleared, assets=[other])[1]["code"] == "outside_decision"


def test_whatever_the_decision_read_and_that_changed_since_makes_the_release_fail(admin, cleared, asset):
    assert admin.send("PATCH", f"/v1/assets/{asset}", json={"name": "sh010b"}, headers={"If-Match": '"1"'}).status_code == 200
    status, problem = release(admin, cleared)
    assert (status, problem["code"]) == (409, "changed_since_decision")


def test_a_hold_stops_a_release_until_it_is_lifted(admin, second, production, asset, ask):
    adopt(admin, second, production, "law-us")
    body = {"type": "litigation", "targets": [asset], "stops": ["release"], "placed_at": "2026-09-01", "placed_by": "counsel"}
    hold = admin.create("holds", body)
    decision = ask()
    assert release(admin, decision)[1]["code"] == "held"
    lifted = {**body, "lifted_at": "2026-09-19", "lifted_by": "counsel"}
    assert admin.send("PUT", f"/v1/holds/{hold['id']}", json=lifted, headers={"If-Match": '"1"'}).status_code == 200
    assert release(admin, ask())[0] == 201


def test_an_adoption_that_ends_in_between_makes_the_release_fail(admin, cleared):
    adoption = admin.send("GET", "/v1/adoptions").get_json()["items"][0]["id"]
    assert admin.send("POST", f"/v1/adoptions/{adoption}/end").status_code == 200
    assert release(admin, cleared)[1]["code"] == "changed_since_decision"


def test_what_is_not_cleared_cannot_be_released(admin, ask):
    assert release(admin, ask())[1]["code"] == "not_cleared"


def test_a_dry_run_leaves_no_trace(admin, ask):
    before = admin.send("GET", "/v1/decisions").get_json()["items"]
    answer = ask(200, dry_run=True)
    assert (answer["dry_run"], "id" in answer) == (True, False)
    assert admin.send("GET", "/v1/decisions").get_json()["items"] == before


HOUSE = {
    "pack": "house", "kind": "house", "title": "House",
    "rules": [{"id": "house.no", "clause": "1", "summary": "Nothing named so.", "confidence": "H", "each": "assets",
               "require": [{"id": "never", "test": {"equals": ["asset.origin", "hand_made"]}, "otherwise": "block",
                            "says": "{asset} was not made by hand.", "fix": "Paint it.", "owner": "vfx"}]}],
}  # fmt: skip


def test_packs_of_ones_own_are_evaluated_and_back_nothing(admin, cleared, ask):
    decision = ask(packs=[HOUSE])
    assert decision["body"]["hypothetical"] is True
    cause = next(cause for cause in decision["causes"] if cause["rule"] == "house.no")
    assert (cause["result"], cause["would_be"], cause["fix"]) == ("review", "block", "Paint it.")
    assert release(admin, decision)[1]["code"] == "decision_cannot_release"


def test_a_pack_that_cannot_be_used_names_rule_and_key(admin, asset):
    broken = {**HOUSE, "rules": [{**HOUSE["rules"][0], "each": "asets"}]}
    answer = admin.send("POST", "/v1/decisions", json={"subject": asset, "act": "release", "packs": [broken]})
    assert answer.status_code == 422
    assert "house.no: each" in answer.get_json()["errors"][0]["message"]


def test_a_decision_is_replayed_to_the_byte_whatever_came_after(admin, cleared, asset, ask):
    for change in ({"name": "sh010c"}, {"origin": "generated"}):
        version = admin.send("GET", f"/v1/assets/{asset}").get_json()["version"]
        admin.send("PATCH", f"/v1/assets/{asset}", json=change, headers={"If-Match": f'"{version}"'})
        again = admin.send("POST", f"/v1/decisions/{cleared['id']}/replay").get_json()
        assert again["identical"] is True
        assert again["outcome"] == "cleared"
    assert ask()["outcome"] != "cleared"
    then = ask(known_at=cleared["body"]["log_size"])
    assert then["outcome"] == "cleared"
    assert then["body"]["findings"]["sha256"] != ""


def test_the_same_key_answers_the_same_decision(admin, asset):
    body = {"subject": asset, "act": "release", "at": "2026-09-20T12:00:00Z"}
    first, second = (admin.send("POST", "/v1/decisions", json=body, headers={"Idempotency-Key": "one"}).get_json() for _ in range(2))
    assert first["id"] == second["id"]
    assert first["causes"] == second["causes"]
    assert first["reviews"] == second["reviews"]


def test_a_decision_reads_the_same_later(admin, ask):
    decision = ask()
    read = admin.send("GET", f"/v1/decisions/{decision['id']}").get_json()
    for name in ("outcome", "causes", "findings", "clearing", "coverage", "body"):
        assert read[name] == decision[name]


def open_reviews(admin):
    return admin.send("GET", "/v1/reviews?state=open").get_json()["items"]


def test_people_settle_reviews_and_the_next_decision_honours_it(admin, second, production, asset, ask):
    adopt(admin, second, production, "law-us")
    admin.send("PATCH", f"/v1/assets/{asset}", json={"origin": None}, headers={"If-Match": '"1"'})
    decision = ask()
    assert decision["outcome"] == "review"
    reviews = open_reviews(admin)
    assert {one["id"] for one in reviews} == set(decision["reviews"])
    assert ask()["reviews"] == [], "a question that is open is not asked twice"
    for one in reviews:
        path, role = f"/v1/reviews/{one['id']}/decide", one["body"]["role"]
        wrong = "payroll" if role != "payroll" else "legal"
        assert second.send("POST", path, json={"verdict": "confirmed", "role": wrong, "statement": "Seen."}).status_code == 422
        assert second.send("POST", path, json={"verdict": "confirmed", "role": role}).status_code == 422
        settled = second.send(
            "POST", path, json={"verdict": "confirmed", "role": role, "statement": "Camera original, seen.", "reason": "Ours."}
        )
        assert (settled.status_code, settled.get_json()["body"]["state"]) == (200, "confirmed")
        assert (
            second.send("POST", path, json={"verdict": "rejected", "role": role, "statement": "No."}).get_json()["code"]
            == "already_settled"
        )
    decision = ask()
    assert decision["outcome"] == "cleared", decision["causes"]
    assert release(admin, decision)[0] == 201


def test_a_rejected_review_blocks(admin, second, production, asset, ask):
    adopt(admin, second, production, "law-us")
    admin.send("PATCH", f"/v1/assets/{asset}", json={"origin": None}, headers={"If-Match": '"1"'})
    ask()
    one = open_reviews(admin)[0]
    second.send("POST", f"/v1/reviews/{one['id']}/decide", json={"verdict": "rejected", "role": one["body"]["role"], "statement": "No."})
    assert ask()["outcome"] == "blocked"


@pytest.mark.parametrize(
    "body",
    [{}, {"subject": "nobody", "act": "release"}, {"subject": [], "act": "release"}, {"act": "release"}, {"subject": 1, "act": "release"},
     {"subject": "ast_01m7ytyrrsfk3ajwds01cnt89x", "act": "release"}, {"subject": {}, "act": "release"}],
)  # fmt: skip
def test_a_question_that_cannot_be_understood(admin, body):
    answer = admin.send("POST", "/v1/decisions", json=body)
    assert answer.status_code in {404, 422}
    assert answer.get_json()["code"]


@pytest.mark.parametrize(
    "more", [{"act": "fly"}, {"profile": "none"}, {"known_at": 10**9}, {"at": "yesterday"}, {"intent": {"territories": ["USA"]}}]
)
def test_a_question_about_nothing_there_is(ask, more):
    assert ask(422, **more)["errors"]


def test_another_studio_sees_nothing(stranger, ask, asset):
    decision = ask()
    assert stranger.send("POST", "/v1/decisions", json={"subject": asset, "act": "release"}).status_code == 404
    assert stranger.send("GET", f"/v1/decisions/{decision['id']}").status_code == 404
    assert stranger.send("POST", f"/v1/decisions/{decision['id']}/replay").status_code == 404
    assert release(stranger, decision)[0] in {404, 422}
