"""Who a token speaks for, and the caller's own tokens. The keeper of the directory issues them for services too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.body import JsonRoute
from api.deps import CallerDep, LedgerDep, answer, check_scope, deny
from api.examples import body as example
from domain.ids import PersonId
from domain.refusal import forbidden
from domain.rulebook import rulebook_stream
from domain.text import Line
from ledger.tokens import LONGEST, USUAL, Scope, Token

PERSON_ID = "^per-[0-9a-f]{20}$"

router = APIRouter(tags=["tokens"], route_class=JsonRoute)


class PostView(BaseModel):
    """A post in force, and what it gives at its unit and below."""

    role: str
    unit: str
    rights: list[str]


class Me(BaseModel):
    """Who the caller is, what they hold today, and what the token in use is good for."""

    tenant: str
    person: str
    name: str | None = Field(description="null once it was erased")
    posts: list[PostView]
    rulebook: str = Field(description="the stream that says which rules are in force, since when and by whom")
    token: str = Field(description="the id of the token in use")
    scopes: list[Scope]
    expires_at: datetime


class TokenView(BaseModel):
    """A token; its secret is shown once, when it is issued."""

    id: str
    person: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    created_by: str
    expires_at: datetime
    last_used_at: datetime | None = Field(description="within a minute")
    revoked_at: datetime | None


class IssuedView(BaseModel):
    """A token just issued, with its secret. It is not shown again."""

    token: TokenView
    secret: str


class IssueBody(BaseModel):
    """What the new token is called and may be used for."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(description="to tell it from others, such as the program that uses it")
    scopes: list[Scope] = Field(max_length=len(Scope), description="not more than those of the token in use")
    days: int = Field(USUAL.days, ge=1, le=LONGEST.days, description="it ends no later than the token in use")
    person: str | None = Field(None, pattern=PERSON_ID, description="somebody else; for the keeper of the directory")


@router.get("/me", response_model=Me, summary="Who am I")
async def me(caller: CallerDep, ledger: LedgerDep) -> Response:
    """The caller, their posts of today with the rights these give, and the token in use."""
    actor, _, _ = await ledger.actor(caller.tenant, caller.person)
    names = await ledger.names(caller.tenant, [caller.person])
    posts = [{"role": one.role, "unit": one.unit, "rights": sorted(one.rights)} for one in actor.held]
    return answer(
        {
            "tenant": caller.tenant,
            "person": caller.person,
            "name": names.get(caller.person),
            "posts": posts,
            "rulebook": rulebook_stream(caller.tenant),
            "token": caller.token,
            "scopes": sorted(caller.scopes),
            "expires_at": caller.expires_at,
        }
    )


@router.get("/tokens", response_model=list[TokenView], summary="My tokens")
async def tokens(
    caller: CallerDep, ledger: LedgerDep, person: Annotated[str | None, Query(pattern=PERSON_ID)] = None
) -> Response:
    """The caller's tokens, newest first, also those that are over; `person`, for the keeper of the directory."""
    of = caller.person if person is None else PersonId(person)
    if of != caller.person:
        await check_scope(ledger, caller, Scope.DIRECTORY)
    actor, _, _ = await ledger.actor(caller.tenant, caller.person)
    return answer([_view(one) for one in await ledger.tokens.of(caller.tenant, actor, of)])


@router.post("/tokens", response_model=IssuedView, status_code=201, summary="Issue a token")
async def issue(
    body: Annotated[IssueBody, example(IssueBody, "tokens.issue")], caller: CallerDep, ledger: LedgerDep
) -> Response:
    """Issue a token with no more scopes than the one in use, and that ends no later."""
    person = caller.person if body.person is None else PersonId(body.person)
    if not set(body.scopes) <= caller.scopes:
        await deny(ledger, caller, person, "issue_token", forbidden("token_scopes_beyond"))
    if person != caller.person:
        await check_scope(ledger, caller, Scope.DIRECTORY)
    actor, _, _ = await ledger.actor(caller.tenant, caller.person)
    made = await ledger.tokens.issue(
        *(caller.tenant, actor, person, body.name, body.scopes),
        timedelta(days=body.days),
        until=caller.expires_at,
    )
    return answer({"token": _view(made.token), "secret": made.secret}, 201)


@router.delete("/tokens/{id}", status_code=204, response_class=Response, summary="Revoke a token")
async def revoke(id: str, caller: CallerDep, ledger: LedgerDep) -> Response:
    """Revoke one of the caller's tokens at once; anybody's, for the keeper of the directory."""
    actor, _, _ = await ledger.actor(caller.tenant, caller.person)
    await ledger.tokens.revoke(caller.tenant, actor, id)
    return Response(status_code=204)


def _view(one: Token) -> dict[str, object]:
    return {name: getattr(one, name) for name in TokenView.model_fields}
