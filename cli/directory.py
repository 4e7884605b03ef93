"""`termledger adopt`, `account` and `token`: a tenant's rulebook and first keeper, their account, and API tokens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import typer

from cli.connection import DataOption, JsonOption, TenantOption, opened, run, the_tenant
from cli.output import failed, out, print_json, say
from cli.programme import FileArgument, loaded
from domain.access import SYSTEM_ACTOR
from domain.ids import SYSTEM, PersonId, StreamId, TenantId, derived, stream_id
from domain.machine import Appointment
from domain.messages import render
from domain.person import Register
from domain.programme import Programme, Right
from domain.refusal import Refused
from ledger.ledger import Ledger
from ledger.order import Order
from ledger.tokens import LONGEST, USUAL, Issued, Scope

OPERATORS = (Scope.READ, Scope.ACT, Scope.AUDIT)
"""What a token of the command line is for unless told otherwise. The directory has to be asked for."""

TENANT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def adopt(
    programme: FileArgument,
    tenant: Annotated[str, typer.Option(help="租户代号 / the tenant's id")],
    keeper: Annotated[str | None, typer.Option(help="登记首位人员的姓名 / name of the first person")] = None,
    role: Annotated[
        str | None, typer.Option(help="首位人员的职务，默认管人员单位的 / their role; the keeper's")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="换用方案由谁采用：人员编号，或 职务@单位 / who puts other rules in force: an id, or role@unit"
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="换用的原因，记入台账 / why; the ledger keeps it")] = None,
    data: DataOption = None,
) -> None:
    """采用方案，建立租户 / put a programme in force; creates the tenant and, if named, its first person."""
    rules = loaded(programme)
    if not TENANT_ID.fullmatch(tenant):
        raise failed(
            f"租户代号“{tenant}”不合要求：用小写字母、数字和连字符。",
            f"“{tenant}” is not a tenant's id: use lower-case letters, digits and hyphens.",
            2,
        )

    async def work() -> tuple[str, PersonId | None]:
        async with opened(data) as ledger:
            digest = await _adopted(ledger, TenantId(tenant), rules, by, reason)
            person = (
                None
                if keeper is None
                else await _register(ledger, TenantId(tenant), rules, keeper, role or _keeping(rules))
            )
            return digest, person

    try:
        digest, person = run(work())
    except Refused as refused:
        key = f"refusal.{refused.code}"
        raise failed(render(key, "zh", refused.params), render(key, "en", refused.params), 2) from None
    out.print(say(f"{tenant} 采用方案 {rules.id}（{digest[:12]}）。", f"{tenant} uses {rules.id} ({digest[:12]})."))
    if person is not None:
        out.print(say(f"已登记：{person}", f"Registered: {person}"))


async def _adopted(ledger: Ledger, tenant: TenantId, rules: Programme, by: str | None, reason: str | None) -> str:
    """Put rules in force, by the system for a new tenant and by whoever is named later. Returns their digest."""
    if by is not None:
        return await ledger.tenants.adopt(tenant, rules, await find(ledger, tenant, by), reason)
    if tenant in await ledger.tenants.known() and await ledger.tenants.in_force(tenant) != rules:
        raise failed(
            f"{tenant} 已有现行方案，换用须用 --by 指明由谁采用，用 --reason 说明原因。",
            f"{tenant} has rules in force; to put others in force, name who does it with --by, and why with --reason.",
            2,
        )
    return await ledger.tenants.adopt(tenant, rules)


def _keeping(rules: Programme) -> str:
    """The first role at the root that keeps the directory."""
    kind = rules.all_units[rules.root_path[0]].kind
    keeping = [one.id for one in rules.roles if Right.DIRECTORY in one.rights and kind in one.at]
    if not keeping:
        raise failed("方案里没有职务可以管理人员单位。", "No role of the programme keeps the directory at the root.", 2)
    return keeping[0]


async def _register(ledger: Ledger, tenant: TenantId, rules: Programme, name: str, role: str) -> PersonId:
    """Register the first person at the root. The same name and role is the same person, so it may be repeated."""
    today = rules.local_day(await ledger.tenants.now(tenant))
    root = rules.root_path[0]
    person = PersonId(stream_id("person", tenant, "keeper", name, role))
    post = Appointment(id="1", role=role, unit=root, first_day=today)
    command = Register(full_name=name, posts=(post,))
    order = Order(tenant, StreamId(person), command, SYSTEM, derived(tenant, "keeper", name, role, today.isoformat()))
    await ledger.execute(order)
    return person


def token(
    person: Annotated[str, typer.Argument(help="人员编号，或 职务@单位 / a person's id, or role@unit")],
    name: Annotated[str, typer.Option(help="令牌名称 / what the token is called")] = "termledger token",
    days: Annotated[int, typer.Option(min=1, max=LONGEST.days, help="有效天数 / days it is good for")] = USUAL.days,
    hours: Annotated[int | None, typer.Option(min=1, max=24, help="改用小时数 / hours instead of days")] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="使用范围，可多次指定 / what for; may be repeated")] = None,
    data: DataOption = None,
    tenant: TenantOption = None,
    json: JsonOption = False,
) -> None:
    """签发接口令牌 / issue a person's API token; its secret is shown this once."""

    lifetime = timedelta(days=days) if hours is None else timedelta(hours=hours)

    async def work() -> tuple[TenantId, Issued]:
        async with opened(data) as ledger:
            chosen = await the_tenant(ledger, tenant)
            holder = await find(ledger, chosen, person)
            made = await ledger.tokens.issue(chosen, SYSTEM_ACTOR, holder, name, scope or OPERATORS, lifetime)
            return chosen, made

    try:
        chosen, made = run(work())
    except Refused as refused:
        key = f"refusal.{refused.code}"
        raise failed(render(key, "zh", refused.params), render(key, "en", refused.params), 2) from None
    if json:
        told = {"tenant": chosen, "person": made.token.person, "id": made.token.id, "token": made.secret}
        print_json(told | {"scopes": made.token.scopes, "expires_at": made.token.expires_at.isoformat()})
    else:
        out.print(made.secret, markup=False)


def account(
    person: Annotated[str, typer.Argument(help="人员编号，或 职务@单位 / a person's id, or role@unit")],
    login: Annotated[str | None, typer.Option(help="没有账号时新建的登录名 / login of a new account")] = None,
    data: DataOption = None,
    tenant: TenantOption = None,
) -> None:
    """开通账号或重置密码，给出一次性密码 / make an account or reset it; prints a one-time password once."""

    async def work() -> tuple[str, str]:
        async with opened(data) as ledger:
            chosen = await the_tenant(ledger, tenant)
            holder = await find(ledger, chosen, person)
            known = await ledger.accounts.find(chosen, holder)
            if known is None:
                if login is None:
                    raise failed(
                        "此人还没有账号，请用 --login 指定登录名。", "No account yet; name a login with --login.", 2
                    )
                await ledger.accounts.create(chosen, holder, login)
            elif login is not None and login != known.login:
                await ledger.accounts.set_login(chosen, SYSTEM, holder, login)
            found = await ledger.accounts.find(chosen, holder)
            assert found is not None, "the account is there now"
            return found.login, await ledger.accounts.issue_one_time(chosen, SYSTEM, holder)

    try:
        name, password = run(work())
    except Refused as refused:
        key = f"refusal.{refused.code}"
        raise failed(render(key, "zh", refused.params), render(key, "en", refused.params), 2) from None
    out.print(say(f"登录名 {name}，一次性密码 {password}", f"login {name}, one-time password {password}"), markup=False)


async def find(ledger: Ledger, tenant: TenantId, person: str) -> PersonId:
    """Return a person by id, or the first who holds role@unit."""
    role, _, unit = person.partition("@")
    held = await ledger.lists.appointments(tenant)
    for one, post in held:
        if one == person or (unit and post.ended_at is None and (post.role, post.unit) == (role, unit)):
            return one
    raise failed(f"没有 {person} 这个人或任职。", f"There is nobody of the id or post {person}.", 2)
