"""Every page there is, who looks at it, and where it is in the staged county."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from domain.ids import StreamId, stream_id
from domain.person import Delegate
from domain.programme import Pipeline, Programme
from domain.refusal import Refused
from domain.rulebook import rulebook_stream
from ledger.order import Order
from tests.e2e.stage import Stage

Where = Callable[[Stage], Awaitable[str]]


@dataclass(frozen=True)
class Shown:
    """A page, by the name of its pictures."""

    name: str
    login: str | None
    where: Where


def at(path: str) -> Where:
    """A page whose address is always the same."""

    async def where(stage: Stage) -> str:
        return path

    return where


def audited(rest: str = "", **wanted: str) -> Where:
    """The audit page of the first stream whose line in the lists has these values."""

    async def where(stage: Stage) -> str:
        return f"/audit/{await stage.find(**wanted)}{rest}"

    return where


def one(prefix: str, rest: str = "", **wanted: str) -> Where:
    """The page of the first stream whose line in the lists has these values."""

    async def where(stage: Stage) -> str:
        return f"/{prefix}/{await stage.find(**wanted)}{rest}"

    return where


def own(login: str, rest: str = "", **wanted: str) -> Where:
    """The page of a filing of the unit where an account's person holds their post."""

    async def where(stage: Stage) -> str:
        return f"/filings/{await stage.find(unit=await stage.unit_of(login), **wanted)}{rest}"

    return where


async def somebody(stage: Stage) -> str:
    """The page of the person behind an account."""
    person = (await stage.ledger.accounts.by_login(stage.tenant, ["coordinator"]))["coordinator"]
    return f"/people/{person}"


def of_somebody(rest: str) -> Where:
    """A page about the person behind an account."""

    async def where(stage: Stage) -> str:
        return f"{await somebody(stage)}{rest}"

    return where


async def delegating(stage: Stage) -> str:
    """The delegations of somebody who has given one."""
    known = await stage.ledger.accounts.by_login(stage.tenant, ["principal", "coordinator"])
    giver, delegate = known["principal"], known["coordinator"]
    if not await stage.ledger.delegations.of(stage.tenant, giver):
        now = await stage.ledger.tenants.now(stage.tenant)
        today = (await stage.ledger.tenants.in_force(stage.tenant)).local_day(now)
        command = Delegate(
            delegate=delegate, first_day=today, last_day=today + timedelta(days=9), reason="赴省参加培训"
        )
        await stage.ledger.execute(Order(stage.tenant, StreamId(giver), command, giver, uuid4()))
    return "/account/delegations"


async def scoring(stage: Stage) -> str:
    """A year-end inspection that the expert is in the middle of."""
    expert = (await stage.ledger.accounts.by_login(stage.tenant, ["expert"]))["expert"]
    stream = stream_id("inspection", stage.tenant, "scoring")
    try:
        await stage.ledger.head(stage.tenant, stream)
    except Refused:
        await stage.begin_scoring(stream, expert)
    return f"/inspections/{stream}"


async def other_rules(stage: Stage) -> str:
    """What a version in which the office alone receives reports would mean for the year."""
    rules = await stage.ledger.tenants.in_force(stage.tenant)
    old = rules.pipeline_by_id["stage_report_receipt"]
    shorter = Pipeline(**{name: getattr(old, name) for name in Pipeline.model_fields} | {"stages": old.stages[1:]})
    pipelines = tuple(shorter if one.id == old.id else one for one in rules.pipelines)
    fields = {name: getattr(rules, name) for name in Programme.model_fields}
    newer = Programme(**fields | {"version": rules.version + 1, "pipelines": pipelines})
    digest = await stage.ledger.moves.store(stage.tenant, newer)
    return f"/cycles/{await stage.find(machine='cycle')}/rules?to={digest}"


async def rules_in_force(stage: Stage) -> str:
    """What is in force, for who may put another stored version in force."""
    await other_rules(stage)
    return f"/rulebooks/{rulebook_stream(stage.tenant)}"


PAGES: Sequence[Shown] = (
    Shown("scoring", "expert", scoring),
    Shown("filing-in-review", "office", one("filings", machine="filing", status="in_review", duty="stage_report")),
    Shown("filing-approved", "office", one("filings", machine="filing", duty="group_plan", status="approved")),
    Shown("filing-lapsed", "office", one("filings", machine="filing", status="lapsed", duty="stage_report")),
    Shown("filing-open", "group_leader", own("group_leader", machine="filing", duty="stage_report", period="2026-11")),
    Shown(
        "filing-form",
        "group_leader",
        own("group_leader", "/edit", machine="filing", duty="stage_report", period="2026-11"),
    ),
    Shown("inspection-result", "office", one("inspections", machine="inspection", status="final")),
    Shown("inspection-paper", "office", one("inspections", "/sheet", machine="inspection", status="final")),
    Shown("follow-up", "office", one("follow-ups", machine="follow_up")),
    Shown("unit", "office", at("/units/shiyan")),
    Shown("unit-kept", "admin", at("/units/shiyan")),
    Shown("person", "office", somebody),
    Shown("person-kept", "admin", somebody),
    Shown("directory", "admin", at("/directory")),
    Shown("directory-person-new", "admin", at("/directory/people/new")),
    Shown("directory-unit-new", "admin", at("/directory/units/new")),
    Shown("directory-import", "admin", at("/directory/import")),
    Shown("hand-over", "admin", of_somebody("/hand-over")),
    Shown("delegations", "principal", delegating),
    Shown("delegations-kept", "admin", of_somebody("/delegations")),
    Shown("account", "principal", at("/account")),
    Shown("account-password", "principal", at("/account/password")),
    Shown("account-tokens", "principal", at("/account/tokens")),
    Shown("account-second-factor", "principal", at("/account/totp")),
    Shown("sign-in", None, at("/sign-in")),
    Shown("filings", "office", at("/filings")),
    Shown("filings-found", "office", at("/filings?q=%E4%BD%9C%E4%B8%9A")),
    Shown("board-office", "office", at("/board")),
    Shown("board-principal", "principal", at("/board")),
    Shown("cycle-office", "office", at("/cycles")),
    Shown("rule-change", "office", other_rules),
    Shown("cycle-group-leader", "group_leader", at("/cycles")),
    Shown("programme", "group_leader", at("/programme")),
    Shown("rulebook", "admin", rules_in_force),
    Shown("programme-difference", "office", at("/programme/difference")),
    Shown("desk-office", "office", at("/")),
    Shown("desk-principal", "principal", at("/")),
    Shown("notices", "office", at("/notices")),
    Shown("desk-group-leader", "group_leader", at("/")),
    Shown("inspections", "office", at("/inspections")),
    Shown("follow-ups", "office", at("/inspections?kind=follow-ups")),
    Shown("audit", "admin", at("/audit")),
    Shown("audit-found", "admin", at("/audit?duty=group_plan")),
    Shown("audit-events", "admin", at("/audit/events")),
    Shown("audit-verify", "admin", at("/audit/verify")),
    Shown("audit-denials", "admin", at("/audit/denials")),
    Shown("audit-sign-ins", "admin", at("/audit/sign-ins")),
    Shown("audit-now", "admin", audited(machine="filing", duty="group_plan", status="approved")),
    Shown("audit-then", "admin", audited("?version=2", machine="filing", duty="group_plan", status="approved")),
    Shown("audit-sheet", "admin", audited("/sheet", machine="filing", duty="group_plan", status="approved")),
)
