"""What goes into a text besides keys: what is pasted and dropped, links, mentions."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

import pytest
from playwright.async_api import Page, expect

from e2e.app import in_text, saved, text_of, wave_of
from e2e.conftest import Meet
from e2e.documents import ShownLine, agreed, server_state, shows
from running.server_process import ServerProcess

# As Word puts it on the clipboard: conditional comments, styles of its own, lists made of paragraphs.
FROM_WORD: Final = """<html xmlns:o="urn:schemas-microsoft-com:office:office">
<head><meta name=Generator content="Microsoft Word 15"><style><!-- p.MsoNormal {margin:0cm;} --></style></head>
<body lang=EN-GB style='tab-interval:36.0pt'><!--StartFragment-->
<h1><span lang=EN-US>Minutes 😀<o:p></o:p></span></h1>
<p class=MsoNormal><b><span style='mso-fareast-language:EN-US'>Bold</span></b> and <i>slanted</i> 𝒜<o:p></o:p></p>
<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]>
<span style='font-family:Symbol;mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;
</span></span><![endif]>First point<o:p></o:p></p>
<script>window.pasted = true</script><!--EndFragment--></body></html>"""

FROM_A_PAGE: Final = """<meta charset="utf-8"><div style="position:fixed;top:0"><h2 onclick="alert(1)">Recipe</h2>
<p>See <a href="https://example.com/soup" onmouseover="alert(1)">the soup</a>
or <a href="javascript:alert(1)">this</a></p>
<ol><li>Boil <code>water</code></li><li>Wait 👩‍👩‍👧</li></ol><iframe src="https://example.org"></iframe>
<table><tr><td>salt</td><td>1 g</td></tr></table></div>"""

PASTE: Final = """([html, text]) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector("[contenteditable=true]").dispatchEvent(event);
}"""

GIVE_PICTURE: Final = """async ([encoded, kind]) => {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "square.png", { type: "image/png" }));
  const text = document.querySelector("[contenteditable=true]");
  const box = text.getBoundingClientRect();
  const common = { bubbles: true, cancelable: true };
  const event =
    kind === "paste"
      ? new ClipboardEvent("paste", { clipboardData: data, ...common })
      : new DragEvent("drop", { dataTransfer: data, clientX: box.left + 5, clientY: box.bottom - 5, ...common });
  text.dispatchEvent(event);
}"""


def png(side: int, colour: tuple[int, int, int]) -> bytes:
    """A square picture of one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(colour) * side for _ in range(side))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def paste(page: Page, html: str, text: str = "") -> None:
    """Paste as if another program had put this on the clipboard."""
    await page.evaluate(PASTE, [html, text])


async def test_what_comes_from_a_word_processor_is_reduced_to_what_a_blip_holds(
    site: ServerProcess, meet: Meet
) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Notes")
    await ada.page.keyboard.press("Enter")
    await paste(ada.page, FROM_WORD, "Minutes")
    await saved(ada.page)
    ((first, *pasted),) = (await agreed(path, ada, bob)).values()
    assert first.text == "Notes"
    assert pasted == [
        ShownLine("h1", (("Minutes 😀", ()),)),
        ShownLine("", (("Bold", ("bold",)), (" and ", ()), ("slanted", ("italic",)), (" 𝒜", ()))),
        ShownLine("bulleted", (("First point", ()),)),
    ]
    assert await ada.page.evaluate("window.pasted") is None


async def test_what_comes_from_a_web_page_keeps_its_sense_and_nothing_that_runs(
    site: ServerProcess, meet: Meet
) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Notes")
    await ada.page.keyboard.press("Enter")
    await paste(ada.page, FROM_A_PAGE, "Recipe")
    await saved(ada.page)
    ((_, heading, see, boil, wait, *table),) = (await agreed(path, ada, bob)).values()
    assert heading == ShownLine("h2", (("Recipe", ()),))
    assert see == ShownLine("", (("See ", ()), ("the soup", ("link https://example.com/soup",)), (" or this", ())))
    assert boil == ShownLine("numbered", (("Boil ", ()), ("water", ("code",))))
    assert wait == ShownLine("numbered", (("Wait 👩‍👩‍👧", ()),))
    assert "salt" in table[0].text


async def test_a_picture_pasted_or_dropped_is_seen_by_the_others(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Look:")
    for number, kind in enumerate(("paste", "drop"), 1):
        picture = base64.b64encode(png(40 * number, (20, 120, 200 - number))).decode()
        await ada.page.evaluate(GIVE_PICTURE, [picture, kind])
        seen = text_of(bob.page).locator("img[src]")
        await expect(seen).to_have_count(number)
    await saved(ada.page)
    await bob.page.wait_for_function(
        "() => { const seen = [...document.querySelectorAll('.gs-blip-text img[src]')];"
        " return seen.length === 2 && seen.every((image) => image.complete && image.naturalWidth > 0); }"
    )
    documents = (await server_state(bob, path))["documents"]
    assert len([name for name in documents if name.startswith("attach+")]) == 2


@pytest.mark.parametrize("way", ["picker", "input method"])
async def test_text_takes_the_place_of_several_lines_without_a_key(site: ServerProcess, meet: Meet, way: str) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="first 𝒜")
    await ada.page.keyboard.press("Control+Alt+1")
    await ada.page.keyboard.press("Enter")
    await ada.page.keyboard.type("second 👩‍👩‍👧")
    await ada.page.keyboard.press("Enter")
    await ada.page.keyboard.type("third")
    await ada.page.keyboard.press("Shift+ArrowUp")
    await ada.page.keyboard.press("Shift+Control+Home")
    await ada.page.keyboard.press("Shift+End")
    if way == "picker":
        await ada.page.keyboard.insert_text("😀")
    else:
        method = await ada.context.new_cdp_session(ada.page)
        for text in ("え", "えも"):
            await method.send(
                "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
            )
        await method.send("Input.insertText", {"text": "😀"})
    await ada.page.keyboard.type("!")
    await saved(ada.page)
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert line == ShownLine("h1", (("first 𝒜😀!", ()),))


async def test_an_address_that_is_typed_becomes_a_link(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Read 😀 https://example.com/a?b=1 soon")
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert line.runs == (
        ("Read 😀 ", ()),
        ("https://example.com/a?b=1", ("link https://example.com/a?b=1",)),
        (" soon", ()),
    )


async def test_a_person_chosen_behind_an_at_sign_is_mentioned(site: ServerProcess, meet: Meet) -> None:
    ada, bob = await meet(site, "Ada"), await meet(site, "Bob")
    path = await wave_of(ada, bob, first_line="Ask 😀 ")
    await ada.page.keyboard.type("@bo")
    await expect(ada.page.get_by_role("option", name="Bob")).to_be_visible()
    await ada.page.keyboard.press("Enter")
    await in_text(ada.page)
    await ada.page.keyboard.type("about it")
    await saved(ada.page)
    ((line,),) = (await agreed(path, ada, bob)).values()
    assert line.runs == (("Ask 😀 ", ()), ("@Bob", ("mention",)), (" about it", ()))
    await shows(bob.page, "@Bob about it")
    assert bob.address in str((await server_state(ada, path))["documents"])
