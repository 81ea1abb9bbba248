"""What each field takes, in which form it keeps it, and what it says when it refuses."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas import dates, fields
from schemas.parts import Digest, FrameRange, Window
from schemas.problem import faults


def refusal(field, value):
    with pytest.raises(ValidationError) as caught:
        field.deserialize(value)
    return " ".join(message for _, message in faults(caught.value.messages))


@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        ("2026-08-10T09:00:00Z", "2026-08-10T09:00:00.000000Z"),
        ("2026-08-10T11:00:00+02:00", "2026-08-10T09:00:00.000000Z"),
        ("2026-08-10t09:00:00.5z", "2026-08-10T09:00:00.500000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_an_instant_is_kept_in_utc_with_microseconds(given_value, kept):
    assert fields.Timestamp().deserialize(given_value) == kept


@pytest.mark.parametrize(
    "wrong", ["2026-08-10T09:00:00", "2026-08-10", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+02:00", "yesterday", 5, 1.5, True, {}, ""]
)
def test_an_instant_without_zone_or_sense_is_refused(wrong):
    assert "2026-08-10T09:00:00Z" in refusal(fields.Timestamp(), wrong)


@pytest.mark.parametrize(
    ("value", "precision", "start", "end"),
    [
        ("2026", "year", (2026, 1, 1), (2027, 1, 1)),
        ("2026-08", "month", (2026, 8, 1), (2026, 9, 1)),
        ("2026-12", "month", (2026, 12, 1), (2027, 1, 1)),
        ("2024-02-29", "day", (2024, 2, 29), (2024, 3, 1)),
        ({"value": "2026-08-10", "source": "document"}, "day", (2026, 8, 10), (2026, 8, 11)),
    ],
)
def test_a_date_spans_all_that_it_may_mean(value, precision, start, end):
    kept = fields.PartialDate().deserialize(value)
    assert kept == value
    assert dates.precision(kept) == precision
    assert dates.interval(kept) == (datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC))


def test_the_source_of_a_date_is_unknown_until_said():
    assert dates.source("2026") is None
    assert dates.source(fields.PartialDate().deserialize({"value": "2026", "source": "trusted", "precision": "year"})) == "trusted"
    assert fields.PartialDate().deserialize({"value": "2026-08-10T09:00:00Z"}) == "2026-08-10T09:00:00.000000Z"


@pytest.mark.parametrize(
    "wrong", ["2026-13", "2026-02-30", "26", "2026-8-1", "0000", {"source": "system"}, {"value": "2026", "source": "rumour"}, 2026]
)
def test_a_date_that_is_none_is_refused(wrong):
    assert refusal(fields.PartialDate(), wrong)


def test_a_stated_precision_must_be_that_of_the_value():
    assert "day" in refusal(fields.PartialDate(), {"value": "2026-08-10", "precision": "month"})


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_instants_sort_as_text_as_they_do_in_time(one, other):
    first, second = dates.instant(one), dates.instant(other)
    assert (first < second) == (one < other)
    assert dates.instant(first) == first


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_shorter_date_holds_the_instant(moment):
    whole = dates.instant(moment)
    for length in (4, 7, 10, 27):
        start, end = dates.interval(whole[:length])
        assert start <= moment <= end


def test_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="needs a zone"):
        dates.instant(datetime(2026, 8, 10))  # noqa: DTZ001  # the point


@pytest.mark.parametrize(("kept", "value"), [("1.5", "1.5"), ("3", 3), ("0", "0"), ("0.4", "0.4")])
def test_decimals_are_text(value, kept):
    assert fields.Decimal().deserialize(value) == kept


@pytest.mark.parametrize("wrong", [1.5, "1e3", "01", "-1", "1.", ".5", "", True, "1,5", "9" * 16])
def test_floats_and_odd_decimals_are_refused(wrong):
    assert refusal(fields.Decimal(), wrong)


@pytest.mark.parametrize("wrong", ["1", 1.0, True, -1, 1 << 53, None])
def test_whole_numbers_are_strict(wrong):
    assert refusal(fields.Whole(), wrong)


@pytest.mark.parametrize("wrong", [1, 0, "true", "yes", None, []])
def test_a_flag_is_true_or_false(wrong):
    assert refusal(fields.Flag(), wrong)


def test_norway_is_a_country_and_no_falsehood():
    assert fields.Territory().deserialize("NO") == "NO"
    assert fields.Territory().deserialize("US-CA") == "US-CA"
    assert "capitals" in refusal(fields.Territory(), False)
    assert "capitals" in refusal(fields.Territory(), "Norway")


@pytest.mark.parametrize("tag", ["en", "fr-CA", "zh-Hant-TW", "es-419"])
def test_language_tags(tag):
    assert fields.Language().deserialize(tag) == tag


@pytest.mark.parametrize("wrong", ["English", "EN", "e", "fr_CA", 5])
def test_words_that_are_no_language_tag(wrong):
    assert refusal(fields.Language(), wrong)


def test_a_choice_lists_its_words():
    field = fields.Choice("granted", "refused")
    assert refusal(field, "maybe") == refusal(field, 5) == refusal(field, ["granted"]) == "Choose one of: granted, refused."


@pytest.mark.parametrize("wrong", ["a\0b", "\ud800", "x\udfffy"])
def test_text_that_cannot_be_kept_is_refused(wrong):
    assert "well-formed" in refusal(fields.Text(), wrong)


def test_text_has_a_length():
    assert fields.Text(3).deserialize("abc") == "abc"
    assert "shorten it to 3" in refusal(fields.Text(3), "abcd")
    assert "leave the field out" in refusal(fields.Text(3), "  ")


def test_open_lists_have_three_states():
    field = fields.OpenList(fields.Territory())
    assert field.deserialize([]) == []
    assert field.deserialize(["*"]) == ["*"]
    assert field.deserialize(["US", "NO"]) == ["US", "NO"]
    assert "stands alone" in refusal(field, ["*", "US"])
    assert "twice" in refusal(field, ["US", "US"])
    assert "list" in refusal(field, "*")
    assert refusal(fields.Several(fields.Territory()), ["*"])
    assert "at most 2" in refusal(fields.OpenList(fields.Territory(), most=2), ["US", "NO", "GB"])


def test_sealed_values_refuse_their_own_placeholders():
    field = fields.Personal(fields.Text(), subject="person")
    assert field.deserialize("Ada") == "Ada"
    assert "placeholder" in refusal(field, {"withheld": True})
    assert "placeholder" in refusal(field, {"erased": 17})
    kept = fields.Carried({"commitment": "…"})
    assert field.deserialize(kept) is kept


def test_settings_hold_plain_values_only():
    field = fields.Settings()
    assert field.deserialize({"steps": 30, "cfg": "7.5", "tiled": False, "name": ""}) == {
        "steps": 30,
        "cfg": "7.5",
        "tiled": False,
        "name": "",
    }
    for wrong in ({"cfg": 7.5}, {"deep": {}}, {"none": None}, {"seed": 1 << 60}, {"x": "\0"}, {"": 1}, [], {str(n): n for n in range(201)}):
        assert refusal(field, wrong)


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("sha256", "A" * 64),
        ("sha1", "a" * 40),
        ("md5", "0" * 32),
        ("xxh128", "f" * 32),
        ("c4", "c4" + "3" * 88),
        ("blake3", "a" * 64),
        ("sha256_prefix", "6ce0161689"),
    ],
)
def test_digests_have_the_form_of_their_algorithm(algorithm, value):
    kept = Digest().load({"algorithm": algorithm, "value": value})
    assert kept["value"] == (value if algorithm == "c4" else value.lower())
    with pytest.raises(ValidationError) as caught:
        Digest().load({"algorithm": algorithm, "value": value[:7]})
    assert [pointer for pointer, _ in faults(caught.value.messages)] == ["/value"]


def test_windows_and_ranges_end_after_they_start():
    assert Window().load({"start": "2026-08", "end": "2026-08-01"}) == {"start": "2026-08", "end": "2026-08-01"}
    wrong = [
        (Window(), {"start": "2026-09", "end": "2026-08-31"}, "/end"),
        (Window(), {"end": "2026", "perpetual": True}, "/perpetual"),
        (FrameRange(), {"first_frame": 10, "last_frame": 9}, "/last_frame"),
        (FrameRange(), {"first_frame": 10}, "/last_frame"),
        (FrameRange(), {"start_seconds": "10", "end_seconds": "9.5"}, "/end_seconds"),
    ]
    for schema, body, pointer in wrong:
        with pytest.raises(ValidationError) as caught:
            schema.load(body)
        assert [found for found, _ in faults(caught.value.messages)] == [pointer]
