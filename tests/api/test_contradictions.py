"""A contradiction that an importer finds is recorded with both sides, and a decision about the file asks somebody to settle it."""

from __future__ import annotations

import io
import json
import struct
import zlib
from typing import Any

Caller = Any
PARAMETERS = b"parameters\0a harbour\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 5, Size: 8x8, Model hash: abcdef1234, Model: harbour"


def picture() -> bytes:
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"tEXt", PARAMETERS),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    ]
    made = [struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def test_other_weights_than_the_registered_ones_are_told_recorded_and_asked_about(admin: Caller) -> None:
    film = admin.create("productions", {"title": "Harbour", "format": "feature"})["id"]
    model = admin.create("models", {"name": "harbour", "type": "checkpoint", "weights": [{"algorithm": "sha256", "value": "1" * 64}]})["id"]
    options = json.dumps({"stated": {"productions": [film]}})
    sent = {"file": (io.BytesIO(picture()), "harbour.png"), "options": options}
    answer = admin.send("POST", "/v1/generations/import", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 201, answer.get_data(as_text=True)
    told = {one["code"]: one["between"] for one in answer.get_json()["contradictions"]}
    assert told["model_hash_differs"] == ["run: abcdef1234", f"{model}: {'1' * 12}"]
    question = {"subject": answer.get_json()["asset"], "act": "release", "intent": {"territories": ["US"]}, "dry_run": True}
    decided = admin.send("POST", "/v1/decisions", json=question).get_json()
    cause = next(one for one in decided["causes"] if one["code"] == "model-hash-differs")
    assert (cause["result"], cause["owner"]) == ("review", "vfx")
    assert "run: abcdef1234" in cause["sentence"]
