"""Attachments over HTTP: who may, what is served as what, ranges, limits, and uploads that break off."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from groundswell.config import LimitsConfig
from serving.api_server import API, Answer, ApiServer, Client, api_server
from wave_ot.deltas import HashedVersion
from wave_ot.wavelet_operations import RemoveParticipant
from wave_server.attachment_files import IncomingFile
from wave_server.names import WaveAddress, WaveletName
from wave_server.submission import Submission

PATH = "example.com/w+a/~/conv+root"
WHERE = f"/attachments?wavelet={quote(PATH, safe='')}"


def picture(kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (900, 600), "teal").save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ApiServer]:
    async with api_server(tmp_path) as running:
        yield running


@pytest.fixture
async def ada(server: ApiServer) -> Client:
    person = await server.person("ada")
    await server.wavelet(PATH, ["ada", "bob"])
    return person


async def uploaded(person: Client, data: bytes, filename: str = "notes.txt", media: str = "text/plain") -> Answer:
    where = f"{WHERE}&filename={quote(filename, safe='')}"
    return await person.api("POST", where, data=io.BytesIO(data), headers={"Content-Type": media})


def kept(server: ApiServer) -> list[Path]:
    return [path for path in server.config.attachments_directory.rglob("*") if path.is_file()]


async def test_an_image_is_uploaded_described_and_shown(ada: Client) -> None:
    answer = await uploaded(ada, picture(), "Übersicht 😀.png", "image/png")
    assert answer.status == 201
    found = answer.json
    url = f"{API}/attachments/{found['id']}"
    size = found.pop("size")
    assert found == {
        "id": found["id"], "mime_type": "image/png", "filename": "Übersicht 😀.png", "width": 900, "height": 600,
        "url": url, "thumbnail_url": f"{url}/thumbnail",
    }  # fmt: skip
    full = await ada.ask("GET", url)
    assert (full.status, full.headers["Content-Type"], len(full.body)) == (200, "image/png", size)
    assert full.headers["Content-Disposition"] == f"inline; filename*=UTF-8''{quote('Übersicht 😀.png')}"
    assert full.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    thumbnail = await ada.ask("GET", found["thumbnail_url"])
    assert Image.open(io.BytesIO(thumbnail.body)).size == (480, 320)
    saved = await ada.ask("GET", f"{url}?download=true")
    assert saved.headers["Content-Disposition"].startswith("attachment;")
    head = await ada.ask("HEAD", url)
    assert (head.status, head.headers["Content-Length"]) == (200, str(size))


@pytest.mark.parametrize(
    ("data", "media"),
    [(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "image/svg+xml"),
     (b"<script>1</script>", "text/html"),
     (b"<script>1</script>", "image/png"), (b"%PDF-1.7", "application/pdf"), (b"x", "nonsense")],
)  # fmt: skip
async def test_what_is_no_image_is_only_ever_a_download(ada: Client, data: bytes, media: str) -> None:
    found = (await uploaded(ada, data, "a.svg", media)).json
    assert "thumbnail_url" not in found
    answer = await ada.ask("GET", found["url"])
    assert answer.body == data
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a.svg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (await ada.ask("GET", found["url"] + "/thumbnail")).error == (404, "not-found")


async def test_ranges_let_a_download_go_on(ada: Client) -> None:
    url = (await uploaded(ada, bytes(range(256)))).json["url"]
    part = await ada.ask("GET", url, headers={"Range": "bytes=100-109"})
    assert (part.status, part.body) == (206, bytes(range(100, 110)))
    assert part.headers["Content-Range"] == "bytes 100-109/256"
    assert (await ada.ask("GET", url, headers={"Range": "bytes=300-"})).status == 416


async def test_for_others_it_is_not_there(server: ApiServer, ada: Client) -> None:
    bob, eve = await server.person("bob"), await server.person("eve")
    url = (await uploaded(ada, picture())).json["url"]
    assert (await bob.ask("GET", url)).status == 200
    stranger, missing = await eve.ask("GET", url), await eve.api("GET", "/attachments/AAAAAAAAAAAA")
    assert stranger.error == missing.error == (404, "not-found")
    assert stranger.json == missing.json
    assert (await eve.ask("GET", url + "/thumbnail")).error == (404, "not-found")
    refused, nowhere = await uploaded(eve, b"x"), await eve.api("POST", WHERE.replace("%2Ba", "%2Bno"), data=b"x")
    assert refused.error == nowhere.error == (404, "not-found")
    assert (await (await server.client()).ask("GET", url)).error == (401, "unauthenticated")


async def test_who_is_removed_sees_it_no_more(server: ApiServer, ada: Client) -> None:
    bob = await server.person("bob")
    url = (await uploaded(bob, b"bob's own")).json["url"]
    name = WaveletName.parse_path(PATH)
    snapshot = await server.host.read(name)
    assert snapshot is not None
    target = HashedVersion(snapshot.version, snapshot.history_hash)
    gone = Submission(target, (RemoveParticipant("bob@example.com"),), "remove")
    await server.host.submit_and_wait(name, gone, WaveAddress("ada", "example.com"))
    assert (await bob.ask("GET", url)).error == (404, "not-found")
    assert (await ada.ask("GET", url)).status == 200


@pytest.mark.parametrize("query", ["", "?wavelet=nonsense", "?wavelet=a/b", "?wavelet=", "?wavelet=a&more=1"])
async def test_an_upload_to_nowhere_is_refused(ada: Client, query: str) -> None:
    assert (await ada.api("POST", f"/attachments{query}", data=b"x")).error == (400, "invalid-request")


async def test_only_with_the_scope_and_from_our_own_pages(server: ApiServer, ada: Client) -> None:
    reader, writer = await server.program("ada", "waves:read"), await server.program("ada", "waves:write")
    assert (await uploaded(reader, b"x")).error == (403, "forbidden")
    url = (await uploaded(writer, b"x")).json["url"]
    assert (await writer.ask("GET", url)).error == (403, "forbidden")
    assert (await reader.ask("GET", url)).status == 200
    ada.headers = {"Origin": "http://evil.test"}
    assert (await uploaded(ada, b"x")).error == (403, "wrong-origin")


async def test_size_room_and_rate_are_limited(tmp_path: Path) -> None:
    limits = LimitsConfig(attachment_bytes=1_000, attachment_bytes_per_account=2_500, uploads_per_minute=6)
    async with api_server(tmp_path, limits=limits) as server:
        ada = await server.person("ada")
        await server.wavelet(PATH, ["ada"])
        assert (await uploaded(ada, b"x" * 1_001)).error == (413, "too-large")
        assert (await uploaded(ada, b"")).error == (400, "invalid-request")
        for size, expected in ((1_000, 201), (999, 201), (998, 413), (501, 201)):
            assert (await uploaded(ada, b"x" * size)).status == expected
        assert (await uploaded(ada, b"x")).error == (429, "rate-limited")


async def test_an_upload_without_a_length_is_cut_at_the_limit(tmp_path: Path) -> None:
    async with api_server(tmp_path, limits=LimitsConfig(attachment_bytes=100_000)) as server:
        ada = await server.person("ada")
        await server.wavelet(PATH, ["ada"])

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 10_000

        assert (await ada.api("POST", WHERE, data=endless())).error == (413, "too-large")
        assert kept(server) == []


async def test_a_damaged_picture_leaves_nothing(server: ApiServer, ada: Client) -> None:
    answer = await uploaded(ada, picture("JPEG")[:2_000])
    assert answer.error == (400, "invalid-request")
    assert "damaged or cut off" in answer.json["message"]
    assert kept(server) == []


async def test_an_upload_that_breaks_off_leaves_nothing(
    server: ApiServer, ada: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, begun, over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    write, close = IncomingFile.write, IncomingFile.close  # both are called in threads

    def writing(file: IncomingFile, data: bytes) -> None:
        write(file, data)
        loop.call_soon_threadsafe(begun.set)

    def closing(file: IncomingFile) -> None:
        close(file)
        loop.call_soon_threadsafe(over.set)

    monkeypatch.setattr(IncomingFile, "write", writing)
    monkeypatch.setattr(IncomingFile, "close", closing)
    token = await server.accounts.create_token("ada@example.com", "a program", ["waves:write"])
    host, port = server.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    headers = f"Host: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: 100000\r\n\r\n"
    writer.write(f"POST {API}{WHERE} HTTP/1.1\r\n{headers}".encode() + b"x" * 50_000)
    await begun.wait()
    assert len(kept(server)) == 1
    writer.close()
    await over.wait()
    assert kept(server) == []
    assert "failed" not in caplog.text


async def test_bytes_that_are_lost_are_said_to_be(server: ApiServer, ada: Client) -> None:
    url = (await uploaded(ada, b"x")).json["url"]
    for path in kept(server):
        path.unlink()
    assert (await ada.ask("GET", url)).error == (404, "not-found")
