"""Makes the real media of the demo: small files that decode, with the metadata the tools would have left in them.

`python3 -m service.demo.media DIR` writes them; `write(DIR)` does so for a caller. Only Pillow and the standard library.
Deterministic: no clock and no unseeded randomness, so that digests are the same at every run.
The production, the people and the tools' job numbers are invented.
"""

import hashlib
import json
import math
import struct
import sys
import wave
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL.PngImagePlugin import PngInfo

from service.demo import comfy_graph, movie, pictures

MADE = datetime(2026, 9, 14, 10, 30, tzinfo=UTC)
LICENSED = 60
SIZE = (320, 180)
RATE = 24


@dataclass(frozen=True, slots=True)
class Media:
    """Where everything lies. `paintings` are the 60 licensed files and, last, the odd one that no licence covers."""

    shot_png: Path
    plain_mp4: Path
    provider_mp4: Path
    provider_request: Path
    provider_response: Path
    voice_wav: Path
    frame_exr: Path
    layout_png: Path
    look_weights: Path
    replica_weights: Path
    paintings: tuple[Path, ...]


def shot_png(layout_digest: str) -> bytes:
    """Scene 41 as ComfyUI saves it: picture plus `prompt` and `workflow` text chunks with the whole graph."""
    chunks = PngInfo()
    chunks.add_text("prompt", json.dumps(comfy_graph.prompt(layout_digest)))
    chunks.add_text("workflow", json.dumps(comfy_graph.workflow(layout_digest)))
    stream = BytesIO()
    pictures.shot(3, 8, seed="scene 41", size=(512, 288)).save(stream, "PNG", pnginfo=chunks, compress_level=6)
    return stream.getvalue()


def video(seed: str, frames: int = 24) -> bytes:
    """One second of motion-JPEG in an MP4."""
    pages = [pictures.as_jpeg(pictures.shot(n, frames, seed=seed, size=SIZE)) for n in range(frames)]
    return movie.mp4(pages, SIZE, rate=RATE, created=MADE)


def provider_request() -> dict[str, Any]:
    """What the pipeline sent to the video provider (a long-running prediction, as Veo takes it)."""
    return {
        "model": "publishers/google/models/veo-3.1-generate-001",
        "body": {
            "instances": [
                {
                    "prompt": "Scene 42: she walks along the pier at dusk towards the lighthouse, the harbour behind her.",
                    "image": {"gcsUri": "gs://harbour-inputs/sc042/first_frame.png", "mimeType": "image/png"},
                    "referenceImages": [
                        {"image": {"gcsUri": "gs://harbour-inputs/replica/front.png", "mimeType": "image/png"}, "referenceType": "asset"},
                    ],
                }
            ],
            "parameters": {
                "aspectRatio": "16:9",
                "durationSeconds": 4,
                "sampleCount": 1,
                "seed": 41042,
                "personGeneration": "allow_adult",
                "negativePrompt": "text, watermark",
                "generateAudio": False,
                "enhancePrompt": True,
            },
        },
    }


def provider_response(video_bytes: bytes) -> dict[str, Any]:
    """What the provider answered once the operation was done."""
    name = "projects/harbour/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/7d1f0c52"
    return {
        "name": name,
        "done": True,
        "metadata": {"createTime": "2026-09-14T11:02:07Z", "endTime": "2026-09-14T11:03:31Z"},
        "response": {
            "@type": "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse",
            "raiMediaFilteredCount": 0,
            "videos": [{"gcsUri": "gs://harbour-outputs/sc042/sample_0.mp4", "mimeType": "video/mp4", "sizeBytes": len(video_bytes)}],
        },
    }


def voice_wav(seconds: int = 1, rate: int = 16_000) -> bytes:
    """A tone that rises and falls, 16-bit mono PCM: stands for a line of dialogue."""
    samples = (
        round(9000 * math.sin(2 * math.pi * 220 * n / rate) * math.sin(math.pi * n / (seconds * rate))) for n in range(seconds * rate)
    )
    stream = BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return stream.getvalue()


def frame_exr(size: tuple[int, int] = (96, 54)) -> bytes:
    """One frame as OpenEXR 2.0: scanlines, uncompressed, channels B, G, R as 16-bit floats."""
    picture = pictures.shot(5, 8, seed="scene 41", size=size)
    width, height = size
    head = struct.pack("<II", 20000630, 2) + _exr_header(width, height)
    line = 8 + width * 3 * 2
    first = len(head) + 8 * height
    table = b"".join(struct.pack("<Q", first + y * line) for y in range(height))
    return head + table + b"".join(_exr_line(picture.tobytes(), width, y) for y in range(height))


def _exr_header(width: int, height: int) -> bytes:
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    half = struct.pack("<iB3xii", 1, 0, 1, 1)
    channels = b"".join(name + b"\0" + half for name in (b"B", b"G", b"R")) + b"\0"
    attributes = (
        (b"channels", b"chlist", channels),
        (b"compression", b"compression", b"\0"),
        (b"dataWindow", b"box2i", window),
        (b"displayWindow", b"box2i", window),
        (b"lineOrder", b"lineOrder", b"\0"),
        (b"pixelAspectRatio", b"float", struct.pack("<f", 1)),
        (b"screenWindowCenter", b"v2f", struct.pack("<2f", 0, 0)),
        (b"screenWindowWidth", b"float", struct.pack("<f", 1)),
    )
    return b"".join(n + b"\0" + t + b"\0" + struct.pack("<i", len(v)) + v for n, t, v in attributes) + b"\0"


def _exr_line(rgb: bytes, width: int, y: int) -> bytes:
    row = rgb[y * width * 3 : (y + 1) * width * 3]
    samples = [(row[x * 3 + channel] / 255) ** 2 for channel in (2, 1, 0) for x in range(width)]
    return struct.pack("<ii", y, width * 3 * 2) + struct.pack(f"<{width * 3}e", *samples)


def weights(name: str, metadata: dict[str, str]) -> bytes:
    """A tiny safetensors file with the training metadata that LoRA trainers leave in its header."""
    values = hashlib.sha256(name.encode()).digest() * 4
    tensor = {"dtype": "F16", "shape": [8, 8], "data_offsets": [0, len(values)]}
    header = json.dumps({"__metadata__": metadata, "lora_up.weight": tensor}, sort_keys=True).encode()
    return struct.pack("<Q", len(header)) + header + values


def write(directory: Path) -> Media:
    """Writes every file under `directory` (made when absent) and says where they are; an existing file is overwritten."""
    directory.mkdir(parents=True, exist_ok=True)
    layout, clip = pictures.as_png(pictures.layout()), video("scene 42")
    paintings = tuple(
        _put(directory, f"paintings/harbour_{n:02}.png", pictures.as_png(pictures.painting(n))) for n in range(1, LICENSED + 2)
    )
    look = {"ss_base_model_version": "sdxl_base_v1-0", "ss_output_name": "harbour_look_v1", "ss_num_train_images": "60"}
    face = {"ss_base_model_version": "sdxl_base_v1-0", "ss_output_name": "mara_replica_v2", "ss_num_train_images": "48"}
    return Media(
        shot_png=_put(directory, "sc041_0010_comp_00001_.png", shot_png(hashlib.sha256(layout).hexdigest())),
        plain_mp4=_put(directory, "sc041_0020.mp4", video("scene 41 b")),
        provider_mp4=_put(directory, "sc042_0010.mp4", clip),
        provider_request=_put(directory, "sc042_0010.request.json", _json(provider_request())),
        provider_response=_put(directory, "sc042_0010.response.json", _json(provider_response(clip))),
        voice_wav=_put(directory, "sc041_line_07.wav", voice_wav()),
        frame_exr=_put(directory, "sc041_0010.1001.exr", frame_exr()),
        layout_png=_put(directory, comfy_graph.LAYOUT, layout),
        look_weights=_put(directory, comfy_graph.LOOK, weights("look", look)),
        replica_weights=_put(directory, comfy_graph.REPLICA, weights("replica", face)),
        paintings=paintings,
    )


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=2).encode()


def _put(directory: Path, name: str, content: bytes) -> Path:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


if __name__ == "__main__":
    write(Path(sys.argv[1]))
