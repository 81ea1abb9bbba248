"""The other generators: a real-shaped sample, a stripped one and hostile ones for each adapter."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from service import errors
from service.ingest import containers, register
from service.ingest.draft import Draft, Limits, Source

LIMITS = Limits()


def exchange(request: Any, response: Any, provider: str | None = None) -> Draft:
    source = Source(request=json.dumps(request).encode(), response=json.dumps(response).encode(), provider=provider)
    drafts = register.read(source)
    assert len(drafts) == 1
    return drafts[0]


def text_png(**chunks: str) -> dict[str, str]:
    info = PngInfo()
    for key, text in chunks.items():
        info.add_itxt(key, text)
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG", pnginfo=info)
    return containers.texts(stream, LIMITS)


def roles(draft: Draft) -> list[tuple[str, str]]:
    return [(found.role, found.name) for found in draft.inputs]


PARAMETERS = """a harbour at dusk, <lora:harbour_look:0.8>, <lora:other>
second line
Negative prompt: text, watermark
and people
Steps: 28, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 904117220635811, Size: 512x288, Model hash: 6ce0161689, Model: v1-5-pruned, \
VAE hash: c6a580b13a, VAE: vae-ft.safetensors, Clip skip: 2, Lora hashes: "harbour_look: 1a2b3c4d5e6f, other: 99", Version: v1.10.1"""


def check_parameters(draft: Draft) -> None:
    assert (draft.tool, draft.tool_version) == ("Stable Diffusion web UI", "v1.10.1")
    assert [(m.type, m.name, [(d.algorithm, d.value) for d in m.digests], dict(m.settings)) for m in draft.models] == [
        ("checkpoint", "v1-5-pruned", [("sha256_prefix", "6ce0161689")], {}),
        ("vae", "vae-ft.safetensors", [("sha256_prefix", "c6a580b13a")], {}),
        ("lora", "harbour_look", [("sha256_prefix", "1a2b3c4d5e6f")], {"strength": Decimal("0.8")}),
        ("lora", "other", [], {}),
    ]
    assert [(p.use, p.text.partition("\n")[2]) for p in draft.prompts] == [("positive", "second line"), ("negative", "and people")]
    assert draft.sampling[0].seed == 904117220635811
    assert draft.sampling[0].settings["Sampler"] == "DPM++ 2M Karras"


def test_a1111_parameters_in_a_png() -> None:
    (draft,) = register.read(Source(texts=text_png(parameters=PARAMETERS)))
    check_parameters(draft)
    assert draft.raw[0].content.decode() == PARAMETERS


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
@pytest.mark.parametrize("code", ["UNICODE", "ASCII"])
def test_a1111_parameters_in_exif(kind: str, code: str) -> None:
    coded = b"UNICODE\0" + PARAMETERS.encode("utf-16-be") if code == "UNICODE" else b"ASCII\0\0\0" + PARAMETERS.encode()
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = coded
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, kind, exif=exif.tobytes())
    (draft,) = register.read(Source(texts=containers.texts(stream, LIMITS)))
    check_parameters(draft)


def test_forge_is_told_by_its_version() -> None:
    (draft,) = register.read(Source(texts={"parameters": "x\nSteps: 1, Seed: 1, Version: f2.0.1v1.10.1"}))
    assert (draft.tool, draft.tool_version) == ("Forge", "f2.0.1v1.10.1")


INVOKE = {
    "generation_mode": "sdxl_txt2img", "app_version": "6.1.0", "positive_prompt": "a pier", "negative_prompt": "", "seed": 77, "steps": 30,
    "cfg_scale": 7.5, "model": {"key": "k", "hash": "blake3:" + "ab" * 32, "name": "sdxl", "base": "sdxl", "type": "main"},
    "loras": [{"model": {"name": "look", "hash": "blake3:" + "cd" * 32, "base": "sdxl"}, "weight": 0.7}],
    "controlnets": [{"image": {"image_name": "0b1.png"}, "control_model": {"name": "canny", "hash": "blake3:" + "ef" * 32}}],
    "init_image": "0a2.png",
}  # fmt: skip


def test_invokeai_states_whole_hashes() -> None:
    (draft,) = register.read(Source(texts=text_png(invokeai_metadata=json.dumps(INVOKE), invokeai_graph="{}")))
    assert [(m.type, m.name, m.digests[0].algorithm) for m in draft.models] == [
        ("checkpoint", "sdxl", "blake3"), ("lora", "look", "blake3"), ("control", "canny", "blake3"),
    ]  # fmt: skip
    assert draft.models[1].settings == {"strength": Decimal("0.7")}
    assert roles(draft) == [("initial_image", "0a2.png"), ("control", "0b1.png")]
    assert (draft.sampling[0].seed, draft.tool_version) == (77, "6.1.0")
    assert [raw.name for raw in draft.raw] == ["invokeai_metadata", "invokeai_graph"]


def test_luma_echoes_what_was_asked() -> None:
    response = {
        "id": "g-1", "generation_type": "video", "state": "completed", "created_at": "2026-09-14T10:00:00Z", "model": "ray-2",
        "request": {
            "prompt": "a pier", "aspect_ratio": "16:9", "loop": False,
            "keyframes": {"frame0": {"type": "generation", "id": "g-0"}, "frame1": {"type": "image", "url": "https://x/last.png"}},
            "character_ref": {"identity0": {"images": ["https://x/face.png"]}}, "style_ref": [{"url": "https://x/style.png", "weight": 0.8}],
        },
        "assets": {"video": "https://x/out.mp4"},
    }  # fmt: skip
    draft = exchange({"model": "ray-1", "prompt": "a pier"}, response)
    assert (draft.provider, draft.job_id, draft.models[0].name) == ("luma", "g-1", "ray-2")
    assert roles(draft) == [
        ("first_frame", "g-0"), ("last_frame", "https://x/last.png"), ("style_reference", "https://x/style.png"),
        ("character_reference", "https://x/face.png"),
    ]  # fmt: skip
    assert draft.inputs[0].identifiers == (("luma.generation", "g-0"),)
    assert [remark.code for remark in draft.contradictions] == ["model_differs"]


def test_runway_needs_its_request_and_keeps_the_threshold() -> None:
    request = {
        "model": "act_two", "promptText": "she speaks", "seed": 3, "ratio": "1280:720", "character": {"type": "image", "uri": "https://x/c.png"},
        "reference": {"type": "video", "uri": "https://x/driver.mp4"}, "promptImage": [{"uri": "https://x/l.png", "position": "last"}],
        "contentModeration": {"publicFigureThreshold": "low"},
    }  # fmt: skip
    response = {"id": "t-1", "status": "SUCCEEDED", "createdAt": "2026-09-14T10:00:00Z", "output": ["https://x/o.mp4"]}
    draft = exchange(request, response)
    assert roles(draft) == [
        ("last_frame", "https://x/l.png"),
        ("character_reference", "https://x/c.png"),
        ("driving_performance", "https://x/driver.mp4"),
    ]
    assert (draft.sampling[0].seed, draft.outputs[0].name) == (3, "https://x/o.mp4")
    assert [remark.code for remark in draft.contradictions] == ["public_figures_allowed"]
    alone = register.read(Source(response=json.dumps(response).encode(), provider="runway"))[0]
    assert [remark.code for remark in alone.contradictions] == ["no_request"]


def test_kling_has_clean_and_watermarked_files() -> None:
    request = {"model_name": "kling-v2-1", "prompt": "a pier", "negative_prompt": "text", "image": "https://x/f.png", "mode": "pro"}
    response = {
        "code": 0, "request_id": "r", "data": {
            "task_id": "k-1", "task_status": "succeed", "created_at": 1789380000000,
            "task_result": {"videos": [{"id": "v", "url": "https://x/v.mp4", "watermark_url": "https://x/w.mp4", "duration": "5"}]},
        },
    }  # fmt: skip
    draft = exchange(request, response)
    assert (draft.job_id, draft.at) == ("k-1", "2026-09-14T10:00:00+00:00")
    assert [(out.name, out.preview) for out in draft.outputs] == [("https://x/v.mp4", False), ("https://x/w.mp4", True)]
    assert roles(draft) == [("first_frame", "https://x/f.png")]
    assert [prompt.use for prompt in draft.prompts] == ["positive", "negative"]


def test_openai_video_remix_and_image() -> None:
    video = {"id": "video_1", "object": "video", "model": "sora-2", "status": "completed", "created_at": 1789380000, "seconds": "8",
             "remixed_from_video_id": "video_0"}  # fmt: skip
    draft = exchange({"prompt": "a pier", "model": "sora-2"}, video)
    assert (draft.provider, draft.job_id, draft.inputs[0].identifiers) == ("openai", "video_1", (("openai.video", "video_0"),))
    image = exchange(
        {"model": "gpt-image-1", "prompt": "x"}, {"created": 1789380000, "data": [{"b64_json": "", "revised_prompt": "x, dusk"}]}
    )
    assert [(p.use, p.text) for p in image.prompts] == [("positive", "x"), ("enhanced", "x, dusk")]
    assert image.job_id is None


def test_elevenlabs_voice_is_a_model_of_its_own() -> None:
    item: dict[str, Any] = {"history_item_id": "h-1", "voice_id": "vo1", "voice_name": "Mara", "model_id": "eleven_v3", "text": "Come in.", "date_unix": 1789380000,
            "settings": {"stability": 0.5}, "voice": {"voice_verification": {"requires_verification": True, "is_verified": False}}}  # fmt: skip
    draft = exchange({}, item)
    assert [(m.type, m.name, m.version) for m in draft.models] == [("hosted", "eleven_v3", None), ("voice", "vo1", "Mara")]
    assert [(p.use, p.text) for p in draft.prompts] == [("speech", "Come in.")]
    assert [remark.code for remark in draft.contradictions] == ["voice_not_verified"]
    item["voice"]["voice_verification"] = {
        "requires_verification": True, "is_verified": True,
        "verification_attempts": [{"accepted": False}, {"accepted": True, "similarity": 0.95, "recording": {"recording_id": "r-1"}}],
    }  # fmt: skip
    draft = exchange({}, item)
    assert draft.models[1].settings == {
        "verification.requires_verification": True, "verification.is_verified": True, "verification.attempts": 2,
        "verification.similarity": Decimal("0.95"), "verification.recording_id": "r-1",
    }  # fmt: skip
    assert draft.contradictions == ()


def test_stripped_sources_say_nothing() -> None:
    assert register.read(Source(texts={"parameters": "just a caption"})) == ()
    assert register.read(Source(request=b"{}", response=b"{}")) == ()
    for name in ("luma", "runway", "kling", "openai", "elevenlabs", "google"):
        (draft,) = register.read(Source(request=b"{}", response=b"{}", provider=name))
        assert (draft.models, draft.inputs, draft.prompts, draft.job_id) == ((), (), (), None)


words = ["model", "request", "keyframes", "frame0", "data", "task_id", "task_result", "videos", "promptImage", "settings", "voice", "loras", "image",
         "character_ref", "created_at", "url", "output", "weight", "hash", "name", "init_image", "controlnets", "text"]  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(words), inner, max_size=4),
    max_leaves=14,
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(["luma", "runway", "kling", "openai", "elevenlabs", "google"]), json_values, json_values)
def test_any_exchange_gives_a_draft(name: str, request: Any, response: Any) -> None:
    source = Source(request=json.dumps(request).encode(), response=json.dumps(response).encode(), provider=name)
    (draft,) = register.read(source)
    assert draft.adapter == name


@settings(max_examples=120, deadline=None)
@given(json_values, st.text(max_size=200))
def test_any_metadata_gives_a_draft_or_a_problem(value: Any, text: str) -> None:
    register.read(
        Source(texts={"parameters": f"{text}\nSteps: 1, {text}", "invokeai_metadata": json.dumps({"model": value, "loras": value})})
    )


@pytest.mark.parametrize("name", ["luma", "runway", "kling", "openai", "elevenlabs"])
@pytest.mark.parametrize("content", [b"{", b'{"a": ' * 5000, b"\xff\xfe"])
def test_hostile_answers_are_refused(name: str, content: bytes) -> None:
    with pytest.raises(errors.Invalid):
        register.read(Source(response=content, provider=name))
