"""The school year that is on: many pages begin with it."""

from __future__ import annotations

from dataclasses import dataclass

from api.web.visitor import Visitor
from domain.cycle import Cycle, Scheduled
from domain.ids import StreamId
from ledger.ledger import Ledger
from ledger.lists import ItemFilter

_ORDER = ("running", "inspecting", "suspended", "closing", "published", "drafted", "archived")


@dataclass(frozen=True, slots=True)
class CycleNow:
    """A cycle, as the ledger has it now."""

    stream: StreamId
    version: int
    state: Cycle

    @property
    def scheduled(self) -> Scheduled | None:
        """The cycle with its windows; None while it is only drafted."""
        return self.state if isinstance(self.state, Scheduled) else None


async def cycle_now(ledger: Ledger, visitor: Visitor) -> CycleNow | None:
    """Return the cycle that is on, else the nearest to it; None when there has never been one. Two queries."""
    page = await ledger.lists.items(visitor.tenant, "cycle", visitor.actor, visitor.programme, ItemFilter(), limit=200)
    rows = [row for row in page.rows if row["status"] in _ORDER]
    if not rows:
        return None
    chosen = min(rows, key=lambda row: (_ORDER.index(row["status"]), row["stream"]))
    version, state, _ = await ledger.head(visitor.tenant, StreamId(chosen["stream"]))
    assert isinstance(state, Cycle), "cycles have cycles' states"
    return CycleNow(StreamId(chosen["stream"]), version, state)
