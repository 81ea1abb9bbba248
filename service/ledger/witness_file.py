"""The witness as one file, for a machine where nothing of ours is installed: its sources word for word, and a short loader."""

from __future__ import annotations

from service.ledger.offline.generate import LOADER, NEEDED_BY_LOADER, source

PARTS = (
    "service.durable",
    "service.ledger.merkle",
    "service.ledger.note",
    "service.ledger.cosignature",
    "service.ledger.submission",
    "service.ledger.witness",
    "service.ledger.witness_server",
)
"""The modules, each behind those that it uses; a test holds that they need no other."""

_HEAD = '''#!/usr/bin/env python3
"""A witness for transparency logs: python3 witness.py DIRECTORY --name NAME --log KEY

It cosigns what provably continues the tree that it saw last, and refuses everything else (C2SP tlog-witness). Needs Python 3.11
or newer and the package `cryptography`. What follows are files of the service that printed this one, word for word.
"""

from __future__ import annotations

'''
_RUN = """

if __name__ == "__main__":
    from service.ledger.witness_server import main

    sys.exit(main(program="witness.py"))
"""


def program() -> bytes:
    """Return the file."""
    parts = [_HEAD, *(f"import {name}\n" for name in NEEDED_BY_LOADER), "\nSOURCES = {}\n"]
    for name in PARTS:
        text = source(name)
        if "'''" in text or text.endswith("\\"):
            raise ValueError(f"{name} cannot be quoted: it has three single quotes in a row")
        parts.append(f"\nSOURCES[{name!r}] = r'''{text}'''\n")
    return "".join([*parts, LOADER, _RUN]).encode()
