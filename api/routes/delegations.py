"""Who acts for whom: the caller's own delegations, given and received. The directory's keeper gives others' under
/people/{id}/delegate.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.body import JsonRoute
from api.deps import CallerDep, LedgerDep, addressed, answer, command_id_of
from api.examples import body as example
from api.models import StreamView
from api.routes.machines import answered, carry_out
from api.routes.tokens import PostView
from domain.ids import StreamId
from domain.person import PERSON, Delegate, EndDelegation
from ledger.order import Order

router = APIRouter(prefix="/delegations", tags=["delegations"], route_class=JsonRoute)


class DelegationView(BaseModel):
    """A delegation, whether it holds or has ended."""

    giver: str
    id: str = Field(description="unique among the giver's")
    delegate: str
    documents: list[str] = Field(description="kinds of documents; empty for all")
    first_day: date
    last_day: date
    ended_at: datetime | None


class StandInView(BaseModel):
    """Somebody for whom the caller may act now, by naming them in On-Behalf-Of."""

    giver: str
    name: str | None = Field(description="null once it was erased")
    posts: list[PostView] = Field(description="what the caller acts with in their stead")
    documents: list[str] = Field(description="kinds of documents; empty for all")


class DelegationsView(BaseModel):
    """The caller's delegations."""

    given: list[DelegationView]
    received: list[DelegationView]
    acting_for: list[StandInView]


@router.get("", response_model=DelegationsView, summary="My delegations")
async def mine(caller: CallerDep, ledger: LedgerDep) -> Response:
    """What the caller has given and received, past ones too, and for whom they may act now."""
    _, programme, now = await ledger.actor(caller.tenant, caller.person)
    known = await ledger.delegations.of(caller.tenant, caller.person)
    acting = await ledger.delegations.received(caller.tenant, caller.person, programme, now)
    body: dict[str, Any] = {
        "given": [one for one in known if one.giver == caller.person],
        "received": [one for one in known if one.delegate == caller.person],
        "acting_for": [
            {
                "giver": one.giver,
                "name": one.name,
                "posts": [
                    {"role": held.role, "unit": held.unit, "rights": sorted(right.value for right in held.rights)}
                    for held in one.held
                ],
                "documents": one.documents,
            }
            for one in acting
        ],
    }
    return answer(body)


@router.post("", response_model=StreamView, status_code=201, summary="Have somebody act for me")
async def give(
    body: Annotated[Delegate, example(Delegate, "person.delegate")],
    request: Request,
    caller: CallerDep,
    ledger: LedgerDep,
) -> Response:
    """Have somebody act in the caller's stead, from day to day."""
    order = Order(caller.tenant, StreamId(caller.person), body, caller.person, command_id_of(request, caller))
    return answered(PERSON, await carry_out(ledger, PERSON, order), 201)


@router.post("/{id}/end", response_model=StreamView, summary="End a delegation that I gave or received")
async def end(
    id: str,
    body: Annotated[EndDelegation, example(EndDelegation, "person.end_delegation")],
    request: Request,
    caller: CallerDep,
    ledger: LedgerDep,
) -> Response:
    """End a delegation of the giver named in the address at once."""
    stream, command_id = addressed(id, PERSON.name), command_id_of(request, caller)
    order = Order(caller.tenant, stream, body, caller.person, command_id)
    return answered(PERSON, await carry_out(ledger, PERSON, order), 200)
