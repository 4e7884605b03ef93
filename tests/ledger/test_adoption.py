"""Putting a programme in force is an event: who, when, why, and nothing is in force that the ledger does not say."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from domain.ids import SYSTEM, PersonId, TenantId
from domain.programme import Programme, Right, Unit, UnitKind
from domain.refusal import Refused
from domain.rulebook import Adopt, rulebook_stream
from domain.text import Text
from ledger.ledger import Ledger
from ledger.order import Order
from tests.conftest import START, Base, Bureau
from tests.ledger.given import query, variant

DAY = timedelta(days=1)


async def stored(bureau: Bureau, programme: Programme) -> str:
    """Keep a version without putting it in force."""
    return await bureau.ledger.moves.store(bureau.tenant, programme)


def adopting(bureau: Bureau, digest: str, by: PersonId, reason: str = "县局批复") -> Order:
    return Order(bureau.tenant, rulebook_stream(bureau.tenant), Adopt(programme=digest, reason=reason), by, uuid4())


async def test_a_tenant_begins_with_the_adoption_of_its_first_programme(base: Base, bureau: Bureau) -> None:
    (event,) = query(base, "SELECT * FROM event")
    (tenant,) = query(base, "SELECT * FROM tenant")
    assert (event["position"], event["type"], event["actor"]) == (1, "rulebook.programme_adopted", SYSTEM)
    assert event["data"]["digest"] == event["programme"] == tenant["programme"]
    (adoption,) = await bureau.ledger.tenants.adoptions(bureau.tenant)
    assert (adoption.programme, adoption.version, adoption.by) == (bureau.programme.id, 1, SYSTEM)
    assert (await bureau.ledger.verify(bureau.tenant)).sound
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()


async def test_no_tenant_without_its_adoption(base: Base, ledger: Ledger, small_county: Programme) -> None:
    query(base, "ALTER TABLE event ADD CONSTRAINT nothing CHECK (tenant <> 'unlucky')")
    try:
        with pytest.raises(psycopg.errors.CheckViolation):
            await ledger.tenants.adopt(TenantId("unlucky"), small_county)
    finally:
        query(base, "ALTER TABLE event DROP CONSTRAINT nothing")
    assert await ledger.tenants.known() == []
    assert query(base, "SELECT 1 FROM programme") == []


async def test_the_keeper_adopts_and_the_next_command_goes_by_it(base: Base, bureau: Bureau) -> None:
    keeper, office = await bureau.person("admin", "pucheng"), await bureau.person("office", "pucheng")
    roles = tuple(
        one.model_copy(update={"rights": one.rights | {Right.DIRECTORY}}) if one.id == "office" else one
        for one in bureau.programme.roles
    )
    new = Unit(id="xinqu", kind=UnitKind.CLUSTER, title=Text(zh="新片区", en="New cluster"), parent="pucheng")
    newer = variant(bureau.programme, version=2, roles=roles, units=(*bureau.programme.units, new))
    before = query(base, "SELECT programme FROM tenant")[0]["programme"]
    digest = await stored(bureau, newer)
    await bureau.at(START + 3 * DAY)
    await bureau.ledger.execute(adopting(bureau, digest, keeper))
    assert query(base, "SELECT programme FROM tenant") == [{"programme": digest}]

    (event,) = query(base, "SELECT * FROM event WHERE type = 'rulebook.programme_adopted' AND version = 2")
    assert (event["actor"], event["programme"], event["happened_at"]) == (keeper, digest, START + 3 * DAY)
    assert (event["data"]["version"], event["data"]["reason"]) == (2, "县局批复")
    actor, in_force, _ = await bureau.ledger.actor(bureau.tenant, office)
    assert actor.has(Right.DIRECTORY, in_force.root_path)
    assert in_force.all_units["xinqu"].title == new.title, "what is new was founded with it"
    assert [one.digest for one in await bureau.ledger.tenants.adoptions(bureau.tenant)] == [before, digest]
    for when, expected in ((START, before), (START + 3 * DAY - DAY / 2, before), (START + 3 * DAY, digest)):
        assert (await bureau.ledger.tenants.in_force_at(bureau.tenant, when)).digest == expected

    # Back to what was, as one more event: by the keeper, since the office would lose what it needs to adopt others.
    with pytest.raises(Refused) as refused:
        await bureau.ledger.tenants.put_in_force(bureau.tenant, bureau.programme, office, "试行不成")
    assert refused.value.code == "keeper_lost"
    await bureau.ledger.tenants.put_in_force(bureau.tenant, bureau.programme, keeper, "试行不成")
    assert query(base, "SELECT programme FROM tenant") == [{"programme": before}]
    assert [one.reason for one in await bureau.ledger.tenants.adoptions(bureau.tenant)] == [
        None,
        "县局批复",
        "试行不成",
    ]
    assert (await bureau.ledger.verify(bureau.tenant)).sound
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()


async def test_who_may_not_is_refused_noted_and_changes_nothing(base: Base, bureau: Bureau) -> None:
    office = await bureau.person("office", "pucheng")
    before = query(base, "SELECT * FROM tenant")
    newer = variant(bureau.programme, version=2)
    with pytest.raises(Refused) as refused:
        await bureau.ledger.tenants.adopt(bureau.tenant, newer, office, "改版")
    assert refused.value.code == "right_missing"
    assert query(base, "SELECT person, action, code FROM denial") == [
        {"person": office, "action": "adopt", "code": "right_missing"}
    ]
    assert query(base, "SELECT * FROM tenant") == before
    with pytest.raises(Refused) as refused:
        await bureau.ledger.execute(adopting(bureau, "0" * 64, await bureau.person("admin", "pucheng")))
    assert refused.value.code == "programme_unknown"


async def test_two_adoptions_at_once_come_one_after_the_other(base: Base, bureau: Bureau) -> None:
    keepers = [await bureau.person("admin", "pucheng", name) for name in "甲乙"]
    digests = [await stored(bureau, variant(bureau.programme, version=2 + number)) for number in range(4)]
    async with Ledger.connect(base.service, size=2) as another:
        orders = [adopting(bureau, digest, keepers[number % 2]) for number, digest in enumerate(digests)]
        await asyncio.gather(*((bureau.ledger, another)[number % 2].execute(one) for number, one in enumerate(orders)))
    adopted = [one.digest for one in await bureau.ledger.tenants.adoptions(bureau.tenant)]
    assert sorted(adopted[1:]) == sorted(digests)
    assert query(base, "SELECT programme FROM tenant") == [{"programme": adopted[-1]}]
    assert (await bureau.ledger.rebuild_check(bureau.tenant))[1] == ()


async def test_what_is_put_in_force_behind_the_ledgers_back_is_found(base: Base, bureau: Bureau) -> None:
    digest = await stored(bureau, variant(bureau.programme, version=2))
    query(base, "UPDATE tenant SET programme = %s", digest)
    found = (await bureau.ledger.rebuild_check(bureau.tenant))[1]
    assert [(one.table, one.side, one.row["programme"] == digest) for one in found] == [
        ("tenant", "stored", True),
        ("tenant", "rebuilt", False),
    ]
