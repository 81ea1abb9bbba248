"""The smallest set of records that clears a decision, taken at its word: recorded, it clears; without any one of them, it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from service.decisions import left
from tests.api.conftest import Caller
from tests.rules import scenario as play
from tests.rules import test_scenarios_api as api

CLEARED = ("cleared", "cleared_with_obligations")
HELD = [
    ("story", "release before any paper"),
    ("s01_deceased", "trailer on 20 November"),
    ("s04_other_project", "the insert"),
    ("s07_notice", "P1 before the session"),
    ("s07_notice", "release"),
    ("s08_background", "day 2"),
    ("s20_minor", "(b) the fall"),
    ("more_tvt_capture", "41 hours, the wall clock reads 48, ahead"),
    ("more_tvt_uses", "not attested"),
    ("more_trades_recordings", "nobody was told"),
    ("crew_tools", "outside vendor"),
    ("laws_eu", "settled without a notice"),
    ("commercials_spot", "may the session be held"),
    ("more_laws_papers", "on the last day"),
]


@pytest.fixture
def told(admin: Caller, caller: Any) -> api.Caller:
    return api.Caller(admin.client, admin.key, caller("legal_reviewer", studio_id=admin.studio_id).key)


def asked(told: api.Caller, name: str, title: str) -> dict[str, Any]:
    """Enter a scenario up to a question, and return the question as the API takes it."""
    story = play.read_scenario(play.STORY if name == "story" else play.HERE / f"{name}.yaml")
    for step in story["steps"]:
        if step.get("records"):
            told.enter(step["records"])
        for record in step.get("records") or ():
            if record["kind"] == "production" and "key" in record:
                for pack in sorted({*story["packs"]} - {"x", "licences"}):
                    told.adopt(pack, told.keys[f"${record['key']}"])
        for question in step.get("ask") or ():
            if question.get("name") == title:
                defaults = {word: story[word] for word in ("production", "intent", "at", "act") if word in story}
                return _as_sent(told.named(play.plain({**defaults, **question})))
    raise LookupError(title)


def _as_sent(found: Mapping[str, Any]) -> dict[str, Any]:
    body = {"subject": found["subject"], "act": found["act"], "at": api._instant(found["at"])}
    more = {word: found[word] for word in ("production",) if word in found}
    return body | more | ({"intent": api._intent(found["intent"])} if "intent" in found else {})


def read(told: api.Caller, path: str) -> dict[str, Any]:
    answer = told.client.get(path, headers={"Authorization": f"Bearer {told.first}"})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.get_json())


def overlay(steps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Steps as hypothetical records."""
    named = {"record": ("kind", "key", "body"), "amend": ("record", "patch")}
    return [{"id" if word == "record" else word: step[word] for word in named[step["action"]]} for step in steps if step["action"] in named]


def do(told: api.Caller, decision: Mapping[str, Any], steps: Iterable[Mapping[str, Any]]) -> None:
    """Do what the steps say, through the API: record, amend, and settle the reviews."""
    made: dict[str, str] = {}

    def named(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: named(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [named(inner) for inner in value]
        return made.get(value, value) if isinstance(value, str) else value

    for step in steps:
        if step["action"] == "record":
            made[f"${step['key']}"] = told.send(f"/v1/{step['collection']}", named(step["body"]))["id"]
        elif step["action"] == "amend":
            path = f"/v1/{step['collection']}/{step['record']}"
            version = read(told, path)["version"]
            headers = {"Authorization": f"Bearer {told.first}", "If-Match": f'"{version}"'}
            assert told.client.patch(path, json=named(step["patch"]), headers=headers).status_code == 200


def settle(told: api.Caller, question: Mapping[str, Any], causes: set[str]) -> dict[str, Any]:
    """Decide, settle the reviews of the causes, and decide again."""
    told.send("/v1/decisions", question)
    for review in read(told, "/v1/reviews?state=open&limit=100")["items"]:
        if review["body"]["cause"] in causes:
            told.send(
                f"/v1/reviews/{review['id']}/decide", {"verdict": "confirmed", "role": review["body"]["role"], "statement": "Looked at."}
            )
    return dict(told.send("/v1/decisions", question))


@pytest.mark.parametrize(("name", "title"), HELD, ids=[f"{name}-{title[:20]}" for name, title in HELD])
def test_the_records_of_the_set_clear_and_no_part_of_them_does(told: api.Caller, name: str, title: str) -> None:
    question = asked(told, name, title)
    decision = told.send("/v1/decisions", question)
    assert decision["outcome"] not in CLEARED
    size = read_size(told)
    found = read(told, f"/v1/decisions/{decision['id']}/clearing")
    assert read_size(told) == size, "nothing is written"
    assert found["complete"], found["left"]
    assert found["left"] == []
    records = [step for step in found["steps"] if step["action"] in ("record", "amend")]
    people = {step["cause"] for step in found["steps"] if step["action"] == "decide"}
    for out in range(len(records)):
        part = [step for place, step in enumerate(records) if place != out]
        if f"${records[out].get('key')}" in str(part):
            continue  # a paper about this paper cannot be made without it
        short = told.send("/v1/decisions", {**question, "dry_run": True, "overlay": overlay(part)})
        held = {cause["id"] for cause in short["causes"] if cause["result"] in ("block", "review") and cause["mode"] == "blocking"}
        assert held - people, f"clears without {records[out]}"
    do(told, decision, records)
    after = settle(told, question, people) if people else told.send("/v1/decisions", question)
    assert after["outcome"] in CLEARED, [(cause["id"], cause.get("sentence")) for cause in after["causes"]]
    assert after["outcome"] == found["would_be"]


def read_size(told: api.Caller) -> str:
    answer = told.client.get("/v1/ledger/checkpoint", headers={"Authorization": f"Bearer {told.first}"})
    return str(answer.get_data(as_text=True).splitlines()[1])


def test_what_no_record_clears_is_left(told: api.Caller) -> None:
    question = asked(told, "s20_minor", "(a) implied simulated sex")
    decision = told.send("/v1/decisions", question)
    found = read(told, f"/v1/decisions/{decision['id']}/clearing")
    assert (found["complete"], found["would_be"]) == (False, "blocked")
    (barred,) = (step for step in found["left"] if step["action"] == "remove")
    assert (barred["subject"], barred["why"]) == (told.keys["$use_a"], left.ABSOLUTE)
    assert all(step["why"] and step["fix"] and step["owner"] for step in found["left"])


def test_two_papers_of_one_kind_stay_two(told: api.Caller) -> None:
    """One attestation says one thing; two that a decision asks for about one record are two steps."""
    question = asked(told, "story", "release under a rider signed today")
    steps = told.send("/v1/decisions", {**question, "dry_run": True})["clearing"]
    kinds = [step["fields"]["kind"] for step in steps if step.get("type") == "attestation"]
    assert {"conspicuousness", "description_adequate"} <= set(kinds)
    assert all(step["for"].startswith("con_") for step in steps if (step.get("fields") or {}).get("kind") == "conspicuousness")


def test_a_pack_that_nobody_stands_behind_is_to_be_adopted_and_signed(told: api.Caller) -> None:
    question = asked(told, "s07_notice", "P1 before the session")
    house = {"pack": "quiet-house", "kind": "house", "rules": [
        {"id": "quiet.named", "clause": "1", "summary": "A session says its kind.", "confidence": "H", "each": "sessions",
         "require": [{"id": "kind", "test": {"present": "session.id"}, "otherwise": "block", "says": "No.", "fix": "Say it.", "owner": "legal"}]}]}  # fmt: skip
    decision = told.send("/v1/decisions", {**question, "packs": [house]})
    found = read(told, f"/v1/decisions/{decision['id']}/clearing")
    assert {(step["action"], step["pack"]) for step in found["steps"] if "pack" in step} == {
        ("adopt", "quiet-house"),
        ("sign_off", "quiet-house"),
    }
    assert found["complete"]


def test_what_clears_already_needs_nothing(told: api.Caller) -> None:
    question = asked(told, "story", "release under the true papers")
    decision = told.send("/v1/decisions", question)
    found = read(told, f"/v1/decisions/{decision['id']}/clearing")
    assert (found["complete"], found["steps"], found["would_be"]) == (True, [], "cleared_with_obligations")


def test_the_ladder(told: api.Caller, stranger: Caller) -> None:
    question = asked(told, "s07_notice", "P1 before the session")
    decision = told.send("/v1/decisions", question)
    path = f"/v1/decisions/{decision['id']}/clearing"
    assert told.client.get(path).status_code == 401
    assert stranger.send("GET", path).status_code == 404
    gone = {**question, "overlay": [{"id": told.keys["$s1"], "patch": {"details": {"starts_at": "2026-09-10T09:00:00Z"}}}]}
    overlaid = told.send("/v1/decisions", gone)
    refused = told.client.get(f"/v1/decisions/{overlaid['id']}/clearing", headers={"Authorization": f"Bearer {told.first}"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "hypothetical")
