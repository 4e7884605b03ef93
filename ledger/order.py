"""What goes into `execute` and what comes out of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import PersonId, StreamId, TenantId
from domain.machine import Command, Event, State
from domain.refusal import Refused


@dataclass(frozen=True, slots=True)
class Order:
    """A command, addressed and signed: to which stream, by whom, under which id."""

    tenant: TenantId
    stream: StreamId
    command: Command
    actor: PersonId
    command_id: UUID
    expected: int | None = None
    """The stream's version the caller decided on; none when any will do."""
    on_behalf_of: PersonId | None = None
    programme: str | None = None
    """Digest to pin when this order starts a stream; none for the tenant's programme in force."""

    def content_digest(self) -> bytes:
        """Digest of what is ordered, so that one id never stands for two different orders."""
        command = self.command.model_dump(mode="json")
        said = [self.stream, self.command.name, command, self.actor, self.on_behalf_of, self.programme]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it stands in the ledger."""

    position: int
    stream: StreamId
    version: int
    event: Event
    actor: PersonId
    on_behalf_of: PersonId | None
    programme: str
    command_id: UUID
    happened_at: datetime
    recorded_at: datetime
    hash: str
    digest: bytes

    def data(self) -> dict[str, Any]:
        """The event's own data, as JSON values."""
        return self.event.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an order came to."""

    stream: StreamId
    version: int
    state: State
    permitted: tuple[str, ...]
    """What this actor may do next."""
    repeated: bool = False
    """The ledger knew the command id: nothing was written now."""
    events: tuple[str, ...] = field(default=())
    """The types of the events written."""


class VersionMoved(Exception):
    """The stream is not at the version the caller expected, or kept moving. Carries what is true now."""

    def __init__(self, stream: StreamId, expected: int | None, version: int, status: str) -> None:
        super().__init__(f"{stream} is at version {version}, not {expected}")
        self.stream = stream
        self.expected = expected
        self.version = version
        self.status = status


Answer = Outcome | Refused | VersionMoved
"""What an order of a batch came to: each is answered for itself."""


class BatchRefused(Exception):
    """One order of a batch that stands or falls together was refused; nothing was written."""

    def __init__(self, order: Order, refused: Refused) -> None:
        super().__init__(f"{order.stream}: {refused.code}")
        self.order = order
        self.refused = refused


class CommandIdReused(Exception):
    """The same command id came with another content."""
