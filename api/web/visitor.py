"""Who looks at a page: a person with a session, what they hold now, and the language they read."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from api.deps import LedgerDep, addressed
from api.language import language
from api.web.security import TOTP_PATHS, UNCHANGED_PATHS, SignInNeeded, session_cookie, settings_of, submitted
from domain.access import Actor
from domain.ids import PersonId, StreamId, TenantId
from domain.messages import Lang
from domain.programme import Programme
from domain.refusal import Refused
from ledger.sessions import Why


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with a session, as every page sees them."""

    tenant: TenantId
    person: PersonId
    name: str
    session: str
    """The session's id, for the list of own sessions; never the secret in the cookie."""
    csrf: str
    """What every form of this session sends back."""
    lang: Lang
    actor: Actor
    programme: Programme
    """In force now."""
    now: datetime
    """The tenant's time, UTC."""
    unread: int = 0
    """Notices not read yet."""
    waiting: int = 0
    """Tasks that wait for this person."""
    own: Actor | None = None
    """What they hold themself, on a page on which they act for somebody else."""
    giver_name: str | None = None
    """Who that is."""

    @property
    def own_actor(self) -> Actor:
        """The visitor with what they hold themself."""
        return self.own or self.actor

    @property
    def on_behalf_of(self) -> PersonId | None:
        """In whose stead they act on this page."""
        return self.actor.on_behalf_of


class FormAged(Exception):
    """A form of ours that an earlier session was given: the visitor is asked before it is sent on."""

    def __init__(self, visitor: Visitor, form: FormData) -> None:
        super().__init__("the form's csrf token is not this session's")
        self.visitor = visitor
        self.form = form


class Detour(Exception):
    """Something comes first: a password of one's own, or the second factor that a role asks for."""

    def __init__(self, visitor: Visitor, to: str, form: FormData | None) -> None:
        super().__init__(to)
        self.visitor = visitor
        self.to = to
        self.form = form


async def form_of(request: Request) -> AsyncIterator[FormData | None]:
    """Give what was posted, and close the files in it, whoever refuses it and why."""
    form = await submitted(request)
    try:
        yield form
    finally:
        if form is not None:
            await form.close()


async def visitor_of(
    request: Request, ledger: LedgerDep, form: Annotated[FormData | None, Depends(form_of)]
) -> Visitor:
    """Return who looks, in three queries; what they post has been proved to come from their own page.

    Opening the page of a filing, or of anything else that notices lead to, reads what they tell of it, as with mail.

    Raises `SignInNeeded` without a session in force, `Detour` when something has to be done first, `FormAged` for a
    form of an earlier session, and refuses what another site sent.
    """
    cookie = session_cookie(request)
    if cookie is None:
        raise SignInNeeded("none", form)
    tenant, secret = cookie
    session = await ledger.sessions.find(tenant, secret, settings_of(request).session_limits.idle)
    if session is None:
        raise SignInNeeded("ended", form)
    actor, programme, now = await ledger.actor(tenant, session.person)
    if not actor.held:
        await ledger.sessions.end(tenant, session.person, session.id, Why.NO_POST)
        raise SignInNeeded("no_post", form)
    path = request.url.path
    detour = None
    if session.must_change and path not in UNCHANGED_PATHS:
        detour = "/account/password"
    elif not session.has_totp and needs_totp(actor, programme) and path not in UNCHANGED_PATHS | TOTP_PATHS:
        detour = "/account/totp"
    unread, waiting = await ledger.sessions.counts(tenant, actor, _opened(request) if detour is None else None)
    visitor = Visitor(
        tenant=tenant,
        person=session.person,
        name=session.name,
        session=session.id,
        csrf=session.csrf,
        lang=session.lang or language(request),
        actor=actor,
        programme=programme,
        now=now,
        unread=unread,
        waiting=waiting,
    )
    request.state.visitor = visitor
    if detour is not None:
        raise Detour(visitor, detour, form)
    if form is not None and not secrets.compare_digest(_token(request, form).encode(), visitor.csrf.encode()):
        raise FormAged(visitor, form)
    return visitor


def _opened(request: Request) -> StreamId | None:
    """The stream whose page is asked for; none on other pages, and where something is sent."""
    id = request.path_params.get("id")
    if id is None or request.method != "GET":
        return None
    try:
        return addressed(id)
    except Refused:
        return None


def needs_totp(actor: Actor, programme: Programme) -> bool:
    """Whether the programme in force asks a second factor of somebody, for a role they hold."""
    return any(programme.role_by_id[one.role].totp for one in actor.held)


def _token(request: Request, form: FormData) -> str:
    """The token a form carries, or a script in its place."""
    given = form.get("csrf")
    return given if isinstance(given, str) else request.headers.get("x-csrf-token", "")


VisitorDep = Annotated[Visitor, Depends(visitor_of)]


async def posted(request: Request, visitor: VisitorDep) -> FormData:
    """Return the posted form of a visitor: `visitor_of` has checked that it comes from their own page."""
    form: FormData = request.state.form
    return form


PostedDep = Annotated[FormData, Depends(posted)]
"""A posted form whose csrf token has been checked."""
