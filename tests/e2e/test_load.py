"""What the first page costs, where it comes from, and what it is allowed to do."""

from __future__ import annotations

from playwright.async_api import Browser, Response, expect

from e2e.people import new_profile, register, unique
from e2e.seeding import Blip, line, writing
from running.server_process import ServerProcess

BUDGET = 200_000  # bytes of compressed script and style


async def test_the_inbox_and_an_open_wave_load_less_than_the_budget_from_this_server_only(
    site: ServerProcess, chromium: Browser
) -> None:
    context, page, problems = await new_profile(chromium, site.url)
    responses: list[Response] = []
    requests: list[str] = []
    page.on("response", lambda response: responses.append(response))
    context.on("request", lambda request: requests.append(request.url))
    page.on("websocket", lambda socket: requests.append(socket.url.replace("ws://", "http://")))
    account = unique("ada")
    address = await register(context, site.url, account, "Ada")
    async with writing(site, address) as seeder:
        name = await seeder.write([Blip(account, [line("First wave")])])
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    await page.goto(f"/wave/{name.wave.domain}/{name.wave.id}")
    await expect(page.locator("article[data-blip]")).to_contain_text("First wave")
    sizes = await _compressed_sizes(responses)
    await context.close()
    assert sum(sizes.values()) < BUDGET, sizes
    assert {url for url in requests if not url.startswith((site.url, "data:"))} == set()
    assert problems == []


async def _compressed_sizes(responses: list[Response]) -> dict[str, int]:
    """Bytes on the wire of each script and style, each counted once however often it was asked for."""
    sizes = {}
    for response in responses:
        if response.request.resource_type not in ("script", "stylesheet") or response.from_service_worker:
            continue
        headers = await response.all_headers()
        if response.status == 200 and response.url not in sizes:
            assert headers["content-encoding"] in ("br", "gzip"), response.url
            sizes[response.url] = int(headers["content-length"])
    return sizes


async def test_the_policy_allows_no_unsafe_script_or_style(site: ServerProcess, chromium: Browser) -> None:
    context, page, problems = await new_profile(chromium, site.url)
    for path in ("/", "/register", "/wave/localhost/w+nothing"):
        response = await page.goto(path)
        assert response is not None
        policy = (await response.all_headers())["content-security-policy"]
        assert "unsafe-" not in policy
        assert "default-src 'none'" in policy or "default-src 'self'" in policy
        await expect(page.get_by_role("main")).to_be_visible()
    reports = await page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective));
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.head.append(script);
        })"""
    )
    assert "script-src" in reports
    assert await page.evaluate("() => window.ran === undefined")
    await context.close()
    assert len(problems) == 1  # the one that this test provoked


async def test_the_application_opens_without_a_network_once_it_was_here(site: ServerProcess, chromium: Browser) -> None:
    context, page, problems = await new_profile(chromium, site.url)
    await register(context, site.url, unique("ada"), "Ada")
    await page.goto("/")
    await page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    await context.set_offline(True)
    await page.reload()
    await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    await context.set_offline(False)
    await context.close()
    assert problems == []
