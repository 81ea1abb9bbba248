"""Time-stamps by a local authority: checked when they come, accepted by `openssl ts`, asked for again while it is away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from service.ledger import anchors, note, stamping
from service.ledger.anchors import Anchor
from tests.authority import Authority
from tests.db.ledger.made import STUDIO, write
from tests.processes import free_port

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tsa") / "stranger", "Stranger")


def configure(database, url, pem, name="tsa"):
    with database.ledger() as conn:
        anchors.add(conn, Anchor(name, "time_stamp", None, pem, url), NOW)


def submit(database, ledger, now=NOW):
    return [(state.name, state.outcome) for state in stamping.submit(database, ledger, STUDIO, now)]


def kept(database):
    with database.app(STUDIO) as conn:
        return anchors.stamps(conn, STUDIO)


def text(ledger, database, size):
    with database.app(STUDIO) as conn:
        return note.parse(ledger.checkpoint(conn, STUDIO, size)).text


def test_what_is_stored_is_accepted_by_openssl(database, ledger, authority, faults):
    ledger.append(write())
    with authority.serving() as url:
        configure(database, url, authority.root)
        assert submit(database, ledger) == [("tsa", "ok")]
    (stamped,) = kept(database)
    assert abs((stamped.stamped_at - datetime.now(UTC)).total_seconds()) < 60
    assert authority.accepts(text(ledger, database, 1), stamped.response)
    assert not authority.accepts(text(ledger, database, 1) + b"x", stamped.response)
    assert stamping.verify(stamped.response, text(ledger, database, 1), authority.root) == stamped.stamped_at
    assert faults() == []


def test_an_authority_that_is_away_is_asked_again(database, ledger, authority):
    port = free_port()
    configure(database, f"http://127.0.0.1:{port}/", authority.root)
    ledger.append(write())
    for minutes in range(3):
        assert submit(database, ledger, NOW + timedelta(minutes=minutes)) == [("tsa", "away")]
        ledger.append(write())
    with authority.serving(port):
        assert submit(database, ledger, NOW + timedelta(minutes=3)) == [("tsa", "ok")]
    assert [each.size for each in kept(database)] == [4]
    with database.app(STUDIO) as conn:
        assert [each.size for each in anchors.first_stamp_over(conn, STUDIO, 1)] == [4]
        assert anchors.first_stamp_over(conn, STUDIO, 5) == []


def test_a_log_is_stamped_when_it_grew_and_not_all_the_time(database, ledger, authority):
    ledger.append(write())
    with authority.serving() as url:
        configure(database, url, authority.root)
        assert submit(database, ledger) == [("tsa", "ok")]
        assert submit(database, ledger, NOW + timedelta(hours=1)) == [], "it has not grown"
        ledger.append(write())
        assert submit(database, ledger, NOW + timedelta(minutes=5)) == [], "it was stamped a moment ago"
        assert submit(database, ledger, NOW + timedelta(minutes=11)) == [("tsa", "ok")]
    assert [each.size for each in kept(database)] == [2, 1]


def test_each_of_two_authorities_goes_its_own_way(database, ledger, authority, stranger):
    ledger.append(write())
    configure(database, f"http://127.0.0.1:{free_port()}/", authority.root, "away")
    with stranger.serving() as url:
        configure(database, url, stranger.root, "there")
        assert submit(database, ledger) == [("away", "away"), ("there", "ok")]
    assert [each.name for each in kept(database)] == ["there"]


def test_an_authority_whose_certificate_is_configured_sends_none(database, ledger, authority):
    ledger.append(write())
    with authority.serving() as url:
        configure(database, url, authority.root + authority.own)
        assert submit(database, ledger) == [("tsa", "ok")]
    (stamped,) = kept(database)
    assert not authority.accepts(text(ledger, database, 1), stamped.response)
    assert authority.accepts(text(ledger, database, 1), stamped.response, untrusted=True)


def test_another_authority_in_its_place_is_refused(database, ledger, authority, stranger):
    ledger.append(write())
    with stranger.serving() as url:
        configure(database, url, authority.root)
        assert submit(database, ledger) == [("tsa", "refused")]
    assert kept(database) == []
    with database.app(STUDIO) as conn:
        assert "does not hold" in anchors.states(conn, STUDIO)["tsa"].says


def test_answers_that_are_not_to_this_question_are_refused(authority):
    anchor = Anchor("tsa", "time_stamp", None, authority.root, "http://tsa.example")
    old = {}

    def honest(_url, body):
        old.setdefault("content", authority.reply(body))
        return authority.reply(body)

    stamping.stamp(anchor, b"first\n", honest)
    for answer, says in [
        (lambda *_: old["content"], "Nonce"),
        (lambda *_: b"", "no time-stamp in DER"),
        (lambda *_: b"<html>", "no time-stamp in DER"),
        (lambda *_: bytes.fromhex("30053003020102"), "it refuses"),
        (lambda _url, body: honest(_url, body)[:-1], "no time-stamp in DER"),
    ]:
        with pytest.raises(stamping.Refused, match=says):
            stamping.stamp(anchor, b"first\n", answer)
    content, _ = stamping.stamp(anchor, b"second\n", honest)
    for changed in range(40, len(content), 97):
        broken = content[:changed] + bytes([content[changed] ^ 1]) + content[changed + 1 :]
        with pytest.raises(stamping.Refused):
            stamping.verify(broken, b"second\n", authority.root)


def test_roots_must_be_roots(authority):
    with pytest.raises(ValueError, match="no root certificate"):
        stamping.certificates(authority.own)
    with pytest.raises(ValueError, match=r"PEM|pem|certificate"):
        stamping.certificates("nonsense")


def test_fsck_finds_a_changed_time_stamp(database, ledger, authority, faults):
    ledger.append(write())
    with authority.serving() as url:
        configure(database, url, authority.root)
        submit(database, ledger)
    with psycopg.connect(database.url, autocommit=True) as conn:
        conn.execute("UPDATE time_stamp SET response = set_byte(response, 60, get_byte(response, 60) # 1)")
    assert faults() == ["time_stamp"]
