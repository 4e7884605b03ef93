"""Every page × every role × own unit, below it, beside it, another tenant, nobody: who may do what, as a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from fastapi.routing import iter_route_contexts

from api.web.kit import PLURALS, say
from domain.access import Actor, may_look
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, machine_of
from domain.machine import Machine
from domain.machines import MACHINES, machine_for
from domain.messages import Lang
from domain.person import Leave
from domain.programme import UnitKind
from ledger.attempts import Device
from ledger.sessions import Limits
from tests.api.site import LEADER, OFFICE, PERSONAL, Site
from tests.conftest import START, Bureau
from tests.web.browser import Browser, Page
from tests.web.conftest import Web
from tests.web.matrix import (
    EVERYBODY,
    MATRIX,
    OPEN,
    UNITS,
    Prepare,
    Row,
    Thing,
    cluster_filing,
    cycle,
    filing,
    follow_up,
    inspection,
    person,
    personal_filing,
    rows,
    rulebook,
    sheet,
    unit,
)

DEVICE = Device("127.0.0.1", "a test's browser")
LINK = re.compile(r'<a [^>]*href="(/[^"#?]*)')
STREAM = re.compile(r"[a-z]{3}-[0-9a-f]{20}")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Caller:
    """Somebody with a browser."""

    who: str
    person: PersonId
    browser: Browser
    csrf: str
    lang: Lang

    async def call(self, row: Row, thing: Thing) -> httpx.Response:
        """Send a row's request, following nothing."""
        names = {"form": "csv", **thing.at}
        address = row.path.format(**names) + (f"?{row.query.format(**names)}" if row.query else "")
        if row.path == "/live":
            async with self.browser.http.stream("GET", address, follow_redirects=False) as answer:
                return httpx.Response(answer.status_code, headers=answer.headers, text="", request=answer.request)
        if row.method == "GET":
            return await self.browser.http.get(address, follow_redirects=False)
        data: dict[str, Any] = {"csrf": self.csrf, **row.fields, **thing.fields}
        return await self.browser.http.post(
            address,
            data=data,
            files={"file": ("名册.xlsx", sheet(), XLSX)} if row.sheet else None,
            headers={"origin": self.browser.origin},
            follow_redirects=False,
        )


async def caller(web: Web, who: str, person: PersonId, tenant: TenantId, lang: Lang) -> Caller:
    """Somebody who has just signed in."""
    if (await web.ledger.accounts.find(tenant, person)) is None:
        await web.ledger.accounts.create(tenant, person, re.sub("[^a-z.]+", ".", who))
    begun = await web.ledger.sessions.begin(tenant, person, DEVICE, Limits())
    browser = await web.browser(lang)
    browser.http.cookies.set("termledger-session", f"{tenant}.{begun.secret}")
    session = await web.ledger.sessions.find(tenant, begun.secret, Limits().idle)
    assert session is not None
    return Caller(who, person, browser, session.csrf, lang)


async def everybody(web: Web) -> dict[str, Caller]:
    """Every role at its own unit and at the sister unit, and an inspector of either; the sister's read English."""
    holders = {
        f"{role.id}@{place}": await caller(
            web, f"{role.id}@{place}", await web.site.person(role.id, place), web.tenant, "en" if number else "zh"
        )
        for role in web.site.bureau.programme.roles
        for kind in role.at
        for number, place in enumerate(UNITS[kind])
    }
    inspectors = {
        f"inspector@{place}": await caller(
            web, f"inspector@{place}", await web.site.inspector(place), web.tenant, "en" if number else "zh"
        )
        for number, place in enumerate(UNITS[UnitKind.CLUSTER])
    }
    return holders | inspectors


async def foreigners(web: Web) -> list[Caller]:
    """Holders of the same posts in another tenant."""
    ledger, foreign = web.ledger, web.site.tenant_beside()
    await ledger.tenants.adopt(foreign, web.site.bureau.programme)
    await ledger.tenants.freeze_clock(foreign, START)
    abroad = Bureau(ledger, foreign, web.site.bureau.programme)
    posts = {**{f"{role}": (role, place) for role, place in (OFFICE, LEADER)}, "admin": ("admin", "pucheng")}
    return [
        await caller(web, f"{role}@another tenant", await abroad.person(role, place), foreign, "zh")
        for role, place in posts.values()
    ]


async def written(site: Site) -> tuple[Any, ...]:
    """What would differ if anything at all had been written; sessions, which are used by looking, aside."""
    query = """
        SELECT (SELECT count(*) FROM saved_view), (SELECT count(*) FROM import_job WHERE state <> 'ready'),
               (SELECT count(*) FROM import_job), (SELECT count(*) FROM account), (SELECT max(changed_at) FROM account),
               (SELECT count(*) FROM sign_in_log), (SELECT count(*) FROM pending),
               (SELECT sum(tree) FROM tenant)
    """
    async with await psycopg.AsyncConnection.connect(site.running.base.owner) as connection:
        rest = (await (await connection.execute(query)).fetchall())[0]
    return (*await site.written(), *rest)


# -- the table is whole


def routes(site: Site) -> list[tuple[str, str]]:
    """Method and path of every route of the app."""
    return [
        (method, context.path)
        for context in iter_route_contexts(site.app.routes)
        if context.path is not None
        for method in sorted((context.methods or set()) - {"HEAD"})
    ]


def test_the_matrix_covers_every_page(site: Site) -> None:
    pages = {one for one in routes(site) if not one[1].startswith("/api/v1/") or one in OPEN}
    assert pages == {(row.method, row.path) for row in rows()} | OPEN


def test_no_route_is_shadowed(site: Site) -> None:
    """Of two routes with one address the second is never reached."""
    found = routes(site)
    assert sorted(one for one in set(found) if found.count(one) > 1) == []


# -- who may do what


@pytest.mark.parametrize("area", MATRIX)
async def test_who_may_do_what(web: Web, area: str) -> None:
    insiders, outsiders = await everybody(web), await foreigners(web)
    gone = await web.site.person(*OFFICE, "gone")
    await web.account(*OFFICE, "gone")
    await web.site.by(SYSTEM, StreamId(gone), Leave())
    wrong: list[str] = []
    for row in MATRIX[area]:
        check = Check(web, row, insiders)
        await check.renew()
        await check.denied()
        await check.outside(outsiders, gone)
        await check.allowed()
        wrong += check.wrong
    assert not wrong, "\n".join(wrong)


class Check:
    """Tries one row as everybody."""

    def __init__(self, web: Web, row: Row, insiders: Mapping[str, Caller]) -> None:
        self.web = web
        self.row = row
        self.insiders = insiders
        self.wrong: list[str] = []
        self.thing = Thing({})

    async def renew(self) -> None:
        """Bring the thing to where the row is possible, again after each time it was carried out."""
        if self.row.prepare is not None:
            self.thing = await self.row.prepare(self.web.site)

    async def denied(self) -> None:
        """Whoever may not is told so on a page, in their language; it is noted, and nothing is written."""
        site = self.web.site
        before, told = await written(site), len(await site.denials())
        denied = [one for who, one in self.insiders.items() if not self.row.may(who)]
        for one in denied:
            answer = await one.call(self.row, self.thing)
            self._status(one.who, 403, answer)
            self._explains(one, answer)
            if self.row.readers is not EVERYBODY and one.who not in self.row.readers:
                self._hides(one.who, answer)
        noted = {str(one["person"]) for one in (await site.denials())[told:]}
        for one in denied:
            self._unless(one.person in noted, one.who, "is not in the denial log")
        self._unless(await written(site) == before, "somebody", "wrote something")

    async def outside(self, outsiders: list[Caller], gone: PersonId) -> None:
        """Other tenants' people find nothing. Nobody, and who holds nothing any more, is asked to sign in."""
        site = self.web.site
        before = await written(site)
        if self.row.prepare is not None and self.thing.at:
            for one in outsiders:
                answer = await one.call(self.row, self.thing)
                refused = self.row.right_first and one.who != "admin@another tenant"
                self._status(one.who, 403 if refused else 404, answer)
                self._hides(one.who, answer)
        nobody = Caller("nobody", PersonId(""), await self.web.browser("zh"), "made up", "zh")
        former = await caller(self.web, "gone", gone, self.web.tenant, "zh")
        for one, why in ((nobody, "none"), (former, "no_post")):
            answer = await one.call(self.row, self.thing)
            self._signs_in(one.who, why, answer)
            self._hides(one.who, answer)
        self._unless(await written(site) == before, "an outsider", "wrote something")

    async def allowed(self) -> None:
        """Whoever may is answered, and sees what only they may."""
        for who in self.insiders:
            if not self.row.may(who):
                continue
            one = self.insiders[who]
            if self.row.path == "/sign-out":
                one = await caller(self.web, who, one.person, self.web.tenant, one.lang)
            answer = await one.call(self.row, self.thing)
            self._status(who, self.row.wanted, answer)
            if self.row.method == "GET" and self.row.shows:
                for words in self.thing.words:
                    shown = answer.text if "json" in answer.headers["content-type"] else Page(answer).text
                    self._unless(words.zh in shown or words.en in shown, who, f"is not shown {words}")
            if self.row.method != "GET":
                await self.renew()

    # -- what is wrong

    def _unless(self, good: bool, who: str, what: str) -> None:
        if not good:
            self.wrong.append(f"{self.row.name}: {who} {what}")

    def _status(self, who: str, status: int, answer: httpx.Response) -> None:
        given = answer.status_code
        words = Page(answer).text[:300] if given != status else ""
        self._unless(given == status, who, f"was answered {given}, not {status}: {words}")

    def _hides(self, who: str, answer: httpx.Response) -> None:
        for words in self.thing.words:
            shown = words.zh in answer.text or words.en in answer.text
            self._unless(not shown, who, f"is shown {words} with {answer.status_code}")

    def _explains(self, one: Caller, answer: httpx.Response) -> None:
        if answer.status_code != 403:
            return
        html = "zh-CN" if one.lang == "zh" else "en"
        self._unless(f'<html lang="{html}">' in answer.text, one.who, "is refused in another language")
        page = Page(answer)
        said = page.title.startswith(say(one.lang, "web.error.title_403")) or 'role="alert"' in answer.text
        self._unless(said, one.who, f"is not told why: {page.text[:300]}")
        self._unless(any(href == "/" for _, href in page.links), one.who, "is shown no way on")

    def _signs_in(self, who: str, why: str, answer: httpx.Response) -> None:
        if self.row.method == "GET":
            onward = answer.headers.get("location", "")
            self._status(who, 303, answer)
            self._unless(onward.startswith("/sign-in"), who, f"is sent to {onward}")
            self._unless(why == "none" or f"why={why}" in onward, who, f"is not told why: {onward}")
        else:
            self._status(who, 401, answer)
            self._unless('action="/sign-in"' in answer.text, who, "is not asked to sign in")


# -- lists show each what they may look at


async def test_nobody_is_shown_a_stream_they_may_not_look_at(web: Web) -> None:
    """On whatever page: no id of a stream that the policy denies, and no link to a page that would refuse."""
    site = web.site
    made: list[Prepare] = [
        *(filing(state) for state in ("open", "in_review", "returned", "approved")),
        *(cluster_filing, personal_filing),
        *(inspection(state) for state in ("planned", "notified", "acknowledged")),
        *(follow_up("opened"), follow_up("agreed")),
    ]
    streams = {(await prepare(site)).stream for prepare in made}
    pages = ["/", "/filings", "/inspections", "/inspections?kind=follow-ups", "/cycles", "/directory?unit=pucheng"]
    pages += ["/audit", "/audit/events", "/audit?unit=shiyan", "/units/shiyan", "/units/shiyan-maths"]
    pages += [f"/filings?q={PERSONAL['question']}", "/filings?unit=shiyan"]
    pages += [f"/people/{await site.person(*one)}" for one in (LEADER, ("teacher", "shiyan-maths"))]
    wrong: list[str] = []
    shown: set[StreamId] = set()
    for who, one in (await everybody(web)).items():
        actor, _, _ = await web.ledger.actor(web.tenant, one.person)
        for page in pages:
            html = (await one.browser.get(page)).html
            ids = {
                StreamId(id) for id in STREAM.findall(html) if machine_of(id) in ("filing", "inspection", "follow_up")
            }
            shown |= ids
            wrong += [f"{who} {page}: {id}" for id in ids if not await _may(web, actor, id)]
            for href in set(LINK.findall(html)):
                id = StreamId(href.split("/")[2]) if href.count("/") > 1 else None
                if id in ids and (await one.browser.http.get(href)).status_code != 200:
                    wrong.append(f"{who} {page}: a link to {href} that refuses")
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert shown >= streams, "each was seen by somebody"


async def _may(web: Web, actor: Actor, id: StreamId) -> bool:
    _, state, _ = await web.ledger.head(web.tenant, id)
    return may_look(actor, machine_for(id).scope(state))


# -- buttons

WITHOUT_FORM: Mapping[str, Mapping[str, str]] = {
    "filing": {
        "begin_draft": "a draft begins when it is first saved",
        "submit": "on the form's own page, linked to",
        "hand_over": "with everything of a leaver's, on a page of its own",
        "move_rules": "with all filings that a change of rules touches, on a page of its own",
    },
    "person": {
        "revise": "rosters do it",
        "delegate": "on a page of its own",
        "end_delegation": "on the page of delegations",
        "hand_over": "with a look at all that is open, on a page of its own",
    },
    "cycle": {"change_rules": "with the filings that it touches, on a page of its own"},
    "inspection": {"hand_over": "with everything of a leaver's, on a page of its own"},
    "follow_up": {},
    "unit": {},
    "rulebook": {},
}
"""Commands that have no form on their stream's page, and why."""

STATES: Mapping[str, tuple[Prepare, ...]] = {
    "filing": (
        *(filing(one) for one in ("open", "drafting", "in_review", "second", "approved")),
        *(filing(one) for one in ("returned", "recalled", "amending", "recall_asked", "extension", "copied")),
        personal_filing,
    ),
    "inspection": tuple(
        inspection(one) for one in ("planned", "assigned", "scored", "signed", "notified", "acknowledged")
    ),
    "follow_up": (
        *(follow_up(one) for one in ("opened", "visited", "agreed")),
        *(follow_up("opened", one) for one in ("commendation", "rectification")),
    ),
    "cycle": tuple(cycle(one) for one in ("drafted", "published", "running", "suspended", "closing")),
    "person": (person,),
    "unit": (unit,),
    "rulebook": (rulebook,),
}


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda one: str(one.name))
async def test_a_page_has_a_form_for_what_its_visitor_may_do_and_for_nothing_else(web: Web, machine: Machine) -> None:
    callers = await everybody(web)
    wrong: list[str] = []
    offered: set[str] = set()
    for prepare in STATES[machine.name]:
        stream = (await prepare(web.site)).stream
        assert stream is not None
        for who, one in callers.items():
            actor, _, _ = await web.ledger.actor(web.tenant, one.person)
            _, state, _ = await web.ledger.head(web.tenant, stream)
            page = await one.browser.get(f"/{PLURALS[machine.name]}/{stream}")
            forms = _offered(page, machine, stream)
            permitted = set(machine.permitted(state, actor)) if page.status == 200 else set()
            wanted = permitted - WITHOUT_FORM[machine.name].keys()
            offered |= forms
            if forms != wanted:
                wrong.append(f"{who}, {state.status}: forms {sorted(forms)}, permitted {sorted(wanted)}")
            if machine.name == "filing" and page.status == 200:
                edits = any(href.partition("?")[0] == f"/filings/{stream}/edit" for _, href in page.links)
                if edits != ("submit" in permitted):
                    wrong.append(f"{who}, {state.status}: {'a' if edits else 'no'} link to the form")
    assert not wrong, "\n".join(wrong)
    assert offered, "somebody may do something"


def _offered(page: Page, machine: Machine, stream: StreamId) -> set[str]:
    """The commands that a page has forms for."""
    start = f"/{PLURALS[machine.name]}/{stream}/"
    commands = {row.command.name for row in machine.transitions}
    return {
        name
        for form in page.forms
        if form.method == "post" and form.action.startswith(start)
        if (name := form.action.removeprefix(start).replace("-", "_")) in commands
    }
