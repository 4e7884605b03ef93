"""How often somebody may try to sign in, and the log of what happened to accounts.

Failures are counted in the database, in sliding windows, for a login and for an address. The count is of what was
typed, whether or not there is such an account, so that being held back tells nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.ids import PersonId, TenantId
from ledger.database import Database


@dataclass(frozen=True, slots=True)
class Limit:
    """Some failures are free; after them each one waits twice as long as the one before."""

    window: timedelta
    free: int
    first: timedelta
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        """How long after the last of so many failures the next attempt is refused."""
        if failures < self.free:
            return timedelta(0)
        doublings: int = 2 ** min(failures - self.free, 20)
        return min(self.first * doublings, self.longest)


LOGIN = Limit(timedelta(hours=1), free=5, first=timedelta(seconds=30), longest=timedelta(minutes=15))
ADDRESS = Limit(timedelta(minutes=15), free=60, first=timedelta(seconds=10), longest=timedelta(minutes=5))
"""Generous: a whole school stands behind one address."""
TOKEN = Limit(timedelta(minutes=15), free=20, first=timedelta(seconds=10), longest=timedelta(minutes=5))
"""Wrong tokens from one address. Right ones are never held back."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where a request comes from."""

    address: str
    agent: str


class What(StrEnum):
    """What is told in the log of an account."""

    SIGNED_IN = "signed_in"
    SIGNED_IN_BY_OIDC = "signed_in_by_oidc"
    WRONG = "wrong"
    HELD_BACK = "held_back"
    CODE_WANTED = "code_wanted"
    CODE_WRONG = "code_wrong"
    RECOVERY_CODE_USED = "recovery_code_used"
    NO_POST = "no_post"
    OIDC_UNKNOWN = "oidc_unknown"
    ACCOUNT_MADE = "account_made"
    ONE_TIME_ISSUED = "one_time_issued"
    LOGIN_CHANGED = "login_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an entry, not a password
    TOTP_ENROLLED = "totp_enrolled"
    TOTP_REMOVED = "totp_removed"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log. Its words are those of `web.account.what.<what>`."""

    at: datetime
    what: What
    login: str | None
    by: PersonId | None
    address: str
    agent: str


Ticket = tuple[int, ...]
"""An attempt that was let through and counts as a failure until it is forgiven."""

_LONGEST_LOGIN = 64
_LONGEST_AGENT = 300


class Attempts:
    """Counts attempts, and keeps the log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, tenant: TenantId, login: str, address: str) -> Ticket | None:
        """Let an attempt through and count it at once as a failure; None when it has to wait.

        It is counted before anything is checked, under a lock, so that attempts side by side gain nothing.
        """
        return await self._take(tenant, {f"address:{address}": ADDRESS, f"login:{login[:_LONGEST_LOGIN]}": LOGIN})

    async def wrong_token(self, tenant: TenantId, address: str) -> bool:
        """Count a token that is not in force; False when too many came from this address."""
        return await self._take(tenant, {f"token:{address}": TOKEN}) is not None

    async def _take(self, tenant: TenantId, wanted: Mapping[str, Limit]) -> Ticket | None:
        async with self._database.transaction(tenant) as connection:
            for subject in sorted(wanted):
                await connection.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"attempt\x1f{tenant}\x1f{subject}",)
                )
            for subject, limit in wanted.items():
                await connection.execute(
                    "DELETE FROM attempt WHERE tenant = %s AND subject = %s AND at <= clock_timestamp() - %s",
                    (tenant, subject, limit.window),
                )
                query = """
                    SELECT count(*) AS failures, clock_timestamp() - max(at) AS since FROM attempt
                    WHERE tenant = %s AND subject = %s
                """
                row = await (await connection.execute(query, (tenant, subject))).fetchone()
                assert row is not None, "counting always gives a row"
                if row["failures"] and row["since"] < limit.wait(row["failures"]):
                    return None
            query = """
                INSERT INTO attempt (tenant, subject, at) SELECT %s, subject, clock_timestamp()
                FROM unnest(%s::text[]) AS subject WHERE EXISTS (SELECT FROM tenant WHERE tenant = %s) RETURNING id
            """
            rows = await (await connection.execute(query, (tenant, sorted(wanted), tenant))).fetchall()
            return tuple(row["id"] for row in rows)

    async def forgive(self, tenant: TenantId, login: str, ticket: Ticket) -> None:
        """The attempt succeeded: it is no failure, and the login's earlier ones are forgotten.

        The address's others stay: whoever knows one account must not wipe out their guesses at another.
        """
        query = "DELETE FROM attempt WHERE tenant = %s AND (subject = %s OR id = ANY(%s))"
        async with self._database.connection(tenant) as connection:
            await connection.execute(query, (tenant, f"login:{login[:_LONGEST_LOGIN]}", list(ticket)))

    async def note(
        self,
        tenant: TenantId,
        what: What,
        device: Device,
        *,
        login: str | None = None,
        person: PersonId | None = None,
        by: PersonId | None = None,
    ) -> None:
        """Add a line to the log."""
        query = """
            INSERT INTO sign_in_log (tenant, login, person, by, address, agent, outcome)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
        """
        kept = None if login is None else login[:_LONGEST_LOGIN]
        values = (tenant, kept, person, by, device.address, device.agent[:_LONGEST_AGENT], what)
        async with self._database.connection(tenant) as connection:
            await connection.execute(query, values)

    async def of(self, tenant: TenantId, person: PersonId, limit: int = 20) -> Sequence[Entry]:
        """Return what happened to a person's account, newest first."""
        query = """
            SELECT at, outcome, login, by, address, agent FROM sign_in_log
            WHERE tenant = %s AND person = %s ORDER BY id DESC LIMIT %s
        """
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(query, (tenant, person, limit))).fetchall()
        return [
            Entry(
                row["at"].astimezone(UTC),
                What(row["outcome"]),
                row["login"],
                None if row["by"] is None else PersonId(row["by"]),
                row["address"],
                row["agent"],
            )
            for row in rows
        ]
