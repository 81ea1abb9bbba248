"""ComfyUI files: what a person reads off the graph comes out; stripped and hostile ones neither lie nor hang."""

import contextlib
import io
import json
import struct
import time
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from service import errors
from service.demo import comfy_graph, media
from service.ingest import comfyui, containers
from service.ingest.draft import Draft, Limits, Source

REAL = Path(__file__).parents[2].parent / "shared" / "media" / "comfyui"
LIMITS = Limits()


def read(content: bytes, name: str | None = None) -> Draft:
    return comfyui.read(Source(name=name, texts=containers.texts(io.BytesIO(content), LIMITS)), LIMITS)


def graph(prompt: Any, name: str | None = None) -> Draft:
    return comfyui.read(Source(name=name, texts={"prompt": prompt if isinstance(prompt, str) else json.dumps(prompt)}), LIMITS)


def models(draft: Draft) -> list[tuple[str, str]]:
    return [(model.type, model.name) for model in draft.models]


def prompts(draft: Draft) -> list[tuple[str, str]]:
    return [(prompt.use, prompt.text) for prompt in draft.prompts]


# What a person reads off each graph in ComfyUI's editor.
EXPECTED: dict[str, dict[str, Any]] = {
    "lora.png": {
        "models": {("checkpoint", "v1-5-pruned-emaonly.ckpt"), ("lora", "epiNoiseoffset_v2.safetensors")},
        "seeds": [851616030078638],
        "prompts": [("positive", "masterpiece best quality girl"), ("negative", "bad hands")],
        "inputs": [],
    },
    "lora_multiple.png": {
        "models": {
            ("checkpoint", "v1-5-pruned-emaonly.ckpt"),
            ("lora", "epiNoiseoffset_v2.safetensors"),
            ("lora", "theovercomer8sContrastFix_sd15.safetensors"),
        },
        "seeds": [513173432917412],
        "prompts": [("positive", "masterpiece best quality girl"), ("negative", "bad hands")],
        "inputs": [],
    },
    "inpaint_example.png": {
        "models": {("checkpoint", "512-inpainting-ema.safetensors")},
        "seeds": [1040111309094545],
        "prompts": [
            ("positive", "closeup photograph of maine coon (cat:1.2) in the yosemite national park mountains nature"),
            ("negative", "watermark, text\n"),
        ],
        "inputs": [("initial_image", "yosemite_inpaint_example.png"), ("mask", "yosemite_inpaint_example.png")],
    },
    "img2img_workflow.png": {
        "models": {("checkpoint", "v1-5-pruned-emaonly.ckpt")},
        "seeds": [280823642470253],
        "prompts": [
            ("positive", "photograph of victorian woman with wings, sky clouds, meadow grass\n"),
            ("negative", "watermark, text\n"),
        ],
        "inputs": [("initial_image", "example.png")],
    },
    "controlnet_example.png": {
        "models": {
            ("checkpoint", "Anything-V3.0.ckpt"),
            ("vae", "vae-ft-mse-840000-ema-pruned.safetensors"),
            ("control", "control_scribble.safetensors"),
        },
        "seeds": [1002496614778823],
        "inputs": [("control", "input_scribble_example.png")],
    },
    "sdxlturbo_example.png": {
        "models": {("checkpoint", "sd_xl_turbo_1.0_fp16.safetensors")},
        "seeds": [0],
        "prompts": [
            ("positive", "beautiful landscape scenery glass bottle with a galaxy inside cute fennec fox snow HDR sunset"),
            ("negative", "text, watermark"),
        ],
        "inputs": [],
    },
    "mochi_simple_checkpoint.webp": {
        "models": {("checkpoint", "mochi_preview_fp8_scaled.safetensors")},
        "seeds": [93806664037998],
        "prompts": [
            (
                "positive",
                "fast driving in the beautiful winding mountain roads autumn forest  blue sky cumulus clouds, nuclear explosion far away",
            )
        ],
        "inputs": [],
    },
}


@pytest.mark.skipif(not REAL.exists(), reason="the real ComfyUI files lie beside the checkout, and are not there")
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_real_file_yields_what_a_person_reads_off_its_graph(name: str) -> None:
    draft, expected = read((REAL / name).read_bytes()), EXPECTED[name]
    assert set(models(draft)) == expected["models"]
    assert [sampling.seed for sampling in draft.sampling] == expected["seeds"]
    assert [(i.role, i.name) for i in draft.inputs] == expected["inputs"]
    if "prompts" in expected:
        assert prompts(draft) == expected["prompts"]
    assert {raw.name for raw in draft.raw} == {"prompt", "workflow"}
    assert draft.unread == ()


@pytest.mark.skipif(not REAL.exists(), reason="the real ComfyUI files lie beside the checkout, and are not there")
def test_every_real_file_is_expected() -> None:
    assert {path.name for path in REAL.iterdir()} == set(EXPECTED)


@pytest.mark.skipif(not REAL.exists(), reason="the real ComfyUI files lie beside the checkout, and are not there")
def test_details_of_real_files() -> None:
    lora = read((REAL / "lora.png").read_bytes())
    assert lora.models[1].settings == {"strength_model": Decimal(1), "strength_clip": Decimal(1)}
    assert lora.sampling[0].settings["sampler_name"] == "euler"
    control = read((REAL / "controlnet_example.png").read_bytes())
    assert control.inputs[0].digests[0].value == "94e06d794bc7f80d2b75fe4e0371e522b5a53a67050feae59b6633bc37f82dd1"
    assert prompts(control)[0][1].startswith("(solo) girl")
    assert prompts(control)[1][0] == "negative"
    turbo = read((REAL / "sdxlturbo_example.png").read_bytes())
    assert (turbo.sampling[0].settings["sampler_name"], turbo.sampling[0].settings["steps"]) == ("euler_ancestral", 1)
    assert [remark.code for remark in turbo.contradictions] == ["no_save_node"]


def test_the_demo_shot_names_the_branch_that_wrote_it() -> None:
    draft = read(media.shot_png("ab" * 32), "sc041_0010_comp_00001_.png")
    assert models(draft) == [
        ("checkpoint", comfy_graph.BASE),
        ("lora", comfy_graph.LOOK),
        ("lora", comfy_graph.REPLICA),
        ("vae", comfy_graph.VAE),
    ]
    assert draft.models[2].settings == {"strength_model": Decimal("0.65"), "strength_clip": Decimal("1.0")}
    assert prompts(draft) == [("positive", comfy_graph.POSITIVE), ("negative", comfy_graph.NEGATIVE)]
    assert [output.name for output in draft.outputs] == ["sc041_0010_comp"]
    assert (draft.inputs[0].role, draft.inputs[0].name, draft.inputs[0].digests[0].value) == (
        "initial_image",
        comfy_graph.LAYOUT,
        "ab" * 32,
    )
    assert draft.contradictions == ()


def test_without_a_telling_name_every_branch_counts_and_it_says_so() -> None:
    draft = read(media.shot_png("ab" * 32), "renamed.png")
    assert [output.name for output in draft.outputs] == ["sc041_0010_comp", "sc041_0010_up2x"]
    assert [remark.code for remark in draft.contradictions] == ["several_outputs"]


def test_the_editor_graph_alone_gives_the_same_and_says_that_it_may_have_changed() -> None:
    workflow = json.dumps(comfy_graph.workflow("ab" * 32))
    draft = comfyui.read(Source(texts={"workflow": workflow}), LIMITS)
    full = graph(comfy_graph.prompt("ab" * 32))
    assert models(draft) == models(full)
    assert prompts(draft) == prompts(full)
    assert "editor_only" in [remark.code for remark in draft.contradictions]
    assert draft.inputs[0].digests == ()


@pytest.mark.parametrize("packed", [False, True])
def test_international_text_chunks_are_read(*, packed: bool) -> None:
    text = json.dumps(comfy_graph.prompt("ab" * 32)).encode()
    body = b"prompt\0" + bytes([packed, 0]) + b"\0\0" + (zlib.compress(text) if packed else text)
    assert len(read(_png_with(b"iTXt", body)).models) == 4


def test_compressed_text_chunks_are_read_and_bombs_refused() -> None:
    text = json.dumps(comfy_graph.prompt("ab" * 32)).encode()
    assert len(read(_png_with(b"zTXt", b"prompt\0\0" + zlib.compress(text))).models) == 4
    bomb = _png_with(b"zTXt", b"prompt\0\0" + zlib.compress(b" " * (LIMITS.text + 10)))
    with pytest.raises(errors.TooLarge):
        containers.texts(io.BytesIO(bomb), LIMITS)


def _png_with(kind: bytes, body: bytes) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG")
    plain = stream.getvalue()
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return plain[:33] + chunk + plain[33:]


def test_a_stripped_file_says_nothing() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG")
    texts = containers.texts(io.BytesIO(stream.getvalue()), LIMITS)
    assert texts == {}
    assert not comfyui.detect(Source(texts=texts))


def test_metadata_of_films_and_sounds() -> None:
    text = json.dumps(comfy_graph.prompt("ab" * 32)).encode()
    comment = b"PROMPT=" + text
    block = struct.pack("<I", 2) + b"me" + struct.pack("<I", 1) + struct.pack("<I", len(comment)) + comment
    flac = b"fLaC" + bytes([0x84]) + len(block).to_bytes(3, "big") + block
    assert len(read(flac).models) == 4
    data = _box(b"data", struct.pack(">II", 1, 0) + text)
    keys = _box(b"keys", struct.pack(">II", 0, 1) + _box(b"mdta", b"prompt"))
    meta = _box(b"meta", bytes(4) + keys + _box(b"ilst", _box(struct.pack(">I", 1), data)))
    mp4 = _box(b"ftyp", b"isom" + bytes(4)) + _box(b"moov", _box(b"udta", meta)) + _box(b"mdat", b"x" * 100)
    assert len(read(mp4).models) == 4


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def test_custom_nodes_stay_raw_and_their_weights_are_seen() -> None:
    prompt = {
        "1": {"class_type": "MagicLoaderXL", "inputs": {"thing": "secret_style.safetensors", "tune": 3}},
        "2": {
            "class_type": "Power Lora Loader (rgthree)",
            "inputs": {
                "lora_1": {"on": True, "lora": "a.safetensors", "strength": 0.7},
                "lora_2": {"on": False, "lora": "b.safetensors", "strength": 1},
                "model": ["1", 0],
            },
        },
        "3": {"class_type": "KlingTextToVideoNode", "inputs": {"model_name": "kling-v2", "prompt": "a pier", "x": ["2", 0]}},
        "4": {"class_type": "SaveVideo", "inputs": {"video": ["3", 0], "filename_prefix": "v"}},
    }
    draft = graph(prompt)
    assert models(draft) == [("other", "secret_style.safetensors"), ("lora", "a.safetensors"), ("hosted", "kling-v2")]
    assert draft.models[1].settings == {"strength": Decimal("0.7")}
    assert prompts(draft) == [("positive", "a pier")]
    assert draft.unread == ("KlingTextToVideoNode",)


def test_stacked_loras_keep_their_own_strengths() -> None:
    stack = {"lora_name_1": "a.pt", "model_str_1": 0.5, "lora_name_2": "b.pt", "model_str_2": 0.9, "lora_name_3": "None"}
    draft = graph({"1": {"class_type": "LoRA Stacker", "inputs": stack}, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}})
    assert [(m.name, dict(m.settings)) for m in draft.models] == [
        ("a.pt", {"model_str_1": Decimal("0.5")}),
        ("b.pt", {"model_str_2": Decimal("0.9")}),
    ]


def test_what_no_save_node_reaches_did_not_take_part() -> None:
    prompt = comfy_graph.prompt("ab" * 32)
    prompt["99"] = {"class_type": "LoraLoader", "inputs": {"lora_name": "unused.safetensors", "model": ["4", 0]}}
    assert "unused.safetensors" not in [model.name for model in graph(prompt).models]


def test_swapped_sides_follow_the_sampler_that_uses_them() -> None:
    prompt = {
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "first"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "second"}},
        "3": {"class_type": "ControlNetApplyAdvanced", "inputs": {"positive": ["1", 0], "negative": ["2", 0]}},
        "4": {"class_type": "KSampler", "inputs": {"seed": 1, "positive": ["3", 1], "negative": ["3", 0]}},
        "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0]}},
    }
    assert prompts(graph(prompt)) == [("negative", "first"), ("positive", "second")]


def test_a_seed_from_elsewhere_is_followed() -> None:
    prompt = {
        "1": {"class_type": "RandomNoise", "inputs": {"noise_seed": 2**63 + 5}},
        "2": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["1", 0], "sampler": ["3", 0]}},
        "3": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
        "4": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}},
    }
    (sampling,) = graph(prompt).sampling
    assert (sampling.seed, dict(sampling.settings)) == (2**63 + 5, {"sampler_name": "euler"})


def test_circles_broken_links_and_not_a_number() -> None:
    text = """{"1": {"class_type": "KSampler", "inputs": {"seed": 7, "cfg": NaN, "model": ["2", 0], "positive": ["9", 0]}},
               "2": {"class_type": "LoraLoader", "inputs": {"lora_name": "x.safetensors", "model": ["1", 0]}},
               "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}, "is_changed": [NaN]}}"""
    draft = graph(text)
    assert [model.name for model in draft.models] == ["x.safetensors"]
    assert [remark.code for remark in draft.contradictions] == ["broken_link", "circular_graph"]
    assert "cfg" not in draft.sampling[0].settings


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"1": ' * 10_000, "too_deep"),
        ('{"1": {"class_type"', "not_json"),
        ('{"1": ' + "9" * 5000 + "}", "not_json"),
    ],
)
def test_what_cannot_be_read_says_so(text: str, code: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        graph(text)
    assert (caught.value.code, caught.value.errors[0].pointer) == (code, "/prompt")


def test_large_graphs_are_refused_or_walked_quickly() -> None:
    with pytest.raises(errors.TooLarge):
        graph({str(n): {"class_type": "X", "inputs": {}} for n in range(LIMITS.nodes + 1)})
    chain: dict[str, Any] = {"0": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}
    for n in range(1, 9_000):
        chain[str(n)] = {"class_type": "ImageInvert", "inputs": {"image": [str(n - 1), 0]}}
    for n in range(9_000, 19_000):
        chain[str(n)] = {"class_type": "SaveImage" if n % 2 else "KSampler", "inputs": {"positive": [str(n % 9_000), 0], "x": ["8999", 0]}}
    start = time.perf_counter()
    graph(chain)
    assert time.perf_counter() - start < 5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
nodes = st.fixed_dictionaries(
    {"class_type": st.sampled_from(["KSampler", "LoraLoader", "SaveImage", "LoadImage", "CLIPTextEncode", "Odd"])},
    optional={
        "inputs": st.dictionaries(
            st.sampled_from(["seed", "lora_name", "image", "text", "positive", "negative", "model", "noise"]),
            json_values | st.tuples(st.sampled_from("12345"), st.integers(0, 2)).map(list),
        )
        | json_values,
        "is_changed": json_values,
    },
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from("12345"), nodes | json_values, max_size=5))
def test_any_graph_gives_a_draft_and_never_says_that_nobody_appears(prompt: dict[str, Any]) -> None:
    draft = graph(prompt)
    assert not hasattr(draft, "appearances")
    assert not hasattr(draft, "prompt_entities")
    assert all(model.name and model.grade == "imported" for model in draft.models)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP", b"\0\0\0\x10ftypisom\0\0\0\0", b"fLaC"]), st.binary(max_size=300))
def test_any_bytes_give_texts_or_a_problem(head: bytes, rest: bytes) -> None:
    with contextlib.suppress(errors.TooLarge):
        containers.texts(io.BytesIO(head + rest), LIMITS)
