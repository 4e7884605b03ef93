"""The page kit: rendering, words, dates, status shapes and links. Every page is made by `page`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.language import language
from api.web.visitor import Visitor
from api.web.words import WEB
from domain.ids import machine_of
from domain.messages import BEIJING, Lang, fill, render, when
from domain.programme import Programme, Right
from domain.text import Text

_HERE = Path(__file__).parent
STATIC = _HERE / "static"

PLURALS: Mapping[str, str] = {
    "cycle": "cycles",
    "filing": "filings",
    "inspection": "inspections",
    "follow_up": "follow-ups",
    "person": "people",
    "unit": "units",
    "rulebook": "rulebooks",
}
"""The first part of a stream's address, by machine."""

Tone = Literal["pending", "open", "review", "done", "late", "returned", "lapsed", "waived"]
"""How a status looks: each tone has a shape, a word and a colour of its own (docs/design-language.md)."""

TONES: Mapping[str, Tone] = {
    "filing.open": "open",
    "filing.drafting": "open",
    "filing.amending": "open",
    "filing.recalled": "open",
    "filing.in_review": "review",
    "filing.returned": "returned",
    "filing.approved": "done",
    "filing.rejected": "lapsed",
    "filing.waived": "waived",
    "filing.lapsed": "lapsed",
    "filing.voided": "lapsed",
    "cycle.drafted": "pending",
    "cycle.published": "pending",
    "cycle.running": "open",
    "cycle.inspecting": "review",
    "cycle.suspended": "late",
    "cycle.closing": "review",
    "cycle.archived": "done",
    "inspection.planned": "pending",
    "inspection.assigned": "open",
    "inspection.scoring": "open",
    "inspection.signed": "review",
    "inspection.notified": "review",
    "inspection.acknowledged": "review",
    "inspection.disputed": "returned",
    "inspection.reviewed": "review",
    "inspection.final": "done",
    "inspection.cancelled": "waived",
    "follow_up.opened": "open",
    "follow_up.visited": "review",
    "follow_up.plan_agreed": "review",
    "follow_up.verified": "done",
    "follow_up.cancelled": "waived",
    "person.registered": "done",
    "person.left": "lapsed",
    "unit.open": "done",
    "unit.closed": "lapsed",
    "rulebook.in_force": "done",
}


def tone(machine: str, status: str, late: bool = False) -> Tone:
    """Return the tone of a status. What is open and past its time is late."""
    usual = TONES.get(f"{machine}.{status}", "open")
    return "late" if late and usual in ("open", "returned", "review") else usual


_HAS_A_TIME = frozenset(
    f"filing.{status}" for status in ("open", "drafting", "returned", "recalled", "in_review")
) | frozenset(f"inspection.{status}" for status in ("planned", "assigned", "scoring"))


def is_late_at(machine: str, status: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether a row of a list is past the time of whoever has it now. `due_at` is the item's."""
    return f"{machine}.{status}" in _HAS_A_TIME and due_at is not None and due_at < now


def address(stream: str) -> str:
    """Return the page of a stream."""
    return f"/{PLURALS[machine_of(stream) or 'filing']}/{stream}"


def say(lang: Lang, key: str, **params: Any) -> str:
    """Return the sentence of a key: a page's own, or the domain's."""
    message = WEB.get(key)
    return render(key, lang, params) if message is None else fill(message, lang, params)


def titled(lang: Lang, text: Text) -> str:
    """Return a title in a language."""
    return text.zh if lang == "zh" else text.en


def period_title(programme: Programme, lang: Lang, period: str | None) -> str:
    """Return a period in words: a month, a term of the programme, or a school year."""
    if period is None:
        return ""
    year, _, rest = period.partition("-")
    term = next((one for one in programme.calendar.terms if one.id == rest), None)
    if term is not None:
        return say(lang, "web.period.term", year=year, next=int(year) + 1, term=term.title.zh, term_en=term.title.en)
    if rest.isdecimal():
        return month_title(lang, period)
    return say(lang, "web.period.year", year=year, next=int(year) + 1) if year.isdecimal() else period


def month_title(lang: Lang, month: str) -> str:
    """Return a month such as 2026-11 in words."""
    return fill(WEB["web.period.month"], lang, {"period": month})


def unit_title(programme: Programme, lang: Lang, unit: str) -> str:
    """Return a unit's title, a closed one's too; the id of one that has never been."""
    known = programme.known_units.get(unit)
    return unit if known is None else titled(lang, known.title)


def duty_title(programme: Programme, lang: Lang, duty: str | None) -> str:
    """Return the title of a duty, an inspection or a follow-up by the rules in force; the id of one that is gone."""
    for rules in (programme.duty_by_id, programme.inspection_by_id, programme.follow_up_by_id):
        known = rules.get(duty or "")
        if known is not None:
            return titled(lang, known.title)
    return duty or ""


def post_title(programme: Programme, lang: Lang, role: str, unit: str) -> str:
    """Return a post in words: the unit's title and the role's."""
    as_ = programme.role_by_id.get(role)
    where = unit_title(programme, lang, unit)
    what = role if as_ is None else titled(lang, as_.title)
    return f"{where} {what}" if lang == "zh" else f"{what}, {where}"


def day(lang: Lang, on: date) -> str:
    """Return a day as pages write it, with its year."""
    if lang == "zh":
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {on:%b} {on.year}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the main navigation."""

    key: str
    href: str
    here: bool


def navigation(visitor: Visitor, path: str) -> list[Entry]:
    """Return the pages this visitor has a use for, in order."""
    rights = {right for held in visitor.own_actor.held for right in held.rights}
    wanted = [("desk", "/"), ("filings", "/filings")]
    if Right.READ in rights:
        wanted.append(("board", "/board"))
    wanted += [("inspections", "/inspections"), ("cycle", "/cycles"), ("programme", "/programme")]
    if Right.AUDIT in rights:
        wanted.append(("audit", "/audit"))
    wanted.append(("directory", "/directory"))
    return [Entry(key, href, _is_here(path, href)) for key, href in wanted]


_PARTS: Mapping[str, Sequence[str]] = {
    "/inspections": ("/inspections", "/follow-ups"),
    "/directory": ("/directory", "/people", "/units"),
    "/programme": ("/programme", "/rulebooks"),
}
"""The addresses that belong to an entry of the navigation, where they are more than its own."""


def _is_here(path: str, href: str) -> bool:
    if href == "/":
        return path in ("/", "/desk/many")
    return any(path == part or path.startswith(f"{part}/") for part in _PARTS.get(href, (href,)))


@cache
def asset(name: str) -> str:
    """Return the address of a static file, with its digest, so that it may be kept for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=asset, address=address, tone=tone, uuid=lambda: str(uuid4()))
    return environment


_UNDONE = frozenset({"filing.not_editable"})
"""What `?said=` tells that is no success: nothing was done, and why."""


def page(
    request: Request,
    visitor: Visitor | None,
    template: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """Return a page.

    Templates have, besides `context`: `visitor`, `lang`, `say(key, **params)`, `t(text)` for bilingual titles,
    `when(instant)`, with its year where that is another, `day(date)`, `period(id)`, `nav`, `said` (the confirmation of
    what was just done), `path`.
    """
    lang: Lang = language(request) if visitor is None else visitor.lang
    spoken = partial(say, lang)
    zone = BEIJING if visitor is None else ZoneInfo(visitor.programme.calendar.time_zone)
    said = request.query_params.get("said", "")
    shared = {
        "request": request,
        "visitor": visitor,
        "lang": lang,
        "say": spoken,
        "t": partial(titled, lang),
        "when": lambda at: when(at, lang, zone=zone, now=None if visitor is None else visitor.now),
        "day": partial(day, lang),
        "period": lambda one: period_title(visitor.programme, lang, one) if visitor is not None else one,
        "nav": [] if visitor is None else navigation(visitor, request.url.path),
        "said": spoken(f"web.said.{said}") if f"web.said.{said}" in WEB else "",
        "undone": said in _UNDONE,
        "path": request.url.path,
        "zone": zone,
    }
    body = _environment().get_template(template).render({**shared, **context})
    return HTMLResponse(body, status, dict(headers or {}))
