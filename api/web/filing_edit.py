"""Filling in a filing: the form, its draft, the preview, and handing it in. What is typed is never lost on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic_core import to_json
from starlette.datastructures import FormData

from api.deps import LedgerDep
from api.web.act import give
from api.web.document_form import (
    PREFIX,
    Content,
    Rearranging,
    as_text,
    content_from,
    is_blank,
    missing,
    parts,
    posted_value,
    rearranged,
    value_of,
)
from api.web.filing_words import deadline_of, meanwhile
from api.web.forms import command_id_of, version_of
from api.web.kit import address, page, say
from api.web.streams import Opened, names_for, opened, people_in
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.difference import Change, content_difference
from domain.document import CONTENT_LIMIT, LINE_LIMIT, LIST_LIMIT, PROSE_LIMIT, check_storable, content_faults
from domain.filing import (
    FILING,
    Amending,
    BeginDraft,
    DraftingBegun,
    Filing,
    Open,
    Recalled,
    Returned,
    Revision,
    Step,
    Submit,
    Working,
)
from domain.machine import Event
from domain.messages import render
from domain.programme import Document, FieldKind
from domain.refusal import Kind, Refused, invalid
from domain.view import Names
from ledger.contents import Draft, DraftMoved
from ledger.ledger import Ledger
from ledger.order import Order, RecordedEvent

router = APIRouter(prefix="/filings/{id}")

QUIET: tuple[type[Event], ...] = (DraftingBegun, *FILING.quiet)
"""What may happen while somebody writes without making what they write out of date."""
_BLANK_ROWS = 50
_LISTED = (FieldKind.LIST, FieldKind.TABLE)
_STATUS = {Kind.INVALID: 422, Kind.FORBIDDEN: 403, Kind.CONFLICT: 409, Kind.MISSING: 404}


@dataclass(frozen=True, slots=True)
class Form:
    """What the form is shown with."""

    content: Content
    revision: int
    """Of the draft it goes on from; 0 where there was none."""
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    blank_rows: Mapping[str, int] = field(default_factory=dict)
    status: int = 200
    draft: Draft | None = None
    start: Revision | None = None
    """The revision it begins with where there is no draft."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A filing, and the form that it is."""

    found: Opened
    state: Filing
    document: Document

    @property
    def home(self) -> str:
        """The filing's own page."""
        return address(self.found.stream)


async def _writing(ledger: Ledger, visitor: Visitor, id: str) -> Writing:
    found = await opened(ledger, visitor, id, FILING)
    assert isinstance(found.state, Filing), "filings have filings' states"
    return Writing(found, found.state, found.programme.document_by_id[found.state.document])


async def _check_author(ledger: Ledger, visitor: Visitor, writing: Writing, action: str) -> None:
    """Raise `Refused` unless the visitor may hand it in now: conflict while it is not with its author."""
    wanted = Submit(content={})
    refusal = FILING.row(writing.state, wanted).may(writing.state, visitor.actor)
    if refusal is not None:
        await ledger.deny(visitor.tenant, visitor.person, writing.found.stream, action, refusal.code)
        raise refusal


# -- the form


@router.get("/edit")
async def edit(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The form, from the draft, else from the revision that it goes on from."""
    writing = await _writing(ledger, visitor, id)
    try:
        await _check_author(ledger, visitor, writing, "edit")
    except Refused as refusal:
        if refusal.kind is not Kind.CONFLICT:
            raise
        return RedirectResponse(f"{writing.home}?said=filing.not_editable", 303)
    draft = await ledger.contents.draft(visitor.tenant, writing.found.stream)
    start = None if draft is not None else _start(writing.state)
    stored = None if start is None else await ledger.contents.content(visitor.tenant, start.content)
    body = draft.body if draft is not None else (stored.body or {}) if stored is not None else {}
    form = Form(
        content=body,
        revision=0 if draft is None else draft.revision,
        blank_rows=_wanted_rows(request),
        draft=draft,
        start=start,
    )
    return await _form_page(request, visitor, ledger, writing, form)


def _start(state: Filing) -> Revision | None:
    """What to go on from: an amendment from what is in force, anything else from what was handed in last."""
    if isinstance(state, Amending):
        return state.in_force
    return state.revisions[-1] if state.revisions else None


def _wanted_rows(request: Request) -> Mapping[str, int]:
    """The empty rows that the address asks for: `more=tasks.2`."""
    asked = (one.rpartition(".") for one in request.query_params.getlist("more"))
    return {name: min(int(rows), _BLANK_ROWS) for name, _, rows in asked if rows.isdecimal() and len(rows) < 4}


async def _form_page(request: Request, visitor: Visitor, ledger: Ledger, writing: Writing, form: Form) -> Response:
    state = writing.state
    people = {getattr(state, "by", None), None if form.draft is None else form.draft.saved_by}
    names = await names_for(ledger, visitor, writing.found.programme, [one for one in people if one is not None])
    due_at, left = deadline_of(state, visitor)
    return page(
        request,
        visitor,
        "filing_edit.html",
        form.status,
        **_shared(writing, names),
        form=form,
        parts=parts(writing.document, form.content, visitor.lang, form.errors, form.blank_rows),
        errors=_links(form.errors),
        due_at=due_at,
        left=left,
        is_late=due_at is not None and due_at < visitor.now,
        reason=_reason(state, names),
        first=_arrives_at(state, visitor),
        limits={"line": LINE_LIMIT, "prose": PROSE_LIMIT, "rows": LIST_LIMIT},
    )


def _shared(writing: Writing, names: Names) -> Mapping[str, Any]:
    return {
        "stream": writing.found.stream,
        "home": writing.home,
        "version": writing.found.version,
        "state": writing.state,
        "names": names,
    }


def _links(errors: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong, by the id to link to. What is wrong with the whole has no field of its own."""
    return {name: sentence for name, sentence in errors.items() if name != PREFIX}


def _arrives_at(state: Filing, visitor: Visitor) -> Step:
    """The stage at which it arrives when this visitor hands it in."""
    straight = isinstance(state, Returned) and state.straight
    if isinstance(state, Returned) and straight and all(one.by != visitor.person for one in state.approvals):
        return state.step_of(state.stage)
    return state.steps[0]


def _reason(state: Filing, names: Names) -> Mapping[str, Any] | None:
    """Why it is being written again."""
    if isinstance(state, Returned):
        return {"kind": "returned", "name": names.person(state.by), "text": state.reason}
    if isinstance(state, Amending):
        return {"kind": "amending", "text": state.reason}
    if isinstance(state, Recalled) and state.reason:
        return {"kind": "recalled", "text": state.reason}
    return None


# -- saving


@router.post("/draft")
async def autosave(id: str, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Save the draft from a script. 412 when it was saved elsewhere since; faults are told as problem+json."""
    writing = await _writing(ledger, visitor, id)
    await _check_author(ledger, visitor, writing, "draft")
    draft = await _save(ledger, visitor, writing, content_from(writing.document, form), form)
    clock = f"{writing.found.programme.calendar_at(visitor.now).local(draft.saved_at):%H:%M}"
    said = say(visitor.lang, "web.common.saved_at", clock=clock)
    return Response(to_json({"revision": draft.revision, "said": said}), media_type="application/json")


async def _save(ledger: Ledger, visitor: Visitor, writing: Writing, content: Content, form: FormData) -> Draft:
    """Save a draft over the one the form was made with. Raises `DraftMoved`, and `Refused` for too much."""
    check_storable(content, PREFIX)
    length = len(to_json(content))
    if length > CONTENT_LIMIT:
        raise invalid("content_too_large", at=PREFIX, limit=CONTENT_LIMIT // 1024, length=length // 1024)
    stream = writing.found.stream
    try:
        draft = await ledger.contents.save_draft(visitor.tenant, stream, content, visitor.person, _revision(form))
    except DraftMoved as moved:
        # The same text sent twice is one save.
        if moved.draft is None or moved.draft.body != content:
            raise
        draft = moved.draft
    if isinstance(writing.state, Open):
        await _begin(ledger, visitor, writing)
    return draft


def _revision(form: FormData) -> int:
    given = form.get("revision")
    return int(given) if isinstance(given, str) and given.isdecimal() and len(given) < 10 else 0


async def _begin(ledger: Ledger, visitor: Visitor, writing: Writing) -> None:
    try:
        await ledger.execute(Order(visitor.tenant, writing.found.stream, BeginDraft(), visitor.person, uuid4()))
    except Refused as refused:
        # Somebody began at the same moment; the draft is saved all the same.
        if refused.kind is not Kind.CONFLICT:
            raise


@router.post("/edit")
async def written(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Take the form: save it, add or move a row, go on to the preview, or hand it in."""
    writing = await _writing(ledger, visitor, id)
    pressed = str(form.get("do") or "")
    content = content_from(writing.document, form)
    if pressed == "submit":
        return await _hand_in(request, visitor, ledger, writing, content, form)
    content, blank_rows, fragment = _as_wished(writing.document, content, form, Rearranging.read(pressed))
    try:
        await _check_author(ledger, visitor, writing, "draft")
        await _save(ledger, visitor, writing, content, form)
    except Refused as refusal:
        return await _refused(request, visitor, ledger, writing, content, form, refusal)
    except DraftMoved as moved:
        return await _conflict(request, visitor, ledger, writing, content, form, moved.draft)
    if pressed == "preview":
        return RedirectResponse(f"{writing.home}/preview", 303)
    more = [("more", f"{name}.{rows}") for name, rows in blank_rows.items()]
    return RedirectResponse(f"{writing.home}/edit?{urlencode([('said', 'filing.saved'), *more])}{fragment}", 303)


def _as_wished(
    document: Document, content: Content, form: FormData, wish: Rearranging | None
) -> tuple[Content, Mapping[str, int], str]:
    """Return the content after a row's button, the empty rows to show besides, and where to go on."""
    listed = {one.id: one for one in document.fields if one.kind in _LISTED}
    if wish is None or wish.field not in listed:
        return content, {}, ""
    posted = {name: posted_value(one, form) for name, one in listed.items()}
    posted[wish.field], index = rearranged(listed[wish.field], posted[wish.field], wish)
    blank = {name: sum(is_blank(listed[name], row) for row in rows) for name, rows in posted.items()}
    if wish.what == "add":
        index = len(posted[wish.field]) - 1
    changed = {**content, wish.field: value_of(listed[wish.field], posted[wish.field])}
    wanted = {name: rows for name, rows in blank.items() if rows > (0 if changed.get(name) else 1)}
    return {name: one for name, one in changed.items() if one is not None}, wanted, f"#{PREFIX}.{wish.field}.{index}"


# -- handing in


async def _hand_in(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    writing: Writing,
    content: Content,
    form: FormData,
) -> Response:
    stream = writing.found.stream
    events = await ledger.events(visitor.tenant, stream)
    draft = await ledger.contents.draft(visitor.tenant, stream)
    if not _is_known(events, form):
        try:
            await _check_author(ledger, visitor, writing, "submit")
        except Refused as refusal:
            return await _refused(request, visitor, ledger, writing, content, form, refusal)
        moved = [one for one in events if one.version > (version_of(form) or 0) and not isinstance(one.event, QUIET)]
        if (0 if draft is None else draft.revision) != _revision(form) and (draft is None or draft.body != content):
            return await _conflict(request, visitor, ledger, writing, content, form, draft)
        if moved:
            return await _refused(request, visitor, ledger, writing, content, form, None)
        faults = list(content_faults(writing.document, content))
        if faults:
            return await _faulty(request, visitor, ledger, writing, content, form, faults)
    refusal_or_none = await give(ledger, visitor, stream, Submit(content=content), form, expected=writing.found.version)
    if refusal_or_none is not None:
        tried = refusal_or_none.tried
        message = tried.message or next(iter(tried.errors.values()))
        again = await _writing(ledger, visitor, stream)
        return await _kept(request, visitor, ledger, again, content, form, message, refusal_or_none.status)
    if draft is not None:
        await ledger.contents.discard_draft(visitor.tenant, stream, draft.revision)
    return RedirectResponse(f"{writing.home}?said=filing.submit", 303)


def _is_known(events: Sequence[RecordedEvent], form: FormData) -> bool:
    """Whether this very form was handed in before: a double tap."""
    return any(one.command_id == command_id_of(form) for one in events)


async def _faulty(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    writing: Writing,
    content: Content,
    form: FormData,
    faults: Sequence[Refused],
) -> Response:
    """The form again, each fault at its field."""
    errors = {name: render(f"refusal.{one.code}", visitor.lang, one.params) for name, one in missing(faults).items()}
    again = Form(content, _revision(form), errors, errors.get(PREFIX, ""), status=422)
    return await _form_page(request, visitor, ledger, writing, again)


async def _refused(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    writing: Writing,
    content: Content,
    form: FormData,
    refusal: Refused | None,
) -> Response:
    """What was typed, kept in the page, with why it was not taken and what happened in between. None: it has moved."""
    if refusal is not None and refusal.kind is Kind.INVALID:
        return await _faulty(request, visitor, ledger, writing, content, form, [refusal])
    events = await ledger.events(visitor.tenant, writing.found.stream)
    names = await names_for(ledger, visitor, writing.found.programme, people_in(events))
    code = "version_moved" if refusal is None else refusal.code
    message = render(f"refusal.{code}", visitor.lang, {} if refusal is None else refusal.params)
    happened = meanwhile(events, version_of(form) or 0, names)
    if happened and (refusal is None or refusal.kind is Kind.CONFLICT):
        message = say(visitor.lang, "web.filing.meanwhile", what=happened)
    status = 412 if refusal is None else _STATUS[refusal.kind]
    return await _kept(request, visitor, ledger, writing, content, form, message, status)


async def _kept(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    writing: Writing,
    content: Content,
    form: FormData,
    message: str,
    status: int,
) -> Response:
    """The form again where the visitor may still hand it in; else what was typed, to be copied."""
    if isinstance(writing.state, Working) and "submit" in writing.found.permitted(visitor):
        again = Form(content, _revision(form), message=message, status=status)
        return await _form_page(request, visitor, ledger, writing, again)
    names = await names_for(ledger, visitor, writing.found.programme, [])
    shown = as_text(writing.document, content, names)
    return page(
        request, visitor, "filing_kept.html", status, **_shared(writing, names), message=message, said_fields=shown
    )


# -- two drafts


async def _conflict(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    writing: Writing,
    content: Content,
    form: FormData,
    draft: Draft | None,
) -> Response:
    """Both texts side by side. Without a draft there is nothing to compare with: the form, filled in, over none."""
    if draft is None:
        message = say(visitor.lang, "web.filing.conflict_gone")
        again = Form(content, 0, message=message, status=412)
        return await _form_page(request, visitor, ledger, writing, again)
    names = await names_for(ledger, visitor, writing.found.programme, [draft.saved_by])
    differing = content_difference(writing.document, draft.body, content, names)
    own = draft.saved_by == visitor.person
    lead = say(
        visitor.lang,
        "web.filing.conflict_self" if own else "web.filing.conflict_lead",
        name=names.person(draft.saved_by),
        at=names.when(draft.saved_at),
    )
    return page(
        request,
        visitor,
        "filing_conflict.html",
        412,
        **_shared(writing, names),
        draft=draft,
        lead=lead,
        changed=[one for one in differing if one.change is not Change.UNCHANGED],
        same=names.listed(one.title for one in differing if one.change is Change.UNCHANGED),
        # What was typed, as fields again: the choice posts it.
        mine=[
            (name, value)
            for name, value in form.multi_items()
            if isinstance(value, str) and name.startswith(f"{PREFIX}.")
        ],
    )


# -- the preview


@router.get("/preview")
async def preview(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The draft as its readers will see it, and what is missing."""
    writing = await _writing(ledger, visitor, id)
    try:
        await _check_author(ledger, visitor, writing, "draft")
    except Refused as refusal:
        if refusal.kind is not Kind.CONFLICT:
            raise
        return RedirectResponse(f"{writing.home}?said=filing.not_editable", 303)
    draft = await ledger.contents.draft(visitor.tenant, writing.found.stream)
    if draft is None:
        return RedirectResponse(f"{writing.home}/edit", 303)
    return await _preview_page(request, visitor, ledger, writing, draft)


async def _preview_page(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    writing: Writing,
    draft: Draft,
    message: str = "",
    status: int = 200,
) -> Response:
    names = await names_for(ledger, visitor, writing.found.programme, [])
    faults = missing(list(content_faults(writing.document, draft.body)))
    due_at, left = deadline_of(writing.state, visitor)
    return page(
        request,
        visitor,
        "filing_preview.html",
        status,
        **_shared(writing, names),
        draft=draft,
        said_fields=as_text(writing.document, draft.body, names),
        faults={name: render(f"refusal.{one.code}", visitor.lang, one.params) for name, one in faults.items()},
        message=message,
        due_at=due_at,
        left=left,
        is_late=due_at is not None and due_at < visitor.now,
        first=_arrives_at(writing.state, visitor),
    )


@router.post("/submit")
async def submit(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Hand in the draft that was previewed: that one, or none."""
    writing = await _writing(ledger, visitor, id)
    stream = writing.found.stream
    events = await ledger.events(visitor.tenant, stream)
    if _is_known(events, form):
        return RedirectResponse(f"{writing.home}?said=filing.submit", 303)
    try:
        await _check_author(ledger, visitor, writing, "submit")
    except Refused as refusal:
        if refusal.kind is not Kind.CONFLICT:
            raise
        return RedirectResponse(f"{writing.home}?said=filing.not_editable", 303)
    draft = await ledger.contents.draft(visitor.tenant, stream)
    if draft is None:
        return RedirectResponse(f"{writing.home}/edit", 303)
    if draft.revision != _revision(form):
        moved = say(visitor.lang, "web.filing.preview_moved")
        return await _preview_page(request, visitor, ledger, writing, draft, moved, 412)
    order = Submit(content=draft.body)
    refused = await give(ledger, visitor, stream, order, form, expected=writing.found.version)
    if refused is not None:
        message = refused.tried.message or next(iter(refused.tried.errors.values()))
        return await _preview_page(request, visitor, ledger, writing, draft, message, refused.status)
    await ledger.contents.discard_draft(visitor.tenant, stream, draft.revision)
    return RedirectResponse(f"{writing.home}?said=filing.submit", 303)
