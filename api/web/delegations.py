"""The page of a person's delegations: who acts for them, for whom they act, and giving and ending it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api.deps import LedgerDep, addressed
from api.web.absence import documents_in_words
from api.web.act import command_routes
from api.web.filing_people import meant
from api.web.forms import NOTHING_TRIED, Tried, WrongForm
from api.web.kit import page, say, titled
from api.web.visitor import Visitor, VisitorDep
from domain.access import keeps_directory
from domain.ids import PersonId, StreamId
from domain.machine import Command
from domain.person import PERSON, Delegate, EndDelegation, HandOver, Person
from domain.refusal import forbidden
from ledger.delegations import Given
from ledger.ledger import Ledger

router = APIRouter()

_PERSON_ID = re.compile(r"per-[0-9a-f]{20}")
_NAMED: Mapping[str, str] = {Delegate.name: "delegate", HandOver.name: "successor"}
"""The field of a command in which somebody is named."""


@dataclass(frozen=True, slots=True)
class Line:
    """A delegation in words."""

    giver: PersonId
    giver_name: str
    id: str
    delegate: PersonId
    delegate_name: str
    documents: str
    first_day: date
    last_day: date
    ended_at: datetime | None
    begun: bool


@router.get("/account/delegations")
async def mine(visitor: VisitorDep) -> Response:
    """The visitor's own delegations."""
    return RedirectResponse(f"/people/{visitor.person}/delegations", 303)


@router.get("/people/{id}/delegations")
async def delegations(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """A person's delegations, for themself and for the keeper of the directory."""
    return await _show(request, visitor, ledger, id, NOTHING_TRIED, 200)


async def _show(request: Request, visitor: Visitor, ledger: Ledger, id: str, tried: Tried, status: int) -> Response:
    person = PersonId(addressed(id, PERSON.name))
    version, state, _ = await ledger.head(visitor.tenant, StreamId(person))
    keeper = keeps_directory(None, visitor.actor) is None
    if person != visitor.person and not keeper:
        if tried.command != EndDelegation.name:
            refusal = forbidden("not_yours")
            await ledger.deny(visitor.tenant, visitor.person, person, "delegations", refusal.code)
            raise refusal
        person = visitor.person  # a delegate ends what they received from a page of their own
        version, state, _ = await ledger.head(visitor.tenant, StreamId(person))
    assert isinstance(state, Person), "people are of the person machine"
    known = await ledger.delegations.of(visitor.tenant, person)
    people = {person, *(one.giver for one in known), *(one.delegate for one in known)}
    somebody = say(visitor.lang, "web.common.somebody")
    names = dict.fromkeys(people, somebody) | await ledger.names(visitor.tenant, people)
    lines = [_line(one, visitor, names) for one in known]
    today = visitor.programme.local_day(visitor.now)
    return page(
        request,
        visitor,
        "delegations.html",
        status,
        id=person,
        version=version,
        own=person == visitor.person,
        name=names[person],
        given=[one for one in lines if one.ended_at is None and one.giver == person],
        received=[one for one in lines if one.ended_at is None and one.delegate == person],
        past=[one for one in lines if one.ended_at is not None],
        keeper=keeper,
        permitted=PERSON.permitted(state, visitor.actor),
        documents=[(one.id, titled(visitor.lang, one.title)) for one in visitor.programme.documents],
        chosen=_chosen(request),
        today=today,
        tried=tried,
    )


def _chosen(request: Request) -> Sequence[str]:
    """The documents that were chosen in a form that is shown again."""
    form: FormData | None = getattr(request.state, "form", None)
    return () if form is None else [str(one) for one in form.getlist("documents")]


def _line(one: Given, visitor: Visitor, names: Mapping[PersonId, str]) -> Line:
    return Line(
        giver=one.giver,
        giver_name=names[one.giver],
        id=one.id,
        delegate=one.delegate,
        delegate_name=names[one.delegate],
        documents=documents_in_words(visitor.programme, visitor, one.documents),
        first_day=one.first_day,
        last_day=one.last_day,
        ended_at=one.ended_at,
        begun=one.first_day <= visitor.programme.local_day(visitor.now),
    )


async def person_named(ledger: Ledger, visitor: Visitor, command: type[Command], form: FormData) -> FormData:
    """Return a form with the person in the place of their name. Raises `WrongForm` where that is not clear."""
    name = _NAMED.get(command.name)
    if name is None or _PERSON_ID.fullmatch(str(form.get(name) or "")):
        return form
    who = await meant(ledger, visitor, form, name)
    if len(who.people) == 1 and not who.questions and not who.unknown:
        rest = [(one, value) for one, value in form.multi_items() if one != name]
        return FormData([*rest, (name, who.people[0])])
    if who.questions:
        raise WrongForm({name: say(visitor.lang, "web.absence.person_several", name=who.questions[0].word)})
    raise WrongForm({name: say(visitor.lang, "web.absence.person_unknown")})


_OTHERS = {one.name for one in PERSON.commands.values()} - {Delegate.name, EndDelegation.name}

router.include_router(command_routes(PERSON, _show, _OTHERS, person_named))
