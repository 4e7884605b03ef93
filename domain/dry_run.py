"""What a change of rules would mean for what is under way: which filings would change, how, and what each choice means.

Pure: from a state, the rules it goes by, other rules and the time. Nothing is decided here; `domain.filing.moving` says
what would be, here and when it is carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.cycle import Cycle, Scheduled, Window, replanned
from domain.difference import Change
from domain.filing import Filing, InReview, MovedTime, Step
from domain.filing.moving import Between, Rerouted, differs, under
from domain.ids import UnitId
from domain.messages import Lang, render
from domain.programme import Decider, Pipeline, Programme, Relation
from domain.refusal import Refused
from domain.rerouting import reordered
from domain.rules_view import counted
from domain.view import Names


@dataclass(frozen=True, slots=True)
class StageChange:
    """A stage of a filing's path that would come, go or go by another rule."""

    stage: str
    change: Change
    before: Step | None
    after: Step | None
    elsewhere: bool = False
    """Whether it comes after other stages than before."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What other rules would mean for one filing."""

    state: Filing
    found: Rerouted | None
    """What it would be; none when it cannot go by those rules."""
    refused: Refused | None
    """Why it cannot."""
    stages: tuple[StageChange, ...] = ()
    form_changed: bool = False
    """Whether its document is another one, or asks for other things."""
    later_times: bool = False
    """Whether the calendar of the days to come is another, by which the times of later stages are counted."""

    @property
    def at(self) -> tuple[str, ...]:
        """The stages it is at now."""
        return tuple(one.stage for one in self.state.visits) if isinstance(self.state, InReview) else ()

    @property
    def times(self) -> tuple[MovedTime, ...]:
        """The times that would move."""
        return () if self.found is None else self.found.times

    @property
    def unit_moved(self) -> bool:
        """Whether its unit stands elsewhere in the tree by now."""
        return self.found is not None and self.found.path != self.state.path

    @property
    def may_move(self) -> bool:
        """Whether it could keep its place: somebody is left to decide."""
        return self.found is not None and (not isinstance(self.state, InReview) or bool(self.found.at))

    @property
    def may_go_back_to(self) -> tuple[str, ...]:
        """The stages of the new path it could go back to, besides its author."""
        return self.found.may_go_back_to if self.found is not None and isinstance(self.state, InReview) else ()

    @property
    def may_go_to_author(self) -> bool:
        """Whether it could go back to its author, who has not got it."""
        return self.found is not None and isinstance(self.state, InReview)


def may_change(between: Between, duty: str, unit: UnitId, path: Sequence[str]) -> bool:
    """Whether other rules could change anything about the filings of a duty whose unit had this path.

    Where what they say of the duty is the same, and the unit stands where it stood, each of them stays as it is.
    """
    old, new = between.old, between.new
    was, will = old.duty_by_id.get(duty), new.duty_by_id.get(duty)
    if was is None or will is None or was != will:
        return True
    pipeline = new.pipeline_by_id[will.pipeline]
    same = (
        between.same_calendar
        and between.same_document(was.document, will.document)
        and old.pipeline_by_id[was.pipeline] == pipeline
        and old.roles == new.roles
    )
    # Which school is the centre of a cluster is said by no path.
    return not same or _asks_the_centre(pipeline) or unit not in new.all_units or tuple(path) != new.path_of(unit)


def _asks_the_centre(pipeline: Pipeline) -> bool:
    uses = [one for stage in pipeline.all_stages for one in (*stage.decided_by, stage.vacant)]
    uses += [stage.escalate.to for stage in pipeline.all_stages if stage.escalate is not None]
    return any(isinstance(one, Decider) and one.scope is Relation.CENTRE for one in (*uses, *pipeline.copies))


def foresee(state: Filing, between: Between, now: datetime) -> Foreseen | None:
    """Return what other rules would mean for a filing under way; none when nothing about it would change."""
    try:
        found = under(state, between, now)
    except Refused as refused:
        return Foreseen(state, None, refused)
    form_changed = not between.same_document(state.document, found.document)
    later_times = not between.same_calendar and _days_ahead(between.old, now) != _days_ahead(between.new, now)
    if not (differs(state, found) or form_changed or later_times):
        return None
    stages = tuple(_stage_changes(state.steps, found.steps))
    return Foreseen(state, found, None, stages, form_changed, later_times)


def _days_ahead(programme: Programme, now: datetime) -> tuple[object, ...]:
    """What a calendar says of today and the days to come, as far as deadlines rest on it."""
    rules, today = programme.calendar, programme.local_day(now)
    closed = frozenset(day.date for day in rules.closures if day.date >= today)
    made_up = frozenset(day.date for day in rules.makeup_days if day.date >= today)
    return closed, made_up, rules.start_of_business, rules.close_of_business, rules.time_zone


def _stage_changes(before: Sequence[Step], after: Sequence[Step]) -> Iterator[StageChange]:
    """The stages that come, go, stand elsewhere or have another rule. What is next to them has not changed."""
    old = {one.stage: one for one in before}
    new = {one.stage: one for one in after}
    elsewhere = reordered(before, after)
    for stage in dict.fromkeys((*new, *old)):
        was, becomes = old.get(stage), new.get(stage)
        if was is None:
            yield StageChange(stage, Change.ADDED, None, becomes)
        elif becomes is None:
            yield StageChange(stage, Change.REMOVED, was, None)
        elif stage in elsewhere or was.model_copy(update={"after": becomes.after}) != becomes:
            yield StageChange(stage, Change.CHANGED, was, becomes, stage in elsewhere)


# -- the cycle


@dataclass(frozen=True, slots=True)
class WindowChange:
    """A window to come that would come, go or have other times."""

    change: Change
    before: Window | None
    after: Window | None


def foresee_windows(state: Cycle, new: Programme, now: datetime) -> tuple[WindowChange, ...]:
    """Return how the windows that have not opened would change."""
    if not isinstance(state, Scheduled):
        return ()
    begun = {*state.opened, *state.missed}
    old = {one.id: one for one in state.windows if one.id not in begun}
    coming = {one.id: one for one in replanned(state, new, now) if one.id not in begun}
    return tuple(_window_changes(old, coming))


def _window_changes(old: Mapping[str, Window], new: Mapping[str, Window]) -> Iterator[WindowChange]:
    for id in dict.fromkeys((*new, *old)):
        was, becomes = old.get(id), new.get(id)
        if was is None:
            yield WindowChange(Change.ADDED, None, becomes)
        elif becomes is None:
            yield WindowChange(Change.REMOVED, was, None)
        elif was != becomes:
            yield WindowChange(Change.CHANGED, was, becomes)


# -- in words


def standing_in_words(state: Filing, names: Names) -> str:
    """Where a filing stands: its status, and the stages it is at."""
    status = names.say(f"status.filing.{state.status}")
    at = [names.text(state.step_of(one.stage).title) for one in state.visits] if isinstance(state, InReview) else []
    return names.labelled(status, names.listed(at)) if at else status


def changes_in_words(one: Foreseen, names: Names) -> tuple[str, ...]:
    """Return everything that would change about a filing, a sentence each."""
    if one.refused is not None:
        return (names.say(f"refusal.{one.refused.code}", **one.refused.params),)
    said = [sentence for change in one.stages for sentence in _stage_in_words(change, names)]
    if one.unit_moved:
        said.insert(0, names.say("dry_run.unit_moved"))
    said += (_time_in_words(time, one, names) for time in one.times)
    if one.later_times:
        said.append(names.say("dry_run.later_times"))
    if one.form_changed:
        said.append(names.say("dry_run.form_changed"))
    return tuple(said) or (names.say("dry_run.other_rules"),)


def _stage_in_words(change: StageChange, names: Names) -> Iterator[str]:
    step = change.after or change.before
    assert step is not None, "a stage comes from one of the two paths"
    title = names.text(step.title)
    if change.before is None or change.after is None:
        yield names.say(f"dry_run.stage_{change.change}", stage=title, who=_who(step, names))
        return
    was, becomes = dict(_rules(change.before, names)), dict(_rules(change.after, names))
    none = names.say("dry_run.none")
    for key in dict.fromkeys((*becomes, *was)):
        if was.get(key) != becomes.get(key):
            label = names.say(f"label.{key}")
            before, after = was.get(key, none), becomes.get(key, none)
            yield names.say("dry_run.stage_rule", stage=title, label=label, before=before, after=after)
    if change.elsewhere:
        yield names.say("dry_run.stage_place", stage=title)


def _rules(step: Step, names: Names) -> Iterator[tuple[str, str]]:
    """What a stage lays down for a filing, by the label that rules are read with."""
    yield "title", names.text(step.title)
    yield "decided_by", _who(step, names)
    if step.when is not None:
        yield "when", step.when
    if step.chosen_by is not None:
        yield "chosen_by", names.say(f"rule.chosen_by.{step.chosen_by}")
    if step.veto:
        yield "veto", names.listed(names.post_at(post) for post in step.veto)
    yield "within", counted(names, "workday", step.due)
    if step.remind is not None:
        yield "remind", counted(names, "workday", step.remind)
    if step.escalate_after is not None and step.escalate_to is not None:
        count = counted(names, "workday", step.escalate_after)
        yield "escalate", names.say("rule.escalate", count=count, who=names.post_at(step.escalate_to))
    if step.passes_after is not None:
        yield "passes_after", counted(names, "workday", step.passes_after)
    yield "verdicts", names.say("rule.verdicts.with_reject" if step.may_reject else "rule.verdicts.usual")
    yield "resumes", names.say("rule.resumes.here" if step.resumes else "rule.resumes.anew")
    if step.judges:
        yield "judges", names.say("rule.judges")


def _who(step: Step, names: Names) -> str:
    who = names.listed((*(names.post_at(post) for post in step.posts), *(names.person(one) for one in step.people)))
    if step.staff_no is not None or step.people:
        return who or str(step.staff_no)
    votes = None if step.votes is None else counted(names, "vote", step.votes)
    return names.say(f"rule.decided_by.{step.mode}", who=who, count=votes)


def _time_in_words(one: MovedTime, foreseen: Foreseen, names: Names) -> str:
    time = names.say(f"time.{one.time}")
    if one.stage is not None:
        stage = names.text(foreseen.state.step_of(one.stage).title)
        time = names.say("story_part.moved.at_stage", stage=stage, time=time)
    none = names.say("story_part.no_time")
    before, after = (none if at is None else names.when(at) for at in (one.before, one.after))
    return names.say("story_part.moved.time", time=time, before=before, after=after)


def move_in_words(one: Foreseen, names: Names) -> str:
    """What moving would mean: where it would stand then."""
    if one.found is None:
        return names.say("dry_run.cannot_move")
    if not isinstance(one.state, InReview):
        return names.say("dry_run.move_working")
    if not one.may_move:
        return names.say("refusal.nobody_left_to_decide")
    there = names.listed(titles(one, one.found.at, names))
    over = names.listed(titles(one, one.found.passed_over, names)) or None
    return names.say("dry_run.move_stays" if one.found.at == one.at else "dry_run.move_goes", stages=there, over=over)


def titles(one: Foreseen, stages: Iterable[str], names: Names) -> list[str]:
    """The titles of stages of the new path."""
    steps = () if one.found is None else one.found.steps
    wanted = set(stages)
    return [names.text(step.title) for step in steps if step.stage in wanted]


def refusal_in_words(refused: Refused | None, lang: Lang) -> str:
    """Why a filing was not moved; none when somebody else was quicker."""
    if refused is None:
        return render("dry_run.gone_on", lang)
    return render(f"refusal.{refused.code}", lang, refused.params)


def window_in_words(one: WindowChange, names: Names) -> str:
    """What would become of a window to come."""
    window = one.after or one.before
    assert window is not None, "a window comes from one of the two"
    said = {"window": names.owed(window.rules), "period": names.period(window.period)}
    due = None if one.after is None else names.when(one.after.due_at)
    was = None if one.before is None else names.when(one.before.due_at)
    opens = None if one.after is None else names.when(one.after.opens_at)
    return names.say(f"dry_run.window_{one.change}", **said, due=due, was=was, opens=opens)
