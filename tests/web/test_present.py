"""Words, dates, sizes and readable bodies."""

from __future__ import annotations

import pytest

from service import docket
from service.web import present


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("2026", "2026"),
        ("2026-08", "Aug 2026"),
        ("2026-08-03", "3 Aug 2026"),
        ("2026-08-03T09:05:00.000000Z", "3 Aug 2026, 09:05 UTC"),
        ("2026-13-40", "2026-13-40"),
        ("soon", "soon"),
    ],
)
def test_dates(given: str, said: str) -> None:
    assert present.when(given) == said


def test_counts_and_sizes() -> None:
    assert [present.count(number, "entry", "entries") for number in (0, 1, 12345)] == ["0 entries", "1 entry", "12,345 entries"]
    assert [present.size(number) for number in (999, 1000, 12_345_678)] == ["999 bytes", "1.0 kB", "12.3 MB"]


def test_lists_keep_the_three_states() -> None:
    assert present.listed(["*"]) == "any"
    assert present.listed([]) == "none"
    assert present.listed(["US", "FR", "DE"], 2) == "US, FR and 1 more"
    assert present.listed(["US", "FR"]) == "US and FR"
    assert present.readable([]).form == "empty"
    assert present.readable(["*"]).form == "any"


def test_withheld_erased_and_commitments_show_as_such() -> None:
    assert present.readable({"withheld": True}).form == "withheld"
    assert present.readable({"erased": True}).form == "erased"
    assert present.readable({"commitment": "ab" * 32}).form == "withheld", "a commitment that nobody opened is no value"


def test_long_lists_and_deep_bodies_end() -> None:
    assert present.readable(list(range(100))).rest == 100 - present.LIST_LIMIT
    deep: object = "end"
    for _ in range(500):
        deep = {"a": [deep]}
    assert present.readable(deep).form == "group"


def test_sentences_escape_and_link() -> None:
    one = "pty_01m2zazzg0ffebv0a49d39r5pg"
    said = present.sentence("{person} & {who} lack {n} <b>", {"person": one, "who": "<i>", "n": 2}, {one: '"><script>'})
    assert said == f'<a href="/records/{one}">&#34;&gt;&lt;script&gt;</a> &amp; &lt;i&gt; lack 2 &lt;b&gt;'


def test_ids_are_found_with_and_without_their_version() -> None:
    one = "mdl_01m2zazzg0ffebv0a49d39r5pg"
    assert present.bare(f"{one}/0/person") == one
    assert list(present.ids_in({"a": [f"{one}@3"], "b": {"c": one}, "d": "xxx_01m2zazzg0ffebv0a49d39r5pg"})) == [one, one]


@pytest.mark.parametrize(
    ("number", "unit", "says"),
    [("1", "day", "1 day"), ("1.5", "day", "1.5 days"), ("2", None, "2"), (None, "session", "session"), (None, None, "")],
)
def test_how_much_is_said_with_its_unit(number: str | None, unit: str | None, says: str) -> None:
    assert present.quantity(number, unit) == says


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        ("x.consent.live#live-now:ended-since-use", "ended-since-use"),
        ("signed-after-use@business_affairs:consent/pty~past", "signed-after-use"),
        ("notice-short@production:evidence.notice[kind=replica_creation]/evd~past", "notice-short"),
    ],
)
def test_a_review_is_called_by_what_is_wrong(cause: str, code: str) -> None:
    assert docket._code(cause) == code
