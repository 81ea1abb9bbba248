"""Signing in and out: sessions, redirects that stay here, guesses that are slowed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import errors
from service.auth import COOKIE
from service.web import sign_in
from service.web.sign_in import Limiter
from tests.web.world import NOW, PASSWORD, World


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "_BY_ADDRESS", Limiter(sign_in.ATTEMPTS, sign_in.WINDOW))
    monkeypatch.setattr(sign_in, "_BY_CALLER", Limiter(sign_in.ATTEMPTS * 5, sign_in.WINDOW))


def enter(client: FlaskClient, world: World, **more: str):
    return client.post("/sign-in", data={"email": world.email, "password": PASSWORD, **more})


def test_without_a_session_every_page_leads_to_the_sign_in_and_back(anonymous: FlaskClient, world: World) -> None:
    for path in ("/", "/assets?q=a%26b", f"/records/{world.ids['shot']}", "/ledger"):
        answer = anonymous.get(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/sign-in?next=/")
    assert anonymous.get("/assets?q=a%26b").location == "/sign-in?next=/assets%3Fq%3Da%2526b"
    form = anonymous.get("/sign-in?next=/ledger")
    assert form.status_code == 200
    assert 'value="/ledger"' in form.get_data(as_text=True)
    assert enter(anonymous, world, next="/ledger").location == "/ledger"


def test_a_fragment_without_a_session_moves_the_whole_page(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/assets/rows", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_the_cookie_is_for_the_server_only(anonymous: FlaskClient, world: World) -> None:
    cookie = enter(anonymous, world).headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    secure = anonymous.post("/sign-in", data={"email": world.email, "password": PASSWORD}, base_url="https://localhost")
    assert "Secure" in secure.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "/a\r\nX: y", ""]
)
def test_the_way_back_never_leaves(anonymous: FlaskClient, world: World, target: str) -> None:
    assert enter(anonymous, world, next=target).location == "/"


def test_wrong_password_and_unknown_address_read_the_same(anonymous: FlaskClient, world: World) -> None:
    wrong = enter(anonymous, world, password="no")
    unknown = enter(anonymous, world, email="nobody@northlight.example")
    assert wrong.status_code == unknown.status_code == 401
    assert "Set-Cookie" not in wrong.headers
    said = [answer.get_data(as_text=True).partition('role="alert">')[2][:160] for answer in (wrong, unknown)]
    assert said[0] == said[1] != ""


def test_guessing_is_stopped_also_with_the_right_password(anonymous: FlaskClient, world: World) -> None:
    for _ in range(sign_in.ATTEMPTS):
        assert enter(anonymous, world, password="no").status_code == 401
    refused = enter(anonymous, world)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Try again in" in refused.get_data(as_text=True)


def test_the_limiter_slides_and_counts_only_failures() -> None:
    limiter = Limiter(2, timedelta(minutes=5))
    limiter.admit("a", NOW)
    limiter.admit("a", NOW + timedelta(minutes=4))
    limiter.admit("b", NOW)
    with pytest.raises(errors.TooManyRequests):
        limiter.admit("a", NOW + timedelta(minutes=4, seconds=59))
    limiter.admit("a", NOW + timedelta(minutes=5))
    limiter.refund("a")
    limiter.admit("a", NOW + timedelta(minutes=5))
    limiter.refund("nobody")


def test_who_signs_in_often_is_not_locked_out(anonymous: FlaskClient, world: World) -> None:
    for _ in range(sign_in.ATTEMPTS + 2):
        assert enter(anonymous, world).status_code == 303


def test_signing_out_ends_the_session_itself(app: Flask, world: World) -> None:
    client = app.test_client()
    enter(client, world)
    cookie = client.get_cookie(COOKIE)
    assert cookie
    assert client.post("/sign-out").location == "/sign-in"
    assert client.get_cookie(COOKIE) is None
    client.set_cookie(COOKIE, cookie.value)
    assert client.get("/").location.startswith("/sign-in")


def test_another_site_cannot_post(app: Flask, world: World) -> None:
    client = app.test_client()
    enter(client, world)
    assert client.post("/sign-out", headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/").status_code == 200
