"""Acting for others on the pages: giving and ending it, the desk of a delegate, and a filing in somebody's stead."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from domain.filing import ApprovalGiven
from domain.ids import PersonId, StreamId
from domain.person import Delegate
from tests.api.site import COORDINATOR, LEADER, PRINCIPAL
from tests.web.conftest import Web, counted

DELEGATE = ("coordinator", "chengguan")
"""Holds the same post in another cluster: by itself it gives nothing here."""
KEEPER = ("admin", "pucheng")


async def given(web: Web, *documents: str) -> PersonId:
    """Let the coordinator be away; returns who acts."""
    giver, delegate = await web.site.person(*COORDINATOR), await web.site.person(*DELEGATE)
    command = Delegate(
        delegate=delegate,
        documents=documents,
        first_day=date(2026, 9, 1),
        last_day=date(2026, 9, 10),
        reason="外出培训",
    )
    await web.site.bureau.by(giver, StreamId(giver), command)
    return delegate


async def named(web: Web, person: PersonId) -> str:
    return (await web.ledger.names(web.tenant, [person]))[person]


async def test_one_has_somebody_act_and_ends_it(web: Web) -> None:
    browser, delegate = await web.signed_in(*COORDINATOR), await web.site.person(*DELEGATE)
    page = await browser.get("/account/delegations")
    assert "目前没有委托他人代理" in page
    fields = {
        "delegate": await named(web, delegate),
        "first_day": "2026-09-01",
        "last_day": "2026-09-10",
        "documents": ["group_plan"],
        "reason": "外出培训",
    }
    after = await browser.submit(page, "give", fields)
    assert "代理已登记" in after
    assert f"由 {await named(web, delegate)} 代理" in after.text
    theirs = await web.signed_in(*DELEGATE)
    desk = await theirs.get("/")
    assert f"{await named(web, await web.site.person(*COORDINATOR))} 委托您自" in desk.text
    page = await theirs.get("/account/delegations")
    assert f"代 {await named(web, await web.site.person(*COORDINATOR))} 办理" in page.text
    ended = await theirs.submit(page, f"end-{await web.site.person(*COORDINATOR)}-d1", button="结束代理")
    assert "代理已结束" in ended
    assert "以往的代理" in ended
    assert "以往的代理" in await browser.get("/account/delegations")


async def test_a_refused_delegation_comes_back_filled(web: Web) -> None:
    browser, own = await web.signed_in(*COORDINATOR), await web.site.person(*COORDINATOR)
    page = await browser.get("/account/delegations")
    fields = {"first_day": "2026-09-01", "last_day": "2026-09-10", "documents": ["group_plan"], "reason": "<b>外出</b>"}
    for typed, said in (("无此人", "没有找到此人"), (await named(web, own), "不能由本人代理本人")):
        refused = await browser.submit(page, "give", {**fields, "delegate": typed})
        assert refused.status == 422
        assert said in refused.text
        form = refused.form("give")
        assert (form["reason"], form["delegate"], form["documents"]) == ("<b>外出</b>", typed, "group_plan")
        assert "<b>外出" not in refused.html


async def test_only_the_person_and_the_keeper_see_and_give_them(web: Web) -> None:
    delegate, giver = await given(web), await web.site.person(*COORDINATOR)
    stranger = await web.signed_in(*LEADER)
    assert (await stranger.get(f"/people/{giver}/delegations")).status == 403
    assert f"/people/{giver}/delegations" not in (await stranger.get(f"/people/{giver}")).html
    keeper = await web.signed_in(*KEEPER)
    page = await keeper.get(f"/people/{giver}/delegations")
    assert f"由 {await named(web, delegate)} 代理" in page.text
    ended = await keeper.submit(page, f"end-{giver}-d1", button="结束代理")
    assert "目前没有委托他人代理" in ended


async def test_what_waits_for_the_giver_is_on_the_delegates_desk_and_is_approved_there(web: Web) -> None:
    filing = await web.site.filing("in_review")
    delegate = await given(web)
    giver = await web.site.person(*COORDINATOR)
    browser = await web.signed_in(*DELEGATE)
    page = await browser.get("/")
    assert f"代 {await named(web, giver)}" in page.text
    assert f"/filings/{filing}?for={giver}" in page.html
    after = await browser.submit(page, "many", only=filing)
    assert "已同意" in after.text
    event = await decision(web, filing)
    assert (event.actor, event.on_behalf_of) == (delegate, giver)


async def decision(web: Web, filing: StreamId):  # type: ignore[no-untyped-def]
    """The last agreement, as recorded."""
    events = await web.ledger.events(web.tenant, filing)
    return [one for one in events if isinstance(one.event, ApprovalGiven)][-1]


async def test_a_filing_is_decided_in_the_givers_stead_on_its_page(web: Web) -> None:
    filing = await web.site.filing("in_review")
    delegate, giver = await given(web), await web.site.person(*COORDINATOR)
    browser = await web.signed_in(*DELEGATE)
    assert (await browser.get(f"/filings/{filing}")).status == 403, "by themself they may not look"
    page = await browser.get(f"/filings/{filing}?for={giver}")
    assert f"您正在代 {await named(web, giver)} 办理" in page.text
    after = await browser.submit(page, "do-approve", {"comment": "同意"})
    assert after.status == 200
    assert f"{await named(web, delegate)} 代 {await named(web, giver)}" in after.text
    event = await decision(web, filing)
    assert (event.actor, event.on_behalf_of) == (delegate, giver)


async def test_who_may_look_anyway_is_offered_to_act(web: Web) -> None:
    filing = await web.site.filing("in_review")
    giver, delegate = await web.site.person(*COORDINATOR), await web.site.person(*PRINCIPAL)
    browser = await web.signed_in(*PRINCIPAL)
    assert "您可以代" not in (await browser.get(f"/filings/{filing}")).text
    command = Delegate(delegate=delegate, first_day=date(2026, 9, 1), last_day=date(2026, 9, 10), reason="外出培训")
    await web.site.bureau.by(giver, StreamId(giver), command)
    page = await browser.get(f"/filings/{filing}")
    assert f"您可以代 {await named(web, giver)} 办理此件" in page.text
    assert f"/filings/{filing}?for={giver}#act" in page.html


async def test_nobody_acts_where_it_is_not_delegated(web: Web) -> None:
    filing = await web.site.filing("in_review")
    giver = await web.site.person(*COORDINATOR)
    browser = await web.signed_in(*DELEGATE)
    for asked in (giver, "per-" + "0" * 20, "x", "\x00"):
        assert (await browser.get(f"/filings/{filing}?{urlencode({'for': asked})}")).status == 403
    await given(web, "stage_report")
    refused = await browser.get(f"/filings/{filing}?for={giver}")
    assert refused.status == 403
    assert "您目前没有代" in refused.text
    page = await browser.get("/")
    assert filing not in page.html
    denied = [one for one in await web.site.rows("denial") if one["code"] == "not_delegated"]
    assert {one["stream"] for one in denied} == {filing}


async def test_a_form_that_outlives_the_delegation_is_refused_and_loses_nothing(web: Web) -> None:
    filing = await web.site.filing("in_review")
    await given(web)
    giver = await web.site.person(*COORDINATOR)
    browser = await web.signed_in(*DELEGATE)
    page = await browser.get(f"/filings/{filing}?for={giver}")
    mine = await browser.get("/account/delegations")
    await browser.submit(mine, f"end-{giver}-d1", button="结束代理")
    refused = await browser.submit(page, "do-approve", {"comment": "同意"})
    assert refused.status == 403
    assert "您目前没有代" in refused.text


async def test_the_desk_of_a_delegate_asks_as_much_for_many_as_for_few(web: Web) -> None:
    await web.site.filing("in_review")
    await given(web)
    browser = await web.signed_in(*DELEGATE)
    await browser.get("/")
    async with counted() as few:
        await browser.get("/")
    for _ in range(3):
        await web.site.filing("in_review")
    async with counted() as many:
        await browser.get("/")
    assert few == many
