"""Rights along a lineage: they only narrow, unknown is never any, and whoever limits is named."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import rights
from service.records.standing import Standing, of_licences
from service.rights import DIMENSIONS, EVERYTHING, UNKNOWN, Bearer, Grant, Scope, Tri, Use, Window, effective, narrow, permits

VALUES = ("US", "US-CA", "GB", "GB-SCT", "theatrical", "streaming", "prd_a", "en", "en-GB")
DAYS = ("2026-01-01", "2027-06-30", "2028-12-31", "2031-12-31")

tri = st.sampled_from([True, False, None])
scopes = st.builds(Scope, st.none() | st.frozensets(st.sampled_from(VALUES), max_size=4), st.booleans())
windows = st.builds(Window, st.none() | st.sampled_from(DAYS), st.none() | st.sampled_from(DAYS), st.booleans())
grants = st.builds(Grant, tri, *[scopes] * 7, windows, *[tri] * 5)
uses = st.builds(
    Use,
    *[st.lists(st.sampled_from(VALUES), max_size=3).map(tuple) for _ in range(5)],
    st.lists(st.sampled_from(DAYS), max_size=2).map(tuple),
)

ORDER: dict[Tri, int] = {False: 0, None: 1, True: 2}


def no_wider(after: dict[str, Tri], before: dict[str, Tri]) -> bool:
    return all(ORDER[after[name]] <= ORDER[before[name]] for name in before)


@given(st.lists(grants, max_size=6), grants, uses)
def test_another_licence_never_widens(along: list[Grant], more: Grant, use: Use) -> None:
    bearers = [Bearer(f"src_{n}", f"lic_{n}", grant, "") for n, grant in enumerate(along)]
    before = effective(bearers).grant
    after = effective([*bearers, Bearer("src_x", "lic_x", more, "")]).grant
    assert no_wider(permits(after, use), permits(before, use))
    assert no_wider(permits(after, use), permits(more, use))


@given(grants, grants, grants)
def test_narrowing_is_a_meet(a: Grant, b: Grant, c: Grant) -> None:
    assert narrow(a, b) == narrow(b, a)
    assert narrow(a, EVERYTHING) == a
    assert same(narrow(narrow(a, b), c), narrow(a, narrow(b, c)))
    assert same(narrow(a, a), a)


def same(a: Grant, b: Grant) -> bool:
    """Equal as answers: {US, US-CA} and {US} allow the same."""
    everything = Use(VALUES, VALUES, VALUES, VALUES, VALUES, DAYS)
    singles = [Use((v,), (v,), (v,), (v,), (v,), (day,)) for v in VALUES for day in DAYS]
    return all(permits(a, use) == permits(b, use) for use in [everything, *singles])


@given(st.lists(grants, min_size=1, max_size=6))
def test_every_narrowed_dimension_names_who_did_it(along: list[Grant]) -> None:
    result = effective(Bearer(f"src_{n}", f"lic_{n}", grant, "") for n, grant in enumerate(along))
    changed = {name for name in DIMENSIONS if getattr(result.grant, name) != getattr(EVERYTHING, name)}
    assert changed == set(result.limited_by)
    for step in result.steps:
        assert all(step.bearer.licence in result.limited_by[name] for name in step.narrowed)


@given(st.lists(grants, max_size=4), uses)
def test_an_unknown_licence_makes_nothing_allowed(along: list[Grant], use: Use) -> None:
    bearers = [Bearer(f"src_{n}", f"lic_{n}", grant, "") for n, grant in enumerate(along)]
    answers = permits(effective([*bearers, Bearer("src_x", None, UNKNOWN, "")]).grant, use)
    assert True not in answers.values()


LICENCE: dict[str, Any] = {
    "territories": ["US", "GB"],
    "media": ["*"],
    "window": {"start": "2026", "end": "2031-12"},
    "training": {"granted": True, "kinds": ["fine_tune"], "productions": ["prd_a"], "style_imitation": False},
    "output": {"granted": True, "territories": ["US"], "productions": ["prd_a", "prd_b"]},
}


def test_a_licence_says_training_and_output_apart() -> None:
    training, output = rights.of_licence(LICENCE)
    assert training.territories == Scope(frozenset({"US", "GB"}))
    assert training.kinds == Scope(frozenset({"fine_tune"}))
    assert training.style_imitation is False
    assert output.territories == Scope(frozenset({"US"}))
    assert output.media == Scope()
    assert output.window == Window("2026-01-01", "2031-12-31")
    assert output.purposes == Scope(None, sure=False)
    assert output.modification is None


def test_what_was_trained_on_limits_by_both_grants() -> None:
    grant = rights.trained_on(LICENCE)
    assert (grant.granted, grant.productions, grant.style_imitation) == (True, Scope(frozenset({"prd_a"})), False)
    assert rights.trained_on({**LICENCE, "training": {"granted": False}}).granted is False
    assert rights.trained_on({**LICENCE, "training": None}).granted is None


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({"start": "2027-02", "end": "2028-02"}, Window("2027-02-01", "2028-02-29")),
        ({"end": {"value": "2031", "source": "document"}}, Window(None, "2031-12-31")),
        ({"start": "2027", "perpetual": True}, Window("2027-01-01", None)),
        ({"start": "2027"}, Window("2027-01-01", None, sure=False)),
        ({"end": "9999"}, Window(None, "9999-12-31")),
        (None, Window(sure=False)),
    ],
)
def test_windows_include_their_ends(window: Any, expected: Window) -> None:
    assert rights.of_licence({"window": window})[1].window == expected


def test_the_story_of_two_sources() -> None:
    paintings = Bearer("src_paintings", "lic_paintings", rights.trained_on(LICENCE), "trained on")
    stock = Bearer("ast_plate", "lic_stock", replace(EVERYTHING, media=Scope(frozenset({"streaming"}))), "input")
    result = effective([paintings, stock])
    answers = permits(
        result.grant, Use(media=("theatrical",), territories=("US-CA",), productions=("prd_a",), days=("2027-01-01", "2030-12-31"))
    )
    assert answers == {"granted": True, "media": False, "territories": True, "productions": True, "window": True}
    assert result.limited_by["media"] == ("lic_stock",)
    assert result.steps[1].narrowed == ("media",)


def test_the_document_never_says_any_for_unknown() -> None:
    told = rights.document(rights.of_licence({"output": {"granted": True, "territories": ["NO"]}})[1])
    assert told["territories"] == ["NO"]
    assert told["media"] == {"unknown": True, "at_most": ["*"]}
    assert told["window"] == {"unknown": True}
    assert told["modification"] == "unknown"


def record(record_id: str, kind: str, body: dict[str, Any] | None = None, *licences: str, used_by: str = "generation") -> rights.Record:
    return rights.Record(record_id, kind, body or {}, licences, frozenset({used_by}))


SOUND = {"lic_a": LICENCE, "lic_wide": {**LICENCE, "territories": ["*"], "output": {**LICENCE["output"], "territories": ["*"]}}}


def test_a_dataset_bears_the_licence_of_each_part() -> None:
    dataset = record("dst_1", "dataset", {"parts": [{"source": "src_1", "licence": "lic_a"}, {"source": "src_2"}, {"source": "src_3"}]})
    works = [record("src_1", "source", None, used_by="dataset"), record("src_2", "source", None, "lic_wide", used_by="dataset")]
    found = rights.bearers([dataset, *works], SOUND, {})
    assert [(each.record, each.licence) for each in found] == [("src_1", "lic_a"), ("src_2", "lic_wide"), ("src_3", None)]
    assert found[2].grant == UNKNOWN


def test_a_dataset_without_parts_is_unknown_and_one_of_nothing_is_free() -> None:
    assert rights.bearers([record("dst_1", "dataset")], {}, {})[0].grant == UNKNOWN
    assert rights.bearers([record("dst_1", "dataset", {"parts": []})], {}, {}) == []


def test_an_undisclosed_model_is_unknown_until_it_is_settled() -> None:
    opaque, project = record("mdl_1", "model"), record("mdl_2", "model", {"datasets": ["dst_1@1"], "base_models": ["mdl_1@1"]})
    assert [each.record for each in rights.bearers([project, opaque], {}, {})] == ["mdl_1"]
    assert rights.bearers([project, opaque], {}, {}, settled={"mdl_1"}) == []


def test_a_licence_that_was_taken_back_leaves_nothing_and_names_the_event() -> None:
    stock = record("ast_1", "asset", {"origin": "licensed_stock"}, "lic_a")
    (bearer,) = rights.bearers([stock], SOUND, {"lic_a": Standing((("revoked", "evt_9"),))})
    assert (bearer.grant.granted, "evt_9" in bearer.why) == (False, True)


def test_a_suspended_licence_leaves_nothing_and_one_that_was_changed_leaves_the_rest_unsure() -> None:
    def bearer(*events: dict[str, Any]) -> rights.Bearer:
        told = [(f"evt_{place}", {"targets": ["lic_a@1"], **each}) for place, each in enumerate(events)]
        return rights.bearers([record("ast_1", "asset", {}, "lic_a")], SOUND, of_licences(told, "2026-10-01T00:00:00Z"))[0]

    suspended = {"type": "suspended", "effective_at": "2026-09-01"}
    resumed = {"type": "resumed", "effective_at": "2026-09-05"}
    assert (bearer(suspended).grant.granted, "suspended by evt_0" in bearer(suspended).why) == (False, True)
    whole = bearer(suspended, resumed)
    assert whole.grant == rights.of_licence(LICENCE)[1]
    assert bearer(resumed, suspended) == whole, "written late, in the order in which they took effect"
    revoked = {"type": "revoked", "effective_at": "2026-08-01"}
    for more in ([suspended, resumed], [{"type": "extended", "effective_at": "2026-09-01"}]):
        assert bearer(revoked, *more).grant.granted is False, "what was revoked is given back by a reinstatement alone"
    assert bearer(revoked, {"type": "reinstated", "effective_at": "2026-09-01"}) == whole
    narrowed = bearer({"type": "narrowed", "effective_at": "2026-09-01", "scope": {"territories": ["DE"]}}).grant
    assert (narrowed.granted, narrowed.territories) == (None, replace(whole.grant.territories, sure=False))
    assert bearer({"type": "items_withdrawn", "effective_at": "2026-09-01", "item_identifiers": []}) == whole


def test_of_several_licences_the_widest_suffices() -> None:
    stock = record("ast_1", "asset", None, "lic_a", "lic_wide")
    (bearer,) = rights.bearers([stock], SOUND, {})
    assert bearer.licence == "lic_wide"
    other = {**LICENCE, "territories": ["DE"], "output": {**LICENCE["output"], "territories": ["DE"]}}
    (bearer,) = rights.bearers([record("ast_1", "asset", None, "lic_a", "lic_o")], {**SOUND, "lic_o": other}, {})
    assert bearer.grant.territories == Scope(frozenset())


def test_camera_originals_need_no_licence_and_stock_without_one_is_unknown() -> None:
    assert rights.bearers([record("ast_1", "asset", {"origin": "camera"})], {}, {}) == []
    assert rights.bearers([record("ast_1", "asset", {"origin": "licensed_stock"})], {}, {})[0].grant == UNKNOWN
