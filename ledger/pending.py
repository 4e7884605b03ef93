"""What a person is in the middle of: a second factor, single sign-on, a form that waits for their sign-in.

Each is held by a random secret in the browser, of which only the digest is stored, and is gone after a while.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from psycopg.types.json import Jsonb

from domain.ids import TenantId
from ledger.database import Database
from ledger.sessions import digest_of


class Purpose(StrEnum):
    """What is pending. One may not be taken for another."""

    CODE = "code"
    OIDC = "oidc"
    TOTP = "totp"
    FORM = "form"
    VERIFICATION = "verification"
    """A run over the whole ledger, found by the tenant alone; see `ledger.verifications`."""


class Pending:
    """Keeps, finds and takes what is pending."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, tenant: TenantId, purpose: Purpose, data: Mapping[str, Any], lasts: timedelta) -> str:
        """Keep something for a while; returns the secret that finds it again. What is out of date is thrown away."""
        secret = secrets.token_urlsafe(32)
        add = "INSERT INTO pending (tenant, digest, purpose, data, expires_at) VALUES (%s, %s, %s, %s, now() + %s)"
        async with self._database.transaction(tenant) as connection:
            await connection.execute("DELETE FROM pending WHERE tenant = %s AND expires_at < now()", (tenant,))
            await connection.execute(add, (tenant, digest_of(secret), purpose, Jsonb(dict(data)), lasts))
        return secret

    async def find(self, tenant: TenantId, purpose: Purpose, secret: str) -> Mapping[str, Any] | None:
        """Return what is kept under a secret, and go on keeping it."""
        query = "SELECT data FROM pending WHERE tenant = %s AND digest = %s AND purpose = %s AND expires_at > now()"
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, (tenant, digest_of(secret), purpose))).fetchone()
        return None if row is None else row["data"]

    async def take(self, tenant: TenantId, purpose: Purpose, secret: str) -> Mapping[str, Any] | None:
        """Return what is kept under a secret, once."""
        query = """
            DELETE FROM pending WHERE tenant = %s AND digest = %s AND purpose = %s AND expires_at > now() RETURNING data
        """
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, (tenant, digest_of(secret), purpose))).fetchone()
        return None if row is None else row["data"]
