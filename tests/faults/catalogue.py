"""Every fault by name, in the order of the table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from tests.faults import damage, forget, kills, lapse, moving, power, strain, together
from tests.faults.stage import Stage
from tests.faults.table import Row, Skipped

FAULTS: Mapping[str, Callable[[Stage], Row]] = {
    "F1": kills.server,
    "F2": kills.database,
    "F3": power.cuts,
    "F4": power.torn,
    "F5": power.failing_sync,
    "F6": damage.bit_rot,
    "F7": damage.rearranged,
    "F8": damage.fork,
    "F9": power.full,
    "F10": strain.handles,
    "F11": strain.memory,
    "F12": strain.clocks,
    "F13": lapse.expiry,
    "F14": kills.restarts,
    "F15": strain.connections,
    "F16": together.conflicts,
    "F17": together.appends,
    "F18": kills.one_key,
    "F41": moving.upgrade,
    "F42": moving.backup,
    "F44": forget.erasure,
    "F46": together.two_servers,
}


def run(name: str, stage: Stage) -> Row:
    """Let one fault happen."""
    begun = time.monotonic()
    try:
        row = FAULTS[name](stage)
    except Skipped as reason:
        row = Row(name, _done(name), skipped=str(reason))
    except Exception as fault:  # noqa: BLE001 - what the fault made of the service is the finding
        row = Row(name, _done(name), wrong=[f"{type(fault).__name__}: {str(fault).strip()}"])
    row.seconds = time.monotonic() - begun
    return row


def _done(name: str) -> str:
    return (FAULTS[name].__doc__ or "").partition(": ")[2].partition(".")[0]


def chosen(names: Iterable[str]) -> list[str]:
    """Return the faults that were asked for, all of them if none was."""
    return [name for name in FAULTS if not names or name in names]
