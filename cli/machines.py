"""`termledger machines`: the machines' diagrams, written or compared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output import failed, out
from domain.machine import Machine
from domain.machines import MACHINES
from domain.messages import render


def machines(
    write: Annotated[Path | None, typer.Option(help="写到此目录 / write the diagrams to this folder")] = None,
    check: Annotated[Path | None, typer.Option(help="与此目录比较 / compare with this folder")] = None,
) -> None:
    """状态机图 / the machines' diagrams, as Mermaid."""
    pages = {f"{name}.md": page(machine) for name, machine in MACHINES.items()}
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (write / name).write_text(text, encoding="utf-8")
    elif check is not None:
        stale = [name for name, text in pages.items() if not _same(check / name, text)]
        if stale:
            names = ", ".join(stale)
            raise failed(
                f"{names} 已过时，请运行 termledger machines --write {check}。",
                f"{names} stale; run: termledger machines --write {check}",
            )
    else:
        for text in pages.values():
            out.print(text, markup=False)


def _same(file: Path, text: str) -> bool:
    return file.exists() and file.read_text(encoding="utf-8") == text


def page(machine: Machine) -> str:
    """Return a machine's page: its diagram and its table."""
    lines = [
        f"# {machine.name}",
        "",
        "Made by `termledger machines --write docs/machines`; ⏰ marks what time alone brings about.",
        "",
        "```mermaid",
        machine.mermaid().rstrip(),
        "```",
        "",
        "| command | 中文 | from | to | events |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in machine.transitions:
        name = row.command.name
        lines.append(
            f"| {name} | {render(f'command.{machine.name}.{name}', 'zh')} "
            f"| {', '.join(one.__name__ for one in row.source) or '–'} "
            f"| {', '.join(one.__name__ for one in row.target) or 'stays'} "
            f"| {', '.join(one.type for one in row.events)} |"
        )
    return "\n".join(lines) + "\n"
