"""The inspection machine, told as stories; and every row and every refusal of its table."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from domain.access import SYSTEM_ACTOR, Actor, Inspected, Post
from domain.ids import PersonId, stream_id
from domain.inspection import (
    INSPECTION,
    AcceptSilence,
    Acknowledge,
    Adjustment,
    Assign,
    Cancel,
    CheckPanel,
    Dispute,
    Finalise,
    HandOver,
    InspectionCancelled,
    InspectionFinalised,
    InspectionPlanned,
    InspectorsAssigned,
    InspectorsReminded,
    ItemScored,
    NotifyUnit,
    PlanInspection,
    RemindInspectors,
    RemindReviewer,
    ResultAcknowledged,
    ResultDisputed,
    ResultReviewed,
    Review,
    ReviewerReminded,
    ScoreItem,
    SeatHandedOver,
    SeatLeft,
    SheetCompleted,
    SheetSigned,
    Sign,
    UnitNotified,
)
from domain.machine import Notify
from tests.domain.given import (
    ADMIN,
    CYCLE_ID,
    DEPUTY,
    EXPERT,
    LOCAL_EXPERT,
    OFFICE,
    PEOPLE,
    PRINCIPAL,
    SCHOOL,
    SECOND_EXPERT,
    STRANGER,
    TEACHER,
    TENANT,
    Story,
    at,
    check_every_row_is_taken,
    check_everything_else_is_refused,
    held,
    post,
    somebody,
)

PANEL = Assign(inspectors=(EXPERT.person, SECOND_EXPERT.person))


def planned(people: tuple[Actor, ...] = PEOPLE) -> Story:
    command = PlanInspection(
        cycle=CYCLE_ID,
        rules="visit",
        period="2025",
        unit=SCHOOL,
        due_at=at("2026-06-05 18:00"),
        remind_at=at("2026-06-04 08:00"),
    )
    return Story(INSPECTION, "2026-05-25 08:00", people).when(command)


def assigned() -> Story:
    return planned().when(PANEL, OFFICE)


def points(item: str, amount: str) -> ScoreItem:
    return ScoreItem(item=item, points=Decimal(amount))


def scored(a: str = "8", b: str = "17.5") -> Story:
    return assigned().when(points("a", a), EXPERT).when(points("b", b), SECOND_EXPERT)


def signed(a: str = "8", b: str = "17.5") -> Story:
    return scored(a, b).when(Sign(findings="资料不全"), EXPERT).when(Sign(), SECOND_EXPERT)


def notified(a: str = "8", b: str = "17.5") -> Story:
    return signed(a, b).at("2026-06-01 09:00").when(NotifyUnit())


def disputed() -> Story:
    return notified().when(Dispute(reason="乙项偏低", items=("b",)), PRINCIPAL)


# -- the path


def test_from_plan_to_result() -> None:
    story = planned().then(InspectionPlanned)
    assert story.notices() == ["inspection_to_assign"]
    assert [task.post for task in INSPECTION.tasks(story.state)] == [post("office@county")]
    story.when(PANEL, OFFICE).then(InspectorsAssigned)
    assert story.notices() == ["inspection_assigned"]
    story.when(points("a", "8"), EXPERT).then(ItemScored).when(points("b", "17.5"), SECOND_EXPERT)
    story.when(Sign(findings="资料不全"), EXPERT).then(SheetSigned)
    assert [task.person for task in INSPECTION.tasks(story.state)] == [SECOND_EXPERT.person]
    story.when(Sign(findings="台账好"), SECOND_EXPERT).then(SheetSigned, SheetCompleted)
    assert story.state.findings == "资料不全\n台账好"
    (issue,) = story.issues()
    assert issue.stream == stream_id("inspection", TENANT, CYCLE_ID, "visit", SCHOOL, "2025")
    story.at("2026-06-01 09:00").when(NotifyUnit()).then(UnitNotified)
    assert story.state.answer_by == at("2026-06-04 18:00")
    story.when(Acknowledge(), PRINCIPAL).then(ResultAcknowledged)
    assert story.notices() == ["inspection_acknowledged"]
    story.when(Review(), DEPUTY).then(ResultReviewed)
    assert [one.command for one in story.issues()] == ["finalise"]
    story.when(Finalise()).then(InspectionFinalised)
    assert (story.state.result, story.state.outcome) == (Decimal("25.5"), "good")
    assert INSPECTION.is_end(story.state)
    assert not story.issues()


def test_the_panel_looks_from_the_assignment_on_and_whoever_is_taken_off_no_longer() -> None:
    looks = Inspected(CYCLE_ID, SCHOOL, frozenset({"plan"}))

    def looking(story: Story) -> dict[PersonId, Inspected]:
        assert INSPECTION.panel is not None
        return dict(INSPECTION.panel(story.state))

    assert looking(planned()) == {}
    both = {EXPERT.person: looks, SECOND_EXPERT.person: looks}
    decided = notified().when(Acknowledge(), PRINCIPAL).when(Review(), DEPUTY)
    for story in (assigned(), scored(), signed(), notified(), disputed(), decided, decided.when(Finalise())):
        assert looking(story) == both
    third = somebody("third", "expert@county")
    story = planned((*PEOPLE, third)).when(PANEL, OFFICE).when(Assign(inspectors=(EXPERT.person, third.person)), OFFICE)
    assert looking(story) == {EXPERT.person: looks, third.person: looks}
    assert looking(scored().when(Cancel(reason="停课"), OFFICE)) == {}


@pytest.mark.parametrize(("b", "outcome", "opens"), [("16", "good", []), ("15.9", "poor", ["mend"])])
def test_outcome_is_the_first_band_reached_and_opens_its_follow_up(b: str, outcome: str, opens: list[str]) -> None:
    story = notified("8", b).when(Acknowledge(), PRINCIPAL).when(Review(), DEPUTY).when(Finalise())
    assert story.state.outcome == outcome
    assert [one.data["rules"] for one in story.issues()] == opens
    assert [one.data["cause"] for one in story.issues()] == [f"visit/2025/{outcome}" for _ in opens]


def test_review_changes_scores_and_keeps_the_evidence() -> None:
    story = assigned().when(ScoreItem(item="a", points=Decimal(3), evidence=("photo-1",)), EXPERT)
    story.when(points("b", "10"), EXPERT).when(Sign(), EXPERT).when(Sign(), SECOND_EXPERT).when(NotifyUnit())
    story.when(Dispute(reason="甲项偏低", items=("a",)), PRINCIPAL).then(ResultDisputed)
    (notice,) = story.intents
    assert isinstance(notice, Notify)
    assert (notice.notice, notice.params["reason"]) == ("inspection_disputed", "甲项偏低")
    raised = Adjustment(item="a", points=Decimal("9.5"), reason="补充材料属实")
    story.when(Review(adjustments=(raised,)), DEPUTY)
    score = story.state.scores["a"]
    assert (score.points, score.by, score.evidence) == (Decimal("9.5"), DEPUTY.person, ("photo-1",))
    assert story.when(Finalise()).state.result == Decimal("19.5")


def test_adjustment_points_at_the_field_that_is_wrong() -> None:
    fine = Adjustment(item="a", points=Decimal(1), reason="x")
    over = Review(adjustments=(fine, Adjustment(item="b", points=Decimal(21), reason="x")))
    odd = Review(adjustments=(Adjustment(item="z", points=Decimal(1), reason="x"),))
    disputed().refuses(over, DEPUTY, "points_over_weight", "adjustments.1.points")
    disputed().refuses(odd, DEPUTY, "item_unknown", "adjustments.0.item")


# -- time


def test_silence_counts_as_acceptance_only_when_its_time_has_come() -> None:
    story = notified().at("2026-06-04 17:59")
    story.refuses(AcceptSilence(), SYSTEM_ACTOR, "alarm_not_due").refuses(AcceptSilence(), OFFICE, "only_system")
    story.at("2026-06-04 18:00").when(AcceptSilence()).then(ResultAcknowledged)
    event = story.facts[0].event
    assert isinstance(event, ResultAcknowledged)
    assert event.silent


def test_answer_and_review_deadlines_skip_holidays() -> None:
    # 19 to 21 June 2026 is the Dragon Boat Festival: Friday to Sunday.
    story = signed().at("2026-06-17 09:00").when(NotifyUnit())
    assert story.state.answer_by == at("2026-06-23 18:00")
    assert story.when(Acknowledge(), PRINCIPAL).state.review_by == at("2026-06-24 18:00")


def test_reminded_once_whoever_has_it() -> None:
    for reach, people, posts in (
        (planned, (), (post("office@county"),)),
        (assigned, PANEL.inspectors, ()),
        (scored, PANEL.inspectors, ()),
    ):
        story = reach()
        story.refuses(RemindInspectors(), SYSTEM_ACTOR, "alarm_not_due")
        story.at("2026-06-04 08:00").when(RemindInspectors()).then(InspectorsReminded)
        (notice,) = story.intents
        assert (getattr(notice, "people", None), getattr(notice, "posts", None)) == (people, posts)
        story.refuses(RemindInspectors(), SYSTEM_ACTOR, "alarm_not_due")
        assert story.due() == []


def test_reviewer_is_reminded_once() -> None:
    for story in (disputed(), notified().when(Acknowledge(), PRINCIPAL)):
        story.refuses(RemindReviewer(), SYSTEM_ACTOR, "alarm_not_due")
        story.now = story.state.review_by
        story.when(RemindReviewer()).then(ReviewerReminded)
        assert story.notices() == ["inspection_review_due"]
        assert story.due() == []
        story.refuses(RemindReviewer(), SYSTEM_ACTOR, "alarm_not_due")


# -- separation of duties


def test_nobody_who_works_there_is_assigned() -> None:
    with_local = Assign(inspectors=(EXPERT.person, LOCAL_EXPERT.person))
    planned().refuses(with_local, OFFICE, "inspects_own_unit", "inspectors")


def test_inspector_who_takes_up_an_appointment_there_stands_aside_at_once() -> None:
    moved = Actor(EXPERT.person, (*EXPERT.held, held("leader", "school-maths")))
    assigned().refuses(points("a", "1"), moved, "inspects_own_unit")
    scored().refuses(Sign(), moved, "inspects_own_unit")
    elsewhere = Actor(EXPERT.person, (*EXPERT.held, held("leader", "other-maths")))
    assigned().when(points("a", "1"), elsewhere)


def test_inspector_whose_post_has_ended_inspects_no_longer() -> None:
    teaches = Actor(EXPERT.person, (held("leader", "other-maths"),))
    assigned().refuses(points("a", "1"), teaches, "no_inspector_any_more")
    scored().refuses(Sign(), teaches, "no_inspector_any_more")


def test_nobody_reviews_what_they_scored() -> None:
    both = somebody("both", "expert@county", "deputy@county")
    story = planned((*PEOPLE, both)).when(Assign(inspectors=(EXPERT.person, both.person)), OFFICE)
    story.when(points("a", "1"), both).when(points("b", "1"), both).when(Sign(), both).when(Sign(), EXPERT)
    story.when(NotifyUnit()).when(Acknowledge(), PRINCIPAL)
    story.refuses(Review(), both, "own_inspection").when(Review(), DEPUTY)


def test_nobody_reviews_the_answer_they_may_give() -> None:
    both = somebody("both", "deputy@county", "principal@school")
    disputed().refuses(Review(), both, "own_answer")


def test_only_the_panel_scores_and_signs() -> None:
    assigned().refuses(points("a", "1"), STRANGER, "not_inspector").refuses(points("a", "1"), OFFICE, "not_inspector")
    scored().refuses(Sign(), LOCAL_EXPERT, "not_inspector")
    notified().refuses(Acknowledge(), TEACHER, "not_answerer").refuses(Dispute(reason="x"), OFFICE, "not_answerer")
    disputed().refuses(Review(), OFFICE, "not_reviewer")
    planned().refuses(PANEL, DEPUTY, "not_arranger").refuses(Cancel(reason="x"), DEPUTY, "right_missing")


# -- a leaver's place


def handing(to: Actor, leaver: Actor = EXPERT, with_posts: tuple[Post, ...] = ()) -> HandOver:
    return HandOver(leaver=leaver.person, to=to.person, reason="调离", with_posts=with_posts)


def test_a_successor_has_the_place_and_stands_for_every_point_by_signing() -> None:
    third = somebody("third", "expert@county")
    story = planned((*PEOPLE, third)).when(PANEL, OFFICE).when(points("a", "8"), EXPERT)
    story.when(points("b", "9"), SECOND_EXPERT).when(Sign(), SECOND_EXPERT)
    story.when(handing(third), ADMIN).then(SeatHandedOver)
    (notice,) = story.intents
    assert getattr(notice, "people", None) == (third.person,)
    state = story.state
    assert state.inspectors == (third.person, SECOND_EXPERT.person)
    assert (state.scores["a"].by, state.signatures) == (EXPERT.person, (SECOND_EXPERT.person,))
    assert [task.person for task in INSPECTION.tasks(state)] == [third.person]
    story.refuses(Sign(), EXPERT, "not_inspector")
    story.when(Sign(), third).then(SheetSigned, SheetCompleted)
    assert INSPECTION.scope(story.state).people == {third.person, SECOND_EXPERT.person}


def test_a_successor_may_inspect_as_whoever_is_assigned() -> None:
    """The posts that they are given with it count: those of an expert, and those at the inspected unit."""
    expert = post("expert@county")
    assigned().when(handing(DEPUTY, with_posts=(expert,)), ADMIN)
    story = assigned().refuses(handing(DEPUTY), ADMIN, "not_an_expert", "to")
    story.refuses(handing(LOCAL_EXPERT), ADMIN, "inspects_own_unit", "to")
    own = (expert, post("leader@school-maths"))
    story.refuses(handing(DEPUTY, with_posts=own), ADMIN, "inspects_own_unit", "to")
    story.refuses(handing(SECOND_EXPERT), ADMIN, "inspector_twice", "to")
    story.refuses(handing(DEPUTY, with_posts=(expert,)), OFFICE, "right_missing")


def without_posts(*gone: Actor) -> tuple[Actor, ...]:
    """The county when these people hold nothing any more."""
    return tuple(Actor(one.person, ()) if one in gone else one for one in PEOPLE)


def test_the_arranger_is_told_once_of_a_place_that_is_left_behind() -> None:
    for reach in (assigned, scored):
        story = reach().refuses(CheckPanel(), SYSTEM_ACTOR, "nothing_changed_here")
        story.people = without_posts(SECOND_EXPERT)
        story.when(CheckPanel()).then(SeatLeft)
        (notice,) = story.intents
        assert isinstance(notice, Notify)
        assert (notice.notice, notice.posts) == ("inspection_seat_left", (post("office@county"),))
        assert notice.params["inspector"] == SECOND_EXPERT.person
        story.refuses(CheckPanel(), SYSTEM_ACTOR, "nothing_changed_here")
        story.people = PEOPLE
        story.when(PANEL, OFFICE)
        story.people = without_posts(SECOND_EXPERT)
        story.when(CheckPanel()).then(SeatLeft)


def test_nobody_is_told_of_a_place_that_was_signed_or_handed_over() -> None:
    story = scored().when(Sign(), SECOND_EXPERT)
    story.people = without_posts(SECOND_EXPERT)
    story.refuses(CheckPanel(), SYSTEM_ACTOR, "nothing_changed_here")
    third = somebody("third", "expert@county")
    story = assigned()
    story.people = (*without_posts(SECOND_EXPERT), third)
    story.when(CheckPanel()).when(handing(third, SECOND_EXPERT), ADMIN)
    assert story.state.absent == ()
    story.refuses(CheckPanel(), SYSTEM_ACTOR, "nothing_changed_here").refuses(CheckPanel(), OFFICE, "only_system")


def test_what_somebody_has_signed_is_no_longer_theirs_to_hand_over() -> None:
    third = somebody("third", "expert@county")
    story = planned((*PEOPLE, third)).when(PANEL, OFFICE).refuses(handing(third, DEPUTY), ADMIN, "nothing_to_hand_over")
    story.when(points("a", "8"), EXPERT).when(points("b", "9"), EXPERT).when(Sign(), EXPERT)
    story.refuses(handing(third), ADMIN, "nothing_to_hand_over")


# -- the panel and the sheet


def test_panel_is_complete_different_and_expert() -> None:
    story = planned()
    story.refuses(Assign(inspectors=(EXPERT.person,)), OFFICE, "panel_size", "inspectors")
    story.refuses(Assign(inspectors=(EXPERT.person, EXPERT.person)), OFFICE, "inspector_twice", "inspectors")
    story.refuses(Assign(inspectors=(EXPERT.person, DEPUTY.person)), OFFICE, "not_an_expert", "inspectors")


def test_panel_is_changed_while_scoring_and_signs_anew() -> None:
    story = scored().when(Sign(), EXPERT).when(PANEL, OFFICE)
    assert (story.state.status, story.state.signatures) == ("scoring", ())
    assert set(story.state.scores) == {"a", "b"}
    assert assigned().when(PANEL, OFFICE).state.status == "assigned"


def test_changed_score_takes_back_the_signatures() -> None:
    story = scored().when(Sign(), EXPERT).refuses(Sign(), EXPERT, "already_signed")
    story.when(points("a", "9"), SECOND_EXPERT)
    assert story.state.signatures == ()
    story.when(Sign(), SECOND_EXPERT).then(SheetSigned).when(Sign(), EXPERT).then(SheetSigned, SheetCompleted)


def test_nothing_is_signed_before_everything_is_scored() -> None:
    assigned().when(points("a", "1"), EXPERT).refuses(Sign(), EXPERT, "items_missing")


def test_scores_stay_within_the_sheet() -> None:
    assigned().refuses(points("a", "10.1"), EXPERT, "points_over_weight", "points")
    assigned().refuses(points("z", "1"), EXPERT, "item_unknown", "item")
    notified().refuses(Dispute(reason="x", items=("z",)), PRINCIPAL, "item_unknown", "items")


@pytest.mark.parametrize("amount", ["-1", "1.25", "NaN", "Infinity", "1001"])
def test_points_are_tenths_from_nought(amount: str) -> None:
    with pytest.raises(ValidationError):
        points("a", amount)


def test_called_off_before_it_is_signed() -> None:
    for reach in (planned, assigned, scored):
        story = reach().when(Cancel(reason="并入专项检查"), OFFICE).then(InspectionCancelled)
        assert INSPECTION.is_end(story.state)


def test_list_shows_whose_time_runs() -> None:
    for story, due in (
        (scored(), at("2026-06-05 18:00")),
        (notified(), at("2026-06-04 18:00")),
        (disputed(), at("2026-06-05 18:00")),
    ):
        summary = INSPECTION.summary(story.state)
        assert summary is not None
        assert summary.due_at == due
    assert [task.kind for task in INSPECTION.tasks(assigned().state)] == ["score", "score"]
    assert [task.kind for task in INSPECTION.tasks(notified().state)] == ["answer"]
    assert [task.kind for task in INSPECTION.tasks(disputed().state)] == ["review"]
    assert INSPECTION.scope(assigned().state).people == set(PANEL.inspectors)


def test_every_row_is_taken() -> None:
    check_every_row_is_taken(INSPECTION, globals())


def test_every_other_command_is_refused() -> None:
    check_everything_else_is_refused(INSPECTION, globals())
