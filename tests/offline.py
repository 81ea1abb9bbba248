"""Running the offline verifier as on a stranger's machine: no project, no other package than `cryptography`, no network."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

_PROGRAM = """
import runpy, sys
def refuse(event, arguments):
    if event.startswith("socket.") or event in {"subprocess.Popen", "os.system", "os.exec", "os.fork"}:
        raise RuntimeError(f"a verifier has no business with {event}")
sys.addaudithook(refuse)
library, program, *words = sys.argv[1:]
sys.path.append(library)
sys.argv = [program, *words]
runpy.run_path(program, run_name="__main__")
"""


@cache
def _library() -> tempfile.TemporaryDirectory[str]:
    """A directory with links to what `cryptography` consists of, and nothing else."""
    kept = tempfile.TemporaryDirectory(prefix="stranger-")
    for name in ("cryptography", "cffi", "_cffi_backend"):
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        place = Path(found.origin)
        source = place.parent if place.name == "__init__.py" else place
        (Path(kept.name) / source.name).symlink_to(source)
    return kept


def alone(program: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a copy of the verifier with these words."""
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, _library().name, str(program), *map(str, words)]
    return subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, check=False, timeout=300)
