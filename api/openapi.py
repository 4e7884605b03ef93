"""What the OpenAPI document says beyond the routes: the bearer token, the conditions in headers, the problems."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.deps import MAX_KEY, scope_of
from api.models import Problem
from api.problems import MEDIA_TYPE
from ledger.tokens import Scope

_PROBLEMS = {
    "400": "The request cannot be read",
    "401": "No valid token",
    "403": "The caller may not do this here, or the token may not be used for it; it goes to the denial log",
    "404": "There is no such thing",
    "405": "The address does not take this method",
    "409": "The state does not allow it now, or a race was lost",
    "412": "If-Match names a version that has moved; the ETag is the one now",
    "413": "The body is larger than the limit named",
    "415": "The body is not said to be JSON",
    "422": "The content is wrong at the field named",
    "429": "Too many wrong tokens from this address; try again after Retry-After",
    "500": "Something unexpected; the log has it",
    "503": "The database is away; try again after Retry-After",
}
_WITH_BODY = {"409", "412", "413", "415"}

_HEADERS: dict[str, dict[str, Any]] = {
    "Idempotency-Key": {
        "description": "Sending it again with the same body gives the stored answer, with `repeated`",
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY},
    },
    "If-Match": {
        "description": "The ETag that the caller decided on; 412 when it has moved",
        "schema": {"type": "string", "examples": ['"3"']},
    },
    "On-Behalf-Of": {
        "description": "The id of the person in whose stead the caller acts, by a delegation in force (GET "
        "/api/v1/delegations tells for whom that is). Only for filings; events then record both",
        "schema": {"type": "string", "examples": ["per-3f0c9a7be1d24c55a1b2"]},
    },
    "Accept-Language": {"description": "zh (otherwise) or en", "schema": {"type": "string", "examples": ["en"]}},
}


def describe(app: FastAPI) -> None:
    """Let the app's OpenAPI document say what all routes have in common."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
            app.openapi_schema = _completed(made)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _completed(made: dict[str, Any]) -> dict[str, Any]:
    components = made.setdefault("components", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = components.setdefault("schemas", {})
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        status: {"description": description, "content": content} for status, description in _PROBLEMS.items()
    }
    components["parameters"] = {
        name: {"name": name, "in": "header", "required": False, **rest} for name, rest in _HEADERS.items()
    }
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "tl_<tenant>_<random>",
            "description": "An API token. Each route names the scope that it asks for: " + ", ".join(Scope),
        }
    }
    for path, method, operation in _operations(made):
        scope = scope_of(method.upper(), operation["tags"]) if path.startswith("/api/") else None
        _complete(operation, scope, acts_for_others=_for_others(path))
    return made


def _operations(made: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in made["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _for_others(path: str) -> bool:
    """Whether a route heeds On-Behalf-Of: filings, their drafts and contents, and their events."""
    return path.startswith(("/api/v1/filings/", "/api/v1/streams/"))


def _complete(operation: dict[str, Any], scope: Scope | None, *, acts_for_others: bool) -> None:
    headers = ["Accept-Language"]
    told = set(_PROBLEMS) if scope is not None else {"405", "500", "503"}
    if "requestBody" in operation:
        headers += ["Idempotency-Key", "If-Match"]
    else:
        told -= _WITH_BODY
    for status in sorted(told):
        operation["responses"][status] = {"$ref": f"#/components/responses/{status}"}
    if acts_for_others:
        headers.append("On-Behalf-Of")
    parameters = operation.setdefault("parameters", [])
    parameters += [{"$ref": f"#/components/parameters/{name}"} for name in headers]
    if scope is not None:
        operation["security"] = [{"token": [scope.value]}]
