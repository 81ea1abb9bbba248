"""Ids sort in the order in which they were made, also those of one request; the version is the one of the project."""

from __future__ import annotations

import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from service import ids
from service.version import VERSION

NOW = datetime(2026, 9, 14, 10, tzinfo=UTC)


def test_ids_of_one_moment_sort_in_the_order_of_their_making() -> None:
    made = [ids.new_id("ast", NOW) for _ in range(5_000)]
    assert made == sorted(made)
    assert all(ids.is_id(one, "ast") for one in made)
    assert ids.new_id("ast", NOW + timedelta(milliseconds=1)) > made[-1]
    assert ids.new_id("ast", NOW - timedelta(milliseconds=1)) < made[0]


def test_many_threads_never_make_the_same() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: ids.new_id("ast", NOW), range(8_000)))
    assert len(set(made)) == len(made)


def test_the_version_is_the_one_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["version"] == VERSION
