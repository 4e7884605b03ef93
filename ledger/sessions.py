"""Sessions: kept in the database, so that each can be ended at once. The browser holds a secret, we its digest."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.access import Actor
from domain.ids import PersonId, TenantId
from domain.messages import Lang
from ledger.attempts import Device
from ledger.database import Database

TOUCH_EVERY = timedelta(minutes=1)
"""A session that is used is written down as used no more often than this."""
KEPT = timedelta(days=90)
"""Ended sessions are kept this long."""
_LONGEST_AGENT = 300


class Why(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    REPLACED = "replaced"
    ENDED_ELSEWHERE = "ended_elsewhere"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a password
    ONE_TIME_ISSUED = "one_time_issued"
    NO_POST = "no_post"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives: without being used, and at all."""

    idle: timedelta = timedelta(hours=8)
    absolute: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Session:
    """A session in force, with what of its account every page needs."""

    tenant: TenantId
    id: str
    person: PersonId
    name: str
    csrf: str
    lang: Lang | None
    must_change: bool
    has_totp: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A session just begun: its id, and the secret that only the browser keeps."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A session in a person's own list."""

    id: str
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str


def digest_of(secret: str) -> bytes:
    """What is stored of a secret. It is random, so one plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


_IN_FORCE = "ended_at IS NULL AND expires_at > now() AND idle_until > now()"

_FIND = f"""
WITH touched AS (
    UPDATE session SET seen_at = now(), idle_until = now() + %(idle)s
    WHERE tenant = %(tenant)s AND digest = %(digest)s AND {_IN_FORCE} AND seen_at < now() - %(every)s
)
SELECT s.id, s.person, s.csrf, s.lang, a.must_change, a.totp_secret IS NOT NULL AS has_totp,
       coalesce(c.body ->> 'name', a.login) AS name
FROM session AS s
JOIN account AS a ON a.tenant = s.tenant AND a.person = s.person
LEFT JOIN stream AS p ON p.tenant = s.tenant AND p.stream = s.person
LEFT JOIN content AS c ON c.tenant = s.tenant AND c.digest = p.state ->> 'profile'
WHERE s.tenant = %(tenant)s AND s.digest = %(digest)s AND {_IN_FORCE}
"""  # noqa: S608 - composed of our own texts

_OPEN = """
WITH opened AS (UPDATE inbox SET read_at = now()
                WHERE tenant = %(tenant)s AND person = %(person)s AND stream = %(opened)s AND read_at IS NULL)
"""

# What is being opened is left out by name: the counting sees the inbox as it was before.
_COUNTS = """
SELECT (SELECT count(*) FROM inbox
        WHERE tenant = %(tenant)s AND person = %(person)s AND read_at IS NULL
          AND stream IS DISTINCT FROM %(opened)s::text) AS unread,
       (SELECT count(*) FROM (
            SELECT stream, ordinal FROM task WHERE tenant = %(tenant)s AND person = %(person)s
            UNION
            SELECT t.stream, t.ordinal FROM unnest(%(roles)s::text[], %(units)s::text[]) AS p(role, unit)
            JOIN task AS t ON t.tenant = %(tenant)s AND t.role = p.role AND t.unit = p.unit) AS mine) AS waiting
"""


class Sessions:
    """Begins, finds, lists and ends sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(
        self, tenant: TenantId, person: PersonId, device: Device, limits: Limits, lang: Lang | None = None
    ) -> Begun:
        """Begin a session with a new secret."""
        begun = Begun(secrets.token_hex(8), secrets.token_urlsafe(32))
        tidy = "DELETE FROM session WHERE tenant = %s AND person = %s AND least(ended_at, expires_at) < now() - %s"
        add = """
            INSERT INTO session (tenant, id, digest, person, csrf, lang, idle_until, expires_at, address, agent)
            VALUES (%s, %s, %s, %s, %s, %s, now() + %s, now() + %s, %s, %s)
        """
        values = (
            *(tenant, begun.id, digest_of(begun.secret), person, secrets.token_urlsafe(32), lang),
            *(limits.idle, limits.absolute, device.address, device.agent[:_LONGEST_AGENT]),
        )
        async with self._database.transaction(tenant) as connection:
            await connection.execute(tidy, (tenant, person, KEPT))
            await connection.execute(add, values)
        return begun

    async def find(self, tenant: TenantId, secret: str, idle: timedelta) -> Session | None:
        """Return the session in force of a secret, and note that it is in use."""
        parameters = {"tenant": tenant, "digest": digest_of(secret), "idle": idle, "every": TOUCH_EVERY}
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(_FIND, parameters)).fetchone()
        if row is None:
            return None
        return Session(
            tenant=tenant,
            id=row["id"],
            person=PersonId(row["person"]),
            name=row["name"],
            csrf=row["csrf"],
            lang=row["lang"],
            must_change=row["must_change"],
            has_totp=row["has_totp"],
        )

    async def of(self, tenant: TenantId, person: PersonId) -> Sequence[Listed]:
        """Return a person's sessions in force, the one used last first."""
        query = f"""
            SELECT id, created_at, seen_at, address, agent FROM session
            WHERE tenant = %s AND person = %s AND {_IN_FORCE} ORDER BY seen_at DESC, id
        """  # noqa: S608 - composed of our own texts
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(query, (tenant, person))).fetchall()
        return [
            Listed(
                row["id"],
                row["created_at"].astimezone(UTC),
                row["seen_at"].astimezone(UTC),
                row["address"],
                row["agent"],
            )
            for row in rows
        ]

    async def end(self, tenant: TenantId, person: PersonId, id: str, why: Why) -> bool:
        """End one session of a person; False when there was none in force."""
        query = """
            UPDATE session SET ended_at = now(), why = %s
            WHERE tenant = %s AND person = %s AND id = %s AND ended_at IS NULL
        """
        async with self._database.connection(tenant) as connection:
            return (await connection.execute(query, (why, tenant, person, id))).rowcount == 1

    async def end_all(self, tenant: TenantId, person: PersonId, why: Why, *, but: str = "") -> int:
        """End every session of a person, but one; returns how many."""
        query = """
            UPDATE session SET ended_at = now(), why = %s
            WHERE tenant = %s AND person = %s AND id <> %s AND ended_at IS NULL
        """
        async with self._database.connection(tenant) as connection:
            return (await connection.execute(query, (why, tenant, person, but))).rowcount

    async def speak(self, tenant: TenantId, person: PersonId, id: str, lang: Lang) -> None:
        """Set the language of a session, and of those to come."""
        async with self._database.transaction(tenant) as connection:
            await connection.execute(
                "UPDATE session SET lang = %s WHERE tenant = %s AND person = %s AND id = %s",
                (lang, tenant, person, id),
            )
            await connection.execute(
                "UPDATE account SET lang = %s, changed_at = now() WHERE tenant = %s AND person = %s",
                (lang, tenant, person),
            )

    async def counts(self, tenant: TenantId, actor: Actor, opened: str | None = None) -> tuple[int, int]:
        """Return how many notices somebody has not read, and how many tasks wait for them or their posts.

        With a stream whose page they open, its notices are read from now on, in the same statement.
        """
        posts = sorted({(one.role, one.unit) for one in actor.held})
        parameters = {
            "tenant": tenant,
            "person": actor.person,
            "roles": [role for role, _ in posts],
            "units": [unit for _, unit in posts],
            "opened": opened,
        }
        query = _COUNTS if opened is None else _OPEN + _COUNTS
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, parameters)).fetchone()
        assert row is not None, "counting always gives a row"
        return row["unread"], row["waiting"]
