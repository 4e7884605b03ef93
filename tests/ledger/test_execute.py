"""One way to change anything: what a command writes, what a refusal leaves, what a repeat answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from domain.filing import Amend, Approve, BeginDraft, Filing, Recall, Submit, Waive
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, stream_id
from domain.machine import Appointment, Command
from domain.person import Appoint, CorrectName, Register
from domain.programme import Programme
from domain.refusal import Kind, Refused
from ledger.ledger import Ledger
from ledger.order import CommandIdReused, Order, Outcome, VersionMoved
from tests.conftest import START, Base, Bureau
from tests.ledger.given import (
    DUE,
    GROUP,
    SCHOOL,
    School,
    changed,
    dump,
    filing_id,
    opened,
    opening,
    order,
    positions,
    query,
    report,
)


def registration(number: int) -> Register:
    return Register(full_name=f"教师{number}")


def people(tenant: str, count: int) -> list[StreamId]:
    return [stream_id("person", tenant, "many", str(number)) for number in range(count)]


async def test_everything_a_command_comes_to_is_written_together(base: Base, bureau: Bureau) -> None:
    school = await School.founded(bureau)
    before = dump(base)
    stream = await opened(bureau)
    after = dump(base)
    assert changed(before, after) == {"tenant", "event", "stream", "item", "task", "inbox", "outbox"}

    (event,) = query(base, "SELECT * FROM event WHERE stream = %s", stream)
    (head,) = query(base, "SELECT * FROM stream WHERE stream = %s", stream)
    (item,) = query(base, "SELECT * FROM item WHERE stream = %s", stream)
    (task,) = query(base, "SELECT * FROM task WHERE stream = %s", stream)
    (tenant,) = query(base, "SELECT * FROM tenant")
    (wake,) = query(base, "SELECT * FROM outbox")
    (notice,) = query(base, "SELECT * FROM inbox")
    assert (event["version"], event["position"], event["type"]) == (1, 5, "filing.opened")
    assert (event["happened_at"], event["actor"]) == (START, SYSTEM)
    assert (head["version"], head["status"], head["digest"]) == (1, "open", event["digest"])
    assert (head["alarm_at"], head["ended"]) == (DUE - timedelta(days=2), False)
    assert (item["unit"], item["duty"], item["status"], item["due_at"]) == (SCHOOL, "quality_report", "open", DUE)
    assert (task["kind"], task["role"], task["unit"]) == ("submit", "research_lead", SCHOOL)
    assert (tenant["position"], tenant["link"]) == (5, event["link"])
    assert (wake["stream"], wake["fresh"]) == (stream, True)
    assert (notice["person"], notice["notice"], notice["at"]) == (school.lead, "filing_opened", START)

    before = after
    await bureau.by(school.lead, stream, report())
    after = dump(base)
    written = {"tenant", "event", "stream", "item", "task", "inbox", "outbox", "content", "search"}
    assert changed(before, after) == written
    rows = query(base, "SELECT version, ordinal FROM event WHERE stream = %s ORDER BY version", stream)
    assert [(row["version"], row["ordinal"]) for row in rows] == [(1, 0), (2, 0), (3, 1)]
    (task,) = query(base, "SELECT * FROM task WHERE stream = %s", stream)
    assert (task["kind"], task["role"]) == ("decide", "principal")
    (item,) = query(base, "SELECT * FROM item WHERE stream = %s", stream)
    assert (item["status"], item["stage"]) == ("in_review", "principal_signature")


async def test_the_events_of_one_command_are_written_whole_or_not_at_all(base: Base, bureau: Bureau) -> None:
    """The last statement of the append fails: nothing of the first ones stays."""
    school = await School.founded(bureau)
    stream = await opened(bureau)
    query(base, "ALTER TABLE event ADD CONSTRAINT no_more CHECK (type <> 'filing.stage_reached') NOT VALID")
    before = dump(base)
    try:
        with pytest.raises(psycopg.errors.CheckViolation):
            await bureau.by(school.lead, stream, report())
    finally:
        query(base, "ALTER TABLE event DROP CONSTRAINT no_more")
    assert changed(before, dump(base)) == set()


@pytest.mark.parametrize(
    ("command", "by", "kind", "code", "touched"),
    [
        (report(), "principal", Kind.FORBIDDEN, "not_author", {"denial"}),
        (Waive(reason="不必"), "lead", Kind.FORBIDDEN, "right_missing", {"denial"}),
        (report(), "nobody", Kind.FORBIDDEN, "not_yours", {"denial"}),
        (Approve(), "principal", Kind.CONFLICT, "not_now", set()),
        (opening("quality_report", SCHOOL), "system", Kind.CONFLICT, "already_started", set()),
        (Submit(content={"overview": "一"}), "lead", Kind.INVALID, "field_missing", set()),
    ],
)
async def test_a_refused_command_leaves_nothing_but_the_denial(
    base: Base, bureau: Bureau, command: Command, by: str, kind: Kind, code: str, touched: set[str]
) -> None:
    school = await School.founded(bureau)
    stream = await opened(bureau)
    people = {"lead": school.lead, "principal": school.principal, "system": SYSTEM, "nobody": PersonId("per-nobody")}
    before = dump(base)
    with pytest.raises(Refused) as refused:
        await bureau.by(people[by], stream, command)
    assert (refused.value.kind, refused.value.code) == (kind, code)
    assert changed(before, dump(base)) == touched
    denials = query(base, "SELECT person, stream, action, code FROM denial")
    expected = {"person": people[by], "stream": stream, "action": command.name, "code": code}
    assert denials == ([expected] if touched else [])


async def test_an_unknown_tenant_is_missing(base: Base, bureau: Bureau) -> None:
    before = dump(base)
    one = Order(TenantId("nowhere"), people("x", 1)[0], registration(1), SYSTEM, uuid4())
    for attempt in (lambda: bureau.ledger.execute(one), lambda: bureau.ledger.execute_many([one])):
        with pytest.raises(Refused) as refused:
            await attempt()
        assert (refused.value.kind, refused.value.code) == (Kind.MISSING, "tenant_unknown")
    assert changed(before, dump(base)) == set()


async def test_a_stream_of_another_tenant_is_missing(base: Base, bureau: Bureau, small_county: Programme) -> None:
    stream = await opened(bureau)
    other = TenantId("other")
    await bureau.ledger.tenants.adopt(other, small_county)
    before = dump(base)
    with pytest.raises(Refused) as refused:
        await bureau.ledger.head(other, stream)
    assert refused.value.kind is Kind.MISSING
    with pytest.raises(Refused):
        await bureau.ledger.execute(Order(other, stream, BeginDraft(), SYSTEM, uuid4()))
    assert await bureau.ledger.events(other, stream) == []
    assert await bureau.ledger.process_head(other, stream) is None
    with pytest.raises(Refused):
        await bureau.ledger.state_at(other, stream, 1)
    assert changed(before, dump(base)) == set()


async def test_a_command_to_a_stream_that_is_not_there_is_missing(bureau: Bureau) -> None:
    with pytest.raises(Refused) as refused:
        await bureau.by(SYSTEM, StreamId("fil-00000000000000000000"), BeginDraft())
    assert refused.value.kind is Kind.MISSING


@pytest.mark.parametrize("stream", ["", "nothing-1", "FIL-1", "person"])
async def test_a_stream_of_no_machine_is_missing(bureau: Bureau, stream: str) -> None:
    with pytest.raises(Refused) as refused:
        await bureau.by(SYSTEM, StreamId(stream), BeginDraft())
    assert refused.value.kind is Kind.MISSING
    with pytest.raises(Refused) as refused:
        await bureau.ledger.head(bureau.tenant, StreamId(stream))
    assert refused.value.kind is Kind.MISSING


async def test_a_stream_id_that_cannot_be_stored_is_missing(bureau: Bureau) -> None:
    with pytest.raises(Refused):
        await bureau.ledger.head(bureau.tenant, StreamId("fil-\x00"))


async def test_another_version_than_expected_is_told_with_the_true_one(base: Base, bureau: Bureau) -> None:
    school = await School.founded(bureau)
    stream = await opened(bureau)
    before = dump(base)
    for expected in (0, 2, 7):
        with pytest.raises(VersionMoved) as moved:
            await bureau.by(school.lead, stream, report(), expected=expected)
        found = moved.value
        assert (found.stream, found.expected, found.version, found.status) == (stream, expected, 1, "open")
    with pytest.raises(VersionMoved) as moved:
        await bureau.by(SYSTEM, filing_id("pucheng", opening("quality_report", SCHOOL, "x")), BeginDraft(), expected=3)
    assert moved.value.version == 0
    assert changed(before, dump(base)) == set()
    assert (await bureau.by(school.lead, stream, report(), expected=1)).version == 3


async def test_a_stranger_does_not_learn_the_version(bureau: Bureau) -> None:
    stream = await opened(bureau)
    with pytest.raises(Refused) as refused:
        await bureau.by(PersonId("per-nobody"), stream, report(), expected=9)
    assert refused.value.code == "not_yours"


async def test_a_repeat_gets_the_stored_answer(base: Base, bureau: Bureau) -> None:
    school = await School.founded(bureau)
    stream = await opened(bureau)
    one = order(bureau, stream, report(), school.lead)
    first = await bureau.ledger.execute(one)
    before = dump(base)
    again = await bureau.ledger.execute(one)
    assert (first.repeated, again.repeated) == (False, True)
    assert (again.version, again.state, again.permitted) == (3, first.state, first.permitted)
    assert changed(before, dump(base)) == set()

    await bureau.by(school.principal, stream, Approve())
    await bureau.by(school.office, stream, Approve())
    before = dump(base)
    later = await bureau.ledger.execute(one)
    assert (later.repeated, later.version, later.state, later.permitted) == (True, 3, first.state, ())
    # Neither the version it was decided on nor a right lost meanwhile matters to a repeat.
    assert (await bureau.ledger.execute(order(bureau, stream, report(), school.lead, one.command_id))).version == 3
    (batch,) = await bureau.ledger.execute_many([one])
    assert isinstance(batch, Outcome)
    assert (batch.repeated, batch.version, batch.state) == (True, 3, first.state)
    assert changed(before, dump(base)) == set()


async def test_one_id_never_stands_for_two_orders(base: Base, bureau: Bureau) -> None:
    school = await School.founded(bureau)
    stream, other = await opened(bureau), await opened(bureau, period="2027-spring")
    one = order(bureau, stream, report(), school.lead)
    await bureau.ledger.execute(one)
    before = dump(base)
    for another in (
        order(bureau, stream, report("别的"), school.lead, one.command_id),
        order(bureau, stream, Recall(), school.lead, one.command_id),
        order(bureau, other, report(), school.lead, one.command_id),
        order(bureau, stream, report(), school.principal, one.command_id),
        Order(bureau.tenant, stream, report(), school.lead, one.command_id, on_behalf_of=school.principal),
        Order(bureau.tenant, stream, report(), school.lead, one.command_id, programme="another"),
    ):
        with pytest.raises(CommandIdReused):
            await bureau.ledger.execute(another)
        with pytest.raises(CommandIdReused):
            await bureau.ledger.execute_many([another])
    assert changed(before, dump(base)) == set()


async def test_one_id_for_two_orders_at_once(base: Base, bureau: Bureau) -> None:
    for number in range(20):
        id = uuid4()
        pair = [
            order(bureau, stream_id("person", "p", str(number), which), registration(number), id=id) for which in "ab"
        ]
        answers = await asyncio.gather(*map(bureau.ledger.execute, pair), return_exceptions=True)
        assert sorted(type(one).__name__ for one in answers) == ["CommandIdReused", "Outcome"]
    assert positions(base, bureau.tenant) == list(range(1, 21))


async def test_the_same_order_many_times_at_once_is_one(base: Base, bureau: Bureau) -> None:
    for number in range(10):
        one = order(bureau, stream_id("person", "p", str(number)), registration(number))
        answers = await asyncio.gather(*(bureau.ledger.execute(one) for _ in range(6)))
        assert sorted(answer.repeated for answer in answers) == [False] + [True] * 5
        assert {(answer.version, answer.state) for answer in answers} == {(1, answers[0].state)}
    assert len(positions(base, bureau.tenant)) == 10


async def test_a_batch_leaves_out_what_is_refused_and_what_is_known(base: Base, bureau: Bureau) -> None:
    streams = people("pucheng", 4)
    known = order(bureau, streams[0], registration(0))
    await bureau.ledger.execute(known)
    bad = Register(full_name="乙", posts=(Appointment(id="1", role="king", unit=bureau.programme.root_path[0],
                                                     first_day=START.date()),))  # fmt: skip
    again, refused, new, started = await bureau.ledger.execute_many(
        [
            known,
            order(bureau, streams[1], bad),
            order(bureau, streams[2], registration(2)),
            order(bureau, streams[0], registration(3)),
        ]
    )
    assert isinstance(again, Outcome)
    assert again.repeated
    assert isinstance(refused, Refused)
    assert (refused.code, refused.at) == ("role_unknown", "posts.0.role")
    assert isinstance(new, Outcome)
    assert (new.repeated, new.version) == (False, 1)
    assert isinstance(started, Refused)
    assert started.code == "already_started"
    assert positions(base, bureau.tenant) == [1, 2]
    assert await bureau.ledger.execute_many([]) == []


async def test_a_batch_of_nothing_but_refusals_and_repeats_writes_nothing(base: Base, bureau: Bureau) -> None:
    one = order(bureau, people("pucheng", 1)[0], registration(0))
    await bureau.ledger.execute_many([one])
    before = dump(base)
    stream = people("pucheng", 1)[0]
    answers = await bureau.ledger.execute_many([one, order(bureau, stream, registration(1))])
    assert [type(answer) for answer in answers] == [Outcome, Refused]
    assert changed(before, dump(base)) == set()


async def test_a_thousand_orders_are_one_transaction(base: Base, bureau: Bureau) -> None:
    orders = [order(bureau, stream, registration(number)) for number, stream in enumerate(people("pucheng", 1000))]
    answers = await bureau.ledger.execute_many(orders)
    assert all(isinstance(one, Outcome) and not one.repeated for one in answers)
    assert [one.stream for one in answers if isinstance(one, Outcome)] == [one.stream for one in orders]
    assert positions(base, bureau.tenant) == list(range(1, 1001))
    assert query(base, "SELECT count(DISTINCT xmin::text) AS n FROM event WHERE position > 1") == [{"n": 1}]
    before = dump(base)
    again = await bureau.ledger.execute_many(orders)
    assert all(isinstance(one, Outcome) and one.repeated for one in again)
    assert changed(before, dump(base)) == set()
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def test_what_has_moved_is_answered_for_itself_and_the_rest_of_its_batch_is_written(
    base: Base, bureau: Bureau
) -> None:
    streams = people("pucheng", 3)
    for number, stream in enumerate(streams):
        await bureau.by(SYSTEM, stream, registration(number))
    await bureau.by(SYSTEM, streams[1], CorrectName(full_name="乙"))
    orders = [replace(order(bureau, stream, CorrectName(full_name="丙")), expected=1) for stream in streams]
    answers = await bureau.ledger.execute_many(orders)
    assert [type(answer) for answer in answers] == [Outcome, VersionMoved, Outcome]
    moved = answers[1]
    assert isinstance(moved, VersionMoved)
    assert (moved.stream, moved.expected, moved.version, moved.status) == (streams[1], 1, 2, "registered")
    assert positions(base, bureau.tenant) == [1, 2, 3, 4, 5, 6]

    async def told(done: int) -> None:
        """Nobody listens."""

    with pytest.raises(VersionMoved):
        await bureau.ledger.execute_all(
            [
                replace(one, command_id=uuid4(), expected=version)
                for one, version in zip(orders, (2, 1, 2), strict=True)
            ],
            told,
        )
    assert positions(base, bureau.tenant) == [1, 2, 3, 4, 5, 6]


async def test_a_batch_is_written_whole_or_not_at_all(base: Base, bureau: Bureau) -> None:
    orders = [order(bureau, stream, registration(number)) for number, stream in enumerate(people("pucheng", 20))]
    query(base, "ALTER TABLE event ADD CONSTRAINT no_more CHECK (position < 20)")
    before = dump(base)
    try:
        with pytest.raises(psycopg.errors.CheckViolation):
            await bureau.ledger.execute_many(orders)
    finally:
        query(base, "ALTER TABLE event DROP CONSTRAINT no_more")
    assert changed(before, dump(base)) == set()


async def test_two_batches_for_the_same_streams_at_once(base: Base, bureau: Bureau) -> None:
    """Whatever the order they come in: each stream starts once, each repeat is known."""
    streams = people("pucheng", 60)
    one = [order(bureau, stream, registration(number)) for number, stream in enumerate(streams)]
    two = [order(bureau, stream, registration(number)) for number, stream in enumerate(streams[::-1])]
    first, second = await asyncio.gather(bureau.ledger.execute_many(one), bureau.ledger.execute_many(two))
    kinds = [{type(answer) for answer in answers} for answers in (first, second)]
    assert sorted(kinds, key=str) == sorted([{Outcome}, {Refused}], key=str)
    both = await asyncio.gather(bureau.ledger.execute_many(one), bureau.ledger.execute_many(one[::-1]))
    assert all(isinstance(answer, Outcome | Refused) for answers in both for answer in answers)
    assert positions(base, bureau.tenant) == list(range(1, 61))
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def test_the_same_batch_twice_at_once(base: Base, bureau: Bureau) -> None:
    orders = [order(bureau, stream, registration(number)) for number, stream in enumerate(people("pucheng", 60))]
    answers = await asyncio.gather(*(bureau.ledger.execute_many(orders[:: 1 - 2 * odd]) for odd in range(2)))
    repeated = sorted({one.repeated for one in batch if isinstance(one, Outcome)} for batch in answers)
    assert repeated in ([{False}, {True}], [{True}, {False}])
    assert positions(base, bureau.tenant) == list(range(1, 61))


async def test_the_same_order_twice_in_one_batch_is_one(base: Base, bureau: Bureau) -> None:
    one = order(bureau, people("pucheng", 1)[0], registration(0))
    first, second = await bureau.ledger.execute_many([one, one])
    assert isinstance(first, Outcome)
    assert isinstance(second, Outcome)
    assert positions(base, bureau.tenant) == [1]


async def test_a_batch_lends_nobody_the_rights_of_another(base: Base, bureau: Bureau) -> None:
    school = await School.founded(bureau)
    mine, theirs = await opened(bureau), await opened(bureau, period="2027-spring")
    answer: object = None
    try:
        orders = [order(bureau, mine, report(), school.lead), order(bureau, theirs, report(), school.principal)]
        _, answer = await bureau.ledger.execute_many(orders)
    except ValueError:
        return
    assert isinstance(answer, Refused)


async def test_an_order_that_cannot_be_written_harms_nobody_else(base: Base, bureau: Bureau) -> None:
    """Those who wait share one append, and know nothing of each other."""
    streams = people("pucheng", 20)
    orders = [order(bureau, stream, registration(number)) for number, stream in enumerate(streams)]
    forbid = sql.SQL("ALTER TABLE event ADD CONSTRAINT no_more CHECK (stream <> {})").format(streams[7])
    query(base, forbid)
    try:
        answers = await asyncio.gather(*map(bureau.ledger.execute, orders), return_exceptions=True)
    finally:
        query(base, "ALTER TABLE event DROP CONSTRAINT no_more")
    assert isinstance(answers[7], psycopg.errors.CheckViolation)
    assert [one for number, one in enumerate(answers) if number != 7 and not isinstance(one, Outcome)] == []


async def test_who_gives_up_waiting_harms_nobody_else(base: Base, bureau: Bureau) -> None:
    """Cancelled while others share its append: they are answered, and its own repeat tells whether it was written."""
    orders = [order(bureau, stream, registration(number)) for number, stream in enumerate(people("pucheng", 40))]
    tasks = [asyncio.create_task(bureau.ledger.execute(one)) for one in orders]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks[::3]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    for number, answer in enumerate(answers):
        assert isinstance(answer, Outcome) or (number % 3 == 0 and isinstance(answer, asyncio.CancelledError))
    again = await asyncio.gather(*map(bureau.ledger.execute, orders))
    assert {one.version for one in again} == {1}
    assert positions(base, bureau.tenant) == list(range(1, 41))
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def wakes(base: Base) -> list[tuple[str, bool]]:
    """Take what is in the outbox."""
    return [(row["stream"], row["fresh"]) for row in query(base, "DELETE FROM outbox RETURNING stream, fresh")]


async def test_process_managers_are_woken_only_when_there_is_something_to_know(base: Base, bureau: Bureau) -> None:
    school = await School.founded(bureau)
    assert await wakes(base) == []  # nothing ever befalls a person
    stream = await opened(bureau)
    assert await wakes(base) == [(stream, True)]
    await bureau.by(school.lead, stream, BeginDraft())
    assert await wakes(base) == []  # the same alarm as before
    await bureau.by(school.lead, stream, report())
    assert await wakes(base) == [(stream, False)]  # the stage's reminder is earlier than the filing's
    await bureau.by(school.principal, stream, Approve())
    assert await wakes(base) == []  # the office has more time: it wakes for nothing once, and sleeps again
    await bureau.by(school.office, stream, Approve())
    assert await wakes(base) == [(stream, False)]  # the end
    await bureau.by(school.lead, stream, Amend(reason="有误"))
    assert await wakes(base) == []


async def test_a_reaction_is_kept_and_wakes(base: Base, bureau: Bureau, ledger: Ledger) -> None:
    group = await bureau.person("group_leader", GROUP)
    coordinator = await bureau.person("coordinator", "shiyan")
    office = await bureau.person("office", "pucheng")
    stream = await opened(bureau, "stage_report", GROUP, "2026-09")
    content = {
        "activities": [{"date": "2026-09-10", "topic": "同课异构", "attendance": 12}],
        "results": "一",
        "problems": "二",
        "next_month": "三",
        "materials": ["四"],
    }
    await bureau.by(group, stream, Submit(content=content))
    await bureau.by(coordinator, stream, Approve())
    await wakes(base)
    outcome = await bureau.by(office, stream, Approve(judgement="weak"))
    assert isinstance(outcome.state, Filing)
    (pending,) = query(base, "SELECT stream, version, ordinal, intent FROM reaction")
    assert (pending["stream"], pending["version"], pending["intent"]["command"]) == (stream, outcome.version, "open")
    assert await wakes(base) == [(stream, False)]
    head = await ledger.process_head(bureau.tenant, stream)
    assert head is not None
    assert [(one.version, one.ordinal) for one in head.pending] == [(pending["version"], pending["ordinal"])]


async def test_a_notice_reaches_whoever_holds_the_post_that_day(base: Base, bureau: Bureau) -> None:
    now = await bureau.person("research_lead", SCHOOL, "now")
    await bureau.person("research_lead", SCHOOL, "next-year", first_day=START.date() + timedelta(days=300))
    await bureau.person("research_lead", "jiaqu-chuzhong", "elsewhere")
    both = Appointment(id="2", role="research_lead", unit=bureau.programme.root_path[0], first_day=START.date())
    with pytest.raises(Refused):
        await bureau.by(SYSTEM, StreamId(now), Appoint(post=both))
    again = both.model_copy(update={"unit": SCHOOL})
    await bureau.by(SYSTEM, StreamId(now), Appoint(post=again))
    stream = await opened(bureau)
    assert query(base, "SELECT person, stream FROM inbox") == [{"person": now, "stream": stream}]  # once
