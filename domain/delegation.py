"""Delegations (职务代理): who may act for whom, from day to day, for which documents.

A delegation is not passed on. A delegate acts only with what the giver holds by appointment, so A → B → C is allowed
and gives C nothing but B's own posts: nobody acts for somebody who never chose them. A loop would give nobody anything
either; it is refused all the same, since on a day on which A stands in for B and B for A, one of the two was
mistaken, and nobody is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from domain.ids import PersonId
from domain.text import Frozen, Slug

LONGEST = 400
"""Days of a delegation at most: a school year, and the holidays around it."""

_ANY_OTHER = ""
"""Stands for every document that no delegation names; never a document's id."""


class Delegation(Frozen):
    """Somebody acts for somebody else, from day to day (both included), in the programme's calendar."""

    id: Slug
    delegate: PersonId
    documents: tuple[Slug, ...] = ()
    """The kinds of documents it is for; empty: all."""
    first_day: date
    last_day: date
    reason: str = ""
    ended_at: datetime | None = None
    """The instant from which it gives nothing, once it has ended."""

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet: it is in force, or will be."""
        return self.ended_at is None

    def covers(self, document: str) -> bool:
        """Whether it is for documents of this kind."""
        return not self.documents or document in self.documents

    def in_force(self, day: date, now: datetime) -> bool:
        """Whether it holds at an instant, which is on this local day."""
        return self.first_day <= day <= self.last_day and (self.ended_at is None or now < self.ended_at)


def closes_loop(giver: PersonId, new: Delegation, known: Mapping[PersonId, Sequence[Delegation]]) -> bool:
    """Whether with `new`, given by `giver`, somebody would stand in for themself by way of others.

    `known` are the delegations by giver: at least all that begin with the new delegate, with their delegates, and so
    on. There is a loop when on one day, for one kind of document, the way from delegate to delegate comes back. The
    delegations of a loop have a day in common exactly when all of them hold on the latest of their first days.
    """
    others = [one for given in known.values() for one in given if one.is_open]
    days = {new.first_day, *(one.first_day for one in others if new.first_day <= one.first_day <= new.last_day)}
    kinds = new.documents or {_ANY_OTHER, *(kind for one in others for kind in one.documents)}
    return any(giver in _reached(new.delegate, day, kind, known) for day in days for kind in kinds)


def _reached(start: PersonId, day: date, kind: str, known: Mapping[PersonId, Sequence[Delegation]]) -> set[PersonId]:
    """Everybody to whom the way from delegate to delegate leads on a day, for a kind of document; `start` too."""
    reached, waiting = {start}, [start]
    while waiting:
        for one in known.get(waiting.pop(), ()):
            holds = one.is_open and one.first_day <= day <= one.last_day and one.covers(kind)
            if holds and one.delegate not in reached:
                reached.add(one.delegate)
                waiting.append(one.delegate)
    return reached
