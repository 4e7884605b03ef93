"""Histories recorded from real runs replay with today's workflows, and would not with other ones."""

from __future__ import annotations

import asyncio

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from activities.temporal import WORKFLOWS, StreamRef
from activities.view import View
from tests.workflows.record import HISTORIES
from workflows.loop import ProcessManager
from workflows.worker import PROCESSES


def recorded(name: str) -> WorkflowHistory:
    return WorkflowHistory.from_json(f"recorded/{name}", (HISTORIES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(WORKFLOWS.values()))
async def test_a_recorded_history_replays(name: str) -> None:
    history = recorded(name)
    kinds = {event.event_type for event in history.events}
    assert {EventType.EVENT_TYPE_TIMER_STARTED, EventType.EVENT_TYPE_MARKER_RECORDED} <= kinds, "it tells enough"
    await Replayer(workflows=PROCESSES, data_converter=pydantic_data_converter).replay_workflow(history)


def test_recorded_histories_hold_all_that_a_manager_does() -> None:
    kinds = {event.event_type for name in WORKFLOWS.values() for event in recorded(name).events}
    assert {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_TIMER_FIRED,
        EventType.EVENT_TYPE_TIMER_CANCELED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
    } <= kinds


@workflow.defn(name=WORKFLOWS["filing"], sandboxed=False)
class Hesitant(ProcessManager):
    """A filing's manager, changed: it waits a little before it looks."""

    @workflow.run
    async def run(self, ref: StreamRef) -> View:
        await asyncio.sleep(1)
        return await self.manage(ref)


@workflow.defn(name=WORKFLOWS["filing"], sandboxed=False)
class Silent(ProcessManager):
    """A filing's manager, changed: it no longer tells Temporal's search what it saw."""

    @workflow.run
    async def run(self, ref: StreamRef) -> View:
        return await self.manage(ref)

    def _show(self, seen: View) -> None:
        self._view = seen


@pytest.mark.parametrize("changed", [Hesitant, Silent])
async def test_a_changed_workflow_does_not_replay(changed: type) -> None:
    replayer = Replayer(workflows=[changed], data_converter=pydantic_data_converter)
    with pytest.raises(workflow.NondeterminismError):
        await replayer.replay_workflow(recorded(WORKFLOWS["filing"]))
