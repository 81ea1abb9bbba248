"""The examples that come with the shipped packs: each comes out as it says, and each rule has one that passes and one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.rules import load, trial
from service.rules.yaml12 import parse

PACKS = load.load_packs()
DIRECTORY = Path(load.__file__).parent / "packs"


@pytest.mark.parametrize("name", sorted(PACKS))
def test_examples_come_out_as_they_say(name: str) -> None:
    scenarios = parse((DIRECTORY / f"{name}{load.SCENARIOS}").read_text(encoding="utf-8"))["scenarios"]
    trials = trial.run(PACKS[name], scenarios)
    assert not [one.document() for one in trials if not one.ok]
    assert trial.untested(PACKS[name], trials) == []
