"""The process manager of commendations, assistance visits and rectifications: reminders and notices."""

from __future__ import annotations

from temporalio import workflow

from workflows.loop import ProcessManager

with workflow.unsafe.imports_passed_through():
    from activities.temporal import WORKFLOWS, StreamRef
    from activities.view import View


@workflow.defn(name=WORKFLOWS["follow_up"])
class FollowUpProcess(ProcessManager):
    """Manages one stream of the follow_up machine."""

    @workflow.run
    async def run(self, ref: StreamRef) -> View:
        """Take a stream's name; return the view in which it became final."""
        return await self.manage(ref)
