"""`termledger totp-keys`: the keys that second factors are sealed with, and whether the API has them when it starts."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import typer
import uvloop

from api.settings import Settings
from cli.connection import DataOption, opened, run, totp_keys_of, write_private
from cli.output import err, failed, out, say
from domain.ids import PersonId, TenantId
from ledger.database import DatabaseAway
from ledger.ledger import Ledger
from ledger.totp_keys import KeysUnusable, TotpKeys, Why, draw_key

app = typer.Typer(help="两步验证的密钥 / keys of second factors", no_args_is_help=True)
_log = logging.getLogger("termledger.accounts")


@app.callback()
def main() -> None:
    """Keys of second factors."""


@app.command()
def new(data: DataOption = None) -> None:
    """新增一个密钥，以后用它加密 / add a key that seals from now on; makes the file when there is none."""
    file = _file(data)
    before = ""
    if file.exists():
        _usable(file)
        before = file.read_text("ascii")
    try:
        write_private(file, f"{draw_key()}\n{before}")
    except OSError as fault:
        raise failed(f"写不了 {file}：{fault}。", f"{file} cannot be written: {fault}.", 2) from None
    out.print(say(f"已写入 {file}。请另行备份。", f"Written to {file}. Back it up, apart from the database."))
    if before:
        call = "termledger totp-keys reseal" + ("" if data is None else f" --data {data}")
        out.print(say(f"再运行：{call}", f"Next: {call}"))


@app.command()
def reseal(data: DataOption = None) -> None:
    """用最新的密钥重新加密 / seal every second factor with the newest key."""
    _usable(_file(data))

    async def work() -> tuple[int, list[tuple[TenantId, PersonId]]]:
        done, lost = 0, list[tuple[TenantId, PersonId]]()
        async with opened(data) as ledger:
            for tenant in await ledger.tenants.known():
                anew, unopened = await ledger.accounts.reseal(tenant)
                done += anew
                lost += [(tenant, one) for one in unopened]
        return done, lost

    done, lost = run(work())
    out.print(say(f"已重新加密 {done} 个。", f"{done} second factors are sealed anew."))
    for tenant, person in lost:
        line = say("打不开，须由管理员重置两步验证", "opens with no key; its second factor has to be reset")
        err.print(f"{tenant} {person}: {line}", markup=False)
    if lost:
        raise typer.Exit(1)


def check_totp_keys(chosen: Settings) -> None:
    """End with a sentence where second factors are in use and no key can be had; warn of those that no key opens."""
    try:
        wanted, sealed = uvloop.run(_in_use(chosen))
    except DatabaseAway:
        return  # the API starts all the same; whoever uses a second factor is told then
    file = chosen.totp_keys_file
    if file is None:
        if wanted or sealed:
            raise _unusable(Why.UNSET, file)
        return
    known = _usable(file)
    if lost := sum(many for key, many in sealed.items() if key not in known):
        words = "%d second factors open with none of the keys in %s; put the right file back, or have them reset"
        _log.warning(words, lost, file)


async def _in_use(chosen: Settings) -> tuple[bool, Counter[str]]:
    """Whether a role asks for a second factor, and how many are sealed with which key."""
    wanted, sealed = False, Counter[str]()
    async with Ledger.connect(chosen.dsn.get_secret_value(), size=2) as ledger:
        for tenant in await ledger.tenants.known():
            sealed.update(await ledger.accounts.sealed_with(tenant))
            wanted = wanted or any(role.totp for role in (await ledger.tenants.in_force(tenant)).roles)
    return wanted, sealed


def _file(data: Path | None) -> Path:
    file = totp_keys_of(data)
    if file is None:
        raise failed(
            "请用 --data 指明数据目录，或在 TERMLEDGER_TOTP_KEYS_FILE 中写明密钥文件。",
            "Name the data folder with --data, or the file of keys in TERMLEDGER_TOTP_KEYS_FILE.",
            2,
        )
    return file


def _usable(file: Path) -> tuple[str, ...]:
    """The ids of a file's keys."""
    try:
        return TotpKeys(file).ids()
    except KeysUnusable as fault:
        raise _unusable(fault.why, file) from None


def _unusable(why: Why, file: Path | None) -> typer.Exit:
    match why:
        case Why.UNSET:
            return failed(
                "两步验证在使用，但没有密钥。请把 TERMLEDGER_TOTP_KEYS_FILE 设为密钥文件；还没有的，用 "
                "termledger totp-keys new 新建。",
                "Second factors are in use and there is no key. Set TERMLEDGER_TOTP_KEYS_FILE to the file of keys; "
                "termledger totp-keys new makes one.",
                2,
            )
        case Why.UNREADABLE:
            return failed(
                f"读不到两步验证的密钥文件 {file}。请放回该文件，并让服务的账号可以读取。",
                f"The file of keys {file} cannot be read. Put it back, and let the service's account read it.",
                2,
            )
    return failed(
        f"{file} 不是两步验证的密钥文件：每行应是一个密钥，由 termledger totp-keys new 写入。",
        f"{file} is no file of keys: each line should be a key, as termledger totp-keys new writes them.",
        2,
    )
