"""Notices: the newest on the desk, all of them on a page of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.deps import LedgerDep
from api.web.kit import page
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.ids import PersonId, StreamId
from domain.view import Names, people_noticed
from ledger.inbox import Notice

router = APIRouter()

SHOWN = 50
"""Notices on one page."""


@dataclass(frozen=True, slots=True)
class Line:
    """A notice as a page shows it."""

    stream: StreamId
    text: str
    at: datetime
    read: bool


@router.get("/notices")
async def notices(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """All of the visitor's notices, newest first."""
    before = _id(request.query_params.get("before", ""))
    found = await ledger.inbox.read(visitor.tenant, visitor.person, SHOWN + 1, before=before)
    shown = found[:SHOWN]
    names = await ledger.names(visitor.tenant, people_in(shown))
    return page(
        request,
        visitor,
        "notices.html",
        notices=lines(visitor, shown, names),
        next=f"?before={shown[-1].id}" if len(found) > SHOWN else "",
        paged=before is not None,
    )


@router.post("/notices/read")
async def read(visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Mark every notice as read."""
    await ledger.inbox.mark_all_read(visitor.tenant, visitor.person)
    back = "/notices" if form.get("back") == "notices" else "/"
    return RedirectResponse(f"{back}?said=notices_read", 303)


def people_in(found: Iterable[Notice]) -> frozenset[PersonId]:
    """Whose names notices need."""
    return people_noticed(one.params for one in found)


def lines(visitor: Visitor, found: Sequence[Notice], names: Mapping[PersonId, str]) -> list[Line]:
    """Return notices as sentences, their people, periods and times in words."""
    words = Names(visitor.lang, visitor.programme, names, now=visitor.now)
    return [Line(one.stream, words.notice(one.notice, one.params), one.at, one.read_at is not None) for one in found]


def _id(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
