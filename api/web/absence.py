"""Acting for others on the pages: in whose stead somebody looks at a filing, and what waits for those they act for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request

from api.web.kit import address, titled
from api.web.streams import Opened, opened
from api.web.visitor import Visitor
from domain.filing import FILING
from domain.ids import PersonId, StreamId
from domain.machine import State
from domain.programme import Programme
from domain.refusal import Kind, Refused, forbidden
from ledger.delegations import StandIn, stand_in_for
from ledger.ledger import Ledger

_DONE_BY: Mapping[str, frozenset[str]] = {
    "decide": frozenset({"approve", "return", "object"}),
    "agree_too": frozenset({"approve", "return", "object"}),
    "submit": frozenset({"submit"}),
    "mend": frozenset({"submit"}),
    "extend": frozenset({"grant_extension"}),
    "name_decider": frozenset({"assign"}),
}
"""The tasks that a delegate may take over, with the commands that do them. Nobody reads for somebody else."""
_OFFERED = frozenset({"approve", "return", "object", "submit", "grant_extension"})
"""What the page of a filing offers to do in somebody's stead."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Somebody in whose stead the visitor may act on a filing."""

    giver: PersonId
    name: str | None
    address: str


def asked_for(request: Request) -> PersonId | None:
    """In whose stead somebody looks at a page: by its address, or by the form that was sent from it."""
    form = getattr(request.state, "form", None)
    posted = None if form is None else form.get("on_behalf_of")
    asked = posted if isinstance(posted, str) else request.query_params.get("for")
    return PersonId(asked.replace("\x00", "")[:80]) if asked else None


async def opened_again(
    request: Request, ledger: Ledger, visitor: Visitor, id: str
) -> tuple[Visitor, Opened, Refused | None]:
    """Return what `opened_for` does, and why a form can no longer be sent in somebody's stead.

    Whoever sent a form from a page of before keeps what they typed: where they may read the filing by themself, they
    get it in their own name.
    """
    try:
        return *(await opened_for(request, ledger, visitor, id)), None
    except Refused as refusal:
        if request.method != "POST" or refusal.kind is not Kind.FORBIDDEN or asked_for(request) is None:
            raise
        try:
            return visitor, await opened(ledger, visitor, id, FILING), refusal
        except Refused:
            raise refusal from None


async def opened_for(request: Request, ledger: Ledger, visitor: Visitor, id: str) -> tuple[Visitor, Opened]:
    """Return a filing with its visitor, who acts for somebody where the page was asked for so.

    Raises `Refused` as `opened` does, and where nobody gave such a delegation; that is logged. Two queries more when
    it is in somebody's stead.
    """
    giver = asked_for(request)
    if giver is None:
        return visitor, await opened(ledger, visitor, id, FILING)
    received = await ledger.delegations.received(visitor.tenant, visitor.person, visitor.programme, visitor.now)
    stand_in = next((one for one in received if one.giver == giver), None)
    if stand_in is None:
        raise await _not_delegated(ledger, visitor, StreamId(id), giver)
    acting = in_stead(visitor, stand_in)
    found = await opened(ledger, acting, id, FILING)
    if stand_in_for([stand_in], giver, found.state) is None:
        raise await _not_delegated(ledger, visitor, found.stream, giver)
    return acting, found


def in_stead(visitor: Visitor, stand_in: StandIn) -> Visitor:
    """The visitor, acting in somebody's stead."""
    return replace(visitor, actor=stand_in.actor(visitor.own_actor), own=visitor.actor, giver_name=stand_in.name)


async def _not_delegated(ledger: Ledger, visitor: Visitor, stream: StreamId, giver: PersonId) -> Refused:
    refusal = forbidden("not_delegated", person=(await ledger.names(visitor.tenant, [giver])).get(giver, "…"))
    await ledger.deny(visitor.tenant, visitor.person, stream, "read", refusal.code)
    return refusal


def offers(received: Iterable[StandIn], visitor: Visitor, stream: StreamId, state: State) -> list[Offer]:
    """Return in whose stead the visitor may decide something about a filing that they may not decide themself."""
    own = set(FILING.permitted(state, visitor.own_actor))
    return [
        Offer(one.giver, one.name, in_stead_address(stream, one.giver))
        for one in received
        if one.giver != visitor.on_behalf_of
        and stand_in_for([one], one.giver, state) is not None
        and _OFFERED & {*FILING.permitted(state, one.actor(visitor.own_actor))} - own
    ]


def in_stead_address(stream: str, giver: str, page: str = "") -> str:
    """The address of a filing's page, or of one below it, in somebody's stead."""
    return f"/filings/{stream}{page}?for={giver}"


def task_address(row: Mapping[str, Any]) -> str:
    """Where one does what waits: where it is written, or its own page; in somebody's stead where it waits for them."""
    page = "/edit" if row["kind"] in ("submit", "mend") else ""
    giver: StandIn | None = row.get("giver")
    return address(row["stream"]) + page if giver is None else in_stead_address(row["stream"], giver.giver, page)


async def waiting_for_others(
    ledger: Ledger, visitor: Visitor, received: Iterable[StandIn], known: Collection[str], limit: int
) -> list[dict[str, Any]]:
    """Return what waits for those in whose stead the visitor acts, each with its `giver`: a `StandIn`.

    What waits for the visitor themself (`known`) is not repeated, and what they may not do is left out: nobody decides
    on their own through somebody else. One query for each giver, and one for all.
    """
    seen, rows = set(known), []
    for one in received:
        for row in await ledger.desk.waiting(visitor.tenant, one.actor(visitor.own_actor), limit=limit):
            if row["kind"] in _DONE_BY and row["stream"] not in seen:
                seen.add(row["stream"])
                rows.append({**row, "giver": one})
    heads = await ledger.desk.heads(visitor.tenant, [StreamId(row["stream"]) for row in rows]) if rows else {}
    return [row for row in rows if _may_do(row, visitor, heads)]


def _may_do(row: Mapping[str, Any], visitor: Visitor, heads: Mapping[StreamId, tuple[int, State]]) -> bool:
    """Whether the visitor may do what waits, in the stead of its giver."""
    _, state = heads.get(StreamId(row["stream"]), (0, None))
    giver: StandIn = row["giver"]
    if state is None or stand_in_for([giver], giver.giver, state) is None:
        return False
    return not _DONE_BY[row["kind"]].isdisjoint(FILING.permitted(state, giver.actor(visitor.own_actor)))


def documents_in_words(programme: Programme, visitor: Visitor, documents: Sequence[str]) -> str:
    """The kinds of documents of a delegation, in words; empty for all."""
    known: Mapping[str, Any] = programme.document_by_id
    words = [titled(visitor.lang, known[one].title) if one in known else one for one in documents]
    return ("、" if visitor.lang == "zh" else ", ").join(words)
