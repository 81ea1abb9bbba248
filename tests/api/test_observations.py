"""Reserved rights through the API and the command line: seen once, kept as found, and a reservation of training holds a training."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.cli import observe
from tests.unit.media_files import picture

Caller = Any
SITE = "https://pictures.example"
AT = "2026-05-01T09:00:00Z"
RESERVED = b"User-agent: GPTBot\nDisallow: /\n"


def look(caller: Caller, source: str, content: bytes | None, expected: int, **options: Any) -> Any:
    told = {"url": f"{SITE}/robots.txt", "fetched_at": AT, **options}
    path = f"/v1/sources/{source}/observations"
    if content is None:
        answer = caller.send("POST", path, json=told)
    else:
        data = {"file": (io.BytesIO(content), "fetched"), "options": json.dumps(told)}
        answer = caller.send("POST", path, data=data, content_type="multipart/form-data")
    assert answer.status_code == expected, answer.get_data(as_text=True)
    return answer.get_json()


def test_what_is_observed_is_kept_once_and_holds_a_training(admin: Caller) -> None:
    source = admin.create("sources", {"title": "Gallery", "type": "web", "url": f"{SITE}/gallery/", "acquired_how": "public_web"})["id"]
    part = {"source": source, "item_count": 1, "people": []}
    data = admin.create("datasets", {"name": "Gallery", "purpose": "training", "parts": [part], "item_count": 1, "people": []})["id"]
    model = admin.create("models", {"name": "Look", "type": "base", "datasets": [data], "base_models": []})["id"]

    def opted_out() -> bool:
        question = {"subject": model, "act": "train", "at": "2026-06-01T00:00:00Z", "intent": {"territories": ["US"]}, "dry_run": True}
        decided = admin.send("POST", "/v1/decisions", json=question)
        assert decided.status_code == 200, decided.get_data(as_text=True)
        return "opted-out" in decided.get_data(as_text=True)

    silent = look(admin, source, None, 201, status=404)
    assert (silent["observations"][0]["signal"], silent["observations"][0]["answer"]) == ("robots", "none_found")
    assert look(admin, source, b"User-agent: Googlebot\nDisallow: /\n", 201)["observations"][0]["permissions"] == ["search"]
    assert not opted_out()
    told = look(admin, source, RESERVED, 201)
    assert (told["version"], told["found"]) == (4, False)
    seen = told["observations"][0]
    assert (seen["answer"], seen["permissions"], seen["found"]) == ("reserved", ["train_generative", "train_other"], "gptbot: Disallow /")
    again = look(admin, source, RESERVED, 200)
    assert (again["version"], again["found"]) == (4, True)
    assert opted_out()
    raw = admin.send("GET", f"/v1/sources/{source}/observations/{seen['raw']['sha256']}")
    assert raw.get_data() == RESERVED
    assert admin.send("GET", f"/v1/sources/{source}/observations/{'0' * 64}").status_code == 404


def test_a_picture_is_not_kept_and_what_it_says_of_rights_is(admin: Caller) -> None:
    source = admin.create("sources", {"title": "Picture"})["id"]
    words = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="Zoe Canary" plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"/></rdf:RDF></x:xmpmeta>'
    packet = b"http://ns.adobe.com/xap/1.0/\0" + words.encode()
    photograph = b"\xff\xd8\xff\xe1" + (len(packet) + 2).to_bytes(2, "big") + packet + b"\xff\xd9"
    told = look(admin, source, photograph, 201, url=f"{SITE}/a.jpg")
    assert {one["signal"]: one["answer"] for one in told["observations"]}["iptc_plus"] == "reserved"
    kept = admin.send("GET", f"/v1/sources/{source}/observations/{told['observations'][0]['raw']['sha256']}")
    said = json.loads(kept.get_data())
    assert said["xmp"] == {"http://ns.useplus.org/ldf/xmp/1.0/DataMining": ["http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"]}
    assert said["sha256"] == hashlib.sha256(photograph).hexdigest()
    assert b"Canary" not in kept.get_data(), "who made it is nobody's reservation"


def test_refusals_and_the_crosswalk(admin: Caller, stranger: Caller) -> None:
    source = admin.create("sources", {"title": "Gallery"})["id"]
    assert look(admin, source, RESERVED, 422)["errors"][0]["pointer"] == "/about"
    assert look(admin, source, b"words", 422, url=f"{SITE}/a", about=f"{SITE}/a")["code"] == "signal_unknown"
    assert look(admin, source, None, 422)["errors"][0]["pointer"] == "/headers"
    assert look(stranger, source, RESERVED, 404)["code"] == "not_found"
    head = look(admin, source, None, 201, url=f"{SITE}/gallery/", headers={"TDM-Reservation": "1", "Link": ["a", "b"]})
    assert [one["answer"] for one in head["observations"]] == ["reserved", "none_found", "none_found"]
    told = admin.send("GET", "/v1/crosswalk").get_json()
    assert (told["lossy"], len(told["permissions"])) == (True, 8)


@pytest.mark.parametrize(
    ("name", "url", "place"),
    [
        ("robots.txt", f"{SITE}/gallery/", f"{SITE}/robots.txt"),
        ("tdmrep.json", f"{SITE}/gallery/", f"{SITE}/.well-known/tdmrep.json"),
        ("page.html", f"{SITE}/gallery/", f"{SITE}/gallery/"),
        ("old-robots.txt", f"{SITE}/robots.txt", f"{SITE}/robots.txt"),
    ],
)
def test_where_a_file_was_fetched_from(name: str, url: str, place: str) -> None:
    assert observe.place(Path(name), url) == place


def test_the_command_and_a_manifest_that_forbids_mining(admin: Caller, run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    source = admin.create("sources", {"title": "Gallery", "url": f"{SITE}/gallery/"})["id"]
    (tmp_path / "robots.txt").write_bytes(RESERVED)
    words = ("observe", source, str(tmp_path / "robots.txt"), "--url", SITE, "--at", AT)
    status, text = run(*words)
    assert (status, text.splitlines()[0]) == (
        0, f"robots at {SITE}/robots.txt: reserved, train_generative, train_other (gptbot: Disallow /)",
    )  # fmt: skip
    assert run(*words)[1].splitlines()[-1] == f"{source} knew all of it."
    assert "none found" in run("observe", source, "--url", f"{SITE}/.well-known/tdmrep.json", "--status", "404")[1]
    file = tmp_path / "shot.png"
    file.write_bytes(picture("PNG"))
    assert run("sign", str(file), "--origin", "generated")[0] == 0
    told = json.loads(run("observe", source, str(tmp_path / "shot.signed.png"), "--url", f"{SITE}/shot.png", "--at", AT, "--json")[1])
    found = {one["signal"]: one for one in told[0]["observations"]}
    assert (found["cawg"]["answer"], found["cawg"]["permissions"], found["cawg"]["carrier"]) == (
        "reserved", ["infer_input", "mine", "train_generative", "train_other"], "c2pa_manifest",
    )  # fmt: skip
    kept = admin.send("GET", f"/v1/sources/{source}/observations/{found['cawg']['raw']['sha256']}").get_json(force=True)
    assert [one["label"] for one in kept["assertions"]] == ["cawg.training-mining"]
    assert run("observe", source, "--url", SITE)[0] == 1
