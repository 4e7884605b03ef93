"""The page of 离职交接: everything open of somebody, who takes it over, and what became of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api.deps import LedgerDep, addressed
from api.handing_over import WAITING, Open, Wish, hand_over, open_of
from api.web.delegations import person_named
from api.web.forms import (
    NOTHING_TRIED,
    Tried,
    WrongForm,
    command_from,
    command_id_of,
    refused,
    typed,
    version_of,
)
from api.web.kit import page, period_title, post_title, say, titled
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.access import Post, keeps_directory
from domain.ids import PersonId, StreamId, machine_of
from domain.machine import State
from domain.person import PERSON, HandedOver, HandOver, Person
from domain.refusal import Kind, Refused
from domain.text import Text
from ledger.ledger import Ledger
from ledger.order import BatchRefused, CommandIdReused, VersionMoved

router = APIRouter()

_STATUS = {Kind.INVALID: 422, Kind.FORBIDDEN: 403, Kind.CONFLICT: 409, Kind.MISSING: 422}


@dataclass(frozen=True, slots=True)
class Line:
    """Something open, in words."""

    stream: StreamId
    machine: str
    title: str
    where: str
    status: str


@dataclass(frozen=True, slots=True)
class AtPost:
    """A post, in words, with what waits there and who else holds it."""

    id: str
    title: str
    waiting: int
    others: str


@router.get("/people/{id}/hand-over")
async def preview(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """What is open of somebody, for the keeper of the directory; and what became of it the last time."""
    return await _show(request, visitor, ledger, await _person(ledger, visitor, id), NOTHING_TRIED, 200)


@router.post("/people/{id}/hand-over")
async def carry_out(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Give it all to the successor, in one transaction."""
    person = await _person(ledger, visitor, id)
    try:
        wish = await _wish(ledger, visitor, form)
        await hand_over(
            *(ledger, visitor.tenant, visitor.person, person, wish, command_id_of(form, visitor)),
            expected=version_of(form),
        )
    except WrongForm as wrong:
        return await _show(request, visitor, ledger, person, Tried(HandOver.name, typed(form), "", wrong.errors), 422)
    except (BatchRefused, Refused) as refusal:
        why = _at_its_field(refusal.refused if isinstance(refusal, BatchRefused) else refusal)
        tried = refused(HandOver.name, form, why, visitor.lang)
        return await _show(request, visitor, ledger, person, tried, _STATUS[why.kind])
    except VersionMoved:
        tried = Tried(HandOver.name, typed(form), say(visitor.lang, "refusal.version_moved"))
        return await _show(request, visitor, ledger, person, tried, 412)
    except CommandIdReused:
        tried = Tried(HandOver.name, typed(form), say(visitor.lang, "web.common.changed_after_sending"))
        return await _show(request, visitor, ledger, person, tried, 409)
    return RedirectResponse(f"/people/{person}/hand-over?said=person.hand_over", 303)


def _at_its_field(why: Refused) -> Refused:
    """A refusal of a filing, at the field of this page that it is about."""
    if why.at == "to":
        why.at = "successor"
    return why


async def _person(ledger: Ledger, visitor: Visitor, id: str) -> PersonId:
    """The person, for the keeper of the directory alone."""
    person = PersonId(addressed(id, PERSON.name))
    await ledger.head(visitor.tenant, StreamId(person))
    refusal = keeps_directory(None, visitor.actor)
    if refusal is not None:
        await ledger.deny(visitor.tenant, visitor.person, person, HandOver.name, refusal.code)
        raise refusal
    return person


async def _wish(ledger: Ledger, visitor: Visitor, form: FormData) -> Wish:
    clear = await person_named(ledger, visitor, HandOver, form)
    command = command_from(HandOver, clear, visitor.lang)
    return Wish(command.successor, command.reason, command.posts, command.leaves)


async def _show(
    request: Request, visitor: Visitor, ledger: Ledger, person: PersonId, tried: Tried, status: int
) -> Response:
    found = await open_of(ledger, visitor.tenant, person)
    last = await _last(ledger, visitor, person)
    at_posts = [Post(role=one.appointment.role, unit=one.appointment.unit) for one in found.posts]
    waiting = await ledger.absence.waiting(visitor.tenant, [], at_posts, WAITING)
    waits = await ledger.desk.heads(visitor.tenant, waiting)
    delegations = [one for one in await ledger.delegations.of(visitor.tenant, person) if one.ended_at is None]
    gone = () if last is None else tuple(dict.fromkeys((*last.filings, *last.inspections, *last.with_posts)))
    moved = {} if last is None else await ledger.desk.heads(visitor.tenant, gone)
    people = {person, *(other for one in found.posts for other in one.others)}
    people |= set() if last is None else {last.successor}
    names = await ledger.names(visitor.tenant, people)
    somebody = say(visitor.lang, "web.common.somebody")
    form: FormData | None = getattr(request.state, "form", None)
    return page(
        request,
        visitor,
        "hand_over.html",
        status,
        id=person,
        name=names.get(person, somebody),
        version=found.version,
        left=found.state.status == "left",
        posts=_posts(found, visitor, names),
        waits=_lines(((one, waits[one][1]) for one in waiting if one in waits), visitor),
        moves=_lines(found.moves, visitor),
        seats=_lines(found.seats, visitor),
        stays=_lines(found.stays, visitor),
        delegations=len(delegations),
        last=last,
        successor="" if last is None else names.get(last.successor, somebody),
        moved_posts=_appointments(found.state, () if last is None else last.appointments, visitor),
        moved=_lines(((one, moved[one][1]) for one in gone if one in moved), visitor),
        chosen=[one.id for one in found.state.posts] if form is None else [str(one) for one in form.getlist("posts")],
        tried=tried,
    )


async def _last(ledger: Ledger, visitor: Visitor, person: PersonId) -> HandedOver | None:
    """The last time somebody's business was handed over."""
    events = await ledger.events(visitor.tenant, StreamId(person))
    return next((one.event for one in reversed(events) if isinstance(one.event, HandedOver)), None)


def _posts(found: Open, visitor: Visitor, names: Mapping[PersonId, str]) -> Sequence[AtPost]:
    somebody = say(visitor.lang, "web.common.somebody")
    return [
        AtPost(
            id=one.appointment.id,
            title=post_title(visitor.programme, visitor.lang, one.appointment.role, one.appointment.unit),
            waiting=one.waiting,
            others=("、" if visitor.lang == "zh" else ", ").join(names.get(other, somebody) for other in one.others),
        )
        for one in found.posts
    ]


def _appointments(state: Person, ids: Sequence[str], visitor: Visitor) -> Sequence[str]:
    posts = (one for one in state.posts if one.id in ids)
    return [post_title(visitor.programme, visitor.lang, one.role, one.unit) for one in posts]


def _lines(found: Iterable[tuple[StreamId, State]], visitor: Visitor) -> Sequence[Line]:
    return [_line(stream, state, visitor) for stream, state in found]


def _line(stream: StreamId, state: State, visitor: Visitor) -> Line:
    title, unit, period = (getattr(state, name, None) for name in ("title", "unit_title", "period"))
    where = [titled(visitor.lang, unit)] if isinstance(unit, Text) else []
    where += [period_title(visitor.programme, visitor.lang, period)] if isinstance(period, str) else []
    return Line(
        stream=stream,
        machine=machine_of(stream) or "",
        title=titled(visitor.lang, title) if isinstance(title, Text) else stream,
        where=" · ".join(where),
        status=state.status,
    )
