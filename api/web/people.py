"""A person's page: posts now and before, what they did of late, what they might do on any day; and keeping them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.deps import LedgerDep, addressed
from api.web.act import command_routes
from api.web.forms import NOTHING_TRIED, Tried
from api.web.kit import page, period_title, post_title, say, titled
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.access import keeps_directory
from domain.ids import PersonId, StreamId
from domain.machine import Appointment, State
from domain.messages import Lang
from domain.person import PERSON, Delegate, EndDelegation, HandOver, Left, Person
from domain.programme import Programme
from domain.refusal import Refused
from domain.roster import default_login, read_day
from domain.rulebook import InForce
from ledger.accounts import Account
from ledger.ledger import Ledger
from ledger.roster import Business

router = APIRouter()

_ABSENCE = (Delegate.name, EndDelegation.name, HandOver.name)
"""Commands with pages of their own."""

_DID = {
    "filing.submitted": "command.filing.submit",
    "filing.approval_given": "command.filing.approve",
    "filing.returned": "command.filing.return",
    "filing.sent_back": "command.filing.return",
    "filing.rejected": "command.filing.reject",
    "inspection.signed": "command.inspection.sign",
    "inspection.disputed": "command.inspection.dispute",
    "inspection.reviewed": "command.inspection.review",
    "follow_up.commended": "command.follow_up.commend",
    "follow_up.visited": "command.follow_up.visit",
    "follow_up.plan_agreed": "command.follow_up.agree_plan",
    "follow_up.verified": "command.follow_up.verify",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A post in words."""

    id: str
    unit: str
    title: str
    subject: str
    first_day: date
    last_day: date | None
    ended_at: datetime | None
    rights: Sequence[str]


@dataclass(frozen=True, slots=True)
class Then:
    """What somebody held on a day, and the rules that said what it gave."""

    rules: InForce
    posts: Sequence[Held]


@dataclass(frozen=True, slots=True)
class Deed:
    """A filing, an inspection or a follow-up in words."""

    stream: StreamId
    machine: str
    status: str
    title: str
    unit: str
    period: str
    due_at: datetime | None
    did: str
    at: datetime | None


@router.get("/people/{id}")
async def person(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """A person, for everybody of the tenant; with the keeper's forms for the keeper."""
    return await _show(request, visitor, ledger, id, NOTHING_TRIED, 200)


@router.post("/people/{id}/one-time-password")
async def one_time_password(
    id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep
) -> Response:
    """Issue a one-time password, and show it once. An account is made for who has none."""
    found = PersonId(addressed(id, PERSON.name))
    state = await _kept(ledger, visitor, found, "one_time_password")
    try:
        account = await _account(ledger, visitor, found, state)
        issued = await ledger.accounts.issue_one_time(visitor.tenant, visitor.person, found)
    except Refused as refused:
        tried = Tried("password", {}, say(visitor.lang, f"refusal.{refused.code}", **refused.params))
        return await _show(request, visitor, ledger, id, tried, 409)
    name = (await ledger.names(visitor.tenant, [found])).get(found, "")
    return page(
        request, visitor, "person_password.html", id=id, name=name or found, login=account.login, password=issued
    )


@router.post("/people/{id}/reset-totp")
async def reset_totp(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Take the second factor from somebody who lost it; they sign in by password, and set it up anew."""
    found = PersonId(addressed(id, PERSON.name))
    await _kept(ledger, visitor, found, "reset_totp")
    await ledger.accounts.reset_totp(visitor.tenant, visitor.person, found)
    return RedirectResponse(f"/people/{id}?said=totp_reset", 303)


async def _kept(ledger: Ledger, visitor: Visitor, person: PersonId, action: str) -> State:
    """A person whose account the visitor keeps; raises the refusal for whoever does not keep the directory."""
    _, state, _ = await ledger.head(visitor.tenant, StreamId(person))
    refusal = keeps_directory(None, visitor.actor)
    if refusal is not None:
        await ledger.deny(visitor.tenant, visitor.person, person, action, refusal.code)
        raise refusal
    return state


async def _account(ledger: Ledger, visitor: Visitor, person: PersonId, state: State) -> Account:
    found = await ledger.accounts.find(visitor.tenant, person)
    if found is None:
        assert isinstance(state, Person), "people are of the person machine"
        login = default_login(state.staff_no or person)
        await ledger.accounts.create(visitor.tenant, person, login, by=visitor.person)
        found = await ledger.accounts.find(visitor.tenant, person)
    assert found is not None, "it was made just now"
    return found


async def _show(request: Request, visitor: Visitor, ledger: Ledger, id: str, tried: Tried, status: int) -> Response:
    found = PersonId(addressed(id, PERSON.name))
    version, state, _ = await ledger.head(visitor.tenant, StreamId(found))
    assert isinstance(state, Person), "people are of the person machine"
    names = await ledger.names(visitor.tenant, [found])
    lately = await ledger.roster.lately(visitor.tenant, found, visitor.actor)
    keeper = keeps_directory(None, visitor.actor) is None
    programme, lang = visitor.programme, visitor.lang
    today = programme.local_day(visitor.now)
    posts = [held(programme, lang, one) for one in sorted(state.posts, key=lambda one: one.first_day, reverse=True)]
    now = {one.id for one in state.posts if one.in_force(today, visitor.now)}
    later = {one.id for one in state.posts if one.first_day > today and one.ended_at is None}
    asked = request.query_params.get("on", "")
    on = read_day(asked) if asked else None
    then = None if on is None else await _then(ledger, visitor, state.posts, on)
    return page(
        request,
        visitor,
        "person.html",
        status,
        id=id,
        version=version,
        state=state,
        left=isinstance(state, Left),
        name=names.get(found),
        now=[one for one in posts if one.id in now],
        later=[one for one in posts if one.id in later],
        before=[one for one in posts if one.id not in now | later],
        lately=deeds(programme, lang, lately[:12]),
        asked=asked,
        on=on,
        then=then,
        keeper=keeper,
        account=await ledger.accounts.find(visitor.tenant, found) if keeper else None,
        permitted=PERSON.permitted(state, visitor.actor),
        tried=tried,
        roles=[(one.id, titled(lang, one.title)) for one in programme.roles],
        units=unit_choices(programme, lang),
        subjects=[
            ("", say(lang, "web.common.none")),
            *((one.id, titled(lang, one.title)) for one in programme.subjects),
        ],
        today=today,
    )


async def _then(ledger: Ledger, visitor: Visitor, posts: Iterable[Appointment], on: date) -> Then:
    """The posts of a day, with what the rules gave them: those in force when the day was over."""
    zone = ZoneInfo(visitor.programme.calendar.time_zone)
    midnight = datetime.combine(on + timedelta(days=1), time.min, zone)
    rules = await ledger.tenants.in_force_at(visitor.tenant, midnight - timedelta(microseconds=1))
    programme = await ledger.programme(visitor.tenant, rules.digest)
    return Then(rules, [held(programme, visitor.lang, one) for one in posts_on(posts, programme, on)])


def posts_on(posts: Iterable[Appointment], programme: Programme, on: date) -> list[Appointment]:
    """Return the posts somebody held on a day, be it for a part of it."""
    morning = datetime.combine(on, time.min, ZoneInfo(programme.calendar.time_zone))
    return [one for one in posts if one.in_force(on, morning)]


def held(programme: Programme, lang: Lang, post: Appointment) -> Held:
    """Return a post in words, also at a unit that is closed."""
    role = programme.role_by_id.get(post.role)
    subject = programme.subject_by_id.get(post.subject or "")
    return Held(
        id=post.id,
        unit=post.unit,
        title=post_title(programme, lang, post.role, post.unit),
        subject="" if subject is None else titled(lang, subject.title),
        first_day=post.first_day,
        last_day=post.last_day,
        ended_at=post.ended_at,
        rights=[] if role is None else [say(lang, f"right.{one.value}") for one in sorted(role.rights)],
    )


def deeds(programme: Programme, lang: Lang, found: Iterable[Business]) -> list[Deed]:
    """Return business in words."""
    rules = {one.id: one.title for one in programme.duties}
    rules.update((one.id, one.title) for one in programme.inspections)
    rules.update((one.id, one.title) for one in programme.follow_ups)
    units = programme.known_units
    return [
        Deed(
            stream=one.stream,
            machine=one.machine,
            status=one.status,
            title=titled(lang, rules[one.rules]) if one.rules in rules else one.rules or one.stream,
            unit=titled(lang, units[one.unit].title) if one.unit is not None and one.unit in units else one.unit or "",
            period=period_title(programme, lang, one.period),
            due_at=one.due_at,
            did="" if one.did is None else say(lang, _DID[one.did]),
            at=one.at,
        )
        for one in found
    ]


def unit_choices(programme: Programme, lang: Lang) -> list[tuple[str, str]]:
    """Return every open unit for a list to choose from, indented below its parent."""
    return [
        (one.id, "\u3000" * (len(programme.path_of(one.id)) - 1) + titled(lang, one.title))
        for one in programme.all_units.values()
    ]


router.include_router(command_routes(PERSON, _show, _ABSENCE))
