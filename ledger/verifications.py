"""Verifying the whole ledger while people look on: one run at a time for a tenant, which goes on when they leave.

The run writes how far it is into `pending`, so that every process of the service can tell. A run whose process has died
shows as stalled, and another may be begun.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from domain.ids import PersonId, TenantId
from ledger.database import Database
from ledger.pending import Purpose
from ledger.sessions import digest_of
from ledger.verify import Flaw, Verification, verify

EVERY = 0.5
"""Seconds between two notes of how far it is."""
STALLED_AFTER = timedelta(seconds=30)
"""A run that was not heard of for so long is taken to have died."""
KEPT = timedelta(days=400)
"""The last result is shown for so long."""

_KEY = digest_of("the tenant's verification")
"""One to a tenant."""

_BEGIN: LiteralString = """
INSERT INTO pending AS p (tenant, digest, purpose, data, expires_at)
VALUES (%(tenant)s, %(key)s, %(purpose)s, %(data)s || jsonb_build_object('began_at', now(), 'heard_at', now()),
        now() + %(kept)s)
ON CONFLICT (tenant, digest) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at
WHERE p.data ->> 'state' <> 'running' OR (p.data ->> 'heard_at')::timestamptz < now() - %(stalled)s
"""
_NOTE: LiteralString = """
UPDATE pending SET data = data || %(data)s || jsonb_build_object('heard_at', now())
WHERE tenant = %(tenant)s AND digest = %(key)s
"""
_LAST: LiteralString = """
SELECT data, (data ->> 'heard_at')::timestamptz < now() - %(stalled)s AS silent FROM pending
WHERE tenant = %(tenant)s AND digest = %(key)s AND purpose = %(purpose)s AND expires_at > now()
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """A verification: under way, done, or stopped."""

    by: PersonId
    began_at: datetime
    state: str
    """`running`, `done`, `stopped` by a fault of ours, or `stalled`: its process has died."""
    done: int
    """Events hashed so far."""
    size: int
    """Events in all."""
    seconds: float
    found: Verification | None


class Verifications:
    """Begins verifications and tells how far they are."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Give up the runs under way: they change nothing, and may be begun again."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def begin(self, tenant: TenantId, by: PersonId) -> bool:
        """Begin a run; False when one is under way."""
        data = {"by": by, "state": "running", "done": 0, "size": 0, "seconds": 0}
        begun = await self._write(_BEGIN, tenant, data) == 1
        if begun:
            task = asyncio.get_running_loop().create_task(self._guarded(tenant))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return begun

    async def last(self, tenant: TenantId) -> Run | None:
        """Return the run under way, or the last one."""
        values = {"tenant": tenant, "key": _KEY, "purpose": Purpose.VERIFICATION, "stalled": STALLED_AFTER}
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(_LAST, values)).fetchone()
        if row is None:
            return None
        data = row["data"]
        return Run(
            by=PersonId(data["by"]),
            began_at=datetime.fromisoformat(data["began_at"]).astimezone(UTC),
            state="stalled" if data["state"] == "running" and row["silent"] else data["state"],
            done=data["done"],
            size=data["size"],
            seconds=data["seconds"],
            found=_found(data.get("found")),
        )

    async def _guarded(self, tenant: TenantId) -> None:
        try:
            await self._run(tenant)
        except Exception:
            _log.exception("the verification of %s stopped; it can be begun again", tenant)
            await self._write(_NOTE, tenant, {"state": "stopped"})

    async def _run(self, tenant: TenantId) -> None:
        began = time.monotonic()
        far = {"done": 0, "size": 0}

        def progress(done: int, size: int) -> None:
            far.update(done=done, size=size)

        work = asyncio.ensure_future(verify(self._database, tenant, progress))
        try:
            while not (await asyncio.wait({work}, timeout=EVERY))[0]:
                await self._write(_NOTE, tenant, far)
        finally:
            work.cancel()
        seconds = round(time.monotonic() - began, 1)
        found = await work
        await self._write(_NOTE, tenant, far | {"state": "done", "seconds": seconds, "found": asdict(found)})

    async def _write(self, query: LiteralString, tenant: TenantId, data: Mapping[str, Any]) -> int:
        values = {
            "tenant": tenant,
            "key": _KEY,
            "purpose": Purpose.VERIFICATION,
            "data": Jsonb(dict(data)),
            "kept": KEPT,
            "stalled": STALLED_AFTER,
        }
        async with self._database.connection(tenant) as connection:
            return (await connection.execute(query, values)).rowcount


def _found(data: Mapping[str, Any] | None) -> Verification | None:
    if data is None:
        return None
    flaw = None if data["flaw"] is None else Flaw(**data["flaw"])
    return Verification(data["tenant"], data["events"], data["streams"], data["head"], flaw)
