"""Bearer tokens: who a caller is, signed (JWT, HS256). What they may do is not in the token but in the ledger."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt

from domain.ids import SYSTEM, PersonId, TenantId

LIFETIME = timedelta(hours=12)
_ALGORITHM = "HS256"
_AUDIENCE = "termledger"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a token speaks for."""

    tenant: TenantId
    person: PersonId


class BadToken(Exception):
    """The token is not ours, not whole or out of date."""


def create_key(file: Path) -> bytes:
    """Return the signing key in a file, making it (0600) when there is none."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(secrets.token_bytes(32))
    return file.read_bytes()


def issue(key: bytes, caller: Caller, lifetime: timedelta = LIFETIME) -> str:
    """Return a token for a person. ValueError for the system, which no token may speak for."""
    if caller.person == SYSTEM:
        raise ValueError("no token is issued for the system itself")
    now = datetime.now(UTC)
    claims = {
        "aud": _AUDIENCE,
        "sub": caller.person,
        "tenant": caller.tenant,
        "iat": now,
        "exp": now + lifetime,
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def read(key: bytes, token: str) -> Caller:
    """Return who a token speaks for; raises `BadToken`."""
    required = ["exp", "sub", "tenant", "aud"]
    try:
        claims = jwt.decode(token, key, algorithms=[_ALGORITHM], audience=_AUDIENCE, options={"require": required})
    except jwt.PyJWTError as fault:
        raise BadToken(str(fault)) from fault
    person, tenant = claims["sub"], claims["tenant"]
    if not isinstance(person, str) or not isinstance(tenant, str) or person == SYSTEM:
        raise BadToken("the token names nobody")
    return Caller(TenantId(tenant), PersonId(person))
