"""Append, replay, verify and rebuild rates of the ledger, against reading or copying the same rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import LiteralString, TypeVar
from uuid import uuid4

import uvloop

from bench.bureau import Bureau, Opened
from bench.harness import (
    CONNECTIONS,
    Contender,
    Database,
    Sample,
    Section,
    Spread,
    alternate,
    count,
    database,
    plain_rate_table,
    ratio,
    timed,
)
from domain.context import Context
from domain.filing import AbandonAmendment, Amend
from domain.ids import StreamId, TenantId
from domain.machine import Command, Decision, Fact, State
from domain.machines import machine_for
from ledger.decided import Decided, Head
from ledger.ledger import Ledger
from ledger.order import Order
from ledger.replay import PAGE as REPLAY_PAGE
from ledger.verify import PAGE as VERIFY_PAGE
from ledger.writer import Writer

T = TypeVar("T")

GROWN = 1000
"""Events of one append while a long stream is made."""

WHAT = """One tenant: filings begun, submitted and approved, and two streams of 1,000 and 100,000 events (an approved
filing amended and the amendment abandoned, over and over), decided by the machine and written by the
product's own writer 1,000 at a time and without their notices, chained like any other. *Append* opens
filings in transactions of 500. *Replay* reads a stream from its first event and folds it; of the whole
tenant, every stream. *Verify* re-hashes every payload and every link of both chains. *Rebuild check* folds
all, projects the read models again and compares them in the database. Each floor handles the same rows on
the same connection, page by page, and does nothing with them."""

_BY_STREAM: LiteralString = """
SELECT * FROM event WHERE tenant = %s AND stream = %s AND version > %s ORDER BY version LIMIT %s
"""
_BY_POSITION: LiteralString = "SELECT * FROM event WHERE tenant = %s AND position > %s ORDER BY position LIMIT %s"
_STREAMS: LiteralString = "SELECT stream, version FROM stream WHERE tenant = %s ORDER BY stream"
_HEAD: LiteralString = "SELECT digest, programme, alarm_at FROM stream WHERE tenant = %s AND stream = %s"


def run(quick: bool) -> Section:
    """Measure on a tenant with streams short and long."""
    section = Section("The ledger", WHAT)
    uvloop.run(_measure(section, quick))
    return section


async def _measure(section: Section, quick: bool) -> None:
    filings, lengths, rounds = (60, (200, 2000), 2) if quick else (3000, (1000, 100_000), 2)
    with database() as base:
        async with Ledger.connect(base.service, size=CONNECTIONS) as ledger:
            bureau = await Bureau.founded(ledger)
            await _append(section, base, ledger, 200 if quick else 5000, rounds)
            lives = await _lived(bureau, filings)
            for one, length in zip(lives, lengths, strict=False):
                await lengthened(bureau, one, length)
            await _replays(section, bureau, [one.stream for one in lives[: len(lengths)]], lengths, rounds)
            await _whole(section, bureau, rounds)


# -- append


async def _append(section: Section, base: Database, ledger: Ledger, number: int, rounds: int) -> None:
    tenants: list[TenantId] = []

    async def ours(_: int) -> Sample:
        bureau = await Bureau.founded(ledger, f"append-{len(tenants)}")
        tenants.append(bureau.tenant)
        return await timed(bureau.opened(number, "append"), number)

    async def copied(_: int) -> Sample:
        base.as_owner(
            "CREATE SCHEMA copied",
            "CREATE TABLE copied.event (LIKE public.event INCLUDING ALL)",
            "GRANT ALL ON SCHEMA copied TO public",
            "GRANT ALL ON copied.event TO public",
        )
        sample = await timed(_copy(ledger, tenants[-1]), lambda events: events)
        base.as_owner("DROP SCHEMA copied CASCADE")
        return sample

    found = await alternate({"append": ours, "INSERT … SELECT of the events": copied}, rounds, "append")
    section.tables.append(plain_rate_table("Append", found, {"append": "INSERT … SELECT of the events"}, "events"))


async def _copy(ledger: Ledger, tenant: TenantId) -> int:
    async with ledger.database.connection(tenant) as connection:
        query = "INSERT INTO copied.event SELECT * FROM event WHERE tenant = %s AND type = 'filing.opened'"
        return (await connection.execute(query, (tenant,))).rowcount


# -- the streams


async def _lived(bureau: Bureau, number: int) -> list[Opened]:
    """Filings carried through their whole life: six events each."""
    opened = await bureau.opened(number, "lived")
    _, state, _ = await bureau.ledger.head(bureau.tenant, opened[0].stream)
    lives = [bureau.life(one, state) for one in opened]
    for steps in zip(*lives, strict=True):
        for author in dict.fromkeys(order.actor for order in steps):
            orders = [order for order in steps if order.actor == author]
            for start in range(0, len(orders), 500):
                await bureau.ledger.execute_many(orders[start : start + 500])
    return opened


async def lengthened(bureau: Bureau, one: Opened, length: int) -> None:
    """Bring an approved filing's stream to so many events: amended and abandoned, over and over."""
    ledger, tenant = bureau.ledger, bureau.tenant
    actor, programme, now = await ledger.actor(tenant, one.author)
    version, state, digest = await ledger.head(tenant, one.stream)
    context = Context(tenant, now, actor, programme, programme.calendar_at(now))
    steps = _amending(one.stream, state, context)
    writer = Writer(ledger.database)
    while version < length:
        facts: list[Fact] = []
        before, size = state, min(GROWN, length - version)
        while len(facts) < size:
            decision = next(steps)
            facts += decision.facts
            state = decision.state
        async with ledger.database.connection(tenant) as connection:
            row = await (await connection.execute(_HEAD, (tenant, one.stream))).fetchone()
            assert row is not None, "the stream exists"
            head = Head(
                now=now,
                tree=0,
                delegations=0,
                hash=programme.hash,
                programme=programme,
                programme_digest=digest,
                in_force=programme,
                version=version,
                state=before,
                status=before.status,
                digest=bytes(row["digest"]),
                alarm_at=row["alarm_at"],
                known=None,
            )
            order = Order(tenant, one.stream, Amend(reason="更正"), one.author, uuid4())
            decided = Decided(order, machine_for(one.stream), head, actor, Decision(tuple(facts), state, ()))
            assert await writer.write_now(connection, tenant, [decided]), "nobody else moves this stream"
        version += len(facts)


def _amending(stream: StreamId, state: State, context: Context) -> Iterator[Decision]:
    machine = machine_for(stream)
    while True:
        command: Command
        for command in (Amend(reason="更正一处"), AbandonAmendment()):
            decision = machine.decide(state, command, context)
            state = decision.state
            yield decision


# -- replay, verify, rebuild


async def _replays(
    section: Section, bureau: Bureau, streams: list[StreamId], lengths: tuple[int, int], rounds: int
) -> None:
    contenders: dict[str, Contender] = {}
    pairs = {}
    for stream, length in zip(streams, lengths, strict=True):
        ours, floor = f"replay of {length:,} events", f"SELECT of {length:,} events"
        pairs[ours] = floor
        contenders[ours] = _again(partial(bureau.ledger.state_at, bureau.tenant, stream, length), length)
        contenders[floor] = _again(partial(_select_stream, bureau, stream), length)
    found = await alternate(contenders, rounds, "replay")
    section.tables.append(plain_rate_table("Replay of one stream", found, pairs, "events"))
    short, long = (Spread.of([one.rate for one in found[f"replay of {length:,} events"]]).median for length in lengths)
    section.remarks.append(
        f"The rate at {lengths[1]:,} events is {ratio(long / short)} that at {lengths[0]:,} "
        "(1 means: its time grows as its length does)."
    )


async def _whole(section: Section, bureau: Bureau, rounds: int) -> None:
    ledger, tenant = bureau.ledger, bureau.tenant
    events = (await ledger.tenants.positions())[tenant]
    contenders: dict[str, Contender] = {
        "replay of the whole tenant": _again(partial(_replay_all, bureau), events),
        "verify": _again(partial(ledger.verify, tenant), events, lambda found: found.sound),
        "rebuild check": _again(partial(ledger.rebuild_check, tenant), events, lambda found: not found[1]),
        "SELECT of every event": _again(partial(_select_all, bureau), events),
    }
    found = await alternate(contenders, rounds, f"whole tenant, {events} events")
    pairs = {name: "SELECT of every event" for name in contenders if name != "SELECT of every event"}
    title = f"The whole tenant: {events:,} events"
    section.tables.append(plain_rate_table(title, found, pairs, "events"))
    slowest = min(found["verify"], key=lambda one: one.rate)
    section.remarks.append(
        f"A million events would take {1_000_000 / slowest.rate / 60:.1f} minutes to verify at the slowest rate seen "
        f"({count(slowest.rate)} a second)."
    )


def _again(work: Callable[[], Awaitable[T]], units: int, sound: Callable[[T], bool] = lambda found: True) -> Contender:
    async def once(_: int) -> Sample:
        async def checked() -> None:
            assert sound(await work()), "the ledger is sound"

        return await timed(checked(), units)

    return once


async def _replay_all(bureau: Bureau) -> None:
    async with bureau.ledger.database.connection(bureau.tenant) as connection:
        rows = await (await connection.execute(_STREAMS, (bureau.tenant,))).fetchall()
    for row in rows:
        await bureau.ledger.state_at(bureau.tenant, row["stream"], row["version"])


async def _select_stream(bureau: Bureau, stream: StreamId) -> None:
    after = 0
    async with bureau.ledger.database.connection(bureau.tenant) as connection:
        while rows := await (
            await connection.execute(_BY_STREAM, (bureau.tenant, stream, after, REPLAY_PAGE))
        ).fetchall():
            after = rows[-1]["version"]


async def _select_all(bureau: Bureau) -> None:
    after = 0
    async with bureau.ledger.database.connection(bureau.tenant) as connection:
        while rows := await (await connection.execute(_BY_POSITION, (bureau.tenant, after, VERIFY_PAGE))).fetchall():
            after = rows[-1]["position"]
