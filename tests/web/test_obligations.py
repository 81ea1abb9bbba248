"""What is owed on pages: overdue first, taken along as files, settled with proof by whoever may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.records import read, write
from service.services import Services
from tests.web import world as worlds
from tests.web.sent import beside, forms, opened, send, words
from tests.web.world import World

Colleague = Callable[..., FlaskClient]


def day(days: int) -> str:
    """A day so many days from now: overdue and due are told by the clock of the request."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d")


@pytest.fixture(scope="module")
def owed(world: World) -> Iterator[dict[str, str]]:
    """A second production with one thing overdue, one due, one without a day, and a paper that may be the proof."""
    with world.services.database.app(world.studio_id) as conn:
        context = world.context(conn)

        def make(kind: str, **body: Any) -> str:
            return write.create(context, kind, body).id

        title = make("production", title="Night Ferry", format="series")
        shared: dict[str, Any] = {"production": title, "state": "open", "owner": "payroll"}
        made = {
            "title": title,
            "paper": make("document", type="other", title="Payroll report of May", productions=[title]),
            "undated": make("obligation", type="report", text="Report the first use", due_basis="after_release", due_days=10, **shared),
            "ahead": make("obligation", type="notify", text="Tell the estate", due_at=day(40), owed_to=world.ids["artist"], **shared),
            "late": make("obligation", type="pay", text="Pay the session fee", due_at=day(-40), owed_to=world.ids["performer"], **shared),
            "month": make("obligation", type="credit", text="Credit the painter", due_at="2025-03", **shared),
        }
        yield made


def fresh(world: World, owed: dict[str, str], **more: Any) -> str:
    """One more open obligation, for a test that settles it."""
    with world.services.database.app(world.studio_id) as conn:
        body = {"type": "pay", "text": "Pay a day", "state": "open", "production": owed["title"], **more}
        return write.create(world.context(conn), "obligation", body).id


def versions(world: World, obligation: str) -> list[Any]:
    with world.services.database.app(world.studio_id) as conn:
        return read.versions(world.context(conn), "obligation", obligation)


def test_what_is_overdue_comes_first(client: FlaskClient, owed: dict[str, str]) -> None:
    told = words(client.get(f"/obligations?production={owed['title']}"))
    places = [
        told.index(part)
        for part in (
            "Overdue (2)",
            "Credit the painter",
            "Pay the session fee",
            "Due (1)",
            "Tell the estate",
            "Without a day yet (1)",
            "Report the first use",
        )
    ]
    assert places == sorted(places)
    assert "10 days after release" in told
    assert "Mara Quill" in told
    assert "Payroll" in told


def test_the_list_is_narrowed(client: FlaskClient, world: World, owed: dict[str, str]) -> None:
    of_party = words(client.get(f"/obligations?party={world.ids['artist']}"))
    assert "Tell the estate" in of_party
    assert "Pay the session fee" not in of_party
    by_day = words(client.get(f"/obligations?production={owed['title']}&before={day(-1)}"))
    assert "Pay the session fee" in by_day
    assert "Tell the estate" not in by_day
    assert "Pay for 1.5 estimated days" not in words(client.get(f"/obligations?production={owed['title']}"))


def test_a_day_that_is_none_is_told_beside_its_field(client: FlaskClient, owed: dict[str, str]) -> None:
    answer = client.get(f"/obligations?before=soon&production={owed['title']}")
    assert answer.status_code == 422
    assert "Write a date as 2026" in beside(answer, "before")
    assert 'value="soon"' in answer.get_data(as_text=True)
    assert "Pay the session fee" in words(answer)


def test_the_files_hold_what_the_list_holds(client: FlaskClient, owed: dict[str, str]) -> None:
    html = client.get(f"/obligations?production={owed['title']}").get_data(as_text=True)
    calendar = f"/v1/obligations/due.ics?production={owed['title']}"
    table = f"/v1/obligations/due.csv?production={owed['title']}"
    assert f'href="{calendar}" download' in html
    assert f'href="{table}" download' in html
    assert client.get(calendar).get_data(as_text=True).count("BEGIN:VEVENT") == 3
    assert "Report the first use" in client.get(table).get_data(as_text=True)


def test_nothing_owed_is_said_in_plain_words(client: FlaskClient) -> None:
    assert "Nothing of the kind is on record" in words(client.get(f"/obligations?production={worlds.unknown('prd')}"))
    assert "None yet." in words(client.get("/obligations?state=cancelled"))


def test_it_is_settled_with_a_paper_that_is_offered(client: FlaskClient, world: World, owed: dict[str, str]) -> None:
    mine = fresh(world, owed)
    form = opened(client, f"/obligations/{mine}", to="/settle")
    answer = send(client, form, {"proof": owed["paper"], "done_at": day(-3)})
    assert (answer.status_code, answer.location) == (303, f"/obligations?settled={mine}")
    newest = versions(world, mine)[-1]
    assert newest.body["state"] == "done"
    assert newest.body["proof"] == [owed["paper"]]
    assert newest.body["done_at"] == day(-3)
    assert newest.recorded_by == world.account_id
    assert "Settled and in the log: Pay a day" in words(client.get(answer.location))
    assert "Pay a day" in words(client.get(f"/obligations?state=done&production={owed['title']}"))
    page = client.get(f"/obligations/{mine}")
    assert forms(page.get_data(as_text=True)) == []
    assert "Payroll report of May" in words(page)


def test_a_pasted_address_names_the_paper(client: FlaskClient, world: World, owed: dict[str, str]) -> None:
    mine = fresh(world, owed)
    form = opened(client, f"/obligations/{mine}", to="/settle")
    assert send(client, form, {"proof": f"https://clearance.example/records/{owed['paper']}/"}).status_code == 303
    assert versions(world, mine)[-1].body["proof"] == [owed["paper"]]


@pytest.mark.parametrize(
    ("changes", "field", "remedy"),
    [
        ({"proof": ""}, "proof", "required"),
        ({"proof": "the receipt"}, "proof", "not a document or a piece of evidence: paste its id"),
        ({"proof": "$paper"}, "proof", "not a document"),
        ({"proof": "{unknown}"}, "proof", "register it first"),
        ({"proof": "{party}"}, "proof", "not a document or a piece of evidence"),
        ({"proof": "{paper}", "done_at": "yesterday"}, "done_at", "Write a date as"),
        ({"proof": "{paper}", "done_at": "2026-02-30"}, "done_at", "no such date"),
        ({"proof": "{paper}", "done_at": "2999-01-01"}, "done_at", "Settle it once it is done"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(
    client: FlaskClient, world: World, owed: dict[str, str], changes: dict[str, str], field: str, remedy: str
) -> None:
    named = {"unknown": worlds.unknown("doc"), "party": world.ids["performer"], "paper": owed["paper"]}
    typed = {"done_at": day(-2)} | {name: value.format(**named) for name, value in changes.items()}
    before = len(versions(world, owed["late"]))
    answer = send(client, opened(client, f"/obligations/{owed['late']}", to="/settle"), typed)
    assert answer.status_code == 422
    assert remedy in beside(answer, field)
    assert answer.get_data(as_text=True).count(f'href="#{field}"') == 1, "one mistake is told once"
    again = forms(answer.get_data(as_text=True))[0]
    assert again.typed == {name: [value] for name, value in typed.items() if value}
    assert len(versions(world, owed["late"])) == before


def test_a_second_click_changes_nothing(client: FlaskClient, world: World, owed: dict[str, str]) -> None:
    mine = fresh(world, owed)
    form = opened(client, f"/obligations/{mine}", to="/settle")
    first, second = (send(client, form, {"proof": owed["paper"]}) for _ in range(2))
    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, f"/obligations?settled={mine}")
    assert len(versions(world, mine)) == 2


def test_the_same_form_with_something_else_in_it_is_asked_about(client: FlaskClient, world: World, owed: dict[str, str]) -> None:
    mine = fresh(world, owed)
    form = opened(client, f"/obligations/{mine}", to="/settle")
    assert send(client, form, {"proof": owed["paper"]}).status_code == 303
    other = send(client, form, {"proof": owed["paper"], "done_at": day(-9)})
    assert other.status_code == 422
    assert "sent before with something else in it" in words(other)
    assert day(-9) in words(other), "what was typed is shown, though the obligation is settled"
    assert len(versions(world, mine)) == 2


def test_who_comes_late_is_told_and_keeps_what_was_typed(
    client: FlaskClient, colleague: Colleague, world: World, owed: dict[str, str]
) -> None:
    mine = fresh(world, owed)
    late = colleague("production")
    mine_open, theirs_open = opened(client, f"/obligations/{mine}", to="/settle"), opened(late, f"/obligations/{mine}", to="/settle")
    assert send(client, mine_open, {"proof": owed["paper"]}).status_code == 303
    answer = send(late, theirs_open, {"proof": owed["paper"], "done_at": day(-5)})
    assert answer.status_code == 409
    assert "This obligation is done already." in words(answer)
    assert day(-5) in words(answer)
    assert len(versions(world, mine)) == 2


def test_an_auditor_reads_and_cannot_settle(client: FlaskClient, colleague: Colleague, world: World, owed: dict[str, str]) -> None:
    auditor = colleague("auditor")
    page = auditor.get(f"/obligations/{owed['late']}")
    assert page.status_code == 200
    assert forms(page.get_data(as_text=True)) == []
    assert "does not settle" in words(page)
    assert "does not settle" in words(auditor.get("/obligations"))
    refused = send(auditor, opened(client, f"/obligations/{owed['late']}", to="/settle"), {"proof": owed["paper"]})
    assert refused.status_code == 403
    assert "evidence.write" in words(refused)
    assert versions(world, owed["late"])[-1].body["state"] == "open"


def test_amounts_are_for_who_may_read_them(client: FlaskClient, colleague: Colleague, world: World) -> None:
    assert "1204.00 USD" in words(client.get(f"/obligations/{world.ids['obligation']}"))
    theirs = words(colleague("production").get(f"/obligations/{world.ids['obligation']}"))
    assert "1204" not in theirs
    assert "withheld" in theirs


def test_another_studio_is_not_there(client: FlaskClient, services: Services, owed: dict[str, str]) -> None:
    theirs = worlds.foreign(services, "obligation", type="pay", state="open", text="Not yours")
    form = opened(client, f"/obligations/{owed['late']}", to="/settle")
    for path in (theirs, worlds.unknown("obl"), owed["title"], "nonsense"):
        assert client.get(f"/obligations/{path}").status_code == 404
        form.action = f"/obligations/{path}/settle"
        assert send(client, form, {"proof": owed["paper"]}).status_code == 404
    assert "Not yours" not in words(client.get("/obligations"))
    assert "Settled" not in words(client.get(f"/obligations?settled={theirs}"))


def test_why_it_is_due_then_or_not_at_all_is_told(client: FlaskClient, world: World, owed: dict[str, str]) -> None:
    payday = fresh(world, owed, due_basis="after_release", calendar="payday")
    assert "First payday after release" in words(client.get(f"/obligations/{payday}"))
    stated = fresh(world, owed, due_basis="stated", due_at=day(5), reason="Payroll said so")
    assert "How the day is known Payroll said so" in words(client.get(f"/obligations/{stated}"))
    gone = fresh(world, owed, state="cancelled", reason="No longer owed")
    assert "Why it was cancelled No longer owed" in words(client.get(f"/obligations/{gone}"))


def test_a_day_is_stated_and_why(client: FlaskClient, world: World, owed: dict[str, str]) -> None:
    mine = fresh(world, owed, due_basis="after_release", calendar="payday")
    form = opened(client, f"/obligations/{mine}", to="/due")
    answer = send(client, form, {"due_at": day(9), "reason": "Payroll runs on that day"})
    assert (answer.status_code, answer.location) == (303, f"/obligations/{mine}?stated=2")
    newest = versions(world, mine)[-1].body
    assert (newest["due_at"], newest["due_basis"], newest["reason"], newest["state"]) == (
        day(9),
        "stated",
        "Payroll runs on that day",
        "open",
    )
    told = words(client.get(answer.location))
    assert "In the log: due" in told
    assert "How the day is known Payroll runs on that day" in told
    again = send(client, form, {"due_at": day(9), "reason": "Payroll runs on that day"})
    assert (again.location, len(versions(world, mine))) == (f"/obligations/{mine}?stated=2", 2)
    assert send(client, opened(client, f"/obligations/{mine}", to="/settle"), {"proof": owed["paper"]}).status_code == 303
    late = send(client, form, {"due_at": day(12), "reason": "Put off"})
    assert "Put off" in words(late), "what was typed is shown, though nothing of it is recorded"
    assert len(versions(world, mine)) == 3


@pytest.mark.parametrize(
    ("typed", "field", "remedy"),
    [
        ({"due_at": "soon", "reason": "Agreed"}, "due_at", "Write a date as"),
        ({"due_at": "", "reason": "Agreed"}, "due_at", "required"),
        ({"due_at": "2027-01-04", "reason": ""}, "reason", "required"),
    ],
)
def test_a_day_that_cannot_be_stated_is_told_at_its_field(
    client: FlaskClient, world: World, owed: dict[str, str], typed: dict[str, str], field: str, remedy: str
) -> None:
    before = len(versions(world, owed["undated"]))
    answer = send(client, opened(client, f"/obligations/{owed['undated']}", to="/due"), typed)
    assert answer.status_code == 422
    assert remedy in beside(answer, field)
    settle, due = forms(answer.get_data(as_text=True))
    assert (due.typed, "done_at" in settle.typed) == ({name: [value] for name, value in typed.items() if value}, True)
    assert len(versions(world, owed["undated"])) == before
