"""Choosing many rows of the desk in real Chromium: a range, all, by keyboard, by thumb, and without any script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, expect

from api.web import live
from domain.filing import ApprovalGiven, Approve, FilingReturned, Return
from domain.ids import StreamId
from tests.api.site import COORDINATOR, OFFICE
from tests.e2e.window import PC, PHONE, chromium
from tests.web.conftest import Web


@pytest.fixture(scope="module")
async def chrome() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@asynccontextmanager
async def desk(
    chrome: Browser, web: Web, who: tuple[str, str] = COORDINATOR, *, phone: bool = False, script: bool = True
) -> AsyncIterator[Page]:
    """Somebody's desk. No script may fail on it."""
    cookie = (await web.signed_in(*who)).http.cookies["termledger-session"]
    context = await chrome.new_context(
        viewport=PHONE if phone else PC,  # type: ignore[arg-type]
        locale="zh-CN",
        java_script_enabled=script,
    )
    await context.add_cookies([{"name": "termledger-session", "value": cookie, "url": web.origin}])
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda fault: errors.append(str(fault)))
    await page.goto(f"{web.origin}/")
    try:
        yield page
        assert not errors, errors
    finally:
        await context.close()


def boxes(page: Page) -> Locator:
    return page.locator("input[name=pick]")


async def chosen(page: Page) -> list[int]:
    """Which rows are ticked, from 0."""
    return [nth for nth in range(await boxes(page).count()) if await boxes(page).nth(nth).is_checked()]


async def decided(web: Web, streams: list[StreamId]) -> dict[str, int]:
    """How many were decided how, each once."""
    kinds: dict[str, int] = {}
    for stream in streams:
        events = [one.event for one in await web.ledger.events(web.tenant, stream)]
        found = [one.type for one in events if isinstance(one, ApprovalGiven | FilingReturned)]
        assert len(found) <= 1
        for kind in found:
            kinds[kind] = kinds.get(kind, 0) + 1
    return kinds


async def test_a_range_all_and_none_are_chosen_and_counted(web: Web, chrome: Browser) -> None:
    for _ in range(6):
        await web.site.filing("in_review")
    async with desk(chrome, web) as page:
        count = page.locator(".bulk-count")
        await expect(count).to_have_text("")
        await boxes(page).nth(1).click()
        await boxes(page).nth(4).click(modifiers=["Shift"])
        assert await chosen(page) == [1, 2, 3, 4]
        await expect(count).to_have_text("已选 4 件")
        await boxes(page).nth(3).click(modifiers=["Shift"])
        assert await chosen(page) == [1, 2]
        everything = page.locator("[data-pick-all]")
        assert await everything.evaluate("one => one.indeterminate")
        await page.get_by_label("全选（6 件）").check()
        assert await chosen(page) == [0, 1, 2, 3, 4, 5]
        await page.get_by_label("全选（6 件）").uncheck()
        assert await chosen(page) == []
        await expect(count).to_have_text("")


async def test_the_keyboard_chooses_and_enter_decides_nothing(web: Web, chrome: Browser) -> None:
    streams = [await web.site.filing("in_review") for _ in range(4)]
    async with desk(chrome, web) as page:
        await boxes(page).first.focus()
        for key in ("Space", "ArrowDown", "Shift+ArrowDown"):
            await page.keyboard.press(key)
        assert await chosen(page) == [0, 1, 2]
        await page.keyboard.press("Enter")
        await expect(page.locator(".bulk-count")).to_have_text("已选 3 件")
        await page.keyboard.press("Escape")
        assert await chosen(page) == []
        await page.keyboard.press("Control+a")
        assert await chosen(page) == [0, 1, 2, 3]
        assert page.url == f"{web.origin}/"
    assert await decided(web, streams) == {}


async def test_bulk_approval_on_a_phone_tells_of_each_and_can_be_tried_again(web: Web, chrome: Browser) -> None:
    streams = [await web.site.filing("in_review") for _ in range(3)]
    async with desk(chrome, web, phone=True) as page:
        await page.get_by_label("全选（3 件）").check()
        for one in [*await page.locator(".bulk button, .desk-row .pick").all(), page.locator(".bulk .check")]:
            size = await one.bounding_box()
            assert size is not None
            assert size["height"] >= 44, await one.inner_html()
        second = await web.site.person("coordinator", "shiyan", "second")
        await web.site.by(second, streams[0], Return(reason="缺日期"))
        await page.fill("#text", "请按期开展")
        await page.get_by_role("button", name="同意所选").click()
        await expect(page.locator("#outcome")).to_have_text("已同意 2 件，1 件没有办理")
        await expect(page.locator(f"#result-{streams[0]}")).to_contain_text("缺日期")
        await expect(page.locator(f"#result-{streams[1]}")).to_contain_text("审批中")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        found = await Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert await decided(web, streams) == {"filing.approval_given": 2, "filing.returned": 1}


async def test_bulk_return_works_without_any_script(web: Web, chrome: Browser) -> None:
    streams = [await web.site.filing("in_review") for _ in range(3)]
    async with desk(chrome, web, phone=True, script=False) as page:
        assert not await page.locator(".bulk-head").is_visible()
        for nth in (0, 2):
            await boxes(page).nth(nth).check()
        await page.keyboard.press("Enter")
        await expect(page.locator(".problems")).to_contain_text("还没有说明如何办理")
        assert await chosen(page) == [0, 2]
        await page.get_by_role("button", name="退回所选").click()
        await expect(page.locator("#text-error")).to_contain_text("退回须写明原因")
        assert await chosen(page) == [0, 2]
        await page.fill("#text", "请补充日期")
        await page.get_by_role("button", name="退回所选").click()
        await expect(page.locator("#outcome")).to_have_text("已退回 2 件")
    assert await decided(web, streams) == {"filing.returned": 2}


async def test_who_chooses_what_needs_a_judgement_is_told_before(web: Web, chrome: Browser) -> None:
    for period in ("2026-09", "2026-10"):
        await web.site.filing("second", duty="stage_report", period=period)
    async with desk(chrome, web, OFFICE) as page:
        await boxes(page).first.check()
        await expect(page.locator(".bulk-count")).to_contain_text("其中 1 件不能批量同意")
        found = await Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


async def test_an_open_desk_counts_what_comes_and_goes(
    web: Web, chrome: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EVERY", 0.1)
    monkeypatch.setattr(live, "LOOKS", 1000)
    async with desk(chrome, web) as page:
        waiting = page.locator("nav [data-live=waiting]")
        unread = page.locator("#notices [data-live=unread]")
        await expect(waiting).to_be_hidden()
        await expect(unread).to_be_hidden()
        filing = await web.site.filing("in_review")
        await expect(waiting).to_have_text("1")
        await expect(waiting).to_be_visible()
        await expect(unread).to_have_text("1")
        await web.site.by(COORDINATOR, filing, Approve())
        await expect(waiting).to_be_hidden()
