"""The time-skipping server: a month of waiting takes no time, and nothing is downloaded."""

import asyncio
import time
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from deploy.temporal import test_server_path as server_path


@activity.defn
async def add_one(number: int) -> int:
    return number + 1


@workflow.defn(sandboxed=False)
class Month:
    @workflow.run
    async def run(self) -> int:
        begun = workflow.now()
        await asyncio.sleep(timedelta(days=30).total_seconds())
        waited = (workflow.now() - begun).days
        return await workflow.execute_activity(add_one, waited, start_to_close_timeout=timedelta(seconds=10))


async def test_a_timer_of_thirty_days_and_an_activity_complete_at_once() -> None:
    async with (
        await WorkflowEnvironment.start_time_skipping(test_server_existing_path=server_path()) as environment,
        Worker(environment.client, task_queue="q", workflows=[Month], activities=[add_one]),
    ):
        begun = time.monotonic()
        assert await environment.client.execute_workflow(Month.run, id="month", task_queue="q") == 31
        assert time.monotonic() - begun < timedelta(hours=1).total_seconds(), "nobody has waited for thirty days"
