"""One database for the ledger's tests, emptied after each: making a new one takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from domain.ids import TenantId
from domain.programme import Programme
from ledger.ledger import Ledger
from tests.conftest import START, Base, Bureau, _Server
from tests.ledger.given import TABLES


@pytest.fixture(scope="session")
def kept(server: _Server) -> Iterator[Base]:
    one = server.create()
    yield one
    server.drop(one)


@pytest.fixture
def base(kept: Base) -> Iterator[Base]:
    """A migrated database, empty again afterwards. A test that changes its tables changes them back."""
    yield kept
    with psycopg.connect(kept.owner) as connection:
        connection.execute("ALTER TABLE event DISABLE TRIGGER ALL")
        for table in TABLES:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_only_grows")
        connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_not_truncated")


@pytest.fixture
async def bureau(ledger: Ledger, small_county: Programme) -> Bureau:
    """A tenant at the start of the school year, with one event, its programme's: its tree is the programme's own."""
    tenant = TenantId("pucheng")
    await ledger.tenants.put_in_force(tenant, small_county)
    await ledger.tenants.freeze_clock(tenant, START)
    return Bureau(ledger, tenant, small_county)
