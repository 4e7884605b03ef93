"""Names and settings that everything speaking to Temporal shares: ids, queue, messages, search attributes, client."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict
from temporalio.client import Client
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter

from domain.ids import StreamId, TenantId, machine_of

TASK_QUEUE: Final = "termledger"
MOVED: Final = "moved"
"""The signal that says: the stream has moved, look again."""

WORKFLOWS: Final = {
    "cycle": "Cycle",
    "filing": "Filing",
    "inspection": "Inspection",
    "follow_up": "FollowUp",
    "person": "Person",
}
"""The process manager of each machine that has one, by its Temporal workflow type."""

UNIT = SearchAttributeKey.for_keyword("TermledgerUnit")
DUTY = SearchAttributeKey.for_keyword("TermledgerDuty")
STATE = SearchAttributeKey.for_keyword("TermledgerState")
DUE = SearchAttributeKey.for_datetime("TermledgerDue")
SEARCH_ATTRIBUTES: Final = {UNIT.name: "Keyword", DUTY.name: "Keyword", STATE.name: "Keyword", DUE.name: "Datetime"}

ADVANCE_TIMEOUT: Final = timedelta(minutes=2)
ADVANCE_RETRIES: Final = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=1)
)
"""The ledger recognises what it has done already, so retrying for ever is safe, and right: nobody else will."""


class StreamRef(BaseModel):
    """All that a process manager holds."""

    model_config = ConfigDict(frozen=True)

    tenant: TenantId
    stream: StreamId


def workflow_id(ref: StreamRef) -> str:
    """Return the workflow id of a stream's process manager."""
    return f"{ref.tenant}/{ref.stream}"


def workflow_type(stream: StreamId) -> str | None:
    """Return the workflow type that manages a stream; None when its machine needs none."""
    return WORKFLOWS.get(machine_of(stream) or "")


async def connect(address: str, namespace: str = "default") -> Client:
    """Return a client that speaks pydantic."""
    return await Client.connect(address, namespace=namespace, data_converter=pydantic_data_converter)
