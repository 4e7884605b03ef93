"""What the tests of the process managers share: waiting for a condition, moving both clocks, small scenes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import LiteralString, TypeVar

from psycopg.rows import DictRow
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from activities.temporal import MOVED, StreamRef, workflow_id
from activities.view import View
from domain.calendar import SchoolCalendar
from domain.cycle import DraftCycle, Publish, Scheduled, Window
from domain.filing import Filing, OpenFiling, Submit
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, UnitId, stream_id
from domain.machine import State
from domain.programme import OwedPer, Programme
from ledger.ledger import Ledger
from ledger.order import RecordedEvent
from tests.conftest import START, Base, Bureau
from workflows.rehearsal.specimens import specimen
from workflows.worker import running_worker

T = TypeVar("T")

CLUSTER, GROUP = UnitId("shiyan"), UnitId("shiyan-maths")

_WAITING: LiteralString = """
SELECT (SELECT count(*) FROM outbox WHERE tenant = t.tenant) AS wakes,
       (SELECT count(*) FROM reaction WHERE tenant = t.tenant) AS reactions,
       (SELECT count(*) FROM stream WHERE tenant = t.tenant AND alarm_at <= t.clock_frozen) AS alarms
FROM tenant AS t WHERE t.tenant = %s
"""


async def until(
    condition: Callable[[], Awaitable[T | None]], about: str = "", limit: float = 60.0, pause: float = 0.02
) -> T:
    """Return what a condition gives as soon as it gives something true; fail when it never does."""
    deadline = time.monotonic() + limit
    while True:
        found = await condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"{about or condition.__name__}: not within {limit:g} s"
        await asyncio.sleep(pause)


async def query(ledger: Ledger, statement: LiteralString, tenant: TenantId) -> list[DictRow]:
    """Read a tenant's rows as the service does; the statement takes the tenant."""
    async with ledger.database.connection(tenant) as connection:
        return await (await connection.execute(statement, (tenant,))).fetchall()


async def waiting(ledger: Ledger, tenant: TenantId) -> dict[str, int]:
    """What waits for a process manager: wake-ups, reactions, alarms that are due. Only what there is."""
    return {name: number for name, number in (await query(ledger, _WAITING, tenant))[0].items() if number}


async def outbox(ledger: Ledger) -> int:
    """How many wake-ups wait."""
    return (await ledger.tenants.waiting())["outbox"]


@dataclass(slots=True)
class Acting:
    """A bureau whose process managers are at work, or are to be observed."""

    bureau: Bureau
    client: Client

    @property
    def ledger(self) -> Ledger:
        return self.bureau.ledger

    @property
    def programme(self) -> Programme:
        return self.bureau.programme

    def calendar(self, at: datetime = START) -> SchoolCalendar:
        return self.programme.calendar_at(at)

    # -- looking

    async def quiet(self) -> None:
        """Wait until nothing is due, pending or to be relayed."""

        async def nothing_waits() -> bool:
            return not await waiting(self.ledger, self.bureau.tenant)

        try:
            await until(nothing_waits)
        except AssertionError:
            raise AssertionError(f"still waiting: {await waiting(self.ledger, self.bureau.tenant)}") from None

    async def events(self, stream: StreamId, type_: str | None = None) -> list[RecordedEvent]:
        found = await self.ledger.events(self.bureau.tenant, stream)
        return [one for one in found if type_ is None or one.event.type == type_]

    async def types(self, stream: StreamId) -> list[str]:
        return [one.event.type for one in await self.events(stream)]

    async def times(self, stream: StreamId, type_: str) -> list[datetime]:
        return [one.happened_at for one in await self.events(stream, type_)]

    async def state(self, stream: StreamId) -> State:
        return (await self.ledger.head(self.bureau.tenant, stream))[1]

    async def version(self, stream: StreamId) -> int:
        return (await self.ledger.head(self.bureau.tenant, stream))[0]

    async def filings(self, duty: str) -> list[DictRow]:
        """Every filing.opened of a duty, as recorded."""
        found = await query(
            self.ledger,
            """
            SELECT stream, data ->> 'unit' AS unit, data ->> 'person' AS person, data ->> 'period' AS period,
                   data ->> 'duty' AS duty, happened_at FROM event
            WHERE tenant = %s AND type = 'filing.opened' ORDER BY position
            """,
            self.bureau.tenant,
        )
        return [one for one in found if one["duty"] == duty]

    # -- Temporal's side

    def ref(self, stream: StreamId) -> StreamRef:
        return StreamRef(tenant=self.bureau.tenant, stream=stream)

    def manager(self, stream: StreamId) -> WorkflowHandle[object, object]:
        return self.client.get_workflow_handle(workflow_id(self.ref(stream)))

    async def wake(self, stream: StreamId) -> None:
        await self.manager(stream).signal(MOVED)

    async def _execution(self, stream: StreamId) -> tuple[WorkflowExecutionStatus | None, str]:
        """A manager's status and run. Asked without the client's help: it stumbles over a date that was unset."""
        request = DescribeWorkflowExecutionRequest(
            namespace=self.client.namespace, execution=WorkflowExecution(workflow_id=workflow_id(self.ref(stream)))
        )
        try:
            answer = await self.client.workflow_service.describe_workflow_execution(request)
        except RPCError as fault:
            if fault.status is RPCStatusCode.NOT_FOUND:
                return None, ""
            raise
        found = answer.workflow_execution_info
        return WorkflowExecutionStatus(found.status), found.execution.run_id

    async def runs(self, stream: StreamId) -> str | None:
        """The id of the run under way; None when there is none."""
        status, run = await self._execution(stream)
        return run if status is WorkflowExecutionStatus.RUNNING else None

    async def known(self, stream: StreamId) -> bool:
        """Whether a manager was ever started."""
        return (await self._execution(stream))[0] is not None

    async def ended(self, stream: StreamId) -> View:
        """Wait until the manager has ended; return its result."""

        async def is_complete() -> bool:
            return (await self._execution(stream))[0] is WorkflowExecutionStatus.COMPLETED

        await until(is_complete, f"manager of {stream} completes")
        view = await self.view(stream)
        assert view is not None
        return view

    async def view(self, stream: StreamId) -> View | None:
        """What the manager last saw; None while it has seen nothing."""
        try:
            found: View | None = await self.manager(stream).query("view", result_type=View | None)  # type: ignore[arg-type]
        except RPCError as fault:
            if fault.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
        return found

    async def seen(self, stream: StreamId, state: str) -> View:
        """Wait until the manager has seen a state."""

        async def has_seen() -> View | None:
            view = await self.view(stream)
            return view if view is not None and view.state == state else None

        return await until(has_seen, f"manager of {stream} sees {state}")

    # -- scenes

    async def begin_year(self, office: PersonId) -> StreamId:
        """Publish the year."""
        cycle = stream_id("cycle", self.bureau.tenant, "2026")
        await self.bureau.by(office, cycle, DraftCycle(school_year=2026))
        await self.bureau.by(office, cycle, Publish())
        return cycle

    async def window(self, cycle: StreamId, id_: str) -> Window:
        state = await self.state(cycle)
        assert isinstance(state, Scheduled)
        return next(one for one in state.windows if one.id == id_)

    async def open_filing(
        self, duty: str, unit: UnitId, *, days: int = 14, remind_days: Sequence[int] = (), key: str = "", grace: int = 7
    ) -> StreamId:
        """Open a filing as a window would; times are days from the ledger's now."""
        stream = stream_id("filing", self.bureau.tenant, duty, unit, key)
        now = await self.ledger.tenants.now(self.bureau.tenant)
        due_at = now + timedelta(days=days)
        assert self.programme.duty_by_id[duty].per is not OwedPer.PERSON
        await self.bureau.by(
            SYSTEM,
            stream,
            OpenFiling(
                cycle=stream_id("cycle", self.bureau.tenant, "2026"),
                duty=duty,
                period="2026-autumn",
                unit=unit,
                due_at=due_at,
                lapses_at=due_at + timedelta(days=grace),
                remind_at=tuple(sorted(due_at - timedelta(days=one) for one in remind_days)),
            ),
        )
        return stream

    async def submit(self, author: PersonId, stream: StreamId, draft: int = 1) -> None:
        state = await self.state(stream)
        assert isinstance(state, Filing)
        await self.bureau.by(author, stream, Submit(content=specimen(self.programme, state, random.Random(draft))))


@dataclass(slots=True)
class School(Acting):
    """The same, with both clocks in hand: the ledger's, which stands, and that of the time-skipping server."""

    env: WorkflowEnvironment
    now: datetime = field(default=START)

    async def to(self, when: datetime) -> None:
        """Move both clocks to an instant and wait until what then falls due is done."""
        assert when >= self.now, "time does not go back"
        await self.quiet()
        await self.bureau.at(when)
        await self.env.sleep(when - self.now + timedelta(seconds=2))
        self.now = when.astimezone(UTC)
        await self.quiet()


@asynccontextmanager
async def school(bureau: Bureau, base: Base, env: WorkflowEnvironment) -> AsyncIterator[School]:
    """A bureau with the production worker on a time-skipping server."""
    async with running_worker(env.client, bureau.ledger, base.service):
        yield School(bureau, env.client, env)
