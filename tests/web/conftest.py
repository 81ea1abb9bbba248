"""The application over a real database with a studio full of records, and a browser's worth of signed-in clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service import auth
from service.app import create_app
from service.auth import COOKIE
from service.config import Settings
from service.db import Database
from service.services import Services
from tests.web import world as worlds
from tests.web.world import PASSWORD, World


@pytest.fixture(scope="module")
def services(copy_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The services over a database of this module: pages only read, so their tests share one world."""
    url = copy_database()
    services = Services.from_settings(Settings(data=tmp_path_factory.mktemp("web"), database_url=url))
    with closing(Database(url)):
        yield services
    services.close()


@pytest.fixture(scope="module")
def app(services: Services) -> Flask:
    return create_app(services=services)


@pytest.fixture(scope="module")
def world(services: Services) -> World:
    return worlds.build(services)


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def session(app: Flask, world: World) -> str:
    """The session of the lawyer, signed in once: a password costs its time."""
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": world.email, "password": PASSWORD, "next": "/"})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


@pytest.fixture
def client(app: Flask, session: str) -> FlaskClient:
    """A client that has signed in as the lawyer."""
    client = app.test_client()
    client.set_cookie(COOKIE, session)
    return client


@pytest.fixture(scope="module")
def colleague(app: Flask, world: World) -> Callable[..., FlaskClient]:
    """Return a function that signs somebody else of the studio in, with these roles; each once, because a password costs its time."""
    sessions: dict[tuple[str, ...], str] = {}

    def sign_in(*roles: str) -> FlaskClient:
        client = app.test_client()
        if roles not in sessions:
            email = f"{'.'.join(roles)}@northlight.example"
            with world.services.database.app(world.studio_id) as conn:
                auth.create_account(conn, world.studio_id, worlds.COLLEAGUE, roles, worlds.NOW, email=email, password=PASSWORD)
            client.post("/sign-in", data={"email": email, "password": PASSWORD})
            cookie = client.get_cookie(COOKIE)
            assert cookie is not None
            sessions[roles] = cookie.value
        client.set_cookie(COOKIE, sessions[roles])
        return client

    return sign_in


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screens")
