"""Pictures of pipelines and machines: boxes stand apart, no words meet, nothing lies outside."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import get_args

import pytest

import programmes
from api.web.graph_drawing import Picture, picture, wide, wrapped
from domain.machines import MACHINES
from domain.messages import Lang
from domain.programme_check import load
from domain.rules_view import machine_graph, pipeline_graph
from domain.view import Names
from tests.domain import branching

Area = tuple[float, float, float, float]


def pictures() -> Iterator[tuple[str, Picture]]:
    for programme in (*(load(programmes.text(name)) for name in programmes.names()), branching.PROGRAMME):
        for lang in get_args(Lang):
            names = Names(lang, programme)
            for pipeline in programme.pipelines:
                yield f"{pipeline.id} {lang}", picture(pipeline_graph(pipeline, names))
            for machine in MACHINES.values():
                yield f"{machine.name} {lang}", picture(machine_graph(machine, names))


def meet(one: Area, other: Area) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


@pytest.mark.parametrize(("name", "shown"), list(pictures()), ids=lambda one: one if isinstance(one, str) else "")
def test_a_picture_can_be_read(name: str, shown: Picture) -> None:
    boxes = [(one.x, one.y, one.width, one.height) for one in shown.boxes]
    words = [(one.left, one.y - 8, one.width, 16.0) for one in shown.captions]
    for one, other in combinations([*boxes, *words], 2):
        assert not meet(one, other), (name, one, other)
    for x, y, width, height in [*boxes, *words]:
        assert x >= 0
        assert y >= 0
        assert x + width <= shown.width
        assert y + height <= shown.height
    for box in shown.boxes:
        for y, line in [*box.title, *box.note]:
            assert box.y < y < box.y + box.height
            assert wide(line, 12) <= box.width


def test_lines_break_between_words_and_never_before_punctuation() -> None:
    assert wrapped("Deputy head of the group", 14, 100) == ["Deputy head", "of the group"]
    assert wrapped("领导小组办公室，五日内", 14, 14 * 7) == ["领导小组办公", "室，五日内"]
    assert wrapped("", 14, 100) == []
