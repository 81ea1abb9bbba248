"""The application over a real database, and three actors: an admin, somebody of another studio, and keys of chosen roles."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from service import auth, cli
from service.services import Services

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Caller:
    """One key and the test client it is sent with."""

    client: FlaskClient
    studio_id: str
    account_id: str
    key: str

    def send(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """Send a request with the key."""
        return self.client.open(path, method=method, headers={"Authorization": f"Bearer {self.key}", **(headers or {})}, **options)

    def create(self, collection: str, body: dict[str, Any]) -> dict[str, Any]:
        """Record something that must work."""
        answer = self.send("POST", f"/v1/{collection}", json=body)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return dict(answer.get_json())


@pytest.fixture
def app(worker_app: Flask, services: Services) -> Flask:
    """The application over an empty database."""
    return worker_app


@pytest.fixture
def caller(app: Flask, services: Services) -> Callable[..., Caller]:
    """Return a function that makes a key: of a new studio, or of one that is there, with roles and productions."""

    def make(*roles: str, studio_id: str | None = None, **limits: Any) -> Caller:
        if studio_id is None:
            studio_id = auth.create_studio(services.database, "Northlight", datetime.now(UTC))
        with services.database.app(studio_id) as conn:
            account_id = auth.create_account(conn, studio_id, "Somebody", roles or ("studio_admin",), datetime.now(UTC))
            _, key = auth.create_key(conn, studio_id, account_id, "test", roles or ("studio_admin",), datetime.now(UTC), **limits)
        return Caller(app.test_client(), studio_id, account_id, key)

    return make


@pytest.fixture
def admin(caller: Callable[..., Caller]) -> Caller:
    return caller()


@pytest.fixture
def stranger(caller: Callable[..., Caller]) -> Caller:
    return caller()


@pytest.fixture(scope="session")
def worker_address(worker_app: Flask) -> Iterator[str]:
    """Where the application answers over HTTP; take `live`, whose database is empty."""
    server = make_server("127.0.0.1", 0, worker_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def live(worker_address: str, app: Flask) -> str:
    """The address of the application, over an empty database."""
    return worker_address


@pytest.fixture
def run(live: str, admin: Caller, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Return a function that runs a command as a person types it, with the admin's key, and answers its status and what it said."""
    monkeypatch.setenv("CLEARANCE_URL", live)
    monkeypatch.setenv("CLEARANCE_API_KEY", admin.key)

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            cli.main(list(words))
        told = capsys.readouterr()
        return int(left.value.code or 0), told.out or told.err

    return run
