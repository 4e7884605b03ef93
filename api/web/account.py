"""My account: who I am here, my password, my second factor, where I am signed in, what happened to the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

import pyotp
import segno
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from starlette.datastructures import FormData

from api.deps import LedgerDep
from api.faults import BadRequest
from api.web.forms import local_path
from api.web.kit import page, say
from api.web.security import device_of, posted
from api.web.visitor import Visitor, VisitorDep, needs_totp
from domain.ids import StreamId
from domain.passwords import MAX_LENGTH, MIN_LENGTH
from domain.person import Person
from domain.refusal import Refused
from domain.text import Text
from ledger.accounts import Account
from ledger.ledger import Ledger
from ledger.pending import Purpose
from ledger.sessions import Why
from ledger.totp_keys import KeysUnusable, NotOpened

router = APIRouter(prefix="/account")

PostedDep = Annotated[FormData, Depends(posted)]

ENROLMENT_LASTS = timedelta(minutes=30)
SHOWN = 12
"""Lines of what happened to the account."""

_BROWSERS = (
    ("wxwork", "WeCom"),
    ("micromessenger", "WeChat"),
    ("dingtalk", "DingTalk"),
    ("edg", "Edge"),
    ("360", "360"),
    ("firefox", "Firefox"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
_SYSTEMS = (
    ("harmony", "HarmonyOS"),
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
)


def device_name(agent: str) -> str:
    """A browser and a system in two words, as far as a user agent tells; empty when it tells neither."""
    lower = agent.lower()
    browser = next((name for sign, name in _BROWSERS if sign in lower), "")
    system = next((name for sign, name in _SYSTEMS if sign in lower), "")
    return " · ".join(one for one in (browser, system) if one)


@dataclass(frozen=True, slots=True)
class Post:
    """An appointment in words."""

    role: Text
    unit: Text


def posts_of(visitor: Visitor) -> Sequence[Post]:
    """What somebody holds now, in words."""
    roles, units = visitor.programme.role_by_id, visitor.programme.all_units
    return [Post(roles[one.role].title, units[one.unit].title) for one in visitor.actor.held]


@router.get("")
async def show(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The account as it stands."""
    return await _shown(request, visitor, ledger)


async def _shown(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    status: int = 200,
    message: str = "",
    errors: Mapping[str, str] | None = None,
) -> Response:
    account = await _account(ledger, visitor)
    sessions = await ledger.sessions.of(visitor.tenant, visitor.person)
    log = await ledger.attempts.of(visitor.tenant, visitor.person, SHOWN)
    names = await ledger.names(visitor.tenant, {one.by for one in log if one.by is not None})
    return page(
        request,
        visitor,
        "account.html",
        status,
        account=account,
        posts=posts_of(visitor),
        sessions=sessions,
        log=log,
        names=names,
        device_name=device_name,
        needs_totp=needs_totp(visitor.actor, visitor.programme),
        message=message,
        errors=errors or {},
    )


async def _account(ledger: Ledger, visitor: Visitor) -> Account:
    account = await ledger.accounts.find(visitor.tenant, visitor.person)
    assert account is not None, "a session belongs to an account"
    return account


# -- the password


@router.get("/password")
async def password(request: Request, visitor: VisitorDep, ledger: LedgerDep, next: str = "") -> Response:
    """The form for a new password."""
    account = await _account(ledger, visitor)
    return _password_page(request, visitor, account, local_path(next, _after_password(account)))


def _after_password(account: Account) -> str:
    """Where to go once the password is changed: somebody new goes to work."""
    return "/" if account.must_change else "/account"


def _password_page(
    request: Request,
    visitor: Visitor,
    account: Account,
    onward: str,
    errors: Mapping[str, str] | None = None,
) -> Response:
    return page(
        request,
        visitor,
        "account_password.html",
        422 if errors else 200,
        account=account,
        onward=onward,
        errors=errors or {},
        min_length=MIN_LENGTH,
        max_length=MAX_LENGTH,
    )


@router.post("/password")
async def change_password(request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Set a new password; every other session of the person ends."""
    account = await _account(ledger, visitor)
    onward = local_path(_text(form, "next"), _after_password(account))
    device, new = device_of(request), _text(form, "new")
    errors: dict[str, str] = {}
    # Who has just signed in with a one-time password has shown it.
    if not account.must_change and not await ledger.sign_in.proves_again(
        visitor.tenant, visitor.person, _text(form, "current"), device
    ):
        errors["current"] = say(visitor.lang, "web.account.current_wrong")
    if new != _text(form, "again"):
        errors["again"] = say(visitor.lang, "web.account.again_differs")
    if not errors:
        known = [visitor.name, *(title for post in posts_of(visitor) for title in _words(post))]
        known += [part for one in visitor.actor.held for part in (one.unit, *one.unit.split("-"))]
        known += await _staff_number(ledger, visitor)
        try:
            await ledger.accounts.change_password(
                visitor.tenant, visitor.person, new, known, device, session=visitor.session
            )
        except Refused as refusal:
            errors["new"] = say(visitor.lang, f"refusal.{refusal.code}", **refusal.params)
    if errors:
        return _password_page(request, visitor, account, onward, errors)
    return RedirectResponse(f"{onward}?said=password_changed" if onward in ("/", "/account") else onward, 303)


async def _staff_number(ledger: Ledger, visitor: Visitor) -> list[str]:
    _, state, _ = await ledger.head(visitor.tenant, StreamId(visitor.person))
    return [state.staff_no] if isinstance(state, Person) and state.staff_no is not None else []


def _words(post: Post) -> tuple[str, ...]:
    return post.role.zh, post.role.en, post.unit.zh, post.unit.en


# -- the second factor


@router.get("/totp")
async def totp(request: Request, visitor: VisitorDep, ledger: LedgerDep, next: str = "/account") -> Response:
    """Begin to enrol a second factor: a secret, as a picture and in letters."""
    if (await _account(ledger, visitor)).has_totp:
        return RedirectResponse("/account#totp", 303)
    try:
        sealed = ledger.accounts.draw_totp(visitor.tenant, visitor.person)
    except KeysUnusable:
        return await _no_keys(request, visitor, ledger)
    data = {"person": visitor.person, "sealed": sealed}
    key = await ledger.pending.keep(visitor.tenant, Purpose.TOTP, data, ENROLMENT_LASTS)
    return await _totp_page(request, visitor, ledger, key, sealed, local_path(next, "/account"))


async def _no_keys(request: Request, visitor: Visitor, ledger: Ledger) -> Response:
    return await _shown(request, visitor, ledger, 503, say(visitor.lang, "web.account.totp_unusable"))


async def _totp_page(
    request: Request, visitor: Visitor, ledger: Ledger, key: str, sealed: str, onward: str, error: str = ""
) -> Response:
    secret = ledger.accounts.opened_totp(visitor.tenant, visitor.person, sealed)
    account = await _account(ledger, visitor)
    issuer = visitor.programme.title.zh if visitor.lang == "zh" else visitor.programme.title.en
    uri = pyotp.TOTP(secret).provisioning_uri(name=account.login, issuer_name=issuer)
    # Drawn by segno from black squares: no text of anybody's is in it.
    picture = Markup(segno.make(uri, error="m", micro=False).svg_inline(omitsize=True, border=4, light="#fff"))  # noqa: S704
    return page(
        request,
        visitor,
        "account_totp.html",
        422 if error else 200,
        picture=picture,
        uri=uri,
        letters=[secret[start : start + 4] for start in range(0, len(secret), 4)],
        key=key,
        onward=onward,
        error=error,
        needed=needs_totp(visitor.actor, visitor.programme),
    )


@router.post("/totp")
async def enrol(request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Take the first code; then show the recovery codes, once."""
    key, onward = _text(form, "key"), local_path(_text(form, "next"), "/account")
    pending = await ledger.pending.find(visitor.tenant, Purpose.TOTP, key)
    if pending is None or pending["person"] != visitor.person:
        return RedirectResponse(f"/account/totp?{urlencode({'next': onward})}", 303)
    code, sealed = "".join(_text(form, "code").split()), pending["sealed"]
    try:
        codes = await ledger.accounts.enrol_totp(visitor.tenant, visitor.person, sealed, code, device_of(request))
        if codes is None:
            error = say(visitor.lang, "web.account.code_wrong")
            return await _totp_page(request, visitor, ledger, key, sealed, onward, error)
    except (KeysUnusable, NotOpened):
        return await _no_keys(request, visitor, ledger)
    await ledger.pending.take(visitor.tenant, Purpose.TOTP, key)
    return page(request, visitor, "account_recovery.html", codes=codes, onward=onward)


@router.post("/totp/remove")
async def remove_totp(request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Ask for no more codes; refused while the programme asks for them, or with another password."""
    if needs_totp(visitor.actor, visitor.programme):
        message = say(visitor.lang, "web.account.totp_required")
        return await _shown(request, visitor, ledger, 409, message)
    device = device_of(request)
    if not await ledger.sign_in.proves_again(visitor.tenant, visitor.person, _text(form, "password"), device):
        errors = {"password": say(visitor.lang, "web.account.current_wrong")}
        return await _shown(request, visitor, ledger, 422, errors=errors)
    await ledger.accounts.drop_totp(visitor.tenant, visitor.person, device)
    return RedirectResponse("/account?said=totp_removed", 303)


# -- sessions


@router.post("/sessions/end")
async def end_session(visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """End one of one's own sessions, or all others."""
    chosen = _text(form, "session")
    if chosen == "others":
        await ledger.sessions.end_all(visitor.tenant, visitor.person, Why.ENDED_ELSEWHERE, but=visitor.session)
    elif chosen == visitor.session:
        raise BadRequest(409, "own_session")
    else:
        await ledger.sessions.end(visitor.tenant, visitor.person, chosen, Why.ENDED_ELSEWHERE)
    return RedirectResponse("/account?said=session_ended#sessions", 303)


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.replace("\x00", "") if isinstance(value, str) else ""
