"""The application with one operation more: the yardstick of the HTTP bench. Same key, parsing and schema, then one plain INSERT."""

from __future__ import annotations

import sys

import orjson
from flask import Flask

from schemas.kinds import KINDS
from service import ids
from service.api.operation import Answer, Call, operation
from service.app import create_app as create
from service.cli.http_server import SWITCH_SECONDS
from service.db import transaction
from service.records.model import instant


@operation("POST", "/bench/parties", permission="people.write", tag="bench", summary="Insert a row", body=KINDS["party"].schema, status=201,
           writes=True, name="bench_plain")  # fmt: skip
def plain(call: Call) -> Answer:
    """Do what an application without a ledger would do."""
    context = call.context
    record_id = ids.new_id("pty", context.now)
    answer = {"id": record_id, "kind": "party", "version": 1, "recorded_at": instant(context.now), "body": call.body}
    with transaction(context.conn):
        context.conn.execute(
            "INSERT INTO bench_plain (studio_id, id, kind, version, recorded_at, bytes) VALUES (%s, %s, 'party', 1, %s, %s)",
            (context.studio_id, record_id, context.now, orjson.dumps(answer)),
        )
    return Answer(answer)


def create_app() -> Flask:
    """Return the application as granian starts it."""
    sys.setswitchinterval(SWITCH_SECONDS)
    return create()
