"""The page of one filing: where it stands, what the visitor may do, what it says, what changed, what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from api.deps import LedgerDep
from api.web import filing_edit
from api.web.act import command_routes
from api.web.document_form import as_text
from api.web.filing_words import deadline_of, meanwhile
from api.web.forms import NOTHING_TRIED, Tried, version_of
from api.web.kit import address, is_late_at, page, say, titled
from api.web.streams import Opened, names_for, opened, people_in
from api.web.visitor import Visitor, VisitorDep
from domain.difference import Change, content_difference
from domain.filing import (
    FILING,
    Approved,
    Filing,
    FilingCommented,
    FilingReturned,
    InForce,
    InReview,
    Revision,
    Working,
)
from domain.filing.graph import sent_back_to
from domain.ids import PersonId, StreamId
from domain.path_view import filing_path
from domain.programme import Document, Mode
from domain.refusal import Kind, Refused
from domain.story import story
from domain.text import Text
from domain.unit import unit_stream
from domain.view import Names
from ledger.contents import Content
from ledger.ledger import Ledger
from ledger.order import RecordedEvent

router = APIRouter()


@router.get("/filings/{id}")
async def filing(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """A filing. `revision` shows that one; `from` and `to` compare two."""
    return await show(request, visitor, ledger, id, NOTHING_TRIED, 200)


async def show(request: Request, visitor: Visitor, ledger: Ledger, id: str, tried: Tried, status: int) -> Response:
    """Return the page of a filing, with a form that was refused still filled in."""
    found = await opened(ledger, visitor, id, FILING)
    state = found.state
    assert isinstance(state, Filing), "filings have filings' states"
    events = await ledger.events(visitor.tenant, found.stream)
    names = await names_for(ledger, visitor, found.programme, people_in(events))
    document = found.programme.document_by_id[state.document]
    reading = _reading(request, state)
    bodies = [await ledger.contents.content(visitor.tenant, one.content) for one in reading.revisions]
    waiting = await ledger.desk.waiting(visitor.tenant, visitor.actor, limit=2)
    permitted = found.permitted(visitor)
    acts = list(_acts(state, permitted, names, tried))
    tried = _with_meanwhile(tried, status, request, events, names)
    return page(
        request,
        visitor,
        "filing.html",
        status,
        **_head(found, state, visitor, names, permitted),
        way=filing_path(events, names),
        fresh_at=_fresh(request, visitor, events),
        acts=acts,
        tried=tried,
        errors={f"{tried.command}.{name}": sentence for name, sentence in tried.errors.items()},
        lost=[value for value in tried.typed.values() if value.strip()]
        if tried.command and tried.command not in permitted
        else [],
        next=_next(waiting, found.stream, visitor),
        reading=reading,
        said_fields=_said_fields(document, bodies, reading, names),
        erased=any(one is None or one.body is None for one in bodies),
        compared=_compared(document, bodies, reading, names),
        returns=list(_returns(events, state, names, reading)),
        comments=list(_comments(events, names)),
        told=story(FILING, events, names),
    )


def _head(found: Opened, state: Filing, visitor: Visitor, names: Names, permitted: Sequence[str]) -> Mapping[str, Any]:
    """What stands on top: what it is, of whom, where it is and how long there is."""
    due_at, left = deadline_of(state, visitor)
    in_force = state.in_force if isinstance(state, Working | InReview | Approved) else None
    judgement = next((one.title for one in state.judgements if in_force and one.id == in_force.judgement), None)
    return {
        "stream": found.stream,
        "version": found.version,
        "state": state,
        "names": names,
        "late": due_at is not None and is_late_at("filing", state.status, due_at, visitor.now),
        "due_at": due_at,
        "left": left,
        "unit_address": address(unit_stream(visitor.tenant, state.unit)),
        "author": names.post_at(state.author) if state.person is None else names.person(state.person),
        "in_force": in_force,
        "judgement": None if judgement is None else names.text(judgement),
        "last": state.revisions[-1] if state.revisions else None,
        "may_edit": "submit" in permitted,
    }


# -- what may be done


@dataclass(frozen=True, slots=True)
class Box:
    """A field of a small form."""

    name: str
    label: str
    required: bool
    value: str
    choices: Sequence[tuple[str, str]] = ()
    radios: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """A command that the visitor may give now, as a small form."""

    command: str
    words: str
    help: str
    boxes: Sequence[Box]
    primary: bool
    grave: bool

    @property
    def path(self) -> str:
        """The last part of the address."""
        return self.command.replace("_", "-")


_ORDER = ("approve", "return", "reject", "recall", "amend", "abandon_amendment", "waive", "comment")
"""Likeliest first. Handing in has a page of its own, and a draft begins by itself."""
_GRAVE = frozenset({"reject", "waive", "abandon_amendment"})
_REASONED: Mapping[str, bool] = {"return": True, "reject": True, "recall": False, "waive": True, "amend": True}
"""Commands that take a reason, and whether they need one."""


def _acts(state: Filing, permitted: Sequence[str], names: Names, tried: Tried) -> Iterable[Act]:
    for command in _ORDER:
        if command in permitted:
            yield Act(
                command=command,
                words=_button(command, state, names),
                help=_HELP.get(command, _plain_help)(command, state, names),
                boxes=tuple(
                    replace(box, value=tried.value(command, box.name, box.value))
                    for box in _boxes(command, state, names)
                ),
                primary=command == "approve",
                grave=command in _GRAVE,
            )


def _button(command: str, state: Filing, names: Names) -> str:
    """A stage that receives or takes note says so on its button."""
    if command == "approve" and isinstance(state, InReview):
        return say(names.lang, f"web.filing.do.approve.{state.step_of(state.first.stage).seal}")
    return say(names.lang, f"web.filing.do.{command}")


def _boxes(command: str, state: Filing, names: Names) -> Iterable[Box]:
    lang = names.lang
    if command == "approve" and isinstance(state, InReview):
        if state.step_of(state.first.stage).judges and state.judgements:
            choices = [(one.id, _judgement(one.title, one.opens, names)) for one in state.judgements]
            yield Box("judgement", say(lang, "web.filing.judgement_label"), True, "", choices, radios=True)
        yield Box("comment", say(lang, "web.filing.comment_label"), False, "")
    if command == "return" and isinstance(state, InReview) and sent_back_to(state, state.first.stage):
        author = say(lang, "web.filing.to_author", who=_author(state, names))
        earlier = [
            (one.stage, say(lang, "web.filing.to_stage", stage=names.text(one.title)))
            for one in sent_back_to(state, state.first.stage)
        ]
        yield Box("to", say(lang, "web.filing.to_label"), True, "", [("", author), *earlier])
    if command in _REASONED:
        yield Box("reason", say(lang, "web.filing.reason_label"), _REASONED[command], "")
    if command == "comment":
        yield Box("text", say(lang, "web.filing.comment_label"), True, "")


def _judgement(title: Text, opens: str | None, names: Names) -> str:
    if opens is None:
        return names.text(title)
    return say(names.lang, "web.filing.opens", title=names.text(title), opens=names.follow_up(opens))


def _author(state: Filing, names: Names) -> str:
    return names.post_at(state.author) if state.person is None else names.person(state.person)


def _plain_help(command: str, state: Filing, names: Names) -> str:
    in_force = getattr(state, "in_force", None)
    number = in_force.number if isinstance(in_force, InForce) else ""
    return say(names.lang, f"web.filing.help.{command}", number=number)


def _help_approve(command: str, state: Filing, names: Names) -> str:
    assert isinstance(state, InReview), "only a filing in review is approved"
    if state.step_of(state.first.stage).mode is Mode.ALL:
        return say(names.lang, "web.filing.help.approve_all")
    after = [one for one in state.steps if state.first.stage in one.after]
    if not after:
        return say(names.lang, "web.filing.help.approve_last")
    posts = names.listed(names.post_at(post) for one in after for post in one.posts)
    return say(
        names.lang, "web.filing.help.approve", next=names.listed(names.text(one.title) for one in after), post=posts
    )


def _help_return(command: str, state: Filing, names: Names) -> str:
    assert isinstance(state, InReview), "only a filing in review is returned"
    resume = say(
        names.lang, "web.filing.resumes" if state.step_of(state.first.stage).resumes else "web.filing.restarts"
    )
    return say(names.lang, "web.filing.help.return", days=state.rework, resume=resume)


def _help_reject(command: str, state: Filing, names: Names) -> str:
    amends = isinstance(state, InReview) and state.in_force is not None
    return _plain_help("reject_amendment" if amends else "reject", state, names)


_HELP: Mapping[str, Callable[[str, Filing, Names], str]] = {
    "approve": _help_approve,
    "return": _help_return,
    "reject": _help_reject,
}


def _with_meanwhile(
    tried: Tried, status: int, request: Request, events: Sequence[RecordedEvent], names: Names
) -> Tried:
    """Say what happened since the visitor's page was made, where that is why nothing was done."""
    form: FormData | None = getattr(request.state, "form", None)
    seen = None if form is None else version_of(form)
    if status not in (409, 412) or seen is None:
        return tried
    what = meanwhile(events, seen, names)
    return replace(tried, message=say(names.lang, "web.filing.meanwhile", what=what)) if what else tried


def _fresh(request: Request, visitor: Visitor, events: Sequence[RecordedEvent]) -> datetime | None:
    """When the visitor did what the page confirms: that seal is pressed before their eyes."""
    if not request.query_params.get("said", "").startswith("filing."):
        return None
    return next((one.happened_at for one in reversed(events) if one.actor == visitor.person), None)


def _next(waiting: Sequence[Mapping[str, Any]], here: StreamId, visitor: Visitor) -> Mapping[str, str] | None:
    """The next thing on the visitor's desk."""
    row = next((one for one in waiting if one["stream"] != here), None)
    if row is None:
        return None
    title, unit = Text.model_validate(row["title"]), Text.model_validate(row["unit_title"])
    return {
        "href": address(row["stream"]) + ("/edit" if row["kind"] in ("submit", "mend") else ""),
        "words": say(
            visitor.lang, "web.filing.next", title=titled(visitor.lang, title), unit=titled(visitor.lang, unit)
        ),
    }


# -- revisions


@dataclass(frozen=True, slots=True)
class Reading:
    """Which revisions are read: one, or two that are compared."""

    revisions: tuple[Revision, ...]
    """Older first."""
    all: tuple[Revision, ...]

    @property
    def shown(self) -> Revision | None:
        """The one whose text is shown."""
        return self.revisions[-1] if self.revisions else None

    @property
    def compares(self) -> bool:
        """Whether two are compared."""
        return len(self.revisions) == 2

    @property
    def before(self) -> Revision | None:
        """The revision before the one shown."""
        shown = self.shown
        return next((one for one in reversed(self.all) if shown and one.number < shown.number), None)


def _reading(request: Request, state: Filing) -> Reading:
    """What the address asks for, else the revision that is decided on or in force. 404 for one that is not there."""
    wanted = request.query_params
    if "from" in wanted and "to" in wanted:
        pair = {_numbered(state, wanted["from"]).number, _numbered(state, wanted["to"]).number}
        return Reading(tuple(one for one in state.revisions if one.number in pair), state.revisions)
    if "revision" in wanted:
        return Reading((_numbered(state, wanted["revision"]),), state.revisions)
    if isinstance(state, Approved):
        return Reading((_numbered(state, str(state.in_force.number)),), state.revisions)
    return Reading(state.revisions[-1:], state.revisions)


def _numbered(state: Filing, number: str) -> Revision:
    found = next((one for one in state.revisions if str(one.number) == number), None)
    if found is None:
        raise Refused(Kind.MISSING, "content_unknown")
    return found


def _said_fields(document: Document, bodies: Sequence[Content | None], reading: Reading, names: Names) -> Any:
    body = None if reading.compares or not bodies or bodies[-1] is None else bodies[-1].body
    return () if body is None else as_text(document, body, names)


def _compared(document: Document, bodies: Sequence[Content | None], reading: Reading, names: Names) -> Any:
    """The fields that differ, and the titles of those that do not."""
    if not reading.compares:
        return None
    older, newer = (None if one is None else one.body for one in bodies)
    fields = content_difference(document, older, newer, names)
    return {
        "changed": [one for one in fields if one.change is not Change.UNCHANGED],
        "same": names.listed(one.title for one in fields if one.change is Change.UNCHANGED),
    }


def _returns(
    events: Sequence[RecordedEvent], state: Filing, names: Names, reading: Reading
) -> Iterable[Mapping[str, Any]]:
    """Why the older of two compared revisions came back, up to the newer one."""
    if not reading.compares:
        return
    older, newer = reading.revisions
    for one in events:
        if isinstance(one.event, FilingReturned) and older.at <= one.happened_at <= newer.at:
            yield {
                "name": names.actor(one.actor, one.on_behalf_of),
                "stage": names.text(state.step_of(one.event.stage).title),
                "reason": one.event.reason,
                "at": one.happened_at,
            }


def _comments(events: Sequence[RecordedEvent], names: Names) -> Iterable[Mapping[str, Any]]:
    for one in events:
        if isinstance(one.event, FilingCommented):
            yield {
                "name": names.actor(one.actor, one.on_behalf_of),
                "person": PersonId(one.actor),
                "at": one.happened_at,
                "text": one.event.text,
            }


router.include_router(filing_edit.router)
# After the form's own routes: handing in and saving are not plain commands.
router.include_router(command_routes(FILING, show, besides=("submit",)))
