"""Seven attacks of a superuser, five parties: exactly the table of the threat model, what is caught and what cannot be."""

from __future__ import annotations

import pytest

from tests.faults import damage, tampering
from tests.faults.damage import ENTRIES


@pytest.mark.parametrize("name", tampering.EXPECTED)
def test_who_catches_it(stage, name):
    found = tampering.caught(stage, name)
    assert dict(zip(tampering.PARTIES, found, strict=True)) == dict(zip(tampering.PARTIES, tampering.EXPECTED[name], strict=True))


@pytest.mark.parametrize("attack", damage.ATTACKS, ids=lambda attack: attack.code)
def test_fsck_names_it_and_says_what_to_do(stage, attack):
    with stage.log() as log:
        log.append(ENTRIES)
        with log.superuser() as conn:
            attack.apply(log, conn)
        faults = log.faults()
    said = [fault.says for fault in faults if fault.code == attack.code]
    assert said, [fault.code for fault in faults]
    assert all(attack.advice in each for each in said), said


def test_the_command_names_it_too(stage, monkeypatch, capsys):
    """`clearance ledger fsck` prints code, place and advice, and its exit status says that something is wrong."""
    from service.cli import group

    with stage.log() as log:
        log.append(ENTRIES)
        with log.superuser() as conn:
            damage.cut(conn, 30)
        data = log.keys.parent / "data"
        (data / "keys").mkdir(parents=True)
        log.keys.rename(data / "keys" / "log")
        monkeypatch.setenv("DATABASE_URL", tampering.as_url(log.url))
        assert group.main(["--data", str(data), "ledger", "fsck"], standalone_mode=False) == 1
    said = capsys.readouterr().out
    assert "rolled_back: entry 30: This machine has signed a tree of 40 entries" in said
    assert "Bring back the newer database" in said
