"""ASC MHL: what we write other tools accept, what they write we read, and nothing in it can lead us out."""

import hashlib
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import errors
from service.content.digests import c4_id, c4_sha512
from service.manifests import mhl, trees

AT = datetime(2026, 9, 20, 12, 0, tzinfo=UTC)


def c4(content: bytes) -> str:
    return c4_id(hashlib.sha512(content).digest())


FILES = [
    mhl.File("sc041/a & b.mov", 3, c4(b"abc"), {"md5": hashlib.md5(b"abc").hexdigest()}),
    mhl.File("sc041/c.wav", 0, c4(b"")),
    mhl.File("<odd>.png", 1, c4(b"x")),
]


def read(text: str | bytes) -> mhl.Manifest:
    return mhl.read(io.BytesIO(text.encode() if isinstance(text, str) else text))


def test_what_we_write_we_read() -> None:
    manifest = read(mhl.write(FILES, created=AT, tool="Clearance", version="1.0"))
    assert [(entry.path, entry.size, entry.hashes[-1].value) for entry in manifest.entries] == [(f.path, f.size, f.c4) for f in FILES]
    assert (manifest.version, manifest.complete, manifest.tool, manifest.process) == ("2", True, "Clearance", "in-place")
    assert manifest.created == "2026-09-20T12:00:00+00:00"
    assert manifest.remarks() == []


def test_a_list_as_the_reference_tool_makes_it() -> None:
    manifest = read(REFERENCE)
    assert [(entry.path, entry.size) for entry in manifest.entries] == [("sub/line.wav", 32044), ("clip.mp4", None)]
    assert [each.algorithm for each in manifest.entries[0].hashes] == ["c4", "md5"]
    assert manifest.entries[0].hashes[0].action == "original"
    assert manifest.entries[1].previous_path == "old.mp4"
    assert manifest.entries[1].failed
    assert manifest.references == ("A001/ascmhl/0001_A001.mhl",)
    assert [code for code, _ in manifest.remarks()] == ["mhl.failed_hash", "mhl.no_size", "mhl.hides", "mhl.nested"]


REFERENCE = f"""<?xml version="1.0" encoding="UTF-8"?>
<hashlist version="2.0" xmlns="urn:ASC:MHL:v2.0">
  <creatorinfo><creationdate>2026-11-21T10:16:22+00:00</creationdate><hostname>vm</hostname><tool version="1.2">ascmhl</tool></creatorinfo>
  <processinfo><process>in-place</process>
    <roothash><content><c4>{c4(b"1")}</c4></content><structure><c4>{c4(b"2")}</c4></structure></roothash>
    <ignore><pattern>.DS_Store</pattern><pattern>ascmhl/</pattern><pattern>*.exr</pattern></ignore></processinfo>
  <hashes>
    <hash><path size="32044" lastmodificationdate="2026-11-21T10:16:21+00:00">sub/line.wav</path>
      <c4 action="original" hashdate="2026-11-21T10:16:22+00:00">{c4(b"3")}</c4>
      <md5 action="original">B0AE5741A36FF45E457CF20EBB7F5ADF</md5></hash>
    <directoryhash><path>sub</path><content><c4>{c4(b"4")}</c4></content><structure><c4>{c4(b"5")}</c4></structure></directoryhash>
    <hash><path>clip.mp4</path><xxh64 action="failed">0011223344556677</xxh64><previousPath>old.mp4</previousPath></hash>
  </hashes>
  <references><hashlistreference><path>A001/ascmhl/0001_A001.mhl</path><c4>{c4(b"6")}</c4></hashlistreference></references>
</hashlist>"""


def test_version_one_of_older_tools() -> None:
    manifest = read("""<hashlist version="1.1"><creatorinfo><tool>Copy</tool></creatorinfo>
        <hash><file>A001/a.mov</file><size>12</size><xxhash64be>00AA</xxhash64be><hashdate>2020-01-01T00:00:00Z</hashdate></hash></hashlist>""")
    (entry,) = manifest.entries
    assert (manifest.version, entry.path, entry.size, entry.hashes) == ("1", "A001/a.mov", 12, (mhl.Hash("xxh64", "00aa", None),))


# Made by ascmhl 1.2 over the same three files.
CONTENT = "c42MLESbwSFybKA3RskC9vyv5iTp3ejkZug7HEMkTSxXr2DozGgQBKF9fPjpEB6Ydnqz3QgADpBSEXzo7qReBvaupE"
STRUCTURE = "c42EPVYwkZtpS3VH7vU2ozeKuCtaXx6XLHdzN2ujM7ntcY7FtdgnJyDPTHqHMNNMkLsLbWUdummEgxyiUdNvfJVV8W"


def test_directory_hashes_as_the_reference_tool_computes_them() -> None:
    names = {"a.bin": b"alpha", "sub/b.bin": b"beta", "sub/deep/c.bin": b"gamma"}
    tree = trees.of((path, c4(content)) for path, content in names.items())
    assert tree.content == CONTENT
    assert tree.structure == STRUCTURE
    assert [folder.path for folder in tree.below()] == ["sub/deep", "sub"]
    renamed = trees.of((path.replace("a.bin", "z.bin"), c4(content)) for path, content in names.items())
    assert (renamed.content, renamed.structure == tree.structure) == (tree.content, False)


@given(st.binary(min_size=64, max_size=64))
def test_a_c4_id_gives_its_hash_back(digest: bytes) -> None:
    assert c4_sha512(c4_id(digest)) == digest


BOMB = """<?xml version="1.0"?><!DOCTYPE h [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<hashlist version="2.0" xmlns="urn:ASC:MHL:v2.0"><creatorinfo><tool>&b;</tool></creatorinfo></hashlist>"""
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE h SYSTEM "http://127.0.0.1:1/x"><hashlist/>'
FILE = '<?xml version="1.0"?><!DOCTYPE h [<!ENTITY x SYSTEM "file:///etc/passwd">]><hashlist><hash><file>&x;</file></hash></hashlist>'
DEEP = '<hashlist version="1">' + "<a>" * 50
LONG = '<hashlist version="1"><hash><file>' + "a" * 10_000 + "</file></hash></hashlist>"
OTHER = '<playlist xmlns="urn:x"/>'
NAMELESS = '<hashlist version="1"><hash><md5>00</md5></hash></hashlist>'
LATER = '<hashlist version="3.0" xmlns="urn:ASC:MHL:v2.0"/>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, FILE, DEEP, LONG, OTHER, NAMELESS, LATER, "", "not xml", "<hashlist", "\x00"])
def test_hostile_lists_are_refused(text: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        read(text)
    assert caught.value.errors[0].pointer == "/manifest"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../b", "C:/x", "c:\\x", "a" * 1001, "\\\\server\\x"])
def test_paths_that_lead_out_are_refused(path: str) -> None:
    with pytest.raises(errors.Invalid):
        read(f'<hashlist version="1"><hash><file>{path}</file></hash></hashlist>')
    with pytest.raises(errors.Invalid):
        mhl.write([mhl.File(path, 1, c4(b"x"))], created=AT, tool="x", version="1")


def test_the_chain_and_the_name_of_a_list() -> None:
    name = mhl.file_name("delivery", AT)
    assert name == "0001_delivery_2026-09-20_120000Z.mhl"
    assert f"<path>{name}</path>\n    <c4>{c4(b'x')}</c4>" in mhl.chain([(name, c4(b"x"))]).decode()


def test_a_chain_is_read_back_and_gaps_are_refused() -> None:
    written = mhl.chain([("0001_a.mhl", c4(b"1")), ("0002_a.mhl", c4(b"2"))])
    assert mhl.read_chain(io.BytesIO(written)) == [("0001_a.mhl", c4(b"1")), ("0002_a.mhl", c4(b"2"))]
    for bad in (written.replace(b'sequencenr="2"', b'sequencenr="3"'), b"<hashlist/>", BOMB.encode(), written.replace(b"0002_a", b"../x")):
        with pytest.raises(errors.Invalid):
            mhl.read_chain(io.BytesIO(bad))
