"""What people do in a term, in real Chromium: on a phone between two lessons, at an office's PC."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Page, expect

from domain.inspection import Assign, Sign
from ledger.sessions import Why
from tests.e2e.stage import Stage
from tests.e2e.window import Window, window
from tests.workflows.school import until

GROUP, CLUSTER = "shiyan-maths", "shiyan"
ANALYSIS = "组内七位教师，四位教龄不足五年；课堂提问浅，学生说理的机会少。"
REASON = "月度任务缺少负责人，请逐项写明后再报。"


async def press(page: Page, words: str) -> None:
    """Press the button with these words."""
    await page.get_by_role("button", name=words, exact=True).first.click()


async def fill_plan(page: Page) -> None:
    """Fill in a research group's plan, with one monthly task that nobody is in charge of yet."""
    await page.get_by_label("教学现状分析").fill(ANALYSIS)
    await page.get_by_label("研修内容").fill("围绕“让学生把理由说完整”开展课例研究。")
    await page.get_by_label("月份").first.fill("3月")
    await page.get_by_label("任务", exact=True).first.fill("单元整体设计集体备课")
    await page.get_by_label("负责人").first.fill("待定")
    for label in ("小课题", "研修形式"):
        field = page.get_by_label(re.compile(label)).first
        if await field.count() and await field.evaluate("one => one.tagName") == "SELECT":
            await field.select_option(index=1)
        elif await field.count():
            await field.fill("数学课堂中的追问")


async def test_a_plan_from_the_first_word_to_the_last_seal(stage: Stage, browser: Browser) -> None:
    """Drafted on a phone, the session lost, submitted, returned, mended, approved by coordinator, centre and office."""
    plan = await stage.plan_owed(GROUP, "2027-spring")
    leader, login = await stage.account("group_leader", GROUP)
    async with window(browser, stage, login, phone=True) as phone:
        await phone.go(f"/filings/{plan}/edit")
        await fill_plan(phone.page)
        await expect(phone.page.locator("#edit .told")).to_contain_text("已自动保存")
        await phone.flawless()
        await phone.go(f"/filings/{plan}/preview")
        await phone.flawless()
        await phone.go(f"/filings/{plan}/edit")
        # Between two lessons the session ends; the last words are not saved yet.
        await stage.ledger.sessions.end_all(stage.tenant, leader, Why.ENDED_ELSEWHERE)
        stage.signed_in.clear()
        await phone.page.get_by_label("研修内容").fill("围绕“让学生把理由说完整”开展课例研究，每月一课。")
        await press(phone.page, "提交")
        await expect(phone.page.locator("main")).to_contain_text("登录")
        await phone.sign_in(login)
        await phone.flawless()
        await press(phone.page, "提交保留的内容")
        await expect(phone.page.locator("main")).to_contain_text("片区研修负责人审核")
        await expect(phone.page.locator("main")).to_contain_text("每月一课")
        phone.quiet()

    _, coordinator = await stage.account("coordinator", CLUSTER)
    async with window(browser, stage, coordinator) as pc:
        await pc.go("/")
        await pc.page.locator(f"a[href='/filings/{plan}']").first.click()
        await pc.page.locator("summary", has_text="退回").click()
        await pc.page.locator("#do-return textarea").fill(REASON)
        await pc.page.locator("#do-return button").click()
        await expect(pc.page.locator("main")).to_contain_text("已退回")
        await pc.flawless()

    async with window(browser, stage, login, phone=True) as phone:
        await phone.go("/")
        await expect(phone.page.locator("main")).to_contain_text(REASON)
        await phone.page.locator(f"a[href='/filings/{plan}/edit']").first.click()
        await expect(phone.page.locator("main")).to_contain_text(REASON)
        await expect(phone.page.get_by_label("教学现状分析")).to_have_value(ANALYSIS)
        await phone.page.get_by_label("负责人").first.fill("组长")
        await press(phone.page, "提交")
        await expect(phone.page.locator("main")).to_contain_text("审批中")
        phone.quiet()

    _, principal = await stage.account("centre_principal", CLUSTER)
    for who in (coordinator, principal, "office"):
        async with window(browser, stage, who, phone=who == principal) as one:
            await one.go("/")
            row = one.page.locator("li.desk-row", has=one.page.locator(f"a[href='/filings/{plan}']"))
            await row.get_by_role("button").click()
            await expect(one.page.locator(".said")).to_contain_text("已同意")
            one.quiet()

    async with window(browser, stage, login, phone=True) as phone:
        await phone.go(f"/filings/{plan}")
        await expect(phone.page.locator(".head")).to_contain_text("已通过")
        assert await phone.page.locator("figure.seal").count() >= 4
        await phone.flawless()

    # In November somebody asks who returned it, and what it said then.
    async with window(browser, stage, "admin") as admin:
        await admin.go("/audit")
        await admin.go(f"/audit/{plan}")
        await slide(admin, 3)
        await expect(admin.page.locator("#moment")).to_contain_text("第 1 稿")
        await expect(admin.page.locator("#moment")).to_contain_text("待定")
        await admin.flawless()
        history = admin.page.locator("main")
        await expect(history).to_contain_text(REASON)
        await expect(history).to_contain_text("退回")
        await admin.go(admin.page.url.removeprefix(stage.url))
        await expect(admin.page.locator("#moment")).to_contain_text("待定")


async def slide(admin: Window, version: int) -> None:
    """Move the slider to a version; the page and its address follow."""
    slider = admin.page.locator("#version")
    await slider.evaluate(
        "(one, to) => { one.value = to; one.dispatchEvent(new Event('input', {bubbles: true}));"
        " one.dispatchEvent(new Event('change', {bubbles: true})); }",
        str(version),
    )
    await expect(admin.page).to_have_url(re.compile(rf"version={version}\b"))


async def test_an_inspection_is_scored_in_a_corridor_signed_and_answered(stage: Stage, browser: Browser) -> None:
    inspection = await stage.inspection_planned(CLUSTER, "2026")
    panel = [await stage.account("expert", "pucheng", nth) for nth in range(3)]
    office, _ = await stage.account("office", "pucheng")
    await stage.order(office, inspection, Assign(inspectors=tuple(person for person, _ in panel)))
    async with window(browser, stage, panel[0][1], phone=True) as phone:
        await phone.go(f"/inspections/{inspection}")
        items = phone.page.locator("[data-item]")
        assert await items.count() == 22
        for index in range(22):
            item = items.nth(index)
            await item.locator("button[name=tap]").first.click()
            await expect(item.locator("[data-by]")).not_to_be_empty()
        await phone.flawless()
        await phone.page.locator("[data-sign]").click()
        await phone.page.locator("#sign-form textarea").first.fill("研修扎实，建议加强过程性资料的归类。")
        await phone.page.locator("#sign-form button.primary").click()
        await expect(phone.page.locator("main")).to_contain_text("签字")
        phone.quiet()
    for person, _ in panel[1:]:
        await stage.order(person, inspection, Sign())

    async def told() -> bool:
        return (await stage.ledger.head(stage.tenant, inspection))[1].status == "notified"

    await until(told, "the unit is told its result")
    _, principal = await stage.account("centre_principal", CLUSTER)
    async with window(browser, stage, principal, phone=True) as phone:
        await phone.go("/")
        await phone.page.locator(f"a[href^='/inspections/{inspection}']").first.click()
        await expect(phone.page.locator("main")).to_contain_text("100")
        await phone.flawless()
        await phone.page.locator("#acknowledge button.primary").click()
        await expect(phone.page.locator("main")).to_contain_text("复核")
        phone.quiet()


async def test_the_office_reads_the_board_and_follows_what_lapsed_to_its_reason(stage: Stage, browser: Browser) -> None:
    async with window(browser, stage, "office") as pc:
        await pc.go("/board")
        await pc.flawless()
        await pc.page.locator("td.cell.t-lapsed a").first.click()
        await expect(pc.page.locator("h1")).to_contain_text("报送件")
        await pc.page.locator("p.counts a", has_text="已失效").click()
        await expect(pc.page).to_have_url(re.compile("status=lapsed"))
        await pc.page.locator("tbody a[href^='/filings/fil-']").first.click()
        await expect(pc.page.locator(".head")).to_contain_text("已失效")
        await expect(pc.page.locator(".story")).to_contain_text("失效")
        await pc.flawless()


async def test_what_is_typed_stays_when_the_network_goes(stage: Stage, browser: Browser) -> None:
    plan = await stage.plan_owed("shiyan-chinese", "2027-spring")
    _, login = await stage.account("group_leader", "shiyan-chinese")
    async with window(browser, stage, login, phone=True) as phone:
        phone.forgiven = ("ERR_INTERNET_DISCONNECTED",)
        await phone.go(f"/filings/{plan}/edit")
        await phone.context.set_offline(True)
        await phone.page.get_by_label("教学现状分析").fill(ANALYSIS)
        await press(phone.page, "提交")
        await expect(phone.page.locator("#edit .told")).to_contain_text("没有网络")
        await phone.context.set_offline(False)
        await phone.page.reload()
        await expect(phone.page.get_by_label("教学现状分析")).to_have_value(ANALYSIS)
        phone.quiet()
