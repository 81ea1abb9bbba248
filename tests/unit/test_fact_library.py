"""The library that a decision reads: what a reference leads to."""

from __future__ import annotations

from service.facts.library import Library, View


def _view(key: str, version: int = 1) -> View:
    return View(key, key.partition("@")[0], "asset", version, {"type": "audio"}, ())


def test_a_reference_that_follows_leads_to_the_pinned_version_where_only_that_is_read() -> None:
    """A delivery pins its files, and the papers about a file name it without a version."""
    library = Library()
    library.add(_view("ast_a@2", 2))
    found = library.get("ast_a")
    assert found is not None
    assert found.version == 2


def test_the_version_in_effect_comes_before_a_pinned_one() -> None:
    """Where both are read, a reference that follows leads to the present version."""
    library = Library()
    library.add(_view("ast_a@1"))
    library.add(_view("ast_a", 3))
    versions = [found.version for name in ("ast_a", "ast_a@1") if (found := library.get(name))]
    assert versions == [3, 1]


def test_a_pin_to_what_is_not_read_leads_nowhere() -> None:
    """Another version is not the one that was pinned."""
    library = Library()
    library.add(_view("ast_a@1"))
    assert library.get("ast_a@2") is None
    assert library.get("ast_b") is None
