"""A running API, real server and real PostgreSQL and no Temporal; a tenant of its own for each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from psycopg import sql

from api.app import create_app
from domain.ids import TenantId
from domain.programme import Programme
from ledger.ledger import Ledger
from tests.api.site import Running, Site, serving, settings
from tests.conftest import START, Bureau, _Server
from workflows.rehearsal.driver import narrowed

_tenants = itertools.count(1)


@pytest.fixture(scope="session")
def two_clusters(county: Programme) -> Programme:
    """The shipped county with two clusters: the second is somebody else's."""
    return narrowed(county, 2)


@pytest.fixture(scope="session")
async def running(server: _Server) -> AsyncIterator[Running]:
    """One API on one database for all tests of this folder."""
    base = server.create()
    name = sql.Identifier(urlsplit(base.owner).path[1:])
    with psycopg.connect(base.owner, autocommit=True) as connection:
        # What survives a crash is not asked here, so nobody waits for the disk.
        connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))
    chosen = settings(base)
    app = create_app(chosen)
    async with (
        Ledger.connect(base.service, size=4) as ledger,
        serving(app) as url,
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        yield Running(app, http, ledger, chosen, base)
    server.drop(base)


@pytest.fixture
async def site(running: Running, two_clusters: Programme) -> Site:
    """The API, and a tenant at the start of the school year."""
    tenant = TenantId(f"county-{next(_tenants)}")
    await running.ledger.tenants.adopt(tenant, two_clusters)
    await running.ledger.tenants.freeze_clock(tenant, START)
    return Site(running, Bureau(running.ledger, tenant, two_clusters))
