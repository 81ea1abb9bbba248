"""Filling in a form as a browser does: what a page shows is what is sent, with what somebody changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.web.forms import ONCE, TOKEN

Values = Mapping[str, str | Sequence[str]]


@dataclass
class Shown:
    """A form of a page: where it goes and what stands in it."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)

    @property
    def typed(self) -> dict[str, list[str]]:
        """What people put there, without blanks and without what the form itself carries."""
        return {
            name: given
            for name, values in self.values.items()
            if name not in (TOKEN, ONCE) and (given := [each for each in values if each])
        }


class _Reader(HTMLParser):
    """Reads the forms of a page that are sent by POST."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Shown] = []
        self._inside = False
        self._text: str | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = given.get("method") == "post"
            if self._inside:
                self.forms.append(Shown(given.get("action") or ""))
        if self._inside:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str | None]) -> None:
        name, kind = given.get("name") or "", given.get("type")
        if tag == "textarea":
            self._text = ""
            self._put(name, "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self._put(self._select, given.get("value") or "")
        elif tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in given):
            self._put(name, given.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None:
            last = next(reversed(self.forms[-1].values))
            self.forms[-1].values[last][-1] = self._text.removeprefix("\n")
            self._text = None
        if tag == "form":
            self._inside = False

    def _put(self, name: str, value: str) -> None:
        # a field that stands in the form twice keeps its place, so that the last one is always the one that is read
        held = self.forms[-1].values.pop(name, [])
        self.forms[-1].values[name] = [*held, value]


def forms(html: str) -> list[Shown]:
    """Return the forms that a page sends by POST, without the one that signs out."""
    reader = _Reader()
    reader.feed(html)
    return [form for form in reader.forms if form.action != "/sign-out"]


def opened(client: FlaskClient, path: str, *, to: str = "") -> Shown:
    """Open a page and return its form, or the one of several that is sent `to` the end of this address."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = [form for form in forms(answer.get_data(as_text=True)) if form.action.endswith(to)]
    assert len(found) == 1, f"{path} has {len(found)} forms"
    return found[0]


def send(client: FlaskClient, form: Shown, changes: Values | None = None, **headers: str) -> TestResponse:
    """Send a form with what somebody changed in it."""
    data = {**form.values, **{name: [value] if isinstance(value, str) else list(value) for name, value in (changes or {}).items()}}
    return client.post(form.action, data=data, headers=headers)


def words(answer: TestResponse) -> str:
    """Return the text of a page, spaces as one."""
    text = re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))
    return " ".join(text.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&").split())


def beside(answer: TestResponse, name: str) -> str:
    """Return what stands beside a field as its fault."""
    found = re.search(rf'<p class="fault" id="{name}-fault">(.*?)</p>', answer.get_data(as_text=True), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).replace("&#39;", "'").split()) if found else ""
