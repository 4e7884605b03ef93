"""What may be asked of a filing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from domain.canonical import content_digest
from domain.ids import PersonId, StreamId, UnitId
from domain.machine import Command
from domain.text import Digest, Prose, Slug

People = Annotated[tuple[PersonId, ...], Field(min_length=1, max_length=20)]


class OpenFiling(Command):
    """Open what a unit or person owes. Given by the cycle's window."""

    name: ClassVar[str] = "open"
    cycle: StreamId
    duty: Slug
    period: str
    unit: UnitId
    person: PersonId | None = None
    due_at: datetime
    lapses_at: datetime
    remind_at: tuple[datetime, ...] = ()


class BeginDraft(Command):
    """Say that work has begun."""

    name: ClassVar[str] = "begin_draft"


class Submit(Command):
    """Hand in a content."""

    name: ClassVar[str] = "submit"
    content: dict[str, Any]
    choose: dict[Slug, People] = Field(default_factory=dict)
    """Who is to decide, by stage, where the author chooses."""

    @cached_property
    def digest(self) -> str:
        """The name of the content."""
        return content_digest(self.content)

    def contents(self, salt: str) -> Mapping[str, Any]:
        """The submitted content, by digest."""
        return {self.digest: self.content}


class AtStage(Command):
    """Something about one stage; none needs to be named while only one can be meant."""

    stage: Slug | None = None


class Approve(AtStage):
    """Agree at a stage (同意)."""

    name: ClassVar[str] = "approve"
    comment: Prose | None = None
    judgement: Slug | None = None
    choose: tuple[PersonId, ...] = Field((), max_length=20)
    """Who is to decide at the next stage, where that is chosen here."""


class Return(AtStage):
    """Send back, to the author or to an earlier stage (退回)."""

    name: ClassVar[str] = "return"
    reason: Prose
    to: Slug | None = None
    """An earlier stage's id; none for the author."""
    then: Literal["again", "straight"] | None = None
    """Afterwards through every stage again, or straight back here; none for what the stage's rule says."""


class Reject(AtStage):
    """Refuse for good, where the stage may (不同意)."""

    name: ClassVar[str] = "reject"
    reason: Prose


class Object(AtStage):
    """Vote against, where votes are counted (反对)."""

    name: ClassVar[str] = "object"
    reason: Prose


class Transfer(AtStage):
    """Hand one's part over to somebody else (转交)."""

    name: ClassVar[str] = "transfer"
    to: PersonId
    reason: Prose


class AddSigner(AtStage):
    """Ask somebody else to decide too (加签): before oneself, after oneself, or beside."""

    name: ClassVar[str] = "add_signer"
    people: People
    where: Literal["before", "after", "beside"]
    reason: Prose


class Assign(AtStage):
    """Name who decides. The office's, where nobody can or nobody does."""

    name: ClassVar[str] = "assign"
    people: People
    reason: Prose


class HandOver(Command):
    """Give what somebody has of it to a successor (离职交接). The keeper of the directory's."""

    name: ClassVar[str] = "hand_over"
    unseen: ClassVar[bool] = True
    leaver: PersonId
    to: PersonId
    reason: Prose


class Recall(Command):
    """Take back what one has handed in (撤回); when somebody has decided, ask for it."""

    name: ClassVar[str] = "recall"
    reason: Prose | None = None


class AgreeRecall(Command):
    """Let the author have it back."""

    name: ClassVar[str] = "agree_recall"


class RefuseRecall(Command):
    """Keep it in review."""

    name: ClassVar[str] = "refuse_recall"
    reason: Prose


class Waive(Command):
    """Say that it is not owed (免报)."""

    name: ClassVar[str] = "waive"
    reason: Prose


class Amend(Command):
    """Begin a new revision of an approved filing (变更)."""

    name: ClassVar[str] = "amend"
    reason: Prose


class AbandonAmendment(Command):
    """Keep the approved revision after all."""

    name: ClassVar[str] = "abandon_amendment"


class Void(Command):
    """Say that what was approved holds no longer (作废)."""

    name: ClassVar[str] = "void"
    reason: Prose


class AskExtension(Command):
    """Ask for more time (延期申请): until the close of business of a day."""

    name: ClassVar[str] = "ask_extension"
    until: date
    reason: Prose


class GrantExtension(Command):
    """Give the time asked for."""

    name: ClassVar[str] = "grant_extension"


class RefuseExtension(Command):
    """Leave the due time as it is."""

    name: ClassVar[str] = "refuse_extension"
    reason: Prose


class Comment(Command):
    """Say something about it. Nothing moves."""

    name: ClassVar[str] = "comment"
    text: Prose
    mentions: tuple[PersonId, ...] = Field((), max_length=20)
    """Who is to see it, besides those it is meant for anyway."""


class SendCopy(Command):
    """Send it to people for their knowledge (抄送)."""

    name: ClassVar[str] = "copy"
    people: People
    note: Prose | None = None


class MarkRead(Command):
    """Say that one has read what one was sent (已阅)."""

    name: ClassVar[str] = "mark_read"


class Urge(Command):
    """Remind those whose turn it is (催办)."""

    name: ClassVar[str] = "urge"


class MoveRules(Command):
    """Go by another programme from now on: keeping its place, or from an earlier stage or the author again."""

    name: ClassVar[str] = "move_rules"
    programme: Digest
    choice: Literal["move", "back"] = "move"
    to: Slug | None = None
    """Where back to: a stage that is behind it on the new path; none for the author."""
    reason: Prose


class Remind(Command):
    """Remind the author."""

    name: ClassVar[str] = "remind"


class FallDue(Command):
    """Note that the due time has passed."""

    name: ClassVar[str] = "fall_due"


class Lapse(Command):
    """Give up waiting."""

    name: ClassVar[str] = "lapse"


class OfStage(Command):
    """Something that time or the directory brings about at a stage."""

    stage: Slug


class RemindStage(OfStage):
    """Remind the deciders."""

    name: ClassVar[str] = "remind_stage"


class Escalate(OfStage):
    """Let the next post decide as well."""

    name: ClassVar[str] = "escalate"


class PassByTime(OfStage):
    """Let it pass, since nobody decided in time and the programme says so."""

    name: ClassVar[str] = "pass_by_time"


class Reseat(Command):
    """Look who may decide, since appointments have begun or ended."""

    name: ClassVar[str] = "reseat"
