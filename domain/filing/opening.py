"""How a filing begins, and how its path comes from the programme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.access import Post, Scope, readers
from domain.context import Context
from domain.filing.commands import OpenFiling
from domain.filing.events import FilingOpened
from domain.filing.values import Judgement, Step
from domain.ids import UnitId
from domain.machine import Event
from domain.programme import Decider, Duty, Pipeline, PlacedStage, Programme, Relation, Right, SamePerson, UnitKind
from domain.units import nearest, path_of, post_of, unit_of


def open_filing(_: None, command: OpenFiling, context: Context) -> Sequence[Event]:
    """Open what is owed, with its path resolved to posts."""
    programme = context.programme
    duty = programme.duty_by_id[command.duty]
    pipeline = programme.pipeline_by_id[duty.pipeline]
    unit = unit_of(programme, command.unit)
    return (
        FilingOpened(
            tenant=context.tenant,
            cycle=command.cycle,
            duty=duty.id,
            title=duty.title,
            document=duty.document,
            period=command.period,
            unit=command.unit,
            unit_title=unit.title,
            path=path_of(programme, command.unit),
            subject=unit.subject,
            person=command.person,
            author=post_of(programme, command.unit, duty.owed_by),
            office=office_of(programme, duty, command.unit),
            stays_in=stays_in_of(programme, duty, command.unit),
            steps=steps_of(programme, pipeline, command.unit),
            judgements=judgements_of(pipeline),
            copied=copied_of(programme, pipeline, command.unit),
            rework=pipeline.rework,
            urge_hours=pipeline.urge_hours,
            due_at=command.due_at,
            lapses_at=command.lapses_at,
            remind_at=tuple(at for at in command.remind_at if at > context.now),
        ),
    )


def stays_in_of(programme: Programme, duty: Duty, unit: UnitId) -> UnitId | None:
    """The unit above which nobody reads it."""
    return None if duty.stays_in is None else nearest(programme, unit, duty.stays_in)


def copied_of(programme: Programme, pipeline: Pipeline, unit: UnitId) -> tuple[Post, ...]:
    """Who is sent a copy when it is approved."""
    return _posts(programme, unit, pipeline.copies)


def judgements_of(pipeline: Pipeline) -> tuple[Judgement, ...]:
    """The verdicts that its judging stage may give."""
    return tuple(Judgement(id=one.id, title=one.title, opens=one.opens) for one in pipeline.judgements)


def steps_of(programme: Programme, pipeline: Pipeline, unit: UnitId) -> tuple[Step, ...]:
    """A pipeline's stages as they are for a unit."""
    return tuple(_step(programme, unit, one) for one in pipeline.placed)


def office_of(programme: Programme, duty: Duty, unit: UnitId) -> tuple[Post, ...]:
    """The posts that may waive what a unit owes, nearest first; of what stays within a unit, nobody above that one."""
    rights = {Right.WAIVE} if duty.stays_in is None else {Right.WAIVE, Right.WAIVE_WITHIN}
    roles = [one for one in programme.roles if rights & one.rights]
    path = reversed(readers(Scope(path_of(programme, unit), stays_in_of(programme, duty, unit))))
    return tuple(
        Post(role=role.id, unit=one) for one in path for role in roles if programme.known_units[one].kind in role.at
    )


def _step(programme: Programme, unit: UnitId, placed: PlacedStage) -> Step:
    stage, escalate = placed.stage, placed.stage.escalate
    vacant = stage.vacant
    return Step(
        stage=stage.id,
        title=stage.title,
        after=placed.after,
        posts=_posts(programme, unit, stage.decided_by),
        staff_no=stage.person,
        chosen_by=stage.chosen_by,
        mode=stage.mode,
        votes=stage.votes,
        veto=_posts(programme, unit, stage.veto),
        when=stage.when,
        vacant=_post(programme, unit, vacant) if isinstance(vacant, Decider) else vacant,
        once=stage.same_person is SamePerson.ONCE,
        due=stage.due,
        remind=stage.remind,
        escalate_after=escalate.after if escalate else None,
        escalate_to=_post(programme, unit, escalate.to) if escalate else None,
        passes_after=stage.passes_after,
        may_reject=stage.may_reject,
        resumes=stage.resumes,
        judges=stage.judges,
        seal=stage.seal,
    )


def _posts(programme: Programme, unit: UnitId, deciders: Iterable[Decider]) -> tuple[Post, ...]:
    return tuple(_post(programme, unit, one) for one in deciders)


def _post(programme: Programme, unit: UnitId, decider: Decider) -> Post:
    """The post that a decider means, seen from a unit; refused when there is no such unit."""
    return Post(role=decider.role, unit=_place(programme, unit, decider.scope))


def _place(programme: Programme, unit: UnitId, scope: UnitKind | Relation) -> UnitId:
    if isinstance(scope, UnitKind):
        return nearest(programme, unit, scope)
    if scope is Relation.OWN:
        return unit
    if scope is Relation.PARENT:
        return path_of(programme, unit)[-2]
    cluster = nearest(programme, unit, UnitKind.CLUSTER)
    centres = (one for one in programme.all_units.values() if one.centre and one.parent == cluster)
    # Where a cluster has lost its centre school, the post is one that nobody holds: the stage's rule for that applies.
    return UnitId(next((one.id for one in centres), cluster))
