"""Our own style sheet, script and mark. An address names the content's digest, so it may be kept for ever."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Response

from api.faults import BadRequest
from api.web.kit import STATIC

router = APIRouter()

KEPT = "public, max-age=31536000, immutable"

_TYPES: Mapping[str, str] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@router.get("/static/{name}", include_in_schema=False)
async def static(name: str) -> Response:
    """A static file; 404 for any other name."""
    file = STATIC / name
    kind = _TYPES.get(file.suffix[1:])
    if kind is None or file.parent != STATIC or not file.is_file():
        raise BadRequest(404, "no_such_address")
    return Response(
        file.read_bytes(), media_type=kind, headers={"cache-control": "public, max-age=31536000, immutable"}
    )
