"""Reading and checking a programme: every fault at once, each with its line and column.

The text passes three sieves, and what fails one does not hide what the others find:

1. YAML. The tree is built here from ruamel's events, because a programme comes from outside: anchors and aliases, tags,
   deep nesting and doubled keys are faults, and every node keeps its place.
2. The typed model. What it refuses is reported and cut out of the tree until the rest is valid.
3. The meaning: references, who can fill a stage, sums, windows. It looks at what is left, and says
   nothing about a thing only because a part of it was cut out before.

A stage is *unreachable* when its pipeline is used by no duty, or when it lies at or behind a stage that only the very
role which owes the filing, at the very same unit, may decide: nobody approves their own filing, so it would rest there
until the office helps. (Duties owed per person are left out if any one holder may decide: colleagues can review each
other. So are stages that are skipped when nobody can decide, or that pass by time.)
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from typing import Any, NoReturn, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from domain.calendar import CalendarRules, NamedDay, Period, SchoolCalendar, TermDates, TermRules, YearRules
from domain.conditions import check as check_condition
from domain.programme import (
    Chooser,
    Column,
    Decider,
    Document,
    DocumentField,
    Duty,
    Escalation,
    FieldKind,
    FollowUpRules,
    InspectionRules,
    Judgement,
    Mode,
    Outcome,
    OwedPer,
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
    RubricItem,
    Stage,
    Subject,
    Unit,
    UnitKind,
    UnitTemplate,
    Vacancy,
    WindowRules,
)
from domain.text import Text

MAX_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 32
MAX_UNITS = 50_000
SAMPLE_YEARS = tuple(range(2024, 2031))
"""School years that windows are tried in, besides those the calendar lists: late and early Spring Festivals."""

Path: TypeAlias = tuple[str | int, ...]


# ---------------------------------------------------------------- faults


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a programme, or to be thought over. Line and column count from 1."""

    line: int
    column: int
    path: str
    message: Text
    code: str

    def __str__(self) -> str:
        where = f" {self.path}" if self.path else ""
        return f"{self.line}:{self.column}{where}: {self.message.en}"


class ProgrammeFaults(Exception):
    """The text is not a programme; `faults` says why, in the order of the text."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(map(str, self.faults))


def load(text: str, *, year: int | None = None) -> Programme:
    """Read a programme; ProgrammeFaults with every fault if there is any.

    Windows are tried in the school year given, or in those the calendar lists and a sample.
    """
    programme, faults = _examine(text, year)
    if programme is None:
        raise ProgrammeFaults(faults)
    return programme


def check(text: str, year: int | None = None) -> tuple[Fault, ...]:
    """Return every fault of the text, in its order; none if `load` would succeed."""
    return _examine(text, year)[1]


def advice(text: str) -> tuple[Fault, ...]:
    """Return what to think over in a text, in its order: lawful, and likely to leave people waiting one day."""
    report = _Report()
    try:
        tree = _Tree(_compose(text, report), report)
    except _Unreadable:
        return ()
    return _Meaning(_validate(tree), tree, None).advice()


def dump(programme: Programme) -> dict[str, Any]:
    """Return the programme as JSON data that `Programme.model_validate` reads back to an equal value."""
    return programme.model_dump(mode="json")


def _examine(text: str, year: int | None) -> tuple[Programme | None, tuple[Fault, ...]]:
    report = _Report()
    try:
        tree = _Tree(_compose(text, report), report)
    except _Unreadable:
        return None, report.sorted()
    _check_ids(tree)
    _check_terms(tree)
    programme = _validate(tree)
    _Meaning(programme, tree, year).check()
    faults = report.sorted()
    return (None if faults else programme), faults


class _Report:
    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, place: tuple[int, int], path: Path, code: str, zh: str, en: str) -> None:
        self._faults.append(Fault(place[0] + 1, place[1] + 1, _written(path), Text(zh=_line(zh), en=_line(en)), code))

    def sorted(self) -> tuple[Fault, ...]:
        # A dict, because two rules may find the same fault, and it is enough to say it once.
        return tuple(sorted(dict.fromkeys(self._faults), key=lambda one: (one.line, one.column, one.code, one.path)))


def _written(path: Path) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{_clipped(part, 40)}" for part in path)
    return "".join(parts).removeprefix(".")


def _line(text: str) -> str:
    return _clipped(" ".join(text.split()), 200)


def _clipped(text: str, most: int) -> str:
    safe = "".join(letter if letter.isprintable() else "�" for letter in text[: most + 1])
    return safe if len(safe) <= most else f"{safe[: most - 1]}…"


def _short(text: object) -> str:
    return _clipped(str(text), 40)


# ---------------------------------------------------------------- 1: YAML with places


@dataclass(slots=True, eq=False)
class _Scalar:
    line: int
    column: int
    value: str | int | float | bool | None
    text: str
    inset: int | None = None
    """How far behind its place its text begins; None where escapes or folded lines leave that open."""


@dataclass(slots=True, eq=False)
class _List:
    line: int
    column: int
    items: list[_Node] = field(default_factory=list)
    damaged: bool = False
    """Something below was cut out."""


@dataclass(slots=True, eq=False)
class _Mapping:
    line: int
    column: int
    entries: dict[str, _Node] = field(default_factory=dict)
    keys: dict[str, _Node] = field(default_factory=dict)
    pending: _Node | None = None
    """The key whose value comes next, while the tree is built."""
    lost: set[str] = field(default_factory=set)
    damaged: bool = False


_Node: TypeAlias = _Scalar | _List | _Mapping


class _Unreadable(Exception):
    """The text gives no tree; the fault is in the report."""


_INT = re.compile(r"[-+]?[0-9]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,15}|[0-9]{1,15}(\.[0-9]{0,15})?)([eE][-+]?[0-9]{1,2})?")
_CONSTANTS = dict.fromkeys(("", "~", "null", "Null", "NULL")) | {
    word: value for value in (True, False) for word in (str(value).lower(), str(value), str(value).upper())
}


def _scalar_value(text: str) -> str | int | float | bool | None:
    """Read a plain scalar by the core schema of YAML 1.2. A number too long to be meant stays text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _compose(text: str, report: _Report) -> _Mapping:
    if len(text.encode(errors="replace")) > MAX_BYTES:
        _refuse(report, (0, 0), "too_large", "文件超过 2 MiB", "the file is larger than 2 MiB")
    composer = _Composer(report)
    for event in _events(text, report, composer):
        composer.take(event)
    if not isinstance(composer.root, _Mapping):
        zh = "文件须由“键: 值”组成，例如 id、title、calendar"
        en = "a programme is a mapping of keys to values: id, title, calendar and so on"
        _refuse(report, (0, 0), "not_a_programme", zh, en)
    return composer.root


def _events(text: str, report: _Report, composer: _Composer) -> Iterator[Any]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line, mark.column) if mark else composer.place
        why = error.problem or "unreadable"
        _refuse(report, place, "syntax", f"YAML 语法错误：{why}", f"this is not YAML: {why}")
    except ReaderError as error:
        why = f"U+{ord(text[error.position]):04X}"
        place = _place_in(text, error.position)
        _refuse(report, place, "character", f"含有不允许的字符 {why}", f"the character {why} is not allowed")
    except (YAMLError, ValueError, OverflowError, IndexError, AttributeError) as error:
        # ruamel lets a few errors of Python's own through, for example for the escape \UFFFFFFFF.
        _refuse(report, composer.place, "syntax", f"YAML 语法错误：{error}", f"this is not YAML: {error}")


def _refuse(report: _Report, place: tuple[int, int], code: str, zh: str, en: str) -> NoReturn:
    report.add(place, (), code, zh, en)
    raise _Unreadable


def _place_in(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n"), position - (before.rfind("\n") + 1)


def _inset(event: Any) -> int | None:
    start, end = event.start_mark, event.end_mark
    around = end.column - start.column - len(event.value)
    return {0: 0, 2: 1}.get(around) if start.line == end.line else None


class _Composer:
    """Builds the tree from ruamel's events, without recursion."""

    def __init__(self, report: _Report) -> None:
        self.root: _Node | None = None
        self.place = (0, 0)
        self._report = report
        self._open: list[_List | _Mapping] = []
        self._documents = 0

    def take(self, event: Any) -> None:
        """Take the next event."""
        self.place = (event.start_mark.line, event.start_mark.column)
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                _refuse(self._report, self.place, "second_document", "只能有一个 YAML 文档", "only one document")
        elif kind == "AliasEvent":
            self._fault("alias", "不允许使用别名 *，请写全", "aliases (*) are not allowed; write it out")
            self._attach(None)
        elif kind == "ScalarEvent":
            value = _scalar_value(event.value) if event.style is None else event.value
            self._attach(self._checked(event, _Scalar(*self.place, value, event.value, _inset(event))))
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._enter(event, _Mapping(*self.place) if kind.startswith("M") else _List(*self.place))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._attach(self._open.pop())

    def _enter(self, event: Any, node: _List | _Mapping) -> None:
        self._checked(event, node)
        if len(self._open) >= MAX_DEPTH:
            en = f"nested more than {MAX_DEPTH} deep"
            _refuse(self._report, self.place, "too_deep", f"嵌套超过 {MAX_DEPTH} 层", en)
        self._open.append(node)

    def _checked(self, event: Any, node: _Node) -> _Node:
        if event.anchor is not None:
            self._fault("anchor", "不允许使用锚点 &", "anchors (&) are not allowed")
        if event.tag is not None:
            self._fault("tag", "不允许使用标签 !", "tags (!) are not allowed")
        return node

    def _fault(self, code: str, zh: str, en: str) -> None:
        self._report.add(self.place, (), code, zh, en)

    def _attach(self, node: _Node | None) -> None:
        """Put a finished node into the one that holds it; None for one that is left out."""
        if not self._open:
            self.root = node
            return
        if node is None:
            for holder in self._open:
                holder.damaged = True
        holder = self._open[-1]
        if isinstance(holder, _List):
            holder.items += [node] if node else []
        elif holder.pending is None:
            holder.pending = node or _Scalar(*self.place, None, "")
        else:
            key, holder.pending = holder.pending, None
            self._enter_value(holder, key, node)

    def _enter_value(self, holder: _Mapping, key: _Node, node: _Node | None) -> None:
        place = (key.line, key.column)
        if not isinstance(key, _Scalar):
            self._report.add(place, (), "key", "键必须是一个词", "a key must be a single word")
        elif key.text in holder.keys:
            name = _short(key.text)
            self._report.add(place, (), "duplicate_key", f"键“{name}”重复", f"the key “{name}” is here twice")
        else:
            holder.keys[key.text] = key
            if node is None:
                holder.lost.add(key.text)
            else:
                holder.entries[key.text] = node


def _data(node: _Node) -> Any:
    if isinstance(node, _Mapping):
        return {key: _data(value) for key, value in node.entries.items()}
    if isinstance(node, _List):
        return [_data(item) for item in node.items]
    return node.value


class _Tree:
    """The nodes, by path; what is invalid is cut out of it."""

    def __init__(self, root: _Mapping, report: _Report) -> None:
        self.root = root
        self.report = report
        self.declared: Mapping[str, frozenset[str] | None] = {
            section: _ids(root.entries.get(section), section in root.lost) for section in _SECTIONS
        } | {"terms": _ids(self.node(("calendar", "terms")), lost=True)}
        """The ids each section declares, before anything is cut out; None if some of them cannot be read."""

    def chain(self, path: Path) -> list[_Node]:
        """The nodes along the path, as far as they exist."""
        nodes: list[_Node] = [self.root]
        for part in path:
            here, found = nodes[-1], None
            if isinstance(here, _Mapping):
                found = here.entries.get(str(part))
            elif isinstance(here, _List) and isinstance(part, int) and part < len(here.items):
                found = here.items[part]
            if found is None:
                break
            nodes.append(found)
        return nodes

    def node(self, path: Path) -> _Node | None:
        """The node at the path."""
        chain = self.chain(path)
        return chain[-1] if len(chain) > len(path) else None

    def whole(self, *path: str | int) -> bool:
        """Say whether nothing was cut out at or below the path."""
        node = self.node(path)
        if node is None:
            holder = self.node(path[:-1])
            return not (isinstance(holder, _Mapping) and str(path[-1]) in holder.lost)
        return isinstance(node, _Scalar) or not node.damaged

    def place(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Where the path is, or the nearest node above it; with `key`, where its last key is."""
        chain = self.chain(path)
        node = chain[-1]
        if key and isinstance(holder := self.node(path[:-1]), _Mapping):
            node = holder.keys.get(str(path[-1]), node)
        return node.line, node.column

    def place_within(self, path: Path, column: int | None) -> tuple[int, int]:
        """Where a character of the stripped text at the path is, from 1; where the text is, if that cannot be told."""
        line, start = self.place(path)
        node = self.node(path)
        if column is None or not isinstance(node, _Scalar) or node.inset is None:
            return line, start
        return line, start + node.inset + len(node.text) - len(node.text.lstrip()) + column - 1

    def fault(self, path: Path, code: str, zh: str, en: str, *, key: bool = False) -> None:
        """Report a fault at the path. The first of a list that is written without one is the value itself."""
        if isinstance(self.node(path[:-1]), _Scalar):
            path = path[:-1]
        self.report.add(self.place(path, key=key), path, code, zh, en)

    def cut(self, path: Path) -> None:
        """Take the node at the path, or the nearest above it, out of the tree."""
        chain = self.chain(path)
        holders, victim = chain[:-1], chain[-1]
        for holder in holders:
            if not isinstance(holder, _Scalar):
                holder.damaged = True
        part = path[len(holders) - 1]
        match holders[-1]:
            case _Mapping() as holder:
                del holder.entries[str(part)]
                holder.lost.add(str(part))
            case _List() as holder:
                holder.items.remove(victim)

    def fill(self, key: str, node: _Node) -> None:
        """Put a stand-in where the root lost a part it cannot be without."""
        self.root.damaged = True
        self.root.lost.add(key)
        self.root.entries[key] = node


def _ids(section: _Node | None, lost: bool) -> frozenset[str] | None:
    if section is None:
        return None if lost else frozenset()
    if not isinstance(section, _List) or section.damaged:
        return None
    ids = [item.entries.get("id") if isinstance(item, _Mapping) else None for item in section.items]
    texts = frozenset(one.text for one in ids if isinstance(one, _Scalar))
    return texts if all(isinstance(one, _Scalar) for one in ids) else None


# ---------------------------------------------------------------- 2: the typed model

_SECTIONS: Mapping[str, tuple[str, str]] = {
    "subjects": ("学科", "subject"),
    "roles": ("角色", "role"),
    "units": ("单位", "unit"),
    "documents": ("文档", "document"),
    "pipelines": ("审批流", "pipeline"),
    "duties": ("任务", "duty"),
    "rubrics": ("评分表", "rubric"),
    "inspections": ("检查", "inspection"),
    "follow_ups": ("跟进", "follow-up"),
    "terms": ("学期", "term"),
}

_MODELS: tuple[type[BaseModel], ...] = (
    Programme, CalendarRules, TermRules, TermDates, YearRules, NamedDay, Subject, Role, Unit, UnitTemplate, Document,
    DocumentField, Column, Pipeline, Parallel, Stage, Escalation, Judgement, Duty, WindowRules, Rubric, RubricGroup,
    RubricItem, InspectionRules, Outcome, FollowUpRules, Text,
)  # fmt: skip
_FIELD_NAMES = sorted({name for model in _MODELS for name in model.model_fields})

_KINDS_WANTED = (
    (("int",), "应为整数", "this must be a whole number"),
    (("bool",), "应为 true 或 false", "this must be true or false"),
    (("decimal", "float"), "应为数字", "this must be a number"),
    (("date",), "应为日期，例如 2026-09-01", "this must be a date, for example 2026-09-01"),
    (("time",), "应为时间，例如 08:00", "this must be a time of day, for example 08:00"),
    (("tuple_type", "list_type", "frozen_set"), "应为列表", "this must be a list"),
    (("model", "dict_type", "mapping_type"), "应为“键: 值”的组合", "this must be a mapping of keys to values"),
    (
        ("string_pattern",),
        "标识只能用小写字母、数字、- 和 _，以字母或数字开头，不超过 63 个字符",
        "an id has lower-case letters, digits, - and _, begins with a letter or digit, and has at most 63 characters",
    ),
    (("string_too_short",), "不能为空", "this must not be empty"),
    (("string",), "应为文字；若是数字请加引号", "this must be text; put quotes around a number"),
)

_BY_CONTEXT = {
    "enum": ("应为以下之一：{expected}", "this must be one of {expected}"),
    "literal_error": ("应为以下之一：{expected}", "this must be one of {expected}"),
    "too_short": ("至少需要 {min_length} 项", "at least {min_length} needed here"),
    "string_too_long": ("不能超过 {max_length} 个字符", "at most {max_length} characters"),
    "greater_than": ("应大于 {gt}", "this must be more than {gt}"),
    "greater_than_equal": ("不能小于 {ge}", "this must be at least {ge}"),
    "less_than_equal": ("不能大于 {le}", "this must be at most {le}"),
}

_VACANCY = (
    "应为 skip（跳过）、stop（停下）或“角色@层级”，例如 head@cluster",
    "this must be skip, stop or a role@scope, for example head@cluster",
)

_IN_CHINESE = tuple(
    (re.compile(pattern, re.DOTALL), zh)
    for pattern, zh in (
        (r"(.*) is not a moment; the forms are (.*)", r"\1 不是时点；可写：\2"),
        (r"(.*) is not a month and day.*", r"\1 应写作“月-日”，例如 09-01"),
        (r"(.*) is not a day of every year", r"\1 不是每年都有的日子"),
        (r"(.*) is not a known time zone.*", r"\1 不是已知时区，例如 Asia/Shanghai"),
        (r"write the time without an offset.*", "时间不带时差，按 time_zone 当地时间"),
        (r"start_of_business must be.*", "上班时间必须早于下班时间"),
        (r"(.*) is both in closures and in makeup_days", r"\1 既列为停课日又列为补班日"),
        (r"term (.*) ends (.*), not after its first day (.*)", r"学期 \1 的最后一天 \2 不晚于第一天 \3"),
        (r"term (.*), (.*) to (.*), reaches outside the school year.*", r"学期 \1（\2 至 \3）超出了学年"),
        (r"term (.*) starts (.*), but term (.*) before it ends (.*);.*", r"学期 \1 始于 \2，但其前的 \3 到 \4 才结束"),
        (r"term (.*) of (.*) has (.*) weeks, so no week (.*)", r"\2 学年的学期 \1 只有 \3 周，没有第 \4 周"),
        (r"\"week (.*)\" needs a term, and the period (.*) has none", r"“第 \1 周”须属于某个学期，\2 不属于学期"),
        (r"(.*) is not of the form role@scope.*", r"\1 应写作“角色@层级”，例如 head@cluster"),
        (r"write a role as role@scope.*", "应写作“角色@层级”，例如 head@cluster"),
        (r"(.*) is not a unit kind; one of (.*)", r"\1 不是单位层级；可用：\2"),
        (re.escape(_VACANCY[1]), _VACANCY[0]),
        (r"contains a NUL character.*", "含有空字符（NUL），请删去"),
        (r"contains half of a surrogate pair.*", "含有不完整的字符，请删去"),
    )
)


_TERMS_AT_FAULT = re.compile(r"^(?:years\.(\d{4})|terms, [^:]*): ")
"""How the calendar says whether a year's terms or the recurring ones are wrong."""


def _in_words(error: ErrorDetails) -> tuple[str, str]:
    """Say what the model refused, in Chinese and English, without the model's jargon."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        en = str(context["error"])
        return _in_chinese(en), en
    if words := _BY_CONTEXT.get(kind):
        return words[0].format(**context), words[1].format(**context)
    for prefixes, zh, en in _KINDS_WANTED:
        if kind.startswith(prefixes):
            return zh, en
    return f"此值不符合要求：{error['msg']}", error["msg"]


def _in_chinese(en: str) -> str:
    """Translate what a model's own validator said."""
    reason = _TERMS_AT_FAULT.sub("", en)
    matches = ((pattern.fullmatch(reason), zh) for pattern, zh in _IN_CHINESE)
    return next((match.expand(zh) for match, zh in matches if match), f"此值不符合要求：{reason}")


def _validate(tree: _Tree) -> Programme:
    """Report what the model refuses, cut it out, and return what is left as a programme."""
    while True:
        try:
            return Programme.model_validate(_data(tree.root))
        except ValidationError as refused:
            errors = list(_without_tags(refused.errors(include_url=False, include_input=False), tree))
        for error in errors:
            _report(error, tree)
        # From the end, so that taking an item out of a list does not move the next error's.
        for path in sorted({_to_cut(error) for error in errors}, key=_order, reverse=True):
            _cut_or_fill(path, tree)


def _without_tags(errors: Iterable[ErrorDetails], tree: _Tree) -> Iterator[ErrorDetails]:
    """The errors at paths of the text: the model also names which of several forms it tried there."""
    told: set[Path] = set()
    for error in errors:
        path: Path = error["loc"]
        if path[:1] == ("pipelines",) and path[2:3] == ("stages",):
            path = (*path[:4], *path[5:])
        if "vacant" in path:
            path = path[: path.index("vacant") + 1]
            if path in told:
                continue
            told.add(path)
            node = tree.node(path)
            # A role is wrong in its own way; whatever else it is, it is none of the forms.
            if not (isinstance(node, _Scalar) and "@" in node.text):
                error["type"], error["ctx"] = "value_error", {"error": _VACANCY[1]}
            elif error["type"] != "value_error":
                told.remove(path)
                continue
        error["loc"] = path
        yield error


def _order(path: Path) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in path]


def _report(error: ErrorDetails, tree: _Tree) -> None:
    path: Path = error["loc"]
    name = _short(path[-1]) if path else ""
    match error["type"]:
        case "missing":
            if tree.whole(*path):
                tree.fault(path, "missing_field", f"缺少“{name}”", f"“{name}” is missing here")
        case "extra_forbidden":
            zh, en = _did_you_mean(name, _FIELD_NAMES)
            tree.fault(path, "unknown_field", f"没有“{name}”这一项{zh}", f"there is no field “{name}”{en}", key=True)
        case _ if path[-1] == "[key]":
            en = f"“{_short(path[-2])}” is not a year from 2000 to 2099"
            tree.fault(path[:-1], "wrong_value", f"“{_short(path[-2])}”不是 2000 至 2099 的年份", en, key=True)
        case "too_short" | "value_error" if not tree.whole(*path):
            pass  # what is wrong with it was already said of what it lost
        case "too_short" if len(getattr(tree.node(path), "items", ())) >= error["ctx"]["min_length"]:
            pass  # it is short only of the items that are themselves refused
        case _:
            tree.fault((*path, *_part_at_fault(error)), "wrong_value", *_in_words(error))


def _part_at_fault(error: ErrorDetails) -> Path:
    """The part of the calendar that its own validator speaks of."""
    if error["loc"] != ("calendar",) or not (
        match := _TERMS_AT_FAULT.match(str(error.get("ctx", {}).get("error", "")))
    ):
        return ()
    return ("years", match[1]) if match[1] else ("terms",)


def _did_you_mean(name: str, known: Iterable[str]) -> tuple[str, str]:
    near = get_close_matches(name, list(known), n=1, cutoff=0.7)
    return (f"；是否应为“{near[0]}”？", f"; did you mean “{near[0]}”?") if near else ("", "")


def _to_cut(error: ErrorDetails) -> Path:
    path: Path = error["loc"]
    if path and path[-1] in ("[key]", "parallel"):
        return path[:-1]
    # A thing without a part it needs is itself no good; the root can only be mended.
    return path[:-1] if error["type"] == "missing" and len(path) > 1 else path


def _cut_or_fill(path: Path, tree: _Tree) -> None:
    if len(path) == 1 and path[0] in _STAND_INS:
        tree.fill(str(path[0]), _standing_in(_STAND_INS[str(path[0])]))
    elif tree.node(path[:1]) is not None and len(tree.chain(path)) > 1:
        tree.cut(path)


_STAND_INS: Mapping[str, Any] = {
    "id": "none",
    "title": {"zh": "无", "en": "none"},
    "calendar": {
        "terms": [{"id": "none", "title": {"zh": "无", "en": "none"}, "first_day": "09-01", "last_day": "10-01"}]
    },
    "roles": [{"id": "none", "title": {"zh": "无", "en": "none"}, "at": ["county"]}],
    "units": [{"id": "none", "kind": "county", "title": {"zh": "无", "en": "none"}}],
}
"""What the rest is checked with when one of these is missing or invalid; nothing is reported of them."""


def _standing_in(value: Any) -> _Node:
    if isinstance(value, dict):
        entries = {key: _standing_in(one) for key, one in value.items()}
        return _Mapping(0, 0, entries, damaged=True)
    if isinstance(value, list):
        return _List(0, 0, [_standing_in(one) for one in value], damaged=True)
    return _Scalar(0, 0, value, value)


def _check_ids(tree: _Tree) -> None:
    """Report and cut out what has the id of another before it: of two, the rest is checked with the first."""
    for path in (*((section,) for section in _SECTIONS if section != "terms"), ("calendar", "terms")):
        node = tree.node(path)
        seen: set[str] = set()
        number = 0
        while isinstance(node, _List) and number < len(node.items):
            item = node.items[number]
            one = item.entries.get("id") if isinstance(item, _Mapping) else None
            if isinstance(one, _Scalar) and one.text in seen:
                tree.fault((*path, number, "id"), "duplicate_id", *_doubled(one.text))
                tree.cut((*path, number))
            else:
                seen |= {one.text} if isinstance(one, _Scalar) else set()
                number += 1


def _check_terms(tree: _Tree) -> None:
    """Find the terms of a year that nobody declares: the model names only the first, and not its place."""
    ids, years = tree.declared["terms"], tree.node(("calendar", "years"))
    if ids is None or not isinstance(years, _Mapping):
        return
    for year in years.entries:
        changed = tree.node(("calendar", "years", year, "terms"))
        for term in list(changed.entries) if isinstance(changed, _Mapping) else []:
            if term not in ids:
                path = ("calendar", "years", year, "terms", term)
                tree.fault(path, "unknown_reference", *_unknown(_SECTIONS["terms"], term, ids), key=True)
                tree.cut(path)


def _unknown(what: tuple[str, str], one: str, known: Iterable[str]) -> tuple[str, str]:
    zh, en = _did_you_mean(one, sorted(known))
    return f"没有标识为“{_short(one)}”的{what[0]}{zh}", f"there is no {what[1]} “{_short(one)}”{en}"


def _doubled(one: str) -> tuple[str, str]:
    return f"标识“{_short(one)}”重复", f"the id “{_short(one)}” is used twice"


# ---------------------------------------------------------------- 3: the meaning


class _Meaning:
    """The checks that need the whole programme. Each looks only at what is left of an imperfect one."""

    def __init__(self, programme: Programme, tree: _Tree, year: int | None) -> None:
        self.programme = programme
        self.tree = tree
        self.years = sorted({*programme.calendar.years, *SAMPLE_YEARS}) if year is None else [year]
        self.users: defaultdict[str, list[Duty]] = defaultdict(list)
        for duty in programme.duties:
            self.users[duty.pipeline].append(duty)

    def check(self) -> None:
        """Report everything that is wrong."""
        for rule in (
            self._ids,
            self._unit_tree,
            self._templates,
            self._references,
            self._roles_held,
            self._fields,
            self._pipelines,
            self._duties,
            self._inspections,
            self._follow_ups,
            self._rubrics,
            self._windows,
        ):
            rule()

    def _fault(self, path: Path, code: str, zh: str, en: str) -> None:
        self.tree.fault(path, code, zh, en)

    # ---- ids

    def _ids(self) -> None:
        for family in _families(self.programme):
            seen: set[str] = set()
            for path, one in family:
                if one in seen:
                    self._fault((*path, "id"), "duplicate_id", *_doubled(one))
                seen.add(one)

    # ---- units

    @cached_property
    def _too_many(self) -> int | None:
        """The template that makes more units than there may be."""
        counts = Counter(unit.kind for unit in self.programme.units)
        for number, template in enumerate(self.programme.unit_templates):
            counts[template.kind] += counts[template.under] * len(template.subjects)
            if counts.total() > MAX_UNITS:
                return number
        return None

    @cached_property
    def units(self) -> Mapping[str, Unit]:
        """All units, or only the declared ones if templates would make far too many."""
        if self._too_many is None:
            return self.programme.all_units
        return {unit.id: unit for unit in self.programme.units}

    @cached_property
    def _all_known(self) -> bool:
        return self._too_many is None and self.tree.whole("units") and self.tree.whole("unit_templates")

    @cached_property
    def _kinds_above(self) -> Mapping[str, frozenset[UnitKind]]:
        """The kinds of each unit and those above it; without the units whose path to the (first) root is broken."""
        cut = {one.id for number, one in enumerate(self.programme.units) if not self.tree.whole("units", number)}
        kinds: dict[str, frozenset[UnitKind]] = {}
        root = next((unit.id for unit in self.programme.units if unit.parent is None), None)
        for unit in self.units.values():
            above = frozenset[UnitKind]() if unit.id == root else kinds.get(unit.parent or "")
            if above is not None and unit.id not in cut:
                kinds[unit.id] = above | {unit.kind}
        return kinds

    @cached_property
    def _kinds_to_make(self) -> frozenset[UnitKind]:
        """What templates would make; if they make nothing, that is said of the template alone."""
        return frozenset(template.kind for template in self.programme.unit_templates)

    @cached_property
    def _kinds_there_are(self) -> frozenset[UnitKind]:
        return frozenset(unit.kind for unit in self.units.values())

    def _lacking(self, scope: UnitKind, of: UnitKind) -> Unit | None:
        """The first unit of a kind with no unit of the scope's kind at or above it."""
        if scope is of:
            return None
        units = (self.units[one] for one, kinds in self._kinds_above.items() if scope not in kinds)
        return next((unit for unit in units if unit.kind is of), None)

    def _unit_tree(self) -> None:
        roots: list[Unit] = []
        for number, unit in enumerate(self.programme.units):
            path = ("units", number)
            if unit.parent is None:
                if roots and self.tree.whole(*path):
                    zh, en = (
                        f"只能有一个顶层单位，已有“{roots[0].id}”",
                        f"only one unit has no parent, and “{roots[0].id}” is it",
                    )
                    self._fault((*path, "id"), "several_roots", zh, en)
                roots.append(unit)
            elif (parent := self.units.get(unit.parent)) and _RANK[parent.kind] > _RANK[unit.kind]:
                zh = f"{unit.kind.value} 不能设在 {parent.kind.value} 之下"
                en = f"a {unit.kind.value} cannot stand below a {parent.kind.value}"
                self._fault((*path, "parent"), "upside_down", zh, en)
        self._cycles()

    def _cycles(self) -> None:
        done: set[str] = set()
        number_of = {unit.id: number for number, unit in enumerate(self.programme.units)}
        for start in number_of:
            trail: dict[str, None] = {}
            here: str | None = start
            while here is not None and here not in done and here not in trail:
                trail[here] = None
                here = self.units[here].parent if here in self.units else None
            if here in trail:
                ring = list(trail)[list(trail).index(str(here)) :]
                where = min(number_of[one] for one in ring if one in number_of)
                names = " → ".join([*ring, ring[0]])
                en = f"these units stand below each other in a ring: {names}"
                self._fault(("units", where, "parent"), "cyclic_units", f"单位互为上级，形成环：{names}", en)
            done.update(trail)

    def _templates(self) -> None:
        if self._too_many is not None:
            zh, en = f"单位总数将超过 {MAX_UNITS} 个", f"this would make more than {MAX_UNITS} units"
            self._fault(("unit_templates", self._too_many), "too_many_units", zh, en)
            return
        units = {unit.id: unit for unit in self.programme.units}
        for number, template in enumerate(self.programme.unit_templates):
            path: Path = ("unit_templates", number)
            made = self.programme.made_by(template, units.values())
            self._made(path, made, units)
            if all(unit.kind is not template.under for unit in units.values()) and self._all_known:
                self._no_units((*path, "under"), template.under)
            units.update((unit.id, unit) for unit in made)

    def _made(self, path: Path, made: Iterable[Unit], before: Mapping[str, Unit]) -> None:
        seen = set(before)
        for unit in made:
            if unit.id in seen:
                zh, en = (
                    f"模板生成的单位“{unit.id}”已经存在",
                    f"the template makes “{_short(unit.id)}”, which is there already",
                )
                self._fault((*path, "subjects"), "duplicate_id", zh, en)
            elif len(unit.id) > 63 or max(len(unit.title.zh), len(unit.title.en)) > 200:
                en = f"the template makes an id or a title that is too long: {_short(unit.id)}"
                self._fault(path, "too_long", f"模板生成的标识或名称过长：{_short(unit.id)}", en)
            else:
                seen.add(unit.id)
                continue
            return

    def _no_units(self, path: Path, kind: UnitKind) -> None:
        self._fault(
            path, "no_such_units", f"没有 {kind.value} 层级的单位", f"there is no unit of the kind {kind.value}"
        )

    # ---- references

    def _references(self) -> None:
        declared = dict(self.tree.declared)
        if (units := declared["units"]) is not None:
            # Without the units of a template that was cut out, nobody can say that a parent is unknown.
            declared["units"] = units | self.units.keys() if self.tree.whole("unit_templates") else None
        for section, path, one in _references(self.programme):
            known = declared[section]
            if known is not None and one not in known:
                self._fault(path, "unknown_reference", *_unknown(_SECTIONS[section], one, known))

    def _roles_held(self) -> None:
        for path, use in _role_uses(self.programme):
            if isinstance(use.scope, UnitKind):
                self._held(path, use, use.scope)

    @cached_property
    def _whole_roles(self) -> frozenset[str]:
        roles = enumerate(self.programme.roles)
        return frozenset(role.id for number, role in roles if self.tree.whole("roles", number, "at"))

    def _held(self, path: Path, use: RoleAt | Decider, kind: UnitKind) -> None:
        """Report a role that nobody can hold at a unit of the kind."""
        role = self.programme.role_by_id.get(use.role)
        if role and role.id in self._whole_roles and kind not in role.at:
            kinds = ", ".join(role.at)
            zh = f"角色“{_short(role.id)}”不在 {kind.value} 任职，只在 {kinds}"
            en = f"nobody holds “{_short(role.id)}” at a {kind.value}, only at: {kinds}"
            self._fault(path, "role_not_held", zh, en)

    def _reach(self, path: Path, use: RoleAt | Decider, kind: UnitKind, of: UnitKind) -> None:
        """Report a role that cannot be found at or above every unit of a kind."""
        if unit := self._lacking(kind, of):
            zh = f"单位“{unit.id}”本级及上级没有 {kind.value}，无人能担任“{use}”"
            en = f"nobody can be “{use}” for “{unit.id}”: there is no {kind.value} at or above it"
            self._fault(path, "nobody_can_fill", zh, en)

    # ---- documents

    def _fields(self) -> None:
        for d, document in enumerate(self.programme.documents):
            for f, one in enumerate(document.fields):
                path = ("documents", d, "fields", f)
                if not self.tree.whole(*path):
                    continue
                for part, kind in (("columns", FieldKind.TABLE), ("choices", FieldKind.CHOICE)):
                    has = bool(getattr(one, part))
                    if one.kind is kind and not has:
                        zh, en = f"{kind.value} 字段缺少 {part}", f"a {kind.value} field needs {part}"
                        self._fault(path, f"no_{part}", zh, en)
                    elif has and one.kind is not kind:
                        zh, en = f"只有 {kind.value} 字段才有 {part}", f"only a {kind.value} field has {part}"
                        self._fault((*path, part), f"idle_{part}", zh, en)

    # ---- pipelines and duties

    def _pipelines(self) -> None:
        for number, pipeline in enumerate(self.programme.pipelines):
            path: Path = ("pipelines", number)
            if pipeline.id not in self.users and self.tree.whole("duties"):
                zh = f"没有任务使用审批流“{_short(pipeline.id)}”，其环节无法到达"
                en = f"no duty uses the pipeline “{_short(pipeline.id)}”, so its stages are never reached"
                self._fault((*path, "id"), "unreachable_stage", zh, en)
            self._judging(path, pipeline)
            self._repeated(path, pipeline)
            self._conditions(path, pipeline)
            for one in pipeline.placed:
                self._stage(path, one)
            for duty in self.users[pipeline.id]:
                for one in pipeline.placed:
                    self._stage_for((*path, *one.at), one.stage, duty)
                for where, use in _each((*path, "copies"), pipeline.copies):
                    self._found_for(where, use, duty)

    def _conditions(self, path: Path, pipeline: Pipeline) -> None:
        """A condition must make sense for every document that comes to its stage."""
        used = {duty.document for duty in self.users[pipeline.id]}
        numbered = enumerate(self.programme.documents)
        # Not for those of which a part was cut out: what the condition speaks of may be that part.
        documents = [one for number, one in numbered if one.id in used and self.tree.whole("documents", number)]
        for one in pipeline.placed:
            if one.stage.when is not None:
                self._condition((*path, *one.at, "when"), one.stage.when, documents)

    def _condition(self, path: Path, text: str, documents: Iterable[Document]) -> None:
        found = {document.id: check_condition(text, document) for document in documents}
        for document, faults in found.items():
            for fault in faults:
                shared = all(fault in others for others in found.values())
                zh, en = ("", "") if shared else (f"文档“{_short(document)}”：", f"document “{_short(document)}”: ")
                place = self.tree.place_within(path, fault.column)
                words = f"{zh}{fault.said('zh')}", f"{en}{fault.said('en')}"
                self.tree.report.add(place, path, f"condition_{fault.code}", *words)

    def _judging(self, path: Path, pipeline: Pipeline) -> None:
        judging = [one for one in pipeline.placed if one.stage.judges]
        for one in judging:
            if one.stage is not pipeline.stages[-1]:
                zh, en = (
                    "评定只能在最后一个环节，且不能在并行分支中",
                    "only the last stage can judge, and only outside of branches",
                )
                self._fault((*path, *one.at, "judges"), "judging_not_last", zh, en)
        if judging and not pipeline.judgements and self.tree.whole(*path, "judgements"):
            zh, en = "环节要评定，审批流却没有 judgements", "this stage judges, but the pipeline has no judgements"
            self._fault((*path, *judging[-1].at, "judges"), "no_judgements", zh, en)
        if pipeline.judgements and not judging and self.tree.whole(*path, "stages"):
            zh, en = "没有环节作评定（judges: true）", "no stage gives these judgements (judges: true)"
            self._fault((*path, "judgements"), "nobody_judges", zh, en)

    def _repeated(self, path: Path, pipeline: Pipeline) -> None:
        seen: dict[tuple[tuple[Decider, ...], Mode], str] = {}
        for one in pipeline.placed:
            stage = one.stage
            if not stage.decided_by or stage.when or stage.chosen_by:
                continue
            first = seen.setdefault((stage.decided_by, stage.mode), stage.id)
            if first != stage.id and self.tree.whole(*path, *one.at):
                zh = f"与环节“{_short(first)}”的决定人和方式相同"
                en = f"this stage has the same deciders and mode as “{_short(first)}”"
                self._fault((*path, *one.at, "decided_by"), "repeated_stage", zh, en)

    def _stage(self, pipeline: Path, placed: PlacedStage) -> None:
        """Report parts of a stage that do not go together."""
        path, stage = (*pipeline, *placed.at), placed.stage
        whole = self.tree.whole(*path)
        if not stage.decided_by and stage.person is None and whole:
            zh, en = "缺少 decided_by 或 person：没有人决定", "decided_by or person is missing: nobody decides here"
            self._fault(path, "nobody_decides", zh, en)
        if stage.decided_by and stage.person is not None:
            zh, en = "decided_by 和 person 只能写一个", "this stage has decided_by already; leave out one of the two"
            self._fault((*path, "person"), "two_deciders", zh, en)
        for number, use in enumerate(stage.decided_by):
            if use in stage.decided_by[:number]:
                self._fault((*path, "decided_by", number), "repeated_decider", f"“{use}”重复", f"“{use}” is here twice")
        self._choice(pipeline, placed)
        self._votes(path, stage)
        if stage.escalate and stage.passes_after is not None and stage.passes_after <= stage.escalate.after:
            zh = f"自动通过须晚于超时转上一级（{stage.escalate.after} 个工作日）"
            en = f"it would pass before anybody else is asked, {stage.escalate.after} workdays after it was due"
            self._fault((*path, "passes_after"), "passes_before_escalation", zh, en)

    def _choice(self, pipeline: Path, placed: PlacedStage) -> None:
        path, stage = (*pipeline, *placed.at), placed.stage
        if stage.chosen_by is None:
            return
        where = (*path, "chosen_by")
        if not stage.decided_by:
            if self.tree.whole(*path):
                zh, en = "chosen_by 从 decided_by 中选人，不能缺少它", "this chooses among decided_by, which is missing"
                self._fault(where, "idle_chosen_by", zh, en)
        elif stage.chosen_by is Chooser.PREVIOUS and self.tree.whole(*pipeline, "stages") and len(placed.after) != 1:
            zh, en = (
                ("多个分支汇合后，没有唯一的前一环节", "branches join here, so no one stage is the previous one")
                if placed.after
                else ("第一个环节之前没有环节，可写 author", "no stage is before the first one; author may choose")
            )
            self._fault(where, "no_previous_stage", zh, en)

    def _votes(self, path: Path, stage: Stage) -> None:
        counted = stage.mode is Mode.VOTES
        if counted and stage.votes is None and self.tree.whole(*path):
            zh, en = "票签要写明 votes：须几票同意", "votes is missing: how many must agree"
            self._fault((*path, "mode"), "no_votes", zh, en)
        for part, given in (("votes", stage.votes is not None), ("veto", bool(stage.veto))):
            if given and not counted and self.tree.whole(*path, "mode"):
                zh, en = f"只有票签（mode: votes）才有 {part}", f"only a stage with mode: votes has {part}"
                self._fault((*path, part), f"idle_{part}", zh, en)
        if counted and stage.person is not None and (stage.votes or 1) > 1:
            zh, en = "一个人只有一票", "one person has one vote"
            self._fault((*path, "votes"), "too_many_votes", zh, en)
        for where, use in _each((*path, "veto"), stage.veto):
            if counted and use not in stage.decided_by and self.tree.whole(*path, "decided_by"):
                zh, en = f"“{use}”不在 decided_by 中，不参加表决", f"“{use}” does not vote: it is not in decided_by"
                self._fault(where, "veto_not_voting", zh, en)

    def _stage_for(self, path: Path, stage: Stage, duty: Duty) -> None:
        uses = list(_deciders(path, stage))
        for where, use in uses:
            self._found_for(where, use, duty)
        itself = bool(uses) and all(_is_same(use, duty.owed_by) for _, use in uses) and stage.person is None
        helped = stage.vacant is Vacancy.SKIP or stage.passes_after is not None
        alone = duty.per is OwedPer.UNIT or stage.mode is not Mode.ANY
        if itself and alone and not helped and self.tree.whole(*path):
            zh = f"任务“{_short(duty.id)}”由“{duty.owed_by}”报送，无人可审：不能审批自己的报送件"
            en = f"“{duty.owed_by}” owes “{_short(duty.id)}” and cannot decide it too; nothing gets past this stage"
            self._fault((*path, "decided_by"), "unreachable_stage", zh, en)

    def _found_for(self, path: Path, use: Decider, duty: Duty) -> None:
        """Report a role that cannot be found from each unit that owes the duty, or that may not read its filings."""
        of = duty.owed_by.scope
        match use.scope:
            case UnitKind() as kind:
                self._reach(path, use, kind, of)
            case Relation.OWN:
                self._held(path, use, of)
            case Relation.PARENT:
                self._parent(path, use, of)
            case Relation.CENTRE:
                self._centre(path, use, of)
        if _leaves(use, duty):
            zh = f"任务“{_short(duty.id)}”只留在 {duty.stays_in} 内，“{use}”无权阅看"
            en = f"“{_short(duty.id)}” stays in the {duty.stays_in}, so “{use}” may not read it"
            self._fault(path, "decider_cannot_read", zh, en)

    def _owing(self, kind: UnitKind) -> list[Unit]:
        """The units of a kind whose way to the root is known."""
        return [self.units[one] for one in self._kinds_above if self.units[one].kind is kind]

    def _parent(self, path: Path, use: Decider, of: UnitKind) -> None:
        for unit in self._owing(of):
            if unit.parent is None and self._all_known:
                zh, en = f"单位“{unit.id}”没有上级单位", f"“{unit.id}” stands below no unit, so it has no parent"
                self._fault(path, "nobody_can_fill", zh, en)
        above = {self.units[unit.parent].kind for unit in self._owing(of) if unit.parent}
        for kind in sorted(above, key=lambda one: _RANK[one]):
            self._held(path, use, kind)

    @cached_property
    def _centres(self) -> Mapping[str, Unit]:
        """The centre school of each cluster."""
        clusters = ((self._cluster_of(unit), unit) for unit in self.units.values() if unit.centre)
        return {cluster: unit for cluster, unit in clusters if cluster}

    def _cluster_of(self, unit: Unit) -> str | None:
        here: Unit | None = unit if unit.id in self._kinds_above else None
        while here is not None and here.kind is not UnitKind.CLUSTER:
            here = self.units[here.parent] if here.parent else None
        return here.id if here else None

    def _centre(self, path: Path, use: Decider, of: UnitKind) -> None:
        centres: set[UnitKind] = set()
        for unit in self._owing(of):
            centre = self._centres.get(self._cluster_of(unit) or "")
            if centre:
                centres.add(centre.kind)
            elif self._all_known:
                zh = f"单位“{unit.id}”所在的片区没有中心校，无人能担任“{use}”"
                en = f"nobody can be “{use}” for “{unit.id}”: it is in no cluster with a centre school"
                self._fault(path, "nobody_can_fill", zh, en)
                break
        for kind in sorted(centres, key=lambda one: _RANK[one]):
            self._held(path, use, kind)

    def _duties(self) -> None:
        for number, duty in enumerate(self.programme.duties):
            path: Path = ("duties", number)
            self._exists((*path, "owed_by"), duty.owed_by.scope)
            if duty.stays_in:
                use = RoleAt(duty.owed_by.role, duty.stays_in)
                self._reach((*path, "stays_in"), use, use.scope, duty.owed_by.scope)

    # ---- what to think over

    def advice(self) -> tuple[Fault, ...]:
        """Return what is lawful, and may leave somebody waiting."""
        self.tree.report = _Report()
        for number, duty in enumerate(self.programme.duties):
            pipeline = next((one for one in self.programme.pipelines if one.id == duty.pipeline), None)
            if pipeline is not None and self.tree.whole("roles") and self.tree.whole("duties", number):
                self._without_office(("duties", number, "stays_in"), duty, pipeline)
        return self.tree.report.sorted()

    def _without_office(self, path: Path, duty: Duty, pipeline: Pipeline) -> None:
        """Where a filing stays below the office, nobody is there to help when a stage waits for somebody."""
        if duty.stays_in is None or any(_is_office_within(role, duty) for role in self.programme.roles):
            return
        zh = (
            f"“{_short(duty.id)}”不出 {duty.stays_in}，其内没有职务有 waive 权：无人能指定办理人或批延期。"
            "可给其内一个职务 waive_within 权"
        )
        en = (
            f"“{_short(duty.id)}” stays in the {duty.stays_in}, where no role has the right waive: nobody can name a "
            "decider or give more time. Give a role there the right waive_within"
        )
        self._fault(path, "no_office_within", zh, en)
        at = self.programme.pipelines.index(pipeline)
        for one in pipeline.placed:
            if one.stage.vacant is Vacancy.STOP:
                zh = f"此处若无人任职，“{_short(duty.id)}”只能等任命。可在 vacant 写 skip，或写接手的职务"
                en = (
                    f"if nobody holds the post, “{_short(duty.id)}” waits here for an appointment. "
                    "Write vacant: skip, or a post that takes over"
                )
                self._fault(("pipelines", at, *one.at), "waits_for_appointment", zh, en)

    def _exists(self, path: Path, kind: UnitKind) -> None:
        if self._all_known and kind not in self._kinds_there_are | self._kinds_to_make:
            self._no_units(path, kind)

    # ---- inspections and follow-ups

    def _inspections(self) -> None:
        for number, one in enumerate(self.programme.inspections):
            path: Path = ("inspections", number)
            self._exists((*path, "of"), one.of)
            for part in _INSPECTION_ROLES:
                use: RoleAt = getattr(one, part)
                self._reach((*path, part), use, use.scope, one.of)
            self._outcomes(path, one)

    def _outcomes(self, path: Path, inspection: InspectionRules) -> None:
        rubric = self.programme.rubric_by_id.get(inspection.rubric)
        before: Decimal | None = None
        for number, outcome in enumerate(inspection.outcomes):
            where, floor = (*path, "outcomes", number, "at_least"), outcome.at_least
            if before is not None and floor >= before:
                zh, en = (
                    f"{floor} 不低于前一档的 {before}，应从高到低",
                    f"{floor} is not below {before} before it; put the highest first",
                )
                self._fault(where, "outcome_order", zh, en)
            if rubric and floor > rubric.total:
                zh, en = (
                    f"{floor} 超过评分表总分 {rubric.total}",
                    f"{floor} is more than the rubric's total of {rubric.total}",
                )
                self._fault(where, "outcome_above_total", zh, en)
            before = floor

    def _follow_ups(self) -> None:
        kinds = self._opened_for()
        for number, one in enumerate(self.programme.follow_ups):
            for kind in sorted(kinds[one.id]):
                self._reach(("follow_ups", number, "led_by"), one.led_by, one.led_by.scope, kind)
                self._reach(("follow_ups", number, "answered_by"), one.answered_by, one.answered_by.scope, kind)

    def _opened_for(self) -> Mapping[str, set[UnitKind]]:
        """The kinds of unit that each follow-up may be opened for."""
        kinds: defaultdict[str, set[UnitKind]] = defaultdict(set)
        for pipeline in self.programme.pipelines:
            scopes = {duty.owed_by.scope for duty in self.users[pipeline.id]}
            for judgement in pipeline.judgements:
                kinds[judgement.opens or ""] |= scopes
        for inspection in self.programme.inspections:
            for outcome in inspection.outcomes:
                kinds[outcome.opens or ""].add(inspection.of)
        return kinds

    # ---- rubrics

    def _rubrics(self) -> None:
        for number, rubric in enumerate(self.programme.rubrics):
            total = sum(item.weight for group in rubric.groups for item in group.items)
            if total != rubric.total and self.tree.whole("rubrics", number):
                zh = f"各项权重之和为 {total}，应为 {rubric.total}"
                en = f"the weights add up to {total}, not to {rubric.total}"
                self._fault(("rubrics", number, "total"), "weights", zh, en)

    # ---- windows

    def _windows(self) -> None:
        if not self.tree.whole("calendar"):
            return
        calendars = [SchoolCalendar(self.programme.calendar, year) for year in self.years]
        found: dict[WindowRules, tuple[str, str, str, str] | None] = {}
        for path, window in _windows_of(self.programme):
            if not self.tree.whole(*path):
                continue
            if window not in found:
                found[window] = _window_fault(window, calendars)
            if fault := found[window]:
                part, code, zh, en = fault
                self._fault((*path, part), code, zh, en)


def _window_fault(window: WindowRules, calendars: Sequence[SchoolCalendar]) -> tuple[str, str, str, str] | None:
    """What is wrong with the window in any of the years: the part at fault, a code and the words."""
    if window.per == "year" and window.terms is not None:
        return "terms", "terms_of_a_year", "按学年的窗口不能限定学期", "a window of the whole year cannot name terms"
    opened = False
    for calendar in calendars:
        for period in calendar.periods(window.per, window.min_workdays):
            if window.terms is None or period.term in window.terms:
                opened = True
                if fault := _period_fault(window, period, calendar):
                    return fault
    unknown = set(window.terms or ()) - {term.id for term in calendars[0].terms}
    if opened or unknown:
        return None
    return "per", "never_opens", "没有符合条件的时段，窗口永不开启", "no period fits, so the window never opens"


def _period_fault(window: WindowRules, period: Period, calendar: SchoolCalendar) -> tuple[str, str, str, str] | None:
    part = "opens"
    try:
        opens = calendar.resolve(period, window.opens, "start_of_business")
        part = "due"
        due = calendar.resolve(period, window.due, "close_of_business")
    except ValueError as error:
        return part, "impossible_moment", _in_chinese(str(error)), str(error)
    if due > opens:
        return None
    first, last = (f"{calendar.local(one):%Y-%m-%d %H:%M}" for one in (opens, due))
    zh = f"{period.id}：截止 {last} 不晚于开启 {first}"
    return "due", "due_before_opening", zh, f"in {period.id} it is due {last}, but opens only {first}"


# ---------------------------------------------------------------- where ids and references are

_RANK: Mapping[UnitKind, int] = {kind: rank for rank, kind in enumerate(UnitKind)}
_INSPECTION_ROLES = ("arranged_by", "inspectors", "answered_by", "reviewed_by")
_Ids: TypeAlias = list[tuple[Path, str]]


def _families(programme: Programme) -> Iterator[_Ids]:
    """Each family of ids that must differ from each other, within the items of the sections."""
    for p, pipeline in enumerate(programme.pipelines):
        yield [(("pipelines", p, *one.at), one.stage.id) for one in pipeline.placed]
        yield _ids_of(("pipelines", p, "judgements"), pipeline.judgements)
    for d, document in enumerate(programme.documents):
        yield _ids_of(("documents", d, "fields"), document.fields)
        for f, one in enumerate(document.fields):
            yield _ids_of(("documents", d, "fields", f, "columns"), one.columns)
    for r, rubric in enumerate(programme.rubrics):
        path: Path = ("rubrics", r, "groups")
        yield _ids_of(path, rubric.groups)
        groups = (_ids_of((*path, g, "items"), group.items) for g, group in enumerate(rubric.groups))
        yield [item for group in groups for item in group]
    for i, inspection in enumerate(programme.inspections):
        yield _ids_of(("inspections", i, "outcomes"), inspection.outcomes)


def _ids_of(path: Path, items: Iterable[Any]) -> _Ids:
    return [((*path, number), item.id) for number, item in enumerate(items)]


def _deciders(path: Path, stage: Stage) -> Iterator[tuple[Path, Decider]]:
    """Every role that may come to decide at a stage."""
    yield from _each((*path, "decided_by"), stage.decided_by)
    if stage.escalate:
        yield (*path, "escalate", "to"), stage.escalate.to
    if isinstance(stage.vacant, Decider):
        yield (*path, "vacant"), stage.vacant


def _each(path: Path, roles: Iterable[Decider]) -> Iterator[tuple[Path, Decider]]:
    return (((*path, number), one) for number, one in enumerate(roles))


def _is_same(use: Decider, author: RoleAt) -> bool:
    """Say whether a decider is the post that owes the filing, for some unit at least: a centre school is its own."""
    if use.role != author.role:
        return False
    own = author.scope is UnitKind.SCHOOL and use.scope is Relation.CENTRE
    return own or use.scope in (author.scope, Relation.OWN)


def _leaves(use: Decider, duty: Duty) -> bool:
    """Say whether a decider stands above or beside the units that the duty's filings stay in."""
    if duty.stays_in is None or use.scope is Relation.OWN:
        return False
    if use.scope is Relation.PARENT:
        return duty.owed_by.scope is duty.stays_in
    kind = UnitKind.CLUSTER if isinstance(use.scope, Relation) else use.scope
    return _RANK[kind] < _RANK[duty.stays_in]


def _is_office_within(role: Role, duty: Duty) -> bool:
    """Say whether a role is the office of a filing that stays in a unit: it may waive, there or below."""
    assert duty.stays_in is not None, "only where something stays in a unit"
    within = range(_RANK[duty.stays_in], _RANK[duty.owed_by.scope] + 1)
    return bool({Right.WAIVE, Right.WAIVE_WITHIN} & role.rights) and any(_RANK[kind] in within for kind in role.at)


def _role_uses(programme: Programme) -> Iterator[tuple[Path, RoleAt | Decider]]:
    """Every role@scope, with its path."""
    for p, pipeline in enumerate(programme.pipelines):
        for placed in pipeline.placed:
            yield from _deciders(("pipelines", p, *placed.at), placed.stage)
        yield from _each(("pipelines", p, "copies"), pipeline.copies)
    for d, duty in enumerate(programme.duties):
        yield ("duties", d, "owed_by"), duty.owed_by
    for i, inspection in enumerate(programme.inspections):
        for part in _INSPECTION_ROLES:
            yield ("inspections", i, part), getattr(inspection, part)
    for f, follow_up in enumerate(programme.follow_ups):
        yield ("follow_ups", f, "led_by"), follow_up.led_by
        yield ("follow_ups", f, "answered_by"), follow_up.answered_by


def _references(programme: Programme) -> Iterator[tuple[str, Path, str]]:
    """Every id that another section declares: the section, where it is used, and the id."""
    for path, use in _role_uses(programme):
        yield "roles", path, use.role
    for section, path, one in _optional_references(programme):
        if one is not None:
            yield section, path, one
    for t, template in enumerate(programme.unit_templates):
        for s, subject in enumerate(template.subjects):
            yield "subjects", ("unit_templates", t, "subjects", s), subject
    for r, rubric in enumerate(programme.rubrics):
        for g, group in enumerate(rubric.groups):
            for i, item in enumerate(group.items):
                for e, duty in enumerate(item.evidence):
                    yield "duties", ("rubrics", r, "groups", g, "items", i, "evidence", e), duty
    for path, window in _windows_of(programme):
        for n, term in enumerate(window.terms or ()):
            yield "terms", (*path, "terms", n), term


def _windows_of(programme: Programme) -> Iterator[tuple[Path, WindowRules]]:
    for d, duty in enumerate(programme.duties):
        yield ("duties", d, "window"), duty.window
    for i, inspection in enumerate(programme.inspections):
        yield ("inspections", i, "window"), inspection.window


def _optional_references(programme: Programme) -> Iterator[tuple[str, Path, str | None]]:
    for u, unit in enumerate(programme.units):
        yield "units", ("units", u, "parent"), unit.parent
        yield "subjects", ("units", u, "subject"), unit.subject
    for p, pipeline in enumerate(programme.pipelines):
        for j, judgement in enumerate(pipeline.judgements):
            yield "follow_ups", ("pipelines", p, "judgements", j, "opens"), judgement.opens
    for d, duty in enumerate(programme.duties):
        yield "documents", ("duties", d, "document"), duty.document
        yield "pipelines", ("duties", d, "pipeline"), duty.pipeline
    for i, inspection in enumerate(programme.inspections):
        yield "rubrics", ("inspections", i, "rubric"), inspection.rubric
        for o, outcome in enumerate(inspection.outcomes):
            yield "follow_ups", ("inspections", i, "outcomes", o, "opens"), outcome.opens
