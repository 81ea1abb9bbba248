"""Time-stamps of the checkpoint (RFC 3161)."""

from __future__ import annotations

from service.ledger.offline.folder import Folder
from service.ledger.offline.report import Report
from service.ledger.offline.signed import Signed, Trusted

STAMPS = "timestamps/"


def check_stamps(folder: Folder, signed: Signed, trusted: Trusted, report: Report) -> None:
    """Say whether an authority outside has stamped the checkpoint."""
    del signed, trusted
    if not folder.under(STAMPS):
        report.open.append("When the checkpoint was made: no authority has time-stamped it.")
