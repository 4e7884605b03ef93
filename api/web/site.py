"""All pages together."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from api.settings import Settings
from api.web import (
    account,
    audit,
    board,
    cycles,
    delegations,
    desk,
    directory,
    filings,
    follow_ups,
    hand_over,
    inspections,
    lists,
    live,
    notices,
    oidc,
    people,
    programmes,
    rule_change,
    rulebook,
    sign_in,
    static_files,
    tokens,
    units,
)
from api.web.security import PageHeaders

_ROUTERS = (
    *(static_files.router, live.router, sign_in.router, oidc.router, account.router, tokens.router, desk.router),
    *(notices.router, lists.router, board.router, filings.router, directory.router, people.router, delegations.router),
    *(hand_over.router, units.router, audit.router),
    *(inspections.router, follow_ups.router),
    *(rule_change.router, cycles.router, programmes.router, rulebook.router),
)

SMALL = 1000
"""Bytes below which compressing an answer is not worth it."""


def install_web(app: FastAPI, settings: Settings) -> None:
    """Add the pages to the app. Pages do not appear in the API's description."""
    for router in _ROUTERS:
        app.include_router(router, include_in_schema=False)
    sign_in.install(app)
    app.add_middleware(PageHeaders, https=settings.is_https)
    app.add_middleware(GZipMiddleware, minimum_size=SMALL)
