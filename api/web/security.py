"""What keeps pages safe: the session's cookie, the proof that a form comes from our own page, and the headers.

A browser tells with each form where it comes from (Origin, Sec-Fetch-Site). What another site sends is refused before
anything of it is looked at.
"""

from __future__ import annotations

import re
from typing import Literal, cast
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.datastructures import FormData, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.faults import BadRequest
from api.settings import Settings
from domain.ids import TenantId
from ledger.attempts import Device

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_FIELDS = 5000
"""Fields of one form: a document with every table full stays below."""
UNCHANGED_PATHS = frozenset({"/account/password", "/sign-out", "/language", "/live"})
"""What may be done while a one-time password has not been changed."""
TOTP_PATHS = frozenset({"/account/totp"})
"""What may be done besides while a second factor is asked for and not there."""

_COOKIE = re.compile(r"([a-z0-9][a-z0-9-]{0,62})\.([A-Za-z0-9_-]{43})")

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline, nothing from another host."""

PAGE_HEADERS = {
    "content-security-policy": CSP,
    # Not "no-referrer": browsers would then send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}
HSTS = "max-age=31536000"


class SignInNeeded(Exception):
    """There is no session in force. What was posted from our own page goes along, so that it can be kept."""

    def __init__(self, why: Literal["none", "ended", "no_post"], form: FormData | None) -> None:
        super().__init__(why)
        self.why = why
        self.form = form


def settings_of(request: Request) -> Settings:
    """The app's settings."""
    return cast(Settings, request.app.state.settings)


def device_of(request: Request) -> Device:
    """Where a request comes from. Behind a proxy the server is told whom to believe (docs/operations.md)."""
    return Device("" if request.client is None else request.client.host, request.headers.get("user-agent", ""))


# -- cookies


def session_cookie(request: Request) -> tuple[TenantId, str] | None:
    """The tenant and the secret in the session's cookie, if it is one of ours."""
    match = _COOKIE.fullmatch(request.cookies.get(_name(settings_of(request), "session"), ""))
    return None if match is None else (TenantId(match[1]), match[2])


def set_session_cookie(request: Request, response: Response, tenant: TenantId, secret: str) -> None:
    """Let the browser hold a session's secret."""
    settings = settings_of(request)
    lasts = int(settings.session_limits.absolute.total_seconds())
    set_cookie(request, response, "session", f"{tenant}.{secret}", lasts)


def set_cookie(request: Request, response: Response, name: str, value: str, lasts: int) -> None:
    """Set a cookie of ours that no script reads; an empty value that lasts 0 seconds removes it."""
    settings = settings_of(request)
    response.set_cookie(
        _name(settings, name), value, max_age=lasts, path="/", secure=settings.is_https, httponly=True, samesite="lax"
    )


def cookie(request: Request, name: str) -> str:
    """Return a cookie of ours."""
    return request.cookies.get(_name(settings_of(request), name), "")


def _name(settings: Settings, name: str) -> str:
    """The prefix makes browsers refuse a cookie that another host or an unencrypted page tried to plant."""
    return f"__Host-{name}" if settings.is_https else f"termledger-{name}"


# -- forms


async def submitted(request: Request) -> FormData | None:
    """Return what was posted from a page of our own; None for a request that only reads. 403 for another site's."""
    if request.method in SAFE_METHODS:
        return None
    check_origin(request)
    form = _encodable(await request.form(max_fields=MAX_FIELDS))
    request.state.form = form
    return form


def _encodable(form: FormData) -> FormData:
    """Half a surrogate pair, which only a charset that somebody made up brings, becomes a question mark."""
    return FormData(
        [(_whole(name), _whole(value) if isinstance(value, str) else value) for name, value in form.multi_items()]
    )


def _whole(text: str) -> str:
    return text.encode(errors="replace").decode()


async def posted(request: Request) -> FormData:
    """Return the form that `visitor_of` has checked. For routes that take `VisitorDep` first; fails without it."""
    form: FormData = request.state.form
    return form


def check_origin(request: Request) -> None:
    """Refuse with 403 what did not come from a page of this site, or does not say where it came from."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise BadRequest(403, "cross_origin")
    if origin is not None and origin != "null":
        if not _is_own(request, origin):
            raise BadRequest(403, "cross_origin")
    elif site != "same-origin":
        raise BadRequest(403, "cross_origin")


def _is_own(request: Request, origin: str) -> bool:
    """By host alone where the public address is not set: a proxy in front may have taken the https off."""
    public = settings_of(request).public_url
    if public is not None:
        there, own = urlsplit(public), urlsplit(origin)
        if (there.scheme, there.netloc) == (own.scheme, own.netloc):
            return True
    return urlsplit(origin).netloc == request.headers.get("host")


# -- headers


class PageHeaders:
    """Adds the headers of pages to every answer that is HTML, and HSTS where the site is encrypted."""

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    for name, value in PAGE_HEADERS.items():
                        headers.setdefault(name, value)
                if self._https:
                    headers["strict-transport-security"] = HSTS
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)
