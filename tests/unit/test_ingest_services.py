"""Stability, Firefly, Deepdub, Respeecher and DeepMotion: a real-shaped exchange, a stripped one and hostile ones for each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import errors
from service.ingest import register
from service.ingest.draft import Draft, Source

NAMES = ["stability", "firefly", "deepdub", "respeecher", "deepmotion"]


def exchange(request: Any, response: Any, provider: str | None = None) -> Draft:
    source = Source(request=json.dumps(request).encode(), response=json.dumps(response).encode(), provider=provider)
    (draft,) = register.read(source)
    assert [piece.name for piece in draft.raw] == ["request", "response"]
    assert [piece.content for piece in draft.raw] == [source.request, source.response]
    return draft


def roles(draft: Draft) -> list[tuple[str, str]]:
    return [(found.role, found.name) for found in draft.inputs]


def codes(draft: Draft) -> list[str]:
    return [remark.code for remark in draft.contradictions]


def test_stability_tells_the_run_by_headers() -> None:
    request = {
        "model": "sd3.5-large",
        "prompt": "a pier",
        "negative_prompt": "people",
        "seed": 0,
        "strength": 0.6,
        "image": "https://x/layout.png",
    }
    draft = exchange(request, {"headers": {"Seed": "343940597", "Finish-Reason": "SUCCESS", "X-Request-Id": "9a2f"}}, "stability")
    assert (draft.provider, draft.job_id, draft.models[0].name, draft.sampling[0].seed) == ("stability", "9a2f", "sd3.5-large", 343940597)
    assert roles(draft) == [("initial_image", "https://x/layout.png")]
    assert [prompt.use for prompt in draft.prompts] == ["positive", "negative"]
    assert codes(draft) == []
    filtered = exchange({"seed": 5}, {"artifacts": [{"seed": 6, "finishReason": "CONTENT_FILTERED"}]})
    assert codes(filtered) == ["filtered", "seed_differs"]
    weighted = exchange({"text_prompts": [{"text": "pier", "weight": 1}, {"text": "fog", "weight": -0.5}]}, {}, "stability")
    assert [(prompt.text, prompt.use) for prompt in weighted.prompts] == [("pier", "positive"), ("fog", "negative")]


def test_firefly_names_seeds_references_and_the_custom_model() -> None:
    request = {
        "prompt": "a pier", "contentClass": "photo", "customModelId": "urn:aaid:cm-7",
        "structure": {"strength": 60, "imageReference": {"source": {"uploadId": "up-1"}}},
        "style": {"imageReference": {"source": {"url": "https://x/style.png"}}},
    }  # fmt: skip
    response = {"jobId": "urn:ff:jobs:va6:1", "status": "succeeded", "result": {
        "modelVersion": "image5", "outputs": [{"seed": 7, "image": {"url": "https://x/1.png"}}, {"seed": 8, "image": {"url": "https://x/2.png"}}],
    }}  # fmt: skip
    draft = exchange(request, response)
    assert (draft.job_id, [sampling.seed for sampling in draft.sampling]) == ("urn:ff:jobs:va6:1", [7, 8])
    assert [(model.type, model.name) for model in draft.models] == [("hosted", "firefly image5"), ("adapter", "urn:aaid:cm-7")]
    assert roles(draft) == [("control", "up-1"), ("style_reference", "https://x/style.png")]
    assert draft.inputs[0].identifiers == (("firefly.upload", "up-1"),)
    assert [output.name for output in draft.outputs] == ["https://x/1.png", "https://x/2.png"]
    assert codes(exchange({}, {"jobId": "urn:ff:jobs:2", "status": "running"})) == ["not_finished", "no_request"]


def test_deepdub_voice_is_a_model_and_its_publication_is_said() -> None:
    request = {"model": "dd-etts-3.0", "targetText": "Komm herein.", "locale": "de-DE", "voicePromptId": "vp-3", "seed": 4,
               "mediaUrl": "https://x/reel_3.mov", "voiceProfile": {"id": "vp-3", "publish": True}}  # fmt: skip
    draft = exchange(request, {"generationId": "dg-1", "status": "completed", "outputUrl": "https://x/line.wav"})
    assert [(model.type, model.name) for model in draft.models] == [("hosted", "dd-etts-3.0"), ("voice", "vp-3")]
    assert (draft.job_id, draft.sampling[0].seed, draft.fields) == ("dg-1", 4, {"actions": ["dub"]})
    assert [(prompt.use, prompt.text) for prompt in draft.prompts] == [("speech", "Komm herein.")]
    assert roles(draft) == [("source_video", "https://x/reel_3.mov")]
    assert codes(draft) == ["voice_published"]


def test_respeecher_has_a_driver_and_a_target() -> None:
    recording = {"id": "rec-2", "phrase_id": "ph-1", "project_id": "pr-1", "original_id": "rec-1", "voice_id": "vo-9", "voice_name": "Mara",
                 "state": "ready", "created_at": "2026-09-14T10:00:00Z", "url": "https://x/rec-2.wav"}  # fmt: skip
    draft = exchange({"semitones_correction": 0}, recording)
    assert (draft.job_id, [(model.type, model.name, model.version) for model in draft.models]) == ("rec-2", [("voice", "vo-9", "Mara")])
    assert [(found.role, found.identifiers) for found in draft.inputs] == [("driving_performance", (("respeecher.recording", "rec-1"),))]
    assert codes(draft) == []
    by_hand = {
        "contract": "RS-2026-14",
        "project_id": "Harbour",
        "session": "s3",
        "source_actor": "B. Hand",
        "target_voice": {"id": "mara-2"},
    }
    told = exchange(by_hand, {}, "respeecher")
    assert (told.job_id, told.fields, roles(told)) == (
        "Harbour/s3",
        {"terms": {"contract": "RS-2026-14"}},
        [("driving_performance", "source actor in s3")],
    )
    assert (codes(told), "B. Hand" in str((told.inputs, told.contradictions))) == (["driver_named"], False)
    assert codes(exchange({}, {"voice_id": "v"}, "respeecher")) == ["driver_unknown"]


def test_deepmotion_video_is_the_driving_performance() -> None:
    request = {
        "url": "https://x/mover.mp4",
        "processor": "video2anim",
        "params": ["config=configDefault", "formats=fbx,bvh", "model=char-7"],
    }
    response = {
        "rid": "r-77",
        "links": [{"rid": "r-77", "status": "SUCCESS", "urls": [{"files": [{"fbx": "https://x/a.fbx"}, {"mp4": "https://x/a.mp4"}]}]}],
    }
    draft = exchange(request, response)
    assert (draft.tool, draft.job_id, draft.asset) == ("DeepMotion Animate 3D", "r-77", {"type": "motion"})
    assert roles(draft) == [("driving_performance", "https://x/mover.mp4")]
    assert [(output.name, output.preview) for output in draft.outputs] == [("https://x/a.fbx", False), ("https://x/a.mp4", True)]
    assert [(model.type, model.name) for model in draft.models] == [("motion", "char-7")]
    say = exchange({"prompt": "she waves", "params": []}, {"rid": "r-78", "status": [{"rid": "r-78", "status": "PROGRESS"}]})
    assert (say.tool, codes(say)) == ("DeepMotion SayMotion", ["not_finished"])
    assert codes(exchange({}, {"rid": "r-79", "links": []})) == ["driver_unknown"]


@pytest.mark.parametrize("name", NAMES)
def test_stripped_exchanges_say_nothing(name: str) -> None:
    draft = exchange({}, {}, name)
    assert (draft.models, draft.inputs, draft.prompts, draft.outputs, draft.job_id, draft.at) == ((), (), (), (), None, None)
    assert (draft.sampling, draft.fields, draft.asset, codes(draft), draft.grade) == ((), {}, {}, [], "imported")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [b"{", b'{"a": ' * 5000, b"\xff\xfe"])
def test_hostile_answers_are_refused(name: str, content: bytes) -> None:
    with pytest.raises(errors.Invalid) as caught:
        register.read(Source(response=content, provider=name))
    assert caught.value.errors[0].pointer == "/response"


WORDS = ["model", "request", "headers", "artifacts", "seed", "finish-reason", "result", "outputs", "image", "source", "uploadId", "structure", "imageReference",
         "voicePromptId", "voice_id", "original", "id", "text", "voiceProfile", "rid", "links", "urls", "files", "status", "params", "url", "seeds",
         "conditions", "text_prompts", "weight", "contract", "narration_style", "name"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=14,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NAMES), VALUES, VALUES)
def test_any_exchange_gives_a_draft(name: str, request: Any, response: Any) -> None:
    source = Source(request=json.dumps(request).encode(), response=json.dumps(response).encode(), provider=name)
    (draft,) = register.read(source)
    assert draft.adapter == name
