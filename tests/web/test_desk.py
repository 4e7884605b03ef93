"""The desk: what waits, most urgent first; approving from the list; notices; what it says when there is nothing."""

from __future__ import annotations

from datetime import timedelta

from domain.filing import ApprovalGiven, Approve, Return
from domain.ids import StreamId
from tests.conftest import START
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
    after = await browser.submit(page, "approve", only=f"{filing}:3")
    assert "已同意" in after.text
    assert filing not in after.html
    assert (await web.ledger.head(web.tenant, filing))[1].step == 1  # type: ignore[attr-defined]


async def test_what_cannot_be_approved_is_told_beside_it_and_the_rest_is_done(web: Web) -> None:
    one, other = await web.site.filing("in_review"), await web.site.filing("in_review")
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/")
    # Meanwhile a colleague of the same post returns one of the two.
    await web.site.by(await web.site.person("coordinator", "shiyan", "second"), other, Return(reason="缺日期"))
    picked = [f"{one}:3", f"{other}:3"]
    after = await browser.submit(page, "approve", pick=picked, comment="同意，请按期开展")
    assert after.status == 409
    assert "已同意 1 件，1 件没有办理" in after.text
    assert "同意，请按期开展" in after.html
    assert (await web.ledger.head(web.tenant, one))[1].status == "in_review"
    events = await web.ledger.events(web.tenant, one)
    assert [one.event.comment for one in events if isinstance(one.event, ApprovalGiven)] == ["同意，请按期开展"]


async def test_pressing_twice_approves_once(web: Web) -> None:
    filing = await web.site.filing("in_review")
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/")
    await browser.submit(page, "approve", only=f"{filing}:3")
    again = await browser.submit(page, "approve", only=f"{filing}:3")
    assert "已同意" in again.text
    assert (
        len([one for one in await web.ledger.events(web.tenant, filing) if isinstance(one.event, ApprovalGiven)]) == 1
    )


async def test_a_stage_that_judges_is_not_approved_from_the_list(web: Web) -> None:
    report = await web.site.filing("second", duty="stage_report", period="2026-09")
    browser = await web.signed_in("office", "pucheng")
    page = await browser.get("/")
    assert report in page.html
    assert f'value="{report}:' not in page.html
    assert f"/filings/{report}#act" in page.html


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
    after = await browser.submit(page, "/desk/notices-read")
    assert "通知已标为已读" in after.text
    assert "未读：" not in after.text


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
    async with counted() as few:
        await browser.get("/")
    streams: list[StreamId] = [await web.site.filing("in_review") for _ in range(12)]
    await web.site.by(COORDINATOR, streams[0], Approve())
    async with counted() as many:
        page = await browser.get("/")
    assert streams[-1] in page.html
    assert many == few
    assert many[0] <= 10


async def test_who_never_files_is_not_shown_an_empty_list(web: Web) -> None:
    expert = await web.signed_in("expert", "pucheng")
    assert "我报送的" not in await expert.get("/")
    leader = await web.signed_in("group_leader", "shiyan-maths")
    assert "我报送的" in await leader.get("/")
