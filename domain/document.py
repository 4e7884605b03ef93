"""Checking what somebody submits against the document's fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from domain.canonical import canonical
from domain.programme import Column, Document, DocumentField, FieldKind
from domain.refusal import Refused, invalid
from domain.text import storable

LINE_LIMIT = 200
PROSE_LIMIT = 20_000
LIST_LIMIT = 200
CONTENT_LIMIT = 512 * 1024
"""Bytes of one document's content as JSON. The API's body limit is above it."""


def check_content(document: Document, content: Mapping[str, Any]) -> None:
    """Raise `Refused` for the first field that is missing, unknown, of another kind or too long."""
    for fault in content_faults(document, content):
        raise fault


def content_faults(document: Document, content: Mapping[str, Any]) -> Iterator[Refused]:
    """Yield every fault of a content, in the order of the document's fields; its size where all else is right."""
    sound = True
    for fault in _faults_of_fields(document, content):
        sound = False
        yield fault
    length = len(canonical(content)) if sound else 0
    if length > CONTENT_LIMIT:
        yield invalid("content_too_large", at="content", limit=CONTENT_LIMIT // 1024, length=length // 1024)


def _faults_of_fields(document: Document, content: Mapping[str, Any]) -> Iterator[Refused]:
    known = {field.id for field in document.fields}
    yield from (_unknown(name, "content") for name in content if name not in known)
    for field in document.fields:
        yield from _field_faults(field, content.get(field.id))


def _unknown(name: Any, at: str) -> Refused:
    """The name comes from the caller and goes back in the answer, so it is cut short and made storable."""
    shown = str(name)[:60].encode(errors="replace").decode().replace("\x00", "?")
    return invalid("field_unknown", at=f"{at}.{shown}", field=shown)


def check_draft(value: Any, at: str) -> None:
    """Raise `Refused` for what no draft may hold: text that could not be stored, and more rows than a document has.

    A draft may be anything else, but it is shown as a form: that must not take minutes.
    """
    if isinstance(value, dict | list) and len(value) > LIST_LIMIT:
        raise invalid("too_many", at=at, limit=LIST_LIMIT)
    if isinstance(value, str):
        try:
            storable(value)
        except ValueError:
            raise _unstorable(at) from None
    elif isinstance(value, dict):
        for name, one in value.items():
            check_draft(name, at)
            check_draft(one, f"{at}.{name}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            check_draft(one, f"{at}.{index}")


def _field_faults(field: DocumentField, value: Any) -> Iterator[Refused]:
    at = f"content.{field.id}"
    if _is_blank(value):
        if field.required:
            yield invalid("field_missing", at=at, field=field.title.zh, field_en=field.title.en)
    elif field.kind is FieldKind.LIST:
        yield from _faults(_check_listed, value, at) or _item_faults(value, at)
    elif field.kind is FieldKind.TABLE:
        yield from _faults(_check_listed, value, at) or _row_faults(field.columns, value, at)
    elif field.kind is FieldKind.CHOICE:
        if value not in field.choices:
            yield invalid("choice_unknown", at=at, choices="、".join(field.choices))
    else:
        yield from _faults(_SCALARS[field.kind], value, at)


def _faults(check: Callable[[Any, str], object], value: Any, at: str) -> tuple[Refused, ...]:
    """What a check of one value finds: nothing, or its one fault."""
    try:
        check(value, at)
    except Refused as fault:
        return (fault,)
    return ()


def _item_faults(items: list[Any], at: str) -> Iterator[Refused]:
    for index, item in enumerate(items):
        yield from _faults(_check_line, item, f"{at}.{index}")


def _row_faults(columns: tuple[Column, ...], rows: list[Any], at: str) -> Iterator[Refused]:
    for index, row in enumerate(rows):
        yield from _cell_faults(columns, row, f"{at}.{index}")


def _is_blank(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _check_listed(value: Any, at: str) -> None:
    if not isinstance(value, list):
        raise invalid("not_a_list", at=at)
    if len(value) > LIST_LIMIT:
        raise invalid("too_many", at=at, limit=LIST_LIMIT)


def _cell_faults(columns: tuple[Column, ...], row: Any, at: str) -> Iterator[Refused]:
    if not isinstance(row, dict):
        yield invalid("not_a_row", at=at)
        return
    known = {column.id for column in columns}
    yield from (_unknown(name, at) for name in row if name not in known)
    for column in columns:
        value = row.get(column.id)
        if not _is_blank(value):
            yield from _faults(_SCALARS[column.kind], value, f"{at}.{column.id}")
        elif column.required:
            yield invalid("field_missing", at=f"{at}.{column.id}", field=column.title.zh, field_en=column.title.en)


def _check_text(value: Any, at: str, limit: int) -> None:
    if not isinstance(value, str):
        raise invalid("not_text", at=at)
    if len(value) > limit:
        raise invalid("too_long", at=at, limit=limit, length=len(value))
    try:
        storable(value)
    except ValueError:
        raise _unstorable(at) from None


def _unstorable(at: str) -> Refused:
    return invalid("unstorable", at=at)


def _check_line(value: Any, at: str) -> None:
    _check_text(value, at, LINE_LIMIT)


def _check_prose(value: Any, at: str) -> None:
    _check_text(value, at, PROSE_LIMIT)


def _check_number(value: Any, at: str) -> None:
    """Whole numbers only: the ledger's digests are over integers (RFC 8785 leaves floats to the reader).

    What documents ask for are counts and amounts; a minus sign is a slip.
    """
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53 - 1:
        raise invalid("not_a_number", at=at)
    if value < 0:
        raise invalid("negative_number", at=at)


def _check_date(value: Any, at: str) -> None:
    """One spelling only, 2026-09-01: the standard library also reads 20260901 and 2026-W36-2."""
    try:
        known = date.fromisoformat(value).isoformat() == value
    except (TypeError, ValueError):
        known = False
    if not known:
        raise invalid("not_a_date", at=at)


_SCALARS: Mapping[FieldKind, Callable[[Any, str], None]] = {
    FieldKind.LINE: _check_line,
    FieldKind.PROSE: _check_prose,
    FieldKind.NUMBER: _check_number,
    FieldKind.DATE: _check_date,
}
