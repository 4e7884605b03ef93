"""The shape of a way: steps one after another, and places where branches run side by side and join again. No markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Placed(Protocol):
    """Something that knows what it comes after."""

    @property
    def id(self) -> str:
        """Its name among its like."""
        ...

    @property
    def after(self) -> tuple[str, ...]:
        """What comes directly before it."""
        ...


P = TypeVar("P", bound=Placed)


@dataclass(frozen=True, slots=True)
class Segment(Generic[P]):
    """A step by itself, or branches that run side by side."""

    step: P | None
    branches: tuple[tuple[Segment[P], ...], ...] = ()


def shape(steps: Sequence[P]) -> tuple[Segment[P], ...]:
    """Return the segments of a way, one after another. `steps` come in an order in which nothing precedes its own past.

    What joins no further on, or runs into each other in another way than branches do, stands one after another.
    """
    return _shaped(steps, _past(steps))


def _past(steps: Sequence[Placed]) -> Mapping[str, frozenset[str]]:
    """Everything that comes before each step, near and far."""
    past: dict[str, frozenset[str]] = {}
    for one in steps:
        near = [before for before in one.after if before in past]
        past[one.id] = frozenset(near).union(*(past[before] for before in near))
    return past


def _shaped(steps: Sequence[P], past: Mapping[str, frozenset[str]]) -> tuple[Segment[P], ...]:
    found: list[Segment[P]] = []
    for part in _parts(steps, past):
        branches = _branches(part, past)
        if len(branches) > 1:
            found.append(Segment(None, tuple(_shaped(one, past) for one in branches)))
        else:
            found += [Segment(one) for one in part]
    return tuple(found)


def _parts(steps: Sequence[P], past: Mapping[str, frozenset[str]]) -> list[list[P]]:
    """Cut wherever everything before the cut comes before everything after it."""
    parts: list[list[P]] = []
    begun = 0
    for cut in range(1, len(steps) + 1):
        before = {one.id for one in steps[begun:cut]}
        if all(before <= past[one.id] for one in steps[cut:]):
            parts.append(list(steps[begun:cut]))
            begun = cut
    return parts


def _branches(steps: Sequence[P], past: Mapping[str, frozenset[str]]) -> list[list[P]]:
    """Those that have nothing to do with each other, apart."""
    branches: list[list[P]] = []
    for one in steps:
        own = [branch for branch in branches if any(other.id in past[one.id] for other in branch)]
        branches = [branch for branch in branches if branch not in own]
        joined = {other.id for branch in own for other in branch}
        branches.append([*(other for other in steps if other.id in joined), one])
    return sorted(branches, key=lambda branch: [one.id for one in steps].index(branch[0].id))
