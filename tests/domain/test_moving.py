"""A filing that goes over to other rules in mid-flight: its place, its agreements and its times."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.access import Actor
from domain.calendar import Moment, NamedDay
from domain.cycle import window_of
from domain.filing import (
    FILING,
    AddSigner,
    Amend,
    Approve,
    FilingApproved,
    MoveRules,
    OpenFiling,
    Recall,
    Return,
    RulesMoved,
    SeatsChanged,
    StageEscalated,
    StagePassed,
    StageReached,
    Submit,
    Time,
)
from domain.filing.moving import Between, differs, under
from domain.machine import Notify
from domain.path_view import filing_path
from domain.programme import Chooser, Decider, Escalation, Mode, Parallel, Pipeline, SamePerson, Stage, Vacancy
from domain.text import Text
from tests.domain import views
from tests.domain.given import (
    COORDINATOR,
    CYCLE_ID,
    DEPUTY,
    DIRECTOR,
    GROUP,
    LEADER,
    OFFICE,
    PEOPLE,
    PRINCIPAL,
    PROGRAMME,
    STORED,
    TWO_HATS,
    Story,
    at,
    other_rules,
    post,
    somebody,
)
from tests.domain.test_filing import ONE, SOUND, approved, at_seal, drafting, on_board, opened, returned, submitted

CHECK, BOARD, SEAL = (PROGRAMME.pipeline_by_id["approval"].stages[n] for n in range(3))


def stage(id: str, by: str = "principal@school", **fields: Any) -> Stage:
    return Stage(id=id, title=Text(zh=f"环节{id}", en=id), decided_by=(Decider.parse(by),), due=3, **fields)


def with_stages(*stages: Stage | Parallel, **fields: Any) -> str:
    """The small county with other stages in its approval."""
    pipeline = PROGRAMME.pipeline_by_id["approval"]
    # Built anew, so that nothing derived is kept.
    other = Pipeline(**{n: getattr(pipeline, n) for n in Pipeline.model_fields} | {"stages": stages} | fields)
    return other_rules(version=2, pipelines=(other, PROGRAMME.pipeline_by_id["receipt"]))


def with_duty(**fields: Any) -> str:
    duty = PROGRAMME.duty_by_id["plan"]
    return other_rules(version=2, duties=(duty.model_copy(update=fields), PROGRAMME.duty_by_id["diary"]))


def closed(*days: str, made_up: tuple[str, ...] = ()) -> str:
    """The small county with a calendar in which it is closed on some days, and works on others."""
    calendar = PROGRAMME.calendar.model_copy(
        update={
            "closures": tuple(_named(one) for one in days),
            "makeup_days": tuple(_named(one) for one in made_up),
        }
    )
    return other_rules(version=2, calendar=calendar)


def _named(day: str) -> NamedDay:
    return NamedDay(date=date.fromisoformat(day), why="停课")


def to(digest: str, choice: str = "move", stage: str | None = None) -> MoveRules:
    return MoveRules(programme=digest, choice=choice, to=stage, reason="县局批复新方案")


def due_in_autumn() -> Story:
    """The group's plan as the cycle's window opens it: due on 15 September, lapsing on the 28th, a Sunday worked."""
    window = window_of(PROGRAMME, PROGRAMME.calendar_of(2025), PROGRAMME.duty_by_id["plan"], "2025-autumn")
    assert window is not None
    times = {"due_at": window.due_at, "lapses_at": window.lapses_at, "remind_at": window.remind_at}
    command = OpenFiling(cycle=CYCLE_ID, duty="plan", period=window.period, unit=GROUP, **times)
    return Story(FILING, "2025-09-01 08:00").when(command)


def opened_by(digest: str, people: tuple[Actor, ...] = PEOPLE) -> Story:
    """The group's plan under other rules, a week after it was opened."""
    times = {"due_at": at("2025-09-15 18:00"), "lapses_at": at("2025-09-28 18:00")}
    command = OpenFiling(cycle=CYCLE_ID, duty="plan", period="autumn", unit=GROUP, **times)
    return Story(FILING, "2025-09-01 08:00", people, STORED[digest]).when(command).at("2025-09-08 09:00")


def here(story: Story) -> list[str]:
    return [one.stage for one in story.state.visits]


def times(story: Story) -> dict[tuple[str, str | None], tuple[Any, Any]]:
    event = story.facts[0].event
    assert isinstance(event, RulesMoved)
    return {(one.time, one.stage): (one.before, one.after) for one in event.times}


# -- the path


def test_it_keeps_its_place_and_agreements_where_the_stage_remains() -> None:
    story = on_board().at("2025-09-10 09:00").when(to(with_stages(stage("first"), CHECK, BOARD, SEAL)), OFFICE)
    story.then(RulesMoved)
    assert here(story) == ["board"]
    assert story.state.passed == ("first", "check")
    assert [one.stage for one in story.state.approvals] == ["check"]
    assert story.facts[0].event.passed_over == ("first",)  # type: ignore[attr-defined]
    assert [one.notice for one in story.intents if isinstance(one, Notify)] == ["filing_rules_moved"]
    story.when(Approve(), DEPUTY).when(Approve(), TWO_HATS).at("2025-09-11 09:00").when(SOUND, OFFICE)
    assert story.state.status == "approved"


def test_it_goes_on_to_the_next_stage_where_its_own_is_gone() -> None:
    story = on_board().at("2025-09-10 09:00").when(to(with_stages(CHECK, SEAL)), OFFICE)
    story.then(RulesMoved, StageReached)
    assert (here(story), story.state.passed) == (["seal"], ("check",))
    assert story.state.visits[0].due_at == at("2025-09-16 18:00")
    assert "filing_to_decide" in story.notices()


def test_new_stages_that_lie_ahead_are_passed_in_their_turn() -> None:
    story = on_board().when(to(with_stages(CHECK, BOARD, stage("head"), SEAL)), OFFICE)
    story.when(Approve(), DEPUTY).when(Approve(), TWO_HATS)
    assert here(story) == ["head"]
    story.when(Approve(), PRINCIPAL)
    assert here(story) == ["seal"]


def test_branch_that_comes_new_beside_it_is_asked_at_once() -> None:
    beside = Parallel(parallel=((BOARD,), (stage("head"),)))
    story = on_board().when(to(with_stages(CHECK, beside, SEAL)), OFFICE).then(RulesMoved, StageReached)
    assert here(story) == ["board", "head"]
    story.when(Approve(stage="board"), DEPUTY).when(Approve(stage="board"), TWO_HATS)
    assert here(story) == ["head"]
    story.when(Approve(), PRINCIPAL)
    assert here(story) == ["seal"]


def test_other_deciders_come_to_decide_where_it_stands() -> None:
    changed = CHECK.model_copy(update={"decided_by": (Decider.parse("principal@school"),)})
    story = submitted().when(to(with_stages(changed, BOARD, SEAL)), OFFICE).then(RulesMoved, SeatsChanged)
    assert [one.post for one in story.state.visits[0].seats] == [post("principal@school")]
    story.refuses(Approve(), COORDINATOR, "not_decider")
    story.when(Approve(), PRINCIPAL)
    assert here(story) == ["board"]


def test_stage_that_nobody_can_decide_by_the_new_rule_is_passed_where_the_rule_says_so() -> None:
    empty = CHECK.model_copy(update={"decided_by": (Decider.parse("director@county"),), "vacant": Vacancy.SKIP})
    people = tuple(one for one in PEOPLE if one is not DIRECTOR)
    story = submitted(people).when(to(with_stages(empty, BOARD, SEAL)), OFFICE)
    story.then(RulesMoved, StagePassed, StageReached)
    assert here(story) == ["board"]


def test_what_is_agreed_may_be_enough_under_other_rules() -> None:
    changed = BOARD.model_copy(update={"mode": Mode.ANY})
    story = on_board().when(Approve(), DEPUTY).when(to(with_stages(CHECK, changed, SEAL)), OFFICE)
    story.then(RulesMoved, SeatsChanged, StagePassed, StageReached)
    assert here(story) == ["seal"]
    assert [one.stage for one in story.state.approvals] == ["check", "board"]


def test_vote_begins_anew_when_it_is_counted_otherwise() -> None:
    counted = BOARD.model_copy(update={"mode": Mode.VOTES, "votes": 2})
    story = on_board().when(Approve(), DEPUTY).when(to(with_stages(CHECK, counted, SEAL)), OFFICE)
    assert (here(story), [one.stage for one in story.state.approvals]) == (["board"], ["check"])
    story.when(Approve(), DEPUTY).when(Approve(), TWO_HATS)
    assert here(story) == ["seal"]


def test_nothing_is_approved_by_a_change_of_rules() -> None:
    at_seal().refuses(to(with_stages(CHECK, BOARD)), OFFICE, "nobody_left_to_decide", "choice")
    story = on_board().when(Approve(), DEPUTY)
    only = BOARD.model_copy(update={"mode": Mode.ANY})
    story.refuses(to(with_stages(CHECK, only)), OFFICE, "nobody_left_to_decide", "choice")


def test_it_goes_back_to_a_stage_of_the_new_path() -> None:
    digest = with_stages(stage("first"), CHECK, BOARD, SEAL)
    story = on_board().when(Approve(), DEPUTY).when(to(digest, "back", "first"), OFFICE)
    story.then(RulesMoved, StageReached)
    assert (here(story), story.state.passed, story.state.approvals) == (["first"], (), ())
    story.when(Approve(), PRINCIPAL).when(Approve(), COORDINATOR)
    assert here(story) == ["board"]
    assert story.state.agreed("board") == frozenset()


def test_it_may_go_back_to_where_it_stands_and_no_further_on() -> None:
    digest = with_stages(CHECK, BOARD, stage("head"), SEAL)
    story = on_board().when(Approve(), DEPUTY).when(to(digest, "back", "board"), OFFICE)
    assert (here(story), story.state.agreed("board")) == (["board"], frozenset())
    on_board().refuses(to(digest, "back", "head"), OFFICE, "not_behind_it", "to")
    on_board().refuses(to(digest, "back", "nowhere"), OFFICE, "not_behind_it", "to")


def test_it_goes_back_to_its_author() -> None:
    digest = with_stages(stage("first"), SEAL)
    story = on_board().at("2025-09-24 09:00").when(to(digest, "back"), OFFICE).then(RulesMoved)
    assert (story.state.status, story.state.reason, story.state.straight) == ("returned", "县局批复新方案", False)
    assert story.state.due_at == at("2025-09-30 18:00") != story.facts[0].event.times[0].before  # type: ignore[attr-defined]
    story.when(Submit(content={"aims": "重拟"}), LEADER)
    assert here(story) == ["first"]


def test_author_who_has_it_begins_under_the_new_rules() -> None:
    digest = with_stages(stage("first"), SEAL)
    for story in (opened(), drafting(), submitted().when(Recall(), LEADER)):
        story.refuses(to(digest, "back"), OFFICE, "author_has_it", "choice")
        status = story.state.status
        story.when(to(digest), OFFICE).then(RulesMoved)
        assert story.state.status == status
        assert [one.stage for one in story.state.steps] == ["first", "seal"]


def test_amendment_goes_by_the_new_rules_and_what_is_in_force_stays() -> None:
    story = approved().when(Amend(reason="有误"), LEADER)
    story.when(to(with_stages(stage("first"), SEAL)), OFFICE)
    assert [one.stage for one in story.state.in_force.approvals] == ["check", "board", "board", "seal"]
    story.when(Submit(content={"aims": "改"}), LEADER)
    assert here(story) == ["first"]


def test_mended_filing_comes_straight_back_on_the_new_path() -> None:
    story = returned().when(to(with_stages(stage("first"), CHECK, BOARD, SEAL)), OFFICE)
    story.when(Submit(content={"aims": "改"}), LEADER)
    assert here(story) == ["board"]
    gone = returned().when(to(with_stages(CHECK, stage("m"), SEAL)), OFFICE)
    assert gone.state.stage == "seal"
    gone.when(Submit(content={"aims": "改"}), LEADER)
    assert here(gone) == ["seal"]


def test_straight_back_from_a_stage_keeps_what_lies_between() -> None:
    story = at_seal().when(Return(reason="核对", to="check", then="straight"), OFFICE)
    story.when(to(with_stages(stage("first"), CHECK, stage("m"), BOARD, SEAL)), OFFICE)
    assert (here(story), set(story.state.passed)) == (["check"], {"first", "m", "board"})
    story.when(Approve(), COORDINATOR)
    assert here(story) == ["seal"]


def test_signers_that_were_added_stay_in_the_path() -> None:
    ask = AddSigner(people=(PRINCIPAL.person,), where="after", reason="请校长看")
    story = submitted().when(ask, COORDINATOR)
    story.when(to(with_stages(CHECK, stage("m", "director@county"), BOARD, SEAL)), OFFICE)
    after = {one.stage: set(one.after) for one in story.state.steps}
    assert after["added-1"] == {"check"}
    assert after["board"] == {"m", "added-1"}
    story.when(Approve(), COORDINATOR)
    assert set(here(story)) == {"added-1", "m"}


def test_signer_who_goes_first_still_goes_first() -> None:
    ask = AddSigner(people=(PRINCIPAL.person,), where="before", reason="请校长先看")
    story = submitted().when(ask, COORDINATOR).when(to(with_stages(stage("n"), CHECK, BOARD, SEAL)), OFFICE)
    assert (here(story), [one.stage for one in story.state.paused]) == (["added-1"], ["check"])
    story.when(Approve(), PRINCIPAL)
    assert here(story) == ["check"]


def test_picture_shows_the_new_path_with_the_seals_that_hold() -> None:
    story = on_board().when(to(with_stages(stage("first"), CHECK, SEAL)), OFFICE)
    steps = filing_path(views.recorded(story.history), views.names("en")).steps
    assert [(one.title, one.state.value) for one in steps] == [
        ("Submission", "done"),
        ("first", "done"),
        ("Check", "done"),
        ("Seal", "now"),
    ]


# -- the times


def test_closure_moves_what_is_due() -> None:
    story = due_in_autumn().at("2025-09-02 09:00").when(to(closed("2025-09-04", "2025-09-05")), OFFICE).then(RulesMoved)
    assert story.state.due_at == at("2025-09-17 18:00")
    # Ten workdays after: the day off in October does not count, the Sunday before it does.
    assert story.state.lapses_at > at("2025-09-28 18:00")
    assert story.state.remind_at == (at("2025-09-12 08:00"), at("2025-09-16 08:00"))
    moved = times(story)
    assert moved[Time.DUE, None] == (at("2025-09-15 18:00"), at("2025-09-17 18:00"))
    assert Time.LAPSES in {time for time, _ in moved}


def test_make_up_day_brings_it_nearer_but_never_into_the_past() -> None:
    story = due_in_autumn().at("2025-09-02 09:00").when(to(closed(made_up=("2025-09-06", "2025-09-07"))), OFFICE)
    assert story.state.due_at == at("2025-09-11 18:00")
    late = due_in_autumn().at("2025-09-12 09:00").when(to(closed(made_up=("2025-09-06", "2025-09-07"))), OFFICE)
    assert late.state.due_at == at("2025-09-12 18:00")


def test_closure_moves_the_times_of_the_stage_it_is_at() -> None:
    story = submitted().when(to(closed("2025-09-10")), OFFICE)
    visit = story.state.visits[0]
    assert (visit.arrived_at, visit.due_at) == (at("2025-09-08 09:00"), at("2025-09-12 18:00"))
    assert visit.remind_at == at("2025-09-11 08:00")
    assert visit.escalate_at == at("2025-09-16 18:00")
    assert set(times(story)) >= {
        (Time.STAGE_DUE, "check"),
        (Time.STAGE_REMINDER, "check"),
        (Time.STAGE_ESCALATES, "check"),
    }


def test_closure_that_is_over_moves_nothing() -> None:
    story = submitted()
    found = under(story.state, Between(PROGRAMME, STORED[closed("2025-12-01")]), story.now)
    assert not differs(story.state, found)


def test_time_that_was_granted_is_as_far_off_as_it_was() -> None:
    story = returned()
    assert story.state.due_at == at("2025-09-19 18:00")
    story.when(to(closed("2025-09-17")), OFFICE)
    assert story.state.due_at == at("2025-09-22 18:00")


def test_other_deadlines_of_the_duty_and_the_stage_hold_where_they_changed() -> None:
    window = PROGRAMME.duty_by_id["plan"].window.model_copy(update={"due": Moment.parse("start + 15 workdays")})
    story = due_in_autumn().at("2025-09-02 09:00").when(to(with_duty(window=window)), OFFICE)
    assert story.state.due_at == at("2025-09-22 18:00")
    longer = submitted().when(to(with_stages(CHECK.model_copy(update={"due": 6}), BOARD, SEAL)), OFFICE)
    assert longer.state.visits[0].due_at == at("2025-09-16 18:00")


def test_reminder_that_was_sent_is_not_sent_again_for_the_same_time() -> None:
    story = submitted().at("2025-09-10 08:00").carry_out_due()
    assert story.state.visits[0].remind_at is None
    story.when(to(with_stages(CHECK.model_copy(update={"escalate": None}), BOARD, SEAL)), OFFICE)
    assert (story.state.visits[0].remind_at, story.state.visits[0].escalate_at) == (None, None)


def test_rules_that_are_not_asked_for_leave_all_as_it_is() -> None:
    other = other_rules(version=2, title=Text(zh="小县新方案", en="New"))
    for story in (opened(), submitted(), on_board(), returned()):
        before = story.state
        story.when(to(other), OFFICE).then(RulesMoved)
        assert story.state == before
        assert story.facts[0].event.times == ()  # type: ignore[attr-defined]


# -- who may, and when not


def test_only_who_runs_the_cycle_and_never_their_own() -> None:
    digest = with_stages(CHECK, SEAL)
    on_board().refuses(to(digest), COORDINATOR, "right_missing")
    both = somebody("both", "leader@school-maths", "office@county")
    opened((*Story(FILING, "2025-09-01 08:00").people, both)).at("2025-09-08 09:00").when(ONE, both).refuses(
        to(digest), both, "own_filing"
    )


def test_rules_without_the_duty_cannot_be_gone_by() -> None:
    gone = other_rules(version=2, duties=(PROGRAMME.duty_by_id["diary"],))
    submitted().refuses(to(gone), OFFICE, "rules_without_duty", "programme")


def test_same_rules_over_the_same_tree_move_nothing() -> None:
    submitted().refuses(to(other_rules()), OFFICE, "nothing_moves", "programme")


def test_what_has_ended_does_not_move() -> None:
    approved().refuses(to(with_stages(CHECK)), OFFICE, "not_now")


def test_agreement_after_the_move_is_recorded_and_earlier_states_read_as_they_were() -> None:
    story = on_board()
    before, count = story.state, len(story.history)
    story.when(to(with_stages(CHECK, SEAL)), OFFICE).when(SOUND, OFFICE)
    assert isinstance(story.facts[-1].event, FilingApproved)
    state = None
    for fact in story.history[:count]:
        state = FILING.fold(state, fact)
    assert state == before


# -- what a machine of random programmes has found


def test_choice_holds_only_where_the_new_rule_lets_somebody_choose_so() -> None:
    chosen = BOARD.model_copy(update={"chosen_by": Chooser.AUTHOR})
    choose = Submit(content={"aims": "甲"}, choose={"board": (DEPUTY.person,)})
    for board, kept in (
        (chosen.model_copy(update={"due": 9}), True),
        (chosen.model_copy(update={"decided_by": (Decider.parse("principal@school"),)}), False),
        (BOARD.model_copy(update={"decided_by": (Decider.parse("principal@school"),)}), False),
    ):
        story = opened_by(with_stages(CHECK, chosen, SEAL)).when(choose, LEADER)
        story.when(to(with_stages(CHECK, board, SEAL)), OFFICE).when(Approve(), COORDINATOR)
        (visit,) = story.state.visits
        assert {one.person for one in visit.seats} == {DEPUTY.person if kept else PRINCIPAL.person}


def test_stage_that_waits_for_a_signer_is_decided_by_whom_the_new_rule_names() -> None:
    ask = AddSigner(people=(PRINCIPAL.person,), where="before", reason="请校长先看")
    other = CHECK.model_copy(update={"decided_by": (Decider.parse("director@county"),)})
    story = submitted().when(ask, COORDINATOR).when(to(with_stages(other, BOARD, SEAL)), OFFICE)
    story.when(Approve(), PRINCIPAL).refuses(Approve(), COORDINATOR, "not_decider")
    story.when(Approve(), DIRECTOR)
    assert here(story) == ["board"]


def test_mended_filing_passes_every_stage_when_nobody_would_be_left_to_look_at_it() -> None:
    story = returned().when(to(with_stages(CHECK)), OFFICE)
    assert (story.state.straight, story.state.passed, story.state.approvals, story.state.stage) == (
        False,
        (),
        (),
        "check",
    )
    story.when(Submit(content={"aims": "改"}), LEADER)
    assert here(story) == ["check"]
    story.when(Approve(), COORDINATOR)
    assert isinstance(story.facts[-1].event, FilingApproved)


def test_whoever_it_goes_back_to_is_asked_though_they_agreed_elsewhere() -> None:
    again = stage("again", "coordinator@cluster", same_person=SamePerson.ONCE)
    story = on_board().when(to(with_stages(CHECK, again, BOARD, SEAL), "back", "again"), OFFICE)
    assert here(story) == ["again"]


def test_nothing_passes_by_time_by_the_change_of_rules_itself() -> None:
    story = submitted().at("2025-09-25 09:00").carry_out_due()
    late = CHECK.model_copy(update={"passes_after": 3})
    story.when(to(with_stages(late, BOARD, SEAL)), OFFICE)
    assert story.state.visits[0].passes_at == at("2025-09-25 18:00")
    assert here(story.carry_out_due()) == ["check"]


def test_time_of_grace_is_not_moved_into_the_past() -> None:
    shorter = {"due": Moment.parse("start + 5 workdays"), "lapses": 1}
    window = PROGRAMME.duty_by_id["plan"].window.model_copy(update=shorter)
    story = due_in_autumn().at("2025-09-16 09:00").carry_out_due().when(to(with_duty(window=window)), OFFICE)
    assert story.state.lapses_at == at("2025-09-16 18:00")


def test_vacant_stage_stays_with_the_office_when_nobody_of_the_next_level_is_there() -> None:
    few = tuple(one for one in PEOPLE if one not in (COORDINATOR, TWO_HATS, DIRECTOR))
    above = CHECK.model_copy(update={"escalate": Escalation(after=1, to=Decider.parse("director@county"))})
    story = opened_by(with_stages(above, SEAL), few).when(ONE, LEADER)
    story.at("2025-09-22 18:00").carry_out_due()
    escalated = story.history[-1].event
    assert isinstance(escalated, StageEscalated)
    assert escalated.vacant
    assert "name_decider" in {one.kind for one in FILING.tasks(story.state)}
