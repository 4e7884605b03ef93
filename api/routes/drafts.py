"""Drafts of filings, and handing one in as it was saved."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from api.body import JsonRoute
from api.deps import CallerDep, LedgerDep, Seen, addressed, answer, command_id_of, deny, expected_of, on_behalf_of, seen
from api.examples import body as example
from api.faults import BadRequest
from api.models import DraftView, StreamView
from api.routes.machines import answered, carry_out
from domain.document import CONTENT_LIMIT, check_draft
from domain.filing import FILING, BeginDraft, FilingSubmitted, Open, Submit
from domain.filing.commands import People
from domain.ids import PersonId, StreamId, TenantId
from domain.messages import render
from domain.refusal import Kind, Refused
from domain.text import Slug
from ledger.ledger import Ledger
from ledger.order import CommandIdReused, Order
from ledger.tokens import Caller

router = APIRouter(prefix="/filings", tags=["filings"], route_class=JsonRoute)


class DraftBody(BaseModel):
    """What has been written so far. Nothing is required yet."""

    model_config = ConfigDict(extra="forbid")

    body: dict[str, Any]


class SubmitBody(BaseModel):
    """What is handed in; without `content`, the draft as it was saved."""

    model_config = ConfigDict(extra="forbid")

    content: dict[str, Any] | None = None
    choose: dict[Slug, People] = Field({}, description="who is to decide, by stage, where the author chooses")


@router.get("/{id}/draft", response_model=DraftView, summary="Read the draft")
async def read_draft(id: str, request: Request, caller: CallerDep, ledger: LedgerDep) -> Response:
    """The draft, for whoever may hand it in."""
    await _author(ledger, caller, id, on_behalf_of(request))
    draft = await ledger.contents.draft(caller.tenant, StreamId(id))
    if draft is None:
        raise Refused(Kind.MISSING, "no_draft")
    return answer(draft, version=draft.revision)


@router.put("/{id}/draft", response_model=DraftView, summary="Save the draft")
async def save_draft(
    id: str,
    body: Annotated[DraftBody, example(DraftBody, "draft")],
    request: Request,
    caller: CallerDep,
    ledger: LedgerDep,
) -> Response:
    """Save the draft. With If-Match, only over the revision the caller saw; 412 carries the other's text."""
    if len(to_json(body.body)) > CONTENT_LIMIT:
        raise BadRequest(413, "body_too_large", "body", limit=f"{CONTENT_LIMIT // 1024} KiB")
    giver = on_behalf_of(request)
    found = await _author(ledger, caller, id, giver)
    check_draft(body.body, "body")
    draft = await ledger.contents.save_draft(
        caller.tenant, found.stream, body.body, caller.person, expected_of(request)
    )
    if isinstance(found.state, Open):
        await _begin(ledger, caller, found.stream, giver)
    return answer(draft, version=draft.revision)


@router.post(
    "/{id}/submit",
    response_model=StreamView,
    name="filing.submit",
    summary=render("command.filing.submit", "en"),
)
async def submit(
    id: str,
    body: Annotated[SubmitBody, example(SubmitBody, "filing.submit")],
    request: Request,
    caller: CallerDep,
    ledger: LedgerDep,
) -> Response:
    """Hand in a content, or the draft as it was saved. What was handed in is no draft any more."""
    stream, command_id, expected = addressed(id, FILING.name), command_id_of(request, caller), expected_of(request)
    content, revision = body.content, None
    if content is None and "idempotency-key" in request.headers:
        content = await _handed_in(ledger, caller.tenant, stream, command_id)
    if content is None:
        content, revision = await _draft(ledger, caller, stream, on_behalf_of(request))
    order = Order(
        tenant=caller.tenant,
        stream=stream,
        command=Submit(content=content, choose=body.choose),
        actor=caller.person,
        command_id=command_id,
        expected=expected,
        on_behalf_of=on_behalf_of(request),
    )
    outcome = await carry_out(ledger, FILING, order)
    if not outcome.repeated:
        await ledger.contents.discard_draft(caller.tenant, stream, revision)
    return answered(FILING, outcome, 200)


async def _handed_in(ledger: Ledger, tenant: TenantId, stream: StreamId, command_id: UUID) -> dict[str, Any] | None:
    """The content that this very command handed in before; None when it is new. Its draft may be gone by now."""
    events = await ledger.events(tenant, stream)
    known = next((one.event for one in events if one.command_id == command_id), None)
    if known is None:
        return None
    if not isinstance(known, FilingSubmitted):
        raise CommandIdReused(str(command_id))
    stored = await ledger.contents.content(tenant, known.content)
    if stored is None or stored.body is None:
        raise Refused(Kind.MISSING, "content_unknown")
    body: dict[str, Any] = stored.body
    return body


async def _draft(
    ledger: Ledger, caller: Caller, stream: StreamId, giver: PersonId | None
) -> tuple[dict[str, Any], int]:
    """The draft to hand in, and its revision."""
    draft = await ledger.contents.draft(caller.tenant, stream)
    if draft is None:
        await _author(ledger, caller, stream, giver)  # who may not hand it in hears that first
        raise Refused(Kind.MISSING, "no_draft")
    return draft.body, draft.revision


async def _author(ledger: Ledger, caller: Caller, id: str, giver: PersonId | None) -> Seen:
    """The filing, for whoever may hand it in: 409 while it is not with its author, 403 for anybody else.

    In the stead of a `giver` they may where the giver may.
    """
    found = await seen(ledger, caller, id, FILING.name, giver)
    refusal = FILING.row(found.state, Submit(content={})).may(found.state, found.actor)
    if refusal is not None:
        await deny(ledger, caller, id, "draft", refusal)
    return found


async def _begin(ledger: Ledger, caller: Caller, stream: StreamId, giver: PersonId | None) -> None:
    # Not under the caller's Idempotency-Key: the draft is saved already, and a repeat finds the work begun.
    order = Order(caller.tenant, stream, BeginDraft(), caller.person, uuid4(), on_behalf_of=giver)
    try:
        await carry_out(ledger, FILING, order)
    except Refused as refused:
        # Somebody began at the same moment; the draft is saved all the same.
        if refused.kind is not Kind.CONFLICT:
            raise
