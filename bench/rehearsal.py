"""The county's whole school year, rehearsed: how long it takes, and whether the worker's memory stays flat."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from bench.harness import Aim, Section, Table, count, say

AIM = 120.0
"""Seconds for the county's whole year on two cores."""
FLAT = 1.15
"""How much the last third's memory may exceed the middle third's."""
LIMIT = 1800.0
PARTS = 10

WHAT = """`termledger rehearse pucheng-county --json` in a process of its own, with its own PostgreSQL and Temporal's
time-skipping server: every unit, simulated people, all windows, the year-end inspection; then verify and
rebuild check. The process is worker, relay and simulated people at once; its memory (RSS) is sampled over the
run from the outside. There is no floor here: the aim is a number of seconds."""


def run(quick: bool) -> Section:
    """Rehearse; only one cluster and some weeks when quick."""
    section = Section("A rehearsed school year", WHAT)
    narrow = ["--units", "1", "--year", "2026", "--until", "2026-09-20"] if quick else ["--year", "2026"]
    report, samples, seconds = _rehearsed(narrow, 1.0 if quick else 5.0)
    section.tables += [_outcome(report, seconds), _memory(samples)]
    text = f"the county's whole year, the whole command, in under {AIM:.0f} s"
    if quick:
        section.remarks.append(f"{text}: not measured at this size.")
    else:
        section.aims.append(Aim(text, seconds < AIM, f"{seconds:.0f} s"))
    if len(samples) >= 6:
        growth = _mean(samples[-(len(samples) // 3) :]) / _mean(samples[len(samples) // 3 : -(len(samples) // 3)])
        section.aims.append(
            Aim(
                f"worker memory stays flat (last third of the run over the middle third, under {FLAT}×)",
                growth < FLAT,
                f"{growth:.2f}×",
            )
        )
    section.remarks.append(f"{count(report['events'] / report['seconds'])} events a second, simulated people included.")
    return section


def _rehearsed(narrow: list[str], every: float) -> tuple[dict[str, Any], list[float], float]:
    """Return the report, the memory in MiB at each look, and the seconds from start to end."""
    began = time.monotonic()
    samples: list[float] = []
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "rehearse", "pucheng-county", "--json", *narrow],
            stdout=said,
            cwd=Path(__file__).parent.parent,
        )
        try:
            watched = psutil.Process(process.pid)
            while process.poll() is None:
                samples.append(watched.memory_info().rss / 2**20)
                if time.monotonic() - began > LIMIT:
                    raise TimeoutError(f"the rehearsal took more than {LIMIT:.0f} s")
                try:
                    process.wait(every)
                except subprocess.TimeoutExpired:
                    say(f"rehearsal: {time.monotonic() - began:.0f} s, {samples[-1]:.0f} MiB")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
        seconds = time.monotonic() - began
        if process.returncode != 0:
            raise RuntimeError(f"the rehearsal ended with {process.returncode}")
        said.seek(0)
        # Temporal's core logs to standard output too; the report begins on a line of its own.
        report: dict[str, Any] = json.loads(b"{" + (b"\n" + said.read()).partition(b"\n{")[2])
    return report, samples, seconds


def _outcome(report: dict[str, Any], seconds: float) -> Table:
    found = {
        "days": f"{report['first_day']} to {report['until']}",
        "units, people": f"{report['units']:,}, {report['people']:,}",
        "filings due": f"{sum(one['due'] for one in report['duties']):,}",
        "events": f"{report['events']:,}",
        "ledger": "sound" if report["sound"] else "ALTERED",
        "drifts of the read models": str(report["drifts"]),
        "seconds, rehearsal alone": f"{report['seconds']:.1f}",
        "seconds, whole command": f"{seconds:.1f}",
        "peak memory, MiB": f"{report['peak_mib']:,}",
    }
    return Table("Outcome", ("", "seen"), list(found.items()))


def _memory(samples: list[float]) -> Table:
    """Memory over the run, in at most ten parts."""
    size = math.ceil(len(samples) / PARTS)
    parts = [samples[start : start + size] for start in range(0, len(samples), size)]
    rows = [(f"{100 * number * size // len(samples)} %", f"{_mean(part):.0f}") for number, part in enumerate(parts)]
    return Table("Worker memory over the run", ("of the run", "MiB (RSS)"), rows)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
