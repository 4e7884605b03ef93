"""Pictures of pipelines and machines: boxes stand apart, no words meet, nothing lies outside."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations
from typing import get_args

import pytest

import programmes
from api.web.filing_graph import filing_picture
from api.web.graph_drawing import Picture, picture, wide, wrapped
from api.web.kit import _environment as environment
from api.web.kit import say
from domain.filing import Filing
from domain.machines import MACHINES
from domain.messages import Lang
from domain.pipeline_graph import pipeline_graph
from domain.programme_check import load
from domain.rules_view import Standing, machine_graph
from domain.view import Names
from tests.domain import branching
from tests.domain.test_filing import on_board
from tests.domain.views import names

Area = tuple[float, float, float, float]


def pictures() -> Iterator[tuple[str, Picture]]:
    for programme in (*(load(programmes.text(name)) for name in programmes.names()), branching.PROGRAMME):
        for lang in get_args(Lang):
            spoken = Names(lang, programme)
            for pipeline in programme.pipelines:
                yield f"{pipeline.id} {lang}", picture(pipeline_graph(pipeline, spoken))
            for machine in MACHINES.values():
                yield f"{machine.name} {lang}", picture(machine_graph(machine, spoken))


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


@pytest.mark.parametrize("lang", get_args(Lang))
def test_a_filings_path_is_drawn_with_its_position_in_words_too(lang: Lang) -> None:
    story = on_board()
    assert isinstance(story.state, Filing)
    shown = filing_picture(story.state, names(lang))
    standing = {one.title[0][1]: one.standing for one in shown.picture.boxes if one.standing}
    assert list(standing.values()) == [Standing.PASSED, Standing.PASSED, Standing.NOW]
    module = environment().get_template("filing_graph.html").module
    html = str(vars(module)["filing_graph"](shown, partial(say, lang)))
    assert html.count('class="gr-mark gr-is-passed"') == 2
    assert html.count('class="gr-mark gr-is-now"') == 1
    said = "现在：会审。已过：报送、片区审核。" if lang == "zh" else "Now: Board. Passed: Submission, Check."
    assert f"<desc>{said}</desc>" in html
    assert f'<figcaption class="soft">{said}</figcaption>' in html
    assert "style=" not in html
    assert "<details" in html
