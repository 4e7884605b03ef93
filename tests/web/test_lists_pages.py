"""Lists, search and the board over HTTP: what is found, who sees it, what an address may say."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from domain.cycle import DraftCycle, Publish
from domain.filing import OpenFiling
from domain.ids import SYSTEM, StreamId, UnitId, stream_id
from tests.conftest import START
from tests.web.browser import Page
from tests.web.conftest import Web, counted

OFFICE = ("office", "pucheng")


async def the_year(web: Web) -> StreamId:
    """The cycle that the site's filings belong to, published: the board goes by its windows."""
    cycle = stream_id("cycle", web.tenant, "2026")
    await web.site.by(OFFICE, cycle, DraftCycle(school_year=2026))
    await web.site.by(OFFICE, cycle, Publish())
    return cycle


def listed(page: Page) -> set[str]:
    """The filings that a page links to."""
    return {href.rpartition("/")[2] for _, href in page.links if href.startswith("/filings/fil-")}


async def test_words_in_the_text_find_a_filing_in_chinese(web: Web) -> None:
    found = await web.site.filing("in_review")
    other = await web.site.filing("open", unit="shiyan-chinese")
    browser = await web.signed_in(*OFFICE)
    page = await browser.get("/filings?q=数学教研组")
    assert found in page.html
    assert other not in page.html
    nothing = await browser.get("/filings?q=量子力学")
    assert "没有符合条件的报送件" in nothing
    assert 'value="量子力学"' in nothing.html


async def test_a_list_is_narrowed_by_unit_duty_status_and_month(web: Web) -> None:
    await the_year(web)
    mine = await web.site.filing("in_review", duty="stage_report", period="2026-09")
    sister = await web.site.filing("open", duty="stage_report", unit="chengguan-maths", period="2026-10")
    browser = await web.signed_in(*OFFICE)
    for query, there, gone in (
        ("unit=shiyan", mine, sister),
        ("unit=chengguan", sister, mine),
        ("status=in_review", mine, sister),
        ("month=2026-10", sister, mine),
        ("duty=stage_report&status=open", sister, mine),
    ):
        page = await browser.get(f"/filings?{query}")
        assert there in page.html, query
        assert gone not in page.html, query


async def test_one_sees_ones_own_and_not_the_sister_units(web: Web) -> None:
    mine = await web.site.filing("in_review")
    sister = await web.site.filing("open", unit="chengguan-maths")
    leader = await web.signed_in("group_leader", "shiyan-maths")
    page = await leader.get("/filings")
    assert mine in page.html
    assert sister not in page.html
    assert mine in (await leader.get("/filings?mine=1")).html


async def test_pages_follow_one_another_and_miss_nothing(web: Web) -> None:
    streams: set[str] = {await web.site.filing("open", period=f"2026-{month:02}") for month in range(1, 61)}
    browser = await web.signed_in(*OFFICE)
    page = await browser.get("/filings?order=due")
    seen = listed(page) & streams
    assert len(seen) == 50
    page = await browser.open(page, "下一页")
    assert listed(page) & streams == streams - seen


@pytest.mark.parametrize(
    "query", ["after=nonsense", "after=2026-13-01/x", "unit=nowhere", "month=x", "order=x", "q=%00"]
)
async def test_an_address_that_somebody_made_up_is_no_fault(web: Web, query: str) -> None:
    browser = await web.signed_in(*OFFICE)
    assert (await browser.get(f"/filings?{query}")).status == 200


async def test_a_view_is_kept_used_replaced_and_deleted(web: Web) -> None:
    await web.site.filing("open")
    browser = await web.signed_in(*OFFICE)
    page = await browser.get("/filings?status=open&unit=shiyan")
    refused = await browser.submit(page, "save-view", name="")
    assert refused.status == 422
    assert refused.form("save-view")["unit"] == "shiyan"
    kept = await browser.submit(page, "save-view", name="实验片区待报")
    assert "视图已保存" in kept
    again = await browser.open(await browser.get("/filings"), "实验片区待报")
    assert again.path == "/filings?unit=shiyan&status=open"
    stranger = await web.signed_in("deputy", "pucheng")
    assert "实验片区待报" not in await stranger.get("/filings")
    gone = await browser.submit(again, "/filings/views/drop")
    assert "实验片区待报" not in gone


async def test_the_board_counts_by_unit_and_duty_and_its_cells_lead_to_the_filings(web: Web) -> None:
    await the_year(web)
    approved = await web.site.filing("approved", period="2026-autumn")
    await web.site.filing("open", unit="shiyan-chinese", period="2026-autumn")
    browser = await web.signed_in(*OFFICE)
    page = await browser.get("/board")
    assert "应报 2 件，已完成 1 件" in page
    listed = await browser.get(next(href for said, href in page.links if said == "1/2"))
    assert approved in listed.html
    cluster = await browser.open(page, "实验中学联片研修区")
    assert cluster.path.startswith("/board?unit=shiyan")
    assert "本级" not in cluster


async def test_what_is_amended_is_not_owed(web: Web) -> None:
    await the_year(web)
    await web.site.filing("amending", period="2026-autumn")
    browser = await web.signed_in(*OFFICE)
    assert "应报 1 件，已完成 1 件" in await browser.get("/board")


async def test_the_board_is_a_workbook_too(web: Web) -> None:
    await the_year(web)
    await web.site.filing("approved", period="2026-autumn")
    browser = await web.signed_in(*OFFICE)
    answer = await browser.http.get("/board.xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["按任务", "按单位", "明细"]
    assert book["按任务"]["A2"].value == "报送教研组研修计划"
    assert book["明细"]["F2"].value == 1


async def test_who_reads_at_no_unit_has_no_board_and_nobody_anothers(web: Web) -> None:
    teacher = await web.signed_in("teacher", "shiyan-maths")
    assert (await teacher.get("/board")).status == 403
    principal = await web.signed_in("principal", "shiyan-zhongxue")
    assert (await principal.get("/board")).status == 200
    assert (await principal.get("/board?unit=pucheng")).status == 403
    assert (await principal.get("/board?unit=sanhe-chuzhong")).status == 403
    assert (await principal.get("/board.xlsx?unit=pucheng")).status == 403


@pytest.mark.parametrize("path", ["/filings", "/board", "/filings?q=研修"])
async def test_the_number_of_statements_is_fixed(web: Web, path: str) -> None:
    await the_year(web)
    await web.site.filing("in_review", period="2026-autumn")
    browser = await web.signed_in(*OFFICE)
    await browser.get(path)
    async with counted(web) as few:
        await browser.get(path)
    for subject in ("chinese", "english", "physics", "history"):
        await web.site.filing("in_review", unit=f"shiyan-{subject}", period="2026-autumn")
    async with counted(web) as many:
        await browser.get(path)
    assert many == few
    assert many[0] <= 12


async def test_a_list_shows_this_school_year_and_all_of_them_when_asked(web: Web) -> None:
    await the_year(web)
    mine = await web.site.filing("open")
    former = stream_id("filing", web.tenant, "former")
    await web.site.by(
        SYSTEM,
        former,
        OpenFiling(
            cycle=stream_id("cycle", web.tenant, "2020"),
            duty="group_plan",
            period="2020-autumn",
            unit=UnitId("shiyan-maths"),
            due_at=START + timedelta(days=20),
            lapses_at=START + timedelta(days=40),
        ),
    )
    browser = await web.signed_in(*OFFICE)
    page = await browser.get("/filings")
    assert listed(page) == {mine}
    every = await browser.open(page, "在全部学年中查找")
    assert listed(every) == {mine, former}
