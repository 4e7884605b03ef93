"""The floor of `http`: one route as one writes it by hand. Row lock, status, version, audit row; nothing else.

Run as `python -m bench.handwritten DSN PORT`.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import JSON, BigInteger, DateTime, Identity, Integer, Text, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench.harness import CONNECTIONS

SCHEMA = "byhand"


class Base(DeclarativeBase):
    """The tables."""


class Filing(Base):
    """A filing's row."""

    __tablename__ = "filing"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012 - SQLAlchemy's way

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)


class Audit(Base):
    """Who did what."""

    __tablename__ = "audit"
    __table_args__ = {"schema": SCHEMA}  # noqa: RUF012

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    filing: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, str]] = mapped_column(JSON)
    at: Mapped[object] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Body(BaseModel):
    """A command without fields."""


class View(BaseModel):
    """The filing afterwards."""

    id: str
    status: str
    version: int
    permitted: list[str]


def create_app(dsn: str) -> FastAPI:
    """Return the app on a database."""
    engine = create_async_engine(
        make_url(dsn).set(drivername="postgresql+psycopg"), pool_size=CONNECTIONS, max_overflow=0
    )
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        gc.freeze()  # as ours does
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    @app.post("/filings/{id}/begin-draft")
    async def begin_draft(id: str, body: Body) -> View:
        """Begin a draft."""
        async with sessions() as session, session.begin():
            filing = await session.scalar(select(Filing).where(Filing.id == id).with_for_update())
            if filing is None:
                raise HTTPException(404)
            if filing.status != "open":
                raise HTTPException(409)
            filing.status = "drafting"
            filing.version += 1
            session.add(Audit(filing=id, actor="somebody", action="begin_draft", data={"from": "open"}))
        return View(id=filing.id, status=filing.status, version=filing.version, permitted=["submit", "recall"])

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Answer."""
        return {"status": "live"}

    return app


if __name__ == "__main__":
    app = create_app(sys.argv[1])
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
