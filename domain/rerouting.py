"""What is behind something when the path changes under it.

A path is a set of stages, each of which comes after others (none, where it is among the first). Whatever was passed and
remains stays passed, and what is at a stage that remains stays there. What came new before that place is passed over;
a stage that both paths have is never passed over, since both ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Protocol


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


def carried_over(
    old: Sequence[Stop], new: Sequence[Stop], at: Collection[str], passed: Collection[str]
) -> frozenset[str]:
    """Return what is passed on the new path by something that stands at some stages of the old one.

    Where it stands at a stage that is gone, its place is the next stage that remains.
    """
    known = {one.stage for one in old}
    remaining = {one.stage for one in new}
    kept = remaining.intersection(passed)
    place = kept | remaining.intersection(at)
    for gone in set(at) - remaining:
        place.update(next_remaining(old, gone, remaining))
    return frozenset(kept | (behind(new, place) - known))


def behind(path: Iterable[Stop], stages: Iterable[str]) -> frozenset[str]:
    """Return every stage that comes before one of `stages`, near and far."""
    after = {one.stage: one.after for one in path}
    found: set[str] = set()
    waiting = [before for stage in stages for before in after.get(stage, ())]
    while waiting:
        stage = waiting.pop()
        if stage not in found:
            found.add(stage)
            waiting += after.get(stage, ())
    return frozenset(found)


def reordered(old: Sequence[Stop], new: Sequence[Stop]) -> frozenset[str]:
    """Return the stages of both paths that come after other ones of both than before.

    What came new or went has no part in it: its neighbours are where they were.
    """
    both = {one.stage for one in old} & {one.stage for one in new}
    return frozenset(one for one in both if behind(old, (one,)) & both != behind(new, (one,)) & both)


def next_remaining(path: Sequence[Stop], gone: str, remaining: Collection[str]) -> Iterator[str]:
    """Yield the first stages after one that is gone which remain, in each branch."""
    yield from _first(gone, remaining, lambda stage: [one.stage for one in path if stage in one.after])


def last_remaining(path: Sequence[Stop], gone: str, remaining: Collection[str]) -> Iterator[str]:
    """Yield the last stages before one that is gone which remain, in each branch."""
    after = {one.stage: one.after for one in path}
    yield from _first(gone, remaining, lambda stage: list(after.get(stage, ())))


def _first(gone: str, remaining: Collection[str], beside: Callable[[str], list[str]]) -> Iterator[str]:
    seen: set[str] = set()
    waiting = beside(gone)
    while waiting:
        stage = waiting.pop(0)
        if stage in seen:
            continue
        seen.add(stage)
        if stage in remaining:
            yield stage
        else:
            waiting += beside(stage)
