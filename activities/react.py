"""Carrying out what events call for: commands to other streams, windows opened for everyone who owes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from activities.temporal import StreamRef
from domain.cycle import Scheduled
from domain.filing import Reseat
from domain.ids import SYSTEM, StreamId, reaction_command_id
from domain.inspection import INSPECTION, CheckPanel
from domain.machine import Command, Issue, OpenWindow, RollCall, State
from domain.machines import machine_for
from domain.person import EndDelegation
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
        elif isinstance(intent, RollCall):
            await self._roll_call(ref, pending, intent)
        await carried_out(self._ledger.database, ref.tenant, pending)
        return isinstance(intent, Issue) and intent.stream == ref.stream

    async def _issue(self, ref: StreamRef, pending: PendingReaction, intent: Issue, about: str = "") -> None:
        command = machine_for(intent.stream).commands[intent.command].model_validate(intent.data)
        order = Order(
            tenant=ref.tenant,
            stream=intent.stream,
            command=command,
            actor=SYSTEM,
            command_id=self._command_id(ref, pending, intent.stream, about),
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
        await self._in_batches(orders)

    async def _roll_call(self, ref: StreamRef, pending: PendingReaction, intent: RollCall) -> None:
        """Let what waits look who is there, and end what people without a post were to do for others."""
        waiting = self._ledger.absence.waiting
        looks: list[tuple[StreamId, Command]] = [
            *((stream, Reseat()) for stream in await waiting(ref.tenant, intent.people, intent.posts)),
            *((stream, CheckPanel()) for stream in await waiting(ref.tenant, intent.people, (), [INSPECTION.name])),
        ]
        await self._in_batches(
            [Order(ref.tenant, stream, look, SYSTEM, self._command_id(ref, pending, stream)) for stream, look in looks]
        )
        gone = [one for one in intent.people if not (await self._ledger.actor(ref.tenant, one))[0].held]
        for giver, id in await self._ledger.delegations.towards(ref.tenant, gone):
            issue = Issue(stream=StreamId(giver), command=EndDelegation.name, data={"id": id})
            await self._issue(ref, pending, issue, id)

    async def _in_batches(self, orders: Sequence[Order]) -> None:
        for start in range(0, len(orders), BATCH):
            for answer in await self._ledger.execute_many(orders[start : start + BATCH]):
                if isinstance(answer, Exception) and not _is_overtaken(answer):
                    raise answer

    @staticmethod
    def _command_id(ref: StreamRef, pending: PendingReaction, target: StreamId, about: str = "") -> UUID:
        """The id of what a reaction does to a stream; `about` tells several things to one stream apart."""
        key = f"{pending.ordinal}/{about}" if about else str(pending.ordinal)
        return reaction_command_id(ref.tenant, ref.stream, pending.version, key, target)


def _is_overtaken(answer: Exception) -> bool:
    """Whether a stream has gone on without us: what was to be brought about already holds, or no longer can."""
    return isinstance(answer, Refused) and answer.kind is Kind.CONFLICT
