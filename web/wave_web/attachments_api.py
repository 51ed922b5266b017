"""``/api/v1/attachments``: uploading to a wavelet, and fetching what is attached to one that one sees."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, Final, Protocol
from urllib.parse import quote

import msgspec
from aiohttp import StreamReader, web

from wave_server.errors import NotFound
from wave_server.names import WaveAddress, WaveletName
from wave_web.api import PREFIX, ApiRoutes, Call
from wave_web.authentication import READ_SCOPE, WRITE_SCOPE
from wave_web.profiles_api import IMAGE_TYPES, KEEP_FOR_GOOD
from wave_web.requests import SETTINGS, UPLOADS
from wave_web.sessions import limit_attempts
from wave_web.uploads import pieces

routes = ApiRoutes("attachments")

_SANDBOX: Final = "default-src 'none'; sandbox"  # should a browser show it after all, it can do nothing
_RANGES: Final = ((206, "A range of it."), (304, "It has not changed."), (416, "There is no such range."))


class StoredAttachment(Protocol):
    """An attachment, as the core has it."""

    @property
    def id(self) -> str:
        """What it is fetched by."""

    @property
    def content(self) -> bytes:
        """The hash of its bytes."""

    @property
    def filename(self) -> str:
        """What its uploader called it."""

    @property
    def mime_type(self) -> str:
        """What it is."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def width(self) -> int | None:
        """Pixels, of images."""

    @property
    def height(self) -> int | None:
        """Pixels, of images."""

    @property
    def thumbnail(self) -> bytes | None:
        """The hash of a smaller image's bytes."""


class UploadPort(Protocol):
    """An upload that is under way."""

    async def write(self, data: bytes) -> None:
        """Take more bytes."""

    async def finish(self, filename: str, mime_type: str) -> StoredAttachment:
        """The attachment that they are."""


class AttachmentsPort(Protocol):
    """What this module asks of the core; ``wave_server.attachments.Attachments`` is it."""

    async def begin(self, name: WaveletName, uploader: WaveAddress) -> AbstractAsyncContextManager[UploadPort]:
        """Begin an upload. Raises NotFound, TooLarge."""

    async def get(self, attachment: str, reader: WaveAddress) -> StoredAttachment:
        """An attachment that the reader sees. Raises NotFound."""

    def path(self, content: bytes) -> Path:
        """Where bytes are."""


ATTACHMENTS: Final = web.AppKey("attachments", AttachmentsPort)


class UploadQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Where an upload belongs."""

    wavelet: Annotated[
        str,
        msgspec.Meta(
            min_length=1, max_length=2000, description="The wavelet's path, such as `example.com/w+abc/~/conv+root`."
        ),
    ]
    filename: Annotated[str, msgspec.Meta(max_length=1000, description="As its user knows it.")] = ""


class Attachment(msgspec.Struct):
    """An attachment. Only images have a width, a height and a thumbnail."""

    id: str
    mime_type: str
    filename: str
    size: Annotated[int, msgspec.Meta(description="Bytes, as it is stored: images are encoded anew.")]
    url: str
    width: int | msgspec.UnsetType = msgspec.UNSET
    height: int | msgspec.UnsetType = msgspec.UNSET
    thumbnail_url: str | msgspec.UnsetType = msgspec.UNSET


class AttachmentPath(msgspec.Struct):
    """Which attachment."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Fetching(msgspec.Struct, forbid_unknown_fields=True):
    """How an attachment is wanted."""

    download: Annotated[bool, msgspec.Meta(description="Save it, also when it is an image.")] = False


@routes.route(
    "POST", "/attachments", summary="Upload", scope=WRITE_SCOPE, status=201, errors=("not-found", "timeout"),
    accepts=("application/octet-stream", *IMAGE_TYPES),
)  # fmt: skip
async def upload(call: Call[UploadQuery, StreamReader]) -> Attachment:
    """The body is the file's bytes. PNG, JPEG, GIF and WebP pictures are told by their content, turned upright and
    encoded anew without metadata; other files are kept as they are. Whoever sees the wavelet can fetch it."""
    app = call.request.app
    limit_attempts(app[UPLOADS], str(call.account), "upload")
    name = WaveletName.parse_path(call.query.wavelet)
    async with await call.port(ATTACHMENTS).begin(name, call.account) as begun:
        async for piece in pieces(call.request, app[SETTINGS].attachment_bytes):
            await begun.write(piece)
        found = await begun.finish(call.query.filename, call.request.headers.get("Content-Type", ""))
    return _shown(found)


@routes.route(
    "GET", "/attachments/{id}", summary="An attachment's bytes", scope=READ_SCOPE, errors=("not-found",),
    produces=("application/octet-stream", *IMAGE_TYPES), also=_RANGES,
)  # fmt: skip
async def show_attachment(call: Call[Fetching, None, AttachmentPath]) -> web.StreamResponse:
    """For whoever sees its wavelet now. What is not an image is always a download."""
    found = await call.port(ATTACHMENTS).get(call.path.id, call.account)
    is_image = found.thumbnail is not None
    media = found.mime_type if is_image else "application/octet-stream"
    shown_as = "inline" if is_image and not call.query.download else "attachment"
    return _file(call.port(ATTACHMENTS).path(found.content), media, f"{shown_as}; {_named(found.filename)}")


@routes.route(
    "GET", "/attachments/{id}/thumbnail", summary="A small picture of an image", scope=READ_SCOPE,
    errors=("not-found",), produces=("image/webp",), also=_RANGES,
)  # fmt: skip
async def show_thumbnail(call: Call[None, None, AttachmentPath]) -> web.StreamResponse:
    """At most 480 pixels wide and high; of an animation the first frame."""
    found = await call.port(ATTACHMENTS).get(call.path.id, call.account)
    if found.thumbnail is None:
        raise NotFound("this attachment is not an image: it has no thumbnail")
    return _file(call.port(ATTACHMENTS).path(found.thumbnail), "image/webp", "inline")


def _shown(found: StoredAttachment) -> Attachment:
    url = f"{PREFIX}/attachments/{found.id}"
    shown = Attachment(found.id, found.mime_type, found.filename, found.size, url)
    if found.width is not None and found.height is not None:
        shown.width, shown.height, shown.thumbnail_url = found.width, found.height, f"{url}/thumbnail"
    return shown


def _file(path: Path, media: str, disposition: str) -> web.StreamResponse:
    if not path.is_file():  # the data directory is not the one that the database belongs to
        raise NotFound("the attachment is not on this server's disk")
    headers = {
        "Content-Type": media,
        "Content-Disposition": disposition,
        "Content-Security-Policy": _SANDBOX,
        "Cache-Control": KEEP_FOR_GOOD,
    }
    return web.FileResponse(path, headers=headers)


def _named(filename: str) -> str:
    """A file's name for Content-Disposition, as RFC 6266 has it for any characters."""
    return f"filename*=UTF-8''{quote(filename, safe='')}"
