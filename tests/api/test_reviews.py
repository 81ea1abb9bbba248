"""What people must settle: one answer for all that is alike, by a role, on grounds, for as long as these last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Caller
from tests.api.test_decisions import INTENT, adopt


@pytest.fixture
def second(caller: Callable[..., Caller], admin: Caller) -> Caller:
    return caller("legal_reviewer", studio_id=admin.studio_id)


@pytest.fixture
def title(admin: Caller, second: Caller) -> str:
    body = {"title": "Tidewater", "format": "feature", "intent_profiles": [INTENT], "countries": ["US"]}
    production = str(admin.create("productions", body)["id"])
    adopt(admin, second, production, "law-us")
    return production


def plates(admin: Caller, title: str, count: int, **more: Any) -> list[str]:
    return [str(admin.create("assets", {"productions": [title], "name": f"sh{n}", "type": "image", **more})["id"]) for n in range(count)]


def ask(who: Caller, subjects: list[str], at: str = "2026-09-20T12:00:00Z", **more: Any) -> dict[str, Any]:
    answer = who.send("POST", "/v1/decisions", json={"subject": subjects, "act": "release", "at": at, **more})
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def open_reviews(who: Caller) -> list[dict[str, Any]]:
    return list(who.send("GET", "/v1/reviews?state=open").get_json()["items"])


def settle(who: Caller, review: dict[str, Any], status: int = 200, **more: Any) -> Any:
    body = {"verdict": "confirmed", "role": review["body"]["role"], **more}
    answer = who.send("POST", f"/v1/reviews/{review['id']}/decide", json=body)
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def test_many_alike_are_one_question_and_one_answer(admin: Caller, second: Caller, title: str) -> None:
    found = plates(admin, title, 12)
    decision = ask(admin, found)
    assert decision["outcome"] == "review"
    assert [cause["count"] for cause in decision["causes"] if cause["result"] == "review"] == [12] * len(decision["reviews"])
    for review in open_reviews(admin):
        settle(second, review, statement="Camera originals, seen.")
    assert ask(admin, found)["outcome"] == "cleared"
    assert ask(admin, [*found, *plates(admin, title, 1)])["outcome"] == "review", "one more was not looked at"


def test_what_the_engine_asks_is_settled_like_anything_else(admin: Caller, second: Caller, title: str) -> None:
    """A place without a law pack is a question for counsel; once answered it is not asked again, until the answer ends."""
    found = plates(admin, title, 1, origin="camera")
    abroad = {**{key: value for key, value in INTENT.items() if key not in ("name", "default")}, "territories": ["US", "NZ"]}
    decision = ask(admin, found, intent=abroad)
    assert [cause["id"] for cause in decision["causes"]] == ["x.coverage.territory#territory_without_law"]
    settle(second, open_reviews(admin)[0], statement="New Zealand counsel has no objection.", expires_at="2027-01-31")
    cleared = ask(admin, found, intent=abroad)
    assert cleared["outcome"] == "cleared", cleared["causes"]
    assert cleared["valid_until"].startswith("2027-01-31") or cleared["valid_until"].startswith("2027-02-01")
    assert ask(admin, found, at="2027-02-02T12:00:00Z", intent=abroad)["outcome"] == "review"
    assert ask(admin, found, intent={**abroad, "territories": ["US", "NZ", "AU"]})["outcome"] == "review", (
        "another place is another question"
    )
    assert admin.send("POST", f"/v1/decisions/{cleared['id']}/replay").get_json()["identical"] is True


def test_an_answer_ends_with_the_attestation_that_it_rests_on(admin: Caller, second: Caller, title: str) -> None:
    found = plates(admin, title, 1)
    ask(admin, found)
    paper = {"kind": "other", "outcome": "confirmed", "role": "legal", "signed_at": "2026-09-01", "expires_at": "2026-10-31"}
    evidence = admin.create("evidence", {"type": "attestation", "subjects": found, "details": paper})["id"]
    against = admin.create("evidence", {"type": "attestation", "subjects": found, "details": {**paper, "outcome": "rejected"}})["id"]
    notice = admin.create("evidence", {"type": "notice", "subjects": found, "details": {"kind": "other"}})["id"]
    for review in open_reviews(admin):
        for wrong in (against, notice):
            assert settle(second, review, 422, attestation=wrong)["errors"][0]["pointer"] == "/attestation"
        settled = settle(second, review, attestation=evidence, expires_at="2027-12-31")
        assert settled["body"]["expires_at"] == "2026-10-31"
    assert ask(admin, found, at="2026-10-30T12:00:00Z")["outcome"] == "cleared"
    assert ask(admin, found, at="2026-11-02T12:00:00Z")["outcome"] == "review"
