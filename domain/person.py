"""The person machine: who somebody is, which posts they hold, and who acts for them, as events.

registered → left. Rights come from appointments alone. The name is a content, beside the events, so that it can be
erased. An appointment is never removed, only ended, so that who held what on a past day stays answerable; nor is a
delegation (职务代理, see `domain.delegation`).

What falls due by time alone is announced: that a post is over, or begins, or a delegation is over. Filings that wait
for somebody who is no longer there, or for a post that has a holder again, are looked at anew then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from domain.access import Actor, Post, Scope, keeps_directory, only_system
from domain.canonical import content_digest
from domain.context import NOTHING, Context, Lookups
from domain.delegation import LONGEST, Delegation, closes_loop
from domain.ids import PersonId, StreamId
from domain.machine import (
    Alarm,
    Appointment,
    Command,
    Event,
    Fact,
    Intent,
    Machine,
    Notify,
    Reaction,
    RollCall,
    State,
    Transition,
)
from domain.programme import Programme
from domain.refusal import Refused, conflict, invalid
from domain.text import Line, Prose, Slug, StaffNo


class Person(State):
    """What is true of a person in every state."""

    person: PersonId
    """The person's own stream."""
    zone: str
    """The time zone in which a day of this person begins and ends."""
    profile: str
    """Digest of the content that holds the name."""
    staff_no: StaffNo | None = None
    posts: tuple[Appointment, ...] = ()
    over: tuple[Slug, ...] = ()
    """Posts whose last day has passed, and was announced."""
    to_begin: tuple[Slug, ...] = ()
    """Posts that were given for a later day, and will be announced on it."""
    delegations: tuple[Delegation, ...] = ()

    @property
    def open_delegations(self) -> tuple[Delegation, ...]:
        """Those that have not ended."""
        return tuple(one for one in self.delegations if one.is_open)

    def is_alive(self, post: Appointment) -> bool:
        """Whether a post gives something now, or will."""
        return post.ended_at is None and post.id not in self.over


class Registered(Person):
    """Works here."""

    status: Literal["registered"] = "registered"


class Left(Person):
    """Holds nothing any more; the posts are kept, each with its end."""

    status: Literal["left"] = "left"


class Register(Command):
    """Enter a person."""

    name: ClassVar[str] = "register"
    full_name: Line
    staff_no: StaffNo | None = None
    posts: tuple[Appointment, ...] = ()

    def contents(self, salt: str) -> Mapping[str, Any]:
        """The profile."""
        return _profile(self.full_name, salt)


class CorrectName(Command):
    """Put a name right."""

    name: ClassVar[str] = "correct_name"
    full_name: Line

    def contents(self, salt: str) -> Mapping[str, Any]:
        """The profile."""
        return _profile(self.full_name, salt)


def _profile(full_name: str, salt: str) -> Mapping[str, Any]:
    profile = {"name": full_name, "salt": salt}
    return {content_digest(profile): profile}


class Appoint(Command):
    """Give a post."""

    name: ClassVar[str] = "appoint"
    post: Appointment


class EndAppointment(Command):
    """End a post: with a day, or at once when none is given."""

    name: ClassVar[str] = "end_appointment"
    id: Slug
    last_day: date | None = None


class Revise(Command):
    """Change several things about a person at once, as a roster does: a name, posts that end, posts that begin."""

    name: ClassVar[str] = "revise"
    full_name: Line | None = None
    end: tuple[EndAppointment, ...] = ()
    appoint: tuple[Appointment, ...] = ()

    def contents(self, salt: str) -> Mapping[str, Any]:
        """The profile, when the name changes."""
        return {} if self.full_name is None else _profile(self.full_name, salt)


class Leave(Command):
    """End everything."""

    name: ClassVar[str] = "leave"


class HandOver(Command):
    """Give up posts, or leave, in favour of a successor (离职交接). The successor is appointed on their own stream."""

    name: ClassVar[str] = "hand_over"
    successor: PersonId
    reason: Prose
    posts: tuple[Slug, ...] = ()
    """The appointments that end with it; all of them do when the person leaves."""
    leaves: bool = False
    filings: tuple[StreamId, ...] = ()
    """The filings that go over in the same transaction, each by a command of its own."""
    inspections: tuple[StreamId, ...] = ()
    """The inspections in which their place on the panel does."""
    with_posts: tuple[StreamId, ...] = ()
    """What waits for the posts that end, and so for whoever holds them now."""


class Delegate(Command):
    """Have somebody act in one's stead (职务代理)."""

    name: ClassVar[str] = "delegate"
    delegate: PersonId
    documents: tuple[Slug, ...] = ()
    first_day: date
    last_day: date
    reason: Prose


class EndDelegation(Command):
    """End a delegation at once."""

    name: ClassVar[str] = "end_delegation"
    id: Slug


class ClosePost(Command):
    """Announce that a post's last day has passed."""

    name: ClassVar[str] = "close_post"
    id: Slug


class BeginPost(Command):
    """Announce that a post's first day has come."""

    name: ClassVar[str] = "begin_post"
    id: Slug


class CloseDelegation(Command):
    """Announce that a delegation's last day has passed."""

    name: ClassVar[str] = "close_delegation"
    id: Slug


class PersonRegistered(Event):
    """Entered."""

    type: ClassVar[str] = "person.registered"
    content_field: ClassVar[str | None] = "profile"
    person: PersonId
    zone: str
    profile: str
    staff_no: StaffNo | None = None
    posts: tuple[Appointment, ...]


class NameCorrected(Event):
    """Is called otherwise."""

    type: ClassVar[str] = "person.name_corrected"
    content_field: ClassVar[str | None] = "profile"
    profile: str


class PersonAppointed(Event):
    """Holds a post."""

    type: ClassVar[str] = "person.appointed"
    post: Appointment


class AppointmentEnded(Event):
    """A post's last day is set."""

    type: ClassVar[str] = "person.appointment_ended"
    id: Slug
    last_day: date


class AppointmentRevoked(Event):
    """A post gives nothing from an instant on."""

    type: ClassVar[str] = "person.appointment_revoked"
    id: Slug
    ended_at: datetime


class PersonLeft(Event):
    """Holds nothing any more: every post ended with it."""

    type: ClassVar[str] = "person.left"


class HandedOver(Event):
    """What they had to do went to a successor."""

    type: ClassVar[str] = "person.handed_over"
    successor: PersonId
    reason: str
    filings: tuple[StreamId, ...] = ()
    """What went over with it."""
    inspections: tuple[StreamId, ...] = ()
    """The inspections in which the successor has their place."""
    appointments: tuple[Slug, ...] = ()
    """The posts that went over with it."""
    with_posts: tuple[StreamId, ...] = ()
    """What waited for those posts."""


class PostOver(Event):
    """A post's last day has passed."""

    type: ClassVar[str] = "person.post_over"
    id: Slug


class PostBegun(Event):
    """A post's first day has come."""

    type: ClassVar[str] = "person.post_begun"
    id: Slug


class VacancyFilled(Event):
    """Posts that nobody held, and for which something waited, have a holder again."""

    type: ClassVar[str] = "person.vacancy_filled"
    posts: tuple[Post, ...]


class PersonDelegated(Event):
    """Has somebody act in their stead."""

    type: ClassVar[str] = "person.delegated"
    delegation: Delegation


class DelegationEnded(Event):
    """A delegation gives nothing any more."""

    type: ClassVar[str] = "person.delegation_ended"
    id: Slug
    why: Literal["over", "ended", "no_post", "left"]
    """Its last day has passed; somebody ended it; the giver has no post left; the giver left."""


def _register(_: None, command: Register, context: Context) -> Sequence[Event]:
    for index, post in enumerate(command.posts):
        _check_post(command.posts[:index], post, context, f"posts.{index}")
    (profile,) = command.contents(context.salt)
    registered = PersonRegistered(
        person=PersonId(context.stream),
        zone=context.programme.calendar.time_zone,
        profile=profile,
        staff_no=command.staff_no,
        posts=command.posts,
    )
    return (registered, *_filled(command.posts, context))


def _correct_name(state: Registered, command: CorrectName, context: Context) -> Sequence[Event]:
    (profile,) = command.contents(context.salt)
    return (NameCorrected(profile=profile),)


def _check_post(held: Sequence[Appointment], post: Appointment, context: Context, at: str) -> None:
    programme = context.programme
    role = programme.role_by_id.get(post.role)
    if role is None:
        raise invalid("role_unknown", at=f"{at}.role", role=post.role)
    unit = programme.all_units.get(post.unit)
    if unit is None:
        raise invalid("unit_unknown", at=f"{at}.unit", unit=post.unit)
    if unit.kind not in role.at:
        raise invalid("role_not_at_unit", at=f"{at}.unit", role=role.title.zh, role_en=role.title.en)
    if post.last_day is not None and post.last_day < post.first_day:
        raise invalid("ends_before_it_begins", at=f"{at}.last_day")
    if post.ended_at is not None:
        raise invalid("begins_ended", at=f"{at}.ended_at")
    if any(one.id == post.id for one in held):
        raise invalid("appointment_twice", at=f"{at}.id", id=post.id)


def _appoint(state: Registered, command: Appoint, context: Context) -> Sequence[Event]:
    _check_post(state.posts, command.post, context, "post")
    return (PersonAppointed(post=command.post), *_filled((command.post,), context))


def _filled(posts: Iterable[Appointment], context: Context) -> Iterable[Event]:
    """Say so when posts that begin today, or have begun, were awaited: nothing waits for most."""
    today = context.programme.local_day(context.now)
    found = (_post(one) for one in posts if one.in_force(today, context.now))
    awaited = tuple(one for one in dict.fromkeys(found) if one in context.directory.vacancies)
    return (VacancyFilled(posts=awaited),) if awaited else ()


def _post(one: Appointment) -> Post:
    return Post(role=one.role, unit=one.unit)


def _end_appointment(state: Registered, command: EndAppointment, context: Context) -> Sequence[Event]:
    events = _end(state, command, context)
    return (*events, *_left_without(state, events))


def _left_without(state: Registered, events: Iterable[Event]) -> Iterable[Event]:
    """The delegations that end since, after these events, nothing is held any more."""
    ended = {one.id for one in events if isinstance(one, AppointmentRevoked | PostOver)}
    if any(isinstance(one, PersonAppointed) for one in events):
        return ()
    if any(state.is_alive(one) and one.id not in ended for one in state.posts):
        return ()
    return tuple(DelegationEnded(id=one.id, why="no_post") for one in state.open_delegations)


def _end(state: Registered, command: EndAppointment, context: Context, at: str = "id") -> Sequence[Event]:
    post = next((one for one in state.posts if one.id == command.id), None)
    if post is None:
        raise invalid("appointment_unknown", at=at, id=command.id)
    if post.ended_at is not None:
        raise invalid("appointment_over", at=at, **_named(post, context.programme))
    if command.last_day is None:
        return (AppointmentRevoked(id=command.id, ended_at=context.now),)
    if command.last_day < post.first_day:
        raise invalid("ends_before_it_begins", at="last_day")
    return (AppointmentEnded(id=command.id, last_day=command.last_day),)


def _named(post: Appointment, programme: Programme) -> dict[str, str]:
    """A post in both languages; what the programme no longer has is called by its id."""
    role, unit = programme.role_by_id.get(post.role), programme.known_units.get(post.unit)
    zh = f"{post.unit if unit is None else unit.title.zh}的{post.role if role is None else role.title.zh}"
    en = f"{post.role if role is None else role.title.en}, {post.unit if unit is None else unit.title.en}"
    return {"post": zh, "post_en": en}


def _revise(state: Registered, command: Revise, context: Context) -> Sequence[Event]:
    events: list[Event] = [NameCorrected(profile=profile) for profile in command.contents(context.salt)]
    for one in command.end:
        events += _end(state, one, context)
    for index, post in enumerate(command.appoint):
        _check_post((*state.posts, *command.appoint[:index]), post, context, f"appoint.{index}")
        events.append(PersonAppointed(post=post))
    if not events:
        raise invalid("nothing_to_revise", at="full_name")
    return (*events, *_left_without(state, events), *_filled(command.appoint, context))


def _leave(state: Registered, command: Leave, context: Context) -> Sequence[Event]:
    return _leaves(state)


def _leaves(state: Registered) -> Sequence[Event]:
    return (*(DelegationEnded(id=one.id, why="left") for one in state.open_delegations), PersonLeft())


def _hand_over(state: Registered, command: HandOver, context: Context) -> Sequence[Event]:
    if command.successor == state.person:
        raise invalid("successor_is_leaver", at="successor")
    if not command.leaves and not command.posts:
        raise invalid("nothing_handed_over", at="posts")
    if not command.posts and not context.directory.held.get(command.successor):
        raise invalid("successor_without_post", at="successor")
    handed = HandedOver(
        successor=command.successor,
        reason=command.reason,
        filings=command.filings,
        inspections=command.inspections,
        appointments=tuple(dict.fromkeys(command.posts)),
        with_posts=command.with_posts,
    )
    ended = [
        event
        for index, id in enumerate(dict.fromkeys(command.posts))
        for event in _end(state, EndAppointment(id=id), context, f"posts.{index}")
    ]
    if command.leaves:
        return (handed, *_leaves(state))
    return (handed, *ended, *_left_without(state, ended))


# -- delegations


def _may_delegate(state: Person, actor: Actor) -> Refused | None:
    """The person themself, or the keeper of the directory for somebody who is away."""
    return None if actor.person == state.person else keeps_directory(state, actor)


def _may_end_delegation(state: Person, actor: Actor) -> Refused | None:
    """The giver, who acts by it, or the keeper of the directory."""
    if any(one.delegate == actor.person for one in state.open_delegations):
        return None
    return _may_delegate(state, actor)


def _delegate(state: Registered, command: Delegate, context: Context) -> Sequence[Event]:
    _check_days(command, context)
    for index, document in enumerate(command.documents):
        if document not in context.programme.document_by_id:
            raise invalid("document_unknown", at=f"documents.{index}", document=document)
    if command.delegate == state.person:
        raise invalid("delegate_to_oneself", at="delegate")
    if not any(
        state.is_alive(one) and (one.last_day is None or one.last_day >= command.first_day) for one in state.posts
    ):
        raise invalid("nothing_to_delegate", at="first_day")
    if not context.directory.held.get(command.delegate):
        raise invalid("delegate_without_post", at="delegate")
    new = Delegation(
        id=f"d{len(state.delegations) + 1}",
        delegate=command.delegate,
        documents=tuple(dict.fromkeys(command.documents)),
        first_day=command.first_day,
        last_day=command.last_day,
        reason=command.reason,
    )
    if closes_loop(state.person, new, context.directory.delegations):
        raise invalid("delegation_loop", at="delegate", person=command.delegate)
    return (PersonDelegated(delegation=new),)


def _check_days(command: Delegate, context: Context) -> None:
    if command.last_day < command.first_day:
        raise invalid("ends_before_it_begins", at="last_day")
    if command.first_day < context.programme.local_day(context.now):
        raise invalid("delegation_past", at="first_day")
    if (command.last_day - command.first_day).days >= LONGEST:
        raise invalid("delegation_too_long", at="last_day", days=LONGEST)


def _end_delegation(state: Registered, command: EndDelegation, context: Context) -> Sequence[Event]:
    one = next((one for one in state.delegations if one.id == command.id), None)
    if one is None:
        raise invalid("delegation_unknown", at="id", id=command.id)
    if not one.is_open:
        raise invalid("delegation_over", at="id")
    if one.delegate != context.actor.person and _may_delegate(state, context.actor) is not None:
        raise invalid("delegation_of_others", at="id")
    return (DelegationEnded(id=one.id, why="ended"),)


# -- what falls due by time alone


def _begins(day: date, zone: str) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


_DAY = timedelta(days=1)


def _next_over(state: Registered) -> tuple[datetime, Slug] | None:
    """The first post whose last day will have passed, and when."""
    ending = [
        (_begins(one.last_day + _DAY, state.zone), one.id)
        for one in state.posts
        if one.last_day is not None and state.is_alive(one)
    ]
    return min(ending, default=None)


def _next_begun(state: Registered) -> tuple[datetime, Slug] | None:
    beginning = [
        (_begins(one.first_day, state.zone), one.id)
        for one in state.posts
        if one.id in state.to_begin and state.is_alive(one)
    ]
    return min(beginning, default=None)


def _next_delegation_over(state: Registered) -> tuple[datetime, Slug] | None:
    return min(((_begins(one.last_day + _DAY, state.zone), one.id) for one in state.open_delegations), default=None)


def _close_post(state: Registered, command: ClosePost, context: Context) -> Sequence[Event]:
    _check_due(_next_over(state), command.id, context)
    event = PostOver(id=command.id)
    return (event, *_left_without(state, (event,)))


def _begin_post(state: Registered, command: BeginPost, context: Context) -> Sequence[Event]:
    _check_due(_next_begun(state), command.id, context)
    return (PostBegun(id=command.id),)


def _close_delegation(state: Registered, command: CloseDelegation, context: Context) -> Sequence[Event]:
    _check_due(_next_delegation_over(state), command.id, context)
    return (DelegationEnded(id=command.id, why="over"),)


def _check_due(due: tuple[datetime, Slug] | None, id: Slug, context: Context) -> None:
    if due is None or due[1] != id or due[0] > context.now:
        raise conflict("alarm_not_due")


def _at(due: tuple[datetime, Slug] | None) -> datetime | None:
    return None if due is None else due[0]


def _id(due: tuple[datetime, Slug] | None) -> Slug:
    assert due is not None, "an alarm that is set has something that falls due"
    return due[1]


# -- folding


def _registered(_: None, event: PersonRegistered, fact: Fact) -> Registered:
    # A roster brings posts of before with it: that they are over is no news. Those that begin later are, on their day.
    over = tuple(one.id for one in event.posts if one.last_day and _begins(one.last_day + _DAY, event.zone) <= fact.at)
    return Registered(
        person=event.person,
        zone=event.zone,
        profile=event.profile,
        staff_no=event.staff_no,
        posts=event.posts,
        over=over,
        to_begin=tuple(one.id for one in event.posts if _begins(one.first_day, event.zone) > fact.at),
    )


def _name_corrected(state: Registered, event: NameCorrected, fact: Fact) -> Registered:
    return state.model_copy(update={"profile": event.profile})


def _appointed(state: Registered, event: PersonAppointed, fact: Fact) -> Registered:
    later = (event.post.id,) if _begins(event.post.first_day, state.zone) > fact.at else ()
    return state.model_copy(update={"posts": (*state.posts, event.post), "to_begin": (*state.to_begin, *later)})


def _ended(state: Registered, event: AppointmentEnded, fact: Fact) -> Registered:
    return _with(state, event.id, last_day=event.last_day)


def _revoked(state: Registered, event: AppointmentRevoked, fact: Fact) -> Registered:
    return _with(state, event.id, ended_at=event.ended_at)


def _with(state: Registered, id: str, **ends: date) -> Registered:
    """The state with one of its posts ended."""
    posts = tuple(one.model_copy(update=ends) if one.id == id else one for one in state.posts)
    return state.model_copy(update={"posts": posts})


def _left(state: Registered, event: PersonLeft, fact: Fact) -> Left:
    posts = tuple(one if one.ended_at else one.model_copy(update={"ended_at": fact.at}) for one in state.posts)
    return Left(**_same(state) | {"posts": posts})


def _same(state: Person) -> dict[str, Any]:
    """What a state hands on to the next."""
    return {name: getattr(state, name) for name in Person.model_fields if name != "status"}


def _handed_over(state: Registered, event: HandedOver, fact: Fact) -> Registered:
    return state


def _over(state: Registered, event: PostOver, fact: Fact) -> Registered:
    return state.model_copy(update={"over": (*state.over, event.id)})


def _begun(state: Registered, event: PostBegun, fact: Fact) -> Registered:
    return state.model_copy(update={"to_begin": tuple(one for one in state.to_begin if one != event.id)})


def _vacancy_filled(state: Registered, event: VacancyFilled, fact: Fact) -> Registered:
    return state


def _delegated(state: Registered, event: PersonDelegated, fact: Fact) -> Registered:
    return state.model_copy(update={"delegations": (*state.delegations, event.delegation)})


def _delegation_ended(state: Registered, event: DelegationEnded, fact: Fact) -> Registered:
    given = tuple(
        one.model_copy(update={"ended_at": fact.at}) if one.id == event.id else one for one in state.delegations
    )
    return state.model_copy(update={"delegations": given})


# -- what follows


def _revoked_calls(event: AppointmentRevoked | PostOver, state: Person) -> Iterable[Intent]:
    (post,) = (_post(one) for one in state.posts if one.id == event.id)
    yield RollCall(people=(state.person,), posts=(post,))


def _left_calls(event: PersonLeft, state: Left) -> Iterable[Intent]:
    posts = dict.fromkeys(_post(one) for one in state.posts if one.id not in state.over)
    yield RollCall(people=(state.person,), posts=tuple(posts))


def _begun_calls(event: PostBegun, state: Person) -> Iterable[Intent]:
    yield RollCall(posts=tuple(_post(one) for one in state.posts if one.id == event.id))


def _filled_calls(event: VacancyFilled, state: Person) -> Iterable[Intent]:
    yield RollCall(posts=event.posts)


def _delegated_calls(event: PersonDelegated, state: Person) -> Iterable[Intent]:
    one = event.delegation
    yield Notify(notice="delegation_received", people=(one.delegate,), params=_told(state, one))
    yield Notify(notice="delegation_given", people=(state.person,), params=_told(state, one))


def _delegation_ended_calls(event: DelegationEnded, state: Person) -> Iterable[Intent]:
    (one,) = (one for one in state.delegations if one.id == event.id)
    yield Notify(notice="delegation_ended", people=(state.person, one.delegate), params=_told(state, one))


def _told(state: Person, one: Delegation) -> dict[str, str | int]:
    return {
        "giver": state.person,
        "delegate": one.delegate,
        "first": one.first_day.isoformat(),
        "last": one.last_day.isoformat(),
    }


def _lookups(state: Person | None, command: Command) -> Lookups:
    if isinstance(command, Register | Revise | Appoint):
        posts = (command.post,) if isinstance(command, Appoint) else _given(command)
        return Lookups(vacancies=frozenset(_post(one) for one in posts))
    if isinstance(command, HandOver):
        return Lookups(people=frozenset({command.successor}))
    if isinstance(command, Delegate):
        return Lookups(people=frozenset({command.delegate}), delegates=frozenset({command.delegate}))
    return NOTHING


def _given(command: Register | Revise) -> tuple[Appointment, ...]:
    return command.posts if isinstance(command, Register) else command.appoint


def _scope(state: Person) -> Scope:
    return Scope(path=(), everyone=True)


def _appointments(state: Person) -> Iterable[Appointment]:
    return state.posts


def _delegations(state: Person) -> Iterable[Delegation]:
    return state.delegations


_ENDED = (AppointmentEnded, AppointmentRevoked, DelegationEnded)

PERSON: Machine = Machine(
    name="person",
    states=(Registered, Left),
    ends=frozenset({Left}),
    transitions=(
        Transition(Register, (), (Registered,), (PersonRegistered, VacancyFilled), keeps_directory, _register),
        Transition(CorrectName, (Registered,), (Registered,), (NameCorrected,), keeps_directory, _correct_name),
        Transition(Appoint, (Registered,), (Registered,), (PersonAppointed, VacancyFilled), keeps_directory, _appoint),
        Transition(EndAppointment, (Registered,), (Registered,), _ENDED, keeps_directory, _end_appointment),
        Transition(
            Revise,
            (Registered,),
            (Registered,),
            (NameCorrected, PersonAppointed, VacancyFilled, *_ENDED),
            keeps_directory,
            _revise,
        ),
        Transition(Leave, (Registered,), (Left,), (DelegationEnded, PersonLeft), keeps_directory, _leave),
        Transition(
            HandOver,
            (Registered,),
            (Registered, Left),
            (HandedOver, AppointmentRevoked, DelegationEnded, PersonLeft),
            keeps_directory,
            _hand_over,
        ),
        Transition(Delegate, (Registered,), (Registered,), (PersonDelegated,), _may_delegate, _delegate),
        Transition(
            EndDelegation, (Registered,), (Registered,), (DelegationEnded,), _may_end_delegation, _end_delegation
        ),
        Transition(ClosePost, (Registered,), (Registered,), (PostOver, DelegationEnded), only_system, _close_post),
        Transition(BeginPost, (Registered,), (Registered,), (PostBegun,), only_system, _begin_post),
        Transition(CloseDelegation, (Registered,), (Registered,), (DelegationEnded,), only_system, _close_delegation),
    ),
    evolve={
        PersonRegistered: _registered,
        NameCorrected: _name_corrected,
        PersonAppointed: _appointed,
        AppointmentEnded: _ended,
        AppointmentRevoked: _revoked,
        PersonLeft: _left,
        HandedOver: _handed_over,
        PostOver: _over,
        PostBegun: _begun,
        VacancyFilled: _vacancy_filled,
        PersonDelegated: _delegated,
        DelegationEnded: _delegation_ended,
    },
    scope=_scope,
    appointments=_appointments,
    delegations=_delegations,
    alarm_table=(
        Alarm(
            "close_delegation",
            (Registered,),
            lambda state: _at(_next_delegation_over(state)),
            lambda state: CloseDelegation(id=_id(_next_delegation_over(state))),
        ),
        Alarm(
            "close_post",
            (Registered,),
            lambda state: _at(_next_over(state)),
            lambda state: ClosePost(id=_id(_next_over(state))),
        ),
        Alarm(
            "begin_post",
            (Registered,),
            lambda state: _at(_next_begun(state)),
            lambda state: BeginPost(id=_id(_next_begun(state))),
        ),
    ),
    reaction_table=(
        Reaction(AppointmentRevoked, _revoked_calls),
        Reaction(PostOver, _revoked_calls),
        Reaction(PersonLeft, _left_calls),
        Reaction(PostBegun, _begun_calls),
        Reaction(VacancyFilled, _filled_calls),
        Reaction(PersonDelegated, _delegated_calls),
        Reaction(DelegationEnded, _delegation_ended_calls),
    ),
    lookups=_lookups,
)
