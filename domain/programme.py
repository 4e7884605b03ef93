"""The programme (研修方案): the rulebook of one bureau or school, as a typed value.

A programme is data. It is written in YAML, checked by `domain.programme_check`, stored by its digest and pinned by a
cycle. Nothing here knows a particular county.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, ClassVar, Generic, Literal, NamedTuple, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    Tag,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from domain.calendar import CalendarRules, Moment, SchoolCalendar, school_year_of
from domain.ids import UnitId
from domain.text import Frozen, Line, Slug, StaffNo, Text

# Every whole number has a ceiling: a slip of the finger must not make a deadline loop through the centuries or a
# number that JSON cannot carry.
Workdays = Annotated[int, Field(gt=0, le=400)]
WorkdaysBefore = Annotated[int, Field(ge=0, le=400)]
Count = Annotated[int, Field(gt=0, le=10_000)]


class UnitKind(StrEnum):
    """The levels of 分层研修, from the county down to the lesson-preparation group."""

    COUNTY = "county"
    CLUSTER = "cluster"
    SCHOOL = "school"
    DEPARTMENT = "department"
    GROUP = "group"
    PREP_GROUP = "prep_group"


class Right(StrEnum):
    """What a role may do at its unit and below, beyond filing its own duties and deciding its own stages."""

    READ = "read"
    RUN_CYCLE = "run_cycle"
    WAIVE = "waive"
    WAIVE_WITHIN = "waive_within"
    """The same, for what stays within the unit (`stays_in`): whoever sees it decides on it, and on nothing else."""
    ARRANGE = "arrange"
    FOLLOW_UP = "follow_up"
    AUDIT = "audit"
    DIRECTORY = "directory"


Where = TypeVar("Where", bound=StrEnum)
_ROLE_AT = re.compile(r"^([a-z0-9][a-z0-9_-]*)@([a-z_]+)$")


class Relation(StrEnum):
    """Where a stage's decider is found, seen from the unit that files, besides the levels of the tree."""

    OWN = "own"
    """The unit that files."""
    PARENT = "parent"
    """The unit that it stands directly below."""
    CENTRE = "centre"
    """The centre school (中心校) of its cluster."""


class _RoleSomewhere(Generic[Where]):
    """A role and where it is held, written `role@scope`."""

    __slots__ = ("role", "scope")
    _scopes: ClassVar[Mapping[str, Any]]

    def __init__(self, role: str, scope: Where) -> None:
        self.role = role
        self.scope = scope

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `role@scope`; ValueError says what is wrong."""
        match = _ROLE_AT.fullmatch(text)
        if match is None:
            raise ValueError(f"“{text}” is not of the form role@scope, for example head@cluster")
        if match[2] not in cls._scopes:
            raise ValueError(f"“{match[2]}” is not a unit kind; one of {', '.join(cls._scopes)}")
        return cls(match[1], cls._scopes[match[2]])

    @classmethod
    def _read(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise ValueError("write a role as role@scope, for example head@cluster")
        return cls.parse(value)

    def __str__(self) -> str:
        return f"{self.role}@{self.scope.value}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._read,
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": _ROLE_AT.pattern}


class RoleAt(_RoleSomewhere[UnitKind]):
    """A role, held at the nearest unit of a kind at or above the unit concerned."""

    _scopes: ClassVar[Mapping[str, Any]] = {kind.value: kind for kind in UnitKind}


class Decider(_RoleSomewhere[UnitKind | Relation]):
    """A role that decides at a stage: at the nearest unit of a kind, or in a relation to the unit that files."""

    _scopes: ClassVar[Mapping[str, Any]] = {one.value: one for one in (*UnitKind, *Relation)}


class Subject(Frozen):
    """A school subject (学科)."""

    id: Slug
    title: Text


def _in_order(rights: frozenset[Right]) -> list[str]:
    # A set has no order, and the digest of a programme must not depend on one.
    return sorted(right.value for right in rights)


class Role(Frozen):
    """A post that people are appointed to at units of the given kinds."""

    id: Slug
    title: Text
    at: Annotated[tuple[UnitKind, ...], Field(min_length=1)]
    rights: Annotated[frozenset[Right], PlainSerializer(_in_order)] = frozenset()
    rehearse: Annotated[int, Field(ge=0, le=1000)] = 1
    """How many people a rehearsal appoints to this role at each unit of its kinds."""
    totp: bool = False
    """Whether its holders need a second factor to sign in."""


class Unit(Frozen):
    """A node of the tenant's tree. Exactly one unit has no parent."""

    id: Slug
    kind: UnitKind
    title: Text
    parent: Slug | None = None
    subject: Slug | None = None
    centre: bool = False
    """The centre school (中心校) of its cluster."""


@dataclass(frozen=True, slots=True)
class Place:
    """A unit in the tree that the directory keeps."""

    unit: Unit
    parents: tuple[str, ...]
    """Every unit it has ever stood directly below."""
    closed: bool = False


class UnitTemplate(Frozen):
    """One unit for each subject under every unit of a kind: the research groups of each cluster, say."""

    kind: UnitKind
    under: UnitKind
    title: Text
    """Appended to the parent's and the subject's titles."""
    subjects: Annotated[tuple[Slug, ...], Field(min_length=1)]


class FieldKind(StrEnum):
    """What a document's field holds."""

    LINE = "line"
    PROSE = "prose"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    LIST = "list"
    TABLE = "table"


class Column(Frozen):
    """A column of a table field."""

    id: Slug
    title: Text
    kind: Literal[FieldKind.LINE, FieldKind.PROSE, FieldKind.NUMBER, FieldKind.DATE] = FieldKind.LINE
    required: bool = False


class DocumentField(Frozen):
    """A field of a document."""

    id: Slug
    title: Text
    kind: FieldKind = FieldKind.PROSE
    required: bool = True
    help: Text | None = None
    choices: tuple[Line, ...] = ()
    columns: tuple[Column, ...] = ()


class Document(Frozen):
    """A form: what a plan or a report contains."""

    id: Slug
    title: Text
    fields: Annotated[tuple[DocumentField, ...], Field(min_length=1)]


class Mode(StrEnum):
    """How many of a stage's deciders must agree."""

    ANY = "any"
    """或签: one is enough."""
    ALL = "all"
    """会签: everybody."""
    VOTES = "votes"
    """票签: so many of them."""
    IN_ORDER = "in_order"
    """依次: everybody, one after the other."""


class Chooser(StrEnum):
    """Who names a stage's deciders among those who hold its roles."""

    AUTHOR = "author"
    """The author, when handing in."""
    PREVIOUS = "previous"
    """Whoever agrees at the stage before."""


class Vacancy(StrEnum):
    """What becomes of a stage that nobody can decide, unless another role takes it."""

    SKIP = "skip"
    """It is passed over, and the history says so."""
    STOP = "stop"
    """It waits, and the office is told to name somebody."""


class SamePerson(StrEnum):
    """Whether somebody who has agreed to the revision at an earlier stage is asked again."""

    ASK = "ask"
    ONCE = "once"


class StageSeal(StrEnum):
    """What agreement at a stage is stamped as."""

    AGREED = "agreed"
    """同意."""
    RECEIVED = "received"
    """签收: taken in and kept."""
    READ = "read"
    """已阅: read, and taken note of."""


class Escalation(Frozen):
    """Who also may decide when a stage is late."""

    after: Workdays
    """Workdays after the stage was due."""
    to: Decider


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str | Decider) else value


def _as_written(deciders: tuple[Decider, ...]) -> str | list[str]:
    # One role is written without a list, so that the digest of a programme does not depend on how it was written.
    return str(deciders[0]) if len(deciders) == 1 else [str(one) for one in deciders]


Deciders = Annotated[tuple[Decider, ...], BeforeValidator(_as_list), PlainSerializer(_as_written)]
"""One role@scope, or a list of them."""


def _vacancy(value: object) -> object:
    return Vacancy(value) if isinstance(value, str) and value in set(Vacancy) else value


class Stage(Frozen):
    """One step of a pipeline. `domain.programme_check` refuses parts that do not go together."""

    id: Slug
    title: Text
    decided_by: Deciders = ()
    """Whose holders decide; of several roles in order, the first role's holders come first."""
    person: StaffNo | None = None
    """The one person who decides, by staff number, instead of roles."""
    chosen_by: Chooser | None = None
    """Who names the deciders among the holders of the roles; null when all of them are."""
    mode: Mode = Mode.ANY
    votes: Count | None = None
    """How many must agree, where votes are counted."""
    veto: Deciders = ()
    """Whose vote against is enough, where votes are counted."""
    when: Line | None = None
    """A condition in CEL over the document's fields, the unit and the cycle; null for always."""
    vacant: Annotated[Vacancy | Decider, BeforeValidator(_vacancy)] = Vacancy.STOP
    """What becomes of it when nobody can decide; a role takes it over."""
    same_person: SamePerson = SamePerson.ASK
    due: Workdays
    """Workdays from the filing's arrival at the stage."""
    remind: WorkdaysBefore | None = 1
    """Workdays before the stage is due; null for no reminder."""
    escalate: Escalation | None = None
    passes_after: Workdays | None = None
    """Workdays after it was due when it passes by time alone, and is marked so; null for never."""
    may_reject: bool = False
    resumes: bool = True
    """After a return by this stage, the mended filing comes straight back here unless the returner says otherwise."""
    judges: bool = False
    """The decider also judges the document; the judgements are the pipeline's."""
    seal: StageSeal = StageSeal.AGREED


class Parallel(Frozen):
    """Branches that are passed at the same time and join: what comes after waits for all of them."""

    parallel: Annotated[tuple[Annotated[tuple[Stage, ...], Field(min_length=1)], ...], Field(min_length=2)]


def _stage_or_branches(value: object) -> str:
    branches = isinstance(value, Parallel) or (isinstance(value, Mapping) and "parallel" in value)
    return "branches" if branches else "stage"


StageOrBranches = Annotated[
    Annotated[Stage, Tag("stage")] | Annotated[Parallel, Tag("branches")], Discriminator(_stage_or_branches)
]


class Judgement(Frozen):
    """A verdict a judging stage may give with its approval, and the follow-up that it opens."""

    id: Slug
    title: Text
    opens: Slug | None = None


class PlacedStage(NamedTuple):
    """A stage, where the pipeline has it, and what it waits for."""

    at: tuple[str | int, ...]
    """The keys and positions that lead to it from the pipeline."""
    stage: Stage
    after: tuple[str, ...]
    """The stages that come directly before it; none when it is among the first."""


class Pipeline(Frozen):
    """The stages a filing passes (审批流), one after the other or in branches that join."""

    id: Slug
    title: Text
    stages: Annotated[tuple[StageOrBranches, ...], Field(min_length=1)]
    judgements: tuple[Judgement, ...] = ()
    rework: Workdays = 5
    """Workdays an author has to mend a returned filing."""
    copies: Deciders = ()
    """Who is sent a copy (抄送) when it is approved."""
    urge_hours: Annotated[int, Field(ge=1, le=400)] = 4
    """Hours that must pass before the deciders are urged (催办) once more."""

    @cached_property
    def placed(self) -> tuple[PlacedStage, ...]:
        """Every stage in the order of the file."""
        found: list[PlacedStage] = []
        before: tuple[str, ...] = ()
        for number, one in enumerate(self.stages):
            branches = one.parallel if isinstance(one, Parallel) else ((one,),)
            inside = [("parallel", b) for b in range(len(branches))] if isinstance(one, Parallel) else [()]
            ends: list[str] = []
            for within, branch in zip(inside, branches, strict=True):
                after = before
                for n, stage in enumerate(branch):
                    at = (*within, n) if within else ()
                    found.append(PlacedStage(("stages", number, *at), stage, after))
                    after = (stage.id,)
                ends += after
            before = tuple(ends)
        return tuple(found)

    @property
    def all_stages(self) -> tuple[Stage, ...]:
        """Every stage, those of branches too."""
        return tuple(one.stage for one in self.placed)


class WindowRules(Frozen):
    """When a duty opens, falls due and lapses, in each period of the school year."""

    per: Literal["year", "term", "month"]
    opens: Moment
    due: Moment
    lapses: Workdays
    """Workdays after the due time."""
    min_workdays: Workdays = 1
    """Shorter periods (a clipped month) owe nothing."""
    terms: tuple[Slug, ...] | None = None
    """Only in these terms; null for all."""


class OwedPer(StrEnum):
    """Whether each unit or each person owes a duty."""

    UNIT = "unit"
    PERSON = "person"


class Duty(Frozen):
    """What units or people owe in each window (任务)."""

    id: Slug
    title: Text
    document: Slug
    pipeline: Slug
    owed_by: RoleAt
    """The author: this role at each unit of the scope's kind."""
    per: OwedPer = OwedPer.UNIT
    window: WindowRules
    remind: tuple[WorkdaysBefore, ...] = (1,)
    """Workdays before the due time, at the start of business."""
    stays_in: UnitKind | None = None
    """Nobody appointed above the nearest unit of this kind may read it (personal plans stay in the school)."""


class RubricItem(Frozen):
    """One scored line of a rubric."""

    id: Slug
    title: Text
    method: Text
    """How it is checked (督查方式)."""
    weight: Count
    evidence: tuple[Slug, ...] = ()
    """The duties whose filings bear on it."""


class RubricGroup(Frozen):
    """Items under one heading."""

    id: Slug
    title: Text
    items: Annotated[tuple[RubricItem, ...], Field(min_length=1)]


class Rubric(Frozen):
    """A weighted score sheet."""

    id: Slug
    title: Text
    total: Count
    groups: Annotated[tuple[RubricGroup, ...], Field(min_length=1)]

    @cached_property
    def items(self) -> Mapping[str, RubricItem]:
        """Every item by id, in the order of the sheet."""
        return {item.id: item for group in self.groups for item in group.items}


class Outcome(Frozen):
    """A band of totals, and the follow-up it opens. The first band whose floor is reached applies."""

    id: Slug
    title: Text
    at_least: Decimal
    opens: Slug | None = None


class InspectionRules(Frozen):
    """A scored visit to every unit of a kind, in each window."""

    id: Slug
    title: Text
    rubric: Slug
    of: UnitKind
    window: WindowRules
    arranged_by: RoleAt
    inspectors: RoleAt
    panel: Count = 2
    """How many inspectors sign."""
    answered_by: RoleAt
    answer_within: Workdays = 5
    """Workdays the unit has to answer before silence counts as acknowledgement."""
    reviewed_by: RoleAt
    review_within: Workdays = 5
    outcomes: tuple[Outcome, ...] = ()
    closes_year: bool = False
    """The year-end inspection: its opening moves the cycle to `inspecting`."""


class FollowUpKind(StrEnum):
    """Commendation (通报表扬), assistance visit (下校调研帮扶) or rectification (整改)."""

    COMMENDATION = "commendation"
    ASSISTANCE = "assistance"
    RECTIFICATION = "rectification"


class FollowUpRules(Frozen):
    """What comes after a judgement or an outcome."""

    id: Slug
    title: Text
    kind: FollowUpKind
    led_by: RoleAt
    answered_by: RoleAt
    visit_within: Workdays = 10
    plan_within: Workdays = 5
    verify_within: Workdays = 20


class Programme(Frozen):
    """A whole rulebook. Build one with `domain.programme_check.load`, which also checks its references."""

    id: Slug
    version: Count = 1
    title: Text
    hash: Literal["sha256", "sm3"] = "sha256"
    """The digest of the ledger's chain; sm3 where national rules ask for it."""
    calendar: CalendarRules
    subjects: tuple[Subject, ...] = ()
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    units: Annotated[tuple[Unit, ...], Field(min_length=1)]
    unit_templates: tuple[UnitTemplate, ...] = ()
    documents: tuple[Document, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    duties: tuple[Duty, ...] = ()
    rubrics: tuple[Rubric, ...] = ()
    inspections: tuple[InspectionRules, ...] = ()
    follow_ups: tuple[FollowUpRules, ...] = ()

    @cached_property
    def all_units(self) -> Mapping[str, Unit]:
        """The units of the tree, parents before children, by id.

        Of a programme on its own: the declared units and those the templates make. Of one that the ledger loaded: the
        units that are open now; see `over`.
        """
        units: dict[str, Unit] = {unit.id: unit for unit in self.units}
        for template in self.unit_templates:
            units.update((unit.id, unit) for unit in self.made_by(template, units.values()))
        return _parents_first(units)

    @cached_property
    def former_units(self) -> Mapping[str, Unit]:
        """Units that have been closed, as they last were, by id: for titles and paths of what happened there."""
        return {}

    @cached_property
    def known_units(self) -> Mapping[str, Unit]:
        """Every unit there is or has been, by id."""
        return {**self.former_units, **self.all_units}

    def over(self, places: Iterable[Place]) -> Programme:
        """Return the same rules over the tree that the directory keeps, in place of the declared one."""
        known = tuple(places)
        other = Programme.model_construct(**{name: getattr(self, name) for name in Programme.model_fields})
        # The rules stay equal and keep their digest: only what is derived from them gives way to the directory.
        other.__dict__.update(
            all_units=_parents_first({one.unit.id: one.unit for one in known if not one.closed}),
            former_units={one.unit.id: one.unit for one in known if one.closed},
            _parents_ever={one.unit.id: one.parents for one in known},
            _calendars=self._calendars,
        )
        return other

    def below(self, unit: str) -> frozenset[str]:
        """Return a unit and all that stands below it, and what was closed there."""
        return frozenset(_all_below(self._children, (unit,)))

    def ever_below(self, units: Iterable[str]) -> frozenset[str]:
        """Return the units, and all that stand or have ever stood below them."""
        return frozenset(_all_below(self._children_ever, units))

    @cached_property
    def _children(self) -> Mapping[str, list[str]]:
        return _children({unit.id: (unit.parent,) for unit in self.known_units.values() if unit.parent})

    @cached_property
    def _children_ever(self) -> Mapping[str, list[str]]:
        return _children(self._parents_ever)

    @cached_property
    def _parents_ever(self) -> Mapping[str, tuple[str, ...]]:
        return {unit.id: (unit.parent,) if unit.parent else () for unit in self.all_units.values()}

    def made_by(self, template: UnitTemplate, units: Iterable[Unit]) -> tuple[Unit, ...]:
        """Return the units that the template adds to `units`."""
        known = self.subject_by_id
        subjects = [known[one] for one in template.subjects if one in known]
        parents = (unit for unit in units if unit.kind is template.under)
        return tuple(_from_template(template, parent, subject) for parent in parents for subject in subjects)

    @cached_property
    def subject_by_id(self) -> Mapping[str, Subject]:
        """Subjects by id."""
        return {one.id: one for one in self.subjects}

    @cached_property
    def role_by_id(self) -> Mapping[str, Role]:
        """Roles by id."""
        return {one.id: one for one in self.roles}

    @cached_property
    def document_by_id(self) -> Mapping[str, Document]:
        """Documents by id."""
        return {one.id: one for one in self.documents}

    @cached_property
    def pipeline_by_id(self) -> Mapping[str, Pipeline]:
        """Pipelines by id."""
        return {one.id: one for one in self.pipelines}

    @cached_property
    def duty_by_id(self) -> Mapping[str, Duty]:
        """Duties by id."""
        return {one.id: one for one in self.duties}

    @cached_property
    def rubric_by_id(self) -> Mapping[str, Rubric]:
        """Rubrics by id."""
        return {one.id: one for one in self.rubrics}

    @cached_property
    def inspection_by_id(self) -> Mapping[str, InspectionRules]:
        """Inspections by id."""
        return {one.id: one for one in self.inspections}

    @cached_property
    def follow_up_by_id(self) -> Mapping[str, FollowUpRules]:
        """Follow-ups by id."""
        return {one.id: one for one in self.follow_ups}

    @cached_property
    def root_path(self) -> tuple[UnitId, ...]:
        """The path of the root: itself."""
        return (UnitId(next(unit.id for unit in self.all_units.values() if unit.parent is None)),)

    def local_day(self, at: datetime) -> date:
        """The day it is in the programme's time zone at an instant."""
        return at.astimezone(self._zone).date()

    def calendar_of(self, school_year: int) -> SchoolCalendar:
        """The calendar of the school year that begins in this calendar year."""
        calendar = self._calendars.get(school_year)
        if calendar is None:
            calendar = self._calendars[school_year] = SchoolCalendar(self.calendar, school_year)
        return calendar

    def calendar_at(self, at: datetime) -> SchoolCalendar:
        """The calendar of the school year that an instant lies in."""
        return self.calendar_of(school_year_of(self.calendar, self.local_day(at)))

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.calendar.time_zone)

    @cached_property
    def _calendars(self) -> dict[int, SchoolCalendar]:
        return {}

    def path_of(self, unit: str) -> tuple[str, ...]:
        """The unit and its ancestors, root first, closed ones too. KeyError for a unit that has never been."""
        path: list[str] = []
        here: str | None = unit
        while here is not None:
            path.append(here)
            here = self.known_units[here].parent
        return tuple(reversed(path))


def _children(parents_of: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    children: defaultdict[str, list[str]] = defaultdict(list)
    for unit, parents in parents_of.items():
        for parent in parents:
            children[parent].append(unit)
    return dict(children)


def _all_below(children: Mapping[str, list[str]], units: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(units)
    while waiting:
        unit = waiting.pop()
        if unit not in found:
            found.add(unit)
            waiting += children.get(unit, ())
    return found


def _parents_first(units: Mapping[str, Unit]) -> dict[str, Unit]:
    children: defaultdict[str | None, list[Unit]] = defaultdict(list)
    for unit in units.values():
        children[unit.parent].append(unit)
    ordered: dict[str, Unit] = {}
    waiting = children[None][::-1]
    while waiting:
        unit = waiting.pop()
        ordered[unit.id] = unit
        waiting += children[unit.id][::-1]
    # A unit outside the tree is a fault for the checker to name; it is not lost here.
    return ordered | {one: unit for one, unit in units.items() if one not in ordered}


def _from_template(template: UnitTemplate, parent: Unit, subject: Subject) -> Unit:
    # Not validated again: the parts are valid, and the checker names an id or title that grows too long.
    return Unit.model_construct(
        id=f"{parent.id}-{subject.id}",
        kind=template.kind,
        title=Text.model_construct(
            zh=f"{parent.title.zh}{subject.title.zh}{template.title.zh}",
            en=f"{parent.title.en} {subject.title.en} {template.title.en}",
        ),
        parent=parent.id,
        subject=subject.id,
    )
