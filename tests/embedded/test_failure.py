"""What is said of a database that could not be had."""

from __future__ import annotations

from pathlib import Path

from service.embedded import lease, place


def test_what_a_keeper_gave_up_over_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "postgres.log").write_text(
        "PANIC:  could not write to file: No space left on device\nFATAL:  the database system is in recovery mode\n"
        f"PostgreSQL ended 5 times within a minute. {place.MEND}\n"
    )
    says = lease._failure(place.of(tmp_path))
    assert says.startswith("The embedded database did not start: PostgreSQL ended 5 times within a minute. Mend what its log names")
    assert "start again: what was committed is there. It said: PANIC:  could not write to file: No space left on device." in says
