"""Tokens below the interface: never for the system, a bounded number, ends that the database decides."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from domain.access import SYSTEM_ACTOR
from domain.ids import SYSTEM, PersonId, StreamId
from domain.person import EndAppointment
from domain.refusal import Kind, Refused
from ledger.tokens import LONGEST, MOST, Scope
from tests.conftest import Base, Bureau
from tests.ledger.given import query


async def test_the_system_never_has_one(base: Base, bureau: Bureau) -> None:
    with pytest.raises(Refused) as refused:
        await bureau.ledger.tokens.issue(bureau.tenant, SYSTEM_ACTOR, SYSTEM, "x", Scope)
    assert (refused.value.code, refused.value.at) == ("token_for_nobody", "person")
    with pytest.raises(psycopg.errors.CheckViolation):
        query(
            base,
            """INSERT INTO api_token (tenant, id, digest, person, name, scopes, created_by, expires_at)
               VALUES ('pucheng', 'x', '\\x00', 'system', 'x', '{read}', 'x', now())""",
        )


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(days=-1), LONGEST + timedelta(seconds=1)])
async def test_none_is_for_ever_or_over_before_it_begins(bureau: Bureau, lifetime: timedelta) -> None:
    office = await bureau.person("office", "pucheng")
    with pytest.raises(Refused) as refused:
        await bureau.ledger.tokens.issue(bureau.tenant, SYSTEM_ACTOR, office, "x", Scope, lifetime)
    assert (refused.value.code, refused.value.at) == ("token_lifetime", "days")


async def test_nobody_hoards_tokens_and_those_that_are_over_do_not_count(base: Base, bureau: Bureau) -> None:
    office, tokens = await bureau.person("office", "pucheng"), bureau.ledger.tokens
    made = [await tokens.issue(bureau.tenant, SYSTEM_ACTOR, office, "x", [Scope.READ]) for _ in range(MOST)]
    with pytest.raises(Refused) as refused:
        await tokens.issue(bureau.tenant, SYSTEM_ACTOR, office, "x", [Scope.READ])
    assert (refused.value.kind, refused.value.code) == (Kind.CONFLICT, "token_too_many")
    query(base, "UPDATE api_token SET expires_at = now() WHERE id = %s", made[0].token.id)
    await tokens.issue(bureau.tenant, SYSTEM_ACTOR, office, "x", [Scope.READ])
    assert await tokens.find(made[0].secret) is None


async def test_the_holder_is_found_with_scopes_and_without_a_post_says_so(bureau: Bureau) -> None:
    office, tokens = await bureau.person("office", "pucheng"), bureau.ledger.tokens
    made = await tokens.issue(bureau.tenant, SYSTEM_ACTOR, office, "x", [Scope.AUDIT, Scope.READ, Scope.READ])
    found = await tokens.find(made.secret)
    assert found is not None
    assert (found.tenant, found.person, found.token) == (bureau.tenant, office, made.token.id)
    assert (sorted(found.scopes), found.appointed) == ([Scope.AUDIT, Scope.READ], True)
    await bureau.by(SYSTEM, StreamId(office), EndAppointment(id="1"))
    found = await tokens.find(made.secret)
    assert found is not None
    assert not found.appointed
    with pytest.raises(Refused, match="token_for_nobody"):
        await tokens.issue(bureau.tenant, SYSTEM_ACTOR, PersonId(office), "x", [Scope.READ])
