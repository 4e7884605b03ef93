"""Cutting work short at any place where it waits."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import psycopg

from ledger.database import DatabaseAway
from tests.conftest import Base


@types.coroutine
def crashing(
    work: Coroutine[Any, Any, Any], after: int, crash: Callable[[], object]
) -> Generator[Any, Any, tuple[int, bool]]:
    """Run a coroutine and crash it when it suspends for the n-th time. Gives the suspensions, and whether it ended."""
    seen, value, fault = 0, None, None
    while True:
        try:
            waits = work.send(value) if fault is None else work.throw(fault)
        except StopIteration:
            return seen, True
        except (asyncio.CancelledError, DatabaseAway, psycopg.Error):
            return seen, False
        seen += 1
        if seen == after:
            crash()
        value, fault = None, None
        try:
            value = yield waits
        except BaseException as raised:
            fault = raised


def cancel() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


def cut_connections(base: Base) -> Callable[[], None]:
    """Make the server drop every connection of the service, as when PostgreSQL restarts."""

    def cut() -> None:
        with psycopg.connect(base.owner, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'termledger_app' AND datname = current_database()"
            )

    return cut
