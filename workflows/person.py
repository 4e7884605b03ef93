"""The process manager of people: posts that end and begin, delegations that end, and who is looked for then.

Most people need none: it is started only where something falls due, or follows, and it ends with that.
"""

from __future__ import annotations

from temporalio import workflow

from workflows.loop import ProcessManager

with workflow.unsafe.imports_passed_through():
    from activities.temporal import WORKFLOWS, StreamRef
    from activities.view import View


@workflow.defn(name=WORKFLOWS["person"])
class PersonProcess(ProcessManager):
    """Manages one stream of the person machine."""

    @workflow.run
    async def run(self, ref: StreamRef) -> View:
        """Take a stream's name; return the view in which nothing more falls due."""
        return await self.manage(ref)
