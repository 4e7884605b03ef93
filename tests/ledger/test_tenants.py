"""Tenants: each has its own clock, programme and chain, and none sees another."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.ids import SYSTEM, PersonId, StreamId, TenantId, stream_id
from domain.person import Register
from domain.programme import Programme
from domain.refusal import Kind, Refused
from ledger.ledger import Ledger
from ledger.lists import ItemFilter
from ledger.order import Order
from ledger.programmes import as_json
from tests.conftest import START, Base, Bureau
from tests.ledger.given import School, opened, query, variant

OTHER = TenantId("other")


async def test_a_frozen_clock_stands_and_is_what_events_tell(base: Base, bureau: Bureau) -> None:
    now = bureau.ledger.tenants.now
    assert await now(bureau.tenant) == await now(bureau.tenant) == START
    await bureau.at(START + timedelta(days=3))
    await bureau.person("office", "pucheng")
    (event,) = query(base, "SELECT happened_at, recorded_at FROM event WHERE type = 'person.registered'")
    assert event["happened_at"] == START + timedelta(days=3)
    assert abs(event["recorded_at"] - datetime.now(UTC)) < timedelta(minutes=1)


async def test_a_shifted_clock_runs(base: Base, bureau: Bureau) -> None:
    tenants = bureau.ledger.tenants
    await tenants.shift_clock(bureau.tenant, timedelta(days=-400))
    first, second = await tenants.now(bureau.tenant), await tenants.now(bureau.tenant)
    assert first < second
    assert abs(first - (datetime.now(UTC) - timedelta(days=400))) < timedelta(minutes=1)
    await bureau.person("office", "pucheng")
    (event,) = query(base, "SELECT happened_at, recorded_at FROM event WHERE type = 'person.registered'")
    assert timedelta(days=399) < event["recorded_at"] - event["happened_at"] < timedelta(days=401)
    await tenants.shift_clock(bureau.tenant, timedelta(0))
    assert abs(await tenants.now(bureau.tenant) - datetime.now(UTC)) < timedelta(minutes=1)


async def test_the_clock_is_one_tenants_own(bureau: Bureau, small_county: Programme) -> None:
    await bureau.ledger.tenants.adopt(OTHER, small_county)
    await bureau.ledger.tenants.freeze_clock(OTHER, START + timedelta(days=9))
    assert await bureau.ledger.tenants.now(bureau.tenant) == START
    with pytest.raises(KeyError):
        await bureau.ledger.tenants.now(TenantId("nowhere"))


async def test_adopting_twice_changes_nothing(base: Base, bureau: Bureau, small_county: Programme) -> None:
    digests = await asyncio.gather(*(bureau.ledger.tenants.adopt(bureau.tenant, small_county) for _ in range(4)))
    await School.founded(bureau)
    before = query(base, "SELECT * FROM tenant"), query(base, "SELECT * FROM programme")
    await asyncio.gather(*(bureau.ledger.tenants.adopt(bureau.tenant, small_county) for _ in range(4)))
    assert set(digests) == {before[0][0]["programme"]}
    assert (query(base, "SELECT * FROM tenant"), query(base, "SELECT * FROM programme")) == before
    assert await bureau.ledger.tenants.known() == [bureau.tenant]
    assert await bureau.ledger.tenants.positions() == {bureau.tenant: 1 + 3 + len(small_county.all_units)}


async def test_a_new_programme_takes_over_and_the_chain_keeps_its_hash(
    base: Base, bureau: Bureau, small_county: Programme
) -> None:
    stream = await opened(bureau)
    _, _, pinned = await bureau.ledger.head(bureau.tenant, stream)
    newer = variant(small_county, version=2, hash="sm3")
    digest = await bureau.ledger.tenants.adopt(bureau.tenant, newer)
    assert digest != pinned
    _, in_force, _ = await bureau.ledger.actor(bureau.tenant, SYSTEM)
    assert in_force == newer
    await bureau.person("office", "pucheng")
    assert {row["hash"] for row in query(base, "SELECT hash FROM event")} == {"sha256"}
    assert (await bureau.ledger.head(bureau.tenant, stream))[2] == pinned
    assert (await bureau.ledger.programme(bureau.tenant, pinned)) == small_county
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def test_a_stored_programme_is_the_same_in_another_process(base: Base, bureau: Bureau) -> None:
    (tenant,) = query(base, "SELECT programme FROM tenant")
    async with Ledger.connect(base.service, size=1) as another:
        loaded = await another.programme(bureau.tenant, tenant["programme"])
    assert loaded == bureau.programme
    assert as_json(loaded) == as_json(bureau.programme)


async def test_two_tenants_do_not_see_each_other(base: Base, bureau: Bureau, small_county: Programme) -> None:
    """The same ids everywhere: streams, people, commands."""
    school = await School.founded(bureau)
    stream = await opened(bureau)
    ledger = bureau.ledger
    await ledger.tenants.put_in_force(OTHER, small_county)
    assert await ledger.tenants.known() == sorted([bureau.tenant, OTHER])
    actor, programme, _ = await ledger.actor(OTHER, school.lead)
    assert actor.held == ()
    mine = (await ledger.actor(bureau.tenant, school.office))[0]
    assert len((await ledger.lists.items(bureau.tenant, "filing", mine, programme, ItemFilter())).rows) == 1
    assert (await ledger.lists.items(OTHER, "filing", mine, programme, ItemFilter())).rows == []
    lead = (await ledger.actor(bureau.tenant, school.lead))[0]
    assert len(await ledger.desk.waiting(bureau.tenant, lead)) == 1
    assert await ledger.desk.waiting(OTHER, lead) == []
    assert await ledger.lists.appointments(OTHER) == []
    assert len(await ledger.inbox.read(bureau.tenant, school.lead)) == 1
    assert await ledger.inbox.read(OTHER, school.lead) == []
    (content,) = query(base, "SELECT digest FROM content LIMIT 1")
    assert await ledger.contents.content(OTHER, content["digest"]) is None
    assert not await ledger.contents.erase(OTHER, content["digest"])
    await ledger.contents.save_draft(bureau.tenant, stream, {"a": 1}, school.lead, 0)
    assert await ledger.contents.draft(OTHER, stream) is None
    assert await ledger.events(OTHER, stream) == []
    (notice,) = await ledger.inbox.read(bureau.tenant, school.lead)
    assert await ledger.inbox.mark_read(OTHER, school.lead, [notice.id]) == 0

    id, person = uuid4(), StreamId(stream_id("person", "same"))
    for tenant in (bureau.tenant, OTHER):
        outcome = await ledger.execute(Order(tenant, person, Register(full_name=tenant), SYSTEM, id))
        assert (outcome.version, outcome.repeated) == (1, False)
    assert await ledger.tenants.positions() == {bureau.tenant: 6, OTHER: 2}
    assert (await ledger.verify(OTHER)).events == 2
    assert (await ledger.verify(bureau.tenant)).sound
    digests = query(base, "SELECT digest FROM event WHERE stream = %s", person)
    assert digests[0] != digests[1]


@pytest.mark.parametrize("known", [True, False])
async def test_another_tenants_programme_is_missing_whether_or_not_this_process_knows_it(
    base: Base, bureau: Bureau, small_county: Programme, known: bool
) -> None:
    """A stream pinned to it would be lost at the next start."""
    digest = await bureau.ledger.tenants.adopt(OTHER, variant(small_county, version=7))
    if known:
        await bureau.ledger.programme(OTHER, digest)
    person = stream_id("person", "x")
    one = Order(bureau.tenant, person, Register(full_name="甲"), SYSTEM, uuid4(), programme=digest)
    with pytest.raises(Refused) as refused:
        await bureau.ledger.execute(one)
    assert (refused.value.kind, refused.value.code) == (Kind.MISSING, "programme_unknown")
    with pytest.raises(Refused):
        await bureau.ledger.programme(bureau.tenant, digest)


async def test_nobody_is_somebody_of_no_tenant(bureau: Bureau) -> None:
    with pytest.raises(Refused) as refused:
        await bureau.ledger.actor(TenantId("nowhere"), PersonId("per-x"))
    assert refused.value.code == "tenant_unknown"
