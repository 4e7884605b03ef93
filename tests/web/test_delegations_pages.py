"""Acting for others on the pages: giving and ending it, the desk of a delegate, and a filing in somebody's stead."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode

from domain.filing import ApprovalGiven, InReview, Transfer
from domain.ids import PersonId, StreamId
from domain.person import Delegate, EndAppointment, EndDelegation
from tests.api.site import COORDINATOR, LEADER, PRINCIPAL
from tests.web.conftest import Web, counted
from tests.web.test_filing_acts import TYPED

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
    refused = await browser.submit(page, "do-approve", {"comment": "同意，经费一栏请补齐"})
    assert refused.status == 403
    assert "您目前没有代" in refused.text
    assert "同意，经费一栏请补齐" in refused.html, "they may not even read it now, and still have what they wrote"


async def test_a_delegate_who_may_read_it_gets_the_form_back_in_their_own_name(web: Web) -> None:
    filing = await web.site.filing("in_review")
    giver = await web.site.person(*COORDINATOR)
    delegate = await web.site.person(*PRINCIPAL)
    command = Delegate(delegate=delegate, first_day=date(2026, 9, 1), last_day=date(2026, 9, 10), reason="外出培训")
    await web.site.bureau.by(giver, StreamId(giver), command)
    browser = await web.signed_in(*PRINCIPAL)
    page = await browser.get(f"/filings/{filing}?for={giver}")
    await web.site.bureau.by(giver, StreamId(giver), EndDelegation(id="d1"))
    refused = await browser.submit(page, "do-comment", {"text": "第二部分写得好"})
    assert (refused.status, "您目前没有代" in refused.text) == (403, True)
    form = refused.form("do-comment")
    assert form["text"] == "第二部分写得好"
    assert "on_behalf_of" not in form
    # A name that is not clear is told apart in a form, too: nothing of it may be lost on the way.
    unclear = await browser.submit(page, "do-comment", {"text": "第三部分也好", "mentions": "没有这个人"})
    assert (unclear.status, unclear.form("do-comment")["text"]) == (403, "第三部分也好")
    # They may not approve by themself: what they wrote is there to copy.
    gone = await browser.submit(page, "do-approve", {"comment": "同意，经费一栏请补齐"})
    assert gone.status == 403
    assert "do-approve" not in {one.id for one in gone.forms}
    assert "同意，经费一栏请补齐" in gone.html


async def test_next_comes_what_waits_for_the_same_giver(web: Web) -> None:
    first, second = await web.site.filing("in_review"), await web.site.filing("in_review")
    await given(web)
    giver = await web.site.person(*COORDINATOR)
    browser = await web.signed_in(*DELEGATE)
    page = await browser.get(f"/filings/{first}?for={giver}")
    after = await browser.submit(page, "do-approve", {"comment": "同意"})
    assert f'href="/filings/{second}?for={giver}"' in after.html


async def test_a_delegate_writes_and_hands_in_for_the_author_who_is_away(web: Web) -> None:
    filing = await web.site.filing("open")
    giver, delegate = await web.site.person(*LEADER), await web.site.person(*PRINCIPAL)
    command = Delegate(delegate=delegate, first_day=date(2026, 9, 1), last_day=date(2026, 9, 10), reason="病假")
    await web.site.bureau.by(giver, StreamId(giver), command)
    browser = await web.signed_in(*PRINCIPAL)
    assert (await browser.get(f"/filings/{filing}/edit")).status == 403
    desk = await browser.get("/")
    assert f"/filings/{filing}/edit?for={giver}" in desk.html
    page = await browser.get(f"/filings/{filing}/edit?for={giver}")
    assert f"您正在代 {await named(web, giver)} 办理" in page.text
    typed = {f"content.{name}": value for name, value in {"analysis": "学情", "content": "单元教学"}.items()}
    kept = await browser.submit(page, "edit", typed, button="preview")
    assert kept.path == f"/filings/{filing}/preview?for={giver}"
    draft = await web.ledger.contents.draft(web.tenant, filing)
    assert draft is not None
    assert (draft.saved_by, draft.revision, draft.body["analysis"]) == (delegate, 1, "学情")
    page = await browser.get(f"/filings/{filing}/edit?for={giver}")
    await web.site.bureau.by(giver, StreamId(giver), EndDelegation(id="d1"))
    lost = await browser.submit(page, "edit", {"content.content": "大单元整体教学"}, button="submit")
    assert lost.status == 403
    assert "大单元整体教学" in lost.html, "what is written in somebody's stead is handed back when that is over"
    assert await web.ledger.contents.draft(web.tenant, filing) == draft
    renewed = Delegate(delegate=delegate, first_day=date(2026, 9, 1), last_day=date(2026, 9, 10), reason="病假")
    await web.site.bureau.by(giver, StreamId(giver), renewed)
    rest = {name.replace("__", "."): value for name, value in TYPED.items()}
    done = await browser.submit(page, "edit", rest, button="submit")
    assert done.path == f"/filings/{filing}?for={giver}&said=filing.submit"
    _, state, _ = await web.ledger.head(web.tenant, filing)
    assert isinstance(state, InReview)
    assert state.authors == {giver, delegate}, "whoever wrote it is an author: neither of them decides on it"


async def test_what_was_written_comes_back_when_the_post_or_the_seat_is_gone(web: Web) -> None:
    """Whoever may no longer read it, or work here at all, still has the text."""
    filing = await web.site.filing("in_review")
    reader = await web.site.person("coordinator", "shiyan", "alone")
    seated = await web.site.person("teacher", "chengguan-maths", "seated")
    other = await web.site.person("teacher", "chengguan-maths", "other")
    await web.site.by(reader, filing, Transfer(to=seated, reason="请您审核"))
    browser = await web.signed_in("teacher", "chengguan-maths", "seated")
    page = await browser.get(f"/filings/{filing}")
    desk = await browser.get("/")
    await web.site.by(seated, filing, Transfer(to=other, reason="请您审核"))
    gone = await browser.submit(page, "do-approve", {"comment": "同意，请归档"})
    assert gone.status == 403
    assert "您的任职不包含查看此事项的权限" in gone.text
    assert "同意，请归档" in gone.html
    many = await browser.submit(desk, "many", {"pick": filing, "text": "退回：请补充附件"}, button="return")
    assert many.status == 409
    assert "退回：请补充附件" in many.html, "with nothing left to choose, the reason is there to copy"
    keeper = await web.site.person(*KEEPER)
    await web.site.bureau.by(keeper, StreamId(seated), EndAppointment(id="1", last_day=date(2026, 8, 31)))
    out = await browser.submit(page, "do-approve", {"comment": "再试一次"})
    assert out.status == 401
    assert "再试一次" in out.html


async def test_the_desk_of_a_delegate_asks_as_much_for_many_as_for_few(web: Web) -> None:
    await web.site.filing("in_review")
    await given(web)
    browser = await web.signed_in(*DELEGATE)
    await browser.get("/")
    async with counted(web) as few:
        await browser.get("/")
    for _ in range(3):
        await web.site.filing("in_review")
    async with counted(web) as many:
        await browser.get("/")
    assert few == many


async def test_the_list_of_delegations_asks_as_much_for_many_as_for_few(web: Web) -> None:
    giver, browser = await web.site.person(*COORDINATOR), await web.signed_in(*COORDINATOR)
    keeper = await web.signed_in(*KEEPER)
    told: list[list[int]] = []
    for round in range(2):
        for one, path in ((browser, "/account/delegations"), (keeper, f"/people/{giver}/delegations")):
            await one.get(path)
            async with counted(web) as sent:
                page = await one.get(path)
            told.append(sent)
        for number in range(3):
            delegate = await web.site.person("teacher", "shiyan-maths", f"t{round}{number}")
            first = date(2026, 9, 1) + timedelta(days=10 * (3 * round + number))
            away = Delegate(delegate=delegate, first_day=first, last_day=first + timedelta(days=3), reason="外出培训")
            await web.site.bureau.by(giver, StreamId(giver), away)
    assert told[:2] == told[2:]
    assert page.html.count('class="row-main"') == 3
