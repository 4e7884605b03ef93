"""The programme over HTTP: everybody reads the rules, sees them as pictures, and reads what versions differ in."""

from __future__ import annotations

import re
from datetime import timedelta

from domain.bpmn import bpmn
from domain.cycle import DraftCycle
from domain.ids import stream_id
from domain.machines import MACHINES
from domain.messages import render
from domain.programme import Programme, Right
from domain.programme_check import dump, load
from domain.rulebook import rulebook_stream
from domain.text import Text
from tests.conftest import START
from tests.web.conftest import Web, counted

TEACHER = ("teacher", "shiyan-maths")
NOWHERE = "0" * 64


async def in_force(web: Web) -> str:
    return next(one.digest for one in await web.ledger.tenants.programmes(web.tenant) if one.in_force)


async def newer(web: Web, programme: Programme, **changes: object) -> str:
    """Put another version of the rules in force; returns its digest."""
    return await web.ledger.tenants.adopt(web.tenant, programme.model_copy(update={"version": 2, **changes}))


async def test_everybody_reads_the_rules(web: Web, small_county: Programme) -> None:
    page = await (await web.signed_in(*TEACHER)).get("/programme")
    assert page.title.startswith(small_county.title.zh)
    assert "每个教研组的教研组长报送" in page
    assert "每学期初开放，学期初后 12 个工作日截止，逾期 15 个工作日失效" in page
    for part in (
        "calendar",
        "roles",
        "units",
        "documents",
        "duties",
        "pipelines",
        "rubrics",
        "inspections",
        "machines",
    ):
        assert part in page.ids
        assert f"#{part}" in [href for _, href in page.links]
    english = await (await web.signed_in("principal", "shiyan-zhongxue", lang="en")).get("/programme")
    assert "How each kind of business goes" in english
    assert not re.search(r"web\.\w+\.\w+", english.text)


async def test_pipelines_and_machines_are_pictures_with_their_words(web: Web, small_county: Programme) -> None:
    page = await (await web.signed_in(*TEACHER)).get("/programme")
    assert page.html.count('<figure class="gr">') == len(small_county.pipelines) + len(MACHINES)
    assert "流程图：教研组计划审批。下面有文字说明。" in page.html
    assert "报送 → 片区研修负责人审核：提交" in page
    assert "（到时间由系统办理）" in page
    assert "style=" not in page.html


async def test_the_file_is_the_rules(web: Web) -> None:
    browser = await web.signed_in(*TEACHER)
    digest = await in_force(web)
    answer = (await browser.get(f"/programme/{digest}.yaml")).answer
    assert answer.headers["content-disposition"] == f'attachment; filename="pucheng-county-1-{digest[:8]}.yaml"'
    assert dump(load(answer.text)) == dump(web.site.bureau.programme)


async def test_a_pipeline_is_downloaded_as_bpmn(web: Web, small_county: Programme) -> None:
    browser = await web.signed_in(*TEACHER)
    page = await browser.get("/programme")
    assert "下载“教研组计划审批”的流程图文件（BPMN）" in page.html
    digest = await in_force(web)
    href = f"/programme/{digest}/group_plan_approval.bpmn"
    assert href in [address for _, address in page.links]
    answer = (await browser.get(href)).answer
    assert answer.headers["content-disposition"] == 'attachment; filename="pucheng-county-1-group_plan_approval.bpmn"'
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    assert answer.text == bpmn(small_county.pipeline_by_id["group_plan_approval"], small_county, "zh")
    for wrong in (f"/programme/{digest}/nope.bpmn", f"/programme/{NOWHERE}/group_plan_approval.bpmn"):
        assert (await browser.get(wrong)).status == 404


async def test_versions_are_listed_with_the_years_that_go_by_them(web: Web, small_county: Programme) -> None:
    await web.site.by(("office", "pucheng"), stream_id("cycle", web.tenant, "2026"), DraftCycle(school_year=2026))
    old = await in_force(web)
    new = await newer(web, small_county)
    browser = await web.signed_in(*TEACHER)
    now = await browser.get("/programme")
    assert "第 2 版" in now
    assert "还没有学年按此方案办理" in now
    before = await browser.open(now, "第 1 版")
    assert before.path == f"/programme/{old}"
    assert "这不是现行方案" in before
    assert "用于 2026–2027 学年 拟定中" in before
    assert f"/programme/difference?from={old}&amp;to={new}" in now.html


async def test_what_two_versions_differ_in(web: Web, small_county: Programme) -> None:
    old = await in_force(web)
    browser = await web.signed_in(*TEACHER)
    alone = await browser.get("/programme/difference")
    assert "台账中只有一个版本" in alone
    duties = tuple(
        one.model_copy(update={"remind": (7,), "title": Text(zh="<i>计划</i>", en="<i>Plan</i>")})
        if one.id == "group_plan"
        else one
        for one in small_county.duties
        if one.id != "personal_plan"
    )
    new = await newer(web, small_county, duties=duties)
    page = await browser.get("/programme/difference")
    assert (page.form("choose")["from"], page.form("choose")["to"]) == (old, new)
    assert "截止前 7 个工作日提醒" in page
    assert "－ 取消" in page
    assert "<i>计划</i>" in page
    assert "<i>" not in page.html
    other_way = await browser.submit(page, "choose", fields={"from": new, "to": old})
    assert "＋ 新增" in other_way
    same = await browser.submit(page, "choose", fields={"from": new, "to": new})
    assert "选的是同一个版本" in same


async def test_an_unknown_or_foreign_version_is_not_found(web: Web, small_county: Programme) -> None:
    beside = web.site.tenant_beside()
    foreign = await web.ledger.tenants.adopt(beside, small_county.model_copy(update={"version": 9}))
    browser = await web.signed_in(*TEACHER)
    for digest in (NOWHERE, foreign, "x", "%00"):
        for path in (f"/programme/{digest}", f"/programme/{digest}.yaml", f"/programme/difference?from={digest}"):
            assert (await browser.get(path)).status == 404, path
    nobody = await web.browser()
    for path in ("/programme", f"/programme/{await in_force(web)}.yaml", "/programme/difference"):
        assert (await nobody.get(path)).path.startswith("/sign-in")


async def test_the_number_of_queries_is_fixed(web: Web, small_county: Programme) -> None:
    browser = await web.signed_in(*TEACHER)
    for path in ("/programme", f"/programme/{await in_force(web)}", "/programme/difference"):
        await browser.get(path)
        async with counted(web) as few:
            await browser.get(path)
        for number in range(3):
            await web.ledger.tenants.adopt(web.tenant, small_county.model_copy(update={"version": 3 + number}))
        await browser.get(path)
        async with counted(web) as many:
            await browser.get(path)
        assert few == many, path


async def test_the_page_says_since_when_by_whom_and_why_and_what_was_before(web: Web, small_county: Programme) -> None:
    first = await in_force(web)
    keeper = await web.site.person("admin", "pucheng", "管理员王某")
    newer_rules = small_county.model_copy(update={"version": 2, "title": Text(zh="新细则", en="New rules")})
    second = await web.ledger.tenants.adopt(web.tenant, newer_rules, keeper, "县局〔2026〕15 号 <b>批复</b>")
    browser = await web.signed_in(*TEACHER)
    page = await browser.get("/programme")
    assert "由管理员王某采用，原因：县局〔2026〕15 号 <b>批复</b>。" in page
    assert "<b>批复" not in page.html
    assert "由系统采用。" in page
    assert ("当时的改动", f"/programme/difference?from={first}&to={second}") in page.links
    former = await browser.get(f"/programme/{first}")
    assert "不是现行方案" in former
    told = await browser.get(f"/rulebooks/{rulebook_stream(web.tenant)}")
    assert "《新细则》第 2 版 现行" in told
    assert not [one for one in told.forms if one.action.endswith("/adopt")]
    english = await (await web.signed_in("principal", "shiyan-zhongxue", lang="en")).get("/programme")
    assert "adopted by 管理员王某. Reason: 县局〔2026〕15 号" in english
    trail = await (await web.signed_in("admin", "pucheng")).get(f"/audit/{rulebook_stream(web.tenant)}")
    assert "采用《新细则》第 2 版，岗位和权限自此以它为准，原因：县局〔2026〕15 号" in trail


async def test_the_keeper_puts_another_version_in_force_with_a_reason(web: Web, small_county: Programme) -> None:
    newer_rules = small_county.model_copy(update={"version": 2})
    digest = await web.ledger.moves.store(web.tenant, newer_rules)
    keeper = await web.signed_in("admin", "pucheng")
    page = await keeper.get(f"/rulebooks/{rulebook_stream(web.tenant)}")
    refused = await keeper.submit(page, "form-adopt", programme=digest)
    assert refused.status == 422
    assert "须说明原因" in refused
    assert f'value="{digest}" selected' in refused.html
    done = await keeper.submit(refused, "form-adopt", programme=digest, reason="县局批复")
    assert "方案已采用，岗位和权限现以它为准。" in done
    assert await in_force(web) == digest


async def test_rights_on_a_past_day_are_those_of_the_rules_in_force_then(web: Web, small_county: Programme) -> None:
    """The office gets the right to audit by new rules on the third: on the first it did not have it."""
    office = await web.site.person("office", "pucheng")
    roles = tuple(
        one.model_copy(update={"rights": frozenset({Right.AUDIT})}) if one.id == "office" else one
        for one in small_county.roles
    )
    await web.site.bureau.at(START + timedelta(days=2))
    changed = small_county.model_copy(update={"version": 2, "roles": roles})
    await web.ledger.tenants.adopt(web.tenant, changed)
    browser = await web.signed_in(*TEACHER)
    audit, run = (render(f"right.{one.value}", "zh") for one in (Right.AUDIT, Right.RUN_CYCLE))
    for day, gives, not_yet in (("2026-09-02", run, audit), ("2026-09-03", audit, run)):
        page = await browser.get(f"/people/{office}?on={day}")
        assert gives in page, day
        assert not_yet not in page, day
    assert f"第 {changed.version} 版" in page
