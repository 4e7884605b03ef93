"""The school year over HTTP: its calendar, what comes next, its numbers, and running it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from domain.cycle import (
    Archived,
    Cycle,
    DraftCycle,
    Drafted,
    OpenNextWindow,
    Publish,
    Running,
    Start,
    Suspend,
    Suspended,
)
from domain.ids import SYSTEM, StreamId, stream_id
from domain.programme import OwedPer, Programme, UnitKind
from tests.conftest import START
from tests.web.browser import Page
from tests.web.conftest import Web, counted

OFFICE = ("office", "pucheng")
TEACHER = ("teacher", "shiyan-maths")


async def the_year(web: Web, *, running: bool = True) -> StreamId:
    """The cycle that the site's filings belong to: published, and by the calendar's first windows."""
    cycle = stream_id("cycle", web.tenant, "2026")
    await web.site.by(OFFICE, cycle, DraftCycle(school_year=2026))
    await web.site.by(OFFICE, cycle, Publish())
    if running:
        await web.site.by(SYSTEM, cycle, Start())
        await open_windows(web, cycle, START)
    return cycle


async def open_windows(web: Web, cycle: StreamId, until: datetime) -> None:
    """What the process manager does as windows' times come; time goes on to `until`."""
    while True:
        state = await state_of(web, cycle)
        window = state.next_window()  # type: ignore[attr-defined]
        if window is None or window.opens_at > until:
            return await web.site.bureau.at(until)
        await web.site.bureau.at(max(window.opens_at, await web.ledger.tenants.now(web.tenant)))
        await web.site.by(SYSTEM, cycle, OpenNextWindow(window=window.id))


async def state_of(web: Web, cycle: StreamId) -> Cycle:
    state = (await web.ledger.head(web.tenant, cycle))[1]
    assert isinstance(state, Cycle)
    return state


async def adopted(web: Web, programme: Programme) -> None:
    await web.ledger.tenants.adopt(web.tenant, programme)


async def test_without_a_year_the_page_says_who_makes_one(web: Web) -> None:
    teacher = await web.signed_in(*TEACHER)
    page = await teacher.get("/cycles")
    assert "还没有学年日程" in page
    assert not [one for one in page.forms if one.action == "/cycles"]


async def test_the_present_year_shows_windows_today_and_what_comes_next(web: Web) -> None:
    cycle = await the_year(web)
    teacher = await web.signed_in(*TEACHER)
    page = await teacher.get("/cycles")
    assert "<title>2026–2027 学年" in page.html
    assert "今天 9月1日 周二" in page
    assert "报送教研组研修计划（2026–2027 学年秋季学期）" in page
    state = await state_of(web, cycle)
    for window in state.windows:  # type: ignore[attr-defined]
        assert f'id="w-{window.id.replace("/", "-")}"' in page.html
    coming = page.text[page.text.index("接下来") : page.text.index("按月查看")]
    assert coming.count("还有") == 5
    assert "还有 3 个工作日" in coming
    english = await (await web.signed_in("expert", "pucheng", lang="en")).get(f"/cycles/{cycle}")
    assert "What comes next" in english
    assert "3 workdays left" in english


async def test_the_calendar_says_what_it_did(web: Web) -> None:
    await the_year(web)
    page = await (await web.signed_in(*TEACHER)).get("/cycles")
    assert "10月1日 周四至 10月7日 周三" in page
    assert "9月20日 周日" in page  # worked before the Mid-Autumn days off, as the State announced
    assert "暂定" in page
    assert "国家放假安排还没有公布" in page


async def test_each_window_has_its_numbers_and_they_lead_to_its_filings(web: Web) -> None:
    await the_year(web)
    term = "2026-autumn"
    reviewed = await web.site.filing("in_review", period=term)
    await web.site.filing("open", unit="shiyan-chinese", period=term)
    await web.site.filing("approved", unit="shiyan-english", period=term)
    office = await web.signed_in(*OFFICE)
    page = await office.get("/cycles")
    assert "应报 3 件，已通过 1，审批中 1，逾期 0" in page
    found = await office.get(next(href for _, href in page.links if "status=in_review" in href))
    assert [href for _, href in found.links if href.startswith("/filings/fil-")] == [f"/filings/{reviewed}"]
    # Somebody who reads one group counts that group's.
    leader = await (await web.signed_in("group_leader", "shiyan-maths")).get("/cycles")
    assert "应报 1 件，已通过 0，审批中 1" in leader


async def test_only_who_runs_the_year_is_offered_to(web: Web) -> None:
    cycle = await the_year(web, running=False)
    drafted = await web.site.cycle("drafted")
    for role, unit in (TEACHER, ("coordinator", "shiyan"), ("director", "pucheng")):
        browser = await web.signed_in(role, unit)
        page = await browser.get(f"/cycles/{drafted}")
        assert [one.action for one in page.forms if one.action.startswith("/cycles")] == []
        assert "由有“管理周期”权限的人员发布" in page
        refused = await browser.post(
            f"/cycles/{drafted}/publish", {"csrf": page.form("/language")["csrf"], "version": "1"}
        )
        assert refused.status == 403
        assert "管理周期" in refused
    assert isinstance(await state_of(web, drafted), Drafted)
    assert cycle != drafted


async def test_publishing_explains_itself_first(web: Web) -> None:
    office = await web.signed_in(*OFFICE)
    page = await office.submit(await office.get("/cycles"), "draft-form", school_year="2026")
    assert "已拟定。请核对日程后发布。" in page
    cycle = stream_id("cycle", web.tenant, "2026")
    assert page.path.startswith(f"/cycles/{cycle}")
    assert "起按时开放 30 个报送期" in page
    done = await office.submit(page, "publish-form")
    assert "日程已发布，到时自动开放。" in done
    state = await state_of(web, cycle)
    assert len(state.windows) == 30  # type: ignore[attr-defined]


async def test_the_number_that_publishing_tells_is_what_the_windows_open(web: Web) -> None:
    cycle = stream_id("cycle", web.tenant, "2026")
    await web.site.by(OFFICE, cycle, DraftCycle(school_year=2026))
    page = await (await web.signed_in(*OFFICE)).get(f"/cycles/{cycle}")
    await web.site.by(OFFICE, cycle, Publish())
    state = await state_of(web, cycle)
    programme = web.site.bureau.programme
    units = Counter(one.kind for one in programme.all_units.values())
    owed = 0
    for window in state.windows:  # type: ignore[attr-defined]
        duty = programme.duty_by_id.get(window.rules)
        # Nobody holds a post who would owe something as a person; inspections are of clusters.
        if duty is None or duty.per is OwedPer.UNIT:
            owed += units[UnitKind.CLUSTER if duty is None else duty.owed_by.scope]
    assert f"约产生 {owed} 件" in page


async def test_suspending_asks_a_reason_and_keeps_what_was_typed(web: Web) -> None:
    cycle = await the_year(web)
    await web.site.filing("in_review", period="2026-autumn")
    office = await web.signed_in(*OFFICE)
    page = await office.get(f"/cycles/{cycle}")
    assert "已开放的 1 件照常办理" in page
    empty = await office.submit(page, "suspend-form", reason=" ")
    assert empty.status == 422
    assert "有 1 处需要修改" in empty
    assert isinstance(await state_of(web, cycle), Running)
    await open_windows(web, cycle, START + timedelta(days=10))
    late = await office.submit(page, "suspend-form", reason="防汛停课<b>")
    assert late.status == 412
    assert late.form("suspend-form")["reason"] == "防汛停课<b>"
    done = await office.submit(late, "suspend-form")
    assert "已暂停，不再开放新的报送期。" in done
    assert "现在暂停" in done
    assert "已暂停 · 逾期" not in done
    assert "防汛停课<b>" in done
    assert "<b>" not in done.html
    assert isinstance(await state_of(web, cycle), Suspended)


async def test_resuming_tells_what_opens_and_what_was_missed(web: Web) -> None:
    cycle = await the_year(web)
    office = await web.signed_in(*OFFICE)
    await web.site.by(OFFICE, cycle, Suspend(reason="停课"))
    later = datetime(2026, 11, 25, 2, tzinfo=UTC)
    await web.site.bureau.at(later)
    state = await state_of(web, cycle)
    waiting = [one for one in state.windows if one.id not in state.opened and one.opens_at <= later]  # type: ignore[attr-defined]
    lapsed = [one for one in waiting if one.lapses_at <= later]
    assert lapsed
    page = await office.get(f"/cycles/{cycle}")
    assert f"{len(waiting) - len(lapsed)} 个报送期的时间已到，立即开放" in page
    assert f"{len(lapsed)} 个报送期已过失效时间，不再开放" in page
    done = await office.submit(page, "resume-form")
    assert "已恢复" in done
    await open_windows(web, cycle, later)
    after = await office.get(f"/cycles/{cycle}")
    assert f"{len(lapsed)} 个报送期在暂停期间过了失效时间" in after


async def test_archiving_ends_a_year_that_is_closing(web: Web) -> None:
    closing = await web.site.cycle("closing")
    office = await web.signed_in(*OFFICE)
    page = await office.get(f"/cycles/{closing}")
    assert "归档后本学年结束，不能恢复" in page
    done = await office.submit(page, "archive-form")
    assert "已归档。" in done
    assert isinstance(await state_of(web, closing), Archived)
    assert not [one for one in done.forms if one.action.endswith("/archive")]


async def test_a_year_is_drafted_once_and_a_wrong_one_comes_back(web: Web) -> None:
    await the_year(web)
    office = await web.signed_in(*OFFICE)
    page = await office.get("/cycles")
    assert page.form("draft-form")["school_year"] == "2027"
    again = await office.submit(page, "draft-form", school_year="2026")
    assert again.status == 409
    assert "该事项已经建立" in again
    assert again.form("draft-form")["school_year"] == "2026"
    wrong = await office.submit(page, "draft-form", school_year="1900")
    assert wrong.status == 422
    assert wrong.form("draft-form")["school_year"] == "1900"
    done = await office.submit(page, "draft-form", school_year="2027")
    assert done.status == 200
    assert "2027–2028 学年" in done
    assert "2026–2027 学年" in done  # the other years


async def test_the_history_is_told_in_pages(web: Web) -> None:
    cycle = await the_year(web)
    await open_windows(web, cycle, START)
    await web.site.bureau.at(datetime(2027, 7, 1, tzinfo=UTC))
    await open_windows(web, cycle, datetime(2027, 7, 1, tzinfo=UTC))
    browser = await web.signed_in(*TEACHER)
    last = await browser.get(f"/cycles/{cycle}")
    assert "第 2 页，共 2 页" in last
    first = await browser.open(last, "更早的记录")
    assert "发布" in first.text[first.text.index("办理记录") :]
    for odd in ("0", "99", "x", "-1", "9" * 40):
        assert (await browser.get(f"/cycles/{cycle}?events={odd}")).status == 200


async def test_an_unknown_or_foreign_year_is_not_found(web: Web) -> None:
    cycle = await the_year(web)
    beside = web.site.tenant_beside()
    await web.ledger.tenants.adopt(beside, web.site.bureau.programme)
    browser = await web.signed_in(*TEACHER)
    foreign = stream_id("cycle", beside, "2026")
    for id in (foreign, "cyc-0", "x", await web.site.filing("open")):
        assert (await browser.get(f"/cycles/{id}")).status == 404
    nobody = await web.browser()
    assert (await nobody.get(f"/cycles/{cycle}")).path.startswith("/sign-in")


async def test_the_number_of_queries_does_not_grow(web: Web, small_county: Programme) -> None:
    few = await the_year(web)
    office = await web.signed_in(*OFFICE)
    await office.get(f"/cycles/{few}")
    async with counted(web) as little:
        await office.get(f"/cycles/{few}")
    # Three of every duty: more than sixty windows a year.
    more = [
        duty.model_copy(update={"id": f"{duty.id}-{number}"}) for duty in small_county.duties for number in range(3)
    ]
    await adopted(web, small_county.model_copy(update={"duties": tuple(more), "version": 2}))
    many = stream_id("cycle", web.tenant, "2025")
    await web.site.bureau.at(datetime(2025, 9, 1, 2, tzinfo=UTC))
    await web.site.by(OFFICE, many, DraftCycle(school_year=2025))
    await web.site.by(OFFICE, many, Publish())
    await web.site.by(SYSTEM, many, Start())
    await open_windows(web, many, datetime(2026, 6, 1, tzinfo=UTC))
    await web.site.bureau.at(datetime(2026, 6, 1, tzinfo=UTC))
    page: Page = await office.get(f"/cycles/{many}")
    async with counted(web) as much:
        await office.get(f"/cycles/{many}")
    assert page.html.count('id="w-') > 60
    assert little == much
