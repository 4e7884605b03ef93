"""What other rules would mean for a filing under way, in the words of somebody at the office."""

from __future__ import annotations

import pytest

from domain.difference import Change
from domain.dry_run import changes_in_words, foresee
from domain.programme import Parallel, Stage
from tests.domain import views
from tests.domain.given import PROGRAMME, STORED
from tests.domain.test_filing import submitted
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
    found = foresee(story.state, PROGRAMME, STORED[with_stages(*stages)], story.now)
    assert found is not None
    assert sorted((one.stage, one.change) for one in found.stages) == told
    said = changes_in_words(found, views.names("en"))
    assert len(said) == len(told), said


def test_another_place_is_told_besides_what_came() -> None:
    story = submitted()
    found = foresee(story.state, PROGRAMME, STORED[with_stages(CHECK, stage("m"), SEAL, BOARD)], story.now)
    assert found is not None
    said = changes_in_words(found, views.names("en"))
    assert [one for one in said if "another place" in one] == [
        "“Seal” has another place in the path",
        "“Board” has another place in the path",
    ]
