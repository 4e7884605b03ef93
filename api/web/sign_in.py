"""Signing in and out, and what happens to a form that somebody was filling in when their session ended.

A form from our own page is carried through the sign-in, kept with the person once they have proved who they are, and
offered to be sent again by one press of a button.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, quote_plus, urlencode, urlsplit

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api.deps import LedgerDep, ledger_of
from api.faults import BadRequest
from api.language import COOKIE as LANG_COOKIE
from api.language import language
from api.problems import problem
from api.settings import Settings
from api.web.forms import local_path
from api.web.kit import page, say
from api.web.security import (
    SignInNeeded,
    check_origin,
    device_of,
    session_cookie,
    set_cookie,
    set_session_cookie,
    settings_of,
)
from api.web.visitor import Detour, FormAged, Visitor, VisitorDep
from api.web.written import written
from domain.ids import PersonId, TenantId
from domain.messages import Lang
from domain.text import Text
from ledger.ledger import Ledger
from ledger.pending import Purpose
from ledger.sessions import Why
from ledger.sign_in import CodeWanted, NotSignedIn, SignedIn

router = APIRouter()

KEPT_LASTS = timedelta(hours=12)
"""A form waits this long to be sent again."""
KEPT_BYTES = 900_000
"""A larger form, as a browser sends it, is not carried through the sign-in; the page says so. Below the body limit."""
_NEVER_KEPT = ("csrf", "password", "code", "secret")
"""Fields whose name contains one of these are dropped: they would be wrong or secret."""
_YEAR_SECONDS = 365 * 86400

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Kept:
    """A posted form on its way through the sign-in: where it was going, the page it came from, what was in it."""

    address: str
    back: str
    fields: Fields

    def as_text(self) -> str:
        """For a hidden field."""
        return json.dumps({"address": self.address, "back": self.back, "fields": self.fields}, ensure_ascii=False)

    @property
    def said(self) -> list[str]:
        """What a person typed, without what the page itself put into the form."""
        own = ("version", "command_id", "next", "revision", "id")
        return [value for name, value in self.fields if name not in own and value.strip()]


def kept_from(text: str) -> Kept | None:
    """Read back a hidden field; None when it is not one of ours."""
    try:
        data = json.loads(text)
        fields = [(_storable(str(name)), _storable(str(value))) for name, value in data["fields"]]
        address, back = local_path(_storable(str(data["address"])), ""), local_path(_storable(str(data.get("back"))))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Kept(address, back, fields) if address else None


def keep(request: Request, form: FormData | None) -> Kept | None:
    """Return what of a posted form is to be carried; None for nothing, or for too much."""
    if form is None:
        return None
    fields = [
        (name, _storable(value))
        for name, value in form.multi_items()
        if isinstance(value, str) and not _is_dropped(name)
    ]
    kept = Kept(_here(request), _came_from(request), fields)
    return kept if len(quote_plus(kept.as_text())) <= KEPT_BYTES else None


def _is_dropped(name: str) -> bool:
    """A document's own fields are kept, whatever a programme calls them."""
    return not name.startswith("content.") and any(part in name for part in _NEVER_KEPT)


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode(errors="replace").decode()


def _came_from(request: Request) -> str:
    """The page of ours that a form stood on, as far as the browser tells."""
    there = urlsplit(request.headers.get("referer", ""))
    own = there.netloc == request.headers.get("host")
    return local_path(there.path + (f"?{there.query}" if there.query else "")) if own else "/"


def _here(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


# -- the way in


async def sign_in_page(
    request: Request,
    ledger: Ledger,
    *,
    status: int = 200,
    why: str = "",
    message: str = "",
    login: str = "",
    tenant: str = "",
    onward: str = "/",
    kept: Kept | None = None,
    too_large: bool = False,
    handed_back: str = "",
) -> Response:
    """Return the page that asks for login and password.

    `handed_back` is what somebody wrote who may not sign in any more, to be copied.
    """
    settings = settings_of(request)
    lang = language(request)
    choices = [] if settings.tenant is not None else await _tenants(ledger, lang)
    return page(
        request,
        None,
        "sign_in.html",
        status,
        why=say(lang, f"web.sign_in.why_{why}") if why else "",
        message=message,
        login=login,
        tenant=tenant,
        choices=choices if len(choices) > 1 else [],
        onward=onward,
        kept=kept,
        too_large=too_large,
        written=handed_back,
        sign_ons=_sign_ons(settings, lang, choices, onward),
    )


def _sign_ons(settings: Settings, lang: Lang, choices: Sequence[tuple[str, str]], onward: str) -> list[tuple[str, str]]:
    """The links to the single sign-on, with their words: one, or one for each tenant."""
    if settings.oidc_issuer is None:
        return []
    words = say(lang, "web.sign_in.oidc", label=settings.oidc_label)
    if len(choices) < 2:
        return [(f"/sign-in/oidc?{urlencode({'next': onward})}", words)]
    return [
        (f"/sign-in/oidc?{urlencode({'next': onward, 'tenant': tenant})}", f"{words} · {title}")
        for tenant, title in choices
    ]


async def _tenants(ledger: Ledger, lang: Lang) -> list[tuple[str, str]]:
    """Whom one may sign in to, each with its programme's title."""
    found: list[tuple[str, str]] = []
    for tenant in await ledger.tenants.known():
        title: Text = (await ledger.tenants.in_force(tenant)).title
        found.append((tenant, title.zh if lang == "zh" else title.en))
    return found


async def tenant_of(request: Request, ledger: Ledger, chosen: str) -> TenantId | None:
    """Whom to sign in to: the one set, else the only one, else the one chosen if there is such a one."""
    settled = settings_of(request).tenant
    if settled is not None:
        return TenantId(settled)
    known = await ledger.tenants.known()
    if len(known) == 1:
        return known[0]
    return TenantId(chosen) if chosen in known else None


@router.get("/sign-in")
async def show(request: Request, ledger: LedgerDep, next: str = "/") -> Response:
    """The sign-in page; whoever is signed in goes on."""
    onward = local_path(next)
    if await _signed_in(request, ledger):
        return RedirectResponse(onward, 303)
    return await sign_in_page(request, ledger, onward=onward, why=_why(request))


def _why(request: Request) -> str:
    why = request.query_params.get("why", "")
    return why if why in ("ended", "no_post", "signed_out", "oidc") else ""


async def _signed_in(request: Request, ledger: Ledger) -> bool:
    cookie = session_cookie(request)
    if cookie is None:
        return False
    return await ledger.sessions.find(*cookie, settings_of(request).session_limits.idle) is not None


@router.post("/sign-in")
async def sign_in(request: Request, ledger: LedgerDep) -> Response:
    """Take login and password; lead on to what was asked for, or to the code."""
    check_origin(request)
    form = await request.form(max_fields=20, max_files=0)
    login, password, chosen = _text(form, "login"), _text(form, "password"), _text(form, "tenant")
    onward = local_path(_text(form, "next"))
    kept = kept_from(_text(form, "kept"))
    lang = language(request)
    tenant = await tenant_of(request, ledger, chosen)
    if tenant is None:
        message = say(lang, "web.sign_in.choose_tenant")
        return await sign_in_page(request, ledger, status=422, message=message, login=login, onward=onward, kept=kept)
    found = await ledger.sign_in.by_password(
        tenant, login, password, device_of(request), settings_of(request).session_limits
    )
    if isinstance(found, NotSignedIn):
        message = say(lang, f"web.sign_in.{found}")
        return await sign_in_page(
            request, ledger, status=422, message=message, login=login, tenant=tenant, onward=onward, kept=kept
        )
    if kept is not None:
        onward = await keep_with(ledger, tenant, found.person, kept)
    if isinstance(found, CodeWanted):
        return code_page(request, tenant, found.secret, onward)
    return await entered(request, ledger, tenant, found, onward)


def code_page(
    request: Request, tenant: str, secret: str, onward: str, status: int = 200, message: str = ""
) -> Response:
    """Return the page that asks for the second factor."""
    return page(
        request, None, "sign_in_code.html", status, tenant=tenant, secret=secret, onward=onward, message=message
    )


@router.post("/sign-in/code")
async def code(request: Request, ledger: LedgerDep) -> Response:
    """Take the second factor."""
    check_origin(request)
    form = await request.form(max_fields=20, max_files=0)
    secret, onward = _text(form, "secret"), local_path(_text(form, "next"))
    tenant = await tenant_of(request, ledger, _text(form, "tenant"))
    lang = language(request)
    found: SignedIn | NotSignedIn = NotSignedIn.TOO_LATE
    if tenant is not None:
        found = await ledger.sign_in.by_code(
            tenant, secret, _text(form, "code"), device_of(request), settings_of(request).session_limits
        )
    if isinstance(found, SignedIn):
        assert tenant is not None, "somebody signed in to it"
        return await entered(request, ledger, tenant, found, onward)
    message = say(lang, f"web.sign_in.{found}")
    if found in (NotSignedIn.CODE_WRONG, NotSignedIn.CODE_UNCHECKED):
        return code_page(request, str(tenant), secret, onward, 422, message)
    return await sign_in_page(request, ledger, status=422, message=message, onward=onward)


async def entered(request: Request, ledger: Ledger, tenant: TenantId, found: SignedIn, onward: str) -> Response:
    """Lead on with the new session's cookie. The session that the browser had before ends."""
    before = session_cookie(request)
    if before is not None:
        old = await ledger.sessions.find(*before, settings_of(request).session_limits.idle)
        if old is not None:
            await ledger.sessions.end(old.tenant, old.person, old.id, Why.REPLACED)
    answer = RedirectResponse(onward, 303)
    set_session_cookie(request, answer, tenant, found.session.secret)
    return answer


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return _storable(value) if isinstance(value, str) else ""


# -- the way out, and the language


@router.post("/sign-out")
async def sign_out(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """End this session."""
    await ledger.sessions.end(visitor.tenant, visitor.person, visitor.session, Why.SIGNED_OUT)
    answer = RedirectResponse("/sign-in?why=signed_out", 303)
    set_cookie(request, answer, "session", "", 0)
    return answer


@router.post("/language")
async def switch_language(request: Request, ledger: LedgerDep) -> Response:
    """Switch the language, of the browser and, for whoever is signed in, of the session and the account."""
    check_origin(request)
    form = await request.form(max_fields=20, max_files=0)
    lang: Lang = "en" if _text(form, "to").startswith("en") else "zh"
    cookie = session_cookie(request)
    if cookie is not None:
        session = await ledger.sessions.find(*cookie, settings_of(request).session_limits.idle)
        if session is not None:
            await ledger.sessions.speak(session.tenant, session.person, session.id, lang)
    answer = RedirectResponse(local_path(_text(form, "next")), 303)
    answer.set_cookie(
        LANG_COOKIE, lang, _YEAR_SECONDS, path="/", secure=settings_of(request).is_https, httponly=True, samesite="lax"
    )
    return answer


# -- what was typed before


@router.post("/sign-in/continue")
async def go_on(request: Request, ledger: LedgerDep) -> Response:
    """Go on with a kept form after signing in in another tab, as single sign-on does."""
    check_origin(request)
    kept = kept_from(_text(await request.form(max_fields=20, max_files=0), "kept"))
    cookie = session_cookie(request)
    session = None
    if cookie is not None:
        session = await ledger.sessions.find(*cookie, settings_of(request).session_limits.idle)
    if session is None:
        return await sign_in_page(request, ledger, status=401, why="ended", kept=kept)
    onward = "/" if kept is None else await keep_with(ledger, session.tenant, session.person, kept)
    return RedirectResponse(onward, 303)


async def keep_with(ledger: Ledger, tenant: TenantId, person: PersonId, kept: Kept) -> str:
    """Keep a form with somebody who has proved who they are; returns the address that offers it again."""
    data = {"person": person, "address": kept.address, "back": kept.back, "fields": [list(one) for one in kept.fields]}
    secret = await ledger.pending.keep(tenant, Purpose.FORM, data, KEPT_LASTS)
    return f"/sign-in/kept?key={quote(secret)}"


@router.get("/sign-in/kept")
async def kept_form(request: Request, visitor: VisitorDep, ledger: LedgerDep, key: str = "") -> Response:
    """Say what was kept, and offer to send it."""
    data: Mapping[str, Any] | None = await ledger.pending.find(visitor.tenant, Purpose.FORM, key)
    if data is None or data["person"] != visitor.person:
        raise BadRequest(404, "kept_form_gone")
    kept = Kept(data["address"], data["back"], [(name, value) for name, value in data["fields"]])
    return kept_page(request, visitor, kept)


def kept_page(request: Request, visitor: Visitor, kept: Kept, status: int = 200) -> Response:
    """Return the page that offers to send a kept form."""
    return page(request, visitor, "sign_in_kept.html", status, kept=kept)


# -- when a page finds that somebody has to sign in first


async def _needed(request: Request, fault: SignInNeeded) -> Response:
    if "text/html" not in request.headers.get("accept", "text/html"):
        return problem(request, 401, "sign_in_needed")
    why = "" if fault.why == "none" else fault.why
    if request.method in ("GET", "HEAD"):
        query = {"next": _here(request)} | ({"why": why} if why else {})
        plain = _here(request) == "/" and not why
        return RedirectResponse("/sign-in" if plain else f"/sign-in?{urlencode(query)}", 303)
    kept = keep(request, fault.form)
    return await sign_in_page(
        request,
        ledger_of(request),
        status=401,
        why=why or "ended",
        kept=kept,
        too_large=kept is None,
        handed_back=written(fault.form) if why == "no_post" else "",
    )


async def _aged(request: Request, fault: FormAged) -> Response:
    if "text/html" not in request.headers.get("accept", "text/html"):
        return problem(request, 401, "sign_in_needed")
    kept = keep(request, fault.form)
    if kept is None:
        return problem(request, 409, "form_aged")
    return kept_page(request, fault.visitor, kept, 409)


async def _detour(request: Request, fault: Detour) -> Response:
    kept = keep(request, fault.form)
    onward = _here(request) if fault.form is None else "/"
    if kept is not None:
        onward = await keep_with(ledger_of(request), fault.visitor.tenant, fault.visitor.person, kept)
    query = "" if onward == "/" else f"?{urlencode({'next': onward})}"
    return RedirectResponse(f"{fault.to}{query}", 303)


def install(app: FastAPI) -> None:
    """Answer the faults of `visitor_of` with pages."""
    app.exception_handler(SignInNeeded)(_needed)
    app.exception_handler(FormAged)(_aged)
    app.exception_handler(Detour)(_detour)
