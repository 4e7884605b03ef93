"""The audit side: events, past states, contents, verification."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel

from api.body import JsonRoute
from api.deps import CallerDep, LedgerDep, answer, deny, on_behalf_of, seen
from api.faults import BadRequest
from api.models import EventPage, StateView, VerificationView
from domain.access import needs
from domain.filing import Filing
from domain.ids import StreamId
from domain.programme import Right
from domain.refusal import Kind, Refused
from ledger.replay import as_row

router = APIRouter(tags=["audit"], route_class=JsonRoute)
revisions = APIRouter(tags=["filings"], route_class=JsonRoute)

MAX_VERSION = 2**31 - 1


class ContentView(BaseModel):
    """A document's content; `body` is null once it was erased."""

    digest: str
    body: dict[str, Any] | None
    erased_at: datetime | None


@router.get("/streams/{id}/events", response_model=EventPage, summary="Events of a stream")
async def events(
    id: str,
    request: Request,
    caller: CallerDep,
    ledger: LedgerDep,
    after: Annotated[int, Query(ge=0, le=MAX_VERSION)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """A stream's events, oldest first, for whoever may read the stream."""
    await seen(ledger, caller, id, giver=on_behalf_of(request))
    found = await ledger.events(caller.tenant, StreamId(id), after=after, limit=limit + 1)
    more = len(found) > limit
    rows = [as_row(one) for one in found[:limit]]
    return answer({"events": rows, "next": rows[-1]["version"] if more else None})


@router.get("/streams/{id}/state", response_model=StateView, summary="State of a stream at a version or a time")
async def state(
    id: str,
    request: Request,
    caller: CallerDep,
    ledger: LedgerDep,
    version: Annotated[int | None, Query(ge=1, le=MAX_VERSION)] = None,
    at: AwareDatetime | None = None,
) -> Response:
    """The stream as it was after a version, or at an instant (with its offset, such as +08:00)."""
    if (version is None) == (at is None):
        raise BadRequest(422, "version_or_time", "version")
    found = await seen(ledger, caller, id, giver=on_behalf_of(request))
    moment = version if version is not None else at
    assert moment is not None, "one of the two was given"
    reached, then = await ledger.state_at(caller.tenant, StreamId(id), moment)
    body = {"id": id, "machine": found.machine.name, "version": reached, "status": then.status, "state": then}
    return answer(body, version=reached)


@revisions.get("/filings/{id}/contents/{digest}", response_model=ContentView, summary="Read a revision")
async def content(id: str, digest: str, request: Request, caller: CallerDep, ledger: LedgerDep) -> Response:
    """A revision's content, for whoever may read its filing."""
    found = await seen(ledger, caller, id, "filing", on_behalf_of(request))
    assert isinstance(found.state, Filing), "filings have filings' states"
    known = {one.content for one in found.state.revisions}
    stored = await ledger.contents.content(caller.tenant, digest) if digest in known else None
    if stored is None:
        raise Refused(Kind.MISSING, "content_unknown")
    return answer(stored)


@router.post("/verify", response_model=VerificationView, summary="Verify the ledger")
async def verify(caller: CallerDep, ledger: LedgerDep) -> Response:
    """Hash every event again and follow every link, for readers of the ledger."""
    actor, programme, _ = await ledger.actor(caller.tenant, caller.person)
    refusal = needs(Right.AUDIT, actor, programme.root_path)
    if refusal is not None:
        await deny(ledger, caller, None, "verify", refusal)
    found = await ledger.verify(caller.tenant)
    body = {
        "tenant": found.tenant,
        "sound": found.sound,
        "events": found.events,
        "streams": found.streams,
        "head": found.head,
        "flaw": found.flaw,
    }
    return answer(body)
