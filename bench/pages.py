"""Pages at 1,000 and at 100,000 filings: desk, board, lists and search may take twice as long at most."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from typing import LiteralString

import psycopg
import uvloop

from bench.bureau import Bureau, all_together, appoint, county
from bench.client import Plan
from bench.harness import (
    CONNECTIONS,
    PATIENCE,
    Aim,
    Contender,
    Database,
    Sample,
    Section,
    Spread,
    Table,
    alternate,
    database,
    millis,
    ratio,
    say,
)
from bench.http import apart
from cli.serve import answers
from deploy.ports import free_port
from deploy.service import Command
from domain.cycle import DraftCycle, Publish
from domain.filing import OpenFiling
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, UnitId, stream_id
from domain.programme import UnitKind
from ledger.attempts import Device
from ledger.ledger import Ledger
from ledger.order import Order
from ledger.sessions import Limits

WHAT = """Two tenants of one database hold the same school year of a county: filings of every duty, some of them
handed in, with tasks that wait. The large one holds earlier years besides. What is measured is a whole page over
HTTP, opened by one signed-in person on a keep-alive connection: session, rights, queries, template. The earlier
years are copies of the rows that pages read, written by the owner of the database; all else came about by
commands. Pages are opened in turn, small and large."""

SMALL = 1000
LARGE = 100_000
AIM = 2.0
YEAR = 2026

_PAGES = {
    "desk of the office": ("office", "/"),
    "desk of a coordinator": ("coordinator", "/"),
    "board of the county": ("office", "/board"),
    "list, latest change first": ("office", "/filings"),
    "list, earliest due first": ("office", "/filings?order=due&status=open"),
    "list of a cluster": ("coordinator", "/filings"),
    "search, a common word": ("office", "/filings?q=%E7%A0%94%E4%BF%AE"),
    "search, words that are nowhere": ("office", "/filings?q=%E7%A8%80%E6%9C%89%E8%AF%8D"),
}

_COPY: tuple[LiteralString, ...] = (
    """INSERT INTO stream (tenant, stream, machine, version, status, state, programme, digest, alarm_at, ended)
       SELECT tenant, 'fil-' || substr(md5(stream || k), 1, 20), machine, version, 'approved', state, programme, digest,
              NULL, true
       FROM stream, generate_series(1, %(copies)s) AS k WHERE tenant = %(tenant)s AND machine = 'filing'""",
    """INSERT INTO item (tenant, stream, machine, cycle, unit, duty, period, person, subject, status, stage, due_at,
                         late, readers, changed_at)
       SELECT tenant, 'fil-' || substr(md5(stream || k), 1, 20), machine, 'cyc-' || substr(md5((k / 7)::text), 1, 20),
              unit, duty, period, person, subject, 'approved', NULL, due_at - (k / 7 + 1) * interval '365 days', false,
              readers, changed_at - (k / 7 + 1) * interval '365 days'
       FROM item, generate_series(1, %(copies)s) AS k WHERE tenant = %(tenant)s AND machine = 'filing'""",
    """INSERT INTO search (tenant, stream, content, grams)
       SELECT tenant, 'fil-' || substr(md5(stream || k), 1, 20), content, grams
       FROM search, generate_series(1, %(copies)s) AS k WHERE tenant = %(tenant)s""",
)


def run(quick: bool) -> Section:
    """Measure every page in both tenants."""
    section = Section("Pages, at 1,000 and at 100,000 filings", WHAT)
    uvloop.run(_measure(section, quick))
    return section


async def _measure(section: Section, quick: bool) -> None:
    small, large = (60, 600) if quick else (SMALL, LARGE)
    rounds, looks = (2, 3) if quick else (5, 20)
    with ExitStack() as stack:
        base = stack.enter_context(database())
        async with Ledger.connect(base.service, size=4) as ledger:
            cookies = {
                name: await _filled(ledger, base, TenantId(name), small, copies)
                for name, copies in (("small", 0), ("large", large // small - 1))
            }
        port = _served(stack, base)
        rows, worst = [], dict[str, Spread]()
        for title, (who, path) in _PAGES.items():
            contenders: dict[str, Contender] = {
                name: partial(_look, port, path, cookies[name][who], looks) for name in ("small", "large")
            }
            for contender in contenders.values():
                await contender(0)  # compiles templates, prepares statements
            found = await alternate(contenders, rounds, title)
            slower = Spread.of(
                [
                    many.percentile(50) / few.percentile(50)
                    for few, many in zip(found["small"], found["large"], strict=True)
                ]
            )
            worst[title] = slower
            times = [Spread.of([one.percentile(50) for one in found[name]]).show(millis) for name in contenders]
            rows.append((title, *times, slower.show(ratio)))
        section.tables.append(
            Table("", ("page", f"p50 at {small:,}, ms", f"p50 at {large:,}, ms", "large ÷ small"), rows)
        )
        for title, slower in worst.items():
            text = f"{title}: at {large:,} filings at most twice its time at {small:,}"
            met = slower.median <= AIM
            section.aims.append(Aim(text, met, slower.show(ratio), (slower.low <= AIM) == met == (slower.high <= AIM)))


async def _filled(ledger: Ledger, base: Database, tenant: TenantId, filings: int, copies: int) -> dict[str, str]:
    """Found a tenant with a year's filings, and copies of earlier years. Returns the cookies of its people, by role."""
    bureau = await Bureau.founded(ledger, tenant)
    office = await appoint(ledger, tenant, "office", county().root_path[0])
    cycle = stream_id("cycle", tenant, str(YEAR))
    for command in (DraftCycle(school_year=YEAR), Publish()):
        await ledger.execute(bureau.order(cycle, command, office))
    await all_together(ledger, _owed(bureau, cycle, filings))
    handed = await bureau.opened(filings // 10, "handed")
    for one in handed:
        _, state, _ = await ledger.head(tenant, one.stream)
        for order in bureau.life(one, state)[:2]:
            await ledger.execute(order)
    if copies:
        say(f"{tenant}: {copies} copies of every filing")
        with psycopg.connect(base.owner, autocommit=True) as connection:
            for statement in _COPY:
                connection.execute(statement, {"tenant": tenant, "copies": copies})
    base.as_owner("VACUUM ANALYZE")
    return {
        "office": await _cookie(ledger, tenant, office),
        "coordinator": await _cookie(ledger, tenant, bureau.schools[0].coordinator),
    }


def _owed(bureau: Bureau, cycle: StreamId, number: int) -> list[Order]:
    """The commands that open so many filings of the programme's duties, over units and months, in this cycle."""
    programme = county()
    due = [duty for duty in programme.duties if duty.per.value == "unit"]
    units = {kind: [one for one in programme.all_units.values() if one.kind is kind] for kind in UnitKind}
    orders: list[Order] = []
    months = [f"{YEAR}-{month:02}" for month in range(9, 13)] + [f"{YEAR + 1}-{month:02}" for month in range(1, 7)]
    calendar = programme.calendar_of(YEAR)
    for month in months:
        for duty in due:
            for unit in units[duty.owed_by.scope]:
                if len(orders) == number:
                    return orders
                stream = stream_id("filing", bureau.tenant, cycle, duty.id, month, unit.id)
                at = calendar.close_of_business(calendar.first_day)
                command = OpenFiling(
                    cycle=cycle, duty=duty.id, period=month, unit=UnitId(unit.id), due_at=at, lapses_at=at
                )
                orders.append(bureau.order(stream, command, SYSTEM))
    return orders


async def _cookie(ledger: Ledger, tenant: TenantId, person: PersonId) -> str:
    await ledger.accounts.create(tenant, person, person)
    begun = await ledger.sessions.begin(tenant, person, Device("127.0.0.1", "bench"), Limits())
    return f"termledger-session={tenant}.{begun.secret}"


def _served(stack: ExitStack, base: Database) -> int:
    port = free_port()
    env = {
        "TERMLEDGER_DSN": base.service,
        "TERMLEDGER_PORT": str(port),
        "TERMLEDGER_POOL": str(CONNECTIONS),
        "TERMLEDGER_TEMPORAL": f"127.0.0.1:{free_port()}",
    }
    ready = partial(answers, f"http://127.0.0.1:{port}/health/live")
    command = [sys.executable, "-m", "cli.main", "api"]
    stack.enter_context(Command("api", command, log=base.folder / "api.log", env=env, ready=ready))
    return port


async def _look(port: int, path: str, cookie: str, looks: int, _: int) -> Sample:
    plan = Plan(
        port=port,
        callers=1,
        method="GET",
        paths=[path] * looks,
        headers=[{"Cookie": cookie, "Accept": "text/html"}] * looks,
        body="",
        seconds=PATIENCE,
    )
    result = await apart(plan)
    return Sample(result.seconds, result.latencies)
