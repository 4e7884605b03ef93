"""What approval pipelines can do, feature by feature, each told as a short story over a small county.

docs/pipelines.md cites these tests by name: each fails when its feature breaks.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest

from domain.access import Actor, Post
from domain.filing import (
    FILING,
    AbandonAmendment,
    AddSigner,
    AgreeRecall,
    Amend,
    AmendmentAbandoned,
    ApprovalGiven,
    Approve,
    Approved,
    AskExtension,
    Assign,
    Because,
    BeginDraft,
    Comment,
    CopyRead,
    DeciderAssigned,
    Escalate,
    ExtensionAsked,
    ExtensionGranted,
    ExtensionRefused,
    FallDue,
    FilingApproved,
    FilingCommented,
    FilingCopied,
    FilingRecalled,
    FilingRejected,
    FilingReturned,
    FilingSubmitted,
    FilingUrged,
    FilingVoided,
    GrantExtension,
    HandedOver,
    HandOver,
    MarkRead,
    Object,
    ObjectionRaised,
    OpenFiling,
    Origin,
    PassByTime,
    Recall,
    RecallRefused,
    RecallRequested,
    RefuseExtension,
    RefuseRecall,
    Reject,
    RemindStage,
    Reseat,
    Return,
    SeatsChanged,
    SendCopy,
    SentBack,
    SignerAdded,
    StageEscalated,
    StagePassed,
    StageReached,
    StageReminded,
    Submit,
    Transfer,
    Transferred,
    Urge,
    Void,
    Waive,
)
from domain.machine import Command, Notify, status_of
from domain.programme import Place, Programme
from domain.programme_check import ProgrammeFaults, dump, load
from tests.domain.given import (
    ADMIN,
    COORDINATOR,
    CYCLE_ID,
    DEPUTY,
    DIRECTOR,
    EXPERT,
    GROUP,
    LEADER,
    OFFICE,
    PRINCIPAL,
    PROGRAMME,
    SECOND_EXPERT,
    SECOND_LEADER,
    STRANGER,
    TEACHER,
    Story,
    at,
    post,
    somebody,
)

ONE = Submit(content={"aims": "读书"})
TWO = Submit(content={"aims": "读书与写作"})
THIRD_EXPERT = somebody("third-expert", "expert@county")
EXPERTS = (EXPERT, SECOND_EXPERT, THIRD_EXPERT)
STAFF = (LEADER, SECOND_LEADER, TEACHER, COORDINATOR, PRINCIPAL, DEPUTY, DIRECTOR, OFFICE, ADMIN, STRANGER, *EXPERTS)
"""Each with one post, so that nobody is met twice unless a test says so."""


OPEN = OpenFiling(
    cycle=CYCLE_ID,
    duty="plan",
    period="2025-autumn",
    unit=GROUP,
    due_at=at("2025-09-15 18:00"),
    lapses_at=at("2025-09-28 18:00"),
    remind_at=(at("2025-09-10 08:00"), at("2025-09-12 08:00")),
)
"""The maths group's plan: opened on 1 September, due on the 15th, lapsing on the 28th."""
DIARY = OpenFiling(
    cycle=CYCLE_ID,
    duty="diary",
    period="2025-autumn",
    unit=GROUP,
    person=TEACHER.person,
    due_at=at("2025-09-15 18:00"),
    lapses_at=at("2025-09-22 18:00"),
)
"""A teacher's own plan, which stays in the school."""


def stage(id: str, decided_by: str | list[str] | None, **fields: Any) -> dict[str, Any]:
    """A stage, as a programme writes it."""
    title = {"zh": f"环节{id}", "en": f"Stage {id}"}
    return {"id": id, "title": title, "due": 3} | ({"decided_by": decided_by} if decided_by else {}) | fields


def beside(*branches: list[dict[str, Any]]) -> dict[str, Any]:
    return {"parallel": list(branches)}


def county(*stages: dict[str, Any], centre: bool = True, stays_in: str | None = None, **pipeline: Any) -> Programme:
    """The small county with these stages in its approval; checked, as every programme is."""
    return _county(json.dumps([stages, centre, stays_in, pipeline]))


@cache
def _county(text: str) -> Programme:
    stages, centre, stays_in, pipeline = json.loads(text)
    body = dump(PROGRAMME)
    body["documents"][0]["fields"].append(
        {"id": "cost", "title": {"zh": "经费", "en": "Cost"}, "kind": "number", "required": False}
    )
    for unit in body["units"]:
        unit["centre"] = unit["kind"] == "school" and centre
    body["pipelines"][0] = {"id": "approval", "title": {"zh": "审批", "en": "Approval"}, "stages": stages} | pipeline
    body["duties"][0]["stays_in"] = stays_in
    return load(json.dumps(body, ensure_ascii=False), year=2025)


def opened(*stages: dict[str, Any], people: tuple[Actor, ...] = STAFF, **pipeline: Any) -> Story:
    """The maths group's plan."""
    return Story(FILING, "2025-09-01 08:00", people, county(*stages, **pipeline)).when(OPEN)


def filed(*stages: dict[str, Any], people: tuple[Actor, ...] = STAFF, submit: Submit = ONE, **pipeline: Any) -> Story:
    """Handed in on Monday, 8 September."""
    return opened(*stages, people=people, **pipeline).at("2025-09-08 09:00").when(submit, LEADER)


def here(story: Story) -> list[str]:
    """The stages it is at."""
    return [one.stage for one in story.state.visits]


def turns(story: Story, stage: str | None = None) -> set[str]:
    """Whose turn it is: people, and posts written role@unit."""
    visit = story.state.first if stage is None else story.state.visit_of(stage)
    return {_seat(one.person, one.post) for one in story.state.turns(visit)}


def _seat(person: str | None, post: Post | None) -> str:
    if person is not None:
        return person
    assert post is not None, "a seat is a person's or a post's"
    return f"{post.role}@{post.unit}"


def told(story: Story, notice: str) -> set[str]:
    """Whom the last command told something, people and posts."""
    found = [one for one in story.intents if isinstance(one, Notify) and one.notice == notice]
    return {who for one in found for who in (*one.people, *(f"{p.role}@{p.unit}" for p in one.posts))}


def without(*gone: Actor) -> tuple[Actor, ...]:
    return tuple(one for one in STAFF if one not in gone)


def acting(delegate: Actor, giver: Actor) -> Actor:
    """乙 代 甲, as the executor hands it to the domain."""
    return Actor(delegate.person, giver.held, giver.person, besides=delegate.held)


def because(story: Story) -> list[tuple[str, Because]]:
    events = [one.event for one in story.facts]
    return [(one.stage, one.because) for one in events if isinstance(one, StagePassed)]


CHECK = stage("check", "coordinator@cluster")
DEPUTIES = stage("deputies", "deputy@county")
SEAL = stage("seal", "office@county")


# -- stages: how many must agree


def test_any_one_decider_is_enough() -> None:
    story = filed(stage("panel", ["expert@county", "deputy@county"]), SEAL)
    assert turns(story) == {"expert@county", "deputy@county"}
    story.when(Approve(), DEPUTY).then(ApprovalGiven, StageReached)
    story.refuses(Approve(), EXPERT, "not_decider")
    assert story.state.approvals[0].capacity == post("deputy@county")


def test_countersign_all_must_agree() -> None:
    story = filed(stage("panel", ["expert@county", "deputy@county"], mode="all"), SEAL)
    for one in EXPERTS:
        story.when(Approve(), one).then(ApprovalGiven)
        story.refuses(Approve(), one, "already_agreed")
        assert here(story) == ["panel"]
    story.when(Approve(), DEPUTY).then(ApprovalGiven, StageReached)
    assert here(story) == ["seal"]


def test_votes_carry_when_enough_agree() -> None:
    story = filed(stage("vote", "expert@county", mode="votes", votes=2), SEAL)
    story.when(Approve(), EXPERT).then(ApprovalGiven)
    story.when(Object(reason="经费过高"), SECOND_EXPERT).then(ObjectionRaised)
    story.refuses(Approve(), SECOND_EXPERT, "not_decider")
    story.when(Approve(), THIRD_EXPERT).then(ApprovalGiven, StageReached)
    assert here(story) == ["seal"]


def test_votes_that_cannot_be_carried_return_it_with_every_reason() -> None:
    story = filed(stage("vote", "expert@county", mode="votes", votes=2))
    story.when(Object(reason="经费过高"), EXPERT).when(Object(reason="没有分工"), SECOND_EXPERT)
    story.then(ObjectionRaised, FilingReturned)
    assert story.state.reason == "经费过高\n没有分工"
    story.when(TWO, LEADER)
    assert turns(story) == {one.person for one in EXPERTS}


def test_votes_that_cannot_be_carried_reject_it_where_the_stage_may() -> None:
    story = filed(stage("vote", "expert@county", mode="votes", votes=3, may_reject=True))
    story.when(Object(reason="不可行"), EXPERT).then(ObjectionRaised, FilingRejected)
    assert FILING.is_end(story.state)


def test_veto_alone_is_enough_against() -> None:
    vote = stage("vote", ["deputy@county", "expert@county"], mode="votes", votes=2, veto="deputy@county")
    story = filed(vote).when(Approve(), EXPERT)
    story.when(Object(reason="与县方案不符"), DEPUTY).then(ObjectionRaised, FilingReturned)
    plain = filed(stage("vote", ["deputy@county", "expert@county"], mode="votes", votes=2))
    plain.when(Object(reason="与县方案不符"), DEPUTY).then(ObjectionRaised)


def test_votes_need_no_more_than_there_are_voters() -> None:
    story = filed(stage("vote", "expert@county", mode="votes", votes=3), SEAL, people=without(EXPERT, THIRD_EXPERT))
    story.when(Approve(), SECOND_EXPERT).then(ApprovalGiven, StageReached)


def test_voting_against_only_where_votes_are_counted() -> None:
    filed(CHECK).refuses(Object(reason="不"), COORDINATOR, "stage_counts_no_votes")


def test_in_order_one_after_the_other() -> None:
    story = filed(stage("line", ["deputy@county", "director@county"], mode="in_order"), SEAL)
    assert turns(story) == {DEPUTY.person}
    story.refuses(Approve(), DIRECTOR, "not_decider")
    story.when(Approve(), DEPUTY).then(ApprovalGiven)
    assert told(story, "filing_to_decide") == {DIRECTOR.person}
    story.when(Approve(), DIRECTOR).then(ApprovalGiven, StageReached)


# -- stages: who decides


def test_roles_at_own_unit_parent_centre_cluster_and_county() -> None:
    story = opened(
        stage("own", "teacher@own"),
        stage("parent", "principal@parent"),
        stage("centre", "principal@centre", same_person="once"),
        stage("cluster", "coordinator@cluster"),
        stage("county", "deputy@county"),
    )
    assert [one.posts for one in story.state.steps] == [
        (post("teacher@school-maths"),),
        (post("principal@school"),),
        (post("principal@school"),),
        (post("coordinator@east"),),
        (post("deputy@county"),),
    ]


def test_centre_of_a_cluster_must_be_there_when_the_programme_is_checked() -> None:
    assert here(filed(stage("centre", "principal@centre"), SEAL)) == ["centre"]
    with pytest.raises(ProgrammeFaults, match="in no cluster with a centre school"):
        county(stage("centre", "principal@centre"), centre=False)


def test_centre_that_a_cluster_has_lost_since_leaves_its_stage_vacant() -> None:
    stages = (stage("centre", "principal@centre"), SEAL)
    story = Story(FILING, "2025-09-01 08:00", STAFF, county(*stages))
    units = {one: unit.model_copy(update={"centre": False}) for one, unit in story.programme.all_units.items()}
    story.programme = story.programme.over(
        Place(unit, (unit.parent,) if unit.parent else ()) for unit in units.values()
    )
    story.when(OPEN).when(ONE, LEADER)
    assert (here(story), story.state.first.vacant) == (["centre"], True)


def test_named_person_by_staff_number() -> None:
    story = filed(stage("named", None, person="x0001"), SEAL)
    assert turns(story) == {EXPERT.person}
    story.refuses(Approve(), SECOND_EXPERT, "not_decider")
    story.when(Approve(), EXPERT).then(ApprovalGiven, StageReached)
    gone = filed(stage("named", None, person="x0001", vacant="skip"), SEAL, people=without(EXPERT))
    assert because(gone) == [("named", Because.VACANT)]


def test_author_chooses_who_decides() -> None:
    stages = (stage("read", "expert@county", chosen_by="author", mode="all"), SEAL)
    story = opened(*stages).at("2025-09-08 09:00")
    story.refuses(ONE, LEADER, "choose_deciders", "choose")
    story.refuses(_choosing(DEPUTY), LEADER, "not_to_be_chosen", "choose")
    story.refuses(Submit(content=ONE.content, choose={"seal": (OFFICE.person,)}), LEADER, "nobody_to_choose", "choose")
    story.when(_choosing(EXPERT, THIRD_EXPERT, EXPERT), LEADER)
    assert turns(story) == {EXPERT.person, THIRD_EXPERT.person}
    story.refuses(Approve(), SECOND_EXPERT, "not_decider")
    story.when(Approve(), EXPERT).then(ApprovalGiven).when(Approve(), THIRD_EXPERT).then(ApprovalGiven, StageReached)


def _choosing(*people: Actor) -> Submit:
    return Submit(content=ONE.content, choose={"read": tuple(one.person for one in people)})


def test_previous_approver_chooses_who_decides() -> None:
    story = filed(CHECK, stage("read", "expert@county", chosen_by="previous"), SEAL)
    story.refuses(Approve(), COORDINATOR, "choose_deciders", "choose")
    story.refuses(Approve(choose=(DEPUTY.person,)), COORDINATOR, "not_to_be_chosen", "choose")
    story.when(Approve(choose=(SECOND_EXPERT.person,)), COORDINATOR)
    assert turns(story) == {SECOND_EXPERT.person}
    story.refuses(Approve(), EXPERT, "not_decider")
    story.refuses(Approve(choose=(OFFICE.person,)), SECOND_EXPERT, "nobody_to_choose", "choose")


def test_choice_of_the_previous_approver_holds_when_it_comes_straight_back() -> None:
    story = filed(CHECK, stage("read", "expert@county", chosen_by="previous"), SEAL)
    story.when(Approve(choose=(SECOND_EXPERT.person,)), COORDINATOR)
    story.when(Return(reason="改", then="straight"), SECOND_EXPERT).when(TWO, LEADER)
    assert (here(story), turns(story)) == (["read"], {SECOND_EXPERT.person})


def test_where_nobody_had_to_choose_all_that_could_be_chosen_decide() -> None:
    first = stage("check", "coordinator@cluster", when="fields.cost > 100")
    story = filed(first, stage("read", "expert@county", chosen_by="previous"), submit=_costing(1))
    assert (here(story), turns(story)) == (["read"], {"expert@county"})


def _costing(cost: int) -> Submit:
    return Submit(content={"aims": "读书", "cost": cost})


# -- stages: conditions and branches


def test_condition_on_fields_unit_and_cycle() -> None:
    stages = (
        stage("money", "deputy@county", when="fields.cost > 1000"),
        stage("groups", "principal@parent", when='unit.kind == "group" && cycle.duty == "plan" && cycle.year == 2025'),
        stage("others", "coordinator@cluster", when='unit.kind != "group"'),
        SEAL,
    )
    story = filed(*stages, submit=_costing(1001))
    assert here(story) == ["money"]
    story = filed(*stages, submit=_costing(1000))
    assert (here(story), because(story)) == (["groups"], [("money", Because.CONDITION)])
    story.when(Approve(), PRINCIPAL)
    assert (here(story), because(story)) == (["seal"], [("others", Because.CONDITION)])


def test_condition_is_looked_at_again_when_the_mended_filing_comes_straight_back() -> None:
    story = filed(stage("money", "deputy@county", when="fields.cost > 1000"), CHECK, SEAL, submit=_costing(10))
    story.when(Return(reason="经费有误", then="straight"), COORDINATOR)
    story.when(_costing(5000), LEADER)
    assert here(story) == ["money"]
    story.when(Approve(), DEPUTY)
    assert here(story) == ["check"]


def test_conditions_that_make_no_sense_are_refused_with_the_programme() -> None:
    with pytest.raises(ProgrammeFaults):
        county(stage("money", "deputy@county", when="fields.price > 1000"))


LEFT, LEFT_TWO = stage("left", "coordinator@cluster"), stage("left-two", "principal@school")
RIGHT = stage("right", "expert@county", mode="all", due=5)


def test_branches_run_side_by_side_and_join() -> None:
    story = filed(beside([LEFT, LEFT_TWO], [RIGHT]), SEAL).then(FilingSubmitted, StageReached, StageReached)
    assert here(story) == ["left", "right"]
    story.when(Approve(), COORDINATOR).then(ApprovalGiven, StageReached)
    assert here(story) == ["left-two", "right"]
    for one in EXPERTS:
        story.when(Approve(), one)
    assert here(story) == ["left-two"]
    story.when(Approve(), PRINCIPAL).then(ApprovalGiven, StageReached)
    assert here(story) == ["seal"]
    story.when(Approve(), OFFICE).then(ApprovalGiven, FilingApproved)
    assert len(story.state.in_force.approvals) == 6


def test_who_sits_in_two_branches_says_which_stage_they_mean() -> None:
    story = filed(beside([stage("a", "deputy@county")], [stage("b", ["deputy@county", "expert@county"])]), SEAL)
    story.refuses(Approve(), DEPUTY, "which_stage", "stage")
    story.refuses(Approve(stage="odd"), DEPUTY, "stage_unknown", "stage")
    story.refuses(Approve(stage="a"), EXPERT, "not_decider")
    story.when(Approve(stage="b"), DEPUTY)
    assert here(story) == ["a"]
    story.when(Approve(), DEPUTY)
    assert here(story) == ["seal"]


# -- stages: vacancies, and the same person twice


def test_vacant_stage_is_skipped_where_the_programme_says_so() -> None:
    story = filed(stage("check", "coordinator@cluster", vacant="skip"), SEAL, people=without(COORDINATOR))
    story.then(FilingSubmitted, StagePassed, StageReached)
    assert because(story) == [("check", Because.VACANT)]


def test_vacant_stage_goes_to_the_role_above() -> None:
    people = without(COORDINATOR)
    story = filed(stage("check", "coordinator@cluster", vacant="deputy@county"), SEAL, people=people)
    assert (turns(story), story.state.first.seats[0].origin) == ({"deputy@county"}, Origin.TOOK_OVER)
    story.when(Approve(), DEPUTY).then(ApprovalGiven, StageReached)


def test_vacant_stage_stops_and_the_office_names_somebody() -> None:
    story = filed(CHECK, SEAL, people=without(COORDINATOR))
    assert (here(story), story.state.first.vacant) == (["check"], True)
    assert told(story, "filing_vacant") == {"office@county"}
    assert ("name_decider", post("office@county")) in {(one.kind, one.post) for one in FILING.tasks(story.state)}
    story.refuses(_assign(DEPUTY), DEPUTY, "right_missing")
    story.when(_assign(EXPERT), OFFICE).then(DeciderAssigned)
    assert told(story, "filing_assigned") == {EXPERT.person}
    story.when(Approve(), EXPERT).then(ApprovalGiven, StageReached)


def _assign(*people: Actor, stage: str | None = None) -> Assign:
    return Assign(people=tuple(one.person for one in people), reason="岗位空缺", stage=stage)


def test_vacant_stage_is_decided_by_whoever_is_appointed_to_its_post() -> None:
    story = filed(CHECK, SEAL, people=without(COORDINATOR)).among(*STAFF)
    # At once, and also before anybody has looked who is there.
    story.when(_transfer(EXPERT), COORDINATOR).when(Approve(), EXPERT).then(ApprovalGiven, StageReached)


def test_office_names_nobody_who_has_decided_there() -> None:
    story = filed(stage("panel", "expert@county", mode="all")).when(Approve(), EXPERT)
    story.refuses(_assign(EXPERT), OFFICE, "decided_already", "people")
    branches = filed(beside([LEFT], [RIGHT]))
    branches.refuses(_assign(DEPUTY), OFFICE, "which_stage", "stage")
    branches.refuses(_assign(DEPUTY, stage="left-two"), OFFICE, "not_at_stage")
    branches.when(_assign(DEPUTY, stage="right"), OFFICE).when(Approve(), DEPUTY)
    assert here(branches) == ["left"]


def test_only_the_author_holding_a_post_is_a_vacancy() -> None:
    both = somebody("both", "leader@school-maths", "coordinator@east")
    stages = (stage("check", "coordinator@cluster", vacant="skip"), SEAL)
    story = opened(*stages, people=(*without(COORDINATOR), both)).when(ONE, both)
    assert because(story) == [("check", Because.VACANT)]


TWICE = somebody("twice", "coordinator@east", "deputy@county")


def test_same_person_decides_once() -> None:
    people = (*without(COORDINATOR, DEPUTY), TWICE)
    story = filed(CHECK, stage("deputies", "deputy@county", same_person="once"), SEAL, people=people)
    story.when(Approve(), TWICE).then(ApprovalGiven, StagePassed, StageReached)
    assert because(story) == [("deputies", Because.AGREED_BEFORE)]
    assert here(story) == ["seal"]


def test_same_person_is_asked_each_time() -> None:
    story = filed(CHECK, DEPUTIES, SEAL, people=(*without(COORDINATOR, DEPUTY), TWICE))
    story.when(Approve(), TWICE).then(ApprovalGiven, StageReached)
    assert here(story) == ["deputies"]
    story.when(Approve(), TWICE).then(ApprovalGiven, StageReached)


def test_same_person_once_asks_all_while_one_has_not_agreed() -> None:
    people = (*without(COORDINATOR), TWICE)
    story = filed(CHECK, stage("deputies", "deputy@county", same_person="once", mode="all"), SEAL, people=people)
    story.when(Approve(), TWICE).then(ApprovalGiven, StageReached)
    assert turns(story) == {DEPUTY.person, TWICE.person}


def test_same_person_once_is_asked_about_another_revision() -> None:
    people = (*without(COORDINATOR, DEPUTY), TWICE)
    stages = (CHECK, stage("experts", "expert@county"), stage("deputies", "deputy@county", same_person="once"), SEAL)
    story = filed(*stages, people=people).when(Approve(), TWICE)
    story.when(Return(reason="改", then="straight"), EXPERT).when(TWO, LEADER).when(Approve(), EXPERT)
    assert here(story) == ["deputies"]


def test_stage_it_is_sent_back_to_is_asked_though_it_decides_once() -> None:
    people = (*without(COORDINATOR, DEPUTY), TWICE, somebody("second", "deputy@county"))
    second = people[-1]
    stages = (CHECK, stage("deputies", "deputy@county", same_person="once", mode="all"), SEAL)
    story = filed(*stages, people=people).when(Approve(), TWICE).when(Approve(), second).when(Approve(), TWICE)
    story.among(*(one for one in people if one is not second))
    story.when(Return(reason="再议", to="deputies", then="straight"), OFFICE).then(SentBack, StageReached)
    assert turns(story) == {TWICE.person}


# -- author equals approver: never, by any path


BOTH = somebody("both", "leader@school-maths", "coordinator@east", "deputy@county", "expert@county", "office@county")
WITH_BOTH = (*STAFF, BOTH)


def by_both(*stages: dict[str, Any]) -> Story:
    """Handed in by somebody who holds every post."""
    return opened(*stages, people=WITH_BOTH).at("2025-09-08 09:00").when(ONE, BOTH)


def test_author_never_decides_by_a_post_they_hold_too() -> None:
    story = by_both(CHECK)
    for command in (Approve(), Return(reason="改"), _transfer(DEPUTY)):
        story.refuses(command, BOTH, "own_filing")
    voting = by_both(stage("vote", "expert@county", mode="votes", votes=2))
    assert BOTH.person not in turns(voting)
    voting.refuses(Object(reason="不"), BOTH, "own_filing")


def test_author_never_decides_by_transfer() -> None:
    filed(CHECK).refuses(_transfer(LEADER), COORDINATOR, "author_cannot_decide", "to")


def test_author_never_decides_as_an_added_signer() -> None:
    filed(CHECK).refuses(_add("after", LEADER), COORDINATOR, "author_cannot_decide", "people")


def test_author_never_decides_when_the_office_names_them() -> None:
    filed(CHECK).refuses(_assign(LEADER), OFFICE, "author_cannot_decide", "people")
    by_both(CHECK).refuses(_assign(DEPUTY), BOTH, "own_filing")


def test_author_never_decides_when_chosen() -> None:
    stages = (stage("read", "expert@county", chosen_by="author"), SEAL)
    story = opened(*stages, people=WITH_BOTH).refuses(_choosing(BOTH), BOTH, "not_to_be_chosen", "choose")
    story.when(_choosing(EXPERT), BOTH)
    previous = by_both(CHECK, stage("read", "expert@county", chosen_by="previous"))
    previous.refuses(Approve(choose=(BOTH.person,)), COORDINATOR, "not_to_be_chosen", "choose")


def test_author_never_decides_through_a_delegate_nor_as_one() -> None:
    story = by_both(CHECK)
    story.refuses(Approve(), acting(EXPERT, BOTH), "own_filing")
    story.refuses(Approve(), acting(BOTH, COORDINATOR), "own_filing")
    # Handed in by a delegate, it is the filing of both of them.
    other = opened(CHECK).when(ONE, acting(TWICE, LEADER))
    assert other.state.authors == {LEADER.person, TWICE.person}
    other.refuses(Approve(), replace(TWICE, held=COORDINATOR.held), "own_filing")


def test_author_never_decides_what_was_handed_over_to_them() -> None:
    story = filed(CHECK).when(_transfer(EXPERT), COORDINATOR)
    story.refuses(_hand_over(EXPERT, LEADER), ADMIN, "author_cannot_decide", "to")


def test_author_never_decides_after_an_escalation_to_their_post() -> None:
    story = by_both(stage("check", "coordinator@cluster", escalate={"after": 1, "to": "deputy@county"}))
    story.at("2025-09-12 18:00").carry_out_due().refuses(Approve(), BOTH, "own_filing").when(Approve(), DEPUTY)


def test_author_never_decides_where_a_vacancy_leads_to_their_post() -> None:
    alone = (*without(COORDINATOR, DEPUTY), BOTH)
    stages = (stage("experts", "coordinator@cluster", vacant="deputy@county"), SEAL)
    story = opened(*stages, people=alone).when(ONE, BOTH)
    assert story.state.first.vacant
    story.refuses(Approve(), BOTH, "own_filing")


HEAD = somebody("head", "office@county", "leader@school-maths")
"""Holds the office, and the post that owes the plan."""
SECOND_OFFICE = somebody("second-office", "office@county")


def by_the_office(story: Story, refused: Actor, command: Command, code: str = "own_filing_office") -> Story:
    """Neither somebody nor their delegate gives a command of the office; another holder of it does."""
    story.refuses(command, refused, code).refuses(command, acting(SECOND_OFFICE, refused), code)
    story.refuses(command, acting(refused, SECOND_OFFICE), code)
    return story.when(command, SECOND_OFFICE)


def test_the_office_never_lets_itself_off_what_it_owes() -> None:
    """By post or by what they handed in, through a delegate or as one: not waived, not extended, not voided."""
    staff = (*STAFF, HEAD, SECOND_OFFICE)
    by_the_office(opened(CHECK, people=staff), HEAD, Waive(reason="停办"))
    by_the_office(filed(CHECK, people=staff), HEAD, Waive(reason="停办"))
    asked = opened(CHECK, people=staff).when(_more_time(), LEADER)
    asked.refuses(GrantExtension(), HEAD, "own_filing_office")
    by_the_office(asked, HEAD, RefuseExtension(reason="请按时"))
    by_the_office(asked.when(_more_time(), HEAD), HEAD, GrantExtension())
    done = filed(CHECK, people=staff).when(Approve(), COORDINATOR)
    by_the_office(done, HEAD, Void(reason="作废"))
    # Who handed it in and then lost the post is its author all the same.
    handed_in = opened(CHECK, people=staff).when(ONE, HEAD).when(Approve(), COORDINATOR)
    by_the_office(handed_in, Actor(HEAD.person, OFFICE.held), Void(reason="作废"))


def test_more_time_is_not_asked_for_where_only_the_asking_could_answer() -> None:
    opened(CHECK, people=(HEAD, COORDINATOR)).refuses(_more_time(), HEAD, "nobody_else_extends")
    opened(CHECK, people=(HEAD, SECOND_OFFICE)).when(_more_time(), HEAD).when(GrantExtension(), SECOND_OFFICE)
    # An office that nobody holds today answers when somebody does.
    opened(CHECK, people=(LEADER,)).when(_more_time(), LEADER).when(GrantExtension(), SECOND_OFFICE)


def test_who_asked_for_a_recall_does_not_consent_to_it() -> None:
    """Two hold the post that owes it, and the second one decides on what the first handed in."""
    both = somebody("both", "leader@school-maths", "coordinator@east")
    story = filed(stage("check", "coordinator@cluster", mode="all"), people=(*STAFF, both))
    story.when(Approve(), COORDINATOR).when(Recall(reason="再改"), both)
    for who in (both, acting(SECOND_OFFICE, both), acting(both, COORDINATOR)):
        story.refuses(AgreeRecall(), who, "own_recall").refuses(RefuseRecall(reason="不必"), who, "own_recall")
    story.when(Return(reason="请再改"), both).then(FilingReturned)


def test_who_has_decided_does_not_take_it_over_as_its_author() -> None:
    story = Story(FILING, "2025-09-01 08:00", STAFF).when(DIARY).when(ONE, TEACHER)
    story.when(_add("after", SECOND_LEADER), LEADER).when(Approve(), LEADER)
    story.refuses(_hand_over(TEACHER, LEADER), ADMIN, "decided_already", "to")
    # A new author who was to sign drops out of those who do.
    story.when(_hand_over(TEACHER, SECOND_LEADER), ADMIN)
    assert SECOND_LEADER.person in story.state.authors


def test_approver_who_mends_it_gives_up_what_they_agreed() -> None:
    people = (*without(COORDINATOR), somebody("mends", "leader@school-maths", "coordinator@east"))
    story = filed(CHECK, DEPUTIES, people=people).when(Approve(), people[-1])
    story.when(Return(reason="改", then="straight"), DEPUTY).when(TWO, people[-1])
    assert (here(story), story.state.approvals, story.state.first.vacant) == (["check"], (), True)


# -- on the way: 退回


def test_return_to_the_author_and_straight_back_to_the_returner() -> None:
    story = filed(CHECK, DEPUTIES, SEAL).when(Approve(), COORDINATOR)
    story.when(Return(reason="改", then="straight"), DEPUTY).then(FilingReturned).when(TWO, LEADER)
    assert (here(story), [one.stage for one in story.state.approvals]) == (["deputies"], ["check"])


def test_return_to_the_author_and_through_every_stage_again() -> None:
    story = filed(CHECK, DEPUTIES, SEAL).when(Approve(), COORDINATOR)
    story.when(Return(reason="改", then="again"), DEPUTY).when(TWO, LEADER)
    assert (here(story), story.state.approvals) == (["check"], ())


def test_return_goes_by_the_rule_of_the_stage_unless_the_returner_says_otherwise() -> None:
    straight, again = stage("deputies", "deputy@county"), stage("deputies", "deputy@county", resumes=False)
    for rule, expected in ((straight, True), (again, False)):
        story = filed(CHECK, rule).when(Approve(), COORDINATOR).when(Return(reason="改"), DEPUTY)
        assert story.state.straight is expected


THREE = (CHECK, DEPUTIES, stage("experts", "expert@county"), SEAL)


def at_the_seal() -> Story:
    return filed(*THREE).when(Approve(), COORDINATOR).when(Approve(), DEPUTY).when(Approve(), EXPERT)


def test_return_to_an_earlier_stage_and_through_every_stage_again() -> None:
    story = at_the_seal().when(Return(reason="再议", to="check", then="again"), OFFICE).then(SentBack, StageReached)
    assert (here(story), story.state.approvals) == (["check"], ())
    for one, next_stage in ((COORDINATOR, "deputies"), (DEPUTY, "experts"), (EXPERT, "seal")):
        story.when(Approve(), one)
        assert here(story) == [next_stage]


def test_return_to_an_earlier_stage_and_straight_back() -> None:
    story = at_the_seal().when(Return(reason="再议", to="check", then="straight"), OFFICE)
    assert (here(story), [one.stage for one in story.state.approvals]) == (["check"], ["deputies", "experts"])
    story.when(Approve(), COORDINATOR)
    assert here(story) == ["seal"]


def test_return_only_to_a_stage_before_it_that_agreed() -> None:
    story = at_the_seal()
    story.refuses(Return(reason="改", to="seal"), OFFICE, "not_an_earlier_stage", "to")
    branches = filed(CHECK, beside([stage("a", "deputy@county")], [stage("b", "expert@county")]))
    branches.when(Approve(), COORDINATOR).when(Approve(), EXPERT)
    branches.refuses(Return(reason="改", to="b"), DEPUTY, "not_an_earlier_stage", "to")


def test_return_through_two_stages_and_the_author_comes_straight_back_in_turn() -> None:
    story = at_the_seal().when(Return(reason="再议", to="check", then="straight"), OFFICE)
    story.when(Return(reason="补材料", then="straight"), COORDINATOR).when(TWO, LEADER)
    assert here(story) == ["check"]
    story.when(Approve(), COORDINATOR)
    assert here(story) == ["seal"]


FORK = (CHECK, beside([stage("a", "deputy@county")], [stage("b", "expert@county")]), SEAL)


def test_return_from_a_branch_straight_leaves_the_other_branch_alone() -> None:
    story = filed(*FORK).when(Approve(), COORDINATOR)
    story.when(Return(reason="再核", to="check", then="straight"), DEPUTY)
    assert here(story) == ["check", "b"]
    before = story.state.visit_of("b")
    story.when(Approve(), EXPERT).when(Approve(), COORDINATOR)
    assert here(story) == ["a"]
    assert before.due_at == at("2025-09-11 18:00")


def test_return_from_a_branch_again_takes_both_branches_back() -> None:
    story = filed(*FORK).when(Approve(), COORDINATOR).when(Approve(), EXPERT)
    story.when(Return(reason="再核", to="check", then="again"), DEPUTY)
    assert (here(story), story.state.approvals) == (["check"], ())
    story.when(Approve(), COORDINATOR)
    assert here(story) == ["a", "b"]


def test_return_from_a_branch_to_the_author_keeps_what_the_other_branch_agreed() -> None:
    story = filed(*FORK).when(Approve(), COORDINATOR).when(Approve(), EXPERT)
    story.when(Return(reason="改", then="straight"), DEPUTY).when(TWO, LEADER)
    assert here(story) == ["a"]
    story.when(Approve(), DEPUTY)
    assert here(story) == ["seal"]


def test_return_to_a_stage_that_is_vacant_now_waits_there_and_is_never_an_approval() -> None:
    first = stage("check", "coordinator@cluster", vacant="skip")
    last = stage("deputies", "deputy@county", vacant="skip")
    story = filed(first, last).when(Approve(), COORDINATOR).when(_transfer(EXPERT), DEPUTY)
    story.among(*without(COORDINATOR, DEPUTY))
    story.when(Return(reason="再核", to="check", then="again"), EXPERT).then(SentBack, StageReached)
    assert (here(story), told(story, "filing_vacant")) == (["check"], {"office@county"})


# -- on the way: 撤回


def test_recall_before_anybody_has_decided() -> None:
    story = filed(CHECK, SEAL).refuses(Recall(), COORDINATOR, "not_author")
    story.when(Recall(reason="发错"), SECOND_LEADER).then(FilingRecalled)


def test_recall_after_a_decision_needs_consent() -> None:
    story = filed(CHECK, DEPUTIES).when(Approve(), COORDINATOR)
    story.when(Recall(reason="发错"), LEADER).then(RecallRequested)
    assert told(story, "filing_recall_asked") == {"deputy@county"}
    story.refuses(Recall(), LEADER, "recall_asked_already").refuses(AgreeRecall(), COORDINATOR, "not_decider")
    story.when(AgreeRecall(), DEPUTY).then(FilingRecalled)
    assert (story.state.status, story.state.reason) == ("recalled", "发错")


def test_recall_that_is_refused_leaves_it_in_review() -> None:
    story = filed(CHECK, DEPUTIES).when(Approve(), COORDINATOR).refuses(AgreeRecall(), DEPUTY, "no_recall_asked")
    story.when(Recall(), LEADER).when(RefuseRecall(reason="已上会"), DEPUTY).then(RecallRefused)
    assert told(story, "filing_recall_refused") == {"leader@school-maths"}
    story.when(Approve(), DEPUTY).then(ApprovalGiven, FilingApproved)


def test_recall_needs_no_consent_where_nobody_is_there_to_give_it() -> None:
    story = filed(CHECK, DEPUTIES, people=without(DEPUTY)).when(Approve(), COORDINATOR)
    story.when(Recall(), LEADER).then(FilingRecalled)


# -- on the way: 转交, 加签


def _transfer(to: Actor, stage: str | None = None) -> Transfer:
    return Transfer(to=to.person, reason="出差", stage=stage)


def _add(where: Any, *people: Actor) -> AddSigner:
    return AddSigner(people=tuple(one.person for one in people), where=where, reason="请专家看")


def test_transfer_gives_the_part_to_somebody_else() -> None:
    story = filed(CHECK, SEAL)
    due_at = story.state.first.due_at
    story.when(_transfer(EXPERT), COORDINATOR).then(Transferred)
    assert (turns(story), told(story, "filing_transferred")) == ({EXPERT.person}, {EXPERT.person})
    assert story.state.first.due_at == due_at
    story.refuses(Approve(), COORDINATOR, "not_decider").when(Approve(), EXPERT).then(ApprovalGiven, StageReached)


def test_the_record_says_as_what_somebody_acted_who_was_given_a_seat() -> None:
    """Not as what the giver is: by their own post, or by the post of the stage where they hold that."""
    agreed = filed(CHECK, SEAL).when(_transfer(EXPERT), COORDINATOR).when(Approve(), EXPERT)
    assert agreed.state.approvals[-1].capacity == post("expert@county")
    same = filed(stage("experts", "expert@county"), SEAL).when(_transfer(SECOND_EXPERT), EXPERT)
    assert same.when(Approve(), SECOND_EXPERT).state.approvals[-1].capacity == post("expert@county")
    local = somebody("local", "expert@county", "teacher@school-maths")
    back = filed(CHECK, people=(*STAFF, local)).when(_transfer(local), COORDINATOR).when(Return(reason="改"), local)
    (returned,) = (one.event for one in back.facts if isinstance(one.event, FilingReturned))
    assert returned.capacity == post("teacher@school-maths"), "of several, the nearest to the filing"
    added = filed(CHECK, SEAL).when(_add("before", DEPUTY), COORDINATOR).when(Approve(), acting(STRANGER, DEPUTY))
    assert added.state.approvals[-1].capacity == post("deputy@county"), "a delegate acts as the giver"


def test_transfer_leaves_what_the_stage_asks_for_as_it_is() -> None:
    story = filed(stage("panel", "expert@county", mode="all"), SEAL).when(_transfer(DEPUTY), EXPERT)
    assert turns(story) == {DEPUTY.person, SECOND_EXPERT.person, THIRD_EXPERT.person}
    story.refuses(_transfer(SECOND_EXPERT), DEPUTY, "decides_already", "to")
    story.when(Approve(), SECOND_EXPERT).refuses(_transfer(SECOND_EXPERT), DEPUTY, "decides_already", "to")
    story.when(Approve(), THIRD_EXPERT).then(ApprovalGiven).when(Approve(), DEPUTY).then(ApprovalGiven, StageReached)


def test_transfer_by_one_of_several_holders_leaves_the_others_there() -> None:
    story = filed(stage("panel", "expert@county"), SEAL).when(_transfer(DEPUTY), EXPERT)
    assert turns(story) == {DEPUTY.person, SECOND_EXPERT.person, THIRD_EXPERT.person}


def test_transfer_goes_only_to_people_who_hold_a_post_and_may_read() -> None:
    nobody = somebody("nobody")
    filed(CHECK, people=(*STAFF, nobody)).refuses(_transfer(nobody), COORDINATOR, "holds_no_post", "to")
    inside = filed(stage("head", "principal@parent"), stays_in="school")
    inside.refuses(_transfer(DEPUTY), PRINCIPAL, "may_not_read", "to").when(_transfer(TEACHER), PRINCIPAL)


def test_transfer_of_an_agreement_that_is_enough_alone_stays_enough() -> None:
    panel = stage("panel", "expert@county", mode="all", escalate={"after": 1, "to": "director@county"})
    story = filed(panel, SEAL).at("2025-09-12 18:00").carry_out_due().when(_transfer(DEPUTY), DIRECTOR)
    story.when(Approve(), DEPUTY).then(ApprovalGiven, StageReached)


def test_signer_added_before_goes_first() -> None:
    story = filed(CHECK, SEAL).when(_add("before", EXPERT, DEPUTY), COORDINATOR).then(SignerAdded, StageReached)
    assert (here(story), turns(story)) == (["added-1"], {EXPERT.person, DEPUTY.person})
    story.refuses(Approve(), COORDINATOR, "not_decider")
    story.when(Approve(), EXPERT).then(ApprovalGiven).when(Approve(), DEPUTY).then(ApprovalGiven, StageReached)
    assert here(story) == ["check"]
    story.when(Approve(), COORDINATOR)
    assert here(story) == ["seal"]


def test_signer_added_after_goes_next() -> None:
    story = filed(CHECK, SEAL).when(_add("after", EXPERT), COORDINATOR).then(SignerAdded)
    assert here(story) == ["check"]
    story.when(Approve(), COORDINATOR)
    assert here(story) == ["added-1"]
    story.when(Approve(), EXPERT)
    assert here(story) == ["seal"]


def test_signer_added_beside_decides_at_the_same_time() -> None:
    story = filed(CHECK, SEAL).when(_add("beside", EXPERT), COORDINATOR).then(SignerAdded, StageReached)
    assert here(story) == ["check", "added-1"]
    story.when(Approve(), COORDINATOR)
    assert here(story) == ["added-1"]
    story.when(Approve(), EXPERT)
    assert here(story) == ["seal"]


def test_signer_added_after_the_last_stage_still_decides() -> None:
    story = filed(CHECK).when(_add("after", EXPERT), COORDINATOR).when(Approve(), COORDINATOR)
    story.when(Approve(), EXPERT).then(ApprovalGiven, FilingApproved)


def test_agreements_stand_while_a_signer_goes_first() -> None:
    story = filed(stage("panel", "expert@county", mode="all"), SEAL).when(Approve(), EXPERT)
    story.when(_add("before", DEPUTY), SECOND_EXPERT).when(Approve(), DEPUTY)
    assert turns(story) == {SECOND_EXPERT.person, THIRD_EXPERT.person}


def test_who_has_left_while_a_signer_goes_first_is_not_waited_for() -> None:
    story = filed(stage("panel", "expert@county", mode="all"), SEAL, people=without(THIRD_EXPERT))
    story.when(Approve(), EXPERT).when(_add("before", DEPUTY), SECOND_EXPERT)
    story.among(*without(SECOND_EXPERT, THIRD_EXPERT)).when(Approve(), DEPUTY)
    assert because(story) == [("panel", Because.REST_AGREED)]
    assert here(story) == ["seal"]


def test_signer_added_is_asked_in_this_round_only() -> None:
    """加签 is for the time being: through every stage again goes by the rules alone, straight back keeps the signer."""
    rules = ["check", "deputies", "seal"]
    for where in ("before", "after", "beside"):
        story = filed(CHECK, DEPUTIES, SEAL).when(Approve(), COORDINATOR).when(_add(where, EXPERT), DEPUTY)
        path = story.state.steps
        if where == "after":
            story.when(Approve(), DEPUTY)
        story.when(Return(reason="改", then="again"), EXPERT)
        assert story.state.steps == path, "who returned it is still seen"
        story.when(TWO, LEADER).when(Approve(), COORDINATOR)
        assert [one.stage for one in story.state.steps] == rules
        assert [one.after for one in story.state.steps] == [(), ("check",), ("deputies",)]
        story.when(Approve(), DEPUTY)
        assert here(story) == ["seal"]
    story = filed(CHECK, DEPUTIES, SEAL).when(Approve(), COORDINATOR).when(_add("beside", EXPERT), DEPUTY)
    story.when(Approve(), EXPERT).when(Return(reason="改", then="straight"), DEPUTY).when(TWO, LEADER)
    assert (here(story), turns(story)) == (["deputies"], {"deputy@county"})
    assert "added-1" in {one.stage for one in story.state.approvals}, "what the signer agreed still holds"
    story.when(_add("before", SECOND_EXPERT), DEPUTY).when(Return(reason="改", to="check", then="again"), SECOND_EXPERT)
    assert [one.stage for one in story.state.steps] == rules
    story.when(Approve(), COORDINATOR).when(Approve(), DEPUTY).when(Approve(), OFFICE)
    story.when(Amend(reason="补充"), LEADER).when(ONE, LEADER)
    assert [one.stage for one in story.state.steps] == rules


def test_signer_added_where_it_was_sent_back_to_decides_before_it_goes_straight_back() -> None:
    story = at_the_seal().when(Return(reason="再议", to="check", then="straight"), OFFICE)
    story.when(_add("after", PRINCIPAL), COORDINATOR).when(Approve(), COORDINATOR)
    assert here(story) == ["added-1"]
    story.when(Approve(), PRINCIPAL)
    assert here(story) == ["seal"]


# -- on the way: 抄送, 催办, mentions


def test_copies_with_read_receipts() -> None:
    story = filed(CHECK, SEAL).refuses(_copy(PRINCIPAL), STRANGER, "no_part_in_it")
    story.when(_copy(THIRD_EXPERT, PRINCIPAL), COORDINATOR).then(FilingCopied)
    assert told(story, "filing_copied") == {THIRD_EXPERT.person, PRINCIPAL.person}
    story.refuses(_copy(PRINCIPAL), COORDINATOR, "copied_already").refuses(MarkRead(), DEPUTY, "nothing_to_mark")
    story.refuses(MarkRead(), acting(DEPUTY, THIRD_EXPERT), "nothing_to_mark")
    story.at("2025-09-09 09:00").when(MarkRead(), THIRD_EXPERT).then(CopyRead)
    assert [(one.person, one.read_at) for one in story.state.copies] == [
        (THIRD_EXPERT.person, at("2025-09-09 09:00")),
        (PRINCIPAL.person, None),
    ]
    story.refuses(MarkRead(), THIRD_EXPERT, "nothing_to_mark")
    assert [one.person for one in FILING.tasks(story.state) if one.kind == "read"] == [PRINCIPAL.person]


def _copy(*people: Actor) -> SendCopy:
    return SendCopy(people=tuple(one.person for one in people), note="请知悉")


def test_copy_opens_the_filing_but_never_above_where_it_stays() -> None:
    story = filed(CHECK).refuses(Comment(text="看看"), THIRD_EXPERT, "not_yours").when(_copy(THIRD_EXPERT), LEADER)
    story.when(Comment(text="看过"), THIRD_EXPERT)
    inside = filed(stage("head", "principal@parent"), stays_in="school")
    inside.refuses(_copy(DEPUTY), LEADER, "may_not_read", "people").when(_copy(TEACHER), LEADER)


def test_copies_go_out_when_it_is_approved() -> None:
    story = filed(CHECK, copies=["principal@parent", "director@county"]).when(Approve(), COORDINATOR)
    story.then(ApprovalGiven, FilingApproved, FilingCopied)
    assert {one.person for one in story.state.copies} == {PRINCIPAL.person, DIRECTOR.person}


def test_urging_is_limited_in_rate() -> None:
    story = filed(CHECK, SEAL, urge_hours=4).refuses(Urge(), COORDINATOR, "not_author")
    story.when(Urge(), LEADER).then(FilingUrged)
    assert told(story, "filing_urged") == {"coordinator@east"}
    story.at("2025-09-08 12:59").refuses(Urge(), LEADER, "urged_already")
    story.at("2025-09-08 13:00").when(Urge(), LEADER)


def test_mentions_in_a_comment_reach_who_may_read_it() -> None:
    story = filed(CHECK).refuses(Comment(text="@", mentions=(STRANGER.person,)), LEADER, "may_not_read", "mentions")
    story.when(Comment(text="请看", mentions=(DIRECTOR.person,)), LEADER).then(FilingCommented)
    assert told(story, "filing_mentioned") == {DIRECTOR.person}
    assert told(story, "filing_commented") == {COORDINATOR.person, SECOND_LEADER.person}


# -- on the way: 拒绝, 延期, 免报, late, 变更, 作废


def test_reject_only_where_the_stage_may() -> None:
    story = filed(stage("check", "coordinator@cluster", may_reject=True), SEAL)
    story.when(Reject(reason="不行"), COORDINATOR).then(FilingRejected)
    filed(SEAL).refuses(Reject(reason="不行"), OFFICE, "stage_may_not_reject")


def _more_time(day: str = "2025-09-22") -> AskExtension:
    return AskExtension(until=date.fromisoformat(day), reason="停课")


def test_extension_is_asked_for_and_decided_by_the_office() -> None:
    story = opened(CHECK).at("2025-09-12 09:00").refuses(_more_time(), COORDINATOR, "not_author")
    story.refuses(_more_time("2025-09-15"), LEADER, "not_later", "until")
    story.refuses(_more_time("9999-12-31"), LEADER, "too_far_off", "until")
    story.refuses(GrantExtension(), OFFICE, "no_extension_asked")
    story.when(_more_time(), LEADER).then(ExtensionAsked)
    assert told(story, "filing_extension_asked") == {"office@county"}
    assert "extend" in {one.kind for one in FILING.tasks(story.state)}
    story.refuses(_more_time(), LEADER, "extension_asked_already").refuses(
        GrantExtension(), LEADER, "own_filing_office"
    )
    story.refuses(GrantExtension(), SECOND_LEADER, "right_missing")
    story.when(GrantExtension(), OFFICE).then(ExtensionGranted)
    assert (story.state.due_at, story.state.extension) == (at("2025-09-22 18:00"), None)
    # Ten workdays of grace after it, as before; reminders before the new time.
    assert story.state.lapses_at == at("2025-10-11 18:00")
    assert story.state.remind_at == (at("2025-09-17 08:00"), at("2025-09-19 08:00"))


def test_extension_that_is_refused_leaves_the_times_as_they_were() -> None:
    story = opened(CHECK)
    before = story.state
    story.when(_more_time(), LEADER).when(RefuseExtension(reason="已多次提醒"), OFFICE).then(ExtensionRefused)
    assert story.state == before
    office = somebody("both", "leader@school-maths", "office@county")
    own = opened(CHECK, people=(*STAFF, office)).when(_more_time(), office)
    for command in (GrantExtension(), RefuseExtension(reason="不")):
        own.refuses(command, office, "own_filing_office")


def test_late_filing_until_it_lapses() -> None:
    story = opened(CHECK).at("2025-09-16 09:00").carry_out_due().when(ONE, LEADER)
    event = story.facts[0].event
    assert isinstance(event, FilingSubmitted)
    assert event.late
    opened(CHECK).at("2025-09-28 18:00").carry_out_due().refuses(ONE, LEADER, "not_now")


def test_waived_by_the_office_while_it_is_owed() -> None:
    story = filed(CHECK).refuses(Waive(reason="并校"), LEADER, "right_missing").when(Waive(reason="并校"), OFFICE)
    assert FILING.is_end(story.state)


def approved(*stages: dict[str, Any], people: tuple[Actor, ...] = STAFF) -> Story:
    return filed(*(stages or (CHECK,)), people=people).when(Approve(), COORDINATOR).at("2025-09-20 09:00")


def test_amendment_leaves_the_old_revision_in_force_until_the_new_one_is() -> None:
    story = approved().when(Amend(reason="换人"), LEADER).when(TWO, LEADER)
    assert story.state.in_force.number == 1
    story.when(Approve(), COORDINATOR)
    assert story.state.in_force.number == 2


def test_void_ends_what_was_approved_with_a_reason() -> None:
    story = approved().refuses(Void(reason="作废"), COORDINATOR, "right_missing")
    story.when(Void(reason="内容不实"), OFFICE).then(FilingVoided)
    assert (story.state.reason, story.state.voided.number, told(story, "filing_voided")) == (
        "内容不实",
        1,
        {"leader@school-maths"},
    )
    story.refuses(Amend(reason="改"), LEADER, "not_now")
    own = opened(CHECK, people=WITH_BOTH).when(ONE, BOTH).when(Approve(), COORDINATOR)
    own.refuses(Void(reason="作废"), BOTH, "own_filing_office")


# -- absence and change of people


def test_delegate_decides_and_the_record_names_both() -> None:
    story = filed(CHECK, SEAL).when(Approve(), acting(EXPERT, COORDINATOR)).then(ApprovalGiven, StageReached)
    (given,) = story.state.approvals
    assert (given.by, given.on_behalf_of, given.capacity) == (
        EXPERT.person,
        COORDINATOR.person,
        post("coordinator@east"),
    )


def test_delegate_and_giver_have_one_agreement_between_them() -> None:
    story = filed(stage("panel", "expert@county", mode="all")).when(Approve(), acting(DEPUTY, EXPERT))
    story.refuses(Approve(), EXPERT, "already_agreed")
    # The delegate of two of them agrees for each.
    story.when(Approve(), acting(DEPUTY, SECOND_EXPERT)).then(ApprovalGiven)


def test_delegate_hands_in_for_the_author() -> None:
    story = opened(CHECK).when(ONE, acting(EXPERT, LEADER))
    (revision,) = story.state.revisions
    assert (revision.by, revision.on_behalf_of) == (EXPERT.person, LEADER.person)


def test_ended_appointment_moves_the_task_to_who_holds_the_post_now() -> None:
    new = somebody("new", "expert@county")
    story = filed(stage("panel", "expert@county", mode="all"), SEAL).when(Approve(), EXPERT)
    story.among(*without(EXPERT, THIRD_EXPERT), new).when(Reseat()).then(SeatsChanged)
    # What was agreed stands, though whoever agreed has left.
    assert turns(story) == {SECOND_EXPERT.person, new.person}
    assert told(story, "filing_to_decide") >= {new.person}
    story.refuses(Approve(), THIRD_EXPERT, "not_decider")
    story.when(Approve(), new).when(Approve(), SECOND_EXPERT).then(ApprovalGiven, StageReached)


def test_ended_appointment_lets_it_pass_when_all_others_have_agreed() -> None:
    story = filed(stage("panel", "expert@county", mode="all"), SEAL).when(Approve(), EXPERT)
    story.when(Approve(), SECOND_EXPERT).among(*without(THIRD_EXPERT)).when(Reseat())
    story.then(SeatsChanged, StagePassed, StageReached)
    assert because(story) == [("panel", Because.REST_AGREED)]


def test_ended_appointment_follows_the_vacancy_rule_of_the_stage() -> None:
    for vacant, expected in (("skip", ["seal"]), ("stop", ["check"]), ("deputy@county", ["check"])):
        story = filed(stage("check", "coordinator@cluster", vacant=vacant), SEAL)
        story.among(*without(COORDINATOR)).when(Reseat())
        assert here(story) == expected
    assert turns(story) == {"deputy@county"}
    back = filed(CHECK, SEAL, people=without(COORDINATOR)).among(*STAFF).when(Reseat()).then(SeatsChanged)
    assert turns(back) == {"coordinator@east"}


def test_ended_appointment_loses_a_vote_that_cannot_be_carried_any_more() -> None:
    story = filed(stage("vote", "expert@county", mode="votes", votes=2))
    story.when(Object(reason="不"), EXPERT).when(Object(reason="不"), SECOND_EXPERT)
    assert story.state.status == "returned"
    story = filed(stage("vote", "expert@county", mode="votes", votes=2)).when(Object(reason="不"), EXPERT)
    story.among(*without(THIRD_EXPERT)).when(Reseat()).then(SeatsChanged, FilingReturned)


def test_vote_taken_over_or_assigned_is_not_lost_for_want_of_voters() -> None:
    vote = stage("vote", "expert@county", mode="votes", votes=2, vacant="deputy@county")
    story = filed(vote, SEAL).among(*without(*EXPERTS)).when(Reseat()).then(SeatsChanged)
    assert (here(story), turns(story)) == (["vote"], {"deputy@county"})
    named = filed(vote, SEAL).when(_assign(PRINCIPAL, DIRECTOR), OFFICE).among(*without(PRINCIPAL)).when(Reseat())
    named.then(SeatsChanged).when(Approve(), DIRECTOR).then(ApprovalGiven, StageReached)


def test_reseat_changes_nothing_where_nothing_has_changed() -> None:
    story = filed(CHECK)
    with pytest.raises(Exception, match="nothing_changed_here"):
        story.when(Reseat())
    story.refuses(Reseat(), OFFICE, "only_system")


def _hand_over(leaver: Actor, to: Actor) -> HandOver:
    return HandOver(leaver=leaver.person, to=to.person, reason="调离")


def test_handing_over_moves_what_a_leaver_has_of_it() -> None:
    story = filed(stage("panel", "expert@county", mode="all"), SEAL).refuses(
        _hand_over(EXPERT, DEPUTY), OFFICE, "right_missing"
    )
    story.when(_hand_over(EXPERT, DEPUTY), ADMIN).then(HandedOver)
    assert turns(story) == {DEPUTY.person, SECOND_EXPERT.person, THIRD_EXPERT.person}
    # The leaver still holds the post for a while, and is not asked again.
    with pytest.raises(Exception, match="nothing_changed_here"):
        story.when(Reseat())
    story.refuses(_hand_over(EXPERT, DEPUTY), ADMIN, "nothing_to_hand_over")
    for one in (DEPUTY, SECOND_EXPERT, THIRD_EXPERT):
        story.when(Approve(), one)
    assert here(story) == ["seal"]


def test_handing_over_moves_nothing_that_is_decided() -> None:
    story = filed(stage("vote", "expert@county", mode="votes", votes=2), SEAL).when(Approve(), EXPERT)
    story.refuses(_hand_over(EXPERT, DEPUTY), ADMIN, "nothing_to_hand_over")
    story.refuses(_hand_over(SECOND_EXPERT, SECOND_EXPERT), ADMIN, "nothing_to_hand_over")


def test_handing_over_to_somebody_who_decides_there_gives_them_no_second_vote() -> None:
    story = filed(stage("vote", "expert@county", mode="votes", votes=2), SEAL)
    story.when(_hand_over(EXPERT, SECOND_EXPERT), ADMIN)
    assert turns(story) == {SECOND_EXPERT.person, THIRD_EXPERT.person}
    story.when(Approve(), SECOND_EXPERT).then(ApprovalGiven).when(Approve(), THIRD_EXPERT)
    assert here(story) == ["seal"]
    both = filed(stage("panel", "expert@county", mode="all"), SEAL, people=without(THIRD_EXPERT))
    both.when(Approve(), SECOND_EXPERT).when(_hand_over(EXPERT, SECOND_EXPERT), ADMIN)
    assert because(both) == [("panel", Because.REST_AGREED)]


def test_handing_over_what_a_person_owes_also_while_it_is_amended() -> None:
    colleague = somebody("colleague", "teacher@school-maths")
    story = Story(FILING, "2025-09-01 08:00", (*STAFF, colleague)).when(DIARY)
    story.when(ONE, TEACHER).when(Approve(), LEADER).when(Amend(reason="改"), TEACHER)
    story.refuses(_hand_over(TEACHER, DEPUTY), ADMIN, "may_not_read", "to")
    story.when(_hand_over(TEACHER, colleague), ADMIN).refuses(TWO, TEACHER, "not_author").when(TWO, colleague)


# -- time


def test_reminders_before_and_overdue_after() -> None:
    story = opened(CHECK).at("2025-09-12 08:00").carry_out_due()
    assert story.state.remind_at == ()
    story.refuses(FallDue(), OFFICE, "only_system").at("2025-09-15 18:00").carry_out_due()
    assert story.state.overdue


def test_stage_reminders_survive_transfer_and_sending_back() -> None:
    story = filed(CHECK, SEAL).when(_transfer(EXPERT), COORDINATOR)
    assert "remind_stage" in story.due()
    story.at("2025-09-10 08:00").when(RemindStage(stage="check")).then(StageReminded)
    assert told(story, "filing_decide_soon") == {EXPERT.person}
    story.when(Return(reason="改"), EXPERT)
    assert story.due() == ["remind", "fall_due", "lapse"]
    story.when(TWO, LEADER)
    assert (here(story), turns(story)) == (["check"], {"coordinator@east"})
    assert "remind_stage" in story.due()


def test_escalation_lets_the_role_above_decide_alone() -> None:
    panel = stage("panel", "expert@county", mode="all", escalate={"after": 2, "to": "director@county"})
    story = filed(panel, SEAL).refuses(Approve(), DIRECTOR, "not_decider")
    assert story.state.first.escalate_at == at("2025-09-15 18:00")
    story.at("2025-09-15 18:00").when(Escalate(stage="panel")).then(StageEscalated)
    assert turns(story) == {*(one.person for one in EXPERTS), "director@county"}
    story.when(Approve(), DIRECTOR).then(ApprovalGiven, StageReached)


def test_escalation_to_a_post_that_nobody_holds_tells_the_office() -> None:
    """Also where only its author holds it."""
    check = stage("check", "coordinator@cluster", escalate={"after": 2, "to": "director@county"})
    author = somebody("author", "leader@school-maths", "director@county")
    for people, by in ((without(DIRECTOR), LEADER), ((*without(DIRECTOR), author), author)):
        story = opened(check, people=people).at("2025-09-08 09:00").when(ONE, by)
        story.at("2025-09-15 18:00").when(Escalate(stage="check")).then(StageEscalated)
        assert story.notices() == ["filing_escalated_vacant"]
        assert told(story, "filing_escalated_vacant") == {"office@county"}
        assert turns(story) == {"coordinator@east"}, "who had it still has it"
        story.when(_assign(EXPERT), OFFICE).when(Approve(), EXPERT)


def test_passing_by_time_only_where_the_programme_allows_it_and_marked_so() -> None:
    story = filed(stage("check", "coordinator@cluster", passes_after=2), SEAL)
    story.at("2025-09-15 17:59").carry_out_due()
    assert here(story) == ["check"]
    story.at("2025-09-15 18:00").when(PassByTime(stage="check")).then(ApprovalGiven, StageReached)
    (given,) = story.state.approvals
    assert given.by_time
    # Nobody agreed, so nobody is asked to look at it again, and the author may still take it back.
    story.refuses(Return(reason="改", to="check"), OFFICE, "not_an_earlier_stage", "to")
    never = filed(CHECK, SEAL).at("2026-01-15 09:00").carry_out_due()
    assert here(never) == ["check"]
    story.when(Recall(), LEADER).then(FilingRecalled)


def test_each_branch_keeps_its_own_times() -> None:
    story = filed(beside([LEFT], [RIGHT]), SEAL)
    assert [one.due_at for one in story.state.visits] == [at("2025-09-11 18:00"), at("2025-09-15 18:00")]
    story.at("2025-09-10 08:00").carry_out_due()
    assert [one.remind_at for one in story.state.visits] == [None, at("2025-09-12 08:00")]


# -- the same in every state, and the ways that few filings go


def in_every_state() -> list[Story]:
    """A filing in each of its states."""
    stages = (stage("check", "coordinator@cluster", may_reject=True),)
    amending = approved(*stages).when(Amend(reason="改"), LEADER)
    found = [
        *while_it_is_owed(opened(*stages), LEADER, COORDINATOR),
        filed(*stages),
        amending,
        approved(*stages),
        approved(*stages).when(Void(reason="不实"), OFFICE),
        filed(*stages).when(Reject(reason="不行"), COORDINATOR),
        opened(*stages).when(Waive(reason="停办"), OFFICE),
        opened(*stages).at("2025-09-28 18:00").carry_out_due(),
    ]
    assert {one.state.status for one in found} == {status_of(one) for one in FILING.states}
    return found


def while_it_is_owed(story: Story, author: Actor, decider: Actor) -> list[Story]:
    """The same filing open, drafted, recalled and returned."""
    story.at("2025-09-08 09:00")
    drafted, recalled, returned = (deepcopy(story) for _ in range(3))
    drafted.when(BeginDraft(), author)
    recalled.when(ONE, author).when(Recall(), author)
    returned.when(ONE, author).when(Return(reason="改"), decider)
    return [story, drafted, recalled, returned]


def test_copies_and_receipts_in_every_state() -> None:
    for story in in_every_state():
        status = story.state.status
        story.when(_copy(PRINCIPAL), LEADER).when(MarkRead(), PRINCIPAL).then(CopyRead)
        assert story.state.status == status


def test_extension_whenever_it_is_owed() -> None:
    for answer in (GrantExtension(), RefuseExtension(reason="不必")):
        for story in while_it_is_owed(opened(CHECK), LEADER, COORDINATOR):
            status = story.state.status
            story.when(_more_time(), LEADER).when(answer, OFFICE)
            assert (story.state.status, story.state.extension) == (status, None)


def test_extension_is_not_asked_for_where_no_office_may_read_it() -> None:
    Story(FILING, "2025-09-01 08:00").when(DIARY).refuses(_more_time(), TEACHER, "nobody_extends")


def test_handing_over_whenever_it_is_owed() -> None:
    colleague = somebody("colleague", "teacher@school-maths")
    diary = Story(FILING, "2025-09-01 08:00", (*STAFF, colleague)).when(DIARY)
    for story in while_it_is_owed(diary, TEACHER, LEADER):
        status = story.state.status
        story.when(_hand_over(TEACHER, colleague), ADMIN).then(HandedOver)
        assert (story.state.status, story.state.person) == (status, colleague.person)


VOTE = ["coordinator@cluster", "office@county", "deputy@county"]


def test_amendment_that_is_voted_down_leaves_what_is_in_force() -> None:
    story = filed(stage("vote", VOTE, mode="votes", votes=3, may_reject=True))
    for one in (COORDINATOR, OFFICE, DEPUTY):
        story.when(Approve(), one)
    in_force = story.state.in_force
    story.when(Amend(reason="改"), LEADER).when(TWO, LEADER).when(Object(reason="不"), DEPUTY)
    story.then(ObjectionRaised, FilingRejected)
    assert isinstance(story.state, Approved)
    assert story.state.in_force == in_force


def test_where_every_stage_is_passed_over_it_is_approved_at_once() -> None:
    skipped = stage("check", "coordinator@cluster", vacant="skip")
    filed(skipped, people=without(COORDINATOR), copies="principal@parent").then(
        FilingSubmitted, StagePassed, FilingApproved, FilingCopied
    )
    story = filed(skipped, copies="principal@parent").among(*without(COORDINATOR)).when(Reseat())
    story.then(StagePassed, FilingApproved, FilingCopied)
    late = stage("late", "deputy@county", passes_after=1)
    story = filed(late, skipped, people=without(COORDINATOR), copies="principal@parent").at("2025-09-12 18:00")
    story.when(PassByTime(stage="late")).then(ApprovalGiven, StagePassed, FilingApproved, FilingCopied)


def voted_on(**fields: Any) -> Story:
    vote = stage("vote", "expert@county", mode="votes", votes=2, **fields)
    return filed(vote, copies="principal@parent").when(Object(reason="不"), THIRD_EXPERT)


def test_vote_that_is_lost_when_people_go_ends_as_the_stage_may_end() -> None:
    voted_on().when(_hand_over(EXPERT, SECOND_EXPERT), ADMIN).then(HandedOver, FilingReturned)
    voted_on(may_reject=True).when(_hand_over(EXPERT, SECOND_EXPERT), ADMIN).then(HandedOver, FilingRejected)
    voted_on(may_reject=True).among(*without(EXPERT)).when(Reseat()).then(SeatsChanged, FilingRejected)


def test_handing_over_looks_who_else_is_there() -> None:
    panel = stage("panel", "expert@county", mode="all")
    story = filed(panel, copies="principal@parent").when(Approve(), THIRD_EXPERT).among(*without(SECOND_EXPERT))
    story.when(_hand_over(EXPERT, THIRD_EXPERT), ADMIN)
    story.then(HandedOver, SeatsChanged, StagePassed, FilingApproved, FilingCopied)


def test_abandoning_an_amendment_that_was_sent_straight_back() -> None:
    story = approved().when(Amend(reason="改"), LEADER).when(TWO, LEADER).when(Return(reason="不必"), COORDINATOR)
    story.when(AbandonAmendment(), LEADER).then(AmendmentAbandoned)
