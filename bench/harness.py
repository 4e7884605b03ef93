"""What the benchmarks share: a throw-away PostgreSQL, callers that are timed, rounds that alternate, and tables."""

from __future__ import annotations

import asyncio
import gc
import math
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psycopg

from deploy.postgres import Postgres
from ledger.migrate import ensure_login, migrate

LOGIN = "termledger_bench"
CONNECTIONS = 16
"""Database connections of every contender."""
PATIENCE = 120.0
"""Seconds one measured run may take; beyond it something is broken."""

T = TypeVar("T")


# -- what a benchmark hands back


@dataclass(frozen=True, slots=True)
class Table:
    """A table of results."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Aim:
    """Something that was to be reached, and what was seen."""

    text: str
    met: bool
    seen: str
    sure: bool = True
    """Whether every round says the same."""

    @property
    def verdict(self) -> str:
        """In words."""
        return ("met" if self.met else "missed") + ("" if self.sure else " at the median, not in every round")

    @classmethod
    def as_fast(cls, text: str, seen: Spread) -> Aim:
        """To be at least as fast as a floor, given the ratio of ours to it."""
        met = seen.median >= 1
        return cls(text, met, seen.show(ratio), met == (seen.low >= 1) == (seen.high >= 1))


@dataclass(slots=True)
class Section:
    """What one benchmark measured."""

    title: str
    what: str
    """What was measured, against what, in a few sentences."""
    tables: list[Table] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    seconds: float = 0.0


# -- numbers


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured run: the seconds it took, and each operation's latency."""

    seconds: float
    latencies: Sequence[float]
    units: int = 0
    """What a run without single operations did: rows, events."""

    @property
    def rate(self) -> float:
        """Operations a second."""
        return (self.units or len(self.latencies)) / self.seconds

    def percentile(self, percent: float) -> float:
        """The latency that `percent` of the operations do not exceed, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


@dataclass(frozen=True, slots=True)
class Spread:
    """A number over several rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of some values."""
        return cls(statistics.median(values), min(values), max(values))

    def show(self, form: Callable[[float], str]) -> str:
        """The median, with lowest and highest."""
        if self.low == self.high:
            return form(self.median)
        return f"{form(self.median)} ({form(self.low)}–{form(self.high)})"


def count(value: float) -> str:
    """A rate or a number, without false precision."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def millis(seconds: float) -> str:
    """Seconds as milliseconds."""
    return f"{seconds * 1000:.2f}" if seconds < 0.1 else f"{seconds * 1000:,.0f}"


def ratio(value: float) -> str:
    """How many times."""
    return f"{value:.2f}×"


Rounds = Mapping[str, Sequence[Sample]]
"""Each contender's samples, one a round, in the order they were taken."""


def ratios(rounds: Rounds, ours: str, floor: str) -> Spread:
    """Our rate over a floor's, each round by itself: what disturbs a round disturbs both sides of it."""
    return Spread.of([mine.rate / other.rate for mine, other in zip(rounds[ours], rounds[floor], strict=True)])


def rate_table(title: str, rounds: Rounds, ours: str, unit: str) -> Table:
    """A table of rates and latencies, with the ratio of ours to every floor."""
    rows = []
    for name, samples in rounds.items():
        row = [name, Spread.of([one.rate for one in samples]).show(count)]
        row += [Spread.of([one.percentile(p) for one in samples]).show(millis) for p in (50, 99)]
        row.append("–" if name == ours else ratios(rounds, ours, name).show(ratio))
        rows.append(row)
    return Table(title, ("", f"{unit} a second", "p50, ms", "p99, ms", "ours ÷ this"), rows)


def plain_rate_table(title: str, rounds: Rounds, pairs: Mapping[str, str], unit: str) -> Table:
    """A table of rates alone; `pairs` names the floor of each of ours."""
    rows = []
    for name, samples in rounds.items():
        floor = pairs.get(name)
        against = f"{ratios(rounds, name, floor).show(ratio)} of “{floor}”" if floor else "–"
        taken = Spread.of([one.seconds for one in samples]).show(lambda value: f"{value:.3g}")
        rows.append((name, Spread.of([one.rate for one in samples]).show(count), taken, against))
    return Table(title, ("", f"{unit} a second", "seconds", "ratio"), rows)


# -- measuring


Operation = Callable[[], Awaitable[object]]
Job = Sequence[Operation]
"""Operations that one caller does one after another."""
Contender = Callable[[int], Awaitable[Sample]]
"""Runs once; told the number of the round."""


async def drive(jobs: Sequence[Job], callers: int) -> Sample:
    """Let some callers do all jobs, and time every operation."""
    left = iter(jobs)
    latencies: list[float] = []

    async def caller() -> None:
        for job in left:
            for operation in job:
                began = time.perf_counter()
                await operation()
                latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(caller())
    return Sample(time.perf_counter() - began, latencies)


async def timed(work: Awaitable[T], units: int | Callable[[T], int]) -> Sample:
    """Time one piece of work that does so many units."""
    began = time.perf_counter()
    async with asyncio.timeout(10 * PATIENCE):
        found = await work
    return Sample(time.perf_counter() - began, (), units(found) if callable(units) else units)


async def alternate(contenders: Mapping[str, Contender], rounds: int, about: str) -> Rounds:
    """Run all contenders in turn, A B C A B C …, so that whatever else the machine does meets all of them."""
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, contender in contenders.items():
            gc.collect()
            gc.freeze()  # as the API does after its start
            sample = await contender(number)
            samples[name].append(sample)
            say(f"{about}, round {number + 1} of {rounds}: {name}: {count(sample.rate)} a second")
    return samples


def say(text: str) -> None:
    """Tell a person who waits."""
    print(f"  {text}", file=sys.stderr, flush=True)


# -- the database


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated PostgreSQL of its own."""

    folder: Path
    owner: str
    service: str

    def as_owner(self, *statements: str) -> None:
        """Run statements as the database's owner."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


SEEN: dict[str, str] = {}
"""What the runs have met: versions of servers."""


@contextmanager
def database() -> Iterator[Database]:
    """The real PostgreSQL, as durable as the product runs it, for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="termledger-bench-") as name:
        folder = Path(name)
        with Postgres(folder / "pg") as postgres:
            migrate(postgres.dsn())
            service = ensure_login(postgres.dsn(), LOGIN, secrets.token_urlsafe(16))
            with psycopg.connect(service) as connection:
                SEEN["PostgreSQL"] = str(connection.info.parameter_status("server_version"))
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    row = connection.execute(f"SHOW {setting}".encode()).fetchone()
                    SEEN[setting] = str(row[0]) if row else "?"
            yield Database(folder, postgres.dsn(), service)
