"""A pipeline as BPMN 2.0 (ISO/IEC 19510) with its diagram, for modellers and engines of others.

What has no equal there is said in documentation: who takes over a vacant stage, urging, transfers, recalls. Branches
are an embedded sub-process, because a return from one branch ends the others: it leaves as an error. Times are written
as calendar days, since BPMN has no workdays. See docs/decisions/0019-bpmn-export.md.

Conditions are CEL, as in the programme. They look at `fields`, `unit` and `cycle`, and at what the engine keeps by the
ids of the stages:

- `decision[stage]`: `"agree"`, `"return"` or `"reject"`, the outcome of a stage.
- `seats[stage]`: how many decide, where several must.
- `agreed[stage]`: how many have agreed so far, where votes are counted.
- `resume`: the stage or branches that a mended filing comes straight back to; `""` for the whole way again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from domain.bpmn_xml import Box, Failure, Flow, Node, Point, Process, Repeated, Timer, write
from domain.messages import Lang
from domain.programme import Mode, Parallel, Pipeline, Programme, Stage
from domain.rules_view import Entry, Part, Rule, counted, role_in_words, rules
from domain.view import Names

GAP = 60
TASK_WIDTH, TASK_HEIGHT = 120, 80
GATE, EVENT = 50, 36
LINE = 20
"""Between two lines that run beside each other."""
SKIP = 75
"""How far above a stage the way past it runs, and how far below it the way by time."""
AWAY = 110
"""How far from its stage the end stands by which a branch is left."""
BELOW = 140
"""How far below its stage an escalation stands."""

_RETURNED, _REJECTED = "returned", "refused"
"""The errors by which a branch is left."""


def bpmn(pipeline: Pipeline, programme: Programme, lang: Lang = "zh") -> str:
    """Return a pipeline of a programme as a BPMN 2.0 document with diagram interchange, its names in a language."""
    return write(_Drawing(pipeline, Names(lang, programme)).process())


class _Room(NamedTuple):
    """How far something reaches above and below the line that it stands on, and along it."""

    up: float
    down: float
    width: float


class _Drawn(NamedTuple):
    """Where the line comes into what was drawn, and where it goes on."""

    first: Node
    last: Node


def _has_merge(stage: Stage) -> bool:
    """Say whether there is more than one way on to what comes after the stage."""
    return stage.when is not None or stage.passes_after is not None


def _stage_room(stage: Stage, branch: bool) -> _Room:
    gates = 1 + (stage.when is not None) + _has_merge(stage)
    up = AWAY + EVENT / 2 if branch else SKIP if stage.when else TASK_HEIGHT / 2
    downs = [
        TASK_HEIGHT / 2 + EVENT / 2,
        SKIP * (stage.passes_after is not None),
        (AWAY + EVENT / 2) * (branch and stage.may_reject),
        (BELOW + TASK_HEIGHT / 2) * (stage.escalate is not None),
    ]
    return _Room(up + LINE, max(downs) + LINE, TASK_WIDTH + GAP + gates * (GATE + GAP))


def _line_room(stages: Iterable[Stage]) -> _Room:
    ups, downs, widths = zip(*(_stage_room(one, branch=True) for one in stages), strict=True)
    return _Room(max(ups), max(downs), sum(widths))


def _frame(branches: Parallel) -> tuple[float, float]:
    """The width and height of the box around branches."""
    rooms = [_line_room(one) for one in branches.parallel]
    width = max(room.width for room in rooms) + 2 * (LINE + EVENT + GAP + GATE) + GAP
    return width, sum(room.up + room.down for room in rooms) + 2 * LINE


def _room(step: Stage | Parallel) -> _Room:
    if isinstance(step, Stage):
        return _stage_room(step, branch=False)
    width, height = _frame(step)
    return _Room(height / 2 + EVENT, height / 2 + EVENT, width + GAP)


def _resumes(step: Stage | Parallel) -> bool:
    stages = (step,) if isinstance(step, Stage) else (stage for branch in step.parallel for stage in branch)
    return any(stage.resumes for stage in stages)


class _Drawing:
    """Places a pipeline from left to right on one line; branches have lines of their own in a frame."""

    def __init__(self, pipeline: Pipeline, names: Names) -> None:
        self.pipeline = pipeline
        self.names = names
        self.say = names.say
        self.nodes: list[Node] = []
        self.flows: list[Flow] = []
        self.errors: dict[str, str] = {}
        self.returning: list[tuple[Node, str | None]] = []
        """What leads back to the author, with its condition."""
        self.rejecting: list[tuple[Node, str | None]] = []
        self.resuming: list[tuple[str, Node]] = []
        """What a mended filing may come straight back to, by the value of `resume`."""
        sections = rules(names.programme, names)
        entries = next(one.entries for one in sections if one.key == Part.PIPELINES)
        self.entry: Entry = next(one for one in entries if one.id == pipeline.id)

    def process(self) -> Process:
        """Draw the whole pipeline."""
        steps = self.pipeline.stages
        rooms = [_room(one) for one in steps]
        above = LINE * (1 + sum(_resumes(one) for one in steps[1:])) + TASK_HEIGHT / 2 + LINE
        y = above + TASK_HEIGHT / 2 + GAP + max(room.up for room in rooms)
        below = y + max(room.down for room in rooms) + 2 * LINE

        start = self._add("start", "startEvent", 60, y, self.say("command.filing.submit"))
        begin = self._add("begin", "exclusiveGateway", start.box.right[0] + GAP, y)
        self._onward(start, begin)
        x = begin.box.right[0] + GAP
        author_x = x
        before = begin
        for number, (step, room) in enumerate(zip(steps, rooms, strict=True)):
            drawn = self._step(number, step, x, y)
            self._onward(before, drawn.first)
            before = drawn.last
            x += room.width
        if self.pipeline.copies:
            copies = self._add("copies", "task", x, y, self.say("bpmn.copies"), documentation=self._of("copies"))
            self._onward(before, copies)
            before = copies
            x += TASK_WIDTH + GAP
        approved = self._add("approved", "endEvent", x, y, self.say("status.filing.approved"))
        self._onward(before, approved)
        self._author(author_x, above, begin)
        self._rejected(x, below)
        return Process(
            f"pipeline_{self.pipeline.id}",
            self.names.text(self.pipeline.title),
            f"urn:termledger:{self.names.programme.id}:{self.names.programme.version}",
            (self._labelled(self.entry.rules), self.say("bpmn.notes")),
            self.nodes,
            self.flows,
            self.errors,
        )

    # -- words

    def _labelled(self, found: Iterable[Rule]) -> str:
        return "\n".join(self.names.labelled(one.label, one.words) for one in found if one.key != "position")

    def _of(self, key: str) -> tuple[str, ...]:
        return tuple(one.words for one in self.entry.rules if one.key == key)

    def _told(self, stage: Stage) -> tuple[str, ...]:
        return (self._labelled(next(one.rules for one in self.entry.parts if one.id == stage.id)),)

    def _workdays(self, number: int) -> str:
        return counted(self.names, "workday", number)

    # -- elements

    def _add(self, id: str, tag: str, x: float, y: float, name: str = "", **more: object) -> Node:
        """Add a node whose left side is at x and whose middle is at y."""
        width, height = TASK_WIDTH, TASK_HEIGHT
        if tag.endswith("Gateway"):
            width = height = GATE
        elif tag.endswith("Event"):
            width = height = EVENT
        return self._put(Node(id, tag, Box(x, y - height / 2, width, height), name), **more)

    def _put(self, node: Node, **more: object) -> Node:
        node = replace(node, **more)  # type: ignore[arg-type]  # fields of a node, by name
        self.nodes.append(node)
        return node

    def _onward(self, source: Node, target: Node) -> None:
        """Let the line go on; after a decision that is the way of agreement."""
        (x1, y1), (x2, y2) = source.box.right, target.box.left
        points: list[Point] = [(x1, y1), (x2, y2)]
        if abs(y1 - y2) > GATE / 2 and source.tag == "parallelGateway":
            x, y = source.box.top if y2 < y1 else source.box.bottom
            points = [(x, y), (x, y2), (x2, y2)]
        elif abs(y1 - y2) > GATE / 2:
            x, y = target.box.top if y1 < y2 else target.box.bottom
            points = [(x1, y1), (x, y1), (x, y)]
        elif y1 != y2:
            points = [(x1, y1), ((x1 + x2) / 2, y1), ((x1 + x2) / 2, y2), (x2, y2)]
        decided = source.id.startswith("decided_")
        name = self.say("seal.agreed") if decided else ""
        self._flow(source, target, points, name=name, default=decided, label=(x1 + 4, y1 - 20))

    def _flow(
        self,
        source: Node,
        target: Node,
        points: Sequence[Point],
        *,
        name: str = "",
        condition: str | None = None,
        default: bool = False,
        label: Point | None = None,
    ) -> None:
        self.flows.append(
            Flow(source.id, target.id, points, name, condition, default, within=target.within, label=label)
        )

    # -- stages

    def _step(self, number: int, step: Stage | Parallel, x: float, y: float) -> _Drawn:
        if isinstance(step, Parallel):
            drawn = self._branches(number, step, x, y)
            resumed, target = drawn.first.id, drawn.first
        else:
            drawn = self._stage(step, x, y, None)
            resumed, target = step.id, next(one for one in self.nodes if one.id == f"stage_{step.id}")
        if number and _resumes(step):
            self.resuming.append((resumed, target))
        return drawn

    def _stage(self, stage: Stage, x: float, y: float, within: str | None) -> _Drawn:
        """Draw a stage: its condition, its task, its decision, what time does, and where its ways on meet."""
        asked = None
        if stage.when is not None:
            asked = self._add(f"when_{stage.id}", "exclusiveGateway", x, y, within=within)
            x += GATE + GAP
        task = self._add(
            f"stage_{stage.id}",
            "userTask",
            x,
            y,
            self.names.text(stage.title),
            within=within,
            documentation=self._told(stage),
            owners=_owners(stage),
            repeated=_repeated(stage),
        )
        decided = self._add(f"decided_{stage.id}", "exclusiveGateway", x + TASK_WIDTH + GAP, y, within=within)
        self._onward(task, decided)
        last = decided
        if _has_merge(stage):
            last = self._add(f"past_{stage.id}", "exclusiveGateway", decided.box.right[0] + GAP, y, within=within)
            self._onward(decided, last)
        if asked is not None:
            self._condition(stage, asked, task, last)
        if stage.escalate is not None:
            self._escalation(stage, task, within)
        if stage.passes_after is not None:
            self._passes(stage, task, last, within)
        self._leaving(stage, decided, within)
        return _Drawn(asked or task, last)

    def _condition(self, stage: Stage, asked: Node, task: Node, last: Node) -> None:
        (x, y), (end, under) = asked.box.top, last.box.top
        self._flow(
            asked,
            task,
            (asked.box.right, task.box.left),
            name=self.say("bpmn.holds"),
            condition=stage.when,
            label=(asked.box.right[0], asked.box.right[1] - 20),
        )
        over = y + GATE / 2 - SKIP
        self._flow(
            asked,
            last,
            ((x, y), (x, over), (end, over), (end, under)),
            name=self.say("bpmn.does_not_hold"),
            default=True,
            label=(x + 4, over + 4),
        )

    def _escalation(self, stage: Stage, task: Node, within: str | None) -> None:
        """Somebody else may decide as well: the task goes on."""
        assert stage.escalate is not None, "only a stage with an escalation is asked for it"
        x, y = task.box.x + TASK_WIDTH / 4, task.box.bottom[1]
        count, who = stage.escalate.after, role_in_words(stage.escalate.to, self.names)
        late = self._add(
            f"late_{stage.id}",
            "boundaryEvent",
            x - EVENT / 2,
            y,
            self.say("graph.escalation", count=self._workdays(count)),
            within=within,
            documentation=(self.say("bpmn.workdays"),),
            event=Timer(_days(stage.due + count)),
            attached_to=task.id,
            interrupts=False,
            label=(x - 94, y + EVENT / 2 + 4),
        )
        low = task.box.left[1] + BELOW
        wider = self._add(
            f"escalate_{stage.id}",
            "task",
            x - TASK_WIDTH / 2,
            low,
            self.say("bpmn.escalate", who=who),
            within=within,
        )
        end = self._add(f"escalated_{stage.id}", "endEvent", wider.box.right[0] + 2 * LINE, low, within=within)
        self._flow(late, wider, (late.box.bottom, wider.box.top))
        self._onward(wider, end)

    def _passes(self, stage: Stage, task: Node, last: Node, within: str | None) -> None:
        """Time alone brings it on, and the task ends."""
        assert stage.passes_after is not None, "only a stage that passes by itself is asked for it"
        x, y = task.box.x + 3 * TASK_WIDTH / 4, task.box.bottom[1]
        timer = self._add(
            f"time_{stage.id}",
            "boundaryEvent",
            x - EVENT / 2,
            y,
            self.say("graph.passes", count=self._workdays(stage.passes_after)),
            within=within,
            documentation=(self.say("bpmn.workdays"),),
            event=Timer(_days(stage.due + stage.passes_after)),
            attached_to=task.id,
            label=(x + 4, task.box.left[1] + SKIP + 4),
        )
        under = task.box.left[1] + SKIP
        self._flow(timer, last, (timer.box.bottom, (x, under), (last.box.bottom[0], under), last.box.bottom))

    def _leaving(self, stage: Stage, decided: Node, within: str | None) -> None:
        """The ways that do not lead on: on the line to the author or the end, from a branch as errors."""
        if within is None:
            self.returning.append((decided, _decision(stage, "return")))
            if stage.may_reject:
                self.rejecting.append((decided, _decision(stage, "reject")))
            return
        ways = [(_RETURNED, "back", -1, "return"), (_REJECTED, "refuse", 1, "reject")]
        for error, id, side, decision in ways if stage.may_reject else ways[:1]:
            name = self._error(error)
            x, y = decided.box.top if side < 0 else decided.box.bottom
            middle = decided.box.left[1] + side * AWAY
            end = self._add(
                f"{id}_{stage.id}",
                "endEvent",
                x - EVENT / 2,
                middle,
                name,
                within=within,
                event=Failure(error),
                label=(x + EVENT / 2 + 4, middle - 7),
            )
            edge = end.box.bottom if side < 0 else end.box.top
            self._flow(decided, end, ((x, y), edge), condition=_decision(stage, decision))

    def _error(self, error: str) -> str:
        """Note that an error is used; return its name."""
        name = self.say("seal.returned" if error == _RETURNED else "seal.rejected")
        self.errors[error] = name
        return name

    def _branches(self, number: int, step: Parallel, x: float, y: float) -> _Drawn:
        """Draw a frame with branches in it, from a fork to a join."""
        width, height = _frame(step)
        id = f"branches_{number}"
        box = Box(x, y - height / 2, width, height)
        frame = self._put(Node(id, "subProcess", box, self.say("bpmn.branches")))
        start = self._add(f"in_{number}", "startEvent", x + LINE, y, within=id)
        fork = self._add(f"fork_{number}", "parallelGateway", start.box.right[0] + GAP, y, within=id)
        end = self._add(f"out_{number}", "endEvent", x + width - LINE - EVENT, y, within=id)
        join = self._add(f"join_{number}", "parallelGateway", end.box.x - GAP - GATE, y, within=id)
        self._onward(start, fork)
        self._onward(join, end)
        top = box.y + LINE
        for branch in step.parallel:
            room = _line_room(branch)
            before, at = fork, fork.box.right[0] + GAP
            for stage in branch:
                drawn = self._stage(stage, at, top + room.up, id)
                self._onward(before, drawn.first)
                before, at = drawn.last, at + _stage_room(stage, branch=True).width
            self._onward(before, join)
            top += room.up + room.down
        self._caught(number, frame, _RETURNED)
        if any(stage.may_reject for branch in step.parallel for stage in branch):
            self._caught(number, frame, _REJECTED)
        return _Drawn(frame, frame)

    def _caught(self, number: int, frame: Node, error: str) -> None:
        """Catch what leaves the branches, at the edge of their frame."""
        upward = error == _RETURNED
        x, y = frame.box.right[0] - GAP, frame.box.top[1] if upward else frame.box.bottom[1]
        caught = self._add(
            f"caught_{error}_{number}",
            "boundaryEvent",
            x - EVENT / 2,
            y,
            self._error(error),
            event=Failure(error),
            attached_to=frame.id,
            label=(x + EVENT / 2 + 4, y - 20 if upward else y + 8),
        )
        (self.returning if upward else self.rejecting).append((caught, None))

    # -- back to the author, and rejected

    def _author(self, x: float, y: float, begin: Node) -> None:
        """Draw the author's task above the line: returns come in on its right, and it goes on at the beginning."""
        duties = [one for one in self.names.programme.duties if one.pipeline == self.pipeline.id]
        author = self._add(
            "author",
            "userTask",
            x,
            y,
            self.say("bpmn.mend"),
            documentation=self._of("rework"),
            owners=_groups(dict.fromkeys(str(one.owed_by) for one in duties)),
        )
        for source, condition in self.returning:
            start = source.box.top
            points = (start, (start[0], y), author.box.right)
            name = self.say("seal.returned") if condition else ""
            self._flow(source, author, points, name=name, condition=condition, label=(start[0] + 4, start[1] - 18))
        middle = begin.box.top[0]
        if not self.resuming:
            self._flow(author, begin, (author.box.left, (middle, y), begin.box.top))
            return
        resume = self._add("resume", "exclusiveGateway", middle - GATE / 2, y)
        self._flow(author, resume, (author.box.left, resume.box.right))
        label = (middle + 4, resume.box.bottom[1] + 6)
        again = self.say("bpmn.again")
        self._flow(resume, begin, (resume.box.bottom, begin.box.top), name=again, default=True, label=label)
        for number, (value, target) in enumerate(self.resuming, 1):
            over = LINE * number
            # To the left of the middle, where returns leave a frame's upper edge on the right.
            end = target.box.top if target.tag != "subProcess" else (target.box.x + GAP, target.box.y)
            self._flow(
                resume,
                target,
                (resume.box.top, (middle, over), (end[0], over), end),
                name=self.say("bpmn.straight"),
                condition=f'resume == "{value}"',
                label=(end[0] + 4, end[1] - 40),
            )

    def _rejected(self, x: float, y: float) -> None:
        if not self.rejecting:
            return
        rejected = self._add("rejected", "endEvent", x, y, self.say("status.filing.rejected"))
        for source, condition in self.rejecting:
            start = source.box.bottom
            points = (start, (start[0], y), rejected.box.left)
            name = self.say("seal.rejected") if condition else ""
            self._flow(source, rejected, points, name=name, condition=condition, label=(start[0] + 4, start[1] + 6))


def _decision(stage: Stage, outcome: str) -> str:
    return f'decision["{stage.id}"] == "{outcome}"'


def _days(number: int) -> str:
    return f"P{number}D"


def _groups(roles: Iterable[str]) -> str | None:
    return ", ".join(f"group({one})" for one in roles) or None


def _owners(stage: Stage) -> str | None:
    """Who may do the task, as the standard's formal expression is commonly read."""
    return f"user({stage.person})" if stage.person is not None else _groups(map(str, stage.decided_by))


def _repeated(stage: Stage) -> Repeated | None:
    if stage.mode is Mode.ANY or stage.person is not None:
        return None
    id = stage.id
    until = f'agreed["{id}"] >= {stage.votes}' if stage.mode is Mode.VOTES else f'decision["{id}"] != "agree"'
    return Repeated(f'seats["{id}"]', until, one_by_one=stage.mode is Mode.IN_ORDER)
