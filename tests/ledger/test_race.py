"""Two at once: one wins, the other is told so, and the chain has neither fork nor gap."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import psycopg
import pytest

from domain.filing import (
    AbandonAmendment,
    Amend,
    ApprovalGiven,
    Approve,
    FilingRecalled,
    Recall,
    Transfer,
    Transferred,
)
from domain.ids import SYSTEM, PersonId, stream_id
from domain.machine import Appointment, Command
from domain.person import Appoint, Register
from domain.refusal import Kind, Refused
from ledger.ledger import Ledger
from ledger.order import Order, Outcome, VersionMoved
from tests.conftest import START, Base, Bureau
from tests.ledger.given import SCHOOL, School, opened, order, positions, query, report

DUELS = 1000
HELD = 50
"""One duel in so many is held until both stand at the stream's row; which of the two is ahead changes each time."""
WRITERS = 16
ROUNDS = 12


async def _told(ledger: Ledger, order: Order) -> object:
    """Give an order; return its outcome, or what the caller was told instead."""
    try:
        return await ledger.execute(order)
    except (Refused, VersionMoved) as told:
        return told


async def _let_go_at_once(ledgers: tuple[Ledger, Ledger], orders: tuple[Order, Order]) -> tuple[object, object]:
    """Let two orders go together, and let chance say which is first; return the answers."""
    barrier = asyncio.Barrier(2)

    async def go(side: int) -> object:
        await barrier.wait()
        return await _told(ledgers[side], orders[side])

    return await asyncio.gather(go(0), go(1))


async def _waiting(base: Base, many: int) -> None:
    """Return once so many statements stand at a row that somebody holds."""
    async with await psycopg.AsyncConnection.connect(base.owner, autocommit=True) as looking:
        while True:
            found = await looking.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            row = await found.fetchone()
            if row is not None and row[0] == many:
                return


async def _let_go(
    base: Base,
    ledgers: tuple[Ledger, Ledger],
    orders: tuple[Order, Order],
) -> tuple[object, object]:
    """Let two orders on the version that both have seen come to the stream's row, the first ahead; return the answers.

    The row is held until both stand at it, so that neither has been too late to be in the race.
    """

    async with asyncio.timeout(60), await psycopg.AsyncConnection.connect(base.owner) as holding:
        await holding.execute("SELECT FROM stream WHERE stream = %s FOR UPDATE", (orders[0].stream,))
        first = asyncio.create_task(_told(ledgers[0], orders[0]))
        await _waiting(base, 1)
        second = asyncio.create_task(_told(ledgers[1], orders[1]))
        await _waiting(base, 2)
        await holding.rollback()
        return await first, await second


async def test_two_deciding_at_the_same_instant(base: Base, bureau: Bureau) -> None:
    school = await School.founded(bureau)
    second = await bureau.person("research_lead", SCHOOL, "second")
    stream = await school.approved()
    version, told = 7, Counter[str]()
    async with Ledger.connect(base.service, size=2) as one, Ledger.connect(base.service, size=2) as two:
        for number in range(DUELS):
            command = Amend(reason="有误") if number % 2 == 0 else AbandonAmendment()
            expected = version if number % 3 == 0 else None
            orders = (
                Order(bureau.tenant, stream, command, school.lead, uuid4(), expected=expected),
                Order(bureau.tenant, stream, command, second, uuid4(), expected=expected),
            )
            ledgers = (one, two)
            if number // HELD % 2:
                orders, ledgers = orders[::-1], ledgers[::-1]
            held = number % HELD == 0
            answers = await (_let_go(base, ledgers, orders) if held else _let_go_at_once(ledgers, orders))
            version += 1
            (won,) = [side for side, answer in enumerate(answers) if isinstance(answer, Outcome)]
            winner, loser = answers[won], answers[1 - won]
            assert isinstance(winner, Outcome)
            assert winner.version == version
            if isinstance(loser, VersionMoved):
                assert (loser.version, loser.status) == (version, winner.state.status)
            else:
                assert isinstance(loser, Refused)
                assert (loser.kind, loser.code) == (Kind.CONFLICT, "not_now")
            assert not (held and won), "both stood at the row, and the first of them has it"
            told[type(loser).__name__] += 1
    assert told == {"VersionMoved": (DUELS + 2) // 3, "Refused": DUELS - (DUELS + 2) // 3}

    found = await bureau.ledger.verify(bureau.tenant)
    assert (found.sound, found.events) == (True, 1 + 4 + 7 + DUELS)
    assert positions(base, bureau.tenant) == list(range(1, found.events))
    rows = query(base, "SELECT version, previous, digest FROM event WHERE stream = %s ORDER BY version", stream)
    assert [row["version"] for row in rows] == list(range(1, version + 1))
    assert len({row["previous"] for row in rows}) == len(rows)  # no two events rest on the same one
    assert all(after["previous"] == before["digest"] for before, after in pairwise(rows))


@pytest.mark.parametrize("ahead", [0, 1], ids=["the one ahead", "the other ahead"])
@pytest.mark.parametrize("duel", ["approve against recall", "two who may approve", "transfer against approve"])
async def test_two_doing_different_things_with_a_filing_at_the_same_instant(
    base: Base, bureau: Bureau, duel: str, ahead: int
) -> None:
    school = await School.founded(bureau)
    deputy = await bureau.person("principal", SCHOOL, "second")
    expert = await bureau.person("expert", "pucheng")
    sides: tuple[tuple[PersonId, Command], ...] = {
        "approve against recall": ((school.principal, Approve()), (school.lead, Recall(reason="发错"))),
        "two who may approve": ((school.principal, Approve()), (deputy, Approve())),
        "transfer against approve": ((school.principal, Transfer(to=expert, reason="外出")), (deputy, Approve())),
    }[duel]
    facts = {Approve: ApprovalGiven, Recall: FilingRecalled, Transfer: Transferred}
    async with Ledger.connect(base.service, size=2) as one, Ledger.connect(base.service, size=2) as two:
        for number in range(5):
            stream = await opened(bureau, period=f"p{number}")
            await bureau.by(school.lead, stream, report())
            version = (await bureau.ledger.head(bureau.tenant, stream))[0]
            who = (sides[ahead], sides[1 - ahead])
            first, second = (
                Order(bureau.tenant, stream, command, person, uuid4(), expected=version) for person, command in who
            )
            winner, loser = await _let_go(base, (one, two), (first, second))
            assert isinstance(winner, Outcome)
            assert isinstance(loser, VersionMoved)
            assert (loser.version, loser.status) == (winner.version, winner.state.status), "told with the new state"
            given = [one.event for one in await bureau.ledger.events(bureau.tenant, stream)]
            acts = [event for event in given if isinstance(event, tuple(facts.values()))]
            assert [type(act) for act in acts] == [facts[type(first.command)]], "one of the two happened, once"
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def test_many_starting_the_same_stream(base: Base, bureau: Bureau) -> None:
    for number in range(10):
        stream = stream_id("person", "pucheng", "same", str(number))
        orders = [order(bureau, stream, Register(full_name=f"甲{which}")) for which in range(8)]
        answers = await asyncio.gather(*map(bureau.ledger.execute, orders), return_exceptions=True)
        assert Counter(type(one) for one in answers) == {Outcome: 1, Refused: 7}
    assert positions(base, bureau.tenant) == list(range(1, 11))


async def _writes(ledger: Ledger, bureau: Bureau, writer: int, start: asyncio.Barrier) -> None:
    stream = stream_id("person", "pucheng", "writer", str(writer))
    await start.wait()
    await ledger.execute(Order(bureau.tenant, stream, Register(full_name=f"教师{writer}"), SYSTEM, uuid4()))
    for number in range(1, ROUNDS):
        post = Appointment(id=f"p{number}", role="teacher", unit=bureau.programme.root_path[0], first_day=START.date())
        post = post.model_copy(update={"unit": "shiyan-maths", "last_day": START.date() + timedelta(days=number)})
        await ledger.execute(Order(bureau.tenant, stream, Appoint(post=post), SYSTEM, uuid4()))


async def _follows(reader: Ledger, bureau: Bureau, seen: list[int], written: asyncio.Event) -> None:
    """Read what is new, over and over, as a subscriber does who remembers only the last position."""
    text = "SELECT position FROM event WHERE tenant = %s AND position > %s ORDER BY position"
    while True:
        last_look = written.is_set()
        async with reader.database.connection(bureau.tenant) as connection:
            rows = await (await connection.execute(text, (bureau.tenant, seen[-1] if seen else 0))).fetchall()
        seen += [row["position"] for row in rows]
        if last_look:
            return


async def test_positions_are_gapless_and_in_order_of_commit(base: Base, bureau: Bureau) -> None:
    """A position that becomes visible after a later one would be missed by a reader for ever."""
    seen: list[int] = []
    written, start = asyncio.Event(), asyncio.Barrier(WRITERS)
    async with Ledger.connect(base.service, size=8) as one, Ledger.connect(base.service, size=8) as two:
        reading = asyncio.create_task(_follows(bureau.ledger, bureau, seen, written))
        await asyncio.gather(*(_writes((one, two)[n % 2], bureau, n, start) for n in range(WRITERS)))
        written.set()
        await reading
    assert seen == list(range(1, 1 + WRITERS * ROUNDS + 1)), "the programme's adoption, and theirs"
    rows = query(base, "SELECT recorded_at FROM event ORDER BY position")
    assert rows == sorted(rows, key=lambda row: row["recorded_at"])
    streams = query(base, "SELECT stream FROM event ORDER BY position")
    assert len({row["stream"] for row in streams[:100]}) > 4  # the writers did take turns
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def test_writers_on_one_stream_get_through_or_are_told(base: Base, bureau: Bureau) -> None:
    """Orders that hold whatever the version are decided again; none is lost in silence."""
    stream = stream_id("person", "pucheng", "busy")
    await bureau.by(SYSTEM, stream, Register(full_name="甲"))
    posts = [
        Appointment(id=f"p{n}", role="office", unit=bureau.programme.root_path[0], first_day=START.date())
        for n in range(12)
    ]
    orders = [order(bureau, stream, Appoint(post=post)) for post in posts]
    answers = await asyncio.gather(*map(bureau.ledger.execute, orders), return_exceptions=True)
    done = [one for one in answers if isinstance(one, Outcome)]
    assert all(isinstance(one, Outcome | VersionMoved) for one in answers)
    assert sorted(one.version for one in done) == list(range(2, len(done) + 2))
    assert positions(base, bureau.tenant) == list(range(1, len(done) + 2))
    held = query(base, "SELECT id FROM appointment WHERE stream = %s", stream)
    assert len(held) == len(done)
