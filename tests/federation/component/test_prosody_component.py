"""Our wave service as a component of a real Prosody, which has the streams to others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from lxml import etree

from peers.ejabberd import Ejabberd
from peers.prosody import COMPONENT_SECRET, Prosody
from peers.user import CLIENT, signed_in
from wave_federation.component.connection import ComponentSettings
from wave_federation.component.transport import ComponentTransport
from wave_federation.errors import StanzaRefused
from wave_federation.links.backoff import Backoff
from wave_federation.links.link import LinkSettings
from wave_federation.links.policy import DomainPolicy
from wave_federation.links.transport import Direction, LinkChanged, LinkState
from wave_federation.namespaces import WAVE
from wave_federation.routing.answers import RequestRefused
from wave_federation.routing.disco import Disco, ask_items
from wave_federation.routing.ping import ping, serve_pings
from wave_federation.routing.router import Router
from wave_federation.stanzas import Kind, Stanza, make_stanza
from wave_federation.xml.validation import validate

SERVICE = "wave.prosody.test"
INFO = "{http://jabber.org/protocol/disco#info}"


class Watch:
    """Waits for changes of the link."""

    def __init__(self, transport: ComponentTransport) -> None:
        self.changes: asyncio.Queue[LinkChanged] = asyncio.Queue()
        transport.observe(self.changes.put_nowait)

    async def up(self) -> None:
        assert await self.changes.get() == LinkChanged(SERVICE, "", Direction.OUTGOING, up=True)


def make_transport(prosody: Prosody, policy: DomainPolicy | None = None) -> ComponentTransport:
    settings = ComponentSettings(SERVICE, COMPONENT_SECRET, prosody.address, prosody.component_port)
    return ComponentTransport(settings, policy or DomainPolicy())


@asynccontextmanager
async def served(transport: ComponentTransport) -> AsyncIterator[Router]:
    """The service, connected."""
    router = Router(transport, validate)
    Disco(router, domain="prosody.test", service=SERVICE)
    serve_pings(router)
    watch = Watch(transport)
    await transport.start()
    try:
        await watch.up()
        yield router
    finally:
        await router.stop()
        await transport.stop()


async def test_the_component_is_let_in_pings_its_server_and_says_how_it_is_linked(prosody: Prosody) -> None:
    transport = make_transport(prosody)
    async with served(transport) as router:
        await ping(router, SERVICE, "prosody.test")
        assert SERVICE in await ask_items(router, SERVICE, "prosody.test", within=10)
        (status,) = transport.status()
        assert (status.local, status.remote, status.state) == (SERVICE, "", LinkState.READY)
        assert status.address == f"{prosody.address}:{prosody.component_port}"
    assert transport.status() == []


@pytest.mark.parametrize("through", ["prosody", "ejabberd"])
async def test_users_of_its_server_and_of_others_find_the_wave_service(
    prosody: Prosody, ejabberd: Ejabberd, through: str
) -> None:
    server = prosody if through == "prosody" else ejabberd

    def ask() -> None:
        with signed_in(server.address, server.client_port, f"{through}.test", "ada") as user:
            answer = user.request(SERVICE, "<query xmlns='http://jabber.org/protocol/disco#info'/>")
            identity = answer.find(f".//{INFO}identity")
            assert identity is not None
            assert (identity.get("category"), identity.get("type")) == ("collaboration", "google-wave")
            assert WAVE in [feature.get("var") for feature in answer.iter(f"{INFO}feature")]
            assert user.request(SERVICE, "<ping xmlns='urn:xmpp:ping'/>").get("type") == "result"
            refused = user.request(SERVICE, "<query xmlns='urn:nobody:serves:this'/>")
            assert refused.get("type") == "error"
            assert refused.find(".//{urn:ietf:params:xml:ns:xmpp-stanzas}service-unavailable") is not None

    async with served(make_transport(prosody)):
        await asyncio.to_thread(ask)


async def test_messages_go_both_ways(prosody: Prosody) -> None:
    heard: asyncio.Queue[Stanza] = asyncio.Queue()

    async def note(stanza: Stanza) -> None:
        heard.put_nowait(stanza)

    async with served(make_transport(prosody)) as router:
        router.handle(Kind.MESSAGE, "normal", None, note)

        def talk(reply: Callable[[str], None]) -> str | None:
            with signed_in(prosody.address, prosody.client_port, "prosody.test", "grace") as user:
                user.send_message(SERVICE, "à bientôt &lt;&amp;&gt;")
                reply(user.address)
                return user.read_message().findtext(f"{CLIENT}body")

        loop = asyncio.get_running_loop()

        def reply(address: str) -> None:
            body = etree.Element("{jabber:server}body")
            body.text = "tschüß"
            loop.call_soon_threadsafe(router.send, make_stanza(Kind.MESSAGE, SERVICE, address, body))

        assert await asyncio.to_thread(talk, reply) == "tschüß"
        said = await heard.get()
        assert str(said.sender).startswith("grace@prosody.test/")
        assert said.element.findtext("{jabber:server}body") == "à bientôt <&>"


async def test_what_is_for_a_domain_that_does_not_exist_comes_back(prosody: Prosody) -> None:
    async with served(make_transport(prosody)) as router:
        with pytest.raises(RequestRefused) as caught:
            await ping(router, SERVICE, "nowhere.component.test")
        assert caught.value.refusal.condition in ("remote-server-not-found", "remote-server-timeout")


async def test_a_wrong_secret_is_named_in_the_status_and_to_who_wants_to_send(prosody: Prosody) -> None:
    settings = ComponentSettings(SERVICE, "wrong", prosody.address, prosody.component_port)
    link = LinkSettings(backoff=Backoff(first=3600), stays_open=True)  # nothing waits for the next attempt
    transport = ComponentTransport(settings, DomainPolicy(), link=link)
    heard: asyncio.Queue[Stanza] = asyncio.Queue()
    transport.listen(heard.put_nowait)
    await transport.start()
    transport.send(make_stanza(Kind.MESSAGE, SERVICE, "prosody.test"))
    error = await heard.get()
    assert error.element.find(".//{*}remote-server-timeout") is not None
    (status,) = transport.status()
    assert status.state is LinkState.WAITING
    assert "ended the stream: not-authorized" in status.last_error
    await transport.stop()


async def test_policy_holds_in_both_directions(prosody: Prosody) -> None:
    def ask() -> str | None:
        with signed_in(prosody.address, prosody.client_port, "prosody.test", "mallory") as user:
            refused = user.request(SERVICE, "<ping xmlns='urn:xmpp:ping'/>")
            return refused.findtext(".//{urn:ietf:params:xml:ns:xmpp-stanzas}text")

    policy = DomainPolicy(block=["prosody.test"])
    transport = make_transport(prosody, policy)
    async with served(transport) as router:
        assert await asyncio.to_thread(ask) == "prosody.test is blocked by this server's policy"
        with pytest.raises(StanzaRefused, match="blocked"):
            await ping(router, SERVICE, "prosody.test")
