"""A filing's pages: reading it, deciding on it, filling it in, and never losing what somebody typed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from api.web.document_form import Rearranging, content_from, posted_value, rearranged
from api.web.sign_in import keep
from domain.filing import Approve, Comment, FilingReturned, FilingSubmitted, InReview, Return, Submit
from domain.filing.notices import opened_by_judgement
from domain.follow_up import OpenFollowUp
from domain.ids import SYSTEM, StreamId
from domain.programme import Document
from ledger.contents import Draft
from tests.api.site import COORDINATOR, EXPERT, LEADER, OFFICE, PLAN, PRINCIPAL
from tests.conftest import START
from tests.web.browser import Browser, Page
from tests.web.conftest import Web, counted

HOSTILE = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
TYPED: dict[str, Any] = {
    "content__analysis": "七年级新教师较多。",
    "content__content": "单元整体教学。",
    "content__monthly_tasks__0__month": "九月",
    "content__monthly_tasks__0__task": "集体备课两次",
    "content__monthly_tasks__0__owner": "王老师",
    "content__forms": "听评课",
}


async def state_of(web: Web, stream: StreamId) -> Any:
    return (await web.ledger.head(web.tenant, stream))[1]


async def draft_of(web: Web, stream: StreamId) -> Draft:
    draft = await web.ledger.contents.draft(web.tenant, stream)
    assert draft is not None
    return draft


async def drafted(web: Web, stream: StreamId, person: tuple[str, ...], body: dict[str, Any]) -> None:
    """A draft, saved behind the page's back."""
    await web.ledger.contents.save_draft(web.tenant, stream, body, await web.site.person(*person), None)


async def autosaved(browser: Browser, page: Page, **typed: str) -> Any:
    """What the browser's script posts."""
    form = page.form("edit")
    fields = dict(form.fields) | {name.replace("__", "."): value for name, value in typed.items()}
    address = str(page.answer.url).partition("?")[0].removesuffix("/edit") + "/draft"
    return await browser.http.post(
        address, data=fields, headers={"origin": browser.origin, "accept": "application/json"}
    )


# -- the whole way, without JavaScript


async def test_a_filing_is_written_returned_mended_and_approved_with_forms_alone(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    page = await leader.open(await leader.get(f"/filings/{filing}"), "填写")
    page = await leader.submit(page, "edit", button="保存草稿", **TYPED)
    assert "草稿已保存" in page
    assert (await state_of(web, filing)).status == "drafting"
    page = await leader.submit(page, "edit", button="预览")
    assert "集体备课两次" in page
    assert "提交后到" in page
    page = await leader.submit(page, "submit")
    assert page.path == f"/filings/{filing}?said=filing.submit"
    assert "已提交" in page
    assert await web.ledger.contents.draft(web.tenant, filing) is None

    coordinator = await web.signed_in(*COORDINATOR)
    page = await coordinator.get(f"/filings/{filing}")
    page = await coordinator.submit(page, "do-return", reason="月度任务缺少预期成果")
    assert "已退回" in page

    page = await leader.open(await leader.get(f"/filings/{filing}"), "修改")
    assert "月度任务缺少预期成果" in page
    assert page.form("edit")["content.analysis"] == "七年级新教师较多。"
    page = await leader.submit(page, "edit", button="submit", content__monthly_tasks__0__result="两份教案")
    assert (await state_of(web, filing)).status == "in_review"

    page = await coordinator.get(f"/filings/{filing}?from=1&to=2")
    assert "第 1 稿与第 2 稿对照" in page
    assert "月度任务缺少预期成果" in page
    assert "<ins>" in page.html
    assert "两份教案" in page
    for who in (COORDINATOR, PRINCIPAL, OFFICE):
        decider = await web.signed_in(*who)
        page = await decider.get(f"/filings/{filing}")
        page = await decider.submit(page, "do-approve", comment="同意")
        assert "印章盖在下面" in page
    assert (await state_of(web, filing)).status == "approved"
    assert page.html.count('class="seal') >= 4


# -- reading


async def test_the_page_shows_content_path_and_history(web: Web) -> None:
    filing = await web.site.filing("second")
    browser = await web.signed_in(*PRINCIPAL)
    page = await browser.get(f"/filings/{filing}")
    for words in ("七年级新教师较多", "集体备课两次", "审批中", "还有", "没有填写", "经过", "提交了第 1 稿"):
        assert words in page, words
    assert f"/audit/{filing}" in page.html
    for nth in range(5):
        comment = {"text": f"第 {nth} 条意见", "command_id": ""}
        page = await browser.submit(await browser.get(f"/filings/{filing}"), "do-comment", comment)
    earlier, _, latest = page.html.partition('class="earlier"')[2].partition("</details>")
    assert "提交了第 1 稿" in earlier
    assert "第 4 条意见" not in earlier
    assert "第 4 条意见" in latest
    english = await (await web.signed_in(*PRINCIPAL, lang="en")).get(f"/filings/{filing}")
    for words in ("In review", "workdays left", "Not filled in", "What happened"):
        assert words in english, words
    assert "…" not in english.text.replace("Sending…", "")


@pytest.mark.parametrize(
    "state", ["open", "drafting", "in_review", "second", "approved", "returned", "recalled", "amending", "amended"]
)
@pytest.mark.parametrize("who", [LEADER, COORDINATOR, PRINCIPAL, OFFICE])
async def test_only_what_is_permitted_has_a_form(web: Web, state: str, who: tuple[str, str]) -> None:
    filing = await web.site.filing(state)
    browser = await web.signed_in(*who)
    page = await browser.get(f"/filings/{filing}")
    assert page.status == 200
    api = (await (await web.site.as_(*who)).get(f"/filings/{filing}")).json()["permitted"]
    forms = {one.id.removeprefix("do-") for one in page.forms if one.id.startswith("do-")}
    assert forms == set(api) - {"begin_draft", "submit", "move_rules", "hand_over"}
    assert (f"/filings/{filing}/edit" in page.html) == ("submit" in api)


async def test_who_may_not_read_it_is_told_and_what_is_not_there_is_not_found(web: Web) -> None:
    filing = await web.site.filing("in_review")
    for address in ("", "/edit", "/preview"):
        stranger = await web.signed_in("coordinator", "chengguan")
        assert (await stranger.get(f"/filings/{filing}{address}")).status == 403
        nobody = await web.browser()
        assert (await nobody.get(f"/filings/{filing}{address}")).path.startswith("/sign-in")
        for missing in ("fil-00000000000000000000", "cyc-00000000000000000000", "x"):
            assert (await stranger.get(f"/filings/{missing}{address}")).status == 404
    assert (await stranger.post(f"/filings/{filing}/approve", {"csrf": "wrong"})).status in (403, 409)
    reader = await web.signed_in(*LEADER)
    assert (await reader.get(f"/filings/{filing}?revision=7")).status == 404


async def test_only_the_author_has_the_form(web: Web) -> None:
    filing = await web.site.filing("open")
    coordinator = await web.signed_in(*COORDINATOR)
    assert (await coordinator.get(f"/filings/{filing}/edit")).status == 403
    leader = await web.signed_in(*LEADER)
    handed_in = await web.site.filing("in_review")
    page = await leader.get(f"/filings/{handed_in}/edit")
    assert page.path == f"/filings/{handed_in}?said=filing.not_editable"


async def test_hostile_text_is_text_everywhere(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{filing}/edit")
    typed = TYPED | {"content__analysis": HOSTILE, "content__monthly_tasks__0__task": HOSTILE}
    page = await leader.submit(page, "edit", button="preview", **typed)
    assert HOSTILE in page
    assert "<script>alert" not in page.html
    page = await leader.get(f"/filings/{filing}/edit")
    assert page.form("edit")["content.analysis"] == HOSTILE
    assert "<img" not in page.html
    page = await leader.submit(page, "edit", button="submit")
    coordinator = await web.signed_in(*COORDINATOR)
    page = await coordinator.get(f"/filings/{filing}")
    page = await coordinator.submit(page, "do-comment", text=HOSTILE)
    page = await coordinator.submit(page, "do-return", reason=HOSTILE)
    assert HOSTILE in page
    assert "<script>alert" not in page.html
    assert "<img" not in page.html


async def test_the_number_of_queries_does_not_grow(web: Web) -> None:
    little, much = await web.site.filing("in_review"), await web.site.filing("in_review")
    author = await web.site.person(*LEADER)
    for number in range(3):
        coordinator = await web.site.person(*COORDINATOR)
        await web.site.by(coordinator, much, Return(reason=f"再改 {number}"))
        await web.site.by(author, much, Submit(content=PLAN | {"analysis": f"第 {number} 次"}))
        await web.site.by(coordinator, much, Comment(text="好"))
    browser = await web.signed_in(*COORDINATOR)
    counts: list[int] = []
    for stream in (little, much):
        await browser.get(f"/filings/{stream}")
        async with counted(web) as queries:
            assert (await browser.get(f"/filings/{stream}")).status == 200
        counts += queries
    assert counts[0] == counts[1] <= 14


# -- deciding


async def test_a_decision_that_lacks_its_reason_comes_back_with_what_was_typed(web: Web) -> None:
    filing = await web.site.filing("second", duty="stage_report")
    office = await web.signed_in(*OFFICE)
    page = await office.get(f"/filings/{filing}")
    again = await office.submit(page, "do-approve", comment="写得扎实")
    assert again.status == 422
    assert "评定" in again
    assert "#approve.judgement" in again.html
    assert again.form("do-approve")["comment"] == "写得扎实"
    done = await office.submit(again, "do-approve", judgement="praised")
    assert "成效突出" in done
    state = await state_of(web, filing)
    assert state.in_force.judgement == "praised"
    opened = opened_by_judgement(state, "praised", state.in_force.number)
    assert opened is not None
    rules, follow_up = opened
    assert follow_up not in (await office.get(f"/filings/{filing}")).html, "it is not there yet"
    cause = f"{state.duty}/{state.period}/praised"
    await web.site.by(SYSTEM, follow_up, OpenFollowUp(cycle=state.cycle, rules=rules, unit=state.unit, cause=cause))
    assert f"/follow-ups/{follow_up}" in (await office.get(f"/filings/{filing}")).html
    assert f"/follow-ups/{follow_up}" in (await (await web.signed_in(*LEADER)).get(f"/filings/{filing}")).html
    await web.site.inspector("shiyan")
    inspector = await (await web.signed_in(*EXPERT, "shiyan-one")).get(f"/filings/{filing}")
    assert (inspector.status, follow_up in inspector.html) == (200, False), "they would not be let in there"


async def test_a_reason_of_blanks_is_no_reason(web: Web) -> None:
    filing = await web.site.filing("in_review")
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.submit(await browser.get(f"/filings/{filing}"), "do-return", reason="  ")
    assert page.status == 422
    assert "#return.reason" in page.html


async def test_who_was_overtaken_hears_what_happened_and_keeps_the_words(web: Web) -> None:
    filing = await web.site.filing("in_review")
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get(f"/filings/{filing}")
    other = await web.site.bureau.person("coordinator", "shiyan", "second")
    await web.site.by(other, filing, Approve(comment="可以"))
    after = await browser.submit(page, "do-return", reason="请补充听课安排，逐月写明")
    assert after.status == 412
    assert "在您查看期间" in after
    assert "同意" in after
    assert "意见：可以" in after
    assert "请补充听课安排，逐月写明" in after.html
    assert not [one for one in await web.ledger.events(web.tenant, filing) if isinstance(one.event, FilingReturned)]


async def test_an_earlier_stage_can_be_chosen(web: Web) -> None:
    filing = await web.site.filing("second")
    browser = await web.signed_in(*PRINCIPAL)
    page = await browser.get(f"/filings/{filing}")
    stage = (await state_of(web, filing)).steps[0].stage
    await browser.submit(page, "do-return", reason="请再核", to=stage)
    state = await state_of(web, filing)
    assert isinstance(state, InReview)
    assert state.first.stage == stage


async def test_pressing_twice_decides_once(web: Web) -> None:
    filing = await web.site.filing("in_review")
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get(f"/filings/{filing}")
    await asyncio.gather(browser.submit(page, "do-approve"), browser.submit(page, "do-approve"))
    assert [one.stage for one in (await state_of(web, filing)).approvals] == ["coordinator_review"]


# -- the form


async def test_every_fault_stands_at_its_field_and_everything_typed_stays(web: Web) -> None:
    filing = await web.site.filing("open", duty="stage_report")
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{filing}/edit")
    page = await leader.submit(
        page,
        "edit",
        button="submit",
        content__activities__0__date="九月十日",
        content__activities__0__topic="单元教学",
        content__activities__0__attendance="十二人",
        content__results="完成两次集体备课。" * 3000,
        content__materials__0="签到表",
    )
    assert page.status == 422
    errors = [href for _, href in page.links if href.startswith("#content.") and not href.endswith("-title")]
    assert errors == [
        "#content.activities.0.date",
        "#content.activities.0.attendance",
        "#content.results",
        "#content.problems",
        "#content.next_month",
    ]
    assert all(one.removeprefix("#") in page.ids for one in errors)
    assert "本月研修活动第 1 行“参加人数”：此栏应填写整数" in page
    form = page.form("edit")
    assert form["content.activities.0.attendance"] == "十二人"
    assert form["content.activities.0.topic"] == "单元教学"
    assert form["content.materials.0"] == "签到表"
    assert "最多 20000 字，现有 27000 字" in page
    assert (await state_of(web, filing)).status == "open"
    typed: dict[str, Any] = {
        "content__activities__0__date": "2026年9月10日",
        "content__activities__0__attendance": "１２",
    }
    fixed = typed | dict.fromkeys(("content__results", "content__problems", "content__next_month"), "好")
    page = await leader.submit(page, "edit", button="submit", **fixed)
    assert page.path.endswith("said=filing.submit")
    (revision,) = (await state_of(web, filing)).revisions
    stored = await web.ledger.contents.content(web.tenant, revision.content)
    assert stored is not None
    assert stored.body["activities"] == [{"date": "2026-09-10", "topic": "单元教学", "attendance": 12}]


async def test_rows_are_added_moved_and_removed_by_plain_buttons(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{filing}/edit")
    page = await leader.submit(page, "edit", button="add:monthly_tasks", **TYPED)
    assert page.answer.history[-1].headers["location"].endswith("#content.monthly_tasks.1")
    page = await leader.submit(
        page,
        "edit",
        button="add:monthly_tasks",
        content__monthly_tasks__1__month="十月",
        content__monthly_tasks__1__task="听课",
    )
    assert "content.monthly_tasks.2.month" in page.form("edit")
    assert [row["month"] for row in (await draft_of(web, filing)).body["monthly_tasks"]] == ["九月", "十月"]
    page = await leader.submit(page, "edit", button="up:monthly_tasks:1")
    assert [row["month"] for row in (await draft_of(web, filing)).body["monthly_tasks"]] == ["十月", "九月"]
    page = await leader.submit(page, "edit", button="remove:monthly_tasks:0")
    assert (await draft_of(web, filing)).body["monthly_tasks"] == PLAN["monthly_tasks"]
    assert (await draft_of(web, filing)).body["analysis"] == TYPED["content__analysis"]


async def test_a_draft_saves_itself_and_says_when(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{filing}/edit")
    answer = await autosaved(leader, page, content__analysis="写到一半")
    assert answer.status_code == 200
    assert answer.json() == {"revision": 1, "said": "已自动保存 10:00"}
    assert (await draft_of(web, filing)).body == {"analysis": "写到一半"}
    assert (await state_of(web, filing)).status == "drafting"
    # The page knows nothing of the save: the same text is no conflict, another is.
    assert (await autosaved(leader, page, content__analysis="写到一半")).status_code == 200
    moved = await autosaved(leader, page, content__analysis="别的")
    assert moved.status_code == 412
    assert moved.headers["content-type"] == "application/problem+json"
    coordinator = await web.signed_in(*COORDINATOR)
    csrf = (await coordinator.get("/")).form("/language")["csrf"]
    headers = {"origin": web.origin, "accept": "application/json"}
    denied = await coordinator.http.post(f"/filings/{filing}/draft", data={"csrf": csrf}, headers=headers)
    assert denied.status_code == 403


async def test_what_begins_a_draft_or_reminds_does_not_make_the_form_stale(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{filing}/edit")
    saved = (await autosaved(leader, page, **TYPED)).json()
    await web.site.by(COORDINATOR, filing, Comment(text="请抓紧"))
    page = await leader.submit(page, "edit", button="submit", revision=str(saved["revision"]), **TYPED)
    assert page.path.endswith("said=filing.submit")


async def test_two_tabs_never_overwrite_each_other(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    one = await leader.get(f"/filings/{filing}/edit")
    other = await leader.get(f"/filings/{filing}/edit")
    await leader.submit(one, "edit", button="save", **TYPED)
    for button in ("save", "submit", "preview", "add:monthly_tasks"):
        page = await leader.submit(other, "edit", button=button, **TYPED | {"content__analysis": "八年级新教师较多。"})
        assert page.status == 412
        assert "草稿在别处也改过" in page
        assert "您在另一个页面" in page
        assert "<ins>" in page.html
        assert "<del>" in page.html
        assert (await draft_of(web, filing)).body["analysis"] == "七年级新教师较多。"
    kept = await leader.submit(page, "choose", button="save")
    assert "草稿已保存" in kept
    assert (await draft_of(web, filing)).body["analysis"] == "八年级新教师较多。"
    assert (await draft_of(web, filing)).body["monthly_tasks"] == PLAN["monthly_tasks"]


async def test_who_writes_while_a_colleague_submits_keeps_the_text(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{filing}/edit")
    colleague = await web.signed_in("group_leader", "shiyan-maths", "second")
    theirs = await colleague.get(f"/filings/{filing}/edit")
    await colleague.submit(theirs, "edit", button="submit", **TYPED)
    for button in ("save", "submit"):
        after = await leader.submit(page, "edit", button=button, **TYPED | {"content__analysis": "我写的另一份"})
        assert after.status == 409
        assert "我写的另一份" in after
        assert "提交了第 1 稿" in after
    await web.site.by(COORDINATOR, filing, Return(reason="再改"))
    after = await leader.submit(page, "edit", button="submit", **TYPED | {"content__analysis": "我写的另一份"})
    assert after.status == 412
    assert after.form("edit")["content.analysis"] == "我写的另一份"
    assert len((await state_of(web, filing)).revisions) == 1


async def test_a_preview_hands_in_what_was_seen_or_nothing(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{filing}/edit")
    incomplete = await leader.submit(page, "edit", button="preview", content__analysis="只写了这些")
    assert "还有" in incomplete
    assert f"/filings/{filing}/edit#content.content" in incomplete.html
    page = await leader.get(f"/filings/{filing}/edit")
    seen = await leader.submit(page, "edit", button="preview", **TYPED)
    await drafted(web, filing, LEADER, PLAN | {"analysis": "后来改的"})
    moved = await leader.submit(seen, "submit")
    assert moved.status == 412
    assert "后来改的" in moved
    done = await leader.submit(moved, "submit")
    assert done.path.endswith("said=filing.submit")
    twice = await leader.submit(moved, "submit")
    assert twice.path.endswith("said=filing.submit")
    events = await web.ledger.events(web.tenant, filing)
    assert len([one for one in events if isinstance(one.event, FilingSubmitted)]) == 1


async def test_submitting_twice_submits_once(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{filing}/edit")
    for _ in range(2):
        after = await leader.submit(page, "edit", button="submit", **TYPED)
        assert after.path.endswith("said=filing.submit")
    changed = await leader.submit(page, "edit", button="submit", **TYPED | {"content__analysis": "改了再交"})
    assert changed.status == 409
    assert "改了再交" in changed
    assert len((await state_of(web, filing)).revisions) == 1


async def test_late_is_said_before_it_is_submitted(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    await web.site.bureau.at(START + timedelta(days=22))
    page = await leader.get(f"/filings/{filing}/edit")
    assert "已过截止时间" in page
    assert "逾期" in page


async def test_an_expired_session_keeps_a_long_form_with_its_tables(web: Web) -> None:
    filing = await web.site.filing("open")
    person, login = await web.account(*LEADER, password="秋天的银杏 falls softly 77")
    leader = await web.signed_in_as(person)
    page = await leader.get(f"/filings/{filing}/edit")
    rows: dict[str, Any] = {
        f"content__monthly_tasks__{n}__{column}": f"{column} {n} " + "备课" * 40
        for n in range(60)
        for column in ("month", "task", "owner", "result")
    }
    leader.http.cookies.clear()
    asked = await leader.submit(page, "edit", button="submit", **TYPED | rows)
    assert asked.status == 401
    offered = await web.sign_in(leader, asked, login)
    assert "您的内容还在" in offered.text
    done = await leader.submit(offered, "kept")
    assert done.path.endswith("said=filing.submit"), done.text
    (revision,) = (await state_of(web, filing)).revisions
    stored = await web.ledger.contents.content(web.tenant, revision.content)
    assert stored is not None
    assert len(stored.body["monthly_tasks"]) == 60


async def test_a_field_whose_name_sounds_secret_survives_the_sign_in(web: Web) -> None:
    """The form's own fields are prefixed, so that a document's field `code` is no password."""
    asked = Request({"type": "http", "method": "POST", "path": "/filings/x/edit", "headers": [], "query_string": b""})
    kept = keep(asked, FormData([("content.code", "G7"), ("password", "x")]))
    assert kept is not None
    assert list(kept.fields) == [("content.code", "G7")]


async def test_a_document_as_large_as_allowed_is_filed_and_a_larger_one_is_told(web: Web) -> None:
    filing = await web.site.filing("open")
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{filing}/edit")
    prose = "研修" * 10_000
    large = TYPED | {"content__analysis": prose, "content__content": prose}
    large |= {f"content__monthly_tasks__{n}__{c}": "九月" for n in range(200) for c in ("month", "task", "owner")}
    page = await leader.submit(page, "edit", button="preview", **large)
    assert page.status == 200
    page = await leader.get(f"/filings/{filing}/edit")
    huge = {f"content__monthly_tasks__{n}__task": "长" * 1500 for n in range(120)}
    fields = [(name.replace("__", "."), value) for name, value in (large | huge).items()]
    hidden = [(name, page.form("edit")[name]) for name in ("csrf", "version", "revision", "command_id")]
    files = [(name, (None, value)) for name, value in [*hidden, *fields, ("do", "save")]]
    answer = Page(await leader.http.post(f"/filings/{filing}/edit", files=files, headers={"origin": web.origin}))
    assert answer.status == 422
    assert "512 KB" in answer
    assert answer.form("edit")["content.monthly_tasks.119.task"] == "长" * 1500
    assert len((await draft_of(web, filing)).body["monthly_tasks"]) == 200


async def test_an_amendment_begins_with_what_is_in_force(web: Web) -> None:
    filing = await web.site.filing("approved")
    leader = await web.signed_in(*LEADER)
    page = await leader.get(f"/filings/{filing}")
    page = await leader.submit(page, "do-amend", reason="改期")
    page = await leader.open(page, "修改")
    assert page.form("edit")["content.analysis"] == PLAN["analysis"]
    same = await leader.submit(page, "edit", button="submit")
    assert same.status == 422
    assert "内容与已通过的版本相同" in same
    done = await leader.submit(same, "edit", button="submit", content__content="修订后的内容。")
    assert done.path.endswith("said=filing.submit")


# -- between a form and a content

DOCUMENT = Document.model_validate(
    {
        "id": "d",
        "title": {"zh": "表", "en": "Form"},
        "fields": [
            {"id": "n", "title": {"zh": "数", "en": "N"}, "kind": "number"},
            {"id": "l", "title": {"zh": "单", "en": "L"}, "kind": "list"},
            {
                "id": "t",
                "title": {"zh": "表", "en": "T"},
                "kind": "table",
                "columns": [
                    {"id": "a", "title": {"zh": "甲", "en": "A"}},
                    {"id": "b", "title": {"zh": "乙", "en": "B"}, "kind": "number"},
                ],
            },
        ],
    }
)


def test_rows_keep_the_order_of_the_form_and_blank_ones_fall_out() -> None:
    typed: list[tuple[str, str | UploadFile]] = [
        *(("content.t.7.a", "二"), ("content.t.7.b", " 3 "), ("content.t.1.a", ""), ("content.t.0.a", "一")),
        *(("content.l.3", " x "), ("content.l.1", "  "), ("content.l.2", "y"), ("content.n", "1_000")),
        *(("content.t.NEW.a", "no"), ("content.t.1.zzz", "no"), ("content.other", "no")),
    ]
    form = FormData(typed)
    assert content_from(DOCUMENT, form) == {"n": "1_000", "l": ["x", "y"], "t": [{"a": "二", "b": 3}, {"a": "一"}]}


@pytest.mark.parametrize(
    ("pressed", "rows", "at"),
    [
        ("add:l", ["a", "b", ""], 2),
        ("remove:l:0", ["b"], 0),
        ("up:l:1", ["b", "a"], 0),
        ("up:l:0", ["a", "b"], 0),
        ("down:l:0", ["b", "a"], 1),
        ("down:l:1", ["a", "b"], 1),
        ("remove:l:99", ["a", "b"], 0),
        ("remove:l:-1", ["b"], 0),
    ],
)
def test_rows_are_rearranged_as_wished(pressed: str, rows: list[str], at: int) -> None:
    field = DOCUMENT.fields[1]
    posted = posted_value(field, FormData([("content.l.0", "a"), ("content.l.1", "b")]))
    wish = Rearranging.read(pressed)
    assert wish is not None
    assert rearranged(field, posted, wish) == (rows, at)


def test_other_buttons_are_no_wish() -> None:
    assert [Rearranging.read(one) for one in ("", "save", "submit", "burn:l:1", "add:")] == [None] * 5
