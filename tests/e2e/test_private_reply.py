"""A private reply is seen by those chosen, and nobody else can tell that it exists."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

from playwright.async_api import Page, WebSocket, expect

from e2e.app import blip, open_wave, saved, stop_writing, text_of, wave_of, write_in
from e2e.app import writing as writing_in
from e2e.conftest import Meet
from e2e.pages import finds, row
from e2e.people import Person
from running.server_process import ServerProcess

SECRET = "The surprise is a boat 🛶"


async def frames(page: Page) -> list[str]:
    """Everything that the server sends this page over sockets, from when it is loaded again, which it is."""
    received: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: received.append(str(payload)))

    page.on("websocket", listen)
    await page.reload()
    return received


def private_wavelet(received: list[str]) -> str:
    """The path of the private wavelet that these frames speak of."""
    named = re.findall(r'"wavelet":\s*"([^"]+/conv\+(?!root")[^"]+)"', "\n".join(received))
    assert named, received[-5:]
    return str(named[0])


async def test_a_private_reply_is_invisible_to_others_of_the_wave(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    eve: Person = await meet(site, "Eve")
    sent_to_ada, sent_to_eve = await frames(ada.page), await frames(eve.page)
    path = await wave_of(ada, bob, eve, first_line="Birthday")

    first = blip(bob.page)
    await first.hover()
    await first.get_by_role("button", name="Actions for this message").click()
    await bob.page.get_by_role("menuitem", name="Reply privately").click()
    dialog = bob.page.get_by_role("dialog", name="Reply privately")
    await expect(dialog.get_by_role("checkbox", name="Ada")).to_be_checked()  # the author of what it replies to
    await expect(dialog.get_by_role("checkbox", name="Eve")).not_to_be_checked()
    await dialog.get_by_role("button", name="Start the reply").click()
    await expect(writing_in(bob.page)).to_be_focused()
    await bob.page.keyboard.type(SECRET)
    await saved(bob.page)
    await stop_writing(bob.page)

    shown = ada.page.get_by_role("group", name="Private: Bob and you")
    await expect(shown).to_contain_text(SECRET)
    await expect(shown.get_by_text("Private: Bob and you")).to_be_visible()
    await expect(shown.locator("svg").first).to_be_visible()
    await expect(row(ada.page, "Birthday").get_by_text("Has a private reply")).to_be_attached()

    # Something that all see, after it: by then Eve would have been told.
    await stop_writing(ada.page)
    await write_in(ada.page)
    await ada.page.keyboard.type(" on Sunday")
    await expect(text_of(eve.page)).to_contain_text("Birthday on Sunday")
    await expect(row(eve.page, "Birthday on Sunday")).to_be_visible()
    wavelet = private_wavelet(sent_to_ada)
    assert SECRET not in json.dumps([json.loads(frame) for frame in sent_to_eve], ensure_ascii=False)
    assert not [frame for frame in sent_to_eve if wavelet.rpartition("/")[2] in frame]
    assert SECRET not in await eve.page.content()
    await expect(eve.page.get_by_role("group", name=re.compile("^Private"))).to_have_count(0)
    await expect(row(eve.page, "Birthday on Sunday")).not_to_contain_text("Has a private reply")
    await finds(eve.page, "boat")
    await finds(ada.page, "boat", "Birthday on Sunday")

    for query in ("state?version=1", "timeline?", "deltas?from=0&to=1", "attribution?version=1"):
        url = f"{site.url}/api/v1/wavelets/{query}&wavelet="
        hidden = await eve.context.request.get(url + quote(wavelet, safe=""))
        missing = await eve.context.request.get(url + quote(f"{wavelet}x", safe=""))
        assert hidden.status == missing.status == 404
        assert (await hidden.text()).replace(wavelet, "") == (await missing.text()).replace(f"{wavelet}x", "")
        assert (await ada.context.request.get(url + quote(wavelet, safe=""))).status != 404
    await open_wave(eve.page, path)
    await expect(text_of(eve.page)).to_contain_text("Birthday on Sunday")
    assert SECRET not in await eve.page.content()


async def test_somebody_let_into_a_private_reply_later_sees_it(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    eve: Person = await meet(site, "Eve")
    await wave_of(ada, bob, eve, first_line="Gift")
    first = blip(bob.page)
    await first.focus()
    await first.get_by_role("button", name="Actions for this message").click()
    await bob.page.get_by_role("menuitem", name="Reply privately").click()
    await bob.page.get_by_role("button", name="Start the reply").click()
    await expect(writing_in(bob.page)).to_be_focused()
    await bob.page.keyboard.type("Forty each?")
    await saved(bob.page)
    await stop_writing(bob.page)
    reply = bob.page.get_by_role("group", name="Private: Ada and you")
    await reply.get_by_role("button", name="Add people").click()
    await bob.page.get_by_role("combobox", name="Name or address").fill(eve.address)
    await bob.page.keyboard.press("Enter")
    await expect(
        bob.page.get_by_text("Private: Ada, Eve, and you").or_(bob.page.get_by_text("Private: Ada, Eve and you"))
    ).to_be_visible()
    await expect(eve.page.get_by_role("group", name=re.compile("^Private: "))).to_contain_text("Forty each?")
