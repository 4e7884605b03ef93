"""Each part of the product is killed while people work and time brings things about; nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from activities.temporal import StreamRef, connect, workflow_id
from activities.view import View
from domain.ids import TenantId
from domain.programme import Programme
from ledger.database import Database, DatabaseAway
from ledger.ledger import Ledger
from ledger.outbox import wake_all
from tests.faults.product import Product, eventually, termledger
from tests.faults.school import LATER, LOADED, Alone, Callers, Contents, School, until

ENOUGH = timedelta(seconds=15)
"""For Temporal to hear of an alarm, and to be killed before it rings, also where the machine has much else to do."""


@pytest.fixture
async def live(product: Product) -> AsyncIterator[Ledger]:
    """The running product's ledger."""
    async with Ledger.connect(product.address.dsn, size=4) as opened:
        yield opened


@dataclass(frozen=True)
class Wanted:
    """What the weeks come to when nothing is killed."""

    versions: dict[str, int]
    peoples: int
    """How many events people's deeds alone are."""
    loaded: int
    contents: Contents


async def undisturbed(alone: Alone) -> Wanted:
    await alone.open_year()
    chains = await alone.deeds()
    await alone.at(LOADED)
    begun = await alone.size()
    versions = await alone.carry_out(chains)
    peoples = await alone.size() - begun
    await alone.settled()
    loaded = await alone.size()
    await alone.at(LATER)
    await alone.settled()
    await alone.is_sound()
    return Wanted(versions, peoples, loaded, await alone.contents())


def callers_of(product: Product, school: School) -> Callers:
    return Callers(product.address.api, school.ledger, school.tenant)


async def struck(product: Product, school: School, victim: str, signum: signal.Signals, at: int, end: int) -> None:
    """Kill a part as soon as the tenant has so many events, and before it has them all; it is started again."""

    async def reached() -> bool:
        return await school.size() >= at

    await until(reached, f"{at} events")
    assert await school.size() < end
    old = product.kill(victim, signum)
    await asyncio.to_thread(product.replaced, victim, old)


@pytest.mark.parametrize(
    ("victim", "second"),
    [("api", None), ("worker", signal.SIGKILL), ("postgres", signal.SIGQUIT)],
)
async def test_whatever_is_killed_everything_happens_exactly_once(
    product: Product, live: Ledger, ledger: Ledger, small_county: Programme, victim: str, second: signal.Signals | None
) -> None:
    tenant = TenantId(f"kill-{victim}")
    wanted = await undisturbed(Alone(ledger, tenant, small_county))
    school = School(live, tenant, small_county)
    await school.open_year()
    chains = await school.deeds()
    assert sum(map(len, chains)) == len(wanted.versions) == 290

    callers = callers_of(product, school)
    begun = await school.size()
    await school.at(LOADED)
    async with asyncio.TaskGroup() as group:
        group.create_task(callers.carry_out(chains))
        # The worker in the middle of the window, which is opened first; the others in the middle of people's deeds.
        at = begun + (1 if victim == "worker" else (wanted.loaded - begun) // 3)
        group.create_task(struck(product, school, victim, signal.SIGKILL, at, wanted.loaded))
    await school.settled()
    assert callers.versions == wanted.versions
    assert (callers.broken > 0, callers.away > 0) == (victim == "api", victim == "postgres")

    await school.at(LATER)
    if second is not None:
        end = len(wanted.contents.events)
        third = wanted.loaded + (end - wanted.loaded) // 3
        await struck(product, school, victim, second, third, end)
    await school.settled()
    assert await school.contents() == wanted.contents
    await school.is_sound()


async def test_a_database_that_was_away_for_long_is_used_as_soon_as_it_is_back(product: Product) -> None:
    database = Database(product.address.dsn, size=4, wait=1.0)
    await database.open()

    async def answers() -> bool:
        async with database.connection(None) as connection:
            return await (await connection.execute("SELECT 1")).fetchone() is not None

    async def is_gone() -> bool:
        try:
            return not await answers()
        except DatabaseAway:
            return True

    try:
        await until(answers, "the pool is open")
        with product.held():
            old = product.kill("postgres")
            await asyncio.to_thread(eventually, lambda: not accepts(product.address.dsn), "PostgreSQL is gone")
            await until(is_gone, "its last process, too, is gone")
            away_until = time.monotonic() + 8
            while time.monotonic() < away_until:
                with pytest.raises(DatabaseAway):
                    await answers()
            told = await asyncio.to_thread(product.health)
            assert (told.status_code, told.json()["missing"]) == (503, ["database"])
        await asyncio.to_thread(product.replaced, "postgres", old)
        await asyncio.to_thread(eventually, lambda: accepts(product.address.dsn), "PostgreSQL is back")
        await until(answers, "the pool has found it")
        await until(lambda: is_ready(product), "ready again")
    finally:
        await database.close()


def accepts(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True


async def test_without_temporal_people_go_on_and_what_fell_due_meanwhile_happens_later(
    product: Product, live: Ledger, ledger: Ledger, small_county: Programme
) -> None:
    tenant = TenantId("kill-temporal")
    wanted = await undisturbed(Alone(ledger, tenant, small_county))
    school = School(live, tenant, small_county)
    await school.open_year()
    chains = await school.deeds()
    await until(lambda: asleep(product, school), "every process manager sleeps")
    before = await school.size()
    with product.held():
        old = product.kill("temporal")
        await school.at(LOADED)
        callers = callers_of(product, school)
        await callers.carry_out(chains)
        assert (callers.versions, callers.broken, callers.away) == (wanted.versions, 0, 0)
        assert await school.size() - before == wanted.peoples
        answer = product.health()
        told = answer.json()
        assert (answer.status_code, told["missing"], told["reminders"]) == (200, ["temporal"], "waiting")
        assert told["waiting"]["outbox"] > 0
        log = product.data / "log" / "worker.log"
        await asyncio.to_thread(eventually, lambda: "relay waits" in log.read_text(), "the relay gave up once")
    product.replaced("temporal", old)
    await school.settled()
    assert await school.size() == wanted.loaded

    await school.at(LATER)
    await school.settled()
    assert await school.contents() == wanted.contents
    await school.is_sound()
    await until(lambda: is_ready(product), "ready again")


async def is_ready(product: Product) -> bool:
    told = product.health().json()
    return (told["status"], told["reminders"]) == ("ready", "running")


async def test_an_alarm_that_temporal_slept_through_rings_when_it_is_back(
    product: Product, live: Ledger, small_county: Programme
) -> None:
    school = School(live, TenantId("slept"), small_county)
    await school.open_year()
    alarm = await next_alarm(school)
    await school.ledger.tenants.shift_clock(school.tenant, alarm - datetime.now(UTC) - ENOUGH)
    assert await wake_all(live.database, school.tenant) > 0
    client = await connect(product.address.temporal)
    process = client.get_workflow_handle(workflow_id(StreamRef(tenant=school.tenant, stream=school.cycle)))

    async def sleeps() -> bool:
        view = await process.query("view", result_type=View)
        return view.sleep is not None and view.sleep < ENOUGH

    async def is_past() -> bool:
        return await live.tenants.now(school.tenant) > alarm

    await until(sleeps, "the cycle's process manager sleeps until the alarm")
    before = await school.size()
    assert not await is_past()
    with product.held():
        old = product.kill("temporal")
        await until(is_past, "the alarm is past")
        assert await school.size() == before
    product.replaced("temporal", old)
    await school.settled()
    assert await school.size() > before
    assert await next_alarm(school) > alarm
    await school.is_sound()


async def test_a_repeated_first_wake_up_still_tells_a_process_manager_that_its_stream_moved(
    product: Product, live: Ledger, small_county: Programme
) -> None:
    """The relay died between Temporal's taking a new stream and its own commit, and the stream has moved since."""
    school = School(live, TenantId("repeated"), small_county)
    await school.open_year()
    await until(lambda: asleep(product, school), "every process manager sleeps")
    await live.tenants.freeze_clock(school.tenant, LOADED)
    async with live.database.connection(school.tenant) as connection:
        await connection.execute(
            "INSERT INTO outbox (tenant, stream, fresh) VALUES (%s, %s, true)", (school.tenant, school.cycle)
        )
    await school.settled()
    assert await next_alarm(school) > LOADED


async def asleep(product: Product, school: School) -> bool:
    """Whether every process manager of a school has looked, and waits for an alarm or a signal."""
    client = await connect(product.address.temporal)
    for row in await school.rows("SELECT tenant, stream FROM stream WHERE tenant = %s AND alarm_at IS NOT NULL"):
        process = client.get_workflow_handle(workflow_id(StreamRef.model_validate(row)))
        if (await process.describe()).raw_description.HasField("pending_workflow_task"):
            return False
    return True


async def next_alarm(school: School) -> datetime:
    row = (await school.rows("SELECT min(alarm_at) AS at FROM stream WHERE tenant = %s"))[0]
    found: datetime = row["at"]
    return found.astimezone(UTC)


async def test_with_temporals_database_gone_revive_brings_every_open_stream_back(
    product: Product, live: Ledger, ledger: Ledger, small_county: Programme
) -> None:
    tenant = TenantId("revived")
    wanted = await undisturbed(Alone(ledger, tenant, small_county))
    school = School(live, tenant, small_county)
    await school.open_year()
    chains = await school.deeds()
    await school.at(LOADED)
    await callers_of(product, school).carry_out(chains)
    await school.settled()
    assert product.stop() == 0
    for file in (product.data / "temporal").glob("temporal.db*"):
        file.unlink()
    product.start()
    await live.tenants.freeze_clock(tenant, LATER)
    assert await managed(product, tenant) == set()
    assert await school.size() == wanted.loaded

    done = await asyncio.to_thread(termledger, "revive", "--data", str(product.data))
    assert done.returncode == 0, done.stderr
    await school.settled()
    assert await school.contents() == wanted.contents
    await school.is_sound()
    open_streams = await school.rows("SELECT tenant, stream FROM stream WHERE alarm_at IS NOT NULL AND tenant = %s")
    expected = {workflow_id(StreamRef.model_validate(row)) for row in open_streams}
    assert len(expected) > 30

    async def all_managed() -> bool:
        return await managed(product, tenant) == expected

    await until(all_managed, "every open stream has its process manager")


async def managed(product: Product, tenant: TenantId) -> set[str]:
    """A tenant's process managers that run; the product has other tenants too."""
    client = await connect(product.address.temporal)
    running = {one.id async for one in client.list_workflows("ExecutionStatus = 'Running'")}
    return {one for one in running if one.startswith(f"{tenant}/")}
