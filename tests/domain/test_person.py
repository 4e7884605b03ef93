"""The person machine, told as stories; and every row and every refusal of its table."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from domain.access import SYSTEM_ACTOR, Actor, Held, may_read
from domain.canonical import content_digest
from domain.delegation import LONGEST, Delegation
from domain.ids import PersonId, UnitId
from domain.machine import Appointment, RollCall
from domain.machines import load_event
from domain.person import (
    PERSON,
    Appoint,
    AppointmentEnded,
    AppointmentRevoked,
    BeginPost,
    CloseDelegation,
    ClosePost,
    CorrectName,
    Delegate,
    DelegationEnded,
    EndAppointment,
    EndDelegation,
    HandedOver,
    HandOver,
    Leave,
    NameCorrected,
    PersonAppointed,
    PersonDelegated,
    PersonLeft,
    PersonRegistered,
    PostBegun,
    PostOver,
    Register,
    Revise,
    VacancyFilled,
)
from tests.domain.given import (
    ADMIN,
    COORDINATOR,
    DEPUTY,
    LEADER,
    OFFICE,
    PROGRAMME,
    Story,
    at,
    check_every_row_is_taken,
    check_everything_else_is_refused,
    held,
    post,
    somebody,
)

TOLD = somebody("told", "leader@school-maths")
"""Whose story is told."""


def appointment(
    id: str = "a1", role: str = "leader", unit: str = "school-maths", last: date | None = None
) -> Appointment:
    return Appointment(id=id, role=role, unit=UnitId(unit), first_day=date(2025, 9, 1), last_day=last)


def ended_already() -> Appointment:
    return appointment("a2").model_copy(update={"ended_at": at("2025-09-02 09:00")})


def registered() -> Story:
    command = Register(full_name="王芳", posts=(appointment(),))
    return Story(PERSON, "2025-08-25 09:00").when(command, ADMIN)


def begun() -> Story:
    """On the first day of the post."""
    return registered().at("2025-09-01 00:00").carry_out_due().at("2025-09-01 09:00")


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
    told = {"person": TOLD.person, "zone": "Asia/Shanghai", "profile": "x"}
    entered = load_event(PERSON, "person.registered", told | {"posts": [old | {"subject": None}]})
    assert entered == PersonRegistered(**told, posts=(appointment(),))
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
    for given, code, where in (
        (appointment("a2", role="king"), "role_unknown", "post.role"),
        (appointment("a2", unit="moon"), "unit_unknown", "post.unit"),
        (appointment("a2", role="deputy"), "role_not_at_unit", "post.unit"),
        (appointment("a2", last=date(2025, 8, 31)), "ends_before_it_begins", "post.last_day"),
        (appointment("a1"), "appointment_twice", "post.id"),
    ):
        story.refuses(Appoint(post=given), ADMIN, code, where)
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


# -- delegations


def delegation(
    delegate: Actor = DEPUTY, first: str = "2025-10-01", last: str = "2025-10-31", documents: tuple[str, ...] = ()
) -> Delegate:
    days = {"first_day": date.fromisoformat(first), "last_day": date.fromisoformat(last)}
    return Delegate(delegate=delegate.person, documents=documents, reason="外出培训", **days)


def given_by(giver: Actor, *delegations: Delegate) -> dict[PersonId, tuple[Delegation, ...]]:
    """Delegations as the directory knows them."""
    known = (Delegation(id=f"d{number}", **one.model_dump()) for number, one in enumerate(delegations, 1))
    return {giver.person: tuple(known)}


def roll_calls(story: Story) -> list[RollCall]:
    return [one for one in story.intents if isinstance(one, RollCall)]


def test_a_delegation_is_given_and_ends_by_itself() -> None:
    story = begun().when(delegation(), TOLD).then(PersonDelegated)
    assert story.notices() == ["delegation_received", "delegation_given"]
    (one,) = story.state.delegations
    assert (one.id, one.delegate, one.documents, one.is_open) == ("d1", DEPUTY.person, (), True)
    assert PERSON.delegations is not None
    assert list(PERSON.delegations(story.state)) == [one]
    assert story.due() == ["close_delegation"]
    story.at("2025-10-31 23:59").refuses(CloseDelegation(id="d1"), SYSTEM_ACTOR, "alarm_not_due")
    story.at("2025-11-01 00:00").when(CloseDelegation(id="d1")).then(DelegationEnded)
    assert story.notices() == ["delegation_ended"]
    assert story.due() == []
    assert not story.state.open_delegations
    story.refuses(EndDelegation(id="d1"), TOLD, "delegation_over", "id")


def test_a_delegation_is_ended_by_giver_delegate_or_keeper_at_once() -> None:
    for who in (TOLD, DEPUTY, ADMIN):
        story = registered().when(delegation(documents=("plan", "plan")), ADMIN)
        assert story.state.delegations[0].documents == ("plan",)
        story.refuses(EndDelegation(id="d1"), COORDINATOR, "right_missing")
        story.refuses(EndDelegation(id="d9"), who, "delegation_unknown", "id")
        story.when(EndDelegation(id="d1"), who).then(DelegationEnded)
        (one,) = story.state.delegations
        assert one.ended_at == story.now


def test_a_delegate_ends_no_other_delegation() -> None:
    story = registered().when(delegation(), TOLD).when(delegation(COORDINATOR), TOLD)
    story.refuses(EndDelegation(id="d2"), DEPUTY, "delegation_of_others", "id")


def test_nobody_delegates_for_others() -> None:
    story = registered().refuses(delegation(), LEADER, "right_missing").refuses(delegation(), DEPUTY, "right_missing")
    story.when(delegation(), ADMIN)


def test_a_delegation_is_one_there_can_be() -> None:
    story = registered().at("2025-10-08 09:00")
    today, longest = date(2025, 10, 8), date(2025, 10, 8) + timedelta(days=LONGEST - 1)
    for command, code, where in (
        (delegation(TOLD, "2025-10-08"), "delegate_to_oneself", "delegate"),
        (delegation(somebody("gone"), "2025-10-08"), "delegate_without_post", "delegate"),
        (delegation(first="2025-10-07"), "delegation_past", "first_day"),
        (delegation(first="2025-10-09", last="2025-10-08"), "ends_before_it_begins", "last_day"),
        (delegation(first="2025-10-08", last=str(longest + timedelta(days=1))), "delegation_too_long", "last_day"),
        (delegation(first="2025-10-08", documents=("plan", "poem")), "document_unknown", "documents.1"),
    ):
        story.refuses(command, TOLD, code, where)
    story.when(delegation(first=str(today), last=str(longest)), TOLD)
    story.when(EndAppointment(id="a1"), ADMIN).refuses(
        delegation(first="2025-10-08"), TOLD, "nothing_to_delegate", "first_day"
    )


def test_what_ends_before_the_delegation_begins_is_not_delegated() -> None:
    story = registered().when(EndAppointment(id="a1", last_day=date(2025, 9, 30)), ADMIN)
    story.refuses(delegation(), TOLD, "nothing_to_delegate", "first_day")
    story.when(delegation(first="2025-09-30"), TOLD)


def test_nobody_stands_in_for_themself_by_way_of_others() -> None:
    back = given_by(DEPUTY, Delegate(**delegation().model_dump() | {"delegate": TOLD.person, "documents": ("plan",)}))
    by_way = given_by(DEPUTY, delegation(COORDINATOR)) | given_by(COORDINATOR, delegation(TOLD))
    story = registered()
    for known in (back, by_way):
        story.knowing(delegations=known).refuses(delegation(), TOLD, "delegation_loop", "delegate")
    story.knowing(delegations=by_way).when(delegation(first="2025-11-01", last="2025-11-30"), TOLD)
    # What B has received is not passed on, and neither is it in the way.
    story.knowing(delegations=given_by(DEPUTY, delegation(COORDINATOR))).when(delegation(), TOLD)


def test_with_the_last_post_delegations_end() -> None:
    for command in (EndAppointment(id="a1"), Revise(end=(EndAppointment(id="a1"),))):
        story = registered().when(delegation(), TOLD).when(command, ADMIN)
        story.then(AppointmentRevoked, DelegationEnded)
        assert story.notices() == ["delegation_ended"]
    story = registered().when(delegation(), TOLD).when(Appoint(post=appointment("a2")), ADMIN)
    story.when(EndAppointment(id="a1"), ADMIN).then(AppointmentRevoked)
    story.when(Revise(end=(EndAppointment(id="a2"),), appoint=(appointment("a3"),)), ADMIN)
    story.then(AppointmentRevoked, PersonAppointed)
    story.when(Leave(), ADMIN).then(DelegationEnded, PersonLeft)


# -- posts that end and begin


def test_a_post_that_ends_is_announced_on_the_day_after() -> None:
    story = begun().when(EndAppointment(id="a1", last_day=date(2025, 10, 8)), ADMIN)
    story.when(delegation(), TOLD)
    assert story.due() == ["close_post", "close_delegation"]
    story.at("2025-10-08 23:59").refuses(ClosePost(id="a1"), SYSTEM_ACTOR, "alarm_not_due")
    story.at("2025-10-09 00:00").when(ClosePost(id="a1")).then(PostOver, DelegationEnded)
    assert roll_calls(story) == [RollCall(people=(TOLD.person,), posts=(post("leader@school-maths"),))]
    assert story.due() == []
    story.refuses(ClosePost(id="a1"), SYSTEM_ACTOR, "alarm_not_due")
    story.refuses(ClosePost(id="a1"), ADMIN, "only_system")


def test_a_post_that_ends_at_once_calls_the_roll_and_so_does_leaving() -> None:
    story = registered().when(Appoint(post=appointment("a2", "teacher")), ADMIN).at("2025-09-08 09:00")
    story.when(EndAppointment(id="a1"), ADMIN)
    assert roll_calls(story) == [RollCall(people=(TOLD.person,), posts=(post("leader@school-maths"),))]
    story.when(Leave(), ADMIN)
    assert roll_calls(story)[0].people == (TOLD.person,)
    assert post("teacher@school-maths") in roll_calls(story)[0].posts


def test_a_post_for_a_later_day_is_announced_on_it() -> None:
    """Whether somebody comes with it or is appointed to it: what waits for the post is theirs on the first day."""
    appointed = registered().at("2025-08-28 09:00").when(Appoint(post=appointment("a2", "teacher")), ADMIN)
    for id, role in (("a1", "leader"), ("a2", "teacher")):
        assert appointed.due() == ["begin_post"]
        appointed.at("2025-08-31 23:59").refuses(BeginPost(id=id), SYSTEM_ACTOR, "alarm_not_due")
        appointed.at("2025-09-01 00:00").when(BeginPost(id=id)).then(PostBegun)
        assert roll_calls(appointed) == [RollCall(posts=(post(f"{role}@school-maths"),))]
    assert appointed.due() == []


def test_a_roster_of_posts_that_are_over_announces_nothing() -> None:
    command = Register(full_name="王芳", posts=(appointment("a1", last=date(2025, 9, 30)), appointment("a2")))
    story = Story(PERSON, "2025-10-08 09:00").when(command, ADMIN)
    assert story.due() == []
    assert story.state.over == ("a1",)


def test_who_fills_an_awaited_vacancy_calls_the_roll() -> None:
    awaited = post("leader@school-maths")
    begun = Story(PERSON, "2025-10-08 09:00").knowing(vacancies=frozenset({awaited}))
    begun.when(Register(full_name="王芳", posts=(appointment(), appointment("b1"))), ADMIN)
    begun.then(PersonRegistered, VacancyFilled)
    assert roll_calls(begun) == [RollCall(posts=(awaited,))]
    for command in (Appoint(post=appointment("a2")), Revise(appoint=(appointment("a2"),))):
        story = registered().at("2025-10-08 09:00").knowing(vacancies=frozenset({awaited}))
        story.when(command, ADMIN).then(PersonAppointed, VacancyFilled)
        assert roll_calls(story) == [RollCall(posts=(awaited,))]
    later = registered().knowing(vacancies=frozenset({awaited})).when(Appoint(post=appointment("a2")), ADMIN)
    later.then(PersonAppointed)


# -- handing over


def test_handing_over_ends_what_is_handed_over() -> None:
    command = HandOver(successor=DEPUTY.person, reason="调离", posts=("a1",))
    story = registered().when(delegation(), TOLD).when(command, ADMIN)
    story.then(HandedOver, AppointmentRevoked, DelegationEnded)
    assert story.state.posts[0].ended_at == story.now
    leaving = HandOver(successor=DEPUTY.person, reason="调离", leaves=True)
    story = registered().when(delegation(), TOLD).when(leaving, ADMIN).then(HandedOver, DelegationEnded, PersonLeft)
    assert roll_calls(story) == [RollCall(people=(TOLD.person,), posts=(post("leader@school-maths"),))]


def test_what_cannot_be_handed_over_is_refused() -> None:
    story, unknown = registered(), somebody("unknown").person
    for command, code, where in (
        (HandOver(successor=TOLD.person, reason="调离", leaves=True), "successor_is_leaver", "successor"),
        (HandOver(successor=unknown, reason="调离", leaves=True), "successor_without_post", "successor"),
        (HandOver(successor=DEPUTY.person, reason="调离"), "nothing_handed_over", "posts"),
        (HandOver(successor=DEPUTY.person, reason="调离", posts=("a9",)), "appointment_unknown", "posts.0"),
    ):
        story.refuses(command, ADMIN, code, where)
        story.refuses(command, TOLD, "right_missing")
    story.when(HandOver(successor=unknown, reason="调离", posts=("a1",)), ADMIN)
