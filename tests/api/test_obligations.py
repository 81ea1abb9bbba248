"""What a decision leaves owed: recorded once, listed by day, settled with proof, owed again when there is more of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import icalendar
import pytest

from service.context import Actor, Context
from service.decisions import due
from service.decisions import owed as debts
from service.records import write
from service.records.model import Recorded
from service.rules.findings import Finding
from tests.api.conftest import Caller
from tests.rules import scenario as play
from tests.rules import test_scenarios_api as api

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PACKS = ("sagaftra-tvt-2023", "sagaftra-tvt-2026", "law-us")


@pytest.fixture
def told(admin: Caller, caller: Callable[..., Caller]) -> api.Caller:
    """Scenario S12 as it stands when labour relations has countersigned: cleared, with something owed."""
    second = caller("legal_reviewer", studio_id=admin.studio_id)
    person = api.Caller(admin.client, admin.key, second.key)
    scenario = play.read_scenario(play.HERE / "s12_timetable.yaml")
    for step in [*scenario["steps"], *scenario["variants"][0]["steps"]]:
        person.enter(step.get("records", ()))
    for pack in PACKS:
        person.adopt(pack, person.keys["$film"])
    return person


@pytest.fixture
def owe(admin: Caller, services: Any) -> Callable[..., str]:
    """Record an obligation as a decision does, and return its id."""
    actor = Actor(admin.studio_id, admin.account_id, "x", frozenset(), frozenset())

    def record(**body: Any) -> str:
        with services.database.app(admin.studio_id) as conn:
            context = Context(actor, NOW, conn, services.ledger, services.blobs.of(admin.studio_id), services.vault)
            return write.create(context, "obligation", {"state": "open", **body}).id

    return record


def decide(told: api.Caller) -> dict[str, Any]:
    question = {"subject": told.keys["$shot"], "act": "release", "at": "2026-09-01T12:00:00Z"}
    question["intent"] = {"territories": ["US"], "media": ["theatrical"], "window": {"start": "2027", "end": "2030"}, "purpose": "final"}  # type: ignore[assignment]
    return dict(told.send("/v1/decisions", question))


def get(told: api.Caller, path: str) -> Any:
    answer = told.client.get(path, headers={"Authorization": f"Bearer {told.first}"})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer


def test_what_is_owed_is_recorded_once_and_stays_settled(told: api.Caller) -> None:
    first = decide(told)
    assert first["outcome"] == "cleared_with_obligations", first["causes"]
    assert len(first["obligations"]) == 1
    assert decide(told)["obligations"] == []
    listed = get(told, f"/v1/obligations/due?production={told.keys['$film']}").get_json()["items"]
    assert [one["id"] for one in listed] == first["obligations"]
    proof = told.send("/v1/documents", {"title": "Award", "type": "letter"})["id"]
    settled = told.send(f"/v1/obligations/{listed[0]['id']}/settle", {"proof": [proof]})
    assert settled["body"]["state"] == "done"
    assert decide(told)["obligations"] == []
    assert get(told, "/v1/obligations/due").get_json()["items"] == []


def test_nothing_is_settled_without_proof(told: api.Caller, owe: Callable[..., str]) -> None:
    name = owe(type="pay", production=told.keys["$film"], text="the award", due_at="2026-12")
    for proof in ([], [told.keys["$shot"]]):
        headers = {"Authorization": f"Bearer {told.first}"}
        answer = told.client.post(f"/v1/obligations/{name}/settle", json={"proof": proof}, headers=headers)
        assert answer.status_code == 422
        assert answer.get_json()["errors"][0]["pointer"].startswith("/proof")
    assert obligation(told, name)["state"] == "open"


def test_the_days_go_to_calendars_and_tables(told: api.Caller, owe: Callable[..., str]) -> None:
    later = owe(type="pay", production=told.keys["$film"], text="=SUM(A1)", due_at="2026-12")
    soon = owe(type="report", text="usage", due_at="2026-11-30T10:00:00Z")
    rows = list(csv.DictReader(io.StringIO(get(told, "/v1/obligations/due.csv").get_data(as_text=True))))
    assert [row["id"] for row in rows] == [soon, later]
    assert rows[1]["text"] == "'=SUM(A1)"
    assert rows[1]["production"] != rows[1]["production_id"] == told.keys["$film"]
    found = icalendar.Calendar.from_ical(get(told, "/v1/obligations/due.ics").data)
    events = {str(event["uid"]): event.decoded("dtstart").isoformat() for event in found.walk("VEVENT")}
    assert events == {f"{later}@clearance": "2026-12-31", f"{soon}@clearance": "2026-11-30"}
    assert len(list(csv.DictReader(io.StringIO(get(told, "/v1/obligations/due.csv?before=2026-11-30").get_data(as_text=True))))) == 1


def test_who_may_see_what_is_owed(admin: Caller, stranger: Caller, owe: Callable[..., str]) -> None:
    owe(type="report", text="usage", due_at="2026-11-30")
    assert len(list(csv.DictReader(io.StringIO(stranger.send("GET", "/v1/obligations/due.csv").get_data(as_text=True))))) == 0
    for form in ("ics", "csv"):
        assert admin.client.get(f"/v1/obligations/due.{form}").status_code == 401
        assert stranger.send("GET", f"/v1/obligations/due.{form}?befor=2026").status_code == 422
        assert stranger.send("GET", f"/v1/obligations/due.{form}?before=soon").status_code == 422


def test_what_is_owed_and_due_holds_the_release(told: api.Caller, owe: Callable[..., str]) -> None:
    owe(type="pay", subjects=[told.keys["$use"]], text="the award", due_at="2026-08-30")
    held = decide(told)
    assert held["outcome"] == "review"
    assert [cause["code"] for cause in held["causes"] if cause["rule"] == "x.obligation.due"] == ["overdue"]


def owed(state: str = "done", **body: Any) -> Recorded:
    return Recorded("obl_1", "obligation", 2, 5, "", "", {}, {"state": state, "subjects": ["app_1"], "quantity": "1.5", **body}, ())


@pytest.mark.parametrize(
    ("before", "now", "again"),
    [
        (owed(), {"subjects": ["app_1"], "quantity": "1.5"}, []),
        (owed(), {"subjects": ["app_1"], "quantity": "2.5"}, ["open"]),
        (owed(), {"subjects": ["app_1", "app_2"], "quantity": "1.5"}, ["open"]),
        (owed("open"), {"subjects": ["app_1", "app_2"], "quantity": "1.5"}, []),
        (owed("open", due_basis="date", due_at="2026-01-01"), {"subjects": ["app_1"], "quantity": "1.5", "due_at": "2026-02-01"}, ["open"]),
    ],
)
def test_it_is_owed_again_when_there_is_more_of_it(before: Recorded, now: dict[str, Any], again: list[str]) -> None:
    draft = debts._again(before, {"state": "open", **now})
    assert [one.body["state"] for one in (draft,) if one] == again
    assert draft is None or (draft.id, draft.version) == ("obl_1", 3)


@pytest.mark.parametrize(
    ("due_at", "day"),
    [("2027", "2027-12-31"), ("2028-02", "2028-02-29"), ("2026-12", "2026-12-31"), ("2026-08-01", "2026-08-01"), ("", None)],
)
def test_the_last_day_counts(due_at: str, day: str | None) -> None:
    found = due._last_day(due_at)
    assert (found.isoformat() if found else None) == day


def released(told: api.Caller, decision: dict[str, Any]) -> None:
    told.send("/v1/releases", {"decision": decision["id"]})


def obligation(told: api.Caller, name: str) -> dict[str, Any]:
    return dict(get(told, f"/v1/obligations/{name}").get_json()["body"])


def test_what_is_due_after_the_release_is_dated_whichever_decision_it_goes_out_under(told: api.Caller, owe: Callable[..., str]) -> None:
    first = decide(told)
    mine = owe(type="pay", production=told.keys["$film"], subjects=[told.keys["$use"]], decision=first["id"], text="within ten days",
               due_basis="after_release", due_days=10)  # fmt: skip
    other = owe(type="pay", production=told.keys["$film"], subjects=[told.keys["$union"]] if "$union" in told.keys else [],
                text="of another shot", due_basis="after_release", due_days=10)  # fmt: skip
    released(told, decide(told))
    assert obligation(told, mine)["due_at"] is not None
    assert "due_at" not in obligation(told, other)


def test_what_was_proved_is_no_longer_owed_until_there_is_more_of_it(told: api.Caller) -> None:
    first = decide(told)
    assert first["outcome"] == "cleared_with_obligations"
    owed = first["obligations"][0]
    proof = told.send("/v1/documents", {"title": "Award", "type": "letter"})["id"]
    told.send(f"/v1/obligations/{owed}/settle", {"proof": [proof]})
    done = decide(told)
    assert done["outcome"] == "cleared", [cause["id"] for cause in done["causes"]]
    lifted = [finding["lifted_by"] for finding in done["findings"] if finding.get("lifted_by", {}).get("obligation")]
    assert lifted == [{"obligation": owed}]
    replayed = told.send(f"/v1/decisions/{first['id']}/replay", {})
    assert replayed["identical"] is True
    version = get(told, f"/v1/appearances/{told.keys['$use']}").get_json()
    headers = {"Authorization": f"Bearer {told.first}"}
    body = {**version["body"]}
    copy = told.client.post("/v1/appearances", json=body, headers=headers)
    assert copy.status_code == 201, copy.get_json()
    told.keys["$second_use"] = copy.get_json()["id"]
    more = decide(told)
    assert more["outcome"] != "cleared", "another use of the same person in the shot is owed for as well"


def test_debts_to_two_people_are_two_however_long_their_names() -> None:
    rule, to = "sagaftra-commercials-2025.pay.replica-and-everything-else", "pty_01m7ytyrrsfk3ajwds01cnt89"
    debts = [
        Finding(rule, "premium-within-the-term", "e", "s", "obligation", "blocking", "c", obligation={"kind": "pay", "basis": "replica_commercial", "to": to + end})
        for end in "xy"
    ]  # fmt: skip
    assert debts[0].debt != debts[1].debt
    assert all(len(debt.debt) <= 100 for debt in debts)
