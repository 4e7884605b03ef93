"""`python -m bench [names…] [--quick] [--write docs/performance.md]`."""

from __future__ import annotations

import argparse
import gc
import importlib
import sys
import time
from pathlib import Path

from bench.harness import Section, say
from bench.report import Machine, as_markdown, print_section

NAMES = ("commands", "http", "pages", "open_window", "alarms", "ledger", "rehearsal")


def main() -> int:
    """Run the named benchmarks, all without a name."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Termledger against floors.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of {', '.join(NAMES)}; all when none is given")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run, not how fast is it")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the report, e.g. docs/performance.md")
    chosen = parser.parse_args()
    if unknown := [name for name in chosen.names if name not in NAMES]:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    for name in chosen.names or NAMES:  # what is missing is to be known now and not in an hour
        importlib.import_module(f"bench.{name}")
    machine = Machine.seen_now()
    sections = [measure(name, chosen.quick) for name in chosen.names or NAMES]
    if chosen.write is not None:
        chosen.write.write_text(as_markdown(machine, sections, chosen.quick), encoding="utf-8")
        say(f"written: {chosen.write}")
    return 0


def measure(name: str, quick: bool) -> Section:
    """Run one benchmark and print what it found."""
    say(f"== {name}")
    began = time.monotonic()
    section: Section = importlib.import_module(f"bench.{name}").run(quick)
    section.seconds = time.monotonic() - began
    gc.unfreeze()
    print_section(section)
    return section


if __name__ == "__main__":
    sys.exit(main())
