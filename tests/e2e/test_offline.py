"""Connections go, servers die, tabs close while people type: what they typed is there once, and "Saved" is true."""

from __future__ import annotations

import asyncio
import re
import string

from playwright.async_api import Page, expect

from e2e.app import OFFLINE, blip, in_text, open_wave, saved, status, wave_of, write_in
from e2e.conftest import Meet
from e2e.documents import agreed, only, plain_characters, shows, stored
from running.cable import Cable
from running.server_process import ServerProcess

FAMILY = "👩‍👩‍👧"
TYPING = 12  # milliseconds between keys


async def test_what_is_typed_offline_waits_and_is_merged_on_return(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Start 😀 ")
    await write_in(bob.page)
    await ada.context.set_offline(True)
    await expect(status(ada.page)).to_have_text(OFFLINE)

    await asyncio.gather(
        ada.page.keyboard.type(f"from a train {FAMILY}", delay=TYPING),
        bob.page.keyboard.type("AT THE DESK 𝒜", delay=TYPING),
    )
    await expect(status(ada.page)).to_have_text(re.compile(r"^Offline, \d+ changes? waiting$"))
    await saved(bob.page)
    assert (await stored(bob, path))[await _first(bob.page)][0].text == "Start 😀 AT THE DESK 𝒜"

    await ada.context.set_offline(False)
    await saved(ada.page)
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert sorted(line.text) == sorted(f"Start 😀 from a train {FAMILY}AT THE DESK 𝒜")
    assert only(line.text, string.ascii_uppercase) == "SATTHEDESK"
    assert plain_characters(line.text)


async def test_saved_is_said_only_when_the_server_has_acknowledged(site: ServerProcess, meet: Meet) -> None:
    async with Cable(site.port) as cable:
        ada = await meet(site, "Ada", url=cable.url)
        path = await wave_of(ada, first_line="Start ")
        cable.withhold_answers()
        await ada.page.keyboard.type("of 𝒜 sentence")
        await cable.answer_withheld()  # the server has it, which the page cannot know
        await expect(status(ada.page)).to_have_text("Saving…")

        cable.cut()
        await expect(status(ada.page)).to_have_text(re.compile(r"^Offline, \d+ changes? waiting$"))
        await ada.page.keyboard.type("!")
        cable.mend()
        await saved(ada.page)
        ((line,),) = (await agreed(path, ada)).values()
        assert line.text == "Start of 𝒜 sentence!"


async def test_a_server_killed_under_typing_people_loses_nothing(own_site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(own_site, "Ada"), await meet(own_site, "Bob")
    path = await wave_of(ada, bob, first_line="Start ")
    await write_in(bob.page)
    ada_types = f"lowercase 😀 {FAMILY} letters of ada for as long as it takes"
    bob_types = "CAPITAL 𝒜 LETTERS OF BOB FOR AS LONG AS IT TAKES"

    async def kill_and_restart() -> None:
        await shows(bob.page, "lowercase")
        await own_site.kill()
        await expect(status(ada.page)).to_have_text(OFFLINE)
        await own_site.start()

    await asyncio.gather(
        ada.page.keyboard.type(ada_types, delay=4 * TYPING),
        bob.page.keyboard.type(bob_types, delay=4 * TYPING),
        kill_and_restart(),
    )
    await asyncio.gather(saved(ada.page, after_restart=True), saved(bob.page, after_restart=True))
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert only(line.text, string.ascii_uppercase) == only(f"S{bob_types}", string.ascii_uppercase)
    assert sorted(line.text) == sorted(f"Start {ada_types}{bob_types}")
    assert plain_characters(line.text)


async def test_text_of_a_tab_closed_offline_arrives_once_from_the_next(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Start")
    await ada.context.set_offline(True)
    await expect(status(ada.page)).to_have_text(OFFLINE)
    await ada.page.keyboard.type(f" typed in the dark 😀{FAMILY}")
    await expect(status(ada.page)).to_have_text(re.compile("waiting"))
    await ada.page.close()

    await ada.context.set_offline(False)
    ada.page = await ada.tab()
    await ada.page.goto("/")
    await shows(bob.page, f"Start typed in the dark 😀{FAMILY}")  # the wave is not even open
    await open_wave(ada.page, path)
    await saved(ada.page)
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert line.text == f"Start typed in the dark 😀{FAMILY}"


async def test_a_page_loaded_anew_without_a_network_shows_what_was_kept(site: ServerProcess, meet: Meet) -> None:
    async with Cable(site.port) as cable:
        ada = await meet(site, "Ada", url=cable.url)
        path = await wave_of(ada, first_line="Kept 😀")
        await ada.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        cable.cut()
        await ada.page.keyboard.type(f" and more {FAMILY}")
        await expect(status(ada.page)).to_have_text(re.compile("waiting"))

        await ada.page.reload()
        await shows(ada.page, f"Kept 😀 and more {FAMILY}")
        await expect(status(ada.page)).to_have_text(re.compile("waiting"))
        await write_in(ada.page)
        await ada.page.keyboard.type(", and 𝒜")
        cable.mend()
        await saved(ada.page)
        ((line,),) = (await agreed(path, ada)).values()
        assert line.text == f"Kept 😀 and more {FAMILY}, and 𝒜"


async def test_two_tabs_of_one_person_write_offline_and_one_is_closed(site: ServerProcess, meet: Meet) -> None:
    async with Cable(site.port) as cable:
        ada, bob = await meet(site, "Ada", url=cable.url), await meet(site, "Bob")
        path = await wave_of(ada, bob, first_line="Start ")
        second = await ada.tab()
        await open_wave(second, path)
        await write_in(second)
        cable.cut()
        for page in (ada.page, second):
            await expect(status(page)).to_have_text(OFFLINE)
        await ada.page.keyboard.type("first tab 😀. ")
        await second.keyboard.type("SECOND TAB 𝒜. ")
        await ada.page.close()
        cable.mend()
        await shows(bob.page, "first tab")  # the second tab has taken it over
        await saved(second)
        ada.page = second
        ((line,),) = (await agreed(path, ada, bob)).values()
        assert sorted(line.text) == sorted("Start first tab 😀. SECOND TAB 𝒜. ")


async def test_two_tabs_of_one_person_write_at_once(site: ServerProcess, meet: Meet) -> None:
    ada = await meet(site, "Ada")
    path = await wave_of(ada, first_line="Start ")
    second = await ada.tab()
    await open_wave(second, path)
    await write_in(second)
    await asyncio.gather(
        ada.page.keyboard.type("first tab 😀. ", delay=TYPING), second.keyboard.type("SECOND TAB 𝒜. ", delay=TYPING)
    )
    await asyncio.gather(saved(ada.page), saved(second))
    ((line,),) = (await agreed(path, ada)).values()
    assert sorted(line.text) == sorted("Start first tab 😀. SECOND TAB 𝒜. ")
    await shows(second, line.text)


async def test_a_tab_without_network_and_one_with_it_keep_what_is_typed_in_both(
    site: ServerProcess, meet: Meet
) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Start ")
    second = await ada.tab()
    await open_wave(second, path)
    await write_in(second)
    network = await ada.context.new_cdp_session(second)
    gone = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    await network.send("Network.emulateNetworkConditions", gone)
    await expect(status(second)).to_have_text(OFFLINE)
    await second.keyboard.type("OFFLINE 𝒜. ")
    await ada.page.keyboard.type("online 😀. ")
    await saved(ada.page)
    await shows(bob.page, "Start online 😀. ")

    await network.send("Network.emulateNetworkConditions", {**gone, "offline": False})
    await saved(second)
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert line.text in ("Start online 😀. OFFLINE 𝒜. ", "Start OFFLINE 𝒜. online 😀. ")
    await shows(second, line.text)


async def test_a_wave_begun_without_a_network_arrives_later(site: ServerProcess, meet: Meet) -> None:
    async with Cable(site.port) as cable:
        ada = await meet(site, "Ada", url=cable.url)
        await ada.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        cable.cut()
        await ada.page.get_by_role("button", name="New wave").first.click()
        await in_text(ada.page)
        await ada.page.keyboard.type(f"In a tunnel 😀 {FAMILY}")
        await expect(status(ada.page)).to_have_text(re.compile(r"^Offline, \d+ changes? waiting$"))
        path = ada.page.url.removeprefix(ada.url)
        await ada.page.close()

        cable.mend()
        ada.page = await ada.tab()
        await open_wave(ada.page, path)
        await saved(ada.page)
        ((line,),) = (await agreed(path, ada)).values()
        assert line.text == f"In a tunnel 😀 {FAMILY}"


async def test_a_suspended_tab_catches_up_when_it_wakes(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Start ")
    await ada.page.keyboard.type("asleep 😀 ")
    protocol = await ada.context.new_cdp_session(ada.page)
    await protocol.send("Page.setWebLifecycleState", {"state": "frozen"})
    await write_in(bob.page)
    await bob.page.keyboard.type("AWAKE 𝒜 ")
    await saved(bob.page)
    await protocol.send("Page.setWebLifecycleState", {"state": "active"})
    await ada.page.keyboard.type("again")
    await saved(ada.page)
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert sorted(line.text) == sorted("Start asleep 😀 AWAKE 𝒜 again")


async def _first(page: Page) -> str:
    return await blip(page).get_attribute("data-blip") or ""
