"""Conditions on stages, in CEL: checked with the programme, evaluated when a document is submitted.

A condition is one expression over three variables, and says yes or no:

- `fields`: what the document says, by field id. Lines, prose and choices are text, numbers are whole, a list is a list
  of text, a table is a list of rows with their columns. An id with a hyphen is written `fields["my-id"]`.
- `unit`: the filing's unit: `id`, `kind`, `subject`, `centre` (yes or no) and `path`, the ids from the root to it.
- `cycle`: `year`, `period` and `duty`.

*Dates* are the ISO strings of the content, which sort as days do; a date may be compared with another, or with a
literal such as "2026-09-01", and `days(from, to)` counts the days between two.

*What is not filled in* is there all the same: text is "", and a list or table is empty. A number or date is then
nothing at all, and cannot be compared, not even with `==`, or counted with. `has(fields.x)` says whether something was
filled in.

*What cannot be evaluated counts as true* (a missing number compared with another, a division by nought, a place beyond
the end of a list): the stage is asked rather than skipped, and no filing is stuck. As in CEL, `&&` and `||` need only
the side that decides: `has(fields.n) && fields.n > 3` is false where n is missing.

The language is CEL without what a condition does not need: maps, messages, bytes, decimals and unsigned numbers, clock
and conversions. Text is short, nests little, and goes through a list only once at a time, so that its cost is bounded
by the limits of a document's content. See docs/decisions/0018-conditions-in-cel.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from domain.messages import Lang, render
from domain.programme import Column, Document, DocumentField, FieldKind, UnitKind
from domain.text import Text

if TYPE_CHECKING:
    from celpy import Environment, Runner
    from lark import Token, Tree

LENGTH_LIMIT = 200
DEPTH_LIMIT = 80
"""Levels of the syntax tree: a pair of brackets takes eleven."""
NUMBER_LIMIT = 2**53 - 1
"""As in a document's content."""

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a condition. `code` is a key of the catalogue below `condition.`; `params` fill it."""

    column: int | None
    """Where in the text, from 1; None for the text as a whole."""
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)

    def said(self, lang: Lang) -> str:
        """The sentence that says it."""
        return render(f"condition.{self.code}", lang, self.params)


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What a condition may ask of the filing's unit."""

    id: str
    kind: UnitKind
    subject: str | None
    centre: bool
    path: tuple[str, ...]
    """The ids from the root to the unit itself."""


@dataclass(frozen=True, slots=True)
class CycleFacts:
    """What a condition may ask of the cycle and the window."""

    year: int
    period: str
    duty: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a condition is evaluated over."""

    document: Document
    """Says what the fields are, also those that nobody filled in."""
    fields: Mapping[str, Any]
    """The document's content. What does not fit the document counts as not filled in."""
    unit: UnitFacts
    cycle: CycleFacts


def check(text: str, document: Document) -> list[Fault]:
    """Return every fault of a condition over a document of this kind, in the order of the text; none if it is sound."""
    try:
        tree = _parsed(text)
    except _Unreadable as unreadable:
        return [unreadable.fault]
    checker = _Checker({**_CONSTANT_VARIABLES, "fields": _record((one.id, _of_field(one)) for one in document.fields)})
    found = checker.type_of(tree)
    if not checker.faults and found.kind is not _Kind.BOOL:
        checker.fault(1, "not_a_condition", **_named("found", found))
    return sorted(checker.faults, key=lambda one: one.column or 0)


def holds(text: str, facts: Facts) -> bool:
    """Evaluate a condition; true also when it cannot be evaluated. It never raises."""
    from celpy.celtypes import BoolType

    try:
        value = _program(text).evaluate(_activation(facts))
    except Exception:
        # Not only the library's own: whatever it is, a filing must not stick at it.
        return True
    return not isinstance(value, BoolType) or bool(value)


# ---------------------------------------------------------------- reading


class _Unreadable(Exception):
    """The text gives no tree."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@cache
def _language() -> Environment:
    # Loaded at the first condition: the parser takes a second to build, and most commands never meet one.
    from celpy import Environment

    limit = sys.getrecursionlimit()
    environment = Environment()
    # It raises the limit for the whole process; the limits of a condition keep it far below the usual one.
    sys.setrecursionlimit(limit)
    return environment


def _parsed(text: str) -> Tree[Token]:
    from celpy.celparser import CELParseError

    if len(text) > LENGTH_LIMIT:
        raise _Unreadable(Fault(None, "too_long", {"limit": LENGTH_LIMIT}))
    try:
        tree = _language().compile(text)
    except CELParseError as error:
        raise _Unreadable(_syntax(text, error.line, error.column, error.__context__)) from None
    if _is_deeper(tree, DEPTH_LIMIT):
        raise _Unreadable(Fault(None, "too_deep"))
    return tree


def _syntax(text: str, line: int | None, column: int | None, cause: BaseException | None) -> Fault:
    if getattr(getattr(cause, "token", None), "type", "") == "$END":
        return Fault(len(text) + 1, "unfinished")
    before = sum(len(one) + 1 for one in text.split("\n")[: (line or 1) - 1])
    at = before + (column or 1)
    return Fault(at, "syntax", {"found": _short(text[at - 1 :].split("\n")[0])})


def _is_deeper(tree: Tree[Token], limit: int) -> bool:
    level: list[Tree[Token]] = [tree]
    for _ in range(limit):
        level = [child for one in level for child in _trees(one)]
        if not level:
            return False
    return True


def _trees(tree: Tree[Token]) -> Iterator[Tree[Token]]:
    return (child for child in tree.children if not isinstance(child, str))


def _short(text: str) -> str:
    safe = "".join(letter if letter.isprintable() else "�" for letter in text[: _SHOWN + 1])
    return safe if len(safe) <= _SHOWN else f"{safe[: _SHOWN - 1]}…"


# ---------------------------------------------------------------- evaluating


@lru_cache(maxsize=1024)
def _program(text: str) -> Runner:
    tree = _parsed(text)
    for one in tree.iter_subtrees():
        if one.data == "ident_arg" and one.children[0] == "has":
            # CEL's own `has` asks whether a key is there; ours are all there, and may be blank.
            one.children[0] = one.children[0].update(value=_is_filled.__name__)  # type: ignore[union-attr]
    return _language().program(tree, {_is_filled.__name__: _is_filled, "days": _days})


class _Nothing:
    """A number or date that is not filled in. A null would be unequal to a date, and no more than unequal."""

    def __eq__(self, other: object) -> bool:
        raise TypeError("nothing cannot be compared")

    __hash__ = None  # type: ignore[assignment]


_NOTHING = _Nothing()


def _is_filled(value: Any) -> Any:
    from celpy.celtypes import BoolType

    return BoolType(value is not _NOTHING and (not isinstance(value, str | list) or len(value) > 0))


def _days(start: Any, end: Any) -> Any:
    from celpy.celtypes import IntType

    return IntType((date.fromisoformat(end) - date.fromisoformat(start)).days)


def _activation(facts: Facts) -> Any:
    from celpy.adapter import json_to_cel

    unit, cycle = facts.unit, facts.cycle
    about_unit = {"id": unit.id, "kind": unit.kind.value, "subject": unit.subject or "", "centre": unit.centre}
    return {
        "fields": _values(facts.document.fields, facts.fields),
        "unit": json_to_cel({**about_unit, "path": list(unit.path)}),
        "cycle": json_to_cel({"year": cycle.year, "period": cycle.period, "duty": cycle.duty}),
    }


def _values(parts: Iterable[DocumentField | Column], content: Mapping[str, Any]) -> Any:
    from celpy.celtypes import MapType, StringType

    return MapType({StringType(one.id): _value(one, content.get(one.id)) for one in parts})


def _value(one: DocumentField | Column, value: Any) -> Any:
    """The value of a field as a condition sees it: as it is, or blank where it is missing or does not fit."""
    from celpy.celtypes import IntType, ListType, StringType

    match one.kind:
        case FieldKind.NUMBER:
            number = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= NUMBER_LIMIT
            return IntType(value) if number else _NOTHING
        case FieldKind.DATE:
            return StringType(value) if isinstance(value, str) and _is_date(value) else _NOTHING
        case FieldKind.LIST:
            return ListType([_value(_LINE, item) for item in _listed(value)])
        case FieldKind.TABLE:
            assert isinstance(one, DocumentField)
            rows = (row if isinstance(row, dict) else {} for row in _listed(value))
            return ListType([_values(one.columns, row) for row in rows])
        case _:
            return StringType(value if isinstance(value, str) and value.strip() else "")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_LINE = Column(id="line", title=Text(zh="行", en="line"))


# ---------------------------------------------------------------- types


class _Kind(StrEnum):
    """What a part of a condition comes to. The words are `condition.kind_<kind>`."""

    BOOL = "bool"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    LIST = "list"
    RECORD = "record"
    UNKNOWN = "unknown"
    """At fault, and said so; nothing more is said of what is made from it."""


@dataclass(frozen=True, slots=True)
class _Type:
    kind: _Kind
    literal: str | None = None
    """The text itself, where it is written in the condition."""
    choices: tuple[str, ...] = ()
    """All that a text can be, where it is one of a few."""
    items: tuple[_Type, ...] = ()
    """Of a list: what its items are; each one's where the list is written in the condition."""
    parts: Mapping[str, _Type] = field(default_factory=dict)
    """Of a record."""


_BOOL, _NUMBER, _TEXT, _DATE, _UNKNOWN = (
    _Type(kind) for kind in (_Kind.BOOL, _Kind.NUMBER, _Kind.TEXT, _Kind.DATE, _Kind.UNKNOWN)
)
_SIMPLE = (_Kind.TEXT, _Kind.NUMBER, _Kind.DATE, _Kind.BOOL)
_ORDERED = frozenset({_Kind.NUMBER, _Kind.TEXT, _Kind.DATE})


def _record(parts: Iterable[tuple[str, _Type]]) -> _Type:
    return _Type(_Kind.RECORD, parts=dict(parts))


def _list_of(item: _Type) -> _Type:
    return _Type(_Kind.LIST, items=(item,))


def _of_field(one: DocumentField | Column) -> _Type:
    match one.kind:
        case FieldKind.NUMBER:
            return _NUMBER
        case FieldKind.DATE:
            return _DATE
        case FieldKind.LIST:
            return _list_of(_TEXT)
        case FieldKind.TABLE:
            assert isinstance(one, DocumentField)
            return _list_of(_record((column.id, _of_field(column)) for column in one.columns))
        case FieldKind.CHOICE:
            assert isinstance(one, DocumentField)
            return replace(_TEXT, choices=one.choices)
        case _:
            return _TEXT


_CONSTANT_VARIABLES: Mapping[str, _Type] = {
    "unit": _record(
        {
            "id": _TEXT,
            "kind": replace(_TEXT, choices=tuple(UnitKind)),
            "subject": _TEXT,
            "centre": _BOOL,
            "path": _list_of(_TEXT),
        }.items()
    ),
    "cycle": _record({"year": _NUMBER, "period": _TEXT, "duty": _TEXT}.items()),
}
_METHODS: Mapping[str, tuple[_Kind, ...]] = {
    "contains": (_Kind.TEXT,),
    "startsWith": (_Kind.TEXT,),
    "endsWith": (_Kind.TEXT,),
    "size": (),
}
"""What is said of a text, or `size` of a list, with what it wants between its brackets."""
_MACROS = frozenset({"all", "exists", "exists_one", "filter"})
_FUNCTIONS = ("has", "size", "days")


def _named(param: str, one: _Type) -> dict[str, str]:
    key = f"condition.kind_{one.kind}"
    return {param: render(key, "zh"), f"{param}_en": render(key, "en")}


# ---------------------------------------------------------------- checking

# Rules of the grammar that, with a single part, mean just that part.
_PLAIN = frozenset(
    {"expr", "conditionalor", "conditionaland", "relation", "addition", "multiplication", "unary", "member", "primary"}
    | {"paren_expr"}
)


def _inner(tree: Tree[Token]) -> Tree[Token]:
    """The part that a tree stands for, without the levels that add nothing."""
    while tree.data in _PLAIN and len(tree.children) == 1:
        tree = next(_trees(tree))
    return tree


class _Checker:
    """Finds what each part of a condition comes to, and notes what is wrong with it."""

    def __init__(self, variables: Mapping[str, _Type]) -> None:
        self.faults: list[Fault] = []
        self._variables = dict(variables)
        self._in_macro = False

    def fault(self, column: int | None, code: str, **params: str | int) -> _Type:
        """Note a fault; what is at fault has an unknown type."""
        self.faults.append(Fault(column, code, params))
        return _UNKNOWN

    def type_of(self, tree: Tree[Token]) -> _Type:
        """What a part comes to."""
        tree = _inner(tree)
        match tree.data:
            case "expr":
                return self._choice(tree)
            case "conditionalor" | "conditionaland":
                for one in _trees(tree):
                    self._want(one, _Kind.BOOL)
                return _BOOL
            case "relation":
                return self._relation(tree)
            case "addition" | "multiplication":
                return self._arithmetic(tree)
            case "unary":
                return self._unary(tree)
            case "member_dot":
                holder, name = tree.children
                return self._part(self.type_of(_tree(holder)), str(name), _column(name))
            case "member_index":
                return self._index(tree)
            case "member_dot_arg":
                return self._method(tree)
            case "ident_arg":
                return self._function(tree)
            case "ident":
                return self._variable(tree)
            case "literal":
                return self._literal(_token(tree.children[0]))
            case "list_lit":
                return _Type(_Kind.LIST, items=tuple(self._want(one, *_SIMPLE) for one in _arguments(tree)))
            case _:
                return self.fault(_column(tree), "not_admitted")

    def _want(self, tree: Tree[Token], *kinds: _Kind) -> _Type:
        """What a part comes to, which must be one of these kinds."""
        found = self.type_of(tree)
        if found.kind is _Kind.UNKNOWN or found.kind in kinds or self._is_date_literal(tree, found, kinds):
            return found
        return self.fault(_column(tree), "wrong_kind", **_named("wanted", _Type(kinds[0])), **_named("found", found))

    def _is_date_literal(self, tree: Tree[Token], found: _Type, kinds: tuple[_Kind, ...]) -> bool:
        if _Kind.DATE not in kinds or found.literal is None:
            return False
        if not _is_date(found.literal):
            self.fault(_column(tree), "not_a_date", value=_short(found.literal))
        return True

    def _choice(self, tree: Tree[Token]) -> _Type:
        condition, yes, no = _trees(tree)
        self._want(condition, _Kind.BOOL)
        left, right = self.type_of(yes), self.type_of(no)
        if _Kind.UNKNOWN in (left.kind, right.kind):
            return _UNKNOWN
        if left.kind is not right.kind or left.kind in (_Kind.LIST, _Kind.RECORD):
            return self._incomparable(_column(no), left, right)
        return left if left == right else _Type(left.kind)

    def _relation(self, tree: Tree[Token]) -> _Type:
        operation, second = _trees(tree)
        first = next(_trees(operation))
        left, right = self.type_of(first), self.type_of(second)
        if operation.data == "relation_in":
            self._contained(_column(first), left, _column(second), right)
        elif _Kind.UNKNOWN not in (left.kind, right.kind):
            self._compared(_column(second), left, right, ordered=operation.data not in ("relation_eq", "relation_ne"))
        return _BOOL

    def _contained(self, at: int | None, left: _Type, at_list: int | None, right: _Type) -> None:
        if right.kind not in (_Kind.LIST, _Kind.UNKNOWN):
            self.fault(at_list, "wrong_kind", **_named("wanted", _Type(_Kind.LIST)), **_named("found", right))
        for item in right.items:
            if _Kind.UNKNOWN not in (left.kind, item.kind):
                self._compared(at, left, item, ordered=False)

    def _compared(self, at: int | None, left: _Type, right: _Type, *, ordered: bool) -> None:
        kinds = {left.kind, right.kind}
        if kinds == {_Kind.DATE, _Kind.TEXT} and (literal := left.literal or right.literal) is not None:
            if not _is_date(literal):
                self.fault(at, "not_a_date", value=_short(literal))
        elif len(kinds) == 2 or left.kind not in (_ORDERED if ordered else _ORDERED | {_Kind.BOOL}):
            self._incomparable(at, left, right)
        else:
            for one, other in ((left, right), (right, left)):
                if one.choices and other.literal is not None and other.literal not in one.choices:
                    choices = _short("、".join(one.choices))
                    self.fault(at, "choice_unknown", value=_short(other.literal), choices=choices)

    def _incomparable(self, at: int | None, left: _Type, right: _Type) -> _Type:
        return self.fault(at, "incomparable", **_named("left", left), **_named("right", right))

    def _arithmetic(self, tree: Tree[Token]) -> _Type:
        operation, second = _trees(tree)
        self._want(next(_trees(operation)), _Kind.NUMBER)
        self._want(second, _Kind.NUMBER)
        return _NUMBER

    def _unary(self, tree: Tree[Token]) -> _Type:
        operation, operand = _trees(tree)
        kind = _BOOL if operation.data == "unary_not" else _NUMBER
        self._want(operand, kind.kind)
        return kind

    def _part(self, holder: _Type, name: str, at: int | None) -> _Type:
        if holder.kind is _Kind.UNKNOWN:
            return _UNKNOWN
        if holder.kind is not _Kind.RECORD:
            return self.fault(at, "no_parts", name=_short(name), **_named("found", holder))
        if name not in holder.parts:
            return self.fault(at, "field_unknown", name=_short(name), **_near(name, holder.parts))
        return holder.parts[name]

    def _index(self, tree: Tree[Token]) -> _Type:
        first, second = _trees(tree)
        holder, place = self.type_of(first), self.type_of(second)
        if holder.kind is _Kind.LIST:
            if place.kind not in (_Kind.NUMBER, _Kind.UNKNOWN):
                self.fault(_column(second), "wrong_kind", **_named("wanted", _NUMBER), **_named("found", place))
            return self._item(holder, _column(first))
        if place.literal is None:
            return self.fault(_column(second), "not_admitted")
        return self._part(holder, place.literal, _column(second))

    def _item(self, one: _Type, at: int | None) -> _Type:
        """What every item of a list is."""
        if not one.items or _Kind.UNKNOWN in (item.kind for item in one.items):
            return _UNKNOWN
        first = one.items[0]
        for item in one.items[1:]:
            if item.kind is not first.kind:
                return self._incomparable(at, first, item)
        return replace(first, literal=None, choices=first.choices if len(one.items) == 1 else ())

    def _method(self, tree: Tree[Token]) -> _Type:
        name, arguments = _token(tree.children[1]), _arguments(tree)
        holder = next(_trees(tree))
        if name in _MACROS:
            return self._macro(name, holder, arguments)
        if name not in _METHODS:
            return self._unknown_function(name, (*_METHODS, *sorted(_MACROS)))
        self._want(holder, *((_Kind.TEXT, _Kind.LIST) if name == "size" else (_Kind.TEXT,)))
        if len(arguments) != len(_METHODS[name]):
            return self._miscounted(name, len(_METHODS[name]))
        for one, kind in zip(arguments, _METHODS[name], strict=True):
            self._want(one, kind)
        return _NUMBER if name == "size" else _BOOL

    def _macro(self, name: Token, holder: Tree[Token], arguments: list[Tree[Token]]) -> _Type:
        found = self._want(holder, _Kind.LIST)
        if len(arguments) != 2:
            return self._miscounted(name, 2)
        if self._in_macro:
            return self.fault(_column(name), "nested_list", name=str(name))
        variable = _inner(arguments[0])
        new = str(variable.children[0]) if variable.data == "ident" else ""
        if not new or new in self._variables:
            return self.fault(_column(variable), "name_wanted", name=str(name))
        self._variables[new] = self._item(found, _column(holder)) if found.kind is _Kind.LIST else _UNKNOWN
        self._in_macro = True
        self._want(arguments[1], _Kind.BOOL)
        self._in_macro = False
        del self._variables[new]
        return found if name == "filter" else _BOOL

    def _function(self, tree: Tree[Token]) -> _Type:
        name, arguments = _token(tree.children[0]), _arguments(tree)
        if name not in _FUNCTIONS:
            return self._unknown_function(name, _FUNCTIONS)
        if len(arguments) != (count := 2 if name == "days" else 1):
            return self._miscounted(name, count)
        if name == "days":
            for one in arguments:
                self._want(one, _Kind.DATE)
            return _NUMBER
        if name == "size":
            self._want(arguments[0], _Kind.TEXT, _Kind.LIST)
            return _NUMBER
        # Only a part of something may be blank; of a sum or a comparison nobody asks.
        if _inner(arguments[0]).data not in ("member_dot", "member_index"):
            return self.fault(_column(arguments[0]), "has_of_field")
        self.type_of(arguments[0])
        return _BOOL

    def _unknown_function(self, name: Token, known: Iterable[str]) -> _Type:
        return self.fault(_column(name), "function_unknown", name=_short(name), known="、".join(known))

    def _miscounted(self, name: Token, count: int) -> _Type:
        return self.fault(_column(name), "arguments", name=str(name), count=count)

    def _variable(self, tree: Tree[Token]) -> _Type:
        name = str(tree.children[0])
        if name not in self._variables:
            known = "、".join(sorted(self._variables))
            return self.fault(_column(tree), "variable_unknown", name=_short(name), known=known)
        return self._variables[name]

    def _literal(self, token: Token) -> _Type:
        from celpy.evaluation import celstr

        match token.type:
            case "STRING_LIT":
                return _Type(_Kind.TEXT, literal=str(celstr(token)))
            case "INT_LIT":
                if abs(int(token, 16 if "0x" in token else 10)) > NUMBER_LIMIT:
                    return self.fault(_column(token), "number_too_large")
                return _NUMBER
            case "BOOL_LIT":
                return _BOOL
            case "NULL_LIT":
                return self.fault(_column(token), "null_literal")
            case _:
                return self.fault(_column(token), "not_admitted")


def _near(name: str, known: Iterable[str]) -> dict[str, str]:
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return {"near": near[0]} if near else {}


def _arguments(tree: Tree[Token]) -> list[Tree[Token]]:
    """What stands between the brackets."""
    last = tree.children[-1] if tree.children else ""
    return [] if isinstance(last, str) else list(_trees(last))


def _column(one: Tree[Token] | Token) -> int | None:
    """Where a part begins, from 1; the parser does not say it of `true` and `false`."""
    start = one.start_pos if isinstance(one, str) else one.meta.start_pos
    return None if start is None else start + 1


def _tree(one: Tree[Token] | Token) -> Tree[Token]:
    assert not isinstance(one, str)
    return one


def _token(one: Tree[Token] | Token) -> Token:
    assert isinstance(one, str)
    return one
