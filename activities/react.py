"""Carrying out what events call for: commands to other streams, windows opened for everyone who owes."""

from __future__ import annotations

import logging
from uuid import UUID

from activities.temporal import StreamRef
from domain.cycle import Scheduled
from domain.ids import SYSTEM, StreamId, reaction_command_id
from domain.machine import Issue, OpenWindow, State
from domain.machines import machine_for
from domain.refusal import Kind, Refused
from domain.windows import owed
from ledger.ledger import Ledger
from ledger.order import Order
from ledger.outbox import PendingReaction, carried_out

log = logging.getLogger(__name__)

BATCH = 500
"""Streams opened in one transaction: large enough for ten thousand units in seconds, small enough to let others in."""


class Reactor:
    """Carries out pending reactions. Each is safe to repeat: the ledger knows the command ids."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def carry_out(self, ref: StreamRef, pending: PendingReaction, state: State) -> bool:
        """Carry out one reaction and strike it off. True when it was a command to this very stream."""
        intent = pending.intent
        if isinstance(intent, Issue):
            await self._issue(ref, pending, intent)
        elif isinstance(intent, OpenWindow):
            await self._open_window(ref, pending, intent, state)
        await carried_out(self._ledger.database, ref.tenant, pending)
        return isinstance(intent, Issue) and intent.stream == ref.stream

    async def _issue(self, ref: StreamRef, pending: PendingReaction, intent: Issue) -> None:
        command = machine_for(intent.stream).commands[intent.command].model_validate(intent.data)
        order = Order(
            tenant=ref.tenant,
            stream=intent.stream,
            command=command,
            actor=SYSTEM,
            command_id=self._command_id(ref, pending, intent.stream),
            programme=pending.programme,
        )
        try:
            await self._ledger.execute(order)
        except Refused as refused:
            if refused.kind is not Kind.CONFLICT:
                raise
            # The other stream has gone on without us: what was to be brought about already holds, or no longer can.
            log.info("reaction no longer applies", extra={"stream": intent.stream, "code": refused.code})

    async def _open_window(self, ref: StreamRef, pending: PendingReaction, intent: OpenWindow, state: State) -> None:
        assert isinstance(state, Scheduled), "only a scheduled cycle opens windows"
        window = next(one for one in state.windows if one.id == intent.window)
        programme = await self._ledger.programme(ref.tenant, pending.programme)
        holders = await self._ledger.lists.appointments(ref.tenant)
        orders = [
            Order(
                tenant=ref.tenant,
                stream=stream,
                command=command,
                actor=SYSTEM,
                command_id=self._command_id(ref, pending, stream),
                programme=pending.programme,
            )
            for stream, command in owed(programme, ref.tenant, ref.stream, window, holders)
        ]
        for start in range(0, len(orders), BATCH):
            for answer in await self._ledger.execute_many(orders[start : start + BATCH]):
                if isinstance(answer, Refused) and answer.kind is not Kind.CONFLICT:
                    raise answer

    @staticmethod
    def _command_id(ref: StreamRef, pending: PendingReaction, target: StreamId) -> UUID:
        return reaction_command_id(ref.tenant, ref.stream, pending.version, str(pending.ordinal), target)
