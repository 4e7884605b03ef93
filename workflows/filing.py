"""The process manager of plans and reports on their way: reminders, lapses, escalations, notices."""

from __future__ import annotations

from temporalio import workflow

from workflows.loop import ProcessManager

with workflow.unsafe.imports_passed_through():
    from activities.temporal import WORKFLOWS, StreamRef
    from activities.view import View


@workflow.defn(name=WORKFLOWS["filing"])
class FilingProcess(ProcessManager):
    """Manages one stream of the filing machine."""

    @workflow.run
    async def run(self, ref: StreamRef) -> View:
        """Take a stream's name; return the view in which it became final."""
        return await self.manage(ref)
