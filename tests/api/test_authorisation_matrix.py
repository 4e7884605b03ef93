"""Every route × every role × own unit, sister unit, another tenant, nobody, bad tokens: who may do what, as a table."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from domain.access import SYSTEM_ACTOR
from domain.ids import SYSTEM, PersonId, StreamId
from domain.person import Delegate, Leave
from domain.programme import UnitKind
from domain.rulebook import rulebook_stream
from domain.unit import Close, Found, unit_stream
from ledger.tokens import Scope
from tests.api.site import ADMIN, COORDINATOR, DEPUTY, LEADER, OFFICE, PLAN, Client, Json, Site, is_problem
from tests.conftest import START, Bureau

V1 = "/api/v1"
UNITS: Mapping[UnitKind, tuple[str, ...]] = {
    UnitKind.COUNTY: ("pucheng",),
    UnitKind.CLUSTER: ("shiyan", "chengguan"),
    UnitKind.SCHOOL: ("shiyan-zhongxue", "chengguan-zhenzhong"),
    UnitKind.GROUP: ("shiyan-maths", "chengguan-maths"),
}
"""Of each kind the unit that the streams belong to, and its sister in another cluster."""

_INSPECTED = UnitKind.CLUSTER

EVERYBODY = frozenset({"everybody"})
"""Whoever holds a post: their own desk, and lists, which show each what they may read."""

_COUNTY = {"director@pucheng", "deputy@pucheng", "office@pucheng"}
_CLUSTER = {"centre_principal@shiyan", "coordinator@shiyan"}
_AUTHOR = frozenset({"group_leader@shiyan-maths"})
_AUDITOR = frozenset({"admin@pucheng"})
"""Keeps the directory and reads the ledger: may look at everything and decide nothing."""
_INSPECTOR = frozenset({"inspector@shiyan"})
"""On the panel of the cluster's inspection: looks at what bears on the sheet and decides nothing."""
_READS_FILING = frozenset({*_COUNTY, *_CLUSTER, *_AUTHOR, *_AUDITOR, *_INSPECTOR})
_READS_INSPECTION = frozenset({*_COUNTY, *_CLUSTER, *_AUDITOR, "expert@pucheng"})
_READS_FOLLOW_UP = frozenset({*_COUNTY, *_CLUSTER, *_AUDITOR})
_OFFICE = frozenset({"office@pucheng"})
_COORDINATOR = frozenset({"coordinator@shiyan"})
_ADMIN = frozenset({"admin@pucheng"})
_PRINCIPAL = frozenset({"centre_principal@shiyan"})

Body = Json | Callable[[Site], Awaitable[Json]] | None
Prepare = Callable[[Site], Awaitable[StreamId]]


@dataclass(frozen=True)
class Case:
    """A route, what is sent to it, and who may."""

    allowed: frozenset[str]
    prepare: Prepare | None = None
    body: Body = None
    params: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


def _filing(state: str) -> Prepare:
    return lambda site: site.filing(state)


def _inspection(state: str) -> Prepare:
    return lambda site: site.inspection(state)


def _follow_up(state: str, rules: str = "assistance") -> Prepare:
    return lambda site: site.follow_up(state, rules)


def _cycle(state: str) -> Prepare:
    return lambda site: site.cycle(state)


async def _drafted(site: Site) -> StreamId:
    stream = await site.filing("drafting")
    author = await site.person(*LEADER)
    await site.bureau.ledger.contents.save_draft(site.tenant, stream, PLAN, author, None)
    return stream


_COLLEAGUE = ("teacher", "shiyan-english", "colleague")
"""Whoever stands in for others."""


async def _person(site: Site) -> StreamId:
    await site.person(*_COLLEAGUE)
    return StreamId(await site.person("teacher", "shiyan-maths", f"n{next(site.numbers)}"))


async def _delegation(site: Site) -> Json:
    colleague = await site.person(*_COLLEAGUE)
    return {"delegate": colleague, "first_day": "2026-09-01", "last_day": "2026-09-05", "reason": "外出培训"}


async def _delegated(site: Site) -> StreamId:
    """Somebody who has the group leader act for them."""
    giver, delegate = await _person(site), await site.person(*LEADER)
    command = Delegate.model_validate(await _delegation(site) | {"delegate": delegate})
    await site.bureau.by(SYSTEM, giver, command)
    return giver


async def _handing_over(site: Site) -> Json:
    return {"successor": await site.person(*_COLLEAGUE), "reason": "调离", "leaves": True}


async def _founding(site: Site) -> Json:
    title = {"zh": "组", "en": "Group"}
    return {"unit": f"group-{next(site.numbers)}", "kind": "group", "title": title, "parent": "shiyan"}


async def _unit(site: Site) -> StreamId:
    found = Found.model_validate(await _founding(site))
    stream = unit_stream(site.tenant, found.unit)
    await site.bureau.by(SYSTEM, stream, found)
    return stream


async def _closed_unit(site: Site) -> StreamId:
    stream = await _unit(site)
    await site.bureau.by(SYSTEM, stream, Close())
    return stream


async def _panel(site: Site) -> Json:
    return {"inspectors": list(await site.panel())}


async def _year(site: Site) -> Json:
    return {"school_year": next(site.years)}


async def _other_rules(site: Site) -> Json:
    """A stored version of the rules that differs from the one in force, and why one goes over to it."""
    other = site.bureau.programme.model_copy(update={"version": 2})
    async with site.bureau.ledger.database.transaction(site.tenant) as connection:
        digest = await site.bureau.ledger.programmes.store(connection, site.tenant, other)
    return {"programme": digest, "reason": "县局批复"}


async def _newer_rules(site: Site) -> Json:
    """A stored version that has never been in force."""
    newer = site.bureau.programme.model_copy(update={"version": 100 + next(site.numbers)})
    return {"programme": await site.bureau.ledger.moves.store(site.tenant, newer), "reason": "县局批复"}


async def _rulebook(site: Site) -> StreamId:
    return rulebook_stream(site.tenant)


async def _to_deputy(site: Site) -> Json:
    return {"to": await site.person(*DEPUTY), **_REASON}


async def _for_deputy(site: Site) -> Json:
    return {"people": [await site.person(*DEPUTY)]}


async def _deputy_decides(site: Site) -> Json:
    return {**await _for_deputy(site), **_REASON}


async def _deputy_signs(site: Site) -> Json:
    return {**await _deputy_decides(site), "where": "before"}


async def _token(site: Site) -> StreamId:
    """A token of the group leader."""
    leader = await site.person(*LEADER)
    made = await site.bureau.ledger.tokens.issue(site.tenant, SYSTEM_ACTOR, leader, "统计", [Scope.READ])
    return StreamId(made.token.id)


_REASON: Json = {"reason": "日期有误"}
_POST: Json = {"id": "2", "role": "teacher", "unit": "shiyan-maths", "first_day": "2026-09-01"}

_NOWHERE = f"fil-{'0' * 20}"
"""A filing that is not there: whoever asks for many is told of each (tests/api/test_bulk.py)."""

MATRIX: Mapping[tuple[str, str], Case] = {
    ("GET", f"{V1}/me"): Case(EVERYBODY),
    ("GET", f"{V1}/tokens"): Case(EVERYBODY),
    ("POST", f"{V1}/tokens"): Case(EVERYBODY, body={"name": "统计", "scopes": ["read"]}, status=201),
    ("DELETE", f"{V1}/tokens/{{id}}"): Case(_AUTHOR | _ADMIN, _token, status=204),
    ("GET", f"{V1}/tasks"): Case(EVERYBODY),
    ("GET", f"{V1}/notices"): Case(EVERYBODY),
    ("POST", f"{V1}/notices/read"): Case(EVERYBODY, body={"ids": []}),
    ("POST", f"{V1}/verify"): Case(frozenset({"director@pucheng", "admin@pucheng"})),
    ("GET", f"{V1}/streams/{{id}}/events"): Case(_READS_FILING, _filing("in_review")),
    ("GET", f"{V1}/streams/{{id}}/state"): Case(_READS_FILING, _filing("in_review"), params={"version": 1}),
    # cycles
    ("GET", f"{V1}/cycles"): Case(EVERYBODY),
    ("GET", f"{V1}/cycles/{{id}}"): Case(EVERYBODY, _cycle("drafted")),
    ("POST", f"{V1}/cycles"): Case(_OFFICE, body=_year, status=201),
    ("POST", f"{V1}/cycles/{{id}}/publish"): Case(_OFFICE, _cycle("drafted"), {}),
    ("POST", f"{V1}/cycles/{{id}}/change-rules"): Case(_OFFICE, _cycle("running"), _other_rules),
    ("GET", f"{V1}/cycles/{{id}}/dry-run"): Case(_OFFICE, _cycle("running")),
    ("POST", f"{V1}/cycles/{{id}}/suspend"): Case(_OFFICE, _cycle("running"), _REASON),
    ("POST", f"{V1}/cycles/{{id}}/resume"): Case(_OFFICE, _cycle("suspended"), {}),
    ("POST", f"{V1}/cycles/{{id}}/archive"): Case(_OFFICE, _cycle("closing"), {}),
    # filings
    ("GET", f"{V1}/filings"): Case(EVERYBODY),
    ("GET", f"{V1}/filings/{{id}}"): Case(_READS_FILING, _filing("open")),
    ("GET", f"{V1}/filings/{{id}}/contents/{{digest}}"): Case(_READS_FILING, _filing("in_review")),
    ("GET", f"{V1}/filings/{{id}}/draft"): Case(_AUTHOR, _drafted),
    ("PUT", f"{V1}/filings/{{id}}/draft"): Case(_AUTHOR, _drafted, {"body": PLAN}),
    ("POST", f"{V1}/filings/{{id}}/begin-draft"): Case(_AUTHOR, _filing("open"), {}),
    ("POST", f"{V1}/filings/{{id}}/submit"): Case(_AUTHOR, _drafted, {}),
    ("POST", f"{V1}/filings/{{id}}/approve"): Case(_COORDINATOR, _filing("in_review"), {}),
    ("POST", f"{V1}/filings/{{id}}/move-rules"): Case(_OFFICE, _filing("in_review"), _other_rules),
    ("POST", f"{V1}/filings/{{id}}/return"): Case(_COORDINATOR, _filing("in_review"), _REASON),
    ("POST", f"{V1}/filings/bulk"): Case(EVERYBODY, body={"command": "approve", "items": [{"stream": _NOWHERE}]}),
    ("POST", f"{V1}/filings/{{id}}/reject"): Case(frozenset({"centre_principal@shiyan"}), _filing("second"), _REASON),
    ("POST", f"{V1}/filings/{{id}}/recall"): Case(_AUTHOR, _filing("in_review"), {}),
    ("POST", f"{V1}/filings/{{id}}/waive"): Case(_OFFICE, _filing("open"), _REASON),
    ("POST", f"{V1}/filings/{{id}}/amend"): Case(_AUTHOR, _filing("approved"), _REASON),
    ("POST", f"{V1}/filings/{{id}}/abandon-amendment"): Case(_AUTHOR, _filing("amending"), {}),
    ("POST", f"{V1}/filings/{{id}}/comment"): Case(
        _READS_FILING - _AUDITOR - _INSPECTOR, _filing("approved"), {"text": "已阅"}
    ),
    # No stage of the county counts votes.
    ("POST", f"{V1}/filings/{{id}}/object"): Case(frozenset(), _filing("in_review"), _REASON),
    ("POST", f"{V1}/filings/{{id}}/transfer"): Case(_COORDINATOR, _filing("in_review"), _to_deputy),
    ("POST", f"{V1}/filings/{{id}}/add-signer"): Case(_COORDINATOR, _filing("in_review"), _deputy_signs),
    ("POST", f"{V1}/filings/{{id}}/assign"): Case(_OFFICE, _filing("in_review"), _deputy_decides),
    ("POST", f"{V1}/filings/{{id}}/agree-recall"): Case(_PRINCIPAL, _filing("recall_asked"), {}),
    ("POST", f"{V1}/filings/{{id}}/refuse-recall"): Case(_PRINCIPAL, _filing("recall_asked"), _REASON),
    ("POST", f"{V1}/filings/{{id}}/void"): Case(_OFFICE, _filing("approved"), _REASON),
    ("POST", f"{V1}/filings/{{id}}/ask-extension"): Case(
        _AUTHOR, _filing("open"), {"until": "2026-10-09", "reason": "期中检测"}
    ),
    ("POST", f"{V1}/filings/{{id}}/grant-extension"): Case(_OFFICE, _filing("extension"), {}),
    ("POST", f"{V1}/filings/{{id}}/refuse-extension"): Case(_OFFICE, _filing("extension"), _REASON),
    ("POST", f"{V1}/filings/{{id}}/copy"): Case(_AUTHOR | _COORDINATOR | _OFFICE, _filing("in_review"), _for_deputy),
    ("POST", f"{V1}/filings/{{id}}/mark-read"): Case(frozenset({"teacher@shiyan-maths"}), _filing("copied"), {}),
    ("POST", f"{V1}/filings/{{id}}/urge"): Case(_AUTHOR, _filing("in_review"), {}),
    # inspections
    ("GET", f"{V1}/inspections"): Case(EVERYBODY),
    ("GET", f"{V1}/inspections/{{id}}"): Case(_READS_INSPECTION, _inspection("assigned")),
    ("POST", f"{V1}/inspections/{{id}}/assign"): Case(_OFFICE, _inspection("planned"), _panel),
    ("POST", f"{V1}/inspections/{{id}}/score"): Case(
        frozenset({"expert@pucheng"}), _inspection("assigned"), {"item": "s1", "points": 5}
    ),
    ("POST", f"{V1}/inspections/{{id}}/sign"): Case(frozenset({"expert@pucheng"}), _inspection("scored"), {}),
    ("POST", f"{V1}/inspections/{{id}}/acknowledge"): Case(_COORDINATOR, _inspection("notified"), {}),
    ("POST", f"{V1}/inspections/{{id}}/dispute"): Case(_COORDINATOR, _inspection("notified"), _REASON),
    ("POST", f"{V1}/inspections/{{id}}/review"): Case(frozenset({"deputy@pucheng"}), _inspection("acknowledged"), {}),
    ("POST", f"{V1}/inspections/{{id}}/cancel"): Case(_OFFICE, _inspection("planned"), _REASON),
    # follow-ups
    ("GET", f"{V1}/follow-ups"): Case(EVERYBODY),
    ("GET", f"{V1}/follow-ups/{{id}}"): Case(_READS_FOLLOW_UP, _follow_up("opened")),
    ("POST", f"{V1}/follow-ups/{{id}}/commend"): Case(_OFFICE, _follow_up("opened", "commendation"), {"text": "好"}),
    ("POST", f"{V1}/follow-ups/{{id}}/visit"): Case(_OFFICE, _follow_up("opened"), {"findings": "流于形式"}),
    ("POST", f"{V1}/follow-ups/{{id}}/agree-plan"): Case(
        _OFFICE | _COORDINATOR, _follow_up("visited"), {"plan": "每周备课"}
    ),
    ("POST", f"{V1}/follow-ups/{{id}}/verify"): Case(_OFFICE, _follow_up("agreed"), {}),
    ("POST", f"{V1}/follow-ups/{{id}}/send-back"): Case(_OFFICE, _follow_up("agreed"), _REASON),
    ("POST", f"{V1}/follow-ups/{{id}}/cancel"): Case(_OFFICE, _follow_up("opened"), _REASON),
    # people
    ("GET", f"{V1}/people/{{id}}"): Case(EVERYBODY, _person),
    ("POST", f"{V1}/people"): Case(_ADMIN, body={"full_name": "王老师", "posts": [_POST]}, status=201),
    ("POST", f"{V1}/people/{{id}}/appoint"): Case(_ADMIN, _person, {"post": _POST}),
    ("POST", f"{V1}/people/{{id}}/end-appointment"): Case(_ADMIN, _person, {"id": "1", "last_day": "2027-07-01"}),
    ("POST", f"{V1}/people/{{id}}/correct-name"): Case(_ADMIN, _person, {"full_name": "王晓"}),
    ("POST", f"{V1}/people/{{id}}/revise"): Case(_ADMIN, _person, {"full_name": "王晓"}),
    ("POST", f"{V1}/people/{{id}}/leave"): Case(_ADMIN, _person, {}),
    ("GET", f"{V1}/people/{{id}}/hand-over"): Case(_ADMIN, _person),
    ("POST", f"{V1}/people/{{id}}/hand-over"): Case(_ADMIN, _person, _handing_over),
    ("POST", f"{V1}/people/{{id}}/delegate"): Case(_ADMIN, _person, _delegation),
    ("POST", f"{V1}/people/{{id}}/end-delegation"): Case(_AUTHOR | _ADMIN, _delegated, {"id": "d1"}),
    # delegations
    ("GET", f"{V1}/delegations"): Case(EVERYBODY),
    ("POST", f"{V1}/delegations"): Case(EVERYBODY, body=_delegation, status=201),
    ("POST", f"{V1}/delegations/{{id}}/end"): Case(_AUTHOR | _ADMIN, _delegated, {"id": "d1"}),
    # units
    ("GET", f"{V1}/units/{{id}}"): Case(EVERYBODY, _unit),
    ("POST", f"{V1}/units"): Case(_ADMIN, body=_founding, status=201),
    ("POST", f"{V1}/units/{{id}}/rename"): Case(_ADMIN, _unit, {"title": {"zh": "新组", "en": "New group"}}),
    ("POST", f"{V1}/units/{{id}}/move"): Case(_ADMIN, _unit, {"parent": "chengguan"}),
    ("POST", f"{V1}/units/{{id}}/close"): Case(_ADMIN, _unit, {}),
    ("POST", f"{V1}/units/{{id}}/reopen"): Case(_ADMIN, _closed_unit, {}),
    # rules in force
    ("GET", f"{V1}/rulebooks/{{id}}"): Case(EVERYBODY, _rulebook),
    ("POST", f"{V1}/rulebooks/{{id}}/adopt"): Case(_ADMIN, _rulebook, _newer_rules),
}

OPEN: frozenset[tuple[str, str]] = frozenset({("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics")})
"""Routes that ask nobody who they are."""


def test_the_matrix_covers_every_route(site: Site) -> None:
    paths: Json = site.app.openapi()["paths"]
    routes = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert routes == set(MATRIX) | OPEN


async def test_who_may_do_what(site: Site) -> None:
    callers = await _callers(site)
    foreigners, tokens = await _foreigners(site), await _bad_tokens(site)
    wrong: list[str] = []
    for (method, path), case in MATRIX.items():
        target = await _Target.make(site, method, path, case)
        wrong += await target.check_denied(callers)
        wrong += await target.check_outsiders(foreigners, tokens)
        wrong += await target.check_allowed(callers)
    assert wrong == []


@dataclass
class _Target:
    site: Site
    method: str
    path: str
    case: Case
    stream: StreamId | None
    digest: str

    @classmethod
    async def make(cls, site: Site, method: str, path: str, case: Case) -> _Target:
        made = cls(site, method, path, case, None, "")
        await made.renew()
        return made

    async def renew(self) -> None:
        """Bring the stream to where the command is possible, again after each time it was carried out."""
        if self.case.prepare is not None:
            self.stream = await self.case.prepare(self.site)
        if "{digest}" in self.path:
            _, state, _ = await self.site.bureau.ledger.head(self.site.tenant, StreamId(str(self.stream)))
            self.digest = state.model_dump()["revisions"][-1]["content"]

    async def call(self, caller: Client) -> httpx.Response:
        body = self.case.body
        sent = await body(self.site) if callable(body) else body
        path = self.path.format(id=self.stream, digest=self.digest)
        rest = {} if sent is None else {"json": sent}
        return await caller.call(self.method, path, params=self.case.params, **rest)

    def may(self, who: str) -> bool:
        """What the table says."""
        return self.case.allowed is EVERYBODY or who in self.case.allowed

    async def check_denied(self, callers: Mapping[str, Client]) -> list[str]:
        """Each denial is in the log, and nothing else was written."""
        before, told = await self.site.written(), len(await self.site.denials())
        denied = [(who, caller) for who, caller in callers.items() if not self.may(who)]
        answers = await asyncio.gather(*(self.call(caller) for _, caller in denied))
        faults = [
            fault for (who, _), answer in zip(denied, answers, strict=True) for fault in self._unless(who, 403, answer)
        ]
        wanted = [
            (caller.person, self.stream, _code(answer)) for (_, caller), answer in zip(denied, answers, strict=True)
        ]
        log = [(one["person"], one["stream"], one["code"]) for one in (await self.site.denials())[told:]]
        new = self.case.prepare is None and self.path != f"{V1}/verify"  # the stream to be started has an id of its own
        if sorted((person, None if new else stream, code) for person, stream, code in log) != sorted(wanted):
            faults.append(f"{self.method} {self.path}: in the denial log stands {log}, not {wanted}")
        if await self.site.written() != before:
            faults.append(f"{self.method} {self.path}: something was written")
        return faults

    async def check_allowed(self, callers: Mapping[str, Client]) -> list[str]:
        """Whoever may is answered."""
        faults = []
        for who, caller in callers.items():
            if self.may(who):
                answer = await self.call(caller)
                faults += self._unless(who, self.case.status, answer)
                if self.method != "GET":
                    await self.renew()
        return faults

    async def check_outsiders(self, foreigners: Mapping[str, Client], tokens: Mapping[str, str | None]) -> list[str]:
        """Other tenants' people find nothing; whoever cannot say who they are gets no further."""
        before = await self.site.written()
        outside = [(name, 401, self.site.nobody(token)) for name, token in tokens.items()]
        if self.stream is not None:
            outside += [(name, 404, caller) for name, caller in foreigners.items()]
        await self.site.forget_attempts()
        answers = await asyncio.gather(*(self.call(caller) for _, _, caller in outside))
        faults = []
        for (name, status, _), answer in zip(outside, answers, strict=True):
            faults += self._unless(name, status, answer)
            if status == 401 and answer.headers.get("www-authenticate") != "Bearer":
                faults.append(f"{name} {self.path}: no challenge")
        if await self.site.written() != before:
            faults.append(f"{self.method} {self.path}: an outsider wrote something")
        return faults

    def _unless(self, who: str, status: int, answer: httpx.Response) -> list[str]:
        if answer.status_code == status:
            return []
        return [f"{who} {self.method} {self.path}: {status} wanted, {answer.status_code} given, {answer.text[:200]}"]


def _code(answer: httpx.Response) -> str:
    return str(answer.json().get("type", "")).rpartition(":")[2]


async def _callers(site: Site) -> dict[str, Client]:
    """Every role at its own unit and at the sister unit, and an inspector of either cluster."""
    holders = {
        f"{role.id}@{unit}": await site.as_(role.id, unit)
        for role in site.bureau.programme.roles
        for kind in role.at
        for unit in UNITS[kind]
    }
    return holders | {f"inspector@{unit}": await site.client(await site.inspector(unit)) for unit in UNITS[_INSPECTED]}


async def _foreigners(site: Site) -> dict[str, Client]:
    """The holders of the same posts in another tenant."""
    ledger, foreign = site.bureau.ledger, site.tenant_beside()
    await ledger.tenants.adopt(foreign, site.bureau.programme)
    await ledger.tenants.freeze_clock(foreign, START)
    abroad = Bureau(ledger, foreign, site.bureau.programme)
    return {
        f"{role}@{unit} of another tenant": await site.client(await abroad.person(role, unit), foreign)
        for role, unit in (OFFICE, LEADER)
    }


async def _bad_tokens(site: Site) -> dict[str, str | None]:
    """Nobody's tokens, each but for one fault that of the person with the most rights."""
    ledger, office = site.bureau.ledger, await site.person(*OFFICE)
    gone = await site.person(*OFFICE, "gone")

    async def issued(person: PersonId) -> tuple[str, str]:
        made = await ledger.tokens.issue(site.tenant, SYSTEM_ACTOR, person, "test", Scope)
        return made.token.id, made.secret

    expired, revoked, (_, without_post) = await issued(office), await issued(office), await issued(gone)
    await ledger.tokens.revoke(site.tenant, SYSTEM_ACTOR, revoked[0])
    async with await psycopg.AsyncConnection.connect(site.running.base.owner) as connection:
        await connection.execute("UPDATE api_token SET expires_at = now() WHERE id = %s", (expired[0],))
    await site.bureau.by(SYSTEM, StreamId(gone), Leave())
    return {
        "no token": None,
        "an expired token": expired[1],
        "a revoked token": revoked[1],
        "the token of somebody without a post": without_post,
        "a token made up": f"tl_{site.tenant}_{'x' * 43}",
    }


async def test_no_other_token_is_taken(site: Site) -> None:
    caller = await site.as_(*OFFICE)
    good, beside = str(caller.token), site.tenant_beside()
    await site.bureau.ledger.tenants.adopt(beside, site.bureau.programme)
    for name, token in {
        "a token that names another tenant": good.replace(site.tenant, beside),
        "a token that names no tenant": good.replace(site.tenant, ""),
        "a token that names a tenant nobody knows": good.replace(site.tenant, "nowhere"),
        "a token cut short": good[:-2],
        "a longer token": f"{good}x",
        "the token's digest": hashlib.sha256(good.encode()).hexdigest(),
        "a signed token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzeXN0ZW0ifQ.",
        "no token at all": "x.y.z",
    }.items():
        answer = await site.nobody(token).get("/tasks")
        assert (answer.status_code, _code(answer)) == (401, "token_invalid"), name
    assert (await site.nobody(good).get("/tasks")).status_code == 200


def _wanted(method: str, path: str) -> Scope:
    """The scope of a route, by its address."""
    if path.startswith((f"{V1}/streams/", f"{V1}/verify")):
        return Scope.AUDIT
    if method == "GET":
        return Scope.READ
    return Scope.DIRECTORY if path.startswith((f"{V1}/people", f"{V1}/units", f"{V1}/rulebooks")) else Scope.ACT


async def test_a_token_is_good_only_for_its_scopes(site: Site) -> None:
    """Each route, by somebody who may, with every scope but the one it asks for, and then with that one alone."""
    wrong: list[str] = []
    for (method, path), case in MATRIX.items():
        target = await _Target.make(site, method, path, case)
        # Where no role of the county may, the scope is asked for first all the same.
        role, _, unit = min(case.allowed, default="@".join(OFFICE)).partition("@")
        person = await site.person(*(LEADER if case.allowed is EVERYBODY else (role, unit)))
        scope = _wanted(method, path)
        others = [one for one in Scope if one is not scope]
        if callable(case.body):
            await case.body(site)  # the people it names are appointed when they are first named
        before = await site.written()
        denied = await target.call(await site.client(person, scopes=others))
        if (denied.status_code, _code(denied)) != (403, "token_scope"):
            wrong.append(f"{method} {path}: {denied.status_code} without {scope}")
        log = (await site.denials())[-1]
        if (log["person"], log["action"], log["code"]) != (person, scope.value, "token_scope"):
            wrong.append(f"{method} {path}: in the denial log stands {log}")
        if (await site.written())[:-1] != before[:-1]:  # the last counts tokens, and one was just issued
            wrong.append(f"{method} {path}: something was written")
        asked = [scope, Scope.READ] if path == f"{V1}/tokens" else [scope]  # it gives no more than it has
        allowed = await target.call(await site.client(person, scopes=asked))
        by_role = not case.allowed and allowed.status_code == 403 and _code(allowed) != "token_scope"
        if allowed.status_code != case.status and not by_role:
            wrong.append(f"{method} {path}: {allowed.status_code} with {scope}: {allowed.text[:200]}")
    assert wrong == []


async def test_a_token_is_read_only_from_its_own_scheme(site: Site) -> None:
    caller = await site.as_(*OFFICE)
    for said in (f"Basic {caller.token}", f"{caller.token}", "Bearer", "", f"Bearer {caller.token} x"):
        answer = await site.http.get(f"{V1}/tasks", headers={"authorization": said})
        assert answer.status_code == 401, said
    assert (await site.http.get(f"{V1}/tasks", params={"access_token": str(caller.token)})).status_code == 401
    spelled = {"authorization": f"bearer {caller.token}"}
    assert (await site.http.get(f"{V1}/tasks", headers=spelled)).status_code == 200


async def test_rights_end_with_the_appointment(site: Site) -> None:
    """What a token was issued for does not matter; what is held today does."""
    id = await site.filing("in_review")
    decider, admin = await site.as_(*COORDINATOR), await site.as_(*ADMIN)
    assert (await decider.get(f"/filings/{id}")).status_code == 200
    ended = await admin.post(f"/people/{decider.person}/end-appointment", {"id": "1", "last_day": "2026-08-31"})
    assert ended.status_code == 200
    for answer in (
        await decider.get(f"/filings/{id}"),
        await decider.post(f"/filings/{id}/approve"),
        await decider.get("/filings"),
    ):
        is_problem(answer, 401, "token_without_post")
