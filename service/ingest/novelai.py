"""NovelAI: its pictures name the service under `Software` and `Source`, and hold the request as JSON under `Comment`."""

from __future__ import annotations

from service.ingest import jsontext, provider
from service.ingest.draft import Draft, Limits, Model, Raw, Source

NAME = "novelai"
_LEFT_OUT = ("prompt", "uc", "v4_prompt", "v4_negative_prompt", "signed_hash")


def detect(source: Source) -> bool:
    """Tell whether the picture says that it comes from there, and how it was asked for."""
    return source.texts.get("Software") == "NovelAI" and source.texts.get("Comment", "").lstrip().startswith("{")


def read(source: Source, limits: Limits) -> Draft:
    """Return what the comment says; the service's own signature over it stays in the raw text."""
    whole = source.texts["Comment"]
    told = jsontext.parse(whole, "/Comment", limits.text)
    model = source.texts.get("Source", "").strip()
    return Draft(
        adapter=NAME,
        tool="NovelAI",
        models=(Model(model[: limits.name], "hosted", "Source"),) if model else (),
        prompts=tuple(provider.prompts(told, "Comment", ("prompt", "positive"), ("uc", "negative"))),
        sampling=provider.sampled("Comment", told, limits, leave_out=_LEFT_OUT),
        raw=(Raw("Comment", "application/json", whole.encode()),),
    )
