"""What an adapter found in a file or an answer: plain values, each with where it stood and how much its word is worth.

Three states, as everywhere: what the source does not say is absent (`None`, or an empty tuple of things *found*). A draft
never states that there is none of something, and above all never that nobody appears: no field here could say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Grade = Literal["asserted", "imported", "provider_confirmed", "signed", "verified"]
Role = Literal[
    "initial_image", "first_frame", "last_frame", "source_video", "reference", "control", "mask", "driving_performance", "voice",
    "parent", "component", "input", "unspecified", "style_reference", "character_reference", "keyframe", "source_audio", "text", "script",
    "lut", "plate", "scan", "other",
]  # fmt: skip
ModelType = Literal[
    "checkpoint", "lora", "adapter", "embedding", "vae", "text_encoder", "vision_encoder", "control", "upscaler", "voice", "hosted", "motion", "other",
]  # fmt: skip
GRADES: tuple[Grade, ...] = ("asserted", "imported", "provider_confirmed", "signed", "verified")

Scalar = str | int | bool | Decimal | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an adapter reads before it says no; sizes in bytes."""

    text: int = 16 * 1024 * 1024
    """All text metadata of one file, after decompression."""
    chunks: int = 100_000
    """Chunks or boxes walked in one file."""
    nodes: int = 20_000
    """Nodes in one graph."""
    found: int = 2_000
    """Models, inputs or prompts in one draft."""
    name: int = 1_000
    """Characters of one name; longer ones are no names."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as the source states it, lower-case hex; `sha256` proves identity, shorter ones suggest a candidate."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model that took part: its name as found, what it is, how strongly, and where that stood."""

    name: str
    type: ModelType
    where: str
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    digests: tuple[Digest, ...] = ()
    version: str | None = None
    grade: Grade = "imported"


@dataclass(frozen=True, slots=True)
class Input:
    """Something that went in: a file name, URI or outside id; `identifiers` are (scope, value)."""

    name: str
    role: Role
    where: str
    digests: tuple[Digest, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    media_type: str | None = None
    origin: str | None = None
    parents: tuple["Input", ...] = ()
    grade: Grade = "imported"
    record: str | None = None
    """The record's own id, where the source names one."""
    relation: str | None = None
    """How the output came of it, where it is a parent of the output as well as an input of the run."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text that steered the run. Always encrypted when it is recorded."""

    text: str
    use: Literal["positive", "negative", "enhanced", "speech", "unspecified"]
    where: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """One sampler with its seed and settings; numbers as they stand in the source."""

    where: str
    seed: int | None
    settings: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Output:
    """One thing the run wrote, as the source names it (a save node's prefix, a provider's URI)."""

    name: str
    where: str
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """An untouched piece of the source, kept whole as a blob."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two statements that cannot both be true, or one that a person must look at; `code` is stable."""

    code: str
    says: str
    between: tuple[str, ...] = ()
    """The sides, each with what it says; they stand in the clear, and hold no person's name."""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that one adapter read. `unread` names parts it met but does not understand; they are in `raw`.

    `fields` and `asset` are further fields of the generation and of its output in the words of the records, for what only one adapter knows.
    """

    adapter: str
    tool: str | None = None
    tool_version: str | None = None
    provider: str | None = None
    job_id: str | None = None
    at: str | None = None
    origin: str | None = None
    digital_source_type: str | None = None
    models: tuple[Model, ...] = ()
    inputs: tuple[Input, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    sampling: tuple[Sampling, ...] = ()
    outputs: tuple[Output, ...] = ()
    raw: tuple[Raw, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    unread: tuple[str, ...] = ()
    grade: Grade = "imported"
    tool_class: str | None = "generative"
    fields: Mapping[str, Any] = field(default_factory=dict)
    asset: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """What there is to read: the file's embedded texts and whatever the caller sent along.

    `texts` are the key → text pairs of the container, `credentials` the judge's report on the file's C2PA manifests,
    `request` and `response` a provider's JSON, byte for byte; `name` is the file's name as the caller says it.
    """

    name: str | None = None
    sha256: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, Any] | None = None
    request: bytes | None = None
    response: bytes | None = None
    provider: str | None = None
