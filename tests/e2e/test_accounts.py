"""People and their accounts: coming, going, and how others see them."""

from __future__ import annotations

import io

from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, expect

from e2e.conftest import Meet
from e2e.pages import row, settings, sign_in_with, sign_out, told
from e2e.people import PASSWORD, Person, new_profile, sign_in, unique
from e2e.seeding import Blip, line, writing
from running.server_process import ServerProcess

NEW_PASSWORD = "another horse, another battery"


def picture() -> FilePayload:
    """A PNG file as one chooses it."""
    file = io.BytesIO()
    Image.new("RGB", (200, 120), (20, 120, 90)).save(file, "PNG")
    return FilePayload(name="me.png", mimeType="image/png", buffer=file.getvalue())


async def _elsewhere(chromium: Browser, person: Person) -> Page:
    """The same person at another browser."""
    context, page, problems = await new_profile(chromium, person.url)
    person.problems = problems
    await sign_in(context, person.url, person.address, PASSWORD)
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    return page


async def test_a_newcomer_registers_signs_out_and_signs_in_again(stranger: Page) -> None:
    page, name = stranger, unique("newcomer")
    await page.goto("/")
    await page.get_by_role("link", name="Create an account").click()
    await page.get_by_label("Name that others see").fill("Nora Neumann")
    await page.get_by_label("Name", exact=True).fill(name)
    await expect(page.get_by_text(f"Your address will be {name}@localhost")).to_be_visible()
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create an account").click()
    await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    await expect(page.get_by_role("button", name="You: Nora Neumann")).to_be_visible()

    await sign_out(page)
    await sign_in_with(page, name)
    await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


async def test_what_is_wrong_with_a_registration_is_said_at_its_field(
    stranger: Page, site: ServerProcess, meet: Meet
) -> None:
    ada: Person = await meet(site, "Ada")
    page = stranger
    await page.goto("/register")
    name, password = page.get_by_label("Name", exact=True), page.get_by_label("Password", exact=True)
    await name.fill(ada.account)
    await password.fill("short")
    await page.get_by_role("button", name="Create an account").click()
    await expect(page.get_by_text("Use at least 8 characters.")).to_be_visible()
    await expect(password).to_have_attribute("aria-invalid", "true")
    await expect(password).to_be_focused()
    await password.fill(PASSWORD)
    await page.get_by_role("button", name="Create an account").click()
    await expect(page.get_by_text("Somebody has this name already. Choose another.")).to_be_visible()
    await expect(name).to_be_focused()


async def test_a_wrong_password_is_refused_and_says_so(stranger: Page, site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = stranger
    await page.goto("/settings/profile")
    await sign_in_with(page, ada.account, "not the password")
    await expect(page.get_by_text("Name and password do not belong together.")).to_be_visible()
    await sign_in_with(page, ada.account)
    await expect(page.get_by_role("heading", name="Profile")).to_be_visible()  # where they were going


async def test_a_changed_password_ends_other_sessions_which_go_on_after_signing_in_again(
    site: ServerProcess, meet: Meet, chromium: Browser
) -> None:
    ada: Person = await meet(site, "Ada")
    other = await _elsewhere(chromium, ada)
    page = ada.page
    await settings(page, "password")
    await page.get_by_label("Current password").fill("not the password")
    await page.get_by_label("New password").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("This is not your current password.")).to_be_visible()
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_role("button", name="Change password").click()
    await expect(told(page, "Password changed. Your other sessions have ended.")).to_be_visible()

    dialog = other.get_by_role("dialog", name="Sign in again")
    await expect(dialog).to_be_visible()
    await dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    await dialog.get_by_role("button", name="Sign in").click()
    await expect(dialog.get_by_text("do not belong together")).to_be_visible()
    await dialog.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
    await dialog.get_by_role("button", name="Sign in").click()
    await expect(dialog).to_be_hidden()
    await expect(other.get_by_role("heading", name="Inbox")).to_be_visible()
    await other.context.close()


async def test_another_session_is_listed_and_can_be_ended(site: ServerProcess, meet: Meet, chromium: Browser) -> None:
    ada: Person = await meet(site, "Ada")
    other = await _elsewhere(chromium, ada)
    main = await settings(ada.page, "sessions")
    await expect(main.get_by_role("listitem").filter(has_text="Last used")).to_have_count(2)
    await expect(main.get_by_text("This browser")).to_have_count(1)
    await main.get_by_role("button", name="End the session of").click()
    await expect(told(ada.page, "Session ended")).to_be_visible()
    await expect(main.get_by_role("listitem").filter(has_text="Last used")).to_have_count(1)
    await expect(other.get_by_role("dialog", name="Sign in again")).to_be_visible()
    await other.context.close()


async def test_name_and_picture_are_what_others_see(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    bob: Person = await meet(site, "Bob")
    main = await settings(ada.page, "profile")
    await main.get_by_label("Name", exact=True).fill("Ada Lovelace")
    await main.get_by_role("button", name="Save").click()
    await expect(told(ada.page, "Name changed")).to_be_visible()
    async with ada.page.expect_file_chooser() as choosing:
        await main.get_by_role("button", name="Choose a picture").click()
    await (await choosing.value).set_files(picture())
    dialog = ada.page.get_by_role("dialog", name="Preview of your picture")
    await expect(dialog.get_by_role("img")).to_be_visible()
    await dialog.get_by_role("button", name="Use this picture").click()
    await expect(told(ada.page, "Picture changed")).to_be_visible()

    async with writing(site, ada.address) as seeder:
        await seeder.write([Blip(ada.account, [line("Engines")])], others=[bob.account])
    found = row(bob.page, "Engines")
    await expect(found.get_by_text("Ada").first).to_be_visible()
    await expect(found.locator("img")).to_have_js_property("complete", True)
    await bob.page.wait_for_function("() => document.querySelector('article img').naturalWidth > 0")
    await found.get_by_role("link").click()
    await expect(bob.page.get_by_role("article").get_by_text("Ada Lovelace").first).to_be_visible()


async def test_the_language_is_switched_to_german_and_back(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    main = await settings(page, "appearance")
    await main.get_by_role("radio", name="Deutsch").click()
    await expect(main.get_by_role("heading", name="Darstellung")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Posteingang")).to_be_visible()  # kept on this device
    await page.goto("/settings/appearance")
    await main.get_by_role("radio", name="English").click()
    await expect(main.get_by_role("heading", name="Appearance")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "en")


async def test_a_browser_that_prefers_german_gets_german(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada", locale="de-DE")
    await expect(ada.page.get_by_role("heading", name="Posteingang")).to_be_visible()


async def test_the_theme_is_switched_and_kept(site: ServerProcess, meet: Meet) -> None:
    ada: Person = await meet(site, "Ada")
    page = ada.page
    main = await settings(page, "appearance")
    light = await _background(page)
    await main.get_by_role("radio", name="Dark").click()
    await page.wait_for_function("light => getComputedStyle(document.body).backgroundColor !== light", arg=light)
    dark = await _background(page)
    await page.reload()
    await expect(main.get_by_role("radio", name="Dark")).to_be_checked()
    assert await _background(page) == dark
    await main.get_by_role("radio", name="System").click()
    await page.wait_for_function("light => getComputedStyle(document.body).backgroundColor === light", arg=light)
    await page.emulate_media(color_scheme="dark")
    await page.wait_for_function("dark => getComputedStyle(document.body).backgroundColor === dark", arg=dark)


async def _background(page: Page) -> str:
    return str(await page.evaluate("() => getComputedStyle(document.body).backgroundColor"))
