"""Approving or returning many filings with one request, with a result for each."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from api.body import JsonRoute
from api.bulk import MOST, Each, carry_out_each
from api.deps import MAX_KEY, CallerDep, LedgerDep, addressed, answer, command_id_for, command_id_of, on_behalf_of
from api.examples import body as example
from api.faults import BadRequest
from api.language import language
from api.metrics import COMMANDS
from api.models import Problem, StreamView
from api.problems import problem_of
from api.routes.machines import view
from domain.filing import FILING, Approve, Return
from domain.ids import derived
from domain.machine import Command
from domain.messages import Lang
from domain.refusal import Refused
from domain.text import Prose, storable
from ledger.order import CommandIdReused, Order, Outcome, VersionMoved
from ledger.tokens import Caller

router = APIRouter(prefix="/filings", tags=["filings"], route_class=JsonRoute)

Key = Annotated[str, StringConstraints(min_length=1, max_length=MAX_KEY), AfterValidator(storable)]
_MAX_VERSION = 2**31 - 1


class BulkItem(BaseModel):
    """One of the filings."""

    model_config = ConfigDict(extra="forbid")

    stream: Annotated[str, StringConstraints(max_length=80), AfterValidator(storable)]
    version: int | None = Field(
        None, ge=1, le=_MAX_VERSION, description="the version that was decided on, as If-Match is for one"
    )
    key: Key | None = Field(None, description="what Idempotency-Key is for one; each of its own")


class BulkBody(BaseModel):
    """The same decision for many filings."""

    model_config = ConfigDict(extra="forbid")

    command: Literal["approve", "return"]
    reason: Prose | None = Field(None, description="why they are returned; needed for `return`, and only there")
    comment: Prose | None = Field(None, description="goes with every approval")
    items: list[BulkItem] = Field(min_length=1, max_length=MOST)


class BulkResult(BaseModel):
    """What one of the filings came to: the filing after it, or the problem."""

    stream: str
    status: int = Field(description="what the command alone would have been answered with")
    filing: StreamView | None
    problem: Problem | None


class BulkResults(BaseModel):
    """What each came to, in the order in which they were sent."""

    done: int
    refused: int
    results: list[BulkResult]


@router.post("/bulk", response_model=BulkResults, name="filings.bulk", summary="Approve or return many")
async def bulk(
    body: Annotated[BulkBody, example(BulkBody, "filings.bulk")], request: Request, caller: CallerDep, ledger: LedgerDep
) -> Response:
    """Approve or return up to a hundred filings. What holds is written in one transaction; what is refused is left out
    and told with its own problem. 200 whatever they came to. A stage that judges is not approved here: it asks for a
    judgement on each.
    """
    command = _command(body)
    answers: dict[str, Each] = {}
    orders: list[Order] = []
    ids, giver = _command_ids(request, caller, body.items), on_behalf_of(request)
    for item, command_id in zip(body.items, ids, strict=True):
        try:
            stream = addressed(item.stream, FILING.name)
        except Refused as unknown:
            answers[item.stream] = unknown
        else:
            orders.append(Order(caller.tenant, stream, command, caller.person, command_id, item.version, giver))
    carried_out = await carry_out_each(ledger, orders)
    answers |= {str(order.stream): one for order, one in zip(orders, carried_out, strict=True)}
    lang = language(request)
    results = [_result(item.stream, answers[item.stream], command, lang) for item in body.items]
    done = sum(one["problem"] is None for one in results)
    return answer({"done": done, "refused": len(results) - done, "results": results})


def _command(body: BulkBody) -> Command:
    """The command that is given to each. 422 with the field, where its words are missing or another's."""
    match body.command:
        case "approve" if body.reason is not None:
            raise BadRequest(422, "form_unknown", "reason")
        case "approve":
            return Approve(comment=body.comment)
        case "return" if body.comment is not None:
            raise BadRequest(422, "form_unknown", "comment")
        case "return" if body.reason is None:
            raise BadRequest(422, "form_missing", "reason")
        case "return":
            return Return(reason=body.reason)


def _command_ids(request: Request, caller: Caller, items: list[BulkItem]) -> list[UUID]:
    """A command id for each: its key's; else the request's Idempotency-Key and the filing; else a fresh one.

    422 for a filing or a key that comes twice.
    """
    for field in ("stream", "key"):
        given = [getattr(item, field) for item in items]
        twice = next((at for at, one in enumerate(given) if one is not None and one in given[:at]), None)
        if twice is not None:
            raise BadRequest(422, "bulk_twice", f"items.{twice}.{field}")
    whole = command_id_of(request, caller) if "idempotency-key" in request.headers else uuid4()
    return [
        derived(str(whole), item.stream) if item.key is None else command_id_for(caller, item.key) for item in items
    ]


def _result(stream: str, one: Each, command: Command, lang: Lang) -> dict[str, Any]:
    COMMANDS.labels(FILING.name, command.name, _outcome(one)).inc()
    if isinstance(one, Outcome):
        after = view(FILING, one.stream, one.version, one.state, one.permitted) | {"repeated": one.repeated}
        return {"stream": stream, "status": 200, "filing": after, "problem": None}
    told = problem_of(lang, f"/api/v1/filings/{stream}/{command.name}", one)
    return {"stream": stream, "status": told["status"], "filing": None, "problem": told}


def _outcome(one: Each) -> str:
    match one:
        case Outcome():
            return "repeated" if one.repeated else "accepted"
        case Refused():
            return one.kind.value
        case VersionMoved():
            return "moved"
        case CommandIdReused():
            return "reused"
