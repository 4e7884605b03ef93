"""One rehearsed county and one Chromium for all journeys."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from domain.programme import Programme
from tests.conftest import _Server
from tests.e2e.stage import Stage, staged
from tests.e2e.window import chromium
from workflows.rehearsal.driver import narrowed


@pytest.fixture(scope="session")
async def stage(server: _Server, county: Programme, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Two clusters of the county, at work."""
    base = server.create()
    async with staged(base, tmp_path_factory.mktemp("stage"), narrowed(county, 2)) as running:
        yield running
    server.drop(base)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with chromium() as running:
        yield running
