"""What differs: between two contents of a document, by field, and between two states of a stream, by fact."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel

from domain.access import Post
from domain.ids import PersonId
from domain.machine import Machine, State
from domain.messages import CATALOGUE
from domain.programme import Column, Document, DocumentField, FieldKind
from domain.text import Text
from domain.view import Names

T = TypeVar("T")


class Change(StrEnum):
    """How a part of the newer one stands to the older."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"


# -- text


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text that stayed, came or went. Never `changed`."""

    change: Change
    text: str


_SENTENCE = re.compile(r"[^。！？；!?;\n]+[。！？；!?;\n]*|[。！？；!?;\n]+")
_WORD = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+|\s+|.", re.DOTALL)
"""Latin words and numbers whole, everything else by character: Chinese has no spaces to go by."""
_FINE = 4000
"""Tokens of two stretches together, up to which they are compared word by word. Longer ones are shown whole."""
_ALIKE = 0.35
"""Below this share of common words, two stretches are shown whole: a mosaic of single words tells nobody anything."""


def text_difference(before: str, after: str) -> tuple[Segment, ...]:
    """Return the newer text and what went from the older, in reading order; put together they are both texts again.

    Sentences are compared first, then words and Chinese characters within those that changed. The time it takes stays
    bounded whatever is compared.
    """
    old, new = _SENTENCE.findall(before), _SENTENCE.findall(after)
    segments: list[Segment] = []
    for tag, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        gone, come = "".join(old[i:j]), "".join(new[k:m])
        segments += [Segment(Change.UNCHANGED, come)] if tag == "equal" else _by_words(gone, come)
    return _joined(segments)


def _by_words(before: str, after: str) -> list[Segment]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    matcher = SequenceMatcher(None, old, new)
    if not old or not new or len(old) + len(new) > _FINE or matcher.quick_ratio() < _ALIKE or matcher.ratio() < _ALIKE:
        return [Segment(Change.REMOVED, before), Segment(Change.ADDED, after)]
    segments: list[Segment] = []
    for tag, i, j, k, m in matcher.get_opcodes():
        gone, come = "".join(old[i:j]), "".join(new[k:m])
        if tag == "equal":
            segments.append(Segment(Change.UNCHANGED, come))
        else:
            segments += [Segment(Change.REMOVED, gone), Segment(Change.ADDED, come)]
    return segments


def _joined(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Neighbours of one kind as one, nothing empty."""
    joined: list[Segment] = []
    for one in segments:
        if not one.text:
            continue
        if joined and joined[-1].change is one.change:
            joined[-1] = Segment(one.change, joined[-1].text + one.text)
        else:
            joined.append(one)
    return tuple(joined)


# -- contents


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a list, or a cell of a table."""

    change: Change
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; a cell for each column."""

    change: Change
    cells: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field of a document. By its kind, one of `segments`, `items` and `rows` holds what it says."""

    id: str
    title: str
    kind: FieldKind
    change: Change
    segments: tuple[Segment, ...] = ()
    items: tuple[Item, ...] = ()
    columns: tuple[str, ...] = ()
    """The titles of a table's columns."""
    rows: tuple[Row, ...] = ()


def content_difference(
    document: Document, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, names: Names
) -> tuple[FieldDifference, ...]:
    """Return how a content differs from an older one, for each field of the document, in its order.

    Either may be none: there was nothing yet, or it was erased. Contents are as they were handed in; a value that is
    not of its field's kind is compared as text.
    """
    old, new = before or {}, after or {}
    return tuple(_field_difference(field, old.get(field.id), new.get(field.id), names) for field in document.fields)


def _field_difference(field: DocumentField, before: Any, after: Any, names: Names) -> FieldDifference:
    title = names.text(field.title)
    if field.kind is FieldKind.TABLE and _listed(before) and _listed(after):
        rows = _rows(field.columns, before or [], after or [], names)
        columns = tuple(names.text(one.title) for one in field.columns)
        change = _overall([row.change for row in rows], before, after)
        return FieldDifference(field.id, title, field.kind, change, columns=columns, rows=rows)
    if field.kind is FieldKind.LIST and _listed(before) and _listed(after):
        items = _items(before or [], after or [])
        return FieldDifference(
            field.id, title, field.kind, _overall([one.change for one in items], before, after), items=items
        )
    item = _cell(field.kind, before, after, names)
    return FieldDifference(field.id, title, field.kind, item.change, segments=item.segments)


def _listed(value: Any) -> bool:
    return value is None or isinstance(value, list)


def _overall(changes: Sequence[Change], before: Any, after: Any) -> Change:
    if all(one is Change.UNCHANGED for one in changes):
        return Change.UNCHANGED
    if not before:
        return Change.ADDED
    return Change.CHANGED if after else Change.REMOVED


def _cell(kind: FieldKind, before: Any, after: Any, names: Names) -> Item:
    old, new = _shown(kind, before, names), _shown(kind, after, names)
    if old == new:
        return Item(Change.UNCHANGED, _joined([Segment(Change.UNCHANGED, new)]))
    if not old:
        return Item(Change.ADDED, (Segment(Change.ADDED, new),))
    if not new:
        return Item(Change.REMOVED, (Segment(Change.REMOVED, old),))
    if kind in (FieldKind.LINE, FieldKind.PROSE):
        return Item(Change.CHANGED, text_difference(old, new))
    return Item(Change.CHANGED, (Segment(Change.REMOVED, old), Segment(Change.ADDED, new)))


def _shown(kind: FieldKind, value: Any, names: Names) -> str:
    if value is None:
        return ""
    if kind is FieldKind.DATE:
        try:
            return names.day(date.fromisoformat(value))
        except (TypeError, ValueError):
            return str(value)
    return str(value)


def _items(before: Sequence[Any], after: Sequence[Any]) -> tuple[Item, ...]:
    pairs = _paired([str(one) for one in before], [str(one) for one in after], _likeness)
    return tuple(_item(old, new) for old, new in pairs)


def _item(before: str | None, after: str | None) -> Item:
    if before is None:
        return Item(Change.ADDED, (Segment(Change.ADDED, after or ""),))
    if after is None:
        return Item(Change.REMOVED, (Segment(Change.REMOVED, before),))
    if before == after:
        return Item(Change.UNCHANGED, (Segment(Change.UNCHANGED, after),))
    return Item(Change.CHANGED, text_difference(before, after))


def _rows(columns: Sequence[Column], before: Sequence[Any], after: Sequence[Any], names: Names) -> tuple[Row, ...]:
    def cells(row: Any) -> tuple[str, ...]:
        return tuple(_shown(one.kind, row.get(one.id) if isinstance(row, dict) else None, names) for one in columns)

    def alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
        return sum(_likeness(a, b) for a, b in zip(one, other, strict=True) if a and b)

    pairs = _paired([cells(row) for row in before], [cells(row) for row in after], alike)
    return tuple(_row(columns, old, new, names) for old, new in pairs)


def _row(columns: Sequence[Column], before: tuple[str, ...] | None, after: tuple[str, ...] | None, names: Names) -> Row:
    nothing = ("",) * len(columns)
    pairs = zip(before or nothing, after or nothing, strict=True)
    # The cells are words already, so that only text is compared word by word.
    cells = tuple(
        _cell(FieldKind.CHOICE if column.kind is FieldKind.DATE else column.kind, old, new, names)
        for column, (old, new) in zip(columns, pairs, strict=True)
    )
    if before is None or after is None:
        return Row(Change.ADDED if before is None else Change.REMOVED, cells)
    changed = any(one.change is not Change.UNCHANGED for one in cells)
    return Row(Change.CHANGED if changed else Change.UNCHANGED, cells)


def _likeness(one: str, other: str) -> float:
    """How much two short texts have in common, from 0 to 1; little in common is nothing."""
    if one == other:
        return 1.0
    common = (Counter(one) & Counter(other)).total()
    share = 2 * common / (len(one) + len(other))
    return share if share >= 0.5 else 0.0


_PAIRS = 1600
"""So many pairs of a changed stretch are weighed against one another; in a longer one, they are paired as they come."""


def _paired(
    before: Sequence[T], after: Sequence[T], alike: Callable[[T, T], float]
) -> Iterator[tuple[T | None, T | None]]:
    """Yield older and newer elements side by side: equal ones, like ones, and those without a counterpart."""
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        old, new = before[i:j], after[k:m]
        if tag == "equal":
            yield from zip(old, new, strict=True)
        elif len(old) * len(new) > _PAIRS:
            common = min(len(old), len(new))
            yield from zip(old[:common], new[:common], strict=True)
            yield from ((one, None) for one in old[common:])
            yield from ((None, one) for one in new[common:])
        else:
            yield from _best(old, new, alike)


def _best(
    before: Sequence[T], after: Sequence[T], alike: Callable[[T, T], float]
) -> Iterator[tuple[T | None, T | None]]:
    """The pairing, in order, with the most in common."""
    likeness = [[alike(one, other) for other in after] for one in before]
    # best[i][j]: what before[i:] and after[j:] have in common at most.
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in reversed(range(len(before))):
        for j in reversed(range(len(after))):
            both = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] else 0.0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    i = j = 0
    while i < len(before) and j < len(after):
        if likeness[i][j] and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            yield before[i], after[j]
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            yield before[i], None
            i += 1
        else:
            yield None, after[j]
            j += 1
    yield from ((one, None) for one in before[i:])
    yield from ((None, one) for one in after[j:])


# -- states


@dataclass(frozen=True, slots=True)
class FactDifference:
    """A fact of a state that came, went or changed, in words."""

    fact: str
    """Its name: `due_at`, or `scores.a` for an item of many."""
    title: str
    change: Change
    before: str | None
    after: str | None


_PEOPLE = frozenset(
    {"by", "begun_by", "person", "inspectors", "signatures", "on_behalf_of", "people", "gave", "chosen", "delegate"}
)
_STAGES = frozenset({"stage", "passed", "left_out", "after", "until"})
_CHOICES = frozenset({"kind", "mode", "origin", "vacant", "chosen_by"})
_UNITS = frozenset({"unit", "path", "stays_in", "parent", "parents"})
_DIGESTS = frozenset({"content", "profile"})
_ITEMS = frozenset({"items", "disputed_items", "scores"})
_OWED = frozenset({"duty", "rules"})
_WINDOWS = frozenset({"opened", "missed"})


def state_difference(machine: Machine, before: State | None, after: State, names: Names) -> tuple[FactDifference, ...]:
    """Return the facts in which a state differs from an earlier one of its stream, in the order of its fields.

    Of many things under one name (revisions, scores) each that came or went is a fact. Without an earlier state
    everything is new. What both lack, and what did not change, is left out.
    """
    telling = _Telling(machine, after, names)
    old = {} if before is None else dict(before)
    new = dict(after)
    facts: list[FactDifference] = []
    for name in dict.fromkeys((*new, *old)):
        was, now = old.get(name), new.get(name)
        if was != now:
            facts += telling.of(name, was, now)
    return tuple(facts)


@dataclass(frozen=True, slots=True)
class _Telling:
    """Values of one stream's state in words."""

    machine: Machine
    state: State
    names: Names

    def of(self, name: str, was: Any, now: Any) -> Iterator[FactDifference]:
        title = self.names.say(f"fact.{name}")
        if isinstance(was or now, dict):
            yield from self._of_many(name, title, was or {}, now or {})
        elif isinstance(was or now, tuple):
            yield from self._of_listed(name, title, was or (), now or ())
        else:
            fact = self._fact(name, title, self._words(name, was), self._words(name, now))
            if fact is not None:
                yield fact

    def _of_many(
        self, name: str, title: str, was: Mapping[str, Any], now: Mapping[str, Any]
    ) -> Iterator[FactDifference]:
        for key in dict.fromkeys((*now, *was)):
            label = self.names.labelled(title, self._key(name, key))
            fact = self._fact(f"{name}.{key}", label, self._words(name, was.get(key)), self._words(name, now.get(key)))
            if fact is not None:
                yield fact

    def _of_listed(self, name: str, title: str, was: Sequence[Any], now: Sequence[Any]) -> Iterator[FactDifference]:
        for one in was:
            if one not in now and (words := self._words(name, one)) is not None:
                yield FactDifference(name, title, Change.REMOVED, words, None)
        for one in now:
            if one not in was and (words := self._words(name, one)) is not None:
                yield FactDifference(name, title, Change.ADDED, None, words)

    def _fact(self, name: str, title: str, was: str | None, now: str | None) -> FactDifference | None:
        if was == now:
            return None
        change = Change.ADDED if was is None else Change.REMOVED if now is None else Change.CHANGED
        return FactDifference(name, title, change, was, now)

    def _words(self, name: str, value: Any) -> str | None:
        """A value in words; none for nothing, and for a flag that is not set."""
        if value is None or value is False or value == () or value == {}:
            return None
        if value is True:
            return self.names.say("value.yes")
        if isinstance(value, datetime):
            return self.names.when(value)
        if isinstance(value, date):
            return self.names.day(value)
        if isinstance(value, Text):
            return self.names.text(value)
        if isinstance(value, Post):
            return self.names.post_at(value)
        if isinstance(value, BaseModel):
            return self._parts(value)
        if isinstance(value, tuple):
            return self.names.listed(words for one in value if (words := self._words(name, one)) is not None)
        return self._named(name, value)

    def _parts(self, value: BaseModel) -> str:
        said = ((part, self._words(part, one)) for part, one in value)
        parts = (self._part(part, words) for part, words in said if words is not None and part not in _DIGESTS)
        return ("；" if self.names.lang == "zh" else "; ").join(parts)

    def _part(self, name: str, words: str) -> str:
        return self.names.labelled(self.names.say(f"fact.{name}"), words)

    def _named(self, name: str, value: Any) -> str:
        """A word or number by what it names."""
        names = self.names
        if name == "status":
            return names.say(f"status.{self.machine.name}.{value}")
        if name in _PEOPLE:
            return names.person(PersonId(value))
        if name in _UNITS:
            return names.unit(value)
        if name in _ITEMS:
            return self._item(value)
        if name in _OWED:
            return names.owed(value)
        if name == "opens":
            return names.follow_up(value)
        if name == "role":
            return names.role(value)
        if name == "period":
            return names.period(value)
        if name in _WINDOWS:
            rules, _, period = str(value).partition("/")
            return f"{names.owed(rules)} {names.period(period)}"
        if name in _DIGESTS:
            return str(value)[:12]
        if name in _STAGES and isinstance(value, str):
            return self._stage(value)
        if name == "documents":
            return names.document(value)
        if name == "seal":
            return names.say(f"seal.{value}")
        key = next((one for one in (f"value.{value}", f"kind.{value}") if one in CATALOGUE), None)
        return str(value) if key is None or name not in _CHOICES else names.say(key)

    def _key(self, name: str, key: str) -> str:
        if name == "chosen":
            return self._stage(key)
        return self._item(key) if name in _ITEMS else key

    def _item(self, item: str) -> str:
        return self.names.item(getattr(self.state, "rules", ""), item)

    def _stage(self, value: str) -> str:
        """A stage's title, given its id."""
        known = (one for one in getattr(self.state, "steps", ()) if one.stage == value)
        return next((self.names.text(one.title) for one in known), str(value))
