"""Approving or returning many filings from the desk: what was chosen and typed, and what came of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import FormData

from api.bulk import MOST, Each, carry_out_each
from api.deps import addressed
from api.problems import told
from api.web.forms import giver_of, own_command_id
from api.web.kit import period_title, say, titled
from api.web.streams import names_for, people_in
from api.web.visitor import Visitor
from domain.access import Actor, may_look
from domain.filing import FILING, Approve, Filing, Return
from domain.ids import PersonId, StreamId
from domain.machine import Command, State
from domain.refusal import Refused
from domain.story import story
from domain.view import Names
from ledger.delegations import stand_in_for
from ledger.ledger import Ledger
from ledger.order import CommandIdReused, Order, Outcome, RecordedEvent, VersionMoved

Verb = Literal["approve", "return"]


@dataclass(frozen=True, slots=True)
class Pick:
    """A filing that was chosen, as the person saw it."""

    stream: StreamId
    version: int | None
    command_id: UUID
    """Made when the page was rendered: the same row sent twice is decided once."""
    on_behalf_of: PersonId | None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one filing that was chosen. It may have left the desk, so it says what it is."""

    stream: StreamId
    title: str
    where: str
    """Its unit and period."""
    done: bool
    status: str
    """Where it is now; empty for what the visitor may not see."""
    words: str
    """Why it was not carried out, and what to do; empty when it was."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What was sent from the desk, to be shown again beside what came of it."""

    verb: Verb | None = None
    text: str = ""
    picked: frozenset[StreamId] = frozenset()
    error: str = ""
    """What is wrong with the text."""
    message: str = ""
    """What is wrong with the whole."""
    results: Sequence[Result] = ()

    @property
    def failed(self) -> frozenset[StreamId]:
        """Those that were not carried out."""
        return frozenset(one.stream for one in self.results if not one.done)


NOTHING_TRIED = Tried()


class NotSent(Exception):
    """What was sent is incomplete; nothing was given to the ledger."""

    def __init__(self, tried: Tried) -> None:
        super().__init__(tried.message or tried.error)
        self.tried = tried


def picked_in(form: FormData, visitor: Visitor) -> list[Pick]:
    """Return what was chosen: the one row whose own button was pressed, else every row that was ticked, once each.

    What cannot be a filing's id is none of our rows, and is left out.
    """
    only = form.get("only")
    chosen = [only] if only else form.getlist("pick")
    streams = dict.fromkeys(StreamId(one) for one in chosen if isinstance(one, str) and _is_filing(one))
    return [
        Pick(
            stream,
            _version(form.get(f"version.{stream}")),
            own_command_id(visitor, form.get(f"command_id.{stream}")),
            giver_of(form, f"on_behalf_of.{stream}"),
        )
        for stream in streams
    ]


def _is_filing(id: str) -> bool:
    try:
        return addressed(id, FILING.name) == id
    except Refused:
        return False


def _version(given: object) -> int | None:
    return int(given) if isinstance(given, str) and given.isdecimal() and len(given) < 10 else None


def wanted(visitor: Visitor, form: FormData, picks: Sequence[Pick]) -> tuple[Verb, Command]:
    """Return what is to be done with each. Raises `NotSent` with all that was chosen and typed."""
    verb = _verb(form)
    text = str(form.get("text") or "").strip()
    kept = frozenset(one.stream for one in picks)
    lang = visitor.lang
    if verb is None:
        raise NotSent(Tried(None, text, kept, message=say(lang, "web.desk.no_verb")))
    if not picks:
        raise NotSent(Tried(verb, text, message=say(lang, "web.desk.none_picked")))
    if len(picks) > MOST:
        raise NotSent(Tried(verb, text, kept, message=say(lang, "web.desk.too_many", limit=MOST)))
    if verb == "return" and not text:
        raise NotSent(Tried(verb, text, kept, error=say(lang, "web.desk.reason_needed")))
    try:
        return verb, Approve(comment=text or None) if verb == "approve" else Return(reason=text)
    except ValidationError as fault:
        raise NotSent(Tried(verb, text, kept, error=told(fault.errors()[0], lang))) from fault


def _verb(form: FormData) -> Verb | None:
    """What was pressed; none where no button was, as by Enter on a box without our script."""
    match "approve" if form.get("only") else form.get("do"):
        case "approve":
            return "approve"
        case "return":
            return "return"
        case _:
            return None


async def decide(ledger: Ledger, visitor: Visitor, picks: Sequence[Pick], command: Command) -> list[Result]:
    """Give the command to each of the filings; return what came of each, the failed ones first.

    A fixed number of queries tells of them, however many there are.
    """
    orders = [
        Order(visitor.tenant, one.stream, command, visitor.person, one.command_id, one.version, one.on_behalf_of)
        for one in picks
    ]
    answers = await carry_out_each(ledger, orders, over_quiet=True)
    heads = await ledger.desk.heads(visitor.tenant, [order.stream for order in orders])
    states = {stream: state for stream, (_, state) in heads.items()}
    actors = await _actors(ledger, visitor, orders, states)
    words = await _words(ledger, visitor, orders, answers, states, actors)
    results = [
        _result(visitor, actors[order.stream], order.stream, states.get(order.stream), isinstance(answer, Outcome), why)
        for order, answer, why in zip(orders, answers, words, strict=True)
    ]
    return sorted(results, key=lambda one: one.done)


async def _actors(
    ledger: Ledger, visitor: Visitor, orders: Sequence[Order], states: Mapping[StreamId, State]
) -> dict[StreamId, Actor]:
    """As whom the visitor acts on each: in somebody's stead where that was asked for and still holds. Two queries."""
    actors = {order.stream: visitor.actor for order in orders}
    if any(order.on_behalf_of for order in orders):
        received = await ledger.delegations.received(visitor.tenant, visitor.person, visitor.programme, visitor.now)
        for order in orders:
            state = states.get(order.stream)
            if order.on_behalf_of is not None and state is not None:
                stand_in = stand_in_for(received, order.on_behalf_of, state)
                actors[order.stream] = visitor.actor if stand_in is None else stand_in.actor(visitor.actor)
    return actors


def _result(visitor: Visitor, actor: Actor, stream: StreamId, state: State | None, done: bool, why: str) -> Result:
    if not isinstance(state, Filing) or not may_look(actor, FILING.scope(state)):
        return Result(stream, stream, "", done, "", why)
    period = period_title(visitor.programme, visitor.lang, state.period)
    where = " · ".join(one for one in (titled(visitor.lang, state.unit_title), period) if one)
    return Result(stream, titled(visitor.lang, state.title), where, done, state.status, why)


async def _words(
    ledger: Ledger,
    visitor: Visitor,
    orders: Sequence[Order],
    answers: Sequence[Each],
    states: Mapping[StreamId, State],
    actors: Mapping[StreamId, Actor],
) -> list[str]:
    """Why each was not carried out; nothing for those that were."""
    lang = visitor.lang
    moved = [order for order, answer in zip(orders, answers, strict=True) if isinstance(answer, VersionMoved)]
    news = await _news(ledger, visitor, moved, states, actors) if moved else {}
    words: list[str] = []
    for order, answer in zip(orders, answers, strict=True):
        match answer:
            case Outcome():
                words.append("")
            case Refused():
                words.append(say(lang, f"refusal.{answer.code}", **answer.params))
            case VersionMoved():
                words.append(news[order.stream])
            case CommandIdReused():
                words.append(say(lang, "web.common.changed_after_sending"))
    return words


async def _news(
    ledger: Ledger,
    visitor: Visitor,
    orders: Sequence[Order],
    states: Mapping[StreamId, State],
    actors: Mapping[StreamId, Actor],
) -> dict[StreamId, str]:
    """What somebody did with each of these filings since the visitor saw it: who, what and when. Three queries."""
    events = await ledger.events_of(visitor.tenant, [order.stream for order in orders])
    everybody = [event for each in events.values() for event in each]
    names = await names_for(ledger, visitor, visitor.programme, people_in(everybody))
    return {
        order.stream: _told_of(
            events[order.stream],
            order,
            names,
            still=order.command.name in FILING.permitted(states[order.stream], actors[order.stream]),
        )
        for order in orders
    }


def _told_of(events: Sequence[RecordedEvent], order: Order, names: Names, *, still: bool) -> str:
    seen = order.expected or 0
    since = [one for one in events if one.version > seen and type(one.event) not in FILING.quiet]
    if not since:
        return say(names.lang, "refusal.version_moved")
    # The first event of what was done last: what somebody did, not what followed from it.
    last = next(one for one in since if one.command_id == since[-1].command_id)
    (said,) = (one for one in story(FILING, events, names) if one.version == last.version)
    return say(
        names.lang,
        "web.desk.moved_still" if still else "web.desk.moved",
        sentence=said.sentence,
        at=names.when(said.at),
        verb=say(names.lang, f"command.filing.{order.command.name}"),
    )
