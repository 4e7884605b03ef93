"""Second factors stand sealed in the database; their keys stand in a file, and are missed with a sentence."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyotp
import pytest
import typer
from typer.testing import CliRunner, Result

from api.settings import Settings
from cli.connection import kept_totp_keys
from cli.main import app
from cli.totp_keys import check_totp_keys
from domain.ids import PersonId, TenantId
from ledger.totp_keys import KeysUnusable, NotOpened, TotpKeys, draw_key, key_of
from tests.api.site import TOTP_KEYS
from tests.conftest import Base
from tests.web.conftest import PASSWORD, Web
from tests.web.test_account import OFFICE, change, enrolled, entering, later, now_code

A, B = TenantId("a"), TenantId("b")
ONE, OTHER = PersonId("per-1"), PersonId("per-2")


class Keys:
    """The running site's file of keys."""

    @property
    def text(self) -> str:
        return TOTP_KEYS.read_text().strip()

    @text.setter
    def text(self, lines: str) -> None:
        TOTP_KEYS.write_text(lines)

    @property
    def mode(self) -> int:
        return stat.S_IMODE(TOTP_KEYS.stat().st_mode)


@pytest.fixture
def keys() -> Iterator[Keys]:
    """The keys of the site, as they were again afterwards."""
    keys = Keys()
    before = keys.text
    yield keys
    keys.text = before


async def command(web: Web, *words: str) -> Result:
    """Run the command line as an operator does, on the site's database and keys."""
    env = {
        "TERMLEDGER_DSN": web.site.running.base.service,
        "TERMLEDGER_TOTP_KEYS_FILE": str(TOTP_KEYS),
        "TERMLEDGER_LANG": "en",
    }
    return await asyncio.to_thread(CliRunner().invoke, app, list(words), env=env)


# -- sealing


def test_a_sealed_secret_opens_for_its_account_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(draw_key())
    keys = TotpKeys(file)
    sealed = keys.seal(A, ONE, "JBSWY3DPEHPK3PXP")
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert keys.unseal(A, ONE, sealed) == "JBSWY3DPEHPK3PXP"
    assert keys.seal(A, ONE, "JBSWY3DPEHPK3PXP") != sealed, "nobody sees that two are the same"
    spoilt = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    for tenant, person, text in (
        (A, OTHER, sealed),
        (B, ONE, sealed),
        (A, ONE, spoilt),
        (A, ONE, sealed[:30]),
        (A, ONE, "JBSWY3DPEHPK3PXP"),
        (A, ONE, ""),
    ):
        with pytest.raises(NotOpened):
            keys.unseal(tenant, person, text)


def test_older_keys_open_and_the_first_seals(tmp_path: Path) -> None:
    file, old, new = tmp_path / "keys", draw_key(), draw_key()
    keys = TotpKeys(file)
    file.write_text(old)
    sealed = keys.seal(A, ONE, "OLD")
    file.write_text(f"{new}\n{old}\n")
    assert keys.unseal(A, ONE, sealed) == "OLD"
    assert key_of(keys.seal(A, ONE, "NEW")) == keys.ids()[0] != key_of(sealed)
    file.write_text(new)
    with pytest.raises(NotOpened):
        keys.unseal(A, ONE, sealed)


@pytest.mark.parametrize(
    "content",
    ["", "\n", "kurz", "密钥", draw_key()[:-8], f"{draw_key()}\nx", None],
    ids=["empty", "blank", "a word", "Chinese", "a key cut short", "a word after a key", "no file"],
)
def test_a_file_that_holds_no_keys_is_none(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "keys"
    if content is not None:
        file.write_text(content)
    with pytest.raises(KeysUnusable):
        TotpKeys(file).seal(A, ONE, "SECRET")


# -- on the site


async def stored(web: Web) -> str:
    """Everything the database holds about accounts, as text."""
    query = "SELECT string_agg(t::text, '\n') AS all FROM (TABLE account) t"
    kinds = ("account", "pending", "sign_in_log", "session")
    async with await psycopg.AsyncConnection.connect(web.site.running.base.owner) as connection:
        found = [await (await connection.execute(query.replace("account", kind).encode())).fetchone() for kind in kinds]
    return str(found)


async def test_the_database_never_holds_a_secret(
    web: Web, keys: Keys, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = [pyotp.random_base32(), pyotp.random_base32()]
    monkeypatch.setattr(pyotp, "random_base32", iter(drawn).__next__)
    caplog.set_level(logging.DEBUG)
    person, _ = await web.account(*OFFICE)
    browser = await web.signed_in_as(person)
    page = await browser.get("/account/totp")
    assert drawn[0][:4] in page.html, "its owner sees it"
    assert drawn[0] not in await stored(web), "not even while it is being set up"
    phone, _, _ = await enrolled(web, browser)
    assert phone.secret == drawn[1]
    assert drawn[1] not in await stored(web)
    key = keys.text
    assert not any(one in caplog.text for one in (*drawn, key))
    with pytest.raises(psycopg.errors.CheckViolation):
        await change(web, "UPDATE account SET totp_secret = %s WHERE tenant = %s", phone.secret)


async def test_new_keys_need_no_restart_and_the_old_one_may_go(web: Web, keys: Keys) -> None:
    person, login = await web.account(*OFFICE, password=PASSWORD)
    phone, _, _ = await enrolled(web, await web.signed_in_as(person))
    old = keys.text
    told = await command(web, "totp-keys", "new")
    assert told.exit_code == 0, told.output
    assert keys.mode == 0o600
    new, *rest = keys.text.split()
    assert rest == [old]
    # The office's second factor alone is left, so that the count says how many were sealed.
    async with await psycopg.AsyncConnection.connect(web.site.running.base.owner, autocommit=True) as connection:
        await connection.execute("UPDATE account SET totp_secret = NULL WHERE tenant <> %s", (web.tenant,))
    told = await command(web, "totp-keys", "reseal")
    assert told.exit_code == 0, told.output
    assert told.output.startswith("1 second factors")
    assert (await command(web, "totp-keys", "reseal")).output.startswith("0 ")
    keys.text = new
    await later(web)
    browser, page = await entering(web, login, PASSWORD)
    page = await browser.submit(page, "code-form", code=await now_code(web, phone))
    assert page.path == "/account"


async def test_with_another_key_a_recovery_code_still_serves(
    web: Web, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    person, login = await web.account(*OFFICE, password=PASSWORD)
    phone, codes, _ = await enrolled(web, await web.signed_in_as(person))
    keys.text = draw_key()
    await later(web)
    browser, page = await entering(web, login, PASSWORD)
    page = await browser.submit(page, "code-form", code=await now_code(web, phone))
    assert page.status == 422
    assert "系统这边缺少密钥" in page
    assert person in caplog.text, "the operator reads of it"
    assert phone.secret not in caplog.text
    told = await command(web, "totp-keys", "reseal")
    assert told.exit_code == 1
    assert f"{web.tenant} {person}: opens with no key" in told.output
    page = await browser.submit(page, "code-form", code=codes[0])
    assert page.path == "/account"
    await web.ledger.accounts.reset_totp(web.tenant, await web.site.person("admin", "pucheng"), person)
    assert (await enrolled(web, browser))[1], "and a new one is set up with the key of now"


async def test_without_keys_nobody_sets_up_a_second_factor_and_all_else_goes_on(web: Web, keys: Keys) -> None:
    browser = await web.signed_in(*OFFICE)
    open_form = await browser.get("/account/totp")
    keys.text = ""
    for page in (await browser.get("/account/totp"), await browser.submit(open_form, "totp-form", code="000000")):
        assert page.status == 503
        assert "系统没有可用的密钥" in page
    assert (await browser.get("/account")).status == 200


# -- when it starts


async def starts(web: Web, file: Path | None, capsys: pytest.CaptureFixture[str]) -> str:
    """What an operator reads when the API starts with a file of keys; empty when it starts in silence."""
    chosen = Settings.model_validate({"dsn": web.site.running.base.service, "totp_keys_file": file})
    with contextlib.suppress(typer.Exit):
        await asyncio.to_thread(check_totp_keys, chosen)
        return ""
    return capsys.readouterr().err


async def nobody_needs_keys(web: Web) -> None:
    """Forget what earlier tests have left in the database: second factors, and programmes that ask for one."""
    async with await psycopg.AsyncConnection.connect(web.site.running.base.owner, autocommit=True) as connection:
        await connection.execute("UPDATE account SET totp_secret = NULL")
    for tenant in await web.ledger.tenants.known():
        if any(role.totp for role in (await web.ledger.tenants.in_force(tenant)).roles):
            await web.ledger.tenants.adopt(tenant, web.site.bureau.programme)


async def test_it_does_not_start_without_the_keys_it_needs(
    web: Web,
    keys: Keys,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERMLEDGER_LANG", "en")
    await nobody_needs_keys(web)
    assert await starts(web, None, capsys) == "", "nobody has a second factor, and no role asks for one"
    await enrolled(web, await web.signed_in(*OFFICE))
    assert await starts(web, TOTP_KEYS, capsys) == ""
    assert "Second factors are in use and there is no key" in await starts(web, None, capsys)
    assert "cannot be read" in await starts(web, tmp_path / "nowhere", capsys)
    wrong = tmp_path / "wrong"
    wrong.write_text("x")
    assert "is no file of keys" in await starts(web, wrong, capsys)
    wrong.write_text(draw_key())
    assert await starts(web, wrong, capsys) == "", "people can still be helped"
    assert "1 second factors open with none of the keys" in caplog.text


def test_a_data_folder_gets_its_keys_once(base: Base, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = kept_totp_keys(base.owner, tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kept_totp_keys(base.owner, tmp_path).read_text() == file.read_text()
    sealed = TotpKeys(file).seal(A, ONE, "SECRET")
    file.unlink()
    with psycopg.connect(base.owner, autocommit=True) as connection:
        query = """
            INSERT INTO account (tenant, person, login, must_change, recovery_codes, totp_secret)
            VALUES (%s, %s, 'one', false, '[]', %s)
        """
        connection.execute(query, (A, ONE, sealed))
    with pytest.raises(typer.Exit):
        kept_totp_keys(base.owner, tmp_path)
    assert str(file) in capsys.readouterr().err
    assert not file.exists(), "nothing is made that would hide the loss"
