"""Simulated people: who there is, and what each does with what waits for them.

Every choice is drawn from a generator seeded by the rehearsal's seed and the thing decided on, never from a shared
one, so that the order in which things happen cannot change what people do.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

from domain.access import Post
from domain.calendar import SchoolCalendar
from domain.filing import Approve, Filing, InReview, Return, Seat, Submit, Visit
from domain.follow_up import AgreePlan, Commend, FollowUp, RecordVisit, Verify
from domain.ids import PersonId, TenantId, UnitId, stream_id
from domain.inspection import Acknowledge, Assign, Dispute, Inspection, Planned, Review, ScoreItem, Sign
from domain.machine import Appointment, Command, State
from domain.person import Register
from domain.programme import Programme
from workflows.rehearsal.specimens import full_name, specimen

MORNING, AFTERNOON = time(10, 0), time(15, 30)
"""When simulated people look at their desks."""


class Temper(StrEnum):
    """How somebody treats a deadline."""

    PROMPT = "prompt"
    LATE = "late"
    FORGETFUL = "forgetful"


@dataclass(frozen=True, slots=True)
class Somebody:
    """A simulated person."""

    id: PersonId
    name: str
    post: Post
    temper: Temper


def draw(seed: int, *about: str) -> random.Random:
    """Return the generator of one decision."""
    return random.Random("\x1f".join((str(seed), *about)))  # noqa: S311 - a simulation, nothing secret


def staff(programme: Programme, tenant: TenantId, seed: int) -> Iterator[Somebody]:
    """Yield the people a rehearsal appoints: as many to each role at each unit as the programme says."""
    for unit in programme.all_units.values():
        for role in programme.roles:
            if unit.kind in role.at:
                for number in range(1, role.rehearse + 1):
                    key = f"{unit.id}/{role.id}/{number}"
                    yield Somebody(
                        id=PersonId(stream_id("person", tenant, key)),
                        name=full_name(draw(seed, "name", key)),
                        post=Post(role=role.id, unit=UnitId(unit.id)),
                        temper=_temper(draw(seed, "temper", key)),
                    )


def _temper(rng: random.Random) -> Temper:
    return rng.choices(list(Temper), weights=(80, 15, 5))[0]


def registration(one: Somebody, first_day: date) -> Register:
    """Return the command that enters somebody."""
    appointment = Appointment(id="1", role=one.post.role, unit=one.post.unit, first_day=first_day)
    return Register(full_name=one.name, posts=(appointment,))


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody will do, and when."""

    at: datetime
    person: PersonId
    command: Command


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody will look at a filing, and do then what they find to be done."""

    at: datetime
    person: PersonId
    on_behalf_of: PersonId | None = None
    number: int = 0
    """The how-manieth look at this filing it is."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does at once, for themself or for somebody else."""

    person: PersonId
    command: Command
    on_behalf_of: PersonId | None = None


def whose_turn(state: State) -> object:
    """Return what must change before anybody thinks again about a stream: a reminder alone changes no plans."""
    if isinstance(state, InReview):
        seats = tuple((one.stage, one.arrived_at, one.seats) for one in state.visits)
        return state.status, seats, len(state.approvals), len(state.objections)
    return state.status


class Crowd:
    """Everybody in a rehearsal."""

    def __init__(self, programme: Programme, tenant: TenantId, seed: int) -> None:
        self.programme = programme
        self.tenant = tenant
        self.seed = seed
        self.people: dict[PersonId, Somebody] = {one.id: one for one in staff(programme, tenant, seed)}
        self._by_post: dict[Post, list[Somebody]] = {}
        for one in self.people.values():
            self._by_post.setdefault(one.post, []).append(one)

    def holder(self, post: Post, about: str, but: Collection[PersonId] = ()) -> Somebody | None:
        """Return who of a post's holders takes a thing on; None when nobody may."""
        able = [one for one in self._by_post.get(post, ()) if one.id not in but]
        return draw(self.seed, "holder", about).choice(able) if able else None

    def holders(self, post: Post) -> Sequence[Somebody]:
        """Everybody who holds a post."""
        return self._by_post.get(post, ())

    def plan(self, stream: str, version: int, state: State, now: datetime) -> Sequence[Act | Look]:
        """Return what people will do about a stream that has just come to a state."""
        rng = draw(self.seed, stream, str(version))
        calendar = self.programme.calendar_at(now)
        about = f"{stream}/{version}"
        if isinstance(state, InReview):
            return self._decide(rng, calendar, state, now, about)
        if isinstance(state, Filing):
            return self._hand_in(rng, calendar, state, now)
        if isinstance(state, Inspection):
            return self._inspect(rng, calendar, state, now, about)
        if isinstance(state, FollowUp):
            return self._follow_up(rng, calendar, state, now, about)
        return []

    # -- filings

    def _hand_in(self, rng: random.Random, calendar: SchoolCalendar, state: Filing, now: datetime) -> list[Act]:
        if state.status not in ("open", "returned", "recalled") or (state.status == "open" and state.overdue):
            return []
        author = self.people[state.person] if state.person else self.holder(state.author, state.duty + state.unit)
        if author is None:
            return []
        at = submission_time(rng, calendar, author.temper, now, state.due_at)
        if at is None:
            return []
        content = specimen(self.programme, state, rng)
        return [Act(at, author.id, Submit(content=content))]

    def _decide(
        self, rng: random.Random, calendar: SchoolCalendar, state: InReview, now: datetime, about: str
    ) -> list[Act]:
        acts = (self._decide_at(rng, calendar, state, visit, now, f"{about}/{visit.stage}") for visit in state.visits)
        return [act for act in acts if act is not None]

    def _decide_at(
        self, rng: random.Random, calendar: SchoolCalendar, state: InReview, visit: Visit, now: datetime, about: str
    ) -> Act | None:
        turns = state.turns(visit)
        decider = self._sitting(turns[-1], about, state.authors) if turns else None
        if decider is None:
            return None
        workdays = rng.choices((0, 1, 2, 3, 6), weights=(30, 40, 17, 8, 5))[0]
        at = slot(rng, calendar, now, workdays)
        if rng.random() < (0.12 if len(state.revisions) == 1 else 0.03):
            return Act(at, decider.id, Return(stage=visit.stage, reason="月度任务缺少负责人，请补充后再报。"))
        judgement = None
        if state.step_of(visit.stage).judges and state.judgements:
            weights = [1 if one.opens else 8 for one in state.judgements]
            judgement = rng.choices(state.judgements, weights=weights)[0].id
        return Act(at, decider.id, Approve(stage=visit.stage, judgement=judgement))

    def _sitting(self, seat: Seat, about: str, authors: Collection[PersonId]) -> Somebody | None:
        if seat.person is not None:
            return self.people.get(seat.person)
        return None if seat.post is None else self.holder(seat.post, about, authors)

    # -- inspections

    def _inspect(
        self, rng: random.Random, calendar: SchoolCalendar, state: Inspection, now: datetime, about: str
    ) -> list[Act]:
        if isinstance(state, Planned):
            return self._assign(rng, calendar, state, now, about)
        if state.status == "assigned":
            return self._score(rng, calendar, state, now)
        if state.status == "notified":
            return self._answer(rng, calendar, state, now, about)
        if state.status in ("acknowledged", "disputed"):
            reviewer = self.holder(state.reviewer, about, state.inspectors)
            at = slot(rng, calendar, now, rng.randint(1, 4))
            return [Act(at, reviewer.id, Review(note="经核，结果成立。"))] if reviewer else []
        return []

    def _assign(
        self, rng: random.Random, calendar: SchoolCalendar, state: Planned, now: datetime, about: str
    ) -> list[Act]:
        arranger = self.holder(state.arranger, about)
        experts = [one.id for one in self.holders(state.inspectors_from)]
        if arranger is None or len(experts) < state.panel:
            return []
        panel = tuple(rng.sample(experts, state.panel))
        return [Act(slot(rng, calendar, now, rng.randint(0, 2)), arranger.id, Assign(inspectors=panel))]

    def _score(self, rng: random.Random, calendar: SchoolCalendar, state: Inspection, now: datetime) -> list[Act]:
        at = slot(rng, calendar, now, rng.randint(2, 8))
        level = rng.triangular(0.55, 1.0, 0.86)
        acts = [
            Act(
                at,
                rng.choice(state.inspectors),
                ScoreItem(item=item.id, points=_points(rng, item.weight, level), evidence=("现场查阅资料",)),
            )
            for item in state.items
        ]
        return acts + [Act(at, one, Sign(findings="建议加强过程资料的整理。")) for one in state.inspectors]

    def _answer(
        self, rng: random.Random, calendar: SchoolCalendar, state: Inspection, now: datetime, about: str
    ) -> list[Act]:
        answerer = self.holder(state.answerer, about)
        choice = rng.random()
        if answerer is None or choice < 0.1:
            return []
        at = slot(rng, calendar, now, rng.randint(1, 4))
        if choice < 0.18:
            item = rng.choice(state.items).id
            return [Act(at, answerer.id, Dispute(reason="该项资料已补交，请复核。", items=(item,)))]
        return [Act(at, answerer.id, Acknowledge())]

    # -- follow-ups

    def _follow_up(
        self, rng: random.Random, calendar: SchoolCalendar, state: FollowUp, now: datetime, about: str
    ) -> list[Act]:
        steps: dict[str, tuple[Post, Command]] = {
            "opened": (state.leader, RecordVisit(findings="课题推进慢，资料不全。")),
            "visited": (state.answerer, AgreePlan(plan="两周内补齐资料，每周组织一次研讨。")),
            "plan_agreed": (state.leader, Verify(note="已落实。")),
        }
        if state.status not in steps or state.reminded:
            return []
        post, command = steps[state.status]
        if state.status == "opened" and state.kind == "commendation":
            command = Commend(text="研修扎实有效，予以通报表扬。")
        person = self.holder(post, about)
        at = slot(rng, calendar, now, rng.randint(1, 12))
        return [Act(at, person.id, command)] if person else []


def submission_time(
    rng: random.Random, calendar: SchoolCalendar, temper: Temper, now: datetime, due_at: datetime
) -> datetime | None:
    """When an author hands in: prompt ones before the due time, late ones after it, forgetful ones late or never."""
    today, due = calendar.local(now).date(), calendar.local(due_at).date()
    span = max(calendar.workdays_between(today, due), 0)
    if temper is Temper.PROMPT:
        return slot(rng, calendar, now, rng.randint(min(1, span), max(span - 1, 0)) if span > 1 else 0)
    if temper is Temper.LATE:
        return slot(rng, calendar, now, span + rng.randint(0, 4))
    return None if rng.random() < 0.5 else slot(rng, calendar, now, span + rng.randint(2, 8))


def slot(rng: random.Random, calendar: SchoolCalendar, now: datetime, workdays: int) -> datetime:
    """A time at somebody's desk, that many workdays on, never before `now`."""
    today = calendar.local(now).date()
    day = calendar.add_workdays(today, workdays)
    for clock in (rng.choice((MORNING, AFTERNOON)), AFTERNOON):
        at = calendar.instant(day, clock)
        if at > now:
            return at
    return calendar.instant(calendar.next_workday(day), MORNING)


def _points(rng: random.Random, weight: int, level: float) -> Decimal:
    """A score in half points around a level."""
    halves = round(weight * 2 * min(1.0, max(0.0, level + rng.uniform(-0.15, 0.15))))
    return Decimal(halves) / 2
