"""Hashing a directory: what is unchanged is never read again, and what cannot be relied upon is told with its reason."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from service.cli import tree
from service.errors import StartError


def _filled(root: Path, count: int) -> Path:
    for number in range(count):
        (root / f"d{number % 7}").mkdir(parents=True, exist_ok=True)
        (root / f"d{number % 7}" / f"{number}.bin").write_bytes(b"%d" % number * 50)
    return root


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    root, kept = _filled(tmp_path / "files", 300), tmp_path / "state"

    def killed(progress: tree.Progress) -> None:
        if progress.bytes > 5_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), tree.opened(kept) as state:
        tree.hash_tree(root, state, lambda _: None, killed)
    with tree.opened(kept) as state:
        second = tree.hash_tree(root, state, lambda _: None)
        items = list(state.items())
    assert (second.files, 0 < second.known < 300) == (300, True)
    assert items == sorted(
        (str(one.relative_to(root)), one.stat().st_size, hashlib.sha256(one.read_bytes()).digest(), None) for one in root.rglob("*.bin")
    )


def test_what_changed_is_read_again_and_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    root = _filled(tmp_path / "files", 20)
    (root / "d1" / "1.bin").write_bytes(b"other")
    with tree.opened(tmp_path / "state") as state:
        tree.hash_tree(root, state, lambda _: None)
    (root / "d1" / "1.bin").write_bytes(b"later")
    os.utime(root / "d1" / "1.bin", ns=(1, 1))
    (root / "d2" / "2.bin").unlink()
    with tree.opened(tmp_path / "state") as state:
        assert tree.hash_tree(root, state, lambda _: None).known == 18
        assert {name: digest for name, _, digest, _ in state.items()}["d1/1.bin"] == hashlib.sha256(b"later").digest()
        assert "d2/2.bin" not in {name for name, *_ in state.items()}


def test_the_odd_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "empty").touch()
    (tmp_path / "inner").symlink_to("a")
    (tmp_path / "outer").symlink_to("/")
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff", os.O_CREAT | os.O_WRONLY))
    odd = {one.name: one.odd for one in tree.walk(tmp_path) if one.odd}
    assert odd.keys() == {"empty", "inner", "outer", "\\xff"}
    assert (odd["inner"], odd["outer"]) == ("a link to what stands in the directory itself", "a link that leads out of the directory")
    good = next(one for one in tree.walk(tmp_path) if one.name == "a")
    assert tree.read(tmp_path, good).sha256 == hashlib.sha256(b"a").digest()
    (tmp_path / "a").write_bytes(b"bb")
    assert "changed while it was read" in str(tree.read(tmp_path, good).odd)
    assert "cannot be read" in str(tree.read(tmp_path, tree.Seen("gone", 1, 1)).odd)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with tree.opened(tmp_path / "state") as state:
        state.put([tree.Seen("a", 1, 1, bytes(32))], lambda _: None)
        with pytest.raises(StartError, match="Another run"), tree.opened(tmp_path / "state"):
            pass
