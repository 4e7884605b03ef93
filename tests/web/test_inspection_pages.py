"""Inspections over real HTTP: from the panel to the result, two on one sheet, what is refused, who may look."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from domain.access import may_read
from domain.follow_up import OpenFollowUp
from domain.ids import SYSTEM, PersonId, StreamId, UnitId, stream_id
from domain.inspection import INSPECTION, Assign, Inspection, PlanInspection, ScoreItem
from tests.api.site import COORDINATOR, DEPUTY, EXPERT, OFFICE, PRINCIPAL, TEACHER
from tests.conftest import START
from tests.e2e.window import PHONE, chromium
from tests.web.browser import Browser, Page
from tests.web.conftest import Web, counted

SECOND = (*EXPERT, "second")
THIRD = (*EXPERT, "third")
SISTER = ("centre_principal", "chengguan")
HOSTILE = "<script>alert('亮点')</script>{{ 7*7 }}"


async def _panel(web: Web) -> tuple[PersonId, ...]:
    return tuple([(await web.account(*post))[0] for post in (EXPERT, SECOND, THIRD)])


async def _year_end(web: Web, unit: str = "shiyan", period: str = "2026") -> StreamId:
    """A year-end assessment of 22 items, planned."""
    cycle = stream_id("cycle", web.tenant, "2026")
    stream = stream_id("inspection", web.tenant, cycle, "year_end", unit, period)
    plan = PlanInspection(
        cycle=cycle, rules="year_end", period=period, unit=UnitId(unit), due_at=START + timedelta(days=12)
    )
    await web.site.by(SYSTEM, stream, plan)
    return stream


async def _scoring(web: Web) -> StreamId:
    """One whose panel is named."""
    stream = await _year_end(web)
    await web.site.by(OFFICE, stream, Assign(inspectors=await _panel(web)))
    return stream


async def _state(web: Web, stream: StreamId) -> Inspection:
    _, state, _ = await web.ledger.head(web.tenant, stream)
    assert isinstance(state, Inspection)
    return state


async def _score(web: Web, stream: StreamId, post: tuple[str, ...] = EXPERT, *, besides: tuple[str, ...] = ()) -> None:
    person, _ = await web.account(*post)
    for item in (await _state(web, stream)).items:
        if item.id not in besides:
            await web.site.by(person, stream, ScoreItem(item=item.id, points=Decimal(item.weight)))


async def _send(browser: Browser, page: Page, stream: StreamId, **fields: str) -> httpx.Response:
    """Send one item as the script does."""
    sent = {"csrf": page.form("score")["csrf"], **{name.replace("__", "."): value for name, value in fields.items()}}
    headers = {"accept": "application/json", "origin": browser.origin}
    return await browser.http.post(f"/inspections/{stream}/score", data=sent, headers=headers)


# -- the journey


async def test_from_the_panel_to_the_result(web: Web) -> None:
    stream = await _year_end(web)
    one, other, third = await _panel(web)
    here = f"/inspections/{stream}"
    office = await web.signed_in(*OFFICE)
    listed = await office.get("/inspections?state=planned&unit=shiyan")
    assert ("待安排" in listed, "尚未安排检查人员" in listed) == (True, True)
    page = await office.get(here)
    refused = await office.submit(page, "assign", inspectors=[one, other])
    assert (refused.status, "需要 3 名" in refused) == (422, True)
    assert {value for name, value in refused.form("assign").fields if name == "inspectors"} == {one, other}
    named = await office.submit(refused, "assign", inspectors=[one, other, third])
    assert named.path == f"{here}?said=inspection.assign"

    inspector, second = await web.signed_in(*EXPERT), await web.signed_in(*SECOND)
    page = await inspector.get(here)
    assert ("研修机构健全并有专人负责" in page, "0 / 100 分" in page, "还有 22 项未评" in page) == (True, True, True)
    tapped = await inspector.submit(page, "score", button="i01:1.5", i02__points="2", i02__comment="资料齐全")
    assert tapped.path == f"{here}?said=inspection.score"
    labels = re.findall(r'aria-label="第 \d+ 项给 ([\d.]+) 分（([^）]+)）"', tapped.html)
    assert {("1.5", "¾"), ("3.5", "约 ¾"), ("7.5", "¾"), ("2", "约 ¾")} <= set(labels), "2 of 3 is not three quarters"
    assert ("3.5 / 100 分" in tapped, "还有 20 项未评" in tapped) == (True, True)
    score = (await _state(web, stream)).scores["i02"]
    assert (score.points, score.comment, score.by) == (Decimal(2), "资料齐全", one)
    assert "sign-form" not in tapped.ids

    await _score(web, stream, besides=("i01", "i02", "i22"))
    signing = await inspector.post(f"{here}/sign", {"csrf": tapped.form("score")["csrf"], "findings": "主题可再集中"})
    assert signing.status == 409
    assert signing.link("第 22 项还没有评分：有创新的做法") == "#item-i22"
    page = await second.get(here)
    await second.submit(page, "score", i22__points="4.5")
    for browser, findings in ((inspector, "主题可再集中"), (second, ""), (await web.signed_in(*THIRD), "")):
        page = await browser.get(here)
        assert "签字表示您认可全部 22 项的得分，合计 99 分" in page
        signed = await browser.submit(page, "sign-form", findings=findings)
        assert signed.path == f"{here}?said=inspection.sign", signed.text
    assert (await _state(web, stream)).status == "signed"

    unit = await web.signed_in(*PRINCIPAL)
    assert "会请您在 5 个工作日内答复" in await unit.get(here)
    await web.site.notify_unit(stream)
    page = await unit.get(here)
    assert ("期限内没有答复，视为确认" in page, "主题可再集中" in page, "资料齐全" in page) == (True, True, True)
    empty = await unit.submit(page, "dispute", items=["i02", "i22"])
    assert empty.status == 422
    assert {value for name, value in empty.form("dispute").fields if name == "items"} == {"i02", "i22"}
    answered = await unit.submit(empty, "dispute", items=["i22"], reason="创新做法已补材料")
    assert answered.path == f"{here}?said=inspection.dispute"
    assert answered.link("有创新的做法") == "#item-i22"

    reviewer = await web.signed_in(*DEPUTY)
    page = await reviewer.get(here)
    asked = [name for name, _ in page.form("review").fields if name.endswith(".points")]
    assert (asked[0], len(asked)) == ("adjust.i22.points", 22)
    over = await reviewer.submit(page, "review", adjust__i22__points="9", adjust__i22__reason="属实", note="已核对")
    assert (over.status, "此项满分 5 分" in over) == (422, True)
    assert over.form("review")["adjust.i22.reason"] == "属实"
    assert over.form("review")["note"] == "已核对"
    assert "#adjust.i22.points" in {href for _, href in over.links}
    bare = await reviewer.submit(over, "review", adjust__i22__points="5", adjust__i22__reason="")
    assert (bare.status, "adjust.i22.reason-error" in bare.ids) == (422, True)
    ruled = await reviewer.submit(bare, "review", adjust__i22__points="5", adjust__i22__reason="属实")
    assert ruled.path == f"{here}?said=inspection.review"
    await web.site.finalise(stream)
    final = await unit.get(here)
    assert ("99.5" in final, "优秀" in final, "复核前 4.5" in final, "没有后续事项" in final) == (True,) * 4
    paper = await unit.get(f"{here}/sheet")
    assert (paper.html.count("<tr>"), "等次：优秀" in paper) == (24, True)
    assert paper.html.count("签字：") == 3  # the seals' words for those who do not see them


async def test_the_result_leads_to_what_it_opened(web: Web) -> None:
    stream = await web.site.inspection("acknowledged")
    reviewer = await web.signed_in(*DEPUTY)
    page = await reviewer.get(f"/inspections/{stream}")
    await reviewer.submit(page, "review")
    await web.site.finalise(stream)
    state = await _state(web, stream)
    follow_up = stream_id("follow_up", web.tenant, state.cycle, "assistance", "shiyan", "special", state.period)
    assert "没有后续事项" in await reviewer.get(f"/inspections/{stream}")
    cause = f"special/{state.period}/needs_help"
    opens = OpenFollowUp(cycle=state.cycle, rules="assistance", unit=UnitId("shiyan"), cause=cause)
    await web.site.by(SYSTEM, follow_up, opens)
    page = await reviewer.open(await reviewer.get(f"/inspections/{stream}"), "下校调研帮扶")
    assert page.path == f"/follow-ups/{follow_up}"
    assert page.link("学期专项检查") == f"/inspections/{stream}"


# -- two on one sheet


async def test_two_inspectors_do_not_lose_each_others_scores(web: Web) -> None:
    stream = await _scoring(web)
    here = f"/inspections/{stream}"
    one, other = await web.signed_in(*EXPERT), await web.signed_in(*SECOND)
    mine, theirs = await one.get(here), await other.get(here)
    await one.submit(mine, "score", i01__points="2", i02__points="2")
    # Other items on a page that is behind: both stand.
    both = await other.submit(theirs, "score", i03__points="1", i04__points="1.5")
    assert both.path.startswith(f"{here}?said")
    assert set((await _state(web, stream)).scores) == {"i01", "i02", "i03", "i04"}
    # The same item: nothing is overwritten, what was typed is still there, and pressing again lets it stand.
    clash = await other.submit(theirs, "score", i01__points="0.5", i01__comment="缺少文件", i05__points="2")
    assert (clash.status, "已给此项评 2 分，您的 0.5 分没有保存" in clash) == (412, True)
    assert clash.form("score")["i01.points"] == "0.5"
    assert clash.form("score")["i01.comment"] == "缺少文件"
    scores = (await _state(web, stream)).scores
    assert (scores["i01"].points, scores["i05"].points) == (Decimal(2), Decimal(2))
    assert (await other.submit(clash, "score")).path.startswith(f"{here}?said")
    assert (await _state(web, stream)).scores["i01"].points == Decimal("0.5")


async def test_a_script_sends_one_item_and_is_told_how_the_sheet_stands(web: Web) -> None:
    stream = await _scoring(web)
    browser = await web.signed_in(*EXPERT)
    page = await browser.get(f"/inspections/{stream}")
    said = (await _send(browser, page, stream, i11__points="7.5", i11__seen="", command_id="x")).json()
    assert (said["total"], said["open"], said["next"], said["items"]["i11"]["ok"]) == ("7.5", 21, "i01", True)
    assert (said["before"], said["version"]) == (2, 3)
    seen = said["items"]["i11"]["seen"]
    # Sent once more after the answer was lost: nothing happens twice.
    again = await _send(browser, page, stream, i11__points="7.50", i11__seen="")
    assert (again.status_code, again.json()["version"]) == (200, 3)
    moved = await _send(browser, page, stream, i11__points="9", i11__seen="")
    assert (moved.status_code, moved.json()["items"]["i11"]["seen"]) == (412, seen)
    assert (await _send(browser, page, stream, i11__points="9", i11__seen=seen)).status_code == 200
    wrong = await _send(browser, page, stream, i11__points="十", i11__seen=seen)
    assert (wrong.status_code, wrong.json()["items"]["i11"]["said"].startswith("此项应填写")) == (422, True)
    bare = await _send(browser, page, stream, i12__comment="看过", i12__seen="")
    assert (bare.status_code, "还没有给分" in bare.json()["items"]["i12"]["said"]) == (422, True)
    assert (await _state(web, stream)).scores["i11"].points == 9
    browser.http.cookies.clear()
    assert (await _send(browser, page, stream, i12__points="9", i12__seen="")).status_code == 401


async def test_a_change_after_a_signature_calls_for_signing_again(web: Web) -> None:
    stream = await _scoring(web)
    await _score(web, stream)
    here = f"/inspections/{stream}"
    one, other = await web.signed_in(*EXPERT), await web.signed_in(*SECOND)
    before = await one.get(here)
    theirs = await other.get(here)
    await other.submit(theirs, "sign-form")
    assert "您已签字" in await other.get(here)
    assert "已有 1 人签字" in await one.get(here)
    # What one signs is what one saw.
    stale = await one.submit(before, "sign-form", findings="写了很久的意见")
    assert (stale.status, stale.form("sign-form")["findings"]) == (412, "写了很久的意见")
    await one.submit(stale, "score", i01__points="1")
    assert "您已签字" not in await other.get(here)


async def test_without_a_signal_scores_wait_on_the_device_and_are_sent_later(web: Web) -> None:
    stream = await _scoring(web)
    session = (await web.signed_in(*EXPERT)).http.cookies["termledger-session"]
    async with chromium() as chrome:
        context = await chrome.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
        await context.add_cookies([{"name": "termledger-session", "value": session, "url": web.origin}])
        phone, tablet = await context.new_page(), await context.new_page()
        faults: list[str] = []
        phone.on("pageerror", lambda fault: faults.append(str(fault)))
        for tab in (phone, tablet):
            await tab.goto(f"{web.origin}/inspections/{stream}")
        await phone.click("#item-i01 [data-points='2']")
        await expect(phone.locator("#item-i01 [data-by]")).to_contain_text("已保存")
        await context.set_offline(True)
        await phone.click("#item-i02 [data-points='1']")
        await phone.fill("[name='i03.points']", "1.7")
        await phone.locator("[name='i03.points']").blur()
        await expect(phone.locator("#item-i03 [data-by]")).to_contain_text("已留在本机")
        await expect(phone.locator("[data-total]")).to_have_text("4.7 / 100 分")
        await expect(phone.locator("p[data-held]")).to_have_text("2 项留在本机，未送出")
        assert set((await _state(web, stream)).scores) == {"i01"}
        await context.set_offline(False)
        await expect(phone.locator("#item-i02 [data-by]")).to_contain_text("已保存")
        await expect(phone.locator("#item-i03 [data-by]")).to_contain_text("已保存")
        await expect(phone.locator("[data-open]")).to_have_text("还有 19 项未评")
        # A page that is behind does not overwrite: it says so, and a second press decides.
        await tablet.click("#item-i02 [data-points='0']")
        await expect(tablet.locator("#item-i02 [data-error]")).to_contain_text("已给此项评 1 分")
        assert (await _state(web, stream)).scores["i02"].points == 1
        await tablet.click("#item-i02 [data-points='0']")
        await expect(tablet.locator("#item-i02 [data-by]")).to_contain_text("已保存")
        assert {item: str(one.points) for item, one in (await _state(web, stream)).scores.items()} == {
            "i01": "2",
            "i02": "0",
            "i03": "1.7",
        }
        assert (await Axe().run(phone)).violations_count == 0
        assert not faults


# -- evidence


async def test_evidence_stands_beside_the_items_it_bears_on(web: Web) -> None:
    stream = await _scoring(web)
    await web.site.filing("approved", period="2026-09")
    await web.site.filing("open", duty="stage_report", period="2026-10", due_in=-timedelta(days=1))
    teacher = await web.site.person(*TEACHER)
    await web.site.filing("open", duty="personal_plan", person=teacher)
    await web.site.filing("approved", unit="chengguan-maths", period="2026-09")
    inspector = await web.signed_in(*EXPERT)
    page = await inspector.get(f"/inspections/{stream}")
    cite = "报送教研组研修计划（实验中学联片研修区数学教研组，2026年9月）"
    assert page.html.count(f'name="i08.evidence" value="{cite}"') == 1
    # Personal plans stay in the cluster, and are shown to whoever inspects it.
    assert ("逾期 1" in page, "提交个人研修计划" in page) == (True, True)
    beside = {href for _, href in page.links if href.startswith("/filings/")}
    assert len(beside) == 3
    for href in beside:
        assert (await inspector.get(href)).status == 200
    listed = await inspector.get("/filings?unit=shiyan&duty=group_plan&cycle=all")
    assert {href for _, href in listed.links if href.startswith("/filings/fil-")} < beside
    cited = await inspector.submit(page, "score", i08__points="2", i08__evidence=[cite, "会议记录", ""])
    assert f'value="{cite}" checked' in cited.html
    assert (await _state(web, stream)).scores["i08"].evidence == (cite, "会议记录")
    office = await (await web.signed_in(*OFFICE)).get(f"/inspections/{stream}")
    assert office.link(cite).startswith("/filings/fil-")


async def test_hostile_text_is_shown_as_text(web: Web) -> None:
    stream = await _scoring(web)
    inspector = await web.signed_in(*EXPERT)
    page = await inspector.get(f"/inspections/{stream}?state={HOSTILE}")
    page = await inspector.submit(
        page, "score", i21__points="3", i21__comment=HOSTILE, i21__evidence=[HOSTILE], i22__points=HOSTILE
    )
    assert page.status == 422
    assert page.form("score")["i22.points"] == HOSTILE
    for browser in (inspector, await web.signed_in(*OFFICE)):
        shown = await browser.get(f"/inspections/{stream}")
        assert "<script>alert" not in shown.html
        assert HOSTILE in shown.html.replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'")
    listed = await inspector.get(f"/inspections?state={HOSTILE}&unit={HOSTILE}&page=999999999999")
    assert (listed.status, "<script>alert" in listed.html) == (200, False)


# -- who may


async def test_who_may_look_and_who_may_act(web: Web) -> None:
    stream = await _scoring(web)
    here = f"/inspections/{stream}"
    for post, status, forms in (
        (EXPERT, 200, {"score"}),
        (OFFICE, 200, {"assign", "cancel"}),
        (DEPUTY, 200, set()),
        (PRINCIPAL, 200, set()),
        (COORDINATOR, 200, set()),
        ((*EXPERT, "elsewhere"), 403, set()),
        (SISTER, 403, set()),
        (TEACHER, 403, set()),
    ):
        browser = await web.signed_in(*post)
        page = await browser.get(here)
        actions = {form.action.rpartition("/")[2] for form in page.forms if form.action.startswith(here)}
        assert (page.status, actions) == (status, forms), post
        listed = await browser.get("/inspections")
        assert (stream in listed.html) == (status == 200), post
        assert (await browser.get(f"{here}/sheet")).status == status
        if status == 200 and "score" not in forms:
            csrf = page.form("/language")["csrf"]
            sent = await browser.post(f"{here}/score", {"csrf": csrf, "i01.points": "1", "i01.seen": ""})
            assert (sent.status, "您不在本次检查的人员名单中" in sent) == (403, True), post
    assert (await (await web.browser()).get(here)).path.startswith("/sign-in")
    assert not (await _state(web, stream)).scores
    assert {row["code"] for row in await web.site.denials()} == {"not_yours", "not_inspector"}


async def test_unknown_ids_and_another_tenants_are_not_there(web: Web) -> None:
    browser = await web.signed_in(*OFFICE)
    foreign = stream_id("inspection", web.site.tenant_beside(), "any")
    filing = await web.site.filing()
    for id in (foreign, filing, "ins-1", "%00", "x" * 300):
        assert (await browser.get(f"/inspections/{id}")).status == 404
        assert (await browser.get(f"/inspections/{id}/sheet")).status == 404
        csrf = (await browser.get("/inspections")).form("/language")["csrf"]
        for command in ("score", "sign", "review", "assign"):
            assert (await browser.post(f"/inspections/{id}/{command}", {"csrf": csrf})).status in (404, 422)


async def test_the_list_holds_what_may_be_read_and_nothing_else(web: Web) -> None:
    streams = [await _year_end(web, unit, period) for unit in ("shiyan", "chengguan") for period in ("2026", "2027")]
    await web.site.by(OFFICE, streams[2], Assign(inspectors=await _panel(web)))
    for post in (EXPERT, SECOND, OFFICE, DEPUTY, PRINCIPAL, SISTER, TEACHER, COORDINATOR):
        person, _ = await web.account(*post)
        actor, _, _ = await web.ledger.actor(web.tenant, person)
        rows = await web.ledger.inspections.listed(web.tenant, "inspection", actor)
        may = {one for one in streams if may_read(actor, INSPECTION.scope(await _state(web, one)))}
        assert {row.stream for row in rows} == may, post


async def test_who_holds_a_post_at_the_unit_stands_aside(web: Web) -> None:
    stream = await _year_end(web)
    one, _, _ = await _panel(web)
    admin = await web.site.as_("admin", "pucheng")
    post = {"id": "2", "role": "teacher", "unit": "shiyan-maths", "first_day": "2026-09-01"}
    assert (await admin.post(f"/people/{one}/appoint", {"post": post})).status_code == 200
    page = await (await web.signed_in(*OFFICE)).get(f"/inspections/{stream}")
    assert f'value="{one}" disabled' in page.html
    assert "应当回避" in page


async def test_cancelled_with_a_reason(web: Web) -> None:
    stream = await _scoring(web)
    office = await web.signed_in(*OFFICE)
    page = await office.get(f"/inspections/{stream}")
    empty = await office.submit(page, f"/inspections/{stream}/cancel")
    assert (empty.status, "reason-error" in empty.ids) == (422, True)
    done = await office.submit(empty, f"/inspections/{stream}/cancel", reason="学校停课")
    assert ("检查已取消" in done, "学校停课" in done) == (True, True)


async def test_the_number_of_queries_is_fixed(web: Web) -> None:
    stream = await _scoring(web)
    browser = await web.signed_in(*EXPERT)
    await browser.get(f"/inspections/{stream}")
    async with counted(web) as few:
        await browser.get(f"/inspections/{stream}")
    async with counted(web) as few_listed:
        await browser.get("/inspections")
    await _score(web, stream)
    for number in range(12):
        await web.site.filing("open", period=f"2026-{number + 1:02}")
        await web.site.by(OFFICE, await _year_end(web, period=f"{2030 + number}"), Assign(inspectors=await _panel(web)))
    await browser.get("/")  # a connection that has rested is looked at before it is used
    async with counted(web) as many:
        assert "已全部评分" in await browser.get(f"/inspections/{stream}")
    async with counted(web) as many_listed:
        assert (await browser.get("/inspections")).html.count('class="ins-row"') == 13
    assert (few, few_listed) == (many, many_listed)


async def test_in_english(web: Web) -> None:
    stream = await _scoring(web)
    page = await (await web.signed_in(*EXPERT, lang="en")).get(f"/inspections/{stream}")
    assert ("22 of 22 not scored" in page, "A complete organisation" in page, "…" in page) == (True, True, False)


async def test_what_a_form_keeps_is_dropped_once_it_was_taken(web: Web) -> None:
    # static/ledger.js drops what is kept under the page's own path, or under “path#…”, when the page says it was done.
    inspection, follow_up = await web.site.inspection("scored"), await web.site.follow_up()
    for who, here in (
        (EXPERT, f"/inspections/{inspection}"),
        (OFFICE, f"/inspections/{inspection}"),
        (OFFICE, f"/follow-ups/{follow_up}"),
    ):
        page = await (await web.signed_in(*who)).get(here)
        kept = re.findall(r'data-keep="([^"]*)"', page.html)
        assert kept
        assert all(one.startswith(f"{here}#") for one in kept)
