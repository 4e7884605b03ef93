"""Drafts of filings, and handing one in as it was saved."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

from api.deps import CallerDep, LedgerDep, Seen, answer, command_id_of, deny, expected_of, seen
from api.faults import BadRequest
from api.models import DraftView
from api.routes.machines import carry_out
from api.tokens import Caller
from domain.document import CONTENT_LIMIT, check_storable
from domain.filing import FILING, BeginDraft, Open
from domain.ids import StreamId
from domain.refusal import Kind, Refused
from ledger.ledger import Ledger
from ledger.order import Order

router = APIRouter(prefix="/filings", tags=["filings"])


class DraftBody(BaseModel):
    """What has been written so far. Nothing is required yet."""

    model_config = ConfigDict(extra="forbid")

    body: dict[str, Any]


@router.get("/{id}/draft", response_model=DraftView)
async def read_draft(id: str, caller: CallerDep, ledger: LedgerDep) -> Response:
    """The draft, for whoever may hand it in."""
    await _author(ledger, caller, id)
    draft = await ledger.contents.draft(caller.tenant, StreamId(id))
    if draft is None:
        raise Refused(Kind.MISSING, "no_draft")
    return answer(draft, version=draft.revision)


@router.put("/{id}/draft", response_model=DraftView)
async def save_draft(id: str, body: DraftBody, request: Request, caller: CallerDep, ledger: LedgerDep) -> Response:
    """Save the draft. With If-Match, only over the revision the caller saw; 412 carries the other's text."""
    if len(to_json(body.body)) > CONTENT_LIMIT:
        raise BadRequest(413, "content_too_large", "body", limit=f"{CONTENT_LIMIT // 1024} KiB")
    check_storable(body.body, "body")
    found = await _author(ledger, caller, id)
    draft = await ledger.contents.save_draft(
        caller.tenant, StreamId(id), body.body, caller.person, expected_of(request)
    )
    if isinstance(found.state, Open):
        await _begin(ledger, caller, StreamId(id), request)
    return answer(draft, version=draft.revision)


async def _author(ledger: Ledger, caller: Caller, id: str) -> Seen:
    found = await seen(ledger, caller, id, FILING.name)
    if "submit" not in FILING.permitted(found.state, found.actor):
        await deny(ledger, caller, id, "draft", "not_author")
    return found


async def _begin(ledger: Ledger, caller: Caller, stream: StreamId, request: Request) -> None:
    order = Order(caller.tenant, stream, BeginDraft(), caller.person, command_id_of(request, caller))
    try:
        await carry_out(ledger, FILING, order)
    except Refused as refused:
        # Somebody began at the same moment; the draft is saved all the same.
        if refused.kind is not Kind.CONFLICT:
            raise
