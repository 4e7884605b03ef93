"""What a rehearsal found. Every number is counted from the ledger's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, LiteralString

from pydantic import BaseModel

from domain.ids import TenantId
from domain.programme import Programme
from domain.text import Text
from ledger.database import Connection, Database


class DutyReport(BaseModel):
    """One duty over the rehearsed time."""

    duty: str
    title: Text
    due: int
    on_time: int
    late: int
    lapsed: int
    returned: int
    approved: int
    open: int


class RoleLoad(BaseModel):
    """How a role was burdened."""

    role: str
    title: Text
    decisions: int
    people: int
    busiest_week: date | None
    """The Monday of the week with the most decisions."""
    in_busiest_week: int


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


_DUTIES: LiteralString = """
SELECT o.data ->> 'duty' AS duty, count(*) AS due,
       count(*) FILTER (WHERE s.late IS FALSE) AS on_time,
       count(*) FILTER (WHERE s.late IS TRUE) AS late,
       count(*) FILTER (WHERE h.status = 'lapsed') AS lapsed,
       coalesce(sum(r.n), 0)::integer AS returned,
       count(*) FILTER (WHERE h.status = 'approved') AS approved,
       count(*) FILTER (WHERE NOT h.ended) AS open
FROM event AS o
JOIN stream AS h ON h.tenant = o.tenant AND h.stream = o.stream
LEFT JOIN LATERAL (
    SELECT (e.data ->> 'late')::boolean AS late FROM event AS e
    WHERE e.tenant = o.tenant AND e.stream = o.stream AND e.type = 'filing.submitted' ORDER BY e.version LIMIT 1
) AS s ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS n FROM event AS e
    WHERE e.tenant = o.tenant AND e.stream = o.stream AND e.type IN ('filing.returned', 'filing.sent_back')
) AS r ON true
WHERE o.tenant = %s AND o.type = 'filing.opened'
GROUP BY 1 ORDER BY 1
"""

_ROLES: LiteralString = """
WITH decided AS (
    SELECT a.role, date_trunc('week', e.happened_at AT TIME ZONE %(zone)s)::date AS week
    FROM event AS e JOIN appointment AS a ON a.tenant = e.tenant AND a.stream = e.actor
    WHERE e.tenant = %(tenant)s
      AND e.type IN ('filing.approval_given', 'filing.returned', 'filing.sent_back', 'filing.rejected',
                     'inspection.reviewed', 'inspection.assigned', 'inspection.signed')
), weekly AS (
    SELECT role, week, count(*) AS n FROM decided GROUP BY role, week
), busiest AS (
    SELECT DISTINCT ON (role) role, week, n FROM weekly ORDER BY role, n DESC, week
)
SELECT w.role, sum(w.n)::integer AS decisions, b.week, b.n AS most,
       (SELECT count(DISTINCT a.stream) FROM appointment AS a WHERE a.tenant = %(tenant)s AND a.role = w.role) AS people
FROM weekly AS w JOIN busiest AS b USING (role)
GROUP BY w.role, b.week, b.n ORDER BY w.role
"""

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

_ALONE: LiteralString = """
SELECT count(*) FILTER (WHERE on_behalf_of IS NOT NULL) AS on_behalf_of,
       count(*) FILTER (WHERE type = 'filing.approval_given' AND (data ->> 'by_time')::boolean) AS passed_by_time
FROM event WHERE tenant = %s
"""

_TYPES: LiteralString = "SELECT type, count(*) AS n FROM event WHERE tenant = %s GROUP BY type"
_STATUSES: LiteralString = """
SELECT machine, status, count(*) AS n FROM stream WHERE tenant = %s AND machine IN ('filing', 'inspection', 'follow_up')
GROUP BY machine, status ORDER BY machine, status
"""
_REMINDERS = (
    "filing.reminded",
    "filing.stage_reminded",
    "inspection.reminded",
    "inspection.reviewer_reminded",
    "follow_up.reminded",
)


async def counted(database: Database, tenant: TenantId, programme: Programme) -> dict[str, Any]:
    """Return the counted part of a report."""
    zone = programme.calendar.time_zone
    async with database.connection(tenant) as connection:
        duties = await (await connection.execute(_DUTIES, (tenant,))).fetchall()
        roles = await (await connection.execute(_ROLES, {"tenant": tenant, "zone": zone})).fetchall()
        types = {row["type"]: row["n"] for row in await (await connection.execute(_TYPES, (tenant,))).fetchall()}
        statuses = await (await connection.execute(_STATUSES, (tenant,))).fetchall()
        alone = await (await connection.execute(_ALONE, (tenant,))).fetchone() or {}
        notices = await _count_notices(connection, tenant)
    return {
        "duties": [DutyReport(title=programme.duty_by_id[row["duty"]].title, **row) for row in duties],
        "roles": [
            RoleLoad(
                role=row["role"],
                title=programme.role_by_id[row["role"]].title,
                decisions=row["decisions"],
                people=row["people"],
                busiest_week=row["week"],
                in_busiest_week=row["most"],
            )
            for row in roles
        ],
        "approvals": types.get("filing.approval_given", 0),
        "returns": types.get("filing.returned", 0) + types.get("filing.sent_back", 0),
        "reminders": sum(types.get(one, 0) for one in _REMINDERS),
        "escalations": types.get("filing.escalated", 0),
        "lapses": types.get("filing.lapsed", 0),
        "filings": {row["status"]: row["n"] for row in statuses if row["machine"] == "filing"},
        "on_the_way": _occurred("filing", _ON_THE_WAY, types) | _counted(passed_by_time=alone["passed_by_time"]),
        "absence": _occurred("person", _ABSENCE, types) | _counted(on_behalf_of=alone["on_behalf_of"]),
        "inspections": {row["status"]: row["n"] for row in statuses if row["machine"] == "inspection"},
        "follow_ups": {row["status"]: row["n"] for row in statuses if row["machine"] == "follow_up"},
        "notices": notices,
        "events": sum(types.values()),
    }


def _occurred(machine: str, names: Iterable[str], types: Mapping[str, int]) -> dict[str, int]:
    """How often each of these events of a machine occurred, of those that did."""
    return _counted(**{name: types.get(f"{machine}.{name}", 0) for name in names})


def _counted(**counts: int) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


async def _count_notices(connection: Connection, tenant: TenantId) -> int:
    row = await (await connection.execute("SELECT count(*) AS n FROM inbox WHERE tenant = %s", (tenant,))).fetchone()
    return int(row["n"]) if row else 0
