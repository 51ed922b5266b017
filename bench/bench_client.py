"""Typing at the start of a blip of 100,000 characters in Chromium, while somebody else types in it too.

Measured is the time from a key press (the event's own time stamp, taken by the browser's process) to the moment
after the frame that shows it was handed over for painting: an animation frame, and the task after it. Beside it,
in the same run and browser, the same text in a bare contenteditable without any program: what the browser itself
needs. ``make bench-client`` runs it; the mark is 50 ms at the 95th percentile.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

from e2e.app import open_wave, write_in
from e2e.browsers import running_chromium
from e2e.people import new_profile, sign_in
from e2e.seeding import Blip, Line, Seeder, line
from running.server_process import ServerProcess
from wave_server.names import WaveletName
from wave_web.client.blip_text import BlipText
from wave_web.client.connection import WaveClient
from wave_web.client.wavelet import Wavelet

MARK: Final = 50.0  # ms, 95th percentile
CHARACTERS: Final = 100_000
KEY_INTERVAL: Final = 0.06  # seconds: a fast typist
OTHER_INTERVAL: Final = 0.1

PROBE: Final = """() => {
  window.samples = [];
  window.addEventListener('keydown', (event) => {
    const pressed = event.timeStamp;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { window.samples.push(performance.now() - pressed); };
      channel.port2.postMessage(null);
    });
  }, true);
}"""

# A promise and no polling from outside, which the page's content security policy would refuse.
SAMPLES: Final = """(keys) => new Promise((resolve) => {
  const look = () => {
    if (window.samples.length >= keys) resolve(window.samples);
    else requestAnimationFrame(look);
  };
  look();
})"""

BARE: Final = """(lines) => {
  document.body.replaceChildren();
  const box = document.createElement('div');
  box.contentEditable = 'true';
  for (const text of lines) {
    const paragraph = document.createElement('p');
    paragraph.textContent = text;
    box.append(paragraph);
  }
  document.body.append(box);
  box.focus();
  document.getSelection().collapse(box.firstChild, 0);
}"""


@dataclass(frozen=True)
class Case:
    """A shape of the same amount of text."""

    name: str
    lines: tuple[str, ...]


def cases() -> list[Case]:
    """The text as a thousand lines, and as one."""
    words = random.Random(1).choices(["wave", "crest", "tide", "swell", "ground", "delta", "😀", "ocean"], k=40_000)
    text = " ".join(words)[:CHARACTERS]
    lines = tuple(text[start : start + 100] for start in range(0, len(text), 100))
    return [Case("1,000 lines", lines), Case("one line", (text,))]


async def typed(page: Page, keys: int) -> list[float]:
    """Press ``keys`` keys at the pace of a fast typist; ms from each press to its frame."""
    await page.bring_to_front()  # frames of a tab in the background are held back
    await page.evaluate(PROBE)
    for number in range(keys):
        await page.keyboard.press("abcdefghij"[number % 10])
        await asyncio.sleep(KEY_INTERVAL)  # the pace is what is measured at, not a wait for something
    samples: list[float] = await page.evaluate(SAMPLES, keys)
    return samples


async def somebody_types(client: WaveClient, name: WaveletName, blip: str, chance: random.Random) -> None:
    """Type at random places of the blip until cancelled."""
    view = await client.open(name.wave)
    wavelet = await view.wavelet(name)
    text = BlipText(wavelet.replica, blip)
    length = len(text.text)
    while True:
        wavelet.apply(text.edit(chance.randrange(length), 0, chance.choice("xyz")))
        length += 1
        await asyncio.sleep(OTHER_INTERVAL)


def report(name: str, samples: Sequence[float]) -> float:
    """Print the distribution; the 95th percentile."""
    ordered = sorted(samples)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(
        f"{name:42} median {statistics.median(ordered):6.1f}  p95 {p95:6.1f}  longest {ordered[-1]:6.1f} ms", flush=True
    )
    return p95


async def measure(case: Case, keys: int, page: Page, bare: Page, clients: dict[str, WaveClient], url: str) -> float:
    """Our editor, then the bare one, with the same text."""
    written: list[Line] = [line(text) for text in case.lines]
    name = await Seeder(clients).write([Blip("ada", written)], others=["bob"])
    view = await clients["bob"].open(name.wave)
    wavelet = await view.wavelet(name)
    await wavelet.wait_for(lambda: blip_of(wavelet) is not None)
    blip = blip_of(wavelet) or ""
    await open_wave(page, f"/wave/{name.wave.domain}/{name.wave.id}")
    await write_in(page)
    await page.keyboard.press("Control+Home")
    other = asyncio.create_task(somebody_types(clients["bob"], name, blip, random.Random(2)))
    try:
        ours = report(f"Groundswell, {case.name}, another types", await typed(page, keys))
    finally:
        other.cancel()
        await asyncio.gather(other, return_exceptions=True)
    await bare.goto(f"{url}/healthz")
    await bare.evaluate(BARE, list(case.lines))
    report(f"bare contenteditable, {case.name}, alone", await typed(bare, keys))
    await check(page, clients["bob"], name, blip, keys)
    return ours


def blip_of(wavelet: Wavelet) -> str | None:
    """The id of its first blip, once there is one."""
    return next((each for each in wavelet.replica.documents if each.startswith("b+")), None)


async def check(page: Page, client: WaveClient, name: WaveletName, blip: str, keys: int) -> None:
    """What was measured must have been typed: everything has reached the other's copy."""
    wavelet = await (await client.open(name.wave)).wavelet(name)
    expected = ("abcdefghij" * (keys // 10 + 1))[:keys]
    text = BlipText(wavelet.replica, blip)

    def arrived() -> bool:
        letters = iter(text.text)
        return all(letter in letters for letter in expected)

    await asyncio.wait_for(wavelet.wait_for(arrived), 30)


async def main() -> int:
    """Measure every case. 1 when a mark is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=200)
    keys: int = parser.parse_args().keys
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = ServerProcess(directory, f"sqlite+aiosqlite:///{directory}/groundswell.db")
        tokens = await server.prepare(["ada", "bob"])
        await server.start()
        stack.push_async_callback(server.stop)
        clients: dict[str, Any] = {}
        for user, token in tokens.items():
            clients[user] = await stack.enter_async_context(await WaveClient.connect(server.url, token))
        browser = await stack.enter_async_context(running_chromium())
        context, page, _ = await new_profile(browser, server.url)
        await sign_in(context, server.url, "ada@localhost")
        bare = await context.new_page()
        slowest = max([await measure(case, keys, page, bare, clients, server.url) for case in cases()[:1]])
        for case in cases()[1:]:
            await measure(case, keys, page, bare, clients, server.url)
    print(f"the mark, p95 under {MARK:.0f} ms in 1,000 lines: {'reached' if slowest < MARK else 'missed'}")
    return slowest >= MARK


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
