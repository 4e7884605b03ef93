"""People who do everything that a filing allows, and not only hand in, agree and return.

Nobody plans what to do: people plan to look at a filing, and do then one of the things that are permitted to them,
drawn by weight. After each look everybody concerned thinks anew, so that nothing waits for somebody who is gone.
Whatever does not bring a filing further becomes rarer with every look, so that every filing comes to its end.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from domain.access import Actor, Held, Post, may_read
from domain.calendar import SchoolCalendar
from domain.filing import FILING, Approved, Filing, InReview, Open, Seat, Step, Visit, Working
from domain.filing import commands as c
from domain.filing.graph import sent_back_to
from domain.ids import PersonId, TenantId, UnitId
from domain.machine import Command, State
from domain.person import Left, Person
from domain.programme import Chooser, Mode, Programme
from domain.units import path_of
from workflows.rehearsal.people import (
    Act,
    Crowd,
    Deed,
    Look,
    Somebody,
    Temper,
    draw,
    slot,
    submission_time,
)
from workflows.rehearsal.specimens import specimen

CALM = 14
"""Looks at one filing after which people only bring it further."""
REVISIONS = 4
"""Revisions after which a filing is not sent back any more."""

FURTHER: Mapping[str, float] = {
    "approve": 10,
    "submit": 10,
    "agree_recall": 10,
    "refuse_recall": 10,
    "grant_extension": 10,
    "refuse_extension": 10,
    "mark_read": 30,
}
"""What brings a filing further, and how readily people do it."""
BESIDES: Mapping[str, float] = {
    "return": 2.5,
    "reject": 1.0,
    "object": 3.0,
    "transfer": 1.2,
    "add_signer": 1.2,
    "recall": 5.0,
    "urge": 4.0,
    "comment": 1.0,
    "copy": 0.6,
    "begin_draft": 4.0,
    "ask_extension": 3.0,
    "waive": 1.0,
    "amend": 4.0,
    "abandon_amendment": 4.0,
    "void": 4.0,
    "assign": 0.3,
}
"""What people do besides, and how readily at their first look."""
_NAMING = 40.0
"""How readily the office names a decider where there is none."""
_BENT = 20.0
"""How much more readily people do with a filing what it happens to be about."""
_BENTS = (*sorted(BESIDES), "object", "reject", "reject", "void", "void", "void")
"""What a filing may be about; what few filings allow stands there more than once."""
_BY_AUTHOR = frozenset({"recall", "urge", "amend", "abandon_amendment"})
_BY_OFFICE = frozenset({"waive", "void", "assign"})

_REASON = "按实际情况提出，请予办理。"
_RETURN = "月度任务缺少负责人，请补充后再报。"
_COMMENTS = ("附件已收到。", "请注意与年度计划衔接。", "第二部分的数据请再核对一次。", "本周五前可以办完。")

_Maker = Callable[["_Desk"], Command | None]


class LivelyCrowd(Crowd):
    """Everybody in a lively rehearsal: who holds what is heard from the directory and changes with it."""

    def __init__(self, programme: Programme, tenant: TenantId, seed: int) -> None:
        super().__init__(programme, tenant, seed)
        self.known: dict[PersonId, Person] = {}
        self.idle: set[str] = set()
        """Filings that have not ended, and wait for somebody who is not there."""
        self._looks: Counter[str] = Counter()
        self._paths: dict[str, tuple[UnitId, ...]] = {}

    # -- the directory

    def heed(self, state: Person) -> None:
        """Hear what has become of somebody: their posts, and whom they let act for them."""
        before = set(self.posts(state.person))
        self.known[state.person] = state
        after = set(self.posts(state.person))
        for post in before ^ after:
            holders = {one.id: one for one in self._by_post.get(post, ())}
            holders.pop(state.person, None)
            if post in after:
                holders[state.person] = self.people[state.person]
            self._by_post[post] = [holders[one] for one in sorted(holders)]

    def posts(self, person: PersonId) -> tuple[Post, ...]:
        """What somebody holds."""
        state = self.known.get(person)
        if state is None or isinstance(state, Left):
            return ()
        held = (one for one in state.posts if state.is_alive(one) and one.id not in state.to_begin)
        return tuple(Post(role=one.role, unit=one.unit) for one in held)

    def stand_in(self, person: PersonId, document: str, now: datetime) -> PersonId | None:
        """Who acts for somebody on a kind of document; None when nobody does."""
        state = self.known.get(person)
        today = self.programme.local_day(now)
        given = () if state is None else state.open_delegations
        acting = (one.delegate for one in given if one.in_force(today, now) and one.covers(document))
        return next((one for one in acting if self.posts(one)), None)

    def actor(self, look: Look) -> Actor:
        """Somebody with what they hold, or with what the one holds for whom they act."""
        if look.on_behalf_of is None:
            return Actor(look.person, self._held(look.person))
        return Actor(look.person, self._held(look.on_behalf_of), look.on_behalf_of, besides=self._held(look.person))

    def _held(self, person: PersonId) -> tuple[Held, ...]:
        return tuple(
            Held(one.role, one.unit, self.path(one.unit), self.programme.role_by_id[one.role].rights)
            for one in self.posts(person)
        )

    def path(self, unit: UnitId) -> tuple[UnitId, ...]:
        """A unit's path."""
        if unit not in self._paths:
            self._paths[unit] = path_of(self.programme, unit)
        return self._paths[unit]

    # -- who looks next

    def plan(self, stream: str, version: int, state: State, now: datetime) -> Sequence[Act | Look]:
        """Return who looks at a filing next, or what people will do about anything else."""
        if not isinstance(state, Filing):
            return super().plan(stream, version, state, now)
        number = self._looks[stream] = self._looks[stream] + 1
        rng = draw(self.seed, stream, "look", str(version), str(number))
        calendar = self.programme.calendar_at(now)
        looks = list(self._looking(rng, calendar, state, now, number, stream))
        forgotten = isinstance(state, Working) and self._author(state, rng) is not None
        if looks or forgotten or FILING.is_end(state):
            self.idle.discard(stream)
        else:
            self.idle.add(stream)
        return [min(looks, key=lambda one: one.at)] if looks else []

    def _looking(
        self, rng: random.Random, calendar: SchoolCalendar, state: Filing, now: datetime, number: int, stream: str
    ) -> Iterator[Look]:
        keen = self.keenness(number, now, calendar)
        bent = self.bent(stream) if keen else ""
        certain_author, certain_office = float(bent in _BY_AUTHOR), float(bent in _BY_OFFICE)

        def look(person: PersonId, workdays: int) -> Look:
            return Look(slot(rng, calendar, now, workdays), person, None, number)

        for copy in state.copies:
            if copy.read_at is None and rng.random() < 0.8 and self.posts(copy.person):
                yield look(copy.person, rng.randint(0, 4))
        if isinstance(state, InReview):
            yield from self._deciding(rng, calendar, state, now, number)
            if rng.random() < (certain_author or 0.6 * keen) and (author := self._author(state, rng)):
                yield look(author.id, rng.randint(0, 3))
        elif isinstance(state, Working):
            yield from self._handing_in(rng, calendar, state, now, number)
        elif isinstance(state, Approved) and rng.random() < (certain_author or 0.2 * keen):
            author = self._author(state, rng)
            if author is not None:
                yield look(author.id, rng.randint(2, 12))
        if not FILING.is_end(state) or isinstance(state, Approved):
            asked = isinstance(state, Working) and state.extension is not None
            if (asked or rng.random() < (certain_office or 0.1 * keen)) and (office := self._office(state, rng)):
                yield look(office.id, rng.randint(0, 2))

    def bent(self, stream: str) -> str:
        """What people happen to do with a filing more than with others, so that in a year everything is done."""
        return draw(self.seed, stream, "bent").choice(_BENTS)

    def keenness(self, number: int, now: datetime, calendar: SchoolCalendar) -> float:
        """How readily people still do what brings nothing further: less with each look, not at all after the year."""
        if number > CALM or now > calendar.close_of_business(calendar.last_day):
            return 0.0
        return 0.93**number

    def _deciding(
        self, rng: random.Random, calendar: SchoolCalendar, state: InReview, now: datetime, number: int
    ) -> Iterator[Look]:
        for visit in state.visits:
            for seat in state.turns(visit):
                decider = self._in_seat(seat, rng, state.authors)
                if decider is None:
                    continue
                workdays = rng.choices((0, 1, 2, 3, 6, 14), weights=(28, 34, 15, 6, 7, 10))[0]
                at = slot(rng, calendar, now, workdays)
                stand_in = self.stand_in(decider, state.document, now)
                if stand_in is not None and stand_in not in state.authors:
                    yield Look(at, stand_in, decider, number)
                else:
                    yield Look(at, decider, None, number)
            if not state.turns(visit) and (office := self._office(state, rng)):
                yield Look(slot(rng, calendar, now, rng.randint(0, 2)), office.id, None, number)

    def _in_seat(self, seat: Seat, rng: random.Random, authors: Collection[PersonId]) -> PersonId | None:
        if seat.person is not None:
            return seat.person
        able = [] if seat.post is None else [one.id for one in self.holders(seat.post) if one.id not in authors]
        return rng.choice(able) if able else None

    def _handing_in(
        self, rng: random.Random, calendar: SchoolCalendar, state: Working, now: datetime, number: int
    ) -> Iterator[Look]:
        author = self._author(state, rng)
        if author is None:
            return
        if state.in_force is not None:
            # An amendment has no deadline: whoever began it comes back to it.
            yield Look(slot(rng, calendar, now, rng.randint(1, 6)), author.id, None, number)
            return
        early = isinstance(state, Open) and number == 1 and rng.random() < 0.3
        temper = author.temper if isinstance(state, Open) or author.temper is not Temper.FORGETFUL else Temper.LATE
        at = slot(rng, calendar, now, 0) if early else submission_time(rng, calendar, temper, now, state.due_at)
        if at is not None:
            yield Look(at, author.id, None, number)

    def _author(self, state: Filing, rng: random.Random) -> Somebody | None:
        if state.person is not None:
            return self.people[state.person] if self.posts(state.person) else None
        able = self.holders(state.author)
        return rng.choice(able) if able else None

    def _office(self, state: Filing, rng: random.Random) -> Somebody | None:
        # What stays in a cluster or school is not seen by an office outside of it.
        seen = state.path if state.stays_in is None else state.path[state.path.index(state.stays_in) :]
        posts = [post for post in state.office if post.unit in seen]
        able = [one for post in posts for one in self.holders(post) if one.id not in state.authors]
        return rng.choice(able) if able else None

    # -- what they do then

    def deed(self, look: Look, stream: str, version: int, state: Filing, now: datetime) -> Deed | None:
        """Return what somebody does who looks at a filing; None when there is nothing, or nothing they want."""
        actor = self.actor(look)
        rng = draw(self.seed, stream, "deed", str(version), str(look.number))
        calendar = self.programme.calendar_at(now)
        desk = _Desk(self, state, actor, rng, calendar, now)
        giver = look.on_behalf_of
        if giver is not None and self.stand_in(giver, state.document, now) != look.person:
            return None
        if not may_read(actor, FILING.scope(state)):
            return None
        open_to = [one for one in FILING.permitted(state, actor) if one in _MAKERS]
        keen, bent = self.keenness(look.number, now, calendar), self.bent(stream)
        while open_to:
            weights = [self._weight(one, state, keen * (_BENT if one == bent else 1.0)) for one in open_to]
            if not any(weights):
                return None
            name = rng.choices(open_to, weights=weights)[0]
            command = _MAKERS[name](desk)
            if command is not None:
                return Deed(look.person, command, look.on_behalf_of)
            open_to.remove(name)
        return None

    @staticmethod
    def _weight(name: str, state: Filing, keen: float) -> float:
        if name in FURTHER:
            asked = name == "approve" and isinstance(state, InReview) and state.recall_asked is not None
            return FURTHER[name] / (5 if asked else 1)
        if name == "assign" and isinstance(state, InReview) and not all(one.seats for one in state.visits):
            return _NAMING
        if name in ("return", "object") and len(state.revisions) >= REVISIONS:
            return 0.0
        return BESIDES[name] * keen


class _Desk:
    """Somebody in front of a filing, and the commands that they could fill in."""

    def __init__(
        self,
        crowd: LivelyCrowd,
        state: Filing,
        actor: Actor,
        rng: random.Random,
        calendar: SchoolCalendar,
        now: datetime,
    ) -> None:
        self.crowd = crowd
        self.state = state
        self.actor = actor
        self.rng = rng
        self.calendar = calendar
        self.now = now

    @property
    def review(self) -> InReview:
        """The filing, while it is in review."""
        assert isinstance(self.state, InReview), "only what is in review is decided"
        return self.state

    def _stage(self, able: Callable[[Step, Visit], bool] = lambda step, visit: True) -> Visit | None:
        """A stage where it is this actor's turn, of those that allow a thing."""
        mine = {visit.stage: visit for visit, _ in self.review.seats_of(self.actor)}
        found = [one for one in mine.values() if able(self.review.step_of(one.stage), one)]
        return self.rng.choice(found) if found else None

    def _colleagues(self, but: Collection[PersonId] = ()) -> list[PersonId]:
        """Who could be asked to decide too, or be sent a copy: people at the filing's units, as far as it may go."""
        state = self.state
        first = 0 if state.stays_in is None else state.path.index(state.stays_in)
        taken = {*state.authors, *but, self.actor.person, self.actor.principal}
        posts = [post for unit in state.path[first:] for post in self._posts_at(unit)]
        found = {one.id for post in posts for one in self.crowd.holders(post)} - taken
        # Nobody who owes such a filing is asked about a colleague's.
        return sorted(one for one in found if state.author not in self.crowd.posts(one))

    def _posts_at(self, unit: UnitId) -> list[Post]:
        kind = self.crowd.programme.known_units[unit].kind
        return [Post(role=role.id, unit=unit) for role in self.crowd.programme.roles if kind in role.at]

    def _some(self, people: Sequence[PersonId], most: int = 2) -> tuple[PersonId, ...]:
        return tuple(self.rng.sample(list(people), min(len(people), self.rng.randint(1, most))))

    # -- the author's

    def submit(self) -> Command | None:
        """Hand in a specimen; choose deciders where that is asked for."""
        by = {self.actor.person, self.actor.principal}
        choose = {
            one.stage: chosen
            for one in self.state.steps
            if one.chosen_by is Chooser.AUTHOR and (chosen := self._chosen(one, by))
        }
        return c.Submit(content=specimen(self.crowd.programme, self.state, self.rng), choose=choose)

    def _chosen(self, step: Step, by: Collection[PersonId] = ()) -> tuple[PersonId, ...]:
        taken = {*self.state.authors, *by}
        pool = sorted({one.id for post in step.posts for one in self.crowd.holders(post)} - taken)
        return self._some(pool) if pool else ()

    def recall(self) -> Command | None:
        """Want it back."""
        return c.Recall(reason=_REASON)

    def ask_extension(self) -> Command | None:
        """Ask for some workdays more."""
        last = max(self.calendar.local(self.state.due_at).date(), self.calendar.local(self.now).date())
        return c.AskExtension(until=self.calendar.add_workdays(last, self.rng.randint(1, 4)), reason=_REASON)

    def urge(self) -> Command | None:
        """Remind those whose turn it is, unless that was just done."""
        urged = self.state.urged_at
        if urged is not None and self.now < urged + timedelta(hours=self.state.urge_hours):
            return None
        return c.Urge()

    # -- the deciders'

    def approve(self) -> Command | None:
        """Agree, judge and name who is next, as the stage asks."""
        visit = self._stage()
        if visit is None:
            return None
        state, judgement = self.review, None
        if state.step_of(visit.stage).judges and state.judgements:
            weights = [1 if one.opens else 8 for one in state.judgements]
            judgement = self.rng.choices(state.judgements, weights=weights)[0].id
        following = [
            one
            for one in state.steps
            if one.chosen_by is Chooser.PREVIOUS
            and visit.stage in one.after
            and one.stage not in (*state.left_out, *state.passed)
        ]
        choose = self._chosen(following[0]) if following else ()
        return c.Approve(stage=visit.stage, judgement=judgement, choose=choose)

    def send_back(self) -> Command | None:
        """Send back to the author, or to an earlier stage where there is one."""
        visit = self._stage()
        if visit is None:
            return None
        earlier = sent_back_to(self.review, visit.stage)
        to = self.rng.choice(earlier).stage if earlier and self.rng.random() < 0.75 else None
        then = self.rng.choice((None, "again", "straight"))
        return c.Return.model_validate({"stage": visit.stage, "reason": _RETURN, "to": to, "then": then})

    def reject(self) -> Command | None:
        """Refuse for good."""
        visit = self._stage(lambda step, _: step.may_reject)
        return None if visit is None else c.Reject(stage=visit.stage, reason=_REASON)

    def object_to(self) -> Command | None:
        """Vote against."""
        visit = self._stage(lambda step, _: step.mode is Mode.VOTES)
        return None if visit is None else c.Object(stage=visit.stage, reason=_REASON)

    def transfer(self) -> Command | None:
        """Let a colleague decide."""
        visit = self._stage()
        if visit is None:
            return None
        colleagues = self._colleagues({one.person for one in visit.seats if one.person is not None})
        return c.Transfer(stage=visit.stage, to=self.rng.choice(colleagues), reason=_REASON) if colleagues else None

    def add_signer(self) -> Command | None:
        """Ask colleagues to decide too."""
        visit = self._stage()
        colleagues = self._colleagues()
        if visit is None or not colleagues or sum(one.added for one in self.state.steps) >= 3:
            return None
        where = self.rng.choice(("before", "after", "beside"))
        people = self._some(colleagues)
        return c.AddSigner.model_validate({"stage": visit.stage, "people": people, "where": where, "reason": _REASON})

    def refuse_recall(self) -> Command | None:
        """Keep it."""
        return c.RefuseRecall(reason=_REASON)

    # -- the office's

    def assign(self) -> Command | None:
        """Name who decides, first of all where nobody can."""
        visits = [one for one in self.review.visits if not one.seats] or list(self.review.visits)
        colleagues = self._colleagues()
        if not colleagues:
            return None
        visit = self.rng.choice(visits)
        return c.Assign(stage=visit.stage, people=self._some(colleagues), reason=_REASON)

    # -- anybody's

    def comment(self) -> Command | None:
        """Say something, and mention a decider or none."""
        holders = {one.id for step in self.state.steps for post in step.posts for one in self.crowd.holders(post)}
        mentions = self._some(sorted(holders)) if holders and self.rng.random() < 0.5 else ()
        return c.Comment(text=self.rng.choice(_COMMENTS), mentions=mentions)

    def copy(self) -> Command | None:
        """Send it to colleagues who have not had it yet."""
        colleagues = self._colleagues({one.person for one in self.state.copies})
        return c.SendCopy(people=self._some(colleagues), note=_REASON) if colleagues else None


_MAKERS: Mapping[str, _Maker] = {
    "begin_draft": lambda desk: c.BeginDraft(),
    "submit": _Desk.submit,
    "recall": _Desk.recall,
    "ask_extension": _Desk.ask_extension,
    "urge": _Desk.urge,
    "amend": lambda desk: c.Amend(reason=_REASON),
    "abandon_amendment": lambda desk: c.AbandonAmendment(),
    "approve": _Desk.approve,
    "return": _Desk.send_back,
    "reject": _Desk.reject,
    "object": _Desk.object_to,
    "transfer": _Desk.transfer,
    "add_signer": _Desk.add_signer,
    "agree_recall": lambda desk: c.AgreeRecall(),
    "refuse_recall": _Desk.refuse_recall,
    "assign": _Desk.assign,
    "waive": lambda desk: c.Waive(reason=_REASON),
    "void": lambda desk: c.Void(reason=_REASON),
    "grant_extension": lambda desk: c.GrantExtension(),
    "refuse_extension": lambda desk: c.RefuseExtension(reason=_REASON),
    "comment": _Desk.comment,
    "copy": _Desk.copy,
    "mark_read": lambda desk: c.MarkRead(),
}
"""The command of each thing that people do; what moves posts or rules is an affair of its own."""
