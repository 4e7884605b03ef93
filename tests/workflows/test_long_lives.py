"""A manager that lives long continues as new and loses nothing by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.filing import Filing
from tests.conftest import Base, Bureau
from tests.workflows.dev_server import cluster
from tests.workflows.school import GROUP, Acting, until
from workflows.worker import running_worker


async def test_a_manager_with_a_long_history_continues_as_new_and_keeps_time(bureau: Bureau, base: Base) -> None:
    async with cluster(limit__historyCount__suggestContinueAsNew=40) as temporal:
        client = await temporal.start()
        acting = Acting(bureau, client)
        async with running_worker(client, bureau.ledger, base.service):
            filing = await acting.open_filing("group_plan", GROUP, days=10, remind_days=(3,))
            await acting.seen(filing, "open")
            first = await acting.runs(filing)

            async def has_continued() -> bool:
                await acting.wake(filing)
                return await acting.runs(filing) not in (None, first)

            await until(has_continued, "the manager continues as new")
            assert (await acting.seen(filing, "open")).alarm == "remind"
            description = await acting.manager(filing).describe()
            assert description.history_length < 40

            # The new run's own timer, in real time: the reminder is made to be two seconds away.
            state = await acting.state(filing)
            assert isinstance(state, Filing)
            real = datetime.now(UTC)
            await bureau.ledger.tenants.shift_clock(bureau.tenant, state.remind_at[0] - timedelta(seconds=2) - real)
            await acting.wake(filing)

            async def is_reminded() -> bool:
                return await acting.types(filing) == ["filing.opened", "filing.reminded"]

            await until(is_reminded, "the reminder")
            (at,) = await acting.times(filing, "filing.reminded")
            # Not before, and not long after: how many seconds, depends on what else the machine does.
            assert timedelta(0) <= at - state.remind_at[0] < timedelta(seconds=30)
            await bureau.at(state.lapses_at)
            await acting.wake(filing)
            assert (await acting.ended(filing)).state == "lapsed"
