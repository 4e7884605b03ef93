"""Inspections: the list, the scoring sheet, the unit's answer, the review, and the sheet on paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.datastructures import FormData

from api.deps import LedgerDep
from api.web.act import Refusal, command_routes, give
from api.web.follow_ups import follow_up_at
from api.web.forms import NOTHING_TRIED, Tried, WrongForm, command_from, typed
from api.web.kit import address, is_late_at, page, period_title, say, titled
from api.web.score_sheet import Entry, clock, entries_from, figure, groups_of, missing_in, save, seen_of
from api.web.streams import Opened, names_for, opened, people_in
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.access import Post, may_look
from domain.deadline import deadline
from domain.ids import PersonId, StreamId, stream_id
from domain.inspection import (
    INSPECTION,
    Answered,
    Disputed,
    Final,
    Inspection,
    Review,
    Reviewed,
    Scoring,
    Sign,
)
from domain.machine import status_of
from domain.path_view import inspection_path
from domain.programme import Programme
from domain.story import Told, story
from domain.view import Happening, Names, walk
from ledger.inspections import FiledUnder, Row
from ledger.ledger import Ledger

router = APIRouter()

PAGE = 50
_BEFORE_RESULT = ("planned", "assigned", "scoring")

# -- the list


@router.get("/inspections")
async def listed(
    request: Request,
    visitor: VisitorDep,
    ledger: LedgerDep,
    kind: str = "",
    state: str = "",
    unit: str = "",
    at: str = Query("1", alias="page"),
) -> Response:
    """The inspections, or the follow-ups, that the visitor may read."""
    machine = "follow_up" if kind == "follow-ups" else "inspection"
    number = int(at) if at.isdecimal() and 0 < int(at[:6]) < 10_000 else 1
    states = _STATES[machine]
    rows = await ledger.inspections.listed(
        visitor.tenant,
        machine,
        visitor.actor,
        states={state} if state in states else None,
        below=visitor.programme.ever_below((unit,)) if unit in visitor.programme.known_units else None,
        limit=PAGE + 1,
        offset=(number - 1) * PAGE,
    )
    names = await ledger.names(visitor.tenant, {person for row in rows for person in row.panel})
    return page(
        request,
        visitor,
        "inspections.html",
        machine=machine,
        rows=[_line(machine, row, visitor, names) for row in rows[:PAGE]],
        states=states,
        units=_units(visitor.programme),
        state=state,
        unit=unit,
        number=number,
        more=len(rows) > PAGE,
    )


def _line(machine: str, row: Row, visitor: Visitor, names: Mapping[PersonId, str]) -> dict[str, Any]:
    programme, lang = visitor.programme, visitor.lang
    waits = row.due_at is not None and row.status in _HAS_A_TURN
    left = deadline(row.due_at, visitor.now, programme.calendar_at(visitor.now), lang).words if waits else ""
    somebody = say(lang, "web.common.somebody")
    return {
        "stream": row.stream,
        "title": titled(lang, row.title),
        "unit": titled(lang, row.unit_title),
        "period": period_title(programme, lang, row.period),
        "status": row.status,
        "late": waits and (is_late_at(machine, row.status, row.due_at, visitor.now) or _is_past(machine, row, visitor)),
        "left": left,
        "panel": [names.get(one, somebody) for one in row.panel],
        "result": row.result,
    }


_HAS_A_TURN = frozenset(
    {"planned", "assigned", "scoring", "notified", "acknowledged", "disputed", "opened", "visited", "plan_agreed"}
)
_STATES: Mapping[str, Sequence[str]] = {
    "inspection": [status_of(one) for one in INSPECTION.states],
    "follow_up": ["opened", "visited", "plan_agreed", "verified", "cancelled"],
}


def _is_past(machine: str, row: Row, visitor: Visitor) -> bool:
    return machine == "follow_up" and row.due_at is not None and row.due_at < visitor.now


def _units(programme: Programme) -> Sequence[tuple[str, Any]]:
    """The units that are inspected, for the filter."""
    kinds = {one.of for one in programme.inspections}
    return [(unit.id, unit.title) for unit in programme.all_units.values() if unit.kind in kinds]


# -- one inspection


@router.get("/inspections/{id}")
async def shown(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """An inspection as it is now, with what the visitor may do."""
    return await show(request, visitor, ledger, id, NOTHING_TRIED, 200)


@router.get("/inspections/{id}/sheet")
async def paper(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The assessment sheet as it is on paper: a table with signatures."""
    found = await opened(ledger, visitor, id, INSPECTION)
    state = _inspection(found)
    events = await ledger.events(visitor.tenant, found.stream)
    names = await names_for(ledger, visitor, found.programme, people_in(events))
    path = inspection_path(events, names)
    return page(
        request,
        visitor,
        "inspection_sheet.html",
        state=state,
        id=found.stream,
        title=titled(visitor.lang, _sheet_title(found)),
        groups=groups_of(found.programme, state, names, {}, visitor.lang),
        total=figure(state.total),
        worth=sum(one.weight for one in state.items),
        signed=_step(path.steps, "score"),
        answered=_step(path.steps, "answer"),
        reviewed=_step(path.steps, "review"),
        findings=getattr(state, "findings", None),
        outcome=_outcome(found.programme, state, visitor),
        period=period_title(found.programme, visitor.lang, state.period),
        panel=[names.person(one) for one in state.inspectors],
    )


def _sheet_title(found: Opened) -> Any:
    rules = found.programme.inspection_by_id[_inspection(found).rules]
    return found.programme.rubric_by_id[rules.rubric].title


def _step(steps: Iterable[Any], id: str) -> Any:
    return next(one for one in steps if one.id == id)


def _inspection(found: Opened) -> Inspection:
    assert isinstance(found.state, Inspection), "an inspection's stream has an inspection's states"
    return found.state


async def show(
    request: Request, visitor: Visitor, ledger: Ledger, id: str, tried: Tried, status: int, tries: Sequence[Entry] = ()
) -> Response:
    """Show an inspection; `tries` are scores that were typed and not saved. Seven queries at most."""
    found = await opened(ledger, visitor, id, INSPECTION)
    state, programme = _inspection(found), found.programme
    permitted = found.permitted(visitor)
    events = await ledger.events(visitor.tenant, found.stream)
    names = await names_for(ledger, visitor, programme, people_in(events))
    scores = "score" in permitted
    signed = isinstance(state, Scoring) and visitor.person in state.signatures
    editing = scores and (not signed or "edit" in request.query_params or bool(tries))
    groups = groups_of(
        programme,
        state,
        names,
        {entry.item: entry for entry in tries},
        visitor.lang,
        await _filed(ledger, visitor, found),
    )
    path = inspection_path(events, names)
    missing = missing_in(groups)
    return page(
        request,
        visitor,
        "inspection.html",
        status,
        id=found.stream,
        version=found.version,
        state=state,
        permitted=permitted,
        tried=tried,
        picked=_picked(request, tried),
        title=names.text(state.title),
        period=period_title(programme, visitor.lang, state.period),
        due=_due(state, visitor, path.now.due_at if path.now is not None else None),
        late=is_late_at("inspection", state.status, state.due_at, visitor.now),
        course=path,
        waits=_waits_for(path.now, visitor),
        groups=groups,
        by_id={one.id: one for group in groups for one in group.items},
        editing=editing,
        signed_already=signed,
        missing=missing,
        done=len(state.items) - len(missing),
        total=figure(state.total),
        worth=sum(one.weight for one in state.items),
        signatures=_step(path.steps, "score").seals,
        unsigned=_unsigned(state, names),
        candidates=await _candidates(ledger, visitor, found) if "assign" in permitted else [],
        changed=_changed(events),
        disputed=state.disputed_items if isinstance(state, Disputed) else (),
        answer=_answer(path.steps),
        review=_step(path.steps, "review"),
        findings=getattr(state, "findings", None),
        outcome=_outcome(programme, state, visitor),
        bands=_bands(programme, state, visitor),
        follow_up=await _follow_up(ledger, visitor, found),
        post_from=_post(state.inspectors_from, names),
        post_reviewer=_post(state.reviewer, names),
        audits=may_look(visitor.actor, INSPECTION.scope(state)),
        is_answerer=visitor.actor.holds(state.answerer),
        is_provisional=state.status in _BEFORE_RESULT and bool(state.scores),
        history=_runs(story(INSPECTION, events, names)),
    )


def _due(state: Inspection, visitor: Visitor, at: datetime | None) -> Any:
    """The present step's due time, seen from now; none when nobody is waited for."""
    if at is None:
        return None
    return deadline(at, visitor.now, visitor.programme.calendar_at(visitor.now), visitor.lang)


def _waits_for(step: Any, visitor: Visitor) -> str:
    """Who is waited for now: people by name, else a post; empty when nobody is."""
    if step is None:
        return ""
    between = "、" if visitor.lang == "zh" else ", "
    if step.people:
        return between.join(step.people)
    if step.post is None:
        return say(visitor.lang, "web.common.system")
    return say(visitor.lang, "name.post", role=step.post.role, unit=step.post.unit)


def _post(post: Post, names: Names) -> str:
    return names.post_at(post)


def _unsigned(state: Inspection, names: Names) -> list[str]:
    signatures = state.signatures if isinstance(state, Scoring) else ()
    return [names.person(one) for one in state.inspectors if one not in signatures]


def _picked(request: Request, tried: Tried) -> frozenset[str]:
    """The boxes that were ticked in a form that was refused."""
    form: FormData | None = getattr(request.state, "form", None)
    if form is None or not tried.command:
        return frozenset()
    return frozenset(str(one) for name in ("inspectors", "items") for one in form.getlist(name))


async def _filed(ledger: Ledger, visitor: Visitor, found: Opened) -> Mapping[str, FiledUnder]:
    """What the unit has filed, for the duties that bear on an item of the sheet."""
    state, programme = _inspection(found), found.programme
    below = programme.ever_below((state.unit,))
    return await ledger.inspections.filed(visitor.tenant, state, visitor.actor, below, visitor.now)


async def _candidates(ledger: Ledger, visitor: Visitor, found: Opened) -> list[dict[str, Any]]:
    state, programme = _inspection(found), visitor.programme
    below = [unit for unit in programme.all_units if state.unit in programme.path_of(unit)]
    held = await ledger.inspections.candidates(
        visitor.tenant,
        found.stream,
        state.inspectors_from,
        below,
        programme.local_day(visitor.now),
        visitor.now,
    )
    somebody = say(visitor.lang, "web.common.somebody")
    return [
        {
            "person": one.person,
            "name": one.name or somebody,
            "load": one.load,
            "aside": one.stands_aside,
            "on": one.person in state.inspectors,
        }
        for one in held
    ]


def _changed(events: Iterable[Happening]) -> dict[str, str]:
    """What each item had before the review changed it."""
    before: dict[str, str] = {}
    for moved in walk(INSPECTION, events):
        if isinstance(moved.after, Reviewed) and isinstance(moved.before, Answered):
            scores = moved.before.scores
            before |= {
                item: figure(scores[item].points)
                for item, score in moved.after.scores.items()
                if score != scores.get(item) and item in scores
            }
    return before


def _answer(steps: Iterable[Any]) -> Any:
    seals = _step(steps, "answer").seals
    return seals[0] if seals else None


def _outcome(programme: Programme, state: Inspection, visitor: Visitor) -> str:
    if not isinstance(state, Final):
        return ""
    bands = programme.inspection_by_id[state.rules].outcomes
    return next((titled(visitor.lang, one.title) for one in bands if one.id == state.outcome), "")


def _bands(programme: Programme, state: Inspection, visitor: Visitor) -> list[dict[str, Any]]:
    """The bands of the result, from the top, each with what follows from it."""
    rules = programme.inspection_by_id[state.rules]
    opens = programme.follow_up_by_id
    return [
        {
            "title": titled(visitor.lang, one.title),
            "at_least": figure(one.at_least),
            "opens": "" if one.opens is None else titled(visitor.lang, opens[one.opens].title),
            "here": isinstance(state, Final) and state.outcome == one.id,
        }
        for one in rules.outcomes
    ]


async def _follow_up(ledger: Ledger, visitor: Visitor, found: Opened) -> dict[str, str] | None:
    """The follow-up that the result has opened, once it is there."""
    state = _inspection(found)
    if not isinstance(state, Final):
        return None
    band = next(
        (one for one in found.programme.inspection_by_id[state.rules].outcomes if one.id == state.outcome), None
    )
    if band is None or band.opens is None:
        return None
    stream = stream_id("follow_up", visitor.tenant, state.cycle, band.opens, state.unit, state.rules, state.period)
    return await follow_up_at(ledger, visitor, stream)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring sentences of the history; many scores in a row are one run."""

    of_scores: bool
    told: Sequence[Told]


def _runs(told: Sequence[Told]) -> list[Run]:
    grouped = groupby(told, key=lambda one: one.type == "inspection.scored")
    return [Run(of_scores, list(some)) for of_scores, some in grouped]


# -- scoring


@router.post("/inspections/{id}/score")
async def score(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Save what was typed on the sheet, item by item; what cannot be saved comes back with its reason.

    A script sends one item at a time and is answered in JSON.
    """
    found = await opened(ledger, visitor, id, INSPECTION)
    entries = entries_from(form, _inspection(found))
    done = await save(ledger, visitor, found.stream, entries, form)
    if "text/html" not in request.headers.get("accept", "text/html"):
        return await _saved(ledger, visitor, found, done)
    failed = [entry for entry in done if entry.error]
    if failed:
        # What was not typed wrong but belongs to the same form stays as the page's own state has it.
        errors = {f"{entry.item}.points": entry.error for entry in failed}
        status = max((entry.status for entry in failed), default=422)
        return await show(request, visitor, ledger, id, Tried("score", typed(form), "", errors), status, failed)
    tapped = str(form.get("tap") or form.get("only") or "").partition(":")[0]
    known = {one.id for one in _inspection(found).items}
    fragment = f"#item-{tapped}" if tapped in known else "#sheet"
    return RedirectResponse(f"{address(found.stream)}?said=inspection.score{fragment}", 303)


async def _saved(ledger: Ledger, visitor: Visitor, found: Opened, done: Sequence[Entry]) -> Response:
    version, state, _ = await ledger.head(visitor.tenant, found.stream)
    assert isinstance(state, Inspection), "an inspection's stream has an inspection's states"
    items = {
        entry.item: {
            "ok": not entry.error,
            "said": entry.error or say(visitor.lang, "web.inspection.saved", clock=clock(visitor, visitor.now)),
            "seen": seen_of(state.scores.get(entry.item)),
            "points": figure(state.scores[entry.item].points) if entry.item in state.scores else "",
        }
        for entry in done
    }
    left = [one.id for one in state.items if one.id not in state.scores]
    body = {
        "items": items,
        "total": figure(state.total),
        "open": len(left),
        "next": left[0] if left else "",
        "before": found.version,
        "version": version,
    }
    status = max((entry.status for entry in done if entry.error), default=200)
    return JSONResponse(body, status, headers={"cache-control": "no-store"})


@router.post("/inspections/{id}/sign")
async def sign(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Sign the sheet; refused with a link to each item that has no score yet."""
    found = await opened(ledger, visitor, id, INSPECTION)
    state = _inspection(found)
    on_panel = visitor.person in state.inspectors and state.status in ("assigned", "scoring")
    missing = [one for one in state.items if one.id not in state.scores] if on_panel else []
    if missing:
        rubric = found.programme.rubric_by_id[found.programme.inspection_by_id[state.rules].rubric]
        numbers = {item: number for number, item in enumerate(rubric.items, 1)}
        errors = {
            f"item-{one.id}": say(
                visitor.lang,
                "web.inspection.missing_item",
                number=numbers[one.id],
                item=titled(visitor.lang, rubric.items[one.id].title),
            )
            for one in missing
        }
        return await show(request, visitor, ledger, id, Tried("sign", typed(form), "", errors), 409)
    try:
        command = command_from(Sign, form, visitor.lang)
    except WrongForm as wrong:
        return await show(request, visitor, ledger, id, Tried("sign", typed(form), "", wrong.errors), 422)
    refusal = await give(ledger, visitor, found.stream, command, form)
    return await _carried(request, visitor, ledger, found.stream, refusal, "sign")


async def _carried(
    request: Request, visitor: Visitor, ledger: Ledger, stream: StreamId, refusal: Refusal | None, command: str
) -> Response:
    if refusal is not None:
        return await show(request, visitor, ledger, stream, refusal.tried, refusal.status)
    return RedirectResponse(f"{address(stream)}?said=inspection.{command}", 303)


# -- the review


@router.post("/inspections/{id}/review")
async def review(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Rule on the result. An item whose points were changed is an adjustment and needs its reason."""
    found = await opened(ledger, visitor, id, INSPECTION)
    rows = _adjustments(form, _inspection(found))
    fields = [(name, value) for name, value in form.multi_items() if name in ("note", "csrf", "version", "command_id")]
    for number, (item, points, reason) in enumerate(rows):
        start = f"adjustments.{number}"
        fields += [(f"{start}.item", item), (f"{start}.points", points), (f"{start}.reason", reason)]
    wanted = FormData(fields)
    try:
        command = command_from(Review, wanted, visitor.lang)
    except WrongForm as wrong:
        tried = Tried("review", typed(form), "", _at_items(wrong.errors, rows))
        return await show(request, visitor, ledger, id, tried, 422)
    refusal = await give(ledger, visitor, found.stream, command, wanted)
    if refusal is not None:
        tried = Tried("review", typed(form), refusal.tried.message, _at_items(refusal.tried.errors, rows))
        refusal = Refusal(tried, refusal.status)
    return await _carried(request, visitor, ledger, found.stream, refusal, "review")


def _adjustments(form: FormData, state: Inspection) -> list[tuple[str, str, str]]:
    """The items that the form changes: other points than now, or a reason given."""
    rows = []
    for item in state.items:
        points = str(form.get(f"adjust.{item.id}.points") or "").strip()
        reason = str(form.get(f"adjust.{item.id}.reason") or "").strip()
        now = figure(state.scores[item.id].points) if item.id in state.scores else ""
        if reason or points not in ("", now):
            rows.append((item.id, points or now, reason))
    return rows


def _at_items(errors: Mapping[str, str], rows: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """Move what is said of the nth adjustment to the fields of its item."""
    moved = {}
    for at, sentence in errors.items():
        parts = at.split(".")
        if parts[0] == "adjustments" and len(parts) == 3:
            moved[f"adjust.{rows[int(parts[1])][0]}.{parts[2]}"] = sentence
        else:
            moved[at] = sentence
    return moved


router.include_router(command_routes(INSPECTION, show, besides=("score", "sign", "review", "hand_over")))
