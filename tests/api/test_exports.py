"""Records in the forms of other standards, over HTTP: judged by those standards' own schemas and readers, and by who may see what."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prov.model import ProvActivity, ProvAgent, ProvDerivation, ProvEntity, ProvGeneration, ProvInvalidation, ProvUsage

from tests.api.conftest import Caller
from tests.standards import bill_faults, read_prov


def digest(letters: str) -> list[dict[str, str]]:
    return [{"algorithm": "sha256", "value": letters * 32}]


@pytest.fixture
def world(admin: Caller) -> dict[str, str]:
    """A painter's licensed paintings, a dataset, a look trained on it over a vendor's base model, a shot, and a withdrawal."""
    ids: dict[str, str] = {}

    def add(key: str, collection: str, /, **body: Any) -> None:
        ids[key] = admin.create(collection, body)["id"]

    add("artist", "parties", type="person", professional_name="Ada Painter")
    add("studio", "parties", type="organisation", name="Northlight")
    add("film", "productions", title="Harbour", format="feature")
    add(
        "source", "sources", title="Harbour paintings", type="painting", authors=[ids["artist"]], acquired_how="licensed", created="2020-05"
    )
    add(
        "licence", "licences", grantor=ids["artist"], grantee=ids["studio"], sources=[ids["source"]], territories=["US", "GB"],
        window={"start": "2026", "end": "2031-12-31"}, training={"granted": True, "kinds": ["fine_tune"]},
        output={"granted": True, "media": ["*"]}, duties=[{"type": "credit", "text": "Paintings by Ada"}], fee={"amount": "900", "currency": "EUR"},
    )  # fmt: skip
    members = [{"name": "a.png", "bytes": 12, "digests": digest("ab"), "source": ids["source"], "licence": ids["licence"], "people": []}]
    add("dataset", "datasets", name="Harbour look", label="3", purpose="fine_tuning", created_at="2026-08-01", members=members)
    add("base", "models", name="Base", type="base", training_disclosure="undisclosed", weights=digest("01"), vendor=ids["studio"])
    add(
        "look", "models", name="Look", type="lora", datasets=[ids["dataset"]], base_models=[ids["base"]], weights=digest("02"),
        training_disclosure="disclosed", modalities=["image"], people=[ids["artist"]],
        training={"kind": "fine_tune", "started_at": "2026-08-02T10:00:00Z", "finished_at": "2026-08-02T12:00:00Z", "by": ids["studio"]},
    )  # fmt: skip
    add("plate", "assets", type="image", name="Plate", origin="camera", digests=digest("03"), media_type="image/png", parents=[])
    add("shot", "assets", type="image", name="Shot", origin="generated", digests=digest("04"), created_by=ids["artist"])
    add(
        "run", "generations", tool={"name": "ComfyUI", "version": "0.3"}, operator=ids["artist"], employer=ids["studio"],
        models=[{"model": ids["look"]}], inputs=[{"asset": ids["plate"], "role": "control"}], outputs=[{"asset": ids["shot"]}],
        started_at="2026-09-14T09:00:00Z", generated_at="2026-09-14T09:01:00Z", prompts=[{"text": "a secret harbour"}],
    )  # fmt: skip
    add("end", "events", type="revoked", targets=[ids["licence"]], effective_at="2026-09-15T00:00:00Z", basis="breach")
    return ids


def get(caller: Caller, path: str, media_type: str) -> bytes:
    answer = caller.send("GET", path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    content = answer.get_data()
    assert answer.content_type == media_type
    assert answer.headers["Content-Digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
    return content


def test_a_bill_of_materials_names_what_a_shot_was_made_of(admin: Caller, world: dict[str, str]) -> None:
    for spec in ("1.7", "1.6"):
        bill = json.loads(get(admin, f"/v1/assets/{world['shot']}/ml-bom?spec={spec}", f"application/vnd.cyclonedx+json; version={spec}"))
        assert bill_faults(bill) == []
    parts = {each["name"]: each for each in bill["components"]}
    assert set(parts) == {"Plate", "Look", "Base", "Harbour look", "Harbour paintings"}
    look, data = parts["Look"], parts["Harbour look"]
    assert look["modelCard"]["modelParameters"]["datasets"] == [{"ref": data["bom-ref"]}]
    assert [each["name"] for each in look["pedigree"]["ancestors"]] == ["Base"]
    assert look["modelCard"]["considerations"]["ethicalConsiderations"] == [{"name": "It was trained on the faces or voices of 1 person."}]
    assert look["hashes"] == [{"alg": "SHA-256", "content": "02" * 32}]
    licensing = data["licenses"][0]["license"]["licensing"]
    assert {"name": "clearance:ended_by", "value": f"urn:clearance:{world['end']}"} in data["licenses"][0]["license"]["properties"]
    assert (licensing["licensee"], licensing["expiration"]) == ({"organization": {"name": "Northlight"}}, "2031-12-31T23:59:59Z")
    rests = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    assert set(rests[bill["metadata"]["component"]["bom-ref"]]) == {look["bom-ref"], parts["Plate"]["bom-ref"]}
    state = {ref: each["aggregate"] for each in bill["compositions"] for ref in each["dependencies"]}
    assert (state[look["bom-ref"]], state[parts["Base"]["bom-ref"]], state[parts["Plate"]["bom-ref"]]) == (
        "complete",
        "unknown",
        "complete",
    )
    flow = bill["formulation"][0]["workflows"][0]
    assert (flow["name"], flow["timeStart"], len(flow["inputs"])) == ("ComfyUI 0.3", "2026-09-14T09:00:00.000000Z", 2)
    model = json.loads(get(admin, f"/v1/models/{world['look']}/ml-bom", "application/vnd.cyclonedx+json; version=1.7"))
    assert (bill_faults(model), model["metadata"]["component"]["name"]) == ([], "Look")
    again = json.loads(get(admin, f"/v1/models/{world['look']}/ml-bom", "application/vnd.cyclonedx+json; version=1.7"))
    assert again["serialNumber"] == model["serialNumber"] != bill["serialNumber"]


def test_the_lineage_of_a_shot_reads_as_prov(admin: Caller, world: dict[str, str]) -> None:
    document = read_prov(get(admin, f"/v1/assets/{world['shot']}/prov", "application/json"))

    def name(key: str) -> str:
        return f"clearance:{world[key]}"

    def pairs(kind: Any) -> set[tuple[str, str]]:
        return {(str(each.args[0]), str(each.args[1])) for each in document.get_records(kind)}

    entities = {str(each.identifier) for each in document.get_records(ProvEntity)}
    assert {name(each) for each in ("shot", "plate", "look", "base", "dataset", "source", "licence")} <= entities
    assert {str(each.identifier) for each in document.get_records(ProvActivity)} == {name("run"), f"{name('look')}.training", name("end")}
    assert (name("shot"), name("run")) in pairs(ProvGeneration)
    assert {(name("run"), name("look")), (name("run"), name("plate")), (f"{name('look')}.training", name("dataset"))} <= pairs(ProvUsage)
    assert {(name("look"), name("base")), (name("look"), name("dataset")), (name("dataset"), name("source"))} <= pairs(ProvDerivation)
    assert (name("shot"), name("plate")) in pairs(ProvDerivation)
    assert (name("licence"), name("end")) in pairs(ProvInvalidation)
    agents = {str(each.identifier): each.label for each in document.get_records(ProvAgent)}
    assert agents[name("studio")] == "Northlight"
    assert agents[name("artist")] == name("artist"), "persons are named only where that is asked for"
    assert "ComfyUI" in agents.values()


def test_a_long_lineage_is_cut_and_says_so(admin: Caller, world: dict[str, str]) -> None:
    answer = admin.send("GET", f"/v1/assets/{world['shot']}/prov?limit=3")
    told = json.loads(answer.get_data())
    cover = told["entity"][f"clearance:export.{world['shot']}"]
    assert (answer.headers["Clearance-Truncated"], cover["term:truncated"], cover["term:records"]) == ("true", True, 3)
    read_prov(answer.get_data())
    bill = json.loads(admin.send("GET", f"/v1/assets/{world['shot']}/ml-bom?limit=3").get_data())
    assert bill_faults(bill) == []
    assert bill["compositions"][0]["aggregate"] == "incomplete"
    assert "Clearance-Truncated" not in admin.send("GET", f"/v1/assets/{world['shot']}/prov").headers


def taken(caller: Caller, content: bytes, status: int = 201) -> Any:
    """What the import of a card makes of it, or finds."""
    answer = caller.send("POST", "/v1/cards/import", data=content, content_type="application/octet-stream")
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()["record"]


def test_a_dataset_leaves_as_croissant_and_reads_back(admin: Caller, stranger: Caller, world: dict[str, str]) -> None:
    content = get(admin, f"/v1/datasets/{world['dataset']}/croissant", 'application/ld+json; profile="http://mlcommons.org/croissant/1.1"')
    told = json.loads(content)
    assert told["creator"] == [{"@type": "sc:Organization", "name": "Northlight"}], "the studio: the painter is not named"
    assert told["license"] == [f"urn:clearance:{world['licence']}"]
    assert told["usageInfo"][0]["@type"] == ["CreativeWork", "odrl:Offer"]
    assert told["rai:personalSensitiveInformation"] == "No face and no voice of anybody."
    body = admin.send("GET", f"/v1/datasets/{world['dataset']}").get_json()["body"]
    same = {name: body[name] for name in ("name", "label", "purpose", "created_at")}
    same["members"] = [{name: value for name, value in each.items() if name in {"name", "bytes", "digests"}} for each in body["members"]]
    there = taken(stranger, content)["body"]
    assert {name: there.get(name) for name in same} == same
    assert taken(admin, content, 200)["id"] == world["dataset"]
    record = json.loads(get(admin, f"/v1/datasets/{world['dataset']}/dps", "application/json"))
    assert (record["source"]["title"], record["provenance"]["date"], record["use"]["license"]) == (
        "Harbour look", "2026-08-01", [f"urn:clearance:{world['licence']}"],
    )  # fmt: skip
    assert "processing-included" not in record["use"], "the licence was revoked"
    assert record["provenance"]["generation-method"][0]["code"] == "licensed"
    assert taken(admin, json.dumps(record).encode(), 200)["id"] == world["dataset"]


PATHS = (
    ("assets", "shot", "ml-bom"), ("models", "look", "ml-bom"), ("assets", "shot", "prov"), ("licences", "licence", "prov"),
    ("datasets", "dataset", "croissant"), ("datasets", "dataset", "dps"), ("licences", "licence", "odrl"),
)  # fmt: skip


def test_who_may_see_what(admin: Caller, stranger: Caller, caller: Callable[..., Caller], world: dict[str, str]) -> None:
    vendor, auditor = (caller(role, studio_id=admin.studio_id) for role in ("vendor", "auditor"))
    production = caller("production", studio_id=admin.studio_id)
    for collection, key, what in PATHS:
        path = f"/v1/{collection}/{world[key]}/{what}"
        for other in (admin, auditor, production):
            content = other.send("GET", path).get_data(as_text=True)
            assert "Ada Painter" not in content
            assert "secret harbour" not in content
            assert "EUR" not in content
        assert "Ada Painter" not in production.send("GET", f"{path}?names=true").get_data(as_text=True)
        assert stranger.send("GET", path).status_code == 404
        assert admin.client.get(path).status_code == 401
        assert vendor.send("GET", path).status_code == (200 if what == "odrl" else 403)
        assert admin.send("GET", path.replace(world[key], "nothing")).status_code == 404
        assert admin.send("GET", f"{path}?moon=full").get_json()["errors"][0]["pointer"] == "/moon"
    assert "Ada Painter" in auditor.send("GET", f"/v1/assets/{world['shot']}/prov?names=true").get_data(as_text=True)
    told = json.loads(get(auditor, f"/v1/licences/{world['licence']}/odrl?names=true&version=1", "application/ld+json"))
    assert (told["assigner"]["vcard:fn"], told["obligation"][0]["dcterms:description"]) == ("Ada Painter", "Paintings by Ada")
    assert told["clearance:leftOut"] == ["fee"]
    assert "permission" not in told, "the licence was revoked"
    assert told["clearance:endedBy"] == {"@id": f"urn:clearance:{world['end']}"}


def send(caller: Caller, policy: Any, query: str = "", status: int = 201) -> Any:
    content = policy if isinstance(policy, bytes) else json.dumps(policy).encode()
    answer = caller.send("POST", f"/v1/licences/import{query}", data=content, content_type="application/ld+json")
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def test_a_policy_comes_in_as_a_licence_once(admin: Caller, stranger: Caller, caller: Callable[..., Caller], world: dict[str, str]) -> None:
    terms = {
        "training": {"granted": True, "kinds": ["*"]},
        "output": {"granted": False},
        "territories": ["US"],
        "window": {"perpetual": True},
    }
    licence = admin.create("licences", {"grantor": world["studio"], "grantee": world["studio"], "sources": [world["source"]], **terms})[
        "id"
    ]
    policy = get(admin, f"/v1/licences/{licence}/odrl", "application/ld+json")
    assert (send(admin, policy, status=200)["found"], send(admin, policy, status=200)["id"]) == (True, licence)
    foreign = json.loads(policy) | {
        "uid": "https://archive.example/7", "assigner": {"@type": "Party", "uid": "https://archive.example", "vcard:fn": "Archive"},
        "target": [{"@type": "Asset", "uid": "https://archive.example/works/1", "dcterms:title": "Reel 1"}], "obligation": [{"action": "watermark"}],
    }  # fmt: skip
    dry = send(admin, foreign, "?dry_run=true", 200)
    assert (dry["made"], dry["draft"]["grantor"]) == ([], {"scope": "uri", "value": "https://archive.example"})
    told = send(admin, foreign)
    body = told["record"]["body"]
    assert len(told["made"]) == 3
    assert (body["training"]["kinds"], body["training"]["territories"], body["output"]) == (["*"], ["US"], {"granted": False})
    assert admin.send("GET", f"/v1/sources/{body['sources'][0]}").get_json()["body"]["title"] == "Reel 1"
    assert body["policy"]["sha256"] == hashlib.sha256(json.dumps(foreign).encode()).hexdigest()
    assert told["unread"][0]["pointer"] == "/obligation/0"
    assert "/obligation/0" in body["notes"]
    assert send(admin, foreign, status=200)["found"] is True
    other = send(admin, foreign | {"uid": "https://archive.example/8", "@type": "Set"})
    assert (len(other["made"]), other["agreed"], "training" in other["record"]["body"]) == (1, False, False)
    assert send(admin, foreign | {"uid": "https://archive.example/9", "@type": "Set"}, "?agreed=true")["record"]["body"]["training"][
        "granted"
    ]
    assert send(stranger, policy, status=422)["errors"][0]["pointer"].endswith("/grantor")
    person = foreign | {
        "uid": "https://archive.example/10",
        "assignee": {"@type": ["Party", "vcard:Individual"], "uid": "https://a.example/me"},
    }
    assert send(admin, person, status=422)["errors"][0]["pointer"] == "/content"
    assert send(admin, b"[1", status=422)["errors"][0]["pointer"] == "/content"
    assert send(admin, policy, "?moon=full", 422)["errors"][0]["pointer"] == "/moon"
    send(caller("production", studio_id=admin.studio_id), policy, status=403)
    assert admin.client.post("/v1/licences/import", data=policy).status_code == 401
    profile = admin.client.get("/v1/odrl-profile")
    assert (profile.status_code, profile.get_json(force=True)["@id"]) == (200, json.loads(policy)["profile"])


def test_the_command_writes_every_form(run: Callable[..., tuple[int, str]], world: dict[str, str], tmp_path: Path) -> None:
    for _, key, form in PATHS:
        out = tmp_path / f"{key}.{form}.json"
        status, text = run("export", world[key], "--as", form, "--out", str(out), "--json")
        told = json.loads(text)
        assert (status, told["as"], told["sha256"]) == (0, form, hashlib.sha256(out.read_bytes()).hexdigest())
        assert json.loads(out.read_bytes())
    status, text = run("export", world["shot"], "--as", "odrl")
    assert (status, "ml-bom, prov" in text) == (1, True)
    assert run("export", "nothing", "--as", "prov")[0] == 1
    assert run("export", world["licence"], "--as", "odrl", "--limit", "3")[0] == 1
    assert run("export", world["shot"], "--as", "prov", "--out", str(tmp_path / "none" / "x"))[0] == 1
    status, text = run("export", world["shot"], "--as", "prov", "--limit", "2")
    assert (status, len(json.loads(text)["entity"])) == (0, 2)
    out = str(tmp_path / "cut.json")
    assert json.loads(run("export", world["shot"], "--as", "prov", "--limit", "2", "--out", out, "--json")[1])["truncated"] is True
