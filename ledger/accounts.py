"""Accounts: how a person of the directory proves who they are. What they may do is not here; see `domain.access`."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pyotp
from psycopg.types.json import Jsonb

from domain.access import Actor, keeps_directory
from domain.ids import SYSTEM, PersonId, TenantId
from domain.messages import Lang
from domain.passwords import ONE_TIME_ALPHABET, ONE_TIME_LENGTH, check_password, grouped, normal, ungrouped
from domain.programme import Programme
from domain.refusal import Kind, Refused, invalid
from domain.roster import LOGIN
from ledger.attempts import Attempts, Device, What
from ledger.database import Database
from ledger.denials import Denials
from ledger.hashing import hashed, hashed_drawn, is_outdated, matches
from ledger.sessions import Sessions, Why
from ledger.totp_keys import NotOpened, TotpKeys, key_of

ONE_TIME_LASTS = timedelta(days=30)
"""A one-time password that nobody used by then is worth nothing."""
TOTP_STEP = 30
RECOVERY_CODES = 10
_RECOVERY_LENGTH = 10
_OFFICE = Device("", "")
"""Where something was done on the machine itself."""

ActorOf = Callable[[TenantId, PersonId], Awaitable[tuple[Actor, Programme, datetime]]]


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account, without its secrets."""

    person: PersonId
    login: str
    has_password: bool
    must_change: bool
    """The password is a one-time password of the office."""
    has_totp: bool
    recovery_left: int
    oidc_subject: str | None
    lang: Lang | None
    created_at: datetime
    password_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be made."""

    person: PersonId
    login: str


def folded(login: str) -> str:
    """A login as it is stored and compared. What no database could store is made harmless."""
    return unicodedata.normalize("NFKC", login).replace("\x00", "\ufffd").strip().casefold()


def draw_one_time() -> str:
    """Draw a one-time password: 59 bits."""
    return "".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(ONE_TIME_LENGTH))


class Accounts:
    """Makes accounts, proves passwords and codes, and lets the office help those who lost theirs."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        attempts: Attempts,
        denials: Denials,
        actor: ActorOf,
        totp_keys: TotpKeys,
    ) -> None:
        self._totp_keys = totp_keys
        self._database = database
        self._sessions = sessions
        self._attempts = attempts
        self._denials = denials
        self._actor = actor

    # -- making and finding

    async def create(
        self, tenant: TenantId, person: PersonId, login: str, *, password: str | None = None, by: PersonId = SYSTEM
    ) -> None:
        """Make an account. Without a password nobody signs in to it until the office issues a one-time password.

        Refused for a login that is unfit or taken, and for a person who has an account.
        """
        name = _checked(login)
        hash = None if password is None else await hashed(normal(password))
        query = """
            INSERT INTO account (tenant, person, login, password_hash, password_at, must_change, recovery_codes)
            VALUES (%(tenant)s, %(person)s, %(login)s, %(hash)s,
                    CASE WHEN %(hash)s::text IS NULL THEN NULL ELSE now() END, false, '[]')
        """
        values = {"tenant": tenant, "person": person, "login": name, "hash": hash}
        try:
            async with self._database.connection(tenant) as connection:
                await connection.execute(query, values)
        except psycopg.errors.UniqueViolation as fault:
            if fault.diag.constraint_name == "account_login":
                raise invalid("login_taken", at="login", login=name) from None
            raise invalid("account_exists", at="person") from None
        await self._attempts.note(tenant, What.ACCOUNT_MADE, _OFFICE, login=name, person=person, by=by)

    async def create_many(self, tenant: TenantId, wanted: Sequence[NewAccount], by: PersonId) -> int:
        """Make many accounts without passwords; those who have one are left alone. Returns how many were made.

        All or nothing; refused with `at="logins.<index>"` for the first login that is unfit or somebody else's.
        """
        names = [_checked(one.login, f"logins.{index}") for index, one in enumerate(wanted)]
        people = [one.person for one in wanted]
        add = """
            WITH made AS (
                INSERT INTO account (tenant, person, login, must_change, recovery_codes)
                SELECT %(tenant)s, w.person, w.login, false, '[]'
                FROM unnest(%(people)s::text[], %(names)s::text[]) AS w(person, login)
                ON CONFLICT (tenant, person) DO NOTHING RETURNING person, login
            )
            INSERT INTO sign_in_log (tenant, login, person, by, address, agent, outcome)
            SELECT %(tenant)s, login, person, %(by)s, '', '', %(what)s FROM made
        """
        values = {"tenant": tenant, "people": people, "names": names, "by": by, "what": What.ACCOUNT_MADE}
        try:
            async with self._database.connection(tenant) as connection:
                return (await connection.execute(add, values)).rowcount
        except psycopg.errors.UniqueViolation:
            at = await self._taken(tenant, people, names)
            raise invalid("login_taken", at=f"logins.{at}", login=names[at]) from None

    async def _taken(self, tenant: TenantId, people: Sequence[PersonId], names: Sequence[str]) -> int:
        """The first of some logins that is somebody else's, in the database or further up."""
        owners = dict(await self.by_login(tenant, names))
        for index, (person, name) in enumerate(zip(people, names, strict=True)):
            if owners.setdefault(name, person) != person:
                return index
        return 0

    async def find(self, tenant: TenantId, person: PersonId) -> Account | None:
        """Return a person's account, if they have one."""
        return (await self.find_many(tenant, [person])).get(person)

    async def find_many(self, tenant: TenantId, people: Sequence[PersonId]) -> Mapping[PersonId, Account]:
        """Return the accounts of people, where they have one."""
        query = """
            SELECT person, login, password_hash IS NOT NULL AS has_password, must_change,
                   totp_secret IS NOT NULL AS has_totp, jsonb_array_length(recovery_codes) AS recovery_left,
                   oidc_subject, lang, created_at, password_at
            FROM account WHERE tenant = %s AND person = ANY(%s)
        """
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(query, (tenant, list(people)))).fetchall()
        return {PersonId(row["person"]): _account(row) for row in rows}

    async def by_login(self, tenant: TenantId, logins: Sequence[str]) -> Mapping[str, PersonId]:
        """Return who has which of these logins, by folded login."""
        query = "SELECT login, person FROM account WHERE tenant = %s AND login = ANY(%s)"
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(query, (tenant, [folded(one) for one in logins]))).fetchall()
        return {row["login"]: PersonId(row["person"]) for row in rows}

    # -- the office

    async def issue_one_time(self, tenant: TenantId, by: PersonId, person: PersonId) -> str:
        """Give a person a one-time password and return it: it is told once and kept nowhere.

        Their sessions end, and the tokens they drew themself are revoked.
        For the directory's keeper; refused to others. It has to be changed at first
        use, within `ONE_TIME_LASTS`.
        """
        return (await self.issue_many(tenant, by, [person]))[person]

    async def issue_many(self, tenant: TenantId, by: PersonId, people: Sequence[PersonId]) -> Mapping[PersonId, str]:
        """Give many people one-time passwords at once; see `issue_one_time`. Refused for all when it is for one."""
        await self._needs_keeper(tenant, by, people[0] if len(people) == 1 else None)
        drawn = {person: draw_one_time() for person in people}
        hashes = await hashed_drawn(list(drawn.values()))
        async with self._database.transaction(tenant) as connection:
            change = """
                UPDATE account AS a
                SET password_hash = w.hash, password_at = now(), must_change = true, changed_at = now()
                FROM unnest(%s::text[], %s::text[]) AS w(person, hash)
                WHERE a.tenant = %s AND a.person = w.person RETURNING a.person
            """
            rows = await (await connection.execute(change, (list(drawn), hashes, tenant))).fetchall()
            if len(rows) < len(drawn):
                raise Refused(Kind.MISSING, "account_unknown")
            await connection.execute(
                """
                UPDATE session SET ended_at = now(), why = %s
                WHERE tenant = %s AND person = ANY(%s) AND ended_at IS NULL
                """,
                (Why.ONE_TIME_ISSUED, tenant, list(drawn)),
            )
            # Whoever was in somebody's account may have drawn tokens there; a service's are the keeper's own.
            await connection.execute(
                """
                UPDATE api_token SET revoked_at = now()
                WHERE tenant = %s AND person = ANY(%s) AND created_by = person AND revoked_at IS NULL
                """,
                (tenant, list(drawn)),
            )
            await connection.execute(
                """
                INSERT INTO sign_in_log (tenant, login, person, by, address, agent, outcome)
                SELECT tenant, login, person, %s, '', '', %s FROM account WHERE tenant = %s AND person = ANY(%s)
                """,
                (by, What.ONE_TIME_ISSUED, tenant, list(drawn)),
            )
            await connection.execute(
                """
                DELETE FROM attempt WHERE tenant = %s AND subject IN
                    (SELECT 'login:' || login FROM account WHERE tenant = %s AND person = ANY(%s))
                """,
                (tenant, tenant, list(drawn)),
            )
        return {person: grouped(one) for person, one in drawn.items()}

    async def reset_totp(self, tenant: TenantId, by: PersonId, person: PersonId) -> None:
        """Take the second factor from somebody who lost it. For the directory's keeper, as `issue_one_time`."""
        await self._needs_keeper(tenant, by, person)
        await self.drop_totp(tenant, person, by=by)

    async def set_login(self, tenant: TenantId, by: PersonId, person: PersonId, login: str) -> None:
        """Change a login. For the directory's keeper; refused for one that is unfit or taken."""
        await self._needs_keeper(tenant, by, person)
        name = _checked(login)
        query = "UPDATE account SET login = %s, changed_at = now() WHERE tenant = %s AND person = %s"
        try:
            async with self._database.connection(tenant) as connection:
                changed = (await connection.execute(query, (name, tenant, person))).rowcount
        except psycopg.errors.UniqueViolation:
            raise invalid("login_taken", at="login", login=name) from None
        if not changed:
            raise Refused(Kind.MISSING, "account_unknown")
        await self._attempts.note(tenant, What.LOGIN_CHANGED, _OFFICE, login=name, person=person, by=by)

    async def link(self, tenant: TenantId, person: PersonId, subject: str) -> bool:
        """Tie an account to a person of the single sign-on; False when either is tied to another already."""
        query = """
            UPDATE account SET oidc_subject = %s, changed_at = now()
            WHERE tenant = %s AND person = %s AND (oidc_subject IS NULL OR oidc_subject = %s)
        """
        try:
            async with self._database.connection(tenant) as connection:
                return (await connection.execute(query, (subject, tenant, person, subject))).rowcount == 1
        except psycopg.errors.UniqueViolation:
            return False

    async def by_subject(self, tenant: TenantId, subject: str) -> PersonId | None:
        """Return whose account is tied to a person of the single sign-on."""
        query = "SELECT person FROM account WHERE tenant = %s AND oidc_subject = %s"
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, (tenant, subject))).fetchone()
        return None if row is None else PersonId(row["person"])

    async def _needs_keeper(self, tenant: TenantId, by: PersonId, person: PersonId | None) -> None:
        if by == SYSTEM:
            return
        actor, _, _ = await self._actor(tenant, by)
        refusal = keeps_directory(None, actor)
        if refusal is not None:
            async with self._database.connection(tenant) as connection:
                await self._denials.add(connection, tenant, by, person, "keep_account", refusal.code)
            raise refusal

    # -- passwords

    async def proves(self, tenant: TenantId, login: str, password: str) -> PersonId | None:
        """Return whose login and password these are; None when they are nobody's. Takes as long either way.

        A hash made with older parameters is replaced by one of today's.
        """
        query = """
            SELECT person, password_hash, must_change, must_change AND password_at < now() - %s AS stale
            FROM account WHERE tenant = %s AND login = %s
        """
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, (ONE_TIME_LASTS, tenant, folded(login)))).fetchone()
        hash: str | None = None if row is None or row["stale"] else row["password_hash"]
        one_time = row is not None and row["must_change"]
        typed = ungrouped(password) if one_time else normal(password)
        if not await matches(hash, typed) or row is None or hash is None:
            return None
        if not one_time and is_outdated(hash):
            await self._rehash(tenant, PersonId(row["person"]), hash, typed)
        return PersonId(row["person"])

    async def _rehash(self, tenant: TenantId, person: PersonId, old: str, password: str) -> None:
        query = "UPDATE account SET password_hash = %s WHERE tenant = %s AND person = %s AND password_hash = %s"
        new = await hashed(password)
        async with self._database.connection(tenant) as connection:
            await connection.execute(query, (new, tenant, person, old))

    async def change_password(
        self,
        tenant: TenantId,
        person: PersonId,
        new: str,
        known: Sequence[str],
        device: Device,
        *,
        session: str = "",
    ) -> None:
        """Set the password a person chose; ends every session but the one named.

        Refused for one that is too short, too long or would be guessed; `known` is what an acquaintance would try.
        """
        account = await self.find(tenant, person)
        if account is None:
            raise Refused(Kind.MISSING, "account_unknown")
        check_password(new, [account.login, *known])
        hash = await hashed(normal(new))
        query = """
            UPDATE account SET password_hash = %s, password_at = now(), must_change = false, changed_at = now()
            WHERE tenant = %s AND person = %s
        """
        async with self._database.connection(tenant) as connection:
            await connection.execute(query, (hash, tenant, person))
        await self._sessions.end_all(tenant, person, Why.PASSWORD_CHANGED, but=session)
        await self._attempts.note(tenant, What.PASSWORD_CHANGED, device, login=account.login, person=person)

    # -- the second factor

    def draw_totp(self, tenant: TenantId, person: PersonId) -> str:
        """Draw a secret for a second factor, sealed: it stands in the clear on its owner's page and nowhere else.

        Raises `KeysUnusable`.
        """
        return self._totp_keys.seal(tenant, person, pyotp.random_base32())

    def opened_totp(self, tenant: TenantId, person: PersonId, sealed: str) -> str:
        """Return the secret that was drawn, to be shown to its owner. Raises `KeysUnusable` and `NotOpened`."""
        return self._totp_keys.unseal(tenant, person, sealed)

    async def enrol_totp(
        self, tenant: TenantId, person: PersonId, sealed: str, code: str, device: Device
    ) -> Sequence[str] | None:
        """Begin to ask for codes, once a code of the secret that was drawn is shown. Returns recovery codes, told once.

        None when the code is not one of the secret's. Raises `KeysUnusable` and `NotOpened`.
        """
        secret = self._totp_keys.unseal(tenant, person, sealed)
        codes = [_draw_recovery() for _ in range(RECOVERY_CODES)]
        query = """
            UPDATE account SET totp_secret = %s, totp_step = %s, recovery_codes = %s, changed_at = now()
            WHERE tenant = %s AND person = %s RETURNING login
        """
        async with self._database.transaction(tenant) as connection:
            step = matching_step(secret, code, await _current_step(connection), after=-1)
            if step is None:
                return None
            digests = Jsonb([_recovery_digest(one) for one in codes])
            row = await (await connection.execute(query, (sealed, step, digests, tenant, person))).fetchone()
        if row is None:
            raise Refused(Kind.MISSING, "account_unknown")
        await self._attempts.note(tenant, What.TOTP_ENROLLED, device, login=row["login"], person=person)
        return codes

    async def drop_totp(
        self, tenant: TenantId, person: PersonId, device: Device = _OFFICE, *, by: PersonId | None = None
    ) -> None:
        """Ask for no more codes, and forget the recovery codes."""
        query = """
            UPDATE account SET totp_secret = NULL, totp_step = NULL, recovery_codes = '[]', changed_at = now()
            WHERE tenant = %s AND person = %s AND totp_secret IS NOT NULL RETURNING login
        """
        async with self._database.connection(tenant) as connection:
            row = await (await connection.execute(query, (tenant, person))).fetchone()
        if row is not None:
            await self._attempts.note(tenant, What.TOTP_REMOVED, device, login=row["login"], person=person, by=by)

    async def proves_code(self, tenant: TenantId, person: PersonId, code: str) -> What | None:
        """Whether a code is one of the person's, and of which sort; each is good once.

        Codes of the step before and after are taken, since clocks differ. Raises `KeysUnusable` and `NotOpened` where
        the secret cannot be opened; recovery codes need no key.
        """
        digits = "".join(sign for sign in normal(code) if sign.isalnum()).lower()
        async with self._database.transaction(tenant) as connection:
            query = "SELECT totp_secret, totp_step FROM account WHERE tenant = %s AND person = %s FOR UPDATE"
            row = await (await connection.execute(query, (tenant, person))).fetchone()
            if row is None or row["totp_secret"] is None:
                return None
            if len(digits) == _RECOVERY_LENGTH:
                digest = _recovery_digest(digits)
                used = """
                    UPDATE account SET recovery_codes = recovery_codes - %s
                    WHERE tenant = %s AND person = %s AND recovery_codes ? %s
                """
                found = (await connection.execute(used, (digest, tenant, person, digest))).rowcount
                return What.RECOVERY_CODE_USED if found else None
            secret = self._totp_keys.unseal(tenant, person, row["totp_secret"])
            step = matching_step(secret, digits, await _current_step(connection), after=row["totp_step"])
            if step is None:
                return None
            await connection.execute(
                "UPDATE account SET totp_step = %s WHERE tenant = %s AND person = %s", (step, tenant, person)
            )
            return What.SIGNED_IN

    async def sealed_with(self, tenant: TenantId) -> Mapping[str, int]:
        """Return how many second factors are sealed with which key, by the key's id."""
        query = "SELECT totp_secret FROM account WHERE tenant = %s AND totp_secret IS NOT NULL"
        async with self._database.connection(tenant) as connection:
            rows = await (await connection.execute(query, (tenant,))).fetchall()
        return Counter(key_of(row["totp_secret"]) for row in rows)

    async def reseal(self, tenant: TenantId) -> tuple[int, Sequence[PersonId]]:
        """Seal every second factor with the key that seals now.

        Returns how many were sealed anew, and the people whose second factor opens with no key. Raises `KeysUnusable`.
        """
        newest = self._totp_keys.ids()[0]
        anew: list[tuple[str, str, str]] = []
        lost: list[PersonId] = []
        async with self._database.transaction(tenant) as connection:
            query = """
                SELECT person, totp_secret FROM account WHERE tenant = %s AND totp_secret IS NOT NULL
                ORDER BY person FOR UPDATE
            """
            for row in await (await connection.execute(query, (tenant,))).fetchall():
                person = PersonId(row["person"])
                if key_of(row["totp_secret"]) == newest:
                    continue
                try:
                    secret = self._totp_keys.unseal(tenant, person, row["totp_secret"])
                except NotOpened:
                    lost.append(person)
                    continue
                anew.append((self._totp_keys.seal(tenant, person, secret), tenant, person))
            change = "UPDATE account SET totp_secret = %s WHERE tenant = %s AND person = %s"
            await connection.cursor().executemany(change, anew)
        return len(anew), lost


def _checked(login: str, at: str = "login") -> str:
    name = folded(login)
    if not LOGIN.fullmatch(name):
        raise invalid("login_unfit", at=at)
    return name


def _account(row: Mapping[str, Any]) -> Account:
    return Account(
        person=PersonId(row["person"]),
        login=row["login"],
        has_password=row["has_password"],
        must_change=row["must_change"],
        has_totp=row["has_totp"],
        recovery_left=row["recovery_left"],
        oidc_subject=row["oidc_subject"],
        lang=row["lang"],
        created_at=row["created_at"].astimezone(UTC),
        password_at=None if row["password_at"] is None else row["password_at"].astimezone(UTC),
    )


def any_sealed(owner_dsn: str) -> bool:
    """Whether anybody of any tenant has a second factor. Takes the owner's connection string: it sees all tenants."""
    with psycopg.connect(owner_dsn) as connection:
        found = connection.execute("SELECT FROM account WHERE totp_secret IS NOT NULL LIMIT 1").fetchone()
    return found is not None


async def _current_step(connection: psycopg.AsyncConnection[Any]) -> int:
    """The time step it is by the database's clock."""
    row = await (await connection.execute("SELECT extract(epoch FROM now())::bigint AS now")).fetchone()
    assert row is not None, "the time always gives a row"
    return int(row["now"]) // TOTP_STEP


def matching_step(secret: str, code: str, now: int, *, after: int) -> int | None:
    """Return the step around `now` and past `after` whose code this is."""
    totp = pyotp.TOTP(secret, interval=TOTP_STEP)
    for step in (now, now - 1, now + 1):
        if step > after and secrets.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def _draw_recovery() -> str:
    return "".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(_RECOVERY_LENGTH))


def _recovery_digest(code: str) -> str:
    """The codes are random, 49 bits each and held back like passwords, so one plain hash is enough."""
    return hashlib.sha256(code.encode()).hexdigest()
