"""The person machine, told as stories; and every row and every refusal of its table."""

from __future__ import annotations

from datetime import date

from domain.access import SYSTEM_ACTOR, Actor, Held, may_read
from domain.canonical import content_digest
from domain.ids import UnitId
from domain.machine import Appointment
from domain.person import (
    PERSON,
    Appoint,
    AppointmentEnded,
    EndAppointment,
    Leave,
    PersonAppointed,
    PersonLeft,
    PersonRegistered,
    Register,
)
from tests.domain.given import (
    ADMIN,
    LEADER,
    OFFICE,
    Story,
    check_every_row_is_taken,
    check_everything_else_is_refused,
    held,
)


def appointment(
    id: str = "a1", role: str = "leader", unit: str = "school-maths", last: date | None = None
) -> Appointment:
    return Appointment(id=id, role=role, unit=UnitId(unit), first_day=date(2025, 9, 1), last_day=last)


def registered() -> Story:
    command = Register(full_name="王芳", posts=(appointment(),))
    return Story(PERSON, "2025-08-25 09:00").when(command, ADMIN)


def test_registered_appointed_ended_left() -> None:
    story = registered().then(PersonRegistered)
    story.when(Appoint(post=appointment("a2", "teacher")), ADMIN).then(PersonAppointed)
    assert [one.id for one in story.state.posts] == ["a1", "a2"]
    story.when(EndAppointment(id="a1", last_day=date(2026, 1, 31)), ADMIN).then(AppointmentEnded)
    assert [one.last_day for one in story.state.posts] == [date(2026, 1, 31), None]
    assert PERSON.appointments is not None
    assert list(PERSON.appointments(story.state)) == list(story.state.posts)
    story.when(Leave(), ADMIN).then(PersonLeft)
    assert list(PERSON.appointments(story.state)) == []


def test_name_is_a_content_and_not_in_the_events() -> None:
    command = Register(full_name=" 王芳 ")
    profile = {"name": "王芳", "salt": "a"}
    assert command.contents("a") == {content_digest(profile): profile}
    assert command.contents("a").keys() != command.contents("b").keys()
    assert "王芳" not in registered().facts[0].event.model_dump_json()


def test_directory_is_kept_at_the_root_alone_and_by_the_system() -> None:
    story = registered()
    for command in (Appoint(post=appointment("a2")), EndAppointment(id="a1", last_day=date(2026, 1, 1)), Leave()):
        story.refuses(command, LEADER, "right_missing").refuses(command, OFFICE, "right_missing")
    path, rights = held("leader", "school").path, held("admin", "county").rights
    below = Actor(LEADER.person, (Held("admin", UnitId("school"), path, rights),))
    story.refuses(Leave(), below, "right_missing")
    story.when(Leave(), SYSTEM_ACTOR)


def test_appointment_is_one_there_can_be() -> None:
    story = registered()
    for post, code, where in (
        (appointment("a2", role="king"), "role_unknown", "post.role"),
        (appointment("a2", unit="moon"), "unit_unknown", "post.unit"),
        (appointment("a2", role="deputy"), "role_not_at_unit", "post.unit"),
        (appointment("a2", last=date(2025, 8, 31)), "ends_before_it_begins", "post.last_day"),
        (appointment("a1"), "appointment_twice", "post.id"),
    ):
        story.refuses(Appoint(post=post), ADMIN, code, where)
    story.refuses(EndAppointment(id="a9", last_day=date(2026, 1, 1)), ADMIN, "appointment_unknown", "id")
    story.refuses(EndAppointment(id="a1", last_day=date(2025, 8, 31)), ADMIN, "ends_before_it_begins", "last_day")
    story.when(EndAppointment(id="a1", last_day=date(2025, 9, 1)), ADMIN)


def test_posts_given_at_registration_are_checked_one_by_one() -> None:
    command = Register(full_name="王芳", posts=(appointment("a1"), appointment("a1")))
    Story(PERSON, "2025-08-25 09:00").refuses(command, ADMIN, "appointment_twice", "posts.1.id")


def test_colleagues_know_each_other() -> None:
    assert may_read(LEADER, PERSON.scope(registered().state))


def test_every_row_is_taken() -> None:
    check_every_row_is_taken(PERSON, globals())


def test_every_other_command_is_refused() -> None:
    check_everything_else_is_refused(PERSON, globals())
