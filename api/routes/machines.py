"""The routes every machine has: list, read, and one POST for each command a person may give.

They are made from the machines' tables, so a command that is declared is reachable, documented and authorised in the
same way as all others. Commands that alarms and reactions give have no route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator

from api.body import JsonRoute
from api.deps import (
    CallerDep,
    LedgerDep,
    addressed,
    answer,
    command_id_of,
    expected_of,
    on_behalf_of,
    seen,
    unchanged,
    unknown,
)
from api.examples import body as example
from api.metrics import COMMANDS
from api.models import ItemPage, ItemView, StreamView
from domain.access import only_system
from domain.filing import HandOver as HandOverFiling
from domain.filing import Submit
from domain.ids import StreamId, TenantId, derived, stream_id
from domain.inspection import HandOver as HandOverSeat
from domain.machine import Command, Machine, State
from domain.messages import render
from domain.person import HandOver
from domain.refusal import Refused
from domain.text import storable
from domain.unit import Found, unit_stream
from ledger.ledger import Ledger
from ledger.lists import MAX_PAGE, ItemFilter
from ledger.order import Order, Outcome, VersionMoved

Plural = Literal["cycles", "filings", "inspections", "follow-ups", "people", "units", "rulebooks"]
PLURALS: dict[str, Plural] = {
    "cycle": "cycles",
    "filing": "filings",
    "inspection": "inspections",
    "follow_up": "follow-ups",
    "person": "people",
    "unit": "units",
    "rulebook": "rulebooks",
}

OWN_ROUTE: frozenset[type[Command]] = frozenset({Submit, HandOver, HandOverFiling, HandOverSeat})
"""Commands with a route of their own: a filing is handed in as its draft was saved, and a leaver hands all over."""

Word = Annotated[str, Query(max_length=200), AfterValidator(storable)]
Cursor = Annotated[str, Query(pattern="^([a-z]{3}-[0-9a-f]{20})?$")]


def human_commands(machine: Machine) -> dict[str, type[Command]]:
    """The commands of a machine that a person may give."""
    return {row.command.name: row.command for row in machine.transitions if row.may is not only_system}


def starting_commands(machine: Machine) -> set[str]:
    """The commands that start a stream of a machine."""
    return {row.command.name for row in machine.transitions if not row.source}


def view(machine: Machine, stream: str, version: int, state: State, permitted: tuple[str, ...]) -> dict[str, Any]:
    """Return a stream as the API shows it."""
    return {
        "id": stream,
        "machine": machine.name,
        "version": version,
        "status": state.status,
        "state": state,
        "permitted": permitted,
    }


def machine_router(machine: Machine) -> APIRouter:
    """Return the routes of a machine."""
    plural = PLURALS[machine.name]
    router = APIRouter(prefix=f"/{plural}", tags=[plural], route_class=JsonRoute)
    if machine.name not in ("person", "unit", "rulebook"):
        router.add_api_route("", _list(machine), response_model=ItemPage, summary=f"List {plural}")
    for name, command in human_commands(machine).items():
        if command in OWN_ROUTE:
            continue
        starts = name in starting_commands(machine)
        endpoint = _start(machine, command) if starts else _command(machine, command)
        router.add_api_route(
            "" if starts else f"/{{id}}/{name.replace('_', '-')}",
            endpoint,
            methods=["POST"],
            status_code=201 if starts else 200,
            response_model=StreamView,
            name=f"{machine.name}.{name}",
            summary=render(f"command.{machine.name}.{name}", "en"),
            description=command.__doc__,
        )
    router.add_api_route("/{id}", _read(machine), response_model=StreamView, summary=f"Read one of the {plural}")
    return router


def _list(machine: Machine) -> Callable[..., Awaitable[Response]]:
    async def endpoint(
        caller: CallerDep,
        ledger: LedgerDep,
        cycle: Word | None = None,
        unit: Word | None = None,
        duty: Word | None = None,
        period: Word | None = None,
        status: Word | None = None,
        subject: Word | None = None,
        late: bool | None = None,
        after: Cursor = "",
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    ) -> Response:
        """What the caller may read, in order of id; `unit` takes in everything below it."""
        actor, programme, _ = await ledger.actor(caller.tenant, caller.person)
        wanted = ItemFilter(cycle, unit, duty, period, status, subject, late)
        page = await ledger.lists.items(caller.tenant, machine.name, actor, programme, wanted, after=after, limit=limit)
        items = [{name: row["stream" if name == "id" else name] for name in ItemView.model_fields} for row in page.rows]
        return answer({"items": items, "next": page.next})

    return endpoint


def _read(machine: Machine) -> Callable[..., Awaitable[Response]]:
    async def endpoint(id: str, request: Request, caller: CallerDep, ledger: LedgerDep) -> Response:
        """The stream as it is now, and what the caller may do with it."""
        found = await seen(ledger, caller, id, machine.name, on_behalf_of(request))
        if unchanged(request, found.version):
            return Response(status_code=304, headers={"etag": f'"{found.version}"'})
        permitted = machine.permitted(found.state, found.actor)
        return answer(view(machine, id, found.version, found.state, permitted), version=found.version)

    return endpoint


def _command(machine: Machine, command: type[Command]) -> Callable[..., Awaitable[Response]]:
    async def endpoint(id: str, body: Command, request: Request, caller: CallerDep, ledger: LedgerDep) -> Response:
        order = Order(
            tenant=caller.tenant,
            stream=addressed(id, machine.name),
            command=body,
            actor=caller.person,
            command_id=command_id_of(request, caller),
            expected=expected_of(request),
            on_behalf_of=on_behalf_of(request),
        )
        return answered(machine, await carry_out(ledger, machine, order), 200)

    endpoint.__annotations__["body"] = Annotated[command, example(command, f"{machine.name}.{command.name}")]
    return endpoint


def _start(machine: Machine, command: type[Command]) -> Callable[..., Awaitable[Response]]:
    async def endpoint(body: Command, request: Request, caller: CallerDep, ledger: LedgerDep) -> Response:
        command_id = command_id_of(request, caller)
        order = Order(
            tenant=caller.tenant,
            stream=_new_stream(machine, caller.tenant, body, str(command_id)),
            command=body,
            actor=caller.person,
            command_id=command_id,
        )
        return answered(machine, await carry_out(ledger, machine, order), 201)

    endpoint.__annotations__["body"] = Annotated[command, example(command, f"{machine.name}.{command.name}")]
    return endpoint


def _new_stream(machine: Machine, tenant: TenantId, body: Command, command_id: str) -> StreamId:
    """A cycle is one to a school year and a unit one to its id; anything else is new with each command id."""
    if isinstance(body, Found):
        return unit_stream(tenant, body.unit)
    year = getattr(body, "school_year", None)
    return stream_id(machine.name, tenant, str(year) if year is not None else str(derived(tenant, command_id)))


async def carry_out(ledger: Ledger, machine: Machine, order: Order) -> Outcome:
    """Execute an order and count how it went. An order to a stream that is not there is 404, whatever it asks."""
    name = (machine.name, order.command.name)
    try:
        outcome = await ledger.execute(order)
    except Refused as refused:
        COMMANDS.labels(*name, refused.kind.value).inc()
        if refused.code == "not_started":
            raise unknown(order.stream) from None
        raise
    except VersionMoved as moved:
        COMMANDS.labels(*name, "moved").inc()
        if moved.version == 0:
            raise unknown(order.stream) from None
        raise
    COMMANDS.labels(*name, "repeated" if outcome.repeated else "accepted").inc()
    return outcome


def answered(machine: Machine, outcome: Outcome, status: int) -> Response:
    """Return the answer to a command: the stream as it is after it."""
    after = view(machine, outcome.stream, outcome.version, outcome.state, outcome.permitted)
    return answer(after | {"repeated": outcome.repeated}, status, outcome.version)
