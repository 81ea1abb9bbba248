"""The text that tools leave in films, sounds and models of the freer containers."""

from __future__ import annotations

import contextlib
import json
import struct
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import errors
from service.ingest import comfyui, containers, tracks
from service.ingest.draft import Limits, Source
from tests.unit.media_files import box

LIMITS = Limits()
GRAPH = json.dumps({
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "base.safetensors"}},
    "2": {"class_type": "SaveVideo", "inputs": {"video": ["1", 0]}},
})  # fmt: skip


def element(kind: str, content: bytes) -> bytes:
    return bytes.fromhex(kind) + struct.pack(">Q", 0x01 << 56 | len(content)) + content


def webm(name: bytes, text: str) -> bytes:
    tag = element("67c8", element("45a3", name) + element("4487", text.encode()))
    return element("1a45dfa3", b"") + element("18538067", element("ec", bytes(40)) + element("1254c367", element("7373", tag)))


def mp3(frame: bytes, body: bytes) -> bytes:
    inner = frame + struct.pack(">I", len(body)) + b"\0\0" + body
    size = len(inner)
    return b"ID3\x03\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + inner + b"\xff\xfb\x90\x00"


def opus(text: str) -> bytes:
    line = f"prompt={text}".encode()
    packet = b"OpusTags" + struct.pack("<I", 2) + b"xy" + struct.pack("<II", 1, len(line)) + line

    def page(content: bytes) -> bytes:
        return (
            b"OggS"
            + bytes(22)
            + bytes([len(content) // 255 + 1])
            + bytes([255] * (len(content) // 255))
            + bytes([len(content) % 255])
            + content
        )

    return page(b"OpusHead" + bytes(11)) + page(packet)


def glb(extras: dict[str, object]) -> bytes:
    told = json.dumps({"asset": {"version": "2.0", "extras": extras}}).encode()
    return b"glTF" + struct.pack("<II", 2, 20 + len(told)) + struct.pack("<I4s", len(told), b"JSON") + told


def film(comment: str) -> bytes:
    item = box(b"\xa9cmt", box(b"data", struct.pack(">II", 1, 0), comment.encode()))
    return box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"udta", box(b"meta", bytes(4), box(b"hdlr", bytes(24)), box(b"ilst", item))))


FILES = {
    "webm": webm(b"PROMPT", GRAPH),
    "matroska comment": webm(b"COMMENT", json.dumps({"prompt": GRAPH, "workflow": {"nodes": []}, "CreationTime": "x"})),
    "mp3": mp3(b"TXXX", b"\x03prompt\0" + GRAPH.encode()),
    "mp3 comment": mp3(b"COMM", b"\x03eng\0" + json.dumps({"prompt": json.loads(GRAPH)}).encode()),
    "opus": opus(GRAPH + " " * 600),
    "glb": glb({"prompt": GRAPH}),
    "svg": f'<svg xmlns="http://www.w3.org/2000/svg"><metadata><![CDATA[{{"prompt": {GRAPH}}}]]></metadata></svg>'.encode(),
    "film comment": film(json.dumps({"prompt": GRAPH, "workflow": {"nodes": []}})),
}


@pytest.mark.parametrize("name", FILES)
def test_a_graph_is_found_in_every_container(name: str) -> None:
    source = Source(texts=containers.texts(BytesIO(FILES[name]), LIMITS))
    assert comfyui.detect(source)
    draft = comfyui.read(source, LIMITS)
    assert [(model.type, model.name) for model in draft.models] == [("checkpoint", "base.safetensors")]
    assert GRAPH in draft.raw[0].content.decode().replace('\\"', '"') or draft.raw[0].name == "comment"


@pytest.mark.parametrize("name", FILES)
@given(st.data())
@settings(max_examples=15, deadline=None)
def test_cut_or_changed_files_give_texts_or_a_problem(name: str, data: st.DataObject) -> None:
    content = bytearray(FILES[name])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(errors.TooLarge):
        assert isinstance(containers.texts(BytesIO(bytes(content[: data.draw(st.integers(0, len(content)))])), LIMITS), dict)


def test_long_texts_are_refused() -> None:
    with pytest.raises(errors.TooLarge):
        containers.texts(BytesIO(webm(b"PROMPT", "x" * 2000)), Limits(text=1000))


@pytest.mark.parametrize("code", ["latin-1", "utf-8"])
def test_plain_chunks_are_read_in_either_code(code: str) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + bytes(4)

    content = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"tEXt", b"parameters\0" + "Hafen bei Dämmerung\nSteps: 1, Seed: 2".encode(code)) + chunk(b"IEND", b"")
    )
    assert containers.texts(BytesIO(content), LIMITS)["parameters"].startswith("Hafen bei Dämmerung")


@pytest.mark.parametrize(
    "content", [b"<svg " * 99_999, b"<svg " * 9_999 + b"<metadata><![CDATA[{" * 9_999, b"<svg " + b"<metadata " * 99_999 + b">"]
)
def test_a_drawing_of_beginnings_without_end_says_nothing_and_takes_no_time(content: bytes) -> None:
    assert list(tracks.texts(BytesIO(content), content[:16], LIMITS)) == []


def test_directories_that_lead_to_one_another_take_no_time() -> None:
    entry = struct.pack(">HHII", 0x8769, 4, 1, 8)
    exif = b"MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 65_535) + entry * 65_535
    assert list(containers.exif(exif)) == []
