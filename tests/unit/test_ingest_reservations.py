"""Reservations of rights as the world writes them: for each signal a real shape, a stripped and a hostile one, and what the crosswalk says."""

from __future__ import annotations

import pytest

from schemas import vocabulary
from service import errors
from service.ingest.reservations import cawg, crosswalk, page, paths, plus, register, response, rsl
from service.ingest.reservations.observation import Given, Observation
from service.ingest.reservations.register import Fetched

SITE = "https://pictures.example"
WORK = f"{SITE}/gallery/"
ROBOTS, TDMREP, LICENCE = f"{SITE}/robots.txt", f"{SITE}/.well-known/tdmrep.json", f"{SITE}/licence.xml"
TRAINING = ("mine", "train_generative", "train_other")


def seen(place: str, content: bytes | None = None, about: str = WORK, **more: object) -> dict[tuple[str, str], tuple[str, ...]]:
    """(signal, answer) → permissions of what is read."""
    found = register.read(Fetched(place, about, content=content, **more))  # type: ignore[arg-type]  # the caller's own words
    return {(one.signal, one.answer): one.permissions for one in found}


def rsl_of(inner: str, about: str = WORK) -> dict[str, tuple[str, ...]]:
    content = f'<rsl xmlns="https://rslstandard.org/rsl">{inner}</rsl>'.encode()
    return {one.answer: one.permissions for one in rsl.read(Given(content, LICENCE, about))}


def xmp(attributes: str) -> str:
    spaces = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:tdm="http://www.w3.org/ns/tdmrep/"'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {spaces}><rdf:Description {attributes}/></rdf:RDF></x:xmpmeta>'


def manifest(entries: object, state: str = "Valid", *, tampered: bool = False, label: str = "cawg.training-mining") -> dict[str, object]:
    assertion = {"label": label, "data": {"entries": entries}}
    store = {"active_manifest": "urn:c2pa:1", "manifests": {"urn:c2pa:1": {"assertions": [assertion]}}}
    return {"state": state, "tampered": tampered, "store": store}


@pytest.mark.parametrize(
    ("lines", "permissions"),
    [
        ("User-agent: GPTBot\nDisallow: /", ("train_generative", "train_other")),
        ("User-agent: gptbot # ours\nUser-agent: CCBot\nDisallow: /gallery", TRAINING),
        ("User-agent: *\nDisallow: /", ("index_ai", "infer_input", "mine", "search", "train_generative", "train_other")),
        ("User-agent: ChatGPT-User\nDisallow: /\n", ("infer_input",)),
        ("User-agent: GPTBot\nDisallow: /gallery/private/\n", ("train_generative", "train_other")),
        ("User-agent: GPTBot\nAllow: /\nDisallow: /g*y/\n", ("train_generative", "train_other")),
    ],
)
def test_robots_that_are_kept_out_reserve_what_they_fetch_for(lines: str, permissions: tuple[str, ...]) -> None:
    assert seen(ROBOTS, lines.encode())["robots", "reserved"] == permissions


@pytest.mark.parametrize(
    "lines", ["", "User-agent: *\nDisallow:\n", "User-agent: *\nDisallow: /admin/\n", "User-agent: GPTBot\nDisallow: /\nAllow: /gallery/\n", "Sitemap: /x"]
)  # fmt: skip
def test_being_let_in_is_no_permission(lines: str) -> None:
    assert seen(ROBOTS, lines.encode()) == {("robots", "none_found"): (), ("aipref", "none_found"): (), ("rsl", "none_found"): ()}


def test_robots_also_holds_preferences_signals_and_a_licence_nobody_has_read() -> None:
    text = b"User-agent: *\nAllow: /\nContent-Usage: train-ai=n, search=y\nContent-Usage: /shop/ search=n\nContent-Signal: search=yes,ai-train=no,ai-input=maybe\nLicense: /licence.xml\n"
    found = seen(ROBOTS, text)
    assert found["aipref", "reserved"] == ("train_generative",)
    assert found["aipref", "allowed"] == ("search",)
    assert found["content_signals", "reserved"] == ("train_generative", "train_other")
    named = next(one for one in register.read(Fetched(ROBOTS, WORK, content=text)) if one.signal == "rsl")
    assert (named.answer, named.place, named.terms) == ("unreadable", LICENCE, LICENCE)


@pytest.mark.parametrize("content", [b"<!doctype html><title>Not found</title>", b"\xff\xfe\x00", b"a: b\n" * 30_000, b"x" * (2 << 20)])
def test_something_else_in_the_place_of_robots_is_not_nothing(content: bytes) -> None:
    assert set(seen(ROBOTS, content)) == {("robots", "unreadable"), ("aipref", "unreadable")}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('[{"location": "/", "tdm-reservation": 1, "tdm-policy": "/policy.json"}]', "reserved"),
        ('[{"location": "/", "tdm-reservation": 1}, {"location": "/gallery/", "tdm-reservation": 0}]', "allowed"),
        ('[{"location": "/", "tdm-reservation": 0}, {"location": "/gallery/mine/", "tdm-reservation": 1}]', "reserved"),
        ('[{"location": "/shop/*", "tdm-reservation": 1}]', "none_found"),
        ("[]", "none_found"),
        ('{"location": "/"}', "unreadable"),
        ('[{"location": "/", "tdm-reservation": "maybe"}]', "unreadable"),
        ("[" * 100_000, "unreadable"),
        ("<html>", "unreadable"),
    ],
)
def test_tdmrep_json(text: str, answer: str) -> None:
    assert [one for _, one in seen(TDMREP, text.encode())] == [answer]


def test_a_policy_is_named_with_its_whole_address() -> None:
    found = register.read(Fetched(TDMREP, WORK, content=b'[{"location": "/", "tdm-reservation": 1, "tdm-policy": "/policy.json"}]'))
    assert (found[0].terms, found[0].permissions, found[0].found) == (f"{SITE}/policy.json", TRAINING, "/: 1")
    odd = register.read(Fetched(TDMREP, WORK, content=b'[{"location": "/", "tdm-reservation": 1, "tdm-policy": "javascript:x"}]'))
    assert (odd[0].answer, odd[0].terms) == ("reserved", None)


def test_an_answer_with_its_head_and_its_page() -> None:
    head = b'HTTP/1.1 301 Moved\r\ntdm-reservation: 0\r\n\r\nHTTP/2 200 \r\nTDM-Reservation: 1\r\nContent-Usage: train-ai=n\r\nX-Robots-Tag: noai\r\nLink: </licence.xml>; rel="license"; type="application/rsl+xml"\r\n\r\n'
    body = b'<!doctype html><!-- <meta name="tdm-reservation" content="0"> --><meta name="tdm-reservation" content="1"><link rel="license" type="application/rsl+xml" href="/licence.xml">'
    found = register.read(Fetched(WORK, WORK, content=head + body))
    assert {(one.signal, one.carrier, one.answer) for one in found} == {
        ("tdmrep", "http_header", "reserved"), ("aipref", "http_header", "reserved"), ("robots", "http_header", "reserved"),
        ("rsl", "http_header", "unreadable"), ("tdmrep", "html_meta", "reserved"), ("rsl", "html_link", "unreadable"),
    }  # fmt: skip
    assert set(seen(WORK, b"HTTP/1.1 200 OK\r\n\r\n<html>")) == {("tdmrep", "none_found"), ("rsl", "none_found")}


@pytest.mark.parametrize(
    ("place", "status", "answer"), [(ROBOTS, 404, "none_found"), (TDMREP, 410, "none_found"), (ROBOTS, 503, "unreadable"), (WORK, 404, "unreadable"), (LICENCE, 404, "unreadable")]
)  # fmt: skip
def test_what_could_not_be_fetched(place: str, status: int, answer: str) -> None:
    assert {one for _, one in seen(place, status=status)} == {answer}
    assert {one for _, one in seen(place, f"HTTP/1.1 {status} x\r\nServer: s\r\n\r\nbody".encode())} == {answer}


def test_licences_of_rsl_use_by_use() -> None:
    paid = '<content url="/gallery/"><license><permits type="usage">search ai-input</permits><payment type="subscription"><custom>/deal</custom><amount currency="USD">9.99</amount></payment></license></content>'
    assert rsl_of(paid) == {"reserved": ("index_ai", "train_generative", "train_other"), "constrained": ("infer_input", "search")}
    terms = next(
        one for one in rsl.read(Given(f'<rsl xmlns="https://rslstandard.org/rsl">{paid}</rsl>'.encode(), LICENCE, WORK)) if one.payment
    )
    assert (terms.terms, terms.payment) == (f"{SITE}/deal", "subscription 9.99 USD")
    assert rsl_of('<content url="/"><license><prohibits type="usage">ai-train</prohibits></license></content>')["reserved"] == (
        "train_generative",
        "train_other",
    )
    assert rsl_of('<content url="/"><license><permits type="usage">all</permits></license></content>') == {
        "allowed": ("index_ai", "infer_input", "mine", "search", "train_generative", "train_other")
    }
    choice = '<content url="/"><license><prohibits>all</prohibits></license><license><permits>ai-train</permits><payment type="free"/></license></content>'
    assert rsl_of(choice)["allowed"] == ("train_generative", "train_other")
    assert "allowed" not in rsl_of('<content url="/" server="https://l.example/"><license><permits>all</permits></license></content>')
    assert "allowed" not in rsl_of(
        '<content url="/"><license><permits type="usage">all</permits><permits type="user">education</permits></license></content>'
    )
    assert "allowed" not in rsl_of('<content url="/"><license><prohibits type="usage">ai-dream</prohibits></license></content>')
    assert rsl_of('<content url="https://other.example/"><license/></content>') == {"none_found": ()}
    assert rsl_of('<content url="/"/>') == {"unreadable": ()}


@pytest.mark.parametrize(
    "content",
    [b"<rsl", b'<!DOCTYPE rsl [<!ENTITY a "b">]><rsl/>', b"<rsl>" + b"<content>" * 100 + b"</content>" * 100 + b"</rsl>", b"<rsl>" + b"<a/>" * 30_000 + b"</rsl>", b"<rsl>\0</rsl>", b'<?xml version="1.0" encoding="x-none"?><rsl></rsl>'],
    ids=["broken", "entity", "deep", "many", "nul", "encoding"],
)  # fmt: skip
def test_hostile_documents_of_rsl_are_unreadable(content: bytes) -> None:
    assert [one.answer for one in rsl.read(Given(content, LICENCE, WORK))] == ["unreadable"]


def test_what_a_manifest_says_counts_as_far_as_it_holds() -> None:
    entries = {
        "cawg.ai_training": {"use": "notAllowed"},
        "cawg.ai_inference": {"use": "constrained", "constraint_info": "see https://a.example/t"},
        "cawg.data_mining": {"use": "allowed"},
        "x.own": {"use": "allowed"},
    }
    found = {one.answer: one.permissions for one in cawg.read(manifest(entries), WORK)}
    assert found == {"reserved": ("train_other",), "constrained": ("infer_input",), "allowed": ("mine",)}
    broken = {one.answer: one.permissions for one in cawg.read(manifest(entries, "Invalid", tampered=True), WORK)}
    assert broken == {"reserved": ("train_other",), "constrained": ("infer_input",), "unreadable": ("mine",)}
    old = cawg.read(manifest({"c2pa.ai_generative_training": {"use": "notAllowed"}}, label="c2pa.training-mining"), WORK)
    assert [(one.signal, one.answer, one.permissions) for one in old] == [("c2pa", "reserved", ("train_generative",))]
    for odd in ([], {"cawg.ai_training": {"use": 7}}, {"cawg.ai_training": None}):
        assert [one.answer for one in cawg.read(manifest(odd), WORK)] == ["unreadable"]
    assert [one.answer for one in cawg.read({"state": "NoManifest"}, WORK)] == ["none_found"]
    assert [one.answer for one in cawg.read({"state": "Unreadable", "reason": "x"}, WORK)] == ["unreadable"]


@pytest.mark.parametrize(
    ("term", "said"),
    [
        ("DMI-PROHIBITED", {"reserved": ("mine", "search", "train_generative", "train_other")}),
        ("DMI-PROHIBITED-GENAIMLTRAINING", {"reserved": ("train_generative",)}),
        ("DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING", {"reserved": TRAINING, "allowed": ("search",)}),
        ("DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR", {"constrained": TRAINING}),
        ("DMI-ALLOWED", {"allowed": TRAINING}),
        ("DMI-UNSPECIFIED", {"none_found": ()}),
        ("DMI-SOMETHING", {"unreadable": ()}),
    ],
)
def test_data_mining_of_plus(term: str, said: dict[str, tuple[str, ...]]) -> None:
    found = plus.read(xmp(f'plus:DataMining="http://ns.useplus.org/ldf/vocab/{term}"'), WORK)
    assert {one.answer: one.permissions for one in found} == said


def test_xmp_that_is_hostile_or_says_tdmrep() -> None:
    assert [one.answer for one in plus.read("<!DOCTYPE x>", WORK)] == ["unreadable"]
    assert [one.answer for one in plus.read(None, WORK)] == ["none_found"]
    pdf = b"%PDF-1.7 \xff " + xmp('tdm:reservation="1" tdm:policy="https://pictures.example/p"').encode() + b" %%EOF"
    assert {(one.signal, one.answer, one.terms) for one in register.read(Fetched(f"{SITE}/book.pdf", WORK, content=pdf))} == {
        ("iptc_plus", "none_found", None), ("tdmrep", "reserved", f"{SITE}/p"),
    }  # fmt: skip


def test_what_carries_nothing_or_speaks_for_another_host_is_refused() -> None:
    with pytest.raises(errors.Invalid, match="nothing that is known"):
        seen(WORK, b"just words")
    with pytest.raises(errors.Invalid, match="speaks for its own host"):
        seen(ROBOTS, b"User-agent: *", about="https://other.example/")
    with pytest.raises(errors.Invalid, match="is no address"):
        seen("http://[::1/robots.txt", b"User-agent: *")
    with pytest.raises(errors.Invalid, match="nothing that is known"):
        seen(WORK, b"<x:xmpmeta " * 100_000)
    with pytest.raises(errors.Invalid, match="Nothing was handed over"):
        seen(WORK)
    assert ("robots", "none_found") in seen(ROBOTS, b"HTTP/1.1 200 OK\r\nServer: s\r\n\r\n")


def test_answers_without_end_or_sense() -> None:
    assert response.parsed(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000) is None
    assert {answer for _, answer in seen(ROBOTS, b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20_000)} == {"unreadable"}
    assert response.parsed(b"HTTP/1.1 204 No Content") == response.Response(204, {}, None)


@pytest.mark.parametrize(
    ("pattern", "path", "how"),
    [("/", "/a", "whole"), ("/a*c", "/abbc/d", "whole"), ("/a$", "/ab", "none"), ("/a/b", "/a/", "part"), ("/*.jpg$", "/a/", "part"), ("/*.jpg$", "/a.jpg", "whole"), ("*" * 50, "/a", "part"), ("/%61", "/a", "whole")],
)  # fmt: skip
def test_how_far_a_pattern_reaches(pattern: str, path: str, how: str) -> None:
    assert paths.reach(pattern, path) == how


def test_pages_are_read_in_one_pass() -> None:
    assert [one.answer for one in page.read(Given(b"<!--" + b"<meta " * 100_000, WORK, WORK))] == ["none_found", "none_found"]
    inline = b'<html><script type="application/rsl+xml"><rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><prohibits>all</prohibits></license></content></rsl></script>'
    assert Observation(
        "rsl", WORK, "reserved", tuple(sorted(crosswalk.permissions("rsl", "all"))), "html_script", "RSL 1.0", "prohibits usage: all"
    ) in page.read(Given(inline, WORK, WORK))


def test_the_crosswalk_names_every_permission_and_says_what_it_loses() -> None:
    told = crosswalk.published()
    assert {row["permission"] for row in told["permissions"]} == set(vocabulary.PERMISSIONS)
    assert told["lossy"] is True
    assert all(row["words"] for row in told["permissions"])
    assert all(system["loses"] and system["version"] for system in told["systems"])
    assert {word.system for word in crosswalk.WORDS} == {system.name for system in crosswalk.SYSTEMS}
    assert crosswalk.permissions("rsl", "AI-Train") == ("train_other", "train_generative")
    assert crosswalk.permissions("rsl", "dream") == ()
