"""`termledger demo`: the county's year to today, verified, and then alive."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from activities.temporal import SEARCH_ATTRIBUTES
from cli.audit import print_verification, verified
from cli.connection import Address, opened, prepare, run
from cli.demo_accounts import DemoAccount, demo_accounts, print_accounts
from cli.directory import OPERATORS
from cli.fitness import unfit
from cli.output import failed, out, print_pairs, say
from cli.programme import loaded
from cli.rehearse import cut, day_by_day, print_report
from cli.serve import faults_told, serve, until_stopped, where
from deploy.group import Group
from deploy.stack import Stack
from deploy.temporal import test_server_path
from domain.access import SYSTEM_ACTOR
from domain.ids import TenantId
from domain.machine import Unreadable
from domain.programme import Programme
from ledger.fitness import unreadable
from ledger.lists import ItemFilter
from ledger.outbox import wake_all
from workflows.rehearsal.report import Report
from workflows.rehearsal.run import rehearse

PROGRAMME = "pucheng-county"
SEED = 2014
_UNDER_WAY = "rehearsal.under-way"
"""Lies in the data folder from the rehearsal's first step to its report."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in the school year the demo stands: the year, and how far the tenant's clock is from the real one."""

    year: int
    until: datetime
    offset: timedelta


def demo(
    data: Annotated[Path, typer.Option("--data", help="数据目录 / data folder")] = Path(".demo"),
    exit: Annotated[bool, typer.Option("--exit", help="看完摘要就结束 / end after the summary")] = False,
    units: Annotated[int | None, typer.Option(min=1, help="只用前几个片区 / only so many clusters")] = None,
) -> None:
    """县域学年演示 / rehearse the county's year to today, verify it, and bring it to life."""
    programme = cut(loaded(PROGRAMME), units)
    with faults_told():
        _clear_half_done(data)
        with Stack(data, search_attributes=SEARCH_ATTRIBUTES) as stack:
            address = prepare(stack)
            tenant = TenantId(programme.id)
            print_report(_rehearsed(stack, address, tenant, programme))
            run(_proved(data, tenant))
            serve(stack, address)
            woken = run(_revived(data, tenant))
            out.print(
                say(f"已唤起 {woken} 个未结事项的流程。", f"{woken} open streams have their process managers back.")
            )
            print_pairs(where(address))
            run(_calls(address, tenant, programme, data))
            print_accounts(address.api, run(_accounts(data, tenant, programme)))
            if not exit:
                until_stopped(stack)


def _clear_half_done(data: Path) -> None:
    """Remove a folder whose rehearsal was broken off: only a demo leaves the mark, and nobody works there yet."""
    if not (data / _UNDER_WAY).exists():
        return
    with Group(data):  # refuses a folder in use, and stops what was left running
        out.print(say("上次的演练没有做完，从头开始。", "The last rehearsal here was broken off; starting anew."))
    shutil.rmtree(data)


def today_in(programme: Programme, now: datetime) -> Moment:
    """Today, or, outside term, the close of the last teaching day before it."""
    calendar = programme.calendar_at(now)
    today = programme.local_day(now)
    if calendar.term_on(today) is not None:
        return Moment(calendar.year, now, timedelta(0))
    past = [term.last_day for term in calendar.terms if term.last_day < today]
    if not past:
        calendar = programme.calendar_of(calendar.year - 1)
        past = [calendar.last_day]
    until = calendar.close_of_business(past[-1])
    return Moment(calendar.year, until, until - now)


def _rehearsed(stack: Stack, address: Address, tenant: TenantId, programme: Programme) -> Report:
    """Rehearse once for a data folder; a later start goes on from what is there and shows the kept report."""
    kept, under_way = stack.data / "rehearsal.json", stack.data / _UNDER_WAY
    if kept.exists():
        out.print(say("系统已启动，接着上次的演练结果：", "The stack is up, and goes on from this rehearsal:"))
        return _kept_report(kept)
    if run(_is_known(stack.data, tenant)):
        raise failed(
            f"{stack.data} 里已有“{tenant}”的数据，不是演示留下的。请用 --data 另选目录。",
            f"{stack.data} holds data of {tenant} that no demo made. Choose another folder with --data.",
        )
    out.print(say("系统已启动，正在演练本学年……", "The stack is up; rehearsing this school year…"))
    under_way.touch()
    moment = today_in(programme, datetime.now(UTC))
    with day_by_day() as told:
        rehearsal = rehearse(
            address.dsn,
            tenant,
            programme,
            year=moment.year,
            until=moment.until,
            seed=SEED,
            server=test_server_path(),
            progress=told,
        )
        report = run(_unless_stopped(stack.group, rehearsal))
    run(_set_clock(stack.data, tenant, moment.offset))
    kept.write_text(report.model_dump_json(indent=2))
    under_way.unlink()
    return report


def _kept_report(file: Path) -> Report:
    try:
        return Report.model_validate_json(file.read_text())
    except ValidationError:
        raise unfit(unreadable(Unreadable(file.name)), file.parent) from None


async def _unless_stopped(group: Group, work: Coroutine[Any, Any, Report]) -> Report:
    """Let a rehearsal run until the group is asked to stop. Whatever Ctrl-C breaks in it first is of no interest."""
    rehearsal = asyncio.ensure_future(work)
    while not rehearsal.done() and not group.stop_requested:
        await asyncio.wait({rehearsal}, timeout=0.1)
    if not group.stop_requested:
        return rehearsal.result()
    rehearsal.cancel()
    await asyncio.gather(rehearsal, return_exceptions=True)
    raise KeyboardInterrupt


async def _is_known(data: Path, tenant: TenantId) -> bool:
    async with opened(data) as ledger:
        return tenant in await ledger.tenants.known()


async def _set_clock(data: Path, tenant: TenantId, offset: timedelta) -> None:
    async with opened(data) as ledger:
        await ledger.tenants.shift_clock(tenant, offset)


async def _proved(data: Path, tenant: TenantId) -> None:
    async with opened(data) as ledger:
        found = await verified(ledger, tenant)
    print_verification(found)
    if not found.sound:
        raise typer.Exit(1)


async def _revived(data: Path, tenant: TenantId) -> int:
    async with opened(data) as ledger:
        return await wake_all(ledger.database, tenant)


async def _accounts(data: Path, tenant: TenantId, programme: Programme) -> list[DemoAccount]:
    async with opened(data) as ledger:
        return await demo_accounts(ledger, tenant, programme)


async def _calls(address: Address, tenant: TenantId, programme: Programme, data: Path) -> None:
    """Print calls that work as they stand, and the trail of one plan."""
    async with opened(data) as ledger:
        held = await ledger.lists.appointments(tenant)
        office = next(one for one, post in held if post.role == "office")
        actor, in_force, _ = await ledger.actor(tenant, office)
        page = await ledger.lists.items(
            tenant, "filing", actor, in_force, ItemFilter(duty="cluster_plan", status="approved"), limit=1
        )
        made = await ledger.tokens.issue(tenant, SYSTEM_ACTOR, office, "termledger demo", OPERATORS, timedelta(days=1))
    plan = page.rows[0]["stream"] if page.rows else "…"
    out.print(say("可以这样试（另开一个终端）：", "Ready-made calls, from another terminal:"), style="bold")
    for line in (
        f"TOKEN={made.secret}",
        f'curl -H "Authorization: Bearer $TOKEN" {address.api}/api/v1/tasks',
        f'curl -H "Authorization: Bearer $TOKEN" "{address.api}/api/v1/filings?status=in_review&limit=5"',
        f'curl -H "Authorization: Bearer $TOKEN" {address.api}/api/v1/streams/{plan}/events',
        f'curl -H "Authorization: Bearer $TOKEN" "{address.api}/api/v1/streams/{plan}/state?version=2"',
        f".venv/bin/termledger replay {plan} --data {data}",
        f".venv/bin/termledger replay {plan} --at 2 --data {data}",
        f".venv/bin/termledger verify --data {data}",
        f".venv/bin/termledger rebuild --check --data {data}",
        f".venv/bin/termledger token office@{programme.root_path[0]} --data {data}",
    ):
        out.print(f"  {line}", markup=False)
