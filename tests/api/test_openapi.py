"""The committed document is the generated one, and every operation declares what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from service import roles
from service.api import load_operations
from service.api.operation import PUBLIC
from service.api.spec import document, document_yaml

COMMITTED = Path(__file__).parents[2] / "openapi.yaml"


def test_openapi_yaml_is_what_the_code_says() -> None:
    assert COMMITTED.read_text() == document_yaml(), "run `clearance openapi > openapi.yaml` and commit it"


def test_every_operation_has_a_permission_that_a_role_carries() -> None:
    for declared in load_operations():
        assert declared.permission in roles.PERMISSIONS | {PUBLIC}, declared


def test_operation_ids_are_unique() -> None:
    names = [declared.name for declared in load_operations()]
    assert len(names) == len(set(names))


def test_the_document_has_no_dangling_reference() -> None:
    told = document()
    schemas = told["components"]["schemas"]

    def walk(value: object) -> None:
        if isinstance(value, dict):
            reference = value.get("$ref")
            assert reference is None or reference.rpartition("/")[2] in schemas, reference
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(told)


def test_the_order_is_that_of_the_modules_whichever_is_imported_first() -> None:
    program = "import service.api.status, service.api.lineage; from service.api.spec import document_yaml; print(document_yaml(), end='')"
    done = subprocess.run([sys.executable, "-c", program], cwd=COMMITTED.parent, capture_output=True, text=True, check=True)
    assert done.stdout == COMMITTED.read_text()
