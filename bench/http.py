"""Commands over HTTP: the API's begin-draft against a hand-written route, and an empty route of the API."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import LiteralString

import psycopg
import uvloop
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.schema import CreateSchema

from bench import handwritten
from bench.bureau import Bureau, Opened
from bench.client import Plan, Result
from bench.harness import (
    CONNECTIONS,
    PATIENCE,
    Aim,
    Contender,
    Database,
    Sample,
    Section,
    alternate,
    database,
    rate_table,
    ratios,
)
from cli.serve import answers
from deploy.ports import free_port
from deploy.service import Command
from domain.access import SYSTEM_ACTOR
from domain.ids import PersonId
from ledger.ledger import Ledger
from ledger.tokens import Scope

OURS = "POST /api/v1/filings/{id}/begin-draft"
BY_HAND = "hand-written FastAPI + SQLAlchemy route"
EMPTY = "GET /health/live of our API"

WHAT = """Each request begins the draft of another filing, over keep-alive connections. Ours is the API as `termledger
api` starts it: token checked, then `Ledger.execute`. *The hand-written route* selects the row for update,
sets status and version, adds an audit row and commits (ORM session, psycopg); it asks nobody who they are,
keeps no history and no chain. Both are uvicorn processes with uvloop, httptools, no access log and 16
database connections. *The empty route* shows what HTTP itself costs here. No worker runs. Callers are a raw-
socket client in a process of its own."""

_FILL: LiteralString = "INSERT INTO byhand.filing (id, status, version) SELECT unnest(%s::text[]), 'open', 1"


def run(quick: bool) -> Section:
    """Measure with 1, 16 and 64 callers."""
    section = Section("Commands, over HTTP", WHAT)
    uvloop.run(_measure(section, quick))
    return section


async def _measure(section: Section, quick: bool) -> None:
    requests = {1: 30, 16: 100, 64: 200} if quick else {1: 400, 16: 1500, 64: 1500}
    rounds = 2 if quick else 3
    with ExitStack() as stack:
        base = stack.enter_context(database())
        site = await _Site.started(stack, base)
        async with Ledger.connect(base.service, size=4) as ledger:
            bureau = await Bureau.founded(ledger)
            pools = {
                callers: await bureau.opened(number * rounds, f"callers-{callers}")
                for callers, number in requests.items()
            }
            warm = await bureau.opened(200, "warm")
        site.fill(base, [one for pool in pools.values() for one in pool] + warm)
        for contender in site.contenders(bureau, warm, 200, 64).values():
            await contender(0)  # opens connections and prepares statements
        for callers, number in requests.items():
            found = await alternate(
                site.contenders(bureau, pools[callers], number, callers), rounds, f"{callers} callers"
            )
            title = "1 caller" if callers == 1 else f"{callers} callers"
            section.tables.append(rate_table(title, found, OURS, "requests"))
            text = f"{title}: at least as fast as the hand-written route"
            section.aims.append(Aim.as_fast(text, ratios(found, OURS, BY_HAND)))


class _Site:
    """The two servers under load."""

    def __init__(self, api: int, byhand: int) -> None:
        self._tokens: dict[PersonId, str] = {}
        self._api = api
        self._byhand = byhand

    @classmethod
    async def started(cls, stack: ExitStack, base: Database) -> _Site:
        """Start both."""
        api, byhand = free_port(), free_port()
        env = {
            "TERMLEDGER_DSN": base.service,
            "TERMLEDGER_PORT": str(api),
            "TERMLEDGER_POOL": str(CONNECTIONS),
            "TERMLEDGER_TEMPORAL": f"127.0.0.1:{free_port()}",  # nobody there: people's commands do not need it
        }
        engine = create_engine(make_url(base.service).set(drivername="postgresql+psycopg"))
        base.as_owner(f"GRANT CREATE ON DATABASE termledger TO {make_url(base.service).username}")
        with engine.begin() as connection:
            connection.execute(CreateSchema(handwritten.SCHEMA))
            handwritten.Base.metadata.create_all(connection)
        engine.dispose()
        for name, command, port, path in (
            ("api", ["-m", "cli.main", "api"], api, "/health/live"),
            ("byhand", ["-m", "bench.handwritten", base.service, str(byhand)], byhand, "/health"),
        ):
            ready = partial(answers, f"http://127.0.0.1:{port}{path}")
            log = base.folder / f"{name}.log"
            stack.enter_context(Command(name, [sys.executable, *command], log=log, env=env, ready=ready))
        return cls(api, byhand)

    def fill(self, base: Database, filings: Sequence[Opened]) -> None:
        """Give the hand-written route the same filings."""
        with psycopg.connect(base.service) as connection:
            connection.execute(_FILL, ([one.stream for one in filings],))

    def contenders(self, bureau: Bureau, pool: Sequence[Opened], number: int, callers: int) -> dict[str, Contender]:
        """Everybody begins the same filings."""

        def mine(round_: int) -> Sequence[Opened]:
            return pool[round_ * number : (round_ + 1) * number]

        async def ours(round_: int) -> Sample:
            return await self._sent(bureau, "POST", self._api, "/api/v1/filings/{}/begin-draft", mine(round_), callers)

        async def by_hand(round_: int) -> Sample:
            return await self._sent(bureau, "POST", self._byhand, "/filings/{}/begin-draft", mine(round_), callers)

        async def empty(round_: int) -> Sample:
            return await self._sent(bureau, "GET", self._api, "/health/live", mine(round_), callers)

        return {OURS: ours, BY_HAND: by_hand, EMPTY: empty}

    async def _sent(
        self, bureau: Bureau, method: str, port: int, path: str, filings: Sequence[Opened], callers: int
    ) -> Sample:
        for one in bureau.schools:
            if one.lead not in self._tokens:
                made = await bureau.ledger.tokens.issue(bureau.tenant, SYSTEM_ACTOR, one.lead, "bench", [Scope.ACT])
                self._tokens[one.lead] = made.secret
        plan = Plan(
            port=port,
            callers=callers,
            method=method,
            paths=[path.format(one.stream) for one in filings],
            headers=[{"Authorization": f"Bearer {self._tokens[one.author]}"} for one in filings],
            body="{}" if method == "POST" else "",
            seconds=PATIENCE,
        )
        result = await apart(plan)
        return Sample(result.seconds, result.latencies)


async def apart(plan: Plan) -> Result:
    """Carry a plan out in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.client"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate(plan.model_dump_json().encode())
    if process.returncode != 0:
        raise RuntimeError("the client gave up; see above")
    return Result.model_validate_json(said)
