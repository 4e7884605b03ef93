"""离职交接 for the API and the pages: what is open of somebody, and giving it to a successor in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.access import Held, Post
from domain.filing import Amending, Filing, InReview, Working
from domain.filing import HandOver as HandOverFiling
from domain.ids import PersonId, StreamId, TenantId, derived
from domain.inspection import HandOver as HandOverSeat
from domain.inspection import Inspection, has_seat, unfit
from domain.machine import Appointment, State
from domain.person import HandOver, Person, Revise
from domain.units import path_of
from ledger.ledger import Ledger
from ledger.order import Order

WAITING = ("filing", "follow_up", "inspection")
"""What waits for a post and goes with it: a follow-up with the post that leads it."""


@dataclass(frozen=True, slots=True)
class AtPost:
    """What waits for a post that somebody holds. It goes with the post, or stays with whoever else holds it."""

    appointment: Appointment
    waiting: int
    others: Sequence[PersonId]
    """Who else holds the post now."""


@dataclass(frozen=True, slots=True)
class Open:
    """Everything open of somebody."""

    version: int
    state: Person
    posts: Sequence[AtPost]
    moves: Sequence[tuple[StreamId, Filing]]
    """Filings that name the person, as who decides or who owes: they go to the successor."""
    seats: Sequence[tuple[StreamId, Inspection]]
    """Inspections on whose panel they are and that they have not signed: a successor who may inspect takes over."""
    stays: Sequence[tuple[StreamId, State]]
    """Filings of a later choice that names the person: others choose anew."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to become of it."""

    successor: PersonId
    reason: str
    posts: tuple[str, ...]
    leaves: bool


async def open_of(ledger: Ledger, tenant: TenantId, person: PersonId) -> Open:
    """Return everything open of somebody. Raises `Refused` when there is no such person. A fixed number of queries."""
    version, state, _ = await ledger.head(tenant, StreamId(person))
    assert isinstance(state, Person), "people are of the person machine"
    now = await ledger.tenants.now(tenant)
    today = (await ledger.tenants.in_force(tenant)).local_day(now)
    held = [one for one in state.posts if one.in_force(today, now)]
    at_posts = await ledger.absence.at_posts(tenant, [Post(role=one.role, unit=one.unit) for one in held], today, now)
    posts = [
        AtPost(one, waiting, [other for other in holders if other != person])
        for one, (waiting, holders) in zip(held, at_posts, strict=True)
    ]
    named = await ledger.absence.naming(tenant, person)
    moves = [(stream, one) for stream, one in named if isinstance(one, Filing) and _moves(one, person)]
    going = {stream for stream, _ in moves}
    seats = [(stream, one) for stream, one in named if isinstance(one, Inspection) and has_seat(one, person)]
    stays = [(stream, one) for stream, one in named if stream not in going and _is_chosen(one, person)]
    return Open(version, state, posts, moves, seats, stays)


def _moves(state: Filing, person: PersonId) -> bool:
    """Whether a filing has a place for the person that a successor can take."""
    if isinstance(state, InReview):
        seats = (seat for visit in (*state.visits, *state.paused) for seat in visit.seats)
        return state.person == person or any(seat.person == person for seat in seats)
    return isinstance(state, Working) and not isinstance(state, Amending) and state.person == person


def _is_chosen(state: State, person: PersonId) -> bool:
    """Whether something still to be done is the person's by name. What they have done already is no longer theirs."""
    return isinstance(state, InReview) and any(
        person in step.people for step in state.steps if step.stage not in state.passed
    )


async def hand_over(
    ledger: Ledger,
    tenant: TenantId,
    keeper: PersonId,
    person: PersonId,
    wish: Wish,
    command_id: UUID,
    expected: int | None = None,
) -> list[StreamId]:
    """Give everything of somebody that a successor can take to the successor, in one transaction.

    Returns what went over. What would be the successor's own filing to decide is left where it is, and so is a place on
    a panel where they may not inspect. Raises `BatchRefused` with nothing done, and `VersionMoved`. Repeating it with
    its id is safe.
    """
    found = await open_of(ledger, tenant, person)
    streams = [stream for stream, one in found.moves if can_take(one, wish.successor)]
    going = [one.appointment for one in found.posts if one.appointment.id in wish.posts]
    posts_given = [Post(role=one.role, unit=one.unit) for one in going]
    seats = await _seats(ledger, tenant, found, wish.successor, posts_given)
    waiting = await ledger.absence.waiting(tenant, [], posts_given, WAITING)
    command = HandOver(
        successor=wish.successor,
        reason=wish.reason,
        posts=wish.posts,
        leaves=wish.leaves,
        filings=tuple(streams),
        inspections=tuple(seats),
        with_posts=tuple(waiting),
    )
    orders = [Order(tenant, StreamId(person), command, keeper, command_id, expected)]
    if posts := await _appointments(ledger, tenant, found, wish):
        revise = Revise(appoint=posts)
        orders.append(Order(tenant, StreamId(wish.successor), revise, keeper, derived(str(command_id), wish.successor)))
    orders += (
        Order(
            tenant,
            stream,
            HandOverFiling(leaver=person, to=wish.successor, reason=wish.reason),
            keeper,
            derived(str(command_id), stream),
        )
        for stream in streams
    )
    orders += (
        Order(
            tenant,
            stream,
            HandOverSeat(leaver=person, to=wish.successor, reason=wish.reason, with_posts=tuple(posts_given)),
            keeper,
            derived(str(command_id), stream),
        )
        for stream in seats
    )
    await ledger.execute_all(orders, _nobody_waits)
    return [*streams, *seats]


async def _seats(
    ledger: Ledger, tenant: TenantId, found: Open, successor: PersonId, posts: Sequence[Post]
) -> list[StreamId]:
    """The inspections in which the successor may have the leaver's place, with the posts that they are given."""
    if not found.seats:
        return []
    actor, programme, _ = await ledger.actor(tenant, successor)
    given = (Held(one.role, one.unit, path_of(programme, one.unit)) for one in posts if one.unit in programme.all_units)
    held = (*actor.held, *given)
    return [
        stream for stream, one in found.seats if successor not in one.inspectors and unfit(one, successor, held) is None
    ]


def can_take(state: Filing, successor: PersonId) -> bool:
    """Whether a successor may have somebody's part: nobody decides their own filing."""
    return successor not in state.authors


async def _appointments(ledger: Ledger, tenant: TenantId, found: Open, wish: Wish) -> tuple[Appointment, ...]:
    """The successor's new posts, from today: those that are handed over and that they do not hold already."""
    now = await ledger.tenants.now(tenant)
    today = (await ledger.tenants.in_force(tenant)).local_day(now)
    _, successor, _ = await ledger.head(tenant, StreamId(wish.successor))
    assert isinstance(successor, Person), "people are of the person machine"
    has = {(one.role, one.unit) for one in successor.posts if one.in_force(today, now)}
    taken = {one.id for one in successor.posts}
    given = [one for one in found.state.posts if one.id in wish.posts and (one.role, one.unit) not in has]
    free = (f"h-{number}" for number in range(len(taken) + len(given) + 1) if f"h-{number}" not in taken)
    return tuple(
        one.model_copy(update={"id": next(free), "first_day": max(today, one.first_day), "ended_at": None})
        for one in given
    )


async def _nobody_waits(done: int) -> None:
    """Nobody is told how far it is: a leaver has a few hundred things at most."""
