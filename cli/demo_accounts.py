"""The demo's accounts: one for each role, held by whoever of that role has most to do."""

from __future__ import annotations

from dataclasses import dataclass

from cli.output import print_table, say
from domain.ids import PersonId, TenantId
from domain.machine import Appointment
from domain.programme import Programme, Role
from domain.text import Text
from ledger.ledger import Ledger

PASSWORD = "lantern-river-2026"  # noqa: S105 - printed on the screen: the demo listens on this machine alone
"""The password of every demo account."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to sign in as."""

    role: str
    unit: str
    name: str
    login: str


async def demo_accounts(ledger: Ledger, tenant: TenantId, programme: Programme) -> list[DemoAccount]:
    """Return an account for each role that somebody holds, made when missing. The login is the role's id."""
    now = await ledger.tenants.now(tenant)
    today = programme.local_day(now)
    held = [one for one in await ledger.lists.appointments(tenant) if one[1].in_force(today, now)]
    busy = await ledger.desk.load(tenant)
    known = await ledger.accounts.by_login(tenant, [role.id for role in programme.roles])
    chosen: list[tuple[Role, PersonId, Appointment]] = []
    for role in programme.roles:
        holders = [(person, post) for person, post in held if post.role == role.id]
        mine = [one for one in holders if one[0] == known.get(role.id)] or holders
        if not mine:
            continue
        person, post = max(mine, key=lambda one: (busy.get(one[0], 0) + busy.get((role.id, one[1].unit), 0), one[0]))
        if role.id not in known:
            await ledger.accounts.create(tenant, person, role.id, password=PASSWORD)
        chosen.append((role, person, post))
    names = await ledger.names(tenant, [person for _, person, _ in chosen])
    return [
        DemoAccount(_title(role.title), _title(programme.all_units[post.unit].title), names.get(person, ""), role.id)
        for role, person, post in chosen
    ]


def _title(text: Text) -> str:
    return say(text.zh, text.en)


def print_accounts(address: str, accounts: list[DemoAccount]) -> None:
    """Print where to sign in, and as whom."""
    title = say(
        f"打开 {address} 登录，密码都是 {PASSWORD}", f"Open {address} and sign in; every password is {PASSWORD}"
    )
    rows = [(one.login, one.name, one.role, one.unit) for one in accounts]
    columns = (say("登录名", "login"), say("姓名", "name"), say("职务", "role"), say("单位", "unit"))
    print_table(title, columns, rows, right=len(columns))
