"""The stream behind a page: found, checked against what its visitor may read, and with the words for what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from api.web.visitor import Visitor
from domain.access import may_look
from domain.ids import PersonId, StreamId, machine_of
from domain.machine import Machine, State
from domain.programme import Programme
from domain.refusal import Kind, Refused, forbidden
from domain.view import Names
from ledger.ledger import Ledger
from ledger.order import RecordedEvent

_STREAM_ID = re.compile(r"[a-z]{3}-[0-9a-f]{20}")
_PERSON_ID = re.compile(r"\bper-[0-9a-f]{20}\b")


@dataclass(frozen=True, slots=True)
class Opened:
    """A stream that the visitor may read, as it is now."""

    machine: Machine
    stream: StreamId
    version: int
    state: State
    programme: Programme
    """The rules it is pinned to, over the tree of units as it is now."""
    digest: str
    """The name of those rules."""

    def permitted(self, visitor: Visitor) -> tuple[str, ...]:
        """The commands that the visitor may give now."""
        return self.machine.permitted(self.state, visitor.actor)


async def opened(ledger: Ledger, visitor: Visitor, id: str, machine: Machine, *, action: str = "read") -> Opened:
    """Return a stream of the machine. Raises `Refused`: missing where there is none, forbidden for who may not see it.

    Three queries. Readers of the ledger see what lists show them, and may do nothing with it; a denial is logged.
    """
    if _STREAM_ID.fullmatch(id) is None or machine_of(id) != machine.name:
        raise Refused(Kind.MISSING, "stream_unknown", {"stream": id[:80].replace("\x00", "?")})
    stream = StreamId(id)
    version, state, digest = await ledger.head(visitor.tenant, stream)
    if not may_look(visitor.actor, machine.scope(state)):
        refusal = forbidden("not_yours")
        await ledger.deny(visitor.tenant, visitor.person, stream, action, refusal.code)
        raise refusal
    return Opened(machine, stream, version, state, await ledger.programme(visitor.tenant, digest), digest)


async def names_for(ledger: Ledger, visitor: Visitor, programme: Programme, people: Iterable[PersonId]) -> Names:
    """Return the words of a page: the names of these people, the posts they have held, and the programme's titles.

    Two queries.
    """
    known = sorted(set(people))
    named = await ledger.names(visitor.tenant, known)
    return Names(visitor.lang, programme, named, await ledger.audit.held(visitor.tenant, known), now=visitor.now)


def people_in(events: Sequence[RecordedEvent]) -> frozenset[PersonId]:
    """Return everybody that a stream's events speak of: who did it, and whoever is named in it."""
    acted = chain.from_iterable((one.actor, one.on_behalf_of) for one in events)
    named = (PersonId(id) for one in events for id in _PERSON_ID.findall(one.event.model_dump_json()))
    return frozenset(one for one in chain(acted, named) if one is not None)
