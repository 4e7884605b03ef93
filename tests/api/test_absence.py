"""Delegations and handing over, over HTTP."""

from __future__ import annotations

from domain.filing import Filing, InReview, Transfer
from domain.ids import PersonId, StreamId
from tests.api.site import COORDINATOR, LEADER, PLAN, Client, Json, Site, accepted, is_problem

DELEGATE = ("coordinator", "chengguan")
KEEPER = ("admin", "pucheng")


def away(to: PersonId) -> Json:
    return {"delegate": to, "first_day": "2026-09-01", "last_day": "2026-09-10", "reason": "外出培训"}


def in_stead(client: Client, giver: str) -> Client:
    """The client, acting for somebody."""
    return client.having(**{"on-behalf-of": giver})


async def delegated(site: Site) -> tuple[Client, PersonId]:
    """The coordinator is away; returns who acts, and for whom."""
    giver, delegate = await site.as_(*COORDINATOR), await site.as_(*DELEGATE)
    given = await giver.post("/delegations", away(delegate.person))
    assert given.status_code == 201
    return delegate, giver.person


async def test_a_delegate_names_for_whom_they_act(site: Site) -> None:
    filing = await site.filing("in_review")
    delegate, giver = await delegated(site)
    is_problem(await delegate.get(f"/filings/{filing}"), 403, "not_yours")
    acting = in_stead(delegate, giver)
    seen = accepted(await acting.get(f"/filings/{filing}"))
    assert "approve" in seen["permitted"]
    is_problem(await delegate.post(f"/filings/{filing}/approve", {}), 403, "not_yours")
    accepted(await acting.post(f"/filings/{filing}/approve", {"comment": "同意"}))
    events = accepted(await acting.get(f"/streams/{filing}/events"))["events"]
    (agreed,) = [one for one in events if one["type"] == "filing.approval_given"]
    assert (agreed["actor"], agreed["on_behalf_of"]) == (delegate.person, giver)


async def test_a_delegate_reads_and_saves_the_drafts_of_whom_they_act_for(site: Site) -> None:
    filing = await site.filing()
    author, delegate = await site.as_(*LEADER), await site.as_(*DELEGATE)
    acting = in_stead(delegate, author.person)
    is_problem(await acting.put(f"/filings/{filing}/draft", {"body": PLAN}), 403, "not_delegated")
    assert (await author.post("/delegations", away(delegate.person))).status_code == 201
    is_problem(await delegate.put(f"/filings/{filing}/draft", {"body": PLAN}), 403, "not_yours")
    saved = accepted(await acting.put(f"/filings/{filing}/draft", {"body": PLAN}))
    assert saved["saved_by"] == delegate.person
    assert accepted(await acting.get(f"/filings/{filing}/draft")) == accepted(
        await author.get(f"/filings/{filing}/draft")
    )
    accepted(await acting.post(f"/filings/{filing}/submit", {}))
    events = accepted(await author.get(f"/streams/{filing}/events"))["events"]
    done = {(one["type"], one["actor"], one["on_behalf_of"]) for one in events if one["actor"] == delegate.person}
    assert done == {
        (f"filing.{what}", delegate.person, author.person) for what in ("drafting_begun", "submitted", "stage_reached")
    }


async def test_what_is_given_and_received_is_told_and_ended(site: Site) -> None:
    delegate, giver = await delegated(site)
    mine = accepted(await delegate.get("/delegations"))
    assert [(one["giver"], one["id"]) for one in mine["received"]] == [(giver, "d1")]
    assert [one["giver"] for one in mine["acting_for"]] == [giver]
    assert mine["acting_for"][0]["posts"][0]["role"] == "coordinator"
    theirs = accepted(await (await site.as_(*COORDINATOR)).get("/delegations"))
    assert [one["delegate"] for one in theirs["given"]] == [delegate.person]
    accepted(await delegate.post(f"/delegations/{giver}/end", {"id": "d1"}))
    after = accepted(await delegate.get("/delegations"))
    assert after["acting_for"] == []
    assert after["received"][0]["ended_at"] is not None


async def test_nobody_acts_without_a_delegation(site: Site) -> None:
    filing = await site.filing("in_review")
    delegate, giver = await site.as_(*DELEGATE), await site.person(*COORDINATOR)
    acting = in_stead(delegate, giver)
    is_problem(await acting.get(f"/filings/{filing}"), 403, "not_delegated")
    is_problem(await acting.post(f"/filings/{filing}/approve", {}), 403, "not_delegated")
    is_problem(await in_stead(delegate, "x").get(f"/filings/{filing}"), 404, "stream_unknown")
    assert {one["code"] for one in await site.denials()} == {"not_delegated"}


async def test_one_action_moves_everything_open_of_a_leaver(site: Site) -> None:
    """What they owe, and what they decide by name; their post; and they leave."""
    keeper = await site.as_(*KEEPER)
    leaver, colleague = await site.person(*COORDINATOR), await site.person("coordinator", "shiyan", "successor")
    named = await site.filing("in_review")
    first = await site.person("coordinator", "shiyan", "first")
    await site.by(first, named, Transfer(to=leaver, reason="请您办理"))
    before = accepted(await keeper.get(f"/people/{leaver}/hand-over"))
    assert before["moves"] == [named]
    assert before["posts"][0]["role"] == "coordinator"
    wish = {"successor": colleague, "reason": "调离", "leaves": True}
    done = accepted(await keeper.post(f"/people/{leaver}/hand-over", wish))
    assert done == {"moved": [named], "left": {"posts": [], "moves": [], "inspections": [], "stays": []}}
    _, state, _ = await site.bureau.ledger.head(site.tenant, named)
    assert isinstance(state, InReview)
    seated = {seat.person for visit in state.visits for seat in visit.seats}
    assert colleague in seated
    assert leaver not in seated
    told = await site.bureau.ledger.events(site.tenant, StreamId(leaver))
    handed = next(one for one in told if one.event.type == "person.handed_over")
    assert (handed.actor, handed.data()["reason"], handed.data()["filings"]) == (keeper.person, "调离", [named])
    assert (await site.bureau.ledger.rebuild_check(site.tenant))[1] == ()


async def test_a_post_and_what_is_owed_go_to_the_successor(site: Site) -> None:
    keeper = await site.as_(*KEEPER)
    leaver = await site.person("teacher", "shiyan-maths", "leaver")
    successor = await site.person("group_leader", "shiyan-english", "successor")
    plan = await site.filing("open", "personal_plan", person=leaver)
    wish = {"successor": successor, "reason": "调离", "posts": ["1"]}
    assert accepted(await keeper.post(f"/people/{leaver}/hand-over", wish))["moved"] == [plan]
    actor, _, _ = await site.bureau.ledger.actor(site.tenant, successor)
    assert ("teacher", "shiyan-maths") in {(one.role, one.unit) for one in actor.held}
    _, state, _ = await site.bureau.ledger.head(site.tenant, plan)
    assert isinstance(state, Filing)
    assert state.person == successor
    assert (await site.bureau.ledger.rebuild_check(site.tenant))[1] == ()


async def test_a_handing_over_is_whole_or_nothing(site: Site) -> None:
    keeper, leaver = await site.as_(*KEEPER), await site.person(*COORDINATOR)
    leader = await site.person(*LEADER)
    before = await site.written()
    for wish, code in (
        ({"successor": leaver, "leaves": True}, "successor_is_leaver"),
        ({"successor": "per-" + "0" * 20, "posts": ["1"]}, "stream_unknown"),
        ({"successor": leader}, "nothing_handed_over"),
        ({"successor": leader, "posts": ["1", "9"]}, "appointment_unknown"),
    ):
        answer = await keeper.post(f"/people/{leaver}/hand-over", wish | {"reason": "调离"})
        assert answer.json()["type"].rpartition(":")[2] == code, answer.text
    assert (await site.written())[:1] == before[:1]
