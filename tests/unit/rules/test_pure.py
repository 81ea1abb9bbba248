"""The evaluator travels with the offline bundle: it needs nothing but the standard library, and gives the same bytes there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from service.rules.evaluate import run
from tests.unit.rules.build import CONSENT, LAW, SIGNED, facts, pack, requirement, rule

ROOT = Path(__file__).parents[3]
PROGRAM = """
import hashlib, json, sys
from service.rules.evaluate import run
from service.rules.pack import Pack
given = json.load(sys.stdin)
sys.stdout.write(hashlib.sha256(run([Pack(one) for one in given["packs"]], given["facts"], given["governance"]).bytes()).hexdigest())
outside = {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - {"service", "__main__"}
sys.exit(f"needs {sorted(outside)}" if outside else 0)
"""


def test_it_runs_where_nothing_is_installed_and_gives_the_same_bytes(tmp_path):
    import hashlib

    packs = [pack("t", rule("t.r", requirement(CONSENT)), calendars={"plain": {"holidays": ["2026-09-07"]}}), LAW]
    document = facts(pty={"consents": []})
    given = json.dumps({"packs": [dict(one.document) for one in packs], "facts": document, "governance": SIGNED})
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}){PROGRAM}"]
    there = subprocess.run(command, input=given, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (there.returncode, there.stderr) == (0, "")
    assert there.stdout == hashlib.sha256(run(packs, document, SIGNED).bytes()).hexdigest()
