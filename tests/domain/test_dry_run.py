"""What other rules would mean for a filing under way, in the words of somebody at the office."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.difference import Change
from domain.dry_run import changes_in_words, foresee, may_change
from domain.filing.moving import Between
from domain.programme import Parallel, Programme, Stage
from tests.domain import views
from tests.domain.given import PROGRAMME, STORED
from tests.domain.test_any_programme import Rules, changes, pipelines
from tests.domain.test_filing import diary, submitted
from tests.domain.test_moving import BOARD, CHECK, SEAL, stage, with_stages

ADDED, CHANGED, REMOVED = Change.ADDED, Change.CHANGED, Change.REMOVED


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        ((CHECK, stage("m"), BOARD, SEAL), [("m", ADDED)]),
        ((stage("first"), CHECK, BOARD, SEAL), [("first", ADDED)]),
        ((CHECK, SEAL), [("board", REMOVED)]),
        ((CHECK, Parallel(parallel=((BOARD,), (stage("m"),))), SEAL), [("m", ADDED)]),
        ((CHECK, SEAL, BOARD), [("board", CHANGED), ("seal", CHANGED)]),
        ((stage("first"), CHECK, BOARD.model_copy(update={"due": 9}), SEAL), [("board", CHANGED), ("first", ADDED)]),
    ],
)
def test_only_what_a_clerk_calls_changed_is_told(stages: tuple[Stage, ...], told: list[tuple[str, Change]]) -> None:
    story = submitted()
    found = foresee(story.state, Between(PROGRAMME, STORED[with_stages(*stages)]), story.now)
    assert found is not None
    assert sorted((one.stage, one.change) for one in found.stages) == told
    said = changes_in_words(found, views.names("en"))
    assert len(said) == len(told), said


def test_another_place_is_told_besides_what_came() -> None:
    story = submitted()
    new = STORED[with_stages(CHECK, stage("m"), SEAL, BOARD)]
    found = foresee(story.state, Between(PROGRAMME, new), story.now)
    assert found is not None
    said = changes_in_words(found, views.names("en"))
    assert [one for one in said if "another place" in one] == [
        "“Seal” has another place in the path",
        "“Board” has another place in the path",
    ]


@given(pipelines(), st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_not_looked_at_would_not_change(pipeline: dict[str, object], data: st.DataObject) -> None:
    was = Rules(pipeline)
    will = data.draw(changes(was, 1, date(2025, 9, 3)))
    between = Between(*(Programme.model_validate(one.written()) for one in (was, will)))
    state = diary().state
    path = state.path
    looked_at = may_change(between, "diary", state.unit, path)
    assert looked_at == ((will.closed, will.made_up, will.cluster) != (was.closed, was.made_up, was.cluster))
    assert looked_at or foresee(state, between, state.opened_at) is None
    assert may_change(between, "plan", state.unit, path) or will == was
