"""Make the data of an earlier edition: its own code plays the story, and a backup of what it leaves is packed into one file.

    python -m tests.vectors.editions.make COMMIT        # writes tests/vectors/editions/<last migration>-story.tar.xz

Run it when an edition has landed, before the next migration. The keys in it are those of this story alone and guard nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from service.backup.make import make
from service.config import Settings
from service.embedded import lease

ROOT = Path(__file__).parents[3]
_PLAY = "import sys; from service.cli import main; main(sys.argv[1:])"


def play(commit: str, scratch: Path) -> Path:
    """Play the story with the code of a commit, and return the data directory that it leaves."""
    code, data = scratch / "code", scratch / "data"
    code.mkdir()
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(code)], input=packed, check=True)
    words = ("demo", "--exit", "--out", str(scratch / "out"), "--data", str(data))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLEARANCE_") and name != "DATABASE_URL"}
    subprocess.run([sys.executable, "-P", "-c", _PLAY, *words], cwd=code, env=environment | {"PYTHONPATH": str(code)}, check=True)
    return data


def main() -> None:
    """Play, back up, pack."""
    with tempfile.TemporaryDirectory() as scratch:
        data, out = play(sys.argv[1], Path(scratch)), Path(scratch) / "backup"
        with lease.hold(data) as held:
            made = make(out, held.url, Settings(data=data), datetime.now(UTC), with_keys=True)
        file = Path(__file__).parent / f"{made.migrations[-1][0][:4]}-story.tar.xz"
        with tarfile.open(file, "w:xz", preset=9) as packed:
            packed.add(out, ".")
    sys.stdout.write(f"{file}: {made.logs[0].size} entries, {file.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
