"""Temporal is disposable: its database may be lost altogether."""

from __future__ import annotations

from datetime import timedelta

from domain.filing import Approve, InReview
from domain.ids import StreamId
from ledger.outbox import wake_all
from tests.conftest import START, Base, Bureau
from tests.workflows.dev_server import cluster
from tests.workflows.school import CLUSTER, GROUP, Acting, query, until
from workflows.worker import running_worker


async def test_every_open_stream_comes_back_after_temporal_lost_its_database(bureau: Bureau, base: Base) -> None:
    office = await bureau.person("office", "pucheng")
    deputy = await bureau.person("deputy", "pucheng")
    author = await bureau.person("centre_principal", CLUSTER)
    leader = await bureau.person("group_leader", GROUP)
    coordinator = await bureau.person("coordinator", CLUSTER)
    async with cluster() as temporal:
        client = await temporal.start()
        acting = Acting(bureau, client)
        async with running_worker(client, bureau.ledger, base.service):
            cycle = await acting.begin_year(office)
            reviewed = await acting.open_filing("cluster_plan", CLUSTER, key="reviewed")
            await acting.submit(author, reviewed)
            approved = await acting.open_filing("cluster_plan", CLUSTER, key="approved")
            await acting.submit(author, approved)
            await bureau.by(office, approved, Approve())
            await bureau.by(deputy, approved, Approve())
            judged = await acting.open_filing("stage_report", GROUP, key="judged")
            await acting.submit(leader, judged)
            await bureau.by(coordinator, judged, Approve())
            lapsing = await acting.open_filing("group_plan", GROUP, days=3, grace=1, key="lapsing")
            await acting.quiet()
            await acting.ended(approved)
            await acting.seen(reviewed, "in_review")
        await temporal.lose()

        # The day goes on without Temporal: a report is judged weak, and much falls due.
        await bureau.by(office, judged, Approve(judgement="weak"))
        await bureau.at(START + timedelta(days=7))
        state = await acting.state(reviewed)
        assert isinstance(state, InReview)
        assert state.first.remind_at is not None
        assert state.first.remind_at <= START + timedelta(days=7)

        client = await temporal.start()
        acting = Acting(bureau, client)
        armed = await _armed(acting)
        assert {cycle, reviewed, lapsing} <= armed
        assert await wake_all(bureau.ledger.database, bureau.tenant) == len(armed | {judged})
        async with running_worker(client, bureau.ledger, base.service):
            await acting.quiet()
            assert await acting.types(lapsing) == ["filing.opened", "filing.fell_due", "filing.lapsed"]
            assert len(await acting.times(reviewed, "filing.stage_reminded")) == 1
            follow_ups = await query(
                bureau.ledger,
                "SELECT stream FROM event WHERE tenant = %s AND type = 'follow_up.opened'",
                bureau.tenant,
            )
            assert len(follow_ups) == 1
            assert len(await acting.times(cycle, "cycle.window_opened")) == 3
            for stream in await _armed(acting):

                async def runs(one: StreamId = stream) -> bool:
                    return await acting.runs(one) is not None

                await until(runs, f"manager of {stream} runs")
            await acting.ended(lapsing)
            assert not await acting.known(approved)
    assert (await bureau.ledger.verify(bureau.tenant)).sound


async def _armed(acting: Acting) -> set[StreamId]:
    """Streams that something may befall by time alone."""
    rows = await query(
        acting.ledger, "SELECT stream FROM stream WHERE tenant = %s AND alarm_at IS NOT NULL", acting.bureau.tenant
    )
    return {StreamId(one["stream"]) for one in rows}
