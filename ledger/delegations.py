"""Who acts for whom: for whom somebody may act now, and what somebody has given and received, past ones too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, LiteralString

from domain.access import Actor, Held
from domain.delegation import Delegation
from domain.filing import Filing
from domain.ids import PersonId, TenantId
from domain.machine import State
from domain.programme import Programme
from ledger.database import Connection, Database
from ledger.held import held_now

_RECEIVED: LiteralString = """
SELECT d.stream AS giver, d.documents, d.last_day, c.body ->> 'name' AS name,
       (SELECT jsonb_agg(jsonb_build_object('role', a.role, 'unit', a.unit, 'first_day', a.first_day,
                                            'last_day', a.last_day, 'ended_at', a.ended_at))
        FROM appointment AS a WHERE a.tenant = d.tenant AND a.stream = d.stream) AS held
FROM delegation AS d
JOIN stream AS s ON s.tenant = d.tenant AND s.stream = d.stream
LEFT JOIN content AS c ON c.tenant = s.tenant AND c.digest = s.state ->> 'profile'
WHERE d.tenant = %(tenant)s AND d.delegate = %(person)s AND d.ended_at IS NULL
  AND %(today)s BETWEEN d.first_day AND d.last_day
ORDER BY d.stream, d.id
"""

_OF: LiteralString = """
SELECT stream AS giver, id, delegate, documents, first_day, last_day, ended_at FROM delegation
WHERE tenant = %(tenant)s AND (stream = %(person)s OR delegate = %(person)s)
ORDER BY ended_at IS NOT NULL, first_day DESC, stream, id
"""

_CHAIN: LiteralString = """
WITH RECURSIVE chain AS (
    SELECT d.* FROM delegation AS d WHERE d.tenant = %(tenant)s AND d.stream = ANY(%(people)s)
      AND d.ended_at IS NULL AND d.last_day >= %(today)s
    UNION
    SELECT d.* FROM delegation AS d JOIN chain AS c ON d.stream = c.delegate
    WHERE d.tenant = %(tenant)s AND d.ended_at IS NULL AND d.last_day >= %(today)s
)
SELECT stream AS giver, id, delegate, documents, first_day, last_day FROM chain ORDER BY stream, id
"""

_TOWARDS: LiteralString = """
SELECT stream AS giver, id FROM delegation
WHERE tenant = %s AND delegate = ANY(%s) AND ended_at IS NULL ORDER BY stream, id
"""


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody for whom one may act now: what they hold, and for which documents until when."""

    giver: PersonId
    name: str | None
    held: tuple[Held, ...]
    given: tuple[tuple[tuple[str, ...], date], ...]
    """Of each delegation in force the kinds of documents, empty for all, and its last day."""

    def covers(self, document: str) -> bool:
        """Whether one may act on a document of this kind."""
        return any(not kinds or document in kinds for kinds, _ in self.given)

    @property
    def documents(self) -> tuple[str, ...]:
        """The kinds of documents on which one may act; empty for all."""
        if not all(kinds for kinds, _ in self.given):
            return ()
        return tuple(sorted({kind for kinds, _ in self.given for kind in kinds}))

    def last_day(self, document: str) -> date:
        """The last day on which one may act on a document of a kind that is covered."""
        return max(last for kinds, last in self.given if not kinds or document in kinds)

    def actor(self, delegate: Actor) -> Actor:
        """The delegate, acting in the giver's stead: with what the giver holds, and with nothing of their own."""
        return Actor(delegate.person, self.held, self.giver, besides=delegate.held)


def stand_in_for(received: Iterable[StandIn], giver: PersonId, state: State) -> StandIn | None:
    """Return in whose stead one may act on a stream for a giver; none when one may not. Only filings are acted on."""
    document = state.document if isinstance(state, Filing) else None
    return next((one for one in received if one.giver == giver and document and one.covers(document)), None)


@dataclass(frozen=True, slots=True)
class Given:
    """A delegation with its giver, whether it holds or has ended."""

    giver: PersonId
    id: str
    delegate: PersonId
    documents: tuple[str, ...]
    first_day: date
    last_day: date
    ended_at: datetime | None


async def received(
    connection: Connection, tenant: TenantId, person: PersonId, programme: Programme, now: datetime
) -> tuple[StandIn, ...]:
    """Return for whom somebody may act now. One query."""
    values = {"tenant": tenant, "person": person, "today": programme.local_day(now)}
    rows = await (await connection.execute(_RECEIVED, values)).fetchall()
    by_giver: dict[PersonId, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_giver[PersonId(row["giver"])].append(row)
    found = (
        StandIn(
            giver=one,
            name=given[0]["name"],
            held=held_now(given[0]["held"] or (), programme, now),
            given=tuple((tuple(row["documents"]), row["last_day"]) for row in given),
        )
        for one, given in by_giver.items()
    )
    return tuple(one for one in found if one.held)


async def chain(
    connection: Connection, tenant: TenantId, people: Iterable[PersonId], today: date
) -> dict[PersonId, tuple[Delegation, ...]]:
    """Return, by giver, the delegations that people have given and that are not over, with their delegates', and so on.

    They come without their reasons.
    """
    values = {"tenant": tenant, "people": sorted(people), "today": today}
    rows = await (await connection.execute(_CHAIN, values)).fetchall()
    found: dict[PersonId, tuple[Delegation, ...]] = {}
    for row in rows:
        one = Delegation(
            id=row["id"],
            delegate=PersonId(row["delegate"]),
            documents=tuple(row["documents"]),
            first_day=row["first_day"],
            last_day=row["last_day"],
        )
        found[PersonId(row["giver"])] = (*found.get(PersonId(row["giver"]), ()), one)
    return found


class Delegations:
    """Reads delegations. They are given and ended on the giver's own stream."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def received(
        self, tenant: TenantId, person: PersonId, programme: Programme, now: datetime
    ) -> tuple[StandIn, ...]:
        """Return for whom somebody may act now. One query."""
        async with self._database.connection(tenant) as connection:
            return await received(connection, tenant, person, programme, now)

    async def of(self, tenant: TenantId, person: PersonId) -> Sequence[Given]:
        """Return what somebody has given and received: first what has not ended, the latest first."""
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_OF, {"tenant": tenant, "person": person})).fetchall()
        return [
            Given(
                giver=PersonId(row["giver"]),
                id=row["id"],
                delegate=PersonId(row["delegate"]),
                documents=tuple(row["documents"]),
                first_day=row["first_day"],
                last_day=row["last_day"],
                ended_at=None if row["ended_at"] is None else row["ended_at"].astimezone(UTC),
            )
            for row in rows
        ]

    async def towards(self, tenant: TenantId, people: Iterable[PersonId]) -> Sequence[tuple[PersonId, str]]:
        """Return the delegations, by giver and id, that have not ended and by which one of these people acts."""
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_TOWARDS, (tenant, sorted(people)))).fetchall()
        return [(PersonId(row["giver"]), row["id"]) for row in rows]
