"""Bytes in and out over HTTP, signing, verifying: as a client would, over a real database, in real child processes."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa
import pytest
from PIL import Image
from werkzeug.test import TestResponse

from service.services import LANES, Services
from tests.unit.media_files import EMBEDDABLE, MEDIA_TYPES, SAMPLES, exr, film, picture, wav

PNG = picture("PNG")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(caller: Any, asset: dict, content: bytes, **headers: str) -> TestResponse:
    return caller.send("PUT", f"/v1/assets/{asset['id']}/content", data=content, headers=headers)


def got(caller: Any, path: str, **options: Any) -> TestResponse:
    """A GET whose body is read to the end, so that the file behind it is closed."""
    return caller.send("GET", path, buffered=True, **options)


def problem(answer: TestResponse, status: int, code: str) -> dict:
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.get_data(as_text=True)
    body = answer.get_json()
    assert body["code"] == code
    return dict(body)


def files(services: Services) -> set[str]:
    root = services.settings.data / "content"
    return {str(path) for path in root.rglob("*") if path.is_file()} if root.exists() else set()


@pytest.fixture
def asset(admin: Any) -> dict:
    return admin.create("assets", {"type": "image", "name": "sh010", "origin": "generated"})


def test_an_upload_completes_the_record(admin: Any, asset: dict) -> None:
    body = put(admin, asset, PNG).get_json()
    assert (body["version"], body["change"]["type"]) == (2, "correction")
    assert {one["algorithm"]: one["value"] for one in body["body"]["digests"]}["sha256"] == sha256(PNG)
    assert [one["algorithm"] for one in body["body"]["digests"]] == ["sha256", "c4", "sha1", "md5", "xxh128"]
    assert (body["body"]["bytes"], body["body"]["media_type"]) == (len(PNG), "image/png")
    assert body["body"]["technical"] == {"width": 64, "height": 48}
    assert body["body"]["name"] == "sh010"
    assert body["proof"]["index"] == body["index"]
    again = put(admin, asset, PNG).get_json()
    assert again["version"] == 2


def test_what_went_in_comes_out(admin: Any, asset: dict) -> None:
    put(admin, asset, PNG)
    answer = got(admin, f"/v1/assets/{asset['id']}/content")
    assert (answer.status_code, answer.data, answer.content_type) == (200, PNG, "image/png")
    assert answer.headers["ETag"] == f'"{sha256(PNG)}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    part = got(admin, f"/v1/assets/{asset['id']}/content", headers={"Range": "bytes=8-15"})
    assert (part.status_code, part.data) == (206, PNG[8:16])
    same = got(admin, f"/v1/assets/{asset['id']}/content", headers={"If-None-Match": answer.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    beyond = got(admin, f"/v1/assets/{asset['id']}/content", headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize("extension", EMBEDDABLE)
def test_every_format_is_known(admin: Any, extension: str) -> None:
    asset = admin.create("assets", {"type": "other"})
    body = put(admin, asset, EMBEDDABLE[extension]()).get_json()["body"]
    assert body["media_type"] == MEDIA_TYPES[extension]
    if extension in {"wav", "mp4", "mov", "flac"}:
        assert body["technical"]["duration_seconds"]


def test_a_thumbnail(admin: Any, asset: dict) -> None:
    put(admin, asset, picture("PNG", (2000, 1000)))
    for _ in range(2):  # made, then kept
        answer = got(admin, f"/v1/assets/{asset['id']}/content?variant=thumbnail")
        assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
        assert Image.open(BytesIO(answer.data)).size == (480, 240)
    sound = admin.create("assets", {"type": "audio"})
    put(admin, sound, wav())
    problem(got(admin, f"/v1/assets/{sound['id']}/content?variant=thumbnail"), 404, "no_picture")


def test_content_digest(admin: Any, asset: dict, services: Services) -> None:
    good = f"sha-256=:{base64.b64encode(hashlib.sha256(PNG).digest()).decode()}:"
    bad = f"sha-256=:{base64.b64encode(hashlib.sha256(b'').digest()).decode()}:"
    before = files(services)
    problem(put(admin, asset, PNG, **{"Content-Digest": bad}), 400, "content_digest_mismatch")
    problem(put(admin, asset, PNG, **{"Content-Digest": "md5"}), 400, "malformed_content_digest")
    assert files(services) == before
    assert put(admin, asset, PNG, **{"Content-Digest": good}).status_code == 200


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5", "xxh128"])
def test_bytes_that_are_not_the_registered_ones(admin: Any, services: Services, algorithm: str) -> None:
    size = {"sha256": 64, "sha1": 40, "md5": 32, "xxh128": 32}[algorithm]
    asset = admin.create("assets", {"type": "image", "digests": [{"algorithm": algorithm, "value": "0" * size}]})
    before = files(services)
    body = problem(put(admin, asset, PNG), 422, "digest_mismatch")
    assert body["errors"][0]["pointer"] == "/digests/0"
    assert files(services) == before
    assert admin.send("GET", f"/v1/assets/{asset['id']}").get_json()["version"] == 1


def test_registered_digests_that_hold(admin: Any) -> None:
    asset = admin.create("assets", {"type": "image", "digests": [{"algorithm": "md5", "value": hashlib.md5(PNG).hexdigest()}]})
    body = put(admin, asset, PNG).get_json()["body"]
    assert body["digests"][0]["algorithm"] == "md5"
    assert len(body["digests"]) == 5


@pytest.mark.parametrize(
    ("body", "content", "code"),
    [
        ({"media_type": "video/mp4"}, PNG, "wrong_media_type"),
        ({"bytes": 5}, PNG, "size_mismatch"),
        ({}, PNG[: len(PNG) // 2], "bad_media"),
        ({}, film()[:-500], "bad_media"),
        ({}, b"\x89PNG\r\n\x1a\n" + picture("JPEG"), "bad_media"),
    ],
)
def test_lying_and_broken_media(admin: Any, services: Services, body: dict, content: bytes, code: str) -> None:
    asset = admin.create("assets", {"type": "image", **body})
    before = files(services)
    problem(put(admin, asset, content), 422, code)
    assert files(services) == before
    assert admin.send("GET", f"/v1/assets/{asset['id']}").get_json()["version"] == 1


def test_ten_gigabytes_are_refused_at_once(admin: Any, asset: dict) -> None:
    answer = admin.send(
        "PUT", f"/v1/assets/{asset['id']}/content", input_stream=BytesIO(b"x"), environ_overrides={"CONTENT_LENGTH": str(10 * 2**30)}
    )
    body = problem(answer, 413, "content_too_large")
    assert str(8 * 2**30) in body["detail"]


def test_a_body_shorter_than_announced(admin: Any, asset: dict, services: Services) -> None:
    before = files(services)
    answer = admin.send(
        "PUT", f"/v1/assets/{asset['id']}/content", input_stream=BytesIO(b"x" * 5), environ_overrides={"CONTENT_LENGTH": "10"}
    )
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert files(services) == before


def test_to_know_a_digest_is_not_to_have_the_bytes(caller: Callable[..., Any], admin: Any, stranger: Any, asset: dict) -> None:
    put(admin, asset, PNG)
    for thief in (stranger, caller(studio_id=admin.studio_id)):
        copy = thief.create("assets", {"type": "image", "digests": [{"algorithm": "sha256", "value": sha256(PNG)}]})
        for variant in ("original", "thumbnail"):
            problem(got(thief, f"/v1/assets/{copy['id']}/content?variant={variant}"), 404, "no_content")
        problem(thief.send("POST", f"/v1/assets/{copy['id']}/sign", json={}), 404, "no_content")
    problem(got(stranger, f"/v1/assets/{asset['id']}/content"), 404, "not_found")
    problem(put(stranger, asset, PNG), 404, "not_found")


def test_bad_variants(admin: Any, asset: dict) -> None:
    problem(got(admin, f"/v1/assets/{asset['id']}/content"), 404, "no_content")
    problem(got(admin, f"/v1/assets/{asset['id']}/content?variant=signed"), 404, "not_signed")
    problem(got(admin, f"/v1/assets/{asset['id']}/content?variant=other"), 422, "invalid")
    problem(admin.send("GET", f"/v1/assets/{asset['id']}/manifest"), 404, "not_signed")


def test_documents_are_kept_encrypted(admin: Any, caller: Callable[..., Any], services: Services) -> None:
    text = b"%PDF-1.7 The fee is 250,000 dollars."
    document = admin.create("documents", {"title": "Rider"})
    path = f"/v1/documents/{document['id']}/content"
    problem(got(admin, path), 404, "no_content")
    body = admin.send("PUT", path, data=text).get_json()["body"]
    assert {one["algorithm"]: one["value"] for one in body["digests"]}["sha256"] == sha256(text)
    assert not [name for name in files(services) if b"250,000" in Path(name).read_bytes()]
    answer = got(admin, path)
    assert (answer.status_code, answer.data) == (200, text)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert admin.send("PUT", path, data=text).get_json()["version"] == 2
    problem(admin.send("PUT", path, data=b"another"), 422, "digest_mismatch")
    assert got(admin, path).data == text
    vendor = caller("vendor", studio_id=admin.studio_id)
    assert got(vendor, path).status_code == 403


def sign(caller: Any, asset: dict, **body: Any) -> dict:
    answer = caller.send("POST", f"/v1/assets/{asset['id']}/sign", json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return dict(answer.get_json())


def outside(services: Services, content: bytes, media_type: str, sidecar: bytes | None = None) -> dict:
    """Read with the library alone and the certificate that is handed out."""
    anchor = (services.settings.data / "keys" / "credentials" / "ca.pem").read_text()
    settings = {"trust": {"anchors": [{"trust_kind": "manifest", "trust_uri": "urn:test", "trust_anchors": anchor}]}}
    with c2pa.Reader(media_type, BytesIO(content), sidecar, c2pa.Context(c2pa.Settings.from_dict(settings))) as reader:
        return dict(json.loads(reader.json()))


@pytest.fixture
def story(admin: Any) -> dict:
    """An asset of a run with a model, a dataset and a secret prompt."""
    dataset = admin.create("datasets", {"name": "Jane Canary voice set"})
    model = admin.create(
        "models",
        {"name": "GenModel", "label": "3.1", "hosting": "vendor_hosted", "datasets": [dataset["id"]], "commercially_available": True},
    )
    own = admin.create("models", {"name": "jane-canary-lora", "type": "adapter", "base_models": [model["id"]]})
    asset = admin.create("assets", {"type": "image", "name": "Jane Canary closeup", "origin": "generated", "file_name": "jane_canary.png"})
    run = admin.create(
        "generations",
        {
            "tool": {"name": "ComfyUI", "version": "0.3"},
            "models": [{"model": model["id"]}, {"model": own["id"]}],
            "prompts": [{"text": "a portrait of Jane Canary", "use": "positive"}],
            "outputs": [{"asset": asset["id"]}],
        },
    )
    put(admin, asset, PNG)
    return {"asset": asset, "run": run, "model": model, "own": own, "dataset": dataset}


def test_the_whole_of_signing(admin: Any, story: dict, services: Services) -> None:
    asset = story["asset"]
    evidence = sign(admin, asset, oversight="human_validated")
    details = evidence["body"]["details"]
    assert (details["form"], details["state"], details["lineage"]) == ("embedded", "trusted", [])
    assert evidence["proof"]["checkpoint"]
    signed = got(admin, f"/v1/assets/{asset['id']}/content?variant=signed")
    assert sha256(signed.data) == {one["algorithm"]: one["value"] for one in details["digests"]}["sha256"]
    report = outside(services, signed.data, "image/png")
    assert (report["validation_state"], report["active_manifest"]) == ("Trusted", details["label"])
    manifest = report["manifests"][details["label"]]
    assert [one["title"] for one in manifest["ingredients"]] == [
        "GenModel 3.1",
        f"urn:clearance:{story['own']['id']}:1",
        f"urn:clearance:{story['dataset']['id']}:1",
        "prompt",
    ]
    (pointers,) = [one["data"] for one in manifest["assertions"] if one["label"] == "clearance.record"]
    assert pointers["generation"] == f"urn:clearance:{story['run']['id']}"
    assert len(pointers["promptCommitments"]) == 1
    for canary in (b"anary", b"portrait", b"Northlight"):
        assert canary not in signed.data
    shown = admin.send("GET", f"/v1/assets/{asset['id']}/manifest").get_json()
    assert (shown["evidence"], shown["verdict"]["state"], shown["manifest"]["label"]) == (evidence["id"], "Trusted", details["label"])
    found = admin.send("GET", f"/v1/assets?digest=sha256:{sha256(signed.data)}").get_json()["items"]
    assert [one["id"] for one in found] == [asset["id"]]


def test_a_frame_by_sidecar(admin: Any, services: Services) -> None:
    asset = admin.create("assets", {"type": "image", "origin": "generated"})
    put(admin, asset, exr())
    problem(admin.send("POST", f"/v1/assets/{asset['id']}/sign", json={"form": "embedded"}), 422, "form_impossible")
    details = sign(admin, asset)["body"]["details"]
    assert details["form"] == "sidecar"
    answer = got(admin, f"/v1/assets/{asset['id']}/content?variant=sidecar")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].endswith(".c2pa")
    assert got(admin, f"/v1/assets/{asset['id']}/content?variant=signed").data == exr()
    assert outside(services, exr(), "application/octet-stream", answer.data)["validation_state"] == "Trusted"
    verdict = verify(admin, exr(), answer.data)
    assert (verdict["state"], asset["id"] in verdict["known"]) == ("Trusted", True)
    assert verify(admin, exr())["state"] == "NoManifest"
    assert verify(admin, exr() + b"!", answer.data)["tampered"] is True


def test_signing_twice_with_one_key_is_one_signing(admin: Any, story: dict) -> None:
    path, headers = f"/v1/assets/{story['asset']['id']}/sign", {"Idempotency-Key": "sign-once"}
    first = admin.send("POST", path, json={}, headers=headers).get_json()
    second = admin.send("POST", path, json={}, headers=headers).get_json()
    assert first["id"] == second["id"]
    third = admin.send("POST", path, json={}).get_json()
    assert third["body"]["details"]["label"] != first["body"]["details"]["label"]


def test_a_manifest_that_came_along_is_kept(admin: Any, services: Services) -> None:
    path = SAMPLES / "credentials" / "C.jpg"
    if not path.exists():
        pytest.skip("the public samples are not beside this checkout")
    asset = admin.create("assets", {"type": "image", "origin": "camera"})
    put(admin, asset, path.read_bytes())
    details = sign(admin, asset)["body"]["details"]
    assert details["lineage"] == ["signingCredential.untrusted"]
    signed = got(admin, f"/v1/assets/{asset['id']}/content?variant=signed").data
    assert len(outside(services, signed, "image/jpeg")["manifests"]) == 2
    broken = admin.create("assets", {"type": "image", "origin": "camera"})
    put(admin, broken, (SAMPLES / "credentials" / "XCA.jpg").read_bytes())
    body = problem(admin.send("POST", f"/v1/assets/{broken['id']}/sign", json={}), 422, "cannot_sign")
    assert "dataHash.mismatch" in body["detail"]


def test_unknown_origin_is_signed_as_opened(admin: Any, services: Services) -> None:
    for content, form in ((picture("JPEG"), "embedded"), (exr(), "sidecar")):
        asset = admin.create("assets", {"type": "image"})
        put(admin, asset, content)
        assert sign(admin, asset)["body"]["details"]["form"] == form


def test_forged_evidence_hands_out_nothing(admin: Any, story: dict) -> None:
    real = sign(admin, story["asset"])
    other = admin.create("assets", {"type": "image"})
    forged = {**real["body"], "subjects": [other["id"]], "details": {**real["body"]["details"], "asset": other["id"]}, "identifiers": []}
    problem(admin.send("POST", "/v1/evidence", json=forged), 422, "made_by_the_service")
    problem(got(admin, f"/v1/assets/{other['id']}/content?variant=signed"), 404, "not_signed")


def verify(caller: Any, content: bytes, sidecar: bytes | None = None) -> dict:
    if sidecar is None:
        answer = caller.send("POST", "/v1/verify", data=content)
    else:
        parts = {"file": (BytesIO(content), "file"), "sidecar": (BytesIO(sidecar), "file.c2pa")}
        answer = caller.send("POST", "/v1/verify", data=parts, content_type="multipart/form-data")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.get_json())


def test_verify_knows_what_is_ours(admin: Any, stranger: Any, story: dict, services: Services) -> None:
    evidence = sign(admin, story["asset"])
    signed = got(admin, f"/v1/assets/{story['asset']['id']}/content?variant=signed").data
    before = files(services)
    verdict = verify(admin, signed)
    assert (verdict["state"], verdict["tampered"], verdict["lineage"]) == ("Trusted", False, [])
    assert verdict["known"] == sorted([story["asset"]["id"], evidence["id"]])
    assert verdict["signer"]["common_name"] == "Clearance claim signer"
    assert files(services) == before
    recut = verify(admin, signed[:-3] + b"!" + signed[-2:])
    assert (recut["state"], recut["tampered"], recut["known"]) == ("Invalid", True, [evidence["id"]])
    assert verify(stranger, signed)["known"] == []
    assert verify(admin, PNG)["known"] == [story["asset"]["id"]]


@pytest.mark.parametrize("content", [b"", b"not media", bytes(100_000), PNG[:50]])
def test_verify_takes_anything(admin: Any, content: bytes) -> None:
    assert verify(admin, content)["state"] in {"NoManifest", "Unreadable"}


@pytest.mark.parametrize("content", [PNG[:-60], film()[:-500], wav()[:-100], b"\x89PNG\r\n\x1a\n" + picture("JPEG")])
def test_verify_says_when_the_file_itself_is_broken(admin: Any, content: bytes) -> None:
    verdict = verify(admin, content)
    assert verdict["state"] == "Unreadable"
    assert verdict["reason"]


def test_uploads_leave_threads_for_others(admin: Any, asset: dict, services: Services) -> None:
    """Slow clients may fill their own lane; the next one is sent away at once, and everybody else is answered."""
    with ExitStack() as stack:
        for _ in range(LANES["upload"]):
            stack.enter_context(services.lane("upload"))
        start = time.monotonic()
        answer = put(admin, asset, PNG)
        problem(answer, 503, "busy")
        assert answer.headers["Retry-After"]
        assert time.monotonic() - start < 3
        assert admin.send("GET", f"/v1/assets/{asset['id']}").status_code == 200
    assert put(admin, asset, PNG).status_code == 200


def test_permissions(caller: Callable[..., Any], admin: Any, story: dict) -> None:
    auditor, vendor = caller("auditor", studio_id=admin.studio_id), caller("vendor", studio_id=admin.studio_id)
    for who in (auditor, vendor):
        problem(who.send("POST", f"/v1/assets/{story['asset']['id']}/sign", json={}), 403, "missing_permission")
        assert verify(who, PNG)["state"] == "NoManifest"
    problem(put(auditor, story["asset"], PNG), 403, "missing_permission")
    assert got(auditor, f"/v1/assets/{story['asset']['id']}/content").status_code == 200


@pytest.mark.parametrize("body", [{"form": "both"}, {"oversight": "none"}, {"decision": "dec_x"}, {"more": 1}, []])
def test_bad_orders(admin: Any, story: dict, body: Any) -> None:
    answer = admin.send("POST", f"/v1/assets/{story['asset']['id']}/sign", json=body)
    assert answer.status_code in {404, 422}, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
