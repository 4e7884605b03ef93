"""What all views share: the words of people, roles and units, and events together with the states around them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from domain.access import Post
from domain.ids import SYSTEM, PersonId
from domain.machine import Event, Fact, Machine, State
from domain.messages import Lang, Message, day, fill, render, when
from domain.programme import Programme
from domain.text import Text

PEOPLE = frozenset({"giver", "delegate", "inspector"})
"""Params of notices that hold a person's id."""

SAID = frozenset({"reason", "text", "note"})
"""Params of notices that hold what somebody wrote: a notice tells its beginning, the page it leads to all of it."""

_NOTICED = 120
"""Characters of what somebody wrote that a notice tells."""

_PERIOD = Message("{period}", "{period}")
_YEAR = re.compile(r"\d{4}")
_TERM = re.compile(r"(\d{4})-([a-z].*)")


class Happening(Protocol):
    """An event as it was recorded: `ledger.order.RecordedEvent` is one."""

    @property
    def version(self) -> int:
        """Its place in the stream, from 1."""
        ...

    @property
    def event(self) -> Event:
        """What happened."""
        ...

    @property
    def actor(self) -> PersonId:
        """Who did it."""
        ...

    @property
    def on_behalf_of(self) -> PersonId | None:
        """For whom, when it was for somebody else."""
        ...

    @property
    def happened_at(self) -> datetime:
        """When, in the programme's time."""
        ...


class Moved(NamedTuple):
    """A recorded event with the states before and after it. Before the first there is none."""

    before: State | None
    happening: Happening
    after: State


def walk(machine: Machine, happenings: Iterable[Happening]) -> Iterator[Moved]:
    """Yield a stream's events, from the first, each with the states around it."""
    state: State | None = None
    for one in happenings:
        after = machine.fold(state, Fact(one.event, one.happened_at, one.actor, one.on_behalf_of))
        yield Moved(state, one, after)
        state = after


class PostWords(NamedTuple):
    """A post in words."""

    role: str
    unit: str


def people_noticed(notices: Iterable[Mapping[str, object]]) -> frozenset[PersonId]:
    """Return everybody that notices, by their params, speak of by name."""
    return frozenset(PersonId(str(value)) for one in notices for name, value in one.items() if name in PEOPLE)


def beginning(text: str, most: int) -> str:
    """Return a text on one line, cut off with “…” where it has more than so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


@dataclass(frozen=True, slots=True)
class Names:
    """How to call what the ledger knows by its id, in one language.

    What has no name here is called by its id, and a person by a word for somebody unknown: names can be erased.
    """

    lang: Lang
    programme: Programme
    people: Mapping[PersonId, str] = field(default_factory=dict)
    held: Mapping[PersonId, Collection[Post]] = field(default_factory=dict)
    """What people are known to hold; decides by which of several posts somebody acted."""
    now: datetime | None = None
    """Instants of this year are written without their year."""

    @property
    def zone(self) -> ZoneInfo:
        """The programme's time zone."""
        return ZoneInfo(self.programme.calendar.time_zone)

    def say(self, key: str, **params: object) -> str:
        """Return the sentence of a key, filled in."""
        return render(key, self.lang, params, zone=self.zone)

    def notice(self, notice: str, params: Mapping[str, object]) -> str:
        """Return a notice as a sentence, its period, its people, its days and its times in words."""
        said = {name: self._noticed(name, value) for name, value in params.items()}
        return render(f"notice.{notice}", self.lang, said, zone=self.zone, now=self.now)

    def _noticed(self, name: str, value: object) -> object:
        if name == "period":
            return self.period(str(value))
        if name in SAID:
            return beginning(str(value), _NOTICED)
        if name in ("first", "last"):
            return self.day(date.fromisoformat(str(value)))
        return self.person(PersonId(str(value))) if name in PEOPLE else value

    def text(self, text: Text) -> str:
        """Return a title in the language."""
        return text.zh if self.lang == "zh" else text.en

    def person(self, person: PersonId) -> str:
        """Return somebody's name."""
        if person == SYSTEM:
            return self.say("name.system")
        return self.people.get(person) or self.say("name.unknown")

    def actor(self, person: PersonId, on_behalf_of: PersonId | None = None) -> str:
        """Return who acted: 乙, or 乙 代 甲."""
        if on_behalf_of is None:
            return self.person(person)
        return self.say("name.on_behalf", person=self.person(person), other=self.person(on_behalf_of))

    def role(self, role: str) -> str:
        """Return a role's title."""
        known = self.programme.role_by_id.get(role)
        return role if known is None else self.text(known.title)

    def unit(self, unit: str) -> str:
        """Return a unit's title."""
        known = self.programme.known_units.get(unit)
        return unit if known is None else self.text(known.title)

    def post(self, post: Post) -> PostWords:
        """Return a post's role and unit in words."""
        return PostWords(self.role(post.role), self.unit(post.unit))

    def post_at(self, post: Post) -> str:
        """Return a post in one phrase: unit and role."""
        role, unit = self.post(post)
        return self.say("name.post", role=role, unit=unit)

    def acted_by(self, posts: Collection[Post], person: PersonId, on_behalf_of: PersonId | None) -> Post | None:
        """Return the post, of those that might act, by which somebody did; none when that cannot be told."""
        if len(posts) == 1:
            return next(iter(posts))
        held = self.held.get(person if on_behalf_of is None else on_behalf_of, ())
        return next((post for post in posts if post in held), None)

    def period(self, period: str) -> str:
        """Return a month, a term or a school year in words."""
        if _YEAR.fullmatch(period):
            return self.say("name.year", year=period, next=int(period) + 1)
        match = _TERM.fullmatch(period)
        term = next((one for one in self.programme.calendar.terms if match and one.id == match[2]), None)
        if match is None or term is None:
            return fill(_PERIOD, self.lang, {"period": period})
        return self.say("name.term", year=match[1], next=int(match[1]) + 1, term=self.text(term.title))

    def item(self, rules: str, item: str) -> str:
        """Return the title of an item of an inspection's sheet."""
        inspection = self.programme.inspection_by_id.get(rules)
        rubric = None if inspection is None else self.programme.rubric_by_id.get(inspection.rubric)
        known = None if rubric is None else rubric.items.get(item)
        return item if known is None else self.text(known.title)

    def document(self, document: str) -> str:
        """Return the title of a kind of document."""
        known = self.programme.document_by_id.get(document)
        return document if known is None else self.text(known.title)

    def owed(self, rules: str) -> str:
        """Return the title of a duty or an inspection."""
        known = self.programme.duty_by_id.get(rules) or self.programme.inspection_by_id.get(rules)
        return rules if known is None else self.text(known.title)

    def follow_up(self, rules: str) -> str:
        """Return the title of a follow-up."""
        known = self.programme.follow_up_by_id.get(rules)
        return rules if known is None else self.text(known.title)

    def when(self, at: datetime) -> str:
        """Return an instant in words."""
        return when(at, self.lang, zone=self.zone, now=self.now)

    def day(self, on: date) -> str:
        """Return a day in words."""
        today = None if self.now is None else self.now.astimezone(self.zone).date()
        return day(on, self.lang, today=today)

    def listed(self, words: Iterable[str]) -> str:
        """Return words as a list."""
        return ("、" if self.lang == "zh" else ", ").join(words)

    def labelled(self, label: str, words: str) -> str:
        """Return words with what they are before them."""
        return f"{label}{'：' if self.lang == 'zh' else ': '}{words}"
