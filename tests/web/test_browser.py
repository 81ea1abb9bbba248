"""The pages in Chromium: at a desk's and a phone's width, with the keyboard, without a word in the console."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from service.records import write
from tests.web import world as worlds
from tests.web.world import PASSWORD, World

pytestmark = pytest.mark.browser

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on PATH; install it (Debian: apt-get install chromium) to test the pages in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Watched:
    """A page that keeps what went wrong: console messages, errors, requests to anywhere else."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a path of ours and wait until it is loaded."""
        self.page.goto(self.address + path)

    def sign_in(self, world: World) -> None:
        """Sign in as a person does, and land at home."""
        self.page.get_by_label("E-mail address").fill(world.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(self.address + "/")


@pytest.fixture
def visit(browser: Browser, address: str, world: World) -> Iterator[Callable[..., Watched]]:
    """Return a function that opens a window of a width, signed in; whatever it complained of fails the test in the end."""
    opened: list[Watched] = []

    def start(width: int = 1280, scheme: str = "light", *, signed_in: bool = True) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        watched = Watched(context.new_page(), address)
        opened.append(watched)
        watched.page.on("console", lambda message: watched.wrong.append(f"console: {message.text}"))
        watched.page.on("pageerror", lambda error: watched.wrong.append(f"error: {error}"))
        watched.page.on("request", lambda request: watched.wrong.append(request.url) if _elsewhere(request.url, address) else None)
        if signed_in:
            watched.open("/")
            watched.sign_in(world)
        return watched

    yield start
    for watched in opened:
        watched.page.context.close()
    assert [wrong for watched in opened for wrong in watched.wrong] == []


def _elsewhere(url: str, address: str) -> bool:
    return urlsplit(url).netloc != urlsplit(address).netloc


def every_page(world: World) -> list[str]:
    ids = world.ids
    return [
        "/", "/assets", "/records?kind=decision", "/ledger", f"/assets/{ids['shot']}", f"/assets/{ids['hostile']}", f"/decisions/{ids['blocked']}",
        f"/decisions/{ids['hostile_decision']}", f"/records/{ids['dataset']}", f"/records/{ids['performer']}", f"/records/{ids['generation']}",
        "/obligations", f"/obligations/{ids['obligation']}", "/reviews", f"/reviews/{ids['review']}", "/waivers", "/waivers/new",
        "/rules?q=consent", "/rules/sagaftra-tvt-2026", "/rules/sagaftra-tvt-2026/diff",
    ]  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_scrolls_sideways(visit: Callable[..., Watched], world: World, width: int) -> None:
    watched = visit(width)
    for path in every_page(world):
        watched.open(path)
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit: Callable[..., Watched], world: World, scheme: str) -> None:
    """WCAG 1.4.3: 4.5 to 1 for text, 3 to 1 for large text, measured on what the browser paints."""
    watched = visit(1280, scheme)
    for path in every_page(world):
        watched.open(path)
        assert watched.page.evaluate(_CONTRAST) == [], path


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_pressed_is_large_enough(visit: Callable[..., Watched], world: World, width: int) -> None:
    """WCAG 2.5.8: buttons, inputs and navigation are at least 24 pixels high."""
    watched = visit(width)
    for path in every_page(world):
        watched.open(path)
        small = watched.page.evaluate(
            "[...document.querySelectorAll('button, input:not([type=hidden]), select, .top a, .button, summary')]"
            ".filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))"
        )
        assert small == [], path


def test_signing_in_and_out(visit: Callable[..., Watched], world: World) -> None:
    watched = visit(signed_in=False)
    watched.open(f"/decisions/{world.ids['blocked']}")
    assert urlsplit(watched.page.url).path == "/sign-in"
    watched.page.get_by_label("E-mail address").fill(world.email)
    watched.page.get_by_label("Password").fill(PASSWORD)
    watched.page.keyboard.press("Enter")
    watched.page.wait_for_url(f"**/decisions/{world.ids['blocked']}")
    watched.page.get_by_role("button", name="Sign out").click()
    watched.page.wait_for_url("**/sign-in")
    watched.open("/")
    assert urlsplit(watched.page.url).path == "/sign-in"


def test_from_home_to_the_decision_to_the_asset(visit: Callable[..., Watched]) -> None:
    watched = visit()
    page = watched.page
    page.get_by_role("link", name="Release of Shot 041, harbour at dusk, theatrical-us").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("may not be released")
    page.get_by_role("link", name="What blocks it (1)").click()
    expect(page.get_by_role("heading", name="What blocks it (1)")).to_be_in_viewport()
    page.get_by_role("link", name="Shot 041, harbour at dusk").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Shot 041, harbour at dusk")
    assert page.locator("img[alt^=Preview]").evaluate("image => image.naturalWidth") > 100
    expect(page.locator(".drawing .node.focus")).to_be_in_viewport()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("region", name="Lineage as a table, scrolls sideways")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_drawing_opens_at_its_subject(visit: Callable[..., Watched], world: World, width: int) -> None:
    watched = visit(width)
    for name in ("shot", "painting"):
        watched.open(f"/assets/{world.ids[name]}")
        inside = watched.page.evaluate(
            "(() => { const view = document.querySelector('.drawing').getBoundingClientRect();"
            " const box = document.querySelector('.drawing .focus').getBoundingClientRect();"
            " return box.left >= view.left - 1 && box.right <= view.right + 1 && box.top >= view.top && box.bottom <= view.bottom })()"
        )
        assert inside, name


def test_more_assets_come_by_themselves(visit: Callable[..., Watched]) -> None:
    watched = visit()
    watched.open("/assets")
    rows = watched.page.locator(".assets > li")
    before = rows.count()
    watched.page.get_by_role("link", name="Show more").click()
    expect(rows).to_have_count(2 * before)
    assert urlsplit(watched.page.url).path == "/assets", "the page itself stayed"
    assert not urlsplit(watched.page.url).query


def test_typing_searches(visit: Callable[..., Watched]) -> None:
    watched = visit(390)
    watched.open("/assets")
    watched.page.get_by_label("Name or digest").press_sequentially("harbour at")
    expect(watched.page.locator(".assets > li")).to_have_count(1)
    expect(watched.page.locator(".assets > li")).to_contain_text("Blocked")
    watched.page.get_by_label("Name or digest").fill("nothing of the kind")
    expect(watched.page.get_by_text("No asset matches.")).to_be_visible()


def test_lists_of_records_and_the_log_go_on(visit: Callable[..., Watched]) -> None:
    watched = visit()
    for path, more in (("/records?kind=asset", "Show more"), ("/ledger", "Older entries")):
        watched.open(path)
        rows = watched.page.locator("tbody tr")
        before = rows.count()
        watched.page.get_by_role("link", name=more).click()
        expect(rows).not_to_have_count(before)
        assert rows.count() > before


def test_everything_is_within_reach_of_the_keyboard(visit: Callable[..., Watched], world: World) -> None:
    watched = visit()
    watched.open(f"/assets/{world.ids['shot']}")
    page = watched.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
    reached = set()
    for _ in range(150):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e.tagName === 'a' ? e.querySelector('rect') : e);"
            " return [e.tagName.toLowerCase(), e.getAttribute('href') || e.className.baseVal || e.className || '',"
            " s.outlineStyle !== 'none' || parseFloat(s.strokeWidth) >= 3] })()"
        )
        if found[0] == "body":
            break
        assert found[2], f"the focus on {found[:2]} cannot be seen"
        reached.add(found[1])
    assert f"/decisions/{world.ids['blocked']}" in reached
    assert f"/records/{world.ids['replica']}" in reached, "the nodes of the drawing"
    assert "drawing" in reached, "the drawing scrolls by keyboard"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_waiver_is_asked_for_with_what_was_wrong_beside_its_field(visit: Callable[..., Watched], width: int) -> None:
    watched = visit(width)
    page = watched.page
    watched.open("/waivers")
    page.get_by_role("link", name="Ask for a waiver").click()
    page.get_by_label("Rules", exact=True).fill("sagaftra-tvt-2026.minor.intimate-ban")
    page.get_by_label("The Long Tide").check()
    page.get_by_label("Why").fill("Counsel asks for it.")
    page.get_by_label("Until").fill("2031-01-31")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("alert")).to_contain_text("absolute bar; nobody can waive it")
    expect(page.locator("#rules-fault")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.get_by_label("Why")).to_have_value("Counsel asks for it.")
    page.get_by_label("Rules", exact=True).fill("sagaftra-tvt-2026.scan.business-reason")
    page.get_by_role("button", name="Ask for it").dblclick()
    expect(page).to_have_url(re.compile(r"/waivers\?done="))  # of two clicks the second may cut off the first one's way
    expect(page.get_by_role("status")).to_contain_text("waits for a second person now")
    assert [wrong for wrong in watched.wrong if "422" not in wrong] == []
    watched.wrong.clear()


def test_an_obligation_is_settled_by_keyboard(visit: Callable[..., Watched], world: World) -> None:
    with world.services.database.app(world.studio_id) as conn:
        body = {"type": "pay", "state": "open", "text": "Pay the second day", "productions": [world.ids["production"]]}
        write.create(world.context(conn), "obligation", body)
        write.create(
            world.context(conn), "document", {"type": "other", "title": "Payroll report", "productions": [world.ids["production"]]}
        )
    watched = visit()
    page = watched.page
    watched.open("/obligations")
    page.get_by_role("link", name="Pay the second day").click()
    page.get_by_label("Payroll report").focus()
    page.keyboard.press("Space")
    page.get_by_label("Done on").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/obligations?settled=*")
    expect(page.get_by_role("status")).to_contain_text("Settled and in the log: Pay the second day")


def test_a_rule_opens_where_its_link_leads(visit: Callable[..., Watched]) -> None:
    watched = visit()
    watched.open("/rules?q=scan.business-reason")
    watched.page.get_by_role("link", name="sagaftra-tvt-2026.scan.business-reason").click()
    expect(watched.page.get_by_role("heading", name="A performer is asked for a scan only for a reason")).to_be_in_viewport()


def test_hostile_names_do_nothing(visit: Callable[..., Watched], world: World) -> None:
    watched = visit()
    dialogs: list[str] = []
    watched.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in (
        f"/assets/{world.ids['hostile']}",
        f"/decisions/{world.ids['hostile_decision']}",
        f"/records/{world.ids['hostile_party']}",
    ):
        watched.open(path)
        expect(watched.page.get_by_role("heading", level=1)).to_contain_text("<script>" if "decisions" not in path else "Before")
    assert dialogs == []


def test_a_page_that_is_not_there(visit: Callable[..., Watched]) -> None:
    watched = visit()
    watched.open(f"/assets/{worlds.unknown('ast')}")
    expect(watched.page.get_by_role("heading", level=1)).to_have_text("There is no such page")
    assert [wrong for wrong in watched.wrong if "404" not in wrong] == []
    watched.wrong.clear()


_CONTRAST = """
() => {
  const parse = colour => { const m = colour.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const channel = value => { const c = value / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const rect = e instanceof SVGElement && e.closest('g.node') ? e.closest('g.node').querySelector('rect:last-of-type') : null;
      const colour = parse(rect ? getComputedStyle(rect).fill : getComputedStyle(e).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [255, 255, 255, 1];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || e.closest('title, script, .skip') || e.tagName === 'title' || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const colour = parse(e instanceof SVGElement ? style.fill : style.color);
    const [one, two] = [luminance(colour), luminance(ground(e))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    const size = parseFloat(style.fontSize);
    if (ratio < (size >= 24 || (size >= 18.66 && +style.fontWeight >= 700) ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)} ${node.data.trim().slice(0, 40)}`);
  }
  return poor;
}
"""
