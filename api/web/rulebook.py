"""Which rules are in force and which were, in a page of its own; and putting another stored version in force."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.deps import LedgerDep
from api.web.act import command_routes
from api.web.forms import NOTHING_TRIED, Tried
from api.web.kit import page
from api.web.programmes import adoptions, version_words
from api.web.streams import opened
from api.web.visitor import Visitor, VisitorDep
from domain.rulebook import RULEBOOK, Adopt
from ledger.ledger import Ledger

router = APIRouter()


@router.get("/rulebooks/{id}")
async def rulebook(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """What is in force and what was, for everybody of the tenant; with the form for who may put others in force."""
    return await _show(request, visitor, ledger, id, NOTHING_TRIED, 200)


async def _show(request: Request, visitor: Visitor, ledger: Ledger, id: str, tried: Tried, status: int) -> Response:
    here = await opened(ledger, visitor, id, RULEBOOK)
    versions = await ledger.tenants.programmes(visitor.tenant)
    return page(
        request,
        visitor,
        "rulebook.html",
        status,
        id=here.stream,
        version=here.version,
        adoptions=await adoptions(ledger, visitor),
        may_adopt=Adopt.name in here.permitted(visitor),
        others=[(one.digest, version_words(one, visitor).words) for one in versions if not one.in_force],
        tried=tried,
    )


router.include_router(command_routes(RULEBOOK, _show))
