"""Lists from the read models: items a person may read, and what waits for them. Cursor paging, fixed query counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from sqlalchemy import and_, false, func, or_, select, true, tuple_

from domain.access import Actor
from domain.ids import PersonId, StreamId, TenantId
from domain.machine import Appointment
from domain.person import PERSON, Person
from domain.programme import Duty, Programme, Right, UnitKind
from domain.windows import Holder
from ledger.database import Database
from ledger.replay import fold, recorded
from ledger.schema import appointment, item, stream, task

MAX_PAGE = 200


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What a list is narrowed to; None for any."""

    cycle: str | None = None
    unit: str | None = None
    """A unit and everything below it."""
    duty: str | None = None
    period: str | None = None
    status: str | None = None
    subject: str | None = None
    late: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows, and the cursor of the next (None at the end)."""

    rows: Sequence[dict[str, Any]]
    next: str | None


@dataclass(frozen=True, slots=True)
class Holding:
    """A person, one appointment of theirs, and the rights that its role gives."""

    person: PersonId
    post: Appointment
    rights: frozenset[Right]


_PEOPLE_UNTIL: LiteralString = """
SELECT e.* FROM stream AS s JOIN event AS e ON e.tenant = s.tenant AND e.stream = s.stream
WHERE s.tenant = %s AND s.machine = 'person' AND e.happened_at <= %s
ORDER BY e.stream, e.version
"""


class Lists:
    """Reads the read models."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def items(
        self,
        tenant: TenantId,
        machine: str,
        actor: Actor,
        programme: Programme,
        wanted: ItemFilter,
        *,
        after: str = "",
        limit: int = 50,
    ) -> Page:
        """Return the streams of a machine that the actor may read, in order of id, after a cursor."""
        size = max(1, min(limit, MAX_PAGE))
        conditions = [
            item.c.tenant == tenant,
            item.c.machine == machine,
            item.c.stream > after,
            _readable(actor, programme, machine),
            *_conditions(wanted, programme),
        ]
        query = (
            select(item, stream.c.version)
            .join(stream, and_(stream.c.tenant == item.c.tenant, stream.c.stream == item.c.stream))
            .where(*conditions)
            .order_by(item.c.stream)
            .limit(size + 1)
        )
        rows = [dict(row) for row in await self._database.rows(query, tenant)]
        more = len(rows) > size
        rows = rows[:size]
        return Page(rows, rows[-1]["stream"] if more else None)

    async def tasks(self, tenant: TenantId, actor: Actor, *, limit: int = 200) -> Sequence[dict[str, Any]]:
        """Return what waits for the actor or for a post they hold, most urgent first."""
        posts = sorted({(one.role, one.unit) for one in actor.held})
        mine = [task.c.person == actor.person]
        if posts:
            mine.append(tuple_(task.c.role, task.c.unit).in_(posts))
        query = (
            select(task, item.c.machine, item.c.duty, item.c.period, item.c.status, item.c.unit.label("of_unit"))
            .join(item, and_(item.c.tenant == task.c.tenant, item.c.stream == task.c.stream))
            .where(task.c.tenant == tenant, or_(*mine))
            .order_by(task.c.due_at.asc().nulls_last(), task.c.stream, task.c.ordinal)
            .limit(limit)
        )
        return [dict(row) for row in await self._database.rows(query, tenant)]

    async def appointments(self, tenant: TenantId) -> list[Holder]:
        """Return every appointment of the tenant, past and future ones too, in order of person."""
        query = (
            select(appointment).where(appointment.c.tenant == tenant).order_by(appointment.c.stream, appointment.c.id)
        )
        return [(PersonId(row["stream"]), _appointment(row)) for row in await self._database.rows(query, tenant)]

    async def holders_on(self, tenant: TenantId, at: datetime, programme: Programme) -> list[Holding]:
        """Return who held which post at an instant, past or present, in order of person.

        Told from the events until then, so it is what the ledger went by at that time: what was entered or corrected
        afterwards does not reach back. Rights are those that the programme gives the role.
        """
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(_PEOPLE_UNTIL, (tenant, at))).fetchall()
        people: dict[str, Person] = {}
        for row in rows:
            state = fold(PERSON, people.get(row["stream"]), recorded(PERSON, row))
            assert isinstance(state, Person), "a person's stream has a person's states"
            people[row["stream"]] = state
        day = programme.local_day(at)
        roles = programme.role_by_id
        return [
            Holding(PersonId(person), post, roles[post.role].rights if post.role in roles else frozenset())
            for person, state in people.items()
            for post in state.posts
            if post.in_force(day, at)
        ]

    async def open_streams(self, tenant: TenantId, machine: str) -> list[StreamId]:
        """Return the streams of a machine that have not ended."""
        query = (
            select(stream.c.stream)
            .where(stream.c.tenant == tenant, stream.c.machine == machine, stream.c.ended.is_(False))
            .order_by(stream.c.stream)
        )
        return [StreamId(row["stream"]) for row in await self._database.rows(query, tenant)]


def _appointment(row: Mapping[str, Any]) -> Appointment:
    return Appointment(**{name: row[name] for name in Appointment.model_fields})


def _conditions(wanted: ItemFilter, programme: Programme) -> list[Any]:
    conditions: list[Any] = []
    for name in ("cycle", "duty", "period", "status", "subject", "late"):
        value = getattr(wanted, name)
        if value is not None:
            conditions.append(item.c[name] == value)
    if wanted.unit is not None:
        conditions.append(item.c.unit.in_(_below(programme, {wanted.unit})))
    return conditions


def _below(programme: Programme, units: set[str]) -> list[str]:
    """The units and everything below them. Parents come before children in `all_units`."""
    found = set(units)
    for unit in programme.all_units.values():
        if unit.parent in found:
            found.add(unit.id)
    return sorted(found)


def _readable(actor: Actor, programme: Programme, machine: str) -> Any:
    """A condition never wider than `domain.access.may_read`: by right, by person, or because something waits.

    A test holds the two together.
    """
    if machine == "cycle":
        return true() if actor.held else false()
    waiting = [task.c.person == actor.person]
    if actor.held:
        waiting.append(tuple_(task.c.role, task.c.unit).in_(sorted({(one.role, one.unit) for one in actor.held})))
    waits = select(task.c.stream).where(task.c.tenant == item.c.tenant, task.c.stream == item.c.stream, or_(*waiting))
    by_right = and_(or_(false(), *_by_right(actor, programme)), _pinned(actor))
    return or_(item.c.person == actor.person, waits.exists(), by_right)


def _by_right(actor: Actor, programme: Programme) -> list[Any]:
    """One condition for each kind of unit the actor reads at: what stays below that kind is not among it."""
    reading = {one.unit for one in actor.held if Right.READ in one.rights}
    conditions: list[Any] = []
    for kind in UnitKind:
        units = {str(unit) for unit in reading if programme.all_units[unit].kind is kind}
        if units:
            hidden = [duty.id for duty in programme.duties if _stays_below(duty, kind)]
            seen = or_(item.c.duty.is_(None), item.c.duty.not_in(hidden)) if hidden else true()
            conditions.append(and_(item.c.unit.in_(_below(programme, units)), seen))
    return conditions


def _pinned(actor: Actor) -> Any:
    """The same right, by the path and the bounds that the stream itself keeps.

    The programme in force may have moved a unit or dropped a duty since the stream began; `may_read` goes by the
    stream, so a list may not go by the programme alone.
    """
    units = sorted({str(one.unit) for one in actor.held if Right.READ in one.rights})
    steps = func.jsonb_array_elements_text(stream.c.state["path"]).table_valued("unit", with_ordinality="depth")
    path, bounds = steps.render_derived("path"), steps.render_derived("bounds")
    stays_in = stream.c.state["stays_in"].astext
    highest = select(bounds.c.depth).where(bounds.c.unit == stays_in).correlate(stream).scalar_subquery()
    seen = select(path.c.unit).where(path.c.unit.in_(units), path.c.depth >= func.coalesce(highest, 1))
    return seen.correlate(stream).exists()


def _stays_below(duty: Duty, kind: UnitKind) -> bool:
    order = list(UnitKind)
    return duty.stays_in is not None and order.index(kind) < order.index(duty.stays_in)
