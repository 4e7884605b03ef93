"""Read models as pure functions of a stream's state. `execute` writes them, `rebuild` recomputes and compares them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from domain.access import Inspected, readers
from domain.delegation import Delegation
from domain.filing import Filing
from domain.ids import PersonId, UnitId
from domain.machine import Appointment, Machine, State, Summary, Task
from domain.programme import Place, Programme
from domain.search import filing_grams


def project(machine: Machine, state: State, at: datetime) -> dict[str, Any]:
    """Return a stream's rows in the read models, as JSON-able values: `item`, `tasks`, `appointments`, `delegations`,
    `panel`, `unit`, `in_force`.

    `at` is when its last event happened.
    """
    rows: dict[str, Any] = {}
    summary = machine.summary(state)
    if summary is not None:
        rows["item"] = _item(summary, state, readers(machine.scope(state)), at)
        rows["tasks"] = _tasks(machine.tasks(state))
    if machine.appointments is not None:
        rows["appointments"] = [_appointment(one) for one in machine.appointments(state)]
    if machine.delegations is not None and (given := [_delegation(one) for one in machine.delegations(state)]):
        rows["delegations"] = given
    if machine.panel is not None:
        rows["panel"] = [_on_panel(person, looks) for person, looks in machine.panel(state)]
    if machine.place is not None:
        rows["unit"] = _unit(machine.place(state))
    if machine.in_force is not None:
        rows["in_force"] = machine.in_force(state)
    return rows


def search_row(state: State, contents: Mapping[str, Any], programme: Programme) -> dict[str, Any] | None:
    """Return what a filing is found by once its last content is among `contents`, by digest; None when it is not.

    A content that was erased (null) leaves nothing to find.
    """
    if not isinstance(state, Filing) or not state.revisions or state.revisions[-1].content not in contents:
        return None
    digest = state.revisions[-1].content
    body = contents[digest]
    return {"content": digest, "grams": [] if body is None else filing_grams(state, body, programme)}


def _item(summary: Summary, state: State, readers: tuple[UnitId, ...], at: datetime) -> dict[str, Any]:
    return {
        "cycle": summary.cycle,
        "unit": summary.unit,
        "duty": summary.duty,
        "period": summary.period,
        "person": summary.person,
        "subject": summary.subject,
        "status": state.status,
        "stage": summary.stage,
        "due_at": summary.due_at,
        "late": summary.late,
        "readers": readers,
        "changed_at": at,
    }


def _tasks(tasks: Iterable[Task]) -> list[dict[str, Any]]:
    return [
        {
            "ordinal": ordinal,
            "kind": task.kind,
            "person": task.person,
            "role": task.post.role if task.post else None,
            "unit": task.post.unit if task.post else None,
            "due_at": task.due_at,
        }
        for ordinal, task in enumerate(tasks)
    ]


def _unit(place: Place) -> dict[str, Any]:
    unit = place.unit
    return {
        "unit": unit.id,
        "kind": unit.kind.value,
        "title_zh": unit.title.zh,
        "title_en": unit.title.en,
        "parent": unit.parent,
        "parents": place.parents,
        "subject": unit.subject,
        "centre": unit.centre,
        "closed": place.closed,
    }


def _on_panel(person: PersonId, looks: Inspected) -> dict[str, Any]:
    return {"person": person, "cycle": looks.cycle, "unit": looks.unit, "duties": sorted(looks.duties)}


def _delegation(one: Delegation) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude={"reason"})


def _appointment(one: Appointment) -> dict[str, Any]:
    return one.model_dump(mode="json")
