"""The readers of cards, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable

from service import errors
from service.ingest.cards import croissant, dps, dvc, huggingface, runs, safetensors
from service.ingest.cards.card import Card, Given

READERS: tuple[tuple[str, Callable[[Given], bool], Callable[[Given], Card]], ...] = (
    (safetensors.NAME, safetensors.detect, safetensors.read),
    (croissant.NAME, croissant.detect, croissant.read),
    (dps.NAME, dps.detect, dps.read),
    ("mlflow", runs.detect_mlflow, runs.read_mlflow),
    ("wandb", runs.detect_wandb, runs.read_wandb),
    (huggingface.NAME, huggingface.detect, huggingface.read),
    (dvc.NAME, dvc.detect, dvc.read),
)


def read(given: Given) -> Card:
    """Return what the first reader that knows the format finds; `Invalid` when none does."""
    for _, detect, reader in READERS:
        if detect(given):
            return reader(given)
    known = ", ".join(name for name, _, _ in READERS)
    raise errors.invalid("/content", f"This is no card that is known here ({known}); register the model or dataset itself.", "card_unknown")
