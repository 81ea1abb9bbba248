"""Forms belong to the session they were opened in; what was typed survives everything, and nothing is done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.auth import COOKIE
from service.records import read, write
from service.web.forms import ONCE, TOKEN
from tests.web.sent import forms, opened, send, words
from tests.web.world import PASSWORD, World

TYPED = {"verdict": "rejected", "statement": "Nobody was on the set that day."}


@pytest.fixture
def review(world: World) -> str:
    """An open review of its own for each test."""
    with world.services.database.app(world.studio_id) as conn:
        body = {
            "decision": world.ids["blocked"],
            "productions": [world.ids["production"]],
            "cause": "x.forms#cause",
            "role": "legal",
            "state": "open",
        }
        return write.create(world.context(conn), "review", body).id


def how_many(world: World, review: str) -> int:
    with world.services.database.app(world.studio_id) as conn:
        return len(read.versions(world.context(conn), "review", review))


@pytest.mark.parametrize("broken", [{TOKEN: "0" * 64}, {TOKEN: ""}, {TOKEN: "ß"}, {ONCE: ""}, {ONCE: "short"}])
def test_a_form_that_is_not_of_this_session_comes_back_with_what_was_typed(
    client: FlaskClient, world: World, review: str, broken: dict[str, str]
) -> None:
    answer = send(client, opened(client, f"/reviews/{review}"), TYPED | broken)
    assert answer.status_code == 403
    assert "opened in an earlier session" in words(answer)
    again = forms(answer.get_data(as_text=True))[0]
    assert again.typed["statement"] == [TYPED["statement"]]
    assert how_many(world, review) == 1
    assert send(client, again).status_code == 303, "sent again as it came back, it counts"
    assert how_many(world, review) == 2


def test_a_session_that_ended_loses_nothing(app: Flask, client: FlaskClient, world: World, review: str) -> None:
    late = app.test_client()
    late.post("/sign-in", data={"email": world.email, "password": PASSWORD})
    form = opened(late, f"/reviews/{review}")
    late.post("/sign-out")
    answer = send(late, form, TYPED)
    assert answer.status_code == 401
    assert "nothing of what you typed is lost" in words(answer)
    kept = forms(answer.get_data(as_text=True))[0]
    assert TOKEN not in kept.values
    assert kept.values["statement"] == [TYPED["statement"]]
    stale = send(client, kept)
    assert stale.status_code == 403, "a new session looks it over first"
    assert send(client, forms(stale.get_data(as_text=True))[0]).status_code == 303
    assert how_many(world, review) == 2


def test_another_site_cannot_send_a_form(client: FlaskClient, anonymous: FlaskClient, world: World, review: str) -> None:
    form = opened(client, f"/reviews/{review}")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(form.action, data={**form.values, **TYPED}, headers=headers).status_code == 403
        reflected = anonymous.post(form.action, data=TYPED, headers=headers)
        assert reflected.status_code == 403
        assert TYPED["statement"] not in reflected.get_data(as_text=True), "nothing of another site's is shown as typed"
    assert how_many(world, review) == 1


def test_two_clicks_at_once_write_once(app: Flask, client: FlaskClient, session: str, world: World, review: str) -> None:
    form, started, answers = opened(client, f"/reviews/{review}"), threading.Barrier(4), []

    def click() -> None:
        mine = app.test_client()
        mine.set_cookie(COOKIE, session)
        started.wait()
        answers.append(send(mine, form, TYPED))

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, f"/reviews?settled={review}")}
    assert how_many(world, review) == 2


def test_hostile_text_comes_back_as_text(client: FlaskClient, review: str) -> None:
    hostile = '</textarea><script>alert(1)</script>"><img src=x onerror=alert(2)>'
    answer = send(client, opened(client, f"/reviews/{review}"), {"statement": hostile, "reason": hostile, "attestation": hostile})
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert forms(html)[0].typed["statement"] == [hostile]


def test_a_form_that_is_far_too_long_is_refused_as_a_page(client: FlaskClient, anonymous: FlaskClient, review: str) -> None:
    data = {"statement": "x" * 2_000_000}
    assert client.post(f"/reviews/{review}/decide", data=data).status_code == 413
    assert anonymous.post(f"/reviews/{review}/decide", data=data).status_code == 303, "to the sign-in, and nothing is read"


def test_every_form_of_the_pages_carries_its_token(
    client: FlaskClient, colleague: Callable[..., FlaskClient], world: World, review: str
) -> None:
    duty = f"/obligations/{world.ids['obligation']}"
    for path, to in (("/waivers/new", ""), (f"/reviews/{review}", ""), (duty, "/settle"), (duty, "/due")):
        form = opened(client, path, to=to)
        theirs = opened(colleague("legal_reviewer"), path, to=to)
        assert form.values[TOKEN] != theirs.values[TOKEN]
        assert form.values[ONCE] != opened(client, path, to=to).values[ONCE]
        assert client.get_cookie(COOKIE).value not in form.values[TOKEN]  # type: ignore[union-attr]
