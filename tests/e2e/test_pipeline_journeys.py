"""What makes approvals hard, in real Chromium: sent back half-way, one more signer, many at once, people away and gone,
rules that change."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Locator, Page, expect

from domain.ids import StreamId
from tests.e2e.stage import Stage
from tests.e2e.window import Window, window

TERM = "2027-spring"
COORDINATOR, PRINCIPAL, OFFICE = "片区研修负责人审核", "中心校校长审定", "教研室备案"
"""The stages of a research group's plan."""


async def press(page: Page | Locator, words: str) -> None:
    """Press the button with these words."""
    await page.get_by_role("button", name=words, exact=True).click()


async def unfold(page: Page, words: str, more: str = "更多办理") -> None:
    """Open the small form of what one wants to do, also where it is folded away with what is rare."""
    form = page.locator("details.act > summary", has_text=re.compile(rf"^{words}"))
    if not await form.is_visible():
        await page.get_by_text(more, exact=True).click()
    await form.click()


def on_desk(page: Page, filing: StreamId) -> Locator:
    """The row of a filing among what waits."""
    return page.locator("li.desk-row", has=page.locator(f"a[href^='/filings/{filing}']"))


async def take_up(one: Window, filing: StreamId) -> None:
    """Go to a filing from the desk."""
    await one.go("/")
    await on_desk(one.page, filing).locator("a.row-title").click()


def step(page: Page, stage: str) -> Locator:
    """A stage on the picture of the way."""
    return page.locator("ol.way li", has_text=stage).last


async def said(page: Page, words: str) -> None:
    """The page confirms what was done."""
    await expect(page.locator(".said")).to_contain_text(words)


async def test_sent_back_and_straight_back(stage: Stage, browser: Browser) -> None:
    """The principal sends it to the coordinator, who sends it to its author; both times it comes straight back."""
    plan = await stage.plan_handed_in("shiyan-english", TERM)
    _, leader = await stage.account("group_leader", "shiyan-english")
    _, coordinator = await stage.account("coordinator", "shiyan")
    _, principal = await stage.account("centre_principal", "shiyan")

    async with window(browser, stage, coordinator, phone=True) as phone:
        await take_up(phone, plan)
        await expect(phone.page.locator("#act")).to_contain_text(f"同意后转到“{PRINCIPAL}”环节")
        await press(phone.page, "同意")
        await said(phone.page, "已同意")
        phone.quiet()

    async with window(browser, stage, principal, phone=True) as phone:
        await take_up(phone, plan)
        await unfold(phone.page, "退回")
        await phone.page.get_by_label("退回给").select_option(label=f"“{COORDINATOR}”环节")
        await phone.page.get_by_label("直接回到本环节").check()
        await phone.page.get_by_label("退回原因").fill("请先核对各校的月度任务。")
        await phone.flawless()
        await press(phone.page, "退回")
        await said(phone.page, "已退回")
        await expect(step(phone.page, COORDINATOR)).to_have_attribute("aria-current", "step")
        await expect(step(phone.page, PRINCIPAL)).to_contain_text("修改后直接回到这里")
        await phone.flawless()

    async with window(browser, stage, coordinator, phone=True) as phone:
        await take_up(phone, plan)
        await expect(phone.page.locator("main")).to_contain_text("请先核对各校的月度任务。")
        await unfold(phone.page, "退回")
        await phone.page.get_by_label("直接回到本环节").check()
        await phone.page.get_by_label("退回原因").fill("三月的任务没有负责人。")
        await press(phone.page, "退回")
        await said(phone.page, "已退回")
        phone.quiet()

    async with window(browser, stage, leader, phone=True, scripts=False) as phone:
        await phone.go("/")
        await expect(on_desk(phone.page, plan)).to_be_visible()
        await on_desk(phone.page, plan).get_by_role("link", name=re.compile("^修改")).click()
        await expect(phone.page.locator("main")).to_contain_text("三月的任务没有负责人。")
        await expect(phone.page.locator("main")).to_contain_text(f"提交后到“{COORDINATOR}”环节")
        await phone.page.get_by_label("负责人").first.fill("组长")
        await press(phone.page, "提交")
        await said(phone.page, "已提交")
        await expect(step(phone.page, COORDINATOR)).to_have_attribute("aria-current", "step")

    async with window(browser, stage, coordinator, phone=True) as phone:
        await take_up(phone, plan)
        await expect(phone.page.locator("#act")).to_contain_text(f"同意后转到“{PRINCIPAL}”环节")
        await press(phone.page, "同意")
        await said(phone.page, "已同意")
        phone.quiet()

    async with window(browser, stage, principal, phone=True) as phone:
        await take_up(phone, plan)
        await press(phone.page, "同意")
        await said(phone.page, "已同意")
        await expect(step(phone.page, OFFICE)).to_have_attribute("aria-current", "step")
        await phone.flawless()
