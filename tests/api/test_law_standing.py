"""A reader of the packs sees of each law how it stands today, since when, and when somebody last looked at its source."""

from __future__ import annotations

from tests.api.conftest import Caller


def test_each_rule_of_a_law_says_how_it_stands(admin: Caller) -> None:
    packs = {pack["id"]: pack for pack in admin.send("GET", "/v1/rule-packs?kind=law").get_json()["items"]}
    rules = {rule["id"]: rule for pack in packs.values() for rule in pack["rules"]}
    assert all(rule["status"] and rule["last_verified"] for rule in rules.values())
    assert rules["law-us.mt-hb513.tool"]["effective_from"] == "2026-01-01"
    assert rules["law-us.mt-hb513.tool"]["family"] == "us-state"
    assert rules["law-eu.ai-act-50-2.marking"]["grace_until"] == "2026-12-02"
    assert {rule["status"] for rule in packs["law-dk-proposed"]["rules"]} == {"proposed"}
