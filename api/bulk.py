"""Many orders at once, each answered for itself: what the desk and the API's bulk route have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from domain.ids import PersonId, StreamId
from domain.machines import machine_for
from domain.refusal import Kind, Refused
from ledger.ledger import Ledger
from ledger.order import Answer, CommandIdReused, Order, VersionMoved

MOST = 100
"""Streams that one request may be about."""

_OVERTAKEN = 3
"""How often quiet events may come between before the person is told."""

Each = Answer | CommandIdReused
"""What one of many orders came to."""


async def carry_out_each(ledger: Ledger, orders: Sequence[Order], *, over_quiet: bool = False) -> list[Each]:
    """Carry out orders of one tenant and one actor, each to a stream of its own; return an answer for each.

    Those that hold are written in one transaction (one for each person on whose behalf they are given). With
    `over_quiet`, what only quiet events (a reminder, a comment) have moved since the expected version is carried out
    all the same, as for a single form. Raises ValueError for two orders to one stream, and `DatabaseAway`.
    """
    if len({order.stream for order in orders}) < len(orders):
        raise ValueError("each order is to a stream of its own")
    answers: dict[StreamId, Each] = {}
    left = list(orders)
    for attempt in range(_OVERTAKEN + 1):
        if not left:
            break
        answers |= await _batches(ledger, left)
        left = await _overtaken(ledger, left, answers) if over_quiet and attempt < _OVERTAKEN else []
    return [_named(order, answers[order.stream]) for order in orders]


async def _batches(ledger: Ledger, orders: Sequence[Order]) -> dict[StreamId, Each]:
    """Give the orders in batches: one for each person who is acted for, since rights are looked up once for a batch."""

    def principal(order: Order) -> PersonId:
        return order.on_behalf_of or order.actor

    answers: dict[StreamId, Each] = {}
    for _, group in groupby(sorted(orders, key=principal), key=principal):
        batch = list(group)
        answers |= zip((order.stream for order in batch), await _batch(ledger, batch), strict=True)
    return answers


async def _batch(ledger: Ledger, orders: Sequence[Order]) -> Sequence[Each]:
    try:
        return await ledger.execute_many(orders)
    except (VersionMoved, CommandIdReused):
        # Too many lost races, or an id that stood for something else before: nothing is written, and the one at fault
        # must not spoil the others.
        return [await _alone(ledger, order) for order in orders]


async def _alone(ledger: Ledger, order: Order) -> Each:
    try:
        return await ledger.execute(order)
    except (Refused, VersionMoved, CommandIdReused) as answer:
        return answer


async def _overtaken(ledger: Ledger, orders: Sequence[Order], answers: dict[StreamId, Each]) -> list[Order]:
    """Return the orders that only quiet events stand in the way of, expecting the version that is there now."""
    moved = {
        order.stream: (order, answer)
        for order in orders
        if isinstance(answer := answers[order.stream], VersionMoved)
        and order.expected is not None
        and 0 < order.expected < answer.version
    }
    if not moved:
        return []
    events = await ledger.events_of(orders[0].tenant, list(moved))
    return [
        replace(order, expected=answer.version)
        for stream, (order, answer) in moved.items()
        if all(
            type(one.event) in machine_for(stream).quiet
            for one in events[stream]
            if order.expected is not None and order.expected < one.version <= answer.version
        )
    ]


def _named(order: Order, answer: Each) -> Each:
    """What is not there is missing, whatever was asked of it."""
    not_there = isinstance(answer, Refused) and answer.code == "not_started"
    if not_there or (isinstance(answer, VersionMoved) and answer.version == 0):
        return Refused(Kind.MISSING, "stream_unknown", {"stream": order.stream})
    return answer
