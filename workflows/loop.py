"""The loop that every process manager is.

advance (apply what is due, carry out what is pending) → final: end → wait for "moved" or the next alarm → again.
It holds a stream's name and nothing else, so any run can be lost and started anew.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.process import ProcessActivities
    from activities.temporal import ADVANCE_RETRIES, ADVANCE_TIMEOUT, DUE, DUTY, MOVED, STATE, UNIT, StreamRef
    from activities.view import View

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class ProcessManager:
    """What the process managers share; each workflow adds its name and its `run`."""

    def __init__(self) -> None:
        self._moved = False
        self._view: View | None = None

    @workflow.signal(name=MOVED)
    def moved(self) -> None:
        """The stream has moved: look again."""
        self._moved = True

    @workflow.query
    def view(self) -> View | None:
        """The stream as last seen."""
        return self._view

    async def manage(self, ref: StreamRef) -> View:
        """Advance the stream until it is final; return how it ended."""
        while True:
            self._moved = False
            seen = await workflow.execute_local_activity_method(
                ProcessActivities.advance,
                ref,
                start_to_close_timeout=ADVANCE_TIMEOUT,
                retry_policy=ADVANCE_RETRIES,
            )
            self._show(seen)
            if seen.final and not self._moved:
                return seen
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(ref)
            await self._sleep(seen)

    async def _sleep(self, seen: View) -> None:
        """Sleep until the alarm or a signal, whichever is first."""
        try:
            await workflow.wait_condition(lambda: self._moved, timeout=_rounded(seen, workflow.now()))
        except TimeoutError:
            return

    def _show(self, seen: View) -> None:
        """Let Temporal's own UI find the stream by unit, duty, state and due time; only what changed is sent."""
        before = self._view
        self._view = seen
        if before is not None and (before.state, before.due_at) == (seen.state, seen.due_at):
            return
        due = DUE.value_unset() if seen.due_at is None else DUE.value_set(seen.due_at)
        names = () if before is not None else (UNIT.value_set(seen.unit or ""), DUTY.value_set(seen.duty or ""))
        workflow.upsert_search_attributes([STATE.value_set(seen.state), due, *names])


def _rounded(seen: View, now: datetime) -> timedelta | None:
    """How long to sleep from `now`: until the alarm, rounded up to the view's grain."""
    if seen.sleep is None or not seen.grain:
        return seen.sleep
    wake = now + seen.sleep
    return seen.sleep + (_EPOCH - wake) % seen.grain
