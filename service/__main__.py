"""`python3 -m service …`: make a virtual environment with everything in it, then run the command line inside it.

Only the standard library is imported here, since nothing else is installed yet. In a checkout the environment is
`.venv` beside `pyproject.toml`, or lies under `~/.cache/clearance` where that is not writable; it is brought up to date
when the dependencies in `pyproject.toml` change. An installed package has all it needs and goes straight on.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "pyproject.toml"
OLDEST = (3, 11)
_TAKES_VALUE = ("--data", "--port")


def main() -> None:
    """Prepare the environment if need be and run the command line in it; does not return."""
    if sys.version_info[:2] < OLDEST:  # this file is what an older Python reads too
        sys.exit(f"Clearance needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]} ({sys.executable}).")
    if PROJECT.is_file():
        environment = place()
        python = environment / "bin/python"
        prepare(environment, with_tests=command(sys.argv[1:]) == "test")
        if not _is_running_in(environment):
            # -P: a directory named `service` where the user happens to stand is not ours.
            os.execv(python, [str(python), "-P", "-m", "service", *sys.argv[1:]])  # noqa: S606
    from service.cli import main as run  # the first import that needs the environment

    run()


def place() -> Path:
    """Return the directory of the virtual environment of this checkout."""
    if os.access(ROOT, os.W_OK) or (ROOT / ".venv/bin/python").exists():
        return ROOT / ".venv"
    return Path.home() / ".cache/clearance" / f"venv-{hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]}"


def command(words: list[str]) -> str | None:
    """Return the first word that is neither an option nor its value."""
    rest = iter(words)
    for word in rest:
        if word in _TAKES_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return None


def prepare(environment: Path, *, with_tests: bool) -> None:
    """Make and fill the environment unless its stamp says that it holds what is needed; one process at a time."""
    wanted = requirements()
    if _holds(environment, wanted, with_tests=with_tests):
        return
    with _alone(environment) as lock:
        if _holds(environment, wanted, with_tests=with_tests):  # another process did it while we waited
            return
        stamp = _stamp(environment)
        if stamp.exists() and stamp.read_text() == "":
            _wipe(environment)
        packages = [*wanted["run"], *(wanted["test"] if with_tests else [])]
        print(f"Installing {len(packages)} packages and what they need into {environment} …", file=sys.stderr, flush=True)
        _make(environment, lock)
        _install(environment, packages, lock)
        _link(environment)
        stamp.write_text(_content(wanted, with_tests=with_tests))


def requirements() -> dict[str, list[str]]:
    """Return what `pyproject.toml` says must be installed: to run, and on top of that to test."""
    import tomllib  # not there before 3.11, which has been refused by now

    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    return {"run": project["dependencies"], "test": project["optional-dependencies"]["test"]}


def _holds(environment: Path, wanted: dict[str, list[str]], *, with_tests: bool) -> bool:
    try:
        content = _stamp(environment).read_text()
    except (FileNotFoundError, NotADirectoryError):
        return False
    enough = [_content(wanted, with_tests=True)] + ([] if with_tests else [_content(wanted, with_tests=False)])
    return content in enough and (environment / "bin/python").exists()


def _stamp(environment: Path) -> Path:
    """Return the file that says what was installed; it is empty while the first installation is under way."""
    return environment / "clearance.stamp"


def _content(wanted: dict[str, list[str]], *, with_tests: bool) -> str:
    groups = sorted(wanted) if with_tests else ["run"]
    return hashlib.sha256(repr([str(ROOT), [(name, sorted(wanted[name])) for name in groups]]).encode()).hexdigest()


def _is_running_in(environment: Path) -> bool:
    return os.path.samefile(sys.prefix, environment)


@contextmanager
def _alone(environment: Path) -> Iterator[int]:
    """Hold the environment's lock, which the kernel lets go of however we and our installers end; yields its descriptor."""
    import fcntl  # late, so that the sentence about an old Python comes first everywhere

    try:
        environment.mkdir(parents=True, exist_ok=True)
        file = (environment / "clearance.lock").open("a")
    except OSError as error:
        sys.exit(f"The environment {environment} cannot be made ({error.strerror}); make that directory writable.")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _wipe(environment: Path) -> None:
    """Remove an environment that was never finished, except for the lock that we hold on it."""
    for entry in environment.iterdir():
        if entry.name == "clearance.lock":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _make(environment: Path, lock: int) -> None:
    """Make the environment, with a pip of its own where this Python brings one."""
    if (environment / "bin/python").exists():
        return
    _stamp(environment).write_text("")
    options = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
    _run([sys.executable, "-m", "venv", *options, str(environment)], "The virtual environment could not be made", lock)


def _install(environment: Path, packages: list[str], lock: int) -> None:
    """Install packages with the environment's pip, else with this Python's, else with uv."""
    python = str(environment / "bin/python")
    quiet = ["--disable-pip-version-check", "--no-input", "--quiet"]
    if list(environment.glob("lib/python*/site-packages/pip")):
        installer = [python, "-m", "pip", "install", *quiet]
    elif importlib.util.find_spec("pip"):
        installer = [sys.executable, "-m", "pip", "--python", python, "install", *quiet]
    elif shutil.which("uv"):
        installer = ["uv", "pip", "install", "--quiet", "--python", python]
    else:
        sys.exit("This Python has neither ensurepip nor pip. Install one (on Debian: apt install python3-venv) and start again.")
    _run([*installer, *packages], "The packages could not be installed", lock)


def _run(words: list[str], failure: str, lock: int) -> None:
    """Run an installer, which keeps the lock when we are killed: nobody wipes an environment that is still written to."""
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, pass_fds=[lock]
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\n{failure}; the reason stands above. Start again once it is gone.")


def _link(environment: Path) -> None:
    """Make the checkout importable inside the environment and give it the command `clearance`.

    An editable installation would do the same, but it writes into the checkout and fetches a build tool.
    """
    python = environment / "bin/python"
    site = subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True)
    (Path(site.strip()) / "clearance.pth").write_text(f"{ROOT}\n")
    script = environment / "bin/clearance"
    # Through the shell, because the kernel's own line allows neither spaces nor long paths.
    script.write_text(f"#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n' '''\nfrom service.cli import main\n\nmain()\n", encoding="utf-8")
    script.chmod(0o755)


if __name__ == "__main__":
    main()
