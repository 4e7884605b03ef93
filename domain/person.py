"""The person machine: who somebody is and which posts they hold, as events. Rights come from appointments alone.

registered → left. The name is a content, beside the events, so that it can be erased. An appointment is never removed,
only ended, so that who held what on a past day stays answerable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from domain.access import Scope, keeps_directory
from domain.canonical import content_digest
from domain.context import Context
from domain.machine import Appointment, Command, Event, Fact, Machine, State, Transition
from domain.programme import Programme
from domain.refusal import invalid
from domain.text import Line, Slug, StaffNo


class Person(State):
    """What is true of a person in every state."""

    profile: str
    """Digest of the content that holds the name."""
    staff_no: StaffNo | None = None
    posts: tuple[Appointment, ...] = ()


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


class PersonRegistered(Event):
    """Entered."""

    type: ClassVar[str] = "person.registered"
    content_field: ClassVar[str | None] = "profile"
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


def _register(_: None, command: Register, context: Context) -> Sequence[Event]:
    for index, post in enumerate(command.posts):
        _check_post(command.posts[:index], post, context, f"posts.{index}")
    (profile,) = command.contents(context.salt)
    return (PersonRegistered(profile=profile, staff_no=command.staff_no, posts=command.posts),)


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
    return (PersonAppointed(post=command.post),)


def _end(state: Registered, command: EndAppointment, context: Context) -> Sequence[Event]:
    post = next((one for one in state.posts if one.id == command.id), None)
    if post is None:
        raise invalid("appointment_unknown", at="id", id=command.id)
    if post.ended_at is not None:
        raise invalid("appointment_over", at="id", **_named(post, context.programme))
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
    return events


def _leave(state: Registered, command: Leave, context: Context) -> Sequence[Event]:
    return (PersonLeft(),)


def _registered(_: None, event: PersonRegistered, fact: Fact) -> Registered:
    return Registered(profile=event.profile, staff_no=event.staff_no, posts=event.posts)


def _name_corrected(state: Registered, event: NameCorrected, fact: Fact) -> Registered:
    return state.model_copy(update={"profile": event.profile})


def _appointed(state: Registered, event: PersonAppointed, fact: Fact) -> Registered:
    return state.model_copy(update={"posts": (*state.posts, event.post)})


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
    return Left(profile=state.profile, staff_no=state.staff_no, posts=posts)


def _scope(state: Person) -> Scope:
    return Scope(path=(), everyone=True)


def _appointments(state: Person) -> Iterable[Appointment]:
    return state.posts


PERSON: Machine = Machine(
    name="person",
    states=(Registered, Left),
    ends=frozenset({Registered, Left}),
    transitions=(
        Transition(Register, (), (Registered,), (PersonRegistered,), keeps_directory, _register),
        Transition(CorrectName, (Registered,), (Registered,), (NameCorrected,), keeps_directory, _correct_name),
        Transition(Appoint, (Registered,), (Registered,), (PersonAppointed,), keeps_directory, _appoint),
        Transition(
            EndAppointment,
            (Registered,),
            (Registered,),
            (AppointmentEnded, AppointmentRevoked),
            keeps_directory,
            _end,
        ),
        Transition(
            Revise,
            (Registered,),
            (Registered,),
            (NameCorrected, PersonAppointed, AppointmentEnded, AppointmentRevoked),
            keeps_directory,
            _revise,
        ),
        Transition(Leave, (Registered,), (Left,), (PersonLeft,), keeps_directory, _leave),
    ),
    evolve={
        PersonRegistered: _registered,
        NameCorrected: _name_corrected,
        PersonAppointed: _appointed,
        AppointmentEnded: _ended,
        AppointmentRevoked: _revoked,
        PersonLeft: _left,
    },
    scope=_scope,
    appointments=_appointments,
)
