"""The order of the checks, and what the program is asked for on the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.ledger.offline.content import ENTRIES, PROOFS, check_about, check_proofs, check_tree, is_whole, read_entries
from service.ledger.offline.decided import BROKEN, check_decisions
from service.ledger.offline.disclosed import DISCLOSURES, check_contents, check_disclosures
from service.ledger.offline.folder import ABOUT, LIST, Folder, check_files, open_folder
from service.ledger.offline.report import Report, some, some_of, visible
from service.ledger.offline.rested import check_read, check_releases
from service.ledger.offline.signed import (
    CHECKPOINT,
    KEY,
    POLICY,
    SUCCESSIONS,
    WITNESS,
    Trusted,
    check_checkpoint,
    check_witnesses,
    parse_keys,
)
from service.ledger.offline.single import verify_disclosure
from service.ledger.offline.stamped import STAMPS, check_stamps

FILES = frozenset({LIST, ABOUT, CHECKPOINT, KEY, POLICY, SUCCESSIONS, DISCLOSURES, "README.txt", "verify.py"})


def verify(root: Path, trusted: Trusted) -> Report:
    """Check a bundle; nothing in it is believed that was not checked."""
    report = Report()
    folder = open_folder(root, report)
    _try(report, "The list of files", lambda: check_files(folder, report))
    signed = check_checkpoint(folder, trusted, report)
    if signed is None:
        return report
    _try(report, "What witnesses say", lambda: check_witnesses(folder, signed, trusted, report))
    _try(report, "A time-stamp", lambda: check_stamps(folder, signed, trusted, report))
    check_about(folder, signed, report)
    check_places(folder, report)
    if is_whole(folder):
        _try(report, "The tree", lambda: check_tree(folder, signed, trusted, report))
    else:
        report.open.append(selection(folder.json(ABOUT)))
    _try(report, "A proof", lambda: check_proofs(folder, signed, report))
    log = read_entries(folder, signed, report)
    _try(report, "A content", lambda: check_contents(folder, log, report))
    _try(report, "What is disclosed", lambda: check_disclosures(folder, log, report))
    _try(report, "A decision", lambda: check_decisions(folder, log, report))
    _try(report, "What a decision read", lambda: check_read(folder, log, report))
    _try(report, "A release", lambda: check_releases(folder, log, report))
    return report


def selection(about: Any) -> str:
    """What a part of a log cannot show: that it is all of it. The tree proves what is there, and nothing about what is not."""
    asked = about.get("asked") if isinstance(about, dict) else None
    found = [str(name) for names in asked.values() if isinstance(names, list) for name in names] if isinstance(asked, dict) else []
    what = some_of(found) if found else "what this bundle is about"
    hidden = about.get("outside_your_productions") if isinstance(about, dict) else None
    kept = (
        f" {some(hidden, 'entry')} that belong to it are kept back, as outside of what its maker may see."
        if isinstance(hidden, int) and hidden
        else ""
    )
    return (
        f"That nothing about {what} was left out: it is a selection, and each entry in it is proved, but only the whole log shows that"
        f" there are no others.{kept} Ask for the whole log."
    )


def _try(report: Report, what: str, check: Callable[[], None]) -> None:
    """Make a check; one that stumbles over what is in the bundle is a fault of the bundle, and the others go on."""
    try:
        check()
    except (OSError, *BROKEN) as fault:
        report.faults.append(
            f"{what} cannot be checked: something is not of the form that it should have ({type(fault).__name__}: {fault})."
        )


def check_places(folder: Folder, report: Report) -> None:
    """Nothing lies in a bundle that none of the checks looks at."""
    places = ("blobs/", "packs/", PROOFS, "tile/" if is_whole(folder) else ENTRIES, WITNESS, STAMPS)
    strange = [path for path in sorted(folder.paths) if path not in FILES and not path.startswith(places)]
    report.faults += [f"{path} is no part of a bundle of this form: nothing vouches for it." for path in strange]
    own, theirs = Path(sys.argv[0]), folder.root / "verify.py"
    if own.is_file() and theirs.is_file() and own.name == theirs.name and own.read_bytes() != theirs.read_bytes():
        report.open.append("Whether the verify.py in the bundle is honest: it is another one than this program. Use this one.")
    report.open.append("Who made the bundle, and when: bundle.json says so, and nobody has signed that.")


def main(words: list[str] | None = None) -> int:
    """Check the bundle, or the disclosure, that the command line names; 0 if everything that was checked holds, 1 if not."""
    given = _parser().parse_args(words)
    if not given.bundle.exists():
        _say(f"This cannot be checked: there is no {given.bundle}; name the directory that the bundle lies in.")
        return 1
    try:
        trusted = _trusted(given)
        single = given.bundle.is_file()
        report = verify_disclosure(given.bundle.read_bytes(), trusted) if single else verify(given.bundle, trusted)
    except (OSError, ValueError) as fault:
        _say(visible(f"This cannot be checked: {fault}"))
        return 1
    _say(json.dumps(report.document(), indent=2) if given.json else report.text())
    return 0 if report.good else 1


def _say(text: str) -> None:
    """Print in whatever letters the terminal has."""
    letters = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(letters, "replace").decode(letters) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Check a bundle of a Clearance log, without network and without trusting who made it.")
    parser.add_argument(
        "bundle",
        nargs="?",
        type=Path,
        default=Path(sys.argv[0]).resolve().parent,
        help="its directory (else where this file lies), or the file of a disclosure",
    )
    parser.add_argument("--key", metavar="KEY|FILE", help="the log's public key as you know it, or a file that holds it")
    parser.add_argument("--policy", metavar="FILE", help="your own policy: which witnesses must have seen the log (C2SP tlog-policy)")
    parser.add_argument("--seen", metavar="FILE", help="a checkpoint that you kept from an earlier time; the log must continue it")
    parser.add_argument("--authorities", metavar="FILE", help="certificates (PEM) of the time-stamping authorities that you trust")
    parser.add_argument("--json", action="store_true", help="answer for programs")
    return parser


def _trusted(given: argparse.Namespace) -> Trusted:
    policy, seen, authorities = (Path(name).read_bytes() if name else None for name in (given.policy, given.seen, given.authorities))
    return Trusted(parse_keys(given.key) if given.key else (), policy, seen, authorities)
