"""All machines, by name; and the way from a stored event or snapshot back to its value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from domain.cycle import CYCLE
from domain.filing import FILING
from domain.follow_up import FOLLOW_UP
from domain.ids import machine_of
from domain.inspection import INSPECTION
from domain.machine import Event, Machine, Unreadable
from domain.person import PERSON
from domain.refusal import Kind, Refused
from domain.rulebook import RULEBOOK
from domain.unit import UNIT

MACHINES: Mapping[str, Machine] = {
    machine.name: machine for machine in (CYCLE, FILING, INSPECTION, FOLLOW_UP, PERSON, UNIT, RULEBOOK)
}

_STREAM_ID = re.compile(r"[a-z]{3}-[0-9A-Za-z_-]{1,60}")

CONTENT_FIELDS: Mapping[str, str] = {
    event.type: event.content_field
    for machine in MACHINES.values()
    for event in machine.evolve
    if event.content_field is not None
}
"""The stored event names that refer to a content, each with the field that holds its digest."""

Upcast = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]

UPCASTS: Mapping[str, Upcast] = {}
"""Old stored event names, each with the function that lifts its data to a newer name and shape."""


def machine_for(stream: str) -> Machine:
    """Return the machine whose prefix the stream id carries; refused as missing when there is none."""
    name = machine_of(stream)
    if name is None or not _STREAM_ID.fullmatch(stream):
        raise Refused(Kind.MISSING, "stream_unknown", {"stream": stream[:80]})
    return MACHINES[name]


def load_event(machine: Machine, name: str, data: dict[str, Any]) -> Event:
    """Return the event that a stored name and data mean today. Raises `Unreadable`."""
    while name in UPCASTS:
        name, data = UPCASTS[name](data)
    try:
        return machine.events[name].model_validate(data)
    except (KeyError, ValidationError) as fault:
        raise Unreadable(name) from fault
