"""`termledger programme`: what is done with rulebooks without a ledger."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

import programmes
from cli.connection import JsonOption
from cli.output import failed, language, out, print_json, say
from domain.bpmn import bpmn
from domain.programme import Programme
from domain.programme_check import Fault, ProgrammeFaults, advice, check, load

app = typer.Typer(help="研修方案 / rulebooks", no_args_is_help=True)

FileArgument = Annotated[
    str, typer.Argument(help="方案文件，或自带方案的名字 / a programme file, or the name of a shipped one")
]


@app.callback()
def main() -> None:
    """Rulebooks."""


@app.command("check")
def check_file(file: FileArgument, json: JsonOption = False) -> None:
    """检查方案，一次列出所有问题 / check a programme and list every fault at once."""
    text = read(file)
    faults, warnings = check(text), advice(text)
    if json:
        print_json({"file": file, "faults": _rows(faults), "warnings": _rows(warnings)})
    else:
        for one in faults:
            out.print(_line(file, "", one), markup=False)
        if not faults:
            out.print(say(f"{file}：没有问题。", f"{file}: no faults."))
        for one in warnings:
            out.print(_line(file, say("提醒：", "warning: "), one), markup=False)
    if faults:
        raise typer.Exit(1)


def _rows(found: Iterable[Fault]) -> list[dict[str, object]]:
    lang = language()
    return [
        {"line": one.line, "column": one.column, "code": one.code, "message": getattr(one.message, lang)}
        for one in found
    ]


def _line(file: str, mark: str, one: Fault) -> str:
    return f"{file}:{one.line}:{one.column}: {mark}{getattr(one.message, language())} [{one.code}]"


@app.command("bpmn")
def export(
    file: FileArgument,
    pipeline: Annotated[str, typer.Argument(help="审批流的标识 / the pipeline’s id")],
    to: Annotated[Path | None, typer.Option("--output", "-o", help="写到此文件 / write to this file")] = None,
) -> None:
    """把一条审批流导出为 BPMN 2.0，带图 / export a pipeline as BPMN 2.0 with its diagram."""
    programme = loaded(file)
    found = programme.pipeline_by_id.get(pipeline)
    if found is None:
        names = ", ".join(programme.pipeline_by_id)
        raise failed(
            f"{file} 没有审批流 {pipeline}。有：{names}。", f"{file} has no pipeline {pipeline}. It has: {names}.", 2
        )
    text = bpmn(found, programme, language())
    if to is None:
        sys.stdout.write(text)
        return
    try:
        to.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise failed(f"写不了 {to}（{fault.strerror}）。", f"{to} cannot be written ({fault.strerror}).", 2) from None


def read(file: str) -> str:
    """Return a programme's text, from a file or from those that ship."""
    if file in programmes.names():
        return programmes.text(file)
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        names = ", ".join(programmes.names())
        raise failed(
            f"读不了 {file}（{fault}）。自带的方案有：{names}。",
            f"{file} cannot be read ({fault}). Shipped programmes: {names}.",
            2,
        ) from None


def loaded(file: str) -> Programme:
    """Return a sound programme, or list its faults and end."""
    try:
        return load(read(file))
    except ProgrammeFaults as found:
        lang = language()
        for one in found.faults:
            out.print(f"{file}:{one.line}:{one.column}: {getattr(one.message, lang)}", markup=False)
        raise typer.Exit(1) from None
