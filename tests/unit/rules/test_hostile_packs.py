"""Packs and scenarios that anybody may send: whatever stands in them, they are used or refused with a sentence."""

from __future__ import annotations

import copy
import random

import pytest

from service.rules import load, trial
from service.rules.paths import PackError
from service.rules.yaml12 import parse

JUNK = [None, 1, "x", "", [], {}, [1], {"a": 1}, True, [[]], {"of": 1}, 10**30, [{}], {"is_true": 1}, {"$ref": "a"}, 0.5]
WHOLE = {
    "title": "whole",
    "facts": {
        "act": "release", "at": "2026-10-01T10:00:00Z", "intent": {"territories": ["US"]}, "objects": {"a": {"id": "a"}}, "consents": [{"id": "x"}],
        "assets": [{"id": "a", "dates": {"use": "2026"}}], "production": {"id": "p", "crafts": ["performer"], "bindings": [{"craft": "performer"}], "pins": []},
    },
    "expect": {"outcome": "blocked", "rules": {"licences.output.grant": "block"}},
}  # fmt: skip


def places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from places(part, (*path, key))


def spoilt(document, dice):
    """The document with one thing in it replaced by something else."""
    found = copy.deepcopy(document)
    path = dice.choice([path for path in places(found) if path])
    holder = found
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = copy.deepcopy(dice.choice(JUNK))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_spoilt_pack_is_used_or_refused(seed):
    dice, packs = random.Random(seed), load.load_packs()
    refused = 0
    for _ in range(150):
        whole = packs[dice.choice(["licences", "x", "platform-netflix", "sagaftra-interim-2023"])].document
        document = {**whole, "rules": dice.sample(list(whole["rules"]), 1)}
        try:
            pack = load.pack_from(spoilt(document, dice), "pack", packs)
            trial.run(pack, [{"rule": rule["id"], "expect": "pass"} for rule in pack.rules])
        except PackError as fault:
            refused += len(str(fault)) > 10
    assert refused > 30


@pytest.mark.parametrize("seed", range(4))
def test_a_spoilt_scenario_is_tried_or_refused(seed):
    dice, pack = random.Random(seed), load.load_packs()["licences"]
    own = parse((load.PACKS / "licences.scenarios.yaml").read_text())["scenarios"]
    refused = 0
    for _ in range(150):
        try:
            trial.run(pack, spoilt([*own, WHOLE], dice))
        except PackError as fault:
            refused += str(fault).startswith("scenarios/")
    assert refused > 30


def deep(levels):
    nested: object = "x"
    for _ in range(levels):
        nested = {"any": [nested]}
    return nested


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rules": [deep(300)]}, "nested deeper than 40 levels"),
        ({"note": [0.5]}, "write decimals in quotes"),
        ({"sources": ["x"] * 300_000}, "more than 250000 values"),
        ({"carried_rules": {"a": 1}}, "carried_rules: a list of rules"),
        ({"territories": [1]}, "territories: a list of words"),
        ({"title": ""}, "title: text is expected"),
        ({"calendars": [["us-federal"]]}, "there is no calendar"),
        ({"calendars": {"own": {"holidays": ["2026-02-30"]}}}, "calendars:"),
        ({"calendars": {"own": {"covers": {"from": "soon"}}}}, "calendars:"),
    ],
)
def test_a_json_pack_holds_no_more_than_a_yaml_one(change, told):
    with pytest.raises(PackError, match=told):
        load.pack_from({"pack": "house", "kind": "house", "rules": [], **change})
