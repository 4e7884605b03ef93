"""`termledger token`: a bearer token for a person."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.tokens import Caller, issue
from cli.connection import DataOption, JsonOption, TenantOption, address_of, opened, run, settings, the_tenant
from cli.output import failed, out, print_json
from domain.ids import PersonId, TenantId
from ledger.ledger import Ledger


def token(
    person: Annotated[str, typer.Argument(help="人员编号，或 职务@单位 / a person's id, or role@unit")],
    hours: Annotated[int, typer.Option(min=1, max=24 * 90, help="有效小时数 / hours it is good for")] = 12,
    data: DataOption = None,
    tenant: TenantOption = None,
    json: JsonOption = False,
) -> None:
    """签发访问令牌 / issue a person's bearer token."""

    async def work() -> Caller:
        async with opened(data) as ledger:
            chosen = await the_tenant(ledger, tenant)
            return Caller(chosen, await find(ledger, chosen, person))

    caller = run(work())
    made = issue(_key(data), caller, timedelta(hours=hours))
    if json:
        print_json({"tenant": caller.tenant, "person": caller.person, "token": made, "hours": hours})
    else:
        out.print(made, markup=False)


async def find(ledger: Ledger, tenant: TenantId, person: str) -> PersonId:
    """Return a person by id, or the first who holds role@unit."""
    role, _, unit = person.partition("@")
    held = await ledger.lists.appointments(tenant)
    for one, post in held:
        if one == person or (unit and (post.role, post.unit) == (role, unit)):
            return one
    raise failed(f"没有 {person} 这个人或任职。", f"There is nobody of the id or post {person}.", 2)


def _key(data: Path | None) -> bytes:
    return address_of(data).token_key_file.read_bytes() if data is not None else settings().token_key()
