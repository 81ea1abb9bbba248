"""Every kind takes its examples, refuses what it does not know, and changes nothing on a second reading."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, missing

from schemas.fields import Sealed, Settings, Variant
from schemas.kinds import BY_COLLECTION, BY_PREFIX, KINDS
from schemas.prefixes import NAMES
from schemas.problem import faults
from tests.unit.schemas.examples import EVIDENCE, FULL, MINIMAL

BODIES = [(name, body) for name, body in [*MINIMAL.items(), *FULL.items(), *(("evidence", body) for body in EVIDENCE.values())]]


def schemas_within(schema: Schema) -> Iterator[Schema]:
    """Yield a schema and everything nested in it, each class once."""
    todo, seen = [schema], set()
    while todo:
        current = todo.pop()
        if type(current) in seen:
            continue
        seen.add(type(current))
        yield current
        for field in current.fields.values():
            todo.extend(nested(field))


def nested(field: fields.Field[Any]) -> list[Schema]:
    if isinstance(field, Sealed):
        return nested(field.inner)
    if isinstance(field, fields.List):
        return nested(field.inner)
    if isinstance(field, Variant):
        return list(field.options.values())
    return [field.schema] if isinstance(field, fields.Nested) else []


def refused(kind: str, body: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        KINDS[kind].schema.load(body)
    return dict(faults(caught.value.messages))


def test_the_register_names_every_kind_once():
    assert set(KINDS) == set(NAMES) == set(MINIMAL) == set(FULL)
    assert len(BY_PREFIX) == len(BY_COLLECTION) == len(KINDS)


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=lambda value: value if isinstance(value, str) else "")
def test_examples_load_and_loading_again_changes_nothing(kind, body):
    schema = KINDS[kind].schema
    before = copy.deepcopy(body)
    loaded = schema.load(body)
    assert body == before
    assert schema.load(schema.dump(loaded)) == loaded == json.loads(json.dumps(loaded))


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_field_is_refused_with_the_nearest_name(kind):
    answer = refused(kind, {**MINIMAL[kind], "confidentialty": "public", "zzz": 1})
    assert answer["/confidentialty"] == "There is no such field here. Did you mean confidentiality?"
    assert answer["/zzz"].startswith("There is no such field here. Known here: ")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", [None, 1.5, float("nan"), {"withheld": True}, {"erased": 3}, {"$ref": {}}, "\0", "\ud800", " "], ids=repr)
def test_a_wrong_value_is_refused_at_its_own_pointer(kind, wrong):
    for name, field in KINDS[kind].schema.fields.items():
        if isinstance(field, Settings) and isinstance(wrong, dict):
            continue  # free settings may well be called so
        answer = refused(kind, {**FULL[kind], name: wrong})
        assert any(pointer == f"/{name}" or pointer.startswith(f"/{name}/") for pointer in answer), (name, answer)
        assert all(len(message) > 10 for message in answer.values())


@pytest.mark.parametrize("body", [None, [], "text", 1, True, 1.5])
def test_a_body_that_is_no_object_is_refused(body):
    with pytest.raises(ValidationError) as caught:
        KINDS["asset"].schema.load(body)
    assert dict(faults(caught.value.messages)) == {"": "This must be an object, written {…}."}


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_has_a_default_and_null_is_no_value(kind):
    for schema in schemas_within(KINDS[kind].schema):
        for field in schema.fields.values():
            assert field.load_default is missing
            assert not field.allow_none


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_says_what_it_states(kind):
    for schema in schemas_within(KINDS[kind].schema):
        assert len(type(schema).__doc__ or "") > 15


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=lambda value: value if isinstance(value, str) else "")
def test_the_columns_of_lists_never_hold_a_sealed_value(kind, body):
    register = KINDS[kind]
    loaded = register.schema.load(body)
    columns = [register.label(loaded), register.type(loaded), register.state(loaded), register.party(loaded)]
    assert all(value is None or (isinstance(value, str) and "Ada" not in value) for value in columns)
    assert all(value == "$production" for value in register.productions(loaded))


@st.composite
def pruned(draw: st.DrawFn, schema: Schema, body: dict[str, Any]) -> dict[str, Any]:
    """A body with some optional fields taken away at every depth."""
    kept = {}
    for name, value in body.items():
        field = schema.fields[name]
        if not field.required and draw(st.booleans()):
            continue
        kept[name] = draw(inner(field, value, body))
    return kept


@st.composite
def inner(draw: st.DrawFn, field: fields.Field[Any], value: Any, about: dict[str, Any]) -> Any:
    if isinstance(field, Sealed):
        return draw(inner(field.inner, value, about))
    if isinstance(field, Variant):
        return draw(pruned(field.options[about[field.by]], value))
    if isinstance(field, fields.List):
        return [draw(inner(field.inner, item, about)) for item in value]
    return draw(pruned(field.schema, value)) if isinstance(field, fields.Nested) else value


@given(st.data())
def test_whatever_loads_loads_again_unchanged(data):
    kind, body = data.draw(st.sampled_from(BODIES[len(MINIMAL) :]))
    schema = KINDS[kind].schema
    taken = data.draw(pruned(schema, body))
    errors = schema.validate(taken)  # two fields that need one another may have been parted
    assert all(pointer.startswith("/") for pointer, _ in faults(errors))
    if not errors:
        loaded = schema.load(taken)
        assert schema.load(schema.dump(loaded)) == loaded


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["*", "$x", "2026", "sha256", "self"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.sampled_from(["value", "type"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """A good value with junk somewhere inside it."""
    if isinstance(value, dict) and value and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: draw(spoiled(value[name]))}
    if isinstance(value, list) and value and draw(st.booleans()):
        return [*value[:-1], draw(spoiled(value[-1]))]
    return draw(JUNK)


@given(st.data())
def test_junk_is_refused_or_kept_and_never_breaks_the_reading(data):
    kind, body = data.draw(st.sampled_from(BODIES))
    schema = KINDS[kind].schema
    name = data.draw(st.sampled_from([*sorted(body), "unknown"]))
    taken = {**body, name: data.draw(spoiled(body.get(name)))}
    errors = schema.validate(taken)
    if errors:
        assert all(isinstance(message, str) and message for _, message in faults(errors))
    else:
        loaded = schema.load(taken)
        assert json.loads(json.dumps(loaded, allow_nan=False)) == loaded == schema.load(loaded)
