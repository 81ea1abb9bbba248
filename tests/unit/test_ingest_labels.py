"""What files say about themselves in XMP and in China's AIGC tag: real-shaped, stripped and hostile, in every container."""

from __future__ import annotations

import io
import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from service.ingest import containers, register
from service.ingest.draft import Draft, Limits, Source

LIMITS = Limits()
TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
LABEL = {"Label": "1", "ContentProducer": "00119144", "ProduceID": "BG-2026-1", "ReservedCode1": "", "ContentPropagator": "00119155"}


def packet(inner: str = "", attributes: str = "") -> str:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
        f' xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/" {attributes}>{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
    )


FIELDS = packet(
    f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{TYPES}trainedAlgorithmicMedia"/>'
    "<Iptc4xmpExt:AISystemUsed>Imagen</Iptc4xmpExt:AISystemUsed><Iptc4xmpExt:AISystemVersionUsed>4.0</Iptc4xmpExt:AISystemVersionUsed>"
    '<Iptc4xmpExt:AIPromptInformation><rdf:Alt><rdf:li xml:lang="x-default">a pier at dusk</rdf:li></rdf:Alt></Iptc4xmpExt:AIPromptInformation>'
    "<Iptc4xmpExt:AIPromptWriterName>M. Hale</Iptc4xmpExt:AIPromptWriterName>",
    'plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING"',
)


def picture(kind: str, xmp: str) -> dict[str, str]:
    stream = io.BytesIO()
    if kind == "PNG":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp)
        Image.new("RGB", (4, 4)).save(stream, kind, pnginfo=info)
    else:
        Image.new("RGB", (4, 4)).save(stream, kind, xmp=xmp.encode())
    return containers.texts(stream, LIMITS)


def video(xmp: str) -> dict[str, str]:
    content = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + xmp.encode()
    boxes = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + struct.pack(">I4s", len(content) + 8, b"uuid") + content
    return containers.texts(io.BytesIO(boxes), LIMITS)


def read(texts: dict[str, str]) -> list[Draft]:
    return list(register.read(Source(texts=texts)))


def codes(draft: Draft) -> list[str]:
    return [remark.code for remark in draft.contradictions]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "MP4"])
def test_the_ai_fields_are_read_in_every_container(kind: str) -> None:
    (draft,) = read(video(FIELDS) if kind == "MP4" else picture(kind, FIELDS))
    assert (draft.adapter, draft.tool, draft.tool_version, draft.origin) == ("iptc", "Imagen", "4.0", "generated")
    assert (draft.digital_source_type, [(p.text, p.use) for p in draft.prompts]) == (
        "trainedAlgorithmicMedia",
        [("a pier at dusk", "unspecified")],
    )
    assert "M. Hale" not in str((draft.fields, draft.asset, draft.tool))
    assert (draft.unread, codes(draft), draft.raw[0].content.decode()) == (
        ("Iptc4xmpExt:AIPromptWriterName",),
        ["mining_prohibited"],
        FIELDS,
    )


def test_a_picture_from_a_camera_is_no_generation_unless_something_shows_one() -> None:
    camera = packet(attributes=f'Iptc4xmpExt:DigitalSourceType="{TYPES}digitalCapture"')
    assert read(picture("PNG", camera)) == []
    drafts = read({"xmp": camera, "parameters": "a pier\nSteps: 1, Seed: 1, Model: x"})
    assert "origin_differs" in codes(register.merge(drafts))
    named = packet("<Iptc4xmpExt:AISystemUsed>X</Iptc4xmpExt:AISystemUsed>", f'Iptc4xmpExt:DigitalSourceType="{TYPES}digitalCapture"')
    assert codes(read({"xmp": named})[0]) == ["origin_differs"]


def test_the_tag_names_producer_and_job() -> None:
    escaped = json.dumps(LABEL).replace('"', "&quot;")
    for texts in ({"AIGC": json.dumps({"AIGC": LABEL})}, picture("JPEG", packet(attributes=f'TC260:AIGC="{escaped}"')),
                  {"xmp": packet(f"<TC260:AIGC>{json.dumps(LABEL)}</TC260:AIGC>")}, {"parameters": json.dumps({"AIGC": LABEL})}):  # fmt: skip
        (draft,) = read(texts)
        assert (draft.adapter, draft.provider, draft.job_id, draft.origin) == ("aigc", "00119144", "BG-2026-1", "generated")
        assert (codes(draft), draft.unread, draft.tool, draft.models) == ([], ("AIGC.ContentPropagator",), None, ())


@pytest.mark.parametrize(
    ("label", "code"), [("2", "label_in_doubt"), ("3", "label_in_doubt"), ("9", "label_unknown"), (None, "label_unknown")]
)
def test_doubt_is_not_taken_for_an_answer(label: str | None, code: str) -> None:
    (draft,) = read({"AIGC": json.dumps({**LABEL, "Label": label})})
    assert (draft.origin, codes(draft)) == (None, [code])


def test_two_labels_that_differ_are_said_to() -> None:
    drawn = packet(attributes=f'Iptc4xmpExt:DigitalSourceType="{TYPES}digitalArt"')
    assert "origin_differs" in codes(register.merge(read({"xmp": drawn, "AIGC": json.dumps(LABEL)})))


def test_stripped_files_say_nothing() -> None:
    for texts in ({}, {"xmp": packet()}, {"xmp": ""}, {"AIGC": ""}, picture("WEBP", packet("<Iptc4xmpExt:Event>x</Iptc4xmpExt:Event>"))):
        assert read(texts) == []


@pytest.mark.parametrize(
    "text",
    ["AISystemUsed", "<a>AISystemUsed", '<!DOCTYPE a [<!ENTITY b "b">]><a>AISystemUsed&b;</a>', "<a>" * 50_000 + "AISystemUsed",
     "<r>AISystemUsed" + "<a/>" * 20_000 + "</r>"],
)  # fmt: skip
def test_hostile_packets_are_kept_and_said_to_be_unreadable(text: str) -> None:
    (draft,) = read({"xmp": text})
    assert (draft.models, codes(draft), draft.raw[0].content) == ((), ["xmp_unreadable"], text.encode())


@pytest.mark.parametrize("text", ["{", "[1]", "1", "x" * 3_000_000, '{"a":' * 5000])
def test_hostile_tags_are_kept_and_said_to_be_unreadable(text: str) -> None:
    (draft,) = read({"AIGC": text})
    assert (draft.origin, codes(draft)) == (None, ["label_unreadable"])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.binary(max_size=80))
def test_any_label_gives_a_draft(text: str, content: bytes) -> None:
    read({"xmp": packet(text), "AIGC": text})
    containers.texts(io.BytesIO(b"\xff\xd8\xff\xe1" + content), LIMITS)
    length = struct.pack("<I", len(content) // 2)
    containers.texts(io.BytesIO(b"RIFF\0\0\0\0WEBPXMP " + length + content[: len(content) // 2 + 1]), LIMITS)
