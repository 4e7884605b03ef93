"""Going over to other rules in the middle of a year: what it would mean for each filing under way, and doing it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData

from api.deps import LedgerDep
from api.problems import told
from api.web.act import Refusal, give
from api.web.kit import page, period_title, say
from api.web.programmes import known_version, stored_version, version_words
from api.web.streams import Opened, opened
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.access import needs
from domain.cycle import CYCLE, ChangeRules, Cycle
from domain.dry_run import changes_in_words, move_in_words, refusal_in_words, standing_in_words, titles
from domain.ids import StreamId
from domain.programme import Programme, Right
from domain.text import Prose
from domain.view import Names
from ledger.ledger import Ledger
from ledger.moves import PAGE, Choice, InFlight, Wish, moved, totals_in_words
from ledger.order import Answer

router = APIRouter()

ROWS = 50
"""Filings on one page."""
_REASON: TypeAdapter[str] = TypeAdapter(Prose)
_FILING = re.compile("fil-[0-9a-f]{20}")
_STAGE = re.compile("[a-z0-9][a-z0-9_-]{0,62}")
_AS_ALL = "all"
"""A filing for which nothing of its own was chosen."""
_FOR_ALL: Sequence[Choice] = ("stay", "move", "back")


@dataclass(frozen=True, slots=True)
class Row:
    """A filing that would change: where it stands, what would change, and what may be chosen for it."""

    one: InFlight
    title: str
    where: str
    standing: str
    changes: Sequence[str]
    choices: Sequence[tuple[str, str]]
    chosen: str
    meaning: str
    """What comes of the choice, in words."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one filing."""

    stream: StreamId
    words: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form holds."""

    for_all: Choice = "stay"
    reason: str = ""
    windows: bool = False
    everywhere: bool = False
    """Whether it is for every filing that would change, not for those on the page alone."""
    chosen: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)
    preview: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    done: int | None = None
    """How many were moved; none before anything was."""
    failed: Sequence[Result] = ()

    def of(self, stream: str) -> str:
        """What was chosen for a filing."""
        return self.chosen.get(stream, _AS_ALL)


@router.get("/cycles/{id}/rules")
async def dry_run(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """What going over to a version of the rules would mean. Nothing is written."""
    found = await _opened(ledger, visitor, id)
    return await _page(request, visitor, ledger, found, request.query_params.get("to"), Asked(), 200)


@router.post("/cycles/{id}/rules/move")
async def carry_out(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Show once more what was chosen, or carry it out; each filing has a result."""
    found = await _opened(ledger, visitor, id)
    asked = _asked(form, visitor)
    digest = str(form.get("to") or "")
    if asked.errors or asked.preview:
        return await _page(request, visitor, ledger, found, digest, asked, 422 if asked.errors else 200)
    rules = await stored_version(ledger, visitor, digest)
    answers = await _carried_out(ledger, visitor, found, digest, rules, asked)
    done, failed = moved(answers)
    results = [Result(wish.stream, refusal_in_words(refused, visitor.lang)) for wish, refused in failed]
    message = await _windows(ledger, visitor, found, digest, asked, form) if asked.windows else ""
    # What stayed was meant to stay: only what could not be done is offered once more as it was chosen.
    again = asked if failed or message else Asked()
    after = Asked(again.for_all, again.reason, message=message, done=done, failed=results)
    return await _page(request, visitor, ledger, await _opened(ledger, visitor, id), digest, after, 200)


async def _opened(ledger: Ledger, visitor: Visitor, id: str) -> Opened:
    """The cycle; forbidden for who does not run it."""
    found = await opened(ledger, visitor, id, CYCLE, action="change_rules")
    assert isinstance(found.state, Cycle), "a cycle's stream has a cycle's states"
    refusal = needs(Right.RUN_CYCLE, visitor.actor, (found.state.unit,))
    if refusal is not None:
        await ledger.deny(visitor.tenant, visitor.person, found.stream, "change_rules", refusal.code)
        raise refusal
    return found


def _asked(form: FormData, visitor: Visitor) -> Asked:
    fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    for_all = _choice(fields.get("for_all", ""))
    reason = fields.get("reason", "").strip()
    errors: dict[str, str] = {}
    try:
        _REASON.validate_python(reason)
    except ValidationError as fault:
        missing = say(visitor.lang, "web.rule_change.reason_needed")
        errors["reason"] = told(fault.errors()[0], visitor.lang) if reason else missing
    versions = _part(fields, "version.")
    return Asked(
        for_all=for_all,
        reason=reason,
        windows="windows" in fields,
        everywhere="everywhere" in fields,
        chosen=_part(fields, "choice."),
        versions={
            one: int(value)
            for one, value in versions.items()
            if _FILING.fullmatch(one) and value.isascii() and value.isdecimal() and len(value) < 10
        },
        preview=fields.get("do") != "carry_out",
        errors=errors,
    )


def _part(fields: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix)}


def _choice(given: str) -> Choice:
    """A choice that a form names; to stay, where it names none of ours."""
    stays: Choice = "stay"
    return next((one for one in _FOR_ALL if one == given), stays)


def _wish(stream: StreamId, version: int, chosen: str, for_all: Choice) -> Wish:
    """What is to become of a filing: `stay`, `move`, `back` to its author, or `back:` with a stage."""
    wanted = for_all if chosen == _AS_ALL else chosen
    choice, _, to = wanted.partition(":")
    known = _choice(choice)
    # What no page of ours offers is not done.
    return Wish(stream, version, known, to or None) if not to or _STAGE.fullmatch(to) else Wish(stream, version, "stay")


async def _carried_out(
    ledger: Ledger,
    visitor: Visitor,
    found: Opened,
    digest: str,
    rules: Programme,
    asked: Asked,
) -> list[tuple[Wish, Answer]]:
    """Move what is on the page as it was seen there, and, where that is asked for, all others as they are now."""
    seen = [
        _wish(StreamId(stream), version, asked.of(stream), asked.for_all) for stream, version in asked.versions.items()
    ]
    answers = await ledger.moves.carry_out(visitor.tenant, visitor.person, digest, asked.reason, seen)
    if asked.everywhere and asked.for_all != "stay":
        async for batch in _others(ledger, visitor, found, rules, asked.versions):
            wishes = [_wish(one.stream, one.version, _AS_ALL, asked.for_all) for one in batch]
            answers += await ledger.moves.carry_out(visitor.tenant, visitor.person, digest, asked.reason, wishes)
    return answers


async def _others(
    ledger: Ledger, visitor: Visitor, found: Opened, rules: Programme, seen: Mapping[str, int]
) -> AsyncIterator[list[InFlight]]:
    after: str | None = ""
    while after is not None:
        more = await ledger.moves.page(visitor.tenant, found.stream, rules, visitor.actor, after=after, limit=PAGE)
        yield [one for one in more.filings if one.stream not in seen]
        after = more.next


async def _windows(ledger: Ledger, visitor: Visitor, found: Opened, digest: str, asked: Asked, form: FormData) -> str:
    """Let the windows to come open by the new rules. Returns why not, when they cannot."""
    if found.digest == digest:
        return ""
    command = ChangeRules(programme=digest, reason=asked.reason)
    refusal = await give(ledger, visitor, found.stream, command, form, expected=found.version, about=found.stream)
    if not isinstance(refusal, Refusal):
        return ""
    return refusal.tried.message or next(iter(refusal.tried.errors.values()), "")


async def _page(
    request: Request,
    visitor: Visitor,
    ledger: Ledger,
    found: Opened,
    to: str | None,
    asked: Asked,
    status: int,
) -> Response:
    versions = await ledger.tenants.programmes(visitor.tenant)
    chosen = known_version(versions, to or next(one.digest for one in versions if one.in_force))
    rules = await stored_version(ledger, visitor, chosen.digest)
    names = Names(visitor.lang, rules, now=visitor.now)
    assert isinstance(found.state, Cycle), "a cycle's stream has a cycle's states"
    totals = await ledger.moves.totals(visitor.tenant, found.stream, found.state, rules, visitor.actor)
    after = request.query_params.get("after", "")
    after = after if _FILING.fullmatch(after) else ""
    here = await ledger.moves.page(visitor.tenant, found.stream, rules, visitor.actor, after=after, limit=ROWS)
    rows = [_row(one, asked, names) for one in here.filings]
    return page(
        request,
        visitor,
        "rule_change.html",
        status,
        stream=found.stream,
        year=period_title(visitor.programme, visitor.lang, str(found.state.school_year)),
        versions=[version_words(one, visitor) for one in versions],
        chosen=version_words(chosen, visitor),
        current=found.digest,
        totals=totals,
        told=totals_in_words(totals, names),
        rows=rows,
        after=after,
        next=here.next,
        asked=asked,
        for_all=[(one, say(visitor.lang, f"web.rule_change.for_all.{one}")) for one in _FOR_ALL],
        counted=_counted(rows, asked, visitor),
    )


def _row(one: InFlight, asked: Asked, names: Names) -> Row:
    foreseen = one.foreseen
    state = foreseen.state
    choices = [(_AS_ALL, names.say("dry_run.as_all")), ("stay", names.say("dry_run.stay"))]
    if foreseen.may_move:
        choices.append(("move", names.say("dry_run.move")))
    stages = zip(foreseen.may_go_back_to, titles(foreseen, foreseen.may_go_back_to, names), strict=True)
    choices += ((f"back:{stage}", names.say("dry_run.back_to", stage=title)) for stage, title in stages)
    if foreseen.may_go_to_author:
        choices.append(("back", names.say("dry_run.back_to_author")))
    chosen = asked.of(one.stream)
    wish = _wish(one.stream, one.version, chosen, asked.for_all)
    wanted = wish.choice if wish.to is None else f"{wish.choice}:{wish.to}"
    meaning = move_in_words(foreseen, names) if wanted == "move" else dict(choices).get(wanted, "")
    where = f"{names.text(state.unit_title)} · {names.period(state.period)}"
    return Row(
        one,
        names.text(state.title),
        where,
        standing_in_words(state, names),
        changes_in_words(foreseen, names),
        choices,
        chosen,
        meaning or names.say("dry_run.cannot_move"),
    )


def _counted(rows: Sequence[Row], asked: Asked, visitor: Visitor) -> Sequence[str]:
    """What was chosen, in numbers, for a last look."""
    wishes = [_wish(row.one.stream, row.one.version, asked.of(row.one.stream), asked.for_all) for row in rows]
    return [
        say(visitor.lang, f"web.rule_change.will.{choice}", count=count)
        for choice in _FOR_ALL
        if (count := sum(one.choice == choice for one in wishes))
    ]
