"""A person's browser window: real Chromium, with an eye on what must never happen in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect

from cli.demo_accounts import PASSWORD
from tests.e2e.stage import Stage

CHROMIUM = Path("/usr/bin/chromium")
INSTALLED = CHROMIUM.exists()
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PHONE = {"width": 390, "height": 844}
PC = {"width": 1366, "height": 768}

# A page's own time is not what tests ask about: on two cores that four workers share, a sign-in may take long.
expect.set_options(timeout=30_000)

Lang = Literal["zh", "en"]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium. Nothing is downloaded; a missing browser is a failure, not a skip."""
    assert INSTALLED, "install the packages chromium and fonts-noto-cjk (see .ci/run)"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS), timeout=120_000)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Window:
    """One window of one person."""

    stage: Stage
    context: BrowserContext
    page: Page
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    """Requests to another host."""
    forgiven: tuple[str, ...] = ()
    """Parts of console messages that belong to what a test does: the network taken away, a refused form."""

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda fault: self.errors.append(str(fault)))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        # A browser notes every answer of 400 and more in the console; the tests look at those themselves.
        if message.type == "error" and "the server responded with a status of" not in message.text:
            self.errors.append(message.text)

    def _asked(self, request: Request) -> None:
        if (
            not request.url.startswith(("data:", "blob:"))
            and urlsplit(request.url).netloc != urlsplit(self.stage.url).netloc
        ):
            self.strangers.append(request.url)

    async def go(self, path: str) -> None:
        """Open an address of the site."""
        answer = await self.page.goto(self.stage.url + path)
        assert answer is not None
        assert answer.status < 400, f"{path}: {answer.status}"

    async def sign_in(self, login: str, password: str = PASSWORD) -> None:
        """Fill in the sign-in page that is shown."""
        await self.page.fill("input[name=login]", login)
        await self.page.fill("input[name=password]", password)
        await self.page.click("main button:not(.quiet)")
        await expect(self.page.locator("input[name=password]")).to_have_count(0)

    async def flawless(self) -> None:
        """Nothing that axe finds, nothing in the console, no other host asked, nothing wider than the screen."""
        found = (await Axe().run(self.page)).response["violations"]
        told = [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
        assert not told, f"{self.page.url}:\n" + "\n".join(told)
        wide = await self.page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px wider than the screen"
        self.quiet()

    def quiet(self) -> None:
        """No script failed, no other host was asked."""
        assert not self.strangers, self.strangers
        errors = [one for one in self.errors if not any(part in one for part in self.forgiven)]
        assert not errors, errors


@asynccontextmanager
async def window(
    browser: Browser,
    stage: Stage,
    login: str | None = None,
    *,
    phone: bool = False,
    lang: Lang = "zh",
    dark: bool = False,
    scripts: bool = True,
) -> AsyncIterator[Window]:
    """Open a window, and sign in when a login is named. Without scripts no page may run one."""
    context = await browser.new_context(
        storage_state=stage.signed_in.get(f"{login} {lang}"),
        viewport=PHONE if phone else PC,  # type: ignore[arg-type]
        has_touch=phone,
        is_mobile=phone,
        locale="zh-CN" if lang == "zh" else "en-GB",
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
    )
    try:
        one = Window(stage, context, await context.new_page())
        if login is not None and f"{login} {lang}" not in stage.signed_in:
            await one.go("/sign-in")
            await one.sign_in(login)
            stage.signed_in[f"{login} {lang}"] = await context.storage_state()
        yield one
    finally:
        await context.close()
