"""API tokens: one's own, and, for the keeper of the directory, those of services and of others."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData

from api.deps import LedgerDep
from api.problems import told
from api.web.forms import NOTHING_TRIED, Tried, refused, typed
from api.web.kit import page, say
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.ids import PersonId
from domain.refusal import Refused
from domain.text import Line
from ledger.ledger import Ledger
from ledger.tokens import LONGEST, USUAL, Issued, Scope

router = APIRouter(prefix="/account/tokens")

_NAME: TypeAdapter[str] = TypeAdapter(Line)
PERSON = 60
"""Characters of a person's id that are looked at."""


@router.get("")
async def tokens(request: Request, visitor: VisitorDep, ledger: LedgerDep, person: str = "") -> Response:
    """The visitor's tokens; another's for the keeper of the directory."""
    return await _show(request, visitor, ledger, _whose(person, visitor))


@router.post("")
async def issue(request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Issue a token. Its secret is in this answer and nowhere else."""
    person = _whose(str(form.get("person") or ""), visitor)
    scopes = [scope for scope in Scope if scope.value in form.getlist("scope")]
    try:
        name = _NAME.validate_python(form.get("name") or "")
        issued = await ledger.tokens.issue(visitor.tenant, visitor.actor, person, name, scopes, _lifetime(form))
    except ValidationError as fault:
        tried = Tried("issue", typed(form), "", {"name": told(fault.errors()[0], visitor.lang)})
        return await _show(request, visitor, ledger, person, tried=tried)
    except Refused as refusal:
        return await _show(request, visitor, ledger, person, tried=refused("issue", form, refusal, visitor.lang))
    return await _show(request, visitor, ledger, person, issued=issued)


@router.post("/revoke")
async def revoke(visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Revoke a token: from now on it is refused everywhere."""
    person = _whose(str(form.get("person") or ""), visitor)
    await ledger.tokens.revoke(visitor.tenant, visitor.actor, str(form.get("id") or ""))
    other = "" if person == visitor.person else f"&person={person}"
    return RedirectResponse(f"/account/tokens?said=token_revoked{other}", 303)


def _whose(person: str, visitor: Visitor) -> PersonId:
    return PersonId(person[:PERSON].replace("\x00", "")) if person else visitor.person


def _lifetime(form: FormData) -> timedelta:
    """The days asked for; what is no number of days is the usual."""
    days = str(form.get("days") or "")
    return timedelta(days=int(days)) if days.isdecimal() and len(days) < 5 else USUAL


async def _show(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    person: PersonId,
    *,
    tried: Tried = NOTHING_TRIED,
    issued: Issued | None = None,
) -> Response:
    found = await ledger.tokens.of(visitor.tenant, visitor.actor, person)
    names = await ledger.names(visitor.tenant, [person, *(one.created_by for one in found)])
    return page(
        request,
        visitor,
        "tokens.html",
        422 if tried.command else 200,
        person=person,
        own=person == visitor.person,
        whose=names.get(person, say(visitor.lang, "web.common.somebody")),
        names=names,
        tokens=found,
        tried=tried,
        scopes=[(scope.value, scope.value in ("read",)) for scope in Scope],
        usual=USUAL.days,
        longest=LONGEST.days,
        issued=issued,
    )
