"""Finding the ledger: a data folder of the embedded stack, or TERMLEDGER_* in the environment."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

import typer
import uvloop
from pydantic import BaseModel, ValidationError

from api.settings import Settings
from cli.fitness import unfit
from cli.output import failed
from deploy.stack import Stack
from domain.ids import TenantId
from domain.machine import Unreadable
from ledger.accounts import any_sealed
from ledger.database import Database, DatabaseAway
from ledger.fitness import Unfit, check_contents, check_schema, unreadable
from ledger.ledger import Ledger
from ledger.migrate import ensure_login, migrate
from ledger.totp_keys import draw_key

LOGIN = "termledger_app"
TOTP_KEYS = "totp_keys"

DataOption = Annotated[
    Path | None, typer.Option("--data", help="数据目录 / data folder of the embedded stack", envvar="TERMLEDGER_DATA")
]
TenantOption = Annotated[
    str | None, typer.Option("--tenant", help="租户，只有一个时可省 / tenant; not needed when there is only one")
]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]

T = TypeVar("T")


class Address(BaseModel):
    """Where a running stack is. Kept in the data folder, for its owner only: the string carries a password."""

    dsn: str
    temporal: str
    temporal_ui: str | None
    api: str
    totp_keys: Path

    def environment(self) -> dict[str, str]:
        """The settings of the stack's worker and API."""
        api = urlsplit(self.api)
        return {
            "TERMLEDGER_DSN": self.dsn,
            "TERMLEDGER_TEMPORAL": self.temporal,
            "TERMLEDGER_HOST": api.hostname or "127.0.0.1",
            "TERMLEDGER_PORT": str(api.port),
            "TERMLEDGER_TOTP_KEYS_FILE": str(self.totp_keys),
        }


def prepare(stack: Stack) -> Address:
    """Migrate a started stack's database, give the service its login, and write down where everything is.

    Ends with a sentence where another version made the data.
    """
    owner = stack.postgres.dsn()
    try:
        migrate(owner)
        check_contents(owner)
    except Unfit as fault:
        raise unfit(fault, stack.data) from None
    address = Address(
        dsn=ensure_login(owner, LOGIN, _kept_secret(stack.data / "service_password")),
        temporal=stack.temporal.address,
        temporal_ui=stack.temporal.ui_url,
        api=f"http://127.0.0.1:{stack.ports.get('api')}",
        totp_keys=kept_totp_keys(owner, stack.data),
    )
    write_private(stack.data / "address.json", address.model_dump_json(indent=2))
    return address


def kept_totp_keys(owner: str, folder: Path) -> Path:
    """A data folder's keys of second factors, made when there are none yet; ends where they are gone but needed."""
    keys = folder / TOTP_KEYS
    if keys.exists():
        return keys
    if any_sealed(owner):
        raise failed(
            f"缺少两步验证的密钥文件 {keys}，而已有人开启两步验证。请从备份放回该文件；确实丢失的，运行 "
            f"termledger totp-keys new --data {folder} 新建，再由管理员为这些人重置两步验证。",
            f"{keys}, the file with the keys of second factors, is missing, and second factors are in use. Put it back "
            f"from a backup. If it is lost, make a new one with termledger totp-keys new --data {folder}, and have "
            "the administrator reset those second factors.",
            2,
        )
    write_private(keys, f"{draw_key()}\n")
    return keys


def totp_keys_of(data: Path | None) -> Path | None:
    """The file with the keys of second factors, if one is named."""
    if data is not None:
        return data / TOTP_KEYS
    named = os.environ.get("TERMLEDGER_TOTP_KEYS_FILE")
    return Path(named) if named else None


def address_of(data: Path) -> Address:
    """Read where a data folder's stack is."""
    try:
        return Address.model_validate_json((data / "address.json").read_text())
    except (OSError, ValidationError):
        raise failed(
            f"{data} 里没有可用的系统；请先运行 termledger up --data {data}。",
            f"There is no stack in {data}; start one with: termledger up --data {data}",
            2,
        ) from None


def dsn_of(data: Path | None) -> str:
    """The database to work on."""
    if data is not None:
        return address_of(data).dsn
    dsn = os.environ.get("TERMLEDGER_DSN")
    if dsn is None:
        raise failed(
            "请用 --data 指明数据目录，或设置 TERMLEDGER_DSN。",
            "Name the data folder with --data, or set TERMLEDGER_DSN.",
            2,
        )
    return dsn


def settings() -> Settings:
    """The settings in the environment."""
    try:
        return Settings()
    except ValidationError as fault:
        missing = ", ".join(f"TERMLEDGER_{str(error['loc'][0]).upper()}" for error in fault.errors())
        raise failed(f"缺少或有误的设置：{missing}。", f"Missing or wrong settings: {missing}.", 2) from None


@asynccontextmanager
async def opened(data: Path | None) -> AsyncIterator[Ledger]:
    """Open the ledger for the length of a block; ends with a sentence where another version made its database."""
    try:
        async with Ledger.connect(dsn_of(data), size=4, totp_keys=totp_keys_of(data)) as ledger:
            await check_schema(ledger.database)
            yield ledger
    except Unfit as fault:
        raise unfit(fault, data) from None
    except Unreadable as fault:
        raise unfit(unreadable(fault), data) from None


def check_database(chosen: Settings) -> None:
    """End with a sentence where another version made the database of a server that is about to start."""

    async def work() -> None:
        database = Database(chosen.dsn.get_secret_value(), size=1)
        await database.open()
        try:
            await check_schema(database)
        finally:
            await database.close()

    try:
        uvloop.run(work())
    except Unfit as fault:
        raise unfit(fault, None) from None
    except DatabaseAway:
        return  # servers start all the same, and wait for it


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine; a database that is away ends the command with a sentence."""
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # what it warns of is said below, once
    try:
        return uvloop.run(work)
    except DatabaseAway:
        raise failed(
            "连不上数据库。请确认系统正在运行（termledger up），再试一次。",
            "The database cannot be reached. See that the stack is running (termledger up) and try again.",
            3,
        ) from None


async def the_tenant(ledger: Ledger, name: str | None) -> TenantId:
    """The tenant that is meant: the named one, or the only one."""
    known = await ledger.tenants.known()
    if name is None and len(known) == 1:
        return known[0]
    if name is not None and TenantId(name) in known:
        return TenantId(name)
    names = ", ".join(known) or "-"
    raise failed(f"请用 --tenant 指明租户，现有：{names}。", f"Name the tenant with --tenant; there are: {names}.", 2)


def _kept_secret(file: Path) -> str:
    if not file.exists():
        write_private(file, secrets.token_urlsafe(32))
    return file.read_text().strip()


def write_private(file: Path, text: str) -> None:
    """Write a file that its owner alone reads, whole or not at all; one that is replaced keeps its owner."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    if file.exists() and (before := file.stat()).st_uid != draft.stat().st_uid:
        os.chown(draft, before.st_uid, before.st_gid)
    draft.write_text(text)
    draft.replace(file)
