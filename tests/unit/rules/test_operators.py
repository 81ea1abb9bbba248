"""Every operator of the closed vocabulary: true, false, and unknown."""

from __future__ import annotations

import pytest

from service.rules.moments import Calendar, iso
from service.rules.operators import OPERATORS, Compiler
from service.rules.paths import PackError, compile_path, link
from service.rules.values import EXPRESSIONS, amount, compile_value, plain

CALENDARS = {"plain": Calendar({"weekend": [6, 7], "holidays": ["2026-09-07"]})}

DOCUMENT = {
    "at": "2026-11-20T12:00:00Z",
    "intent": {"territories": ["US", "GB"]},
    "rates": [{"key": "day", "amount": {"amount": "1204.00", "currency": "USD"}, "from": "2026-07-01", "to": "2027-06-30"}],
    "objects": {
        "rep": {
            "kind": "employment_based", "person": {"$ref": "pty"}, "gone": {"$ref": "nobody"}, "yes": True, "no": False,
            "list": ["a", "b"], "none": [], "any": ["*"], "holes": ["a", None], "text": "", "number": 3, "days": "1.5",
            "fee": {"amount": "1000.00", "currency": "USD"}, "rich": {"amount": "1300", "currency": "USD"},
            "euro": {"amount": "9999", "currency": "EUR"}, "day": "2026-08-10", "instant": "2026-08-10T09:00:00Z",
            "next": "2026-08-11", "month": "2026-08", "span": {"from": "2026-08-01", "to": "2026-08-05", "precision": "day"},
            "window": {"from": "2026-08-01", "to": "2026-08-31"}, "open": {"from": "2026-08-01", "to": "*"},
            "half": {"from": "2026-08-01"}, "langs": ["en", "fr"], "places": ["US-CA"],
            "items": [{"id": "i1", "n": 1, "ok": True}, {"id": "i2", "n": 2, "ok": False}, {"id": "i3", "n": 4}],
        },
        "pty": {"consents": [{"$ref": "con"}], "takes": [{"days": ["2026-01-01"]}, {"days": ["2026-02-01"]}, {}]},
        "con": {"purpose": "creation", "signed_at": "2026-08-03", "ends": "2030-01-01"},
    },
    "production": None,
}  # fmt: skip


def scope():
    document = link(DOCUMENT)
    return document["objects"]["rep"], (document, None)


def verdict(test):
    return Compiler("replica", CALENDARS).test(test).check(scope())


CASES = [
    ({"equals": ["kind", "employment_based"]}, True), ({"equals": ["kind", "x"]}, False), ({"equals": ["nope", "x"]}, None),
    ({"equals": ["replica.kind", "employment_based"]}, True), ({"equals": ["number", True]}, False),
    ({"same": ["person", "replica.person"]}, True), ({"same": ["person", "gone"]}, None), ({"same": ["day", "next"]}, False),
    ({"one_of": ["kind", ["x", "employment_based"]]}, True), ({"one_of": ["kind", ["x"]]}, False), ({"one_of": ["nope", ["x"]]}, None),
    ({"contains": ["list", "a"]}, True), ({"contains": ["list", "z"]}, False), ({"contains": ["any", "z"]}, True),
    ({"contains": ["nope", "z"]}, None), ({"contains": ["holes", "z"]}, None), ({"contains": ["none", "z"]}, False),
    ({"contains": ["list", {"get": "nope"}]}, None), ({"contains": ["any", {"get": "nope"}]}, True),
    ({"contains": ["kind", "employment"]}, None),
    ({"subset": ["list", ["a", "b", "c"]]}, True), ({"subset": ["list", ["a"]]}, False), ({"subset": ["any", ["a"]]}, False),
    ({"subset": ["list", "any"]}, True), ({"subset": ["holes", ["a"]]}, None), ({"subset": ["none", ["a"]]}, True),
    ({"subset": ["nope", "any"]}, None), ({"subset": ["list", "holes"]}, None),
    ({"overlaps": ["list", ["b"]]}, True), ({"overlaps": ["list", ["z"]]}, False), ({"overlaps": ["any", ["z"]]}, True),
    ({"overlaps": ["holes", ["z"]]}, None), ({"overlaps": ["none", "any"]}, False), ({"overlaps": ["nope", "any"]}, None),
    ({"covers": ["/intent.territories", ["US-CA"]]}, True), ({"covers": ["places", ["US"]]}, False),
    ({"covers": ["any", "places"]}, True), ({"covers": ["places", "nope"]}, None), ({"covers": ["/intent.territories", ["*"]]}, False),
    ({"present": "kind"}, True), ({"present": "text"}, False), ({"present": "none"}, False), ({"present": "nope"}, None),
    ({"empty": "none"}, True), ({"empty": "list"}, False), ({"empty": "nope"}, None),
    ({"is_true": "yes"}, True), ({"is_true": "no"}, False), ({"is_true": "nope"}, None), ({"is_true": "number"}, None),
    ({"is_false": "no"}, True), ({"is_false": "yes"}, False), ({"is_false": "nope"}, None),
    ({"before": ["day", "next"]}, True), ({"before": ["next", "day"]}, False), ({"before": ["day", "instant"]}, None),
    ({"before": ["day", "day"]}, None), ({"before": ["instant", "instant"]}, False), ({"before": ["nope", "day"]}, None),
    ({"before": ["month", "day"]}, None), ({"before": ["span", "day"]}, True), ({"before": ["day", "2026-08-11"]}, True),
    ({"after": ["next", "day"]}, True), ({"after": ["day", "next"]}, False), ({"after": ["day", "instant"]}, None), ({"after": ["/at", "day"]}, True),
    ({"not_after": ["instant", "instant"]}, True), ({"not_after": ["next", "day"]}, False), ({"not_after": ["day", "instant"]}, None),
    ({"not_before": ["instant", "instant"]}, True), ({"not_before": ["day", "next"]}, False), ({"not_before": ["nope", "day"]}, None),
    ({"within": ["day", "window"]}, True), ({"within": ["/at", "window"]}, False), ({"within": ["/at", "open"]}, True),
    ({"within": ["day", "half"]}, None), ({"within": ["nope", "window"]}, None), ({"within": ["window", "open"]}, True),
    ({"within": ["open", "window"]}, False), ({"within": ["day", {"from": "2026-08-10", "to": "next"}]}, True),
    ({"within": ["month", "window"]}, True), ({"within": ["day", {"from": "month", "to": "*"}]}, None),
    ({"at_least": ["number", 3]}, True), ({"at_least": ["number", 4]}, False), ({"at_least": ["nope", 4]}, None),
    ({"at_least": ["rich", {"rate": ["day", "/at"]}]}, True), ({"at_least": ["fee", {"rate": ["day", "/at"]}]}, False),
    ({"at_least": ["euro", {"rate": ["day", "/at"]}]}, None), ({"at_least": ["fee", {"rate": ["day", "2020-01-01"]}]}, None),
    ({"at_least": [{"hours_between": ["2026-08-08T09:00:00Z", "instant"]}, 48]}, True),
    ({"at_least": [{"hours_between": ["2026-08-08T09:30:00Z", "instant"]}, 48]}, False),
    ({"at_least": [{"hours_between": ["2026-08-08", "instant"]}, 48]}, None),
    ({"at_most": ["number", 3]}, True), ({"at_most": ["number", 2]}, False), ({"at_most": ["nope", 2]}, None),
    ({"more_than": ["number", 2]}, True), ({"more_than": ["number", 3]}, False), ({"more_than": ["nope", 3]}, None),
    ({"less_than": ["days", 2]}, True), ({"less_than": ["days", {"get": "days"}]}, False), ({"less_than": ["nope", 2]}, None),
    ({"some": {"of": "person.consents", "where": {"before": ["signed_at", "^day"]}}}, True),
    ({"some": {"of": "person.consents", "where": {"equals": ["purpose", "use"]}}}, False),
    ({"some": {"of": "person.consents", "where": {"is_true": "live"}}}, None), ({"some": {"of": "none"}}, False),
    ({"some": {"of": "nope"}}, None), ({"some": {"of": "items", "where": {"equals": ["n", 4]}}}, True),
    ({"some": {"of": "list", "where": {"equals": ["it", "b"]}}}, True),
    ({"every": {"of": "items", "where": {"at_least": ["n", 1]}}}, True), ({"every": {"of": "items", "where": {"is_true": "ok"}}}, False),
    ({"every": {"of": "none", "where": {"is_true": "ok"}}}, True), ({"every": {"of": "nope", "where": {"is_true": "ok"}}}, None),
    ({"none": {"of": "items", "where": {"equals": ["n", 9]}}}, True), ({"none": {"of": "items", "where": {"is_true": "ok"}}}, False),
    ({"none": {"of": "nope"}}, None),
    ({"all": [{"is_true": "yes"}, {"is_true": "nope"}]}, None), ({"all": [{"is_true": "no"}, {"is_true": "nope"}]}, False),
    ({"all": [{"is_true": "yes"}, {"is_false": "no"}]}, True),
    ({"any": [{"is_true": "no"}, {"is_true": "nope"}]}, None), ({"any": [{"is_true": "yes"}, {"is_true": "nope"}]}, True),
    ({"any": [{"is_true": "no"}, {"is_true": "no"}]}, False),
    ({"not": {"is_true": "nope"}}, None), ({"not": {"is_true": "no"}}, True), ({"not": {"is_true": "yes"}}, False),
    ({"always": True}, True), ({"always": False}, False),
]  # fmt: skip


@pytest.mark.parametrize(("test", "expected"), CASES, ids=lambda value: str(value)[:70])
def test_verdict(test, expected):
    assert verdict(test) is expected


def test_every_operator_has_a_true_a_false_and_an_unknown_case():
    for name in OPERATORS.keys() - {"always"}:
        seen = {expected for test, expected in CASES if name in test}
        assert seen == {True, False, None}, name


def value(spec):
    return plain(compile_value(Compiler("replica", CALENDARS), spec, 0).get(scope()))


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"count": {"of": "list"}}, "2"), ({"count": {"of": "items", "where": {"is_true": "ok"}}}, None), ({"count": {"of": "nope"}}, None),
        ({"sum": {"of": "items", "value": "n"}}, "7"), ({"sum": {"of": "items", "value": "n", "where": {"equals": ["id", "i2"]}}}, "2"),
        ({"sum": {"of": "items", "value": "absent"}}, None), ({"ceil_div": ["number", 2]}, "2"), ({"ceil_div": ["number", 0]}, None),
        ({"times": ["days", "fee"]}, "1500"), ({"times": ["nope", 2]}, None), ({"days_between": ["2026-08-01T00:00:00Z", "2026-08-22T00:00:00Z"]}, "21"),
        ({"hours_between": ["instant", "2026-08-10T09:20:00Z"]}, "0.333333"),
        ({"business_day": ["2026-08-03T15:00:00Z", 10, "plain"]}, "2026-08-17T00:00:00Z"),
        ({"business_day": ["2026-09-04", 1, "plain"]}, "2026-09-08T00:00:00Z"), ({"business_day": ["nope", 1, "plain"]}, None),
        ({"business_days": ["2026-08-03", "2026-08-20", "plain"]}, "13"), ({"business_days": ["2026-08-20", "2026-08-03", "plain"]}, "-13"),
        ({"plus_days": ["day", 21]}, "2026-08-31T00:00:00Z"), ({"latest": "person.consents.signed_at"}, "2026-08-03T00:00:00Z"),
        ({"earliest": "person.takes.days"}, None), ({"latest": "list"}, None), ({"get": "person"}, "pty"),
        ({"rate": ["day", "day"]}, {"amount": "1204.00", "currency": "USD"}),
    ],
    ids=str,
)  # fmt: skip
def test_value(spec, expected):
    assert value(spec) == expected


def test_a_count_with_unknown_members_is_an_interval():
    some_known = {"count": {"of": "items", "where": {"is_true": "ok"}}}
    assert verdict({"at_least": [some_known, 1]}) is True
    assert verdict({"at_least": [some_known, 2]}) is None
    assert verdict({"at_least": [some_known, 3]}) is False


def gaps(test):
    return Compiler("replica", CALENDARS).test(test).gaps(scope())


def test_an_unknown_names_the_record_and_the_field_that_would_settle_it():
    assert gaps({"equals": ["person.birth.date", "x"]}) == [("pty", "birth.date")]
    assert gaps({"some": {"of": "person.consents", "where": {"all": [{"equals": ["purpose", "creation"]}, {"is_true": "live"}]}}}) == [
        ("con", "live")
    ]
    assert gaps({"is_true": "gone.open"}) == [("rep", "gone.open")]
    assert gaps({"at_least": ["fee", {"rate": ["night", "/at"]}]}) == [("rates", "night")]
    assert gaps({"before": ["/intent.window.from", "day"]}) == [("decision", "intent.window.from")]
    assert gaps({"is_true": "yes"}) == []


def rests(test):
    return iso(Compiler("replica", CALENDARS).test(test).rests(scope()))[:10]


def test_what_makes_a_test_true_lasts_as_long_as_its_papers():
    live = {"some": {"of": "person.consents", "where": {"equals": ["purpose", "creation"]}}}
    assert rests(live) == "2030-01-01"
    assert rests({"all": [live, {"is_true": "yes"}]}) == "2030-01-01"
    assert rests({"every": {"of": "person.consents", "where": {"present": "purpose"}}}) == "2030-01-01"
    assert Compiler("replica").test({"any": [live, {"is_true": "yes"}]}).rests(scope()) == 10**18


@pytest.mark.parametrize(
    "test",
    [
        {"eqals": ["kind", "x"]}, {"equals": ["kind"]}, {"equals": "kind"}, {"equals": ["", "x"]}, {"some": {"where": {}}}, {"all": []},
        {"some": {"of": "list", "where": {"is_true": "^^x"}}}, {"before": ["day", "2026-13-01"]}, {"at_least": [True, 1]}, {"at_least": [1.5, 1]},
        {"some": {"of": "list", "extra": 1}}, {"is_true": "/nowhere.x"}, {"is_true": ["a"]}, {"before": [{"business_day": ["day", 3, "mars"]}, "day"]},
        {"not": {}}, {"always": "yes"}, {"every": {"of": "list"}}, {"at_least": [{"cube": [1]}, 1]}, {"is_true": "a..b"}, "is_true", {},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_said_is_refused(test):
    with pytest.raises(PackError):
        verdict(test)


def test_names_lead_where_they_say():
    document = {"act": "release", "objects": {"x": {"act": "own", "kind": "k"}}, "assets": [{"$ref": "x"}]}
    linked = link(document)
    here = (linked["assets"][0], (linked, None))
    inner = ({"kind": "inner", "act": "inner"}, here)
    assert compile_path("act", 0, "asset").get(here) == "release"
    assert compile_path("asset.act", 0, "asset").get(here) == "own"
    assert compile_path("kind", 0, "asset").get(here) == "k"
    assert compile_path("act", 1, "asset").get(inner) == "inner"
    assert compile_path("asset", 1, "asset").get(inner) is None, "inside a where a name is a field of the inner element only"
    assert compile_path("^asset.act", 1, "asset").get(inner) == "own"
    assert compile_path("^act", 1, "asset").get(inner) == "release"
    assert compile_path("/act", 1, "asset").get(inner) == "release"


def test_links_may_run_in_circles():
    linked = link({"objects": {"a": {"b": {"$ref": "b"}}, "b": {"a": {"$ref": "a"}}}})
    assert linked["objects"]["a"]["b"]["a"] is linked["objects"]["a"]


def test_numbers_stay_exact():
    assert plain(amount("0.1")) == "0.1"
    assert plain(amount("-12345678901234567.125")) == "-12345678901234567.125"
    assert amount("1e9") is None
    assert amount(True) is None
    assert set(EXPRESSIONS) >= {"sum", "count", "ceil_div", "rate", "hours_between", "business_days"}


def test_a_derived_value_names_the_field_it_is_derived_from():
    linked = link({"objects": {"a": {"because": {"live": "valid_to"}}}, "assets": [{"$ref": "a"}]})
    scope_ = (linked["assets"][0], (linked, None))
    assert Compiler("asset").test({"is_true": "live"}).gaps(scope_) == [("a", "valid_to")]
