"""A stream as it was at one of its versions, made from its trail: what the audit page and the evidence sheet show.

An altered ledger may hold anything. What was forged is shown as broken, at its place; whatever can still be read is
shown as well. In a sound ledger nothing is passed over: there a fault is ours, and surfaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from psycopg.rows import DictRow
from pydantic_core import to_json

from api.web.kit import say
from domain.difference import FactDifference, FieldDifference, content_difference, state_difference
from domain.filing import Filing, FilingSubmitted, Revision
from domain.ids import PersonId
from domain.machine import Machine, State
from domain.messages import render
from domain.path_view import Path, filing_path, follow_up_path, inspection_path
from domain.person import Person
from domain.story import Told, story
from domain.text import Text
from domain.view import Happening, Moved, Names
from ledger.order import RecordedEvent
from ledger.replay import fold, recorded
from ledger.verify import Trail

T = TypeVar("T")

_PERSON_ID = re.compile(rb"per-[0-9a-f]{20}")

_PATHS: Mapping[str, Callable[[Sequence[Happening], Names], Path]] = {
    "filing": filing_path,
    "inspection": inspection_path,
    "follow_up": follow_up_path,
}

_IN_THE_HEADING = frozenset({"status", "title", "unit_title", "period", "unit"})
_KEPT_SINCE_IT_BEGAN = frozenset(
    {"tenant", "path", "steps", "items", "windows", "cycle", "document", "judgements", "rework", "programme", "rules"}
) | frozenset({"answer_within", "duty", "profile", "parents"})
"""Facts that would bury the others. They are in the first event's data, a press away."""
_CLOCKWORK = frozenset({"remind_at", "stage_remind_at", "escalate_at", "arrived_at", "reminded"})
"""Facts that the process managers go by; they change with everything and tell a reader little."""


@dataclass(frozen=True, slots=True)
class Line:
    """An event in the timeline."""

    version: int
    position: int
    at: datetime
    sentence: str
    flaw: str
    """Why it does not hold: a reason of `ledger.verify.Flaw`; empty when it does."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The document as of a moment: field by field, against the revision before where this event brought it."""

    revision: Revision
    by: str
    fields: tuple[FieldDifference, ...]
    against: int | None
    """The number of the revision that it is compared with."""
    erased_at: datetime | None
    missing: bool
    """Neither there nor erased: it was taken away."""


class Replay:
    """A stream's events with the states between them, in words."""

    def __init__(self, machine: Machine, trail: Trail, names: Names) -> None:
        self.machine = machine
        self.trail = trail
        self.names = names
        self.moves = moves_of(machine, trail)
        nothing: tuple[Told, ...] = ()
        self._told = dict(enumerate(self._readable(self._story, nothing), 1))

    @property
    def last(self) -> int:
        """The number of the last event; 0 when none can be read. Numbers are versions, unless some were taken away."""
        return len(self.trail.rows)

    def lines(self, first: int, last: int) -> list[Line]:
        """Return events by number, from 1, both included."""
        return [self._line(number) for number in range(first, min(last, self.last) + 1)]

    def number_of(self, version: int) -> int:
        """Return the number of the event of a version, or of the last one before it; the first at least."""
        return max(1, sum(1 for row in self.trail.rows if row["version"] <= version))

    def at_time(self, at: datetime) -> int:
        """Return the number of the last event that had happened by an instant; 0 when it had not begun."""
        return sum(1 for row in self.trail.rows if row["happened_at"] <= at)

    def row(self, number: int) -> DictRow:
        """Return an event as it is stored."""
        return self.trail.rows[number - 1]

    def told(self, number: int) -> Told | None:
        """Return an event in words; None when it cannot be read."""
        return self._told.get(number)

    def sentence(self, number: int) -> str:
        """Return an event as a sentence, whatever is left of it."""
        told = self.told(number)
        return self._plainly(self.row(number)) if told is None else told.sentence

    def state(self, number: int) -> State | None:
        """Return the state just after an event; None when it cannot be told."""
        return self.moves[number - 1].after if 1 <= number <= len(self.moves) else None

    def changes(self, number: int) -> tuple[FactDifference, ...]:
        """Return what an event changed. The first brought everything: see `facts`."""
        if not 2 <= number <= len(self.moves):
            return ()
        moved = self.moves[number - 1]
        found = self._differences(moved.before, moved.after)
        return tuple(self._brief(one, moved) for one in found if one.fact not in _CLOCKWORK)

    def clockwork(self, number: int) -> tuple[FactDifference, ...]:
        """Return what an event changed of the times at which reminders and the like go out."""
        if not 2 <= number <= len(self.moves):
            return ()
        moved = self.moves[number - 1]
        return tuple(one for one in self._differences(moved.before, moved.after) if one.fact in _CLOCKWORK)

    def facts(self, number: int) -> tuple[FactDifference, ...]:
        """Return what was true just after an event, besides what the heading says."""
        state = self.state(number)
        if state is None:
            return ()
        found = self._differences(None, state)
        left_out = _IN_THE_HEADING | _KEPT_SINCE_IT_BEGAN | _CLOCKWORK
        return tuple(one for one in found if one.fact.partition(".")[0] not in left_out)

    def path(self, number: int) -> Path | None:
        """Return the way of the stream with its seals as of an event; None where there is no such picture."""
        draw = _PATHS.get(self.machine.name)
        if draw is None or self.state(number) is None:
            return None
        events = [one.happening for one in self.moves[:number]]
        return self._readable(lambda: draw(events, self.names), None)

    def contents(self, number: int) -> Contents | None:
        """Return the last document handed in by an event; None when there was none yet."""
        state = self.state(number)
        if not isinstance(state, Filing) or not state.revisions:
            return None
        return self._readable(lambda: self._contents(state, self.moves[number - 1].happening), None)

    def title(self, number: int) -> str:
        """Return what the stream was called as of an event; a person by the name they had."""
        state = self.state(number)
        if isinstance(state, Person):
            body = self._body(state.profile)
            return str(body["name"]) if body else self.names.say("name.unknown")
        title = getattr(state, "title", None)
        return self.names.text(title) if isinstance(title, Text) else ""

    # -- parts

    def _story(self) -> tuple[Told, ...]:
        return story(self.machine, [one.happening for one in self.moves], self.names)

    def _differences(self, before: State | None, after: State) -> tuple[FactDifference, ...]:
        nothing: tuple[FactDifference, ...] = ()
        return self._readable(lambda: state_difference(self.machine, before, after, self.names), nothing)

    def _brief(self, one: FactDifference, moved: Moved) -> FactDifference:
        """A revision by its number: who handed it in and who agreed is drawn below."""
        if one.fact == "in_force":
            before, after = (getattr(state, "in_force", None) for state in (moved.before, moved.after))
        elif one.fact == "revisions" and one.before is None:
            before, after = None, getattr(moved.after, "revisions", (None,))[-1]
        else:
            return one
        return replace(one, before=self._revision(before), after=self._revision(after))

    def _revision(self, revision: Revision | None) -> str | None:
        return None if revision is None else say(self.names.lang, "web.audit.revision", number=revision.number)

    def _contents(self, state: Filing, happening: Happening) -> Contents:
        revision = state.revisions[-1]
        stored = self.trail.contents.get(revision.content)
        body = self._body(revision.content)
        brought = isinstance(happening.event, FilingSubmitted) and len(state.revisions) > 1
        before = state.revisions[-2] if brought else None
        document = self.names.programme.document_by_id.get(state.document)
        older = body if before is None else self._body(before.content)
        fields = () if document is None or body is None else content_difference(document, older, body, self.names)
        return Contents(
            revision=revision,
            by=self.names.person(revision.by),
            fields=fields,
            against=None if before is None else before.number,
            erased_at=None if stored is None else stored["erased_at"],
            missing=stored is None,
        )

    def _body(self, digest: str) -> Any:
        stored = self.trail.contents.get(digest)
        return None if stored is None else stored["body"]

    def _line(self, number: int) -> Line:
        row = self.row(number)
        flaw = self.trail.flaws.get(row["version"], "")
        return Line(row["version"], row["position"], row["happened_at"], self.sentence(number), flaw)

    def _plainly(self, row: DictRow) -> str:
        who = self.names.actor(PersonId(row["actor"]), row["on_behalf_of"])
        return render(f"event.{row['type']}", self.names.lang, {"actor": who}, zone=self.names.zone)

    def _readable(self, make: Callable[[], T], otherwise: T) -> T:
        try:
            return make()
        except Exception:
            if self.trail.sound:
                raise
            return otherwise


def moves_of(machine: Machine, trail: Trail) -> list[Moved]:
    """Return a trail's events with the states around them, up to the first that can no longer be read."""
    moves: list[Moved] = []
    state: State | None = None
    for row in trail.rows:
        try:
            event: RecordedEvent = recorded(machine, row)
            after = fold(machine, state, event)
        except Exception:
            if trail.sound:
                raise
            break
        moves.append(Moved(state, event, after))
        state = after
    return moves


def people_named(rows: Sequence[Mapping[str, Any]]) -> frozenset[PersonId]:
    """Return everybody that events speak of, by id."""
    said = to_json([(row["actor"], row["on_behalf_of"], row["data"]) for row in rows])
    return frozenset(PersonId(one.decode()) for one in _PERSON_ID.findall(said))


def exact(at: datetime, names: Names) -> str:
    """Return an instant to the microsecond, as a witness would want it: local time and its distance from UTC."""
    return at.astimezone(UTC).astimezone(names.zone).isoformat(sep=" ")
