"""The unit machine, told as stories; and every row and every refusal of its table."""

from __future__ import annotations

import pytest

from domain.access import SYSTEM_ACTOR
from domain.ids import UnitId
from domain.machine import Command
from domain.programme import Place, Programme, Unit, UnitKind
from domain.refusal import Kind, Refused
from domain.text import Text
from domain.unit import (
    UNIT,
    Close,
    Found,
    Move,
    Rename,
    Reopen,
    UnitClosed,
    UnitFounded,
    UnitMoved,
    UnitRenamed,
    UnitReopened,
    founding,
    unit_stream,
)
from tests.domain.given import (
    ADMIN,
    LEADER,
    OFFICE,
    PROGRAMME,
    Story,
    check_every_row_is_taken,
    check_everything_else_is_refused,
    context_for,
)

TITLE = Text(zh="新校", en="New School")
NEW = Found(unit="new", kind=UnitKind.SCHOOL, title=TITLE, parent="east")


def founded() -> Story:
    return Story(UNIT, "2025-08-25 09:00").when(NEW, ADMIN)


def refusal(story: Story, command: Command) -> Refused:
    """A refusal that rests on the rest of the tree, which no button knows."""
    with pytest.raises(Refused) as refused:
        UNIT.decide(story.current, command, context_for(UNIT, story.current, command, ADMIN, story.now, story.people))
    return refused.value


def existing(unit: str) -> Story:
    return Story(UNIT, "2025-08-25 09:00").when(founding(PROGRAMME.all_units[unit]), SYSTEM_ACTOR)


def test_founded_renamed_moved_closed_reopened() -> None:
    story = founded().then(UnitFounded)
    assert (story.state.unit, story.state.parent, story.state.parents) == ("new", "east", ("east",))
    story.when(Rename(title=Text(zh="一校", en="First")), ADMIN).then(UnitRenamed)
    story.when(Move(parent="west"), ADMIN).then(UnitMoved)
    assert (story.state.title.zh, story.state.parent, story.state.parents) == ("一校", "west", ("east", "west"))
    story.when(Close(reason="并校"), ADMIN).then(UnitClosed)
    assert UNIT.place is not None
    assert UNIT.place(story.state).closed
    story.when(Reopen(), ADMIN).then(UnitReopened)
    story.when(Move(parent="east"), ADMIN)
    assert UNIT.place(story.state) == Place(
        Unit(id="new", kind=UnitKind.SCHOOL, title=Text(zh="一校", en="First"), parent="east"), ("east", "west")
    )


def test_the_directory_keeper_and_the_system_alone() -> None:
    for command in (Rename(title=PROGRAMME.title), Move(parent="west"), Close()):
        founded().refuses(command, LEADER, "right_missing").refuses(command, OFFICE, "right_missing")
    Story(UNIT, "2025-08-25 09:00").refuses(NEW, OFFICE, "right_missing")
    founded().when(Close(), SYSTEM_ACTOR)


def test_a_place_is_one_there_can_be() -> None:
    begin = Story(UNIT, "2025-08-25 09:00")
    for change, code, where in (
        ({"parent": "moon"}, "unit_unknown", "parent"),
        ({"parent": None}, "parent_missing", "parent"),
        ({"parent": "school-maths"}, "kinds_out_of_order", "parent"),
        ({"subject": "magic"}, "subject_unknown", "subject"),
    ):
        begin.refuses(NEW.model_copy(update=change), ADMIN, code, where)
    taken = refusal(begin, NEW.model_copy(update={"unit": "school"}))
    assert (taken.kind, taken.code) == (Kind.CONFLICT, "unit_taken")
    founded().refuses(Rename(title=TITLE), ADMIN, "unit_unchanged", "title")
    founded().refuses(Move(parent="east"), ADMIN, "unit_unchanged", "parent")
    founded().refuses(Move(parent="school-maths"), ADMIN, "kinds_out_of_order", "parent")
    # a cluster may stand in a cluster, but not in itself
    existing("east").when(Move(parent="west"), ADMIN)
    assert refusal(existing("east"), Move(parent="east")).code == "unit_below_itself"


def test_what_has_units_below_stays() -> None:
    full = refusal(existing("school"), Close())
    assert (full.code, full.params) == ("unit_has_units", {"count": 1})
    assert refusal(existing("county"), Close()).code == "root_stays"
    assert refusal(existing("county"), Move(parent="east")).code == "root_stays"


def test_below_a_closed_unit_nothing_reopens() -> None:
    story = founded().when(Close(), ADMIN)
    story.current = story.state.model_copy(update={"parent": UnitId("gone")})
    assert refusal(story, Reopen()).code == "parent_closed"


def test_an_id_is_founded_once() -> None:
    assert unit_stream("t", "school") == unit_stream("t", "school") != unit_stream("u", "school")
    founded().refuses(NEW, ADMIN, "already_started")


def test_a_programme_is_founded_as_it_declares_its_units() -> None:
    for unit in PROGRAMME.all_units.values():
        story = existing(unit.id)
        assert UNIT.place is not None
        assert UNIT.place(story.state).unit == unit


def over(*changes: Place) -> Programme:
    places = {one.id: Place(one, (one.parent,) if one.parent else ()) for one in PROGRAMME.all_units.values()}
    return PROGRAMME.over((places | {one.unit.id: one for one in changes}).values())


def test_the_directorys_tree_takes_the_place_of_the_declared_one() -> None:
    school = PROGRAMME.all_units["school"]
    moved = over(Place(school.model_copy(update={"parent": "west", "title": TITLE}), ("east", "west")))
    assert moved == PROGRAMME
    assert moved.path_of("school-maths") == ("county", "west", "school", "school-maths")
    assert moved.all_units["school"].title == TITLE
    assert list(moved.all_units).index("west") < list(moved.all_units).index("school")
    assert moved.ever_below(["east"]) == {"east", "school", "school-maths"}
    assert moved.ever_below(["west"]) >= {"west", "school", "school-maths"}
    assert PROGRAMME.ever_below(["west"]) == {"west", "other", "other-maths"}
    assert PROGRAMME.path_of("school") == ("county", "east", "school")


def test_a_closed_unit_is_no_part_of_the_tree_and_can_still_be_named() -> None:
    group = PROGRAMME.all_units["school-maths"]
    closed = over(Place(group, ("school",), closed=True))
    assert "school-maths" not in closed.all_units
    assert closed.former_units == {"school-maths": group}
    assert closed.known_units["school-maths"] is group
    assert closed.path_of("school-maths") == ("county", "east", "school", "school-maths")
    assert closed.root_path == ("county",)
    assert "school-maths" in closed.ever_below(["school"])
    with pytest.raises(KeyError):
        closed.path_of("moon")


def test_every_row_is_taken() -> None:
    check_every_row_is_taken(UNIT, globals())


def test_every_other_command_is_refused() -> None:
    check_everything_else_is_refused(UNIT, globals())
