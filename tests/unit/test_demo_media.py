"""The demo's media are real: other programs' readers accept them, and the same bytes come out every time."""

import json
import struct
import wave
from pathlib import Path

import c2pa
import pytest
from PIL import Image

from service.demo import media


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> media.Media:
    return media.write(tmp_path_factory.mktemp("media"))


def test_the_same_bytes_come_out_every_time(made: media.Media, tmp_path: Path) -> None:
    again = media.write(tmp_path)
    assert made.shot_png.read_bytes() == again.shot_png.read_bytes()
    assert made.provider_mp4.read_bytes() == again.provider_mp4.read_bytes()
    assert made.frame_exr.read_bytes() == again.frame_exr.read_bytes()
    assert [p.read_bytes() for p in made.paintings] == [p.read_bytes() for p in again.paintings]


def test_the_shot_decodes_and_carries_its_graph(made: media.Media) -> None:
    with Image.open(made.shot_png) as image:
        image.load()
        graph, workflow = json.loads(image.info["prompt"]), json.loads(image.info["workflow"])
    assert graph["11"]["inputs"]["model"] == ["10", 0]
    assert {node["id"] for node in workflow["nodes"]} == {int(key) for key in graph}
    assert all(len(link) == 6 and link[5] for link in workflow["links"])


def test_there_are_sixty_licensed_paintings_and_one_more(made: media.Media) -> None:
    assert len(made.paintings) == 61
    assert len({path.read_bytes() for path in made.paintings}) == 61
    for path in made.paintings:
        with Image.open(path) as image:
            image.verify()


@pytest.mark.parametrize(("name", "kind"), [("shot_png", "image/png"), ("plain_mp4", "video/mp4"), ("voice_wav", "audio/wav")])
def test_the_credentials_library_reads_the_containers(made: media.Media, name: str, kind: str) -> None:
    with pytest.raises(c2pa.C2paError.ManifestNotFound), open(getattr(made, name), "rb") as stream:
        c2pa.Reader(kind, stream)


def test_the_video_has_its_index_in_front_and_its_frames_where_the_index_says(made: media.Media) -> None:
    content = made.plain_mp4.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    at = content.index(b"stco") + 8
    (offset,) = struct.unpack(">I", content[at + 4 : at + 8])
    assert content[offset : offset + 3] == b"\xff\xd8\xff"


def test_the_sound_is_a_second_of_speech_rate_pcm(made: media.Media) -> None:
    with wave.open(str(made.voice_wav)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (1, 16_000, 16_000)


def test_the_frame_is_an_uncompressed_scanline_exr(made: media.Media) -> None:
    content = made.frame_exr.read_bytes()
    assert struct.unpack("<II", content[:8]) == (20000630, 2)
    height, line = 54, 8 + 96 * 3 * 2
    table = struct.unpack(f"<{height}Q", content[-height * (line + 8) : -height * line])
    assert table[-1] + line == len(content)
    assert [struct.unpack("<i", content[at : at + 4])[0] for at in table] == list(range(height))
