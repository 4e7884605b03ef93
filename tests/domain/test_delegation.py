"""Delegations: on no day, and for no document, does anybody stand in for themself by way of others."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.delegation import Delegation, closes_loop
from domain.ids import PersonId

PEOPLE = [PersonId(f"per-{name}") for name in "abcd"]
KINDS = ("plan", "report", "other")
FIRST = date(2026, 9, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(6)]
NOON = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)


def delegation(
    delegate: PersonId, first: int, last: int, kinds: tuple[str, ...] = (), ended: bool = False
) -> Delegation:
    return Delegation(
        id="d1",
        delegate=delegate,
        documents=kinds,
        first_day=DAYS[first],
        last_day=DAYS[last],
        ended_at=NOON if ended else None,
    )


@st.composite
def delegations(draw: st.DrawFn) -> tuple[PersonId, Delegation]:
    giver, delegate = draw(st.permutations(PEOPLE))[:2]
    first = draw(st.integers(0, len(DAYS) - 1))
    last = draw(st.integers(first, len(DAYS) - 1))
    kinds = tuple(draw(st.sets(st.sampled_from(KINDS[:2]), max_size=2)))
    return giver, delegation(delegate, first, last, kinds, draw(st.booleans()) and draw(st.booleans()))


def loops(known: dict[PersonId, tuple[Delegation, ...]]) -> bool:
    """Whether there is a loop on some day for some kind: looked for by walking from everybody, day by day."""
    for day in DAYS:
        for kind in KINDS:
            edges = {
                giver: {one.delegate for one in given if one.is_open and one.in_force(day, NOON) and one.covers(kind)}
                for giver, given in known.items()
            }
            for start in PEOPLE:
                reached: set[PersonId] = set()
                waiting = set(edges.get(start, ()))
                while waiting:
                    one = waiting.pop()
                    reached.add(one)
                    waiting |= edges.get(one, set()) - reached
                if start in reached:
                    return True
    return False


@given(st.lists(delegations(), max_size=12))
def test_whatever_is_given_in_whatever_order_there_is_never_a_loop_and_nothing_else_is_refused(
    given_one_by_one: list[tuple[PersonId, Delegation]],
) -> None:
    known: dict[PersonId, tuple[Delegation, ...]] = {}
    for giver, new in given_one_by_one:
        wanted = known | {giver: (*known.get(giver, ()), new)}
        refused = new.is_open and closes_loop(giver, new, known)
        assert refused == loops(wanted)
        if not refused:
            known = wanted


def test_a_loop_needs_a_day_and_a_kind_in_common() -> None:
    a, b, c, _ = PEOPLE
    known = {b: (delegation(c, 0, 3, ("plan",)),), c: (delegation(a, 3, 5),)}
    assert closes_loop(a, delegation(b, 0, 5), known)
    assert closes_loop(a, delegation(b, 3, 3, ("plan", "report")), known)
    assert not closes_loop(a, delegation(b, 4, 5), known)
    assert not closes_loop(a, delegation(b, 0, 5, ("report",)), known)


def test_days_are_both_included_until_it_is_ended() -> None:
    one = delegation(PEOPLE[0], 1, 3)
    assert [one.in_force(day, NOON) for day in DAYS] == [False, True, True, True, False, False]
    ended = delegation(PEOPLE[0], 0, 3, ended=True)
    assert ended.in_force(DAYS[0], NOON - timedelta(microseconds=1))
    assert not ended.in_force(DAYS[0], NOON)
