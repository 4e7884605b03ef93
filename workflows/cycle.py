"""The process manager of the term calendar: windows open, the year-end inspection begins, the year closes."""

from __future__ import annotations

from temporalio import workflow

from workflows.loop import ProcessManager

with workflow.unsafe.imports_passed_through():
    from activities.temporal import WORKFLOWS, StreamRef
    from activities.view import View


@workflow.defn(name=WORKFLOWS["cycle"])
class CycleProcess(ProcessManager):
    """Manages one stream of the cycle machine."""

    @workflow.run
    async def run(self, ref: StreamRef) -> View:
        """Take a stream's name; return the view in which it became final."""
        return await self.manage(ref)
