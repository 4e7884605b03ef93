"""The filing machine's whole table, as the stories of its three modules show it."""

from __future__ import annotations

from domain.filing import FILING
from tests.domain import test_filing, test_moving, test_pipelines
from tests.domain.given import check_every_row_is_taken, check_everything_else_is_refused, together

STORIES = together(test_filing, test_pipelines, test_moving)


def test_every_row_is_taken() -> None:
    check_every_row_is_taken(FILING, STORIES)


def test_every_other_command_is_refused() -> None:
    check_everything_else_is_refused(FILING, STORIES)
