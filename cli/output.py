"""Printing: a table or JSON, in the reader's language; progress on stderr, so that output can be piped."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from domain.messages import Lang

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def language() -> Lang:
    """Chinese where the locale is Chinese, else English. TERMLEDGER_LANG decides before the locale."""
    spoken = os.environ.get("TERMLEDGER_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if spoken.lower().startswith("zh") else "en"


def say(zh: str, en: str) -> str:
    """Choose between the two languages."""
    return zh if language() == "zh" else en


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    sys.stdout.write(to_json(value, indent=2).decode() + "\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], right: int = 1) -> None:
    """Print rows; the columns from `right` on are figures and stand to the right."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index >= right else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    out.print(table)


def print_pairs(pairs: Mapping[str, object]) -> None:
    """Print names with their values."""
    width = max((_cells(name) for name in pairs), default=0)
    for name, value in pairs.items():
        out.print(f"  {name}{' ' * (width - _cells(name))}  {value}")


def _cells(text: str) -> int:
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text)


def failed(zh: str, en: str, code: int = 1) -> typer.Exit:
    """Say what is wrong and what to do; raise what this returns to end with the exit code."""
    err.print(say(zh, en), style="red", markup=False)
    return typer.Exit(code)


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Progress]:
    """Show a bar (with a total) or a running count on stderr; nothing when stderr is not a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        bar.add_task(label, total=total)
        yield bar
