"""A rehearsal repeats, differs with its seed, and counts what is in the ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any

import programmes
from deploy.temporal import test_server_path as server_path
from domain.ids import TenantId
from domain.programme import Programme
from domain.programme_check import load
from ledger.ledger import Ledger
from tests.conftest import Base, _Server
from tests.workflows.school import query
from workflows.rehearsal.report import Report
from workflows.rehearsal.run import rehearse

TENANT = TenantId("rehearsed")
UNTIL = datetime(2026, 10, 20, 10, 0, tzinfo=UTC)
APART = {"seconds", "peak_mib"}
"""What may differ between two rehearsals of the same."""

DECISIONS = {"filing.approval_given", "filing.returned", "filing.sent_back", "filing.rejected"}


async def rehearsed(base: Base, programme: Programme, seed: int, until: datetime = UNTIL) -> Report:
    return await rehearse(base.service, TENANT, programme, year=2026, until=until, seed=seed, server=server_path())


Streams = dict[str, list[dict[str, Any]]]


async def streams_of(ledger: Ledger) -> Streams:
    """Every event, by stream, in order."""
    found: Streams = defaultdict(list)
    for row in await events_of(ledger):
        found[row["stream"]].append(row)
    return found


async def events_of(ledger: Ledger) -> list[dict[str, Any]]:
    """Every event, in order of position."""
    text = "SELECT stream, type, data, actor, happened_at, recorded_at FROM event WHERE tenant = %s ORDER BY position"
    return await query(ledger, text, TENANT)


async def test_a_rehearsal_repeats_with_its_seed_and_counts_what_the_ledger_holds(
    server: _Server, base: Base, ledger: Ledger, small_county: Programme
) -> None:
    began = datetime.now(UTC)
    first = await rehearsed(base, small_county, 7)
    assert_told_in_order(await events_of(ledger), began)
    assert first.sound
    assert first.drifts == 0
    streams = await streams_of(ledger)
    filings = {name: events for name, events in streams.items() if name.startswith("fil-")}
    assert_counted(first, streams, filings)
    assert_in_time(filings)
    assert_duties_separate(filings)

    for seed, same in ((7, True), (8, False)):
        other = server.create()
        try:
            again = await rehearsed(other, small_county, seed)
        finally:
            server.drop(other)
        assert (again.model_dump(exclude={*APART, "seed"}) == first.model_dump(exclude={*APART, "seed"})) is same


def assert_told_in_order(events: list[dict[str, Any]], began: datetime) -> None:
    """Each event happened no earlier than the one before, from the first adoption on; when it was written is real."""
    assert events[0]["type"] == "rulebook.programme_adopted"
    assert events[0]["happened_at"] == datetime(2026, 8, 25, 0, 0, tzinfo=UTC), "eight o'clock, a week before term"
    happened = [event["happened_at"] for event in events]
    assert happened == sorted(happened)
    assert all(began <= event["recorded_at"] <= datetime.now(UTC) for event in events)


def assert_counted(report: Report, streams: Streams, filings: Streams) -> None:
    """The report's numbers, counted here a second time, event by event."""
    types = Counter(event["type"] for events in streams.values() for event in events)
    assert report.events == sum(types.values())
    assert report.approvals == types["filing.approval_given"] > 20
    assert report.returns == types["filing.returned"] + types["filing.sent_back"] > 0
    assert report.lapses == types["filing.lapsed"]
    assert report.escalations == types["filing.escalated"]
    assert report.reminders == sum(number for name, number in types.items() if "reminded" in name) > 5
    duties: dict[str, Counter[str]] = defaultdict(Counter)
    for events in filings.values():
        counts = duties[events[0]["data"]["duty"]]
        counts["due"] += 1
        submitted = [event["data"]["late"] for event in events if event["type"] == "filing.submitted"]
        if submitted:
            counts["late" if submitted[0] else "on_time"] += 1
        counts["returned"] += sum(event["type"] in ("filing.returned", "filing.sent_back") for event in events)
        last = events[-1]["type"]
        counts["lapsed"] += last == "filing.lapsed"
        counts["approved"] += last == "filing.approved"
        counts["open"] += last not in ("filing.lapsed", "filing.approved")
    names = ("due", "on_time", "late", "lapsed", "returned", "approved", "open")
    assert {one.duty: {name: getattr(one, name) for name in names} for one in report.duties} == {
        duty: {name: counts[name] for name in names} for duty, counts in duties.items()
    }
    assert {one.duty: one.due for one in report.duties if one.duty in ("cluster_plan", "group_plan")} == {
        "cluster_plan": 1,
        "group_plan": 9,
    }


def assert_in_time(filings: Streams) -> None:
    """Reminders come before the due time that they name, lapses after every due time that was set."""
    reminded = lapsed = 0
    for events in filings.values():
        due = max(datetime.fromisoformat(event["data"]["due_at"]) for event in events if _sets_due(event))
        for event in events:
            if event["type"] == "filing.reminded":
                reminded += 1
                assert event["happened_at"] <= datetime.fromisoformat(event["data"]["due_at"])
            if event["type"] == "filing.lapsed":
                lapsed += 1
                assert event["happened_at"] > due
    assert reminded > 0
    assert lapsed > 0


def _sets_due(event: dict[str, Any]) -> bool:
    return event["type"] in ("filing.opened", "filing.returned")


def assert_duties_separate(filings: Streams) -> None:
    """Nobody decides on a filing that they handed in or owe."""
    decided = 0
    for events in filings.values():
        authors = {events[0]["data"]["person"]}
        for event in events:
            if event["type"] == "filing.submitted":
                authors.add(event["actor"])
            if event["type"] in DECISIONS:
                decided += 1
                assert event["actor"] not in authors
    assert decided > 20


async def test_a_school_on_its_own_rehearses_its_first_month(base: Base) -> None:
    school = load(programmes.text("caoqiao-school"))
    report = await rehearsed(base, school, 3, datetime(2026, 9, 30, 10, 0, tzinfo=UTC))
    assert report.sound
    assert report.drifts == 0
    assert report.approvals > 0
    assert sum(one.due for one in report.duties) > 5
