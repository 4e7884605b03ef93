"""Live counts by server-sent events: how much waits for the visitor, and how many notices are new.

The page says the right numbers without it; this keeps an open page true.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from api.deps import LedgerDep
from api.web.visitor import Visitor, VisitorDep
from ledger.ledger import Ledger

router = APIRouter()

EVERY = 15.0
"""Seconds between two looks. A page is read for minutes; a look costs one indexed query."""
LOOKS = 40
"""After ten minutes the stream ends and the browser opens a new one, which checks the session again."""


@router.get("/live")
async def live(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> StreamingResponse:
    """The visitor's counts, whenever they change."""
    return StreamingResponse(
        _counts(request, visitor, ledger), media_type="text/event-stream", headers={"cache-control": "no-store"}
    )


async def _counts(request: Request, visitor: Visitor, ledger: Ledger) -> AsyncIterator[bytes]:
    told: dict[str, int] = {}  # the first look is always told: much may have happened since the page was made
    for _ in range(LOOKS):
        if await request.is_disconnected():
            return
        unread, waiting = await ledger.sessions.counts(visitor.tenant, visitor.actor)
        counts = {"waiting": waiting, "unread": unread}
        if counts != told:
            told = counts
            yield b"event: counts\ndata: " + to_json(counts) + b"\n\n"
        else:
            yield b": still here\n\n"
        await asyncio.sleep(EVERY)
