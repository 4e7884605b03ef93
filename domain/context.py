"""What a decision may look at besides the stream's own state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from domain.access import Actor, Held, Post
from domain.calendar import SchoolCalendar
from domain.delegation import Delegation
from domain.ids import NO_STREAM, PersonId, StreamId, TenantId
from domain.programme import Programme


@dataclass(frozen=True, slots=True)
class Lookups:
    """What a command asks of the directory before it is decided."""

    people: frozenset[PersonId] = frozenset()
    posts: frozenset[Post] = frozenset()
    delegates: frozenset[PersonId] = frozenset()
    """People whose delegations are asked for, with those of their delegates, and so on."""
    vacancies: frozenset[Post] = frozenset()
    """Posts of which it is asked whether something waits there and nobody holds them."""
    programmes: frozenset[str] = frozenset()
    """Stored programmes, by digest: what a stream is to go by from now on."""
    staff: frozenset[str] = frozenset()
    """Staff numbers."""

    def __bool__(self) -> bool:
        return bool(self.people or self.posts or self.delegates or self.vacancies or self.programmes or self.staff)

    def __or__(self, other: Lookups) -> Lookups:
        return Lookups(**{one.name: getattr(self, one.name) | getattr(other, one.name) for one in fields(self)})


NOTHING = Lookups()


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory's answers: what people hold, who holds a post, whom people have act for them, now."""

    held: Mapping[PersonId, tuple[Held, ...]] = field(default_factory=dict)
    holders: Mapping[Post, frozenset[PersonId]] = field(default_factory=dict)
    staff: Mapping[str, PersonId] = field(default_factory=dict)
    """Who has which staff number."""
    programmes: Mapping[str, Programme] = field(default_factory=dict)
    delegations: Mapping[PersonId, tuple[Delegation, ...]] = field(default_factory=dict)
    """By giver: those that have not ended, today's and later ones."""
    vacancies: frozenset[Post] = frozenset()


@dataclass(frozen=True, slots=True)
class Context:
    """The world a decision is made in. `now` is the database's clock, shifted by the tenant's offset, in UTC."""

    tenant: TenantId
    now: datetime
    actor: Actor
    programme: Programme
    calendar: SchoolCalendar
    directory: Directory = field(default_factory=Directory)
    salt: str = ""
    """The command's id; see `Command.contents`."""
    stream: StreamId = NO_STREAM
    """The stream that the command goes to."""
