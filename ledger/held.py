"""What people hold at an instant, from the rows of the appointments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from domain.access import Held
from domain.ids import UnitId
from domain.machine import in_force
from domain.programme import Programme
from domain.units import path_of


def held_now(rows: Iterable[Mapping[str, Any]], programme: Programme, now: datetime) -> tuple[Held, ...]:
    """Return the appointments in force at an instant, with their rights under the programme in force.

    An appointment to a role or a unit that the programme no longer has gives nothing.
    """
    today = programme.local_day(now)
    return tuple(
        Held(
            role=row["role"],
            unit=UnitId(row["unit"]),
            path=path_of(programme, UnitId(row["unit"])),
            rights=programme.role_by_id[row["role"]].rights,
        )
        for row in rows
        if row["role"] in programme.role_by_id and row["unit"] in programme.all_units and row_in_force(row, today, now)
    )


def row_in_force(row: Mapping[str, Any], today: date, now: datetime) -> bool:
    """Whether an appointment's row holds at an instant, which is on this local day."""
    first, last, ended_at = row["first_day"], row["last_day"], row["ended_at"]
    if isinstance(first, str):  # from JSON
        first, last = date.fromisoformat(first), last and date.fromisoformat(last)
        ended_at = ended_at and datetime.fromisoformat(ended_at)
    return in_force(first, last, ended_at, today, now)
