"""The states of a filing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.access import Actor, Post
from domain.filing.values import (
    OF_A_POST,
    Approval,
    Back,
    Copy,
    Extension,
    Hold,
    InForce,
    Judgement,
    Objection,
    Origin,
    RecallAsked,
    Revision,
    Seat,
    Step,
    Visit,
)
from domain.ids import PersonId, StreamId, UnitId
from domain.machine import State
from domain.programme import Mode
from domain.text import Slug, Text


class Filing(State):
    """What is true of a filing in every state."""

    tenant: str
    cycle: StreamId
    duty: Slug
    title: Text
    document: Slug
    period: str
    unit: UnitId
    unit_title: Text
    path: tuple[UnitId, ...]
    subject: str | None
    person: PersonId | None
    author: Post
    office: tuple[Post, ...]
    """The posts that may waive, extend, assign and void."""
    stays_in: UnitId | None
    steps: tuple[Step, ...]
    judgements: tuple[Judgement, ...]
    copied: tuple[Post, ...]
    """Who is sent a copy when it is approved."""
    rework: int
    urge_hours: int
    opened_at: datetime
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...]
    """Reminders still to come, earliest first."""
    overdue: bool = False
    revisions: tuple[Revision, ...] = ()
    copies: tuple[Copy, ...] = ()
    urged_at: datetime | None = None

    @property
    def authors(self) -> frozenset[PersonId]:
        """Everybody whose own filing it is: nobody of them may decide it, by any way."""
        handed_in = {one for revision in self.revisions for one in (revision.by, revision.on_behalf_of)}
        return frozenset(one for one in (self.person, *handed_in) if one is not None)

    def step_of(self, stage: str) -> Step:
        """The step of a stage."""
        return next(one for one in self.steps if one.stage == stage)


class Working(Filing):
    """The author has it."""

    in_force: InForce | None = None
    """The approved revision that stays in force while a new one is made."""
    extension: Extension | None = None
    """More time that was asked for and is not decided."""


class Open(Working):
    """Due, and nobody has begun."""

    status: Literal["open"] = "open"


class Drafting(Working):
    """Somebody has begun a draft."""

    status: Literal["drafting"] = "drafting"
    begun_by: PersonId


class Returned(Working):
    """Sent back to its author."""

    status: Literal["returned"] = "returned"
    by: PersonId
    stage: Slug
    """Who returned it."""
    reason: str
    straight: bool
    """The mended filing goes straight back; otherwise it passes every stage again."""
    passed: tuple[Slug, ...] = ()
    approvals: tuple[Approval, ...] = ()
    """Agreements that still hold when it comes straight back."""
    holds: tuple[Hold, ...] = ()
    chosen: dict[str, tuple[PersonId, ...]] = Field(default_factory=dict)
    """Who was chosen to decide, by stage, by those whose agreements still hold."""


class Recalled(Working):
    """Taken back by its author."""

    status: Literal["recalled"] = "recalled"
    reason: str | None


class Amending(Working):
    """Approved, and a new revision is being made."""

    status: Literal["amending"] = "amending"
    in_force: InForce
    reason: str


class InReview(Filing):
    """At one or more stages of its path."""

    status: Literal["in_review"] = "in_review"
    in_force: InForce | None
    visits: tuple[Visit, ...]
    """The stages it is at, in the order of the path; several where branches run side by side."""
    paused: tuple[Visit, ...] = ()
    """Stages that wait for a signer who was asked to go first."""
    passed: tuple[Slug, ...] = ()
    """The stages that are through."""
    left_out: tuple[Slug, ...] = ()
    """The stages whose condition this revision does not meet."""
    holds: tuple[Hold, ...] = ()
    approvals: tuple[Approval, ...] = ()
    """Agreements that hold, all stages."""
    objections: tuple[Objection, ...] = ()
    chosen: dict[str, tuple[PersonId, ...]] = Field(default_factory=dict)
    """Who was chosen to decide, by stage."""
    recall_asked: RecallAsked | None = None
    back: Back | None = None
    """Where it was last sent back to, until that stage is through."""

    def visit_of(self, stage: str) -> Visit | None:
        """The stay at a stage; None when it is not there now."""
        return next((one for one in self.visits if one.stage == stage), None)

    @property
    def first(self) -> Visit:
        """The stay that is due first."""
        return min(self.visits, key=lambda one: one.due_at)

    def agreed(self, stage: str) -> frozenset[PersonId]:
        """Whose agreement the stage has."""
        return frozenset(one.principal for one in self.approvals if one.stage == stage)

    def objected(self, stage: str) -> frozenset[PersonId]:
        """Who voted against at the stage."""
        return frozenset(one.principal for one in self.objections if one.stage == stage)

    @property
    def decided(self) -> bool:
        """Whether anybody has decided on the present revision."""
        number = self.revisions[-1].number
        given = any(one.revision == number and not one.by_time for one in self.approvals)
        return given or any(one.revision == number for one in self.objections)

    @property
    def asks_before_recall(self) -> bool:
        """Whether the author has to ask to have it back: somebody has decided, and somebody is there to be asked."""
        return self.decided and not all(one.vacant for one in self.visits)

    def turns(self, visit: Visit) -> tuple[Seat, ...]:
        """Whose turn it is at a stage."""
        spoken = self.agreed(visit.stage) | self.objected(visit.stage)
        waiting = [one for one in visit.seats if one.person is None or one.person not in spoken]
        if self.step_of(visit.stage).mode is not Mode.IN_ORDER:
            return tuple(waiting)
        usual = [one for one in waiting if one.origin is not Origin.ESCALATED]
        return (*usual[:1], *(one for one in waiting if one.origin is Origin.ESCALATED))

    def seats_of(self, actor: Actor) -> Iterable[tuple[Visit, Seat]]:
        """Where it is this actor's turn."""
        for visit in self.visits:
            for seat in self.turns(visit):
                if sits(actor, seat):
                    yield visit, seat

    def urged(self, actor: Actor) -> bool:
        """Whether its author urged it since it came to this actor."""
        at = self.urged_at
        return at is not None and any(visit.arrived_at <= at for visit, _ in self.seats_of(actor))


def sits(actor: Actor, seat: Seat) -> bool:
    """Whether a seat is this actor's: they are the person, and hold the post it goes by."""
    if seat.person is None:
        return seat.post is not None and actor.holds(seat.post)
    if seat.person != actor.principal:
        return False
    by_post = seat.origin in OF_A_POST and seat.post is not None
    return actor.holds(seat.post) if by_post and seat.post is not None else bool(actor.held)


class Approved(Filing):
    """Through its whole path."""

    status: Literal["approved"] = "approved"
    in_force: InForce


class Rejected(Filing):
    """Refused for good."""

    status: Literal["rejected"] = "rejected"
    by: PersonId
    reason: str


class Waived(Filing):
    """Not owed after all."""

    status: Literal["waived"] = "waived"
    by: PersonId
    reason: str


class Voided(Filing):
    """Was approved, and holds no longer (作废)."""

    status: Literal["voided"] = "voided"
    by: PersonId
    reason: str
    voided: InForce
    """What was in force until then."""


class Lapsed(Filing):
    """Never came."""

    status: Literal["lapsed"] = "lapsed"
