"""Follow-ups over real HTTP: the visit, the plan, its verification; the commendation; who may look."""

from __future__ import annotations

from domain.access import may_read
from domain.follow_up import FOLLOW_UP
from domain.ids import stream_id
from tests.api.site import COORDINATOR, DEPUTY, EXPERT, OFFICE, PRINCIPAL, TEACHER
from tests.web.conftest import Web, counted

SISTER = ("coordinator", "chengguan")
HOSTILE = "<img src=x onerror=alert(1)>{{ 7*7 }}"


async def test_visit_plan_sent_back_and_verified(web: Web) -> None:
    stream = await web.site.follow_up()
    here = f"/follow-ups/{stream}"
    office, unit = await web.signed_in(*OFFICE), await web.signed_in(*COORDINATOR)
    page = await office.get(here)
    empty = await office.submit(page, "visit")
    assert (empty.status, "visit-findings-error" in empty.ids) == (422, True)
    visited = await office.submit(empty, "visit", findings=f"流于形式。{HOSTILE}")
    assert ("已登记下校情况" in visited, "<img src=x" in visited.html) == (True, False)
    page = await unit.get(here)
    assert HOSTILE in page.text
    too_long = "每周备课。" * 900
    refused = await unit.submit(page, "agree_plan", plan=too_long)
    assert (refused.status, refused.form("agree_plan")["plan"]) == (422, too_long)
    await unit.submit(refused, "agree_plan", plan="每周备课")
    page = await office.get(here)
    assert {"verify", "send_back", "cancel"} <= {form.id for form in page.forms}
    back = await office.submit(page, "send_back", reason="没有写明谁负责")
    assert "没有写明谁负责" in back
    # A form of before: somebody was quicker, and what was typed is still there.
    late = await office.submit(page, "verify", note="已落实")
    assert late.status == 412
    page = await unit.get(here)
    assert ("方案被退回" in page, "还有 5 个工作日" in page) == (True, True)
    await unit.submit(page, "agree_plan", plan="每周备课，李老师负责")
    done = await office.submit(await office.get(here), "verify", note="已落实")
    assert ("跟进办结" in done, "已办结" in done, "已落实" in done) == (True, True, True)
    assert [form.action for form in done.forms] == ["/language"]


async def test_a_commendation_is_published(web: Web) -> None:
    stream = await web.site.follow_up(rules="commendation")
    office = await web.signed_in(*OFFICE)
    page = await office.get(f"/follow-ups/{stream}")
    assert "visit" not in {form.id for form in page.forms}
    done = await office.submit(page, "commend", text="研修扎实，予以表扬。")
    assert ("表扬已发布" in done, "研修扎实" in done) == (True, True)
    listed = await (await web.signed_in(*COORDINATOR)).get("/inspections?kind=follow-ups&state=verified")
    assert stream in listed.html


async def test_who_may_look_and_who_may_act(web: Web) -> None:
    stream = await web.site.follow_up("visited")
    here = f"/follow-ups/{stream}"
    _, state, _ = await web.ledger.head(web.tenant, stream)
    for post, forms in (
        (OFFICE, {"agree_plan", "cancel"}),
        (COORDINATOR, {"agree_plan"}),
        (PRINCIPAL, set[str]()),
        (DEPUTY, set()),
        (EXPERT, None),
        (SISTER, None),
        (TEACHER, None),
    ):
        browser = await web.signed_in(*post)
        page = await browser.get(here)
        assert page.status == (403 if forms is None else 200), post
        if forms is not None:
            assert {form.id for form in page.forms if form.id} == forms, post
        listed = await browser.get("/inspections?kind=follow-ups")
        assert (stream in listed.html) == (forms is not None), post
        person, _ = await web.account(*post)
        actor, _, _ = await web.ledger.actor(web.tenant, person)
        assert may_read(actor, FOLLOW_UP.scope(state)) == (forms is not None)
    principal = await web.signed_in(*PRINCIPAL)
    csrf = (await principal.get(here)).form("/language")["csrf"]
    denied = await principal.post(f"{here}/agree-plan", {"csrf": csrf, "plan": "另行拟定"})
    assert (denied.status, "请联系该单位" in denied) == (403, True)
    assert (await (await web.browser()).get(here)).path.startswith("/sign-in")


async def test_unknown_ids_are_not_there(web: Web) -> None:
    browser = await web.signed_in(*OFFICE)
    for id in (stream_id("follow_up", web.site.tenant_beside(), "any"), await web.site.inspection(), "fup-1"):
        assert (await browser.get(f"/follow-ups/{id}")).status == 404


async def test_the_number_of_queries_is_fixed(web: Web) -> None:
    stream = await web.site.follow_up("opened")
    browser = await web.signed_in(*OFFICE)
    await browser.get(f"/follow-ups/{stream}")
    async with counted(web) as few:
        await browser.get(f"/follow-ups/{stream}")
    async with counted(web) as few_listed:
        await browser.get("/inspections?kind=follow-ups")
    others = [await web.site.follow_up("agreed") for _ in range(6)]
    async with counted(web) as many:
        await browser.get(f"/follow-ups/{others[0]}")
    async with counted(web) as many_listed:
        assert (await browser.get("/inspections?kind=follow-ups")).html.count('class="ins-row"') == 7
    assert (few, few_listed) == (many, many_listed)
