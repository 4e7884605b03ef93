"""Bearer tokens: who a caller is, signed (JWT, HS256). What they may do is not in the token but in the ledger."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt

from domain.ids import SYSTEM, PersonId, TenantId

LIFETIME = timedelta(hours=12)
KEY_BYTES = 32
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
    """Return the signing key in a file, making it (0600) when there is none.

    It is written aside and linked into place, so that nobody ever reads half a key and the first of two makers wins.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(KEY_BYTES))
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return read_key(file)


def read_key(file: Path) -> bytes:
    """Return the signing key in a file; ValueError for one too short to sign anything with."""
    key = file.read_bytes()
    if len(key) < KEY_BYTES:
        raise ValueError(f"{file} holds no signing key of {KEY_BYTES} bytes or more")
    return key


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
