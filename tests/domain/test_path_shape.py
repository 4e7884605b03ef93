"""The shape of a way: what stands one after another, and what side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from domain.path_shape import Segment, shape


@dataclass(frozen=True)
class Point:
    id: str
    after: tuple[str, ...] = ()


def way(**after: str) -> list[Point]:
    """Points in order; each comes after the letters given."""
    return [Point(one, tuple(before)) for one, before in after.items()]


def drawn(segments: Sequence[Segment[Point]]) -> list[Any]:
    """A letter for a step, a set of branches for what stands side by side."""
    return [one.step.id if one.step is not None else [drawn(branch) for branch in one.branches] for one in segments]


@pytest.mark.parametrize(
    ("points", "seen"),
    [
        (way(a="", b="a", c="b"), ["a", "b", "c"]),
        (way(a="", b="a", c="a", d="bc"), ["a", [["b"], ["c"]], "d"]),
        (way(a="", b="a", c="b", d="a", e="cd"), ["a", [["b", "c"], ["d"]], "e"]),
        (way(a="", b="a", c="a"), ["a", [["b"], ["c"]]]),
        # A signer beside a stage of a branch: branches within a branch.
        (way(a="", b="a", x="a", c="bx", d="a", e="cd"), ["a", [[[["b"], ["x"]], "c"], ["d"]], "e"]),
        # Two places with branches, one directly after the other.
        (way(a="", b="", c="ab", d="ab"), [[["a"], ["b"]], [["c"], ["d"]]]),
        # Ways that run into each other otherwise stand in a line.
        (way(a="", b="", c="a", d="ab"), ["a", "b", "c", "d"]),
        ([], []),
    ],
)
def test_branches_stand_side_by_side(points: list[Point], seen: list[Any]) -> None:
    assert drawn(shape(points)) == seen
