"""Whether the product lives, is ready, and how it does. No caller is asked who they are; nothing personal is told."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from temporalio.client import Client
from temporalio.service import RPCError

from api.deps import LedgerDep, answer
from api.metrics import EVENTS, OUTBOX, REACTIONS, STATEMENTS
from ledger.database import DatabaseAway
from ledger.ledger import Ledger

router = APIRouter(tags=["health"])

PATIENCE = 2.0
"""Seconds to wait for Temporal's answer, or the database's: a probe does not wait as long as a command does."""


@router.get("/health/live", summary="Whether the process lives")
async def live() -> Response:
    """The process answers."""
    return answer({"status": "live"})


@router.get("/health/ready", summary="Whether commands are carried out, and what is missing")
async def ready(request: Request, ledger: LedgerDep) -> Response:
    """What is there and what is missing. Without Temporal, people's commands go on and reminders wait."""
    database = await _database(ledger)
    temporal = await _temporal(request.app.state.temporal)
    missing = [name for name, there in (("database", database is not None), ("temporal", temporal)) if not there]
    body: dict[str, Any] = {
        "status": "ready" if not missing else "degraded" if database is not None else "unready",
        "missing": missing,
        "reminders": "running" if temporal else "waiting",
        "waiting": database,
    }
    return answer(body, 200 if database is not None else 503)


@router.get("/metrics", summary="Metrics for Prometheus")
async def metrics(ledger: LedgerDep) -> Response:
    """Prometheus's text format."""
    STATEMENTS.set(ledger.database.statements)
    waiting = await _database(ledger)
    if waiting is not None:
        OUTBOX.set(waiting["outbox"])
        REACTIONS.set(waiting["reactions"])
        for tenant, events in (await ledger.tenants.positions()).items():
            EVENTS.labels(tenant).set(events)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _database(ledger: Ledger) -> dict[str, int] | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return await ledger.tenants.waiting()
    except (DatabaseAway, psycopg.Error, TimeoutError):
        return None


async def _temporal(client: Client) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return await client.service_client.check_health()
    except (RPCError, RuntimeError, TimeoutError):
        return False
