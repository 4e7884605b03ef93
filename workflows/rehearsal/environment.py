"""A Temporal server whose time is skipped, ready for our workflows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from activities.temporal import SEARCH_ATTRIBUTES

_TYPES = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}
_LETTING_GO = 0.1
"""Seconds for Temporal's threads to let go of their last Python objects.

An interpreter that ends right after the last call meets one of them half way and dies (PyGILState_Release, signal 6):
seen in more than half of the runs without this wait.
"""


@asynccontextmanager
async def skipping_environment(program: str, *, port: int | None = None) -> AsyncIterator[WorkflowEnvironment]:
    """Run a time-skipping server, with our search attributes, for the length of a block.

    Takes the path of the server's program (`deploy.temporal.test_server_path`).
    """
    try:
        async with await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=program, data_converter=pydantic_data_converter, port=port
        ) as environment:
            await environment.client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace=environment.client.namespace,
                    search_attributes={name: _TYPES[kind] for name, kind in SEARCH_ATTRIBUTES.items()},
                )
            )
            yield environment
    finally:
        await asyncio.sleep(_LETTING_GO)
