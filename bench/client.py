"""A light HTTP/1.1 client for load on loopback: keep-alive, one request at a time on each connection.

Run as `python -m bench.client`; reads a `Plan` on standard input, writes a `Result` on standard output.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import cast

import uvloop
from pydantic import BaseModel

LIMIT = 20_000
"""Requests of one plan, at most."""


class Plan(BaseModel):
    """What to send."""

    port: int
    callers: int
    method: str
    paths: list[str]
    headers: list[dict[str, str]]
    """Of each request."""
    body: str = ""
    seconds: float
    """When to give up."""


class Result(BaseModel):
    """How it went."""

    seconds: float
    latencies: list[float]


class _Connection(asyncio.Protocol):
    """Sends one request and waits for its whole answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, fault: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(fault or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator or len(rest) < _length(head):
            return
        self._received.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(int(head[9:12]))

    async def send(self, request: bytes) -> int:
        """Return the status of the answer."""
        assert self._transport is not None, "it is connected"
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


def _length(head: bytes | bytearray) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("an answer without Content-Length")


def _requests(plan: Plan) -> list[bytes]:
    requests = []
    body = plan.body.encode()
    for path, own in zip(plan.paths, plan.headers, strict=True):
        headers = {"Host": f"127.0.0.1:{plan.port}", "Content-Length": str(len(body)), **own}
        if body:
            headers["Content-Type"] = "application/json"
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        requests.append(f"{plan.method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
    return requests


async def carry_out(plan: Plan) -> Result:
    """Let so many callers send all requests; anything but a success ends it."""
    if len(plan.paths) > LIMIT:
        raise ValueError(f"{len(plan.paths)} requests are more than {LIMIT}")
    loop = asyncio.get_running_loop()
    left = iter(_requests(plan))
    connections = [(await loop.create_connection(_Connection, "127.0.0.1", plan.port))[1] for _ in range(plan.callers)]
    latencies: list[float] = []
    began = time.perf_counter()
    async with asyncio.timeout(plan.seconds), asyncio.TaskGroup() as group:
        for connection in connections:
            group.create_task(_caller(connection, left, latencies))
    return Result(seconds=time.perf_counter() - began, latencies=latencies)


async def _caller(connection: _Connection, left: Iterator[bytes], latencies: list[float]) -> None:
    for request in left:
        began = time.perf_counter()
        status = await connection.send(request)
        latencies.append(time.perf_counter() - began)
        if not 200 <= status < 300:
            raise RuntimeError(f"answered {status}")


if __name__ == "__main__":
    result = uvloop.run(carry_out(Plan.model_validate_json(sys.stdin.read())))
    sys.stdout.write(result.model_dump_json())
