"""Provider answers and incoming credentials: kept whole, read carefully, graded by what holds them up."""

import base64
import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import c2pa as library
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import errors
from service.demo import media
from service.ingest import c2pa, google, inline, register
from service.ingest.draft import Draft, Limits, Source

LIMITS = Limits()
REAL = Path(__file__).parents[2].parent / "shared" / "media" / "credentials"


def google_draft(request: Any, response: Any = None) -> Draft:
    answer = json.dumps(response).encode() if response is not None else None
    return google.read(Source(request=json.dumps(request).encode(), response=answer), LIMITS)


def test_the_demo_video_exchange_is_read_and_kept_whole() -> None:
    request, response = json.dumps(media.provider_request()).encode(), json.dumps(media.provider_response(b"x")).encode()
    source = Source(request=request, response=response)
    assert google.detect(source)
    draft = google.read(source, LIMITS)
    assert (draft.tool, draft.provider, draft.at) == ("Veo", "google", "2026-09-14T11:02:07Z")
    assert (draft.job_id or "").endswith("operations/7d1f0c52")
    assert [(m.name, m.where) for m in draft.models] == [("veo-3.1-generate-001", "response.name")]
    assert [(i.role, i.name) for i in draft.inputs] == [
        ("first_frame", "gs://harbour-inputs/sc042/first_frame.png"),
        ("reference", "gs://harbour-inputs/replica/front.png"),
    ]
    assert [prompt.use for prompt in draft.prompts] == ["positive", "negative"]
    assert draft.sampling[0].seed == 41042
    assert draft.sampling[0].settings["personGeneration"] == "allow_adult"
    assert [output.name for output in draft.outputs] == ["gs://harbour-outputs/sc042/sample_0.mp4"]
    assert [(raw.name, raw.content) for raw in draft.raw] == [("request", request), ("response", response)]
    assert draft.contradictions == ()
    assert draft.grade == "imported"


def test_the_sdk_shape_and_inline_bytes() -> None:
    picture = b"not really a picture"
    request = {
        "model": "imagen-4.0-generate-001",
        "prompt": "a pier",
        "config": {"seed": 7, "reference_images": [{"reference_image": {"image_bytes": base64.b64encode(picture).decode()}}]},
    }
    draft = google_draft(request, {"generated_images": [{"image": {"gcs_uri": "gs://x/1.png"}, "enhanced_prompt": "a long pier, dusk"}]})
    assert draft.tool == "Imagen"
    assert draft.inputs[0].digests[0].value == hashlib.sha256(picture).hexdigest()
    assert [(p.use, p.text) for p in draft.prompts] == [("positive", "a pier"), ("enhanced", "a long pier, dusk")]
    assert draft.job_id is None
    assert draft.at is None


def test_what_the_answer_does_not_say_is_absent() -> None:
    draft = google_draft({"instances": [{}], "parameters": {}})
    assert (draft.models, draft.inputs, draft.prompts, draft.outputs, draft.tool, draft.sampling[0].seed) == ((), (), (), (), None, None)


def test_contradictions_between_request_and_answer_are_listed() -> None:
    request = {"model": "veo-2.0-generate-001", "body": {"instances": [{"prompt": "x"}]}}
    response = {
        "name": "models/veo-3.0-generate-001/operations/abc",
        "done": False,
        "error": {"code": 13},
        "response": {"raiMediaFilteredCount": 1},
    }
    codes = [remark.code for remark in google_draft(request, response).contradictions]
    assert codes == ["model_differs", "not_finished", "provider_error", "filtered"]


@pytest.mark.parametrize("content", [b"{", b'{"a": ' * 5000, b"\xff\xfe\x00", b"[" * 100_000])
def test_hostile_answers_are_refused_with_a_pointer(content: bytes) -> None:
    with pytest.raises(errors.Invalid) as caught:
        google.read(Source(response=content, provider="google"), LIMITS)
    assert caught.value.errors[0].pointer == "/response"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["instances", "parameters", "prompt", "image", "videos", "response", "name", "seed"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(json_values, json_values)
def test_any_exchange_gives_a_draft(request: Any, response: Any) -> None:
    draft = google_draft(request, response)
    assert {raw.name for raw in draft.raw} <= {"request", "response"}


def report(manifest: dict[str, Any], state: str = "Trusted", *, tampered: bool = False, **others: Any) -> dict[str, Any]:
    return {
        "state": state,
        "tampered": tampered,
        "lineage": [],
        "active_manifest": "urn:c2pa:1",
        "manifests": {"urn:c2pa:1": manifest, **others},
    }


GENERATED = {
    "label": "urn:c2pa:1",
    "claim_generator_info": [{"name": "ChatGPT", "version": "4"}],
    "signature_info": {"issuer": "OpenAI", "time": "2026-05-01T10:00:00+00:00"},
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "softwareAgent": {"name": "GPT-4o"},
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
                    }
                ]
            },
        }
    ],
    "ingredients": [
        {"title": "plate.jpg", "format": "image/jpeg", "relationship": "componentOf", "active_manifest": "urn:c2pa:2"},
        {"title": "note.txt", "relationship": "inputTo", "instance_id": "xmp:iid:7"},
        {"title": "Base model", "relationship": "inputTo", "data_types": [{"type": "c2pa.types.model"}]},
        {"title": "prompt", "relationship": "inputTo", "data_types": [{"type": "c2pa.types.generator.prompt"}]},
    ],
}
PLATE = {
    "label": "urn:c2pa:2",
    "assertions": [
        {
            "label": "c2pa.actions",
            "data": {"actions": [{"digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"}]},
        }
    ],
    "ingredients": [{"title": "raw.dng", "relationship": "parentOf", "instance_id": "xmp:iid:8"}],
}


def test_all_ingredients_of_a_manifest_come_out_with_what_lies_below_them() -> None:
    source = Source(credentials=report(GENERATED, **{"urn:c2pa:2": PLATE}))
    assert c2pa.detect(source)
    draft = c2pa.read(source, LIMITS)
    assert (draft.tool, draft.tool_version, draft.origin, draft.grade) == ("ChatGPT", "4", "generated", "signed")
    assert [(m.name, m.type) for m in draft.models] == [("Base model", "other")]
    plate, note = draft.inputs
    assert (plate.name, plate.role, plate.origin, plate.identifiers) == (
        "plate.jpg",
        "component",
        "camera",
        (("c2pa.manifest", "urn:c2pa:2"),),
    )
    assert (note.role, note.identifiers) == ("input", (("c2pa.instance", "xmp:iid:7"),))
    assert [(p.name, p.role) for p in plate.parents] == [("raw.dng", "parent")]


@pytest.mark.parametrize(
    ("state", "tampered", "grade"),
    [("Trusted", False, "signed"), ("Valid", False, "imported"), ("Trusted", True, "asserted"), ("Invalid", True, "asserted")],
)
def test_a_claim_is_as_good_as_its_signature(*, state: str, tampered: bool, grade: str) -> None:
    draft = c2pa.read(Source(credentials=report(GENERATED, state, tampered=tampered)), LIMITS)
    assert (draft.grade, draft.inputs[0].grade) == (grade, grade)
    assert ("credentials_broken" in [remark.code for remark in draft.contradictions]) is tampered


def test_a_broken_ingredient_is_hearsay_although_the_file_is_trusted() -> None:
    broken = {"activeManifest": {"failure": [{"code": "assertion.dataHash.mismatch"}]}}
    ingredients = [{**GENERATED["ingredients"][0], "validation_results": broken}]  # type: ignore[dict-item, index]
    draft = c2pa.read(Source(credentials=report({**GENERATED, "ingredients": ingredients}, **{"urn:c2pa:2": PLATE})), LIMITS)
    assert (draft.grade, draft.inputs[0].grade, draft.inputs[0].parents[0].grade) == ("signed", "asserted", "asserted")


def test_ingredients_that_contain_themselves_end() -> None:
    loop = {"ingredients": [{"title": "me", "relationship": "parentOf", "active_manifest": "urn:c2pa:1"}]}
    started = time.perf_counter()
    assert [found.name for found in c2pa.read(Source(credentials=report(loop)), LIMITS).inputs] == ["me"]
    assert time.perf_counter() - started < 1


def test_wide_and_deep_ingredients_stay_within_bounds() -> None:
    wide = {"ingredients": [{"title": str(n), "relationship": "parentOf", "active_manifest": "urn:c2pa:1"} for n in range(50)]}
    started = time.perf_counter()
    draft = c2pa.read(Source(credentials=report(wide)), LIMITS)
    assert time.perf_counter() - started < 2
    assert len(draft.inputs) == 50


def test_an_active_manifest_that_is_not_there_is_said() -> None:
    draft = c2pa.read(Source(credentials={**report(GENERATED), "active_manifest": "urn:c2pa:9"}), LIMITS)
    assert "no_active_manifest" in [remark.code for remark in draft.contradictions]


# What a person reads off each manifest: what went in, with what lies below it, and that none of them was made by a trained model.
SIGNED: dict[str, list[tuple[str, str, list[str]]]] = {
    "C.jpg": [],
    "CA.jpg": [("parent", "A.jpg", [])],
    "XCA.jpg": [("parent", "A.jpg", [])],
    "E-sig-CA.jpg": [("parent", "A.jpg", [])],
    "update_manifest.jpg": [("parent", "ingredient 0", ["image 1.jpg", "image 2.png"])],
    "video1.mp4": [("parent", "video1.mp4", [])],
}


@pytest.mark.skipif(not REAL.exists(), reason="the signed files lie beside the checkout, and are not there")
@pytest.mark.parametrize("name", SIGNED)
def test_real_manifests_give_their_ingredients_and_no_generation(name: str) -> None:
    kind = "video/mp4" if name.endswith("mp4") else "image/jpeg"
    with (REAL / name).open("rb") as stream, library.Reader(kind, stream) as reader:
        store = json.loads(reader.json())
    draft = c2pa.read(Source(credentials={"state": "Valid", "tampered": False, "store": store}), LIMITS)
    assert [(found.role, found.name, [each.name for each in found.parents]) for found in draft.inputs] == SIGNED[name]
    assert (draft.models, draft.tool_class) == ((), None)
    assert draft.tool
    made = {**report(GENERATED), "state": "Valid"}
    assert c2pa.read(Source(credentials=made), LIMITS).tool_class == "generative"


def test_two_adapters_that_disagree_are_merged_and_say_so() -> None:
    camera = {**PLATE, "label": "urn:c2pa:1", "signature_info": {"time": "2024-01-01T00:00:00Z"}}
    source = Source(
        request=json.dumps(media.provider_request()).encode(),
        response=json.dumps(media.provider_response(b"x")).encode(),
        credentials=report(camera),
    )
    drafts = register.read(source)
    assert [draft.adapter for draft in drafts] == ["google", "c2pa"]
    merged = register.merge(drafts)
    assert {"origin_differs", "time_differs"} <= {remark.code for remark in merged.contradictions}
    later = {**PLATE, "label": "urn:c2pa:1", "signature_info": {"time": "2027-01-01T00:00:00Z"}}
    signed_later = register.merge(register.read(replace(source, credentials=report(later))))
    assert "time_differs" not in {remark.code for remark in signed_later.contradictions}
    assert (merged.tool, merged.grade) == ("Veo", "signed")
    assert len(merged.inputs) == 3


def test_a_file_that_is_none_of_those_in_the_answer_is_said_to_differ() -> None:
    content = bytes(range(100))
    answer = json.dumps(
        {"created": 1, "data": [{"b64_json": base64.b64encode(content).decode()}, {"b64_json": "short"}, {"b64_json": 7}]}
    ).encode()
    own = hashlib.sha256(content).hexdigest()
    assert inline.remarks(Source(sha256=own, response=answer), LIMITS) == ()
    assert [remark.code for remark in inline.remarks(Source(sha256="ab" * 32, response=answer), LIMITS)] == ["output_differs"]
    for source in (
        Source(response=answer),
        Source(sha256=own),
        Source(sha256=own, response=b"{"),
        Source(sha256=own, response=b'{"data": "x"}'),
    ):
        assert inline.remarks(source, LIMITS) == ()


def test_nothing_known_is_nothing_said() -> None:
    assert register.read(Source(name="x.png")) == ()
