"""The person machine, told as stories; and every row and every refusal of its table."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from domain.access import SYSTEM_ACTOR, Actor, Held, may_read
from domain.canonical import content_digest
from domain.ids import UnitId
from domain.machine import Appointment
from domain.machines import load_event
from domain.person import (
    PERSON,
    Appoint,
    AppointmentEnded,
    AppointmentRevoked,
    CorrectName,
    EndAppointment,
    Leave,
    NameCorrected,
    PersonAppointed,
    PersonLeft,
    PersonRegistered,
    Register,
    Revise,
)
from tests.domain.given import (
    ADMIN,
    LEADER,
    OFFICE,
    PROGRAMME,
    Story,
    at,
    check_every_row_is_taken,
    check_everything_else_is_refused,
    held,
)


def appointment(
    id: str = "a1", role: str = "leader", unit: str = "school-maths", last: date | None = None
) -> Appointment:
    return Appointment(id=id, role=role, unit=UnitId(unit), first_day=date(2025, 9, 1), last_day=last)


def ended_already() -> Appointment:
    return appointment("a2").model_copy(update={"ended_at": at("2025-09-02 09:00")})


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
    assert [(one.id, one.last_day, one.ended_at) for one in PERSON.appointments(story.state)] == [
        ("a1", date(2026, 1, 31), story.now),
        ("a2", None, story.now),
    ]


def test_a_post_ends_at_once_when_no_day_is_given() -> None:
    story = registered().at("2025-10-08 10:30").when(EndAppointment(id="a1"), ADMIN).then(AppointmentRevoked)
    (post,) = story.state.posts
    assert (post.last_day, post.ended_at) == (None, story.now)
    day = PROGRAMME.local_day(story.now)
    assert post.in_force(day, story.now - timedelta(microseconds=1))
    assert not post.in_force(day, story.now)
    story.refuses(EndAppointment(id="a1"), ADMIN, "appointment_over", "id")
    story.refuses(EndAppointment(id="a1", last_day=date(2026, 1, 31)), ADMIN, "appointment_over", "id")
    ended = story.now
    story.at("2025-11-01 09:00").when(Leave(), ADMIN)
    assert [one.ended_at for one in story.state.posts] == [ended]


def test_days_of_a_post_are_both_included() -> None:
    post, noon = appointment(last=date(2026, 1, 31)), at("2025-10-08 12:00")
    days = (date(2025, 8, 31), date(2025, 9, 1), date(2026, 1, 31), date(2026, 2, 1))
    assert [post.in_force(day, noon) for day in days] == [False, True, True, False]


def test_events_of_before_still_load() -> None:
    old = {"id": "a1", "role": "leader", "unit": "school-maths", "first_day": "2025-09-01", "last_day": None}
    entered = load_event(PERSON, "person.registered", {"profile": "x", "posts": [old | {"subject": None}]})
    assert entered == PersonRegistered(profile="x", posts=(appointment(),))
    ended = load_event(PERSON, "person.appointment_ended", {"id": "a1", "last_day": "2026-01-31"})
    assert ended == AppointmentEnded(id="a1", last_day=date(2026, 1, 31))


def test_a_name_is_put_right() -> None:
    story = registered().when(CorrectName(full_name="王方"), ADMIN).then(NameCorrected)
    (digest,) = CorrectName(full_name="王方").contents("")
    assert story.state.profile == digest
    assert "王方" not in story.facts[0].event.model_dump_json()
    story.refuses(CorrectName(full_name="王方"), LEADER, "right_missing")


def test_a_staff_number_is_kept() -> None:
    command = Register(full_name="王芳", staff_no=" 2011-A07 ")
    story = Story(PERSON, "2025-08-25 09:00").when(command, ADMIN)
    assert story.state.staff_no == "2011-A07"
    story.when(Leave(), ADMIN)
    assert story.state.staff_no == "2011-A07"
    for wrong in ("", "7 8", "工号1", "x" * 41):
        with pytest.raises(ValidationError):
            Register(full_name="王芳", staff_no=wrong)


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
    story.refuses(Appoint(post=ended_already()), ADMIN, "begins_ended", "post.ended_at")
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


def test_several_things_change_at_once() -> None:
    end = EndAppointment(id="a1", last_day=date(2026, 1, 31))
    command = Revise(full_name="王方", end=(end,), appoint=(appointment("a2"), appointment("a3")))
    story = registered().when(command, ADMIN)
    story.then(NameCorrected, AppointmentEnded, PersonAppointed, PersonAppointed)
    assert [(one.id, one.last_day) for one in story.state.posts] == [("a1", end.last_day), ("a2", None), ("a3", None)]
    story.when(Revise(end=(EndAppointment(id="a3"),)), ADMIN).then(AppointmentRevoked)
    story.refuses(Revise(), ADMIN, "nothing_to_revise", "full_name")
    story.refuses(Revise(appoint=(appointment("a4"), appointment("a4"))), ADMIN, "appointment_twice", "appoint.1.id")
    story.refuses(command, LEADER, "right_missing")
