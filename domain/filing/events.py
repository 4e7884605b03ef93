"""What has happened to a filing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from domain.access import Post
from domain.filing.values import Hold, Judgement, MovedTime, Seat, Step, Visit
from domain.ids import PersonId, StreamId, UnitId
from domain.machine import Event
from domain.text import Digest, Slug, Text


class FilingOpened(Event):
    """The filing is owed."""

    type: ClassVar[str] = "filing.opened"
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
    stays_in: UnitId | None
    steps: tuple[Step, ...]
    judgements: tuple[Judgement, ...]
    copied: tuple[Post, ...]
    rework: int
    urge_hours: int
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...]


class DraftingBegun(Event):
    """Work has begun."""

    type: ClassVar[str] = "filing.drafting_begun"


class FilingSubmitted(Event):
    """A revision was handed in."""

    type: ClassVar[str] = "filing.submitted"
    content_field: ClassVar[str | None] = "content"
    revision: int
    content: str
    late: bool
    left_out: tuple[Slug, ...] = ()
    """The stages whose condition it does not meet."""
    chosen: dict[str, tuple[PersonId, ...]] = Field(default_factory=dict)
    """Who was chosen to decide, by stage."""


class StageReached(Event):
    """The filing arrived at a stage, or came back to one that had asked another signer to go first."""

    type: ClassVar[str] = "filing.stage_reached"
    stage: Slug
    due_at: datetime
    remind_at: datetime | None
    escalate_at: datetime | None
    passes_at: datetime | None
    seats: tuple[Seat, ...]


class Because(StrEnum):
    """Why a stage is through without (another) agreement."""

    CONDITION = "condition"
    """Its condition is not met."""
    VACANT = "vacant"
    """Nobody can decide, and the programme says to go on."""
    AGREED_BEFORE = "agreed_before"
    """Everybody has agreed at an earlier stage, and the programme asks only once."""
    RULES = "rules"
    """By other rules than it was reached under, what was agreed there is enough."""
    REST_AGREED = "rest_agreed"
    """Whoever was still missing has lost the post; all others agreed."""


class StagePassed(Event):
    """A stage is through without another agreement."""

    type: ClassVar[str] = "filing.stage_passed"
    stage: Slug
    because: Because


class ApprovalGiven(Event):
    """One decider agreed."""

    type: ClassVar[str] = "filing.approval_given"
    stage: Slug
    capacity: Post | None
    comment: str | None
    judgement: str | None
    completes: bool
    """The stage is through with it."""
    by_time: bool = False
    chosen: dict[str, tuple[PersonId, ...]] = Field(default_factory=dict)


class ObjectionRaised(Event):
    """One decider voted against."""

    type: ClassVar[str] = "filing.objection_raised"
    stage: Slug
    capacity: Post | None
    reason: str


class FilingApproved(Event):
    """The last stage agreed; the revision is in force."""

    type: ClassVar[str] = "filing.approved"
    revision: int
    judgement: str | None


class FilingReturned(Event):
    """Sent back to the author."""

    type: ClassVar[str] = "filing.returned"
    stage: Slug
    capacity: Post | None
    reason: str
    straight: bool
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...]


class SentBack(Event):
    """Sent back to an earlier stage."""

    type: ClassVar[str] = "filing.sent_back"
    stage: Slug
    capacity: Post | None
    to: Slug
    straight: bool
    reason: str


class FilingRejected(Event):
    """Refused for good."""

    type: ClassVar[str] = "filing.rejected"
    stage: Slug
    capacity: Post | None
    reason: str


class Transferred(Event):
    """A decider handed their part over."""

    type: ClassVar[str] = "filing.transferred"
    stage: Slug
    leaver: PersonId
    to: PersonId
    reason: str
    seats: tuple[Seat, ...]
    """Who may decide from then on."""


class SignerAdded(Event):
    """A decider asked others to decide too."""

    type: ClassVar[str] = "filing.signer_added"
    stage: Slug
    where: Literal["before", "after", "beside"]
    step: Step
    """The stage that came into the path."""
    reason: str


class DeciderAssigned(Event):
    """The office named who decides."""

    type: ClassVar[str] = "filing.decider_assigned"
    stage: Slug
    people: tuple[PersonId, ...]
    reason: str


class HandedOver(Event):
    """What somebody had of it went to a successor."""

    type: ClassVar[str] = "filing.handed_over"
    leaver: PersonId
    to: PersonId
    reason: str


class SeatsChanged(Event):
    """Who may decide at a stage is different, since appointments began or ended."""

    type: ClassVar[str] = "filing.seats_changed"
    stage: Slug
    seats: tuple[Seat, ...]


class FilingRecalled(Event):
    """Taken back by the author."""

    type: ClassVar[str] = "filing.recalled"
    reason: str | None
    lapses_at: datetime


class RecallRequested(Event):
    """The author wants it back; somebody has decided already."""

    type: ClassVar[str] = "filing.recall_requested"
    reason: str | None


class RecallRefused(Event):
    """It stays in review."""

    type: ClassVar[str] = "filing.recall_refused"
    reason: str


class FilingWaived(Event):
    """Not owed."""

    type: ClassVar[str] = "filing.waived"
    reason: str


class AmendingBegun(Event):
    """A new revision is being made."""

    type: ClassVar[str] = "filing.amending_begun"
    reason: str


class AmendmentAbandoned(Event):
    """The approved revision stays."""

    type: ClassVar[str] = "filing.amendment_abandoned"


class FilingVoided(Event):
    """What was approved holds no longer."""

    type: ClassVar[str] = "filing.voided"
    reason: str


class ExtensionAsked(Event):
    """The author asked for more time."""

    type: ClassVar[str] = "filing.extension_asked"
    until: datetime
    reason: str


class ExtensionGranted(Event):
    """More time was given."""

    type: ClassVar[str] = "filing.extension_granted"
    before: datetime
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...]


class ExtensionRefused(Event):
    """The due time stays."""

    type: ClassVar[str] = "filing.extension_refused"
    reason: str


class FilingCommented(Event):
    """Somebody said something about it. The state stays as it was: comments are read from the events."""

    type: ClassVar[str] = "filing.commented"
    text: str
    mentions: tuple[PersonId, ...] = ()
    told: tuple[PersonId, ...]
    """The author, who may decide, and who is mentioned; the commenter left out."""


class FilingCopied(Event):
    """Sent to people for their knowledge."""

    type: ClassVar[str] = "filing.copied"
    people: tuple[PersonId, ...]
    note: str | None


class CopyRead(Event):
    """Somebody has read what they were sent."""

    type: ClassVar[str] = "filing.copy_read"


class FilingUrged(Event):
    """The author reminded those whose turn it is."""

    type: ClassVar[str] = "filing.urged"


class RulesMoved(Event):
    """It goes by another programme from here on. What was and what is, where they differ."""

    type: ClassVar[str] = "filing.rules_moved"
    programme_field: ClassVar[str | None] = "programme"
    programme: Digest
    version: int
    """Of the programme, as its author counts."""
    choice: Literal["move", "back"]
    to: Slug | None
    """The stage it went back to; none when it keeps its place, or went back to its author."""
    author_again: bool
    """It went back to its author."""
    reason: str
    path: tuple[UnitId, ...]
    office: tuple[Post, ...]
    stays_in: UnitId | None
    document: Slug
    steps_before: tuple[Step, ...]
    steps: tuple[Step, ...]
    judgements: tuple[Judgement, ...]
    copied: tuple[Post, ...]
    rework: int
    urge_hours: int
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...]
    overdue: bool
    times: tuple[MovedTime, ...]
    """Every time that moved."""
    visits: tuple[Visit, ...] = ()
    """The stages it stays at. Those it reaches by the move follow in the next facts."""
    paused: tuple[Visit, ...] = ()
    passed: tuple[Slug, ...] = ()
    passed_over: tuple[Slug, ...] = ()
    """New stages that lie before its place and are not asked."""
    holds: tuple[Hold, ...] = ()
    left_out: tuple[Slug, ...] = ()
    undone: tuple[Slug, ...] = ()
    """Stages whose agreements no longer hold."""
    chosen: dict[str, tuple[PersonId, ...]] = Field(default_factory=dict)
    """Who was chosen to decide, where that still holds, by stage."""


class FilingReminded(Event):
    """The author was reminded."""

    type: ClassVar[str] = "filing.reminded"
    due_at: datetime


class FilingFellDue(Event):
    """The due time passed without a submission."""

    type: ClassVar[str] = "filing.fell_due"


class FilingLapsed(Event):
    """Nobody waits any longer."""

    type: ClassVar[str] = "filing.lapsed"


class StageReminded(Event):
    """The deciders were reminded."""

    type: ClassVar[str] = "filing.stage_reminded"
    stage: Slug


class StageEscalated(Event):
    """The next post may decide as well."""

    type: ClassVar[str] = "filing.escalated"
    stage: Slug
    to: Post
    vacant: bool = False
    """Nobody holds it, so nobody more decides."""
