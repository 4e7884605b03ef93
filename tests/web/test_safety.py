"""What the pages do with whatever comes: forms of others, hostile text, odd addresses, bodies that are no form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import jinja2
import pytest
from fastapi.routing import iter_route_contexts
from jinja2 import nodes

import api.web
from api.web.words import WEB
from domain.filing import BeginDraft, Comment, Return, Submit
from domain.ids import PersonId
from domain.inspection import Acknowledge, ScoreItem
from domain.messages import CATALOGUE
from domain.unit import Rename, unit_stream
from tests.api.site import ADMIN, COORDINATOR, LEADER, OFFICE, PLAN, PRINCIPAL, Site
from tests.web.browser import Browser, Page
from tests.web.conftest import PASSWORD, Web
from tests.web.matrix import rows

WEB_FOLDER = Path(api.web.__file__).parent
NO_ID = "fil-00000000000000000000"
DIRECTOR = ("director", "pucheng")


def posts(site: Site) -> list[str]:
    """The path of every page route that takes a form."""
    found = {
        context.path
        for context in iter_route_contexts(site.app.routes)
        if context.path is not None and "POST" in (context.methods or ()) and not context.path.startswith("/api/")
    }
    return sorted(found)


def filled(path: str) -> str:
    """A path of a route with something in the place of each name."""
    return re.sub(r"\{[^}]*\}", NO_ID, path)


async def csrf_of(browser: Browser) -> str:
    return (await browser.get("/account")).form("/language")["csrf"]


# -- forms come from our own pages, from this session

ANONYMOUS = frozenset({"/sign-in", "/sign-in/code", "/sign-in/continue", "/language"})
"""Forms of nobody: they have no session whose token they could carry; where they come from is asked all the same."""


async def test_no_form_is_taken_from_another_page(web: Web) -> None:
    """By whoever may do the most, with all that is right but one thing."""
    admin = await web.signed_in(*ADMIN)
    csrf = await csrf_of(admin)
    wrong: list[str] = []
    for path in posts(web.site):
        for headers in (
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": web.origin, "sec-fetch-site": "cross-site"},
            {"origin": web.origin, "sec-fetch-site": "same-site"},
            {},
        ):
            answer = await admin.http.post(filled(path), data={"csrf": csrf}, headers=headers, follow_redirects=False)
            if answer.status_code != 403 or "set-cookie" in answer.headers:
                wrong.append(f"{path} {headers}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert (await admin.get("/account")).path == "/account", "and nobody was signed out"


async def test_no_form_is_taken_from_another_session(web: Web) -> None:
    admin, other = await web.signed_in(*ADMIN), await web.signed_in(*ADMIN)
    another = await web.signed_in(*OFFICE)
    wrong: list[str] = []
    for path in posts(web.site):
        if path in ANONYMOUS:
            continue
        for token in ("", "made up", await csrf_of(other), await csrf_of(another)):
            headers = {"origin": web.origin}
            answer = await admin.http.post(filled(path), data={"csrf": token}, headers=headers, follow_redirects=False)
            if answer.status_code != 409 or 'id="kept"' not in answer.text:
                wrong.append(f"{path} {token}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert (await admin.get("/account")).path == "/account", "and nobody was signed out"


# -- what every page has

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


def opens_authenticator(href: str) -> bool:
    """Whether a link opens the authenticator on the same device: it leads to no host."""
    return href.startswith("otpauth://totp/")


class _Audit(HTMLParser):
    """Collects what a strict page must not have."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._script = tag == "script"
        if tag in ("style", "iframe", "object", "embed", "base") or (tag == "script" and "src" not in given):
            self.faults.append(f"<{tag}>")
        if tag == "meta" and "http-equiv" in given:
            self.faults.append(f"<meta http-equiv={given['http-equiv']}>")
        for name, value in given.items():
            if name == "style" or name.startswith("on"):
                self.faults.append(f"<{tag} {name}={value}>")
            if name in ("src", "href", "action", "formaction", "poster", "data", "srcset", "xlink:href"):
                parts = urlsplit(value)
                if tag == "a" and opens_authenticator(value):
                    continue
                if parts.scheme or parts.netloc or value.startswith(("//", "/\\", "\\")):
                    self.faults.append(f"<{tag} {name}={value}>")

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.faults.append(f"a script within the page: {data[:80]}")

    def handle_endtag(self, tag: str) -> None:
        self._script = False


def faults_of(answer: httpx.Response) -> list[str]:
    """What is unsafe about an answer that is a page, or not told in its headers."""
    found: list[str] = []
    headers = answer.headers
    if headers.get("x-content-type-options") != "nosniff":
        found.append("may be sniffed")
    if headers.get("content-type", "").startswith("text/html"):
        policy = {one.strip() for one in headers.get("content-security-policy", "").split(";")}
        if policy != CSP:
            found.append(f"its policy is {policy}")
        if headers.get("referrer-policy") != "same-origin" or headers.get("x-frame-options") != "DENY":
            found.append("it lacks a header")
        if "no-store" not in headers.get("cache-control", ""):
            found.append("it may be kept by a cache")
        reader = _Audit()
        reader.feed(answer.text)
        found += reader.faults
    if answer.status_code >= 500:
        found.append(f"it is {answer.status_code}")
    for cookie in headers.get_list("set-cookie"):
        if "httponly" not in cookie.lower() or "samesite=lax" not in cookie.lower() or "path=/" not in cookie.lower():
            found.append(f"its cookie is {cookie}")
    return [f"{answer.request.method} {answer.request.url}: {one}" for one in found]


async def test_every_page_is_strict(web: Web) -> None:
    """All that the matrix gets, and what it is told when it may not."""
    wrong: list[str] = []
    seen: set[int] = set()
    for post in (ADMIN, PRINCIPAL):
        browser = await web.signed_in(*post)
        for row in rows():
            if row.method == "GET" and row.path != "/live":
                names = {"form": "csv", **((await row.prepare(web.site)).at if row.prepare else {})}
                address = row.path.format(**names) + (f"?{row.query.format(**names)}" if row.query else "")
                answer = await browser.http.get(address)
                wrong += faults_of(answer)
                seen.add(answer.status_code)
    nobody = await web.browser()
    for path in ("/sign-in", "/sign-in?why=ended", "/nowhere", "/sign-in/oidc", "/sign-in/oidc/back"):
        wrong += faults_of(await nobody.http.get(path))
    assert not wrong, "\n".join(wrong)
    assert {200, 403, 404} <= seen


async def test_the_cookies_are_out_of_reach(web: Web) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser = await web.browser()
    fields = {"tenant": web.tenant, "login": login, "password": PASSWORD}
    said = {"origin": web.origin}
    signed_in = await browser.http.post("/sign-in", data=fields, headers=said, follow_redirects=False)
    switched = await browser.http.post("/language", data={"to": "en"}, headers=said, follow_redirects=False)
    csrf = await csrf_of(browser)
    out = await browser.http.post("/sign-out", data={"csrf": csrf}, headers=said, follow_redirects=False)
    for answer in (signed_in, switched, out):
        assert answer.status_code == 303
        assert answer.headers.get_list("set-cookie")
        assert faults_of(answer) == []


# -- hostile text

HOSTILE: Mapping[str, str] = {
    "markup": "</textarea></title></script><script>alert(1)</script><img src=x onerror=alert(2)>",
    "quotes": "\"'><b style=\"x\" onclick='y'>&lt;&amp;",
    "template": "{{ 4321*8765 }}{% for x in y %}${7*7}#{7*7}",
    "backwards": "报告\u202egnp.exe\u202c",
    "emoji": "👩‍🏫🧑🏽‍🎓✅",
    "long": "x" * 4000,
}


def worst(limit: int) -> str:
    """All of it, cut where a field ends."""
    return " ".join(value for name, value in HOSTILE.items() if name != "long")[:limit]


async def hostile(web: Web) -> tuple[list[str], PersonId]:
    """A county in which everybody has typed the worst into everything; returns the pages that show it."""
    site, bad = web.site, worst(100)
    person = await site.person(*LEADER, bad[:60])
    await web.account(*ADMIN)
    long = f"{worst(400)} {HOSTILE['long']}"[:4000]
    content = PLAN | {
        "analysis": long,
        "content": HOSTILE["long"],
        "monthly_tasks": [{"month": bad, "task": long, "owner": bad}],
    }
    open_one, returned = await site.filing("open"), await site.filing("open")
    await site.by(LEADER, open_one, BeginDraft())
    await web.ledger.contents.save_draft(web.tenant, open_one, content, person, None)
    await site.by(person, returned, Submit(content=content))
    await site.by(COORDINATOR, returned, Comment(text=long))
    await site.by(COORDINATOR, returned, Return(reason=long))
    await site.by(person, returned, Submit(content=content | {"content": worst(500)}))
    inspected = await site.inspection("assigned")
    expert, _ = await site.panel()
    for number in range(1, 6):
        item = {"item": f"s{number}", "points": 5, "comment": long[:1500], "evidence": [bad, "javascript:alert(1)"]}
        await site.by(expert, inspected, ScoreItem.model_validate(item))
    notified = await site.inspection("notified")
    await site.by(COORDINATOR, notified, Acknowledge(comment=long[:1500]))
    helped = await site.follow_up("opened")
    csrf = await csrf_of(office := await web.signed_in(*OFFICE))
    for command, field in (("visit", "findings"), ("agree-plan", "plan")):
        page = await office.post(f"/follow-ups/{helped}/{command}", {"csrf": csrf, field: long[:1500]})
        assert page.status == 200, page.text
    year = await site.cycle("running")
    page = await office.post(f"/cycles/{year}/suspend", {"csrf": csrf, "reason": long[:1500]})
    unit = unit_stream(web.tenant, "shiyan-maths")
    title = {"zh": worst(80), "en": worst(80)}
    await site.by(ADMIN, unit, Rename.model_validate({"title": title}))
    admin = await web.signed_in(*ADMIN)
    page = await admin.post("/filings/views", {"csrf": await csrf_of(admin), "name": worst(40), "q": worst(80)})
    assert page.status == 200, page.text
    shown = [f"/filings/{one}{rest}" for one in (open_one, returned) for rest in ("", "/edit", "/preview")]
    shown += [f"/inspections/{inspected}", f"/inspections/{inspected}/sheet", f"/inspections/{notified}"]
    shown += [f"/follow-ups/{helped}", f"/cycles/{year}", f"/people/{person}", "/units/shiyan-maths", "/units/shiyan"]
    shown += ["/", "/filings", "/board?unit=shiyan", "/inspections", "/directory?q=script", "/directory?unit=shiyan"]
    shown += [f"/audit/{one}{rest}" for one in (returned, inspected, person, unit, year) for rest in ("", "/sheet")]
    shown += ["/audit", "/audit/events", "/audit?q=script", "/audit/denials", "/directory/people/new", "/account"]
    shown += [f"/filings/{returned}?from=1&to=2", f"/filings/{returned}?revision=1"]
    return shown, person


async def test_what_people_type_is_text_wherever_it_is_shown(web: Web) -> None:
    shown, author = await hostile(web)
    await web.ledger.accounts.create(web.tenant, author, "author")
    browsers = [await web.signed_in_as(author), *[await web.signed_in(*one) for one in (OFFICE, DIRECTOR, ADMIN)]]
    browsers.append(await web.signed_in("expert", "pucheng", lang="en"))
    wrong: list[str] = []
    seen: set[str] = set()
    for browser in browsers:
        for address in shown:
            page = await browser.get(address)
            wrong += faults_of(page.answer)
            if "<script>alert" in page.html or "<img src=x" in page.html or "<b style" in page.html:
                wrong.append(f"{address}: it is markup")
            if "37873565" in page.text and "{{ 4321*8765 }}" not in page.text and "script>alert(1)" in page.text:
                wrong.append(f"{address}: it was worked out")
            if "script>alert(1)" in page.text or "script>alert(1)" in str([form.fields for form in page.forms]):
                seen.add(address)
            if page.title.count("<script>") and "&lt;script" not in page.html:
                wrong.append(f"{address}: its title is markup")
    assert not wrong, "\n".join(wrong)
    assert len(seen) > len(shown) * 0.6, sorted(set(shown) - seen)


async def test_what_was_refused_comes_back_as_text(web: Web) -> None:
    """Into every form of every page, too much of everything."""
    wrong: list[str] = []
    for post in (ADMIN, OFFICE, LEADER, COORDINATOR):
        browser = await web.signed_in(*post)
        csrf = await csrf_of(browser)
        for row in rows():
            if row.method != "POST" or row.path == "/sign-out":
                continue
            begins = row.prepare if not row.path.startswith("/account/totp") else None
            thing = await begins(web.site) if begins is not None else None
            at = {} if thing is None else dict(thing.at)
            named = dict(row.fields) | (dict(thing.fields) if thing is not None else {})
            typed = {name: f"{worst(600)}{HOSTILE['long']}" for name in named} | {"next": worst(90), "said": worst(90)}
            extra = {"content.analysis": worst(600), "reason": f"{worst(900)}{HOSTILE['long']}", "current": worst(40)}
            headers = {"origin": web.origin}
            answer = await browser.http.post(
                row.path.format(**at), data={**extra, **typed, "csrf": csrf}, headers=headers, follow_redirects=False
            )
            wrong += faults_of(answer)
            if "<script>alert" in answer.text or "<img src=x" in answer.text:
                wrong.append(f"{row.path}: it is markup")
    assert not wrong, "\n".join(wrong)


# -- where one is led

ELSEWHERE = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "https:evil.example",
    "///evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    "/\u0000/evil.example",
    "javascript:alert(1)",
    "@evil.example",
    ".evil.example",
    "/ok\r\nset-cookie: termledger-session=x",
    "/ok%0d%0aset-cookie:%20x=y",
    "/\ud800",
    "",
)
"""Addresses that somebody puts into `next`."""


def leads_away(web: Web, here: str, href: str) -> bool:
    """Whether a browser that reads this address leaves the site: it drops tabs and line ends, and takes \\ for /."""
    plain = re.sub(r"[\t\r\n]", "", href.strip("".join(map(chr, range(33))))).replace("\\", "/")
    return bool(urlsplit(plain).scheme or urlsplit(plain).netloc) and not plain.startswith(web.origin)


@pytest.mark.parametrize("onward", ELSEWHERE, ids=ascii)
async def test_nobody_is_led_to_another_host(web: Web, onward: str) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser = await web.browser()
    said = {"origin": web.origin}
    storable = onward.encode("utf-8", "replace").decode()
    fields = {"tenant": web.tenant, "login": login, "password": PASSWORD, "next": storable}
    answers = [
        await browser.http.get("/sign-in", params={"next": storable}, follow_redirects=False),
        await browser.http.post("/language", data={"next": storable, "to": "zh"}, headers=said, follow_redirects=False),
        await browser.http.post("/sign-in", data=fields, headers=said, follow_redirects=False),
        await browser.http.get("/sign-in", params={"next": storable}, follow_redirects=False),
        await browser.http.get("/account/password", params={"next": storable}),
        await browser.http.get("/account/totp", params={"next": storable}),
        await browser.http.get("/", params={"next": storable, "said": storable}),
    ]
    csrf = await csrf_of(browser)
    cycle = await web.site.cycle("drafted")
    data = {"csrf": csrf, "next": storable}
    answers.append(await browser.http.post(f"/cycles/{cycle}/publish", data=data, headers=said, follow_redirects=False))
    for answer in answers:
        assert faults_of(answer) == []
        location = answer.headers.get("location", "")
        assert not leads_away(web, str(answer.url), location), f"{answer.request.url} leads to {location!r}"
        assert "x" not in answer.cookies
        for form in Page(answer).forms:
            assert not leads_away(web, str(answer.url), form.action)
            for name, value in form.fields:
                assert name != "next" or not leads_away(web, str(answer.url), value), f"{name} is {value!r}"
        for _, href in Page(answer).links:
            assert opens_authenticator(href) or not leads_away(web, str(answer.url), href)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../kit.py",
            "..%2fkit.py",
            "..%5ckit.py",
            "%2e%2e/kit.py",
            "%2e%2e%2fkit.py",
            "....//kit.py",
            "%00",
            "a%00.css",
        ),
        *("ledger.css/", "ledger.css%00", "ledger.css/../../kit.py", "%2fetc%2fpasswd", "//etc/passwd", ".", "..", ""),
        *("x" * 5000, "%ed%a0%80.css", "%ff.css", "LEDGER.CSS", "con.css", "ledger.css~"),
    ],
    ids=lambda one: ascii(one)[:40],
)
async def test_only_our_own_files_are_served(web: Web, name: str) -> None:
    raw = {"target": f"/static/{name}".encode()}  # as it stands: a client would tidy it up
    answer = await web.site.http.get("/static/", headers={"accept": "text/html"}, extensions=raw)
    assert answer.status_code == 404
    assert "def " not in answer.text
    assert "root:" not in answer.text


# -- what is no form of ours

BROKEN: Mapping[str, tuple[bytes, str]] = {
    "nothing": (b"", "application/x-www-form-urlencoded"),
    "no content type": (b"csrf=x&a=b", ""),
    "json": (b'{"a": 1}', "application/json"),
    "plain text": (b"a=b", "text/plain"),
    "xml": (b"<a/>", "application/xml"),
    "an unknown charset": (b"reason=a", "application/x-www-form-urlencoded; charset=nonsense"),
    "ten thousand fields": (b"&".join(b"a%d=b" % n for n in range(10_000)), "application/x-www-form-urlencoded"),
    "one name, ten thousand times": (b"pick=b&" * 10_000, "application/x-www-form-urlencoded"),
    "too large": (b"reason=" + b"x" * 1_100_000, "application/x-www-form-urlencoded"),
    "nul": (
        b"reason=%00&text=a%00b&full_name=%00&unit=%00&next=%00&q=%00&item=%00&name=a%00b&scope=read&do=approve"
        b"&pick=" + NO_ID.encode() + b"&on_behalf_of." + NO_ID.encode() + b"=per-%00",
        "application/x-www-form-urlencoded",
    ),
    "half a surrogate pair": (b"reason=%ed%a0%80&text=%ff%fe", "application/x-www-form-urlencoded"),
    "broken percent": (b"reason=%&text=%zz&a=%u1234", "application/x-www-form-urlencoded"),
    "deep names": (
        b"post.a.b.c.d=1&post=2&post.a=3&post..=4&.=5&=6&"
        + b"title"
        + b".a" * 20_000
        + b"=x&reason."
        + b"9" * 5_000
        + b"=x",
        "application/x-www-form-urlencoded",
    ),
    "clashing names": (
        b"post=x&post.role=y&title=x&title.zh=y&scores.0=1&scores.0.a=2",
        "application/x-www-form-urlencoded",
    ),
    "numbers": (
        b"version=-1&version=99999999999999999999&command_id=x&school_year=1e999",
        "application/x-www-form-urlencoded",
    ),
    "odd digits": (
        "version=²&school_year=²&revision=²&posts.².role=x&content.monthly_tasks.².month=x".encode(),
        "application/x-www-form-urlencoded",
    ),
    "multipart without a boundary": (b"--x\r\n\r\n", "multipart/form-data"),
    "multipart cut short": (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb',
        "multipart/form-data; boundary=x",
    ),
    "multipart that is none": (b"a=b&c=d", "multipart/form-data; boundary=x"),
    "multipart with a file for a text": (
        b'--x\r\nContent-Disposition: form-data; name="reason"; filename="a"\r\n\r\nb\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "multipart with a charset that makes surrogates": (
        b'--x\r\nContent-Disposition: form-data; name="reason"\r\n\r\n\\ud800\r\n--x--\r\n',
        "multipart/form-data; boundary=x; charset=unicode_escape",
    ),
    "multipart with a charset that is none": (
        b'--x\r\nContent-Disposition: form-data; name="reason"\r\n\r\nb\r\n--x--\r\n',
        "multipart/form-data; boundary=x; charset=idna",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_whatever_is_posted_is_answered_with_a_page(web: Web, what: str) -> None:
    """To every route, with the token in a header as a script would send it: never a fault of ours."""
    body, kind = BROKEN[what]
    admin, office, leader = [await web.signed_in(*one) for one in (ADMIN, OFFICE, LEADER)]
    things = {
        "filings": (leader, await web.site.filing("drafting")),
        "inspections": (office, await web.site.inspection("planned")),
        "follow-ups": (office, await web.site.follow_up()),
        "cycles": (office, await web.site.cycle("drafted")),
        "people": (admin, await web.site.person("teacher", "shiyan-maths")),
        "units": (admin, unit_stream(web.tenant, "shiyan-english")),
    }
    tokens = {id(one): await csrf_of(one) for one in (admin, office, leader)}
    wrong: list[str] = []
    for path in posts(web.site):
        if path == "/sign-out":
            continue
        browser, id_ = things.get(path.split("/")[1], (admin, NO_ID))
        headers = {"origin": web.origin, "x-csrf-token": tokens[id(browser)], "content-type": kind}
        address = re.sub(r"\{[^}]*\}", id_, path)
        answer = await browser.http.post(address, content=body, headers=headers, follow_redirects=False)
        wrong += faults_of(answer)
    assert not wrong, "\n".join(wrong)


ODD = (
    "%00",
    "a%00b",
    "%ed%a0%80",
    "%ff",
    "x" * 1000,
    "%F0%9F%91%A9",
    "-1",
    "0",
    "99999999999999999999",
    "%C2%B2",
    "1e9",
)
"""Values in an address."""
ALONE = ("a%00b", "%C2%B2")
"""Those that are tried in one name after the other too: the first refusal hides the others."""
NAMES = (
    *("q", "unit", "duty", "status", "month", "subject", "order", "mine", "after", "kind", "state", "page", "said"),
    *("revision", "from", "to", "more", "version", "at", "before", "who", "type", "day", "on", "left", "next", "key"),
    *("events", "person", "period", "parent", "why", "tenant"),
)


@pytest.mark.parametrize("value", ODD, ids=lambda one: str(one)[:20])
async def test_whatever_stands_in_an_address_is_answered_with_a_page(web: Web, value: str) -> None:
    browser = await web.signed_in(*DIRECTOR)
    filing = await web.site.filing("in_review")
    inspection = await web.site.inspection("scored")
    person = await web.site.person(*LEADER)
    wrong: list[str] = []
    paths = sorted({row.path for row in rows() if row.method == "GET"} - {"/live"})
    query = "&".join(f"{name}={value}" for name in NAMES)
    for path in paths:
        known = {"people": person, "inspections": inspection}.get(path.split("/")[1], filing)
        for id in (known, value):
            address = path.replace("{id}", id).replace("{form}", "csv").replace("{digest}", value)
            wrong += faults_of(await browser.http.get(f"{address}?{query}", follow_redirects=False))
        for name in NAMES if value in ALONE and "{" not in path else ():
            wrong += faults_of(await browser.http.get(f"{path}?{name}={value}", follow_redirects=False))
    assert not wrong, "\n".join(wrong)


async def test_a_wrong_link_explains_itself(web: Web) -> None:
    """Ids of another machine, made up, in upper case, of another tenant's: not found, and where to go on."""
    browser = await web.signed_in(*DIRECTOR)
    made: Mapping[str, Any] = {
        "filings": await web.site.filing("in_review"),
        "inspections": await web.site.inspection("planned"),
        "follow-ups": await web.site.follow_up(),
        "cycles": await web.site.cycle("drafted"),
        "people": await web.site.person(*LEADER),
    }
    for plural, own in made.items():
        others = [one for name, one in made.items() if name != plural]
        for id in (*others, str(own).upper(), f"{own}0", str(own)[:-1], f"{str(own)[:4]}{'0' * 20}", "x", "…", "%20"):
            page = await browser.get(f"/{plural}/{id}")
            assert page.status == 404, f"/{plural}/{id}"
            assert page.link("待办") == "/"
            assert faults_of(page.answer) == []
    for path in (
        "/nowhere",
        "/filings/x/y/z",
        "/units/nowhere",
        f"/audit/{NO_ID}",
        "/audit/x",
        "/programme/x",
        "/sign-in/x",
    ):
        page = await browser.get(path)
        assert page.status == 404, path
        assert page.link("待办") == "/"
    answer = await browser.http.put("/filings", headers={"origin": web.origin})
    assert (answer.status_code, faults_of(answer)) == (405, [])


# -- the words are in the catalogues

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
TEMPLATES = sorted((WEB_FOLDER / "templates").glob("*.html"))
MODULES = sorted(WEB_FOLDER.glob("*.py"))


def _environment() -> jinja2.Environment:
    return jinja2.Environment(autoescape=True)


def _calls(tree: nodes.Node) -> Iterator[nodes.Call]:
    for one in tree.find_all(nodes.Call):
        if isinstance(one.node, nodes.Name) and one.node.name == "say":
            yield one


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: str(one.name))
def test_a_template_says_nothing_of_its_own(template: Path) -> None:
    source = template.read_text()
    tree = _environment().parse(source)
    without = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    assert HAN.search(without) is None
    assert not list(tree.find_all(nodes.MarkSafe))
    assert "safe" not in {one.name for one in tree.find_all(nodes.Filter)} - {"urlencode"}
    assert "autoescape" not in without
    plain = re.sub(r"\{[{%].*?[}%]\}", "", without, flags=re.DOTALL)
    assert re.search(r"\s(style|on[a-z]+)\s*=", plain) is None
    texts = "".join(
        one.data if isinstance(one, nodes.TemplateData) else ""
        for output in tree.find_all(nodes.Output)
        for one in output.nodes
    )
    between = re.sub(r"<[^>]*>", " ", plain)
    assert SENTENCE.search(between) is None, SENTENCE.findall(between)
    for attribute in ("title", "alt", "aria-label", "placeholder", "label", "value"):
        for said in re.findall(rf'\s{attribute}="([^"{{]*)"', texts):
            assert SENTENCE.search(said) is None, said


def _literal_keys() -> Iterator[tuple[str, str]]:
    for template in TEMPLATES:
        for call in _calls(_environment().parse(template.read_text())):
            first = call.args[0] if call.args else None
            for one in [first, *(first.find_all(nodes.Const) if isinstance(first, nodes.CondExpr) else ())]:
                if isinstance(one, nodes.Const) and isinstance(one.value, str) and "." in one.value:
                    yield template.name, one.value
    for module in MODULES:
        for key in re.findall(
            r'"((?:web|refusal|status|command|kind|task|notice|event|right)\.[a-z0-9_.]*[a-z0-9_])"', module.read_text()
        ):
            yield module.name, key


def test_every_key_has_its_words() -> None:
    known = WEB.keys() | CATALOGUE.keys()
    missing = sorted(f"{where}: {key}" for where, key in _literal_keys() if key not in known)
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("module", MODULES, ids=lambda one: str(one.name))
def test_code_says_nothing_of_its_own(module: Path) -> None:
    """A Chinese character outside the catalogues is a sentence, or becomes one; but for those that dates have."""
    source = re.sub(r'""".*?"""', "", module.read_text(), flags=re.DOTALL)
    lines = [line for line in source.splitlines() if HAN.search(re.sub("[年月日]", "", line.partition("#")[0]))]
    assert lines == []
