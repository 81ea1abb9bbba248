"""Whose work a question touches: only what records say, craft by craft, for coverage to name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.rules.scenario import Studio

FILM = {"title": "Tin Harbour", "format": "feature"}


def touched(studio: Studio, *more: Mapping[str, Any], run: Mapping[str, Any]) -> list[str]:
    """The crafts that a generated shot touches."""
    studio.enter(
        [
            {"kind": "party", "key": "ada", "body": {"type": "person", "professional_name": "Ada Moor"}},
            {"kind": "production", "key": "film", "body": FILM},
            {"kind": "asset", "key": "shot", "body": {"type": "video", "productions": ["$film"]}},
            {"kind": "generation", "body": {"productions": ["$film"], "operator": "$ada", "outputs": [{"asset": "$shot"}], **run}},
            *more,
        ]
    )
    asked = studio.facts({"subject": "$shot", "act": "release", "at": "2026-11-20", "production": "$film"})
    return [craft["craft"] for craft in asked.document["crafts"]]


def job(category: str) -> dict[str, Any]:
    """An engagement of the operator."""
    return {"kind": "engagement", "body": {"person": "$ada", "production": "$film", "category": category}}


@pytest.mark.parametrize(
    ("category", "craft"),
    [("editor", ["crew"]), ("storyboard_artist", ["animator"]), ("composer", ["musician"]), ("other", []), ("principal", [])],
)
def test_an_operator_touches_the_craft_of_the_engagement(studio: Studio, category: str, craft: list[str]) -> None:
    assert touched(studio, job(category), run={}) == craft


def test_a_run_says_whose_work_it_is(studio: Studio) -> None:
    assert touched(studio, job("principal"), run={"craft": "art_department"}) == ["crew"]


def test_an_operator_nobody_engaged_touches_no_craft(studio: Studio) -> None:
    assert touched(studio, run={}) == []


def test_a_run_that_makes_nothing_but_music_is_musicians_work(studio: Studio) -> None:
    assert touched(studio, run={"modalities": ["music"]}) == ["musician"]


def test_a_tool_that_is_no_ai_touches_no_craft(studio: Studio) -> None:
    assert touched(studio, job("crew"), run={"tool": {"name": "Paint", "tool_class": "traditional"}}) == []


def test_a_system_that_has_a_duty_touches_its_craft(studio: Studio) -> None:
    truck = {
        "type": "duty_assignment",
        "productions": ["$film"],
        "details": {"duty": "driving", "craft": "driver", "system": "Driverless truck"},
    }
    assert touched(studio, {"kind": "evidence", "body": truck}, run={}) == ["basic_crafts"]


def test_a_scan_of_the_crew_is_a_scan_and_no_performers_session(new_studio: Callable[[], Studio]) -> None:
    for category, expected in (("crew", ("crew_scans", "sessions")), ("principal", ("sessions", "crew_scans"))):
        studio = new_studio()
        session = {"type": "capture_session", "productions": ["$film"], "details": {"person": "$ada", "starts_at": "2026-08-10"}}
        touched(studio, job(category), {"kind": "evidence", "key": "scan", "body": session}, run={})
        found = studio.facts({"subject": "$scan", "act": "capture", "at": "2026-08-01", "production": "$film"}).document
        assert [len(found[name]) for name in expected] == [1, 0], category
