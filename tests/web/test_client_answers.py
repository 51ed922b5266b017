"""The Python client against a server that answers as the test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from wave_server.names import WaveletName
from wave_web.client import Backoff, BlipText, WaveClient, blip_of
from wave_web.socket_protocol import SUBPROTOCOL, encode_hash

WAVE = "example.com/w+a"
PATH = f"{WAVE}/~/conv+root"
ALICE = "alice@example.com"
BLIP = "b+1"


@dataclass
class Scripted:
    """A server whose connections the test takes one by one, to read and write on."""

    url: str = ""
    connections: asyncio.Queue[web.WebSocketResponse] = field(default_factory=asyncio.Queue)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def session(self, _: web.Request) -> web.Response:
        return web.json_response({"address": ALICE})

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=(SUBPROTOCOL,))
        await socket.prepare(request)
        self.connections.put_nowait(socket)
        await self.over.wait()
        return socket


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    app = web.Application()
    app.router.add_get("/api/v1/session", scripted.session)
    app.router.add_get("/socket", scripted.socket)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scripted.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield scripted
    scripted.over.set()
    await runner.cleanup()


def at(version: int) -> dict[str, Any]:
    """Where a version is in a history, in the fields of the protocol."""
    return {"version": version, "hash": encode_hash(version.to_bytes(20, "big"))}


async def received(socket: web.WebSocketResponse, kind: str) -> dict[str, Any]:
    """The next message of the client, which must be of this kind."""
    message: dict[str, Any] = await socket.receive_json()
    assert message["type"] == kind, message
    return message


async def opened(server: Scripted) -> web.WebSocketResponse:
    """The next connection, with the wave's opening answered."""
    socket = await server.connections.get()
    request = await received(socket, "open")
    await socket.send_json({"type": "opened", "id": request["id"], "wave": WAVE, "wavelets": [PATH]})
    return socket


async def test_a_resumed_client_sends_no_more_until_what_it_sent_again_is_answered(server: Scripted) -> None:
    """What it missed tells it that its submission has landed; the answer to the second sending is still to come."""
    connecting = asyncio.create_task(WaveClient.connect(server.url, "token", backoff=Backoff(0.01, 0.01)))
    async with await connecting as client:
        opening = asyncio.create_task(client.open(WAVE))
        socket = await opened(server)
        documents = {BLIP: blip_of("").to_json()}
        await socket.send_json(
            {"type": "snapshot", "wavelet": PATH, **at(2), "participants": [ALICE], "documents": documents}
        )
        wavelet = await (await opening).wavelet(WaveletName.parse_path(PATH))
        text = BlipText(wavelet.replica, BLIP)

        wavelet.apply(text.edit(0, 0, "a"))
        first = await received(socket, "submit")
        await socket.close()  # the answer is lost
        socket = await opened(server)
        again = await received(socket, "submit")
        assert (again["key"], again["ops"]) == (first["key"], first["ops"])

        wavelet.apply(text.edit(1, 0, "b"))
        landed = {"wavelet": PATH, "at": 2, **at(3), "timestamp": 0}
        await socket.send_json({"type": "delta", "author": ALICE, "ops": first["ops"], "key": first["key"], **landed})
        await wavelet.reached(3)
        wavelet.place_cursor(BLIP, 3, 3)
        await received(socket, "cursor")  # and no submission before it

        await socket.send_json({"type": "ack", "id": again["id"], **landed})
        second = await received(socket, "submit")
        assert second["at"] == 3
        assert json.dumps(second["ops"]).count("chars") == 1
        await socket.send_json({"type": "ack", "id": second["id"], "wavelet": PATH, "at": 3, **at(4), "timestamp": 0})
        await wavelet.settled()
        assert text.text == "ab"
