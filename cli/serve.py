"""`termledger up`, `api`, `worker` and `revive`: the running product."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psycopg
import typer
import uvicorn
import uvloop
from sqlalchemy.exc import OperationalError
from temporalio.client import Client
from temporalio.service import RPCError

from activities.temporal import SEARCH_ATTRIBUTES, connect
from api.app import create_app
from api.settings import Settings
from cli.connection import (
    Address,
    DataOption,
    TenantOption,
    check_database,
    opened,
    prepare,
    run,
    settings,
    the_tenant,
)
from cli.fitness import unfit
from cli.output import failed, out, print_pairs, say
from cli.totp_keys import check_totp_keys
from deploy.ports import is_free
from deploy.service import StackError
from deploy.stack import Stack
from domain.ids import TenantId
from ledger.fitness import Unfit, check_contents
from ledger.ledger import Ledger
from ledger.migrate import migrate as apply_migrations
from ledger.outbox import wake_all
from workflows.worker import running_worker

UpData = Annotated[Path, typer.Option("--data", help="数据目录 / data folder", envvar="TERMLEDGER_DATA")]


def up(data: UpData = Path(".termledger")) -> None:
    """启动整套系统，Ctrl-C 停止 / start PostgreSQL, Temporal, worker, pages and API; Ctrl-C stops all."""
    with faults_told(), Stack(data, search_attributes=SEARCH_ATTRIBUTES) as stack:
        address = prepare(stack)
        serve(stack, address)
        print_pairs(where(address))
        if not run(_tenants(stack.data)):
            out.print(say("还没有租户。另开一个终端，请先采用方案：", "There is no tenant yet. From another terminal:"))
            name = say("姓名", "name")
            out.print(
                f"  termledger adopt pucheng-county --tenant my-county --keeper {name} --data {data}\n"
                f"  termledger account admin@pucheng --login keeper --data {data}",
                markup=False,
            )
        until_stopped(stack)


async def _tenants(data: Path) -> list[TenantId]:
    async with opened(data) as ledger:
        return await ledger.tenants.known()


@contextmanager
def faults_told() -> Iterator[None]:
    """End with a sentence and code 1 when the stack or its folder has a fault, and with code 130 on Ctrl-C."""
    try:
        yield
    except StackError as fault:
        raise failed(fault.zh, str(fault)) from None
    except (PermissionError, NotADirectoryError, FileExistsError) as fault:
        raise failed(
            f"用不了 {fault.filename}（{fault.strerror}）；请检查权限，或用 --data 另选目录。",
            f"{fault.filename} cannot be used ({fault.strerror}); check its rights, or name another with --data.",
        ) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def until_stopped(stack: Stack) -> None:
    """Say how to stop, and supervise the stack until then."""
    out.print(say("按 Ctrl-C 停止。", "Ctrl-C stops everything."))
    stack.group.run()


def serve(stack: Stack, address: Address) -> None:
    """Add worker and API to a started stack."""
    env = address.environment()
    stack.group.add("worker", [sys.executable, "-m", "cli.main", "worker"], env)
    stack.group.add(
        "api", [sys.executable, "-m", "cli.main", "api"], env, ready=lambda: answers(f"{address.api}/health/live")
    )


def where(address: Address) -> dict[str, object]:
    """Where a person finds the running product."""
    found: dict[str, object] = {say("网页", "pages"): address.api, say("接口", "API"): f"{address.api}/api/v1"}
    found[say("接口说明", "OpenAPI")] = f"{address.api}/api/v1/openapi.json"
    found[say("状态", "health")] = f"{address.api}/health/ready"
    if address.temporal_ui is not None:
        found[say("流程引擎", "Temporal UI")] = address.temporal_ui
    return found


def answers(url: str) -> bool:
    """Whether an address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def api() -> None:
    """只启动网页和接口 / run the pages and the API alone; settings from TERMLEDGER_*."""
    chosen = settings()
    if not is_free(chosen.port, chosen.host):
        raise failed(
            f"{chosen.host} 的端口 {chosen.port} 不能用，多半已被占用。请停止占用它的程序，或另设 TERMLEDGER_PORT。",
            f"Port {chosen.port} of {chosen.host} cannot be used; most likely something listens there. Stop that, or "
            "set TERMLEDGER_PORT to another.",
        )
    check_database(chosen)
    check_totp_keys(chosen)
    uvicorn.run(
        create_app(chosen), host=chosen.host, port=chosen.port, loop="uvloop", log_level="warning", access_log=False
    )


def worker() -> None:
    """只启动后台流程 / run the worker alone; settings from TERMLEDGER_*."""
    chosen = settings()
    check_database(chosen)
    uvloop.run(_work(chosen))


async def _work(chosen: Settings) -> None:
    """Work until told to stop, then let what is under way finish."""
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    dsn = chosen.dsn.get_secret_value()
    client = await _connected(chosen, stop)
    if client is None:
        return
    async with Ledger.connect(dsn, size=chosen.pool) as ledger, running_worker(client, ledger, dsn):
        await stop.wait()


async def _connected(chosen: Settings, stop: asyncio.Event) -> Client | None:
    """Wait for Temporal as long as it takes; None when told to stop meanwhile."""
    while not stop.is_set():
        try:
            return await connect(chosen.temporal, chosen.namespace)
        except (RPCError, RuntimeError):
            try:
                await asyncio.wait_for(stop.wait(), 1.0)
            except TimeoutError:
                continue
    return None


def revive(data: DataOption = None, tenant: TenantOption = None) -> None:
    """重新唤起所有未结事项的流程 / start the process manager of every open stream again."""

    async def work() -> int:
        async with opened(data) as ledger:
            chosen = await ledger.tenants.known() if tenant is None else [await the_tenant(ledger, tenant)]
            return sum([await wake_all(ledger.database, one) for one in chosen])

    woken = run(work())
    out.print(say(f"已唤起 {woken} 个事项。", f"{woken} streams are being woken."))


def migrate() -> None:
    """升级数据库结构 / bring a database to the newest schema; the owner's address is in TERMLEDGER_OWNER_DSN."""
    owner = os.environ.get("TERMLEDGER_OWNER_DSN")
    if owner is None:
        raise failed("请设置 TERMLEDGER_OWNER_DSN（库的属主）。", "Set TERMLEDGER_OWNER_DSN, the owner's address.", 2)
    try:
        apply_migrations(owner)
        check_contents(owner)
    except Unfit as fault:
        raise unfit(fault, None) from None
    except psycopg.errors.LockNotAvailable:
        raise failed(
            "数据库正被占用（可能有另一个迁移在进行），没有改动。请稍后再试。",
            "The database is in use (perhaps another migration is under way); nothing was changed. Try again later.",
            3,
        ) from None
    except (psycopg.OperationalError, OperationalError) as fault:
        raise failed(
            f"连不上数据库，请检查 TERMLEDGER_OWNER_DSN：{_reason(fault)}",
            f"The database cannot be reached; check TERMLEDGER_OWNER_DSN: {_reason(fault)}",
            3,
        ) from None
    out.print(say("数据库结构已是最新。", "The schema is up to date."))


def _reason(fault: Exception) -> str:
    """The first line of what the driver says; the rest names the driver's own pages."""
    return str(getattr(fault, "orig", None) or fault).splitlines()[0]
