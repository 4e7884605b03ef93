"""What a process manager is told by `advance`: enough to sleep, to end, and to be found in Temporal's own UI."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """The stream as the process manager last saw it."""

    model_config = ConfigDict(frozen=True)

    version: int
    state: str
    unit: str | None = None
    duty: str | None = None
    due_at: datetime | None = None
    alarm: str | None = None
    """The next alarm's name."""
    sleep: timedelta | None = None
    """How long until the next alarm. A duration, since the tenant's clock may be shifted against Temporal's."""
    grain: timedelta = timedelta(0)
    """Wake-ups are rounded up to whole multiples of this. A rehearsal's fall together so: skipped time then stops once
    for all of them, and not for each."""
    final: bool = False
    """Nothing falls due any more."""
