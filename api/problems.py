"""problem+json (RFC 9457): one error family, rendered in one place.

`type` is a stable code, `urn:termledger:problem:<code>`; `detail` is a sentence in the caller's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from api.faults import BadRequest
from api.language import language
from api.web.errors import error_page, wants_page
from api.web.security import PAGE_HEADERS
from domain.messages import Lang, render
from domain.refusal import Kind, Refused
from ledger.contents import DraftMoved
from ledger.database import DatabaseAway
from ledger.order import CommandIdReused, VersionMoved

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5

_STATUS: Mapping[Kind, int] = {Kind.INVALID: 422, Kind.FORBIDDEN: 403, Kind.CONFLICT: 409, Kind.MISSING: 404}
_HTTP: Mapping[int, str] = {404: "no_such_address", 405: "method_not_allowed"}
_FAULTS_TOLD = 20
_FIELD_TOLD = 200
"""Characters of a field's name that are sent back: a caller may have made it up, at any length."""


def problem(
    request: Request,
    status: int,
    code: str,
    params: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> Response:
    """Return a problem. `extra` are further members; None ones are left out, and a field's name is cut short."""
    if wants_page(request):
        return error_page(request, status, code, params or {}, headers or {})
    body = _body(language(request), request.url.path, status, code, params, **extra)
    return Response(to_json(body), status, dict(headers or {}), MEDIA_TYPE)


def _body(
    lang: Lang, instance: str, status: int, code: str, params: Mapping[str, Any] | None = None, **extra: Any
) -> dict[str, Any]:
    if extra.get("field") is not None:
        extra["field"] = extra["field"][:_FIELD_TOLD]
    return {
        "type": f"urn:termledger:problem:{code}",
        "title": render("problem.title", lang, {"status": status}),
        "status": status,
        "detail": render(f"refusal.{code}", lang, dict(params or {})),
        "instance": instance,
        **{name: value for name, value in extra.items() if value is not None},
    }


def problem_of(lang: Lang, instance: str, fault: Refused | VersionMoved | CommandIdReused) -> dict[str, Any]:
    """Return the problem that one of many commands ran into, as the command alone would have been answered."""
    match fault:
        case Refused():
            return _body(lang, instance, _STATUS[fault.kind], fault.code, fault.params, field=fault.at)
        case VersionMoved():
            return _body(lang, instance, _moved_status(fault), "version_moved", **_where(fault))
        case CommandIdReused():
            return _body(lang, instance, 422, "idempotency_key_reused", field="key")


def install(app: FastAPI) -> None:
    """Render every fault of the app as a problem."""
    app.exception_handler(Refused)(_refused)
    app.exception_handler(VersionMoved)(_moved)
    app.exception_handler(DraftMoved)(_draft_moved)
    app.exception_handler(CommandIdReused)(_reused)
    app.exception_handler(DatabaseAway)(_away)
    app.exception_handler(BadRequest)(_bad_request)
    app.exception_handler(RequestValidationError)(_invalid)
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(Exception)(_unexpected)


async def _refused(request: Request, fault: Refused) -> Response:
    return problem(request, _STATUS[fault.kind], fault.code, fault.params, field=fault.at)


async def _moved(request: Request, fault: VersionMoved) -> Response:
    etag = {"etag": f'"{fault.version}"'}
    return problem(request, _moved_status(fault), "version_moved", headers=etag, **_where(fault))


def _where(fault: VersionMoved) -> dict[str, Any]:
    return {"version": fault.version, "stream_status": fault.status}


def _moved_status(fault: VersionMoved) -> int:
    """412 when the caller said which version it decided on, 409 when the stream kept moving under it."""
    return 412 if fault.expected is not None else 409


async def _draft_moved(request: Request, fault: DraftMoved) -> Response:
    draft = fault.draft
    if draft is None:
        return problem(request, 412, "draft_gone")
    theirs = {"body": draft.body, "revision": draft.revision, "saved_by": draft.saved_by, "saved_at": draft.saved_at}
    return problem(request, 412, "draft_moved", headers={"etag": f'"{draft.revision}"'}, draft=theirs)


async def _reused(request: Request, fault: CommandIdReused) -> Response:
    return problem(request, 422, "idempotency_key_reused", field="Idempotency-Key")


async def _away(request: Request, fault: DatabaseAway) -> Response:
    headers = {"retry-after": str(RETRY_AFTER_SECONDS)}
    return problem(request, 503, "database_away", {"seconds": RETRY_AFTER_SECONDS}, headers=headers)


async def _bad_request(request: Request, fault: BadRequest) -> Response:
    headers = {}
    if fault.status_code == 401:
        headers["www-authenticate"] = "Bearer"
    if fault.status_code == 429:
        headers["retry-after"] = str(fault.params["seconds"])
    return problem(request, fault.status_code, fault.code, fault.params, headers=headers, field=fault.at)


async def _invalid(request: Request, fault: RequestValidationError) -> Response:
    """Every fault of the request's form at once, each with its field."""
    lang = language(request)
    faults = [{"field": _field(error["loc"]), **_said(error, lang)} for error in fault.errors()[:_FAULTS_TOLD]]
    return problem(request, 422, "request_invalid", field=faults[0]["field"], errors=faults)


def _field(loc: Sequence[str | int]) -> str:
    """The path inside the body or the query; the place itself when all of it is at fault."""
    return ".".join(str(part) for part in loc[1:])[:_FIELD_TOLD] or str(loc[0])


def _said(error: Mapping[str, Any], lang: Lang) -> dict[str, Any]:
    code = _FORM_FAULTS.get(error["type"], "form_value")
    return {"code": code, "detail": render(f"refusal.{code}", lang, error.get("ctx") or {})}


def told(error: Mapping[str, Any], lang: Lang) -> str:
    """Return what is wrong with a field, as a sentence. Takes an entry of pydantic's `errors()`."""
    return str(_said(error, lang)["detail"])


_FORM_FAULTS: Mapping[str, str] = {
    "missing": "form_missing",
    "extra_forbidden": "form_unknown",
    "json_invalid": "form_not_json",
    "string_too_long": "form_too_long",
    "string_too_short": "form_missing",
    "string_pattern_mismatch": "form_pattern",
    "greater_than_equal": "form_range",
    "less_than_equal": "form_range",
    "date_from_datetime_parsing": "form_date",
    "date_parsing": "form_date",
    "datetime_parsing": "form_date",
    "datetime_from_date_parsing": "form_date",
    "timezone_aware": "form_date",
    "value_error": "unstorable",  # the one rule of our own on a text: `domain.text.storable`
}


async def _http(request: Request, fault: HTTPException) -> Response:
    return problem(request, fault.status_code, _HTTP.get(fault.status_code, "request_invalid"), headers=fault.headers)


async def _unexpected(request: Request, fault: Exception) -> Response:
    """A fault of ours. The server's log has it; the caller is told nothing of the inside."""
    # It is made outside of all that adds headers to other answers.
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return problem(request, 500, "unexpected", headers=headers | (PAGE_HEADERS if wants_page(request) else {}))
