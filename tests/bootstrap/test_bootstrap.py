"""`python3 -m service` on a machine that has nothing: a checkout in small, with one real package to install."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLI = """
import sys

import nothing


def main():
    print(nothing.VERSION, sys.prefix, *sys.argv[1:])
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The bootstrap with a command line that says where it runs; a space in its path, as people have them."""
    root = tmp_path / "my checkout"
    (root / "service/cli").mkdir(parents=True)
    (root / "service/__init__.py").touch()
    shutil.copy(ROOT / "service/__main__.py", root / "service")
    (root / "service/cli/__init__.py").write_text(CLI)
    require(root, wheel(tmp_path, "1"))
    return root


def wheel(directory: Path, version: str) -> Path:
    """Make a package `nothing` that knows its version."""
    path = directory / f"nothing-{version}-py3-none-any.whl"
    info = f"nothing-{version}.dist-info"
    files = {
        "nothing.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: nothing\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digest = {n: base64.urlsafe_b64encode(hashlib.sha256(c.encode()).digest()).rstrip(b"=").decode() for n, c in files.items()}
    record = [f"{name},sha256={digest[name]},{len(content)}" for name, content in files.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]) + "\n")
    return path


def require(root: Path, package: Path) -> None:
    (root / "pyproject.toml").write_text(
        f'[project]\ndependencies = ["nothing @ {package.as_uri()}"]\n[project.optional-dependencies]\ntest = []\n'
    )


def start(root: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    variables = {**os.environ, "PYTHONPATH": "", **environment}
    return subprocess.Popen(
        [str(base), "-m", "service", *words], cwd=root, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(root: Path, *words: str, **environment: str) -> tuple[str, str]:
    process = start(root, *words, **environment)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out, err


def test_first_second_and_changed_start(checkout: Path) -> None:
    out, err = run(checkout, "up", "--port", "1")
    assert out == f"1 {checkout / '.venv'} up --port 1\n"
    assert "Installing 1 packages" in err

    began = time.monotonic()
    out, err = run(checkout, "up")
    assert (out, err) == (f"1 {checkout / '.venv'} up\n", "")
    assert time.monotonic() - began < 2  # a promise of 0.4 s, on a machine that may be busy

    require(checkout, wheel(checkout.parent, "2"))
    out, err = run(checkout, "up")
    assert out.startswith("2 ")
    assert "Installing" in err

    script = subprocess.run([checkout / ".venv/bin/clearance", "x"], capture_output=True, text=True, cwd="/", check=True)
    assert script.stdout == f"2 {checkout / '.venv'} x\n"


def test_four_at_once(checkout: Path) -> None:
    processes = [start(checkout, "up") for _ in range(4)]
    results = [process.communicate(timeout=120) for process in processes]
    assert {out for out, _ in results} == {f"1 {checkout / '.venv'} up\n"}
    assert sum("Installing" in err for _, err in results) == 1


@pytest.mark.parametrize("seconds", [0.3, 2.0])
def test_killed_while_installing(checkout: Path, seconds: float) -> None:
    process = start(checkout, "up")
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert run(checkout, "up")[0].startswith("1 ")


def test_a_failed_installation_gives_the_reason_and_can_be_repeated(checkout: Path) -> None:
    good = (checkout / "pyproject.toml").read_text()
    (checkout / "pyproject.toml").write_text(good.replace("nothing-1-", "missing-1-"))
    process = start(checkout, "up")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "The packages could not be installed; the reason stands above." in err
    (checkout / "pyproject.toml").write_text(good)
    assert run(checkout, "up")[0].startswith("1 ")


def test_a_path_that_ends_in_test_is_no_wish_to_test(checkout: Path) -> None:
    run(checkout, "--data", "test", "up")
    assert run(checkout, "test")[1].startswith("Installing"), "only now"


def test_a_checkout_that_is_not_ours_to_write(checkout: Path, tmp_path: Path) -> None:
    checkout.chmod(0o555)
    home = tmp_path / "home"
    home.mkdir()
    try:
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere; run as a plain user")
        out, _ = run(checkout, "up", HOME=str(home))
    finally:
        checkout.chmod(0o755)
    assert f"1 {home}/.cache/clearance/venv-" in out
