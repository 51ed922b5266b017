"""The browser client: its built files from memory, compressed once, and its page for every address of the application.

All of the build is read when the server starts, so that a page and its scripts are always of one build, also while
another version is being installed. Names under ``/assets/`` hold a hash of what is in them and are kept by browsers
for good; everything else is asked for anew, which costs a 304.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from aiohttp import web

PACKAGE: Final = Path(__file__).parent
CLIENT_DIRECTORY: Final = PACKAGE / "static" / "client"  # where Vite puts the build
PAGES_STYLE: Final = "/static/pages.css"

APPLICATION_PATHS: Final = (
    "/",
    "/inbox",
    "/folder/{name}",
    "/search",
    "/wave/{domain}/{id}",
    "/wave/{domain}/{id}/history",
    "/settings",
    "/settings/{section}",
    "/signin",
    "/register",
)
"""What the client's router shows; the page is the same for all of them."""

_INDEX: Final = "/index.html"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_ASK_FIRST: Final = "no-cache"
_WORTH_COMPRESSING: Final = 1024  # bytes; less fits a packet anyway
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_TEXTS: Final = frozenset({".css", ".html", ".js", ".json", ".svg", ".txt", ".webmanifest"})
_COMPRESSED: Final = {".br": "br", ".gz": "gzip"}  # made by the build, beside the file; in order of preference

_NO_WEIGHT: Final = re.compile(r"q=0(\.0{0,3})?")

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class ClientFile:
    """A file, ready to be sent."""

    body: bytes
    content_type: str
    cache_control: str
    tag: str
    encoded: Mapping[str, bytes]  # the same in content encodings

    def response(self, request: web.Request) -> web.Response:
        """The file in the best encoding that the client takes; 304 when it has it."""
        headers = {"Cache-Control": self.cache_control, "ETag": f'"{self.tag}"', "Vary": "Accept-Encoding"}
        if any(known.value == self.tag for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        accepted = _accepted(request.headers.get("Accept-Encoding", ""))
        body = self.body
        for encoding, encoded in self.encoded.items():
            if encoding in accepted:
                headers["Content-Encoding"] = encoding
                body = encoded
                break
        return web.Response(body=body, headers={**headers, "Content-Type": self.content_type})


def _accepted(header: str) -> frozenset[str]:
    """The content encodings that an Accept-Encoding names, without those of no weight. RFC 9110 §12.5.3."""
    choices = (choice.replace(" ", "").lower().partition(";") for choice in header.split(","))
    return frozenset(coding for coding, _, weight in choices if not _NO_WEIGHT.fullmatch(weight))


def load_client(directory: Path = CLIENT_DIRECTORY) -> dict[str, ClientFile]:
    """The files of a build by their URL paths; none when there is no build."""
    return {
        f"/{path.relative_to(directory).as_posix()}": _loaded(path, immutable=path.parent == directory / "assets")
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.suffix in _TYPES
    }


def add_client(app: web.Application, files: Mapping[str, ClientFile]) -> None:
    """Answer the application's addresses with its page, and its files with themselves."""
    app.router.add_get(PAGES_STYLE, _sending(_loaded(PACKAGE / "static" / "pages.css", immutable=False)))
    page = _sending(files[_INDEX]) if _INDEX in files else _not_built
    for path in APPLICATION_PATHS:
        app.router.add_get(path, page)
    for path, file in files.items():
        if path != _INDEX:
            app.router.add_get(path, _sending(file))


def nothing_here() -> web.Response:
    """The page for an address that is none of the application's."""
    return _page("Nothing here", 'This address leads nowhere. <a href="/">Go to your waves</a>.', status=404)


async def _not_built(request: web.Request) -> web.Response:
    return _page(
        "The browser client is not built",
        "The server runs, but the pages that belong to it are missing. In a checkout, <code>make run</code> builds "
        "them; an installed package has them. Programs can use the "
        '<a href="/api/v1/docs">API</a> meanwhile.',
        status=503,
    )


def _page(title: str, html: str, *, status: int) -> web.Response:
    """A page of the server's own. ``title`` and ``html`` are ours, never a user's."""
    text = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{title} - Groundswell</title>\n<link rel="stylesheet" href="{PAGES_STYLE}">\n</head>\n'
        f"<body>\n<main>\n<h1>{title}</h1>\n<p>{html}</p>\n</main>\n</body>\n</html>\n"
    )
    return web.Response(status=status, text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


def _sending(file: ClientFile) -> Handler:
    async def send(request: web.Request) -> web.Response:
        return file.response(request)

    return send


def _loaded(path: Path, *, immutable: bool) -> ClientFile:
    body = path.read_bytes()
    encoded = {
        encoding: compressed.read_bytes()
        for suffix, encoding in _COMPRESSED.items()
        if (compressed := path.with_name(path.name + suffix)).is_file()
    }
    if path.suffix in _TEXTS and len(body) >= _WORTH_COMPRESSING and "gzip" not in encoded:
        encoded["gzip"] = gzip.compress(body, 9, mtime=0)
    return ClientFile(
        body=body,
        content_type=_TYPES[path.suffix],
        cache_control=_FOR_GOOD if immutable else _ASK_FIRST,
        tag=hashlib.sha256(body).hexdigest()[:32],
        encoded=encoded,
    )
