"""Every page, on a phone and a PC, in both languages, light and dark: nothing axe finds, nothing asked elsewhere."""

from __future__ import annotations

import gzip
import re

import pytest
from playwright.async_api import Browser

from tests.e2e.pages import PAGES, Shown
from tests.e2e.stage import Stage
from tests.e2e.window import window
from tests.web.matrix import rows

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


ELSEWHERE = {
    "/audit/{id}/events.csv": "a file",
    "/audit/{id}/events.json": "a file",
    "/board.xlsx": "a file",
    "/cycles/{id}": "the same page as /cycles",
    "/desk/many": "leads to the desk",
    "/directory/export.{form}": "a file",
    "/directory/import/{id}": "wants a sheet; tests/web/test_directory.py",
    "/directory/template.{form}": "a file",
    "/filings/{id}/people": "answers a script",
    "/filings/{id}/preview": "wants a draft; looked at on a plan's journey",
    "/live": "a stream of counts",
    "/programme/{digest}": "the same page as /programme",
    "/programme/{digest}.yaml": "a file",
    "/programme/{digest}/{pipeline}.bpmn": "a file",
    "/sign-in/kept": "wants a form that outlived its session; looked at on a plan's journey",
}
"""Addresses that have no picture, and why."""


async def test_every_address_of_a_page_is_among_the_pages(stage: Stage) -> None:
    paths = {row.path for row in rows() if row.method == "GET"}
    assert set(ELSEWHERE) <= paths
    shown = {(await one.where(stage)).partition("?")[0] for one in PAGES}
    for path in sorted(paths - set(ELSEWHERE)):
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        assert any(re.fullmatch(pattern, one) for one in shown), path
