"""Sentences of an answer: what stands in the places of a template."""

from __future__ import annotations

import pytest

from service.decisions.answer import render


@pytest.mark.parametrize(
    ("template", "values", "said"),
    [
        ("{use.person} is owed {pay}.", {"use.person": "pty_1", "pay": {"amount": "12", "currency": "USD"}}, "Mara is owed 12 USD."),
        ("No consent reaches {use.record}.", {"use.record": "planned_appearance"}, "No consent reaches the planned appearance."),
        ("{use.record} shows nobody.", {"use.record": "planned_shot_2"}, "The planned shot 2 shows nobody."),
        ("Fields: {fields}.", {"fields": ["days", "window"]}, "Fields: days, window."),
        ("Until {use.until}.", {"use.until": None}, "Until (unknown until)."),
    ],
)
def test_a_sentence_has_names_for_what_it_speaks_of(template: str, values: dict[str, object], said: str) -> None:
    assert render(template, values, {"pty_1": "Mara"}) == said
