"""Cycles over HTTP: a year is drafted once, published with its calendar, suspended, resumed, archived."""

from __future__ import annotations

import asyncio

from domain.machines import MACHINES
from tests.api.site import OFFICE, TEACHER, Site, accepted, is_problem


async def test_a_year_is_drafted_once_and_published(site: Site) -> None:
    office = await site.as_(*OFFICE)
    drafted = await office.post("/cycles", {"school_year": 2026})
    cycle = accepted(drafted, 201)
    assert (cycle["status"], cycle["permitted"], drafted.headers["etag"]) == (
        "drafted",
        ["publish", "change_rules"],
        '"1"',
    )
    is_problem(await office.post("/cycles", {"school_year": 2026}), 409, "already_started")
    assert is_problem(await office.post("/cycles", {"school_year": 1999}), 422)["field"] == "school_year"
    published = accepted(await office.post(f"/cycles/{cycle['id']}/publish"))
    windows = published["state"]["windows"]
    assert published["status"] == "published"
    assert {one["rules"] for one in windows} == {
        *(duty.id for duty in site.bureau.programme.duties),
        *(rules.id for rules in site.bureau.programme.inspections),
    }
    is_problem(await office.post(f"/cycles/{cycle['id']}/archive"), 409, "not_now")
    (line,) = accepted(await (await site.as_(*TEACHER)).get("/cycles"))["items"]
    assert (line["id"], line["period"], line["status"]) == (cycle["id"], "2026", "published")


async def test_of_many_who_draft_a_year_at_once_one_does(site: Site) -> None:
    office = await site.as_(*OFFICE)
    answers = await asyncio.gather(*(office.post("/cycles", {"school_year": 2030}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    keyed = office.having(idempotency_key="year-2031")
    first = accepted(await keyed.post("/cycles", {"school_year": 2031}), 201)
    assert accepted(await keyed.post("/cycles", {"school_year": 2031}), 201) == first | {"repeated": True}
    is_problem(await keyed.post("/cycles", {"school_year": 2032}), 422, "idempotency_key_reused")


async def test_suspended_resumed_archived(site: Site) -> None:
    office = await site.as_(*OFFICE)
    id = await site.cycle("running")
    assert accepted(await office.post(f"/cycles/{id}/suspend", {"reason": "停课"}))["state"]["reason"] == "停课"
    assert accepted(await office.post(f"/cycles/{id}/resume"))["status"] == "running"
    closing = await site.cycle("closing")
    assert accepted(await office.post(f"/cycles/{closing}/archive"))["status"] == "archived"


async def test_the_systems_commands_have_no_route(site: Site) -> None:
    office = await site.as_(*OFFICE)
    id = await site.cycle("published")
    for name in ("start", "open-window", "begin-closing"):
        is_problem(await office.post(f"/cycles/{id}/{name}"), 404, "no_such_address")
    assert {"start", "open_window", "begin_closing"} <= set(MACHINES["cycle"].commands)
