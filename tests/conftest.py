"""What tests share: one real PostgreSQL a session, one migrated database a test, one small programme."""

from __future__ import annotations

import itertools
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

import programmes
from deploy.postgres import Postgres
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, stream_id
from domain.machine import Appointment, Command
from domain.person import Register
from domain.programme import Programme
from domain.programme_check import load
from ledger.ledger import Ledger
from ledger.migrate import ensure_login, migrate
from ledger.order import Order, Outcome
from workflows.rehearsal.driver import narrowed

# How fast an example is found or tried depends on what else the machine does; no test is about that.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_LOGIN = "termledger_app"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Base:
    """A database of its own: the owner's address and the service's."""

    owner: str
    service: str


@dataclass(frozen=True, slots=True)
class _Server:
    postgres: Postgres
    password: str
    template: str = "template_termledger"
    made: list[str] = field(default_factory=list)

    def address(self, database: str) -> Base:
        owner = self.postgres.dsn(database)
        return Base(owner, ensure_login(owner, _LOGIN, self.password))

    def create(self) -> Base:
        name = f"test_{next(_numbers)}"
        with psycopg.connect(self.postgres.dsn("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(self.template))
            )
        self.made.append(name)
        return self.address(name)

    def drop(self, base: Base) -> None:
        name = urlsplit(base.owner).path[1:]
        with psycopg.connect(self.postgres.dsn("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def server() -> Iterator[_Server]:
    # Not pytest's tmp_path: as root it would have to be opened to the account PostgreSQL runs under.
    with tempfile.TemporaryDirectory(prefix="termledger-test-") as folder, Postgres(Path(folder) / "pg") as postgres:
        made = _Server(postgres, secrets.token_hex(16))
        with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made.template)))
        migrate(postgres.dsn(made.template))
        yield made


@pytest.fixture
def base(server: _Server) -> Iterator[Base]:
    """A migrated, empty database."""
    one = server.create()
    yield one
    server.drop(one)


@pytest.fixture
async def ledger(base: Base) -> AsyncIterator[Ledger]:
    """A ledger on a database of its own, used through the service's login."""
    async with Ledger.connect(base.service) as opened:
        yield opened


@pytest.fixture(scope="session")
def county() -> Programme:
    """The shipped county, whole."""
    return load(programmes.text("pucheng-county"))


@pytest.fixture(scope="session")
def small_county(county: Programme) -> Programme:
    """The shipped county with one cluster."""
    return narrowed(county, 1)


@dataclass(frozen=True, slots=True)
class Bureau:
    """A tenant whose clock stands, with people appointed on demand."""

    ledger: Ledger
    tenant: TenantId
    programme: Programme

    async def person(self, role: str, unit: str, name: str = "", first_day: date = date(2020, 1, 1)) -> PersonId:
        """Register somebody with one appointment."""
        person = PersonId(stream_id("person", self.tenant, role, unit, name))
        post = Appointment(id="1", role=role, unit=unit, first_day=first_day)
        await self.by(SYSTEM, StreamId(person), Register(full_name=name or f"{unit} {role}", posts=(post,)))
        return person

    async def by(
        self,
        actor: PersonId,
        stream: StreamId,
        command: Command,
        *,
        command_id: UUID | None = None,
        expected: int | None = None,
    ) -> Outcome:
        """Execute a command."""
        return await self.ledger.execute(
            Order(self.tenant, stream, command, actor, command_id or uuid4(), expected=expected)
        )

    async def at(self, when: datetime) -> None:
        """Set the clock."""
        await self.ledger.tenants.freeze_clock(self.tenant, when)


START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
"""Ten in the morning of the first day of school, in Shanghai."""


@pytest.fixture
async def bureau(ledger: Ledger, small_county: Programme) -> Bureau:
    """A tenant of the small county at the start of the school year."""
    tenant = TenantId("pucheng")
    await ledger.tenants.adopt(tenant, small_county)
    await ledger.tenants.freeze_clock(tenant, START)
    return Bureau(ledger, tenant, small_county)
