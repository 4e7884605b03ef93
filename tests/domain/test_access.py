"""The access policy: deny by default, rights flow down and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from domain.access import SYSTEM_ACTOR, Actor, Held, Inspected, Scope, may_look, may_read, needs, only_system, readers
from domain.ids import PersonId, StreamId, UnitId
from domain.programme import Right, RoleAt, UnitKind
from domain.refusal import Kind, Refused
from domain.units import nearest, path_of, post_of, root_of
from tests.domain.given import COUNTY, GROUP, LEADER, OFFICE, PROGRAMME, SCHOOL, TEACHER, post, somebody

UNITS = [UnitId(one) for one in PROGRAMME.all_units]
PATHS = {one: path_of(PROGRAMME, one) for one in UNITS}
NOBODY = Actor(PersonId("per-nobody"))


def reader(unit: UnitId) -> Actor:
    return Actor(PersonId("per-reader"), (Held("reader", unit, PATHS[unit], frozenset((Right.READ,))),))


def test_nobody_may_anything() -> None:
    assert not may_read(NOBODY, Scope(PATHS[GROUP]))
    assert not may_read(NOBODY, Scope(PATHS[GROUP], everyone=True))
    for right, unit in product(Right, UNITS):
        refused = needs(right, NOBODY, PATHS[unit])
        assert refused is not None
        assert (refused.kind, refused.code, refused.params) == (Kind.FORBIDDEN, "right_missing", {"right": right.value})


def test_appointment_without_the_right_gives_nothing() -> None:
    for right in set(Right) - {Right.READ}:
        assert not LEADER.has(right, PATHS[GROUP])
    assert not TEACHER.has(Right.READ, PATHS[GROUP])
    assert not may_read(TEACHER, Scope(PATHS[GROUP]))


@pytest.mark.parametrize(("at", "of"), list(product(UNITS, UNITS)))
def test_rights_flow_down_and_neither_up_nor_sideways(at: UnitId, of: UnitId) -> None:
    assert may_read(reader(at), Scope(PATHS[of])) == (at in PATHS[of])
    assert (needs(Right.READ, reader(at), PATHS[of]) is None) == (at in PATHS[of])


@pytest.mark.parametrize(("at", "of"), list(product(UNITS, UNITS)))
def test_working_in_a_unit_means_at_it_or_below(at: UnitId, of: UnitId) -> None:
    assert reader(at).works_in(of) == (of in PATHS[at])


@pytest.mark.parametrize(("at", "stays_in"), list(product(PATHS[GROUP], PATHS[GROUP])))
def test_what_stays_in_a_unit_is_hidden_from_above(at: UnitId, stays_in: UnitId) -> None:
    below = PATHS[GROUP][PATHS[GROUP].index(stays_in) :]
    assert may_read(reader(at), Scope(PATHS[GROUP], stays_in=stays_in)) == (at in below)


@pytest.mark.parametrize(("at", "stays_in"), list(product(UNITS, (None, *PATHS[GROUP]))))
def test_a_reader_of_the_ledger_looks_where_a_reader_reads(at: UnitId, stays_in: UnitId | None) -> None:
    auditor = Actor(PersonId("per-auditor"), (Held("auditor", at, PATHS[at], frozenset((Right.AUDIT,))),))
    scope = Scope(PATHS[GROUP], stays_in=stays_in)
    assert may_look(auditor, scope) == may_read(reader(at), scope) == (at in readers(scope))
    assert not may_read(auditor, scope)
    assert may_look(reader(at), scope) == may_read(reader(at), scope)
    assert not may_look(NOBODY, scope)


CYCLE, DUTY = StreamId("cyc-0"), "group_plan"


@pytest.mark.parametrize(("inspected", "stays_in"), list(product(UNITS, (None, *PATHS[GROUP]))))
def test_an_inspector_looks_at_what_bears_on_the_sheet_and_acts_on_nothing(
    inspected: UnitId, stays_in: UnitId | None
) -> None:
    """At the inspected unit and below it, and above what stays in a unit no more than a reader there."""
    held = (Held("expert", UnitId("west"), PATHS[UnitId("west")]),)
    inspector = Actor(PersonId("per-expert"), held, inspects=(Inspected(CYCLE, inspected, frozenset({DUTY})),))
    scope = Scope(PATHS[GROUP], stays_in=stays_in, cycle=CYCLE, duty=DUTY)
    bars = inspected in PATHS[UnitId("west")]  # they would inspect where they work
    assert may_look(inspector, scope) == (may_read(reader(inspected), scope) and not bars)
    assert not may_read(inspector, scope)
    for other in (replace(scope, cycle=StreamId("cyc-1")), replace(scope, duty="minutes"), Scope(PATHS[GROUP])):
        assert not may_look(inspector, other)
    assert not may_look(replace(inspector, held=()), scope), "nor once they have left"


def test_what_everybody_reads_has_no_readers_of_its_own() -> None:
    assert readers(Scope((COUNTY,), everyone=True)) == ()
    assert readers(Scope(PATHS[GROUP])) == PATHS[GROUP]
    assert readers(Scope(PATHS[GROUP], stays_in=SCHOOL)) == (SCHOOL, GROUP)
    assert may_look(TEACHER, Scope((COUNTY,), everyone=True))


def test_people_and_posts_with_a_part_in_it_always_read_it() -> None:
    path = PATHS[GROUP]
    assert may_read(NOBODY, Scope(path, people=frozenset((NOBODY.person,))))
    assert may_read(TEACHER, Scope(path, posts=frozenset((post("teacher@school-maths"),))))
    assert not may_read(TEACHER, Scope(path, posts=frozenset((post("teacher@other-maths"),))))
    assert not may_read(TEACHER, Scope(path, posts=frozenset((post("leader@school-maths"),))))
    assert may_read(TEACHER, Scope(path, everyone=True))


def test_post_is_held_exactly() -> None:
    assert OFFICE.holds(post("office@county"))
    assert not OFFICE.holds(post("office@school"))
    assert not OFFICE.holds(post("deputy@county"))


def test_system_reads_all_and_alone_does_what_only_it_does() -> None:
    assert may_read(SYSTEM_ACTOR, Scope(PATHS[GROUP], stays_in=GROUP))
    assert only_system(None, SYSTEM_ACTOR) is None
    for actor in (NOBODY, OFFICE, somebody("root", "admin@county", "office@county")):
        refused = only_system(None, actor)
        assert refused is not None
        assert refused.code == "only_system"


@pytest.mark.parametrize(
    ("unit", "use", "found"),
    [
        (GROUP, "leader@group", GROUP),
        (GROUP, "principal@school", SCHOOL),
        (GROUP, "coordinator@cluster", "east"),
        (GROUP, "office@county", COUNTY),
        ("other-maths", "coordinator@cluster", "west"),
        (SCHOOL, "principal@school", SCHOOL),
    ],
)
def test_role_at_scope_is_the_nearest_unit_of_the_kind(unit: str, use: str, found: str) -> None:
    role_at = RoleAt.parse(use)
    assert post_of(PROGRAMME, UnitId(unit), role_at) == post(f"{role_at.role}@{found}")


def test_no_unit_of_the_kind_above_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        nearest(PROGRAMME, COUNTY, UnitKind.SCHOOL)
    assert (refused.value.code, refused.value.params["kind"]) == ("no_unit_of_kind", "school")
    with pytest.raises(Refused) as unknown:
        path_of(PROGRAMME, UnitId("moon"))
    assert unknown.value.code == "unit_unknown"
    assert root_of(PROGRAMME) == COUNTY
