"""A pipeline as a graph, by its rules or as one filing passes it, with where the filing is. No coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.filing import Approved, Filing, InReview, Rejected, Returned, Step, Working
from domain.path_shape import Segment, shape
from domain.programme import Mode, Pipeline, Stage
from domain.rules_view import Edge, Graph, Node, NodeKind, Standing, counted, deciders, role_in_words
from domain.view import Names

AUTHOR, APPROVED, REJECTED = "author", "approved", "rejected"
"""The nodes before and behind the stages."""


def pipeline_graph(pipeline: Pipeline, names: Names) -> Graph:
    """Return a pipeline: its author, its stages in a line or in branches that join, escalations, and its ends."""
    stops = [_of_stage(one.stage, one.after, names) for one in pipeline.placed]
    return _Graph(stops, {}, names).graph()


def filing_graph(filing: Filing, names: Names) -> Graph:
    """Return the path of one filing, with the signers that were added and the posts that decide, and where it is."""
    stops = [_of_step(one, names) for one in filing.steps]
    return _Graph(stops, _standings(filing), names).graph()


def _standings(filing: Filing) -> dict[str, Standing]:
    """What the filing has passed, where it is, and what it leaves out, by node."""
    every = [AUTHOR, *(one.stage for one in filing.steps)]
    match filing:
        case InReview():
            found = dict.fromkeys((AUTHOR, *filing.passed), Standing.PASSED)
            found |= dict.fromkeys(filing.left_out, Standing.LEFT_OUT)
            return found | dict.fromkeys((one.stage for one in filing.visits), Standing.NOW)
        case Returned():
            return dict.fromkeys(filing.passed, Standing.PASSED) | {AUTHOR: Standing.NOW}
        case Working():
            return {AUTHOR: Standing.NOW}
        case Approved():
            return dict.fromkeys(every, Standing.PASSED) | {APPROVED: Standing.NOW}
        case Rejected():
            return {AUTHOR: Standing.PASSED, REJECTED: Standing.NOW}
        case _:
            return {}


@dataclass(frozen=True, slots=True)
class _Stop:
    """A stage as it is drawn."""

    id: str
    after: tuple[str, ...]
    title: str
    note: str
    late: tuple[int, str] | None
    """After how many workdays who may decide as well."""
    passes_after: int | None
    may_reject: bool


def _of_stage(stage: Stage, after: tuple[str, ...], names: Names) -> _Stop:
    late = None
    if stage.escalate is not None:
        late = stage.escalate.after, role_in_words(stage.escalate.to, names)
    return _Stop(
        stage.id,
        after,
        names.text(stage.title),
        _note(deciders(stage, names), stage.mode, stage.due, stage.when, names),
        late,
        stage.passes_after,
        stage.may_reject,
    )


def _of_step(step: Step, names: Names) -> _Stop:
    late = None
    if step.escalate_after is not None and step.escalate_to is not None:
        late = step.escalate_after, names.post_at(step.escalate_to)
    return _Stop(
        step.stage,
        step.after,
        names.text(step.title),
        _note(_deciding(step, names), step.mode, step.due, step.when, names),
        late,
        step.passes_after,
        step.may_reject,
    )


def _deciding(step: Step, names: Names) -> str:
    if step.staff_no is not None:
        return names.say("rule_part.person", number=step.staff_no)
    return names.listed([*map(names.person, step.people), *map(names.post_at, step.posts)])


def _note(who: str, mode: Mode, due: int, when: str | None, names: Names) -> str:
    """Who decides, how, and within which time."""
    return names.say(
        "graph.stage",
        who=who,
        mode=None if mode is Mode.ANY else names.say(f"mode.{mode}"),
        count=counted(names, "workday", due),
        when=None if when is None else names.say("graph.when"),
    )


class _Graph:
    """Lays a path out from the author to its ends: a layer for each stage, rows for branches and escalations."""

    def __init__(self, stops: Sequence[_Stop], standings: dict[str, Standing], names: Names) -> None:
        self.stops = {one.id: one for one in stops}
        self.standings = standings
        self.names = names
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.joins = 0

    def graph(self) -> Graph:
        say = self.names.say
        self._node(AUTHOR, say("path.author"), NodeKind.START, 0, 0)
        before, layer, _ = self._line(shape(list(self.stops.values())), AUTHOR, 1, 0)
        self._node(APPROVED, say("status.filing.approved"), NodeKind.END, layer, 0)
        self.edges.append(Edge(before, APPROVED, self._onward(before)))
        rejecting = [one.id for one in self.stops.values() if one.may_reject]
        if rejecting:
            self._node(REJECTED, say("status.filing.rejected"), NodeKind.END, layer, 1)
            self.edges += (Edge(one, REJECTED, (say("seal.rejected"),), dashed=True) for one in rejecting)
        return Graph(tuple(self.nodes), tuple(self.edges))

    def _node(self, id: str, title: str, kind: NodeKind, layer: int, row: int, note: str = "") -> None:
        self.nodes.append(Node(id, title, kind, layer, row, note, self.standings.get(id)))

    def _line(self, segments: Iterable[Segment[_Stop]], before: str, layer: int, row: int) -> tuple[str, int, int]:
        """Lay out segments one after the other; return the last node, the next layer, and how many rows were taken."""
        rows = 1
        for one in segments:
            if one.step is not None:
                rows = max(rows, self._stop(one.step, before, layer, row))
                before, layer = one.step.id, layer + 1
                continue
            ends, layers, taken = [], [], 0
            for branch in one.branches:
                end, after, used = self._line(branch, before, layer, row + taken)
                ends.append(end)
                layers.append(after)
                taken += used
            rows, layer = max(rows, taken), max(layers) + 1
            before = f"join.{self.joins}"
            self.joins += 1
            self._node(before, self.names.say("graph.join"), NodeKind.JOIN, layer - 1, row)
            self.edges += (Edge(end, before, self._onward(end)) for end in ends)
        return before, layer, rows

    def _stop(self, stop: _Stop, before: str, layer: int, row: int) -> int:
        """Lay out a stage; return how many rows it takes."""
        say = self.names.say
        self._node(stop.id, stop.title, NodeKind.PLACE, layer, row, stop.note)
        self.edges.append(Edge(before, stop.id, self._onward(before)))
        self.edges.append(Edge(stop.id, AUTHOR, (say("seal.returned"),), back=True, dashed=True))
        if stop.late is None:
            return 1
        after, who = stop.late
        id, late = f"{stop.id}.escalation", say("graph.escalation", count=counted(self.names, "workday", after))
        self._node(id, who, NodeKind.PLACE, layer, row + 1)
        self.edges.append(Edge(stop.id, id, (late,), by_time=True, dashed=True))
        return 2

    def _onward(self, source: str) -> tuple[str, ...]:
        """What leads on from a node."""
        say = self.names.say
        if source == AUTHOR:
            return (say("command.filing.submit"),)
        stop = self.stops.get(source)
        if stop is None:
            return (say("graph.joined"),)
        if stop.passes_after is None:
            return (say("seal.agreed"),)
        return say("seal.agreed"), say("graph.passes", count=counted(self.names, "workday", stop.passes_after))
