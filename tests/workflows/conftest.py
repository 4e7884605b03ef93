"""Fixtures: a time-skipping server of its own for a test, a bureau at work on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment

from deploy.temporal import test_server_path as server_path
from tests.conftest import Base, Bureau
from tests.workflows.school import School
from tests.workflows.school import school as at_work
from workflows.rehearsal.environment import skipping_environment


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """Temporal's time-skipping server."""
    async with skipping_environment(server_path()) as environment:
        yield environment


@pytest.fixture
async def school(bureau: Bureau, base: Base, env: WorkflowEnvironment) -> AsyncIterator[School]:
    """A bureau whose process managers run, with time in hand."""
    async with at_work(bureau, base, env) as working:
        yield working
