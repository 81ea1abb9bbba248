"""What is known of tools that leave no metadata: the class of each, and what a class means for the run, its output and its edges.

A class is what kind of work the tool does, never that a given file was or was not generated; where only the person at the tool can know that
(a drawn or a generated storyboard, a built or a generated environment) the class leaves it open and the sheet's `ai` column says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Class:
    """One class of declared work; None is left open."""

    tool_class: str | None
    asset: str | None = None
    actions: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    stage: str | None = None
    relations: Mapping[str, str] = field(default_factory=dict)
    """Input role → how the output came of such an input."""


CLASSES: Final[Mapping[str, Class]] = {
    "analysis": Class("analysis", "document", ("analyse",)),
    "previs": Class(None, "storyboard", stage="previs", relations={"script": "derived_from"}),
    "grade": Class(
        "processing", None, ("grade",), relations={"source_video": "graded_from", "initial_image": "graded_from", "plate": "graded_from"}
    ),
    "wall": Class(None, "video", relations={"plate": "wall_content"}),
    "rig": Class(None, "model_3d", modalities=("model_3d",), relations={"scan": "scanned_from"}),
    "motion": Class("generative", "motion", ("transfer",), ("motion",), relations={"driving_performance": "derived_from"}),
    "voice": Class("generative", "audio", ("generate",), ("voice",)),
    "dub": Class(
        "generative", None, ("dub",), ("voice",), "localisation", {"source_video": "translated_from", "source_audio": "translated_from"}
    ),
    "music": Class("generative", "music", ("generate",), ("music",)),
    "generative": Class("generative", None, ("generate",)),
    "assistive": Class("assistive"),
    "processing": Class("processing"),
    "traditional": Class("traditional"),
}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool by its proper name, its maker and the class of its work."""

    name: str
    works: str
    vendor: str | None = None


TOOLS: Final[Mapping[str, Tool]] = {
    "ltx": Tool("LTX Studio", "generative", "Lightricks"),
    "ltxstudio": Tool("LTX Studio", "generative", "Lightricks"),
    "filmustage": Tool("Filmustage", "analysis"),
    "boords": Tool("Boords", "previs"),
    "largo": Tool("Largo.ai", "analysis"),
    "largoai": Tool("Largo.ai", "analysis"),
    "colourlab": Tool("Colourlab.AI", "grade"),
    "colourlabai": Tool("Colourlab.AI", "grade"),
    "stagecraft": Tool("StageCraft", "wall", "Industrial Light & Magic"),
    "ziva": Tool("Ziva", "rig"),
    "zivadynamics": Tool("Ziva", "rig"),
    "amper": Tool("Amper Music", "music"),
    "ampermusic": Tool("Amper Music", "music"),
    "flowstudio": Tool("Autodesk Flow Studio", "motion", "Autodesk"),
    "autodeskflowstudio": Tool("Autodesk Flow Studio", "motion", "Autodesk"),
    "deepeditor": Tool("Flawless DeepEditor", "dub", "Flawless"),
    "flawlessdeepeditor": Tool("Flawless DeepEditor", "dub", "Flawless"),
    "marey": Tool("Marey", "generative", "Moonvalley"),
}


def known(name: str) -> Tool | None:
    """The tool of this name, however it is spelt; None for any other."""
    return TOOLS.get(re.sub(r"[^a-z0-9]", "", name.lower()))
