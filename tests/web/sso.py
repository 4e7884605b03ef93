"""A small single sign-on (OpenID Connect provider) on a free port, which can be told to lie."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

Claims = dict[str, Any]

CLIENT, SECRET = "termledger", "a secret of the client"


@cache
def rsa_key(kid: str, drawn: int = 1) -> RSAKey:
    """A key, made once: another for each id and each drawing."""
    return RSAKey.generate_key(2048, parameters={"kid": kid})


@dataclass
class Sso:
    """The provider: whom it has in front of it, and what it changes in what it says."""

    issuer: str = ""
    user: Claims = field(default_factory=dict)
    spoil: Callable[[Claims], None] = lambda claims: None
    """Changes the claims of the ID token before it is signed."""
    key: RSAKey = field(default_factory=lambda: rsa_key("one"))
    signs_with: RSAKey | OctKey | None = None
    algorithm: str = "RS256"
    refuses: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()
        app.get("/.well-known/openid-configuration")(self._describe)
        app.get("/keys")(self._keys)
        app.get("/authorize")(self._authorize)
        app.post("/token")(self._token)
        return app

    async def _describe(self) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
        )

    async def _keys(self) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        self.asked.append(asked)
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        if self.refuses:
            query = {"error": self.refuses, "state": asked["state"]}
        else:
            code = secrets.token_urlsafe()
            self.codes[code] = asked
            query = {"code": code, "state": asked["state"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(query)}", 303)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        basic = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        asked = self.codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        good = (
            basic == f"{CLIENT}:{SECRET}"
            and asked is not None
            and asked["code_challenge"] == challenge
            and asked["redirect_uri"] == form["redirect_uri"]
        )
        if not good or asked is None:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims: Claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= self.user
        self.spoil(claims)
        key = self.signs_with or self.key
        header = {"alg": self.algorithm} | ({"kid": key.kid} if key.kid else {})
        token = jwt.encode(header, claims, key, algorithms=[self.algorithm])
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})
