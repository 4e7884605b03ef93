"""Every page, on a phone and a PC, in both languages, light and dark: nothing axe finds, nothing asked elsewhere."""

from __future__ import annotations

import gzip

import pytest
from playwright.async_api import Browser

from tests.e2e.pages import PAGES, Shown
from tests.e2e.stage import Stage
from tests.e2e.window import window

WEIGHT = 60_000
"""Bytes a page may weigh, compressed, with its style sheet and script (shared links are slow)."""


@pytest.mark.parametrize("shown", PAGES, ids=lambda one: one.name)
async def test_a_page_has_no_flaw(stage: Stage, browser: Browser, shown: Shown) -> None:
    where = await shown.where(stage)
    async with window(browser, stage, shown.login, phone=True, lang="zh") as phone:
        await phone.go(where)
        await phone.flawless()
        text = await phone.page.content()
    async with window(browser, stage, shown.login, phone=False, lang="en", dark=True) as pc:
        await pc.go(where)
        await pc.flawless()
    assert len(gzip.compress(text.encode())) < WEIGHT
