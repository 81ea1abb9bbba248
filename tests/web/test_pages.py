"""The pages over a real studio: they show what is recorded, keep what is kept, and escape what is hostile."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from flask.testing import FlaskClient

from service import auth
from service.app import create_app
from service.records import read, write
from service.services import Services
from service.web import asset, pages
from service.web.page import PAGES, page
from tests.web import world as worlds
from tests.web.world import HOSTILE, NOW, PASSWORD, World

STATIC_PAGES = (
    "/",
    "/assets",
    "/assets/rows",
    "/records",
    "/records/rows",
    "/records?kind=decision&state=blocked",
    "/ledger",
    "/ledger/rows",
    "/obligations",
    "/obligations?state=done",
    "/reviews",
    "/waivers",
    "/waivers/new",
    "/rules",
    "/rules?q=consent",
    "/rules/sagaftra-tvt-2026",
    "/rules/sagaftra-tvt-2026/diff",
)


def paths(world: World) -> list[str]:
    ids = world.ids
    special = [f"/assets/{ids[name]}" for name in ("shot", "clip", "hostile", "painting")]
    special += [f"/decisions/{ids[name]}" for name in ("blocked", "cleared", "hostile_decision")]
    special += [f"/obligations/{ids['obligation']}", f"/reviews/{ids['review']}"]
    return [*STATIC_PAGES, *special, *(f"/records/{key}" for key in ids.values())]


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_a_record_offers_the_documents_that_its_kind_can_leave_as(client: FlaskClient, world: World) -> None:
    def offered(name: str) -> list[str]:
        return re.findall(r'href="(/v1/[^"]+)" download="', text(client, f"/records/{world.ids[name]}"))

    model = offered("model")
    assert [each.rpartition("/")[2] for each in model] == ["ml-bom", "prov"]
    assert [client.get(address).status_code for address in model] == [200, 200]
    assert offered("performer") == [], "of a person there is none"


def test_every_page_answers_and_carries_its_headers(client: FlaskClient, world: World) -> None:
    for path in paths(world):
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.get_data(as_text=True))
        assert answer.content_type == "text/html; charset=utf-8"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_release_is_called_by_what_went_out(client: FlaskClient, world: World) -> None:
    assert "Release of Reel 3" in text(client, f"/records/{world.ids['reel_out']}")
    assert "Release of Shot 042" in text(client, f"/records/{world.ids['release']}")


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client: FlaskClient, world: World) -> None:
    for path in paths(world):
        html = text(client, path)
        assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", html), path
        assert not re.search(r"\s(?:style|on[a-z]+)=", re.sub(r">[^<]*<", "><", html)), path
        assert not re.search(r"(?:src|<link[^>]*href)=\"(?:https?:)?//", html), path


def test_hostile_text_stays_text(client: FlaskClient, world: World) -> None:
    for path in paths(world):
        html = text(client, path)
        assert "<script>alert" not in html, path
        assert "<img src=x" not in html, path
        assert "javascript:" not in html, path
    assert HOSTILE in unescape(text(client, f"/assets/{world.ids['hostile']}"))
    assert HOSTILE in unescape(text(client, f"/decisions/{world.ids['hostile_decision']}"))


def test_every_link_leads_somewhere(client: FlaskClient, world: World) -> None:
    links: set[str] = set()
    for path in paths(world):
        links |= {unescape(link) for link in re.findall(r'(?:href|src)="(/[^"#]*)', text(client, path))}
    assert len(links) > 50
    for link in sorted(links):
        with client.get(link) as answer:
            assert answer.status_code == 200, link


def test_every_id_of_a_record_is_a_link(client: FlaskClient, world: World) -> None:
    known = set(world.ids.values())
    for path in paths(world):
        shown = set(re.findall(r'<span class="id">([a-z]{3}_[0-9a-z]{26})', text(client, path)))
        assert shown & known <= {path.rpartition("/")[2]}, path


def test_home_shows_what_is_blocked_in_review_and_due(client: FlaskClient, world: World) -> None:
    html = text(client, "/")
    assert "Release of Shot 041, harbour at dusk, theatrical-us" in html
    assert "has no separately signed consent to the making of" in html
    assert "Is the origin of Shot 041 settled?" in html
    assert "Pay for 1.5 estimated days" in html
    assert f"/records/{world.ids['production']}" in html
    assert "Release of Shot 042" not in html, "what is cleared needs nobody"


def test_assets_are_found_by_name_and_digest(client: FlaskClient, world: World) -> None:
    assert "Frame 039" in text(client, "/assets")
    found = text(client, "/assets?q=HARBOUR+AT")
    assert "Shot 041" in found
    assert "Frame 039" not in found
    digest = re.search(r"sha256 ([0-9a-f]{64})", found)
    assert digest
    assert "Shot 041" in text(client, f"/assets/rows?q={digest[1].upper()}")
    assert "No asset matches" in text(client, "/assets/rows?q=" + "0" * 64)
    assert "No asset matches" in text(client, "/assets?q=100%25_%27")
    within = text(client, f"/assets/rows?production={world.ids['production']}")
    assert "Shot 042" in within
    assert "Frame 039" not in within


def test_states_of_the_list(client: FlaskClient) -> None:
    assert "Blocked" in text(client, "/assets/rows?q=Shot+041")
    assert "Released" in text(client, "/assets/rows?q=Shot+042")
    assert "Not decided" in text(client, "/assets/rows?q=Frame+001")


def test_the_list_pages_to_its_end(client: FlaskClient) -> None:
    seen: list[str] = []
    path: str | None = "/assets/rows"
    while path:
        html = text(client, path)
        seen += re.findall(r'class="strong" href="/assets/(ast_\w+)"', html)
        more = re.search(r'hx-get="(/assets/rows\?[^"]+)"', html)
        path = unescape(more[1]) if more else None
    assert len(seen) == len(set(seen)) == 40 + worlds.PAINTINGS + 3


def test_an_asset_shows_its_lineage_with_the_blocking_path(client: FlaskClient, world: World) -> None:
    html = text(client, f"/assets/{world.ids['shot']}")
    drawing = html[html.index("<svg") : html.index("</svg>")]
    assert drawing.count('class="edge marked"') == 2
    assert drawing.count("blocking path") == 3
    assert f"{worlds.PAINTINGS} records" in drawing, "paintings that look alike are one stack"
    table = html[html.index('id="lineage-table"') :]
    assert table.count("Harbour ") >= worlds.PAINTINGS, "the table names each of them"
    assert 'tr class="marked"' in table
    assert "In the tree of" in html
    assert "v2" in html


def test_a_lineage_larger_than_the_page_draws_is_counted_by_kind(
    client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset, "LINEAGE", 4)
    html = text(client, f"/assets/{world.ids['shot']}")
    assert "nearest, and below is how many there are of each kind" in html
    counted = html[html.index("counted by kind") :]
    told = client.get(f"/v1/assets/{world.ids['shot']}/lineage?summary=true").get_json()["summary"]["by_kind"]
    assert told["asset"] >= worlds.PAINTINGS
    assert f"<td>{told['asset']:,}</td>" in counted[: counted.index("</table>")]


def test_credentials_are_ours_only_when_we_hold_what_was_signed(client: FlaskClient, world: World) -> None:
    html = text(client, f"/assets/{world.ids['shot']}")
    section = html[html.index('id="credentials"') : html.index('id="decisions"')]
    assert section.count("Trusted") == 1
    assert "Signed here, embedded" in section
    assert "Stated in a record; not signed by this service" in section
    signed = client.get(f"/v1/assets/{world.ids['shot']}/content?variant=signed")
    assert signed.status_code == 200
    assert signed.get_data().startswith(b"\x89PNG")
    signed.close()


def test_a_picture_is_drawn_and_other_content_has_none(client: FlaskClient, world: World) -> None:
    answer = client.get(f"/assets/{world.ids['shot']}/picture")
    assert answer.status_code == 200
    assert answer.content_type == "image/jpeg"
    assert answer.get_data().startswith(b"\xff\xd8")
    assert client.get(f"/assets/{world.ids['clip']}/picture").status_code == 404


def test_a_decision_says_why_and_what_clears_it(client: FlaskClient, world: World) -> None:
    html = unescape(re.sub(r"<[^>]+>", "", text(client, f"/decisions/{world.ids['blocked']}")))
    words = " ".join(html.split())
    assert (
        "No. Shot 041, harbour at dusk may not be released in US and FR for theatrical and streaming, as of 20 Sep 2026: 1 cause blocks it."
        in words
    )
    assert "Mara Quill has no separately signed consent to the making of Mara, scan of 10 August." in words
    assert "Obtain a rider, separately signed, or drop the replica." in words
    assert "Business affairs" in words
    assert "House policy 4.2" in words
    assert "Replica rider, recorded as consent (purposes creation)" in words
    assert "Record: consent for Mara Quill (purposes creation)" in words
    assert "No law pack covers FR." in words
    assert worlds.PACK.digest in words
    assert "Pay 1.5 days to Mara Quill, due after release" in words


def test_a_decision_offers_its_papers_as_drafts(client: FlaskClient, world: World) -> None:
    html = client.get(f"/decisions/{world.ids['blocked']}").get_data(as_text=True)
    found = re.search(r'href="(/decisions/[^"]+/forms/replica-rider[^"]*)" download', html)
    assert found
    draft = client.get(unescape(found[1]))
    assert (draft.status_code, draft.headers["Cache-Control"]) == (200, "no-store")
    assert draft.data.startswith(b"PK")


def test_a_cleared_decision_says_yes(client: FlaskClient, world: World) -> None:
    assert "Yes." in text(client, f"/decisions/{world.ids['cleared']}")


def test_findings_that_are_gone_are_said_to_be_gone(client: FlaskClient, world: World) -> None:
    with world.services.database.app(world.studio_id) as conn:
        context = world.context(conn)
        stored = read.get(context, "decision", world.ids["cleared"])
        blob = {"sha256": "0" * 64, "bytes": 1}
        lost = write.create(context, "decision", {**stored.body, "findings": blob, "facts": blob}).id
    assert "The findings are not at hand" in text(client, f"/decisions/{lost}")


def test_a_record_shows_its_references_both_ways_and_its_versions(client: FlaskClient, world: World) -> None:
    html = text(client, f"/records/{world.ids['model']}")
    assert f"/records/{world.ids['base']}" in html
    assert f"/records/{world.ids['generation']}" in html
    older = text(client, f"/records/{world.ids['shot']}?version=1")
    assert "This is version 1" in older
    assert client.get(f"/records/{world.ids['shot']}?version=9").status_code == 404


def test_names_of_people_are_for_who_may_read_them(app, world: World, services: Services) -> None:
    with services.database.app(world.studio_id) as conn:
        auth.create_account(conn, world.studio_id, "Vic Vendor", ("production",), NOW, email="vic@northlight.example", password=PASSWORD)
    client = app.test_client()
    client.post("/sign-in", data={"email": "vic@northlight.example", "password": PASSWORD})
    for path in (f"/records/{world.ids['performer']}", f"/assets/{world.ids['shot']}", f"/decisions/{world.ids['blocked']}", "/"):
        html = text(client, path)
        assert "Quill" not in html, path
        assert "1991-04" not in html, path
    assert "withheld" in text(client, f"/records/{world.ids['performer']}")
    assert "a woman at the rail" not in text(client, f"/records/{world.ids['generation']}")
    assert "1204" not in re.sub(r"[0-9a-f]{32,}", "", text(client, f"/records/{world.ids['obligation']}"))
    assert "Counsel doubts it" not in text(client, f"/records/{world.ids['review']}")


def test_who_may_read_them_sees_them(client: FlaskClient, world: World) -> None:
    assert "Maria Quillfeather" in text(client, f"/records/{world.ids['performer']}")
    assert "Counsel doubts it" in text(client, f"/records/{world.ids['review']}")


def test_another_studio_is_not_there(client: FlaskClient, services: Services) -> None:
    theirs = worlds.foreign(services)
    for path in (
        f"/records/{theirs}",
        f"/assets/{theirs}",
        f"/assets/{theirs}/picture",
        f"/records/{worlds.unknown('pty')}",
        "/records/nonsense",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert "<h1>There is no such page</h1>" in answer.get_data(as_text=True)
    assert theirs not in text(client, "/assets")


def test_who_is_limited_to_another_production_sees_none_of_this_one(app, world: World, services: Services) -> None:
    with services.database.app(world.studio_id) as conn:
        account = auth.create_account(
            conn, world.studio_id, "Else Where", ("legal_reviewer",), NOW, email="else@northlight.example", password=PASSWORD
        )
        other = write.create(world.context(conn), "production", {"title": "Another title", "format": "series"}).id
        conn.execute("UPDATE account SET productions = %s WHERE account_id = %s", ([other], account))
    client = app.test_client()
    client.post("/sign-in", data={"email": "else@northlight.example", "password": PASSWORD})
    for path in (f"/records/{world.ids['production']}", f"/assets/{world.ids['shot']}", f"/decisions/{world.ids['blocked']}"):
        assert client.get(path).status_code == 404, path
    for path in (
        "/",
        "/assets?q=shot",
        "/records?kind=decision",
        "/ledger",
        f"/assets/{world.ids['painting']}",
        f"/records/{world.ids['artist']}",
    ):
        html = text(client, path)
        assert "Shot 041" not in html, path
        assert "The Long Tide" not in html, path
    assert "outside your productions" in text(client, f"/assets/{world.ids['painting']}")


def test_a_role_without_the_permission_is_told_so(app, world: World, services: Services) -> None:
    with services.database.app(world.studio_id) as conn:
        auth.create_account(conn, world.studio_id, "Out Side", ("vendor",), NOW, email="out@northlight.example", password=PASSWORD)
    client = app.test_client()
    client.post("/sign-in", data={"email": "out@northlight.example", "password": PASSWORD})
    answer = client.get(f"/decisions/{world.ids['blocked']}")
    assert answer.status_code == 403
    assert "decisions.read" in answer.get_data(as_text=True)
    assert client.get("/assets").status_code == 200


def test_a_page_without_a_known_permission_stops_the_start(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError):
        page("/open")  # type: ignore[call-arg]
    monkeypatch.setattr(pages, "PAGES", [*PAGES, replace(PAGES[0], rule="/open", name="page_open", permission="nothing.read")])
    with pytest.raises(RuntimeError, match="no role carries"):
        create_app(services=services)


def test_unknown_paths_are_pages_for_people_and_problems_for_programs(client: FlaskClient) -> None:
    person = client.get("/nowhere", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert person.status_code == 404
    assert person.content_type.startswith("text/html")
    program = client.get("/nowhere", headers={"Accept": "*/*"})
    assert program.content_type == "application/problem+json"
    assert client.get("/v1/nowhere", headers={"Accept": "text/html"}).content_type == "application/problem+json"
    assert client.post("/assets").status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        "cursor=zzz",
        "cursor=%00",
        "kind=nothing",
        "kind=asset&state=%27",
        "version=x",
        "production=%00&party=%00&before=%00&role=%00&settled=%00&left=%00,,",
        "done=%00&q=%00&rule=%00&digest=%00&from=%00&to=%00&kind=%00",
    ],
)
def test_nonsense_in_the_query_is_no_crash(client: FlaskClient, query: str) -> None:
    for path in (
        "/assets",
        "/records",
        "/ledger",
        "/obligations",
        "/reviews",
        "/waivers",
        "/waivers/new",
        "/rules",
        "/rules/x",
        "/rules/x/diff",
    ):
        assert client.get(f"{path}?{query}").status_code in (200, 400, 404, 422), path
