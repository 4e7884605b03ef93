"""A document between its content and a form: what is typed becomes a content, and a content becomes fields or text.

A field of the form is named as the path of its value: `content.aims`, `content.reading.0`, `content.tasks.2.owner`.
Rows are numbered only to tell them apart; their order is the order they come in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.datastructures import FormData

from domain.document import LIST_LIMIT
from domain.messages import Lang
from domain.programme import Column, Document, DocumentField, FieldKind
from domain.refusal import Refused
from domain.view import Names

PREFIX = "content"

Content = dict[str, Any]

_NUMBER = re.compile(r"-?\d{1,15}")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")


# -- from a form to a content


def content_from(document: Document, form: FormData) -> Content:
    """Return what was typed, as a content: what is blank is left out, and what is not of its kind stays as it is."""
    values = ((field.id, value_of(field, posted_value(field, form))) for field in document.fields)
    return {name: value for name, value in values if value is not None}


def posted_value(field: DocumentField, form: FormData) -> Any:
    """Return what a form has of a field, blank rows included: a string, a list of strings, or a list of rows."""
    start = f"{PREFIX}.{field.id}"
    if field.kind not in (FieldKind.LIST, FieldKind.TABLE):
        return _text(form.get(start))
    rows: dict[str, dict[str, str]] = {}
    for name, value in form.multi_items():
        number, _, column = name.removeprefix(f"{start}.").partition(".")
        if name.startswith(f"{start}.") and number.isdecimal():
            rows.setdefault(number, {})[column] = _text(value)
    if field.kind is FieldKind.LIST:
        return [row.get("", "") for row in rows.values()]
    known = [column.id for column in field.columns]
    return [{column: row[column] for column in known if column in row} for row in rows.values()]


def _text(value: object) -> str:
    """Browsers end lines with CR LF. What the ledger cannot keep at all never comes from a keyboard."""
    return value.replace("\r\n", "\n").replace("\x00", "") if isinstance(value, str) else ""


def value_of(field: DocumentField, posted: Any) -> Any:
    """Return what was posted for a field as a value of its kind: without what is blank, None for nothing."""
    if field.kind is FieldKind.LIST:
        return [one.strip() for one in posted if one.strip()] or None
    if field.kind is FieldKind.TABLE:
        return [row for row in (_row(field.columns, one) for one in posted) if row] or None
    return _scalar(field.kind, posted)


def _row(columns: Sequence[Column], posted: Mapping[str, str]) -> Content:
    cells = ((one.id, _scalar(one.kind, posted.get(one.id, ""))) for one in columns)
    return {name: value for name, value in cells if value is not None}


def _scalar(kind: FieldKind, typed: str) -> str | int | None:
    text = typed.strip()
    if not text:
        return None
    if kind is FieldKind.NUMBER and _NUMBER.fullmatch(text):
        return int(text)
    if kind is FieldKind.DATE and (match := _DAY.fullmatch(text)):
        return _day(text, *map(int, match.groups()))
    return text


def _day(text: str, year: int, month: int, day_of_month: int) -> str:
    try:
        return date(year, month, day_of_month).isoformat()
    except ValueError:
        return text


def is_blank(field: DocumentField, row: Any) -> bool:
    """Whether a posted item or row says nothing."""
    return not (row.strip() if isinstance(row, str) else _row(field.columns, row))


# -- rows, without JavaScript


@dataclass(frozen=True, slots=True)
class Rearranging:
    """A button of a row: add one, remove it, move it up or down."""

    what: str
    field: str
    index: int

    @classmethod
    def read(cls, pressed: str) -> Rearranging | None:
        """Read `add:tasks`, `remove:tasks:2`, `up:tasks:2`, `down:tasks:2`; None for any other button."""
        what, _, rest = pressed.partition(":")
        field, _, index = rest.partition(":")
        if what not in ("add", "remove", "up", "down") or not field:
            return None
        return cls(what, field, int(index) if index.isdecimal() and len(index) < 5 else 0)


def rearranged(field: DocumentField, posted: list[Any], wish: Rearranging) -> tuple[list[Any], int]:
    """Return the rows as wished, and the row to go on at. A row that is not there leaves everything as it is."""
    rows = list(posted)
    if wish.what == "add":
        blank: Any = "" if field.kind is FieldKind.LIST else {}
        return [*rows, blank], len(rows)
    if wish.index >= len(rows):
        return rows, 0
    row = rows.pop(wish.index)
    if wish.what == "remove":
        return rows, max(0, wish.index - 1)
    to = max(0, wish.index - 1) if wish.what == "up" else wish.index + 1
    rows.insert(to, row)
    return rows, min(to, len(rows) - 1)


# -- from a content to fields


@dataclass(frozen=True, slots=True)
class Box:
    """One place to type in."""

    name: str
    title: str
    kind: FieldKind
    value: str
    required: bool
    error: str


@dataclass(frozen=True, slots=True)
class Part:
    """A field of the document, as the form shows it."""

    id: str
    """Of the document."""
    name: str
    """Of the form, and the id to link to."""
    title: str
    help: str
    kind: FieldKind
    required: bool
    error: str
    boxes: tuple[Box, ...]
    """The one to type in, or one for each item of a list."""
    rows: tuple[tuple[Box, ...], ...]
    choices: tuple[str, ...]
    columns: tuple[str, ...]
    fresh: tuple[Box, ...]
    """An empty row, for the browser to copy."""
    full: bool
    """No more rows are taken."""


def parts(
    document: Document, content: Mapping[str, Any], lang: Lang, errors: Mapping[str, str], blank_rows: Mapping[str, int]
) -> tuple[Part, ...]:
    """Return the fields of a document filled in. `errors` by name; `blank_rows` wanted at the end, by field."""
    return tuple(
        _part(field, content.get(field.id), lang, errors, blank_rows.get(field.id, 0)) for field in document.fields
    )


def _part(field: DocumentField, value: Any, lang: Lang, errors: Mapping[str, str], blank_rows: int) -> Part:
    name = f"{PREFIX}.{field.id}"
    listed = field.kind in (FieldKind.LIST, FieldKind.TABLE)
    items = list(value) if isinstance(value, list) else [] if value is None else [value]
    if listed:
        # There is always one to begin with.
        items += [None] * max(blank_rows, 0 if items else 1)
    return Part(
        id=field.id,
        name=name,
        title=_in(lang, field),
        help="" if field.help is None else _in(lang, field, "help"),
        kind=field.kind,
        required=field.required,
        error=errors.get(name, ""),
        boxes=tuple(_boxes(field, name, items if listed else [value], lang, errors)),
        rows=tuple(
            _cells(field, f"{name}.{number}", row, lang, errors)
            for number, row in enumerate(items if field.kind is FieldKind.TABLE else ())
        ),
        choices=field.choices,
        columns=tuple(_in(lang, column) for column in field.columns),
        fresh=_fresh(field, name, lang),
        full=len(items) >= LIST_LIMIT,
    )


def _in(lang: Lang, one: DocumentField | Column, what: str = "title") -> str:
    return str(getattr(getattr(one, what), lang))


def _boxes(
    field: DocumentField, name: str, items: Sequence[Any], lang: Lang, errors: Mapping[str, str]
) -> Iterator[Box]:
    if field.kind is FieldKind.TABLE:
        return
    for number, item in enumerate(items):
        at = f"{name}.{number}" if field.kind is FieldKind.LIST else name
        yield Box(at, _in(lang, field), field.kind, _typed(item), field.required, errors.get(at, ""))


def _cells(field: DocumentField, at: str, row: Any, lang: Lang, errors: Mapping[str, str]) -> tuple[Box, ...]:
    said = row if isinstance(row, dict) else {}
    return tuple(
        Box(
            name=f"{at}.{one.id}",
            title=_in(lang, one),
            kind=one.kind,
            value=_typed(said.get(one.id)),
            required=one.required,
            error=errors.get(f"{at}.{one.id}", ""),
        )
        for one in field.columns
    )


def _fresh(field: DocumentField, name: str, lang: Lang) -> tuple[Box, ...]:
    if field.kind is FieldKind.LIST:
        return (Box(f"{name}.NEW", _in(lang, field), field.kind, "", field.required, ""),)
    return _cells(field, f"{name}.NEW", None, lang, {})


def _typed(value: Any) -> str:
    return "" if value is None else str(value)


def missing(faults: Sequence[Refused]) -> Mapping[str, Refused]:
    """Return the faults by the name of the field they are at; the first of each."""
    found: dict[str, Refused] = {}
    for fault in faults:
        found.setdefault(fault.at or PREFIX, fault)
    return found


# -- from a content to text


@dataclass(frozen=True, slots=True)
class Said:
    """A field of a document, to be read. By its kind, one of `text`, `items` and `rows` holds what it says."""

    id: str
    title: str
    kind: FieldKind
    text: str
    items: tuple[str, ...]
    columns: tuple[tuple[str, bool], ...]
    """A table's headings, and whether figures stand below."""
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was filled in."""
        return not (self.text or self.items or self.rows)


def as_text(document: Document, content: Mapping[str, Any], names: Names) -> tuple[Said, ...]:
    """Return a content field by field, to be read. What is not of its field's kind is shown as it is."""
    return tuple(_said(field, content.get(field.id), names) for field in document.fields)


def _said(field: DocumentField, value: Any, names: Names) -> Said:
    listed = value if isinstance(value, list) else []
    is_table = field.kind is FieldKind.TABLE
    return Said(
        id=field.id,
        title=names.text(field.title),
        kind=field.kind,
        text="" if isinstance(value, list) else _shown(field.kind, value, names),
        items=() if is_table else tuple(_typed(one) for one in listed),
        columns=tuple((names.text(one.title), one.kind is FieldKind.NUMBER) for one in field.columns),
        rows=tuple(_shown_row(field.columns, row, names) for row in listed) if is_table else (),
    )


def _shown_row(columns: Sequence[Column], row: Any, names: Names) -> tuple[str, ...]:
    said = row if isinstance(row, dict) else {}
    return tuple(_shown(one.kind, said.get(one.id), names) for one in columns)


def _shown(kind: FieldKind, value: Any, names: Names) -> str:
    if kind is FieldKind.DATE:
        try:
            return names.day(date.fromisoformat(value))
        except (TypeError, ValueError):
            return _typed(value)
    return _typed(value)
