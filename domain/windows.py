"""What a window owes: one filing or inspection for each unit or person concerned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from domain.cycle import Window
from domain.filing import OpenFiling
from domain.ids import PersonId, StreamId, UnitId, stream_id
from domain.inspection import PlanInspection
from domain.machine import Appointment, Command
from domain.programme import Duty, OwedPer, Programme

Holder = tuple[PersonId, Appointment]
"""A person and one appointment of theirs."""


def owed(
    programme: Programme, tenant: str, cycle: StreamId, window: Window, holders: Iterable[Holder]
) -> Iterator[tuple[StreamId, Command]]:
    """Yield the streams a window opens, each with the command that starts it.

    Stream ids are derived from cycle, duty, period, unit and person, so that a window opens each of them once.
    """
    if window.kind == "inspection":
        yield from _inspections(programme, tenant, cycle, window)
        return
    duty = programme.duty_by_id[window.rules]
    if duty.per is OwedPer.PERSON:
        yield from _of_people(programme, tenant, cycle, window, duty, holders)
        return
    for unit in programme.all_units.values():
        if unit.kind is duty.owed_by.scope:
            yield _filing(tenant, cycle, window, duty, UnitId(unit.id), None)


def _of_people(
    programme: Programme, tenant: str, cycle: StreamId, window: Window, duty: Duty, holders: Iterable[Holder]
) -> Iterator[tuple[StreamId, Command]]:
    day = programme.local_day(window.opens_at)
    for person, post in holders:
        unit = programme.all_units.get(post.unit)
        owes = post.role == duty.owed_by.role and post.in_force(day, window.opens_at)
        if unit is not None and owes and unit.kind is duty.owed_by.scope:
            yield _filing(tenant, cycle, window, duty, post.unit, person)


def _filing(
    tenant: str, cycle: StreamId, window: Window, duty: Duty, unit: UnitId, person: PersonId | None
) -> tuple[StreamId, Command]:
    command = OpenFiling(
        cycle=cycle,
        duty=duty.id,
        period=window.period,
        unit=unit,
        person=person,
        due_at=window.due_at,
        lapses_at=window.lapses_at,
        remind_at=window.remind_at,
    )
    return stream_id("filing", tenant, cycle, duty.id, window.period, unit, person or ""), command


def _inspections(
    programme: Programme, tenant: str, cycle: StreamId, window: Window
) -> Iterator[tuple[StreamId, Command]]:
    rules = programme.inspection_by_id[window.rules]
    for unit in programme.all_units.values():
        if unit.kind is rules.of:
            command = PlanInspection(
                cycle=cycle,
                rules=rules.id,
                period=window.period,
                unit=UnitId(unit.id),
                due_at=window.due_at,
                remind_at=next(iter(window.remind_at), None),
            )
            yield stream_id("inspection", tenant, cycle, rules.id, unit.id, window.period), command
