"""`clearance verify` and `clearance sign` against a real server, as a person types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.unit.media_files import exr, picture


def test_sign_and_verify(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    file = tmp_path / "shot.png"
    file.write_bytes(picture("PNG"))
    status, text = run("sign", str(file))
    assert (status, "not registered here" in text) == (1, True)
    status, text = run("sign", str(file), "--origin", "generated", "--json")
    assert status == 0
    signed = json.loads(text)
    assert Path(signed["file"]) == tmp_path / "shot.signed.png"
    status, text = run("verify", signed["file"], "--json", "--strict")
    verdict = json.loads(text)
    assert (status, list(verdict)) == (0, ["state", "tampered", "lineage", "signer", "known"])
    assert (verdict["state"], verdict["tampered"], verdict["lineage"]) == ("Trusted", False, [])
    assert set(verdict["known"]) == {signed["asset"], signed["evidence"]}
    assert run("sign", str(file)) == (1, f"Error: {signed['file']} is there already; move it away or choose another place with --out.\n")


def test_a_changed_copy(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    file = tmp_path / "shot.png"
    file.write_bytes(picture("PNG"))
    run("sign", str(file), "--origin", "generated")
    content = bytearray((tmp_path / "shot.signed.png").read_bytes())
    content[-30] ^= 1
    file.write_bytes(content)
    status, text = run("verify", str(file))
    assert (status, "changed since it was signed" in text) == (0, True)
    assert run("verify", str(file), "--strict")[0] == 2


def test_a_sidecar(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    file = tmp_path / "frame.0001.exr"
    file.write_bytes(exr())
    assert run("sign", str(file), "--origin", "generated")[0] == 0
    assert file.read_bytes() == exr()
    status, text = run("verify", str(file), "--sidecar", str(tmp_path / "frame.0001.exr.c2pa"), "--strict")
    assert (status, text.splitlines()[0]) == (0, "frame.0001.exr: Trusted")
    assert run("verify", str(file))[1].splitlines()[0] == "frame.0001.exr: NoManifest"
