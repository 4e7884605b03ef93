"""A running site with its pages, and browsers of people who are signed in to it.

browser = await web.signed_in("office", "pucheng")
page = await browser.get("/")
page = await browser.submit(page, "approve", comment="同意")
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from domain.ids import PersonId, TenantId
from ledger.attempts import Device
from ledger.ledger import Ledger
from ledger.sessions import Limits
from tests.api.conftest import running, site, two_clusters
from tests.api.site import Site
from tests.web.browser import Browser, Page

__all__ = ["running", "site", "two_clusters"]

PASSWORD = "秋天的银杏 falls softly 77"


@dataclass
class Web:
    """The site, and whoever looks at it."""

    site: Site
    stack: AsyncExitStack
    logins: dict[PersonId, str] = field(default_factory=dict)

    @property
    def ledger(self) -> Ledger:
        return self.site.running.ledger

    @property
    def tenant(self) -> TenantId:
        return self.site.tenant

    @property
    def origin(self) -> str:
        return str(self.site.http.base_url).rstrip("/")

    async def browser(self, lang: str = "zh") -> Browser:
        """A browser of nobody."""
        http = httpx.AsyncClient(
            base_url=self.origin,
            follow_redirects=True,
            verify=False,  # nothing is encrypted here, and reading the certificates takes long
            timeout=30,
            headers={"accept": "text/html", "accept-language": lang, "user-agent": "a test's browser"},
        )
        await self.stack.enter_async_context(http)
        return Browser(http, self.origin)

    async def account(
        self, role: str, unit: str, name: str = "", *, password: str | None = None, login: str = ""
    ) -> tuple[PersonId, str]:
        """A person who holds a post, with an account; returns the person and the login."""
        person = await self.site.person(role, unit, name)
        if person not in self.logins:
            self.logins[person] = login or f"{role}.{unit}{'.' + name if name else ''}"
            await self.ledger.accounts.create(self.tenant, person, self.logins[person], password=password)
        return person, self.logins[person]

    async def signed_in(self, role: str, unit: str, name: str = "", *, lang: str = "zh") -> Browser:
        """A browser in which the holder of a post is signed in."""
        person, _ = await self.account(role, unit, name)
        return await self.signed_in_as(person, lang=lang)

    async def signed_in_as(self, person: PersonId, *, lang: str = "zh") -> Browser:
        """A browser in which somebody with an account is signed in."""
        browser = await self.browser(lang)
        begun = await self.ledger.sessions.begin(self.tenant, person, Device("127.0.0.1", "a test's browser"), Limits())
        browser.http.cookies.set("termledger-session", f"{self.tenant}.{begun.secret}")
        return browser

    async def sign_in(self, browser: Browser, page: Page, login: str, password: str = PASSWORD) -> Page:
        """Fill in the sign-in page."""
        return await browser.submit(page, "sign-in", tenant=self.tenant, login=login, password=password)

    async def outcomes(self) -> list[str]:
        """What the log of accounts says, oldest first."""
        rows = sorted(await self.site.rows("sign_in_log"), key=lambda row: int(row["id"]))
        return [row["outcome"] for row in rows]


@asynccontextmanager
async def counted(web: Web) -> AsyncIterator[list[int]]:
    """Count the statements that the API sends within a block; the list holds their number afterwards.

    Ask each page once before: what is read once for each process, such as a programme, is not a page's.
    """
    ledger: Ledger = web.site.running.app.state.ledger
    told: list[int] = []
    before = ledger.database.statements
    yield told
    told.append(ledger.database.statements - before)


@pytest.fixture
async def web(site: Site) -> AsyncIterator[Web]:
    """The pages over a tenant at the start of the school year."""
    async with AsyncExitStack() as stack:
        yield Web(site, stack)
