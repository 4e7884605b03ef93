"""Every page there is, who looks at it, and where it is in the staged county."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.e2e.stage import Stage

Where = Callable[[Stage], Awaitable[str]]


@dataclass(frozen=True)
class Shown:
    """A page, by the name of its pictures."""

    name: str
    login: str | None
    where: Where


def at(path: str) -> Where:
    """A page whose address is always the same."""

    async def where(stage: Stage) -> str:
        return path

    return where


def audited(rest: str = "", **wanted: str) -> Where:
    """The audit page of the first stream whose line in the lists has these values."""

    async def where(stage: Stage) -> str:
        return f"/audit/{await stage.find(**wanted)}{rest}"

    return where


PAGES: Sequence[Shown] = (
    Shown("sign-in", None, at("/sign-in")),
    Shown("filings", "office", at("/filings")),
    Shown("filings-found", "office", at("/filings?q=%E4%BD%9C%E4%B8%9A")),
    Shown("board-office", "office", at("/board")),
    Shown("board-principal", "principal", at("/board")),
    Shown("cycle-office", "office", at("/cycles")),
    Shown("cycle-group-leader", "group_leader", at("/cycles")),
    Shown("programme", "group_leader", at("/programme")),
    Shown("programme-difference", "office", at("/programme/difference")),
    Shown("desk-office", "office", at("/")),
    Shown("desk-principal", "principal", at("/")),
    Shown("desk-group-leader", "group_leader", at("/")),
    Shown("inspections", "office", at("/inspections")),
    Shown("follow-ups", "office", at("/inspections?kind=follow-ups")),
    Shown("audit", "admin", at("/audit")),
    Shown("audit-found", "admin", at("/audit?duty=group_plan")),
    Shown("audit-events", "admin", at("/audit/events")),
    Shown("audit-verify", "admin", at("/audit/verify")),
    Shown("audit-denials", "admin", at("/audit/denials")),
    Shown("audit-sign-ins", "admin", at("/audit/sign-ins")),
    Shown("audit-now", "admin", audited(machine="filing", duty="group_plan", status="approved")),
    Shown("audit-then", "admin", audited("?version=2", machine="filing", duty="group_plan", status="approved")),
    Shown("audit-sheet", "admin", audited("/sheet", machine="filing", duty="group_plan", status="approved")),
)
