"""Signing in: a password, perhaps a code, or the word of a single sign-on; then a session, if the person holds a post.

Each step is counted and logged here, so that no page can forget it.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from domain.ids import PersonId, TenantId
from ledger.accounts import Account, Accounts, ActorOf, folded
from ledger.attempts import Attempts, Device, Ticket, What
from ledger.pending import Pending, Purpose
from ledger.sessions import Begun, Limits, Sessions
from ledger.totp_keys import KeysUnusable, NotOpened

_log = logging.getLogger("termledger.accounts")

CODE_LASTS = timedelta(minutes=10)
"""Between the password and the code."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session has begun."""

    person: PersonId
    session: Begun


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """The password was right; a code is asked for next, with this secret."""

    person: PersonId
    secret: str


class NotSignedIn(StrEnum):
    """Why nobody was signed in, as far as it may be told."""

    WRONG = "wrong"
    """No such account, another password, or too many attempts: which, is not told."""
    CODE_WRONG = "code_wrong"
    CODE_UNCHECKED = "code_unchecked"
    """The second factor cannot be opened: its key is missing here. Recovery codes still serve."""
    TOO_LATE = "too_late"
    """Too much time has passed since the password."""
    NO_POST = "no_post"
    """The person proved who they are, and holds no appointment in force."""
    UNKNOWN_SUBJECT = "unknown_subject"
    """The single sign-on knows them, and no account here is theirs."""


class SignIn:
    """Signs people in."""

    def __init__(
        self, accounts: Accounts, sessions: Sessions, attempts: Attempts, pending: Pending, actor: ActorOf
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._attempts = attempts
        self._pending = pending
        self._actor = actor

    async def by_password(
        self, tenant: TenantId, login: str, password: str, device: Device, limits: Limits
    ) -> SignedIn | CodeWanted | NotSignedIn:
        """Sign in with a password; a code is wanted next where the account has a second factor."""
        name = folded(login)
        ticket = await self._attempts.take(tenant, name, device.address)
        person = None if ticket is None else await self._accounts.proves(tenant, name, password)
        if ticket is None or person is None:
            what = What.HELD_BACK if ticket is None else What.WRONG
            await self._attempts.note(tenant, what, device, login=name, person=await self._whose(tenant, name))
            return NotSignedIn.WRONG
        account = await self._account(tenant, person)
        if account.has_totp:
            return await self._ask_code(tenant, account, device)
        return await self._enter(tenant, account, device, limits, What.SIGNED_IN, ticket)

    async def by_code(
        self, tenant: TenantId, secret: str, code: str, device: Device, limits: Limits
    ) -> SignedIn | NotSignedIn:
        """Sign in with the code that was wanted, or with a recovery code."""
        known: Mapping[str, Any] | None = await self._pending.find(tenant, Purpose.CODE, secret)
        if known is None:
            return NotSignedIn.TOO_LATE
        account = await self._account(tenant, PersonId(known["person"]))
        ticket = await self._attempts.take(tenant, account.login, device.address)
        if ticket is None:
            await self._attempts.note(tenant, What.HELD_BACK, device, login=account.login, person=account.person)
            return NotSignedIn.CODE_WRONG
        try:
            proof = await self._accounts.proves_code(tenant, account.person, code)
        except (KeysUnusable, NotOpened) as fault:
            _log.error("the second factor of %s in %s cannot be opened: %r", account.person, tenant, fault)
            return NotSignedIn.CODE_UNCHECKED
        if proof is None:
            await self._attempts.note(tenant, What.CODE_WRONG, device, login=account.login, person=account.person)
            return NotSignedIn.CODE_WRONG
        if await self._pending.take(tenant, Purpose.CODE, secret) is None:
            return NotSignedIn.TOO_LATE
        return await self._enter(tenant, account, device, limits, proof, ticket)

    async def by_subject(
        self, tenant: TenantId, subject: str, login: str | None, device: Device, limits: Limits
    ) -> SignedIn | CodeWanted | NotSignedIn:
        """Sign in whom a single sign-on vouches for: by an account tied to them, else one with this login, once.

        It never makes an account, and never gives a right. A code is wanted next where the account has a second factor.
        """
        person = await self._accounts.by_subject(tenant, subject)
        if person is None and login and _is_plain(login):
            found = await self._whose(tenant, folded(login))
            if found is not None and await self._accounts.link(tenant, found, subject):
                person = found
        if person is None:
            await self._attempts.note(tenant, What.OIDC_UNKNOWN, device, login=folded(login or ""))
            return NotSignedIn.UNKNOWN_SUBJECT
        account = await self._account(tenant, person)
        if account.has_totp:
            return await self._ask_code(tenant, account, device)
        return await self._enter(tenant, account, device, limits, What.SIGNED_IN_BY_OIDC, ())

    async def proves_again(self, tenant: TenantId, person: PersonId, password: str, device: Device) -> bool:
        """Whether somebody who is signed in knows their password; counted like a sign-in."""
        account = await self._account(tenant, person)
        ticket = await self._attempts.take(tenant, account.login, device.address)
        if ticket is None or await self._accounts.proves(tenant, account.login, password) != person:
            return False
        await self._attempts.forgive(tenant, account.login, ticket)
        return True

    async def _ask_code(self, tenant: TenantId, account: Account, device: Device) -> CodeWanted:
        await self._attempts.note(tenant, What.CODE_WANTED, device, login=account.login, person=account.person)
        secret = await self._pending.keep(tenant, Purpose.CODE, {"person": account.person}, CODE_LASTS)
        return CodeWanted(account.person, secret)

    async def _enter(
        self, tenant: TenantId, account: Account, device: Device, limits: Limits, how: What, ticket: Ticket
    ) -> SignedIn | NotSignedIn:
        await self._attempts.forgive(tenant, account.login, ticket)
        actor, _, _ = await self._actor(tenant, account.person)
        if not actor.held:
            await self._attempts.note(tenant, What.NO_POST, device, login=account.login, person=account.person)
            return NotSignedIn.NO_POST
        begun = await self._sessions.begin(tenant, account.person, device, limits, account.lang)
        await self._attempts.note(tenant, how, device, login=account.login, person=account.person)
        return SignedIn(account.person, begun)

    async def _account(self, tenant: TenantId, person: PersonId) -> Account:
        account = await self._accounts.find(tenant, person)
        assert account is not None, "accounts are never removed"
        return account

    async def _whose(self, tenant: TenantId, login: str) -> PersonId | None:
        return (await self._accounts.by_login(tenant, [login])).get(login)


def _is_plain(login: str) -> bool:
    """Whether a provider's login is one of ours but for its case.

    People may type theirs in wide letters; to a provider those are another user, who is not to be tied to it.
    """
    return unicodedata.is_normalized("NFKC", login) and login.strip().lower() == folded(login)
