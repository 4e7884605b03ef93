"""What a wrong password costs is the same for nobody, for a password of one's own and for a one-time password."""

from __future__ import annotations

from collections import Counter
from typing import Any

import argon2
import pytest

from ledger import hashing

PASSWORD = "秋天的银杏 falls softly 77"


async def test_a_password_is_checked_with_the_same_work_whatever_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by the work and not by the clock. One-time passwords are hashed cheaply: their accounts answered at once."""
    chosen, (drawn,) = await hashing.hashed(PASSWORD), await hashing.hashed_drawn([PASSWORD])
    work: Counter[str] = Counter()
    verify = argon2.PasswordHasher.verify

    def counted(self: argon2.PasswordHasher, hash: Any, password: Any) -> bool:
        work[repr(argon2.extract_parameters(hash))] += 1
        return verify(self, hash, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    found: list[Counter[str]] = []
    for hash in (None, chosen, drawn):
        for password in ("wrong", PASSWORD):
            work.clear()
            assert await hashing.matches(hash, password) is (hash is not None and password == PASSWORD)
            found.append(work.copy())
    assert len(found[0]) == 2, "one of either sort"
    assert all(one == found[0] for one in found), found
    assert not await hashing.matches("no hash", PASSWORD)
