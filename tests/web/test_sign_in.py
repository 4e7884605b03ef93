"""Signing in, over real HTTP: what is told, what is counted, what is kept."""

from __future__ import annotations

from tests.web.conftest import PASSWORD, Web

OFFICE = ("office", "pucheng")


async def test_a_person_signs_in_and_out(web: Web) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser = await web.browser()
    page = await browser.get("/account")
    assert page.path.startswith("/sign-in?next=%2Faccount")
    page = await web.sign_in(browser, page, f"  {login.upper()} ")
    assert (page.status, page.path) == (200, "/account"), page.text
    page = await browser.submit(page, "/sign-out")
    assert page.path == "/sign-in?why=signed_out"
    assert (await browser.get("/account")).path.startswith("/sign-in?next=")
