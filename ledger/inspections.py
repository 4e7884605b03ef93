"""What the pages of inspections and follow-ups read: lists, who could inspect, and what a unit has filed.

Each method is a fixed number of queries, whatever the number of rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString

from domain.access import Actor, Inspected, Post
from domain.ids import PersonId, StreamId, TenantId, UnitId
from domain.inspection import Inspection
from domain.programme import Right
from domain.text import Text
from ledger.database import Database


@dataclass(frozen=True, slots=True)
class Row:
    """An inspection or a follow-up in a list."""

    stream: StreamId
    status: str
    unit: UnitId
    period: str | None
    due_at: datetime | None
    title: Text
    unit_title: Text
    panel: Sequence[PersonId]
    result: str | None
    """The final points; none for a follow-up and before the end."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who holds the post that inspectors come from."""

    person: PersonId
    name: str | None
    load: int
    """Inspections this person has still to score or sign, the one asked about aside."""
    stands_aside: bool
    """Holds an appointment at the inspected unit or below it."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A filing that bears on an inspection."""

    stream: StreamId
    duty: str
    period: str
    status: str
    due_at: datetime | None
    title: Text
    unit_title: Text


@dataclass(frozen=True, slots=True)
class FiledUnder:
    """What a unit and those below it have filed for one duty of the cycle."""

    counts: Mapping[str, int]
    """How many stand in each status."""
    overdue: int
    """How many of them are past their time and not handed in."""
    shown: Sequence[Filed]
    """The first of them: what is in trouble, then the latest."""


_LIST: LiteralString = """
SELECT i.stream, i.status, i.unit, i.period, i.due_at, s.state -> 'title' AS title,
       s.state -> 'unit_title' AS unit_title, s.state -> 'inspectors' AS panel, s.state ->> 'result' AS result
FROM item AS i JOIN stream AS s ON s.tenant = i.tenant AND s.stream = i.stream
WHERE i.tenant = %(tenant)s AND i.machine = %(machine)s
  AND (%(states)s::text[] IS NULL OR i.status = ANY(%(states)s))
  AND (%(below)s::text[] IS NULL OR i.unit = ANY(%(below)s))
  AND (i.readers && %(reading)s::text[] OR s.state -> 'inspectors' ? %(person)s OR EXISTS (
      SELECT FROM unnest(%(roles)s::text[], %(units)s::text[]) AS mine(role, unit)
      WHERE jsonb_build_object('role', mine.role, 'unit', mine.unit) IN (
          s.state -> 'arranger', s.state -> 'answerer', s.state -> 'reviewer', s.state -> 'leader')))
ORDER BY s.ended, CASE WHEN s.ended THEN NULL ELSE i.due_at END, i.due_at DESC, i.stream
LIMIT %(limit)s OFFSET %(offset)s
"""
"""Who may read: the same as `domain.access.may_read` on the scopes of both machines; a test holds the two together."""

_CANDIDATES: LiteralString = """
WITH holder AS (
    SELECT DISTINCT stream FROM appointment
    WHERE tenant = %(tenant)s AND role = %(role)s AND first_day <= %(day)s AND (last_day IS NULL OR last_day >= %(day)s)
      AND (ended_at IS NULL OR ended_at > %(now)s)
)
SELECT h.stream, c.body ->> 'name' AS name,
       (SELECT count(*) FROM task AS t WHERE t.tenant = %(tenant)s AND t.person = h.stream AND t.kind = 'score'
           AND t.stream <> %(stream)s) AS load,
       EXISTS (SELECT FROM appointment AS a
           WHERE a.tenant = %(tenant)s AND a.stream = h.stream AND a.unit = ANY(%(below)s) AND a.first_day <= %(day)s
           AND (a.last_day IS NULL OR a.last_day >= %(day)s) AND (a.ended_at IS NULL OR a.ended_at > %(now)s)) AS aside
FROM holder AS h
LEFT JOIN stream AS s ON s.tenant = %(tenant)s AND s.stream = h.stream
LEFT JOIN content AS c ON c.tenant = s.tenant AND c.digest = s.state ->> 'profile'
ORDER BY aside, load, name, h.stream
"""

_FILED: LiteralString = """
WITH found AS (
    SELECT i.*, i.due_at < %(now)s AND i.status IN ('open', 'drafting', 'returned', 'recalled') AS overdue
    FROM item AS i
    WHERE i.tenant = %(tenant)s AND i.cycle = %(cycle)s AND i.machine = 'filing' AND i.unit = ANY(%(below)s)
      AND i.duty = ANY(%(duties)s) AND i.readers && %(reading)s::text[]
), counted AS (
    SELECT duty, jsonb_object_agg(status, times) AS counts, sum(overdue)::int AS overdue
    FROM (SELECT duty, status, count(*) AS times, count(*) FILTER (WHERE overdue) AS overdue
          FROM found GROUP BY duty, status) AS one
    GROUP BY duty
), ranked AS (
    SELECT f.*, row_number() OVER (
        PARTITION BY duty
        ORDER BY (f.overdue OR f.status IN ('lapsed', 'rejected', 'returned')) DESC, due_at DESC, stream
    ) AS place FROM found AS f
)
SELECT r.stream, r.duty, r.period, r.status, r.due_at, s.state -> 'title' AS title,
       s.state -> 'unit_title' AS unit_title, c.counts, c.overdue AS overdue_in_all
FROM ranked AS r JOIN counted AS c ON c.duty = r.duty
JOIN stream AS s ON s.tenant = r.tenant AND s.stream = r.stream
WHERE r.place <= %(shown)s ORDER BY r.duty, r.place
"""


class Inspections:
    """Reads what inspections' pages show."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(
        self,
        tenant: TenantId,
        machine: str,
        actor: Actor,
        *,
        states: Collection[str] | None = None,
        below: Collection[str] | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[Row]:
        """Return the inspections or follow-ups that the actor may read: what is under way first, by due time.

        `states` and `below` (units) narrow the list; None for any.
        """
        rows = await self._rows(
            _LIST,
            tenant,
            machine=machine,
            states=None if states is None else sorted(states),
            below=None if below is None else sorted(below),
            person=actor.person,
            reading=reading_at(actor),
            roles=[one.role for one in actor.held],
            units=[one.unit for one in actor.held],
            limit=limit,
            offset=offset,
        )
        return [
            Row(
                StreamId(row["stream"]),
                row["status"],
                UnitId(row["unit"]),
                row["period"],
                row["due_at"],
                Text.model_validate(row["title"]),
                Text.model_validate(row["unit_title"]),
                tuple(PersonId(one) for one in row["panel"] or ()),
                row["result"],
            )
            for row in rows
        ]

    async def candidates(
        self, tenant: TenantId, stream: StreamId, post: Post, below: Collection[str], day: date, now: datetime
    ) -> list[Candidate]:
        """Return who could be on an inspection's panel, the least burdened first; `below` is the unit and all below."""
        rows = await self._rows(
            _CANDIDATES, tenant, stream=stream, role=post.role, below=sorted(below), day=day, now=now
        )
        return [Candidate(PersonId(row["stream"]), row["name"], row["load"], row["aside"]) for row in rows]

    async def filed(
        self,
        tenant: TenantId,
        state: Inspection,
        actor: Actor,
        below: Collection[str],
        now: datetime,
        shown: int = 8,
    ) -> dict[str, FiledUnder]:
        """Return, by duty, what a unit and those below it have filed in the inspection's cycle and the actor may open.

        The panel looks where a reader at the inspected unit reads; see `domain.access.may_look`.
        """
        inspects = Inspected(state.cycle, state.unit, frozenset(state.evidence)) in actor.inspects_now
        reading = [*reading_at(actor), *([state.unit] if inspects else ())]
        rows = await self._rows(
            _FILED,
            tenant,
            cycle=state.cycle,
            below=sorted(below),
            duties=list(state.evidence),
            reading=reading,
            now=now,
            shown=shown,
        )
        found: dict[str, FiledUnder] = {}
        for duty in dict.fromkeys(row["duty"] for row in rows):
            own = [row for row in rows if row["duty"] == duty]
            found[duty] = FiledUnder(own[0]["counts"], own[0]["overdue_in_all"], [_filed(row) for row in own])
        return found

    async def readable(self, tenant: TenantId, stream: StreamId, actor: Actor) -> bool:
        """Return whether there is a stream with a line in the lists that the actor's right to read opens."""
        query: LiteralString = """
            SELECT FROM item WHERE tenant = %(tenant)s AND stream = %(stream)s AND readers && %(reading)s::text[]
        """
        return bool(await self._rows(query, tenant, stream=stream, reading=reading_at(actor)))

    async def _rows(self, query: LiteralString, tenant: TenantId, **values: Any) -> Sequence[dict[str, Any]]:
        async with self._database.connection(tenant) as connection:
            return await (await connection.execute(query, {"tenant": tenant, **values})).fetchall()


def reading_at(actor: Actor) -> list[str]:
    """Return the units at which the actor has the right to read."""
    return sorted({str(one.unit) for one in actor.held if Right.READ in one.rights})


def _filed(row: Mapping[str, Any]) -> Filed:
    return Filed(
        StreamId(row["stream"]),
        row["duty"],
        row["period"],
        row["status"],
        row["due_at"],
        Text.model_validate(row["title"]),
        Text.model_validate(row["unit_title"]),
    )
