"""The demo county, rehearsed, alive and served: what journeys and pictures are made on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

from api.app import create_app
from cli.demo_accounts import PASSWORD, DemoAccount, demo_accounts
from deploy.temporal import test_server_path as server_path
from domain.filing import Filing, OpenFiling, Submit
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, UnitId, stream_id
from domain.inspection import Assign, PlanInspection, ScoreItem
from domain.machine import Appointment, Command
from domain.programme import Programme
from ledger.ledger import Ledger
from ledger.order import Order
from tests.api.site import serving, settings
from tests.conftest import Base
from tests.workflows.dev_server import cluster
from workflows.rehearsal.run import rehearse
from workflows.rehearsal.specimens import specimen
from workflows.worker import running_worker

TENANT = TenantId("pucheng-county")
UNTIL = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
"""A Monday morning in term, in Shanghai: reports are open, approvals wait, the term's inspections are under way."""
SEED = 2041
"""A year in which some group leaders forget: the board has something to show."""


@dataclass(frozen=True)
class Stage:
    """The running county."""

    url: str
    ledger: Ledger
    tenant: TenantId
    programme: Programme
    accounts: Sequence[DemoAccount]
    base: Base
    signed_in: dict[str, Any] = field(default_factory=dict)
    """The cookies of those who have signed in once, by login and language: a password is checked slowly on purpose."""

    async def find(self, **wanted: Any) -> StreamId:
        """The first stream whose line in the lists has these values, in order of id."""
        conditions = " AND ".join(f"{name} = %({name})s" for name in wanted)
        query = f"SELECT stream FROM item WHERE tenant = %(tenant)s AND {conditions} ORDER BY stream LIMIT 1"
        async with self.ledger.database.connection(self.tenant) as connection:
            row = await (await connection.execute(query, {"tenant": self.tenant, **wanted})).fetchone()
        assert row is not None, f"the rehearsal left nothing like {wanted}"
        return StreamId(row["stream"])

    async def held(self) -> list[tuple[PersonId, Appointment]]:
        """Who holds which post now: in another journey somebody has left, and another taken over."""
        now = await self.ledger.tenants.now(self.tenant)
        today = self.programme.local_day(now)
        return [one for one in await self.ledger.lists.appointments(self.tenant) if one[1].in_force(today, now)]

    async def account(self, role: str, unit: str, nth: int = 0) -> tuple[PersonId, str]:
        """A holder of a post with an account, made when it is missing: the person and the login."""
        person = [one for one, post in await self.held() if (post.role, post.unit) == (role, unit)][nth]
        known = await self.ledger.accounts.find(self.tenant, person)
        if known is not None:
            return person, known.login
        login = f"{role}.{unit}.{nth}"
        await self.ledger.accounts.create(self.tenant, person, login, password=PASSWORD)
        return person, login

    async def order(self, actor: PersonId, stream: StreamId, command: Command) -> None:
        """Bring something about that a journey begins with."""
        await self.ledger.execute(Order(self.tenant, stream, command, actor, uuid4()))

    async def plan_owed(self, unit: str, period: str) -> StreamId:
        """Open a research group's plan, as the cycle does."""
        cycle = await self.find(machine="cycle")
        stream = stream_id("filing", self.tenant, cycle, "group_plan", period, unit, "journey")
        due = UNTIL + timedelta(days=20)
        opens = OpenFiling(
            cycle=cycle, duty="group_plan", period=period, unit=UnitId(unit), due_at=due, lapses_at=due + timedelta(9)
        )
        await self.order(SYSTEM, stream, opens)
        return stream

    async def plan_handed_in(self, unit: str, period: str) -> StreamId:
        """Open a research group's plan, and have its leader hand it in."""
        plan = await self.plan_owed(unit, period)
        leader, _ = await self.account("group_leader", unit)
        _, state, _ = await self.ledger.head(self.tenant, plan)
        assert isinstance(state, Filing), "plans are filings"
        content = specimen(self.programme, state, Random(unit))
        await self.order(leader, plan, Submit(content=content))
        return plan

    async def name(self, person: PersonId) -> str:
        """What somebody is called."""
        return (await self.ledger.names(self.tenant, [person]))[person]

    @asynccontextmanager
    async def at(self, when: datetime) -> AsyncIterator[None]:
        """Let the county's clock stand at a later instant for a while."""
        await self.ledger.tenants.freeze_clock(self.tenant, when)
        try:
            yield
        finally:
            await self.ledger.tenants.freeze_clock(self.tenant, UNTIL)

    async def inspection_planned(self, unit: str, period: str) -> StreamId:
        """Plan a year-end inspection of a cluster, as the cycle does."""
        cycle = await self.find(machine="cycle")
        stream = stream_id("inspection", self.tenant, cycle, "year_end", unit, period)
        due = UNTIL + timedelta(days=12)
        await self.order(
            SYSTEM,
            stream,
            PlanInspection(cycle=cycle, rules="year_end", period=period, unit=UnitId(unit), due_at=due),
        )
        return stream

    async def begin_scoring(self, stream: StreamId, expert: PersonId) -> None:
        """Plan a year-end inspection, name its panel, and let one expert score the first items."""
        cycle, due = await self.find(machine="cycle"), UNTIL + timedelta(days=12)
        plan = PlanInspection(cycle=cycle, rules="year_end", period="2026", unit=UnitId("chengguan"), due_at=due)
        await self.order(SYSTEM, stream, plan)
        office, _ = await self.account("office", "pucheng")
        others = [one for one, post in await self.held() if post.role == "expert" and one != expert][:2]
        await self.order(office, stream, Assign(inspectors=(expert, *others)))
        for item, points in (("i01", "2"), ("i02", "1.5"), ("i03", "2")):
            score = {"item": item, "points": points, "evidence": ["校本研修工作领导小组文件"]}
            await self.order(expert, stream, ScoreItem.model_validate(score))

    async def unit_of(self, login: str) -> str:
        """The unit at which an account's person holds their post."""
        person = (await self.ledger.accounts.by_login(self.tenant, [login]))[login]
        return next(post.unit for one, post in await self.held() if one == person)


@asynccontextmanager
async def staged(base: Base, folder: Path, programme: Programme) -> AsyncIterator[Stage]:
    """Rehearse a county up to a morning in November, let its process managers run, and serve its pages."""
    await rehearse(base.service, TENANT, programme, year=2026, until=UNTIL, seed=SEED, server=server_path())
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(Ledger.connect(base.service, size=6))
        temporal = await stack.enter_async_context(cluster())
        client = await temporal.start()
        await stack.enter_async_context(running_worker(client, ledger, base.service))
        accounts = await demo_accounts(ledger, TENANT, programme)
        url = await stack.enter_async_context(serving(create_app(settings(base))))
        yield Stage(url, ledger, TENANT, programme, accounts, base)
