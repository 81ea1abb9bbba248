"""What the README says of the tests is true: every test that it names is there, and the table of systems names one for each of them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(?:tests/)?((?:unit|api|db|rules|web|e2e|house|bench)/test_\w+\.py)(?:::(test_\w+))?(?:\[([^\]`]+)\])?`")
SYSTEMS = (
    "ComfyUI", "A1111", "Forge", "InvokeAI", "IPTC", "AIGC", "C2PA", "Veo", "Imagen", "Luma", "Runway", "Kling", "Stability", "Firefly", "OpenAI",
    "ElevenLabs", "Deepdub", "Respeecher", "DeepMotion", "LTX", "Filmustage", "Boords", "Largo.ai", "Colourlab.AI", "StageCraft", "Ziva", "Amper",
    "Hugging Face", "safetensors", "MLflow", "Weights & Biases", "DVC", "Croissant", "ODRL", "CycloneDX", "PROV", "Data Provenance", "RSL", "TDMRep",
    "AIPREF", "CAWG",
)  # fmt: skip


def missing(text: str) -> list[str]:
    """The tests that `text` names and that are not there; a case in brackets is looked for in the file and among the vectors."""
    return [whole for whole, file, test, case in _named(text) if not _there(ROOT / "tests" / file, test, case)]


def _named(text: str) -> list[tuple[str, str, str | None, str | None]]:
    return [(found[0], found[1], found[2], found[3]) for found in NAMED.finditer(text)]


def _there(path: Path, test: str | None, case: str | None) -> bool:
    if not path.exists():
        return False
    source = path.read_text(encoding="utf-8")
    vectors = "".join(each.read_text(encoding="utf-8") for each in (ROOT / "tests" / "vectors").rglob("*.ndjson"))
    return (test is None or f"def {test}(" in source) and (case is None or f'"{case}"' in source or f'"name":"{case}"' in vectors)


def rows(text: str) -> list[str]:
    """The rows of the table of systems: whatever row of a table names a test."""
    return [line for line in text.splitlines() if line.startswith("|") and NAMED.search(line)]


def test_a_test_that_is_not_there_is_missed() -> None:
    said = "`unit/test_ingest_shapes.py[kling_omni]` `house/test_readme.py::test_a_test_that_is_not_there_is_missed`"
    assert missing(said) == []
    assert len(missing("`unit/test_ingest_shapes.py[gone]` `unit/test_gone.py` `unit/test_ingest_shapes.py::test_gone`")) == 3


def test_every_test_named_in_the_readme_is_there() -> None:
    assert missing((ROOT / "README.md").read_text(encoding="utf-8")) == []


def test_every_system_has_its_row() -> None:
    table = "\n".join(line.split("|")[1] for line in rows((ROOT / "README.md").read_text(encoding="utf-8")))
    assert table
    assert [system for system in SYSTEMS if system not in table] == []
