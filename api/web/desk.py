"""My desk: what waits for me, most urgent first; what I filed and where it stands; notices; what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.bulk import MOST
from api.deps import LedgerDep
from api.web.absence import in_stead_address, task_address, waiting_for_others
from api.web.cycle_now import CycleNow, cycle_now
from api.web.desk_glance import Glance, glances
from api.web.desk_many import NOTHING_TRIED, NotSent, Tried, decide, picked_in, wanted
from api.web.kit import address, duty_title, is_late_at, page, period_title, post_title, say, titled, unit_title
from api.web.notices import lines as lines_of
from api.web.notices import people_in
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.access import Actor
from domain.cycle import Window
from domain.deadline import Urgency, deadline
from domain.filing import FILING, AgreeRecall, Approve, InReview, Return
from domain.ids import PersonId, StreamId
from domain.machine import State
from domain.messages import when
from domain.programme import Chooser, Programme
from domain.text import Text
from ledger.delegations import StandIn
from ledger.ledger import Ledger

router = APIRouter()

SHOWN = MOST
"""Tasks on one desk page; who has more is told so."""
_DECIDING = ("decide", "agree_too")
"""The kinds of task that are a decision on a filing."""
NOTICES = 8
FILED = 8
COMING = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A task as the desk shows it."""

    stream: StreamId
    version: int
    kind: str
    title: str
    unit: str
    period: str
    from_whom: str
    handed_at: str
    left: str
    urgency: Urgency
    approvable: bool
    """A plain agreement is all that it takes now."""
    choosable: bool
    """It can be returned now: it may be chosen with others."""
    alone: str
    """Why it cannot be approved with others; empty when it can, or when it is not for the visitor to approve."""
    go: str
    look: str
    """The address of its page, in the stead of whom it waits for."""
    recall_asked: bool = False
    """Its author wants it back: that is to be answered before anything is decided."""
    urged: bool = False
    """Its author urged it since it came."""
    glance: Glance | None = None
    """What it says, where it can be approved at once."""
    on_behalf_of: str = ""
    """The person for whom the visitor would decide; empty for themselves."""
    giver_name: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one urgency."""

    urgency: Urgency
    rows: Sequence[Line]


@router.get("/")
async def desk(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The desk of the visitor."""
    return await _show(request, visitor, ledger, NOTHING_TRIED, 200)


@router.get("/desk/many")
async def many_again(visitor: VisitorDep) -> Response:
    """Lead back to the desk whoever opens the address of its answer, as the language switch and a restored tab do."""
    return RedirectResponse("/", 303)


@router.post("/desk/many")
async def many(request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Approve one, or approve or return all that were chosen, with a result for each."""
    picks = picked_in(form, visitor)
    try:
        verb, command = wanted(visitor, form, picks)
    except NotSent as incomplete:
        return await _show(request, visitor, ledger, incomplete.tried, 422)
    results = await decide(ledger, visitor, picks, command)
    done = [one.stream for one in results if one.done]
    read = await ledger.inbox.mark_settled(visitor.tenant, visitor.person, done)
    visitor = replace(visitor, unread=visitor.unread - read)
    failed = frozenset(one.stream for one in results if not one.done)
    if not failed and form.get("only"):
        return RedirectResponse("/?said=approved", 303)
    tried = Tried(verb, str(form.get("text") or "").strip() if failed else "", failed, results=results)
    return await _show(request, visitor, ledger, tried, 409 if failed else 200)


async def _show(request: Request, visitor: Visitor, ledger: Ledger, tried: Tried, status: int) -> Response:
    own = await ledger.desk.waiting(visitor.tenant, visitor.actor, limit=SHOWN + 1)
    received = await ledger.delegations.received(visitor.tenant, visitor.person, visitor.programme, visitor.now)
    others = await waiting_for_others(ledger, visitor, received, {row["stream"] for row in own}, SHOWN + 1)
    tasks = sorted([*own, *others], key=_urgency) if others else own
    filed = await ledger.lists.filed_by(visitor.tenant, visitor.actor, visitor.programme, limit=FILED)
    notices = await ledger.inbox.read(visitor.tenant, visitor.person, NOTICES + 1)
    cycle = await cycle_now(ledger, visitor)
    handed = {PersonId(row["handed_by"]) for row in tasks if row["handed_by"]}
    names = await ledger.names(visitor.tenant, handed | people_in(notices))
    deciding = [StreamId(row["stream"]) for row in tasks[:SHOWN] if row["kind"] in _DECIDING]
    heads = await ledger.desk.heads(visitor.tenant, deciding) if deciding else {}
    lines = [_line(row, visitor, names, heads) for row in tasks[:SHOWN]]
    rules = {row["stream"]: row["programme"] for row in tasks[:SHOWN]}
    at_once = {one.stream: (heads[one.stream][1], rules[one.stream]) for one in lines if one.approvable}
    said = await glances(ledger, visitor, at_once) if at_once else {}
    lines = [replace(one, glance=said.get(one.stream)) for one in lines]
    return page(
        request,
        visitor,
        "desk.html",
        status,
        groups=[Group(urgency, list(rows)) for urgency, rows in groupby(lines, key=lambda one: one.urgency)],
        choosable=sum(one.choosable for one in lines),
        more=len(tasks) > SHOWN,
        shown=SHOWN,
        tried=tried,
        filed=[_filed(row, visitor) for row in filed.rows],
        files=bool(filed.rows) or _files(visitor),
        notices=lines_of(visitor, notices[:NOTICES], names),
        more_notices=len(notices) > NOTICES,
        coming=list(_coming(cycle, visitor)),
        posts=[post_title(visitor.programme, visitor.lang, held.role, held.unit) for held in visitor.actor.held],
    )


def _urgency(row: Mapping[str, Any]) -> tuple[bool, datetime, str]:
    due: datetime | None = row["due_at"]
    return due is None, due or datetime.max.replace(tzinfo=UTC), row["stream"]


def _line(
    row: Mapping[str, Any],
    visitor: Visitor,
    names: Mapping[PersonId, str],
    heads: Mapping[StreamId, tuple[int, State]],
) -> Line:
    programme, lang = visitor.programme, visitor.lang
    due = deadline(row["due_at"], visitor.now, programme.calendar_at(visitor.now), lang)
    stream = StreamId(row["stream"])
    zone = ZoneInfo(programme.calendar.time_zone)
    by = row["handed_by"] if row["kind"] in _DECIDING else None
    giver: StandIn | None = row.get("giver")
    actor = visitor.actor if giver is None else giver.actor(visitor.own_actor)
    version, state = heads.get(stream, (row["version"], None))
    may = () if state is None else FILING.permitted(state, actor)
    alone = _alone(state, actor) if may else ""
    recall_asked = AgreeRecall.name in may
    page_of = address(stream) if giver is None else in_stead_address(stream, giver.giver)
    return Line(
        stream=stream,
        version=version,
        kind=row["kind"],
        title=titled(lang, Text.model_validate(row["title"])),
        unit=titled(lang, Text.model_validate(row["unit_title"])),
        period=period_title(programme, lang, row["period"]),
        from_whom="" if by is None else names.get(PersonId(by), say(lang, "web.common.somebody")),
        handed_at=""
        if by is None
        else when(datetime.fromisoformat(row["handed_at"]), lang, zone=zone, now=visitor.now),
        left=due.words,
        urgency=due.urgency,
        approvable=Approve.name in may and not alone and not recall_asked,
        choosable=Return.name in may and not recall_asked,
        alone=alone,
        go=task_address(row) if row["kind"] in ("submit", "mend") else f"{page_of}#act",
        look=page_of,
        recall_asked=recall_asked,
        urged=isinstance(state, InReview) and state.urged(actor),
        on_behalf_of="" if giver is None else giver.giver,
        giver_name="" if giver is None else giver.name or say(lang, "web.common.somebody"),
    )


def _alone(state: State | None, actor: Actor) -> str:
    """Why agreeing takes more than a plain word: a judgement, the choice of who is next, or which stage is meant."""
    if not isinstance(state, InReview):
        return ""
    stages = {visit.stage for visit, _ in state.seats_of(actor)}
    if len(stages) > 1:
        return "stages"
    if state.judgements and any(step.judges for step in state.steps if step.stage in stages):
        return "judges"
    if any(step.chosen_by is Chooser.PREVIOUS and stages & set(step.after) for step in state.steps):
        return "chooses"
    return ""


def _filed(row: Mapping[str, Any], visitor: Visitor) -> dict[str, Any]:
    programme, lang = visitor.programme, visitor.lang
    late = is_late_at("filing", row["status"], row["due_at"], visitor.now)
    return {
        "stream": row["stream"],
        "title": duty_title(programme, lang, row["duty"]),
        "unit": unit_title(programme, lang, row["unit"]),
        "period": period_title(programme, lang, row["period"]),
        "status": row["status"],
        "late": late,
        "note": _note(row, visitor),
    }


def _note(row: Mapping[str, Any], visitor: Visitor) -> str:
    """Where it is now, or how long there is."""
    programme, lang = visitor.programme, visitor.lang
    if row["status"] == "in_review":
        duty = programme.duty_by_id.get(row["duty"])
        stages = () if duty is None else programme.pipeline_by_id[duty.pipeline].all_stages
        stage = next((one.title for one in stages if one.id == row["stage"]), None)
        return "" if stage is None else say(lang, "web.desk.note_at", stage=titled(lang, stage))
    if row["status"] in ("open", "drafting", "returned", "recalled"):
        return deadline(row["due_at"], visitor.now, programme.calendar_at(visitor.now), lang).words
    return ""


def _coming(cycle: CycleNow | None, visitor: Visitor) -> Iterable[dict[str, Any]]:
    """The next windows in which a post of the visitor will owe something."""
    if cycle is None or cycle.scheduled is None:
        return
    scheduled = cycle.scheduled
    waiting = sorted(
        (one for one in scheduled.windows if one.opens_at > visitor.now and _concerns(one, visitor)),
        key=lambda one: (one.opens_at, one.id),
    )
    for window in waiting[:COMING]:
        yield {
            "title": titled(visitor.lang, window_title(visitor.programme, window)),
            "period": period_title(visitor.programme, visitor.lang, window.period),
            "opens_at": window.opens_at,
            "due_at": window.due_at,
        }


def window_title(programme: Programme, window: Window) -> Text:
    """Return the title of the duty or inspection that a window opens."""
    rules: Any = (programme.duty_by_id if window.kind == "duty" else programme.inspection_by_id).get(window.rules)
    return Text(zh=window.rules, en=window.rules) if rules is None else rules.title


def _files(visitor: Visitor) -> bool:
    """Whether any duty is owed by a post of the visitor."""
    roles = {held.role for held in visitor.actor.held}
    return any(duty.owed_by.role in roles for duty in visitor.programme.duties)


def _concerns(window: Window, visitor: Visitor) -> bool:
    roles = {held.role for held in visitor.actor.held}
    if window.kind == "inspection":
        rules = visitor.programme.inspection_by_id.get(window.rules)
        return rules is not None and bool(
            roles & {rules.arranged_by.role, rules.inspectors.role, rules.answered_by.role}
        )
    duty = visitor.programme.duty_by_id.get(window.rules)
    return duty is not None and duty.owed_by.role in roles
