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


PAGES: Sequence[Shown] = (
    Shown("sign-in", None, at("/sign-in")),
    Shown("desk-office", "office", at("/")),
    Shown("desk-principal", "principal", at("/")),
    Shown("desk-group-leader", "group_leader", at("/")),
)
