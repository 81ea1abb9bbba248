"""From files to the graph: imports, lineage either way, rights along it, and what an end of a grant reaches."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from service.demo import comfy_graph, media

Caller = Any


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> media.Media:
    return media.write(tmp_path_factory.mktemp("media"))


def upload(caller: Caller, path: Path | None, *, options: dict[str, Any] | None = None, **parts: bytes) -> Any:
    data: dict[str, Any] = {name: (io.BytesIO(content), name) for name, content in parts.items()}
    if path is not None:
        data["file"] = (io.BytesIO(path.read_bytes()), path.name)
    if options is not None:
        data["options"] = json.dumps(options)
    return caller.send("POST", "/v1/generations/import", data=data, content_type="multipart/form-data")


def good(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def get(caller: Caller, path: str) -> Any:
    return good(caller.send("GET", path))


@pytest.fixture
def world(admin: Caller) -> dict[str, str]:
    """An artist's licensed source, a dataset, a base model and the look trained on it."""
    ids: dict[str, str] = {}

    def add(key: str, collection: str, /, **body: Any) -> None:
        ids[key] = admin.create(collection, body)["id"]

    add("artist", "parties", type="person", professional_name="A. Painter")
    add("mara", "parties", type="person", professional_name="Mara Voss")
    add("film", "productions", title="Harbour", format="feature")
    add("other", "productions", title="Another", format="feature")
    add("source", "sources", title="Harbour paintings", item_count=60)
    add(
        "licence", "licences", grantor=ids["artist"], sources=[ids["source"]], territories=["US", "GB"], media=["*"],
        window={"start": "2026", "end": "2031-12-31"}, productions_allowed=[ids["film"]],
        training={"granted": True, "kinds": ["fine_tune"]}, output={"granted": True, "purposes": ["*"], "languages": ["*"]},
    )  # fmt: skip
    add("dataset", "datasets", name="Harbour look", parts=[{"source": ids["source"], "licence": ids["licence"]}])
    add("base", "models", name="Base", file_name=comfy_graph.BASE, type="base", training_disclosure="undisclosed")
    add("look", "models", name="Look", file_name=comfy_graph.LOOK, type="lora", datasets=[ids["dataset"]], base_models=[ids["base"]])
    add("replica", "replicas", person=ids["mara"])
    add("face", "models", name="Face", file_name=comfy_graph.REPLICA, type="lora", replicas=[ids["replica"]], datasets=[])
    add("vae", "models", name="VAE", file_name=comfy_graph.VAE, type="vae", datasets=[])
    add(
        "consent", "consents", grantor=ids["mara"], person=ids["mara"], capacity="self", answer="granted",
        scope={"productions": [ids["film"]]},
    )  # fmt: skip
    return ids


def shot(admin: Caller, made: media.Media, world: dict[str, str]) -> dict[str, Any]:
    return dict(good(upload(admin, made.shot_png, options={"stated": {"productions": [world["film"]]}}), 201))


def test_a_comfyui_file_becomes_a_generation_of_registered_models(admin: Caller, made: media.Media, world: dict[str, str]) -> None:
    layout = admin.create("assets", {"type": "image", "name": "layout"})["id"]
    good(admin.send("PUT", f"/v1/assets/{layout}/content", data=made.layout_png.read_bytes()))
    told = shot(admin, made, world)
    body = told["record"]["body"]
    linked = {line["name"]: line["model"].partition("@")[0] for line in body["models"]}
    assert linked == {
        comfy_graph.BASE: world["base"],
        comfy_graph.LOOK: world["look"],
        comfy_graph.REPLICA: world["face"],
        comfy_graph.VAE: world["vae"],
    }
    assert body["models"][2]["strength"] == "0.65"
    assert body["inputs"][0]["asset"] == layout
    assert body["sampling"][0]["seed"] == str(comfy_graph.SEED)
    assert {prompt["use"]: prompt["text"] for prompt in body["prompts"]} == {
        "positive": comfy_graph.POSITIVE,
        "negative": comfy_graph.NEGATIVE,
    }
    assert [each["code"] for each in told["contradictions"]] == ["model_hash_unknown"]
    assert "prompt_entities" not in body
    assert "replicas" not in body
    assert len(told["made"]) == 2
    asset = get(admin, f"/v1/assets/{told['asset']}")["body"]
    assert (asset["origin"], asset["type"], asset["grade"], "people" in asset) == ("generated", "image", "imported", False)
    with admin.send("GET", f"/v1/assets/{told['asset']}/content") as content:
        assert content.get_data() == made.shot_png.read_bytes()


def test_the_same_file_again_is_found(admin: Caller, made: media.Media, world: dict[str, str]) -> None:
    first = shot(admin, made, world)
    again = good(upload(admin, made.shot_png), 200)
    assert (again["found"], again["generation"], again["asset"]) == (True, first["generation"], first["asset"])


def test_prompts_and_sources_are_kept_from_who_may_not_see_them(
    admin: Caller, caller: Any, made: media.Media, world: dict[str, str]
) -> None:
    told = shot(admin, made, world)
    vendor = caller("vendor", studio_id=admin.studio_id)
    text = vendor.send("GET", f"/v1/generations/{told['generation']}").get_data(as_text=True)
    assert comfy_graph.POSITIVE not in text
    assert vendor.send("GET", f"/v1/generations/{told['generation']}/source?name=prompt").status_code == 403
    raw = admin.send("GET", f"/v1/generations/{told['generation']}/source?name=prompt")
    assert json.loads(raw.get_data())["6"]["inputs"]["text"] == comfy_graph.POSITIVE
    assert admin.send("GET", f"/v1/generations/{told['generation']}/source?name=nothing").status_code == 404


def test_a_providers_exchange_and_its_video(admin: Caller, made: media.Media) -> None:
    told = good(
        upload(admin, made.provider_mp4, request=made.provider_request.read_bytes(), response=made.provider_response.read_bytes()), 201
    )
    body = told["record"]["body"]
    assert body["tool"]["name"] == "Veo"
    assert body["provider"]["name"] == "google"
    assert body["generated_at"] == "2026-09-14T11:02:07.000000Z"
    assert [each["role"] for each in body["inputs"]] == ["first_frame", "reference"]
    assert all("asset" in each for each in body["inputs"])
    raw = admin.send("GET", f"/v1/generations/{told['generation']}/source?name=response").get_data()
    assert raw == made.provider_response.read_bytes()


def test_json_import_of_a_registered_asset_and_a_bad_one(admin: Caller, made: media.Media) -> None:
    asset = admin.create("assets", {"type": "video", "name": "clip"})["id"]
    request, response = media.provider_request(), media.provider_response(b"x")
    body = {"asset": asset, "request": request, "response": response, "stated": {"prompts": []}}
    refused = admin.send("POST", "/v1/generations/import", json=body)
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/stated/prompts")
    body["stated"] = {"stage": "final", "purpose": "scene 42"}
    told = good(admin.send("POST", "/v1/generations/import", json=body), 201)
    assert told["asset"] == asset
    assert told["record"]["body"]["stage"] == "final"
    nothing = admin.send("POST", "/v1/generations/import", json={"asset": asset})
    assert (nothing.status_code, nothing.get_json()["code"]) == (422, "nothing_found")


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"\x89PNG\r\n\x1a\n" + bytes(50), 422), (b"just text", 422), (b"", 422)],
)
def test_files_that_say_nothing_or_lie_write_nothing(admin: Caller, content: bytes, status: int, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(content)
    assert upload(admin, path).status_code == status
    assert get(admin, "/v1/generations")["items"] == []
    assert get(admin, "/v1/assets")["items"] == []


def test_lineage_either_way(admin: Caller, made: media.Media, world: dict[str, str]) -> None:
    told = shot(admin, made, world)
    graph = get(admin, f"/v1/assets/{told['asset']}/lineage")
    found = {node["id"]: node for node in graph["nodes"]}
    for name in ("base", "look", "face", "vae", "dataset", "source", "licence", "replica", "mara", "consent"):
        assert world[name] in found, name
    assert world["artist"] not in found
    assert (found[world["look"]]["depth"], found[world["licence"]]["depth"]) == (2, 4)
    edges = {(edge["from"], edge["to"]): edge for edge in graph["edges"]}
    assert (
        edges[told["generation"], world["look"]] | {"role": "model", "version": 1, "grade": "imported"}
        == edges[told["generation"], world["look"]]
    )
    assert edges[told["asset"], told["generation"]]["role"] in {"parent", "output"}
    assert (world["source"], world["licence"]) in edges
    assert graph["truncated"] is False
    below = get(admin, f"/v1/licences/{world['licence']}/lineage?direction=descendants")
    assert told["asset"] in {node["id"] for node in below["nodes"]}
    short = get(admin, f"/v1/assets/{told['asset']}/lineage?depth=1&limit=3")
    assert short["truncated"] is True
    summary = get(admin, f"/v1/assets/{told['asset']}/lineage?summary=true")
    assert "nodes" not in summary
    assert summary["summary"]["by_kind"]["model"] == 4
    assert admin.send("GET", "/v1/assets/ast_0000000000000000000000000a/lineage").status_code == 404
    page = get(admin, f"/v1/assets/{told['asset']}/lineage?limit=3")
    nodes, paged = page["nodes"], page["edges"]
    while "next" in page:
        page = get(admin, f"/v1/assets/{told['asset']}/lineage?limit=3&cursor={page['next']}")
        nodes, paged = nodes + page["nodes"], paged + page["edges"]
    assert nodes == graph["nodes"]
    assert sorted(map(str, paged)) == sorted(map(str, graph["edges"]))
    for cursor in ("x", "3.ast_0", "99999.x"):
        assert admin.send("GET", f"/v1/assets/{told['asset']}/lineage?cursor={cursor}").status_code == 422


def test_others_see_nothing_of_it(admin: Caller, stranger: Caller, caller: Any, made: media.Media, world: dict[str, str]) -> None:
    told = shot(admin, made, world)
    assert stranger.send("GET", f"/v1/assets/{told['asset']}/lineage").status_code == 404
    limited = caller("production", studio_id=admin.studio_id, productions=[world["other"]])
    assert limited.send("GET", f"/v1/assets/{told['asset']}/lineage").status_code == 404
    hidden = get(limited, f"/v1/sources/{world['source']}/lineage?direction=descendants")
    node = next(node for node in hidden["nodes"] if node["kind"] == "generation")
    assert node["hidden"] is True
    assert "label" not in node


def test_rights_along_the_lineage_name_what_limits(admin: Caller, made: media.Media, world: dict[str, str]) -> None:
    told = shot(admin, made, world)
    path = f"/v1/assets/{told['asset']}/rights?territories=US,DE&productions={world['film']}&start=2027-01-01&end=2030-12-31&at=2026-09-20T00:00:00Z"
    first = get(admin, path)
    assert first["permits"]["granted"] == "unknown"
    assert world["base"] in first["limited_by"]["granted"]
    admin.create(
        "evidence",
        {
            "type": "vendor_determination",
            "details": {"model": world["base"], "outcome": "accepted", "decided_at": "2026-09-01", "expires_at": "2027-09-01"},
        },
    )
    settled = get(admin, path)
    assert settled["permits"] == {"granted": True, "territories": False, "productions": True, "window": True}
    assert settled["limited_by"]["territories"] == [world["licence"]]
    assert settled["effective"]["territories"] == ["GB", "US"]
    admin.send("POST", f"/v1/licences/{world['licence']}/events", json={"type": "revoked", "effective_at": "2026-09-10"})
    revoked = get(admin, path)
    assert revoked["permits"]["granted"] is False
    assert any("evt_" in step["why"] for step in revoked["steps"])
    before = get(admin, path.replace("at=2026-09-20", "at=2026-09-05"))
    assert before["permits"]["granted"] is True


def test_the_impact_of_a_withdrawal_is_the_same_before_and_after(admin: Caller, made: media.Media, world: dict[str, str]) -> None:
    told = shot(admin, made, world)
    elsewhere = admin.create("assets", {"type": "image", "productions": [world["other"]]})["id"]
    admin.create("appearances", {"asset": elsewhere, "person": world["mara"], "type": "synthetic", "productions": [world["other"]]})
    path = f"/v1/consents/{world['consent']}/events?dry_run=true"
    body = {"type": "withdrawn", "effective_at": "2026-10-01", "basis": "contract_clause"}
    dry = good(admin.send("POST", path, json=body), 200)["impact"]
    ids = {item["id"] for item in dry["items"]}
    assert {told["asset"], told["generation"], world["replica"], world["face"]} <= ids
    assert elsewhere not in ids
    assert dry["new_use"] == "blocked"
    assert dry["by_kind"]["asset"] == {"unreleased": 1, "released": 0}
    assert dry["by_production"][world["film"]] == {"asset.unreleased": 1, "generation.unreleased": 1}
    assert good(admin.send("POST", path.partition("?")[0], json=body), 201)["kind"] == "event"
    after = get(admin, f"/v1/consents/{world['consent']}/impact")
    assert after == dry


def test_impact_of_licence_and_model(admin: Caller, made: media.Media, world: dict[str, str]) -> None:
    told = shot(admin, made, world)
    licence = get(admin, f"/v1/licences/{world['licence']}/impact")
    assert {world["dataset"], world["look"], told["generation"], told["asset"]} <= {item["id"] for item in licence["items"]}
    assert world["base"] not in {item["id"] for item in licence["items"]}
    owners = {item["kind"]: item["owner"] for item in licence["items"]}
    assert owners["model"] == "rights"
    assert licence["cut"] == {"complete": True, "number": 1, "edges": [{"older": world["dataset"], "younger": world["look"]}]}
    cut = get(admin, f"/v1/models/{world['vae']}/impact?limit=1")
    assert (cut["total"], len(cut["items"]), cut["truncated"]) == (2, 1, True)


SIGNED = Path(__file__).parents[2].parent / "shared" / "media" / "credentials"


@pytest.mark.skipif(not SIGNED.exists(), reason="the signed files lie beside the checkout, and are not there")
def test_incoming_credentials_become_records_with_their_ingredients(admin: Caller) -> None:
    told = good(upload(admin, SIGNED / "CA.jpg"), 201)
    body = told["record"]["body"]
    assert body["tool"]["name"].startswith("make_test_images")
    asset = get(admin, f"/v1/assets/{told['asset']}")["body"]
    relations = [parent["relation"] for parent in asset["parents"]]
    assert relations[0] == "generated_by"
    assert "derived_from" in relations
    graph = get(admin, f"/v1/assets/{told['asset']}/lineage")
    parents = [node for node in graph["nodes"] if node["kind"] == "asset" and node["depth"] == 1]
    assert parents
    assert all(edge.get("grade") in {"asserted", "imported", "signed"} for edge in graph["edges"])
    broken = good(upload(admin, SIGNED / "E-sig-CA.jpg"), 201)
    assert broken["record"]["body"]["grade"] == "asserted"
    assert "credentials_broken" in {each["code"] for each in broken["contradictions"]}


def test_a_job_that_another_rests_on_is_joined_whichever_comes_in_first(admin: Caller) -> None:
    def job(name: str, frame: dict[str, str] | None = None) -> dict[str, Any]:
        asked = {"prompt": "a pier"} | ({"keyframes": {"frame0": frame}} if frame else {})
        return {"id": name, "generation_type": "video", "state": "completed", "model": "ray-2", "assets": {}, "request": asked}

    def bring(answer: dict[str, Any], content: bytes | None = None) -> dict[str, Any]:
        parts: dict[str, Any] = {"response": (io.BytesIO(json.dumps(answer).encode()), "response")}
        if content:
            parts["file"] = (io.BytesIO(content), "v.bin")
        return dict(good(admin.send("POST", "/v1/generations/import", data=parts, content_type="multipart/form-data"), 201))

    later = bring(job("g-2", {"type": "generation", "id": "g-1"}))
    waiting = later["record"]["body"]["inputs"][0]["asset"]
    earlier = bring(job("g-1"))
    assert earlier["asset"] == waiting
    last = bring(job("g-3", {"type": "generation", "id": "g-2"}))
    assert last["record"]["body"]["inputs"][0]["asset"] == later["asset"]
    assert bring(job("g-2", {"type": "generation", "id": "g-1"}), b"another output of the same job")["asset"] != later["asset"]
    nodes = get(admin, f"/v1/assets/{last['asset']}/lineage")["nodes"]
    assert {earlier["generation"], later["generation"]} <= {node["id"] for node in nodes}


@pytest.mark.parametrize(
    ("provider", "response", "status", "code"),
    [
        ("luma", {"id": "\x00\udfff", "state": "completed"}, 201, None),
        ("Runway ML", {"id": "r-1", "status": "SUCCEEDED"}, 201, None),
        ("Adobe Firefly", {"jobId": "j-1"}, 201, None),
        ("acme", {"id": "x"}, 422, "unknown_provider"),
        ("kling", {}, 422, "nothing_found"),
        ("declared", [], 422, "nothing_found"),
    ],
)
def test_an_exchange_with_strange_ids_other_names_or_nothing_in_it(
    admin: Caller, provider: str, response: Any, status: int, code: Any
) -> None:
    parts = {"response": (io.BytesIO(json.dumps(response).encode()), "response"), "options": json.dumps({"provider": provider})}
    answer = admin.send("POST", "/v1/generations/import", data=parts, content_type="multipart/form-data")
    assert good(answer, status).get("code") == code


def test_a_file_whose_credentials_lie_elsewhere_says_where(admin: Caller, tmp_path: Path) -> None:
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        ' xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="https://manifests.example/1"/></rdf:RDF></x:xmpmeta>'
    )
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet)
    Image.new("RGB", (2, 2)).save(tmp_path / "cloud.png", pnginfo=info)
    told = good(upload(admin, tmp_path / "cloud.png"), 422)
    assert told["code"] == "nothing_found"
    assert "https://manifests.example/1" in told["detail"]


def test_the_same_job_and_the_same_new_model_at_once_are_one_each(admin: Caller) -> None:
    def bring(number: int) -> Any:
        answer = {"id": f"g-{number // 2}", "generation_type": "video", "state": "completed", "model": "ray-9", "assets": {}}
        parts = {"response": (io.BytesIO(json.dumps(answer).encode()), "response")}
        client = own_client(admin)
        return client.send("POST", "/v1/generations/import", data=parts, content_type="multipart/form-data")

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(bring, range(6)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.get_json()["generation"] for answer in answers}) == 3
    assert len(get(admin, "/v1/models")["items"]) == 1


def own_client(caller: Caller) -> Caller:
    """The same key with a client of its own, since one serves one thread."""
    return replace(caller, client=caller.client.application.test_client())
