"""An input method composes text while others write: nothing breaks the composition, and nothing is lost."""

from __future__ import annotations

import asyncio

from playwright.async_api import expect

from e2e.app import saved, text_of, wave_of, write_in
from e2e.conftest import Meet
from e2e.documents import agreed
from running.server_process import ServerProcess


async def test_what_others_write_waits_for_the_end_of_a_composition(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="ab")
    await write_in(bob.page)
    await write_in(ada.page)
    await ada.page.keyboard.press("ArrowLeft")
    keys = await ada.context.new_cdp_session(ada.page)
    for text in ("k", "か", "かn", "かに", "蟹😀"):
        size = len(text.encode("utf-16-le")) // 2
        await keys.send("Input.imeSetComposition", {"text": text, "selectionStart": size, "selectionEnd": size})
        await bob.page.keyboard.type("X")
    await expect(text_of(bob.page)).to_contain_text("蟹😀")
    await saved(bob.page)
    await expect(text_of(ada.page)).to_contain_text("a蟹😀b")
    await expect(text_of(ada.page)).not_to_contain_text("X")

    await keys.send("Input.insertText", {"text": "蟹😀"})
    await expect(text_of(ada.page)).to_contain_text("X")
    await ada.page.keyboard.type("!")
    await asyncio.gather(saved(ada.page), saved(bob.page))
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert line.text == "a蟹😀!bXXXXX"
