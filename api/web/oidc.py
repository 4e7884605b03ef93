"""Single sign-on by OpenID Connect: authorization code with PKCE, state and nonce.

It says who somebody is, to an account that exists. It never makes an account and never gives a right.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from api.deps import LedgerDep
from api.faults import BadRequest
from api.language import language
from api.settings import Settings
from api.web.forms import local_path
from api.web.kit import say
from api.web.security import cookie, device_of, set_cookie, settings_of
from api.web.sign_in import code_page, entered, sign_in_page, tenant_of
from domain.ids import TenantId
from ledger.pending import Purpose
from ledger.sign_in import CodeWanted, SignedIn

router = APIRouter(prefix="/sign-in/oidc")

UNDER_WAY = timedelta(minutes=10)
"""From the link to the way back."""
LEEWAY = 60
"""Seconds by which the provider's clock may differ."""
METADATA_LASTS = 3600.0
_COOKIE = "oidc"
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures with a private key only: a shared secret must not pass for the provider's public key."""

_log = logging.getLogger("termledger.oidc")


class OidcFault(Exception):
    """The provider cannot be reached, or does not say what it ought to."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself."""

    authorize: str
    token: str
    keys: str
    algorithms: tuple[str, ...]
    secret_in_body: bool


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-on under way: what only we, only the browser and only the provider know of it."""

    nonce: str
    verifier: str


class Provider:
    """The single sign-on of the settings."""

    def __init__(self, settings: Settings) -> None:
        assert settings.oidc_issuer is not None, "made only where single sign-on is set up"
        assert settings.oidc_client_id is not None, "the settings are whole"
        self._issuer = settings.oidc_issuer
        self._client = settings.oidc_client_id
        self._secret = settings.oidc_secret()
        self._known: tuple[float, Metadata] | None = None
        self._keys: KeySet | None = None

    async def address(self, back: str, state: str, started: Started) -> str:
        """Where to send the browser."""
        metadata = await self._metadata()
        uri: str = prepare_grant_uri(
            metadata.authorize,
            client_id=self._client,
            response_type="code",
            redirect_uri=back,
            scope="openid profile",
            state=state,
            nonce=started.nonce,
            code_challenge=create_s256_code_challenge(started.verifier),
            code_challenge_method="S256",
        )
        return uri

    async def claims(self, code: str, back: str, started: Started) -> Mapping[str, Any]:
        """Return what the provider says of whoever came back with this code. Raises `OidcFault`."""
        metadata = await self._metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self._client,
            "code_verifier": started.verifier,
        }
        basic = None if metadata.secret_in_body else (self._client, self._secret)
        if metadata.secret_in_body:
            form["client_secret"] = self._secret
        answer = await _asked("POST", metadata.token, data=form, auth=basic)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise OidcFault("the answer holds no ID token")
        return await self._checked(token, started.nonce, answer.get("access_token"), metadata)

    async def _checked(self, token: str, nonce: str, access_token: Any, metadata: Metadata) -> Mapping[str, Any]:
        registry = JWSRegistry(algorithms=list(metadata.algorithms), strict_check_header=False)
        try:
            try:
                decoded = jwt.decode(token, await self._key_set(metadata), registry=registry)
            except (InvalidKeyIdError, ValueError):
                self._keys = None  # the provider may have changed its keys
                decoded = jwt.decode(token, await self._key_set(metadata), registry=registry)
            wanted = {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._client},
                "sub": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            }
            params = {"nonce": nonce, "client_id": self._client, "access_token": access_token}
            CodeIDToken(decoded.claims, decoded.header, wanted, params).validate(now=int(time.time()), leeway=LEEWAY)
        except (JoseError, ValueError) as fault:
            raise OidcFault(f"the ID token is not good: {fault}") from fault
        subject = decoded.claims["sub"]
        if not isinstance(subject, str) or not subject.isprintable():
            raise OidcFault("the ID token names nobody")
        return decoded.claims

    async def _metadata(self) -> Metadata:
        if self._known is None or self._known[0] < time.monotonic():
            found = await _asked("GET", f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            self._known = time.monotonic() + METADATA_LASTS, self._read(found)
        return self._known[1]

    def _read(self, found: Mapping[str, Any]) -> Metadata:
        if found.get("issuer") != self._issuer:
            raise OidcFault("the provider says it is another issuer")
        authorize, token, keys = (found.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
        if not (isinstance(authorize, str) and isinstance(token, str) and isinstance(keys, str)):
            raise OidcFault("the provider's description lacks an address")
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return Metadata(
            authorize,
            token,
            keys,
            algorithms=tuple(one for one in _ALGORITHMS if one in offered),
            secret_in_body="client_secret_basic" not in ways and "client_secret_post" in ways,
        )

    async def _key_set(self, metadata: Metadata) -> KeySet:
        if self._keys is None:
            self._keys = KeySet.import_key_set(await _asked("GET", metadata.keys))  # type: ignore[arg-type]
        return self._keys


@cache
def _tls() -> ssl.SSLContext:
    """Whom we believe to be who they are. Reading the certificates takes long, so it is done once."""
    return ssl.create_default_context()


async def _asked(method: str, address: str, **rest: Any) -> dict[str, Any]:
    """Ask the provider; `OidcFault` when it does not answer with JSON."""
    try:
        async with httpx.AsyncClient(timeout=10, verify=_tls()) as http:
            answer = await http.request(method, address, headers={"accept": "application/json"}, **rest)
        found = answer.raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as fault:
        raise OidcFault(f"{address} does not answer: {fault}") from fault
    if not isinstance(found, dict):
        raise OidcFault(f"{address} does not answer as it ought to")
    return found


def _provider(request: Request) -> Provider:
    """The provider of the settings, made once; 404 where there is none."""
    settings = settings_of(request)
    if settings.oidc_issuer is None:
        raise BadRequest(404, "no_such_address")
    known: Provider | None = getattr(request.app.state, "oidc", None)
    if known is None:
        known = request.app.state.oidc = Provider(settings)
    return known


def _back(request: Request) -> str:
    settings = settings_of(request)
    base = settings.public_url or str(request.base_url).rstrip("/")
    return f"{base}/sign-in/oidc/back"


@router.get("")
async def start(request: Request, ledger: LedgerDep, next: str = "/", tenant: str = "") -> Response:
    """Send the browser to the single sign-on. A link, not a form: the pages' policy lets no form leave the site."""
    provider = _provider(request)
    chosen = await tenant_of(request, ledger, tenant)
    if chosen is None:
        message = say(language(request), "web.sign_in.choose_tenant")
        return await sign_in_page(request, ledger, status=422, message=message, onward=local_path(next))
    started = Started(secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    browser = secrets.token_urlsafe(32)
    data = {
        "nonce": started.nonce,
        "verifier": started.verifier,
        "browser": hashlib.sha256(browser.encode()).hexdigest(),
        "next": local_path(next),
    }
    state = await ledger.pending.keep(chosen, Purpose.OIDC, data, UNDER_WAY)
    try:
        address = await provider.address(_back(request), f"{chosen}.{state}", started)
    except OidcFault as fault:
        return _failed(fault)
    answer = RedirectResponse(address, 303)
    set_cookie(request, answer, _COOKIE, browser, int(UNDER_WAY.total_seconds()))
    return answer


@router.get("/back")
async def back(request: Request, ledger: LedgerDep, state: str = "", code: str = "") -> Response:
    """Take whom the single sign-on sent back."""
    provider = _provider(request)
    tenant_name, _, secret = state.partition(".")
    tenant = await tenant_of(request, ledger, tenant_name)
    if tenant is None or tenant != TenantId(tenant_name):
        return _failed(OidcFault("the state names no tenant of ours"))
    data = await ledger.pending.take(tenant, Purpose.OIDC, secret)
    if data is None:
        return _failed(OidcFault("the state is unknown or too old"))
    browser = hashlib.sha256(cookie(request, _COOKIE).encode()).hexdigest()
    if not secrets.compare_digest(browser, data["browser"]):
        return _failed(OidcFault("another browser began this"))
    if not code:
        return _failed(OidcFault(f"the provider refused: {request.query_params.get('error', '')[:100]}"))
    try:
        claims = await provider.claims(code, _back(request), Started(data["nonce"], data["verifier"]))
    except OidcFault as fault:
        return _failed(fault)
    settings = settings_of(request)
    login = claims.get(settings.oidc_claim)
    found = await ledger.sign_in.by_subject(
        tenant,
        f"{settings.oidc_issuer} {claims['sub']}",
        login if isinstance(login, str) else None,
        device_of(request),
        settings.session_limits,
    )
    if isinstance(found, CodeWanted):
        answer = code_page(request, tenant, found.secret, data["next"])
    elif isinstance(found, SignedIn):
        answer = await entered(request, ledger, tenant, found, data["next"])
    else:
        message = say(language(request), f"web.sign_in.{found}")
        answer = await sign_in_page(request, ledger, status=403, message=message, onward=data["next"])
    set_cookie(request, answer, _COOKIE, "", 0)
    return answer


def _failed(fault: OidcFault) -> Response:
    """Back to the sign-in page. What went wrong is for the operator: the log has it."""
    _log.warning("single sign-on failed: %s", fault)
    return RedirectResponse("/sign-in?why=oidc", 303)
