"""Faults, as pages: what happened, what it means, what to do next. What was posted is kept in the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from starlette.datastructures import FormData

from api.language import language
from api.web.kit import page, say
from api.web.words import WEB
from api.web.written import written

_MACHINES = ("/api/", "/health", "/metrics", "/static/")
"""Addresses that programs read: they are answered with problem+json."""

KEPT_BYTES = 200_000
"""How much of a posted form is carried in an error page."""


def wants_page(request: Request) -> bool:
    """Whether a fault is to be told to a person."""
    return not request.url.path.startswith(_MACHINES) and "text/html" in request.headers.get("accept", "text/html")


def error_page(
    request: Request, status: int, code: str, params: Mapping[str, Any], headers: Mapping[str, str]
) -> Response:
    """Return a fault as a page."""
    visitor = getattr(request.state, "visitor", None)
    kept = _kept(request) if status in (503, 500, 429) else []
    lang = visitor.lang if visitor is not None else language(request)
    title = f"web.error.title_{status}"
    return page(
        request,
        visitor,
        "error.html",
        status,
        headers,
        title=say(lang, title if title in WEB else "web.error.title"),
        detail=say(lang, f"refusal.{code}", **params),
        kept=kept,
        written="" if kept or request.method != "POST" else written(getattr(request.state, "form", None)),
    )


def _kept(request: Request) -> list[tuple[str, str]]:
    """What was posted, to be posted again; nothing where it was too much, or where a secret may be in it."""
    form: FormData | None = getattr(request.state, "form", None)
    if form is None or request.method != "POST":
        return []
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    # A document's own field may be called anything.
    own = [name for name, _ in fields if not name.startswith("content.")]
    secret = any("password" in name or "code" in name for name in own)
    too_much = sum(len(value) for _, value in fields) > KEPT_BYTES
    return [] if secret or too_much else fields
