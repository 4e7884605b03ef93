"""Lists from the read models: items a person may see, and what waits for them. Cursor paging, fixed query counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, LiteralString

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Text,
    and_,
    any_,
    cast,
    column,
    false,
    func,
    literal,
    or_,
    select,
    text,
    true,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY

from domain.access import Actor
from domain.ids import PersonId, TenantId
from domain.machine import Appointment
from domain.person import PERSON, Person
from domain.programme import Programme, Right
from domain.search import wanted as search_for
from domain.windows import Holder
from ledger.database import Database
from ledger.replay import fold, recorded
from ledger.schema import appointment, item, panel, search, stream, task

MAX_PAGE = 200
COUNTED = 10_000
"""Items that are counted one by one, at most: a county's busy year stays below."""
RARE = 1000
"""Filings that words are found in, at most, for the words to count as rare."""

Order = Literal["id", "due", "changed"]
"""What a list goes by: the stream's id, the earliest due first, or the latest change first."""

Condition = ColumnElement[bool]


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
    statuses: tuple[str, ...] = ()
    """Any of these; all when there is none."""
    person: str | None = None
    text: str | None = None
    """Words that are all in the filing."""
    windows: tuple[tuple[str, str], ...] | None = None
    """Any of these duties in these periods."""
    due_from: datetime | None = None
    due_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows, and the cursor of the next (None at the end)."""

    rows: Sequence[dict[str, Any]]
    next: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items are in each status; `more` when there are more than are counted, and then no numbers."""

    by_status: Mapping[str, int]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """How many filings of a unit, a duty and a period are in a state."""

    unit: str
    duty: str
    period: str
    status: str
    late: bool
    count: int


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
        order: Order = "id",
    ) -> Page:
        """Return the streams of a machine that the actor may look at, in an order, after a cursor of that order."""
        base = await self._fitting(tenant, machine, programme, wanted)
        return await self._page(tenant, base, _seen(tenant, actor, programme, machine), order, after, limit)

    async def filed_by(
        self, tenant: TenantId, actor: Actor, programme: Programme, *, after: str = "", limit: int = 50
    ) -> Page:
        """Return the filings that the actor or their posts owe or have handed in, the latest change first."""
        base = and_(item.c.tenant == tenant, item.c.machine == "filing")
        return await self._page(tenant, base, _owed_by(actor, programme), "changed", after, limit)

    async def counts(
        self, tenant: TenantId, machine: str, actor: Actor, programme: Programme, wanted: ItemFilter
    ) -> Counts:
        """Return how many of the items that `items` would list are in each status.

        Beyond `COUNTED` it stops: finding the number would take as long as the ledger is old.
        """
        base = await self._fitting(tenant, machine, programme, wanted)
        ways = or_(false(), *_seen(tenant, actor, programme, machine))
        found = select(item.c.status).where(base, ways).limit(COUNTED + 1).subquery()
        query = select(found.c.status, func.count().label("n")).group_by(found.c.status)
        by_status = {row["status"]: row["n"] for row in await self._database.rows(query, tenant)}
        return Counts({}, more=True) if sum(by_status.values()) > COUNTED else Counts(by_status)

    async def board(
        self,
        tenant: TenantId,
        actor: Actor,
        programme: Programme,
        cycle: str,
        *,
        unit: str | None = None,
        duty: str | None = None,
        subject: str | None = None,
    ) -> list[Cell]:
        """Return where a cycle's filings stand, those that the actor may look at, at a unit and below it."""
        wanted = ItemFilter(cycle=cycle, unit=unit, duty=duty, subject=subject)
        base = await self._fitting(tenant, "filing", programme, wanted)
        by = (item.c.unit, item.c.duty, item.c.period, item.c.status, item.c.late)
        query = (
            select(*by, func.count().label("count"))
            .where(base, or_(false(), *_seen(tenant, actor, programme, "filing")))
            .group_by(*by)
            .order_by(*by)
        )
        return [Cell(**row) for row in await self._database.rows(query, tenant)]

    async def _fitting(self, tenant: TenantId, machine: str, programme: Programme, wanted: ItemFilter) -> Condition:
        """What is of a machine and fits a filter."""
        conditions = [item.c.tenant == tenant, item.c.machine == machine, *_conditions(wanted, programme)]
        if wanted.text is not None:
            conditions.append(await self._with_words(tenant, wanted.text))
        return and_(*conditions)

    async def _with_words(self, tenant: TenantId, question: str) -> Condition:
        """What has every word of a question.

        Rare words are looked up, and what they are found in is listed. Common ones are rather looked for in the order
        of the list, where they come up soon.
        """
        grams = search_for(question)
        if not grams:
            return false()
        query = "SELECT found FROM find_filings(%s, %s, %s) AS found"
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(query, (tenant, grams, RARE + 1))).fetchall()
        if len(rows) <= RARE:
            return item.c.stream == any_(literal([row["found"] for row in rows], ARRAY(Text)))
        there = select(search.c.stream).where(
            search.c.tenant == tenant, search.c.stream == item.c.stream, search.c.grams.contains(grams)
        )
        return there.exists()

    async def _page(
        self, tenant: TenantId, base: Condition, ways: Sequence[Condition], order: Order, after: str, limit: int
    ) -> Page:
        """Return a page of what fits the base and lies on one of the ways.

        Each way is a query of its own that stops at the page's size, so that each goes by its own index: one query with
        the ways joined by “or” would look at every item there is.
        """
        size = max(1, min(limit, MAX_PAGE))
        if after:
            base = and_(base, _beyond(order, after))
        parts = [select(item.c.stream).where(base, way).order_by(*_ordered(order)).limit(size + 1) for way in ways]
        if not parts:
            return Page((), None)
        found = (parts[0] if len(parts) == 1 else union(*parts)).subquery()
        query = (
            select(item, stream.c.version)
            .join(found, item.c.stream == found.c.stream)
            .join(stream, and_(stream.c.tenant == item.c.tenant, stream.c.stream == item.c.stream))
            .where(item.c.tenant == tenant)
            .order_by(*_ordered(order))
            .limit(size + 1)
        )
        rows = [dict(row) for row in await self._database.rows(query, tenant)]
        more = len(rows) > size
        rows = rows[:size]
        return Page(rows, _cursor(order, rows[-1]) if more else None)

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


def _appointment(row: Mapping[str, Any]) -> Appointment:
    return Appointment(**{name: row[name] for name in Appointment.model_fields})


_KEYS: Mapping[Order, ColumnElement[Any]] = {
    "id": item.c.stream,
    "due": func.coalesce(item.c.due_at, text("'infinity'::timestamptz")),
    "changed": item.c.changed_at,
}


def _ordered(order: Order) -> tuple[ColumnElement[Any], ...]:
    key = _KEYS[order]
    if order == "id":
        return (key,)
    return (key.desc(), item.c.stream.desc()) if order == "changed" else (key, item.c.stream)


def _cursor(order: Order, row: Mapping[str, Any]) -> str:
    """The place of a row in an order, to go on from."""
    if order == "id":
        return str(row["stream"])
    at = row["due_at"] if order == "due" else row["changed_at"]
    return f"{'infinity' if at is None else at.isoformat()}/{row['stream']}"


def _beyond(order: Order, after: str) -> Condition:
    """What comes after a cursor. One that nobody was given is refused with ValueError."""
    if order == "id":
        return item.c.stream > after
    at, _, last = after.partition("/")
    if at != "infinity":
        datetime.fromisoformat(at)
    place = tuple_(cast(at, DateTime(timezone=True)), literal(last))
    here = tuple_(_KEYS[order], item.c.stream)
    return here < place if order == "changed" else here > place


def _conditions(wanted: ItemFilter, programme: Programme) -> list[Condition]:
    conditions: list[Condition] = [
        item.c[name] == value
        for name in ("cycle", "duty", "period", "status", "subject", "late", "person")
        if (value := getattr(wanted, name)) is not None
    ]
    if wanted.statuses:
        conditions.append(item.c.status.in_(wanted.statuses))
    if wanted.windows is not None:
        conditions.append(tuple_(item.c.duty, item.c.period).in_(wanted.windows) if wanted.windows else false())
    if wanted.due_from is not None:
        conditions.append(item.c.due_at >= wanted.due_from)
    if wanted.due_before is not None:
        conditions.append(item.c.due_at < wanted.due_before)
    if wanted.unit is not None and wanted.unit != programme.root_path[0]:
        conditions.append(_at_one_of(programme.below(wanted.unit)))
    return conditions


def _at_one_of(units: Iterable[str]) -> Condition:
    # One parameter however many units there are.
    return item.c.unit == any_(literal(sorted(units), ARRAY(Text)))


def _seen(tenant: TenantId, actor: Actor, programme: Programme, machine: str) -> list[Condition]:
    """The ways on which the actor comes to see items: by right, as its person, because something waits, or as evidence.

    Never wider than `domain.access.may_look`; a test holds the two together.
    """
    if machine == "cycle":
        return [true()] if actor.held else []
    ways = [item.c.person == actor.person, item.c.stream.in_(_waiting(tenant, actor))]
    reading = {str(one.unit) for one in actor.held if one.rights & {Right.READ, Right.AUDIT}}
    if reading:
        opens = item.c.readers.overlap(sorted(reading))
        if programme.root_path[0] not in reading:
            # What a unit reads was begun where it stood above. This says nothing new, but row-level security lets it
            # go by the index, which the array is kept from.
            opens = and_(_at_one_of(programme.ever_below(reading)), opens)
        ways.append(opens)
    if machine == "filing" and actor.inspects_now:
        ways.append(item.c.stream.in_(_evidence(tenant, actor, programme)))
    return ways


def _evidence(tenant: TenantId, actor: Actor, programme: Programme) -> Any:
    """The filings that bear on what the actor inspects, by cycle and unit."""
    inspected = {one.unit for one in actor.inspects_now}
    places = sorted((unit, below) for unit in inspected for below in programme.ever_below((unit,)))
    columns = [literal([place[number] for place in places], ARRAY(Text)) for number in range(2)]
    pairs = func.unnest(*columns).table_valued(column("inspected", Text), column("unit", Text), name="place")
    place = pairs.render_derived()
    found = item.alias("found")
    on_panel = and_(panel.c.tenant == tenant, panel.c.person == actor.person, panel.c.unit == place.c.inspected)
    bears = and_(
        found.c.tenant == tenant,
        found.c.machine == "filing",
        found.c.cycle == panel.c.cycle,
        found.c.unit == place.c.unit,
        found.c.duty == any_(panel.c.duties),
        panel.c.unit == any_(found.c.readers),
    )
    return select(found.c.stream).select_from(place).join(panel, on_panel).join(found, bears)


def _owed_by(actor: Actor, programme: Programme) -> list[Condition]:
    """What the actor owes, and what each post they hold owes as a post."""
    ways: list[Condition] = [item.c.person == actor.person]
    for one in actor.held:
        duties = [duty.id for duty in programme.duties if duty.owed_by.role == one.role]
        if duties:
            ways.append(and_(item.c.person.is_(None), item.c.unit == one.unit, item.c.duty.in_(duties)))
    return ways


def _waiting(tenant: TenantId, actor: Actor) -> Any:
    """The streams that wait for the actor or for a post they hold."""
    mine = [task.c.person == actor.person]
    if actor.held:
        mine.append(tuple_(task.c.role, task.c.unit).in_(sorted({(one.role, one.unit) for one in actor.held})))
    return select(task.c.stream).where(task.c.tenant == tenant, or_(*mine))
