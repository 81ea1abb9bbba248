"""Licences that other tools know by their SPDX id; any other is told by its name."""

from __future__ import annotations

from typing import Final

_CREATIVE: Final = [
    f"CC-BY{more}-{version}" for more in ("", "-SA", "-ND", "-NC", "-NC-SA", "-NC-ND") for version in ("2.0", "2.5", "3.0", "4.0")
]
KNOWN: Final = {
    each.lower(): each
    for each in (
        *_CREATIVE, "CC0-1.0", "PDDL-1.0", "ODbL-1.0", "ODC-By-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "C-UDA-1.0",
        "MIT", "MIT-0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "Unlicense", "WTFPL", "Zlib", "BSL-1.0", "Artistic-2.0",
        "AFL-3.0", "EPL-1.0", "EPL-2.0", "MPL-2.0", "EUPL-1.1", "EUPL-1.2", "ECL-2.0", "MS-PL", "NCSA", "OSL-3.0", "PostgreSQL", "OFL-1.1",
        "LPPL-1.3c", "GFDL-1.3-only", "GFDL-1.3-or-later", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later",
        "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "AGPL-3.0-only", "AGPL-3.0-or-later",
    )
}  # fmt: skip
"""SPDX id in lower case → as the list writes it."""
