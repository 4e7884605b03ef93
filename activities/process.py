"""Advancing a stream: due alarms and pending reactions, each through `ledger.execute` under its own command id."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity

from activities.react import Reactor
from activities.temporal import StreamRef
from activities.view import View
from domain.ids import SYSTEM, alarm_command_id
from domain.machine import Due, Machine
from domain.machines import machine_for
from domain.refusal import Kind, Refused
from ledger.ledger import Ledger
from ledger.order import Order, VersionMoved
from ledger.outbox import ProcessHead

ROUNDS = 50
"""Alarms and reactions carried out in one go, at most; a stream with more is advanced again at once."""


class ProcessActivities:
    """The activities of the process managers."""

    def __init__(self, ledger: Ledger, grain: timedelta = timedelta(0)) -> None:
        """Take the ledger, and what wake-ups are rounded up to (rehearsals only)."""
        self._ledger = ledger
        self._grain = grain
        self._reactor = Reactor(ledger)

    @activity.defn
    async def advance(self, ref: StreamRef) -> View:
        """Apply what is due and carry out what is pending; tell when to come back."""
        return await self.advance_stream(ref)

    async def advance_stream(self, ref: StreamRef) -> View:
        """The same, without Temporal."""
        machine = machine_for(ref.stream)
        for _ in range(ROUNDS):
            seen = await self._ledger.process_head(ref.tenant, ref.stream)
            if seen is None:
                return View(version=0, state="unknown", final=True)
            touched_itself = [await self._reactor.carry_out(ref, one, seen.state) for one in seen.pending]
            due = machine.alarms(seen.state)
            if due and due[0].at <= seen.now:
                await self._apply(ref, seen.version, due[0])
            elif not any(touched_itself):
                return _view(machine, seen, due, self._grain)
        return View(version=0, state="busy", sleep=timedelta(0))

    async def _apply(self, ref: StreamRef, version: int, due: Due) -> None:
        order = Order(
            tenant=ref.tenant,
            stream=ref.stream,
            command=due.command,
            actor=SYSTEM,
            command_id=alarm_command_id(ref.tenant, ref.stream, version, due.name),
            expected=version,
        )
        try:
            await self._ledger.execute(order)
        except VersionMoved:
            activity.logger.debug("stream moved while an alarm was applied", extra={"stream": ref.stream})
        except Refused as refused:
            # Somebody acted between our look and the alarm; the next look sees what still holds.
            if refused.kind is not Kind.CONFLICT:
                raise


def _view(machine: Machine, seen: ProcessHead, due: tuple[Due, ...], grain: timedelta) -> View:
    state = seen.state
    summary = machine.summary(state)
    return View(
        version=seen.version,
        state=state.status,
        unit=summary.unit if summary else None,
        duty=summary.duty if summary else None,
        due_at=summary.due_at if summary else None,
        alarm=due[0].name if due else None,
        sleep=due[0].at - seen.now if due else None,
        grain=grain,
        # Not only an ended stream: one that waits for people alone is woken, and its manager started anew, by its next
        # alarm. A manager that stayed would not hear of an end that takes no alarm away.
        final=not due,
    )
