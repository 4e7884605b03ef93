"""Proving that nothing was altered: every payload is hashed again, every link followed, every head compared.

A payload is an event, a document's content (unless it was erased) or a programme.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, LiteralString

import psycopg
from psycopg.rows import DictRow

from domain.canonical import ZERO, content_digest
from domain.ids import StreamId, TenantId
from domain.machines import CONTENT_FIELDS
from domain.refusal import Kind, Refused
from ledger.chain import event_digest, event_link, stamp
from ledger.database import Connection, Database

PAGE = 2000

_EVENTS: LiteralString = "SELECT * FROM event WHERE tenant = %s AND position > %s ORDER BY position LIMIT %s"
_TENANT: LiteralString = "SELECT position, link FROM tenant WHERE tenant = %s"
_HEADS: LiteralString = "SELECT stream, version, digest FROM stream WHERE tenant = %s ORDER BY stream"
_BODIES: Mapping[str, LiteralString] = {
    "content": """
        SELECT digest, body FROM content
        WHERE tenant = %s AND digest > %s AND (erased_at IS NULL OR body IS NOT NULL) ORDER BY digest LIMIT %s
    """,
    "programme": "SELECT digest, body FROM programme WHERE tenant = %s AND digest > %s ORDER BY digest LIMIT %s",
}
_NAMED_BY: LiteralString = """
SELECT position, stream FROM event
WHERE tenant = %(tenant)s AND (programme = %(digest)s OR position(%(digest)s IN data::text) > 0)
ORDER BY position LIMIT 1
"""
_BEFORE_ALL = -(2**63)
"""Below every position, also those that only somebody who alters the ledger would use."""
_CONTENTS: LiteralString = """
SELECT digest FROM content WHERE tenant = %s AND digest > %s ORDER BY digest LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first place where the ledger is not what it was."""

    position: int
    stream: str | None
    reason: str
    """`gap`, `version`, `previous`, `digest`, `link`, `tail`, `head`, `content`, `programme` or `unreadable`."""


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


# A position without an event before it, or one before that, has no link to rest on: only the very first may not.
_TRAIL: LiteralString = """
SELECT e.*, p.link AS link_before FROM event AS e
LEFT JOIN event AS p ON p.tenant = e.tenant AND p.position = e.position - 1
WHERE e.tenant = %s AND e.stream = %s ORDER BY e.version
"""
_HEAD: LiteralString = "SELECT version, digest FROM stream WHERE tenant = %s AND stream = %s"
_NAMED: LiteralString = "SELECT digest, body, erased_at FROM content WHERE tenant = %s AND digest = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Trail:
    """One stream as it stands in the ledger, every event hashed again."""

    rows: Sequence[DictRow]
    """Its events, oldest first, as they are stored; each with `link_before`, the link of the position before."""
    contents: Mapping[str, DictRow]
    """The contents that its events name, by digest: `body` (null once erased) and `erased_at`."""
    flaws: Mapping[int, str]
    """What does not hold, by the version at which it does not: a reason as in `Flaw`."""

    @property
    def sound(self) -> bool:
        """Whether nothing of this stream was altered."""
        return not self.flaws


async def read_trail(database: Database, tenant: TenantId, stream: StreamId) -> Trail:
    """Read one stream and prove it, in one snapshot and three queries.

    Each event is compared with its own digest, with the stored digest before it, and with the tenant's link at its
    position; the last with the stream's head; each content with its digest. That the tenant's links lead on to the
    ledger's head takes the whole ledger: see `verify`.
    """
    try:
        async with database.transaction(tenant) as connection:
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            rows = await (await connection.execute(_TRAIL, (tenant, stream))).fetchall()
            head = await (await connection.execute(_HEAD, (tenant, stream))).fetchone()
            named = [digest for row in rows if (digest := _content_of(row)) is not None]
            found = await (await connection.execute(_NAMED, (tenant, sorted(set(named))))).fetchall()
    except psycopg.DataError:  # a value such as 'infinity', which nothing of ours has written
        return Trail((), {}, {0: "unreadable"})
    contents = {row["digest"]: row for row in found}
    return Trail(rows, contents, _flaws_of(tenant, rows, contents, head))


def _content_of(row: DictRow) -> str | None:
    """The content that an event names; forged data may name none."""
    field = CONTENT_FIELDS.get(row["type"])
    named = row["data"].get(field) if field is not None and isinstance(row["data"], dict) else None
    return named if isinstance(named, str) else None


def _flaws_of(
    tenant: str, rows: Sequence[DictRow], contents: Mapping[str, DictRow], head: DictRow | None
) -> dict[int, str]:
    flaws: dict[int, str] = {}
    version, digest = 0, ZERO
    for row in rows:
        before = ZERO if row["position"] == 1 else bytes(row["link_before"] or b"")
        content = _content_of(row)
        checks = (
            ("version", row["version"] == version + 1),
            ("previous", bytes(row["previous"]) == digest),
            ("digest", bytes(row["digest"]) == _digest(tenant, row, bytes(row["previous"]))),
            ("link", bytes(row["link"]) == _link(before, row)),
            ("content", content is None or _is_whole(contents.get(content))),
        )
        reason = next((reason for reason, holds in checks if not holds), None)
        if reason is not None:
            flaws[row["version"]] = reason
        # Each event is held against what is stored before it, so that a flaw shows at its own place alone.
        version, digest = row["version"], bytes(row["digest"])
    if head is None or (head["version"], bytes(head["digest"])) != (version, digest):
        flaws.setdefault(version, "head")
    return flaws


def _link(before: bytes, row: DictRow) -> bytes | None:
    return event_link(before, row["position"], row["recorded_at"], bytes(row["digest"])) if before else None


def _is_whole(content: DictRow | None) -> bool:
    if content is None:
        return False
    erased = content["erased_at"] is not None and content["body"] is None
    return erased or _names(content["digest"], content["body"])


class _Walk:
    """The state of a walk over a tenant's events in order of position."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.position = 0
        self.link = ZERO
        self.heads: dict[str, tuple[int, bytes]] = {}
        self.contents: dict[str, int] = {}
        """Digests of contents that events name, each with the first position that does."""

    def step(self, row: DictRow) -> Flaw | None:
        """Take the next row; the first rule it breaks is its flaw."""
        version, previous = self.heads.get(row["stream"], (0, ZERO))
        link = event_link(self.link, row["position"], row["recorded_at"], bytes(row["digest"]))
        checks = (
            ("gap", row["position"] == self.position + 1),
            ("version", row["version"] == version + 1),
            ("previous", bytes(row["previous"]) == previous),
            ("digest", bytes(row["digest"]) == _digest(self.tenant, row, previous)),
            ("link", bytes(row["link"]) == link),
        )
        for reason, holds in checks:
            if not holds:
                return Flaw(self.position + 1, row["stream"], reason)
        self.position, self.link = row["position"], link
        self.heads[row["stream"]] = (row["version"], bytes(row["digest"]))
        named = CONTENT_FIELDS.get(row["type"])
        if named is not None:
            self.contents.setdefault(row["data"][named], self.position)
        return None


def _digest(tenant: str, row: DictRow, previous: bytes) -> bytes | None:
    """The event's digest as it should be; None when its data was never ours, since it has no canonical form."""
    try:
        return event_digest(row["hash"], previous, signed(tenant, row))
    except ValueError:
        return None


def signed(tenant: str, row: DictRow) -> dict[str, Any]:
    """Return the fields of a stored event that its digest covers, as they are hashed."""
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
        "command_digest": bytes(row["command_digest"]).hex(),
    }


async def verify(
    database: Database, tenant: TenantId, progress: Callable[[int, int], None] | None = None
) -> Verification:
    """Walk the whole ledger of a tenant. `progress` is told events done and events in all.

    It reads one snapshot of the database, so people may go on working meanwhile. An unknown tenant is refused as
    missing, so that nobody takes a slip of the pen for a sound ledger.
    """
    async with database.transaction(tenant) as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        head = await (await connection.execute(_TENANT, (tenant,))).fetchone()
        size = head["position"] if head else 0
        walk = _Walk(tenant)
        flaw = await _walk(connection, walk, size, progress)
        if flaw is None and head is None and walk.position == 0:
            raise Refused(Kind.MISSING, "tenant_unknown", {"tenant": tenant})
        if flaw is None:
            flaw = await _compare_heads(connection, walk, head)
        if flaw is None:
            flaw = await _hash_bodies(connection, walk) or await _find_missing(connection, walk)
    return Verification(tenant, walk.position, len(walk.heads), walk.link.hex(), flaw)


async def _walk(
    connection: Connection, walk: _Walk, size: int, progress: Callable[[int, int], None] | None
) -> Flaw | None:
    after, page = _BEFORE_ALL, PAGE
    while True:
        try:
            rows = await (await connection.execute(_EVENTS, (walk.tenant, after, page))).fetchall()
        except psycopg.DataError:  # a value such as 'infinity', which nothing of ours has written
            if page == 1:
                return Flaw(walk.position + 1, None, "unreadable")
            page = 1
            continue
        for row in rows:
            flaw = walk.step(row)
            if flaw is not None:
                return flaw
        if progress is not None:
            progress(walk.position, size)
        if len(rows) < page:
            return None
        after = rows[-1]["position"]


async def _compare_heads(connection: Connection, walk: _Walk, head: DictRow | None) -> Flaw | None:
    if head is None or (head["position"], bytes(head["link"])) != (walk.position, walk.link):
        return Flaw(walk.position + 1, None, "tail")
    stored = {
        row["stream"]: (row["version"], bytes(row["digest"]))
        for row in await (await connection.execute(_HEADS, (walk.tenant,))).fetchall()
    }
    for stream in sorted(stored.keys() | walk.heads.keys()):
        if stored.get(stream) != walk.heads.get(stream):
            return Flaw(walk.position + 1, stream, "head")
    return None


async def _hash_bodies(connection: Connection, walk: _Walk) -> Flaw | None:
    """Hash contents and programmes again; the flaw is where the first event names an altered one."""
    flaws = [
        await _named_by(connection, walk, kind, digest)
        for kind, query in _BODIES.items()
        async for digest in _altered(connection, walk.tenant, query)
    ]
    return min(flaws, key=lambda flaw: flaw.position, default=None)


async def _altered(connection: Connection, tenant: str, query: LiteralString) -> AsyncIterator[str]:
    after = ""
    while True:
        rows = await (await connection.execute(query, (tenant, after, PAGE))).fetchall()
        for row in rows:
            if not _names(row["digest"], row["body"]):
                yield row["digest"]
        if len(rows) < PAGE:
            return
        after = rows[-1]["digest"]


def _names(digest: str, body: Any) -> bool:
    try:
        return content_digest(body) == digest
    except ValueError:
        return False


async def _named_by(connection: Connection, walk: _Walk, kind: str, digest: str) -> Flaw:
    row = await (await connection.execute(_NAMED_BY, {"tenant": walk.tenant, "digest": digest})).fetchone()
    return Flaw(walk.position + 1, None, kind) if row is None else Flaw(row["position"], row["stream"], kind)


async def _find_missing(connection: Connection, walk: _Walk) -> Flaw | None:
    """Look for contents that events name and nobody erased: their rows are gone all the same."""
    missing = dict(walk.contents)
    after = ""
    while missing:
        rows = await (await connection.execute(_CONTENTS, (walk.tenant, after, PAGE))).fetchall()
        for row in rows:
            missing.pop(row["digest"], None)
        if len(rows) < PAGE:
            break
        after = rows[-1]["digest"]
    return Flaw(min(missing.values()), None, "content") if missing else None
