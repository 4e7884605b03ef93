"""Lists and search: filings by state, unit, duty, month, subject and words; counts; views that one keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.deps import LedgerDep
from api.web.cycle_now import cycle_now
from api.web.forms import refused
from api.web.kit import duty_title, is_late_at, page, period_title, unit_title
from api.web.narrowing import (
    Narrowing,
    duty_choices,
    month_choices,
    status_choices,
    subject_choices,
    unit_choices,
)
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.deadline import deadline
from domain.ids import PersonId
from domain.refusal import Refused
from ledger.ledger import Ledger
from ledger.lists import COUNTED, Counts, Page

router = APIRouter()

PAGE = "/filings"
SIZE = 50
"""Filings on a page."""
CURSOR = 120
"""Characters of a cursor, at most."""


@router.get(PAGE)
async def filings(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The filings that the visitor may look at, narrowed as the address says."""
    return await _show(request, visitor, ledger, 200)


@router.post(f"{PAGE}/views")
async def save_view(request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Keep the present choices under a name."""
    query = Narrowing.read({name: str(value) for name, value in form.items()}).with_()
    name = str(form.get("name") or "").replace("\x00", "")
    try:
        await ledger.views.save(visitor.tenant, visitor.person, PAGE, name, query)
    except Refused as refusal:
        why = next(iter(refused("view", form, refusal, visitor.lang).errors.values()))
        return await _show(request, visitor, ledger, 422, query=dict(form), fault=why, name=name)
    return RedirectResponse(f"{PAGE}?{query}{'&' if query else ''}said=view_saved", 303)


@router.post(f"{PAGE}/views/drop")
async def drop_view(visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Forget a view."""
    try:
        await ledger.views.drop(visitor.tenant, visitor.person, UUID(str(form.get("id"))))
    except ValueError:
        return RedirectResponse(PAGE, 303)
    return RedirectResponse(f"{PAGE}?said=view_dropped", 303)


async def _show(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    status: int,
    *,
    query: Mapping[str, Any] | None = None,
    fault: str = "",
    name: str = "",
) -> Response:
    asked: Mapping[str, Any] = request.query_params if query is None else query
    narrowing = Narrowing.read({key: str(value) for key, value in asked.items()})
    cycle = await cycle_now(ledger, visitor)
    wanted = narrowing.filter(cycle, visitor.programme)
    after = str(asked.get("after") or "")[:CURSOR]
    found, counts = Page((), None), Counts({})
    try:
        if narrowing["mine"]:
            found = await ledger.lists.filed_by(
                visitor.tenant, visitor.actor, visitor.programme, after=after, limit=SIZE
            )
        else:
            found = await ledger.lists.items(
                visitor.tenant,
                "filing",
                visitor.actor,
                visitor.programme,
                wanted,
                after=after,
                limit=SIZE,
                order=narrowing.order,
            )
            counts = await ledger.lists.counts(visitor.tenant, "filing", visitor.actor, visitor.programme, wanted)
    except ValueError:
        return RedirectResponse(f"{PAGE}?{narrowing.with_()}", 303)  # a cursor that nobody was given: begin anew
    people = {PersonId(row["person"]) for row in found.rows if row["person"]}
    names = await ledger.names(visitor.tenant, people)
    return page(
        request,
        visitor,
        "filings.html",
        status,
        narrowing=narrowing,
        rows=[_row(row, visitor, names) for row in found.rows],
        total=COUNTED if counts.more else sum(counts.by_status.values()),
        capped=counts.more,
        counts=sorted(counts.by_status.items(), key=lambda one: -one[1]),
        next=found.next,
        later=bool(after),
        views=await ledger.views.of(visitor.tenant, visitor.person, PAGE),
        units=unit_choices(visitor),
        duties=duty_choices(visitor),
        statuses=status_choices(visitor),
        months=month_choices(visitor, cycle),
        subjects=subject_choices(visitor),
        fault=fault,
        name=name,
    )


def _row(row: Mapping[str, Any], visitor: Visitor, names: Mapping[PersonId, str]) -> dict[str, Any]:
    programme, lang = visitor.programme, visitor.lang
    late = is_late_at("filing", row["status"], row["due_at"], visitor.now)
    open_still = row["status"] in ("open", "drafting", "returned", "recalled", "in_review")
    due = deadline(row["due_at"], visitor.now, programme.calendar_at(visitor.now), lang)
    return {
        "stream": row["stream"],
        "title": duty_title(programme, lang, row["duty"]),
        "unit": unit_title(programme, lang, row["unit"]),
        "person": names.get(PersonId(row["person"]), "") if row["person"] else "",
        "period": period_title(programme, lang, row["period"]),
        "status": row["status"],
        "late": late,
        "due_at": row["due_at"],
        "left": due.words if open_still else "",
    }
