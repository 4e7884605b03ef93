"""Who looks at a page: a person with a session, what they hold now, and the language they read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.access import Actor
from domain.ids import PersonId, TenantId
from domain.messages import Lang
from domain.programme import Programme


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with a session, as every page sees them."""

    tenant: TenantId
    person: PersonId
    name: str
    session: str
    """The session's id, for the list of own sessions; never the secret in the cookie."""
    csrf: str
    """What every form of this session sends back."""
    lang: Lang
    actor: Actor
    programme: Programme
    """In force now."""
    now: datetime
    """The tenant's time, UTC."""
    unread: int = 0
    """Notices not read yet."""
    waiting: int = 0
    """Tasks that wait for this person."""
