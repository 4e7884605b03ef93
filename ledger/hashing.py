"""Hashing of passwords with Argon2id, off the event loop. Every parameter is named here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

T = TypeVar("T")

_CHOSEN = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""For passwords that people choose: 19 MiB and two passes, what OWASP asks for at least."""
_DRAWN = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
"""For one-time passwords, which are drawn at random and cannot be guessed: a county's five thousand take seconds."""
_AT_ONCE = 2
"""Hashes computed at once; the others wait, so that many sign-ins take neither all memory nor every core."""
_DUMMY = _CHOSEN.hash("nobody has this password")
_DUMMY_DRAWN = _DRAWN.hash("nobody has this password")

_threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")


async def hashed(password: str) -> str:
    """Return the hash of a password somebody chose."""
    return await _aside(lambda: _CHOSEN.hash(password))


async def hashed_drawn(passwords: list[str]) -> list[str]:
    """Return the hashes of passwords that were drawn at random."""
    return await _aside(lambda: [_DRAWN.hash(one) for one in passwords])


async def matches(hash: str | None, password: str) -> bool:
    """Whether a password is the one of a hash. Without a hash, or with that of a drawn one, it takes as long."""
    found = await _aside(lambda: _verified(hash, password))
    return found and hash is not None


def is_outdated(hash: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return _CHOSEN.check_needs_rehash(hash)


def _verified(hash: str | None, password: str) -> bool:
    """Always check one hash of either sort, so that the time tells neither who has an account nor who is new to it."""
    if hash is not None and _is_drawn(hash):
        known, other = hash, _DUMMY
    else:
        known, other = hash or _DUMMY, _DUMMY_DRAWN
    found = _is_of(known, password)
    _is_of(other, password)
    return found


def _is_drawn(hash: str) -> bool:
    try:
        return not _DRAWN.check_needs_rehash(hash)
    except InvalidHashError:
        return False


def _is_of(hash: str, password: str) -> bool:
    try:
        return _CHOSEN.verify(hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def _aside(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)
