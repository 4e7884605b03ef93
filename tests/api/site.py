"""A running site: the API over HTTP on a free port, callers with tokens, streams brought to where tests start."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import httpx
import psycopg
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from api.settings import Settings
from domain.access import SYSTEM_ACTOR
from domain.cycle import BeginClosing, DraftCycle, Publish, Start, Suspend
from domain.filing import (
    AbandonAmendment,
    Amend,
    Approve,
    AskExtension,
    BeginDraft,
    OpenFiling,
    Recall,
    Return,
    SendCopy,
    Submit,
)
from domain.follow_up import AgreePlan, OpenFollowUp, RecordVisit
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, UnitId, stream_id
from domain.inspection import Acknowledge, Assign, Finalise, NotifyUnit, PlanInspection, ScoreItem, Sign
from domain.machine import Command
from ledger.ledger import Ledger
from ledger.order import Outcome
from ledger.tokens import Scope
from ledger.totp_keys import draw_key
from tests.conftest import START, Base, Bureau

Json = dict[str, Any]

PLAN: Json = {
    "analysis": "七年级新教师较多，课堂以讲授为主。",
    "content": "单元整体教学。",
    "monthly_tasks": [{"month": "九月", "task": "集体备课两次", "owner": "王老师"}],
    "forms": "听评课",
}
PERSONAL: Json = {
    "self_analysis": "提问不够深入。",
    "goals": "学会追问。",
    "question": "怎样追问",
    "reading": ["《追问》"],
    "lessons_observed": 20,
}
REPORT: Json = {
    "activities": [{"date": "2026-09-10", "topic": "单元教学", "attendance": 12}],
    "results": "完成两次集体备课。",
    "problems": "记录不全。",
    "next_month": "听课四节。",
    "materials": ["签到表"],
}
CONTENTS: Mapping[str, Json] = {"group_plan": PLAN, "personal_plan": PERSONAL, "stage_report": REPORT}

LEADER = ("group_leader", "shiyan-maths")
COORDINATOR = ("coordinator", "shiyan")
PRINCIPAL = ("centre_principal", "shiyan")
OFFICE = ("office", "pucheng")
DEPUTY = ("deputy", "pucheng")
EXPERT = ("expert", "pucheng")
ADMIN = ("admin", "pucheng")
DIRECTOR = ("director", "pucheng")
TEACHER = ("teacher", "shiyan-maths")


class Server(uvicorn.Server):
    """A server inside the test's process: Ctrl-C stays pytest's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve an app on a free port. The socket listens before the server runs, so nobody has to wait for it."""
    # The protocol is named, or asyncio would not switch off Nagle's algorithm and every answer would take 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        # A connection that was idle for a while must not close just as it is used again: both ends share one loop.
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="on", ws="none", timeout_keep_alive=600
        )
        server = Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


_folder = tempfile.TemporaryDirectory(prefix="termledger-keys-")
TOTP_KEYS = Path(_folder.name) / "totp_keys"
TOTP_KEYS.write_text(draw_key())


_nobody = socket.socket()  # bound and not listening: every connection is refused, and nobody else gets the port
_nobody.bind(("127.0.0.1", 0))


def settings(base: Base) -> Settings:
    """Settings on a database. Nobody listens where Temporal should be."""
    temporal = f"127.0.0.1:{_nobody.getsockname()[1]}"
    return Settings(dsn=SecretStr(base.service), temporal=temporal, pool=8, totp_keys_file=TOTP_KEYS)


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who calls."""

    http: httpx.AsyncClient
    person: PersonId
    token: str | None
    headers: Mapping[str, str] = field(default_factory=dict)

    def having(self, **headers: str) -> Client:
        """The same caller, sending these headers too (`if_match` for If-Match)."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return Client(self.http, self.person, self.token, {**self.headers, **more})

    async def call(self, method: str, path: str, **rest: Any) -> httpx.Response:
        signed = {} if self.token is None else {"authorization": f"Bearer {self.token}"}
        return await self.http.request(method, path, headers={**signed, **self.headers}, **rest)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.call("GET", f"/api/v1{path}", params=params or None)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.call("POST", f"/api/v1{path}", json={} if body is None else body)

    async def put(self, path: str, body: Any) -> httpx.Response:
        return await self.call("PUT", f"/api/v1{path}", json=body)

    async def delete(self, path: str) -> httpx.Response:
        return await self.call("DELETE", f"/api/v1{path}")


@dataclass(frozen=True, slots=True)
class Running:
    """A running API and what it stands on."""

    app: FastAPI
    http: httpx.AsyncClient
    ledger: Ledger
    settings: Settings
    base: Base


@dataclass
class Site:
    """A running API, and the bureau behind it."""

    running: Running
    bureau: Bureau
    people: dict[tuple[str, ...], PersonId] = field(default_factory=dict)
    tokens: dict[tuple[TenantId, PersonId, tuple[Scope, ...]], str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    years: Iterator[int] = field(default_factory=lambda: itertools.count(2027))

    @property
    def app(self) -> FastAPI:
        return self.running.app

    @property
    def http(self) -> httpx.AsyncClient:
        return self.running.http

    @property
    def tenant(self) -> TenantId:
        return self.bureau.tenant

    def tenant_beside(self) -> TenantId:
        """The name of another tenant."""
        return TenantId(f"{self.tenant}-beside")

    # -- people

    async def person(self, role: str, unit: str, name: str = "") -> PersonId:
        """The holder of a post, appointed when first asked for."""
        if (role, unit, name) not in self.people:
            self.people[role, unit, name] = await self.bureau.person(role, unit, name)
        return self.people[role, unit, name]

    async def as_(self, role: str, unit: str, name: str = "", lang: str = "en") -> Client:
        """A caller who holds a post."""
        person = await self.person(role, unit, name)
        return await self.client(person, lang=lang)

    async def client(
        self,
        person: PersonId,
        tenant: TenantId | None = None,
        lang: str = "en",
        scopes: Sequence[Scope] = tuple(Scope),
    ) -> Client:
        """A caller with a token of this person, for everything unless told otherwise."""
        key = (tenant or self.tenant, person, tuple(scopes))
        if key not in self.tokens:
            made = await self.running.ledger.tokens.issue(key[0], SYSTEM_ACTOR, person, "test", scopes)
            self.tokens[key] = made.secret
        return Client(self.http, person, self.tokens[key], {"accept-language": lang})

    def nobody(self, token: str | None = None) -> Client:
        """A caller without a token, or with one made up."""
        return Client(self.http, PersonId(""), token, {"accept-language": "en"})

    # -- streams, brought about without the API

    async def by(self, who: tuple[str, str] | PersonId, stream: StreamId, command: Command) -> Outcome:
        person = PersonId(who) if isinstance(who, str) else await self.person(*who)
        return await self.bureau.by(person, stream, command)

    async def filing(
        self,
        state: str = "open",
        duty: str = "group_plan",
        unit: str = "shiyan-maths",
        person: PersonId | None = None,
        period: str | None = None,
        due_in: timedelta = timedelta(days=20),
    ) -> StreamId:
        """A filing in a state: open, drafting, in_review, second, approved, returned, recalled or amending."""
        period = period or f"p{next(self.numbers)}"
        cycle = stream_id("cycle", self.tenant, "2026")
        stream = stream_id("filing", self.tenant, cycle, duty, period, unit, person or "")
        opens = OpenFiling(
            cycle=cycle,
            duty=duty,
            period=period,
            unit=UnitId(unit),
            person=person,
            due_at=START + due_in,
            lapses_at=START + due_in + timedelta(days=20),
        )
        await self.by(SYSTEM, stream, opens)
        author = person or ("group_leader", unit)
        cluster = unit.partition("-")[0]
        content = CONTENTS[duty]
        coordinator, principal = ("coordinator", cluster), ("centre_principal", cluster)
        again: list[tuple[Any, Command]] = [(author, Submit(content=content | {"content": "修订后的内容。"}))]
        first: list[tuple[Any, Command]] = [(author, Submit(content=content))]
        second = [*first, (coordinator, Approve())]
        approved = [*second, (principal, Approve()), (OFFICE, Approve())]
        ways: Mapping[str, list[tuple[Any, Command]]] = {
            "open": [],
            "drafting": [(author, BeginDraft())],
            "in_review": first,
            "second": second,
            "approved": approved,
            "returned": [*first, (coordinator, Return(reason="补充日期"))],
            "recall_asked": [*second, (author, Recall(reason="附件传错"))],
            "extension": [(author, AskExtension(until=(START + due_in + timedelta(days=9)).date(), reason="期中检测"))],
            "copied": [*approved, (OFFICE, SendCopy(people=(await self.person("teacher", unit),)))],
            "recalled": [*first, (author, Recall())],
            "amending": [*approved, (author, Amend(reason="改期"))],
            "amended": [*approved, (author, Amend(reason="改期")), *again],
            "abandoned": [*approved, (author, Amend(reason="改期")), (author, AbandonAmendment())],
        }
        for decider in (coordinator, principal, OFFICE):
            await self.person(*decider)  # a stage that nobody holds would stop
        for who, command in ways[state]:
            await self.by(who, stream, command)
        return stream

    async def panel(self) -> tuple[PersonId, PersonId]:
        """Two experts; the first is the one `as_(*EXPERT)` calls as."""
        return await self.person(*EXPERT), await self.person(*EXPERT, "second")

    async def inspector(self, unit: str) -> PersonId:
        """An expert on the panel of the year-end inspection of a cluster, and on no other."""
        panel = [await self.person(*EXPERT, f"{unit}-{name}") for name in ("one", "two", "three")]
        cycle = stream_id("cycle", self.tenant, "2026")
        stream = stream_id("inspection", self.tenant, cycle, "year_end", unit, f"p{next(self.numbers)}")
        plan = PlanInspection(
            cycle=cycle, rules="year_end", period="2026", unit=UnitId(unit), due_at=START + timedelta(days=30)
        )
        await self.by(SYSTEM, stream, plan)
        await self.by(OFFICE, stream, Assign(inspectors=tuple(panel)))
        return panel[0]

    async def inspection(self, state: str = "planned") -> StreamId:
        """A special inspection of the cluster: planned, assigned, scored, signed, notified, acknowledged or final."""
        period = f"p{next(self.numbers)}"
        cycle = stream_id("cycle", self.tenant, "2026")
        stream = stream_id("inspection", self.tenant, cycle, "special", "shiyan", period)
        plan = PlanInspection(
            cycle=cycle, rules="special", period=period, unit=UnitId("shiyan"), due_at=START + timedelta(days=30)
        )
        await self.by(SYSTEM, stream, plan)
        one, other = await self.panel()
        order = ["planned", "assigned", "scored", "signed", "notified", "acknowledged"]
        scores = [(one, ScoreItem.model_validate({"item": f"s{n}", "points": 5})) for n in range(1, 6)]
        ways: list[list[tuple[Any, Command]]] = [
            [],
            [(OFFICE, Assign(inspectors=(one, other)))],
            [*scores],
            [(one, Sign()), (other, Sign())],
            [(SYSTEM, NotifyUnit())],
            [(COORDINATOR, Acknowledge())],
        ]
        for way in ways[: order.index(state) + 1]:
            for who, command in way:
                await self.by(who, stream, command)
        return stream

    async def finalise(self, stream: StreamId) -> None:
        """What the process manager does after a review."""
        await self.by(SYSTEM, stream, Finalise())

    async def notify_unit(self, stream: StreamId) -> None:
        """What the process manager does after the last signature."""
        await self.by(SYSTEM, stream, NotifyUnit())

    async def follow_up(self, state: str = "opened", rules: str = "assistance") -> StreamId:
        """A follow-up of the cluster: opened, visited or agreed."""
        stream = stream_id("follow_up", self.tenant, rules, str(next(self.numbers)))
        cycle = stream_id("cycle", self.tenant, "2026")
        await self.by(SYSTEM, stream, OpenFollowUp(cycle=cycle, rules=rules, unit=UnitId("shiyan"), cause="test"))
        if state in ("visited", "agreed"):
            await self.by(OFFICE, stream, RecordVisit(findings="备课流于形式"))
        if state == "agreed":
            await self.by(COORDINATOR, stream, AgreePlan(plan="每周集体备课"))
        return stream

    async def cycle(self, state: str = "drafted") -> StreamId:
        """A cycle of a year of its own: drafted, published, running, suspended or closing."""
        year = next(self.years)
        stream = stream_id("cycle", self.tenant, str(year))
        order = ["drafted", "published", "running", "suspended", "closing"]
        ways: list[tuple[Any, Command]] = [(OFFICE, DraftCycle(school_year=year)), (OFFICE, Publish())]
        for who, command in ways[: order.index(state) + 1]:
            await self.by(who, stream, command)
        if state in order[2:]:
            await self.bureau.at(datetime(year + 2, 1, 1, tzinfo=UTC))
            await self.by(SYSTEM, stream, Start())
            if state == "suspended":
                await self.by(OFFICE, stream, Suspend(reason="停课"))
            if state == "closing":
                await self.by(SYSTEM, stream, BeginClosing())
            await self.bureau.at(START)
        return stream

    # -- what was written

    async def rows(self, table: LiteralString, where: LiteralString = "true") -> list[Json]:
        """Look into a table of the tenant."""
        query: LiteralString = f"SELECT * FROM {table} WHERE tenant = %s AND {where}"
        async with self.running.ledger.database.connection(self.tenant) as connection:
            return await (await connection.execute(query, (self.tenant,))).fetchall()

    async def forge(self, change: LiteralString) -> None:
        """Change events behind the ledger's back, as the owner of the database can."""
        async with await psycopg.AsyncConnection.connect(self.running.base.owner) as connection:
            await connection.execute("ALTER TABLE event DISABLE TRIGGER event_only_grows")
            await connection.execute(change, (self.tenant,))
            await connection.execute("ALTER TABLE event ENABLE ALWAYS TRIGGER event_only_grows")

    async def written(self) -> tuple[Any, ...]:
        """What would differ if anything at all had been written, for any tenant, the denial log aside."""
        query = """
            SELECT (SELECT sum(position) FROM tenant) AS events, (SELECT count(*) FROM content) AS contents,
                   (SELECT count(*) FROM inbox) AS notices, (SELECT count(*) FROM inbox WHERE read_at IS NULL) AS new,
                   (SELECT coalesce(sum(revision), 0) FROM draft) AS drafts, (SELECT count(*) FROM draft) AS saved,
                   (SELECT count(*) FROM outbox) AS outbox,
                   (SELECT count(*) FROM api_token WHERE revoked_at IS NULL) AS tokens
        """
        async with await psycopg.AsyncConnection.connect(self.running.base.owner) as connection:
            return tuple((await (await connection.execute(query)).fetchall())[0])

    async def forget_attempts(self) -> None:
        """Forget every wrong token, so that the next is not held back."""
        async with await psycopg.AsyncConnection.connect(self.running.base.owner) as connection:
            await connection.execute("DELETE FROM attempt")

    async def denials(self) -> list[Json]:
        """The tenant's denial log, oldest first."""
        return sorted(await self.rows("denial"), key=lambda row: int(row["id"]))


Prepare = Callable[[Site], Awaitable[str]]


def is_problem(answer: httpx.Response, status: int, code: str | None = None) -> Json:
    """Check that an answer is a problem as the API promises them; return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json", answer.headers
    body: Json = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:termledger:problem:")
    assert body["detail"], body
    assert not body["detail"].startswith("refusal."), f"no words for {body['detail']}"
    assert "Traceback" not in answer.text
    if code is not None:
        assert body["type"] == f"urn:termledger:problem:{code}", body
    return body


def accepted(answer: httpx.Response, status: int = 200) -> Any:
    """Check that a request was carried out; return its body."""
    assert answer.status_code == status, answer.text
    return answer.json()
