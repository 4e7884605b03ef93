"""The directory: finding people and units, entering them, rosters in and out, one-time passwords for many."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from api.deps import LedgerDep
from api.faults import BadRequest
from api.web.act import Refusal, give
from api.web.forms import NOTHING_TRIED, Tried, WrongForm, command_from, typed
from api.web.kit import page, post_title, say, titled
from api.web.people import unit_choices
from api.web.sheets import CSV, MAX_BYTES, XLSX, SheetError, Table, read_sheet, write_csv, write_xlsx
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.access import keeps_directory
from domain.ids import PersonId, StreamId
from domain.messages import Lang
from domain.person import Register
from domain.programme import Programme, Unit, UnitKind
from domain.refusal import Refused
from domain.roster import HEADINGS, LOGIN, Column, Fault, FaultCode, Known, as_rows, default_login, person_of
from domain.unit import Found, unit_stream
from ledger.accounts import NewAccount, folded
from ledger.imports import Job
from ledger.ledger import Ledger
from ledger.roster import Found as People

router = APIRouter(prefix="/directory")

SHOWN = 50
"""People of one page."""
FAULTS_SHOWN = 300

Format = Literal["xlsx", "csv"]


async def keeper_of(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Visitor:
    """The visitor, who keeps the directory; others are refused, and that is noted."""
    refusal = keeps_directory(None, visitor.actor)
    if refusal is not None:
        await ledger.deny(visitor.tenant, visitor.person, None, "directory", refusal.code)
        raise refusal
    return visitor


KeeperDep = Annotated[Visitor, Depends(keeper_of)]


# -- finding


@dataclass(frozen=True, slots=True)
class Line:
    """A person in a list."""

    person: PersonId
    staff_no: str
    name: str | None
    posts: Sequence[str]
    login: str | None
    left: bool


@router.get("")
async def directory(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """People by a few words or by unit; without either, the tree of units."""
    return await _found(request, visitor, ledger, NOTHING_TRIED, 200)


async def _found(request: Request, visitor: Visitor, ledger: Ledger, tried: Tried, status: int) -> Response:
    asked = request.query_params
    words, unit, left = _asked(request, "q")[:100], asked.get("unit", ""), bool(asked.get("left"))
    programme, lang = visitor.programme, visitor.lang
    unit = unit if unit in programme.all_units else ""
    searching = bool(words or unit or left)
    found = People((), None)
    if searching:
        found = await ledger.roster.search(
            visitor.tenant,
            visitor.now,
            programme,
            words=words,
            units=_below(programme, unit) if unit else None,
            left=left,
            after=_asked(request, "after")[:200],
            limit=SHOWN,
        )
    here = {"q": words, "unit": unit, "left": "1" if left else ""}
    onward = {name: value for name, value in here.items() if value}
    return page(
        request,
        visitor,
        "directory.html",
        status,
        keeper=keeps_directory(None, visitor.actor) is None,
        words=words,
        unit=unit,
        left=left,
        searching=searching,
        people=[_line(programme, lang, visitor, one) for one in found.people],
        next=f"/directory?{urlencode({**onward, 'after': found.next})}" if found.next else "",
        units=[("", say(lang, "web.directory.any_unit")), *unit_choices(programme, lang)],
        count=await _holders_below(ledger, visitor, unit) if unit else 0,
        tree=_tree(programme),
        here=f"/directory?{urlencode(onward)}",
        tried=tried,
    )


def _asked(request: Request, name: str) -> str:
    return request.query_params.get(name, "").replace("\x00", "").strip()


async def _holders_below(ledger: Ledger, visitor: Visitor, unit: str) -> int:
    """How many people hold a post at a unit or below it, the visitor aside."""
    holders = await ledger.roster.holders(visitor.tenant, _below(visitor.programme, unit))
    today = visitor.programme.local_day(visitor.now)
    return len({one.person for one in holders if one.post.in_force(today, visitor.now)} - {visitor.person})


def _line(programme: Programme, lang: Lang, visitor: Visitor, known: Known) -> Line:
    today = programme.local_day(visitor.now)
    posts = [one for one in known.posts if one.in_force(today, visitor.now)]
    return Line(
        person=known.person,
        staff_no="" if known.staff_no == known.person else known.staff_no,
        name=known.name,
        posts=[post_title(programme, lang, one.role, one.unit) for one in posts],
        login=known.login,
        left=known.left,
    )


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit with what stands below it."""

    unit: Unit
    below: Sequence[Branch]


def _tree(programme: Programme) -> Branch:
    children: dict[str | None, list[Unit]] = {}
    for one in programme.all_units.values():
        children.setdefault(one.parent, []).append(one)

    def branch(unit: Unit) -> Branch:
        return Branch(unit, [branch(one) for one in children.get(unit.id, ())])

    (root,) = children[None]
    return branch(root)


def _below(programme: Programme, unit: str) -> list[str]:
    """The unit and everything below it; parents come first in `all_units`."""
    found = {unit}
    for one in programme.all_units.values():
        if one.parent in found:
            found.add(one.id)
    return sorted(found)


# -- entering people and units


@router.get("/people/new")
async def new_person(request: Request, visitor: KeeperDep) -> Response:
    """The form for a new person, perhaps with their first post."""
    return _person_form(request, visitor, NOTHING_TRIED, 200)


@router.post("/people")
async def enter_person(request: Request, visitor: KeeperDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Enter a person, with an account that has no password yet."""
    staff_no = str(form.get("staff_no") or "").strip()
    login = folded(str(form.get("login") or "")) or default_login(staff_no)
    errors = await _entry_errors(ledger, visitor, staff_no, login)
    try:
        command = command_from(Register, _without_empty_post(form), visitor.lang)
    except WrongForm as wrong:
        errors = {**wrong.errors, **errors}
    if errors:
        return _person_form(request, visitor, Tried(Register.name, typed(form), "", errors), 422)
    person = person_of(visitor.tenant, staff_no)
    refusal = await give(ledger, visitor, StreamId(person), command, form)
    if refusal is not None:
        used = say(visitor.lang, "web.directory.staff_no_used", staff_no=staff_no)
        return _person_form(request, visitor, _taken(refusal, "staff_no", used), refusal.status)
    # Somebody may have taken the login since it was looked at: the person's page then offers an account once more.
    with suppress(Refused):
        await ledger.accounts.create(visitor.tenant, person, login, by=visitor.person)
    return RedirectResponse(f"/people/{person}?said=person.register", 303)


async def _entry_errors(ledger: Ledger, visitor: Visitor, staff_no: str, login: str) -> dict[str, str]:
    """What is wrong with a staff number or a login, by field."""
    if not staff_no:
        return {"staff_no": say(visitor.lang, "web.directory.staff_no_missing")}
    if not LOGIN.fullmatch(login):
        return {"login": say(visitor.lang, "refusal.login_unfit")}
    owner = (await ledger.accounts.by_login(visitor.tenant, [login])).get(login)
    if owner not in (None, person_of(visitor.tenant, staff_no)):
        return {"login": say(visitor.lang, "refusal.login_taken", login=login)}
    return {}


def _without_empty_post(form: FormData) -> FormData:
    """The form without the first post, when neither its role nor its unit was chosen."""
    if form.get("posts.0.role") or form.get("posts.0.unit"):
        return form
    return FormData([(name, value) for name, value in form.multi_items() if not name.startswith("posts.")])


def _taken(refusal: Refusal, field: str, sentence: str) -> Tried:
    """What was tried; that its key is in use already is said at the field."""
    tried = refusal.tried
    return Tried(tried.command, tried.typed, "", {field: sentence}) if refusal.status == 412 else tried


def _person_form(request: Request, visitor: Visitor, tried: Tried, status: int) -> Response:
    programme, lang = visitor.programme, visitor.lang
    return page(
        request,
        visitor,
        "directory_person.html",
        status,
        tried=tried,
        roles=[
            ("", say(lang, "web.directory.no_post_yet")),
            *((one.id, titled(lang, one.title)) for one in programme.roles),
        ],
        units=[("", ""), *unit_choices(programme, lang)],
        subjects=[
            ("", say(lang, "web.common.none")),
            *((one.id, titled(lang, one.title)) for one in programme.subjects),
        ],
        unit=request.query_params.get("unit", ""),
        today=programme.local_day(visitor.now),
    )


@router.get("/units/new")
async def new_unit(request: Request, visitor: KeeperDep) -> Response:
    """The form for a new unit."""
    return _unit_form(request, visitor, NOTHING_TRIED, 200)


@router.post("/units")
async def enter_unit(request: Request, visitor: KeeperDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Found a unit."""
    try:
        command = command_from(Found, form, visitor.lang)
    except WrongForm as wrong:
        return _unit_form(request, visitor, Tried(Found.name, typed(form), "", wrong.errors), 422)
    refusal = await give(ledger, visitor, unit_stream(visitor.tenant, command.unit), command, form)
    if refusal is not None:
        used = say(visitor.lang, "refusal.unit_taken", unit=command.unit)
        return _unit_form(request, visitor, _taken(refusal, "unit", used), refusal.status)
    return RedirectResponse(f"/units/{command.unit}?said=unit.found", 303)


def _unit_form(request: Request, visitor: Visitor, tried: Tried, status: int) -> Response:
    programme, lang = visitor.programme, visitor.lang
    return page(
        request,
        visitor,
        "directory_unit.html",
        status,
        tried=tried,
        kinds=[(one.value, say(lang, f"kind.{one.value}")) for one in UnitKind],
        units=unit_choices(programme, lang),
        subjects=[
            ("", say(lang, "web.common.none")),
            *((one.id, titled(lang, one.title)) for one in programme.subjects),
        ],
        parent=request.query_params.get("parent", ""),
    )


# -- rosters out


def _attached(body: bytes, name: str, form: Format) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.{form}"', "cache-control": "no-store"}
    return Response(body, media_type=XLSX if form == "xlsx" else CSV, headers=headers)


_WIDTHS = (14, 12, 26, 34, 12, 13, 13, 16)


def _head(lang: Lang) -> list[str]:
    return [titled(lang, HEADINGS[one]) for one in Column]


@router.get("/template.{form}")
async def template(form: Format, visitor: KeeperDep) -> Response:
    """An empty roster; as XLSX with a second sheet of all that may be filled in."""
    lang = visitor.lang
    empty = Table(say(lang, "web.sheet.roster"), _head(lang), (), _WIDTHS)
    if form == "csv":
        return _attached(write_csv(empty), "roster-template", form)
    return _attached(write_xlsx(empty, _lists(visitor.programme, lang)), "roster-template", form)


def _lists(programme: Programme, lang: Lang) -> Table:
    """Roles, units and subjects, as a sheet."""
    head = [say(lang, f"web.sheet.{one}") for one in ("kind", "title_zh", "title_en", "id", "note")]
    roles, units, subjects = (say(lang, f"web.common.{one}") for one in ("role", "unit", "subject"))
    rows: list[tuple[str, str, str, str, str]] = []
    for role in programme.roles:
        kinds = "、".join(say(lang, f"kind.{kind.value}") for kind in role.at)
        rows.append((roles, role.title.zh, role.title.en, role.id, say(lang, "web.sheet.at", kinds=kinds)))
    for unit in programme.all_units.values():
        above = programme.all_units[unit.parent].title if unit.parent is not None else None
        note = "" if above is None else say(lang, "web.sheet.above", parent=above.zh, parent_en=above.en)
        rows.append((units, unit.title.zh, unit.title.en, unit.id, note))
    rows += ((subjects, one.title.zh, one.title.en, one.id, "") for one in programme.subjects)
    return Table(say(lang, "web.sheet.lists"), head, rows, (10, 36, 40, 30, 40))


@router.get("/export.{form}")
async def export(form: Format, visitor: KeeperDep, ledger: LedgerDep) -> Response:
    """The roster as it is now. To import it again changes nothing."""
    programme, lang = visitor.programme, visitor.lang
    today = programme.local_day(visitor.now)
    known = await ledger.roster.known(visitor.tenant)
    rows = list(as_rows(known, programme, today))
    table = Table(say(lang, "web.sheet.roster"), _head(lang), rows, _WIDTHS)
    if form == "csv":
        return _attached(write_csv(table), f"roster-{today}", form)
    body = await asyncio.to_thread(write_xlsx, table, _lists(programme, lang))
    return _attached(body, f"roster-{today}", form)


# -- rosters in


@router.get("/import")
async def imports(request: Request, visitor: KeeperDep, ledger: LedgerDep) -> Response:
    """Template, upload, and the recent imports."""
    return await _upload_form(request, visitor, ledger, "", 200)


async def _upload_form(request: Request, visitor: Visitor, ledger: Ledger, error: str, status: int) -> Response:
    jobs = await ledger.imports.recent(visitor.tenant)
    names = await ledger.names(visitor.tenant, {one.made_by for one in jobs})
    return page(
        request, visitor, "directory_import.html", status, error=error, jobs=jobs, names=names, state_of=_state_of
    )


def _state_of(job: Job) -> str:
    """The last part of the key of an import's state in words."""
    if job.stalled:
        return "stalled"
    return "same" if job.state.value == "ready" and not _changes(job) else job.state.value


def _changes(job: Job) -> int:
    """How much an import would change, or has changed."""
    return sum(getattr(job.counts, name) for name in _COUNTS if name not in ("rows", "unchanged"))


@router.post("/import")
async def upload(request: Request, visitor: KeeperDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Read a roster and check it; nothing is changed yet."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        error = say(visitor.lang, "web.directory.file_missing")
        return await _upload_form(request, visitor, ledger, error, 422)
    data, size = await file.read(MAX_BYTES + 1), file.size or 0
    await form.close()
    try:
        if len(data) > MAX_BYTES:
            raise SheetError("too_large", limit=MAX_BYTES // 2**20, size=-(-size // 2**20))
        rows = await asyncio.to_thread(read_sheet, data, file.filename)
    except SheetError as fault:
        error = say(visitor.lang, f"web.sheet.{fault.code}", **fault.params)
        return await _upload_form(request, visitor, ledger, error, 422)
    id = await ledger.imports.check(visitor.tenant, visitor.person, file.filename, rows)
    return RedirectResponse(f"/directory/import/{id}", 303)


@router.get("/import/{id}")
async def job(id: str, request: Request, visitor: KeeperDep, ledger: LedgerDep) -> Response:
    """An import: what it would change, what is wrong with it, how far it is."""
    return await _job_page(request, visitor, ledger, await _job(ledger, visitor, id))


@router.post("/import/{id}/confirm")
async def confirm(id: str, visitor: KeeperDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Begin to carry out an import. A second confirmation does nothing."""
    found = await _job(ledger, visitor, id)
    await ledger.imports.confirm(visitor.tenant, found.id, visitor.person)
    return RedirectResponse(f"/directory/import/{found.id}", 303)


async def _job(ledger: Ledger, visitor: Visitor, id: str) -> Job:
    try:
        found = await ledger.imports.find(visitor.tenant, UUID(id))
    except ValueError:
        found = None
    if found is None:
        raise BadRequest(404, "no_such_address")
    return found


async def _job_page(request: Request, visitor: Visitor, ledger: Ledger, job: Job) -> Response:
    people = {one for one in (job.made_by, job.confirmed_by) if one is not None}
    return page(
        request,
        visitor,
        "directory_job.html",
        job=job,
        state=_state_of(job),
        names=await ledger.names(visitor.tenant, people),
        faults=[_fault_line(visitor.lang, one) for one in job.faults[:FAULTS_SHOWN]],
        shown=FAULTS_SHOWN,
        counts={name: getattr(job.counts, name) for name in _COUNTS},
        changes=_changes(job),
    )


_COUNTS = ("rows", "new", "renamed", "appointments", "ended", "accounts", "unchanged")


@dataclass(frozen=True, slots=True)
class FaultLine:
    """A fault in words."""

    row: int
    column: str
    why: str


def _fault_line(lang: Lang, fault: Fault) -> FaultLine:
    if fault.code is FaultCode.REFUSED:
        why = say(lang, f"refusal.{fault.params['refusal']}", **fault.params)
    else:
        why = say(lang, f"web.roster.fault.{fault.code}", **fault.params)
    return FaultLine(fault.row, "" if fault.column is None else titled(lang, HEADINGS[fault.column]), why)


# -- one-time passwords for many


@router.post("/passwords")
async def passwords(request: Request, visitor: KeeperDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Issue one-time passwords to those chosen, or to a whole unit: a sheet that is sent once and kept nowhere."""
    wanted = await _wanted(ledger, visitor, form)
    if not wanted:
        tried = Tried("passwords", {}, say(visitor.lang, "web.directory.pick_none"))
        return await _found(request, visitor, ledger, tried, 422)
    people = [one.person for one in wanted]
    try:
        missing = [NewAccount(one.person, default_login(one.staff_no)) for one in wanted if one.login is None]
        if missing:
            await ledger.accounts.create_many(visitor.tenant, missing, visitor.person)
        issued = await ledger.accounts.issue_many(visitor.tenant, visitor.person, people)
    except Refused as refused:
        tried = Tried("passwords", {}, say(visitor.lang, f"refusal.{refused.code}", **refused.params))
        return await _found(request, visitor, ledger, tried, 409)
    logins = await ledger.accounts.find_many(visitor.tenant, people)
    head = [say(visitor.lang, f"web.directory.{one}") for one in ("staff_no", "name", "login", "password")]
    rows = [(one.staff_no, one.name or "", logins[one.person].login, issued[one.person]) for one in wanted]
    table = Table(say(visitor.lang, "web.directory.passwords"), head, rows, (14, 14, 20, 26))
    return _attached(await asyncio.to_thread(write_xlsx, table), "one-time-passwords", "xlsx")


async def _wanted(ledger: Ledger, visitor: Visitor, form: FormData) -> list[Known]:
    """Those chosen, or all with a post at the unit or below it; never the keeper, who would be signed out by it."""
    picked = {str(one) for one in form.getlist("pick")}
    known = [one for one in await ledger.roster.known(visitor.tenant) if not one.left and one.person != visitor.person]
    unit = str(form.get("all") or "")
    if unit not in visitor.programme.all_units:
        return [one for one in known if one.person in picked]
    below, today = set(_below(visitor.programme, unit)), visitor.programme.local_day(visitor.now)
    return [one for one in known if any(post.unit in below and post.in_force(today, visitor.now) for post in one.posts)]
