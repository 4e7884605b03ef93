"""An order between its decision and its writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.access import Actor
from domain.canonical import HashName
from domain.machine import Decision, Machine, State
from domain.programme import Programme
from ledger.order import Order


@dataclass(frozen=True, slots=True)
class Head:
    """A stream as a command finds it, and the world around it."""

    now: datetime
    hash: HashName
    tree: int
    """How often the tree of units has changed."""
    delegations: int
    """How often it has changed who acts for whom."""
    programme: Programme
    programme_digest: str
    in_force: Programme
    version: int
    state: State | None
    status: str | None
    digest: bytes
    alarm_at: datetime | None
    known: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Decided:
    """An order that was accepted, not written yet."""

    order: Order
    machine: Machine
    head: Head
    actor: Actor
    decision: Decision
