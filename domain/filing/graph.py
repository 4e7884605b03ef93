"""A filing's path as a graph: what comes before and after a stage, and where it goes next. Pure arithmetic on steps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from domain.filing.states import InReview
from domain.filing.values import Step


def before(steps: Sequence[Step], stage: str) -> frozenset[str]:
    """The stages that a stage waits for, near and far."""
    after = {one.stage: one.after for one in steps}
    return _reach(after[stage], after)


def behind(steps: Sequence[Step], stage: str) -> frozenset[str]:
    """The stages that wait for a stage, near and far."""
    return frozenset(one.stage for one in steps if stage in before(steps, one.stage))


def _reach(begin: Iterable[str], edges: dict[str, tuple[str, ...]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(begin)
    while waiting:
        stage = waiting.pop()
        if stage not in found:
            found.add(stage)
            waiting += edges[stage]
    return frozenset(found)


def ready(state: InReview) -> tuple[Step, ...]:
    """The stages to be reached now, in the order of the path."""
    there = {one.stage for one in state.visits}
    held = {one.stage for one in state.holds}
    return tuple(
        one
        for one in state.steps
        if one.stage not in there
        and one.stage not in state.passed
        and one.stage not in held
        and all(stage in state.passed for stage in one.after)
    )


def sent_back_to(state: InReview, stage: str) -> tuple[Step, ...]:
    """The earlier stages to which a stage may send it back: those before it at which somebody agreed."""
    earlier = before(state.steps, stage)
    spoken = {one.stage for one in state.approvals if not one.by_time}
    return tuple(one for one in state.steps if one.stage in earlier and one.stage in spoken)


def with_added(steps: Sequence[Step], here: str, where: str, new: Step) -> tuple[Step, ...]:
    """The path with a stage put in before, after or beside another one."""
    placed: list[Step] = []
    for one in steps:
        if one.stage != here:
            placed.append(one)
        elif where == "before":
            placed += (new, one.model_copy(update={"after": (new.stage,)}))
        else:
            placed += (one, new)
    if where == "before":
        return tuple(placed)
    follows = {"after": (new.stage,), "beside": (here, new.stage)}[where]
    return tuple(
        one if one.stage == new.stage else one.model_copy(update={"after": _replaced(one.after, here, follows)})
        for one in placed
    )


def without_added(steps: Sequence[Step], gone: Collection[str]) -> tuple[Step, ...]:
    """The path without those of these stages that were put in on the way: what waited for them waits as before."""
    for stage in [one.stage for one in steps if one.added and one.stage in gone]:
        # Looked up anew: it may have waited for one that is out already.
        out = next(one for one in steps if one.stage == stage)
        rest = [one for one in steps if one.stage != stage]
        steps = [
            one.model_copy(update={"after": _waits(steps, _replaced(one.after, stage, out.after))}) for one in rest
        ]
    return tuple(steps)


def _waits(steps: Sequence[Step], after: Sequence[str]) -> tuple[str, ...]:
    """Stages to wait for, without those that another one of them waits for in its turn."""
    earlier = frozenset(stage for one in after for stage in before(steps, one))
    return tuple(dict.fromkeys(one for one in after if one not in earlier))


def _replaced(after: tuple[str, ...], old: str, new: Collection[str]) -> tuple[str, ...]:
    return tuple(stage for one in after for stage in (new if one == old else (one,)))
