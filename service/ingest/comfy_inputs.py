"""The files that a ComfyUI graph takes in, and what for: the role is read off the first node that tells.

A picture may serve twice (as start and, by its alpha, as mask): that is two inputs. Where no consumer tells, the role is
`unspecified`, and a person may say.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Any

from service.ingest.comfy_models import calls_provider
from service.ingest.draft import Digest, Input, Limits, Role
from service.ingest.graph import Graph, Node, Takers, consumers

_LOADERS = re.compile(r"load|input", re.IGNORECASE)
_FAR = 500  # steps from a loader to the node that tells; further on, the role is unspecified
_FILES = {
    "image", "video", "audio", "file", "image_path", "video_path", "audio_path", "path", "directory", "url", "image_url", "video_url", "audio_file",
    "filename", "latent",
}  # fmt: skip
_SAVES = re.compile(r"CreateVideo|VHS_VideoCombine|Save")
_WEIGHTS = re.compile(r"\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx)\Z", re.IGNORECASE)
_PLACE = re.compile(r" \[(input|output|temp)\]\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NOTED_BY_CORE = {"LoadImage", "LoadImageMask", "LoadImageOutput"}
_BY_CONSUMER: tuple[tuple[re.Pattern[str], Role], ...] = (
    (re.compile(r"ToMask|SetLatentNoiseMask"), "mask"),
    (re.compile(r"SubjectToVideo"), "reference"),
    (re.compile(r"(Image|Img)To(Video|Vid)|I2V|img2vid"), "first_frame"),
    (re.compile(r"ControlNet|T2IAdapter|ControlVideo"), "control"),
    (re.compile(r"VAEEncode"), "initial_image"),
    (
        re.compile(
            r"IPAdapter|CLIPVision|StyleModel|Redux|PhotoMaker|InstantID|PuLID|Reference|Kontext(?!ImageScale)|FaceSwap|ReActor"
            r"|TextEncode\w*Edit|Florence|Caption|Interrogat|QwenVL",
            re.IGNORECASE,
        ),
        "reference",
    ),
    (re.compile(r"LivePortrait|Driving|AnimateX|MotionTransfer", re.IGNORECASE), "driving_performance"),
)
_BY_INPUT: tuple[tuple[re.Pattern[str], Role], ...] = (
    (re.compile(r"mask"), "mask"),
    (re.compile(r"start|first_frame"), "first_frame"),
    (re.compile(r"\Aend|last_frame"), "last_frame"),
    (re.compile(r"driving|pose_video|motion_video|face_video"), "driving_performance"),
    (re.compile(r"background_video|bg_images"), "plate"),
    (re.compile(r"\A(input_image|pixels|latent_image)\Z"), "initial_image"),
    (re.compile(r"reference|subject|style|source_image|face_image|\Aref_(image|motion|video|latent)"), "reference"),
    (re.compile(r"voice|speech|vocal|\A(ref_)?audio(_\d)?\Z|audio_encoder_output"), "voice"),
    (re.compile(r"control(?!_net)"), "control"),
)


def find(part: Graph, limits: Limits) -> Iterator[Input]:
    """Yield each file that the nodes of `part` load, once for every role it plays."""
    takers = consumers(part)
    for node in part.values():
        name = _file(node, limits)
        if name is not None:
            digests = _noted(node)
            if len(name) > limits.name:  # the file itself, in base64
                digests = _packed(name)
                name = f"inline {digests[0].value[:12]}" if digests else f"inline {node.id}"
            for role in _roles(node, takers):
                yield Input(name, role, node.id, digests=digests)


def _file(node: Node, limits: Limits) -> str | None:
    if not _LOADERS.search(node.kind):
        return None
    for key, value in node.values.items():
        if (
            key in _FILES
            and isinstance(value, str)
            and value
            and not _WEIGHTS.search(value[-20:])
            and (len(value) <= limits.name or key == "image")
        ):
            return _PLACE.sub("", value)
    return None


def _packed(value: str) -> tuple[Digest, ...]:
    try:
        content = base64.b64decode(value.partition(",")[2] or value, validate=True)
    except (binascii.Error, ValueError):
        return ()
    return (Digest("sha256", hashlib.sha256(content).hexdigest()),)


def _noted(node: Node) -> tuple[Digest, ...]:
    """The SHA-256 of the file that the core loaders leave in `is_changed` (a string, or a list of one)."""
    noted: Any = node.changed[0] if isinstance(node.changed, list) and node.changed else node.changed
    if node.kind in _NOTED_BY_CORE and isinstance(noted, str) and _SHA256.fullmatch(noted):
        return (Digest("sha256", noted),)
    return ()


def _roles(node: Node, takers: Takers) -> list[Role]:
    slots = sorted({slot for slot, _, _ in takers.get(node.id, ())})
    roles = dict.fromkeys(role for slot in slots for role in _roles_of(node, slot, takers))
    return list(roles) or ["unspecified"]


def _roles_of(loader: Node, first: int, takers: Takers) -> Iterator[Role]:
    """Follow one output forward; a consumer that tells ends its branch, one that does not passes the picture on."""
    waiting = [(node, name) for slot, node, name in takers.get(loader.id, ()) if slot == first]
    seen = {loader.id}
    saved = told = False
    for _ in range(_FAR):
        if not waiting:
            break
        node, name = waiting.pop()
        saved = saved or "filename_prefix" in node.values or _SAVES.match(node.kind) is not None
        role = _role(node, name)
        told = told or role is not None
        if role == "initial_image" and "VAEEncode" in node.kind:
            yield from _encoded(node, takers)
        elif role:
            yield role
        elif node.id not in seen:
            seen.add(node.id)
            waiting.extend((taker, under) for _, taker, under in takers.get(node.id, ()))
    if saved and not told:  # the output is this very picture, changed
        yield "source_video" if "video" in loader.kind.lower() else "initial_image"


def _encoded(node: Node, takers: Takers) -> Iterator[Role]:
    """An encoded picture is where the sampler starts, unless it only stands beside the prompt as a reference."""
    uses = {"reference" if "Reference" in taker.kind else "initial_image" for _, taker, _ in takers.get(node.id, ())} or {"initial_image"}
    yield from sorted(uses)  # type: ignore[misc]  # both are words of the list


def _role(node: Node, name: str) -> Role | None:
    if name.startswith("audio") and _SAVES.match(node.kind):
        return "source_audio"
    for pattern, role in _BY_INPUT:
        if pattern.search(name):
            return role
    found = next((role for pattern, role in _BY_CONSUMER if pattern.search(node.kind)), None)
    return found or ("reference" if calls_provider(node) and name.startswith("image") else None)
