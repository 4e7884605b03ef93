"""The app: routes, problems, limits, and what lives as long as it does."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from api import problems
from api.limits import BodyLimit, SecurityHeaders
from api.openapi import describe
from api.routes import bulk, delegations, desk, drafts, handing_over, health, rule_change, streams, tokens
from api.routes.machines import machine_router
from api.settings import Settings
from api.web.site import install_web
from domain.machines import MACHINES
from ledger.ledger import Ledger


def create_app(settings: Settings) -> FastAPI:
    """Return the app for some settings. It opens the ledger when it starts and closes it when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        dsn = settings.dsn.get_secret_value()
        async with Ledger.connect(dsn, size=settings.pool, totp_keys=settings.totp_keys_file) as ledger:
            app.state.ledger = ledger
            app.state.settings = settings
            # Lazy: the API starts and works whether or not Temporal is there.
            app.state.temporal = await Client.connect(
                settings.temporal, namespace=settings.namespace, data_converter=pydantic_data_converter, lazy=True
            )
            gc.freeze()  # full collections over what never goes away make the slowest requests
            yield

    app = FastAPI(
        title="Termledger 研修台账",
        version="1",
        summary="Plans, approvals, reports and inspections of a school year, in a ledger that proves itself.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        redirect_slashes=False,
    )
    v1 = APIRouter(prefix="/api/v1")
    for one in (tokens, desk, delegations, handing_over, bulk, drafts, rule_change, streams):
        v1.include_router(one.router)
    v1.include_router(streams.revisions)
    for machine in MACHINES.values():
        v1.include_router(machine_router(machine))
    app.include_router(v1)
    app.include_router(health.router)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    problems.install(app)
    install_web(app, settings)
    describe(app)
    return app
