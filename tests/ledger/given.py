"""What the ledger's tests share: a short history, a look behind the ledger's back, and a way to spoil it."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, TypeVar
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from domain.filing import AbandonAmendment, Amend, Approve, OpenFiling, Submit
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, UnitId, stream_id
from domain.machine import Command
from domain.programme import Programme
from ledger.order import Order
from tests.conftest import START, Base, Bureau

CYCLE = stream_id("cycle", "pucheng", "2026")
DUE = START + timedelta(days=20)
LAPSES = START + timedelta(days=40)
SCHOOL = "shiyan-zhongxue"
GROUP = "shiyan-maths"
TABLES = (
    *("tenant", "programme", "event", "stream", "item", "task", "appointment", "delegation", "panel", "content"),
    *("draft", "reaction"),
    *("outbox", "inbox", "denial", "unit", "search"),
    *("account", "session", "attempt", "sign_in_log", "pending", "saved_view", "import_job", "api_token"),
)

Dump = Mapping[str, list[dict[str, Any]]]


def query(base: Base, text: LiteralString | sql.Composed, *values: object) -> list[dict[str, Any]]:
    """Run one query as the database's superuser."""
    with psycopg.connect(base.owner, autocommit=True, row_factory=dict_row) as connection:
        cursor = connection.execute(text, values)
        return cursor.fetchall() if cursor.description else []


def dump(base: Base) -> Dump:
    """Return every row of every table, in an order of its own."""
    text = sql.SQL("SELECT to_jsonb(t) AS row FROM {} AS t ORDER BY t")
    with psycopg.connect(base.owner, autocommit=True, row_factory=dict_row) as connection:
        return {table: connection.execute(text.format(sql.Identifier(table))).fetchall() for table in TABLES}


def changed(before: Dump, after: Dump) -> set[str]:
    """Return the tables that are not what they were."""
    return {table for table in TABLES if before[table] != after[table]}


def spoil(base: Base, *statements: LiteralString) -> None:
    """Change the ledger as its superuser, with the guards switched off."""
    with psycopg.connect(base.owner) as connection:
        connection.execute("ALTER TABLE event DISABLE TRIGGER ALL")
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, f"nothing was spoilt by {statement}"
        connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_only_grows")
        connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_not_truncated")


def variant(programme: Programme, **fields: object) -> Programme:
    """Return the programme with other fields, built anew so that nothing derived is kept."""
    return Programme(**{name: getattr(programme, name) for name in Programme.model_fields} | fields)


def opening(duty: str, unit: str, period: str = "2026-autumn", person: PersonId | None = None) -> OpenFiling:
    """The command that opens a filing."""
    remind = (DUE - timedelta(days=2),)
    return OpenFiling(
        cycle=CYCLE,
        duty=duty,
        period=period,
        unit=UnitId(unit),
        person=person,
        due_at=DUE,
        lapses_at=LAPSES,
        remind_at=remind,
    )


def filing_id(tenant: str, command: OpenFiling) -> StreamId:
    """The stream of a filing."""
    key = (command.cycle, command.duty, command.period, command.unit, command.person or "")
    return stream_id("filing", tenant, *key)


def order(bureau: Bureau, stream: str, command: Command, actor: PersonId = SYSTEM, id: UUID | None = None) -> Order:
    """An order in the bureau."""
    return Order(bureau.tenant, StreamId(stream), command, actor, id or uuid4())


async def opened(
    bureau: Bureau,
    duty: str = "quality_report",
    unit: str = SCHOOL,
    period: str = "2026-autumn",
    person: PersonId | None = None,
) -> StreamId:
    """Open a filing."""
    command = opening(duty, unit, period, person)
    stream = filing_id(bureau.tenant, command)
    await bureau.by(SYSTEM, stream, command)
    return stream


def report(overview: str = "总体平稳") -> Submit:
    """A quality report, whole."""
    return Submit(
        content={"overview": overview, "findings": "计算薄弱", "measures": "加强训练", "meeting_held": "2026-09-03"}
    )


def plan() -> Submit:
    """A personal plan, whole."""
    return Submit(
        content={"self_analysis": "一", "goals": "二", "question": "三", "reading": ["四"], "lessons_observed": 5}
    )


T = TypeVar("T")
_MADE: dict[tuple[str, str], Any] = {}


async def once(base: Base, name: str, making: Coroutine[Any, Any, T]) -> T:
    """Let a history be made, or put back what it made before; return what the making returned."""
    with psycopg.connect(base.owner) as connection:
        schema = sql.Identifier(f"kept_{name}")
        key = (base.owner, name)
        if known := key in _MADE:
            making.close()
        else:
            _MADE[key] = await making
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        if known:  # only now: it locks the table that a history is made in
            connection.execute("ALTER TABLE event DISABLE TRIGGER ALL")
        for table in map(sql.Identifier, TABLES):
            if known:
                again = sql.SQL("DELETE FROM {0}; INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT * FROM {1}.{0}")
                connection.execute(again.format(table, schema))
            else:
                connection.execute(sql.SQL("CREATE TABLE {1}.{0} AS TABLE public.{0}").format(table, schema))
        if known:
            connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_only_grows")
            connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_not_truncated")
    result: T = _MADE[key]
    return result


class School:
    """One school's people and one filing of theirs on its way: events of several streams, interleaved."""

    def __init__(self, bureau: Bureau, lead: PersonId, principal: PersonId, office: PersonId) -> None:
        self.bureau = bureau
        self.lead = lead
        self.principal = principal
        self.office = office

    @classmethod
    async def founded(cls, bureau: Bureau) -> School:
        lead = await bureau.person("research_lead", SCHOOL)
        principal = await bureau.person("principal", SCHOOL)
        return cls(bureau, lead, principal, await bureau.person("office", "pucheng"))

    @classmethod
    async def founded_with_history(cls, bureau: Bureau) -> tuple[StreamId, StreamId]:
        return await (await cls.founded(bureau)).history()

    async def later(self, **span: float) -> None:
        """Let time pass."""
        await self.bureau.at(await self.bureau.ledger.tenants.now(self.bureau.tenant) + timedelta(**span))

    async def approved(self, period: str = "2026-autumn") -> StreamId:
        """Bring a filing through its whole path: seven events."""
        stream = await opened(self.bureau, period=period)
        await self.later(hours=1)
        await self.bureau.by(self.lead, stream, report(period))
        await self.later(hours=1)
        await self.bureau.by(self.principal, stream, Approve(comment="同意"))
        await self.later(hours=1)
        await self.bureau.by(self.office, stream, Approve())
        return stream

    async def history(self) -> tuple[StreamId, StreamId]:
        """Two filings, the first amended while the second is opened."""
        first = await self.approved()
        await self.bureau.by(self.lead, first, Amend(reason="有误"))
        second = await opened(self.bureau, period="2027-spring")
        await self.bureau.by(self.lead, second, report("第二份"))
        await self.bureau.by(self.lead, first, AbandonAmendment())
        return first, second


def positions(base: Base, tenant: TenantId) -> list[int]:
    """The positions after a tenant's first, in order and counted from there: the first is its programme's adoption."""
    text = "SELECT position, type FROM event WHERE tenant = %s ORDER BY position"
    first, *rest = query(base, text, tenant)
    assert (first["position"], first["type"]) == (1, "rulebook.programme_adopted")
    return [row["position"] - 1 for row in rest]


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ids(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The streams of rows."""
    return [row["stream"] for row in rows]
