"""离职交接 over the API: what is open of somebody, and giving it to a successor in one transaction."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.body import JsonRoute
from api.deps import CallerDep, LedgerDep, addressed, answer, command_id_of, deny, expected_of, unknown
from api.examples import body as example
from api.handing_over import Wish, hand_over, open_of
from api.routes.tokens import PERSON_ID
from domain.access import keeps_directory
from domain.ids import PersonId
from domain.person import PERSON
from domain.text import Prose, Slug
from ledger.ledger import Ledger
from ledger.order import BatchRefused
from ledger.tokens import Caller

router = APIRouter(prefix="/people", tags=["people"], route_class=JsonRoute)


class HandOverBody(BaseModel):
    """Who takes over, why, and what."""

    model_config = ConfigDict(extra="forbid")

    successor: Annotated[str, Field(pattern=PERSON_ID)]
    reason: Prose
    posts: tuple[Slug, ...] = Field((), description="the appointments that go to the successor, by id")
    leaves: bool = Field(False, description="whether the person leaves: every other appointment ends too")


class PostOpen(BaseModel):
    """An appointment, what waits for its post, and who else holds it."""

    id: str
    role: str
    unit: str
    waiting: int
    others: list[str]


class OpenView(BaseModel):
    """Everything open of somebody."""

    posts: list[PostOpen]
    moves: list[str] = Field(description="filings that name the person; they go to the successor")
    inspections: list[str] = Field(
        description="inspections that the person has still to sign; a successor who may inspect takes over"
    )
    stays: list[str] = Field(description="what names the person and is arranged anew by others")


class HandedOverView(BaseModel):
    """What became of it."""

    moved: list[str]
    left: OpenView = Field(description="what is still open of the person")


@router.get("/{id}/hand-over", response_model=OpenView, summary="What is open of somebody")
async def preview(id: str, caller: CallerDep, ledger: LedgerDep) -> Response:
    """What a successor would take over, and what would be arranged anew; for the keeper of the directory."""
    person = PersonId(addressed(id, PERSON.name))
    await _check_keeper(ledger, caller, person)
    return answer(await _view(ledger, caller, person))


@router.post("/{id}/hand-over", response_model=HandedOverView, name="person.hand_over", summary="Hand over")
async def carry_out(
    id: str,
    body: Annotated[HandOverBody, example(HandOverBody, "person.hand_over")],
    request: Request,
    caller: CallerDep,
    ledger: LedgerDep,
) -> Response:
    """Give everything open of somebody to a successor, in one transaction: all or nothing."""
    person = PersonId(addressed(id, PERSON.name))
    await _check_keeper(ledger, caller, person)
    wish = Wish(PersonId(body.successor), body.reason, body.posts, body.leaves)
    try:
        moved = await hand_over(
            ledger, caller.tenant, caller.person, person, wish, command_id_of(request, caller), expected_of(request)
        )
    except BatchRefused as refused:
        if refused.refused.code == "not_started":
            raise unknown(refused.order.stream) from None
        raise refused.refused from None
    return answer({"moved": moved, "left": await _view(ledger, caller, person)})


async def _check_keeper(ledger: Ledger, caller: Caller, person: PersonId) -> None:
    actor, _, _ = await ledger.actor(caller.tenant, caller.person)
    await ledger.head(caller.tenant, addressed(person, PERSON.name))
    refusal = keeps_directory(None, actor)
    if refusal is not None:
        await deny(ledger, caller, person, "hand_over", refusal)


async def _view(ledger: Ledger, caller: Caller, person: PersonId) -> dict[str, Any]:
    found = await open_of(ledger, caller.tenant, person)
    return {
        "posts": [
            {
                "id": one.appointment.id,
                "role": one.appointment.role,
                "unit": one.appointment.unit,
                "waiting": one.waiting,
                "others": one.others,
            }
            for one in found.posts
        ],
        "moves": [stream for stream, _ in found.moves],
        "inspections": [stream for stream, _ in found.seats],
        "stays": [stream for stream, _ in found.stays],
    }
