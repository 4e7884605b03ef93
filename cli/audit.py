"""`termledger verify`, `replay` and `rebuild`: what the ledger proves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from pydantic_core import to_jsonable_python

from api.web.streams import people_in
from cli.connection import DataOption, JsonOption, TenantOption, opened, run, the_tenant
from cli.output import failed, language, out, print_json, print_pairs, progress, say
from domain.ids import StreamId
from domain.machine import State
from domain.machines import machine_for
from domain.messages import render
from domain.refusal import Refused
from domain.story import story
from domain.view import Names
from ledger.ledger import Ledger
from ledger.order import RecordedEvent
from ledger.rebuild import Drift
from ledger.replay import as_row
from ledger.verify import Verification


def verify(data: DataOption = None, tenant: TenantOption = None, json: JsonOption = False) -> None:
    """逐条重算哈希，证明没有改动 / hash everything again and prove that nothing was altered."""

    async def work() -> Verification:
        async with opened(data) as ledger:
            return await verified(ledger, tenant)

    found = run(work())
    if json:
        print_json({"sound": found.sound, **to_jsonable_python(found)})
    else:
        print_verification(found)
    if not found.sound:
        raise typer.Exit(1)


async def verified(ledger: Ledger, tenant: str | None) -> Verification:
    """Verify with a progress bar."""
    chosen = await the_tenant(ledger, tenant)
    with progress(say("校验", "verifying")) as bar:
        task = bar.task_ids[0]
        return await ledger.verify(chosen, lambda done, size: bar.update(task, completed=done, total=size))


def print_verification(found: Verification) -> None:
    """Say what a verification found."""
    if found.flaw is not None:
        flaw = found.flaw
        out.print(
            say(
                f"账本被改动过：第 {flaw.position} 条（{flaw.stream or '末尾'}），原因 {flaw.reason}。"
                "请保留现场，用备份和外存的封存点核对。",
                f"The ledger was altered at position {flaw.position} ({flaw.stream or 'the end'}): {flaw.reason}. "
                "Keep everything as it is and compare with backups and copies kept elsewhere.",
            ),
            style="red",
        )
        return
    out.print(
        say(
            f"账本完好：{found.events} 条事件、{found.streams} 个事件流逐条重算一致。",
            f"The ledger is sound: {found.events} events in {found.streams} streams hashed again, nothing altered.",
        )
    )
    print_pairs({say("链头", "head"): found.head})


def replay(
    stream: Annotated[str, typer.Argument(help="事件流编号 / stream id")],
    at: Annotated[
        str | None, typer.Option(help="版本号或时间 / a version, or a time such as 2026-10-01T12:00:00+08:00")
    ] = None,
    data: DataOption = None,
    tenant: TenantOption = None,
    json: JsonOption = False,
) -> None:
    """回放一个事件流 / replay a stream: its history, or its state at a version or time."""

    async def work() -> tuple[list[RecordedEvent], Names, int, State]:
        async with opened(data) as ledger:
            chosen = await the_tenant(ledger, tenant)
            moment = _moment(at) if at is not None else (await ledger.head(chosen, StreamId(stream)))[0]
            version, state = await ledger.state_at(chosen, StreamId(stream), moment)
            events = await ledger.events(chosen, StreamId(stream), limit=version)
            programme = await ledger.programme(chosen, events[-1].programme)
            people = await ledger.names(chosen, people_in(events))
            return events, Names(language(), programme, people), version, state

    try:
        events, names, version, state = run(work())
    except Refused as refused:
        key = f"refusal.{refused.code}"
        raise failed(render(key, "zh", refused.params), render(key, "en", refused.params)) from None
    if json:
        print_json({"version": version, "state": state, "events": [as_row(one) for one in events]})
        return
    for one in story(machine_for(StreamId(stream)), events, names):
        out.print(f"{one.version:>4}  {names.when(one.at)}  {one.sentence}", markup=False)
    out.print(say(f"第 {version} 版的状态：", f"State at version {version}:"))
    out.print_json(data=to_jsonable_python(state), ensure_ascii=False)


def _moment(at: str) -> int | datetime:
    if at.isdigit():
        return int(at)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise failed(
            f"“{at}”不是版本号，也不是时间（如 2026-10-01T12:00:00+08:00）。",
            f"“{at}” is neither a version nor a time such as 2026-10-01T12:00:00+08:00.",
            2,
        ) from None
    if moment.tzinfo is None:
        raise failed("时间要带时区，如 +08:00。", "Give the time with its offset, such as +08:00.", 2)
    return moment


def rebuild(
    check: Annotated[bool, typer.Option("--check", help="只比较，不改写 / compare only")] = False,
    data: DataOption = None,
    tenant: TenantOption = None,
    json: JsonOption = False,
) -> None:
    """由事件重建各视图并比较 / rebuild the read models from the events and compare."""
    if not check:
        raise failed(
            "目前只提供 --check。", "Only --check is offered: read models are never wrong without a bug to be found.", 2
        )

    async def work() -> tuple[int, tuple[Drift, ...]]:
        async with opened(data) as ledger:
            chosen = await the_tenant(ledger, tenant)
            with progress(say("重建", "rebuilding")) as bar:
                task = bar.task_ids[0]
                return await ledger.rebuild_check(chosen, lambda done: bar.update(task, completed=done))

    streams, drifts = run(work())
    if json:
        print_json({"streams": streams, "drifts": drifts})
    else:
        for one in drifts:
            out.print(f"{one.table} {one.stream} {one.side}: {one.row}", markup=False)
        out.print(
            say(
                f"{streams} 个事件流重建，{len(drifts)} 处不一致。",
                f"{streams} streams rebuilt, {len(drifts)} differences.",
            )
        )
    if drifts:
        raise typer.Exit(1)
