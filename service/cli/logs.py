"""The log: one JSON object a line, with everything that the caller put beside its message."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON; what `extra` holds becomes fields of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


@contextmanager
def of_jobs(to: Path | None = None) -> Iterator[None]:
    """Write what jobs warn of during the block as the server writes its own log, and there; without it a line would lose what stands
    beside it.
    """
    handler: logging.Handler = logging.FileHandler(to, delay=True) if to else logging.StreamHandler()
    logger = logging.getLogger("clearance")
    handler.setFormatter(JsonFormatter())
    handler.setLevel(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


def configuration(level: str) -> dict[str, Any]:
    """Return the configuration for `logging.config`: everything as JSON to standard error, also the server's own."""
    quiet = {"level": "WARNING", "handlers": ["out"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level.upper(), "handlers": ["out"]},
        "loggers": {"_granian": quiet, "granian.access": quiet},
    }
