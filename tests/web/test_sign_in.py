"""Signing in, over real HTTP: what is told, what is counted, what ends a session."""

from __future__ import annotations

import asyncio

import pytest

from domain.ids import SYSTEM, StreamId
from domain.person import Leave
from ledger.attempts import LOGIN
from tests.web.browser import Browser, Page
from tests.web.conftest import PASSWORD, Web

OFFICE = ("office", "pucheng")
LEADER = ("group_leader", "shiyan-maths")
NOT_IN = "登录名或密码不对，或者短时间内试了太多次"


async def at_the_door(web: Web, path: str = "/account") -> tuple[Browser, Page]:
    browser = await web.browser()
    return browser, await browser.get(path)


async def test_a_person_signs_in_and_out(web: Web) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser, page = await at_the_door(web)
    assert page.path.startswith("/sign-in?next=%2Faccount")
    page = await web.sign_in(browser, page, f"  {login.upper()} ")
    assert (page.status, page.path) == (200, "/account"), page.text
    page = await browser.submit(page, "/sign-out")
    assert page.path == "/sign-in?why=signed_out"
    assert (await browser.get("/account")).path.startswith("/sign-in?next=")


async def test_the_cookie_is_the_browsers_alone_and_the_database_holds_only_its_digest(web: Web) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser, page = await at_the_door(web)
    browser.http.follow_redirects = False
    answer = (await web.sign_in(browser, page, login)).answer
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    secret = cookie.partition("=")[2].partition(";")[0].partition(".")[2]
    assert len(secret) == 43
    (row,) = await web.site.rows("session")
    assert secret not in str(row)
    assert secret.encode() not in row["digest"]


async def test_a_new_sign_in_is_a_new_session_with_another_secret(web: Web) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser, page = await at_the_door(web)
    await web.sign_in(browser, page, login)
    first = browser.http.cookies["termledger-session"]
    fields = {"tenant": web.tenant, "login": login, "password": PASSWORD, "next": "/account"}
    again = await browser.post("/sign-in", fields)
    assert again.status == 200
    assert browser.http.cookies["termledger-session"] != first
    assert len(await web.site.rows("session", "ended_at IS NULL")) == 1, "the one it replaces has ended"


@pytest.mark.parametrize(
    "typed",
    [
        {"password": "falsch und falsch"},
        {"login": "nobody.here"},
        {"login": "nobody\x00here"},
        {"login": ""},
        {"password": ""},
        {"password": PASSWORD + "x"},
        {"login": "x" * 5000},
    ],
)
async def test_wrong_is_wrong_and_says_no_more(web: Web, typed: dict[str, str]) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser, page = await at_the_door(web)
    fields = {"tenant": web.tenant, "login": login, "password": PASSWORD, **typed}
    page = await browser.submit(page, "sign-in", fields)
    assert page.status == 422
    assert NOT_IN in page
    assert "termledger-session" not in browser.http.cookies
    assert page.form("sign-in")["password"] == "", "a password never comes back"
    assert page.form("sign-in")["next"] == "/account"


async def test_an_account_without_a_password_lets_nobody_in(web: Web) -> None:
    _, login = await web.account(*OFFICE)
    browser, page = await at_the_door(web)
    for password in ("", "None", "null"):
        assert NOT_IN in await web.sign_in(browser, page, login, password)


async def test_too_many_attempts_are_held_back_and_look_like_a_wrong_password(web: Web) -> None:
    """For an account that exists and for one that does not alike."""
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser, page = await at_the_door(web)
    told = {}
    for who in (login, "nobody.here"):
        for _ in range(LOGIN.free):
            wrong = await web.sign_in(browser, page, who, "falsch und falsch")
        held = await web.sign_in(browser, page, who)
        assert held.status == wrong.status
        told[who] = held.html.replace(who, "…")
        assert told[who] == wrong.html.replace(who, "…")
    assert told[login] == told["nobody.here"]
    assert await web.outcomes() == ["account_made", *[*["wrong"] * LOGIN.free, "held_back"] * 2]
    # When the wait is over, the right password goes through and wipes the slate.
    await past(web, "UPDATE attempt SET at = at - interval '40 seconds' WHERE tenant = %s")
    assert (await web.sign_in(browser, page, login)).path == "/account"
    assert await web.site.rows("attempt", "subject LIKE 'login:office%%'") == []


async def test_the_wait_grows_and_ends(web: Web) -> None:
    waits = [LOGIN.wait(failures).total_seconds() for failures in range(12)]
    assert waits == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]


async def test_an_address_that_tries_many_accounts_is_held_back(web: Web) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    async with web.ledger.database.connection(web.tenant) as connection:
        await connection.execute(
            "INSERT INTO attempt (tenant, subject) SELECT %s, 'address:127.0.0.1' FROM generate_series(1, 60)",
            (web.tenant,),
        )
    browser, page = await at_the_door(web)
    assert NOT_IN in await web.sign_in(browser, page, login)


async def test_attempts_side_by_side_gain_nothing(web: Web) -> None:
    """Each is counted before its password is looked at."""
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser, page = await at_the_door(web)
    wrong = [web.sign_in(browser, page, login, f"falsch und falsch {n}") for n in range(12)]
    await asyncio.gather(*wrong)
    rows = await web.outcomes()
    assert rows.count("wrong") == LOGIN.free
    assert rows.count("held_back") == 12 - LOGIN.free


async def past(web: Web, change: str) -> None:
    """Let something lie longer in the past."""
    async with web.ledger.database.connection(web.tenant) as connection:
        await connection.execute(change, (web.tenant,))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE session SET idle_until = now() - interval '1 second' WHERE tenant = %s",
        "UPDATE session SET expires_at = now() - interval '1 second' WHERE tenant = %s",
        "UPDATE session SET ended_at = now(), why = 'signed_out' WHERE tenant = %s",
        "DELETE FROM session WHERE tenant = %s",
    ],
)
async def test_a_session_that_ended_leads_to_the_door(web: Web, change: str) -> None:
    browser = await web.signed_in(*OFFICE)
    assert (await browser.get("/account")).status == 200
    await past(web, change)
    page = await browser.get("/account?x=1")
    assert page.path == "/sign-in?next=%2Faccount%3Fx%3D1&why=ended"
    assert "登录已过期" in page


async def test_use_puts_the_end_off_but_not_for_ever(web: Web) -> None:
    browser = await web.signed_in(*OFFICE)
    await past(
        web,
        "UPDATE session SET seen_at = now() - interval '2 hours', idle_until = now() + interval '1 minute',"
        " expires_at = now() + interval '5 hours' WHERE tenant = %s",
    )
    await browser.get("/account")
    (row,) = await web.site.rows("session", "seen_at > now() - interval '1 minute' AND idle_until > now() + '7 hours'")
    assert row["expires_at"] < row["idle_until"]


async def test_the_last_appointment_ends_and_with_it_the_session(web: Web) -> None:
    person, login = await web.account(*LEADER, password=PASSWORD)
    browser = await web.signed_in_as(person)
    assert (await browser.get("/account")).status == 200
    await web.site.by(SYSTEM, StreamId(person), Leave())
    page = await browser.get("/account")
    assert "why=no_post" in page.path
    assert "您目前没有任职" in page
    assert [row["why"] for row in await web.site.rows("session")] == ["no_post"]
    page = await web.sign_in(browser, page, login)
    assert "密码正确，但您目前没有任职" in page


@pytest.mark.parametrize(
    "cookie", ["", "x", "a.b", "../..", "pucheng." + "x" * 43, "’.’", "county-1." + "A" * 42 + "é", "a" * 5000]
)
async def test_a_made_up_cookie_is_no_session(web: Web, cookie: str) -> None:
    browser = await web.browser()
    raw = f"termledger-session={cookie}".encode()
    answer = await browser.http.get("/account", headers=[(b"cookie", raw), (b"accept", b"text/html")])
    assert answer.url.path == "/sign-in"


async def test_a_session_of_one_tenant_is_none_of_another(web: Web) -> None:
    browser = await web.signed_in(*OFFICE)
    secret = browser.http.cookies["termledger-session"].partition(".")[2]
    other = await web.browser()
    other.http.cookies.set("termledger-session", f"{web.site.tenant_beside()}.{secret}")
    assert (await other.get("/account")).path.startswith("/sign-in")


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example/", "/\\evil.example", "/a\nb", "javascript:alert(1)"]
)
async def test_nobody_is_led_to_another_site(web: Web, next: str) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser = await web.browser()
    browser.http.follow_redirects = False
    fields = {"tenant": web.tenant, "login": login, "password": PASSWORD, "next": next}
    page = await browser.post("/sign-in", fields)
    assert page.answer.headers["location"] == "/"
    signed_in = await browser.http.get("/sign-in", params={"next": next})
    assert signed_in.headers["location"] == "/"


async def test_the_language_is_remembered_before_and_after_signing_in(web: Web) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser, page = await at_the_door(web)
    page = await browser.submit(page, "/language", button="English")
    assert "Sign in" in page.title
    page = await web.sign_in(browser, page, login)
    assert "My account" in page.title
    page = await browser.submit(page, "/language", button="中文")
    assert "我的账号" in page.title
    other, page = await at_the_door(web)
    other.http.headers["accept-language"] = "en"
    assert "我的账号" in (await web.sign_in(other, page, login)).title, "it is the account's now"


async def test_a_tenant_has_to_be_chosen_where_there_are_several(web: Web) -> None:
    await web.ledger.tenants.adopt(web.site.tenant_beside(), web.site.bureau.programme)
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser, page = await at_the_door(web)
    assert page.form("sign-in")["tenant"]
    page = await browser.submit(page, "sign-in", tenant="nowhere", login=login, password=PASSWORD)
    assert page.status == 422
    assert "请选择您的单位" in page
    page = await browser.submit(page, "sign-in", tenant=web.site.tenant_beside(), login=login, password=PASSWORD)
    assert NOT_IN in page


async def test_programs_are_told_with_a_status(web: Web) -> None:
    browser = await web.browser()
    answer = await browser.http.get("/account", headers={"accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:termledger:problem:sign_in_needed"


async def test_pages_are_sealed(web: Web) -> None:
    browser = await web.browser()
    answer = (await browser.get("/sign-in")).answer
    csp = answer.headers["content-security-policy"]
    assert "default-src 'none'" in csp
    assert "unsafe" not in csp
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    assert " style=" not in answer.text
    assert "<script>" not in answer.text
