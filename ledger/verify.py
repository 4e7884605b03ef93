"""Proving that nothing was altered: every payload is hashed again, every link followed, every head compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any, LiteralString

from psycopg.rows import DictRow

from domain.canonical import ZERO
from domain.ids import TenantId
from ledger.chain import event_digest, event_link, stamp
from ledger.database import Connection, Database

PAGE = 2000

_EVENTS: LiteralString = "SELECT * FROM event WHERE tenant = %s AND position > %s ORDER BY position LIMIT %s"
_TENANT: LiteralString = "SELECT position, link FROM tenant WHERE tenant = %s"
_HEADS: LiteralString = "SELECT stream, version, digest FROM stream WHERE tenant = %s ORDER BY stream"


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first place where the ledger is not what it was."""

    position: int
    stream: str | None
    reason: str
    """`gap`, `version`, `previous`, `digest`, `link`, `tail` or `head`."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found."""

    tenant: str
    events: int
    streams: int
    head: str
    """The tenant's last link, hexadecimal: compare it with a copy kept elsewhere."""
    flaw: Flaw | None

    @property
    def sound(self) -> bool:
        """Whether nothing was altered."""
        return self.flaw is None


class _Walk:
    """The state of a walk over a tenant's events in order of position."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.position = 0
        self.link = ZERO
        self.heads: dict[str, tuple[int, bytes]] = {}

    def step(self, row: DictRow) -> Flaw | None:
        """Take the next row; the first rule it breaks is its flaw."""
        version, previous = self.heads.get(row["stream"], (0, ZERO))
        signed = _signed(self.tenant, row)
        link = event_link(self.link, row["position"], row["recorded_at"], bytes(row["digest"]))
        checks = (
            ("gap", row["position"] == self.position + 1),
            ("version", row["version"] == version + 1),
            ("previous", bytes(row["previous"]) == previous),
            ("digest", bytes(row["digest"]) == event_digest(row["hash"], previous, signed)),
            ("link", bytes(row["link"]) == link),
        )
        for reason, holds in checks:
            if not holds:
                return Flaw(self.position + 1, row["stream"], reason)
        self.position, self.link = row["position"], link
        self.heads[row["stream"]] = (row["version"], bytes(row["digest"]))
        return None


def _signed(tenant: str, row: DictRow) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "stream": row["stream"],
        "version": row["version"],
        "type": row["type"],
        "data": row["data"],
        "actor": row["actor"],
        "on_behalf_of": row["on_behalf_of"],
        "programme": row["programme"],
        "command_id": str(row["command_id"]),
        "ordinal": row["ordinal"],
        "happened_at": stamp(row["happened_at"].astimezone(UTC)),
    }


async def verify(
    database: Database, tenant: TenantId, progress: Callable[[int, int], None] | None = None
) -> Verification:
    """Walk the whole ledger of a tenant. `progress` is told events done and events in all.

    It reads one snapshot of the database, so people may go on working meanwhile.
    """
    async with database.transaction() as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        head = await (await connection.execute(_TENANT, (tenant,))).fetchone()
        size = head["position"] if head else 0
        walk = _Walk(tenant)
        flaw = await _walk(connection, walk, size, progress)
        if flaw is None and head is not None:
            flaw = await _compare_heads(connection, walk, head)
    return Verification(tenant, walk.position, len(walk.heads), walk.link.hex(), flaw)


async def _walk(
    connection: Connection, walk: _Walk, size: int, progress: Callable[[int, int], None] | None
) -> Flaw | None:
    after = 0
    while True:
        rows = await (await connection.execute(_EVENTS, (walk.tenant, after, PAGE))).fetchall()
        for row in rows:
            flaw = walk.step(row)
            if flaw is not None:
                return flaw
        if progress is not None:
            progress(walk.position, size)
        if len(rows) < PAGE:
            return None
        after = rows[-1]["position"]


async def _compare_heads(connection: Connection, walk: _Walk, head: DictRow) -> Flaw | None:
    if (head["position"], bytes(head["link"])) != (walk.position, walk.link):
        return Flaw(walk.position + 1, None, "tail")
    stored = {
        row["stream"]: (row["version"], bytes(row["digest"]))
        for row in await (await connection.execute(_HEADS, (walk.tenant,))).fetchall()
    }
    for stream in sorted(stored.keys() | walk.heads.keys()):
        if stored.get(stream) != walk.heads.get(stream):
            return Flaw(walk.position + 1, stream, "head")
    return None
