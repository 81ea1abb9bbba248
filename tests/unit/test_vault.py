"""The vault: what it seals only the right owner opens, and what it destroys nobody opens again."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.content.vault import SALT_BYTES, Erased, Sealed, Unreadable, Vault, commit, new_salt

STUDIO, OTHER = "std_a", "std_b"
PERSON = "pty_01"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys")


@pytest.mark.parametrize("subject", [None, PERSON])
def test_what_is_sealed_opens_again(vault: Vault, subject: str | None) -> None:
    sealed = vault.seal(STUDIO, subject, b"born 1979-03-02")
    assert b"1979" not in sealed
    assert vault.open(STUDIO, subject, sealed) == b"born 1979-03-02"
    assert Vault(vault.root).open(STUDIO, subject, sealed) == b"born 1979-03-02"


def test_two_seals_of_one_value_differ(vault: Vault) -> None:
    assert vault.seal(STUDIO, None, b"same") != vault.seal(STUDIO, None, b"same")


@pytest.mark.parametrize("owner", [(OTHER, PERSON), (STUDIO, None), (STUDIO, "pty_02")])
def test_another_owner_cannot_open(vault: Vault, owner: tuple[str, str | None]) -> None:
    for studio, subject in [(STUDIO, PERSON), (OTHER, PERSON), (STUDIO, None), (STUDIO, "pty_02")]:
        vault.seal(studio, subject, b"make every key exist")
    sealed = vault.seal(STUDIO, PERSON, b"secret")
    with pytest.raises(Unreadable):
        vault.open(owner[0], owner[1], sealed)


@pytest.mark.parametrize("damage", [b"", b"\x01", b"\x02" + bytes(60), b"\x01" + bytes(60)])
def test_rubbish_is_unreadable(vault: Vault, damage: bytes) -> None:
    vault.seal(STUDIO, PERSON, b"x")
    with pytest.raises(Unreadable):
        vault.open(STUDIO, PERSON, damage)


def test_destroyed_is_gone_and_stays_gone(vault: Vault) -> None:
    sealed = vault.seal_value(STUDIO, PERSON, b"name")
    vault.destroy(STUDIO, PERSON)
    vault.destroy(STUDIO, PERSON)
    with pytest.raises(Erased):
        vault.open_value(STUDIO, PERSON, sealed)
    with pytest.raises(Erased):
        vault.seal(STUDIO, PERSON, b"a new key must not appear in silence")
    assert vault.open(STUDIO, None, vault.seal(STUDIO, None, b"others live")) == b"others live"


def test_a_subject_without_a_key_can_be_destroyed_too(vault: Vault) -> None:
    vault.destroy(STUDIO, "pty_never")
    with pytest.raises(Erased):
        vault.seal(STUDIO, "pty_never", b"x")


@pytest.mark.parametrize("gone", [PERSON, "pty_other"])
def test_what_is_about_several_people_goes_with_any_of_them(vault: Vault, gone: str) -> None:
    both = f"{PERSON} pty_other"
    sealed = vault.seal_value(STUDIO, both, b"two people on a roof")
    assert vault.open_value(STUDIO, both, sealed) == b"two people on a roof"
    with pytest.raises(Unreadable):
        vault.open_value(STUDIO, PERSON, sealed)
    vault.destroy(STUDIO, gone)
    assert (vault.destroyed(STUDIO, gone), vault.destroyed(STUDIO, "pty_third")) == (True, False)
    for attempt in (lambda: vault.open_value(STUDIO, both, sealed), lambda: vault.seal(STUDIO, both, b"again")):
        with pytest.raises(Erased):
            attempt()


def test_a_ring_reads_each_key_once_and_the_next_one_anew(vault: Vault) -> None:
    ring = vault.ring(STUDIO)
    sealed = ring.seal_value(PERSON, b"one")
    vault.destroy(STUDIO, PERSON)
    assert ring.open_value(PERSON, sealed) == b"one", "an operation under way ends as it began"
    with pytest.raises(Erased):
        vault.ring(STUDIO).open_value(PERSON, sealed)


def test_a_value_is_bound_to_its_commitment(vault: Vault) -> None:
    one, two = vault.seal_value(STUDIO, PERSON, b"one"), vault.seal_value(STUDIO, PERSON, b"two")
    assert vault.open_value(STUDIO, PERSON, one) == b"one"
    with pytest.raises(Unreadable):
        vault.open_value(STUDIO, PERSON, Sealed(one.commitment, two.ciphertext))


def test_commitment_is_hmac_of_the_value_under_the_salt() -> None:
    salt = new_salt()
    assert len(salt) == SALT_BYTES
    assert commit(salt, b"v") == hmac.new(salt, b"v", hashlib.sha256).digest()
    with pytest.raises(ValueError, match="32 bytes"):
        commit(salt[:-1], b"v")


def test_macs_differ_by_studio_and_purpose(vault: Vault) -> None:
    seen = {vault.mac(s, p, b"prompt") for s in (STUDIO, OTHER) for p in ("request", "prompt")}
    assert len(seen) == 4
    assert vault.mac(STUDIO, "request", b"prompt") in seen


def test_keys_are_private_files(vault: Vault) -> None:
    vault.seal(STUDIO, PERSON, b"x")
    vault.seal(STUDIO, None, b"x")
    keys = [path for path in vault.root.rglob("*") if path.is_file()]
    assert len(keys) == 2
    assert {stat.S_IMODE(os.stat(path).st_mode) for path in keys} == {0o600}


def test_a_damaged_key_file_is_named(vault: Vault) -> None:
    sealed = vault.seal(STUDIO, PERSON, b"x")
    next(vault.root.rglob(f"{PERSON}.key")).write_bytes(b"short")
    with pytest.raises(Unreadable, match="damaged"):
        vault.open(STUDIO, PERSON, sealed)


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a" * 81, "a\0"])
def test_ids_that_are_paths_are_refused(vault: Vault, name: str) -> None:
    with pytest.raises(ValueError, match="not the id"):
        vault.seal(name, PERSON, b"x")


def test_threads_that_meet_use_one_key(vault: Vault) -> None:
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(lambda n: vault.seal(STUDIO, f"pty_{n % 3}", b"%d" % n), range(60)))
    for n, ciphertext in enumerate(sealed):
        assert vault.open(STUDIO, f"pty_{n % 3}", ciphertext) == b"%d" % n
