"""Where a filing would go: told to whoever is about to hand it in or to agree. Nothing is decided here.

What depends on who holds a post then, a vacancy or somebody who has agreed before, is not foreseen.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.access import Actor
from domain.filing.events import ApprovalGiven, Because, FilingSubmitted, StagePassed
from domain.filing.folding import FOLDS
from domain.filing.graph import ready
from domain.filing.routing import is_through
from domain.filing.states import InReview, Working
from domain.filing.values import Seat, Step, Visit
from domain.ids import SYSTEM
from domain.machine import Event, Fact


def after_handing_in(state: Working, actor: Actor, left_out: Sequence[str] = ()) -> tuple[Step, ...]:
    """Return the stages that it comes to when the actor hands it in, some having been left out by their condition."""
    number = len(state.revisions) + 1
    event = FilingSubmitted(revision=number, content="0" * 64, late=False, left_out=tuple(left_out))
    return _next(_folded(state, event, actor))


def after_agreeing(state: InReview, stage: str, actor: Actor) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Return the stages that it comes to when a stage is through, and those where it then still is."""
    event = ApprovalGiven(stage=stage, capacity=None, comment=None, judgement=None, completes=True)
    after = _folded(state, event, actor)
    return _next(after), tuple(after.step_of(one.stage) for one in after.visits)


def completes(state: InReview, visit: Visit, seat: Seat, actor: Actor) -> bool:
    """Whether a stage is through when the actor agrees from a seat."""
    agreed = {*state.agreed(visit.stage), actor.principal}
    return seat.alone or is_through(state.step_of(visit.stage), visit, agreed)


def _next(state: InReview) -> tuple[Step, ...]:
    while left_out := [one for one in ready(state) if one.stage in state.left_out]:
        for one in left_out:
            state = _folded(state, StagePassed(stage=one.stage, because=Because.CONDITION), Actor(SYSTEM))
    return ready(state)


def _folded(state: Working | InReview, event: Event, actor: Actor) -> InReview:
    after = FOLDS[type(event)](state, event, Fact(event, state.opened_at, actor.person, actor.on_behalf_of))
    assert isinstance(after, InReview), "what is handed in or agreed on is in review"
    return after
