"""The two chains: of each stream's events, and of the tenant's positions.

digest = H(previous digest of the stream ‖ RFC 8785 form of the event), H named in the row.
link = SHA-256(previous link of the tenant ‖ position ‖ recorded at ‖ digest), computed by the database, which alone
knows position and time of recording; it makes a reordering and a cut visible.
"""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.canonical import HashName, canonical, digest

_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def stamp(at: datetime) -> str:
    """Return an instant as it is digested: UTC, six decimals, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event_digest(name: HashName, previous: bytes, signed: dict[str, Any]) -> bytes:
    """Return the digest of an event's signed fields, resting on the stream's previous digest."""
    return digest(name, previous, canonical(signed))


def event_link(previous: bytes, position: int, recorded_at: datetime, event: bytes) -> bytes:
    """Return the tenant's link at a position; the same bytes as PostgreSQL's int8send and timestamptz_send give."""
    microseconds = (recorded_at - _POSTGRES_EPOCH) // timedelta(microseconds=1)
    return hashlib.sha256(previous + struct.pack(">qq", position, microseconds) + event).digest()
