"""Every command of a filing from its page: its form, what it does, and what comes back when it is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from domain.filing import (
    AddSigner,
    Approve,
    InReview,
    MarkRead,
    Recalled,
    Rejected,
    Returned,
    SendCopy,
    Voided,
)
from domain.ids import PersonId, StreamId
from tests.api.site import LEADER, OFFICE, PRINCIPAL
from tests.conftest import START
from tests.web.browser import Browser, Page
from tests.web.conftest import Web, counted
from tests.web.pipelines import (
    ALICE,
    AUTHORS_CHOICE,
    BOB,
    BRANCHES,
    CAROL,
    IN_ORDER,
    NEXT_CHOICE,
    TOGETHER,
    TWO,
    VACANT,
    VOTE,
    on_path,
)

TYPED: dict[str, Any] = {
    "content__analysis": "七年级新教师较多。",
    "content__content": "单元整体教学。",
    "content__monthly_tasks__0__month": "九月",
    "content__monthly_tasks__0__task": "集体备课两次",
    "content__monthly_tasks__0__owner": "王老师",
    "content__forms": "听评课",
}


async def three(web: Web) -> tuple[PersonId, PersonId, PersonId]:
    """Three coordinators."""
    return await web.site.person(*ALICE), await web.site.person(*BOB), await web.site.person(*CAROL)


async def state_of(web: Web, stream: StreamId) -> Any:
    return (await web.ledger.head(web.tenant, stream))[1]


async def page_of(web: Web, stream: StreamId, who: tuple[str, ...], lang: str = "zh") -> tuple[Browser, Page]:
    browser = await web.signed_in(*who, lang=lang)
    page = await browser.get(f"/filings/{stream}")
    assert page.status == 200
    return browser, page


# -- naming people


async def test_a_filing_is_transferred_by_a_name(web: Web) -> None:
    _, bob, _ = await three(web)
    stream = await on_path(web, TWO)
    browser, page = await page_of(web, stream, ALICE)
    done = await browser.submit(page, "do-transfer", to="白老师", reason="下周外出培训")
    assert done.path.endswith("?said=filing.transfer")
    assert "已转交" in done
    assert bob in {seat.person for seat in (await state_of(web, stream)).first.seats}
    _, theirs = await page_of(web, stream, BOB)
    acts = theirs.html.partition('id="act"')[2]
    assert "转交给白老师，说明：下周外出培训" in acts, "who asks and why stands where one decides"
    assert "下周外出培训" not in page.html.partition('id="act"')[2]


async def test_a_name_that_several_have_comes_back_as_a_question(web: Web) -> None:
    await three(web)
    other = await web.site.person("teacher", "shiyan-maths", "白老师")
    stream = await on_path(web, TWO)
    browser, page = await page_of(web, stream, ALICE)
    asked = await browser.submit(page, "do-transfer", to="白老师", reason="下周外出培训")
    assert asked.status == 422
    assert "#transfer.to" in asked.html
    assert "“白老师”是哪一位" in asked
    assert "教师" in asked
    form = asked.form("do-transfer")
    assert form["reason"] == "下周外出培训"
    assert form["to.word.0"] == "白老师"
    still = await browser.submit(asked, "do-transfer")
    assert still.status == 422
    assert "“白老师”是哪一位" in still
    done = await browser.submit(still, "do-transfer", to__pick__0=other)
    assert done.path.endswith("?said=filing.transfer")
    assert other in {seat.person for seat in (await state_of(web, stream)).first.seats}


async def test_a_part_of_a_name_asks_and_an_unknown_one_says_so(web: Web) -> None:
    _, bob, carol = await three(web)
    stream = await on_path(web, TWO)
    browser, page = await page_of(web, stream, ALICE)
    asked = await browser.submit(page, "do-copy", people="白老师、程、没有这个人", note="请知悉")
    assert asked.status == 422
    assert "没有找到在任人员“没有这个人”" in asked
    form = asked.form("do-copy")
    assert form["people"] == "白老师、没有这个人"
    assert form["note"] == "请知悉"
    done = await browser.submit(asked, "do-copy", people="白老师", people__pick__0=carol)
    assert done.path.endswith("?said=filing.copy")
    assert [one.person for one in (await state_of(web, stream)).copies] == [bob, carol]


async def test_people_are_offered_while_one_types(web: Web) -> None:
    await three(web)
    stream = await on_path(web, TWO)
    browser, _ = await page_of(web, stream, ALICE)
    offered = (await browser.http.get(f"/filings/{stream}/people", params={"q": "老师"})).json()
    assert {one["name"] for one in offered} == {"安老师", "白老师", "程老师"}
    assert all("片区研修负责人" in one["posts"] for one in offered)
    for number in range(12):
        await web.site.person("teacher", "shiyan-maths", f"许老师{number}")
    assert len((await browser.http.get(f"/filings/{stream}/people", params={"q": "许老师"})).json()) == 10
    assert (await browser.http.get(f"/filings/{stream}/people", params={"q": " \x00 "})).json() == []
    nobody = await web.browser()
    assert (await nobody.get(f"/filings/{stream}/people?q=x")).path.startswith("/sign-in")
    stranger = await web.signed_in("coordinator", "chengguan")
    assert (await stranger.get(f"/filings/{stream}/people?q=x")).status == 403


# -- deciding


async def test_signers_are_added_and_marked_on_the_path(web: Web) -> None:
    _, bob, carol = await three(web)
    stream = await on_path(web, TWO)
    browser, page = await page_of(web, stream, ALICE)
    refused = await browser.submit(page, "do-add_signer", people="白老师、程老师", where="before", reason="")
    assert refused.status == 422
    assert refused.form("do-add_signer")["people"] == "白老师、程老师"
    done = await browser.submit(refused, "do-add_signer", reason="请先核对")
    assert done.path.endswith("?said=filing.add_signer")
    assert "片区审核·加签" in done
    state = await state_of(web, stream)
    assert {seat.person for seat in state.first.seats} == {bob, carol}
    browser, page = await page_of(web, stream, BOB)
    assert "还须程老师同意" in page
    after = await browser.submit(page, "do-approve")
    assert "还差：程老师" in after


async def test_with_branches_each_stage_has_its_own_forms(web: Web) -> None:
    await three(web)
    stream = await on_path(web, BRANCHES)
    browser, page = await page_of(web, stream, ALICE)
    assert "3 路同时办理" in page
    assert {"do-approve.subject", "do-approve.budget", "do-return.subject"} <= {one.id for one in page.forms}
    refused = await browser.submit(page, "do-return.budget", reason="")
    assert "#return.budget.reason" in refused.html
    assert "return.budget.reason" in refused.ids
    done = await browser.submit(refused, "do-approve.budget", comment="预算合理")
    assert done.path.endswith("?said=filing.approve")
    state = await state_of(web, stream)
    assert [one.stage for one in state.approvals] == ["budget"]
    assert "do-approve" in {one.id for one in done.forms}
    assert "同意后转到“教学审核”环节，由蒲城县教育局的校本研修专家团队办理。" in done


async def test_what_is_typed_for_a_stage_that_is_through_is_kept(web: Web) -> None:
    _, bob, _ = await three(web)
    stream = await on_path(web, BRANCHES)
    browser, page = await page_of(web, stream, ALICE)
    await web.site.by(bob, stream, Approve(stage="budget", comment="可以"))
    after = await browser.submit(page, "do-return.budget", reason="测算缺少依据，逐项写明")
    assert after.status == 412
    assert "在您查看期间" in after
    assert "测算缺少依据，逐项写明" in after.html
    assert [one.stage for one in (await state_of(web, stream)).visits] == ["subject", "principal"]


async def test_a_half_signed_stage_says_who_is_missing(web: Web) -> None:
    alice, _, _ = await three(web)
    stream = await on_path(web, TOGETHER)
    await web.site.by(alice, stream, Approve())
    _, page = await page_of(web, stream, LEADER)
    assert "还差：白老师、程老师" in page or "还差：程老师、白老师" in page


async def test_stages_in_order_say_whose_turn_it_is(web: Web) -> None:
    await three(web)
    stream = await on_path(web, IN_ORDER)
    state = await state_of(web, stream)
    (turn, *later) = [seat.person for seat in state.first.seats]
    _, page = await page_of(web, stream, LEADER)
    names = await web.ledger.names(web.tenant, [turn, *later])
    assert f"轮到：{names[turn]}" in page
    assert f"其后：{names[later[0]]}、{names[later[1]]}" in page


async def test_votes_against_are_counted(web: Web) -> None:
    await three(web)
    stream = await on_path(web, (VOTE[0] | {"veto": []}, VOTE[1]))
    browser, page = await page_of(web, stream, ALICE)
    assert "3 人投票，2 票同意通过" in page
    refused = await browser.submit(page, "do-object", reason=" ")
    assert refused.status == 422
    assert "#object.reason" in refused.html
    done = await browser.submit(refused, "do-object", reason="经费缺少依据")
    assert done.path.endswith("?said=filing.object")
    assert "1 票反对" in done
    assert isinstance(await state_of(web, stream), InReview)
    browser, page = await page_of(web, stream, BOB)
    await browser.submit(page, "do-object", reason="同上")
    assert isinstance(await state_of(web, stream), Returned)


async def test_a_veto_is_announced(web: Web) -> None:
    await three(web)
    stream = await on_path(web, VOTE)
    browser, page = await page_of(web, stream, ALICE)
    assert "一票否决" in page
    await browser.submit(page, "do-object", reason="不符合规定")
    assert isinstance(await state_of(web, stream), Returned)


@pytest.mark.parametrize("then", ["straight", "again"])
async def test_a_returned_filing_comes_back_as_was_chosen(web: Web, then: str) -> None:
    alice, _, _ = await three(web)
    stream = await on_path(web, TWO)
    await web.site.by(alice, stream, Approve())
    browser, page = await page_of(web, stream, PRINCIPAL)
    assert page.form("do-return")["then"] == "straight"
    await browser.submit(page, "do-return", reason="缺负责人", then=then)
    state = await state_of(web, stream)
    assert isinstance(state, Returned)
    assert state.straight is (then == "straight")
    leader = await web.signed_in(*LEADER)
    form = await leader.get(f"/filings/{stream}/edit")
    assert ("“中心校审定”环节" if then == "straight" else "“片区审核”环节") in form


async def test_an_earlier_stage_may_be_returned_to(web: Web) -> None:
    alice, _, _ = await three(web)
    stream = await on_path(web, TWO)
    await web.site.by(alice, stream, Approve())
    browser, page = await page_of(web, stream, PRINCIPAL)
    wrong = await browser.submit(page, "do-return", reason="再核", to="seal")
    assert wrong.status == 422
    assert "#return.to" in wrong.html
    await browser.submit(wrong, "do-return", to="check", then="again")
    assert (await state_of(web, stream)).first.stage == "check"


async def test_rejecting_is_only_offered_where_the_stage_may(web: Web) -> None:
    alice, _, _ = await three(web)
    stream = await on_path(web, (TWO[0], TWO[1] | {"may_reject": True}))
    _, page = await page_of(web, stream, ALICE)
    assert "do-reject" not in {one.id for one in page.forms}
    await web.site.by(alice, stream, Approve())
    browser, page = await page_of(web, stream, PRINCIPAL)
    await browser.submit(page, "do-reject", reason="与片区计划重复")
    assert isinstance(await state_of(web, stream), Rejected)


# -- the author


async def test_a_recall_is_at_once_until_somebody_has_decided(web: Web) -> None:
    stream = await on_path(web, TWO)
    browser, page = await page_of(web, stream, LEADER)
    done = await browser.submit(page, "do-recall", reason="附件传错")
    assert "已撤回" in done
    assert isinstance(await state_of(web, stream), Recalled)


@pytest.mark.parametrize("agreed", [True, False])
async def test_a_later_recall_is_asked_for_and_answered(web: Web, agreed: bool) -> None:
    alice, _, _ = await three(web)
    await web.site.person(*PRINCIPAL)
    stream = await on_path(web, TWO)
    await web.site.by(alice, stream, Approve())
    browser, page = await page_of(web, stream, LEADER)
    assert "要经现在的审批人同意" in page
    done = await browser.submit(page, "do-recall", reason="附件传错")
    assert "已申请撤回" in done
    assert "do-recall" not in {one.id for one in done.forms}
    browser, page = await page_of(web, stream, PRINCIPAL)
    assert "申请撤回" in page
    assert "附件传错" in page
    if agreed:
        await browser.submit(page, "do-agree_recall")
        assert isinstance(await state_of(web, stream), Recalled)
    else:
        refused = await browser.submit(page, "do-refuse_recall")
        assert refused.status == 422
        await browser.submit(refused, "do-refuse_recall", reason="只差一个环节")
        assert (await state_of(web, stream)).recall_asked is None


async def test_urging_is_limited_and_says_until_when(web: Web) -> None:
    await three(web)
    stream = await on_path(web, TWO)
    browser, page = await page_of(web, stream, LEADER)
    assert "提醒实验中学联片研修区的片区研修负责人办理" in page
    done = await browser.submit(page, "do-urge")
    assert "已催办" in done
    assert "以后可以再催" in done
    assert ">催办</button>" in page.html
    assert ">催办</button>" not in done.html
    again = await browser.submit(page, "do-urge", command_id="")
    assert again.status in (409, 412)
    await web.site.bureau.at(START + timedelta(hours=5))
    _, page = await page_of(web, stream, LEADER)
    assert ">催办</button>" in page.html


@pytest.mark.parametrize("granted", [True, False])
async def test_more_time_is_asked_for_and_answered(web: Web, granted: bool) -> None:
    stream = await on_path(web, TWO, submitted=False)
    browser, page = await page_of(web, stream, LEADER)
    early = await browser.submit(page, "do-ask_extension", until="2026-09-02", reason="期中检测占用两天")
    assert early.status == 422
    assert "#ask_extension.until" in early.html
    assert early.form("do-ask_extension")["until"] == "2026-09-02"
    done = await browser.submit(early, "do-ask_extension", until="2026-10-09")
    assert "已申请延期" in done
    browser, page = await page_of(web, stream, OFFICE)
    assert "申请延期到 10月9日" in page
    before = (await state_of(web, stream)).due_at
    if granted:
        await browser.submit(page, "do-grant_extension")
        assert (await state_of(web, stream)).due_at.date() == date(2026, 10, 9)
    else:
        await browser.submit(page, "do-refuse_extension", reason="汇总时间不能推迟")
        assert (await state_of(web, stream)).due_at == before
    assert (await state_of(web, stream)).extension is None


async def test_copies_are_sent_read_and_listed(web: Web) -> None:
    await three(web)
    stream = await on_path(web, TWO)
    browser, page = await page_of(web, stream, LEADER)
    page = await browser.submit(page, "do-copy", people="白老师，程老师", note="供排课参考")
    assert "0/2 已阅" in page
    reader, theirs = await page_of(web, stream, BOB)
    read = await reader.submit(theirs, "do-mark_read")
    assert "已标记为已阅" in read
    assert "1/2 已阅" in read
    assert "do-mark_read" not in {one.id for one in read.forms}
    again = await browser.submit(page, "do-copy", people="白老师", command_id="")
    assert again.status == 409
    assert "不必重复" in again


async def test_a_comment_mentions_people(web: Web) -> None:
    await three(web)
    stream = await on_path(web, TWO)
    browser, page = await page_of(web, stream, ALICE)
    asked = await browser.submit(page, "do-comment", text="请看第二条", mentions="白")
    assert asked.status == 422
    assert asked.form("do-comment")["text"] == "请看第二条"
    done = await browser.submit(asked, "do-comment", mentions__pick__0=await web.site.person(*BOB))
    assert "提到白老师" in done
    assert (await browser.submit(done, "do-comment", text="没有提到谁")).path.endswith("said=filing.comment")


# -- the office


async def test_where_nobody_can_decide_the_office_is_asked_first_of_all(web: Web) -> None:
    alice, _, _ = await three(web)
    stream = await on_path(web, VACANT)
    _, page = await page_of(web, stream, LEADER)
    assert "待指定审批人" in page
    browser, page = await page_of(web, stream, OFFICE)
    assert '<button class="primary">指定审批人' in page.html
    refused = await browser.submit(page, "do-assign", people="shiyan-maths group_leader", reason="暂缺")
    assert refused.status == 422
    assert "不能审批自己的报送件" in refused
    assert refused.form("do-assign")["people"] == "shiyan-maths group_leader"
    done = await browser.submit(refused, "do-assign", people="安老师")
    assert "审批人" in done
    assert [seat.person for seat in (await state_of(web, stream)).first.seats] == [alice]


async def test_what_was_approved_is_voided_with_a_reason(web: Web) -> None:
    stream = await web.site.filing("approved")
    browser, page = await page_of(web, stream, OFFICE)
    assert "作废后第 1 稿不再有效，且不能恢复" in page
    refused = await browser.submit(page, "do-void", reason="")
    assert refused.status == 422
    await browser.submit(refused, "do-void", reason="活动取消")
    assert isinstance(await state_of(web, stream), Voided)
    _, page = await page_of(web, stream, LEADER)
    assert "活动取消" in page


# -- choosing


async def test_the_author_chooses_who_decides(web: Web) -> None:
    _, bob, carol = await three(web)
    stream = await on_path(web, AUTHORS_CHOICE, submitted=False)
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{stream}/edit")
    assert "选定“片区审核”环节的审批人" in page
    refused = await leader.submit(page, "edit", button="submit", **TYPED)
    assert refused.status == 422
    assert 'href="#choose"' in refused.html
    assert "choose" in refused.ids
    assert refused.form("edit")["content.analysis"] == TYPED["content__analysis"]
    seen = await leader.submit(refused, "edit", button="preview", choose__check=[bob, carol])
    assert {value for name, value in seen.form("submit").fields if name == "choose.check"} == {bob, carol}
    done = await leader.submit(seen, "submit")
    assert done.path.endswith("said=filing.submit")
    assert {seat.person for seat in (await state_of(web, stream)).first.seats} == {bob, carol}


async def test_whoever_agrees_chooses_who_is_next(web: Web) -> None:
    _, bob, _ = await three(web)
    stream = await on_path(web, NEXT_CHOICE)
    browser, page = await page_of(web, stream, PRINCIPAL)
    refused = await browser.submit(page, "do-approve", comment="很好")
    assert refused.status == 422
    assert "#approve.choose" in refused.html
    assert refused.form("do-approve")["comment"] == "很好"
    await browser.submit(refused, "do-approve", choose=[bob])
    assert [seat.person for seat in (await state_of(web, stream)).first.seats] == [bob]


async def test_a_condition_leaves_a_stage_and_its_choice_out(web: Web) -> None:
    await three(web)
    stages = (AUTHORS_CHOICE[0] | {"when": 'fields.forms == "讲座"'}, AUTHORS_CHOICE[1])
    stream = await on_path(web, stages, submitted=False)
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{stream}/edit")
    done = await leader.submit(page, "edit", button="submit", choose__check=[await web.site.person(*BOB)], **TYPED)
    assert done.path.endswith("said=filing.submit")
    assert (await state_of(web, stream)).first.stage == "file"
    assert "未经过" in done


# -- the page as a whole


async def test_the_number_of_queries_is_fixed(web: Web) -> None:
    alice, bob, carol = await three(web)
    principal = await web.site.person(*PRINCIPAL)
    little, much = await on_path(web, NEXT_CHOICE), await on_path(web, NEXT_CHOICE)
    await web.site.by(LEADER, much, SendCopy(people=(alice, bob, carol)))
    await web.site.by(alice, much, MarkRead())
    await web.site.by(principal, much, AddSigner(people=(alice, bob), where="beside", reason="请看"))
    browser = await web.signed_in(*PRINCIPAL)
    counts: list[int] = []
    for stream in (little, much):
        await browser.get(f"/filings/{stream}")
        async with counted(web) as queries:
            assert (await browser.get(f"/filings/{stream}")).status == 200
        counts += queries
    assert counts[0] == counts[1] <= 16


async def test_every_form_reads_in_english(web: Web) -> None:
    await three(web)
    stream = await on_path(web, BRANCHES)
    for who in (ALICE, LEADER, OFFICE):
        _, page = await page_of(web, stream, who, "en")
        assert "web." not in page.text
        assert "3 ways side by side" in page
