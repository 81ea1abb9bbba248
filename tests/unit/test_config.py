"""Settings: what is set, what is not, and what cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.config import ROOT, Settings
from service.errors import StartError


def test_nothing_set() -> None:
    settings = Settings.from_environment({})
    assert settings.data == ROOT / "data"
    assert (settings.host, settings.port, settings.database_url, settings.url) == ("127.0.0.1", 8420, None, None)
    assert settings.workers >= 1


def test_everything_set(tmp_path: Path) -> None:
    settings = Settings.from_environment({
        "CLEARANCE_DATA": str(tmp_path), "CLEARANCE_PORT": "9000", "DATABASE_URL": "postgresql://u:p@h/db",
        "CLEARANCE_WORKERS": "3", "CLEARANCE_THREADS": "32", "CLEARANCE_URL": "https://clearance.example/",
        "CLEARANCE_API_KEY": "clr_x", "CLEARANCE_LOG_LEVEL": "debug", "CLEARANCE_UPLOAD_LIMIT": "1000",
    })  # fmt: skip
    assert settings.data == tmp_path
    assert (settings.port, settings.workers, settings.threads, settings.upload_limit) == (9000, 3, 32, 1000)
    assert (settings.database_url, settings.url) == ("postgresql://u:p@h/db", "https://clearance.example")


def test_settings_survive_the_way_to_a_child_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("clr_y")
    monkeypatch.setenv("CLEARANCE_API_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("CLEARANCE_PORT", "9001")
    settings = Settings.from_environment().with_options(data=tmp_path, port=9002)
    assert Settings.from_environment(settings.environment()) == settings


def test_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://u:p@h/db\n")
    settings = Settings.from_environment({"DATABASE_URL_FILE": str(tmp_path / "url")})
    assert settings.database_url == "postgresql://u:p@h/db"


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"CLEARANCE_PORT": "http"}, "CLEARANCE_PORT is 'http'; it must be a whole number from 1 to 65535"),
        ({"CLEARANCE_PORT": "70000"}, "from 1 to 65535"),
        ({"CLEARANCE_PORT": "²"}, "whole number"),
        ({"CLEARANCE_WORKERS": "0"}, "CLEARANCE_WORKERS is '0'"),
        ({"DATABASE_URL": "mysql://secret@h/db"}, "DATABASE_URL must be an address that begins with postgresql://"),
        ({"CLEARANCE_URL": "clearance.example"}, "http:// or https://"),
        ({"CLEARANCE_LOG_LEVEL": "loud"}, "one of debug, info"),
        ({"CLEARANCE_PROT": "1"}, "CLEARANCE_PROT is not a setting; is CLEARANCE_PORT meant"),
        ({"DATABASE_URL_FILE": "/nowhere/url"}, "DATABASE_URL_FILE names /nowhere/url, which cannot be read"),
        ({"CLEARANCE_API_KEY": "a", "CLEARANCE_API_KEY_FILE": "b"}, "both set"),
    ],
)
def test_what_cannot_be_meant_stops_the_start(environment: dict[str, str], says: str) -> None:
    with pytest.raises(StartError, match=says.replace("(", r"\(")) as stopped:
        Settings.from_environment(environment)
    assert "secret" not in str(stopped.value)


def test_empty_is_absent() -> None:
    assert Settings.from_environment({"CLEARANCE_PORT": "", "DATABASE_URL": " "}).port == 8420
