"""Audit: a stream as it was at any version or time, proved anew on each request; finding streams; the whole ledger.

Whoever may read a stream may follow its events. What goes across streams, and verifying, is for readers of the ledger.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from psycopg.rows import DictRow
from pydantic_core import to_json

from api.deps import LedgerDep
from api.web.audit_replay import Line, Replay, exact, people_named
from api.web.kit import address, page, period_title, say, titled
from api.web.streams import Opened, opened
from api.web.visitor import PostedDep, Visitor, VisitorDep
from api.web.words import WEB
from domain.canonical import ZERO, canonical
from domain.ids import PersonId, machine_of
from domain.machines import MACHINES
from domain.messages import CATALOGUE, render, when
from domain.programme import Duty, FollowUpRules, InspectionRules, Programme, Right
from domain.refusal import Kind, Refused, forbidden
from domain.text import Text
from domain.view import Names
from ledger.audit import EventFilter, Reach, StreamFilter
from ledger.chain import stamp
from ledger.ledger import Ledger
from ledger.verify import Trail, signed

router = APIRouter(prefix="/audit")

WINDOW = 40
"""Events of a stream's timeline on one page."""
SHEET = 200
"""Events on one evidence sheet; a longer stream has several."""
SHOWN = 30
"""Lines of a list on one page."""
NEWEST = 10
_LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
"""Evidence is read in another year: as seen from here, every instant is of another one and says so."""
LONG = 500
"""A stream with more events is told without its states in lists: folding it for one line takes too long."""


# -- who may


def _audits(visitor: Visitor) -> bool:
    return any(Right.AUDIT in one.rights for one in visitor.actor.held)


def _audits_all(visitor: Visitor) -> bool:
    return visitor.actor.has(Right.AUDIT, visitor.programme.root_path)


async def _check(ledger: Ledger, visitor: Visitor, may: bool, action: str) -> None:
    """Refuse, and note it, unless the visitor may."""
    if not may:
        refusal = forbidden("right_missing", right=Right.AUDIT.value)
        await ledger.deny(visitor.tenant, visitor.person, None, action, refusal.code)
        raise refusal


# -- finding a stream


@router.get("")
async def find(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """Find a stream; without anything to look for, the newest events."""
    await _check(ledger, visitor, _audits(visitor), "audit")
    asked = {name: _asked(request, name) for name in ("q", "unit", "duty", "period", "person")}
    reach = Reach.of(visitor.actor)
    direct = await _direct(ledger, visitor, reach, asked["q"])
    if direct is not None:
        return RedirectResponse(direct, 303)
    looked = any(asked.values())
    found: Sequence[Any] = ()
    people: Sequence[DictRow] = ()
    units: Sequence[DictRow] = ()
    if looked:
        people = await ledger.audit.people(visitor.tenant, asked["person"] or asked["q"]) if _named(asked) else ()
        units = await ledger.audit.units(visitor.tenant, asked["q"]) if asked["q"] else ()
        wanted = _stream_filter(visitor, asked, people)
        found = await ledger.audit.find(visitor.tenant, reach, wanted, after=_after(request), limit=SHOWN + 1)
        events: list[dict[str, Any]] = []
    else:
        rows = await ledger.audit.events(visitor.tenant, reach, EventFilter(), limit=NEWEST)
        events = await _told(ledger, visitor, rows)
    more = found[SHOWN - 1] if len(found) > SHOWN else None
    return _page(
        request,
        visitor,
        "audit.html",
        asked=asked,
        looked=looked,
        found=[_found(row, visitor) for row in found[:SHOWN]],
        people=people,
        units=units,
        unknown_position=looked and asked["q"].isdecimal(),
        events=events,
        choices=_choices(visitor),
        next="" if more is None else _link(asked | {"at": more["changed_at"].isoformat(), "after": more["stream"]}),
        whole=_audits_all(visitor),
    )


def _asked(request: Request, name: str) -> str:
    return request.query_params.get(name, "").replace("\x00", "").strip()[:200]


def _link(params: Mapping[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in params.items() if value})


def _named(asked: Mapping[str, str]) -> bool:
    return bool(asked["person"] or asked["q"])


async def _direct(ledger: Ledger, visitor: Visitor, reach: Reach, words: str) -> str | None:
    """Where an id or a position leads; None for words."""
    if machine_of(words) is not None and len(words) == 24:
        return f"/audit/{words}"
    if words.isdecimal() and words.isascii() and len(words) < 16:
        at = await ledger.audit.at_position(visitor.tenant, reach, int(words))
        return None if at is None else f"/audit/{at[0]}?version={at[1]}"
    return None


def _stream_filter(visitor: Visitor, asked: Mapping[str, str], people: Sequence[DictRow]) -> StreamFilter:
    return StreamFilter(
        words=asked["q"] or None,
        units=visitor.programme.ever_below([asked["unit"]]) if asked["unit"] else None,
        duty=asked["duty"] or None,
        period=asked["period"] or None,
        people=[row["stream"] for row in people] if asked["person"] else None,
    )


def _after(request: Request) -> tuple[datetime, str] | None:
    stream = _asked(request, "after")
    try:
        at = datetime.fromisoformat(_asked(request, "at"))
    except ValueError:
        return None
    return (at, stream) if stream and at.tzinfo is not None else None


def _found(row: DictRow, visitor: Visitor) -> dict[str, Any]:
    return {
        "stream": row["stream"],
        "machine": row["machine"],
        "status": row["status"],
        "late": row["late"],
        "title": _text(row["title"], visitor) or row["stream"],
        "unit": _text(row["unit_title"], visitor),
        "period": period_title(visitor.programme, visitor.lang, row["period"]),
        "changed_at": row["changed_at"],
    }


def _text(value: Any, visitor: Visitor) -> str:
    if not isinstance(value, dict) or value.keys() != Text.model_fields.keys():
        return ""
    return titled(visitor.lang, Text.model_construct(**value))


def _choices(visitor: Visitor) -> dict[str, list[tuple[str, str]]]:
    """What the selects offer: units in reach, duties and inspections."""
    programme, lang = visitor.programme, visitor.lang
    reached = programme.ever_below(Reach.of(visitor.actor).units)
    rules: tuple[Duty | InspectionRules | FollowUpRules, ...] = (
        *programme.duties,
        *programme.inspections,
        *programme.follow_ups,
    )
    return {
        "unit": [(id, titled(lang, one.title)) for id, one in programme.known_units.items() if id in reached],
        "duty": [(one.id, titled(lang, one.title)) for one in rules],
    }


# -- events of the whole ledger


@router.get("/events")
async def events(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The events of the whole ledger, newest first."""
    await _check(ledger, visitor, _audits(visitor), "audit")
    asked = {name: _asked(request, name) for name in ("who", "type", "day")}
    wanted = await _event_filter(ledger, visitor, asked)
    rows = await ledger.audit.events(
        visitor.tenant, Reach.of(visitor.actor), wanted, before=_number(request, "before"), limit=SHOWN + 1
    )
    shown = rows[:SHOWN]
    return _page(
        request,
        visitor,
        "audit_events.html",
        asked=asked,
        events=await _told(ledger, visitor, shown),
        types=_types(visitor),
        next=_link(asked | {"before": str(shown[-1]["position"])}) if len(rows) > SHOWN else "",
        paged=_number(request, "before") is not None,
        first=_link(asked) or "?",
        whole=_audits_all(visitor),
    )


def _number(request: Request, name: str) -> int | None:
    given = _asked(request, name)
    return int(given) if given.isdecimal() and given.isascii() and 0 < len(given) < 16 else None


async def _event_filter(ledger: Ledger, visitor: Visitor, asked: Mapping[str, str]) -> EventFilter:
    actors: list[str] | None = None
    if asked["who"]:
        actors = [row["stream"] for row in await ledger.audit.people(visitor.tenant, asked["who"])]
        if asked["who"] in (say(visitor.lang, "name.system"), say(visitor.lang, "web.common.system"), "system"):
            actors.append("system")
    day = _moment(asked["day"], _zone(visitor))
    since = None if day is None else day.replace(hour=0, minute=0, second=0, microsecond=0)
    return EventFilter(
        actors=actors,
        type=asked["type"] if asked["type"] in _all_types() else None,
        since=since,
        until=None if since is None else since + timedelta(days=1),
    )


def _all_types() -> list[str]:
    return [name for machine in MACHINES.values() for name in machine.events]


def _types(visitor: Visitor) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every type of event by machine, each by its sentence with nothing filled in."""
    return [
        (
            say(visitor.lang, f"web.audit.machine.{machine.name}"),
            [(name, render(f"event.{name}", visitor.lang).strip("… ")) for name in machine.events],
        )
        for machine in MACHINES.values()
    ]


async def _told(ledger: Ledger, visitor: Visitor, rows: Sequence[DictRow]) -> list[dict[str, Any]]:
    """Return events of many streams, each as a sentence, in three queries."""
    last: dict[str, int] = {}
    for row in rows:
        last[row["stream"]] = max(row["version"], last.get(row["stream"], 0))
    histories = await ledger.audit.up_to(visitor.tenant, {one: at for one, at in last.items() if at <= LONG})
    people = people_named([*rows, *(one for history in histories.values() for one in history)])
    people |= {PersonId(one) for one in last if machine_of(one) == "person"}
    names = await _names(ledger, visitor, visitor.programme, people)
    sentences = {
        (stream, number): sentence
        for stream, history in histories.items()
        for number, sentence in enumerate(_sentences(stream, history, names), 1)
    }
    return [
        {
            "position": row["position"],
            "stream": row["stream"],
            "version": row["version"],
            "at": row["happened_at"],
            "sentence": sentences.get((row["stream"], row["version"])) or _plainly(row, names),
            "title": _title(row, names, visitor),
            "unit": _text(row["unit_title"], visitor),
            "period": period_title(visitor.programme, visitor.lang, row["period"]),
        }
        for row in rows
    ]


def _sentences(stream: str, history: Sequence[DictRow], names: Names) -> list[str]:
    # Nothing is proved in a list, so what cannot be read is told plainly, as if it had been found altered.
    trail = Trail(history, {}, {0: "unproved"})
    replay = Replay(MACHINES[machine_of(stream) or ""], trail, names)
    return [replay.sentence(number) for number in range(1, replay.last + 1)]


def _plainly(row: DictRow, names: Names) -> str:
    who = names.actor(PersonId(row["actor"]), row["on_behalf_of"])
    return render(f"event.{row['type']}", names.lang, {"actor": who}, zone=names.zone)


def _title(row: DictRow, names: Names, visitor: Visitor) -> str:
    if row["machine"] == "person":
        return names.person(PersonId(row["stream"]))
    return _text(row["title"], visitor) or str(row["stream"])


async def _names(ledger: Ledger, visitor: Visitor, programme: Programme, people: Collection[PersonId]) -> Names:
    """Return the words of a page: names, and the posts by which people acted. Instants carry their year."""
    known = await ledger.names(visitor.tenant, people)
    return Names(visitor.lang, programme, known, await ledger.audit.held(visitor.tenant, people), now=_LONG_AGO)


def _page(request: Request, visitor: Visitor, template: str, status: int = 200, **context: Any) -> Response:
    """Return a page on which every instant carries its year."""
    zone = _zone(visitor)
    return page(
        request, visitor, template, status, when=lambda at: when(at, visitor.lang, zone=zone, now=_LONG_AGO), **context
    )


# -- the whole ledger


@router.get("/verify")
async def verification(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """How far the verification is, or what the last one found."""
    await _check(ledger, visitor, _audits_all(visitor), "verify")
    run = await ledger.verifications.last(visitor.tenant)
    names = {} if run is None else await ledger.names(visitor.tenant, [run.by])
    return _page(
        request,
        visitor,
        "audit_verify.html",
        run=run,
        by="" if run is None else names.get(run.by, say(visitor.lang, "web.common.somebody")),
        whole=True,
    )


@router.post("/verify")
async def verify(visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
    """Verify the whole ledger. It goes on when the visitor leaves; a second press finds the first at work."""
    await _check(ledger, visitor, _audits_all(visitor), "verify")
    await ledger.verifications.begin(visitor.tenant, visitor.person)
    return RedirectResponse("/audit/verify", 303)


@router.get("/denials")
async def denials(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """Who was refused what for want of a right."""
    await _check(ledger, visitor, _audits_all(visitor), "audit")
    rows = await ledger.audit.denials(visitor.tenant, before=_number(request, "before"), limit=SHOWN + 1)
    return await _log(request, visitor, ledger, "audit_denials.html", rows, ("person",))


@router.get("/sign-ins")
async def sign_ins(request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """What happened to accounts."""
    await _check(ledger, visitor, _audits_all(visitor), "audit")
    rows = await ledger.audit.sign_ins(visitor.tenant, before=_number(request, "before"), limit=SHOWN + 1)
    return await _log(request, visitor, ledger, "audit_sign_ins.html", rows, ("person", "by"))


async def _log(
    request: Request, visitor: Visitor, ledger: Ledger, template: str, rows: Sequence[DictRow], named: Sequence[str]
) -> Response:
    shown = rows[:SHOWN]
    about = {row["stream"] for row in shown if row.get("machine") == "person"}
    known = {row[one] for row in shown for one in named if row[one]} | about
    people = await ledger.names(visitor.tenant, {PersonId(one) for one in known})
    names = Names(visitor.lang, visitor.programme, people)
    return _page(
        request,
        visitor,
        template,
        rows=shown,
        who=lambda id: names.person(PersonId(id)),
        action=lambda row: _action(row, visitor),
        matter=lambda row: _matter(row, names, visitor),
        reason=lambda row: _reason(row["code"], visitor),
        next=_link({"before": str(shown[-1]["id"])}) if len(rows) > SHOWN else "",
        paged=_number(request, "before") is not None,
        first="?",
        whole=True,
    )


def _action(row: DictRow, visitor: Visitor) -> str:
    """What somebody wanted, in words where there are any."""
    machine = machine_of(row["stream"] or "")
    command, own = f"command.{machine}.{row['action']}", f"web.audit.action.{row['action']}"
    if command in CATALOGUE:
        return say(visitor.lang, command)
    return say(visitor.lang, own) if own in WEB else str(row["action"])


def _matter(row: DictRow, names: Names, visitor: Visitor) -> str:
    """What something was wanted of, as people call it: title, unit and period."""
    period = period_title(visitor.programme, visitor.lang, row["period"])
    parts = (_title(row, names, visitor), _text(row["unit_title"], visitor), period)
    return " · ".join(one for one in parts if one)


def _reason(code: str, visitor: Visitor) -> str:
    """Why somebody was refused, for another reader than the one who was."""
    own = f"web.audit.denied.{code}"
    return say(visitor.lang, own if own in WEB else f"refusal.{code}")


# -- one stream


@dataclass(frozen=True, slots=True)
class _Page:
    """A stream that the visitor may follow, replayed."""

    here: Opened
    replay: Replay


async def _replayed(ledger: Ledger, visitor: Visitor, id: str) -> _Page:
    """Read, prove and replay a stream. The number of queries does not depend on its length."""
    machine = MACHINES.get(machine_of(id) or "")
    if machine is None:
        raise Refused(Kind.MISSING, "stream_unknown", {"stream": id[:80].replace("\x00", "?")})
    here = await opened(ledger, visitor, id, machine, action="audit")
    trail = await ledger.trail(visitor.tenant, here.stream)
    names = await _names(ledger, visitor, here.programme, people_named(trail.rows))
    return _Page(here, Replay(machine, trail, names))


@router.get("/{id}")
async def stream(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """A stream as it was at a version, or at a time; as it is now without either."""
    found = await _replayed(ledger, visitor, id)
    replay = found.replay
    asked = _asked(request, "at")
    at = _moment(asked, _zone(visitor))
    version = _number(request, "version")
    error = ""
    number = replay.last if version is None else replay.number_of(version)
    if asked and at is None:
        error = say(visitor.lang, "web.audit.at_unreadable")
    elif at is not None:
        number = replay.at_time(at)
        if number == 0 and replay.last:
            error, number = say(visitor.lang, "web.audit.at_before", began=replay.names.when(_began(replay))), 1
    return _page(
        request,
        visitor,
        "audit_stream.html",
        422 if error else 200,
        **_shared(found, visitor, number),
        asked_at=asked,
        at=at if not error else None,
        error=error,
        lines=_window(replay, number),
        earlier=_version(replay, _first_shown(number) - 1),
        later=_version(replay, _first_shown(number) + WINDOW),
        previous=_version(replay, number - 1),
        next=_version(replay, number + 1),
    )


@router.get("/{id}/sheet")
async def sheet(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The evidence sheet, to be printed: every event up to a version, with its digest; so many on a sheet."""
    found = await _replayed(ledger, visitor, id)
    replay = found.replay
    version = _number(request, "version")
    number = replay.last if version is None else replay.number_of(version)
    parts = max(1, -(-number // SHEET))
    part = min(max(_number(request, "part") or 1, 1), parts)
    first = (part - 1) * SHEET + 1
    until = min(first + SHEET - 1, number)
    return _page(
        request,
        visitor,
        "audit_sheet.html",
        **_shared(found, visitor, number),
        part=part,
        parts=parts,
        first=first,
        until=until,
        lines=replay.lines(first, until),
    )


def _shared(found: _Page, visitor: Visitor, number: int) -> dict[str, Any]:
    """What both the page and the sheet say of a moment."""
    replay, here = found.replay, found.here
    state = replay.state(number)
    unit_title = getattr(state, "unit_title", None)
    return {
        "id": here.stream,
        "machine": here.machine.name,
        "replay": replay,
        "trail": replay.trail,
        "number": number,
        "last": replay.last,
        "row": replay.row(number) if replay.last else None,
        "told": replay.told(number),
        "state": state,
        "late": bool(getattr(state, "overdue", False)) and number == replay.last,
        "title": replay.title(number) or here.stream,
        "unit_title": replay.names.text(unit_title) if isinstance(unit_title, Text) else "",
        "period_id": getattr(state, "period", None),
        "exact": lambda at: exact(at, replay.names),
        "pretty": lambda data: json.dumps(data, ensure_ascii=False, indent=2),
        "to": address(here.stream),
        "zone_words": _zone_words(visitor),
        "whole": _audits_all(visitor),
        "audits": _audits(visitor),
    }


def _began(replay: Replay) -> datetime:
    at: datetime = replay.row(1)["happened_at"]
    return at


def _first_shown(number: int) -> int:
    """The number at which the stretch of the timeline begins that holds an event."""
    return (max(number, 1) - 1) // WINDOW * WINDOW + 1


def _window(replay: Replay, number: int) -> list[Line]:
    first = _first_shown(number)
    return replay.lines(first, first + WINDOW - 1)


def _version(replay: Replay, number: int) -> int | None:
    """The version of an event by its number; None when there is no such event."""
    return replay.row(number)["version"] if 1 <= number <= replay.last else None


def _zone(visitor: Visitor) -> ZoneInfo:
    return ZoneInfo(visitor.programme.calendar.time_zone)


def _zone_words(visitor: Visitor) -> str:
    zone = _zone(visitor).key
    return say(visitor.lang, f"web.audit.zone.{zone}") if f"web.audit.zone.{zone}" in WEB else zone


def _moment(asked: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant that somebody wrote, in the programme's time zone. A day alone means its end."""
    try:
        at = datetime.fromisoformat(asked)
        if len(asked) <= len("2026-11-03"):
            at = datetime.combine(at, time.max)
        at = at if at.tzinfo is not None else at.replace(tzinfo=zone)
        at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at


# -- for checking outside


@router.get("/{id}/events.json")
async def as_json(id: str, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """A stream's events with all that their digests rest on; see docs/verify-by-hand.md."""
    found = await _replayed(ledger, visitor, id)
    trail = found.replay.trail
    body = {
        "format": "termledger-events-1",
        "tenant": visitor.tenant,
        "stream": found.here.stream,
        "events": [_exported(visitor.tenant, row) for row in trail.rows],
        "contents": {digest: stored["body"] for digest, stored in sorted(trail.contents.items())},
    }
    return _file(to_json(body), "application/json", f"{found.here.stream}.json")


@router.get("/{id}/events.csv")
async def as_csv(id: str, visitor: VisitorDep, ledger: LedgerDep) -> Response:
    """The same for a spreadsheet: an event a row, its signed fields as the very text that was hashed."""
    found = await _replayed(ledger, visitor, id)
    out = io.StringIO()
    columns = ("version", "position", "recorded_at", "hash", "previous", "signed", "digest", "link_before", "link")
    rows = csv.writer(out)
    rows.writerow(columns)
    for row in found.replay.trail.rows:
        exported = _exported(visitor.tenant, row)
        exported["version"] = row["version"]
        exported["signed"] = _canonical(exported["signed"])
        rows.writerow([exported[name] for name in columns])
    # The mark at the beginning lets Excel read it as UTF-8.
    return _file(("\ufeff" + out.getvalue()).encode(), "text/csv; charset=utf-8", f"{found.here.stream}.csv")


def _exported(tenant: str, row: DictRow) -> dict[str, Any]:
    before = ZERO if row["position"] == 1 else bytes(row["link_before"] or b"")
    return {
        "signed": signed(tenant, row),
        "hash": row["hash"],
        "previous": bytes(row["previous"]).hex(),
        "digest": bytes(row["digest"]).hex(),
        "position": row["position"],
        "recorded_at": stamp(row["recorded_at"]),
        "link_before": before.hex(),
        "link": bytes(row["link"]).hex(),
    }


def _canonical(value: Any) -> str:
    try:
        return canonical(value).decode()
    except ValueError:  # forged: nothing of ours has been stored without such a form
        return to_json(value).decode()


def _file(body: bytes, kind: str, name: str) -> Response:
    return Response(body, headers={"content-type": kind, "content-disposition": f'attachment; filename="{name}"'})
