"""The person machine: who somebody is and which posts they hold, as events. Rights come from appointments alone.

registered → left. The name is a content, beside the events, so that it can be erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal

from domain.access import Actor, Scope
from domain.canonical import content_digest
from domain.context import Context
from domain.machine import Appointment, Command, Event, Fact, Machine, State, Transition
from domain.programme import Right
from domain.refusal import Refused, forbidden, invalid
from domain.text import Line, Slug


class Person(State):
    """What is true of a person in every state."""

    profile: str
    """Digest of the content that holds the name."""
    posts: tuple[Appointment, ...] = ()


class Registered(Person):
    """Works here."""

    status: Literal["registered"] = "registered"


class Left(Person):
    """Holds nothing any more."""

    status: Literal["left"] = "left"


class Register(Command):
    """Enter a person."""

    name: ClassVar[str] = "register"
    full_name: Line
    posts: tuple[Appointment, ...] = ()

    def contents(self, salt: str) -> Mapping[str, Any]:
        """The profile."""
        profile = {"name": self.full_name, "salt": salt}
        return {content_digest(profile): profile}


class Appoint(Command):
    """Give a post."""

    name: ClassVar[str] = "appoint"
    post: Appointment


class EndAppointment(Command):
    """End a post on a day."""

    name: ClassVar[str] = "end_appointment"
    id: Slug
    last_day: date


class Leave(Command):
    """End everything."""

    name: ClassVar[str] = "leave"


class PersonRegistered(Event):
    """Entered."""

    type: ClassVar[str] = "person.registered"
    content_field: ClassVar[str | None] = "profile"
    profile: str
    posts: tuple[Appointment, ...]


class PersonAppointed(Event):
    """Holds a post."""

    type: ClassVar[str] = "person.appointed"
    post: Appointment


class AppointmentEnded(Event):
    """A post's last day is set."""

    type: ClassVar[str] = "person.appointment_ended"
    id: Slug
    last_day: date


class PersonLeft(Event):
    """Holds nothing any more."""

    type: ClassVar[str] = "person.left"


def _may_keep_directory(_: Person | None, actor: Actor) -> Refused | None:
    """The directory is kept by its keeper at the root, and set up by the system."""
    if actor.is_system or any(Right.DIRECTORY in one.rights and len(one.path) == 1 for one in actor.held):
        return None
    return forbidden("right_missing", right=Right.DIRECTORY.value)


def _register(_: None, command: Register, context: Context) -> Sequence[Event]:
    for index, post in enumerate(command.posts):
        _check_post(command.posts[:index], post, context, f"posts.{index}")
    (profile,) = command.contents(context.salt)
    return (PersonRegistered(profile=profile, posts=command.posts),)


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
    if any(one.id == post.id for one in held):
        raise invalid("appointment_twice", at=f"{at}.id", id=post.id)


def _appoint(state: Registered, command: Appoint, context: Context) -> Sequence[Event]:
    _check_post(state.posts, command.post, context, "post")
    return (PersonAppointed(post=command.post),)


def _end(state: Registered, command: EndAppointment, context: Context) -> Sequence[Event]:
    post = next((one for one in state.posts if one.id == command.id), None)
    if post is None:
        raise invalid("appointment_unknown", at="id", id=command.id)
    if command.last_day < post.first_day:
        raise invalid("ends_before_it_begins", at="last_day")
    return (AppointmentEnded(id=command.id, last_day=command.last_day),)


def _leave(state: Registered, command: Leave, context: Context) -> Sequence[Event]:
    return (PersonLeft(),)


def _registered(_: None, event: PersonRegistered, fact: Fact) -> Registered:
    return Registered(profile=event.profile, posts=event.posts)


def _appointed(state: Registered, event: PersonAppointed, fact: Fact) -> Registered:
    return state.model_copy(update={"posts": (*state.posts, event.post)})


def _ended(state: Registered, event: AppointmentEnded, fact: Fact) -> Registered:
    posts = tuple(
        one.model_copy(update={"last_day": event.last_day}) if one.id == event.id else one for one in state.posts
    )
    return state.model_copy(update={"posts": posts})


def _left(state: Registered, event: PersonLeft, fact: Fact) -> Left:
    return Left(profile=state.profile)


def _scope(state: Person) -> Scope:
    return Scope(path=(), everyone=True)


def _appointments(state: Person) -> Iterable[Appointment]:
    return state.posts


PERSON: Machine = Machine(
    name="person",
    states=(Registered, Left),
    ends=frozenset({Registered, Left}),
    transitions=(
        Transition(Register, (), (Registered,), (PersonRegistered,), _may_keep_directory, _register),
        Transition(Appoint, (Registered,), (Registered,), (PersonAppointed,), _may_keep_directory, _appoint),
        Transition(EndAppointment, (Registered,), (Registered,), (AppointmentEnded,), _may_keep_directory, _end),
        Transition(Leave, (Registered,), (Left,), (PersonLeft,), _may_keep_directory, _leave),
    ),
    evolve={
        PersonRegistered: _registered,
        PersonAppointed: _appointed,
        AppointmentEnded: _ended,
        PersonLeft: _left,
    },
    scope=_scope,
    appointments=_appointments,
)
