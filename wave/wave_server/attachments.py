"""Attachments: uploaded to a wavelet by those who may see it, and seen by nobody else.

The bytes are a file (``attachment_files``), the rest is a row. A row is made when the upload is complete, and stays:
history is never rewritten, so an older version of the wavelet may show any attachment, and an edit that names a new
one may still wait in a browser that is offline.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeAlias, TypeVar, final

from wave_server.attachment_files import AttachmentFiles, IncomingFile
from wave_server.attachment_images import IMAGE_MIME_TYPES, SNIFFED_BYTES, ImageWork, image_format, reencoded
from wave_server.errors import InvalidRequest, NotFound, TooLarge, Unavailable
from wave_server.identifiers import RANDOM_BYTES
from wave_server.names import WaveAddress, WaveletName
from wave_server.store import Store, attachment_rows
from wave_server.store.attachment_rows import AttachmentRow

__all__ = ["AttachmentLimits", "AttachmentRow", "Attachments", "Upload"]

R = TypeVar("R")

LONGEST_FILENAME: Final = 200  # characters
UNKNOWN_TYPE: Final = "application/octet-stream"
_MIME_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp", "Co", "Cn"})
_TURNS_TEXT: Final = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # an .exe could read as .jpg

CheckVisible: TypeAlias = Callable[[WaveletName, WaveAddress], Awaitable[object]]
"""Raises NotFound unless the address may see the wavelet now; ``History.head`` is it."""


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """What uploads may cost, in bytes."""

    size: int = 20_000_000  # of one
    per_account: int = 1_000_000_000  # of all that somebody uploaded; 0: no limit


def new_attachment_id() -> str:
    """A random id. It begins with no hyphen: a shell's command would take it for an option."""
    while (made := secrets.token_urlsafe(RANDOM_BYTES)).startswith("-"):
        continue
    return made


@final
class Attachments:
    """The attachments of a server. Every method raises StoreUnavailable when the database fails."""

    def __init__(
        self,
        store: Store,
        files: AttachmentFiles,
        *,
        check_visible: CheckVisible,
        clock: Callable[[], int],
        work: ImageWork,
        limits: AttachmentLimits,
    ) -> None:
        """``clock`` gives ms since 1970."""
        self._store: Final = store
        self._files: Final = files
        self._check_visible: Final = check_visible
        self._clock: Final = clock
        self._work: Final = work
        self._limits: Final = limits

    async def begin(self, name: WaveletName, uploader: WaveAddress) -> Upload:
        """An upload to a wavelet that ``uploader`` sees. Raises NotFound, or TooLarge when they have no room left."""
        await self._check_visible(name, uploader)
        await self._check_room(str(uploader), 1)
        file = await _on_disk(self._files.begin)
        return Upload(self, file, name, uploader, self._limits.size)

    async def get(self, attachment: str, reader: WaveAddress) -> AttachmentRow:
        """The attachment, if ``reader`` may see its wavelet. Raises NotFound, in the same words for all reasons."""
        missing = NotFound("there is no such attachment, or you do not take part in its wave")
        if _ID.fullmatch(attachment) is None:
            raise missing
        async with self._store.reading() as connection:
            row = await attachment_rows.find_attachment(connection, attachment)
        if row is None:
            raise missing
        try:
            await self._check_visible(WaveletName.parse_path(row.wavelet), reader)
        except NotFound as error:
            raise missing from error
        return row

    def path(self, content: bytes) -> Path:
        """Where the bytes with this hash are."""
        return self._files.path(content)

    async def add(
        self, file: IncomingFile, name: WaveletName, uploader: WaveAddress, filename: str, mime_type: str
    ) -> AttachmentRow:
        """Make an attachment of a complete file. Raises UnreadableImage or TooLarge; then nothing is kept."""
        row = AttachmentRow(
            id=new_attachment_id(),
            wavelet=name.path,
            content=b"",
            filename=clean_filename(filename),
            mime_type=_clean_type(mime_type),
            size=file.size,
            width=None,
            height=None,
            thumbnail=None,
            creator=str(uploader),
            created_at=self._clock(),
        )
        if image_format(await _on_disk(partial(file.read, SNIFFED_BYTES))) is None:
            await self._check_room(row.creator, row.size)
            row = row._replace(content=await _on_disk(file.keep))
        else:
            row = await self._with_image(row, await _on_disk(file.read))
        async with self._store.writing() as connection:
            await attachment_rows.add_attachment(connection, row)
        return row

    async def _with_image(self, row: AttachmentRow, data: bytes) -> AttachmentRow:
        image = await self._work.do(reencoded, data)
        full = image.full
        await self._check_room(row.creator, len(full.data))
        return row._replace(
            content=await _on_disk(partial(self._files.put, full.data)),
            thumbnail=await _on_disk(partial(self._files.put, image.thumbnail.data)),
            mime_type=full.mime_type,
            size=len(full.data),
            width=full.width,
            height=full.height,
        )

    async def _check_room(self, creator: str, more: int) -> None:
        """Before anything is stored, so that a refused upload costs nothing. Several at the same time may all pass."""
        most = self._limits.per_account
        if not most:
            return
        async with self._store.reading() as connection:
            used = await attachment_rows.bytes_by(connection, creator)
        if used + more > most:
            raise TooLarge(f"your uploads take {used} bytes of the {most} that an account may have here")


@final
class Upload:
    """Bytes on their way to a wavelet. Use it in ``async with``: what was not finished is forgotten."""

    def __init__(
        self, attachments: Attachments, file: IncomingFile, name: WaveletName, uploader: WaveAddress, most: int
    ) -> None:
        self._attachments: Final = attachments
        self._file: Final = file
        self._name: Final = name
        self._uploader: Final = uploader
        self._most: Final = most  # bytes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._file.close)

    async def write(self, data: bytes) -> None:
        """Take more bytes. Raises TooLarge when that is more than an attachment may have."""
        if self._file.size + len(data) > self._most:
            raise TooLarge(f"an attachment has at most {self._most} bytes here")
        await _on_disk(partial(self._file.write, data))

    async def finish(self, filename: str, mime_type: str) -> AttachmentRow:
        """The attachment that these bytes are, durable. Raises InvalidRequest, UnreadableImage or TooLarge."""
        if not self._file.size:
            raise InvalidRequest("an attachment without any bytes cannot be stored")
        return await self._attachments.add(self._file, self._name, self._uploader, filename, mime_type)


def clean_filename(filename: str) -> str:
    """A file's name as it is kept and shown: without folders, characters that cannot be seen, or excess length."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", filename))[-1]
    kept = "".join(letter for letter in last if unicodedata.category(letter) not in _FORBIDDEN_CATEGORIES)
    name = _TURNS_TEXT.sub("", kept).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if len(name) > LONGEST_FILENAME and dot and len(suffix) < 20:
        name = stem[: LONGEST_FILENAME - len(suffix) - 1] + dot + suffix
    return name[:LONGEST_FILENAME] or "attachment"


def _clean_type(mime_type: str) -> str:
    """A media type without parameters. That something is an image is told by its content alone."""
    bare = mime_type.partition(";")[0].strip().lower()
    return bare if _MIME_TYPE.fullmatch(bare) and bare not in IMAGE_MIME_TYPES else UNKNOWN_TYPE


async def _on_disk(work: Callable[[], R]) -> R:
    """Do something with a file in a thread. Raises Unavailable when the disk is full or broken."""
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise Unavailable(f"the server cannot store files now: {error.strerror}") from error
