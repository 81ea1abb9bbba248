"""`python -m tests.faults [--long] [NAME…]`: let every fault happen, or those named, and print what came of them.

Exit status 1 if one did not hold. `--long` is the form for an evening: a thousand kills, 200 power cuts, 500 flipped bits.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.faults import catalogue, tampering
from tests.faults.stage import opened
from tests.faults.table import HEAD, lines

ATTACKS = "attacks"


def main() -> int:
    """Run what the words say."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__.partition("\n")[0])
    parser.add_argument("--long", action="store_true", help="the long form: hours, not a minute")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join([*catalogue.FAULTS, ATTACKS])} (else all)")
    given = parser.parse_args()
    if unknown := set(given.names) - {*catalogue.FAULTS, ATTACKS}:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    where = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        with opened(where, long=given.long) as stage:
            stage.seed = given.seed
            return _report(stage, given.names)
    finally:
        shutil.rmtree(where, ignore_errors=True)


def _report(stage, names: list[str]) -> int:
    print(f"seed {stage.seed}, {'long' if stage.long else 'short'} form", flush=True)
    rows = []
    for name in catalogue.chosen(names) if set(names) != {ATTACKS} else []:
        rows.append(catalogue.run(name, stage))
        print(f"  {name} {rows[-1].verdict} after {rows[-1].seconds:.1f} s", *rows[-1].remarks(), sep="\n    ", file=sys.stderr, flush=True)
    if rows:
        print("\n".join(["", *lines(HEAD, [row.cells() for row in rows]), *(remark for row in rows for remark in row.remarks())]))
    matches = True
    if not names or ATTACKS in names:
        found = tampering.matrix(stage)
        matches = found == tampering.EXPECTED
        print("\n".join(["", *tampering.table(found), "" if matches else "This is NOT the table of the threat model."]))
    return 0 if matches and all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
