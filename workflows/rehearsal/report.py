"""What a rehearsal found. Every number is counted from the ledger's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

from domain.programme import Programme
from domain.text import Text
from ledger.rehearsals import DutyTally, RoleTally, Tally


class DutyReport(DutyTally):
    """One duty over the rehearsed time."""

    title: Text


class RoleLoad(RoleTally):
    """How a role was burdened."""

    title: Text


class Report(BaseModel):
    """A rehearsal's report. All but `seconds` and `peak_mib` repeats for the same programme, dates and seed."""

    programme: str
    title: Text
    seed: int
    first_day: date
    until: date
    units: int
    people: int
    duties: list[DutyReport]
    roles: list[RoleLoad]
    approvals: int
    returns: int
    reminders: int
    escalations: int
    lapses: int
    filings: dict[str, int] = {}
    """How many filings stand in each state."""
    on_the_way: dict[str, int] = {}
    """What happened to filings besides handing in, agreeing and returning, by event."""
    absence: dict[str, int] = {}
    """What became of people, by event, and how much was done on behalf of somebody."""
    inspections: dict[str, int]
    follow_ups: dict[str, int]
    notices: int
    events: int
    provisional_windows: int
    refused: dict[str, int]
    """Commands of simulated people that were refused, by reason."""
    sound: bool
    drifts: int
    seconds: float = 0.0
    peak_mib: int = 0


_ON_THE_WAY = (
    *("objection_raised", "rejected", "transferred", "signer_added", "decider_assigned", "handed_over"),
    *("seats_changed", "stage_passed", "recalled", "recall_requested", "recall_refused", "waived", "amending_begun"),
    *("amendment_abandoned", "voided", "extension_asked", "extension_granted", "extension_refused", "commented"),
    *("copied", "copy_read", "urged", "rules_moved"),
)
_ABSENCE = (
    *("delegated", "delegation_ended", "handed_over", "left", "appointment_revoked", "post_over", "post_begun"),
    "vacancy_filled",
)

_REMINDERS = (
    "filing.reminded",
    "filing.stage_reminded",
    "inspection.reminded",
    "inspection.reviewer_reminded",
    "follow_up.reminded",
)


def counted(tally: Tally, programme: Programme) -> dict[str, Any]:
    """Return the counted part of a report."""
    types = tally.types
    return {
        "duties": [DutyReport(title=programme.duty_by_id[one.duty].title, **one.model_dump()) for one in tally.duties],
        "roles": [RoleLoad(title=programme.role_by_id[one.role].title, **one.model_dump()) for one in tally.roles],
        "approvals": types.get("filing.approval_given", 0),
        "returns": types.get("filing.returned", 0) + types.get("filing.sent_back", 0),
        "reminders": sum(types.get(one, 0) for one in _REMINDERS),
        "escalations": types.get("filing.escalated", 0),
        "lapses": types.get("filing.lapsed", 0),
        "filings": tally.statuses.get("filing", {}),
        "on_the_way": _occurred("filing", _ON_THE_WAY, types) | _counted(passed_by_time=tally.passed_by_time),
        "absence": _occurred("person", _ABSENCE, types) | _counted(on_behalf_of=tally.on_behalf_of),
        "inspections": tally.statuses.get("inspection", {}),
        "follow_ups": tally.statuses.get("follow_up", {}),
        "notices": tally.notices,
        "events": sum(types.values()),
    }


def _occurred(machine: str, names: Iterable[str], types: Mapping[str, int]) -> dict[str, int]:
    """How often each of these events of a machine occurred, of those that did."""
    return _counted(**{name: types.get(f"{machine}.{name}", 0) for name in names})


def _counted(**counts: int) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
