"""Single sign-on: it says who somebody is, to an account that exists, and is believed only when all of it is right."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import fields, replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from joserfc.jwk import OctKey

from api.app import create_app
from api.settings import Settings
from ledger.totp_keys import TotpKeys
from tests.api.site import TOTP_KEYS, Running, Site, serving
from tests.web.browser import Browser, Page
from tests.web.conftest import PASSWORD, Web
from tests.web.sso import CLIENT, SECRET, Claims, Sso, rsa_key

OFFICE = ("office", "pucheng")


@pytest.fixture(scope="session")
async def provider() -> AsyncIterator[Sso]:
    """A provider for all tests of this file."""
    one = Sso()
    async with serving(one.app()) as url:
        one.issuer = url
        yield one


@pytest.fixture
def sso(provider: Sso) -> Sso:
    """The provider, honest again."""
    fresh = Sso(issuer=provider.issuer, key=provider.key)
    for one in fields(Sso):
        setattr(provider, one.name, getattr(fresh, one.name))
    return provider


@pytest.fixture(scope="session")
async def with_sso(running: Running, provider: Sso, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """The pages with the single sign-on set up, over the same database."""
    secret = tmp_path_factory.mktemp("oidc") / "secret"
    secret.write_text(SECRET + "\n")
    chosen = running.settings.model_copy(
        update={
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_secret_file": secret,
            "oidc_label": "智慧教育平台",
            "oidc_claim": "staff_number",
        }
    )
    app = create_app(chosen)
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=30, verify=False) as http:
        yield Running(app, http, running.ledger, chosen, running.base)


@pytest.fixture
async def web(site: Site, with_sso: Running) -> AsyncIterator[Web]:
    """The pages with the single sign-on, and a tenant of its own."""
    async with AsyncExitStack() as stack:
        yield Web(replace(site, running=with_sso), stack)


async def entering(web: Web, browser: Browser | None = None) -> tuple[Browser, Page]:
    """Press the link of the sign-in page and come back from the provider."""
    browser = browser or await web.browser()
    page = await browser.get("/account")
    own = f"tenant={web.tenant}"
    links = [href for words, href in page.links if "智慧教育平台" in words]
    href = links[0] if len(links) == 1 else next(href for href in links if href.endswith(own))
    return browser, await browser.get(href)


async def test_a_person_signs_in_by_an_account_of_theirs(web: Web, sso: Sso) -> None:
    person, _ = await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "G2014007"}
    _, page = await entering(web)
    assert page.path == "/account", page.text
    assert "用统一身份认证登录" in page
    account = await web.ledger.accounts.find(web.tenant, person)
    assert account is not None
    assert account.oidc_subject == f"{sso.issuer} u-1"
    # From now on it is the subject that counts, whatever the claim says.
    sso.user = {"sub": "u-1", "staff_number": "somebody.else"}
    assert (await entering(web))[1].path == "/account"


async def test_it_makes_no_account_and_gives_no_right(web: Web, sso: Sso) -> None:
    sso.user = {"sub": "u-1", "staff_number": "unknown"}
    browser, page = await entering(web)
    assert page.status == 403
    assert "没有与之对应的账号" in page
    assert "termledger-session" not in browser.http.cookies
    assert await web.site.rows("account") == []
    assert await web.outcomes() == ["oidc_unknown"]


async def test_an_account_stays_with_its_first_subject(web: Web, sso: Sso) -> None:
    await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    await entering(web)
    sso.user = {"sub": "u-2", "staff_number": "g2014007"}
    assert "没有与之对应的账号" in (await entering(web))[1]


@pytest.mark.parametrize("claim", [None, 7, "", ["g2014007"], "g2014007\x00", "ｇ2014007"])
async def test_a_claim_of_another_kind_is_nobody(web: Web, sso: Sso, claim: object) -> None:
    await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": claim}
    assert (await entering(web))[1].status == 403


async def test_the_second_factor_is_asked_for_all_the_same(web: Web, sso: Sso) -> None:
    person, _ = await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    sealed = TotpKeys(TOTP_KEYS).seal(web.tenant, person, pyotp.random_base32())
    async with web.ledger.database.connection(web.tenant) as connection:
        await connection.execute("UPDATE account SET totp_secret = %s WHERE tenant = %s", (sealed, web.tenant))
    browser, page = await entering(web)
    assert "输入验证码" in page.title
    assert "termledger-session" not in browser.http.cookies


def wrong(name: str, value: object) -> Callable[[Claims], None]:
    return lambda claims: claims.update({name: value})


def without(name: str) -> Callable[[Claims], None]:
    return lambda claims: claims.__delitem__(name)


@pytest.mark.parametrize(
    "spoil",
    [
        wrong("nonce", "another"),
        without("nonce"),
        wrong("aud", "another-client"),
        wrong("aud", ["another-client", "a-third"]),
        wrong("aud", [CLIENT, "another-client"]),
        without("aud"),
        wrong("azp", "another-client"),
        wrong("iss", "https://evil.example"),
        without("iss"),
        wrong("exp", int(time.time()) - 3600),
        without("exp"),
        wrong("iat", int(time.time()) + 3600),
        without("sub"),
        wrong("sub", 7),
        wrong("sub", "u\x001"),
        wrong("at_hash", "AAAA"),
    ],
)
async def test_a_wrong_id_token_is_not_believed(web: Web, sso: Sso, spoil: Callable[[Claims], None]) -> None:
    await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    sso.spoil = spoil
    await is_refused(web)


async def is_refused(web: Web) -> None:
    browser, page = await entering(web)
    assert page.path == "/sign-in?why=oidc"
    assert "没有完成" in page
    assert "termledger-session" not in browser.http.cookies


@pytest.mark.parametrize("forged", ["key", "kid", "shared secret"])
async def test_a_signature_of_somebody_else_is_not_believed(web: Web, sso: Sso, forged: str) -> None:
    await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    match forged:
        case "key":
            sso.signs_with = rsa_key("one", 2)
        case "kid":
            sso.signs_with = rsa_key("two")
        case _:
            sso.signs_with, sso.algorithm = OctKey.import_key(SECRET), "HS256"
    await is_refused(web)


async def test_new_keys_of_the_provider_are_fetched(web: Web, sso: Sso) -> None:
    await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    assert (await entering(web))[1].path == "/account"
    sso.key = rsa_key("two")
    assert (await entering(web))[1].path == "/account"


async def begun(web: Web, browser: Browser) -> str:
    """Go to the provider, and stop at the door on the way back."""
    browser.http.follow_redirects = False
    there = await browser.http.get(f"/sign-in/oidc?next=/account&tenant={web.tenant}")
    async with httpx.AsyncClient(verify=False) as outside:
        back = await outside.get(there.headers["location"])
    browser.http.follow_redirects = True
    return urlsplit(back.headers["location"]).query


async def test_the_way_back_is_for_the_browser_that_began_and_for_once(web: Web, sso: Sso) -> None:
    await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    mine, victim = await web.browser(), await web.browser()
    query = await begun(web, mine)
    assert (await victim.get(f"/sign-in/oidc/back?{query}")).path == "/sign-in?why=oidc", "no cookie of its own"
    query = await begun(web, mine)
    await begun(web, victim)
    assert (await victim.get(f"/sign-in/oidc/back?{query}")).path == "/sign-in?why=oidc", "another's state"
    query = await begun(web, mine)
    assert (await mine.get(f"/sign-in/oidc/back?{query}")).path == "/account"
    other = await web.browser()
    assert (await other.get(f"/sign-in/oidc/back?{query}")).path == "/sign-in?why=oidc", "used"


@pytest.mark.parametrize("change", ["state", "code", "tenant", "nothing"])
async def test_a_made_up_way_back_leads_nowhere(web: Web, sso: Sso, change: str) -> None:
    await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    browser = await web.browser()
    given = {name: values[0] for name, values in parse_qs(await begun(web, browser)).items()}
    match change:
        case "state":
            given["state"] = f"{web.tenant}.{'x' * 43}"
        case "code":
            given["code"] = "made-up"
        case "tenant":
            given["state"] = f"elsewhere.{given['state'].partition('.')[2]}"
        case _:
            given = {}
    answer = await browser.http.get("/sign-in/oidc/back", params=given)
    assert str(answer.url).endswith("/sign-in?why=oidc")


async def test_a_state_is_good_for_a_while(web: Web, sso: Sso) -> None:
    await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    browser = await web.browser()
    query = await begun(web, browser)
    async with web.ledger.database.connection(web.tenant) as connection:
        await connection.execute("UPDATE pending SET expires_at = now() WHERE tenant = %s", (web.tenant,))
    assert (await browser.get(f"/sign-in/oidc/back?{query}")).path == "/sign-in?why=oidc"


async def test_a_refusal_of_the_provider_is_told(web: Web, sso: Sso) -> None:
    sso.refuses = "access_denied"
    await is_refused(web)


async def test_a_provider_that_is_away_is_told(web: Web, sso: Sso) -> None:
    web.site.app.state.oidc = None
    issuer, sso.issuer = sso.issuer, "https://evil.example"
    await is_refused(web)
    sso.issuer = issuer
    await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    assert (await entering(web))[1].path == "/account", "and is asked again the next time"


async def test_a_form_kept_at_expiry_goes_on_after_single_sign_on(web: Web, sso: Sso) -> None:
    await web.account(*OFFICE, login="g2014007")
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    browser = await web.browser()
    page = await browser.post("/account/sessions/end", {"session": "others", "note": "noch da"})
    assert (await browser.submit(page, "continue")).status == 401, "not signed in yet, and still kept"
    await entering(web, browser)
    page = await browser.submit(page, "continue")
    assert page.form("kept")["note"] == "noch da"


async def test_without_settings_there_is_none(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.http.base_url) as http:
        assert (await http.get("/sign-in/oidc")).status_code == 404
        assert (await http.get("/sign-in/oidc/back")).status_code == 404
        assert "/sign-in/oidc" not in (await http.get("/sign-in")).text


def test_settings_are_whole_or_refused(web: Web) -> None:
    given = {"dsn": "x", "oidc_issuer": "https://sso.example"}
    with pytest.raises(ValueError, match="needed beside oidc_issuer"):
        Settings.model_validate(given)
    with pytest.raises(ValueError, match="needed beside oidc_issuer"):
        Settings.model_validate({**given, "oidc_client_id": CLIENT})


async def test_an_account_with_both_ways_has_both(web: Web, sso: Sso) -> None:
    _, login = await web.account(*OFFICE, login="g2014007", password=PASSWORD)
    sso.user = {"sub": "u-1", "staff_number": "g2014007"}
    assert (await entering(web))[1].path == "/account"
    browser = await web.browser()
    page = await browser.get("/account")
    assert (await web.sign_in(browser, page, login)).path == "/account"
