"""离职交接 on its page: what is open, one action, and what became of each."""

from __future__ import annotations

from domain.filing import Transfer
from domain.follow_up import RecordVisit
from domain.ids import SYSTEM, PersonId, StreamId, UnitId
from domain.inspection import Inspection, Sign
from domain.machine import Appointment
from domain.person import Appoint
from tests.api.site import COORDINATOR, EXPERT, LEADER
from tests.conftest import START
from tests.web.conftest import Web, counted

KEEPER = ("admin", "pucheng")


async def leaver(web: Web, filings: int = 1) -> tuple[PersonId, PersonId, list[StreamId]]:
    """Somebody to whom filings were handed to decide, a colleague of the same post, and the filings."""
    person = await web.site.person(*COORDINATOR)
    colleague = await web.site.person("coordinator", "shiyan", "接手人")
    found = [await web.site.filing("in_review") for _ in range(filings)]
    for one in found:
        await web.site.by(colleague, one, Transfer(to=person, reason="请您办理"))
    return person, colleague, found


async def test_the_list_before_and_after(web: Web) -> None:
    person, _, (filing,) = await leaver(web)
    browser = await web.signed_in(*KEEPER)
    page = await browser.get(f"/people/{person}/hand-over")
    assert "同任此职：接手人" in page.text
    assert f"/filings/{filing}" in page.html
    fields = {"successor": "接手人", "reason": "<b>调离</b>", "leaves": "true"}
    after = await browser.submit(page, "hand-over", fields, drop=["posts"])
    assert "交接已办理" in after
    assert "已交给 接手人" in after.text
    assert "原因：<b>调离</b>" in after.text
    assert f"/filings/{filing}" in after.html
    assert "没有指名由此人办理" in after.text
    assert "hand-over" not in [form.id for form in after.forms], "who has left hands nothing over"
    theirs = await web.signed_in("coordinator", "shiyan", "接手人")
    assert filing in (await theirs.get("/")).html


async def test_the_list_after_has_what_went_with_a_post(web: Web) -> None:
    person = await web.site.person(*COORDINATOR)
    filing = await web.site.filing("in_review")
    successor = await web.site.person("expert", "pucheng", "新任负责人")
    browser = await web.signed_in(*KEEPER)
    page = await browser.get(f"/people/{person}/hand-over")
    after = await browser.submit(page, "hand-over", {"successor": "新任负责人", "reason": "轮岗"})
    assert "已交给 新任负责人" in after.text
    last = after.html.partition('id="last"')[2].partition("</section>")[0]
    assert f"/filings/{filing}" in last
    assert "负责人" in last
    theirs, _, _ = await web.ledger.actor(web.tenant, successor)
    assert [row["stream"] for row in await web.ledger.desk.waiting(web.tenant, theirs)] == [filing]


async def test_inspections_and_follow_ups_go_too(web: Web) -> None:
    """A place on a panel goes to a successor who may inspect, with the post of an expert if need be; what waited at a
    post goes with it. What they have signed is not listed."""
    site = web.site
    leaver = await site.person(*EXPERT)
    scored, signed, led = await site.inspection("scored"), await site.inspection("scored"), await site.follow_up()
    await site.by(leaver, signed, Sign())
    post = Appointment(id="2", role="office", unit=UnitId("pucheng"), first_day=START.date())
    await site.by(SYSTEM, StreamId(leaver), Appoint(post=post))
    browser = await web.signed_in(*KEEPER)
    page = await browser.get(f"/people/{leaver}/hand-over")
    assert (f"/inspections/{scored}" in page.html, f"/inspections/{signed}" in page.html) == (True, False)
    assert f"/follow-ups/{led}" in page.html
    successor = await site.person("teacher", "chengguan-maths", "接手人")
    after = await browser.submit(page, "hand-over", {"successor": "接手人", "reason": "调离", "leaves": "true"})
    last = after.html.partition('id="last"')[2].partition("</section>")[0]
    assert (f"/inspections/{scored}" in last, f"/follow-ups/{led}" in last) == (True, True)
    assert f"/inspections/{scored}" not in after.html.replace(last, "")
    _, state, _ = await web.ledger.head(web.tenant, scored)
    assert isinstance(state, Inspection)
    assert (leaver in state.inspectors, successor in state.inspectors) == (False, True)
    assert {one.by for one in state.scores.values()} == {leaver}
    await site.by(successor, scored, Sign())
    await site.by(successor, led, RecordVisit(findings="已听课"))
    theirs = await (await web.signed_in("teacher", "chengguan-maths", "接手人")).get(f"/inspections/{scored}")
    assert "的检查工作由接手人接替，原因：调离" in theirs.text


async def test_a_place_stays_where_the_successor_may_not_inspect(web: Web) -> None:
    """The rest goes, and the list after says what did not and why."""
    leaver, scored = await web.site.person(*EXPERT), await web.site.inspection("scored")
    local = await name(web, await web.site.person(*COORDINATOR))
    browser = await web.signed_in(*KEEPER)
    page = await browser.get(f"/people/{leaver}/hand-over")
    after = await browser.submit(page, "hand-over", {"successor": local, "reason": "调离", "leaves": "true"})
    assert f"/inspections/{scored}" in after.html.partition('id="seats"')[2].partition("</section>")[0]
    assert "这些检查还没有转交" in after.text


async def name(web: Web, person: PersonId) -> str:
    return (await web.ledger.names(web.tenant, [person]))[person]


async def test_a_refused_form_comes_back_filled(web: Web) -> None:
    person, _, _ = await leaver(web)
    browser = await web.signed_in(*KEEPER)
    page = await browser.get(f"/people/{person}/hand-over")
    own = (await web.ledger.names(web.tenant, [person]))[person]
    for typed, said in (("无此人", "没有找到此人"), (own, "接手人不能是交接人本人")):
        refused = await browser.submit(page, "hand-over", {"successor": typed, "reason": "调离"})
        assert refused.status == 422
        assert said in refused.text
        form = refused.form("hand-over")
        assert (form["successor"], form["reason"], form["posts"]) == (typed, "调离", "1")


async def test_only_the_keeper_sees_it(web: Web) -> None:
    person, _, _ = await leaver(web)
    for who in (COORDINATOR, LEADER):
        browser = await web.signed_in(*who)
        assert (await browser.get(f"/people/{person}/hand-over")).status == 403
        assert "hand-over" not in (await browser.get(f"/people/{person}")).html


async def test_it_asks_as_much_for_many_as_for_few(web: Web) -> None:
    person, _, _ = await leaver(web)
    browser = await web.signed_in(*KEEPER)
    await browser.get(f"/people/{person}/hand-over")
    async with counted(web) as few:
        await browser.get(f"/people/{person}/hand-over")
    await leaver(web, 3)
    async with counted(web) as many:
        await browser.get(f"/people/{person}/hand-over")
    assert few == many
