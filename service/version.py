"""The version of Clearance, as it stands in `pyproject.toml`: from a checkout nothing is installed that could be asked for it."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
