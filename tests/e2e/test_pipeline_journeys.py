"""What makes approvals hard, in real Chromium: sent back half-way, one more signer, many at once, people away and gone,
rules that change."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.async_api import Browser, Locator, Page, expect

from domain.filing import Approve, Recall
from domain.ids import StreamId
from tests.e2e.stage import UNTIL, Stage
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


async def test_a_signer_is_asked_first_and_another_beside(stage: Stage, browser: Browser) -> None:
    """The coordinator asks a school's research lead first, then another person beside; it goes on when both agree."""
    plan = await stage.plan_handed_in("shiyan-physics", TERM)
    _, coordinator = await stage.account("coordinator", "shiyan")
    before, before_login = await stage.account("research_lead", "shiyan-zhongxue")
    beside, beside_login = await stage.account("research_lead", "jiaqu-chuzhong")
    first, second = await stage.name(before), await stage.name(beside)

    async with window(browser, stage, coordinator, phone=True) as phone:
        await take_up(phone, plan)
        await unfold(phone.page, "加签")
        await phone.page.get_by_label("在我之前").check()
        # Some letters are typed and one of those offered is taken.
        await phone.page.get_by_role("combobox", name="请谁加签").press_sequentially(first)
        await phone.page.get_by_role("option", name="实验中学").click()
        await expect(phone.page.get_by_role("combobox", name="请谁加签")).to_have_value(f"{first}、")
        await phone.page.get_by_label("加签说明").fill("请先看看与学校计划是否一致。")
        await phone.flawless()
        await press(phone.page, "加签")
        await said(phone.page, "已加签")
        await expect(phone.page.locator("ol.way li[aria-current=step]")).to_contain_text(first)
        await phone.flawless()

    async with window(browser, stage, before_login, phone=True, scripts=False) as phone:
        await take_up(phone, plan)
        await expect(phone.page.locator("main")).to_contain_text("请先看看与学校计划是否一致。")
        await phone.page.get_by_label("意见").first.fill("与学校计划一致。")
        await press(phone.page, "同意")
        await said(phone.page, "已同意")
        await expect(step(phone.page, COORDINATOR)).to_have_attribute("aria-current", "step")

    async with window(browser, stage, coordinator, phone=True, scripts=False) as phone:
        await take_up(phone, plan)
        await expect(phone.page.locator("main")).to_contain_text("与学校计划一致。")
        await unfold(phone.page, "加签")
        await phone.page.get_by_label("与我同时").check()
        # Without scripts nobody is offered while one types: the server asks which of several is meant.
        await phone.page.get_by_label("请谁加签").fill(second[:1])
        await phone.page.get_by_label("加签说明").fill("涉及两校联合教研。")
        await press(phone.page, "加签")
        await phone.page.get_by_role("group", name=f"“{second[:1]}”是哪一位").get_by_label(second).check()
        await expect(phone.page.get_by_label("加签说明")).to_have_value("涉及两校联合教研。")
        await press(phone.page, "加签")
        await said(phone.page, "已加签")
        await expect(phone.page.locator("#act")).to_contain_text(f"还须{second}同意才转出")
        await press(phone.page, "同意")
        await said(phone.page, "已同意")
        await expect(step(phone.page, COORDINATOR)).to_contain_text(second)

    async with window(browser, stage, beside_login, phone=True) as phone:
        await take_up(phone, plan)
        await press(phone.page, "同意")
        await said(phone.page, "已同意")
        await expect(step(phone.page, PRINCIPAL)).to_have_attribute("aria-current", "step")
        seals = step(phone.page, COORDINATOR).locator("figure.seal")
        await expect(seals).to_have_count(2)
        await expect(phone.page.locator(".story")).to_contain_text("涉及两校联合教研。")
        await phone.flawless()


async def test_many_are_approved_and_returned_at_once(stage: Stage, browser: Browser) -> None:
    """Three plans are ticked on the coordinator's phone; one was recalled meanwhile, and each says what came of it."""
    groups = ("chengguan-maths", "chengguan-english", "chengguan-chinese")
    plans = [await stage.plan_handed_in(group, TERM) for group in groups]
    titles = [stage.programme.all_units[group].title.zh for group in groups]
    _, coordinator = await stage.account("coordinator", "chengguan")
    async with window(browser, stage, coordinator, phone=True) as phone:
        await phone.go("/")
        for plan in plans:
            await on_desk(phone.page, plan).get_by_role("checkbox").check()
        await expect(phone.page.locator(".bulk-count")).to_have_text("已选 3 件")
        await phone.flawless()
        leader, _ = await stage.account("group_leader", groups[2])
        await stage.order(leader, plans[2], Recall())
        await press(phone.page, "同意所选")
        outcome = phone.page.get_by_role("alert")
        await expect(outcome).to_contain_text("已同意 2 件，1 件没有办理")
        await expect(outcome.get_by_role("listitem").filter(has_text=titles[2])).to_contain_text("撤回")
        for title in titles[:2]:
            await expect(outcome.get_by_role("listitem").filter(has_text=title)).to_contain_text("审批中")
        await expect(on_desk(phone.page, plans[0])).to_have_count(0)
        await phone.flawless()

    _, principal = await stage.account("centre_principal", "chengguan")
    async with window(browser, stage, principal, phone=True) as phone:
        await phone.go("/")
        for plan in plans[:2]:
            await on_desk(phone.page, plan).get_by_role("checkbox").check()
        await press(phone.page, "退回所选")
        await expect(phone.page.get_by_role("alert")).to_contain_text("退回须写明原因，没有退回。")
        await phone.flawless()
        await phone.page.get_by_label("意见").fill("请按新的模板补充观课次数。")
        await press(phone.page, "退回所选")
        await expect(phone.page.get_by_role("status").filter(has_text="已退回")).to_contain_text("已退回 2 件")
        await phone.flawless()

    _, leader = await stage.account("group_leader", groups[0])
    async with window(browser, stage, leader, phone=True) as phone:
        await phone.go("/")
        await expect(phone.page.locator("main")).to_contain_text("请按新的模板补充观课次数。")
        phone.quiet()


async def test_a_deputy_acts_for_the_principal_until_the_last_day(stage: Stage, browser: Browser) -> None:
    """The principal delegates on the account page; “乙 代 甲” stands on the seal; then it is over."""
    plans = [await stage.plan_handed_in(group, TERM) for group in ("shiyan-history", "shiyan-geography")]
    giver, giver_login = await stage.account("centre_principal", "shiyan")
    deputy, deputy_login = await stage.account("principal", "shiyan-zhongxue")
    coordinator, _ = await stage.account("coordinator", "shiyan")
    for plan in plans:
        await stage.order(coordinator, plan, Approve())
    principal, stand_in = await stage.name(giver), await stage.name(deputy)
    acted = f"{stand_in} 代 {principal}"

    async with window(browser, stage, giver_login, phone=True) as phone:
        await phone.go("/account")
        await phone.page.get_by_role("link", name="委托或结束代理").click()
        await unfold(phone.page, "委托代理")
        await phone.page.get_by_label("代理人").fill(stand_in)
        await phone.page.get_by_label("结束日期").fill("2026-11-23")
        await phone.page.get_by_label("教研组研修计划").check()
        await phone.page.get_by_label("原因").fill("赴市里开会。")
        await phone.flawless()
        await press(phone.page, "委托代理")
        await said(phone.page, "代理已登记")
        await expect(phone.page.locator("main")).to_contain_text(f"由 {stand_in} 代理")
        await phone.flawless()

    async with window(browser, stage, deputy_login, phone=True) as phone:
        await phone.go("/")
        await expect(on_desk(phone.page, plans[0])).to_contain_text(f"代 {principal}")
        await on_desk(phone.page, plans[0]).locator("a.row-title").click()
        await expect(phone.page.locator("main")).to_contain_text(f"您正在代 {principal} 办理")
        await phone.flawless()
        await press(phone.page, "同意")
        await said(phone.page, "已同意")
        await expect(step(phone.page, PRINCIPAL).locator("figure.seal")).to_contain_text(acted)
        await expect(phone.page.locator(".story")).to_contain_text(acted)
        await phone.flawless()

        # The next morning the same page gives nothing any more.
        await phone.go(f"/filings/{plans[1]}?for={giver}")
        await stage.ledger.tenants.freeze_clock(stage.tenant, UNTIL + timedelta(days=1))
        await press(phone.page, "同意")
        await expect(phone.page.locator("main")).to_contain_text("没有委托")
        await phone.go("/")
        await expect(on_desk(phone.page, plans[1])).to_have_count(0)
        phone.quiet()
