"""A programme in readable sentences, and the machines as graphs. No markup, no coordinates.

A section holds entries (a duty, a pipeline, a role); an entry holds rules, each a label with words that can be read on
their own, and parts (stages, fields, items) that are entries again. `domain.programme_difference` compares the same
entries, so that what a page shows as a rule is what it shows as changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.calendar import CalendarRules, Moment, NamedDay
from domain.condition_words import condition_in_words, fields_named
from domain.machine import Machine, status_of
from domain.programme import (
    Decider,
    Document,
    DocumentField,
    Duty,
    FollowUpKind,
    FollowUpRules,
    InspectionRules,
    Parallel,
    Pipeline,
    PlacedStage,
    Programme,
    Relation,
    Right,
    Role,
    RoleAt,
    Rubric,
    RubricGroup,
    SamePerson,
    Stage,
    StageSeal,
    Unit,
    UnitKind,
    UnitTemplate,
    WindowRules,
)
from domain.view import Names


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is laid down."""

    key: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that has a name and rules."""

    id: str
    title: str
    rules: tuple[Rule, ...] = ()
    parts: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its entries."""

    key: str
    title: str
    entries: tuple[Entry, ...]


class Part(StrEnum):
    """The sections of a programme, in the order they are read."""

    CALENDAR = "calendar"
    ROLES = "roles"
    UNITS = "units"
    DOCUMENTS = "documents"
    DUTIES = "duties"
    PIPELINES = "pipelines"
    RUBRICS = "rubrics"
    INSPECTIONS = "inspections"
    FOLLOW_UPS = "follow_ups"


def rules(programme: Programme, names: Names) -> tuple[Section, ...]:
    """Return a programme in sentences, by section. A section without entries is left out.

    What one rule says of another (who decides, which form) is called as the names' programme calls it.
    """
    entries: Mapping[Part, Iterable[Entry]] = {
        Part.CALENDAR: _calendar(programme.calendar, names),
        Part.ROLES: (_role(one, names) for one in programme.roles),
        Part.UNITS: (
            *(_unit(one, names) for one in programme.units),
            *(_template(one, names) for one in programme.unit_templates),
        ),
        Part.DOCUMENTS: (_document(one, names) for one in programme.documents),
        Part.DUTIES: (_duty(one, names) for one in programme.duties),
        Part.PIPELINES: (_pipeline(one, names) for one in programme.pipelines),
        Part.RUBRICS: (_rubric(one, names) for one in programme.rubrics),
        Part.INSPECTIONS: (_inspection(one, names) for one in programme.inspections),
        Part.FOLLOW_UPS: (_follow_up(one, names) for one in programme.follow_ups),
    }
    sections = (Section(key.value, names.say(f"part.{key}"), tuple(found)) for key, found in entries.items())
    return tuple(section for section in sections if section.entries)


def _rule(names: Names, key: str, variant: str = "", **params: object) -> Rule:
    """A rule in a sentence of the catalogue. One that may be so or otherwise has a sentence for each variant."""
    said = f"rule.{key}.{variant}" if variant else f"rule.{key}"
    return Rule(key, names.say(f"label.{key}"), names.say(said, **params))


def _said(names: Names, key: str, words: str) -> Rule:
    """A rule that is a name or a list of names."""
    return Rule(key, names.say(f"label.{key}"), words)


def _flag(names: Names, key: str, on: bool) -> Iterator[Rule]:
    """A rule that is there or not."""
    if on:
        yield _rule(names, key)


def counted(names: Names, thing: str, number: int) -> str:
    """Return a number with what is counted: 5 个工作日, 1 workday."""
    return names.say(f"count.{thing}" if number == 1 else f"count.{thing}s", number=number)


def _workdays(names: Names, number: int) -> str:
    return counted(names, "workday", number)


def _who(names: Names, who: RoleAt | Decider) -> str:
    """A role at its level, wherever that is: 县的教研室."""
    place = names.say(f"relation.{who.scope}") if isinstance(who.scope, Relation) else _kind(names, who.scope)
    return names.say("name.post", role=names.role(who.role), unit=place)


def _kind(names: Names, kind: UnitKind) -> str:
    return names.say(f"kind.{kind}")


# -- when


def moment(names: Names, per: str, at: Moment) -> str:
    """Return a moment of a year, term or month in words: 月末前 7 个工作日."""
    if at.base == "week":
        return names.say("moment.week", number=at.number)
    if at.unit is None:
        return names.say(f"moment.{per}.{at.base}")
    base = names.say(f"moment_base.{per}.{at.base}")
    side = "before" if at.number < 0 else "after"
    return names.say(f"moment.{side}", base=base, count=counted(names, at.unit, abs(at.number)))


def _window(names: Names, window: WindowRules) -> Iterator[Rule]:
    yield _rule(
        names,
        "window",
        per=names.say(f"per.{window.per}"),
        opens=moment(names, window.per, window.opens),
        closes=moment(names, window.per, window.due),
        count=_workdays(names, window.lapses),
    )
    if window.terms is not None:
        titles = {one.id: names.text(one.title) for one in names.programme.calendar.terms}
        yield _rule(names, "terms", terms=names.listed(titles.get(one, one) for one in window.terms))
    if window.min_workdays > 1:
        yield _rule(names, "min_workdays", count=_workdays(names, window.min_workdays))


def _remind(names: Names, days: Sequence[int]) -> Iterator[Rule]:
    if days:
        said = (names.say("rule_part.same_day") if one == 0 else _workdays(names, one) for one in days)
        yield _rule(names, "remind", days=names.listed(said))


# -- the sections


def _calendar(calendar: CalendarRules, names: Names) -> Iterator[Entry]:
    yield Entry(
        "hours",
        names.say("entry.hours"),
        (
            _rule(
                names,
                "hours",
                opens=f"{calendar.start_of_business:%H:%M}",
                closes=f"{calendar.close_of_business:%H:%M}",
                zone=calendar.time_zone,
            ),
            _rule(names, "school_year", day=_month_day(names, str(calendar.school_year_starts))),
        ),
    )
    for term in calendar.terms:
        usual = _rule(
            names,
            "term",
            first=_month_day(names, str(term.first_day)),
            last=_month_day(names, str(term.last_day)),
        )
        dated = (
            Rule(
                f"term.{year}",
                names.say("label.term_of_year", year=f"{year}–{year + 1}"),
                names.say("rule.term", first=names.day(dates.first_day), last=names.day(dates.last_day)),
            )
            for year, changes in sorted(calendar.years.items())
            if (dates := changes.terms.get(term.id)) is not None
        )
        yield Entry(f"term.{term.id}", names.text(term.title), (usual, *dated))
    for key, days in (("closures", calendar.closures), ("makeup_days", calendar.makeup_days)):
        if days:
            yield Entry(key, names.say(f"entry.{key}"), tuple(_named_day(names, one) for one in days))


def _named_day(names: Names, day: NamedDay) -> Rule:
    return Rule(day.date.isoformat(), names.day(day.date), day.why)


def _month_day(names: Names, written: str) -> str:
    """A day of every year, from its stored form MM-DD."""
    month, day = (int(part) for part in written.split("-"))
    return names.say("rule_part.month_day", month=names.say(f"month.{month:02}"), number=day)


def _role(role: Role, names: Names) -> Entry:
    found = [_said(names, "at", names.listed(_kind(names, one) for one in role.at))]
    if role.rights:
        rights = (names.say(f"right.{one}") for one in Right if one in role.rights)
        found.append(_said(names, "rights", names.listed(rights)))
    found += _flag(names, "totp", role.totp)
    return Entry(role.id, names.text(role.title), tuple(found))


def _unit(unit: Unit, names: Names) -> Entry:
    found = [_said(names, "kind", _kind(names, unit.kind))]
    if unit.parent is not None:
        found.append(_said(names, "parent", _declared(names, unit.parent)))
    if unit.subject is not None:
        found.append(_said(names, "subject", _subject(names, unit.subject)))
    found += _flag(names, "centre", unit.centre)
    return Entry(unit.id, names.text(unit.title), tuple(found))


def _declared(names: Names, unit: str) -> str:
    """A unit's title as this programme declares it, whatever the directory says today."""
    return next((names.text(one.title) for one in names.programme.units if one.id == unit), unit)


def _subject(names: Names, subject: str) -> str:
    known = names.programme.subject_by_id.get(subject)
    return subject if known is None else names.text(known.title)


def _template(template: UnitTemplate, names: Names) -> Entry:
    subjects = names.listed(_subject(names, one) for one in template.subjects)
    rule = _rule(
        names, "template", under=_kind(names, template.under), unit=_kind(names, template.kind), subjects=subjects
    )
    return Entry(f"{template.kind}.under.{template.under}", names.text(template.title), (rule,))


def _document(document: Document, names: Names) -> Entry:
    parts = tuple(_field(number, one, names) for number, one in enumerate(document.fields, 1))
    return Entry(document.id, names.text(document.title), parts=parts)


def _field(number: int, field: DocumentField, names: Names) -> Entry:
    found = [
        _rule(names, "position", number=number),
        _said(names, "field", names.say(f"field.{field.kind}")),
        _rule(names, "required", "yes" if field.required else "no"),
    ]
    if field.choices:
        found.append(_said(names, "choices", names.listed(field.choices)))
    if field.columns:
        found.append(_said(names, "columns", names.listed(names.text(one.title) for one in field.columns)))
    if field.help is not None:
        found.append(_said(names, "help", names.text(field.help)))
    return Entry(field.id, names.text(field.title), tuple(found))


def _duty(duty: Duty, names: Names) -> Entry:
    programme = names.programme
    document = programme.document_by_id.get(duty.document)
    pipeline = programme.pipeline_by_id.get(duty.pipeline)
    found = [
        _rule(
            names,
            "owed_by",
            duty.per,
            unit=_kind(names, duty.owed_by.scope),
            role=names.role(duty.owed_by.role),
        ),
        _said(names, "document", duty.document if document is None else names.text(document.title)),
        *_window(names, duty.window),
        *_remind(names, duty.remind),
        _said(names, "pipeline", duty.pipeline if pipeline is None else _course(pipeline, names)),
    ]
    if duty.stays_in is not None:
        found.append(_rule(names, "stays_in", unit=_kind(names, duty.stays_in)))
    return Entry(duty.id, names.text(duty.title), tuple(found))


def _course(pipeline: Pipeline, names: Names) -> str:
    """The stages in a line: 审核 → （同时：预算；法务） → 批准."""
    return " → ".join(_step(one, names) for one in pipeline.stages)


def _step(step: Stage | Parallel, names: Names) -> str:
    if isinstance(step, Stage):
        return names.text(step.title)
    branches = (" → ".join(names.text(stage.title) for stage in branch) for branch in step.parallel)
    return names.say("rule_part.branches", branches=_apart(names, branches))


def _apart(names: Names, branches: Iterable[str]) -> str:
    """Branches in a line, each of which may be a list itself."""
    return ("；" if names.lang == "zh" else "; ").join(branches)


def _pipeline(pipeline: Pipeline, names: Names) -> Entry:
    found = [
        _rule(names, "rework", count=_workdays(names, pipeline.rework)),
        _rule(names, "urge", count=counted(names, "hour", pipeline.urge_hours)),
    ]
    if pipeline.copies:
        found.append(_rule(names, "copies", who=names.listed(_who(names, one) for one in pipeline.copies)))
    for one in pipeline.judgements:
        opens = None if one.opens is None else names.follow_up(one.opens)
        found.append(
            Rule(
                f"judgement.{one.id}",
                names.say("label.judgement"),
                names.say("rule.judgement", judgement=names.text(one.title), opens=opens),
            )
        )
    documents = _documents_of(pipeline, names)
    parts = tuple(_stage(number, one, pipeline, documents, names) for number, one in enumerate(pipeline.placed, 1))
    return Entry(pipeline.id, names.text(pipeline.title), tuple(found), parts)


def _documents_of(pipeline: Pipeline, names: Names) -> tuple[Document, ...]:
    """The documents that pass a pipeline."""
    programme = names.programme
    found = {duty.document: None for duty in programme.duties if duty.pipeline == pipeline.id}
    return tuple(programme.document_by_id[one] for one in found if one in programme.document_by_id)


def _stage(
    number: int, placed: PlacedStage, pipeline: Pipeline, documents: tuple[Document, ...], names: Names
) -> Entry:
    stage = placed.stage
    found = [
        _rule(names, "position", number=number),
        *_among_branches(placed, pipeline, names),
        *_condition(stage, documents, names),
        _decided_by(stage, names),
    ]
    if stage.chosen_by is not None:
        found.append(_rule(names, "chosen_by", stage.chosen_by))
    if stage.veto:
        found.append(_rule(names, "veto", who=names.listed(_who(names, one) for one in stage.veto)))
    found += (
        _rule(names, "within", count=_workdays(names, stage.due)),
        *_remind(names, () if stage.remind is None else (stage.remind,)),
    )
    if stage.escalate is not None:
        count, who = _workdays(names, stage.escalate.after), _who(names, stage.escalate.to)
        found.append(_rule(names, "escalate", count=count, who=who))
    if stage.passes_after is not None:
        found.append(_rule(names, "passes_after", count=_workdays(names, stage.passes_after)))
    found.append(_vacant(stage, names))
    found += _flag(names, "same_person", stage.same_person is SamePerson.ONCE)
    found.append(_rule(names, "verdicts", "with_reject" if stage.may_reject else "usual"))
    found.append(_rule(names, "resumes", "here" if stage.resumes else "anew"))
    found += _flag(names, "judges", stage.judges)
    if stage.seal is not StageSeal.AGREED:
        found.append(_said(names, "seal", names.say(f"seal.{stage.seal}")))
    return Entry(stage.id, names.text(stage.title), tuple(found))


def _among_branches(placed: PlacedStage, pipeline: Pipeline, names: Names) -> Iterator[Rule]:
    """What it runs beside, and what it waits for where branches join."""
    titles = {one.id: names.text(one.title) for one in pipeline.all_stages}
    if len(placed.at) > 2:
        step, branch = pipeline.stages[int(placed.at[1])], placed.at[3]
        assert isinstance(step, Parallel), "only branches have a longer way to their stages"
        others = (one for number, one in enumerate(step.parallel) if number != branch)
        said = (" → ".join(titles[one.id] for one in other) for other in others)
        yield _rule(names, "beside", others=_apart(names, said))
    if len(placed.after) > 1:
        yield _rule(names, "joins", stages=names.listed(titles[one] for one in placed.after))


def _condition(stage: Stage, documents: tuple[Document, ...], names: Names) -> Iterator[Rule]:
    if stage.when is None:
        return
    words = condition_in_words(stage.when, documents, names)
    if words is not None:
        yield _rule(names, "when", "words", words=words, text=stage.when)
    else:
        fields = names.listed(fields_named(stage.when, documents, names)) or None
        yield _rule(names, "when", "text", text=stage.when, fields=fields)


def _decided_by(stage: Stage, names: Names) -> Rule:
    if stage.person is not None:
        return _rule(names, "decided_by", "person", who=deciders(stage, names))
    votes = None if stage.votes is None else counted(names, "vote", stage.votes)
    return _rule(names, "decided_by", stage.mode, who=deciders(stage, names), count=votes)


def _vacant(stage: Stage, names: Names) -> Rule:
    if isinstance(stage.vacant, Decider):
        return _rule(names, "vacant", "to", who=_who(names, stage.vacant))
    offices = [names.text(one.title) for one in names.programme.roles if Right.WAIVE in one.rights]
    return _rule(names, "vacant", stage.vacant, office=names.listed(offices) or None)


def deciders(stage: Stage, names: Names) -> str:
    """Return who decides at a stage: its roles, or the person that it names."""
    if stage.person is not None:
        return names.say("rule_part.person", number=stage.person)
    return names.listed(_who(names, one) for one in stage.decided_by)


def role_in_words(role: RoleAt | Decider, names: Names) -> str:
    """Return a role where it is held: 县的教研室, 上级单位的校长."""
    return _who(names, role)


def _rubric(rubric: Rubric, names: Names) -> Entry:
    parts = tuple(_group(one, names) for one in rubric.groups)
    return Entry(rubric.id, names.text(rubric.title), (_said(names, "total", _points(names, rubric.total)),), parts)


def _group(group: RubricGroup, names: Names) -> Entry:
    total = _said(names, "total", _points(names, sum(one.weight for one in group.items)))
    items = (
        Entry(
            one.id,
            names.text(one.title),
            (_said(names, "weight", _points(names, one.weight)), _said(names, "method", names.text(one.method))),
        )
        for one in group.items
    )
    return Entry(group.id, names.text(group.title), (total,), tuple(items))


def _points(names: Names, number: int) -> str:
    return counted(names, "point", number)


def _inspection(inspection: InspectionRules, names: Names) -> Entry:
    rubric = names.programme.rubric_by_id.get(inspection.rubric)
    found = [
        _rule(names, "inspects", unit=_kind(names, inspection.of)),
        _said(names, "rubric", inspection.rubric if rubric is None else names.text(rubric.title)),
        *_window(names, inspection.window),
        _said(names, "arranged_by", _who(names, inspection.arranged_by)),
        _rule(names, "inspectors", who=_who(names, inspection.inspectors), number=inspection.panel),
        _rule(
            names,
            "answered_by",
            who=_who(names, inspection.answered_by),
            count=_workdays(names, inspection.answer_within),
        ),
        _rule(
            names,
            "reviewed_by",
            who=_who(names, inspection.reviewed_by),
            count=_workdays(names, inspection.review_within),
        ),
        *_flag(names, "closes_year", inspection.closes_year),
    ]
    for one in inspection.outcomes:
        opens = None if one.opens is None else names.follow_up(one.opens)
        words = names.say("rule.outcome", points=str(one.at_least), outcome=names.text(one.title), opens=opens)
        found.append(Rule(f"outcome.{one.id}", names.say("label.outcome"), words))
    return Entry(inspection.id, names.text(inspection.title), tuple(found))


def _follow_up(follow_up: FollowUpRules, names: Names) -> Entry:
    found = [
        _said(names, "form", names.say(f"value.{follow_up.kind}")),
        _said(names, "led_by", _who(names, follow_up.led_by)),
        _said(names, "with", _who(names, follow_up.answered_by)),
    ]
    if follow_up.kind is FollowUpKind.COMMENDATION:
        found.append(_rule(names, "commend_within", count=_workdays(names, follow_up.visit_within)))
    else:
        found += (
            _rule(names, "visit_within", count=_workdays(names, follow_up.visit_within)),
            _rule(names, "plan_within", count=_workdays(names, follow_up.plan_within)),
            _rule(names, "verify_within", count=_workdays(names, follow_up.verify_within)),
        )
    return Entry(follow_up.id, names.text(follow_up.title), tuple(found))


# -- graphs


class NodeKind(StrEnum):
    """What a node is."""

    START = "start"
    PLACE = "place"
    JOIN = "join"
    """Where branches meet again."""
    END = "end"


class Standing(StrEnum):
    """Where something stands towards a node."""

    PASSED = "passed"
    NOW = "now"
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Node:
    """A stage or state. `layer` counts from 0 along the way, `row` from 0 within the layer."""

    id: str
    title: str
    kind: NodeKind
    layer: int
    row: int
    note: str = ""
    """Who decides, and how long."""
    standing: Standing | None = None
    """Where the stream that the graph is of stands; none in a graph of rules."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one node to another. One that leads to its own or an earlier layer goes back."""

    source: str
    target: str
    words: tuple[str, ...]
    """What takes this way: several commands may."""
    back: bool = False
    by_time: bool = False
    """Time alone brings it about."""
    dashed: bool = False
    """Not the usual way: an escalation, a return."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in layers, and the edges between them; a page draws it."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


START = "start"
"""The id of the point at which a machine begins."""


def machine_graph(machine: Machine, names: Names) -> Graph:
    """Return a machine's states in layers, by the longest way from its beginning that does not turn back.

    What leaves a state where it is (reminders, comments) is left out: it is listed, not drawn.
    """
    ways = _ways(machine)
    order = (START, *(status_of(state) for state in machine.states))
    back = _turning_back(order, ways)
    layers = _layers(order, [way for way in ways if way not in back])
    ends = {status_of(state) for state in machine.ends}
    rows: defaultdict[int, int] = defaultdict(int)
    nodes: list[Node] = []
    for id in order:
        title = "" if id == START else names.say(f"status.{machine.name}.{id}")
        kind = NodeKind.START if id == START else NodeKind.END if id in ends else NodeKind.PLACE
        nodes.append(Node(id, title, kind, layers[id], rows[layers[id]]))
        rows[layers[id]] += 1
    alarms = {alarm.name for alarm in machine.alarm_table}
    edges = (
        Edge(
            source,
            target,
            tuple(names.say(f"command.{machine.name}.{command}") for command in commands),
            back=(source, target) in back,
            by_time=all(command in alarms for command in commands),
        )
        for (source, target), commands in ways.items()
    )
    return Graph(tuple(nodes), tuple(edges))


_Way = tuple[str, str]


def _ways(machine: Machine) -> dict[_Way, tuple[str, ...]]:
    """The pairs of states one of which leads to the other, each with the commands that do it."""
    found: dict[_Way, list[str]] = {}
    for row in machine.transitions:
        for source in row.source or (None,):
            start = START if source is None else status_of(source)
            for target in row.leads_to(source):
                if status_of(target) != start:
                    found.setdefault((start, status_of(target)), []).append(row.command.name)
    return {way: tuple(dict.fromkeys(commands)) for way, commands in found.items()}


def _turning_back(order: Sequence[str], ways: Iterable[_Way]) -> frozenset[_Way]:
    """The ways that lead back to a state on the way to their own: without them there is no circle."""
    onward = {id: [target for source, target in ways if source == id] for id in order}
    back: set[_Way] = set()
    done: set[str] = set()
    open_: list[str] = []

    def visit(id: str) -> None:
        open_.append(id)
        for target in onward[id]:
            if target in open_:
                back.add((id, target))
            elif target not in done:
                visit(target)
        open_.pop()
        done.add(id)

    visit(START)
    return frozenset(back)


def _layers(order: Sequence[str], ways: Sequence[_Way]) -> dict[str, int]:
    """The longest way to each node; there is no circle in the ways."""
    layers = dict.fromkeys(order, 0)
    for _ in order:
        for source, target in ways:
            layers[target] = max(layers[target], layers[source] + 1)
    return layers
