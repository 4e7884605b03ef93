"""Tokens over HTTP: who am I, issuing, listing, revoking; what a token begets; wrong ones held back."""

from __future__ import annotations

from datetime import timedelta

from ledger.attempts import TOKEN
from ledger.tokens import Scope
from tests.api.site import ADMIN, COORDINATOR, LEADER, OFFICE, Client, Json, Site, accepted, is_problem


async def issued(caller: Client, **more: object) -> Json:
    """Issue a token over HTTP."""
    body = {"name": "统计程序", "scopes": ["read"]} | more
    made: Json = accepted(await caller.post("/tokens", body), 201)
    return made


async def test_who_am_i(site: Site) -> None:
    coordinator = await site.as_(*COORDINATOR)
    me = accepted(await coordinator.get("/me"))
    assert (me["tenant"], me["person"], me["name"]) == (site.tenant, coordinator.person, "shiyan coordinator")
    assert [(one["role"], one["unit"]) for one in me["posts"]] == [COORDINATOR]
    assert "read" in me["posts"][0]["rights"]
    assert me["scopes"] == sorted(Scope)


async def test_a_secret_is_shown_once_and_nowhere_kept(site: Site) -> None:
    leader = await site.as_(*LEADER)
    made = await issued(leader, days=30)
    assert made["secret"].startswith(f"tl_{site.tenant}_")
    listed = accepted(await leader.get("/tokens"))
    assert listed[0] == made["token"]
    assert made["secret"] not in str(listed)
    assert (listed[0]["name"], listed[0]["scopes"], listed[0]["created_by"]) == ("统计程序", ["read"], leader.person)
    rows = await site.rows("api_token")
    assert made["secret"] not in str(rows)


async def test_a_token_is_used_and_then_revoked_at_once(site: Site) -> None:
    leader = await site.as_(*LEADER)
    made = await issued(leader)
    program = site.nobody(made["secret"])
    accepted(await program.get("/tasks"))
    assert accepted(await leader.get("/tokens"))[0]["last_used_at"] is not None
    is_problem(await program.post("/notices/read", {"ids": []}), 403, "token_scope")
    assert (await leader.delete(f"/tokens/{made['token']['id']}")).status_code == 204
    is_problem(await program.get("/tasks"), 401, "token_invalid")
    assert accepted(await leader.get("/tokens"))[0]["revoked_at"] is not None
    is_problem(await leader.delete(f"/tokens/{made['token']['id']}"), 404, "token_unknown")
    for id in ("%00", "x", "0" * 16):
        is_problem(await leader.delete(f"/tokens/{id}"), 404, "token_unknown")


async def test_a_token_begets_nothing_that_has_more_or_lasts_longer(site: Site) -> None:
    leader = await site.as_(*LEADER)
    short = await issued(leader, days=1, scopes=["read", "act"])
    program = site.nobody(short["secret"])
    for more in (["audit"], ["read", "directory"]):
        is_problem(await program.post("/tokens", {"name": "x", "scopes": more}), 403, "token_scopes_beyond")
    child = await issued(program, days=365)
    assert child["token"]["expires_at"] == short["token"]["expires_at"]


async def test_the_keeper_of_the_directory_issues_for_a_service(site: Site) -> None:
    admin, office, leader = await site.as_(*ADMIN), await site.as_(*OFFICE), await site.as_(*LEADER)
    service = await site.person("office", "pucheng", "统计服务")
    made = await issued(admin, person=service)
    assert (made["token"]["person"], made["token"]["created_by"]) == (service, admin.person)
    assert accepted(await site.nobody(made["secret"]).get("/me"))["person"] == service
    assert [one["id"] for one in accepted(await admin.get("/tokens", person=service))] == [made["token"]["id"]]
    for caller in (office, leader):
        told = len(await site.denials())
        body = {"name": "x", "scopes": ["read"], "person": service}
        is_problem(await caller.post("/tokens", body), 403, "right_missing")
        is_problem(await caller.get("/tokens", person=service), 403, "right_missing")
        is_problem(await caller.delete(f"/tokens/{made['token']['id']}"), 403, "right_missing")
        log = [(one["person"], one["action"]) for one in (await site.denials())[told:]]
        assert log == [(caller.person, action) for action in ("issue_token", "list_tokens", "revoke_token")]
    # The keeper's own token has to be meant for it.
    narrow = await site.client(admin.person, scopes=[Scope.READ, Scope.ACT])
    body = {"name": "x", "scopes": ["read"], "person": service}
    is_problem(await narrow.post("/tokens", body), 403, "token_scope")
    is_problem(await narrow.get("/tokens", person=service), 403, "token_scope")
    assert (await admin.delete(f"/tokens/{made['token']['id']}")).status_code == 204


async def test_what_is_wrong_with_a_new_token_is_named(site: Site) -> None:
    admin = await site.as_(*ADMIN)
    good = {"name": "统计", "scopes": ["read"]}
    for change, field, code in (
        ({"name": " "}, "name", "request_invalid"),
        ({"scopes": []}, "scopes", "token_scopes"),
        ({"scopes": ["everything"]}, "scopes.0", "request_invalid"),
        ({"days": 0}, "days", "request_invalid"),
        ({"days": 366}, "days", "request_invalid"),
        ({"person": "system"}, "person", "request_invalid"),
        ({"person": f"per-{'0' * 20}"}, "person", "token_for_nobody"),
    ):
        answer = await admin.post("/tokens", good | change)
        assert is_problem(answer, 422, code)["field"] == field, change


async def test_wrong_tokens_are_held_back_and_right_ones_are_not(site: Site) -> None:
    await site.forget_attempts()
    leader = await site.as_(*LEADER)
    guess = site.nobody(f"tl_{site.tenant}_{'g' * 43}")
    answers = [await guess.get("/tasks") for _ in range(TOKEN.free + 1)]
    assert [one.status_code for one in answers] == [401] * TOKEN.free + [429]
    is_problem(answers[-1], 429, "token_attempts")
    assert timedelta(seconds=int(answers[-1].headers["retry-after"])) == TOKEN.longest
    accepted(await leader.get("/tasks"))
    # A tenant nobody knows costs nothing: there is nothing to be found, and nothing is written.
    nowhere = site.nobody(f"tl_nowhere_{'g' * 43}")
    for _ in range(TOKEN.free + 1):
        is_problem(await nowhere.get("/tasks"), 401, "token_invalid")
    assert len(await site.rows("attempt", "subject LIKE 'token:%%'")) == TOKEN.free
    await site.forget_attempts()


async def test_a_token_that_is_used_says_so_at_most_once_a_minute(site: Site) -> None:
    leader = await site.as_(*LEADER)
    accepted(await leader.get("/tasks"))
    (first,) = [one["last_used_at"] for one in await site.rows("api_token", "last_used_at IS NOT NULL")]
    accepted(await leader.get("/tasks"))
    assert [one["last_used_at"] for one in await site.rows("api_token")] == [first]


async def test_another_tenants_tokens_are_not_there(site: Site) -> None:
    leader = await site.as_(*LEADER)
    made = await issued(leader)
    beside = site.tenant_beside()
    await site.bureau.ledger.tenants.adopt(beside, site.bureau.programme)
    ledger = site.bureau.ledger
    assert await ledger.tokens.find(made["secret"].replace(site.tenant, beside)) is None
    assert (await ledger.tokens.of(beside, (await ledger.actor(beside, leader.person))[0], leader.person)) == []
    assert await ledger.tokens.find(made["secret"]) is not None
