"""The shapes the API answers with, for OpenAPI. Routes answer with values of these shapes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class StreamView(BaseModel):
    """A stream as it is now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "fil-3f0c9a7be1d24c55a1b2",
                    "machine": "filing",
                    "version": 3,
                    "status": "in_review",
                    "state": {"status": "in_review", "step": 0},
                    "permitted": ["approve", "return"],
                }
            ]
        }
    )

    id: str
    machine: str
    version: int = Field(description="also the ETag; send it back as If-Match")
    status: str
    state: dict[str, Any]
    permitted: list[str] = Field(description="commands the caller may give now")
    repeated: bool = Field(False, description="the Idempotency-Key was known: nothing was done now")


class ItemView(BaseModel):
    """A line of a list."""

    id: str
    version: int
    cycle: str | None
    unit: str
    duty: str | None
    period: str | None
    person: str | None
    subject: str | None
    status: str
    stage: str | None
    due_at: datetime | None
    late: bool


class ItemPage(BaseModel):
    """A page of a list."""

    items: list[ItemView]
    next: str | None = Field(description="send it as `after` for the next page; null at the end")


class TaskView(BaseModel):
    """Something that waits for the caller."""

    stream: str
    machine: str
    kind: str
    duty: str | None
    period: str | None
    unit: str
    status: str
    due_at: datetime | None


class Tasks(BaseModel):
    """What waits for the caller, most urgent first."""

    now: datetime
    tasks: list[TaskView]


class EventView(BaseModel):
    """An event as it stands in the ledger."""

    position: int
    version: int
    type: str
    data: dict[str, Any]
    actor: str
    on_behalf_of: str | None
    programme: str
    command_id: str
    happened_at: datetime
    recorded_at: datetime
    hash: str
    digest: str


class EventPage(BaseModel):
    """A page of a stream's events."""

    events: list[EventView]
    next: int | None = Field(description="send it as `after` for the next page; null at the end")


class StateView(BaseModel):
    """A stream as it was."""

    id: str
    machine: str
    version: int
    status: str
    state: dict[str, Any]


class DraftView(BaseModel):
    """A draft: what was written and not handed in."""

    body: dict[str, Any]
    revision: int = Field(description="also the ETag; send it back as If-Match (0 for no draft yet)")
    saved_by: str
    saved_at: datetime


class NoticeView(BaseModel):
    """A notice in the caller's inbox."""

    id: str
    stream: str
    text: str
    at: datetime
    read_at: datetime | None


class FlawView(BaseModel):
    """The first place where the ledger is not what it was."""

    position: int
    stream: str | None
    reason: str


class VerificationView(BaseModel):
    """What a verification found."""

    tenant: str
    sound: bool
    events: int
    streams: int
    head: str
    flaw: FlawView | None


class FieldFault(BaseModel):
    """What is wrong with one field."""

    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """problem+json (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    field: str | None = Field(None, description="the field at fault, as a path")
    errors: list[FieldFault] | None = Field(None, description="every fault of the form, when there may be several")
    version: int | None = Field(None, description="409, 412: where the stream is now")
    stream_status: str | None = Field(None, description="409, 412: its state now")
    draft: DraftView | None = Field(None, description="412: the draft as somebody else saved it")
