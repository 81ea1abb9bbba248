"""What would change under a draft pack or a hypothetical record: by cause, item by item, with nothing written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

AT = "2026-10-10T12:00:00Z"
INTENT = {"territories": ["US"], "media": ["theatrical"], "window": {"start": "2027-06-01", "end": "2029-12-31"}, "purpose": "final"}
HOUSE = {
    "pack": "northlight-house", "kind": "house", "title": "House",
    "rules": [{"id": "northlight.hand", "clause": "1", "summary": "Made by hand.", "confidence": "H", "each": "assets", "when": {"equals": ["asset.type", "image"]},
               "require": [{"id": "made", "test": {"equals": ["asset.origin", "hand_made"]}, "otherwise": "block",
                            "says": "{asset} was not made by hand.", "fix": "Paint it.", "owner": "vfx"}]}],
}  # fmt: skip


@pytest.fixture
def second(caller, admin):
    return caller("legal_reviewer", studio_id=admin.studio_id)


def batch(who, *records):
    lines = "\n".join(json.dumps({"kind": kind, "key": key, "body": body}) for kind, key, body in records)
    answer = who.send("POST", "/v1/batch", data=lines.encode(), headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code < 300, answer.get_data(as_text=True)
    return {made["key"]: made["id"] for made in map(json.loads, answer.get_data(as_text=True).splitlines())}


@pytest.fixture
def title(admin, second):
    """Two shots with a replica of one performer, one plate of nobody, and one image, on a title that has adopted its agreement."""
    made = batch(
        admin,
        ("party", "studio", {"type": "organisation", "name": "Larkfield"}),
        ("party", "union", {"type": "organisation", "name": "The union"}),
        ("party", "lea", {"type": "person", "professional_name": "Lea Vonn", "birth_date": "1988-01-01"}),
        ("agreement", "tvt", {"name": "TV/Theatrical 2026", "pack": "sagaftra-tvt-2026", "union": "$union", "crafts": ["performer"]}),
        ("production", "film", {"title": "Quiet Bay", "format": "feature", "photography_start": "2026-08-17", "signatories": ["$studio"], "distributors": ["$studio"]}),
        ("production", "other", {"title": "Far Bay", "format": "feature"}),
        ("binding", "bind", {"production": "$film", "agreement": "$tvt", "basis": "signatory", "signatory": "$studio", "crafts": ["performer"], "bound": {"start": "2026-07-01"}}),
        ("engagement", "job", {"person": "$lea", "production": "$film", "employer": "$studio", "category": "principal", "engaged_at": "2026-07-20T09:00:00Z"}),
        ("replica", "replica", {"person": "$lea", "kind": "employment_based", "performer_participated": True, "origin_production": "$film", "created_at": "2026-08-20"}),
        ("consent", "rider", {"grantor": "$lea", "person": "$lea", "capacity": "self", "answer": "granted", "form": "signed_rider", "signed_at": "2026-08-01", "description": "Scene 3.",
                              "scope": {"productions": ["$film"], "purposes": ["creation", "use"]}, "window": {"start": "2026-08-01", "perpetual": True}}),
        ("source", "paintings", {"title": "Harbour studies", "type": "painting", "authors": [], "item_count": 3}),
        ("licence", "licence", {"grantor": "$lea", "type": "collection", "signed_at": "2026-06-15", "sources": ["$paintings"], "schedule_count": 3,
                                "training": {"granted": True, "kinds": ["fine_tune"], "productions": ["$film"], "window": {"start": "2026-06-15", "end": "2027-06-30"}}}),
        ("dataset", "look", {"name": "Look", "purpose": "fine_tuning", "parts": [{"source": "$paintings", "licence": "$licence", "item_count": 3}], "item_count": 3, "people": []}),
        ("model", "model", {"name": "look-1", "type": "fine_tune", "datasets": ["$look"], "training_disclosure": "disclosed"}),
        *[("asset", f"shot{n}", {"type": "video", "name": f"sh{n}", "productions": ["$film"], "origin": "generated"}) for n in (1, 2)],
        *[("generation", f"run{n}", {"productions": ["$film"], "tool": {"name": "T", "tool_class": "generative"}, "models": [{"model": "$model"}] if n == 2 else [], "generated_at": "2026-10-01T10:00:00Z",
           "prompts": [{"text": "x"}], "prompt_entities": [], "inputs": [{"replica": "$replica"}], "outputs": [{"asset": f"$shot{n}"}]}) for n in (1, 2)],
        *[("appearance", f"use{n}", {"asset": f"$shot{n}", "production": "$film", "type": "new_performance", "person": "$lea", "replica": "$replica", "in_human_role": True, "content_flags": []}) for n in (1, 2)],
        ("asset", "plate", {"type": "video", "name": "plate", "productions": ["$film"], "origin": "camera"}),
        ("asset", "still", {"type": "image", "name": "still", "productions": ["$film"], "origin": "camera"}),
    )  # fmt: skip
    for who in (admin, second):
        assert who.send("POST", "/v1/rule-packs/sagaftra-tvt-2026/sign-off", json={"role": "legal"}).status_code == 200
    proposed = admin.send("POST", "/v1/adoptions", json={"production": made["film"], "pack": "sagaftra-tvt-2026"}).get_json()
    assert second.send("POST", f"/v1/adoptions/{proposed['id']}/confirm").status_code == 200
    return made


def stored(services, who):
    root = Path(services.blobs.of(who.studio_id).root)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.fixture
def ask(admin, title, services):
    """Ask about all assets of the title, and see that nothing is left behind."""

    def asked(status=200, **more):
        def there():
            keys = hashlib.sha256(b"".join(sorted(str(path).encode() for path in (services.settings.data / "keys" / "vault").rglob("*"))))
            log = admin.send("GET", "/v1/ledger/checkpoint").get_data(as_text=True).splitlines()[1]
            return log, stored(services, admin), keys.hexdigest()

        before = there()
        about = {} if "subjects" in more else {"production": title["film"]}
        answer = admin.send("POST", "/v1/simulations", json={**about, "act": "release", "at": AT, "intent": INTENT, **more})
        assert answer.status_code == status, answer.get_json()
        assert there() == before, "a simulation writes nothing"
        return answer.get_json()

    return asked


def strike(title, **more):
    return {
        "kind": "event",
        "body": {
            "type": "strike_called",
            "effective_at": "2026-10-05",
            "strike": {"union": title["union"], "agreements": [title["tvt"]], "employers": ["*"]},
        },
        **more,
    }


def appears(answer, rule):
    return [cause for cause in answer["causes"] if cause["change"] == "appears" and cause["rule"] == rule]


def test_a_strike_tomorrow_concerns_the_shots_with_the_performer_and_says_whose_they_are(ask, title):
    answer = ask(overlay=[strike(title)])
    cause = appears(answer, "sagaftra-tvt-2026.strike.suspension")[0]
    assert {item["id"] for item in cause["items"]} == {title["shot1"], title["shot2"]}
    assert cause["count"] == 2
    assert cause["productions"] == [{"id": title["film"], "count": 2}]
    assert cause["owner"]
    assert cause["fix"]
    assert all({"before", "after", "name"} <= item.keys() for item in cause["items"])
    assert (answer["looked_at"], answer["changed"]) == (4, 2)
    assert sum(one["count"] for one in answer["outcomes"]) == 4


def test_a_consent_that_is_withdrawn_and_one_that_was_never_there(ask, title):
    withdrawn = {"kind": "event", "body": {"type": "withdrawn", "targets": [title["rider"]], "effective_at": "2026-10-02"}}
    by_event = ask(overlay=[withdrawn])
    gone = ask(overlay=[{"id": title["rider"], "gone": True}])
    for answer in (by_event, gone):
        assert answer["changed"] == 2
        items = {item["id"] for cause in answer["causes"] if cause["change"] == "appears" for item in cause["items"]}
        assert items == {title["shot1"], title["shot2"]}
    assert {cause["rule"] for cause in by_event["causes"]} != {cause["rule"] for cause in gone["causes"]}


def test_a_licence_that_ends_concerns_what_was_made_with_the_model_alone(ask, title):
    revoked = {"kind": "event", "body": {"type": "revoked", "targets": [title["licence"]], "effective_at": "2026-10-02"}}
    for overlay in ([revoked], [{"id": title["licence"], "gone": True}]):
        answer = ask(overlay=overlay)
        items = {item["id"] for cause in answer["causes"] for item in cause["items"]}
        assert items == {title["shot2"]}, answer["causes"]


def test_the_next_version_of_a_record_whole_or_as_a_patch(ask, title, admin):
    narrower = ask(overlay=[{"id": title["rider"], "patch": {"window": {"start": "2026-08-01", "end": "2026-08-31", "perpetual": None}}}])
    assert narrower["changed"] == 2
    body = admin.send("GET", f"/v1/consents/{title['rider']}").get_json()["body"]
    same = ask(overlay=[{"id": title["rider"], "body": body}])
    assert (same["changed"], same["causes"]) == (0, [])
    whole = ask(
        overlay=[{"id": title["rider"], "kind": "consent", "body": {**body, "window": {"start": "2026-08-01", "end": "2026-08-31"}}}]
    )
    assert whole["causes"] == narrower["causes"]


def test_a_paper_that_is_still_to_come_takes_causes_away(ask, title):
    before = ask(overlay=[{"id": title["rider"], "gone": True}])
    lost = {cause["id"] for cause in before["causes"] if cause["change"] == "appears"}
    paper = {
        "kind": "evidence",
        "key": "estimate",
        "body": {"type": "access_policy", "details": {"replicas": [title["replica"]], "roles": ["compositing"]}},
    }
    answer = ask(overlay=[paper])
    assert {cause["change"] for cause in answer["causes"]} <= {"goes", "appears"}
    assert any(cause["change"] == "goes" for cause in answer["causes"]), answer["causes"]
    assert not lost & {cause["id"] for cause in answer["causes"] if cause["change"] == "appears"}


def test_a_record_that_has_nothing_to_do_with_it_changes_nothing(ask, title):
    others = [
        {"kind": "party", "key": "p", "body": {"type": "person", "professional_name": "Ned", "birth_date": "2015-01-01"}},
        {"kind": "licence", "key": "l", "body": {"grantor": "$p", "type": "collection", "training": {"granted": False}}},
        {"kind": "consent", "body": {"grantor": "$p", "person": "$p", "capacity": "self", "answer": "refused"}},
        {"kind": "asset", "key": "a", "body": {"type": "video", "origin": "generated", "productions": [title["other"]]}},
        {"kind": "evidence", "body": {"type": "transfer", "details": {"replicas": ["$r"]}}},
        {"kind": "replica", "key": "r", "body": {"person": "$p", "kind": "employment_based"}},
    ]
    answer = ask(overlay=others)
    assert (answer["changed"], answer["causes"]) == (0, [])


def test_an_overlay_is_read_also_where_the_same_questions_were_asked_often(ask, title, admin):
    body = {"subject": title["shot1"], "act": "release", "at": AT, "intent": INTENT, "dry_run": True}
    for _ in range(8):  # the connection keeps what it has prepared
        plain = admin.send("POST", "/v1/decisions", json=body).get_json()
    laid = admin.send("POST", "/v1/decisions", json={**body, "overlay": [strike(title)]}).get_json()
    again = admin.send("POST", "/v1/decisions", json=body).get_json()
    rules = [{cause["rule"] for cause in answer["causes"]} for answer in (plain, laid, again)]
    assert "sagaftra-tvt-2026.strike.suspension" in rules[1]
    assert rules[0] == rules[2]
    assert "sagaftra-tvt-2026.strike.suspension" not in rules[0]


def test_a_draft_pack_shows_what_it_would_hold_once_it_is_in_force(ask, title, admin):
    answer = ask(packs=[HOUSE])
    cause = appears(answer, "northlight.hand")[0]
    assert (cause["result"], cause["count"], cause["owner"], cause["fix"]) == ("block", 1, "vfx", "Paint it.")
    assert "still was not made by hand" in cause["sentence"]
    assert cause["items"][0]["after"] == "blocked"
    drafted = admin.send("POST", "/v1/rule-packs", json={"document": HOUSE}).get_json()["digest"]
    for named in ("northlight-house", {"pack": "northlight-house", "digest": drafted}):
        assert ask(packs=[named])["causes"] == answer["causes"]
    assert ask(packs=[named])["packs"] == [{"id": "northlight-house", "digest": drafted}]


def test_named_subjects_and_pages(ask, title):
    named = ask(subjects=[title["shot1"], title["plate"]], overlay=[strike(title)])
    assert (named["looked_at"], named["changed"], named["next"]) == (2, 1, None)
    first = ask(overlay=[strike(title)], limit=3)
    rest = ask(overlay=[strike(title)], limit=3, cursor=first["next"])
    assert [page["looked_at"] for page in (first, rest)] == [3, 1]
    assert rest["next"] is None
    assert first["changed"] + rest["changed"] == 2


@pytest.mark.parametrize(
    ("overlay", "pointer"),
    [
        ([1], "/overlay/0"),
        ([{"kind": "unicorn", "body": {}}], "/overlay/0/kind"),
        ([{"kind": "waiver", "body": {}}], "/overlay/0/kind"),
        ([{"kind": "event"}], "/overlay/0/body"),
        ([{"kind": "event", "body": {"type": "withdrawn"}}], "/overlay/0/body/effective_at"),
        ([{"kind": "event", "body": {"type": "withdrawn", "targets": ["con_01m7zaa2p8e9h84jtfyv34b27x"], "effective_at": "2026"}}], "/overlay/0/body/targets/0"),
        ([{"kind": "event", "body": {}, "when": "now"}], "/overlay/0/when"),
        ([{"id": "con_01m7zaa2p8e9h84jtfyv34b27x", "gone": True}], "/overlay/0/id"),
        ([{"id": "rubbish", "gone": True}], "/overlay/0/id"),
        ([{"id": "$rider", "gone": False}], "/overlay/0/gone"),
        ([{"id": "$rider", "gone": True, "body": {}}], "/overlay/0"),
        ([{"id": "$rider"}], "/overlay/0"),
        ([{"id": "$rider", "kind": "licence", "gone": True}], "/overlay/0/kind"),
        ([{"id": "$rider", "gone": True}, {"id": "$rider", "gone": True}], "/overlay/1/id"),
        ([{"id": "$rider", "patch": {"answer": "perhaps"}}], "/overlay/0/patch/answer"),
        ([{"kind": "party", "key": "a", "body": {"type": "organisation", "name": "A"}}, {"kind": "party", "key": "a", "body": {"type": "organisation", "name": "B"}}], "/overlay/1/key"),
        ([{"kind": "party", "gone": True}], "/overlay/0/id"),
    ],
)  # fmt: skip
def test_an_overlay_that_cannot_be_laid_says_where(ask, title, overlay, pointer):
    told = [{**one, "id": title["rider"]} if isinstance(one, dict) and one.get("id") == "$rider" else one for one in overlay]
    answer = ask(422, overlay=told)
    assert pointer in {fault["pointer"] for fault in answer["errors"]}, answer["errors"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, "/overlay"), ({"packs": [1]}, "/packs/0"), ({"packs": [{"pack": "none"}]}, "/packs/0"), ({"act": "sing"}, "/act"), ({"colour": 1}, "/colour"),
        ({"packs": [{**HOUSE, "rules": [{**HOUSE["rules"][0], "each": "asets"}]}]}, "/packs/0"), ({"limit": 0}, "/limit"), ({"overlay": "x"}, "/overlay"),
    ],
)  # fmt: skip
def test_a_question_that_is_not_said_well(ask, change, pointer):
    answer = ask(422, **change)
    assert pointer in {fault["pointer"].replace("/packs/0/", "/packs/0") for fault in answer["errors"]}, answer["errors"]


def test_what_is_asked_about_cannot_be_gone_and_has_to_be_said(admin, title, ask):
    assert ask(422, subjects=[title["shot1"]], overlay=[{"id": title["shot1"], "gone": True}])["errors"][0]["pointer"] == "/overlay"
    assert ask(overlay=[{"id": title["shot1"], "gone": True}])["looked_at"] == 3
    answer = admin.send("POST", "/v1/simulations", json={"act": "release", "packs": [HOUSE]})
    assert answer.get_json()["errors"][0]["pointer"] == "/production"


def test_strangers_readers_and_nobody(app, admin, stranger, caller, title):
    body = {"production": title["film"], "act": "release", "at": AT, "overlay": [strike(title)]}
    assert stranger.send("POST", "/v1/simulations", json={**body, "overlay": [], "packs": [HOUSE]}).status_code == 404
    own = stranger.create("productions", {"title": "Mine", "format": "feature"})["id"]
    foreign = stranger.send(
        "POST", "/v1/simulations", json={"production": own, "act": "release", "overlay": [{"id": title["rider"], "gone": True}]}
    )
    assert (foreign.status_code, foreign.get_json()["errors"][0]["pointer"]) == (422, "/overlay/0/id")
    vendor = caller("vendor", studio_id=admin.studio_id)
    assert vendor.send("POST", "/v1/simulations", json=body).status_code == 403
    assert app.test_client().post("/v1/simulations", json=body).status_code == 401
    auditor = caller("auditor", studio_id=admin.studio_id)
    assert auditor.send("POST", "/v1/simulations", json=body).status_code == 200


def test_a_key_for_one_title_sees_that_title_alone(admin, caller, title):
    limited = caller("legal_reviewer", studio_id=admin.studio_id, productions=(title["other"],))
    body = {"act": "release", "at": AT, "packs": [HOUSE]}
    assert limited.send("POST", "/v1/simulations", json={**body, "production": title["film"]}).status_code == 404
    assert limited.send("POST", "/v1/simulations", json={**body, "subjects": [title["shot1"]]}).status_code == 404
    hidden = limited.send(
        "POST", "/v1/simulations", json={**body, "production": title["other"], "overlay": [{"id": title["shot1"], "gone": True}]}
    )
    assert (hidden.status_code, hidden.get_json()["errors"][0]["pointer"]) == (422, "/overlay/0/id")
