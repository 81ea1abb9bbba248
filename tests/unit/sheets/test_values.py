"""What a cell says: read where it can mean one thing only, refused with the remedy where not."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from service.sheets import values
from service.sheets.fields import known, target
from service.sheets.rows import body_of
from service.sheets.settle import settled
from service.sheets.values import Manner, Unread


def read(kind, name, cell, manner=Manner()):  # noqa: B008  # a value that is never changed
    return values.value(kind, target(kind, name), cell, manner)


@pytest.mark.parametrize(
    ("cell", "manner", "found"),
    [
        ("2026-08-10", None, "2026-08-10"),
        ("2026-08", None, "2026-08"),
        (2026, None, "2026"),
        (date(2026, 8, 10), None, "2026-08-10"),
        (datetime(2026, 8, 10, 9, 30), None, "2026-08-10"),  # noqa: DTZ001  # cells have no zone
        ("2026-08-10 00:00:00", None, "2026-08-10"),
        (46244, None, "2026-08-10"),
        ("46244", None, "2026-08-10"),
        ("10 Aug 2026", None, "2026-08-10"),
        ("August 10th, 2026", None, "2026-08-10"),
        ("Aug 2026", None, "2026-08"),
        ("2026/8/10", None, "2026-08-10"),
        ("05/05/2026", None, "2026-05-05"),
        ("03/04/2026", "dmy", "2026-04-03"),
        ("03/04/2026", "mdy", "2026-03-04"),
        ("2026-08-10T09:00:00+02:00", None, "2026-08-10T07:00:00.000000Z"),
    ],
)
def test_dates(cell, manner, found):
    assert read("licence", "signed_at", cell, Manner(manner)) == found


def test_serial_dates_of_old_sheets():
    assert read("licence", "signed_at", 44782, Manner(epoch_1904=True)) == "2026-08-10"


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("03/04/2026", "--dates dmy"),
        ("3.4.26", "two digits for the year"),
        ("31/02/2026", "no day"),
        ("1-Aug-26", "two digits"),
        ("5 years from Term Start", "or perpetual where there is no end"),
        ("soon", "write 2026-08-10"),
        ("10 Foo 2026", "no date"),
    ],
)
def test_dates_that_tell_nothing(cell, says):
    with pytest.raises(Unread, match=says):
        read("licence", "signed_at", cell)


def test_a_column_tells_days_from_months():
    assert values.order_of(["03/04/2026", "31/12/2026", None]) == "dmy"
    assert values.order_of(["03/04/2026", "12/31/2026"]) == "mdy"
    assert values.order_of(["03/04/2026", "05/05/2026"]) is None
    assert values.order_of(["31/12/2026", "12/31/2026"]) == "both"


@pytest.mark.parametrize(
    ("name", "cell", "found"),
    [
        ("territories", "US; Germany, uk\nNO", ["US", "DE", "GB", "NO"]),
        ("territories", "Worldwide", ["*"]),
        ("territories", "none", []),
        ("territories", "us-ca", ["US-CA"]),
        ("media", "SVOD, Free TV; Home Video", ["streaming", "television", "home_video"]),
        ("training.granted", "Y", True),
        ("training.granted", 0, False),
        ("training.granted", "TBC", None),
        ("training.granted", None, None),
        ("schedule_count", "1,200", 1200),
        ("schedule_count", 60.0, 60),
        ("fee", "€ 1.234,50", {"amount": "1234.5", "currency": "EUR"}),
        ("fee", "12,000 USD", {"amount": "12000", "currency": "USD"}),
        ("fee", 0.1, {"amount": "0.1"}),
        ("output.exclusive", "no", False),
        ("type", "Stock", "stock"),
    ],
)
def test_values(name, cell, found):
    assert read("licence", name, cell) == found


@pytest.mark.parametrize(
    ("name", "cell", "says"),
    [
        ("territories", "Untied Kingdom", "did you mean United Kingdom"),
        ("territories", "Germany excl. France", "leaves out what is not in it"),
        ("territories", "North America", "in other contracts"),
        ("fee", "1.2M", "whole amount"),
        ("media", "Telepathy", "not a word for this"),
        ("training.granted", "perhaps", "neither yes nor no"),
        ("fee", "$12", "three letters"),
        ("fee", "12.000", "thousands or decimals"),
        ("fee", "-5 USD", "no amount"),
        ("schedule_count", "1.5", "whole number"),
        ("governing_law", "XX", "not a country"),
    ],
)
def test_values_that_are_refused(name, cell, says):
    with pytest.raises(Unread, match=says):
        read("licence", name, cell)


def test_every_path_leads_to_a_field():
    assert target("licence", "grantor:type").name == "grantor:type"
    assert target("licence", "scope.nothing") is None
    assert target("licence", "signed_at:type") is None
    assert all(target("consent", name) for name in known("consent"))


def test_a_body_from_its_paths():
    said = [("fee.currency", "USD"), ("fee", {"amount": "5"}), ("window.end", "2030"), ("identifiers.rl", {"scope": "rl", "value": "1"})]
    assert body_of([(target("licence", name), value) for name, value in said]) == {
        "fee": {"amount": "5", "currency": "USD"},
        "window": {"end": "2030"},
        "identifiers": [{"scope": "rl", "value": "1"}],
    }
    assert body_of([(target("party", "memberships.name"), "WGA"), (target("party", "memberships.number"), "7")]) == {
        "memberships": [{"name": "WGA", "number": "7"}]
    }


def test_what_is_news():
    stored = {"agreement": "agr_1@3", "signed_at": {"value": "2026", "source": "document"}, "window": {"start": "2026"}, "media": ["web"],
              "identifiers": [{"scope": "a", "value": "1"}]}  # fmt: skip
    same = {
        "agreement": "agr_1",
        "signed_at": "2026",
        "window": {"start": "2026"},
        "media": ["web"],
        "identifiers": [{"scope": "a", "value": "1"}],
    }
    assert settled(same, stored) == {}
    assert settled({**same, "window": {"end": "2030"}, "media": [], "identifiers": [{"scope": "b", "value": "2"}]}, stored) == {
        "window": {"end": "2030"},
        "media": [],
        "identifiers": [{"scope": "a", "value": "1"}, {"scope": "b", "value": "2"}],
    }


def test_everything_but_some_countries_is_written_out_without_what_belongs_to_them():
    found = read("licence", "territories", "Worldwide (excl. CN & US)")
    assert {"DE", "TW"} <= set(found)
    assert {"CN", "HK", "US", "PR"}.isdisjoint(found)
    assert read("licence", "territories", "EU + UK, ex France") == sorted({*read("licence", "territories", "eu"), "GB"} - {"FR"})
    assert read("licence", "territories", "US/CA, and Antigua and Barbuda") == ["US", "CA", "AG"]
    assert (read("licence", "territories", "N/A"), read("licence", "training.granted", "n/a"), read("licence", "fee", "TBC")) == (
        None,
        None,
        None,
    )
    assert read("licence", "media", "SVOD, AVOD & FAST") == ["streaming", "free_streaming"]
