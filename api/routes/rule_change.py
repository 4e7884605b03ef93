"""What other rules would mean for what is under way. Carrying it out is each filing's own command, `move-rules`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api.body import JsonRoute
from api.deps import CallerDep, LedgerDep, answer, deny, seen
from api.language import language
from domain.access import needs
from domain.cycle import Cycle
from domain.programme import Right
from domain.view import Names
from ledger.moves import as_row, totals_in_words

router = APIRouter(tags=["cycles"], route_class=JsonRoute)


class ForeseenView(BaseModel):
    """A filing under way that would change."""

    stream: str
    version: int
    unit: str
    duty: str
    period: str
    status: str
    at: list[str] = Field(description="the stages it is at")
    changes: list[str]
    times: list[dict[str, Any]]
    may_move: bool
    move: str
    may_go_back_to: list[str]
    may_go_to_author: bool


class DryRun(BaseModel):
    """A page of a dry run."""

    cycle: str
    programme: str
    said: list[str] = Field(description="the whole in sentences: numbers, what stays, the windows to come")
    filings: list[ForeseenView]
    next: str | None = Field(description="send it as `after` for the next page; null at the end")


@router.get("/cycles/{id}/dry-run", response_model=DryRun, summary="See what other rules would mean")
async def dry_run(
    id: str,
    request: Request,
    caller: CallerDep,
    ledger: LedgerDep,
    programme: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None,
    after: Annotated[str, Query(pattern="^(fil-[0-9a-f]{20})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Every filing under way that a stored programme (none named: the one in force) would change, and how.

    For who runs the cycle. Nothing is written.
    """
    found = await seen(ledger, caller, id, "cycle")
    assert isinstance(found.state, Cycle), "cycles have cycles' states"
    refusal = needs(Right.RUN_CYCLE, found.actor, (found.state.unit,))
    if refusal is not None:
        await deny(ledger, caller, found.stream, "change_rules", refusal)
    digest = programme or next(one.digest for one in await ledger.tenants.programmes(caller.tenant) if one.in_force)
    rules = await ledger.programme(caller.tenant, digest)
    names = Names(language(request), rules, now=found.now)
    totals = await ledger.moves.totals(caller.tenant, found.stream, found.state, rules, found.actor)
    page = await ledger.moves.page(caller.tenant, found.stream, rules, found.actor, after=after, limit=limit)
    return answer(
        {
            "cycle": found.stream,
            "programme": digest,
            "said": totals_in_words(totals, names),
            "filings": [as_row(one, names) for one in page.filings],
            "next": page.next,
        }
    )
