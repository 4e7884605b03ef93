"""Saying that a database was made by another version, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import typer

from cli.output import failed, say
from ledger.fitness import Unfit, Why

DEMO_MARKS = ("rehearsal.json", "rehearsal.under-way")
"""Files that only a demo leaves in its data folder: its report, and that it has not got so far yet."""


def unfit(fault: Unfit, folder: Path | None) -> typer.Exit:
    """Say that this version cannot work on a database, of a data folder or not; raise what this returns."""
    zh, en = _what(fault, folder)
    zh_next, en_next = _next(fault, folder)
    return failed(f"{zh}{zh_next}", f"{en} {en_next}", 2)


def _what(fault: Unfit, folder: Path | None) -> tuple[str, str]:
    zh_place, en_place = (
        ("数据库", "The database") if folder is None else (f"{folder} 中的数据", f"The data in {folder}")
    )
    held, needed = fault.held or say("无", "none"), fault.needed
    match fault.why:
        case Why.BEHIND:
            return (
                f"{zh_place}是旧版本的（结构版本 {held}，本程序需要 {needed}）。",
                f"{en_place} is of an earlier version (schema {held}; this Termledger needs {needed}).",
            )
        case Why.UNKNOWN:
            return (
                f"{zh_place}是另一个更新的版本建立的（结构版本 {held}，本程序只到 {needed}）。",
                f"{en_place} is of another, newer version (schema {held}; this Termledger knows up to {needed}).",
            )
        case Why.OTHER:
            return (
                f"{zh_place}是 Termledger 另一个版本建立的：结构版本同为 {held}，但 {fault.detail} 不同。",
                f"{en_place} was made by another version of Termledger: schema {held}, but {fault.detail} differs.",
            )
    return (
        f"{zh_place}是 Termledger 另一个版本写入的，本程序读不懂其中的 {fault.detail}。",
        f"{en_place} was written by another version of Termledger: this one cannot read {fault.detail} in it.",
    )


def _next(fault: Unfit, folder: Path | None) -> tuple[str, str]:
    if folder is not None and any((folder / mark).exists() for mark in DEMO_MARKS):
        return (
            "演示数据无需保留：请删除该目录再运行，或用 --data 另选目录。",
            "It is a demo's: delete that folder and start again, or choose another folder with --data.",
        )
    if fault.why is Why.BEHIND and folder is not None:
        return (
            f"请停止后重新运行 termledger up --data {folder}，启动时会先升级。",
            f"Stop it and run termledger up --data {folder} again; it brings the data up to date first.",
        )
    if fault.why is Why.BEHIND:
        return "请先运行 termledger migrate。", "Run termledger migrate first."
    if folder is not None:
        return (
            "请改用原来的版本；要从头开始，请用 --data 另选目录。",
            "Use the version that made it; to begin anew, choose another folder with --data.",
        )
    return (
        "请改用与该库相符的版本，或另用一个空库。",
        "Use the version that made it, or an empty database.",
    )
