"""Acting for others, on the real database: what a delegate may, what is recorded, and two who delegate at once."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from domain.access import Actor
from domain.filing import Approve, Comment
from domain.ids import SYSTEM, PersonId, StreamId, TenantId
from domain.person import CloseDelegation, Delegate, EndAppointment, EndDelegation, Leave, Person
from domain.refusal import Kind, Refused
from ledger.order import Order, Outcome
from tests.conftest import START, Base, Bureau
from tests.ledger.given import SCHOOL, School, opened, query, report

TODAY = date(2026, 9, 1)


def delegate(to: PersonId, first: date = TODAY, days: int = 10, documents: tuple[str, ...] = ()) -> Delegate:
    last = first + timedelta(days=days - 1)
    return Delegate(delegate=to, documents=documents, first_day=first, last_day=last, reason="外出培训")


class Stand:
    """A school with a filing that waits for the principal, and a deputy of nobody yet."""

    def __init__(self, school: School, deputy: PersonId, filing: StreamId) -> None:
        self.bureau = school.bureau
        self.school = school
        self.principal = school.principal
        self.deputy = deputy
        self.filing = filing

    @classmethod
    async def made(cls, bureau: Bureau) -> Stand:
        school = await School.founded(bureau)
        deputy = await bureau.person("principal", "jiaqu-chuzhong")
        filing = await opened(bureau)
        await bureau.by(school.lead, filing, report())
        return cls(school, deputy, filing)

    async def given(self, **how: object) -> None:
        await self.bureau.by(self.principal, StreamId(self.principal), delegate(self.deputy, **how))  # type: ignore[arg-type]

    def order(self, actor: PersonId | None = None, giver: PersonId | None = None) -> Order:
        return Order(
            self.bureau.tenant,
            self.filing,
            Approve(comment="同意"),
            actor or self.deputy,
            uuid4(),
            on_behalf_of=giver or self.principal,
        )

    async def act(self) -> Outcome:
        return await self.bureau.ledger.execute(self.order())

    async def refused(self, order: Order | None = None) -> None:
        with pytest.raises(Refused) as refused:
            await self.bureau.ledger.execute(order or self.order())
        assert (refused.value.code, refused.value.kind) == ("not_delegated", Kind.FORBIDDEN)
        assert not str(refused.value.params["person"]).startswith("per-"), "people are called by name"


@pytest.fixture
async def stand(bureau: Bureau) -> Stand:
    return await Stand.made(bureau)


async def test_the_record_names_who_acted_and_for_whom(stand: Stand, base: Base) -> None:
    bureau, ledger = stand.bureau, stand.bureau.ledger
    await stand.given()
    outcome = await stand.act()
    row = query(base, "SELECT actor, on_behalf_of FROM event WHERE type = 'filing.approval_given'")[0]
    assert row == {"actor": stand.deputy, "on_behalf_of": stand.principal}
    assert await ledger.state_at(bureau.tenant, stand.filing, outcome.version) == (outcome.version, outcome.state)
    assert (await ledger.verify(bureau.tenant)).flaw is None
    assert (await ledger.rebuild_check(bureau.tenant))[1] == ()


async def test_a_delegate_acts_only_while_it_is_in_force_and_for_its_documents(stand: Stand) -> None:
    bureau = stand.bureau
    await stand.refused()
    await stand.given(documents=("growth_file",))
    await stand.refused()
    await stand.given(first=TODAY + timedelta(days=3), days=2)
    await stand.refused()
    await bureau.at(START + timedelta(days=5))
    await stand.refused()
    await bureau.at(START + timedelta(days=4))
    await stand.act()


async def test_an_ended_delegation_gives_nothing_and_a_repeat_is_still_answered(stand: Stand) -> None:
    bureau, ledger = stand.bureau, stand.bureau.ledger
    await stand.given()
    order = stand.order()
    await ledger.execute(order)
    await bureau.by(stand.deputy, StreamId(stand.principal), EndDelegation(id="d1"))
    again = await ledger.execute(order)
    assert again.repeated
    assert again.permitted == ()
    await stand.refused()


async def test_a_delegate_has_nothing_that_the_giver_does_not_hold(stand: Stand) -> None:
    bureau = stand.bureau
    await stand.given()
    await bureau.by(SYSTEM, StreamId(stand.principal), EndAppointment(id="1"))
    await stand.refused()
    _, state, _ = await bureau.ledger.head(bureau.tenant, StreamId(stand.principal))
    assert isinstance(state, Person)
    assert state.open_delegations == ()


async def test_a_delegate_who_left_acts_for_nobody(stand: Stand) -> None:
    await stand.given()
    await stand.bureau.by(SYSTEM, StreamId(stand.deputy), Leave())
    await stand.refused()


async def test_a_delegation_is_not_passed_on(stand: Stand) -> None:
    third = await stand.bureau.person("office", "pucheng", name="third")
    await stand.given()
    await stand.bureau.by(stand.deputy, StreamId(stand.deputy), delegate(third))
    await stand.refused(stand.order(third, stand.principal))
    with pytest.raises(Refused) as refused:
        await stand.bureau.ledger.execute(stand.order(third, stand.deputy))
    assert refused.value.code == "not_yours", "the deputy's own posts are at another school"


async def test_nobody_approves_their_own_through_a_delegation(stand: Stand) -> None:
    """Neither the author in the approver's stead, nor the approver's delegate for what the approver handed in."""
    bureau, lead = stand.bureau, stand.school.lead
    await bureau.by(stand.principal, StreamId(stand.principal), delegate(lead))
    with pytest.raises(Refused) as refused:
        await bureau.ledger.execute(stand.order(lead))
    assert refused.value.kind is Kind.FORBIDDEN
    assert refused.value.code != "not_delegated"


async def test_nobody_acts_for_others_on_anything_but_filings_and_the_system_for_nobody(stand: Stand) -> None:
    await stand.given()
    await stand.refused(stand.order(SYSTEM))
    command = EndDelegation(id="d1")
    tenant, stream = stand.bureau.tenant, StreamId(stand.principal)
    await stand.refused(Order(tenant, stream, command, stand.deputy, uuid4(), on_behalf_of=stand.principal))


async def test_a_delegate_reads_and_comments_where_the_giver_may(stand: Stand) -> None:
    await stand.given()
    order = Order(
        stand.bureau.tenant,
        stand.filing,
        Comment(text="请补充附件"),
        stand.deputy,
        uuid4(),
        on_behalf_of=stand.principal,
    )
    await stand.bureau.ledger.execute(order)


async def test_what_is_delegated_is_told(stand: Stand) -> None:
    bureau, ledger = stand.bureau, stand.bureau.ledger
    await stand.given(documents=("growth_file",), days=3)
    await stand.given(first=TODAY + timedelta(days=1))
    (one,) = await ledger.delegations.received(bureau.tenant, stand.deputy, bureau.programme, START)
    assert (one.giver, one.name, [held.role for held in one.held]) == (
        stand.principal,
        f"{SCHOOL} principal",
        ["principal"],
    )
    assert one.covers("growth_file")
    assert not one.covers("quality_report")
    assert one.last_day("growth_file") == TODAY + timedelta(days=2)
    assert one.actor(Actor(stand.deputy)).principal == stand.principal
    await bureau.by(stand.principal, StreamId(stand.principal), EndDelegation(id="d1"))
    assert await ledger.delegations.received(bureau.tenant, stand.deputy, bureau.programme, START) == ()
    for person in (stand.principal, stand.deputy):
        given = await ledger.delegations.of(bureau.tenant, person)
        assert [(two.id, two.giver, two.ended_at) for two in given] == [
            ("d2", stand.principal, None),
            ("d1", stand.principal, START),
        ]
    assert await ledger.delegations.towards(bureau.tenant, [stand.deputy]) == [(stand.principal, "d2")]
    assert await ledger.delegations.of(TenantId("elsewhere"), stand.deputy) == []


async def test_it_ends_by_itself(stand: Stand) -> None:
    bureau, ledger = stand.bureau, stand.bureau.ledger
    await stand.given(days=1)
    head = await ledger.process_head(bureau.tenant, StreamId(stand.principal))
    assert head is not None
    with pytest.raises(Refused, match="alarm_not_due"):
        await bureau.by(SYSTEM, StreamId(stand.principal), CloseDelegation(id="d1"))
    await bureau.at(START + timedelta(days=1))
    await bureau.by(SYSTEM, StreamId(stand.principal), CloseDelegation(id="d1"))
    for person in (stand.principal, stand.deputy):
        notices = [one.notice for one in await ledger.inbox.read(bureau.tenant, person)]
        assert notices.count("delegation_ended") == 1


async def test_two_who_delegate_to_each_other_at_once_are_told_apart(bureau: Bureau) -> None:
    """Each would be right alone; both would be a loop."""
    for number in range(6):
        one = await bureau.person("office", "pucheng", name=f"甲{number}")
        other = await bureau.person("office", "pucheng", name=f"乙{number}")
        answers = await asyncio.gather(
            bureau.by(one, StreamId(one), delegate(other)),
            bureau.by(other, StreamId(other), delegate(one)),
            return_exceptions=True,
        )
        refused = [answer for answer in answers if isinstance(answer, Refused)]
        assert [answer.code for answer in refused] == ["delegation_loop"]
        assert len(answers) - len(refused) == 1
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()


async def test_a_loop_by_way_of_others_is_found_in_the_directory(bureau: Bureau) -> None:
    ring = [await bureau.person("office", "pucheng", name=f"员{number}") for number in range(4)]
    for giver, to in pairwise(ring):
        await bureau.by(giver, StreamId(giver), delegate(to))
    with pytest.raises(Refused) as refused:
        await bureau.by(ring[-1], StreamId(ring[-1]), delegate(ring[0], first=TODAY + timedelta(days=9), days=1))
    assert refused.value.code == "delegation_loop"
    assert refused.value.params["person"] == "员0"
    await bureau.by(ring[-1], StreamId(ring[-1]), delegate(ring[0], first=TODAY + timedelta(days=10), days=1))
