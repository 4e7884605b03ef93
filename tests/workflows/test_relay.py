"""The outbox relay: nothing that a process manager must hear of is ever lost on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client, RetryConfig
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities.relay import BATCH, Relay
from activities.temporal import workflow_id
from deploy.ports import free_port
from deploy.temporal import test_server_path as server_path
from domain.filing import OpenFiling
from domain.ids import SYSTEM, StreamId, derived, stream_id
from domain.unit import unit_stream
from ledger.order import Order, Outcome
from ledger.outbox import taken, wake_all
from tests.conftest import START, Base, Bureau
from tests.workflows.crash import cancel, crashing
from tests.workflows.school import GROUP, Acting, outbox, query, until
from workflows.rehearsal.environment import skipping_environment


class Died(Exception):
    """A relay died while it held wake-ups."""


@asynccontextmanager
async def relaying(bureau: Bureau, client: Client, base: Base) -> AsyncIterator[asyncio.Task[None]]:
    """Run a relay for the length of a block; it must still be at work at the end."""
    task = asyncio.create_task(Relay(bureau.ledger.database, client, base.service).run())
    try:
        yield task
        assert not task.done(), "the relay gave up"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def filings(bureau: Bureau, number: int, key: str = "") -> list[StreamId]:
    """Open filings in one transaction: as many wake-ups."""
    orders = []
    for index in range(number):
        stream = stream_id("filing", bureau.tenant, "relay", key, str(index))
        command = OpenFiling(
            cycle=stream_id("cycle", bureau.tenant, "2026"),
            duty="group_plan",
            period=f"2026-{index}",
            unit=GROUP,
            due_at=START + timedelta(days=30),
            lapses_at=START + timedelta(days=40),
        )
        orders.append(Order(bureau.tenant, stream, command, SYSTEM, derived("relay", key, stream)))
    answers = await bureau.ledger.execute_many(orders)
    assert all(isinstance(one, Outcome) for one in answers)
    return [one.stream for one in orders]


async def delivered(bureau: Bureau) -> None:
    async def is_empty() -> bool:
        return await outbox(bureau.ledger) == 0

    await until(is_empty, "the outbox is empty")


async def assert_started(bureau: Bureau, client: Client, streams: Sequence[StreamId]) -> None:
    acting = Acting(bureau, client)
    known = await asyncio.gather(*(acting.known(one) for one in streams))
    assert [stream for stream, started in zip(streams, known, strict=True) if not started] == []


async def signals(bureau: Bureau, client: Client, stream: StreamId) -> int:
    """How often a manager was signalled in its present run."""
    request = GetWorkflowExecutionHistoryRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=workflow_id(Acting(bureau, client).ref(stream))),
    )
    history = (await client.workflow_service.get_workflow_execution_history(request)).history
    return sum(one.HasField("workflow_execution_signaled_event_attributes") for one in history.events)


async def test_wake_ups_wait_while_temporal_is_away_and_are_delivered_when_it_is_back(
    bureau: Bureau, base: Base, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    before = await filings(bureau, 3, "before")
    async with skipping_environment(server_path(), port=port):
        client = await Client.connect(
            f"127.0.0.1:{port}",
            data_converter=pydantic_data_converter,
            # The client's own patience is ten seconds: too long for a test.
            retry_config=RetryConfig(initial_interval_millis=20, max_retries=2, max_elapsed_time_millis=200),
        )

    async def has_waited() -> bool:
        return sum(one.getMessage().startswith("relay waits") for one in caplog.records) >= 2

    async with relaying(bureau, client, base) as relay:
        await until(has_waited, "the relay finds nobody, twice")
        assert not relay.done()
        assert await outbox(bureau.ledger) == 3
        during = await filings(bureau, 2, "during")
        assert await outbox(bureau.ledger) == 5
        async with skipping_environment(server_path(), port=port) as back:
            await delivered(bureau)
            await assert_started(bureau, back.client, before + during)


async def test_a_relay_cut_short_anywhere_loses_nothing(bureau: Bureau, base: Base, env: WorkflowEnvironment) -> None:
    rng = random.Random(20260901)
    everything: list[StreamId] = []
    for seed in range(16):
        everything += await filings(bureau, 8, str(seed))
        relay = Relay(bureau.ledger.database, env.client, base.service)
        await asyncio.create_task(_run(relay, rng.randint(1, 24)))
    async with relaying(bureau, env.client, base):
        await delivered(bureau)
    await assert_started(bureau, env.client, everything)


async def _run(relay: Relay, suspensions: int) -> None:
    """Run a relay until it suspends for the n-th time, or rests because all is delivered."""
    try:
        async with asyncio.timeout(0.5):
            await crashing(relay.run(), suspensions, cancel)
    except TimeoutError:
        return


async def test_a_wake_up_repeated_together_with_a_later_one_still_wakes_the_manager(
    bureau: Bureau, base: Base, env: WorkflowEnvironment
) -> None:
    """A relay dies after the first start was taken and before it could strike it off; then the stream moves."""
    (stream,) = await filings(bureau, 1)
    relay = Relay(bureau.ledger.database, env.client, base.service)
    with suppress(Died):
        async with taken(bureau.ledger.database, BATCH) as wakes:
            for wake in wakes:
                await relay._wake(wake)
            raise Died
    await assert_started(bureau, env.client, [stream])
    assert await signals(bureau, env.client, stream) == 0
    assert await wake_all(bureau.ledger.database, bureau.tenant) == 1
    assert await outbox(bureau.ledger) == 2
    async with relaying(bureau, env.client, base):
        await delivered(bureau)
    assert await signals(bureau, env.client, stream) == 1


async def test_streams_without_a_process_manager_are_dropped(
    bureau: Bureau, base: Base, env: WorkflowEnvironment
) -> None:
    unit = unit_stream(bureau.tenant, "pucheng")
    async with bureau.ledger.database.connection(bureau.tenant) as connection:
        await connection.execute(
            "INSERT INTO outbox (tenant, stream, fresh) VALUES (%s, %s, true)", (bureau.tenant, unit)
        )
    (stream,) = await filings(bureau, 1)
    async with relaying(bureau, env.client, base):
        await delivered(bureau)
    await assert_started(bureau, env.client, [stream])
    assert not await Acting(bureau, env.client).known(unit)


async def test_two_relays_share_the_outbox_and_neither_waits_for_the_other(
    bureau: Bureau, base: Base, env: WorkflowEnvironment
) -> None:
    streams = await filings(bureau, 2 * BATCH + 7)
    with suppress(Died):
        async with taken(bureau.ledger.database, BATCH) as held, relaying(bureau, env.client, base):
            assert len(held) == BATCH
            mine = {one.stream for one in held}

            async def the_rest_is_gone() -> bool:
                left = await query(bureau.ledger, "SELECT stream FROM outbox WHERE tenant = %s", bureau.tenant)
                return {one["stream"] for one in left} == mine

            await until(the_rest_is_gone, "the other relay delivers what this one does not hold")
            raise Died
    assert await outbox(bureau.ledger) == BATCH
    await assert_started(bureau, env.client, [one for one in streams if one not in mine])
    async with relaying(bureau, env.client, base), relaying(bureau, env.client, base):
        await delivered(bureau)
    await assert_started(bureau, env.client, streams)
    counts = await asyncio.gather(*(signals(bureau, env.client, one) for one in streams))
    assert sum(counts) == 0


async def test_a_change_reaches_temporal_at_once_and_not_only_when_the_relay_looks(
    bureau: Bureau, base: Base, env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.relay.POLL_SECONDS", 3600.0)
    async with relaying(bureau, env.client, base):
        for key in ("first", "second"):
            await filings(bureau, 1, key)

            async def is_empty() -> bool:
                return await outbox(bureau.ledger) == 0

            await until(is_empty, "the relay was told")
