"""Pictures that users upload: told by their content, decoded within limits, written anew without metadata.

What is served as an image is never the bytes that somebody sent, only what we encoded from its pixels: no EXIF and so
no place where it was taken, no comments, no other file hidden behind the picture. The functions block, for some
hundred milliseconds with a large photograph; call them in a thread. Why Pillow: docs/decisions/0007-images.md.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar, final

from PIL import Image, ImageCms, ImageOps, ImageSequence

from wave_server.errors import InvalidRequest, TooLarge

R = TypeVar("R")

LONGEST_SIDE: Final = 16_383  # pixels; WebP can hold no more
MOST_PIXELS: Final = 50_000_000  # of a picture; decoded, each takes 3 or 4 bytes
MOST_MOVING_PIXELS: Final = 64_000_000  # of an animation's frames together
MOST_FRAMES: Final = 1_000
THUMBNAIL_SIDE: Final = 480  # pixels, at most
AT_ONCE: Final = 2  # pictures in work; a large one takes a core for seconds, and some 300 MiB
AVATAR_SIDE: Final = 256  # pixels, exactly
_QUALITY: Final = 88  # of JPEG and lossy WebP
_THUMBNAIL_QUALITY: Final = 80

SNIFFED_BYTES: Final = 16
_SRGB: Final = ImageCms.createProfile("sRGB")
_MIME_TYPES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
IMAGE_MIME_TYPES: Final = frozenset(_MIME_TYPES.values())

Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow's own guard, for sizes inside a file that its header does not tell


class UnreadableImage(InvalidRequest):
    """It begins like a picture but cannot be decoded, or moves more than we take; the message says which."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture."""

    data: bytes
    mime_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Reencoded:
    """An uploaded picture, as it is kept, and a small one to show in its place."""

    full: Picture
    thumbnail: Picture


@final
class ImageWork:
    """Lets a few pictures be worked on at a time, in threads, while the event loop goes on."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._turns: Final = asyncio.Semaphore(at_once)

    async def do(self, work: Callable[[bytes], R], data: bytes) -> R:
        """What ``work``, one of the functions below, returns or raises."""
        async with self._turns:
            return await asyncio.to_thread(work, data)


def image_format(head: bytes) -> str | None:
    """Pillow's name of the format that a file with these first 16 bytes has; None when it is no picture of ours."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    return None


def reencoded(data: bytes) -> Reencoded:
    """The picture upright, in sRGB, without metadata, in the same format; an animation still moves, as WebP.

    Raises UnreadableImage, or TooLarge when it has more pixels than the limits above.
    """
    return _decoding(data, _reencoded)


def avatar(data: bytes) -> Picture:
    """The middle square of the picture, 256 pixels wide, as WebP. Of an animation the first frame. Raises as above."""
    return _decoding(data, _avatar)


def _decoding(data: bytes, work: Callable[[Image.Image], R]) -> R:
    kind = image_format(data[:SNIFFED_BYTES])
    if kind is None:
        raise UnreadableImage("this is not a PNG, JPEG, GIF or WebP picture")
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            _check_size(image)
            return work(image)
    except (UnreadableImage, TooLarge):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge(f"a picture has at most {MOST_PIXELS // 1_000_000} million pixels") from error
    except Exception as error:  # Pillow's decoders raise nearly anything for damaged files
        raise UnreadableImage(f"this {kind} picture cannot be read: it is damaged or cut off") from error


def _check_size(image: Image.Image) -> None:
    """Refuse by what the header says, before anything is decoded."""
    width, height = image.size
    if width > LONGEST_SIDE or height > LONGEST_SIDE:
        raise TooLarge(f"a picture is at most {LONGEST_SIDE} pixels wide and high; this one is {width} by {height}")
    if width * height > MOST_PIXELS:
        raise TooLarge(f"a picture has at most {MOST_PIXELS // 1_000_000} million pixels; scale it down first")
    frames = getattr(image, "n_frames", 1)
    if frames > MOST_FRAMES or (frames > 1 and frames * width * height > MOST_MOVING_PIXELS):
        raise TooLarge(
            f"an animation has at most {MOST_FRAMES} frames with {MOST_MOVING_PIXELS // 1_000_000} million pixels "
            f"together; this one has {frames} frames of {width} by {height}"
        )


def _reencoded(image: Image.Image) -> Reencoded:
    kind = str(image.format)
    if getattr(image, "n_frames", 1) > 1:
        moving = _moving(image)
        image.seek(0)
        return Reencoded(moving, _thumbnail(_clean(image)))
    upright = _clean(image)
    options: dict[str, object] = {}
    if kind == "JPEG":
        upright = upright if upright.mode in ("L", "RGB") else upright.convert("RGB")
        options = {"quality": _QUALITY, "optimize": True, "progressive": True}
    elif kind == "WEBP":
        options = {"quality": _QUALITY, "method": 4}
    return Reencoded(_encoded(upright, kind, **options), _thumbnail(upright))


def _avatar(image: Image.Image) -> Picture:
    square = ImageOps.fit(_clean(image), (AVATAR_SIDE, AVATAR_SIDE), Image.Resampling.LANCZOS)
    return _encoded(square, "WEBP", quality=_QUALITY, method=6)


def _clean(image: Image.Image) -> Image.Image:
    """The picture's pixels as L, RGB or RGBA in sRGB, the way up that its camera noted, and nothing else."""
    upright = ImageOps.exif_transpose(image)
    transparent = "transparency" in upright.info or upright.mode in ("LA", "PA", "RGBA", "RGBa", "La")
    profile = upright.info.get("icc_profile")
    if profile and upright.mode in ("RGB", "RGBA", "CMYK", "L"):
        upright = _in_srgb(upright, profile)
    mode = "RGBA" if transparent else "L" if upright.mode in ("1", "L", "I;16", "I") else "RGB"
    if upright.mode in ("I;16", "I") and mode == "L":
        upright = upright.point(lambda level: level / 256).convert("L")  # 16 bits a pixel; convert() would clip them
    pixels = upright if upright.mode == mode else upright.convert(mode)
    pixels.info.clear()  # what is left there, some encoders would write: comments, profiles
    return pixels


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture with the colours that its profile means. A profile that cannot be used is left aside."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        output = "RGB" if image.mode in ("CMYK", "L") else image.mode
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode=output)
    except (ImageCms.PyCMSError, OSError):
        return image
    return image if converted is None else converted


def _thumbnail(image: Image.Image) -> Picture:
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return _encoded(small, "WEBP", quality=_THUMBNAIL_QUALITY, method=4)


def _moving(image: Image.Image) -> Picture:
    """An animation, frame by frame, with its times and repetitions, as WebP.

    Of a GIF too: WebP is smaller, and Pillow's GIF encoder drops frames where transparency is involved.
    """
    loop = image.info.get("loop", 1 if image.format == "GIF" else 0)  # a GIF that does not say plays once
    times = [_time_of(frame) for frame in ImageSequence.Iterator(image)]
    frames = _frames(image)
    first = next(frames)
    return _encoded(
        first,
        "WEBP",
        save_all=True,
        append_images=frames,
        duration=times,
        loop=loop,
        quality=_QUALITY,
        method=2,
        allow_mixed=True,
    )


def _time_of(frame: Image.Image) -> int:
    """How long a frame is shown, in ms."""
    frame.load()  # WebP tells only then
    return int(frame.info.get("duration", 100))


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    """Each frame as a whole picture, one at a time, to keep few in memory."""
    for frame in ImageSequence.Iterator(image):
        pixels = frame.convert("RGBA")
        pixels.info.clear()
        yield pixels


def _encoded(image: Image.Image, kind: str, **options: object) -> Picture:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return Picture(buffer.getvalue(), _MIME_TYPES[kind], image.width, image.height)
