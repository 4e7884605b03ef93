"""What makes approvals hard, in real Chromium: sent back half-way, one more signer, many at once, people away and gone,
rules that change."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.async_api import Browser, Locator, Page, expect

from domain.filing import Approve, Recall, Transfer
from domain.ids import StreamId
from domain.programme import Decider, Pipeline, Programme
from domain.programme import Stage as Rule
from domain.text import Text
from tests.e2e.stage import UNTIL, Stage
from tests.e2e.window import Window, window
from tests.ledger.given import variant

TERM = "2027-spring"
COORDINATOR, PRINCIPAL, OFFICE = "片区研修负责人审核", "中心校校长审定", "教研室备案"
"""The stages of a research group's plan."""
DEPUTY = "分管领导签批"
"""The stage that a later version of the rules adds."""


async def press(page: Page | Locator, words: str) -> None:
    """Press the button with these words."""
    await page.get_by_role("button", name=words, exact=True).click()


async def unfold(page: Page, words: str, more: str = "更多办理") -> None:
    """Open the small form of what one wants to do, also where it is folded away with what is rare."""
    form = page.locator("details.act > summary", has_text=re.compile(rf"^{words}"))
    await form.wait_for(state="attached")  # the page that was asked for may only be coming
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
    title = page.locator(".way-title .strong").filter(has_text=re.compile(f"^{stage}$"))
    return page.locator("ol.way li:not(.way-fork)", has=title)


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
        await phone.page.get_by_role("radio", name=f"“{COORDINATOR}”环节").check()
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
        await expect(phone.page.locator("#act")).to_contain_text("请先核对各校的月度任务。")
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
        await expect(phone.page.locator("#act")).to_contain_text(f"“{COORDINATOR}·加签”环节也办结后再往下走")
        await press(phone.page, "同意")
        await said(phone.page, "已同意")
        await expect(phone.page.locator("ol.way li[aria-current=step]")).to_contain_text(second)

    async with window(browser, stage, beside_login, phone=True) as phone:
        await take_up(phone, plan)
        await press(phone.page, "同意")
        await said(phone.page, "已同意")
        await expect(step(phone.page, PRINCIPAL)).to_have_attribute("aria-current", "step")
        # Its author's, the two signers' and the coordinator's.
        await expect(phone.page.locator("ol.way figure.seal")).to_have_count(4)
        await expect(phone.page.get_by_role("region", name="经过")).to_contain_text("涉及两校联合教研。")
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

    _, login = await stage.account("group_leader", groups[0])
    async with window(browser, stage, login, phone=True) as phone:
        await phone.go("/")
        await expect(phone.page.locator("main")).to_contain_text("请按新的模板补充观课次数。")
        phone.quiet()


async def test_a_leaver_hands_everything_over_to_a_successor(stage: Stage, browser: Browser) -> None:
    """The keeper of the directory sees what is open, gives it all to a successor, and sees where it went."""
    waiting = await stage.plan_handed_in("chengguan-physics", TERM)
    named = await stage.plan_handed_in("shiyan-biology", TERM)
    leaver, leaver_login = await stage.account("coordinator", "chengguan")
    successor, successor_login = await stage.account("research_lead", "chengguan-zhenzhong")
    colleague, _ = await stage.account("coordinator", "shiyan")
    await stage.order(colleague, named, Transfer(to=leaver, reason="On leave this week."))
    old, new = await stage.name(leaver), await stage.name(successor)

    async with window(browser, stage, leaver_login, phone=True) as phone:
        await phone.go("/")
        for plan in (waiting, named):
            await expect(on_desk(phone.page, plan)).to_be_visible()

    async with window(browser, stage, "admin", lang="en") as pc:
        await pc.go(f"/people/{leaver}")
        await pc.page.get_by_role("link", name="Hand over", exact=True).click()
        await expect(pc.page.get_by_role("heading", level=1)).to_contain_text(old)
        going = pc.page.get_by_role("region", name="Filings that go to the successor")
        await expect(going.locator(f"a[href='/filings/{named}']")).to_be_visible()
        await expect(pc.page.get_by_role("region", name="Posts held now")).to_contain_text("nobody else holds it")
        here = pc.page.get_by_role("region", name="What waits at these posts")
        await expect(here.locator(f"a[href='/filings/{waiting}']")).to_be_visible()
        await pc.flawless()
        await pc.page.get_by_role("textbox", name="Successor").fill(new)
        await pc.page.get_by_label("The person leaves").check()
        await pc.page.get_by_label("Reason").fill("Retires at the end of the month.")
        await press(pc.page, "Hand over")
        await said(pc.page, "Handed over")
        gone = pc.page.get_by_role("region", name=f"Handed over to {new}")
        await expect(gone.locator(f"a[href='/filings/{named}']")).to_be_visible()
        await expect(going).to_contain_text("No filing names this person.")
        await pc.flawless()

    async with window(browser, stage, successor_login, phone=True) as phone:
        for plan in (waiting, named):
            await take_up(phone, plan)
            await press(phone.page, "同意")
            await said(phone.page, "已同意")
            await expect(step(phone.page, PRINCIPAL)).to_have_attribute("aria-current", "step")
        await expect(phone.page.locator(".story")).to_contain_text("Retires at the end of the month.")
        await expect(step(phone.page, COORDINATOR).locator("figure.seal")).to_contain_text(new)
        await phone.flawless()

    async with window(browser, stage, leaver_login, phone=True) as phone:
        await phone.page.goto(f"{stage.url}/")
        await expect(on_desk(phone.page, waiting)).to_have_count(0)
        phone.quiet()


def with_one_more_stage(programme: Programme) -> Programme:
    """A later version of the rules: a deputy signs a research group's plan before the office files it."""
    old = programme.pipeline_by_id["group_plan_approval"]
    *first, last = old.stages
    fields = {name: getattr(old, name) for name in Pipeline.model_fields}
    signs = Rule(
        id="deputy_signature",
        title=Text(zh=DEPUTY, en="Signature of a deputy head"),
        decided_by=(Decider.parse("deputy@county"),),
        due=3,
    )
    longer = Pipeline(**fields | {"stages": (*first, signs, last)})
    return variant(
        programme, version=3, pipelines=tuple(longer if one.id == longer.id else one for one in programme.pipelines)
    )


async def test_the_rules_change_in_mid_flight(stage: Stage, browser: Browser) -> None:
    """One more stage for plans: the dry run, one plan stays, the others move, and each goes on by its own rules."""
    moves, stays = [await stage.plan_handed_in(group, TERM) for group in ("shiyan-morality", "shiyan-chemistry")]
    cycle = await stage.find(machine="cycle")
    await stage.ledger.moves.store(stage.tenant, with_one_more_stage(stage.programme))

    async with window(browser, stage, "office") as pc:
        await pc.go("/programme")
        await pc.page.get_by_role("link", name=re.compile("^第 3 版")).first.click()
        await pc.page.get_by_role("link", name=re.compile("改按此版本：试算")).click()
        await expect(pc.page).to_have_url(re.compile(f"/cycles/{cycle}/rules"))
        await expect(pc.page.get_by_role("region", name="会有什么变化")).to_contain_text("件会有变化")
        row = pc.page.get_by_role("listitem").filter(has=pc.page.locator(f"a[href='/filings/{stays}']"))
        await expect(row).to_contain_text(f"新增“{DEPUTY}”环节")
        await pc.flawless()
        await row.get_by_role("combobox").select_option(label="按原方案办完，什么都不变")
        await pc.page.get_by_label("没有单独选择的").select_option(label="改按新方案，停在原处")
        await pc.page.get_by_label("原因").fill("县教育局批复，计划须经分管领导签批。")
        await press(pc.page, "下一步：核对")
        await expect(pc.page.locator("main")).to_contain_text("还没有办理。")
        await expect(row).to_contain_text("按原方案办完，什么都不变")
        await pc.flawless()
        await press(pc.page, "办理")
        await expect(pc.page.get_by_role("heading", name=re.compile("^已改按新方案"))).to_be_visible()
        # What stayed is not moved by pressing on.
        await expect(pc.page.get_by_label("没有单独选择的").locator("option:checked")).to_have_text("仍按原方案办完")
        await pc.flawless()

        await pc.go(f"/filings/{moves}")
        await expect(step(pc.page, COORDINATOR)).to_have_attribute("aria-current", "step")
        await expect(step(pc.page, DEPUTY)).to_be_visible()
        await expect(pc.page.locator(".story")).to_contain_text("改按第 3 版方案办理")
        await expect(pc.page.locator(".story")).to_contain_text("县教育局批复，计划须经分管领导签批。")
        await pc.flawless()
        await pc.go(f"/filings/{stays}")
        await expect(step(pc.page, OFFICE)).to_be_visible()
        await expect(step(pc.page, DEPUTY)).to_have_count(0)
        await expect(pc.page.locator(".story")).not_to_contain_text("第 3 版方案")

    coordinator, _ = await stage.account("coordinator", "shiyan")
    _, login = await stage.account("centre_principal", "shiyan")
    for plan in (moves, stays):
        await stage.order(coordinator, plan, Approve())
    async with window(browser, stage, login, phone=True) as phone:
        for plan, onward in ((moves, DEPUTY), (stays, OFFICE)):
            await take_up(phone, plan)
            await expect(phone.page.locator("#act")).to_contain_text(f"同意后转到“{onward}”环节")
            await press(phone.page, "同意")
            await said(phone.page, "已同意")
            await expect(step(phone.page, onward)).to_have_attribute("aria-current", "step")
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
        await phone.page.get_by_label("教研组校本研修计划").check()
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
        async with stage.at(UNTIL + timedelta(days=1)):
            await press(phone.page, "同意")
            await expect(phone.page.locator("main")).to_contain_text("代理可能已到期、已结束")
            await phone.go("/")
            await expect(on_desk(phone.page, plans[1])).to_have_count(0)
        phone.quiet()
