"""A bureau to work on: the shipped county, some of its people, and filings that have been opened."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import cast
from uuid import uuid4

import programmes
from domain.filing import Approve, BeginDraft, Filing, OpenFiling, Submit
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, UnitId, stream_id
from domain.machine import Appointment, Command, State
from domain.person import Register
from domain.programme import Programme
from domain.programme_check import load
from domain.refusal import Refused
from ledger.ledger import Ledger
from ledger.order import Order
from workflows.rehearsal.specimens import specimen

BATCH = 500
DUTY = "materials_return"
SCHOOLS = 12


@cache
def county() -> Programme:
    """The county that ships."""
    return load(programmes.text("pucheng-county"))


@dataclass(frozen=True, slots=True)
class Opened:
    """A filing that waits for its author, and who takes part in it."""

    stream: StreamId
    author: PersonId
    decider: PersonId


@dataclass(frozen=True, slots=True)
class School:
    """A school with the two people its monthly materials pass through."""

    unit: UnitId
    lead: PersonId
    coordinator: PersonId


@dataclass(frozen=True, slots=True)
class Bureau:
    """A tenant whose clock runs."""

    ledger: Ledger
    tenant: TenantId
    schools: Sequence[School]

    @classmethod
    async def founded(cls, ledger: Ledger, name: str = "bench") -> Bureau:
        """Adopt the county's programme and appoint the people of some schools."""
        tenant = TenantId(name)
        programme = county()
        await ledger.tenants.adopt(tenant, programme)
        units = [unit for unit in programme.units if unit.kind.value == "school"][:SCHOOLS]
        schools = []
        for unit in units:
            lead = await appoint(ledger, tenant, "research_lead", unit.id)
            coordinator = await appoint(ledger, tenant, "coordinator", str(unit.parent))
            schools.append(School(UnitId(unit.id), lead, coordinator))
        return cls(ledger, tenant, schools)

    async def opened(self, number: int, about: str, remind_at: Sequence[datetime] = ()) -> list[Opened]:
        """Open so many filings; `remind_at` gives each its reminder."""
        now = await self.ledger.tenants.now(self.tenant)
        filings, orders = [], []
        for ordinal in range(number):
            school = self.schools[ordinal % len(self.schools)]
            stream = stream_id("filing", self.tenant, about, str(ordinal))
            command = OpenFiling(
                cycle=stream_id("cycle", self.tenant, "bench"),
                duty=DUTY,
                period=f"{about}-{ordinal}",
                unit=school.unit,
                due_at=now + timedelta(days=20),
                lapses_at=now + timedelta(days=40),
                remind_at=tuple(remind_at[ordinal : ordinal + 1]),
            )
            filings.append(Opened(stream, school.lead, school.coordinator))
            orders.append(self.order(stream, command, SYSTEM))
        await all_together(self.ledger, orders)
        return filings

    def order(self, stream: StreamId, command: Command, actor: PersonId) -> Order:
        """An order in this bureau."""
        return Order(self.tenant, stream, command, actor, uuid4())

    def begin(self, one: Opened) -> Order:
        """The author begins."""
        return self.order(one.stream, BeginDraft(), one.author)

    def life(self, one: Opened, state: State) -> list[Order]:
        """Begin, submit and approve: three commands, five events. `state` is any filing of the duty."""
        content = specimen(county(), cast(Filing, state), random.Random(one.stream))
        content["school_activities"] = f"{one.stream} {content['school_activities']}"
        return [
            self.begin(one),
            self.order(one.stream, Submit(content=content), one.author),
            self.order(one.stream, Approve(comment="同意"), one.decider),
        ]


async def appoint(ledger: Ledger, tenant: TenantId, role: str, unit: str) -> PersonId:
    """Register somebody with one post, once."""
    person = PersonId(stream_id("person", tenant, role, unit))
    order = Order(tenant, StreamId(person), registration(role, unit), SYSTEM, uuid4())
    for answer in await ledger.execute_many([order]):
        if isinstance(answer, Refused) and answer.code != "already_started":
            raise answer
    return person


def registration(role: str, unit: str) -> Register:
    """The command that registers somebody with one post."""
    post = Appointment(id="1", role=role, unit=unit, first_day=date(2020, 1, 1))
    return Register(full_name=f"{unit} {role}", posts=(post,))


async def all_together(ledger: Ledger, orders: Sequence[Order]) -> None:
    """Carry out orders in large transactions; a refusal ends the benchmark."""
    for start in range(0, len(orders), BATCH):
        for answer in await ledger.execute_many(orders[start : start + BATCH]):
            if isinstance(answer, Refused):
                raise answer
