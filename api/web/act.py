"""Giving a command from a page: one way for every machine.

A stream's page carries a form for each command the visitor may give. What is accepted leads on with a confirmation;
what is refused shows the same page again with the state as it is now, and everything typed still in its form.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api.deps import LedgerDep
from api.routes.machines import human_commands, starting_commands
from api.web.forms import (
    Tried,
    WrongForm,
    command_from,
    command_id_of,
    giver_of,
    local_path,
    refused,
    typed,
    version_of,
)
from api.web.kit import PLURALS, address, say
from api.web.visitor import PostedDep, Visitor, VisitorDep
from domain.ids import StreamId, derived
from domain.machine import Command, Machine
from domain.machines import machine_for
from domain.refusal import Kind, Refused
from ledger.ledger import Ledger
from ledger.order import CommandIdReused, Order, VersionMoved

Show = Callable[[Request, Visitor, Ledger, str, Tried, int], Awaitable[Response]]
"""Shows a stream's page, with what was tried, and a status."""
Ready = Callable[[Ledger, Visitor, type[Command], FormData], Awaitable[FormData]]
"""Makes a form ready to be read as a command: what was typed in words becomes what is meant. Raises `WrongForm`."""

_STATUS = {Kind.INVALID: 422, Kind.FORBIDDEN: 403, Kind.CONFLICT: 409, Kind.MISSING: 404}


def command_routes(
    machine: Machine, show: Show, besides: Collection[str] = (), ready: Ready | None = None
) -> APIRouter:
    """Return a POST route for every command that a person may give to a stream of the machine.

    `besides` names the commands whose forms are not the command's own fields; they have routes of their own.
    """
    router = APIRouter(prefix=f"/{PLURALS[machine.name]}")
    starts = starting_commands(machine)
    for name, command in human_commands(machine).items():
        if name not in starts and name not in besides:
            router.add_api_route(
                f"/{{id}}/{name.replace('_', '-')}",
                _route(machine, command, show, ready),
                methods=["POST"],
                name=f"web.{machine.name}.{name}",
                response_class=Response,
            )
    return router


def _route(
    machine: Machine, command: type[Command], show: Show, ready: Ready | None
) -> Callable[..., Awaitable[Response]]:
    async def endpoint(id: str, request: Request, visitor: VisitorDep, ledger: LedgerDep, form: PostedDep) -> Response:
        try:
            clear = form if ready is None else await ready(ledger, visitor, command, form)
            wanted = command_from(command, clear, visitor.lang)
        except WrongForm as wrong:
            tried = Tried(command.name, typed(form), "", wrong.errors)
            return await show(request, visitor, ledger, id, tried, 422)
        tried_or_status = await give(ledger, visitor, StreamId(id), wanted, form)
        if isinstance(tried_or_status, Refusal):
            return await show(request, visitor, ledger, id, tried_or_status.tried, tried_or_status.status)
        giver = giver_of(form)
        here = address(id) if giver is None else f"{address(id)}?for={giver}"
        onward = local_path(str(form.get("next") or ""), here)
        return RedirectResponse(_said(onward, machine.name, command.name), 303)

    return endpoint


class Refusal:
    """A command that was not carried out: the form as it was, and the HTTP status that says why."""

    __slots__ = ("status", "tried")

    def __init__(self, tried: Tried, status: int) -> None:
        self.tried = tried
        self.status = status


async def give(
    ledger: Ledger,
    visitor: Visitor,
    stream: StreamId,
    command: Command,
    form: FormData,
    *,
    expected: int | None = None,
    about: str = "",
) -> Refusal | None:
    """Give a command in the visitor's name, once for the form's command id. None when it was carried out.

    Where nothing but quiet events (a reminder, a comment) came after the version that the person saw, what they decided
    on stands there still, and the command is carried out.

    A form that gives several commands names each (`about`) and the version it saw of each (`expected`).
    """
    command_id = command_id_of(form, visitor)
    order = Order(
        tenant=visitor.tenant,
        stream=stream,
        command=command,
        actor=visitor.person,
        command_id=derived(str(command_id), about) if about else command_id,
        expected=version_of(form) if expected is None else expected,
        on_behalf_of=giver_of(form),
    )
    name = command.name
    try:
        await _carry_out(ledger, order)
    except Refused as refusal:
        if refusal.kind is Kind.FORBIDDEN:
            await ledger.deny(visitor.tenant, visitor.person, stream, name, refusal.code)
        return Refusal(refused(name, form, refusal, visitor.lang), _STATUS[refusal.kind])
    except VersionMoved as moved:
        status = 412 if moved.expected is not None else 409
        return Refusal(Tried(name, typed(form), say(visitor.lang, "refusal.version_moved")), status)
    except CommandIdReused:
        # The form was sent once and then changed: what is in it now has not been looked at yet.
        return Refusal(Tried(name, typed(form), say(visitor.lang, "web.common.changed_after_sending")), 409)
    return None


_OVERTAKEN = 3
"""How often quiet events may come between before the person is told."""


async def _carry_out(ledger: Ledger, order: Order) -> None:
    """Carry out an order, over quiet events since its version too. Raises what `Ledger.execute` does."""
    for _ in range(_OVERTAKEN):
        try:
            await ledger.execute(order)
            return
        except VersionMoved as moved:
            if not await _quietly(ledger, order, moved):
                raise
            order = replace(order, expected=moved.version)
    await ledger.execute(order)


async def _quietly(ledger: Ledger, order: Order, moved: VersionMoved) -> bool:
    """Whether a stream has come from the version expected to where it is by quiet events alone."""
    if order.expected is None or not 0 < order.expected < moved.version:
        return False
    quiet = machine_for(order.stream).quiet
    since = await ledger.events(order.tenant, order.stream, after=order.expected, limit=moved.version - order.expected)
    return all(type(one.event) in quiet for one in since)


def _said(onward: str, machine: str, command: str) -> str:
    """Return the address with the confirmation of what was done."""
    where, _, fragment = onward.partition("#")
    sign = "&" if "?" in where else "?"
    return f"{where}{sign}said={machine}.{command}" + (f"#{fragment}" if fragment else "")
