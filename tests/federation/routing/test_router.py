"""The router: who gets a stanza, what is answered, in which order, and how much may be under way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
import pytest_asyncio
from lxml import etree

from s2s.linked import LinkedTransport
from wave_federation.errors import QueueFull, StanzaRefused
from wave_federation.namespaces import PING, RETRY, SERVER, STANZA_ERRORS, qualified
from wave_federation.routing.answers import NoAnswer, RequestRefused, UnusableAnswer
from wave_federation.routing.handlers import Later
from wave_federation.routing.router import Router, RouterLimits
from wave_federation.stanzas import Element, Kind, Stanza, error_of, make_stanza, read_stanza, result_of

ALPHA, BETA = "wave.alpha.test", "wave.beta.test"
QUESTION = "{urn:test}question"
SOON = 0.001  # seconds; for what must not come


def anything(_stanza: Stanza) -> None:
    """Every stanza is valid."""


class Pair(NamedTuple):
    alpha: Router
    beta: Router
    to_beta: LinkedTransport
    to_alpha: LinkedTransport


def pair(limits: RouterLimits | None = None) -> Pair:
    to_beta, to_alpha = LinkedTransport(ALPHA), LinkedTransport(BETA)
    to_beta.link(to_alpha)
    return Pair(Router(to_beta, anything, limits), Router(to_alpha, anything, limits), to_beta, to_alpha)


@pytest_asyncio.fixture
async def linked() -> AsyncIterator[Pair]:
    both = pair()
    yield both
    await both.alpha.stop()
    await both.beta.stop()


def question(text: str = "", sender: str = ALPHA, recipient: str = BETA) -> Stanza:
    payload = etree.Element(QUESTION)
    payload.text = text
    return make_stanza(Kind.IQ, sender, recipient, payload, type="get")


def parsed(xml: str) -> Stanza:
    return read_stanza(etree.fromstring(xml.replace(" ", f" xmlns='{SERVER}' ", 1)))


def condition_of(stanza: Stanza) -> str:
    report = stanza.element.find(qualified(SERVER, "error"))
    assert report is not None
    return str(report[0].tag).removeprefix(f"{{{STANZA_ERRORS}}}")


async def echo(stanza: Stanza) -> Element:
    answer = etree.Element("{urn:test}answer")
    answer.text = stanza.payload[0].text
    return answer


async def settle() -> None:
    """Let everything that can happen at once happen."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_request_comes_back_with_its_result(linked: Pair) -> None:
    linked.beta.handle(Kind.IQ, "get", QUESTION, echo)
    answers = await asyncio.gather(*(linked.alpha.request(question(str(number))) for number in range(5)))
    assert [answer.payload[0].text for answer in answers] == ["0", "1", "2", "3", "4"]
    assert all((str(answer.sender), str(answer.recipient)) == (BETA, ALPHA) for answer in answers)


async def test_a_handler_without_a_payload_answers_with_an_empty_result(linked: Pair) -> None:
    async def done(_stanza: Stanza) -> Element | None:
        return None

    linked.beta.handle(Kind.IQ, "get", QUESTION, done)
    answer = await linked.alpha.request(question())
    assert (answer.type, answer.payload) == ("result", [])


async def test_a_refusal_is_raised_with_what_the_other_side_said(linked: Pair) -> None:
    async def refuse(_stanza: Stanza) -> Element | None:
        raise StanzaRefused("come back\nlater", condition="resource-constraint", type="wait", retry_after=7)

    linked.beta.handle(Kind.IQ, "get", QUESTION, refuse)
    with pytest.raises(RequestRefused, match=r"wave\.beta\.test answered resource-constraint") as caught:
        await linked.alpha.request(question())
    refusal = caught.value.refusal
    assert (refusal.condition, refusal.type, refusal.text, refusal.retry_after) == (
        "resource-constraint", "wait", "come back later", 7)  # fmt: skip


GONE = f"<gone xmlns='{STANZA_ERRORS}'/>"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("", ("undefined-condition", "cancel", None)),
        ("<error/>", ("undefined-condition", "cancel", None)),
        ("<error type='odd'><conflict xmlns='urn:other'/></error>", ("undefined-condition", "cancel", None)),
        (f"<error type='wait'><text xmlns='{STANZA_ERRORS}'>x</text>{GONE}</error>", ("gone", "wait", None)),
        (f"<error type='wait'>{GONE}<retry xmlns='{RETRY}' after='9e9'/></error>", ("gone", "wait", None)),
        (f"<error type='wait'>{GONE}<retry xmlns='{RETRY}' after='{'9' * 400}'/></error>", ("gone", "wait", 86_400)),
    ],
)
async def test_an_error_of_whatever_form_is_an_error(
    linked: Pair, error: str, expected: tuple[str, str, int | None]
) -> None:
    linked.to_beta.cut()
    request = question()
    waiting = asyncio.create_task(linked.alpha.request(request))
    await settle()
    linked.to_beta.arrive(parsed(f"<iq type='error' id='{request.id}' from='{BETA}' to='{ALPHA}'>{error}</iq>"))
    with pytest.raises(RequestRefused) as caught:
        await waiting
    refusal = caught.value.refusal
    assert (refusal.condition, refusal.type, refusal.retry_after) == expected


@pytest.mark.parametrize(
    ("stanza_id", "sender", "recipient"),
    [("other", BETA, ALPHA), (None, "beta.test", ALPHA), (None, f"user@{BETA}", ALPHA), (None, BETA, f"{ALPHA}/x")],
)
async def test_only_the_one_who_was_asked_answers_and_only_the_asker_hears_it(
    linked: Pair, stanza_id: str | None, sender: str, recipient: str
) -> None:
    linked.to_beta.cut()
    request = question()
    waiting = asyncio.create_task(linked.alpha.request(request, within=SOON))
    await settle()
    linked.to_beta.arrive(make_stanza(Kind.IQ, sender, recipient, type="result", id=stanza_id or request.id))
    with pytest.raises(NoAnswer, match="did not answer within"):
        await waiting


async def test_an_answer_counts_in_either_script_of_its_domain() -> None:
    transport = LinkedTransport(ALPHA)
    router = Router(transport, anything)
    request = question(recipient="xn--bcher-kva.test")
    waiting = asyncio.create_task(router.request(request))
    await settle()
    transport.arrive(make_stanza(Kind.IQ, "bücher.test", ALPHA, type="result", id=request.id))
    assert (await waiting).type == "result"


async def test_late_and_repeated_answers_are_ignored(linked: Pair) -> None:
    linked.to_beta.cut()
    request = question()
    with pytest.raises(NoAnswer):
        await linked.alpha.request(request, within=0)
    sent = len(linked.to_beta.sent)
    for _ in range(2):
        linked.to_beta.arrive(result_of(request))
    await settle()
    assert len(linked.to_beta.sent) == sent
    assert linked.alpha.counts["request", "no-answer"] == 1


@pytest.mark.parametrize("payload", ["<a xmlns='urn:x'/><b xmlns='urn:x'/>", "<invalid xmlns='urn:x'/>"])
async def test_a_result_that_breaks_the_protocol_reaches_nobody(payload: str) -> None:
    def no_invalid(stanza: Stanza) -> None:
        if stanza.payload[0].tag == "{urn:x}invalid":
            raise StanzaRefused("invalid", condition="bad-request", type="modify")

    transport = LinkedTransport(ALPHA)
    router = Router(transport, no_invalid)
    request = question()
    waiting = asyncio.create_task(router.request(request))
    await settle()
    transport.arrive(parsed(f"<iq type='result' id='{request.id}' from='{BETA}' to='{ALPHA}'>{payload}</iq>"))
    with pytest.raises(UnusableAnswer, match=r"wave\.beta\.test"):
        await waiting
    assert transport.sent == [request]


@pytest.mark.parametrize(
    ("stanza", "answer"),
    [
        (f"<iq type='get' id='1' from='{BETA}' to='{ALPHA}'><q xmlns='urn:x'/></iq>", "service-unavailable"),
        (f"<iq type='set' id='1' from='{BETA}' to='{ALPHA}'><q xmlns='urn:x'/></iq>", "service-unavailable"),
        (f"<iq type='get' id='1' from='{BETA}' to='u@{ALPHA}/r'><ping xmlns='{PING}'/></iq>", "service-unavailable"),
        (f"<message from='{BETA}' to='{ALPHA}'><body>x</body></message>", "service-unavailable"),
        (f"<message type='chat' from='{BETA}' to='{ALPHA}'><body>x</body></message>", "service-unavailable"),
        (f"<message type='odd' from='{BETA}' to='{ALPHA}'/>", "service-unavailable"),
        (f"<iq type='get' from='{BETA}' to='{ALPHA}'><q xmlns='urn:x'/></iq>", "bad-request"),
        (f"<iq type='get' id='1' from='{BETA}' to='{ALPHA}'/>", "bad-request"),
        (f"<iq type='get' id='1' from='{BETA}' to='{ALPHA}'><q xmlns='urn:x'/><q xmlns='urn:x'/></iq>", "bad-request"),
        (f"<iq type='odd' id='1' from='{BETA}' to='{ALPHA}'><q xmlns='urn:x'/></iq>", "bad-request"),
        (f"<iq id='1' from='{BETA}' to='{ALPHA}'><q xmlns='urn:x'/></iq>", "bad-request"),
        (f"<iq type='result' id='1' from='{BETA}' to='{ALPHA}'/>", None),
        (f"<iq type='result' id='1' from='{BETA}' to='{ALPHA}'><q xmlns='urn:x'/><q xmlns='urn:x'/></iq>", None),
        (f"<iq type='error' id='1' from='{BETA}' to='{ALPHA}'/>", None),
        (f"<message type='error' from='{BETA}' to='{ALPHA}'/>", None),
        (f"<message type='headline' from='{BETA}' to='{ALPHA}'/>", None),
        (f"<presence from='{BETA}' to='{ALPHA}'/>", None),
        (f"<presence type='error' from='{BETA}' to='{ALPHA}'/>", None),
    ],
)
async def test_what_nobody_serves_is_answered_as_the_rfc_says_and_errors_never(
    linked: Pair, stanza: str, answer: str | None
) -> None:
    asked = parsed(stanza)
    linked.to_beta.arrive(asked)
    await settle()
    if answer is None:
        assert linked.to_beta.sent == []
        return
    (error,) = linked.to_beta.sent
    assert condition_of(error) == answer
    assert (error.sender, error.recipient, error.type) == (asked.recipient, asked.sender, "error")
    assert asked.id is None or error.id == asked.id


async def test_a_stanza_that_its_schema_refuses_reaches_no_handler() -> None:
    def refuse(_stanza: Stanza) -> None:
        raise StanzaRefused("a question has no text", condition="bad-request", type="modify")

    async def serve(_stanza: Stanza) -> Element | None:
        raise AssertionError("served")

    transport = LinkedTransport(BETA)
    Router(transport, refuse).handle(Kind.IQ, "get", QUESTION, serve)
    transport.arrive(question())
    await settle()
    assert [condition_of(stanza) for stanza in transport.sent] == ["bad-request"]


async def test_a_handlers_fault_is_logged_and_answered_without_details(
    linked: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_stanza: Stanza) -> Element | None:
        raise RuntimeError("the password is 1234")

    linked.beta.handle(Kind.IQ, "get", QUESTION, fail)
    with caplog.at_level(logging.ERROR), pytest.raises(RequestRefused) as caught:
        await linked.alpha.request(question())
    assert caught.value.refusal.condition == "internal-server-error"
    assert "1234" not in str(caught.value)
    assert "1234" in caplog.text
    assert linked.beta.counts["fault", "iq"] == 1


async def test_a_handler_that_does_not_end_is_broken_off() -> None:
    async def hang(_stanza: Stanza) -> Element | None:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    both = pair(RouterLimits(handler_seconds=SOON))
    both.beta.handle(Kind.IQ, "get", QUESTION, hang)
    with pytest.raises(RequestRefused) as caught:
        await both.alpha.request(question())
    assert caught.value.refusal.condition == "internal-server-error"


async def test_no_error_answers_an_error_even_when_its_handler_fails(linked: Pair) -> None:
    async def fail(_stanza: Stanza) -> Element | None:
        raise RuntimeError("broken")

    linked.beta.handle(Kind.MESSAGE, "error", None, fail)
    bounced = make_stanza(Kind.MESSAGE, BETA, ALPHA)
    linked.alpha.send(error_of(bounced, StanzaRefused("no", condition="gone")))
    await settle()
    assert linked.beta.counts["fault", "message"] == 1
    assert linked.to_alpha.sent == []


async def test_a_messages_handler_is_found_by_any_of_its_payloads(linked: Pair) -> None:
    heard: list[str | None] = []

    async def note(stanza: Stanza) -> Element | None:
        heard.append(stanza.id)
        return None

    linked.beta.handle(Kind.MESSAGE, "normal", "{urn:x}event", note)
    payloads = [etree.Element("{urn:x}request"), etree.Element("{urn:x}event")]
    linked.alpha.send(make_stanza(Kind.MESSAGE, ALPHA, BETA, *payloads, id="m1"))
    await settle()
    assert heard == ["m1"]
    assert linked.to_alpha.sent == []


async def test_one_pair_of_addresses_is_served_in_order_and_others_meanwhile(linked: Pair) -> None:
    served: list[str] = []
    gate = asyncio.Event()

    async def serve(stanza: Stanza) -> Element | None:
        text = stanza.payload[0].text or ""
        if text == "first":
            await gate.wait()
        served.append(text)
        return None

    linked.beta.handle(Kind.MESSAGE, "normal", QUESTION, serve)
    for text, sender in (("first", ALPHA), ("second", ALPHA), ("other", f"ada@{ALPHA}")):
        linked.alpha.send(make_stanza(Kind.MESSAGE, sender, BETA, *question(text).payload))
    await settle()
    assert served == ["other"]
    gate.set()
    await settle()
    assert served == ["other", "first", "second"]


async def test_an_answer_does_not_wait_behind_the_handler_that_needs_it(linked: Pair) -> None:
    async def ask_back(stanza: Stanza) -> Element | None:
        return (await linked.beta.request(question("back", BETA, ALPHA))).payload[0]

    linked.alpha.handle(Kind.IQ, "get", QUESTION, echo)
    linked.beta.handle(Kind.IQ, "get", QUESTION, ask_back)
    assert (await linked.alpha.request(question())).payload[0].text == "back"


async def test_a_domain_that_sends_more_than_is_served_is_refused_and_others_are_not() -> None:
    gate = asyncio.Event()

    async def wait(_stanza: Stanza) -> Element | None:
        await gate.wait()
        return None

    transport = LinkedTransport(BETA)
    router = Router(transport, anything, RouterLimits(served=3, retry_after=4))
    router.handle(Kind.IQ, "get", QUESTION, wait)
    for number in range(4):
        transport.arrive(question(sender=f"user{number % 2}@{ALPHA}"))
    transport.arrive(question(sender="wave.gamma.test"))
    await settle()
    (refused,) = transport.sent
    assert condition_of(refused) == "resource-constraint"
    assert refused.element.find(".//{urn:groundswell:retry}retry").get("after") == "4"  # type: ignore[union-attr]
    gate.set()
    await settle()
    assert [stanza.type for stanza in transport.sent] == ["error", *["result"] * 4]
    transport.arrive(question())
    await settle()
    assert transport.sent[-1].type == "result"


async def test_requests_to_a_domain_are_bounded_and_a_full_queue_leaves_nothing_behind() -> None:
    transport = LinkedTransport(ALPHA)
    router = Router(transport, anything, RouterLimits(requests=1))
    transport.full = True
    with pytest.raises(QueueFull):
        await router.request(question())
    transport.full = False
    first = asyncio.create_task(router.request(question()))
    await settle()
    with pytest.raises(QueueFull, match="wait for an answer already"):
        await router.request(question())
    await router.stop()
    with pytest.raises(NoAnswer, match="stopped"):
        await first


async def test_an_answer_that_finds_no_room_is_dropped_and_said_so(
    linked: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    linked.to_alpha.full = True
    with pytest.raises(NoAnswer):
        await linked.alpha.request(question(), within=SOON)
    assert "is dropped" in caplog.text


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [("beta.test", "wave.gamma.test"), (ALPHA, ALPHA), ("alpha.test", BETA), ("[::1]", BETA)],
)
async def test_only_what_is_ours_is_sent_and_only_to_others(linked: Pair, sender: str, recipient: str) -> None:
    with pytest.raises(ValueError, match="not one of ours"):
        linked.alpha.send(make_stanza(Kind.MESSAGE, sender, recipient))
    assert linked.to_beta.sent == []


async def test_stopping_breaks_off_handlers(linked: Pair) -> None:
    ended = asyncio.Event()

    async def hang(_stanza: Stanza) -> Element | None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return None

    linked.beta.handle(Kind.MESSAGE, "normal", QUESTION, hang)
    linked.alpha.send(make_stanza(Kind.MESSAGE, ALPHA, BETA, *question().payload))
    await settle()
    await linked.beta.stop()
    assert ended.is_set()


def test_a_payload_has_one_handler() -> None:
    router = Router(LinkedTransport(ALPHA), anything)
    router.handle(Kind.IQ, "get", QUESTION, echo)
    with pytest.raises(ValueError, match="has a handler already"):
        router.handle(Kind.IQ, "get", QUESTION, echo)


async def test_a_handler_that_answers_later_lets_the_next_stanza_be_served_meanwhile(linked: Pair) -> None:
    first_may_answer = asyncio.Event()
    served: list[str] = []

    async def answer(text: str) -> Element:
        if text == "first":
            await first_may_answer.wait()
        served.append(text)
        return etree.Element(QUESTION)

    async def serve(stanza: Stanza) -> Later:
        return Later(answer(stanza.payload[0].text or ""))

    linked.beta.handle(Kind.IQ, "get", QUESTION, serve)
    first = asyncio.create_task(linked.alpha.request(question("first")))
    await linked.alpha.request(question("second"))
    assert served == ["second"]
    first_may_answer.set()
    await first
    assert served == ["second", "first"]


async def test_what_a_handler_refuses_later_is_answered_with_its_error(linked: Pair) -> None:
    async def refuse() -> Element:
        raise StanzaRefused("not you", condition="forbidden", type="auth")

    async def serve(_stanza: Stanza) -> Later:
        return Later(refuse())

    linked.beta.handle(Kind.IQ, "get", QUESTION, serve)
    with pytest.raises(RequestRefused, match="forbidden"):
        await linked.alpha.request(question())


async def test_what_is_answered_later_counts_for_its_domain_until_then() -> None:
    both = pair(RouterLimits(served=2))
    room, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def answer() -> Element:
        room.release()
        await go_on.wait()
        return etree.Element(QUESTION)

    async def serve(_stanza: Stanza) -> Later:
        return Later(answer())

    both.beta.handle(Kind.IQ, "get", QUESTION, serve)
    waiting = [asyncio.create_task(both.alpha.request(question())) for _ in range(2)]
    for _ in waiting:
        await room.acquire()
    with pytest.raises(RequestRefused, match="resource-constraint"):
        await both.alpha.request(question())
    go_on.set()
    await asyncio.gather(*waiting)
    await both.alpha.request(question())
    await both.alpha.stop()
    await both.beta.stop()
