"""The one access policy: what a person holds, where, and what follows from it. Deny by default.

Rights come from appointments alone: a role at a unit gives the role's rights there and at every unit below. Whoever is
on the panel of an inspection besides looks at the filings that its sheet cites as evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.ids import SYSTEM, PersonId, StreamId, UnitId
from domain.programme import Right
from domain.refusal import Refused, forbidden
from domain.text import Frozen


class Post(Frozen):
    """A role at one unit: whom a stage, a duty or a notice addresses."""

    role: str
    unit: UnitId


@dataclass(frozen=True, slots=True)
class Held:
    """An appointment in force now, with the unit's ancestors (root first, itself last) and the role's rights."""

    role: str
    unit: UnitId
    path: tuple[UnitId, ...]
    rights: frozenset[Right] = frozenset()


@dataclass(frozen=True, slots=True)
class Inspected:
    """What an inspection lets its panel look at: the filings of some duties in a cycle, at a unit and below it."""

    cycle: StreamId
    unit: UnitId
    duties: frozenset[str]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with what they hold now, or the system itself.

    A delegate (代) acts with what the giver of the delegation holds, and with nothing of their own.
    """

    person: PersonId
    held: tuple[Held, ...] = ()
    on_behalf_of: PersonId | None = None
    besides: tuple[Held, ...] = ()
    """What a delegate holds themself. It lets them do nothing here; it may only bar them."""
    inspects: tuple[Inspected, ...] = ()
    """Of the inspections on whose panel they are. It lets them look, and is known only where somebody looks."""

    @property
    def principal(self) -> PersonId:
        """Whose rights are used: the giver of the delegation, or the actor."""
        return self.on_behalf_of or self.person

    @property
    def is_system(self) -> bool:
        """Whether alarms or reactions act."""
        return self.person == SYSTEM

    def holds(self, post: Post) -> bool:
        """Whether the actor is appointed to exactly this post."""
        return any(one.role == post.role and one.unit == post.unit for one in self.held)

    def has(self, right: Right, path: Iterable[UnitId]) -> bool:
        """Whether the actor has the right at a unit, given the unit's path."""
        units = set(path)
        return any(right in one.rights and one.unit in units for one in self.held)

    def works_in(self, unit: UnitId) -> bool:
        """Whether the actor holds any appointment at the unit or below it."""
        return any(unit in one.path for one in self.held)

    @property
    def inspects_now(self) -> tuple[Inspected, ...]:
        """What they inspect and may: nothing for who has left, and nothing where they work themself."""
        return tuple(one for one in self.inspects if self.held and not self.works_in(one.unit))


SYSTEM_ACTOR = Actor(SYSTEM)


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a stream decides who may read it."""

    path: tuple[UnitId, ...]
    stays_in: UnitId | None = None
    """Holders above this unit do not read it, whatever their rights."""
    people: frozenset[PersonId] = field(default_factory=frozenset)
    """People who may always read it: its author, its inspectors."""
    posts: frozenset[Post] = field(default_factory=frozenset)
    """Posts that have a part in it."""
    everyone: bool = False
    """Everybody of the tenant who holds an appointment reads it: the year's calendar is for all."""
    cycle: StreamId | None = None
    """Of a filing: its cycle and its duty, by which it is evidence of an inspection."""
    duty: str | None = None


def readers(scope: Scope) -> tuple[UnitId, ...]:
    """The units at which a right opens a stream: those on its path, from the one it stays in down.

    None for what everybody reads.
    """
    if scope.everyone:
        return ()
    return scope.path if scope.stays_in is None else scope.path[scope.path.index(scope.stays_in) :]


def may_read(actor: Actor, scope: Scope) -> bool:
    """Whether the actor may read a stream of this scope."""
    if actor.is_system or not scope.people.isdisjoint({actor.person, actor.principal}):
        return True
    if scope.everyone and actor.held:
        return True
    if any(actor.holds(post) for post in scope.posts):
        return True
    return actor.has(Right.READ, readers(scope))


def may_look(actor: Actor, scope: Scope) -> bool:
    """Whether the actor may look at a stream of this scope: who may read it, the readers of the ledger, its inspectors.

    A reader of the ledger holds the right to audit where a reader holds the right to read. An inspector looks at the
    filings that bear on the sheet. Either sees everything of the stream, its past too, and does nothing with it.
    """
    return may_read(actor, scope) or actor.has(Right.AUDIT, readers(scope)) or _inspects(actor, scope)


def _inspects(actor: Actor, scope: Scope) -> bool:
    """Whether a filing is evidence of an inspection on whose panel the actor is.

    What stays in a unit is shown to the inspectors of that unit and of those below it, as to readers there; whoever
    inspects a unit above does not see it.
    """
    return any(
        scope.cycle == one.cycle and scope.duty in one.duties and one.unit in readers(scope)
        for one in actor.inspects_now
    )


def keeps_directory(_: object, actor: Actor) -> Refused | None:
    """Permission of the directory's commands: its keeper at the root, and the system, which sets it up."""
    if actor.is_system or any(Right.DIRECTORY in one.rights and len(one.path) == 1 for one in actor.held):
        return None
    return forbidden("right_missing", right=Right.DIRECTORY.value)


def only_system(_: object, actor: Actor) -> Refused | None:
    """Permission of commands that alarms and reactions issue."""
    return None if actor.is_system else forbidden("only_system")


def needs(right: Right, actor: Actor, path: Iterable[UnitId]) -> Refused | None:
    """Return a refusal unless the actor has the right at the unit with this path."""
    return None if actor.has(right, path) else forbidden("right_missing", right=right.value)
