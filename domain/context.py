"""What a decision may look at besides the stream's own state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.access import Actor, Held, Post
from domain.calendar import SchoolCalendar
from domain.ids import PersonId, TenantId
from domain.programme import Programme


@dataclass(frozen=True, slots=True)
class Lookups:
    """What a command asks of the directory before it is decided."""

    people: frozenset[PersonId] = frozenset()
    posts: frozenset[Post] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.people or self.posts)


NOTHING = Lookups()


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory's answers: what people hold, and who holds a post, now."""

    held: Mapping[PersonId, tuple[Held, ...]] = field(default_factory=dict)
    holders: Mapping[Post, frozenset[PersonId]] = field(default_factory=dict)


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
