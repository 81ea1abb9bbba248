"""The texts that steer a ComfyUI graph, and which side of the guidance each is on: told by whoever uses the conditioning in the end."""

import re
from collections.abc import Iterator

from service.ingest.comfy_models import calls_provider
from service.ingest.draft import Prompt
from service.ingest.graph import Graph, Link, Node

_ALWAYS_TEXT = re.compile(
    r"prompt|(positive|negative|user|system)_prompt|positive|negative|prompt_text|wildcard_text|populated_text|text_[gl]|t5xxl|clip_[lg]|llama|tags|lyrics"
)
_SOMETIMES_TEXT = re.compile(r"(text|string|prompt|value|caption)(_?[a-z]|_?\d{1,2}|_input)?|result")
_TEXT_NODES = re.compile(r"TextEncode|Prompt", re.IGNORECASE)
_NOT_CONDITIONING = re.compile(
    r"\A(model|clip\w*|vae|images?\d*|pixels|mask|control_net|latent\w*|samples|style_model|sampler|sigmas|noise|\w*model\w*)\Z"
)


def find(part: Graph) -> Iterator[Prompt]:
    """Yield each text of `part` once for every use; `unspecified` where nothing tells."""
    labels = _labels(part)
    for node in part.values():
        uses = labels.get(node.id, set())
        loose = bool(uses) or bool(_TEXT_NODES.search(node.kind))
        for key, value in node.values.items():
            if isinstance(value, str) and value.strip() and (_ALWAYS_TEXT.fullmatch(key) or (loose and _SOMETIMES_TEXT.fullmatch(key))):
                for use in sorted(_use(key) or uses or {"positive" if calls_provider(node) else "unspecified"}):
                    yield Prompt(value, use, f"{node.id}.{key}")  # type: ignore[arg-type]  # one of its three words


def _use(key: str) -> set[str]:
    return {word for word in ("positive", "negative") if key.startswith(word)}


def _labels(part: Graph) -> dict[str, set[str]]:
    """Node → how the final consumer of its conditioning uses it: `positive`, `negative` or both."""
    passing = {
        link.source for node in part.values() for name, link in node.links.items() if name in {"positive", "negative", "conditioning"}
    }
    shifted = {link.source for node in part.values() for name, link in node.links.items() if name == "model" and link.slot == 0}
    labels: dict[str, set[str]] = {}
    seen: set[tuple[Link, str]] = set()
    for node in part.values():
        if node.id not in passing:
            for name, word in (("positive", "positive"), ("negative", "negative"), ("conditioning", "positive")):
                if name in node.links:
                    _spread(part, node.links[name], word, labels, seen, shifted)
    return labels


def _spread(part: Graph, start: Link, word: str, labels: dict[str, set[str]], seen: set[tuple[Link, str]], shifted: set[str]) -> None:
    """Carry `word` up every conditioning link."""
    waiting = [start]
    while waiting:
        link = waiting.pop()
        node = part.get(link.source)
        if node is not None and (link, word) not in seen:
            seen.add((link, word))
            labels.setdefault(node.id, set()).add(word)
            waiting.extend(_conditioning(node, link.slot - (node.id in shifted)))


def _conditioning(node: Node, slot: int) -> list[Link]:
    """Where a conditioning comes from; a node with both sides gives its positive first, then its negative (behind a model, if it gives one)."""
    if node.kind == "ConditioningZeroOut":  # takes the words away again
        return []
    if {"positive", "negative"} <= node.links.keys():
        return [node.links["negative" if slot == 1 else "positive"]]
    return [link for name, link in node.links.items() if not _NOT_CONDITIONING.match(name)]
