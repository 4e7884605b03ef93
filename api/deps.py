"""What routes are given: the caller, the ledger, and the conditions a caller sets in headers."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, NoReturn, cast
from uuid import UUID, uuid4

from fastapi import Depends, Request, Response
from pydantic_core import to_json

from api.faults import BadRequest
from domain.access import Actor, may_look
from domain.ids import PersonId, StreamId, derived, machine_of
from domain.machine import Machine, State
from domain.machines import MACHINES, machine_for
from domain.programme import Programme
from domain.refusal import Kind, Refused, forbidden
from ledger.attempts import TOKEN
from ledger.delegations import stand_in_for
from ledger.ledger import Ledger
from ledger.tokens import Caller, Scope, tenant_of

MAX_KEY = 200
_STREAM_ID = re.compile(r"[a-z]{3}-[0-9a-f]{20}")
_ETAG = re.compile(r'^(?:W/)?"(\d{1,9})"$')


def ledger_of(request: Request) -> Ledger:
    """The app's ledger."""
    return cast(Ledger, request.app.state.ledger)


LedgerDep = Annotated[Ledger, Depends(ledger_of)]


async def caller_of(request: Request, ledger: LedgerDep) -> Caller:
    """Who calls, by their bearer token, in one query.

    401 without a token in force or for somebody without a post, 403 when the token is not meant for this route, 429
    when too many wrong ones came from the same address.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise BadRequest(401, "token_missing")
    caller = await ledger.tokens.find(secret.strip())
    if caller is None:
        raise await _not_in_force(request, ledger, secret.strip())
    if not caller.appointed:
        raise BadRequest(401, "token_without_post")
    await check_scope(ledger, caller, scope_of(request.method, request.scope["route"].tags))
    return caller


async def _not_in_force(request: Request, ledger: Ledger, secret: str) -> BadRequest:
    tenant = tenant_of(secret)
    address = "" if request.client is None else request.client.host
    if tenant is None or await ledger.attempts.wrong_token(tenant, address):
        return BadRequest(401, "token_invalid")
    return BadRequest(429, "token_attempts", seconds=int(TOKEN.longest.total_seconds()))


def scope_of(method: str, tags: Collection[str | Enum]) -> Scope:
    """The scope that a route asks of a token, by its method and what it is about."""
    if "audit" in tags:
        return Scope.AUDIT
    if method in ("GET", "HEAD"):
        return Scope.READ
    return Scope.DIRECTORY if {"people", "units", "rulebooks"} & set(tags) else Scope.ACT


async def check_scope(ledger: Ledger, caller: Caller, scope: Scope) -> None:
    """Refuse, and log, what a token was not issued for."""
    if scope not in caller.scopes:
        await deny(ledger, caller, None, scope.value, forbidden("token_scope", scope=scope.value))


CallerDep = Annotated[Caller, Depends(caller_of)]


def command_id_of(request: Request, caller: Caller) -> UUID:
    """The command id an Idempotency-Key stands for; a fresh one without."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return uuid4()
    if not 1 <= len(key) <= MAX_KEY:
        raise BadRequest(422, "idempotency_key_length", "Idempotency-Key", limit=MAX_KEY)
    return command_id_for(caller, key)


def command_id_for(caller: Caller, key: str) -> UUID:
    """The command id that a caller's key stands for, wherever it was sent."""
    return derived(caller.tenant, caller.person, "idempotency-key", key)


def expected_of(request: Request) -> int | None:
    """The version named by If-Match; None when the caller sets no condition."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    match = _ETAG.match(header.strip())
    if match is None:
        raise BadRequest(400, "if_match_unreadable", "If-Match")
    return int(match[1])


def unchanged(request: Request, version: int) -> bool:
    """Whether the caller has this version already (If-None-Match, one tag or several)."""
    header = request.headers.get("if-none-match")
    return header is not None and any(one.strip() in (f'"{version}"', f'W/"{version}"') for one in header.split(","))


def on_behalf_of(request: Request) -> PersonId | None:
    """For whom the caller acts, by On-Behalf-Of; None for themself. What cannot be a person is not there: 404."""
    header = request.headers.get("on-behalf-of")
    return None if header is None else PersonId(addressed(header.strip(), "person"))


@dataclass(frozen=True, slots=True)
class Seen:
    """A stream that the caller may look at, with the caller's rights."""

    machine: Machine
    stream: StreamId
    version: int
    state: State
    programme: str
    actor: Actor
    in_force: Programme
    now: datetime


async def seen(
    ledger: Ledger, caller: Caller, stream: str, machine: str | None = None, giver: PersonId | None = None
) -> Seen:
    """Return a stream the caller may look at, be it in the stead of a `giver`, with the rights they then have.

    404 when there is none (of that machine), 403 when they may not.
    """
    address = addressed(stream, machine)
    actor, in_force, now = await ledger.actor(caller.tenant, caller.person)
    version, state, programme = await ledger.head(caller.tenant, address)
    found = machine_for(address)
    if giver is not None:
        received = await ledger.delegations.received(caller.tenant, caller.person, in_force, now)
        stand_in = stand_in_for(received, giver, state)
        if stand_in is None:
            names = await ledger.names(caller.tenant, [giver])
            await deny(ledger, caller, address, "read", forbidden("not_delegated", person=names.get(giver, "…")))
        actor = stand_in.actor(actor)
    if not may_look(actor, found.scope(state)):
        await deny(ledger, caller, address, "read", forbidden("not_yours"))
    return Seen(found, address, version, state, programme, actor, in_force, now)


def addressed(id: str, machine: str | None = None) -> StreamId:
    """The stream an address names. What cannot be a stream's id, or is another machine's, is not there: 404."""
    name = machine_of(id) if _STREAM_ID.fullmatch(id) else None
    if name not in MACHINES or machine not in (None, name):
        raise unknown(id)
    return StreamId(id)


def unknown(id: str) -> Refused:
    """Return the refusal for a stream that is not there."""
    return Refused(Kind.MISSING, "stream_unknown", {"stream": id[:80].replace("\x00", "?")})


async def deny(ledger: Ledger, caller: Caller, stream: str | None, action: str, refusal: Refused) -> NoReturn:
    """Log a denial and refuse."""
    await ledger.deny(caller.tenant, caller.person, stream, action, refusal.code)
    raise refusal


def answer(body: object, status: int = 200, version: int | None = None) -> Response:
    """Return JSON, with the stream's version as its ETag."""
    headers = {} if version is None else {"etag": f'"{version}"'}
    return Response(to_json(body), status, headers, "application/json")
