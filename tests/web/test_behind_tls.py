"""The site as people reach it, behind a proxy that takes TLS off: its cookies and headers are an encrypted one's.

The proxy is real, with a certificate of its own that the browser trusts.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api.app import create_app
from api.limits import BODY_LIMIT
from ledger.attempts import Device
from ledger.sessions import Limits
from tests.api.site import Running, serving
from tests.web.browser import Browser
from tests.web.conftest import PASSWORD, Web

HOST = "127.0.0.1"
OFFICE = ("office", "pucheng")


@dataclass(frozen=True, slots=True)
class Proxied:
    """The site by its two addresses, and what trusts its certificate."""

    encrypted: str
    plain: str
    trust: ssl.SSLContext


def certificate(folder: Path) -> Path:
    """A certificate for this machine with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + made.public_bytes(pem)
    )
    return file


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while some := await source.read(65536):
        sink.write(some)
        await sink.drain()
    sink.close()


@pytest.fixture(scope="session")
async def proxied(running: Running, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxied]:
    """The pages as they are set up for an encrypted address, and a proxy before them."""
    file = certificate(tmp_path_factory.mktemp("tls"))
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind((HOST, 0))
    encrypted = f"https://{HOST}:{listening.getsockname()[1]}"
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.load_cert_chain(file)
    app = create_app(running.settings.model_copy(update={"public_url": encrypted}))
    async with serving(app) as plain:

        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            behind_reader, behind = await asyncio.open_connection(HOST, urlsplit(plain).port)
            await asyncio.gather(_pipe(reader, behind), _pipe(behind_reader, writer), return_exceptions=True)

        async with await asyncio.start_server(forward, sock=listening, ssl=offered):
            yield Proxied(encrypted, plain, ssl.create_default_context(cafile=str(file)))


@dataclass
class Visitors:
    """Browsers at one address of the site."""

    web: Web
    proxied: Proxied
    stack: AsyncExitStack

    async def browser(self, origin: str) -> Browser:
        http = httpx.AsyncClient(
            base_url=origin,
            follow_redirects=True,
            verify=self.proxied.trust,
            timeout=30,
            headers={"accept": "text/html", "accept-language": "zh"},
        )
        return Browser(await self.stack.enter_async_context(http), origin)


@pytest.fixture
async def visitors(web: Web, proxied: Proxied) -> AsyncIterator[Visitors]:
    async with AsyncExitStack() as stack:
        yield Visitors(web, proxied, stack)


def attributes(line: str) -> tuple[str, set[str]]:
    """The name of a cookie, and what is said of it beside its value and how long it lasts."""
    first, *rest = line.split("; ")
    return first.partition("=")[0], {one.lower() for one in rest if not one.lower().startswith(("max-age", "expires"))}


async def test_the_session_is_a_host_cookie_that_only_goes_encrypted(visitors: Visitors, web: Web) -> None:
    _, login = await web.account(*OFFICE, password=PASSWORD)
    browser = await visitors.browser(visitors.proxied.encrypted)
    page = await web.sign_in(browser, await browser.get("/account"), login)
    assert page.path == "/account"
    (entered,) = [one for one in page.answer.history if "set-cookie" in one.headers]
    sealed = {"path=/", "secure", "httponly", "samesite=lax"}
    assert attributes(entered.headers["set-cookie"]) == ("__Host-session", sealed), "and no domain, or it is refused"
    plain = await visitors.browser(visitors.proxied.plain)
    plain.http.cookies = browser.http.cookies
    assert (await plain.get("/account")).path.startswith("/sign-in"), "a browser does not send it there"
    out = await browser.http.post(
        "/sign-out",
        data={"csrf": page.form("/sign-out")["csrf"]},
        headers={"origin": visitors.proxied.encrypted},
        follow_redirects=False,
    )
    assert attributes(out.headers["set-cookie"]) == ("__Host-session", sealed), "else it would not be taken away"
    assert "max-age=0" in out.headers["set-cookie"].lower()


async def test_a_session_under_another_name_is_none(visitors: Visitors, web: Web) -> None:
    """What a plain page, or another host of the same domain, could have planted."""
    person, _ = await web.account(*OFFICE)
    begun = await web.ledger.sessions.begin(web.tenant, person, Device("", ""), Limits())
    secret = f"{web.tenant}.{begun.secret}"
    for name, path in (("termledger-session", "/sign-in"), ("session", "/sign-in"), ("__Host-session", "/account")):
        browser = await visitors.browser(visitors.proxied.encrypted)
        browser.http.cookies.set(name, secret)
        assert (await browser.get("/account")).path.startswith(path), name


async def test_every_cookie_is_secure(visitors: Visitors) -> None:
    browser = await visitors.browser(visitors.proxied.encrypted)
    origin = {"origin": visitors.proxied.encrypted}
    answer = await browser.http.post("/language", data={"to": "en"}, headers=origin, follow_redirects=False)
    assert {"secure", "httponly"} <= attributes(answer.headers["set-cookie"])[1]


async def test_every_answer_asks_for_encryption_from_then_on(visitors: Visitors) -> None:
    http = (await visitors.browser(visitors.proxied.encrypted)).http
    for method, path, status in (
        ("GET", "/sign-in", 200),
        ("GET", "/account", 303),
        ("GET", "/static/ledger.css", 200),
        ("GET", "/nowhere", 404),
        ("POST", "/sign-in", 403),
        ("GET", "/api/v1/tasks", 401),
        ("GET", "/health/live", 200),
    ):
        answer = await http.request(method, path, follow_redirects=False)
        assert answer.status_code == status, path
        assert answer.headers["strict-transport-security"] == "max-age=31536000", path
    large = await http.post("/sign-in", content=b"x" * (BODY_LIMIT + 1), headers={"content-type": "text/plain"})
    assert (large.status_code, "strict-transport-security" in large.headers) == (413, True)


async def test_a_form_from_the_plain_address_is_another_sites(visitors: Visitors) -> None:
    http = (await visitors.browser(visitors.proxied.encrypted)).http
    for origin, status in ((visitors.proxied.encrypted, 422), (visitors.proxied.plain, 403)):
        answer = await http.post("/sign-in", data={"login": "x", "password": "y"}, headers={"origin": origin})
        assert answer.status_code == status, origin
