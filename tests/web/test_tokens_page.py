"""API tokens on the pages: issued once, used, revoked; others' only for the keeper of the directory."""

from __future__ import annotations

from tests.web.conftest import Web, counted

TEACHER = ("group_leader", "shiyan-maths")


async def test_a_token_is_shown_once_works_and_is_revoked(web: Web) -> None:
    browser = await web.signed_in(*TEACHER)
    page = await browser.get("/account/tokens")
    assert "还没有令牌" in page
    made = await browser.submit(page, "issue", {"name": "报表程序", "scope": ["read"], "days": "30"})
    secret = next(word for word in made.text.split() if word.startswith("tl_"))
    answer = await web.site.http.get("/api/v1/me", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    again = await browser.get("/account/tokens")
    assert secret not in again.html
    assert "报表程序" in again
    gone = await browser.submit(again, "/account/tokens/revoke", button="撤销")
    assert "立即失效" in gone
    answer = await web.site.http.get("/api/v1/me", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 401


async def test_a_refused_form_comes_back_filled(web: Web) -> None:
    browser = await web.signed_in(*TEACHER)
    page = await browser.get("/account/tokens")
    refused = await browser.submit(page, "issue", {"name": "很久", "scope": ["read"], "days": "4000"})
    assert refused.status == 422
    assert refused.form("issue")["name"] == "很久"
    assert refused.form("issue")["days"] == "4000"


async def test_only_the_keeper_issues_tokens_for_others(web: Web) -> None:
    service = await web.site.person("research_lead", "shiyan-zhongxue")
    keeper = await web.signed_in("admin", "pucheng")
    page = await keeper.get(f"/account/tokens?person={service}")
    assert page.status == 200
    made = await keeper.submit(page, "issue", {"name": "汇总", "scope": ["read"], "days": "7"})
    assert "tl_" in made.html
    stranger = await web.signed_in(*TEACHER)
    assert (await stranger.get(f"/account/tokens?person={service}")).status == 403
    own = await stranger.get("/account/tokens")
    refused = await stranger.submit(own, "issue", {"name": "x", "scope": ["read"], "days": "7", "person": service})
    assert refused.status == 403


async def test_a_token_has_a_name_of_one_line(web: Web) -> None:
    """As over the API: not none, and not a page's worth that every list shows from then on."""
    browser = await web.signed_in(*TEACHER)
    page = await browser.get("/account/tokens")
    for name in ("  ", "x" * 201, "x" * 800_000):
        refused = await browser.submit(page, "issue", {"name": name, "scope": ["read"], "days": "30"})
        assert refused.status == 422
        assert 'aria-invalid="true"' in refused.html
    assert await web.site.rows("api_token", "name <> 'test'") == []


async def test_the_number_of_statements_does_not_grow_with_sessions_and_tokens(web: Web) -> None:
    person, _ = await web.account(*TEACHER)
    browser = await web.signed_in(*TEACHER)
    told: list[list[int]] = []
    for _ in range(2):
        for path in ("/account", "/account/tokens"):
            await browser.get(path)
            async with counted(web) as sent:
                page = await browser.get(path)
            told.append(sent)
        for number in range(4):
            await web.signed_in_as(person)
            await browser.submit(page, "issue", {"name": f"程序{number}", "scope": ["read"], "days": "30"})
    assert told[:2] == told[2:]
    assert page.html.count("程序") >= 4


async def test_a_one_time_password_ends_the_tokens_that_were_drawn_in_the_account(web: Web) -> None:
    """Whoever was in it may have drawn them. What the keeper issued, as for a service, goes on."""
    person, _ = await web.account(*TEACHER)
    browser, keeper = await web.signed_in(*TEACHER), await web.signed_in("admin", "pucheng")
    secrets: list[str] = []
    for who, address in ((browser, "/account/tokens"), (keeper, f"/account/tokens?person={person}")):
        made = await who.submit(await who.get(address), "issue", {"name": "x", "scope": ["read"], "days": "30"})
        secrets.append(next(word for word in made.text.split() if word.startswith("tl_")))
    await web.ledger.accounts.issue_one_time(web.tenant, await web.site.person("admin", "pucheng"), person)
    signed = [{"authorization": f"Bearer {secret}"} for secret in secrets]
    assert [(await web.site.http.get("/api/v1/me", headers=one)).status_code for one in signed] == [401, 200]
