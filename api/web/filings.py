"""The page of one filing: where it stands, what the visitor may do, what it says, what changed, what happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json
from starlette.datastructures import FormData

from api.deps import LedgerDep
from api.web import filing_edit
from api.web.absence import offers, opened_again, opened_for, task_address, waiting_for_others
from api.web.act import command_routes
from api.web.document_form import as_text
from api.web.filing_acts import Act, acts_for, author_of, is_tried, stages_named, vacancies
from api.web.filing_graph import filing_picture
from api.web.filing_people import found, people_named
from api.web.filing_words import deadline_of, meanwhile
from api.web.follow_ups import follow_up_at
from api.web.forms import NOTHING_TRIED, Tried, version_of
from api.web.kit import address, is_late_at, page, say, titled
from api.web.streams import Opened, names_for, people_in
from api.web.visitor import Visitor, VisitorDep
from api.web.written import WRITTEN
from domain.difference import Change, content_difference
from domain.filing import (
    FILING,
    Approved,
    DeciderAssigned,
    Filing,
    FilingCommented,
    FilingReturned,
    FilingSubmitted,
    HandedOver,
    InReview,
    Revision,
    RulesMoved,
    SentBack,
    SignerAdded,
    Transferred,
    Working,
)
from domain.filing.notices import opened_by_judgement
from domain.ids import PersonId, StreamId
from domain.machine import Event
from domain.path_view import filing_path
from domain.programme import Document
from domain.refusal import Kind, Refused
from domain.story import Told, story
from domain.text import Text
from domain.unit import unit_stream
from domain.view import Names
from ledger.contents import Content
from ledger.delegations import StandIn
from ledger.ledger import Ledger
from ledger.order import RecordedEvent

router = APIRouter()

_NEXT_IN_STEAD = 20
"""Among so many things that wait for somebody the next one is looked for."""

ELSEWHERE = ("hand_over", "move_rules")
"""Commands that are given for many filings at once, on pages of their own."""


@router.get("/filings/{id}")
async def filing(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """A filing. `revision` shows that one; `from` and `to` compare two."""
    return await show(request, visitor, ledger, id, NOTHING_TRIED, 200)


async def show(request: Request, visitor: Visitor, ledger: Ledger, id: str, tried: Tried, status: int) -> Response:
    """Return the page of a filing, with a form that was refused still filled in."""
    visitor, at, ended = await opened_again(request, ledger, visitor, id)
    if ended is not None:
        message = say(visitor.lang, f"refusal.{ended.code}", **ended.params)
        tried, status = replace(tried, message=message), 403
    state = at.state
    assert isinstance(state, Filing), "filings have filings' states"
    received = await ledger.delegations.received(visitor.tenant, visitor.person, visitor.programme, visitor.now)
    events = await ledger.events(visitor.tenant, at.stream)
    names = await names_for(ledger, visitor, at.programme, people_in(events))
    document = at.programme.document_by_id[state.document]
    reading = _reading(request, state)
    bodies = [await ledger.contents.content(visitor.tenant, one.content) for one in reading.revisions]
    permitted = at.permitted(visitor)
    form: FormData | None = getattr(request.state, "form", None)
    acts = await acts_for(ledger, visitor, visitor.actor, state, permitted, names, tried, form)
    tried = _with_meanwhile(tried, status, request, events, names)
    told = story(FILING, events, names)
    return page(
        request,
        visitor,
        "filing.html",
        status,
        **_head(at, state, visitor, names, permitted),
        **_asked(request, state, visitor),
        follow_up=await _follow_up(ledger, visitor, state),
        way=filing_path(events, names),
        shown=filing_picture(state, names),
        fresh_at=_fresh(request, visitor, events),
        acts=acts,
        leading=next((one for one in acts if one.primary), None),
        offers=offers(received, visitor, at.stream, state),
        tried=tried,
        errors=_errors(acts, tried),
        lost=_lost(acts, tried),
        next=await _next(ledger, visitor, received, at.stream),
        reading=reading,
        said_fields=_said_fields(document, bodies, reading, names),
        erased=any(one is None or one.body is None for one in bodies),
        compared=_compared(document, bodies, reading, names),
        returns=list(_returns(events, state, names, reading)),
        comments=list(_comments(events, names)),
        told=told,
        brought=_brought(events, told, state, visitor),
    )


async def _follow_up(ledger: Ledger, visitor: Visitor, state: Filing) -> Mapping[str, str] | None:
    """The follow-up that the verdict on what is in force has opened, where the visitor may look at it."""
    in_force = state.in_force if isinstance(state, Working | InReview | Approved) else None
    opened = None if in_force is None else opened_by_judgement(state, in_force.judgement, in_force.number)
    return None if opened is None else await follow_up_at(ledger, visitor, opened[1])


def _asked(request: Request, state: Filing, visitor: Visitor) -> Mapping[str, Any]:
    """The confirmation of a recall that others have yet to agree to."""
    asked = isinstance(state, InReview) and state.recall_asked is not None
    recalled = request.query_params.get("said") == "filing.recall"
    return {"said": say(visitor.lang, "web.said.filing.recall_asked")} if asked and recalled else {}


def _brought(events: Sequence[RecordedEvent], told: Sequence[Told], state: Filing, visitor: Visitor) -> str | None:
    """Who brought it before the reader and why: by sending it back to their stage, or by naming them."""
    seats = list(state.seats_of(visitor.actor)) if isinstance(state, InReview) else []
    stages = {visit.stage for visit, _ in seats}
    named = {seat.person for _, seat in seats if seat.person is not None}
    this_round = True
    for one, event in zip(reversed(told), reversed(events), strict=True):
        this_round = this_round and not isinstance(event.event, FilingSubmitted)
        sent_back = this_round and isinstance(event.event, SentBack) and event.event.to in stages
        if sent_back or named.intersection(_brought_before(event.event)):
            return one.sentence
    return None


def _brought_before(event: Event) -> Sequence[PersonId]:
    if isinstance(event, SignerAdded):
        return event.step.people
    if isinstance(event, DeciderAssigned):
        return event.people
    return (event.to,) if isinstance(event, Transferred | HandedOver) else ()


def _head(at: Opened, state: Filing, visitor: Visitor, names: Names, permitted: Sequence[str]) -> Mapping[str, Any]:
    """What stands on top: what it is, of whom, where it is and how long there is."""
    due_at, left = deadline_of(state, visitor)
    in_force = state.in_force if isinstance(state, Working | InReview | Approved) else None
    judgement = next((one.title for one in state.judgements if in_force and one.id == in_force.judgement), None)
    return {
        "stream": at.stream,
        "version": at.version,
        "state": state,
        "names": names,
        "late": due_at is not None and is_late_at("filing", state.status, due_at, visitor.now),
        "due_at": due_at,
        "left": left,
        "unit_address": address(unit_stream(visitor.tenant, state.unit)),
        "author": author_of(state, names),
        "in_force": in_force,
        "judgement": None if judgement is None else names.text(judgement),
        "last": state.revisions[-1] if state.revisions else None,
        "may_edit": "submit" in permitted,
        "extension": state.extension if isinstance(state, Working) else None,
        "recall_asked": state.recall_asked if isinstance(state, InReview) else None,
        "vacant": stages_named(vacancies(state), names),
    }


# -- what may be done


def _lost(acts: Sequence[Act], tried: Tried) -> Sequence[str]:
    """What was written in a form that is no longer there."""
    if not tried.command or any(is_tried(act, tried) for act in acts):
        return ()
    return [value for name, value in tried.typed.items() if name in WRITTEN and value.strip()]


def _errors(acts: Sequence[Act], tried: Tried) -> Mapping[str, str]:
    """What is wrong, by the id of its field."""
    key = next((act.key for act in acts if is_tried(act, tried)), tried.command)
    return {f"{key}.{name}": sentence for name, sentence in tried.errors.items()}


def _with_meanwhile(
    tried: Tried, status: int, request: Request, events: Sequence[RecordedEvent], names: Names
) -> Tried:
    """Say what happened since the visitor's page was made, where that is why nothing was done."""
    form: FormData | None = getattr(request.state, "form", None)
    seen = None if form is None else version_of(form)
    if status not in (409, 412) or seen is None:
        return tried
    if status == 409 and all(type(one.event) in FILING.quiet for one in events if one.version > seen):
        return tried
    what = meanwhile(events, seen, names)
    return replace(tried, message=say(names.lang, "web.filing.meanwhile", what=what)) if what else tried


def _fresh(request: Request, visitor: Visitor, events: Sequence[RecordedEvent]) -> datetime | None:
    """When the visitor did what the page confirms: that seal is pressed before their eyes."""
    if not request.query_params.get("said", "").startswith("filing."):
        return None
    return next((one.happened_at for one in reversed(events) if one.actor == visitor.person), None)


async def _next(
    ledger: Ledger, visitor: Visitor, received: Sequence[StandIn], here: StreamId
) -> Mapping[str, str] | None:
    """What waits next: for whom the visitor acts here, else on the visitor's own desk."""
    standing = [one for one in received if one.giver == visitor.on_behalf_of]
    rows = await waiting_for_others(ledger, visitor, standing, {here}, _NEXT_IN_STEAD) if standing else []
    own = () if rows else await ledger.desk.waiting(visitor.tenant, visitor.own_actor, limit=2)
    row = next((one for one in (*rows, *own) if one["stream"] != here), None)
    if row is None:
        return None
    title, unit = Text.model_validate(row["title"]), Text.model_validate(row["unit_title"])
    return {
        "href": task_address(row),
        "words": say(
            visitor.lang, "web.filing.next", title=titled(visitor.lang, title), unit=titled(visitor.lang, unit)
        ),
    }


# -- revisions


@dataclass(frozen=True, slots=True)
class Reading:
    """Which revisions are read: one, or two that are compared."""

    revisions: tuple[Revision, ...]
    """Older first."""
    all: tuple[Revision, ...]

    @property
    def shown(self) -> Revision | None:
        """The one whose text is shown."""
        return self.revisions[-1] if self.revisions else None

    @property
    def compares(self) -> bool:
        """Whether two are compared."""
        return len(self.revisions) == 2

    @property
    def before(self) -> Revision | None:
        """The revision before the one shown."""
        shown = self.shown
        return next((one for one in reversed(self.all) if shown and one.number < shown.number), None)


def _reading(request: Request, state: Filing) -> Reading:
    """What the address asks for, else the revision that is decided on or in force. 404 for one that is not there."""
    wanted = request.query_params
    if "from" in wanted and "to" in wanted:
        pair = {_numbered(state, wanted["from"]).number, _numbered(state, wanted["to"]).number}
        return Reading(tuple(one for one in state.revisions if one.number in pair), state.revisions)
    if "revision" in wanted:
        return Reading((_numbered(state, wanted["revision"]),), state.revisions)
    if isinstance(state, Approved):
        return Reading((_numbered(state, str(state.in_force.number)),), state.revisions)
    return Reading(state.revisions[-1:], state.revisions)


def _numbered(state: Filing, number: str) -> Revision:
    found = next((one for one in state.revisions if str(one.number) == number), None)
    if found is None:
        raise Refused(Kind.MISSING, "content_unknown")
    return found


def _said_fields(document: Document, bodies: Sequence[Content | None], reading: Reading, names: Names) -> Any:
    body = None if reading.compares or not bodies or bodies[-1] is None else bodies[-1].body
    return () if body is None else as_text(document, body, names)


def _compared(document: Document, bodies: Sequence[Content | None], reading: Reading, names: Names) -> Any:
    """The fields that differ, and the titles of those that do not."""
    if not reading.compares:
        return None
    older, newer = (None if one is None else one.body for one in bodies)
    fields = content_difference(document, older, newer, names)
    return {
        "changed": [one for one in fields if one.change is not Change.UNCHANGED],
        "same": names.listed(one.title for one in fields if one.change is Change.UNCHANGED),
    }


def _returns(
    events: Sequence[RecordedEvent], state: Filing, names: Names, reading: Reading
) -> Iterable[Mapping[str, Any]]:
    """Why the older of two compared revisions came back, up to the newer one."""
    if not reading.compares:
        return
    older, newer = reading.revisions
    # Stages that a change of rules took out of the path are still called what they were called.
    former = [step for one in events if isinstance(one.event, RulesMoved) for step in one.event.steps_before]
    titles = {step.stage: step.title for step in (*former, *state.steps)}
    for one in events:
        if isinstance(one.event, SignerAdded):
            titles[one.event.step.stage] = one.event.step.title
        if isinstance(one.event, FilingReturned) and older.at <= one.happened_at <= newer.at:
            yield {
                "name": names.actor(one.actor, one.on_behalf_of),
                "stage": names.text(titles[one.event.stage]),
                "reason": one.event.reason,
                "at": one.happened_at,
            }


def _comments(events: Sequence[RecordedEvent], names: Names) -> Iterable[Mapping[str, Any]]:
    for one in events:
        if isinstance(one.event, FilingCommented):
            yield {
                "name": names.actor(one.actor, one.on_behalf_of),
                "person": PersonId(one.actor),
                "at": one.happened_at,
                "text": one.event.text,
                "mentions": names.listed(names.person(person) for person in one.event.mentions),
            }


@router.get("/filings/{id}/people")
async def people(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, q: str = "") -> Response:
    """Who may be meant by what somebody types in one of the filing's forms, for a script; those with a post only.

    It has no limit of its own, as no search of a signed-in reader has: one query, ten rows at most, and nothing but
    what everybody with a post reads in the directory.
    """
    await opened_for(request, ledger, visitor, id)
    words = "".join(q.split("\x00"))[:80].strip()
    offered = (await found(ledger, visitor, words))[0] if words else ()
    told = [{"name": one.name, "staff_no": one.staff_no, "posts": one.posts} for one in offered]
    return Response(to_json(told), media_type="application/json")


router.include_router(filing_edit.router)
# After the form's own routes: handing in and saving are not plain commands.
router.include_router(command_routes(FILING, show, besides=("submit", *ELSEWHERE), ready=people_named))
