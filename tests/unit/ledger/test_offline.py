"""The offline verifier as one file: it is what the sources say, needs nothing but `cryptography`, and hashes as the log does."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ledger import merkle, tile
from service.ledger.entry import leaf_hash
from service.ledger.offline import generate, hashing, program
from service.ledger.offline.folder import Folder
from service.ledger.tile import Tile
from tests.offline import alone


def test_the_file_is_made_of_the_sources_as_they_are():
    program = generate.program().decode()
    tree = ast.parse(program)
    quoted = {
        node.targets[0].slice.value: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    }
    assert quoted == {name: generate.source(name) for name in generate.carried()}
    assert {"service.rules.evaluate", "service.ledger.merkle", "service.ledger.note", "service.ledger.policy"} <= set(quoted)
    for name in generate.CHECKS:
        source = generate.source(f"service.ledger.offline.{name}")
        for node in ast.parse(source).body[1:]:
            if not isinstance(node, ast.Import | ast.ImportFrom):
                assert ast.get_source_segment(source, node) in program
    checks = program.partition("# Part two")[0]
    assert max(map(len, checks.splitlines())) <= 160, "lines that people can read"


def test_no_name_of_the_checks_means_two_things():
    assert generate.ambiguous() == []


def test_it_starts_where_nothing_is_installed(tmp_path):
    (tmp_path / "verify.py").write_bytes(generate.program())
    done = alone(tmp_path / "verify.py", tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "There is no readable checkpoint" in done.stdout
    helped = subprocess.run([sys.executable, "-I", tmp_path / "verify.py", "--help"], capture_output=True, text=True, check=False)
    assert helped.returncode == 0
    assert "--key" in helped.stdout


def test_it_speaks_in_the_letters_of_the_terminal(tmp_path):
    (tmp_path / "verify.py").write_bytes(generate.program())
    (tmp_path / "Müller").write_text("a file that does not belong here")
    for letters in ("ascii", "cp437", "utf-8"):
        done = subprocess.run(
            [sys.executable, tmp_path / "verify.py", tmp_path], capture_output=True, env={"PYTHONIOENCODING": letters}, check=False
        )
        assert (done.returncode, done.stderr) == (1, b"")
    gone = alone(tmp_path / "verify.py", tmp_path / "nowhere")
    assert (gone.returncode, "there is no" in gone.stdout) == (1, True)


def test_no_name_in_a_bundle_moves_what_is_printed(tmp_path):
    """A file, or an id in an entry, may be called whatever its maker likes."""
    (tmp_path / "verify.py").write_bytes(generate.program())
    (tmp_path / "a\x1b[2J\nEverything that could be checked holds.\u202e").symlink_to("nowhere")
    done = alone(tmp_path / "verify.py", tmp_path)
    assert done.returncode == 1
    assert not set(done.stdout) & set("\x1b\u202e")
    assert "Everything that could be checked holds." not in done.stdout.splitlines()
    assert r"a\x1b[2J\nEverything" in done.stdout


def test_a_selection_says_what_it_cannot_show_and_what_was_kept_back():
    about = {"asked": {"assets": [f"ast_{number}" for number in range(7)]}, "outside_your_productions": 3}
    says = program.selection(about)
    assert says.startswith("That nothing about ast_0, ast_1, ast_2, ast_3, ast_4 and 2 more was left out: it is a selection")
    assert "only the whole log shows that there are no others." in says
    assert "3 entries that belong to it are kept back, as outside of what its maker may see. Ask for the whole log." in says
    assert "kept back" not in program.selection({"asked": {"records": ["con_1"]}, "outside_your_productions": 0})
    assert "about what this bundle is about was left out" in program.selection(None)


def test_its_evaluator_is_the_one_it_carries(tmp_path):
    """Also where the project itself could be imported."""
    (tmp_path / "verify.py").write_bytes(generate.program())
    probe = "import runpy; m = runpy.run_path('verify.py'); print(m['evaluate'].__spec__.loader.__class__.__name__, m['evaluate'].__name__)"
    done = subprocess.run([sys.executable, "-c", probe], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("_Carried service.rules.evaluate\n", "")


@given(st.integers(0, 1_100))
def test_a_root_is_the_root_of_the_log(count):
    leaves = [leaf_hash(str(number).encode()) for number in range(count)]
    assert hashing.tree_root(leaves) == merkle.Growth(0, (), leaves).root


def whole(entries):
    """The tiles of a log, by path."""
    size, leaves = len(entries), [leaf_hash(entry) for entry in entries]
    found = {part.path: tile.bundle(entries[part.begin : part.end]) for part in tile.bundles(size)}
    levels = [leaves]
    for part in tile.of_tree(size):
        while len(levels) <= part.level:
            below = levels[-1]
            levels.append([merkle.perfect_root(below[at : at + 256]) for at in range(0, len(below) // 256 * 256, 256)])
        found[part.path] = b"".join(levels[part.level][part.begin : part.end])
    return found, merkle.Growth(0, (), leaves).root


def checked(files, size):
    found = hashing.hash_log(files.__getitem__, size, lambda wanted: files.get(wanted.path))
    return found, [*found.faults, *hashing.upper_tiles(found, lambda wanted: files.get(wanted.path))]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600, 65_536 + 300])
def test_a_whole_log(size):
    files, root = whole([f"entry {number}".encode() for number in range(size)])
    found, faults = checked(files, size)
    assert (found.root, found.size, faults) == (root, size, [])


@given(st.integers(1, 700), st.data())
def test_no_change_of_a_tile_goes_unseen(size, data):
    files, root = whole([str(number).encode() for number in range(size)])
    path = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[path])
    if data.draw(st.booleans()):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    else:
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    try:
        found, faults = checked({**files, path: bytes(content)}, size)
    except KeyError:
        return
    assert faults or found.root != root


def test_only_what_was_found_is_read(tmp_path):
    (tmp_path / "secret").write_text("x")
    folder = Folder(tmp_path / "bundle", frozenset())
    with pytest.raises(FileNotFoundError):
        folder.read("../secret")
    assert Tile(0, 0, 1).path == "tile/0/000.p/1"
