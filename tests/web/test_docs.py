"""The page of the API: public, complete, and nothing on it comes from elsewhere."""

from __future__ import annotations

from flask import Flask

from service.api import load_operations


def test_every_operation_is_on_the_page(app: Flask) -> None:
    answer = app.test_client().get("/docs")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    for declared in load_operations():
        assert f"<code>{declared.path}</code>" in text
    assert "http://" not in text.replace("http://www.w3.org", "")
