"""The scoring sheet: how it is shown, what was typed on it, and saving it item by item.

Two inspectors write on one sheet. An item that somebody else changed since the page was made is not overwritten: what
was typed comes back with what is there now, and the inspector chooses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_DOWN, Decimal
from typing import Any

from starlette.datastructures import FormData

from api.web.act import Refusal, give
from api.web.forms import WrongForm, command_from
from api.web.kit import PLURALS, address, is_late_at, period_title, say, titled
from api.web.visitor import Visitor
from domain.canonical import content_digest
from domain.ids import StreamId
from domain.inspection import Inspection, Score, ScoreItem
from domain.messages import Lang
from domain.programme import Programme, RubricItem
from domain.view import Names
from ledger.inspections import Filed, FiledUnder
from ledger.ledger import Ledger

TAPS = (Decimal(1), Decimal("0.75"), Decimal("0.5"), Decimal(0))
"""What one tap gives: all, three quarters, half, nothing."""
LONGEST_LINE = 200
"""Characters of a line that is cited (`domain.text.Line`)."""
_HALF_POINT = Decimal("0.5")
_ATTEMPTS = 6
"""How often an item is tried again when others keep writing on the same sheet."""


# -- what is typed


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed for one item, and what came of it."""

    item: str
    points: str
    comment: str
    evidence: tuple[str, ...]
    seen: str
    """The mark of the score that the page showed; empty for none."""
    error: str = ""
    status: int = 200
    at: str = "points"
    """The field that is at fault."""


def figure(points: Decimal) -> str:
    """Return points as people write them: 5, 5.5."""
    text = f"{points:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def clock(visitor: Visitor, at: datetime) -> str:
    """Return the time of day of an instant, where the visitor is."""
    return f"{visitor.programme.calendar_at(at).local(at):%H:%M}"


def seen_of(score: Score | None) -> str:
    """Return the mark of a score: another once its points, its comment or its evidence are."""
    return "" if score is None else _mark(figure(score.points), score.comment or "", score.evidence)


def _mark(points: str, comment: str, evidence: Sequence[str]) -> str:
    return content_digest({"points": points, "comment": comment, "evidence": list(evidence)})[-16:]


def entries_from(form: FormData, state: Inspection) -> list[Entry]:
    """Return what a form says of each item it holds; a tap counts for the item it names."""
    tapped, _, given = str(form.get("tap") or "").partition(":")
    found = []
    for item in (one.id for one in state.items):
        if f"{item}.points" not in form and f"{item}.seen" not in form:
            continue
        points = given if item == tapped else str(form.get(f"{item}.points") or "").strip()
        lines = [str(one).strip() for one in form.getlist(f"{item}.evidence")]
        comment = str(form.get(f"{item}.comment") or "").replace("\r\n", "\n").strip()
        seen = str(form.get(f"{item}.seen") or "")
        found.append(Entry(item, points, comment, tuple(dict.fromkeys(filter(None, lines))), seen))
    return found


def _is_blank(entry: Entry) -> bool:
    """Whether there was no score and none was given."""
    return not (entry.seen or entry.points or entry.comment or entry.evidence)


# -- saving


async def save(
    ledger: Ledger, visitor: Visitor, stream: StreamId, entries: Sequence[Entry], form: FormData
) -> list[Entry]:
    """Save each item that was touched. Returns all that are not blank, each with what was wrong, if anything was."""
    done = []
    for entry in entries:
        if _is_blank(entry):
            continue
        command = _command(entry, visitor)
        done.append(
            command if isinstance(command, Entry) else await _save(ledger, visitor, stream, entry, command, form)
        )
    return done


def _command(entry: Entry, visitor: Visitor) -> ScoreItem | Entry:
    cited = (("evidence", one) for one in entry.evidence)
    fields = FormData([("item", entry.item), ("points", entry.points), ("comment", entry.comment), *cited])
    try:
        return command_from(ScoreItem, fields, visitor.lang)
    except WrongForm as wrong:
        at, sentence = next(iter(wrong.errors.items()))
        name = at.partition(".")[0]
        if name == "points":
            missing = "points_missing" if not entry.points else "points_wrong"
            sentence = say(visitor.lang, f"web.inspection.{missing}")
        return replace(entry, error=sentence, status=422, at=name)


async def _save(
    ledger: Ledger, visitor: Visitor, stream: StreamId, entry: Entry, command: ScoreItem, form: FormData
) -> Entry:
    """Save one item, unless somebody else has scored it since; what happens on other items does not matter."""
    wanted = _mark(figure(command.points), command.comment or "", command.evidence)
    if wanted == entry.seen:
        return entry  # nothing was changed on it
    refusal: Refusal | None = None
    for _ in range(_ATTEMPTS):
        version, state, _ = await ledger.head(visitor.tenant, stream)
        assert isinstance(state, Inspection), "an inspection's stream has an inspection's states"
        there = state.scores.get(entry.item)
        if there is not None and seen_of(there) == wanted:
            return entry
        if seen_of(there) != entry.seen:
            return await _conflict(ledger, visitor, entry, there)
        about = f"{entry.item}.{wanted}"
        refusal = await give(ledger, visitor, stream, command, form, expected=version, about=about)
        if refusal is None or refusal.status != 412:
            break
    if refusal is None:
        return entry
    sentence = refusal.tried.message or next(iter(refusal.tried.errors.values()))
    return replace(entry, error=sentence, status=refusal.status)


async def _conflict(ledger: Ledger, visitor: Visitor, entry: Entry, there: Score | None) -> Entry:
    names = {} if there is None else await ledger.names(visitor.tenant, [there.by])
    sentence = say(
        visitor.lang,
        "web.inspection.moved" if there is not None else "web.inspection.moved_away",
        name=names.get(there.by) or say(visitor.lang, "web.common.somebody") if there is not None else None,
        points=figure(there.points) if there is not None else None,
        clock=clock(visitor, there.at) if there is not None else None,
        mine=entry.points,
    )
    # Whoever sends it again has read this: from here on the present score is the one they saw.
    return replace(entry, error=sentence, status=412, seen=seen_of(there))


# -- how it is shown


@dataclass(frozen=True, slots=True)
class Tap:
    """A button that gives points at one tap."""

    points: str
    part: str
    """Key of its word: full, most, half, none; with `_about` where half points come only near it."""
    pressed: bool


@dataclass(frozen=True, slots=True)
class Related:
    """A filing beside an item: its line to cite, and how it stands."""

    cite: str
    label: str
    """The same without the duty, under which it stands."""
    href: str
    status: str
    late: bool
    cited: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the unit has filed for a duty that bears on an item."""

    title: str
    counts: Sequence[tuple[str, int]]
    overdue: int
    rows: Sequence[Related]
    href: str
    """The list of all of them."""
    more: int


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the sheet."""

    number: int
    id: str
    title: str
    method: str
    weight: int
    points: str
    """As typed where a form came back, else as scored; empty while there is none."""
    scored: str
    """As scored."""
    comment: str
    cited: Sequence[tuple[str, str]]
    """What is cited, each with the filing's address where it is one that the reader may open."""
    own_lines: Sequence[str]
    """What is cited besides the filings listed beside it."""
    by: str
    at: Any
    seen: str
    error: str
    error_at: str
    taps: Sequence[Tap]
    evidence: Sequence[Evidence] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Group:
    """Items under one heading."""

    id: str
    title: str
    items: Sequence[Item]
    worth: int
    total: str
    """The points of the group so far."""
    open: int


def groups_of(
    programme: Programme,
    state: Inspection,
    names: Names,
    tries: Mapping[str, Entry],
    lang: Lang,
    filed: Mapping[str, FiledUnder] | None = None,
) -> list[Group]:
    """Return the sheet of an inspection in its groups, numbered through, with what was typed and not saved."""
    rubric = programme.rubric_by_id[programme.inspection_by_id[state.rules].rubric]
    known = {one.id for one in state.items}
    number = 0
    groups = []
    for group in rubric.groups:
        items = []
        for item in group.items:
            if item.id in known:
                number += 1
                evidence = _evidence(programme, state, item, filed or {}, names)
                items.append(_item(number, item, state, names, tries.get(item.id), evidence, lang))
        scores = [state.scores[one.id].points for one in items if one.id in state.scores]
        groups.append(
            Group(
                group.id,
                titled(lang, group.title),
                items,
                sum(one.weight for one in items),
                figure(sum(scores, Decimal(0))),
                len(items) - len(scores),
            )
        )
    return groups


def missing_in(groups: Sequence[Group]) -> list[Item]:
    """Return the items that have no score yet."""
    return [one for group in groups for one in group.items if not one.scored]


def _item(
    number: int,
    item: RubricItem,
    state: Inspection,
    names: Names,
    entry: Entry | None,
    evidence: Sequence[Evidence],
    lang: Lang,
) -> Item:
    score = state.scores.get(item.id)
    scored = "" if score is None else figure(score.points)
    points = scored if entry is None else entry.points
    cited = (score.evidence if score is not None else ()) if entry is None else entry.evidence
    hrefs = {row.cite: row.href for one in evidence for row in one.rows}
    marked = [replace(one, rows=[replace(row, cited=row.cite in cited) for row in one.rows]) for one in evidence]
    return Item(
        number=number,
        id=item.id,
        title=titled(lang, item.title),
        method=titled(lang, item.method),
        weight=item.weight,
        points=points,
        scored=scored,
        comment=((score.comment or "") if score is not None else "") if entry is None else entry.comment,
        cited=[(line, hrefs.get(line, "")) for line in cited],
        own_lines=[line for line in cited if line not in hrefs],
        by="" if score is None else names.person(score.by),
        at=None if score is None else score.at,
        seen=seen_of(score) if entry is None else entry.seen,
        error="" if entry is None else entry.error,
        error_at="" if entry is None else entry.at,
        taps=_taps(item.weight, points),
        evidence=marked,
    )


def _taps(weight: int, points: str) -> list[Tap]:
    taps: list[Tap] = []
    for part, share in zip(("full", "most", "half", "none"), TAPS, strict=True):
        worth = figure((weight * share / _HALF_POINT).quantize(Decimal(1), ROUND_HALF_DOWN) * _HALF_POINT)
        if all(worth != one.points for one in taps):
            # What a tap gives is in half points: 2 of 3 is not three quarters, and is not called so.
            exact = Decimal(worth) == weight * share
            taps.append(Tap(worth, part if exact else f"{part}_about", worth == points))
    return taps


def _evidence(
    programme: Programme,
    state: Inspection,
    item: RubricItem,
    filed: Mapping[str, FiledUnder],
    names: Names,
) -> list[Evidence]:
    found = []
    for duty in item.evidence:
        under = filed.get(duty)
        if under is None:
            continue
        rows = [_related(programme, one, names) for one in under.shown]
        found.append(
            Evidence(
                title=names.owed(duty),
                counts=sorted(under.counts.items(), key=lambda one: -one[1]),
                overdue=under.overdue,
                rows=rows,
                href=f"/{PLURALS['filing']}?unit={state.unit}&duty={duty}",
                more=sum(under.counts.values()) - len(rows),
            )
        )
    return found


def _related(programme: Programme, filed: Filed, names: Names) -> Related:
    unit, span = names.text(filed.unit_title), period_title(programme, names.lang, filed.period)
    cite = say(names.lang, "web.inspection.cite", title=names.text(filed.title), unit=unit, span=span)
    late = names.now is not None and is_late_at("filing", filed.status, filed.due_at, names.now)
    label = f"{unit} · {span}"
    return Related(cite[:LONGEST_LINE], label, address(filed.stream), filed.status, late, cited=False)
