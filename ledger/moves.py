"""Rules that change while filings are under way: what they would mean, and carrying it out.

What is under way is read a page at a time, so that memory stays flat whatever the number of filings.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, LiteralString

from domain.access import Actor, may_read
from domain.canonical import content_digest
from domain.cycle import Cycle
from domain.dry_run import (
    Foreseen,
    WindowChange,
    changes_in_words,
    foresee,
    foresee_windows,
    may_change,
    move_in_words,
    window_in_words,
)
from domain.filing import FILING, Filing, MoveRules
from domain.filing.moving import Between
from domain.ids import PersonId, StreamId, TenantId, UnitId, derived
from domain.programme import Programme
from domain.refusal import Refused
from domain.view import Names
from ledger.database import Connection, Database
from ledger.order import Answer, Order
from ledger.programmes import Programmes, as_json

PAGE = 500
"""Filings that are read, or moved in one transaction, at a time."""

_TURN = 25
"""Filings that are looked at in one go."""

Choice = Literal["stay", "move", "back"]

_GROUPS: LiteralString = """
SELECT s.programme, i.duty, i.unit, s.state -> 'path' AS path, count(*) AS n
FROM item AS i JOIN stream AS s ON s.tenant = i.tenant AND s.stream = i.stream
WHERE i.tenant = %s AND i.cycle = %s AND i.machine = 'filing' AND NOT s.ended
GROUP BY s.programme, i.duty, i.unit, s.state -> 'path'
"""

_UNDER_WAY: LiteralString = """
SELECT s.stream, s.version, s.status, s.state::text AS state, s.programme
FROM item AS i JOIN stream AS s ON s.tenant = i.tenant AND s.stream = i.stream
WHERE i.tenant = %(tenant)s AND i.cycle = %(cycle)s AND i.machine = 'filing' AND NOT s.ended AND i.stream > %(after)s
    AND (s.programme, i.duty, i.unit) IN (
        SELECT * FROM unnest(%(programmes)s::text[], %(duties)s::text[], %(units)s::text[])
    )
ORDER BY i.stream LIMIT %(limit)s
"""

_BESIDE: LiteralString = """
SELECT i.machine, s.programme, count(*) AS n
FROM item AS i JOIN stream AS s ON s.tenant = i.tenant AND s.stream = i.stream
WHERE i.tenant = %s AND i.cycle = %s AND i.machine IN ('inspection', 'follow_up') AND NOT s.ended
GROUP BY i.machine, s.programme
"""


@dataclass(frozen=True, slots=True)
class InFlight:
    """A filing under way that other rules would change."""

    stream: StreamId
    version: int
    programme: str
    """Digest of the rules it goes by."""
    foreseen: Foreseen


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a dry run."""

    filings: Sequence[InFlight]
    next: str | None
    """Where to go on; none when all was looked at."""


@dataclass(frozen=True, slots=True)
class Totals:
    """A dry run in numbers."""

    looked_at: int
    changing: int
    by_duty: Mapping[str, int]
    """How many of each duty would change."""
    cannot_move: int
    hidden: int
    """Under way by rules that change, where this reader may not look: they stay on their rules."""
    beside: Mapping[str, int]
    """Inspections and follow-ups under way. They stay on the rules they were opened by."""
    windows: Sequence[WindowChange]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of one filing."""

    stream: StreamId
    version: int
    choice: Choice
    to: str | None = None
    """Where back to: a stage, or none for the author."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """What is under way, in groups."""

    count: int
    changing: Sequence[tuple[str, str, UnitId]]
    """Rules, duty and unit of those about which something may change."""
    between: Mapping[str, Between]
    """The rules they go by and the new ones, by digest."""
    now: datetime


Execute = Callable[[Sequence[Order]], Awaitable[list[Answer]]]


class Moves:
    """Dry runs, and moving what is under way."""

    def __init__(self, database: Database, programmes: Programmes, execute_many: Execute) -> None:
        self._database = database
        self._programmes = programmes
        self._execute_many = execute_many

    async def store(self, tenant: TenantId, programme: Programme) -> str:
        """Keep a version of the rules, without putting it in force. Returns its digest."""
        async with self._database.transaction(tenant) as connection:
            return await self._programmes.store(connection, tenant, programme)

    async def over_the_tree(self, tenant: TenantId, programme: Programme) -> Programme:
        """Return rules that need not be stored over the tenant's units as they are now."""
        async with self._database.connection(tenant) as connection:
            return await self._programmes.over(connection, tenant, programme)

    async def page(
        self, tenant: TenantId, cycle: StreamId, new: Programme, actor: Actor, *, after: str = "", limit: int = PAGE
    ) -> Found:
        """Return filings under way that would change and that the actor may read, in order of stream."""
        found: list[InFlight] = []
        under_way = await self._under_way(tenant, cycle, new)
        async for one in self._looked_at(tenant, cycle, under_way, actor, after):
            if isinstance(one, InFlight):
                if len(found) == limit:
                    return Found(found, found[-1].stream)
                found.append(one)
        return Found(found, None)

    async def totals(self, tenant: TenantId, cycle: StreamId, state: Cycle, new: Programme, actor: Actor) -> Totals:
        """Return a whole dry run in numbers."""
        duties: Counter[str] = Counter()
        hidden = cannot_move = 0
        under_way = await self._under_way(tenant, cycle, new)
        async for one in self._looked_at(tenant, cycle, under_way, actor, ""):
            hidden += one is False
            if isinstance(one, InFlight):
                duties[one.foreseen.state.duty] += 1
                cannot_move += not one.foreseen.may_move
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_BESIDE, (tenant, cycle))).fetchall()
            now, _ = await _now_and_tree(connection, tenant)
        digest = content_digest(as_json(new))
        beside: Counter[str] = Counter()
        for row in rows:
            if row["programme"] != digest:
                beside[row["machine"]] += row["n"]
        return Totals(
            looked_at=under_way.count,
            changing=sum(duties.values()),
            by_duty=dict(duties),
            cannot_move=cannot_move,
            hidden=hidden,
            beside=dict(beside),
            windows=foresee_windows(state, new, now),
        )

    async def _under_way(self, tenant: TenantId, cycle: StreamId, new: Programme) -> _UnderWay:
        """Look at what is under way in groups of the same rules, duty and unit, which are far fewer than filings."""
        async with self._database.connection(tenant) as connection:
            groups = await (await connection.execute(_GROUPS, (tenant, cycle))).fetchall()
            now, tree = await _now_and_tree(connection, tenant)
            between = {
                digest: Between(await self._programmes.load(connection, tenant, digest, tree), new)
                for digest in {row["programme"] for row in groups}
            }
        changing = {
            (row["programme"], row["duty"], row["unit"])
            for row in groups
            if may_change(between[row["programme"]], row["duty"], row["unit"], row["path"])
        }
        return _UnderWay(sum(row["n"] for row in groups), sorted(changing), between, now)

    async def _looked_at(
        self, tenant: TenantId, cycle: StreamId, under_way: _UnderWay, actor: Actor, after: str
    ) -> AsyncIterator[InFlight | bool]:
        """Yield for each filing whose rules change what would: nothing (True), or nothing that one may see (False)."""
        names = ("programmes", "duties", "units")
        groups = dict(zip(names, map(list, zip(*under_way.changing, strict=True)), strict=False))
        while groups:
            asked = {"tenant": tenant, "cycle": cycle, "after": after, "limit": PAGE}
            async with self._database.connection(tenant) as connection:
                rows = await (await connection.execute(_UNDER_WAY, asked | groups)).fetchall()
            for number, row in enumerate(rows):
                if number % _TURN == 0:
                    await asyncio.sleep(0)  # others have their turn
                state = FILING.load_state(row["status"], row["state"])
                assert isinstance(state, Filing), "a filing's stream has a filing's states"
                if not may_read(actor, FILING.scope(state)):
                    yield False
                    continue
                between = under_way.between.get(row["programme"])
                if between is None:
                    continue  # it has gone over to other rules meanwhile
                foreseen = foresee(state, between, under_way.now)
                stream = StreamId(row["stream"])
                yield True if foreseen is None else InFlight(stream, row["version"], row["programme"], foreseen)
            if len(rows) < PAGE:
                return
            after = rows[-1]["stream"]

    async def carry_out(
        self, tenant: TenantId, actor: PersonId, digest: str, reason: str, wishes: Iterable[Wish]
    ) -> list[tuple[Wish, Answer]]:
        """Move filings, in batches of a transaction. Each is answered for itself; those that stay are left out.

        The same wish of the same person is the same command, so a batch that was interrupted may be repeated.
        """
        wanted = [one for one in wishes if one.choice != "stay"]
        answers: list[tuple[Wish, Answer]] = []
        for start in range(0, len(wanted), PAGE):
            batch = wanted[start : start + PAGE]
            orders = [_order(tenant, actor, digest, reason, one) for one in batch]
            answers += zip(batch, await self._execute_many(orders), strict=True)
        return answers


async def _now_and_tree(connection: Connection, tenant: TenantId) -> tuple[datetime, int]:
    query = "SELECT coalesce(clock_frozen, now() + clock_offset) AS now, tree FROM tenant WHERE tenant = %s"
    row = await (await connection.execute(query, (tenant,))).fetchone()
    assert row is not None, "a tenant with a cycle is there"
    return row["now"].astimezone(UTC), row["tree"]


def _order(tenant: TenantId, actor: PersonId, digest: str, reason: str, one: Wish) -> Order:
    assert one.choice != "stay", "what stays is given no command"
    asked = (one.stream, str(one.version), digest, one.choice, one.to or "")
    return Order(
        tenant=tenant,
        stream=one.stream,
        command=MoveRules(programme=digest, choice=one.choice, to=one.to, reason=reason),
        actor=actor,
        command_id=derived(tenant, "move_rules", *asked, actor, reason),
        expected=one.version,
    )


def totals_in_words(totals: Totals, names: Names) -> list[str]:
    """A dry run in sentences: how many would change, what stays, and the windows to come."""
    cannot = totals.cannot_move or None
    said = [names.say("dry_run.looked_at", looked_at=totals.looked_at, changing=totals.changing, cannot_move=cannot)]
    if totals.hidden:
        said.append(names.say("dry_run.hidden", count=totals.hidden))
    said += (names.say(f"dry_run.beside.{machine}", count=count) for machine, count in sorted(totals.beside.items()))
    return [*said, *(window_in_words(one, names) for one in totals.windows)]


def as_row(one: InFlight, names: Names) -> dict[str, Any]:
    """Return a filing of a dry run as JSON-able values, for the API and the command line."""
    foreseen = one.foreseen
    state = foreseen.state
    return {
        "stream": one.stream,
        "version": one.version,
        "unit": state.unit,
        "duty": state.duty,
        "period": state.period,
        "status": state.status,
        "at": foreseen.at,
        "changes": changes_in_words(foreseen, names),
        "times": [time.model_dump(mode="json") for time in foreseen.times],
        "may_move": foreseen.may_move,
        "move": move_in_words(foreseen, names),
        "may_go_back_to": foreseen.may_go_back_to,
        "may_go_to_author": foreseen.may_go_to_author,
    }


def moved(answers: Iterable[tuple[Wish, Answer]]) -> tuple[int, list[tuple[Wish, Refused | None]]]:
    """How many were moved, and those that were not: with the refusal, or none when somebody else was quicker."""
    done = 0
    failed: list[tuple[Wish, Refused | None]] = []
    for wish, answer in answers:
        if isinstance(answer, Refused):
            failed.append((wish, answer))
        elif isinstance(answer, Exception):
            failed.append((wish, None))
        else:
            done += 1
    return done, failed
