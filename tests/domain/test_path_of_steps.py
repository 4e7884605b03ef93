"""The graph of a filing's steps: whatever signers were put in on the way, the path is as before once they are out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from domain.filing.graph import with_added, without_added
from domain.filing.values import Step
from domain.programme import Mode, Vacancy
from domain.text import Text

PLACES = ("before", "after", "beside")


def step(stage: str, *after: str, added: bool = False) -> Step:
    return Step(
        stage=stage,
        title=Text(zh="审核", en="Review"),
        after=after,
        posts=(),
        mode=Mode.ALL,
        vacant=Vacancy.SKIP,
        due=3,
        remind=None,
        escalate_after=None,
        escalate_to=None,
        may_reject=False,
        resumes=False,
        judges=False,
        added=added,
    )


PATHS = (
    (step("a"), step("b", "a"), step("c", "b")),
    (step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"), step("e", "d")),
)
"""One stage after the other, and two branches that join."""


def put_in(steps: Sequence[Step], here: str, where: str, name: str) -> tuple[Step, ...]:
    """Put a signer in as the command to add one does."""
    at = next(one for one in steps if one.stage == here)
    return with_added(steps, here, where, step(name, *((here,) if where == "after" else at.after), added=True))


def edges(steps: Sequence[Step]) -> Mapping[str, frozenset[str]]:
    return {one.stage: frozenset(one.after) for one in steps}


@given(st.sampled_from(PATHS), st.data())
def test_the_path_is_as_before_once_the_added_signers_are_out(path: tuple[Step, ...], data: st.DataObject) -> None:
    steps = path
    for number in range(data.draw(st.integers(1, 5))):
        here = data.draw(st.sampled_from([one.stage for one in steps]))
        steps = put_in(steps, here, data.draw(st.sampled_from(PLACES)), f"added-{number}")
    assert edges(without_added(steps, {one.stage for one in steps})) == edges(path)
    assert without_added(steps, {one.stage for one in path}) == steps, "none but the added ones is taken out"
