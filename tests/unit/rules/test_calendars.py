"""The calendars that packs name: the published days, whole years, and a pack that holds a copy of what it counts on."""

from __future__ import annotations

from datetime import date

import pytest

from service.rules.load import calendars, load_packs, pack_from
from service.rules.moments import Calendar
from service.rules.operators import Compiler
from service.rules.paths import PackError
from service.rules.values import amount, compile_value, plain

PUBLISHED = {
    "us-federal": "2026-01-01 2026-01-19 2026-02-16 2026-05-25 2026-06-19 2026-07-03 2026-09-07 2026-10-12 2026-11-11 2026-11-26 2026-12-25",
    "ca-federal": "2026-01-01 2026-04-03 2026-05-18 2026-07-01 2026-09-07 2026-09-30 2026-10-12 2026-11-11 2026-12-25 2026-12-28",
    "ca-on": "2026-01-01 2026-02-16 2026-04-03 2026-05-18 2026-07-01 2026-09-07 2026-10-12 2026-12-25 2026-12-28",
    "uk-england-wales": "2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28",
}
YEARLY = {"us-federal": 11, "ca-federal": 10, "ca-on": 9, "uk-england-wales": 8}
DOCUMENT = {"pack": "house", "kind": "house", "rules": []}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_days_are_the_published_ones(name):
    listed = list(calendars()[name]["holidays"])
    assert [day for day in listed if day.startswith("2026")] == PUBLISHED[name].split()
    assert listed == sorted(listed)
    assert all(date.fromisoformat(day).isoweekday() < 6 for day in listed), "kept on a working day, never on a weekend"
    assert len(listed) == 9 * YEARLY[name] + (name == "uk-england-wales")  # and the Coronation


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("us-federal", "2023-11-10 2027-06-18 2027-07-05 2027-12-24 2027-12-31 2028-11-10 2029-11-12 2030-11-28"),
        ("uk-england-wales", "2023-05-08 2024-04-01 2027-12-27 2027-12-28 2028-01-03 2028-04-17 2030-04-22"),
        ("ca-federal", "2023-10-02 2024-03-29 2027-12-27 2027-12-28 2029-05-21 2030-04-19"),
        ("ca-on", "2024-02-19 2028-07-03 2031-04-11"),
    ],
)
def test_days_that_move_are_kept_where_they_are_kept(name, days):
    assert set(days.split()) <= set(calendars()[name]["holidays"])


def test_every_calendar_says_where_it_comes_from():
    for name, document in calendars().items():
        assert document["calendar"] == name
        assert document["sources"], name
        assert document["verified"] > "2026", name
        assert all(title.strip() for title in document["holidays"].values()), name


def test_a_pack_holds_a_copy_of_the_calendar_that_it_names():
    named = pack_from({**DOCUMENT, "calendars": ["us-federal"]})
    assert named.document["calendars"]["us-federal"]["holidays"]["2026-09-07"] == "Labor Day"
    assert pack_from(dict(named.document)).digest == named.digest != pack_from(DOCUMENT).digest
    with pytest.raises(PackError, match="calendars: there is no calendar 'mars'; there are ca-federal"):
        pack_from({**DOCUMENT, "calendars": ["mars"]})


def counted(spec, calendar=None):
    compiler = Compiler("replica", {name: Calendar(document) for name, document in calendars().items()})
    scope = ({}, ({"production": {"calendar": calendar} if calendar else {}}, None))
    return compile_value(compiler, spec, 0).get(scope)


@pytest.mark.parametrize(
    ("calendar", "days"),
    [
        (None, 9),
        ("us-federal", 9),
        ("uk-england-wales", 10),
        ("ca-federal", 9),
        ("US federal", 9),
        ("uk_england_wales", 10),
        ("house", None),
    ],
)
def test_the_production_says_which_calendar_it_counts_on(calendar, days):
    found = counted({"business_days": ["2026-08-31", "2026-09-14", {"of": "/production.calendar", "else": "us-federal"}]}, calendar)
    assert (amount(found) and found.low) == days


def test_a_calendar_that_nobody_knows_is_asked_for_on_the_production():
    compiler = Compiler("replica", {name: Calendar(document) for name, document in calendars().items()})
    term = compile_value(compiler, {"business_days": ["2026-08-31", "2026-09-14", {"of": "/production.calendar", "else": "us-federal"}]}, 0)
    assert ("prd_1", "calendar") in term.gaps(({}, ({"production": {"id": "prd_1", "calendar": "house"}}, None)))


def test_beyond_the_years_that_a_calendar_covers_nothing_is_known():
    assert counted({"business_days": ["2031-12-01", "2031-12-31", "us-federal"]}).low == 21
    assert counted({"business_days": ["2031-12-01", "2032-01-02", "us-federal"]}) is None
    assert counted({"business_day": ["2031-12-29", 5, "us-federal"]}) is None
    assert plain(counted({"business_day": ["2026-09-04", 1, "us-federal"]})).startswith("2026-09-08")


def test_a_calendar_that_no_pack_brings_is_refused():
    with pytest.raises(PackError, match="no calendar is called 'mars'"):
        counted({"business_days": ["2031-12-01", "2032-01-02", {"of": "/production.calendar", "else": "mars"}]})
    with pytest.raises(PackError, match="a calendar is a name"):
        counted({"business_days": ["2031-12-01", "2032-01-02", {"of": "/production.calendar"}]})


def test_the_packs_that_count_business_days_bring_real_calendars():
    for pack in load_packs().values():
        for name, document in (pack.document.get("calendars") or {}).items():
            assert document == calendars()[name], (pack.id, name)
