"""A program that used the time-skipping server ends as it should."""

from __future__ import annotations

import asyncio
import sys

_PROGRAM = """
import asyncio
from deploy.temporal import test_server_path
from workflows.rehearsal.environment import skipping_environment

async def main():
    async with skipping_environment(test_server_path()) as environment:
        await environment.sleep(1)

asyncio.run(main())
"""


async def test_an_interpreter_that_used_the_environment_ends_well() -> None:
    """Temporal's threads may still hold Python objects when the interpreter ends: that kills more than half of them."""
    for _ in range(4):
        ended = await asyncio.create_subprocess_exec(sys.executable, "-c", _PROGRAM)
        assert await ended.wait() == 0
