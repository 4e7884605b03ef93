"""Where something stands when the path changes under it: told by example, and for any two paths."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rerouting import Standing, behind, carried_over, sent_to


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


def standing(at: str, passed: str = "") -> Standing:
    return Standing(tuple(at.split()), frozenset(passed.split()))


@pytest.mark.parametrize(
    ("old", "new", "stands", "then"),
    [
        ("a b c", "a b c", standing("b", "a"), standing("b", "a")),
        # the stage remains: it stays there, and what came new before it is passed over
        ("a b c", "m a b n c", standing("b", "a"), standing("b", "m a")),
        # it is gone: on to the next that remains, and past what came in its place
        ("a b c", "a c", standing("b", "a"), standing("c", "a")),
        ("a b c", "a m c", standing("b", "a"), standing("c", "a m")),
        ("a b c d", "a d", standing("b", "a"), standing("d", "a")),
        # it was the last: on to what came new after what was passed
        ("a b", "a z", standing("b", "a"), standing("z", "a")),
        # a branch that came new beside it is not passed over: what joins them would wait for ever
        ("a b c", "a b,d c", standing("b", "a"), standing("b d", "a")),
        # one branch is gone, the other goes on alone
        ("a b,d c", "a b c", standing("b d", "a"), standing("b", "a")),
        ("a b,d c", "a b,m c", standing("b d", "a"), standing("b", "a m")),
        ("a b.x,d c", "a b.x,d c", standing("x d", "a b"), standing("x d", "a b")),
        # two stages changed places: what now comes after it is asked again
        ("a b c", "b a c", standing("b", "a"), standing("b")),
    ],
)
def test_place_is_kept_or_the_next_that_remains(old: str, new: str, stands: Standing, then: Standing) -> None:
    assert carried_over(path(old), path(new), stands) == then


def test_nothing_is_carried_past_the_end() -> None:
    assert carried_over(path("a b"), path("a"), standing("b", "a")) is None


def test_sent_to_a_stage_what_follows_it_is_passed_again() -> None:
    assert sent_to(path("a b c d"), "b", standing("d", "a b c")) == standing("b", "a")
    assert sent_to(path("a m b"), "m", standing("b", "a m")) == standing("m", "a")


def test_sent_to_a_stage_of_one_branch_the_other_stays_where_it_is() -> None:
    assert sent_to(path("a b.x,d c"), "b", standing("x", "a b d")) == standing("b", "a d")
    assert sent_to(path("a b.x,d c"), "b", standing("x d", "a b")) == standing("b d", "a")


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
def test_for_any_two_paths_it_stands_where_it_can_go_on_to_the_end(
    parts: list[list[list[str]]], others: list[list[list[str]]], data: st.DataObject
) -> None:
    old, new = _drawn(parts), _drawn(others)
    passed: frozenset[str] = frozenset()
    for _ in range(data.draw(st.integers(0, len(old) - 1))):
        passed |= {data.draw(st.sampled_from(_ahead(old, passed)))}
    stands = Standing(_ahead(old, passed), passed)
    assert carried_over(old, old, stands) == stands
    moved = carried_over(old, new, stands)
    if moved is None:
        return
    assert moved.at == _ahead(new, moved.passed)
    assert behind(new, moved.passed) <= moved.passed
    # Where the stage remains it stays, unless another of its stages now comes before it.
    kept = {one for one in stands.at if one in {stop.stage for stop in new}}
    assert {one for one in kept if not behind(new, (one,)) & kept} <= set(moved.at)
    # Nothing that somebody agreed to is asked again, unless it now comes after where it stands.
    assert {
        one for one in stands.passed & {stop.stage for stop in new} if not behind(new, (one,)) & kept
    } <= moved.passed
    done = moved.passed
    while rest := _ahead(new, done):
        done |= set(rest)
    assert done == {one.stage for one in new}
