"""What is behind something when the path changes under it: told by example, and for any two paths."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rerouting import behind, carried_over, last_remaining, next_remaining, reordered


class Stop(NamedTuple):
    stage: str
    after: tuple[str, ...]


Path = tuple[Stop, ...]


def path(text: str) -> Path:
    """A path written `a b,c d`: b and c are branches between a and d; `b.x` is b and then x in one branch."""
    found: list[Stop] = []
    before: tuple[str, ...] = ()
    for part in text.split():
        ends: list[str] = []
        for branch in part.split(","):
            after = before
            for stage in branch.split("."):
                found.append(Stop(stage, after))
                after = (stage,)
            ends += after
        before = tuple(ends)
    return tuple(found)


@pytest.mark.parametrize(
    ("old", "new", "at", "passed", "then"),
    [
        ("a b c", "a b c", "b", "a", "a"),
        # the stage remains: it stays there, and what came new before it is passed over
        ("a b c", "m a b n c", "b", "a", "m a"),
        # it is gone: on to the next that remains, and past what came in its place
        ("a b c", "a c", "b", "a", "a"),
        ("a b c", "a m c", "b", "a", "a m"),
        ("a b c d", "a d", "b", "a", "a"),
        # it was the last: on to what came new after what was passed
        ("a b", "a z", "b", "a", "a"),
        # a branch that came new beside it is not passed over
        ("a b c", "a b,d c", "b", "a", "a"),
        # past the join, it is
        ("a b c", "a b,d c", "c", "a b", "a b d"),
        # one branch is gone, the other goes on alone
        ("a b,d c", "a b c", "b d", "a", "a"),
        ("a b,d c", "a b,m c", "b d", "a", "a m"),
        # two stages changed places: what both paths ask for is not passed over
        ("a b c", "a c b", "b", "a", "a"),
        # straight back: what lies between keeps its agreement
        ("a b c d", "a b m c d", "a d", "b c", "b m c"),
    ],
)
def test_what_is_behind_it(old: str, new: str, at: str, passed: str, then: str) -> None:
    assert carried_over(path(old), path(new), at.split(), passed.split()) == set(then.split())


@pytest.mark.parametrize(
    ("old", "new", "elsewhere"),
    [
        ("a b c", "a m b c", ""),
        ("a b c", "m a b c n", ""),
        ("a b c", "a c", ""),
        ("a b c", "a b,d c", ""),
        ("a b,d c", "a b c", ""),
        ("a b c d", "a c b d", "b c"),
        # One after the other instead of side by side: the second waits for the first.
        ("a b,c d", "a b c d", "c"),
        ("a b c", "a m c b n", "b c"),
    ],
)
def test_what_stands_elsewhere_and_not_what_is_next_to_something_new(old: str, new: str, elsewhere: str) -> None:
    assert reordered(path(old), path(new)) == set(elsewhere.split())


def test_neighbours_that_remain() -> None:
    way = path("a b,d.x c e")
    assert list(next_remaining(way, "b", {"a", "e"})) == ["e"]
    assert list(last_remaining(way, "c", {"a", "d"})) == ["a", "d"]
    assert list(next_remaining(way, "a", {"b", "x"})) == ["b", "x"]


_BRANCH = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=2)
_PATHS = st.lists(st.lists(_BRANCH, min_size=1, max_size=2), min_size=1, max_size=4)


def _drawn(parts: list[list[list[str]]]) -> Path:
    """A path of the parts, each stage where it comes first."""
    seen: set[str] = set()
    words = []
    for part in parts:
        branches = []
        for branch in part:
            fresh = [one for one in dict.fromkeys(branch) if one not in seen]
            seen.update(fresh)
            if fresh:
                branches.append(".".join(fresh))
        if branches:
            words.append(",".join(branches))
    return path(" ".join(words))


def _ahead(way: Path, passed: frozenset[str]) -> tuple[str, ...]:
    return tuple(one.stage for one in way if one.stage not in passed and passed.issuperset(one.after))


@given(_PATHS, _PATHS, st.data())
def test_for_any_two_paths_nothing_that_both_ask_for_is_passed_over(
    parts: list[list[list[str]]], others: list[list[list[str]]], data: st.DataObject
) -> None:
    old, new = _drawn(parts), _drawn(others)
    passed: frozenset[str] = frozenset()
    for _ in range(data.draw(st.integers(0, len(old) - 1))):
        passed |= {data.draw(st.sampled_from(_ahead(old, passed)))}
    at = _ahead(old, passed)
    both = {one.stage for one in old} & {one.stage for one in new}
    then = carried_over(old, new, at, passed)
    assert carried_over(old, old, at, passed) == passed
    assert then & both == passed & both
    # Whatever came new and is passed over lies before where it stands, or before what it has passed.
    heirs = {stage for one in at if one not in both for stage in next_remaining(old, one, both)}
    assert then - both <= behind(new, {*at, *passed, *heirs})
    while rest := _ahead(new, then):
        then |= set(rest)
    assert then == {one.stage for one in new}
