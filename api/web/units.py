"""A unit's page: where it stands, who holds which post, what it owes and where each stands; and keeping it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request, Response

from api.deps import LedgerDep, addressed, unknown
from api.web.act import command_routes
from api.web.forms import NOTHING_TRIED, Tried
from api.web.kit import is_late_at, page, titled
from api.web.people import Held, deeds, held, unit_choices
from api.web.visitor import Visitor, VisitorDep
from domain.access import keeps_directory
from domain.ids import PersonId, StreamId
from domain.messages import Lang
from domain.programme import Programme, Unit
from domain.refusal import Kind, Refused
from domain.unit import UNIT, UnitState, unit_stream
from ledger.ledger import Ledger
from ledger.roster import Holder

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PersonWithPost:
    """Somebody with a post here."""

    person: PersonId
    name: str | None
    post: Held


@dataclass(frozen=True, slots=True)
class Seat:
    """A role that is held at this kind of unit, and who holds it now or will."""

    role: str
    people: Sequence[PersonWithPost]


@router.get("/units/{id}")
async def unit(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """A unit, by its stream or by its id in the programme."""
    return await _show(request, visitor, ledger, id, NOTHING_TRIED, 200)


async def _show(request: Request, visitor: Visitor, ledger: Ledger, id: str, tried: Tried, status: int) -> Response:
    programme, lang = visitor.programme, visitor.lang
    here = _unit_of(visitor, id)
    version, permitted = await _stream(ledger, visitor, here.id)
    holders = await ledger.roster.holders(visitor.tenant, [here.id])
    owed = await ledger.roster.owed(visitor.tenant, here.id, visitor.actor)
    today = programme.local_day(visitor.now)
    current = [one for one in holders if one.post.ended_at is None and not _is_over(one, today)]
    before = [one for one in holders if one not in current]
    path = [programme.known_units[one] for one in programme.path_of(here.id)]
    children = [one for one in programme.all_units.values() if one.parent == here.id]
    return page(
        request,
        visitor,
        "unit.html",
        status,
        unit=here,
        stream=unit_stream(visitor.tenant, here.id),
        closed=here.id not in programme.all_units,
        above=path[:-1],
        children=children,
        seats=_seats(programme, lang, here, current),
        before=[_worded(programme, lang, one) for one in before],
        owed=deeds(programme, lang, owed),
        is_late=is_late_at,
        keeper=keeps_directory(None, visitor.actor) is None,
        version=version,
        permitted=permitted,
        tried=tried,
        people_here=len({one.person for one in current}),
        subject=programme.subject_by_id.get(here.subject or ""),
        parents=[one for one in unit_choices(programme, lang) if here.id not in programme.path_of(one[0])],
    )


def _unit_of(visitor: Visitor, id: str) -> Unit:
    units = visitor.programme.known_units
    if id in units:
        return units[id]
    stream = addressed(id, UNIT.name)
    for one in units.values():
        if unit_stream(visitor.tenant, one.id) == stream:
            return one
    raise unknown(id)


async def _stream(ledger: Ledger, visitor: Visitor, unit: str) -> tuple[int, tuple[str, ...]]:
    """The version of the unit's stream and what the visitor may do; nothing while a programme alone declares it."""
    try:
        version, state, _ = await ledger.head(visitor.tenant, StreamId(unit_stream(visitor.tenant, unit)))
    except Refused as refused:
        if refused.kind is Kind.MISSING:
            return 0, ()
        raise
    assert isinstance(state, UnitState), "units are of the unit machine"
    return version, UNIT.permitted(state, visitor.actor)


def _is_over(holder: Holder, today: date) -> bool:
    return holder.post.last_day is not None and holder.post.last_day < today


def _seats(programme: Programme, lang: Lang, unit: Unit, holders: Sequence[Holder]) -> list[Seat]:
    """Every role of this kind of unit in the programme's order, vacant ones too."""
    return [
        Seat(
            role=titled(lang, role.title),
            people=[_worded(programme, lang, one) for one in holders if one.post.role == role.id],
        )
        for role in programme.roles
        if unit.kind in role.at
    ]


def _worded(programme: Programme, lang: Lang, holder: Holder) -> PersonWithPost:
    return PersonWithPost(holder.person, holder.name, held(programme, lang, holder.post))


router.include_router(command_routes(UNIT, _show))
