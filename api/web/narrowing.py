"""What lists and the board are narrowed by: a form of choices, read from an address and written back to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from urllib.parse import urlencode

from api.web.cycle_now import CycleNow
from api.web.kit import month_title, say, titled
from api.web.visitor import Visitor
from domain.cycle import Window
from domain.filing import FILING
from domain.machine import status_of
from domain.programme import Programme, Right
from ledger.lists import ItemFilter, Order

Choice = tuple[str, str]
"""A value and its words."""

NAMES = ("q", "unit", "duty", "status", "month", "subject", "years", "order", "mine")
"""What an address may carry, in the order in which it is written."""
LONGEST = 200
"""Characters of one value."""
ORDERS: Sequence[Order] = ("changed", "due")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The choices made, by name; those left open are empty."""

    chosen: Mapping[str, str]

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Narrowing:
        """Read an address. What it says too much of is cut, what it makes up finds nothing."""
        return cls({name: query.get(name, "").strip().replace("\x00", "")[:LONGEST] for name in NAMES})

    def __getitem__(self, name: str) -> str:
        """The value chosen for a name."""
        return self.chosen[name]

    @property
    def order(self) -> Order:
        """What the list goes by."""
        return next((one for one in get_args(Order) if one == self["order"] and one in ORDERS), ORDERS[0])

    @property
    def is_open(self) -> bool:
        """Whether nothing is narrowed."""
        return not any(value for name, value in self.chosen.items() if name not in ("order", "years"))

    @property
    def all_years(self) -> bool:
        """Whether filings of former school years are wanted too."""
        return self["years"] == "all"

    def with_(self, **changed: str) -> str:
        """Return the query string of the same choices, some of them changed."""
        merged = {**self.chosen, **changed}
        return urlencode({name: value for name, value in merged.items() if value})

    def filter(self, cycle: CycleNow | None, programme: Programme) -> ItemFilter:
        """Return what the lists of the ledger are narrowed to."""
        windows = None
        if self["month"] and cycle is not None:
            windows = tuple((one.rules, one.period) for one in due_in(cycle, self["month"], programme))
        return ItemFilter(
            unit=self["unit"] or None,
            duty=self["duty"] or None,
            statuses=() if self["status"] in ("", "late") else (self["status"],),
            late=True if self["status"] == "late" else None,
            subject=self["subject"] or None,
            text=self["q"] or None,
            windows=windows,
            cycle=cycle.stream if cycle is not None and (windows is not None or not self.all_years) else None,
        )


def month_of(at: datetime, programme: Programme) -> str:
    """Return the month that an instant lies in, such as 2026-11."""
    return programme.local_day(at).isoformat()[:7]


def due_in(cycle: CycleNow, month: str, programme: Programme) -> Iterator[Window]:
    """Yield the windows of filings that fall due in a month."""
    if cycle.scheduled is not None:
        for window in cycle.scheduled.windows:
            if window.kind == "duty" and month_of(window.due_at, programme) == month:
                yield window


def months_of(cycle: CycleNow | None, programme: Programme) -> list[str]:
    """Return the months of the cycle in which filings fall due, in order."""
    windows = () if cycle is None or cycle.scheduled is None else cycle.scheduled.windows
    return sorted({month_of(one.due_at, programme) for one in windows if one.kind == "duty"})


def unit_choices(visitor: Visitor) -> list[Choice]:
    """Return the units that the visitor reads at, and those below, set in by depth."""
    programme = visitor.programme
    reading = {held.unit for held in visitor.actor.held if held.rights & {Right.READ, Right.AUDIT}}
    seen = set().union(*(programme.below(unit) for unit in reading)) if reading else set()
    depth = min((len(programme.path_of(unit)) for unit in seen), default=1)
    return [
        (unit.id, "\u3000" * (len(programme.path_of(unit.id)) - depth) + titled(visitor.lang, unit.title))
        for unit in programme.all_units.values()
        if unit.id in seen
    ]


def duty_choices(visitor: Visitor) -> list[Choice]:
    """Return the programme's duties."""
    return [(duty.id, titled(visitor.lang, duty.title)) for duty in visitor.programme.duties]


def subject_choices(visitor: Visitor) -> list[Choice]:
    """Return the programme's subjects."""
    return [(one.id, titled(visitor.lang, one.title)) for one in visitor.programme.subjects]


def status_choices(visitor: Visitor) -> list[Choice]:
    """Return the states of a filing, and lateness."""
    states = [status_of(state) for state in FILING.states]
    late = ("late", say(visitor.lang, "web.tone.late"))
    return [late, *((one, say(visitor.lang, f"status.filing.{one}")) for one in states)]


def month_choices(visitor: Visitor, cycle: CycleNow | None) -> list[Choice]:
    """Return the months in which filings fall due."""
    return [(one, month_title(visitor.lang, one)) for one in months_of(cycle, visitor.programme)]
