"""Programmes by digest. A stored programme never changes, so each is read and parsed once per process."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from domain.canonical import content_digest
from domain.ids import TenantId
from domain.programme import Programme
from domain.refusal import Kind, Refused
from ledger.database import Connection


class Programmes:
    """Stores and loads programmes."""

    def __init__(self) -> None:
        self._loaded: dict[tuple[TenantId, str], Programme] = {}

    async def store(self, connection: Connection, tenant: TenantId, programme: Programme) -> str:
        """Keep a programme and return its digest."""
        body = as_json(programme)
        digest = content_digest(body)
        await connection.execute(
            "INSERT INTO programme (tenant, digest, name, body) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (tenant, digest, programme.id, Jsonb(body)),
        )
        return digest

    async def load(self, connection: Connection, tenant: TenantId, digest: str) -> Programme:
        """Return a stored programme; refused as missing when there is none of that digest."""
        programme = self._loaded.get((tenant, digest))
        if programme is None:
            query = "SELECT body FROM programme WHERE tenant = %s AND digest = %s"
            row = await (await connection.execute(query, (tenant, digest))).fetchone()
            if row is None:
                raise Refused(Kind.MISSING, "programme_unknown", {"digest": digest})
            programme = self._loaded[tenant, digest] = Programme.model_validate(row["body"])
        return programme


def as_json(programme: Programme) -> Any:
    """Return the programme as JSON values in a stable order: equal programmes have equal digests."""
    body = programme.model_dump(mode="json")
    for role in body["roles"]:
        role["rights"] = sorted(role["rights"])
    return body
