"""The demo county, rehearsed, alive and served: what journeys and pictures are made on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.app import create_app
from cli.demo_accounts import DemoAccount, demo_accounts
from deploy.temporal import test_server_path as server_path
from domain.ids import StreamId, TenantId
from domain.programme import Programme
from ledger.ledger import Ledger
from tests.api.site import serving, settings
from tests.conftest import Base
from tests.workflows.dev_server import cluster
from workflows.rehearsal.run import rehearse
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

    async def unit_of(self, login: str) -> str:
        """The unit at which an account's person holds their post."""
        person = (await self.ledger.accounts.by_login(self.tenant, [login]))[login]
        return next(post.unit for one, post in await self.ledger.lists.appointments(self.tenant) if one == person)


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
