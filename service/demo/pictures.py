"""Pictures for the demo, drawn from a seed: the same seed gives the same pixels on every machine.

Nothing here is anybody's work: hills, a sun and water, computed from a pseudo-random generator. `painting` stands for one
of the artist's licensed paintings, `shot` for a frame of the film made in that look.
"""

import io
from random import Random

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]


def _mix(a: Colour, b: Colour, parts: int, whole: int) -> Colour:
    """The colour `parts` of `whole` on the way from a to b, in integers so that no rounding differs by machine."""
    red, green, blue = (x + (y - x) * parts // whole for x, y in zip(a, b, strict=True))
    return red, green, blue


def _colour(random: Random, low: int, high: int) -> Colour:
    return random.randint(low, high), random.randint(low, high), random.randint(low, high)


def _sky(draw: ImageDraw.ImageDraw, width: int, height: int, top: Colour, bottom: Colour) -> None:
    for y in range(height):
        draw.line([(0, y), (width, y)], fill=_mix(top, bottom, y, height))


def _hills(draw: ImageDraw.ImageDraw, random: Random, width: int, height: int, colour: Colour, base: int) -> None:
    steps = 12
    ridge = [(x * width // steps, base + random.randint(-height // 10, height // 10)) for x in range(steps + 1)]
    draw.polygon([*ridge, (width, height), (0, height)], fill=colour)


def painting(number: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Painting `number` of the licensed source: hills under a sky, each number its own palette."""
    random = Random(f"painting {number}")  # noqa: S311  a picture, not a secret
    width, height = size
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    light, dark = _colour(random, 120, 250), _colour(random, 20, 110)
    _sky(draw, width, height, light, _mix(light, dark, 1, 2))
    for layer in range(3):
        _hills(draw, random, width, height, _mix(light, dark, layer + 1, 3), height * (5 + layer) // 9)
    return image


def shot(frame: int, of: int, *, seed: str, size: tuple[int, int] = (320, 180)) -> Image.Image:
    """Frame `frame` of a shot of `of` frames: a figure crosses the water while the sun sinks."""
    random = Random(f"shot {seed}")  # noqa: S311  a picture, not a secret
    width, height = size
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    warm, cold = _colour(random, 170, 250), _colour(random, 20, 90)
    _sky(draw, width, height, cold, warm)
    radius = height // 9
    sun = (width * 3 // 4, height // 4 + height * frame // (4 * of))
    draw.ellipse([sun[0] - radius, sun[1] - radius, sun[0] + radius, sun[1] + radius], fill=(255, 236, 190))
    _hills(draw, random, width, height, _mix(warm, cold, 2, 3), height * 6 // 9)
    draw.rectangle([0, height * 7 // 9, width, height], fill=_mix(cold, warm, 1, 4))
    _figure(draw, width * (frame + 1) // (of + 1), height * 7 // 9, height // 5)
    return image


def _figure(draw: ImageDraw.ImageDraw, x: int, ground: int, tall: int) -> None:
    """A walking silhouette: where the story says the replica appears."""
    draw.ellipse([x - tall // 8, ground - tall, x + tall // 8, ground - tall * 3 // 4], fill=(16, 14, 22))
    draw.polygon([(x, ground - tall * 3 // 4), (x - tall // 5, ground), (x + tall // 5, ground)], fill=(16, 14, 22))


def layout(size: tuple[int, int] = (320, 180)) -> Image.Image:
    """The hand-drawn layout of scene 41: the control image that the generation started from."""
    width, height = size
    image = Image.new("L", size, 255)
    draw = ImageDraw.Draw(image)
    draw.line([(0, height * 7 // 9), (width, height * 7 // 9)], fill=0, width=2)
    draw.arc([width * 2 // 3, height // 8, width * 5 // 6, height * 2 // 5], 0, 360, fill=0, width=2)
    draw.line([(width // 3, height * 7 // 9), (width // 3, height // 2)], fill=0, width=3)
    return image


def as_png(image: Image.Image) -> bytes:
    """The image as PNG bytes."""
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=False, compress_level=6)
    return stream.getvalue()


def as_jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """The image as baseline JPEG bytes, one frame of a motion-JPEG track."""
    stream = io.BytesIO()
    image.convert("RGB").save(stream, "JPEG", quality=quality, subsampling="4:2:0", optimize=False, progressive=False)
    return stream.getvalue()
