"""`termledger rehearse`: a school year with simulated people, in skipped time, on a throw-away database."""

from __future__ import annotations

import secrets
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import LOGIN, JsonOption, run
from cli.output import err, failed, language, out, print_json, print_pairs, print_table, say
from cli.programme import FileArgument, loaded
from cli.serve import faults_told
from deploy.postgres import Postgres
from deploy.temporal import test_server_path
from domain.ids import TenantId
from domain.messages import render
from domain.programme import Programme
from ledger.migrate import ensure_login, migrate
from workflows.rehearsal.driver import Progress, narrowed
from workflows.rehearsal.report import Report
from workflows.rehearsal.run import rehearse as run_rehearsal


def rehearse(
    programme: FileArgument,
    units: Annotated[
        int | None, typer.Option(min=1, help="只演练前几个下级单位 / only so many units below the root")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="演练到哪天 / the last day")] = None,
    year: Annotated[
        int | None, typer.Option(help="学年（开始的年份） / the school year, by the year it begins in")
    ] = None,
    seed: Annotated[int, typer.Option(help="随机种子 / seed: the same seed gives the same report")] = 1,
    lively: Annotated[
        bool,
        typer.Option(
            "--lively", help="人员和制度都有变动，用到全部审批功能 / people and rules change, every feature is used"
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """演练一个学年 / rehearse a school year with simulated people."""
    rules = loaded(programme)
    rules = cut(rules, units)
    first = year if year is not None else this_year(rules)
    last = end_of(rules, first, until.date() if until else None)
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    with faults_told(), throwaway_database() as dsn, day_by_day() as told:
        report = run(
            run_rehearsal(
                dsn,
                TenantId(rules.id),
                rules,
                year=first,
                until=last,
                seed=seed,
                server=test_server_path(),
                progress=told,
                lively=lively,
            )
        )
    if json:
        print_json(report)
    else:
        print_report(report)
    if not report.sound or report.drifts:
        raise typer.Exit(1)


def _as_ctrl_c(*_: object) -> None:
    """Ended by either signal, it takes its servers with it.

    While the event loop runs, SIGINT cancels the work. An exception raised here would come up wherever the
    interpreter happens to be, and be lost where that is a finaliser.
    """
    signal.raise_signal(signal.SIGINT)


def cut(rules: Programme, units: int | None) -> Programme:
    """A programme with so many units below its root; ends with a sentence where it has fewer."""
    try:
        return narrowed(rules, units)
    except ValueError:
        root = rules.root_path[0]
        most = sum(unit.parent == root for unit in rules.units)
        raise failed(
            f"{rules.id} 只有 {most} 个下级单位，--units 请写 1 至 {most}。",
            f"{rules.id} has {most} units below its root; give --units 1 to {most}.",
            2,
        ) from None


def this_year(rules: Programme) -> int:
    """The school year that today lies in."""
    return rules.calendar_at(datetime.now(UTC)).year


def end_of(rules: Programme, year: int, until: date | None) -> datetime:
    """The close of business of the chosen day; of the year's last lapse and inspection when none is chosen."""
    calendar = rules.calendar_of(year)
    if until is None:
        return calendar.close_of_business(calendar.last_day + timedelta(days=45))
    if until < calendar.first_day:
        raise failed(
            f"{until} 在学年开始（{calendar.first_day}）之前。",
            f"{until} is before the school year begins ({calendar.first_day}).",
            2,
        )
    return calendar.close_of_business(until)


@contextmanager
def throwaway_database() -> Iterator[str]:
    """A migrated PostgreSQL for the length of a block; its service connection string."""
    with tempfile.TemporaryDirectory(prefix="termledger-") as folder, Postgres(Path(folder) / "pg") as postgres:
        migrate(postgres.dsn())
        yield ensure_login(postgres.dsn(), LOGIN, secrets.token_urlsafe(32))


@contextmanager
def day_by_day() -> Iterator[Progress]:
    """Show the simulated day while it runs, on a terminal."""
    with err.status(say("准备演练……", "setting up the rehearsal…")) as status:
        began = time.monotonic()

        def told(day: date, events: int) -> None:
            seconds = time.monotonic() - began
            status.update(say(f"{day}，{events} 条事件，{seconds:.0f} 秒", f"{day}, {events} events, {seconds:.0f} s"))

        yield told


def print_report(report: Report) -> None:
    """Print a report for people."""
    lang = language()
    out.print(
        say(
            f"{report.title.zh}：{report.first_day} 至 {report.until}，"
            f"{report.units} 个单位，{report.people} 人，种子 {report.seed}",
            f"{report.title.en}: {report.first_day} to {report.until}, {report.units} units, {report.people} people, "
            f"seed {report.seed}",
        ),
        style="bold",
    )
    print_table(
        say("任务", "Duties"),
        say("任务,应报,按时,逾期,失效,退回,通过,未结", "duty,due,on time,late,lapsed,returned,approved,open").split(
            ","
        ),
        [
            (getattr(one.title, lang), one.due, one.on_time, one.late, one.lapsed, one.returned, one.approved, one.open)
            for one in report.duties
        ],
    )
    print_table(
        say("各角色的审批", "Decisions by role"),
        say("角色,人数,办理,最忙一周,该周办理", "role,people,decisions,busiest week,in that week").split(","),
        [
            (getattr(one.title, lang), one.people, one.decisions, one.busiest_week, one.in_busiest_week)
            for one in report.roles
        ],
    )
    print_pairs(
        {
            say("同意", "approvals"): report.approvals,
            say("退回", "returns"): report.returns,
            say("提醒", "reminders"): report.reminders,
            say("升级", "escalations"): report.escalations,
            say("失效", "lapses"): report.lapses,
            say("报送件", "filings"): statuses("filing", report.filings),
            say("途中", "on the way"): _counts(report.on_the_way),
            say("人员变动", "absence"): _counts(report.absence),
            say("检查评估", "inspections"): statuses("inspection", report.inspections),
            say("跟进", "follow-ups"): statuses("follow_up", report.follow_ups),
            say("通知", "notices"): report.notices,
            say("事件", "events"): report.events,
            say("依据待公布假期的报送期", "windows on provisional holidays"): report.provisional_windows,
            say("账本", "ledger"): say("完好", "sound") if report.sound else say("有改动", "altered"),
            say("视图不一致", "drifts"): report.drifts,
            say("用时（秒）", "seconds"): report.seconds,
            say("内存峰值（MiB）", "peak memory (MiB)"): report.peak_mib,
        }
    )


def statuses(machine: str, counts: dict[str, int]) -> str:
    """How many there are in each status, in the words of the pages."""
    return _counts({render(f"status.{machine}.{name}", language()): count for name, count in counts.items()})


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "–"
