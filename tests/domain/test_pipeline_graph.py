"""Pipelines and the paths of filings as graphs: stages in layers, branches in rows, and where a filing stands."""

from __future__ import annotations

import pytest

import programmes
from domain.filing import Filing, Recall, Reject, Waive
from domain.messages import UNKNOWN, Lang
from domain.pipeline_graph import filing_graph, pipeline_graph
from domain.programme_check import load
from domain.rules_view import NodeKind, Standing
from domain.view import Names
from tests.domain import branching
from tests.domain.given import LEADER, OFFICE, PROGRAMME, Story
from tests.domain.test_filing import approved, at_seal, on_board, opened, returned, submitted
from tests.domain.views import names


def test_pipeline_as_a_graph() -> None:
    graph = pipeline_graph(PROGRAMME.pipeline_by_id["approval"], names())
    assert [(node.id, node.layer, node.row) for node in graph.nodes] == [
        ("author", 0, 0),
        ("check", 1, 0),
        ("check.escalation", 1, 1),
        ("board", 2, 0),
        ("board.escalation", 2, 1),
        ("seal", 3, 0),
        ("approved", 4, 0),
        ("rejected", 4, 1),
    ]
    assert graph.nodes[1].note == "联片研修区的片区负责人，3 个工作日内"
    onward = [(edge.source, edge.target) for edge in graph.edges if not edge.back and not edge.dashed]
    assert onward == [("author", "check"), ("check", "board"), ("board", "seal"), ("seal", "approved")]
    assert ("seal", "rejected") in {(edge.source, edge.target) for edge in graph.edges}
    assert ("board", "rejected") not in {(edge.source, edge.target) for edge in graph.edges}


def test_branches_stand_side_by_side_and_join() -> None:
    graph = pipeline_graph(branching.PIPELINE, Names("zh", branching.PROGRAMME))
    assert [(node.id, node.layer, node.row) for node in graph.nodes] == [
        ("author", 0, 0),
        ("head", 1, 0),
        ("head.escalation", 1, 1),
        ("money", 2, 0),
        ("named", 3, 0),
        ("experts", 2, 1),
        ("experts.escalation", 2, 2),
        ("3-a", 2, 3),
        ("join.0", 4, 0),
        ("each", 5, 0),
        ("left", 6, 0),
        ("right", 6, 1),
        ("join.1", 7, 0),
        ("last", 8, 0),
        ("approved", 9, 0),
        ("rejected", 9, 1),
    ]
    onward = [(edge.source, edge.target) for edge in graph.edges if not edge.back and not edge.dashed]
    assert [target for source, target in onward if source == "head"] == ["money", "experts", "3-a"]
    assert [source for source, target in onward if target == "join.0"] == ["named", "experts", "3-a"]
    assert ("join.0", "each") in onward
    (by_itself,) = [edge.words for edge in graph.edges if (edge.source, edge.target) == ("experts", "join.0")]
    assert by_itself == ("同意", "超时 4 个工作日自动通过")
    notes = {node.id: node.note for node in graph.nodes}
    assert notes["experts"] == "县的专家、县的副局长，票签，5 个工作日内"
    assert notes["money"] == "县的教研室，2 个工作日内，符合条件时"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", programmes.names())
def test_every_shipped_pipeline_has_its_words(name: str, lang: Lang) -> None:
    programme = load(programmes.text(name))
    for pipeline in programme.pipelines:
        graph = pipeline_graph(pipeline, Names(lang, programme))
        assert not [edge for edge in graph.edges for words in edge.words if UNKNOWN in words]
        assert not [node for node in graph.nodes if UNKNOWN in node.note]
        assert {node.standing for node in graph.nodes} == {None}


# -- the path of a filing


def stands(story: Story) -> dict[str, Standing]:
    assert isinstance(story.state, Filing)
    graph = filing_graph(story.state, names())
    return {node.id: node.standing for node in graph.nodes if node.standing is not None}


PASSED, NOW, LEFT_OUT = Standing.PASSED, Standing.NOW, Standing.LEFT_OUT


def test_a_filing_stands_at_its_author_then_at_its_stages_then_at_its_end() -> None:
    assert stands(opened()) == {"author": NOW}
    assert stands(submitted()) == {"author": PASSED, "check": NOW}
    assert stands(on_board()) == {"author": PASSED, "check": PASSED, "board": NOW}
    assert stands(at_seal()) == {"author": PASSED, "check": PASSED, "board": PASSED, "seal": NOW}
    assert stands(approved()) == dict.fromkeys(("author", "check", "board", "seal"), PASSED) | {"approved": NOW}


def test_what_was_passed_before_a_return_is_marked_only_where_it_still_holds() -> None:
    assert stands(returned()) == {"author": NOW, "check": PASSED}
    assert stands(submitted().when(Recall(), LEADER)) == {"author": NOW}


def test_other_ends() -> None:
    assert stands(at_seal().when(Reject(reason="不符"), OFFICE)) == {"author": PASSED, "rejected": NOW}
    assert stands(opened().when(Waive(reason="撤并"), OFFICE)) == {}


def test_a_filings_path_names_the_posts_that_decide() -> None:
    state = submitted().state
    assert isinstance(state, Filing)
    graph = filing_graph(state, names())
    notes = {node.id: node.note for node in graph.nodes}
    assert notes["check"] == "东片区的片区负责人，3 个工作日内"
    assert notes["board"] == "县教育局的副局长，会签，5 个工作日内"
    assert {node.id: node.title for node in graph.nodes}["check.escalation"] == "县教育局的教研室"


def test_branches_signers_and_what_is_left_out_in_a_filings_path() -> None:
    state = submitted().state
    assert isinstance(state, Filing)
    first, second, last = state.steps
    added = first.model_copy(update={"stage": "added", "posts": (), "people": (OFFICE.person,), "added": True})
    steps = (
        first,
        second.model_copy(update={"after": ("check",)}),
        added.model_copy(update={"after": ("check",)}),
        last.model_copy(update={"after": ("board", "added")}),
    )
    (visit,) = state.visits  # type: ignore[attr-defined]  # a submitted filing is in review
    moved = state.model_copy(
        update={
            "steps": steps,
            "passed": ("check",),
            "left_out": ("board",),
            "visits": (visit.model_copy(update={"stage": "added"}),),
        }
    )
    graph = filing_graph(moved, names())
    assert [(node.id, node.layer, node.row, node.standing) for node in graph.nodes] == [
        ("author", 0, 0, PASSED),
        ("check", 1, 0, PASSED),
        ("check.escalation", 1, 1, None),
        ("board", 2, 0, LEFT_OUT),
        ("board.escalation", 2, 1, None),
        ("added", 2, 2, NOW),
        ("added.escalation", 2, 3, None),
        ("join.0", 3, 0, None),
        ("seal", 4, 0, None),
        ("approved", 5, 0, None),
        ("rejected", 5, 1, None),
    ]
    assert [node.note for node in graph.nodes if node.id == "added"] == ["教研员庚，3 个工作日内"]
    assert [node.kind for node in graph.nodes if node.id == "join.0"] == [NodeKind.JOIN]
