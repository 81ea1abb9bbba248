"""The files that a ComfyUI graph takes in, and what for: the role is read off the first node that tells.

A picture may serve twice (as start and, by its alpha, as mask): that is two inputs. Where no consumer tells, the role is
`unspecified`, and a person may say.
"""

import re
from collections.abc import Iterator
from typing import Any

from service.ingest.draft import Digest, Input, Limits, Role
from service.ingest.graph import Graph, Node, Takers, consumers

_LOADERS = re.compile(r"load|input", re.IGNORECASE)
_FAR = 500  # steps from a loader to the node that tells; further on, the role is unspecified
_FILES = {"image", "video", "audio", "file", "image_path", "video_path", "audio_path", "path", "directory"}
_WEIGHTS = re.compile(r"\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx)\Z", re.IGNORECASE)
_PLACE = re.compile(r" \[(input|output|temp)\]\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NOTED_BY_CORE = {"LoadImage", "LoadImageMask", "LoadImageOutput"}
_BY_CONSUMER: tuple[tuple[re.Pattern[str], Role], ...] = (
    (re.compile(r"ToMask|SetLatentNoiseMask"), "mask"),
    (re.compile(r"ControlNet|T2IAdapter|ControlVideo"), "control"),
    (re.compile(r"VAEEncode"), "initial_image"),
    (re.compile(r"IPAdapter|CLIPVision|StyleModel|Redux|PhotoMaker|InstantID|PuLID|Reference|Kontext", re.IGNORECASE), "reference"),
    (re.compile(r"LivePortrait|Driving|AnimateX|MotionTransfer", re.IGNORECASE), "driving_performance"),
)
_BY_INPUT: tuple[tuple[re.Pattern[str], Role], ...] = (
    (re.compile(r"mask"), "mask"),
    (re.compile(r"start|first_frame"), "first_frame"),
    (re.compile(r"\Aend|last_frame"), "last_frame"),
    (re.compile(r"driving|pose_video|motion_video"), "driving_performance"),
    (re.compile(r"reference|subject|style"), "reference"),
    (re.compile(r"voice|audio"), "voice"),
    (re.compile(r"control"), "control"),
)


def find(part: Graph, limits: Limits) -> Iterator[Input]:
    """Yield each file that the nodes of `part` load, once for every role it plays."""
    takers = consumers(part)
    for node in part.values():
        name = _file(node, limits)
        if name is not None:
            for role in _roles(node, takers):
                yield Input(name, role, node.id, digests=_noted(node))


def _file(node: Node, limits: Limits) -> str | None:
    if not _LOADERS.search(node.kind):
        return None
    for key, value in node.values.items():
        if key in _FILES and isinstance(value, str) and 0 < len(value) <= limits.name and not _WEIGHTS.search(value):
            return _PLACE.sub("", value)
    return None


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
    for _ in range(_FAR):
        if not waiting:
            return
        node, name = waiting.pop()
        role = _role(node, name)
        if role:
            yield role
        elif node.id not in seen:
            seen.add(node.id)
            waiting.extend((taker, under) for _, taker, under in takers.get(node.id, ()))


def _role(node: Node, name: str) -> Role | None:
    for pattern, role in _BY_INPUT:
        if pattern.search(name):
            return role
    return next((role for pattern, role in _BY_CONSUMER if pattern.search(node.kind)), None)
