"""API tokens: kept in the database, so that each can be revoked at once. The holder keeps a secret, we its digest.

A token speaks for a person, who may be a service: a person registered as such, with posts. It never gives more than the
person's appointments do; its scopes narrow that further.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import LiteralString

from psycopg.rows import DictRow

from domain.access import Actor, keeps_directory
from domain.ids import SYSTEM, PersonId, TenantId
from domain.programme import Programme
from domain.refusal import Kind, Refused, invalid
from ledger.database import Database
from ledger.denials import Denials
from ledger.held import held_now
from ledger.programmes import Programmes
from ledger.sessions import TOUCH_EVERY, digest_of

USUAL = timedelta(days=90)
LONGEST = timedelta(days=365)
MOST = 50
"""Tokens in force of one person, at most."""
_ID = re.compile(r"[0-9a-f]{16}")
_SECRET = re.compile(r"tl_([a-z0-9][a-z0-9-]{0,62})_[A-Za-z0-9_-]{43}")


class Scope(StrEnum):
    """What a token may be used for, as far as its person may do it."""

    READ = "read"
    ACT = "act"
    DIRECTORY = "directory"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a token speaks for, and what it may be used for."""

    tenant: TenantId
    person: PersonId
    token: str
    """The token's id."""
    scopes: frozenset[Scope]
    expires_at: datetime
    appointed: bool
    """Whether the person holds any post now; the token of one who does not is good for nothing."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token in a list. The secret is not among it: nobody can show it again."""

    id: str
    person: PersonId
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    created_by: PersonId
    expires_at: datetime
    last_used_at: datetime | None
    """Within a minute."""
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Issued:
    """A token just made, with its secret."""

    token: Token
    secret: str


_FIELDS = "id, person, name, scopes, created_at, created_by, expires_at, last_used_at, revoked_at"
_IN_FORCE = "revoked_at IS NULL AND expires_at > now()"

_FIND = f"""
WITH touched AS (
    UPDATE api_token SET last_used_at = now()
    WHERE tenant = %(tenant)s AND digest = %(digest)s AND {_IN_FORCE}
      AND (last_used_at IS NULL OR last_used_at < now() - %(every)s)
)
SELECT k.id, k.person, k.scopes, k.expires_at,
       t.programme AS in_force, t.tree, coalesce(t.clock_frozen, now() + t.clock_offset) AS now,
       (SELECT jsonb_agg(jsonb_build_object('role', a.role, 'unit', a.unit, 'first_day', a.first_day,
                                            'last_day', a.last_day, 'ended_at', a.ended_at))
        FROM appointment AS a WHERE a.tenant = k.tenant AND a.stream = k.person) AS held
FROM api_token AS k JOIN tenant AS t ON t.tenant = k.tenant
WHERE k.tenant = %(tenant)s AND k.digest = %(digest)s AND {_IN_FORCE}
"""  # noqa: S608 - composed of our own texts


class Tokens:
    """Issues, finds, lists and revokes tokens."""

    def __init__(
        self,
        database: Database,
        programmes: Programmes,
        denials: Denials,
        actor: Callable[[TenantId, PersonId], Awaitable[tuple[Actor, Programme, datetime]]],
    ) -> None:
        self._database = database
        self._programmes = programmes
        self._denials = denials
        self._actor = actor

    async def issue(
        self,
        tenant: TenantId,
        by: Actor,
        person: PersonId,
        name: str,
        scopes: Iterable[Scope],
        lifetime: timedelta = USUAL,
        *,
        until: datetime | None = None,
    ) -> Issued:
        """Issue a token: one's own, or, by the keeper of the directory, one for a service or somebody else.

        The secret is in the answer and nowhere else. It ends after its lifetime, or at `until` when that is sooner.
        Refused without scopes, for longer than a year, for somebody who holds no post, beyond `MOST`; and always for
        the system.
        """
        wanted = sorted(set(scopes))
        if not wanted:
            raise invalid("token_scopes", "scopes")
        if not timedelta(0) < lifetime <= LONGEST:
            raise invalid("token_lifetime", "days", days=LONGEST.days)
        await self._check_keeper(tenant, by, person, "issue_token", person)
        if person == SYSTEM or not (await self._actor(tenant, person))[0].held:
            raise invalid("token_for_nobody", "person")
        id = secrets.token_hex(8)
        secret = f"tl_{tenant}_{secrets.token_urlsafe(32)}"
        query = f"""
            INSERT INTO api_token (tenant, id, digest, person, name, scopes, created_by, expires_at)
            SELECT %(tenant)s, %(id)s, %(digest)s, %(person)s, %(name)s, %(scopes)s, %(by)s,
                   least(now() + %(lifetime)s, %(until)s)
            WHERE (SELECT count(*) FROM api_token
                   WHERE tenant = %(tenant)s AND person = %(person)s AND {_IN_FORCE}) < %(most)s
            RETURNING {_FIELDS}
        """  # noqa: S608 - composed of our own texts
        values = {
            "tenant": tenant,
            "id": id,
            "digest": digest_of(secret),
            "person": person,
            "name": name,
            "scopes": [one.value for one in wanted],
            "by": by.person,
            "lifetime": lifetime,
            "until": until,
            "most": MOST,
        }
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, values)).fetchone()
        if row is None:
            raise Refused(Kind.CONFLICT, "token_too_many", {"limit": MOST})
        return Issued(_token(row), secret)

    async def find(self, secret: str) -> Caller | None:
        """Return whom a secret speaks for, in one query; None for one that is not in force. Notes that it is in use."""
        tenant = tenant_of(secret)
        if tenant is None:
            return None
        values = {"tenant": tenant, "digest": digest_of(secret), "every": TOUCH_EVERY}
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(_FIND, values)).fetchone()
            if row is None:
                return None
            programme = await self._programmes.load(connection, tenant, row["in_force"], row["tree"])
        return Caller(
            tenant=tenant,
            person=PersonId(row["person"]),
            token=row["id"],
            scopes=frozenset(map(Scope, row["scopes"])),
            expires_at=row["expires_at"].astimezone(UTC),
            appointed=bool(held_now(row["held"] or (), programme, row["now"].astimezone(UTC))),
        )

    async def of(self, tenant: TenantId, by: Actor, person: PersonId) -> Sequence[Token]:
        """Return a person's tokens, newest first, also those that are over; of others to the directory's keeper."""
        await self._check_keeper(tenant, by, person, "list_tokens", person)
        query: LiteralString = f"""
            SELECT {_FIELDS} FROM api_token WHERE tenant = %s AND person = %s
            ORDER BY created_at DESC, id LIMIT 200
        """  # noqa: S608 - composed of our own texts
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(query, (tenant, person))).fetchall()
        return [_token(row) for row in rows]

    async def revoke(self, tenant: TenantId, by: Actor, id: str) -> None:
        """Revoke a token: one's own, or anybody's by the keeper of the directory. Missing when there is none in force.

        From then on it is refused everywhere.
        """
        whose = "SELECT person FROM api_token WHERE tenant = %s AND id = %s AND revoked_at IS NULL"
        revoke = "UPDATE api_token SET revoked_at = now() WHERE tenant = %s AND id = %s AND revoked_at IS NULL"
        if not _ID.fullmatch(id):
            raise _unknown()
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(whose, (tenant, id))).fetchone()
        if row is None:
            raise _unknown()
        await self._check_keeper(tenant, by, PersonId(row["person"]), "revoke_token", id)
        async with self._database.connection(tenant) as connection:
            if (await connection.execute(revoke, (tenant, id))).rowcount == 0:
                raise _unknown()

    async def _check_keeper(self, tenant: TenantId, by: Actor, person: PersonId, action: str, about: str) -> None:
        """Refuse, and log, whoever asks about somebody else and does not keep the directory."""
        refusal = None if by.person == person else keeps_directory(None, by)
        if refusal is not None:
            async with self._database.connection(tenant) as connection:
                await self._denials.add(connection, tenant, by.person, about, action, refusal.code)
            raise refusal


def tenant_of(secret: str) -> TenantId | None:
    """Return the tenant that a secret names; None when it has not the form of one of ours."""
    match = _SECRET.fullmatch(secret)
    return None if match is None else TenantId(match[1])


def _unknown() -> Refused:
    return Refused(Kind.MISSING, "token_unknown")


def _token(row: DictRow) -> Token:
    def at(name: str) -> datetime | None:
        return None if row[name] is None else row[name].astimezone(UTC)

    return Token(
        id=row["id"],
        person=PersonId(row["person"]),
        name=row["name"],
        scopes=tuple(map(Scope, row["scopes"])),
        created_at=row["created_at"].astimezone(UTC),
        created_by=PersonId(row["created_by"]),
        expires_at=row["expires_at"].astimezone(UTC),
        last_used_at=at("last_used_at"),
        revoked_at=at("revoked_at"),
    )
