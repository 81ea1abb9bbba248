"""Deliveries over HTTP: matched by digests, gated as one, released, packaged; and what is not known stops them."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.content.digests import c4_id
from service.context import Actor, Context
from service.demo import media
from service.manifests import mhl
from service.records import write

Caller = Any
AT = datetime(2026, 9, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> media.Media:
    return media.write(tmp_path_factory.mktemp("media"))


def c4(content: bytes) -> str:
    return c4_id(hashlib.sha512(content).digest())


def good(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


@pytest.fixture
def film(admin: Caller) -> str:
    return str(admin.create("productions", {"title": "Harbour", "format": "feature"})["id"])


@pytest.fixture
def cut(admin: Caller, made: media.Media, film: str) -> dict[str, str]:
    """Two registered files with their bytes here: file name → asset."""
    ids = {}
    for path, kind in ((made.plain_mp4, "video"), (made.voice_wav, "audio")):
        body = {"type": kind, "file_name": path.name, "origin": "camera", "productions": [film]}
        ids[path.name] = admin.create("assets", body)["id"]
        good(admin.send("PUT", f"/v1/assets/{ids[path.name]}/content", data=path.read_bytes()))
    return ids


def listed(*paths: Path, folder: str = "reel1") -> bytes:
    files = [mhl.File(f"{folder}/{path.name}", path.stat().st_size, c4(path.read_bytes())) for path in paths]
    return mhl.write(files, created=AT, tool="Copy", version="1")


def send(admin: Caller, manifest: bytes, film: str, chain: bytes | None = None) -> Any:
    data: dict[str, Any] = {"options": json.dumps({"name": "Reel 1", "production": film, "productions": [film]})}
    data["manifest"] = (io.BytesIO(manifest), "0001.mhl")
    if chain is not None:
        data["chain"] = (io.BytesIO(chain), "ascmhl_chain.xml")
    return admin.send("POST", "/v1/deliveries", data=data, content_type="multipart/form-data")


def by_ids(admin: Caller, film: str, assets: list[str]) -> Any:
    body = {"name": "Cut", "production": film, "productions": [film], "assets": assets}
    return good(admin.send("POST", "/v1/deliveries", json=body), 201)


def test_a_hash_list_is_matched_by_digests(admin: Caller, made: media.Media, film: str, cut: dict[str, str]) -> None:
    manifest = listed(made.plain_mp4, made.voice_wav)
    body = good(send(admin, manifest, film, mhl.chain([("0001.mhl", c4(manifest))])), 201)["body"]
    assert [(item["path"], item["state"], item["asset"].partition("@")[0]) for item in body["items"]] == [
        (f"reel1/{name}", "matched", cut[name]) for name in (made.plain_mp4.name, made.voice_wav.name)
    ]
    assert (body["item_count"], body["manifest_format"], body["unmatched"], body["remarks"]) == (2, "asc_mhl", [], [])


def test_a_chain_of_another_list_is_refused(admin: Caller, made: media.Media, film: str) -> None:
    refused = send(admin, listed(made.plain_mp4), film, mhl.chain([("0001.mhl", c4(b"another"))]))
    assert (refused.status_code, refused.get_json()["code"]) == (422, "chain_mismatch")
    assert good(admin.send("GET", "/v1/deliveries"))["items"] == []


def test_weak_failed_and_unknown_files_hold_the_delivery(admin: Caller, made: media.Media, film: str, cut: dict[str, str]) -> None:
    clip, voice = made.plain_mp4.read_bytes(), made.voice_wav.read_bytes()
    md5 = hashlib.md5(clip).hexdigest()
    sha1 = hashlib.sha1(voice).hexdigest()
    manifest = f"""<hashlist version="2.0" xmlns="urn:ASC:MHL:v2.0"><creatorinfo><tool>x</tool></creatorinfo><hashes>
        <hash><path size="{len(clip)}">weak.mp4</path><md5 action="original">{md5}</md5></hash>
        <hash><path size="{len(voice)}">sound.wav</path><sha1 action="original">{sha1}</sha1></hash>
        <hash><path size="{len(voice) + 1}">lying.wav</path><sha1 action="original">{sha1}</sha1></hash>
        <hash><path size="3">stranger.mov</path><c4 action="original">{c4(b"abc")}</c4></hash>
        <hash><path size="{len(clip)}">broken.mp4</path><c4 action="failed">{c4(clip)}</c4></hash></hashes></hashlist>"""
    delivery = good(send(admin, manifest.encode(), film), 201)
    states = {item["path"]: item["state"] for item in delivery["body"]["items"]}
    assert states == {"weak.mp4": "weak", "sound.wav": "matched", "lying.wav": "weak", "stranger.mov": "unknown", "broken.mp4": "failed"}
    assert {remark["code"] for remark in delivery["body"]["remarks"]} == {"mhl.failed_hash", "mhl.no_root"}
    assert delivery["body"]["unmatched"] == ["stranger.mov"]
    gated = good(admin.send("POST", f"/v1/deliveries/{delivery['id']}/gate", json={"dry_run": True}))
    assert gated["outcome"] == "blocked"
    held = {item["path"]: item["outcome"] for item in gated["held"]}
    assert (held["stranger.mov"], held["broken.mp4"]) == ("blocked", "blocked")
    assert held["weak.mp4"] in {"review", "blocked"}
    codes = {cause["code"]: cause["result"] for cause in gated["causes"] if cause["rule"] == "x.delivery.files"}
    assert codes == {"failed-hash": "block", "not-registered": "block", "weak-digest": "review"}


def test_a_delivery_by_ids_is_gated_in_one_decision(admin: Caller, film: str, cut: dict[str, str]) -> None:
    delivery = by_ids(admin, film, list(cut.values()))["id"]
    key = {"Idempotency-Key": "gate-1"}
    gated = good(admin.send("POST", f"/v1/deliveries/{delivery}/gate", json={}, headers=key), 201)
    assert set(gated["by_state"]) == {"matched"}
    subjects = {subject.partition("@")[0] for subject in gated["body"]["subjects"]}
    assert subjects == {delivery, *cut.values()}
    again = good(admin.send("POST", f"/v1/deliveries/{delivery}/gate", json={}, headers=key), 201)
    assert (again["id"], again["outcome"], again["held"]) == (gated["id"], gated["outcome"], gated["held"])


def test_an_unreleased_delivery_does_not_leave(admin: Caller, film: str, cut: dict[str, str]) -> None:
    delivery = by_ids(admin, film, list(cut.values()))["id"]
    refused = admin.send("POST", f"/v1/deliveries/{delivery}/package")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "not_released")


def test_bad_deliveries_write_nothing(admin: Caller, stranger: Caller, film: str, cut: dict[str, str]) -> None:
    foreign = stranger.create("assets", {"type": "image"})["id"]
    asset = next(iter(cut.values()))
    for body, pointer in (
        ({"name": "x", "assets": []}, "/assets"),
        ({"name": "x", "assets": [foreign]}, "/assets/0"),
        ({"assets": [asset]}, "/name"),
        ({"name": "x", "assets": [asset], "colour": 1}, "/colour"),
    ):
        refused = admin.send("POST", "/v1/deliveries", json=body)
        assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, pointer)
    assert send(admin, b"<!DOCTYPE x><hashlist/>", film).status_code == 422
    assert good(admin.send("GET", "/v1/deliveries"))["items"] == []


def test_a_long_delivery_is_cut_into_parts_and_stays_one_graph(admin: Caller, film: str) -> None:
    lines = "".join(
        json.dumps({"kind": "asset", "body": {"type": "image", "productions": [film], "name": f"f{n}"}}) + "\n" for n in range(300)
    )
    answer = admin.send("POST", "/v1/batch", data=lines, content_type="application/x-ndjson")
    assets = [json.loads(line)["id"] for line in answer.get_data(as_text=True).splitlines()]
    delivery = by_ids(admin, film, assets)
    assert (len(delivery["body"]["parts"]), delivery["body"]["item_count"]) == (2, 300)
    summary = good(admin.send("GET", f"/v1/deliveries/{delivery['id']}/lineage?summary=true"))["summary"]
    assert summary["by_kind"] == {"asset": 300, "delivery": 2}
    impact = good(admin.send("GET", f"/v1/assets/{assets[-1]}/impact"))
    assert impact["by_kind"]["delivery"] == {"unreleased": 2, "released": 0}


def test_the_package_of_a_released_delivery_verifies(
    admin: Caller, made: media.Media, film: str, cut: dict[str, str], services: Any
) -> None:
    delivery = by_ids(admin, film, list(cut.values()))["id"]
    gated = good(admin.send("POST", f"/v1/deliveries/{delivery}/gate", json={}), 201)
    released(services, admin, gated["id"], delivery)
    with admin.send("POST", f"/v1/deliveries/{delivery}/package") as answer:
        assert answer.status_code == 200, answer.get_data(as_text=True)
        archive = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    assert archive.testzip() is None
    names = set(archive.namelist())
    assert {made.plain_mp4.name, made.voice_wav.name, "clearance/decision.json", "clearance/release.json", "clearance/facts.json"} <= names
    (list_name,) = [name for name in names if name.endswith(".mhl")]
    manifest = mhl.read(io.BytesIO(archive.read(list_name)))
    assert {entry.path for entry in manifest.entries} == names - {list_name, "ascmhl/ascmhl_chain.xml"}
    for entry in manifest.entries:
        assert {each.algorithm: each.value for each in entry.hashes}["c4"] == c4(archive.read(entry.path))
    assert mhl.read_chain(io.BytesIO(archive.read("ascmhl/ascmhl_chain.xml"))) == [
        (list_name.partition("/")[2], c4(archive.read(list_name)))
    ]
    assert json.loads(archive.read("clearance/package.json"))["missing"] == []
    proof = json.loads(archive.read("clearance/release.json"))
    assert json.loads(proof["entry"])["kind"] == "release"


def released(services: Any, admin: Caller, decision: str, delivery: str) -> None:
    """Record a release as the releases room does for a cleared decision; whether it is cleared is that room's test."""
    actor = Actor(admin.studio_id, admin.account_id, "x", frozenset(), frozenset())
    with services.database.app(admin.studio_id) as conn:
        context = Context(actor, AT, conn, services.ledger, services.blobs.of(admin.studio_id), services.vault)
        write.create(context, "release", {"decision": decision, "delivery": delivery, "released_at": "2026-09-20T12:00:00Z"})
