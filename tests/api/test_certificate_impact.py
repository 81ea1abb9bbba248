"""A certificate that is no longer trusted: which assets it signed, and what was made from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.lineage import impact
from tests.api.conftest import Caller
from tests.unit.media_files import picture


def test_what_a_certificate_signed_is_to_be_signed_again(
    admin: Caller, stranger: Caller, caller: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = admin.create("assets", {"type": "image", "origin": "generated"})["id"]
    assert admin.send("PUT", f"/v1/assets/{asset}/content", data=picture("PNG")).status_code == 200
    details = admin.send("POST", f"/v1/assets/{asset}/sign", json={}).get_json()["body"]["details"]
    made = admin.create("assets", {"type": "image", "parents": [{"record": asset}]})["id"]
    admin.create("assets", {"type": "image", "name": "beside it"})
    serial, issuer = details["serial"], details["signer"].partition(", ")[2]
    path = f"/v1/certificates/{serial}/impact"

    def reached(where: str) -> set[str]:
        answer = admin.send("GET", where)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return {item["id"] for item in answer.get_json()["items"]}

    told: dict[str, Any] = admin.send("GET", path).get_json()
    assert (told["root"], told["total"], told["owners"]) == (serial, 2, {"post": 2})
    assert reached(path) == reached(f"{path}?issuer={issuer}&trusted_until={details['signed_at'][:4]}") == {asset, made}
    assert reached(f"/v1/certificates/0x{int(serial):X}/impact") == {asset, made}
    assert reached(f"{path}?trusted_until={int(details['signed_at'][:4]) + 1}") == set()
    first = admin.send("GET", f"{path}?limit=1").get_json()
    assert {first["items"][0]["id"]} | reached(f"{path}?limit=1&cursor={first['next']}") == {asset, made}
    for who, where in (
        (stranger, path),
        (admin, f"{path}?issuer=Nobody"),
        (admin, "/v1/certificates/1/impact"),
        (admin, "/v1/certificates/%00/impact"),
    ):
        assert who.send("GET", where).status_code == 404
    assert admin.send("GET", f"{path}?trusted_until=soon").status_code == 422
    assert caller("vendor", studio_id=admin.studio_id).send("GET", path).status_code == 403
    monkeypatch.setattr(impact, "_NEAR_MOST", 1)  # what reaches more is walked over all edges at once
    assert admin.send("GET", path).get_json() == told
