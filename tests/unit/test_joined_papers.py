"""Papers of one person that reach a use only together."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from service.facts.consents import Use
from service.facts.joined import together
from service.facts.world import Fact, World

USE = Use("app_1", "pty_1", "prd_1", "2026-02-10", ("use",), modalities=("face", "voice"))
FACE, VOICE = ("con_face", ["face"]), ("con_voice", ["voice"])


def paper(name: str, **changed: Any) -> Fact:
    """A paper in order but for the modality that it lacks."""
    own = {"granted": True, "live_at_use": True, "live_now": True, "mismatch": ["modalities"], "unstated": []}
    return {"id": name, **own, "description_attested": True, "ends": "2030-01-01T00:00:00Z", **changed}


def answer(*papers: Fact) -> list[Fact]:
    """What the papers say together, of scopes that grant the face and the voice."""
    scopes = {name: SimpleNamespace(body={"scope": {"modalities": granted}}) for name, granted in (FACE, VOICE)}
    return together(cast("World", SimpleNamespace(library=scopes, intent={})), USE, list(papers))


def test_two_papers_reach_what_neither_reaches_alone() -> None:
    """Face in one, voice in the other: no mismatch, what each lacks is kept, and the first to end ends both."""
    found = answer(paper("con_face"), paper("con_voice", ends="2028-01-01T00:00:00Z"))
    assert [(one["mismatch"], one["alone"], one["ends"]) for one in found] == [([], ["modalities"], "2028-01-01T00:00:00Z")] * 2


@pytest.mark.parametrize(
    "changed",
    [{"granted": False}, {"live_at_use": False}, {"live_now": False}, {"live_now": None}, {"mismatch": ["media", "modalities"]}],
    ids=["refused", "late", "withdrawn", "end not known", "lacks another field too"],
)
def test_a_paper_that_fails_otherwise_joins_nothing(changed: Fact) -> None:
    """Only papers in order in everything else are read together."""
    papers = [paper("con_face"), paper("con_voice", **changed)]
    assert answer(*papers) == papers


def test_what_one_leaves_open_stays_open() -> None:
    """A description that nobody confirmed, and an end that is not recorded, are not lent by the other paper."""
    bare = {name: value for name, value in paper("con_voice", description_attested=False, unstated=["languages"]).items() if name != "ends"}
    found = answer(paper("con_face"), bare)
    assert [(one["description_attested"], one["unstated"], "ends" in one) for one in found] == [(False, ["languages"], False)] * 2
