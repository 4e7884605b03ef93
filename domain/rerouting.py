"""Where something stands when the path changes under it: which stages it is at, and which are behind it.

A path is a set of stages, each of which comes after others (none, where it is among the first). What is at a stage that
remains stays there; what is at a stage that is gone goes on to the next that remains. Nothing is ever carried past the
end: that would be an agreement that nobody gave.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol


class Stop(Protocol):
    """A stage of a path."""

    @property
    def stage(self) -> str:
        """Its id."""
        ...

    @property
    def after(self) -> tuple[str, ...]:
        """The stages directly before it."""
        ...


class Standing(NamedTuple):
    """The stages something is at, in the path's order, and those behind it."""

    at: tuple[str, ...]
    passed: frozenset[str]


def behind(path: Iterable[Stop], stages: Iterable[str]) -> frozenset[str]:
    """Return every stage that comes before one of `stages`, themselves left out unless they come before another."""
    after = {one.stage: one.after for one in path}
    found: set[str] = set()
    waiting = [before for stage in stages for before in after.get(stage, ())]
    while waiting:
        stage = waiting.pop()
        if stage not in found:
            found.add(stage)
            waiting += after.get(stage, ())
    return frozenset(found)


def sent_to(path: Sequence[Stop], stage: str, stands: Standing) -> Standing:
    """Return where something stands that is sent to a stage: what comes before it is behind it, what comes after it is
    not. Other branches are left where they are.
    """
    known = {one.stage for one in path}
    passed = (stands.passed & known) | behind(path, (stage,))
    return _standing(path, _without_what_follows(path, _closed(path, passed), (stage,)))


def carried_over(old: Sequence[Stop], new: Sequence[Stop], stands: Standing) -> Standing | None:
    """Return where something stands on the new path; None when no stage is left for it to go to.

    What was passed stays passed where it remains, unless it now comes after where it stands. New stages that come
    before that are passed over; new stages beside it are not.
    """
    remaining = {one.stage for one in new}
    kept = {stage for stage in stands.at if stage in remaining}
    passed = (stands.passed & remaining) | behind(new, kept)
    for gone in (stage for stage in stands.at if stage not in remaining):
        passed |= behind(new, _next_remaining(old, gone, remaining))
    found = _standing(new, _without_what_follows(new, _closed(new, passed), kept))
    return found if found.at else None


def _standing(path: Sequence[Stop], passed: frozenset[str]) -> Standing:
    """Where something stands that has these stages behind it: wherever nothing is waited for any longer."""
    return Standing(
        tuple(one.stage for one in path if one.stage not in passed and passed.issuperset(one.after)), passed
    )


def _closed(path: Sequence[Stop], stages: frozenset[str]) -> frozenset[str]:
    return stages | behind(path, stages)


def _without_what_follows(path: Sequence[Stop], passed: frozenset[str], stages: Collection[str]) -> frozenset[str]:
    ahead = set(stages)
    return frozenset(one for one in passed if one not in ahead and not behind(path, (one,)) & ahead)


def _next_remaining(old: Sequence[Stop], gone: str, remaining: Collection[str]) -> Iterator[str]:
    """The first stages after one that is gone which remain, each way."""
    following: Mapping[str, list[str]] = {
        one.stage: [other.stage for other in old if one.stage in other.after] for one in old
    }
    seen: set[str] = set()
    waiting = list(following.get(gone, ()))
    while waiting:
        stage = waiting.pop(0)
        if stage in seen:
            continue
        seen.add(stage)
        if stage in remaining:
            yield stage
        else:
            waiting += following.get(stage, ())
