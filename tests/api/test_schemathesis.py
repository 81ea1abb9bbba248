"""Schemathesis makes up requests from the document: whatever it sends, the service lives and answers as documented."""

from __future__ import annotations

import hypothesis
import pytest
import schemathesis
from flask import Flask
from schemathesis.specs.openapi.checks import content_type_conformance, response_headers_conformance, status_code_conformance

from service.api import load_operations
from tests.api.conftest import Caller

CHECKS = [schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance]
STREAMS = {declared.name for declared in load_operations() if declared.stream}
TAGS = sorted({declared.tag for declared in load_operations()})

settings = hypothesis.settings(
    max_examples=4,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
    database=None,
    derandomize=True,
)


@pytest.mark.parametrize("tag", TAGS)
def test_every_operation_answers_as_documented(tag: str, app: Flask, admin: Caller) -> None:
    documented = schemathesis.openapi.from_wsgi("/openapi.json", app).include(tag=tag)
    for operation in documented.get_all_operations():
        if operation.ok().definition.raw["operationId"] in STREAMS:  # bodies that are no JSON have tests of their own
            continue

        @settings
        @hypothesis.given(case=operation.ok().as_strategy())
        def sent(case: schemathesis.Case) -> None:
            response = case.call(headers={"Authorization": f"Bearer {admin.key}"})
            case.validate_response(response, checks=CHECKS)

        sent()
