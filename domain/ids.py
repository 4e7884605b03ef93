"""Identifiers: typed, prefixed, and derived rather than drawn, so that a repeat finds the same thing."""

from __future__ import annotations

from typing import NewType
from uuid import UUID, uuid5

TenantId = NewType("TenantId", str)
StreamId = NewType("StreamId", str)
PersonId = NewType("PersonId", str)
UnitId = NewType("UnitId", str)

NAMESPACE = UUID("6f0f8f0e-7c0a-5d0e-9a57-8a1f6d3c2b10")
"""Our own UUID namespace (RFC 9562, version 5)."""

NO_STREAM = StreamId("")
"""Stands where no stream is spoken of."""

SYSTEM = PersonId("system")
"""The actor of alarms and reactions. No token is ever issued for it."""

PREFIXES = {
    "cycle": "cyc",
    "filing": "fil",
    "inspection": "ins",
    "follow_up": "fup",
    "person": "per",
    "unit": "uni",
    "rulebook": "rul",
}


def derived(*parts: str) -> UUID:
    """Return the UUID that these parts, in this order, always give."""
    return uuid5(NAMESPACE, "\x1f".join(parts))


def stream_id(machine: str, tenant: str, *key: str) -> StreamId:
    """Return the id of the stream that a machine keeps for `key`, for example `fil-5f1c…` (prefix, 20 hex digits)."""
    return StreamId(f"{PREFIXES[machine]}-{derived(tenant, machine, *key).hex[:20]}")


def machine_of(stream: str) -> str | None:
    """Return the machine that a stream's prefix names, or None."""
    prefix = stream.partition("-")[0]
    return next((machine for machine, one in PREFIXES.items() if one == prefix), None)


def alarm_command_id(tenant: str, stream: str, version: int, alarm: str) -> UUID:
    """Return the command id of an alarm of the stream at a version: running it twice changes nothing twice."""
    return derived(tenant, stream, str(version), "alarm", alarm)


def reaction_command_id(tenant: str, stream: str, version: int, reaction: str, target: str) -> UUID:
    """Return the command id of what a reaction to the event at `version` does to `target`."""
    return derived(tenant, stream, str(version), "reaction", reaction, target)
