"""The one way to change anything.

A command reads what it needs in one statement, is decided by a pure function, and is written by one statement: the
function `append` in the database, which is a transaction of its own. Between the two nothing is locked; the expected
version in the write is what makes the decision hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, LiteralString

from psycopg.rows import DictRow

from domain.access import SYSTEM_ACTOR, Actor, Held, Inspected, Post, may_read
from domain.canonical import ZERO
from domain.context import Context, Directory, Lookups
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, UnitId
from domain.machine import State
from domain.machines import machine_for
from domain.messages import CATALOGUE
from domain.programme import Programme
from domain.refusal import Kind, Refused, forbidden
from ledger.contents import names_of
from ledger.database import Connection, Database
from ledger.decided import Decided, Head
from ledger.delegations import StandIn, chain, received, stand_in_for
from ledger.denials import Denials
from ledger.held import held_now, row_in_force
from ledger.order import Answer, BatchRefused, CommandIdReused, Order, Outcome, VersionMoved
from ledger.programmes import Programmes
from ledger.replay import state_at_version
from ledger.writer import Writer

ATTEMPTS = 8
"""How often a lost race is decided again before the caller is told."""

_TURN = 25
"""Orders of a batch that are decided in one go."""
_TELLING = 500

Told = Callable[[int], Awaitable[None]]
"""Hears how many orders of a batch are decided."""

_READ: LiteralString = """
SELECT t.programme AS in_force, t.hash, t.tree, t.delegations,
       coalesce(t.clock_frozen, now() + t.clock_offset) AS now,
       s.version, s.status, s.state::text AS state, s.digest, s.programme, s.ended, s.alarm_at,
       (SELECT jsonb_agg(jsonb_build_object('person', a.stream, 'role', a.role, 'unit', a.unit,
                                            'first_day', a.first_day, 'last_day', a.last_day,
                                            'ended_at', a.ended_at))
        FROM appointment AS a WHERE a.tenant = t.tenant AND a.stream = %(actor)s) AS held,
       (SELECT jsonb_build_object('version', e.version, 'digest', encode(e.command_digest, 'hex'))
        FROM event AS e WHERE e.tenant = t.tenant AND e.command_id = %(command_id)s
        ORDER BY e.ordinal DESC LIMIT 1) AS known
FROM tenant AS t LEFT JOIN stream AS s ON s.tenant = t.tenant AND s.stream = %(stream)s
WHERE t.tenant = %(tenant)s
"""

_WHO: LiteralString = """
SELECT t.programme AS in_force, t.tree, coalesce(t.clock_frozen, now() + t.clock_offset) AS now,
       (SELECT jsonb_agg(jsonb_build_object('person', a.stream, 'role', a.role, 'unit', a.unit,
                                            'first_day', a.first_day, 'last_day', a.last_day,
                                            'ended_at', a.ended_at))
        FROM appointment AS a WHERE a.tenant = t.tenant AND a.stream = %(actor)s) AS held,
       (SELECT jsonb_agg(jsonb_build_object('cycle', p.cycle, 'unit', p.unit, 'duties', p.duties))
        FROM panel AS p WHERE p.tenant = t.tenant AND p.person = %(actor)s) AS inspects
FROM tenant AS t WHERE t.tenant = %(tenant)s
"""
"""Who looks: what they hold, and what the inspections on whose panel they are let them look at."""

_READ_MANY: LiteralString = """
SELECT t.programme AS in_force, t.hash, t.tree, t.delegations,
       coalesce(t.clock_frozen, now() + t.clock_offset) AS now,
       s.stream, s.version, s.status, s.state::text AS state, s.digest, s.programme, s.ended, s.alarm_at,
       (SELECT jsonb_build_object('version', e.version, 'digest', encode(e.command_digest, 'hex'))
        FROM event AS e WHERE e.tenant = t.tenant AND e.command_id = w.command_id
        ORDER BY e.ordinal DESC LIMIT 1) AS known
FROM tenant AS t
CROSS JOIN unnest(%(streams)s::text[], %(command_ids)s::uuid[]) WITH ORDINALITY AS w(stream, command_id, ordinal)
LEFT JOIN stream AS s ON s.tenant = t.tenant AND s.stream = w.stream
WHERE t.tenant = %(tenant)s
ORDER BY w.ordinal
"""

_HEAD: LiteralString = """
SELECT version, status, state::text AS state, programme FROM stream WHERE tenant = %s AND stream = %s
"""

# People and posts each by their own index: an OR of the two would read all appointments of the tenant.
_LOOK_UP: LiteralString = """
SELECT a.stream AS person, a.role, a.unit, a.first_day, a.last_day, a.ended_at
FROM appointment AS a
WHERE a.tenant = %(tenant)s AND a.stream = ANY(%(people)s)
UNION
SELECT a.stream, a.role, a.unit, a.first_day, a.last_day, a.ended_at
FROM unnest(%(roles)s::text[], %(units)s::text[]) AS p(role, unit)
JOIN appointment AS a ON a.tenant = %(tenant)s AND a.role = p.role AND a.unit = p.unit
"""

_VACANCIES: LiteralString = """
SELECT p.role, p.unit FROM unnest(%(roles)s::text[], %(units)s::text[]) AS p(role, unit)
WHERE EXISTS (SELECT FROM task AS t WHERE t.tenant = %(tenant)s AND t.role = p.role AND t.unit = p.unit)
  AND NOT EXISTS (SELECT FROM appointment AS a
                  WHERE a.tenant = %(tenant)s AND a.role = p.role AND a.unit = p.unit
                    AND %(today)s BETWEEN a.first_day AND coalesce(a.last_day, 'infinity')
                    AND (a.ended_at IS NULL OR %(now)s < a.ended_at))
"""

_STAFF: LiteralString = """
SELECT stream, state ->> 'staff_no' AS staff_no FROM stream
WHERE tenant = %s AND machine = 'person' AND status = 'registered' AND state ->> 'staff_no' = ANY(%s)
"""


class Executor:
    """Carries out orders against one database."""

    def __init__(self, database: Database, programmes: Programmes, denials: Denials) -> None:
        self._database = database
        self._programmes = programmes
        self._denials = denials
        self._writer = Writer(database)

    async def execute(self, order: Order) -> Outcome:
        """Carry out one order.

        Raises `Refused` with nothing written, `VersionMoved` when the stream is not where the caller expected or
        kept moving, `CommandIdReused`, and `DatabaseAway`. Repeating an order with its id is always safe.
        """
        head: Head | None = None
        for _ in range(ATTEMPTS):
            async with self._database.connection(order.tenant) as connection:
                row = await self._read(connection, order)
                head = await self._head(connection, order, row)
                own = _actor(order, row["held"] or (), head)
                reader = await _reader(connection, [order], own, head)
                if head.known is not None:
                    return await self._repeated(connection, order, head, reader)
                decided = await self._decide(connection, order, head, reader)
                written = await self._writer.write_now(connection, order.tenant, [decided])
            if written is None:
                written = await self._writer.queue(order.tenant, [decided])
            if written:
                return _outcome(decided)
        assert head is not None, "at least one attempt was made"
        raise VersionMoved(order.stream, order.expected, head.version, head.status or "")

    async def execute_within(self, connection: Connection, order: Order) -> None:
        """Carry out an order in the caller's transaction, where nobody else can know its tenant yet.

        Raises `Refused` with nothing written, and then the transaction is to be given up.
        """
        row = await self._read(connection, order)
        head = await self._head(connection, order, row)
        decided = await self._decide(connection, order, head, await _reader(connection, [order], SYSTEM_ACTOR, head))
        written = await self._writer.write_now(connection, order.tenant, [decided])
        assert written, "nobody else writes for a tenant that is being made"

    async def execute_many(self, orders: Sequence[Order]) -> list[Answer]:
        """Carry out many orders of one actor and tenant, to different streams, in one transaction.

        Refused ones, and those whose stream is not where they expected it, are answered for themselves and left out;
        orders known by their id are answered as repeats. The rest is written together or not at all.
        """
        if not orders:
            return []
        if len({(order.tenant, order.actor) for order in orders}) > 1:
            raise ValueError("a batch is of one tenant and one actor: rights are looked up once")
        unique = list({order.command_id: order for order in orders}.values())
        answers = dict(zip((order.command_id for order in unique), await self._batch(unique), strict=True))
        return [answers[order.command_id] for order in orders]

    async def execute_all(self, orders: Sequence[Order], told: Told) -> None:
        """Carry out orders of one actor and tenant, each to a stream of its own, in one transaction: all or none.

        `told` hears how many are decided, now and then; when it has heard of all, they are being written. Raises
        `BatchRefused`, and `VersionMoved` when a stream is not where its order expected it.
        """
        if orders:
            await self._batch(orders, whole=True, told=told)

    async def _batch(self, orders: Sequence[Order], *, whole: bool = False, told: Told | None = None) -> list[Answer]:
        for _ in range(ATTEMPTS):
            async with self._database.connection(orders[0].tenant) as connection:
                answers: list[Answer | Decided] = []
                for order, head, reader in await self._heads(connection, orders):
                    answer = await self._answer(connection, order, head, reader)
                    if whole and isinstance(answer, Refused):
                        raise BatchRefused(order, answer)
                    if whole and isinstance(answer, VersionMoved):
                        raise answer
                    answers.append(answer)
                    await _breathe(len(answers), told)
            if told is not None:
                await told(len(orders))
            decided = [one for one in answers if isinstance(one, Decided)]
            if len({one.order.stream for one in decided}) < len(decided):
                raise ValueError("a batch moves each stream once: the second order would rest on a state that is gone")
            if not decided or await self._writer.queue(orders[0].tenant, decided):
                return [_outcome(one) if isinstance(one, Decided) else one for one in answers]
        raise VersionMoved(orders[0].stream, None, 0, "")

    async def actor(self, tenant: TenantId, person: PersonId) -> tuple[Actor, Programme, datetime]:
        """Return a person with what they hold and inspect now, the programme in force, and the tenant's time."""
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(_WHO, {"tenant": tenant, "actor": person})).fetchone()
            if row is None:
                raise _no_tenant(tenant)
            in_force = await self._programmes.load(connection, tenant, row["in_force"], row["tree"])
            now = row["now"].astimezone(UTC)
            inspects = tuple(
                Inspected(StreamId(one["cycle"]), UnitId(one["unit"]), frozenset(one["duties"]))
                for one in row["inspects"] or ()
            )
            return Actor(person, held_now(row["held"] or (), in_force, now), inspects=inspects), in_force, now

    async def stream_head(self, tenant: TenantId, stream: StreamId) -> tuple[int, State, str]:
        """Return a stream's version, state and pinned programme digest; refused as missing when there is none."""
        machine = machine_for(stream)
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(_HEAD, (tenant, stream))).fetchone()
        if row is None:
            raise Refused(Kind.MISSING, "stream_unknown", {"stream": stream})
        return row["version"], machine.load_state(row["status"], row["state"]), row["programme"]

    # -- reading

    async def _read(self, connection: Connection, order: Order) -> DictRow:
        parameters = {
            "tenant": order.tenant,
            "stream": order.stream,
            "actor": order.actor,
            "command_id": order.command_id,
        }
        row = await (await connection.execute(_READ, parameters)).fetchone()
        if row is None:
            raise _no_tenant(order.tenant)
        return row

    async def _heads(self, connection: Connection, orders: Sequence[Order]) -> list[tuple[Order, Head, _Reader]]:
        first = orders[0]
        one = await self._read(connection, first)
        parameters = {
            "tenant": first.tenant,
            "streams": [order.stream for order in orders],
            "command_ids": [order.command_id for order in orders],
        }
        rows = await (await connection.execute(_READ_MANY, parameters)).fetchall()
        heads: list[Head] = []
        for order, row in zip(orders, rows, strict=True):
            heads.append(await self._head(connection, order, row))
            await _breathe(len(heads), None)
        reader = await _reader(connection, orders, _actor(first, one["held"] or (), heads[0]), heads[0])
        return [(order, head, reader) for order, head in zip(orders, heads, strict=True)]

    async def _head(self, connection: Connection, order: Order, row: DictRow) -> Head:
        machine = machine_for(order.stream)
        pinned = row["programme"] or order.programme or row["in_force"]
        return Head(
            now=row["now"].astimezone(UTC),
            hash=row["hash"],
            tree=row["tree"],
            delegations=row["delegations"],
            programme=await self._programmes.load(connection, order.tenant, pinned, row["tree"]),
            programme_digest=pinned,
            in_force=await self._programmes.load(connection, order.tenant, row["in_force"], row["tree"]),
            version=row["version"] or 0,
            state=None if row["state"] is None else machine.load_state(row["status"], row["state"]),
            status=row["status"],
            digest=ZERO if row["digest"] is None else bytes(row["digest"]),
            alarm_at=row["alarm_at"],
            known=row["known"],
        )

    # -- deciding

    async def _answer(self, connection: Connection, order: Order, head: Head, reader: _Reader) -> Answer | Decided:
        try:
            if head.known is not None:
                return await self._repeated(connection, order, head, reader)
            return await self._decide(connection, order, head, reader)
        except (Refused, VersionMoved) as answer:
            return answer

    async def _decide(self, connection: Connection, order: Order, head: Head, reader: _Reader) -> Decided:
        machine = machine_for(order.stream)
        try:
            actor = _acting(order, reader, head)
            if head.state is not None and not order.command.unseen and not may_read(actor, machine.scope(head.state)):
                raise forbidden("not_yours")
            if order.expected is not None and order.expected != head.version:
                raise VersionMoved(order.stream, order.expected, head.version, head.status or "")
            wanted = machine.lookups(head.state, order.command)
            # Appointments and delegations go by the rules of today, whenever the person was entered.
            programme = head.programme if machine.appointments is None else head.in_force
            context = Context(
                tenant=order.tenant,
                now=head.now,
                actor=actor,
                programme=programme,
                calendar=programme.calendar_at(head.now),
                salt=str(order.command_id),
                stream=order.stream,
                directory=await self._look_up(connection, order, wanted, head) if wanted else Directory(),
            )
            return Decided(order, machine, head, actor, machine.decide(head.state, order.command, context))
        except Refused as refused:
            if refused.kind is Kind.FORBIDDEN:
                await self._denials.add(
                    connection, order.tenant, order.actor, order.stream, order.command.name, refused.code
                )
            await _name_person(connection, order.tenant, refused)
            raise

    async def _look_up(self, connection: Connection, order: Order, wanted: Lookups, head: Head) -> Directory:
        """Return what a command asks of the directory; refused as missing when a programme it names is not stored."""
        if not wanted.programmes:
            return await _look_up(connection, order.tenant, wanted, head)
        stored = {
            one: await self._programmes.load(connection, order.tenant, one, head.tree) for one in wanted.programmes
        }
        wanted |= machine_for(order.stream).lookups_under(head.state, order.command, stored)
        return replace(await _look_up(connection, order.tenant, wanted, head), programmes=stored)

    async def _repeated(self, connection: Connection, order: Order, head: Head, reader: _Reader) -> Outcome:
        """Answer an order whose id the ledger knows: with the stream as that order left it."""
        assert head.known is not None, "only a known order is repeated"
        if head.known["digest"] != order.content_digest().hex():
            raise CommandIdReused(str(order.command_id))
        version = int(head.known["version"])
        machine = machine_for(order.stream)
        state = await state_at_version(connection, order.tenant, order.stream, version)
        permitted: tuple[str, ...] = ()
        if version == head.version:
            # It was delegated when it was done; it need not be any more.
            with suppress(Refused):
                permitted = machine.permitted(state, _acting(order, reader, head))
        return Outcome(order.stream, version, state, permitted, repeated=True)


async def _name_person(connection: Connection, tenant: TenantId, refused: Refused) -> None:
    """Let a refusal call the person it speaks of by name: its sentence is read by people."""
    if "person" not in refused.params:
        return
    person = PersonId(str(refused.params["person"]))
    name = (await names_of(connection, tenant, [person])).get(person)
    unknown = CATALOGUE["name.unknown"]
    called = {"person": unknown.zh, "person_en": unknown.en} if name is None else {"person": name}
    refused.params = {**refused.params, **called}


async def _breathe(done: int, told: Told | None) -> None:
    """Let others have their turn between the orders of a large batch, and tell how far it is."""
    if done % _TURN == 0:
        await asyncio.sleep(0)
        if told is not None and done % _TELLING == 0:
            await told(done)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Whose orders these are: a person with what they hold themself, and for whom they may act."""

    own: Actor
    stands_in: tuple[StandIn, ...]


def _no_tenant(tenant: TenantId) -> Refused:
    return Refused(Kind.MISSING, "tenant_unknown", {"tenant": tenant})


def _actor(order: Order, held: Iterable[Mapping[str, Any]], head: Head) -> Actor:
    """The order's actor with what they hold themself."""
    if order.actor == SYSTEM:
        return SYSTEM_ACTOR
    return Actor(order.actor, held_now(held, head.in_force, head.now))


async def _reader(connection: Connection, orders: Sequence[Order], own: Actor, head: Head) -> _Reader:
    """Return whose orders these are. One query more when any of them is in somebody's stead.

    A delegate who holds nothing any more acts for nobody.
    """
    if not own.held or all(order.on_behalf_of is None for order in orders):
        return _Reader(own, ())
    return _Reader(own, await received(connection, orders[0].tenant, own.person, head.in_force, head.now))


def _acting(order: Order, reader: _Reader, head: Head) -> Actor:
    """Return who acts by an order: its actor, or its actor in the stead of another, where that is delegated.

    Only filings are acted on for others. Raises `Refused`.
    """
    giver = order.on_behalf_of
    if giver is None:
        return reader.own
    stand_in = None if head.state is None else stand_in_for(reader.stands_in, giver, head.state)
    if stand_in is None:
        raise forbidden("not_delegated", person=giver)
    return stand_in.actor(reader.own)


async def _look_up(connection: Connection, tenant: TenantId, wanted: Lookups, head: Head) -> Directory:
    """Return what the directory knows of what is wanted; a query for each sort of thing, where it is wanted."""
    today = head.in_force.local_day(head.now)
    staff = await _staff(connection, tenant, wanted.staff)
    # Whoever a stage names by staff number decides only while they hold a post.
    wanted |= Lookups(people=frozenset(staff.values()))
    held, holders = await _appointed(connection, tenant, wanted, head, today)
    return Directory(
        held,
        holders,
        delegations=await chain(connection, tenant, wanted.delegates, today) if wanted.delegates else {},
        vacancies=await _vacancies(connection, tenant, wanted.vacancies, head, today),
        staff=staff,
    )


async def _staff(connection: Connection, tenant: TenantId, numbers: Collection[str]) -> dict[str, PersonId]:
    """Who has which staff number; whoever has left has none."""
    if not numbers:
        return {}
    rows = await (await connection.execute(_STAFF, (tenant, sorted(numbers)))).fetchall()
    return {row["staff_no"]: PersonId(row["stream"]) for row in rows}


_Held = dict[PersonId, tuple[Held, ...]]
_Holders = dict[Post, frozenset[PersonId]]


async def _appointed(
    connection: Connection, tenant: TenantId, wanted: Lookups, head: Head, today: date
) -> tuple[_Held, _Holders]:
    if not wanted.people and not wanted.posts:
        return {}, {}
    posts = _in_order(wanted.posts)
    parameters = {
        "tenant": tenant,
        "people": sorted(wanted.people),
        "roles": [post.role for post in posts],
        "units": [post.unit for post in posts],
    }
    rows = await (await connection.execute(_LOOK_UP, parameters)).fetchall()
    held = {
        person: held_now([row for row in rows if row["person"] == person], head.in_force, head.now)
        for person in wanted.people
    }
    holders = {
        post: frozenset(
            PersonId(row["person"])
            for row in rows
            if row["role"] == post.role and row["unit"] == post.unit and row_in_force(row, today, head.now)
        )
        for post in posts
    }
    return held, holders


async def _vacancies(
    connection: Connection, tenant: TenantId, asked: Collection[Post], head: Head, today: date
) -> frozenset[Post]:
    """Return those of the posts that nobody holds while something waits for them."""
    if not asked:
        return frozenset()
    posts = _in_order(asked)
    parameters = {
        "tenant": tenant,
        "roles": [post.role for post in posts],
        "units": [post.unit for post in posts],
        "today": today,
        "now": head.now,
    }
    rows = await (await connection.execute(_VACANCIES, parameters)).fetchall()
    return frozenset(Post(role=row["role"], unit=UnitId(row["unit"])) for row in rows)


def _in_order(posts: Iterable[Post]) -> list[Post]:
    return sorted(posts, key=lambda post: (post.role, post.unit))


def _outcome(one: Decided) -> Outcome:
    return Outcome(
        stream=one.order.stream,
        version=one.head.version + len(one.decision.facts),
        state=one.decision.state,
        permitted=one.machine.permitted(one.decision.state, one.actor),
        events=tuple(fact.event.type for fact in one.decision.facts),
    )
