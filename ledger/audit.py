"""What an audit reads across the ledger: streams found, the newest events, the denial log, the sign-in log.

Every list is paged by a key and costs a fixed number of queries. Whose streams are shown is decided by `Reach`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg.rows import DictRow

from domain.access import Actor, Post
from domain.ids import PersonId, StreamId, TenantId
from domain.machines import MACHINES
from domain.programme import Right
from domain.search import wanted as search_for
from ledger.database import Database
from ledger.lists import RARE

_LAST = 2**62


@dataclass(frozen=True, slots=True)
class Reach:
    """The units whose streams somebody reads by right: never more than `domain.access` lets them."""

    units: tuple[str, ...]

    @classmethod
    def of(cls, actor: Actor) -> Reach:
        """Where somebody reads or audits."""
        rights = (Right.READ, Right.AUDIT)
        return cls(tuple(sorted({one.unit for one in actor.held if any(right in one.rights for right in rights)})))


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What the list of events is narrowed to; None for any."""

    actors: Sequence[str] | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StreamFilter:
    """What streams are looked for by; None for any."""

    words: str | None = None
    units: Collection[str] | None = None
    duty: str | None = None
    period: str | None = None
    people: Sequence[str] | None = None
    """Streams in which one of them did something, or that are theirs."""


# A stream without a line in `item` is a person's, a unit's or the rulebook: everybody reads it. No readers: everybody.
_OPEN: LiteralString = "(i.stream IS NULL OR i.readers = '{}' OR i.readers && %(units)s::text[])"

_EVENTS: LiteralString = """
SELECT e.position, e.stream, e.version, e.type, e.data, e.actor, e.on_behalf_of, e.programme, e.command_id,
       e.happened_at, e.recorded_at, e.hash, e.digest, s.machine,
       s.state -> 'title' AS title, s.state -> 'unit_title' AS unit_title, s.state ->> 'period' AS period
FROM (
    SELECT e.* FROM (SELECT * FROM event AS e WHERE e.tenant = %(tenant)s AND e.position < %(before)s"""
_EVENT_ORDER: LiteralString = f""") AS e
    LEFT JOIN item AS i ON i.tenant = e.tenant AND i.stream = e.stream
    WHERE {_OPEN} ORDER BY e.position DESC LIMIT %(limit)s
) AS e
LEFT JOIN stream AS s ON s.tenant = e.tenant AND s.stream = e.stream
ORDER BY e.position DESC
"""
_EVENT_WANTED: Mapping[str, LiteralString] = {
    "actors": "(e.actor = ANY(%(actors)s) OR e.on_behalf_of = ANY(%(actors)s))",
    "type": "e.type = %(type)s",
    "since": "e.happened_at >= %(since)s",
    "until": "e.happened_at < %(until)s",
}
"""What narrows the list of events, by the value that asks for it: what is not asked for must not hide an index."""
# A day is found first and put in order then (OFFSET 0 keeps both apart): the planner does not know that days follow
# positions, and would look for a day of last year by going back to it from today.
_DAY_FIRST: LiteralString = " OFFSET 0"

_UP_TO: LiteralString = """
SELECT e.* FROM unnest(%s::text[], %s::integer[]) AS w(stream, version)
JOIN event AS e ON e.tenant = %s AND e.stream = w.stream AND e.version <= w.version
ORDER BY e.stream, e.version
"""

# Machine by machine, so that each part goes down its index from the newest and stops when the page is full.
_FIND: LiteralString = """
SELECT found.*, s.state -> 'title' AS title, s.state -> 'unit_title' AS unit_title
FROM (
    SELECT part.* FROM unnest(%(machines)s::text[]) AS m(machine), LATERAL (
        SELECT i.stream, i.machine, i.unit, i.duty, i.period, i.status, i.changed_at, i.late FROM item AS i
        WHERE i.tenant = %(tenant)s AND i.machine = m.machine AND """
_FOUND: LiteralString = """
        ORDER BY i.changed_at DESC, i.stream DESC LIMIT %(limit)s
    ) AS part ORDER BY part.changed_at DESC, part.stream DESC LIMIT %(limit)s
) AS found JOIN stream AS s ON s.tenant = %(tenant)s AND s.stream = found.stream
ORDER BY found.changed_at DESC, found.stream DESC
"""
_WANTED: Mapping[str, LiteralString] = {
    "at": "(i.changed_at, i.stream) < (%(at)s, %(stream)s)",
    "wanted": "i.unit = ANY(%(wanted)s)",
    "duty": "i.duty = %(duty)s",
    "period": "i.period = %(period)s",
    "people": """(i.person = ANY(%(people)s) OR i.stream = ANY(ARRAY(
        SELECT e.stream FROM event AS e
        WHERE e.tenant = %(tenant)s AND (e.actor = ANY(%(people)s) OR e.on_behalf_of = ANY(%(people)s)))))""",
}
"""What narrows, by the value that asks for it."""

# Rare words are looked up, and what they are found in is listed; common ones are met soon in the order of the list.
_RARE_WORDS: LiteralString = "i.machine = 'filing' AND i.stream = ANY(%(having)s)"
_COMMON_WORDS: LiteralString = """i.machine = 'filing' AND EXISTS (
    SELECT FROM search AS w WHERE w.tenant = i.tenant AND w.stream = i.stream AND w.grams @> %(grams)s::text[])"""
# Everything but filings is few, and goes by its titles.
_TITLES: LiteralString = """i.machine <> 'filing' AND EXISTS (
    SELECT FROM stream AS o WHERE o.tenant = i.tenant AND o.stream = i.stream AND concat_ws(' ',
        o.state -> 'title' ->> 'zh', o.state -> 'title' ->> 'en',
        o.state -> 'unit_title' ->> 'zh', o.state -> 'unit_title' ->> 'en') ILIKE %(like)s)"""

_HAVING: LiteralString = "SELECT found FROM find_filings(%s, %s, %s) AS found"

_PEOPLE: LiteralString = """
SELECT s.stream, s.status, c.body ->> 'name' AS name FROM stream AS s
JOIN content AS c ON c.tenant = s.tenant AND c.digest = s.state ->> 'profile'
WHERE s.tenant = %s AND s.machine = 'person' AND c.body ->> 'name' ILIKE %s ORDER BY name, s.stream LIMIT %s
"""

_UNITS: LiteralString = """
SELECT stream, unit, title_zh, title_en, closed FROM unit
WHERE tenant = %s AND (title_zh ILIKE %s OR title_en ILIKE %s OR unit = %s) ORDER BY title_zh, stream LIMIT %s
"""

_AT: LiteralString = f"""
SELECT e.stream, e.version FROM event AS e
LEFT JOIN item AS i ON i.tenant = e.tenant AND i.stream = e.stream
WHERE e.tenant = %(tenant)s AND e.position = %(position)s AND {_OPEN}
"""  # noqa: S608 - composed of our own texts

_HELD: LiteralString = """
SELECT DISTINCT stream, role, unit FROM appointment WHERE tenant = %s AND stream = ANY(%s) ORDER BY stream, role, unit
"""

_DENIALS: LiteralString = """
SELECT d.id, d.at, d.person, d.stream, d.action, d.code, s.machine,
       s.state -> 'title' AS title, s.state -> 'unit_title' AS unit_title, s.state ->> 'period' AS period
FROM (
    SELECT * FROM denial WHERE tenant = %s AND id < %s ORDER BY id DESC LIMIT %s
) AS d
LEFT JOIN stream AS s ON s.tenant = d.tenant AND s.stream = d.stream
ORDER BY d.id DESC
"""

_SIGN_INS: LiteralString = """
SELECT id, at, login, person, by, address, agent, outcome FROM sign_in_log
WHERE tenant = %s AND id < %s ORDER BY id DESC LIMIT %s
"""


class Audit:
    """Reads for audits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def events(
        self, tenant: TenantId, reach: Reach, wanted: EventFilter, *, before: int | None = None, limit: int = 30
    ) -> Sequence[DictRow]:
        """Return the newest events below a position, newest first, each with what its stream is called."""
        return await self._rows(tenant, *events_query(tenant, reach, wanted, before or _LAST, limit))

    async def up_to(self, tenant: TenantId, versions: Mapping[str, int]) -> Mapping[str, Sequence[DictRow]]:
        """Return the events of streams, each from its first up to a version."""
        rows = await self._rows(tenant, _UP_TO, (list(versions), list(versions.values()), tenant))
        found: dict[str, list[DictRow]] = {stream: [] for stream in versions}
        for row in rows:
            found[row["stream"]].append(row)
        return found

    async def find(
        self,
        tenant: TenantId,
        reach: Reach,
        wanted: StreamFilter,
        *,
        after: tuple[datetime, str] | None = None,
        limit: int = 30,
    ) -> Sequence[DictRow]:
        """Return streams, the one that moved last first, after a key (when it moved, its id)."""
        at, stream = after or (None, "")
        values: dict[str, Any] = {
            "tenant": tenant,
            "units": list(reach.units),
            "machines": [machine.name for machine in MACHINES.values()],
            "at": at,
            "stream": stream,
            "wanted": None if wanted.units is None else sorted(wanted.units),
            "duty": wanted.duty,
            "period": wanted.period,
            "people": None if wanted.people is None else list(wanted.people),
            "limit": limit,
        }
        conditions = [_OPEN, *(text for name, text in _WANTED.items() if values[name] is not None)]
        if wanted.words is not None:
            grams = search_for(wanted.words)
            having = await self._rows(tenant, _HAVING, (tenant, grams, RARE + 1)) if grams else ()
            values |= {"grams": grams, "having": [row["found"] for row in having], "like": _like(wanted.words)}
            conditions.append(f"({_RARE_WORDS if len(having) <= RARE else _COMMON_WORDS} OR {_TITLES})")
        return await self._rows(tenant, _FIND + " AND ".join(conditions) + _FOUND, values)

    async def people(self, tenant: TenantId, words: str, limit: int = 20) -> Sequence[DictRow]:
        """Return the people whose name contains the words."""
        return await self._rows(tenant, _PEOPLE, (tenant, _like(words), limit))

    async def units(self, tenant: TenantId, words: str, limit: int = 20) -> Sequence[DictRow]:
        """Return the units whose title contains the words."""
        return await self._rows(tenant, _UNITS, (tenant, _like(words), _like(words), words, limit))

    async def at_position(self, tenant: TenantId, reach: Reach, position: int) -> tuple[StreamId, int] | None:
        """Return the stream and version of an event by its position."""
        values = {"tenant": tenant, "units": list(reach.units), "position": position}
        rows = await self._rows(tenant, _AT, values)
        return (StreamId(rows[0]["stream"]), rows[0]["version"]) if rows else None

    async def held(self, tenant: TenantId, people: Collection[PersonId]) -> Mapping[PersonId, Sequence[Post]]:
        """Return the posts that people hold or have held."""
        found: dict[PersonId, list[Post]] = {}
        for row in await self._rows(tenant, _HELD, (tenant, sorted(people))):
            found.setdefault(PersonId(row["stream"]), []).append(Post(role=row["role"], unit=row["unit"]))
        return found

    async def denials(self, tenant: TenantId, *, before: int | None = None, limit: int = 50) -> Sequence[DictRow]:
        """Return the denial log below an id, newest first."""
        return await self._rows(tenant, _DENIALS, (tenant, before or _LAST, limit))

    async def sign_ins(self, tenant: TenantId, *, before: int | None = None, limit: int = 50) -> Sequence[DictRow]:
        """Return the sign-in log below an id, newest first."""
        return await self._rows(tenant, _SIGN_INS, (tenant, before or _LAST, limit))

    async def _rows(self, tenant: TenantId, query: LiteralString, values: Any) -> Sequence[DictRow]:
        async with self._database.connection(tenant) as connection:
            # Planned anew each time: the best way, and which index may be used, depends on whom one looks for.
            return await (await connection.execute(query, values, prepare=False)).fetchall()


def events_query(
    tenant: TenantId, reach: Reach, wanted: EventFilter, before: int, limit: int
) -> tuple[LiteralString, Mapping[str, Any]]:
    """Return the query of `Audit.events`, and its values."""
    values = {
        "tenant": tenant,
        "units": list(reach.units),
        "before": before,
        "actors": None if wanted.actors is None else list(wanted.actors),
        "type": wanted.type,
        "since": wanted.since,
        "until": wanted.until,
        "limit": limit,
    }
    conditions: list[LiteralString] = [text for name, text in _EVENT_WANTED.items() if values[name] is not None]
    narrowed: LiteralString = "".join(f" AND {one}" for one in conditions)
    fence: LiteralString = "" if wanted.since is None else _DAY_FIRST
    return _EVENTS + narrowed + fence + _EVENT_ORDER, values


def _like(words: str) -> str:
    """The words as a pattern that finds them anywhere, and nothing else."""
    return "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
