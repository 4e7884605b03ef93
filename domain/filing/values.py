"""The parts a filing is made of: steps of its path, visits of a stage, seats, revisions, approvals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from domain.access import Post
from domain.ids import PersonId
from domain.programme import Chooser, Mode, StageSeal, Vacancy
from domain.text import Frozen, Slug, StaffNo, Text


class Judgement(Frozen):
    """A verdict a judging stage may give, and the follow-up that it opens."""

    id: Slug
    title: Text
    opens: Slug | None


class Step(Frozen):
    """A stage of this filing's path, with its posts resolved. Times are workdays."""

    stage: Slug
    title: Text
    after: tuple[Slug, ...]
    """The stages that must be through before this one is reached."""
    posts: tuple[Post, ...]
    people: tuple[PersonId, ...] = ()
    """Who decides by name: signers that were added."""
    staff_no: StaffNo | None = None
    """Who decides by staff number."""
    chosen_by: Chooser | None = None
    mode: Mode
    votes: int | None = None
    veto: tuple[Post, ...] = ()
    when: str | None = None
    vacant: Vacancy | Post = Vacancy.STOP
    once: bool = False
    """Whoever has agreed to the revision already is not asked again."""
    due: int
    remind: int | None
    escalate_after: int | None
    escalate_to: Post | None
    passes_after: int | None = None
    may_reject: bool
    resumes: bool
    judges: bool
    seal: StageSeal = StageSeal.AGREED
    """What agreement here is stamped as."""
    added: bool = False
    """Put into the path on the way (加签)."""


class Origin(StrEnum):
    """How somebody came to decide."""

    RULE = "rule"
    """The stage's rule."""
    CHOSEN = "chosen"
    """Named by the author or the one who agreed before."""
    TRANSFERRED = "transferred"
    """转交: another decider handed it over."""
    ADDED = "added"
    """加签: another decider asked for it."""
    ASSIGNED = "assigned"
    """The office named them."""
    TOOK_OVER = "took_over"
    """The stage's own posts were vacant."""
    ESCALATED = "escalated"
    """The stage was late."""
    HANDED_OVER = "handed_over"
    """离职交接: whoever had it left."""
    VACANT = "vacant"
    """The stage's own post, which nobody holds: whoever is appointed to it may decide at once."""


ALONE = frozenset({Origin.ESCALATED, Origin.TOOK_OVER, Origin.ASSIGNED})
"""Whose agreement is enough by itself, whatever the stage asks of its own deciders."""

OF_A_POST = frozenset({Origin.RULE, Origin.VACANT, Origin.CHOSEN, Origin.TOOK_OVER, Origin.ESCALATED})
"""Who decides by holding the post, and no longer when they do not."""


class Seat(Frozen):
    """Who may decide in one place: whoever holds a post, or one person."""

    post: Post | None = None
    """In what capacity."""
    person: PersonId | None = None
    """None: whoever holds the post."""
    origin: Origin = Origin.RULE
    inherits: bool = False
    """It was given by somebody whose agreement was enough by itself, and so is this one's."""

    @property
    def alone(self) -> bool:
        """Whether agreement from here is enough, whatever the stage asks of its own deciders."""
        return self.inherits or self.origin in ALONE


def is_vacant(seats: Iterable[Seat]) -> bool:
    """Whether there is nobody in these seats."""
    return all(one.origin is Origin.VACANT for one in seats)


class Visit(Frozen):
    """A filing's stay at a stage."""

    stage: Slug
    arrived_at: datetime
    due_at: datetime
    remind_at: datetime | None
    escalate_at: datetime | None
    passes_at: datetime | None
    seats: tuple[Seat, ...]
    gave: tuple[PersonId, ...] = ()
    """Who has handed their part to somebody else."""

    @property
    def vacant(self) -> bool:
        """Whether nobody can decide, until the office names somebody or somebody is appointed."""
        return is_vacant(self.seats)


class Hold(Frozen):
    """A stage that is only reached again when another one has agreed: straight back to whoever returned it."""

    stage: Slug
    until: Slug


class Back(Frozen):
    """That a stage has it again, sent back from a later one."""

    stage: Slug
    reason: str


class Revision(Frozen):
    """A submitted content, by digest."""

    number: int
    content: str
    by: PersonId
    on_behalf_of: PersonId | None = None
    at: datetime


class Approval(Frozen):
    """One decider's agreement at a stage."""

    stage: Slug
    revision: int
    """To which revision it was given."""
    by: PersonId
    on_behalf_of: PersonId | None = None
    capacity: Post | None = None
    """The post by which they acted; none where nobody did."""
    at: datetime
    comment: str | None
    judgement: str | None
    by_time: bool = False
    """Nobody agreed: the stage let it pass when its time was over."""

    @property
    def principal(self) -> PersonId:
        """Whose agreement it is: of the one acted for."""
        return self.on_behalf_of or self.by


class Objection(Frozen):
    """One decider's vote against, at a stage that counts votes."""

    stage: Slug
    revision: int
    by: PersonId
    on_behalf_of: PersonId | None = None
    at: datetime
    reason: str

    @property
    def principal(self) -> PersonId:
        """Whose vote it is: of the one acted for."""
        return self.on_behalf_of or self.by


class InForce(Revision):
    """The approved revision, with the verdict on it and the agreements that put it in force."""

    judgement: str | None
    approvals: tuple[Approval, ...]


class Copy(Frozen):
    """Somebody it was sent to for their knowledge (抄送)."""

    person: PersonId
    by: PersonId
    at: datetime
    read_at: datetime | None = None


class Extension(Frozen):
    """More time that the author asked for (延期申请)."""

    by: PersonId
    on_behalf_of: PersonId | None = None
    at: datetime
    until: datetime
    reason: str


class Time(StrEnum):
    """A time of a filing, or of its stay at a stage."""

    DUE = "due"
    LAPSES = "lapses"
    REMINDER = "reminder"
    STAGE_DUE = "stage_due"
    STAGE_REMINDER = "stage_reminder"
    STAGE_ESCALATES = "stage_escalates"
    STAGE_PASSES = "stage_passes"


class MovedTime(Frozen):
    """A time that is another under other rules; none where there was or is none."""

    time: Time
    stage: Slug | None = None
    before: datetime | None
    after: datetime | None


class RecallAsked(Frozen):
    """The author wants it back after somebody has decided; those whose turn it is must consent."""

    by: PersonId
    on_behalf_of: PersonId | None = None
    at: datetime
    reason: str | None
