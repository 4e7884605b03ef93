"""Bad input: each kind gets its own answer, in the language asked, with the field named; and never a 500."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from api.app import create_app
from api.limits import BODY_LIMIT
from domain.ids import stream_id
from tests.api.site import (
    ADMIN,
    COORDINATOR,
    DIRECTOR,
    EXPERT,
    LEADER,
    OFFICE,
    PLAN,
    Client,
    Json,
    Site,
    accepted,
    is_problem,
    serving,
)
from tests.conftest import START, Bureau

JSON = {"content-type": "application/json"}


async def _raw(caller: Client, path: str, body: bytes, method: str = "POST", **headers: str) -> httpx.Response:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    sending = Client(caller.http, caller.person, caller.token, {**caller.headers, **JSON, **more})
    return await sending.call(method, f"/api/v1{path}", content=body)


async def test_what_is_not_json_is_told_so(site: Site) -> None:
    id = await site.filing("in_review")
    decider = await site.as_(*COORDINATOR)
    for body in (
        b"{",
        b"nonsense",
        b'{"comment": }',
        b"\xff\xfe",
        b'{"comment": "\xff"}',
        b"[NaN]",
        b'{"a": Infinity}',
    ):
        assert is_problem(await _raw(decider, f"/filings/{id}/approve", body), 400, "form_not_json")["field"] == "body"
    for lone in (rb'{"comment": "\ud800"}', rb'{"\udc00": 1}', b'{"comment": "\xed\xa0\x80"}'):
        is_problem(await _raw(decider, f"/filings/{id}/approve", lone), 400, "form_not_json")
    is_problem(await _raw(decider, f"/filings/{id}/approve", b"[" * 10_000 + b"]" * 10_000), 400, "form_not_json")
    assert is_problem(await _raw(decider, f"/filings/{id}/approve", b""), 422, "request_invalid")["field"] == "body"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", "x"):
        problem = await _raw(decider, f"/filings/{id}/approve", b"{}", content_type=kind)
        assert is_problem(problem, 415, "content_type_not_json")["field"] == "Content-Type"
    accepted(await _raw(decider, f"/filings/{id}/approve", b"{}", content_type="Application/JSON; charset=utf-8"))


async def test_every_fault_of_a_form_is_named(site: Site) -> None:
    admin, expert = await site.as_(*ADMIN), await site.as_(*EXPERT)
    body = {"full_name": "", "posts": [{"id": "A B", "role": 1, "first_day": "2026-02-30"}], "more": 1}
    problem = is_problem(await admin.post("/people", body), 422, "request_invalid")
    assert {one["field"]: one["code"] for one in problem["errors"]} == {
        "full_name": "form_missing",
        "posts.0.id": "form_pattern",
        "posts.0.role": "form_value",
        "posts.0.unit": "form_missing",
        "posts.0.first_day": "form_date",
        "more": "form_unknown",
    }
    assert all(one["detail"] for one in problem["errors"])
    inspection = await site.inspection("assigned")
    for points, field in (
        ("-1", "points"),
        ("0.05", "points"),
        ("NaN", "points"),
        ("1e999999", "points"),
        ([], "points"),
    ):
        answer = await expert.post(f"/inspections/{inspection}/score", {"item": "s1", "points": points})
        assert is_problem(answer, 422, "request_invalid")["field"] == field, points
    assert (
        is_problem(await expert.post(f"/inspections/{inspection}/score", {"item": "s1", "points": 9}), 422)["field"]
        == "points"
    )
    for value in (b"[]", b'"x"', b"1", b"null", b"true"):
        assert is_problem(await _raw(admin, "/people", value), 422, "request_invalid")["field"] == "body"


async def test_faults_are_told_in_the_language_asked_for(site: Site) -> None:
    id = await site.filing("in_review")
    for accept, chinese in (("zh-CN", True), ("en", False), ("fr, en;q=0.5", False), ("", True), ("xx", True)):
        caller = (await site.as_(*COORDINATOR)).having(accept_language=accept)
        for answer in (
            await caller.get("/filings/fil-nothing"),
            await caller.post(f"/filings/{id}/return", {}),
            await caller.post(f"/filings/{id}/waive", {"reason": "x"}),
            await caller.call("GET", "/nowhere"),
        ):
            detail = answer.json()["detail"]
            assert any("\u4e00" <= letter <= "\u9fff" for letter in detail) is chinese, (accept, detail)


async def test_bodies_over_the_limit_are_refused_whether_they_announce_it_or_not(site: Site) -> None:
    id = await site.filing("drafting")
    author = await site.as_(*LEADER)
    large = b'{"body": {"analysis": "' + b"x" * BODY_LIMIT + b'"}}'

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    announced = await _raw(author, f"/filings/{id}/draft", large, "PUT")
    chunked = await author.having(**JSON).call("PUT", f"/api/v1/filings/{id}/draft", content=pieces())
    for answer in (announced, chunked):
        assert "1024 KiB" in is_problem(answer, 413, "body_too_large")["detail"]
    much = {"body": {"analysis": "x" * 600_000}}
    problem = is_problem(await author.put(f"/filings/{id}/draft", much), 413, "body_too_large")
    assert "512 KiB" in problem["detail"]
    assert problem["field"] == "body"
    long = {"content": PLAN | {"analysis": "x" * 20_001}}
    assert is_problem(await author.post(f"/filings/{id}/submit", long), 422, "too_long")["field"] == "content.analysis"
    assert await site.rows("draft") == []


async def test_a_draft_with_more_rows_than_a_page_can_show_is_refused(site: Site) -> None:
    """Half a megabyte of empty rows made a form that took minutes, for everybody."""
    id = await site.filing("drafting")
    author = await site.as_(*LEADER)
    for much, field in (
        ({"monthly_tasks": [{}] * 100_000}, "body.monthly_tasks"),
        ({"monthly_tasks": [[[0] * 201]]}, "body.monthly_tasks.0.0"),
        ({f"f{n}": n for n in range(201)}, "body"),
    ):
        assert is_problem(await author.put(f"/filings/{id}/draft", {"body": much}), 422, "too_many")["field"] == field
    assert await site.rows("draft") == []
    accepted(await author.put(f"/filings/{id}/draft", {"body": {"monthly_tasks": [{}] * 200}}))


async def test_text_and_numbers_that_could_not_be_kept_are_refused_with_their_field(site: Site) -> None:
    id = await site.filing("drafting")
    author, decider, office = await site.as_(*LEADER), await site.as_(*COORDINATOR), await site.as_(*OFFICE)
    other = await site.filing("in_review")
    inspection = await site.inspection()
    nul = "a\x00b"
    before = await site.written()
    for answer, field in (
        (await author.put(f"/filings/{id}/draft", {"body": {"analysis": nul}}), "body.analysis"),
        (await author.put(f"/filings/{id}/draft", {"body": {"rows": [{"x": nul}]}}), "body.rows.0.x"),
        (await author.put(f"/filings/{id}/draft", {"body": {nul: 1}}), "body"),
        (await author.post(f"/filings/{id}/submit", {"content": PLAN | {"analysis": nul}}), "content.analysis"),
        (await decider.post(f"/filings/{other}/approve", {"comment": nul}), "comment"),
        (await office.post(f"/inspections/{inspection}/assign", {"inspectors": [nul, "b"]}), "inspectors.0"),
    ):
        assert is_problem(answer, 422, "unstorable")["field"] == field
    for number in ("1e400", "-1e400", str(2**53), "9" * 4000, "1e300"):
        raw = f'{{"body": {{"x": [{number}]}}}}'.encode()
        assert (
            is_problem(await _raw(author, f"/filings/{id}/draft", raw, "PUT"), 422, "number_out_of_range")["field"]
            == "body.x.0"
        )
    is_problem(await _raw(author, f"/filings/{id}/draft", b'{"body": {"x": %s}}' % (b"9" * 5000), "PUT"), 400)
    deep = b'{"body": ' + b'{"x": ' * 40 + b"1" + b"}" * 41
    is_problem(await _raw(author, f"/filings/{id}/draft", deep, "PUT"), 422, "nested_too_deep")
    assert await site.written() == before
    accepted(await author.put(f"/filings/{id}/draft", {"body": {"x": [0.5, -(2**53) + 1], "y\\u0000": "\\u0000"}}))


async def test_a_repeat_with_what_no_digest_can_be_made_of_is_refused(site: Site) -> None:
    office = (await site.as_(*OFFICE)).having(idempotency_key="year")
    accepted(await office.post("/cycles", {"school_year": 2050}), 201)
    for year in ("99999999999999999999", 2**53 - 1):
        is_problem(await office.post("/cycles", {"school_year": year}), 422)


async def test_addresses_that_name_nothing(site: Site) -> None:
    caller = await site.as_(*OFFICE)
    unknown = stream_id("filing", site.tenant, "unknown")
    strange = (
        unknown,
        "x",
        "fil-",
        "fil-\x00",
        "fil-" + "a" * 5000,
        "fil-0000000000000000000g",
        "uni-" + "0" * 20,
        "' OR 1=1 --",
        "%00",
        "..",
        "fil-0'; DROP TABLE event;--",
        "件" * 10,
        f"{unknown}\n",
    )
    for id in strange:
        path = quote(id, safe="")
        for answer in (
            await caller.get(f"/filings/{path}"),
            await caller.get(f"/streams/{path}/events"),
            await caller.get(f"/streams/{path}/state?version=1"),
            await caller.get(f"/filings/{path}/draft"),
            await caller.put(f"/filings/{path}/draft", {"body": {}}),
            await caller.post(f"/filings/{path}/approve"),
            await caller.post(f"/filings/{path}/submit"),
            await caller.post(f"/filings/{path}/submit", {"content": PLAN}),
            await caller.having(if_match='"3"').post(f"/filings/{path}/approve"),
        ):
            is_problem(answer, 404)
    # Raw bytes of half a surrogate pair in the path.
    is_problem(await caller.call("GET", "/api/v1/filings/fil-%ED%A0%80"), 404, "stream_unknown")
    inspection = await site.inspection()
    is_problem(await caller.get(f"/filings/{inspection}"), 404, "stream_unknown")
    is_problem(await caller.post(f"/filings/{inspection}/approve"), 404, "stream_unknown")
    for method, path, status in (
        ("GET", "/api/v1/filings/", 404),
        ("GET", "/api/v2/filings", 404),
        ("GET", "/docs", 404),
        ("DELETE", "/api/v1/filings", 405),
        ("PATCH", f"/api/v1/filings/{unknown}", 405),
        ("POST", f"/api/v1/filings/{unknown}", 405),
        ("GET", f"/api/v1/filings/{unknown}/approve", 405),
        ("POST", f"/api/v1/filings/{unknown}/lapse", 404),
        ("OPTIONS", "/api/v1/tasks", 405),
    ):
        is_problem(await caller.call(method, path), status)
    assert "allow" in (await caller.call("DELETE", "/api/v1/tasks")).headers


async def test_another_tenants_ids_name_nothing(site: Site) -> None:
    ledger, foreign = site.bureau.ledger, site.tenant_beside()
    await ledger.tenants.adopt(foreign, site.bureau.programme)
    await ledger.tenants.freeze_clock(foreign, START)
    abroad = Bureau(ledger, foreign, site.bureau.programme)
    stranger = await site.client(await abroad.person(*OFFICE), foreign)
    id, cycle = await site.filing("in_review"), await site.cycle("published")
    for path in (
        f"/filings/{id}",
        f"/cycles/{cycle}",
        f"/streams/{id}/events",
        f"/people/{await site.person(*LEADER)}",
    ):
        is_problem(await stranger.get(path), 404, "stream_unknown")
    is_problem(await stranger.post(f"/filings/{id}/waive", {"reason": "x"}), 404, "stream_unknown")
    assert accepted(await stranger.get("/filings"))["items"] == []
    assert accepted(await stranger.get("/cycles"))["items"] == []
    nowhere = site.nobody(str(stranger.token).replace(foreign, "nowhere"))
    is_problem(await nowhere.get("/tasks"), 401, "token_invalid")


async def test_bad_conditions_and_queries_name_their_field(site: Site) -> None:
    id = await site.filing("in_review")
    caller = await site.as_(*COORDINATOR)
    for tag in ("3", "abc", '"x"', '"-1"', '"1", "2"', '"99999999999999999999"', '""'):
        answer = await caller.having(if_match=tag).post(f"/filings/{id}/approve")
        assert is_problem(answer, 400, "if_match_unreadable")["field"] == "If-Match"
    for key in ("", "k" * 201):
        answer = await caller.having(idempotency_key=key).post(f"/filings/{id}/approve")
        assert is_problem(answer, 422, "idempotency_key_length")["field"] == "Idempotency-Key"
    for path, field in (
        ("/filings?after=nonsense", "after"),
        ("/filings?after=%00", "after"),
        ("/filings?limit=0", "limit"),
        ("/filings?limit=99999999999999999999", "limit"),
        ("/filings?limit=x", "limit"),
        ("/filings?late=perhaps", "late"),
        ("/filings?unit=%00", "unit"),
        ("/filings?cycle=a%00b", "cycle"),
        (f"/filings?status={'s' * 201}", "status"),
        ("/tasks?limit=501", "limit"),
        ("/notices?limit=-1", "limit"),
        (f"/streams/{id}/events?after=-1", "after"),
        (f"/streams/{id}/events?after=2147483648", "after"),
        (f"/streams/{id}/state?version=0", "version"),
        (f"/streams/{id}/state?version={'9' * 4000}", "version"),
        (f"/streams/{id}/state?at=yesterday", "at"),
        (f"/streams/{id}/state?at=2026-13-01T00:00:00Z", "at"),
        (f"/streams/{id}/state?at=2026-09-01T00:00:00", "at"),
        (f"/streams/{id}/state", "version"),
        (f"/streams/{id}/state?version=1&at=2026-09-01T00:00:00Z", "version"),
    ):
        assert is_problem(await caller.get(path), 422)["field"] == field, path
    # Half a surrogate pair in a query is nobody's unit.
    assert accepted(await caller.get("/filings?unit=%ED%A0%80"))["items"] == []
    for instant in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"):
        assert (await caller.get(f"/streams/{id}/state?at={instant}")).status_code in (200, 404), instant
    accepted(await caller.having(idempotency_key="k" * 200).post(f"/filings/{id}/approve"))


async def test_hostile_bytes_in_headers_are_refused_before_they_reach_us(site: Site) -> None:
    caller = await site.as_(*OFFICE)
    host = urlsplit(str(site.http.base_url))
    for header in (
        b"x: a\x00b",
        b"if-match: \x00",
        b"content-length: \xb2",
        b"content-length: -1",
        b"content-length: 1, 2",
    ):
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        writer.write(b"GET /api/v1/tasks HTTP/1.1\r\nhost: x\r\n" + header + b"\r\nconnection: close\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"400", header
        writer.close()
        await writer.wait_closed()
    for value in (b"\xed\xa0\x80", b"\xff" * 40, "件".encode()):
        for name in (b"idempotency-key", b"if-match", b"accept-language", b"authorization", b"if-none-match"):
            answer = await site.http.get(
                "/api/v1/tasks", headers=[(b"authorization", f"Bearer {caller.token}".encode()), (name, value)]
            )
            assert answer.status_code in (200, 401), (name, value)


async def test_what_the_caller_made_up_comes_back_short(site: Site) -> None:
    admin = await site.as_(*ADMIN)
    many = {f"unknown{number}": 1 for number in range(5000)} | {"x" * 100_000: 1}
    assert len((await admin.post("/people", many)).content) < 20_000
    assert (
        len((await admin.put(f"/filings/{await site.filing()}/draft", {"x" * 100_000: {"y": "\x00"}})).content) < 5_000
    )


async def test_a_fault_of_ours_tells_the_caller_nothing_and_the_log_everything(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(site.running.settings)

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError("the-secret-inside")

    caller = await site.as_(*OFFICE)
    async with serving(app) as url:
        answer = await caller.call("GET", f"{url}/broken")
    is_problem(answer, 500, "unexpected")
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "the-secret-inside" in caplog.text
    assert str(caller.token) not in caplog.text


async def test_every_answer_is_sealed(site: Site) -> None:
    id = await site.filing("in_review")
    caller = await site.as_(*OFFICE)
    for answer in (
        await caller.get("/tasks"),
        await caller.get(f"/filings/{id}"),
        await caller.having(if_none_match='"3"').get(f"/filings/{id}"),
        await caller.post(f"/filings/{id}/waive", {"reason": "合并"}),
        await caller.get("/filings/x"),
        await site.nobody().get("/tasks"),
        await _raw(caller, "/cycles", b"x" * (BODY_LIMIT + 1)),
    ):
        assert answer.headers["cache-control"] == "no-store", answer.request.url
        assert answer.headers["x-content-type-options"] == "nosniff", answer.request.url


# -- anything at all

_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, 2**200, 0.5, 1e308, "", " ", "x", "\x00", "a\x00", "' OR 1=1", "件" * 300,
    "2026-09-01", "2026-99-99", "0001-01-01", "9999-12-31", "-1e999", "NaN", "1e5", [], [[]], [None], ["\x00"], {},
    {"": ""}, {"zh": 1}, "fil-" + "0" * 20, "system", "per-" + "f" * 20, "99999999999999999999", "\U0001f600", "\u202e",
)  # fmt: skip
REQUESTS = 400
_KINDS = {"filings": "fil-", "inspections": "ins-", "follow-ups": "fup-", "cycles": "cyc-", "people": "per-"}
"""What the ids of an address begin with: most requests name something of the right kind."""


def _requests(
    document: Json, ids: list[str], chance: random.Random
) -> Iterator[tuple[str, str, dict[str, str], bytes | None]]:
    """Requests made of the document's own routes and fields, filled with hostile values."""
    operations = [(method, path, one) for path, item in document["paths"].items() for method, one in item.items()]
    operations = [one for one in operations if not one[1].endswith("/verify")]
    schemas = document["components"]["schemas"]
    for number in range(REQUESTS):
        method, path, operation = operations[number % len(operations)]
        for name in ("id", "digest"):
            strange = str(chance.choice(_VALUES)) or "x"
            kind = next((prefix for plural, prefix in _KINDS.items() if path.startswith(f"/api/v1/{plural}/")), "")
            fitting = [one for one in ids if one.startswith(kind)]
            chosen = chance.choice([*fitting, *fitting, *ids, strange])
            path = path.replace(f"{{{name}}}", quote(chosen, safe=""))
        query = [
            f"{one['name']}={quote(str(chance.choice(_VALUES)))}"
            for one in operation.get("parameters", [])
            if one.get("in") == "query" and chance.random() < 0.4
        ]
        headers = {
            name: value
            for name, value in (
                ("if-match", '"1"'),
                ("idempotency-key", chance.choice("abc")),
                ("accept-language", "en"),
            )
            if chance.random() < 0.3
        }
        body = None
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]
            example = dict(schema["examples"]["example"]["value"])
            fields = [*schemas[schema["schema"]["$ref"].rpartition("/")[2]].get("properties", {}), "more"]
            if chance.random() < 0.8:
                example[chance.choice(fields)] = chance.choice(_VALUES)
            body = json.dumps(chance.choice([example, example, example, chance.choice(_VALUES)])).encode()
        yield method.upper(), path + ("?" + "&".join(query) if query else ""), headers, body


async def test_whatever_is_sent_nothing_breaks(site: Site) -> None:
    callers = [await site.as_(*who) for who in (LEADER, COORDINATOR, OFFICE, ADMIN, EXPERT, DIRECTOR)]
    ids: list[str] = [
        *[await site.filing(state) for state in ("open", "drafting", "in_review", "approved")],
        *[await site.inspection(state) for state in ("planned", "assigned", "notified", "acknowledged")],
        await site.follow_up("visited"),
        await site.cycle("published"),
        await site.person("teacher", "shiyan-maths"),
    ]
    chance = random.Random(20260901)
    taken = 0
    for method, path, headers, body in _requests(site.app.openapi(), ids, chance):
        caller = chance.choice(callers)
        sending = Client(caller.http, caller.person, caller.token, {**JSON, **headers})
        answer = await sending.call(method, path, content=body)
        told = (method, path, headers, body, answer.text[:300])
        assert answer.status_code < 500, told
        if answer.status_code >= 400:
            is_problem(answer, answer.status_code)
        else:
            taken += 1
    assert taken > REQUESTS / 10, "the requests hardly ever got through: they test nothing"
    found = await site.bureau.ledger.verify(site.tenant)
    assert found.sound
    _, drift = await site.bureau.ledger.rebuild_check(site.tenant)
    assert drift == ()
