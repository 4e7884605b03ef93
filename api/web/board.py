"""The board: units and duties over the months of the school year, one shape for each cell, as a page and as a sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response

from api.deps import LedgerDep
from api.web.cycle_now import CycleNow, cycle_now
from api.web.kit import Tone, duty_title, month_title, page, say, titled, tone, unit_title
from api.web.narrowing import Narrowing, duty_choices, month_of, months_of, subject_choices, unit_choices
from api.web.sheets import XLSX, Table, write_xlsx
from api.web.visitor import Visitor, VisitorDep
from domain.programme import Programme, Right
from domain.refusal import forbidden
from ledger.ledger import Ledger
from ledger.lists import Cell as Counted

router = APIRouter()

WORST: Sequence[Tone] = ("late", "returned", "lapsed", "open", "review", "done", "waived", "pending")
"""Which shape a cell of many filings shows: the first of these that any of them has."""
BEHIND: frozenset[Tone] = frozenset({"late", "lapsed"})


@dataclass
class Square:
    """How the filings of one row and one month stand."""

    tones: Counter[Tone] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All filings here."""
        return self.tones.total()

    @property
    def done(self) -> int:
        """Those that are through, or not owed after all."""
        return self.tones["done"] + self.tones["waived"]

    @property
    def behind(self) -> int:
        """Those that are late or never came."""
        return sum(self.tones[one] for one in BEHIND)

    @property
    def worst(self) -> Tone:
        """The shape that the square shows."""
        return next((one for one in WORST if self.tones[one]), "pending")

    def add(self, counted: Counted) -> None:
        """Count some filings in."""
        # While a new revision is being made the approved one is in force: nothing is owed.
        shown = "done" if counted.status == "amending" else tone("filing", counted.status, counted.late)
        self.tones[shown] += counted.count


@dataclass
class Line:
    """A row of the board: a duty or a unit, with a square for each month."""

    key: str
    title: str
    board: str = ""
    """The query of this row's own board, where there is one."""
    squares: dict[str, Square] = field(default_factory=dict)
    all: Square = field(default_factory=Square)

    def add(self, counted: Counted, month: str) -> None:
        """Count some filings in."""
        self.squares.setdefault(month, Square()).add(counted)
        self.all.add(counted)


@router.get("/board")
async def board(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The board of a unit: by duty, and by the units right below it."""
    narrowing, cycle, unit = await _asked(request, visitor, ledger)
    grid = await _grid(visitor, ledger, narrowing, cycle, unit)
    path = visitor.programme.path_of(unit)
    readable = {one for one, _ in unit_choices(visitor)}
    return page(
        request,
        visitor,
        "board.html",
        narrowing=narrowing,
        unit=unit,
        unit_name=unit_title(visitor.programme, visitor.lang, unit),
        above=[(one, unit_title(visitor.programme, visitor.lang, one)) for one in path[:-1] if one in readable],
        cycle=cycle,
        this_month=month_of(visitor.now, visitor.programme),
        units=unit_choices(visitor),
        duties=duty_choices(visitor),
        subjects=subject_choices(visitor),
        grid=grid,
    )


@router.get("/board.xlsx")
async def board_sheet(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The board as a workbook: by duty, by unit, and the counts behind them."""
    narrowing, cycle, unit = await _asked(request, visitor, ledger)
    grid = await _grid(visitor, ledger, narrowing, cycle, unit)
    head = [say(visitor.lang, "web.board.row"), *(title for _, title in grid.months), grid.totals.title]
    tables = [
        Table(say(visitor.lang, key), head, [_sheet_row(line, grid) for line in [*lines, grid.totals]], widths=(40,))
        for key, lines in (("web.board.by_duty", grid.by_duty), ("web.board.by_unit", grid.by_unit))
    ]
    headers = {"content-disposition": 'attachment; filename="board.xlsx"'}
    return Response(write_xlsx(*tables, _counts_table(grid.counted, visitor)), media_type=XLSX, headers=headers)


def _sheet_row(line: Line, grid: Grid) -> list[str | int | None]:
    squares = [line.squares.get(month) for month, _ in grid.months]
    told = [None if one is None else f"{one.done}/{one.total}" for one in squares]
    return [line.title, *told, f"{line.all.done}/{line.all.total}"]


def _counts_table(counted: Iterable[Counted], visitor: Visitor) -> Table:
    programme, lang = visitor.programme, visitor.lang
    names = ("unit", "duty", "period", "status", "late", "count")
    return Table(
        say(lang, "web.board.counts"),
        [say(lang, f"web.board.column.{name}") for name in names],
        [
            [
                unit_title(programme, lang, one.unit),
                duty_title(programme, lang, one.duty),
                one.period,
                say(lang, f"status.filing.{one.status}"),
                say(lang, "web.tone.late") if one.late else "",
                one.count,
            ]
            for one in counted
        ],
        widths=(36, 28, 14, 12, 8, 8),
    )


async def _asked(request: Request, visitor: Visitor, ledger: Ledger) -> tuple[Narrowing, CycleNow | None, str]:
    """What the address asks for. Raises `Refused` for who reads at no unit, or not at this one."""
    narrowing = Narrowing.read(request.query_params)
    readable = [one for one, _ in unit_choices(visitor)]
    unit = narrowing["unit"] or next(iter(readable), "")
    if unit not in readable:
        refusal = forbidden("right_missing", right=Right.READ.value)
        await ledger.deny(visitor.tenant, visitor.person, None, "board", refusal.code)
        raise refusal
    return narrowing, await cycle_now(ledger, visitor), unit


@dataclass(frozen=True)
class Grid:
    """A board, counted."""

    counted: Sequence[Counted]
    months: Sequence[tuple[str, str]]
    by_duty: Sequence[Line]
    by_unit: Sequence[Line]
    totals: Line


async def _grid(visitor: Visitor, ledger: Ledger, narrowing: Narrowing, cycle: CycleNow | None, unit: str) -> Grid:
    programme, lang = visitor.programme, visitor.lang
    counted: list[Counted] = []
    if cycle is not None:
        duty, subject = narrowing["duty"] or None, narrowing["subject"] or None
        counted = await ledger.lists.board(
            visitor.tenant, visitor.actor, programme, cycle.stream, unit=unit, duty=duty, subject=subject
        )
    placed = list(_placed(counted, cycle, programme))
    below = [one.id for one in programme.all_units.values() if one.parent == unit]
    row_of = {one: child for child in below for one in programme.below(child)}
    duties = [Line(duty.id, titled(lang, duty.title)) for duty in programme.duties]
    itself = Line(unit, say(lang, "web.board.itself", unit=unit_title(programme, lang, unit)))
    children = [Line(one, unit_title(programme, lang, one), narrowing.with_(unit=one)) for one in below]
    return Grid(
        counted,
        [(one, month_title(lang, one)) for one in months_of(cycle, programme)],
        _filled(duties, placed, lambda one: one.duty),
        _filled([itself, *children], placed, lambda one: row_of.get(one.unit, unit)) if below else (),
        _filled([Line("", say(lang, "web.board.total"))], placed, lambda _: "", keep_empty=True)[0],
    )


def _placed(counted: Iterable[Counted], cycle: CycleNow | None, programme: Programme) -> Iterator[tuple[Counted, str]]:
    """Yield each count with the month in which its window falls due."""
    windows = () if cycle is None or cycle.scheduled is None else cycle.scheduled.windows
    due = {(one.rules, one.period): month_of(one.due_at, programme) for one in windows if one.kind == "duty"}
    for one in counted:
        month = due.get((one.duty, one.period))
        if month is not None:
            yield one, month


def _filled(
    lines: Sequence[Line],
    placed: Sequence[tuple[Counted, str]],
    key_of: Callable[[Counted], str],
    *,
    keep_empty: bool = False,
) -> list[Line]:
    """Count the filings into their lines; lines that none belongs to are left out."""
    by_key = {line.key: line for line in lines}
    for counted, month in placed:
        by_key[key_of(counted)].add(counted, month)
    return [line for line in lines if keep_empty or line.all.total]
