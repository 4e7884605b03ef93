"""The directory over real HTTP: rosters in and out, people and units kept, and nobody but the keeper keeps them."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from api.web.sheets import MAX_BYTES, XLSX, SheetError, Table, read_sheet, write_csv, write_xlsx
from api.web.words import WEB
from domain.ids import PersonId, StreamId
from domain.roster import FORMULA, HEADINGS, Column, FaultCode, Row, person_of
from ledger.imports import JobState
from tests.api.site import LEADER
from tests.conftest import START
from tests.web.browser import Browser, Page
from tests.web.conftest import Web, counted

HEAD = [HEADINGS[one].zh for one in Column]
WANG = ["1001", "王芳", "教师", "shiyan-maths", "数学", "2026-09-01", None, None]
HOSTILE = "<script>alert(1)</script>"


def xlsx(*rows: Sequence[Any], head: Sequence[str] = HEAD) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    for row in (head, *rows):
        sheet.append(list(row))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


async def keeper(web: Web) -> Browser:
    return await web.signed_in("admin", "pucheng", "管理员")


async def uploaded(browser: Browser, data: bytes, name: str = "名册.xlsx") -> Page:
    page = await browser.get("/directory/import")
    return await browser.submit(page, "upload", files={"file": (name, data, XLSX)})


async def confirmed(web: Web, browser: Browser, page: Page) -> Page:
    page = await browser.submit(page, "confirm")
    while "http-equiv" in page.html:
        page = await browser.get(page.path)
    return page


# -- sheets


def test_texts_are_never_formulas() -> None:
    table = Table("名册", ["工号", "姓名"], [["=1+1", "@SUM(A1)"], ["+8", "-x"]])
    sheet = openpyxl.load_workbook(io.BytesIO(write_xlsx(table))).worksheets[0]
    assert [[cell.data_type for cell in row] for row in sheet.iter_rows(min_row=2)] == [["s", "s"], ["s", "s"]]
    assert write_csv(table).decode("utf-8-sig").splitlines()[1:] == ["'=1+1,'@SUM(A1)", "'+8,'-x"]
    for written in (write_xlsx(table), write_csv(table)):
        assert [row.cells for row in read_sheet(written)][1:] == [("=1+1", "@SUM(A1)"), ("+8", "-x")]


def test_what_no_sheet_can_hold_costs_nobody_the_sheet() -> None:
    written = write_xlsx(Table("名册", ["姓名"], [["王\x0b芳\ufffe"], ["李\t明"]]))
    assert [row.cells for row in read_sheet(written)][1:] == [("王\ufffd芳\ufffd",), ("李\t明",)]


def test_formulas_and_errors_are_seen() -> None:
    assert read_sheet(xlsx(["=A1", "#N/A"], head=["a", "b"]))[1] == Row(2, (FORMULA, FORMULA))
    assert read_sheet(b'a,b\n=A1,="007"\n')[1] == Row(2, (FORMULA, "007"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_the_usual_encodings(encoding: str, delimiter: str) -> None:
    text = f"工号{delimiter}姓名\r\n\r\n1001{delimiter}王芳\r\n"
    assert read_sheet(text.encode(encoding)) == [Row(1, ("工号", "姓名")), Row(3, ("1001", "王芳"))]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x" * (MAX_BYTES + 1), "too_large"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 600, "old_or_locked"),
        (b"PK\x03\x04 no zip", "damaged"),
        (b"\x81\xff\xff\x00", "not_a_sheet"),
    ],
)
def test_what_is_no_sheet_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(SheetError) as caught:
        read_sheet(data)
    assert caught.value.code == code
    assert f"web.sheet.{code}" in WEB


def test_what_calls_itself_a_workbook_and_is_none_is_not_read_as_csv() -> None:
    with pytest.raises(SheetError, match="no_workbook"):
        read_sheet(b"<table><tr><td>1001</td></tr></table>", "名册.XLSX")
    assert "web.sheet.no_workbook" in WEB
    assert read_sheet(b"a,b\n", "名册.csv") == [Row(1, ("a", "b"))]


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package, package.open("xl/a.xml", "w") as part:
        for _ in range(130):
            part.write(bytes(2**20))
    assert len(packed.getvalue()) < MAX_BYTES
    with pytest.raises(SheetError, match="unpacks_too_large"):
        read_sheet(packed.getvalue())


def test_every_fault_has_words() -> None:
    told = {key.rpartition(".")[2] for key in WEB if key.startswith("web.roster.fault.")}
    assert told == set(FaultCode) - {FaultCode.REFUSED}
    states = {"stalled", "same", *(one.value for one in JobState)}
    assert {key.rpartition(".")[2] for key in WEB if key.startswith("web.directory.job.")} == states


# -- rosters


async def test_a_roster_is_checked_confirmed_and_exported(web: Web) -> None:
    browser = await keeper(web)
    page = await uploaded(
        browser,
        xlsx(WANG, [1002, "李强", "教研组长", "shiyan-maths", None, START.replace(tzinfo=None), None, "liqiang"]),
    )
    assert page.status == 200
    assert "检查通过" in page
    assert "新登记人员2" in page
    page = await confirmed(web, browser, page)
    assert "已导入" in page
    shown = await browser.get(f"/people/{person_of(web.tenant, '1002')}")
    assert "李强" in shown
    assert "登录名 liqiang" in shown
    for form in ("xlsx", "csv"):
        sheet = await browser.http.get(f"/directory/export.{form}")
        assert "attachment" in sheet.headers["content-disposition"]
        page = await uploaded(browser, sheet.content, f"again.{form}")
        assert "名册与台账一致" in page, page.text
        assert "与台账一致，不需要导入" in page
        assert "等待确认" not in page
        assert page.link("上传另一份名册") == "/directory/import"
        assert not [one for one in page.forms if one.id == "confirm"]
    template = await browser.http.get("/directory/template.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(template.content))
    assert [cell.value for cell in book.worksheets[0][1]] == HEAD
    assert "shiyan-maths" in {row[3].value for row in book.worksheets[1].iter_rows()}
    assert (await browser.http.get("/directory/template.csv")).text.strip("\ufeff\r\n") == ",".join(HEAD)


async def test_faults_are_listed_with_row_and_reason(web: Web) -> None:
    browser = await keeper(web)
    page = await uploaded(browser, xlsx([*WANG[:2], HOSTILE, *WANG[3:]], WANG[:2]))
    assert page.status == 200
    assert f"没有职务“{HOSTILE}”" in page
    assert HOSTILE not in page.html
    assert "3 职务 没有填写" not in page
    assert not [one for one in page.forms if one.id == "confirm"]
    english = await web.signed_in("admin", "pucheng", "管理员", lang="en")
    assert "There is no role" in await english.get(page.path)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "表中没有内容"), (b"\x81\xff\xff\x00", "这不是 Excel"), (b"x" * (MAX_BYTES + 5), "超过 10 MB")],
)
async def test_what_cannot_be_read_says_so(web: Web, data: bytes, said: str) -> None:
    page = await uploaded(await keeper(web), data, "x.csv")
    assert said in page, page.text


async def test_an_upload_without_a_file(web: Web) -> None:
    browser = await keeper(web)
    page = await browser.get("/directory/import")
    page = await browser.submit(page, "upload", files={"file": ("", b"")})
    assert page.status == 422
    assert "还没有选择文件" in page


async def test_five_thousand_rows_are_imported_while_others_look_on(web: Web) -> None:
    browser, other = await keeper(web), await web.signed_in(*LEADER)
    rows = [[f"{10000 + n}", f"教师{n}", *WANG[2:]] for n in range(5000)]
    sheet = write_csv(Table("", HEAD, rows))
    page = await uploaded(browser, sheet, "名册.csv")
    assert "新登记人员5000" in page
    page = await browser.submit(page, "confirm")
    assert "http-equiv" in page.html
    seen = set()
    while "http-equiv" in page.html:
        page, aside = await asyncio.gather(browser.get(page.path), other.get("/directory"))
        assert aside.status == 200
        seen.add(page.text)
    assert len(seen) > 2
    assert "已导入" in page
    again = await uploaded(browser, sheet, "名册.csv")
    assert "没有变动的人员5000" in again


async def test_only_the_keeper_sees_and_does_this(web: Web) -> None:
    browser = await web.signed_in("office", "pucheng")
    page = await browser.get("/directory")
    assert page.status == 200
    assert "导入名册" not in page
    for path in ("import", "people/new", "units/new", "export.xlsx", "template.csv", f"import/{'0' * 8}"):
        assert (await browser.get(f"/directory/{path}")).status == 403, path
    csrf = page.form("/sign-out")["csrf"] if any(one.action == "/sign-out" for one in page.forms) else ""
    token = csrf or page.form("/language")["csrf"]
    person = await web.site.person(*LEADER)
    unit = "shiyan-maths"
    for path in ("/directory/people", "/directory/units", "/directory/passwords", "/directory/import"):
        assert (await browser.post(path, {"csrf": token})).status == 403, path
    for path in (f"/people/{person}/one-time-password", f"/people/{person}/leave", f"/people/{person}/correct-name"):
        assert (await browser.post(path, {"csrf": token, "full_name": "x"})).status == 403, path
    shown = await browser.get(f"/people/{person}")
    assert shown.status == 200
    assert "人员管理" not in shown
    assert "单位管理" not in await browser.get(f"/units/{unit}")


async def test_a_wrong_import_explains_itself(web: Web) -> None:
    browser = await keeper(web)
    for id in ("x", "00000000-0000-4000-8000-000000000000"):
        assert (await browser.get(f"/directory/import/{id}")).status == 404


# -- people and units


async def test_a_person_is_entered_appointed_renamed_and_leaves(web: Web) -> None:
    browser = await keeper(web)
    page = await browser.get("/directory/people/new")
    page = await browser.submit(page, "register", staff_no="77", full_name=HOSTILE)
    assert page.path.startswith(f"/people/{person_of(web.tenant, '77')}?said=person.register")
    assert HOSTILE in page
    assert HOSTILE not in page.html
    post: dict[str, Any] = {"post__role": "teacher", "post__unit": "shiyan-maths", "post__first_day": "2026-09-01"}
    page = await browser.submit(page, "form-appoint", **post)
    assert "实验中学联片研修区数学教研组 教师" in page
    wrong = await browser.submit(page, "form-appoint", **{**post, "post__last_day": "2026-08-01"})
    assert wrong.status == 422
    assert wrong.form("form-appoint")["post.last_day"] == "2026-08-01"
    page = await browser.submit(page, "form-name", full_name="王芳")
    assert page.title.startswith("王芳")
    page = await browser.submit(page, "form-end")
    assert "即时结束" in page
    assert "目前没有任职" in page
    page = await browser.submit(page, "form-leave")
    assert "已离任" in page
    assert not [one for one in page.forms if one.id == "form-appoint"]


async def test_a_first_post_comes_with_the_person(web: Web) -> None:
    browser = await keeper(web)
    page = await browser.get("/directory/people/new?unit=shiyan-maths")
    post: dict[str, Any] = {"posts__0__role": "teacher", "posts__0__subject": "maths"}
    page = await browser.submit(page, "register", staff_no="78", full_name="李强", **post)
    assert "2026年9月1日 起" in page, page.text
    assert "数学" in page
    again = await browser.get("/directory/people/new")
    again = await browser.submit(again, "register", staff_no="78", full_name="王芳")
    assert again.status == 412
    assert "工号 78 已经登记" in again
    assert again.form("register")["full_name"] == "王芳"
    faulty: list[tuple[dict[str, Any], str]] = [
        ({"staff_no": ""}, "请填写工号"),
        ({"staff_no": "7"}, "2 至 64"),
        ({"login": "78"}, "已有人使用"),
    ]
    for typed, said in faulty:
        again = await browser.submit(again, "register", **{"staff_no": "79", **typed})
        assert again.status == 422
        assert said in again


async def test_a_one_time_password_is_shown_once(web: Web) -> None:
    browser = await keeper(web)
    person = await web.site.person(*LEADER)
    page = await browser.submit(await browser.get(f"/people/{person}"), "form-password")
    assert "一次性密码" in page
    account = await web.ledger.accounts.find(web.tenant, person)
    assert account is not None
    assert account.must_change
    assert page.answer.headers["cache-control"] == "no-store"


async def test_passwords_for_a_unit_come_as_a_sheet(web: Web) -> None:
    browser = await keeper(web)
    await confirmed(web, browser, await uploaded(browser, xlsx(WANG, ["1002", "李强", *WANG[2:]])))
    page = await browser.get("/directory?unit=shiyan-maths")
    assert "王芳" in page
    none = await browser.submit(page, "passwords")
    assert none.status == 422
    assert "还没有选择人员" in none
    form = page.form("passwords")
    token = form["csrf"]
    for fields, expected in (({"pick": [str(person_of(web.tenant, "1001"))]}, 1), ({"all": "shiyan"}, 2)):
        answer = (await browser.post("/directory/passwords", {"csrf": token, **fields})).answer
        rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))
        assert len(rows) == expected + 1
        login, password = str(rows[1][2]), str(rows[1][3])
        assert await web.ledger.accounts.proves(web.tenant, login, password) == person_of(web.tenant, "1001")


async def test_rights_on_a_day(web: Web) -> None:
    browser = await web.signed_in("office", "pucheng")
    page = await browser.get(f"/people/{(await web.account('office', 'pucheng'))[0]}?on=2026-10-01")
    assert "2026年10月1日 担任的职务" in page
    assert "查看、" in page
    assert "没有任职，因此没有任何权限" in await browser.get(page.path.partition("?")[0] + "?on=2019-01-01")
    assert "请写完整的日期" in await browser.get(page.path.partition("?")[0] + "?on=2019-13-01")


async def test_what_somebody_did_is_shown_to_who_may_read_it(web: Web) -> None:
    await web.site.filing("approved", due_in=timedelta(days=20))
    person = await web.site.person(*LEADER)
    office = await web.signed_in("office", "pucheng")
    page = await office.get(f"/people/{person}")
    assert "提交" in page
    stranger = await web.signed_in("teacher", "chengguan-maths")
    assert "近期没有您可以查看的办理记录" in await stranger.get(f"/people/{person}")
    unit = await office.get("/units/shiyan-maths")
    assert "已通过" in unit
    assert "目前没有您可以查看的报送件" in await stranger.get("/units/shiyan-maths")


async def test_units_are_founded_renamed_moved_closed_and_reopened(web: Web) -> None:
    browser = await keeper(web)
    page = await browser.get("/directory/units/new?parent=shiyan-zhongxue")
    wanted: dict[str, Any] = {
        "unit": "shiyan-art",
        "title__zh": "美术教研组",
        "title__en": "Art group",
        "kind": "group",
    }
    page = await browser.submit(page, "found", **wanted)
    assert page.path == "/units/shiyan-art?said=unit.found", page.text
    again = await browser.submit(await browser.get("/directory/units/new"), "found", **wanted)
    assert again.status in (409, 412)
    assert "单位编号“shiyan-art”已经使用" in again
    page = await browser.submit(page, "form-rename", title__zh=HOSTILE)
    assert HOSTILE in page
    assert HOSTILE not in page.html
    page = await browser.submit(page, "form-move", parent="jiaqu-chuzhong")
    assert "贾曲初中" in page
    page = await browser.submit(page, "form-close", reason="合并")
    assert "此单位已撤销" in page
    page = await browser.submit(page, "form-reopen")
    assert "此单位已撤销" not in page


async def test_finding_people(web: Web) -> None:
    browser = await keeper(web)
    await confirmed(
        web, browser, await uploaded(browser, xlsx(*([str(2000 + n), f"张{n}", *WANG[2:]] for n in range(60))))
    )
    page = await browser.get("/directory")
    assert "实验中学联片研修区" in page
    page = await browser.get("/directory?q=张")
    assert "下一页" in page
    page = await browser.open(page, "下一页")
    assert "2059" in page
    assert "下一页" not in page
    assert "没有找到" in await browser.get(f"/directory?q={HOSTILE}")


async def test_a_wrong_address_explains_itself(web: Web) -> None:
    browser = await web.signed_in("office", "pucheng")
    for path in (
        "/people/x",
        f"/people/{PersonId('per-' + '0' * 20)}",
        "/units/x",
        f"/units/{StreamId('uni-' + '0' * 20)}",
    ):
        assert (await browser.get(path)).status == 404


async def test_the_number_of_queries_does_not_grow(web: Web) -> None:
    browser = await keeper(web)
    leader = await web.site.person(*LEADER)
    paths = ("/directory?unit=shiyan-maths", f"/people/{leader}", "/units/shiyan-maths", "/directory/import")
    await web.site.filing("in_review")
    first = await _queries(web, browser, paths)
    sheet = xlsx(*([str(2000 + n), f"张{n}", *WANG[2:]] for n in range(40)))
    await confirmed(web, browser, await uploaded(browser, sheet))
    for _ in range(3):
        await web.site.filing("approved")
    assert await _queries(web, browser, paths) == first
    assert max(first) <= 9


async def _queries(web: Web, browser: Browser, paths: Sequence[str]) -> list[int]:
    found: list[int] = []
    for path in paths:
        await browser.get(path)
        async with counted(web) as queries:
            assert (await browser.get(path)).status == 200
        found += queries
    return found
