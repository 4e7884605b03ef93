"""What becomes of people and rules in the course of a lively year: delegations, vacancies, leavers, other rules."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.access import Post
from domain.calendar import SchoolCalendar
from domain.filing import commands as c
from domain.ids import SYSTEM, PersonId, StreamId, stream_id
from domain.machine import Appointment, Command
from domain.person import Appoint, Delegate, EndAppointment, EndDelegation, HandOver, Register
from domain.programme import Parallel, Pipeline, Programme, Right, Stage, StageOrBranches
from ledger.moves import Choice, InFlight, Wish
from workflows.rehearsal.lively import LivelyCrowd
from workflows.rehearsal.people import MORNING, Somebody, Temper, draw
from workflows.rehearsal.specimens import full_name


class Kind(StrEnum):
    """What happens."""

    DELEGATION = "delegation"
    """Somebody has a colleague act for them."""
    BACK_EARLY = "back_early"
    """Somebody ends such a delegation."""
    VACANCY = "vacancy"
    """The only holder of a post loses it at once."""
    END_OF_TERM = "end_of_term"
    """A post ends by a day, and its next holder begins on a later one."""
    FILLED = "filled"
    """A vacant post has a holder again."""
    LEAVER = "leaver"
    """Somebody leaves, and hands over what they have to do."""
    RULES = "rules"
    """Other rules come into force, and what is on its way moves, stays or goes back."""


_EVERY = {
    Kind.DELEGATION: (4, 4),
    Kind.BACK_EARLY: (9, 12),
    Kind.VACANCY: (6, 10),
    Kind.END_OF_TERM: (12, 18),
    Kind.LEAVER: (9, 8),
}
"""Of each affair the first workday of a term on which it happens, and after how many it happens again."""
_RULES_ON = 24
"""The workday of each term on which other rules come."""
_FILLED_AFTER = 6
"""Workdays until a vacancy is filled."""


@dataclass(frozen=True, slots=True, order=True)
class Affair:
    """Something that happens at an instant."""

    at: datetime
    number: int
    kind: Kind
    post: Post | None = None
    """The post to be filled."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A command that an affair comes to."""

    stream: StreamId
    command: Command
    person: PersonId


def calendar_of_affairs(calendar: SchoolCalendar) -> Iterator[Affair]:
    """Yield what happens in a school year, without what follows from it."""
    number = 0
    for term in calendar.terms:
        last = calendar.workdays_between(term.first_day, term.last_day)
        days = [(day, kind) for kind, (first, every) in _EVERY.items() for day in range(first, last, every)]
        for workday, kind in sorted([*days, (_RULES_ON, Kind.RULES)]):
            number += 1
            day = calendar.add_workdays(term.first_day, workday)
            yield Affair(calendar.instant(day, MORNING), number, kind)


class Directory:
    """Whoever keeps the directory and the rules, in a lively rehearsal."""

    def __init__(self, crowd: LivelyCrowd) -> None:
        self._crowd = crowd
        self._programme = crowd.programme
        self._deciding = _deciding_roles(crowd.programme)
        self._busy_elsewhere = {one.inspectors.role for one in crowd.programme.inspections}

    # -- who

    @property
    def keeper(self) -> PersonId:
        """Whoever keeps the directory; the system, where no role does."""
        return self._with(Right.DIRECTORY)

    @property
    def runner(self) -> PersonId:
        """Whoever runs the cycle."""
        return self._with(Right.RUN_CYCLE)

    def _with(self, right: Right) -> PersonId:
        roles = {role.id for role in self._programme.roles if right in role.rights}
        found = (one for one in sorted(self._crowd.people) if any(p.role in roles for p in self._crowd.posts(one)))
        return next(found, SYSTEM)

    def _deciders(self) -> list[PersonId]:
        crowd = self._crowd
        return [one for one in sorted(crowd.people) if any(post.role in self._deciding for post in crowd.posts(one))]

    def _lone_posts(self) -> list[Post]:
        """Posts that decide and have one holder, without those that the others could not do without."""
        needed = {Right.DIRECTORY, Right.RUN_CYCLE, Right.WAIVE}
        spared = {one.id for one in self._programme.roles if not needed & one.rights} & self._deciding
        posts = {post for one in self._deciders() for post in self._crowd.posts(one) if post.role in spared}
        lone = (one for one in posts if len(self._crowd.holders(one)) == 1)
        return sorted(lone, key=lambda one: (one.role, one.unit))

    # -- what

    def errands(
        self,
        affair: Affair,
        rng: random.Random,
        today: date,
        calendar: SchoolCalendar,
        awaited: Collection[Post],
    ) -> tuple[Sequence[Errand], Affair | None]:
        """Return what an affair of the directory alone comes to, and what follows from it.

        A post that ends is one of those that something waits for, where there is one.
        """
        if affair.kind is Kind.DELEGATION:
            return list(self._delegation(rng, today)), None
        if affair.kind is Kind.BACK_EARLY:
            return list(self._back_early(rng)), None
        if affair.kind is Kind.FILLED and affair.post is not None:
            return [self._registered(affair, affair.post, today)], None
        lone = self._lone_posts()
        if not lone:
            return (), None
        post = rng.choice([one for one in lone if one in awaited] or lone)
        if affair.kind is Kind.VACANCY:
            at = calendar.instant(calendar.add_workdays(today, _FILLED_AFTER), MORNING)
            return [self._ended(post, None)], replace(affair, at=at, kind=Kind.FILLED, post=post)
        return list(self._succession(affair, post, today, calendar)), None

    def _delegation(self, rng: random.Random, today: date) -> Iterator[Errand]:
        crowd = self._crowd
        free = [one for one in self._deciders() if not crowd.known[one].open_delegations]
        if len(free) < 2:
            return
        # Somebody who alone holds a post is missed the most.
        alone = [one for one in free if any(len(crowd.holders(post)) == 1 for post in crowd.posts(one))]
        giver = rng.choice(alone if alone and rng.random() < 0.6 else free)
        nearby = {unit for post in crowd.posts(giver) for unit in crowd.path(post.unit)[1:]}
        near = [one for one in free if one != giver and any(post.unit in nearby for post in crowd.posts(one))]
        delegate = rng.choice(near or [one for one in free if one != giver])
        kinds = [one.id for one in self._programme.documents]
        documents = tuple(rng.sample(kinds, 2)) if len(kinds) > 2 and rng.random() < 0.3 else ()
        command = Delegate(
            delegate=delegate,
            documents=documents,
            first_day=today,
            last_day=today + timedelta(days=rng.randint(4, 15)),
            reason="外出培训，由同事代为办理。",
        )
        yield Errand(StreamId(giver), command, giver if rng.random() < 0.7 else self.keeper)

    def _back_early(self, rng: random.Random) -> Iterator[Errand]:
        givers = [one for one in self._deciders() if self._crowd.known[one].open_delegations]
        if givers:
            giver = rng.choice(givers)
            (given, *_) = self._crowd.known[giver].open_delegations
            yield Errand(StreamId(giver), EndDelegation(id=given.id), giver)

    def _ended(self, post: Post, last_day: date | None) -> Errand:
        (holder,) = self._crowd.holders(post)
        held = self._crowd.known[holder.id]
        id = next(one.id for one in held.posts if (one.role, one.unit) == (post.role, post.unit) and held.is_alive(one))
        return Errand(StreamId(holder.id), EndAppointment(id=id, last_day=last_day), self.keeper)

    def _succession(self, affair: Affair, post: Post, today: date, calendar: SchoolCalendar) -> Iterator[Errand]:
        yield self._ended(post, calendar.add_workdays(today, 2))
        one = self._newcomer(affair, post)
        yield Errand(StreamId(one.id), Register(full_name=one.name), self.keeper)
        first = calendar.add_workdays(today, _FILLED_AFTER)
        appointment = Appointment(id="1", role=post.role, unit=post.unit, first_day=first)
        yield Errand(StreamId(one.id), Appoint(post=appointment), self.keeper)

    def _registered(self, affair: Affair, post: Post, today: date) -> Errand:
        one = self._newcomer(affair, post)
        appointment = Appointment(id="1", role=post.role, unit=post.unit, first_day=today)
        return Errand(StreamId(one.id), Register(full_name=one.name, posts=(appointment,)), self.keeper)

    def _newcomer(self, affair: Affair, post: Post) -> Somebody:
        key = f"{post.unit}/{post.role}/new/{affair.number}"
        crowd = self._crowd
        person = PersonId(stream_id("person", crowd.tenant, key))
        one = Somebody(person, full_name(draw(crowd.seed, "name", key)), post, Temper.PROMPT)
        crowd.people[person] = one
        return one

    # -- leaving

    def leaver(self, waiting: Sequence[PersonId], rng: random.Random) -> PersonId | None:
        """Return who leaves, of those for whom something waits; None when nobody can be spared."""
        needed = {Right.DIRECTORY, Right.RUN_CYCLE}
        kept = {one.id for one in self._programme.roles if needed & one.rights} | self._busy_elsewhere
        able = []
        for one in sorted(waiting):
            posts = self._crowd.posts(one)
            lone = any(len(self._crowd.holders(post)) == 1 and post.role in kept for post in posts)
            if posts and not lone and not any(post.role in self._busy_elsewhere for post in posts):
                able.append(one)
        return rng.choice(able) if able else None

    def handing_over(
        self, affair: Affair, leaver: PersonId, streams: Sequence[StreamId], rng: random.Random, today: date
    ) -> Iterator[Errand]:
        """What makes somebody leave: a successor, each of their filings, and the end of their posts.

        The successor is a colleague in the same post, or somebody new who is appointed to all of the leaver's.
        """
        crowd = self._crowd
        posts = crowd.posts(leaver)
        beside = [one.id for one in crowd.holders(posts[0]) if one.id != leaver]
        reason = "调离，工作移交。"
        if beside and rng.random() < 0.5:
            successor = rng.choice(beside)
        else:
            one = self._newcomer(affair, posts[0])
            successor = one.id
            appointments = tuple(
                Appointment(id=str(n), role=post.role, unit=post.unit, first_day=today)
                for n, post in enumerate(posts, start=1)
            )
            yield Errand(StreamId(successor), Register(full_name=one.name, posts=appointments), self.keeper)
        for stream in streams:
            # The keeper of the directory reads no filings: what they order is carried out for them.
            yield Errand(stream, c.HandOver(leaver=leaver, to=successor, reason=reason), SYSTEM)
        yield Errand(StreamId(leaver), HandOver(successor=successor, reason=reason, leaves=True), self.keeper)

    # -- other rules

    def wish(self, one: InFlight, rng: random.Random) -> Wish:
        """What is to become of a filing on its way when other rules come: it stays, moves, or goes back."""
        foreseen = one.foreseen
        choices: dict[Choice, int] = {"stay": 25, "move": 55 if foreseen.may_move else 0}
        if foreseen.may_go_to_author:
            choices["back"] = 25
        choice = rng.choices(list(choices), weights=list(choices.values()))[0]
        places = foreseen.may_go_back_to
        to = rng.choice(places) if choice == "back" and places and rng.random() < 0.5 else None
        return Wish(one.stream, one.version, choice, to)


def _deciding_roles(programme: Programme) -> frozenset[str]:
    uses = (use for pipeline in programme.pipelines for stage in pipeline.all_stages for use in stage.decided_by)
    return frozenset(use.role for use in uses)


# -- the other rules themselves


def revised(programme: Programme) -> Programme:
    """Return the next version of a programme: more time at every stage, and long paths without their second stage."""
    pipelines = tuple(_revised(one) for one in programme.pipelines)
    changed = {"version": programme.version + 1, "pipelines": pipelines}
    return Programme(**{name: getattr(programme, name) for name in Programme.model_fields} | changed)


def _revised(pipeline: Pipeline) -> Pipeline:
    stages = list(pipeline.stages)
    if len(stages) > 2 and _may_go(stages[1]) and not _waits_for_choice(stages[2]):
        del stages[1]
    fields = {name: getattr(pipeline, name) for name in Pipeline.model_fields}
    return Pipeline(**fields | {"stages": tuple(_with_more_time(one) for one in stages)})


def _may_go(entry: StageOrBranches) -> bool:
    return isinstance(entry, Stage) and not entry.judges


def _waits_for_choice(entry: StageOrBranches) -> bool:
    return isinstance(entry, Stage) and entry.chosen_by is not None


def _with_more_time(entry: StageOrBranches) -> StageOrBranches:
    if isinstance(entry, Parallel):
        return Parallel(parallel=tuple(tuple(_longer(one) for one in branch) for branch in entry.parallel))
    return _longer(entry)


def _longer(stage: Stage) -> Stage:
    return stage.model_copy(update={"due": stage.due + 1})
