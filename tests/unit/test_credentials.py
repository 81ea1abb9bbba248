"""Signing and judging, on real files; what we sign is read again with the library alone and one anchor."""

from __future__ import annotations

import json
import os
import random
import socket
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import c2pa
import pytest

from service import errors
from service.content.store import Store
from service.credentials import sign as signing
from service.credentials import trust
from service.credentials.definition import Input, SigningFacts, build
from service.credentials.judge import STATES
from service.credentials.keys import Authority
from service.credentials.sign import Credentials, answering
from service.sandbox.pool import Limits, Pool
from tests.unit.media_files import EMBEDDABLE, MEDIA_TYPES, SAMPLES, exr, film, picture

NOW = datetime.now(UTC)  # the library knows no other clock
ASSET, RUN, MODEL, SET, LICENCE = (f"{prefix}_{'0' * 25}7" for prefix in ("ast", "gen", "mdl", "dst", "lic"))
FACTS = SigningFacts(
    asset=ASSET,
    origin="generated",
    agent=("ComfyUI", "0.3"),
    generation=RUN,
    models=(Input(MODEL, 2, "GenModel 3.1"),),
    datasets=(Input(SET, 1),),
    licences=(LICENCE,),
    prompts=("5e" * 32,),
    oversight="human_validated",
)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    home = tmp_path_factory.mktemp("credentials")
    with Pool(2, ["service.credentials.child"], home, Limits(memory=2 << 30)) as pool:
        store, authority = Store(home / "content"), Authority(home / "keys", "Example Studio")
        yield SimpleNamespace(home=home, pool=pool, store=store, authority=authority, credentials=Credentials(pool, authority))


def label() -> str:
    return f"urn:c2pa:{uuid.uuid4()}"


def sign(room: SimpleNamespace, content: bytes, form: str = "embedded", *, has_parent: bool = False, facts: SigningFacts = FACTS):
    path = room.home / uuid.uuid4().hex
    path.write_bytes(content)
    definition = build(facts, label(), has_parent=has_parent)
    return room.credentials.sign(room.store, path, definition, NOW, form=form, has_parent=has_parent)


def judge(room: SimpleNamespace, content: bytes, sidecar: bytes | None = None) -> dict:
    path = room.home / uuid.uuid4().hex
    path.write_bytes(content)
    with path.open("rb") as file:
        return room.credentials.judge(file, NOW, sidecar=sidecar)


def outside(room: SimpleNamespace, media_type: str, content: bytes, sidecar: bytes | None = None) -> dict:
    """Read with nothing of ours but the certificate that we hand out."""
    anchor = (room.home / "keys" / "ca.pem").read_text()
    settings = {
        "trust": {"anchors": [{"trust_kind": "manifest", "trust_uri": "urn:test", "trust_anchors": anchor}]},
        "verify": {"remote_manifest_fetch": False},
    }
    with c2pa.Reader(media_type, BytesIO(content), sidecar, c2pa.Context(c2pa.Settings.from_dict(settings))) as reader:
        return json.loads(reader.json())


@pytest.mark.parametrize("extension", EMBEDDABLE)
def test_embedded_is_trusted_outside(room: SimpleNamespace, extension: str) -> None:
    signed = sign(room, EMBEDDABLE[extension]())
    content = room.store.read(signed.sha256)
    report = outside(room, MEDIA_TYPES[extension], content)
    assert report["validation_state"] == "Trusted"
    assert report["active_manifest"] == signed.label
    assert signed.size == len(content)
    assert signed.verdict["trust_list"].startswith("urn:clearance:trust:own:")
    assert judge(room, content)["state"] == "Trusted"


@pytest.mark.parametrize("extension", [*EMBEDDABLE, "exr"])
def test_a_sidecar_is_trusted_outside_and_leaves_the_file_alone(room: SimpleNamespace, extension: str) -> None:
    content = EMBEDDABLE.get(extension, exr)()
    signed = sign(room, content, "sidecar")
    sidecar = room.store.read(signed.manifest)
    assert signed.size == len(content)
    for media_type in {MEDIA_TYPES.get(extension, "application/octet-stream"), "application/octet-stream"}:
        assert outside(room, media_type, content, sidecar)["validation_state"] == "Trusted"
    assert judge(room, content, sidecar)["state"] == "Trusted"
    changed = judge(room, content[:-1] + b"?", sidecar)
    assert (changed["state"], changed["tampered"]) == ("Invalid", True)


@pytest.mark.parametrize("name", ["sample1.png", "no_manifest.jpg", "TUSCANY.TIF", "sample1.webp", "sample1.wav", "sample1.mp3"])
@pytest.mark.parametrize("form", ["embedded", "sidecar"])
def test_public_samples(room: SimpleNamespace, name: str, form: str) -> None:
    signed = sign(room, sample(f"plain/{name}"), form)
    assert (signed.verdict["state"], signed.verdict["lineage"], signed.verdict["rubric"]) == ("Trusted", [], [])


@pytest.mark.parametrize("name", ["sample1.flac", "video1_no_manifest.mp4", "earth_apollo17.jpg", "sample1.avif"])
def test_more_public_samples(room: SimpleNamespace, name: str) -> None:
    assert sign(room, sample(f"plain/{name}")).verdict["state"] == "Trusted"


def sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("the public samples are not beside this checkout")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "state", "tampered", "lineage"),
    [
        ("C.jpg", "Valid", False, []),
        ("CA.jpg", "Valid", False, None),
        ("E-sig-CA.jpg", "Invalid", True, None),
        ("XCA.jpg", "Invalid", True, None),
        ("cloud.jpg", "NoManifest", False, []),
        ("riff_bomb_1000.wav", "NoManifest", False, []),
        ("update_manifest.jpg", "Valid", False, None),
        ("video1.mp4", "Valid", False, None),
    ],
)
def test_verdicts_on_public_files(room: SimpleNamespace, name: str, state: str, *, tampered: bool, lineage: list | None) -> None:
    verdict = judge(room, sample(f"credentials/{name}"))
    assert (verdict["state"], verdict["tampered"]) == (state, tampered)
    if lineage is not None:
        assert verdict["lineage"] == lineage


def test_our_word_is_not_trusted_by_others(room: SimpleNamespace, tmp_path: Path) -> None:
    """Valid is not Trusted: the same file under another authority's list."""
    content = room.store.read(sign(room, picture("PNG")).sha256)
    stranger = Credentials(room.pool, Authority(tmp_path, "Another Studio"))
    (tmp_path / "file").write_bytes(content)
    with (tmp_path / "file").open("rb") as file:
        verdict = stranger.judge(file, NOW)
        assert (verdict["state"], verdict["tampered"]) == ("Valid", False)
        assert verdict["failures"] == ["signingCredential.untrusted"]
        friend = Credentials(room.pool, Authority(tmp_path, "Another Studio"), [trust.own(room.authority.anchor(NOW))])
        assert friend.judge(file, NOW)["state"] == "Trusted"


@pytest.mark.parametrize("extension", EMBEDDABLE)
def test_a_changed_byte_is_found(room: SimpleNamespace, extension: str) -> None:
    content = bytearray(room.store.read(sign(room, EMBEDDABLE[extension]()).sha256))
    content[-3] ^= 1
    verdict = judge(room, bytes(content))
    assert verdict["state"] in {"Invalid", "Unreadable"}
    assert verdict["tampered"] or verdict["state"] == "Unreadable"


def test_an_existing_manifest_becomes_the_parent(room: SimpleNamespace) -> None:
    first = sign(room, picture("PNG"))
    again = sign(room, room.store.read(first.sha256), has_parent=True)
    assert set(again.verdict["labels"]) == {first.label, again.label}
    assert again.verdict["lineage"] == []
    manifest = outside(room, "image/png", room.store.read(again.sha256))["manifests"][again.label]
    actions = manifest["assertions"][0]["data"]["actions"]
    assert [action["action"] for action in actions] == ["c2pa.opened"]
    parents = [one for one in manifest["ingredients"] if one["relationship"] == "parentOf"]
    assert [one["active_manifest"] for one in parents] == [first.label]


def test_somebody_elses_manifest_is_kept_though_nobody_knows_the_signer(room: SimpleNamespace) -> None:
    signed = sign(room, sample("credentials/C.jpg"), has_parent=True)
    assert (signed.verdict["state"], signed.verdict["lineage"]) == ("Trusted", ["signingCredential.untrusted"])


@pytest.mark.parametrize("form", ["embedded", "sidecar"])
def test_a_tampered_parent_is_not_signed_over(room: SimpleNamespace, form: str) -> None:
    """The library alone would call the result Trusted."""
    content = bytearray(room.store.read(sign(room, picture("PNG")).sha256))
    content[-30] ^= 1
    before = set(room.store.root.rglob("*"))
    with pytest.raises(errors.Invalid, match=r"assertion\.dataHash\.mismatch"):
        sign(room, bytes(content), form, has_parent=True)
    assert set(room.store.root.rglob("*")) == before


def test_a_tampered_ingredient_lowers_our_verdict(room: SimpleNamespace) -> None:
    content = bytearray(room.store.read(sign(room, picture("PNG")).sha256))
    content[-30] ^= 1
    signer = room.authority.signer(NOW)
    settings = c2pa.Settings.from_dict(trust.settings([trust.own(room.authority.anchor(NOW))]))
    context = c2pa.Context(settings, c2pa.Signer.from_callback(signer.sign, c2pa.C2paSigningAlg.ES256, signer.chain))
    out = BytesIO()
    with c2pa.Builder(build(FACTS, label(), has_parent=True), context) as builder:
        builder.add_ingredient({"label": "parent", "relationship": "parentOf", "title": "x"}, "image/png", BytesIO(content))
        builder.sign("image/png", BytesIO(content), out)
    verdict = judge(room, out.getvalue())
    assert verdict["state"] == "Trusted"
    assert (verdict["tampered"], verdict["lineage"]) == (True, ["assertion.dataHash.mismatch"])


@pytest.mark.parametrize("extension", EMBEDDABLE)
def test_names_prompts_and_terms_never_get_into_the_file(room: SimpleNamespace, extension: str) -> None:
    signed = sign(room, EMBEDDABLE[extension]())
    content, store = room.store.read(signed.sha256), room.store.read(signed.manifest)
    assert signed.label.encode() in content
    assert ASSET.encode() in content
    for canary in (b"Jane Canary", b"a portrait of", b"250000"):
        assert canary not in content + store
    assert b"GenModel 3.1" in store


@pytest.mark.parametrize("content", [b"", b"x", bytes(5000), picture("PNG")[:400], picture("JPEG")[:300], film()[:60], os.urandom(4000)])
def test_rubbish_is_a_verdict_and_no_error(room: SimpleNamespace, content: bytes) -> None:
    verdict = judge(room, content)
    assert verdict["state"] in {"NoManifest", "Unreadable"}
    assert verdict["reason"]


def test_a_signed_file_cut_off_is_unreadable(room: SimpleNamespace) -> None:
    content = room.store.read(sign(room, picture("PNG")).sha256)
    assert judge(room, content[:-2000])["state"] in {"Unreadable", "Invalid"}
    assert judge(room, content[:3000])["state"] == "Unreadable"


@pytest.mark.parametrize("sidecar", [b"", b"x", os.urandom(3000)])
def test_a_sidecar_that_is_none(room: SimpleNamespace, sidecar: bytes) -> None:
    assert judge(room, picture("PNG"), sidecar)["state"] in {"NoManifest", "Unreadable"}


def test_what_cannot_be_signed_leaves_nothing(room: SimpleNamespace) -> None:
    before = set(room.store.root.rglob("*"))
    with pytest.raises(errors.Invalid, match="cannot be signed"):
        sign(room, picture("PNG")[:40])
    with pytest.raises(errors.Invalid, match="sidecar"):
        sign(room, exr())
    assert set(room.store.root.rglob("*")) == before


def test_a_hungry_file_is_unreadable_and_the_service_lives(room: SimpleNamespace) -> None:
    """A child with hardly any memory stands in for a file that wants very much."""
    content = room.store.read(sign(room, film(data=os.urandom(40 << 20))).sha256)
    (room.home / "big").write_bytes(content)
    with Pool(1, ["service.credentials.child"], room.home, Limits(memory=160 << 20)) as small, (room.home / "big").open("rb") as file:
        verdict = Credentials(small, room.authority).judge(file, NOW)
        assert (verdict["state"], verdict["reason"]) == ("Unreadable", "Reading the file took more memory than it may.")


@pytest.mark.parametrize("size", [1 << 10, 70 << 20])
def test_a_full_disk_is_named_and_leaves_nothing(room: SimpleNamespace, size: int) -> None:
    """A child that may write no more than a little stands in for a disk without room."""
    (room.home / "source").write_bytes(film(data=os.urandom(size)))
    before = set(room.store.root.rglob("*"))
    with Pool(1, ["service.credentials.child"], room.home, Limits(file_size=8000)) as small:
        credentials = Credentials(small, room.authority)
        with pytest.raises(errors.Unavailable, match="disk is full"):
            credentials.sign(
                room.store, room.home / "source", build(FACTS, label(), has_parent=False), NOW, form="embedded", has_parent=False
            )
    assert set(room.store.root.rglob("*")) == before


def test_a_file_that_takes_too_long_is_unreadable(room: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    content = room.store.read(sign(room, picture("PNG")).sha256)
    with monkeypatch.context() as patch:
        patch.setattr(signing, "_JUDGE_SECONDS", 0)
        verdict = judge(room, content)
        assert (verdict["state"], verdict["reason"]) == ("Unreadable", "Reading the file took longer than it may.")
    assert judge(room, content)["state"] == "Trusted"


@pytest.mark.parametrize("extension", ["png", "jpg", "wav", "mp4", "flac"])
def test_flipped_bytes_never_bring_a_child_down(room: SimpleNamespace, extension: str) -> None:
    chance = random.Random(extension)
    whole = room.store.read(sign(room, EMBEDDABLE[extension]()).sha256)
    for _ in range(40):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 1, 8, 64))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        verdict = judge(room, bytes(content))
        assert not (verdict["reason"] or "").startswith("Reading the file")
        assert verdict["state"] in STATES


def test_a_taken_over_child_gets_no_other_signature(room: SimpleNamespace) -> None:
    mine, other = label(), label()
    answer = answering(room.authority.signer(NOW), mine)
    with pytest.raises(errors.Invalid, match="no business"):
        answer(b"\x84\x6aSignature1" + f"self#jumbf=/c2pa/{other}/c2pa.signature".encode())
    claim = b"\x84\x6aSignature1" + f"self#jumbf=/c2pa/{mine}/c2pa.signature".encode()
    answer = answering(room.authority.signer(NOW), mine)
    assert len(answer(claim)) == 64
    with pytest.raises(errors.Invalid):
        answer(claim)
    with pytest.raises(errors.Invalid):
        answering(room.authority.signer(NOW), mine)(f"/c2pa/{mine}/".encode())


def test_each_setting_has_its_effect(room: SimpleNamespace) -> None:
    """The library ignores unknown keys in silence, so a renamed one would open the network unnoticed."""
    settings = trust.settings([trust.own(room.authority.anchor(NOW))])
    content = room.store.read(sign(room, picture("PNG")).sha256)

    def state(changed: dict) -> str:
        with c2pa.Reader("image/png", BytesIO(content), None, c2pa.Context(c2pa.Settings.from_dict(changed))) as reader:
            return json.loads(reader.json())["validation_state"]

    assert state(settings) == "Trusted"
    assert state({**settings, "trust": {}}) == "Valid"
    report = outside(room, "image/png", content)["manifests"]
    created = [one["label"] for one in next(iter(report.values()))["assertions"] if one.get("created")]
    assert "c2pa.actions.v2" in created
    assert not any("thumbnail" in one["label"] for one in next(iter(report.values()))["assertions"])


def test_a_remote_manifest_is_never_fetched(room: SimpleNamespace) -> None:
    """Neither by the settings alone nor in the child."""
    signer = room.authority.signer(NOW)
    ours = trust.settings([trust.own(room.authority.anchor(NOW))])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        context = c2pa.Context(
            c2pa.Settings.from_dict(ours), c2pa.Signer.from_callback(signer.sign, c2pa.C2paSigningAlg.ES256, signer.chain)
        )
        out = BytesIO()
        with c2pa.Builder(build(FACTS, label(), has_parent=False), context) as builder:
            builder.set_no_embed()
            builder.set_remote_url(f"http://127.0.0.1:{listener.getsockname()[1]}/manifest.c2pa")
            builder.sign("image/png", BytesIO(picture("PNG")), out)
        listener.settimeout(0.5)
        verdict = judge(room, out.getvalue())
        assert (verdict["state"], "not fetched" in verdict["reason"]) == ("NoManifest", True)
        with pytest.raises(c2pa.C2paError, match="Remote"):
            c2pa.Reader("image/png", BytesIO(out.getvalue()), None, c2pa.Context(c2pa.Settings.from_dict(ours)))
        with pytest.raises(TimeoutError):
            listener.accept()


def test_content_of_unknown_origin_is_opened_and_not_created(room: SimpleNamespace) -> None:
    signed = sign(room, picture("JPEG"), has_parent=True, facts=replace(FACTS, origin=None, models=(), datasets=()))
    assert signed.verdict["state"] == "Trusted"
    assert signed.verdict["rubric"] == []
