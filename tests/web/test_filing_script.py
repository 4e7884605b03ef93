"""The form of a filing in real Chromium: it saves itself, rows come and go, and what is typed outlives the network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, expect

from domain.ids import StreamId
from ledger.contents import Draft
from tests.api.site import COORDINATOR, LEADER
from tests.e2e.window import PHONE, chromium
from tests.web.conftest import Web
from tests.workflows.school import until


@pytest.fixture(scope="module")
async def chrome() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@asynccontextmanager
async def phone(chrome: Browser, web: Web) -> AsyncIterator[Page]:
    """A leader's phone. No script may fail on it."""
    cookie = (await web.signed_in(*LEADER)).http.cookies["termledger-session"]
    context = await chrome.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
    await context.add_cookies([{"name": "termledger-session", "value": cookie, "url": web.origin}])
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda fault: errors.append(str(fault)))
    try:
        yield page
        assert not errors, errors
    finally:
        await context.close()


async def draft_of(web: Web, stream: StreamId) -> Draft:
    draft = await web.ledger.contents.draft(web.tenant, stream)
    assert draft is not None
    return draft


async def months_saved(web: Web, stream: StreamId, *months: str) -> None:
    """Wait until the draft has these months: between two words it may have been saved with the first alone."""

    async def has_them() -> bool:
        return [row["month"] for row in (await draft_of(web, stream)).body["monthly_tasks"]] == list(months)

    await until(has_them, f"the draft has {months}")


def box(page: Page, name: str) -> str:
    return f'[id="content.{name}"]'


async def test_the_form_saves_itself_and_rows_come_and_go(web: Web, chrome: Browser) -> None:
    filing = await web.site.filing("open")
    async with phone(chrome, web) as page:
        await page.goto(f"{web.origin}/filings/{filing}/edit")
        await page.fill(box(page, "monthly_tasks.0.month"), "九月")
        await page.click("text=加一行")
        await page.keyboard.type("十月")
        await expect(page.locator("#edit .told")).to_contain_text("已自动保存")
        await expect(page.locator("[name=revision]")).not_to_have_value("0")
        await months_saved(web, filing, "九月", "十月")
        await page.locator(".form-row").nth(1).get_by_text("上移").click()
        await page.locator(".form-row").nth(1).get_by_text("删除").click()
        await expect(page.locator(".form-row")).to_have_count(1)
        await page.click("text=恢复")
        await expect(page.locator(".form-row")).to_have_count(2)
        await page.locator("#edit .form-end button", has_text="保存草稿").click()
        await page.wait_for_url("**said=filing.saved*")
        assert [row["month"] for row in (await draft_of(web, filing)).body["monthly_tasks"]] == ["十月", "九月"]


async def test_what_is_typed_without_a_network_is_still_there(web: Web, chrome: Browser) -> None:
    filing = await web.site.filing("open")
    async with phone(chrome, web) as page:
        await page.goto(f"{web.origin}/filings/{filing}/edit")
        await page.fill(box(page, "analysis"), "先写的")
        await expect(page.locator("#edit .told")).to_contain_text("已自动保存")
        await page.context.set_offline(True)
        await page.fill(box(page, "analysis"), "先写的，楼梯间里接着写的")
        await page.click("text=加一行")
        await page.keyboard.type("十月")
        await page.click("#edit .form-end button.primary")
        await expect(page.locator("#edit .told")).to_contain_text("没有网络")
        # It dies, as a phone does: a tab that is closed may still hear that the network is back, and save.
        session = await page.context.new_cdp_session(page)
        async with page.expect_event("crash"):
            dying = asyncio.ensure_future(session.send("Page.crash"))
        dying.cancel()
        await page.close()
        again = await page.context.new_page()
        await page.context.set_offline(False)
        await again.goto(f"{web.origin}/filings/{filing}/edit")
        await expect(again.locator(box(again, "analysis"))).to_have_value("先写的，楼梯间里接着写的")
        await expect(again.locator(box(again, "monthly_tasks.1.month"))).to_have_value("十月")
        await expect(again.locator("#edit .told")).to_contain_text("已恢复")


async def test_text_of_this_device_and_a_draft_that_moved_are_shown_together(web: Web, chrome: Browser) -> None:
    filing = await web.site.filing("open")
    async with phone(chrome, web) as page:
        await page.goto(f"{web.origin}/filings/{filing}/edit")
        await page.context.set_offline(True)
        await page.fill(box(page, "analysis"), "手机上写的")
        person = await web.site.person(*LEADER)
        await web.ledger.contents.save_draft(web.tenant, filing, {"analysis": "电脑上写的"}, person, None)
        await page.context.set_offline(False)
        await page.goto(f"{web.origin}/filings/{filing}/edit")
        await expect(page.locator(box(page, "analysis"))).to_have_value("电脑上写的")
        await page.click("text=对照两份")
        await expect(page.locator("h1")).to_have_text("草稿在别处也改过")
        await expect(page.locator("main")).to_contain_text("手机上写的")
        await page.click("text=以我这里的为准")
        await expect(page.locator(box(page, "analysis"))).to_have_value("手机上写的")
        assert (await draft_of(web, filing)).body == {"analysis": "手机上写的"}


async def test_people_are_offered_while_a_name_is_typed(web: Web, chrome: Browser) -> None:
    for name in ("白老师", "程老师"):
        await web.site.person(*COORDINATOR, name)
    filing = await web.site.filing("in_review")
    async with phone(chrome, web) as page:
        await page.goto(f"{web.origin}/filings/{filing}")
        await page.click("details:has(#do-copy) > summary")
        field = page.locator('[id="copy.people"]')
        await field.press_sequentially("老师")
        offers = page.locator("[role=option]:visible")
        await expect(offers).to_have_count(2)
        # They come in the order of their ids, which no name foretells.
        first, second = ("白老师", "程老师") if "白" in await offers.first.inner_text() else ("程老师", "白老师")
        await field.press("ArrowDown")
        await field.press("Enter")
        await expect(field).to_have_value(f"{first}、")
        await field.press_sequentially(second[0])
        await expect(offers).to_have_count(1)
        await offers.first.click()
        await expect(field).to_have_value(f"{first}、{second}、")
        await expect(offers).to_have_count(0)
        await page.locator("#do-copy button").click()
        await page.wait_for_url("**said=filing.copy*")
        await expect(page.locator("#copies")).to_contain_text("0/2")


async def test_a_name_that_was_asked_about_is_not_asked_about_again(web: Web, chrome: Browser) -> None:
    people = [await web.site.person(*COORDINATOR, name) for name in ("白老师", "程老师")]
    filing = await web.site.filing("in_review")
    async with phone(chrome, web) as page:
        for nth, note in enumerate(("选定一位", "改填姓名")):
            await page.goto(f"{web.origin}/filings/{filing}")
            await page.click("details:has(#do-copy) > summary")
            field = page.locator('[id="copy.people"]')
            await field.fill("老师")
            await page.locator("#do-copy textarea").fill(note)
            await page.locator("#do-copy button").click()
            await expect(page.get_by_role("group", name="“老师”是哪一位")).to_be_visible()
            await expect(field).to_have_value("")
            await expect(page.locator("#do-copy textarea")).to_have_value(note)
            if nth == 0:
                await page.locator(f'#do-copy input[value="{people[0]}"]').check()
            else:
                await field.fill("程老师")
            await page.locator("#do-copy button").click()
            await page.wait_for_url("**said=filing.copy*")
        await expect(page.locator("#copies")).to_contain_text("0/2")
