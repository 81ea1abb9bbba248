"""Packs and rules on pages: every rule with its clause, editions with their signatures, and a difference that reads."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.decisions import adoptions, packs
from service.rules.load import load_packs
from service.web import rule_text
from service.web.rule_text import Piece
from tests.web import world as worlds
from tests.web.sent import beside, forms, opened, send, words
from tests.web.world import HOSTILE, World

HOUSE: dict[str, Any] = {
    "pack": "house-pages", "title": "House rules for pages", "kind": "house", "sources": ["https://example.org/house"],
    "rules": [
        {
            "id": "house-pages.named", "clause": "House 1", "summary": "Every asset has a name.", "confidence": "H", "source": "https://example.org/house",
            "each": "assets", "require": [{"id": "named", "test": {"present": "asset.name"}, "otherwise": "block", "code": "no-name", "says": "{asset} has no name.", "fix": "Name it.", "owner": "post"}],
        },
        {
            "id": "house-pages.hostile", "clause": HOSTILE, "summary": HOSTILE, "confidence": "L", "mode": "advisory", "source": "javascript:alert(1)",
            "each": "assets", "require": [{"id": "one", "test": {"present": "asset.name"}, "otherwise": "warn", "code": "c", "says": HOSTILE, "fix": HOSTILE, "owner": "post"}],
        },
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def editions(world: World) -> tuple[str, str]:
    """Two drafts of a pack of the studio's own, the first signed once; the second asks for more."""
    newer = copy.deepcopy(HOUSE)
    newer["rules"][0]["require"][0]["says"] = "{asset} has no name that anybody could read."
    newer["rules"][0]["require"][0]["test"] = {"all": [{"present": "asset.name"}, {"present": "asset.type"}]}
    added = copy.deepcopy(HOUSE["rules"][0]) | {"id": "house-pages.typed", "summary": "Every asset has a type."}
    newer["rules"] = [newer["rules"][0], added]
    with world.services.database.app(world.studio_id) as conn:
        context = world.context(conn)
        drafted = [packs.draft(context, document=each, text=None, statement="For the pages", key=None) for each in (HOUSE, newer)]
        adoptions.sign_off(context, "house-pages", "legal", None, drafted[0].pack.digest)
    return drafted[0].pack.digest, drafted[1].pack.digest


def test_every_rule_is_on_the_page(client: FlaskClient) -> None:
    html = client.get("/rules").get_data(as_text=True)
    for pack in load_packs().values():
        assert f'href="/rules/{pack.id}"' in html, pack.id
        for rule in pack.rules:
            assert f'href="/rules/{pack.id}#{rule["id"]}"' in html, rule["id"]
    assert "x.pack.signed-off" in html


def test_a_rule_shows_clause_mode_confidence_and_source(client: FlaskClient) -> None:
    told = words(client.get("/rules?q=sagaftra-tvt-2026.scan.business-reason"))
    assert "1 rule in 1 pack." in told
    for part in ("Summary 39.J", "Blocking", "Medium to high", "Not signed off"):
        assert part in told, part
    assert "absolute bar" in words(client.get("/rules?q=minor.intimate-ban"))


def test_rules_are_found_by_clause_and_word_and_kind(client: FlaskClient) -> None:
    assert "sagaftra-tvt-2026.security.access" in words(client.get("/rules?q=39.h"))
    laws = words(client.get("/rules?kind=law"))
    assert "law-eu" in laws
    assert "sagaftra-tvt-2026" not in laws
    assert "No rule matches." in words(client.get("/rules?q=nothing+of+the+kind"))
    assert "No rule matches." in words(client.get("/rules?q=%3Cscript%3E"))


def test_a_pack_shows_its_rules_whole_and_what_it_carries_on(client: FlaskClient) -> None:
    answer = client.get("/rules/sagaftra-tvt-2026")
    told, html = words(answer), answer.get_data(as_text=True)
    assert 'id="sagaftra-tvt-2026.scan.business-reason"' in html
    assert "carried on from sagaftra-tvt-2023" in told
    assert "State the shot or need that justifies the scan" in told
    assert "In force, from 1 Jul 2026 until 30 Jun 2030" in told
    assert "nobody yet" in told
    assert "No production has adopted it yet" in told


def test_editions_show_how_far_they_have_come_and_who_signed(client: FlaskClient, editions: tuple[str, str]) -> None:
    told = words(client.get("/rules/house-pages"))
    assert "Draft" in told
    assert "Ada Lawyer as legal" in told
    assert "a second person is needed" in told
    assert "drafted by Ada Lawyer" in told
    assert "For the pages" in told
    older = words(client.get(f"/rules/house-pages?digest={editions[0]}"))
    assert "This is not the edition to adopt now." in older
    assert "Every asset has a type." not in older


def test_two_people_sign_an_edition_off(client: FlaskClient, colleague: Callable[..., FlaskClient]) -> None:
    path, second = "/rules/law-kr", colleague("legal_reviewer")
    form = opened(client, path)
    wrong = send(client, form, {"role": "king", "statement": "Read against the gazette."})
    assert wrong.status_code == 422
    assert "Choose one of" in beside(wrong, "role")
    assert forms(wrong.get_data(as_text=True))[0].typed["statement"] == ["Read against the gazette."]
    locations = {send(client, form, {"role": "legal", "statement": "Read against the gazette."}).location for _ in range(2)}
    assert len(locations) == 1
    told = words(client.get(path))
    assert "You have signed this edition." in told
    assert "a second person is needed" in told
    assert forms(client.get(path).get_data(as_text=True)) == []
    twice = send(client, opened(second, path), {"role": "legal"})
    assert twice.status_code == 403, "a form of somebody else's session"
    assert send(second, opened(second, path), {"role": "production_counsel"}).status_code == 303
    told = words(client.get(path))
    assert "Signed off" in told
    assert "Ben Counsel as production counsel" in told
    assert "Not signed off" not in told
    late = send(client, form, {"role": "casting"})
    assert late.status_code == 422, "the same form with something else in it"


def test_an_auditor_and_a_stranger_sign_nothing(client: FlaskClient, colleague: Callable[..., FlaskClient]) -> None:
    form = opened(client, "/rules/law-in")
    assert forms(colleague("auditor").get("/rules/law-in").get_data(as_text=True)) == []
    refused = send(colleague("auditor"), form, {"role": "legal"})
    assert refused.status_code == 403
    assert "adoptions.write" in words(refused)
    assert send(client, form, {"role": "legal", "digest": "0" * 64}).status_code == 404
    assert forms(client.get("/rules/x").get_data(as_text=True)) == [], "the gate needs no signature"
    assert "nobody yet" in words(client.get("/rules/law-in"))


def test_two_editions_of_a_pack_are_compared_in_words(client: FlaskClient, editions: tuple[str, str]) -> None:
    answer = client.get(f"/rules/house-pages/diff?from={editions[0]}&to={editions[1]}")
    told, html = words(answer), answer.get_data(as_text=True)
    assert "1 rule new, 1 rule gone, 1 rule changed" in told
    assert "Requirement named: what it says" in told
    assert "<ins> that anybody could read.</ins>" in html or "<ins>name that anybody could read.</ins>" in html
    assert "<del>" in html
    assert "Every asset has a type." in told
    same = words(client.get(f"/rules/house-pages/diff?from={editions[1]}&to={editions[1]}"))
    assert "the same edition" in same


def test_two_terms_of_an_agreement_are_compared(client: FlaskClient) -> None:
    told = words(client.get("/rules/sagaftra-tvt-2026/diff"))
    assert "From SAG-AFTRA TV/Theatrical 2023" in told
    assert "to SAG-AFTRA TV/Theatrical 2026" in told
    assert "Summary 39.J" in told
    assert "that go on unchanged" in told


def test_what_is_not_there_is_not_found(client: FlaskClient, editions: tuple[str, str]) -> None:
    for path in (
        "/rules/nothing",
        "/rules/nothing/diff",
        f"/rules/house-pages?digest={'0' * 64}",
        "/rules/house-pages/diff?from=x",
        f"/rules/x/diff?to={editions[0]}",
    ):
        assert client.get(path).status_code == 404, path


def test_hostile_text_stays_text(client: FlaskClient, editions: tuple[str, str]) -> None:
    for path in (
        f"/rules/house-pages?digest={editions[0]}",
        "/rules?q=house-pages",
        f"/rules/house-pages/diff?from={editions[1]}&to={editions[0]}",
    ):
        html = client.get(path).get_data(as_text=True)
        assert "<script>alert" not in html, path
        assert "<img src=x" not in html, path
        assert 'href="javascript:' not in html, path


def test_an_auditor_reads_every_rule_and_is_offered_nothing(client: FlaskClient, colleague: Callable[..., FlaskClient]) -> None:
    assert "/waivers/new?rule=" in client.get("/rules/sagaftra-tvt-2026").get_data(as_text=True)
    theirs = colleague("auditor").get("/rules/sagaftra-tvt-2026")
    assert theirs.status_code == 200
    assert "/waivers/new" not in theirs.get_data(as_text=True)
    assert colleague("vendor").get("/rules").status_code == 403


def test_a_pack_of_another_studio_is_not_there(client: FlaskClient, world: World) -> None:
    theirs = worlds.studio(world.services)
    with world.services.database.app(theirs.studio_id) as conn:
        made = packs.draft(theirs.context(conn), document=HOUSE | {"pack": "house-theirs", "rules": [HOUSE["rules"][0] | {"id": "house-theirs.named"}]}, text=None, statement=None)  # fmt: skip
    assert client.get("/rules/house-theirs").status_code == 404
    assert made.pack.digest not in client.get("/rules?q=house").get_data(as_text=True)


@pytest.mark.parametrize(
    ("given", "told"), [("H", "high"), ("M-H", "medium to high"), ("H/L", "high or low"), (None, ""), ("certain", "certain")]
)
def test_confidence_in_words(given: str | None, told: str) -> None:
    assert rule_text.confidence(given) == told


@pytest.mark.parametrize(
    ("otherwise", "told"),
    [
        ("block", ["block"]),
        ({"ahead": "block", "past": "review"}, ["block", "review"]),
        ([{"when": {"always": True}, "then": "warn"}, "obligation"], ["obligation", "warn"]),
        (None, []),
    ],
)
def test_what_follows_is_told_worst_first(otherwise: object, told: list[str]) -> None:
    assert rule_text.follows(otherwise) == told


def test_text_is_compared_by_words_and_conditions_by_lines() -> None:
    words_ = rule_text.change({"key": "require.a.says", "before": "No consent is signed.", "after": "No consent is on record."})
    assert words_.name == "requirement a: what it says"
    assert Piece("gone", "signed.") in words_.pieces
    assert Piece("new", "on record.") in words_.pieces
    assert "".join(piece.text for piece in words_.pieces if piece.tone != "new") == "No consent is signed."
    lines = rule_text.change(
        {"key": "when", "before": {"is_true": "use.a"}, "after": {"all": [{"is_true": "use.a"}, {"is_true": "use.b"}]}}
    )
    assert lines.block
    assert "use.b" in "".join(piece.text for piece in lines.pieces if piece.tone == "new")
    gone = rule_text.change({"key": "note", "before": "Only this.", "after": None})
    assert gone.pieces == (Piece("gone", "Only this."),)
