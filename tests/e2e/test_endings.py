"""Sessions and memberships end while people type: they are told, and what they typed is saved, or offered to them."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import expect

from e2e.app import OFFLINE, saved, status, wave_of, write_in, writing
from e2e.conftest import Meet
from e2e.documents import agreed, stored
from e2e.people import PASSWORD, Person
from running.server_process import ServerProcess


async def end_session(person: Person) -> None:
    """End the session of a person's browser from elsewhere, as the list of sessions does."""
    request = person.context.request
    answer = await (await request.get(f"{person.url}/api/v1/account/sessions")).json()
    (current,) = [each["id"] for each in answer["sessions"] if each["current"]]
    gone = await request.delete(f"{person.url}/api/v1/account/sessions/{current}", headers={"Origin": person.url})
    assert gone.status == 204


async def test_a_session_that_ends_while_one_types_is_renewed_and_everything_is_saved(
    site: ServerProcess, meet: Meet
) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Start ")
    text = "typed across the end 😀👩‍👩‍👧"
    await asyncio.gather(ada.page.keyboard.type(text, delay=25), end_session(ada))
    dialog = ada.page.get_by_role("dialog", name="Sign in again")
    await expect(dialog).to_be_visible()
    await dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    await dialog.get_by_role("button", name="Sign in").click()
    await expect(dialog).to_be_hidden()
    await saved(ada.page)
    await write_in(ada.page)
    await ada.page.keyboard.type(" and on")
    await saved(ada.page)
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert line.text == f"Start {text} and on"


async def test_text_of_somebody_removed_meanwhile_is_offered_as_a_draft(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Start")
    await write_in(bob.page)
    await bob.context.set_offline(True)
    await expect(status(bob.page)).to_have_text(OFFLINE)
    await bob.page.keyboard.type(" my thoughts 😀👩‍👩‍👧")
    await expect(status(bob.page)).to_have_text(re.compile("waiting"))

    await ada.page.get_by_role("button", name="Add people").click()
    await ada.page.get_by_role("button", name="Remove Bob").click()
    await saved(ada.page)
    await bob.context.set_offline(False)

    draft = bob.page.get_by_role("region", name="Something you wrote could not be added")
    await expect(draft).to_contain_text("my thoughts 😀👩‍👩‍👧")
    await bob.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await draft.get_by_role("button", name="Copy text").click()
    assert "my thoughts 😀👩‍👩‍👧" in await bob.page.evaluate("navigator.clipboard.readText()")
    await expect(bob.page.get_by_text("You no longer take part in this wave")).to_be_visible()
    await expect(writing(bob.page)).to_have_count(0)
    assert [line.text for lines in (await stored(ada, path)).values() for line in lines] == ["Start"]

    await draft.get_by_role("button", name="Discard").click()
    await expect(draft).to_have_count(0)
