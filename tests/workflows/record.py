"""Records one history of each workflow type into tests/histories, from a rehearsal: `python -m tests.workflows.record`;
with names (`… record Person`) only theirs.

Record anew only when a workflow is changed on purpose in a way that old histories cannot follow.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

import programmes
from activities.temporal import WORKFLOWS, StreamRef, workflow_id
from deploy.postgres import Postgres
from deploy.temporal import test_server_path as server_path
from domain.ids import SYSTEM, StreamId, TenantId
from domain.machine import Command
from domain.person import Delegate, EndDelegation
from domain.programme_check import load
from ledger.ledger import Ledger
from ledger.migrate import ensure_login, migrate
from ledger.order import Order
from workflows.rehearsal.driver import Rehearsal, narrowed
from workflows.rehearsal.environment import skipping_environment
from workflows.worker import running_worker

HISTORIES = Path(__file__).parent.parent / "histories"
UNTIL = datetime(2026, 12, 31, tzinfo=UTC)
SOON = datetime(2026, 8, 26, tzinfo=UTC)
"""People are there from the first day on; all else takes its time."""
LARGEST = 120
"""Events in a recorded history, at most: enough to hold everything a manager does, small enough to read."""

log = logging.getLogger(__name__)


async def record(dsn: str, folder: Path, names: Collection[str]) -> None:
    """Rehearse; write the history in which most happens of each workflow type, of these names or else of all."""
    tenant = TenantId("recorded")
    programme = narrowed(load(programmes.text("pucheng-county")), 1)
    until = SOON if list(names) == [WORKFLOWS["person"]] else UNTIL
    async with (
        Ledger.connect(dsn) as ledger,
        skipping_environment(server_path()) as env,
        running_worker(env.client, ledger, dsn),
    ):
        await Rehearsal(ledger, env, tenant, programme, 2026, seed=1).run(until)
        await _somebody_is_away(ledger, env, tenant, until.date() + timedelta(days=1))
        for machine, name in WORKFLOWS.items():
            if names and name not in names:
                continue
            async with ledger.database.connection(tenant) as connection:
                rows = await (
                    await connection.execute(
                        """SELECT s.stream FROM stream AS s WHERE s.tenant = %s AND s.machine = %s
                           AND (s.machine <> 'person' OR EXISTS (
                               SELECT FROM delegation AS d WHERE d.tenant = s.tenant AND d.stream = s.stream))
                           ORDER BY s.version DESC LIMIT 40""",
                        (tenant, machine),
                    )
                ).fetchall()
            history = await _richest(env, [StreamRef(tenant=tenant, stream=StreamId(row["stream"])) for row in rows])
            (folder / f"{name}.json").write_text(
                json.dumps(_nameless(json.loads(history.to_json())), indent=1) + "\n", encoding="utf-8"
            )
            log.info("%s: %d events", name, len(history.events))


async def _somebody_is_away(ledger: Ledger, env: WorkflowEnvironment, tenant: TenantId, first: date) -> None:
    """Somebody has others act for them: a later delegation, an earlier one that is ended, and time passes."""
    rows = await ledger.lists.appointments(tenant)
    giver, *others = sorted({person for person, _ in rows})[:4]

    async def order(command: Command) -> None:
        await ledger.execute(Order(tenant, StreamId(giver), command, SYSTEM, uuid4()))
        await asyncio.sleep(2)

    for delegate, days in zip(others, (20, 5, 60), strict=True):
        last = first + timedelta(days=days)
        await order(Delegate(delegate=delegate, first_day=first, last_day=last, reason="外出培训"))
    await order(EndDelegation(id="d2"))
    now, passing = await ledger.tenants.now(tenant), timedelta(days=22)
    await ledger.tenants.freeze_clock(tenant, now + passing)
    await env.sleep(passing + timedelta(minutes=5))
    await asyncio.sleep(2)


async def _richest(env: WorkflowEnvironment, refs: list[StreamRef]) -> WorkflowHistory:
    found = []
    for ref in refs:
        history = await env.client.get_workflow_handle(workflow_id(ref)).fetch_history()
        kinds = Counter(event.event_type for event in history.events)
        found.append(((len(history.events) <= LARGEST, len(kinds), len(history.events)), history))
    return max(found, key=lambda one: one[0])[1]


def _nameless(part: Any) -> Any:
    """Leave out which machine recorded it."""
    if isinstance(part, dict):
        return {key: "recorder" if key == "identity" else _nameless(value) for key, value in part.items()}
    return [_nameless(one) for one in part] if isinstance(part, list) else part


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    HISTORIES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="termledger-record-") as folder, Postgres(Path(folder) / "pg") as postgres:
        dsn = postgres.dsn("postgres")
        migrate(dsn)
        ensure_login(dsn, "termledger_app", secrets.token_hex(16))
        asyncio.run(record(dsn, HISTORIES, sys.argv[1:]))


if __name__ == "__main__":
    main()
