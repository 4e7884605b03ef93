"""How a filing's pages say when it is due, whose turn it is, and what happened in between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.web.kit import say
from api.web.visitor import Visitor
from domain.deadline import deadline
from domain.filing import FILING, Filing, InReview, StageReached, Working
from domain.story import story
from domain.view import Names
from ledger.order import RecordedEvent

_TOLD = 3
"""So many of the things that happened in between are told; the history has them all."""


def deadline_of(state: Filing, visitor: Visitor) -> tuple[datetime | None, str]:
    """Return when whoever has a filing now is due, and how long there is. None where nothing is awaited."""
    due_at = None
    if isinstance(state, InReview):
        due_at = state.first.due_at
    elif isinstance(state, Working) and state.in_force is None:
        due_at = state.due_at
    if due_at is None:
        return None, ""
    calendar = visitor.programme.calendar_at(visitor.now)
    return due_at, deadline(due_at, visitor.now, calendar, visitor.lang).words


def meanwhile(events: Sequence[RecordedEvent], seen: int, names: Names) -> str:
    """Return what happened after the version that somebody saw, latest last; "" for nothing. Takes all the events."""
    told = [
        say(names.lang, "web.filing.meanwhile_one", sentence=one.sentence, at=names.when(one.at))
        for one, event in zip(story(FILING, events, names), events, strict=True)
        # That it came to a stage follows from what somebody did.
        if one.version > seen and not isinstance(event.event, StageReached)
    ]
    return ("；" if names.lang == "zh" else "; ").join(told[-_TOLD:])
