"""The directory over HTTP: people are entered, appointed, their posts end, they leave; names stay out of the events."""

from __future__ import annotations

from domain.ids import PersonId
from tests.api.site import ADMIN, Json, Site, accepted, is_problem

POST: Json = {"id": "1", "role": "group_leader", "unit": "shiyan-maths", "first_day": "2026-09-01"}


async def test_rights_come_and_go_with_posts(site: Site) -> None:
    admin, id = await site.as_(*ADMIN), await site.filing()
    person = accepted(await admin.post("/people", {"full_name": "王老师", "posts": [POST]}), 201)["id"]
    leader = await site.client(PersonId(person))
    accepted(await leader.get(f"/filings/{id}"))
    ended = {"id": "1", "last_day": "2026-09-01"}
    accepted(await admin.post(f"/people/{person}/end-appointment", ended))
    accepted(await leader.get(f"/filings/{id}"))  # the last day counts
    later = POST | {"id": "2", "first_day": "2026-09-02", "last_day": "2026-12-31"}
    assert len(accepted(await admin.post(f"/people/{person}/appoint", {"post": later}))["state"]["posts"]) == 2
    before = {"id": "1", "last_day": "2026-08-31"}
    assert is_problem(await admin.post(f"/people/{person}/end-appointment", before), 422)["field"] == "last_day"
    assert accepted(await admin.post(f"/people/{person}/end-appointment", {"id": "1"}))["state"]["posts"][0]["ended_at"]
    is_problem(await leader.get(f"/filings/{id}"), 401, "token_without_post")  # the same day, at once
    is_problem(await admin.post(f"/people/{person}/end-appointment", {"id": "1"}), 422, "appointment_over")
    assert accepted(await admin.post(f"/people/{person}/leave"))["status"] == "left"
    is_problem(await leader.get(f"/filings/{id}"), 401, "token_without_post")
    is_problem(await admin.post(f"/people/{person}/appoint", {"post": later}), 409, "not_now")


async def test_what_is_wrong_with_an_appointment_is_named(site: Site) -> None:
    admin = await site.as_(*ADMIN)
    for change, field, code in (
        ({"role": "emperor"}, "posts.0.role", "role_unknown"),
        ({"unit": "atlantis"}, "posts.0.unit", "unit_unknown"),
        ({"unit": "shiyan"}, "posts.0.unit", "role_not_at_unit"),
        ({"last_day": "2026-08-31"}, "posts.0.last_day", "ends_before_it_begins"),
    ):
        answer = await admin.post("/people", {"full_name": "王老师", "posts": [POST | change]})
        assert is_problem(answer, 422, code)["field"] == field
    twice = await admin.post("/people", {"full_name": "王老师", "posts": [POST, POST]})
    assert is_problem(twice, 422, "appointment_twice")["field"] == "posts.1.id"


async def test_a_repeat_under_its_key_enters_nobody_twice(site: Site) -> None:
    admin = (await site.as_(*ADMIN)).having(idempotency_key="wang")
    body = {"full_name": "王老师", "posts": [POST]}
    first = accepted(await admin.post("/people", body), 201)
    assert accepted(await admin.post("/people", body), 201) == first | {"repeated": True}
    is_problem(await admin.post("/people", body | {"full_name": "李老师"}), 422, "idempotency_key_reused")
    others = await site.rows("stream", "machine = 'person'")
    assert len(others) == 2  # the administrator and the new one


async def test_a_name_is_in_no_event(site: Site) -> None:
    admin = await site.as_(*ADMIN)
    person = accepted(await admin.post("/people", {"full_name": "欧阳老师"}), 201)["id"]
    assert "欧阳" not in (await admin.get(f"/streams/{person}/events")).text
    assert await site.rows("event", "data::text LIKE '%%欧阳%%'") == []
