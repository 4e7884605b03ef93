"""The same weeks of a school year, twice: on the product while parts of it are killed, and alone in this process.

The clock stands still within a step and all ids are derived, so both ledgers must hold the same events, one by one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from psycopg.rows import DictRow

from activities.process import ProcessActivities
from activities.temporal import StreamRef
from domain.access import SYSTEM_ACTOR
from domain.cycle import DraftCycle, Publish
from domain.filing import Filing, Recall, Submit
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, derived, stream_id
from domain.machine import Command
from domain.machines import machine_for
from domain.programme import Programme
from ledger.database import DatabaseAway
from ledger.ledger import Ledger
from ledger.order import Order
from ledger.outbox import wake_all
from ledger.tokens import Scope
from workflows.rehearsal.people import Crowd, draw, registration
from workflows.rehearsal.specimens import specimen

YEAR = 2026
ANNOUNCED = datetime(2026, 8, 24, 2, tzinfo=UTC)
BEGUN = datetime(2026, 9, 2, 2, tzinfo=UTC)
"""The windows of the cluster's and the groups' plans are open."""
LOADED = datetime(2026, 9, 4, 2, tzinfo=UTC)
"""The window of the personal plans opens; nothing else falls due."""
LATER = datetime(2026, 9, 26, 2, tzinfo=UTC)
"""Reminders, due times and escalations of all that was open, and two windows."""

ROUNDS = 15
CALLERS = 8

_PENDING = """
SELECT (SELECT count(*) FROM outbox WHERE tenant = t.tenant) AS wakes,
       (SELECT count(*) FROM reaction WHERE tenant = t.tenant) AS reactions,
       (SELECT count(*) FROM stream
        WHERE tenant = t.tenant AND alarm_at <= coalesce(t.clock_frozen, now() + t.clock_offset)) AS alarms
FROM tenant AS t WHERE t.tenant = %s
"""
_DUE = """
SELECT s.stream FROM stream AS s JOIN tenant AS t USING (tenant)
WHERE tenant = %(tenant)s AND s.alarm_at <= t.clock_frozen
UNION SELECT stream FROM reaction WHERE tenant = %(tenant)s ORDER BY stream
"""
_OPEN = """
SELECT stream, status, state::text AS state FROM stream
WHERE tenant = %s AND machine = 'filing' AND status = 'open' ORDER BY stream
"""
_EVENTS = """
SELECT stream, version, ordinal, type, command_id, happened_at FROM event
WHERE tenant = %s AND type NOT IN ('rulebook.programme_adopted', 'unit.founded') ORDER BY stream, version
"""
"""What `adopt` does comes before the tenant's clock is set: when differs from run to run."""
_NOTICES = "SELECT person, id, stream, notice FROM inbox WHERE tenant = %s ORDER BY person, id"


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person does, and the key they do it under, however often they have to say it."""

    person: PersonId
    stream: StreamId
    command: Command
    key: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a ledger holds of a tenant."""

    events: list[DictRow]
    notices: list[DictRow]


class School:
    """A tenant with its people and one year, worked by the product (or alone, see `Alone`)."""

    def __init__(self, ledger: Ledger, tenant: TenantId, programme: Programme) -> None:
        self.ledger = ledger
        self.tenant = tenant
        self.crowd = Crowd(programme, tenant, 1)
        self.cycle = stream_id("cycle", tenant, str(YEAR))

    async def open_year(self) -> None:
        """Appoint everybody, announce the year, and let its first windows open."""
        tenants, people = self.ledger.tenants, self.crowd.people.values()
        await tenants.adopt(self.tenant, self.crowd.programme)
        await tenants.freeze_clock(self.tenant, ANNOUNCED)
        orders = [
            Order(self.tenant, StreamId(one.id), registration(one, ANNOUNCED.date()), SYSTEM, self._id(one.id))
            for one in people
        ]
        await self.ledger.execute_many(orders)
        office = next(one.id for one in people if one.post.role == "office")
        for command in (DraftCycle(school_year=YEAR), Publish()):
            await self.ledger.execute(Order(self.tenant, self.cycle, command, office, self._id(command.name)))
        await self.at(BEGUN)
        await self.settled()

    def _id(self, about: str) -> UUID:
        return derived(self.tenant, "faults", about)

    async def at(self, when: datetime) -> None:
        """Move the clock, and tell the process managers: their timers rest on the old one."""
        await self.ledger.tenants.freeze_clock(self.tenant, when)
        await wake_all(self.ledger.database, self.tenant)

    async def settled(self, limit: float = 60.0) -> None:
        """Wait until nothing is due, pending or to be relayed."""
        try:
            await until(self._is_quiet, "all is quiet", limit)
        except AssertionError as slow:
            raise AssertionError(f"{self.tenant} is not quiet: {(await self.rows(_PENDING))[0]}") from slow

    async def _is_quiet(self) -> bool:
        return not any((await self.rows(_PENDING))[0].values())

    async def rows(self, query: Any) -> list[DictRow]:
        async with self.ledger.database.connection(self.tenant) as connection:
            return await (await connection.execute(query, (self.tenant,))).fetchall()

    async def size(self) -> int:
        return (await self.ledger.tenants.positions())[self.tenant]

    async def contents(self) -> Contents:
        return Contents(await self.rows(_EVENTS), await self.rows(_NOTICES))

    async def deeds(self) -> list[list[Deed]]:
        """A chain of deeds for each open filing: handed in and taken back, many times, at last handed in."""
        chains = []
        for row in await self.rows(_OPEN):
            state = machine_for(row["stream"]).load_state(row["status"], row["state"])
            assert isinstance(state, Filing)
            author = self.crowd.holder(state.author, row["stream"])
            assert author is not None
            chain = []
            for turn in range(ROUNDS):
                content = specimen(self.crowd.programme, state, draw(1, row["stream"], str(turn)))
                commands: list[Command] = [Submit(content=content), Recall(reason=f"第 {turn} 次")]
                for command in commands[: 1 if turn == ROUNDS - 1 else 2]:
                    key = f"{row['stream']}/{turn}/{command.name}"
                    chain.append(Deed(author.id, StreamId(row["stream"]), command, key))
            chains.append(chain)
        return chains

    async def is_sound(self) -> None:
        """Verify and rebuild."""
        verification = await self.ledger.verify(self.tenant)
        assert verification.sound, verification.flaw
        _, drifts = await self.ledger.rebuild_check(self.tenant)
        assert drifts == ()


class Alone(School):
    """The same without Temporal, worker and API: what the product must come to."""

    async def settled(self, limit: float = 60.0) -> None:
        processes = ProcessActivities(self.ledger)
        while due := await self._due():
            for stream in due:
                await processes.advance_stream(StreamRef(tenant=self.tenant, stream=stream))

    async def _due(self) -> list[StreamId]:
        async with self.ledger.database.connection(self.tenant) as connection:
            rows = await (await connection.execute(_DUE, {"tenant": self.tenant})).fetchall()
        return [StreamId(row["stream"]) for row in rows]

    async def carry_out(self, chains: Sequence[Sequence[Deed]]) -> dict[str, int]:
        """Do everything; the version that each deed led to."""
        versions = {}
        for chain in chains:
            for deed in chain:
                command_id = derived(self.tenant, deed.person, "idempotency-key", deed.key)
                order = Order(self.tenant, deed.stream, deed.command, deed.person, command_id)
                versions[deed.key] = (await self.ledger.execute(order)).version
        return versions


@dataclass
class Callers:
    """Eight callers over HTTP, who say the same thing with the same key again until they are answered."""

    api: str
    ledger: Ledger
    tenant: TenantId
    tokens: dict[PersonId, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    broken: int = 0
    """How often a connection broke or was refused."""
    away: int = 0
    """How often the answer was 503."""

    async def carry_out(self, chains: Sequence[Sequence[Deed]]) -> None:
        waiting = list(chains)
        for person in sorted({deed.person for chain in chains for deed in chain} - self.tokens.keys()):
            made = await self.ledger.tokens.issue(self.tenant, SYSTEM_ACTOR, person, "test", [Scope.ACT])
            self.tokens[person] = made.secret
        # Shorter than the server keeps a connection that rests: none is broken but by what is killed.
        limits = httpx.Limits(keepalive_expiry=1)
        async with (
            httpx.AsyncClient(base_url=self.api, timeout=30, limits=limits) as client,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(CALLERS):
                group.create_task(self._call(client, waiting))

    async def _call(self, client: httpx.AsyncClient, waiting: list[Sequence[Deed]]) -> None:
        while waiting:
            for deed in waiting.pop():
                self.versions[deed.key] = await self.call(client, deed)

    async def call(self, client: httpx.AsyncClient, deed: Deed, limit: float = 60.0) -> int:
        """Do one thing; the version it led to."""
        headers = {
            "authorization": f"Bearer {self.tokens[deed.person]}",
            "idempotency-key": deed.key,
        }
        url = f"/api/v1/filings/{deed.stream}/{deed.command.name}"
        body = deed.command.model_dump(mode="json")
        deadline = time.monotonic() + limit
        while True:
            assert time.monotonic() < deadline, f"{deed.key} was never answered"
            try:
                answer = await client.post(url, json=body, headers=headers)
            except httpx.TransportError:
                self.broken += 1
            else:
                if answer.status_code == 200:
                    return int(answer.json()["version"])
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["retry-after"]) > 0
                assert answer.headers["content-type"] == "application/problem+json"
                self.away += 1
            await asyncio.sleep(0.05)


async def until(condition: Callable[[], Awaitable[bool]], what: str, limit: float = 60.0) -> None:
    """Poll a condition until it holds; a database that is away is asked again."""
    deadline = time.monotonic() + limit
    while True:
        try:
            if await condition():
                return
        except DatabaseAway:
            pass
        assert time.monotonic() < deadline, f"not in {limit:.0f} s: {what}"
        await asyncio.sleep(0.005)
