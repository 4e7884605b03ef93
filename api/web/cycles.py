"""The school year: its calendar as a line with today, what comes next, where each window stands, and running it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.deps import LedgerDep
from api.routes.machines import starting_commands
from api.web.act import Refusal, command_routes, give
from api.web.cycle_now import CycleNow, cycle_now
from api.web.forms import NOTHING_TRIED, Tried, WrongForm, command_from, typed
from api.web.kit import Tone, address, duty_title, month_title, page, period_title, say
from api.web.narrowing import month_of
from api.web.streams import Opened, names_for, opened, people_in
from api.web.visitor import PostedDep, Visitor, VisitorDep
from api.web.year_line import Stage, anchor, days_off, rules_in_order, stage_of, window_words, year_line
from domain.cycle import CYCLE, Closing, Cycle, DraftCycle, Drafted, Scheduled, Suspended, Window, schedule
from domain.deadline import deadline
from domain.ids import stream_id
from domain.messages import when
from domain.programme import Programme, Right
from domain.story import story
from domain.windows import owed
from ledger.ledger import Ledger
from ledger.lists import Cell, ItemFilter

router = APIRouter()

COMING = 5
"""How much of what comes next is told."""
TOLD = 20
"""Events of the history on one page."""
NAMED = 6
"""Windows that an explanation names; further ones are counted."""
_UNFINISHED = ("open", "drafting", "in_review", "returned", "recalled", "amending")
_TO_FILE = ("open", "drafting", "returned", "recalled")


@dataclass(frozen=True, slots=True)
class Numbers:
    """How the filings of one window stand; those that the visitor may look at."""

    owed: int = 0
    to_file: int = 0
    review: int = 0
    done: int = 0
    late: int = 0
    lapsed: int = 0

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> Numbers:
        """Add up cells of the board. What was waived is not owed."""
        by: Counter[str] = Counter()
        late = 0
        for cell in cells:
            by[cell.status] += cell.count
            late += cell.count if cell.late else 0
        return cls(
            owed=by.total() - by["waived"],
            to_file=sum(by[one] for one in _TO_FILE),
            review=by["in_review"],
            done=by["approved"],
            late=late,
            lapsed=by["lapsed"],
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A window in the table: its days, and how what it opened stands."""

    anchor: str
    period: str
    window: Window
    stage: Stage
    tone: Tone
    numbers: Numbers | None
    query: str
    """What the list of filings is narrowed to; empty where a list cannot be."""


@dataclass(frozen=True, slots=True)
class Group:
    """The windows of one duty or inspection."""

    title: str
    kind: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happens on a day of the year: a window opens or falls due, or it is today."""

    what: str
    at: datetime
    words: str = ""
    left: str = ""
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the year with what opens and falls due in it."""

    title: str
    past: bool
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Act:
    """A command that the visitor may give, and what it would do."""

    name: str
    says: Sequence[str]
    names: Sequence[str] = field(default_factory=tuple)
    grave: bool = False
    reason: bool = False


@router.get("/cycles")
async def present(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The school year that is on, or the nearest to it."""
    return await _present(request, visitor, ledger, NOTHING_TRIED, 200)


@router.get("/cycles/{id}")
async def cycle(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """One school year."""
    return await _show(request, visitor, ledger, id, NOTHING_TRIED, 200)


@router.post("/cycles")
async def draft(request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Draft the cycle of a school year by the programme in force."""
    try:
        wanted = command_from(DraftCycle, form, visitor.lang)
    except WrongForm as wrong:
        tried = Tried(DraftCycle.name, typed(form), "", wrong.errors)
        return await _present(request, visitor, ledger, tried, 422)
    # A year has one cycle, so its stream is known before it is there.
    stream = stream_id(CYCLE.name, visitor.tenant, str(wanted.school_year))
    refusal = await give(ledger, visitor, stream, wanted, form)
    if isinstance(refusal, Refusal):
        return await _present(request, visitor, ledger, refusal.tried, refusal.status)
    return RedirectResponse(f"{address(stream)}?said=cycle.draft", 303)


async def _present(request: Request, visitor: Visitor, ledger: Ledger, tried: Tried, status: int) -> Response:
    now = await cycle_now(ledger, visitor)
    if now is None:
        return page(
            request, visitor, "cycle_none.html", status, tried=tried, draft=_draft(visitor, ()), years=(), stream=""
        )
    return await _page(request, visitor, ledger, now.stream, now, tried, status)


async def _show(request: Request, visitor: Visitor, ledger: Ledger, id: str, tried: Tried, status: int) -> Response:
    return await _page(request, visitor, ledger, id, await cycle_now(ledger, visitor), tried, status)


async def _page(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    id: str,
    now: CycleNow | None,
    tried: Tried,
    status: int,
) -> Response:
    found = await opened(ledger, visitor, id, CYCLE)
    state, programme, lang = found.state, found.programme, visitor.lang
    assert isinstance(state, Cycle), "cycles have cycles' states"
    cells = await ledger.lists.board(visitor.tenant, visitor.actor, programme, found.stream)
    events = await ledger.events(visitor.tenant, found.stream)
    names = await names_for(ledger, visitor, programme, people_in(events))
    years = await ledger.lists.items(visitor.tenant, CYCLE.name, visitor.actor, programme, ItemFilter(), limit=200)
    told = story(CYCLE, events, names)
    part = _part(request.query_params.get("events", ""), len(told))
    scheduled = state if isinstance(state, Scheduled) else None
    windows = _windows(state, programme, visitor)
    is_now = now is not None and now.stream == found.stream
    groups = _groups(windows, scheduled, cells, programme, visitor, is_now)
    permitted = found.permitted(visitor)
    expected = await _expected(ledger, visitor, found, windows) if "publish" in permitted else 0
    calendar = programme.calendar_of(state.school_year)
    off = list(days_off(calendar))
    return page(
        request,
        visitor,
        "cycle.html",
        status,
        stream=found.stream,
        version=found.version,
        state=state,
        scheduled=scheduled,
        title=period_title(programme, lang, str(state.school_year)),
        digest=found.digest,
        rules=programme,
        windows=windows,
        line=year_line(state, windows, programme, visitor.now, lang),
        groups=groups,
        total=Numbers.of(cells),
        months=_months(groups, scheduled, programme, visitor),
        coming=_coming(state, windows, programme, visitor),
        off=[one for one in off if not one.worked],
        worked=[one for one in off if one.worked],
        unannounced=any(one.provisional for one in off),
        provisional=[window_words(one, programme, lang) for one in windows if one.provisional],
        missed=[
            window_words(one, programme, lang)
            for one in windows
            if scheduled is not None and one.id in scheduled.missed
        ],
        acts=list(_acts(state, permitted, windows, cells, expected, programme, visitor)),
        told=told[TOLD * (part - 1) : TOLD * part],
        names=names,
        part=part,
        parts=_parts(len(told)),
        may_audit=any(Right.AUDIT in held.rights for held in visitor.actor.held),
        years=[row for row in years.rows if row["stream"] != found.stream],
        draft=_draft(visitor, [int(row["period"]) for row in years.rows]),
        tried=tried,
    )


def _windows(state: Cycle, programme: Programme, visitor: Visitor) -> Sequence[Window]:
    """The year's windows; of a drafted one those that publishing it now would fix."""
    if isinstance(state, Scheduled):
        return state.windows
    planned = schedule(programme, programme.calendar_of(state.school_year))
    return tuple(one for one in planned if one.due_at > visitor.now)


async def _expected(ledger: Ledger, visitor: Visitor, found: Opened, windows: Sequence[Window]) -> int:
    """About how many filings and inspections the windows will open, with the units and posts as they are now."""
    holders = await ledger.lists.appointments(visitor.tenant)
    times = Counter(one.rules for one in windows)
    first = {one.rules: one for one in reversed(windows)}
    return sum(
        times[rules] * sum(1 for _ in owed(found.programme, visitor.tenant, found.stream, window, holders))
        for rules, window in first.items()
    )


# -- where each window stands


def _groups(
    windows: Sequence[Window],
    state: Scheduled | None,
    cells: Sequence[Cell],
    programme: Programme,
    visitor: Visitor,
    is_now: bool,
) -> list[Group]:
    by: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        by.setdefault((cell.duty, cell.period), []).append(cell)
    return [
        Group(
            duty_title(programme, visitor.lang, id),
            kind,
            [_row(one, state, by.get((one.rules, one.period), ()), programme, visitor, is_now) for one in mine],
        )
        for id in rules_in_order(programme)
        if (mine := [one for one in windows if one.rules == id])
        for kind in (mine[0].kind,)
    ]


def _row(
    window: Window,
    state: Scheduled | None,
    cells: Sequence[Cell],
    programme: Programme,
    visitor: Visitor,
    is_now: bool,
) -> Row:
    stage = stage_of(window, state, visitor.now)
    counts = window.kind == "duty" and stage in ("open", "over")
    # The list of filings knows the months of the year that is on, and no other's.
    query = urlencode({"duty": window.rules, "month": month_of(window.due_at, programme)}) if counts and is_now else ""
    numbers = Numbers.of(cells) if counts else None
    return Row(
        anchor=anchor(window),
        period=period_title(programme, visitor.lang, window.period),
        window=window,
        stage=stage,
        tone=_tone(stage, numbers),
        numbers=numbers,
        query=query,
    )


_TONES: Mapping[Stage, Tone] = {"waiting": "pending", "open": "open", "over": "done", "missed": "lapsed"}


def _tone(stage: Stage, numbers: Numbers | None) -> Tone:
    """How a window looks: past its due time it is late, in review or done as its filings are."""
    if stage != "over" or numbers is None:
        return _TONES[stage]
    if not numbers.owed:
        return "waived"  # nothing was owed, or nothing that the visitor may look at
    return "late" if numbers.late else "review" if numbers.to_file or numbers.review else "done"


# -- by month, and what comes next


def _months(groups: Sequence[Group], state: Scheduled | None, programme: Programme, visitor: Visitor) -> list[Month]:
    entries: list[Entry] = []
    for row in (row for group in groups for row in group.rows):
        words = window_words(row.window, programme, visitor.lang)
        entries.append(Entry("opens", row.window.opens_at, words, row=row))
        entries.append(Entry("due", row.window.due_at, words, row=row))
    now = month_of(visitor.now, programme)
    months = sorted({month_of(one.at, programme) for one in entries})
    if months and months[0] <= now <= months[-1]:
        entries.append(Entry("today", visitor.now))
        months = sorted({*months, now})
    entries.sort(key=lambda one: one.at)
    return [
        Month(
            month_title(visitor.lang, month),
            month < now,
            [one for one in entries if month_of(one.at, programme) == month],
        )
        for month in months
    ]


def _coming(state: Cycle, windows: Sequence[Window], programme: Programme, visitor: Visitor) -> list[Entry]:
    """The next openings and due times. While the year is suspended nothing opens."""
    found: list[tuple[datetime, str, str]] = []
    for window in windows:
        words = window_words(window, programme, visitor.lang)
        stage = stage_of(window, state if isinstance(state, Scheduled) else None, visitor.now)
        if stage == "waiting" and window.opens_at > visitor.now and not isinstance(state, Suspended):
            found.append((window.opens_at, "opens", words))
        if stage != "missed" and window.due_at > visitor.now:
            found.append((window.due_at, "due", words))
    return [Entry(what, at, words, _until(at, programme, visitor, what)) for at, what, words in sorted(found)[:COMING]]


def _until(at: datetime, programme: Programme, visitor: Visitor, what: str) -> str:
    """How long there is until something opens or falls due."""
    calendar = programme.calendar_at(visitor.now)
    if what == "opens" and calendar.local(at).date() == calendar.local(visitor.now).date():
        return say(visitor.lang, "web.cycle.opens_today", time=f"{calendar.local(at):%H:%M}")
    return deadline(at, visitor.now, calendar, visitor.lang).words


# -- running it


def _acts(
    state: Cycle,
    permitted: Sequence[str],
    windows: Sequence[Window],
    cells: Sequence[Cell],
    expected: int,
    programme: Programme,
    visitor: Visitor,
) -> Iterable[Act]:
    """Yield what the visitor may do with the year, each with what it would bring about."""
    lang = visitor.lang
    unfinished = sum(cell.count for cell in cells if cell.status in _UNFINISHED)
    if "publish" in permitted and isinstance(state, Drafted):
        yield _publish(state, windows, expected, programme, visitor)
    if "suspend" in permitted and isinstance(state, Scheduled):
        coming = state.next_window()
        says = [say(lang, "web.cycle.suspend_says"), say(lang, "web.cycle.suspend_open", count=unfinished)]
        if coming is None:
            says.append(say(lang, "web.cycle.suspend_none_left"))
        else:
            opens = when(coming.opens_at, lang, now=visitor.now)
            says.append(say(lang, "web.cycle.suspend_next", title=window_words(coming, programme, lang), opens=opens))
        yield Act("suspend", [*says, say(lang, "web.cycle.suspend_missed")], grave=True, reason=True)
    if "resume" in permitted and isinstance(state, Suspended):
        yield _resume(state, programme, visitor)
    if "archive" in permitted and isinstance(state, Closing):
        says = [say(lang, "web.cycle.archive_says"), say(lang, "web.cycle.archive_open", count=unfinished)]
        yield Act("archive", says, grave=True)


def _publish(state: Drafted, windows: Sequence[Window], expected: int, programme: Programme, visitor: Visitor) -> Act:
    lang = visitor.lang
    calendar = programme.calendar_of(state.school_year)
    starts = calendar.start_of_business(calendar.first_day)
    planned = len(schedule(programme, calendar))
    says = [
        say(
            lang,
            "web.cycle.publish_says",
            starts=when(starts, lang, now=visitor.now),
            windows=len(windows),
            count=expected,
        ),
        say(lang, "web.cycle.publish_fixed"),
    ]
    if planned > len(windows):
        says.append(say(lang, "web.cycle.publish_past", count=planned - len(windows)))
    late = sum(1 for one in windows if one.opens_at <= visitor.now)
    if late and starts <= visitor.now:
        says.append(say(lang, "web.cycle.publish_at_once", count=late))
    provisional = sum(one.provisional for one in windows)
    if provisional:
        says.append(say(lang, "web.cycle.publish_provisional", count=provisional))
    return Act("publish", says)


def _resume(state: Suspended, programme: Programme, visitor: Visitor) -> Act:
    """Tell what opens at once when the year goes on, and what has lapsed meanwhile."""
    lang = visitor.lang
    seen = {*state.opened, *state.missed}
    reached = [one for one in state.windows if one.id not in seen and one.opens_at <= visitor.now]
    opening = [one for one in reached if one.lapses_at > visitor.now]
    says = [say(lang, "web.cycle.resume_says")]
    says.append(say(lang, "web.cycle.resume_opens" if opening else "web.cycle.resume_opens_none", count=len(opening)))
    if len(reached) > len(opening):
        says.append(say(lang, "web.cycle.resume_missed", count=len(reached) - len(opening)))
    names = [window_words(one, programme, lang) for one in opening[:NAMED]]
    if len(opening) > NAMED:
        names.append(say(lang, "web.cycle.and_more", count=len(opening) - NAMED))
    return Act("resume", says, names)


@dataclass(frozen=True, slots=True)
class Draft:
    """The form that drafts a year: the year it offers."""

    year: int


def _draft(visitor: Visitor, years: Sequence[int]) -> Draft | None:
    """The form for the next school year, for whoever may draft one."""
    begins = next(row for row in CYCLE.transitions if row.command.name in starting_commands(CYCLE))
    if begins.may(None, visitor.actor) is not None:
        return None
    this = visitor.programme.calendar_at(visitor.now).year
    return Draft(max(years) + 1 if years else this)


# -- its history


def _parts(events: int) -> int:
    return max(1, -(-events // TOLD))


def _part(asked: str, events: int) -> int:
    """The page of the history: the one asked for, else the last."""
    parts = _parts(events)
    return min(parts, max(1, int(asked))) if asked.isdecimal() and len(asked) < 6 else parts


# Other rules are gone over to on a page of their own, with the filings that they touch.
router.include_router(command_routes(CYCLE, _show, besides=("change_rules",)))
