"""Follow-ups: the commendation, the visit, the plan and its verification, each where it stands."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.deps import LedgerDep
from api.web.act import command_routes
from api.web.forms import NOTHING_TRIED, Tried
from api.web.kit import address, page, period_title, say, titled
from api.web.streams import names_for, opened, people_in
from api.web.visitor import Visitor, VisitorDep
from domain.access import may_look
from domain.deadline import deadline
from domain.follow_up import FOLLOW_UP, FollowUp, FollowUpSentBack, FollowUpVerified
from domain.ids import StreamId, stream_id
from domain.machine import Event
from domain.path_view import follow_up_path
from domain.programme import Programme
from domain.story import story
from domain.view import Names
from ledger.ledger import Ledger

router = APIRouter()


@router.get("/follow-ups/{id}")
async def shown(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """A follow-up as it is now, with what the visitor may do."""
    return await show(request, visitor, ledger, id, NOTHING_TRIED, 200)


async def show(request: Request, visitor: Visitor, ledger: Ledger, id: str, tried: Tried, status: int) -> Response:
    """Show a follow-up, with a form that was refused as it was typed."""
    found = await opened(ledger, visitor, id, FOLLOW_UP)
    state = found.state
    assert isinstance(state, FollowUp), "a follow-up's stream has a follow-up's states"
    events = await ledger.events(visitor.tenant, found.stream)
    names = await names_for(ledger, visitor, found.programme, people_in(events))
    path = follow_up_path(events, names)
    at = path.now.due_at if path.now is not None else None
    calendar = visitor.programme.calendar_at(visitor.now)
    return page(
        request,
        visitor,
        "follow_up.html",
        status,
        id=found.stream,
        version=found.version,
        state=state,
        permitted=found.permitted(visitor),
        tried=tried,
        errors={f"{tried.command}-{name}": sentence for name, sentence in tried.errors.items()},
        title=names.text(state.title),
        late=path.now is not None and state.due_at < visitor.now,
        due=None if at is None else deadline(at, visitor.now, calendar, visitor.lang),
        course=path,
        waits=names.post_at(_whose_turn(state)) if path.now is not None else "",
        leader=names.post_at(state.leader),
        answerer=names.post_at(state.answerer),
        cause=await _cause(ledger, visitor, found.stream, state, found.programme, names),
        sent_back=_last(events, FollowUpSentBack) if state.status == "visited" else None,
        verified=_last(events, FollowUpVerified),
        history=story(FOLLOW_UP, events, names),
        audits=may_look(visitor.actor, FOLLOW_UP.scope(state)),
    )


def _whose_turn(state: FollowUp) -> Any:
    return state.answerer if state.status == "visited" else state.leader


def _last(events: Any, kind: type[Event]) -> Any:
    return next((one.event for one in reversed(events) if isinstance(one.event, kind)), None)


async def _cause(
    ledger: Ledger, visitor: Visitor, stream: StreamId, state: FollowUp, programme: Programme, names: Names
) -> dict[str, str]:
    """What called for the follow-up, in words, with the address of the inspection or filing where it can be told."""
    parts = state.cause.split("/")
    if len(parts) != 3:
        return {"words": state.cause, "href": ""}
    rules, period, outcome = parts
    params = {"title": names.owed(rules), "span": period_title(programme, visitor.lang, period)}
    inspection = programme.inspection_by_id.get(rules)
    tenant, cycle, unit = visitor.tenant, state.cycle, state.unit
    if inspection is not None:
        bands = {one.id: names.text(one.title) for one in inspection.outcomes}
        words = say(visitor.lang, "web.follow_up.cause_inspection", outcome=bands.get(outcome, outcome), **params)
        behind = stream_id("inspection", tenant, cycle, rules, unit, period)
        # Its own id says whether this is the inspection that opened it.
        opened_by = stream == stream_id("follow_up", tenant, cycle, state.rules, unit, rules, period)
    elif rules in programme.duty_by_id:
        judged = programme.pipeline_by_id[programme.duty_by_id[rules].pipeline].judgements
        titles = {one.id: names.text(one.title) for one in judged}
        words = say(visitor.lang, "web.follow_up.cause_filing", outcome=titles.get(outcome, outcome), **params)
        # What a person owes has the person in its id, which the cause does not name.
        behind = stream_id("filing", tenant, cycle, rules, period, unit, "")
        opened_by = True
    else:
        return {"words": state.cause, "href": ""}
    known = opened_by and await ledger.inspections.readable(tenant, behind, visitor.actor)
    return {"words": words, "href": address(behind) if known else ""}


async def follow_up_at(ledger: Ledger, visitor: Visitor, stream: StreamId) -> dict[str, str] | None:
    """Return the address, title and status of a follow-up that is there and that the visitor may look at. One query."""
    found = (await ledger.desk.heads(visitor.tenant, [stream])).get(stream)
    state = None if found is None else found[1]
    if not isinstance(state, FollowUp) or not may_look(visitor.actor, FOLLOW_UP.scope(state)):
        return None
    return {"href": address(stream), "title": titled(visitor.lang, state.title), "status": state.status}


router.include_router(command_routes(FOLLOW_UP, show))
