"""`termledger programme diff`, `dry-run` and `move`: rules that change while filings are under way."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer
from pydantic_core import to_jsonable_python

import programmes
from cli.connection import DataOption, JsonOption, TenantOption, opened, run, the_tenant
from cli.output import failed, language, out, print_json, say
from cli.programme import loaded
from domain.difference import Change
from domain.ids import TenantId
from domain.programme import Programme
from domain.programme_difference import EntryDifference, RuleDifference, SectionDifference, programme_difference
from domain.view import Names
from ledger.ledger import Ledger

RulesArgument = Annotated[
    str,
    typer.Argument(help="方案文件、自带方案名，或台账中方案的摘要 / a file, a shipped name, or a stored digest"),
]

_DIGEST = re.compile("[0-9a-f]{8,64}")
_MARKS = {Change.ADDED: "+", Change.REMOVED: "-", Change.CHANGED: "~"}


def diff(
    old: RulesArgument,
    new: RulesArgument,
    data: DataOption = None,
    tenant: TenantOption = None,
    json: JsonOption = False,
) -> None:
    """两个方案的不同，有不同时以 1 结束 / what two programmes differ in; ends with 1 when they differ."""
    before, after = _rules_of((old, new), data, tenant)
    found = programme_difference(before, after, Names(language(), after))
    if json:
        print_json({"old": old, "new": new, "sections": to_jsonable_python(found)})
    else:
        _print_difference(found)
    if found:
        raise typer.Exit(1)


def _rules_of(names: tuple[str, ...], data: Any, tenant: str | None) -> tuple[Programme, ...]:
    """The programmes that are meant; the ledger is only opened for those that are named by a digest."""
    if not any(is_digest(one) for one in names):
        return tuple(loaded(one) for one in names)

    async def work() -> tuple[Programme, ...]:
        async with opened(data) as ledger:
            chosen = await the_tenant(ledger, tenant)
            return tuple([await rules_named(ledger, chosen, one) for one in names])

    return run(work())


def is_digest(name: str) -> bool:
    """Whether a name is a stored programme's digest, or the beginning of one."""
    return _DIGEST.fullmatch(name) is not None and name not in programmes.names()


async def rules_named(ledger: Ledger, tenant: TenantId, name: str) -> Programme:
    """A programme by file, shipped name or digest; ends with a sentence when there is none."""
    if not is_digest(name):
        return loaded(name)
    found = [one.digest for one in await ledger.tenants.programmes(tenant) if one.digest.startswith(name)]
    if len(found) != 1:
        raise failed(
            f"台账里摘要以 {name} 开头的方案有 {len(found)} 个，应当只有一个。",
            f"{len(found)} stored programmes have a digest that begins with {name}; it takes exactly one.",
            2,
        )
    return await ledger.programme(tenant, found[0])


def _print_difference(sections: tuple[SectionDifference, ...]) -> None:
    if not sections:
        out.print(say("两个方案的规则没有不同。", "The rules do not differ."))
    for section in sections:
        out.print(section.title, style="bold", markup=False)
        for entry in section.entries:
            _print_entry(entry)


def _print_entry(entry: EntryDifference) -> None:
    out.print(f"  {_MARKS[entry.change]} {' › '.join((*entry.within, entry.title))}", markup=False)
    for rule in entry.rules:
        out.print(f"      {_MARKS[rule.change]} {_rule(rule)}", markup=False)


def _rule(rule: RuleDifference) -> str:
    if rule.before is not None and rule.after is not None:
        return say(
            f"{rule.label}：原为“{rule.before}”，改为“{rule.after}”",
            f"{rule.label}: was “{rule.before}”, becomes “{rule.after}”",
        )
    return say(f"{rule.label}：{rule.after or rule.before}", f"{rule.label}: {rule.after or rule.before}")
