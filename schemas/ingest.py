"""What an import takes and answers: a file or an asset, what the provider was asked and answered, and what a person adds."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas.fields import Body, Flag, Plain, Several, Text
from schemas.references import Reference


class AnyJson(Plain):
    """Any JSON value, kept as it is."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value


class Stated(Plain):
    """Fields of the generation on a person's word; they are validated with the generation itself."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValidationError('Send an object of generation fields, such as {"operator": …}.')
        return value


class Links(Plain):
    """Names of the source → ids of the records that they stand for."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()) or len(value) > 500:
            raise ValidationError('Send at most 500 names with the id each stands for, as in {"look.safetensors": "mdl_…"}.')
        return value


class ImportOptions(Body):
    """How to import: as the `options` part of an upload, or with `asset` as the whole body."""

    asset = Reference("asset", about="the output, when it is registered already; its bytes are read where they are here")
    file_name = Text(500, about="the file's name as the tool wrote it; it tells branches of a graph apart")
    adapter = Text(100, about="read by this adapter only")
    provider = Text(
        100,
        about="whose request and response these are: comfyui, deepdub, deepmotion, elevenlabs, firefly, gemini, imagen, kling, luma, openai, respeecher,"
        " runway, stability, veo; declared for the sheet of any other tool",
    )
    request = AnyJson(about="what was asked of the provider")
    response = AnyJson(about="what the provider answered")
    stated = Stated(about="circumstances on a person's word: operator, employer, stage, prompt_entities …")
    links = Links(about="which record a model or input name stands for")


class ImportRequest(ImportOptions):
    """The JSON form, without a file of its own."""

    @validates_schema
    def something(self, data: dict[str, Any], **_: Any) -> None:
        """There is something to read."""
        if not data.keys() & {"asset", "request", "response"}:
            raise ValidationError({"asset": ["Name the asset, send request and response, or upload the file as multipart/form-data."]})


class ImportAnswer(Body):
    """What an import did: `found` is true when the same output of the same job was imported before."""

    generation = Text(60, required=True)
    asset = Text(60)
    made = Several(Text(60), about="ids of all records that this import wrote")
    found = Flag(required=True)
    adapter = Text(100)
    contradictions = AnyJson()
    unresolved = AnyJson()
    unread = Several(Text(500))
    record = AnyJson(about="the generation as GET answers it")


class SourceQuery(Body):
    """Which raw source of a generation."""

    name = Text(200, required=True)
