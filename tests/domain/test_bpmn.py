"""Pipelines as BPMN: valid by the published schema, drawn without a collision, and understood by a foreign engine."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import celpy
import pytest
import SpiffWorkflow.bpmn.parser
from celpy.adapter import json_to_cel
from celpy.celtypes import IntType
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.util.task import TaskState

import programmes
from domain.bpmn import bpmn
from domain.messages import UNKNOWN, Lang
from domain.programme import (
    Chooser,
    Decider,
    Escalation,
    Mode,
    Parallel,
    Pipeline,
    Programme,
    SamePerson,
    Stage,
    Vacancy,
)
from domain.programme_check import load
from domain.text import Text
from tests.domain import branching

SCHEMA = Path(SpiffWorkflow.bpmn.parser.__file__).parent / "schema" / "BPMN20.xsd"
NAMESPACES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "di": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "dd": "http://www.omg.org/spec/DD/20100524/DI",
}
SHIPPED = [(load(programmes.text(name)), name) for name in programmes.names()]
EVERY = [(one, programme) for programme, _ in SHIPPED for one in programme.pipelines] + [
    (branching.PIPELINE, branching.PROGRAMME)
]
each_pipeline = pytest.mark.parametrize(("pipeline", "programme"), EVERY, ids=lambda one: one.id)


@cache
def schema() -> Any:
    """The OMG's schema of BPMN 2.0, as an engine ships it."""
    return etree.XMLSchema(etree.parse(str(SCHEMA)))


def read(text: str) -> Any:
    return etree.fromstring(text.encode())


def found(tree: Any, path: str) -> list[Any]:
    return list(tree.xpath(path, namespaces=NAMESPACES))


# -- the document


@pytest.mark.parametrize("lang", ["zh", "en"])
@each_pipeline
def test_an_export_is_valid_by_the_published_schema(pipeline: Pipeline, programme: Programme, lang: Lang) -> None:
    text = bpmn(pipeline, programme, lang)
    schema().assertValid(read(text))
    assert UNKNOWN not in text
    assert "bpmn." not in re.sub(r"bpmn:|xmlns:bpmn", "", text)


def test_the_schema_refuses_what_is_not_bpmn() -> None:
    text = bpmn(branching.PIPELINE, branching.PROGRAMME).replace("bpmn:userTask", "bpmn:humanTask")
    with pytest.raises(etree.DocumentInvalid):
        schema().assertValid(read(text))


def test_only_standard_namespaces_are_used() -> None:
    tree = read(bpmn(branching.PIPELINE, branching.PROGRAMME))
    used = {etree.QName(one).namespace for one in tree.iter()}
    assert used == set(NAMESPACES.values())
    attributes = {etree.QName(name).namespace for one in tree.iter() for name in one.attrib}
    assert attributes == {None, "http://www.w3.org/2001/XMLSchema-instance"}


def test_how_a_stage_is_decided_is_said_the_standard_way() -> None:
    tree = read(bpmn(branching.PIPELINE, branching.PROGRAMME))

    def of(stage: str, path: str) -> list[str]:
        return [str(one) for one in found(tree, f"//bpmn:userTask[@id='stage_{stage}']/{path}")]

    owner = "bpmn:potentialOwner/bpmn:resourceAssignmentExpression/bpmn:formalExpression/text()"
    assert of("experts", owner) == ["group(expert@county), group(deputy@county)"]
    assert of("named", owner) == ["user(t0007)"]
    several = "bpmn:multiInstanceLoopCharacteristics"
    assert of("3-a", f"{several}/@isSequential") == ["false"]
    assert of("each", f"{several}/@isSequential") == ["true"]
    assert of("head", f"{several}/@isSequential") == []
    assert of("experts", f"{several}/bpmn:completionCondition/text()") == ['agreed["experts"] >= 2']
    (told,) = of("experts", "bpmn:documentation/text()")
    assert "县的副局长有一票否决权" in told
    assert "跳过本环节" in told


def test_time_is_a_boundary_timer_that_interrupts_only_when_it_passes() -> None:
    tree = read(bpmn(branching.PIPELINE, branching.PROGRAMME))
    timers = {
        one.get("id"): (one.get("attachedToRef"), one.get("cancelActivity"), duration)
        for one in found(tree, "//bpmn:boundaryEvent[bpmn:timerEventDefinition]")
        for duration in one.xpath(".//bpmn:timeDuration/text()", namespaces=NAMESPACES)
    }
    assert timers == {
        "late_head": ("stage_head", "false", "P5D"),
        "late_experts": ("stage_experts", "false", "P6D"),
        "time_experts": ("stage_experts", "true", "P9D"),
        "time_left": ("stage_left", "true", "P2D"),
    }


def test_a_condition_is_written_as_it_is_in_the_programme() -> None:
    tree = read(bpmn(branching.PIPELINE, branching.PROGRAMME))
    (condition,) = found(tree, "//bpmn:sequenceFlow[@targetRef='stage_money']/bpmn:conditionExpression")
    assert condition.text == branching.PIPELINE.all_stages[1].when
    assert condition.get("language") == "https://cel.dev"


def test_letters_that_xml_cannot_hold_are_replaced() -> None:
    odd = Text(zh="甲\x0b<乙>&\ufffe", en='"A" <b>')
    stage = branching.PIPELINE.all_stages[-1].model_copy(update={"title": odd, "id": "odd"})
    pipeline, programme = of_stages((stage,))
    tree = read(bpmn(pipeline, programme))
    schema().assertValid(tree)
    assert [one.get("name") for one in found(tree, "//bpmn:userTask[@id='stage_odd']")] == ["甲�<乙>&�"]


# -- the diagram

Area = tuple[float, float, float, float]


def areas(tree: Any) -> dict[str, Area]:
    shapes: dict[str, Area] = {}
    for shape in found(tree, "//di:BPMNShape"):
        bounds = shape.find("dc:Bounds", NAMESPACES)
        x, y, width, height = (float(bounds.get(side)) for side in ("x", "y", "width", "height"))
        shapes[shape.get("bpmnElement")] = x, y, width, height
    return shapes


def meet(one: Area, other: Area) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def inside(one: Area, other: Area) -> bool:
    return (
        other[0] <= one[0]
        and other[1] <= one[1]
        and one[0] + one[2] <= other[0] + other[2]
        and one[1] + one[3] <= other[1] + other[3]
    )


def on_the_edge(point: tuple[float, float], area: Area) -> bool:
    (px, py), (x, y, width, height) = point, area
    across = min(abs(px - x), abs(px - x - width)) < 0.01 and y - 0.01 <= py <= y + height + 0.01
    along = min(abs(py - y), abs(py - y - height)) < 0.01 and x - 0.01 <= px <= x + width + 0.01
    return across or along


def drawn_well(tree: Any) -> None:
    """Everything has its place, nothing stands on anything else, and lines begin and end where they should."""
    shapes = areas(tree)
    nodes = found(tree, "//bpmn:process//*[@id][bpmn:incoming or bpmn:outgoing]")
    assert {one.get("id") for one in nodes} == set(shapes)
    for one, other in combinations((node for node in nodes if not node.get("attachedToRef")), 2):
        a, b = shapes[one.get("id")], shapes[other.get("id")]
        if one is other.getparent():
            assert inside(b, a), (other.get("id"), one.get("id"))
        elif one.getparent() is other.getparent():
            assert not meet(a, b), (one.get("id"), other.get("id"))
    flows = {one.get("id"): one for one in found(tree, "//bpmn:sequenceFlow")}
    edges = found(tree, "//di:BPMNEdge")
    assert {one.get("bpmnElement") for one in edges} == set(flows)
    for edge in edges:
        flow = flows[edge.get("bpmnElement")]
        points = [(float(one.get("x")), float(one.get("y"))) for one in edge.findall("dd:waypoint", NAMESPACES)]
        assert on_the_edge(points[0], shapes[flow.get("sourceRef")]), flow.attrib
        assert on_the_edge(points[-1], shapes[flow.get("targetRef")]), flow.attrib
        assert all(x >= 0 and y >= 0 for x, y in points)
        # Lines run level or upright.
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(points))


@each_pipeline
def test_the_diagram_shows_everything_and_nothing_collides(pipeline: Pipeline, programme: Programme) -> None:
    drawn_well(read(bpmn(pipeline, programme)))


# -- a foreign engine


@cache
def cel() -> celpy.Environment:
    limit = sys.getrecursionlimit()
    environment = celpy.Environment()
    # It raises the limit for the whole process; Hypothesis is told so by an example that comes first in its process.
    sys.setrecursionlimit(limit)
    return environment


@cache
def program(expression: str) -> celpy.Runner:
    return cel().program(cel().compile(expression))


class Cel(PythonScriptEngine):  # type: ignore[misc]  # untyped
    """SpiffWorkflow reads expressions as Python; ours are CEL, and durations are written as the standard shows them."""

    def validate(self, expression: str) -> None:
        pass

    def evaluate(self, task: Any, expression: str, external_context: object = None) -> Any:
        if re.fullmatch(r"P\d+D", expression):
            return expression
        known: Any = json_to_cel(task.data)
        value = program(expression).evaluate(known)
        return int(value) if isinstance(value, IntType) else bool(value)


class Run:
    """One filing on its way through SpiffWorkflow."""

    def __init__(self, pipeline: Pipeline, programme: Programme, fields: Mapping[str, object]) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(bpmn(pipeline, programme).encode())
        name = f"pipeline_{pipeline.id}"
        self.workflow = BpmnWorkflow(parser.get_spec(name), parser.get_subprocess_specs(name), script_engine=Cel(None))
        ids = [one.id for one in pipeline.all_stages]
        self.workflow.get_next_task(state=TaskState.READY).set_data(
            fields=dict(fields),
            unit={"kind": "group", "centre": False},
            decision=dict.fromkeys(ids, "agree"),
            seats=dict.fromkeys(ids, 2),
            agreed=dict.fromkeys(ids, 0),
            resume="",
        )
        self.workflow.do_engine_steps()

    @property
    def waiting(self) -> list[Any]:
        """The tasks that somebody is to do, each instance of one that several do."""
        return list(self.workflow.get_tasks(state=TaskState.READY, manual=True))

    @property
    def open(self) -> Counter[str]:
        return Counter(task.task_spec.bpmn_id for task in self.waiting)

    def done(self, id: str, decision: str = "agree", resume: str = "") -> None:
        """Do one task: decide at a stage, or mend the filing."""
        task = next(one for one in self.waiting if one.task_spec.bpmn_id == id)
        stage = id.removeprefix("stage_")
        task.data["resume"] = resume
        if stage in task.data["decision"]:
            task.data["decision"][stage] = decision
            task.data["agreed"][stage] += decision == "agree"
        elif id == "author":
            task.data["decision"] = dict.fromkeys(task.data["decision"], "agree")
        task.run()
        self.workflow.do_engine_steps()

    def reached(self, end: str) -> bool:
        return bool(self.workflow.get_tasks(state=TaskState.COMPLETED, spec_name=end))


def run(cost: int = 5000, kind: str = "open") -> Run:
    return Run(branching.PIPELINE, branching.PROGRAMME, {"cost": cost, "kind": kind})


def test_a_foreign_engine_takes_a_filing_through_to_approval() -> None:
    filing = run()
    assert filing.open == {"stage_head": 1}
    filing.done("stage_head")
    assert filing.open == {"stage_money": 1, "stage_experts": 2, "stage_3-a": 2}
    for one in ("money", "experts", "experts", "named", "3-a"):
        filing.done(f"stage_{one}")
    assert filing.open == {"stage_3-a": 1}
    filing.done("stage_3-a")
    # One after the other: only one of the two is asked at a time.
    assert filing.open == {"stage_each": 1}
    for one in ("each", "each", "left", "right"):
        filing.done(f"stage_{one}")
    assert filing.open == {"stage_last": 1}
    filing.done("stage_last")
    assert filing.open == {"copies": 1}
    filing.done("copies")
    assert filing.workflow.completed
    assert filing.reached("approved")
    assert not filing.reached("rejected")


def test_a_foreign_engine_passes_over_a_stage_whose_condition_does_not_hold() -> None:
    filing = run(cost=10, kind="in")
    # Nobody decides at the stages that are passed over, so nothing may hang on what was decided there.
    filing.waiting[0].data["decision"] |= {"money": "return", "each": "return"}
    filing.done("stage_head")
    assert filing.open == {"stage_named": 1, "stage_experts": 2, "stage_3-a": 2}
    for one in ("named", "experts", "experts", "3-a", "3-a"):
        filing.done(f"stage_{one}")
    assert filing.open == {"stage_left": 1, "stage_right": 1}


def test_a_foreign_engine_takes_a_return_to_the_author_and_starts_again() -> None:
    filing = run()
    filing.done("stage_head", "return")
    assert filing.open == {"author": 1}
    filing.done("author")
    assert filing.open == {"stage_head": 1}


def test_a_foreign_engine_ends_the_other_branches_on_a_return_and_comes_straight_back() -> None:
    filing = run()
    filing.done("stage_head")
    filing.done("stage_money")
    filing.done("stage_named", "return")
    assert filing.open == {"author": 1}
    filing.done("author", resume="branches_1")
    assert filing.open == {"stage_money": 1, "stage_experts": 2, "stage_3-a": 2}


def test_a_foreign_engine_ends_at_a_rejection() -> None:
    filing = run()
    filing.done("stage_head")
    filing.done("stage_money", "reject")
    assert filing.workflow.completed
    assert filing.reached("rejected")
    assert not filing.reached("approved")


@each_pipeline
def test_a_foreign_engine_understands_every_pipeline(pipeline: Pipeline, programme: Programme) -> None:
    through(Run(pipeline, programme, {"cost": 1, "kind": "in"}))


def through(filing: Run) -> None:
    for _ in range(200):
        if not filing.waiting:
            break
        filing.done(filing.waiting[0].task_spec.bpmn_id)
    assert filing.workflow.completed
    assert filing.reached("approved")


# -- whatever the pipeline


SLUGS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip())
)
TEXTS = st.builds(Text, zh=LINES, en=LINES)
DECIDERS = st.sampled_from(
    [Decider.parse(one) for one in ("office@county", "deputy@county", "principal@parent", "leader@own")]
)
DAYS = st.integers(1, 9)


@st.composite
def stages(draw: Callable[[Any], Any], id: str) -> Stage:
    person = draw(st.sampled_from([None, None, "t0007"]))
    mode = Mode.ANY if person else draw(st.sampled_from(list(Mode)))
    return Stage(
        id=id,
        title=draw(TEXTS),
        decided_by=() if person else tuple(draw(st.lists(DECIDERS, min_size=1, max_size=2, unique=True))),
        person=person,
        chosen_by=None if person else draw(st.sampled_from([None, Chooser.AUTHOR])),
        mode=mode,
        votes=draw(DAYS) if mode is Mode.VOTES else None,
        when=draw(
            st.sampled_from([None, "fields.cost > 3", 'unit.kind == "group" && fields.cost < 3', "!unit.centre"])
        ),
        vacant=draw(st.sampled_from([*Vacancy, Decider.parse("office@county")])),
        same_person=draw(st.sampled_from(list(SamePerson))),
        due=draw(DAYS),
        escalate=draw(st.none() | st.builds(Escalation, after=DAYS, to=DECIDERS)),
        passes_after=draw(st.none() | DAYS),
        may_reject=draw(st.booleans()),
        resumes=draw(st.booleans()),
    )


@st.composite
def pipelines(draw: Callable[[Any], Any]) -> Pipeline:
    shape = draw(st.lists(st.just(1) | st.lists(st.integers(1, 3), min_size=2, max_size=4), min_size=1, max_size=4))
    total = sum(sum(one) if isinstance(one, list) else one for one in shape)
    ids: Iterator[str] = iter(draw(st.lists(SLUGS, min_size=total, max_size=total, unique=True)))

    def line(length: int) -> tuple[Stage, ...]:
        return tuple(draw(stages(next(ids))) for _ in range(length))

    steps = (Parallel(parallel=tuple(map(line, one))) if isinstance(one, list) else line(1)[0] for one in shape)
    return Pipeline(
        id=draw(SLUGS),
        title=draw(TEXTS),
        stages=tuple(steps),
        copies=draw(st.sampled_from([(), (Decider.parse("office@county"),)])),
    )


def of_stages(steps: Iterable[Stage | Parallel]) -> tuple[Pipeline, Programme]:
    return within(Pipeline(id="made", title=Text(zh="审批", en="Approval"), stages=tuple(steps)))


def within(pipeline: Pipeline) -> tuple[Pipeline, Programme]:
    duties = (branching.PROGRAMME.duties[0].model_copy(update={"pipeline": pipeline.id}),)
    return pipeline, branching.PROGRAMME.model_copy(update={"pipelines": (pipeline,), "duties": duties})


@settings(deadline=None, max_examples=60)
@given(pipelines())
def test_any_pipeline_is_exported_validly_and_drawn_well(pipeline: Pipeline) -> None:
    tree = read(bpmn(*within(pipeline)))
    schema().assertValid(tree)
    drawn_well(tree)


@settings(deadline=None, max_examples=15)
@given(pipelines(), st.integers(0, 6))
def test_a_foreign_engine_takes_a_filing_through_any_pipeline(pipeline: Pipeline, cost: int) -> None:
    filing = Run(*within(pipeline), {"cost": cost})
    through(filing)
