"""What differs between two versions of a programme, in the words in which the rules are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.difference import Change
from domain.programme import Programme
from domain.rules_view import Entry, Part, Section, rules
from domain.view import Names


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """A rule that came, went or changed."""

    label: str
    change: Change
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class EntryDifference:
    """Something with rules that came, went or changed."""

    id: str
    title: str
    within: tuple[str, ...]
    """The titles of what it is a part of, outermost first: a stage's pipeline."""
    change: Change
    rules: tuple[RuleDifference, ...]
    """Of what came or went, all its rules; of what changed, those that differ."""


@dataclass(frozen=True, slots=True)
class SectionDifference:
    """A section in which something differs."""

    key: str
    title: str
    entries: tuple[EntryDifference, ...]


def programme_difference(before: Programme, after: Programme, names: Names) -> tuple[SectionDifference, ...]:
    """Return what differs, by section; nothing when the rules are the same.

    Both versions are read with the newer one's titles, so that a role that was only renamed is one difference and not
    one in every rule that names it.
    """
    spoken = replace(names, programme=_vocabulary(before, after))
    old = {one.key: one for one in rules(before, spoken)}
    new = {one.key: one for one in rules(after, spoken)}
    found = (_section(part, old.get(part), new.get(part), spoken) for part in Part)
    return tuple(one for one in found if one.entries)


_NAMED = ("subjects", "roles", "units", "documents", "pipelines", "duties", "rubrics", "inspections", "follow_ups")
"""The fields of a programme that hold things with an id and a title."""


def _vocabulary(before: Programme, after: Programme) -> Programme:
    """The newer programme, with what only the older one names."""
    fields: dict[str, Any] = {name: getattr(after, name) for name in Programme.model_fields}
    for name in _NAMED:
        known = {one.id for one in fields[name]}
        fields[name] = (*fields[name], *(one for one in getattr(before, name) if one.id not in known))
    # Not validated: it is never run, only asked for titles.
    return Programme.model_construct(**fields)


def _section(part: Part, before: Section | None, after: Section | None, names: Names) -> SectionDifference:
    old = () if before is None else before.entries
    new = () if after is None else after.entries
    return SectionDifference(part.value, names.say(f"part.{part}"), tuple(_entries(old, new, (), names)))


def _entries(
    before: Sequence[Entry], after: Sequence[Entry], within: tuple[str, ...], names: Names
) -> Iterator[EntryDifference]:
    old = {one.id: one for one in before}
    new = {one.id: one for one in after}
    for id in dict.fromkeys((*new, *old)):
        yield from _entry(old.get(id), new.get(id), within, names)


def _entry(
    before: Entry | None, after: Entry | None, within: tuple[str, ...], names: Names
) -> Iterator[EntryDifference]:
    known = after or before
    assert known is not None, "an id comes from one of the two"
    changed = tuple(_rules(before, after, names))
    if before is None or after is None:
        yield EntryDifference(
            known.id, known.title, within, Change.ADDED if before is None else Change.REMOVED, changed
        )
    elif changed:
        yield EntryDifference(known.id, known.title, within, Change.CHANGED, changed)
    inside = (*within, known.title)
    yield from _entries(() if before is None else before.parts, () if after is None else after.parts, inside, names)


def _rules(before: Entry | None, after: Entry | None, names: Names) -> Iterator[RuleDifference]:
    if before is not None and after is not None and before.title != after.title:
        yield RuleDifference(names.say("label.title"), Change.CHANGED, before.title, after.title)
    old = {} if before is None else {one.key: one for one in before.rules}
    new = {} if after is None else {one.key: one for one in after.rules}
    for key in dict.fromkeys((*new, *old)):
        was, now = old.get(key), new.get(key)
        if was is None and now is not None:
            yield RuleDifference(now.label, Change.ADDED, None, now.words)
        elif was is not None and now is None:
            yield RuleDifference(was.label, Change.REMOVED, was.words, None)
        elif was is not None and now is not None and was.words != now.words:
            yield RuleDifference(now.label, Change.CHANGED, was.words, now.words)
