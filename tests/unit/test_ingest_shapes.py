"""Shapes met in the wild, a line each in tests/vectors/ingest: what a person reads off them stood there before an adapter did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from service.ingest import bodies, register
from service.ingest.draft import Draft, Source

LINES = [
    json.loads(line)
    for path in sorted((Path(__file__).parents[1] / "vectors" / "ingest").glob("*.ndjson"))
    for line in path.read_text().splitlines()
]


def draft(line: dict[str, Any]) -> Draft:
    request, response = (json.dumps(line[side]).encode() if side in line else None for side in ("request", "response"))
    provider = register.provider_named(line["provider"]) if "provider" in line else None
    source = Source(line.get("file"), texts=line.get("texts", {}), request=request, response=response, provider=provider)
    return register.merge(register.read(source))


def found(told: Draft) -> dict[str, Any]:
    used = [bodies.used_model(model, None) for model in told.models]
    return {
        "tool": told.tool,
        "job": told.job_id,
        "models": {(model.type, model.name) for model in told.models},
        "inputs": {(each.role, each.name) for each in told.inputs},
        "prompts": {(prompt.use, prompt.text) for prompt in told.prompts},
        "seeds": {each.seed for each in told.sampling if each.seed is not None},
        "unread": set(told.unread),
        "strengths": {line["name"]: line["strength"] for line in used if "strength" in line},
        "hashes": {line["name"]: digest["value"] for line in used for digest in line.get("digests", ())},
    }


@pytest.mark.parametrize("line", LINES, ids=[line["name"] for line in LINES])
def test_a_shape_yields_what_a_person_reads_off_it(line: dict[str, Any]) -> None:
    told = draft(line)
    expected, codes = dict(line["expect"]), {remark.code for remark in told.contradictions}
    assert set(expected.pop("codes", ())) <= codes
    assert not set(expected.pop("codes_absent", ())) & codes
    got = found(told)
    for name, value in expected.items():
        if isinstance(value, dict):
            assert value.items() <= got[name].items(), name
        else:
            wanted = {tuple(each) if isinstance(each, list) else each for each in value} if isinstance(value, list) else value
            assert got[name] == wanted, name
    for side in ("request", "response"):
        if side in line:
            assert json.dumps(line[side]).encode() in {piece.content for piece in told.raw}
