from __future__ import annotations

import io
import os
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageSequence

from wave_server.attachment_files import UNCLAIMED_AFTER, AttachmentFiles
from wave_server.attachment_images import (
    AVATAR_SIDE,
    MOST_PIXELS,
    THUMBNAIL_SIDE,
    ImageWork,
    UnreadableImage,
    avatar,
    image_format,
    reencoded,
)
from wave_server.attachment_removal import remove_attachment, sweep
from wave_server.attachments import AttachmentLimits, AttachmentRow, Attachments, clean_filename, new_attachment_id
from wave_server.errors import InvalidRequest, NotFound, TooLarge, Unavailable
from wave_server.names import WaveAddress, WaveletName
from wave_server.store import Store

ALICE, BOB = WaveAddress("alice", "alpha.test"), WaveAddress("bob", "alpha.test")
NAME = WaveletName.parse_path("alpha.test/w+a/~/conv+root")
START = 1_763_800_000_000
GPS, ORIENTATION, DESCRIPTION = 0x8825, 0x0112, 0x010E


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def photograph() -> bytes:
    """A lying picture, blue at the left, whose camera was held upright; with a place and a comment."""
    image = Image.new("RGB", (1200, 800), "red")
    image.paste("blue", (0, 0, 200, 800))
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION], exif[GPS] = 6, "a secret", {1: "N", 2: (48.0, 8.0, 0.0)}
    return encoded(image, "JPEG", exif=exif, comment=b"a hidden comment")


def test_a_photograph_stands_upright_and_says_nothing_of_where_it_was_taken() -> None:
    data = photograph()
    assert b"a secret" in data
    image = reencoded(data)
    assert (image.full.mime_type, image.full.width, image.full.height) == ("image/jpeg", 800, 1200)
    for picture in (image.full, image.thumbnail):
        for trace in (b"Exif", b"secret", b"comment"):
            assert trace not in picture.data
        assert not opened(picture.data).getexif()
    red, _, blue = opened(image.full.data).convert("RGB").getpixel((400, 50))  # type: ignore[misc]
    assert blue > 200 > 50 > red  # what was at the left is at the top
    assert (image.thumbnail.width, image.thumbnail.height) == (320, THUMBNAIL_SIDE)
    assert image.thumbnail.mime_type == "image/webp"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "CMYK"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_every_kind_of_pixel_comes_through(mode: str, kind: str) -> None:
    try:
        data = encoded(Image.new(mode, (60, 30)), kind)
    except (OSError, ValueError):
        return  # this format has no such pixels
    full = reencoded(data).full
    assert (full.mime_type, full.width, full.height) == (f"image/{kind.lower()}", 60, 30)
    assert opened(full.data).size == (60, 30)
    small = avatar(data)
    assert (small.mime_type, small.width, small.height) == ("image/webp", AVATAR_SIDE, AVATAR_SIDE)


def test_sixteen_bits_a_pixel_keep_their_brightness() -> None:
    data = encoded(Image.new("I;16", (10, 10), 32768), "PNG")
    assert opened(reencoded(data).full.data).getpixel((5, 5)) == 128


def test_what_is_transparent_stays_so() -> None:
    image = Image.new("RGBA", (40, 40), (10, 20, 30, 255))
    image.paste((0, 0, 0, 0), (0, 0, 20, 40))
    full = opened(reencoded(encoded(image, "PNG")).full.data)
    assert full.getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert full.getpixel((30, 5)) == (10, 20, 30, 255)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_still_moves_at_its_pace(kind: str) -> None:
    colours = [(200, 0, 0, 255), (0, 200, 0, 255), (0, 0, 200, 255), (90, 90, 90, 255)]
    frames = [Image.new("RGBA", (50, 40), colour) for colour in colours]
    times = [50, 120, 200, 80]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=times, loop=3, disposal=2)
    found = reencoded(data)
    assert found.full.mime_type == "image/webp"
    moving = opened(found.full.data)
    assert (moving.n_frames, moving.info["loop"]) == (opened(data).n_frames, 3)  # type: ignore[attr-defined]
    shown = []
    for frame in ImageSequence.Iterator(moving):
        frame.load()
        shown.append((frame.info["duration"], frame.convert("RGBA").getpixel((5, 5))))
    assert sum(duration for duration, _ in shown) == sum(times)
    red, green, _, opaque = shown[0][1]  # type: ignore[misc]
    assert red > 180 > 20 > green
    assert opaque == 255
    assert found.thumbnail.width == 50


def png_header(width: int, height: int) -> bytes:
    data = bytearray(encoded(Image.new("L", (1, 1)), "PNG"))
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("width", "height"),
    [(16_384, 1), (1, 16_384), (8_000, MOST_PIXELS // 8_000 + 1), (100_000, 100_000), (2**31 - 1, 1)],
)  # fmt: skip
def test_a_picture_that_would_fill_memory_is_refused_by_its_header(width: int, height: int) -> None:
    data = png_header(width, height)
    assert len(data) < 100
    with pytest.raises(TooLarge, match="pixels"):
        reencoded(data)
    with pytest.raises(TooLarge):
        avatar(data)


def test_an_animation_of_too_many_pixels_is_refused() -> None:
    frames = [Image.new("P", (2000, 2000), shade) for shade in range(20)]
    with pytest.raises(TooLarge, match="20 frames"):
        reencoded(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))


@pytest.mark.parametrize("head", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x10\0\0\0WEBPVP8 "])
@pytest.mark.parametrize("rest", [b"", b"\x00" * 100, b"\xff" * 3000, bytes(range(256)) * 20])
def test_what_only_begins_like_a_picture_is_refused(head: bytes, rest: bytes) -> None:
    assert image_format(head + rest) is not None
    with pytest.raises((UnreadableImage, TooLarge)):
        reencoded(head + rest)


def test_a_picture_that_is_cut_off_is_refused() -> None:
    with pytest.raises(UnreadableImage, match="damaged or cut off"):
        reencoded(photograph()[:4000])


@pytest.mark.parametrize(
    "data", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>", b"%PDF-1.7", b"BM" * 50]
)
def test_other_files_are_no_pictures(data: bytes) -> None:
    assert image_format(data) is None
    with pytest.raises(UnreadableImage):
        avatar(data)


# Files


def test_the_same_bytes_are_stored_once_under_their_hash(tmp_path: Path) -> None:
    files = AttachmentFiles(tmp_path)
    content = files.put(b"some bytes")
    assert files.put(b"some bytes") == content
    assert files.path(content).read_bytes() == b"some bytes"
    assert files.path(content) == tmp_path / content.hex()[:2] / content.hex()[2:]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [files.path(content)]


def test_what_was_not_kept_is_gone(tmp_path: Path) -> None:
    incoming = AttachmentFiles(tmp_path).begin()
    incoming.write(b"some")
    incoming.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# Attachments of a wavelet


class Visible:
    """Who sees the wavelet."""

    def __init__(self) -> None:
        self.readers = {ALICE}

    async def check(self, name: WaveletName, reader: WaveAddress) -> None:
        if name != NAME or reader not in self.readers:
            raise NotFound(f"{name.path} does not exist, or you do not take part in it")


@pytest.fixture
def visible() -> Visible:
    return Visible()


@pytest.fixture
def files(tmp_path: Path) -> AttachmentFiles:
    return AttachmentFiles(tmp_path / "attachments")


def making(store: Store, files: AttachmentFiles, visible: Visible, limits: AttachmentLimits) -> Attachments:
    return Attachments(
        store, files, check_visible=visible.check, clock=lambda: START, work=ImageWork(), limits=limits
    )  # fmt: skip


@pytest.fixture
def attachments(store: Store, files: AttachmentFiles, visible: Visible) -> Attachments:
    return making(store, files, visible, AttachmentLimits())


async def uploaded(
    attachments: Attachments, data: bytes, filename: str = "a.bin", mime_type: str = "application/zip"
) -> AttachmentRow:
    async with await attachments.begin(NAME, ALICE) as upload:
        for start in range(0, len(data), 1000):
            await upload.write(data[start : start + 1000])
        return await upload.finish(filename, mime_type)


def stored_files(files: AttachmentFiles) -> set[Path]:
    return {path for path in files.directory.rglob("*") if path.is_file()}


async def test_a_file_is_kept_as_it_is(attachments: Attachments) -> None:
    row = await uploaded(attachments, b"PK\x03\x04" * 999, "C:\\notes\\Bericht 😀.zip", "application/zip; x=y")
    assert (row.filename, row.mime_type, row.size) == ("Bericht 😀.zip", "application/zip", 3996)
    assert (row.width, row.thumbnail, row.creator, row.created_at) == (None, None, "alice@alpha.test", START)
    assert attachments.path(row.content).read_bytes() == b"PK\x03\x04" * 999
    assert await attachments.get(row.id, ALICE) == row


async def test_a_picture_is_told_by_its_content_whatever_it_is_called(attachments: Attachments) -> None:
    row = await uploaded(attachments, photograph(), "page.html", "text/html")
    assert (row.mime_type, row.width, row.height) == ("image/jpeg", 800, 1200)
    assert row.thumbnail is not None
    assert opened(attachments.path(row.thumbnail).read_bytes()).size == (320, 480)
    assert row.size == attachments.path(row.content).stat().st_size
    pretender = await uploaded(attachments, b"<script>alert(1)</script>", "cat.png", "image/png")
    assert (pretender.mime_type, pretender.width) == ("application/octet-stream", None)


async def test_only_who_sees_the_wavelet_uploads_and_downloads(attachments: Attachments, visible: Visible) -> None:
    row = await uploaded(attachments, b"x")
    with pytest.raises(NotFound):
        await attachments.begin(NAME, BOB)
    refusals = []
    for attachment, reader in ((row.id, BOB), ("none", ALICE), ("../../etc/passwd", ALICE), ("\x00\ud800", ALICE)):
        with pytest.raises(NotFound) as refused:
            await attachments.get(attachment, reader)
        refusals.append(str(refused.value))
    assert len(set(refusals)) == 1
    visible.readers = {BOB}
    assert (await attachments.get(row.id, BOB)).id == row.id
    with pytest.raises(NotFound):  # who is removed sees nothing any more, of what they uploaded either
        await attachments.get(row.id, ALICE)


async def test_what_is_too_large_or_empty_or_damaged_leaves_nothing(
    store: Store, files: AttachmentFiles, visible: Visible
) -> None:
    attachments = making(store, files, visible, AttachmentLimits(size=2_000, per_account=0))
    with pytest.raises(TooLarge, match="at most 2000 bytes"):
        await uploaded(attachments, b"x" * 2_001)
    with pytest.raises(InvalidRequest, match="without any bytes"):
        await uploaded(attachments, b"")
    with pytest.raises(UnreadableImage):
        await uploaded(attachments, b"GIF89a" + b"\xff" * 100)
    assert stored_files(files) == set()
    await uploaded(attachments, b"x" * 2_000)


async def test_an_account_has_so_much_room_and_no_more(store: Store, files: AttachmentFiles, visible: Visible) -> None:
    attachments = making(store, files, visible, AttachmentLimits(per_account=2_500))
    await uploaded(attachments, b"x" * 2_000)
    with pytest.raises(TooLarge, match="of the 2500"):
        await uploaded(attachments, b"y" * 501)
    with pytest.raises(TooLarge, match="of the 2500"):
        await uploaded(attachments, encoded(Image.effect_noise((200, 200), 60), "PNG"))
    assert len(stored_files(files)) == 1  # what was refused takes no room either
    await uploaded(attachments, b"y" * 500)
    with pytest.raises(TooLarge):
        await attachments.begin(NAME, ALICE)


async def test_a_disk_that_cannot_be_written_is_a_passing_trouble(
    store: Store, visible: Visible, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    attachments = making(store, AttachmentFiles(tmp_path / "file"), visible, AttachmentLimits())
    with pytest.raises(Unavailable, match="cannot store files now"):
        await attachments.begin(NAME, ALICE)


async def test_removing_an_attachment_removes_its_bytes_when_no_other_has_them(
    store: Store, files: AttachmentFiles, attachments: Attachments
) -> None:
    first, second = await uploaded(attachments, photograph()), await uploaded(attachments, photograph())
    assert first.content == second.content
    await remove_attachment(store, files, first.id)
    assert len(stored_files(files)) == 2
    with pytest.raises(NotFound):
        await attachments.get(first.id, ALICE)
    await remove_attachment(store, files, second.id)
    assert stored_files(files) == set()
    with pytest.raises(NotFound):
        await remove_attachment(store, files, second.id)


async def test_sweeping_removes_old_files_that_nothing_names(
    store: Store, files: AttachmentFiles, attachments: Attachments
) -> None:
    row = await uploaded(attachments, photograph())
    orphan, fresh = files.put(b"an orphan"), files.put(b"of an upload that is under way")
    abandoned = files.directory / "incoming" / "half"
    abandoned.write_bytes(b"half a file")
    old = time.time() - UNCLAIMED_AFTER - 1
    for path in (files.path(row.content), files.path(orphan), abandoned):
        os.utime(path, (old, old))
    assert await sweep(store, files) == 2
    assert row.thumbnail is not None
    assert stored_files(files) == {files.path(content) for content in (row.content, row.thumbnail, fresh)}


def test_a_file_that_is_uploaded_again_while_it_is_swept_stays(files: AttachmentFiles) -> None:
    content = files.put(b"bytes")
    old = time.time() - UNCLAIMED_AFTER - 1
    os.utime(files.path(content), (old, old))
    assert list(files.old()) == [content]
    assert files.put(b"bytes") == content
    assert files.set_aside(content) is None
    assert files.path(content).read_bytes() == b"bytes"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a.png", "a.png"), ("/etc/passwd", "passwd"), ("..\\..\\a.txt", "a.txt"), ("", "attachment"),
     ("..", "attachment"),
     ("a\x00b\n.txt", "ab.txt"), ("photo\u202egnp.exe", "photognp.exe"), ("Übersicht 😀.pdf", "Übersicht 😀.pdf"),
     ("x" * 300 + ".pdf", "x" * 196 + ".pdf"), ("x" * 300, "x" * 200), ("half\ud800.txt", "half.txt")],
)  # fmt: skip
def test_file_names_show_what_they_are(given: str, kept: str) -> None:
    assert clean_filename(given) == kept


def test_no_attachment_id_looks_like_a_commands_option() -> None:
    assert not any(new_attachment_id().startswith("-") for _ in range(1_000))
