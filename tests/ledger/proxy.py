"""A wire between psycopg and PostgreSQL that can be cut at a chosen moment, and that counts what is asked."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from urllib.parse import urlsplit

_READY = b"Z\x00\x00\x00\x05I"
"""PostgreSQL's message that a query has ended outside any transaction: what it did is committed."""


class Cut(Enum):
    """When the wire is cut, seen from the request that carries the mark."""

    BEFORE = "before it is sent"
    HALFWAY = "after half of it was sent"
    AFTER = "after it was carried out, before the answer arrives"


class Wire:
    """Forwards connections to a server."""

    def __init__(self, dsn: str) -> None:
        self._target = urlsplit(dsn)
        self._dsn = ""
        self._mark = b""
        self._cut: Cut | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.asked = 0
        """Queries sent."""
        self.cuts = 0

    @property
    def dsn(self) -> str:
        """The address to use instead of the server's."""
        return self._dsn

    def cut_at(self, mark: str, cut: Cut) -> None:
        """Cut once, at the next request that carries the mark."""
        self._mark, self._cut = mark.encode(), cut

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[Wire]:
        """Forward for the length of a block."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        there = self._target
        self._dsn = (
            f"postgresql://{there.username}:{there.password}@127.0.0.1:{port}{there.path}"
            "?sslmode=disable&gssencmode=disable"
        )
        try:
            yield self
        finally:
            server.close()
            for writer in list(self._open):
                writer.close()
            await server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._open |= {writer, up_writer}
        hold = asyncio.Event()
        tasks = [
            asyncio.create_task(self._requests(reader, up_writer, hold)),
            asyncio.create_task(self._answers(up_reader, writer, hold)),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in (writer, up_writer):
            one.close()
            with suppress(OSError):
                await one.wait_closed()
            self._open.discard(one)

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hold: asyncio.Event) -> None:
        typed, request = False, b""
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(5 if typed else 4)
                (length,) = struct.unpack(">i", head[-4:])
                request += head + await reader.readexactly(length - 4)
                if typed and head[:1] not in (b"S", b"Q", b"X", b"p", b"H"):
                    continue  # a request ends with Sync; what comes before it is sent with it
                self.asked += head[:1] in (b"S", b"Q") and typed
                typed = True
                if self._cut is not None and self._mark in request:
                    cut, self._cut = self._cut, None
                    self.cuts += 1
                    if cut is Cut.BEFORE:
                        return
                    if cut is Cut.HALFWAY:
                        writer.write(request[: len(request) // 2])
                        await writer.drain()
                        return
                    hold.set()
                writer.write(request)
                await writer.drain()
                request = b""

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hold: asyncio.Event) -> None:
        held = b""
        with suppress(OSError):
            while chunk := await reader.read(65536):
                if hold.is_set():
                    held += chunk
                    if held.endswith(_READY):
                        return
                    continue
                writer.write(chunk)
                await writer.drain()
