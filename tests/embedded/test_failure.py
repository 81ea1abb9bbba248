"""A database that does nothing any more, and what is said of one that could not be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.embedded import lease, place
from service.embedded.cluster import is_stuck


def test_what_a_keeper_gave_up_over_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "postgres.log").write_text(
        "PANIC:  could not write to file: No space left on device\nFATAL:  the database system is in recovery mode\n"
        f"PostgreSQL ended 5 times within a minute. {place.MEND}\n"
    )
    says = lease._failure(place.of(tmp_path))
    assert says.startswith("The embedded database did not start: PostgreSQL ended 5 times within a minute. Mend what its log names")
    assert "start again: what was committed is there. It said: PANIC:  could not write to file: No space left on device." in says


@pytest.mark.parametrize(
    ("children", "stuck"),
    [
        ("checkpointer, background writer", True),
        ("checkpointer, background writer, startup recovering 00000001", False),
        ("checkpointer, background writer, walwriter, postgres clearance [local] idle", False),
        ("", False),
    ],
)
def test_only_a_server_without_anybody_at_work_is_stuck(children: str, *, stuck: bool) -> None:
    """One that is full refuses whoever comes, its keeper too, and serves those whom it has: by its answers it cannot be told."""
    assert is_stuck([f"postgres: {each}".encode() for each in children.split(", ") if each]) is stuck
