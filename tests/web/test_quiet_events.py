"""What changes nothing for the decider does not get between: a reminder, a comment. All else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.filing import Comment, Escalate, InReview, MarkRead, RemindStage, Urge
from domain.follow_up import FOLLOW_UP, RemindFollowUp
from domain.ids import SYSTEM, StreamId
from domain.machine import Command, MachineError
from domain.machines import MACHINES
from tests.api.site import COORDINATOR, LEADER, OFFICE
from tests.web.conftest import Web


async def in_review(web: Web) -> tuple[StreamId, InReview]:
    filing = await web.site.filing("in_review")
    state = (await web.ledger.head(web.tenant, filing))[1]
    assert isinstance(state, InReview)
    return filing, state


async def step_of(web: Web, filing: StreamId) -> int:
    state = (await web.ledger.head(web.tenant, filing))[1]
    assert isinstance(state, InReview)
    return len(state.passed)


@pytest.mark.parametrize("from_the_desk", [False, True])
async def test_a_reminder_and_a_comment_do_not_stop_an_approval(web: Web, from_the_desk: bool) -> None:
    filing, state = await in_review(web)
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/" if from_the_desk else f"/filings/{filing}")
    assert state.first.remind_at is not None
    await web.site.bureau.at(state.first.remind_at)
    await web.site.by(SYSTEM, filing, RemindStage(stage=state.first.stage))
    await web.site.by(LEADER, filing, Comment(text="请早日审批"))
    if from_the_desk:
        after = await browser.submit(page, "many", only=filing)
    else:
        after = await browser.submit(page, "do-approve", comment="同意")
    assert (after.status, await step_of(web, filing)) == (200, 1)


@pytest.mark.parametrize("from_the_desk", [False, True])
async def test_who_may_decide_has_changed_is_told_first(web: Web, from_the_desk: bool) -> None:
    filing, state = await in_review(web)
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get("/" if from_the_desk else f"/filings/{filing}")
    assert state.first.escalate_at is not None
    await web.site.bureau.at(state.first.escalate_at)
    await web.site.by(SYSTEM, filing, Escalate(stage=state.first.stage))
    await web.site.by(LEADER, filing, Comment(text="请早日审批"))
    if from_the_desk:
        after = await browser.submit(page, "many", only=filing)
    else:
        after = await browser.submit(page, "do-approve", comment="同意")
    assert (after.status, await step_of(web, filing)) == (409 if from_the_desk else 412, 0)


async def test_a_version_that_is_still_to_come_is_not_carried_over(web: Web) -> None:
    filing, _ = await in_review(web)
    browser = await web.signed_in(*COORDINATOR)
    page = await browser.get(f"/filings/{filing}")
    after = await browser.submit(page, "do-approve", version="7")
    assert (after.status, await step_of(web, filing)) == (412, 0)


async def test_a_reminder_does_not_stop_who_records_a_visit(web: Web) -> None:
    stream = await web.site.follow_up()
    browser = await web.signed_in(*OFFICE)
    page = await browser.get(f"/follow-ups/{stream}")
    state = (await web.ledger.head(web.tenant, stream))[1]
    await web.site.bureau.at(state.due_at)  # type: ignore[attr-defined]
    await web.site.by(SYSTEM, stream, RemindFollowUp())
    after = await browser.submit(page, "visit", findings="备课流于形式。")
    assert after.status == 200
    assert (await web.ledger.head(web.tenant, stream))[1].status == "visited"


SPOKEN = (Comment, MarkRead, Urge)
"""What people say about a filing without moving it."""


def test_quiet_events_are_what_is_said_and_what_time_alone_brings_about() -> None:
    for machine in MACHINES.values():
        alarmed: set[type[Command]] = {machine.commands[one.name] for one in machine.alarm_table}
        for event in machine.quiet:
            rows = [row for row in machine.transitions if event in row.events]
            assert all(row.command in alarmed or row.command in SPOKEN for row in rows), event
            assert not any(row.target for row in rows), event


def test_a_quiet_event_that_nothing_emits_is_a_fault_of_the_table() -> None:
    with pytest.raises(MachineError, match="quiet"):
        replace(FOLLOW_UP, quiet=MACHINES["filing"].quiet)
