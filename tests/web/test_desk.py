"""The desk: what waits, most urgent first; approving from the list; notices; what it says when there is nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import timedelta

import pytest

from api.web.desk import NOTICES
from api.web.notices import SHOWN
from domain.filing import ApprovalGiven, Approve, Filing, FilingReturned, Recall, Return, Submit
from domain.ids import StreamId
from ledger.inbox import Notice
from tests.api.site import EXPERT, LEADER, OFFICE, PLAN
from tests.conftest import START
from tests.web.browser import Page
from tests.web.conftest import Web, counted

COORDINATOR = ("coordinator", "shiyan")


async def test_the_desk_groups_what_waits_by_urgency(web: Web) -> None:
    late = await web.site.filing("in_review")
    await web.site.bureau.at(START + timedelta(days=21))
    fresh = await web.site.filing("in_review", duty="stage_report", period="2026-09")
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/")
    assert page.html.index(late) < page.html.index(fresh)
    assert page.html.index("已逾期") < page.html.index(late)
    assert "逾期" in page.text
    assert "还有" in page.text


async def test_one_tap_approves_and_the_desk_says_so(web: Web) -> None:
    filing = await web.site.filing("in_review")
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/")
    after = await browser.submit(page, "many", only=filing)
    assert "已同意" in after.text
    assert f'value="{filing}"' not in after.html
    assert await decisions(web, filing) == ["approval_given"]


async def decisions(web: Web, filing: StreamId) -> list[str]:
    """What was decided on a filing."""
    events = await web.ledger.events(web.tenant, filing)
    decided = [one.event for one in events if isinstance(one.event, ApprovalGiven | FilingReturned)]
    return [one.type.removeprefix("filing.") for one in decided]


async def test_bulk_approve_tells_a_result_for_each_and_keeps_what_was_typed(web: Web) -> None:
    one, other, gone = [await web.site.filing("in_review") for _ in range(3)]
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/")
    # Meanwhile a colleague of the same post returns one, and another comes back with a new revision.
    second = await web.site.person("coordinator", "shiyan", "second")
    await web.site.by(second, gone, Return(reason="缺日期"))
    await web.site.by(LEADER, other, Recall())
    await web.site.by(LEADER, other, Submit(content=PLAN | {"content": "改过的内容。"}))
    after = await browser.submit(page, "many", pick=[one, other, gone], text="请按期开展", button="同意所选")
    assert after.status == 409
    assert "已同意 1 件，2 件没有办理" in after.text
    # Who, what and when; and that nothing was done.
    assert "退回给" in after.text
    assert "缺日期" in after.text
    assert (await web.ledger.names(web.tenant, [second]))[second] in after.text
    assert "您的“同意”没有提交" in after.text
    assert [await decisions(web, each) for each in (one, other, gone)] == [["approval_given"], [], ["returned"]]
    # What still waits is chosen again, with its reason in the row, and what was typed stands there still.
    form = after.form("many")
    assert form["text"] == "请按期开展"
    assert [value for name, value in form.fields if name == "pick"] == [other]
    assert f'id="why-{other}"' in after.html
    again = await browser.submit(after, "many", button="同意所选")
    assert again.status == 200
    assert "已同意 1 件" in again.text
    assert await decisions(web, other) == ["approval_given"]
    events = await web.ledger.events(web.tenant, other)
    assert [each.event.comment for each in events if isinstance(each.event, ApprovalGiven)] == ["请按期开展"]


async def test_bulk_return_gives_one_reason_to_all(web: Web) -> None:
    streams = [await web.site.filing("in_review") for _ in range(3)]
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/")
    without = await browser.submit(page, "many", pick=streams[:2], button="退回所选")
    assert without.status == 422
    assert "退回须写明原因，没有退回" in without.text
    assert 'aria-invalid="true"' in without.html
    assert sorted(value for name, value in without.form("many").fields if name == "pick") == sorted(streams[:2])
    after = await browser.submit(without, "many", text="请补充日期", button="退回所选")
    assert (after.status, "已退回 2 件" in after.text) == (200, True)
    assert [await decisions(web, one) for one in streams] == [["returned"], ["returned"], []]
    assert "请补充日期" not in after.form("many")["text"]
    leader = await web.signed_in(*LEADER)
    assert (await leader.get("/")).text.count("请补充日期") == 2


async def test_nothing_chosen_or_too_many_loses_nothing_that_was_typed(web: Web) -> None:
    filing = await web.site.filing("in_review")
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/")
    before = await web.site.written()
    none = await browser.submit(page, "many", text="请补充日期", button="退回所选")
    assert none.status == 422
    assert "还没有选择报送件" in none.text
    assert none.form("many")["text"] == "请补充日期"
    many = [f"fil-{number:020x}" for number in range(101)]
    for picks, said in ((many, "一次最多办理 100 件"), (["x", "\x00", "per-" + "0" * 20], "还没有选择报送件")):
        refused = await browser.submit(page, "many", pick=picks, text="请补充日期", button="退回所选")
        assert (refused.status, said in refused.text) == (422, True)
    long = await browser.submit(page, "many", pick=[filing], text="长" * 4001, button="同意所选")
    assert (long.status, long.form("many")["text"]) == (422, "长" * 4001)
    assert await web.site.written() == before


async def test_each_refusal_is_told_by_its_own_sentence(web: Web) -> None:
    mine, others = await web.site.filing("in_review"), await web.site.filing("in_review", unit="chengguan-maths")
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/")
    nowhere = f"fil-{'0' * 20}"
    told = len(await web.site.denials())
    after = await browser.submit(page, "many", pick=[mine, others, nowhere], button="同意所选")
    assert "已同意 1 件，2 件没有办理" in after.text
    assert f"没有找到编号“{nowhere}”" in after.text
    # Of what they may not see, the page says no more than they sent.
    assert "城关" not in after.text
    assert [(one["stream"], one["code"]) for one in (await web.site.denials())[told:]] == [(others, "not_yours")]
    assert await decisions(web, others) == []


async def test_two_who_press_at_the_same_instant_decide_each_once(web: Web) -> None:
    streams = [await web.site.filing("in_review") for _ in range(6)]
    browsers = [await web.signed_in(*COORDINATOR), await web.signed_in(*COORDINATOR, "second")]
    pages = [await one.get("/") for one in browsers]
    answers = await asyncio.gather(
        browsers[0].submit(pages[0], "many", pick=streams, text="同意", button="同意所选"),
        browsers[1].submit(pages[1], "many", pick=streams[::-1], text="请补充", button="退回所选"),
    )
    decided = [await decisions(web, one) for one in streams]
    assert all(len(one) == 1 for one in decided)
    done = [sum(one == [kind] for one in decided) for kind in ("approval_given", "returned")]
    for answer, count, word in zip(answers, done, ("同意", "退回"), strict=True):
        assert f"已{word} {count} 件" in answer.text
        assert (f"{6 - count} 件没有办理" in answer.text) == (count < 6)
        assert answer.text.count(f"您的“{word}”没有提交") == 6 - count
    assert (await web.ledger.verify(web.tenant)).sound


async def test_pressing_twice_decides_once(web: Web) -> None:
    streams = [await web.site.filing("in_review") for _ in range(2)]
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/")
    for _ in range(2):
        again = await browser.submit(page, "many", only=streams[0])
        assert "已同意" in again.text
    for _ in range(2):
        again = await browser.submit(page, "many", pick=streams[1], button="同意所选")
        assert (again.status, "已同意 1 件" in again.text) == (200, True)
    changed = await browser.submit(page, "many", pick=streams[1], text="改了", button="同意所选")
    assert (changed.status, "之后又有改动" in changed.text) == (409, True)
    assert [await decisions(web, one) for one in streams] == [["approval_given"]] * 2


async def test_what_its_author_wants_back_is_answered_and_not_approved_unseen(web: Web) -> None:
    filing = await web.site.filing("recall_asked")
    actor = ("centre_principal", "shiyan")
    page = await (await web.signed_in(*actor)).get("/")
    assert "申请撤回" in page.text
    assert "答复撤回" in page.text
    assert f'href="/filings/{filing}#act"' in page.html
    assert f'value="{filing}"' not in page.html


async def test_what_was_urged_says_so_on_the_desk(web: Web) -> None:
    filing = await web.site.filing("in_review")
    browser = await web.signed_in(*COORDINATOR)
    assert "已催办" not in (await browser.get("/")).text
    leader = await web.signed_in(*LEADER)
    await leader.submit(await leader.get(f"/filings/{filing}"), "do-urge")
    row = (await browser.get("/")).html.partition('class="desk-row"')[2].partition("</li>")[0]
    assert "已催办" in row


async def test_only_what_the_visitor_may_decide_can_be_chosen(web: Web) -> None:
    filing = await web.site.filing("in_review")
    leader = await web.signed_in(*LEADER)
    own = await web.site.filing("open")
    page = await leader.get("/")
    assert own in page.html
    assert 'name="pick"' not in page.html
    assert "同意所选" not in page.text
    decider = await web.signed_in(*COORDINATOR)
    fields = (await decider.get("/")).form("many")
    assert (fields[f"version.{filing}"], fields[f"on_behalf_of.{filing}"]) == ("3", "")
    assert fields[f"command_id.{filing}"]


async def test_a_stage_that_judges_is_not_approved_from_the_list(web: Web) -> None:
    report = await web.site.filing("second", duty="stage_report", period="2026-09")
    browser = await web.signed_in("office", "pucheng")
    page = await browser.get("/")
    assert "内容摘要" not in page.text
    assert f"/filings/{report}#act" in page.html
    assert "需评定，逐件同意" in page.text
    assert f'name="only" value="{report}"' not in page.html
    after = await browser.submit(page, "many", pick=[report], button="同意所选")
    assert after.status == 409
    assert "本环节需要同时给出评定" in after.text
    assert await decisions(web, report) == ["approval_given"]
    back = await browser.submit(after, "many", text="请补充签到表", button="退回所选")
    assert "已退回 1 件" in back.text


def row_of(page: Page, filing: StreamId) -> str:
    """A filing's row on the desk."""
    rows = [one.partition("</li>")[0] for one in page.html.split('<li class="desk-row">')[1:]]
    (row,) = (one for one in rows if f'href="/filings/{filing}"' in one)
    return row


async def test_what_it_says_is_read_in_the_row_before_it_is_approved(web: Web) -> None:
    long, large, erased = [await web.site.filing("open") for _ in range(3)]
    hand_in = PLAN | {"analysis": "<script>alert(1)</script>" + "长" * 500}
    task = {"month": "九月", "task": "集体备课", "owner": "王老师"}
    await web.site.by(LEADER, long, Submit(content=hand_in | {"monthly_tasks": [task] * 12}))
    random = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(300))
    await web.site.by(LEADER, large, Submit(content=PLAN | {"analysis": random}))
    await web.site.by(LEADER, erased, Submit(content=PLAN | {"content": "王老师家访记录"}))
    state = (await web.ledger.head(web.tenant, erased))[1]
    assert isinstance(state, Filing)
    await web.ledger.contents.erase(web.tenant, state.revisions[-1].content)
    page = await (await web.signed_in(*COORDINATOR)).get("/")
    row = row_of(page, long)
    assert "<dt>教学现状分析</dt><dd>&lt;script&gt;alert(1)&lt;/script&gt;长" in row
    assert 80 < row.count("长") < 120
    assert "<dd>共 12 条：九月 · 集体备课 · 王老师；九月" in row
    assert "查看全文" in row
    for one in (large, erased):
        assert "内容较长或已删除" in row_of(page, one)
        assert f'name="only" value="{one}"' in page.html
    assert "王老师家访记录" not in page.html
    english = await (await web.signed_in(*COORDINATOR, lang="en")).get("/")
    assert "<dt>What will be studied</dt><dd>单元整体教学。</dd>" in row_of(english, long)


async def test_an_empty_desk_says_what_comes_next(web: Web) -> None:
    browser = await web.signed_in("principal", "shiyan-zhongxue")
    page = await browser.get("/")
    assert "现在没有等您办理的事项" in page.text


async def test_nobody_sees_anothers_desk(web: Web) -> None:
    filing = await web.site.filing("in_review")
    sister = await web.signed_in("coordinator", "chengguan")
    assert filing not in (await sister.get("/")).html


async def test_notices_are_marked_as_read(web: Web) -> None:
    await web.site.filing("returned")
    browser = await web.signed_in("group_leader", "shiyan-maths")
    page = await browser.get("/")
    assert "补充日期" in page.text
    after = await browser.submit(page, "/notices/read")
    assert "通知已标为已读" in after.text
    assert "未读：" not in after.text


async def test_earlier_notices_have_a_page(web: Web) -> None:
    """The desk shows the newest; nothing that was told is out of reach."""
    browser = await web.signed_in(*LEADER)
    await web.site.filing("returned")
    assert "/notices" not in [href for _, href in (await browser.get("/")).links]
    async with counted(web) as few:
        page = await browser.get("/notices")
    assert 0 < new_in(page) == len(await notices_of(web, *LEADER))
    while len(told := await notices_of(web, *LEADER)) <= SHOWN:
        await web.site.filing("returned")
    desk = await browser.get("/")
    assert new_in(desk) == NOTICES
    assert "/notices" in [href for _, href in desk.links]
    async with counted(web) as many:
        first = await browser.get("/notices")
    assert many == few
    (link,) = [href for _, href in first.links if "before=" in href]
    second = await browser.get(f"/notices{link}")
    assert (new_in(first), new_in(second)) == (SHOWN, len(told) - SHOWN)
    led_to = {href.rpartition("/")[2] for _, href in first.links + second.links if href.startswith("/filings/fil-")}
    assert led_to == {one.stream for one in told}
    sister = await web.signed_in("group_leader", "chengguan-maths")
    assert new_in(await sister.get(f"/notices{link}")) == 0
    assert new_in(await browser.get("/notices?before=%00")) == SHOWN
    after = await browser.submit(first, "/notices/read")
    assert (after.path, new_in(after)) == ("/notices?said=notices_read", 0)


def new_in(page: Page) -> int:
    """How many notices stand there as not read."""
    return page.html.count('<li class="new">')


async def notices_of(web: Web, role: str, unit: str) -> Sequence[Notice]:
    """All that somebody was told."""
    return await web.ledger.inbox.read(web.tenant, await web.site.person(role, unit), 1000)


async def unread(web: Web, role: str, unit: str) -> set[StreamId]:
    """What somebody's notices that are not read tell of."""
    found = await web.ledger.inbox.read(web.tenant, await web.site.person(role, unit))
    return {one.stream for one in found if one.read_at is None}


async def test_opening_a_page_reads_what_tells_of_it_and_nothing_else(web: Web) -> None:
    """As with mail: what I opened is read, for me alone, at no cost."""
    opened, other = [await web.site.filing("returned") for _ in range(2)]
    browser = await web.signed_in(*LEADER)
    assert await unread(web, *LEADER) == {opened, other}
    await (await web.signed_in(*COORDINATOR)).get(f"/filings/{opened}")
    await browser.post(f"/filings/{opened}/recall", {})
    assert await unread(web, *LEADER) == {opened, other}
    async with counted(web) as fresh:
        await browser.get(f"/filings/{opened}")
    assert await unread(web, *LEADER) == {other}
    async with counted(web) as again:
        await browser.get(f"/filings/{opened}")
    assert fresh == again
    page = await browser.get("/")
    assert f'data-live="unread">{page.html.count("未读：")}<' in page.html
    assert (await browser.get("/filings/%00")).status == 404


async def test_inspections_and_follow_ups_are_read_by_opening_them_too(web: Web) -> None:
    inspection, follow_up = await web.site.inspection("assigned"), await web.site.follow_up()
    for actor, stream, path in ((EXPERT, inspection, "inspections"), (OFFICE, follow_up, "follow-ups")):
        browser = await web.signed_in(*actor)
        assert stream in await unread(web, *actor)
        await browser.get(f"/{path}/{stream}")
        assert stream not in await unread(web, *actor)


async def test_what_was_decided_from_the_desk_is_read(web: Web) -> None:
    streams = [await web.site.filing("in_review") for _ in range(3)]
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/")
    await browser.submit(page, "many", only=streams[0])
    assert await unread(web, *COORDINATOR) == set(streams[1:])
    # Somebody was quicker with one: of that, the notice still tells.
    await web.site.by(await web.site.person("coordinator", "shiyan", "second"), streams[1], Return(reason="缺日期"))
    after = await browser.submit(page, "many", pick=streams[1:], button="同意所选")
    assert await unread(web, *COORDINATOR) == {streams[1]}
    assert 'data-live="unread">1<' in after.html


@pytest.mark.parametrize(
    ("lang", "said", "decide"),
    [
        ("zh", "已退回您处重新审批，原因：", "前办理"),
        ("en", "was sent back to you. Reason: ", "Please decide again by"),
    ],
)
async def test_why_something_was_sent_back_is_read_in_the_notice(web: Web, lang: str, said: str, decide: str) -> None:
    filing = await web.site.filing("second")
    reason = "<b>请补充日期</b>" + "和地点" * 100
    await web.site.by(("centre_principal", "shiyan"), filing, Return(reason=reason, to="coordinator_review"))
    browser = await web.signed_in(*COORDINATOR, lang=lang)
    notices = (await browser.get("/")).html.partition('<ul class="notices">')[2].split("</li>")
    (notice,) = (one for one in notices if said in one)
    assert f"{said}&lt;b&gt;请补充日期&lt;/b&gt;和地点" in notice
    assert decide in notice
    assert "…" in notice
    assert notice.count("和地点") < 50
    assert (await browser.get(f"/filings/{filing}")).text.count("和地点") >= 100


async def test_english_is_complete(web: Web) -> None:
    await web.site.filing("in_review")
    browser = await web.signed_in(*COORDINATOR, lang="en")
    page = await browser.get("/")
    assert "My desk" in page.text
    assert "Approve" in page.text


async def test_hostile_text_is_shown_as_text(web: Web) -> None:
    filing = await web.site.filing("in_review")
    leader = await web.signed_in("group_leader", "shiyan-maths")
    await web.site.by(COORDINATOR, filing, Return(reason="<script>alert(1)</script>"))
    page = await leader.get("/")
    assert "<script>alert" not in page.html
    assert "&lt;script&gt;alert(1)" in page.html


async def test_the_number_of_statements_does_not_grow_with_the_rows(web: Web) -> None:
    await web.site.filing("in_review")
    browser = await web.signed_in(*COORDINATOR)
    await browser.get("/")
    async with counted(web) as few:
        await browser.get("/")
    streams: list[StreamId] = [await web.site.filing("in_review") for _ in range(12)]
    await web.site.by(COORDINATOR, streams[0], Approve())
    async with counted(web) as many:
        page = await browser.get("/")
    assert streams[-1] in page.html
    assert many == few
    assert many[0] <= 11
    # Telling of those that somebody else was quicker with takes as many queries for ten as for two.
    second = await web.site.person("coordinator", "shiyan", "second")
    for stream in streams[1:]:
        await web.site.by(second, stream, Return(reason="缺日期"))
    async with counted(web) as two:
        await browser.submit(page, "many", pick=streams[1:3], button="同意所选")
    async with counted(web) as ten:
        after = await browser.submit(page, "many", pick=streams[1:11], button="同意所选")
    assert after.text.count("缺日期") >= 10
    assert ten == two


async def test_who_never_files_is_not_shown_an_empty_list(web: Web) -> None:
    expert = await web.signed_in("expert", "pucheng")
    assert "我报送的" not in await expert.get("/")
    leader = await web.signed_in("group_leader", "shiyan-maths")
    assert "我报送的" in await leader.get("/")
