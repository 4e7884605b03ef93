"""Filling in a filing: the form, its draft, the preview, and handing it in. What is typed is never lost on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic_core import to_json
from starlette.datastructures import FormData

from api.deps import LedgerDep
from api.web.absence import opened_again
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
from api.web.filing_acts import Box, arriving, choice_box
from api.web.filing_people import chosen_in, to_choose_from
from api.web.filing_words import deadline_of, meanwhile
from api.web.forms import command_id_of, version_of
from api.web.kit import address, page, say
from api.web.streams import Opened, names_for, people_in
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.difference import Change, content_difference
from domain.document import CONTENT_LIMIT, LINE_LIMIT, LIST_LIMIT, PROSE_LIMIT, check_draft, content_faults
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
from domain.filing.ahead import after_handing_in
from domain.filing.authoring import stages_left_out
from domain.ids import PersonId
from domain.machine import Event
from domain.messages import render
from domain.programme import Chooser, Document, FieldKind
from domain.refusal import Kind, Refused, invalid
from domain.view import Names
from ledger.contents import Draft, DraftMoved
from ledger.ledger import Ledger
from ledger.order import Order, RecordedEvent

router = APIRouter(prefix="/filings/{id}")

QUIET: tuple[type[Event], ...] = (DraftingBegun, *FILING.quiet)
"""What may happen while somebody writes without making what they write out of date."""
CHOICES = "choose"
"""The field in which the author names deciders, with the stage's id after it."""
_BLANK_ROWS = 50
_FAULTS_TOLD = 200
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
    choice_error: str = ""
    """What is wrong with who was chosen to decide."""


@dataclass(frozen=True, slots=True)
class Writing:
    """A filing, and the form that it is."""

    found: Opened
    state: Filing
    document: Document
    giver: PersonId | None
    """In whose stead it is written."""
    ended: Refused | None = None
    """Why it is so no longer."""

    def to(self, page: str = "", query: Sequence[tuple[str, str]] = (), fragment: str = "") -> str:
        """The address of the filing's own page, or of one below it, in the same stead."""
        below = address(self.found.stream) + (f"/{page}" if page else "")
        asked = [*([("for", self.giver)] if self.giver else []), *query]
        return below + (f"?{urlencode(asked)}" if asked else "") + fragment

    def said(self, key: str, page: str = "") -> RedirectResponse:
        """Lead on to a page that confirms something."""
        return RedirectResponse(self.to(page, [("said", key)]), 303)


async def _writing(request: Request, ledger: Ledger, visitor: Visitor, id: str) -> tuple[Visitor, Writing]:
    """The filing, and its visitor as whoever they write for."""
    visitor, found, ended = await opened_again(request, ledger, visitor, id)
    assert isinstance(found.state, Filing), "filings have filings' states"
    document = found.programme.document_by_id[found.state.document]
    return visitor, Writing(found, found.state, document, visitor.on_behalf_of, ended)


async def _check_author(ledger: Ledger, visitor: Visitor, writing: Writing, action: str) -> None:
    """Raise `Refused` unless the visitor may hand it in now: conflict while it is not with its author.

    What was written in somebody's stead never becomes the visitor's own by itself.
    """
    if writing.ended is not None:
        raise writing.ended
    wanted = Submit(content={})
    refusal = FILING.row(writing.state, wanted).may(writing.state, visitor.actor)
    if refusal is not None:
        await ledger.deny(visitor.tenant, visitor.person, writing.found.stream, action, refusal.code)
        raise refusal


# -- the form


@router.get("/edit")
async def edit(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The form, from the draft, else from the revision that it goes on from."""
    visitor, writing = await _writing(request, ledger, visitor, id)
    try:
        await _check_author(ledger, visitor, writing, "edit")
    except Refused as refusal:
        if refusal.kind is not Kind.CONFLICT:
            raise
        return writing.said("filing.not_editable")
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
        errors=dict(_links(form.errors)) | ({CHOICES: form.choice_error} if form.choice_error else {}),
        choices=await _choices(request, visitor, ledger, state, _author_chooses(state), names),
        choice_error=form.choice_error,
        due_at=due_at,
        left=left,
        is_late=due_at is not None and due_at < visitor.now,
        reason=_reason(state, names),
        arrives=_arrives(writing, visitor, form.content, names),
        limits={"line": LINE_LIMIT, "prose": PROSE_LIMIT, "rows": LIST_LIMIT},
    )


def _shared(writing: Writing, names: Names) -> Mapping[str, Any]:
    return {
        "stream": writing.found.stream,
        "home": writing.to(),
        "to": writing.to,
        "version": writing.found.version,
        "state": writing.state,
        "names": names,
    }


def _links(errors: Mapping[str, str]) -> Mapping[str, str]:
    """What is wrong, by the id to link to. What is wrong with the whole has no field of its own."""
    return {name: sentence for name, sentence in errors.items() if name != PREFIX}


def _left_out(writing: Writing, visitor: Visitor, content: Content) -> tuple[str, ...]:
    """The stages that this content does not come to."""
    programme = writing.found.programme
    return stages_left_out(writing.state, content, programme, programme.calendar_at(visitor.now).year)


def _arrives(writing: Writing, visitor: Visitor, content: Content, names: Names) -> str:
    """Where it comes to when this visitor hands in this content, in words."""
    state = writing.state
    if not isinstance(state, Working):
        return ""
    steps = after_handing_in(state, visitor.actor, _left_out(writing, visitor, content))
    return arriving(steps, names, Chooser.AUTHOR, {})


# -- who is to decide, where the author chooses


def _author_chooses(state: Filing, left_out: Sequence[str] = ()) -> Sequence[Step]:
    return [one for one in state.steps if one.chosen_by is Chooser.AUTHOR and one.stage not in left_out]


def _picked(request: Request, stage: str) -> tuple[PersonId, ...]:
    """Whom the form that was sent, else the address, chooses for a stage."""
    form: FormData | None = getattr(request.state, "form", None)
    return chosen_in(request.query_params if form is None else form, f"{CHOICES}.{stage}")


def _chosen(request: Request, steps: Sequence[Step]) -> Mapping[str, tuple[PersonId, ...]]:
    return {one.stage: people for one in steps if (people := _picked(request, one.stage))}


async def _choices(
    request: Request, visitor: Visitor, ledger: Ledger, state: Filing, steps: Sequence[Step], names: Names
) -> Sequence[Box]:
    """The check boxes of whom the author may choose, a set for each stage."""
    candidates = await to_choose_from(ledger, visitor, state, steps)
    boxes = [
        choice_box(
            f"{CHOICES}.{one.stage}",
            say(visitor.lang, "web.filing.choose_label", stage=names.text(one.title)),
            candidates.get(one.stage, ()),
            names,
        )
        for one in steps
    ]
    return [
        replace(box, checked=picked) if (picked := _picked(request, one.stage)) else box
        for box, one in zip(boxes, steps, strict=True)
    ]


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
async def autosave(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Save the draft from a script. 412 when it was saved elsewhere since; faults are told as problem+json."""
    visitor, writing = await _writing(request, ledger, visitor, id)
    await _check_author(ledger, visitor, writing, "draft")
    draft = await _save(ledger, visitor, writing, content_from(writing.document, form), form)
    clock = f"{writing.found.programme.calendar_at(visitor.now).local(draft.saved_at):%H:%M}"
    said = say(visitor.lang, "web.common.saved_at", clock=clock)
    return Response(to_json({"revision": draft.revision, "said": said}), media_type="application/json")


async def _save(ledger: Ledger, visitor: Visitor, writing: Writing, content: Content, form: FormData) -> Draft:
    """Save a draft over the one the form was made with. Raises `DraftMoved`, and `Refused` for too much."""
    check_draft(content, PREFIX)
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
        begins = Order(visitor.tenant, writing.found.stream, BeginDraft(), visitor.person, uuid4())
        await ledger.execute(replace(begins, on_behalf_of=writing.giver))
    except Refused as refused:
        # Somebody began at the same moment; the draft is saved all the same.
        if refused.kind is not Kind.CONFLICT:
            raise


@router.post("/edit")
async def written(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Take the form: save it, add or move a row, go on to the preview, or hand it in."""
    visitor, writing = await _writing(request, ledger, visitor, id)
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
    chosen = _chosen(request, _author_chooses(writing.state))
    picks = [(f"{CHOICES}.{stage}", one) for stage, people in chosen.items() for one in people]
    if pressed == "preview":
        return RedirectResponse(writing.to("preview", picks), 303)
    more = [("more", f"{name}.{rows}") for name, rows in blank_rows.items()]
    return RedirectResponse(writing.to("edit", [("said", "filing.saved"), *more, *picks], fragment), 303)


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
    if not _is_known(events, form, visitor):
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
    order = _submission(request, visitor, writing, content)
    refusal_or_none = await give(ledger, visitor, stream, order, form, expected=writing.found.version)
    if refusal_or_none is not None:
        tried = refusal_or_none.tried
        message = tried.message or next(iter(tried.errors.values()))
        visitor, again = await _writing(request, ledger, visitor, stream)
        if CHOICES in tried.errors:
            chosen_wrong = Form(content, _revision(form), choice_error=message, status=refusal_or_none.status)
            return await _form_page(request, visitor, ledger, again, chosen_wrong)
        return await _kept(request, visitor, ledger, again, content, form, message, refusal_or_none.status)
    if draft is not None:
        await ledger.contents.discard_draft(visitor.tenant, stream, draft.revision)
    return writing.said("filing.submit")


def _submission(request: Request, visitor: Visitor, writing: Writing, content: Content) -> Submit:
    """The command: for stages that this content does not come to, nobody is chosen."""
    steps = _author_chooses(writing.state, _left_out(writing, visitor, content))
    return Submit(content=content, choose=dict(_chosen(request, steps)))


def _is_known(events: Sequence[RecordedEvent], form: FormData, visitor: Visitor) -> bool:
    """Whether this very form was handed in before: a double tap."""
    return any(one.command_id == command_id_of(form, visitor) for one in events)


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
            if isinstance(value, str) and name.startswith((f"{PREFIX}.", f"{CHOICES}."))
        ],
    )


# -- the preview


@router.get("/preview")
async def preview(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The draft as its readers will see it, and what is missing."""
    visitor, writing = await _writing(request, ledger, visitor, id)
    try:
        await _check_author(ledger, visitor, writing, "draft")
    except Refused as refusal:
        if refusal.kind is not Kind.CONFLICT:
            raise
        return writing.said("filing.not_editable")
    draft = await ledger.contents.draft(visitor.tenant, writing.found.stream)
    if draft is None:
        return RedirectResponse(writing.to("edit"), 303)
    return await _preview_page(request, visitor, ledger, writing, draft)


async def _preview_page(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    writing: Writing,
    draft: Draft,
    message: str = "",
    status: int = 200,
    choice_error: str = "",
) -> Response:
    names = await names_for(ledger, visitor, writing.found.programme, [])
    asked = _author_chooses(writing.state, _left_out(writing, visitor, draft.body))
    faults = missing(list(islice(content_faults(writing.document, draft.body), _FAULTS_TOLD)))
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
        arrives=_arrives(writing, visitor, draft.body, names),
        choices=await _choices(request, visitor, ledger, writing.state, asked, names),
        choice_error=choice_error,
    )


@router.post("/submit")
async def submit(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Hand in the draft that was previewed: that one, or none."""
    visitor, writing = await _writing(request, ledger, visitor, id)
    stream = writing.found.stream
    events = await ledger.events(visitor.tenant, stream)
    if _is_known(events, form, visitor):
        return writing.said("filing.submit")
    try:
        await _check_author(ledger, visitor, writing, "submit")
    except Refused as refusal:
        if refusal.kind is not Kind.CONFLICT:
            raise
        return writing.said("filing.not_editable")
    draft = await ledger.contents.draft(visitor.tenant, stream)
    if draft is None:
        return RedirectResponse(writing.to("edit"), 303)
    if draft.revision != _revision(form):
        moved = say(visitor.lang, "web.filing.preview_moved")
        return await _preview_page(request, visitor, ledger, writing, draft, moved, 412)
    order = _submission(request, visitor, writing, draft.body)
    refused = await give(ledger, visitor, stream, order, form, expected=writing.found.version)
    if refused is not None:
        message = refused.tried.message or next(iter(refused.tried.errors.values()))
        wrong = message if CHOICES in refused.tried.errors else ""
        return await _preview_page(request, visitor, ledger, writing, draft, message, refused.status, wrong)
    await ledger.contents.discard_draft(visitor.tenant, stream, draft.revision)
    return writing.said("filing.submit")
