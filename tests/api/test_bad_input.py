"""Whatever comes in, the answer is a problem that names the place and the remedy, nothing is written, the process lives."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from service import auth
from service.services import Services
from tests.api.conftest import Caller

JSON = {"Content-Type": "application/json"}


def refused(caller: Caller, data: bytes | str, status: int, headers: dict[str, str] | None = None) -> dict[str, object]:
    answer = caller.send("POST", "/v1/parties", data=data, headers=headers or JSON)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert problem["status"] == status
    assert problem["code"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert caller.send("GET", "/v1/ledger/checkpoint").status_code == 404, "nothing may be written"
    return dict(problem)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 10_000 + b"]" * 10_000, 400),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
        (b'{"type":"organisation","name":"\\ud800"}', 400),
        (b'{"type":"organisation","name":"\xff"}', 400),
        (b'{"type":"organisation","name":"a\\u0000b"}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b"7", 422),
        (b'{"type":"organisation","name":1}', 422),
        (b'{"type":"organisation","name":1e400}', 400),
        (b'{"type":"organisation","name":123456789012345678901234567890}', 422),
        (b'{"type":"organisation","website":"javascript:alert(1)"}', 422),
        (b'{"type":["organisation"]}', 422),
        (b'{"type":"organisation","name":"' + b"x" * 5_000_000 + b'"}', 413),
    ],
)
def test_unreadable_or_wrong_bodies(admin: Caller, data: bytes, status: int) -> None:
    refused(admin, data, status)


def test_other_media_types(admin: Caller) -> None:
    refused(admin, b"<a/>", 415, {"Content-Type": "application/xml"})
    refused(admin, b"{}", 415, {"Content-Type": ""})


def test_bad_date_order_names_the_field(admin: Caller) -> None:
    body = {"title": "A", "format": "feature", "photography_start": "2026-09-01", "photography_end": "2026-08-01"}
    answer = admin.send("POST", "/v1/productions", json=body)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/photography_end"


def test_unknown_and_foreign_references_are_the_same(admin: Caller, stranger: Caller) -> None:
    foreign = stranger.create("parties", {"type": "organisation", "name": "Theirs"})["id"]
    unknown = foreign[:-4] + "0000"
    for reference in (foreign, unknown):
        answer = admin.send("POST", "/v1/licences", json={"grantor": reference})
        assert answer.status_code == 422
        assert answer.get_json()["code"] == "unknown_reference"
        assert answer.get_json()["errors"][0]["pointer"] == "/grantor"
    wrong_kind = admin.create("productions", {"title": "A", "format": "feature"})["id"]
    assert admin.send("POST", "/v1/licences", json={"grantor": wrong_kind}).status_code == 422


def test_keys_that_are_no_keys(admin: Caller, services: Services) -> None:
    now = datetime.now(UTC)
    with services.database.app(admin.studio_id) as conn:
        _, expired = auth.create_key(conn, admin.studio_id, admin.account_id, "old", ["studio_admin"], now, expires_at=now - timedelta(1))
        key_id, revoked = auth.create_key(conn, admin.studio_id, admin.account_id, "gone", ["studio_admin"], now)
        auth.revoke_key(conn, admin.studio_id, key_id, now)
    for header, code in (
        (f"Bearer {expired}", "expired_key"),
        (f"Bearer {revoked}", "revoked_key"),
        ("Bearer clr_nonsense", "unknown_key"),
        ("Bearer \ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "malformed_key"),
        ("Basic abc", "malformed_key"),
    ):
        answer = admin.client.get("/v1/parties", headers={"Authorization": header})
        assert (answer.status_code, answer.get_json()["code"]) == (401, code)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_frameworks_own_refusals_are_problems_too(admin: Caller) -> None:
    missing = admin.send("GET", "/v1/nothing")
    assert (missing.status_code, missing.content_type) == (404, "application/problem+json")
    method = admin.send("DELETE", "/v1/parties")
    assert (method.status_code, method.content_type) == (405, "application/problem+json")
    assert method.headers["Allow"] == "GET, HEAD, POST"


def test_unknown_query_parameters_are_named(admin: Caller) -> None:
    answer = admin.send("GET", "/v1/parties?nonsense=1")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/nonsense"
    assert admin.send("GET", "/v1/ledger/checkpoint?x=1").status_code == 422
    assert admin.send("GET", "/v1/parties?limit=0").status_code == 422
    assert admin.send("GET", "/v1/parties?known_at=never").status_code == 422


def test_an_escaped_nul_in_a_path_is_just_not_found(admin: Caller) -> None:
    assert admin.send("GET", "/v1/parties/pty_%00").status_code == 404
    assert admin.send("GET", "/v1/parties?label=a%00b").status_code == 422


def test_a_key_without_the_role_is_told_the_permission(admin: Caller, caller: Callable[..., Caller]) -> None:
    answer = caller("vendor", studio_id=admin.studio_id).send("POST", "/v1/consents", json={})
    assert answer.status_code == 403
    assert "consents.write" in answer.get_json()["detail"]


def test_nobody_states_what_only_the_service_may_conclude(admin: Caller) -> None:
    for made in ("credential", "pack_sign_off"):
        body = {"type": made, "details": {}}
        answer = admin.send("POST", "/v1/evidence", json=body)
        assert (answer.status_code, answer.get_json()["code"]) == (422, "made_by_the_service")
        line = json.dumps({"kind": "evidence", "body": body})
        batch = admin.send("POST", "/v1/batch", data=line, headers={"Content-Type": "application/x-ndjson"})
        assert batch.get_json()["errors"][0]["pointer"] == "/lines/0/body/type"
    line = json.dumps({"kind": "decision", "body": {}})
    assert admin.send("POST", "/v1/batch", data=line, headers={"Content-Type": "application/x-ndjson"}).status_code == 403


def test_bodies_that_are_no_objects_are_refused_by_every_way_in(admin: Caller) -> None:
    made = admin.create("parties", {"type": "organisation", "name": "A"})["id"]
    for value in ("[]", "null", "7", '"x"'):
        for method, path in (
            ("POST", "/v1/parties"),
            ("PUT", f"/v1/parties/{made}"),
            ("PATCH", f"/v1/parties/{made}"),
            ("PUT", "/v1/parties/by/a/b"),
        ):
            answer = admin.send(method, path, data=value, headers={**JSON, "If-Match": '"1"'})
            assert answer.status_code == 422, (method, path, value, answer.get_data(as_text=True))
    assert admin.send("PUT", "/v1/parties/by/a/b", json={"type": "organisation", "identifiers": 7}).status_code == 422
