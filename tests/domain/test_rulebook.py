"""The rulebook machine, told as stories; and every row and every refusal of its table."""

from __future__ import annotations

import pytest

from domain.access import SYSTEM_ACTOR, Actor
from domain.ids import TenantId
from domain.machine import Command
from domain.programme import Role
from domain.refusal import Kind, Refused
from domain.rulebook import RULEBOOK, Adopt, Establish, ProgrammeAdopted, rulebook_stream
from domain.text import Text
from tests.domain.given import (
    ADMIN,
    DIRECTOR,
    OFFICE,
    PRINCIPAL,
    PROGRAMME,
    Story,
    at,
    check_every_row_is_taken,
    check_everything_else_is_refused,
    context_for,
    other_rules,
)

FIRST = other_rules()
SECOND = other_rules(version=2, title=Text(zh="新方案", en="New rules"))


def established() -> Story:
    return Story(RULEBOOK, "2025-08-25 09:00").when(Establish(programme=FIRST), SYSTEM_ACTOR)


def refusal(story: Story, command: Command, actor: Actor) -> Refused:
    """A refusal for what the command says; its button is there all the same."""
    context = context_for(RULEBOOK, story.current, command, actor, story.now, story.people)
    with pytest.raises(Refused) as refused:
        RULEBOOK.decide(story.current, command, context)
    return refused.value


def without(role: str) -> tuple[Role, ...]:
    return tuple(one for one in PROGRAMME.roles if one.id != role)


def test_established_by_the_system_and_adopted_by_the_keeper() -> None:
    story = established().then(ProgrammeAdopted)
    assert (story.state.digest, story.state.programme, story.state.version) == (FIRST, "small", 1)
    assert (story.state.by, story.state.reason) == ("system", None)
    story.at("2025-10-08 10:00").when(Adopt(programme=SECOND, reason="县局〔2025〕12 号"), ADMIN).then(ProgrammeAdopted)
    assert (story.state.digest, story.state.version, story.state.title.en) == (SECOND, 2, "New rules")
    assert (story.state.by, story.state.adopted_at) == (ADMIN.person, at("2025-10-08 10:00"))
    assert story.state.reason == "县局〔2025〕12 号"


def test_former_rules_may_be_adopted_again_and_by_the_system_without_a_reason() -> None:
    story = established().when(Adopt(programme=SECOND), SYSTEM_ACTOR).when(Adopt(programme=FIRST), SYSTEM_ACTOR)
    assert (story.state.digest, story.state.reason) == (FIRST, None)


def test_only_who_gives_people_their_posts_says_what_posts_may_do() -> None:
    story = established()
    for actor in (OFFICE, DIRECTOR, PRINCIPAL):
        story.refuses(Adopt(programme=SECOND, reason="改版"), actor, "right_missing")
        assert RULEBOOK.permitted(story.state, actor) == ()
    assert RULEBOOK.permitted(story.state, ADMIN) == ("adopt",)
    story.refuses(Establish(programme=SECOND), SYSTEM_ACTOR, "already_started")


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (Adopt(programme=FIRST, reason="再来"), "rules_unchanged", "programme"),
        (Adopt(programme=SECOND), "adopting_wants_reason", "reason"),
        (Adopt(programme=other_rules(roles=without("admin")), reason="精简"), "keeper_lost", "programme"),
    ],
)
def test_what_is_not_adopted(command: Command, code: str, field: str) -> None:
    found = refusal(established(), command, ADMIN)
    assert (found.kind, found.code, found.at) == (Kind.INVALID, code, field)


def test_a_tenant_has_one_rulebook() -> None:
    one, other = rulebook_stream(TenantId("t")), rulebook_stream(TenantId("u"))
    assert one == rulebook_stream(TenantId("t")) != other
    assert one.startswith("rul-")


def test_every_row_is_taken() -> None:
    check_every_row_is_taken(RULEBOOK, globals())


def test_every_other_command_is_refused() -> None:
    check_everything_else_is_refused(RULEBOOK, globals())
