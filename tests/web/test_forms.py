"""Forms come from our own pages, and nothing typed into one is lost with a session."""

from __future__ import annotations

import pytest

from tests.web.browser import Browser
from tests.web.conftest import PASSWORD, Web

OFFICE = ("office", "pucheng")
TYPED = {"session": "others", "note": "第一行\n  第二行 <b>&amp;</b>\n", "many": ["a", "b"], "empty": ""}
"""What a form could hold; the address takes `session` and leaves the rest alone."""
TARGET = "/account/sessions/end"


async def two(web: Web) -> tuple[Browser, Browser]:
    """Two browsers of one person; ending the others' sessions shows that a form was carried out."""
    await web.account(*OFFICE, password=PASSWORD)
    return await web.signed_in(*OFFICE), await web.signed_in(*OFFICE)


async def alive(browser: Browser) -> bool:
    return (await browser.get("/account")).path == "/account"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "http://localhost"},
    ],
)
async def test_another_sites_form_is_refused_even_with_the_right_token(web: Web, headers: dict[str, str]) -> None:
    mine, other = await two(web)
    page = await mine.get("/account")
    page = await mine.submit(page, "end-others", button="others", headers=headers)
    assert page.status == 403
    assert "没有办理" in page
    assert await alive(other)


async def test_a_form_that_does_not_say_where_it_comes_from_is_refused(web: Web) -> None:
    mine, other = await two(web)
    csrf = (await mine.get("/account")).form("end-others")["csrf"]
    answer = await mine.http.post(TARGET, data={"csrf": csrf, "session": "others"})
    assert answer.status_code == 403
    assert await alive(other)
    said = {"sec-fetch-site": "same-origin"}
    assert (await mine.http.post(TARGET, data={"csrf": csrf, "session": "others"}, headers=said)).status_code == 200
    assert not await alive(other)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/language", "/sign-out", "/account/password"])
async def test_every_form_asks_where_it_comes_from(web: Web, path: str) -> None:
    browser = await web.browser()
    page = await browser.post(path, {"login": "x", "kept": "{}"}, origin="https://evil.example")
    assert page.status == 403
    assert page.answer.history == []


@pytest.mark.parametrize("csrf", ["", "wrong", "é"])
async def test_a_form_of_an_earlier_session_is_offered_again(web: Web, csrf: str) -> None:
    """Two tabs: signed out and in again in one, sent from the other."""
    mine, other = await two(web)
    page = await mine.post(TARGET, {"csrf": csrf, **TYPED})
    assert page.status == 409
    assert await alive(other), "nothing is done before somebody says so"
    form = page.form("kept")
    assert form.action == TARGET
    assert [value for name, value in form.fields if name == "note"] == [TYPED["note"]]
    page = await mine.submit(page, "kept")
    assert page.status == 200
    assert not await alive(other)


async def test_nothing_typed_is_lost_when_the_session_has_ended(web: Web) -> None:
    mine, other = await two(web)
    form = (await mine.get("/account")).form("end-others")
    await end_of(web, mine)
    fields = {"csrf": form["csrf"], "password": "geheim", **TYPED}
    page = await mine.post(f"{TARGET}?from=desk", fields, referer=f"{mine.origin}/account?x=1")
    assert page.status == 401
    assert "您刚才提交的内容已经保留" in page
    assert "geheim" not in page.html
    # A slip of the finger does not lose it either.
    page = await web.sign_in(mine, page, "office.pucheng", "falsch und falsch")
    page = await web.sign_in(mine, page, "office.pucheng")
    assert page.path.startswith("/sign-in/kept?key="), page.text
    assert await alive(other)
    kept = page.form("kept")
    assert kept.action == f"{TARGET}?from=desk"
    assert kept["csrf"] != form["csrf"]
    assert page.link("回到原来的页面") == "/account?x=1"
    assert [one for one in kept.fields if one[0] != "csrf"] == [
        ("session", "others"),
        ("note", TYPED["note"]),
        ("many", "a"),
        ("many", "b"),
        ("empty", ""),
    ]
    page = await mine.submit(page, "kept")
    assert page.status == 200
    assert not await alive(other)


async def end_of(web: Web, browser: Browser) -> None:
    secret = browser.http.cookies["termledger-session"].partition(".")[2]
    async with web.ledger.database.connection(web.tenant) as connection:
        await connection.execute(
            "UPDATE session SET ended_at = now(), why = 'signed_out' WHERE tenant = %s AND digest = sha256(%s)",
            (web.tenant, secret.encode()),
        )


async def test_what_was_kept_is_for_the_one_who_signed_in(web: Web) -> None:
    mine, _ = await two(web)
    await end_of(web, mine)
    page = await mine.post(TARGET, TYPED)
    page = await web.sign_in(mine, page, "office.pucheng")
    somebody = await web.signed_in("director", "pucheng")
    assert (await somebody.get(page.path)).status == 404
    assert (await mine.get("/sign-in/kept?key=made-up")).status == 404


async def test_what_another_site_sent_is_never_carried(web: Web) -> None:
    browser = await web.browser()
    page = await browser.post(TARGET, TYPED, origin="https://evil.example")
    assert page.status == 403
    assert "第二行" not in page.html


async def test_too_much_is_not_carried_and_the_page_says_so(web: Web) -> None:
    browser = await web.browser()
    page = await browser.post(TARGET, {"note": "长" * 90_000})
    assert "内容已经保留" in page
    page = await browser.post(TARGET, {"note": "长" * 110_000})
    assert page.status == 401
    assert "太多" in page
    assert len(page.html) < 60_000


@pytest.mark.parametrize(
    "kept",
    [
        "not json",
        "[]",
        "{}",
        '{"address": "//evil.example", "fields": []}',
        '{"address": "/x", "fields": 3}',
        '{"address": "/x", "fields": [["a"]]}',
        '{"address": 3, "fields": []}',
        "[" * 100_000,
    ],
)
async def test_a_made_up_kept_form_is_ignored(web: Web, kept: str) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser = await web.browser()
    fields = {"tenant": web.tenant, "login": login, "password": PASSWORD, "next": "/account", "kept": kept}
    assert (await browser.post("/sign-in", fields)).path == "/account"


async def test_unstorable_text_in_a_kept_form_harms_nobody(web: Web) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser = await web.browser()
    kept = '{"address": "/account", "fields": [["note", "a\\u0000b\\ud800c"]]}'
    page = await browser.post("/sign-in", {"tenant": web.tenant, "login": login, "password": PASSWORD, "kept": kept})
    assert page.form("kept")["note"] == "ab?c"


async def test_a_script_may_send_the_token_in_a_header(web: Web) -> None:
    mine, other = await two(web)
    csrf = (await mine.get("/account")).form("end-others")["csrf"]
    answer = await mine.http.post(
        TARGET, data={"session": "others"}, headers={"x-csrf-token": csrf, "origin": mine.origin}
    )
    assert answer.status_code == 200
    assert not await alive(other)
    answer = await other.http.post(
        TARGET, data={"session": "others"}, headers={"origin": mine.origin, "accept": "application/json"}
    )
    assert answer.status_code == 401


async def test_a_page_asks_the_database_three_times_before_it_begins(web: Web) -> None:
    """Who looks, what they hold, how much waits: however many sessions, posts and notices there are."""
    browser = await web.signed_in(*OFFICE)
    await browser.get("/account")
    counted: list[str] = []
    ledger = web.site.app.state.ledger
    original = ledger.database.connection

    def counting(tenant: object) -> object:
        counted.append(str(tenant))
        return original(tenant)

    ledger.database.connection = counting
    try:
        await browser.get("/account/totp/nowhere")
        beside = len(counted)
        await browser.get("/account/password")
    finally:
        del ledger.database.connection
    assert beside == 0
    assert len(counted) == 3 + 1, "and one for the account that the page shows"
