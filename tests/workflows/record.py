"""Records one history of each workflow type into tests/histories, from a rehearsal: `python -m tests.workflows.record`.

Record anew only when a workflow is changed on purpose in a way that old histories cannot follow.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

import programmes
from activities.temporal import WORKFLOWS, StreamRef, workflow_id
from deploy.postgres import Postgres
from deploy.temporal import test_server_path as server_path
from domain.ids import StreamId, TenantId
from domain.programme_check import load
from ledger.ledger import Ledger
from ledger.migrate import ensure_login, migrate
from workflows.rehearsal.driver import Rehearsal, narrowed
from workflows.rehearsal.environment import skipping_environment
from workflows.worker import running_worker

HISTORIES = Path(__file__).parent.parent / "histories"
UNTIL = datetime(2026, 12, 31, tzinfo=UTC)
LARGEST = 120
"""Events in a recorded history, at most: enough to hold everything a manager does, small enough to read."""

log = logging.getLogger(__name__)


async def record(dsn: str, folder: Path) -> None:
    """Rehearse, choose for each workflow type the history in which most happens, and write it."""
    tenant = TenantId("recorded")
    programme = narrowed(load(programmes.text("pucheng-county")), 1)
    async with (
        Ledger.connect(dsn) as ledger,
        skipping_environment(server_path()) as env,
        running_worker(env.client, ledger, dsn),
    ):
        await Rehearsal(ledger, env, tenant, programme, 2026, seed=1).run(UNTIL)
        for machine, name in WORKFLOWS.items():
            async with ledger.database.connection(tenant) as connection:
                rows = await (
                    await connection.execute(
                        "SELECT stream FROM stream WHERE tenant = %s AND machine = %s ORDER BY version DESC LIMIT 40",
                        (tenant, machine),
                    )
                ).fetchall()
            history = await _richest(env, [StreamRef(tenant=tenant, stream=StreamId(row["stream"])) for row in rows])
            (folder / f"{name}.json").write_text(
                json.dumps(_nameless(json.loads(history.to_json())), indent=1) + "\n", encoding="utf-8"
            )
            log.info("%s: %d events", name, len(history.events))


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
        asyncio.run(record(dsn, HISTORIES))


if __name__ == "__main__":
    main()
