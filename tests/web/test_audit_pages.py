"""Audit over real HTTP: a past that can be replayed, proved and printed; what was forged shows; who may look."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from axe_playwright_python.async_playwright import Axe

from api.web.words import WEB
from domain.filing import Approve, Comment, Return, Submit
from domain.ids import PersonId, StreamId
from domain.machines import MACHINES
from domain.rulebook import rulebook_stream
from ledger.attempts import Device
from ledger.sessions import Limits
from tests.api.site import COORDINATOR, DIRECTOR, LEADER, OFFICE, PLAN, TEACHER
from tests.e2e.window import chromium
from tests.web.browser import Browser, Page
from tests.web.conftest import Web, counted

ADMIN = ("admin", "pucheng")
"""Audits and does not read."""
STRANGER = ("group_leader", "chengguan-maths")
MENDED = PLAN | {
    "content": "单元整体教学，以“一次函数”为课例。",
    "monthly_tasks": [{"month": "九月", "task": "集体备课三次", "owner": "李老师"}],
}
REASON = "月度任务缺少负责人"


async def _november(web: Web) -> StreamId:
    """A plan that was handed in on 3 November, returned on the 4th, mended on the 6th, approved on the 9th."""
    site = web.site
    filing = await site.filing("open", period="2026-1", due_in=timedelta(days=90))
    await site.bureau.at(datetime(2026, 11, 3, 2, 0, tzinfo=UTC))
    await site.by(LEADER, filing, Submit(content=PLAN))
    await site.bureau.at(datetime(2026, 11, 4, 3, 0, tzinfo=UTC))
    await site.by(COORDINATOR, filing, Return(reason=REASON))
    await site.bureau.at(datetime(2026, 11, 6, 2, 0, tzinfo=UTC))
    await site.by(LEADER, filing, Submit(content=MENDED))
    await site.bureau.at(datetime(2026, 11, 9, 2, 0, tzinfo=UTC))
    await site.by(COORDINATOR, filing, Approve(comment="已修改"))
    return filing


async def _events(web: Web, stream: str) -> list[dict[str, Any]]:
    return sorted(await web.site.rows("event", f"stream = '{stream}'"), key=lambda e: e["version"])


# -- replay


async def test_an_administrator_answers_a_complaint_about_november(web: Web) -> None:
    filing = await _november(web)
    leader, coordinator = await web.site.person(*LEADER), await web.site.person(*COORDINATOR)
    names = await web.ledger.names(web.tenant, [leader, coordinator])
    admin = await web.signed_in(*ADMIN)
    page = await admin.get("/audit")
    page = await admin.submit(page, "find", q="数学教研组")
    page = await admin.open(page, "报送教研组研修计划")
    assert page.path == f"/audit/{filing}"
    assert "审批中" in page
    # Back to the first submission: its text, and nothing of what came later.
    page = await admin.submit(page, "slide", version="2")
    assert page.path == f"/audit/{filing}?version=2"
    moment, timeline = page.html.split('id="timeline"')
    assert "这是过去的情况" in moment
    assert "单元整体教学。" in moment
    assert "一次函数" not in moment
    assert REASON not in moment
    assert 'aria-label="退回：' not in moment
    assert "2026年11月3日 周二 10:00" in moment
    assert REASON in timeline
    # Who returned it, in what capacity, when, why.
    page = await admin.open(page, REASON)
    moment = Page(page.answer).html.split('id="timeline"')[0]
    for words in (
        names[coordinator],
        "片区研修负责人",
        REASON,
        "2026-11-04 11:00:00+08:00",
        "已退回",
        'aria-label="退回：',
    ):
        assert words in moment, words


async def test_a_moment_is_named_by_a_time_in_the_bureaus_zone(web: Web) -> None:
    filing = await _november(web)
    admin = await web.signed_in(*ADMIN)
    page = await admin.get(f"/audit/{filing}")
    for asked, version in (
        ("2026-11-03 09:59", 1),
        ("2026-11-03T10:00", 3),
        ("2026-11-03", 3),
        ("2026-11-04T03:00:00Z", 4),
        ("2030-01-01", 8),
    ):
        then = await admin.submit(page, "as-of", at=asked)
        assert then.status == 200
        assert f'name="version" min="1" max="8" step="1" value="{version}"' in then.html, asked
        assert "截至" in then
    for asked, words in (
        ("2026-08-01", "那时还没有这件事项"),
        ("去年", "看不懂这个时间"),
        ("0001-01-01", "那时还没有"),
    ):
        then = await admin.submit(page, "as-of", at=asked)
        assert (then.status, words in then.text, f'value="{asked}"' in then.html) == (422, True, True), asked
    # Years 1 and 9999 lie at the edge of what an instant can be.
    for asked in ("9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00"):
        assert (await admin.submit(page, "as-of", at=asked)).status in (200, 422)


async def test_what_an_event_changed_is_marked_with_words(web: Web) -> None:
    filing = await _november(web)
    page = await (await web.signed_in(*ADMIN)).get(f"/audit/{filing}?version=5")
    moment = page.html.split('id="timeline"')[0]
    assert re.search(r"<ins><span[^>]*>增 </span>＋，以“一次函数”为课例</ins>", moment)
    assert re.search(r"<del><span[^>]*>减 </span>－王</del>", moment)
    assert re.search(r"<del><span[^>]*>减 </span>－ 已退回</del><ins><span[^>]*>增 </span>＋ 审批中</ins>", moment)
    assert "与第 1 稿比较" in page
    assert "第 2 稿" in page


async def test_neighbours_are_a_press_away(web: Web) -> None:
    filing = await _november(web)
    admin = await web.signed_in(*ADMIN)
    page = await admin.open(await admin.get(f"/audit/{filing}?version=4"), "上一条")
    assert page.path.endswith("version=3")
    page = await admin.open(page, "下一条")
    assert page.path.endswith("version=4")
    page = await admin.open(page, "回到最新")
    assert "这是最新的情况" in page
    assert not [href for words, href in page.links if words == "下一条"]
    # A version beyond the end, and one that is no number, show what there is.
    assert "第 8 条，共 8 条" in await admin.get(f"/audit/{filing}?version=9999")
    assert "第 8 条，共 8 条" in await admin.get(f"/audit/{filing}?version=x")


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_every_machine_is_told_at_each_of_its_versions(web: Web, lang: str) -> None:
    site = web.site
    admin = await web.signed_in(*ADMIN, lang=lang)
    streams = [
        await site.filing("abandoned"),
        await site.inspection("acknowledged"),
        await site.follow_up("agreed"),
        await site.cycle("running"),
        await site.person(*LEADER),
        (await site.rows("unit"))[0]["stream"],
        rulebook_stream(web.tenant),
    ]
    assert {one[:3] for one in streams} == {"fil", "ins", "fup", "cyc", "per", "uni", "rul"}
    assert len(streams) == len(MACHINES)
    for stream in streams:
        for event in await _events(web, stream):
            for path in (f"/audit/{stream}?version={event['version']}", f"/audit/{stream}/sheet"):
                page = await admin.get(path)
                assert page.status == 200, page.text
                assert not re.search(r"\b(web|fact|story|status|value|path|refusal)\.[a-z_.]+", page.text), page.text
    assert page.title.startswith("证据单" if lang == "zh" else "Evidence sheet")


async def test_an_erased_content_says_so_and_still_verifies(web: Web) -> None:
    filing = await _november(web)
    (first,) = {one["data"]["content"] for one in (await _events(web, filing))[:3] if "content" in one["data"]}
    await web.ledger.contents.erase(web.tenant, first)
    admin = await web.signed_in(*ADMIN)
    page = await admin.get(f"/audit/{filing}?version=2")
    assert "依规清除" in page
    assert "逐条重算" in page
    assert "七年级新教师较多" not in page
    exported = (await admin.get(f"/audit/{filing}/events.json")).answer.json()
    assert exported["contents"][first] is None


async def test_a_long_timeline_is_shown_in_stretches(web: Web) -> None:
    filing = await web.site.filing("in_review")
    for number in range(90):
        await web.site.by(LEADER, filing, Comment(text=f"第{number}次说明"))
    admin = await web.signed_in(*ADMIN)
    page = await admin.get(f"/audit/{filing}?version=50")
    assert page.html.count("<li") < 120
    assert "第46次说明" in page
    assert "第0次说明" not in page
    assert page.link("更早的记录") == "?version=40"
    assert page.link("更晚的记录") == "?version=81"
    assert "第0次说明" in await admin.open(page, "更早的记录")


# -- proof


async def test_a_forged_event_shows_as_broken_at_its_place(web: Web) -> None:
    filing, other = await _november(web), await web.site.filing("in_review", period="2026-2")
    admin = await web.signed_in(*ADMIN)
    assert "逐条重算" in await admin.get(f"/audit/{filing}")
    await web.site.forge(
        'UPDATE event SET data = data || \'{"reason": "从未退回"}\' '
        f"WHERE type = 'filing.returned' AND tenant = %s AND stream = '{filing}'"
    )
    page = await admin.get(f"/audit/{filing}?version=4")
    assert "本事项的记录被改动过：1 处不符 第 4 条：内容与摘要值不符" in page
    moment, timeline = page.html.split('id="timeline"')
    assert "内容与摘要值不符" in moment
    marked = [one for one in timeline.split("<li") if "内容与摘要值不符" in one]
    assert len(marked) == 1
    assert 'value="4"' in marked[0]
    # Elsewhere the same page holds: the flaw is named, and not at the other events.
    page = await admin.get(f"/audit/{filing}?version=2")
    assert "内容与摘要值不符" not in page.html.split('id="moment"')[1].split('id="timeline"')[0]
    assert "逐条重算" in await admin.get(f"/audit/{other}")


@pytest.mark.parametrize(
    ("change", "version", "flaw"),
    [
        ("UPDATE event SET data = '{}' WHERE type = 'filing.submitted' AND version = 2", 2, "内容与摘要值不符"),
        ("UPDATE event SET type = 'filing.nonsense' WHERE version = 4", 4, "内容与摘要值不符"),
        ('UPDATE event SET data = data || \'{"stage": "none"}\' WHERE version = 4', 4, "内容与摘要值不符"),
        ("UPDATE event SET actor = 'per-00000000000000000000' WHERE version = 4", 4, "内容与摘要值不符"),
        ("UPDATE event SET happened_at = 'infinity' WHERE version = 4", 0, "无法读出的数值"),
        ("UPDATE event SET recorded_at = recorded_at - interval '1 day' WHERE version = 4", 4, "链值不符"),
        ("DELETE FROM event WHERE version = 4", 5, "序号不连续"),
        ("DELETE FROM event WHERE version = 8", 7, "末尾与事项的当前状态不符"),
        ("UPDATE event SET previous = digest WHERE version = 5", 5, "与前一条不相接"),
    ],
)
async def test_whatever_was_forged_is_shown_and_nothing_falls_over(
    web: Web, change: str, version: int, flaw: str
) -> None:
    filing = await _november(web)
    await web.site.forge(f"{change} AND tenant = %s AND stream = '{filing}'")
    admin = await web.signed_in(*ADMIN)
    for path in ("", "?version=4", "?version=5", "/sheet"):
        page = await admin.get(f"/audit/{filing}{path}")
        assert page.status == 200, page.text
        assert "本事项的记录被改动过" in page
        said = page.html.split('role="alert"')[1].split("</ul>")[0]
        assert flaw in said
        if version:
            assert f"第 {version} 条" in said
    for path in ("/audit", "/audit/events", f"/audit/{filing}/events.json", f"/audit/{filing}/events.csv"):
        if change.startswith("UPDATE event SET happened_at") and path in ("/audit", "/audit/events"):
            continue  # what PostgreSQL cannot hand over is for the whole verification to name
        assert (await admin.get(path)).status == 200, path


async def test_a_content_that_was_altered_or_taken_away_is_told(web: Web) -> None:
    filing = await _november(web)
    admin = await web.signed_in(*ADMIN)
    content = (await _events(web, filing))[1]["data"]["content"]
    change = 'UPDATE content SET body = body || \'{"content": "另一段"}\' WHERE tenant = %s AND digest = %s'
    async with web.ledger.database.connection(web.tenant) as connection:
        await connection.execute(change, (web.tenant, content))
    page = await admin.get(f"/audit/{filing}?version=2")
    assert "第 2 条：所附内容被改动" in page
    async with web.ledger.database.connection(web.tenant) as connection:
        await connection.execute("DELETE FROM content WHERE tenant = %s AND digest = %s", (web.tenant, content))
    page = await admin.get(f"/audit/{filing}?version=2")
    assert "第 2 条：所附内容被改动" in page
    assert "有人取走了它" in page


async def test_the_whole_ledger_is_verified_while_one_may_leave(web: Web) -> None:
    await _november(web)
    admin = await web.signed_in(*ADMIN)
    page = await admin.get("/audit/verify")
    assert "还没有在这里校验过" in page
    page = await admin.submit(page, "verify")
    assert page.path == "/audit/verify"
    page = await _verified(admin, page)
    (tenant,) = await web.site.rows("tenant")
    assert "全账完好" in page
    assert bytes(tenant["link"]).hex() in page
    assert str(tenant["position"]) in page
    events = "UPDATE event SET data = data || '{\"late\": true}' WHERE type = 'filing.submitted' AND tenant = %s"
    await web.site.forge(events)
    page = await _verified(admin, await admin.submit(page, "verify"))
    assert "账本被改动过" in page, page.text
    first = min(one["position"] for one in await web.site.rows("event", "type = 'filing.submitted'"))
    assert f"第一处不符在位置 {first}" in page
    page = await admin.open(page, "查看这件事项")
    assert "本事项的记录被改动过" in page


async def _verified(admin: Browser, page: Page) -> Page:
    while "正在校验" in page:
        page = await admin.get("/audit/verify")
    return page


async def test_a_verification_whose_process_died_may_be_begun_again(web: Web) -> None:
    admin = await web.signed_in(*ADMIN)
    await _verified(admin, await admin.submit(await admin.get("/audit/verify"), "verify"))
    died = """
        UPDATE pending SET data = data || '{"state": "running", "heard_at": "2020-01-01T00:00:00Z"}'
        WHERE tenant = %s AND purpose = 'verification'
    """
    async with web.ledger.database.connection(web.tenant) as connection:
        await connection.execute(died, (web.tenant,))
    page = await admin.get("/audit/verify")
    assert "没有做完" in page
    assert "全账完好" in await _verified(admin, await admin.submit(page, "verify"))


async def test_only_one_verification_runs_at_a_time(web: Web) -> None:
    person, _ = await web.account(*ADMIN)
    verifications = web.ledger.verifications
    assert await verifications.begin(web.tenant, person)
    assert not await verifications.begin(web.tenant, person)
    while (run := await verifications.last(web.tenant)) is not None and run.state == "running":
        pass
    assert run is not None
    assert run.found is not None
    assert run.found.sound


# -- checking outside


@pytest.mark.parametrize("language", ["", ".zh-CN"])
async def test_the_recipe_in_the_documentation_checks_an_export(web: Web, tmp_path: Path, language: str) -> None:
    filing = await _november(web)
    file = tmp_path / "export.json"
    file.write_bytes((await (await web.signed_in(*ADMIN)).get(f"/audit/{filing}/events.json")).answer.content)
    page = (Path(__file__).parents[2] / f"docs/verify-by-hand{language}.md").read_text()
    recipe = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert recipe is not None
    code = recipe[1].replace("fil-….json", str(file)).replace('open("', 'OPEN("')
    found: dict[str, Any] = {"OPEN": lambda path, encoding: io.StringIO(Path(path).read_text(encoding))}
    exec(code, found)
    assert len(found["file"]["events"]) == 8
    assert found["before"] == bytes((await _events(web, filing))[-1]["digest"])
    # The recipe is worth something: an altered file does not pass it.
    for altered in ("events[3]", "contents"):
        exported = json.loads(file.read_text())
        if altered == "contents":
            next(iter(exported["contents"].values()))["forms"] = "从未听评课"
        else:
            exported["events"][3]["signed"]["data"]["reason"] = "从未退回"
        beside = tmp_path / "altered.json"
        beside.write_text(json.dumps(exported, ensure_ascii=False))
        with pytest.raises(AssertionError):
            exec(code.replace(str(file), str(beside)), dict(found))


async def test_the_spreadsheet_holds_the_very_text_that_was_hashed(web: Web) -> None:
    filing = await _november(web)
    answer = (await (await web.signed_in(*ADMIN)).get(f"/audit/{filing}/events.csv")).answer
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{filing}.csv"'
    before = bytes(32)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["version"] for row in rows] == [str(number) for number in range(1, 9)]
    for row in rows:
        assert row["signed"].encode() == rfc8785.dumps(json.loads(row["signed"]))
        before = hashlib.sha256(before + row["signed"].encode()).digest()
        assert before.hex() == row["digest"]


async def test_the_evidence_sheet_lists_every_event_with_its_whole_digest(web: Web) -> None:
    filing = await _november(web)
    page = await (await web.signed_in(*ADMIN)).get(f"/audit/{filing}/sheet?version=4")
    digests = [bytes(one["digest"]).hex() for one in await _events(web, filing)]
    assert [one in page.html for one in digests] == [True] * 4 + [False] * 4
    assert REASON in page
    assert "一次函数" not in page


async def test_a_long_stream_has_several_evidence_sheets(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.web.audit.SHEET", 3)
    filing = await _november(web)
    digests = [bytes(one["digest"]).hex() for one in await _events(web, filing)]
    admin = await web.signed_in(*ADMIN)
    sheets = [await admin.get(f"/audit/{filing}/sheet")]
    assert "第 1 至第 3 条，共 8 条" in sheets[0]
    assert "证据单第 1 张，共 3 张" in sheets[0]
    sheets += [await admin.open(sheets[0], f"第 {number} 张") for number in (2, 3)]
    listed = [re.findall(r"<p class=\"faint\"><code>(\w+)</code>", one.html) for one in sheets]
    assert [len(one) for one in listed] == [3, 3, 2]
    assert [digest for one in listed for digest in one] == digests
    assert ["一次函数" in one for one in sheets] == [False, False, True], "what it says stands on the last"
    assert "证据单第 3 张，共 3 张" in await admin.get(f"/audit/{filing}/sheet?part=99")


# -- finding


async def test_streams_are_found_by_words_unit_duty_month_person_id_and_position(web: Web) -> None:
    site = web.site
    teacher = await site.person(*STRANGER, "秦望舒")
    maths = await site.filing("in_review", period="2026-1")
    report = await site.filing("in_review", duty="stage_report", unit="chengguan-maths", period="2026-10")
    await site.by(teacher, report, Comment(text="附件另报"))
    admin = await web.signed_in(*ADMIN)
    page = await admin.get("/audit")

    async def found(**asked: Any) -> list[str]:
        answer = await admin.submit(page, "find", **asked)
        assert answer.status == 200
        return sorted({href.removeprefix("/audit/") for _, href in answer.links if re.search(r"/(fil|per|uni)-", href)})

    assert await found(q="单元整体") == [maths]
    assert await found(q="阶段报告") == [report]
    assert await found(unit="chengguan") == [report]
    assert await found(duty="group_plan") == [maths]
    assert await found(period="2026-10") == [report]
    assert await found(person="秦望舒") == sorted([report, teacher])
    assert teacher in await found(q="望舒")
    assert await found(q="什么也没有的词") == []
    assert (await admin.submit(page, "find", q=f" {maths} ")).path == f"/audit/{maths}"
    event = (await _events(web, maths))[1]
    assert (await admin.submit(page, "find", q=str(event["position"]))).path == f"/audit/{maths}?version=2"
    assert "没有这个位置号" in await admin.submit(page, "find", q="99999999")


async def test_events_of_the_ledger_are_paged_and_narrowed(web: Web) -> None:
    filing = await _november(web)
    leader = await web.site.person(*LEADER)
    name = (await web.ledger.names(web.tenant, [leader]))[leader]
    for number in range(40):
        await web.site.by(LEADER, filing, Comment(text=f"第{number}次说明"))
    admin = await web.signed_in(*ADMIN)
    page = await admin.get("/audit/events")
    seen = _positions(page)
    while any(words == "下一页" for words, _ in page.links):
        page = await admin.open(page, "下一页")
        seen += _positions(page)
    (tenant,) = await web.site.rows("tenant")
    assert seen == list(range(tenant["position"], 0, -1))
    page = await admin.submit(page, "filter", who=name, type="filing.submitted")
    assert f"{name}（实验中学联片研修区数学教研组的教研组长）提交了第 2 稿" in page
    assert len(_positions(page)) == 2
    page = await admin.submit(page, "filter", day="2026-11-04", who="", type="")
    assert [REASON in page, "提交了第" in page.text.split("清除条件")[1]] == [True, False]
    assert _positions(await admin.submit(page, "filter", who="谁也不是", day="")) == []
    assert _positions(await admin.submit(page, "filter", who="系统", type="filing.opened", day=""))


def _positions(page: Page) -> list[int]:
    return [int(one) for one in re.findall(r"位置 (\d+)</p>", page.html)]


# -- who may look


async def test_who_reads_a_stream_may_follow_it_and_only_auditors_the_ledger(web: Web) -> None:
    filing = await _november(web)
    for who in (LEADER, COORDINATOR, OFFICE):
        browser = await web.signed_in(*who)
        page = await browser.get(f"/audit/{filing}?version=2")
        assert page.status == 200
        assert page.link("打开办理页面") == f"/filings/{filing}"
        assert not [href for _, href in page.links if href == "/audit"]
        for path in ("/audit", "/audit/events", "/audit/verify", "/audit/denials", "/audit/sign-ins"):
            assert (await browser.get(path)).status == 403, path
        csrf = page.form("/language")["csrf"]
        assert (await browser.post("/audit/verify", {"csrf": csrf})).status == 403
    assert await web.ledger.verifications.last(web.tenant) is None
    denied = {(one["action"], one["code"]) for one in await web.site.denials()}
    assert denied == {("audit", "right_missing"), ("verify", "right_missing")}
    # Who audits without reading sees the whole of it.
    page = await (await web.signed_in(*ADMIN)).get(f"/audit/{filing}")
    assert page.status == 200
    assert page.link("打开办理页面") == f"/filings/{filing}"


async def test_strangers_other_tenants_and_nobody(web: Web) -> None:
    filing = await _november(web)
    stranger = await web.signed_in(*STRANGER)
    for path in ("", "/sheet", "/events.json", "/events.csv"):
        page = await stranger.get(f"/audit/{filing}{path}")
        assert page.status == 403, path
        assert REASON not in page
    assert {(one["action"], one["stream"]) for one in await web.site.denials()} == {("audit", filing)}
    page = await (await web.signed_in(*ADMIN)).get("/audit/denials")
    assert "查看留痕" in page
    # Said to whoever audits, not to who was refused, and of the thing by its name.
    assert "任职不包含查看此事项的权限" in page
    assert "您" not in page
    named = {words for words, href in page.links if href == f"/audit/{filing}"}
    assert named == {"报送教研组研修计划 · 实验中学联片研修区数学教研组 · 2026-1"}
    nobody = await web.browser()
    for path in (f"/audit/{filing}", "/audit", "/audit/denials"):
        assert (await nobody.get(path)).path.startswith("/sign-in?next="), path
    for id in ("fil-00000000000000000000", "fil-x", "xyz-00000000000000000000", "%00", "fil-" + "0" * 400):
        assert (await (await web.signed_in(*ADMIN)).get(f"/audit/{id}")).status == 404, id


def test_whatever_somebody_may_be_refused_is_worded_for_auditors() -> None:
    root = Path(__file__).parents[2]
    sources = [file.read_text() for part in ("domain", "ledger", "api") for file in (root / part).rglob("*.py")]
    codes = {code for text in sources for code in re.findall(r'\bforbidden\(\s*"(\w+)"', text)}
    assert {"not_yours", "right_missing"} <= codes
    assert not {code for code in codes if f"web.audit.denied.{code}" not in WEB}


async def test_another_tenants_stream_is_not_there(web: Web) -> None:
    filing = await _november(web)
    site = web.site
    beside = site.tenant_beside()
    await web.ledger.tenants.adopt(beside, site.bureau.programme)
    other = type(site)(site.running, type(site.bureau)(web.ledger, beside, site.bureau.programme))
    theirs = Web(other, web.stack)
    admin = await theirs.signed_in(*ADMIN)
    for path in ("", "/sheet", "/events.json"):
        assert (await admin.get(f"/audit/{filing}{path}")).status == 404
    page = await admin.get("/audit/events")
    assert filing not in page.html
    (tenant,) = await site.rows("tenant")
    assert f"/audit/{filing}" not in (await admin.get(f"/audit?q={tenant['position']}")).path


async def test_personal_plans_stay_in_the_cluster(web: Web) -> None:
    teacher = await web.site.person(*TEACHER)
    plan = await web.site.filing("in_review", "personal_plan", person=teacher)
    position = (await _events(web, plan))[0]["position"]
    for who in (DIRECTOR, ADMIN):
        auditor = await web.signed_in(*who)
        assert (await auditor.get(f"/audit/{plan}")).status == 403
        for path in ("/audit", "/audit/events", "/audit?duty=personal_plan", "/audit?q=追问"):
            assert plan not in (await auditor.get(path)).html, path
        assert "没有这个位置号" in await auditor.get(f"/audit?q={position}")
    assert (await (await web.signed_in_as(await _with_account(web, teacher))).get(f"/audit/{plan}")).status == 200


async def _with_account(web: Web, person: PersonId) -> PersonId:
    await web.ledger.accounts.create(web.tenant, person, f"login.{person[-6:]}")
    return person


async def test_the_log_of_sign_ins_names_who_and_what(web: Web) -> None:
    _, login = await web.account(*OFFICE, password="秋天的银杏 falls softly 77")
    browser = await web.browser()
    page = await browser.get("/sign-in")
    await web.sign_in(browser, page, login, "not the password")
    await web.sign_in(browser, page, "<b>nobody</b>", "x")
    await web.sign_in(browser, page, login)
    page = await (await web.signed_in(*ADMIN)).get("/audit/sign-ins")
    for words in ("密码不对", "登录", login, "127.0.0.1", "<b>nobody</b>"):
        assert words in page, words
    assert "<b>nobody</b>" not in page.html


# -- what may not happen


async def test_hostile_text_is_shown_as_text(web: Web) -> None:
    hostile = "<script>alert(1)</script>{{ 7 * 7 }}\"'>&lt;"
    filing = await web.site.filing("in_review")
    await web.site.by(COORDINATOR, filing, Return(reason=hostile))
    await web.site.by(LEADER, filing, Submit(content=PLAN | {"content": hostile}))
    admin = await web.signed_in(*ADMIN)
    for path in (
        f"/audit/{filing}?version=4",
        f"/audit/{filing}?version=5",
        f"/audit/{filing}/sheet",
        "/audit/events",
        "/audit",
    ):
        page = await admin.get(path)
        assert "<script>alert" not in page.html, path
        assert hostile in page, path
    for path in (f"/audit/{filing}?at=", "/audit?q=", "/audit?person=", "/audit/events?who=", "/audit/events?day="):
        page = Page(await admin.http.get(path.split("?")[0], params={path.split("?")[1][:-1]: hostile}))
        assert "<script>alert" not in page.html, path
        assert page.status in (200, 422), path
    for asked in ("\x00", "%", "_", "\\", "'; DROP TABLE event; --", "9" * 400, "𠀀" * 300):
        page = Page(await admin.http.get("/audit", params={"q": asked, "person": asked, "at": asked, "after": asked}))
        assert page.status == 200, asked
        assert Page(await admin.http.get("/audit/events", params={"who": asked, "before": asked})).status == 200


async def test_the_number_of_statements_does_not_grow(web: Web) -> None:
    filing = await web.site.filing("in_review")
    await web.site.filing("in_review")
    admin = await web.signed_in(*ADMIN)
    paths: tuple[str, ...] = (
        "/audit",
        "/audit/events",
        "/audit?q=计划",
        "/audit/denials",
        "/audit/sign-ins",
        f"/audit/{filing}",
    )
    paths = (*paths, f"/audit/{filing}?version=3", f"/audit/{filing}/sheet", f"/audit/{filing}/events.json")

    async def counts() -> list[int]:
        found = []
        for path in paths:
            await admin.get(path)
            async with counted(web) as told:
                assert (await admin.get(path)).status == 200
            found += told
        return found

    before = await counts()
    for number in range(60):
        await web.site.by(LEADER, filing, Comment(text=f"第{number}次说明"))
    for _ in range(12):
        await web.site.filing("returned")
    stranger = await web.site.as_(*STRANGER)
    for _ in range(40):
        await stranger.get(f"/filings/{filing}")
    assert await counts() == before
    assert max(before) <= 14, dict(zip(paths, before, strict=True))


# -- in a browser


async def test_the_slider_moves_at_once_and_the_address_names_the_moment(web: Web) -> None:
    filing = await _november(web)
    admin, _ = await web.account(*ADMIN)
    begun = await web.ledger.sessions.begin(web.tenant, admin, Device("127.0.0.1", "a browser"), Limits())
    async with chromium() as browser:
        context = await browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844})
        session = f"{web.tenant}.{begun.secret}"
        await context.add_cookies([{"name": "termledger-session", "value": session, "url": web.origin}])
        page = await context.new_page()
        errors: list[str] = []
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda fault: errors.append(str(fault)))
        await page.goto(f"{web.origin}/audit/{filing}")
        await page.evaluate("document.body.dataset.same = 'page'")
        slider = page.locator("#version")
        await slider.focus()
        await slider.press("Home")
        await slider.press("ArrowRight")
        await page.wait_for_url(f"**/audit/{filing}?version=2")
        await page.locator("#moment", has_text="这是过去的情况：下面都按第 2 条记录之后").wait_for()
        assert "第 2 条，共 8 条" in await page.locator("#where").inner_text()
        assert "单元整体教学。" in await page.locator("#moment").inner_text()
        assert await page.locator("#timeline .is-here").get_attribute("value") == "2"
        assert await page.evaluate("document.body.dataset.same") == "page", "the page itself stayed"
        assert await page.evaluate("document.activeElement.id") == "version", "and so did the focus"
        await page.locator("#slide a[rel=next]").click()
        await page.wait_for_url(f"**/audit/{filing}?version=3")
        # The address is a link to the moment.
        await page.reload()
        assert "第 3 条，共 8 条" in await page.locator("#where").inner_text()
        for path in (f"/{filing}?version=5", f"/{filing}/sheet", "", "/events", "/verify", "/denials", "/sign-ins"):
            await page.goto(f"{web.origin}/audit{path}")
            violations = (await Axe().run(page)).response["violations"]
            assert not violations, (path, [(one["id"], one["nodes"][0]["html"][:200]) for one in violations])
            assert await page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0, path
        assert not errors, errors
        await context.close()
