"""`termledger programme diff`, `dry-run` and `move`: rules that change while filings are under way."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import uuid4

import typer
from pydantic_core import to_jsonable_python

import programmes
from cli.connection import DataOption, JsonOption, TenantOption, opened, run, the_tenant
from cli.directory import find
from cli.output import failed, language, out, print_json, progress, say
from cli.programme import loaded
from domain.access import SYSTEM_ACTOR, Actor
from domain.cycle import ChangeRules, Cycle
from domain.difference import Change
from domain.dry_run import changes_in_words, move_in_words, refusal_in_words, standing_in_words, titles
from domain.ids import PersonId, StreamId, TenantId, stream_id
from domain.programme import Programme
from domain.programme_difference import EntryDifference, RuleDifference, SectionDifference, programme_difference
from domain.refusal import Refused
from domain.view import Names
from ledger.ledger import Ledger
from ledger.moves import PAGE, Choice, InFlight, Wish, as_row, moved, totals_in_words
from ledger.order import Order

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


# -- a dry run


CycleOption = Annotated[str, typer.Option("--cycle", help="周期编号或学年起始年份 / a cycle's id, or its school year")]
LimitOption = Annotated[int, typer.Option(min=0, help="最多列出多少件，0 为全部 / filings to list at most; 0 for all")]


def dry_run(
    new: RulesArgument,
    cycle: CycleOption,
    limit: LimitOption = 50,
    data: DataOption = None,
    tenant: TenantOption = None,
    json: JsonOption = False,
) -> None:
    """改按新方案会怎样，不作任何改动 / what going over to other rules would mean; changes nothing."""

    async def work() -> None:
        async with opened(data) as ledger:
            await _dry_run(ledger, await the_tenant(ledger, tenant), new, cycle, limit, json)

    run(work())


async def _dry_run(ledger: Ledger, tenant: TenantId, new: str, cycle: str, limit: int, json: bool) -> None:
    stream, state = await _cycle(ledger, tenant, cycle)
    rules = await ledger.moves.over_the_tree(tenant, await rules_named(ledger, tenant, new))
    names = Names(language(), rules, now=await ledger.tenants.now(tenant))
    totals = await ledger.moves.totals(tenant, stream, state, rules, SYSTEM_ACTOR)
    if json:
        found = [as_row(one, names) async for one in _each(ledger, tenant, stream, rules, limit)]
        print_json({"cycle": stream, "totals": to_jsonable_python(totals), "filings": found})
        return
    for sentence in totals_in_words(totals, names):
        out.print(sentence, markup=False)
    async for one in _each(ledger, tenant, stream, rules, limit):
        _print_foreseen(one, names)
    if limit and totals.changing > limit:
        out.print(say(f"另有 {totals.changing - limit} 件未列出。", f"{totals.changing - limit} more are not listed."))


async def _each(
    ledger: Ledger, tenant: TenantId, cycle: StreamId, rules: Programme, limit: int = 0, actor: Actor = SYSTEM_ACTOR
) -> AsyncIterator[InFlight]:
    """Every filing that would change, up to a limit (0: all of them), a page at a time."""
    after: str | None = ""
    shown = 0
    while after is not None:
        size = min(PAGE, limit - shown) if limit else PAGE
        page = await ledger.moves.page(tenant, cycle, rules, actor, after=after, limit=size)
        for one in page.filings:
            yield one
        shown += len(page.filings)
        after = None if limit and shown >= limit else page.next


def _print_foreseen(one: InFlight, names: Names) -> None:
    foreseen = one.foreseen
    state = foreseen.state
    who = names.text(state.unit_title)
    out.print(f"\n{who} · {names.text(state.title)} · {names.period(state.period)}", style="bold", markup=False)
    out.print(f"  {one.stream}  {standing_in_words(state, names)}", markup=False)
    for sentence in changes_in_words(foreseen, names):
        out.print(f"  · {sentence}", markup=False)
    out.print(f"  stay  {names.say('dry_run.stay')}", markup=False)
    if foreseen.may_move:
        out.print(f"  move  {move_in_words(foreseen, names)}", markup=False)
    for stage, title in zip(foreseen.may_go_back_to, titles(foreseen, foreseen.may_go_back_to, names), strict=True):
        out.print(f"  back  --to {stage}  {names.say('dry_run.back_to', stage=title)}", markup=False)
    if foreseen.may_go_to_author:
        out.print(f"  back  {names.say('dry_run.back_to_author')}", markup=False)


async def _cycle(ledger: Ledger, tenant: TenantId, name: str) -> tuple[StreamId, Cycle]:
    stream = StreamId(name) if name.startswith("cyc-") else stream_id("cycle", tenant, name)
    try:
        _, state, _ = await ledger.head(tenant, stream)
    except Refused:
        raise failed(f"没有 {name} 这个周期。", f"There is no cycle {name}.", 2) from None
    assert isinstance(state, Cycle), "a cycle's stream has a cycle's states"
    return stream, state


# -- carrying it out


def move(
    new: RulesArgument,
    cycle: CycleOption,
    by: Annotated[
        str, typer.Option(help="由谁办理：人员编号，或 职务@单位 / who does it: a person's id, or role@unit")
    ],
    reason: Annotated[str, typer.Option(help="原因，记入每件的经过 / why; it goes into each filing's history")],
    choice: Annotated[
        Choice, typer.Option(help="在办的怎么办：不变、改按、退回 / what is under way: stay, move, or go back")
    ],
    to: Annotated[
        str | None, typer.Option(help="退回到哪个环节，不填则退回报送人 / the stage; none: the author")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="只办这些件，可多次指定 / these alone; may be repeated")
    ] = None,
    windows: Annotated[bool, typer.Option(help="以后开启的报送期也按新方案 / the windows to come, too")] = False,
    data: DataOption = None,
    tenant: TenantOption = None,
    json: JsonOption = False,
) -> None:
    """改按新方案办理，每件各有结果 / go over to other rules, with a result for each filing."""

    async def work() -> bool:
        async with opened(data) as ledger:
            chosen = await the_tenant(ledger, tenant)
            asked = _Asked(await find(ledger, chosen, by), reason, choice, to, frozenset(only or ()), windows, json)
            return await _move(ledger, chosen, new, cycle, asked)

    if not run(work()):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Asked:
    by: PersonId
    reason: str
    choice: Choice
    to: str | None
    only: frozenset[str]
    windows: bool
    json: bool


async def _move(ledger: Ledger, tenant: TenantId, new: str, cycle: str, asked: _Asked) -> bool:
    stream, _ = await _cycle(ledger, tenant, cycle)
    programme = await rules_named(ledger, tenant, new)
    digest = await ledger.moves.store(tenant, programme)
    rules = await ledger.programme(tenant, digest)
    lang = language()
    done, failures = 0, list[tuple[str, str]]()
    if asked.windows and (refused := await _change_cycle(ledger, tenant, stream, digest, asked)):
        failures.append((stream, refusal_in_words(refused, lang)))
    wishes: list[Wish] = []
    if asked.choice != "stay":
        actor, _, _ = await ledger.actor(tenant, asked.by)
        async for one in _each(ledger, tenant, stream, rules, actor=actor):
            if not asked.only or one.stream in asked.only:
                wishes.append(Wish(one.stream, one.version, asked.choice, asked.to))
    with progress(say("改按新方案", "moving"), len(wishes)) as bar:
        for start in range(0, len(wishes), PAGE):
            batch = wishes[start : start + PAGE]
            answers = await ledger.moves.carry_out(tenant, asked.by, digest, asked.reason, batch)
            ok, failed_ones = moved(answers)
            done += ok
            failures += ((wish.stream, refusal_in_words(refused, lang)) for wish, refused in failed_ones)
            bar.update(bar.task_ids[0], completed=start + len(batch))
    if asked.json:
        print_json({"programme": digest, "moved": done, "failed": [{"stream": s, "why": why} for s, why in failures]})
    else:
        out.print(
            say(f"已改按新方案 {done} 件，未办成 {len(failures)} 件。", f"Moved: {done}. Not moved: {len(failures)}.")
        )
        for one_stream, why in failures:
            out.print(f"  {one_stream}  {why}", markup=False)
    return not failures


async def _change_cycle(
    ledger: Ledger, tenant: TenantId, cycle: StreamId, digest: str, asked: _Asked
) -> Refused | None:
    """Let the windows to come open by the new rules; why not, when they cannot. Nothing to do where they do already."""
    if (await ledger.head(tenant, cycle))[2] == digest:
        return None
    command = ChangeRules(programme=digest, reason=asked.reason)
    try:
        await ledger.execute(Order(tenant, cycle, command, asked.by, uuid4()))
    except Refused as refused:
        return refused
    return None
