"""Spreadsheets: reading what people upload, and writing what they download. XLSX and CSV.

Reading is bounded in every direction before anything is unpacked. Writing never makes a formula out of a text.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from domain.refusal import Params
from domain.roster import FORMULA, MAX_ROWS, MAX_TEXT, Cell, Row

MAX_BYTES = 10 * 1024 * 1024
"""Bytes of an uploaded file, at most."""
MAX_UNPACKED = 120 * 1024 * 1024
"""Bytes of what an XLSX unpacks to, at most."""
MAX_PARTS = 500
"""Files within an XLSX, at most."""
MAX_COLUMNS = 40
"""Columns that are looked at."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"

_LONGEST = MAX_TEXT + 1
"""Characters of a cell that are kept: one more than may be, so that it is still too long."""
_BLANK_ROWS = 2_000
"""Rows without anything after which a sheet is taken to have ended: programs write a million of them."""
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What no XLSX can hold: one such character in a name must not cost everybody the whole sheet."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_WORKBOOKS = (".xlsx", ".xlsm")


class SheetError(Exception):
    """A file that is no sheet we can read. `code` is the last part of a key `web.sheet.<code>`."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params: Params = params


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet to be written: a title, headings, and rows of texts, numbers and days."""

    title: str
    head: Sequence[str]
    rows: Iterable[Sequence[str | int | date | None]]
    widths: Sequence[int] = ()


# -- reading


def read_sheet(data: bytes, name: str = "") -> list[Row]:
    """Return the rows of an uploaded XLSX (its first sheet) or CSV, under the numbers their programs show.

    No more rows than a roster may have, and one. `name` is the file's: what calls itself a workbook and is none is
    not taken for a CSV, whose every column would be missing. Raises `SheetError`.
    """
    if len(data) > MAX_BYTES:
        raise SheetError("too_large", limit=MAX_BYTES // 2**20, size=-(-len(data) // 2**20))
    if data.startswith(_OLE):
        raise SheetError("old_or_locked")
    if name.lower().endswith(_WORKBOOKS) and not data.startswith(_ZIP):
        raise SheetError("no_workbook")
    rows = _read_xlsx(data) if data.startswith(_ZIP) else _read_csv(data)
    # One more than may be, and the headings: so that too many are seen to be too many.
    return list(islice(_filled(rows), MAX_ROWS + 2))


def _filled(rows: Iterator[Row]) -> Iterator[Row]:
    blank = 0
    for row in rows:
        if any(cell is not None for cell in row.cells):
            blank = 0
            yield row
        else:
            blank += 1
            if blank == _BLANK_ROWS:
                return


def _read_xlsx(data: bytes) -> Iterator[Row]:
    _check_package(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of dates out of range, which become error cells, and of lost styles
            # Not data_only: a formula is to be seen as one, not as what some program once made of it.
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
            try:
                for number, cells in enumerate(book.worksheets[0].iter_rows(max_col=MAX_COLUMNS), 1):
                    yield Row(number, _trimmed(_xlsx_cell(cell) for cell in cells))
            finally:
                book.close()
    except Exception as fault:  # the library fails in as many ways as a file can be broken
        raise SheetError("damaged") from fault


def _check_package(data: bytes) -> None:
    """Refuse a package that unpacks to too much, or whose parts declare entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise SheetError("unpacks_too_large", limit=MAX_UNPACKED // 2**20)
            for part in parts:
                with package.open(part) as opened:
                    if b"<!DOCTYPE" in opened.read(1024).upper():
                        raise SheetError("damaged")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as fault:
        raise SheetError("damaged") from fault


def _xlsx_cell(cell: Any) -> Cell:
    if cell.value is None:
        return None
    if cell.data_type in ("f", "e"):
        return FORMULA
    return _cell(cell.value)


def _cell(value: object) -> Cell:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a staff number that Excel took for a number
    return str(value).strip()[:_LONGEST] or None


def _read_csv(data: bytes) -> Iterator[Row]:
    text = _decoded(data)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for number, values in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
            yield Row(number, _trimmed(_csv_cell(value) for value in values[:MAX_COLUMNS]))
    except csv.Error as fault:
        raise SheetError("damaged") from fault


def _decoded(data: bytes) -> str:
    """Return the text of a CSV: UTF-8 or UTF-16 with a mark, UTF-8, or what Chinese Windows writes."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError("not_a_sheet")


def _csv_cell(value: str) -> Cell:
    text = value.strip()
    if text.startswith('="') and text.endswith('"') and text.count('"') == 2:
        text = text[2:-1]  # how programs keep Excel from dropping the zeros of ="007"
    elif text.startswith("="):
        return FORMULA
    elif text.startswith("'") and text[1:].startswith(_STARTS_FORMULA):
        text = text[1:]  # as we write it
    return text[:_LONGEST] or None


def _trimmed(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Drop the empty cells at the end."""
    kept = list(cells)
    while kept and kept[-1] is None:
        kept.pop()
    return tuple(kept)


# -- writing


def write_xlsx(*tables: Table) -> bytes:
    """Return an XLSX with one sheet for each table. Texts are written as texts, whatever they begin with."""
    book = Workbook(write_only=True)
    bold = Font(bold=True)
    for table in tables:
        sheet: Any = book.create_sheet(table.title)
        sheet.freeze_panes = "A2"
        for index, width in enumerate(table.widths, 1):
            sheet.column_dimensions[get_column_letter(index)].width = width
        sheet.append([_head_cell(sheet, said, bold) for said in table.head])
        for row in table.rows:
            sheet.append([_written_cell(sheet, value) for value in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _head_cell(sheet: Any, said: str, bold: Font) -> Any:
    cell: Any = _written_cell(sheet, said)
    cell.font = bold
    return cell


def _written_cell(sheet: Any, value: str | int | date | None) -> Any:
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, _NOT_IN_XML.sub("\ufffd", value))
        cell.data_type = "s"
        cell.number_format = "@"
        # Text stays text also after somebody has edited it.
        cell.quotePrefix = value.startswith(_STARTS_FORMULA)
        return cell
    if isinstance(value, date):
        cell = WriteOnlyCell(sheet, datetime(value.year, value.month, value.day))  # noqa: DTZ001 (a sheet has no zones)
        cell.number_format = "yyyy-mm-dd"
        return cell
    return value


def write_csv(table: Table) -> bytes:
    """Return a CSV that Excel opens in the right encoding and without making formulas of texts."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(table.head)
    for row in table.rows:
        writer.writerow([_harmless(value) for value in row])
    return written.getvalue().encode("utf-8-sig")


def _harmless(value: str | int | date | None) -> str:
    if isinstance(value, date):
        return value.isoformat()
    said = "" if value is None else str(value)
    return f"'{said}" if said.startswith(_STARTS_FORMULA) else said
